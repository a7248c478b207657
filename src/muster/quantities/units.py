"""Units of quantities: which are of the same kind, how one is read as another, and how a value is shown with its own.

A kind is time, size, share or money of one currency, or such a thing per time ("deploys a week", "MB/s"). Months,
quarters and years have no fixed length and are told apart from all others, so that nothing is compared by a guess.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

MINUS = "\u2212"
_SECONDS = {
    "ns": 1e-9, "µs": 1e-6, "μs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0,
}  # fmt: skip
_SPELT_TIMES = {
    "nanosecond": 1e-9, "microsecond": 1e-6, "millisecond": 1e-3, "msec": 1e-3, "second": 1.0, "sec": 1.0, "minute": 60.0,
    "min": 60.0, "hour": 3600.0, "hr": 3600.0, "day": 86400.0, "week": 604800.0,
}  # fmt: skip
_SIZE = re.compile(r"(?:([kKMGTP])(i)?)?(B|bytes?|bits?)")
_POWERS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_SHARES = {"%": 1.0, "percent": 1.0, "per cent": 1.0, "pct": 1.0, "‰": 0.1, "per mille": 0.1}
_POINTS = {"pp": 1.0, "percentage point": 1.0, "percentage points": 1.0, "points": 1.0, "bps": 0.01, "basis points": 0.01}
_MONEY = {"$": "USD", "usd": "USD", "€": "EUR", "eur": "EUR", "£": "GBP", "gbp": "GBP", "¥": "JPY", "jpy": "JPY"}
_TIMES = {"rps": "request", "qps": "query", "tps": "transaction"}
_PER = re.compile(r"(.*?)\s*(?:/|\bper\b|\ban?\b|\beach\b)\s*(\w+)", re.IGNORECASE)
_MULTIPLES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
_TYPED = re.compile(
    r"(?P<money>[$€£¥]|USD |EUR |GBP )?\s?(?P<sign>[+−-])?(?P<number>\d+(?:[.,]\d+)*)(?:\s?(?P<times>k|M|bn|thousand|million|billion)\b)?"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit's word means: its kind, and how many of the kind's own units one of it is."""

    kind: str
    factor: float


def unit_of(word: str) -> Unit | None:
    """What a unit's word means; None where it is only a name for what is counted.

    >>> unit_of("ms"), unit_of("deploys a week").kind, unit_of("lemons")
    (Unit(kind='time', factor=0.001), 'deploys per time', None)
    """
    word = " ".join(word.split())
    plain = word.casefold()
    if word in _SECONDS:
        return Unit("time", _SECONDS[word])
    if plain in _SPELT_TIMES or plain.removesuffix("s") in _SPELT_TIMES:
        return Unit("time", _SPELT_TIMES.get(plain) or _SPELT_TIMES[plain.removesuffix("s")])
    if size := _SIZE.fullmatch(word):
        small = 0.125 if size[3].startswith("bit") else 1.0
        return Unit("size", (1024.0 if size[2] else 1000.0) ** _POWERS[size[1] or ""] * small)
    if plain in _SHARES:
        return Unit("share", _SHARES[plain])
    if plain in _POINTS:
        return Unit("share points", _POINTS[plain])
    if plain in _MONEY:
        return Unit(_MONEY[plain], 1.0)
    if plain in _TIMES:
        return Unit(f"{_TIMES[plain]} per time", 1.0)
    if rate := _PER.fullmatch(word):
        below = unit_of(rate[2])
        if below is None or below.kind != "time":
            return None
        above = unit_of(rate[1]) if rate[1] else None
        what = above.kind if above else " ".join(rate[1].split()).casefold()
        return Unit(f"{what} per time".strip(), (above.factor if above else 1.0) / below.factor)
    return None


def same(one: str, other: str) -> bool:
    """Whether two words are the same unit: `min` and `minutes`, or the same word."""
    if " ".join(one.split()).casefold() == " ".join(other.split()).casefold():
        return True
    first, second = unit_of(one), unit_of(other)
    return first is not None and second is not None and first.kind == second.kind and math.isclose(first.factor, second.factor)


def converted(value: float, unit: str, into: str) -> float | None:
    """The value read in another unit; None where the two are of different kinds. No unit counts as the other's.

    >>> converted(90, "s", "min"), converted(1, "h", "MB")
    (1.5, None)
    """
    if not unit or not into or same(unit, into):
        return value
    first, second = unit_of(unit), unit_of(into)
    if first is None or second is None or first.kind != second.kind:
        return None
    return value * first.factor / second.factor


def amount(value: float) -> str:
    """A measured value with as many decimals as it needs to be read: `214`, `22.4`, `0.83`, `0.0042`."""
    size = abs(value)
    if value == int(value) and size < 1e15:
        return f"{int(value):,}"
    if size >= 1e15:
        return f"{value:.3g}"
    if size >= 100:
        return f"{value:,.0f}"
    if 99 < size < 100:
        # 99.97 % is not 100 %.
        return _trimmed(f"{value:.{min(1 - math.floor(math.log10(100 - size)), 12)}f}")
    if size >= 10:
        return _trimmed(f"{value:.1f}")
    if size >= 0.1:
        return _trimmed(f"{value:.2f}")
    return _trimmed(f"{value:.{min(1 - math.floor(math.log10(size)), 20)}f}")


def _trimmed(text: str) -> str:
    """The decimals without zeros at their end; `-0` is `0`."""
    short = text.rstrip("0").rstrip(".")
    return "0" if short in ("-0", "") else short


def signed(value: float) -> str:
    """A difference: its sign is always there, and is a real minus."""
    text = amount(abs(value))
    return text if text == "0" else f"{MINUS if value < 0 else '+'}{text}"


def minus(text: str) -> str:
    """The text of a number with a real minus."""
    return text.replace("-", MINUS)


def with_unit(text: str, unit: str, value: float = 2.0) -> str:
    """The text of a value with its unit: `42 min`, `1 minute`, `12 %`, `$1.2`."""
    if not unit:
        return text
    if unit in "$€£¥":
        return f"{unit}{text}"
    word = unit
    if abs(value) == 1 and unit.casefold().endswith("s") and unit.casefold().removesuffix("s") in _SPELT_TIMES and len(unit) > 3:
        word = unit[:-1]
    return f"{text} {word}"


def shown(value: float, unit: str) -> str:
    """A value with its unit, as it is read."""
    return with_unit(minus(amount(value)), unit, value)


@dataclass(frozen=True, slots=True)
class Typed:
    """A quantity as somebody typed it: the values, half of each one's last digit, and the unit's word (or "")."""

    values: tuple[float, ...]
    slack: tuple[float, ...]
    unit: str


def typed(quantity: str) -> Typed | None:
    """A quantity's text as values with a unit; None where it holds no figures.

    >>> typed("from 40 to 12 minutes")
    Typed(values=(40.0, 12.0), slack=(0.5, 0.5), unit='minutes')
    """
    values, slack, money, end = [], [], "", 0
    for found in _TYPED.finditer(quantity):
        text = found["number"]
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
            text = text.replace(",", "")
        if not re.fullmatch(r"\d+(?:\.\d+)?", text):
            return None
        times = _MULTIPLES.get((found["times"] or "").casefold(), 1.0)
        negative = found["sign"] in ("-", MINUS) and (found.start("sign") == 0 or not quantity[found.start("sign") - 1].isalnum())
        values.append((-1 if negative else 1) * float(text) * times)
        slack.append(0.5 * 10.0 ** -len(text.partition(".")[2]) * times)
        money, end = (found["money"] or money).strip(), found.end()
    if not values:
        return None
    rest = re.match(r"[\s-]?(%|[^\W\d_]+(?:\s?(?:/|per|an?)\s?\w+)?|‰)", quantity[end:])
    unit = rest[1] if rest else ""
    if unit and unit_of(unit) is None and unit_of(unit.split()[0]) is not None:
        unit = unit.split()[0]
    return Typed(tuple(values), tuple(slack), money or unit)
