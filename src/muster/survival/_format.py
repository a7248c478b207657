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
    """The hunks, those that only changed the layout taken apart: what is left of them has the key LAYOUT.

    They are counted from the first lines of the part, as they were.
    """
    hunks, _, _, old, new = edit
    found: list[Keyed] = []
    change = other = 0
    mixed = False
    for hunk in hunks:
        a, b, c, d = hunk
        change += b - a
        if a == b or c == d:
            other += 1
            found.append((a, b, c, d, PLAIN))
            continue
        mixed = True
        if b - a == 1 == d - c:
            if old[a].translate(None, SPACE) == new[c].translate(None, SPACE):
                continue
            other += 1
        elif (parts := aligned(old, new, hunk, SPACE)) is not None:
            found += parts
            continue
        else:
            other += 1
        found.append((a, b, c, d, PLAIN))
    if other and mixed:
        a, b, c, d = hunks[0][0], hunks[-1][1], hunks[0][2], hunks[-1][3]
        if min(b - a, d - c) >= LARGE and change * 4 >= b - a \
                and (whole := aligned(old, new, (a, b, c, d), DRESS)) is not None:
            return whole
    return found


def aligned(old: Sequence[bytes], new: Sequence[bytes], hunk: Hunk, without: bytes) -> list[Keyed] | None:
    """The hunk taken apart by the place of its visible characters; None if these are not the same, or there are none."""
    a, b, c, d = hunk
    if without is SPACE:
        text = b"".join(old[a:b]).translate(None, SPACE)
        if not text or text != b"".join(new[c:d]).translate(None, SPACE):
            return None
        ours, theirs = ([line.translate(None, SPACE) for line in side] for side in (old[a:b], new[c:d]))
    else:
        text = b"".join(old[a:b]).translate(QUOTES, without)
        if not text or text != b"".join(new[c:d]).translate(QUOTES, without):
            return None
        ours, theirs = ([line.translate(QUOTES, without) for line in side] for side in (old[a:b], new[c:d]))
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
