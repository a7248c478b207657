"""What each version did to the lines of those before it: blobs in, records of hunks out."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from muster.survival import _compare
from muster.survival._format import reformatted
from muster.survival._moves import LEAST, alike, told
from muster.survival._plan import EDIT, WHOLE, Family, Plan
from muster.survival._texts import binary

#: What a version is: lines that can be read, a blob that is not here, a blob that is no text.
TEXT, MISSING, BINARY = 0, 1, 2
#: Keys of hunks that are no edit of anyone's in particular; other keys are the hunk's text.
PLAIN, HEADER, LAYOUT = 0, 1, 2

#: (old start, old end, new start, new end, key), in lines
Keyed = tuple[int, int, int, int, int]

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
    for blob, row in last.items():
        ends.setdefault(row, []).append(blob)
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
        blob = family.new[source]
        return filled[source] if source in filled else text(blob) if blob is not None else None

    for row, how in enumerate(made.how):
        blob = family.new[row]
        if how != EDIT or blob is None:
            continue
        record = known.get(family.row[row])
        if record is None:
            sources = [before(source, row) for source in made.sources[row]]
            content = text(blob)
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
    hunks = tuple(None if text is None or binary(text) else keyed(text, content, wide, plain) for text in before)
    return Record(TEXT, _compare.count(content), hunks)


def keyed(old: bytes, new: bytes, wide: bool, plain: bool) -> tuple[Keyed, ...]:
    """The hunks with their keys; what only laid out the text anew is taken apart into the lines that live on."""
    edit = _compare.compare(old, new)
    found = edit.hunks
    if plain:
        return tuple((*hunk, PLAIN) for hunk in found)
    both = any(a < b and c < d for a, b, c, d in found)
    if not wide:
        return tuple(reformatted(edit.old, edit.new, found, edit.first) if both else ((*hunk, PLAIN) for hunk in found))
    ours, theirs = _compare.cut(old), _compare.cut(new)
    parts = reformatted(ours, theirs, found) if both else [(*hunk, PLAIN) for hunk in found]
    top_old, top_new = top(ours), top(theirs)
    return tuple(
        (a, b, c, d, key or sweep_key(ours[a:b], theirs[c:d], b <= top_old and d <= top_new)) for a, b, c, d, key in parts
    )


def top(lines: list[bytes]) -> int:
    """How many lines the comment at the top of a file takes."""
    for place, line in enumerate(lines):
        if (bare := line.strip()) and not bare.startswith(COMMENT):
            return place
    return len(lines)


def sweep_key(old: list[bytes], new: list[bytes], header: bool) -> int:
    """HEADER for a change of the licence at the top of a file, else a number that stands for the hunk's text."""
    one, two = b"\n".join(old), b"\n".join(new)
    if header and (LICENCE.search(one) or LICENCE.search(two)):
        return HEADER
    return (zlib.crc32(one) << 31 ^ zlib.crc32(two)) + 16
