"""Files that moved and were edited in the same commit, told by what they share.

As `git log -M` has it: of the files that a commit deleted and those that it added, two are one when at least half of the
larger one's bytes are in both, the likest first, each once. A harvest reads no blob, so it pairs by the same blob or the
same name; here names are only a hint, and the texts decide.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from muster.sources.git import Repository
from muster.survival._alike import LEAST, Told, alike, told
from muster.survival._graph import Rows
from muster.survival._texts import stream

#: The least share of bytes for files that alone have their name, where others are not looked at any more.
NAMED = 0.75
#: Up to so many pairs each is looked at; beyond, only those that share telling lines.
EVERY = 100
#: A line that so many files have tells nothing.
TELLING = 6
#: In a commit that moves more files than this, only those with the same name are looked at.
MOST = 5000


Brought = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Shift:
    """A commit's files that went and came: (row, path, blob) each."""

    gone: tuple[tuple[int, str, str], ...]
    came: tuple[tuple[int, str, str], ...]


def shifts(rows: Rows, merge: np.ndarray, fits: np.ndarray, brought: Brought) -> list[Shift]:
    """What may be moves with edits, commit by commit. `brought` tells which rows of merges came from a branch."""
    same = pc.fill_null(pc.equal(rows.old, rows.new), False).to_numpy(False)
    has_old, has_new = rows.old.is_valid().to_numpy(False), rows.new.is_valid().to_numpy(False)
    moved = rows.source >= 0
    here = fits[rows.path]
    taken = set(zip(rows.seq[moved & same].tolist(), rows.source[moved & same].tolist(), strict=True))
    dead = np.flatnonzero((rows.status == ord("D")) & has_old & here)
    born = ((rows.status == ord("A")) | (moved & ~same)) & has_new & here
    some = np.flatnonzero(born & merge[rows.seq])
    if len(some):
        # What a merge only took over from a branch moved there, not in the merge.
        born[some[brought(some)]] = False
    came = np.flatnonzero(born)
    both = np.intersect1d(rows.seq[dead], rows.seq[came])
    found: dict[int, tuple[list[tuple[int, str, str]], list[tuple[int, str, str]]]] = {int(seq): ([], []) for seq in both}
    for side, places, blobs in ((0, dead, rows.old), (1, came, rows.new)):
        places = places[np.isin(rows.seq[places], both)]
        columns = (places.tolist(), rows.seq[places].tolist(), rows.path[places].tolist(), blobs.take(pa.array(places)).to_pylist())
        for row, seq, path, blob in zip(*columns, strict=True):
            if side == 1 or (seq, path) not in taken:
                found[seq][side].append((row, rows.paths[path], blob))
    return [Shift(tuple(gone), tuple(came_)) for gone, came_ in found.values() if gone and came_]


def pairs(repository: Repository, asked: Sequence[Shift]) -> list[tuple[int, int]]:
    """(row that came, row that went) of each move."""
    texts = stream(repository, [blob for shift in asked for _, _, blob in (*shift.gone, *shift.came)])
    found: list[tuple[int, int]] = []
    for shift in asked:
        gone = [told(next(texts)) for _ in shift.gone]
        came = [told(next(texts)) for _ in shift.came]
        for i, j in matched([path for _, path, _ in shift.gone], gone, [path for _, path, _ in shift.came], came):
            found.append((shift.came[j][0], shift.gone[i][0]))
    return found


def matched(
    gone_paths: Sequence[str], gone: Sequence[Told | None], came_paths: Sequence[str], came: Sequence[Told | None]
) -> list[tuple[int, int]]:
    """(place in gone, place in came) of the files that are one."""
    found: list[tuple[int, int]] = []
    used: tuple[set[int], set[int]] = (set(), set())
    names: tuple[defaultdict[str, list[int]], defaultdict[str, list[int]]] = (defaultdict(list), defaultdict(list))
    for side, listed in enumerate((gone_paths, came_paths)):
        for place, path in enumerate(listed):
            names[side][path.rpartition("/")[2]].append(place)
    for name, places in names[0].items():
        others = names[1].get(name, ())
        if len(places) == 1 == len(others) and alike(gone[places[0]], came[others[0]]) >= NAMED:
            found.append((places[0], others[0]))
            used[0].add(places[0])
            used[1].add(others[0])
    left = [i for i in range(len(gone)) if i not in used[0] and gone[i] is not None]
    right = [j for j in range(len(came)) if j not in used[1] and came[j] is not None]
    scored: list[tuple[float, bool, int, int]] = []
    for i, j in candidates(left, gone, right, came, gone_paths, came_paths):
        score = alike(gone[i], came[j])
        if score >= LEAST:
            scored.append((-score, gone_paths[i].rpartition("/")[2] != came_paths[j].rpartition("/")[2], i, j))
    for _, _, i, j in sorted(scored):
        if i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            found.append((i, j))
    return found


def candidates(
    left: Sequence[int], gone: Sequence[Told | None], right: Sequence[int], came: Sequence[Told | None],
    gone_paths: Sequence[str], came_paths: Sequence[str],
) -> Collection[tuple[int, int]]:
    """The pairs worth looking at."""
    if len(left) * len(right) <= EVERY:
        return [(i, j) for j in right for i in left]
    by_name: defaultdict[str, list[int]] = defaultdict(list)
    for i in left:
        by_name[gone_paths[i].rpartition("/")[2]].append(i)
    found = {(i, j): None for j in right for i in by_name.get(came_paths[j].rpartition("/")[2], ())[:TELLING]}
    if len(left) + len(right) > MOST:
        return list(found)
    telling: defaultdict[bytes, list[int]] = defaultdict(list)
    for i in left:
        told_ = gone[i]
        for line in told_.lines.counts if told_ else ():
            if len(line) >= 8:
                telling[line].append(i)
    for j in right:
        shared: Counter[int] = Counter()
        told_ = came[j]
        for line in told_.lines.counts if told_ else ():
            who = telling.get(line, ())
            if len(who) <= TELLING:
                shared.update(who)
        for i, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:4]:
            found[i, j] = None
    return list(found)
