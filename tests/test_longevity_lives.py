"""Lifetimes of files in real histories with merges: what is said to be alive is what the newest tree holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from muster.lake import Lake
from muster.people import resolve
from muster.signals import tables
from muster.signals.life import landings, lifetimes, mainline
from muster.sources.git import Settings, harvest
from muster.survival import survive
from tests.build import ANN, BOB, Repo


def days(number: int) -> str:
    return f"2024-{1 + number // 28:02}-{1 + number % 28:02}T10:00:00+00:00"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit("Start", {"a.go": "a\n" * 9, "b.go": "b\n" * 9, "c.go": "c\n" * 9}, date=days(0))
    return made


def lives(repo: Repo, lines: bool = False) -> dict[str, dict[str, Any]]:
    """The files by their last path; fails where one that is said to be alive is not in the tree, or the other way round."""
    found = harvest(Settings(repo.path))
    lake = Lake.build((found,), resolve((found,)), survivals={found.name: survive(found)} if lines else {})
    tables.create(lake.db)
    rows = lifetimes(lake.db, lake.harvests)[0].to_pylist()
    tree = set(repo.git("ls-tree", "-r", "--name-only", "HEAD").splitlines())
    assert sorted(row["path"] for row in rows if row["ended"] is None) == sorted(tree)
    return {row["path"]: row for row in rows}


def titles(repo: Repo, row: dict[str, Any]) -> tuple[str, str | None]:
    name = [repo.git("log", "-1", "--format=%s", row[key][4:]) if row[key] else None for key in ("id", "ended_id")]
    return name[0] or "", name[1]


def test_a_branch_adds_and_deletes_when_it_comes_in(repo: Repo) -> None:
    repo.branch("work")
    repo.commit("Add d", {"d.go": "d\n"}, author=BOB, date=days(5))
    repo.commit("Drop b", {"b.go": None}, author=BOB, date=days(6))
    repo.commit("Add and", {"never.go": "x\n"}, author=BOB, date=days(7))
    repo.commit("drop again", {"never.go": None}, author=BOB, date=days(8))
    repo.checkout("main")
    repo.commit("Meanwhile", {"a.go": "other\n"}, date=days(9))
    repo.merge("work", "Merge work", date=days(20))
    found = lives(repo)
    assert set(found) == {"a.go", "b.go", "c.go", "d.go"}
    assert titles(repo, found["d.go"]) == ("Add d", None) and titles(repo, found["b.go"]) == ("Start", "Drop b")
    assert found["d.go"]["born"].isoformat() == found["b.go"]["ended"].isoformat() == days(20)[:19]


def test_what_only_the_merge_itself_deleted_is_gone_and_what_it_added_is_nobodys(repo: Repo) -> None:
    repo.branch("work")
    repo.commit("Touch c", {"c.go": "c2\n"}, date=days(5))
    repo.checkout("main")
    repo.commit("Touch b", {"b.go": "b2\n"}, date=days(6))
    repo.git("merge", "--quiet", "--no-ff", "--no-commit", "work")
    (repo.path / "b.go").unlink()
    (repo.path / "by-hand.go").write_text("x\n")
    repo.commit("Merge work", {}, date=days(7))
    found = harvest(Settings(repo.path))
    lake = Lake.build((found,), resolve((found,)))
    tables.create(lake.db)
    rows = {row["path"]: row for row in lifetimes(lake.db, lake.harvests)[0].to_pylist()}
    assert titles(repo, rows["b.go"]) == ("Start", "Merge work") and "by-hand.go" not in rows


def test_a_branch_that_is_discarded_adds_nothing(repo: Repo) -> None:
    repo.branch("work")
    repo.commit("Add d", {"d.go": "d\n", "a.go": None}, date=days(5))
    repo.checkout("main")
    repo.git("merge", "--quiet", "--no-ff", "-s", "ours", "-m", "Merge work", "work")
    repo.commit("Add d by hand", {"d.go": "other\n"}, author=BOB, date=days(9))
    assert titles(repo, lives(repo)["d.go"]) == ("Add d by hand", None)


def test_a_move_on_a_branch_is_followed_though_it_was_edited_before_it_came_in(repo: Repo) -> None:
    repo.branch("work")
    repo.move("a.go", "new/a.go")
    repo.commit("Move a", {}, date=days(5))
    repo.commit("Rewrite a", {"new/a.go": "all\nis\nnew\nin\nhere\n"}, author=BOB, date=days(6))
    repo.checkout("main")
    repo.commit("Meanwhile", {"c.go": "other\n"}, date=days(7))
    repo.merge("work", "Merge work", date=days(8))
    found = lives(repo)
    assert set(found) == {"new/a.go", "b.go", "c.go"} and titles(repo, found["new/a.go"]) == ("Start", None)


def test_both_sides_delete_and_one_brings_it_back(repo: Repo) -> None:
    repo.branch("work")
    repo.commit("Drop a", {"a.go": None}, author=BOB, date=days(5))
    repo.checkout("main")
    repo.commit("Drop a too", {"a.go": None}, date=days(6))
    repo.merge("work", "Merge work", date=days(7))
    repo.commit("Bring a back", {"a.go": "a\n"}, author=BOB, date=days(30))
    found = harvest(Settings(repo.path))
    lake = Lake.build((found,), resolve((found,)))
    tables.create(lake.db)
    rows = [titles(repo, row) for row in lifetimes(lake.db, lake.harvests)[0].to_pylist() if row["path"] == "a.go"]
    assert rows == [("Start", "Drop a too"), ("Bring a back", None)]


def test_a_branch_of_a_branch_lands_with_the_first_merge_that_reaches_it(repo: Repo) -> None:
    repo.branch("one")
    repo.commit("Add d", {"d.go": "d\n"}, author=BOB, date=days(1))
    repo.branch("two")
    repo.commit("Add e", {"e.go": "e\n"}, author=BOB, date=days(2))
    repo.checkout("main")
    repo.merge("one", "Merge one", author=ANN, date=days(3))
    repo.merge("two", "Merge two", author=ANN, date=days(9))
    found = lives(repo)
    assert [found[path]["born"].isoformat() for path in ("d.go", "e.go")] == [days(3)[:19], days(9)[:19]]
    got = harvest(Settings(repo.path))
    landed = landings(got)
    name = {sha: repo.git("log", "-1", "--format=%s", sha) for sha in [*landed, *landed.values(), *mainline(got)]}
    assert {name[sha]: name[by] for sha, by in landed.items()} == {"Add d": "Merge one", "Add e": "Merge two"}
    assert [name[sha] for sha in mainline(got)] == ["Start", "Merge one", "Merge two"]


def test_a_move_that_edits_is_followed_where_lines_are(repo: Repo) -> None:
    long = [f"line {number}\n" for number in range(40)]
    repo.commit("Add d and e", {"pkg/d.go": "".join(long), "pkg/e.go": "".join(reversed(long))}, author=BOB, date=days(1))
    for name in ("d", "e"):
        repo.move(f"pkg/{name}.go", f"internal/pkg/{name}.go")
    repo.commit("Move pkg", {"internal/pkg/d.go": "".join(["new\n", *long]), "internal/pkg/e.go": "".join(["new\n", *reversed(long)])},
                date=days(5))
    repo.move("internal/pkg/d.go", "own/other.go")
    repo.commit("Move d", {"own/other.go": "".join(["newer\n", *long])}, date=days(9))
    repo.commit("Drop e", {"internal/pkg/e.go": None}, date=days(12))
    found = lives(repo, lines=True)
    assert set(found) == {"a.go", "b.go", "c.go", "own/other.go", "internal/pkg/e.go"}
    assert titles(repo, found["own/other.go"]) == ("Add d and e", None) and not found["own/other.go"]["lost"]
    assert titles(repo, found["internal/pkg/e.go"]) == ("Add d and e", "Drop e")
    # By what the commits themselves say, the files went and others came.
    assert titles(repo, lives(repo)["own/other.go"]) == ("Move d", None)
