"""The packet's pictures as SVG text: the strip of weeks, the reach map, a claim's time line, a measure's earlier halves.

Each has a title and a description for those who do not see it, follows the same input with the same bytes, and says
nothing by colour alone: what others recorded also hangs below a line, what was recorded later is also hollow.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape

from muster.model import Basis, PacketClaim, Tie, Week
from muster.packet.measures import Row, figure
from muster.packet.sheet import CHANGED, Sheet, silence
from muster.room.words import MONTHS, count, day, short, span, visible

#: Teams drawn on each side of the reach map; the others are counted below them.
TEAMS = 8


def text(x: float, y: float, words: str, role: str = "", anchor: str = "") -> str:
    """A text element; `role` is a class of the style sheet."""
    extra = (f' class="{role}"' if role else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{n(x)}" y="{n(y)}"{extra}>{escape(visible(words))}</text>'


def n(value: float) -> str:
    """A coordinate, as short as one decimal allows."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def svg(width: float, height: float, name: str, title: str, told: str, body: Sequence[str]) -> str:
    """A whole picture with its title and description."""
    role = re.sub(r"-\d+$", "", name)
    return (
        f'<svg class="{role}" viewBox="0 0 {n(width)} {n(height)}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(visible(title))}</title><desc id="{name}-d">{escape(visible(told))}</desc>{"".join(body)}</svg>'
    )


def opened(href: str, told: str, inner: str) -> str:
    """Marks that open what they stand for; plain marks where there is nothing to open."""
    return f'<a href="{href}"><title>{escape(visible(told))}</title>{inner}</a>' if href else inner


def strip(sheet: Sheet) -> tuple[list[str], list[str]]:
    """The period's weeks on one scale: wide, a row of a year, and narrow, rows of half a year for a small screen.

    A period of a year and a few days is one row: its last week or two never make a row of their own.
    """
    return _rows(sheet, "strip-wide", 53), _rows(sheet, "strip-narrow", 27)


def _rows(sheet: Sheet, name: str, size: int) -> list[str]:
    """The strip cut into rows of about that many weeks, of even length."""
    weeks = sheet.packet.weeks
    quiet = silence(weeks, sheet.packet.case.today)
    rows = max(round(len(weeks) / size), 1)
    long = -(-len(weeks) // rows)
    drawn = []
    for number in range(rows):
        start = number * long
        part = weeks[start : start + long]
        drawn.append(_row(sheet, part, f"{name}-{number + 1}", long, _within(quiet, start, len(part))))
    return drawn


def _within(run: tuple[int, int] | None, start: int, size: int) -> tuple[int, int] | None:
    """The part of the silence that falls into one row."""
    if run is None or run[1] < start or run[0] >= start + size:
        return None
    return max(run[0], start) - start, min(run[1], start + size - 1) - start


def _row(sheet: Sheet, weeks: Sequence[Week], name: str, most: int, quiet: tuple[int, int] | None) -> str:
    """One row of the strip: the person's records above the line, others' below it, the largest of each in figures."""
    every = sheet.packet.weeks
    tallest = max((len(w.then) + len(w.later) for w in every), default=0)
    deepest = max((len(w.others) for w in every), default=0)
    wide, top = (780.0 if most > 27 or name.startswith("strip-wide") else 380.0), 16.0
    step = wide / most
    bar = min(step * 0.74, 22.0)
    # One scale above and below the line, so that marks can be compared.
    unit = min(80.0 / max(tallest + deepest, 1), 10.0)
    up, down = max(tallest * unit, 18.0), max(deepest * unit, 4.0)
    base, foot = top + up, top + up + down + 30
    body = [f'<line x1="0" y1="{n(base)}" x2="{n(len(weeks) * step)}" y2="{n(base)}" class="axis"/>']
    for place, words in _month_labels(weeks, sheet.packet.case.period.since, 3 if step > 12 else 4):
        body.append(f'<line x1="{n(place * step)}" y1="{n(base)}" x2="{n(place * step)}" y2="{n(foot - 10)}" class="tick"/>')
        body.append(text(place * step + 2, foot, words, "small"))
    tall, deep = False, False
    for place, week in enumerate(weeks):
        x = place * step + (step - bar) / 2
        then, later, away = len(week.then), len(week.later), len(week.others)
        marks = ""
        if then:
            marks += f'<rect x="{n(x)}" y="{n(base - then * unit)}" width="{n(bar)}" height="{n(then * unit)}" class="own"/>'
        if later:
            marks += f'<rect x="{n(x + 0.6)}" y="{n(base - (then + later) * unit + 0.6)}" width="{n(bar - 1.2)}" height="{n(max(later * unit - 1.2, 1))}" class="hollow"/>'
        if away:
            marks += f'<rect x="{n(x)}" y="{n(base + 1.5)}" width="{n(bar)}" height="{n(away * unit)}" class="others"/>'
        # The largest weeks carry their number, so that no axis has to be read.
        if tallest and then + later == tallest and not tall:
            tall = True
            marks += text(x + bar / 2, base - tallest * unit - 4, str(tallest), "small mine", "middle")
        if deepest and away == deepest and not deep:
            deep = True
            marks += text(x + bar / 2, base + deepest * unit + 13, str(deepest), "small theirs", "middle")
        if marks:
            told = f"Week of {day(week.monday)}: {then} recorded within 30 days, {later} later, {away} by others"
            body.append(opened(f"#n{sheet.note((*week.then, *week.later, *week.others))}", told, marks))
    if quiet is not None:
        first, last = quiet
        x1, x2 = first * step + 2, (last + 1) * step - 2
        body.append(f'<path d="M{n(x1)} {n(base - 4)}v-4H{n(x2)}v4" class="brace"/>')
        words = f"{_gap(sheet)} weeks silent" if x2 - x1 > 84 else f"{_gap(sheet)} weeks" if x2 - x1 > 44 else ""
        body.append(text((x1 + x2) / 2, base - 12, words, "small", "middle") if words else "")
    since, until = weeks[0].monday, weeks[-1].monday + timedelta(days=6)
    own = sum(len(w.then) for w in weeks)
    later = sum(len(w.later) for w in weeks)
    others = len({id_ for w in weeks for id_ in w.others})
    told = f"{own} recorded within 30 days, {later} later, {count(others, 'record')} of others that refer to the work."
    return svg(wide, foot + 5, name, f"Weeks of {span(since, until)}", told, body)


def _month_labels(weeks: Sequence[Week], since: date, fewest: int = 3) -> list[tuple[int, str]]:
    """(place, words) for each month of a picture: the first one and every January with its year.

    A month of which fewer than that many weeks are there gives way to the next, so that no two labels touch.
    """
    starts: list[tuple[int, date]] = []
    for place, week in enumerate(weeks):
        # A week belongs to the month of its Thursday; the period's first one to that of its first day.
        middle = max(week.monday + timedelta(days=3), since)
        if not starts or (starts[-1][1].year, starts[-1][1].month) != (middle.year, middle.month):
            starts.append((place, middle))
    ends = [place for place, _ in starts[1:]] + [len(weeks)]
    kept = [(place, day_) for (place, day_), end in zip(starts, ends, strict=True) if end - place >= fewest or len(starts) == 1]
    return [
        (place, MONTHS[day_.month - 1][:3] + (f" {day_.year}" if number == 0 or day_.month == 1 else ""))
        for number, (place, day_) in enumerate(kept)
    ]


def _gap(sheet: Sheet) -> int:
    """Weeks of the longest silence."""
    found = silence(sheet.packet.weeks, sheet.packet.case.today)
    return found[1] - found[0] + 1 if found else 0


def thickness(records: int, most: int) -> float:
    """A line's width by its number of records: 1 to 7, in proportion to the square root."""
    return 1 + 6 * math.sqrt(records / max(most, 1))


def fitted(name: str, most: int) -> str:
    """A team's or area's name within that many characters: a path keeps its end, which tells it apart."""
    name = visible(name).strip()
    if len(name) <= most:
        return name
    tail = name[-(most - 1) :]
    cut = re.search(r"[/:]", tail)
    return f"…{tail[cut.end() :]}" if cut and len(tail) - cut.end() >= most // 3 else short(name, most)


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of the reach map: its heading, its teams with the records that draw each line, and how many it leaves out."""

    head: str
    teams: tuple[tuple[Tie, tuple[str, ...]], ...]
    rest: tuple[tuple[str, ...], int]
    reach: bool
    #: Whether some of the map's teams are inferred and others are not, so that those are set apart.
    mixed: bool


def _sides(sheet: Sheet) -> tuple[_Side, _Side]:
    """What others recorded on the work, which is reach, and the areas that the person changed, which is their own doing."""
    ties = [tie for tie in sheet.packet.ties if not tie.own]
    mixed = len({tie.basis for tie in ties}) > 1
    return (
        _side("their records on the work", [(tie, sheet.theirs(tie)) for tie in ties], True, mixed),
        _side(CHANGED, [(tie, sheet.done(tie)) for tie in ties], False, mixed),
    )


def _side(head: str, found: Sequence[tuple[Tie, tuple[str, ...]]], reach: bool, mixed: bool) -> _Side:
    """The side with its teams by number of records; one team more than are drawn is drawn rather than counted."""
    rows = sorted(((tie, ids) for tie, ids in found if ids), key=lambda row: (-len(row[1]), row[0].team))
    most = TEAMS if len(rows) > TEAMS + 1 else len(rows)
    rest = tuple(dict.fromkeys(id_ for _, ids in rows[most:] for id_ in ids))
    return _Side(head, tuple(rows[:most]), (rest, len(rows) - most), reach, mixed)


def reach(sheet: Sheet) -> list[str]:
    """The reach map twice: wide, with the own team in the middle, and narrow, with all teams below it.

    Teams that recorded something on the work stand right, on full lines as thick as their records are many; areas that the
    person changed stand left, on thin ones that end in a ring: those are the person's doing, not reach.
    """
    sides = _sides(sheet)
    return [_wide(sheet, *sides), _narrow(sheet, *sides)] if sides[0].teams or sides[1].teams else []


def _facts(tie: Tie, ids: Sequence[str], reach: bool) -> str:
    """What one line stands for, in words."""
    if not reach:
        return count(len(ids), "change")
    return f"{count(len(ids), 'record')}, {count(len(tie.people), 'person', 'people')}"


def _end(x: float, y: float, reach: bool) -> str:
    """The mark at a line's end: full for others' records, a ring for areas changed."""
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="4" class="{"others" if reach else "hollow"}"/>'


def _told(sides: Sequence[_Side]) -> str:
    """The map in words."""
    parts = []
    for side in sides:
        if side.teams:
            rows = [f"{tie.team}: {_facts(tie, ids, side.reach)}" for tie, ids in side.teams]
            rows += [f"and {side.rest[1]} more teams"] if side.rest[1] else []
            parts.append(f"{side.head.capitalize()}: {'; '.join(rows)}.")
    return " ".join(parts)


def _wide(sheet: Sheet, right: _Side, left: _Side) -> str:
    """The map with the own team between the two sides."""
    width, row, head = 780.0, 38.0, 30.0
    name = fitted(sheet.packet.case.team or "own team", 24)
    own = next((tie for tie in sheet.packet.ties if tie.own), None)
    # Whoever's team is not known is counted here, and that is said: nothing is claimed that nobody's files carry.
    inside = f"inside or unknown: {len(own.evidence)}" if own else ""
    box = max(len(name) * 7.6, len(inside) * 6.2, 60) + 24
    rows = max(len(side.teams) + bool(side.rest[1]) for side in (right, left))
    height = head + max(rows * row, 56) + 6
    x, y = width / 2, head + (height - head) / 2
    body, labels = [], []
    for side, sign in ((right, 1), (left, -1)):
        if not side.teams:
            continue
        gap = (height - head) / (len(side.teams) + bool(side.rest[1]))
        most = max(len(ids) for _, ids in side.teams)
        start, end = x + sign * box / 2, x + sign * 190.0
        anchor = "start" if sign > 0 else "end"
        labels.append(text(end + sign * 12, 14, side.head, "head", anchor))
        for place, (tie, ids) in enumerate(side.teams):
            ty = head + gap * (place + 0.5)
            bend = (start + end) / 2
            wide = thickness(len(ids), most) if side.reach else 1.3
            line = (
                f'<path d="M{n(start)} {n(y)}C{n(bend)} {n(y)} {n(bend)} {n(ty)} {n(end)} {n(ty)}" '
                f'stroke-width="{n(wide)}" class="{"tie" if side.reach else "done"}"/>{_end(end, ty, side.reach)}'
            )
            facts = _facts(tie, ids, side.reach)
            href = f"#n{sheet.note(ids)}"
            body.append(opened(href, f"{tie.team}: {facts}", line))
            lx = end + sign * 12
            role = "name guess" if side.mixed and tie.basis is Basis.INFERRED else "name"
            # Words stand beside the line's end, and the line comes from the other side: they cannot meet.
            words = text(lx, ty - 1, fitted(tie.team, 23), role, anchor) + text(lx, ty + 13, facts, "small", anchor)
            labels.append(opened(href, f"{tie.team}: {facts}", words))
        if side.rest[1]:
            words = text(end + sign * 12, head + gap * (len(side.teams) + 0.5) + 4, f"and {side.rest[1]} more", "small", anchor)
            labels.append(opened(f"#n{sheet.note(side.rest[0])}", f"{side.rest[1]} more teams", words))
    body.append(f'<rect x="{n(x - box / 2)}" y="{n(y - 22)}" width="{n(box)}" height="44" rx="3" class="home"/>')
    middle = text(x, y - 1 if own else y + 5, name, "name mine", "middle")
    if own:
        middle += text(x, y + 14, inside, "small", "middle")
    href = f"#n{sheet.note(own.evidence)}" if own else ""
    body.append(opened(href, f"{own.team if own else name}: {inside}", middle))
    return svg(width, height, "reach-wide", "Teams that met the work", _told((right, left)), body + labels)


def _narrow(sheet: Sheet, right: _Side, left: _Side) -> str:
    """The map for a small screen: a stem from the own team down, and a branch to each team."""
    width, row, stem = 380.0, 40.0, 14.0
    own = next((tie for tie in sheet.packet.ties if tie.own), None)
    name = fitted(sheet.packet.case.team or "own team", 40)
    body = [f'<circle cx="{n(stem)}" cy="12" r="6" class="own"/>']
    label = text(stem + 14, 17, name, "name mine")
    body.append(opened(f"#n{sheet.note(own.evidence)}", f"{own.team}: {count(len(own.evidence), 'record')}", label) if own else label)
    y = 20.0
    for side in (right, left):
        if not side.teams:
            continue
        most = max(len(ids) for _, ids in side.teams)
        y += 26 if side is right else 44
        body.append(text(stem + 50, y, side.head, "head"))
        y -= 6
        for tie, ids in side.teams:
            y += row
            facts = _facts(tie, ids, side.reach)
            wide = thickness(len(ids), most) if side.reach else 1.3
            line = f'<path d="M{n(stem)} {n(y)}H{n(stem + 30)}" stroke-width="{n(wide)}" class="{"tie" if side.reach else "done"}"/>'
            role = "name guess" if side.mixed and tie.basis is Basis.INFERRED else "name"
            words = text(stem + 50, y - 1, fitted(tie.team, 36), role) + text(stem + 50, y + 13, facts, "small")
            body.append(opened(f"#n{sheet.note(ids)}", f"{tie.team}: {facts}", line + _end(stem + 36, y, side.reach) + words))
        if side.rest[1]:
            y += 30
            words = text(stem + 50, y, f"and {side.rest[1]} more", "small")
            body.append(opened(f"#n{sheet.note(side.rest[0])}", f"{side.rest[1]} more teams", words))
    body.insert(0, f'<line x1="{n(stem)}" y1="12" x2="{n(stem)}" y2="{n(y)}" class="axis"/>')
    return svg(width, y + 20, "reach-narrow", "Teams that met the work", _told((right, left)), body)


def timeline(sheet: Sheet, one: PacketClaim, place: int) -> str:
    """A claim's evidence on a line of time, a lane a beat; what speaks against it in a lane of its own."""
    case = sheet.packet.case
    thread = case.thread(one.claim.thread)
    lanes: list[tuple[str, tuple[str, ...]]] = []
    taken: set[str] = set(one.counter)
    for name, beat in one.claim.beats:
        shown = [id_ for line in beat.statements for id_ in line.evidence]
        shown += getattr(thread, name) if thread else ()
        own = tuple(id_ for id_ in dict.fromkeys(shown) if id_ in case.evidence and id_ not in one.counter)
        taken.update(own)
        lanes.append((name, own))
    rest = tuple(id_ for id_ in one.evidence if id_ not in taken)
    lanes += [("also", rest)] if rest else []
    lanes += [("against", one.counter)] if one.counter else []
    dates = [moment for _, ids in lanes for id_ in ids if (moment := case.evidence[id_].happened_at)]
    # One or two dates are read faster than drawn.
    if len(set(dates)) < 3:
        return ""
    since, until = min(dates), max(dates)
    width, left, right, row = 440.0, 66.0, 26.0, 21.0
    long = max((until - since).total_seconds(), 1.0)

    def at(moment: datetime) -> float:
        share = (moment - since).total_seconds() / long if until > since else 0.5
        return left + (width - left - right) * share

    height = 10 + row * len(lanes) + 20
    body = []
    for mark in _months(since, until):
        x = at(mark)
        body.append(f'<line x1="{n(x)}" y1="6" x2="{n(x)}" y2="{n(height - 18)}" class="tick"/>')
        body.append(text(x, height - 4, f"{MONTHS[mark.month - 1][:3]} {mark.year}", "small", "middle"))
    if not _months(since, until):
        body.append(text((left + width - right) / 2, height - 4, span(since, until), "small", "middle"))
    for lane, (name, ids) in enumerate(lanes):
        y = 16 + row * lane
        body.append(text(left - 14, y + 4, name, "small" + ("" if ids else " faint"), "end"))
        body.append(f'<line x1="{n(left - 6)}" y1="{n(y)}" x2="{n(width - right + 6)}" y2="{n(y)}" class="lane"/>')
        for id_ in ids[:400]:
            piece = case.evidence[id_]
            if piece.happened_at is None:
                continue
            x = at(piece.happened_at)
            if name == "against":
                mark_ = f'<path d="M{n(x - 4)} {n(y - 4)}l8 8m0 -8l-8 8" class="cross"/>'
            elif case.mine(piece):
                mark_ = f'<circle cx="{n(x)}" cy="{n(y)}" r="4.2" class="own"/>'
            else:
                mark_ = f'<rect x="{n(x - 3.8)}" y="{n(y - 3.8)}" width="7.6" height="7.6" class="others"/>'
            body.append(opened(f"#e{sheet.numbers[id_]}", f"{short(piece.title, 60)}, {case.name_of(piece.actor)}, {day(piece.happened_at)}", mark_))
    told = "; ".join(f"{name}: {count(len(ids), 'record')}" for name, ids in lanes)
    return svg(width, height, f"line-{place}", f"Time line, {span(since, until)}", told, body)


def _months(since: datetime, until: datetime) -> list[datetime]:
    """Firsts of months to mark on a line of time: at most five, evenly."""
    marks: list[datetime] = []
    year, month = since.year, since.month
    while True:
        month += 1
        if month == 13:
            year, month = year + 1, 1
        first = datetime(year, month, 1, tzinfo=UTC)
        if first > until:
            break
        marks.append(first)
    every = -(-len(marks) // 5) if marks else 1
    return marks[::every]


def spark(row: Row, place: int) -> str:
    """A measure's halves as a small line, the last one dotted."""
    points = [(label, value) for label, value in row.halves if value is not None]
    if len(points) < 2:
        return ""
    values = [value for _, value in points]
    low, high = min([0.0, *values]), max(values)
    width, height = 92.0, 24.0
    long = max(len(row.halves) - 1, 1)
    spot: list[tuple[float, float]] = []
    for index, (_, value) in enumerate(row.halves):
        if value is not None:
            y = height - 4 - (height - 8) * ((value - low) / (high - low) if high > low else 0.0)
            spot.append((4 + (width - 8) * index / long, y))
    path = " ".join(f"{n(x)},{n(y)}" for x, y in spot)
    body = [f'<polyline points="{path}" class="spark"/>']
    body.append(f'<circle cx="{n(spot[-1][0])}" cy="{n(spot[-1][1])}" r="2.6" class="own"/>')
    told = "; ".join(f"{label}: {figure(value, row.signal.unit)}" for label, value in row.halves)
    return svg(width, height, f"half-{place}", f"{row.words}, by half-year", told, body)
