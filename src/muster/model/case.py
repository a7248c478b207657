"""What follows from evidence: links, threads and signals, and the case that they make about one person and period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from muster.model.entries import Claim, Entry, Unresolved
from muster.model.evidence import MOST_CO_AUTHORS, Basis, Evidence, Period, Person, Role, Skipped, SourceState
from muster.model.ladder import Ladder
from muster.model.numbers import Observed
from muster.model.withheld import Break, Marked, Proof

#: Parts in a record that show only that somebody was named or asked.
NOT_MET = (Role.REPORTER, Role.ASSIGNEE, Role.REQUESTED, Role.RECIPIENT, Role.ATTENDEE)


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


@dataclass(frozen=True, slots=True)
class Told:
    """That somebody was told of the person's evidence `of`: whom, in which team outside the person's (None: not known to be
    outside), when, and by which record. `answered` is their own first record about that one.
    """

    of: str
    person: str
    team: str | None
    at: datetime
    by: str
    answered: str | None = None


@dataclass(frozen=True, slots=True)
class Flagged:
    """What the person wrote, days before an incident began, and that the incident's record names. Whether it is the same thing
    only the owner knows. `quote` is how it is named; `edited` is when the text was changed after the incident began.
    """

    risk: str
    incident: str
    days: int
    quote: str
    edited: datetime | None = None


class Began(StrEnum):
    """How an undertaking began, as far as its own evidence shows."""

    SELF = "self"  # the person's own proposal, risk, issue or change, with nobody's request before it
    ASKED = "asked"  # an assignment or somebody else's issue
    FIRE = "fire"  # an incident, a regression, a revert or an urgent fix
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Status:
    """What a proposal's file was changed to say of its status: when that was recorded, by whom, in which evidence."""

    word: str
    at: datetime
    by: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal of an undertaking: who wrote it, when it was first recorded, who built it and what became of it.

    `evidence` is the commit that first recorded it, wherever it was moved since. `created` is its own date, which its
    author typed: it is said. `authors` are those whom its file names, persons where they are known, else as typed;
    `known` says that all of them are. `own` says whether the person wrote it. `built` are the changes that implement it,
    anybody's, oldest first: all of an own proposal's, else the person's. `statuses` are in order of time.
    """

    evidence: str
    title: str
    path: str
    name: str | None = None
    own: bool = False
    written: datetime | None = None
    created: date | None = None
    authors: tuple[str, ...] = ()
    known: bool = False
    built: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()

    def ahead(self, at: Mapping[str, datetime]) -> float | None:
        """Days from its first record to the first change that implements it, by when those were; None where there is none."""
        whens = [at[id_] for id_ in self.built if id_ in at]
        return round((min(whens) - self.written) / timedelta(days=1), 2) if whens and self.written else None


@dataclass(frozen=True, slots=True)
class Thread:
    """Evidence that belongs to one undertaking of the person, in order of time.

    `problem`, `did` and `changed` hold the ids that show each beat; `missing` names the beats that nothing shows.
    `artifacts` explain it (proposals, decisions, documents, notes); `counter` speaks against it (reverts of it, fixes
    of it by others). `foresight` is the days from the person's proposal to the first change that implements it,
    below zero where that came first. `proposals` are those that the person wrote or built, oldest first.
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
    proposals: tuple[Proposal, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Case:
    """A person, a period, a target level, their claims, and everything that backs or contradicts them.

    Rules and seats read only this. `evidence` holds the person's evidence of every date (earlier work that is still
    cited included) and others' evidence that a link ties to it; `links` hold both directions. `outside` are the ids of
    people who were outside the person's team at the date of what they recorded (`outside[evidence id]` is that
    evidence's actor's team, absent where the actor is inside or the team is unknown).
    `managers` are those whom the person reported to in the period, the last first, and `skip_level` the manager of that one at its
    end; `function` is what the person is there for then, and `functions[evidence id]` what its actor was there for at its date. All
    four are what the organisation's files say, and empty where they do not.
    `today` is the injected clock. `confidential` is what must not leave, and leaves with no packet itself; `proofs` are the
    files in keep/, and `breaks` where the journal's chain does not hold. `ladder` is in
    whose words the case is read, where the owner named one. `told` says who was sent the person's work, and
    `flagged` what they wrote that an incident's record names.
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
    managers: tuple[str, ...] = ()
    skip_level: str | None = None
    function: str | None = None
    functions: Mapping[str, str] = field(default_factory=dict)
    confidential: tuple[Marked, ...] = ()
    proofs: tuple[Proof, ...] = ()
    breaks: tuple[Break, ...] = ()
    ladder: Ladder | None = None
    told: tuple[Told, ...] = ()
    flagged: tuple[Flagged, ...] = ()

    @property
    def not_taken(self) -> tuple[Skipped, ...]:
        """All input that was not taken, whichever source it stood in, each once."""
        return tuple(dict.fromkeys([*self.skipped, *(one for state in self.connected for one in state.skipped)]))

    @property
    def sources(self) -> frozenset[str]:
        """Names of the connected sources ("git", "book", "org", …), and what sorts of record they give ("pull-requests", …)."""
        return frozenset(name for state in self.connected for name in (state.name, *state.gives))

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

    def met(self) -> Mapping[str, tuple[str, ...]]:
        """Whoever met the person's work at first hand up to the period's end → their records of that, in order of time.

        A record of theirs is tied to the work by a link or speaks to it, or one of the person's names them as having had a part
        in it. To have been sent something is not to have met it (`told`), and a program meets nothing.
        """
        mine = frozenset(id_ for id_, piece in self.evidence.items() if self.mine(piece))
        rows = {(self.evidence[a].actor, a) for link in self.links for a, b in ((link.src, link.dst), (link.dst, link.src))
                if b in mine and a in self.evidence and a not in mine}
        rows |= {(piece.actor, id_) for id_, piece in self.evidence.items() if piece.about in mine and id_ not in mine}
        rows |= {(part.person, id_) for id_ in mine for part in self.evidence[id_].participants if part.role not in NOT_MET}
        found: dict[str, list[tuple[datetime, str]]] = {}
        for person, id_ in sorted(rows):
            at = self.evidence[id_].happened_at or self.evidence[id_].recorded_at
            known = self.people.get(person)
            if person != self.person.id and at is not None and at < self.period.end and not (known and known.bot):
                found.setdefault(person, []).append((at, id_))
        return {person: tuple(id_ for _, id_ in sorted(ids)) for person, ids in sorted(found.items())}

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
        records = dict.fromkeys(
            [*sorted(backing - mine), *(link.src for link in self.links_to(mine, *friendly))]
        )
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
        found.update(
            dict.fromkeys(link.src for link in self.links_to(mine, LinkKind.REVERTS, LinkKind.FIXES))
        )
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
