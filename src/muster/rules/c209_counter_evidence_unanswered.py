"""C209 counter-evidence-unanswered: a revert, incident or hotfix follows and the claim does not mention it.

## What
Something in the record speaks against a claim: a revert of its work, or a later fix of it, by anybody. The claim
neither links it, nor names it by its hash, nor speaks of it in a paragraph that has a link. A re-landing is no
counter evidence.

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

from muster.model import Case, Claim, Finding, LinkKind
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


@rule("C209", "counter-evidence-unanswered", since="0.1", needs=("git",), claims=True)
def check(case: Case) -> Iterator[Finding]:
    """A finding for each claim with counter evidence that it does not answer."""
    for claim in case.claims:
        open_ = [id_ for id_ in case.counter(claim) if not relands(case, id_) and not answered(case, claim, id_)]
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
            "Add one sentence: what went wrong, what you did about it, and the link."
            if not claim.drafted
            else "Have one sentence ready: what went wrong, and what you did about it.",
            open_,
        )


def relands(case: Case, id_: str) -> bool:
    """Whether a record brings back what was reverted: that is the answer to a revert, not another one."""
    return bool(RELAND.match(case.evidence[id_].title))


def told(case: Case, id_: str) -> str:
    """One piece of counter evidence for reading."""
    piece = case.evidence[id_]
    by = "you" if case.mine(piece) else case.name_of(piece.actor)
    return f"{quoted(piece.title, 50)} ({day(piece.happened_at)}, {by})"


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
