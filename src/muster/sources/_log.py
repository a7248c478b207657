"""A running `git log` and what it prints, in whole records.

A record begins with a mark that is drawn at random for the run, so that no message can forge one. A thread of its own
empties the pipe, so that git goes on working while what came is parsed.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import signal
import tempfile
import threading
import time
from collections.abc import Sequence

from muster.sources._parse import FIELDS
from muster.sources._repository import Repository

#: Bytes read at once, and how many such pieces may wait.
CHUNK = 1 << 20
WAITING = 12
#: Seconds to wait after a small piece: git prints 4 KiB at a time, and each piece costs a change of threads.
PAUSE = 0.004

#: What is done next: the log, and a piece of what it printed; the empty piece says that it ended.
Events = queue.Queue["tuple[Log, bytes]"]

HARDENED = (
    "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-mailmap",
    "--no-notes", "--no-color", "--no-decorate", "--no-relative", "--ignore-submodules=none", f"-O{os.devnull}",
    "--encoding=UTF-8", "--date=raw",
)


class Log:
    """One `git log` of a selection of commits, with what each changed, or without (`raw`).

    Its pieces go to `events` as they come; `take` and `end` make whole records of them. `close` ends it.
    """

    def __init__(
        self, repository: Repository, selection: Sequence[str], events: Events, raw: bool = True, stdin: Sequence[str] = ()
    ) -> None:
        self.mark = f"\x01{secrets.token_hex(16)}\x02".encode()
        #: Why it ended early, in git's words; empty while it has not.
        self.problem = ""
        #: The whole records that were not asked for yet, and how many bytes they are.
        self.records: list[bytes] = []
        self.size = 0
        #: The mark and the hash that the last whole record begins with.
        self.latest = b""
        self._rest = b""
        self._stop = threading.Event()
        self._events = events
        layout = "%x00".join((self.mark.decode(), *FIELDS))
        with tempfile.TemporaryFile() as given:
            given.write("".join(f"{line}\n" for line in stdin).encode("ascii"))
            given.seek(0)
            self._said = tempfile.TemporaryFile()  # noqa: SIM115
            self._process = repository.start(
                "log", *(("--raw", "--root", "--diff-merges=first-parent") if raw else ("--no-patch",)), *HARDENED,
                f"--format={layout}", *selection, *(() if stdin else ("--",)), stdin=given, stderr=self._said,
            )
        self._reader = threading.Thread(target=self._empty, name="git-log", daemon=True)
        self._reader.start()

    def _empty(self) -> None:
        assert self._process.stdout is not None
        out = self._process.stdout.fileno()
        widen(out)
        chunk = b"."
        while chunk and not self._stop.is_set():
            chunk = os.read(out, CHUNK)
            while not self._stop.is_set():
                with contextlib.suppress(queue.Full):
                    self._events.put((self, chunk), timeout=0.05)
                    break
            if 0 < len(chunk) < CHUNK // 4:
                time.sleep(PAUSE)

    def take(self, chunk: bytes) -> bytes:
        """The whole records that a piece completes; they are not added to `records`."""
        rest = self._rest + chunk
        cut = rest.rfind(self.mark)
        if cut <= 0:
            self._rest = rest
            return b""
        whole, self._rest = rest[:cut], rest[cut:]
        return whole

    def end(self) -> bytes:
        """The last records of a git that ended. Raises KeyboardInterrupt where it was interrupted or told to end."""
        ended = self._process.wait()
        whole, self._rest = self._rest, b""
        if not ended:
            return whole
        if ended in (-signal.SIGINT, -signal.SIGTERM):
            raise KeyboardInterrupt
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace").splitlines()
        how = f"it ended with exit code {ended}" if ended > 0 else f"it was ended by signal {-ended}"
        why = next((line for line in said if line.startswith(("fatal: ", "error: "))), f": {how}")
        self.problem = " ".join(why.partition(": ")[2].split()) or how
        # A git that gives up has written whole records; one that was killed may have been in the midst of one.
        last = whole[max(whole.rfind(self.mark), 0) :]
        if ended < 0 or not last.endswith(b"\0") or last.count(b"\0") <= len(FIELDS):
            whole = whole[: len(whole) - len(last)]
        return whole

    def keep(self, whole: bytes) -> None:
        """Add records to those that wait to be parsed."""
        if whole:
            self.records.append(whole)
            self.size += len(whole)
            start = whole.rfind(self.mark)
            self.latest = whole[start + len(self.mark) : whole.index(b"\0", start + len(self.mark) + 1) + 1]

    def find(self, other: Log, whole: bytes) -> int:
        """Where in these records, of this log, the latest of another log stands; -1 where it does not."""
        return whole.find(self.mark + other.latest) if other.latest else -1

    def give(self) -> bytes:
        """All records that wait, as one."""
        whole, self.records, self.size = b"".join(self.records), [], 0
        return whole

    def close(self) -> None:
        """End git and the thread, whatever they are doing."""
        self._stop.set()
        if self._process.poll() is None:
            self._process.kill()
        self._reader.join()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._said.close()


def widen(pipe: int) -> None:
    """Let a pipe hold a megabyte where the system can, so that git seldom waits for the reader."""
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CHUNK)
    except (ImportError, AttributeError, OSError):
        return
