"""The journal: `journal.jsonl` at the book's root, one line for each time that a file of the book was recorded.

    {"at":"2026-03-02T09:14:07Z","hash":"5f…","n":12,"path":"log/2026-W10.md","prev":"c1…","sha256":"9a…"}

`sha256` is that of the file's content then; `prev` is the hash of the record before it; `hash` is the SHA-256 of the
record itself, as canonical JSON (keys in order, no spaces, ASCII) without `hash`. Lines are only ever appended, under a
lock and synced. A line that a crash has torn is left standing, reported, and the chain goes on from the record before it.

What the chain proves, and what it does not. To somebody who holds a later hash (a packet prints it), it proves that
every earlier record was there, in this order, with this content. To anybody else it proves nothing: whoever owns the file
can write the whole chain anew in a second, with any dates. `at` is this machine's clock, which its owner can set.
That is what the grade *kept* means, and why it is only one above *said*.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from muster import fastlog
from muster.model import Break, MusterError, Skipped

FILE = fastlog.JOURNAL
_LARGEST = 64 * 1024 * 1024
#: What a crash leaves behind, and what a clock does: neither is somebody's hand.
TORN = "a torn line, as a write that was interrupted leaves it"
_CLOCK = "a clock was set back"


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the journal that carries its own right hash. `line` counts from 1."""

    n: int
    at: datetime
    path: str
    sha256: str
    prev: str
    hash: str
    line: int


def records(root: Path) -> tuple[tuple[Record, ...], tuple[Skipped, ...]]:
    """The journal's sound records in order, and what is wrong with it; both empty where there is no journal."""
    path = root / FILE
    try:
        if path.stat().st_size > _LARGEST:
            return (), (Skipped(FILE, f"more than {_LARGEST >> 20} MiB: not read"),)
        content = path.read_bytes()
    except FileNotFoundError:
        return (), ()
    except OSError as error:
        return (), (Skipped(FILE, f"cannot be read: {error.strerror}"),)
    found: list[Record] = []
    problems: list[Skipped] = []
    lines = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        where = f"{FILE}:{number}"
        record = _record(line, number)
        if record is None:
            torn = TORN
            foreign = "no record, or one that was changed: its hash is not its own"
            problems.append(Skipped(where, foreign if line.startswith(b"{") and line.endswith(b"}") else torn))
            continue
        problems += _breaks(found[-1] if found else None, record, where)
        found.append(record)
    return tuple(found), tuple(problems)


def _record(line: bytes, number: int) -> Record | None:
    """A line's record; None unless it is canonical and its hash is right."""
    if len(line) > 64 * 1024 or fastlog.sound(line) is None:
        return None
    try:
        raw = json.loads(line)
        canonical = json.dumps(raw, sort_keys=True, separators=(",", ":")).encode()
        at = datetime.strptime(raw["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if canonical != line or set(raw) != {"at", "hash", "n", "path", "prev", "sha256"} or not isinstance(raw["n"], int):
            return None
        return Record(raw["n"], at, str(raw["path"]), str(raw["sha256"]), str(raw["prev"]), str(raw["hash"]), number)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _breaks(before: Record | None, record: Record, where: str) -> Iterator[Skipped]:
    """How a record does not follow the one before it."""
    if record.prev != (before.hash if before else ""):
        said = f"line {before.line}" if before else "an empty journal"
        yield Skipped(where, f"does not follow {said}: records are missing, or two journals were put together")
    elif record.n != (before.n if before else 0) + 1:
        yield Skipped(where, f"number {record.n} where {(before.n if before else 0) + 1} follows")
    if before and record.at < before.at:
        yield Skipped(where, f"dated {record.at:%Y-%m-%d %H:%M:%S}, before the record above it: {_CLOCK}")


def verify(root: Path) -> tuple[Skipped, ...]:
    """What is wrong with the journal, in the order of its lines; empty when the chain holds from first to last."""
    return records(root)[1]


def breaks(problems: Iterable[Skipped]) -> tuple[Break, ...]:
    """Which of the journal's problems break its chain, in the order of its lines; a torn line is a crash's and breaks nothing."""
    return tuple(Break(one.where, one.reason, not one.reason.endswith(_CLOCK)) for one in problems if one.reason != TORN)


def head(root: Path) -> tuple[int, str]:
    """(number, hash) of the last record, which is what a packet prints; (0, "") where there is none."""
    found, _ = records(root)
    return (found[-1].n, found[-1].hash) if found else (0, "")


def record(root: Path, paths: Iterable[str], now: datetime | None = None) -> int:
    """How many of the files were recorded: those whose content is not what the journal last had for them.

    `paths` are relative to the book, with forward slashes; a file that is gone is passed over. `now` is for tests: the
    journal's clock is the machine's.
    """
    wanted = list(dict.fromkeys(paths))
    count = 0
    try:
        journal = fastlog.open_journal(str(root))
    except OSError as error:
        raise MusterError(str(root / FILE), f"cannot be written: {error.strerror}", "See who may write there: ls -l") from None
    moment = time.time() if now is None else now.timestamp()
    try:
        last = {one.path: one.sha256 for one in records(root)[0]}
        for path in wanted:
            try:
                content = (root / path).read_bytes()
            except OSError:
                continue
            digest = fastlog.digest(content)
            if last.get(path) != digest:
                fastlog.record(str(root), journal, path, digest, moment)
                last[path] = digest
                count += 1
    except OSError as error:
        raise MusterError(str(root / FILE), f"cannot be written: {error.strerror}", "Make room or mend the disk, then run it again.") from None
    finally:
        os.close(journal)
    return count
