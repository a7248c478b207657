"""B103 nothing-outlasts: nothing older than six months is still cited, reused or built on.

## What
In the period, no record of anybody else cites, implements or builds on anything of yours that was half a year old by
then. Where everything of yours is younger, it cannot tell.

## Why
Work that others still stand on after half a year has an effect without you. It is the cheapest evidence there is:
they wrote it. Lines that are merely still there are no such evidence: what is stable and what is forgotten look alike.

## Bad
```yaml case
evidence:
  git:a1: {at: 2025-06-03, title: Retry budget}
  git:b1: {by: bob, at: 2025-07-01, title: Use the retry budget in search}
links:
  - git:b1 builds-on git:a1
```

## Good
```yaml case
evidence:
  git:a1: {at: 2025-06-03, title: Retry budget}
  git:b1: {by: bob, at: 2026-03-01, title: Use the retry budget in search}
links:
  - git:b1 builds-on git:a1
```

## When to ignore
When you joined less than a year ago, or what outlasts you is used from repositories that are not connected.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from muster.model import Case, Finding, LinkKind, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import bot, in_order
from muster.rules.prose import many

STANDING_ON = (LinkKind.CITES, LinkKind.IMPLEMENTS, LinkKind.BUILDS_ON)


@rule("B103", "nothing-outlasts", since="0.1", needs=("git",), thresholds={"nothing-outlasts-days": 183})
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where old work of the person is used by nobody else in the period."""
    age = timedelta(days=case.thresholds["nothing-outlasts-days"])
    old = [
        id_
        for id_ in in_order(case, case.evidence)
        if case.mine(case.evidence[id_])
        and case.evidence[id_].kind != "log"
        and (happened := case.evidence[id_].happened_at) is not None
        and happened + age <= case.period.end
    ]
    if not old:
        yield CannotTell(f"nothing of yours here was half a year old by {case.period.until}")
        return
    for link in case.links_to(old, *STANDING_ON):
        later, earlier = case.evidence.get(link.src), case.evidence[link.dst]
        if later is None or later.happened_at is None or earlier.happened_at is None:
            continue
        others = not case.mine(later) and not bot(case, later.actor)
        if others and later.happened_at in case.period and later.happened_at - earlier.happened_at >= age:
            return
    there = case.measure("longevity", "code_lines_alive_2y")
    stands = "" if there is None or not there.value else (
        f", though an estimated {there.value * 100:.0f} % of your lines of code are still there after two years"
    )
    yield finding(
        Where(),
        f"of {many(len(old), 'older record')} of yours, none was cited or built on by anybody else between "
        f"{case.period.since} and {case.period.until}{stands}",
        "Take the oldest thing of yours that people still use, ask one of them to link it where they do, and note who "
        'it was: `muster log "…"`',
    )
