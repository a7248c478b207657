"""M503 senior-habits: every meeting, every small bug, every question.

## What
In the half-year in which the period ends, half or more of your changes (of at least twenty) were small fixes: two paths
or fewer, called a fix; or meetings took eighteen hours a week or more, where a calendar is connected. Questions
answered in a chat are not seen.

## Why
Being the one who answers everything made you a trusted senior. It leaves no hours for what only somebody at the next
level would do, and none of it has an artifact.

## Bad
```yaml case
signals:
  focus.changes@2026H1: 60
  focus.small_fix_share@2026H1: 0.6
```

## Good
```yaml case
signals:
  focus.changes@2026H1: 60
  focus.small_fix_share@2026H1: 0.2
```

## When to ignore
When the small fixes were one campaign that you chose: then write that down, and claim it.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import halves
from muster.rules.prose import many


@rule(
    "M503", "senior-habits", since="0.2", needs=("git",),
    thresholds={"senior-habits-fixes": 0.5, "senior-habits-changes": 20, "senior-habits-meetings": 18},
)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case for each habit that took the half-year."""
    _, now = halves(case)
    changes = case.value("focus", "changes", now) or 0
    share = case.value("focus", "small_fix_share", now)
    hours = case.value("focus", "meeting_hours", now)
    enough = share is not None and changes >= case.thresholds["senior-habits-changes"]
    if enough and share is not None and share >= case.thresholds["senior-habits-fixes"]:
        signal = case.measure("focus", "small_fixes", now) or case.measure("focus", "small_fix_share", now)
        yield finding(
            Where(),
            f"{100 * share:.0f} % of your {many(round(changes), 'change')} in {now} are small fixes",
            "Hand one recurring kind of fix to somebody who would learn from it, and keep the hours for one problem of your own.",
            signal.evidence if signal else (),
        )
    if hours is not None and hours >= case.thresholds["senior-habits-meetings"]:
        yield finding(
            Where(),
            f"meetings took {hours:.0f} hours a week in {now}",
            "Leave two of them this week, and ask for the notes.",
        )
    if not enough and hours is None:
        yield CannotTell(f"{now} has {many(round(changes), 'change')}, too few to say, and no calendar is connected")
