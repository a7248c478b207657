"""A406 written-after: a proposal is dated after the first change that implements it.

## What
A proposal of yours, in the book or in a repository, has a later date than the first change that says it implements it.

## Why
A proposal earns its weight by coming first: it shows that the problem was seen and the options were open. Afterwards
it is documentation, which is good, too, under that name.

## Bad
```markdown entries/2026-05-04-deploy-lock.md
---
type: proposal
---
# Move the deploy lock into the queue
```
```yaml case
evidence:
  git:4f2a9c1: {at: 2026-04-12, title: Move the lock into the queue}
links:
  - git:4f2a9c1 implements book:entries/2026-05-04-deploy-lock.md
```

## Good
```markdown entries/2026-03-20-deploy-lock.md
---
type: proposal
---
# Move the deploy lock into the queue
```
```yaml case
evidence:
  git:4f2a9c1: {at: 2026-04-12, title: Move the lock into the queue}
links:
  - git:4f2a9c1 implements book:entries/2026-03-20-deploy-lock.md
```

## When to ignore
When an earlier version of the proposal exists elsewhere and is linked, or the first change was a prototype that the
proposal speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Evidence, Finding, LinkKind, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import in_order
from muster.rules.prose import day, many, quoted


@rule("A406", "written-after", since="0.1", needs=("git",))
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each proposal of the person that came after a change that implements it."""
    proposals = [
        case.evidence[id_]
        for id_ in in_order(case, case.evidence)
        if case.evidence[id_].kind in ("proposal", "document") and case.mine(case.evidence[id_])
    ]
    implemented = 0
    for proposal in proposals:
        first = first_change(case, proposal)
        if first is None or proposal.happened_at is None or first.happened_at is None:
            continue
        if proposal.happened_at not in case.period and first.happened_at not in case.period:
            continue
        implemented += 1
        days = (proposal.happened_at.date() - first.happened_at.date()).days
        if days > 0:
            own = proposal.id.startswith("book:")
            yield finding(
                Where(path=proposal.id[5:], line=1) if own else Where(evidence=proposal.id),
                f"{quoted(proposal.title)} is dated {day(proposal.happened_at)}, {many(days, 'day')} after the first "
                f"change that implements it ({day(first.happened_at)}, {quoted(first.title)})",
                "Link an earlier draft if there is one; else call it a decision record, and send the next one-pager "
                "before the first change.",
                (proposal.id, first.id),
            )
    if not implemented:
        yield CannotTell("no proposal in the period is tied to a change that implements it")


def first_change(case: Case, proposal: Evidence) -> Evidence | None:
    """The earliest dated change that says it implements the proposal."""
    ids = in_order(case, (link.src for link in case.links_to([proposal.id], LinkKind.IMPLEMENTS)))
    return next((case.evidence[id_] for id_ in ids if case.evidence[id_].happened_at is not None), None)
