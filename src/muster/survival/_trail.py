"""Where the state of a path at a commit comes from.

First parents make a forest, numbered by an Euler tour: a commit lies below another exactly if its number lies in the
other's span. The state of a path is its nearest row on the way from the commit to its root.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence


class Trail:
    """Where each path's state comes from: the rows of a family of paths, asked for by path and commit."""

    def __init__(self, seqs: Sequence[int], paths: Sequence[int], at: Sequence[int], span: Sequence[int]) -> None:
        """`seqs` and `paths` of the rows; `at` and `span` of all commits."""
        self.at = at
        by_path: dict[int, list[int]] = defaultdict(list)
        for row, path in enumerate(paths):
            by_path[path].append(row)
        self.known: dict[int, tuple[list[int], list[int], list[int], list[int]]] = {}
        for path, rows in by_path.items():
            rows.sort(key=lambda row: at[seqs[row]])
            starts = [at[seqs[row]] for row in rows]
            stops = [start + span[seqs[row]] for start, row in zip(starts, rows, strict=True)]
            above: list[int] = []
            for place, start in enumerate(starts):
                up = place - 1
                while up >= 0 and start >= stops[up]:
                    up = above[up]
                above.append(up)
            self.known[path] = (starts, stops, above, rows)

    def state(self, path: int, commit: int) -> int:
        """The row that made the path what it is at the commit; -1 where none did."""
        if commit < 0 or path not in self.known:
            return -1
        starts, stops, above, rows = self.known[path]
        at = self.at[commit]
        place = bisect_right(starts, at) - 1
        while place >= 0 and at >= stops[place]:
            place = above[place]
        return rows[place] if place >= 0 else -1
