"""What each version did to the lines of those before it: blobs in, records of hunks out."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from muster.survival import _compare
from muster.survival._alike import LEAST, alike, told
from muster.survival._format import reformatted
from muster.survival._plan import EDIT, WHOLE, Family, Plan
from muster.survival._texts import binary

#: What a version is: lines that can be read, a blob that is not here, a blob that is no text.
TEXT, MISSING, BINARY = 0, 1, 2
#: So many runs of lines are looked for one by one in a merge's later parent.
FEW = 20
NEWLINE = 10
#: Keys of hunks that are no edit of anyone's in particular; other keys are the hunk's text.
PLAIN, HEADER, LAYOUT = 0, 1, 2

#: (old start, old end, new start, new end, key), in lines
Keyed = tuple[int, int, int, int, int]

#: A licence at the top of a file ends within so many lines.
HIGHEST = 250
LICENCE = re.compile(rb"copyright|licen[sc]e|SPDX-|\(c\)", re.IGNORECASE)
COMMENT = (b"#", b"//", b"/*", b"*", b"<!--", b"-->", b"--", b";", b"%", b"..", b"{{/*", b"*/}}", b'"""', b"~")


@dataclass(slots=True)
class Record:
    """A version's kind, its number of lines, and for each of its sources the hunks; None where that has no text."""

    state: int
    lines: int
    hunks: tuple[tuple[Keyed, ...] | None, ...]


def wanted(family: Family, made: Plan, known: Mapping[int, Record]) -> tuple[list[str], dict[str, int]]:
    """(blobs in the order in which they are first needed, the last row that needs each); rows in `known` need none."""
    order: dict[str, None] = {}
    last: dict[str, int] = {}
    for row, how in enumerate(made.how):
        blob = family.new[row]
        if how != EDIT or blob is None or family.row[row] in known:
            continue
        for source in made.sources[row]:
            old = family.old[row] if source < 0 else family.new[based(family, made, source, known)]
            if old is not None:
                order.setdefault(old)
                last[old] = row
        order.setdefault(blob)
        last[blob] = row
    return list(order), last


def based(family: Family, made: Plan, row: int, known: Mapping[int, Record]) -> int:
    """The row whose text stands for a row's: its own, unless that is known to be missing; then an older one's."""
    while True:
        if made.how[row] != WHOLE:
            record = known.get(family.row[row])
            if record is None or record.state != MISSING or not made.sources[row] or made.sources[row][0] < 0:
                return row
        row = made.sources[row][0]


def records(
    family: Family, made: Plan, known: Mapping[int, Record], texts: Iterator[bytes | None], plain: bool,
) -> Iterator[tuple[int, Record]]:
    """(row, record) of each row with lines of its own, in order. `texts` gives the blobs that `wanted` lists."""
    order, last = wanted(family, made, known)
    held: dict[str, bytes | None] = {}
    ends: dict[int, list[str]] = {}
    for name, row in last.items():
        ends.setdefault(row, []).append(name)
    upcoming = iter(order)
    #: For a version that is not here: the text of an older one, to which its lines are tied.
    filled: dict[int, bytes | None] = {}

    def text(blob: str) -> bytes | None:
        while blob not in held:
            held[next(upcoming)] = next(texts)
        return held[blob]

    def before(source: int, row: int) -> bytes | None:
        if source < 0:
            old = family.old[row]
            return text(old) if old is not None else None
        source = based(family, made, source, known)
        content = family.new[source]
        return filled[source] if source in filled else text(content) if content is not None else None

    for row, how in enumerate(made.how):
        own = family.new[row]
        if how != EDIT or own is None:
            continue
        record = known.get(family.row[row])
        if record is None:
            sources = [before(source, row) for source in made.sources[row]]
            content = text(own)
            if content is None:
                filled[row] = sources[0] if sources else None
            if content is not None and made.doubted:
                sources = [None if (row, source) in made.doubted and alike(told(old), told(content)) < LEAST else old
                           for source, old in zip(made.sources[row], sources, strict=True)]
            record = compared(content, sources, family.wide[row], plain)
        yield row, record
        for gone in ends.get(row, ()):
            held.pop(gone, None)


def compared(content: bytes | None, before: list[bytes | None], wide: bool, plain: bool) -> Record:
    """The record of a version and the texts it is compared with."""
    if content is None:
        return Record(MISSING, 0, ())
    if binary(content):
        return Record(BINARY, 0, ())
    lines = _compare.count(content)
    found: list[tuple[Keyed, ...] | None] = []
    left = [(0, lines)]
    for text in before:
        if text is None or binary(text):
            found.append(None)
            continue
        # Of a merge's later parents only those lines count that no earlier one has.
        hunks = left_over(text, content, left, lines) if found and len(left) <= FEW else None
        found.append(keyed(text, content, wide, plain) if hunks is None else hunks)
        if len(before) > 1:
            left = [(max(start, c), min(stop, d)) for start, stop in left for _, _, c, d, _ in found[-1] or ()
                    if max(start, c) < min(stop, d)]
    return Record(TEXT, lines, tuple(found))


def left_over(old: bytes, new: bytes, left: list[tuple[int, int]], lines: int) -> tuple[Keyed, ...] | None:
    """Hunks that keep the lines that are left and no more, each run of them found in `old` together with its neighbours.

    None where a run does not stand there once, or not in order; then the texts have to be compared.
    """
    pairs: list[tuple[int, int, int]] = []
    if left:
        starts = np.flatnonzero(np.frombuffer(new, np.uint8) == NEWLINE) + 1
        edges = [0, *starts.tolist()]
        last = -1
        counted = count = 0
        for start, stop in left:
            low, high = max(start - 1, 0), min(stop + 1, lines)
            if high >= len(edges):
                return None
            piece = new[edges[low] : edges[high]]
            there = old.find(piece)
            if there <= last or (there and old[there - 1] != NEWLINE) or old.find(piece, there + 1) >= 0:
                return None
            count += _compare.lines_in(old, counted, there)
            counted = last = there
            pairs.append((count + start - low, start, stop - start))
    found: list[Keyed] = []
    x = y = 0
    for i, j, size in (*pairs, (_compare.count(old), lines, 0)):
        if i < x:
            return None
        if i > x or j > y:
            found.append((x, i, y, j, PLAIN))
        x, y = i + size, j + size
    return tuple(found)


def keyed(old: bytes, new: bytes, wide: bool, plain: bool) -> tuple[Keyed, ...]:
    """The hunks with their keys; what only laid out the text anew is taken apart into the lines that live on."""
    found: list[Keyed] = []
    for edit in _compare.compare(old, new):
        hunks, first, second, ours, theirs = edit
        if plain or not wide:
            if plain or (len(hunks) == 1 and (hunks[0][0] == hunks[0][1] or hunks[0][2] == hunks[0][3])):
                found += [(a + first, b + first, c + second, d + second, PLAIN) for a, b, c, d in hunks]
            else:
                found += [(a + first, b + first, c + second, d + second, key) for a, b, c, d, key in reformatted(edit)]
            continue
        for a, b, c, d, key in reformatted(edit):
            if key == PLAIN:
                one, two = b"\n".join(ours[a:b]), b"\n".join(theirs[c:d])
                if b + first <= HIGHEST and (LICENCE.search(one) or LICENCE.search(two)) \
                        and b + first <= top(old) and d + second <= top(new):
                    key = HEADER
                else:
                    key = (zlib.crc32(one) << 31 ^ zlib.crc32(two)) + 16
            found.append((a + first, b + first, c + second, d + second, key))
    return tuple(found)


def top(text: bytes) -> int:
    """How many lines the comment at the top of a text takes."""
    lines = _compare.cut(text)
    for place, line in enumerate(lines):
        if (bare := line.strip()) and not bare.startswith(COMMENT):
            return place
    return len(lines)
