"""True, specific things about a period that the person probably does not know, each read off evidence.

Each kind of thing is one function here, gives at most one sentence, and gives none where the evidence is too thin to say
it without a doubt. What is most surprising comes first: how unusual its size is among the person's own earlier values
of the same thing (the share of those that are smaller, where none at all counts as half), times how little of it they
could have known: 1 for what others did without them, 0.8 for what others did with them, 0.6 for what they did
themselves. Nobody else's values are looked at, so nobody is compared with anybody.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from muster import paths
from muster.model import Case, Evidence, Link, LinkKind, Period, Role, Statement

ALONE, TOGETHER, OWN = 1.0, 0.8, 0.6  # how little of it the person could have known
LONGEST_TITLE = 72
_ADDED = re.compile(r"changes (?P<path>\S+?)(?: and \d+ more)?, added there")
_MONTHS = [datetime(2000, month, 1).strftime("%B") for month in range(1, 13)]


@dataclass(frozen=True, slots=True)
class _Found:
    """A sentence, what it was read off, and how surprising it is (0 to 1)."""

    text: str
    evidence: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class _Sight:
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
        return _when(self.case.evidence[id_])

    def who(self, id_: str) -> str:
        """The name of whoever did it, with their team where they were outside the person's."""
        person = self.case.evidence[id_].actor
        team = self.case.outside.get(id_)
        return f"{self.case.name_of(person)} ({team})" if team else self.case.name_of(person)


def notable(case: Case) -> tuple[Statement, ...]:
    """Sentences about the period in the second person, each with its evidence, most surprising first.

    The same case gives the same sentences in the same order. There may be none.
    """
    sight = _look(case)
    found = [(-one.weight, kind.__name__, one) for kind in KINDS if (one := kind(sight)) is not None]
    said = (
        Statement(one.text, tuple(id_ for id_ in dict.fromkeys(one.evidence) if id_ in case.evidence))
        for *_, one in sorted(found, key=lambda row: row[:2])
    )
    # What the case holds no evidence of cannot be opened, so it is not said.
    return tuple(statement for statement in said if statement.evidence)


def _look(case: Case) -> _Sight:
    dated = sorted(
        (piece for piece in case.evidence.values() if piece.happened_at is not None), key=lambda one: (_when(one), one.id)
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
    return _Sight(
        case,
        mine,
        tuple(one for one in mine if one.kind in ("change", "document") and not one.title.lower().startswith(("revert", "merge "))),
        {
            kind: tuple(sorted(links, key=lambda link: (_when(known[link.src]), link.src, link.dst)))
            for kind, links in sorted(received.items())
        },
    )


# --------------------------------------------------------------------------------------------------------------
# What others did without the person


def oldest_still_built_on(sight: _Sight) -> _Found | None:
    """The oldest file of theirs that others built on in the period: of those with three such people, else two, else one."""
    case = sight.case
    links = sight.received.get(LinkKind.BUILDS_ON, ())
    users: dict[str, set[str]] = defaultdict(set)
    added: dict[str, set[str]] = defaultdict(set)
    for link in links:
        path = _path(link)
        if path is not None and paths.kind(path) != "config" and case.evidence[link.src].happened_at in case.period:
            users[link.dst].add(link.src)
            added[link.dst].add(path)
    rows = []
    for dst, srcs in users.items():
        # A reason quotes one path; that another change has it too is known from what that one touched.
        touched = {src: {touch.path for touch in case.evidence[src].touches} for src in srcs}
        for path in added[dst]:
            changes = [src for src in srcs if path in touched[src]]
            people = len({case.name_of(case.evidence[src].actor).casefold() for src in changes})
            if changes and (case.period.end - sight.at(dst)).days >= 365:
                rows.append((-min(people, 3), sight.at(dst), path, dst, sorted(changes, key=lambda id_: (sight.at(id_), id_))))
    if not rows:
        return None
    _, born, path, dst, changes = min(rows)
    # By name: somebody with two addresses is one person to a reader.
    who = Counter(case.name_of(case.evidence[id_].actor).casefold() for id_ in changes)
    most, times = min(who.items(), key=lambda pair: (-pair[1], pair[0]))
    name = sight.who(next(id_ for id_ in reversed(changes) if case.name_of(case.evidence[id_].actor).casefold() == most))
    text = f"`{path}`{_in(case, dst)}, which you added on {_day(born)}, was built on by "
    if len(who) == 1:
        text += f"{name} {_times(times)} in this period."
    else:
        text += f"{len(who)} other people in this period" + (f"; {name} most, {_times(times)}." if times > 1 else ", once each.")
    earlier = [(sight.at(link.src) - sight.at(link.dst)).days for link in links if sight.at(link.src) < case.period.start]
    return _Found(text, (dst, *changes), ALONE * _unusual((case.period.end - born).days, earlier))


def most_cited(sight: _Sight) -> _Found | None:
    """Their change or document that most records of others named in the period."""
    case = sight.case
    links = [
        link for kind in (LinkKind.CITES, LinkKind.IMPLEMENTS) for link in sight.received.get(kind, ())
        if case.evidence[link.dst].kind != "review"
    ]
    now: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if case.evidence[link.src].happened_at in case.period:
            now[link.dst].add(link.src)
        elif sight.at(link.src) < case.period.start:
            before[link.dst].add(link.src)
    if not now:
        return None
    dst = min(now, key=lambda id_: (-len(now[id_]), sight.at(id_), id_))
    srcs = sorted(now[dst], key=lambda id_: (sight.at(id_), id_))
    people = {case.evidence[id_].actor for id_ in srcs}
    if len(srcs) < 2:
        return None
    who = f"{len(people)} people" if len(people) > 1 else sight.who(srcs[0])
    text = (
        f"Your {_titled(case.evidence[dst])}{_in(case, dst)} of {_day(sight.at(dst))} was named by {len(srcs)} later changes "
        f"of {who} in this period, last on {_day(sight.at(srcs[-1]))}."
    )
    return _Found(text, (dst, *srcs), ALONE * _unusual(len(srcs), [len(found) for found in before.values()]))


def stranger_who_builds(sight: _Sight) -> _Found | None:
    """Somebody whose changes built on theirs most, while no record shows the two of them together."""
    case = sight.case
    beside = case.measure("reach", "worked_with")
    if beside is None or not all(id_ in case.evidence for id_ in beside.evidence):
        return None  # who worked with them is not in the case, so nobody can be called a stranger
    together = _acquainted(sight)
    now: dict[str, set[str]] = defaultdict(set)
    before: dict[tuple[str, int], set[str]] = defaultdict(set)
    for kind in (LinkKind.BUILDS_ON, LinkKind.IMPLEMENTS, LinkKind.CITES):
        for link in sight.received.get(kind, ()):
            src = case.evidence[link.src]
            if not together.isdisjoint(_marks(case, src.actor)):
                continue
            if src.happened_at in case.period:
                now[src.actor].add(link.src)
            elif sight.at(link.src) < case.period.start:
                before[(src.actor, sight.at(link.src).year)].add(link.src)
    if not now:
        return None
    who = min(now, key=lambda person: (not any(id_ in case.outside for id_ in now[person]), -len(now[person]), person))
    srcs = sorted(now[who], key=lambda id_: (sight.at(id_), id_))
    if len(srcs) < 2:
        return None
    what = Counter(_path(link) or "" for links in sight.received.values() for link in links if link.src in now[who])
    path, times = min(what.items(), key=lambda pair: (not pair[0], -pair[1], pair[0]))
    text = (
        f"{sight.who(srcs[-1])} built on or named your work in {len(srcs)} changes in this period"
        f"{f', {times} of them at `{path}`' if path and times > 1 else ''}; "
        f"no record here under that name shows the two of you reviewing, landing or writing anything together."
    )
    return _Found(text, tuple(srcs), ALONE * _unusual(len(srcs), [len(found) for found in before.values()]))


def built_by_somebody_else(sight: _Sight) -> _Found | None:
    """A document of theirs that somebody else's change implemented in the period, for the first time."""
    case = sight.case
    first: dict[str, Link] = {}
    for link in sorted(
        (link for link in case.links if link.kind is LinkKind.IMPLEMENTS and link.src in case.evidence
         and case.evidence[link.src].happened_at is not None),
        key=lambda link: (sight.at(link.src), link.src),
    ):
        first.setdefault(link.dst, link)
    received = set(sight.received.get(LinkKind.IMPLEMENTS, ()))
    days = [
        ((sight.at(link.src) - sight.at(dst)).days, dst, link.src) for dst, link in sorted(first.items()) if link in received
    ]
    now = [row for row in days if case.evidence[row[2]].happened_at in case.period and row[0] >= 1]
    if not now:
        return None
    most, dst, src = max(now, key=lambda row: (row[0], row[1]))
    text = (
        f"Your {_titled(case.evidence[dst])}{_in(case, dst)} of {_day(sight.at(dst))} was first implemented by {sight.who(src)}, "
        f"{_days(most)} later, in “{_short(case.evidence[src].title)}”."
    )
    return _Found(text, (dst, src), ALONE * _unusual(most, [row[0] for row in days if row not in now]))


def oldest_repaired(sight: _Sight) -> _Found | None:
    """The oldest change of theirs that somebody else's later change names as what it repairs."""
    case = sight.case
    links = sight.received.get(LinkKind.FIXES, ())
    now = [link for link in links if case.evidence[link.src].happened_at in case.period]
    if not now:
        return None
    oldest = min(now, key=lambda link: (sight.at(link.dst), link.dst, link.src))
    days = (sight.at(oldest.src) - sight.at(oldest.dst)).days
    text = (
        f"{sight.who(oldest.src)} repaired something on {_day(sight.at(oldest.src))} and named your "
        f"{_titled(case.evidence[oldest.dst])}{_in(case, oldest.dst)} of {_day(sight.at(oldest.dst))} as where it came in, "
        f"{_days(days)} before."
    )
    earlier = [(sight.at(link.src) - sight.at(link.dst)).days for link in links if link not in now]
    return _Found(text, (oldest.dst, oldest.src), ALONE * _unusual(days, earlier))


def reverted(sight: _Sight) -> _Found | None:
    """The change of theirs that stood longest before somebody else took it back in the period, and what came after."""
    case = sight.case
    links = [
        link for link in sight.received.get(LinkKind.REVERTS, ())
        if not case.evidence[link.dst].title.lower().startswith("revert ")
    ]
    now = [link for link in links if case.evidence[link.src].happened_at in case.period]
    if not now:
        return None
    link = max(now, key=lambda one: (sight.at(one.src) - sight.at(one.dst), one.dst, one.src))
    stood = (sight.at(link.src) - sight.at(link.dst)).days
    text = (
        f"{sight.who(link.src)} reverted your {_titled(case.evidence[link.dst])}{_in(case, link.dst)} on "
        f"{_day(sight.at(link.src))}, {_days(stood)} after you made it; "
    )
    again = _again(sight, link)
    if again is None:
        text += "no record here shows it landing again."
    else:
        text += f"it landed again on {_day(sight.at(again))}."
    evidence = (link.dst, link.src, *([again] if again else []))
    return _Found(text, evidence, ALONE * _unusual(stood, [(sight.at(one.src) - sight.at(one.dst)).days for one in links if one not in now]))


# --------------------------------------------------------------------------------------------------------------
# What others did with the person


def newcomers(sight: _Sight) -> _Found | None:
    """People whose first change the person brought in, and how many of them came back by themselves."""
    case = sight.case
    first, back = case.measure("lift", "newcomers"), case.measure("lift", "newcomers_back")
    if first is None or not first.value:
        return None
    number, again = int(first.value), int(back.value or 0) if back is not None else 0
    people = "one person" if number == 1 else f"{number} people"
    text = f"In this period you reviewed, landed, merged or co-authored the first change that {people} ever made here; "
    ids = first.evidence
    if back is not None and again:
        names = list(dict.fromkeys(case.name_of(case.evidence[id_].actor) for id_ in back.evidence if id_ in case.evidence))
        who = f" ({_list(names)})" if 0 < len(names) == again <= 4 else ""
        text += f"by its end {'one' if again == 1 else again} of them{who} had made another that you had no part in."
        ids = (*ids, *back.evidence)
    else:
        text += f"by its end {'that person' if number == 1 else 'none of them'} had {'not ' * (number == 1)}made another without you."
    # A half-year's count is no match for a whole year's: both are taken a day.
    earlier = [value / 182.5 for value in _earlier(case, "lift", "newcomers")]
    return _Found(text, ids, TOGETHER * _unusual(number / case.period.days, earlier))


# --------------------------------------------------------------------------------------------------------------
# What the person did themselves


def only_regular(sight: _Sight) -> _Found | None:
    """Files of theirs that nobody else has changed for a year or more."""
    case = sight.case
    only, files = case.measure("longevity", "only_mine"), case.measure("longevity", "code_files")
    if only is None or not only.value or only.value < 3 or files is None or not files.value:
        return None
    pieces = [case.evidence[id_] for id_ in only.evidence if id_ in case.evidence]
    areas = Counter(area for piece in pieces for area in {touch.area for touch in piece.touches if paths.kind(touch.path) == "code"})
    where = [area for area, _ in sorted(areas.items(), key=lambda pair: (-pair[1], pair[0]))[:2] if area not in ("", ".", "/")]
    place = f"mostly in {_list([f'`{area}`' for area in where])}, " if where else ""
    text = (
        f"At the period's end {int(only.value)} of the code files that you added here, {place}were a year old or older, still "
        f"there, and never changed by anybody else."
    )
    return _Found(text, only.evidence, OWN * _unusual(only.value, _earlier(case, "longevity", "only_mine")))


def silence(sight: _Sight) -> _Found | None:
    """The longest time in which nothing of theirs was recorded, and what came first after it."""
    case = sight.case
    records = sorted({(_recorded(piece), piece.id) for piece in sight.mine})
    gaps = [((after - before).days, before, after, first, last) for (before, first), (after, last) in pairwise(records)]
    now = [gap for gap in gaps if gap[1] in case.period and gap[2] in case.period]
    if not now:
        return None
    days, before, after, first, last = max(now, key=lambda gap: (gap[0], gap[1]))
    if days < 21:
        return None
    text = (
        f"Between {_day(before)} and {_day(after)}, {_days(days)}, nothing of yours was recorded here; the first thing after it "
        f"is “{_short(case.evidence[last].title)}”."
    )
    longest: dict[int, int] = {}
    for gap in gaps:
        if gap[2] < case.period.start:
            longest[gap[2].year] = max(longest.get(gap[2].year, 0), gap[0])
    return _Found(text, (first, last), OWN * _unusual(days, list(longest.values())))


def drift(sight: _Sight) -> _Found | None:
    """The area whose share of their changes grew or shrank most against the time just before, of the same length."""
    case = sight.case
    then = _preceding(case.period)
    now, before = _areas(sight, case.period), _areas(sight, then)
    shift = _shift(now, before)
    if shift is None or shift[0] < 0.15:
        return None
    most, area = shift
    (ids, total), (ids_before, total_before) = ((found.get(area, []), len(_all(found))) for found in (now, before))
    text = (
        f"`{area}` was in {len(ids)} of your {total} changes to code or proposals in this period, and in {len(ids_before)} of "
        f"{total_before} in the {then.days} days before it."
    )
    earlier: list[float] = []
    while then.since > _when(sight.mine[0]).date():
        then, later = _preceding(then), before
        before = _areas(sight, then)
        if (found := _shift(later, before)) is not None:
            earlier.append(found[0])
    return _Found(text, tuple(ids or ids_before), OWN * _unusual(most, earlier))


def off_hours(sight: _Sight) -> _Found | None:
    """A change in the share of changes made in the evening, at night or on a weekend, against the half before."""
    case = sight.case
    rows: list[tuple[str, float, int, tuple[str, ...]]] = []
    for label in _labels(case):
        share, number = case.measure("load", "off_hours_share", label), case.value("load", "changes", label)
        if share is not None and share.value is not None and number is not None and number >= 30:
            rows.append((label, share.value, int(number), share.evidence))
    if len(rows) < 2 or rows[-1][0] not in _inside(case):
        return None
    (before_label, before, before_n, _), (label, now, now_n, ids) = rows[-2:]
    pooled = (now * now_n + before * before_n) / (now_n + before_n)
    error = (pooled * (1 - pooled) * (1 / now_n + 1 / before_n)) ** 0.5
    # Two standard errors: a smaller difference comes up by chance one time in twenty.
    if abs(now - before) < max(0.1, 1.96 * error):
        return None
    text = (
        f"{_percent(now)} of your changes of {_half(label)} were made between 20:00 and 07:00 or on a weekend, by your "
        f"machine's clock; in {_half(before_label)} it was {_percent(before)}."
    )
    earlier = [abs(later[1] - one[1]) for one, later in pairwise(rows[:-1])]
    return _Found(text, ids, OWN * _unusual(abs(now - before), earlier))


def landed_late(sight: _Sight) -> _Found | None:
    """The change that took longest from being written to reaching the repository."""
    case = sight.case
    lags = [(lag.total_seconds() / 86400, piece) for piece in sight.changes if piece.source == "git" and (lag := piece.lag) is not None]
    now = [(lag, piece) for lag, piece in lags if _recorded(piece) in case.period]
    if len(now) < 10:
        return None
    longest, piece = max(now, key=lambda pair: (pair[0], pair[1].id))
    if longest < 30:
        return None
    middle = sorted(lag for lag, _ in now)[len(now) // 2]
    usual = "a day" if middle < 1.5 else f"{middle:.0f} days"
    text = (
        f"Your {_titled(piece)}{_in(case, piece.id)} was written on {_day(_when(piece))} and recorded {_days(int(longest))} later, "
        f"on {_day(_recorded(piece))}; half of your changes of this period took {usual} or less."
    )
    return _Found(text, (piece.id,), OWN * _unusual(longest, [lag for lag, one in lags if _recorded(one) < case.period.start]))


def ended_without_note(sight: _Sight) -> _Found | None:
    """The undertaking with most of their changes that ended in the period with nothing written about it."""
    case = sight.case
    own = {one.id for one in sight.changes if any(paths.kind(touch.path) not in paths.NEUTRAL for touch in one.touches)}
    bare = [
        (size, thread.id, thread) for thread in case.threads
        if not thread.artifacts and (size := sum(id_ in own for id_ in thread.evidence)) >= 5
    ]
    now = [row for row in bare if row[2].until in case.period and row[2].until.date() + timedelta(days=14) <= case.today]
    if not now:
        return None
    size, _, thread = max(now, key=lambda row: (row[0], row[1]))
    text = (
        f"“{_short(thread.title)}” took {size} changes of yours from {_day(thread.since)} to {_day(thread.until)} and ended with no "
        f"proposal, decision or note that a stranger could read."
    )
    earlier = [row[0] for row in bare if row[2].until < case.period.start]
    return _Found(text, tuple(one for one in thread.evidence if one in own), OWN * _unusual(size, earlier))


def proposed_before(sight: _Sight) -> _Found | None:
    """The undertaking of the period whose proposal preceded its first change by most days."""
    case = sight.case
    in_period = {thread.id for thread in case.period_threads()}
    days = [(thread.foresight, thread.id, thread) for thread in case.threads if thread.foresight is not None and thread.foresight >= 1]
    now = [row for row in days if row[1] in in_period]
    if not now:
        return None
    most, _, thread = max(now, key=lambda row: (row[0], row[1]))
    text = f"The proposal of “{_short(thread.title)}” was on record {_days(int(most))} before the first change that implements it."
    evidence = tuple(dict.fromkeys((*thread.artifacts, *thread.did)))
    return _Found(text, evidence, OWN * _unusual(most, [row[0] for row in days if row not in now]))


#: Every kind of thing, in the order of this file; a new one is a function here and its name there.
KINDS: tuple[Callable[[_Sight], _Found | None], ...] = (
    oldest_still_built_on, most_cited, stranger_who_builds, built_by_somebody_else, oldest_repaired, reverted, newcomers,
    only_regular, silence, drift, off_hours, landed_late, ended_without_note, proposed_before,
)


# --------------------------------------------------------------------------------------------------------------
# How unusual


def _unusual(value: float, earlier: Sequence[float]) -> float:
    """The share of the person's own earlier values that are below this one, drawn to one half where there are few."""
    below = sum(one < value for one in earlier) + sum(one == value for one in earlier) / 2
    return (below + 0.5) / (len(earlier) + 1)


def _labels(case: Case) -> list[str]:
    """The half-years that were measured, oldest first."""
    return sorted({signal.label for signal in case.signals} - {"case"})


def _inside(case: Case) -> list[str]:
    """Those of them whose middle lies in the case's period."""
    return [label for label in _labels(case) if date(int(label[:4]), 4 if label.endswith("1") else 10, 1) in case.period]


def _earlier(case: Case, name: str, measure: str) -> list[float]:
    """A measure's values in the half-years before the case's, where it has any."""
    first = min(_inside(case), default="")
    signals = (case.measure(name, measure, label) for label in _labels(case) if label < first)
    return [signal.value for signal in signals if signal is not None and signal.value is not None]


def _preceding(period: Period) -> Period:
    """The period of the same length just before."""
    return Period(period.since - timedelta(days=period.days), period.since - timedelta(days=1))


def _areas(sight: _Sight, period: Period) -> dict[str, list[str]]:
    """The changes that went to each area in a period; neutral kinds of files make no area."""
    found: dict[str, list[str]] = defaultdict(list)
    for piece in sight.changes:
        if piece.happened_at in period:
            for area in sorted({touch.area for touch in piece.touches if paths.kind(touch.path) not in paths.NEUTRAL}):
                found[area].append(piece.id)
    return found


def _all(areas: dict[str, list[str]]) -> set[str]:
    return {id_ for ids in areas.values() for id_ in ids}


def _shift(now: dict[str, list[str]], before: dict[str, list[str]]) -> tuple[float, str] | None:
    """How far the share of changes moved for the area where it moved most; None where either time has few changes."""
    total, was = len(_all(now)), len(_all(before))
    if total < 15 or was < 15:
        return None
    return max((abs(len(now.get(area, [])) / total - len(before.get(area, [])) / was), area) for area in sorted({*now, *before}))


def _marks(case: Case, person: str) -> set[str]:
    """What a person goes by: two ids that share a name or the part of an address before the @ may be one person."""
    known = case.people.get(person)
    addresses = (person, *known.emails, *known.handles) if known else (person,)
    return {case.name_of(person).casefold()} | {one.lstrip("@").split("@")[0].split("+")[-1].casefold() for one in addresses}


def _acquainted(sight: _Sight) -> set[str]:
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
    return {mark for person in found for mark in _marks(case, person)}


def _again(sight: _Sight, revert: Link) -> str | None:
    """What landed a reverted change again: a revert of the revert, or a later change that says or repeats it."""
    case = sight.case
    original = case.evidence[revert.dst]
    found = [link.src for link in case.links_to([revert.src], LinkKind.REVERTS) if link.src in case.evidence]
    found += [link.src for link in case.links_to([revert.dst], LinkKind.BUILDS_ON) if link.reason.startswith("re-landed")]
    found += [piece.id for piece in sight.mine if piece.title == original.title and piece.id != original.id]
    later = [id_ for id_ in found if id_ in case.evidence and case.evidence[id_].happened_at is not None and sight.at(id_) > sight.at(revert.src)]
    return min(later, key=lambda id_: (sight.at(id_), id_), default=None)


# --------------------------------------------------------------------------------------------------------------
# Words


def _path(link: Link) -> str | None:
    """The path that a builds-on link quotes whole; None where it quotes none."""
    match = _ADDED.fullmatch(link.reason)
    return match["path"] if match and not match["path"].startswith("…") else None


def _when(piece: Evidence) -> datetime:
    assert piece.happened_at is not None
    return piece.happened_at


def _recorded(piece: Evidence) -> datetime:
    return piece.recorded_at or _when(piece)


def _in(case: Case, id_: str) -> str:
    """Which repository, where the case has several."""
    return f" in {case.evidence[id_].origin}" if sum(state.name == "git" for state in case.connected) > 1 else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1].rstrip() + "…"


def _titled(piece: Evidence) -> str:
    return f"{'document' if piece.kind == 'document' else 'change'} “{_short(piece.title)}”"


def _day(when: datetime) -> str:
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def _half(label: str) -> str:
    return f"the {'first' if label.endswith('H1') else 'second'} half of {label[:4]}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _days(number: int) -> str:
    return "less than a day" if number < 1 else "a day" if number == 1 else f"{number} days"


def _times(number: int) -> str:
    return "once" if number == 1 else "twice" if number == 2 else f"{number} times"


def _list(words: Iterable[str]) -> str:
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last
