"""The history of a git repository as two tables, commits and changes, read from one hardened `git log`.

`harvest` streams: a record per commit begins with a boundary that is drawn at random for the run, so that no message
can forge one; fields end in NUL; the raw diff that follows has a fixed width up to the path. No blob is read, so
partial clones and pruned mirrors are fine. With a `cache`, rows are kept as Parquet and a later harvest reads only what
is new.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import secrets
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from muster.model import MusterError, Skipped
from muster.sources import _cache, _parse
from muster.sources._repository import Repository

__all__ = ["SOURCE", "Harvest", "Repository", "Settings", "harvest"]

SOURCE = "git"

Batch = tuple[pa.Table, pa.Table]
Progress = Callable[[str, int, "int | None"], None]

#: Bytes read at once; also about what one batch of rows is made from, so memory does not grow with the history.
CHUNK = 1 << 20
BATCH = 4 << 20
#: After so many commits that cannot be read in full, the rest is read without its changes.
DAMAGED = 25


@dataclass(frozen=True, slots=True)
class Settings:
    """Which history to read: the repository, and the commit whose ancestors are wanted."""

    path: Path
    ref: str = "HEAD"


@dataclass(frozen=True, slots=True)
class Harvest:
    """A repository's history.

    `commits` has a row per commit; `seq` counts from 0 in the order in which commits reached `head`: parents before
    children, along first parents, each merge just after what it brought. `changes` has a row per path that a commit
    changed against its parent; merges have none, as in `git log`. Names are raw: the mailmap is applied when they are
    read. `notes` say what the history cannot show; `skipped` counts what was left out.
    """

    name: str
    path: Path
    web: str | None
    head: str
    commits: pa.Table = field(repr=False)
    changes: pa.Table = field(repr=False)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def repository(self) -> Repository:
        """The repository itself, for what the tables do not hold."""
        return opened(self.path)

    def mailmap(self, identities: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """(name, e-mail) of each identity after the mailmap of `head`."""
        return self.repository.mailmap(identities, self.head)


@lru_cache(maxsize=64)
def opened(path: Path) -> Repository:
    """The repository at a path, opened once."""
    return Repository(path)


def harvest(settings: Settings, cache: Path | None = None, progress: Progress | None = None) -> Harvest:
    """The history of `settings.ref`, read in full or, from `cache`, completed by what is new.

    A history that was rewritten since, or that grew at its old end, is read again from the start, and a note says so.
    When git stops midway, what was read is given with a note that says why, and the cache is left as it was. Raises
    MusterError where there is nothing to read. Ending it at any time leaves the cache as it was.
    """
    repository = Repository(settings.path)
    head = repository.resolve(settings.ref)
    boundary = shallow_commits(repository)
    print_ = hashlib.sha256("\n".join(sorted(boundary)).encode()).hexdigest() if boundary else ""
    name, web = repository.name, repository.web
    known = _cache.read(cache, repository.path, settings.ref, print_) if cache else None
    notes: list[str] = []
    counted: Counter[tuple[str, str]] = Counter()
    if known and known.head == head:
        commits, changes = known.tables()
        counted.update(known.skipped)
        return finish(name, repository, web, head, commits, changes, counted, notes, boundary)
    with _cache.writer(cache, repository.path, settings.ref) as writer:
        read: list[Batch] = []
        complete = True
        if known:
            fresh = Counter[tuple[str, str]]()
            complete = stream(repository, [head, f"^{known.head}"], known.commits, boundary, read, fresh, [], progress)
            grown = pa.concat_tables([part[0] for part in read]) if read else None
            if complete and grown is not None and builds_on(grown, known.head):
                old_commits, old_changes = known.tables()
                commits = pa.concat_tables([old_commits, grown])
                changes = pa.concat_tables([old_changes, *(part[1] for part in read)])
                counted.update(known.skipped)
                counted.update(fresh)
                if along_first_parents(grown, head, known.head):
                    writer.append(known, head, print_, read, counted)
                else:
                    commits, changes = reorder(repository, head, commits, changes)
                    writer.replace(head, print_, [(commits, changes)], counted)
                return finish(name, repository, web, head, commits, changes, counted, notes, boundary)
            if complete or not repository.has(known.head):
                notes.append(f"history was rewritten since the last harvest, which ended at {known.head[:12]}: it was read "
                             "again in full")
            read, counted = [], Counter()
        complete = stream(repository, [head], 0, boundary, read, counted, notes, progress)
        if not read:
            raise MusterError(str(settings.path), f"git could read no commit of {settings.ref}",
                              f"Look for damage with: git -C '{settings.path}' fsck")
        commits = pa.concat_tables([part[0] for part in read])
        changes = pa.concat_tables([part[1] for part in read])
        if complete:
            writer.replace(head, print_, read, counted)
    return finish(name, repository, web, head, commits, changes, counted, notes, boundary)


def stream(
    repository: Repository,
    revisions: Sequence[str],
    first: int,
    boundary: frozenset[str],
    into: list[Batch],
    counted: Counter[tuple[str, str]],
    notes: list[str],
    progress: Progress | None,
) -> bool:
    """Whether git read everything; batches of (commits, changes) are added to `into`, numbered from `first`.

    Where an object is missing, git ends there. Then the rest is asked for commit by commit, so that one damaged commit
    costs no more than itself.
    """
    taken = 0

    def take(selection: Sequence[str], raw: bool = True, stdin: Sequence[str] = ()) -> tuple[int, str]:
        nonlocal taken
        problems: list[str] = []
        before = taken
        with contextlib.closing(records_of(repository, selection, raw, stdin, problems)) as batches:
            for records in batches:
                batch = _parse.batch(records, first + taken, boundary, counted)
                into.append(batch)
                taken += batch[0].num_rows
                if progress:
                    progress(f"reading {repository.name}", taken, None)
        return taken - before, problems[0] if problems else ""

    _, problem = take(["--topo-order", "--reverse", *revisions])
    if not problem:
        return True
    order, whole = listed(repository, revisions)
    if not whole:
        notes.append(f"git could not follow the history to its start ({problem}): only {len(order)} commits can be read")
    left = order[taken:]
    unread = lost = 0
    while left:
        count, trouble = take(["--no-walk=unsorted", "--stdin"], stdin=left)
        left = left[count:]
        if not trouble or not left:
            break
        # Its diff cannot be made; the commit itself may be readable. After many such, the rest is taken as that.
        some = left[:1] if unread + lost < DAMAGED else left
        count, _ = take(["--no-walk=unsorted", "--stdin"], raw=False, stdin=some)
        unread += count
        lost += len(some) - count
        left = left[len(some) :]
    if unread:
        notes.append(f"what {unread} commits changed is not here: git could not read it ({problem})")
    if lost:
        counted["commits", f"git could not read them ({problem})"] += lost
    return False


def listed(repository: Repository, revisions: Sequence[str]) -> tuple[list[str], bool]:
    """(hashes with parents before children, whether that is all of them): as far as git can follow them."""
    done = repository.ask("rev-list", "--topo-order", "--reverse", *revisions)
    if done.returncode == 0:
        return done.stdout.decode("ascii").split(), True
    # A walk from the newest commit gives what there is up to the gap, but no order that can be relied on.
    done = repository.ask("rev-list", "--parents", *revisions)
    parents = {line[0]: line[1:] for row in done.stdout.decode("ascii").splitlines() if (line := row.split())}
    order: dict[str, None] = {}
    for sha in reversed(list(parents)):
        path = [sha]
        while path:
            behind = [parent for parent in parents[path[-1]] if parent in parents and parent not in order]
            if behind:
                path.append(behind[0])
            else:
                order[path.pop()] = None
    return list(order), False


def records_of(
    repository: Repository, selection: Sequence[str], raw: bool, stdin: Sequence[str], problems: list[str]
) -> Generator[list[bytes], None, None]:
    """The records of `git log`, a batch at a time; why it ended early is added to `problems`."""
    mark = f"\x01{secrets.token_hex(16)}\x02".encode()
    layout = "%x00".join(("%H", "%P", "%an", "%ae", "%ad", "%cn", "%ce", "%cd", "%s", "%b"))
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as stderr:
        given.write("".join(f"{line}\n" for line in stdin).encode("ascii"))
        given.seek(0)
        process = repository.start(
            "log", *(["--raw", "--root"] if raw else ["--no-patch"]), "-z", "--no-renames", "--no-abbrev",
            "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-mailmap", "--no-notes", "--no-color",
            "--no-decorate", "--no-relative", "--ignore-submodules=none", f"-O{os.devnull}", "--encoding=UTF-8",
            "--date=raw", f"--format={mark.decode()}{layout}", *selection, *([] if stdin else ["--"]),
            stdin=given, stderr=stderr,
        )
        # A thread of its own empties the pipe, so that git goes on working while a batch is parsed.
        chunks: queue.Queue[bytes] = queue.Queue(maxsize=BATCH // CHUNK * 2)
        reader = threading.Thread(target=empty, args=(process, chunks), name="git-log", daemon=True)
        reader.start()
        try:
            held: list[bytes] = []
            size = 0
            while chunk := chunks.get():
                held.append(chunk)
                size += len(chunk)
                if size >= BATCH:
                    *whole, rest = b"".join(held).split(mark)
                    held, size = [mark, rest], len(rest)
                    if whole := [record for record in whole if record]:
                        yield whole
            ended = process.wait()
            stderr.seek(0)
            said = stderr.read().decode("utf-8", "replace").splitlines()
            whole = [record for record in b"".join(held).split(mark) if record]
            if ended:
                how = f"it ended with exit code {ended}" if ended > 0 else f"it was ended by signal {-ended}"
                why = next((line for line in said if line.startswith(("fatal: ", "error: "))), f": {how}")
                problems.append(" ".join(why.partition(": ")[2].split()))
                # A git that gives up has written whole records; one that was killed may have been in the midst of one.
                if ended < 0 or (whole and not (whole[-1].endswith(b"\0") and whole[-1].count(b"\0") >= 10)):
                    whole = whole[:-1]
            if whole:
                yield whole
        finally:
            if process.poll() is None:
                process.kill()
            while reader.is_alive():
                with contextlib.suppress(queue.Empty):
                    chunks.get(timeout=0.05)
            process.wait()
            if process.stdout:
                process.stdout.close()


def empty(process: subprocess.Popen[bytes], chunks: queue.Queue[bytes]) -> None:
    """Hand on what git prints until it ends; an empty chunk says that it did."""
    assert process.stdout is not None
    out = process.stdout.fileno()
    widen(out)
    while chunk := os.read(out, CHUNK):
        chunks.put(chunk)
    chunks.put(b"")


def widen(pipe: int) -> None:
    """Let a pipe hold a megabyte where the system can, so that git seldom waits for the reader."""
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CHUNK)
    except (ImportError, AttributeError, OSError):
        return


def builds_on(grown: pa.Table, old: str) -> bool:
    """Whether new commits have the old head among their parents: else the old head is no ancestor of the new one."""
    return bool(pc.any(pc.equal(pc.list_flatten(grown["parents"]), old)).as_py())


def along_first_parents(grown: pa.Table, head: str, old: str) -> bool:
    """Whether first parents lead from the new head to the old one; only then do new rows come after all old ones."""
    first = {sha: parents[0] if parents else None
             for sha, parents in zip(grown["sha"].to_pylist(), grown["parents"].to_pylist(), strict=True)}
    here: str | None = head
    while here in first:
        here = first[here]
    return here == old


def reorder(repository: Repository, head: str, commits: pa.Table, changes: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The tables in the order that a full harvest gives them."""
    order = repository.run("rev-list", "--topo-order", "--reverse", head).decode("ascii").split()
    places = pc.index_in(commits["sha"], value_set=pa.array(order)).cast(pa.int32())
    ranked = commits.set_column(0, "seq", places).sort_by("seq")
    moved = changes.set_column(0, "seq", pc.take(places, changes["seq"]))
    moved = moved.append_column("row", pa.array(range(moved.num_rows), pa.int64()))
    moved = moved.sort_by([("seq", "ascending"), ("row", "ascending")]).drop_columns(["row"])
    return ranked, moved


def shallow_commits(repository: Repository) -> frozenset[str]:
    """Commits whose parents are not here, because the clone was cut there."""
    if not repository.shallow:
        return frozenset()
    try:
        return frozenset((repository.common / "shallow").read_text("ascii").split())
    except OSError:
        return frozenset()


def finish(
    name: str,
    repository: Repository,
    web: str | None,
    head: str,
    commits: pa.Table,
    changes: pa.Table,
    counted: Counter[tuple[str, str]],
    notes: list[str],
    boundary: frozenset[str],
) -> Harvest:
    """The harvest, with notes on what this clone cannot show."""
    if boundary:
        cut = commits.filter(pc.is_in(commits["sha"], value_set=pa.array(sorted(boundary))))
        day = pc.max(cut["committed_at"]).as_py()
        notes.append(f"shallow: history before {day.date()} is not here" if day else "shallow: older history is not here")
    if repository.partial:
        notes.append("partial clone: file contents that were never downloaded are not here")
    skipped = tuple(Skipped(f"{name}: {where}", why, count) for (where, why), count in sorted(counted.items()))
    return Harvest(name, repository.path, web, head, commits, changes, skipped, tuple(notes))
