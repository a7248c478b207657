"""The graph of a harvest made ready to be followed: all of it, or only the families of files that new commits touch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from muster import paths
from muster.sources.git import Harvest
from muster.survival import _moves
from muster.survival._graph import Commits, Rows, families
from muster.survival._plan import Shape, families_of, wide_rows
from muster.survival._work import Batch

#: In so many files of one commit the same hunk is a sweep.
SWEEP = 20
#: Rows that make a batch; a large family is a batch of its own.
BATCH = 2000

#: The empty blob ties nothing.
EMPTY = frozenset({
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
})

#: What was decided about files that came: seq, path, and the path that it moved from (null: it did not move).
DECIDED = pa.schema([("seq", pa.int32()), ("path", pa.string()), ("source", pa.string())])


@dataclass(slots=True)
class History:
    """The shape of the commits, the rows that are followed, the family of each path, and what was decided on moves."""

    shape: Shape
    rows: Rows
    owner: np.ndarray
    wide: np.ndarray
    followed: np.ndarray
    decided: pa.Table

    @classmethod
    def of(cls, harvest: Harvest, kinds: Collection[str], known: int = 0, decided: pa.Table | None = None) -> History:
        """The graph; with `known`, of the families that commits from this seq on touch, given what was decided before."""
        commits = Commits.of(harvest.commits, harvest.head)
        merge = np.zeros(len(commits.first), bool)
        merge[list(commits.others)] = True
        decided = decided if decided is not None else DECIDED.empty_table()
        table = pa.concat_tables([harvest.changes, harvest.merged])
        fresh = table.filter(pc.greater_equal(table["seq"], known)) if known else table
        rows = Rows.of(fresh)
        made = pa.concat_tables([decide(harvest, rows, merge, kinds, table), grafted(rows, merge, table)])
        decided = pa.concat_tables([decided, made])
        if known:
            rows = Rows.of(touched(table, fresh, decided))
        apply(rows, decided)
        fits = np.array([paths.kind(path) in kinds for path in rows.paths], bool)
        moved = np.flatnonzero(rows.source >= 0)
        owner = families(len(rows.paths), zip(rows.path[moved].tolist(), rows.source[moved].tolist(), strict=True))
        family = np.zeros(len(rows.paths), bool)
        family[owner[fits]] = True
        counts = np.bincount(harvest.changes["seq"].to_numpy()[pc.is_in(
            harvest.changes["status"], value_set=pa.array(["M", "R"])).to_numpy()], minlength=len(merge))
        wide = wide_rows(rows.seq, counts, merge, SWEEP)
        return cls(Shape.of(commits), rows, owner, wide, np.flatnonzero(family[owner[rows.path]]), made)

    def batches(self, known: np.ndarray, since: int = 0) -> list[Batch]:
        """All followed families, the largest first; `known` are records with a row's place first.

        Rows of commits before the seq `since` need no blob, and do not count towards the size of a batch.
        """
        parts = families_of(self.followed, self.owner[self.rows.path[self.followed]])
        parts.sort(key=lambda part: (-len(part), part[0] if len(part) else 0))
        groups: list[list[np.ndarray]] = []
        filled = BATCH
        for part in parts:
            if filled >= BATCH:
                groups.append([])
                filled = 0
            groups[-1].append(part)
            filled += int((self.rows.seq[part] >= since).sum()) if since else len(part)
        return [self.batch(group, known) for group in groups]

    def batch(self, parts: Sequence[np.ndarray], known: np.ndarray) -> Batch:
        """Some families, each given as its rows in ascending order."""
        rows = self.rows
        places = np.concatenate(parts)
        starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
        taken = pa.array(places)
        if len(known):
            known = known[np.isin(known[:, 0], places)]
        return Batch(starts, rows.seq[places], rows.path[places], rows.source[places], rows.status[places], self.wide[places],
                     places, rows.old.take(taken).to_pylist(), rows.new.take(taken).to_pylist(), known)

    def places(self, seq: np.ndarray, path: np.ndarray) -> np.ndarray:
        """The rows of these (seq, path), -1 where there is none."""
        wide = max(len(self.rows.paths), 1)
        keys = self.rows.seq.astype(np.int64) * wide + self.rows.path
        asked = seq.astype(np.int64) * wide + path
        found = np.searchsorted(keys, asked)
        found[found == len(keys)] = 0
        return np.where((path >= 0) & (keys[found] == asked), found, -1) if len(keys) else np.full(len(seq), -1)


def decide(harvest: Harvest, rows: Rows, merge: np.ndarray, kinds: Collection[str], table: pa.Table) -> pa.Table:
    """For each file that came while others went: whether it is one of them, edited."""
    fits = np.array([paths.kind(path) in kinds for path in rows.paths], bool)

    def brought(some: np.ndarray) -> np.ndarray:
        names = pa.array([rows.paths[path] for path in np.unique(rows.path[some]).tolist()], pa.string())
        branch = table.filter(pc.and_(pc.is_in(table["path"], value_set=names), pc.is_valid(table["new"])))
        branch = branch.filter(pa.array(~merge[branch["seq"].to_numpy()]))
        known = set(zip(branch["path"].to_pylist(), branch["new"].to_pylist(), strict=True))
        blobs = rows.new.take(pa.array(some)).to_pylist()
        return np.array([(rows.paths[path], blob) in known
                         for path, blob in zip(rows.path[some].tolist(), blobs, strict=True)], bool)

    asked = _moves.shifts(rows, merge, fits, brought)
    found = dict(_moves.pairs(harvest.repository, asked))
    came = sorted(row for shift in asked for row, _, _ in shift.came)
    return pa.Table.from_arrays([
        pa.array(rows.seq[came].astype(np.int32)), pa.array([rows.paths[path] for path in rows.path[came].tolist()], pa.string()),
        pa.array([rows.paths[rows.path[found[row]]] if row in found else None for row in came], pa.string()),
    ], schema=DECIDED)


def grafted(rows: Rows, merge: np.ndarray, table: pa.Table) -> pa.Table:
    """For each file that a merge took from a branch under another folder: the path it has there, as subtree merges do.

    Told by the blob and the file's name: the path itself never had that blob on any branch.
    """
    some = np.flatnonzero(merge[rows.seq] & (rows.source < 0) & rows.new.is_valid().to_numpy(False))
    if not len(some):
        return DECIDED.empty_table()
    blobs = rows.new.take(pa.array(some))
    branch = table.filter(pc.is_in(table["new"], value_set=blobs))
    branch = branch.filter(pa.array(~merge[branch["seq"].to_numpy()]))
    known: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for path, blob in zip(branch["path"].to_pylist(), branch["new"].to_pylist(), strict=True):
        known[blob][path] = None
    found: list[tuple[int, str, str]] = []
    for row, blob in zip(some.tolist(), blobs.to_pylist(), strict=True):
        path = rows.paths[rows.path[row]]
        if path in known[blob] or blob in EMPTY:
            continue
        name = path.rpartition("/")[2]
        there = sorted(other for other in known[blob] if other.rpartition("/")[2] == name)
        if there:
            found.append((int(rows.seq[row]), path, there[0]))
    return pa.Table.from_arrays([pa.array(column, kind.type) for column, kind in
                                 zip(zip(*found, strict=True) if found else ((), (), ()), DECIDED, strict=True)], schema=DECIDED)


def apply(rows: Rows, decided: pa.Table) -> None:
    """Let the rows move from where they were decided to."""
    codes = {path: code for code, path in enumerate(rows.paths)}
    seqs, names, sources = (decided[name].to_pylist() for name in DECIDED.names)
    asked = [(seq, codes[name], codes.get(source, -1)) for seq, name, source in zip(seqs, names, sources, strict=True) if name in codes]
    if not asked:
        return
    wide = len(rows.paths)
    keys = rows.seq.astype(np.int64) * wide + rows.path
    places = np.searchsorted(keys, [seq * wide + path for seq, path, _ in asked])
    rows.source[places] = [source for _, _, source in asked]


def touched(table: pa.Table, fresh: pa.Table, decided: pa.Table) -> pa.Table:
    """All rows of the files that the fresh rows are about, and of those that moves tie them to."""
    near: defaultdict[str, list[str]] = defaultdict(list)
    moves = table.filter(pc.is_valid(table["from_path"]))
    for one in (zip(moves["path"].to_pylist(), moves["from_path"].to_pylist(), strict=True),
                zip(decided["path"].to_pylist(), decided["source"].to_pylist(), strict=True)):
        for path, source in one:
            if source is not None:
                near[path].append(source)
                near[source].append(path)
    reached = dict.fromkeys(pc.unique(fresh["path"]).to_pylist())
    reached.update(dict.fromkeys(pc.unique(fresh["from_path"].drop_null()).to_pylist()))
    left = list(reached)
    while left:
        for path in near.get(left.pop(), ()):
            if path not in reached:
                reached[path] = None
                left.append(path)
    return table.filter(pc.is_in(table["path"], value_set=pa.array(list(reached), pa.string())))

