"""A408 log-gap: four weeks or more without a log.

## What
The period has four whole weeks in a row, up to today, in which no log was written.

## Why
The log is five minutes a week, and the only thing that remembers what left no other trace. What is not written within
a month is mostly not written at all, or reads as reconstructed.

## Bad
```yaml case
period: 2026-01-05..2026-03-01
```
```markdown log/2026-W02.md
- looked into why deploys queue
```
```markdown log/2026-W08.md
- Search moved
```

## Good
```yaml case
period: 2026-01-05..2026-03-01
```
```markdown log/2026-W02.md
- looked into why deploys queue
```
```markdown log/2026-W05.md
- sent the one-pager to Search
```
```markdown log/2026-W08.md
- Search moved
```

## When to ignore
Leave, illness, a holiday: put the comment that allows it, with the reason, into the log before the gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from muster.model import Case, Entry, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.prose import blank, many

WEEK = timedelta(days=7)


@rule("A408", "log-gap", since="0.1", needs=("book",), thresholds={"log-gap-weeks": 4})
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each run of weeks without a log, at the log before it (or after it, where it comes first)."""
    logs = sorted(
        (entry for entry in case.entries if entry.type == "log" and entry.happened_at and not blank(entry.body)),
        key=lambda entry: (entry.happened_at or date.min, entry.path),
    )
    weeks = whole_weeks(max(case.period.since, begun(case)), min(case.period.until, case.today))
    if len(weeks) < case.thresholds["log-gap-weeks"]:
        yield CannotTell(f"only {many(len(weeks), 'whole week')} of the period {'has' if len(weeks) == 1 else 'have'} gone by with a book")
        return
    written = {monday(entry.happened_at) for entry in logs if entry.happened_at}
    if not written.intersection(weeks):
        yield finding(
            Where(),
            f"no log was written in the {many(len(weeks), 'week')} from {weeks[0]} to {weeks[-1] + timedelta(days=6)}",
            'Start with this week, two or three things, five minutes: `muster log "…"`.',
        )
        return
    run: list[date] = []
    for week in [*weeks, None]:
        if week is not None and week not in written:
            run.append(week)
            continue
        if len(run) >= case.thresholds["log-gap-weeks"]:
            yield gap(run, logs, weeks[-1])
        run = []


def begun(case: Case) -> date:
    """The day of the book's first entry: a book that was not there yet could not be written in. Today without entries."""
    days = [
        day
        for entry in case.entries
        for day in (entry.happened_at, entry.recorded_at.date() if entry.recorded_at else None)
        if day is not None
    ]
    return min(days, default=case.today)


def gap(run: list[date], logs: list[Entry], newest: date) -> Finding:
    """The finding about one run of weeks."""
    before = [entry for entry in logs if entry.happened_at and entry.happened_at < run[0]]
    beside = before[-1] if before else next(e for e in logs if e.happened_at and e.happened_at > run[-1])
    open_ = run[-1] == newest
    return finding(
        Where(path=beside.path),
        f"no log for {many(len(run), 'week')}: {run[0]} .. {run[-1] + timedelta(days=6)}{', up to now' if open_ else ''}",
        'Write two or three things you remember of last week: `muster log "…"`.'
        if open_
        else "If you were away, say so here; else note what other records show of those weeks, as written later.",
        (beside.id,),
    )


def monday(day: date) -> date:
    """The Monday of that day's week."""
    return day - timedelta(days=day.weekday())


def whole_weeks(since: date, until: date) -> list[date]:
    """The Mondays of the weeks that lie wholly between two days, both included."""
    week = monday(since + timedelta(days=6))
    found = []
    while week + timedelta(days=6) <= until:
        found.append(week)
        week += WEEK
    return found
