"""What every format of a packet shares: the numbering of evidence, the notes that sentences point to, and their words.

A note is the list of evidence that a sentence or a number was read off. Notes are numbered in the order in which the
reader meets them; two that stand on the same evidence are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from muster.model import (
    Basis,
    Began,
    Checked,
    Evidence,
    Finding,
    Observed,
    Packet,
    PacketClaim,
    Skipped,
    SourceState,
    Spread,
    State,
    Statement,
    Thread,
    Tie,
    Verdict,
    Week,
)
from muster.packet import in_time
from muster.quantities import figures
from muster.quantities.units import shown, with_unit
from muster.room.words import MONTHS, count, day, filled, listed, sentence, short, span
from muster.rules.opening import brief as brief
from muster.rules.opening import by_person, team

#: At most this many pieces of evidence are listed in one note; how many more there are is said.
MOST = 200
#: At most this many pieces of evidence stand open under a claim; the rest is folded.
SHOWN = 8
#: How an undertaking began, in words.
BEGAN = {
    Began.SELF: "nobody asked for it, as far as the record shows",
    Began.ASKED: "asked for",
    Began.FIRE: "began as a fire",
    Began.UNKNOWN: "how it began is not on record",
}
#: What a line of the reach map says of the person’s own changes.
CHANGED = "areas of theirs changed"
VERDICTS = (Verdict.HOLDS, Verdict.THIN, Verdict.OPEN, Verdict.CANNOT_TELL)
#: Numbers that count something: not part of a date, a name, a version or a hash.
COUNT = re.compile(r"(?<![\w.,/#:\-–$])\d{1,3}(?:,\d{3})+(?![\w])|(?<![\w.,/#:\-–$])\d+(?:\.\d+)?(?:\s?%)?(?![\w/\-]|:\d)")
#: What a finding says of an undertaking or claim that it names first.
_SAID = re.compile(r"(“[^”]*”): (.+)")
#: A date by itself, not part of a path, a name or a range of versions.
_ISO = re.compile(r"(?<![\w/.\-])(?:19|20)\d\d-\d\d-\d\d(?![\w/\-])")
_MONTH = re.compile(rf"\s*(?:–\s*\d+\s+)?(?:{'|'.join(MONTHS)}|{'|'.join(m[:3] for m in MONTHS)})\b")


_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_DATE = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(month[:3] for month in MONTHS)})")


def together(text: str) -> str:
    """The text with a space that does not break between a day and its month, and apostrophes within words curved."""
    return _APOSTROPHE.sub("’", _DATE.sub("\\1\u00a0\\2", text))


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

    def theirs(self, tie: Tie) -> tuple[str, ...]:
        """Records of the team's people that refer to the work: reach."""
        return tuple(id_ for id_ in tie.evidence if not self.packet.case.mine(self.piece(id_)))

    def done(self, tie: Tie) -> tuple[str, ...]:
        """The person's own changes to areas of the team's: their doing, not reach."""
        return () if tie.own else tuple(id_ for id_ in tie.evidence if self.packet.case.mine(self.piece(id_)))

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


#: What to do before the first command of a review, which needs no book itself.
NO_BOOK = "What is typed here is kept in a book: `muster init my-book` makes one, once; type the rest in its folder."


def lede(packet: Packet) -> tuple[Statement, ...]:
    """The one sentence of the first screen, in parts that each have their own evidence.

    The owner's sentence where there is one; else what the record shows, counted.
    """
    case = packet.case
    if case.sentence and packet.kind == "packet":
        return (Statement(sentence(case.sentence)),)
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
        guessed = " (inferred)" if case.team_basis is Basis.INFERRED else ""
        parts.append(Statement(f"; {count(len(people), 'person', 'people')} outside the team{guessed} {deeds(away)}.", ids))
        return tuple(parts)
    near = [tie for tie in packet.ties if tie.own and tie.people]
    if near:
        # Whoever's team is not known counts as near: nothing is claimed that the organisation's files do not carry.
        people = dict.fromkeys(person for tie in near for person in tie.people)
        ids = tuple(dict.fromkeys(id_ for tie in near for id_ in tie.evidence))
        parts.append(Statement(f"; {count(len(people), 'other person', 'other people')} {deeds(near)},", ids))
        parts.append(Statement(" nobody known to be outside the team."))
    else:
        parts.append(Statement("; no change by anybody else was found that names the work or builds on code that it added."))
    return tuple(parts)


#: What others did with the work, as the end of a sentence about them; what was done most is said first.
DEEDS = {
    "built on": "built on",
    "implemented": "implemented",
    "cited": "cited",
    "reviewed": "reviewed",
    "backed a claim on": "spoke for",
}


def deeds(ties: Iterable[Tie]) -> str:
    """What the people of these lines did with the work: `built on, cited or reviewed the work`."""
    times: dict[str, int] = {}
    for tie in ties:
        for verb, number in tie.kinds:
            if verb in DEEDS:
                times[DEEDS[verb]] = times.get(DEEDS[verb], 0) + number
    told = sorted(times, key=lambda words: (-times[words], words))[:3]
    if not told:
        return "recorded something on the work"
    return " or ".join(filter(None, [", ".join(told[:-1]), told[-1]])) + " the work"


def dated(text: str) -> str:
    """The text with dates written as they are read; what stands in quotation marks or code keeps its own."""
    kept = [(m.start(), m.end()) for m in re.finditer(r"“[^”]*”|`[^`]*`", text)]

    def put(found: re.Match[str]) -> str:
        if any(a <= found.start() < b for a, b in kept):
            return found[0]
        try:
            return day(date.fromisoformat(found[0]))
        except ValueError:
            return found[0]

    return _ISO.sub(put, text)


def clipped(text: str, most: int) -> str:
    """The text's first sentences that fit into that many characters; else its first clauses, or words, and an ellipsis."""
    if len(text) <= most:
        return text
    ends = [found.end() for found in re.finditer(r"[.?](?=\s)", text[: most + 1]) if found.end() >= most // 3]
    if ends:
        return text[: ends[-1]]
    clauses = [found.start() for found in re.finditer(r"[,;:](?=\s)", text[:most]) if found.start() >= most // 3]
    return f"{text[: clauses[-1]]}…" if clauses else short(text, most)


def who(packet: Packet) -> str:
    """The line under the name: the period, the team and how it is known, the repositories."""
    case = packet.case
    parts = [span(case.period.since, case.period.until), team(case)]
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


def witnesses(packet: Packet, one: PacketClaim) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """(name, team, evidence ids) of those outside who back a claim, most records first."""
    return by_person(packet.case, one.witnesses)


def named(packet: Packet, one: PacketClaim) -> tuple[str, ...]:
    """Names that the owner gives a claim as witnesses and that no record of theirs bears out yet."""
    heard = {person for person, _, _ in one.witnesses}
    return tuple(packet.case.name_of(person) for person in one.claim.witnesses if person not in heard)


def observed(packet: Packet, one: PacketClaim) -> tuple[Observed, ...]:
    """What the data behind a claim's numbers says, in the claim's order."""
    return tuple(seen for seen in packet.case.observed if seen.path == one.claim.where.path)


def spread(one: Spread | None, unit: str) -> str:
    """A measured value with its interval: `22.4 minutes (95 %: 20.1 to 25.3)`."""
    if one is None:
        return "no data"
    bounds = f" (95 %: {figures.bounds(one)})" if one.low is not None else ""
    return f"{shown(one.value, unit)}{bounds}"


def change(one: Observed) -> str:
    """A number before and after its event as one phrase, or what keeps it from being read."""
    if one.before is None or one.after is None:
        return one.problem or "its data has no rows on both sides of the event"
    return f"{one.statistic} {spread(one.before, one.unit)} before, {spread(one.after, one.unit)} after"


def unbound(packet: Packet, one: PacketClaim) -> str:
    """What keeps a claim from showing an observed number: that it states one which no data backs; empty otherwise."""
    found = [row for check in packet.checked if check.code == "A404" for row in check.findings if row.where.path == one.claim.where.path]
    return found[0].seen if found else ""


def lacks(packet: Packet, one: PacketClaim) -> str:
    """What nothing on record shows of an undertaking: its problem, what changed, anybody outside; empty where all is there."""
    words = {"problem": "of what the problem was", "did": "of what was done", "changed": "of what changed afterwards"}
    parts = [words[name] for name, beat in one.claim.beats if not beat]
    if not one.witnesses:
        parts.append("by anybody known to be outside the team")
    return sentence(" or ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]])))


def others(packet: Packet) -> bool:
    """Whether somebody else's record stands behind one of the claims."""
    case = packet.case
    return any(not case.mine(case.evidence[id_]) for one in packet.claims for id_ in one.evidence)


def telling(packet: Packet, one: PacketClaim) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A claim's evidence in two: what its beats cite, what others recorded and what speaks against it; and the rest.

    Few records are all shown; where the telling ones are many themselves, others' records come first, then the latest.
    """
    case = packet.case
    if len(one.evidence) <= SHOWN:
        return one.evidence, ()
    cited = {id_ for _, beat in one.claim.beats for line in beat.statements for id_ in line.evidence if len(line.evidence) <= 3}
    weight: dict[str, int] = {}
    for id_ in one.evidence:
        others = not case.mine(case.evidence[id_])
        weight[id_] = 4 * (id_ in one.counter) + 3 * (id_ in case.outside) + 2 * (id_ in cited) + others
    best = sorted(one.evidence, key=lambda id_: (-weight[id_], one.evidence.index(id_)))[:SHOWN]
    shown = tuple(id_ for id_ in one.evidence if id_ in best and weight[id_])
    shown = shown or one.evidence[:3]
    return shown, tuple(id_ for id_ in one.evidence if id_ not in shown)


def footing(one: Observed) -> str:
    """What a number's change is of, and how sure the later value is: `p95; 95 %: 9.7 to 10.3`."""
    if one.after is None or one.after.low is None or one.after.high is None:
        return one.statistic
    return f"{one.statistic}; 95 %: {figures.bounds(one.after)}"


def intervals(one: Observed) -> str:
    """Both sides of a number's event with their intervals: `p95; 95 % intervals: 28.8 to 36.8 before, 9.7 to 10.3 after`."""
    sides = [(side, word) for side, word in ((one.before, "before"), (one.after, "after")) if side and side.low is not None and side.high is not None]
    told = ", ".join(f"{figures.bounds(side)} {word}" for side, word in sides)
    return f"{one.statistic}; 95 % {'intervals' if len(sides) > 1 else 'interval'}: {told}" if told else one.statistic


def rows_of(one: Observed) -> str:
    """How many measurements a number was computed from, and the day it is split at."""
    if one.before is None or one.after is None:
        return ""
    split = f", split at {day(one.event)}" if one.event else ""
    return f"{count(one.before.rows, 'row')} before and {count(one.after.rows, 'row')} after{split}"


def differed(one: Observed) -> str:
    """By how much a number changed, with the interval of the change: `A change of −25.2 minutes, or −71 % (95 % …).`"""
    if one.change is None:
        return ""
    size, share = figures.value_of(one, "change"), figures.value_of(one, "percent")
    assert size is not None
    text = f"A change of {with_unit(size[0], size[1], one.change.value)}"
    text += f", or {share[0]} %" if share and one.unit != "%" else ""
    within = figures.bounds(one.change, sign=True)
    return f"{text} (95 % interval {within})." if within else f"{text}; too few rows for an interval."


def trend(one: Observed) -> tuple[str, ...]:
    """What is to be said of a number beside its two values: by how much it changed, and its trend."""
    if one.before is None or one.after is None:
        return ()
    return tuple(line for line in (differed(one), *figures.trend_of(one)) if line)


def heed(one: Observed) -> tuple[str, ...]:
    """What to bear in mind with a number: of its trend, of its data, and which rows could not be read."""
    if one.before is None or one.after is None:
        return ()
    unread = tuple(f"{row[0].upper()}{row[1:]}, and {'is' if row.startswith('1 ') else 'are'} left out." for row in one.unread)
    return (*(one.trend.cautions if one.trend else ()), *one.cautions, *unread)


def told(packet: Packet, one: PacketClaim, line: Statement) -> Statement:
    """A claim's sentence with its numbers filled in from their data; where evidence wrote it, dates as they are read."""
    text = filled(line.text, observed(packet, one))
    return Statement(dated(text) if one.claim.drafted else text, line.evidence)


def against(packet: Packet, one: PacketClaim) -> tuple[tuple[str, str], ...]:
    """(evidence id, answer) for each record that speaks against a claim: the claim's own sentence that cites it, if any."""
    said = {id_: line.text for _, beat in one.claim.beats for line in beat.statements for id_ in line.evidence}
    return tuple((id_, said.get(id_, "")) for id_ in one.counter)


def findings(packet: Packet) -> tuple[Finding, ...]:
    """All findings, errors first, then by code and place."""
    rows = [replace(one, seen=dated(one.seen)) for check in packet.checked for one in check.findings]
    order = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(rows, key=lambda one: (order[one.severity.value], one.code, str(one.where), one.seen)))


@dataclass(frozen=True, slots=True)
class Group:
    """What one rule found: the findings, and what to do next where that is the same for all."""

    code: str
    name: str
    weight: str
    findings: tuple[Finding, ...]
    move: str


def called(name: str) -> str:
    """A rule's name in words: `Closed without note`."""
    return name.replace("-", " ").capitalize()


def groups(packet: Packet) -> tuple[Group, ...]:
    """The findings by rule, those that weigh most first; a move that only differs in its command is said once."""
    found: dict[str, list[Finding]] = {}
    for one in findings(packet):
        found.setdefault(one.code, []).append(one)
    rows = []
    for code, those in found.items():
        whole, heads = {one.move for one in those}, {one.move.partition("`")[0].strip() for one in those}
        same = whole.pop() if len(whole) == 1 else heads.pop() if len(heads) == 1 else ""
        rows.append(Group(code, called(those[0].name), those[0].severity.value, tuple(those), same))
    return tuple(rows)


def alike(group: Group) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    """A group's findings, those that say the same of different undertakings together: (what is said of each, the findings).

    What is said is empty where a finding stands alone.
    """
    found: dict[tuple[str, str], list[Finding]] = {}
    for place, one in enumerate(group.findings):
        part = _SAID.fullmatch(one.seen)
        same = (part[2], next_of(group, one)) if part and not next_of(group, one) else ("", str(place))
        found.setdefault(same, []).append(one)
    return tuple((said if len(those) > 1 else "", tuple(those)) for (said, _), those in found.items())


def titled(one: Finding) -> str:
    """The title that a finding begins with, in its quotation marks."""
    part = _SAID.fullmatch(one.seen)
    return part[1] if part else one.seen


def next_of(group: Group, one: Finding) -> str:
    """What of a finding's move its group has not said: all of it, or its command alone."""
    return one.move.removeprefix(group.move).strip() if group.move else one.move


def states(packet: Packet) -> tuple[tuple[str, str], ...]:
    """What came of rules that found nothing, by name: those that cannot tell by their reason, those not there yet last."""

    def named(checks: Iterable[Checked]) -> str:
        return ", ".join(f"{check.name.replace('-', ' ')} ({check.code})" for check in checks)

    rows: list[tuple[str, str]] = []
    clear = [check for check in packet.checked if check.state is State.CLEAR]
    if clear:
        rows.append(("Looked for and not found", named(clear)))
    reasons: dict[str, list[Checked]] = {}
    for check in packet.checked:
        if check.state is State.CANNOT_TELL:
            reasons.setdefault(check.reason, []).append(check)
    rows += [("Cannot tell", f"{dated(reason)}: {named(checks)}") for reason, checks in reasons.items()]
    later = [check for check in packet.checked if check.state is State.NOT_YET]
    if later:
        rows.append(("Not looked for in this version", named(later)))
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
    emails = tuple(one for one in case.person.emails or (case.person.id,) if not one.startswith("withheld-"))
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
    # Who they are cannot be typed where their address is withheld.
    return tuple(row for row in rows if emails or "git log" not in row[1])


def beginnings(packet: Packet) -> str:
    """What is true of most undertakings, said once: how few show how they began, what changed, or whose areas they are."""
    rows = packet.case.threads
    dark = sum(thread.began is Began.UNKNOWN for thread in rows)
    open_ = sum("changed" in thread.missing for thread in rows)
    parts = []
    if dark:
        parts.append(f"how {'all' if dark == len(rows) else f'{dark} of {len(rows)}'} began is not on record")
    if open_:
        parts.append(f"what changed after {'all' if open_ == len(rows) else f'{open_} of {len(rows)}'} is not either" if dark
                     else f"what changed after {open_} of {len(rows)} is not on record")  # fmt: skip
    return sentence("; ".join(parts))


def shown_threads(packet: Packet, thread: Thread) -> str:
    """What sets an undertaking apart in one phrase: how it began, whom it reached, that its problem is nowhere; may be empty."""
    away = {packet.case.evidence[id_].actor for id_ in thread.evidence if id_ in packet.case.outside and id_ in packet.case.evidence}
    parts = [] if thread.began is Began.UNKNOWN else [BEGAN[thread.began]]
    if away:
        parts.append(f"records of {listed(sorted(packet.case.name_of(person) for person in away), 3)}, outside the team")
    if "problem" in thread.missing:
        parts.append("no problem on record")
    return "; ".join(parts)
