"""C209 counter-evidence-unanswered: a revert, incident or hotfix follows and the claim does not mention it.

## What
Something in the record speaks against a claim: a revert of its work, or a later fix of it, by anybody. The claim
neither links it, nor names it by its hash, nor speaks of it in a paragraph that has a link. A fix need not name what
it fixes: one that changes the same lines within days, or the files that were added, and calls itself a fix, counts up
to `hotfix-days` (at most 7); it is told as what it is. Where the record itself has an answer (what was reverted landed
again, or you followed up), the finding names it. A re-landing is no counter evidence, and neither is what you took back
or fixed yourself within a day: that is ordinary care.

## Why
Somebody in the room will find it. Told first and by you, it is the most convincing part of the case: what went wrong,
and what you did about it.

## Bad
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What I did
[Moved the lock](4f2a9c1) into the queue.
```
```yaml case
evidence:
  git:4f2a9c1: {title: Move the lock into the queue, at: 2026-04-02}
  git:9b8c7d6: {by: bob, title: Revert "Move the lock into the queue", at: 2026-04-05}
links:
  - git:9b8c7d6 reverts git:4f2a9c1
```

## Good
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What I did
[Moved the lock](4f2a9c1) into the queue; it was [rolled back](9b8c7d6) for two days because retries doubled.
```
```yaml case
evidence:
  git:4f2a9c1: {title: Move the lock into the queue, at: 2026-04-02}
  git:9b8c7d6: {by: bob, title: Revert "Move the lock into the queue", at: 2026-04-05}
links:
  - git:9b8c7d6 reverts git:4f2a9c1
```

## When to ignore
When the fix is of something else in the same change. Say which, in the comment that allows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from muster.model import Case, Claim, Finding, Link, LinkKind
from muster.model.stories import FOLLOWED, answers, careful
from muster.rules import finding, rule
from muster.rules.facts import named
from muster.rules.prose import day, listed, many, passages, quoted

SPEAKS = re.compile(
    r"\b(?:revert\w*|roll(?:ed|ing)?[ -]?back\w*|rollback\w*|backed out|incidents?|outages?|regress\w*|hot-?fix\w*|"
    r"broke|breakage|went wrong|post-?mortems?|re-?land\w*|bugs?|mistakes?)\b",
    re.IGNORECASE,
)
RELAND = re.compile(r"\W*(?:re-?land|re-?appl(?:y|ies|ied)|re-?revert|revert \W*(?:re-?)?revert)\b", re.IGNORECASE)
HASH = re.compile(r"\b[0-9a-f]{7,40}\b")
SHOWN = 2


@rule("C209", "counter-evidence-unanswered", since="0.1", needs=("git",), claims=True, thresholds={"hotfix-days": 7})
def check(case: Case) -> Iterator[Finding]:
    """A finding for each claim with counter evidence that it does not answer."""
    for claim in case.claims:
        open_ = [
            id_
            for id_ in case.counter(claim)
            if not relands(case, id_) and not cared(case, claim, id_) and not answered(case, claim, id_)
        ]
        if not open_:
            continue
        reverts = {link.src for link in case.links if link.kind is LinkKind.REVERTS}
        open_.sort(key=lambda id_: id_ not in reverts)
        count = sum(id_ in reverts for id_ in open_)
        parts = [
            *([many(count, "revert")] if count else []),
            *([many(len(open_) - count, "later fix", "later fixes")] if len(open_) > count else []),
        ]
        shown = listed((told(case, id_) for id_ in open_[:SHOWN]), SHOWN)
        more = f", and {len(open_) - SHOWN} more" if len(open_) > SHOWN else ""
        does = "follows it" if len(open_) == 1 else "follow it"
        yield finding(
            claim.where,
            f"{named(claim)}: {listed(parts)} {does}, and the claim does not say so: {shown}{more}",
            move(case, claim, open_),
            open_,
        )


def move(case: Case, claim: Claim, ids: list[str]) -> str:
    """What to do about it: where the record has the answer, the sentence only has to be written."""
    first = "Have one sentence ready: what went wrong" if claim.drafted else "Add one sentence: what went wrong"
    if all(answers(case, id_) for id_ in ids):
        return f"{first}, and how it was answered; the record has that already{'.' if claim.drafted else ', so link it.'}"
    return f"{first}, and what you did about it." if claim.drafted else f"{first}, what you did about it, and the link."


def cared(case: Case, claim: Claim, id_: str) -> bool:
    """Whether it is the person's own repair within a day, or a fix that followed later than the book counts."""
    links = [link for link in case.links_from([id_], LinkKind.REVERTS, LinkKind.FIXES) if link.dst in case.evidence]
    return bool(links) and all(careful(case, link) or late(case, link) for link in links)


def late(case: Case, link: Link) -> bool:
    """Whether a fix names nothing and followed only after as many days as no longer count."""
    src, dst = case.evidence[link.src].recorded_at, case.evidence[link.dst].recorded_at
    if not FOLLOWED.match(link.reason) or src is None or dst is None:
        return False
    return src - dst > timedelta(days=case.thresholds["hotfix-days"])


def relands(case: Case, id_: str) -> bool:
    """Whether a record brings back what was reverted: that is the answer to a revert, not another one."""
    return bool(RELAND.match(case.evidence[id_].title))


def told(case: Case, id_: str) -> str:
    """One piece of counter evidence for reading."""
    piece = case.evidence[id_]
    by = "you" if case.mine(piece) else case.name_of(piece.actor)
    text = f"{day(piece.happened_at)}, {by}"
    links = case.links_from([id_], LinkKind.FIXES)
    if links and (followed := FOLLOWED.match(links[0].reason)):
        text += f"; changes {followed['what']} {followed['when']}"
    if found := answers(case, id_):
        first = case.evidence[found[0]]
        text += f"; answered on {day(first.recorded_at or first.happened_at)}: {quoted(first.title, 40)}"
    return f"{quoted(piece.title, 50)} ({text})"


def answered(case: Case, claim: Claim, id_: str) -> bool:
    """Whether a claim speaks of a piece of counter evidence."""
    piece = case.evidence[id_]
    statements = [statement for _, beat in claim.beats for statement in beat.statements]
    if any(id_ in statement.evidence for statement in statements):
        return True
    if claim.entry is None:
        return False
    key = id_.partition(":")[2]
    typed = [reference.target for reference in claim.entry.references]
    for target in [*typed, *HASH.findall(claim.entry.body)]:
        if target in (piece.ref, piece.url) or any(key.startswith(part) for part in HASH.findall(target)):
            return True
    lines = [reference.line for reference in claim.entry.references]
    return any(
        SPEAKS.search(passage.text) and any(passage.line <= line <= passage.line_at(len(passage.text)) for line in lines)
        for passage in passages(claim.entry)
    )
