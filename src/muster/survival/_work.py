"""A batch of families followed from blobs to groups of lines, in this process or in another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from muster.sources._repository import Repository
from muster.survival._plan import Family, Plan, Shape, plan
from muster.survival._read import LAYOUT, PLAIN, Keyed, Record, records, wanted
from muster.survival._replay import Found, replay
from muster.survival._texts import stream

#: Columns of the groups of lines, and of what was rewritten; paths are places in `Rows.paths`.
GROUP = ("path", "origin", "arrived", "ended", "born_key", "end_key", "end_by", "lines")
REWRITE = ("path", "seq", "of", "key", "changed", "deleted")


#: Columns of records as numbers: one row for each hunk, or for a version (source -1) or a source (a: NONE, SAME) without.
RECORD = ("row", "state", "lines", "source", "a", "b", "c", "d", "key")
NONE, SAME = -1, -2


@dataclass(frozen=True, slots=True)
class Batch:
    """Families to follow: columns as in `Family`, `starts` where each family begins, and the records that are known."""

    starts: np.ndarray
    seq: np.ndarray
    path: np.ndarray
    source: np.ndarray
    status: np.ndarray
    wide: np.ndarray
    row: np.ndarray
    old: list[str | None]
    new: list[str | None]
    known: np.ndarray

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.seq)

    def families(self) -> Iterator[Family]:
        """The families."""
        seq, path, source, status = self.seq.tolist(), self.path.tolist(), self.source.tolist(), self.status.tolist()
        wide, row = self.wide.tolist(), self.row.tolist()
        for a, b in zip(self.starts.tolist(), [*self.starts[1:].tolist(), len(self.seq)], strict=True):
            yield Family(seq[a:b], path[a:b], source[a:b], status[a:b], self.old[a:b], self.new[a:b], wide[a:b], row[a:b])


@dataclass(slots=True)
class Answer:
    """What a batch gave: matrices with the columns GROUP, REWRITE and (new records) RECORD; files by (seq, key)."""

    groups: np.ndarray
    rewrites: np.ndarray
    records: np.ndarray
    keys: dict[tuple[int, int], int]
    #: By the first path of each family that has any: versions that are not here, that are no text, lines of nobody.
    counts: np.ndarray


def follow(
    repository: Repository, shape: Shape, batch: Batch, plain: bool = False, watch: dict[int, np.ndarray] | None = None,
) -> Answer:
    """The lives of the lines of some families. In `watch`, by row, the origins of the lines are put."""
    families = list(batch.families())
    known = unpacked(batch.known)
    plans = [plan(family, shape) for family in families]
    asked = [blob for family, made in zip(families, plans, strict=True) for blob in wanted(family, made, known)[0]]
    texts = stream(repository, asked)
    found = Found()
    fresh: list[int] = []
    keys: Counter[tuple[int, int]] = Counter()
    counts: list[tuple[int, int, int, int]] = []
    for family, made in zip(families, plans, strict=True):
        def noted(family: Family = family, made: Plan = made) -> Iterator[tuple[int, Record]]:
            for row, record in records(family, made, known, texts, plain):
                if family.row[row] not in known:
                    pack(family.row[row], record, fresh)
                if family.wide[row]:
                    seq = family.seq[row]
                    keys.update({(seq, hunk[4]) for hunks in record.hunks for hunk in hunks or ()
                                 if hunk[4] not in (PLAIN, LAYOUT)})
                yield row, record

        here = None
        if watch is not None:
            here = {at: watch[row] for at, row in enumerate(family.row) if row in watch}
        before = (found.missing, found.binaries, found.unknown)
        replay(family, made, shape, noted(), found, here)
        after = (found.missing, found.binaries, found.unknown)
        if before != after:
            counts.append((min(family.path), *(b - a for a, b in zip(before, after, strict=True))))  # type: ignore[arg-type]
        if watch is not None and here is not None:
            watch.update({family.row[at]: lines for at, lines in here.items()})
    for _ in texts:
        raise AssertionError("more blobs were asked for than used")
    return Answer(groups(found), rewrites(found), np.array(fresh, np.int64).reshape(-1, len(RECORD)), dict(keys),
                  np.array(counts, np.int64).reshape(-1, 4))


def pack(row: int, record: Record, into: list[int]) -> None:
    """Add a record to a list of numbers."""
    if not record.hunks:
        into.extend((row, record.state, record.lines, -1, 0, 0, 0, 0, 0))
    for source, hunks in enumerate(record.hunks):
        if not hunks:
            into.extend((row, record.state, record.lines, source, NONE if hunks is None else SAME, 0, 0, 0, 0))
        else:
            for hunk in hunks:
                into.extend((row, record.state, record.lines, source))
                into.extend(hunk)


def unpacked(matrix: np.ndarray) -> dict[int, Record]:
    """The records of a matrix, by row."""
    found: dict[int, Record] = {}
    here: list[list[Keyed] | None] = []
    last = None
    state = lines = 0
    for row, state_, lines_, source, a, b, c, d, key in matrix.tolist():
        if row != last:
            if last is not None:
                found[last] = Record(state, lines, tuple(None if part is None else tuple(part) for part in here))
            last, state, lines, here = row, state_, lines_, []
        if source < 0:
            continue
        if source == len(here):
            here.append(None if a == NONE else [])
        part = here[source]
        if a >= 0 and part is not None:
            part.append((a, b, c, d, key))
    if last is not None:
        found[last] = Record(state, lines, tuple(None if part is None else tuple(part) for part in here))
    return found


def groups(found: Found) -> np.ndarray:
    """The lines that ever were on the main line, counted by everything that is known of them."""
    columns, size = found.lives.all(), found.lives.size
    here = np.flatnonzero(columns["arrived"][:size] >= 0)
    last = np.array([*found.last_path, -1], np.int64)
    ended = columns["ended"][here]
    gone = ended >= 0
    rows = [
        last[columns["file"][here]], columns["origin"][here].astype(np.int64), columns["arrived"][here].astype(np.int64),
        ended.astype(np.int64), columns["born_key"][here], np.where(gone, columns["end_key"][here], 0),
        np.where(gone & (columns["end_key"][here] != 0), columns["end_by"][here], -1).astype(np.int64),
    ]
    return counted(rows, [np.ones(len(here), np.int64)])


def rewrites(found: Found) -> np.ndarray:
    """How many lines of which commit each commit changed and deleted."""
    if not found.removed:
        return np.zeros((0, len(REWRITE)), np.int64)
    lines = np.concatenate(found.removed)
    about = np.array(found.removals, np.int64).repeat([len(part) for part in found.removed], axis=0)
    of = found.lives.settle()["origin"][lines].astype(np.int64)
    kept = (of >= 0) & (about[:, 2] != LAYOUT)
    about, of = about[kept], of[kept]
    return counted([about[:, 1], about[:, 0], of, about[:, 2]], [about[:, 3], 1 - about[:, 3]])


def counted(keys: list[np.ndarray], sums: list[np.ndarray]) -> np.ndarray:
    """A matrix of distinct keys in ascending order, each with its sums."""
    if not len(keys[0]):
        return np.zeros((0, len(keys) + len(sums)), np.int64)

    def runs(keys: list[np.ndarray], sums: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        change = np.ones(len(keys[0]), bool)
        change[1:] = keys[0][1:] != keys[0][:-1]
        for key in keys[1:]:
            change[1:] |= key[1:] != key[:-1]
        starts = np.flatnonzero(change)
        return [key[starts] for key in keys], [np.add.reduceat(value, starts) for value in sums]

    # Neighbours are mostly alike, so putting these together first leaves little to sort.
    keys, sums = runs(keys, sums)
    order = np.lexsort(keys[::-1])
    keys, sums = runs([key[order] for key in keys], [value[order] for value in sums])
    return np.stack([*keys, *sums], axis=1)
