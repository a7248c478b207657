"""A case as the kinds of notable things look at it: what is theirs, what others did with it, what is unusual, and words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from muster import paths
from muster.model import Case, Evidence, Link, LinkKind, Period, Role
from muster.model.stories import AGAIN

ALONE, TOGETHER, OWN = 1.0, 0.8, 0.6  # how little of it the person could have known
LONGEST_TITLE = 72
#: Areas that are no place to have gone to.
NOWHERE = frozenset({"", ".", "/", "top level", "docs", "tests"})
#: Lists that everybody's work passes through.
INDEX = re.compile(r"(?:^|/)(?:index|readme|summary|toc|pep-0000|_sidebar)\.\w+$", re.IGNORECASE)
ADDED = re.compile(r"changes (?P<path>\S+?)(?: and \d+ more)?, added there(?:, and \d+ lines? of its own)?")
MONTHS = [datetime(2000, month, 1).strftime("%B") for month in range(1, 13)]


@dataclass(frozen=True, slots=True)
class Found:
    """A sentence, what it was read off, and how surprising it is (0 to 1)."""

    text: str
    evidence: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Sight:
    """A case with what most of the kinds look at, worked out once; every tuple is in order of time."""

    case: Case
    #: The person's own evidence with a readable date.
    mine: tuple[Evidence, ...]
    #: Those of them that are their own changes, reverts left out.
    changes: tuple[Evidence, ...]
    #: Links from what somebody else recorded to what the person did, by kind.
    received: dict[LinkKind, tuple[Link, ...]] = field(default_factory=dict)

    def at(self, id_: str) -> datetime:
        """When that piece of evidence happened."""
        return when(self.case.evidence[id_])

    def who(self, id_: str) -> str:
        """The name of whoever did it, with their team where they were outside the person's."""
        person = self.case.evidence[id_].actor
        team = self.case.outside.get(id_)
        return f"{self.case.name_of(person)} ({team})" if team else self.case.name_of(person)


def look(case: Case) -> Sight:
    """What of a case the kinds look at, in order of time; records of bots are left out."""
    dated = sorted(
        (piece for piece in case.evidence.values() if piece.happened_at is not None), key=lambda one: (when(one), one.id)
    )
    mine = tuple(piece for piece in dated if case.mine(piece))
    own = {piece.id for piece in mine}
    known = {piece.id: piece for piece in dated}
    bots = {person.id for person in case.people.values() if person.bot}
    received: dict[LinkKind, list[Link]] = defaultdict(list)
    for link in case.links:
        src = known.get(link.src)
        if src is not None and link.dst in own and link.src not in own and src.actor not in bots:
            received[link.kind].append(link)
    return Sight(
        case,
        mine,
        tuple(one for one in mine if one.kind in ("change", "document") and not one.title.lower().startswith(("revert", "merge "))),
        {
            kind: tuple(sorted(links, key=lambda link: (when(known[link.src]), link.src, link.dst)))
            for kind, links in sorted(received.items())
        },
    )


# --------------------------------------------------------------------------------------------------------------
# How unusual


def unusual(value: float, earlier: Sequence[float]) -> float:
    """The share of the person's own earlier values that are below this one, drawn to one half where there are few."""
    below = sum(one < value for one in earlier) + sum(one == value for one in earlier) / 2
    return (below + 0.5) / (len(earlier) + 1)


def labels(case: Case) -> list[str]:
    """The half-years that were measured, oldest first."""
    return sorted({signal.label for signal in case.signals} - {"case"})


def inside(case: Case) -> list[str]:
    """Those of them whose middle lies in the case's period."""
    return [label for label in labels(case) if date(int(label[:4]), 4 if label.endswith("1") else 10, 1) in case.period]


def earlier_of(case: Case, name: str, measure: str) -> list[float]:
    """A measure's values in the half-years before the case's, where it has any."""
    first = min(inside(case), default="")
    signals = (case.measure(name, measure, label) for label in labels(case) if label < first)
    return [signal.value for signal in signals if signal is not None and signal.value is not None]


def preceding(period: Period) -> Period:
    """The period of the same length just before."""
    return Period(period.since - timedelta(days=period.days), period.since - timedelta(days=1))


def areas_of(sight: Sight, period: Period) -> dict[str, list[str]]:
    """The changes that went to each area in a period; neutral kinds of files make no area."""
    found: dict[str, list[str]] = defaultdict(list)
    for piece in sight.changes:
        if piece.happened_at in period:
            for area in sorted({touch.area for touch in piece.touches if paths.kind(touch.path) not in paths.NEUTRAL}):
                found[area].append(piece.id)
    return found


def together(areas: dict[str, list[str]]) -> set[str]:
    """The ids of all areas, each once."""
    return {id_ for ids in areas.values() for id_ in ids}


def shift_of(now: dict[str, list[str]], before: dict[str, list[str]]) -> tuple[float, str] | None:
    """How far the share of changes moved for the area where it moved most; None where either time has few changes."""
    total, was = len(together(now)), len(together(before))
    if total < 15 or was < 15:
        return None
    shifts = [
        (abs(len(now.get(area, [])) / total - len(before.get(area, [])) / was), area)
        for area in sorted({*now, *before})
        if area not in NOWHERE
    ]
    return max(shifts, default=None)


def marks(case: Case, person: str) -> set[str]:
    """What a person goes by: two ids that share a name or the part of an address before the @ may be one person."""
    known = case.people.get(person)
    addresses = (person, *known.emails, *known.handles) if known else (person,)
    return {case.name_of(person).casefold()} | {one.lstrip("@").split("@")[0].split("+")[-1].casefold() for one in addresses}


def acquainted(sight: Sight) -> set[str]:
    """Marks of everybody with whom some record shows the person, in whatever part."""
    case, me = sight.case, sight.case.person.id
    found: set[str] = {me}
    for piece in case.evidence.values():
        people = {piece.actor, *(part.person for part in piece.participants if part.role is not Role.REPORTER)}
        if me in people:
            found |= people
    own = {piece.id for piece in sight.mine}
    for link in case.links:
        src, dst = case.evidence.get(link.src), case.evidence.get(link.dst)
        if src is None or dst is None:
            continue
        # Whose work the person refers to or reviews is known to them; who reviews theirs is in `worked_with`.
        if src.id in own:
            found.add(dst.actor)
    for signal in case.signals:
        if signal.measure == "worked_with":
            found |= {case.evidence[id_].actor for id_ in signal.evidence if id_ in case.evidence}
    return {mark for person in found for mark in marks(case, person)}


def landed_again(sight: Sight, revert: Link) -> str | None:
    """What landed a reverted change again: a revert of the revert, or a later change that says or repeats it."""
    case = sight.case
    found = [link.src for link in case.links_to([revert.src], LinkKind.REVERTS) if link.src in case.evidence]
    found += [link.src for link in case.links_to([revert.dst], LinkKind.BUILDS_ON) if link.reason.startswith(AGAIN)]
    # What is applied a second time keeps the date on which it was first written, so it is the landing that counts.
    since = recorded(case.evidence[revert.src])
    later = [id_ for id_ in found if (piece := case.evidence.get(id_)) and piece.happened_at is not None and recorded(piece) >= since]
    return min(later, key=lambda id_: (recorded(case.evidence[id_]), id_), default=None)


# --------------------------------------------------------------------------------------------------------------
# Words


def path_of(link: Link) -> str | None:
    """The path that a builds-on link quotes whole; None where it quotes none."""
    match = ADDED.fullmatch(link.reason)
    return match["path"] if match and not match["path"].startswith("…") else None


def when(piece: Evidence) -> datetime:
    """When it happened, of what is known to have a date."""
    assert piece.happened_at is not None
    return piece.happened_at


def recorded(piece: Evidence) -> datetime:
    """When it was written down, else when it happened."""
    return piece.recorded_at or when(piece)


def where(case: Case, id_: str) -> str:
    """Which repository, where the case has several."""
    return f" in {case.evidence[id_].origin}" if sum(state.name == "git" for state in case.connected) > 1 else ""


def short(text: str) -> str:
    """A title cut to what a sentence bears."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1].rstrip() + "…"


#: What a piece is called before its title, where that is not a change.
CALLED = ("document", "issue", "comment", "message", "proposal", "decision", "risk", "incident", "review")


def titled(piece: Evidence) -> str:
    """A change, document or other record with its title in quotation marks."""
    called = "pull request" if piece.kind == "pull-request" else piece.kind if piece.kind in CALLED else "change"
    return f"{called} “{short(piece.title)}”"


def day(when: datetime) -> str:
    """A day as it is read: `4 May 2026`."""
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def at_path(path: str, times: int, of: int) -> str:
    """At which path most of so many changes were; nothing where no path stands out."""
    if not path or times < 2:
        return ""
    return f", all at `{path}`" if times >= of else f", {times} of them at `{path}`"


def half(label: str) -> str:
    """A half-year's label in words."""
    return f"the {'first' if label.endswith('H1') else 'second'} half of {label[:4]}"


def percent(share: float) -> str:
    """A share as a whole percentage."""
    return f"{100 * share:.0f} %"


def days_of(number: int) -> str:
    """A number of days in words."""
    return "less than a day" if number < 1 else "a day" if number == 1 else f"{number} days"


def times_of(number: int) -> str:
    """How often, in words."""
    return "once" if number == 1 else "twice" if number == 2 else f"{number} times"


def listed(words: Iterable[str]) -> str:
    """Words as a sentence lists them."""
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last
