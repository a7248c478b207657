"""M504 unclaimed-non-incident: a risk was flagged and averted, and no claim says so.

## What
A risk entry of the period says that it was averted (its status, its outcome, or a change that mitigates it), and no
claim links it.

## Why
Nobody thanks you for what did not happen, because nobody saw it. Unless it is written down, the best work of the half
is invisible by nature.

## Bad
```markdown entries/2026-02-10-lock-expiry.md
---
type: risk
status: averted
---
# The lock expires while a deploy still runs
```

## Good
```markdown entries/2026-02-10-lock-expiry.md
---
type: risk
status: averted
---
# The lock expires while a deploy still runs
```
```markdown claims/deploys.md
# Deploys outlive their lock
## Problem
[The lock expired while a deploy still ran](../entries/2026-02-10-lock-expiry.md).
```

## When to ignore
When it would have been a nuisance at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from muster.model import Case, Finding, LinkKind, Where
from muster.rules import finding, rule
from muster.rules.facts import outcome
from muster.rules.prose import quoted

AVERTED = re.compile(r"\b(?:avert|prevent|mitigat|avoid)\w*|never happened|did not happen|closed before", re.IGNORECASE)


@rule("M504", "unclaimed-non-incident", since="0.1", needs=("book",))
def check(case: Case) -> Iterator[Finding]:
    """A finding for each averted risk that no claim refers to."""
    claimed = {id_ for claim in case.claims for id_ in case.backing(claim)}
    for entry in case.entries:
        if entry.type != "risk" or entry.id in claimed:
            continue
        if entry.happened_at is None or entry.happened_at > case.period.until:
            continue
        said = bool(AVERTED.search(f"{entry.meta.get('status') or ''} {outcome(entry)}"))
        mitigations = [link.src for link in case.links_to([entry.id], LinkKind.MITIGATES)]
        if said or mitigations:
            yield finding(
                Where(path=entry.path, line=1),
                f"{quoted(entry.title)} was {'averted' if said else 'mitigated'}, and no claim says so",
                "Link it from the claim that it belongs to, with one sentence on what would have happened.",
                (entry.id, *mitigations),
            )
