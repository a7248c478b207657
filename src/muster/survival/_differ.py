"""Which lines two lists have in common, in order: Myers, *An O(ND) Difference Algorithm and Its Variations* (1986).

The linear-space variation of the paper's section 4b: a path is looked for from both ends at once, and where they meet the
problem falls in two. Written from the paper. Lines are numbers here.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

#: Steps from either end after which the best path so far is taken: what differs that much has no one right answer. For
#: very long texts it is about the root of their lengths.
MOST = 256

#: (place in old, place in new, lines)
Block = tuple[int, int, int]
#: (which pair of lists, start and end in old, start and end in new, lines without a like in between)
Segment = tuple[int, int, int, int, int, int]


def joint(texts: Sequence[tuple[Sequence[Hashable], Sequence[Hashable]]]) -> list[list[Block]]:
    """The blocks of pairs of lists that stand one after the other in two texts, with nothing but like lines between.

    Of equal ways the differ takes one by where in the whole the search from both ends meets. So the parts are looked at
    as a whole here, but only that part is searched which the middle falls in.
    """
    pairs = [numbered(old, new) for old, new in texts]
    found = [common(old, new) for old, new in pairs]
    segments: list[Segment] = [(place, 0, len(old), 0, len(new), len(old) + len(new) - 2 * sum(size for _, _, size in blocks))
                               for place, ((old, new), blocks) in enumerate(zip(pairs, found, strict=True))]
    blocks = [some if not segment[5] else [] for segment, some in zip(segments, found, strict=True)]
    segments = [segment for segment in segments if segment[5]]
    if len(segments) < 2 or sum(segment[5] for segment in segments) > 2 * MOST:
        return found
    left = [segments]
    while left:
        here = left.pop()
        place, a, b, c, d, cost = here[0]
        if len(here) == 1:
            old, new = pairs[place]
            if a == c == 0 and b == len(old) and d == len(new):
                blocks[place] = found[place]
            else:
                blocks[place] += [(a + x, c + y, size) for x, y, size in common(old[a:b], new[c:d])]
            continue
        total = sum(segment[5] for segment in here)
        half, at = (total + 1) // 2, 0
        while half > here[at][5]:
            half -= here[at][5]
            at += 1
        place, a, b, c, d, cost = here[at]
        if half == cost:
            left += [here[at + 1 :], here[: at + 1]]
            continue
        point = meeting(*pairs[place], (a, b, c, d), half, cost - half, total & 1)
        if point is None:
            return found
        x, y = point
        left += [[(place, x, b, y, d, cost - half), *here[at + 1 :]], [*here[:at], (place, a, x, c, y, half)]]
    return blocks


def numbered(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[list[int], list[int]]:
    """The same with a number for each line, which is quicker to compare."""
    codes: dict[Hashable, int] = {}
    return [codes.setdefault(line, len(codes)) for line in old], [codes.setdefault(line, len(codes)) for line in new]


def meeting(
    old: Sequence[int], new: Sequence[int], box: tuple[int, int, int, int], ahead: int, behind: int, odd: int,
) -> tuple[int, int] | None:
    """Where paths of so many steps from the start of a box and from its end meet; None where they do not."""
    a, b, c, d = box
    while a < b and c < d and old[a] == new[c]:
        a, c = a + 1, c + 1
    while a < b and c < d and old[b - 1] == new[d - 1]:
        b, d = b - 1, d - 1
    n, m = b - a, d - c
    delta = n - m
    room = ahead + behind + abs(delta) + 3
    forward, backward = [-1] * (2 * room + 1), [n + 1] * (2 * room + 1)
    forward[room], backward[room] = 0, n
    flow = fhigh = blow = bhigh = room
    lowest, highest = room - m, room + n
    low, high = room - m - delta, room + n - delta
    for back in (True, False) if odd else (False, True):
        for step in range(behind if back else ahead):
            if not back:
                flow = flow - 1 if flow > lowest else flow + 1
                fhigh = fhigh + 1 if fhigh < highest else fhigh - 1
                for k in range(fhigh, flow - 1, -2):
                    x = max(forward[k - 1] + 1, forward[k + 1])
                    y = x - k + room
                    while x < n and y < m and old[a + x] == new[c + y]:
                        x += 1
                        y += 1
                    forward[k] = x
                    if odd and step == ahead - 1 and blow + delta <= k <= bhigh + delta and backward[k - delta] <= x:
                        return a + x, c + y
            else:
                blow = blow - 1 if blow > low else blow + 1
                bhigh = bhigh + 1 if bhigh < high else bhigh - 1
                for k in range(bhigh, blow - 1, -2):
                    x = min(backward[k - 1], backward[k + 1] - 1)
                    y = x - k - delta + room
                    while x > 0 and y > 0 and old[a + x - 1] == new[c + y - 1]:
                        x -= 1
                        y -= 1
                    backward[k] = x
                    if not odd and step == behind - 1 and flow <= k + delta <= fhigh and x <= forward[k + delta]:
                        return a + x, c + y
    return None


def common(old: Sequence[int], new: Sequence[int]) -> list[Block]:
    """The blocks of lines in common, ascending."""
    most = max(MOST, 1 << (((len(old) + len(new) + 3).bit_length() + 1) // 2))
    blocks: list[Block] = []
    left = [(0, len(old), 0, len(new))]
    while left:
        a, b, c, d = left.pop()
        if a < 0:  # held back until what stands before it is done
            blocks.append((b, c, d))
            continue
        x, y = a, c
        while a < b and c < d and old[a] == new[c]:
            a += 1
            c += 1
        if a > x:
            blocks.append((x, y, a - x))
        end = b
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b -= 1
            d -= 1
        if end > b:
            left.append((-1, b, d, end - b))
        if a == b or c == d:
            continue
        x, y = middle(old, new, a, b, c, d, most)
        left.append((x, b, y, d))
        left.append((a, x, c, y))
    return blocks


def middle(
    old: Sequence[int], new: Sequence[int], a: int, b: int, c: int, d: int, most: int,
) -> tuple[int, int]:
    """A point on a shortest path from (a, c) to (b, d), neither of them."""
    n, m = b - a, d - c
    delta = n - m
    odd = delta & 1
    room = min(n + m, most) + 2
    forward, backward = [-1] * (2 * room + 1), [n + 1] * (2 * room + 1)
    # Diagonal k of the paper, x - y, stands at index k + room going forward and k - delta + room going back; x counts from a.
    forward[room], backward[room] = 0, n
    flow = fhigh = blow = bhigh = room
    lowest, highest = room - m, room + n
    low, high = room - m - delta, room + n - delta
    for cost in range(1, n + m + 1):
        flow = flow - 1 if flow > lowest else flow + 1
        fhigh = fhigh + 1 if fhigh < highest else fhigh - 1
        first, last = blow + delta, bhigh + delta
        for k in range(fhigh, flow - 1, -2):
            over, under = forward[k - 1] + 1, forward[k + 1]
            x = over if over > under else under
            y = x - k + room
            while x < n and y < m and old[a + x] == new[c + y]:
                x += 1
                y += 1
            forward[k] = x
            if odd and first <= k <= last and backward[k - delta] <= x:
                return a + x, c + y
        blow = blow - 1 if blow > low else blow + 1
        bhigh = bhigh + 1 if bhigh < high else bhigh - 1
        first, last = flow - delta, fhigh - delta
        for k in range(bhigh, blow - 1, -2):
            over, under = backward[k - 1], backward[k + 1] - 1
            x = over if over < under else under
            y = x - k - delta + room
            while x > 0 and y > 0 and old[a + x - 1] == new[c + y - 1]:
                x -= 1
                y -= 1
            backward[k] = x
            if not odd and first <= k <= last and x <= forward[k + delta]:
                return a + x, c + y
        if cost >= most:
            x, y = farthest([(forward[k], k - room) for k in range(fhigh, flow - 1, -2)],
                            [(backward[k], k + delta - room) for k in range(bhigh, blow - 1, -2)], n, m)
            return a + x, c + y
    raise AssertionError("two texts always have a shortest path")


def farthest(forward: Sequence[tuple[int, int]], backward: Sequence[tuple[int, int]], n: int, m: int) -> tuple[int, int]:
    """The point that a path got farthest to, from whichever end; of equals the first. Given are (x, diagonal) of each."""
    ahead, behind = (-1, 0, 0), (n + m + 1, n, m)
    for x, k in forward:
        x = min(x, n, m + k)
        if 2 * x - k > ahead[0]:
            ahead = (2 * x - k, x, x - k)
    for x, k in backward:
        x = max(x, 0, k)
        if 2 * x - k < behind[0]:
            behind = (2 * x - k, x, x - k)
    return ahead[1:] if ahead[0] > n + m - behind[0] else behind[1:]
