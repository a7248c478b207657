"""Reading a stretch of history from both its ends at once, with a git on either side.

One git prints it from the oldest commit on, the other from the newest back, in the very same order; where one comes upon
what the other has printed last, they have met, and both are ended. What is read goes into parts on the way (`Shelf`), so
that memory does not grow with the history and a run that was killed is gone on with: then only the middle that is still
missing is asked for.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from muster.sources import _parse
from muster.sources._log import WAITING, Events, Log
from muster.sources._parts import Part, Rows, Tables, shifted, write
from muster.sources._repository import Repository

Counts = Counter[tuple[str, str]]

#: Bytes of git's words that are parsed at once, and that one part is made from.
BATCH = 2 << 20
PART = 16 << 20
#: A git that ends within so many seconds needs no help from a second one.
PATIENCE = 0.1


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


#: A git process takes one of these, so that there are never more of them than cores, however many histories are read.
SLOTS = threading.BoundedSemaphore(cores())


class Shelf:
    """What has been read of a stretch of history: parts from its old end, and parts from its new end.

    Parts go to `folder` or, without one, to a temporary folder once there is enough for a part. `saved` is called after
    each part.
    """

    def __init__(self, folder: Path | None, saved: Callable[[Shelf], None] | None = None) -> None:
        self.front: list[Part] = []
        self.back: list[Part] = []
        #: What could not be taken of that which is in parts.
        self.counted: Counts = Counter()
        #: How many commits were read.
        self.commits = 0
        self._folder = folder
        #: What must live as long as the parts are read.
        self.kept: _Temporary | None = None
        self._saved = saved
        self._open: dict[bool, list[tuple[Tables, Counts]]] = {False: [], True: []}
        self._bytes = {False: 0, True: 0}

    def begun(self, front: Sequence[Part], back: Sequence[Part], counted: Counts) -> None:
        """Go on from what an earlier run has left in the folder."""
        self.front, self.back, self.counted = list(front), list(back), counted
        self.commits = sum(part.commits for part in (*front, *back))

    def add(self, data: bytes, mark: bytes, boundary: frozenset[str], back: bool = False) -> None:
        """Take records, those of the new end printed newest first."""
        if not data:
            return
        counted: Counts = Counter()
        tables = _parse.batch(data, mark, 0, boundary, counted, backwards=back)
        self._open[back].append((tables, counted))
        self._bytes[back] += len(data)
        self.commits += tables[0].num_rows
        if self._bytes[back] >= PART:
            self.flush(back)

    def flush(self, *sides: bool) -> None:
        """Write what is not in a part yet."""
        for back in sides or (False, True):
            held = [tables for tables, _ in self._open[back]]
            if sum(one[0].num_rows for one in held):
                part = write(self._place(), held[::-1] if back else held)
                (self.back if back else self.front).append(part)
            for _, counted in self._open[back]:
                self.counted.update(counted)
            self._open[back], self._bytes[back] = [], 0
            if held and self._saved:
                self._saved(self)

    def _place(self) -> Path:
        if self._folder is None:
            self.kept = _Temporary()
            self._folder = self.kept.path
        return self._folder

    def parts(self) -> tuple[Part, ...]:
        """All that was read as parts, in the order of history."""
        self.flush()
        return (*self.front, *self.back[::-1])

    def rows(self) -> Rows:
        """All that was read, in the order of history; it stays in memory where no part was needed."""
        if self._folder is None:
            return Rows.of(*joined([tables for tables, _ in (*self._open[False], *self._open[True][::-1])]))
        return Rows(self.parts(), self.kept)

    def skipped(self) -> Counts:
        """What could not be taken of all that was read."""
        return sum((counted for side in self._open.values() for _, counted in side), self.counted)


class _Temporary:
    """A temporary folder that goes when nobody holds this any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="muster-"))

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            shutil.rmtree(self.path, ignore_errors=True)


def joined(batches: Sequence[Tables]) -> Tables:
    """The batches as one, numbered through."""
    first = 0
    shown: list[Tables] = []
    for one in batches:
        commits, changes, merged = (shifted(table, first) for table in one)
        shown.append((commits, changes, merged))
        first += one[0].num_rows
    if not shown:
        return _parse.COMMITS.empty_table(), _parse.CHANGES.empty_table(), _parse.CHANGES.empty_table()
    commits, changes, merged = (pa.concat_tables(tables) for tables in zip(*shown, strict=True))
    return commits, changes, merged


class Apart(Exception):  # noqa: N818
    """Two gits, or a git and what an earlier run has read, do not fit together."""


def read(
    repository: Repository,
    revisions: Sequence[str],
    shelf: Shelf,
    boundary: frozenset[str],
    tell: Callable[[int], None],
    alone: bool = False,
) -> str:
    """Put the commits of `revisions` that the shelf has not yet onto it; says why git gave up, or nothing where it did not.

    `tell` is told how many commits there are by now. With `alone` there is no second git. Raises Apart where what is on
    the shelf is not of this stretch. What was read until the program is interrupted is on the shelf, and in parts.
    """
    window: tuple[str, ...] = ()
    if shelf.commits:
        missing = int(repository.run("rev-list", "--count", *revisions)) - shelf.commits
        if missing <= 0:
            if missing < 0:
                raise Apart
            return ""
        # Both numbers count from the newest commit, whichever end is printed first.
        window = (f"--skip={sum(part.commits for part in shelf.back)}", f"--max-count={missing}")
    events: Events = queue.Queue(maxsize=WAITING)
    front: Log | None = None
    back: Log | None = None
    with SLOTS:
        helped = False
        try:
            front = Log(repository, ["--topo-order", "--reverse", *window, *revisions], events)
            patient = time.monotonic() + PATIENCE
            met = False
            while not met:
                try:
                    log, chunk = events.get(timeout=None if back or alone else PATIENCE)
                except queue.Empty:
                    log, chunk = front, b""
                    ended = False
                else:
                    ended = not chunk
                if not (back or alone) and not ended and time.monotonic() >= patient:
                    helped = SLOTS.acquire(blocking=False)
                    if helped:
                        back = Log(repository, ["--topo-order", *window, *revisions], events)
                if not chunk and not ended:
                    continue
                other = front if log is back else back
                whole = log.end() if ended else log.take(chunk)
                if other and (place := log.find(other, whole)) >= 0:
                    whole, met = whole[:place], True
                log.keep(whole)
                if log.problem:
                    return log.problem
                if ended and not met:
                    if other and other.latest:
                        raise Apart
                    met = True
                if log.size >= BATCH or met:
                    for one in (log, other) if met else (log,):
                        if one and one.size:
                            shelf.add(one.give(), one.mark, boundary, back=one is back)
                    tell(shelf.commits)
        except BaseException:
            # What came before the interruption is kept, so that the next run need not read it again.
            with contextlib.suppress(Exception):
                for one in (front, back):
                    if one and one.size:
                        shelf.add(one.give(), one.mark, boundary, back=one is back)
                shelf.flush()
            raise
        finally:
            for one in (front, back):
                if one:
                    one.close()
            if helped:
                SLOTS.release()
    return ""
