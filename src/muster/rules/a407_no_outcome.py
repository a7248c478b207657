"""A407 no-outcome: how a proposal, decision or risk turned out was never recorded.

## What
A proposal, decision or risk is older than 60 days and says nowhere how it turned out. Any of these does:
`outcome:` in the front matter, a section "Outcome" or "How it turned out", a status such as superseded, rejected or
withdrawn, or, for an accepted decision, its "Consequences".

## Why
"How did it turn out?" is the question that separates an opinion from judgment. One line, written when it is known,
answers it for good.

## Bad
```markdown entries/2026-02-03-retry-budget.md
---
type: decision
status: accepted
---
# Retry budget instead of a longer timeout
We give each caller a budget.
```

## Good
```markdown entries/2026-02-03-retry-budget.md
---
type: decision
status: accepted
outcome: Held through the May outage; Search copied it.
---
# Retry budget instead of a longer timeout
We give each caller a budget.
```

## When to ignore
When it really is still open, and a date for looking again is written in the entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Entry, Finding, Where
from muster.rules import finding, rule
from muster.rules.facts import outcome
from muster.rules.prose import blank, many


@rule("A407", "no-outcome", since="0.1", needs=("book",), thresholds={"no-outcome-days": 60})
def check(case: Case) -> Iterator[Finding]:
    """A finding for each such entry that is old enough to have turned out somehow."""
    for entry in case.entries:
        if entry.type not in ("proposal", "decision", "risk") or entry.happened_at is None:
            continue
        days = (case.today - entry.happened_at).days
        if days > case.thresholds["no-outcome-days"] and not outcome(entry) and not consequences(entry):
            status = str(entry.meta.get("status") or "")
            stands = f" stands at “{status}” and" if status else ""
            yield finding(
                Where(path=entry.path, line=1),
                f"this {entry.type} of {entry.happened_at} ({many(days, 'day')} ago){stands} does not say how it "
                "turned out",
                "Add one line, `outcome: …`, to its front matter; “not known yet, look again in May” is one, too.",
                (entry.id,),
            )


def consequences(entry: Entry) -> bool:
    """Whether it is an accepted decision whose consequences are written down."""
    section = entry.section("consequences", "positive consequences", "confirmation")
    accepted = str(entry.meta.get("status") or "accepted").casefold().startswith("accepted")
    return entry.type == "decision" and accepted and section is not None and not blank(section.text)
