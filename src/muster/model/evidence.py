"""What was done, by whom, when, and how far that can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType


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


class Role(StrEnum):
    """What somebody has to do with a piece of evidence, as the evidence itself says."""

    AUTHOR = "author"
    CO_AUTHOR = "co-author"
    REVIEWER = "reviewer"
    ACKER = "acker"
    TESTER = "tester"
    REPORTER = "reporter"
    LANDER = "lander"
    HELPER = "helper"
    ASSIGNEE = "assignee"
    REQUESTED = "requested"
    RECIPIENT = "recipient"
    ATTENDEE = "attendee"
    RESPONDER = "responder"


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
    believed; `recorded_at` is when that was written down. `kind` is one of KINDS. `about` is the id of the evidence that
    it speaks to: the pull request of a review, the issue of an event, the message that another answers. `facts` are
    (name, value) pairs of what else the source recorded, a name of FACTS as often as it has values.

    `actor` and participants are e-mails in lower case, `@handle` on GitHub, or `SOURCE:ACCOUNT` elsewhere.
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
    about: str | None = None
    facts: tuple[tuple[str, str], ...] = ()

    def fact(self, name: str) -> str | None:
        """The first value of that name; None where the source recorded none."""
        return next((value for one, value in self.facts if one == name), None)

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
#: first added or substantively changed a proposal or design document; an event is what somebody did to something else
#: (assigned, closed, paged); the entry types stand for the book's entries, and an incident also for a source's own.
ENTRY_TYPES = (
    "log",
    "proposal",
    "decision",
    "risk",
    "incident",
    "result",
    "note",
    "decline",
    "pushback",
    "endorsement",
    "claim",
)
KINDS = ("change", "review", "document", "issue", "pull-request", "comment", "event", "message", "meeting", *ENTRY_TYPES)

#: What `Evidence.facts` can say, by name. Times are ISO 8601 in UTC, people as in `Evidence.actor`, evidence by its id.
FACTS: Mapping[str, str] = MappingProxyType({
    "state": "of an issue or pull request now: open, closed, merged",
    "reason": "why it was closed: completed, not planned, duplicate, …, in the source's words",
    "closed": "when it was closed", "closed-by": "who closed it",
    "merged": "when it was merged", "merged-by": "who merged it", "commit": "the full hash of the commit that it became, or speaks to",
    "head": "the full hash of the newest commit of its branch", "base": "the branch that it is for",
    "closes": "the evidence that it closed, by the platform's own record", "label": "a label or component",
    "closer": "the evidence that closed it, by the platform's own record",
    "quote": "the line of code that a comment stands at, with the sign that it had in the difference: added, taken away, unchanged",
    "event": "what an event is: assigned, unassigned, review-requested, closed, reopened, merged, force-pushed, "
             "ready-for-review, renamed, cross-referenced, status, paged, acknowledged, escalated, resolved, …",
    "to": "whom or what an event sets: the assignee, the reviewer asked, the new status or title", "from": "what stood there before",
    "verdict": "of a review: approved, changes-requested, commented, dismissed",
    "path": "the file that a comment stands at", "line": "its line there", "outdated": "yes where the code below a comment changed since",
    "change-id": "Gerrit's name of a change, which its commits carry",
    "related": "another record that the source ties it to, as ID HOW (jira:OPS-7 is blocked by)",
    "edited": "when the text was changed after it was written", "by-habit": "yes where it was made by a rule, not by hand; of a pull request, whom a rule asked",
    "answers": "the message or comment that it answers", "thread": "the source's own name for a conversation", "channel": "where it was said",
    "minutes": "how long a meeting is", "answer": "a person's answer to an invitation, as WHO ANSWER (accepted, declined, tentative)",
    "recurring": "yes for an occurrence of a meeting that repeats", "status": "of a document or ticket now",
    "became": "a status that a document had and since when, as it says itself: 2026-03-04 accepted",
    "began": "when an incident began", "ended": "when it ended", "service": "what an incident was of", "urgency": "how urgent it was",
    "decided-by": "who decided a proposal", "created": "the date that a document says it was begun",
    "attachment": "the name of what was attached to a message", "reactions": "how many reacted to a message, with whatever",
    "left-out": "what of a text was not taken: quoted, forwarded, signature, long, parts, html, private",
    "doubt": "why the date that it gives itself is to be doubted",
})


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """An account that a source knows: its id as in `Evidence.actor`, the name it shows, and its e-mail where the source says it."""

    id: str
    name: str
    email: str = ""
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """Input that was not taken, and why: counted and shown, never silent."""

    where: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class SourceState:
    """What a connected source gave: how much, how fresh, what was skipped, and what it cannot show.

    `among` says what sorts of records are among them, and how many of each; a record can be of several sorts. `gives` names
    what the source connects (pull-requests, issues, messages, calendar, incidents, documents, org). `blind` is what it cannot show.
    """

    name: str
    origin: str
    count: int
    newest: datetime | None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    among: tuple[tuple[str, int], ...] = ()
    gives: tuple[str, ...] = ()
    blind: str = ""
