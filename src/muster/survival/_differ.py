"""Which lines two lists have in common, in order: Myers, *An O(ND) Difference Algorithm and Its Variations* (1986).

The linear-space variation of the paper's section 4b: a path is looked for from both ends at once, and where they meet the
problem falls in two. Written from the paper.
"""

from __future__ import annotations

from collections.abc import Sequence

#: Steps from either end after which the best path so far is taken: what differs that much has no one right answer.
MOST = 256


def common(old: Sequence[int], new: Sequence[int]) -> list[tuple[int, int]]:
    """(place in old, place in new) of the lines in common, ascending."""
    pairs: list[tuple[int, int]] = []
    tail: list[tuple[int, int]] = []
    left = [(0, len(old), 0, len(new))]
    while left:
        a, b, c, d = left.pop()
        if a < 0:  # held back until what stands before it is done
            pairs.append((b, c))
            continue
        while a < b and c < d and old[a] == new[c]:
            pairs.append((a, c))
            a += 1
            c += 1
        tail.clear()
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b -= 1
            d -= 1
            tail.append((b, d))
        left.extend((-1, x, y, 0) for x, y in tail)
        if a == b or c == d:
            continue
        x, y = middle(old, new, a, b, c, d)
        left.append((x, b, y, d))
        left.append((a, x, c, y))
    return pairs


def middle(old: Sequence[int], new: Sequence[int], a: int, b: int, c: int, d: int) -> tuple[int, int]:
    """A point on a shortest path from (a, c) to (b, d), neither of them."""
    n, m = b - a, d - c
    delta = n - m
    odd = delta & 1
    offset = m + 1
    size = n + m + 3
    forward, backward = [-1] * size, [n + 1] * size
    # Diagonal k of the paper stands at index k + offset; x counts from a.
    forward[offset], backward[delta + offset] = 0, n
    flow, fhigh = offset, offset
    blow, bhigh = delta + offset, delta + offset
    lowest, highest = offset - m, offset + n
    for cost in range(1, n + m + 1):
        flow = flow - 1 if flow > lowest else flow + 1
        fhigh = fhigh + 1 if fhigh < highest else fhigh - 1
        for k in range(fhigh, flow - 1, -2):
            over, under = forward[k - 1] + 1, forward[k + 1]
            x = over if over > under else under
            y = x - k + offset
            while x < n and y < m and old[a + x] == new[c + y]:
                x += 1
                y += 1
            forward[k] = x
            if odd and blow <= k <= bhigh and (k - blow) % 2 == 0 and backward[k] <= x:
                return a + x, c + y
        blow = blow - 1 if blow > lowest else blow + 1
        bhigh = bhigh + 1 if bhigh < highest else bhigh - 1
        for k in range(bhigh, blow - 1, -2):
            over, under = backward[k - 1], backward[k + 1] - 1
            x = over if over < under else under
            y = x - k + offset
            while x > 0 and y > 0 and old[a + x - 1] == new[c + y - 1]:
                x -= 1
                y -= 1
            backward[k] = x
            if not odd and flow <= k <= fhigh and (k - flow) % 2 == 0 and x <= forward[k]:
                return a + x, c + y
        if cost >= MOST:
            return farthest(forward, backward, flow, fhigh, blow, bhigh, offset, n, m, a, c)
    raise AssertionError("two texts always have a shortest path")


def farthest(
    forward: list[int], backward: list[int], flow: int, fhigh: int, blow: int, bhigh: int, offset: int, n: int, m: int,
    a: int, c: int,
) -> tuple[int, int]:
    """The point that a path got farthest to, from whichever end."""
    ahead = max(((forward[k] * 2 - (k - offset), forward[k], k) for k in range(flow, fhigh + 1, 2)
                 if 0 <= forward[k] <= n and 0 <= forward[k] - (k - offset) <= m), default=(0, 0, offset))
    behind = min(((backward[k] * 2 - (k - offset), backward[k], k) for k in range(blow, bhigh + 1, 2)
                  if 0 <= backward[k] <= n and 0 <= backward[k] - (k - offset) <= m), default=(n + m, n, n - m + offset))
    total, x, k = ahead if ahead[0] >= n + m - behind[0] else behind
    if total in (0, n + m):
        x, k = n // 2, n // 2 - m // 2 + offset
    return a + x, c + x - (k - offset)
