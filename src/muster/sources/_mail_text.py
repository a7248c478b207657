"""The writer's own words in a message: HTML to text, and what was quoted, forwarded or only a signature left out."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import nh3

#: How much of a text is kept, in characters.
MOST_TEXT = 20_000
#: How much of a part is looked at, in characters; HTML takes more room for the same words.
MOST_READ = 200_000
#: Where HTML has more elements than this, it is no letter.
MOST_ELEMENTS = 20_000

#: What of HTML is kept until it is text.
TAGS = {"p", "br", "div", "blockquote", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "table", "hr"}
#: Elements of mail programs that hold what was answered.
QUOTES = ("gmail_quote", "moz-cite-prefix", "yahoo_quoted", "appendonsend", "divrplyfwdmsg", "gmail_extra", "protonmail_quote")

#: Lines from which on nothing is the writer's own.
BELOW = re.compile(
    r"^\s*-{2,}\s*(original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine|"
    r"message transféré|mensaje original|mensaje reenviado|messaggio originale)\b.*$"
    r"|^\s*begin forwarded message:\s*$|^\s*_{20,}\s*$(?=\s*(from|von|de)\s*:)",
    re.IGNORECASE,
)
#: The head of a message that a mail program copied into the answer.
COPIED = (
    re.compile(r"^\W*(from|von|de|da|van)\s?:\s?\S", re.IGNORECASE),
    re.compile(r"^\W*(sent|date|gesendet|datum|envoyé|enviado|inviato|verzonden)\s?:\s?\S", re.IGNORECASE),
)
#: The line that leads a quotation: “On Monday, Ann wrote:”.
LED = re.compile(
    r"(\b(wrote|writes|said|schrieb|écrit|escribió|scritto|skrev|schreef|napisał)\b.{0,200}|^(on|am|le|el|il|op)\b.*\d.*):$",
    re.IGNORECASE | re.DOTALL,
)
#: What a mailing list's program puts below a message.
FOOTER = re.compile(r"^\s*[_-]{20,}\s*$")


def of_html(markup: str) -> tuple[str, bool]:
    """The text of HTML, and whether quotations were left out of it. ValueError where it is too much for a letter."""
    if markup.count("<") > MOST_ELEMENTS:
        raise ValueError(f"HTML of more than {MOST_ELEMENTS:,} elements")
    clean = nh3.clean(
        markup[:MOST_READ], tags=TAGS, clean_content_tags={"script", "style", "title"},
        attributes={"div": {"class", "id"}, "blockquote": {"class"}}, link_rel=None,
    )
    lines: list[str] = []
    depth, quoted, left = 0, 0, False
    for piece in re.split(r"(<[^>]*>)", clean):
        if not piece.startswith("<"):
            if not quoted and piece:
                lines.append(html.unescape(piece))
            continue
        name = re.match(r"</?([a-z0-9]+)", piece)
        tag = name[1] if name else ""
        if tag in ("div", "blockquote"):
            if piece.startswith("</"):
                quoted = 0 if quoted == depth else quoted
                depth = max(0, depth - 1)
            else:
                depth += 1
                if not quoted and (tag == "blockquote" or any(word in piece.lower() for word in QUOTES)):
                    quoted, left = depth, True
        if tag:
            lines.append("\n")
    text = re.sub(r"[ \t\xa0]+", " ", "".join(lines))
    return re.sub(r" ?\n ?", "\n", text), left


def own_words(text: str) -> tuple[str, tuple[str, ...]]:
    """What the writer wrote, and what was left out: `quoted`, `forwarded`, `signature`, `long`.

    Lines that begin with `>` are another's words, with the line that leads them; so is all below the head of a message
    that a mail program copied. A signature begins at `-- `.
    """
    left: dict[str, None] = {}
    lines = [line.rstrip("\r") if line.rstrip("\r") == "-- " else line.rstrip() for line in text[:MOST_READ].split("\n")]
    if len(text) > MOST_READ:
        left["long"] = None
    end = len(lines)
    for place, line in enumerate(lines):
        if below := ends(lines, place, line):
            end = place
            left[below] = None
            break
    kept: list[str] = []
    for line in lines[:end]:
        if line.startswith(">"):
            if "quoted" not in left or (kept and kept[-1]):
                unled(kept)
            left["quoted"] = None
        else:
            kept.append(line.rstrip())
    if any(word in left for word in ("quoted", "forwarded")) or end < len(lines):
        unled(kept)
    own = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    if len(own) > MOST_TEXT:
        own = own[:MOST_TEXT].rsplit("\n", 1)[0]
        left["long"] = None
    return own, tuple(left)


def ends(lines: list[str], place: int, line: str) -> str:
    """What begins at this line and goes on to the end; empty where the writer goes on."""
    if line == "-- " or (line == "--" and len(lines) - place <= 15):
        return "signature"
    if BELOW.match(line):
        return "forwarded" if "forward" in line.lower() or "weiter" in line.lower() or "transf" in line.lower() else "quoted"
    if COPIED[0].match(line) and any(COPIED[1].match(near) for near in lines[place + 1 : place + 4]):
        return "quoted"
    if FOOTER.match(line):
        near = " ".join(lines[place + 1 : place + 6]).lower()
        if "mailing list" in near or "unsubscribe" in near:
            return "signature"
        if COPIED[0].match(next(following(lines, place + 1), "")):
            return "quoted"
    return ""


def following(lines: list[str], place: int) -> Iterator[str]:
    """The lines from there on that are not blank."""
    return (line for line in lines[place:] if line.strip())


def unled(kept: list[str]) -> None:
    """Take away the line, broken into three at most, that leads the quotation which follows."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    for start in range(end - 1, max(end - 4, -1), -1):
        if not kept[start].strip():
            return
        if LED.search(" ".join(kept[start:end])[:500]):
            # The line above may be its beginning: “On Monday, 2 March 2026,” then “Ann Arbor wrote:”.
            if start and end - start < 3 and re.match(r"(on|am|le|el|il|op)\b.*\d", kept[start - 1], re.IGNORECASE):
                start -= 1
            del kept[start:]
            return
