"""The records that every stage hands on, and nothing else: this module imports nothing of muster's own.

Data flows one way: sources and the book give `Evidence`, `Entry` and `Claim`; links tie evidence together (`Link`);
communities of it are undertakings (`Thread`); what is measured over a person's evidence is a `Signal`; all of that
about one person and period is a `Case`. Rules turn a case into `Finding`s, the room turns both into a `Rehearsal`,
and the packet is a `Packet`. Every record is frozen; every tuple is in a stated order, so that the same input
gives the same bytes.

Words are those of the glossary in ARCHITECTURE.md, one word per thing. Times are aware datetimes in UTC; `since` and
`until` are dates, both included. A person is named by an id: the lower-case e-mail address that the mailmap gives
them, or `@handle` where only a handle is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum

# --------------------------------------------------------------------------------------------------------------
# Where, when, how far to be trusted


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place that a person can open: a line of a file in the book, a piece of evidence, or a thread.

    Exactly one of `path`, `evidence` and `thread` is set; a finding about the whole case has none of them.
    """

    path: str | None = None
    line: int | None = None
    evidence: str | None = None
    thread: str | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return f"{self.path}:{self.line}" if self.line else self.path
        return self.evidence or self.thread or "case"


class Grade(IntEnum):
    """How far a date and an author can be trusted; computed, never typed (DESIGN, *Grades*)."""

    SAID = 0
    KEPT = 1
    HOSTED = 2
    ANCHORED = 3
    WITNESSED = 4

    @property
    def word(self) -> str:
        """The grade's name as it is shown."""
        return self.name.lower()


class Basis(StrEnum):
    """Whether owners and teams were read from somebody's own files, or inferred from who works where."""

    KNOWN = "known"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days from `since` to `until`, both included."""

    since: date
    until: date

    def __contains__(self, when: datetime | date | None) -> bool:
        if when is None:
            return False
        day = when.date() if isinstance(when, datetime) else when
        return self.since <= day <= self.until

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.until - self.since).days + 1

    @property
    def start(self) -> datetime:
        """Its first instant, in UTC."""
        return datetime.combine(self.since, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first instant after it, in UTC."""
        return datetime.combine(self.until + timedelta(days=1), time(), UTC)

    def __str__(self) -> str:
        return f"{self.since}..{self.until}"


# --------------------------------------------------------------------------------------------------------------
# People and what they own


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, under one id. `name` is for reading; a bot never counts as a person."""

    id: str
    name: str
    emails: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Touch:
    """One path that a piece of evidence touched, with who owned it just before that.

    `own` says whether the area was the acting person's own (theirs or their team's) at that time: None is unknown.
    `teams` are names as the organisation's files have them, or the inferred area's own name.
    """

    path: str
    area: str
    teams: tuple[str, ...]
    own: bool | None
    basis: Basis


# --------------------------------------------------------------------------------------------------------------
# Evidence


class Role(StrEnum):
    """What somebody has to do with a piece of evidence, as the evidence itself says."""

    AUTHOR = "author"
    CO_AUTHOR = "co-author"
    REVIEWER = "reviewer"
    ACKER = "acker"
    TESTER = "tester"
    REPORTER = "reporter"
    LANDER = "lander"


@dataclass(frozen=True, slots=True, order=True)
class Participant:
    """A person's part in a piece of evidence."""

    person: str
    role: Role


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that somebody did at some time, as a source recorded it. Immutable.

    `id` is `SOURCE:KEY`, where a source's name has no colon and KEY is the source's own stable key (a commit's full
    hash, an entry's path), so two pieces never share one. `happened_at` is None where the date cannot be read or
    believed; `recorded_at` is when that was written down. `kind` is one of KINDS.
    """

    id: str
    source: str
    kind: str
    origin: str
    ref: str
    title: str
    actor: str
    happened_at: datetime | None
    recorded_at: datetime | None
    grade: Grade
    url: str | None = None
    text: str = ""
    participants: tuple[Participant, ...] = ()
    touches: tuple[Touch, ...] = ()

    @property
    def lag(self) -> timedelta | None:
        """Time between the two clocks; None where one of them is unknown."""
        if self.happened_at is None or self.recorded_at is None:
            return None
        return self.recorded_at - self.happened_at


#: A change of more co-authors than this is a branch of many people's work, squashed into one: none of it is any one
#: co-author's, who is still named on it.
MOST_CO_AUTHORS = 5

#: What a piece of evidence can be. A change is a commit that reached the main branch; a document is a change that
#: first added or substantively changed a proposal or design document; the entry types stand for the book's entries.
ENTRY_TYPES = (
    "log", "proposal", "decision", "risk", "incident", "result", "note", "decline", "pushback", "endorsement", "claim",
)
KINDS = ("change", "review", "document", *ENTRY_TYPES)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Input that was not taken, and why: counted and shown, never silent."""

    where: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class SourceState:
    """What a connected source gave: how much, how fresh, what was skipped, and what it cannot show."""

    name: str
    origin: str
    count: int
    newest: datetime | None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


# --------------------------------------------------------------------------------------------------------------
# The book


@dataclass(frozen=True, slots=True)
class Reference:
    """A link or mention in an entry's prose, as it was typed: `target` is the URL, path, hash or `owner/repo#1`."""

    text: str
    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of an entry and the Markdown below it, up to the next heading of the same or a higher level.

    `line` is the line of the heading in the file, counted from 1.
    """

    title: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Allow:
    """`<!-- muster: allow CODE because … -->`: one finding silenced in one entry, with its reason kept."""

    code: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One Markdown file of the book.

    `happened_at` is the day that the front matter (or the file's name) claims; `recorded_at` is when the journal or the
    book's git history first saw the file, None where neither has. `meta` is the front matter as plain values.
    `line_of_body` is where the body starts. Absent front matter is an empty mapping.
    """

    path: str
    type: str
    title: str
    happened_at: date | None
    recorded_at: datetime | None
    grade: Grade
    meta: Mapping[str, object] = field(default_factory=dict)
    body: str = ""
    line_of_body: int = 1
    sections: tuple[Section, ...] = ()
    references: tuple[Reference, ...] = ()
    allows: tuple[Allow, ...] = ()

    @property
    def id(self) -> str:
        """The id of the evidence that this entry is."""
        return f"book:{self.path}"

    def section(self, *titles: str) -> Section | None:
        """The first section whose heading is one of `titles`, whatever its case."""
        wanted = {title.casefold() for title in titles}
        return next((section for section in self.sections if section.title.casefold() in wanted), None)


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity that a claim binds to data: `{name.before}` and `{name.after}` in its prose stand for it.

    In this version a number's data is looked at only for being there; recomputing it is a later one's.
    """

    name: str
    data: str
    settings: Mapping[str, object]
    line: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence and the ids of the evidence that it was read off. A sentence with no ids is the owner's word.

    `line` is where it begins in the entry that it was read from; None where it comes from no file.
    """

    text: str
    evidence: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """One of a claim's three beats: what is said, line by line, with its sources; empty where it is missing."""

    statements: tuple[Statement, ...] = ()
    line: int | None = None

    def __bool__(self) -> bool:
        return any(statement.text.strip() for statement in self.statements)

    @property
    def text(self) -> str:
        """The whole beat as one piece of prose."""
        return " ".join(statement.text.strip() for statement in self.statements if statement.text.strip())


@dataclass(frozen=True, slots=True)
class Claim:
    """The owner's words for an undertaking, in three beats; or, with `drafted`, words put together from evidence.

    `evidence` holds the ids that the claim's references resolve to and those of its thread, in order of time.
    `witnesses` are as the owner typed them: they are the owner's word until a record of theirs says it.
    """

    where: Where
    title: str
    problem: Beat
    did: Beat
    changed: Beat
    period: Period | None = None
    behaviors: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    evidence: tuple[str, ...] = ()
    thread: str | None = None
    drafted: bool = False
    entry: Entry | None = None

    @property
    def beats(self) -> tuple[tuple[str, Beat], ...]:
        """The three beats by name, in order."""
        return (("problem", self.problem), ("did", self.did), ("changed", self.changed))


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference that was tied to no evidence. `dead` says that the source it names is connected and lacks it;
    otherwise the source is not connected, and nothing can be said.
    """

    path: str
    reference: Reference
    dead: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Spread:
    """A statistic over `rows` measurements, with its 95 % interval; None where there are too few for one."""

    value: float
    low: float | None
    high: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class Observed:
    """What the data that a claim's number is bound to says, on either side of the event.

    `path` is the claim's and `name` the number's. Where the data cannot be read, `before` and `after` are None and
    `problem` says what to mend.
    """

    path: str
    name: str
    data: str
    statistic: str
    unit: str
    event: date | None
    before: Spread | None
    after: Spread | None
    problem: str = ""


# --------------------------------------------------------------------------------------------------------------
# Links, threads, signals


class LinkKind(StrEnum):
    """The kinds of tie. Each reads from `src` to `dst`: the later record refers to the earlier one."""

    CITES = "cites"
    FIXES = "fixes"
    IMPLEMENTS = "implements"
    REVIEWS = "reviews"
    CHANGES_AFTER_REVIEW = "changes-after-review"
    REVERTS = "reverts"
    BUILDS_ON = "builds-on"
    MITIGATES = "mitigates"
    BACKS = "backs"


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A typed, directed tie from `src` to `dst` (evidence ids), with the reason it is believed.

    `reason` quotes the sentence, trailer or path that the tie was read off, at most 200 characters.
    """

    src: str
    dst: str
    kind: LinkKind
    reason: str


class Began(StrEnum):
    """How an undertaking began, as far as its own evidence shows."""

    SELF = "self"  # the person's own proposal, risk, issue or change, with nobody's request before it
    ASKED = "asked"  # an assignment or somebody else's issue
    FIRE = "fire"  # an incident, a regression, a revert or an urgent fix
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Thread:
    """Evidence that belongs to one undertaking of the person, in order of time.

    `problem`, `did` and `changed` hold the ids that show each beat; `missing` names the beats that nothing shows.
    `artifacts` explain it (proposals, decisions, documents, notes); `counter` speaks against it (reverts of it, fixes
    of it by others). `foresight` is the days from the proposal to the first change that implements it.
    `others` are people other than the person; `outside` those of them outside the person's team at that date.
    """

    id: str
    title: str
    since: datetime
    until: datetime
    evidence: tuple[str, ...]
    problem: tuple[str, ...] = ()
    did: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    counter: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    began: Began = Began.UNKNOWN
    foresight: float | None = None
    basis: Basis = Basis.INFERRED


@dataclass(frozen=True, slots=True)
class Signal:
    """One measure of a signal over a person's evidence in a period.

    `value` is None where it cannot be known, and then `blind_spots` says why. `evidence` lists what it was computed
    from, in order. `low` and `high` bound it (95 %) where it is an estimate. `label` names the period: "case" for the
    case's own, `2026H1` for a half-year.
    """

    name: str
    measure: str
    unit: str
    label: str
    value: float | None
    evidence: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    basis: Basis = Basis.KNOWN
    blind_spots: tuple[str, ...] = ()


# --------------------------------------------------------------------------------------------------------------
# The case


@dataclass(frozen=True, slots=True)
class Case:
    """A person, a period, a target level, their claims, and everything that backs or contradicts them.

    Rules and seats read only this. `evidence` holds the person's evidence of every date (earlier work that is still
    cited included) and others' evidence that a link ties to it; `links` hold both directions. `outside` are the ids of
    people who were outside the person's team at the date of what they recorded (`outside[evidence id]` is that
    evidence's actor's team, absent where the actor is inside or the team is unknown).
    `today` is the injected clock.
    """

    person: Person
    period: Period
    today: date
    team: str | None = None
    team_basis: Basis = Basis.INFERRED
    level_from: str = "Senior"
    level_to: str = "Staff"
    sentence: str = ""
    claims: tuple[Claim, ...] = ()
    entries: tuple[Entry, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    threads: tuple[Thread, ...] = ()
    signals: tuple[Signal, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    outside: Mapping[str, str] = field(default_factory=dict)
    connected: tuple[SourceState, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    observed: tuple[Observed, ...] = ()

    @property
    def sources(self) -> frozenset[str]:
        """Names of the connected sources ("git", "book", "org", …)."""
        return frozenset(state.name for state in self.connected)

    def mine(self, evidence: Evidence) -> bool:
        """Whether the person did it: as its actor, or as one of at most MOST_CO_AUTHORS co-authors."""
        if evidence.actor == self.person.id:
            return True
        also = [one.person for one in evidence.participants if one.role is Role.CO_AUTHOR]
        return self.person.id in also and len(also) <= MOST_CO_AUTHORS

    def within(self, ids: Iterable[str]) -> Iterator[Evidence]:
        """Those of `ids` that are known and happened in the period, in the order given."""
        for id_ in ids:
            found = self.evidence.get(id_)
            if found is not None and found.happened_at in self.period:
                yield found

    def links_to(self, ids: Iterable[str], *kinds: LinkKind) -> tuple[Link, ...]:
        """Links whose `dst` is one of `ids`, of the given kinds (all when none is given)."""
        wanted = frozenset(ids)
        return tuple(link for link in self.links if link.dst in wanted and (not kinds or link.kind in kinds))

    def links_from(self, ids: Iterable[str], *kinds: LinkKind) -> tuple[Link, ...]:
        """Links whose `src` is one of `ids`, of the given kinds (all when none is given)."""
        wanted = frozenset(ids)
        return tuple(link for link in self.links if link.src in wanted and (not kinds or link.kind in kinds))

    def thread(self, id_: str | None) -> Thread | None:
        """The thread of that id."""
        return next((thread for thread in self.threads if thread.id == id_), None)

    def period_threads(self) -> tuple[Thread, ...]:
        """Threads in which the person did something in the period, in order of time."""
        return tuple(
            thread
            for thread in self.threads
            if any(self.mine(piece) for piece in self.within(thread.evidence))
        )

    def backing(self, claim: Claim) -> tuple[str, ...]:
        """Ids of what stands behind a claim: what it refers to, and its thread."""
        thread = self.thread(claim.thread)
        return tuple(dict.fromkeys([*claim.evidence, *(thread.evidence if thread else ())]))

    def outside_witnesses(self, claim: Claim) -> tuple[tuple[str, str, str], ...]:
        """(person, team, evidence id) of those outside the team whose own record backs a claim, in order of time.

        A record backs it when it is theirs, and it is part of what stands behind the claim, or cites, reviews, fixes
        a problem with, implements or builds on that. A revert or a fix of the claim's own work does not back it.
        """
        backing = frozenset(self.backing(claim))
        mine = frozenset(id_ for id_ in backing if (piece := self.evidence.get(id_)) and self.mine(piece))
        against = frozenset(self.counter(claim))
        friendly = (LinkKind.CITES, LinkKind.REVIEWS, LinkKind.IMPLEMENTS, LinkKind.BUILDS_ON, LinkKind.BACKS)
        records = dict.fromkeys([*sorted(backing - mine), *(link.src for link in self.links_to(mine, *friendly))])
        found = [
            (self.evidence[id_].actor, self.outside[id_], id_)
            for id_ in records
            if id_ in self.outside and id_ in self.evidence and id_ not in against
        ]
        far = datetime.max.replace(tzinfo=UTC)
        found.sort(key=lambda row: (self.evidence[row[2]].happened_at or far, row[2]))
        return tuple(found)

    def counter(self, claim: Claim) -> tuple[str, ...]:
        """Ids of what speaks against a claim: reverts of its work, and fixes of it, by whomever, in order of time."""
        thread = self.thread(claim.thread)
        mine = [id_ for id_ in self.backing(claim) if (piece := self.evidence.get(id_)) and self.mine(piece)]
        mine = [id_ for id_ in mine if not self.evidence[id_].title.lower().startswith("revert ")]
        found = dict.fromkeys(thread.counter if thread else ())
        found.update(dict.fromkeys(link.src for link in self.links_to(mine, LinkKind.REVERTS, LinkKind.FIXES)))
        known = [id_ for id_ in found if id_ in self.evidence]
        far = datetime.max.replace(tzinfo=UTC)
        return tuple(sorted(known, key=lambda id_: (self.evidence[id_].happened_at or far, id_)))

    def measure(self, name: str, measure: str, label: str = "case") -> Signal | None:
        """One measure of a signal; None where it was not measured at all."""
        return next(
            (
                signal
                for signal in self.signals
                if signal.name == name and signal.measure == measure and signal.label == label
            ),
            None,
        )

    def value(self, name: str, measure: str, label: str = "case") -> float | None:
        """That measure's value; None where it is unknown."""
        signal = self.measure(name, measure, label)
        return signal.value if signal else None

    def name_of(self, person: str) -> str:
        """How a person is called on screen."""
        known = self.people.get(person)
        return known.name if known and known.name else person


# --------------------------------------------------------------------------------------------------------------
# Findings, the room, the packet


class Severity(StrEnum):
    """How a finding weighs. An error breaks the book's own promise; a warning is what a sceptic would say."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a case breaks: where, what was seen, and the next move."""

    code: str
    name: str
    severity: Severity
    where: Where
    seen: str
    move: str
    evidence: tuple[str, ...] = ()


class State(StrEnum):
    """What came of putting one rule to a case."""

    FOUND = "found"
    CLEAR = "clear"
    CANNOT_TELL = "cannot tell"
    NOT_YET = "not yet"


@dataclass(frozen=True, slots=True)
class Checked:
    """One rule put to a case. `reason` says why it cannot tell; `allowed` are findings that the owner silenced."""

    code: str
    name: str
    state: State
    findings: tuple[Finding, ...] = ()
    allowed: tuple[tuple[Finding, Allow], ...] = ()
    reason: str = ""


class Verdict(StrEnum):
    """What a question comes to."""

    HOLDS = "holds"
    THIN = "thin"
    OPEN = "open"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Move:
    """One next thing to do, small enough for this week. `command` is what to type, where the tool can help."""

    text: str
    why: str
    command: str = ""
    code: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of one seat, put to a case.

    `says` is what answers it, sentence by sentence, each with its evidence; `missing` is what would make it hold;
    `closes_by` the earliest date by which the move could close it.
    """

    seat: str
    question: str
    verdict: Verdict
    says: tuple[Statement, ...] = ()
    missing: str = ""
    move: Move | None = None
    closes_by: date | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Every question of every seat, in the design's order, and the moves that come of them (at most three)."""

    answers: tuple[Answer, ...]
    moves: tuple[Move, ...]

    def count(self, verdict: Verdict) -> int:
        """How many questions came to that."""
        return sum(answer.verdict is verdict for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the strip, by its Monday: ids of what happened in it, split by when it was recorded.

    `then` was recorded within 30 days of happening, `later` after that; `others` are others' records that refer to the
    person's work.
    """

    monday: date
    then: tuple[str, ...]
    later: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """One line of the reach map: a team or, where none is known, a person's usual area; and the records that draw it."""

    team: str
    people: tuple[str, ...]
    evidence: tuple[str, ...]
    kinds: tuple[tuple[str, int], ...]
    own: bool
    basis: Basis


@dataclass(frozen=True, slots=True)
class PacketClaim:
    """A claim as the packet shows it, with who backs it and what speaks against it."""

    claim: Claim
    witnesses: tuple[tuple[str, str, str], ...]
    counter: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Packet:
    """The case as it is handed in; `kind` is "packet" (from a book) or "review" (from repositories alone).

    Renderers read only this. `notable` are true things about the period that evidence shows, most surprising first.
    """

    kind: str
    case: Case
    notable: tuple[Statement, ...]
    claims: tuple[PacketClaim, ...]
    weeks: tuple[Week, ...]
    ties: tuple[Tie, ...]
    checked: tuple[Checked, ...]
    rehearsal: Rehearsal
    blind_spots: tuple[str, ...]
    version: str


# --------------------------------------------------------------------------------------------------------------
# What can be wrong with the surroundings


class MusterError(Exception):
    """Something outside muster that keeps it from running: says where, what was seen, and what to type next.

    A mistake in the book is a `Finding`, not this; anything else is a bug and shows its traceback.
    """

    def __init__(self, where: str, seen: str, next_: str) -> None:
        super().__init__(f"{where}: {seen}\n  {next_}")
        self.where, self.seen, self.next = where, seen, next_
