"""Cross-functional leads: product, design, support and the other functions that ship with engineering."""

from __future__ import annotations

from muster.model import Entry, Grade, LinkKind, Statement, Verdict
from muster.room.facts import FAR, USES, Facts, Found, Question, cannot_tell
from muster.room.words import count, day, listed, quoted

SEAT, ORDER = "cross-functional", 5
WORDS = "cross-functional leads"


def function(entry: Entry) -> str:
    """The function that an entry says it is from or for."""
    return str(entry.meta.get("function") or "")


def shipped(facts: Facts) -> Found:
    """A record of another function's that uses the work, or one that they signed; what they only remarked, or the owner reports, is thin."""
    case = facts.case
    voices = [entry for entry in facts.entries("endorsement", "result") if function(entry)]
    says = tuple(Statement(f"{function(entry)}: {quoted(entry.title)} ({day(entry.happened_at)}).", (entry.id,)) for entry in voices[-3:])
    others = {id_ for id_, what in case.functions.items() if case.function and what != case.function}
    used = [record for record in facts.records if record.id in others and record.kind in (*USES, LinkKind.BACKS)]
    spoke = [id_ for ids in case.met().values() for id_ in ids if id_ in others]
    if used:
        said = (*facts.voices(used, 2), *says)
        return Found(Verdict.HOLDS, said)
    if any(entry.grade >= Grade.WITNESSED for entry in voices):
        return Found(Verdict.HOLDS, says)
    if spoke:
        spoke = sorted(spoke, key=lambda id_: (case.evidence[id_].happened_at or FAR, id_))[:2]
        heard = tuple(Statement(f"{case.name_of(case.evidence[id_].actor)} ({case.functions[id_]}): {facts.title(id_)} "
                                f"({day(case.evidence[id_].happened_at)}).", (id_,)) for id_ in spoke)  # fmt: skip
        return Found(Verdict.THIN, (*heard, *says), "what they could ship because of it, on their own record", "witness")
    if voices:
        return Found(Verdict.THIN, says, "their own signature or record", "witness")
    if case.function:
        return Found(Verdict.OPEN, missing=f"a record by somebody of another function than {case.function} that refers to the work", move="witness")
    if facts.outside:
        ids = tuple(dict.fromkeys(record.id for record in facts.outside))
        says = (Statement(f"{count(len(facts.teams(facts.outside)), 'team')} outside the person’s own "
                          f"{'has' if len(facts.teams(facts.outside)) == 1 else 'have'} records on the work; their function is not known.", ids),)  # fmt: skip
    found = cannot_tell("product, design or support records (tickets, mail, or teams.csv with a function column)")
    return Found(found.verdict, says, found.missing)


def told(facts: Facts) -> Found:
    """A proposal that somebody outside met before the first change it led to; one that nobody outside met is thin."""
    case = facts.case
    before: list[Statement] = []
    went: list[Statement] = []
    shown: list[Statement] = []
    for thread in facts.threads:
        did = [piece for piece in facts.solid(thread.did) if piece.happened_at and case.mine(piece)]
        for piece in facts.mine(thread.artifacts):
            # What is known to implement it is what it led to; else whatever was done in the undertaking.
            built = [link.src for link in case.links_to([piece.id], LinkKind.IMPLEMENTS)]
            built += [id_ for proposal in thread.proposals if proposal.evidence == piece.id for id_ in proposal.built]
            made = [one for one in facts.solid(built) if one.happened_at] or did
            change = min(made, key=lambda one: (one.happened_at or FAR, one.id), default=None)
            if change is None or change.happened_at is None or piece.happened_at is None or piece.happened_at.date() >= change.happened_at.date():
                continue
            first = change.happened_at
            text = f"{facts.title(piece.id)} was written on {day(piece.happened_at)}, {count((first - piece.happened_at).days, 'day')} before the first change."
            before.append(Statement(text, (piece.id, change.id)))
            sent = [one for one in case.told if one.of == piece.id and one.at < first and one.team is not None and one.by in case.evidence]
            if sent:
                names = listed([facts.who(one.person, one.team) for one in sent], 3)
                went.append(Statement(f"{facts.title(sent[0].by)} went to {names} on {day(sent[0].at)}.", (sent[0].by, piece.id)))
            met = [record for record in facts.by_work.get(piece.id, ()) if record.at < first]
            shown += facts.voices(met, 2)
    if shown:
        return Found(Verdict.HOLDS, (*before[:2], *went[:1], *shown[:2]))
    if before:
        return Found(Verdict.THIN, (*before[:3], *went[:1]), "a record that somebody it affects saw it before the work", "onepager")
    return Found(Verdict.OPEN, missing="a proposal older than the work, sent to those whom it affects", move="onepager")


QUESTIONS = (
    Question("What could we ship because of it?", shipped, "records, endorsements and results of other functions", ("C204",)),
    Question("Did you tell us before, or after?", told,
             "signal foresight; documents older than the first change, and who met them by then", ("V306", "A406", "B106")),
)  # fmt: skip
