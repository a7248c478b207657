"""Days and periods out of what people type: ISO days, weeks, months, halves and quarters, and nothing looser.

Nothing here reads a clock, and nothing guesses: "3/2/2026" is two different days and therefore none.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from muster.model import Period

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
_WEEK = re.compile(r"(\d{4})-?W(\d{2})(?!\d)")
_MONTH = re.compile(r"(\d{4})-(\d{2})(?![\d-])")
_HALF = re.compile(r"(\d{4})-?H([12])(?!\d)")
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])(?!\d)")
_YEAR = re.compile(r"(\d{4})(?!\d)")


def day(value: object) -> date | None:
    """The day that a value names: a date, a time, `2026-03-02`, or a week (its Monday); None for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    text = value.strip()
    found = _DAY.match(text)
    # A time may follow a day; any other text means that the owner meant something we do not know.
    if found and (found.end() == len(text) or text[found.end()] in "T "):
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return None
    found = _WEEK.fullmatch(text)
    return monday(int(found[1]), int(found[2])) if found else None


def monday(year: int, week: int) -> date | None:
    """The Monday of an ISO week; None where the year has no such week."""
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        return None


def day_of_name(stem: str) -> date | None:
    """The day that a file's name begins with (`2026-03-02-retry-budget`, `2026-W46`); None where it has none."""
    found = _DAY.match(stem)
    if found:
        return day(found[0])
    found = _WEEK.match(stem)
    return monday(int(found[1]), int(found[2])) if found else None


def week(value: date) -> str:
    """The ISO week of a day as `2026-W46`."""
    year, number, _ = value.isocalendar()
    return f"{year:04d}-W{number:02d}"


def period(value: object) -> Period | None:
    """The days that a value names, both ends included; None where it names none.

    `2026-03..2026-06`, `2026-03-02..2026-06-30`, `2026-W10..2026-W20`, or one of `2026-03-02`, `2026-W10`, `2026-03`,
    `2026Q1`, `2026H1`, `2026`. A mapping or pair with `since` and `until` is read alike.
    """
    if isinstance(value, dict):
        value = f"{value.get('since')}..{value.get('until')}"
    if isinstance(value, list) and len(value) == 2:
        value = f"{value[0]}..{value[1]}"
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, date):
        value = value.isoformat()[:10]
    if not isinstance(value, str):
        return None
    first, dots, last = (part.strip() for part in value.partition(".."))
    since, until = _span(first), _span(last) if dots else _span(first)
    if since is None or until is None or until[1] < since[0]:
        return None
    return Period(since[0], until[1])


def _span(text: str) -> tuple[date, date] | None:
    """First and last day of what one word names."""
    try:
        if _DAY.fullmatch(text):
            one = date.fromisoformat(text)
            return one, one
        if found := _WEEK.fullmatch(text):
            start = date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return start, start + timedelta(days=6)
        if found := _MONTH.fullmatch(text):
            return _months(int(found[1]), int(found[2]), 1)
        if found := _HALF.fullmatch(text):
            return _months(int(found[1]), 6 * int(found[2]) - 5, 6)
        if found := _QUARTER.fullmatch(text):
            return _months(int(found[1]), 3 * int(found[2]) - 2, 3)
        if _YEAR.fullmatch(text):
            return _months(int(text), 1, 12)
    except (ValueError, OverflowError):
        return None
    return None


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    """First and last day of `count` months that begin with this one and stay within its year."""
    after = month + count
    last = date(year, 12, 31) if after > 12 else date(year, after, 1) - timedelta(days=1)
    return date(year, month, 1), last
