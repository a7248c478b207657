"""Facts that several rules read off a case: outcomes, options weighed, kinds of artifact, what crossed a boundary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from muster.model import Basis, Case, Claim, Entry, Evidence, LinkKind, Thread, Touch
from muster.paths import NEUTRAL, kind
from muster.rules.prose import blank, items, quoted

FAR = datetime.max.replace(tzinfo=UTC)

#: Headings under which an entry says how a thing turned out (MADR's "Decision Outcome" is what was chosen, not that).
OUTCOME = ("outcome", "how it turned out", "what came of it", "what happened", "result", "results", "what changed")

#: A status that is itself an outcome.
ENDED = re.compile(r"supersed|deprecat|reject|withdraw|withdrew|declin|replac|abandon|obsolet|dropped|averted", re.IGNORECASE)

#: Headings under which a decision lists what was weighed, and those that list only what was not chosen.
OPTIONS = ("considered options", "options considered", "options", "what was weighed", "what i weighed",
           "pros and cons of the options")  # fmt: skip
REJECTED = ("alternatives", "alternatives considered", "considered alternatives", "rejected alternatives",
            "rejected options", "what else was considered", "what i decided against")  # fmt: skip


#: The headings of a claim's beats.
TITLES = {"problem": "Problem", "did": "What I did", "changed": "What changed"}


def named(claim: Claim) -> str:
    """How a finding names a claim."""
    return quoted(claim.title)


def team_of(case: Case) -> str:
    """How a finding names the person's team."""
    return case.team if case.team and case.team_basis is Basis.KNOWN else "your own team"


def owners_of(case: Case) -> str:
    """How a finding names those within whose areas somebody stayed."""
    return f"you or {case.team} own" if case.team and case.team_basis is Basis.KNOWN else "you or your own team own"


def in_order(case: Case, ids: Iterable[str]) -> tuple[str, ...]:
    """Those of the ids that are known, each once, in order of time and then of id."""
    known = {id_ for id_ in ids if id_ in case.evidence}
    return tuple(sorted(known, key=lambda id_: (case.evidence[id_].happened_at or FAR, id_)))


def bot(case: Case, person: str) -> bool:
    """Whether that is a bot."""
    known = case.people.get(person)
    return bool(known and known.bot)


def done(case: Case, *kinds: str) -> Iterator[Evidence]:
    """What the person did in the period, of these kinds (all when none is given), in order of time."""
    for id_ in in_order(case, case.evidence):
        piece = case.evidence[id_]
        if piece.happened_at in case.period and case.mine(piece) and (not kinds or piece.kind in kinds):
            yield piece


def done_in(case: Case, thread: Thread, *kinds: str) -> tuple[Evidence, ...]:
    """What the person did of a thread, at any date, of these kinds (all when none is given), in order of time."""
    pieces = (case.evidence[id_] for id_ in in_order(case, thread.evidence))
    return tuple(piece for piece in pieces if case.mine(piece) and (not kinds or piece.kind in kinds))


def touched(piece: Evidence) -> tuple[Touch, ...]:
    """What a piece of evidence touched that makes an area: tests, generated files, locks and the like do not."""
    return tuple(touch for touch in piece.touches if kind(touch.path) not in NEUTRAL)


def crosses(piece: Evidence) -> bool | None:
    """Whether a piece of evidence touched an area that was not the person's own; None where nobody's is known."""
    known = [touch.own for touch in touched(piece) if touch.own is not None]
    return (False in known) if known else None


def basis_of(pieces: Iterable[Evidence]) -> Basis:
    """Inferred, where any owner of what was touched is inferred; else known."""
    inferred = any(touch.basis is Basis.INFERRED for piece in pieces for touch in touched(piece))
    return Basis.INFERRED if inferred else Basis.KNOWN


def from_outside(case: Case) -> tuple[str, ...]:
    """Records that people outside the team made in the period, in order of time."""
    found = (piece.id for piece in case.within(case.outside) if not bot(case, piece.actor) and not case.mine(piece))
    return in_order(case, found)


def outcome(entry: Entry) -> str:
    """How the thing that an entry is about turned out, as the entry says; empty where it does not."""
    typed = str(entry.meta.get("outcome") or "")
    if not blank(typed):
        return typed
    section = next((s for s in entry.sections if s.title.casefold() in OUTCOME and not blank(s.text)), None)
    if section is not None:
        return section.text
    status = str(entry.meta.get("status") or "")
    return status if ENDED.search(status) else ""


def weighed(entry: Entry) -> int:
    """How many options a decision considered, the chosen one included."""
    most = 0
    for section in entry.sections:
        title = section.title.casefold()
        if title in OPTIONS and not blank(section.text):
            most = max(most, len(items(section.text)))
        elif title in REJECTED and not blank(section.text):
            most = max(most, 1 + max(1, len(items(section.text))))
    return most


def artifacts(case: Case, claim: Claim) -> dict[str, tuple[str, ...]]:
    """What stands behind a claim, by independent kind of artifact. A log and the claim itself are none.

    A number that is bound to data is one, under the name of its data.
    """
    found: dict[str, set[str]] = {}
    against = set(case.counter(claim))
    for id_ in case.backing(claim):
        piece = case.evidence.get(id_)
        if piece is None or id_ in against:
            continue
        if name := artifact_of(case, piece):
            found.setdefault(name, set()).add(id_)
    mine = [id_ for ids in found.values() for id_ in ids if case.mine(case.evidence[id_])]
    for link in case.links_to(mine, LinkKind.CITES, LinkKind.IMPLEMENTS, LinkKind.BUILDS_ON, LinkKind.BACKS, LinkKind.REVIEWS):
        piece = case.evidence.get(link.src)
        if piece is not None and link.src not in against and not case.mine(piece) and not bot(case, piece.actor):
            name = "review" if link.kind is LinkKind.REVIEWS else "others' record"
            found.setdefault(name, set()).add(link.src)
    kinds = {name: in_order(case, ids) for name, ids in sorted(found.items())}
    data = sorted({number.data for number in claim.numbers if number.data})
    return {**kinds, "observed number": tuple(data)} if data else kinds


def artifact_of(case: Case, piece: Evidence) -> str:
    """The kind of artifact that a piece of evidence is; empty where it is none."""
    if piece.kind in ("log", "claim"):
        return ""
    if piece.kind in ("review", "endorsement"):
        return piece.kind
    if not case.mine(piece):
        return "" if bot(case, piece.actor) else "others' record"
    return "change" if piece.kind == "change" else "document"


def calibration(entry: Entry) -> bool:
    """Whether a pushback is what a calibration said about the owner, rather than what the owner said."""
    return "calibration" in str(entry.meta.get("from") or "").casefold()


def witnesses(case: Case, claim: Claim) -> tuple[str, ...]:
    """People outside the team whose record backs a claim; bots and reverts of anything behind it are none."""
    against = {link.src for link in case.links_to(case.backing(claim), LinkKind.REVERTS, LinkKind.FIXES)}
    return tuple(
        person for person, _, id_ in case.outside_witnesses(claim) if id_ not in against and not bot(case, person)
    )


def halves(case: Case) -> tuple[str, str]:
    """The labels of the half-year before the one in which the period ends, and of that one."""
    year, half = case.period.until.year, 1 if case.period.until.month <= 6 else 2
    before = (year, 1) if half == 2 else (year - 1, 2)
    return f"{before[0]}H{before[1]}", f"{year}H{half}"
