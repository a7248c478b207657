"""The room: every seat's questions put to a case, and the moves that come of the answers.

One file per seat, found by its `SEAT` marker; it says what the seat is called (`WORDS`), where it sits (`ORDER`) and
what it asks (`QUESTIONS`). A question holds, is thin, is open, or cannot be told, by evidence alone: taking evidence
away never betters an answer, and what is merely typed never makes one hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType

from muster.model import Answer, Case, Checked, Finding, Move, Rehearsal, Statement, Verdict
from muster.registry import modules
from muster.room.facts import Facts, Found, Question
from muster.room.moves import MOVES, make
from muster.room.words import sentence

#: Minutes that fit into a week beside the work.
WEEK = 120

#: Moves that name somebody, or a piece of work, by evidence.
POINTED = ("witness", "note", "answer", "fix")

#: What a verdict is worth when two are compared: not being told is no better than being open.
RANK = {Verdict.CANNOT_TELL: 0, Verdict.OPEN: 1, Verdict.THIN: 2, Verdict.HOLDS: 3}


def seats() -> tuple[ModuleType, ...]:
    """Every seat's module, in the order in which they speak."""
    return tuple(sorted(modules("room", "SEAT"), key=lambda seat: (seat.ORDER, seat.SEAT)))


def names() -> tuple[str, ...]:
    """Every seat's name, as `muster room --seat` takes it, in the order in which they speak."""
    return tuple(seat.SEAT for seat in seats())


def name_of(seat: str, question: Question) -> str:
    """A question's name, by its seat and the function that looks: `skeptic/impact`."""
    return f"{seat}/{question.look.__name__}"


def questions() -> dict[str, str]:
    """Every question by its name, in the order in which they are asked."""
    return {name_of(seat.SEAT, question): question.text for seat in seats() for question in seat.QUESTIONS}


def words(seat: str) -> str:
    """How a seat is called on screen: `your manager, who speaks for you`."""
    return next((str(one.WORDS) for one in seats() if seat == one.SEAT), seat)


def described(word: str) -> str | None:
    """What a seat asks, what each question looks at and which findings weigh on it; None where no seat goes by that name."""
    wanted = word.strip().casefold().replace("_", "-")
    seat = next((one for one in seats() if wanted == one.SEAT), None)
    if seat is None:
        return None
    lines = [f"{seat.SEAT}: {seat.WORDS}", ""]
    for question in seat.QUESTIONS:
        lines.append(question.text)
        lines.append(f"  holds when: {sentence((question.look.__doc__ or '').strip())}")
        lines.append(f"  looks at:   {question.reads}")
        lines.append(f"  named:      {name_of(seat.SEAT, question)}")
        if question.codes:
            lines.append(f"  cannot hold against: {', '.join(question.codes)}")
        lines.append("")
    return "\n".join(lines).rstrip()


def rehearse(case: Case, checked: Sequence[Checked]) -> Rehearsal:
    """Every question of every seat, answered in order from the case and what the rules found, and at most three moves."""
    facts = Facts(case, tuple(checked))
    made: dict[str, Move] = {}
    asked: list[tuple[str, Answer]] = []
    for seat in seats():
        for question in seat.QUESTIONS:
            found = weigh(question, facts)
            if found.move and found.move not in made:
                made[found.move] = make(facts, found.move)
            asked.append((found.move, answered(seat.SEAT, question, found, facts, made)))
    if not facts.book:
        # A review has no entries that could ask for them; its record knows whom to ask and what to write on all the same.
        for name in POINTED[:2]:
            made.setdefault(name, make(facts, name))
    return Rehearsal(tuple(answer for _, answer in asked), chosen(asked, made, facts))


def weigh(question: Question, facts: Facts) -> Found:
    """What the question comes to; a finding of one of its codes keeps it from holding, and says what is missing."""
    found = question.look(facts)
    against = facts.against(question.codes)
    if found.verdict is Verdict.HOLDS and against:
        missing = f"an answer to {against[0].code}: {against[0].seen}"
        return replace(found, verdict=Verdict.THIN, missing=missing, move=found.move or remedy(against[0]))
    if found.verdict is Verdict.HOLDS:
        return replace(found, missing="", move="")
    return found


#: The practice's move for a finding that keeps a question from holding; other findings bring their own.
REMEDIES = {
    "A401": "beats", "C207": "beats", "V305": "beats", "C201": "witness", "C209": "answer", "M502": "pushback",
    "B102": "cross", "C205": "cross", "V301": "cross", "V304": "cross", "C203": "decision", "A407": "decision",
    "B103": "share", "B104": "decline", "V306": "onepager", "A406": "onepager", "B106": "onepager", "V303": "fix",
    "A409": "note", "V302": "onepager", "B101": "onepager", "A404": "number", "A402": "log", "A403": "log",
}  # fmt: skip


def remedy(finding: Finding) -> str:
    """The name of the move that answers a finding."""
    return REMEDIES.get(finding.code, "note")


def answered(seat: str, question: Question, found: Found, facts: Facts, made: dict[str, Move]) -> Answer:
    """The answer as it is handed on: with evidence that is there, its move, and the day the move could close it by."""
    says = tuple(
        Statement(line.text, tuple(piece.id for piece in facts.known(line.evidence))) for line in found.says
    )
    move = made.get(found.move)
    closes = MOVES[found.move].due(facts.case.today) if move and found.verdict in (Verdict.OPEN, Verdict.THIN) else None
    codes = tuple(code for code in question.codes if code in facts.findings)
    sources = tuple(sorted({facts.case.evidence[id_].source for line in says for id_ in line.evidence}))
    return Answer(seat, question.text, found.verdict, says, found.missing, move, closes, codes, name_of(seat, question), sources)


def chosen(asked: Sequence[tuple[str, Answer]], made: dict[str, Move], facts: Facts) -> tuple[Move, ...]:
    """At most three moves: those that close most open questions, then most thin ones; of equals the smallest.

    What takes longer than a week comes last.

    Where answers ask for fewer than three, what the rules found fills up.
    """
    weight = {Verdict.OPEN: 100, Verdict.THIN: 10, Verdict.CANNOT_TELL: 1}
    worth: dict[str, int] = dict.fromkeys(made, 0)
    for name, answer in asked:
        if name:
            worth[name] = worth.get(name, 0) + weight.get(answer.verdict, 0)
    order = list(MOVES)
    # To somebody with no book a move that names a person or a piece of work says more than a practice does.
    pointed = {name for name in POINTED if name in made and made[name].evidence} if not facts.book else set()
    best = sorted(worth, key=lambda name: (name not in pointed, -worth[name], MOVES[name].minutes, order.index(name)))
    moves: dict[str, Move] = {}
    for name in best:
        if len(moves) < 3:
            moves.setdefault(made[name].text, made[name])
    size = {move.text: MOVES[name].minutes for name, move in made.items()}
    # What fits into a week comes before what takes a half, however much that would close.
    picked = sorted(moves.values(), key=lambda move: size[move.text] > WEEK)
    for findings in facts.findings.values():
        for finding in findings:
            if len(picked) < 3 and all(move.text != finding.move for move in picked):
                picked.append(Move(finding.move, finding.seen, f"muster explain {finding.code}", finding.code, finding.evidence))
    return tuple(picked)
