"""What an edit did to a text, as hunks of lines, looking only at the parts that changed.

Most edits touch a few places. So the bytes that both texts begin and end with are found first, by comparing memory, then
long stretches between that both have; lines are made only of what is left. If that is an insertion or a deletion, the
answer is there already. Else lines that only one side has are put aside; if what both have stands in the same order, that
is the answer; and only what is left then is given to the differ.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

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
#: A part that changed is looked through for stretches that stayed if it has so many bytes; a stretch has at least so
#: many bytes and lines, and is recognised by a piece of so many bytes that neither part has twice.
LARGE, STRETCH, STRETCH_LINES, PIECE = 1500, 512, 10, 96
#: Bytes of a stretch that are looked at beside a part.
BESIDE = 240
#: From so many different lines on it is quicker to count all lines than each of these.
MANY = 12

#: (start, end) of the changed part in the old text, (start, end) in the new one: bytes
Part = tuple[int, int, int, int]


def count(text: bytes) -> int:
    """How many lines a text has."""
    return lines_in(np.frombuffer(text, np.uint8)) + (bool(text) and text[-1] != NEWLINE)


def lines_in(text: np.ndarray) -> int:
    """How many newlines there are."""
    return int(np.count_nonzero(text == NEWLINE))


def ahead(a: bytes, b: bytes, i: int, j: int, most: int) -> int:
    """How many bytes are the same from i in a and j in b on, at most so many."""
    at, step = 0, 4096
    while at < most:
        to = min(at + step, most)
        if a[i + at : i + to] != b[j + at : j + to]:
            x, y = np.frombuffer(a, np.uint8, to - at, i + at), np.frombuffer(b, np.uint8, to - at, j + at)
            return at + int((x != y).argmax())
        at, step = to, step * 2
    return most


def behind(a: bytes, b: bytes, i: int, j: int, most: int) -> int:
    """How many bytes are the same up to i in a and j in b, at most so many."""
    at, step = 0, 4096
    while at < most:
        to = min(at + step, most)
        if a[i - to : i - at] != b[j - to : j - at]:
            x, y = np.frombuffer(a, np.uint8, to - at, i - to), np.frombuffer(b, np.uint8, to - at, j - to)
            return at + int((x[::-1] != y[::-1]).argmax())
        at, step = to, step * 2
    return most


def ends(a: bytes, b: bytes) -> tuple[int, int, int, int]:
    """(bytes of whole lines that both begin with, where the changed part of a ends, where that of b, where a ends).

    What both texts end with is left out in whole blocks, as git does before it looks at lines: a hunk does not slide
    into it, so where the texts end matters.
    """
    la, lb = len(a), len(b)
    same = behind(a, b, la, lb, min(la, lb))
    if same >= BLOCK:
        rest = a.find(b"\n", la - same // BLOCK * BLOCK) + 1
        if rest:
            same -= la - rest
            la, lb = rest, lb - (la - rest)
    at = ahead(a, b, 0, 0, min(la, lb))
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


def parts_of(a: bytes, b: bytes, at: int, x: int, y: int) -> list[Part]:
    """The changed parts of a[at:x] and b[at:y], taken apart where long stretches stayed as they are."""
    found: list[Part] = []
    i = j = at
    while x - i > LARGE and y - j > LARGE:
        stretch = stayed(a, b, i, j, x, y)
        if stretch is None:
            break
        p, q, size = stretch
        found.append((i, p, j, q))
        i, j = p + size, q + size
    if i < x or j < y:
        found.append((i, x, j, y))
    return found


def stayed(a: bytes, b: bytes, i: int, j: int, x: int, y: int) -> tuple[int, int, int] | None:
    """(start in a, start in b, bytes) of the next long stretch of whole lines that both parts have."""
    q, step = j, PIECE // 2
    while q + STRETCH < y:
        stop = b.find(b"\n", q + PIECE, y) + 1
        if not stop:
            return None
        piece = b[q:stop]
        p = a.find(piece, i, x)
        if p >= 0 and (p == 0 or a[p - 1] == NEWLINE):
            back = behind(a, b, p, q, min(p - i, q - j))
            start = p - back
            if start and not (a[start - 1] == NEWLINE == b[q - back - 1]):
                start = a.find(b"\n", start) + 1
            end = a.rfind(b"\n", start, p + ahead(a, b, p, q, min(x - p, y - q))) + 1
            if end - start >= STRETCH and lines_in(np.frombuffer(a, np.uint8, end - start, start)) >= STRETCH_LINES \
                    and a.find(piece, p + 1, x) < 0 and b.find(piece, j, q + len(piece) - 1) < 0 and b.find(piece, q + 1, y) < 0:
                return start, q - (p - start), end - start
        q = b.find(b"\n", q + step, y) + 1
        if not q:
            return None
        step *= 2
    return None


@dataclass(frozen=True, slots=True)
class Edit:
    """Hunks, (old start, old end, new start, new end) in lines from 0, ascending; and the lines that they were found in.

    `old` begins at line `first` of the old text, `new` at line `second` of the new one. They are empty where no line
    had to be looked at.
    """

    hunks: list[Hunk]
    first: int = 0
    second: int = 0
    old: Sequence[bytes] = ()
    new: Sequence[bytes] = ()


@dataclass(slots=True)
class Work:
    """A part that changed, in lines: where it begins, its lines, and the places of those that may be in common."""

    first: int
    second: int
    old: list[bytes]
    new: list[bytes]
    ours: list[int]
    theirs: list[int]
    #: None until the differ has been asked.
    hunks: list[Hunk] | None


def compare(a: bytes, b: bytes) -> list[Edit]:
    """What makes text `b` of text `a`, part by part."""
    if a == b:
        return []
    at, x, y, end = ends(a, b)
    parts = [(at, x, at, y)]
    common: Common | None = None
    if x - at > LARGE and y - at > LARGE:
        taken = parts_of(a, b, at, x, y)
        if len(taken) > 1:
            common = Common(a, b, taken, end)
            parts = apart(a, taken, common)
            common = common if len(parts) == len(taken) else None
    edges = [0, *(part[1] for part in parts)], [*(part[0] for part in parts[1:]), end]
    if common is None:
        common = Common(a, b, parts, end)
    works: list[Work | Edit] = []
    first = second = 0
    for place, (part, before, after) in enumerate(zip(parts, edges[0], edges[1], strict=False)):
        lines = lines_in(np.frombuffer(a, np.uint8, part[0] - before, before)) if part[0] > before else 0
        first, second = first + lines, second + lines
        work, less, more = looked_at(a, b, part, (before, after), first, second, common, place)
        works.append(work)
        first, second = first + less, second + more
    if any(isinstance(work, Work) and work.hunks is None for work in works):
        # What the differ takes of equal ways depends on all lines that occur in both texts, wherever they stand.
        asked = [everything(work, common, place) for place, work in enumerate(works)] if len(works) > 1 else works
        if len(works) > 1 and sum(unlike(work) for work in asked if isinstance(work, Work)) > 10**9:
            # There the differ would take no shortest way in any case; one part at a time is far less work.
            for work in works:
                if isinstance(work, Work) and work.hunks is None:
                    solved([work])
        elif not solved([work for work in asked if isinstance(work, Work)]):
            return whole(a, b, (at, x, at, y), end)
        else:
            works = [work if isinstance(work, Edit) else found for work, found in zip(works, asked, strict=True)]
    return [work if isinstance(work, Edit) else placed(a, part, (before, after), work)
            for work, part, before, after in zip(works, parts, edges[0], edges[1], strict=False)]


def unlike(work: Work) -> int:
    """How many lines of a part have no like on the other side, at least."""
    ours, theirs = Counter(work.old[at] for at in work.ours), Counter(work.new[at] for at in work.theirs)
    return len(work.ours) + len(work.theirs) - 2 * sum(min(count, theirs[line]) for line, count in ours.items() if line in theirs)


def everything(work: Work | Edit, common: Common, place: int) -> Work:
    """A part with all of its lines that occur in the other text."""
    if isinstance(work, Work) and work.hunks is None:
        return work
    old, new = common.old(place), common.new(place)
    ours, theirs = both_sides(old, new, common, place)
    first, second = (work.hunks[0][0], work.hunks[0][2]) if isinstance(work, Edit) else (work.first, work.second)
    return Work(first, second, old, new, ours, theirs, None)


def both_sides(old: list[bytes], new: list[bytes], common: Common, place: int) -> tuple[list[int], list[int]]:
    """(places in old, places in new) of lines that tell."""
    before, after = common.beside(place)
    around = common.counts([*before, *old, *new, *after])
    less, more = common.sides
    return (telling(old, around, more, common.lines + less.total(), before, after),
            telling(new, around, less, common.lines + more.total(), before, after))


def whole(a: bytes, b: bytes, part: Part, end: int) -> list[Edit]:
    """What makes `b` of `a`, the changed part looked at as one."""
    first = lines_in(np.frombuffer(a, np.uint8, part[0])) if part[0] else 0
    work, _, _ = looked_at(a, b, part, (0, end), first, first, Common(a, b, [part], end), 0)
    if isinstance(work, Edit):
        return [work]
    solved([work])
    return [placed(a, part, (0, end), work)]


def solved(works: Sequence[Work]) -> bool:
    """Let the differ find the hunks of parts, all at once: what it takes of equal ways depends on the whole.

    What stayed between the parts is put in as stretches. False where it would not keep one.
    """
    codes: dict[bytes, int] = {}
    old: list[int] = []
    new: list[int] = []
    stretches: list[tuple[int, int, int]] = []
    starts: list[tuple[int, int]] = []
    free = -2
    for place, work in enumerate(works):
        if place:
            last = works[place - 1]
            size = work.first - last.first - len(last.old)
            stretches.append((len(old), len(new), size))
            old.extend(range(free, free - size, -1))
            new.extend(range(free, free - size, -1))
            free -= size
        starts.append((len(old), len(new)))
        old.extend(codes.setdefault(work.old[at], len(codes)) for at in work.ours)
        new.extend(codes.setdefault(work.new[at], len(codes)) for at in work.theirs)
    blocks = _differ.common(old, new, stretches)
    found: list[list[tuple[int, int]]] = [[] for _ in works]
    kept = 0
    place = 0
    for x, y, size in blocks:
        if old[x] < 0:
            kept += size
            continue
        while place + 1 < len(starts) and starts[place + 1][0] <= x:
            place += 1
        if not (starts[place][1] <= y and (place + 1 == len(starts) or y < starts[place + 1][1])):
            return False
        found[place].append((x - starts[place][0], y - starts[place][1]))
    if kept != sum(size for _, _, size in stretches):
        return False
    for work, pairs in zip(works, found, strict=True):
        work.hunks = gaps(((work.ours[i], work.theirs[j]) for i, j in pairs), len(work.old), len(work.new))
    return True


def apart(a: bytes, parts: Sequence[Part], common: Common) -> list[Part]:
    """The parts, two put together where the stretch between may be given up for lines that could be matched across it.

    A shortest edit keeps a stretch if fewer lines than it has stand before it in one text and after it in the other.
    Lines farther off count only against all the stretches that lie between.
    """
    count = len(parts)
    olds, news = [common.old(place) for place in range(count)], [common.new(place) for place in range(count)]
    where: dict[bytes, int] = {}
    for place, lines in enumerate(news):
        for line in lines:
            where[line] = place if where.get(line, place) == place else -1
    across = sum(where.get(line, place) != place for place, lines in enumerate(olds) for line in lines)
    if across < STRETCH_LINES:
        return list(parts)
    sizes = [lines_in(np.frombuffer(a, np.uint8, after[0] - before[1], before[1])) for before, after in pairwise(parts)]
    until = [0, *accumulate(sizes)]
    lengths = [[0, *accumulate(map(len, side))] for side in (olds, news)]
    found = [parts[0]]
    for place in range(1, count):
        near, given = 1, False
        while not given:
            low, high = max(place - near, 0), min(place + near, count)
            kept = until[high - 1] - until[low]
            for one, two in ((0, 1), (1, 0)):
                most = min(lengths[one][place] - lengths[one][low], lengths[two][high] - lengths[two][place])
                given |= most >= kept and shared((olds, news)[one][low:place], (olds, news)[two][place:high]) >= kept
            if (low == 0 and high == count) or kept > across:
                break
            near *= 4
        i, _, j, _ = found[-1]
        if given:
            found[-1] = (i, parts[place][1], j, parts[place][3])
        else:
            found.append(parts[place])
    return found


def shared(one: Sequence[list[bytes]], two: Sequence[list[bytes]]) -> int:
    """How many lines two sets of parts have in common, in any order."""
    few, many = sorted(([line for lines in side for line in lines] for side in (one, two)), key=len)
    if not few:
        return 0
    ours, theirs = Counter(few), Counter(many)
    return sum(min(count, theirs[line]) for line, count in ours.items() if line in theirs)


def looked_at(
    a: bytes, b: bytes, part: Part, within: tuple[int, int], first: int, second: int, common: Common, place: int
) -> tuple[Work | Edit, int, int]:
    """(what is known of a part, its lines in a, its lines in b). `within` is the part in a with what stayed around it."""
    i, x, j, y = part
    if i == x or j == y:
        text, start, stop = (b, j, y) if i == x else (a, i, x)
        n = lines_in(np.frombuffer(text, np.uint8, stop - start, start)) + (text[stop - 1] != NEWLINE)
        less, more = (0, n) if i == x else (n, 0)
        last = text[max(text.rfind(b"\n", start, stop - 1) + 1, start) : stop]
        back = i - len(last)
        up = back >= 0 and a[back:i] == last and (back == 0 or a[back - 1] == NEWLINE)
        if not up and not a.startswith(text[start : text.find(b"\n", start, stop) + 1 or stop], x, within[1]):
            return Edit([(first, first + less, second, second + more)]), less, more
        return Work(first, second, common.old(place), common.new(place), [], [], [(0, less, 0, more)]), less, more
    old, new = common.old(place), common.new(place)
    ours, theirs, hunks = between(old, new, common, place)
    return Work(first, second, old, new, ours, theirs, hunks), len(old), len(new)


def placed(a: bytes, part: Part, within: tuple[int, int], work: Work) -> Edit:
    """The hunks of a part, each at its best place."""
    old, new, first, second, found = work.old, work.new, work.first, work.second, work.hunks or []
    i, x = part[0], part[1]
    if all(h[0] != h[1] and h[2] != h[3] for h in found):
        if len(found) > 1:
            found = slide(old, new, found)
        return Edit(moved(found, first, second), first, second, old, new)
    # A group of added or of removed lines may slide beyond the part that changed.
    start = max(within[0], a.rfind(b"\n", 0, i - AROUND) + 1 if i > AROUND else 0)
    before, after = cut(a[start:i]), cut(a[x : within[1]])
    old, new = [*before, *old, *after], [*before, *new, *after]
    shift = len(before)
    found = slide(old, new, moved(found, shift, shift))
    first, second = first - shift, second - shift
    return Edit(moved(found, first, second), first, second, old, new)


def moved(hunks: list[Hunk], first: int, second: int) -> list[Hunk]:
    """The hunks, their lines counted from elsewhere."""
    return [(s + first, e + first, t + second, u + second) for s, e, t, u in hunks]


class Common:
    """How often lines occur in two texts: in what they have in common, and in the parts that changed."""

    __slots__ = ("_a", "_b", "_blank", "_end", "_known", "_lines", "_news", "_olds", "_parts", "_sides", "_text")

    def __init__(self, a: bytes, b: bytes, parts: Sequence[Part], end: int) -> None:
        """The texts, the old one up to `end`; nothing is looked at before it is asked for."""
        self._a, self._b, self._parts, self._end = a, b, parts, end
        self._olds: list[list[bytes] | None] = [None] * len(parts)
        self._news: list[list[bytes] | None] = [None] * len(parts)
        self._known: dict[bytes, int] = {}
        self._text: bytes | None = None
        self._sides: tuple[Counter[bytes], Counter[bytes]] | None = None
        self._lines = -1
        self._blank = -1

    def old(self, place: int) -> list[bytes]:
        """The old lines of a part."""
        lines = self._olds[place]
        if lines is None:
            part = self._parts[place]
            lines = self._olds[place] = cut(self._a[part[0] : part[1]])
        return lines

    def new(self, place: int) -> list[bytes]:
        """The new lines of a part."""
        lines = self._news[place]
        if lines is None:
            part = self._parts[place]
            lines = self._news[place] = cut(self._b[part[2] : part[3]])
        return lines

    @property
    def text(self) -> bytes:
        """What they have in common."""
        if self._text is None:
            edges = [0, *(edge for i, x, _, _ in self._parts for edge in (i, x)), self._end]
            self._text = b"".join(self._a[start:stop] for start, stop in zip(edges[::2], edges[1::2], strict=True))
        return self._text

    @property
    def lines(self) -> int:
        """How many lines that has."""
        if self._lines < 0:
            self._lines = lines_in(np.frombuffer(self.text, np.uint8))
        return self._lines

    @property
    def sides(self) -> tuple[Counter[bytes], Counter[bytes]]:
        """How often lines occur in the changed parts of the old text, and of the new one."""
        if self._sides is None:
            self._sides = (Counter(), Counter())
            for place in range(len(self._parts)):
                self._sides[0].update(self.old(place))
                self._sides[1].update(self.new(place))
        return self._sides

    def counts(self, lines: Iterable[bytes]) -> Mapping[bytes, int]:
        """How often each of these lines is in common; the same line twice in a row may count once, blank ones never do."""
        if isinstance(self._known, Counter):
            return self._known
        fresh = set(lines).difference(self._known)
        if len(fresh) + len(self._known) > MANY:
            self._known = Counter(cut(self.text))
            return self._known
        text = self.text
        for line in fresh:
            self._known[line] = text.count(b"\n" + line + b"\n") + text.startswith(line + b"\n") if line else self.blank
        return self._known

    @property
    def blank(self) -> int:
        """How many blank lines are in common."""
        if self._blank < 0:
            newline = np.frombuffer(self.text, np.uint8) == NEWLINE
            self._blank = int(np.count_nonzero(newline[1:] & newline[:-1])) + int(newline[:1].any())
        return self._blank

    def beside(self, place: int) -> tuple[list[bytes], list[bytes]]:
        """Some lines of the stretches before and after a part; none at either end of the texts, which nobody looks beyond."""
        a, parts = self._a, self._parts
        i, x = parts[place][0], parts[place][1]
        before = cut(a[max(i - BESIDE, parts[place - 1][1]) : i])[1:] if place else []
        after = cut(a[x : min(x + BESIDE, parts[place + 1][0])])[:-1] if place + 1 < len(parts) else []
        return before, after


def between(old: list[bytes], new: list[bytes], common: Common, place: int) -> tuple[list[int], list[int], list[Hunk] | None]:
    """(places in old, places in new of lines that may be in common, the hunks, or None where the differ must find them)."""
    both = set(old)
    both.intersection_update(new)
    if not both:
        return [], [], [(0, len(old), 0, len(new))]
    ours, theirs = [i for i, line in enumerate(old) if line in both], [i for i, line in enumerate(new) if line in both]
    left, right = [old[i] for i in ours], [new[i] for i in theirs]
    if left == right and not (accidental(old, ours) or accidental(new, theirs)):
        return ours, theirs, gaps(zip(ours, theirs, strict=True), len(old), len(new))
    ours, theirs = both_sides(old, new, common, place)
    left, right = [old[i] for i in ours], [new[i] for i in theirs]
    if left == right:
        return ours, theirs, gaps(zip(ours, theirs, strict=True), len(old), len(new))
    return ours, theirs, None


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


def telling(
    lines: list[bytes], around: Mapping[bytes, int], others: Mapping[bytes, int], total: int, before: list[bytes],
    after: list[bytes],
) -> list[int]:
    """The places of lines that the other text has too, without those that would be matched by accident.

    A blank line amid lines that are all new is not the blank line that stood amid the old ones. So a line that the
    other text has in very many places (more than about the root of its number of lines) is left out where it stands
    among lines that the other text has not at all, and these are more than three times as many as such lines, up and
    down to the next line that does tell. The method is that of GNU diff's "confusing lines", as imara-diff (Apache-2.0)
    describes it for git. `before` and `after` are lines of the stretches around.
    """
    least = 1 << ((total.bit_length() + 1) // 2)
    if before or after:
        size, shift = len(lines), len(before)
        found = telling([*before, *lines, *after], around, others, total, [], [])
        return [place - shift for place in found if shift <= place < shift + size]
    n = len(lines)
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
