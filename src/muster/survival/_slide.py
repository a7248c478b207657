"""Where a hunk that could stand in several places is put, as readers and `git blame` have it.

A run of added lines that ends as the line before it does can be moved up a line without changing what the two texts are,
and the other way round. Which place is best was studied on hand-made judgements by Michael Haggerty (diff-slider-tools,
2016): a group is best split off where little is indented and after blank lines. His weights stand here as the numbers
they are; the same method is in imara-diff (Apache-2.0). A place where removed and added lines stand together wins.
"""

from __future__ import annotations

from collections.abc import Sequence

Hunk = tuple[int, int, int, int]

#: Weights of Haggerty's study.
START, END, BLANKS, AFTER = 1, 21, -30, 6
DEEPER, DEEPER_BLANK, OUT, OUT_BLANK, BACK, BACK_BLANK = -4, 10, 24, 17, 23, 17
INDENT = 60
#: No group is moved farther than this by indentation alone, and no more blank lines than this are looked at.
FARTHEST, MOST_BLANKS, DEEPEST = 100, 20, 200


def slide(old: Sequence[bytes], new: Sequence[bytes], hunks: list[Hunk]) -> list[Hunk]:
    """The hunks, each group of lines that one side has and the other has not at its best place.

    `hunks` are (old start, old end, new start, new end) in ascending order, none touching another. First removed lines
    are put in place, then added ones.
    """
    if not any(loose(old, a, b) or loose(new, c, d) for a, b, c, d in hunks):
        return hunks
    removed: dict[int, int] = {}
    added: dict[int, int] = {}
    gone = come = 0
    for a, b, c, d in hunks:
        # A group is known by how many lines of both sides stand before it, which is the same number on either side.
        if b > a:
            removed[a - gone] = b - a
            gone += b - a
        if d > c:
            added[c - come] = d - c
            come += d - c
    removed = placed(old, removed, added)
    added = placed(new, added, removed)
    found: list[Hunk] = []
    gone = come = 0
    for gap in sorted({*removed, *added}):
        less, more = removed.get(gap, 0), added.get(gap, 0)
        found.append((gap + gone, gap + gone + less, gap + come, gap + come + more))
        gone += less
        come += more
    return found


def loose(lines: Sequence[bytes], start: int, end: int) -> bool:
    """Whether a group can be moved at all."""
    return end > start and ((start > 0 and lines[start - 1] == lines[end - 1])
                            or (end < len(lines) and lines[start] == lines[end]))


def placed(lines: Sequence[bytes], groups: dict[int, int], others: dict[int, int]) -> dict[int, int]:
    """The groups of one side at their best places, by gap; groups that meet become one. `others` is the other side."""
    done: dict[int, int] = {}
    left = dict(sorted(groups.items()))
    before = 0
    while left:
        gap = next(iter(left))
        size = left.pop(gap)
        while True:
            grown = size
            beside = None
            start = gap + before
            while start > 0 and lines[start - 1] == lines[start + size - 1]:
                gap -= 1
                start -= 1
                if gap in done:
                    more = done.pop(gap)
                    size += more
                    before -= more
                    start -= more
            top = gap
            if gap in others:
                beside = gap
            while start + size < len(lines) and lines[start] == lines[start + size]:
                gap += 1
                start += 1
                if gap in left:
                    size += left.pop(gap)
                if gap in others:
                    beside = gap
            if size == grown:
                break
        if gap != top:
            gap = beside if beside is not None else gap + best(lines, start, start + size, gap - top)
        done[gap] = size
        before += size
    return done


def best(lines: Sequence[bytes], start: int, end: int, room: int) -> int:
    """How far up (below zero) the group goes by the look of its edges, given so much room; of equals the lowest."""
    winner, least = 0, None
    for shift in range(-min(room, end - start + 1, FARTHEST), 1):
        score = plus(edge(lines, start + shift), edge(lines, end + shift))
        if least is None or better(score, least):
            winner, least = shift, score
    return winner


def plus(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    """The sum of two edges."""
    return one[0] + two[0], one[1] + two[1]


def better(one: tuple[int, int], two: tuple[int, int]) -> bool:
    """Whether `one` is at least as good a place as `two`."""
    return INDENT * ((one[0] > two[0]) - (one[0] < two[0])) + one[1] - two[1] <= 0


def indent(line: bytes) -> int:
    """How far a line is indented, tabs at every eighth column; -1 for a blank one."""
    width = 0
    for byte in line:
        if byte == 32:
            width += 1
        elif byte == 9:
            width += 8 - width % 8
        elif byte not in b"\r\n\v\f":
            return width
        if width >= DEEPEST:
            return DEEPEST
    return -1


def edge(lines: Sequence[bytes], at: int) -> tuple[int, int]:
    """(indentation, penalty) of splitting the text before line `at`."""
    penalty = 0
    here = indent(lines[at]) if at < len(lines) else -1
    before_blank = 0
    before = -1
    for place in range(at - 1, -1, -1):
        before = indent(lines[place])
        if before != -1:
            break
        before_blank += 1
        if before_blank == MOST_BLANKS:
            before = 0
            break
    after_blank = 0
    after = -1
    for place in range(at + 1, len(lines)):
        after = indent(lines[place])
        if after != -1:
            break
        after_blank += 1
        if after_blank == MOST_BLANKS:
            after = 0
            break
    if before == -1 and before_blank == 0:
        penalty += START
    if at >= len(lines):
        penalty += END
    follows = 1 + after_blank if here == -1 and at < len(lines) else 0
    total = before_blank + follows
    penalty += BLANKS * total + AFTER * follows
    level = here if here != -1 else after
    blank = total > 0
    if level == -1 or before == -1 or level == before:
        return level, penalty
    if level > before:
        return level, penalty + (DEEPER_BLANK if blank else DEEPER)
    if after != -1 and after > level:
        return level, penalty + (OUT_BLANK if blank else OUT)
    return level, penalty + (BACK_BLANK if blank else BACK)
