"""Numbers are what the data says: the statistic on either side of the event, an interval, or what to mend."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model import Number
from muster.numbers import instant, observe, spread, statistic_of

EVENT = {"time": "at", "value": "minutes", "event": "2026-03-01", "statistic": "median", "unit": "minutes"}


def number(data: str = "data/x.csv", **changes: str) -> Number:
    return Number("p", data, {**EVENT, **changes}, 5)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    rows = [f"2026-02-{day:02},{day}" for day in range(1, 11)] + [f"2026-03-{day:02} 09:30,{day / 10}" for day in range(1, 6)]
    (tmp_path / "data/x.csv").write_text("at,minutes\n" + "\n".join(rows) + "\nno date,7\n2026-03-09,not a number\n2026-03-09,inf\n")
    return tmp_path


def test_the_statistic_on_either_side_of_the_event(book: Path) -> None:
    found = observe(book, "claims/a.md", number())
    assert found.problem == ""
    assert found.event == date(2026, 3, 1)
    assert found.before is not None and found.after is not None
    assert (found.before.value, found.before.rows) == (5.5, 10)
    # A row without a date or a finite number is no measurement.
    assert (found.after.value, found.after.rows) == (0.3, 5)
    assert found.before.low is not None and found.before.low <= 5.5 <= (found.before.high or 0)
    assert found.after.low is None, "five rows are too few for an interval"
    assert observe(book, "claims/a.md", number()) == found, "the same data gives the same interval"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"data": "data/none.csv"}, "is not in the book"),
        ({"data": "../../etc/passwd"}, "is not in the book"),
        ({"data": ""}, "names no data"),
        ({"value": "hours"}, "'hours'"),
        ({"event": "soon"}, "2026-05-04"),
        ({"event": "2020-01-01"}, "no rows before 2020-01-01"),
        ({"event": "2030-01-01"}, "no rows from 2030-01-01"),
        ({"statistic": "p100"}, "p1 to p99"),
        ({"time": ""}, "does not say time"),
    ],
)
def test_what_cannot_be_read_says_what_to_mend(book: Path, changed: dict[str, str], said: str) -> None:
    found = observe(book, "claims/a.md", number(**changed))
    assert said in found.problem
    assert found.before is None and found.after is None


def test_a_block_bootstrap_is_wider_where_measurements_follow_each_other() -> None:
    random = np.random.default_rng(1)
    steps = random.normal(size=400)
    walk = np.empty(400)
    walk[0] = steps[0]
    for i in range(1, 400):
        walk[i] = 0.9 * walk[i - 1] + steps[i]
    mean = statistic_of("mean")
    assert mean is not None
    tied = spread(walk, mean)
    loose = spread(random.permutation(walk), mean)
    assert tied.low is not None and tied.high is not None and loose.low is not None and loose.high is not None
    assert tied.high - tied.low > 1.5 * (loose.high - loose.low)
    # For independent draws the interval is about that of the textbook: 2 × 1.96 s/√n.
    assert loose.high - loose.low == pytest.approx(2 * 1.96 * walk.std() / 20, rel=0.15)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_an_interval_holds_its_own_quantile(values: list[float]) -> None:
    for name in ("median", "p95", "mean", "min", "max", "sum", "count"):
        measure = statistic_of(name)
        assert measure is not None
        found = spread(np.array(values), measure)
        assert found.rows == len(values)
        assert (found.low is None) == (len(values) < 8)
        if found.low is not None and found.high is not None:
            assert found.low <= found.high


def test_a_date_is_its_first_moment_and_an_offset_counts() -> None:
    assert instant("2026-03-01") == instant("2026-03-01T01:00:00+01:00")
    assert instant("1 March") is None
