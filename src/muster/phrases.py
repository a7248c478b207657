"""Sentences' small parts: dates, counts, names and titles as they are read, the same in every rule, seat and format."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from muster.quantities.figures import filled as filled
from muster.quantities.units import amount as amount

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

#: Joiners that scripts and family names need; every other control or format character is shown, not obeyed.
_JOINERS = "\u200c\u200d"


def day(when: date | datetime | None) -> str:
    """A day as it is read: `4 May 2026`; "on an unknown day" has no better word than "date unknown"."""
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}" if when else "date unknown"


def span(since: date | datetime, until: date | datetime) -> str:
    """Two days as one phrase, naming a shared year or month once: `3 – 19 March 2026`."""
    first, last = (one.date() if isinstance(one, datetime) else one for one in (since, until))
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {day(last)}"
    if first.year == last.year:
        return f"{first.day} {MONTHS[first.month - 1]} – {day(last)}"
    return f"{day(first)} – {day(last)}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number and its noun: `1 change`, `2,041 changes`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Iterable[str], most: int = 4) -> str:
    """Names as a sentence lists them, at most `most` of them: `A, B and C`, `A, B and 7 more`."""
    known = list(names)
    if len(known) > most:
        known = [*known[: most - 1], f"{len(known) - most + 1} more"]
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}" if known else ""


def visible(text: str) -> str:
    """The text on one line, with control characters and overrides of direction written out as `U+202E`."""
    out = []
    for character in text:
        if character in "\n\r\t\v\f\u2028\u2029\x85":
            out.append(" ")
        elif unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") and character not in _JOINERS:
            out.append(f"⟨U+{ord(character):04X}⟩" if character != "\u00ad" else "")
        else:
            out.append(character)
    return re.sub(" +", " ", "".join(out))


def short(text: str, most: int = 72) -> str:
    """The text's first `most` characters at a word's end, with an ellipsis where it was longer."""
    text = visible(text).strip()
    if len(text) <= most:
        return text
    head = text[: most - 1]
    cut = head.rsplit(" ", 1)[0] if " " in head[most // 2 :] else head
    cut = cut.rstrip(" ,;:.-–(“‘") + "…"
    return cut + "”" if cut.count("“") > cut.count("”") else cut


def quoted(title: str, most: int = 72) -> str:
    """A title in quotation marks, cut to `most` characters."""
    return f"“{inner(short(title, most))}”"


def inner(text: str) -> str:
    """Text for between quotation marks: marks of its own become single ones."""
    return re.sub(r'"([^"]*)("|$)', r"‘\1’", text).replace("“", "‘").replace("”", "’")


def typed(title: str, most: int = 48) -> str:
    """A title as a shell takes it: one word in single quotes, whatever it holds."""
    return "'" + short(title, most).replace("'", "’") + "'"


def sentence(text: str) -> str:
    """The text as a sentence: a capital first, a full stop last."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!:…" else f"{text}."


def words(texts: Sequence[str]) -> int:
    """How many words they have together."""
    return sum(len(text.split()) for text in texts)
