"""The skeptic, who starts from doubt."""

from __future__ import annotations

from datetime import timedelta

from muster.model import Began, Evidence, Grade, LinkKind, Statement, Verdict
from muster.model.stories import answers, careful
from muster.room.facts import Facts, Found, Question, cannot_tell
from muster.room.words import amount, count, day, listed, quoted

SEAT, ORDER = "skeptic", 6
WORDS = "the skeptic"
PROMPT = timedelta(days=30)


def impact(facts: Facts) -> Found:
    """Two teams outside, by their own records, that use one undertaking."""
    rows = sorted(((facts.teams(facts.uses(thread)), thread) for thread in facts.threads), key=lambda row: (-len(row[0]), row[1].id))
    rows = [row for row in rows if row[0]]
    says = tuple(
        Statement(f"{quoted(thread.title)} is used by {count(len(teams), 'team')} outside: {listed(teams, 5)}.",
                  tuple(dict.fromkeys(record.id for record in facts.uses(thread))))
        for teams, thread in rows[:3]
    )  # fmt: skip
    if rows and len(rows[0][0]) >= 2 and not facts.inferred:
        return Found(Verdict.HOLDS, says)
    if rows:
        missing = "the teams are inferred" if len(rows[0][0]) >= 2 else "a second team outside that uses the same undertaking"
        return Found(Verdict.THIN, says, missing, "cross")
    crossed = [(team, id_) for thread in facts.threads for team, id_ in facts.others_areas(thread)]
    if crossed:
        text = f"Areas of {listed(sorted({team for team, _ in crossed}), 4)} were changed; no record of theirs uses it."
        return Found(Verdict.THIN, (Statement(text, tuple(dict.fromkeys(id_ for _, id_ in crossed))),),
                     "a record of a team outside that uses the work", "witness")  # fmt: skip
    return Found(Verdict.OPEN, missing="an undertaking that a team outside uses, by its own record", move="cross")


def senior(facts: Facts) -> Found:
    """One undertaking that nobody asked for, that went past the team, was written down, and is used outside."""
    best: tuple[int, str, tuple[str, ...], tuple[str, ...]] | None = None
    for thread in facts.threads:
        mine, uses = facts.mine(thread.evidence), facts.uses(thread)
        marks = (
            ("nobody asked for it, as far as the record shows", thread.began is Began.SELF and bool(mine)),
            ("it went past the team’s areas", bool(facts.others_areas(thread))),
            ("a document explains it", bool(facts.solid(thread.artifacts))),
            (f"it is used by {facts.names(uses, 2)}", bool(uses)),
        )
        held = tuple(text for text, there in marks if there)
        ids = tuple(dict.fromkeys([*(piece.id for piece in mine), *(record.id for record in uses)]))
        if held and (best is None or (len(held), thread.id) > (best[0], best[1])):
            best = (len(held), thread.id, (quoted(thread.title), *held), ids)
    if best is None:
        return Found(Verdict.OPEN, missing="an undertaking of one's own, past the team, that others use", move="cross")
    text = f"{best[2][0]}: {'; '.join(best[2][1:])}."
    if best[0] == 4:
        return Found(Verdict.HOLDS, (Statement(text, best[3]),))
    missing = "an undertaking that is self-begun, past the team, explained and used outside, all four"
    return Found(Verdict.THIN if best[0] >= 2 else Verdict.OPEN, (Statement(text, best[3]),), missing, "cross")


def without_you(facts: Facts) -> Found:
    """A risk that the person wrote down before the change that answered it; being asked by nobody is some of it."""
    case = facts.case
    says, firm = [], False
    for one, said in facts.foreseen:
        if said:
            piece, incident = case.evidence[one.risk], case.evidence[one.incident]
            changed = f" (changed on {day(one.edited)})" if one.edited else ""
            firm = firm or (piece.grade >= Grade.HOSTED and one.edited is None)
            says.append(Statement(
                f"{quoted(piece.title or piece.ref, 60)} was written {count(one.days, 'day')} before {quoted(incident.title, 60)} "
                f"began{changed}; that incident’s record names it, and the owner says that it was the same thing.",
                (one.risk, one.incident)))
    for link in case.links:
        src, dst = case.evidence.get(link.src), case.evidence.get(link.dst)
        if link.kind is LinkKind.MITIGATES and src and dst and case.mine(dst) and src.happened_at and dst.happened_at:
            days = (src.happened_at - dst.happened_at).days
            if days > 0:
                firm = firm or bool(facts.solid([src.id]) and dst.grade >= Grade.KEPT)
                says.append(Statement(f"{quoted(dst.title, 60)} was written down {count(days, 'day')} before {facts.title(src.id)}.", (dst.id, src.id)))
    if firm:
        return Found(Verdict.HOLDS, tuple(says[:3]))
    for thread in facts.threads:
        mine = [piece for piece in facts.mine(thread.evidence) if piece.happened_at]
        if thread.began is Began.SELF and mine:
            # Being first is not asked for: it would rest on others' records not being there.
            pieces = facts.known(thread.evidence)
            share = (
                f"{len(mine)} of its {len(pieces)} records {'is' if len(mine) == 1 else 'are'} the person’s own, the first of "
                if len(pieces) > 1
                else "its one record is the person’s own, of "
            )
            text = f"Nobody asked for {quoted(thread.title)}, as far as the record shows; {share}{day(mine[0].happened_at)}."
            says.append(Statement(text, tuple(piece.id for piece in pieces)))
    if says:
        return Found(Verdict.THIN, tuple(says[:3]), "the problem, written down before the work, with what it would have cost", "risk")
    return Found(Verdict.OPEN, missing="what would have happened, written down before the work", move="risk")


def observed(facts: Facts) -> Found:
    """A number recomputed from the data it is bound to, on both sides of its event, in a claim with evidence of its own."""
    if not facts.book:
        return cannot_tell("a book with data behind the numbers")
    firm: list[Statement] = []
    some: list[Statement] = []
    lacks: list[str] = []
    for claim in facts.case.claims:
        ids = tuple(piece.id for piece in facts.solid(facts.case.backing(claim)))
        read = {one.name: one for one in facts.observed(claim)}
        for number in claim.numbers:
            one = read.get(number.name)
            if one is None or one.before is None or one.after is None:
                some.append(Statement(f"{number.name} in {quoted(claim.title)} is bound to {number.data}.", ids))
                lacks.append(one.problem if one and one.problem else f"measurements in {number.data} on both sides of the event")
                continue
            unit = f" {one.unit}" if one.unit else ""
            text = (
                f"{one.name} in {quoted(claim.title)}: {one.statistic} {amount(one.before.value)}{unit} before, "
                f"{amount(one.after.value)}{unit} after, from {count(one.before.rows + one.after.rows, 'row')} of {one.data}."
            )
            wide = one.before.low is None or one.after.low is None
            if wide:
                lacks.append(f"more rows in {one.data}: there are too few for an interval")
            elif not ids:
                lacks.append("evidence, beside the data, behind the claim")
            (some if wide or not ids else firm).append(Statement(text, ids))
    if firm:
        return Found(Verdict.HOLDS, tuple([*firm, *some][:4]))
    if some:
        return Found(Verdict.THIN, tuple(some[:4]), lacks[0], "number")
    return Found(Verdict.OPEN, missing="a number in a claim, bound to data", move="number")


def written_then(facts: Facts) -> Found:
    """How soon after it happened the work was recorded, by a clock that the owner does not hold (hosted or above)."""
    ids = dict.fromkeys(id_ for claim in facts.case.claims for id_ in facts.backs(claim))
    ids = ids or dict.fromkeys(id_ for thread in facts.threads for id_ in thread.evidence)
    pieces = [piece for piece in facts.mine(ids) if piece.lag is not None]
    prompt = [piece for piece in pieces if piece.lag is not None and piece.lag <= PROMPT]
    late = [piece for piece in pieces if piece.lag is not None and piece.lag > PROMPT]
    says = []
    if prompt:
        much = f"{len(prompt)} of {count(len(prompt) + len(late), 'record')}" if late else count(len(prompt), "record")
        says.append(Statement(f"{much} behind the claims {'was' if len(prompt) == 1 else 'were'} written down within 30 days of happening.",
                              tuple(piece.id for piece in prompt)))  # fmt: skip
    if late:
        says.append(Statement(f"{len(late)} came later.", tuple(piece.id for piece in late)))
    hosted = [piece for piece in prompt if piece.grade >= Grade.HOSTED]
    if len(hosted) >= 3:
        return Found(Verdict.HOLDS, tuple(says))
    if prompt:
        missing = "a clock that the owner does not hold: commit dates can be set by hand, a platform's or a timestamp's cannot"
        return Found(Verdict.THIN, tuple(says), missing, "log")
    return Found(Verdict.OPEN, tuple(says), "records written within 30 days of what they record", "log")


def went_wrong(facts: Facts) -> Found:
    """What followed the work and speaks against it, and whether the claims say so. Nothing on record proves nothing."""
    case = facts.case
    said = {id_ for claim in case.claims for _, beat in claim.beats for line in beat.statements for id_ in line.evidence}
    ids = dict.fromkeys(id_ for claim in case.claims for id_ in case.counter(claim))
    ids.update(dict.fromkeys(id_ for thread in facts.threads for id_ in thread.counter))
    # What the person took back or mended themselves within a day is ordinary care.
    care = {link.src for link in case.links_from(ids, LinkKind.REVERTS, LinkKind.FIXES) if careful(case, link)}
    pieces = [piece for piece in facts.known(ids) if piece.id not in care]
    says = [against(facts, piece, piece.id in said) for piece in pieces[:4]]
    if len(pieces) > 4:
        says.append(Statement(f"{count(len(pieces) - 4, 'more record')} against the work.", tuple(p.id for p in pieces[4:])))
    told = [piece for piece in pieces if piece.id in said]
    incidents = facts.entries("incident")
    if pieces and len(told) == len(pieces):
        return Found(Verdict.HOLDS, tuple(says))
    if told:
        return Found(Verdict.THIN, tuple(says), f"a line in the claims on {count(len(pieces) - len(told), 'record')} against the work", "answer")
    if pieces:
        return Found(Verdict.OPEN, tuple(says), "a line in the claims on each", "answer")
    if incidents:
        return Found(Verdict.THIN, tuple(Statement(f"{quoted(entry.title)}, {day(entry.happened_at)}.", (entry.id,)) for entry in incidents[:3]),
                     "evidence tied to the incident", "note")  # fmt: skip
    return cannot_tell("incidents and an issue tracker; git has no revert of the work, nor a fix that names it")


def against(facts: Facts, piece: Evidence, named: bool) -> Statement:
    """One record against the work: what it did and when, whether the claim names it, and what on record answers it."""
    case = facts.case
    text = f"{quoted(piece.title, 60)}, {case.name_of(piece.actor)}, {day(piece.happened_at)}"
    if named:
        text += ": the claim names it"
    found = answers(case, piece.id)
    if found:
        first = case.evidence[found[0]]
        text += f"; {'followed up' if case.mine(first) else 'answered'} by {quoted(first.title, 60)}, {day(first.recorded_at or first.happened_at)}"
    return Statement(f"{text}.", (piece.id, *found[:1]))


QUESTIONS = (
    Question("What is the system-level impact?", impact, "signals reach and system_scope; outside teams that use one undertaking",
             ("B102", "C205")),
    Question("Could a strong Senior have done this with the right support?", senior,
             "how undertakings began, whose areas they changed, what explains them, who uses them", ("B101", "C205", "V302")),
    Question("What would have happened without you?", without_you, "risks written down before what answered them; how undertakings began",
             ("M504",)),
    Question("Is that number observed?", observed, "numbers in claims and the data they are bound to", ("A404", "A405")),
    Question("Was this written then, or now?", written_then, "signal contemporaneity; the two clocks and the grade of each record",
             ("A402", "A403", "S603")),
    Question("What went wrong since?", went_wrong, "signal counter; reverts and fixes of the work, incidents", ("C209",)),
)  # fmt: skip
