"""The picture of how much of the person's code is still there, by age, beside others' of the same half-years.

It is read off the signal longevity, whose file says how the shares are estimated and what they are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

from muster.model import Case, Packet, Signal
from muster.packet.draw import n, svg, text
from muster.packet.measures import figure
from muster.room.standing import share
from muster.room.words import count

#: Ages at which the share of lines is measured, in years, and in words.
AGES = (
    ("6m", 0.5, "half a year"), ("1y", 1.0, "one year"), ("18m", 1.5, "a year and a half"), ("2y", 2.0, "two years"),
    ("30m", 2.5, "two years and a half"), ("3y", 3.0, "three years"),
)
BASELINE = "_baseline"


def curve(case: Case, rest: str = "") -> tuple[tuple[float, Signal], ...]:
    """(years, share) at each age at which the share of lines of code is known; `rest` is BASELINE for others'."""
    found = [(years, case.measure("longevity", f"code_lines_alive_{age}{rest}")) for age, years, _ in AGES]
    return tuple((years, one) for years, one in found if one is not None and one.value is not None)


def picture(packet: Packet) -> str:
    """The share of lines of code that is still there, by age: the person's with its interval as a band, others' dashed with
    theirs as bars. Empty where fewer than two ages are known: those are read faster than drawn."""
    own, others = curve(packet.case), curve(packet.case, BASELINE)
    if len(own) < 2:
        return ""
    width, height, left, right, top, foot = 440.0, 208.0, 44.0, 88.0, 12.0, 26.0

    def x(years: float) -> float:
        return left + (width - left - right) * years / 3

    def y(level: float) -> float:
        return top + (height - top - foot) * (1 - level)

    body = []
    for level in (0.0, 0.5, 1.0):
        body.append(f'<line x1="{n(left)}" y1="{n(y(level))}" x2="{n(x(3))}" y2="{n(y(level))}" class="{"tick" if level else "axis"}"/>')
        body.append(text(left - 8, y(level) + 4, f"{100 * level:.0f} %", "small", "end"))
    for whole in (1, 2, 3):
        body.append(f'<line x1="{n(x(whole))}" y1="{n(y(0))}" x2="{n(x(whole))}" y2="{n(y(0) + 4)}" class="axis"/>')
        body.append(text(x(whole), height - 6, count(whole, "year"), "small", "middle"))
    # A curve begins where everything is there.
    edges = [(0.0, 1.0, 1.0)] + [(years, one.low, one.high) for years, one in own if one.low is not None and one.high is not None]
    if len(edges) > 1:
        round_ = [*((a, high) for a, _, high in edges), *((a, low) for a, low, _ in reversed(edges))]
        body.append(f'<polygon points="{" ".join(f"{n(x(a))},{n(y(b))}" for a, b in round_)}" class="band"/>')
    ends: list[tuple[float, float, str, str]] = []
    for points, line, mark, role, name in (
        (others, "stay away", _square, "theirs", "others’"), (own, "stay", _dot, "mine", "the person’s")
    ):
        if not points:
            continue
        path = " ".join(f"{n(x(a))},{n(y(b))}" for a, b in [(0.0, 1.0), *((years, one.value or 0.0) for years, one in points)])
        body.append(f'<polyline points="{path}" class="{line}"/>')
        for years, one in points:
            if points is others and one.low is not None and one.high is not None:
                body.append(f'<path d="M{n(x(years))} {n(y(one.low))}V{n(y(one.high))}" class="stay bar"/>')
            body.append(mark(x(years), y(one.value or 0.0)))
        last = points[-1]
        ends.append((y(last[1].value or 0.0), x(last[0]) + 9, f"{name} {figure(last[1].value, 'ratio')}", f"small {role}"))
    # Two words beside each other are set apart, the higher one above.
    ends.sort(key=lambda end: end[0])
    if len(ends) == 2 and (near := 14 - (ends[1][0] - ends[0][0])) > 0 and abs(ends[0][1] - ends[1][1]) < 80:
        ends = [(ends[0][0] - near / 2, *ends[0][1:]), (ends[1][0] + near / 2, *ends[1][1:])]
    body += [text(across, down + 4, words, role) for down, across, words, role in ends]
    return svg(width, height, "stays", "Lines of code still there, by age", _told(own, others), body)


def _dot(x: float, y: float) -> str:
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="3.4" class="own"/>'


def _square(x: float, y: float) -> str:
    return f'<rect x="{n(x - 3)}" y="{n(y - 3)}" width="6" height="6" class="others"/>'


def _told(own: Sequence[tuple[float, Signal]], others: Sequence[tuple[float, Signal]]) -> str:
    """The picture in words."""
    beside = dict(others)
    parts = []
    for (_, years, words), one in [(age, one) for age in AGES for at, one in own if at == age[1]]:
        part = f"after {words}: the person’s {share(one)}"
        parts.append(part + (f", others’ {share(beside[years])}" if years in beside else ""))
    return "; ".join(parts)[:1].upper() + "; ".join(parts)[1:] + "."
