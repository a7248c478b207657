"""What an entry's Markdown holds: headings, references, sentences and comments, each with its line in the file.

Read with a CommonMark parser, so that code blocks, HTML and comments are known for what they are and never scanned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from muster.model import Reference, Section, Statement

_URL = re.compile(r"https?://[^\s<>\"'`\\^{}|\x00-\x1f]+", re.IGNORECASE)
_ISSUE = r"(?<![\w./@#&+-])(?:[A-Za-z0-9][\w.-]{0,99}/[\w.-]{1,100})?#\d{1,9}(?![\w#])"
# At least one digit and one letter: seven digits are a ticket number or a date, seven letters "defaced".
_HASH = (
    r"(?<![\w./:#&@+-])(?:[A-Za-z0-9][\w.-]{0,99}/[\w.-]{1,100}@)?"
    r"(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}(?![\w/+-])(?!\.\w)"
)
_BARE = re.compile(f"(?P<url>{_URL.pattern})|(?P<issue>{_ISSUE})|(?P<hash>{_HASH})", re.IGNORECASE)
# In backticks a letter is enough; a number there is a number far more often than one of the few hashes without letters.
_HASH_ALONE = re.compile(r"(?=\d*[a-f])[0-9a-f]{7,40}")


@dataclass(frozen=True, slots=True)
class Comment:
    """An HTML comment's text, and the line that it begins in."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level (1 to 6), plain text, the line it is in, and the index of its first token."""

    level: int
    title: str
    line: int
    end: int
    token: int


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed body: its tokens, its lines, the line of the file that it begins in.

    `plain` are the lines of paragraphs with so many marks that they were taken as plain text.
    """

    tokens: Sequence[Token]
    lines: Sequence[str]
    first_line: int
    plain: tuple[int, ...] = ()


#: Time to read marks grows with their square within a paragraph, and with their number in all. Nobody comes near these.
MOST_MARKS = 1000
MOST_MARKS_IN_ALL = 50_000
MOST_COLUMNS = 200
MOST_LINES = 20_000
_MARKS = "[*_<&`\\!"


@cache
def _parser(tables: bool = True) -> MarkdownIt:
    parser = MarkdownIt("commonmark").disable("inline")
    if tables:
        parser.enable("table")
    # Targets stay as they were typed: an owner must find them again in their file.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    return parser


def parse(body: str, first_line: int = 1) -> Page:
    """A body's tokens, with lines counted from `first_line`; raises ValueError for more than MOST_LINES lines.

    A paragraph with more than MOST_MARKS marks, or one after MOST_MARKS_IN_ALL, is taken as plain text, in which bare
    references are still found; `Page.plain` has the lines of those.
    """
    lines = body.split("\n")
    if len(lines) > MOST_LINES:
        raise ValueError(f"more than {MOST_LINES:,} lines")
    parser = _parser(tables=max(line.count("|") for line in lines) <= MOST_COLUMNS)
    environment: dict[str, object] = {}
    tokens = parser.parse(body, environment)
    left = MOST_MARKS_IN_ALL
    plain_lines: list[int] = []
    for token in tokens:
        if token.type != "inline":
            continue
        marks = sum(token.content.count(mark) for mark in _MARKS)
        token.children = []
        if marks <= min(MOST_MARKS, left):
            left -= marks
            parser.inline.parse(token.content, parser, environment, token.children)
            continue
        plain_lines.append(first_line + (token.map[0] if token.map else 0))
        for at, line in enumerate(token.content.split("\n")):
            token.children += [Token("softbreak", "br", 0)] if at else []
            token.children.append(Token("text", "", 0, content=line))
    return Page(tokens, lines, first_line, tuple(plain_lines))


def headings(page: Page) -> list[Heading]:
    """Headings that are not within a quotation or list, in order."""
    found = []
    for at, token in enumerate(page.tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            title = plain(page.tokens[at + 1])
            found.append(
                Heading(int(token.tag[1:]), title, page.first_line + token.map[0], page.first_line + token.map[1], at)
            )
    return found


def sections(page: Page, found: Sequence[Heading]) -> tuple[Section, ...]:
    """The section of each of these headings: its Markdown up to the next heading of the same or a higher level."""
    stops: dict[int, int] = {}
    nearest: dict[int, int] = {}  # level → line of the next heading of that level
    for heading in reversed(headings(page)):
        after = [line for level, line in nearest.items() if level <= heading.level]
        stops[heading.line] = min(after) - page.first_line if after else len(page.lines)
        nearest[heading.level] = heading.line
    result = []
    for heading in found:
        text = "\n".join(page.lines[heading.end - page.first_line : stops[heading.line]]).strip("\n")
        result.append(Section(heading.title, text, heading.line))
    return tuple(result)


def plain(inline: Token) -> str:
    """The text of a paragraph, heading or cell without its marks: links by their text, comments dropped."""
    return " ".join(_plain(inline.children or ()).split())


def _plain(children: Sequence[Token]) -> str:
    parts = []
    for child in children:
        if child.type in ("text", "text_special", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(_plain(child.children or ()))
    return "".join(parts)


def _inlines(page: Page) -> Iterator[tuple[int, Token, int]]:
    """Every inline token with its index and the line that it begins in."""
    line = page.first_line
    for at, token in enumerate(page.tokens):
        if token.map:
            line = page.first_line + token.map[0]
        if token.type == "inline":
            yield at, token, line


def references(page: Page) -> tuple[Reference, ...]:
    """Links, autolinks, bare URLs, `owner/repo#12`, `#12` and commit hashes, in order of place.

    Code blocks, HTML and comments are not scanned; of inline code only a hash that stands alone is taken. Mail
    addresses, images and links within the page refer to no evidence and are left out.
    """
    found: list[Reference] = []
    for _, inline, line in _inlines(page):
        found += _of_inline(inline.children or (), line)
    return tuple(found)


def _of_inline(children: Sequence[Token], line: int) -> Iterator[Reference]:
    target: str | None = None
    opened_at = line
    inner: list[Token] = []
    for child in children:
        if child.type == "link_open":
            target, opened_at, inner = str(child.attrGet("href") or ""), line, []
        elif child.type == "link_close":
            if target is not None and _refers(target):
                yield Reference(" ".join(_plain(inner).split()) or target, target, opened_at)
            target = None
        elif target is not None:
            inner.append(child)
        elif child.type == "text":
            yield from bare(child.content, line)
        elif child.type == "code_inline" and _HASH_ALONE.fullmatch(child.content.strip()):
            yield Reference(child.content.strip(), child.content.strip(), line)
        if child.type in ("softbreak", "hardbreak"):
            line += 1
        elif child.type == "html_inline":
            line += child.content.count("\n")


def _refers(target: str) -> bool:
    """Whether a link's target can be evidence at all."""
    if not target or target.lower().startswith(("mailto:", "tel:")):
        return False
    return not target.startswith("#") or target[1:].isdigit()


def bare(text: str, line: int) -> Iterator[Reference]:
    """References in a piece of plain text, where nothing marks them as links."""
    for found in _BARE.finditer(text):
        typed = found[0]
        if found["url"]:
            typed = _trim(typed)
        elif found["hash"] and not typed.rpartition("@")[2].islower():
            continue  # hashes are written in lower case; constants and names in capitals
        yield Reference(typed, typed, line)


def _trim(url: str) -> str:
    """A bare URL without the punctuation of the sentence around it."""
    end = len(url)
    closing = {")": url.count(")") - url.count("("), "]": url.count("]") - url.count("[")}
    while end and (url[end - 1] in ".,;:!?*_~" or closing.get(url[end - 1], 0) > 0):
        end -= 1
        if url[end] in closing:
            closing[url[end]] -= 1
    return url[:end]


def comments(page: Page) -> tuple[Comment, ...]:
    """HTML comments outside code, in order of place."""
    found = []
    for token in page.tokens:
        if token.type == "html_block" and token.map:
            line, seen = page.first_line + token.map[0], 0
            for start, text in _comments(token.content):
                line, seen = line + token.content.count("\n", seen, start), start
                found.append(Comment(text, line))
    for _, inline, first in _inlines(page):
        line = first
        for child in inline.children or ():
            if child.type == "html_inline":
                found += [Comment(text, line) for _, text in _comments(child.content)]
                line += child.content.count("\n")
            elif child.type in ("softbreak", "hardbreak"):
                line += 1
    return tuple(sorted(found, key=lambda comment: comment.line))


def _comments(html: str) -> Iterator[tuple[int, str]]:
    """(offset, text) of each comment in a piece of HTML; by hand, since a pattern takes the square of the time."""
    start = html.find("<!--")
    while start >= 0:
        end = html.find("-->", start + 4)
        if end < 0:
            return
        yield start, html[start + 4 : end].strip()
        start = html.find("<!--", end + 3)


def statements(page: Page, start: int, stop: int) -> tuple[Statement, ...]:
    """The paragraphs, list items and table rows between two token indexes, as plain text with their lines.

    Headings, code blocks and comments are not statements.
    """
    found: list[Statement] = []
    row: list[str] | None = None
    row_line = 0
    for at, token in enumerate(page.tokens[start:stop], start):
        if token.type == "tr_open":
            row, row_line = [], page.first_line + (token.map[0] if token.map else 0)
        elif token.type == "tr_close" and row is not None:
            if any(row):
                found.append(Statement(", ".join(cell for cell in row if cell), line=row_line))
            row = None
        elif token.type == "inline" and row is not None:
            row.append(plain(token))
        elif token.type == "inline" and page.tokens[at - 1].type == "paragraph_open":
            text = plain(token)
            if text:
                found.append(Statement(text, line=page.first_line + (token.map[0] if token.map else 0)))
    return tuple(found)
