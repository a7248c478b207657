"""Your manager, who speaks for you: in two minutes, with names to back it up."""

from __future__ import annotations

from muster.model import Statement, Verdict
from muster.room.facts import Facts, Found, Question, cannot_tell
from muster.room.words import count, day, filled, quoted, sentence, short

SEAT, ORDER = "manager", 1
WORDS = "your manager, who speaks for you"


def three_lines(facts: Facts) -> Found:
    """A claim can be said when each beat is there and solid evidence stands behind what was done and what changed."""
    if not facts.case.claims:
        return Found(Verdict.OPEN, missing="an undertaking with a problem, what was done and what changed", move="note")
    says, sayable, partly = [], 0, []
    for claim in facts.case.claims[:4]:
        solid = facts.solid(id_ for _, beat in claim.beats for line in beat.statements for id_ in line.evidence)
        solid = solid or facts.solid(claim.evidence)
        missing = [name for name, beat in claim.beats if not beat]
        line = claim.changed if claim.changed else claim.did
        text = f"{short(claim.title, 64)}: {short(filled(line.statements[0].text, facts.observed(claim)), 100)}" if line else claim.title
        ids = tuple(piece.id for piece in facts.known(claim.evidence))
        if missing or not solid:
            partly.append(f"{quoted(claim.title, 48)} lacks {' and '.join(missing) or 'evidence of its own'}")
        else:
            sayable += 1
            says.append(Statement(sentence(text), ids))
    if sayable:
        return Found(Verdict.HOLDS, tuple(says), "; ".join(partly), "beats" if partly else "")
    return Found(Verdict.THIN if any(facts.backs(claim) for claim in facts.case.claims) else Verdict.OPEN,
                 tuple(says), "; ".join(partly[:2]), "beats")  # fmt: skip


def backers(facts: Facts) -> Found:
    """Two people outside the team who recorded something on the work themselves; colleagues inside are some, not enough."""
    people = {record.person for record in facts.outside}
    inside = [record for record in facts.records if record.team is None]
    if len(people) >= 2:
        return Found(Verdict.HOLDS, facts.voices(facts.outside))
    typed = [name for claim in facts.case.claims for name in claim.witnesses]
    if people or inside:
        missing = "a record by a second person outside the team" if people else "a record by somebody outside the team"
        return Found(Verdict.THIN, facts.voices([*facts.outside, *inside], 3), missing, "witness")
    if typed:
        says = tuple(Statement(f"{name} is named in a claim, by the owner.") for name in dict.fromkeys(typed))
        return Found(Verdict.OPEN, says[:3], "a record of their own", "witness")
    return Found(Verdict.OPEN, missing="anybody else's record that refers to the work", move="witness")


def objections(facts: Facts) -> Found:
    """The objections on file, each with its reply: what speaks against the claims, and the last calibration's pushback."""
    case = facts.case
    said = {id_ for claim in case.claims for _, beat in claim.beats for line in beat.statements for id_ in line.evidence}
    counters = [(claim, piece) for claim in case.claims for piece in facts.known(case.counter(claim))]
    says, unanswered = [], 0
    for claim, piece in counters[:2]:
        reply = "the claim names it" if piece.id in said else "the claim does not mention it"
        unanswered += piece.id not in said
        text = f"{quoted(piece.title, 60)} ({case.name_of(piece.actor)}, {day(piece.happened_at)}) speaks against {quoted(claim.title, 48)}; {reply}."
        says.append(Statement(text, (piece.id,)))
    doubts = facts.against(("C201", "C203", "C205", "C206", "V302", "V304"))[: 2 - len(says)]
    says += [Statement(sentence(f"A sceptic will say: {finding.seen}"), finding.evidence) for finding in doubts]
    pushbacks = facts.entries("pushback")
    answered = [entry for entry in pushbacks if facts.tied(entry.id) or (entry.id in said)]
    says += [Statement(f"On file since {day(entry.happened_at)}: {quoted(entry.title)}.", (entry.id,)) for entry in pushbacks[-1:]]
    if unanswered:
        return Found(Verdict.OPEN, tuple(says), f"a reply to {count(unanswered, 'record')} against the claims", "answer")
    if answered:
        return Found(Verdict.HOLDS, tuple(says))
    if pushbacks:
        return Found(Verdict.THIN, tuple(says), "evidence that answers the pushback, tied to it", "pushback")
    if not facts.book:
        found = cannot_tell("a book (what was objected in the last calibration)")
        return Found(found.verdict, tuple(says), found.missing, "pushback")
    return Found(Verdict.OPEN, tuple(says), "the specific objection of the last calibration", "pushback")


QUESTIONS = (
    Question("Can I say this in three lines?", three_lines,
             "the claims' three beats and the evidence behind each", ("A401", "C207")),
    Question("Who else in the room will back it?", backers,
             "links from others' records to the work (builds-on, implements, cites, reviews, backs)", ("C201",)),
    Question("What do I answer to the two hardest objections?", objections,
             "reverts and fixes of the work, findings, pushback entries", ("C209", "M502")),
)  # fmt: skip
