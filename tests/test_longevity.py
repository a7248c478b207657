"""Longevity: the estimate against published figures, its interval against a computation of another kind and a simulation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import duckdb
import numpy as np
import pytest

from muster import signals
from muster.signals import tables
from tests.test_signals import ANN, BOB, LAKE, ME, day, did, mine, path

START = day("2020-01-10")
#: Days between the start and the case's end.
LONG = 2000
Row = tuple[int, int, bool, int, int, int]  # born and left on which day, died, lines, commit, file


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(LAKE)
    tables.create(connection)
    connection.execute("INSERT INTO subject VALUES (?)", [ME])
    tables.fill(connection, "period", [("case", START, START + timedelta(days=LONG))])
    yield connection
    connection.close()


def written(db: duckdb.DuckDBPyConnection, rows: Sequence[Row], own: bool = True, kind: str = "code") -> None:
    who = "me" if own else "they"
    tables.fill(db, "written", [
        (f"{who}{commit}", "r", f"f{file}", kind, own, on(born), on(left) if died else None, on(LONG if died else left), lines)
        for born, left, died, lines, commit, file in rows
    ])


def on(days: int) -> datetime:
    return START + timedelta(days=days)


def measured(db: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, Any, Any]]:
    return {measure: (value, low, high) for _, measure, _, value, low, high, _ in signals.run(db, "longevity")}


# Weeks to relapse under 6-mercaptopurine, negative where the trial ended first; Freireich et al. 1963, Blood 21:699, the
# example of most textbooks (Kleinbaum and Klein, Survival Analysis, 3rd ed., table 2.2), and its published estimates.
WEEKS = (6, 6, 6, 7, 10, 13, 16, 22, 23, -6, -9, -10, -11, -17, -19, -20, -25, -32, -32, -34, -35)
PUBLISHED = {7: 0.8067, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}


def test_the_estimate_is_the_published_one(db: duckdb.DuckDBPyConnection) -> None:
    # A week is 40 days here, so that the ages asked for fall between the weeks at which somebody relapsed.
    written(db, [(0, 40 * abs(week), week > 0, 10, place, place) for place, week in enumerate(WEEKS)])
    found = measured(db)
    for age, week in (("1y", 7), ("18m", 13), ("2y", 16), ("30m", 22), ("3y", 23)):
        assert found[f"code_lines_alive_{age}"][0] == pytest.approx(PUBLISHED[week], abs=5e-5)
    assert found["code_lines"][0] == found["code_lines_old_3y"][0] == 210
    # The published standard error there (Greenwood) is .1346; the one here has no assumption of independence.
    value, low, high = found["code_lines_alive_3y"]
    assert value and low and high
    error = (np.log(-np.log(low)) - np.log(-np.log(high))) / 2 / student(20) * value * -np.log(value)
    assert error == pytest.approx(0.1346, rel=0.05)


def student(free: float) -> float:
    """The recipe of Gaver and Kafadar 1984 for the 97.5 % point; 2.0860 at 20 in every table."""
    return float(np.sqrt(free * (np.exp(1.959964**2 * (free - 1.5) / (free - 1) ** 2) - 1)))


def alive(rows: Sequence[Row], weights: Sequence[float], age: int) -> float:
    """The share alive at an age, from the definition."""
    spans = [left - born for born, left, *_ in rows]
    share = 1.0
    for when in sorted({span for span, row in zip(spans, rows, strict=True) if row[2] and span <= age}):
        risk = sum(weight for span, weight in zip(spans, weights, strict=True) if span >= when)
        died = sum(weight for span, weight, row in zip(spans, weights, rows, strict=True) if row[2] and span == when)
        share *= 1 - died / risk
    return share


def invented(seed: int, commits: int, lines: int = 30) -> list[Row]:
    """Commits of uneven size, each of which stays for long or short as a whole, over half as many files."""
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    for commit in range(commits):
        born, pace = int(random.integers(0, 900)), random.gamma(0.7, 1 / 0.7) / 1500
        for file in random.choice(max(commits // 2, 2), random.integers(1, 4)):
            for _ in range(int(random.integers(1, 4))):
                lived = int(random.exponential(1 / pace))
                left = min(born + lived, LONG - 1)
                rows.append((born, left, born + lived < LONG, 1 + int(random.exponential(lines)), commit, int(file)))
    return rows


def test_the_interval_is_that_of_commits_and_files_not_of_lines(db: duckdb.DuckDBPyConnection) -> None:
    rows = invented(5, 40)
    written(db, rows)
    value, low, high = measured(db)["code_lines_alive_2y"]
    weights = [float(row[3]) for row in rows]
    assert value == pytest.approx(alive(rows, weights, 730))

    def moved(keys: Sequence[object]) -> float:
        """The sum of squares of how far the share moves with each group's weight, by raising that weight a little."""
        total = 0.0
        for key in sorted(set(keys), key=str):
            more, less = ([weight * (1 + step * (one == key)) for weight, one in zip(weights, keys, strict=True)] for step in (1e-5, -1e-5))
            total += ((alive(rows, more, 730) - alive(rows, less, 730)) / 2e-5) ** 2
        return total

    commits, files = moved([row[4] for row in rows]), moved([row[5] for row in rows])
    error = max(commits, files, commits + files - moved([row[4:] for row in rows])) ** 0.5
    of = [sum(weight for weight, row in zip(weights, rows, strict=True) if row[4] == one) for one in range(40)]
    wide = error / (value * -np.log(value)) * student(sum(of) ** 2 / sum(one**2 for one in of) - 1)
    assert low == pytest.approx(value ** np.exp(wide), abs=1e-6)
    assert high == pytest.approx(value ** np.exp(-wide), abs=1e-6)
    # Counted by lines it would be several times narrower, and wrong.
    assert high - low > 3 * 2 * 1.96 * (value * (1 - value) / sum(weights)) ** 0.5


def test_the_interval_holds_the_truth_as_often_as_it_says(db: duckdb.DuckDBPyConnection) -> None:
    # Of the way that `invented` makes them, after two years: (1 + 730/1500/.7)^-.7.
    truth, inside, runs = (0.7 / (0.7 + 730 / 1500)) ** 0.7, 0, 100
    for seed in range(runs):
        db.execute("DELETE FROM written")
        written(db, invented(seed, 40))
        _, low, high = measured(db)["code_lines_alive_2y"]
        assert low is not None and high is not None
        inside += low <= truth <= high
    # 95 of 100, give or take what chance allows (binomial, one in a thousand).
    assert 87 <= inside <= 100


def test_few_commits_say_nothing_however_many_lines(db: duckdb.DuckDBPyConnection) -> None:
    written(db, [(0, LONG - 1, False, 1000, commit, commit) for commit in range(4)] + [(1900, LONG - 1, False, 10, 9, 9)])
    found = measured(db)
    assert found["code_lines"][0] == 4010 and found["code_lines_old_1y"][0] == 4000
    assert found["code_lines_alive_1y"] == (None, None, None)


def test_nothing_is_said_of_an_age_that_the_clone_does_not_reach(db: duckdb.DuckDBPyConnection) -> None:
    # The period ends on day 2000, the newest record is of day 500.
    written(db, [(0, 500, False, 10, commit, commit) for commit in range(6)])
    found = measured(db)
    assert found["code_lines_alive_1y"][0] == 1 and found["code_lines_alive_2y"][0] is None and found["code_lines_old_2y"][0] == 0


def test_one_huge_commit_beside_small_ones_says_nothing_either(db: duckdb.DuckDBPyConnection) -> None:
    # Ten commits, but as good as one: 9,000 of 9,090 lines live and die together.
    written(db, [(0, LONG - 1, False, 9000, 0, 0)] + [(0, LONG - 1, False, 10, commit, commit) for commit in range(1, 10)])
    assert measured(db)["code_lines_alive_1y"] == (None, None, None)


def test_nothing_gone_and_everything_gone_have_a_bound(db: duckdb.DuckDBPyConnection) -> None:
    written(db, [(0, LONG - 1, False, 10, commit, commit) for commit in range(6)])
    # Six of six: the exact binomial bound, 0.025^(1/6).
    assert measured(db)["code_lines_alive_1y"] == (1, pytest.approx(0.025 ** (1 / 6)), 1)
    db.execute("DELETE FROM written")
    written(db, [(0, 100 + commit, True, 10, commit, commit) for commit in range(6)])
    assert measured(db)["code_lines_alive_1y"] == (0, 0, pytest.approx(1 - 0.025 ** (1 / 6)))


def test_others_are_compared_half_year_by_half_year(db: duckdb.DuckDBPyConnection) -> None:
    # The first half of 2020: all of others' lines go within a year; the second (day 182 is July): none. The person wrote
    # three quarters of theirs in the second, others one tenth.
    written(db, [(0, LONG - 1, False, 10, commit, commit) for commit in range(3)]
            + [(200, LONG - 1, False, 10, commit, commit) for commit in range(3, 12)])
    number = count()
    written(db, [(0, 100, True, 90, place, place) for place in (next(number) for _ in range(10))]
            + [(200, LONG - 1, False, 10, place, place) for place in (next(number) for _ in range(10))], own=False)
    found = measured(db)
    assert found["code_lines_alive_1y"][0] == 1
    # Not 1/10: 3/12 of the weight is on the half-year of which nothing is left.
    assert found["code_lines_alive_1y_baseline"][0] == pytest.approx(0.75)


def test_where_hardly_anybody_else_wrote_nothing_is_compared(db: duckdb.DuckDBPyConnection) -> None:
    written(db, [(0, LONG - 1, False, 10, commit, commit) for commit in range(3)]
            + [(200, LONG - 1, False, 10, commit, commit) for commit in range(3, 12)])
    # Enough of others' commits in the first half-year alone, which holds a quarter of the person's.
    written(db, [(0, 900, True, 10, commit, commit) for commit in range(10)]
            + [(200, 900, True, 10, commit, commit) for commit in range(10, 14)], own=False)
    found = measured(db)
    assert found["code_lines_alive_1y"][0] == 1 and found["code_lines_alive_1y_baseline"][0] is None


def test_documents_are_apart(db: duckdb.DuckDBPyConnection) -> None:
    written(db, [(0, LONG - 1, False, 10, commit, commit) for commit in range(6)], kind="proposal")
    found = measured(db)
    assert found["document_lines"][0] == 60 and found["document_lines_alive_1y"][0] == 1
    assert found["code_lines"][0] == 0 and found["code_lines_alive_1y"][0] is None


def line(
    db: duckdb.DuckDBPyConnection, id_: str, arrived: str, ended: str | None = None, *, sweep: bool = False, kind: str = "code",
    path: str = "x.go",
) -> None:
    db.execute("INSERT INTO line VALUES ('r', ?, ?, ?, ?, ?, NULL, ?, 10, ?)",
               [id_, path, kind, id_, day(arrived), day(ended) if ended else None, sweep])


def test_sweeps_bulk_and_bots_write_nothing_and_a_sweep_removes_nothing(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2021-01-01")
    did(db, "b", "2021-01-02", ANN)
    did(db, "s", "2021-01-02", ANN)
    did(db, "c", "2021-01-03", ANN, bulk=True)
    did(db, "d", "2021-01-04", "ci@example.org", bot=True)
    did(db, "z", "2024-01-01", BOB)
    mine(db)
    line(db, "a", "2021-02-01", "2022-01-01")
    line(db, "a", "2021-02-01", "2023-01-01", sweep=True)
    line(db, "a", "2021-02-01", sweep=True)  # laid out anew
    line(db, "b", "2021-02-02")
    line(db, "b", "2021-02-02", kind="test")
    for place in range(20):  # a sweep: also what is gone of it was nobody's
        line(db, "s", "2021-02-02", sweep=True, path=f"{place}.go")
    line(db, "s", "2021-02-02", "2022-01-01", sweep=True)
    line(db, "c", "2021-02-03")
    line(db, "d", "2021-02-04")
    tables._lines(db)
    found = db.execute("SELECT id, mine, born, ended, last FROM written ORDER BY ALL").fetchall()
    assert found == [
        ("a", True, day("2021-02-01"), day("2022-01-01"), day("2024-01-01")),
        ("a", True, day("2021-02-01"), None, day("2023-01-01")),
        ("b", False, day("2021-02-02"), None, day("2024-01-01")),
    ]


def test_what_the_person_replaced_themselves_is_told_apart(db: duckdb.DuckDBPyConnection) -> None:
    tables.fill(db, "period", [("late", START, day("2026-01-01"))])
    did(db, "a", "2021-01-01")
    did(db, "a2", "2021-01-15")
    did(db, "a3", "2022-01-01")
    did(db, "b", "2022-02-01", ANN)
    did(db, "bulk", "2022-03-01", ANN, bulk=True)
    did(db, "later", "2025-12-01", ANN)
    mine(db)
    for seq, name in enumerate(("a2", "a3", "b", "bulk", "later")):
        path(db, name, seq, "M", "x.go")
    path(db, "b", 2, "M", "x_test.go", kind="test")
    line(db, "a", "2021-02-01")
    db.execute("""INSERT INTO rewrite VALUES
        ('a2', 'a', 'r', 'x.go', 5, 0),  -- on the branch, before it landed
        ('a3', 'a', 'r', 'x.go', 2, 1), ('b', 'a', 'r', 'x.go', 0, 1), ('b', 'a', 'r', 'x_test.go', 9, 9),
        ('bulk', 'a', 'r', 'x.go', 9, 9), ('later', 'a', 'r', 'x.go', 4, 0)""")
    tables._lines(db)
    rows = {(label, measure): (value, ids) for label, measure, _, value, _, _, ids in signals.run(db, "longevity")}
    assert rows["case", "code_lines_rewritten"] == (4, ["a"])
    assert rows["case", "code_lines_rewritten_own"] == (0.75, ["a"])
    assert rows["late", "code_lines_rewritten"] == (8, ["a"])


def test_without_line_histories_files_are_measured_and_lines_unknown(db: duckdb.DuckDBPyConnection) -> None:
    tables.fill(db, "life", [
        (place, f"f{place}", "r", f"p{place}", "code", ME, True, START, None, None, on(LONG), False) for place in range(6)
    ])
    tables._lines(db)
    found = measured(db)
    assert found["code_alive_1y"][0] == 1 and found["code_lines_alive_1y"][0] is None
    assert found["code_lines"][0] == 0 and found["code_lines_rewritten"][0] is None


def test_a_bots_files_are_no_baseline(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("INSERT INTO person VALUES ('ci@example.org', 'ci', TRUE)")
    tables.fill(db, "life", [
        (place, f"f{place}", "r", f"p{place}", "code", who, who == ME, START, ended, None, on(LONG), False)
        for place, (who, ended) in enumerate([(ME, None)] * 6 + [(ANN, None)] * 6 + [("ci@example.org", on(10))] * 6)
    ])
    assert measured(db)["code_alive_1y_baseline"][0] == 1
