"""C203 no-judgment-on-record: no decision with what was weighed and how it turned out, no disagreement that proved right.

## What
The book has, up to the end of the period, neither a decision that names at least two options and says how it turned
out, nor a pushback of yours that says how it turned out. (A pushback `from: calibration` is what a calibration said
about you, and is not counted here.)

## Why
Peers do not ask whether the code was good; they ask which choice was yours, what spoke against it, and whether you
were right.

## Bad
```markdown entries/2026-03-02-retry-budget.md
---
type: decision
---
# Retry budget instead of a longer timeout
We give each caller a budget.
```

## Good
```markdown entries/2026-03-02-retry-budget.md
---
type: decision
outcome: Held through the May outage; Search copied it.
---
# Retry budget instead of a longer timeout
## Considered options
- a budget for each caller
- a longer timeout
```

## When to ignore
When your decisions are recorded where muster does not look: link one of them from an entry of type decision.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Where
from muster.rules import finding, rule
from muster.rules.facts import calibration, outcome, weighed
from muster.rules.prose import many


@rule("C203", "no-judgment-on-record", since="0.1", needs=("book",), thresholds={"judgment-options": 2})
def check(case: Case) -> Iterator[Finding]:
    """One finding about the case, with the nearest thing to judgment that the book has."""
    dated = [entry for entry in case.entries if entry.happened_at is None or entry.happened_at <= case.period.until]
    decisions = [entry for entry in dated if entry.type == "decision"]
    pushbacks = [entry for entry in dated if entry.type == "pushback" and not calibration(entry)]
    several = [entry for entry in decisions if weighed(entry) >= case.thresholds["judgment-options"]]
    if any(outcome(entry) for entry in (*several, *pushbacks)):
        return
    if several:
        one = several[-1]
        seen = f"{many(len(several), 'decision')} {'weighs' if len(several) == 1 else 'weigh'} options, and none says how it turned out"
        move = f"Add one line to {one.path}: `outcome: …`"
    elif decisions:
        one = decisions[-1]
        seen = f"{many(len(decisions), 'decision')} on file, and none names the options that were weighed"
        move = f"Add what you decided against, and why, to {one.path}, under “Considered options”."
    elif pushbacks:
        one = pushbacks[-1]
        seen = f"{many(len(pushbacks), 'disagreement')} on file, and none says how it turned out"
        move = f"Add one line to {one.path}: `outcome: …`"
    else:
        yield finding(
            Where(),
            "the book has no decision with its options, and no disagreement",
            "Write down the last choice that could have gone the other way, ten minutes: "
            '`muster new decision "…"`',
        )
        return
    yield finding(Where(), seen, move, (entry.id for entry in several or decisions or pushbacks))
