"""A405 number-mismatch: the claimed number lies outside what its data shows.

## What
A number in a claim's front matter states a value (`before:`, `after:`, or `claimed:` for after) that lies outside the
95 % interval of the statistic, as recomputed from its data. With too few rows for an interval, it cannot tell.

## Why
A sceptic recomputes one number. If that one is off, no other one is believed.

## Bad
```markdown claims/deploys.md
---
numbers:
  deploy_p95: {data: data/deploy-times.csv, time: at, value: minutes, event: 2026-05-04, claimed: 8}
---
# Three teams deploy without waiting for us
## What changed
The slowest deploys take {deploy_p95.after} minutes.
```
```yaml case
observed:
  claims/deploys.md deploy_p95: {before: [40, 36, 45], after: [12, 10.5, 14]}
```

## Good
```markdown claims/deploys.md
---
numbers:
  deploy_p95: {data: data/deploy-times.csv, time: at, value: minutes, event: 2026-05-04, claimed: 12}
---
# Three teams deploy without waiting for us
## What changed
The slowest deploys take {deploy_p95.after} minutes.
```
```yaml case
observed:
  claims/deploys.md deploy_p95: {before: [40, 36, 45], after: [12, 10.5, 14]}
```

## When to ignore
When the claim is about another slice than the data; better to bind it to that slice.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Severity, Where
from muster.rules import CannotTell, finding, rule


@rule("A405", "number-mismatch", since="0.1", severity=Severity.ERROR, needs=("book",), claims=True)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each value that its data does not bear out."""
    seen = {(one.path, one.name): one for one in case.observed}
    for claim in case.claims:
        for number in claim.numbers:
            observed = seen.get((claim.where.path or "", number.name))
            if observed is None or observed.problem:
                continue
            for key, spread in (("before", observed.before), ("after", observed.after), ("claimed", observed.after)):
                stated = value(number.settings.get(key))
                if stated is None or spread is None:
                    continue
                if spread.low is None or spread.high is None:
                    yield CannotTell(f"{number.name} has too few measurements for an interval ({spread.rows})")
                elif not spread.low <= stated <= spread.high:
                    yield finding(
                        Where(path=claim.where.path, line=number.line),
                        f"{number.name} is said to be {stated:g} {'before' if key == 'before' else 'afterwards'}; its data shows "
                        f"{spread.value:.3g} ({spread.low:.3g} to {spread.high:.3g}, {spread.rows} measurements)",
                        f"Take the {key} value out and let {{{number.name}.{'before' if key == 'before' else 'after'}}} say it.",
                    )


def value(typed: object) -> float | None:
    """A typed value as a number; None where it is none."""
    try:
        return float(str(typed)) if typed is not None else None
    except ValueError:
        return None
