"""The weekly log: write a line into it, and read its lines back as they were typed."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from muster import fastlog
from muster.book import dates
from muster.model import Entry, MusterError

_DAY = re.compile(r"#{2,}\s+(?:\w+,?\s+)?(\d{4}-\d{2}-\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log: the day that it stands under (None above the first), its text as typed, its line in the file."""

    day: date | None
    text: str
    line: int


def log(root: Path, text: str, at: date | None = None, now: datetime | None = None) -> str:
    """What was written where, in one line for the screen, once the text is safely in `log/` and in the journal.

    `at` is the day that it happened, default today; the journal keeps that it was written down now, so a late line is
    seen to be late. White space is folded into one line. `now` is for tests. Raises MusterError for an empty text, one
    over 4,000 characters, a day to come, or a disk that refuses; nothing was added then.
    """
    moment = time.time() if now is None else now.timestamp()
    day, week = fastlog.day_and_week(None if at is None else at.isoformat(), moment)
    try:
        path = fastlog.write(str(root), text, day, week, None if now is None else moment)
    except OSError as error:
        raise MusterError(
            str(error.filename or root), f"cannot be written: {error.strerror or error}", "See who may write there, and whether the disk is full."
        ) from None
    return f"{path}: written under {day}"


def lines(entry: Entry) -> tuple[Line, ...]:
    """The lines of a log in order, each as it was given to `muster log` (white space folded) or typed by hand."""
    found: list[Line] = []
    day: date | None = None
    for number, text in enumerate(entry.body.split("\n"), entry.line_of_body):
        if heading := _DAY.match(text):
            day = dates.day(heading[1])
        elif text.startswith("- "):
            found.append(Line(day, fastlog.unfold(text[2:]), number))
    return tuple(found)
