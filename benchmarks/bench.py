"""What the benchmarks share: a timer for child processes, the line that says on what machine, peers, and whole copies.

    import bench                                            # from a script in this folder
    print(bench.header())
    floor = bench.child(["git", "-C", repository, "log", "--raw", "-z", "--no-renames"])
    spent = bench.child([sys.executable, "-c", "..."])
    print(f"{spent.wall / floor.wall:.2f} of git's wall time, {spent.cpu / floor.cpu:.2f} of its CPU")
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Starts a command, waits for it, and writes what it cost. A small process of its own: a child takes over the peak of
#: the process that starts it, so that figures of a large one would be wrong.
WATCH = """
import os, sys, time
figures, cores = int(sys.argv[1]), int(sys.argv[2])
if cores:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[3], sys.argv[3:], os.environ)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - start
os.write(figures, f"{wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024}".encode())
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a child process cost: `wall` and `cpu` in seconds, `cpu` with all that its own children used.

    `peak` in MiB is the most that one process held, the child or one below it; files that git maps into its memory count.
    """

    wall: float
    cpu: float
    peak: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} ({self.cpu:.2f})"


class ChildError(RuntimeError):
    """A child that ended with an error: its exit code, and the last that it said."""


def header() -> str:
    """One line: the load of the machine, its cores, and how many of them this process may use."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    given = len(os.sched_getaffinity(0))
    return f"load average {load}; {os.cpu_count()} cores, {given} given; seconds of wall time (CPU)"


def child(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    output: Path | None = None,
    cores: int | None = None,
    check: bool = True,
) -> Spent:
    """What a command cost, its output thrown away or written to `output`; `cores` limits it to so many.

    Raises ChildError where it ends with an error and `check` is on.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as figures, open(output or os.devnull, "wb") as out:  # noqa: PTH123
        watched = [sys.executable, "-c", WATCH, str(figures.fileno()), str(cores or 0), *map(str, command)]
        done = subprocess.run(
            watched, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, stdout=out, stderr=said,
            check=False, pass_fds=(figures.fileno(),),
        )
        if done.returncode and check:
            said.seek(0)
            last = said.read().decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise ChildError(f"{command[0]} ended with {done.returncode}: {last[0]}")
        figures.seek(0)
        wall, cpu, peak = (float(value) for value in figures.read().split())
    return Spent(wall, cpu, peak)


def peer(*names: str) -> Path:
    """The Python of a throw-away environment in which these packages are installed; made once, kept in `.dev/peers`.

    Peers may be under any licence: they run as programs beside muster and are never part of it.
    """
    key = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:12]
    folder = ROOT / ".dev" / "peers" / key
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        uv = ROOT / ".dev" / "uv" / "bin" / "uv"
        if uv.exists():
            subprocess.run([uv, "venv", "--quiet", "--clear", folder], check=True)
            subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *names], check=True)
        else:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *names], check=True)
        ready.write_text("\n".join(names) + "\n", encoding="utf-8")
    return python


def whole(repository: Path, folder: Path, ref: str = "HEAD") -> Path:
    """A bare repository at `folder`, of one branch at `ref`, in which no blob is missing that `ref` ever had.

    It borrows the objects of `repository`, which stays as it is. A blob that is missing there is the empty blob here, by
    a replace ref, so that `git log --numstat`, blame and peers run to their end on pruned mirrors and partial clones.
    """
    head = ask(repository, "rev-parse", f"{ref}^{{commit}}").decode().strip()
    objects = (repository / ask(repository, "rev-parse", "--git-path", "objects").decode().strip()).resolve()
    kind = "sha256" if len(head) == 64 else "sha1"
    subprocess.run(["git", "init", "--quiet", "--bare", f"--object-format={kind}", "--initial-branch=main", folder], check=True)
    (folder / "objects" / "info").mkdir(exist_ok=True)
    (folder / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
    empty = subprocess.run(["git", "-C", folder, "hash-object", "-w", "--stdin"], input=b"", capture_output=True, check=True)
    blank = empty.stdout.decode().strip()
    rows = [f"{head} refs/heads/main"]
    rows += [f"{blank} refs/replace/{blob}" for blob in missing(folder, head)]
    (folder / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + "\n".join(rows) + "\n", encoding="utf-8")
    return folder


def missing(repository: Path, head: str) -> list[str]:
    """The blobs of a history that are not in the repository, sorted."""
    raw = ask(repository, "log", "--format=", "--raw", "--no-abbrev", "--no-renames", "--root", "--diff-merges=first-parent", head)
    # `:MODE MODE OLD NEW STATUS TAB PATH`; mode 160000 is a submodule, whose hash is no blob's.
    rows = (line.split(b"\t", 1)[0].split(b" ") for line in raw.splitlines() if line.startswith(b":"))
    blobs = {row[3] for row in rows if row[1] != b"160000" and set(row[3]) != {ord("0")}}
    listed = b"\n".join(sorted(blobs)) + b"\n"
    found = subprocess.run(
        ["git", "-C", repository, "cat-file", "--batch-check=%(objectname)", "--buffer"], input=listed, capture_output=True,
        env={**os.environ, "GIT_NO_LAZY_FETCH": "1"}, check=True,
    )
    return sorted(line.split()[0].decode() for line in found.stdout.splitlines() if line.endswith(b" missing"))


def ask(repository: Path, *arguments: str) -> bytes:
    """What git printed about a repository."""
    quiet = {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_FLUSH": "0"}
    return subprocess.run(["git", "-C", repository, *arguments], capture_output=True, check=True, env=quiet).stdout
