"""Tables of a harvest in Parquet parts, each a run of commits that is written once and never changed.

A part numbers its commits from 0; what stands before it gives the number that is added when it is read. So parts can be
written from both ends of a history whose length nobody knows yet, and put together without being read.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from muster.model import MusterError
from muster.sources._parse import CHANGES, COMMITS, numbers

Tables = tuple[pa.Table, pa.Table, pa.Table]

#: The tables of a harvest, in the order of `Tables`.
KINDS = {"commits": COMMITS, "changes": CHANGES, "merged": CHANGES}
#: Columns that hardly repeat: a dictionary of them costs time and saves nothing.
UNLIKE = frozenset({"seq", "sha", "parents", "subject", "body", "old", "new"})
#: Of these, hashes: sixteen letters in no order do not get smaller either.
HASHES = frozenset({"sha", "parents.list.item", "parents.list.element", "old", "new"})


@dataclass(frozen=True, slots=True)
class Part:
    """One part: where it is, its name, how many commits it has, and how many bytes its three files."""

    folder: Path
    name: str
    commits: int
    sizes: tuple[int, ...]

    def file(self, kind: str) -> Path:
        """Where one of its tables is."""
        return self.folder / f"{self.name}.{kind}.parquet"

    def whole(self) -> bool:
        """Whether its files are there in full."""
        try:
            return tuple(self.file(kind).stat().st_size for kind in KINDS) == self.sizes
        except OSError:
            return False


@contextlib.contextmanager
def failing(folder: Path) -> Iterator[None]:
    """Says what to do where nothing can be written."""
    try:
        yield
    except OSError as problem:
        raise MusterError(str(folder.parent), f"the cache cannot be written: {problem.strerror}",
                          "Make room and let yourself write there; or, for a review, name another folder: XDG_CACHE_HOME=DIR") from None


def write(folder: Path, tables: Sequence[Tables]) -> Part:
    """A new part of these tables, in their order and each numbered from 0, safely on disk when it comes back."""
    name = secrets.token_hex(6)
    sizes = []
    for index, (kind, schema) in enumerate(KINDS.items()):
        repeating = [column for column in schema.names if column not in UNLIKE]
        packed = {path: "none" if path in HASHES else "lz4" for path in leaves(schema)}
        with failing(folder), open(folder / f"{name}.{kind}.parquet", "wb") as out:  # noqa: PTH123
            with pq.ParquetWriter(out, schema, compression=packed, use_dictionary=repeating, write_statistics=False,
                                  use_compliant_nested_type=False) as writer:
                first = 0
                for one in tables:
                    writer.write_table(shifted(one[index], first))
                    first += one[0].num_rows
            out.flush()
            os.fsync(out.fileno())
            sizes.append(out.tell())
    return Part(folder, name, sum(one[0].num_rows for one in tables), tuple(sizes))


def leaves(schema: pa.Schema) -> list[str]:
    """Parquet's names of the columns."""
    return [f"{field.name}.list.{field.type.value_field.name}" if pa.types.is_list(field.type) else field.name for field in schema]


def shifted(table: pa.Table, by: int) -> pa.Table:
    """The table with `by` added to each `seq`."""
    if not by:
        return table
    return table.set_column(0, "seq", numbers((table["seq"].to_numpy() + by).astype(np.int32), pa.int32()))


@dataclass(slots=True)
class Rows:
    """The tables of a harvest: parts on disk, in the order of history, or tables in memory.

    `kept` is whatever must live as long as the files are read: a lock, or a temporary folder.
    """

    parts: tuple[Part, ...]
    kept: object = None
    tables: dict[str, pa.Table] = field(default_factory=dict)
    _lent: WeakValueDictionary[str, pa.Table] = field(default_factory=WeakValueDictionary)

    @classmethod
    def of(cls, commits: pa.Table, changes: pa.Table, merged: pa.Table | None = None) -> Rows:
        """Rows of tables in memory."""
        merged = CHANGES.empty_table() if merged is None else merged
        return cls((), None, {"commits": commits, "changes": changes, "merged": merged})

    @property
    def count(self) -> int:
        """How many commits there are; nothing is read for it."""
        return sum(part.commits for part in self.parts) if self.parts else self.table("commits").num_rows

    def table(self, kind: str) -> pa.Table:
        """One of the tables, read when it is asked for. `commits` is kept; the others only as long as somebody has them."""
        found = self.tables.get(kind)
        if found is None and (found := self._lent.get(kind)) is None:
            found = pa.Table.from_batches(self.batches(kind), KINDS[kind])
            (self.tables if kind == "commits" else self._lent)[kind] = found
        return found

    def columns(self, kind: str, names: Sequence[str]) -> pa.Table:
        """Some columns of a table; what was read for it is not kept."""
        return pa.Table.from_batches(self.batches(kind, names), pa.schema([KINDS[kind].field(name) for name in names]))

    def batches(self, kind: str, names: Sequence[str] = ()) -> Iterator[pa.RecordBatch]:
        """The rows of a table (or some columns of it), a batch at a time; what was read for it is not kept."""
        names = list(names or KINDS[kind].names)
        if kind in self.tables:
            yield from self.tables[kind].select(names).to_batches()
            return
        first = 0
        for part in self.parts:
            with pq.ParquetFile(part.file(kind), pre_buffer=False) as file:
                for group in range(file.num_row_groups):
                    table = file.read_row_group(group, columns=names).select(names)
                    yield from (shifted(table, first) if names[0] == "seq" else table).to_batches()
            first += part.commits

    def files(self, kind: str) -> list[tuple[Path, int]]:
        """(Parquet file, what to add to its `seq`), in the order of history; none where the tables are in memory."""
        found, first = [], 0
        for part in self.parts:
            found.append((part.file(kind), first))
            first += part.commits
        return found


def is_whole(rows: Rows, head: str, older: Rows | None) -> bool:
    """Whether these commits are all that lead to `head` from what is `older`: each once, each after its parents.

    Compared by the first sixteen digits of their hashes, so that it takes eight bytes a commit.
    """
    shas: list[np.ndarray] = [np.zeros(0, np.uint64)]
    links: list[np.ndarray] = [np.zeros(0, np.uint64)]
    counts: list[np.ndarray] = [np.zeros(0, np.int32)]
    last = ""
    for batch in rows.batches("commits", ["sha", "parents"]):
        shas.append(halves(batch["sha"]))
        links.append(halves(batch["parents"].flatten()))
        counts.append(pc.list_value_length(batch["parents"]).to_numpy(zero_copy_only=False))
        last = batch["sha"][-1].as_py() if len(batch) else last
    own, parents = np.concatenate(shas), np.concatenate(links)
    if last != head or len(np.unique(own)) < len(own):
        return False
    children = np.repeat(np.arange(len(own)), np.concatenate(counts))
    order = np.argsort(own)
    at = np.minimum(np.searchsorted(own[order], parents), len(own) - 1)
    known = own[order][at] == parents
    if (order[at[known]] >= children[known]).any():
        return False
    before = [halves(batch["sha"]) for batch in older.batches("commits", ["sha"])] if older and not known.all() else []
    return bool(np.isin(parents[~known], np.concatenate(before) if before else own).all())


def halves(hashes: pa.Array) -> np.ndarray:
    """The first sixteen digits of each hash as a number."""
    if not len(hashes):
        return np.zeros(0, np.uint64)
    length = len(hashes[0].as_py())
    offset = int(np.frombuffer(hashes.buffers()[1], np.int32)[hashes.offset])
    letters = np.frombuffer(hashes.buffers()[2], np.uint8, len(hashes) * length, offset).reshape(-1, length)[:, :16]
    digits = np.where(letters >= ord("a"), letters - (ord("a") - 10), letters - ord("0")).astype(np.uint64)
    return digits @ (np.uint64(16) ** np.arange(15, -1, -1, dtype=np.uint64))
