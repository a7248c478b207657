"""What every seat looks at: a case's records once sorted out, and the sentences that read them aloud.

Everything is computed from evidence that is there, never from a count that somebody else made, so that taking evidence
away can only take from what a seat sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from muster.model import (
    Basis,
    Case,
    Checked,
    Claim,
    Entry,
    Evidence,
    Finding,
    Flagged,
    Grade,
    LinkKind,
    Observed,
    Severity,
    Statement,
    Thread,
    Verdict,
)
from muster.room.words import count, day, listed, quoted

#: What a record of somebody else says about the person’s work, by the kind of link that ties it to that.
VERBS = {
    LinkKind.BUILDS_ON: "built on",
    LinkKind.IMPLEMENTS: "implemented",
    LinkKind.CITES: "cited",
    LinkKind.REVIEWS: "reviewed",
    LinkKind.BACKS: "backed a claim on",
    LinkKind.CHANGES_AFTER_REVIEW: "changed code after a review of",
}
#: Records that use the work, not only look at it.
USES = (LinkKind.BUILDS_ON, LinkKind.IMPLEMENTS, LinkKind.CITES)
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """Something that another person recorded and that refers to the person’s own evidence `of`.

    `team` is None for people inside the team, and for those whose team is not known.
    """

    person: str
    team: str | None
    id: str
    kind: LinkKind
    of: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What a question's look at the facts came to. `move` is a name in `muster.room.moves`."""

    verdict: Verdict
    says: tuple[Statement, ...] = ()
    missing: str = ""
    move: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a seat: how it is asked, what it looks at in words, and the findings that keep it from holding."""

    text: str
    look: Callable[[Facts], Found]
    reads: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """A case and what the rules found in it, with what the seats share sorted out once."""

    case: Case
    checked: tuple[Checked, ...]

    @cached_property
    def findings(self) -> Mapping[str, tuple[Finding, ...]]:
        """Findings by code, as they were found; silenced ones are left out."""
        return {one.code: one.findings for one in self.checked if one.findings}

    def against(self, codes: Sequence[str]) -> tuple[Finding, ...]:
        """Findings of these codes that weigh as much as a warning."""
        return tuple(
            finding
            for code in codes
            for finding in self.findings.get(code, ())
            if finding.severity is not Severity.NOTE
        )

    @cached_property
    def threads(self) -> tuple[Thread, ...]:
        """The period's undertakings."""
        return self.case.period_threads()

    @cached_property
    def counters(self) -> frozenset[str]:
        """Ids of everything that speaks against the person’s work."""
        found = {id_ for thread in self.case.threads for id_ in thread.counter}
        found.update(link.src for link in self.case.links if link.kind in (LinkKind.REVERTS, LinkKind.FIXES))
        return frozenset(found)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Others' records in the period that refer to the person’s work and do not speak against it, by time."""
        case = self.case
        found: dict[tuple[str, str], Record] = {}
        for link in case.links:
            src, dst = case.evidence.get(link.src), case.evidence.get(link.dst)
            if src is None or dst is None or link.kind not in VERBS or link.src in self.counters:
                continue
            if case.mine(src) or not case.mine(dst) or src.happened_at not in case.period or self.bot(src.actor):
                continue
            record = Record(src.actor, case.outside.get(src.id), src.id, link.kind, dst.id, src.happened_at or FAR)
            held = found.get((src.id, dst.id))
            if held is None or list(VERBS).index(link.kind) < list(VERBS).index(held.kind):
                found[src.id, dst.id] = record
        return tuple(sorted(found.values(), key=lambda record: (record.at, record.id, record.of)))

    @cached_property
    def outside(self) -> tuple[Record, ...]:
        """Those of the records whose person was outside the team then."""
        return tuple(record for record in self.records if record.team is not None)

    @cached_property
    def by_work(self) -> Mapping[str, tuple[Record, ...]]:
        """Outside records by the piece of evidence that they refer to."""
        found: dict[str, list[Record]] = {}
        for record in self.outside:
            found.setdefault(record.of, []).append(record)
        return {id_: tuple(rows) for id_, rows in found.items()}

    def observed(self, claim: Claim) -> tuple[Observed, ...]:
        """What the data behind the claim's numbers says."""
        return tuple(one for one in self.case.observed if one.path == claim.where.path)

    def bot(self, person: str) -> bool:
        """Whether that is a program."""
        known = self.case.people.get(person)
        return known is not None and known.bot

    def known(self, ids: Iterable[str]) -> tuple[Evidence, ...]:
        """Those of the ids that are there, in the order given."""
        return tuple(self.case.evidence[id_] for id_ in dict.fromkeys(ids) if id_ in self.case.evidence)

    def solid(self, ids: Iterable[str]) -> tuple[Evidence, ...]:
        """Those that are there, that the owner did not merely type, and that are graded kept or above."""
        return tuple(
            piece for piece in self.known(ids) if piece.source != "book" and piece.grade >= Grade.KEPT
        )

    def mine(self, ids: Iterable[str]) -> tuple[Evidence, ...]:
        """Those that are there and the person’s own."""
        return tuple(piece for piece in self.known(ids) if self.case.mine(piece))

    def uses(self, thread: Thread, *kinds: LinkKind) -> tuple[Record, ...]:
        """Outside records that use what is in the thread."""
        wanted = kinds or USES
        return tuple(
            record for id_ in thread.evidence for record in self.by_work.get(id_, ()) if record.kind in wanted
        )

    def others_areas(self, thread: Thread) -> tuple[tuple[str, str], ...]:
        """(team, evidence id) for each of the person’s changes in the thread to an area that is another team's."""
        return tuple(
            (team, piece.id)
            for piece in self.mine(thread.evidence)
            if piece.happened_at in self.case.period
            for touch in piece.touches
            if touch.own is False
            for team in touch.teams
        )

    def entries(self, *types: str) -> tuple[Entry, ...]:
        """The book's entries of these types, in order of time."""
        found = [entry for entry in self.case.entries if entry.type in types]
        return tuple(sorted(found, key=lambda entry: (str(entry.happened_at or "~"), entry.path)))

    @cached_property
    def foreseen(self) -> tuple[tuple[Flagged, bool], ...]:
        """What the person wrote before an incident whose record names it, the longest ahead first; and whether the owner says,
        in a risk of the book that refers to it, that it was the same thing.
        """
        risks = {entry.id for entry in self.entries("risk")}
        said = {link.dst for link in self.case.links if link.src in risks}
        known = [one for one in self.case.flagged if one.risk in self.case.evidence and one.incident in self.case.evidence]
        return tuple((one, one.risk in said) for one in sorted(known, key=lambda one: (-one.days, one.risk, one.incident)))

    def tied(self, id_: str) -> tuple[Evidence, ...]:
        """Solid evidence that a link ties to that piece, in either direction."""
        ids = [link.src if link.dst == id_ else link.dst for link in self.case.links if id_ in (link.src, link.dst)]
        return self.solid(sorted(ids))

    @property
    def book(self) -> bool:
        """Whether the owner's book is connected."""
        return "book" in self.case.sources

    @property
    def inferred(self) -> bool:
        """Whether the person’s team is inferred and not read from somebody's own files."""
        return self.case.team_basis is Basis.INFERRED

    # --- sentences

    def who(self, person: str, team: str | None) -> str:
        """A name with its team, marked where teams are inferred: `Dana Ito (payments)`."""
        if team is None:
            return self.case.name_of(person)
        return f"{self.case.name_of(person)} ({team}{', inferred' if self.inferred else ''})"

    def title(self, id_: str) -> str:
        """A piece's title in quotation marks."""
        piece = self.case.evidence.get(id_)
        return quoted(piece.title or piece.ref, 60) if piece else id_

    def voices(self, records: Iterable[Record], most: int = 4) -> tuple[Statement, ...]:
        """A sentence a person: what they did with the work, when first, and how often; then how many more there are.

        Those with most records come first, and of equals the earlier.
        """
        people: dict[str, list[Record]] = {}
        for record in records:
            people.setdefault(record.person, []).append(record)
        rows = sorted(people.items(), key=lambda row: (-len({r.id for r in row[1]}), row[1][0].at, row[0]))
        says = []
        for person, own in rows[:most]:
            first = min(own, key=lambda record: (list(VERBS).index(record.kind), record.at, record.id))
            ids = tuple(dict.fromkeys(record.id for record in own))
            text = f"{self.who(person, first.team)} {VERBS[first.kind]} {self.title(first.of)} on {day(first.at)}"
            text += f" (one of {count(len(ids), 'record')})" if len(ids) > 1 else ""
            says.append(Statement(f"{text}.", (first.id, *(id_ for id_ in ids if id_ != first.id), first.of)))
        rest = rows[most:]
        if rest:
            ids = tuple(dict.fromkeys(record.id for _, own in rest for record in own))
            where = " outside the team" if any(record.team for _, own in rest for record in own) else ""
            more = count(len(rest), "more person has", "more people have")
            says.append(Statement(f"{more} records on it{where}.", ids))
        return tuple(says)

    def names(self, records: Iterable[Record], most: int = 3) -> str:
        """Whose records they are, as a list of names with teams."""
        people = dict.fromkeys((record.person, record.team) for record in records)
        once = dict(reversed(people))
        return listed([self.who(person, once[person]) for person in dict.fromkeys(p for p, _ in people)], most)

    def teams(self, records: Iterable[Record]) -> tuple[str, ...]:
        """The teams they come from, by name."""
        return tuple(sorted({record.team for record in records if record.team}))

    def backs(self, claim: Claim) -> tuple[str, ...]:
        """Ids of what stands behind a claim and is there."""
        return tuple(piece.id for piece in self.known(self.case.backing(claim)))


def cannot_tell(source: str) -> Found:
    """That no connected source would show it, naming the one that would."""
    return Found(Verdict.CANNOT_TELL, missing=f"no source connected that would show it: {source}")
