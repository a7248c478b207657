"""What became of a change that was reverted or fixed: in order of time, with who did it, and whether it was answered.

Read off a case's links alone; days are between the dates on which things landed. Nothing here weighs anything: a change that was reverted and landed again is told as that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from muster.model.case import Case, Link, LinkKind
from muster.model.evidence import Evidence

#: What one takes back or mends oneself within this time is ordinary care: it speaks for how one works, not against the work.
CARE = timedelta(days=1)
#: How the reason of a fix reads that names nothing, and only changed the same lines or files soon after.
FOLLOWED = re.compile(r"^changes (?P<what>.+?) (?P<when>on the same day|a day later|\d+ days later) and (?:calls itself a fix|was picked)")
#: How the reason of a re-landing begins.
AGAIN = "re-landed"
PART = re.compile(r"\bpartial(?:ly)?\b|\bin part\b|\(touches \d+ of its \d+ files\)|^puts \d+ of its \d+ files", re.IGNORECASE)
#: A document about what went wrong.
REVIEWED = re.compile(r"\b(?:post-?mortem|incident|retro(?:spective)?|root cause|rca)\b", re.IGNORECASE)
REVERT = re.compile(r"\W*(?:re-?)?revert\b", re.IGNORECASE)


class What(StrEnum):
    """What one step of a story did to the change."""

    REVERTED = "reverted"
    IN_PART = "reverted in part"
    AGAIN = "landed again"
    FIXED = "fixed"
    FOLLOWED = "followed by a fix"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a change: the record that did it, how many days after the step before, and by whom.

    `own` says that the person did it; `days` is None where a date is unknown.
    """

    id: str
    what: What
    own: bool
    days: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """What became of a change, in order of time. `standing` says whether it is in place after the last step."""

    id: str
    steps: tuple[Step, ...]
    standing: bool


def story(case: Case, id_: str) -> Story:
    """What became of a change: reverts, re-landings and fixes of it, oldest first; no steps where nothing did."""
    change = case.evidence[id_]
    found: dict[str, What] = {}
    for link in case.links_to([id_], LinkKind.REVERTS, LinkKind.FIXES, LinkKind.BUILDS_ON):
        if link.src not in case.evidence:
            continue
        if link.kind is LinkKind.REVERTS:
            found[link.src] = What.IN_PART if PART.search(link.reason) else What.REVERTED
        elif link.kind is LinkKind.FIXES:
            found.setdefault(link.src, What.FOLLOWED if FOLLOWED.match(link.reason) else What.FIXED)
        elif link.reason.startswith(AGAIN):
            found[link.src] = What.AGAIN
    reverts = [src for src, what in found.items() if what in (What.REVERTED, What.IN_PART)]
    for link in case.links_to(reverts, LinkKind.REVERTS):
        if link.src in case.evidence:
            found[link.src] = What.AGAIN
    steps: list[Step] = []
    before, standing = _landed(change), True
    for src in sorted(found, key=lambda src: (_when(case.evidence[src]), src)):
        piece, what = case.evidence[src], found[src]
        if what is What.AGAIN and not any(step.what in (What.REVERTED, What.IN_PART) for step in steps):
            continue  # nothing had been taken back yet
        at = _landed(piece)
        steps.append(Step(src, what, case.mine(piece), (at - before).days if at and before else None))
        before = at or before
        standing = what is not What.REVERTED and (standing or what is What.AGAIN)
    return Story(id_, tuple(steps), standing)


def careful(case: Case, link: Link) -> bool:
    """Whether a revert or fix is the person's own, within a day of their change: ordinary care, no counter-evidence."""
    src, dst = case.evidence.get(link.src), case.evidence.get(link.dst)
    if src is None or dst is None or src.happened_at is None or dst.happened_at is None:
        return False
    return case.mine(src) and case.mine(dst) and src.happened_at - dst.happened_at < CARE


def answers(case: Case, id_: str) -> tuple[str, ...]:
    """Records that answer a revert or fix, in order of time: what it took back landed again; the person's own later change
    or entry names it, or what it took back; somebody's document on what went wrong names it.
    """
    piece = case.evidence[id_]
    hit = [link.dst for link in case.links_from([id_], LinkKind.REVERTS, LinkKind.FIXES) if link.dst in case.evidence]
    found = {
        step.id
        for dst in hit
        for step in story(case, dst).steps
        if step.what is What.AGAIN and _after(case, step.id, piece)
    }
    for link in case.links_to([id_, *hit]):
        src = case.evidence.get(link.src)
        if src is None or link.src == id_ or not _after(case, link.src, piece):
            continue
        named = link.dst == id_ or link.kind is LinkKind.FIXES or src.source == "book"
        if (case.mine(src) and named) or REVIEWED.search(src.title):
            found.add(link.src)
    return tuple(sorted(found, key=lambda one: (_when(case.evidence[one]), one)))


def told(case: Case, id_: str) -> str:
    """A story in one clause: "reverted after 3 days by Bob, landed again 12 days later, standing since"."""
    return ", ".join(_clauses(case, story(case, id_)))


def _clauses(case: Case, one: Story) -> Iterator[str]:
    for step in one.steps:
        by = "by its author" if step.own else f"by {case.name_of(case.evidence[step.id].actor)}"
        words = step.what.value
        if step.what is What.FOLLOWED:
            words = "followed by a change that calls itself a fix"
        yield f"{words}{_gap(step.days)} {by}"
    if any(step.what in (What.REVERTED, What.IN_PART) for step in one.steps):
        again = any(step.what is What.AGAIN for step in one.steps)
        if one.standing and again:
            yield "standing since"
        elif not one.standing:
            yield "and no record here shows it landing again" if not again else "and not standing now, as far as the record shows"


def _gap(days: int | None) -> str:
    return "" if days is None else " the same day" if days < 1 else " after a day" if days == 1 else f" after {days} days"


def _after(case: Case, id_: str, piece: Evidence) -> bool:
    found = case.evidence.get(id_)
    return found is not None and found.id != piece.id and _when(found) >= _when(piece)


def _landed(piece: Evidence) -> datetime | None:
    """When it came here: what is applied a second time keeps the date on which it was first written."""
    return piece.recorded_at or piece.happened_at


def _when(piece: Evidence) -> datetime:
    return _landed(piece) or datetime.max.replace(tzinfo=UTC)
