"""builds-on by lines: others' later changes of lines that the person wrote, in whosever file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from muster.links import View, builds_on
from tests.build import ANN, BOB, CYD, Repo
from tests.test_links import view_of


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "r")


def on(day: int) -> str:
    return f"2026-01-{day:02d}T10:00:00+00:00"


def with_rewrites(repo: Repo, rows: Iterable[tuple[str, str, str, int, int]]) -> View:
    """A view in which these lines were changed: (commit, whose, path, changed, deleted)."""
    view = view_of(repo)
    view.lake.db.execute("CREATE TABLE IF NOT EXISTS rewrite (id VARCHAR, of VARCHAR, origin VARCHAR, path VARCHAR, changed INTEGER, deleted INTEGER)")
    view.lake.db.execute("DELETE FROM rewrite")
    for a, b, *rest in rows:
        view.lake.db.execute("INSERT INTO rewrite VALUES (?, ?, 'r', ?, ?, ?)", [f"git:{a}", f"git:{b}", *rest])
    return view


def links(view: View) -> list[tuple[str, str, str]]:
    return [(link.src[4:12], link.dst[4:12], link.reason) for link in builds_on.find(view)]


def test_lines_in_others_files_count(repo: Repo) -> None:
    began = repo.commit("Begin", {"q.py": "a\n"}, author=BOB, date=on(1))
    wrote = repo.commit("Extend", {"q.py": "a\nb\n"}, author=ANN, date=on(2))
    later = repo.commit("Change that", {"q.py": "a\nc\n", "r.py": "1\n"}, author=CYD, date=on(3))
    view = with_rewrites(repo, [(later, wrote, "q.py", 7, 1), (later, wrote, "r.py", 2, 0), (later, began, "q.py", 9, 0)])
    assert links(view) == [(later[:8], wrote[:8], "changes 7 lines of q.py and 2 in 1 more file, written there")]


def test_deleting_too_few_and_upkeep_build_nothing(repo: Repo) -> None:
    repo.commit("Begin", {"q.py": "a\n", "CHANGELOG.md": "1\n"}, author=BOB, date=on(1))
    wrote = repo.commit("Extend", {"q.py": "a\nb\n", "CHANGELOG.md": "2\n"}, author=ANN, date=on(2))
    gone = repo.commit("Drop that", {"q.py": "a\n"}, author=CYD, date=on(3))
    few = repo.commit("Touch", {"q.py": "b\n"}, author=CYD, date=on(4))
    typo = repo.commit("Fix typos", {"q.py": "c\n"}, author=CYD, date=on(5))
    log = repo.commit("Log it", {"CHANGELOG.md": "3\n"}, author=CYD, date=on(6))
    mine = repo.commit("Mine", {"q.py": "d\n"}, author=ANN, date=on(7))
    bot = repo.commit("Sort", {"q.py": "e\n"}, author="renovate[bot] <renovate[bot]@users.noreply.github.com>", date=on(8))
    squash = repo.commit("Merge release 1.2 to main", {"q.py": "f\n"}, author=CYD, date=on(9))
    view = with_rewrites(repo, [
        (gone, wrote, "q.py", 0, 9), (few, wrote, "q.py", 2, 0), (typo, wrote, "q.py", 9, 0), (log, wrote, "CHANGELOG.md", 9, 0),
        (mine, wrote, "q.py", 9, 0), (bot, wrote, "q.py", 9, 0), (squash, wrote, "q.py", 9, 0),
    ])
    assert links(view) == []


def test_a_file_that_was_added_there_is_said_first(repo: Repo) -> None:
    wrote = repo.commit("Begin", {"q.py": "a\n"}, author=ANN, date=on(1))
    later = repo.commit("Change", {"q.py": "b\n"}, author=BOB, date=on(2))
    assert links(with_rewrites(repo, [(later, wrote, "q.py", 1, 0)])) == [
        (later[:8], wrote[:8], "changes q.py, added there, and 1 line of its own")
    ]
    assert links(with_rewrites(repo, [])) == [(later[:8], wrote[:8], "changes q.py, added there")]


def test_one_change_is_tied_to_few(repo: Repo) -> None:
    repo.commit("Begin", {"q.py": "0\n"}, author=BOB, date=on(1))
    wrote = [repo.commit(f"Write {n}", {"q.py": f"{n}\n"}, author=ANN, date=on(n + 1)) for n in range(1, 6)]
    later = repo.commit("Change", {"q.py": "b\n"}, author=BOB, date=on(20))
    view = with_rewrites(repo, [(later, sha, "q.py", 10 + n, 0) for n, sha in enumerate(wrote)])
    assert [dst for _, dst, _ in links(view)] == [sha[:8] for sha in wrote[:1:-1]]


BODY = "".join(f"def step_{n}(): return {n}\n" for n in range(30))


def test_what_was_taken_out_of_another_file_is_not_its_movers(repo: Repo) -> None:
    repo.commit("Begin", {"big.py": "import os\n" + BODY}, author=BOB, date=on(1))
    moved = repo.commit("Split the steps out", {"big.py": "import os\n", "steps.py": BODY + "def last(): return 30\n"}, author=ANN, date=on(2))
    later = repo.commit("Another step", {"steps.py": BODY + "def last(): return 31\ndef more(): return 1\n"}, author=CYD, date=on(3))
    assert links(with_rewrites(repo, [(later, moved, "steps.py", 9, 0)])) == []


def test_what_was_written_beside_it_or_copied_from_what_stayed_is(repo: Repo) -> None:
    repo.commit("Begin", {"big.py": "import os\n" + BODY}, author=BOB, date=on(1))
    other = BODY.replace("step_", "plan_")
    wrote = repo.commit("Plan", {"big.py": "import os\n", "plans.py": other}, author=ANN, date=on(2))
    later = repo.commit("Another plan", {"plans.py": other + "def more(): return 1\n"}, author=CYD, date=on(3))
    assert links(with_rewrites(repo, [])) == [(later[:8], wrote[:8], "changes plans.py, added there")]


def test_what_a_program_wrote_is_nobodys(repo: Repo) -> None:
    head = "### This is a generated documentation. Read the sources for more.\n"
    repo.commit("Begin", {"a.py": "1\n"}, author=BOB, date=on(1))
    made = repo.commit("Add the reference", {"docs/api.md": "### API\n", "docs/guide.md": "How it is generated, told by hand.\n"}, author=ANN, date=on(2))
    later = repo.commit("A field more", {"docs/api.md": head + "2\n", "docs/guide.md": "2\n"}, author=CYD, date=on(3))
    assert links(with_rewrites(repo, [])) == [(later[:8], made[:8], "changes docs/guide.md, added there")]
