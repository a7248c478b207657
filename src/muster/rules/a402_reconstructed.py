"""A402 reconstructed: an entry was recorded long after what it tells of.

## What
An entry of the period was first recorded more than 30 days after the day that it says it happened. The day of
recording is the journal's or the book's git history's, not the one you typed.

## Why
"Was this written then, or now?" A record from the week itself is worth more than a better one from the week before
the deadline.

## Bad
```markdown entries/2026-03-02-retry-budget.md recorded=2026-06-20
---
type: decision
---
# Retry budget instead of a longer timeout
```

## Good
```markdown entries/2026-03-02-retry-budget.md recorded=2026-03-04
---
type: decision
---
# Retry budget instead of a longer timeout
```

## When to ignore
When the entry only copies a record from the time itself, and links it: an old design document, a ticket, a thread.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.prose import many


@rule("A402", "reconstructed", since="0.1", needs=("book",), thresholds={"reconstructed-days": 30})
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each entry whose two clocks are too far apart; claims are always written afterwards."""
    dated = [
        entry
        for entry in case.entries
        if entry.type != "claim" and entry.happened_at is not None and entry.happened_at in case.period
    ]
    if dated and all(entry.recorded_at is None for entry in dated):
        yield CannotTell("neither the journal nor git says when the entries were recorded")
    for entry in dated:
        if entry.recorded_at is None or entry.happened_at is None:
            continue
        recorded = entry.recorded_at.date()
        days = (recorded - entry.happened_at).days
        if days > case.thresholds["reconstructed-days"]:
            yield finding(
                Where(path=entry.path, line=1),
                f"recorded on {recorded}, {many(days, 'day')} after it happened ({entry.happened_at})",
                "Link a record from the time itself, or say in the entry that it was written later. "
                'From now on: `muster log "…"` in the same week.',
                (entry.id,),
            )
