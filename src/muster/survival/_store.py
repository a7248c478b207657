"""What is known of lines on disk, so that new commits cost only their own blobs.

One Parquet file for each kind of fact, never changed, and `state.json` that names them: it is replaced in one step after
they are synced. So ending the program at any time leaves the state of before or of after. Answers of batches are put
beside as they come; a run that was ended goes on with them. Anything unreadable, of another format, or of a history that
this one does not go on from counts for nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from muster.model import MusterError
from muster.sources._cache import locked
from muster.sources.git import Harvest
from muster.survival._history import DECIDED

#: Rises with every change of columns, or of what a hunk or a line means.
FORMAT = 2

RECORDS = pa.schema([("seq", pa.int32()), ("path", pa.int32()), ("state", pa.int8()), ("lines", pa.int32()),
                     ("source", pa.int8()), ("a", pa.int32()), ("b", pa.int32()), ("c", pa.int32()), ("d", pa.int32()),
                     ("key", pa.int64())])
LINES = pa.schema([("path", pa.int32()), ("seq", pa.int32()), ("arrived", pa.int32()), ("ended", pa.int32()),
                   ("sweep", pa.bool_()), ("lines", pa.int32()), ("family", pa.int32())])
REWRITES = pa.schema([("path", pa.int32()), ("seq", pa.int32()), ("of", pa.int32()), ("changed", pa.int32()),
                      ("deleted", pa.int32()), ("family", pa.int32())])
COUNTS = pa.schema([("family", pa.int32()), ("missing", pa.int32()), ("binaries", pa.int32()), ("unknown", pa.int32())])
#: `paths` gives the numbers of paths their names, and each path its family, which is the number of one of its paths.
PATHS = pa.schema([("path", pa.string()), ("family", pa.int32())])
SWEEPS = pa.schema([("seq", pa.int32()), ("key", pa.int64())])
TABLES: Mapping[str, pa.Schema] = {"paths": PATHS, "records": RECORDS, "lines": LINES, "rewrites": REWRITES, "counts": COUNTS,
                                   "decided": DECIDED, "sweeps": SWEEPS}


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of a history up to its commit `commits` (a number, not a seq): tables with the schemas of TABLES."""

    commits: int
    tables: Mapping[str, pa.Table] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Store:
    """The folder for a repository and some kinds of files; None keeps nothing."""

    folder: Path | None

    @classmethod
    def of(cls, cache: Path | None, harvest: Harvest, kinds: Collection[str]) -> Store:
        """Where the lines of a harvest are kept in a cache. Raises MusterError where it cannot be written."""
        if cache is None:
            return cls(None)
        key = "\0".join((str(harvest.path.resolve()), *sorted(kinds)))
        folder = cache / "lines" / hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise MusterError(str(cache), f"the cache cannot be written: {problem.strerror}",
                              "Make room and let yourself write there; or, for a review, name another folder: "
                              "XDG_CACHE_HOME=DIR") from None
        return cls(folder)

    def read(self, harvest: Harvest) -> Kept | None:
        """What is kept, if the harvest goes on from it."""
        if self.folder is None:
            return None
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            state = json.loads((self.folder / "state.json").read_text("utf-8"))
            commits = int(state["commits"])
            if state["format"] != FORMAT or commits > harvest.commits.num_rows or state["print"] != print_of(harvest, commits):
                return None
            if not leads_to(harvest, commits - 1):
                return None
            part = str(state["part"])
            tables = {name: pq.read_table(self.folder / f"{part}.{name}.parquet") for name in TABLES}
            if all(tables[name].schema.equals(schema) for name, schema in TABLES.items()):
                return Kept(commits, tables)
        return None

    def write(self, harvest: Harvest, tables: Mapping[str, pa.Table]) -> None:
        """Keep these tables in place of all that was there; a second run at the same time keeps nothing."""
        if self.folder is None:
            return
        with open(self.folder / "lock", "wb") as lock:  # noqa: PTH123
            if locked(lock.fileno()):
                self._write(harvest, tables)

    def _write(self, harvest: Harvest, tables: Mapping[str, pa.Table]) -> None:
        assert self.folder is not None
        part = secrets.token_hex(6)
        for name, schema in TABLES.items():
            save(self.folder / f"{part}.{name}.parquet", tables[name].cast(schema))
        state = {"format": FORMAT, "commits": harvest.commits.num_rows,
                 "print": print_of(harvest, harvest.commits.num_rows), "part": part}
        temporary = self.folder / f"state.{part}.tmp"
        with open(temporary, "w", encoding="utf-8") as out:  # noqa: PTH123
            json.dump(state, out)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(self.folder / "state.json")
        for file in sorted(self.folder.iterdir()):
            if file.name not in ("state.json", "lock") and file.name.split(".")[0] != part:
                file.unlink(missing_ok=True)

    def begun(self, harvest: Harvest, known: int) -> list[pa.Table]:
        """The records of batches that an earlier run on the same commits got to before it was ended."""
        found = []
        for file in sorted(self.folder.glob(f"begun-{mark(harvest, known)}-*.parquet")) if self.folder else ():
            with contextlib.suppress(OSError, pa.ArrowException):
                table = pq.read_table(file)
                if table.schema.equals(RECORDS):
                    found.append(table)
        return found

    def note(self, harvest: Harvest, known: int, records: pa.Table) -> None:
        """Put a batch's records beside, for a run that goes on from here."""
        if self.folder is not None and records.num_rows:
            name = f"begun-{mark(harvest, known)}-{secrets.token_hex(6)}"
            with contextlib.suppress(OSError):
                pq.write_table(records, self.folder / f"{name}.tmp", compression="lz4")
                (self.folder / f"{name}.tmp").replace(self.folder / f"{name}.parquet")


def mark(harvest: Harvest, known: int) -> str:
    """What tells this format, this history and where it was gone on from apart from others."""
    return f"{FORMAT}-{print_of(harvest, harvest.commits.num_rows)[:16]}-{known}"


def save(file: Path, table: pa.Table) -> None:
    """Write a table, synced."""
    with open(file, "wb") as out:  # noqa: PTH123
        pq.write_table(table, out, compression="lz4", use_dictionary=False)
        out.flush()
        os.fsync(out.fileno())


def print_of(harvest: Harvest, commits: int) -> str:
    """What stands for the first so many commits, in their order."""
    return hashlib.sha256("".join(harvest.commits["sha"].slice(0, commits).to_pylist()).encode("ascii")).hexdigest()


def leads_to(harvest: Harvest, old: int) -> bool:
    """Whether first parents lead from the head to the commit `old`; else the main line is another one."""
    parents = harvest.commits["parents"].slice(old + 1).to_pylist()
    shas = harvest.commits["sha"].slice(old).to_pylist()
    first = {sha: found[0] if found else None for sha, found in zip(shas[1:], parents, strict=True)}
    here: str | None = harvest.head
    while here in first:
        here = first[here]
    return bool(here == shas[0])
