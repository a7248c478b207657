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

from muster.model.case import Began, Case, Flagged, Link, LinkKind, Proposal, Signal, Status, Thread, Told
from muster.model.choices import Choice, Choices, Decided, Verb
from muster.model.entries import (
    Allow,
    Beat,
    Claim,
    Entry,
    Reference,
    Section,
    Statement,
    Unresolved,
)
from muster.model.errors import MusterError, RefusedError
from muster.model.evidence import (
    ENTRY_TYPES,
    FACTS,
    KINDS,
    MOST_CO_AUTHORS,
    Account,
    Basis,
    Evidence,
    Grade,
    Participant,
    Period,
    Person,
    Role,
    Skipped,
    SourceState,
    Touch,
    Where,
)
from muster.model.ladder import Criterion, Ladder
from muster.model.numbers import Estimate, Number, Observed, Point, Spread, Trend
from muster.model.verdicts import (
    Answer,
    Checked,
    Finding,
    Move,
    Packet,
    PacketClaim,
    Rehearsal,
    Severity,
    State,
    Tie,
    Verdict,
    Week,
)
from muster.model.withheld import Break, Held, Marked, Proof, Withheld

__all__ = [
    "ENTRY_TYPES",
    "FACTS",
    "KINDS",
    "MOST_CO_AUTHORS",
    "Account",
    "Allow",
    "Answer",
    "Basis",
    "Beat",
    "Began",
    "Break",
    "Case",
    "Checked",
    "Choice",
    "Choices",
    "Claim",
    "Criterion",
    "Decided",
    "Entry",
    "Estimate",
    "Evidence",
    "Finding",
    "Flagged",
    "Grade",
    "Held",
    "Ladder",
    "Link",
    "LinkKind",
    "Marked",
    "Move",
    "MusterError",
    "Number",
    "Observed",
    "Packet",
    "PacketClaim",
    "Participant",
    "Period",
    "Person",
    "Point",
    "Proof",
    "Proposal",
    "Reference",
    "RefusedError",
    "Rehearsal",
    "Role",
    "Section",
    "Severity",
    "Signal",
    "Skipped",
    "SourceState",
    "Spread",
    "State",
    "Statement",
    "Status",
    "Thread",
    "Tie",
    "Told",
    "Touch",
    "Trend",
    "Unresolved",
    "Verb",
    "Verdict",
    "Week",
    "Where",
    "Withheld",
]
