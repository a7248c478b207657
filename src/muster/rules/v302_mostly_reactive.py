"""V302 mostly-reactive: most undertakings answered somebody else's fire.

## What
Of the undertakings of the period whose beginning is on record (three or more, and at least half of all), more than
half began with an incident, a regression, a revert or an urgent fix.

## Why
Putting out fires is valued, and remembered as such. Who is known for it is called for the next one, not for the
decision about what to build.

## Bad
```yaml case
threads:
  t1: {evidence: [git:a1], began: fire}
  t2: {evidence: [git:a2], began: fire}
  t3: {evidence: [git:a3], began: asked}
evidence:
  git:a{1..3}: {}
```

## Good
```yaml case
threads:
  t1: {evidence: [git:a1], began: fire}
  t2: {evidence: [git:a2], began: self}
  t3: {evidence: [git:a3], began: asked}
evidence:
  git:a{1..3}: {}
```

## When to ignore
When the fires were the job: an on-call year, a migration under way. Then write what you did so that there are fewer.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Began, Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.prose import listed, many, quoted


@rule(
    "V302", "mostly-reactive", since="0.1", needs=("git",),
    thresholds={"mostly-reactive-share": 0.5, "mostly-reactive-threads": 3},
)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where most beginnings on record are fires."""
    threads = case.period_threads()
    known = [thread for thread in threads if thread.began is not Began.UNKNOWN]
    fires = [thread for thread in known if thread.began is Began.FIRE]
    if len(known) < case.thresholds["mostly-reactive-threads"] or 2 * len(known) < len(threads):
        yield CannotTell(
            f"how an undertaking began is on record for {len(known)} of {many(len(threads), 'undertaking')}: "
            "incidents and tickets are in no connected source"
        )
        return
    if len(fires) > case.thresholds["mostly-reactive-share"] * len(known):
        yield finding(
            Where(),
            f"{len(fires)} of {many(len(known), 'undertaking')} whose beginning is on record began with an incident or urgent "
            f"fix, such as {listed((quoted(thread.title, 45) for thread in fires), 2)}",
            "Take the two fires that look alike and write half a page on their common cause, with one change that "
            'would prevent both: `muster new risk "…"`',
            (id_ for thread in fires for id_ in thread.problem or thread.evidence[:1]),
        )
