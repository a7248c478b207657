"""V307 no-cross-team-problem: no cross-team problem explicitly owned in the period.

## What
No undertaking of the period both crosses the team's boundary (you touched what another team owns, or people outside
took part) and has a page of yours that says so: a proposal, decision, document, or a claim that links it.

## Why
Helping out across teams is noticed by those who were helped. Owning a problem that several teams have is noticed by the
room, and it takes a page with your name on it.

## Bad
```yaml case
threads:
  t1: {title: Move the lock, evidence: [git:a1]}
  t2: {title: Fix search's release, evidence: [git:a2]}
evidence:
  git:a1: {touches: {deploy/lock.go: own}}
  git:a2: {touches: {search/release.go: search}}
```

## Good
```yaml case
threads:
  t1: {title: Move the lock, evidence: [git:d1, git:a1]}
evidence:
  git:d1: {kind: document, title: One queue for three teams}
  git:a1: {touches: {deploy/lock.go: own, search/release.go: search}}
```

## When to ignore
When the half-year was meant for something else, and the next one has the problem already picked.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Basis, Case, Evidence, Finding, Thread, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import basis_of, crosses, done_in, team_of
from muster.rules.prose import listed, many, quoted

PAGES = ("document", "proposal", "decision", "risk")


@rule("V307", "no-cross-team-problem", since="0.1", needs=("git",))
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where no undertaking both crosses and is owned."""
    claimed = {id_ for claim in case.claims if not claim.drafted for id_ in case.backing(claim)}
    crossing: list[Thread] = []
    judged: list[Evidence] = []
    for thread in case.period_threads():
        pieces = done_in(case, thread)
        known = [piece for piece in pieces if crosses(piece) is not None and piece.happened_at in case.period]
        judged += known
        if any(crosses(piece) for piece in known) or thread.outside:
            crossing.append(thread)
            if any(piece.kind in PAGES or piece.id in claimed for piece in pieces):
                return
    if not judged and not crossing:
        yield CannotTell("nobody's ownership is known for what was touched")
        return
    inferred = Basis.INFERRED in (basis_of(judged), case.team_basis)
    if crossing:
        crossing.sort(key=lambda thread: (-len(thread.evidence), thread.id))
        one = len(crossing) == 1
        seen = (
            f"{many(len(crossing), 'undertaking')} {'reaches' if one else 'reach'} beyond {team_of(case)}, {'namely' if one else 'such as'} "
            f"{listed((quoted(thread.title, 45) for thread in crossing), 2)}; no page of yours says what problem "
            f"{'it solves' if one else 'they solve'}"
        )
        move = 'Pick the largest, and write half a page on the problem that both teams had: `muster new decision "…"`'
    else:
        seen = f"no undertaking of the period reaches beyond {team_of(case)}"
        move = 'Pick one problem that a neighbouring team has, too, and write its one-pager for both: `muster new proposal "…"`'
    yield finding(
        Where(), seen, move, (id_ for thread in crossing[:2] for id_ in thread.evidence),
        basis=Basis.INFERRED if inferred else Basis.KNOWN,
    )
