"""What each version of a family of files is to be compared with, decided from the graph alone.

The meaning is that of `git blame`. An ordinary commit's version is compared with the path's version before it, or, where
the path is new, with the file that moved there. A merge's version is taken over whole from the first parent that has the
same blob; else it is compared with every parent in turn, and a line goes to the first parent that has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from muster.survival._trail import Trail

if TYPE_CHECKING:  # a worker has no need of tables
    from muster.survival._graph import Commits

GONE, WHOLE, EDIT = 0, 1, 2
#: Letters of a raw diff: an edit, and a link that became a file or the other way round.
MODIFIED, TURNED = ord("M"), ord("T")


@dataclass(slots=True)
class Family:
    """The rows of files that moves tie together, by place: in the order of seq, and of paths within a commit."""

    seq: list[int]
    path: list[int]
    source: list[int]
    status: list[int]
    old: list[str | None]
    new: list[str | None]
    #: Whether so many files changed in the commit that it may be a sweep.
    wide: list[bool]
    #: The row's place among all rows, which is what is written down of it.
    row: list[int]


@dataclass(slots=True)
class Plan:
    """For each row of a family: how its lines come about, from which rows, and which row was there before on its line."""

    how: list[int] = field(default_factory=list)
    #: Rows to compare with in order; -1 stands for `old`, a version whose commit is not here.
    sources: list[tuple[int, ...]] = field(default_factory=list)
    #: The row of the first parent that this one stands in place of; -1: none.
    before: list[int] = field(default_factory=list)
    #: Rows of a path that is gone because it moved: its lines live on under another.
    moved: set[int] = field(default_factory=set)
    #: (row, source) where a merge's parent may have the file under another name: only if the texts are alike.
    doubted: set[tuple[int, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Shape:
    """`Commits` as lists, which single look-ups want."""

    first: list[int]
    others: dict[int, tuple[int, ...]]
    at: list[int]
    span: list[int]
    main: list[bool]

    @classmethod
    def of(cls, commits: Commits) -> Shape:
        """The same, as lists."""
        return cls(commits.first.tolist(), commits.others, commits.at.tolist(), commits.span.tolist(), commits.main.tolist())


def plan(family: Family, shape: Shape) -> Plan:
    """The plan of a family."""
    trail = Trail(family.seq, family.path, shape.at, shape.span)
    seqs, paths, new, first, others = family.seq, family.path, family.new, shape.first, shape.others
    state = trail.state
    made = Plan()
    #: Names that a version's file had before, latest first.
    names: list[tuple[int, ...]] = []
    place = {(seq, path): row for row, (seq, path) in enumerate(zip(seqs, paths, strict=True))}
    for row, (seq, path) in enumerate(zip(seqs, paths, strict=True)):
        parent = first[seq]
        was = state(path, parent)
        if was >= 0 and new[was] is None:
            was = -1
        if new[row] is None:
            made.how.append(GONE)
            made.sources.append(())
            made.before.append(was)
            names.append(())
            continue
        source = family.source[row]
        came = state(source, parent) if was < 0 and source >= 0 else -1
        if came >= 0 and new[came] is None:
            came = -1
        if came >= 0 and (away := place.get((seq, source))) is not None:
            made.moved.add(away)
        if seq not in others:
            if family.status[row] == TURNED:
                sources: tuple[int, ...] = ()
            elif was >= 0 or came >= 0:
                sources = (was if was >= 0 else came,)
            else:
                # The history was cut before this version; a file that came has none.
                sources = (-1,) if family.old[row] is not None and family.status[row] == MODIFIED else ()
            made.how.append(EDIT)
            made.sources.append(sources)
            made.before.append(was if was >= 0 else came)
            names.append(() if not sources or sources[0] < 0 else names[was] if was >= 0 else (source, *names[came]))
            continue
        here: list[int] = [was if family.status[row] != TURNED else -1]
        for other in others[seq]:
            theirs = state(path, other)
            here.append(theirs if theirs >= 0 and new[theirs] is not None else -1)
        former = tuple(dict.fromkeys(name for there in here if there >= 0 for name in names[there]))
        if source >= 0:
            former = tuple(dict.fromkeys((source, *former, *(names[came] if came >= 0 else ()))))
        same = next((there for there in here if there >= 0 and new[there] == new[row]), -1)
        before = was
        if former and -1 in here:
            left = [name for name in former if (gone := state(name, seq)) < 0 or new[gone] is None]
            for index, parent_ in enumerate((parent, *others[seq])):
                if here[index] >= 0:
                    continue
                for name in left:
                    theirs = state(name, parent_)
                    if theirs >= 0 and new[theirs] is not None:
                        here[index] = theirs
                        made.doubted.add((row, theirs))
                        if index == 0:
                            before = theirs
                            if (away := place.get((seq, name))) is not None:
                                made.moved.add(away)
                        break
            if same < 0:
                same = next((there for there in here if there >= 0 and new[there] == new[row]), -1)
        made.before.append(before)
        names.append(former)
        if same >= 0:
            made.how.append(WHOLE)
            made.sources.append((same,))
            continue
        distinct: dict[str | None, int] = {}
        for there in here:
            if there >= 0:
                distinct.setdefault(new[there], there)
        made.how.append(EDIT)
        made.sources.append(tuple(distinct.values()))
    return made


def last_uses(family: Family, made: Plan) -> list[int]:
    """For each row the last row that needs its lines: as a source, or as what was there before."""
    last = list(range(len(made.how)))
    for row, (sources, before) in enumerate(zip(made.sources, made.before, strict=True)):
        for source in sources:
            if source >= 0:
                last[source] = row
        if before >= 0:
            last[before] = row
    return last


def wide_rows(seq: np.ndarray, counts: np.ndarray, merge: np.ndarray, least: int) -> np.ndarray:
    """Which rows are of a commit (never a merge) that changed at least so many files that were there before."""
    found: np.ndarray = ((counts >= least) & ~merge)[seq]
    return found


def families_of(chosen: np.ndarray, owner: np.ndarray) -> list[np.ndarray]:
    """The chosen rows, family by family: `owner` is the family of each chosen row."""
    order = np.argsort(owner, kind="stable")
    if not len(order):
        return []
    edges = np.flatnonzero(np.diff(owner[order])) + 1
    parts: Sequence[np.ndarray] = np.split(chosen[order], edges)
    return list(parts)
