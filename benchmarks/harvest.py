"""How long a harvest takes, as a ratio to the plain `git log --raw -z --no-renames` of the same range, in the same run.

    python benchmarks/harvest.py REPO… [--rounds N]

For each repository: git alone, then a full harvest without and with a cache, a second run with nothing new, and a run
with the newest 100 commits missing from the cache. The best of N rounds counts, rounds interleaved. The load average is
printed because on a busy machine only the CPU columns mean anything. CPU is this process and its children; the last
column is the most memory that this process ever held. The bar to reach stands in the design: 1.10.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from muster.sources.git import Harvest, Settings, harvest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores, best of {options.rounds}, seconds (CPU)")
    heads = ("repository", "commits", "changes", "git", "harvest", "ratio", "with cache", "ratio", "again", "+100", "MiB")
    print("{:<26}{:>9}{:>9}{:>14}{:>14}{:>7}{:>14}{:>7}{:>8}{:>8}{:>6}".format(*heads))
    for repository in options.repositories:
        measure(repository, options.rounds)
    print(f"load average {os.getloadavg()[0]:.2f} at the end")


def measure(repository: Path, rounds: int) -> None:
    times: dict[str, list[tuple[float, float]]] = {}
    plain = ["git", "-C", str(repository), "log", "--raw", "-z", "--no-renames", "HEAD"]
    found: Harvest | None = None
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            cache = Path(folder) / "cache"
            late = f"HEAD~{min(100, depth(repository) - 1)}"
            timed(times, "git", lambda: subprocess.run(plain, stdout=subprocess.DEVNULL, check=True))
            found = timed(times, "harvest", lambda: harvest(Settings(repository)))
            timed(times, "cache", partial(harvest, Settings(repository), cache))
            timed(times, "again", partial(harvest, Settings(repository), cache))
            # The same cache entry as HEAD's, up to an older commit: what a harvest of some days ago left.
            older(repository, late, Path(folder) / "old")
            timed(times, "+100", partial(harvest, Settings(repository), Path(folder) / "old"))
    best = {name: min(rows) for name, rows in times.items()}
    assert found is not None
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    wall = best["git"][0]
    print(
        f"{found.name:<26}{found.commits.num_rows:>9}{found.changes.num_rows:>9}{cell(best['git']):>14}"
        f"{cell(best['harvest']):>14}{best['harvest'][0] / wall:>7.2f}{cell(best['cache']):>14}{best['cache'][0] / wall:>7.2f}"
        f"{best['again'][0]:>8.2f}{best['+100'][0]:>8.2f}{memory:>6}"
    )


def older(repository: Path, ref: str, cache: Path) -> None:
    """Make a cache for HEAD that ends at `ref`."""
    from muster.sources import _cache

    harvest(Settings(repository, ref), cache)
    _cache.place(cache, repository, ref).rename(_cache.place(cache, repository, "HEAD"))


def depth(repository: Path) -> int:
    count = ["git", "-C", str(repository), "rev-list", "--count", "--first-parent", "HEAD"]
    return int(subprocess.run(count, capture_output=True, check=True).stdout)


T = TypeVar("T")


def timed(times: dict[str, list[tuple[float, float]]], name: str, work: Callable[[], T]) -> T:
    wall, cpu = time.perf_counter(), used()
    result = work()
    times.setdefault(name, []).append((time.perf_counter() - wall, used() - cpu))
    return result


def used() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def cell(pair: tuple[float, float]) -> str:
    return f"{pair[0]:.2f} ({pair[1]:.2f})"


if __name__ == "__main__":
    main()
