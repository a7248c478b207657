"""C206 thin-stack: a claim with fewer than two independent kinds of artifact.

## What
Behind a claim stands at most one kind of artifact. The kinds are: change, document (a proposal, decision, risk,
incident, result or note), review, endorsement, somebody else's record that uses it, and a number bound to data. The
log and the claim itself do not count.

## Why
Ten changes say the same thing ten times. A change, the decision behind it and somebody who uses it say three
different things, and each can be checked without believing you.

## Bad
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What I did
[Moved the lock](4f2a9c1) into [the queue](5e01b2d).
```
```yaml case
evidence:
  git:4f2a9c1: {title: Move the lock into the queue}
  git:5e01b2d: {title: Queue before the lock}
```

## Good
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What I did
[Decided](../entries/2026-03-02-lock.md) and [moved the lock](4f2a9c1).
```
```markdown entries/2026-03-02-lock.md
---
type: decision
---
# The queue instead of the lock
```
```yaml case
evidence:
  git:4f2a9c1: {title: Move the lock into the queue}
```

## When to ignore
When the claim is small and only rounds off another one. Merging the two is often better.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Severity
from muster.rules import finding, rule
from muster.rules.facts import artifacts, named
from muster.rules.prose import many

PLURAL = {
    "change": "changes", "document": "documents", "review": "reviews", "endorsement": "endorsements",
    "others' record": "others' records", "observed number": "observed numbers",
}  # fmt: skip


@rule("C206", "thin-stack", since="0.1", thresholds={"thin-stack-kinds": 2}, claims=True)
def check(case: Case) -> Iterator[Finding]:
    """A finding for each claim with too few kinds."""
    for claim in case.claims:
        kinds = artifacts(case, claim)
        if len(kinds) >= case.thresholds["thin-stack-kinds"]:
            continue
        if not kinds:
            seen = "no artifact stands behind it"
            move = "Link one change and one page that explains it."
        else:
            ((kind, ids),) = kinds.items()
            seen = f"one kind of artifact stands behind it: {many(len(ids), kind, PLURAL[kind])}"
            if kind == "document":
                move = "Link the change that came of it, or the record of somebody who uses it."
            else:
                move = 'Write the half page that says why: `muster new decision "…"`, and link it.'
        ids_ = [id_ for ids in kinds.values() for id_ in ids if id_ in case.evidence]
        # Of a draft only the connected sources are known; what the person wrote elsewhere may well be a second kind.
        severity = Severity.NOTE if claim.drafted else Severity.WARNING
        yield finding(claim.where, f"{named(claim)}: {seen}", move, ids_, severity=severity)
