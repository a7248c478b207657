"""Numbers: what a claim binds to data, and what that data says on either side of the event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity that a claim binds to data: `{name.before}` and `{name.after}` in its prose stand for it."""

    name: str
    data: str
    settings: Mapping[str, object]
    line: int


@dataclass(frozen=True, slots=True)
class Spread:
    """A statistic over `rows` measurements, with its 95 % interval; None where there are too few for one."""

    value: float
    low: float | None
    high: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval, in the number's unit; the bounds are None where nothing can be said of them."""

    value: float
    low: float | None
    high: float | None

    @property
    def sure(self) -> bool:
        """Whether its sign is known: the interval is there and leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a number's series: its first day, its statistic (None where it has no rows), and how many rows.

    `at` counts periods from the event: -1 is the last before it, 0 the first after it.
    """

    at: int
    start: date
    value: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The interrupted time series of a number: was it moving anyway, and what was different after the event?

    The series has a point every `every` (day, week or month), counted from the event; `before` and `after` are how many
    have a value, `gaps` how many between them have none. `intercept` is where the trend before the event arrives at it,
    `pretrend` that trend in the number's unit a period, `level` the jump at the event and `slope` the change of the
    trend. `expected` is what the periods after would have averaged had the trend before gone on, and `effect` how far
    they were from that. `problem` says why there is no estimate; all of them are then None. `cautions` are sentences.
    """

    every: str
    before: int
    after: int
    gaps: int = 0
    lag: int = 0
    intercept: float | None = None
    pretrend: Estimate | None = None
    level: Estimate | None = None
    slope: Estimate | None = None
    effect: Estimate | None = None
    expected: float | None = None
    durbin_watson: float | None = None
    cautions: tuple[str, ...] = ()
    problem: str = ""
    points: tuple[Point, ...] = ()

    @property
    def moving(self) -> bool:
        """Whether it moved before the event already, as far as the data can tell."""
        return self.pretrend is not None and self.pretrend.sure


@dataclass(frozen=True, slots=True)
class Observed:
    """What the data that a claim's number is bound to says, on either side of the event.

    `path` is the claim's and `name` the number's. Where the data cannot be read, `before` and `after` are None and
    `problem` says what to mend. `change` is after less before, in the unit, and `ratio` after over before. `read` counts
    the rows looked at; `unread` says of those that are no measurements why, how many, and where the first one is.
    """

    path: str
    name: str
    data: str
    statistic: str
    unit: str
    event: date | None
    before: Spread | None
    after: Spread | None
    problem: str = ""
    change: Estimate | None = None
    ratio: Estimate | None = None
    trend: Trend | None = None
    read: int = 0
    unread: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
