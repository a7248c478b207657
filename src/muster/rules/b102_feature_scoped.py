"""B102 feature-scoped: no undertaking spans more than the own team's areas.

## What
In every undertaking of the period whose owners are known, everything you touched belonged to you or your team at that
time. It is looked at once there are two.

## Why
The step is from doing a part well to seeing the system that the parts are in. One undertaking that crosses into
another team's area, with that team, shows it; ten good ones at home do not.

## Bad
```yaml case
threads:
  lock: {title: Move the lock, evidence: [git:a1]}
  queue: {title: Faster queue, evidence: [git:a2]}
evidence:
  git:a1: {touches: {deploy/lock.go: own}}
  git:a2: {touches: {deploy/queue.go: own}}
```

## Good
```yaml case
threads:
  lock: {title: Move the lock, evidence: [git:a1]}
  queue: {title: Faster queue, evidence: [git:a2]}
evidence:
  git:a1: {touches: {deploy/lock.go: own}}
  git:a2: {touches: {deploy/queue.go: own, search/release.go: search}}
```

## When to ignore
When the work across teams happens in repositories that are not connected: connect one.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import basis_of, crosses, done_in, owners_of
from muster.rules.prose import many


@rule("B102", "feature-scoped", since="0.1", needs=("git",), thresholds={"feature-scoped-threads": 2})
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where no undertaking of the period crossed."""
    judged = []
    for thread in case.period_threads():
        pieces = [piece for piece in done_in(case, thread) if piece.happened_at in case.period]
        known = [(piece, crossed) for piece in pieces if (crossed := crosses(piece)) is not None]
        if any(crossed for _, crossed in known):
            return
        if known:
            judged.append([piece for piece, _ in known])
    if len(judged) < case.thresholds["feature-scoped-threads"]:
        yield CannotTell(
            "nobody's ownership is known for what was touched"
            if not judged
            else f"ownership is known for only {many(len(judged), 'undertaking')} of the period"
        )
        return
    pieces = [piece for rows in judged for piece in rows]
    yield finding(
        Where(),
        f"all {many(len(judged), 'undertaking')} of the period stayed within what {owners_of(case)} "
        f"({many(len(pieces), 'change')})",
        "Pick one problem that your team and a neighbour share, and write its one-pager for both: "
        '`muster new proposal "…"`',
        (piece.id for piece in pieces),
        basis=basis_of(pieces),
    )
