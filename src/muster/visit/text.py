"""How the inbox and a week read on a terminal: plain lines that fit a width, with commands that can be pasted."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date

from muster.book import label
from muster.model import Case
from muster.room.words import quoted, span
from muster.terminal import count, cut, pad, plain, width, wrap
from muster.visit.inbox import Group, Item
from muster.visit.week import Line, OpenItem, Visit, named

#: How many undertakings, and how many items of one, a list shows unless all is asked for.
GROUPS, ITEMS = 10, 5


def week_text(visit: Visit, case: Case, book: str = "") -> str:
    """A week where nobody can answer: what would be kept, the command that keeps it, moves, and what is open."""
    lines = [*heading(visit, case), "", *listing(visit)]
    if any(line.suggested for line in visit.lines):
        lines += ["", "The marked lines go into the log with", f"  {command('week', visit.week, '--yes', book=book)}"]
        if len(visit.lines) > 1:
            lines += ["or others, by their numbers:", f"  {command('week', visit.week, '--keep 1,2', book=book)}"]
    return "\n".join([*lines, *rest_text(visit, book)])


def rest_text(visit: Visit, book: str = "") -> list[str]:
    """What follows the lines: moves, open items, the inbox."""
    lines: list[str] = []
    if visit.moves:
        lines += ["", "Before it is forgotten"]
        for number, move in enumerate(visit.moves, 1):
            lines += [wrap(move.text, "     ", f"  {number}  "), wrap(move.why, "     ")]
            lines += [f"     {with_book(move.command, book)}"] if move.command else []
    if visit.open:
        lines += ["", "Still open"]
        lines += [wrap(open_line(one), "     ", "  -  ") for one in visit.open]
    if visit.undecided:
        lines += ["", wrap(
            f"{count(len(visit.undecided), 'record')} of this week {'is' if len(visit.undecided) == 1 else 'are'} undecided. To keep, drop or tie:"
        ), f"  muster inbox --since {visit.period.since} --until {visit.period.until}{with_book('', book)}"]  # fmt: skip
    return lines


def heading(visit: Visit, case: Case) -> list[str]:
    """Which week, of whom, and what there is of it."""
    number = visit.week.partition("-W")[2]
    lines = [wrap(f"{case.person.name}, {span(visit.period.since, visit.period.until)} (week {int(number)})")]
    if visit.logged:
        lines.append(f"log/{visit.week}.md has {count(visit.logged, 'line')} already.")
    if not visit.lines:
        done = "Nothing else of yours" if visit.logged else "Nothing of yours"
        lines.append(wrap(
            f"{done} is on record from these days. What leaves no record elsewhere (a talk, advice, a no) is worth a line all "
            'the more: muster log "…"'
        ))  # fmt: skip
    return lines


def listing(visit: Visit) -> list[str]:
    """The lines by number; those suggested carry a mark."""
    lines: list[str] = []
    for number, line in enumerate(visit.lines, 1):
        mark = "*" if line.suggested else " "
        lines += [wrap(line.text, "       ", f"{mark} {number:>2}   "), f"       {sources(line)}"]
    if visit.more:
        lines.append(wrap(f"and {count(visit.more, 'smaller change')}", "       "))
    return lines


def sources(line: Line) -> str:
    """The day of a line and where its records are, on one line."""
    marks = list(dict.fromkeys(label(id_) for id_ in line.evidence))
    more = f" and {len(marks) - 3} more" if len(marks) > 3 else ""
    return f"{line.day:%a} {line.day.day} {line.day:%b} · {' '.join(marks[:3])}{more}"


def open_line(one: OpenItem) -> str:
    """An open item in words."""
    return f"{quoted(one.title, 60)}: {one.what}, {count(one.days, 'day')} ({one.where})"


def inbox_text(groups: Sequence[Group], case: Case, seen: date | None, days: str, everything: bool, book: str = "") -> str:
    """The inbox where nobody can answer: undertakings, newest first, and how to decide."""
    items = [item for group in groups for item in group.items]
    if not items:
        return wrap(f"Nothing to decide: every record of {days} is kept, dropped or tied.") if not everything else f"Nothing on record in {days}."
    waiting = sum(item.state == "undecided" for item in items)
    new = sum(item.new for item in items)
    told = f"{count(waiting, 'record')} to decide about, {days}" if waiting else f"Everything of {days} is decided"
    lines = [wrap(told + (f"; {new} new since {seen.day} {seen:%B}." if seen and new else "."))]
    shown = groups if everything else groups[:GROUPS]
    dense = False
    for group in shown:
        # Undertakings of one line stand below each other; any other has air around it.
        single = one_line(group)
        lines += [*([] if single and dense else [""]), *group_lines(group, None if everything else ITEMS)]
        dense = single
    if len(groups) > len(shown):
        rest = sum(len(group.items) for group in groups[len(shown) :])
        lines += ["", wrap(f"and {count(rest, 'record')} in {count(len(groups) - len(shown), 'older undertaking')}: add --all")]
    first = next((group for group in groups if group.thread), None)
    item = next((item for item in items if item.state == "undecided"), items[0])
    lines += ["", "A whole undertaking, or one record:"]
    if first:
        lines.append(f"  muster inbox --keep {first.thread}{with_book('', book)}")
    lines.append(f"  muster inbox --drop {shlex.quote(label(item.id))}{with_book('', book)}")
    places = [*(claim.where.path for claim in case.claims), *(group.thread for group in groups if item not in group.items)]
    if place := next((place for place in places if place), None):
        lines.append(f"  muster inbox --tie {shlex.quote(f'{label(item.id)}={place}')}{with_book('', book)}")
    return "\n".join(lines)


def group_lines(group: Group, most: int | None = None) -> list[str]:
    """An undertaking's heading, then its items, the newest first."""
    room = width()
    if one_line(group):
        return [item_line(group.items[0], room, group.thread or "")]
    name = f"{group.thread}  " if group.thread else ""
    lines = [f"{name}{cut(named(group.title, room), room - len(name))}"]
    shown = group.items if most is None else group.items[:most]
    lines += [item_line(item, room) for item in shown]
    if len(group.items) > len(shown):
        rest = group.items[len(shown) :]
        dates = span(rest[-1].on or date.min, rest[0].on or date.min)
        lines.append(f"    and {len(rest)} more of {dates}")
    return lines


def one_line(group: Group) -> bool:
    """Whether an undertaking is said by the one item of it that is there."""
    return len(group.items) == 1 and group.items[0].own and named(group.title) == named(group.items[0].title)


def item_line(item: Item, room: int, thread: str = "") -> str:
    """An item on one line: new or not, its day, what it is, and its id, or that of the undertaking that it is all of."""
    day = f"{item.on.day:>2} {item.on:%b}" if item.on else "no day"
    id_ = thread or label(item.id)
    what = named(plain(item.title), room)
    what = what if item.own else f"{item.who} {item.does} it: {what}"
    state = "" if item.state == "undecided" else f" ({item.state})"
    left = f"{'*' if item.new else ' '} {day:<6}  "
    return f"{left}{pad(what + state, room - len(left) - len(id_) - 2)}  {id_}"


def command(name: str, week: str, rest: str, book: str = "") -> str:
    """A command about a week, as it can be pasted."""
    return with_book(f"muster {name} --week {week} {rest}", book)


def with_book(text: str, book: str) -> str:
    """A command that names the book where one was named on the command line; a command about no book stays as it is."""
    if not book or text.startswith("muster explain"):
        return text
    return f"{text} --book {shlex.quote(book)}"
