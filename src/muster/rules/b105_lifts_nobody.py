"""B105 lifts-nobody: reviews change nothing, or stay within the team.

## What
Of the reviews of others' work that you made in the period (five or more), none was of somebody outside the team.
Where no connected source records reviews, it cannot tell. With pull requests connected: you made ten or more comments at lines of
others' code in the period, and below none of them the line changed before it was merged. From git alone that is not seen.

## Why
Of everything that git shows, the people whose work somebody reviews tell most about who is next. A review outside the
team is also how people there come to know your judgment at first hand.

## Bad
```yaml case
evidence:
  git:b{1..5}: {by: bob}
  git:r{1..5}: {kind: review}
links:
  - git:r1 reviews git:b1
  - git:r2 reviews git:b2
  - git:r3 reviews git:b3
  - git:r4 reviews git:b4
  - git:r5 reviews git:b5
```

## Good
```yaml case
evidence:
  git:b{1..4}: {by: bob}
  git:b5: {by: dana, team: search}
  git:r{1..5}: {kind: review}
links:
  - git:r1 reviews git:b1
  - git:r2 reviews git:b2
  - git:r3 reviews git:b3
  - git:r4 reviews git:b4
  - git:r5 reviews git:b5
```

## When to ignore
When the reviews outside happen where muster does not look: a design forum, a pull request in another repository.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, LinkKind, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import bot, in_order, team_of
from muster.rules.prose import many


@rule("B105", "lifts-nobody", since="0.1", needs=("git",), thresholds={"lifts-reviews": 5, "lifts-comments": 10})
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case where the person's reviews stay at home."""
    reviewed = {
        link.dst
        for link in case.links
        if link.kind is LinkKind.REVIEWS
        and (review := case.evidence.get(link.src)) is not None
        and (change := case.evidence.get(link.dst)) is not None
        and case.mine(review)
        and not case.mine(change)
        and not bot(case, change.actor)
        and review.happened_at in case.period
    }
    if (idle := without_effect(case)) is not None:
        yield idle
    if len(reviewed) < case.thresholds["lifts-reviews"]:
        seen = many(len(reviewed), "review") if reviewed else "no review"
        yield CannotTell(f"{seen} of yours in the period is on record; platforms that record reviews are not connected")
        return
    if any(id_ in case.outside for id_ in reviewed):
        return
    if case.team is None:
        yield CannotTell("your team is not known, so nobody can be said to be outside it")
        return
    people = {case.evidence[id_].actor for id_ in reviewed}
    yield finding(
        Where(),
        f"{many(len(reviewed), 'review')} for {many(len(people), 'person', 'people')}, none of them known to be outside "
        f"{team_of(case)}",
        "Review one change or proposal of a neighbouring team this week, in an area that you know.",
        in_order(case, reviewed),
        basis=case.team_basis,
    )


def without_effect(case: Case) -> Finding | None:
    """A finding where no comment of the person's at a line of others' code was followed by a change of it; None where one was,
    or where too few are on record.
    """
    comments = [
        piece.id for piece in case.evidence.values()
        if piece.kind == "comment" and case.mine(piece) and piece.happened_at in case.period
        and piece.fact("path") and not piece.fact("answers")
        and (pull := case.evidence.get(piece.about or "")) is not None and not case.mine(pull)
    ]  # fmt: skip
    taken = {link.dst for link in case.links if link.kind is LinkKind.CHANGES_AFTER_REVIEW}
    if len(comments) < case.thresholds["lifts-comments"] or not taken.isdisjoint(comments):
        return None
    return finding(
        Where(),
        f"you made {many(len(comments), 'comment')} at lines of others’ code, and none of those lines is known to have changed before it was merged",
        "In your next review, say what you would do instead and why, at the one line that matters most.",
        in_order(case, comments),
    )
