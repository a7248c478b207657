"""B106 waits-for-permission: nothing predates its ticket or its assignment.

## What
Among the undertakings of the period whose beginning is on record, none began with your own proposal, issue, risk or
change: each followed somebody's request or a fire. Where fewer than half of the beginnings are on record, it cannot
tell.

## Why
Doing what was asked well is expected at every level. The question in the room is who saw it first.

## Bad
```yaml case
threads:
  lock: {title: Move the lock, evidence: [git:a1], began: asked}
  queue: {title: Faster queue, evidence: [git:a2], began: fire}
evidence:
  git:a1: {}
  git:a2: {}
```

## Good
```yaml case
threads:
  lock: {title: Move the lock, evidence: [git:a1], began: self, foresight: 12}
  queue: {title: Faster queue, evidence: [git:a2], began: fire}
evidence:
  git:a1: {}
  git:a2: {}
```

## When to ignore
When beginnings happen where muster does not look: a chat, a meeting. Then write the next one down before the ticket.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Began, Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.prose import listed, many


@rule("B106", "waits-for-permission", since="0.1", needs=("git",), thresholds={"waits-for-permission-threads": 2})
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where every beginning on record is somebody else's."""
    threads = case.period_threads()
    if any(thread.began is Began.SELF or (thread.foresight or 0) > 0 for thread in threads):
        return
    asked = [thread for thread in threads if thread.began is Began.ASKED]
    fires = [thread for thread in threads if thread.began is Began.FIRE]
    known = len(asked) + len(fires)
    if known < case.thresholds["waits-for-permission-threads"] or 2 * known < len(threads):
        yield CannotTell(
            f"how an undertaking began is on record for {known} of {many(len(threads), 'undertaking')}: "
            "tickets and assignments are in no connected source"
        )
        return
    parts = [
        *([f"{len(asked)} with somebody's request"] if asked else []),
        *([f"{len(fires)} with an incident or urgent fix"] if fires else []),
    ]
    yield finding(
        Where(),
        f"of {many(known, 'undertaking')} whose beginning is on record, none began with you: {listed(parts)}",
        "Write down one problem that nobody has asked you to solve, half a page, before anything else: "
        '`muster new proposal "…"`',
        (id_ for thread in (*asked, *fires) for id_ in thread.problem or thread.evidence[:1]),
    )
