"""Links and threads: what doubling the history costs, in CPU seconds, on histories that are made up and on a real one.

    python benchmarks/links_threads.py                     made-up histories of 5,000, 10,000 and 20,000 commits
    python benchmarks/links_threads.py REPO --me EMAIL     a repository, beside its first half

Target (DESIGN, *Performance to reach*): doubling the input costs at most 2.2 times as much.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from pathlib import Path

from bench import header
from muster import threads
from muster.lake import Lake
from muster.links import View, find
from muster.model import Touch
from muster.people import resolve
from muster.sources.git import Harvest, Settings, harvest

AUTHORS = [("Ann Arbor", "ann@example.org"), *((f"Person {n}", f"p{n}@example.org") for n in range(15))]


class NoTeams:
    """Stands for an organisation that knows nothing: what owners cost is measured elsewhere."""

    def prefetch(self, ids: list[str]) -> None:
        return None

    def touches(self, id_: str) -> tuple[Touch, ...]:
        return ()

    def outside(self, person: str, of: str, at: object) -> str | None:
        return None


def made_up(path: Path, commits: int) -> Path:
    """A repository of that many commits by sixteen people, a third of them by one; ten a day, in forty folders."""
    draw = random.Random(7)
    subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    stream: list[str] = []
    for n in range(commits):
        name, email = AUTHORS[0] if draw.random() < 0.33 else draw.choice(AUTHORS[1:])
        message = f"Change {draw.choice(['queue', 'lock', 'page', 'test'])} {n} (#{n + 1})"
        if n > 20 and draw.random() < 0.15:
            message += f"\n\nFollows #{draw.randrange(max(1, n - 400), n)}."
        if n > 20 and draw.random() < 0.02:
            message += f"\n\nRegression introduced in #{draw.randrange(max(1, n - 400), n)}."
        if draw.random() < 0.2:
            message += f"\n\nFixes #{100_000 + draw.randrange(commits)}"
        when = 1_500_000_000 + n * 8640
        stream.append(
            f"commit refs/heads/main\ncommitter {name} <{email}> {when} +0000\ndata {len(message)}\n{message}\n"
        )
        # People move from folder to folder about every month; the number of files grows with the history.
        folder = (n // 300 + draw.randrange(4)) % 40
        paths = [f"d{folder}/f{draw.randrange(10 + n // 400)}.py" for _ in range(draw.randrange(1, 5))]
        stream.extend(f"M 644 inline {path}\ndata {len(str(n))}\n{n}\n" for path in paths)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, input="".join(stream).encode(), check=True)
    subprocess.run(["git", "symbolic-ref", "HEAD", "refs/heads/main"], cwd=path, check=True)
    return path


def half(path: Path, commits: int) -> Harvest:
    """The history up to the commit of the main line that has about half of all commits before it."""
    line = subprocess.run(
        ["git", "rev-list", "--first-parent", "HEAD"], cwd=path, check=True, capture_output=True, text=True
    ).stdout.split()
    since, until = 0, len(line) - 1
    while since < until:
        middle = (since + until) // 2
        count = int(
            subprocess.run(
                ["git", "rev-list", "--count", line[middle]], cwd=path, check=True, capture_output=True, text=True
            ).stdout
        )
        since, until = (middle + 1, until) if count > commits // 2 else (since, middle)
    return harvest(Settings(path, line[since]))


def measure(found: Harvest, me: str) -> tuple[int, int, int, int, float, float]:
    """(commits, the person's own, links, threads, CPU seconds of links, of threads)."""
    people = resolve([found], None, (me,))
    view = View(Lake.build([found], people), NoTeams(), people.find([me]).id)  # type: ignore[arg-type]
    start = time.process_time()
    links, _ = find(view)
    middle = time.process_time()
    undertakings = threads.find(view, links)
    end = time.process_time()
    return (
        len(view.record.ids),
        sum(view.record.mine),
        len(links),
        len(undertakings),
        middle - start,
        end - middle,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repo", nargs="?", type=Path)
    parser.add_argument("--me", default=AUTHORS[0][1])
    chosen = parser.parse_args()
    print(header())
    print(
        f"{'commits':>8} {'own':>6} {'links':>6} {'threads':>7} {'links s':>8} {'threads s':>9} {'ratio':>6}"
    )
    before: float | None = None
    with tempfile.TemporaryDirectory() as folder:
        if chosen.repo:
            whole = harvest(Settings(chosen.repo))
            inputs = [half(chosen.repo, whole.commits.num_rows), whole]
        else:
            inputs = [
                harvest(Settings(made_up(Path(folder) / str(size), size))) for size in (5_000, 10_000, 20_000)
            ]
        measure(inputs[0], chosen.me)
        for one in inputs:
            commits, own, links, found, linking, threading = measure(one, chosen.me)
            ratio = f"{(linking + threading) / before:6.2f}" if before else " " * 6
            print(f"{commits:8} {own:6} {links:6} {found:7} {linking:8.2f} {threading:9.2f} {ratio}")
            before = linking + threading


if __name__ == "__main__":
    main()
