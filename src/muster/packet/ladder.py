"""A case in the words of a ladder: for each criterion the room's questions that it maps to, what was measured, and the claims.

Nothing is added up: a criterion has no verdict of its own, only those of its questions. What no criterion asks is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from muster.model import Answer, Claim, Criterion, Ladder, Packet, Rehearsal
from muster.packet.measures import Row, valued


@dataclass(frozen=True, slots=True)
class Rung:
    """A criterion with what speaks to it: questions by their place among all, measures, and claims by their place."""

    criterion: Criterion
    asked: tuple[tuple[int, Answer], ...]
    measured: tuple[Row, ...] = ()
    claims: tuple[tuple[int, str], ...] = ()


def rungs(packet: Packet) -> tuple[Rung, ...]:
    """The criteria of the packet's ladder, in its order; none where the owner named no ladder."""
    ladder = packet.case.ladder
    if ladder is None:
        return ()
    rows = valued(packet)
    return tuple(
        Rung(
            one,
            asked(one, packet.rehearsal),
            measured(one, rows),
            tuple((place, claim.claim.title) for place, claim in enumerate(packet.claims, 1) if any(one.named(word) for word in claim.claim.behaviors)),
        )
        for one in ladder.criteria
    )


def asked(criterion: Criterion, rehearsal: Rehearsal) -> tuple[tuple[int, Answer], ...]:
    """The answers to a criterion's questions, in the room's order, each with its place there."""
    return tuple((place, one) for place, one in enumerate(rehearsal.answers, 1) if one.name in criterion.questions)


def measured(criterion: Criterion, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """What was measured of a criterion's signals: a measure where it names one, else the signal's telling ones."""
    return tuple(
        row
        for row in rows
        if f"{row.name}.{row.signal.measure}" in criterion.signals or (row.name in criterion.signals and not row.detail)
    )


def criteria_of(ladder: Ladder | None, claim: Claim) -> tuple[str, ...]:
    """The criteria that a claim says it shows, in the ladder's words; without a ladder, the claim's own."""
    if ladder is None:
        return claim.behaviors
    return tuple(one.name for one in ladder.criteria if any(one.named(word) for word in claim.behaviors))


def criteria_asking(ladder: Ladder | None, question: str) -> tuple[str, ...]:
    """The criteria that a question, by its name, speaks to."""
    return tuple(one.name for one in ladder.criteria if question in one.questions) if ladder and question else ()


def unasked(ladder: Ladder, rehearsal: Rehearsal) -> tuple[str, ...]:
    """Questions that no criterion of the ladder maps to: the room asks them all the same."""
    wanted = {name for one in ladder.criteria for name in one.questions}
    return tuple(one.question for one in rehearsal.answers if one.name not in wanted)


def whose(ladder: Ladder) -> str:
    """What the ladder is and what of it is shown, in two sentences."""
    of = f", from {ladder.source}" if ladder.source else ""
    return f"Criteria in the words of “{ladder.name}”{of}. Below each stands what of this case speaks to it; a criterion has no mark of its own."
