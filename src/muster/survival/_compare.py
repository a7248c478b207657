"""What an edit did to a text, as hunks of lines, looking only at the part that changed.

Most edits touch one place. So the bytes that both texts begin and end with are found first, by comparing memory; lines
are made only of what is between. If that is an insertion or a deletion, the answer is there already. Else lines that only
one side has are put aside; if what both have stands in the same order, that is the answer; and only what is left is
given to the differ.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from muster.survival import _differ
from muster.survival._slide import Hunk, slide

NEWLINE = 10
#: Bytes of unchanged text that are looked at before a hunk that may slide.
AROUND = 6000
#: Bytes of a block of what both texts end with.
BLOCK = 1024
#: How many lines up and down are looked at around a line that may be matched by accident.
WINDOW = 100
#: Lines that are all over a text have at most so many visible characters.
SHORT = 40


def count(text: bytes) -> int:
    """How many lines a text has."""
    return lines_in(np.frombuffer(text, np.uint8)) + (bool(text) and text[-1] != NEWLINE)


def lines_in(text: np.ndarray) -> int:
    """How many newlines there are."""
    return int(np.count_nonzero(text == NEWLINE))


def ahead(a: bytes, b: bytes, most: int) -> int:
    """How many bytes both begin with, at most so many."""
    at, step = 0, 4096
    while at < most:
        to = min(at + step, most)
        if a[at:to] != b[at:to]:
            x, y = np.frombuffer(a, np.uint8, to - at, at), np.frombuffer(b, np.uint8, to - at, at)
            return at + int((x != y).argmax())
        at, step = to, step * 2
    return most


def behind(a: bytes, b: bytes) -> int:
    """How many bytes both end with."""
    la, lb = len(a), len(b)
    most = min(la, lb)
    at, step = 0, 4096
    while at < most:
        to = min(at + step, most)
        if a[la - to : la - at] != b[lb - to : lb - at]:
            x, y = np.frombuffer(a, np.uint8, to - at, la - to), np.frombuffer(b, np.uint8, to - at, lb - to)
            return at + int((x[::-1] != y[::-1]).argmax())
        at, step = to, step * 2
    return most


def ends(a: bytes, b: bytes) -> tuple[int, int, int, int]:
    """(bytes of whole lines that both begin with, where the changed part of a ends, where that of b, where a ends).

    What both texts end with is left out in whole blocks, as git does before it looks at lines: a hunk does not slide
    into it, so where the texts end matters.
    """
    la, lb = len(a), len(b)
    same = behind(a, b)
    if same >= BLOCK:
        rest = a.find(b"\n", la - same // BLOCK * BLOCK) + 1
        if rest:
            same -= la - rest
            la, lb = rest, lb - (la - rest)
    at = ahead(a, b, min(la, lb))
    if at == la == lb:
        return at, la, lb, la
    at = a.rfind(b"\n", 0, at) + 1
    same = min(same, min(la, lb) - at)
    x, y = la - same, lb - same
    # What both end with must begin with a line on both sides.
    if not ((x == 0 or a[x - 1] == NEWLINE) and (y == 0 or b[y - 1] == NEWLINE)):
        cut = a.find(b"\n", x, la) + 1
        x, y = (cut, lb - la + cut) if cut else (la, lb)
    return at, x, y, la


def cut(text: bytes) -> list[bytes]:
    """The lines; a last one without a newline is unlike the same with one."""
    lines = text.split(b"\n")
    if lines[-1]:
        lines[-1] += b"\n"
    else:
        lines.pop()
    return lines


@dataclass(frozen=True, slots=True)
class Edit:
    """Hunks, (old start, old end, new start, new end) in lines from 0, ascending; and the lines that they were found in.

    `old` and `new` begin at line `first` of either text. They are empty where no line had to be looked at.
    """

    hunks: list[Hunk]
    first: int = 0
    old: Sequence[bytes] = ()
    new: Sequence[bytes] = ()


def compare(a: bytes, b: bytes) -> Edit:
    """What makes text `b` of text `a`."""
    if a == b:
        return Edit([])
    at, x, y, end = ends(a, b)
    first = lines_in(np.frombuffer(a, np.uint8, at)) if at else 0
    if at in (x, y):
        text, stop = (b, y) if at == x else (a, x)
        n = lines_in(np.frombuffer(text, np.uint8, stop - at, at)) + (text[stop - 1] != NEWLINE)
        last = text[max(text.rfind(b"\n", at, stop - 1) + 1, at) : stop]
        back = at - len(last)
        if not (back >= 0 and text[back:at] == last and (back == 0 or text[back - 1] == NEWLINE)):
            return Edit([(first, first, first, first + n) if at == x else (first, first + n, first, first)])
        found = [(0, 0, 0, n) if at == x else (0, n, 0, 0)]
        old, new = cut(a[at:x]), cut(b[at:y])
    else:
        old, new = cut(a[at:x]), cut(b[at:y])
        found = between(old, new, Around(a[:at], a[x:end], first))
    if all(h[0] != h[1] and h[2] != h[3] for h in found):
        if len(found) > 1:
            found = slide(old, new, found)
        return Edit([(s + first, e + first, t + first, u + first) for s, e, t, u in found], first, old, new)
    # A group of added or of removed lines may slide beyond the part that changed.
    back = a.rfind(b"\n", 0, at - AROUND) + 1 if at > AROUND else 0
    before = cut(a[back:at])
    after = cut(a[x:end])
    shift = len(before)
    old, new = [*before, *old, *after], [*before, *new, *after]
    found = slide(old, new, [(s + shift, e + shift, t + shift, u + shift) for s, e, t, u in found])
    first -= shift
    return Edit([(s + first, e + first, t + first, u + first) for s, e, t, u in found], first, old, new)


class Around:
    """How often lines occur in what two texts have in common before the part that changed, and just after it."""

    __slots__ = ("_counts", "after", "before", "lines")

    def __init__(self, before: bytes, after: bytes, lines: int) -> None:
        """`lines` is how many lines stand before."""
        self.before, self.after = before, after
        self.lines = lines + after.count(b"\n")
        self._counts: Counter[bytes] | None = None

    @property
    def counts(self) -> Counter[bytes]:
        """How often each line occurs."""
        if self._counts is None:
            self._counts = Counter(cut(self.before))
            self._counts.update(cut(self.after))
        return self._counts


def between(old: list[bytes], new: list[bytes], around: Around) -> list[Hunk]:
    """The hunks of two lists of lines."""
    both = set(old)
    both.intersection_update(new)
    if not both:
        return [(0, len(old), 0, len(new))]
    ours, theirs = [i for i, line in enumerate(old) if line in both], [i for i, line in enumerate(new) if line in both]
    left, right = [old[i] for i in ours], [new[i] for i in theirs]
    if left == right and not (accidental(old, ours) or accidental(new, theirs)):
        return gaps(zip(ours, theirs, strict=True), len(old), len(new))
    ours = telling(old, around.counts, Counter(new), around.lines)
    theirs = telling(new, around.counts, Counter(old), around.lines)
    left, right = [old[i] for i in ours], [new[i] for i in theirs]
    if left == right:
        return gaps(zip(ours, theirs, strict=True), len(old), len(new))
    codes = {line: code for code, line in enumerate(left)}
    pairs = _differ.common([codes[line] for line in left], [codes.get(line, -1) for line in right])
    return gaps(((ours[i], theirs[j]) for i, j in pairs), len(old), len(new))


def accidental(lines: list[bytes], shared: list[int]) -> bool:
    """Whether a short line that both have stands between lines that only one has: it may have been matched by accident."""
    if len(shared) == len(lines):
        return False
    n = len(lines)
    start = shared[0]
    for place, after in zip(shared, [*shared[1:], n + 1], strict=True):
        if after == place + 1:
            continue
        if start and place + 1 < n and (place + 1 - start) * 4 < n and len(lines[start].strip()) <= SHORT:
            return True
        start = after
    return False


def telling(lines: list[bytes], around: Mapping[bytes, int], others: Mapping[bytes, int], outside: int) -> list[int]:
    """The places of lines that the other text has too, without those that would be matched by accident.

    A blank line amid lines that are all new is not the blank line that stood amid the old ones. So a line that the
    other text has in very many places (more than about the root of its number of lines) is left out where it stands
    among lines that the other text has not at all, and these are more than three times as many as such lines, up and
    down to the next line that does tell. The method is that of GNU diff's "confusing lines", as imara-diff (Apache-2.0)
    describes it for git.
    """
    n = len(lines)
    least = 1 << (((outside + n).bit_length() + 1) // 2)
    counts = [around.get(line, 0) + others.get(line, 0) for line in lines]
    shared = [place for place, count in enumerate(counts) if count]
    if len(shared) == n:
        return shared
    doubtful = [place for place in shared if counts[place] >= least]
    if not doubtful:
        return shared
    solid = [place for place in shared if counts[place] < least]
    out: set[int] = set()
    for index, place in enumerate(doubtful):
        below = bisect_left(solid, place)
        low = max(solid[below - 1] + 1 if below else 0, place - WINDOW)
        high = min(solid[below] if below < len(solid) else n, place + WINDOW + 1)
        first, last = bisect_left(doubtful, low), bisect_left(doubtful, high)
        # Lines that only this text has must stand on both sides.
        if place - low > index - first and high - 1 - place > last - 1 - index and (last - first + 1) * 4 < high - low + 1:
            out.add(place)
    return [place for place in shared if place not in out] if out else shared


def gaps(pairs: Iterable[tuple[int, int]], n: int, m: int) -> list[Hunk]:
    """The hunks that pairs of equal lines leave."""
    found: list[Hunk] = []
    x = y = 0
    for i, j in pairs:
        if i > x or j > y:
            found.append((x, i, y, j))
        x, y = i + 1, j + 1
    if n > x or m > y:
        found.append((x, n, y, m))
    return found
