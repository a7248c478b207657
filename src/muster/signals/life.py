"""Lifetimes of files: when each was added, by whom, under which path it is known now, and when it was deleted.

One walk along the main line of history, the chain of first parents: a plain commit adds, deletes and moves what its own
rows say, a merge what its rows against its first parent say. So what is alive at the end is what the newest tree holds,
however the branches went. Who added what a merge brings, or deleted what it takes away, is read off the commits that came
with it; where none of them did, the merge itself did it, by hand, and the file is nobody's creation.

A move keeps the file alive under its new path, also one that a branch made and that was edited before it came in, and, where
the lines of files were followed, one that edited the file as it moved it; a delete that is undone within seven days at the same path is no death. Files that a bulk commit adds are nobody's creation and are
left out, but a bulk commit's moves and deletes count: the file is moved, or gone, either way. A file is born on the day that
it came to the main line, as nothing can be deleted from where it is not yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from muster.sources.git import Harvest

#: A delete that is undone within this many microseconds is no death.
UNDONE_WITHIN = 7 * 86_400 * 1_000_000
#: A place in history later than any.
FAR = 2**31 - 1

# Within a commit what goes makes room for what comes; what a merge brought (`main` is false) comes before its own rows.
_ROWS = """
WITH row_ AS (
  SELECT id, origin, path, kind, seq, status, from_path FROM change WHERE status IN ('A', 'D', 'R')
  UNION ALL
  SELECT id, origin, path, 'code', seq, status, from_path FROM merge_row WHERE status IN ('A', 'D', 'R'))
SELECT c.id, c.origin, c.path, c.kind, e.actor, c.seq, CASE c.status WHEN 'D' THEN 0 WHEN 'R' THEN 1 ELSE 2 END AS turn,
       c.origin || chr(10) || c.path AS place, c.origin || chr(10) || c.from_path AS was, e.merge,
       b.id IS NULL AS main, COALESCE(b.landed, c.seq) AS landed, e.bulk OR c.kind IN ('vendored', 'generated', 'lock') AS nobodys,
       COALESCE(epoch_us(e.recorded_at), epoch_us(e.happened_at)) AS moment, m.id IS NOT NULL AS mine
FROM row_ c
JOIN evidence e ON e.id = c.id AND e.origin = c.origin
LEFT JOIN branch b ON b.id = c.id AND b.origin = c.origin
LEFT JOIN mine m ON m.id = c.id
WHERE b.id IS NULL OR NOT e.merge
ORDER BY c.origin, landed, main, c.seq, turn, c.path
"""


def lifetimes(db: duckdb.DuckDBPyConnection, harvests: Sequence[Harvest] = ()) -> tuple[pa.Table, pa.Table]:
    """Every file's life, and under which path each of the subject's files was to be found from which commit on.

    The first has (life, id, origin, path, kind, actor, mine, born, ended, ended_id, lost), `path` being its last one; the
    second has (life, origin, path, since, until) with places in history, `until` included. Needs `mine`. A commit that
    no harvest has counts as one of the main line.
    """
    merged, branches = _merges(harvests)
    db.register("merge_row", merged)
    db.register("branch", branches)
    rows = db.execute(_ROWS).to_arrow_table().combine_chunks()
    db.unregister("merge_row")
    db.unregister("branch")
    walk = _Walk(rows)
    walk.run()
    walk.follow(_written(db))
    return walk.lives(), walk.places()


def _written(db: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """Commit → today's or last paths of the files that have or had lines of it; empty where lines were not followed."""
    rows = db.execute("SELECT id, list(DISTINCT path) FROM line GROUP BY id").fetchall()
    return {id_: frozenset(names) for id_, names in rows}


def mainline(harvest: Harvest) -> list[str]:
    """Hashes of the chain of first parents, oldest first."""
    parents: dict[str, list[str]] = dict(
        zip(harvest.commits["sha"].to_pylist(), harvest.commits["parents"].to_pylist(), strict=True)
    )
    line: list[str] = []
    at: str | None = harvest.head
    while at is not None and at in parents:
        line.append(at)
        at = parents[at][0] if parents[at] else None
    return line[::-1]


def landings(harvest: Harvest) -> dict[str, str]:
    """Commit → the commit of the main line with which it came there (hashes), for those that are not on it."""
    shas: list[str] = harvest.commits["sha"].to_pylist()
    parents: dict[str, list[str]] = dict(zip(shas, harvest.commits["parents"].to_pylist(), strict=True))
    line = mainline(harvest)
    seen = set(line)
    found: dict[str, str] = {}
    for merge in line:
        stack = parents[merge][1:]
        while stack:
            one = stack.pop()
            if one not in seen and one in parents:
                seen.add(one)
                found[one] = merge
                stack.extend(parents[one])
    return found


def _merges(harvests: Sequence[Harvest]) -> tuple[pa.Table, pa.Table]:
    """Rows of the merges of each main line; and the commits that are on none, with the place at which each came there."""
    kinds = pa.schema([(name, pa.string()) for name in ("id", "origin", "path", "status", "from_path")] + [("seq", pa.int32())])
    places = pa.schema([("id", pa.string()), ("origin", pa.string()), ("landed", pa.int32())])
    merged, branches = [kinds.empty_table()], [places.empty_table()]
    for harvest in harvests:
        shas, seqs = (harvest.commits[name].combine_chunks() for name in ("sha", "seq"))
        landed = landings(harvest)
        by = pa.array(list(landed.values()), pa.string())
        branches.append(pa.table({
            "id": _ids(pa.array(list(landed), pa.string())),
            "origin": pa.repeat(harvest.name, len(landed)),
            "landed": pc.take(seqs, pc.index_in(by, value_set=shas)),
        }, schema=places))
        rows = harvest.merged.filter(pc.is_in(harvest.merged["seq"], value_set=pc.take(seqs, pc.index_in(pc.unique(by), value_set=shas))))
        merged.append(pa.table({
            "id": _ids(pc.take(shas, pc.index_in(rows["seq"].combine_chunks(), value_set=seqs))),
            "origin": pa.repeat(harvest.name, rows.num_rows),
            **{name: rows[name] for name in ("path", "status", "from_path", "seq")},
        }, schema=kinds))
    return pa.concat_tables(merged), pa.concat_tables(branches)


def _ids(shas: pa.Array) -> pa.Array:
    """The commits' evidence."""
    return pc.binary_join_element_wise("git", shas, ":")


class _Walk:
    """One pass over the rows. Paths are numbers and files rows of lists: a million rows are then a second's work."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows
        both = pa.chunked_array([*rows["place"].chunks, *rows["was"].chunks], pa.string())
        coded = both.combine_chunks().dictionary_encode()
        codes = coded.indices.to_pylist()
        self.at, self.was = codes[: rows.num_rows], codes[rows.num_rows :]
        self.turns, self.moments, self.seqs, self.landed = (
            rows[name].to_pylist() for name in ("turn", "moment", "seq", "landed")
        )
        self.nobodys, self.mine, self.main, self.merge = (
            rows[name].to_pylist() for name in ("nobodys", "mine", "main", "merge")
        )
        self.alive, self.dead = [-1] * len(coded.dictionary), [-1] * len(coded.dictionary)  # code of a path -> life
        self.added: list[int] = []  # life -> row; so `last`, the row that gave the path, and `gone`, the row that ended it
        self.last: list[int] = []
        self.gone: list[int | None] = []
        self.born: list[int] = []
        self.ended: list[int | None] = []
        self.since: list[int] = []
        self.stays: list[tuple[int, int, int, int]] = []
        #: Lives that are the later part of another, by that; and lives that went on where it is not known.
        self.dropped: dict[int, int] = {}
        self.lost: set[int] = set()
        self.now = 0

    def run(self) -> None:
        """Walk from the first row to the last that has, or follows, a date that can be believed."""
        # What comes after the last date that can be believed has none: nothing is said to have died in it.
        until = max((row for row, moment in enumerate(self.moments) if moment is not None), default=-1) + 1
        commits = self.rows["id"].combine_chunks().dictionary_encode().indices.to_pylist()
        branch: list[int] = []
        row = 0
        while row < until:
            if not self.main[row]:
                branch.append(row)
                row += 1
                continue
            first = row
            while row < until and commits[row] == commits[first]:
                row += 1
            moment = self.moments[first]
            if moment is not None:
                self.now = moment
            if self.merge[first]:
                self._merge(range(first, row), [one for one in branch if self.landed[one] == self.seqs[first]])
            else:
                self._plain(range(first, row))
            branch = []
        for life, moment in enumerate(self.ended):
            if moment is None:
                self._leave(life, self.last[life], FAR)

    def _plain(self, rows: range) -> None:
        for row in rows:
            place = self.at[row]
            if self.turns[row] == 0:
                self._end(place, row, row)
            elif self.turns[row] == 1:
                self._move(self.was[row], place, row, row)
            elif self.alive[place] < 0:
                self._add(place, row, None if self.nobodys[row] else row)

    def _merge(self, rows: range, branch: list[int]) -> None:
        """What a merge changed on the main line, with the rows of the branch that it brought."""
        adds: dict[int, int] = {}  # path -> the row of the branch that added what is there now; so the other two
        from_: dict[int, tuple[int, int]] = {}  # path -> path on the main line that it was moved from, and the row
        deletes: dict[int, int] = {}
        for row in branch:
            place = self.at[row]
            if self.turns[row] == 0:
                deletes[place] = row
                adds.pop(place, None)
                from_.pop(place, None)
            elif self.turns[row] == 1:
                before = self.was[row]
                deletes[before] = row
                if before in adds:
                    adds[place] = adds.pop(before)
                else:
                    from_[place] = (from_.pop(before, (before, row))[0], row)
            else:
                adds[place] = row
        gone = {self.at[row] for row in rows if self.turns[row] == 0}
        moved = {
            self.at[row]: before
            for row in rows
            if self.turns[row] == 2 and (before := from_.get(self.at[row], (-1, 0))[0]) in gone
        }
        for row in rows:
            place = self.at[row]
            if self.turns[row] == 0:
                if place not in moved.values():
                    self._end(place, row, deletes.get(place, row))
            elif self.turns[row] == 1:
                # Git pairs what is the same: a copy on the branch with a delete beside it is a move as well.
                self._move(self.was[row], place, row, from_.get(place, (0, row))[1])
        for row in rows:
            place = self.at[row]
            if self.turns[row] != 2:
                continue
            if place in moved:
                self._move(moved[place], place, row, from_[place][1])
            elif self.alive[place] < 0:
                by = adds.get(place)
                self._add(place, row, None if by is None or self.nobodys[by] else by)

    def follow(self, written: Mapping[str, frozenset[str]]) -> None:
        """Put together what was deleted and added by one commit of the main line when its lines show that it was moved.

        A path that is the last one of no line that ever was is not where its file ended. The file that came on that day
        and has lines of the commit that added the first is the same, the one with the most alike path if there are several.
        """
        if not written:
            return
        ids, paths, origins = (self.rows[name].to_pylist() for name in ("id", "path", "origin"))
        last = frozenset(name for names in written.values() for name in names)
        came: dict[tuple[str, int], list[int]] = {}
        for life, row in enumerate(self.added):
            came.setdefault((origins[row], self.born[life]), []).append(life)
        own: dict[str, set[str]] = {}
        for life, row in enumerate(self.added):
            own.setdefault(ids[row], set()).add(paths[self.last[life]])
        ends = [(moment, life) for life, moment in enumerate(self.ended) if moment is not None]
        # From the newest on, so that what moved twice is put together from its end.
        for moment, life in sorted(ends, reverse=True):
            path, id_ = paths[self.last[life]], ids[self.added[life]]
            if path in last or not (there := written.get(id_)):
                continue
            fits = [
                other for other in came.get((origins[self.added[life]], moment), [])
                if other != life and other not in self.dropped and paths[self.last[other]] in there
            ]
            if fits:
                other = max(fits, key=lambda one: (_alike(paths[self.last[one]], path), -one))
                self.dropped[other] = life
                self.last[life], self.ended[life], self.gone[life] = self.last[other], self.ended[other], self.gone[other]
                if other in self.lost:
                    self.lost.add(life)
            elif any(_alike(one, path) for one in there - own[id_]):
                self.lost.add(life)

    def _leave(self, life: int, row: int, seq: int) -> None:
        self.stays.append((life, row, self.since[life], seq))

    def _end(self, place: int, row: int, by: int) -> None:
        if (life := self.alive[place]) >= 0:
            self.alive[place] = -1
            self.dead[place] = life
            self._leave(life, self.last[life], self.seqs[row])
            self.ended[life], self.gone[life] = max(self.now, self.born[life]), by

    def _move(self, before: int, place: int, row: int, by: int) -> None:
        # A move of a file that was never seen to be added (a bulk import) is nobody's creation either.
        if (life := self.alive[before]) < 0:
            return
        self.alive[before] = -1
        self._leave(life, self.last[life], self.seqs[row])
        if self.alive[place] >= 0:
            self._end(place, row, by)
        self.alive[place], self.last[life], self.since[life] = life, row, self.seqs[by]

    def _add(self, place: int, row: int, by: int | None) -> None:
        life, self.dead[place] = self.dead[place], -1
        if life >= 0 and abs(self.now - (self.ended[life] or self.now)) <= UNDONE_WITHIN:
            self.ended[life] = self.gone[life] = None
            self.alive[place], self.since[life] = life, self.seqs[row]
        elif by is not None:
            self.alive[place] = len(self.added)
            self.added.append(by)
            self.last.append(row)
            self.gone.append(None)
            self.born.append(self.now)
            self.ended.append(None)
            self.since.append(self.seqs[by])

    def lives(self) -> pa.Table:
        """A row for each file that somebody added."""
        kept = [life for life in range(len(self.added)) if life not in self.dropped]

        def of(values: Sequence[int | None]) -> list[int | None]:
            return [values[life] for life in kept]

        first = self.rows.take(pa.array(of(self.added), pa.int64()))
        time = pa.timestamp("us")
        return pa.table({
            "life": pa.array(kept, pa.int64()),
            "id": first["id"],
            "origin": first["origin"],
            "path": pc.take(self.rows["path"], pa.array(of(self.last), pa.int64())),
            "kind": first["kind"],
            "actor": first["actor"],
            "mine": first["mine"],
            "born": pa.array(of(self.born), time),
            "ended": pa.array(of(self.ended), time),
            "ended_id": pc.take(self.rows["id"], pa.array(of(self.gone), pa.int64())),
            "lost": pa.array([life in self.lost for life in kept], pa.bool_()),
        })

    def places(self) -> pa.Table:
        """Under which path each of the subject's files was to be found, from which place in history to which."""
        stays = []
        for life, *stay in self.stays:
            while life in self.dropped:
                life = self.dropped[life]
            if self.mine[self.added[life]]:
                stays.append((life, *stay))
        lives, places, since, until = ([stay[n] for stay in stays] for n in range(4))
        found = self.rows.take(pa.array(places, pa.int64()))
        return pa.table({
            "life": pa.array(lives, pa.int64()),
            "origin": found["origin"],
            "path": found["path"],
            "since": pa.array(since, pa.int64()),
            "until": pa.array(until, pa.int64()),
        })


def _alike(one: str, other: str) -> int:
    """How many names two paths share at their ends: 0 where the files are called differently."""
    count = 0
    for a, b in zip(reversed(one.split("/")), reversed(other.split("/")), strict=False):
        if a != b:
            break
        count += 1
    return count
