"""The packet: the case as it is handed in, and one renderer a file (md, html, pdf, docx, json), found by its `FORMAT`.

`build` settles what is shown, once, so that every format shows the same; a renderer only sets it. What no sentence,
number, mark or line of the packet refers to is left out: a packet carries the evidence that it cites, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from muster.model import (
    Basis,
    Case,
    Checked,
    Evidence,
    Packet,
    PacketClaim,
    Rehearsal,
    Statement,
    Tie,
    Week,
)
from muster.room.facts import VERBS, Facts

#: What is written down within this long of happening counts as recorded then.
PROMPT = timedelta(days=30)
FAR = datetime.max.replace(tzinfo=UTC)


def build(
    kind: str,
    case: Case,
    notable: Sequence[Statement],
    checked: Sequence[Checked],
    rehearsal: Rehearsal,
    blind_spots: Sequence[str],
    version: str,
) -> Packet:
    """The packet of a case; `kind` is "packet" or "review". Entries' own prose stays in the book.

    A statement whose sources are not all in the case keeps those that are.
    """
    facts = Facts(case, tuple(checked))
    claims = tuple(
        PacketClaim(claim, case.outside_witnesses(claim), case.counter(claim), in_time(case, case.backing(claim)))
        for claim in case.claims
    )
    packet = Packet(
        kind,
        case,
        tuple(Statement(line.text, known(case, line.evidence)) for line in notable),
        tuple(sorted(claims, key=gaps)),
        weeks(facts),
        ties(facts),
        tuple(checked),
        rehearsal,
        tuple(dict.fromkeys(blind_spots)),
        version,
    )
    return trimmed(packet)


def gaps(one: PacketClaim) -> int:
    """How much a claim still lacks: a beat, a record behind it, a voice from outside. What lacks least is read first."""
    missing = sum(not beat for _, beat in one.claim.beats)
    return missing + (not one.evidence) + (not one.witnesses)


def known(case: Case, ids: Iterable[str]) -> tuple[str, ...]:
    """Those of the ids that are in the case, each once, in the order given."""
    return tuple(id_ for id_ in dict.fromkeys(ids) if id_ in case.evidence)


def in_time(case: Case, ids: Iterable[str]) -> tuple[str, ...]:
    """Those of the ids that are in the case, in order of time; what has no date comes last."""
    return tuple(sorted(known(case, ids), key=lambda id_: (case.evidence[id_].happened_at or FAR, id_)))


def monday(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def prompt(piece: Evidence) -> bool:
    """Whether it was recorded within thirty days of happening."""
    lag = piece.lag
    return lag is not None and lag <= PROMPT


def weeks(facts: Facts) -> tuple[Week, ...]:
    """Every week of the period, silent ones included, with what the person did in it and others recorded on it."""
    case = facts.case
    last = monday(case.period.until)
    rows: dict[date, tuple[list[str], list[str], list[str]]] = {}
    week = monday(case.period.since)
    while week <= last:
        rows[week] = ([], [], [])
        week += timedelta(days=7)
    for id_ in in_time(case, case.evidence):
        piece = case.evidence[id_]
        if case.mine(piece) and piece.happened_at is not None and piece.happened_at in case.period:
            rows[monday(piece.happened_at.date())][0 if prompt(piece) else 1].append(id_)
    for record in facts.records:
        row = rows[monday(record.at.date())][2]
        if record.id not in row:
            row.append(record.id)
    return tuple(Week(day, tuple(then), tuple(later), tuple(others)) for day, (then, later, others) in rows.items())


def ties(facts: Facts) -> tuple[Tie, ...]:
    """The lines of the reach map: the own team first, then others by number of records, then by name.

    A line is drawn by others' records that refer to the person's work, and by the person's changes to areas of theirs.
    """
    case = facts.case
    kinds: dict[str | None, dict[str, dict[str, None]]] = {}
    people: dict[str | None, dict[str, None]] = {}
    inferred: set[str | None] = set()
    for record in facts.records:
        kinds.setdefault(record.team, {}).setdefault(VERBS[record.kind], {})[record.id] = None
        people.setdefault(record.team, {})[record.person] = None
        if facts.inferred:
            inferred.add(record.team)
    for id_ in in_time(case, case.evidence):
        piece = case.evidence[id_]
        if not case.mine(piece) or piece.happened_at not in case.period:
            continue
        for touch in piece.touches:
            for team in touch.teams:
                if touch.own is False and team != case.team:
                    kinds.setdefault(team, {}).setdefault("areas of theirs changed", {})[id_] = None
                    people.setdefault(team, {})
                    if touch.basis is Basis.INFERRED:
                        inferred.add(team)
    rows = []
    for side, found in kinds.items():
        inside = side is None or side == case.team
        ids = in_time(case, [id_ for ids in found.values() for id_ in ids])
        counts = tuple(sorted(((verb, len(ids)) for verb, ids in found.items()), key=lambda row: (-row[1], row[0])))
        label = side if side is not None else case.team or "own team, or team not known"
        basis = Basis.INFERRED if side in inferred or (inside and facts.inferred) else Basis.KNOWN
        rows.append(Tie(label, tuple(people[side]), ids, counts, inside, basis))
    return tuple(sorted(rows, key=lambda tie: (not tie.own, -len(tie.evidence), tie.team)))


def cited(packet: Packet) -> set[str]:
    """Ids of all evidence that something in the packet refers to."""
    case, found = packet.case, set[str]()
    for line in packet.notable:
        found.update(line.evidence)
    for one in packet.claims:
        found.update([*one.evidence, *one.counter, *(id_ for _, _, id_ in one.witnesses)])
        found.update(id_ for _, beat in one.claim.beats for line in beat.statements for id_ in line.evidence)
    for week in packet.weeks:
        found.update([*week.then, *week.later, *week.others])
    for tie in packet.ties:
        found.update(tie.evidence)
    for answer in packet.rehearsal.answers:
        found.update(id_ for line in answer.says for id_ in line.evidence)
        found.update(answer.move.evidence if answer.move else ())
    for move in packet.rehearsal.moves:
        found.update(move.evidence)
    for check in packet.checked:
        for finding in [*check.findings, *(one for one, _ in check.allowed)]:
            found.update(finding.evidence)
            found.update([finding.where.evidence] if finding.where.evidence else [])
    for signal in case.signals:
        found.update(signal.evidence if signal.label == "case" else ())
    for thread in case.period_threads():
        found.update([*thread.evidence, *thread.counter])
    return found


def trimmed(packet: Packet) -> Packet:
    """The packet without what it does not cite: other evidence, commit messages' bodies, links between other records."""
    case = packet.case
    wanted = cited(packet)
    evidence = {id_: replace(case.evidence[id_], text="") for id_ in in_time(case, wanted)}
    people = {piece.actor for piece in evidence.values()}
    people.update(person for one in packet.claims for person, _, _ in one.witnesses)
    people.update(person for tie in packet.ties for person in tie.people)
    people.update([case.person.id])
    lean = replace(
        case,
        entries=(),
        claims=tuple(replace(claim, entry=None) for claim in case.claims),
        evidence=evidence,
        links=tuple(link for link in case.links if link.src in evidence and link.dst in evidence),
        threads=case.period_threads(),
        people={id_: replace(case.people[id_], emails=(), handles=()) for id_ in sorted(people) if id_ in case.people},
        outside={id_: team for id_, team in sorted(case.outside.items()) if id_ in evidence},
        # What must not leave is itself what must not leave.
        confidential=(),
    )
    return replace(
        packet, case=lean, claims=tuple(replace(one, claim=replace(one.claim, entry=None)) for one in packet.claims)
    )
