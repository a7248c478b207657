"""A403 last-minute: the record was mostly written in the final month.

## What
More than half of the period's entries were first recorded in its last 30 days, or after it. It is looked at once
there are four entries, in a period of two months or more.

## Why
A record that grows in the month before the deadline reads as a search for material. The same sentences, spread over
the weeks that they are about, read as memory.

## Bad
```markdown entries/2026-02-03-queue.md recorded=2026-06-21
# Why the queue stalls
```
```markdown entries/2026-03-10-lock.md recorded=2026-06-21
# One lock for three teams
```
```markdown entries/2026-04-14-move.md recorded=2026-06-22
# Search moved
```
```markdown entries/2026-06-02-done.md recorded=2026-06-02
# Payments moved
```

## Good
```markdown entries/2026-02-03-queue.md recorded=2026-02-03
# Why the queue stalls
```
```markdown entries/2026-03-10-lock.md recorded=2026-03-11
# One lock for three teams
```
```markdown entries/2026-04-14-move.md recorded=2026-04-14
# Search moved
```
```markdown entries/2026-06-02-done.md recorded=2026-06-02
# Payments moved
```

## When to ignore
When the book was begun late and says so, or was moved from another tool whose own dates are linked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from muster.model import Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.prose import many


@rule(
    "A403", "last-minute", since="0.1", needs=("book",),
    thresholds={"last-minute-days": 30, "last-minute-share": 0.5, "last-minute-entries": 4},
)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the whole case where most entries were recorded at the end."""
    days = int(case.thresholds["last-minute-days"])
    entries = [
        entry
        for entry in case.entries
        if entry.type != "claim"
        and entry.recorded_at is not None
        and (entry.happened_at or entry.recorded_at.date()) in case.period
    ]
    if case.period.days < 2 * days:
        yield CannotTell(f"the period has {many(case.period.days, 'day')}: its last month is most of it")
        return
    if len(entries) < case.thresholds["last-minute-entries"]:
        few = many(len(entries), "entry", "entries")
        yield CannotTell(f"only {few} of the period {'has' if len(entries) == 1 else 'have'} a known day of recording")
        return
    begins = case.period.until - timedelta(days=days - 1)
    late = [entry for entry in entries if entry.recorded_at is not None and entry.recorded_at.date() >= begins]
    if len(late) > case.thresholds["last-minute-share"] * len(entries):
        when = sorted(entry.recorded_at.date() for entry in late if entry.recorded_at is not None)
        after = sum(one > case.period.until for one in when)
        yield finding(
            Where(),
            f"{len(late)} of {len(entries)} entries were written in the last {days} days of the period"
            f"{f' or after it ({after})' if after else ''} ({when[0]} .. {when[-1]})",
            'Keep the weekly log from this week on, two or three things: `muster log "…"`. '
            "For what is already late, link the records from the time itself.",
            (entry.id for entry in late),
        )
