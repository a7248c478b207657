"""Numbers, observed: what the data that a claim binds a number to says before and after the event.

The interval is a circular block bootstrap (Politis & Romano 1992): measurements follow each other in time, so blocks of
neighbours are drawn, not single rows; block length is n^(1/3), 2,000 draws, a fixed seed. Whether it was falling anyway
(an interrupted time series) is not looked at yet, and nothing here says why a number moved.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from muster.model import Claim, Number, Observed, Spread

#: Fewer rows than this on one side say too little to give an interval.
FEWEST = 8
DRAWS = 2_000
LARGEST = 64 * 1024 * 1024

Values = npt.NDArray[np.float64]


def observe_all(root: Path, claims: Sequence[Claim]) -> tuple[Observed, ...]:
    """Every number of every claim, in order, as its data in the book has it."""
    return tuple(observe(root, str(claim.where.path), number) for claim in claims for number in claim.numbers)


def observe(root: Path, path: str, number: Number) -> Observed:
    """What the data says of one number; where it cannot be read, `problem` says what to mend, and nothing is made up."""
    settings = {key: str(value) for key, value in number.settings.items()}
    statistic = settings.get("statistic", "median")
    blank = Observed(path, number.name, number.data, statistic, settings.get("unit", ""), None, None, None)

    def broken(problem: str) -> Observed:
        return Observed(blank.path, blank.name, blank.data, statistic, blank.unit, None, None, None, problem)

    if not number.data:
        return broken("it names no data; write `data: data/FILE.csv` under it")
    target = (root / number.data).resolve()
    if not target.is_relative_to(root.resolve()) or not target.is_file():
        return broken(f"{number.data} is not in the book")
    if target.stat().st_size > LARGEST:
        return broken(f"{number.data} is over 64 MiB")
    measure = statistic_of(statistic)
    if measure is None:
        return broken(f"no statistic {statistic!r}; there are mean, median, sum, count, min, max and p1 to p99")
    missing = [key for key in ("time", "value", "event") if not settings.get(key)]
    if missing:
        return broken(f"it does not say {', '.join(missing)}")
    event = instant(settings["event"])
    if event is None:
        return broken(f"its event {settings['event']!r} is no date; write it as 2026-05-04")
    try:
        rows = read(target, settings["time"], settings["value"])
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        seen = f"it has no column {error}" if isinstance(error, KeyError) else str(error)
        return broken(f"{number.data} cannot be read: {seen}")
    before = np.array([value for when, value in rows if when < event], dtype=np.float64)
    after = np.array([value for when, value in rows if when >= event], dtype=np.float64)
    if not len(before) or not len(after):
        return broken(f"{number.data} has no rows {'before' if not len(before) else 'from'} {event.date()}")
    return Observed(
        path, number.name, number.data, statistic, blank.unit, event.date(), spread(before, measure), spread(after, measure)
    )


def read(path: Path, time_: str, value: str) -> list[tuple[datetime, float]]:
    """(when, value) of every row that has both, in order of time; raises `KeyError` where a column is not there."""
    found = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        for column in (time_, value):
            if column not in (reader.fieldnames or ()):
                raise KeyError(column)
        for row in reader:
            when = instant(row[time_] or "")
            try:
                number = float(row[value])
            except (TypeError, ValueError):
                continue
            if when is not None and math.isfinite(number):
                found.append((when, number))
    return sorted(found)


def instant(text: str) -> datetime | None:
    """The moment that the text names, in UTC; a date is its first moment."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            when = datetime.combine(date.fromisoformat(text.strip()), time())
        except ValueError:
            return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def statistic_of(name: str) -> Callable[[Values], Values] | None:
    """The statistic of that name, taken along the last axis."""
    simple: Mapping[str, Callable[[Values], Values]] = {
        "mean": lambda rows: np.mean(rows, axis=-1),
        "median": lambda rows: np.median(rows, axis=-1),
        "sum": lambda rows: np.sum(rows, axis=-1),
        "count": lambda rows: np.full(rows.shape[:-1], float(rows.shape[-1])),
        "min": lambda rows: np.min(rows, axis=-1),
        "max": lambda rows: np.max(rows, axis=-1),
    }
    if name in simple:
        return simple[name]
    if match := re.fullmatch(r"p([1-9]\d?)", name):
        share = float(match[1])
        return lambda rows: np.percentile(rows, share, axis=-1)
    return None


def spread(values: Values, measure: Callable[[Values], Values]) -> Spread:
    """The statistic, its 95 % interval (None with fewer than 8 rows), and how many rows it is of."""
    value = float(measure(values))
    size = len(values)
    if size < FEWEST:
        return Spread(value, None, None, size)
    block = max(1, round(size ** (1 / 3)))
    random = np.random.default_rng(20260101)
    starts = random.integers(0, size, size=(DRAWS, math.ceil(size / block)))
    places = (starts[:, :, None] + np.arange(block)[None, None, :]) % size
    drawn = values[places.reshape(DRAWS, -1)[:, :size]]
    low, high = np.percentile(measure(drawn), [2.5, 97.5])
    return Spread(value, float(low), float(high), size)
