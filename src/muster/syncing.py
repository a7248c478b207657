"""`muster sync`: brings every connected source up to date, and says what is connected, how fresh, and what it cannot show."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from muster.helping import Command, examples
from muster.model import Evidence, MusterError, Skipped
from muster.options import BookOption, Format, FormatOption, moment, print_json

if TYPE_CHECKING:
    from muster.book import Book
    from muster.project import Progress
    from muster.sources import Gathered

#: What is connected without a table of its own → what it shows, what it cannot, and the questions that it helps to answer.
OF_GIT = (
    "what was built, by whom and when; whom commits name; what fixes, reverts or uses what",
    "why; who asked, assigned or refused; what was dropped before it reached the branch that is read",
    (
        "Is this bigger than the team?", "What is the system-level impact?", "Could a strong Senior have done this with the right support?",
        "Was this written then, or now?", "What went wrong since?",
    ),
)  # fmt: skip

#: How many of what was not taken are listed.
LISTED = 8


@dataclass(frozen=True, slots=True)
class Connected:
    """A connected source after a sync.

    `count` is how many records it gives, `newest` the date of the latest of them that is not in the future. `synced` is when it
    was last brought up to date, None where that never came to its end; `new` is how many items this sync brought or found
    changed, None for what is read anew each time. `failed` says why it could not be brought up to date now, `next` what to do.
    """

    name: str
    origin: str
    count: int
    newest: datetime | None
    synced: datetime | None
    new: int | None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    shows: str = ""
    blind: str = ""
    questions: tuple[str, ...] = ()
    failed: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A source that is not connected: what it would show, and the lines of muster.toml that connect it."""

    name: str
    shows: str
    blind: str
    questions: tuple[str, ...]
    lines: str


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync came to, at that time."""

    at: datetime
    connected: tuple[Connected, ...]
    offered: tuple[Offered, ...] = ()

    @property
    def failed(self) -> tuple[Connected, ...]:
        """Those that could not be brought up to date."""
        return tuple(one for one in self.connected if one.failed)


def bring(
    book: Book,
    names: Sequence[str] = (),
    *,
    clock: Callable[[], datetime],
    full: bool = False,
    progress: Progress | None = None,
) -> Synced:
    """What came of bringing sources up to date: git and what is on this machine first, then those elsewhere, one after another.

    `names` are sources; without any it is all that are connected, and those that are not are offered. One that fails keeps
    none of the others. With `full`, everything is asked for again, not only what is new. Raises MusterError where a name is not
    that of a connected source.
    """
    from muster import sources

    tables = book.settings.sources
    wanted = [name.strip().casefold().removeprefix("sources.") for name in names]
    for name in wanted:
        if name not in tables and name != "git":
            module = sources.module_of(name)  # says which there are, where there is none of that name
            lines = getattr(module, "EXAMPLE", f"[sources.{name}]")
            raise MusterError(sources.place_of(name), "is not connected: muster.toml has no such table", f"Add for example:\n{lines}")
    tell: Progress = progress or (lambda *_: None)
    found = [*git_of(book, clock, tell)] if not wanted or "git" in wanted else []
    chosen = [name for name in tables if not wanted or name in wanted]
    # What is here is read in a moment; what is elsewhere may take long, and may be stopped.
    order = sorted(chosen, key=lambda name: (elsewhere(name), name))
    found += [brought(name, tables[name], book.root, clock, full, tell) for name in order]
    offered = () if wanted else tuple(offer(name) for name in sources.names() if name not in tables)
    return Synced(clock(), tuple(found), offered)


def elsewhere(name: str) -> bool:
    """Whether a source's record lies elsewhere; one that is not installed comes first, and fails."""
    from muster import sources

    with suppress(MusterError):
        return sources.kept(sources.module_of(name))
    return False


def brought(
    name: str, table: Mapping[str, object], root: Path, clock: Callable[[], datetime], full: bool, progress: Progress
) -> Connected:
    """One source brought up to date, or why it could not be."""
    from muster import sources
    from muster.sources._kept import Kept, path_of

    def tell(what: str, done: int, total: int | None) -> None:
        progress(f"{name}: {what}", done, total)

    failed: MusterError | None = None
    new: int | None = None
    try:
        module = sources.module_of(name)
        if sources.kept(module):
            settings = sources.settings_of(module, table)
            with Kept(path_of(root, name), clock=clock) as kept:
                if full:
                    kept.forget()
                tell("asking what is new", 0, None)
                try:
                    missed = tuple(one for one in module.fetch(settings, root, kept, tell) or () if isinstance(one, Skipped))
                    kept.ended(missed)
                finally:
                    new = kept.changed
    except MusterError as error:
        failed = error
    except OSError as error:
        failed = MusterError(sources.place_of(name), f"cannot be read: {error.strerror or error}", "Sync again when that is mended.")
    tell("reading", 0, None)
    gathered = sources.Gathered()
    try:
        gathered = sources.gather(name, table, root)
    except MusterError as error:
        failed = failed or error
    state = state_of(name, gathered, clock())
    return replace(
        state, synced=gathered.synced if elsewhere(name) else state.synced, new=new,
        failed=f"{failed.where}: {failed.seen}" if failed else "", next=failed.next if failed else "",
    )  # fmt: skip


def state_of(name: str, gathered: Gathered, at: datetime) -> Connected:
    """A source by what it gives."""
    from muster import sources

    said: tuple[str, str, tuple[str, ...]] = ("", "", ())
    with suppress(MusterError):
        said = words_of(sources.module_of(name))
    newest = newest_of(gathered.evidence, at)
    return Connected(name, name, len(gathered.evidence), newest, at, None, gathered.skipped, gathered.notes, *said)


def newest_of(evidence: Sequence[Evidence], at: datetime) -> datetime | None:
    """The date of the latest record that is not in the future."""
    return max((piece.happened_at for piece in evidence if piece.happened_at and piece.happened_at <= at), default=None)


def git_of(book: Book, clock: Callable[[], datetime], progress: Progress) -> Iterator[Connected]:
    """Each repository of the book, read up to its newest commit."""
    import pyarrow.compute as pc

    from muster import book as books
    from muster import project

    paths = books.repository_paths(book.root, book.settings.repositories)
    there = [path for path in paths if path.exists()]
    read = dict(project.harvest_each(there, "HEAD", book.root / ".muster", progress))
    for path in paths:
        one = read.get(path)
        at = clock()
        state = Connected("git", path.name, 0, None, at, None, (), (), *OF_GIT)
        if one is None:
            if path not in there:
                yield replace(state, synced=None, failed=f"{path} is not on this machine", next="Mend `repositories` in muster.toml, or clone it there.")
        elif isinstance(one, MusterError):
            yield replace(state, synced=None, failed=f"{one.where}: {one.seen}", next=one.next)
        else:
            dates = one.commits["committed_at"]
            newest = pc.max(dates.filter(pc.less_equal(dates, at).fill_null(False))).as_py() if len(dates) else None
            yield replace(state, origin=one.name, count=one.rows.count, newest=newest, skipped=one.skipped, notes=one.notes)


def offer(name: str) -> Offered:
    """What a source that is not connected would add."""
    from muster import sources

    module = sources.module_of(name)
    return Offered(name, *words_of(module), getattr(module, "EXAMPLE", f"[sources.{name}]"))


def words_of(module: ModuleType) -> tuple[str, str, tuple[str, ...]]:
    """What a source's module says that it shows, that it cannot show, and which questions it helps to answer."""
    return getattr(module, "SHOWS", ""), getattr(module, "BLIND", ""), tuple(getattr(module, "QUESTIONS", ()))


# What is printed


def text(synced: Synced, room: int) -> str:
    """What is connected, in a table of that width; below it what failed, what cannot be shown, and what could be connected."""
    from muster.terminal import pad, plain, times, wrap

    name = max(room - 61, 12)
    lines = [f"{pad('connected', name)}  {'records':>9}  {'new':>7}  {pad('newest', 10)}  {pad('synced', 16)}  {'not taken':>9}"]
    for one in synced.connected:
        called = f"git: {one.origin}" if one.name == "git" else one.name
        new = "" if one.new is None else f"{one.new:,}"
        day = f"{one.newest:%Y-%m-%d}" if one.newest else "none"
        at = f"{one.synced.astimezone(synced.at.tzinfo):%Y-%m-%d %H:%M}" if one.synced else "not yet"
        skipped = sum(skipped.count for skipped in one.skipped)
        row = f"{pad(called, name)}  {one.count:>9,}  {new:>7}  {day:10}  {at:16}  {skipped or '':>9}"
        lines.append(row.rstrip())
    if not synced.connected:
        lines.append("nothing but the book itself")
    for one in synced.failed:
        lines += ["", wrap(f"{one.name} was not brought up to date. {one.failed}", "  ", "", room), wrap(one.next, "  ", room=room)]
    notes = [f"{one.origin}: {note}" for one in synced.connected for note in one.notes]
    if notes:
        lines += ["", *(wrap(note, "  ", "note: ", room) for note in notes)]
    taken = [skipped for one in synced.connected for skipped in one.skipped]
    if taken:
        lines += ["", "Not taken"]
        lines += [wrap(f"{one.where}: {one.reason}{times(one.count)}", "    ", "  ", room) for one in taken[:LISTED]]
        lines += [f"  … and {len(taken) - LISTED:,} more (--format json lists all)"] if len(taken) > LISTED else []
    said = {one.name: one for one in synced.connected if one.shows}
    if said:
        lines += ["", "What they cannot show"]
        lines += [wrap(one.blind, " " * 12, f"  {pad(one.name, 10)}", room) for one in said.values()]
        lines += ["", "Questions of the room, and what helps to answer them"]
        for question, names in helping(tuple(said.values())):
            lines.append(wrap(f"{question} {', '.join(names)}", "    ", "  ", room))
    if synced.offered:
        helped = {question for one in synced.connected for question in one.questions}
        head = "Not connected: what each would add, which questions it would help with that nothing else does yet, and the lines of muster.toml that connect it"
        lines += ["", wrap(head, room=room)]
        for two in synced.offered:
            lines += [wrap(two.shows, " " * 12, f"  {pad(two.name, 10)}", room)]
            lines += asked([question for question in two.questions if question not in helped], room)
            lines += [f"              {plain(line)}" for line in two.lines.strip().splitlines()]
        lines += ["", "Tokens stand in your keyring, never in muster.toml: docs/sources.md"]
    return "\n".join(lines)


def helping(connected: Sequence[Connected]) -> list[tuple[str, list[str]]]:
    """Each question that something connected helps to answer, in the order in which they are asked, and what that is."""
    from muster.room import seats

    texts = dict.fromkeys(question.text for seat in seats() for question in seat.QUESTIONS)
    found = [(text, [one.name for one in connected if text in one.questions]) for text in texts]
    return [(text, names) for text, names in found if names]


def asked(questions: Sequence[str], room: int) -> list[str]:
    """The questions of the room, a line or two."""
    from muster.terminal import wrap

    return [wrap(" ".join(questions), " " * 14, " " * 12 + "→ ", room)] if questions else []


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command(cls=Command, epilog=examples("muster sync", "muster sync github jira", "muster sync github --full"))(sync)


def sync(
    names: Annotated[list[str] | None, typer.Argument(metavar="SOURCE…", help="Only these; by default all that are connected.", show_default=False)] = None,
    book: BookOption = None,
    full: Annotated[bool, typer.Option("--full", help="Ask for everything again, not only for what is new.")] = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Bring every connected source up to date; show what is connected, how fresh, and what it cannot show. Exit 1 when one failed."""
    from muster import book as books
    from muster.terminal import Status, width

    root = books.find_book(book)
    read = books.read(root)
    try:
        with Status(lines=True) as tell:
            synced = bring(read, names or (), clock=moment, full=full, progress=tell)
    except KeyboardInterrupt:
        print(f"  What was brought is kept; to go on from there, type: {' '.join(['muster sync', *(names or ())])}", file=sys.stderr)
        raise
    if format_ is Format.JSON:
        print_json("sync", {"synced": synced})
    else:
        print(text(synced, width()))
    if synced.failed:
        raise typer.Exit(1)
