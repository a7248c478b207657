"""A history read from both ends, in parts, and gone on with after the program was ended: always the same tables."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster import project
from muster.model import MusterError
from muster.sources import _cache, _ends, _log
from muster.sources._parts import write
from muster.sources.git import Harvest, Repository, Settings, harvest
from tests.build import Repo
from tests.test_git import same


def write_history(repo: Repo, count: int, seed: int = 0, start: int = 0) -> None:
    """`count` more commits on main, with side branches, merges, moves and some large commits; the same for a seed."""
    chosen = random.Random(seed * 1000 + start)
    lines: list[str] = []
    at = 1_700_000_000 + start * 60
    base = ["from refs/heads/main^0"] if start else []
    side: list[str] = []

    def commit(ref: str, message: str, parents: list[str], files: list[str]) -> None:
        nonlocal at
        at += 60
        who = f"P{at % 7} <p{at % 7}@example.org> {at} +0{at % 9}00"
        lines.extend([f"commit refs/heads/{ref}", f"author {who}", f"committer {who}", f"data {len(message.encode())}", message])
        lines.extend([*parents, *files])

    def files(name: str) -> list[str]:
        found = []
        for number in range(chosen.choice([1, 1, 2, 40])):
            text = str(chosen.random())
            found += [f"M 100644 inline {name}/{chosen.randint(0, 9)}/{number}.txt", f"data {len(text)}", text]
        return found

    for number in range(start, start + count):
        commit("main", f"No. {number}\n\nWhy: ä {number}\n", base, files("main"))
        base = []
        if chosen.random() < 0.2 and not side:
            commit("side", f"Side of {number}\n", ["from refs/heads/main"], files("side"))
            side = ["merge refs/heads/side"]
        elif side and chosen.random() < 0.5:
            commit("main", f"Merge at {number}\n", side, files("merge"))
            side = []
    repo.git("fast-import", "--quiet", "--force", stdin="\n".join([*lines, ""]).encode())


def read(repo: Repo, cache: Path | None = None) -> Harvest:
    return harvest(Settings(repo.path), cache)


@contextmanager
def small(gits: int = 2) -> Iterator[None]:
    """Everything that is done by the megabyte is done by the kilobyte, with so many git processes from the start."""
    with (
        patch.object(_ends, "BATCH", 3000), patch.object(_ends, "PART", 9000), patch.object(_ends, "PATIENCE", 0.0),
        patch.object(_ends, "SLOTS", threading.BoundedSemaphore(gits)), patch.object(_log, "CHUNK", 1500),
        patch.object(_log, "PAUSE", 0.0), patch.object(_cache, "SMALL", 3),
    ):
        yield


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "r")


def test_two_gits_read_what_one_reads(repo: Repo, tmp_path: Path) -> None:
    write_history(repo, 300)
    whole = read(repo)
    started: list[tuple[str, ...]] = []
    start = Repository.start

    def noted(self: Repository, *args: str, **more: Any) -> subprocess.Popen[bytes]:
        started.append(args)
        return start(self, *args, **more)

    with small(), patch.object(Repository, "start", noted):
        for number in range(5):
            assert same(whole, read(repo, tmp_path / f"cache{number}")), number
    assert len(started) == 10 and sum("--reverse" in args for args in started) == 5
    with small(1):
        assert same(whole, read(repo, tmp_path / "one"))
        assert same(whole, read(repo)), "parts in a temporary folder"
    with small():
        parts = read(repo, tmp_path / "cache0").rows
        assert len(parts.parts) > 5 and parts.count == whole.rows.count
        assert parts.columns("changes", ["seq", "path"]).equals(whole.changes.select(["seq", "path"]).combine_chunks())


def test_a_short_history_takes_one_git(repo: Repo, tmp_path: Path) -> None:
    write_history(repo, 5)
    with patch.object(_ends, "SLOTS", threading.BoundedSemaphore(2)), patch.object(_ends, "PATIENCE", 60):
        assert read(repo).rows.count >= 5


def test_the_cache_may_change_under_a_harvest_that_is_in_use(repo: Repo, tmp_path: Path) -> None:
    write_history(repo, 60)
    whole = read(repo)
    with small():
        old = read(repo, tmp_path / "cache")
        write_history(repo, 3, start=60)
        repo.git("update-ref", "refs/heads/main", "main~30")
        new = read(repo, tmp_path / "cache")
        assert "rewritten" in new.notes[0]
        assert same(old, whole) and same(new, read(repo))


class Killed(BaseException):
    """Stands for a program that is no more: after it nothing is written."""


@contextmanager
def killing(after: int) -> Iterator[None]:
    """The program ends at the so-manyth thing that it does to the disk or has read."""
    left = after

    def dying(real: Any) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            nonlocal left
            left -= 1
            if left <= 0:
                raise Killed
            return real(*args, **more)
        return call

    with (
        patch.object(_ends, "write", dying(write)), patch.object(_cache, "write", dying(write)),
        patch.object(_cache.Store, "_save", dying(_cache.Store._save)), patch.object(os, "fsync", dying(os.fsync)),
        patch.object(_ends.Shelf, "add", dying(_ends.Shelf.add)), patch.object(_cache.Store, "tidy", dying(_cache.Store.tidy)),
        patch.object(Path, "replace", dying(Path.replace)), patch.object(Path, "unlink", dying(Path.unlink)),
    ):
        yield


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("kill"), st.integers(1, 60)), st.tuples(st.just("read"), st.integers(1, 2)),
        st.tuples(st.just("grow"), st.integers(1, 60)), st.tuples(st.just("rewrite"), st.integers(1, 20)),
    ),
    min_size=1, max_size=4,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS, st.integers(0, 5))
def test_killed_at_any_moment_the_next_run_gives_the_same_tables(steps: list[tuple[str, int]], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo, cache = Repo(Path(folder) / "r"), Path(folder) / "cache"
        write_history(repo, 80, seed)
        grown = 80
        for step, number in [*steps, ("kill", 12), ("read", 2)]:
            if step == "grow":
                write_history(repo, number, seed, grown)
                grown += number
            elif step == "rewrite":
                repo.git("update-ref", "refs/heads/main", f"main~{number}")
            elif step == "read":
                with small(number):
                    assert same(read(repo, cache), read(repo))
            else:
                with small(), killing(number), suppress(Killed):
                    read(repo, cache)
        with small():
            again = read(repo, cache)
        assert same(again, read(repo)) and again.notes == ()


CHILD = """
import os, signal, sys, threading
from pathlib import Path
from muster.sources import _cache, _ends, _log, git
_ends.BATCH, _ends.PART, _ends.PATIENCE, _log.CHUNK, _log.PAUSE = 3000, 9000, 0.0, 1500, 0.0
_ends.SLOTS = threading.BoundedSemaphore(2)
left, real = int(sys.argv[3]), os.fsync
def fsync(file):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(file)
os.fsync = fsync
git.harvest(git.Settings(Path(sys.argv[1])), Path(sys.argv[2]))
"""


def killed(repo: Repo, cache: Path, at: int) -> int:
    command = [sys.executable, "-c", CHILD, str(repo.path), str(cache), str(at)]
    return subprocess.run(command, check=False, capture_output=True).returncode


def test_a_real_kill_loses_nothing_that_was_in_a_part(repo: Repo, tmp_path: Path) -> None:
    write_history(repo, 120)
    whole = read(repo)
    cache = tmp_path / "cache"
    kept = []
    for at in (1, 3, 5, 9, 14):
        assert killed(repo, cache, at) == -signal.SIGKILL
        assert not list(cache.rglob("state.json"))
        if begun := list(cache.rglob("begun.json")):
            kept.append(begun[0].read_text().count("[["))
    asked: list[str] = []
    start = Repository.start

    def noted(self: Repository, *args: str, **more: Any) -> subprocess.Popen[bytes]:
        asked.extend(args)
        return start(self, *args, **more)

    with small(), patch.object(Repository, "start", noted):
        assert same(read(repo, cache), whole)
    missing = next(int(arg.partition("=")[2]) for arg in asked if arg.startswith("--max-count="))
    assert 0 < missing < whole.rows.count, "only what is not in parts is asked for"
    assert not list(cache.rglob("begun.json")) and not list(cache.rglob("*.tmp"))
    files = {path.name.split(".")[0] for path in cache.rglob("*.parquet")}
    assert files == {part.name for part in read(repo, cache).rows.parts}, "nothing is left lying about"


def test_interrupting_keeps_what_was_read(repo: Repo, tmp_path: Path) -> None:
    write_history(repo, 120)

    def interrupt(what: str, done: int, total: int | None) -> None:
        if done > 60:
            raise KeyboardInterrupt

    with small(), pytest.raises(KeyboardInterrupt):
        harvest(Settings(repo.path), tmp_path, interrupt)
    seen: list[int] = []
    with small():
        assert same(harvest(Settings(repo.path), tmp_path, lambda what, done, total: seen.append(done)), read(repo))
    assert seen[0] > 60, "it goes on from where it was"


def test_a_git_that_is_interrupted_ends_the_harvest(repo: Repo, tmp_path: Path) -> None:
    write_history(repo, 120)
    start = Repository.start

    def dies(self: Repository, *args: str, **more: Any) -> subprocess.Popen[bytes]:
        process = start(self, *args, **more)
        process.terminate()  # SIGINT is ignored by whatever a shell starts in the background, this run perhaps too
        return process

    with patch.object(Repository, "start", dies), pytest.raises(KeyboardInterrupt):
        read(repo, tmp_path)
    assert same(read(repo, tmp_path), read(repo))


@pytest.mark.parametrize("damage", ["count", "order", "gone", "json", "other head"])
def test_what_was_begun_is_believed_only_where_it_fits(repo: Repo, tmp_path: Path, damage: str) -> None:
    write_history(repo, 120)
    assert killed(repo, tmp_path, 14) == -signal.SIGKILL
    begun = next(tmp_path.rglob("begun.json"))
    text = begun.read_text()
    with small():
        state = json.loads(text)
        if damage == "count":
            state["front"] = state["front"] * 90
        elif damage == "order":
            state["front"], state["back"] = state["back"] + state["front"], []
        elif damage == "gone":
            next(tmp_path.rglob("*.merged.parquet")).unlink()
        elif damage == "other head":
            state["head"] = "1" * 40
        begun.write_text(text[:-7] if damage == "json" else json.dumps(state))
        assert same(read(repo, tmp_path), read(repo))


def test_no_room_on_the_disk_is_said(repo: Repo, tmp_path: Path) -> None:
    write_history(repo, 30)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with small(), patch.object(os, "fsync", full), pytest.raises(MusterError, match="cannot be written: No space left"):
        read(repo, tmp_path)
    assert same(read(repo, tmp_path), read(repo))


def test_several_repositories_at_once(tmp_path: Path) -> None:
    repos = [Repo(tmp_path / name) for name in ("one", "two", "three")]
    for number, repo in enumerate(repos):
        write_history(repo, 60, number)
    wanted = [read(repo) for repo in repos]
    seen: list[tuple[str, int]] = []
    paths = [*(repo.path for repo in repos), repos[0].path / "."]
    for at in range(2):
        with small(2), patch.object(project, "cores", lambda: 2):
            found = project.harvest_all(paths, cache=tmp_path / "cache", progress=lambda what, done, total: seen.append((what, done)))
        assert [one.name for one in found] == ["one", "two", "three"], at
        assert all(same(one, other) for one, other in zip(found, wanted, strict=True))
    assert {what for what, _ in seen} == {"reading 3 repositories"}
    assert max(done for _, done in seen) == sum(one.rows.count for one in wanted)
    (tmp_path / "none").mkdir()
    with patch.object(project, "cores", lambda: 2), pytest.raises(MusterError, match="this is not a git repository"):
        project.harvest_all([repos[0].path, tmp_path / "none", tmp_path / "gone", repos[1].path], cache=tmp_path / "cache")


def test_interrupting_one_of_several_keeps_what_was_read(tmp_path: Path) -> None:
    repos = [Repo(tmp_path / name) for name in ("one", "two", "three")]
    for number, repo in enumerate(repos):
        write_history(repo, 60, number)

    def interrupt(what: str, done: int, total: int | None) -> None:
        if done > 50:
            raise KeyboardInterrupt

    with small(2), patch.object(project, "cores", lambda: 2):
        with pytest.raises(KeyboardInterrupt):
            project.harvest_all([repo.path for repo in repos], cache=tmp_path / "cache", progress=interrupt)
        assert list((tmp_path / "cache").rglob("begun.json"))
        found = project.harvest_all([repo.path for repo in repos], cache=tmp_path / "cache")
    assert all(same(one, read(repo)) for one, repo in zip(found, repos, strict=True))


def test_every_row_is_git_s(repo: Repo) -> None:
    write_history(repo, 150, seed=3)
    repo.git("reset", "--quiet", "--hard", "main")
    repo.move("main/1/0.txt", "moved/1/0.txt")
    repo.commit("Move \\ and \"quote\"", {'odd "name"\t\\.txt': "odd", "ünd.txt": "ü"})
    text = repo.git("-c", "core.quotePath=true", "log", "--topo-order", "--reverse", "--raw", "--no-abbrev", "--no-renames",
                    "--diff-merges=first-parent", "--format=commit %H")
    theirs: list[tuple[str, ...]] = []
    sha = ""
    for line in text.splitlines():
        if line.startswith("commit "):
            sha = line.removeprefix("commit ")
        elif line.startswith(":"):
            meta, _, path = line.partition("\t")
            _, _, old, new, status = meta.split(" ")
            plain = path[1:-1].encode().decode("unicode_escape").encode("latin-1").decode() if path.startswith('"') else path
            theirs.append((sha, status, plain, old.strip("0") and old, new.strip("0") and new))
    for gits in (1, 2):
        with small(gits):
            found = read(repo)
        shas = found.commits["sha"].to_pylist()
        ours: list[tuple[str, ...]] = []
        for row in (*found.changes.to_pylist(), *found.merged.to_pylist()):
            head, old, new = shas[row["seq"]], row["old"] or "", row["new"] or ""
            moved = [(head, "D", row["from_path"], old, ""), (head, "A", row["path"], "", new)]
            ours += moved if row["status"] == "R" else [(head, row["status"], row["path"], old, new)]
        assert sorted(ours) == sorted(theirs) and "R" in found.changes["status"].to_pylist()
