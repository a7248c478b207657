"""What following every line costs, beside `git log --numstat` over the same history; and whether `git blame` agrees.

    python benchmarks/survival.py REPO… [--rounds N] [--check FILES] [--peer] [--seed N]

For each repository, each in a process of its own, rounds interleaved, the best of N counted:

- git alone: `git log --numstat --no-renames`, with blobs that are missing here taken as empty (it dies of them);
- lines followed in full into an empty cache, with one process and with as many as there are cores;
- the same with nothing new, and with the newest 100 commits missing from the cache; the harvest is there already.

Wall time in seconds, CPU time in brackets with all child processes, the most memory that one process held. Only CPU means
anything on a busy machine; the load stands in the first line and in the last.

`--check` asks `git blame` about so many files, half at HEAD and half at commits of the main line drawn by `--seed`, and
compares line by line. What differs is counted by cause: `merge` (the later of the two commits is one), `move` (the file
was not there before the later commit), `twice` (the line's text stands more than once in the file before or after it,
so that more than one alignment is right), `other`. Lines whose writer cannot be known here, because a blob is missing,
are counted apart. `--peer` runs git-of-theseus (weekly, as many processes as cores) to its end.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import bench

NEW = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--check", type=int, default=0, metavar="FILES")
    parser.add_argument("--no-time", action="store_true", help="only --check")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--follow", nargs=3, metavar=("CACHE", "REF", "PROCESSES"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.follow:
        alone(options.repositories[0], *options.follow)
        return
    print(bench.header())
    for repository in options.repositories:
        if not options.no_time:
            measure(repository, options.rounds, options.peer)
        if options.check:
            check(repository, options.check, options.seed)
    print(bench.header())


def alone(repository: Path, cache: str, ref: str, processes: str) -> None:
    """Follow the lines and say what it cost, without the start of Python and the harvest."""
    from muster.sources import _cache
    from muster.sources.git import Settings, harvest
    from muster.survival import _pool, survive

    if int(processes):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(processes)])
        _pool.cores = lambda: int(processes)
    kept = Path(cache) / "harvest"
    found = harvest(Settings(repository, ref), kept)
    start, before = time.perf_counter(), sum(os.times()[:4])
    survival = survive(found, Path(cache) / "lines")
    wall, cpu = time.perf_counter() - start, sum(os.times()[:4]) - before
    if ref != "HEAD":  # a harvest of some days ago stands where one of HEAD is looked for
        _cache.place(kept, repository, ref).rename(_cache.place(kept, repository, "HEAD"))
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "commits": found.commits.num_rows,
                      "groups": survival.lines.num_rows, "rewrites": survival.rewrites.num_rows,
                      "skipped": [[one.reason, one.count] for one in survival.skipped]}))


def follow(repository: Path, cache: Path, ref: str = "HEAD", processes: int = 0) -> dict[str, Any]:
    """The same, in a process of its own."""
    command = [sys.executable, __file__, str(repository), "--follow", str(cache), ref, str(processes)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(repository: Path, rounds: int, peer: bool) -> None:
    name = "/".join(repository.resolve().parts[-2:])
    late = before(repository, NEW)
    runs: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        whole = bench.whole(repository, Path(folder) / "whole.git")
        for turn in range(rounds):
            cache = Path(folder) / f"{turn}"
            spent = bench.child(["git", "-C", whole, "log", "--numstat", "--no-renames", "--format=%H"])
            runs.setdefault("numstat", []).append({"wall": spent.wall, "cpu": spent.cpu, "peak": spent.peak})
            runs.setdefault("one process", []).append(follow(repository, cache / "one", processes=1))
            runs.setdefault("all cores", []).append(follow(repository, cache / "all"))
            runs.setdefault("nothing new", []).append(follow(repository, cache / "all"))
            follow(repository, cache / "old", late)
            runs.setdefault(f"+{NEW}", []).append(follow(repository, cache / "old"))
        best = {what: min(found, key=lambda run: run["wall"]) for what, found in runs.items()}
        floor, full = best["numstat"], best["all cores"]
        print(f"\n{name}: {full['commits']} commits, {full['groups']} groups of lines, {full['rewrites']} rewrites, "
              f"skipped {full['skipped']}")
        for what, run in best.items():
            against = full if what in ("nothing new", f"+{NEW}") else floor
            other = "full" if against is full else "numstat"
            print(f"  {what:<12} {run['wall']:8.2f} ({run['cpu']:7.2f}) {run['peak']:6.0f} MiB   "
                  f"{run['wall'] / against['wall']:6.3f} of {other} wall, {run['cpu'] / against['cpu']:6.3f} of its CPU")
        if peer:
            theseus(whole, Path(folder), full)


def theseus(whole: Path, folder: Path, ours: dict[str, Any]) -> None:
    """git-of-theseus over the same history."""
    python = bench.peer("git-of-theseus", "setuptools<81")
    command: list[str | Path] = [
        python.parent / "git-of-theseus-analyze", whole, "--interval", str(7 * 24 * 3600), "--branch", "main",
        "--outdir", folder / "theseus", "--procs", str(len(os.sched_getaffinity(0))), "--quiet",
    ]
    spent = bench.child([str(word) for word in command])
    print(f"  {'theseus':<12} {spent.wall:8.2f} ({spent.cpu:7.2f}) {spent.peak:6.0f} MiB   "
          f"{spent.wall / ours['wall']:6.1f} times our wall, {spent.cpu / ours['cpu']:6.1f} times our CPU")


def before(repository: Path, commits: int) -> str:
    """The latest commit of the main line that at least so many commits came after."""
    def since(steps: int) -> int:
        return int(bench.ask(repository, "rev-list", "--count", f"HEAD~{steps}..HEAD"))

    steps = 1
    while since(steps) < commits:
        steps += max(1, (commits - since(steps)) // 8)
    return f"HEAD~{steps}"


def check(repository: Path, files: int, seed: int) -> None:
    from muster import paths
    from muster.sources.git import Settings, harvest
    from muster.survival import annotate

    found = harvest(Settings(repository))
    shas, parents = found.commits["sha"].to_pylist(), found.commits["parents"].to_pylist()
    seqs = {sha: seq for seq, sha in enumerate(shas)}
    line, here = [], found.head
    while here in seqs:
        line.append(here)
        here = (parents[seqs[here]] or [""])[0]
    rng = random.Random(seed)
    wanted: dict[tuple[int, str], None] = {}
    trees: dict[str, list[str]] = {}
    for index in range(files):
        sha = found.head if index % 2 else rng.choice(line)
        if sha not in trees:
            rows = [row.split(b"\t") for row in bench.ask(repository, "ls-tree", "-r", "-z", "--full-tree", sha).split(b"\0")[:-1]]
            trees[sha] = [path for meta, raw in rows if meta.startswith(b"100") and (path := raw.decode("utf-8", "replace"))
                          and paths.kind(path) not in ("vendored", "generated", "lock")]
        if trees[sha]:
            wanted[seqs[sha], rng.choice(trees[sha])] = None
    ours = annotate(found, list(wanted))
    lines = wrong = unknown = 0
    causes: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for (seq, path), origins in ours.items():
        blamed = blame(repository, shas[seq], path)
        if isinstance(blamed, str):
            passed[blamed] += 1
            continue
        if origins is None or len(origins) != len(blamed):
            passed["no text" if origins is not None and not len(origins) else "not followed"] += 1
            continue
        lines += len(blamed)
        for mine, (sha, name, text) in zip(origins.tolist(), blamed, strict=True):
            if mine < 0:
                unknown += 1
            elif shas[mine] != sha:
                wrong += 1
                causes[cause(repository, max(mine, seqs[sha]), shas, parents, name, text)] += 1
    share = 100 * wrong / max(lines, 1)
    print(f"  check: {len(ours)} files, {lines} lines, {wrong} differ from blame ({share:.3f} %) {dict(sorted(causes.items()))}; "
          f"{unknown} cannot be known; not compared {dict(sorted(passed.items()))}")


def blame(repository: Path, sha: str, path: str) -> list[tuple[str, str, bytes]] | str:
    """(commit, path at it, text) of each line; or why git could not say."""
    done = subprocess.run(["git", "-C", repository, "blame", "--porcelain", sha, "--", path], capture_output=True, check=False,
                          env={**os.environ, "GIT_NO_LAZY_FETCH": "1"})
    if done.returncode:
        return "blame failed of a missing blob" if b"promisor" in done.stderr or b"read" in done.stderr else "blame failed"
    found: list[tuple[str, str, bytes]] = []
    names: dict[str, str] = {}
    commit = ""
    for row in done.stdout.split(b"\n"):
        if row.startswith(b"\t"):
            found.append((commit, names.get(commit, path), row[1:]))
        elif at := re.match(rb"([0-9a-f]{40,64}) \d+ \d+", row):
            commit = at[1].decode()
        elif row.startswith(b"filename "):
            names[commit] = row[9:].decode("utf-8", "replace")
    return found


def cause(repository: Path, later: int, shas: list[str], parents: list[list[str]], path: str, text: bytes) -> str:
    """What kind of commit the two see differently."""
    if len(parents[later]) > 1:
        return "merge"
    sides = []
    for ref in (f"{shas[later]}:{path}", f"{shas[later]}^:{path}"):
        done = subprocess.run(["git", "-C", repository, "cat-file", "blob", ref], capture_output=True, check=False,
                              env={**os.environ, "GIT_NO_LAZY_FETCH": "1"})
        sides.append(done.stdout.split(b"\n") if done.returncode == 0 else None)
    if sides[0] is None or sides[1] is None:
        return "move"
    return "twice" if max(side.count(text) for side in sides if side is not None) > 1 else "other"


if __name__ == "__main__":
    main()
