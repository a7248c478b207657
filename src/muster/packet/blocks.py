"""What an outline of a packet is made of: headings, paragraphs, lists, tables and pictures, in words of a few looks."""

from __future__ import annotations

from dataclasses import dataclass

from muster.model import Verdict


@dataclass(frozen=True, slots=True)
class Run:
    """Some words of a line. `look` is "", "code", "strong", "em", "quiet", "figure", "gap", "note" (raised) or "said" (the
    mark of the owner’s word); `to` is where they lead: `#n3` in the packet, or a web address.
    """

    text: str
    look: str = ""
    to: str = ""


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `name` is where links to it lead. A section's has level 2, and is set beside its blocks where there is room."""

    level: int
    text: Line
    name: str = ""
    page: bool = False


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph; `look` is "", "lede", "who", "run" (above the name), "small", or "lead" (small, and kept with what follows)."""

    text: Line
    look: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list; numbered from `start` where that is above zero. `names` are where links to its items lead; `look` is "" or "aside"."""

    rows: tuple[tuple[Line, ...], ...]
    start: int = 0
    look: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Lines by label, such as a claim's beats."""

    rows: tuple[tuple[str, tuple[Line, ...]], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading row. A row of one cell is a heading over those that follow it; `right` are columns of figures.

    `name` says what it is for: a renderer may know how wide its columns are.
    """

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    right: tuple[int, ...] = ()
    anchors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as SVG, its words, and what its marks mean."""

    svg: str
    told: str
    wide: bool = False
    key: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cards:
    """The claims of the first screen, row by row."""

    rows: tuple[tuple[Card, ...], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A claim of the first screen: its title and its labelled lines."""

    title: Line
    lines: tuple[tuple[str, Line], ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """The seats, each with the verdicts of its questions."""

    rows: tuple[tuple[Line, tuple[Verdict, ...]], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its verdict and what is said to it."""

    name: str
    verdict: Verdict
    text: Line
    says: tuple[Line, ...]


Block = Heading | Para | Items | Pairs | Table | Picture | Cards | Tally | Question
