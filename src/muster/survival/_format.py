"""Which lines live on when a text was only laid out anew.

White space says nothing about who wrote a line. Where two pieces of text are the same without it, each new line goes on
with the old line that its first visible character stood on, also where line breaks moved. For larger pieces, commas and
the kind of quotation marks are left out too: formatters put them in.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from muster.survival._compare import Edit

Hunk = tuple[int, int, int, int]
Keyed = tuple[int, int, int, int, int]

PLAIN, LAYOUT = 0, 2
#: Blank bytes; and what a formatter puts in besides.
SPACE = b" \t\r\n\v\f"
DRESS = SPACE + b",;\\"
QUOTES = bytes.maketrans(b"'`", b'""')
#: From so many lines on a piece of text is taken to have gone through a formatter.
LARGE = 10


def reformatted(edit: Edit) -> list[Keyed]:
    """The hunks, those that only changed the layout taken apart: what is left of them has the key LAYOUT."""
    old, new, first, second = edit.old, edit.new, edit.first, edit.second
    inside = [(a - first, b - first, c - second, d - second) for a, b, c, d in edit.hunks]
    a, b, c, d = inside[0][0], inside[-1][1], inside[0][2], inside[-1][3]
    parts = [piece(old, new, hunk) for hunk in inside]
    whole = None
    if any(part is None for part in parts) and min(b - a, d - c) >= LARGE and sum(h[1] - h[0] for h in inside) * 4 >= b - a:
        whole = aligned(old, new, (a, b, c, d), DRESS)
    if whole is None:
        whole = [one for hunk, part in zip(inside, parts, strict=True) for one in ([(*hunk, PLAIN)] if part is None else part)]
    return [(a + first, b + first, c + second, d + second, key) for a, b, c, d, key in whole]


def piece(old: Sequence[bytes], new: Sequence[bytes], hunk: Hunk) -> list[Keyed] | None:
    """A hunk taken apart if it changed nothing but white space; None if it did more."""
    a, b, c, d = hunk
    if a == b or c == d:
        return None
    if b - a == 1 == d - c:
        return [] if old[a].split() == new[c].split() or bare(old[a], SPACE) == bare(new[c], SPACE) else None
    return aligned(old, new, hunk, SPACE)


def bare(line: bytes, without: bytes) -> bytes:
    """A line without white space, or without what a formatter puts in."""
    return line.translate(None if without is SPACE else QUOTES, without)


def aligned(old: Sequence[bytes], new: Sequence[bytes], hunk: Hunk, without: bytes) -> list[Keyed] | None:
    """The hunk taken apart by the place of its visible characters; None if these are not the same, or there are none."""
    a, b, c, d = hunk
    ours, theirs = [bare(line, without) for line in old[a:b]], [bare(line, without) for line in new[c:d]]
    text = b"".join(ours)
    if not text or text != b"".join(theirs):
        return None
    starts = [0, *accumulate(map(len, ours))]
    places = [0, *accumulate(map(len, theirs))]
    pairs: list[tuple[int, int]] = []
    i = 0
    for j, line in enumerate(theirs):
        if not line:
            continue
        while i < len(ours) and (not ours[i] or starts[i + 1] <= places[j]):
            i += 1
        if i < len(ours) and (not pairs or pairs[-1][0] < i):
            pairs.append((i, j))
    return [(a + x, a + y, c + u, c + v, LAYOUT) for x, y, u, v in gaps(pairs, b - a, d - c)]


def gaps(pairs: Sequence[tuple[int, int]], n: int, m: int) -> list[Hunk]:
    """What pairs of lines leave on either side."""
    found: list[Hunk] = []
    x = y = 0
    for i, j in [*pairs, (n, m)]:
        if i > x or j > y:
            found.append((x, i, y, j))
        x, y = i + 1, j + 1
    return found
