"""B104 cannot-say-no: nothing declined while small fixes or meetings grow.

## What
The book has no `decline` of the period, and from the half-year before to the one in which the period ends the share of
small fixes among your changes (two paths or fewer, called a fix) grew by ten points or more. It is looked at where both
halves have at least ten changes. With a calendar, hours of meetings that grew by a quarter, and by two a week or more, count
like small fixes. With a tracker, an issue or pull request of somebody else's that you closed with your reason counts as
declined.

## Why
Whoever takes everything has nothing left for what only they could do. A declined thing, with what came of it, is
evidence of judgment.

## Bad
```yaml case
signals:
  focus.small_fix_share@2025H2: 0.2
  focus.small_fix_share@2026H1: 0.4
  focus.changes@2025H2: 40
  focus.changes@2026H1: 60
```

## Good
```yaml case
signals:
  focus.small_fix_share@2025H2: 0.2
  focus.small_fix_share@2026H1: 0.4
  focus.changes@2025H2: 40
  focus.changes@2026H1: 60
```
```markdown entries/2026-03-31-no-preview-environments.md
---
type: decline
---
# Not building preview environments this half
```

## When to ignore
When the fixes are one campaign that you chose. Then it deserves a claim of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import halves


@rule(
    "B104", "cannot-say-no", since="0.1", needs=("book", "git"),
    thresholds={"small-fix-points": 0.1, "small-fix-changes": 10, "meeting-hours": 2},
)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where nothing was declined and small fixes or meetings grew."""
    if any(entry.type == "decline" and (entry.happened_at is None or entry.happened_at in case.period) for entry in case.entries):
        return
    before, now = halves(case)
    if any((case.value("focus", "refused", label) or 0) > 0 for label in (before, now)):
        return
    yield from meetings(case, before, now)
    counts = [case.value("focus", "changes", label) or 0 for label in (before, now)]
    shares = [case.value("focus", "small_fix_share", label) for label in (before, now)]
    if min(counts) < case.thresholds["small-fix-changes"] or None in shares:
        yield CannotTell(f"{before} and {now} do not both have {case.thresholds['small-fix-changes']:g} changes")
        return
    then, late = (float(one or 0) for one in shares)
    if late - then >= case.thresholds["small-fix-points"]:
        signal = case.measure("focus", "small_fixes", now) or case.measure("focus", "small_fix_share", now)
        yield finding(
            Where(),
            f"small fixes went from {100 * then:.0f} % of your changes in {before} to {100 * late:.0f} % in {now}, and nothing is "
            "on record as declined",
            "Hand one kind of small fix to somebody who would learn from it, and write down what you said no to: "
            '`muster new decline "…"`',
            signal.evidence if signal else (),
        )


def meetings(case: Case, before: str, now: str) -> Iterator[Finding]:
    """One finding about the case where hours of meetings grew; nothing where no calendar says how many there were."""
    then, late = (case.value("focus", "meeting_hours", label) for label in (before, now))
    # No meeting at all in the half-year before is a calendar that begins later.
    if not then or late is None or late - then < case.thresholds["meeting-hours"] or late < 1.25 * then:
        return
    signal = case.measure("focus", "meeting_hours", now)
    yield finding(
        Where(),
        f"meetings went from {then:.1f} hours a week in {before} to {late:.1f} in {now}, and nothing is on record as declined",
        "Leave one meeting that would do as well without you, say who goes instead, and write it down: "
        '`muster new decline "…"`',
        signal.evidence if signal else (),
    )
