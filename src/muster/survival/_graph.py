"""Every version of every file, and what stood before it, from the rows of a harvest and no blob.

A commit's tree is the tree of its first parent with the commit's own rows put in. So first parents make a forest, and the
state of a path at a commit is the path's nearest row on the way from that commit to its root. The forest is numbered by
an Euler tour: a commit lies below another exactly if its number lies in the other's span.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, slots=True)
class Commits:
    """The shape of a history, by seq: first parent (-1: none), other parents of merges, span of the tour, main line."""

    first: np.ndarray
    others: dict[int, tuple[int, ...]]
    at: np.ndarray
    span: np.ndarray
    main: np.ndarray

    @classmethod
    def of(cls, commits: pa.Table, head: str) -> Commits:
        """The shape of a table of commits whose parents come before their children."""
        n = commits.num_rows
        parents = commits["parents"].combine_chunks()
        places = pc.index_in(parents.flatten(), value_set=commits["sha"].combine_chunks()).fill_null(-1).to_numpy(False)
        offsets = parents.offsets.to_numpy()
        offsets = offsets - offsets[0]
        first = np.full(n, -1, np.int32)
        counts = np.diff(offsets)
        some = counts > 0
        first[some] = places[offsets[:-1][some]]
        others = {int(row): tuple(int(p) for p in places[offsets[row] + 1 : offsets[row + 1]]) for row in np.flatnonzero(counts > 1)}
        up = first.tolist()
        span = [1] * n
        for seq in range(n - 1, -1, -1):
            if up[seq] >= 0:
                span[up[seq]] += span[seq]
        at, free, next_root = [0] * n, [0] * n, 0
        for seq, parent in enumerate(up):
            if parent < 0:
                at[seq] = next_root
                next_root += span[seq]
            else:
                at[seq] = free[parent]
                free[parent] += span[seq]
            free[seq] = at[seq] + 1
        main = np.zeros(n, bool)
        here = int(pc.index(commits["sha"], head).as_py())
        while here >= 0:
            main[here] = True
            here = up[here]
        return cls(first, others, np.array(at, np.int32), np.array(span, np.int32), main)


@dataclass(frozen=True, slots=True)
class Rows:
    """What commits did to paths: seq, path and source of a move (places in `paths`, -1: none), old and new blob, letter.

    In the order of seq; the rows of one commit in the order of `paths`. A move has a row for the path that is gone too.
    """

    paths: list[str]
    seq: np.ndarray
    path: np.ndarray
    source: np.ndarray
    status: np.ndarray
    old: pa.Array
    new: pa.Array

    @classmethod
    def of(cls, table: pa.Table) -> Rows:
        """The rows of a table with the columns of `Harvest.changes`; those of merges are against their first parent."""
        gone = table.filter(pc.and_(pc.equal(table["status"], "R"), pc.is_valid(table["from_path"])))
        gone = pa.table({
            "seq": gone["seq"], "status": pa.array(["D"] * gone.num_rows, pa.string()), "path": gone["from_path"],
            "from_path": pa.nulls(gone.num_rows, pa.string()), "old": gone["old"], "new": pa.nulls(gone.num_rows, pa.string()),
        }, schema=table.schema)
        table = pa.concat_tables([table, gone])
        names = pa.chunked_array([*table["path"].chunks, *table["from_path"].chunks], pa.string()).combine_chunks().dictionary_encode()
        listed = names.dictionary.to_pylist()
        ranked = sorted(range(len(listed)), key=listed.__getitem__)
        ranks = np.full(len(listed) + 1, -1, np.int32)
        ranks[ranked] = np.arange(len(listed), dtype=np.int32)
        codes = ranks[names.indices.fill_null(-1).to_numpy(False)]
        path, source = codes[: table.num_rows], codes[table.num_rows :]
        seq = table["seq"].to_numpy()
        order = np.lexsort((path, seq))
        status = table["status"].combine_chunks().cast(pa.binary()).dictionary_encode()
        letters = np.array([ord(letter[:1]) for letter in status.dictionary.to_pylist()] or [0], np.uint8)
        taken = pa.array(order)
        return cls(
            [listed[code] for code in ranked], seq[order], path[order], source[order], letters[status.indices.to_numpy(False)][order],
            table["old"].combine_chunks().take(taken), table["new"].combine_chunks().take(taken),
        )


def families(count: int, moves: Iterable[tuple[int, int]]) -> np.ndarray:
    """For each path the least path that moves tie it to, over any number of moves."""
    root = list(range(count))

    def find(x: int) -> int:
        while root[x] != x:
            root[x] = root[root[x]]
            x = root[x]
        return x

    for a, b in moves:
        x, y = find(a), find(b)
        if x != y:
            root[max(x, y)] = min(x, y)
    found = np.array(root, np.int32)
    while True:
        up = found[found]
        if np.array_equal(up, found):
            return found
        found = up
