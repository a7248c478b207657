"""Numbers are what the data says: the statistic on either side of the event, an interval, the change, or what to mend."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.model import Number, Observed
from muster.numbers import instant, observe, spread
from muster.numbers.statistics import percentile_of

EVENT = {"time": "at", "value": "minutes", "event": "2026-03-01", "statistic": "median", "unit": "minutes"}


def number(data: str = "data/x.csv", **changes: object) -> Number:
    return Number("p", data, {key: value for key, value in {**EVENT, **changes}.items() if value is not None}, 5)


def written(root: Path, text: str | bytes, name: str = "data/x.csv") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


@pytest.fixture
def book(tmp_path: Path) -> Path:
    rows = [f"2026-02-{day:02},{day}" for day in range(1, 11)] + [f"2026-03-{day:02} 09:30,{day / 10}" for day in range(1, 6)]
    return written(tmp_path, "at,minutes\n" + "\n".join(rows) + "\nno date,7\n2026-03-09,not a number\n2026-03-09,inf\n")


def days(count: int, value: str = "{n}", start: date = date(2026, 1, 1)) -> str:
    return "at,minutes,service\n" + "".join(
        f"{start + timedelta(days=n)},{value.format(n=n)},{'search' if n % 2 else 'payments'}\n" for n in range(count)
    )


def test_the_statistic_on_either_side_of_the_event(book: Path) -> None:
    found = observe(book, "claims/a.md", number())
    assert found.problem == ""
    assert found.event == date(2026, 3, 1)
    assert found.before is not None and found.after is not None and found.change is not None and found.ratio is not None
    assert (found.before.value, found.before.rows) == (5.5, 10)
    # A row without a date or a finite number is no measurement, and that is counted.
    assert (found.after.value, found.after.rows) == (0.3, 5)
    assert found.read == 18
    assert found.unread == (
        "2 of 18 rows have no number in 'minutes' (the first is line 18)",
        "1 of 18 rows have no time in 'at' (the first is line 17)",
    )
    assert "More than one row in twenty could not be read." in found.cautions
    assert found.before.low is not None and found.before.low <= 5.5 <= (found.before.high or 0)
    assert found.after.low is None, "five rows are too few for an interval"
    assert found.change.value == pytest.approx(-5.2) and found.change.low is None
    assert found.ratio.value == pytest.approx(0.3 / 5.5)
    assert observe(book, "claims/a.md", number()) == found, "the same data gives the same interval"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"data": "data/none.csv"}, "is not in the book"),
        ({"data": "../../etc/passwd"}, "is not in the book"),
        ({"data": "data/\0"}, "is not in the book"),
        ({"data": "data"}, "is not in the book"),
        ({"data": ""}, "names no data"),
        ({"value": "hours"}, "has no column 'hours'; it has 'at', 'minutes'"),
        ({"event": "soon"}, "2026-05-04"),
        ({"event": "2020-01-01"}, "no rows before 2020-01-01; its rows are from 2026-02-01 to 2026-03-05"),
        ({"event": "2030-01-01"}, "no rows from 2030-01-01"),
        ({"statistic": "p100"}, "p95 or p99.9"),
        ({"statistic": "p0"}, "no statistic 'p0'"),
        ({"time": ""}, "does not say time"),
        ({"every": "fortnight"}, "write week, day or month"),
        ({"per": "year", "statistic": "rate"}, "write hour, day or week"),
        ({"epoch": "ticks"}, "write seconds or milliseconds"),
        ({"where": "service"}, "its `where` names no column"),
        ({"where": {"service": "search"}}, "has no column 'service'"),
        ({"since": "lately"}, "its since 'lately' is no date"),
        ({"since": "2026-02-20"}, "no rows before 2026-03-01"),
    ],
)
def test_what_cannot_be_read_says_what_to_mend(book: Path, changed: dict[str, Any], said: str) -> None:
    found = observe(book, "claims/a.md", number(**changed))
    assert said in found.problem
    assert found.before is None and found.after is None


def test_only_the_rows_asked_for_and_the_time_looked_at(tmp_path: Path) -> None:
    root = written(tmp_path, days(120))
    found = observe(root, "c", number(where={"service": "search"}, since="2026-02-01", until="2026-03-31"))
    assert found.before is not None and found.after is not None
    # Odd days of February, then of March.
    assert (found.before.rows, found.after.rows) == (14, 16)
    assert "has no row where service serch; service has payments, search" in observe(root, "c", number(where={"service": "serch"})).problem
    both = observe(root, "c", number(where={"service": ["search", "payments"]}))
    assert both.before is not None and both.before.rows == 59


def test_counts_and_rates_are_of_whole_days(tmp_path: Path) -> None:
    rows = [f"2026-02-{day:02}T0{n}:00:00" for day in range(1, 29) for n in range(2)] + [f"2026-03-{day:02}" for day in range(1, 15)]
    root = written(tmp_path, "at\n" + "\n".join(rows) + "\n")
    rate = observe(root, "c", number(statistic="rate", value=None, unit="deploys", per="week"))
    assert rate.before is not None and rate.after is not None
    assert (rate.before.value, rate.after.value, rate.unit) == (14, 7, "deploys a week")
    assert (rate.before.low, rate.before.high) == (14, 14), "every day the same: nothing to vary"
    count = observe(root, "c", number(statistic="count", value=None, unit="deploys"))
    assert count.before is not None and count.after is not None and count.before.value == 56 and count.after.value == 14
    assert count.change is None and count.ratio is None, "four weeks and two are not compared"
    assert "`statistic: rate` compares them" in count.cautions[0]
    whole = observe(root, "c", number(statistic="count", value=None, since="2026-02-15"))
    assert whole.change is not None and whole.change.value == -14, "two weeks on each side are"


def test_weekly_rows_stand_for_their_week(tmp_path: Path) -> None:
    start = date(2026, 1, 5)
    rows = [f"{start + timedelta(weeks=n)},{70 if n < 8 else 35}" for n in range(18)]
    root = written(tmp_path, "at,minutes\n" + "\n".join(rows) + "\n")
    rate = observe(root, "c", number(statistic="rate", unit="tries", event="2026-03-02"))
    assert rate.before is not None and rate.after is not None
    assert (rate.before.value, rate.after.value, rate.unit) == (10, 5, "tries a day")


def test_a_percentile_of_few_rows_says_what_it_rests_on(book: Path, tmp_path: Path) -> None:
    assert observe(book, "c", number(statistic="p99")).cautions[0] == "p99 of 5 rows rests on the outermost 1 or so."
    many = "at,minutes\n" + "".join(f"2026-0{1 + n % 4}-05,{n}\n" for n in range(4000))
    assert observe(written(tmp_path, many), "c", number(statistic="p99.9", event="2026-03-01")).cautions == (
        "p99.9 of 2000 rows rests on the outermost 2 or so.",
    )
    assert [percentile_of(name) for name in ("p95", "p99.9", "p5", "p", "95", "p99.9999", "p٩٥")] == [95, 99.9, 5, None, None, None, None]


def test_percentiles_are_those_of_hyndman_and_fan() -> None:
    # Type 7, the default of R's quantile(): quantile(1:10, c(.25, .95)) is 3.25 and 9.55.
    values = np.arange(1.0, 11.0)
    assert spread(values, "p25").value == pytest.approx(3.25)
    assert spread(values, "p95").value == pytest.approx(9.55)


def test_a_block_bootstrap_is_wider_where_measurements_follow_each_other() -> None:
    random = np.random.default_rng(1)
    steps = random.normal(size=400)
    walk = np.empty(400)
    walk[0] = steps[0]
    for i in range(1, 400):
        walk[i] = 0.9 * walk[i - 1] + steps[i]
    tied = spread(walk, "mean")
    loose = spread(random.permutation(walk), "mean")
    assert tied.low is not None and tied.high is not None and loose.low is not None and loose.high is not None
    assert tied.high - tied.low > 1.5 * (loose.high - loose.low)
    # For independent draws the interval is about that of the textbook: 2 × 1.96 s/√n.
    assert loose.high - loose.low == pytest.approx(2 * 1.96 * walk.std() / 20, rel=0.15)


def test_the_interval_of_a_difference_is_that_of_the_textbook(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    one, other = random.normal(50, 5, 300), random.normal(40, 5, 300)
    rows = [f"2026-01-{1 + n % 28:02},{value:.6f}" for n, value in enumerate(one)] + [f"2026-03-{1 + n % 28:02},{value:.6f}" for n, value in enumerate(other)]
    found = observe(written(tmp_path, "at,minutes\n" + "\n".join(rows)), "c", number(statistic="mean")).change
    assert found is not None and found.low is not None and found.high is not None
    half = 1.96 * np.sqrt(one.var() / 300 + other.var() / 300)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.15)
    assert found.low < -10 < found.high


def test_extremes_have_no_interval() -> None:
    assert spread(np.arange(100.0), "max").low is None
    assert spread(np.arange(100.0), "max").value == 99


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_an_interval_holds_its_own_quantile(values: list[float]) -> None:
    for name in ("median", "p95", "mean"):
        found = spread(np.array(values), name)
        assert found.rows == len(values)
        assert (found.low is None) == (len(values) < 8)
        if found.low is not None and found.high is not None:
            assert found.low <= found.high


MEASURED = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 5000)), min_size=20, max_size=60)


def told(root: Path, rows: list[str], head: str = "at,minutes") -> Observed:
    return observe(written(root, head + "\n" + "\n".join(rows) + "\n"), "c", number(event="2026-04-01", every="week"))


@settings(deadline=None, max_examples=25)
@given(rows=MEASURED, seed=st.integers(0, 99))
def test_neither_the_order_of_rows_nor_another_column_matters(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int]], seed: int) -> None:
    root = tmp_path_factory.mktemp("book")
    lines = [f"{date(2026, 1, 1) + timedelta(days=day)},{value / 10}" for day, value in rows]
    first = told(root, lines)
    mixed = list(lines)
    np.random.default_rng(seed).shuffle(mixed)
    again = told(root, mixed)
    assert replace(again, unread=first.unread) == first
    wide = [f"x{n},{line},y" for n, line in enumerate(lines)]
    assert told(root, wide, "other,at,minutes,more") == first


@settings(deadline=None, max_examples=25)
@given(rows=MEASURED, power=st.integers(-3, 3))
def test_another_unit_is_another_scale_and_nothing_else(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int]], power: int) -> None:
    root, factor = tmp_path_factory.mktemp("book"), 2.0**power
    days_ = [date(2026, 1, 1) + timedelta(days=day) for day, _ in rows]
    one = told(root, [f"{day},{value}" for day, (_, value) in zip(days_, rows, strict=True)])
    other = told(root, [f"{day},{value * factor!r}" for day, (_, value) in zip(days_, rows, strict=True)])
    if one.before is None or one.after is None:
        assert one.problem == other.problem
        return
    assert other.before is not None and other.before.value == pytest.approx(one.before.value * factor)
    assert one.ratio is not None and other.ratio is not None and other.ratio.value == pytest.approx(one.ratio.value)
    assert one.change is not None and other.change is not None
    for mine, theirs in ((one.change, other.change), (one.trend and one.trend.effect, other.trend and other.trend.effect)):
        if mine and theirs and mine.low is not None:
            assert theirs.value == pytest.approx(mine.value * factor, abs=1e-6)
            assert theirs.low == pytest.approx(mine.low * factor, abs=1e-6)


def test_a_million_values_are_drawn_within_bounds() -> None:
    values = np.random.default_rng(2).lognormal(size=300_000)
    found = spread(values, "mean")
    assert found.low is not None and found.high is not None and found.low < found.value < found.high


def test_a_date_is_its_first_moment_and_an_offset_counts() -> None:
    assert instant("2026-03-01") == instant("2026-03-01T01:00:00+01:00") == instant("2026-03-01 00:00 UTC") == instant("2026-03")
    assert [instant(text) for text in ("1 March", "20260", "1772323200", "0001-01-01", "9999-12-31", "")] == [None] * 6


def test_statistics_are_not_loaded_before_a_trend_is_computed() -> None:
    code = "import sys, muster.project, muster.numbers; print([n for n in ('statsmodels', 'scipy', 'pandas') if n in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
