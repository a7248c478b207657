"""Each signal over small hand-made tables; what is expected was worked out by hand and is written beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from muster import signals
from muster.model import Basis, Entry, Grade, Period, Signal
from muster.signals import tables

ME, ANN, BOB, CAT = "me@example.org", "ann@example.org", "bob@example.org", "cat@example.org"
LAKE = """
CREATE TABLE evidence (id VARCHAR, source VARCHAR, kind VARCHAR, origin VARCHAR, title VARCHAR, text VARCHAR,
  actor VARCHAR, happened_at TIMESTAMP, recorded_at TIMESTAMP, tz_minutes INTEGER, bot BOOLEAN, merge BOOLEAN,
  bulk BOOLEAN, seq INTEGER);
CREATE TABLE change (id VARCHAR, origin VARCHAR, seq INTEGER, path VARCHAR, status VARCHAR, from_path VARCHAR, kind VARCHAR);
CREATE TABLE participant (id VARCHAR, person VARCHAR, role VARCHAR);
CREATE TABLE person (person VARCHAR, name VARCHAR, bot BOOLEAN);
CREATE TABLE line (origin VARCHAR, id VARCHAR, path VARCHAR, kind VARCHAR, arrived_id VARCHAR, arrived TIMESTAMP,
  ended_id VARCHAR, ended TIMESTAMP, lines INTEGER, sweep BOOLEAN);
CREATE TABLE rewrite (id VARCHAR, of VARCHAR, origin VARCHAR, path VARCHAR, changed INTEGER, deleted INTEGER);
"""


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute(LAKE)
    tables.create(connection)
    connection.execute("INSERT INTO subject VALUES (?)", [ME])
    # One case, the second half of 2025, and the half before it.
    tables.fill(connection, "period", [
        ("case", day("2025-07-01"), day("2026-01-01")),
        ("2025H1", day("2025-01-01"), day("2025-07-01")),
    ])
    yield connection
    connection.close()


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


def did(
    db: duckdb.DuckDBPyConnection,
    id_: str,
    when: str,
    actor: str = ME,
    *,
    recorded: str | None = None,
    title: str = "work",
    kind: str = "change",
    source: str = "git",
    tz: int | None = 0,
    bot: bool = False,
    merge: bool = False,
    bulk: bool = False,
    seq: int = 0,
) -> str:
    db.execute(
        "INSERT INTO evidence VALUES (?, ?, ?, 'r', ?, '', ?, ?, ?, ?, ?, ?, ?, ?)",
        [id_, source, kind, title, actor, day(when), day(recorded or when), tz, bot, merge, bulk, seq],
    )
    return id_


def path(db: duckdb.DuckDBPyConnection, id_: str, seq: int, status: str, name: str, was: str | None = None, kind: str = "code") -> None:
    db.execute("INSERT INTO change VALUES (?, 'r', ?, ?, ?, ?, ?)", [id_, seq, name, status, was, kind])


def mine(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("DELETE FROM mine")
    db.execute(tables._MINE)


def link(
    src: str, dst: str, kind: str, at: str, actor: str, outside: bool | None = None, team: str | None = None, own: bool = False,
    reason: str = "said so",
) -> tuple[object, ...]:
    return src, dst, kind, reason, day(at), actor, ME, own, False, outside, team


def thread(id_: str, began: str = "self", foresight: float | None = None, artifact: bool = False, basis: str = "known") -> tuple[object, ...]:
    return id_, id_, day("2025-01-01"), day("2026-01-01"), began, foresight, artifact, basis


def belongs(db: duckdb.DuckDBPyConnection, *pairs: tuple[str, str]) -> None:
    tables.fill(db, "member", [(thread_, id_, "did") for thread_, id_ in pairs])
    db.execute(tables._ACTIVE)


def of(db: duckdb.DuckDBPyConnection, name: str, label: str = "case") -> dict[str, float | None]:
    return {measure: value for period, measure, _, value, *_ in signals.run(db, name) if period == label}


def ids(db: duckdb.DuckDBPyConnection, name: str, measure: str, label: str = "case") -> list[str]:
    return next(found or [] for period, which, *_, found in signals.run(db, name) if (period, which) == (label, measure))


def test_the_names_are_those_of_the_design() -> None:
    assert signals.names() == (
        "contemporaneity", "corroboration", "counter", "documentation", "focus", "foresight", "initiative", "lift", "load",
        "longevity", "observation", "reach", "reactivity", "system_scope",
    )


@pytest.mark.parametrize("name", signals.names())
def test_every_declared_measure_has_a_row_in_every_period_and_no_other(db: duckdb.DuckDBPyConnection, name: str) -> None:
    about = signals.header(name)
    rows = {(period, measure, unit) for period, measure, unit, *_ in signals.run(db, name)}
    assert rows == {(label, one.name, one.unit) for label in ("case", "2025H1") for one in about.measures}
    assert len(signals.run(db, name)) == len(rows)


@pytest.mark.parametrize("name", signals.names())
def test_nothing_recorded_gives_no_share(db: duckdb.DuckDBPyConnection, name: str) -> None:
    for _, measure, unit, value, low, high, found in signals.run(db, name):
        assert value is None or value == 0, measure
        assert unit != "ratio" or value is None or measure == "weeks_share"
        assert low is None and high is None and not found


def test_initiative_counts_undertakings_at_work_in_the_period(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2025-08-01")
    did(db, "b", "2025-09-01")
    did(db, "c", "2025-09-02")
    did(db, "d", "2025-02-01")
    did(db, "e", "2025-10-01")
    mine(db)
    tables.fill(db, "thread", [
        thread("t1", "self"), thread("t2", "asked"), thread("t3", "self", basis="inferred"), thread("t4", "unknown"),
    ])
    belongs(db, ("t1", "a"), ("t2", "b"), ("t3", "c"), ("t1", "d"), ("t4", "e"))
    # Case: t1 self and known, t2 asked, t3 self and inferred, t4 unknown.
    assert of(db, "initiative") == {
        "undertakings": 4, "self_begun": 2, "self_begun_known": 1, "self_begun_share": 0.5, "asked_share": 0.25,
        "began_unknown_share": 0.25,
    }
    assert ids(db, "initiative", "self_begun") == ["a", "c"]
    assert of(db, "initiative", "2025H1")["undertakings"] == 1


def test_reactivity(db: duckdb.DuckDBPyConnection) -> None:
    for name in "abc":
        did(db, name, "2025-08-01")
    mine(db)
    tables.fill(db, "thread", [thread("t1", "fire"), thread("t2"), thread("t3", "asked")])
    belongs(db, ("t1", "a"), ("t2", "b"), ("t3", "c"))
    assert of(db, "reactivity") == {"fires": 1, "fire_share": pytest.approx(1 / 3)}
    assert of(db, "reactivity", "2025H1") == {"fires": 0, "fire_share": None}


def test_system_scope(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2025-08-01")
    did(db, "b", "2025-08-02")
    did(db, "m", "2025-08-03", merge=True)
    mine(db)
    tables.fill(db, "thread", [thread("t1"), thread("t2")])
    belongs(db, ("t1", "a"), ("t2", "b"))
    tables.fill(db, "touch", [
        ("a", "x/1.go", "code", "x", "core", True, "known"),
        ("a", "x/2.go", "code", "x", "core", True, "known"),
        ("b", "x/1.go", "code", "x", "core", True, "known"),
        ("b", "y/1.go", "code", "y", "edge", False, "known"),
        ("b", "z/1_test.go", "test", "z", "edge", False, "known"),  # neutral: makes no area
        ("m", "w/1.go", "code", "w", "ops", False, "known"),  # a merge
    ])
    found = of(db, "system_scope")
    # Weights: a gives x 1; b gives x 1/2 and y 1/2: shares 3/4 and 1/4, exp(H) = (4/3)^(3/4) * 4^(1/4) = 1.7548.
    assert found["effective_areas"] == pytest.approx((4 / 3) ** 0.75 * 4**0.25)
    assert {key: value for key, value in found.items() if key != "effective_areas"} == {
        "areas": 2, "areas_mean": 1.5, "areas_max": 2, "teams_mean": 1.5, "teams_max": 2, "beyond_team": 1,
        "beyond_team_share": 0.5, "others_area_changes": 1, "others_area_share": 0.5,
    }
    assert ids(db, "system_scope", "beyond_team") == ["b"]


def test_system_scope_without_owners_knows_areas_but_not_teams(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2025-08-01")
    mine(db)
    tables.fill(db, "thread", [thread("t1")])
    belongs(db, ("t1", "a"))
    tables.fill(db, "touch", [("a", "x/1.go", "code", "x", "", None, "inferred")])
    found = of(db, "system_scope")
    assert found["areas"] == 1 and found["areas_max"] == 1
    assert found["teams_max"] is None and found["beyond_team"] is None and found["others_area_changes"] is None


def test_reach_counts_people_by_their_own_records(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2024-01-01")
    did(db, "mine-too", "2025-08-09")
    mine(db)
    tables.fill(db, "link", [
        link("p", "a", "cites", "2025-08-01", ANN, True, "search"),
        link("q", "a", "builds-on", "2025-08-02", ANN, True, "search"),
        link("r", "a", "reviews", "2025-08-03", BOB, False),
        link("s", "a", "cites", "2025-08-04", CAT, None),
        link("t", "a", "reverts", "2025-08-05", CAT, None),  # speaks against: not reach
        link("mine-too", "a", "builds-on", "2025-08-09", ME, own=True),
        link("u", "a", "cites", "2024-08-01", BOB, False),  # before either period
    ])
    tables.fill(db, "worked_with", [(BOB, "r", day("2020-01-01")), (BOB, "v", day("2021-01-01")), (CAT, "w", day("2026-02-01"))])
    assert of(db, "reach") == {
        "people": 3, "people_outside": 1, "people_team_unknown": 1, "teams_outside": 1, "records": 4, "records_outside": 2,
        "people_citing": 2, "people_building_on": 1, "people_implementing": 0, "people_reviewing": 1, "worked_with": 1,
        "people_adopting": 0, "people_adopting_outside": 0, "teams_adopting": 0, "adoptions": 0,
        "people_reusing": 0, "people_reusing_outside": 0, "teams_reusing": 0, "documents_reused": 0,
        "people_changing_lines": None, "people_changing_lines_outside": None, "teams_changing_lines": None,
    }
    assert ids(db, "reach", "records_outside") == ["p", "q"] and ids(db, "reach", "worked_with") == ["r"]


def test_reach_outside_is_unknown_when_nobodys_team_is_known(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2024-01-01")
    mine(db)
    tables.fill(db, "link", [link("p", "a", "cites", "2025-08-01", ANN)])
    assert of(db, "reach")["people"] == 1
    assert of(db, "reach")["people_outside"] is None
    assert of(db, "reach", "2025H1")["people_outside"] == 0  # nobody at all is nobody outside


def lives(db: duckdb.DuckDBPyConnection, rows: Sequence[tuple[bool, str, str | None]], kind: str = "code") -> None:
    tables.fill(db, "life", [
        (place, f"f{place}", "r", f"p{place}", kind, ME if own else ANN, own, day(born), day(end) if end else None, None, day("2026-06-01"), False)
        for place, (own, born, end) in enumerate(rows)
    ])


def test_longevity_is_the_kaplan_meier_estimate_at_the_periods_end(db: duckdb.DuckDBPyConnection) -> None:
    lives(db, [
        (True, "2022-01-01", None),  # 1461 days, censored at the case's end, 2026-01-01
        (True, "2022-01-01", "2022-04-11"),  # dies after 100 days: 6 at risk
        (True, "2023-01-01", "2024-02-05"),  # dies after 400 days: 4 at risk (the one of 2025-06-01 left at 214)
        (True, "2022-06-01", "2026-03-01"),  # dies after the case's end: not known then, censored at 1310 days
        (True, "2025-06-01", None),  # censored at 214 days
        (True, "2022-01-01", None),
    ])
    found = of(db, "longevity")
    assert found["code_files"] == 6
    # 1y: 5/6. 2y and 3y: 5/6 * 3/4 = 0.625.
    assert found["code_alive_1y"] == pytest.approx(5 / 6)
    assert found["code_alive_2y"] == pytest.approx(0.625)
    assert found["code_alive_3y"] == pytest.approx(0.625)
    row = next(row for row in signals.run(db, "longevity") if row[:2] == ("case", "code_alive_2y"))
    # Greenwood: 1/(6*5) + 1/(4*3) for the logarithm of the share; the interval of log(-log(share)) with Student's t (2.762 by
    # the recipe in the file's header, 2.776 in tables) for the five files that are old enough.
    wide = 2.762 * (1 / 30 + 1 / 12) ** 0.5 / -math.log(0.625)
    assert row[4] == pytest.approx(0.625 ** math.exp(wide), abs=1e-3)
    assert row[5] == pytest.approx(0.625 ** math.exp(-wide), abs=1e-3)
    assert row[6] == [f"f{n}" for n in range(6)]
    # Others' code in the same repository: there is none to compare with, nor any document.
    assert found["code_alive_1y_baseline"] is None and found["documents"] == 0 and found["documents_alive_1y"] is None


def test_longevity_bounds_what_never_died_and_leaves_out_half_years_without_files_of_the_person(db: duckdb.DuckDBPyConnection) -> None:
    lives(db, [(True, "2023-01-01", None)] * 5 + [(False, "2023-02-01", None)] * 4 + [(False, "2023-02-01", "2023-03-01")]
          + [(False, "2020-01-01", "2020-01-02")])
    rows = {row[1]: row for row in signals.run(db, "longevity") if row[0] == "case"}
    assert rows["code_alive_1y"][3] == 1 and rows["code_alive_1y"][5] == 1
    assert rows["code_alive_1y"][4] == pytest.approx(0.025 ** (1 / 5))  # exact binomial: 5 of 5
    assert rows["code_alive_1y_baseline"][3] == pytest.approx(0.8)  # in the half-year of the file of 2020 the person added none


def test_fewer_than_five_files_say_nothing(db: duckdb.DuckDBPyConnection) -> None:
    lives(db, [(True, "2022-01-01", None)] * 4)
    assert of(db, "longevity")["code_files"] == 4 and of(db, "longevity")["code_alive_1y"] is None


def test_longevity_counts_late_citations_and_old_files_that_others_change(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2025-02-01")
    mine(db)
    tables.fill(db, "link", [
        link("p", "a", "cites", "2025-08-01", ANN),  # 181 days later
        link("q", "a", "cites", "2025-08-02", ANN),  # 182 days later
    ])
    lives(db, [(True, "2025-01-01", None), (True, "2025-06-01", None)])
    tables.fill(db, "built_on", [
        (0, "x", ANN, day("2025-08-01"), True), (0, "y", BOB, day("2025-09-01"), True), (1, "z", CAT, day("2025-09-01"), True),
        (0, "typo", CAT, day("2025-09-01"), False),
    ])
    found = of(db, "longevity")
    assert found["late_citations"] == 1 and found["late_citing_people"] == 1
    assert found["old_files_built_on"] == 1 and found["old_files_people"] == 2
    assert ids(db, "longevity", "old_files_built_on") == ["x", "y"]
    assert found["only_mine"] == 0


def test_longevity_knows_files_that_nobody_else_changed(db: duckdb.DuckDBPyConnection) -> None:
    lives(db, [(True, "2024-06-01", None), (True, "2024-06-01", "2025-09-01"), (True, "2025-06-01", None),
               (True, "2024-06-01", None), (False, "2024-06-01", None)])
    tables.fill(db, "built_on", [(3, "x", ANN, day("2024-09-01"), False)])
    assert of(db, "longevity")["only_mine"] == 1 and ids(db, "longevity", "only_mine") == ["f0"]


def test_focus_reads_small_fixes_off_the_subject_and_the_paths(db: duckdb.DuckDBPyConnection) -> None:
    for name, title, count in (
        ("a", "server: Fix flaky test", 1), ("b", "fixtures for the lessor", 1), ("c", "Fix the whole store", 3),
        ("d", 'Revert "fix x"', 1), ("e", "Add lease checkpoint", 2),
    ):
        did(db, name, "2025-08-01", title=title)
        for n in range(count):
            path(db, name, 1, "M", f"{name}{n}.go")
    mine(db)
    tables.fill(db, "entry", [
        ("book:d1", "decline", day("2025-08-01"), None, "they built it themselves", 0, 0, 0),
        ("book:d2", "decline", day("2025-08-02"), None, "", 0, 0, 0),
    ])
    found = of(db, "focus")
    assert found == {
        "changes": 4, "small_fixes": 1, "small_fix_share": 0.25, "declined": 2, "declined_with_outcome": 1, "refused": 0, "meeting_hours": 0, "meetings_declined": 0,
    }
    assert ids(db, "focus", "small_fixes") == ["a"]


def test_lift_finds_newcomers_and_whether_they_came_back(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "n1", "2025-08-01", ANN)
    did(db, "n2", "2025-09-01", ANN)  # came back, the subject had no part in it
    did(db, "o1", "2025-08-05", BOB)
    did(db, "o2", "2025-09-05", BOB)  # came back with the subject's help
    did(db, "c0", "2020-01-01", CAT)
    did(db, "c1", "2025-08-07", CAT)  # no newcomer
    tables.fill(db, "helped", [
        ("n1", ANN, "reviewer", day("2025-08-02"), True, "search"),
        ("o1", BOB, "lander", day("2025-08-06"), None, None),
        ("o2", BOB, "lander", day("2025-09-06"), None, None),
        ("c1", CAT, "reviewer", day("2025-08-08"), False, None),
        ("c1", CAT, "acker", day("2025-08-08"), False, None),
    ])
    assert of(db, "lift") == {
        "reviews": 2, "people_reviewed": 2, "people_reviewed_outside": 1, "landed": 2, "people_landed": 1, "newcomers": 2,
        "newcomers_back": 1, "reviews_changed_code": 0,
    }
    assert ids(db, "lift", "newcomers") == ["n1", "o1"] and ids(db, "lift", "newcomers_back") == ["n2"]


def test_a_name_that_stands_at_an_earlier_change_is_no_newcomers(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("INSERT INTO person VALUES (?, 'Ann Ito', FALSE), ('ann@home.example', 'ann ito', FALSE), (?, 'Bob Aas', FALSE)", [ANN, BOB])
    did(db, "n0", "2024-08-01", "ann@home.example")
    did(db, "n1", "2025-08-01", ANN)
    did(db, "o1", "2025-08-05", BOB)
    tables.fill(db, "helped", [
        ("n1", ANN, "reviewer", day("2025-08-02"), None, None), ("o1", BOB, "lander", day("2025-08-06"), None, None),
    ])
    assert ids(db, "lift", "newcomers") == ["o1"]


def test_documentation_and_bursts(db: duckdb.DuckDBPyConnection) -> None:
    # 2025-08-09 is a Saturday; the fourth change is on the Monday after, at work.
    for name, when in (("a", "2025-08-09T10:00"), ("b", "2025-08-09T11:00"), ("c", "2025-08-10T23:00"), ("d", "2025-08-11T10:00")):
        did(db, name, when)
    did(db, "e", "2025-08-12T10:00")
    mine(db)
    tables.fill(db, "thread", [thread("t1", "fire"), thread("t2", artifact=True)])
    belongs(db, ("t1", "a"), ("t1", "b"), ("t1", "c"), ("t1", "d"), ("t2", "e"))
    assert of(db, "documentation") == {"explained": 1, "explained_share": 0.5, "bursts": 1, "bursts_unexplained": 1}
    assert ids(db, "documentation", "bursts") == ["c"]


def test_foresight(db: duckdb.DuckDBPyConnection) -> None:
    for name in "abcd":
        did(db, name, "2025-08-01")
    mine(db)
    tables.fill(db, "thread", [thread("t1", foresight=10.0), thread("t2", foresight=20.0), thread("t3", foresight=-4.0), thread("t4")])
    belongs(db, ("t1", "a"), ("t2", "b"), ("t3", "c"), ("t4", "d"))
    assert of(db, "foresight") == {"days_median": 10.0, "days_max": 20.0, "proposed_before": 2, "proposed_after": 1}
    assert ids(db, "foresight", "days_max") == ["b"]


def test_contemporaneity(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2025-07-01T12:00", recorded="2025-07-02T12:00")  # lag 1 day
    did(db, "b", "2025-08-01T12:00", recorded="2025-08-04T12:00")  # lag 3 days
    did(db, "c", "2025-12-20T12:00", recorded="2025-12-20T11:00")  # below zero: none
    did(db, "m", "2025-08-05T12:00", recorded="2025-08-30T12:00", merge=True)  # a record, but its lag is not taken
    did(db, "z", "2026-02-01T12:00", ANN)  # the history goes on after the case
    tables.fill(db, "entry", [("book:x", "note", day("2025-07-01"), day("2025-07-11"), "", 0, 0, 0)])
    mine(db)
    found = of(db, "contemporaneity")
    assert found["lag_median"] == pytest.approx(1.0) and found["lag_p90"] == pytest.approx(2.6)  # 1 + 0.8 * (3 - 1)
    assert found["book_lag_median"] == pytest.approx(10.0) and found["book_lag_p90"] == pytest.approx(10.0)
    assert found["records"] == 4
    # 184 days are 27 weeks; days 1, 34, 60 and 172 lie in weeks 0, 4, 8 and 24.
    assert found["weeks_share"] == pytest.approx(4 / 27)
    assert found["longest_silence"] == pytest.approx((day("2025-12-20T11:00") - day("2025-08-30T12:00")).total_seconds() / 86400)
    assert ids(db, "contemporaneity", "longest_silence") == ["c", "m"]
    assert found["last_month_share"] == 0.25


def test_corroboration(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2025-08-01")
    did(db, "b", "2025-08-02")
    did(db, "old", "2024-08-02")
    mine(db)
    tables.fill(db, "thread", [thread("t1"), thread("t2")])
    belongs(db, ("t1", "a"), ("t1", "old"), ("t2", "b"))
    tables.fill(db, "link", [
        link("p", "a", "cites", "2025-08-01", ANN, True, "search"),
        link("q", "old", "reviews", "2024-08-03", BOB, True, "edge"),
        link("r", "b", "cites", "2025-09-01", CAT, False),
        link("s", "b", "cites", "2026-09-01", ANN, True, "search"),  # after the case
        link("t", "b", "fixes", "2025-09-01", ANN, True, "search"),  # speaks against
    ])
    found = {"backed_share": 0.5, "people_outside_mean": 1.0, "people_outside_max": 2, "people_mean": 1.5}
    assert of(db, "corroboration") == {**found, "managers": 0, "seats": 0}
    tables.fill(db, "standing", [("p", ANN, True, "engineering", "managers"), ("q", BOB, True, "", "skip-level"), ("s", ANN, True, "", "manager"), ("r", CAT, False, "", "")])
    assert of(db, "corroboration") == {**found, "managers": 2, "seats": 2}
    assert ids(db, "corroboration", "seats") == ["p", "q"]
    assert ids(db, "corroboration", "people_outside_max") == ["p", "q"]


def test_observation_counts_numbers_of_claims(db: duckdb.DuckDBPyConnection) -> None:
    tables.fill(db, "entry", [
        ("book:c1", "claim", day("2025-08-01"), None, "", 3, 1, 1), ("book:c2", "claim", day("2025-09-01"), None, "", 1, 1, 0),
        ("book:n", "note", day("2025-09-01"), None, "", 7, 0, 0),
    ])
    assert of(db, "observation") == {"numbers": 4, "bound_share": 0.5, "reproduced_share": 0.25}


def test_load_reads_local_time_off_the_offset(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2025-08-06T18:30", tz=120)  # Wednesday 20:30 there
    did(db, "b", "2025-08-06T18:30", tz=0)  # Wednesday 18:30
    did(db, "c", "2025-08-08T23:30", tz=60)  # Saturday 00:30 there
    did(db, "d", "2025-08-10T23:30", tz=540)  # Monday 08:30 there
    did(db, "e", "2025-08-06T10:00", tz=None)
    mine(db)
    assert of(db, "load") == {"changes": 4, "off_hours_share": 0.5, "weekend_share": 0.25, "pages": 0}
    assert ids(db, "load", "off_hours_share") == ["a", "c"]


def test_counter_knows_reverts_fixes_and_what_landed_again(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2025-08-01", title="Add cache")
    did(db, "a2", "2025-09-01", title="Add cache")
    did(db, "b", "2025-08-01", title="Add queue")
    did(db, "r", "2025-08-10", title='Revert "Add queue"')
    mine(db)
    tables.fill(db, "link", [
        link("x", "a", "reverts", "2025-08-05", ANN),
        link("r", "b", "reverts", "2025-08-10", ME, own=True),
        link("y", "r", "reverts", "2025-08-12", ANN),  # a re-landing
        link("a2", "a", "builds-on", "2025-09-01", ME, own=True, reason="re-landed: the same subject after its revert: Add cache"),
        link("z", "a", "fixes", "2025-08-04", BOB),
    ])
    assert of(db, "counter") == {
        "reverted": 2, "reverted_by_others": 1, "relanded": 2, "fixed": 1, "fixed_by_others": 1, "followed_by_fix": 0,
        "answered": 1, "own_care": 0, "incidents": None,
    }
    assert ids(db, "counter", "relanded") == ["a2", "y"]


def by_measure(found: tuple[Signal, ...], name: str, measure: str) -> Signal:
    return next(one for one in found if (one.name, one.measure, one.label) == (name, measure, "case"))


def test_what_no_connected_source_shows_is_unknown_and_says_so(db: duckdb.DuckDBPyConnection) -> None:
    without = signals.signals(db, {"git"}, Basis.INFERRED)
    assert list(without) == sorted(without, key=lambda one: (one.name, one.measure, one.label))
    declined = by_measure(without, "focus", "declined")
    assert declined.value is None and declined.blind_spots[0] == "no book is connected, so this is unknown: what was declined, as the book has it"
    assert by_measure(without, "initiative", "self_begun_known").value is None
    assert by_measure(signals.signals(db, {"git", "book"}, Basis.KNOWN), "focus", "declined").value == 0
    share = by_measure(without, "initiative", "self_begun_share")
    assert share.value is None and share.blind_spots[0] == "nothing to measure: no such evidence in the period"
    assert by_measure(without, "reach", "people_outside").basis is Basis.INFERRED
    assert by_measure(without, "reach", "people").basis is Basis.KNOWN
    assert all(one.blind_spots for one in without)


def test_the_case_bounds_the_other_periods() -> None:
    case = Period(date(2025, 10, 1), date(2026, 3, 31))
    found = tables.bounded([
        ("case", case), ("2025H2", Period(date(2025, 7, 1), date(2025, 12, 31))), ("2026H1", Period(date(2026, 1, 1), date(2026, 6, 30))),
        ("2026H2", Period(date(2026, 7, 1), date(2026, 12, 31))),
    ])
    assert [label for label, _ in found] == ["case", "2025H2", "2026H1"]
    assert found[2][1] == Period(date(2026, 1, 1), date(2026, 3, 31))


def test_quantities_of_a_claim() -> None:
    entry = Entry(
        "claims/x.md", "claim", "x", date(2026, 3, 2), None, Grade.SAID, meta={"numbers": {"p95": {"data": "data/x.csv"}}},
        body="In 2026 it fell 40% (was {p95.before} minutes), 3x faster; see #812, v1.2 and [12 days](https://example.org/12s).",
    )
    # Bound: p95. Typed: 40%, 3x and 12 days.
    assert tables._entry(entry)[-3:] == (4, 1, 0)


def test_describe_reads_the_header() -> None:
    text = signals.describe("foresight")
    assert text.startswith("foresight: Was it written down before it was built?")
    assert "proposed_after (undertakings)" in text
    with pytest.raises(KeyError):
        signals.describe("readiness")


def test_periods_and_people_are_not_guessed(db: duckdb.DuckDBPyConnection) -> None:
    rows: list[Any] = db.execute("SELECT days_between(TIMESTAMP '2025-01-02', TIMESTAMP '2025-01-01 12:00:00')").fetchall()
    assert rows == [(-0.5,)]
