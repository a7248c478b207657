"""A410 dead-reference: a link in the book leads to no evidence.

## What
An entry refers to a commit, issue, file or entry that a connected source should hold and does not. A reference to a
source that is not connected is not counted: nothing can be said about it.

## Why
A sceptic opens one link. If that one is dead, the others are not opened.

## Bad
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What I did
Moved [the lock](4f2a9c1) into the queue.
```
```yaml case
unresolved:
  - claims/deploys.md:3 4f2a9c1 dead
```

## Good
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What I did
Moved [the lock](4f2a9c1) into the queue.
```
```yaml case
evidence:
  git:4f2a9c1: {title: Move the lock into the queue}
```

## When to ignore
When the record was deleted on purpose by somebody else. A branch commit that was squashed is better replaced by the
pull request, or by the commit on the main branch.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Severity, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.prose import many, quoted


@rule("A410", "dead-reference", since="0.1", severity=Severity.ERROR, needs=("book",))
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each dead reference, and how many could not be looked up."""
    for one in case.unresolved:
        if one.dead:
            typed = one.reference.target
            text = f"{quoted(one.reference.text)} ({typed})" if one.reference.text not in ("", typed) else typed
            yield finding(
                Where(path=one.path, line=one.reference.line),
                f"{text} leads nowhere: {one.reason}",
                "Point it at the pull request or the commit on the main branch, or take it out.",
            )
    unknown = sum(not one.dead for one in case.unresolved)
    if unknown:
        yield CannotTell(f"{many(unknown, 'reference')} to sources that are not connected could not be looked up")
