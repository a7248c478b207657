"""Batches of families shared out to processes of their own, each with a git beside it.

A batch goes to whoever is free; its answer has its place, so the result does not depend on who was faster. The workers
are started as programs and spoken to through pipes: nothing of the caller's memory or threads is copied.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Queue
from typing import IO

from muster.model import MusterError
from muster.sources.git import Repository
from muster.survival._plan import Shape
from muster.survival._work import Answer, Batch, follow

#: With fewer rows than this a second process would cost more than it saves.
WORTH = 12_000


def cores() -> int:
    """How many processors this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def answers(repository: Repository, shape: Shape, batches: Sequence[Batch], known: int = 0) -> Iterator[tuple[int, Answer]]:
    """(place of the batch, its answer), as they get ready. Raises MusterError where a worker ends before its time.

    What commits before `known` did is known, and not worth a worker.
    """
    workers = min(cores(), len(batches))
    if workers < 2 or sum(int((batch.seq >= known).sum()) for batch in batches) < WORTH:
        for place, batch in enumerate(batches):
            yield place, follow(repository, shape, batch)
        return
    left = iter(enumerate(batches))
    turn = threading.Lock()
    ready: Queue[tuple[int, Answer | BaseException]] = Queue()
    running = [start() for _ in range(workers)]

    def drive(worker: subprocess.Popen[bytes]) -> None:
        assert worker.stdin is not None and worker.stdout is not None
        try:
            send(worker.stdin, (str(repository.path), shape))
            while True:
                with turn:
                    place, batch = next(left, (-1, None))
                if batch is None:
                    worker.stdin.close()
                    return
                send(worker.stdin, batch)
                ready.put((place, pickle.load(worker.stdout)))  # noqa: S301 - from a process that we started
        except BaseException as problem:  # it is raised again where the answers are waited for
            ready.put((-1, problem))

    threads = [threading.Thread(target=drive, args=(worker,), name="lines", daemon=True) for worker in running]
    try:
        for thread in threads:
            thread.start()
        for _ in batches:
            place, answer = ready.get()
            if isinstance(answer, BaseException):
                raise MusterError(str(repository.path), f"following lines ended early: {answer or type(answer).__name__}",
                                  "Make memory free, then run the same command again.") from answer
            yield place, answer
    finally:
        for worker in running:
            if worker.poll() is None and any(thread.is_alive() for thread in threads):
                worker.kill()
        for worker, thread in zip(running, threads, strict=True):
            if thread.is_alive():
                thread.join(5)
            worker.wait()
            for pipe in (worker.stdin, worker.stdout):
                if pipe and not pipe.closed:
                    try:
                        pipe.close()
                    except OSError:
                        continue


def start() -> subprocess.Popen[bytes]:
    """A worker."""
    source = str(Path(__file__).resolve().parents[2])
    line = f"import sys; sys.path.insert(0, {source!r}); from muster.survival._pool import serve; serve()"
    return subprocess.Popen([sys.executable, "-c", line], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def send(pipe: IO[bytes], what: object) -> None:
    """Put an object into a pipe."""
    pickle.dump(what, pipe, protocol=5)
    pipe.flush()


def serve() -> None:
    """What a worker does: batches in, answers out, until there are no more."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    path, shape = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    repository = Repository(Path(path))
    while True:
        try:
            batch = pickle.load(sys.stdin.buffer)  # noqa: S301
        except EOFError:
            return
        send(out, follow(repository, shape, batch))
