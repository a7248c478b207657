"""The room's answers as a page has them: no sentence and no move twice, each where it is met first."""

from __future__ import annotations

from dataclasses import dataclass

from muster.model import Answer, Move, Packet, Statement, Verdict
from muster.packet.sheet import dated
from muster.room import names

UNSEEN = "no source connected that would show it: "


@dataclass(frozen=True, slots=True)
class Spoken:
    """A question as the page has it: what has not been said above, the question that said the rest, and its move's number."""

    place: int
    answer: Answer
    says: tuple[Statement, ...]
    above: int
    needs: str
    move: int


def moves(packet: Packet) -> tuple[Move, ...]:
    """Every move that an answer asks for, once: those that the room chose first."""
    asked = [answer.move for answer in packet.rehearsal.answers if answer.move and answer.closes_by]
    found: dict[str, Move] = {}
    for move in [*packet.rehearsal.moves, *asked]:
        found.setdefault(move.text, move)
    return tuple(found.values())


def spoken(packet: Packet) -> dict[str, list[Spoken]]:
    """The answers by seat, no sentence twice: what an earlier question has been told is pointed at."""
    numbers = {move.text: number for number, move in enumerate(moves(packet), 1)}
    first: dict[str, int] = {}
    found: dict[str, list[Spoken]] = {}
    for place, answer in enumerate(packet.rehearsal.answers, 1):
        above = next((first[line.text] for line in answer.says if line.text in first), 0)
        says = tuple(line for line in answer.says if line.text not in first)
        for line in answer.says:
            first.setdefault(line.text, place)
        needs = answer.missing.removeprefix(UNSEEN) if answer.verdict is Verdict.CANNOT_TELL else answer.missing
        if answer.verdict is not Verdict.CANNOT_TELL and first.setdefault(f"missing {needs}", place) != place and ":" in needs:
            needs = f"{needs.partition(':')[0]}, as above"
        move = numbers.get(answer.move.text, 0) if answer.move and answer.closes_by else 0
        found.setdefault(answer.seat, []).append(Spoken(place, answer, says, above, dated(needs), move))
    return found


def seats(packet: Packet) -> tuple[str, ...]:
    """The seats that have answers, in the order in which they speak."""
    found = dict.fromkeys(answer.seat for answer in packet.rehearsal.answers)
    return tuple(found) if found else names()
