"""What the commands share: their options, and how a book is opened and a document printed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from muster.model import Packet
    from muster.project import Work


class Format(StrEnum):
    """How a command prints."""

    TEXT = "text"
    JSON = "json"


class Report(StrEnum):
    """How findings are printed: for reading, or for other people's tools."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def day(text: str) -> date:
    """A date as typed: 2026-06-30."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write it as 2026-06-30") from None


BookOption = Annotated[
    Path | None,
    typer.Option("--book", metavar="DIR", help="The book; by default the nearest muster.toml upward.", show_default=False),
]
FormatOption = Annotated[Format, typer.Option("--format", metavar="text|json", help="How to print.")]
SinceOption = Annotated[
    date | None, typer.Option(parser=day, metavar="DATE", help="First day, as 2026-01-01.", show_default=False)
]
UntilOption = Annotated[
    date | None, typer.Option(parser=day, metavar="DATE", help="Last day, as 2026-06-30.", show_default=False)
]
TodayOption = Annotated[
    date | None,
    typer.Option("--today", parser=day, metavar="DATE", help="Pretend that it is this day.", show_default=False),
]
RedactOption = Annotated[
    bool, typer.Option("--redact", help="Withhold every field that holds what is confidential, and say how many.", show_default=False)
]
ConfidentialOption = Annotated[
    Path | None,
    typer.Option("--confidential", metavar="FILE", help="Also confidential: a list, one name, term or host a line.", show_default=False),
]


def leaving(work: Work, redact: bool, listed: Path | None, output: Path | None, command: str) -> Packet:
    """The packet as it may leave; raises `RefusedError` where something in it must not. `command` is the one that was typed."""
    from muster import project
    from muster.book import read_list
    from muster.packet.redact import export

    marked = (*work.case.confidential, *(read_list(listed) if listed else ()))
    typed = f"{command} --redact{f' --confidential {listed}' if listed else ''}{f' -o {output}' if output else ''}"
    return export(project.packet_of(work), marked, redact, str(output) if output else command, typed)


def from_here(path: Path) -> Path:
    """The path as one would type it here: without the folder one is in, where it lies below that."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except (OSError, ValueError):
        return path


def opened(book: Path | None, since: date | None, until: date | None, today: date | None) -> Work:
    """The book's case, with all that the stages gave."""
    from muster import book as books
    from muster import project

    root = books.find_book(book)
    with status() as tell:
        return project.open_book(books.read(root), today=today or clock(), since=since, until=until, progress=tell)


def clock() -> date:
    """Today; the one place that looks."""
    return date.today()


def moment() -> datetime:
    """Now, by this machine's clock and zone: when a source is asked, and how long it wants to be left alone."""
    return datetime.now().astimezone()


def status() -> Any:
    """What shows progress."""
    from muster.terminal import Status

    return Status()


def print_json(name: str, content: dict[str, Any]) -> None:
    """One JSON document that names its schema and version."""
    from muster.printed import document

    print(document(name, **content))
