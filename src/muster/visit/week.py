"""A week in a handful of lines, pre-filled from the record; what to write down of it; and what is still open."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from muster import paths
from muster.book import label
from muster.drafts import UPKEEP, telling
from muster.links._wording import clean, unwritten
from muster.model import (
    Basis,
    Case,
    Checked,
    Decided,
    Entry,
    Evidence,
    Link,
    LinkKind,
    Move,
    Period,
    Thread,
    Verb,
)
from muster.room.facts import Facts
from muster.room.moves import foreseen, make
from muster.room.words import count, listed, quoted
from muster.room.words import short as cut
from muster.rules.facts import outcome
from muster.visit.inbox import DOES, OPENED, others, recorded, twice, undecided

#: How many lines a week shows, of which the person's own work, others' records and reviews; and how many are suggested.
OWN, THEIRS, MOST, SUGGESTED = 4, 2, 7, 3
#: How many links a line carries, and how long a title in it may be.
LINKS, TITLE = 4, 64
#: Moves that are about one week's records, in the order in which they are looked for.
WEEKLY = ("foreseen", "answer", "fix", "note", "witness")
#: How many open items are shown; what is younger than this many days is not waiting for its outcome yet.
OPEN, PATIENCE = 5, 14


@dataclass(frozen=True, slots=True)
class Line:
    """One line for the log, as it would be written: its words, the day it stands under, and what it was read off."""

    text: str
    day: date
    evidence: tuple[str, ...]
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something of the book that waits for its end: what, since when, for how many days, and in which file."""

    what: str
    title: str
    since: date
    days: int
    where: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A week as the Friday visit shows it. `more` are records of the owner's week that no line is about; `logged` is how
    many lines the week's log has; `undecided` are the week's records that the inbox still asks about.
    """

    week: str
    period: Period
    lines: tuple[Line, ...]
    more: int
    logged: int
    moves: tuple[Move, ...]
    open: tuple[OpenItem, ...]
    undecided: tuple[str, ...]


def week_of(
    case: Case, checked: Sequence[Checked], moves: Sequence[Move], decided: Decided, monday: date
) -> Visit:
    """The week that begins on that Monday: at most seven lines, three of them suggested, three moves, five open items.

    What the owner dropped, and what a log refers to already, is in no line. The moves are those that this week's records
    ask for, then the rehearsal's.
    """
    period = Period(monday, monday + timedelta(days=6))
    past = Period(monday, max(monday, min(period.until, case.today)))
    year, number, _ = monday.isocalendar()
    label = f"{year:04d}-W{number:02d}"
    told = _covered(case, decided)
    again = twice(case)
    here = [
        piece for piece in case.evidence.values()
        if piece.source != "book" and recorded(piece) in past and not decided.dropped(piece.id) and piece.id not in again
    ]  # fmt: skip
    fresh = [piece for piece in here if piece.id not in told]
    ties = others(case)
    own, more = _own(case, [piece for piece in fresh if case.mine(piece) and piece.kind != "review"])
    theirs = _theirs(case, [piece for piece in fresh if piece.id in ties], ties)
    reviews = _reviews(case, [piece for piece in fresh if case.mine(piece) and piece.kind == "review"])
    # Where others wrote nothing down, there is room for more of one's own.
    room = max(OWN, MOST - len(theirs[:THEIRS]) - len(reviews))
    lines = [*own[:room], *theirs[:THEIRS], *reviews]
    more += sum(len(line.evidence) for line in own[room:])
    log = next((entry for entry in case.entries if entry.type == "log" and entry.path.endswith(f"{label}.md")), None)
    written = sum(text.startswith("- ") for text in log.body.split("\n")) if log else 0
    # Two or three things a week: what the log has already counts.
    lines = _suggested(lines, own, theirs, reviews, max(0, SUGGESTED - written))
    mine = {piece.id for piece in here if case.mine(piece)} | {piece.id for piece in here if piece.id in ties}
    return Visit(
        label, period, tuple(lines), more, written,
        _moves(case, checked, moves, past), _open(case),
        undecided((piece.id for piece in here if piece.id in mine and (piece.touches or piece.kind in OPENED or piece.id in ties or piece.kind == "review")), decided),
    )  # fmt: skip


def markdown(line: Line, evidence: Mapping[str, Evidence]) -> str:
    """A line as it is written into the log: its words, and links to at most four of its records."""
    marks = []
    for id_ in line.evidence[:LINKS]:
        piece, name = evidence.get(id_), label(id_)
        marks.append(f"[{name}]({piece.url})" if piece is not None and piece.url else name)
    more = len(line.evidence) - LINKS
    text = re.sub(r"([\\`*\[\]<>])", r"\\\1", line.text)
    return f"{text} ({', '.join(marks)}{f' and {more} more' if more > 0 else ''})"


def logged(case: Case) -> frozenset[str]:
    """Ids of the evidence that a log speaks of: by a link that was resolved, or by its hash."""
    logs = [entry for entry in case.entries if entry.type == "log"]
    found = {link.dst for link in case.links_from([entry.id for entry in logs])}
    hashes = {word.casefold() for entry in logs for word in re.findall(r"\b[0-9a-f]{12,40}\b", entry.body)}
    short_ = {word[:12] for word in hashes}
    found.update(id_ for id_ in case.evidence if id_.startswith("git:") and id_[4:16] in short_)
    return frozenset(found)


def _covered(case: Case, decided: Decided) -> frozenset[str]:
    """What a log speaks of, and what was kept together with that: a line names only the first few of its records."""
    told = logged(case)
    groups = [set(thread.evidence) for thread in case.threads if not told.isdisjoint(thread.evidence)]
    return told | {id_ for group in groups for id_ in group if decided.states.get(id_) is Verb.KEEP}


def _own(case: Case, pieces: Iterable[Evidence]) -> tuple[list[Line], int]:
    """A line for each undertaking, the most telling first, and how many records are upkeep that no line is about."""
    of_id = {id_: thread for thread in case.threads for id_ in thread.evidence}
    groups: dict[str, list[Evidence]] = {}
    for piece in pieces:
        if piece.touches or piece.kind in OPENED:  # merges and the like only pass on what others show
            thread = of_id.get(piece.id)
            groups.setdefault(thread.id if thread else piece.id, []).append(piece)
    rows: list[tuple[tuple[object, ...], Line]] = []
    upkeep = 0
    for key, ones in groups.items():
        thread = case.thread(key)
        ones.sort(key=lambda piece: (UPKEEP.search(piece.title) is not None, -_weight(piece), piece.id))
        if UPKEEP.search(ones[0].title):
            upkeep += len(ones)
            continue
        last = max(day for piece in ones if (day := recorded(piece)))
        ids = tuple(piece.id for piece in ones)
        worth = (
            not (thread and telling(thread, case.evidence)),
            not any(piece.kind == "document" for piece in ones),
            -min(len(thread.outside), 3) if thread else 0,
            -min(_weight(ones[0]), 3),
            -last.toordinal(),
            key,
        )
        rows.append((worth, Line(_did(thread, ones), last, ids)))
    rows.sort(key=lambda row: row[0])
    return [line for _, line in rows], upkeep


def _weight(piece: Evidence) -> int:
    """How many files of a change are neither tests, notes nor settings; at most 25, so that sweeps weigh no more."""
    return min(25, sum(paths.kind(touch.path) not in paths.NEUTRAL for touch in piece.touches))


def _did(thread: Thread | None, pieces: Sequence[Evidence]) -> str:
    """An undertaking's week in words: its most telling change, and what came with it."""
    titles = list(dict.fromkeys(named(piece.title) for piece in pieces))
    if len(titles) == 1:
        return titles[0] + (f" ({count(len(pieces), 'change')})" if len(pieces) > 1 else "")
    name = named(thread.title) if thread else ""
    rest = len(titles) - 2
    if not name or _same(name, titles[0]):
        return f"{titles[0]}; {titles[1]}" + (f"; {rest} more" if rest else "")
    if _same(name, titles[1]):
        return f"{titles[1]}; {titles[0]}" + (f"; {rest} more" if rest else "")
    return f"{name}: {titles[0]}; {titles[1]}" + (f"; {rest} more" if rest else "")


def named(title: str, most: int = TITLE) -> str:
    """A title as it stands in a line: without its number and package, cut, and with no full stop at its end."""
    told = re.sub(r"^Review of #\d+(?:: [\w-]+)? \((.*)\)$", r"\1", title.removeprefix("Review of: "))
    return cut(clean(told).rstrip(". "), most)


def _same(one: str, other: str) -> bool:
    first, second = (re.sub(r"\W+", " ", text).strip().casefold() for text in (one, other))
    return first.startswith(second[:40]) or second.startswith(first[:40])


def _theirs(case: Case, pieces: Iterable[Evidence], ties: Mapping[str, Link]) -> list[Line]:
    """A line for each other person whose records refer to the owner's: what speaks against it first, then outsiders."""
    within = {id_ for thread in case.threads for id_ in thread.evidence}
    people: dict[str, list[Evidence]] = {}
    for piece in pieces:
        if ties[piece.id].kind is not LinkKind.BUILDS_ON or piece.id in within:
            people.setdefault(piece.actor, []).append(piece)
    order = {kind: place for place, kind in enumerate(DOES)}
    rows: list[tuple[tuple[object, ...], Line]] = []
    for person, ones in people.items():
        ones.sort(key=lambda piece: (order[ties[piece.id].kind], piece.id))
        first = ones[0]
        tie = ties[first.id]
        team = case.outside.get(first.id, "") if case.team_basis is Basis.KNOWN else ""
        work = case.evidence[tie.dst]
        text = f"{case.name_of(person)}{f' ({team})' if team else ''} {DOES[tie.kind]} {quoted(named(work.title))}"
        if tie.kind is not LinkKind.REVIEWS:
            text += f" {'in' if tie.kind in (LinkKind.CITES, LinkKind.BACKS) else 'with'} {quoted(named(first.title))}"
        if len(ones) > 1:
            text += f", one of {count(len(ones), 'record')} on my work"
        against = tie.kind in (LinkKind.REVERTS, LinkKind.FIXES)
        last = max(day for piece in ones if (day := recorded(piece)))
        worth = (not against, first.id not in case.outside, order[tie.kind], -len(ones), case.name_of(person), person)
        rows.append((worth, Line(text, last, tuple(piece.id for piece in ones))))
    rows.sort(key=lambda row: row[0])
    return [line for _, line in rows]


def _reviews(case: Case, pieces: Iterable[Evidence]) -> list[Line]:
    """One line for the reviews that the owner gave; none where there are none."""
    ones = sorted(pieces, key=lambda piece: (-len(piece.title), piece.id))
    if not ones:
        return []
    titles = [quoted(named(piece.title)) for piece in ones]
    authors = dict.fromkeys(
        case.name_of(change.actor) for piece in ones if (change := case.evidence.get(piece.id.partition("#")[0])) is not None
    )
    by = f" by {listed(authors, 3)}" if authors else ""
    last = max(day for piece in ones if (day := recorded(piece)))
    return [Line(f"Reviewed {listed(titles, 3)}{by}", last, tuple(piece.id for piece in ones))]


def _suggested(
    lines: Sequence[Line], own: Sequence[Line], theirs: Sequence[Line], reviews: Sequence[Line], most: int
) -> list[Line]:
    """The lines, with at most `most` marked as suggested: one's own, one that is about others, and what fills up."""
    about = [*theirs[:1], *reviews[:1]][:1]
    first = [*own[: SUGGESTED - len(about)], *about]
    first = [*first, *(line for line in lines if line not in first)][:most]
    return [replace(line, suggested=line in first) for line in lines]


def _moves(case: Case, checked: Sequence[Checked], moves: Sequence[Move], period: Period) -> tuple[Move, ...]:
    """At most three moves: those about this week's records, then the rehearsal's. None twice, none about the same work."""
    facts = Facts(replace(case, period=period), tuple(checked))
    found: list[Move] = []
    for name in WEEKLY if facts.threads or facts.records else ():
        move = foreseen(facts) if name == "foreseen" else make(facts, name)
        if move is None:
            continue
        if any((piece := case.evidence.get(id_)) and recorded(piece) in period for id_ in move.evidence):
            found.append(move)
    # One of each sort as far as that goes: a second note is not what three moves are for.
    begun = {f"{entry.type} {_bare(entry.title)}" for entry in case.entries if unwritten(entry.body)}
    offered = [
        move for move in {move.text: move for move in (*found, *moves)}.values()
        if " ".join([*move.command.split()[2:3], _bare(title_of(move))]) not in begun
    ]  # fmt: skip
    sorts = [" ".join(move.command.split()[:3]) for move in offered]
    again = [sorts.index(sort) < place for place, sort in enumerate(sorts)]
    best = sorted(range(len(offered)), key=lambda place: (again[place], place))[:3]
    return tuple(offered[place] for place in best)


def title_of(move: Move) -> str:
    """The title in a move's command; empty where it makes no page."""
    words = shlex.split(move.command)
    return words[3] if words[:2] == ["muster", "new"] and len(words) > 3 else ""


def _bare(title: str) -> str:
    return re.sub(r"\W+", " ", title).strip().casefold()


def _open(case: Case) -> tuple[OpenItem, ...]:
    """What waits for its end, the oldest first: proposals, decisions and risks without an outcome, endorsements that were
    asked for, and pages that were begun and not written.
    """
    found: list[OpenItem] = []
    for entry in case.entries:
        since = entry.happened_at or (entry.recorded_at.date() if entry.recorded_at else None)
        if since is None or since > case.today:
            continue
        days = (case.today - since).days
        what = ""
        if entry.type not in ("log", "claim", "endorsement") and unwritten(entry.body):
            what = f"{entry.type} begun, nothing written yet"
        elif entry.type in ("proposal", "decision", "risk") and days >= PATIENCE and not outcome(entry):
            what = f"{entry.type}, no outcome yet"
        elif entry.type == "endorsement" and not _said(entry):
            what = "endorsement asked, no answer yet"
        if what:
            found.append(OpenItem(what, entry.title, since, days, entry.path))
    found.sort(key=lambda one: (one.since, one.where))
    return tuple(found[-OPEN:])


def _said(entry: Entry) -> bool:
    """Whether an endorsement has anybody's words in it."""
    section = entry.section("What they said")
    text = section.text if section else entry.body
    return bool(re.sub(r"<!--.*?-->|^#[^\n]*", "", text, flags=re.DOTALL | re.MULTILINE).strip())

