"""Which lines two lists have in common, in order: Myers, *An O(ND) Difference Algorithm and Its Variations* (1986).

The linear-space variation of the paper's section 4b: a path is looked for from both ends at once, and where they meet the
problem falls in two. Written from the paper. Lines are numbers here. A stretch that both lists have and that is known
beforehand is walked in one step.
"""

from __future__ import annotations

from collections.abc import Sequence

#: Steps from either end after which the best path so far is taken: what differs that much has no one right answer. For
#: very long texts it is about the root of their lengths.
MOST = 256

#: (place in old, place in new, lines)
Block = tuple[int, int, int]


def common(old: Sequence[int], new: Sequence[int], stretches: Sequence[tuple[int, int, int]] = ()) -> list[Block]:
    """The blocks of lines in common, ascending.

    `stretches` are blocks that are known to be the same and whose lines occur nowhere else.
    """
    ahead = [1] * len(old)
    back = ahead[:] if stretches else ahead
    for start, _, size in stretches:
        ahead[start : start + size] = range(size, 0, -1)
        back[start : start + size] = range(1, size + 1)
    most = max(MOST, 1 << (((len(old) + len(new) + 3).bit_length() + 1) // 2))
    blocks: list[Block] = []
    tail: list[Block] = []
    left = [(0, len(old), 0, len(new))]
    while left:
        a, b, c, d = left.pop()
        if a < 0:  # held back until what stands before it is done
            blocks.append((b, c, d))
            continue
        while a < b and c < d and old[a] == new[c]:
            size = min(ahead[a], b - a, d - c)
            blocks.append((a, c, size))
            a += size
            c += size
        tail.clear()
        while a < b and c < d and old[b - 1] == new[d - 1]:
            size = min(back[b - 1], b - a, d - c)
            b -= size
            d -= size
            tail.append((b, d, size))
        left.extend((-1, x, y, size) for x, y, size in tail)
        if a == b or c == d:
            continue
        x, y = middle(old, new, a, b, c, d, most, (ahead, back) if stretches else None)
        left.append((x, b, y, d))
        left.append((a, x, c, y))
    return blocks


def middle(
    old: Sequence[int], new: Sequence[int], a: int, b: int, c: int, d: int, most: int,
    known: tuple[list[int], list[int]] | None,
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
            if known:
                while x < n and y < m and old[a + x] == new[c + y]:
                    step = min(known[0][a + x], n - x, m - y)
                    x += step
                    y += step
            else:
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
            if known:
                while x > 0 and y > 0 and old[a + x - 1] == new[c + y - 1]:
                    step = min(known[1][a + x - 1], x, y)
                    x -= step
                    y -= step
            else:
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
