"""How long lines live: for every line that was ever on the main line, who wrote it, when it came, and when it went.

The meaning is that of `git blame`, at every commit of the main line at once: each blob is read once, only what an edit
changed is compared, and the owners of lines are handed on from version to version. Moves are followed. What nobody meant
as a death is none: a text laid out anew keeps its lines, and a sweep (one commit with the same hunk in many files, or a
licence changed at the top of many) is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from muster import paths
from muster.model import Skipped
from muster.sources.git import Harvest
from muster.survival import _pool, _work
from muster.survival._history import History
from muster.survival._join import joined
from muster.survival._store import RECORDS, Kept, Store
from muster.survival._trail import Trail

__all__ = ["KINDS", "LINES", "REWRITES", "Survival", "annotate", "survive"]

Progress = Callable[[str, int, "int | None"], None]

#: Kinds of files whose lines are followed: what somebody wrote.
KINDS = frozenset(kind for kind in paths.KINDS if kind not in ("vendored", "generated", "lock"))

LINES = pa.schema([("seq", pa.int32()), ("path", pa.string()), ("kind", pa.string()), ("arrived", pa.int32()),
                   ("ended", pa.int32()), ("lines", pa.int32()), ("sweep", pa.bool_())])
REWRITES = pa.schema([("seq", pa.int32()), ("of", pa.int32()), ("path", pa.string()), ("changed", pa.int32()),
                      ("deleted", pa.int32())])


@dataclass(frozen=True, slots=True)
class Survival:
    """The lines of a repository.

    `lines` has a row per group of lines: the commit that wrote them (`seq`), the file's path today or at its end, its
    kind, the commit of the main line with which they arrived, the one with which they were gone (null: alive), how
    many, and whether a sweep wrote or removed them. `rewrites` has, for each commit that is no merge, how many lines of
    which other commit it changed or deleted, at its path of then; sweeps and mere layout are left out.
    """

    lines: pa.Table = field(repr=False)
    rewrites: pa.Table = field(repr=False)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


def survive(
    harvest: Harvest, cache: Path | None = None, progress: Progress | None = None, *, kinds: Collection[str] = KINDS,
) -> Survival:
    """The lines of a harvest's history, for files of these kinds.

    With a `cache`, a later run reads only the blobs of new commits; a history that was rewritten is followed anew, and
    so is one whose main line turned out to be another. Blobs that are not here and files that are no text are counted
    in `skipped`; lines whose writer cannot be known for that are left out, and a note says how many. The same harvest
    gives the same tables, with and without a cache.
    """
    store = Store.of(cache, harvest, kinds)
    kept = store.read(harvest)
    if kept and kept.commits == harvest.commits.num_rows:
        return finished(harvest, kept.tables)
    known = kept.commits if kept else 0
    with _pool.Workers(harvest.repository, rows_from(harvest, known)) as workers:
        history = History.of(harvest, kinds, known, kept.tables["decided"] if kept else None)
        records = known_records(history, kept)
        begun = [numbered(history, table, history.rows.paths) for table in store.begun(harvest, known)]
        batches = history.batches(np.concatenate([records, *begun]), known)
        total, done = sum(batch.rows for batch in batches), 0
        answers: list[_work.Answer | None] = [None] * len(batches)
        for place, answer in workers.answers(history.shape, batches):
            answers[place] = answer
            store.note(harvest, known, listed(history, answer.records))
            done += batches[place].rows
            if progress:
                progress(f"following lines of {harvest.name}", done, total)
    everything = np.concatenate([records, *begun, *(answer.records for answer in answers if answer)])
    tables = joined(history, kept, everything, [answer for answer in answers if answer], kinds)
    store.write(harvest, tables)
    return finished(harvest, tables)


def annotate(harvest: Harvest, wanted: Sequence[tuple[int, str]]) -> dict[tuple[int, str], np.ndarray | None]:
    """For each (seq, path): the seq of the commit that each line is from, exactly as `git blame` means it, -1 if unknown.

    None where the path is not there at that commit. This is what checks the tables: no sweep and no layout is excused.
    """
    history = History.of(harvest, frozenset(paths.KINDS))
    rows = history.rows
    codes = {path: code for code, path in enumerate(rows.paths)}
    trail = Trail(rows.seq.tolist(), rows.path.tolist(), history.shape.at, history.shape.span)
    states = {(seq, path): trail.state(codes[path], seq) for seq, path in wanted if path in codes}
    here = {key: row for key, row in states.items() if row >= 0 and rows.new[row].is_valid}
    watch = {row: np.zeros(0, np.int32) for row in here.values()}
    families = sorted({int(history.owner[rows.path[row]]) for row in watch})
    parts = [np.flatnonzero(history.owner[rows.path] == family) for family in families]
    if parts:
        batch = history.batch(parts, np.zeros((0, len(_work.RECORD)), np.int64))
        _work.follow(harvest.repository, history.shape, batch, plain=True, watch=watch)
    return {key: watch[here[key]] if key in here else None for key in wanted}


def rows_from(harvest: Harvest, known: int) -> int:
    """How many rows there are of commits from this seq on."""
    return sum(int((table["seq"].to_numpy() >= known).sum()) for table in (harvest.changes, harvest.merged))


def known_records(history: History, kept: Kept | None) -> np.ndarray:
    """The records that were kept of the rows in this history."""
    if not kept:
        return np.zeros((0, len(_work.RECORD)), np.int64)
    return numbered(history, kept.tables["records"], kept.tables["paths"]["path"].to_pylist())


def numbered(history: History, table: pa.Table, names: list[str]) -> np.ndarray:
    """Records with the rows of this history in place of (seq, path); those of other rows left out."""
    codes = {path: code for code, path in enumerate(history.rows.paths)}
    here = np.array([*(codes.get(name, -1) for name in names), -1], np.int64)
    columns = {name: table[name].to_numpy() for name in table.schema.names}
    some = np.flatnonzero(here[columns["path"]] >= 0)
    places = history.places(columns["seq"][some], here[columns["path"][some]])
    some, places = some[places >= 0], places[places >= 0]
    return np.stack([places.astype(np.int64), *(columns[name][some].astype(np.int64) for name in _work.RECORD[1:])], axis=1)


def listed(history: History, records: np.ndarray) -> pa.Table:
    """Records with (seq, path) in place of the row."""
    row = records[:, 0]
    columns = [history.rows.seq[row], history.rows.path[row], *records[:, 1:].T]
    return pa.Table.from_arrays([pa.array(column.astype(kind.type.to_pandas_dtype()))
                                 for column, kind in zip(columns, RECORDS, strict=True)], schema=RECORDS)


def finished(harvest: Harvest, tables: Mapping[str, pa.Table]) -> Survival:
    """What is shown of the tables that are kept."""
    names = tables["paths"]["path"].combine_chunks()
    lines, rewrites, counts = tables["lines"], tables["rewrites"], tables["counts"]
    kind_of = pa.array([paths.kind(path) for path in names.to_pylist()], pa.string())
    found = pa.Table.from_arrays([
        lines["seq"], names.take(lines["path"]), kind_of.take(lines["path"]), lines["arrived"], lines["ended"], lines["lines"],
        lines["sweep"],
    ], schema=LINES)
    rewritten = pa.Table.from_arrays([
        rewrites["seq"], rewrites["of"], names.take(rewrites["path"]), rewrites["changed"], rewrites["deleted"],
    ], schema=REWRITES)
    missing, binaries, unknown = (pc.sum(counts[name]).as_py() or 0 for name in ("missing", "binaries", "unknown"))
    skipped, notes = [], []
    if missing:
        skipped.append(Skipped(f"{harvest.name}: lines", "versions of files that are not here", missing))
    if binaries:
        skipped.append(Skipped(f"{harvest.name}: lines", "versions of files that are no text", binaries))
    if unknown:
        notes.append(f"lines: who wrote {unknown} lines cannot be told, because older versions are not here")
    return Survival(found, rewritten, tuple(skipped), tuple(notes))
