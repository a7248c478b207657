"""What is kept of lines: going on from it gives the same as doing it all, whatever happens in between."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from muster.sources.git import Repository, Settings, harvest
from muster.survival import Survival, _pool, _store, _texts, _work, survive
from tests.build import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def grow(repo: Repo, rounds: int, seed: int) -> None:
    """Commits on branches that are merged, with moves, deletions and sweeps."""
    rng = random.Random(seed)
    for step in range(rounds):
        here = sorted(path.name for path in repo.path.glob("*.py"))
        mark = f"{seed}-{step}"
        if step % 4 == 3:
            repo.branch(f"topic-{mark}")
        files: dict[str, str | bytes | None] = {f"f{mark}.py": "".join(f"{mark} {n}\n" for n in range(12))}
        for name in rng.sample(here, min(2, len(here))):
            lines = (repo.path / name).read_text().splitlines()
            at = rng.randrange(len(lines) + 1)
            lines[at : at + rng.randrange(3)] = [f"new {mark} {n}" for n in range(rng.randrange(1, 3))]
            files[name] = "".join(f"{line}\n" for line in lines)
        if step % 5 == 4 and (left := [name for name in here if name not in files]):
            repo.move(left[0], f"moved-{mark}.py")
        repo.commit(f"work {mark}", files)
        if step % 4 == 3:
            repo.checkout("main")
            repo.commit(f"main {mark}", {f"m{mark}.py": f"{mark}\n"})
            repo.merge(f"topic-{mark}", f"merge {mark}")


def same(one: Survival, two: Survival) -> bool:
    return (one.lines.equals(two.lines) and one.rewrites.equals(two.rewrites)
            and (one.skipped, one.notes) == (two.skipped, two.notes))


def watch(monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    """Note every blob that is asked for."""
    stream = _texts.stream

    def noting(repository: Repository, ids: Sequence[str]) -> Any:
        asked.extend(ids)
        return stream(repository, ids)

    monkeypatch.setattr(_work, "stream", noting)



def test_going_on_equals_doing_it_all(repo: Repo, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for seed in range(3):
        grow(repo, 6, seed)
        found = harvest(Settings(repo.path))
        assert same(survive(found, cache), survive(found))
        assert same(survive(found, cache), survive(found))


def test_only_new_blobs_are_read(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    grow(repo, 12, 1)
    survive(harvest(Settings(repo.path)), cache)
    repo.commit("last", {"m1-11.py": "1-11\nmore\n"})
    asked: list[str] = []
    watch(monkeypatch, asked)
    survive(harvest(Settings(repo.path)), cache)
    assert len(asked) == 2  # what it is, and what it was


def test_a_rewritten_history_is_followed_anew(repo: Repo, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    grow(repo, 8, 1)
    survive(harvest(Settings(repo.path)), cache)
    repo.git("reset", "--quiet", "--hard", "HEAD~2")
    grow(repo, 3, 2)
    found = harvest(Settings(repo.path))
    assert same(survive(found, cache), survive(found))


def test_another_main_line_is_followed_anew(repo: Repo, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    grow(repo, 5, 1)
    survive(harvest(Settings(repo.path)), cache)
    repo.branch("side", "HEAD~2")
    repo.commit("side", {"side.py": "side\n"})
    repo.merge("main", "merge main into side")
    found = harvest(Settings(repo.path))
    assert same(survive(found, cache), survive(found))


@pytest.mark.parametrize("harm", ["state", "table", "format"])
def test_a_damaged_cache_counts_for_nothing(repo: Repo, tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    grow(repo, 6, 1)
    found = harvest(Settings(repo.path))
    whole = survive(found, cache)
    (folder,) = (cache / "lines").iterdir()
    if harm == "state":
        (folder / "state.json").write_text("{")
    elif harm == "table":
        next(folder.glob("*.lines.parquet")).write_bytes(b"PAR1")
    else:
        monkeypatch.setattr(_store, "FORMAT", _store.FORMAT + 1)
    assert same(survive(found, cache), whole)


def test_ended_midway_it_goes_on_from_there(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    grow(repo, 10, 1)
    found = harvest(Settings(repo.path))
    monkeypatch.setattr("muster.survival._history.BATCH", 5)
    whole = survive(found)
    seen: list[int] = []

    def stop(what: str, done: int, total: int | None) -> None:
        seen.append(done)
        assert what.startswith("following lines of ") and total and done <= total
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        survive(found, cache, stop)
    asked: list[str] = []
    watch(monkeypatch, asked)
    assert same(survive(found, cache), whole)
    first = len(asked)
    asked.clear()
    survive(found)
    assert 0 < first < len(asked)
    (folder,) = (cache / "lines").iterdir()
    assert not list(folder.glob("begun-*"))


def test_two_processes_give_what_one_gives(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(repo, 10, 1)
    found = harvest(Settings(repo.path))
    one = survive(found)
    monkeypatch.setattr(_pool, "WORTH", 0)
    monkeypatch.setattr("muster.survival._history.BATCH", 5)
    monkeypatch.setattr(_pool, "cores", lambda: 2)
    assert same(survive(found), one)
