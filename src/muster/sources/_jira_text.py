"""Jira's two forms of text as plain text: Atlassian Document Format (Cloud, version 3), and wiki markup (Data Center, version 2).

Formats: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/ and Jira's own help on text formatting.
What is written stays; pictures, colours and frames go; where a link leads stands behind its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from muster.sources._values import LONGEST

#: How deep a document's nodes are followed.
DEEPEST = 60
#: Nodes that stand on lines of their own.
BLOCKS = ("paragraph", "heading", "codeBlock", "blockquote", "listItem", "rule", "panel", "tableRow", "taskItem", "decisionItem", "expand",
                    "nestedExpand")

WIKI: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\{(?:code|noformat|quote|color|panel|info|note|tip|warning|anchor|expand)(?::[^{}\n]{0,300})?\}"), ""),
    (re.compile(r"^h[1-6]\. ", re.MULTILINE), ""),
    (re.compile(r"^bq\. ", re.MULTILINE), "> "),
    (re.compile(r"\[~(?:accountid:)?([^\[\]|~\s]{1,160})\]"), r"@\1"),
    (re.compile(r"\[([^\[\]|\n]{1,400})\|((?:https?|mailto)[^\[\]|\s]{1,1500})(?:\|[^\[\]\n]{0,100})?\]"), r"\1 (\2)"),
    (re.compile(r"\[((?:https?|mailto):[^\[\]|\s]{1,1500})\]"), r"\1"),
    (re.compile(r"!(?=\S)[^!\n|]{1,200}\.(?:png|jpe?g|gif|svg|webp)(?:\|[^!\n]{0,200})?!", re.IGNORECASE), ""),
)


def plain(said: object) -> str:
    """A description or comment in either form as plain text; empty where it is neither."""
    if isinstance(said, str):
        text = said[: 2 * LONGEST].replace("\r\n", "\n").replace("\r", "\n")
        for pattern, other in WIKI:
            text = pattern.sub(other, text)
        return text
    if not isinstance(said, dict):
        return ""
    made: list[str] = []
    size = 0
    for piece in pieces(said, 0):
        made.append(piece)
        size += len(piece)
        if size > 2 * LONGEST:
            break
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]{1,200}\n", "\n", "".join(made))).strip()


def pieces(node: dict[str, Any], depth: int) -> Iterator[str]:
    """A node's text, piece by piece; nothing of what is nested deeper than DEEPEST."""
    sort = node.get("type")
    attrs = node.get("attrs")
    said = attrs if isinstance(attrs, dict) else {}
    if sort == "text":
        words = node.get("text")
        if isinstance(words, str):
            yield words
            link = href(node.get("marks"))
            if link and link != words:
                yield f" ({link})"
        return
    if sort == "hardBreak":
        yield "\n"
    elif sort in ("mention", "emoji", "status", "date", "inlineCard", "blockCard", "embedCard"):
        named = next((said[name] for name in ("text", "url", "shortName", "timestamp") if isinstance(said.get(name), str)), "")
        yield f"@{named}" if sort == "mention" and named and not named.startswith("@") else named
    if sort == "listItem":
        yield "- "
    inner = node.get("content")
    if isinstance(inner, list) and depth < DEEPEST:
        for one in inner:
            if isinstance(one, dict):
                yield from pieces(one, depth + 1)
                if one.get("type") in ("tableCell", "tableHeader"):
                    yield " "
    if sort in BLOCKS:
        yield "\n" if sort != "paragraph" or depth > 1 else "\n\n"


def href(marks: object) -> str:
    """Where a text leads, by its marks; empty where it leads nowhere."""
    for mark in marks if isinstance(marks, list) else ():
        if isinstance(mark, dict) and mark.get("type") == "link" and isinstance(mark.get("attrs"), dict):
            found = mark["attrs"].get("href")
            return found if isinstance(found, str) else ""
    return ""
