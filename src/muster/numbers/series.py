"""A number's series: its statistic in each day, week or month, counted from the event.

Periods are counted from the event's own moment, so that none holds rows of both sides. Which period, unless `every` says:
the first of week, day and month of which both sides have eight or more and of which six in ten have rows. Weeks come
first, as working weeks have a rhythm that days would show and weeks do not.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np

from muster.model import Point
from muster.numbers.read import Micros, Values
from muster.numbers.statistics import DAY, TOTALS, statistic_of, step_of, window

#: Fewest periods with a value on either side that a trend is computed of (Penfold & Zhang 2013).
FEWEST = 8
#: What part of the periods between the first and the last must have rows for one to be chosen.
FILLED = 0.6
#: More periods than this are no series that one reads.
MOST = 1_200
EVERY = ("week", "day", "month")
_LENGTH = {"day": DAY, "week": 7 * DAY}
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Series:
    """Points by period, oldest first, from the first with rows to the last; or why there are none."""

    every: str
    points: tuple[Point, ...] = ()
    problem: str = ""
    #: How many periods at the ends were left out, as the data does not cover them whole.
    partial: int = 0

    def sides(self) -> tuple[int, int]:
        """How many periods with a value there are before the event, and from it on."""
        known = [point.at for point in self.points if point.value is not None]
        return sum(at < 0 for at in known), sum(at >= 0 for at in known)

    @property
    def gaps(self) -> int:
        """How many periods between the first and the last have no rows."""
        return sum(point.value is None for point in self.points)


def series(
    at: Micros, values: Values, event: int, statistic: str, every: str = "", *, per: float = 0.0, looked: tuple[int, int] | None = None
) -> Series:
    """The statistic by period; `every` is chosen by the rule above where it is empty.

    `per` is the length in seconds of what a rate is told in; a rate's periods are rates, a count's and a sum's totals, and
    only of periods that lie within `looked`, the time that was looked at.
    """
    looked = looked or window(at, event, step_of(at))
    tried = {one: _series(at, values, event, statistic, one, per, looked) for one in ((every,) if every else EVERY)}
    for one in tried.values():
        if not one.problem and min(one.sides()) >= FEWEST and one.gaps <= (1 - FILLED) * len(one.points):
            return one
    # None will do: the one that has most of its periods filled says why.
    best = [one for one in tried.values() if not one.problem] or list(tried.values())
    return max(best, key=lambda one: (one.gaps <= (1 - FILLED) * len(one.points), min(one.sides()), -EVERY.index(one.every)))


def _series(at: Micros, values: Values, event: int, statistic: str, every: str, per: float, looked: tuple[int, int]) -> Series:
    """The series of one kind of period."""
    places = _places(at, event, every)
    first, last = int(places[0]), int(places[-1])
    if last - first >= MOST:
        return Series(every, problem=f"{last - first + 1:,} {every}s are more than a trend is computed of; say a longer `every`")
    totals, partial = statistic in TOTALS, 0
    if totals:
        # Only a period that was looked at from its beginning to its end has a total.
        since, until = looked
        whole_first = first if _begin(event, every, first) >= since else first + 1
        whole_last = last if _begin(event, every, last + 1) <= until or step_of(at) >= _length(every) else last - 1
        partial = (whole_first - first) + (last - whole_last)
        first, last = whole_first, whole_last
    points = []
    edges = np.searchsorted(places, np.arange(first, last + 2)) if first <= last else np.zeros(1, dtype=np.int64)
    measure = statistic_of("sum" if totals else statistic)
    assert measure is not None
    for place, (start, end) in enumerate(pairwise(edges), first):
        rows = int(end - start)
        value: float | None = None
        if totals:
            seconds = (_begin(event, every, place + 1) - _begin(event, every, place)) / 1e6
            value = float(values[start:end].sum()) * (per / seconds if statistic == "rate" else 1.0)
        elif rows:
            value = float(measure(values[start:end]))
        points.append(Point(place, _day(_begin(event, every, place)), value, rows))
    return Series(every, tuple(points), partial=partial)


def _length(every: str) -> int:
    """A period's shortest length in microseconds."""
    return _LENGTH.get(every, 28 * DAY)


def _places(at: Micros, event: int, every: str) -> Micros:
    """Which period each moment is in, counted from the event."""
    if every in _LENGTH:
        return np.asarray((at - event) // _LENGTH[every], dtype=np.int64)
    low = _month_of(int(at[0]), event)
    high = _month_of(int(at[-1]), event)
    edges = np.array([_begin(event, every, place) for place in range(low, high + 2)], dtype=np.int64)
    return np.asarray(np.searchsorted(edges, at, side="right") - 1 + low, dtype=np.int64)


def _month_of(moment: int, event: int) -> int:
    """Which month from the event a moment is in."""
    first, now = _ZERO + timedelta(microseconds=event), _ZERO + timedelta(microseconds=moment)
    place = (now.year - first.year) * 12 + now.month - first.month
    return place if _begin(event, "month", place) <= moment else place - 1


def _begin(event: int, every: str, place: int) -> int:
    """When a period begins; a month begins on the event's day, or on the month's last where it has no such day."""
    if every in _LENGTH:
        return event + place * _LENGTH[every]
    start = _ZERO + timedelta(microseconds=event)
    months = start.year * 12 + start.month - 1 + place
    year, month = divmod(months, 12)
    moved = start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))
    return (moved - _ZERO) // timedelta(microseconds=1)


def _day(moment: int) -> date:
    """The day of a moment."""
    return (_ZERO + timedelta(microseconds=moment)).date()
