"""V301 depth-without-breadth: nearly everything of the period lies in one area.

## What
Of the changes of the period whose areas are known (ten or more), the effective number of areas is below 1.5: the
exponential of the Shannon entropy over areas, where a change counts once, spread over the areas that it touched.

## Why
Depth is why people trust you; breadth is why people elsewhere know that. The room is full of people from elsewhere.

## Bad
```yaml case
evidence:
  git:a{1..12}: {touches: {deploy/lock.go: own}}
  git:b1: {touches: {search/release.go: search}}
```

## Good
```yaml case
evidence:
  git:a{1..12}: {touches: {deploy/lock.go: own}}
  git:b{1..6}: {touches: {search/release.go: search}}
```

## When to ignore
When the year was meant for depth and the level you work towards asks for exactly that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from muster.model import Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import basis_of, done, from_outside, touched
from muster.rules.prose import listed, many, share


@rule(
    "V301", "depth-without-breadth", since="0.1", needs=("git",),
    thresholds={"breadth-areas": 1.5, "breadth-changes": 10},
)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where its changes concentrate on one area."""
    pieces = [piece for piece in done(case) if touched(piece)]
    if len(pieces) < case.thresholds["breadth-changes"]:
        yield CannotTell(f"only {many(len(pieces), 'change')} of the period {'has' if len(pieces) == 1 else 'have'} a known area")
        return
    weights: dict[str, float] = {}
    counts: dict[str, int] = {}
    for piece in pieces:
        areas = sorted({touch.area for touch in touched(piece)})
        for area in areas:
            weights[area] = weights.get(area, 0.0) + 1 / len(areas)
            counts[area] = counts.get(area, 0) + 1
    whole = sum(weights.values())
    effective = math.exp(-sum(one / whole * math.log(one / whole) for one in weights.values()))
    if effective >= case.thresholds["breadth-areas"]:
        return
    area = min(weights, key=lambda name: (-weights[name], name))
    teams = sorted({case.outside[id_] for id_ in from_outside(case)})
    known = f"; people of {listed(teams)} referred to your work" if teams else "; no record from outside refers to it"
    yield finding(
        Where(),
        f"{share(counts[area], len(pieces))} changes of the period are in {area} "
        f"(effective number of areas {effective:.1f}){known}",
        "Show one thing from there to a neighbouring team that has the same problem, and write down what they say: "
        '`muster log "…"`',
        (piece.id for piece in pieces if area in {touch.area for touch in touched(piece)}),
        basis=basis_of(pieces),
    )
