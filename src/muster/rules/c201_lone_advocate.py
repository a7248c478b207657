"""C201 lone-advocate: nobody outside the team backs a claim by their own record.

## What
Nobody from outside the team has cited, reviewed, implemented or built on what stands behind a claim, in a record of
their own. Witnesses that you name yourself are your word until they record something.

## Why
The people who decide have never worked with you. Somebody like them, who says it unasked or in their own words, weighs
more than everything you say.

## Bad
```markdown claims/deploys.md
---
witnesses: [dana@search]
---
# Three teams deploy without waiting for us
## What I did
[Moved the lock into the queue](4f2a9c1).
```
```yaml case
evidence:
  git:4f2a9c1: {title: Move the lock into the queue}
```

## Good
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What I did
[Moved the lock into the queue](4f2a9c1).
```
```yaml case
evidence:
  git:4f2a9c1: {title: Move the lock into the queue}
  git:b1: {by: dana, team: search, at: 2026-05-02, title: Search deploys through the queue}
links:
  - git:b1 builds-on git:4f2a9c1
```

## When to ignore
When the claim is about the own team on purpose. Then let another claim carry the case.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Claim, Finding
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import bot, in_order, named, team_of, witnesses
from muster.rules.prose import listed


@rule("C201", "lone-advocate", since="0.1", needs=("git",))
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each claim without a witness from outside."""
    if case.team is None:
        yield CannotTell("your team is not known, so nobody can be said to be outside it")
        return
    for claim in case.claims:
        if witnesses(case, claim):
            continue
        others = backers(case, claim)
        seen = f"{named(claim)}: nobody known to be outside {team_of(case)} backs it by a record of their own"
        if others:
            seen += f" (others on record: {listed(case.name_of(one) for one in others)})"
        if claim.witnesses:
            seen += f"; you name {listed(claim.witnesses)}, which is your word until they write it"
        yield finding(claim.where, seen, move(claim), case.backing(claim), basis=case.team_basis)


def backers(case: Case, claim: Claim) -> tuple[str, ...]:
    """Other people with a record behind the claim, in order of time: of the team, or of a team that is not known."""
    against = frozenset(case.counter(claim))
    pieces = (case.evidence[id_] for id_ in in_order(case, case.backing(claim)) if id_ not in against)
    return tuple(dict.fromkeys(p.actor for p in pieces if not case.mine(p) and not bot(case, p.actor)))


def move(claim: Claim) -> str:
    """Whom to ask for what."""
    if claim.witnesses:
        return f"Ask {claim.witnesses[0]} for two sentences in their own words, where they can be linked."
    return "Send the result to one person outside the team whom it affects, and ask for two sentences where they can be linked."

