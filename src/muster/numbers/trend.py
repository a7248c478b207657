"""The interrupted time series: was it moving anyway, and what was different from the event on?

Segmented regression of the series on time (Wagner, Soumerai, Zhang & Ross-Degnan 2002; Bernal, Cummins & Gasparrini 2017):

    y = b0 + b1 t + b2 after + b3 t after        with t = 0 in the first period after the event

b1 is the trend before, b2 the change of level at the event, b3 the change of trend. Errors are Newey & West's (1987), with
the small-sample factor n / (n - 4), as Linden (2015) has them; the lag is the rule of thumb of Newey & West (1994),
floor(4 (n / 100)^(2/9)). An interval is wider than Student's t alone would have it, by the fixed-b critical values of
Kiefer & Vogelsang (2005) for this kernel: in series made for the purpose (`tests/test_numbers_trend.py`) the usual 95 %
interval holds in 84 of 100 cases with 24 points, and this one in 89; a series this short is always said to be so. Periods without rows are left out, and those beside them count as neighbours (the
equal-spacing estimator of Datta & Du 2012). Nothing here says why a number moved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from muster.model import Estimate, Trend
from muster.numbers.read import Values
from muster.numbers.series import FEWEST, FILLED, Series

#: Fewer periods than this on a side are a short series (Wagner et al. 2002 ask for twelve each).
SHORT = 12
#: Below this many periods in all, Newey-West intervals are known to come out too narrow (Turner et al. 2021).
NARROW = 100


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted segmented regression: the estimates in units a period, and the residuals in order of time."""

    intercept: float
    pretrend: Estimate
    level: Estimate
    slope: Estimate
    posttrend: Estimate
    effect: Estimate
    expected: float
    errors: tuple[float, float, float, float]
    residuals: Values


def lag_of(size: int) -> int:
    """How many neighbours errors may resemble, for a series of that many points (Newey & West 1994)."""
    return int(4 * float(size / 100) ** (2 / 9))


def critical(size: int, lag: int) -> float:
    """How many errors a 95 % interval reaches to either side: Kiefer & Vogelsang's (2005) for Bartlett's kernel, and Student's t.

    Theirs is a polynomial in b, the kernel's width over the length of the series; at b = 0 it is the normal's 1.96.
    """
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    b = (lag + 1) / size
    return float(stdtrit(size - 4, 0.975)) / 1.96 * (1.96 + 2.9694 * b + 0.4160 * b**2 - 0.5324 * b**3)


def fit(places: npt.NDArray[np.int64], values: Values, lag: int) -> Fit:
    """The segmented regression of values on their periods, counted from the event; there must be five points or more.

    `effect` is how far the fitted values after the event lie on average from the trend before it, and `expected` what
    that trend would have averaged there.
    """
    # Statsmodels' regression takes three seconds to load; the part of it that this needs takes half of that.
    from statsmodels.stats.sandwich_covariance import S_hac_simple  # type: ignore[import-untyped]

    time = places.astype(np.float64)
    after = (places >= 0).astype(np.float64)
    design = np.column_stack([np.ones(len(time)), time, after, time * after])
    inverse = np.linalg.pinv(design)
    params = inverse @ values
    residuals = values - design @ params
    inner = S_hac_simple(design * residuals[:, None], nlags=lag)
    bread = inverse @ inverse.T
    covariance = bread @ np.asarray(inner, dtype=np.float64) @ bread * len(time) / (len(time) - 4)
    middle = float(time[places >= 0].mean())
    wanted = np.array([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, middle]], dtype=np.float64)
    b0, b1 = float(params[0]), float(params[1])
    size = float(np.abs(values).max(initial=0.0))
    factor = critical(len(time), lag)
    rows = []
    for row in wanted:
        value, variance = float(row @ params), float(row @ covariance @ row)
        # No scatter, nothing to read an interval off: points that lie on the line but for rounding.
        half = factor * math.sqrt(variance) if variance > (1e-9 * size) ** 2 else None
        rows.append(Estimate(value, value - half, value + half) if half is not None else Estimate(value, None, None))
    errors = tuple(math.sqrt(max(float(error), 0.0)) for error in np.diag(covariance))
    assert len(errors) == 4
    return Fit(b0, rows[0], rows[1], rows[2], rows[3], rows[4], b0 + b1 * middle, errors, residuals)


def trend(found: Series) -> Trend:
    """What the series says of a trend; where it says nothing, why."""
    before, after = found.sides()
    empty = Trend(found.every, before, after, found.gaps, points=found.points)
    problem = found.problem or _too_little(found, before, after)
    if problem:
        return _told(empty, problem=problem)
    known = [point for point in found.points if point.value is not None]
    places = np.array([point.at for point in known], dtype=np.int64)
    values = np.array([point.value for point in known], dtype=np.float64)
    if float(np.ptp(values)) == 0:
        return _told(empty, problem=f"every {found.every} has the same value, so there is no trend to tell")
    lag = lag_of(len(values))
    done = fit(places, values, lag)
    watson = durbin_watson(done.residuals) if done.level.low is not None else None
    return Trend(
        found.every, before, after, found.gaps, lag, done.intercept, done.pretrend, done.level, done.slope, done.effect,
        done.expected, watson, cautions(found, before, after, done, watson), points=found.points,
    )  # fmt: skip


def _told(empty: Trend, problem: str) -> Trend:
    """The trend with nothing but its points and why there is no more."""
    return Trend(empty.every, empty.before, empty.after, empty.gaps, problem=problem, points=empty.points)


def _too_little(found: Series, before: int, after: int) -> str:
    """Why the series is too short or too thin for a trend; empty where it is not."""
    if min(before, after) < FEWEST:
        return (
            f"too short for a trend: {before} {found.every}{'s' * (before != 1)} with data before and {after} after; "
            f"{FEWEST} on each side are the least"
        )
    if found.gaps > (1 - FILLED) * len(found.points):
        return f"too thin for a trend: {found.gaps} of {len(found.points)} {found.every}s have no rows"
    return ""


def cautions(found: Series, before: int, after: int, done: Fit, watson: float | None) -> tuple[str, ...]:
    """What to bear in mind when reading the trend, as sentences; the weightiest first."""
    every, size = found.every, before + after
    said = []
    if done.level.low is None:
        said.append(f"Every {every} lies on the lines exactly, so how sure they are cannot be told.")
    line = done.intercept + done.pretrend.value * found.points[-1].at
    if line < 0 <= min((point.value for point in found.points if point.value is not None), default=0.0):
        said.append("The line through what was before falls below zero, where no value is: it could not have gone on.")
    if min(before, after) < SHORT:
        said.append(f"It is a short series: {before} {every}s before and {after} after, where twelve on each side are better.")
    if size < NARROW:
        said.append(f"Of {size} {every}s, what is called a 95 % interval of a trend is nearer 90 %, and less where neighbours resemble each other.")
    if found.gaps:
        said.append(f"{found.gaps} of {len(found.points)} {every}s have no rows and are left out.")
    if found.partial:
        one = found.partial == 1
        said.append(f"{found.partial} {every}{'' if one else 's'} at the ends {'is' if one else 'are'} not whole and left out.")
    if watson is not None and watson < 1.5:
        said.append(f"Neighbouring {every}s resemble each other (Durbin–Watson {watson:.1f}); the intervals allow for that.")
    elif watson is not None and watson > 2.5:
        said.append(f"Neighbouring {every}s swing from side to side (Durbin–Watson {watson:.1f}); the intervals allow for that.")
    if every == "day" and weekly(found, done.residuals):
        said.append("Days of the week differ; `every: week` would even that out.")
    days = (found.points[-1].start - found.points[0].start).days
    if days < 2 * 365:
        said.append("With less than two years of data, a season cannot be told from the event.")
    return tuple(said)


def durbin_watson(residuals: Values) -> float:
    """Durbin & Watson's (1950) statistic: 2 where neighbours do not resemble each other, towards 0 where they do."""
    whole = float(np.dot(residuals, residuals))
    steps = np.diff(residuals)
    return float(np.dot(steps, steps)) / whole if whole > 0 else 2.0


def weekly(found: Series, residuals: Values) -> bool:
    """Whether days a week apart resemble each other more than chance would have them: beyond 1.96 / sqrt(n)."""
    known = [point.at for point in found.points if point.value is not None]
    by_day = dict(zip(known, residuals, strict=True))
    pairs = [(value, by_day[at + 7]) for at, value in by_day.items() if at + 7 in by_day]
    whole = float(np.dot(residuals, residuals)) / len(residuals)
    if len(pairs) < 8 or whole == 0:
        return False
    return float(sum(one * other for one, other in pairs)) / len(pairs) / whole > 1.96 / math.sqrt(len(pairs))
