"""C202 skip-level-blind: the skip-level has met none of this work.

## What
The organisation's files name your manager's manager, and up to the end of the period nothing on record ties them to your work:
no review, comment, reply or change of theirs that refers to it, and nothing of yours that was sent to them.

## Why
They sit in the room, and they have to say yes. Somebody who hears of the work there for the first time has only your
manager's word for it.

## Bad
```yaml case
sources: [git, book, org, managers]
managers: [mo]
skip_level: sky
evidence:
  git:a1: {title: Move the lock into the queue}
  git:b1: {by: dana, team: search, title: Search deploys through the queue}
links: [git:b1 builds-on git:a1]
```

## Good
```yaml case
sources: [git, book, org, managers]
managers: [mo]
skip_level: sky
evidence:
  git:a1: {title: Move the lock into the queue}
  github:o/r/pull/7: {by: sky, kind: comment, title: Which teams move next?}
links: [github:o/r/pull/7 cites git:a1]
```

## When to ignore
When they saw it where muster does not look, such as a demo: write an entry of type note that says when.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import done
from muster.rules.prose import quoted


@rule("C202", "skip-level-blind", since="0.2", needs=("managers",))
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case, with who the skip-level is and what of it they could be sent."""
    if case.skip_level is None:
        boss = f"{case.name_of(case.managers[0])}’s manager" if case.managers else "your manager"
        yield CannotTell(f"teams.csv does not say who {boss} is on {case.period.until}")
        return
    if case.skip_level in case.met() or any(one.person == case.skip_level for one in case.told):
        return
    work = tuple(done(case))
    if not work:
        yield CannotTell("nothing of yours is on record in the period, so there was nothing to meet")
        return
    name = case.name_of(case.skip_level)
    claims = [claim.title for claim in case.claims[:1]]
    about = f"the result of {quoted(claims[0])}" if claims else "the result of your strongest piece of work"
    yield finding(
        Where(),
        f"{name}, your manager’s manager, has no record of having met this work, and nothing of it was sent to them",
        f"Send {name} {about} in four lines, before your manager has to.",
    )
