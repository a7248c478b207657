"""A harvest on disk: Parquet parts that are never changed, and one small file that says which of them count.

A part is written under its own name and synced before `state.json` is replaced in one step, so that ending the program
at any time leaves the state of before or of after. Anything unreadable, or of another format, is no cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from muster.model import MusterError
from muster.sources._parse import CHANGES, COMMITS

#: Rises with every change of columns or of what a row means.
FORMAT = 1
#: With more parts than this the next harvest writes one again.
PARTS = 12

Rows = Sequence[tuple[pa.Table, pa.Table]]
Counts = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What a cache holds: up to which commit, and in which parts."""

    folder: Path
    head: str
    parts: tuple[str, ...]
    commits: int
    skipped: Mapping[tuple[str, str], int]

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """(commits, changes), read from disk."""
        commits = [pq.read_table(self.folder / f"{part}.commits.parquet", memory_map=True) for part in self.parts]
        changes = [pq.read_table(self.folder / f"{part}.changes.parquet", memory_map=True) for part in self.parts]
        return pa.concat_tables(commits), pa.concat_tables(changes)


def place(cache: Path, path: Path, ref: str) -> Path:
    """The folder of one repository's harvest in a cache."""
    key = hashlib.sha256(f"{path.resolve()}\0{ref}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return cache / key


def read(cache: Path, path: Path, ref: str, cut: str) -> Known | None:
    """What the cache holds of a repository; None where it holds nothing that can be used.

    `cut` tells where a shallow clone ends: a cache of another cut is of another history.
    """
    folder = place(cache, path, ref)
    try:
        state = json.loads((folder / "state.json").read_text("utf-8"))
        if state["format"] != FORMAT or state["cut"] != cut:
            return None
        parts = tuple(str(part) for part in state["parts"])
        rows = 0
        for part in parts:
            commits = pq.read_metadata(folder / f"{part}.commits.parquet")
            changes = pq.read_metadata(folder / f"{part}.changes.parquet")
            if commits.schema.to_arrow_schema().names != COMMITS.names or (
                changes.schema.to_arrow_schema().names != CHANGES.names
            ):
                return None
            rows += commits.num_rows
        skipped = {(str(where), str(why)): int(count) for where, why, count in state["skipped"]}
        return Known(folder, str(state["head"]), parts, rows, skipped) if parts else None
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None


@dataclass(frozen=True, slots=True)
class Writer:
    """Puts a harvest into its folder; without a folder it does nothing."""

    folder: Path | None

    def replace(self, head: str, cut: str, rows: Rows, skipped: Counts) -> None:
        """Keep these rows in place of all that was there."""
        if self.folder:
            self._state(head, cut, (self._part(rows),), skipped)

    def append(self, known: Known, head: str, cut: str, rows: Rows, skipped: Counts) -> None:
        """Keep these rows after what `known` has; many small parts become one."""
        if not self.folder:
            return
        if len(known.parts) >= PARTS:
            self._state(head, cut, (self._part([known.tables(), *rows]),), skipped)
        else:
            self._state(head, cut, (*known.parts, self._part(rows)), skipped)

    def _part(self, rows: Rows) -> str:
        assert self.folder is not None
        part = secrets.token_hex(6)
        for index, (kind, schema) in enumerate((("commits", COMMITS), ("changes", CHANGES))):
            file = self.folder / f"{part}.{kind}.parquet"
            # Hashes hardly repeat: a dictionary of them costs time and saves nothing.
            repeating = [name for name in schema.names if name not in ("seq", "sha", "parents", "subject", "body", "old", "new")]
            with open(file, "wb") as out:  # noqa: PTH123
                with pq.ParquetWriter(out, schema, compression="lz4", use_dictionary=repeating, use_compliant_nested_type=False) as writer:
                    for pair in rows:
                        writer.write_table(pair[index])
                out.flush()
                os.fsync(out.fileno())
        return part

    def _state(self, head: str, cut: str, parts: Sequence[str], skipped: Counts) -> None:
        assert self.folder is not None
        state = {
            "format": FORMAT, "head": head, "cut": cut, "parts": list(parts),
            "skipped": [[where, why, count] for (where, why), count in sorted(skipped.items())],
        }
        temporary = self.folder / f"state.{secrets.token_hex(6)}.tmp"
        with open(temporary, "w", encoding="utf-8") as out:  # noqa: PTH123
            json.dump(state, out)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(self.folder / "state.json")
        for file in sorted(self.folder.iterdir()):
            if file.name not in ("state.json", "lock") and file.name.split(".")[0] not in parts:
                file.unlink(missing_ok=True)


@contextlib.contextmanager
def writer(cache: Path | None, path: Path, ref: str) -> Iterator[Writer]:
    """A writer that holds the folder's lock; a second run at the same time writes nothing and is none the worse."""
    if cache is None:
        yield Writer(None)
        return
    folder = place(cache, path, ref)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "wb")  # noqa: PTH123, SIM115
    except OSError as problem:
        raise MusterError(str(cache), f"the cache cannot be written: {problem.strerror}",
                          "Make room and let yourself write there; or, for a review, name another folder: XDG_CACHE_HOME=DIR") from None
    with lock:
        yield Writer(folder if locked(lock.fileno()) else None)


def locked(file: int) -> bool:
    """Whether this run alone has the lock; where the system knows no locks it is taken to."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
