"""V306 uncirculated: a proposal that nobody affected was shown.

## What
A proposal of the period, in the book, names nobody who was shown it (`shown:` in its front matter), no connected mail of
yours that it is tied to was sent to anybody, and no record of anybody else cites, reviews or implements it.

## Why
A proposal that nobody read changes nothing and proves nothing. Sending it is also the cheapest way for people outside
the team to meet your thinking.

## Bad
```markdown entries/2026-03-02-lock.md
---
type: proposal
---
# Move the lock into the queue
```

## Good
```markdown entries/2026-03-02-lock.md
---
type: proposal
shown: dana@search, 2026-03-03
---
# Move the lock into the queue
```

## When to ignore
When it is a draft that you withdrew: give it that status.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Where
from muster.rules import finding, rule
from muster.rules.facts import ENDED, bot
from muster.rules.prose import blank, many, quoted


@rule("V306", "uncirculated", since="0.1", needs=("book",), thresholds={"uncirculated-days": 7})
def check(case: Case) -> Iterator[Finding]:
    """A finding for each proposal of the period that shows no reader."""
    for entry in case.entries:
        if entry.type != "proposal" or entry.happened_at is None or entry.happened_at not in case.period:
            continue
        days = (case.today - entry.happened_at).days
        if days < case.thresholds["uncirculated-days"] or ENDED.search(str(entry.meta.get("status") or "")):
            continue
        if any(not blank(str(entry.meta.get(key) or "")) for key in ("shown", "told", "to", "consulted", "informed")):
            continue
        if any(one.of == entry.id for one in case.told):
            continue
        others = (case.evidence.get(link.src) for link in case.links_to([entry.id]))
        if any(piece is not None and not case.mine(piece) and not bot(case, piece.actor) for piece in others):
            continue
        yield finding(
            Where(path=entry.path, line=1),
            f"{quoted(entry.title)} is {many(days, 'day')} old, and nobody is on record as having been shown it",
            "Send it to the one person outside the team whom it affects most, and write down who and when: `shown: …`",
            (entry.id,),
        )
