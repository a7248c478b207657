"""What a packet and a rehearsal come to, in plain lines for a terminal: no colour is needed to read them."""

from __future__ import annotations

import textwrap

from muster.model import Answer, Ladder, Packet, Rehearsal, Verdict
from muster.packet import ladder as ladders
from muster.packet import sheet as ask
from muster.room import words
from muster.room.words import count, day, listed, visible

SHAPES = {Verdict.HOLDS: "■", Verdict.THIN: "◪", Verdict.OPEN: "□", Verdict.CANNOT_TELL: "–"}


def wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> str:
    """The text on lines that fit, the first led by `first`, further ones by `rest`."""
    lead = " " * len(first) if rest is None else rest
    return textwrap.fill(visible(text).strip(), max(width, 40), initial_indent=first, subsequent_indent=lead,
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def command(text: str) -> str:
    """What to type, on a line of its own that can be copied whole."""
    return f"    {visible(text)}"


def room_text(rehearsal: Rehearsal, width: int = 80) -> str:
    """Every question by seat with its verdict, a line each, then the moves; about 25 lines.

    A rehearsal of one seat alone says more: what answers each question, what is missing, and by when it could close.
    """
    seats = dict.fromkeys(answer.seat for answer in rehearsal.answers)
    lines: list[str] = []
    for seat in seats:
        answers = [answer for answer in rehearsal.answers if answer.seat == seat]
        if len(seats) == 1:
            lines += [visible(words(seat)), *(line for answer in answers for line in told(answer, width))]
            continue
        for place, answer in enumerate(answers):
            head = f"{visible(seat) if place == 0 else '':<17}{SHAPES[answer.verdict]} {answer.verdict.value:<12}"
            lines.append(wrapped(answer.question, width, head))
    lines += ["", wrapped(tally(rehearsal), width)]
    if told_by := rehearsal.sources():
        lines.append(wrapped(f"Answered from {listed([f'{name} ({number})' for name, number in told_by], 12)}.", width))
    lines += moves(rehearsal, width)
    if len(seats) > 1:
        lines += ["", wrapped("What answers a question, and what is missing: muster room --seat SEAT", width)]
    return "\n".join(lines).strip("\n")


def ladder_text(ladder: Ladder, rehearsal: Rehearsal, width: int = 80) -> str:
    """The room's answers below the criteria that they speak to, in the ladder's words."""
    lines = [wrapped(f"{ladder.name}, criterion by criterion", width)]
    for one in ladder.criteria:
        lines += ["", wrapped(one.name, width)]
        if one.says:
            lines.append(wrapped(one.says, width, "  "))
        found = ladders.asked(one, rehearsal)
        lines += [wrapped(answer.question, width, f"    {SHAPES[answer.verdict]} {answer.verdict.value:<12}") for _, answer in found]
        if one.signals:
            lines.append(wrapped(f"measured by {listed(one.signals, 6)} (muster signals)", width, "      "))
    if rest := ladders.unasked(ladder, rehearsal):
        lines += ["", wrapped(f"Asked by the room, and by no criterion: {' '.join(rest)}", width)]
    return "\n".join(lines)


def told(answer: Answer, width: int) -> list[str]:
    """One question in full: verdict, what answers it, what is missing, the move and the earliest day."""
    lines = ["", wrapped(answer.question, width, f"{SHAPES[answer.verdict]} {answer.verdict.value:<12}")]
    lines += [wrapped(line.text, width, " " * 14) for line in answer.says]
    if answer.sources:
        lines.append(wrapped(f"From {listed(answer.sources, 12)}.", width, " " * 14))
    if answer.missing:
        lead = "" if answer.verdict is Verdict.CANNOT_TELL else "Missing: "
        lines.append(wrapped(f"{lead}{answer.missing}.", width, " " * 14))
    if answer.move and answer.closes_by:
        lines.append(wrapped(f"{answer.move.text} Could close by {day(answer.closes_by)}.", width, " " * 12 + "→ "))
    return lines


def tally(rehearsal: Rehearsal) -> str:
    """How many questions came to what."""
    parts = []
    for verdict in ask.VERDICTS:
        number = rehearsal.count(verdict)
        word = "hold" if verdict is Verdict.HOLDS and number != 1 else verdict.value
        parts.append(f"{SHAPES[verdict]} {number} {word}")
    return f"{count(len(rehearsal.answers), 'question')}: {', '.join(parts)}."


def moves(rehearsal: Rehearsal, width: int) -> list[str]:
    """The moves, each with what to type."""
    lines: list[str] = []
    for place, move in enumerate(rehearsal.moves, 1):
        if place == 1:
            lines += ["", "What would close most of it"]
        lines.append(wrapped(move.text, width, f"  {place} "))
        if move.command:
            lines.append(command(move.command))
    return lines


def review_text(packet: Packet, width: int = 80) -> str:
    """The first screen in about 25 lines: who and when, what the record shows, how the room answers, what to do next."""
    case = packet.case
    lines = [visible(case.person.name), wrapped(ask.who(packet), width), ""]
    lines.append(wrapped("".join(part.text for part in ask.lede(packet)), width))
    lines += [wrapped(line.text, width, "  · ") for line in packet.notable[:3]]
    lines += ["", wrapped(tally(packet.rehearsal), width)]
    seats: dict[str, list[Verdict]] = {}
    for answer in packet.rehearsal.answers:
        seats.setdefault(answer.seat, []).append(answer.verdict)
    for seat, verdicts in seats.items():
        lines.append(f"  {words(seat).split(',')[0]:<36}{' '.join(SHAPES[verdict] for verdict in verdicts)}")
    lines += moves(packet.rehearsal, width)
    if packet.rehearsal.moves and "book" not in case.sources:
        lines.append(wrapped(ask.NO_BOOK.replace("`", ""), width, "    "))
    if packet.blind_spots:
        lines += ["", wrapped("Not seen: " + " ".join(_stop(spot) for spot in packet.blind_spots[:2]), width)]
    return "\n".join(lines)


def _stop(text: str) -> str:
    """The text with a full stop."""
    return text if text.endswith((".", "?")) else f"{text}."
