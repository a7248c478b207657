"""Reach by adopting, by reusing and by lines: what the signal counts of the links that others' records make."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from muster.signals import header, tables
from tests.test_signals import ANN, BOB, CAT, LAKE, ME, day, did, ids, link, mine, of

IMPORTS = 'imports "a/b" in c/d.go:3, still there'
FOLLOWS = "docs/b.md follows the structure of docs/a.md: 6 parts in the same order, such as “x”"
LINES = "changes 7 lines of q.py, written there"
ADDED = "changes q.py, added there, and 1 line of its own"
FILE = "changes q.py, added there"


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute(LAKE)
    tables.create(connection)
    connection.execute("INSERT INTO subject VALUES (?)", [ME])
    tables.fill(connection, "period", [
        ("case", day("2025-07-01"), day("2026-01-01")), ("2025H1", day("2025-01-01"), day("2025-07-01")),
    ])
    for id_ in ("a", "b"):
        did(connection, id_, "2024-01-01")
    mine(connection)
    yield connection
    connection.close()


def tie(
    src: str, dst: str, reason: str, actor: str, outside: bool | None = None, team: str | None = None, at: str = "2025-08-01"
) -> tuple[object, ...]:
    row = list(link(src, dst, "builds-on", at, actor, outside, team))
    row[3] = reason
    return tuple(row)


def some(db: duckdb.DuckDBPyConnection, part: str, label: str = "case") -> dict[str, float | None]:
    return {name: value for name, value in of(db, "reach", label).items() if part in name}


def test_adopting_counts_people_teams_and_what_was_adopted(db: duckdb.DuckDBPyConnection) -> None:
    tables.fill(db, "link", [
        tie("p", "a", IMPORTS, ANN, True, "search"), tie("p", "b", IMPORTS, ANN, True, "search"),
        tie("q", "a", IMPORTS, BOB, False, "mine"), tie("r", "a", FILE, CAT, True, "edge"),
        tie("s", "a", IMPORTS, CAT, True, "edge", "2024-08-01"),  # before either period
    ])
    assert some(db, "adopt") == {"people_adopting": 2, "people_adopting_outside": 1, "teams_adopting": 1, "adoptions": 3}
    assert ids(db, "reach", "people_adopting") == ["p", "q"] and ids(db, "reach", "teams_adopting") == ["p"]
    assert some(db, "adopt", "2025H1") == {"people_adopting": 0, "people_adopting_outside": 0, "teams_adopting": 0, "adoptions": 0}
    assert of(db, "reach")["people_building_on"] == 3


def test_reusing_counts_people_teams_and_documents(db: duckdb.DuckDBPyConnection) -> None:
    tables.fill(db, "link", [tie("p", "a", FOLLOWS, ANN, True, "search"), tie("q", "a", FOLLOWS, BOB, True, "search"), tie("q", "b", FILE, BOB)])
    assert some(db, "reus") == {"people_reusing": 2, "people_reusing_outside": 2, "teams_reusing": 1, "documents_reused": 1}
    assert ids(db, "reach", "documents_reused") == ["p", "q"]


def test_lines_are_unknown_where_they_were_not_followed(db: duckdb.DuckDBPyConnection) -> None:
    tables.fill(db, "link", [tie("p", "a", FILE, ANN, True, "search")])
    assert set(some(db, "changing_lines").values()) == {None}
    tables.fill(db, "written", [("a", "r", "q.py", "code", True, day("2024-01-01"), None, day("2026-01-01"), 9)])
    assert set(some(db, "changing_lines").values()) == {0}


def test_lines_count_in_new_files_and_in_others(db: duckdb.DuckDBPyConnection) -> None:
    tables.fill(db, "written", [("a", "r", "q.py", "code", True, day("2024-01-01"), None, day("2026-01-01"), 9)])
    tables.fill(db, "link", [
        tie("p", "a", LINES, ANN, True, "search"), tie("q", "a", ADDED, BOB, True, "edge"), tie("r", "a", FILE, CAT, True, "edge"),
    ])
    assert some(db, "changing_lines") == {"people_changing_lines": 2, "people_changing_lines_outside": 2, "teams_changing_lines": 2}


def test_outside_is_unknown_where_nobodys_team_is_known(db: duckdb.DuckDBPyConnection) -> None:
    tables.fill(db, "link", [tie("p", "a", IMPORTS, ANN)])
    assert some(db, "adopt") == {"people_adopting": 1, "people_adopting_outside": None, "teams_adopting": None, "adoptions": 1}


def test_it_says_what_it_cannot_see() -> None:
    told = "; ".join(header("reach").cannot_see)
    assert "not among them" in told and "whether the writer of a document looked" in told and "lines was not worked out" in told
