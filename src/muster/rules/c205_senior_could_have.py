"""C205 senior-could-have: a claim whose effect stays within the own team.

## What
Everything that you touched for a claim belonged to you or your team at that time, and no record of anybody outside
uses it.

## Why
"Could a strong Senior have done this with the right support?" If it began, went on and ended within one team, the
honest answer is often yes.

## Bad
```markdown claims/deploys.md
# Deploys no longer wait
## What I did
[Moved the lock into the queue](4f2a9c1).
```
```yaml case
evidence:
  git:4f2a9c1: {touches: {deploy/lock.go: own}}
```

## Good
```markdown claims/deploys.md
# Deploys no longer wait
## What I did
[Moved the lock into the queue](4f2a9c1), and [Search's release with it](5e01b2d).
```
```yaml case
evidence:
  git:4f2a9c1: {touches: {deploy/lock.go: own}}
  git:5e01b2d: {touches: {search/release.go: search}}
```

## When to ignore
When the claim shows something else on purpose: depth, a hard call, somebody you helped to grow.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Basis, Case, Finding
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import basis_of, crosses, in_order, named, owners_of, witnesses
from muster.rules.prose import many


@rule("C205", "senior-could-have", since="0.1", needs=("git",), claims=True)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each claim that neither touched nor reached anything outside."""
    unknown = 0
    for claim in case.claims:
        pieces = [case.evidence[id_] for id_ in in_order(case, case.backing(claim))]
        known = [piece for piece in pieces if case.mine(piece) and crosses(piece) is not None]
        if any(crosses(piece) for piece in known) or witnesses(case, claim):
            continue
        if not known or case.team is None:
            unknown += 1
            continue
        inferred = Basis.INFERRED in (basis_of(known), case.team_basis)
        yield finding(
            claim.where,
            f"{named(claim)}: {all_of(len(known))} behind it {'lies' if len(known) == 1 else 'lie'} within what "
            f"{owners_of(case)}, and no record from outside uses {'it' if len(known) == 1 else 'them'}",
            "Name the team that has it easier because of this, and link one record of theirs; if there is none, offer it "
            "to one.",
            (piece.id for piece in known),
            basis=Basis.INFERRED if inferred else Basis.KNOWN,
        )
    if unknown:
        yield CannotTell(f"whose area it touched is not known for {many(unknown, 'claim')}")


def all_of(count: int) -> str:
    """How many changes, where it is all of them."""
    return "the one change" if count == 1 else f"all {count:,} changes"
