"""B101 assigned-only: every undertaking began with an assignment.

## What
Of the undertakings of the period whose beginning is on record (three or more, and at least half of all), every one
began with an assignment or somebody else's request. Who was assigned is in an issue tracker: without one it cannot
tell.

## Why
At the next level nobody hands out the problem. One problem that you found and took on says more than ten that you were
given and solved.

## Bad
```yaml case
sources: [book, git, pull-requests]
threads:
  lock: {title: Move the lock, evidence: [git:a1], began: asked}
  queue: {title: Faster queue, evidence: [git:a2], began: asked}
  pages: {title: Fewer pages, evidence: [git:a3], began: asked}
evidence:
  git:a{1..3}: {}
```

## Good
```yaml case
sources: [book, git, pull-requests]
threads:
  lock: {title: Move the lock, evidence: [git:a1], began: self}
  queue: {title: Faster queue, evidence: [git:a2], began: asked}
  pages: {title: Fewer pages, evidence: [git:a3], began: asked}
evidence:
  git:a{1..3}: {}
```

## When to ignore
When the assignment came after your own idea: you wrote it down, and then it was given to you. Link what you wrote.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Began, Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.prose import listed, many, quoted

#: Sources that know who was assigned to what.
TRACKERS = frozenset({"pull-requests", "issues"})


@rule("B101", "assigned-only", since="0.2", thresholds={"assigned-only-threads": 3})
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where every beginning on record is an assignment."""
    threads = case.period_threads()
    known = [thread for thread in threads if thread.began is not Began.UNKNOWN]
    if any(thread.began is not Began.ASKED for thread in known):
        return
    if not case.sources & TRACKERS:
        yield CannotTell("who was assigned to what is in an issue tracker, and none is connected")
        return
    if len(known) < case.thresholds["assigned-only-threads"] or 2 * len(known) < len(threads):
        yield CannotTell(f"how an undertaking began is on record for {len(known)} of {many(len(threads), 'undertaking')}")
        return
    yield finding(
        Where(),
        f"all {many(len(known), 'undertaking')} whose beginning is on record began with an assignment, such as "
        f"{listed((quoted(thread.title, 45) for thread in known), 2)}",
        'Pick one problem that nobody gave you and write half a page before the work: `muster new proposal "…"`',
        (id_ for thread in known for id_ in thread.problem or thread.evidence[:1]),
    )
