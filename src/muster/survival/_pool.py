"""Batches of families shared out to this process and to others, each with a git beside it.

A batch goes to whoever is free; its answer has its place, so the result does not depend on who was faster. The workers
are started as programs and spoken to through pipes: nothing of the caller's memory or threads is copied. They are started
before the work is laid out, and import no more than they use.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import IO

from muster.model import MusterError
from muster.sources._repository import Repository
from muster.survival._plan import Shape
from muster.survival._work import Answer, Batch, follow

#: With fewer new rows than this a second process would cost more than it saves.
WORTH = 12_000

#: Packages of which a worker needs single modules only, so that what they import themselves is left out.
BARE = ("muster.sources", "muster.survival")
PROGRAM = """
import sys
from pathlib import Path
from types import ModuleType
sys.path.insert(0, SOURCE)
for name in BARE:
    package = sys.modules[name] = ModuleType(name)
    package.__path__ = [str(Path(SOURCE, *name.split(".")))]
from muster.survival._pool import serve
serve()
"""


def cores() -> int:
    """How many processors this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """The processes that a repository's families are shared out to, where there are so many new rows that it pays."""

    def __init__(self, repository: Repository, rows: int) -> None:
        """Start them; `rows` are those of commits that are not known yet."""
        self._repository = repository
        self._running = [start() for _ in range(cores() - 1)] if rows >= WORTH else []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Workers:
        """These."""
        return self

    def __exit__(self, *problem: object) -> None:
        """End them, also those that are not done."""
        for worker in self._running:
            if worker.poll() is None and (not self._threads or any(thread.is_alive() for thread in self._threads)):
                worker.kill()
        for thread in self._threads:
            thread.join(5)
        for worker in self._running:
            worker.wait()
            for pipe in (worker.stdin, worker.stdout):
                if pipe and not pipe.closed:
                    try:
                        pipe.close()
                    except OSError:
                        continue

    def answers(self, shape: Shape, batches: Sequence[Batch]) -> Iterator[tuple[int, Answer]]:
        """(place of the batch, its answer), as they get ready. Raises MusterError where a worker ends before its time."""
        left = iter(enumerate(batches))
        turn = threading.Lock()
        ready: Queue[tuple[int, Answer | BaseException]] = Queue()

        def taken() -> tuple[int, Batch] | None:
            with turn:
                return next(left, None)

        def drive(worker: subprocess.Popen[bytes]) -> None:
            assert worker.stdin is not None and worker.stdout is not None
            try:
                send(worker.stdin, (str(self._repository.path), shape))
                while (here := taken()) is not None:
                    send(worker.stdin, here[1])
                    ready.put((here[0], pickle.load(worker.stdout)))  # noqa: S301 - from a process that we started
                worker.stdin.close()
            except BaseException as problem:  # it is raised again where the answers are waited for
                ready.put((-1, problem))

        self._threads = [threading.Thread(target=drive, args=(worker,), name="lines", daemon=True) for worker in self._running]
        for thread in self._threads:
            thread.start()
        done = 0
        while done < len(batches):
            try:
                place, answer = ready.get_nowait()
            except Empty:
                here = taken()
                place, answer = (here[0], quietly(self._repository, shape, here[1])) if here is not None else ready.get()
            if isinstance(answer, BaseException):
                raise MusterError(str(self._repository.path), f"following lines ended early: {answer or type(answer).__name__}",
                                  "Make memory free, then run the same command again.") from answer
            done += 1
            yield place, answer


def quietly(repository: Repository, shape: Shape, batch: Batch) -> Answer:
    """`follow`, without looking for garbage: millions of short-lived records are made, and none refers to itself."""
    on = gc.isenabled()
    gc.disable()
    try:
        return follow(repository, shape, batch)
    finally:
        if on:
            gc.enable()


def start() -> subprocess.Popen[bytes]:
    """A worker."""
    source = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen([sys.executable, "-c", f"SOURCE, BARE = {source!r}, {BARE!r}\n{PROGRAM}"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)


def send(pipe: IO[bytes], what: object) -> None:
    """Put an object into a pipe."""
    pickle.dump(what, pipe, protocol=5)
    pipe.flush()


def serve() -> None:
    """What a worker does: batches in, answers out, until there are no more."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        path, shape = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
        repository = Repository(Path(path))
        while True:
            send(out, quietly(repository, shape, pickle.load(sys.stdin.buffer)))  # noqa: S301
    except EOFError:
        return
