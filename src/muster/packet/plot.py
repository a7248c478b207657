"""A number's plot as SVG text: its series before and after the event, both levels with their intervals, the trend before.

Before is hollow and after is full, and the trend that did not go on is dashed: nothing is said by colour alone, and a grey
print says the same. The description says in words all that the picture shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import timedelta

from muster.model import Observed, Point, Spread
from muster.packet.draw import n, svg, text
from muster.quantities.figures import bounds, trend_of
from muster.quantities.units import minus, shown
from muster.room.words import MONTHS, count, day, span

WIDTH, HEIGHT = 440.0, 236.0
LEFT, RIGHT, TOP, FOOT = 46.0, 16.0, 34.0, 24.0
#: Statistics whose two sides are on another scale than their series: totals of a side are no totals of a week.
APART = ("count", "sum")


def plot(one: Observed, name: str) -> str:
    """The picture of a number, `name` being its id on the page; empty where there are fewer than four points to draw."""
    trend = one.trend
    known = [point for point in trend.points if point.value is not None] if trend else []
    if trend is None or one.before is None or one.after is None or len(known) < 4:
        return ""
    first, last = known[0].at, known[-1].at
    levels = () if one.statistic in APART else ((one.before, first, 0), (one.after, 0, last + 1))
    low, high = extent(one, known)
    ticks = rounded(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])

    def x(at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (at - first) / (last + 1 - first)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - FOOT) * (high - value) / (high - low)

    def rise(at: float) -> float:
        # A point stands in the middle of its period.
        assert trend is not None and trend.pretrend is not None and trend.intercept is not None
        return trend.intercept + trend.pretrend.value * (at - 0.5)

    body = [text(0, 12, heading(one), "head")]
    for tick in ticks:
        body.append(f'<line x1="{n(LEFT)}" y1="{n(y(tick))}" x2="{n(WIDTH - RIGHT)}" y2="{n(y(tick))}" class="lane"/>')
        body.append(text(LEFT - 6, y(tick) + 4, label(tick, ticks), "small", "end"))
    body += dates(known, x)
    for spread, start, end in levels:
        if spread.low is not None and spread.high is not None:
            top, foot = y(min(spread.high, high)), y(max(spread.low, low))
            body.append(f'<rect x="{n(x(start))}" y="{n(top)}" width="{n(x(end) - x(start))}" height="{n(max(foot - top, 1))}" class="band"/>')
        body.append(f'<line x1="{n(x(start))}" y1="{n(y(spread.value))}" x2="{n(x(end))}" y2="{n(y(spread.value))}" class="level"/>')
    if trend.pretrend is not None and trend.intercept is not None:
        for begin, until, role in ((float(first), 0.0, "pre"), (0.0, last + 1.0, "pre on")):
            ends = clipped(begin, rise(begin), until, rise(until), low, high)
            if ends:
                (x1, y1), (x2, y2) = ends
                body.append(f'<line x1="{n(x(x1))}" y1="{n(y(y1))}" x2="{n(x(x2))}" y2="{n(y(y2))}" class="{role}"/>')
    size = 3.0 if len(known) <= 80 else 2.0 if len(known) <= 200 else 1.3
    for point in known:
        assert point.value is not None
        role = "own" if point.at >= 0 else "hollow"
        body.append(f'<circle cx="{n(x(point.at + 0.5))}" cy="{n(y(point.value))}" r="{n(size)}" class="{role}"/>')
    body.append(f'<line x1="{n(x(0))}" y1="{n(TOP - 6)}" x2="{n(x(0))}" y2="{n(HEIGHT - FOOT)}" class="event"/>')
    if one.event:
        side = "start" if x(0) < WIDTH / 2 else "end"
        body.append(text(x(0) + (4 if side == "start" else -4), TOP + 1, day(one.event), "small halo", side))
    spots = [(x(point.at + 0.5), y(point.value)) for point in known if point.value is not None]
    if trend.pretrend is not None and trend.intercept is not None:
        # Points along the trend keep words off it as well.
        steps = [first + (last + 1 - first) * place / 40 for place in range(41)]
        spots += [(x(at), y(rise(at))) for at in steps]
    for spread, start, end in levels:
        at_x, at_y, anchor = placed(spread, one.unit, spots, y, x(start), x(end))
        body.append(text(at_x, at_y, shown(spread.value, one.unit), "halo mine", anchor))
    return svg(WIDTH, HEIGHT, name, f"{heading(one)}, before and after {day(one.event)}", words(one), body)


def heading(one: Observed) -> str:
    """What is drawn: `p95 by week (minutes)`."""
    every = one.trend.every if one.trend else "week"
    return f"{one.statistic} by {every}" + (f" ({one.unit})" if one.unit else "")


def words(one: Observed) -> str:
    """The picture in words."""
    trend = one.trend
    assert trend is not None and one.before is not None and one.after is not None
    parts = [f"A point a {trend.every}: {trend.before} before {day(one.event)} and {trend.after} after."]
    for side, word in ((one.before, "Before"), (one.after, "After")):
        within = f" (95 % interval {bounds(side)})" if side.low is not None else ""
        parts.append(f"{word}: {shown(side.value, one.unit)}{within}, of {count(side.rows, 'row')}.")
    return " ".join([*parts, *trend_of(one)])


def key(one: Observed) -> tuple[tuple[str, str], ...]:
    """What the marks of the picture are, as (mark, words)."""
    every = one.trend.every if one.trend else "week"
    rows = [("before", f"a {every} before"), ("after", f"a {every} after")]
    if one.statistic not in APART:
        rows.append(("level", "all rows of a side" + (", with its 95 % interval" if one.before and one.before.low is not None else "")))
    if one.trend and one.trend.pretrend:
        rows.append(("pre", "the trend before, had it gone on"))
    return tuple(rows)


def extent(one: Observed, known: Sequence[Point]) -> tuple[float, float]:
    """The lowest and highest value to draw; from zero where that leaves the values a good part of the height."""
    values = [point.value for point in known if point.value is not None]
    if one.statistic not in APART:
        for side in (one.before, one.after):
            values += [value for value in (side.value, side.low, side.high) if value is not None] if side else []
    low, high = min(values), max(values)
    trend = one.trend
    if trend and trend.pretrend is not None and trend.intercept is not None:
        # The trend before belongs into the picture, unless it leads far out of it.
        ends = [trend.intercept + trend.pretrend.value * at for at in (known[0].at, known[-1].at)]
        room = 0.4 * (high - low)
        low, high = max(min(low, *ends), low - room), min(max(high, *ends), high + room)
    if min(values) >= 0 and low < 0.6 * high:
        low = 0.0
    if high - low < 1e-9 * max(abs(high), abs(low), 1e-12):
        pad = abs(high) * 0.1 or 1.0
        low, high = low - pad, high + pad
    return low, high


def rounded(low: float, high: float) -> list[float]:
    """Four to seven round values over the range: multiples of 1, 2, 2.5 or 5 times a power of ten."""
    rough = (high - low) / 4.6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * times for times in (1, 2, 2.5, 5, 10) if power * times >= rough), power * 10)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [place * step for place in range(first, last + 1)]


def label(tick: float, ticks: Sequence[float]) -> str:
    """A tick's value, with as many decimals as its neighbours need."""
    step = ticks[1] - ticks[0]
    if abs(tick) >= 1e6 or step < 1e-4:
        return minus(f"{tick:.3g}")
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    decimals += abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6
    text_ = f"{tick:,.{decimals}f}"
    return minus(text_) if float(text_.replace(",", "")) else text_.replace("-", "")


def dates(known: Sequence[Point], x: Callable[[float], float]) -> list[str]:
    """A few days along the foot: the first of months or of years, at most five."""
    first, last = known[0], known[-1]
    days = (last.start - first.start).days or 1
    per_day = (last.at - first.at) / days
    marks = []
    month = first.start.replace(day=1)
    while month <= last.start:
        if month >= first.start:
            marks.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    every = next((size for size in (1, 2, 3, 6, 12, 24, 60, 120) if len(marks) / size <= 5.5), 240)
    marks = [mark for mark in marks if (mark.year * 12 + mark.month - 1) % every == 0]
    drawn = []
    if not marks:
        return [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, span(first.start, last.start), "small", "middle")]
    named: set[int] = set()
    for mark in marks:
        at = x(first.at + (mark - first.start).days * per_day)
        drawn.append(f'<line x1="{n(at)}" y1="{n(HEIGHT - FOOT)}" x2="{n(at)}" y2="{n(HEIGHT - FOOT + 4)}" class="axis"/>')
        word = MONTHS[mark.month - 1][:3] + ("" if mark.year in named else f" {mark.year}")
        named.add(mark.year)
        drawn.append(text(min(max(at, LEFT + 14), WIDTH - RIGHT - 10), HEIGHT - 6, str(mark.year) if every >= 12 else word, "small", "middle"))
    base = f'<line x1="{n(LEFT)}" y1="{n(HEIGHT - FOOT)}" x2="{n(WIDTH - RIGHT)}" y2="{n(HEIGHT - FOOT)}" class="axis"/>'
    return [base, *drawn]


def clipped(
    x1: float, y1: float, x2: float, y2: float, low: float, high: float
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The part of a line that lies between two heights; None where none of it does."""
    if max(y1, y2) < low or min(y1, y2) > high or x1 >= x2:
        return None
    ends = []
    for x, y in ((x1, y1), (x2, y2)):
        edge = min(max(y, low), high)
        ends.append((x if edge == y else x1 + (x2 - x1) * (edge - y1) / (y2 - y1), edge))
    return ends[0], ends[1]


def placed(
    spread: Spread, unit: str, spots: Sequence[tuple[float, float]], y: Callable[[float], float], left: float, right: float
) -> tuple[float, float, str]:
    """(x, y, anchor) of a level's value: at either end of its line, above or below it or its interval, where fewest points are."""
    wide = 6.6 * len(shown(spread.value, unit)) + 4
    edges = [spread.value, *(end for end in (spread.high, spread.low) if end is not None)]
    best: tuple[int, int] | None = None
    found = (left + 3, y(spread.value) - 6, "start")
    for rank, (edge, up, first) in enumerate((edge, up, first) for first in (True, False) for edge in edges for up in (True, False)):
        at = y(edge) + (-5 if up else 14)
        start = left + 3 if first else right - wide
        if at - 11 < TOP + 4 or at > HEIGHT - FOOT - 3 or start < LEFT:
            continue
        hidden = sum(start - 4 <= px <= start + wide + 4 and at - 14 <= py <= at + 5 for px, py in spots)
        # A line through the words is worse than a point under them.
        hidden += sum(at - 11 < y(other) < at + 3 for other in edges[:1] if other != edge)
        if best is None or (hidden, rank) < best:
            best, found = (hidden, rank), (left + 3 if first else right, at, "start" if first else "end")
    return found
