"""Cases side by side, question by question, for a number of slots: what each question tells apart, and what it does not.

Only cases that their owners handed in are read (`muster packet --submit`); one without that mark, or edited since, is
refused. Nothing is added up and no case is placed before another: volume never counts in favour, a question that cannot be
told for somebody says nothing against them, and which question matters for a slot is for those who decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from muster.model import Answer, Grade, MusterError, Packet, RefusedError, Rehearsal, Verdict
from muster.packet.json import SCHEMA, Submission, digest
from muster.room import words as words_of
from muster.room.words import count, day, listed, span, visible

_LARGEST = 256 * 1024 * 1024
#: Verdicts from answered to unanswered. What cannot be told is on no side.
ORDER = (Verdict.HOLDS, Verdict.THIN, Verdict.OPEN)


@dataclass(frozen=True, slots=True)
class Handed:
    """One case of a comparison: its letter, whose it is, from which level to which, its period, and when it was handed in
    (None for the reader's own, which was not).
    """

    letter: str
    name: str
    level_from: str
    level_to: str
    since: date
    until: date
    at: date | None


@dataclass(frozen=True, slots=True)
class Stand:
    """How one question stands in one case: its verdict, and what is behind it. `grade` is the best of its records'."""

    letter: str
    verdict: Verdict
    records: int
    people: int
    grade: str
    says: str
    missing: str


@dataclass(frozen=True, slots=True)
class Beside:
    """One question in every case. `apart` says that it tells cases apart, and `difference` how, or why it does not."""

    seat: str
    question: str
    name: str
    stands: tuple[Stand, ...]
    apart: bool
    difference: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Cases side by side. `alike` are those pairs that no question tells apart; `notes` say what makes them hard to compare."""

    slots: int
    cases: tuple[Handed, ...]
    questions: tuple[Beside, ...]
    alike: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What a comparison needs of a case."""

    name: str
    person: str
    level_from: str
    level_to: str
    since: date
    until: date
    at: date | None
    answers: tuple[Answer, ...]
    actors: Mapping[str, str]
    grades: Mapping[str, int]


def own(packet: Packet) -> Read:
    """The reader's own case, which nobody has to hand in to themselves."""
    case = packet.case
    return Read(
        case.person.name, case.person.id, case.level_from, case.level_to, case.period.since, case.period.until, None, packet.rehearsal.answers,
        {id_: piece.actor for id_, piece in case.evidence.items()}, {id_: int(piece.grade) for id_, piece in case.evidence.items()},
    )  # fmt: skip


def read(path: Path) -> Read:
    """A case that was handed in. Raises `RefusedError` without its owner's mark or where the mark is broken, MusterError where
    the file is none.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise MusterError(str(path), "more than 256 MiB", "A case is what `muster packet --submit -o case.json` writes.")
        raw = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise MusterError(str(path), f"cannot be read: {error.strerror}", "Give the file that `muster packet --submit` wrote.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MusterError(str(path), "is not JSON", "A case is what `muster packet --submit -o case.json` writes.") from None
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        raise MusterError(str(path), f"is no {SCHEMA}", "A case is what `muster packet --submit -o case.json` writes.")
    ask = "Its owner hands it in with: muster packet --submit -o case.json"
    if not isinstance(raw.get("submitted"), dict):
        raise RefusedError(str(path), "its owner has not handed it in: it has no `submitted`", ask)
    try:
        mark = msgspec.convert(raw["submitted"], Submission)
        packet: dict[str, Any] = raw["packet"]
        case = packet["case"]
        if mark.digest != digest(raw):
            raise RefusedError(str(path), "it was changed after it was handed in: its digest is not that of its content", ask)
        if mark.by != case["person"]["id"]:
            raise RefusedError(str(path), "somebody else than its owner handed it in", ask)
        rehearsal = msgspec.convert(packet["rehearsal"], Rehearsal)
        since, until = (date.fromisoformat(case["period"][key]) for key in ("since", "until"))
        evidence = case["evidence"]
        return Read(
            str(case["person"]["name"]), str(case["person"]["id"]), str(case["level_from"]), str(case["level_to"]), since, until, mark.at,
            rehearsal.answers, {id_: str(piece["actor"]) for id_, piece in evidence.items()},
            {id_: int(piece["grade"]) for id_, piece in evidence.items()},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError) as error:
        raise MusterError(str(path), f"is no {SCHEMA}: {str(error)[:160]}", "Have it written anew by the muster that its owner uses.") from None


def compare(cases: Sequence[Read], slots: int) -> Comparison:
    """The cases side by side. Raises MusterError for fewer than two cases, one person's twice, or no slot."""
    if len(cases) < 2:
        raise MusterError("--against", "there is nothing to compare", "Give two or more cases, or one in the folder of your own book.")
    if slots < 1:
        raise MusterError(f"--slots {slots}", "there is no slot", "Give --slots a number of 1 or more.")
    people = [one.person for one in cases]
    if twice := next((one for one in people if people.count(one) > 1), None):
        raise MusterError("--against", f"two of the cases are of {twice}", "Give each person's case once.")
    letters = [_letter(place) for place in range(len(cases))]
    handed = tuple(
        Handed(letter, visible(one.name), visible(one.level_from), visible(one.level_to), one.since, one.until, one.at)
        for letter, one in zip(letters, cases, strict=True)
    )
    known = [{answer.name or answer.question: answer for answer in one.answers} for one in cases]
    names = dict.fromkeys(name for answers in known for name in answers)
    questions = []
    for name in names:
        if name == "managers/why_this":
            continue  # This very comparison is its answer.
        first = next(answers[name] for answers in known if name in answers)
        stands = tuple(
            stand(letter, one, answers[name]) if name in answers else Stand(letter, Verdict.CANNOT_TELL, 0, 0, "", "", "this case was not asked it")
            for letter, one, answers in zip(letters, cases, known, strict=True)
        )
        apart, difference = told_apart(stands, slots)
        questions.append(Beside(first.seat, first.question, first.name, stands, apart, difference))
    alike = tuple(
        (a, b)
        for at, a in enumerate(letters)
        for b in letters[at + 1 :]
        if not any(differ(*(next(one for one in row.stands if one.letter == letter) for letter in (a, b))) for row in questions)
    )
    return Comparison(slots, handed, tuple(questions), alike, tuple(notes(cases, handed)))


def stand(letter: str, case: Read, answer: Answer) -> Stand:
    """How a question stands in a case: the records that answer it, by how many other people, graded how."""
    ids = [id_ for id_ in dict.fromkeys(id_ for line in answer.says for id_ in line.evidence) if id_ in case.actors]
    people = {case.actors[id_] for id_ in ids} - {case.person}
    best = max((case.grades[id_] for id_ in ids), default=None)
    says = visible(answer.says[0].text) if answer.says else ""
    return Stand(letter, answer.verdict, len(ids), len(people), Grade(best).word if best is not None else "", says, visible(answer.missing))


def differ(one: Stand, other: Stand) -> bool:
    """Whether a question tells two cases apart: both can be told, and one is further answered than the other."""
    return one.verdict is not other.verdict and Verdict.CANNOT_TELL not in (one.verdict, other.verdict)


def told_apart(stands: Sequence[Stand], slots: int) -> tuple[bool, str]:
    """Whether a question tells cases apart, and how, or why not, in words."""
    sides = {verdict: [one.letter for one in stands if one.verdict is verdict] for verdict in ORDER}
    unknown = [one.letter for one in stands if one.verdict is Verdict.CANNOT_TELL]
    there = [verdict for verdict in ORDER if sides[verdict]]
    tail = f" Of {listed(unknown, 6)} it cannot be told, which says nothing against {'it' if len(unknown) == 1 else 'them'}." if unknown else ""
    if not there:
        return False, "It can be told of none of them, so it does not tell them apart."
    if len(there) == 1:
        if len(sides[there[0]]) == 1:
            return False, f"It can be told of {sides[there[0]][0]} alone, so it does not tell them apart.{tail}"
        same = {Verdict.HOLDS: "holds for", Verdict.THIN: "is thin for", Verdict.OPEN: "is open for"}[there[0]]
        more = " More records do not answer it more." if len({one.records for one in stands if one.verdict is there[0]}) > 1 else ""
        grades = {one.grade for one in stands if one.verdict is there[0]}
        better = " Their records are graded differently, which is for the room to weigh." if len(grades - {""}) > 1 else ""
        return False, f"It {same} {listed(sides[there[0]], 6)} alike, so it does not tell them apart.{more}{better}{tail}"
    best = there[0]
    said = {Verdict.HOLDS: "holds for", Verdict.THIN: "is thin for", Verdict.OPEN: "is open for"}
    parts = [f"{said[verdict]} {listed(sides[verdict], 6)}" for verdict in there]
    text = f"It {', '.join(parts[:-1])}, and {parts[-1]}." if best is Verdict.HOLDS else f"It holds for none: it {', and '.join(parts)}."
    if best is Verdict.HOLDS and len(sides[best]) > slots:
        text += f" That is {len(sides[best])} for {count(slots, 'slot')}: it does not choose among those {len(sides[best])}."
    return True, text + tail


def notes(cases: Sequence[Read], handed: Sequence[Handed]) -> list[str]:
    """What makes the cases hard to compare: other levels, other periods, one that was not handed in."""
    found = []
    if len({(one.level_from, one.level_to) for one in handed}) > 1:
        found.append("The cases are for different levels, and the room's questions are the same for all.")
    if len({(one.since, one.until) for one in handed}) > 1:
        found.append("The cases are of different periods: a longer one has had more time to be answered.")
    if own_ := [one.letter for one in handed if one.at is None]:
        found.append(f"{own_[0]} is the reader's own book, and not handed in.")
    return found


def _letter(place: int) -> str:
    """A, B, …, Z, A2, …"""
    return chr(ord("A") + place % 26) + (str(place // 26 + 1) if place >= 26 else "")


def text(made: Comparison, width: int = 80) -> str:
    """The comparison for a terminal: the cases, then each question with how it stands in each, and what that tells."""
    from muster.packet.text import SHAPES, wrapped

    lines = [wrapped(f"{count(len(made.cases), 'case')} for {count(made.slots, 'slot')}, question by question. Nothing is added up and no case is ranked.", width), ""]
    for one in made.cases:
        when = f"handed in on {day(one.at)}" if one.at else "not handed in"
        lines.append(wrapped(f"{one.name}, {one.level_from} to {one.level_to}, {span(one.since, one.until)}, {when}", width, f"  {one.letter}  "))
    lines += [wrapped(note, width, "  ·  ") for note in made.notes]
    seat = ""
    for row in made.questions:
        if row.seat != seat:
            seat = row.seat
            lines += ["", visible(words_of(seat)).split(",")[0]]
        lines += ["", wrapped(row.question, width, "  ")]
        for stand_ in row.stands:
            lines.append(wrapped(behind(stand_), width, f"    {stand_.letter:<2} {SHAPES[stand_.verdict]} {stand_.verdict.value:<12}"))
        lines.append(wrapped(row.difference, width, "    → "))
    return "\n".join([*lines, "", *(wrapped(line, width) for line in ending(made))])


def behind(one: Stand) -> str:
    """What stands behind a case's answer, and what is missing from it, in words."""
    parts = []
    if one.records:
        people = f" by {count(one.people, 'other person', 'other people')}" if one.people else ", all the person’s own"
        parts.append(f"{count(one.records, 'record')}{people}, {one.grade} at best")
    elif one.verdict is not Verdict.CANNOT_TELL:
        parts.append("no record")
    if one.missing:
        parts.append(f"missing: {one.missing}" if one.verdict is not Verdict.CANNOT_TELL else one.missing)
    return "; ".join(parts)


def ending(made: Comparison) -> list[str]:
    """What the questions tell apart all in all, and what they do not."""
    apart = [row for row in made.questions if row.apart]
    told = f"{len(apart)} of {count(len(made.questions), 'question')} {'tells' if len(apart) == 1 else 'tell'} some of the cases apart."
    lines = [told + " Which of them matters for a slot is for those who decide."] if apart else [
        f"None of the {count(len(made.questions), 'question')} tells the cases apart: the room’s information does not decide between them."
    ]  # fmt: skip
    for a, b in made.alike:
        if apart:
            lines.append(f"{a} and {b}: no question tells them apart. The room’s information does not decide between these two.")
    return lines
