"""What the owner wrote: entries, and claims in three beats with the numbers that they bind to data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from muster.model.evidence import Grade, Period, Where
from muster.model.numbers import Number


@dataclass(frozen=True, slots=True)
class Reference:
    """A link or mention in an entry's prose, as it was typed: `target` is the URL, path, hash or `owner/repo#1`."""

    text: str
    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of an entry and the Markdown below it, up to the next heading of the same or a higher level.

    `line` is the line of the heading in the file, counted from 1.
    """

    title: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Allow:
    """`<!-- muster: allow CODE because … -->`: one finding silenced in one entry, with its reason kept."""

    code: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One Markdown file of the book.

    `happened_at` is the day that the front matter (or the file's name) claims; `recorded_at` is when the journal or the
    book's git history first saw the file, None where neither has. `meta` is the front matter as plain values.
    `line_of_body` is where the body starts. Absent front matter is an empty mapping.
    """

    path: str
    type: str
    title: str
    happened_at: date | None
    recorded_at: datetime | None
    grade: Grade
    meta: Mapping[str, object] = field(default_factory=dict)
    body: str = ""
    line_of_body: int = 1
    sections: tuple[Section, ...] = ()
    references: tuple[Reference, ...] = ()
    allows: tuple[Allow, ...] = ()

    @property
    def id(self) -> str:
        """The id of the evidence that this entry is."""
        return f"book:{self.path}"

    def section(self, *titles: str) -> Section | None:
        """The first section whose heading is one of `titles`, whatever its case."""
        wanted = {title.casefold() for title in titles}
        return next((section for section in self.sections if section.title.casefold() in wanted), None)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence and the ids of the evidence that it was read off. A sentence with no ids is the owner's word.

    `line` is where it begins in the entry that it was read from; None where it comes from no file.
    """

    text: str
    evidence: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """One of a claim's three beats: what is said, line by line, with its sources; empty where it is missing."""

    statements: tuple[Statement, ...] = ()
    line: int | None = None

    def __bool__(self) -> bool:
        return any(statement.text.strip() for statement in self.statements)

    @property
    def text(self) -> str:
        """The whole beat as one piece of prose."""
        return " ".join(statement.text.strip() for statement in self.statements if statement.text.strip())


@dataclass(frozen=True, slots=True)
class Claim:
    """The owner's words for an undertaking, in three beats; or, with `drafted`, words put together from evidence.

    `evidence` holds the ids that the claim's references resolve to and those of its thread, in order of time.
    `witnesses` are as the owner typed them: they are the owner's word until a record of theirs says it.
    """

    where: Where
    title: str
    problem: Beat
    did: Beat
    changed: Beat
    period: Period | None = None
    behaviors: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    evidence: tuple[str, ...] = ()
    thread: str | None = None
    drafted: bool = False
    entry: Entry | None = None

    @property
    def beats(self) -> tuple[tuple[str, Beat], ...]:
        """The three beats by name, in order."""
        return (("problem", self.problem), ("did", self.did), ("changed", self.changed))


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference that was tied to no evidence. `dead` says that the source it names is connected and lacks it;
    otherwise the source is not connected, and nothing can be said.
    """

    path: str
    reference: Reference
    dead: bool
    reason: str
