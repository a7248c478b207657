"""What every format of a packet shares: the numbering of evidence, the notes that sentences point to, and their words.

A note is the list of evidence that a sentence or a number was read off. Notes are numbered in the order in which the
reader meets them; two that stand on the same evidence are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from muster.model import (
    Began,
    Evidence,
    Finding,
    Observed,
    Packet,
    PacketClaim,
    Signal,
    Skipped,
    SourceState,
    Spread,
    State,
    Statement,
    Thread,
    Verdict,
    Week,
)
from muster.packet import in_time
from muster.room.words import MONTHS, amount, count, day, filled, listed, short, span

#: At most this many pieces of evidence are listed in one note; how many more there are is said.
MOST = 200
#: How an undertaking began, in words.
BEGAN = {
    Began.SELF: "nobody asked for it, as far as the record shows",
    Began.ASKED: "asked for",
    Began.FIRE: "began as a fire",
    Began.UNKNOWN: "how it began is not on record",
}
VERDICTS = (Verdict.HOLDS, Verdict.THIN, Verdict.OPEN, Verdict.CANNOT_TELL)
#: Numbers that count something: not part of a date, a name, a version or a hash.
COUNT = re.compile(r"(?<![\w.,/#:\-–$])\d{1,3}(?:,\d{3})+(?![\w])|(?<![\w.,/#:\-–$])\d+(?:\.\d+)?(?:\s?%)?(?![\w/\-])")
_MONTH = re.compile(rf"\s*(?:–\s*\d+\s+)?(?:{'|'.join(MONTHS)}|{'|'.join(m[:3] for m in MONTHS)})\b")


@dataclass(slots=True)
class Sheet:
    """A packet while it is being set: numbers evidence by time, and notes as they are asked for."""

    packet: Packet
    numbers: dict[str, int] = field(default_factory=dict)
    notes: dict[tuple[str, ...], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers = {id_: place for place, id_ in enumerate(in_time(self.packet.case, self.packet.case.evidence), 1)}

    def note(self, ids: Iterable[str]) -> int:
        """The number of the note that lists these, by time; 0 where none of them is in the packet."""
        key = tuple(sorted({id_ for id_ in ids if id_ in self.numbers}, key=self.numbers.__getitem__))
        if not key:
            return 0
        return self.notes.setdefault(key, len(self.notes) + 1)

    def piece(self, id_: str) -> Evidence:
        """The evidence of that id."""
        return self.packet.case.evidence[id_]

    def listed_notes(self) -> Iterator[tuple[int, tuple[str, ...], int]]:
        """Every note so far: its number, the ids that it lists, and how many more it stands on."""
        for ids, number in self.notes.items():
            yield number, ids[:MOST], max(0, len(ids) - MOST)

    def name(self, person: str) -> str:
        """How a person is called."""
        return self.packet.case.name_of(person)


def counts(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is a number that counts something (titles in quotes and code are left alone)."""
    quotes = [(m.start(), m.end()) for m in re.finditer(r"“[^”]*”|`[^`]*`", text)]
    place = 0
    for found in COUNT.finditer(text):
        at, end = found.span()
        year = re.fullmatch(r"(19|20)\d\d", found[0]) is not None
        before = re.search(rf"(?:{'|'.join(MONTHS)})\s$", text[:at]) is not None
        if year or before or _MONTH.match(text, end) or any(a <= at < b for a, b in quotes):
            continue
        if at > place:
            yield text[place:at], False
        yield found[0], True
        place = end
    if place < len(text):
        yield text[place:], False


def lede(packet: Packet) -> tuple[Statement, ...]:
    """The one sentence of the first screen, in parts that each have their own evidence.

    The owner's sentence where there is one; else what the record shows, counted.
    """
    case = packet.case
    if case.sentence and packet.kind == "packet":
        return (Statement(case.sentence),)
    threads = case.threads
    mine = [id_ for thread in threads for id_ in thread.evidence if id_ in case.evidence and case.mine(case.evidence[id_])]
    mine = [id_ for id_ in dict.fromkeys(mine) if case.evidence[id_].happened_at in case.period]
    if not mine:
        return (Statement(f"The connected records show nothing of {case.person.name} in this period."),)
    parts = [Statement(f"The record shows {count(len(threads), 'undertaking')}", tuple(mine))]
    scope = case.measure("system_scope", "areas")
    if scope and scope.value:
        parts.append(Statement(f" in {count(int(scope.value), 'area')}", scope.evidence))
    away = [tie for tie in packet.ties if not tie.own and tie.people]
    people = dict.fromkeys(person for tie in away for person in tie.people)
    ids = tuple(dict.fromkeys(id_ for tie in away for id_ in tie.evidence if not case.mine(case.evidence[id_])))
    if people:
        verb = "has" if len(people) == 1 else "have"
        parts.append(Statement(f"; {count(len(people), 'person', 'people')} outside the team {verb} records on the work.", ids))
        return tuple(parts)
    near = [tie for tie in packet.ties if tie.own and tie.people]
    if near:
        # Whoever's team is not known counts as near: nothing is claimed that the organisation's files do not carry.
        people = dict.fromkeys(person for tie in near for person in tie.people)
        ids = tuple(dict.fromkeys(id_ for tie in near for id_ in tie.evidence))
        verb = "has" if len(people) == 1 else "have"
        parts.append(Statement(f"; {count(len(people), 'other person', 'other people')} {verb} records on the work,", ids))
        parts.append(Statement(" nobody known to be outside the team."))
    else:
        parts.append(Statement("; nobody else has a record that refers to the work."))
    return tuple(parts)


def who(packet: Packet) -> str:
    """The line under the name: the period, the team and how it is known, the repositories."""
    case = packet.case
    parts = [span(case.period.since, case.period.until)]
    if case.team:
        parts.append(f"{case.team} ({case.team_basis.value})" if case.team_basis.value == "inferred" else f"{case.team} team")
    parts.append(listed([state.origin for state in case.connected if state.name == "git"], 3))
    return " · ".join(part for part in parts if part)


def silence(weeks: tuple[Week, ...], today: date) -> tuple[int, int] | None:
    """First and last place of the longest run of weeks without a record of the person's own; None where shorter than three.

    Weeks that have not come yet are no silence.
    """
    best: tuple[int, int] | None = None
    start = None
    for place, week in enumerate(weeks):
        quiet = not (week.then or week.later) and week.monday <= today
        start = (place if start is None else start) if quiet else None
        if start is not None and place - start >= 2 and (best is None or place - start > best[1] - best[0]):
            best = (start, place)
    return best


def silence_words(packet: Packet) -> str:
    """The longest silence as a phrase: `12 weeks without a record, 20 March – 11 June 2026`; empty where there is none."""
    weeks, case = packet.weeks, packet.case
    found = silence(weeks, case.today)
    if found is None:
        return ""
    since = max(weeks[found[0]].monday, case.period.since)
    until = min(weeks[found[1]].monday + timedelta(days=6), case.period.until, case.today)
    return f"{count(found[1] - found[0] + 1, 'week')} without a record, {span(since, until)}"


def figure(value: float | None, unit: str) -> str:
    """A measure's value as it is read: whole where it is whole, a percentage where it is a share."""
    if value is None:
        return "not known"
    if unit == "share":
        return f"{value:.0%}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.2f}" if unit == "ratio" else f"{value:.1f}"


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of a signal: the period's own value, and earlier halves by label."""

    name: str
    signal: Signal
    halves: tuple[tuple[str, float | None], ...]


def measures(packet: Packet) -> tuple[Row, ...]:
    """The signals' measures over the period, in the order measured, each beside the person's own halves."""
    case = packet.case
    halves: dict[tuple[str, str], list[tuple[str, float | None]]] = {}
    for signal in case.signals:
        if signal.label != "case":
            halves.setdefault((signal.name, signal.measure), []).append((signal.label, signal.value))
    return tuple(
        Row(signal.name, signal, tuple(sorted(halves.get((signal.name, signal.measure), ()))))
        for signal in case.signals
        if signal.label == "case"
    )


def unmeasured(packet: Packet) -> dict[str, list[str]]:
    """Why some measures have no value, each reason once, with what is therefore not known."""
    found: dict[str, list[str]] = {}
    for row in measures(packet):
        if row.signal.value is None:
            # The first blind spot is the reason: "no book is connected, so this is unknown: share of …".
            reason = next(iter(row.signal.blind_spots), "not measured")
            why, _, what = reason.partition(", so this is unknown: ")
            found.setdefault(why, []).append(what or f"{row.name} {row.signal.measure}".replace("_", " "))
    return {why: list(dict.fromkeys(those)) for why, those in found.items()}


def none_ever(row: Row) -> bool:
    """Whether a measure is zero in the period and in every half before it."""
    return row.signal.value == 0 and not any(value for _, value in row.halves)


def witnesses(packet: Packet, one: PacketClaim) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """(name, team, evidence ids) of those outside who back a claim, most records first."""
    found: dict[str, list[str]] = {}
    teams: dict[str, str] = {}
    for person, team, id_ in one.witnesses:
        found.setdefault(person, []).append(id_)
        teams.setdefault(person, team)
    rows = [(packet.case.name_of(person), teams[person], tuple(dict.fromkeys(ids))) for person, ids in found.items()]
    return tuple(sorted(rows, key=lambda row: (-len(row[2]), row[0])))


def observed(packet: Packet, one: PacketClaim) -> tuple[Observed, ...]:
    """What the data behind a claim's numbers says, in the claim's order."""
    return tuple(seen for seen in packet.case.observed if seen.path == one.claim.where.path)


def spread(one: Spread | None, unit: str) -> str:
    """A measured value with its interval: `22.4 minutes (95 %: 20.1 to 25.3)`."""
    if one is None:
        return "no data"
    bounds = f" (95 %: {amount(one.low)} to {amount(one.high)})" if one.low is not None and one.high is not None else ""
    return f"{amount(one.value)}{' ' + unit if unit else ''}{bounds}"


def change(one: Observed) -> str:
    """A number before and after its event as one phrase, or what keeps it from being read."""
    if one.before is None or one.after is None:
        return one.problem or "its data has no rows on both sides of the event"
    return f"{one.statistic} {spread(one.before, one.unit)} before, {spread(one.after, one.unit)} after"


def brief(one: Observed) -> str:
    """A number's change in as few words as carry it: `p95 35.2 to 10.1 minutes (95 %: 9.7 to 10.3)`."""
    if one.before is None or one.after is None:
        return ""
    return f"{one.statistic} {amount(one.before.value)} to {spread(one.after, one.unit)}"


def rows_of(one: Observed) -> str:
    """How many measurements a number was computed from, and the day it is split at."""
    if one.before is None or one.after is None:
        return ""
    split = f", split at {day(one.event)}" if one.event else ""
    return f"{count(one.before.rows, 'row')} before and {count(one.after.rows, 'row')} after{split}"


def told(packet: Packet, one: PacketClaim, line: Statement) -> Statement:
    """A claim's sentence with its numbers filled in from their data."""
    return Statement(filled(line.text, observed(packet, one)), line.evidence)


def against(packet: Packet, one: PacketClaim) -> tuple[tuple[str, str], ...]:
    """(evidence id, answer) for each record that speaks against a claim: the claim's own sentence that cites it, if any."""
    said = {id_: line.text for _, beat in one.claim.beats for line in beat.statements for id_ in line.evidence}
    return tuple((id_, said.get(id_, "")) for id_ in one.counter)


def findings(packet: Packet) -> tuple[Finding, ...]:
    """All findings, errors first, then by code and place."""
    rows = [finding for check in packet.checked for finding in check.findings]
    order = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(rows, key=lambda one: (order[one.severity.value], one.code, str(one.where), one.seen)))


def states(packet: Packet) -> tuple[tuple[str, str], ...]:
    """What came of rules that found nothing: (state in words, codes or reasons)."""
    rows: list[tuple[str, str]] = []
    for state in (State.CLEAR, State.NOT_YET):
        codes = [check.code for check in packet.checked if check.state is state]
        if codes:
            rows.append(("Looked for and not found" if state is State.CLEAR else "Not looked at in this version", ", ".join(codes)))
    reasons: dict[str, list[str]] = {}
    for check in packet.checked:
        if check.state is State.CANNOT_TELL:
            reasons.setdefault(check.reason, []).append(check.code)
    rows += [("Cannot tell", f"{', '.join(codes)}: {reason}") for reason, codes in reasons.items()]
    return tuple(rows)


def threads(packet: Packet) -> tuple[Thread, ...]:
    """The period's undertakings, latest first."""
    return tuple(sorted(packet.case.threads, key=lambda thread: (thread.until, thread.id), reverse=True))


def place(packet: Packet, finding: Finding) -> str:
    """Where a finding is, as it is read: a file and line, an undertaking's title, a piece of evidence's, or the case."""
    where = finding.where
    if where.thread is not None:
        thread = packet.case.thread(where.thread)
        return f"“{short(thread.title, 60)}”" if thread else "an undertaking"
    if where.evidence is not None and where.evidence in packet.case.evidence:
        piece = packet.case.evidence[where.evidence]
        return f"“{short(piece.title, 60)}”, {day(piece.happened_at)}"
    return "the case as a whole" if where.path is None else str(where)


def skipped(state: SourceState) -> str:
    """What of a source was not taken, as one phrase."""
    return "; ".join(skip_words(one) for one in state.skipped)


def skip_words(one: Skipped) -> str:
    """One thing that was not taken, and why."""
    return f"{one.where}: {one.reason}" + (f" ({one.count:,})" if one.count > 1 else "")


def hash_of(piece: Evidence) -> str:
    """The commit's hash where the evidence is one; else nothing."""
    found = re.search(r"\b[0-9a-f]{40}\b", piece.id)
    return found[0] if found else ""


def proof(piece: Evidence) -> str:
    """What to type to see it: `git show HASH`; for an entry, its path in the book."""
    hash_ = hash_of(piece)
    return f"git show {hash_[:12]}" if hash_ else piece.ref


def link(piece: Evidence) -> str:
    """Its web address where it has one that a browser may follow; else nothing."""
    return piece.url if piece.url and piece.url.startswith(("https://", "http://")) else ""


def verify(packet: Packet) -> tuple[tuple[str, str], ...]:
    """(what it does, what to type) for somebody who has the repositories and doubts this page."""
    case = packet.case
    emails = case.person.emails or (case.person.id,)
    safe = [re.sub(r"[^\w.+@\-]", ".", email) for email in emails[:3]]
    authors = " ".join(f"--author='{email}'" for email in safe)
    rows = [
        ("See one record as git has it", "git show HASH"),
        (
            "List the person's changes of the period",
            f"git log --use-mailmap --no-merges {authors} --since={case.period.since} --until='{case.period.until} 23:59:59' --format='%h %as %s'",
        ),
        ("See both clocks of one record", "git show -s --format='done %ai, recorded %ci' HASH"),
        ("See who owned a path just before a change", "git show HASH^:CODEOWNERS"),
    ]
    return tuple(rows)


def shown_threads(packet: Packet, thread: Thread) -> str:
    """An undertaking's facts in one phrase: how it began, whom it reached, what nothing shows."""
    away = {packet.case.evidence[id_].actor for id_ in thread.evidence if id_ in packet.case.outside and id_ in packet.case.evidence}
    parts = [BEGAN[thread.began]]
    if away:
        parts.append(f"records of {listed(sorted(packet.case.name_of(person) for person in away), 3)}, outside the team")
    if thread.missing:
        parts.append(f"nothing shows: {', '.join(thread.missing)}")
    return "; ".join(parts)
