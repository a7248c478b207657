"""C208 overclaimed: "led", "owned", "drove" where others wrote or decided most of it, or contributors go unnamed.

## What
A claim says that you led, owned or drove something, while of the changes on record behind it fewer than half are yours
and no decision, proposal or document of yours stands behind it. Or others made a fifth of those changes or more (half,
where no such word stands), and the claim names none of them. Somebody counts from two changes on; at least four
changes must be on record.

## Why
Somebody in the room knows who wrote it. One inflated verb costs the trust in every other line, and a named contributor
is a witness.

## Bad
```markdown claims/deploys.md
---
thread: lock
---
# Three teams deploy without waiting for us
## What I did
Led the [move of the lock](a1) into the queue.
```
```yaml case
evidence:
  git:a1: {title: Move the lock into the queue}
  git:b{1..5}: {by: dana, title: Queue for the lock}
threads:
  lock: {title: Move the lock, evidence: [git:a1, "git:b{1..5}"]}
```

## Good
```markdown claims/deploys.md
---
thread: lock
---
# Three teams deploy without waiting for us
## What I did
[Decided](../entries/2026-03-02-lock.md) for the queue and [moved the lock](a1); dana built the queue.
```
```markdown entries/2026-03-02-lock.md
---
type: decision
---
# The queue instead of the lock
```
```yaml case
evidence:
  git:a1: {title: Move the lock into the queue}
  git:b{1..5}: {by: dana, title: Queue for the lock}
threads:
  lock: {title: Move the lock, evidence: [git:a1, "git:b{1..5}"]}
```

## When to ignore
When the others' changes are a sweep over everything, or came later and are not what the claim is about.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from muster.model import Case, Claim, Entry, Evidence, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import bot, in_order, named
from muster.rules.prose import listed, many, passages, unquoted

#: Words by which somebody takes the whole of it.
LED = re.compile(
    r"\b(?:led|leading the|owned|drove|spearhead(?:ed)?|headed(?: up)?|championed|orchestrated|masterminded|"
    r"single-?handed(?:ly)?|was (?:solely |fully )?responsible for)\b",
    re.IGNORECASE,
)
#: Where these stand before it, somebody else is meant, or nobody.
NOT_ME = re.compile(r"\b(?:was|were|is|be|been|being|that|which|who|by \w+|team[- ]|customer[- ]|data[- ]|event[- ]|test[- ])\s*$", re.IGNORECASE)


@rule(
    "C208", "overclaimed", since="0.2", needs=("book", "git"), claims=True,
    thresholds={"overclaimed-share": 0.5, "overclaimed-unnamed": 0.2, "overclaimed-changes": 4},
)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for the first word that takes more than the record gives, and one for those whom a claim leaves out."""
    written = [claim for claim in case.claims if claim.entry is not None and not claim.drafted]
    if case.claims and not written:
        yield CannotTell("the claims were put together from evidence, so nobody's words were looked at")
    for claim in written:
        assert claim.entry is not None
        changes = changes_behind(case, claim)
        if len(changes) < case.thresholds["overclaimed-changes"]:
            continue
        others = Counter(piece.actor for piece in changes if not case.mine(piece))
        mine = len(changes) - others.total()
        said = leading(claim.entry)
        if said and mine < case.thresholds["overclaimed-share"] * len(changes) and not decided(case, claim):
            line, word = said
            yield finding(
                Where(path=claim.entry.path, line=line),
                f"“{word}” stands here; of {many(len(changes), 'change')} on record behind it {mine} {'is' if mine == 1 else 'are'} yours, "
                f"and no decision or proposal of yours is: the others are {by(case, others)}",
                "Say what you decided or wrote, link where that is on record, and name who built the rest.",
                [piece.id for piece in changes],
            )
        share = case.thresholds["overclaimed-unnamed" if said else "overclaimed-share"]
        missing = Counter({who: n for who, n in others.items() if n > 1 and not is_named(case, claim, who)})
        if missing.total() >= share * len(changes) and len(missing) == len([n for n in others.values() if n > 1]):
            yield finding(
                Where(path=claim.entry.path, line=claim.where.line or 1),
                f"{named(claim)} names none of those who made {others.total()} of {many(len(changes), 'change')} behind it: {by(case, missing)}",
                f"Name {listed(case.name_of(who) for who, _ in missing.most_common(2))} and what each did; they can then speak for you.",
                [piece.id for piece in changes if piece.actor in missing],
            )


def changes_behind(case: Case, claim: Claim) -> list[Evidence]:
    """Changes and documents behind a claim, anybody's, in order of time; bots' and what speaks against it left out."""
    against = frozenset(case.counter(claim))
    pieces = (case.evidence[id_] for id_ in in_order(case, case.backing(claim)) if id_ not in against)
    return [piece for piece in pieces if piece.source != "book" and piece.kind in ("change", "document") and not bot(case, piece.actor)]


def decided(case: Case, claim: Claim) -> bool:
    """Whether a decision, proposal or document of the person's stands behind the claim."""
    pieces = (case.evidence[id_] for id_ in case.backing(claim) if id_ in case.evidence)
    return any(case.mine(piece) and piece.kind in ("decision", "proposal", "document") for piece in pieces)


def leading(entry: Entry) -> tuple[int, str] | None:
    """(line, word) of the first word in the title or the *did* beat that takes the whole of it."""
    if found := lead(entry.title):
        return 1, found[1]
    for passage in passages(entry):
        if passage.beat == "did" and (found := lead(unquoted(passage.text))):
            return passage.line_at(found[0]), found[1]
    return None


def lead(text: str) -> tuple[int, str] | None:
    """(place, word) of the first such word that speaks of the owner."""
    for match in LED.finditer(text):
        if not NOT_ME.search(text[: match.start()]):
            return match.start(), match[0]
    return None


def is_named(case: Case, claim: Claim, person: str) -> bool:
    """Whether a claim names somebody: by name, one part of it, handle or address."""
    assert claim.entry is not None
    text = " ".join((claim.entry.title, claim.entry.body, *claim.witnesses)).casefold()
    known = case.people.get(person)
    full = case.name_of(person)
    names = {full, *(part for part in full.split() if len(part) > 2), person.partition("@")[0]}
    if known:
        names.update((*known.handles, *known.emails))
    return any(re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text) for name in names if name)


def by(case: Case, counts: Counter[str]) -> str:
    """People with their number of changes, most first."""
    ranked = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return listed(f"{case.name_of(who)} ({n})" for who, n in ranked)
