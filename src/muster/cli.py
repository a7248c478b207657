"""The command line: arguments, printing, exit codes. 0 is fine, 1 is findings or a failed check, 2 could not run."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from muster.model import MusterError

if TYPE_CHECKING:
    from muster.project import Work

app = typer.Typer(
    name="muster",
    help="Gather the record of your work while it happens; inspect it the way a promotion room will.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
)


class Format(StrEnum):
    """How a command prints."""

    TEXT = "text"
    JSON = "json"


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
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]
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


@app.command(epilog="Example: muster demo")
def demo(
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="Where to put it.")] = Path("demo"),
) -> None:
    """Do the whole job on the sample book (fiction) and on this repository's own book and history."""
    from muster.demo import run as run_demo

    with status() as tell:
        text = run_demo(into, tell)
    print(text)


@app.command(
    epilog="Examples:\n\n  muster review . --me ann@example.org\n\n"
    "  muster review api web --me ann@example.org --me @ann --since 2026-01-01 --until 2026-06-30 -o year.html"
)
def review(
    repositories: Annotated[list[Path], typer.Argument(metavar="REPO…", help="Git repositories, bare or not.")],
    me: Annotated[
        list[str], typer.Option("--me", metavar="EMAIL", help="Whose year: an e-mail or @handle; again for each more.")
    ],
    since: SinceOption = None,
    until: UntilOption = None,
    org: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A folder that says who owns what: CODEOWNERS, teams.csv, people.csv, …"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the page: .html, .md or .json.")
    ] = None,
    ref: Annotated[str, typer.Option("--ref", help="The branch to read.")] = "HEAD",
    format_: FormatOption = Format.TEXT,
    today: TodayOption = None,
) -> None:
    """Show what repositories alone say of a person's year, as a sceptic would read it. No book needed."""
    from muster import project

    renderer = renderer_for(output) if output else None
    with status() as tell:
        work = project.review(
            repositories, me, today=today or clock(), since=since, until=until, org=org, ref=ref, progress=tell
        )
        packet = project.packet_of(work)
        if output and renderer:
            tell("writing the page", 0, None)
            write(output, renderer.render(packet))
    if format_ is Format.JSON:
        sys.stdout.buffer.write(importlib.import_module("muster.packet.json").render(packet) + b"\n")
        return
    from muster.packet.text import review_text
    from muster.terminal import width

    print(review_text(packet, width()))
    if output:
        print(f"\nThe page: {output}")
    else:
        print("\nThe whole page, with every record behind it: add -o review.html")


@app.command(epilog="Example: muster init my-book")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the book goes.")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what is found.")] = False,
) -> None:
    """Make a book: asks little, finds your identity, repositories nearby and organisation files."""
    from muster import book

    found = book.detect(folder)
    if not yes and sys.stdin.isatty():
        found = ask(found)
    report = book.init(folder, found)
    print(report.text())


def ask(found: Any) -> Any:
    """The answers, each question with what was found as its default."""
    from dataclasses import replace

    return replace(
        found,
        name=typer.prompt("Your name", default=found.name or ""),
        emails=tuple(typer.prompt("Your e-mail addresses", default=" ".join(found.emails)).split()),
        team=typer.prompt("Your team", default=found.team or ""),
        level_to=typer.prompt("The level you work towards", default=found.level_to or "Staff"),
    )


@app.command(
    epilog='Examples:\n\n  muster log "Talked payments out of a second lock service"\n\n'
    '  muster log --at 2026-05-04 "Cut over the deploy lock"\n\n  git log -1 --format=%s | muster log -'
)
def log(
    text: Annotated[str, typer.Argument(help='What happened, in one line; "-" reads it from standard input.')],
    book: BookOption = None,
    at: Annotated[
        date | None, typer.Option("--at", parser=day, metavar="DATE", help="The day it happened.", show_default=False)
    ] = None,
) -> None:
    """Write one line into this week's log, at once."""
    from muster import book as books

    line = sys.stdin.read() if text == "-" else text
    print(books.log(books.find_book(book), line, at))


@app.command(epilog='Examples:\n\n  muster new proposal "One deploy lock a team"\n\n  muster new decline "No second queue"')
def new(
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="proposal, decision, risk, incident, result, note, …")],
    title: Annotated[str, typer.Argument(help="What it is called.")],
    book: BookOption = None,
    today: TodayOption = None,
) -> None:
    """Write an entry from its template."""
    from muster import book as books

    root = books.find_book(book)
    print(books.new(root, type_, title, today or clock()))


@app.command(epilog="Examples:\n\n  muster check\n\n  muster check claims/deploys.md --format json")
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH…", help="Only findings in these files.", show_default=False)
    ] = None,
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    format_: FormatOption = Format.TEXT,
    today: TodayOption = None,
) -> None:
    """List what a sceptic would find in the book, where, and the next move. Exit 1 when there is something."""
    from dataclasses import replace

    from muster.terminal import check_text

    work = opened(book, since, until, today)
    checked = work.checked
    if paths:
        assert work.book is not None
        wanted = wanted_paths(paths, work.book.root)
        checked = tuple(
            replace(one, findings=tuple(f for f in one.findings if f.where.path and under(f.where.path, wanted)))
            for one in checked
        )
    if format_ is Format.JSON:
        print_json("check", {"period": work.case.period, "checked": checked, "skipped": work.case.skipped})
    else:
        print(check_text(checked, work.case))
    if any(one.findings for one in checked):
        raise typer.Exit(1)


def wanted_paths(paths: Sequence[Path], root: Path) -> tuple[str, ...]:
    """The paths as the book names them; one that is not there is an error, not silence."""
    wanted = []
    for path in paths:
        target = path.resolve() if path.exists() else (root / path).resolve()
        if not target.exists() or not target.is_relative_to(root.resolve()):
            raise MusterError(str(path), "is no file of this book", f"Files of the book are below {root}.")
        wanted.append(target.relative_to(root.resolve()).as_posix())
    return tuple(wanted)


def under(path: str, wanted: Sequence[str]) -> bool:
    """Whether the path is one of those, or below one."""
    return any(one == "." or path == one or path.startswith(one + "/") for one in wanted)


@app.command(epilog="Examples:\n\n  muster explain C201\n\n  muster explain reach\n\n  muster explain skeptic")
def explain(
    word: Annotated[str | None, typer.Argument(help="A code, rule, signal or seat; none lists them all.")] = None,
) -> None:
    """Say what a code, signal or seat means, and why."""
    from muster.explain import explain as text_of

    print(text_of(word))


@app.command(epilog="Examples:\n\n  muster threads\n\n  muster threads --draft t-3fa9c1d2 > claims/deploys.md")
def threads(
    draft: Annotated[
        str | None, typer.Option("--draft", metavar="THREAD", help="Write a claim from it, every sentence with its source.")
    ] = None,
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    format_: FormatOption = Format.TEXT,
    today: TodayOption = None,
) -> None:
    """List the undertakings that evidence shows, or draft a claim from one."""
    from muster import drafts, project
    from muster.terminal import threads_text

    work = opened(book, since, until, today)
    found = work.case.period_threads()
    if draft:
        thread = work.case.thread(draft)
        if thread is None:
            raise MusterError(
                f"--draft {draft}", "there is no such undertaking", "`muster threads` lists them with their ids."
            )
        print(drafts.draft_markdown(project.draft(thread, work.case), work.case.evidence), end="")
    elif format_ is Format.JSON:
        print_json("threads", {"period": work.case.period, "threads": found})
    else:
        print(threads_text(found, work.case))


@app.command(epilog="Example: muster signals --since 2026-01-01")
def signals(
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    format_: FormatOption = Format.TEXT,
    today: TodayOption = None,
) -> None:
    """Show what was measured, beside your own earlier halves, what is notable in it, and what cannot be known."""
    from muster.notable import notable
    from muster.terminal import signals_text

    work = opened(book, since, until, today)
    if format_ is Format.JSON:
        print_json("signals", {"period": work.case.period, "signals": work.case.signals})
    else:
        print(signals_text(work.case.signals, notable(work.case), work.case))


@app.command(epilog="Examples:\n\n  muster room\n\n  muster room --seat skeptic")
def room(
    seat: Annotated[str | None, typer.Option("--seat", help="Only this seat's questions.")] = None,
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    format_: FormatOption = Format.TEXT,
    today: TodayOption = None,
) -> None:
    """Rehearse the room: every seat's questions, and whether evidence answers them."""
    from dataclasses import replace

    from muster import room as seats
    from muster.packet.text import room_text
    from muster.terminal import width

    work = opened(book, since, until, today)
    rehearsal = work.rehearsal
    if seat:
        name = seat.strip().casefold().replace("_", "-")
        if name not in seats.names():
            raise MusterError(f"--seat {seat}", "no such seat", f"Seats: {', '.join(seats.names())}.")
        rehearsal = replace(rehearsal, answers=tuple(a for a in rehearsal.answers if a.seat == name))
    if format_ is Format.JSON:
        print_json(
            "room", {"period": work.case.period, "rehearsal": rehearsal, "connected": work.case.connected}
        )
    else:
        print(room_text(rehearsal, width()))


@app.command(epilog="Examples:\n\n  muster packet -o packet.html\n\n  muster packet > packet.md")
def packet(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it: .md, .html or .json.")
    ] = None,
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    today: TodayOption = None,
) -> None:
    """Write the packet: the case as it is handed in. Without -o it is printed as Markdown."""
    from muster import project

    renderer = renderer_for(output) if output else importlib.import_module("muster.packet.md")
    work = opened(book, since, until, today)
    content = renderer.render(project.packet_of(work))
    if output:
        write(output, content)
        print(output)
    else:
        sys.stdout.buffer.write(content)


@app.command(epilog='Example: muster query "SELECT kind, count(*) FROM link GROUP BY kind ORDER BY 2 DESC"')
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT.")],
    book: BookOption = None,
    format_: FormatOption = Format.TEXT,
    today: TodayOption = None,
) -> None:
    """Ask in SQL, over evidence, change, participant, person, touch, link, thread, member, signal and finding."""
    from muster.query import ask as ask_sql

    work = opened(book, None, None, today)
    names, rows = ask_sql(work, sql)
    if format_ is Format.JSON:
        print_json("query", {"columns": names, "rows": rows})
        return
    from muster.terminal import table_text

    print(table_text(names, rows))


# ---------------------------------------------------------------------------------------------------------------


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


def status() -> Any:
    """What shows progress."""
    from muster.terminal import Status

    return Status()


def renderer_for(output: Path) -> Any:
    """The renderer whose format is the file's ending."""
    from muster.registry import modules

    formats = {module.FORMAT: module for module in modules("packet", "FORMAT")}
    ending = output.suffix.lstrip(".").lower()
    if ending not in formats:
        raise MusterError(
            f"-o {output}",
            f"no renderer for {'files that end in .' + ending if ending else 'a file without an ending'}",
            f"Endings that work: {', '.join('.' + name for name in sorted(formats))}.",
        )
    return formats[ending]


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise MusterError(str(path), f"cannot be written: {error.strerror}", "Give -o a file in a folder of yours.") from None


def print_json(name: str, content: dict[str, Any]) -> None:
    """One JSON document that names its schema and version."""
    from muster.printed import document

    print(document(name, **content))


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code; every error that a person can mend is printed, not raised."""
    try:
        result = app(args=arguments, standalone_mode=False)
    except MusterError as error:
        print(f"muster: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nmuster: stopped; what was read so far is kept.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (`head`, a pager) has gone; that is no error of ours. Devnull keeps the exit quiet.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        print(f"muster: {error.format_message()}\n  `muster --help` lists the commands; `muster COMMAND --help` shows examples.", file=sys.stderr)
        return 2
    return result if isinstance(result, int) else 0


__all__ = ["app", "main"]
