"""Lifetimes of files: when each was added, by whom, under which path it is known now, and when it was deleted.

One pass over the rows that add, delete or move a path, in the order of history. A move keeps the file alive under its
new path; a delete that is undone within seven days at the same path is no death. Files that a bulk commit adds are
nobody's creation and are left out, but a bulk commit's moves and deletes count: the file is moved, or gone, either way.
Merge commits carry no rows, so a file that only a merge's conflict resolution added or deleted is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa

#: A delete that is undone within this many microseconds is no death.
UNDONE_WITHIN = 7 * 86_400 * 1_000_000

_ROWS = """
SELECT c.origin, c.seq, c.status, c.path, c.from_path, c.kind IN ('vendored', 'generated', 'lock') AS excluded,
       c.kind, c.id, e.bulk, e.actor,
       COALESCE(epoch_us(e.happened_at), epoch_us(e.recorded_at)) AS moment,
       c.id IN (SELECT id FROM mine) AS mine
FROM change c JOIN evidence e ON e.id = c.id
WHERE c.status IN ('A', 'D', 'R') AND NOT e.merge
ORDER BY c.origin, c.seq, CASE c.status WHEN 'D' THEN 0 WHEN 'R' THEN 1 ELSE 2 END, c.path
"""


@dataclass(slots=True)
class _File:
    """One file while the pass runs; `since` is the place in history at which it came to its present path."""

    id: str
    origin: str
    path: str
    kind: str
    actor: str
    mine: bool
    born: int
    since: int
    ended: int | None = None
    ended_id: str | None = None


def lifetimes(db: duckdb.DuckDBPyConnection) -> tuple[pa.Table, pa.Table]:
    """Every file's life, and under which path each of the subject's files was to be found from which commit on.

    The first has (life, id, origin, path, kind, actor, mine, born, ended, ended_id), `path` being its last one; the
    second has (life, origin, path, since, until) with places in history, `until` included. Needs `mine`.
    """
    rows = db.execute(_ROWS).to_arrow_table()
    columns = [rows.column(name).to_pylist() for name in rows.column_names]
    alive: dict[tuple[str, str], _File] = {}
    dead: dict[tuple[str, str], _File] = {}
    files: list[_File] = []
    stays: list[tuple[_File, str, int, int]] = []
    last = 0
    far = 2**31 - 1

    def leave(file: _File, seq: int) -> None:
        if file.mine:
            stays.append((file, file.path, file.since, seq))

    for origin, seq, status, path, from_path, excluded, kind, id_, bulk, actor, when, mine in zip(*columns, strict=True):
        at = last if when is None else when
        last = at
        if status == "D":
            file = alive.pop((origin, path), None)
            if file is not None:
                leave(file, seq)
                file.ended, file.ended_id = max(at, file.born), id_
                dead[(origin, path)] = file
            continue
        if status == "R":
            file = alive.pop((origin, from_path), None)
            if file is not None:
                leave(file, seq)
                other = alive.pop((origin, path), None)
                if other is not None:
                    leave(other, seq)
                    other.ended, other.ended_id = max(at, other.born), id_
                file.path, file.since = path, seq
                alive[(origin, path)] = file
            # A move of a file that was never seen to be added (a bulk import) is nobody's creation either.
            continue
        if (origin, path) in alive:
            continue
        buried = dead.pop((origin, path), None)
        if buried is not None and buried.ended is not None and abs(at - buried.ended) <= UNDONE_WITHIN:
            buried.ended = buried.ended_id = None
            buried.since = seq
            alive[(origin, path)] = buried
            continue
        if bulk or excluded:
            continue
        file = _File(id_, origin, path, kind, actor, mine, at, seq)
        files.append(file)
        alive[(origin, path)] = file
    for file in files:
        if file.ended is None:
            leave(file, far)

    number = {id(file): place for place, file in enumerate(files)}
    time = pa.timestamp("us")
    life = pa.table(
        {
            "life": pa.array(range(len(files)), pa.int64()),
            "id": pa.array([file.id for file in files], pa.string()),
            "origin": pa.array([file.origin for file in files], pa.string()),
            "path": pa.array([file.path for file in files], pa.string()),
            "kind": pa.array([file.kind for file in files], pa.string()),
            "actor": pa.array([file.actor for file in files], pa.string()),
            "mine": pa.array([file.mine for file in files], pa.bool_()),
            "born": pa.array([file.born for file in files], time),
            "ended": pa.array([file.ended for file in files], time),
            "ended_id": pa.array([file.ended_id for file in files], pa.string()),
        }
    )
    stay = pa.table(
        {
            "life": pa.array([number[id(file)] for file, *_ in stays], pa.int64()),
            "origin": pa.array([file.origin for file, *_ in stays], pa.string()),
            "path": pa.array([path for _, path, _, _ in stays], pa.string()),
            "since": pa.array([since for *_, since, _ in stays], pa.int64()),
            "until": pa.array([until for *_, until in stays], pa.int64()),
        }
    )
    return life, stay
