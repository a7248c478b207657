"""V304 contained: nothing crossed the team's boundary in the period.

## What
You touched nothing that belongs to another team, and nobody outside the team cited, reviewed or built on your work,
by any connected record.

## Why
What stays inside the team can only be vouched for by the team, and the team is not in the room.

## Bad
```yaml case
evidence:
  git:a1: {touches: {deploy/lock.go: own}}
  git:b1: {by: bob, title: Use the lock}
links:
  - git:b1 builds-on git:a1
```

## Good
```yaml case
evidence:
  git:a1: {touches: {deploy/lock.go: own}}
  git:b1: {by: dana, team: search, title: Use the lock in search}
links:
  - git:b1 builds-on git:a1
```

## When to ignore
When the people outside meet your work where muster does not look. Say where in the packet.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Basis, Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import basis_of, crosses, done, from_outside, team_of
from muster.rules.prose import many


@rule("V304", "contained", since="0.1", needs=("git",))
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where neither the person's hands nor others' records crossed."""
    pieces = list(done(case))
    known = [piece for piece in pieces if crosses(piece) is not None]
    if not pieces:
        yield CannotTell("no record of yours lies in the period")
        return
    if from_outside(case) or any(crosses(piece) for piece in known):
        return
    if not known or case.team is None:
        yield CannotTell("your team is not known" if case.team is None else "nobody's ownership is known for what was touched")
        return
    inferred = Basis.INFERRED in (basis_of(known), case.team_basis)
    yield finding(
        Where(),
        f"none of {many(len(known), 'change')} of the period touched anything outside {team_of(case)}, and no record from "
        "outside refers to them",
        "Send one result of this half to the team that it would save the most time, with one question.",
        (piece.id for piece in known),
        basis=Basis.INFERRED if inferred else Basis.KNOWN,
    )
