"""What an edit did to a text, as hunks of lines, looking only at the part that changed.

Most edits touch one place. So the bytes that both texts begin and end with are found first, by comparing memory; lines
are made only of what is between. If that is an insertion or a deletion, the answer is there already. Else lines that only
one side has are put aside; if what both have stands in the same order, that is the answer; and only what is left is
given to the differ.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from muster.survival import _differ
from muster.survival._slide import Hunk, slide

NEWLINE = 10
#: Bytes of unchanged text that are looked at on either side of a hunk that may slide.
AROUND = 6000
#: What both texts end with counts for nothing but the rest of such a block.
BLOCK = 1024
#: How many lines up and down are looked at around a line that may be matched by accident.
WINDOW = 100
#: Lines of a crowd have at most so many visible characters.
SHORT = 30


def count(text: bytes) -> int:
    """How many lines a text has."""
    return lines_in(np.frombuffer(text, np.uint8)) + (bool(text) and text[-1] != NEWLINE)


def lines_in(text: np.ndarray) -> int:
    """How many newlines there are."""
    return int(np.count_nonzero(text == NEWLINE))


def ahead(a: bytes, b: bytes) -> int:
    """How many bytes both begin with."""
    n = min(len(a), len(b))
    at, step = 0, 4096
    while at < n:
        to = min(at + step, n)
        if a[at:to] != b[at:to]:
            x, y = np.frombuffer(a, np.uint8, to - at, at), np.frombuffer(b, np.uint8, to - at, at)
            return at + int((x != y).argmax())
        at, step = to, step * 2
    return n


def behind(a: bytes, b: bytes, most: int) -> int:
    """How many bytes both end with, at most so many."""
    la, lb = len(a), len(b)
    at, step = 0, 4096
    while at < most:
        to = min(at + step, most)
        if a[la - to : la - at] != b[lb - to : lb - at]:
            x, y = np.frombuffer(a, np.uint8, to - at, la - to), np.frombuffer(b, np.uint8, to - at, lb - to)
            return at + int((x[::-1] != y[::-1]).argmax())
        at, step = to, step * 2
    return most


def ends(a: bytes, b: bytes) -> tuple[int, int, int]:
    """(bytes of whole lines that both begin with, where the changed part of a ends, where that of b ends)."""
    at = ahead(a, b)
    la, lb = len(a), len(b)
    if at == la == lb:
        return at, la, lb
    at = a.rfind(b"\n", 0, at) + 1
    same = behind(a, b, min(la, lb) - at)
    x, y = la - same, lb - same
    # What both end with must begin with a line on both sides.
    if not ((x == 0 or a[x - 1] == NEWLINE) and (y == 0 or b[y - 1] == NEWLINE)):
        cut = a.find(b"\n", x) + 1
        x, y = (cut, lb - la + cut) if cut else (la, lb)
    return at, x, y


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
    at, x, y = ends(a, b)
    first = lines_in(np.frombuffer(a, np.uint8, at)) if at else 0
    if at in (x, y):
        text, end = (b, y) if at == x else (a, x)
        n = lines_in(np.frombuffer(text, np.uint8, end - at, at)) + (text[end - 1] != NEWLINE)
        last = text[text.rfind(b"\n", at, end - 1) + 1 if end - at > 1 else at : end]
        last = last if len(last) <= end - at else text[at:end]
        back = at - len(last)
        if not (back >= 0 and text[back:at] == last and (back == 0 or text[back - 1] == NEWLINE)):
            return Edit([(first, first, first, first + n) if at == x else (first, first + n, first, first)])
        found = [(0, 0, 0, n) if at == x else (0, n, 0, 0)]
        old, new = cut(a[at:x]), cut(b[at:y])
    else:
        old, new = cut(a[at:x]), cut(b[at:y])
        found = between(old, new, Crowd(a, x, first + len(old)), Crowd(b, y, first + len(new)))
    if all(h[0] != h[1] and h[2] != h[3] for h in found):
        if len(found) > 1:
            found = slide(old, new, found)
        return Edit([(s + first, e + first, t + first, u + first) for s, e, t, u in found], first, old, new)
    # A group of added or of removed lines may slide beyond the part that changed.
    back = a.rfind(b"\n", 0, at - AROUND) + 1 if at > AROUND else 0
    before = cut(a[back:at])
    tail = a.find(b"\n", x + AROUND) + 1 if len(a) > x + AROUND else 0
    after = cut(a[x : tail or len(a)])
    shift = len(before)
    old, new = [*before, *old, *after], [*before, *new, *after]
    found = slide(old, new, [(s + shift, e + shift, t + shift, u + shift) for s, e, t, u in found])
    first -= shift
    return Edit([(s + first, e + first, t + first, u + first) for s, e, t, u in found], first, old, new)


class Crowd:
    """Which lines are all over a text: blank ones, closing brackets."""

    def __init__(self, text: bytes, end: int, lines: int) -> None:
        """The text, where its changed part ends, and how many lines that is from the start."""
        rest = (len(text) - end) % BLOCK
        self.text, self.end = text, min(len(text), end + rest)
        self.lines = lines + text.count(b"\n", end, self.end)
        self.counted: dict[bytes, int] = {}

    def least(self) -> int:
        """From how many occurrences on a line is of the crowd: a power of two, above the root of the number of lines."""
        return 1 << ((self.lines.bit_length() + 1) // 2)

    def has(self, line: bytes, least: int) -> bool:
        """Whether the line occurs so often; a line that says much is taken not to."""
        if len(line) > SHORT and len(line.strip()) > SHORT:
            return False
        found = self.counted.get(line)
        if found is None:
            if line:
                found = self.text.count(b"\n" + line + b"\n", 0, self.end) + self.text.startswith(line + b"\n")
            else:
                newline = np.frombuffer(self.text, np.uint8, self.end) == NEWLINE
                found = int(np.count_nonzero(newline[1:] & newline[:-1])) + int(newline[:1].any())
            self.counted[line] = found
        return found >= least


def between(old: list[bytes], new: list[bytes], crowd_old: Crowd, crowd_new: Crowd) -> list[Hunk]:
    """The hunks of two lists of lines."""
    both = set(old)
    both.intersection_update(new)
    if not both:
        return [(0, len(old), 0, len(new))]
    ours = telling(old, [i for i, line in enumerate(old) if line in both], crowd_new, crowd_old.least())
    theirs = telling(new, [i for i, line in enumerate(new) if line in both], crowd_old, crowd_new.least())
    left, right = [old[i] for i in ours], [new[i] for i in theirs]
    if left == right:
        return gaps(zip(ours, theirs, strict=True), len(old), len(new))
    codes = {line: code for code, line in enumerate(both)}
    pairs = _differ.common([codes[line] for line in left], [codes[line] for line in right])
    return gaps(((ours[i], theirs[j]) for i, j in pairs), len(old), len(new))


def telling(lines: list[bytes], shared: list[int], crowd: Crowd, least: int) -> list[int]:
    """The places of shared lines without those that would be matched by accident.

    A blank line amid lines that are all new is not the blank line that stood amid the old ones. So a shared line that
    the other text has in very many places is left out where it stands among lines that the other text has not, and
    these are more than three times as many as such lines, up to the next line that does tell (method: GNU diff's
    "confusing lines", as imara-diff, Apache-2.0, describes it).
    """
    n = len(lines)
    if len(shared) == n:
        return shared
    runs: list[tuple[int, int]] = []
    start = 0
    for place in range(1, len(shared)):
        if shared[place] != shared[place - 1] + 1:
            runs.append((shared[start], shared[place - 1] + 1))
            start = place
    runs.append((shared[start], shared[-1] + 1))
    alone = [(a, b) for a, b in runs
             if a and b < n and (b - a) * 3 < n and all(crowd.has(line, least) for line in lines[a:b])]
    if not alone:
        return shared
    doubtful: list[int] = []
    solid: list[int] = []
    for a, b in runs:
        low = a
        while low < b and crowd.has(lines[low], least):
            low += 1
        doubtful.extend(range(a, low))
        if low < b:
            high = b
            while crowd.has(lines[high - 1], least):
                high -= 1
            solid.extend((low, high - 1))
            doubtful.extend(range(high, b))
    out: set[int] = set()
    for a, b in alone:
        below = bisect_left(solid, a)
        floor = solid[below - 1] + 1 if below else 0
        ceiling = solid[below] if below < len(solid) else n
        for place in range(a, b):
            low, high = max(floor, place - WINDOW), min(ceiling, place + WINDOW)
            doubts = bisect_left(doubtful, high) - bisect_left(doubtful, low) + 1
            shared_here = bisect_left(shared, high) - bisect_left(shared, low)
            if 3 * doubts < high - low - shared_here:
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
