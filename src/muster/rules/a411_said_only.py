"""A411 said-only: nothing behind a claim is graded above "said".

## What
Everything that a written claim rests on is the owner's typed word: no commit, no platform's record, no entry that is
in the book's history.

## Why
A typed date and a typed sentence prove nothing, however true they are. One record that somebody else keeps changes
that.

## Bad
```markdown claims/deploys.md grade=said
# Three teams deploy without waiting for us
## What I did
Wrote [the proposal](../entries/2026-03-02-lock.md).
```
```markdown entries/2026-03-02-lock.md grade=said
# Move the lock into the queue
```

## Good
```markdown claims/deploys.md grade=said
# Three teams deploy without waiting for us
## What I did
Wrote [the proposal](../entries/2026-03-02-lock.md) and [moved the lock](4f2a9c1).
```
```markdown entries/2026-03-02-lock.md grade=said
# Move the lock into the queue
```
```yaml case
evidence:
  git:4f2a9c1: {title: Move the lock into the queue}
```

## When to ignore
Hardly ever: committing the book is enough to lift its entries to "kept".
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Grade
from muster.rules import finding, rule
from muster.rules.facts import in_order, named
from muster.rules.prose import many


@rule("A411", "said-only", since="0.1", needs=("book",), claims=True)
def check(case: Case) -> Iterator[Finding]:
    """A finding for each written claim with nothing behind it, or nothing but typed words."""
    for claim in case.claims:
        if claim.drafted:
            continue
        own = claim.entry.id if claim.entry else None
        ids = in_order(case, (id_ for id_ in case.backing(claim) if id_ != own))
        if any(case.evidence[id_].grade > Grade.SAID for id_ in ids):
            continue
        if ids:
            seen = f"{named(claim)} rests on {many(len(ids), 'record')}, and all of it is typed word (graded “said”)"
            move = "Commit the book, and link one record that somebody else keeps: a pull request, a commit, an issue."
        else:
            seen = f"{named(claim)} links to no record that is connected"
            move = "Link one record for each beat: a pull request, a commit, an issue, an entry."
        yield finding(claim.where, seen, move, ids)
