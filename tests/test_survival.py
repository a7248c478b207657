"""Lines followed through real little repositories: who wrote them, when they came to the main line, when they went."""

from __future__ import annotations

from pathlib import Path

import pytest

from muster.lake import Lake
from muster.people import resolve
from muster.sources.git import Harvest, Settings, harvest
from muster.survival import Survival, annotate, survive
from tests.build import BOB, Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def numbered(first: int, last: int) -> list[str]:
    return [f"line number {n}" for n in range(first, last + 1)]


def read(repo: Repo) -> Harvest:
    return harvest(Settings(repo.path))


def alive(survival: Survival, found: Harvest) -> dict[tuple[str, str], int]:
    """(subject of the commit, path) to lines that are alive."""
    return counted(survival, found, ended=False)


def counted(survival: Survival, found: Harvest, *, ended: bool, sweep: bool = False) -> dict[tuple[str, str], int]:
    subjects = found.commits["subject"].to_pylist()
    lines: dict[tuple[str, str], int] = {}
    for row in survival.lines.to_pylist():
        if (row["ended"] is not None) == ended and row["sweep"] == sweep:
            key = (subjects[row["seq"]], row["path"])
            lines[key] = lines.get(key, 0) + row["lines"]
    return lines


def rewrites(survival: Survival, found: Harvest) -> list[tuple[str, str, str, int, int]]:
    subjects = found.commits["subject"].to_pylist()
    return sorted((subjects[row["seq"]], subjects[row["of"]], row["path"], row["changed"], row["deleted"])
                  for row in survival.rewrites.to_pylist())


def test_insertion_deletion_and_edit(repo: Repo) -> None:
    repo.commit("one", {"a.py": text(*numbered(1, 6))})
    repo.commit("two", {"a.py": text("line number 1", "new", *numbered(2, 6))})
    repo.commit("three", {"a.py": text("line number 1", "new", *numbered(2, 4), "other")})
    found = read(repo)
    survival = survive(found)
    assert alive(survival, found) == {("one", "a.py"): 4, ("two", "a.py"): 1, ("three", "a.py"): 1}
    assert counted(survival, found, ended=True) == {("one", "a.py"): 2}
    assert rewrites(survival, found) == [("three", "one", "a.py", 2, 0)]
    dead = [row for row in survival.lines.to_pylist() if row["ended"] is not None]
    assert [(row["arrived"], row["ended"], row["lines"], row["kind"]) for row in dead] == [(0, 2, 2, "code")]


def test_a_move_with_an_edit_and_a_moved_folder_go_on(repo: Repo) -> None:
    repo.commit("one", {"old/a.py": text(*numbered(1, 20)), "old/b.py": text(*numbered(30, 50))})
    repo.move("old/a.py", "new/renamed.py")
    repo.move("old/b.py", "new/b.py")
    repo.commit("two", {"new/renamed.py": text(*numbered(1, 17), "edited")})
    found = read(repo)
    survival = survive(found)
    assert alive(survival, found) == {("one", "new/renamed.py"): 17, ("two", "new/renamed.py"): 1, ("one", "new/b.py"): 21}
    # Lines that died before the move are of the file that it is today.
    assert counted(survival, found, ended=True) == {("one", "new/renamed.py"): 3}
    assert rewrites(survival, found) == [("two", "one", "new/renamed.py", 3, 0)]


def test_two_files_with_one_name_and_nothing_in_common_are_two(repo: Repo) -> None:
    repo.commit("one", {"old/a.py": text(*numbered(1, 20))})
    repo.commit("two", {"old/a.py": None, "new/a.py": text(*(f"another thing {n}" for n in range(20)))})
    found = read(repo)
    survival = survive(found)
    assert alive(survival, found) == {("two", "new/a.py"): 20}
    assert counted(survival, found, ended=True) == {("one", "old/a.py"): 20}
    assert rewrites(survival, found) == [("two", "one", "old/a.py", 0, 20)]


def test_a_branch_arrives_with_its_merge(repo: Repo) -> None:
    repo.commit("base", {"a.py": text(*numbered(1, 10))})
    repo.branch("topic")
    repo.commit("on topic", {"a.py": text("top", *numbered(1, 10))}, author=BOB)
    repo.checkout("main")
    repo.commit("on main", {"a.py": text(*numbered(1, 10), "bottom")})
    repo.merge("topic", "merge")
    found = read(repo)
    survival = survive(found)
    assert alive(survival, found) == {("base", "a.py"): 10, ("on topic", "a.py"): 1, ("on main", "a.py"): 1}
    subjects = found.commits["subject"].to_pylist()
    arrived = {subjects[row["seq"]]: subjects[row["arrived"]] for row in survival.lines.to_pylist()}
    assert arrived == {"base": "base", "on topic": "merge", "on main": "on main"}


def test_a_merge_that_changes_lines_is_their_writer(repo: Repo) -> None:
    repo.commit("base", {"a.py": text("x", *numbered(1, 10))})
    repo.branch("topic")
    repo.commit("on topic", {"a.py": text("topic", *numbered(1, 10))})
    repo.checkout("main")
    repo.commit("on main", {"a.py": text("main", *numbered(1, 10))})
    with pytest.raises(Exception, match="merge"):
        repo.merge("topic", "conflict")
    repo.commit("resolved", {"a.py": text("neither", *numbered(1, 10))})
    found = read(repo)
    survival = survive(found)
    assert alive(survival, found) == {("base", "a.py"): 10, ("resolved", "a.py"): 1}
    assert counted(survival, found, ended=True) == {("base", "a.py"): 1, ("on main", "a.py"): 1}
    assert not [row for row in rewrites(survival, found) if row[0] == "resolved"]


def test_an_octopus(repo: Repo) -> None:
    repo.commit("base", {"a.py": text(*numbered(1, 30))})
    for name, place in (("one", 5), ("two", 15)):
        repo.branch(name, "main")
        lines = numbered(1, 30)
        lines[place:place] = [f"from {name}"]
        repo.commit(f"on {name}", {"a.py": text(*lines), f"{name}.py": text("own")})
    repo.checkout("main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "octopus", "one", "two")
    found = read(repo)
    assert alive(survive(found), found) == {
        ("base", "a.py"): 30, ("on one", "a.py"): 1, ("on two", "a.py"): 1, ("on one", "one.py"): 1, ("on two", "two.py"): 1}


def test_deleted_and_back_again_is_written_anew(repo: Repo) -> None:
    repo.commit("one", {"a.py": text(*numbered(1, 5)), "b.py": "b\n"})
    repo.commit("gone", {"a.py": None})
    repo.commit("back", {"a.py": text(*numbered(1, 5))})
    found = read(repo)
    survival = survive(found)
    assert alive(survival, found) == {("back", "a.py"): 5, ("one", "b.py"): 1}
    assert counted(survival, found, ended=True) == {("one", "a.py"): 5}
    assert rewrites(survival, found) == [("gone", "one", "a.py", 0, 5)]


def test_a_merge_brings_lines_back_to_a_second_life(repo: Repo) -> None:
    repo.commit("base", {"a.py": text(*numbered(1, 10)), "b.py": "b\n"})
    repo.branch("topic")
    repo.commit("on topic", {"b.py": "c\n"})
    repo.checkout("main")
    repo.commit("cut", {"a.py": text(*numbered(1, 5))})
    repo.git("merge", "--quiet", "--no-ff", "--no-commit", "topic")
    repo.git("checkout", "topic", "--", "a.py")
    repo.commit("merge")
    found = read(repo)
    survival = survive(found)
    lives = sorted((row["arrived"], row["ended"], row["lines"]) for row in survival.lines.to_pylist()
                   if row["path"] == "a.py" and row["seq"] == 0 and row["ended"] is not None)
    assert alive(survival, found)["base", "a.py"] == 10
    assert [(arrived, lines) for arrived, _, lines in lives] == [(0, 5)]


def test_layout_is_no_death(repo: Repo) -> None:
    code = ["def f(a, b):", *(f"  x{n} = call(a, {n})" for n in range(20)), "  return a"]
    repo.commit("one", {"a.py": text(*code), "b.c": text("int f(int a, int b) { return a; }", *(f"int x{n} (int);" for n in range(12)))})
    repo.commit("indent", {"a.py": text(*(line.replace("  ", "    ") for line in code))})
    repo.commit("crlf", {"a.py": text(*(line.replace("  ", "    ") + "\r" for line in code))}, author=BOB)
    repo.commit("break", {"b.c": text("int f(int a,", "      int b)", "{", "  return a;", "}", *(f"int x{n}(int);" for n in range(12)))})
    found = read(repo)
    survival = survive(found)
    assert alive(survival, found) == {("one", "a.py"): 22, ("one", "b.c"): 13}
    assert not counted(survival, found, ended=True)
    assert not rewrites(survival, found)
    plain = annotate(found, [(3, "a.py"), (3, "b.c")])
    blamed = plain[3, "a.py"], plain[3, "b.c"]
    assert [None if lines is None else sorted(set(lines.tolist())) for lines in blamed] == [[2], [3]]


def test_quotes_and_commas_of_a_formatter_are_no_death(repo: Repo) -> None:
    code = [f"call('name{n}', [1,2,{n}])" for n in range(20)]
    repo.commit("one", {"a.py": text(*code)})
    repo.commit("format", {"a.py": text(*(line.replace("'", '"').replace(",", ", ").replace("])", ",])") for line in code))})
    found = read(repo)
    assert alive(survive(found), found) == {("one", "a.py"): 20}


def test_a_real_edit_beside_white_space_is_an_edit(repo: Repo) -> None:
    repo.commit("one", {"a.py": text(*numbered(1, 8))})
    repo.commit("two", {"a.py": text("  line number 1", *numbered(2, 7), "line number 9")})
    found = read(repo)
    assert alive(survive(found), found) == {("one", "a.py"): 7, ("two", "a.py"): 1}


@pytest.mark.parametrize("year", [False, True], ids=["same text", "a year for each file"])
def test_a_licence_sweep_is_marked(repo: Repo, year: bool) -> None:
    def head(n: int, now: int) -> list[str]:
        return [f"# Copyright {now - (n if year else 0)} The Authors", "# All rights reserved."]

    files = {f"f{n}.py": [f"own line {n} {m}" for m in range(4)] for n in range(25)}
    repo.commit("one", {name: text(*head(n, 2020), *body) for n, (name, body) in enumerate(files.items())})
    repo.commit("sweep", {name: text(*head(n, 2030), *body) for n, (name, body) in enumerate(files.items())})
    repo.commit("edit", {"f3.py": text(*head(3, 2040), *files["f3.py"])})
    found = read(repo)
    survival = survive(found)
    assert sum(counted(survival, found, ended=False).values()) == 25 * 5 + 1
    assert counted(survival, found, ended=False, sweep=True) == {("sweep", name): 1 for name in files if name != "f3.py"}
    assert counted(survival, found, ended=True, sweep=True)["one", "f0.py"] == 1
    assert {row[0] for row in rewrites(survival, found)} == {"edit"}


def test_odd_texts(repo: Repo) -> None:
    repo.commit("one", {"empty.py": "", "end.py": "a\nb", "binary.dat": b"\0\1\2\n\n", "latin.py": b"caf\xe9\nx\n"})
    repo.commit("two", {"empty.py": "now\n", "end.py": "a\nb\n", "binary.dat": "text\nnow\n", "latin.py": b"caf\xe9\ny\n"})
    found = read(repo)
    survival = survive(found)
    assert alive(survival, found) == {("two", "empty.py"): 1, ("one", "end.py"): 2, ("two", "binary.dat"): 2,
                                      ("one", "latin.py"): 1, ("two", "latin.py"): 1}
    assert [(one.reason, one.count) for one in survival.skipped] == [("versions of files that are no text", 1)]
    seq = annotate(found, [(1, "end.py")])[1, "end.py"]
    assert seq is not None and seq.tolist() == [0, 1]


def test_links_submodules_and_odd_names(repo: Repo) -> None:
    repo.commit("one", {"a.py": "a\n", "caf\udce9.py": text(*numbered(1, 3))})
    (repo.path / "link").symlink_to("a.py")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    repo.git("commit", "--quiet", "-m", "sub")
    repo.git("rm", "--quiet", "--cached", "sub")
    repo.commit("two", {"a.py": "a\nb\n"})
    (repo.path / "link").unlink()
    repo.commit("file now", {"link": "a.py"})
    found = read(repo)
    lines = alive(survive(found), found)
    assert lines == {("one", "a.py"): 1, ("two", "a.py"): 1, ("one", "caf\\xe9.py"): 3, ("file now", "link"): 1}


def test_what_nobody_wrote_is_left_out(repo: Repo) -> None:
    repo.commit("one", {"vendor/x.py": "a\n", "go.sum": "a\n", "api.pb.go": "a\n", "a.py": "a\n"})
    found = read(repo)
    assert alive(survive(found), found) == {("one", "a.py"): 1}
    assert alive(survive(found, kinds=["vendored"]), found) == {("one", "vendor/x.py"): 1}


def test_a_missing_blob_leaves_only_its_own_lines_unknown(repo: Repo) -> None:
    repo.commit("one", {"a.py": text(*numbered(1, 10)), "b.py": "b\n"})
    repo.commit("two", {"a.py": text(*numbered(1, 10), "second")})
    blob = repo.git("rev-parse", "HEAD:a.py")
    repo.commit("three", {"a.py": text(*numbered(1, 10), "second", "third")})
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    found = read(repo)
    survival = survive(found)
    assert alive(survival, found) == {("one", "a.py"): 10, ("one", "b.py"): 1}
    assert [(one.reason, one.count) for one in survival.skipped] == [("versions of files that are not here", 1)]
    assert survival.notes == ("lines: who wrote 2 lines cannot be told, because older versions are not here",)


def test_a_shallow_clone_knows_only_what_it_saw(repo: Repo, tmp_path: Path) -> None:
    repo.commit("one", {"a.py": text(*numbered(1, 10))})
    repo.commit("two", {"a.py": text(*numbered(1, 10), "two")})
    repo.commit("three", {"a.py": text(*numbered(1, 10), "two", "three")})
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--depth", "2", f"file://{repo.path}", str(clone))
    found = harvest(Settings(clone))
    survival = survive(found)
    assert alive(survival, found) == {("three", "a.py"): 1}
    assert survival.notes == ("lines: who wrote 11 lines cannot be told, because older versions are not here",)


def test_a_cherry_pick_on_two_branches_is_one_life_each(repo: Repo) -> None:
    repo.commit("base", {"a.py": text(*numbered(1, 10))})
    repo.branch("topic")
    repo.commit("picked", {"a.py": text(*numbered(1, 10), "fix")})
    repo.checkout("main")
    repo.git("cherry-pick", "topic", GIT_COMMITTER_DATE="2026-01-06T10:00:00+00:00")
    repo.git("commit", "--quiet", "--amend", "-m", "pick")
    repo.merge("topic", "merge")
    found = read(repo)
    assert alive(survive(found), found) == {("base", "a.py"): 10, ("pick", "a.py"): 1}


def test_the_tables_of_the_lake(repo: Repo) -> None:
    repo.commit("one", {"a.py": text(*numbered(1, 6))}, date="2026-01-01T00:00:00+00:00")
    # A clock that ran behind: along the main line dates never go back.
    repo.commit("two", {"a.py": text(*numbered(1, 3))}, date="2020-01-01T00:00:00+00:00")
    found = read(repo)
    lake = Lake.build([found], resolve([found]), survivals={found.name: survive(found)})
    first, second = (f"git:{sha}" for sha in found.commits["sha"].to_pylist())
    rows = lake.db.execute("SELECT id, path, kind, arrived_id, CAST(arrived AS DATE)::VARCHAR, ended_id, "
                           "CAST(ended AS DATE)::VARCHAR, lines, sweep FROM line ORDER BY ALL").fetchall()
    assert rows == [(first, "a.py", "code", first, "2026-01-01", second, "2026-01-01", 3, False),
                    (first, "a.py", "code", first, "2026-01-01", None, None, 3, False)]
    assert lake.db.execute("SELECT id, of, origin, path, changed, deleted FROM rewrite").fetchall() == [
        (second, first, found.name, "a.py", 0, 3)]
    empty = Lake.build([found], resolve([found]))
    assert empty.db.execute("SELECT count(*) FROM line").fetchone() == (0,)
