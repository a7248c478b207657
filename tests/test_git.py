from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.model import MusterError
from muster.sources import _cache, _parse, _repository
from muster.sources import git as git_source
from muster.sources.git import Harvest, Repository, Settings, harvest
from tests.build import BOB, Repo


def read(repo: Repo, cache: Path | None = None, ref: str = "HEAD") -> Harvest:
    return harvest(Settings(repo.path, ref), cache)


def same(one: Harvest, other: Harvest) -> bool:
    """Whether the tables are the same, byte by byte."""
    return all(
        serialised(getattr(one, name)) == serialised(getattr(other, name)) for name in ("commits", "changes", "merged")
    )


def serialised(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.Table.from_pylist(table.to_pylist(), schema=table.schema)
    with pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)
    return bytes(sink.getvalue())


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "r")


def grow(repo: Repo) -> None:
    repo.commit("One\n\nThe body.\n\nReviewed-by: Bob Brink <bob@example.org>", {"a/x.py": "1\n", "b.txt": "b\n"})
    repo.branch("side")
    repo.commit("Two on the side", {"side.py": "2\n"}, author=BOB, date="2026-01-06T10:00:00+02:00")
    repo.checkout("main")
    repo.commit("Three", {"a/x.py": "3\n", "b.txt": None}, date="2026-01-07T10:00:00-05:30", committer=BOB,
                committed="2026-01-08T00:00:00+00:00")
    repo.merge("side", "Merge side", date="2026-01-09T10:00:00+00:00")


def test_tables(repo: Repo) -> None:
    grow(repo)
    found = read(repo)
    assert found.commits.schema == _parse.COMMITS and found.changes.schema == _parse.CHANGES
    rows = found.commits.to_pylist()
    assert [row["subject"] for row in rows] == ["One", "Three", "Two on the side", "Merge side"]
    assert [row["seq"] for row in rows] == [0, 1, 2, 3]
    assert rows[3]["parents"] == [rows[1]["sha"], rows[2]["sha"]] and rows[0]["parents"] == []
    assert rows[0]["body"] == "The body.\n\nReviewed-by: Bob Brink <bob@example.org>"
    assert rows[1]["authored_at"].isoformat() == "2026-01-07T15:30:00+00:00" and rows[1]["authored_tz"] == -330
    assert rows[1]["committed_at"].isoformat() == "2026-01-08T00:00:00+00:00"
    assert (rows[1]["author_email"], rows[1]["committer_email"]) == ("ann@example.org", "bob@example.org")
    changes = [(row["seq"], row["status"], row["path"]) for row in found.changes.to_pylist()]
    assert changes == [(0, "A", "a/x.py"), (0, "A", "b.txt"), (1, "M", "a/x.py"), (1, "D", "b.txt"), (2, "A", "side.py")]
    assert found.changes.to_pylist()[3]["new"] is None
    assert found.merged.schema == _parse.CHANGES
    assert [(row["seq"], row["status"], row["path"]) for row in found.merged.to_pylist()] == [(3, "A", "side.py")]
    assert found.head == rows[3]["sha"] and found.skipped == () and found.notes == ()


def test_moves(repo: Repo) -> None:
    repo.commit("Start", {"old/a.py": "aaa\n", "old/b.py": "bbb\n", "c.py": "ccc\n", "x/README.md": "x\n", "one": "same\n",
                          "two": "same\n"})
    repo.move("old/a.py", "new/renamed.py")
    repo.move("c.py", "lib/c.py")
    repo.commit("Move with an edit", {"lib/c.py": "cccc changed\n"})
    repo.commit("Not a move", {"x/README.md": None, "y/README.md": "another thing\n"})
    repo.move("one", "d/one")
    repo.move("two", "d/two")
    repo.commit("Two alike")
    rows = [row for row in read(repo).changes.to_pylist() if row["seq"] > 0]
    moves = [(row["from_path"], row["path"]) for row in rows if row["status"] == "R"]
    assert moves == [("c.py", "lib/c.py"), ("old/a.py", "new/renamed.py"), ("one", "d/one"), ("two", "d/two")]
    assert [row["status"] for row in rows if row["seq"] == 2] == ["D", "A"]
    edited = next(row for row in rows if row["path"] == "lib/c.py")
    assert edited["old"] and edited["new"] and edited["old"] != edited["new"]


def test_a_second_run_reads_only_what_is_new(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(repo)
    cache = tmp_path / "cache"
    first = read(repo, cache)
    seen: list[tuple[str, ...]] = []
    start = Repository.start

    def noted(self: Repository, *args: str, **more: object) -> subprocess.Popen[bytes]:
        seen.append(args)
        return start(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Repository, "start", noted)
    assert same(first, read(repo, cache)) and not seen
    repo.commit("Four", {"a/x.py": "4\n"})
    again = read(repo, cache)
    assert len(seen) == 1 and f"^{first.head}" in seen[0]
    assert same(again, read(repo)) and again.notes == ()
    assert again.commits.num_rows == 5


@pytest.mark.parametrize("cached", [True, False])
def test_incremental_equals_full_where_the_old_head_came_in_as_a_second_parent(repo: Repo, tmp_path: Path, cached: bool) -> None:
    repo.commit("Root", {"a": "a"})
    repo.branch("other")
    repo.commit("Other 1", {"o": "1"})
    repo.checkout("main")
    repo.commit("Main 1", {"m": "1"})
    cache = tmp_path / "cache"
    if cached:
        read(repo, cache)
    repo.checkout("other")
    repo.merge("main", "Merge main the wrong way round")
    repo.commit("Other 2", {"o": "2"})
    repo.git("update-ref", "refs/heads/main", "other")
    repo.checkout("main")
    grown = read(repo, cache)
    assert same(grown, read(repo)) and grown.notes == ()
    assert same(read(repo, cache), grown)


def test_rewritten_history_is_noticed(repo: Repo, tmp_path: Path) -> None:
    grow(repo)
    cache = tmp_path / "cache"
    old = read(repo, cache).head
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.commit("Another way", {"n": "n"})
    found = read(repo, cache)
    assert found.notes == (f"history was rewritten since the last harvest, which ended at {old[:12]}: it was read again in full",)
    assert same(found, read(repo)) and read(repo, cache).notes == ()
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--quiet", "--prune=now")
    assert "rewritten" in read(repo, cache).notes[0]


def test_many_small_harvests_become_one_part(repo: Repo, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for number in range(_cache.PARTS + 3):
        repo.commit(f"No. {number}", {"n": str(number)})
        read(repo, cache)
    assert len(list(cache.rglob("*.commits.parquet"))) <= _cache.PARTS
    assert same(read(repo, cache), read(repo))


@pytest.mark.parametrize("damage", ["format", "json", "part", "gone", "empty"])
def test_a_cache_that_cannot_be_used_is_none(repo: Repo, tmp_path: Path, damage: str) -> None:
    grow(repo)
    cache = tmp_path / "cache"
    read(repo, cache)
    state = next(cache.rglob("state.json"))
    part = next(cache.rglob("*.commits.parquet"))
    if damage == "format":
        state.write_text(state.read_text().replace(f'"format": {_cache.FORMAT}', '"format": 0'))
    elif damage == "json":
        state.write_text(state.read_text()[:-9])
    elif damage == "part":
        part.write_bytes(part.read_bytes()[:-50])
    elif damage == "gone":
        part.unlink()
    else:
        state.write_text("[]")
    assert same(read(repo, cache), read(repo)) and read(repo, cache).notes == ()


def test_a_killed_harvest_leaves_the_cache_as_it_was(repo: Repo, tmp_path: Path) -> None:
    grow(repo)
    cache = tmp_path / "cache"
    before = read(repo, cache)
    state = next(cache.rglob("state.json")).read_bytes()
    repo.commit("New", {"new": "new"})
    code = f"""
import os, signal
from pathlib import Path
from muster.sources import _cache, git
_cache.Store.keep = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
git.harvest(git.Settings(Path({str(repo.path)!r})), Path({str(cache)!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert next(cache.rglob("state.json")).read_bytes() == state
    after = read(repo, cache)
    assert after.commits.num_rows == before.commits.num_rows + 1 and same(after, read(repo))
    assert len(list(cache.rglob("*.parquet"))) == 6, "what the killed run left is tidied away"


def test_interrupting_ends_git_and_keeps_the_cache(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(repo)
    cache = tmp_path / "cache"
    processes: list[subprocess.Popen[bytes]] = []
    start = Repository.start

    def noted(self: Repository, *args: str, **more: object) -> subprocess.Popen[bytes]:
        processes.append(start(self, *args, **more))  # type: ignore[arg-type]
        return processes[-1]

    def interrupt(what: str, done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Repository, "start", noted)
    with pytest.raises(KeyboardInterrupt):
        harvest(Settings(repo.path), cache, interrupt)
    assert [process.poll() is not None for process in processes] == [True]
    assert not list(cache.rglob("state.json"))
    assert same(read(repo, cache), read(repo))


def test_two_at_once_do_not_disturb_each_other(repo: Repo, tmp_path: Path) -> None:
    grow(repo)
    cache = tmp_path / "cache"
    with _cache.store(cache, repo.path, "HEAD", ""):
        assert same(read(repo, cache), read(repo))
        assert not list(cache.rglob("state.json"))
    read(repo, cache)
    assert list(cache.rglob("state.json"))


def test_progress_counts_commits(repo: Repo) -> None:
    grow(repo)
    seen: list[tuple[str, int, int | None]] = []
    harvest(Settings(repo.path), None, lambda *step: seen.append(step))
    assert seen == [("reading r", 4, None)]


# What cannot be read: says where, what was seen, what to type.


def test_not_there(tmp_path: Path) -> None:
    with pytest.raises(MusterError, match="there is no such folder"):
        harvest(Settings(tmp_path / "none"))
    (tmp_path / "file").write_text("")
    with pytest.raises(MusterError, match="this is a file, not a folder"):
        harvest(Settings(tmp_path / "file"))
    (tmp_path / "plain").mkdir()
    with pytest.raises(MusterError, match="this is not a git repository"):
        harvest(Settings(tmp_path / "plain"))


def test_no_commits(repo: Repo) -> None:
    with pytest.raises(MusterError, match=r"no commits yet\n  Fill it first: git -C"):
        read(repo)


@pytest.mark.parametrize("ref", ["nope", "--all", "-h", "main:b.txt", "", "0" * 40, "main..side"])
def test_no_such_ref(repo: Repo, ref: str) -> None:
    grow(repo)
    with pytest.raises(MusterError, match=r"there is no commit called .*\n  Give one of its branches; it has main, side"):
        read(repo, ref=ref)


def test_a_head_that_names_no_branch(repo: Repo) -> None:
    grow(repo)
    repo.git("symbolic-ref", "HEAD", "refs/heads/gone")
    with pytest.raises(MusterError, match="HEAD names a branch that is not there"):
        read(repo)
    assert read(repo, ref="side").commits.num_rows == 2


def test_another_users_repository(repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    grow(repo)
    usual = _repository.environment
    monkeypatch.setattr(_repository, "environment", lambda **more: usual(GIT_TEST_ASSUME_DIFFERENT_OWNER="1", **more))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    with pytest.raises(MusterError, match="belongs to another user") as caught:
        read(repo)
    asked = caught.value.next.partition("type: ")[2]
    subprocess.run(["sh", "-c", asked], check=True, env={**os.environ, "HOME": str(tmp_path)})
    assert read(repo).commits.num_rows == 4
    (tmp_path / ".gitconfig").write_text("[safe]\n\tdirectory = *\n[alias]\n\tlog = !false\n")
    assert read(repo).commits.num_rows == 4
    (tmp_path / ".gitconfig").write_text("[safe]\n\tdirectory = /elsewhere\n")
    with pytest.raises(MusterError, match="belongs to another user"):
        read(repo)


# Shapes of repositories.


def test_bare_worktree_detached_and_folder_inside(repo: Repo, tmp_path: Path) -> None:
    grow(repo)
    whole = read(repo)
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    bare = harvest(Settings(tmp_path / "bare.git"))
    assert same(whole, bare)
    repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), "side")
    tree = harvest(Settings(tmp_path / "tree"))
    assert tree.commits.num_rows == 2 and tree.name == "r"
    assert same(whole, harvest(Settings(repo.path / "a")))


def test_names(repo: Repo, tmp_path: Path) -> None:
    grow(repo)
    for remote, name, web in (
        ("https://github.com/acme/app.git", "acme/app", "https://github.com/acme/app"),
        ("git@github.com:acme/app.git", "acme/app", "https://github.com/acme/app"),
        ("https://user:secret@github.com/acme/app", "acme/app", "https://github.com/acme/app"),
        ("ssh://git@gitlab.example.org:2222/group/sub/app.git/", "sub/app", "https://gitlab.example.org/group/sub/app"),
        ("https://example.org/x/app.git", "x/app", None),
        ("https://github.com.evil.example/acme/<b>", "r", None),
        ("/srv/mirror/app.git", "r", None),
        ("http://[bad", "r", None),
    ):
        repo.git("config", "remote.origin.url", remote)
        found = read(repo)
        assert (found.name, found.web) == (name, web), remote
    mirror = tmp_path / "acme+tool" / "repo"
    repo.git("clone", "--quiet", "--bare", ".", str(mirror))
    subprocess.run(["git", "-C", str(mirror), "remote", "remove", "origin"], check=True)
    assert harvest(Settings(mirror)).name == "acme/tool"


def test_shallow(repo: Repo, tmp_path: Path) -> None:
    grow(repo)
    repo.commit("Five", {"five": "5"}, date="2026-02-01T00:00:00+00:00")
    target = tmp_path / "shallow"
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", str(target))
    cache = tmp_path / "cache"
    found = harvest(Settings(target), cache)
    assert found.notes == ("shallow: history before 2026-02-01 is not here",)
    assert found.commits.num_rows == 1 and found.changes.num_rows == 0, "the cut commit would list every file as new"
    assert found.skipped[0].reason.startswith("the clone is cut here")
    assert harvest(Settings(target), cache).notes == found.notes
    subprocess.run(["git", "-C", str(target), "fetch", "--quiet", "--unshallow"], check=True)
    git_source.opened.cache_clear()
    deep = harvest(Settings(target), cache)
    assert deep.commits.num_rows == 5 and deep.notes == () and deep.skipped == ()


def test_a_partial_clone_needs_no_blob_and_fetches_none(repo: Repo, tmp_path: Path) -> None:
    grow(repo)
    repo.git("config", "uploadpack.allowFilter", "true")
    target = tmp_path / "partial"
    repo.git("clone", "--quiet", "--bare", "--filter=blob:none", f"file://{repo.path}", str(target))
    found = harvest(Settings(target))
    assert same(found, read(repo))
    assert found.notes == ("partial clone: file contents that were never downloaded are not here",)
    ids = [row["new"] for row in found.changes.to_pylist() if row["new"]]
    assert set(found.repository.blobs([*ids, "HEAD:a/x.py", "0" * 40]).values()) == {None}
    assert found.mailmap([("A", "a@b")]) == [("A", "a@b")]


def test_a_clone_without_trees(repo: Repo, tmp_path: Path) -> None:
    for number in range(40):
        repo.commit(f"No. {number}", {"f": str(number)})
    repo.git("config", "uploadpack.allowFilter", "true")
    target = tmp_path / "partial"
    repo.git("clone", "--quiet", "--bare", "--filter=tree:0", f"file://{repo.path}", str(target))
    found = harvest(Settings(target))
    assert found.commits["sha"].to_pylist() == read(repo).commits["sha"].to_pylist() and found.changes.num_rows == 0
    assert [note.partition(":")[0] for note in found.notes] == ["what 40 commits changed is not here", "partial clone"]


def test_blobs(repo: Repo) -> None:
    grow(repo)
    repository = Repository(repo.path)
    large = repo.git("hash-object", "-w", "--stdin", stdin=b"\0" * 3_000_000)
    ids = [row["new"] for row in read(repo).changes.to_pylist()]
    found = repository.blobs([ids[0], "f" * 40, "HEAD:a/x.py", "HEAD:a", "HEAD:nö\tne", "a\nb", "", large, ids[0]])
    assert found == {ids[0]: b"1\n", "f" * 40: None, "HEAD:a/x.py": b"3\n", "HEAD:a": None, "HEAD:nö\tne": None,
                     "a\nb": None, "": None, large: b"\0" * 3_000_000}
    assert repository.blobs([]) == {}
    assert sorted(repository.tree("HEAD")) == ["a/x.py", "side.py"]
    assert list(repository.tree("HEAD", "a")) == ["a/x.py"]


def test_submodules_have_no_blob(repo: Repo) -> None:
    grow(repo)
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    repo.git("commit", "--quiet", "-m", "Add a submodule")
    row = read(repo).changes.to_pylist()[-1]
    assert (row["path"], row["status"], row["old"], row["new"]) == ("sub", "A", None, None)


def test_sha256(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--object-format=sha256", "--initial-branch=main", str(tmp_path / "r")], check=True)
    repo = Repo(tmp_path / "r")
    grow(repo)
    found = read(repo)
    assert {len(row["sha"]) for row in found.commits.to_pylist()} == {64}
    assert {len(row["new"]) for row in found.changes.to_pylist() if row["new"]} == {64}
    assert found.changes.num_rows == 5


# Odd commits.


def plant(repo: Repo, raw: bytes) -> str:
    """A commit object with exactly these bytes."""
    sha = repo.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw)
    repo.git("update-ref", "HEAD", sha)
    return sha


def test_odd_commits_are_read_and_counted(repo: Repo) -> None:
    repo.commit("Plain", {"f": "f"})
    tree = repo.git("rev-parse", "HEAD^{tree}").encode()
    parent = repo.git("rev-parse", "HEAD").encode()
    for author, committer, rest in (
        (b"A <a@b.c> 99999999999999999999 +0000", b"A <a@b.c> -5 +0000", b"\n\nsubject\n\nbo\0dy\n:nul"),
        (b" <> 1700000000 +9999", b"Bad date <x@y> yesterday", b"\n\n"),
        (b"Foo 1700000000 +0000", b"Bad > date < <x@y> 17000000000000 -0130", b"\nencoding latin-1\n\ns\xe9\n"),
        (b"F\xe9 <f@\xe9> 253402300800 +0000", b"Z <z@z> 1700000000 -0130", b"\n\ns \xe9\nsecond line\n\nb\n\n\n"),
        (b"U <u@u> 1700000000 +0000", b"U <u@u> 1700000000 +0000", b"\nencoding utf-16\n\n\xff\xfeh\x00"),
        (b"U <u@u> 1700000000 +51800", b"U <u@u> 1700000000", b"\n\nno zone"),
        (b"N <n@n> 1700000000 +0000", b"N <n@n> 1700000000 +0000", b""),
    ):
        parent = plant(repo, b"tree " + tree + b"\nparent " + parent + b"\nauthor " + author + b"\ncommitter " + committer + rest).encode()
    found = read(repo)
    rows = found.commits.to_pylist()
    assert len(rows) == 8 and found.changes.num_rows == 1
    assert [row["authored_at"] is None for row in rows] == [False, True, False, True, True, False, False, False]
    assert rows[1]["subject"] == "subject" and rows[1]["body"] == "bo", "git ends a message at its first NUL"
    assert rows[2]["author_name"] == "" and rows[2]["author_email"] == "" and rows[2]["subject"] == ""
    assert rows[3]["subject"] == "sé"
    assert rows[4]["subject"] == "s \ufffd second line" and rows[4]["author_name"] == "F\ufffd"
    reasons = {(one.where, one.reason): one.count for one in found.skipped}
    assert reasons["r: dates", "author dates that cannot be read, taken as unknown"] == 3
    assert any("UTF-8" in reason for _, reason in reasons)


def test_a_message_cannot_forge_a_record(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    start = Repository.start

    def noted(self: Repository, *args: str, **more: object) -> subprocess.Popen[bytes]:
        seen.extend(arg for arg in args if arg.startswith("--format="))
        return start(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Repository, "start", noted)
    repo.commit("One", {"f": "1"})
    read(repo)
    mark = seen[0].removeprefix("--format=").partition("%H")[0]
    forged = f"Two\n\n{mark}{'a' * 40}%x00\x01\x02\n:100644 100644 {'1' * 40} {'2' * 40} M\tx"
    repo.commit(forged, {"f": "2"})
    found = read(repo)
    assert found.commits.num_rows == 2 and found.changes.num_rows == 2
    assert mark in found.commits["body"][1].as_py()
    assert len({format_.partition("%H")[0] for format_ in seen}) == 2


def test_replace_refs_and_grafts_do_not_count(repo: Repo) -> None:
    grow(repo)
    plain = read(repo)
    fake = repo.git("commit-tree", "-m", "Fake", "HEAD^{tree}")
    repo.git("replace", "HEAD", fake)
    (repo.path / ".git" / "info" / "grafts").write_text(f"{plain.head}\n")
    assert same(plain, read(repo))


def test_a_missing_tree_costs_its_own_commits_only(repo: Repo, tmp_path: Path) -> None:
    for number in range(6):
        repo.commit(f"No. {number}", {f"d{number}/f": str(number)})
    tree = repo.git("rev-parse", "HEAD~3^{tree}")
    (repo.path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    found = read(repo, tmp_path / "cache")
    assert [row["subject"] for row in found.commits.to_pylist()] == [f"No. {number}" for number in range(6)]
    assert found.commits["seq"].to_pylist() == list(range(6))
    assert [row["seq"] for row in found.changes.to_pylist()] == [0, 1, 4, 5]
    assert found.notes[0].startswith("what 2 commits changed is not here: git could not read it (unable to read tree")
    assert not list(tmp_path.rglob("state.json")), "a harvest with holes is not kept"


def test_a_missing_commit_keeps_what_is_newer(repo: Repo) -> None:
    for number in range(6):
        repo.commit(f"No. {number}", {"f": str(number)}, date=f"2026-01-0{number + 1}T00:00:00+00:00")
    sha = repo.git("rev-parse", "HEAD~3")
    (repo.path / ".git" / "objects" / sha[:2] / sha[2:]).unlink()
    found = read(repo)
    subjects = [row["subject"] for row in found.commits.to_pylist()]
    assert subjects in (["No. 4", "No. 5"], ["No. 3", "No. 4", "No. 5"])
    assert "can be read" in found.notes[0]


# Whatever git holds comes out as git says it.

NAME = st.binary(min_size=1, max_size=12).filter(
    lambda raw: not set(raw) & {0, 0x2F} and raw not in (b".", b"..") and raw.lower().rstrip(b". ") != b".git"
    and not raw.lower().startswith((b".git", b"git~")) and b"\xe2\x80" not in raw and b"\xef\xbb" not in raw
    and b"\xe2\x81" not in raw
)
MESSAGE = st.binary(max_size=80).filter(lambda raw: b"\0" not in raw)
PEOPLE = st.text(st.characters(exclude_characters="<>\n\0\r", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(MESSAGE, st.dictionaries(NAME, st.binary(max_size=4), max_size=4), PEOPLE), min_size=1, max_size=5),
       st.data())
def test_any_history_comes_out_as_git_says(history: list[tuple[bytes, dict[bytes, bytes], str]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = Repo(Path(folder) / "r")
        cache = Path(folder) / "cache"
        parent, cut = b"", data.draw(st.integers(0, len(history) - 1))
        for number, (message, files, author) in enumerate(history):
            listing = b"".join(
                b"100644 blob " + repo.git("hash-object", "-w", "--stdin", stdin=content).encode() + b"\t" + name + b"\0"
                for name, content in sorted(files.items())
            )
            tree = repo.git("mktree", "-z", stdin=listing).encode()
            who = b"%s <p%d@example.org> %d +0100" % (author.strip().encode(), number, 1_700_000_000 + number)
            raw = b"tree " + tree + b"\n" + (b"parent " + parent + b"\n" if parent else b"")
            parent = plant(repo, raw + b"author " + who + b"\ncommitter " + who + b"\n\n" + message).encode()
            if number == cut:
                read(repo, cache)
        found = read(repo, cache)
        assert same(found, read(repo)) and same(found, read(repo, cache))
        assert found.commits["sha"].to_pylist() == repo.git("rev-list", "--reverse", "HEAD").split()
        for row in found.commits.to_pylist():
            layout = ("log", "-1", "-z", "--no-mailmap", "--encoding=UTF-8", "--no-patch")
            for field, place in (("author_name", "%an"), ("author_email", "%ae"), ("subject", "%s"), ("body", "%b")):
                raw = out(repo, *layout, f"--format={place}", row["sha"]).removesuffix(b"\0")
                assert row[field] == raw.decode("utf-8", "replace").rstrip("\n"), field
        files_at_head: dict[str, str] = {}
        for row in found.changes.to_pylist():
            if row["status"] in "DR":
                del files_at_head[row["from_path"] or row["path"]]
            if row["status"] != "D":
                files_at_head[row["path"]] = row["new"]
        listed = [line.partition(b"\t") for line in out(repo, "ls-tree", "-r", "-z", "HEAD").split(b"\0")[:-1]]
        assert files_at_head == {path.decode("utf-8", "backslashreplace"): str(meta.split()[2], "ascii") for meta, _, path in listed}


def out(repo: Repo, *args: str) -> bytes:
    return subprocess.run(["git", "-C", str(repo.path), *args], check=True, capture_output=True).stdout


def test_a_quick_second_run(repo: Repo, tmp_path: Path) -> None:
    grow(repo)
    read(repo, tmp_path)
    start = time.process_time()
    read(repo, tmp_path)
    assert time.process_time() - start < 0.3


