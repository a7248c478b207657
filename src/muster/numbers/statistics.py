"""Statistics over measurements that follow each other in time, with an interval, on either side of an event.

The interval is a circular block bootstrap (Politis & Romano 1992): neighbours in time resemble each other, so blocks of
neighbours are drawn, not single rows. A block is n^(1/3) long, the rate of Hall, Horowitz & Jing (1995); 2,000 draws, a
fixed seed, percentile interval. A percentile is that of Hyndman & Fan (1996), type 7.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from muster.model import Estimate, Spread
from muster.numbers.read import Micros, Values

#: Fewer than this on one side say too little to give an interval.
FEWEST = 8
DRAWS = 2_000
#: With more rows than this allows, fewer draws are made, never fewer than 200: this many values are drawn in all.
DRAWN = 200_000_000
SEED = 20260101
DAY = 86_400_000_000
SECONDS = {"hour": 3_600, "day": 86_400, "week": 604_800}
#: Statistics of what happened in a time rather than of measurements; they are taken over whole days.
TOTALS = ("count", "sum", "rate")
NAMES = "mean, median, min, max, count, sum, rate, and percentiles such as p95 or p99.9"

Measure = Callable[[Values], Values]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the event: the statistic, with its interval, and the draws that the interval was read off (or none)."""

    spread: Spread
    drawn: Values


def statistic_of(name: str) -> Measure | None:
    """The statistic of that name, taken along the last axis; None where there is none of that name."""
    simple: Mapping[str, Measure] = {
        "mean": lambda rows: np.mean(rows, axis=-1),
        "rate": lambda rows: np.mean(rows, axis=-1),
        "median": lambda rows: np.median(rows, axis=-1),
        "sum": lambda rows: np.sum(rows, axis=-1),
        "count": lambda rows: np.sum(rows, axis=-1),
        "min": lambda rows: np.min(rows, axis=-1),
        "max": lambda rows: np.max(rows, axis=-1),
    }
    if name in simple:
        return simple[name]
    share = percentile_of(name)
    return None if share is None else (lambda rows: np.percentile(rows, share, axis=-1))


def percentile_of(name: str) -> float | None:
    """95 for `p95`, 99.9 for `p99.9`; None for anything that is no percentile between 0 and 100."""
    match = re.fullmatch(r"p(\d{1,2}(?:\.\d{1,3})?)", name, re.ASCII)
    share = float(match[1]) if match else 0.0
    return share if 0 < share < 100 else None


def draws(values: Values, measure: Measure, seed: int = SEED) -> Values:
    """The statistic over resamples of the values, blocks of neighbours at a time; the same values give the same draws."""
    size = len(values)
    block = max(1, round(size ** (1 / 3)))
    wanted = min(DRAWS, max(200, DRAWN // size))
    random = np.random.default_rng(seed)
    starts = random.integers(0, size, size=(wanted, math.ceil(size / block)))
    step = max(1, 4_000_000 // size)
    found = []
    for first in range(0, wanted, step):
        part = starts[first : first + step]
        places = (part[:, :, None] + np.arange(block)[None, None, :]) % size
        found.append(measure(values[places.reshape(len(part), -1)[:, :size]]))
    return np.concatenate(found)


def side(values: Values, name: str, rows: int, *, seed: int = SEED, scale: float = 1.0) -> Side:
    """The statistic of one side of the event with its 95 % interval.

    `rows` is how many rows it is of and `scale` a factor on the result. There is no interval with fewer than 8 values,
    and none of a minimum or maximum: an extreme cannot be resampled (Bickel & Freedman 1981).
    """
    measure = statistic_of(name)
    assert measure is not None
    value = float(measure(values)) * scale
    if len(values) < FEWEST or name in ("min", "max"):
        return Side(Spread(value, None, None, rows), np.empty(0))
    drawn = draws(values, measure, seed) * scale
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Side(Spread(value, float(low), float(high), rows), drawn)


def spread(values: Values, name: str) -> Spread:
    """The statistic, its 95 % interval, and how many rows it is of."""
    return side(values, name, len(values)).spread


def change(before: Side, after: Side) -> Estimate:
    """After less before, with the interval of the difference of the two sides' draws."""
    value = after.spread.value - before.spread.value
    if not len(before.drawn) or not len(after.drawn):
        return Estimate(value, None, None)
    size = min(len(before.drawn), len(after.drawn))
    low, high = np.percentile(after.drawn[:size] - before.drawn[:size], [2.5, 97.5])
    return Estimate(value, float(low), float(high))


def ratio(before: Side, after: Side) -> Estimate | None:
    """After over before, with its interval; None unless what was before is above zero and what is after not below."""
    if before.spread.value <= 0 or after.spread.value < 0:
        return None
    value = after.spread.value / before.spread.value
    size = min(len(before.drawn), len(after.drawn))
    if not size or float(np.min(before.drawn[:size])) <= 0:
        return Estimate(value, None, None)
    low, high = np.percentile(after.drawn[:size] / before.drawn[:size], [2.5, 97.5])
    return Estimate(value, float(low), float(high))


def step_of(at: Micros) -> int:
    """What time a row stands for: the distance of rows that come at an even pace of a day or more; else a day."""
    moments = np.unique(at)
    if len(moments) < 4 or len(moments) < len(at):
        return DAY
    gaps = np.diff(moments)
    middle = int(np.median(gaps))
    even = float(np.mean(np.abs(gaps - middle) <= DAY * 1.5 if middle > 3 * DAY else gaps == middle))
    return middle if middle > DAY and even >= 0.8 else DAY


def window(at: Micros, event: int, step: int) -> tuple[int, int]:
    """From when to when was looked: whole days (or steps), counted from the event, around the first and last row."""
    first, last = int(at[0]), int(at[-1])
    if step > DAY:
        return first, last + step
    since = event - -(-(event - first) // DAY) * DAY
    return since, event + ((last - event) // DAY + 1) * DAY


def daily(at: Micros, values: Values, since: int, until: int, step: int) -> Values:
    """What came in each day from `since` up to `until`, zero where nothing did; rows of an even pace are taken as they are."""
    if step > DAY:
        return values
    bins = max(1, -(-(until - since) // DAY))
    places = np.clip((at - since) // DAY, 0, bins - 1)
    return np.bincount(places, weights=values, minlength=bins).astype(np.float64)
