"""An entry's prose as rules read it: passages and sentences, without what is not the owner's prose.

Code, comments, headings, addresses and block quotes (somebody else's words) are left out; a link counts as its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from markdown_it.token import Token

from muster.book import markdown
from muster.book.entries import BEATS
from muster.model import Entry

ADDRESS = re.compile(r"\b(?:https?|ftp|ssh|git)://[^\s<>]*|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»")
SENTENCE = re.compile(r"(?<=[.!?…])[\"”')\]]*\s+(?=[\"“'(\[]?[A-Z0-9{])")
ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|ca|resp|no|dr|mr|ms|st|jr|sr)|\b[A-Z])\.$", re.IGNORECASE)
WORD = re.compile(r"[^\W_][\w'’./+{}-]*|\{[\w.]+\}")
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
BULLET = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+")

#: What stands where something is still to be written; a text of nothing else says nothing.
PLACEHOLDER = re.compile(
    r"(?:…|\.{3}|-+|\(?none\)?|n/a|tbd|todo|tbc|fixme|\?+|to be (?:written|filled(?: in)?)|not (?:yet )?(?:known|recorded)(?: yet)?)[\s.…:]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, list item or table cell: where it begins, the beat that it is in (or ""), the heading above, its text.

    The text has a line break where the file has one.
    """

    line: int
    beat: str
    heading: str
    text: str

    def line_at(self, offset: int) -> int:
        """The line of the file that this place in the text is in."""
        return self.line + self.text.count("\n", 0, offset)


def passages(entry: Entry) -> Iterator[Passage]:
    """The entry's passages in order of place."""
    page = markdown.parse(entry.body, entry.line_of_body)
    beat, heading, deep, within = "", "", 0, 0
    line = page.first_line
    for at, token in enumerate(page.tokens):
        if token.map:
            line = page.first_line + token.map[0]
        if token.type == "heading_open":
            level = int(token.tag[1:])
            heading = markdown.plain(page.tokens[at + 1]).casefold()
            if heading in BEATS:
                beat, within = BEATS[heading], level
            elif level <= within:
                beat, within = "", 0
        deep += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if token.type == "inline" and not deep and page.tokens[at - 1].type != "heading_open":
            text = ADDRESS.sub("address", inline(token.children or ()))
            if text.strip():
                yield Passage(line, beat, heading, text)


def inline(children: Sequence[Token]) -> str:
    """A passage's text: links by their words, code as the word "code", comments as nothing."""
    parts: list[str] = []
    target = None
    for child in children:
        if child.type == "link_open":
            target = str(child.attrGet("href") or "")
        elif child.type == "link_close":
            target = None
        elif child.type in ("text", "text_special"):
            parts.append("address" if target is not None and child.content == target else child.content)
        elif child.type == "code_inline":
            parts.append("code")
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type == "html_inline":
            parts.append("\n" * child.content.count("\n"))
    return "".join(parts)


def blank(text: str) -> bool:
    """Whether nothing is said: no text but comments and marks for what is still to be written."""
    lines = (BULLET.sub("", line).strip(" *_>\t") for line in COMMENT.sub("", text).splitlines())
    return all(not line or PLACEHOLDER.fullmatch(line) for line in lines)


def unquoted(text: str) -> str:
    """The text with blanks for what stands in double quotation marks."""
    return QUOTED.sub(lambda match: " " * len(match[0]), text)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a passage, each on one line."""
    whole = " ".join(text.split())
    found: list[str] = []
    start = 0
    for gap in SENTENCE.finditer(whole):
        if not ABBREVIATION.search(whole[start : gap.start()]):
            found.append(whole[start : gap.start()].strip())
            start = gap.end()
    return tuple(one for one in [*found, whole[start:].strip()] if one)


def words(text: str) -> int:
    """How many words there are to read."""
    return len(WORD.findall(text))


def items(text: str) -> tuple[str, ...]:
    """The outermost list items of a piece of Markdown, or its headings where it has no list; empty ones left out."""
    page = markdown.parse(COMMENT.sub("", text))
    rows: list[str] = []
    depth = 0
    for at, token in enumerate(page.tokens):
        depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.type == "list_item_open" and depth == 1:
            rows.append(next((markdown.plain(one) for one in page.tokens[at:] if one.type == "inline"), ""))
    rows = rows or [heading.title for heading in markdown.headings(page)]
    return tuple(row for row in rows if not blank(row))


# --------------------------------------------------------------------------------------------------------------
# How findings say things


def many(number: int, one: str, several: str = "") -> str:
    """A number with its noun: "1 change", "3 changes"."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """Names for reading, "a, b and c", with how many more there are past the first `most`."""
    all_ = tuple(names)
    shown = list(all_[:most])
    if len(all_) > most:
        return f"{', '.join(shown)} and {len(all_) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def day(when: datetime | date | None) -> str:
    """A date for reading."""
    if when is None:
        return "an unknown date"
    return (when.date() if isinstance(when, datetime) else when).isoformat()


def share(part: int, whole: int) -> str:
    """A share for reading: "41 of 43 (95 %)"."""
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else f"{part} of {whole}"


def quoted(title: str, most: int = 60) -> str:
    """A title in quotation marks, cut to `most` characters at a word."""
    whole = " ".join(title.split())
    if len(whole) > most:
        whole = whole[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    return f"“{whole}”"
