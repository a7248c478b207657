"""The packet's pictures as SVG text: the strip of weeks, the reach map, a claim's time line, a measure's earlier halves.

Each has a title and a description for those who do not see it, follows the same input with the same bytes, and says
nothing by colour alone: what others recorded also hangs below a line, what was recorded later is also hollow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from html import escape

from muster.model import Basis, PacketClaim, Tie, Week
from muster.packet.sheet import Row, Sheet, figure, silence
from muster.room.words import MONTHS, count, day, short, span, visible

#: Teams drawn in the reach map; the others are counted below it.
TEAMS = 12


def text(x: float, y: float, words: str, role: str = "", anchor: str = "") -> str:
    """A text element; `role` is a class of the style sheet."""
    extra = (f' class="{role}"' if role else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{n(x)}" y="{n(y)}"{extra}>{escape(visible(words))}</text>'


def n(value: float) -> str:
    """A coordinate, as short as one decimal allows."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def svg(width: float, height: float, name: str, title: str, told: str, body: Sequence[str]) -> str:
    """A whole picture with its title and description."""
    return (
        f'<svg class="{name if name.startswith("reach") else name.split("-")[0]}" viewBox="0 0 {n(width)} {n(height)}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(visible(title))}</title><desc id="{name}-d">{escape(visible(told))}</desc>{"".join(body)}</svg>'
    )


def opened(href: str, told: str, inner: str) -> str:
    """Marks that open what they stand for; plain marks where there is nothing to open."""
    return f'<a href="{href}"><title>{escape(visible(told))}</title>{inner}</a>' if href else inner


def strip(sheet: Sheet) -> list[str]:
    """The period's weeks in pictures of half a year each, on one scale, to be set side by side or one below the other."""
    packet = sheet.packet
    weeks = packet.weeks
    tallest = max((len(w.then) + len(w.later) for w in weeks), default=0)
    deepest = max((len(w.others) for w in weeks), default=0)
    quiet = silence(weeks, packet.case.today)
    size = 26 if len(weeks) <= 54 else 30
    # A year has 52 weeks and a day or two: the last week or two must not make a picture of their own.
    cuts = [weeks[at : at + size] for at in range(0, len(weeks), size)]
    if len(cuts) > 1 and len(cuts[-1]) <= 3:
        tail = cuts.pop()
        cuts[-1] = (*cuts[-1], *tail)
    most = max((len(part) for part in cuts), default=1)
    drawn, start = [], 0
    for number, part in enumerate(cuts, 1):
        drawn.append(_half(sheet, part, number, most, tallest, deepest, _within(quiet, start, len(part))))
        start += len(part)
    return drawn


def _within(run: tuple[int, int] | None, start: int, size: int) -> tuple[int, int, bool] | None:
    """The part of the silence that falls into one picture, and whether its words are set there."""
    if run is None:
        return None
    first, last = max(run[0], start), min(run[1], start + size - 1)
    if first > last:
        return None
    middle = (run[0] + run[1]) // 2
    return first - start, last - start, start <= middle < start + size


def _half(
    sheet: Sheet, weeks: Sequence[Week], number: int, most: int, tallest: int, deepest: int, quiet: tuple[int, int, bool] | None
) -> str:
    """One picture of the strip."""
    step, left, top = 13.6, 22.0, 26.0
    # One scale above and below the line, so that marks can be compared.
    unit = min(84.0 / max(tallest + deepest, 1), 10.0)
    up, down = max(tallest * unit, 22.0), max(deepest * unit, 4.0)
    width = left + most * step + 2
    base = top + up
    body = [f'<line x1="{n(left)}" y1="{n(base)}" x2="{n(left + len(weeks) * step)}" y2="{n(base)}" class="axis"/>']
    if tallest:
        week = next(w for w in sheet.packet.weeks if len(w.then) + len(w.later) == tallest)
        label = text(left - 5, base - tallest * unit + 8, str(tallest), "small", "end")
        body.append(opened(f"#n{sheet.note((*week.then, *week.later, *week.others))}", f"Most in a week: {tallest}", label))
    if deepest:
        week = next(w for w in sheet.packet.weeks if len(w.others) == deepest)
        label = text(left - 5, base + deepest * unit + 2, str(deepest), "small theirs", "end")
        body.append(opened(f"#n{sheet.note((*week.then, *week.later, *week.others))}", f"Most by others in a week: {deepest}", label))
    foot = base + down + 16
    for place, words in _month_labels(weeks, sheet.packet.case.period.since):
        x = left + place * step
        body.append(f'<line x1="{n(x)}" y1="{n(base)}" x2="{n(x)}" y2="{n(foot - 10)}" class="tick"/>')
        body.append(text(x + 2, foot, words, "small"))
    for place, week in enumerate(weeks):
        x = left + place * step + 1.8
        then, later, away = len(week.then), len(week.later), len(week.others)
        marks = ""
        if then:
            marks += f'<rect x="{n(x)}" y="{n(base - then * unit)}" width="10" height="{n(then * unit)}" class="own"/>'
        if later:
            marks += f'<rect x="{n(x + 0.6)}" y="{n(base - (then + later) * unit + 0.6)}" width="8.8" height="{n(max(later * unit - 1.2, 1))}" class="hollow"/>'
        if away:
            marks += f'<rect x="{n(x)}" y="{n(base + 1.5)}" width="10" height="{n(away * unit)}" class="others"/>'
        if marks:
            told = f"Week of {day(week.monday)}: {then} recorded then, {later} recorded later, {away} by others"
            body.append(opened(f"#n{sheet.note((*week.then, *week.later, *week.others))}", told, marks))
    if quiet is not None:
        first, last, named = quiet
        x1, x2 = left + first * step + 2, left + (last + 1) * step - 2
        # A long silence is braced just above its empty weeks; a short one above its neighbours' marks, for its words.
        y = base - 11 if _gap(sheet) >= 8 else top - 9
        body.append(f'<path d="M{n(x1)} {n(y + 4)}v-4H{n(x2)}v4" class="brace"/>')
        if named:
            middle = min(max((x1 + x2) / 2, left + 62), width - 66)
            body.append(text(middle, y - 5, f"{_gap(sheet)} weeks silent", "small", "middle"))
    since, until = weeks[0].monday, weeks[-1].monday + timedelta(days=6)
    own = sum(len(w.then) for w in weeks)
    later = sum(len(w.later) for w in weeks)
    away = len({id_ for w in weeks for id_ in w.others})
    told = f"{own} recorded then, {later} recorded more than 30 days later, {count(away, 'record')} of others that refer to the work."
    return svg(width, foot + 5, f"strip-{number}", f"Weeks of {span(since, until)}", told, body)


def _month_labels(weeks: Sequence[Week], since: date) -> list[tuple[int, str]]:
    """(place, words) for each month of a picture: the first one and every January with its year.

    A month of which fewer than three weeks are there gives way to the next, so that no two labels touch.
    """
    starts: list[tuple[int, date]] = []
    for place, week in enumerate(weeks):
        # A week belongs to the month of its Thursday; the period's first one to that of its first day.
        middle = max(week.monday + timedelta(days=3), since)
        if not starts or (starts[-1][1].year, starts[-1][1].month) != (middle.year, middle.month):
            starts.append((place, middle))
    ends = [place for place, _ in starts[1:]] + [len(weeks)]
    kept = [(place, day_) for (place, day_), end in zip(starts, ends, strict=True) if end - place >= 3 or len(starts) == 1]
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


def reach(sheet: Sheet) -> list[str]:
    """The reach map twice: wide, with teams on both sides of the own one, and narrow, with all on one side.

    Teams alternate right and left by number of records, so that the thickest lines are on top.
    """
    ties = [tie for tie in sheet.packet.ties if not tie.own]
    if not ties:
        return []
    shown = ties[:TEAMS]
    return [_map(sheet, shown, len(ties), 720, True), _map(sheet, shown, len(ties), 400, False)]


def _map(sheet: Sheet, ties: Sequence[Tie], total: int, width: float, wide: bool) -> str:
    """One drawing of the reach map."""
    packet = sheet.packet
    sides = [ties[0::2], ties[1::2]] if wide else [ties, ()]
    row = 46.0
    rows = max(len(sides[0]), 1)
    height = max(rows * row, 90) + 20
    x, y = (width / 2, height / 2) if wide else (16.0, height / 2)
    most = max(len(tie.evidence) for tie in ties)
    own = next((tie for tie in packet.ties if tie.own), None)
    body, labels = [], []
    for side, members in enumerate(sides):
        gap = height / max(len(members), 1)
        for place, tie in enumerate(members):
            ty = gap * (place + 0.5)
            sign = 1 if side == 0 else -1
            tx = x + sign * (112 if wide else 118)
            bend = tx - sign * (54 if wide else 60)
            dash = ' stroke-dasharray="7 4"' if tie.basis is Basis.INFERRED else ""
            line = (
                f'<path d="M{n(x + sign * 7)} {n(y)}C{n(bend)} {n(y)} {n(bend)} {n(ty)} {n(tx)} {n(ty)}" '
                f'stroke-width="{n(thickness(len(tie.evidence), most))}" class="tie"{dash}/>'
                f'<circle cx="{n(tx + sign * 5)}" cy="{n(ty)}" r="4" class="others"/>'
            )
            anchor = "start" if sign > 0 else "end"
            lx = tx + sign * 15
            room = int((width - lx if sign > 0 else lx) / 7.6)
            name = short(tie.team, room)
            facts = count(len(tie.evidence), "record")
            facts += f", {count(len(tie.people), 'person', 'people')}" if tie.people else ""
            facts += ", inferred" if tie.basis is Basis.INFERRED else ""
            told = f"{tie.team}: {facts}"
            href = f"#n{sheet.note(tie.evidence)}"
            body.append(opened(href, told, line))
            labels.append(opened(href, told, text(lx, ty - 1, name, "name", anchor) + text(lx, ty + 14, facts, "small", anchor)))
    body.append(f'<circle cx="{n(x)}" cy="{n(y)}" r="7" class="own"/>')
    team = packet.case.team or "own team"
    body.append(text(x if wide else 4, y - 14, short(team, 24), "name mine", "middle" if wide else "start"))
    if own is not None:
        label = text(x if wide else 4, y + 24, count(len(own.evidence), "record"), "small mine", "middle" if wide else "start")
        body.append(opened(f"#n{sheet.note(own.evidence)}", f"{own.team}: {count(len(own.evidence), 'record')}", label))
    told = "; ".join(f"{tie.team}: {count(len(tie.evidence), 'record')}" for tie in ties)
    told += f"; and {total - len(ties)} more teams" if total > len(ties) else ""
    return svg(width, height, "reach-wide" if wide else "reach-narrow", "Teams that met the work", told, body + labels)


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
    lanes += [("beside", rest)] if rest else []
    lanes += [("against", one.counter)] if one.counter else []
    dates = [moment for _, ids in lanes for id_ in ids if (moment := case.evidence[id_].happened_at)]
    if not dates:
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
    """A measure's earlier halves as a small line, the period's own value as its last point."""
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
    return svg(width, height, f"half-{place}", f"{row.signal.measure} by half-year", told, body)
