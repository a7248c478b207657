"""What batches gave, put together with what was kept, as the tables that are kept from now on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from muster import paths
from muster.survival._history import SWEEP, History
from muster.survival._read import LAYOUT, PLAIN
from muster.survival._store import COUNTS, LINES, PATHS, RECORDS, REWRITES, SWEEPS, TABLES, Kept
from muster.survival._work import Answer, counted


def joined(
    history: History, kept: Kept | None, records: np.ndarray, answers: Sequence[Answer], kinds: Collection[str]
) -> dict[str, pa.Table]:
    """The tables of a store: of the families followed now from `answers`, of all others what was kept.

    `records` has the records of all rows of the history. Rows are in the order of paths, and of commits within.
    """
    known = kept.commits if kept else 0
    sweeps = swept(kept, answers, known)
    rows = history.rows
    order = np.argsort(records[:, 0], kind="stable")
    records = records[order]
    place = records[:, 0]
    fresh = {
        "records": matrix(RECORDS, [rows.path[place], rows.seq[place], *records[:, 1:].T], swap=True),
        **groups(history, answers, sweeps, kinds),
        "counts": matrix(COUNTS, list(np.concatenate([answer.counts for answer in answers]).T)) if answers else COUNTS.empty_table(),
        "sweeps": matrix(SWEEPS, list(sweeps.T)),
        "decided": history.decided,
        "paths": pa.table([pa.array(rows.paths, pa.string()), pa.array(history.owner.astype(np.int32))], schema=PATHS),
    }
    if not kept:
        return fresh
    return merged(kept, fresh)


def swept(kept: Kept | None, answers: Sequence[Answer], known: int) -> np.ndarray:
    """(seq, key) of every sweep, ascending: of commits from `known` on by how many files have the hunk."""
    keys: Counter[tuple[int, int]] = Counter()
    for answer in answers:
        keys.update(answer.keys)
    found = {pair for pair, count in keys.items() if count >= SWEEP and pair[0] >= known}
    if kept:
        found.update(zip(kept.tables["sweeps"]["seq"].to_pylist(), kept.tables["sweeps"]["key"].to_pylist(), strict=True))
    return np.array(sorted(found), np.int64).reshape(-1, 2)


def groups(history: History, answers: Sequence[Answer], sweeps: np.ndarray, kinds: Collection[str]) -> dict[str, pa.Table]:
    """`lines` and `rewrites` of the families that were followed."""
    wanted = np.array([*(paths.kind(path) in kinds for path in history.rows.paths), False], bool)
    lines, rewrites = [], []
    listed = set(map(tuple, sweeps.tolist()))
    for answer in answers:
        path, origin, arrived, ended, born_key, end_key, end_by, count = answer.groups.T
        some = np.flatnonzero((origin >= 0) & wanted[path])
        sweep = (among(origin[some], born_key[some], listed) | among(end_by[some], end_key[some], listed)).astype(np.int64)
        lines.append(counted([path[some], origin[some], arrived[some], ended[some], sweep], [count[some]]))
        path, seq, of, key, changed, deleted = answer.rewrites.T
        some = np.flatnonzero(~among(seq, key, listed) & wanted[path] & (seq != of))
        rewrites.append(counted([path[some], seq[some], of[some]], [changed[some], deleted[some]]))
    one, two = (np.concatenate(parts) if parts else np.zeros((0, width), np.int64) for parts, width in ((lines, 6), (rewrites, 5)))
    # Each path belongs to one family, and so to one batch: within a path the rows are in order already.
    one, two = one[np.argsort(one[:, 0], kind="stable")], two[np.argsort(two[:, 0], kind="stable")]
    owner = history.owner
    found = matrix(LINES, [*one.T, owner[one[:, 0]]])
    gone = found["ended"]
    found = found.set_column(3, LINES.field("ended"), pc.if_else(pc.less(gone, 0), pa.scalar(None, pa.int32()), gone))
    return {"lines": found, "rewrites": matrix(REWRITES, [*two.T, owner[two[:, 0]]])}


def among(seq: np.ndarray, key: np.ndarray, sweeps: Collection[tuple[int, ...]]) -> np.ndarray:
    """Which pairs are sweeps; mere layout always is."""
    found = np.asarray(key == LAYOUT)
    some = np.flatnonzero((key != PLAIN) & (key != LAYOUT))
    if len(some) and sweeps:
        found[some] = [pair in sweeps for pair in zip(seq[some].tolist(), key[some].tolist(), strict=True)]
    return found


def matrix(schema: pa.Schema, columns: Sequence[np.ndarray], swap: bool = False) -> pa.Table:
    """A table of whole numbers; with `swap` the first two columns are given the other way round."""
    if swap:
        columns = [columns[1], columns[0], *columns[2:]]
    return pa.Table.from_arrays([pa.array(column).cast(kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema)


def merged(kept: Kept, fresh: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """The kept tables with the families that were followed now in place of what they were."""
    old_names, new_names = (tables["paths"]["path"].to_pylist() for tables in (kept.tables, fresh))
    names = sorted({*old_names, *new_names})
    codes = {name: code for code, name in enumerate(names)}
    old_code = np.array([*(codes[name] for name in old_names), 0], np.int32)
    new_code = np.array([*(codes[name] for name in new_names), 0], np.int32)
    again = np.zeros(len(names) + 1, bool)
    again[new_code[:-1]] = True
    old_family = kept.tables["paths"]["family"].to_numpy()
    # A family that was: all of its paths are followed now, or none.
    owner = np.full(len(names), -1, np.int32)
    owner[old_code[:-1]] = old_code[old_family]
    owner[new_code[:-1]] = new_code[fresh["paths"]["family"].to_numpy()]
    found = {
        "paths": pa.table([pa.array(names, pa.string()), pa.array(owner)], schema=PATHS),
        "decided": pa.concat_tables([kept.tables["decided"], fresh["decided"]]),
        "sweeps": fresh["sweeps"],
    }
    for name in ("lines", "rewrites", "counts", "records"):
        one, two = kept.tables[name], fresh[name]
        key = "path" if "path" in TABLES[name].names else "family"
        one = one.filter(pa.array(~again[old_code[one[key].to_numpy()]]))
        parts = []
        for table, code in ((one, old_code), (two, new_code)):
            for column in ("path", "family"):
                if column in TABLES[name].names:
                    at = TABLES[name].names.index(column)
                    table = table.set_column(at, TABLES[name].field(column), pa.array(code[table[column].to_numpy()]))
            parts.append(table)
        table = pa.concat_tables(parts).combine_chunks()
        if name == "records":
            found[name] = table
            continue
        found[name] = table.take(pa.array(np.argsort(table[key].to_numpy(), kind="stable")))
    return found
