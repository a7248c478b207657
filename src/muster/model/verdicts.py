"""What a sceptic makes of a case: findings, the answers of the room, moves, and the packet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from muster.model.case import Case
from muster.model.entries import Allow, Claim, Statement
from muster.model.evidence import Basis, Where
from muster.model.withheld import Withheld


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
    `closes_by` the earliest date by which the move could close it. `name` is the question's, `skeptic/impact`, which stays
    when its wording is bettered. `sources` are those whose records answer it, by name.
    """

    seat: str
    question: str
    verdict: Verdict
    says: tuple[Statement, ...] = ()
    missing: str = ""
    move: Move | None = None
    closes_by: date | None = None
    codes: tuple[str, ...] = ()
    name: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Every question of every seat, in the design's order, and the moves that come of them (at most three)."""

    answers: tuple[Answer, ...]
    moves: tuple[Move, ...]

    def count(self, verdict: Verdict) -> int:
        """How many questions came to that."""
        return sum(answer.verdict is verdict for answer in self.answers)

    def sources(self) -> tuple[tuple[str, int], ...]:
        """How many of the questions that hold or are thin each source's records answer, most first."""
        found = Counter(
            source for answer in self.answers if answer.verdict in (Verdict.HOLDS, Verdict.THIN) for source in answer.sources
        )
        return tuple(sorted(found.items(), key=lambda row: (-row[1], row[0])))


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
    `withheld` says how many fields it withholds and why; nothing where it was not asked to.
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
    withheld: tuple[Withheld, ...] = ()
