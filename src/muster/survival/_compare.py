"""What an edit did to a text, as hunks of lines, looking only at the parts that changed.

Most edits touch a few places. So the bytes that both texts begin and end with are found first, by comparing memory, then
long stretches between that both have; lines are made only of what is left. If that is an insertion or a deletion, the
answer is there already. Else lines that only one side has are put aside; if what both have stands in the same order, that
is the answer; and only what is left then is given to the differ, part by part.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise

import numpy as np

from muster.survival import _differ
from muster.survival._slide import Hunk, loose, slide

NEWLINE = 10
#: Bytes of unchanged text that are looked at first around a hunk that may slide, and lines that tell that it went far.
AROUND, NEAR = 1024, 22
#: Bytes of a block of what both texts end with.
BLOCK = 1024
#: How many lines up and down are looked at around a line that may be matched by accident.
WINDOW = 100
#: Lines that are all over a text have at most so many bytes.
SHORT = 40
#: A part that changed is looked through for stretches that stayed if it has so many bytes; a stretch has at least so
#: many bytes and lines, and is recognised by a piece of so many bytes that neither part has twice.
LARGE, STRETCH, STRETCH_LINES, PIECE = 1500, 512, 10, 96
#: Bytes of a stretch that are looked at beside a part.
BESIDE = 240
#: From so many different lines on it is quicker to count all lines than each of these.
MANY = 6
#: In up to so many lines it is tried whether there is but one way.
FEW = 64
#: In more lines than this, runs of so many lines that stand once on either side, in the same order, are taken as stayed.
LONG, RUN = 6000, 8

U8 = np.uint8
frombuffer = np.frombuffer
nonzero = np.count_nonzero

#: (start, end) of the changed part in the old text, (start, end) in the new one: bytes
Part = tuple[int, int, int, int]
#: Hunks of a part, counted from its first lines; the number of its first line in the old text and in the new one; the
#: lines that it was found in on either side.
Edit = tuple[list[Hunk], int, int, Sequence[bytes], Sequence[bytes]]
#: What the differ has to be asked about: the edit without its hunks, the places of lines that may be in common on either
#: side, these lines on either side (None: these are not known yet), where the part stands in the old text, and where what stayed around it does.
Open = tuple[Edit, list[int], list[int], list[bytes] | None, list[bytes] | None, tuple[int, int], tuple[int, int]]


def count(text: bytes) -> int:
    """How many lines a text has."""
    return int(nonzero(frombuffer(text, U8) == NEWLINE)) + (bool(text) and text[-1] != NEWLINE)


def lines_in(text: bytes, start: int, end: int) -> int:
    """How many newlines stand in a stretch of a text."""
    if end - start < AROUND:
        return text.count(b"\n", start, end)
    return int(nonzero(frombuffer(text, U8, end - start, start) == NEWLINE))


def cut(text: bytes) -> list[bytes]:
    """The lines; a last one without a newline is unlike the same with one."""
    lines = text.split(b"\n")
    if lines[-1]:
        lines[-1] += b"\n"
    else:
        lines.pop()
    return lines


def compare(a: bytes, b: bytes) -> list[Edit]:
    """What makes text `b` of text `a`, part by part, ascending."""
    if a == b:
        return []
    at, x, y, end = ends(a, b)
    first = int(nonzero(frombuffer(a, U8, at) == NEWLINE)) if at else 0
    if x == at or y == at:
        return [pure(a, b, (at, x, at, y), first, first, (0, end))]
    stops = end, y + end - x
    if x - at <= LARGE or y - at <= LARGE:
        found = settled(a, b, (at, x, at, y), first, first, (0, end), stops)
        return [found if len(found) == 5 else closed(a, *answered(a, b, [(at, x, at, y)], [found], stops)[0])]
    parts = parts_of(a, b, at, x, y)
    olds = [lines_in(a, part[0], part[1]) for part in parts]
    news = [lines_in(b, part[2], part[3]) for part in parts]
    sizes = [lines_in(a, before[1], after[0]) for before, after in pairwise(parts)]
    if doubted(olds, news, sizes) and len(kept := apart(a, b, parts, sizes)) < len(parts):
        parts = kept
        olds = [lines_in(a, part[0], part[1]) for part in parts]
        news = [lines_in(b, part[2], part[3]) for part in parts]
        sizes = [lines_in(a, before[1], after[0]) for before, after in pairwise(parts)]
    edits: list[Edit | Open] = []
    second, low, last = first, 0, len(parts) - 1
    for place, part in enumerate(parts):
        high = parts[place + 1][0] if place < last else end
        if part[0] == part[1] or part[2] == part[3]:
            edits.append(pure(a, b, part, first, second, (low, high)))
        else:
            edits.append(settled(a, b, part, first, second, (low, high), stops))
        if place < last:
            first += olds[place] + sizes[place]
            second += news[place] + sizes[place]
        low = part[1]
    answers = iter(answered(a, b, parts, [edit for edit in edits if len(edit) == 7], stops))
    return [closed(a, *next(answers)) if len(edit) == 7 else edit for edit in edits]


def answered(
    a: bytes, b: bytes, parts: Sequence[Part], opened: Sequence[Open], stops: tuple[int, int]
) -> list[tuple[Open, list[tuple[int, int]]]]:
    """What was open, and the places of lines that are in common.

    Where there is one way only, the parts that are open are all that has to be looked at. Of equal ways the differ takes
    one by all lines of the texts that occur in the other one; then they are counted.
    """
    sides = [(left, right) for _, _, _, left, right, _, _ in opened if left is not None and right is not None]
    if len(sides) == len(opened) and any(len(left) + len(right) > LONG for left, right in sides):
        return [(one, paired(*both)) for one, both in zip(opened, sides, strict=True)]
    found: list[tuple[Open, list[tuple[int, int]]]] = []
    for one in opened:
        left, right = one[3], one[4]
        if left is None or right is None or len(left) + len(right) > FEW:
            break
        pairs = paired(left, right)
        if not (sole(left, [x for x, _ in pairs]) and sole(right, [y for _, y in pairs])):
            break
        n, m = len(left) - 1, len(right) - 1
        if pairs != [(n - x, m - y) for x, y in reversed(paired(left[::-1], right[::-1]))]:
            break
        found.append((one, pairs))
    else:
        return found
    olds, news = [cut(a[i:x]) for i, x, _, _ in parts], [cut(b[j:y]) for _, _, j, y in parts]
    around = [beside(a, part[0], part[1], (parts[place - 1][1] if place else 0,
                                           parts[place + 1][0] if place + 1 < len(parts) else stops[0]), stops)
              for place, part in enumerate(parts)]
    changed = set[bytes]().union(*olds, *news, *(side for both in around for side in both))
    ours, theirs = (Counter(filter(changed.__contains__, cut(text[:stop]))) for text, stop in ((a, stops[0]), (b, stops[1])))
    often = [frequent(counts, least(text, stop)) for counts, text, stop in ((theirs, a, stops[0]), (ours, b, stops[1]))]
    wholes: list[tuple[list[int], list[int], list[bytes], list[bytes]]] = []
    for old, new, stretches in zip(olds, news, around, strict=True):
        there = telling(old, [at for at, line in enumerate(old) if line in theirs], often[0], *stretches)
        here = telling(new, [at for at, line in enumerate(new) if line in ours], often[1], *stretches)
        wholes.append((there, here, [old[at] for at in there], [new[at] for at in here]))
    blocks = _differ.joint([(left, right) for _, _, left, right in wholes])
    asked = {one[5][0]: one for one in opened}
    return [((asked[part[0]][0], there, here, left, right, *asked[part[0]][5:]),
             [(x + at, y + at) for x, y, size in some for at in range(size)])
            for part, (there, here, left, right), some in zip(parts, wholes, blocks, strict=True) if part[0] in asked]


def ends(a: bytes, b: bytes) -> tuple[int, int, int, int]:
    """(bytes of whole lines that both begin with, where the changed part of a ends, where that of b, where a ends).

    What both texts end with is left out in whole blocks, as git does before it looks at lines: a hunk does not slide
    into it, so where the texts end matters.
    """
    la, lb = len(a), len(b)
    least = min(la, lb)
    if not least:
        return 0, la, lb, la
    ours, theirs = frombuffer(a, U8), frombuffer(b, U8)
    unlike = ours[:least] != theirs[:least]
    at = int(unlike.argmax())
    if not unlike[at]:
        at = least
    if la != lb:
        unlike = ours[la - least :] != theirs[lb - least :]
    same = least - 1 - unlike.tobytes().rfind(1)
    end, y = la, lb
    if same >= BLOCK:
        rest = a.find(b"\n", la - same // BLOCK * BLOCK) + 1
        if rest:
            same -= la - rest
            end, y = rest, lb - (la - rest)
    at = min(at, end, y)
    if at == end == y:
        return at, end, y, end
    at = a.rfind(b"\n", 0, at) + 1
    same = min(same, min(end, y) - at)
    x, y = end - same, y - same
    # What both end with must begin with a line on both sides.
    if not ((x == 0 or a[x - 1] == NEWLINE) and (y == 0 or b[y - 1] == NEWLINE)):
        start = a.find(b"\n", x, end) + 1
        x, y = (start, y + start - x) if start else (end, y + end - x)
    return at, x, y, end


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
            start, there = p, q
            while start > i and there > j:
                line = max(a.rfind(b"\n", i, start - 1) + 1, i)
                up = there - (start - line)
                if up < j or a[line:start] != b[up:there] or (up > j and b[up - 1] != NEWLINE):
                    break
                start, there = line, up
            end, most = p + len(piece), min(x - p, y - q) - len(piece)
            end = a.rfind(b"\n", start, end + ahead(a, b, end, stop, most)) + 1
            if end - start >= STRETCH and lines_in(a, start, end) >= STRETCH_LINES and a.find(piece, p + 1, x) < 0 \
                    and b.find(piece, j, stop - 1) < 0 and b.find(piece, q + 1, y) < 0:
                return start, there, end - start
        q = b.find(b"\n", q + step, y) + 1
        if not q:
            return None
        step *= 2
    return None


def ahead(a: bytes, b: bytes, i: int, j: int, most: int) -> int:
    """How many bytes are the same from i in a and j in b on, at most so many."""
    at, step = 0, 2048
    while at < most:
        size = min(step, most - at)
        unlike = frombuffer(a, U8, size, i + at) != frombuffer(b, U8, size, j + at)
        place = int(unlike.argmax())
        if unlike[place]:
            return at + place
        at += size
        step *= 4
    return most


def doubted(olds: Sequence[int], news: Sequence[int], sizes: Sequence[int]) -> bool:
    """Whether enough lines changed on both sides of a stretch that it might be given up for some of these."""
    less, more = sum(olds), sum(news)
    one = two = 0
    for old, new, size in zip(olds, news, sizes, strict=False):
        one, two = one + old, two + new
        if min(one, more - two) >= size or min(two, less - one) >= size:
            return True
    return False


def apart(a: bytes, b: bytes, parts: Sequence[Part], sizes: Sequence[int]) -> list[Part]:
    """The parts, two put together where the stretch between may be given up for lines that could be matched across it.

    A shortest edit keeps a stretch if fewer lines than it has stand before it in one text and after it in the other.
    Lines farther off count only against all the stretches that lie between. `sizes` are the lines of the stretches.
    """
    olds, news = [cut(a[i:x]) for i, x, _, _ in parts], [cut(b[j:y]) for _, _, j, y in parts]
    where: dict[bytes, int] = {}
    for place, lines in enumerate(news):
        for line in lines:
            where[line] = place if where.get(line, place) == place else -1
    across = sum(where.get(line, place) != place for place, lines in enumerate(olds) for line in lines)
    if across < min(sizes):
        return list(parts)
    until = [0, *accumulate(sizes)]
    lengths = [[0, *accumulate(map(len, side))] for side in (olds, news)]
    found = [parts[0]]
    for place in range(1, len(parts)):
        near, given = 1, False
        while not given:
            low, high = max(place - near, 0), min(place + near, len(parts))
            kept = until[high - 1] - until[low]
            for one, two in ((0, 1), (1, 0)):
                most = min(lengths[one][place] - lengths[one][low], lengths[two][high] - lengths[two][place])
                given |= most >= kept and shared((olds, news)[one][low:place], (olds, news)[two][place:high]) >= kept
            if (low == 0 and high == len(parts)) or kept > across:
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


def pure(a: bytes, b: bytes, part: Part, first: int, second: int, within: tuple[int, int]) -> Edit:
    """The edit of a part that only one side has. `within` is where what stayed around it begins and ends in a."""
    i, x, j, y = part
    text, start, stop = (b, j, y) if i == x else (a, i, x)
    last = text[max(text.rfind(b"\n", start, stop - 1) + 1, start) : stop]
    back = i - len(last)
    group = cut(text[start:stop])
    old, new = ([], group) if i == x else (group, [])
    hunk = (0, len(old), 0, len(new))
    up = back >= 0 and a[back:i] == last and (back == 0 or a[back - 1] == NEWLINE)
    if up or a.startswith(text[start : text.find(b"\n", start, stop) + 1 or stop], x, within[1]):
        return placed(a, i, x, within, ([hunk], first, second, old, new))
    return [hunk], first, second, old, new


def settled(
    a: bytes, b: bytes, part: Part, first: int, second: int, within: tuple[int, int], stops: tuple[int, int]
) -> Edit | Open:
    """The edit of a part that both sides have, or what is to be asked of it. `stops` is where the texts end."""
    old, new = cut(a[part[0] : part[1]]), cut(b[part[2] : part[3]])
    n, m = len(old), len(new)
    both = set(old)
    if both.isdisjoint(new):
        return [(0, n, 0, m)], first, second, old, new
    both.intersection_update(new)
    ours, theirs = [i for i, line in enumerate(old) if line in both], [j for j, line in enumerate(new) if line in both]
    if len(ours) < n or len(theirs) < m:
        some, more = doubtful(old, ours), doubtful(new, theirs)
        if some or more:
            around = beside(a, part[0], part[1], within, stops)
            for place, (lines, there, doubts) in enumerate(((old, ours, some), (new, theirs, more))):
                if doubts:
                    doubts.update(line for side in around for line in side if len(line) <= SHORT)
                    often = frequent(occurrences((b, a)[place], stops[1 - place], doubts), least((a, b)[place], stops[place]))
                    if len(telling(lines, there, often, *around)) < len(there):
                        # Whether these are among lines that only one text has depends on all of both.
                        return ([], first, second, old, new), ours, theirs, None, None, (part[0], part[1]), within
    left, right = [old[i] for i in ours], [new[j] for j in theirs]
    found: Open = ([], first, second, old, new), ours, theirs, left, right, (part[0], part[1]), within
    return closed(a, found, zip(range(len(left)), range(len(left)), strict=True)) if left == right else found


def closed(a: bytes, found: Open, pairs: Iterable[tuple[int, int]]) -> Edit:
    """The edit, given which of the lines that may be in common are."""
    (_, first, second, old, new), ours, theirs, _, _, (i, x), within = found
    hunks = gaps(((ours[p], theirs[q]) for p, q in pairs), len(old), len(new))
    edit = hunks, first, second, old, new
    for start, end, to, stop in hunks:
        if start == end or to == stop:
            return placed(a, i, x, within, edit)
    return edit if len(hunks) == 1 else (slide(old, new, hunks), first, second, old, new)


def placed(a: bytes, i: int, x: int, within: tuple[int, int], edit: Edit) -> Edit:
    """The edit with each hunk at its best place; groups of added or of removed lines may slide beyond the part a[i:x]."""
    hunks, first, second, old, new = edit
    room = 1
    while True:
        start = max(within[0], a.rfind(b"\n", 0, i - room) + 1) if i - room > within[0] else within[0]
        stop = min(within[1], a.find(b"\n", x + room) + 1 or within[1]) if x + room < within[1] else within[1]
        before, after = cut(a[start:i]), cut(a[x:stop])
        one, two, shift = [*before, *old, *after], [*before, *new, *after], len(before)
        found = [(s + shift, e + shift, t + shift, u + shift) for s, e, t, u in hunks]
        if room == 1:
            # A line on either side shows whether anything slides at all.
            if not any(loose(one, s, e) or loose(two, t, u) for s, e, t, u in found):
                return edit
            room = AROUND
            continue
        found = slide(one, two, found)
        far = (start > within[0] and found[0][0] < NEAR) or (stop < within[1] and found[-1][1] > len(one) - NEAR)
        if not far or (start == within[0] and stop == within[1]):
            return found, first - shift, second - shift, one, two
        room *= 4


def sole(lines: list[bytes], places: Sequence[int]) -> bool:
    """Whether the lines at these places stand in this order nowhere else in the list."""
    at = 0
    for place in places:
        if lines.index(lines[place], at) != place:
            return False
        at = place + 1
    back, at = lines[::-1], 0
    for place in reversed(places):
        here = len(lines) - 1 - place
        if back.index(lines[place], at) != here:
            return False
        at = here + 1
    return True


def beside(a: bytes, i: int, x: int, within: tuple[int, int], stops: tuple[int, int]) -> tuple[list[bytes], list[bytes]]:
    """Some lines of the stretches before and after a part; none at either end of the texts, which nobody looks beyond."""
    before = cut(a[max(i - BESIDE, within[0]) : i])[1:] if within[0] else []
    after = cut(a[x : min(x + BESIDE, within[1])])[:-1] if within[1] < stops[0] else []
    return before, after


def least(text: bytes, end: int) -> int:
    """In how many places of the other text a line of this one must stand to be all over it: about the root of its lines."""
    return 1 << ((lines_in(text, 0, end).bit_length() + 1) // 2)


def frequent(counts: Mapping[bytes, int], enough: int) -> set[bytes]:
    """The lines that occur often enough."""
    return {line for line, count in counts.items() if count >= enough}


def telling(lines: list[bytes], both: list[int], often: set[bytes], before: list[bytes], after: list[bytes]) -> list[int]:
    """The places of lines that the other text has too, without those that would be matched by accident.

    A blank line amid lines that are all new is not the blank line that stood amid the old ones. So a line that the
    other text has in very many places (`often`) is left out where it stands among lines that the other text has not at
    all, and these are more than three times as many as such lines, up and down to the next line that does tell. The
    method is that of GNU diff's "confusing lines", as imara-diff (Apache-2.0) describes it for git. `before` and `after`
    are lines of the stretches around.
    """
    if not often or len(both) == len(lines) or often.isdisjoint(lines):
        return both
    shift, n = len(before), len(lines)
    everything = [*before, *lines, *after] if before or after else lines
    there = [*range(shift), *(place + shift for place in both), *range(shift + n, len(everything))] if before or after else both
    among = [place for place in there if everything[place] in often]
    solid = [place for place in there if everything[place] not in often]
    out: set[int] = set()
    for index, place in enumerate(among):
        below = bisect_left(solid, place)
        low = max(solid[below - 1] + 1 if below else 0, place - WINDOW)
        high = min(solid[below] if below < len(solid) else len(everything), place + WINDOW + 1)
        start, stop = bisect_left(among, low), bisect_left(among, high)
        # Lines that only this text has must stand on both sides.
        if place - low > index - start and high - 1 - place > stop - 1 - index and (stop - start + 1) * 4 < high - low + 1:
            out.add(place - shift)
    return [place for place in both if place not in out] if out else both


def doubtful(lines: Sequence[bytes], both: Sequence[int]) -> set[bytes]:
    """Short lines that both texts have, among more than three times as many lines that only this one has."""
    found: set[bytes] = set()
    some: list[bytes] = []
    last = before = -1
    holes = 0
    for place in (*both, len(lines)):
        if place != before + 1:
            holes += 1
        before = place
        if place < len(lines) and len(line := lines[place]) <= SHORT:
            some.append(line)
            continue
        if some:
            if holes > 1 and (len(some) + 1) * 4 <= place - last:
                found.update(some)
            some = []
        last, holes = place, 0
    return found


def occurrences(text: bytes, end: int, lines: Collection[bytes]) -> Mapping[bytes, int]:
    """How often each of these lines stands in a text up to `end`; the same line twice in a row may count once, no blank one."""
    if len(lines) > MANY:
        return Counter(cut(text[:end]))
    found: dict[bytes, int] = {}
    for line in lines:
        if line:
            found[line] = text.count(b"\n" + line + b"\n", 0, end) + text.startswith(line + b"\n", 0, end)
        else:
            newline = frombuffer(text, U8, end) == NEWLINE
            found[line] = int(nonzero(newline[1:] & newline[:-1])) + text.startswith(b"\n", 0, end)
    return found


def paired(left: Sequence[bytes], right: Sequence[bytes]) -> list[tuple[int, int]]:
    """Places of equal lines in two lists of lines, ascending on both sides, as many as can be."""
    n, m, i = len(left), len(right), 0
    while i < n and i < m and left[i] == right[i]:
        i += 1
    tail = 0
    while n - tail > i < m - tail and left[n - tail - 1] == right[m - tail - 1]:
        tail += 1
    pairs = [(at, at) for at in range(i)]
    x = y = i
    if n + m - 2 * (i + tail) > LONG and i < n - tail and i < m - tail:
        for p, q in runs(left, right, i, n - tail, m - tail):
            boxed(left, right, (x, p, y, q), pairs)
            pairs.append((p, q))
            x, y = p + 1, q + 1
    boxed(left, right, (x, n - tail, y, m - tail), pairs)
    pairs.extend((n - tail + at, m - tail + at) for at in range(tail))
    return pairs


def boxed(left: Sequence[bytes], right: Sequence[bytes], box: Part, pairs: list[tuple[int, int]]) -> None:
    """Add the places of equal lines within left[x:p] and right[y:q]."""
    x, p, y, q = box
    while x < p and y < q and left[x] == right[y]:
        pairs.append((x, y))
        x += 1
        y += 1
    tail = 0
    while x < p and y < q and left[p - 1] == right[q - 1]:
        p, q, tail = p - 1, q - 1, tail + 1
    if x < p and y < q:
        for u, v, size in _differ.common(*_differ.numbered(left[x:p], right[y:q])):
            pairs.extend((x + u + at, y + v + at) for at in range(size))
    pairs.extend((p + at, q + at) for at in range(tail))


def runs(left: Sequence[bytes], right: Sequence[bytes], i: int, n: int, m: int) -> list[tuple[int, int]]:
    """Places of lines in left[i:n] and right[i:m] that stand once on either side, in runs, if all of these keep their order."""
    ours: dict[bytes, int] = {}
    for at in range(i, n):
        ours[left[at]] = -1 if left[at] in ours else at
    theirs: dict[bytes, int] = {}
    for at in range(i, m):
        theirs[right[at]] = -1 if right[at] in theirs else at
    points = [(p, q) for line, p in ours.items() if p >= 0 and (q := theirs.get(line, -1)) >= 0]
    found: list[tuple[int, int]] = []
    run: list[tuple[int, int]] = []
    last = -1
    for p, q in points:
        if q < last:
            return []
        last = q
        if run and run[-1] != (p - 1, q - 1):
            if len(run) >= RUN:
                found += run
            run = []
        run.append((p, q))
    return found + run if len(run) >= RUN else found


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
