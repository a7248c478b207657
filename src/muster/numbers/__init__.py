"""Numbers, observed: what the data that a claim binds a number to says before and after the event, and of the trend.

A number's settings in the claim's front matter:

- `data`: the file in the book (CSV, Parquet, JSON); `time`, `value`: its columns; `where`: `{column: value}` or a list of
  values, which rows to take; `epoch`: `seconds` or `milliseconds`, where times are counted from 1970.
- `event`: the day or moment that parts before from after; `since`, `until`: which time to look at (both days included).
- `statistic`: mean, median (what it is unless said), min, max, count, sum, rate, or a percentile such as p95 or p99.9.
  `rate` counts rows, or adds up `value` where that is named, `per: hour`, `day` (unless said) or `week`.
- `unit`: what a value is in; `every`: day, week or month, for the trend, chosen by a rule unless said (`series`).
- `before`, `after`, `claimed`: what is claimed, for rule A405.

Nothing here says why a number moved. Statistics are in `statistics`, the trend in `trend`, which loads statsmodels when
one is computed and not before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from muster.model import Claim, Number, Observed
from muster.numbers.read import Micros, Pull, PullError, Values, Wanted, instant, moment, pull
from muster.numbers.series import EVERY, series
from muster.numbers.statistics import (
    DAY,
    NAMES,
    SECONDS,
    SEED,
    TOTALS,
    Side,
    change,
    daily,
    percentile_of,
    ratio,
    side,
    spread,
    statistic_of,
    step_of,
    window,
)
from muster.numbers.trend import trend

__all__ = ["instant", "observe", "observe_all", "spread", "statistic_of"]

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """A number's settings, understood."""

    wanted: Wanted
    event: int
    statistic: str
    unit: str
    per: str
    every: str
    since: int | None
    until: int | None


def observe_all(root: Path, claims: Sequence[Claim]) -> tuple[Observed, ...]:
    """Every number of every claim, in order, as its data in the book has it."""
    return tuple(observe(root, str(claim.where.path), number) for claim in claims for number in claim.numbers)


def observe(root: Path, path: str, number: Number) -> Observed:
    """What the data says of one number; where it cannot be read, `problem` says what to mend, and nothing is made up."""
    statistic = str(number.settings.get("statistic") or "median")
    unit = str(number.settings.get("unit") or "")
    try:
        asked = understood(number)
        file = _file(root, number.data)
        found = pull(file, number.data, asked.wanted)
        return _observed(path, number, asked, found)
    except PullError as error:
        problem = str(error)
    except OSError as error:
        problem = f"{number.data} cannot be read: {error.strerror or error}"
    return Observed(path, number.name, number.data, statistic, unit, None, None, None, problem)


def _file(root: Path, data: str) -> Path:
    """The file in the book; raises `PullError` where there is none."""
    if not data:
        raise PullError("it names no data; write `data: data/FILE.csv` under it")
    try:
        target = (root / data).resolve()
        inside = target.is_relative_to(root.resolve()) and target.is_file()
    except (OSError, ValueError):
        inside = False
    if not inside:
        raise PullError(f"{data} is not in the book")
    return target


def understood(number: Number) -> Asked:
    """A number's settings, checked; raises `PullError` with what to write instead."""
    settings = {key: value for key, value in number.settings.items() if value is not None}
    text = {key: str(value).strip() for key, value in settings.items() if key != "where"}
    statistic = text.get("statistic") or "median"
    if not number.data:
        raise PullError("it names no data; write `data: data/FILE.csv` under it")
    if statistic_of(statistic) is None:
        raise PullError(f"no statistic {statistic!r}; there are {NAMES}")
    counted = statistic in ("count", "rate")
    missing = [key for key in ("time", "value", "event") if not text.get(key) and not (key == "value" and counted)]
    if missing:
        raise PullError(f"it does not say {', '.join(missing)}")
    event = moment(text["event"])
    if event is None:
        raise PullError(f"its event {text['event']!r} is no date; write it as 2026-05-04")
    per, every, epoch = text.get("per", ""), text.get("every", ""), text.get("epoch", "")
    for key, typed, known in (("per", per, tuple(SECONDS)), ("every", every, EVERY), ("epoch", epoch, ("seconds", "milliseconds"))):
        if typed and typed not in known:
            raise PullError(f"its {key} {typed!r} is not known; write {', '.join(known[:-1])} or {known[-1]}")
    per = per or ("day" if statistic == "rate" else "")
    value = text.get("value", "") if statistic != "count" else ""
    unit = text.get("unit", "")
    if statistic == "rate" and not re.search(rf"(?:/|\bper|\ba|\ban)\s*{per}\b", unit):
        unit = f"{unit} {'an' if per == 'hour' else 'a'} {per}".strip()
    bounds = []
    for key, days in (("since", 0), ("until", 1)):
        when = moment(text[key]) if text.get(key) else None
        if text.get(key) and when is None:
            raise PullError(f"its {key} {text[key]!r} is no date; write it as 2026-05-04")
        # The last day is looked at to its end.
        bounds.append(when + days * DAY * (when % DAY == 0) if when is not None else None)
    wanted = Wanted(text["time"], value, _where(settings.get("where")), epoch)
    return Asked(wanted, event, statistic, unit, per, every, bounds[0], bounds[1])


def _where(typed: object) -> Mapping[str, tuple[str, ...]]:
    """Which values of which columns a row must have."""
    if typed is None:
        return {}
    if not isinstance(typed, Mapping):
        raise PullError("its `where` names no column; write `where: {service: search}`")

    def spelt(value: object) -> str:
        return ("true" if value else "false") if isinstance(value, bool) else str(value).strip()

    return {
        str(column): tuple(spelt(one) for one in value) if isinstance(value, (list, tuple)) else (spelt(value),)
        for column, value in typed.items()
    }


def _observed(path: str, number: Number, asked: Asked, found: Pull) -> Observed:
    """The measurements on either side of the event, in figures."""
    at, values = found.at, found.values
    keep = np.ones(len(at), dtype=bool)
    if asked.since is not None:
        keep &= at >= asked.since
    if asked.until is not None:
        keep &= at < asked.until
    at, values = at[keep], values[keep]
    split = int(np.searchsorted(at, asked.event))
    day = (_ZERO + timedelta(microseconds=asked.event)).date()
    if not split or split == len(at):
        span = f"; its rows are from {_day(at[0])} to {_day(at[-1])}" if len(at) else "; none lie between `since` and `until`"
        raise PullError(f"{number.data} has no rows {'before' if not split else 'from'} {day}{span}")
    step = step_of(at)
    looked = window(at, asked.event, step)
    looked = (looked[0] if asked.since is None else asked.since, looked[1] if asked.until is None else asked.until)
    before, after, days = sides(at, values, split, asked, step, looked)
    notes = [f"{note[0].upper()}{note[1:]}." for note in found.notes]
    comparable = asked.statistic not in ("count", "sum") or abs(days[0] - days[1]) <= 0.05 * max(days)
    if not comparable:
        notes.append(f"The {days[0]:.0f} days before and {days[1]:.0f} after are not of one length; `statistic: rate` compares them.")
    share = percentile_of(asked.statistic)
    if share is not None:
        fewest = min(before.spread.rows, after.spread.rows)
        beyond = fewest * min(share, 100 - share) / 100
        if beyond < 5:
            notes.append(f"{asked.statistic} of {fewest} rows rests on the outermost {max(1, round(beyond))} or so.")
    lost = found.read and sum(int(note.split(" ", 1)[0].replace(",", "")) for note in found.unread) > 0.05 * found.read
    if lost:
        notes.append("More than one row in twenty could not be read.")
    per = float(SECONDS[asked.per]) if asked.per else 0.0
    return Observed(
        path, number.name, number.data, asked.statistic, asked.unit, day, before.spread, after.spread,
        change=change(before, after) if comparable else None,
        ratio=ratio(before, after) if comparable else None,
        trend=trend(series(at, values, asked.event, asked.statistic, asked.every, per=per, looked=looked)),
        read=found.read, unread=found.unread, cautions=tuple(notes),
    )  # fmt: skip


def sides(
    at: Micros, values: Values, split: int, asked: Asked, step: int, looked: tuple[int, int]
) -> tuple[Side, Side, tuple[float, float]]:
    """Both sides of the event, and how many days each covers; a row stands for `step`, and `looked` is what was looked at."""
    since, until = looked
    # A row of an even pace stands for the time up to the next; the last one before the event may reach over it.
    edge = asked.event if step == DAY else int(at[split])
    days = ((edge - since) / DAY, (until - edge) / DAY)
    found = []
    for place, (start, end, low, high) in enumerate(((0, split, since, edge), (split, len(at), edge, until))):
        rows, part = end - start, values[start:end]
        scale = 1.0
        if asked.statistic in TOTALS:
            part = daily(at[start:end], part, low, high, step)
            if asked.statistic == "rate":
                scale = len(part) * (SECONDS[asked.per] * 1e6) / max(high - low, 1)
        found.append(side(part, asked.statistic, rows, seed=SEED + place, scale=scale))
    return found[0], found[1], days


def _day(when: np.int64) -> str:
    """The day of a moment."""
    return (_ZERO + timedelta(microseconds=int(when))).date().isoformat()
