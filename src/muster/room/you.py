"""You, through your artifacts: what speaks when nobody says your name."""

from __future__ import annotations

from muster.model import Statement, Verdict
from muster.room.facts import Facts, Found, Question
from muster.room.words import count, day, listed, quoted, words

SEAT, ORDER = "you", 7
WORDS = "you, through your artifacts"
SKIM = 75  #: words that are read in thirty seconds, at 150 a minute


def on_the_table(facts: Facts) -> Found:
    """Documents that explain the work and that others refer to on their own record."""
    papers = [piece for piece in facts.mine(facts.case.evidence) if piece.kind in ("document", "proposal", "decision", "note", "result", "risk")]
    ids = {id_ for thread in facts.threads for id_ in thread.artifacts}
    papers = sorted((piece for piece in papers if piece.happened_at in facts.case.period or piece.id in ids),
                    key=lambda piece: (str(piece.happened_at), piece.id))  # fmt: skip
    by: dict[str, list[str]] = {}
    for record in facts.records:
        by.setdefault(record.of, []).append(record.id)
    met = [piece for piece in papers if by.get(piece.id) and piece.source != "book"]
    says = []
    for piece in met[:3]:
        refs = tuple(dict.fromkeys(by[piece.id]))
        people = listed([facts.case.name_of(p) for p in dict.fromkeys(facts.case.evidence[i].actor for i in refs)], 3)
        says.append(Statement(f"{facts.title(piece.id)} ({day(piece.happened_at)}): {count(len(refs), 'record')} of {people}.", (piece.id, *refs)))
    if met:
        return Found(Verdict.HOLDS, tuple(says))
    if papers:
        says = [Statement(f"{quoted(piece.title, 60)}, {day(piece.happened_at)}.", (piece.id,)) for piece in papers[:3]]
        if len(papers) > 3:
            says.append(Statement(f"{count(len(papers) - 3, 'more document')}.", tuple(piece.id for piece in papers[3:])))
        return Found(Verdict.THIN, tuple(says), "somebody else's record that refers to one of them", "share")
    return Found(Verdict.OPEN, missing="a document that explains one undertaking", move="note")


def thirty_seconds(facts: Facts) -> Found:
    """A claim whose three beats are there, have sources, and are read in thirty seconds."""
    fits: list[Statement] = []
    long: list[Statement] = []
    for claim in facts.case.claims:
        if not all(beat for _, beat in claim.beats):
            continue
        size = words([beat.text for _, beat in claim.beats])
        ids = tuple(piece.id for piece in facts.known(id_ for _, beat in claim.beats for line in beat.statements for id_ in line.evidence))
        row = Statement(f"{quoted(claim.title)}: three beats in {count(size, 'word')}.", ids)
        (fits if size <= SKIM and facts.solid(ids or claim.evidence) else long).append(row)
    if fits:
        return Found(Verdict.HOLDS, tuple(fits[:4]))
    if long:
        return Found(Verdict.THIN, tuple(long[:3]), f"three beats within {SKIM} words, each with its source", "beats")
    if any(facts.backs(claim) for claim in facts.case.claims):
        return Found(Verdict.OPEN, missing="a claim with all three beats", move="beats")
    return Found(Verdict.OPEN, missing="a claim", move="beats")


QUESTIONS = (
    Question("If nobody says your name, what is on the table?", on_the_table,
             "signals documentation and longevity; documents, and others' records that refer to them", ("A409", "V303", "V306")),
    Question("Does it carry the three beats in thirty seconds?", thirty_seconds, "the claims' beats, their words and their sources",
             ("A401", "C207", "V305")),
)  # fmt: skip
