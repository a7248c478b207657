"""The command line: arguments, printing, exit codes. 0 is fine, 1 is findings or a failed check, 2 could not run."""

from __future__ import annotations

import contextlib
import errno
import importlib
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from muster import __version__, syncing
from muster.helping import Command, Commands, examples
from muster.model import MusterError
from muster.options import (
    BookOption,
    ConfidentialOption,
    Format,
    FormatOption,
    RedactOption,
    Report,
    SinceOption,
    TodayOption,
    UntilOption,
    clock,
    day,
    leaving,
    opened,
    print_json,
    status,
)
from muster.visit import commands
from muster.visit import people as people_command

app = typer.Typer(
    name="muster",
    help="Gather the record of your work while it happens; inspect it the way a promotion room will.",
    epilog=examples(
        "muster demo",
        "muster review . --me you@example.org -o review.html",
        "muster init my-book",
        "muster explain C201",
    )
    + "\n\nExit code: 0 fine, 1 findings, 2 could not run.",
    cls=Commands,
    subcommand_metavar="COMMAND …",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
)


#: The exit code of what Ctrl-C ended, and what is said then.
STOPPED = 130
KEPT = "stopped; what was finished before is kept."

#: What a system says when nothing more can be written.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def tell_version(wanted: bool) -> None:
    """Print the version and end, where it is wanted."""
    if wanted:
        print(f"muster {__version__}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=tell_version, is_eager=True, help="Print the version.", show_default=False)
    ] = False,
) -> None:
    """What goes for every command; its help is the app's own."""


@app.command(cls=Command, epilog=examples("muster demo", "muster demo --into /tmp/muster-demo"))
def demo(
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="Where to put it.")] = Path("demo"),
) -> None:
    """Do the whole job on the sample book (fiction) and on this repository's own book and history."""
    from muster.demo import run as run_demo

    with status() as tell:
        text = run_demo(into, tell)
    print(text)


@app.command(
    cls=Command,
    epilog=examples(
        "muster review . --me ann@example.org",
        "muster review api web --me ann@example.org --me @ann \\",
        "  --since 2026-01-01 --until 2026-06-30 -o half.html",
    ),
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
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the page: .html, .pdf, .docx, .md or .json.")
    ] = None,
    ref: Annotated[str, typer.Option("--ref", metavar="REF", help="The branch to read.")] = "HEAD",
    redact: RedactOption = False,
    confidential: ConfidentialOption = None,
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
        leaves = output or redact or confidential or format_ is Format.JSON
        packet = leaving(work, redact, confidential, output, "muster review …") if leaves else project.packet_of(work)
        if output and renderer:
            tell("writing the page", 0, None)
            write(output, renderer.render(packet))
    if format_ is Format.JSON:
        sys.stdout.buffer.write(importlib.import_module("muster.packet.json").render(packet) + b"\n")
        return
    from muster.packet.text import review_text
    from muster.terminal import elsewhere, skipped_lines, width

    print(review_text(packet, width()))
    # The packet holds what it cites alone.
    if hint := elsewhere(work.case):
        print(f"\n{hint}")
    if skipped := skipped_lines(packet.case, most=8):
        print("\n" + "\n".join(skipped))
    if output:
        print(f"\nThe page: {output}")
    else:
        print("\nThe whole page, with every record behind it: add -o review.html")


@app.command(cls=Command, epilog=examples("muster init my-book", "muster init my-book --yes"))
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
    """The answers, each question with what was found as its default; an empty answer takes that."""
    from dataclasses import replace

    print("Four questions; an empty answer takes what stands in brackets. All of it can be changed in muster.toml.")
    name = asked("Your name", found.name)
    emails: list[str] = []
    while not emails:
        emails = asked("Every address you commit with", " ".join(found.emails)).replace(",", " ").split()
        wrong = [one for one in emails if "@" not in one.strip("@")]
        if wrong:
            print(f"  {wrong[0]!a} is no e-mail address; write it as you@example.org.")
            emails = []
        elif not emails:
            break
    return replace(
        found,
        name=name,
        emails=tuple(emails),
        team=asked("Your team, if it has a name", found.team),
        level_to=asked("The level you work towards", found.level_to or "Staff"),
    )


def asked(question: str, default: str) -> str:
    """One answer; Ctrl-D takes the default as an empty line does."""
    try:
        given = input(f"{question} [{default}]: " if default else f"{question}: ")
    except EOFError:
        print()
        return default
    return given.strip() or default


@app.command(
    cls=Command,
    epilog=examples(
        'muster log "Talked payments out of a second lock service"',
        'muster log --at 2026-05-04 "Cut over the deploy lock"',
        "git log -1 --format=%s | muster log -",
    ),
)
def log(
    text: Annotated[str, typer.Argument(metavar="TEXT", help='What happened, in one line; "-" reads it from standard input.')],
    book: BookOption = None,
    at: Annotated[
        date | None, typer.Option("--at", parser=day, metavar="DATE", help="The day it happened.", show_default=False)
    ] = None,
) -> None:
    """Write one line into this week's log, at once."""
    from muster import book as books

    line = sys.stdin.read() if text == "-" else text
    print(books.log(books.find_book(book), line, at))


commands.register(app)
syncing.register(app)
people_command.register(app)


@app.command(
    cls=Command,
    epilog=examples("muster check", "muster check claims/deploys.md --format json", "muster check --format sarif > muster.sarif"),
)
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH…", help="Only findings in these files.", show_default=False)
    ] = None,
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    format_: Annotated[
        Report, typer.Option("--format", metavar="text|json|sarif|github", help="How to print; github: notes beside the lines.")
    ] = Report.TEXT,
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
    if format_ in (Report.SARIF, Report.GITHUB):
        from muster import annotated

        print(annotated.github(checked, here(work.book)) if format_ is Report.GITHUB else annotated.sarif(checked, work.case))
    elif format_ is Report.JSON:
        print_json("check", {"period": work.case.period, "checked": checked, "skipped": work.case.not_taken})
    else:
        print(check_text(checked, work.case))
    if any(one.findings for one in checked):
        raise typer.Exit(1)


def here(book: Any) -> str:
    """The book's folder as seen from here; empty where we are in it, or it is not below."""
    try:
        return "" if book.root.resolve() == Path.cwd() else book.root.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return ""


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


@app.command(cls=Command, epilog=examples("muster explain C201", "muster explain reach", "muster explain skeptic"))
def explain(
    word: Annotated[str | None, typer.Argument(metavar="WORD", help="A code, rule, signal, seat or word; none lists them all.")] = None,
) -> None:
    """Say what a code, signal or seat means, and why."""
    from muster.explain import explain as text_of

    print(text_of(word))


@app.command(cls=Command, epilog=examples("muster threads", "muster threads --draft t-3fa9c1d2 > claims/deploys.md"))
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
    from muster.visit.inbox import undecided

    work = opened(book, since, until, today)
    found = work.case.period_threads()
    if draft:
        meant = [one for one in work.case.threads if one.id.startswith(draft)]
        if len(meant) != 1:
            seen = "that begins the ids of several undertakings" if meant else "there is no such undertaking"
            raise MusterError(f"--draft {draft}", seen, "`muster threads` lists them with their ids.")
        made = project.draft(meant[0], work.case)
        waiting = len(undecided(made.evidence, work.decided))
        print(drafts.draft_markdown(made, work.case.evidence, waiting), end="")
    elif format_ is Format.JSON:
        print_json("threads", {"period": work.case.period, "threads": found})
    else:
        print(threads_text(found, work.case))


@app.command(cls=Command, epilog=examples("muster signals", "muster signals --since 2026-01-01"))
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


@app.command(
    cls=Command,
    epilog=examples("muster room", "muster room --seat skeptic", "muster room --against ann.json bo.json cy.json --slots 2"),
)
def room(
    cases: Annotated[list[Path] | None, typer.Argument(metavar="CASE…", help="More cases for --against.", show_default=False)] = None,
    seat: Annotated[str | None, typer.Option("--seat", metavar="SEAT", help="Only this seat's questions.")] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="CASE", help="Compare cases that were handed in (muster packet --submit).", show_default=False),
    ] = None,
    slots: Annotated[int, typer.Option("--slots", metavar="N", help="How many of the compared cases can be taken.")] = 1,
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    format_: FormatOption = Format.TEXT,
    today: TodayOption = None,
) -> None:
    """Rehearse the room: every seat's questions, and whether evidence answers them; or compare cases question by question."""
    from dataclasses import replace

    from muster.packet.text import ladder_text, room_text
    from muster.terminal import width

    if cases and not against:
        raise MusterError(str(cases[0]), "is one argument too many", "To compare cases, type: muster room --against CASE CASE …")
    if against:
        from muster.packet import against as beside

        read = [beside.read(path) for path in [*against, *(cases or [])]]
        if book or len(read) == 1:
            from muster import project

            read.insert(0, beside.own(project.packet_of(opened(book, since, until, today))))
        compared = beside.compare(read, slots)
        if seat:
            compared = replace(compared, questions=tuple(one for one in compared.questions if one.seat == seat_named(seat)))
        print_json("against", {"comparison": compared}) if format_ is Format.JSON else print(beside.text(compared, width()))
        return
    work = opened(book, since, until, today)
    rehearsal = work.rehearsal
    if seat:
        rehearsal = replace(rehearsal, answers=tuple(a for a in rehearsal.answers if a.seat == seat_named(seat)))
    if format_ is Format.JSON:
        print_json(
            "room", {"period": work.case.period, "rehearsal": rehearsal, "connected": work.case.connected, "ladder": work.case.ladder}
        )
    else:
        print(room_text(rehearsal, width()))
        if work.case.ladder and not seat:
            print(f"\n{ladder_text(work.case.ladder, rehearsal, width())}")


def seat_named(seat: str) -> str:
    """The seat meant, as the room calls it."""
    from muster import room as seats

    name = seat.strip().casefold().replace("_", "-")
    if name not in seats.names():
        raise MusterError(f"--seat {seat}", "no such seat", f"Seats: {', '.join(seats.names())}.")
    return name


@app.command(
    cls=Command,
    epilog=examples(
        "muster packet -o packet.html", "muster packet -o packet.pdf", "muster packet --redact -o packet.html",
        "muster packet --submit -o case.json",
    ),
)
def packet(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it: .html, .pdf, .docx, .md or .json.")
    ] = None,
    redact: RedactOption = False,
    confidential: ConfidentialOption = None,
    submit: Annotated[
        bool, typer.Option("--submit", help="Hand it in: write a .json with your mark, which `muster room --against` asks for.", show_default=False)
    ] = False,
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    today: TodayOption = None,
) -> None:
    """Write the packet: the case as it is handed in. Without -o it is printed as Markdown. Exit 1, and nothing is
    written, where something confidential would leave."""
    if submit and (not output or output.suffix.lower() != ".json"):
        raise MusterError(f"--submit{f' -o {output}' if output else ''}", "a case is handed in as JSON", "Type: muster packet --submit -o case.json")
    renderer = renderer_for(output) if output else importlib.import_module("muster.packet.md")
    leaves = leaving(opened(book, since, until, today), redact, confidential, output, f"muster packet{' --submit' if submit else ''}")
    content = renderer.submitted(leaves, today or clock()) if submit else renderer.render(leaves)
    if output:
        write(output, content)
        print(output)
    else:
        sys.stdout.buffer.write(content)


@app.command(cls=Command, epilog=examples("muster brief", "muster brief -o brief.md"))
def brief(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it as Markdown: a file that ends in .md.")
    ] = None,
    redact: RedactOption = False,
    confidential: ConfidentialOption = None,
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    today: TodayOption = None,
) -> None:
    """Write what your manager can say in two minutes: three lines a claim, who backs it, the two hardest questions."""
    from muster.packet import brief as briefs
    from muster.terminal import width

    if output and output.suffix != ".md":
        raise MusterError(f"-o {output}", "a brief is written as Markdown", "Give a file that ends in .md, or no -o to read it here.")
    made = briefs.brief(leaving(opened(book, since, until, today), redact, confidential, output, "muster brief"))
    if output:
        write(output, briefs.markdown(made).encode())
        print(output)
    else:
        print(briefs.text(made, width()))


@app.command(cls=Command, epilog=examples(
    'muster query "SELECT kind, count(*) FROM link GROUP BY kind ORDER BY 2 DESC"',
    'muster query "SELECT place, seen FROM finding"',
))
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT.")],
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    format_: FormatOption = Format.TEXT,
    today: TodayOption = None,
) -> None:
    """Ask in SQL, over evidence, change, participant, person, touch, link, thread, member, signal and finding."""
    from muster.query import ask as ask_sql

    work = opened(book, since, until, today)
    names, rows = ask_sql(work, sql)
    if format_ is Format.JSON:
        print_json("query", {"columns": names, "rows": rows})
        return
    from muster.terminal import table_text

    print(table_text(names, rows))


# ---------------------------------------------------------------------------------------------------------------


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


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code; every error that a person can mend is printed, not raised."""
    from muster.terminal import forgiving

    forgiving(sys.stdout, sys.stderr)
    try:
        result = app(args=arguments, prog_name="muster", standalone_mode=False)
        sys.stdout.flush()
    except MusterError as error:
        return failed(str(error), error.code)
    except (KeyboardInterrupt, typer.Abort):
        # Typer makes an Abort of Ctrl-C while it asks or prints.
        return failed(KEPT, STOPPED)
    except (BrokenPipeError, SystemExit) as error:
        # Typer makes an exit with code 1 of a broken pipe.
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        # The reader (`head`, a pager) has gone; that is no error of ours. Devnull keeps the exit quiet.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in FULL:
            raise
        return failed(f"{error.filename or 'the disk'}: {error.strerror}\n  Make room, or point XDG_CACHE_HOME elsewhere; then run it again.", 2)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            return 0
        command = getattr(getattr(error, "ctx", None), "command_path", "muster")
        return failed(f"{error.format_message()}\n  Type: {command} --help", 2)
    if result == STOPPED:  # some versions of Typer make an exit code of Ctrl-C by themselves
        return failed(KEPT, STOPPED)
    return result if isinstance(result, int) else 0


def failed(text: str, code: int) -> int:
    """The exit code, once the text is on standard error with nothing in it that a terminal would obey."""
    from muster.terminal import plain, width, wrap

    first, *rest = text.splitlines() or [""]
    said = plain(first)
    said = said if said.startswith("muster") else f"muster: {said}"
    if sys.stderr.isatty():
        said = wrap(said, "  ", "", width(sys.stderr))
    lines = [said, *(f"  {plain(line)}" for line in rest)]
    with contextlib.suppress(OSError):
        print("\n".join(lines), file=sys.stderr)
    return code


__all__ = ["app", "main"]
