"""Observed numbers in words: what `{name.before}` and its like stand for, and what the trend before the event says.

Only what was seen is said: before and after, by how much, and whether it moved before. Nothing says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from muster.model import Estimate, Observed, Spread, Trend
from muster.quantities.units import MINUS, amount, minus, same, shown, signed, unit_of, with_unit

#: What may follow a number's name in braces.
PARTS: Mapping[str, str] = {
    "before": "the statistic before the event",
    "after": "the statistic from the event on",
    "change": "after less before",
    "percent": "the change as a percentage of before",
    "interval": "95 % interval of the change",
    "before_interval": "95 % interval of before",
    "after_interval": "95 % interval of after",
    "trend": "how far the periods after lie from the trend before, had it gone on",
}
#: `{name.part}`
PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w-]*)\.(\w+)\}")
_JOIN = re.compile(r"\s*(?:to|and|or|from|→|->|–|-|/|,)\s*")
_WORDS = re.compile(r"[\s\u00a0-]?(%|[^\W\d_]+(?:[ /](?:per |an? )?[^\W\d_]+){0,2})")


def filled(text: str, observed: Iterable[Observed]) -> str:
    """The text with every `{name.part}` replaced by what the data says; a visible gap where it says nothing.

    The unit is printed unless the sentence has it already: after the number ("{x.after} minutes"), or after the one that
    it is joined to ("from {x.before} to {x.after} minutes"). Braces around anything else stay as they are.
    """
    numbers = {one.name: one for one in observed}

    def put(match: re.Match[str]) -> str:
        name, part = match[1], match[2]
        if part not in PARTS:
            return match[0]
        one = numbers.get(name)
        said = value_of(one, part) if one else None
        if one is None or said is None:
            return f"[{name} {part.replace('_', ' ')}: {why_not(one, part) if one else 'no data'}]"
        figure, unit = said
        return figure if not unit or _has_unit(text, match.end(), name, unit) else with_unit(figure, unit, _size(figure))

    return PLACEHOLDER.sub(put, text)


def _size(figure: str) -> float:
    """1 where the figure is one, so that its unit is singular."""
    return 1.0 if figure.strip("+" + MINUS) == "1" else 2.0


def _has_unit(text: str, at: int, name: str, unit: str) -> bool:
    """Whether the sentence says the unit itself, behind this number or behind those joined to it."""
    joined = False
    while (gap := _JOIN.match(text, at)) and (other := PLACEHOLDER.match(text, gap.end())) and other[1] == name:
        at, joined = other.end(), True
    words = _WORDS.match(text, at)
    parts = words[1].replace("\u00a0", " ").split() if words else []
    if any(same(" ".join(parts[:size]), unit) for size in range(len(parts), 0, -1)):
        return True
    # "from 1,420 to 378 a week": once is enough.
    if joined:
        return True
    return unit_of(unit) is None and re.search(rf"(?<!\w){re.escape(unit)}(?!\w)", text) is not None


def value_of(one: Observed, part: str) -> tuple[str, str] | None:
    """(figure, unit) of one part of a number; None where its data does not say it."""
    if part in ("before", "after"):
        side = one.before if part == "before" else one.after
        return (minus(amount(side.value)), one.unit) if side else None
    if part in ("before_interval", "after_interval"):
        side = one.before if part == "before_interval" else one.after
        return (bounds(side), one.unit) if side and side.low is not None else None
    if part == "change":
        return (signed(one.change.value), one.unit) if one.change else None
    if part == "percent":
        return (signed(round(100 * (one.ratio.value - 1), 1)) if abs(one.ratio.value - 1) < 0.1
                else signed(round(100 * (one.ratio.value - 1))), "%") if one.ratio else None  # fmt: skip
    if part == "interval":
        return (bounds(one.change, sign=True), one.unit) if one.change and one.change.low is not None else None
    if part == "trend":
        effect = one.trend.effect if one.trend else None
        return (beside(effect, one), "") if effect else None
    return None


def why_not(one: Observed, part: str) -> str:
    """Why a part of a number cannot be shown, in a few words."""
    if one.problem or one.before is None or one.after is None:
        return "no data"
    if part == "trend":
        return one.trend.problem.partition(":")[0] if one.trend and one.trend.problem else "not computed"
    if part in ("change", "percent", "interval") and one.change is None:
        return "the two sides are not of one length"
    if part == "percent":
        return "nothing to divide by"
    return "too few rows"


def bounds(one: Spread | Estimate | None, *, sign: bool = False) -> str:
    """An interval's two ends: `9.7 to 10.3`; with signs where it is of a difference."""
    if one is None or one.low is None or one.high is None:
        return ""
    say = signed if sign else lambda value: minus(amount(value))
    return f"{say(one.low)} to {say(one.high)}"


def beside(effect: Estimate, one: Observed) -> str:
    """How far the time after the event lies from the trend before it: `16.9 min below the trend before`."""
    if effect.low is not None and not effect.sure:
        return f"not told apart from the trend before (95 % interval of the difference {bounds(effect, sign=True)})"
    word = "below" if effect.value < 0 else "above"
    within = f" (95 % interval {_ends(effect)})" if effect.low is not None else ""
    return f"{shown(abs(effect.value), one.unit)} {word} the trend before{within}"


def _turned(one: Estimate) -> tuple[float | None, float | None]:
    """The interval as sizes in the direction of the value."""
    if one.low is None or one.high is None:
        return None, None
    return (one.low, one.high) if one.value >= 0 else (-one.high, -one.low)


def _ends(one: Estimate) -> str:
    """An interval's ends in the direction of its value; with signs where they differ."""
    low, high = _turned(one)
    if low is None or high is None:
        return ""
    return f"{minus(amount(low))} to {minus(amount(high))}"


def per(every: str) -> str:
    """`each week`; a rate changes by so many a day each week."""
    return f"each {every}"


def trend_of(one: Observed) -> tuple[str, ...]:
    """What a number's trend says in sentences: was it moving before, what would have come of that, what came.

    One sentence says why there is no trend; empty where none was looked for.
    """
    trend = one.trend
    if trend is None:
        return ()
    if trend.problem or trend.pretrend is None or trend.effect is None or trend.expected is None:
        return (_stop(trend.problem or "no trend could be computed"),)
    return baseline(one, trend), outcome(one, trend)


def baseline(one: Observed, trend: Trend) -> str:
    """Whether it was moving before the event, as a sentence."""
    slope = trend.pretrend
    assert slope is not None
    span = f"the {trend.before} {trend.every}s before"
    if slope.low is None:
        return f"In {span} it moved by {shown(slope.value, one.unit)} {per(trend.every)}; how sure that is cannot be told."
    if trend.moving:
        way = "falling" if slope.value < 0 else "rising"
        size = shown(abs(slope.value), one.unit)
        return f"The baseline was already moving: in {span} it was {way} by {size} {per(trend.every)} (95 % interval {_ends(slope)})."
    return f"In {span} no trend can be told from noise: {bounds(slope, sign=True)} {with_unit('', one.unit).strip()} {per(trend.every)}".replace("  ", " ") + "."


def outcome(one: Observed, trend: Trend) -> str:
    """What the periods after were beside that trend, as a sentence."""
    effect, expected = trend.effect, trend.expected
    assert effect is not None and expected is not None
    lead = "Had that gone on, " if trend.moving else f"On the line through the {trend.before} {trend.every}s before, "
    head = f"{lead}the {trend.after} {trend.every}s after would have averaged {shown(expected, one.unit)}; they averaged {shown(expected + effect.value, one.unit)}"
    if effect.low is None or effect.high is None:
        return f"{head}."
    if not effect.sure:
        return f"{head}, which cannot be told from noise (difference {bounds(effect, sign=True)})."
    word = "less" if effect.value < 0 else "more"
    return f"{head}: {shown(abs(effect.value), one.unit)} {word} (95 % interval {_ends(effect)})."


def _stop(text: str) -> str:
    """The text as a sentence."""
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
