"""Cross-functional leads: product, design, support and the other functions that ship with engineering."""

from __future__ import annotations

from muster.model import Entry, Grade, Statement, Verdict
from muster.room.facts import Facts, Found, Question, cannot_tell
from muster.room.words import count, day, quoted

SEAT, ORDER = "cross-functional", 5
WORDS = "cross-functional leads"


def function(entry: Entry) -> str:
    """The function that an entry says it is from or for."""
    return str(entry.meta.get("function") or "")


def shipped(facts: Facts) -> Found:
    """A voice of another function: holds when they signed it, thin while the owner reports it."""
    voices = [entry for entry in facts.entries("endorsement", "result") if function(entry)]
    says = tuple(Statement(f"{function(entry)}: {quoted(entry.title)} ({day(entry.happened_at)}).", (entry.id,)) for entry in voices[-3:])
    if any(entry.grade >= Grade.WITNESSED for entry in voices):
        return Found(Verdict.HOLDS, says)
    if voices:
        return Found(Verdict.THIN, says, "their own signature or record", "witness")
    used = facts.outside
    if used:
        ids = tuple(dict.fromkeys(record.id for record in used))
        says = (Statement(f"{count(len(facts.teams(used)), 'team')} outside the person’s own "
                          f"{'has' if len(facts.teams(used)) == 1 else 'have'} records on the work; their function is not known.", ids),)  # fmt: skip
    found = cannot_tell("product, design or support records (tickets, mail, or people.csv with a function column)")
    return Found(found.verdict, says, found.missing)


def told(facts: Facts) -> Found:
    """A proposal that somebody outside met before the first change it led to; one that nobody outside met is thin."""
    before: list[Statement] = []
    shown: list[Statement] = []
    for thread in facts.threads:
        did = [piece for piece in facts.solid(thread.did) if piece.happened_at and facts.case.mine(piece)]
        first = min((piece.happened_at for piece in did if piece.happened_at), default=None)
        for piece in facts.mine(thread.artifacts):
            if first is None or piece.happened_at is None or piece.happened_at.date() >= first.date():
                continue
            days = (first - piece.happened_at).days
            text = f"{facts.title(piece.id)} was written on {day(piece.happened_at)}, {count(days, 'day')} before the first change."
            ids = (piece.id, min(did, key=lambda one: (one.happened_at or first, one.id)).id)
            before.append(Statement(text, ids))
            met = [record for record in facts.by_work.get(piece.id, ()) if record.at < first]
            shown += facts.voices(met, 2)
    if shown:
        return Found(Verdict.HOLDS, (*before[:2], *shown[:2]))
    if before:
        return Found(Verdict.THIN, tuple(before[:3]), "a record that somebody it affects saw it before the work", "onepager")
    return Found(Verdict.OPEN, missing="a proposal older than the work, sent to those whom it affects", move="onepager")


QUESTIONS = (
    Question("What could we ship because of it?", shipped, "endorsements and results of other functions", ("C204",)),
    Question("Did you tell us before, or after?", told,
             "signal foresight; documents older than the first change, and who met them by then", ("V306", "A406", "B106")),
)  # fmt: skip
