"""The packet as PDF, set by Typst: tagged, with alternatives in words for its pictures, and the same bytes every time.

What the packet says is handed to the template as data, never as markup, so nothing in a title can act. The date in the
file is the packet's own, and no font of the machine is looked at: one text face, which Typst carries. Where that lacks a
character, the character is written out as `⟨U+738B⟩`. Follows PDF/UA-1 (ISO 14289-1).
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from muster.model import Packet
from muster.packet.blocks import Block, Picture
from muster.packet.outline import outline
from muster.room.words import span, visible

FORMAT = "pdf"
#: What the pictures' classes mean on paper; nothing is said by colour alone.
STYLE = (
    "text{font-family:'Libertinus Serif';font-size:13.6px;fill:#1c1a17}"
    ".small{font-size:12.4px;fill:#565149}.faint{fill:#77716a}.head{font-size:13.2px;font-style:italic;fill:#565149}.guess{font-style:italic}"
    ".name{font-size:14.6px}.done{fill:none;stroke:#1f4068}.home{fill:#fff;stroke:#1f4068;stroke-width:1.2}"
    ".theirs,.others{fill:#a3471c}.own,.mine{fill:#1f4068}.hollow{fill:#fff;stroke:#1f4068;stroke-width:1.2}"
    ".axis{stroke:#1c1a17;stroke-width:1}.tick,.lane{stroke:#cfc9bf;stroke-width:1}.brace{fill:none;stroke:#565149;stroke-width:1}"
    ".tie{fill:none;stroke:#a3471c;stroke-opacity:.55}.cross{stroke:#1c1a17;stroke-width:1.8;fill:none}.spark{fill:none;stroke:#565149;stroke-width:1.2}"
    ".band{fill:#1f4068;fill-opacity:.14}.level{stroke:#1f4068;stroke-width:1.8}.pre{stroke:#1c1a17;stroke-width:1.1}.on{stroke-dasharray:5 4}"
    ".event{stroke:#1c1a17;stroke-width:1}.halo{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}"
    ".stay{fill:none;stroke:#1f4068;stroke-width:2}.away{stroke:#a3471c;stroke-width:1.6;stroke-dasharray:5 3}.bar{stroke:#a3471c;stroke-width:1}"
)
#: A word longer than this may be broken anywhere after every few characters: paths, hashes, and what a hostile title holds.
LONG = 26
_LONG = re.compile(rf"\S{{{LONG},}}")
#: Characters that the text face has for certain; all others are looked up before they are set.
_KNOWN = re.compile("[\\s\u0020-\u017f\u2010-\u2026\u2190-\u2193\u2212]")


def render(packet: Packet, paper: str = "a4") -> bytes:
    """The PDF's bytes; the same packet gives the same. `paper` is "a4" or "us-letter"."""
    import typst

    case = packet.case
    data = {
        "title": f"{visible(case.person.name)}, {span(case.period.since, case.period.until)}",
        "author": visible(case.person.name),
        "made": f"muster {packet.version}",
        "date": [case.today.year, case.today.month, case.today.day],
        "paper": paper,
        "kind": packet.kind,
        "blocks": [encoded(block) for block in outline(packet)],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    text = shown(text)
    made: bytes = typst.compile(
        template(), sys_inputs={"packet": text}, ignore_system_fonts=True, pdf_standards=["ua-1"],
        timestamp=int(datetime(case.today.year, case.today.month, case.today.day, tzinfo=UTC).timestamp()),
    )  # fmt: skip
    return made


@cache
def template() -> bytes:
    """The template's source."""
    return (files("muster.packet") / "templates" / "packet.typ").read_bytes()


def encoded(block: Block) -> dict[str, Any]:
    """A block as plain data, its kind under `k`; a run without look or link is a bare text."""
    made = {"k": type(block).__name__.lower()}
    if isinstance(block, Picture):
        return {**made, "svg": styled(block.svg), "told": block.told, "wide": block.wide, "key": block.key}
    return {**made, **asdict(block, dict_factory=_light)}


def _light(pairs: list[tuple[str, Any]]) -> Any:
    """A record as a dictionary; a run as a text, or as its text, look and link."""
    found = dict(pairs)
    if found.keys() == {"text", "look", "to"}:
        text = broken(found["text"])
        return [text, found["look"], found["to"]] if found["look"] or found["to"] else text
    return found


def broken(text: str) -> str:
    """The text with places to break in words too long for a line."""
    return _LONG.sub(lambda word: re.sub(r"(.{12})(?=.)", "\\1\u200b", word[0]), text)


def styled(svg: str) -> str:
    """A picture of the page as a file of its own: with its namespace and what its classes mean."""
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(">", f"><style>{escape(STYLE, quote=False)}</style>", 1)


def shown(text: str) -> str:
    """The text with characters that no font of Typst's has written out."""
    unsure = sorted(set(_KNOWN.sub("", text)))
    missing = {character for character in unsure if not drawable(character)}
    return "".join(f"⟨U+{ord(character):04X}⟩" if character in missing else character for character in text) if missing else text


@cache
def drawable(character: str) -> bool:
    """Whether one of the fonts that Typst carries has the character."""
    import typst

    try:
        typst.compile(_ONE, sys_inputs={"c": character}, ignore_system_fonts=True, pdf_standards=["ua-1"], timestamp=0)
    except typst.TypstError as error:
        if "could not be displayed" in str(error):
            return False
        raise
    return True


_ONE = b'#set document(title: "t")\n#set text(font: "Libertinus Serif")\n#sys.inputs.c'
