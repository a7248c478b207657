"""`muster week`, `muster inbox` and `muster new`: what they ask, print and write."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from muster.helping import Command, examples
from muster.model import Choice, MusterError, Period, Verb
from muster.options import (
    BookOption,
    Format,
    FormatOption,
    SinceOption,
    TodayOption,
    UntilOption,
    clock,
    from_here,
    opened,
    print_json,
)

if TYPE_CHECKING:
    from muster.model import Thread
    from muster.project import Work
    from muster.visit.inbox import Group
    from muster.visit.week import Line, Visit


def register(app: typer.Typer) -> None:
    """Put the commands into the app."""
    app.command(cls=Command, epilog=examples(
        'muster new proposal "One deploy lock a team"', 'muster new decline "No second queue"', "muster new note --from t-3fa9c1d2",
    ))(new)  # fmt: skip
    app.command(cls=Command, epilog=examples("muster week", "muster week --yes", "muster week --week 2026-W46 --keep 1,3"))(week)
    app.command(cls=Command, epilog=examples(
        "muster inbox", "muster inbox --keep t-3fa9c1d2 --drop 4c029a3acb97", "muster inbox --tie 4c029a3acb97=claims/deploys.md",
    ))(inbox)  # fmt: skip


def new(
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="proposal, decision, risk, incident, result, note, decline, pushback, endorsement or claim.")],
    title: Annotated[str | None, typer.Argument(metavar="TITLE", help="What it is called; with --from, by default as the undertaking.", show_default=False)] = None,
    thread: Annotated[str | None, typer.Option("--from", metavar="THREAD", help="Fill it in from an undertaking, or from the one that holds a record.", show_default=False)] = None,
    book: BookOption = None,
    today: TodayOption = None,
) -> None:
    """Write an entry from its template; with --from, filled in with what evidence knows."""
    from muster import book as books

    root = books.find_book(book)
    if thread is None:
        if title is None:
            raise MusterError("muster new", "no title", f'Say what it is about: muster new {type_} "Retry budget for search"')
        print(from_here(books.new(root, type_, title, today or clock())))
        return
    if type_ in books.TEMPLATES:
        work = opened(book, None, None, today)
        print(from_here(begin(work, type_, undertaking(work, thread), title, today)))
    else:
        books.new(root, type_, title or "x", today or clock())  # says which types there are


def begin(work: Work, type_: str, thread: Thread, title: str | None, today: date | None) -> Path:
    """The path of a new entry about an undertaking."""
    from muster import book as books
    from muster.visit.prefill import prefill

    assert work.book is not None
    name = title or thread.title
    return books.new(work.book.root, type_, name, today or clock(), prefill(type_, thread, work.case, name))


def undertaking(work: Work, typed: str) -> Thread:
    """The undertaking that an id begins, or the one that holds the record that it begins."""
    from muster import book as books

    meant = [one for one in work.case.threads if one.id == typed] or [one for one in work.case.threads if one.id.startswith(typed)]
    meant = meant or [one for one in work.case.threads if any(books.matches(typed, id_) for id_ in one.evidence)]
    if len(meant) != 1:
        seen = "that begins the ids of several undertakings" if meant else "there is no such undertaking"
        raise MusterError(typed[:60], seen, "`muster threads` lists them with their ids.")
    return meant[0]


def week(
    week_: Annotated[str | None, typer.Option("--week", metavar="WEEK", help="Which one, as 2026-W46 or a day of it; by default this.", show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; keep the lines that are suggested.")] = False,
    keep: Annotated[str | None, typer.Option("--keep", metavar="NUMBERS", help="Ask nothing; keep the lines of these numbers, as 1,3.", show_default=False)] = None,
    book: BookOption = None,
    format_: FormatOption = Format.TEXT,
    today: TodayOption = None,
) -> None:
    """Show this week's record, pre-filled for the log; keep two or three lines; see what to write down next."""
    from muster.visit.text import heading, listing, rest_text, week_text
    from muster.visit.week import week_of

    day = today or clock()
    monday = week_begin(week_, day)
    work = opened(book, None, None, today)
    visit = week_of(work.case, work.checked, work.rehearsal.moves, work.decided, monday)
    if format_ is Format.JSON:
        print_json("week", {"week": visit})
        return
    named = str(book) if book else ""
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    if yes or keep is not None:
        print("\n".join(heading(visit, work.case)))
        write_lines(work, chosen_lines(visit, keep), day)
    elif not asks:
        print(week_text(visit, work.case, named))
        return
    else:
        print("\n".join([*heading(visit, work.case), "", *listing(visit)]))
        ask_lines(work, visit, day)
    print("\n".join(rest_text(left(visit, work), named)))
    if asks and not yes and keep is None:
        ask_moves(work, visit, today)


def week_begin(typed: str | None, today: date) -> date:
    """The Monday of a week as it was typed, or of this one. Raises MusterError for what is no week, or one to come."""
    from muster.book import dates

    found = today if typed is None else dates.day(typed)
    if found is None:
        raise MusterError(f"--week {typed}", "that is no week", "Write it as 2026-W46, or give a day of it.")
    monday = found - timedelta(days=found.weekday())
    if monday > today:
        raise MusterError(f"--week {typed}", "that week has not begun", "A log holds what happened.")
    return monday


def chosen_lines(visit: Visit, keep: str | None) -> list[Line]:
    """The lines of the numbers that were typed; those suggested where none were."""
    if keep is None:
        return [line for line in visit.lines if line.suggested]
    numbers = [int(word) for word in re.findall(r"\d+", keep)]
    wrong = [number for number in numbers if not 1 <= number <= len(visit.lines)]
    if wrong or not numbers:
        raise MusterError(
            f"--keep {keep}", f"there is no line {wrong[0]}" if wrong else "that names no line",
            f"This week has lines 1 to {len(visit.lines)}." if visit.lines else "This week has no line to keep.",
        )  # fmt: skip
    return [visit.lines[number - 1] for number in dict.fromkeys(numbers)]


def ask_lines(work: Work, visit: Visit, today: date) -> None:
    """Ask which lines to keep, and write them; then, as long as any are typed, lines of the owner's own."""
    from muster.visit.keys import answer

    suggested = " ".join(str(number) for number, line in enumerate(visit.lines, 1) if line.suggested)
    if suggested:
        asked = f"\nEnter keeps {suggested}; or type other numbers, a line of your own, or - for none:"
    else:
        asked = f"\n{'Numbers to keep, a' if visit.lines else 'A'} line of your own, or Enter for none:"
    while (typed := answer(asked)) is not None and typed != "-":
        if typed and not re.fullmatch(r"[\d\s,]+", typed):
            write_own(work, visit, typed, today)
            continue
        try:
            write_lines(work, chosen_lines(visit, typed or None), today)
        except MusterError as error:
            print(f"  {error.seen}. {error.next}")
            continue
        return


def write_own(work: Work, visit: Visit, text: str, today: date) -> None:
    """Write a line that the owner typed, under today or the week's last day."""
    from muster import book as books

    assert work.book is not None
    print(f"  {books.log(work.book.root, text, min(today, visit.period.until))}")


def write_lines(work: Work, lines: Sequence[Line], today: date) -> None:
    """Write lines into the log, each safely on disk before the next, and keep in the inbox what they refer to."""
    from muster import book as books
    from muster.visit.week import markdown

    assert work.book is not None
    for line in sorted(lines, key=lambda one: one.day):
        print(f"  {books.log(work.book.root, markdown(line, work.case.evidence), line.day)}")
    ids = tuple(id_ for line in lines for id_ in line.evidence if id_ not in work.decided.states)
    if ids:
        books.choose(work.book.root, [Choice(Verb.KEEP, ids)], {ids[0]: "in the log"})


def left(visit: Visit, work: Work) -> Visit:
    """The visit once choices were written: what is undecided now."""
    from muster import book as books
    from muster import project

    assert work.book is not None
    choices, _ = books.read_choices(work.book.root)
    decided, _ = project.decide(work.lake, replace(work.book, choices=choices))
    return replace(visit, undecided=tuple(id_ for id_ in visit.undecided if id_ not in decided.states))


def ask_moves(work: Work, visit: Visit, today: date | None) -> None:
    """Begin the page of a move, where its command makes one; Enter leaves it for later."""
    import shlex

    from muster.visit.keys import key

    pages = {}
    for number, move in enumerate(visit.moves, 1):
        words = shlex.split(move.command)
        if words[:2] == ["muster", "new"] and len(words) >= 4:
            pages[str(number)] = words[2:]
    while pages:
        pressed = key(f"\nBegin a page now? {' '.join(pages)}, or Enter for later:")
        if pressed not in pages:
            return
        type_, title, *rest = pages.pop(pressed)
        if rest[:1] == ["--from"]:
            path = begin(work, type_, undertaking(work, rest[1]), title, today)
        else:
            from muster import book as books

            assert work.book is not None
            path = books.new(work.book.root, type_, title, today or clock())
        print(f"  {from_here(path)}")


def inbox(
    keep: Annotated[list[str] | None, typer.Option("--keep", metavar="ID", help="Keep a record, or a whole undertaking; again for each more.", show_default=False)] = None,
    drop: Annotated[list[str] | None, typer.Option("--drop", metavar="ID", help="Leave it out of every undertaking; again for each more.", show_default=False)] = None,
    tie: Annotated[list[str] | None, typer.Option("--tie", metavar="ID=PLACE", help="Put a record into an undertaking, or behind a claim.", show_default=False)] = None,
    merge: Annotated[list[str] | None, typer.Option("--merge", metavar="ID,ID", help="Make one of these undertakings.", show_default=False)] = None,
    split: Annotated[list[str] | None, typer.Option("--split", metavar="ID,ID", help="Make an undertaking of its own of these records.", show_default=False)] = None,
    name: Annotated[list[str] | None, typer.Option("--name", metavar="ID=TITLE", help="Call an undertaking so.", show_default=False)] = None,
    all_: Annotated[bool, typer.Option("--all", help="Show everything, also what is decided.")] = False,
    book: BookOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    format_: FormatOption = Format.TEXT,
    today: TodayOption = None,
) -> None:
    """Show what came onto the record; keep it, drop it, or tie it to an undertaking or claim."""
    from muster import book as books
    from muster.book.choices import FILE as CHOICES
    from muster.terminal import count as counted
    from muster.visit.inbox import inbox as read
    from muster.visit.text import inbox_text

    work = opened(book, since, until, today)
    assert work.book is not None
    made = [*asked(work, Verb.KEEP, keep), *asked(work, Verb.DROP, drop), *tied(work, tie), *shaped(work, merge, split, name)]
    if made:
        count = books.choose(work.book.root, made, notes(work, made))
        print(f"{CHOICES}: {counted(count, 'choice')} written" if count else f"{CHOICES} says so already")
        return
    groups = read(work.case, work.decided, work.case.period, all_)
    if format_ is Format.JSON:
        print_json("inbox", {"period": work.case.period, "seen": work.decided.seen, "groups": groups})
    elif sys.stdin.isatty() and sys.stdout.isatty() and groups and not all_:
        ask_groups(work, groups, today or clock())
    else:
        print(inbox_text(groups, work.case, work.decided.seen, said(work.case.period), all_, str(book) if book else ""))


def said(period: Period) -> str:
    """A period in words."""
    from muster.room.words import span

    return span(period.since, period.until)


def asked(work: Work, verb: Verb, typed: Iterable[str] | None) -> list[Choice]:
    """A choice for each word that was typed, with every id in full."""
    return [Choice(verb, meant(work, word)) for given in typed or () for word in re.split(r"[,\s]+", given) if word]


def meant(work: Work, typed: str) -> tuple[str, ...]:
    """The evidence that a word means: all of an undertaking, or one record. Raises MusterError where it means none."""
    from muster import book as books
    from muster.visit.inbox import of_thread

    if typed.startswith("t-"):
        return of_thread(undertaking(work, typed), work.case)
    found = [id_ for id_ in work.case.evidence if books.matches(typed, id_)]
    if len(found) != 1:
        seen = f"that begins the ids of {len(found)} records" if found else "no record of yours, or that refers to yours, begins so"
        raise MusterError(typed[:60], seen, "`muster inbox --all` lists them with their ids.")
    return (found[0],)


def tied(work: Work, typed: Iterable[str] | None) -> list[Choice]:
    """A choice for each `ID=PLACE`: a place is an undertaking, a record in one, or a claim."""
    made = []
    for one in typed or ():
        word, mark, place = one.partition("=")
        if not mark or not word or not place:
            raise MusterError(f"--tie {one}", "that names no place", "Write it as ID=THREAD, or ID=claims/deploys.md.")
        claims = [claim.where.path or "" for claim in work.case.claims]
        path = next((path for path in claims if path.removesuffix(".md") == place.removesuffix(".md")), None)
        made.append(Choice(Verb.TIE, meant(work, word), path or anchor(work, place)))
    return made


def anchor(work: Work, typed: str) -> str:
    """A record that stands for the undertaking of an id: the first of the owner's own in it, or the record itself."""
    thread = undertaking(work, typed)
    if not typed.startswith("t-"):
        return meant(work, typed)[0]
    return next(id_ for id_ in (*thread.did, *thread.evidence) if work.case.mine(work.case.evidence[id_]))


def shaped(work: Work, merge: Iterable[str] | None, split: Iterable[str] | None, name: Iterable[str] | None) -> list[Choice]:
    """Choices about whole undertakings: which are one, which records are one of their own, what one is called."""
    made = []
    for one in merge or ():
        ids = tuple(dict.fromkeys(anchor(work, word) for word in re.split(r"[,\s]+", one) if word))
        if len(ids) < 2:
            raise MusterError(f"--merge {one}", "that is one undertaking", "Name two or more: --merge t-3fa9c1d2,t-77aa01bc")
        made.append(Choice(Verb.MERGE, ids))
    made += [
        Choice(Verb.SPLIT, tuple(id_ for word in re.split(r"[,\s]+", one) if word for id_ in meant(work, word)))
        for one in split or ()
    ]
    for one in name or ():
        word, mark, title = one.partition("=")
        if not mark or not title.strip():
            raise MusterError(f"--name {one}", "that has no title", 'Write it as --name t-3fa9c1d2="One lock a team".')
        made.append(Choice(Verb.NAME, (anchor(work, word),), title.strip()))
    return made


def notes(work: Work, made: Iterable[Choice]) -> dict[str, str]:
    """The titles that stand behind choices, by their first ids."""
    evidence = work.case.evidence
    return {choice.ids[0]: evidence[choice.ids[0]].title for choice in made if choice.ids and choice.ids[0] in evidence and choice.verb is not Verb.NAME}


def ask_groups(work: Work, groups: Sequence[Group], today: date) -> None:
    """Go through the inbox, an undertaking at a time; every key is written before the next is asked for."""
    from muster import book as books
    from muster.book.choices import FILE as CHOICES
    from muster.terminal import count
    from muster.visit.keys import key
    from muster.visit.text import ITEMS, group_lines

    assert work.book is not None
    root = work.book.root
    items = [item for group in groups for item in group.undecided]
    print(f"{count(len(items), 'record')} in {count(len(groups), 'undertaking')}, newest first.")
    print("k keep  d drop  t tie  o one by one  b back  q quit  Enter skip")
    place, decided = 0, set[str]()
    while place < len(groups):
        group = groups[place]
        print("\n".join(["", *group_lines(group, ITEMS)]))
        pressed = key(f"  {place + 1} of {len(groups)}: k d t o b q, Enter skips:")
        ids = tuple(item.id for item in group.undecided)
        if pressed == "q":
            break
        if pressed == "b":
            place = max(0, place - 1)
            continue
        if pressed == "o" and len(group.items) > 1:
            singles = [replace(group, items=(item,)) for item in group.items]
            groups = [*groups[:place], *singles, *groups[place + 1 :]]
            continue
        if pressed in ("k", "d"):
            verb = Verb.KEEP if pressed == "k" else Verb.DROP
            books.choose(root, [Choice(verb, ids)], {ids[0]: group.title})
            decided.update(ids)
        elif pressed == "t":
            if not (choice := ask_place(work, groups, ids)):
                continue
            books.choose(root, [choice], {ids[0]: group.title})
            decided.update(ids)
        elif pressed not in ("", "s"):
            print("  k, d, t, o, b or q; Enter leaves it undecided")
            continue
        place += 1
    # Looked through is what was passed; older evidence may wait.
    if place == len(groups) or (work.decided.seen and not any(item.new for group in groups[place:] for item in group.items)):
        books.choose(root, (), seen=today)
    print(f"\n{count(len(decided), 'record')} decided; {CHOICES} has it." if decided else "\nNothing was decided.")


def ask_place(work: Work, groups: Sequence[Group], ids: tuple[str, ...]) -> Choice | None:
    """Where to tie records to: an undertaking or a claim, by number or by id; None where nothing was chosen."""
    from muster.terminal import cut, width
    from muster.visit.keys import answer

    claims = [(claim.where.path or "", claim.title) for claim in work.case.claims if claim.where.path]
    threads = [(group.thread, group.title) for group in groups if group.thread and not {item.id for item in group.items} & set(ids)]
    places = [*claims, *dict.fromkeys(threads)][:9]
    for number, (place, title) in enumerate(places, 1):
        print(f"    {number}  {cut(f'{title} ({place})', width() - 8)}")
    while typed := answer("    a number, an undertaking's id or a claim's path; Enter for none:"):
        place = places[int(typed) - 1][0] if typed.isdigit() and 1 <= int(typed) <= len(places) else typed
        try:
            (choice,) = tied(work, [f"{ids[0]}={place}"])
        except MusterError as error:
            print(f"    {error.seen}. {error.next}")
            continue
        return replace(choice, ids=ids)
    return None
