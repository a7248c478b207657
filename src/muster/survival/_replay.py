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


class Lives:
    """What is known of each line, by number; columns grow as lines are born.

    Births, arrivals and ends are noted as they come and put into the columns many at once.
    """

    __slots__ = ("_arrivals", "_births", "_done", "_ends", "_keys", "columns", "size")

    def __init__(self) -> None:
        """No line yet."""
        self.size = self._done = 0
        self.columns: dict[str, np.ndarray] = {}
        #: (how many, seq that wrote them, key); a seq below UNKNOWN is that of another line
        self._births: list[tuple[int, int, int]] = []
        #: (first, after the last, seq, file)
        self._arrivals: list[tuple[int, int, int, int]] = []
        self._ends: list[tuple[np.ndarray, int]] = []
        self._keys: list[tuple[np.ndarray, int, int]] = []
        self.grow(1 << 16)

    def grow(self, room: int) -> None:
        """Make room for so many lines."""
        for name, kind, empty in (("origin", np.int32, -1), ("arrived", np.int32, -1), ("ended", np.int32, -1),
                                  ("file", np.int32, -1), ("seen", np.int32, 0), ("born_key", np.int64, 0),
                                  ("end_key", np.int64, 0), ("end_by", np.int32, -1)):
            fresh = np.full(room, empty, kind)
            if name in self.columns:
                fresh[: self._done] = self.columns[name][: self._done]
            self.columns[name] = fresh

    def born(self, count: int, origin: int, key: int = 0) -> np.ndarray:
        """The numbers of new lines."""
        start = self.size
        self.size = end = start + count
        self._births.append((count, origin, key))
        return np.arange(start, end, dtype=np.int32)

    def like(self, count: int, line: int) -> np.ndarray:
        """The numbers of new lines that whoever wrote this line laid out anew."""
        return self.born(count, UNKNOWN - 1 - line, LAYOUT)

    def arrived(self, start: int, seq: int, file: int) -> None:
        """Note that the lines born from `start` on came to the main line."""
        self._arrivals.append((start, self.size, seq, file))

    def ended(self, lines: np.ndarray, seq: int) -> None:
        """Note that these lines were gone from the main line."""
        self._ends.append((lines, seq))

    def cut(self, lines: np.ndarray, seq: int, key: int) -> None:
        """Note what text these lines were removed with."""
        self._keys.append((lines, seq, key))

    def settle(self) -> dict[str, np.ndarray]:
        """The columns with all births and arrivals put in."""
        if self.size >= len(self.columns["origin"]):
            self.grow(2 * self.size + 1)
        columns, done = self.columns, self._done
        if self._births:
            counts, origins, keys = (np.array(column) for column in zip(*self._births, strict=True))
            columns["origin"][done : self.size] = origins.repeat(counts)
            if keys.any():
                columns["born_key"][done : self.size] = keys.repeat(counts)
            if (origins < UNKNOWN).any():
                starts = done + np.cumsum(counts) - counts
                for place in np.flatnonzero(origins < UNKNOWN).tolist():
                    start = int(starts[place])
                    columns["origin"][start : start + int(counts[place])] = columns["origin"][UNKNOWN - 1 - origins[place]]
            self._births.clear()
            self._done = self.size
        if self._arrivals:
            starts, stops, seqs, files = (np.array(column) for column in zip(*self._arrivals, strict=True))
            counts = stops - starts
            first = int(starts[0])
            # Between the lines that came to the main line at once there are others; both are laid out in order.
            edges = np.stack([starts, stops], 1).ravel()
            sizes = np.diff(np.append(edges, self.size))
            for name, values in (("arrived", seqs), ("file", files)):
                spread = np.stack([values, np.full(len(values), -1)], 1).ravel().repeat(sizes)
                some = spread >= 0
                columns[name][first : self.size][some] = spread[some]
            self._arrivals.clear()
        return columns

    def all(self) -> dict[str, np.ndarray]:
        """The columns with all that was noted put in."""
        columns = self.settle()
        if self._ends:
            lines = np.concatenate([lines for lines, _ in self._ends])
            columns["ended"][lines] = np.array([seq for _, seq in self._ends], np.int32).repeat([len(part) for part, _ in self._ends])
            self._ends.clear()
        if self._keys:
            lines, counts = np.concatenate([lines for lines, _, _ in self._keys]), [len(part) for part, _, _ in self._keys]
            columns["end_by"][lines] = np.array([seq for _, seq, _ in self._keys], np.int32).repeat(counts)
            columns["end_key"][lines] = np.array([key for _, _, key in self._keys], np.int64).repeat(counts)
            self._keys.clear()
        return columns

    def again(self, lines: np.ndarray) -> np.ndarray:
        """New numbers for lines of the same origins."""
        fresh = self.born(len(lines), -1)
        columns = self.settle()
        for name in ("origin", "born_key"):
            columns[name][fresh] = columns[name][lines]
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
    #: Whether any line is of nobody.
    hazy: bool = False


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
            if not merge and lives.size > start:
                lives.arrived(start, seq, file)
        if batch and (row + 1 == total or family.seq[row + 1] != seq):
            arrivals(batch, lines, files, found, seq)
            batch = []
        if watch is not None and row in watch:
            origins = np.where(lines[row] >= 0, lives.settle()["origin"][lines[row]], UNKNOWN)
            watch[row] = origins
        for gone in ends.get(row, ()):
            if gone != row or not batch:
                lines.pop(gone, None)


def removal(found: Found, gone: np.ndarray, seq: int, path: int, key: int, changed: int, on_main: bool) -> None:
    """Write down that a commit took lines away."""
    if found.hazy:
        gone = gone[gone >= 0]
    if not len(gone):
        return
    found.removed.append(gone)
    found.removals.append((seq, path, key, changed))
    if on_main:
        found.lives.ended(gone, seq)
    if key:
        found.lives.cut(gone, seq, key)


def hazy(count: int, found: Found) -> np.ndarray:
    """Lines of nobody."""
    found.hazy = True
    return np.full(count, UNKNOWN, np.int32)


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
        return hazy(record.lines, found)
    gap = source >= 0 and states[source] == MISSING
    if source < 0:
        made_ = hazy(record.lines, found)
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
            removal(found, was[a:b], seq, path, key, 1 if d > c else 0, on_main)
        if d > c:
            if gap:
                found.unknown += d - c
                pieces.append(hazy(d - c, found))
            elif key == LAYOUT and pieces and (last := int(pieces[-1][-1])) >= 0:
                pieces.append(lives.like(d - c, last))
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
    found.hazy |= -1 in sources
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
            found.hazy = True
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
    columns = found.lives.settle()
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
        found.lives.ended(gone, seq)
