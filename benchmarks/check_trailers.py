"""Our reading of trailers against git's own, for every commit of a repository: where they differ, and why.

    python benchmarks/check_trailers.py REPOSITORY...

git reads trailers only in the last paragraph, and only where enough of it are trailers (git-interpret-trailers(1)); a
squash merge or a note below leaves them in mid-message, where muster reads them as well. What git has and muster has not
would be a miss: the last column says how often the person is another one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from muster import trailers
from muster.sources.git import Settings, harvest

KNOWN = {*trailers.PARTS, trailers.SIGNED}
Lines = dict[str, Counter[tuple[str, str]]]


def ours(path: Path) -> tuple[Lines, dict[tuple[str, tuple[str, str]], bool]]:
    """The lines that muster reads as trailers, by commit, and whether each stands in the last paragraph."""
    commits = harvest(Settings(path)).commits
    sha = dict(zip(commits["seq"].to_pylist(), commits["sha"].to_pylist(), strict=True))
    found: Lines = defaultdict(Counter)
    final = {}
    for row in trailers.lines(commits).to_pylist():
        key = (row["word"], " ".join(row["value"].split()))
        if row["word"] in KNOWN:
            found[sha[row["seq"]]][key] += 1
            final[sha[row["seq"]], key] = row["final"]
    return found, final


def gits(path: Path) -> Lines:
    """The trailers that git reads, by commit."""
    done = subprocess.run(
        ["git", "-C", str(path), "log", "--no-mailmap", "--encoding=UTF-8", "--format=%x01%H%n%(trailers:only=true,unfold=true)", "HEAD", "--"],
        capture_output=True, check=False,
    )  # fmt: skip
    found: Lines = defaultdict(Counter)
    for record in done.stdout.decode("utf-8", "replace").split("\x01")[1:]:
        sha, _, rest = record.partition("\n")
        for line in rest.splitlines():
            word, colon, value = line.partition(":")
            word = word.strip().lower().replace(" ", "-")
            if colon and word in KNOWN:
                found[sha.strip()][word, " ".join(value.split())] += 1
    return found


def check(path: Path) -> int:
    """How many people git reads that muster does not; prints the rest."""
    mine, final = ours(path)
    theirs = gits(path)
    same = sum((mine[sha] & theirs[sha]).total() for sha in {*mine, *theirs})
    why: Counter[str] = Counter()
    missed = 0
    for sha in sorted({*mine, *theirs}):
        people = {trailers.named(value) for _, value in mine[sha]}
        for (_, value), count in (theirs[sha] - mine[sha]).items():
            known = trailers.named(value) in people or trailers.named(re.sub(r">.*", ">", value)) in people
            why["git only: what follows an address on the next line"] += count * known
            missed += count * (not known)
        for key, count in (mine[sha] - theirs[sha]).items():
            cause = "above the last paragraph" if not final[sha, key] else (
                "too few trailers in the last paragraph" if not theirs[sha] else "beside others in the last paragraph")
            why[f"muster only: {cause}"] += count
    total = same + sum(why.values()) + missed
    print(f"{path}: {total} lines, {same} the same, {100 * (total - same) / max(1, total):.2f} % differ; people missed: {missed}")
    for cause, count in why.most_common():
        print(f"  {count:6d}  {cause}")
    return missed


if __name__ == "__main__":
    sys.exit(bool(sum(check(Path(one)) for one in sys.argv[1:])))
