"""M501 harder-not-differently: load grows, reach does not.

## What
From the half-year before to the one in which the period ends, the share of your changes made at night or on weekends
grew by ten points or more, and the number of other people whose records refer to your work did not grow. It is looked
at where both halves have at least ten changes with a known local time.

## Why
More of the same is the most common answer to "not yet", and the one that does not help: the question was about reach.
It is also the one that costs most.

## Bad
```yaml case
signals:
  load.off_hours_share@2025H2: 0.1
  load.off_hours_share@2026H1: 0.35
  load.changes@2025H2: 40
  load.changes@2026H1: 60
  reach.people@2025H2: 4
  reach.people@2026H1: 3
```

## Good
```yaml case
signals:
  load.off_hours_share@2025H2: 0.1
  load.off_hours_share@2026H1: 0.35
  load.changes@2025H2: 40
  load.changes@2026H1: 60
  reach.people@2025H2: 4
  reach.people@2026H1: 9
```

## When to ignore
When you chose the hours, and they are not more hours: a shifted day reads the same from outside.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import halves
from muster.rules.prose import many


@rule(
    "M501", "harder-not-differently", since="0.1", needs=("git",),
    thresholds={"harder-points": 0.1, "harder-changes": 10},
)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where the one grew and the other did not."""
    before, now = halves(case)
    counts = [case.value("load", "changes", label) or 0 for label in (before, now)]
    shares = [case.value("load", "off_hours_share", label) for label in (before, now)]
    people = [case.value("reach", "people", label) for label in (before, now)]
    if min(counts) < case.thresholds["harder-changes"] or None in shares or None in people:
        yield CannotTell(f"{before} and {now} do not both have {case.thresholds['harder-changes']:g} changes with a known local time")
        return
    (then, late), (few, more) = ([float(one or 0) for one in pair] for pair in (shares, people))
    if late - then >= case.thresholds["harder-points"] and more <= few:
        signal = case.measure("load", "off_hours_share", now)
        yield finding(
            Where(),
            f"changes at night or on weekends went from {100 * then:.0f} % in {before} to {100 * late:.0f} % in {now}, while those "
            f"who refer to your work went from {few:.0f} to {many(int(more), 'person', 'people')}",
            "Drop or hand on one thing this week, and give its hours to the one problem that others have, too. Write down "
            'what you dropped: `muster new decline "…"`',
            signal.evidence if signal else (),
        )
