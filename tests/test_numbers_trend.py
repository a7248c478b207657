"""The interrupted time series, beside a published example, an independent formula, and series whose truth is known."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.model import Number, Observed, Trend
from muster.numbers import observe
from muster.numbers.trend import critical, durbin_watson, fit, lag_of
from muster.quantities.figures import trend_of

#: Packs of cigarettes sold per head in California, 1970 to 2000; Proposition 99 came in 1989. The data of Abadie, Diamond
#: & Hainmueller (2010), from Orzechowski & Walker, The Tax Burden on Tobacco.
PACKS = np.array([
    123, 121, 123.5, 124.4, 126.7, 127.1, 128, 126.4, 126.1, 121.9, 120.2, 118.6, 115.4, 110.8, 104.8, 102.8, 99.7, 97.5, 90.1,
    82.4, 77.8, 68.7, 67.5, 63.4, 58.6, 56.4, 54.5, 53.8, 52.3, 47.2, 41.6,
])  # fmt: skip
YEARS = np.arange(1970, 2001) - 1989


def test_the_published_example_of_single_group_analysis() -> None:
    # Linden, A. (2015). Conducting interrupted time-series analysis for single- and multiple-group comparisons. Stata
    # Journal 15(2), 480-500: `itsa cigsale, single treat(3) trperiod(1989) lag(1) posttrend` gives _t -1.779474 (.3834188),
    # _x1989 -20.0581 (4.724395), _x_t1989 -1.494652 (.4368183), and a trend after of -3.2741.
    found = fit(YEARS, PACKS, 1)
    assert found.pretrend.value == pytest.approx(-1.779474, abs=5e-7)
    assert found.level.value == pytest.approx(-20.0581, abs=5e-5)
    assert found.slope.value == pytest.approx(-1.494652, abs=5e-7)
    assert found.posttrend.value == pytest.approx(-3.2741, abs=5e-5)
    assert found.errors[1:] == pytest.approx((0.3834188, 4.724395, 0.4368183), rel=1e-5)
    # The mean gap to the line through the years before is the -28.3 packs that are told of these data.
    assert found.effect.value == pytest.approx(-28.28, abs=0.01)
    assert found.expected + found.effect.value == pytest.approx(PACKS[19:].mean())


def newey_west(design: npt.NDArray[np.float64], residuals: npt.NDArray[np.float64], lag: int) -> npt.NDArray[np.float64]:
    """Newey & West (1987), equation 5, with the factor n / (n - k): written out, and by nobody's library."""
    size, width = design.shape
    moments = design * residuals[:, None]
    middle = moments.T @ moments
    for distance in range(1, lag + 1):
        weight = 1 - distance / (lag + 1)
        part = moments[distance:].T @ moments[:-distance]
        middle += weight * (part + part.T)
    bread = np.linalg.inv(design.T @ design)
    return np.asarray(np.sqrt(np.diag(bread @ middle @ bread) * size / (size - width)))


@pytest.mark.parametrize("lag", [0, 1, 2, 5])
def test_errors_are_newey_and_wests(lag: int) -> None:
    found = fit(YEARS, PACKS, lag)
    after = (YEARS >= 0).astype(float)
    design = np.column_stack([np.ones(31), YEARS, after, YEARS * after])
    assert found.errors == pytest.approx(tuple(newey_west(design, found.residuals, lag)), rel=1e-9)


def test_the_lag_is_newey_and_wests_rule_of_thumb() -> None:
    # floor(4 (n/100)^(2/9)): Newey & West (1994), table II B.
    assert [lag_of(size) for size in (16, 25, 31, 50, 100, 250, 1000)] == [2, 2, 3, 3, 4, 4, 6]


def test_critical_values_are_kiefer_and_vogelsangs() -> None:
    # At b = 1 theirs is 4.81, the 6.811 / sqrt(2) of Kiefer, Vogelsang & Bunzel (2000); with no lag and many points, 1.96.
    assert critical(10**6, 10**6 - 1) == pytest.approx(6.811 / np.sqrt(2), abs=0.01)
    assert critical(10**6, 0) == pytest.approx(1.96, abs=1e-3)


@pytest.mark.parametrize(("size", "share"), [(24, 0.86), (120, 0.90)])
def test_intervals_hold_about_as_often_as_is_said(size: int, share: float) -> None:
    dice = np.random.default_rng(8)
    places = np.arange(size) - size // 2
    found = [fit(places, 10 + dice.normal(size=size), lag_of(size)).effect for _ in range(300)]
    held = sum(one.low is not None and one.high is not None and one.low <= 0 <= one.high for one in found) / 300
    assert share <= held <= 0.98


def test_durbin_watson_at_its_ends() -> None:
    assert durbin_watson(np.array([1.0, -1, 1, -1] * 50)) == pytest.approx(4, abs=0.05)
    assert durbin_watson(np.repeat([1.0, -1.0], 100)) < 0.1
    assert 1.8 < durbin_watson(np.random.default_rng(4).normal(size=2000)) < 2.2


def weekly(
    root: Path, before: int = 30, after: int = 30, *, slope: float = 0.0, level: float = 0.0, bend: float = 0.0, noise: float = 1.0, tied: float = 0.0,
    without: range = range(0), seed: int = 5, mean: float = 100.0, **settings: object,
) -> Observed:  # fmt: skip
    """A week's value a Monday, made so that the truth is known."""
    dice = np.random.default_rng(seed)
    event = date(2025, 6, 2)
    error, rows = 0.0, []
    for week in range(-before, after):
        error = tied * error + noise * float(dice.normal())
        value = mean + slope * week + (level + bend * week if week >= 0 else 0) + error
        if week + before not in without:
            rows.append(f"{event + timedelta(weeks=week)},{value:.9f}")
    (root / "x.csv").write_text("at,v\n" + "\n".join(rows) + "\n")
    return observe(root, "c", Number("n", "x.csv", {"time": "at", "value": "v", "event": str(event), "statistic": "mean", "unit": "min", **settings}, 1))


def trend(one: Observed) -> Trend:
    assert not one.problem, one.problem
    assert one.trend is not None
    return one.trend


def test_what_was_falling_anyway_is_said_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    one = weekly(tmp_path, slope=-0.5)
    found = trend(one)
    assert one.change is not None and one.change.high is not None and one.change.high < -10, "the two sides differ"
    assert found.moving and found.effect is not None and not found.effect.sure, "and that is the trend"
    first, second = trend_of(one)
    assert first.startswith("The baseline was already moving: in the 30 weeks before it was falling by 0.")
    assert second.startswith("Had that gone on, the 30 weeks after would have averaged") and "cannot be told from noise" in second


def test_a_step_is_found_beside_a_level_baseline(tmp_path: Path) -> None:
    one = weekly(tmp_path, level=-20)
    found = trend(one)
    assert not found.moving and found.level is not None and found.effect is not None
    assert found.level.low is not None and found.level.high is not None and found.level.low < -20 < found.level.high
    assert found.effect.sure
    assert "no trend can be told from noise" in trend_of(one)[0]
    assert "min less (95 % interval" in trend_of(one)[1]
    assert not any("because" in line for line in (*trend_of(one), *found.cautions))


def test_a_bend_is_a_change_of_slope(tmp_path: Path) -> None:
    found = trend(weekly(tmp_path, slope=0.3, bend=-0.8, noise=0.5))
    assert found.slope is not None and found.slope.low is not None and found.slope.high is not None
    assert found.slope.value == pytest.approx(-0.8, abs=0.06) and found.slope.sure and found.pretrend is not None and found.pretrend.sure


@pytest.mark.parametrize(("before", "after"), [(7, 30), (30, 7), (4, 4)])
def test_too_short_is_said(tmp_path: Path, before: int, after: int) -> None:
    found = trend(weekly(tmp_path, before, after))
    assert found.problem == f"too short for a trend: {before} weeks with data before and {after} after; 8 on each side are the least"
    assert found.level is None and len(found.points) == before + after
    one = weekly(tmp_path, before, after)
    assert trend_of(one) == (found.problem.replace("too", "Too", 1) + ".",)


def test_gaps_are_counted_and_too_many_are_too_thin(tmp_path: Path) -> None:
    found = trend(weekly(tmp_path, without=range(5, 9), level=-10))
    assert (found.gaps, found.before, found.after, found.problem) == (4, 26, 30, "")
    assert "4 of 60 weeks have no rows and are left out." in found.cautions
    thin = trend(weekly(tmp_path, 60, 30, without=range(8, 58)))
    assert thin.problem == "too thin for a trend: 50 of 90 weeks have no rows"


def test_no_scatter_and_no_variance_are_said(tmp_path: Path) -> None:
    assert trend(weekly(tmp_path, noise=0)).problem == "every week has the same value, so there is no trend to tell"
    exact = trend(weekly(tmp_path, noise=0, slope=0.5, level=-8))
    assert exact.level is not None and exact.level.value == pytest.approx(-8) and exact.level.low is None
    assert exact.cautions[0] == "Every week lies on the lines exactly, so how sure they are cannot be told."


def test_neighbours_that_resemble_each_other_widen_the_interval(tmp_path: Path) -> None:
    loose, tied = trend(weekly(tmp_path, 60, 60)), trend(weekly(tmp_path, 60, 60, tied=0.8, noise=0.6))
    assert any("resemble each other (Durbin–Watson" in line for line in tied.cautions)
    assert not any("resemble" in line for line in loose.cautions)


def test_short_series_and_seasons_are_warned_of(tmp_path: Path) -> None:
    told = " ".join(trend(weekly(tmp_path, 9, 30)).cautions)
    assert "It is a short series: 9 weeks before and 30 after" in told and "nearer 90 %" in told and "a season cannot be told from the event" in told
    assert not trend(weekly(tmp_path, 110, 110)).cautions
    steep = trend(weekly(tmp_path, slope=-2, mean=10, level=60, bend=2, noise=0.1))
    assert "The line through what was before falls below zero, where no value is: it could not have gone on." in steep.cautions


def daily(root: Path, weekend: float, count: int = 100, **settings: object) -> Trend:
    dice = np.random.default_rng(6)
    start = date(2026, 1, 1)
    days = [start + timedelta(days=n) for n in range(count)]
    (root / "x.csv").write_text("at,v\n" + "".join(f"{day},{50 + weekend * (day.weekday() > 4) + dice.normal():.6f}\n" for day in days))
    event = str(start + timedelta(days=count // 2))
    return trend(observe(root, "c", Number("n", "x.csv", {"time": "at", "value": "v", "event": event, **settings}, 1)))


def test_the_period_follows_the_stated_rule(tmp_path: Path) -> None:
    assert daily(tmp_path, 0, 140).every == "week", "eight weeks on each side"
    assert daily(tmp_path, 0, 40).every == "day", "not eight weeks, but eight days"
    assert daily(tmp_path, 0, 40, every="week").problem.startswith("too short for a trend: 3 weeks")
    weekend = daily(tmp_path, -20, 60)
    assert weekend.every == "day" and "Days of the week differ; `every: week` would even that out." in weekend.cautions
    assert not any("Days of the week" in line for line in daily(tmp_path, 0, 60).cautions)
    rows = [f"{2024 + n // 12}-{1 + n % 12:02}-01,{n % 5}" for n in range(24)]
    (tmp_path / "x.csv").write_text("at,v\n" + "\n".join(rows))
    one = observe(tmp_path, "c", Number("n", "x.csv", {"time": "at", "value": "v", "event": "2025-01-01"}, 1))
    assert trend(one).every == "month" and [point.start.day for point in trend(one).points] == [1] * 24
    odd = trend(observe(tmp_path, "c", Number("n", "x.csv", {"time": "at", "value": "v", "event": "2025-01-31", "every": "month"}, 1)))
    assert odd.before == 13 and odd.points[1].start == date(2024, 1, 31), "a month from the 31st ends with February"


def test_a_row_in_1900_is_no_series_of_six_thousand_weeks(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("at,v\n1900-01-01,1\n2026-01-01,2\n2026-03-01,3\n")
    found = trend(observe(tmp_path, "c", Number("n", "x.csv", {"time": "at", "value": "v", "event": "2026-02-01"}, 1)))
    assert found.problem and len(found.points) < 2000


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-1000, 1000), min_size=20, max_size=40), st.integers(8, 12), st.sampled_from([0, 2]))
def test_turning_time_round_turns_the_trend_round(values: list[int], split: int, lag: int) -> None:
    places = np.arange(len(values)) - split
    forth = fit(places, np.array(values, dtype=float), lag)
    back = fit(-1 - places[::-1], np.array(values[::-1], dtype=float), lag)
    assert back.pretrend.value == pytest.approx(-forth.posttrend.value, abs=1e-6)
    assert back.posttrend.value == pytest.approx(-forth.pretrend.value, abs=1e-6)
    if forth.pretrend.low is not None and back.posttrend.high is not None:
        assert back.posttrend.high == pytest.approx(-forth.pretrend.low, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-1000, 1000), min_size=20, max_size=40), st.sampled_from([-8.0, 0.25, 1024.0]))
def test_the_trend_scales_with_the_values(values: list[int], factor: float) -> None:
    places = np.arange(len(values)) - 9
    one = fit(places, np.array(values, dtype=float), 2)
    other = fit(places, np.array(values, dtype=float) * factor, 2)
    for mine, theirs in ((one.pretrend, other.pretrend), (one.level, other.level), (one.slope, other.slope), (one.effect, other.effect)):
        assert theirs.value == pytest.approx(mine.value * factor, abs=1e-6 * abs(factor))
        if mine.low is not None and mine.high is not None and theirs.low is not None:
            assert theirs.low == pytest.approx(min(mine.low * factor, mine.high * factor), rel=1e-6, abs=1e-5 * abs(factor))
