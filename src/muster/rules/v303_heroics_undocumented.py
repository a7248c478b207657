"""V303 heroics-undocumented: a burst around an incident, and no review written.

## What
An undertaking of the period began in a fire (an incident, a regression, an urgent fix), you made three or more changes
within three days at night or on a weekend for it, and nothing explains it: no incident entry, note or document.

## Why
The night is forgotten by the next calibration. The page that says what broke, why, and what keeps it from breaking
again is still read by people who were asleep.

## Bad
```yaml case
threads:
  outage: {title: Fix the lock after the outage, evidence: [git:a1, git:a2, git:a3], began: fire}
evidence:
  git:a1: {at: 2026-03-07T22:00:00}
  git:a2: {at: 2026-03-07T23:00:00}
  git:a3: {at: 2026-03-08T02:00:00}
signals:
  documentation.bursts_unexplained: {value: 1, evidence: [git:a1, git:a2, git:a3]}
```

## Good
```yaml case
threads:
  outage:
    title: Fix the lock after the outage
    evidence: [git:a1, git:a2, git:a3, book:entries/2026-03-10-outage.md]
    artifacts: [book:entries/2026-03-10-outage.md]
    began: fire
evidence:
  git:a1: {at: 2026-03-07T22:00:00}
  git:a2: {at: 2026-03-07T23:00:00}
  git:a3: {at: 2026-03-08T02:00:00}
signals:
  documentation.bursts_unexplained: 0
```
```markdown entries/2026-03-10-outage.md
---
type: incident
---
# What broke on 7 March, and why it cannot again
```

## When to ignore
When the review was written by the person on call: link it, and say what was yours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from muster.model import Began, Case, Evidence, Finding, Thread, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import done_in, in_order
from muster.rules.prose import day, many, quoted


@rule("V303", "heroics-undocumented", since="0.1", needs=("git",))
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each such undertaking."""
    fires = [thread for thread in case.period_threads() if thread.began is Began.FIRE]
    signal = case.measure("documentation", "bursts_unexplained")
    if not fires:
        yield CannotTell("no undertaking of the period is on record as begun by an incident, and no incident source is connected")
        return
    if signal is None or signal.value is None:
        yield CannotTell("at what hour the changes were made is not known")
        return
    for thread in fires:
        ids = in_order(case, set(signal.evidence) & set(thread.evidence))
        if ids:
            pieces = burst(case, thread, ids)
            first, last = day(pieces[0].happened_at), day(pieces[-1].happened_at)
            when = f"on {first}" if first == last else f"from {first} to {last}"
            yield finding(
                Where(thread=thread.id),
                f"{quoted(thread.title)}: {many(len(pieces), 'change')} {when}, at night or on a weekend, and nothing that "
                "explains them",
                "Half a page while it is fresh: what broke, why it was not obvious, what keeps it from happening again. "
                '`muster new incident "…"`',
                (piece.id for piece in pieces),
            )


def burst(case: Case, thread: Thread, ids: tuple[str, ...]) -> tuple[Evidence, ...]:
    """The person's changes of a burst, of which the signal lists those that at least two others came just before."""
    listed = [at for id_ in ids if (at := case.evidence[id_].happened_at)]
    since, until = min(listed) - timedelta(days=3), max(listed)
    changes = done_in(case, thread, "change", "document")
    return tuple(piece for piece in changes if piece.happened_at and since <= piece.happened_at <= until)
