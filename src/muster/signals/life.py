"""Lifetimes of files: when each was added, by whom, under which path it is known now, and when it was deleted.

One pass over the rows that add, delete or move a path, in the order of history. A move keeps the file alive under its
new path; a delete that is undone within seven days at the same path is no death. Files that a bulk commit adds are
nobody's creation and are left out, but a bulk commit's moves and deletes count: the file is moved, or gone, either way.
Merge commits carry no rows, so a file that only a merge's conflict resolution added or deleted is not seen.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

#: A delete that is undone within this many microseconds is no death.
UNDONE_WITHIN = 7 * 86_400 * 1_000_000
#: A place in history later than any.
FAR = 2**31 - 1

# Within a commit what goes makes room for what comes.
_ROWS = """
SELECT c.id, c.origin, c.path, c.kind, e.actor, c.seq, CASE c.status WHEN 'D' THEN 0 WHEN 'R' THEN 1 ELSE 2 END AS turn,
       c.origin || chr(10) || c.path AS place, c.origin || chr(10) || c.from_path AS was,
       e.bulk OR c.kind IN ('vendored', 'generated', 'lock') AS nobodys,
       COALESCE(epoch_us(e.happened_at), epoch_us(e.recorded_at)) AS moment, m.id IS NOT NULL AS mine
FROM change c JOIN evidence e ON e.id = c.id LEFT JOIN mine m ON m.id = c.id
WHERE c.status IN ('A', 'D', 'R') AND NOT e.merge
ORDER BY c.origin, c.seq, turn, c.path
"""


def lifetimes(db: duckdb.DuckDBPyConnection) -> tuple[pa.Table, pa.Table]:
    """Every file's life, and under which path each of the subject's files was to be found from which commit on.

    The first has (life, id, origin, path, kind, actor, mine, born, ended, ended_id), `path` being its last one; the
    second has (life, origin, path, since, until) with places in history, `until` included. Needs `mine`.
    """
    rows = db.execute(_ROWS).to_arrow_table().combine_chunks()
    # Paths as numbers, and files as rows of lists: a million rows are then a second's work.
    both = pa.chunked_array([*rows["place"].chunks, *rows["was"].chunks], pa.string()).combine_chunks().dictionary_encode()
    codes = both.indices.to_pylist()
    size = len(both.dictionary)
    turns, moments, seqs = (rows[name].to_pylist() for name in ("turn", "moment", "seq"))
    nobodys, mine = rows["nobodys"].to_pylist(), rows["mine"].to_pylist()

    alive, dead = [-1] * size, [-1] * size  # code of a path -> life
    added: list[int] = []  # life -> row; so `last`, the row that gave the path, and `gone`, the row that ended it
    last: list[int] = []
    gone: list[int | None] = []
    born: list[int] = []
    ended: list[int | None] = []
    since: list[int] = []
    stays: list[tuple[int, int, int, int]] = []
    now = 0

    def leave(life: int, row: int, seq: int) -> None:
        if mine[added[life]]:
            stays.append((life, row, since[life], seq))

    def end(life: int, row: int) -> None:
        leave(life, last[life], seqs[row])
        ended[life], gone[life] = max(now, born[life]), row

    # What comes after the last date that can be believed has none: nothing is said to have died in it.
    until = max((row for row, moment in enumerate(moments) if moment is not None), default=-1) + 1
    for row, turn in enumerate(turns[:until]):
        if moments[row] is not None:
            now = moments[row]
        place = codes[row]
        if turn == 0:
            if (life := alive[place]) >= 0:
                alive[place] = -1
                dead[place] = life
                end(life, row)
        elif turn == 1:
            # A move of a file that was never seen to be added (a bulk import) is nobody's creation either.
            before = codes[len(turns) + row]
            if (life := alive[before]) >= 0:
                alive[before] = -1
                leave(life, last[life], seqs[row])
                if (other := alive[place]) >= 0:
                    end(other, row)
                alive[place], last[life], since[life] = life, row, seqs[row]
        elif alive[place] < 0:
            life, dead[place] = dead[place], -1
            if life >= 0 and abs(now - (ended[life] or now)) <= UNDONE_WITHIN:
                ended[life] = gone[life] = None
                alive[place], since[life] = life, seqs[row]
            elif not nobodys[row]:
                alive[place] = len(added)
                added.append(row)
                last.append(row)
                gone.append(None)
                born.append(now)
                ended.append(None)
                since.append(seqs[row])
    for life, moment in enumerate(ended):
        if moment is None:
            leave(life, last[life], FAR)
    return _lives(rows, added, last, gone, born, ended), _stays(rows, stays)


def _lives(
    rows: pa.Table, added: list[int], last: list[int], gone: list[int | None], born: list[int], ended: list[int | None]
) -> pa.Table:
    first = rows.take(pa.array(added, pa.int64()))
    time = pa.timestamp("us")
    return pa.table({
        "life": pa.array(range(len(added)), pa.int64()),
        "id": first["id"],
        "origin": first["origin"],
        "path": pc.take(rows["path"], pa.array(last, pa.int64())),
        "kind": first["kind"],
        "actor": first["actor"],
        "mine": first["mine"],
        "born": pa.array(born, time),
        "ended": pa.array(ended, time),
        "ended_id": pc.take(rows["id"], pa.array(gone, pa.int64())),
    })


def _stays(rows: pa.Table, stays: list[tuple[int, int, int, int]]) -> pa.Table:
    lives, places, since, until = ([stay[n] for stay in stays] for n in range(4))
    found = rows.take(pa.array(places, pa.int64()))
    return pa.table({
        "life": pa.array(lives, pa.int64()),
        "origin": found["origin"],
        "path": found["path"],
        "since": pa.array(since, pa.int64()),
        "until": pa.array(until, pa.int64()),
    })
