"""How long a harvest takes, as ratios to plain git over the same range, all in one run.

    python benchmarks/harvest.py REPO… [--rounds N] [--check] [--peers] [--slice N]

For each repository, each in a process of its own, rounds interleaved, the best of N counted:

- git alone: `git log --raw -z --no-renames`, and the same with what each merge brought (`--diff-merges=first-parent`),
  which is what a harvest holds;
- a full harvest into an empty cache, with one git process and with as many as there are cores;
- a second one with nothing new, and one with the newest 100 commits of the main line missing from the cache, both as whole
  programs with their start, beside two bare starts: `python -m muster --version`, which loads none of the stages, and
  `import muster.project`, which every command that harvests has to do. Modules are compiled beforehand.

Wall time in seconds, CPU time in brackets with all child processes, and the most memory that the harvesting process held.
Only CPU means anything on a busy machine; the load stands in the first line and in the last.

`--check` reads the whole history a second time in plain text, by other code, and compares every row. `--peers` runs
PyDriller and Perceval over the newest `--slice` commits, with blobs that are missing here taken as empty, beside git and a
harvest of the very same commits.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bench

RAW = ("log", "--raw", "-z", "--no-renames")
MERGES = "--diff-merges=first-parent"
#: Modules are compiled once, as after an ordinary installation, whatever the caller's shell says.
COMPILED = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "muster-benchmark-modules")}
STARTS = {"--version": ("-m", "muster", "--version"), "import muster.project": ("-c", "import muster.project")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--slice", type=int, default=300)
    parser.add_argument("--harvest", nargs=3, metavar=("CACHE", "REF", "PROCESSES"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.harvest:
        alone(options.repositories[0], *options.harvest)
        return
    print(bench.header())
    wrong = 0
    for repository in options.repositories:
        measure(repository, options.rounds)
        if options.peers:
            peers(repository, options.slice)
        if options.check:
            wrong += check(repository)
    print(bench.header())
    raise SystemExit(bool(wrong))


def alone(repository: Path, cache: str, ref: str, processes: str) -> None:
    """Harvest and say what it cost, without the start of Python and the imports."""
    from muster.sources import _cache, _ends
    from muster.sources.git import Settings, harvest

    _ends.SLOTS = threading.BoundedSemaphore(int(processes) or _ends.cores())
    start, before = time.perf_counter(), sum(os.times()[:4])
    found = harvest(Settings(repository, ref), Path(cache))
    wall, cpu = time.perf_counter() - start, sum(os.times()[:4]) - before
    rows = {kind: sum(batch.num_rows for batch in found.rows.batches(kind, ["seq"])) for kind in ("commits", "changes", "merged")}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if ref != "HEAD":  # a harvest of some days ago stands where one of HEAD is looked for
        _cache.place(Path(cache), repository, ref).rename(_cache.place(Path(cache), repository, "HEAD"))
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "name": found.name, **rows}))


def harvested(repository: Path, cache: Path, ref: str = "HEAD", processes: int = 0) -> tuple[dict[str, Any], bench.Spent]:
    """What a harvest says it cost, and what its process cost as a whole."""
    with tempfile.NamedTemporaryFile() as out:
        command: list[str | Path] = [sys.executable, __file__, repository, "--harvest", cache, ref, str(processes)]
        spent = bench.child(command, output=Path(out.name), environment=COMPILED)
        return json.loads(Path(out.name).read_text("utf-8")), spent


def measure(repository: Path, rounds: int) -> None:
    """Print the times of one repository."""
    best: dict[str, bench.Spent] = {}
    said: dict[str, Any] = {}

    def note(name: str, spent: bench.Spent) -> None:
        best[name] = min(best.get(name, spent), spent, key=lambda one: one.wall)

    def inner(found: dict[str, Any]) -> bench.Spent:
        return bench.Spent(found["wall"], found["cpu"], found["peak"])

    first = bench.ask(repository, "rev-list", "--count", "--first-parent", "HEAD")
    late = f"HEAD~{min(100, int(first) - 1)}"
    new = int(bench.ask(repository, "rev-list", "--count", f"{late}..HEAD"))
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            note("git", bench.child(["git", "-C", repository, *RAW, "HEAD"]))
            note("git with merges", bench.child(["git", "-C", repository, *RAW, MERGES, "HEAD"]))
            found, _ = harvested(repository, Path(folder) / "one", processes=1)
            note("harvest, one git", inner(found))
            said, _ = harvested(repository, Path(folder) / "two")
            note("harvest", inner(said))
            for name, arguments in STARTS.items():
                note(name, bench.child([sys.executable, *arguments], environment=COMPILED))
            note("nothing new", harvested(repository, Path(folder) / "two")[1])
            harvested(repository, Path(folder) / "old", late)
            note("new commits", harvested(repository, Path(folder) / "old")[1])
    floor, merges = best["git"], best["git with merges"]
    print(f"{said['name']}: {said['commits']:,} commits, {said['changes']:,} changes, {said['merged']:,} rows of merges; "
          f"best of {rounds}")
    print(f"  {'git log --raw -z':<34}{floor!s:>16}")
    print(f"  {'  with what merges brought':<34}{merges!s:>16}{merges.wall / floor.wall:>8.2f} wall{merges.cpu / floor.cpu:>8.2f} CPU")
    for name in ("harvest, one git", "harvest"):
        spent = best[name]
        label = name if name != "harvest" else f"harvest, {len(os.sched_getaffinity(0))} cores"
        print(f"  {label:<34}{spent!s:>16}{spent.wall / floor.wall:>8.2f} wall{spent.cpu / floor.cpu:>8.2f} CPU"
              f"{spent.wall / merges.wall:>8.2f} wall of git with merges{spent.peak:>8.0f} MiB")
    for name in STARTS:
        print(f"  {'bare start: ' + name:<34}{best[name]!s:>16}")
    for name, label in (("nothing new", "whole run, nothing new"), ("new commits", f"whole run, {new} new commits")):
        spent = best[name]
        ratios = "".join(f"{spent.cpu / best[start].cpu:>8.2f} of the CPU of {start}" for start in STARTS)
        print(f"  {label:<34}{spent!s:>16}{ratios}")


PYDRILLER = """
import sys
from pydriller import Repository
for commit in Repository(sys.argv[1], from_commit=sys.argv[2], to_commit=sys.argv[3], order="reverse").traverse_commits():
    commit.hash, commit.author.email, commit.committer_date, commit.msg, commit.parents
    for file in commit.modified_files:
        file.old_path, file.new_path, file.change_type
"""
PERCEVAL = """
import sys
from perceval.backends.core.git import Git
for commit in Git("x", sys.argv[1]).fetch():
    commit["data"]["commit"], commit["data"]["files"]
"""
#: What Perceval asks of git, by its own documentation.
GITLOG = ("log", "--raw", "--numstat", "--pretty=fuller", "--decorate=full", "--parents", "-M", "-C", "-c")


def peers(repository: Path, count: int) -> None:
    """Print what peers need for the newest commits."""
    with tempfile.TemporaryDirectory() as folder:
        whole = bench.whole(repository, Path(folder) / "whole")
        newest = bench.ask(whole, "rev-list", f"--max-count={count}", "HEAD").decode().split()
        floor = bench.child(["git", "-C", whole, *RAW, MERGES, f"--max-count={count}", "HEAD"])
        print(f"  newest {len(newest)} commits: git log --raw -z with merges {floor}")
        log = Path(folder) / "git.log"
        texts = bench.child(["git", "-C", whole, *GITLOG, f"--max-count={count}", "HEAD"], output=log)
        parsed = bench.child([bench.peer("perceval"), "-c", PERCEVAL, log], environment={"HOME": folder})
        pydriller = bench.child([bench.peer("pydriller"), "-c", PYDRILLER, whole, newest[-1], newest[0]], environment={"HOME": folder})
        for name, wall, cpu in (
            ("Perceval, its git log and parsing", texts.wall + parsed.wall, texts.cpu + parsed.cpu),
            ("PyDriller (on GitPython)", pydriller.wall, pydriller.cpu),
        ):
            print(f"    {name:<36}{wall:>8.2f} ({cpu:.2f}){cpu / floor.cpu:>10.0f} x git's CPU")


def check(repository: Path) -> int:
    """How many rows of a harvest differ from git's own text; prints the first of them."""
    from muster.sources.git import Settings, harvest

    with tempfile.TemporaryDirectory() as folder:
        found = harvest(Settings(repository), Path(folder))
        commits = found.commits.to_pylist()
        rows: list[list[tuple[str, ...]]] = [[] for _ in commits]
        for table in (found.changes, found.merged):
            for row in table.to_pylist():
                rows[row["seq"]] += as_git_has(row)
        compared, wrong = 0, 0
        theirs = plain(repository)
        for commit, own in zip(commits, rows, strict=False):
            head, changes = next(theirs, ({}, []))
            compared += 1 + len(changes)
            differ = [name for name, value in head.items() if commit[name] != value]
            amiss = sorted(set(own) ^ set(changes)) or ([("a row twice",)] if len(own) != len(changes) else [])
            wrong += len(differ) + len(amiss)
            if (differ or amiss or not head) and wrong <= 20:
                print(f"    differs: {commit['sha']} {differ} {amiss[:3]}")
        left = sum(1 for _ in theirs)
    print(f"  compared with git's text: {compared:,} rows, {wrong} differ, {left} commits are missing")
    return wrong + left


def as_git_has(row: dict[str, Any]) -> list[tuple[str, ...]]:
    """The row as `git log --no-renames` prints it: a move is a deletion and an addition."""
    old, new = row["old"] or "", row["new"] or ""
    if row["status"] == "R":
        return [("D", row["from_path"], old, ""), ("A", row["path"], "", new)]
    return [(row["status"], row["path"], old, new)]


NAMES = ("sha", "parents", "author_name", "author_email", "committer_name", "committer_email", "authored", "committed",
         "subject", "body")
LAYOUT = ("%H", "%P", "%an", "%ae", "%cn", "%ce", "%ad", "%cd", "%s", "%b")


def plain(repository: Path) -> Iterator[tuple[dict[str, Any], list[tuple[str, ...]]]]:
    """(fields, rows) of each commit, read line by line from `git log` without `-z`."""
    fence = os.urandom(16).hex()
    between, end = f"{fence}-", f"{fence}>"
    layout = f"%n{between}%n".join(LAYOUT) + f"%n{end}"
    command = ["git", "-C", str(repository), "-c", "core.quotePath=false", "log", "--topo-order", "--reverse", "--root", "--raw",
               MERGES, "--no-renames", "--no-abbrev", "--encoding=UTF-8", "--no-mailmap", "--date=raw", f"--format={layout}", "HEAD"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "GIT_FLUSH": "0"})
    assert process.stdout is not None
    fields: list[bytes] = []
    held: list[bytes] = []
    rows: list[tuple[str, ...]] = []
    found: dict[str, Any] = {}
    inside = True
    for raw in process.stdout:
        line = raw.removesuffix(b"\n")
        if not inside and line.startswith(b":"):
            rows.append(change(line))
        elif not inside and not line:
            continue
        elif line in (between.encode(), end.encode()):
            fields.append(b"\n".join(held))
            held = []
            if line == end.encode():
                found, fields, inside = shown(fields), [], False
        else:
            if not inside:
                yield found, rows
                rows, inside = [], True
            held.append(line)
    if found:
        yield found, rows
    process.wait()
    process.stdout.close()


def shown(fields: list[bytes]) -> dict[str, Any]:
    """The fields as a harvest has them."""
    found: dict[str, Any] = {}
    for name, raw in zip(NAMES, fields, strict=True):
        if name == "parents":
            found[name] = raw.decode().split()
        elif name in ("authored", "committed"):
            stamp, _, zone = raw.decode("ascii", "replace").partition(" ")
            at = int(stamp) if stamp.isdigit() else 0
            known = 0 < at <= 253_402_300_799
            found[f"{name}_at"] = datetime.fromtimestamp(at, UTC) if known else None
            minutes = int(zone[1:3]) * 60 + int(zone[3:5]) if re.fullmatch(r"[+-]\d\d[0-5]\d", zone) else 0
            found[f"{name}_tz"] = 0 if minutes > 24 * 60 else -minutes if zone.startswith("-") else minutes
        elif name in ("subject", "body") and len(raw) > (4 << 10):
            continue  # long ones are read in part, and that is counted
        else:
            found[name] = raw.decode("utf-8", "replace").rstrip("\n" if name == "body" else "")
    return found


def change(line: bytes) -> tuple[str, ...]:
    """(status, path, old blob, new blob) of a line `:MODE MODE OLD NEW STATUS<tab>PATH`; a submodule has no blob."""
    meta, _, path = line.partition(b"\t")
    before, after, old, new, status = meta[1:].decode().split(" ")
    if path.startswith(b'"'):
        path = re.sub(rb"\\([abtnvfr\"\\]|[0-7]{3})", unquoted, path[1:-1])
    blobs = ("" if mode == "160000" or not hash_.strip("0") else hash_ for mode, hash_ in ((before, old), (after, new)))
    return (status, path.decode("utf-8", "backslashreplace"), *blobs)


def unquoted(match: re.Match[bytes]) -> bytes:
    """The byte that a C escape stands for."""
    plain = dict(zip(b"abtnvfr", b"\a\b\t\n\v\f\r", strict=True))
    return bytes([int(match[1], 8)]) if len(match[1]) == 3 else bytes([plain.get(match[1][0], match[1][0])])


if __name__ == "__main__":
    main()
