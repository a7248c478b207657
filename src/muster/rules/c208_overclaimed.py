"""C208 overclaimed: "led", "owned", "drove" where others wrote or decided most of it, or contributors go unnamed.

## What
A claim says that you led, owned or drove something, while of the changes on record behind it fewer than half are yours
and no decision, proposal or document of yours stands behind it. Or others made a fifth of those changes or more (half,
where no such word stands), and the claim names none of them. Somebody counts from two changes on; at least four
changes must be on record.

Or the words hide who it was. "What I did" says "we" throughout, or the passive, names nobody, and at least half of the
changes on record are yours: then it was you, and it can say so. Or a sentence says "I" while every record that it links is
somebody else's.

## Why
Somebody in the room knows who wrote it. One inflated verb costs the trust in every other line, and a named contributor
is a witness. "We" and "it was done" cost as much from the other side: the room cannot promote a team.

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
from collections.abc import Iterator, Sequence

from muster.model import Case, Claim, Entry, Evidence, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import bot, in_order, named
from muster.rules.prose import listed, many, passages, quoted, sentences, unquoted
from muster.rules.wording import first_person, group_in, nobody_in

#: Words by which somebody takes the whole of it.
LED = re.compile(
    r"\b(?:led|leading the|owned|drove|spearhead(?:ed)?|headed(?: up)?|championed|orchestrated|masterminded|"
    r"single-?handed(?:ly)?|was (?:solely |fully )?responsible for)\b",
    re.IGNORECASE,
)
#: After it: "led to", "owned by" and the like tell a cause or an owner.
NOT_LEAD = re.compile(r"\s+(?:to|by|into|up to|for|towards?|astray)\b", re.IGNORECASE)
#: Where these stand before it, somebody else is meant, or nobody.
NOT_ME = re.compile(r"\b(?:was|were|is|be|been|being|that|which|who|by \w+|not|\w+-|team |customer |data |event |test |the|an?|all|only|any|its|their|these|those|mixed|root|\w+[’']s)\s*$", re.IGNORECASE)


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
        yield from hidden(case, claim, changes)
        yield from borrowed(case, claim)
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


def hidden(case: Case, claim: Claim, changes: Sequence[Evidence]) -> Iterator[Finding]:
    """A finding where the beat of what was done has a doer on record, and hides them behind "we" or the passive."""
    assert claim.entry is not None
    did = [passage for passage in passages(claim.entry) if passage.beat == "did"]
    lines = [line for passage in did for line in sentences(passage.text)]
    mine = sum(case.mine(piece) for piece in changes)
    if not did or not mine or 2 * mine < len(changes) or any(is_named(case, claim, piece.actor) for piece in changes if not case.mine(piece)):
        return
    record = f"{mine} of {many(len(changes), 'change')} on record {'is' if mine == 1 else 'are'} yours"
    where = Where(path=claim.entry.path, line=did[0].line)
    if said := group_in(lines):
        yield finding(
            where, f"“What I did” says “we” and never “I”: {quoted(said)}; {record}",
            "Say what you did with “I” or a bare verb, and name who did the rest.", [piece.id for piece in changes],
        )  # fmt: skip
    elif said := nobody_in(lines):
        yield finding(
            where, f"in “What I did” nobody does anything: {quoted(said)}; {record}",
            "Begin each sentence with what you did: “Moved …”, “Decided …”, “Asked …”.", [piece.id for piece in changes],
        )  # fmt: skip


def borrowed(case: Case, claim: Claim) -> Iterator[Finding]:
    """A finding for each sentence of what was done that says "I" of records that are all somebody else's."""
    for line in claim.did.statements:
        pieces = [case.evidence[id_] for id_ in line.evidence if id_ in case.evidence]
        theirs = [piece for piece in pieces if piece.source != "book" and piece.kind in ("change", "document") and not case.mine(piece) and not bot(case, piece.actor)]
        part = any(one.person == case.person.id for piece in pieces for one in piece.participants)
        if theirs and len(theirs) == len(pieces) and not part and first_person(line.text) and not any(is_named(case, claim, piece.actor) for piece in theirs):
            yield finding(
                Where(path=claim.where.path, line=line.line or claim.did.line or 1),
                f"“I” stands here, and {'the record' if len(theirs) == 1 else f'all {len(theirs)} records'} that the sentence links "
                f"{'is' if len(theirs) == 1 else 'are'} {listed(dict.fromkeys(case.name_of(piece.actor) for piece in theirs))}’s",
                "Say what your part in it was, and name who made it; or link what you made.", [piece.id for piece in theirs],
            )  # fmt: skip


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
        if not NOT_ME.search(text[: match.start()]) and not NOT_LEAD.match(text, match.end()):
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
