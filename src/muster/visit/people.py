"""`muster people`: who may be one person under two ids; the owner's yes and no, each asked for once and kept in the book."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from muster.helping import Command, examples
from muster.model import MusterError
from muster.options import BookOption, Format, FormatOption, from_here, print_json, status

if TYPE_CHECKING:
    from muster.people import People
    from muster.people.pairs import Pair, Side

#: How many are printed where nobody asked for all.
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Program:
    """Somebody who is taken for a program, and why."""

    id: str
    name: str
    why: str


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command(cls=Command, epilog=examples(
        "muster people", "muster people --confirm ann@example.org=@ann", "muster people --apart lee@one.example=lee@two.example",
    ))(people)  # fmt: skip


def people(
    confirm: Annotated[list[str] | None, typer.Option("--confirm", metavar="ID=ID", help="These ids are one person; again for each more.", show_default=False)] = None,
    apart: Annotated[list[str] | None, typer.Option("--apart", metavar="ID=ID", help="These two are not; they are not proposed again.", show_default=False)] = None,
    all_: Annotated[bool, typer.Option("--all", help="Show every proposal and every program.")] = False,
    book: BookOption = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Show who may be one person under two addresses or accounts, with why; say yes or no once."""
    from muster import book as books
    from muster import project
    from muster.lake import accounts
    from muster.people import pairs as of
    from muster.people._files import read_apart

    opened = books.read(books.find_book(book))
    folder = opened.root / opened.settings.organisation
    with status() as tell:
        brought = project.bring(opened, tell)
        tell("comparing names and addresses", 0, None)
        evidence = [piece for one in brought.others.values() for piece in one.evidence]
        found = of.pairs(brought.people, brought.harvests, evidence, read_apart(folder), accounts(brought.harvests, brought.people))
    if confirm or apart:
        for typed in confirm or ():
            ids = meant(brought.people, typed)
            for other in ids[1:]:
                print(joined(folder, brought.people, ids[0], other))
        for typed in apart or ():
            ids = meant(brought.people, typed)
            print(parted(folder, ids[0], ids[1:]))
        return
    programs = [Program(person.id, person.name, why) for person, why in of.programs(brought.people)]
    if format_ is Format.JSON:
        print_json("people", {"people": sum(not person.bot for person in brought.people.all.values()), "pairs": found, "programs": programs})
    elif sys.stdin.isatty() and sys.stdout.isatty() and found and not all_:
        ask(folder, brought.people, found)
    else:
        print(text(brought.people, found, programs, None if all_ else SHOWN, f" --book {book}" if book else ""))


def meant(who: People, typed: str) -> list[str]:
    """The ids that `A=B` names, as they are known here; MusterError where one of them is nobody's."""
    ids: list[str] = []
    for word in words(who, typed):
        hits = who.matches(word)
        if len(hits) != 1 or who.person(hits[0]).bot:
            seen = f"{word!r} is {'nobody here' if not hits else 'a program' if len(hits) == 1 else 'the name of several'}"
            raise MusterError(typed[:80], seen, "Name two ids as `muster people --all` prints them: ann@example.org=@ann")
        ids.append(hits[0])
    ids = list(dict.fromkeys(ids))
    if len(ids) < 2:
        raise MusterError(typed[:80], "that is one person already" if "=" in typed else "only one id", "Name two ids with = between them: ann@example.org=@ann")
    return ids


def words(who: People, typed: str) -> list[str]:
    """What stands between the `=` of `A=B`, where an address may hold one itself."""
    parts, found = typed.split("="), list[str]()
    while parts:
        size = next((size for size in range(len(parts), 0, -1) if who.matches("=".join(parts[:size]).strip())), 1)
        found.append("=".join(parts[:size]).strip())
        parts = parts[size:]
    return found


def joined(folder: Path, who: People, one: str, other: str) -> str:
    """What was done to make two ids one person: a row in people.csv, under the id that goes on."""
    from muster.people import _files, handle_of

    rows = _files.read(folder)[0]
    now = {row.email or row.key: row.person for row in rows if row.email or row.key}
    ids = [now.get(id_, id_) for id_ in (one, other)]
    if ids[0] == ids[1]:
        return f"{one} and {other} are one person already"
    named = [id_ for id_ in ids if any(row.person == id_ for row in rows)]
    mine = [id_ for id_ in ids if who.me and id_ == who.me.id]
    real = [id_ for id_ in ids if is_address(id_) and not handle_of(id_)]
    kept = [*mine, *named, *real, *filter(is_address, ids), ids[0]][0]
    gone = ids[1] if kept == ids[0] else ids[0]
    row = _files.Row(kept, gone if is_address(gone) else "", "" if is_address(gone) else gone)
    path = _files.write_rows(folder, [row])
    return f"{gone} is {who.person(one).name} ({kept}): written to {from_here(path)}"


def is_address(id_: str) -> bool:
    """Whether an id is an e-mail, not an account."""
    return "@" in id_[1:] and ":" not in id_


def parted(folder: Path, one: str, others: Sequence[str]) -> str:
    """What was done to keep ids from being proposed as one person."""
    from muster.people import _files

    path = _files.write_apart(folder, [(one, other) for other in others])
    return f"{one} and {', '.join(others)} are not one person: written to {from_here(path)}"


def ask(folder: Path, who: People, found: Sequence[Pair]) -> None:
    """Ask of each pair; every answer is written as it is given."""
    from muster.terminal import count, plain
    from muster.visit.keys import key

    print(f"{count(len(found), 'pair')} of ids may be one person each. y: they are · n: they are not · s or Enter: ask again another time · q: stop\n")
    done = 0
    for pair in found:
        print("\n".join(block(pair)))
        answer = key("One person? [y/n/s/q]")
        while answer not in ("y", "n", "s", "", "q"):
            answer = key("y, n, s or q:")
        if answer == "q":
            break
        if answer == "y":
            print(f"  {plain(joined(folder, who, pair.one.id, pair.other.id))}")
        elif answer == "n":
            print(f"  {plain(parted(folder, pair.one.id, [pair.other.id]))}")
        done += answer in ("y", "n")
        print()
    print(f"{count(done, 'answer')} written; {len(found) - done} left.")


def text(who: People, found: Sequence[Pair], programs: Sequence[Program], most: int | None, book: str) -> str:
    """Proposals and programs to read, with the commands that answer them."""
    from muster.terminal import count, plain

    humans = sum(not person.bot for person in who.all.values())
    lines = [f"{count(humans, 'person', 'people')} in the connected records, {count(len(found), 'pair')} of ids that may be one person each."]
    if found:
        lines.append("Nothing is merged until you say so.")
    for pair in found[:most]:
        lines += ["", *block(pair)]
        lines.append(f"  muster people --confirm {quoted(pair.one.id)}={quoted(pair.other.id)}{book}")
    if most is not None and len(found) > most:
        lines += ["", f"{len(found) - most} more: muster people --all{book}"]
    if programs:
        lines += ["", f"{count(len(programs), 'account')} taken for programs; a name for one in people.csv makes it a person:"]
        lines += [f"  {plain(one.name)} <{plain(one.id)}>: {one.why}" for one in programs[:most]]
        if most is not None and len(programs) > most:
            lines.append(f"  {len(programs) - most} more: muster people --all{book}")
    return "\n".join(lines)


def block(pair: Pair) -> list[str]:
    """A pair in lines: both sides, why, and a warning where that is often wrong."""
    from muster.people.pairs import WARNING
    from muster.terminal import plain

    lines = [line(pair.one), line(pair.other), f"  proposed because {plain(pair.why)}."]
    return [*lines, f"  {WARNING}"] if pair.doubtful else lines


def line(side: Side) -> str:
    """One side in a line: its name, id, and how much is on record under it, from when to when."""
    from muster.terminal import count, plain

    span = "" if side.first is None or side.last is None else f" of {side.first}" if side.first == side.last else f", {side.first} to {side.last}"
    more = [address for address in side.emails if address != side.id]
    also = f" (also {', '.join(more[:3])}{', …' if len(more) > 3 else ''})" if more else ""
    return plain(f"{side.name} <{side.id}>{also}: {count(side.records, 'record') if side.records else 'named, no record of their own'}{span}")


def quoted(word: str) -> str:
    """A word as a shell takes it."""
    import shlex

    return shlex.quote(word)
