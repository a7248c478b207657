"""The derived tables: lifetimes of files, what came in through a merge, and who is outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from muster.model import Basis
from muster.signals import tables
from muster.signals.life import lifetimes
from tests.test_signals import ANN, BOB, LAKE, ME, day, did, link, mine, path


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute(LAKE)
    tables.create(connection)
    connection.execute("INSERT INTO subject VALUES (?)", [ME])
    yield connection
    connection.close()


def lives(db: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    mine(db)
    rows: list[dict[str, Any]] = lifetimes(db)[0].to_pylist()
    return rows


def test_a_move_is_not_a_death(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2024-01-01", seq=1)
    did(db, "b", "2024-02-01", ANN, seq=2)
    did(db, "c", "2024-03-01", ANN, seq=3)
    path(db, "a", 1, "A", "old/x.go")
    path(db, "b", 2, "R", "new/x.go", was="old/x.go")
    path(db, "c", 3, "D", "new/x.go")
    (file,) = lives(db)
    assert (file["id"], file["path"], file["mine"], file["born"]) == ("a", "new/x.go", True, day("2024-01-01"))
    assert file["ended"] == day("2024-03-01") and file["ended_id"] == "c"


def test_a_delete_undone_within_a_week_is_not_a_death_and_a_later_one_is(db: duckdb.DuckDBPyConnection) -> None:
    for seq, (name, when, status, file) in enumerate([
        ("a", "2024-01-01", "A", "x.go"), ("b", "2024-01-01", "A", "y.go"), ("c", "2024-02-01", "D", "x.go"),
        ("d", "2024-02-01", "D", "y.go"), ("e", "2024-02-07", "A", "x.go"), ("f", "2024-02-09", "A", "y.go"),
    ]):
        did(db, name, when, ME if seq < 4 else ANN, seq=seq)
        path(db, name, seq, status, file)
    found = [(file["id"], file["path"], file["ended"], file["mine"]) for file in lives(db)]
    assert found == [
        ("a", "x.go", None, True), ("b", "y.go", day("2024-02-01"), True), ("f", "y.go", None, False),
    ]


def test_a_bulk_commit_creates_nothing_but_moves_and_deletes(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2024-01-01", bulk=True, seq=1)
    did(db, "b", "2024-01-02", seq=2)
    did(db, "c", "2024-01-03", ANN, bulk=True, seq=3)
    did(db, "d", "2024-01-04", ANN, bulk=True, seq=4)
    path(db, "a", 1, "A", "imported.go")
    path(db, "b", 2, "A", "x.go")
    path(db, "b", 2, "A", "vendor/v.go", kind="vendored")
    path(db, "b", 2, "A", "y.go")
    path(db, "c", 3, "R", "z/x.go", was="x.go")
    path(db, "d", 4, "D", "y.go")
    assert [(file["path"], file["ended"]) for file in lives(db)] == [("z/x.go", None), ("y.go", day("2024-01-04"))]


def test_a_swap_of_two_paths_keeps_both_alive_or_buries_what_was_overwritten(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2024-01-01", seq=1)
    did(db, "b", "2024-01-02", seq=2)
    path(db, "a", 1, "A", "x.go")
    path(db, "a", 1, "A", "y.go")
    path(db, "b", 2, "R", "y.go", was="x.go")
    assert [(file["path"], file["ended"]) for file in lives(db)] == [("y.go", None), ("y.go", day("2024-01-02"))]


def test_others_changes_to_my_files_follow_the_move(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2024-01-01", seq=1)
    did(db, "b", "2024-02-01", ANN, seq=2)
    did(db, "c", "2024-03-01", BOB, seq=3)
    did(db, "d", "2024-03-02", BOB, bot=True, seq=4)
    did(db, "e", "2024-03-03", ME, seq=5)
    did(db, "f", "2024-03-04", BOB, bulk=True, seq=6)
    path(db, "a", 1, "A", "x.go")
    path(db, "b", 2, "R", "y.go", was="x.go")
    for name, seq in (("c", 3), ("d", 4), ("e", 5), ("f", 6)):
        path(db, name, seq, "M", "y.go")
    path(db, "c", 3, "M", "other.go")
    did(db, "g", "2024-03-04", ANN, seq=7)
    path(db, "g", 7, "M", "y.go")
    mine(db)
    tables.fill(db, "link", [link("c", "a", "builds-on", "2024-03-01", BOB)])
    tables._lives(db)
    found = db.execute("SELECT id, actor, linked FROM built_on ORDER BY id").fetchall()
    assert found == [("c", BOB, True), ("g", ANN, False)]  # the move itself builds on nothing
    assert db.execute("SELECT last FROM life").fetchall() == [(day("2024-03-04"),)]


def test_what_comes_after_the_last_believable_date_ends_nothing(db: duckdb.DuckDBPyConnection) -> None:
    did(db, "a", "2024-01-01", seq=1)
    did(db, "b", "2024-02-01", ANN, seq=2)
    path(db, "a", 1, "A", "x.go")
    path(db, "b", 2, "D", "x.go")
    db.execute("UPDATE evidence SET happened_at = NULL, recorded_at = NULL WHERE id = 'b'")
    assert [file["ended"] for file in lives(db)] == [None]


def test_no_history_has_no_lives(db: duckdb.DuckDBPyConnection) -> None:
    assert lives(db) == []
    tables._lives(db)
    assert db.execute("SELECT count(*) FROM life").fetchall() == [(0,)]


def test_landings_are_what_the_merge_brought_to_the_main_line() -> None:
    #  0 - 1 ----- m2 - m4      main: m2 merges 2a, 2b; m4 merges 3a, which forked before m2
    #    \  \2a-2b/     /
    #     \3a----------/
    commits = pa.table({
        "sha": ["0", "1", "2a", "2b", "m2", "3a", "m4"],
        "parents": [[], ["0"], ["1"], ["2a"], ["1", "2b"], ["0"], ["m2", "3a"]],
    })
    harvest: Any = SimpleNamespace(commits=commits, head="m4")
    assert tables.landings(harvest, {"m2"}) == {"2a": "m2", "2b": "m2"}
    assert tables.landings(harvest, {"m4"}) == {"3a": "m4"}
    assert tables.landings(harvest, set()) == {} == tables.landings(harvest, {"elsewhere"})


def test_outside_is_true_false_or_unknown() -> None:
    teams = {ME: "core", ANN: "search", BOB: "core"}

    def outside(person: str, of: str, at: datetime) -> str | None:
        team = teams.get(person)
        return team if team and team != teams[of] else None

    org = SimpleNamespace(outside=outside, team=lambda person, at: (teams.get(person), Basis.KNOWN))
    view: Any = SimpleNamespace(org=org, subject=ME)
    asked = tables._Outside(view)
    when = day("2025-05-05")
    assert asked(ANN, when) == (True, "search")
    assert asked(BOB, when) == (False, "core")
    assert asked("nobody@example.org", when) == (None, None)
