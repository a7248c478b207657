"""What to do this week: each of the practice's moves, filled in with the names and undertakings that evidence knows.

A move has a name, the minutes it takes (what is smallest comes first) and the day by which it could close a question:
a note by Friday, somebody else's voice within two weeks, a problem across teams by the end of the next half-year.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from muster import paths
from muster.drafts import UPKEEP, telling
from muster.model import Began, Evidence, LinkKind, Move, Thread
from muster.model.stories import careful
from muster.room.facts import VERBS, Facts, Record
from muster.room.words import count, day, listed, quoted, typed


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the practice's moves: how long it takes, when it could close a question, and how it is filled in."""

    minutes: int
    due: Callable[[date], date]
    fill: Callable[[Facts], Move]


def friday(today: date) -> date:
    """This week's Friday; on a weekend, next week's."""
    return today + timedelta(days=(4 - today.weekday()) % 7)


def fortnight(today: date) -> date:
    """Two weeks on: what somebody else needs to answer."""
    return today + timedelta(days=14)


def next_half(today: date) -> date:
    """The last day of the next half-year."""
    return date(today.year, 12, 31) if today.month <= 6 else date(today.year + 1, 6, 30)


def make(facts: Facts, name: str) -> Move:
    """The move of that name, filled in from the case."""
    return MOVES[name].fill(facts)


def owners(facts: Facts, *teams: str) -> str:
    """Whom to ask: teams by their names; areas that stand for them by those who work there."""
    said = [team for team in teams if not facts.inferred and ("/" not in team or team.startswith(("sig/", "wg/", "@")))]
    areas = [team for team in teams if team not in said]
    return listed([*said, *([f"those who work on {listed(areas, 3)}"] if areas else [])], 3)


def filled_from(facts: Facts, thread: Thread | None) -> str:
    """What makes a command fill its page in from an undertaking; nothing where there is no book to write into."""
    return f" --from {thread.id}" if facts.book and thread is not None else ""


def latest(threads: tuple[Thread, ...]) -> Thread | None:
    """The one that ended last."""
    return max(threads, key=lambda thread: (thread.until, thread.id), default=None)


def foremost(facts: Facts, threads: tuple[Thread, ...]) -> Thread | None:
    """The one that the first claim is about, else the one that most outside records use, then the last to end.

    Upkeep comes only where there is nothing else.
    """
    claimed = [claim.thread for claim in facts.case.claims]
    return max(
        threads,
        key=lambda thread: (
            telling(thread, facts.case.evidence),
            -claimed.index(thread.id) if thread.id in claimed else -len(claimed),
            len(facts.uses(thread)),
            thread.until,
            thread.id,
        ),
        default=None,
    )


def explained(facts: Facts, thread: Thread) -> bool:
    """Whether a document explains it, or it is work on one: a proposal needs no note that says what it is."""
    return bool(facts.known(thread.artifacts)) or any(
        paths.kind(touch.path) == "proposal" for piece in facts.known(thread.did) for touch in piece.touches
    )


def note(facts: Facts) -> Move:
    """Write the note when things close."""
    worth = tuple(thread for thread in facts.threads if telling(thread, facts.case.evidence))
    # What went on long after the period is another period's.
    worth = tuple(thread for thread in worth if thread.until < facts.case.period.end) or worth
    claimed = {claim.thread for claim in facts.case.claims}
    bare = tuple(
        thread
        for thread in worth
        if not explained(facts, thread) and (thread.id in claimed or len(thread.did) >= 3 or facts.uses(thread))
    )
    open_ = tuple(thread for thread in worth if "changed" in thread.missing)
    thread = foremost(facts, bare) or foremost(facts, open_) or foremost(facts, worth) or latest(facts.threads)
    if thread is None:
        return Move("Write the note when the next thing closes (15 minutes).", "Nothing on record in the period.",
                    "muster new note 'What changed'")  # fmt: skip
    lacks = (
        "no document explains it"
        if not explained(facts, thread)
        else "nothing says what changed"
        if "changed" in thread.missing
        else "what explains it is spread over its records"
    )
    return Move(
        f"Write the note on {quoted(thread.title)} (15 minutes): the problem, what you did, what changed.",
        f"Its last record is of {day(thread.until)}; {lacks}.",
        f"muster new note {typed(thread.title)}{filled_from(facts, thread)}",
        evidence=tuple(piece.id for piece in facts.mine(thread.evidence)),
    )


def fix(facts: Facts) -> Move:
    """Write down the fix and why it was not obvious."""
    fires = tuple(
        thread
        for thread in facts.threads
        if thread.began is Began.FIRE and not facts.known(thread.artifacts) and telling(thread, facts.case.evidence)
    )
    thread = foremost(facts, fires)
    if thread is None:
        return note(facts)
    return Move(
        f"Write down the fix in {quoted(thread.title)} and why it was not obvious.",
        f"It began as a fire on {day(thread.since)}; no document explains it.",
        f"muster new note {typed(thread.title)}{filled_from(facts, thread)}",
        evidence=tuple(piece.id for piece in facts.mine(thread.evidence)),
    )


def beats(facts: Facts) -> Move:
    """Write the missing beats of a claim."""
    for claim in facts.case.claims if facts.book else ():
        missing = [name for name, beat in claim.beats if not beat]
        if missing:
            where = claim.where.path or ""
            return Move(
                f"Write one line for each missing beat of {quoted(claim.title)}: {listed(missing)}, with its link.",
                "A claim without three beats cannot be said in three lines.",
                f"muster check {where}".strip(),
                evidence=facts.backs(claim),
            )
    return note(facts)


def pushback(facts: Facts) -> Move:
    """Ask for the specific pushback."""
    return Move(
        "Ask your manager: “What was the specific pushback in the last calibration?” Write the answer down as it was said.",
        "No objection is on file, so none can be answered.",
        "muster new pushback 'What was said against the case'",
    )


def answer(facts: Facts) -> Move:
    """Answer in the claim what speaks against it."""
    for claim in facts.case.claims:
        said = {id_ for _, beat in claim.beats for line in beat.statements for id_ in line.evidence}
        for piece in facts.known(facts.case.counter(claim)):
            if piece.id not in said:
                who = facts.case.name_of(piece.actor)
                return Move(
                    f"Answer {quoted(piece.title, 60)} ({who}, {day(piece.happened_at)}) in one line of {quoted(claim.title, 48)}.",
                    "It speaks against the claim, and the claim does not mention it.",
                    f"muster check {claim.where.path}" if facts.book and claim.where.path
                    else f"muster new note {typed('After: ' + piece.title)}",
                    evidence=(piece.id,),
                )  # fmt: skip
    for thread in facts.threads:
        for piece in facts.known(thread.counter):
            ties = facts.case.links_from([piece.id], LinkKind.REVERTS, LinkKind.FIXES)
            if ties and all(careful(facts.case, link) for link in ties):
                continue  # what one mends oneself within a day is ordinary care
            return Move(
                f"Write down what {quoted(piece.title, 60)} ({day(piece.happened_at)}) was about, and what was done then.",
                f"It speaks against {quoted(thread.title, 48)}, and nothing on record answers it.",
                f"muster new note {typed('After: ' + piece.title)}{filled_from(facts, thread)}",
                evidence=(piece.id,),
            )
    return pushback(facts)


#: Records that somebody said something in, and that are no work of their own to ask about.
SAID = ("comment", "review", "message", "event")


def witness(facts: Facts) -> Move:
    """Ask somebody outside the team, who has used the work, for their words."""
    used = facts.outside or facts.records
    best: dict[str, list[Record]] = {}
    for record in used:
        best.setdefault(record.person, []).append(record)
    if best:
        person, own = max(best.items(), key=lambda row: (len(row[1]), row[1][-1].at, row[0]))
        last = own[-1]
        uses = Counter(record.of for record in own)
        # What they met most often, and that names work; of equals the last.
        last = max(own, key=lambda record: (
            not UPKEEP.search(clean(facts, record)), facts.case.evidence[record.of].kind not in SAID, uses[record.of], record.at, record.id))
        more = len({record.id for record in own})
        return Move(
            f"Ask {facts.who(person, last.team)} for two sentences on what {quoted(clean(facts, last), 60)} changed for them.",
            f"They {VERBS[last.kind]} it on {day(last.at)}"
            + (f", one of {count(more, 'record')} of theirs that refer to your work." if more > 1 else "."),
            f"muster new endorsement {typed(facts.case.name_of(person) + ' on ' + clean(facts, last))}{filled_from(facts, home(facts, last.of))}",
            evidence=tuple(dict.fromkeys(record.id for record in own)),
        )
    thread = foremost(facts, tuple(one for one in facts.threads if facts.others_areas(one))) or foremost(facts, facts.threads)
    teams = sorted({team for team, _ in facts.others_areas(thread)}) if thread else []
    about = quoted(thread.title) if thread else "your work of this half"
    to = owners(facts, *teams) or "one person outside your team whom it affects"
    return Move(
        f"Send {about} to {to}, and ask what it changed for them.",
        "Nobody outside the team has a record that refers to it.",
        f"muster new note {typed(thread.title if thread else 'What changed')}{filled_from(facts, thread)}",
        evidence=tuple(piece.id for piece in facts.mine(thread.evidence)) if thread and teams else (),
    )


def home(facts: Facts, id_: str) -> Thread | None:
    """The undertaking that a change of the person's is part of."""
    return next((thread for thread in facts.case.threads if id_ in thread.did), None)


def clean(facts: Facts, record: Record) -> str:
    """What the work that a record refers to is called: by its own title where that names work, else by its undertaking's."""
    piece: Evidence | None = facts.case.evidence.get(record.of)
    if piece is not None and piece.kind in SAID:
        piece = facts.case.evidence.get(piece.about or "", piece)
    thread = home(facts, record.of)
    if piece is None or (thread is not None and UPKEEP.search(piece.title)):
        return thread.title if thread else record.of
    return piece.title


def onepager(facts: Facts) -> Move:
    """Write the one-pager before the work."""
    to = facts.names(facts.outside, 3)
    return Move(
        "Write the one-pager before the next piece of work starts, and send it to whoever it affects"
        + (f": {to} had records on the last." if to else "."),
        "A proposal counts by its date: it must come before the first change.",
        "muster new proposal 'The problem, in a line'",
        evidence=tuple(dict.fromkeys(record.id for record in facts.outside[:20])),
    )


def decision(facts: Facts) -> Move:
    """Make the decision legible."""
    weighed = tuple(thread for thread in facts.threads if facts.known(thread.artifacts))
    thread = foremost(facts, weighed) or foremost(facts, facts.threads)
    title = thread.title if thread else "What was decided"
    return Move(
        f"Make the decision in {quoted(title)} legible: what was weighed, against what, and how it turned out."
        if thread
        else "Make the next decision legible when it is made: what was weighed, and against what.",
        "No decision on record names its alternatives and its outcome.",
        f"muster new decision {typed(title)}{filled_from(facts, thread)}",
        evidence=tuple(piece.id for piece in facts.mine(thread.evidence)) if thread else (),
    )


def cross(facts: Facts) -> Move:
    """Own one cross-team problem this half."""
    asked: dict[str, list[str]] = {}
    for record in facts.outside:
        asked.setdefault(record.team or "", []).append(record.id)
    for thread in facts.threads:
        for team, id_ in facts.others_areas(thread):
            asked.setdefault(team, []).append(id_)
    if asked:
        team, ids = max(asked.items(), key=lambda row: (len(row[1]), row[0]))
        met = tuple(dict.fromkeys(ids))
        text = (
            f"Own one cross-team problem this half: your work and that of {owners(facts, team)} met most often "
            f"({count(len(met), 'record')}). Ask them what hurts."
        )
    else:
        met, text = (), "Own one cross-team problem this half: ask two neighbouring teams what hurts, and write it down."
    return Move(text, "The room asks for effect beyond the team.",
                "muster new proposal 'A problem across teams'", evidence=met)  # fmt: skip


def number(facts: Facts) -> Move:
    """Bind one number to data."""
    claim = next((claim for claim in facts.case.claims if not claim.numbers), None)
    about = f" of {quoted(claim.title)}" if claim else ""
    return Move(
        f"Put the data behind one number{about} into data/, and name it in the claim.",
        "A number that no data is bound to is somebody's word.",
        "muster explain A404",
    )


def decline(facts: Facts) -> Move:
    """Write down what was declined."""
    return Move(
        "Write down one thing that you said no to, what you said, and what came of it.",
        "Disagreement leaves no trace in the connected sources.",
        "muster new decline 'What was declined'",
    )


def foreseen(facts: Facts) -> Move | None:
    """To say whether what an incident's record names, and was written before it, was the same thing; None without any."""
    one = next((one for one, said in facts.foreseen if not said), None)
    if one is None:
        return None
    piece, incident = facts.case.evidence[one.risk], facts.case.evidence[one.incident]
    text = f"Say whether {quoted(piece.title or piece.ref, 60)} foresaw {quoted(incident.title, 60)}: only you know if it was the same thing."
    why = f"You wrote it {count(one.days, 'day')} before, and the incident’s record names it: {quoted(one.quote, 90)}."
    why += f" Its text was changed on {day(one.edited)}, after the incident began." if one.edited else ""
    return Move(text, why, f"muster new risk {typed(piece.title or piece.ref)}", evidence=(one.risk, one.incident))


def risk(facts: Facts) -> Move:
    """Flag one risk in writing, where the record shows one: an undertaking that was taken back, mended or began as a fire."""
    if (seen_before := foreseen(facts)) is not None:
        return seen_before
    shown = tuple(
        thread
        for thread in facts.threads
        if (facts.known(thread.counter) or thread.began is Began.FIRE) and telling(thread, facts.case.evidence)
    )
    thread = foremost(facts, shown)
    if thread is None:
        return onepager(facts)
    against = facts.known(thread.counter)
    if against:
        seen = f"{quoted(against[-1].title, 60)} ({'your own' if facts.case.mine(against[-1]) else facts.case.name_of(against[-1].actor)}, {day(against[-1].happened_at)}) speaks against it."
    else:
        seen = f"It began as a fire on {day(thread.since)}."
    return Move(
        f"Write down what could still go wrong in {quoted(thread.title)}, before it does, and what it would cost.",
        seen,
        f"muster new risk {typed('Risk in ' + thread.title)}{filled_from(facts, thread)}",
        evidence=tuple(dict.fromkeys(piece.id for piece in (*facts.mine(thread.evidence), *against))),
    )


def share(facts: Facts) -> Move:
    """Share the result when it lands."""
    thread = foremost(facts, facts.threads)
    if thread is None:
        return note(facts)
    to = facts.names(facts.uses(thread), 3)
    who = f"{facts.case.name_of(facts.case.skip_level)}, your skip-level" if facts.case.skip_level else "your skip-level"
    return Move(
        f"Share the result of {quoted(thread.title)} with {who}, in four lines" + (f"; name {to}." if to else "."),
        "They have no record of having met it." if facts.case.skip_level not in facts.case.met() else "They have met some of the work; the result is what they will be asked about.",
        f"muster new result {typed(thread.title)}{filled_from(facts, thread)}",
        evidence=tuple(piece.id for piece in facts.mine(thread.evidence)),
    )


def log(facts: Facts) -> Move:
    """Keep the weekly log."""
    return Move(
        "Keep the weekly log: five minutes, two or three things.",
        "What is written in its own week needs no reconstruction.",
        "muster log 'What was done, and for whom'",
    )


#: The moves by name, in the order in which equals are offered.
MOVES = {
    "answer": Kind(15, friday, answer),
    "beats": Kind(15, friday, beats),
    "note": Kind(15, friday, note),
    "fix": Kind(20, friday, fix),
    "pushback": Kind(10, friday, pushback),
    "witness": Kind(20, fortnight, witness),
    "decision": Kind(30, friday, decision),
    "onepager": Kind(90, fortnight, onepager),
    "share": Kind(20, fortnight, share),
    "decline": Kind(15, friday, decline),
    "risk": Kind(30, friday, risk),
    "number": Kind(30, friday, number),
    "log": Kind(5, friday, log),
    "cross": Kind(5000, next_half, cross),
}
