"""The lives of lines, from records of hunks: who wrote each, when it came to the main line, and when it went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from muster.survival._plan import GONE, WHOLE, Family, Plan, Shape, last_uses
from muster.survival._read import BINARY, LAYOUT, MISSING, PLAIN, Record

EMPTY = np.zeros(0, np.int32)
#: A line that nobody can be named for.
UNKNOWN = -1


@dataclass(slots=True)
class Lives:
    """What is known of each line, by number; columns grow as lines are born."""

    size: int = 0
    columns: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.grow(1 << 16)

    def grow(self, room: int) -> None:
        """Make room for so many lines."""
        for name, kind, empty in (("origin", np.int32, -1), ("arrived", np.int32, -1), ("ended", np.int32, -1),
                                  ("file", np.int32, -1), ("seen", np.int32, 0), ("born_key", np.int64, 0),
                                  ("end_key", np.int64, 0), ("end_by", np.int32, -1)):
            fresh = np.full(room, empty, kind)
            if name in self.columns:
                fresh[: self.size] = self.columns[name][: self.size]
            self.columns[name] = fresh

    def born(self, count: int, origin: int, key: int = 0) -> np.ndarray:
        """The numbers of new lines."""
        start, self.size = self.size, self.size + count
        if self.size + 1 >= len(self.columns["origin"]):
            self.size = start
            self.grow(2 * (start + count) + 1)
            self.size = start + count
        self.columns["origin"][start : self.size] = origin
        if key:
            self.columns["born_key"][start : self.size] = key
        return np.arange(start, self.size, dtype=np.int32)

    def again(self, lines: np.ndarray) -> np.ndarray:
        """New numbers for lines of the same origins."""
        fresh = self.born(len(lines), -1)
        for name in ("origin", "born_key"):
            self.columns[name][fresh] = self.columns[name][lines]
        return fresh


@dataclass(slots=True)
class Found:
    """What a batch of families gave: lives, the last path of each file, and the removals of lines of others."""

    lives: Lives = field(default_factory=Lives)
    last_path: list[int] = field(default_factory=list)
    removed: list[np.ndarray] = field(default_factory=list)
    #: (seq, path, key, 1 for a change and 0 for a deletion) of each array in `removed`
    removals: list[tuple[int, int, int, int]] = field(default_factory=list)
    missing: int = 0
    binaries: int = 0
    unknown: int = 0


def replay(
    family: Family, made: Plan, shape: Shape, records: Iterator[tuple[int, Record]], found: Found,
    watch: dict[int, np.ndarray] | None = None,
) -> None:
    """Follow the lines of a family; in `watch`, origins are put for the rows that it names."""
    lives, main, others = found.lives, shape.main, shape.others
    last = last_uses(family, made)
    ends: dict[int, list[int]] = {}
    for row, at in enumerate(last):
        ends.setdefault(at, []).append(row)
    lines: dict[int, np.ndarray] = {}
    states: dict[int, int] = {}
    files: dict[int, int] = {}
    batch: list[tuple[int, np.ndarray, np.ndarray]] = []
    total = len(made.how)
    for row, how in enumerate(made.how):
        seq, path = family.seq[row], family.path[row]
        on_main, merge, before = main[seq], seq in others, made.before[row]
        was = lines.get(before, EMPTY) if before >= 0 else EMPTY
        start = lives.size
        if how == GONE:
            lines[row] = EMPTY
            states[row] = GONE
            if row not in made.moved:
                if merge and on_main:
                    batch.append((row, was, EMPTY))
                elif not merge and len(was):
                    removal(found, was, seq, path, PLAIN, 0, on_main)
        elif how == WHOLE:
            source = made.sources[row][0]
            lines[row] = lines[source]
            states[row] = states[source]
            if on_main:
                batch.append((row, was, lines[row]))
        else:
            at, record = next(records)
            assert at == row
            states[row] = record.state
            if record.state == MISSING:
                found.missing += 1
            elif record.state == BINARY:
                found.binaries += 1
            if merge:
                lines[row] = merged(row, made, record, lines, states, found, seq)
                if on_main:
                    batch.append((row, was, lines[row]))
            else:
                if before >= 0 and not made.sources[row]:
                    removal(found, was, seq, path, PLAIN, 0, on_main)
                lines[row] = edited(row, made, record, lines, states, found, seq, path, on_main)
        if on_main and how != GONE:
            file = files.get(before, -1) if before >= 0 else -1
            if file < 0:
                file = len(found.last_path)
                found.last_path.append(path)
            found.last_path[file] = path
            files[row] = file
            if not merge:
                lives.columns["arrived"][start : lives.size] = seq
                lives.columns["file"][start : lives.size] = file
        if batch and (row + 1 == total or family.seq[row + 1] != seq):
            arrivals(batch, lines, files, found, seq)
            batch = []
        if watch is not None and row in watch:
            origins = np.where(lines[row] >= 0, lives.columns["origin"][lines[row]], UNKNOWN)
            watch[row] = origins
        for gone in ends.get(row, ()):
            if gone != row or not batch:
                lines.pop(gone, None)


def removal(found: Found, gone: np.ndarray, seq: int, path: int, key: int, changed: int, on_main: bool) -> None:
    """Write down that a commit took lines away."""
    gone = gone[gone >= 0]
    if not len(gone):
        return
    found.removed.append(gone)
    found.removals.append((seq, path, key, changed))
    columns = found.lives.columns
    if on_main:
        columns["ended"][gone] = seq
    if key:
        columns["end_key"][gone] = key
        columns["end_by"][gone] = seq


def edited(
    row: int, made: Plan, record: Record, lines: dict[int, np.ndarray], states: dict[int, int], found: Found, seq: int,
    path: int, on_main: bool,
) -> np.ndarray:
    """The lines of an ordinary commit's version."""
    lives = found.lives
    source = made.sources[row][0] if made.sources[row] else None
    was = lines.get(source, EMPTY) if source is not None and source >= 0 else EMPTY
    if record.state == MISSING:
        return was
    if record.state == BINARY:
        removal(found, was, seq, path, PLAIN, 0, on_main)
        return EMPTY
    hunks = record.hunks[0] if record.hunks else None
    if source is None or (hunks is None and source >= 0 and states[source] != MISSING):
        return lives.born(record.lines, seq)
    if hunks is None:
        found.unknown += record.lines
        return np.full(record.lines, UNKNOWN, np.int32)
    gap = source >= 0 and states[source] == MISSING
    if source < 0:
        made_ = np.full(record.lines, UNKNOWN, np.int32)
        for _, _, c, d, key in hunks:
            made_[c:d] = lives.born(d - c, seq, key)
        found.unknown += int((made_ < 0).sum())
        return made_
    pieces: list[np.ndarray] = []
    at = 0
    for a, b, c, d, key in hunks:
        if a > at:
            pieces.append(was[at:a])
        if b > a:
            removal(found, was[a:b], seq, path, key, int(d > c), on_main)
        if d > c:
            if gap:
                found.unknown += d - c
                pieces.append(np.full(d - c, UNKNOWN, np.int32))
            elif key == LAYOUT and pieces and pieces[-1][-1] >= 0:
                fresh = lives.born(d - c, int(lives.columns["origin"][pieces[-1][-1]]), LAYOUT)
                pieces.append(fresh)
            else:
                pieces.append(lives.born(d - c, seq, key))
        at = b
    if at < len(was):
        pieces.append(was[at:])
    return np.concatenate(pieces) if pieces else EMPTY


def merged(
    row: int, made: Plan, record: Record, lines: dict[int, np.ndarray], states: dict[int, int], found: Found, seq: int,
) -> np.ndarray:
    """The lines of a merge's version: each from the first parent that has it, what none has from the merge itself."""
    lives = found.lives
    sources = made.sources[row]
    if record.state == MISSING:
        return lines.get(sources[0], EMPTY) if sources and sources[0] >= 0 else EMPTY
    if record.state == BINARY:
        return EMPTY
    taken = np.full(record.lines, -2, np.int32)
    gap = False
    for source, hunks in zip(sources, record.hunks, strict=True):
        known = source >= 0 and states[source] != MISSING
        if hunks is None:
            gap |= source < 0 or states[source] == MISSING
            continue
        gap |= not known
        was = lines.get(source, EMPTY) if source >= 0 else None
        at = 0
        old_at = 0
        for _, b, c, d, _ in (*hunks, (-1, -1, record.lines, record.lines, 0)):
            if c > at:
                part = taken[at:c]
                free = part == -2
                if free.any():
                    part[free] = UNKNOWN if was is None else was[old_at : old_at + c - at][free]
            at, old_at = d, b
    mine = taken == -2
    count = int(mine.sum())
    if count:
        if gap:
            found.unknown += count
            taken[mine] = UNKNOWN
        else:
            taken[mine] = lives.born(count, seq)
    return distinct(taken, lives) if len(sources) > 1 else taken


def distinct(taken: np.ndarray, lives: Lives) -> np.ndarray:
    """The lines, a line that two parents gave in two places numbered anew in the later one."""
    order = np.argsort(taken, kind="stable")
    ranked = taken[order]
    twice = np.flatnonzero((ranked[1:] == ranked[:-1]) & (ranked[1:] >= 0)) + 1
    if len(twice):
        places = order[twice]
        taken[places] = lives.again(taken[places])
    return taken


def arrivals(
    batch: list[tuple[int, np.ndarray, np.ndarray]], lines: dict[int, np.ndarray], files: dict[int, int], found: Found,
    seq: int,
) -> None:
    """What a merge on the main line brought to it and took from it, over all files of a family at once."""
    columns = found.lives.columns
    seen = columns["seen"]
    stamp = 2 * seq + 1
    cuts: list[tuple[int, np.ndarray, np.ndarray, int]] = []
    for row, was, now in batch:
        n = min(len(was), len(now))
        unlike = was[:n] != now[:n]
        start = int(unlike.argmax()) if n and unlike.any() else n
        stop = 0
        left = n - start
        if left:
            tail = (was[len(was) - left :] != now[len(now) - left :])[::-1]
            stop = int(tail.argmax()) if tail.any() else left
        cuts.append((row, was[start : len(was) - stop], now[start : len(now) - stop], start))
    for _, was, _, _ in cuts:
        seen[was[was >= 0]] = stamp
    for row, _, now, start in cuts:
        if not len(now):
            continue
        places = np.flatnonzero((now >= 0) & (seen[now] != stamp))
        if not len(places):
            continue
        new = now[places]
        old = columns["arrived"][new] >= 0
        if old.any():  # a line that had been on the main line before: its second life
            fresh = found.lives.again(new[old])
            columns = found.lives.columns
            seen = columns["seen"]
            new[old] = fresh
            changed = lines[row].copy()
            changed[start + places] = new
            lines[row] = changed
        columns["arrived"][new] = seq
        columns["file"][new] = files[row]
    stamp += 1
    for row, _, now, start in cuts:
        now = lines[row][start : start + len(now)]
        seen[now[now >= 0]] = stamp
    for _, was, _, _ in cuts:
        gone = was[was >= 0]
        gone = gone[seen[gone] != stamp]
        columns["ended"][gone] = seq
