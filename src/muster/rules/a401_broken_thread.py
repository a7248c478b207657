"""A401 broken-thread: a beat is missing.

## What
A claim has three beats: the problem, what you did, what changed. One of them says nothing.
For an undertaking that muster drafted from evidence alone, one of them is shown by no record.

## Why
The room asks "and so?" after every claim. A change without its problem reads as a task; a change without what came of
it reads as work that nobody needed.

## Bad
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## Problem
Deploys of three teams queued behind one lock.
## What I did
Wrote the proposal and moved the lock into the queue.
## What changed
```

## Good
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## Problem
Deploys of three teams queued behind one lock.
## What I did
Wrote the proposal and moved the lock into the queue.
## What changed
Payments and Search moved onto it in May.
```

## When to ignore
While the undertaking still runs and nothing can have changed yet. Say that in the comment that allows it.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Severity, Where
from muster.rules import finding, rule
from muster.rules.facts import TITLES, named
from muster.rules.prose import blank, listed

MOVES = {
    "problem": "Write one sentence: what was wrong, for whom, and the link that shows it.",
    "did": "Write one sentence: what you did yourself, and the link that shows it.",
    "changed": "Write one sentence: what is different now, for whom, and the link that shows it.",
}
UNSHOWN = {"problem": "what the problem was", "did": "what was done", "changed": "what changed afterwards"}


@rule("A401", "broken-thread", since="0.1", severity=Severity.ERROR, claims=True)
def check(case: Case) -> Iterator[Finding]:
    """A finding for each beat that a written claim lacks, and one for each drafted claim that lacks any."""
    for claim in case.claims:
        missing = [name for name, beat in claim.beats if not beat or blank(beat.text)]
        if not missing:
            continue
        if claim.drafted:
            unshown = listed(UNSHOWN[name] for name in missing)
            yield finding(
                claim.where,
                f"{named(claim)}: no connected record shows {unshown}",
                "Write it down while you remember: two sentences and a link.",
                claim.evidence,
                severity=Severity.NOTE,
            )
            continue
        for name in missing:
            line = dict(claim.beats)[name].line or claim.where.line
            yield finding(
                Where(path=claim.where.path, line=line, thread=claim.where.thread),
                f"{named(claim)}: “{TITLES[name]}” {'is empty' if dict(claim.beats)[name].line else 'is missing'}",
                MOVES[name],
            )
