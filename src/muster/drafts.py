"""Drafted claims: a thread put into the three beats, from facts alone, every sentence with the evidence it was read off.

Nothing is added to what records say: dates, counts, quoted subjects, names of people and teams. Where evidence shows
nothing, the beat stays empty, for the owner to fill: a gap that can be seen is worth more than a sentence that cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from muster import paths
from muster.model import (
    Basis,
    Beat,
    Claim,
    Evidence,
    Link,
    LinkKind,
    Period,
    Person,
    Statement,
    Thread,
    Where,
)
from muster.model.stories import AGAIN, FOLLOWED

#: How many sentences of one sort a beat has: the claim is to be read in thirty seconds.
FEW = 3
#: From so many days between writing and landing on, both are said.
LANDED_LATE = 14
#: How many links a sentence shows; a sentence about more evidence says how many more there are.
SHOWN = 12
QUOTED = 140

#: Words that a sentence which gives a reason for a change has.
REASON = re.compile(
    r"\b(?:because|since|so that|currently|previously|when|fail(?:s|ing)?|breaks?|broken|without|in order to|to avoid|prevents?|problems?|issues?"
    r"|bugs?|regression|needs?|needed|otherwise|instead|wrong|incorrect|slow|race|leak|crash|panic|cannot|can't)\b",
    re.IGNORECASE,
)

#: Words of a sentence that says what was wrong, and not only how something is done.
FAULT = re.compile(
    r"\b(?:because|previously|currently|fail(?:s|ed|ing|ure)?|breaks?|broken|problems?|bugs?|regression|incorrect\w*|wrong\w*|slow|race|leaks?"
    r"|crash\w*|panics?|cannot|can't|to avoid|in order to|missing|inconsisten\w*|loss|lost)\b",
    re.IGNORECASE,
)

HEADINGS = {"problem": "Problem", "did": "What I did", "changed": "What changed"}
GAPS = {
    "problem": "nothing recorded shows what was wrong before, or who said so",
    "did": "nothing recorded shows what was done",
    "changed": "nothing recorded by anybody else shows what came of it",
}
DONE = {
    LinkKind.CITES: "referred to it",
    LinkKind.BUILDS_ON: "changed a file that it added",
    LinkKind.IMPLEMENTS: "implemented it",
    LinkKind.MITIGATES: "acted on it",
}

MONTHS = [datetime(2000, month, 1).strftime("%B") for month in range(1, 13)]

#: Titles that name no work of one's own: upkeep that any hand could do, a message that only names a file or a person.
UPKEEP = re.compile(
    r"\bchangelog\b|^fixup!|^roll(?:ing)? ?back\b|\bwip\b|\btypos?\b|\b(?:go ?fmt|lint|whitespace)\b|\bwrites:?$|^update (?:some )?(?:urls?|links?)\b|\bnaming (?:and \w+ )?improvements?\b|^[\w./-]+$|^clean-?up\b.{0,12}$|^\(?re-?\)? ?add @"
    r"|\bbump(?:s|ed|ing)?\b|^(?:update|upgrade|pin)\b.*\b(?:dependenc(?:y|ies)|deps|go\.mod|vendor|to v?\d)"
    r"|^(?:prepare|cut|release)\b.*\d|^address(?:ed|ing)? .*(?:comments?|feedback)|^(?:revert|merge|merging)\b|^(?:fix|minor)(?: \w+)?$",
    re.IGNORECASE,
)


def draft(
    thread: Thread,
    evidence: Mapping[str, Evidence],
    links: Sequence[Link],
    people: Mapping[str, Person],
    outside: Mapping[str, str] | None = None,
) -> Claim:
    """A claim for a thread, with `drafted` set; a beat that nothing recorded shows is empty.

    `outside` gives the team of an evidence's actor where that is another than the person's own. Every statement cites
    at least one id of the thread's evidence.
    """
    outside = outside or {}
    known = frozenset(thread.evidence)
    toward: dict[str, Link] = {}
    for link in links:
        # Of several ties the first in the model's order of kinds is shown: citing says more than a shared file.
        if link.dst in known and (link.src not in toward or _place(link) < _place(toward[link.src])):
            toward[link.src] = link
    return Claim(
        where=Where(thread=thread.id),
        title=thread.title,
        problem=Beat(tuple(_problem(thread, evidence, people, outside))),
        did=Beat(tuple(_did(thread, evidence, people, outside))),
        changed=Beat(tuple(_changed(thread, evidence, toward, people, outside))),
        period=Period(thread.since.date(), thread.until.date()),
        evidence=thread.evidence,
        thread=thread.id,
        drafted=True,
    )


def draft_markdown(claim: Claim, evidence: Mapping[str, Evidence] | None = None, undecided: int = 0) -> str:
    """The claim as a file for the book's `claims/` folder; a gap is a comment that names what is not shown.

    `undecided` says how many of its records the owner has neither kept nor dropped, in a comment.

    Links are the evidence's URLs where `evidence` knows them, else hashes, else paths of entries from that folder.
    """
    lines = ["---", "type: claim"]
    if claim.period:
        lines.append(f"period: {claim.period}")
    lines += ["---", f"# {_escaped(claim.title)}", ""]
    if undecided:
        lines += [f"<!-- {undecided} of the {len(claim.evidence)} records behind this are neither kept nor dropped: muster inbox -->", ""]
    for name, beat in claim.beats:
        lines.append(f"## {HEADINGS[name]}")
        lines += [cited(statement, evidence or {}) for statement in beat.statements]
        if not beat:
            lines.append(f"<!-- gap: {GAPS[name]} -->")
        lines.append("")
    return "\n".join(lines)


def cited(statement: Statement, evidence: Mapping[str, Evidence], most: int = SHOWN) -> str:
    """A sentence as Markdown, with at most `most` links to its evidence as seen from a folder of the book."""
    marks = [f"[{i}]({_target(id_, evidence)})" for i, id_ in enumerate(statement.evidence[:most], 1)]
    more = len(statement.evidence) - most
    return f"{_escaped(statement.text)} ({', '.join(marks)}{f' and {more} more' if more > 0 else ''})"


def strongest(
    threads: Sequence[Thread], period: Period | None = None, n: int = 4, evidence: Mapping[str, Evidence] | None = None
) -> tuple[Thread, ...]:
    """Which threads to draft first, at most `n`: those that others' records reach, then those that explain themselves.

    What counts is bounded: people outside the team, teams, what came after, an artifact, a problem on record, foresight.
    How many changes a thread has never counts. Only threads that were worked on in `period`; equals by time, then id.
    Where `evidence` is given, upkeep (see `telling`) is left out as long as there is anything else.
    """
    wanted = [
        thread
        for thread in threads
        if thread.did
        and (period is None or (thread.since.date() <= period.until and thread.until.date() >= period.since))
    ]
    if evidence is not None:
        wanted = [thread for thread in wanted if telling(thread, evidence)] or [
            thread for thread in wanted if not UPKEEP.search(thread.title)
        ]
    return tuple(sorted(wanted, key=lambda thread: (-_worth(thread), thread.since, thread.id))[:n])


def telling(thread: Thread, evidence: Mapping[str, Evidence]) -> bool:
    """Whether a stranger would want the undertaking told: its title names work, and it changed what makes an area.

    Tests, documents and the like make none; settings do where somebody is written down as their owner.
    """
    if UPKEEP.search(thread.title):
        return False
    touches = [touch for id_ in thread.did if id_ in evidence for touch in evidence[id_].touches]
    return any(
        (made := paths.kind(touch.path)) not in paths.NEUTRAL or (made == "config" and touch.basis is Basis.KNOWN) for touch in touches
    ) or any(piece.source != "git" for id_ in thread.evidence if (piece := evidence.get(id_)) is not None)


def _worth(thread: Thread) -> float:
    """An order among one person's own threads; it is never shown, and says nothing about the person."""
    return (
        2.0 * min(len(thread.outside), 3)
        + 1.0 * min(len(thread.teams), 3)
        + 1.0 * min(len(thread.changed), 3)
        + 2.0 * bool(thread.artifacts)
        + 1.5 * bool(thread.problem)
        + 1.0 * (thread.foresight is not None and thread.foresight > 0)
        + 0.5 * min(len(thread.others), 3)
    )


# --------------------------------------------------------------------------------------------------------------
# The beats


def _problem(
    thread: Thread, evidence: Mapping[str, Evidence], people: Mapping[str, Person], outside: Mapping[str, str]
) -> Iterable[Statement]:
    found = [evidence[id_] for id_ in thread.problem if id_ in evidence]
    proposed = {proposal.evidence for proposal in thread.proposals}
    entries = [piece for piece in found if piece.kind in ("proposal", "risk", "incident") and piece.id not in proposed]
    yield from _proposals(thread, evidence, people, outside)
    for piece in entries[:FEW]:
        article = "An" if piece.kind == "incident" else "A"
        ahead = (
            f", {_days(thread.foresight)} before the first change that implements it"
            if thread.foresight and thread.foresight >= 1 and piece is entries[0] and not proposed
            else ""
        )
        yield Statement(
            f"{article} {piece.kind}, “{_cut(piece.title)}”, was written {_on(piece)}{ahead}.", (piece.id,)
        )
    told = [
        (piece, reason)
        for piece in found
        if piece not in entries and piece.id not in proposed and (reason := why(piece.text))
    ]
    # The change that gives the undertaking its name says best why, then those that state a fault; the rest by time.
    named = thread.title.casefold()
    told.sort(key=lambda row: (named not in row[0].title.casefold(), FAULT.search(row[1]) is None))
    for piece, reason in told[: max(1, FEW - len(entries) - len(proposed))]:
        yield Statement(
            f"“{_cut(piece.title, 80)}” ({_date(piece)}) says why: “{_cut(reason, 200)}”", (piece.id,)
        )
    found = [piece for piece in found if piece.id not in proposed]
    if not entries and not told and found and not proposed:
        first = f"first {_on(found[0])}" if len(found) > 1 else _on(found[0])
        answer = "the issue that it answers" if len(found) == 1 else "the issues that they answer"
        yield Statement(
            f"{_count(len(found), 'change')} named {answer}, {first}.", tuple(piece.id for piece in found)
        )


def _proposals(
    thread: Thread, evidence: Mapping[str, Evidence], people: Mapping[str, Person], outside: Mapping[str, str]
) -> Iterable[Statement]:
    """Who wrote each proposal of the undertaking, when, and how long before it was first built."""
    for proposal in [one for one in thread.proposals if one.own or one.built][:FEW]:
        piece = evidence.get(proposal.evidence)
        if piece is None or proposal.evidence not in thread.evidence:
            continue
        title = f"“{_cut(proposal.title)}”"
        if not proposal.own:
            by = _and([_name(one, people) for one in proposal.authors[:FEW]]) + _rest(len(proposal.authors) - FEW) if proposal.known else ""
            mine = [evidence[id_].happened_at for id_ in proposal.built if id_ in evidence]
            if piece.happened_at and all(when and when < piece.happened_at for when in mine):
                who = by or _who(piece, people, outside)
                yield Statement(f"{title}, recorded later, {_on(piece)}, by {who}, is built on it.", (piece.id,))
                continue
            first = f"{_dates(piece)}{'' if by else f', by {_who(piece, people, outside)}'}"
            yield Statement(f"It builds {title}, which {f'{by} proposed; it ' if by else ''}{first}.", (piece.id,))
            continue
        built = [evidence[id_] for id_ in proposal.built if id_ in evidence]
        days = proposal.ahead({one.id: one.happened_at for one in built if one.happened_at})
        names = {_name(one, people).casefold() for one in proposal.authors}
        checked = "" if not proposal.known or _name(piece.actor, people).casefold() in names else f", checked in by {_who(piece, people, outside)}"
        yield Statement(
            f"The proposal {title} {_dates(piece)}{checked}{_before(days)}.",
            tuple(dict.fromkeys((piece.id, *(one.id for one in built[:1])))),
        )
        if proposal.created and piece.happened_at and (earlier := (piece.happened_at.date() - proposal.created).days) >= 2:
            said = datetime(proposal.created.year, proposal.created.month, proposal.created.day)
            yield Statement(
                f"Its file gives {_day(said)} as the day it was written, {_count(earlier, 'day')} before that; nothing but the file says so.",
                (piece.id,),
            )
        if proposal.known and len(proposal.authors) > 1:
            everybody = [_name(one, people) for one in proposal.authors]
            yield Statement(f"It names {_and([*everybody[:5], *([f'{len(everybody) - 5} more'] if len(everybody) > 5 else [])])} as its authors.", (piece.id,))


def _before(days: float | None) -> str:
    """When the first change came that implements something, counted from its first record; empty where none did."""
    if days is None:
        return ""
    first = "the first change that an id or a link ties to it as building it"
    if days >= 1:
        return f"; {first} came {_days(days)} later"
    if days > -1:
        return f"; {first} is the same commit" if days == 0 else f"; {first} came within a day"
    return f"; {first} had come {_days(-days)} before"


def _built(thread: Thread, evidence: Mapping[str, Evidence], people: Mapping[str, Person]) -> Iterable[Statement]:
    """Who built each of the person's own proposals, and what was recorded of its status."""
    for proposal in [one for one in thread.proposals if one.own and one.evidence in thread.evidence][:FEW]:
        built = [evidence[id_] for id_ in proposal.built if id_ in evidence and id_ in thread.evidence]
        theirs = [piece for piece in built if piece.id not in thread.did and piece.id != proposal.evidence]
        if built:
            names = list(dict.fromkeys(_name(piece.actor, people) for piece in theirs))
            who = _and([*names[:FEW], *([f"{_count(len(names) - FEW, 'other person', 'other people')}"] if len(names) > FEW else [])]) if names else ""
            title = f"“{_cut(proposal.title, 80)}”"
            if not theirs:
                own = _and(list(dict.fromkeys(_name(piece.actor, people) for piece in built)))
                text = f"{_count(len(built), 'change')} on record {'implements' if len(built) == 1 else 'implement'} {title}, by {own}."
            elif len(theirs) == len(built):
                text = f"Others built {title}: {_count(len(built), 'change')} on record, by {who}."
            else:
                text = f"Of {len(built)} changes on record that implement {title}, {len(theirs)} {'is' if len(theirs) == 1 else 'are'} by {who}."
            yield Statement(text, tuple(piece.id for piece in built))
        last = proposal.statuses[-1] if len(proposal.statuses) > 1 else None
        if last is not None and last.evidence in thread.evidence and last.evidence in evidence:
            yield Statement(
                f"Its file's status became “{last.word}” on {_day(last.at)}, in a change by {_name(last.by, people)}; it had been "
                f"“{proposal.statuses[-2].word}”.",
                (last.evidence,),
            )


def _did(
    thread: Thread, evidence: Mapping[str, Evidence], people: Mapping[str, Person], outside: Mapping[str, str]
) -> Iterable[Statement]:
    found = [evidence[id_] for id_ in thread.did if id_ in evidence]
    if not found:
        return
    span = (
        f"between {_day(thread.since)} and {_day(thread.until)}"
        if thread.since.date() != thread.until.date()
        else f"on {_day(thread.since)}"
    )
    touches = [touch for piece in found for touch in piece.touches]
    written = bool(touches) and all(paths.kind(touch.path) == "proposal" for touch in touches)
    areas = " to the proposal" if written and len(thread.proposals) == 1 else f" in {_and(thread.areas[:FEW])}{_rest(len(thread.areas) - FEW)}" if thread.areas else ""
    yield Statement(f"{_count(len(found), 'change')}{areas}, {span}.", tuple(piece.id for piece in found))
    if len(found) > 1:
        chosen = sorted(
            found, key=lambda piece: (piece.id not in thread.artifacts, -len(piece.text), piece.id)
        )[:FEW]
        for piece in sorted(chosen, key=found.index):
            yield Statement(f"“{_cut(piece.title)}” ({_date(piece)}).", (piece.id,))
    for kind, word in (("decision", "decision"), ("note", "note")):
        for piece in [
            evidence[id_] for id_ in thread.artifacts if id_ in evidence and evidence[id_].kind == kind
        ][:FEW]:
            yield Statement(f"The {word} “{_cut(piece.title)}” was written {_on(piece)}.", (piece.id,))
    reviews = [evidence[id_] for id_ in thread.evidence if id_ in evidence and evidence[id_].kind == "review"]
    if reviews:
        names = list(dict.fromkeys(_who(piece, people, outside) for piece in reviews))
        yield Statement(
            f"Reviewed by {_and(names[:FEW])}{_rest(len(names) - FEW)}.", tuple(piece.id for piece in reviews)
        )


def _changed(
    thread: Thread,
    evidence: Mapping[str, Evidence],
    toward: Mapping[str, Link],
    people: Mapping[str, Person],
    outside: Mapping[str, str],
) -> Iterable[Statement]:
    found = [evidence[id_] for id_ in thread.changed if id_ in evidence]
    # A record whose date cannot be read cannot be said to have come after.
    found = [piece for piece in found if piece.happened_at or piece.recorded_at]
    for piece in [piece for piece in found if piece.kind in ("result", "note")][:FEW]:
        yield Statement(f"The {piece.kind} “{_cut(piece.title)}” was written {_on(piece)}.", (piece.id,))
    yield from _built(thread, evidence, people)
    built = {id_ for proposal in thread.proposals if proposal.own for id_ in proposal.built}
    theirs = [
        piece for piece in found if piece.id in toward and toward[piece.id].kind in DONE and piece.id not in built
    ]
    theirs.sort(
        key=lambda piece: (
            piece.id not in outside,
            _place(toward[piece.id]),
            piece.happened_at or thread.until,
            piece.id,
        )
    )
    for piece in theirs[:FEW]:
        tie = toward[piece.id]
        edits = tie.kind is LinkKind.BUILDS_ON and any(
            one.evidence == tie.dst and paths.kind(tie.reason.removeprefix("changes ").split(" ")[0].rstrip(",")) == "proposal"
            for one in thread.proposals
        )
        did = "edited the proposal" if edits else _done(tie)
        yield Statement(
            f"{_who(piece, people, outside)} {did} {_on(piece)}: “{_cut(piece.title)}”.", (piece.id,)
        )
    if len(theirs) > FEW:
        rest = theirs[FEW:]
        shown = {piece.actor for piece in theirs[:FEW]}
        more = len({piece.actor for piece in rest} - shown)
        of = f", by {_count(more, 'other person', 'other people')}" if more else ""
        verb = ("refers", "changes") if len(rest) == 1 else ("refer", "change")
        yield Statement(
            f"{_count(len(rest), 'more later record')}{of}, {verb[0]} to it or {verb[1]} what it added.",
            tuple(piece.id for piece in rest),
        )
    for piece in [evidence[id_] for id_ in thread.counter if id_ in evidence][:FEW]:
        link = toward.get(piece.id)
        did = (
            "took it back, wholly or in part,"
            if link is None or link.kind is LinkKind.REVERTS
            else f"{link.reason.partition(': “')[0]},"
            if FOLLOWED.match(link.reason)
            else "mended something that it introduced"
        )
        who = "its author" if piece.id in thread.did else _who(piece, people, outside)
        again = _again(piece, link, toward, evidence)
        since = f" It landed again on {_day(again.recorded_at)}." if again and again.recorded_at else ""
        ids = (piece.id, again.id) if again else (piece.id,)
        yield Statement(f"Against it: {who} {did} {_on(piece)}: “{_cut(piece.title)}”.{since}", ids)


def _again(
    piece: Evidence, link: Link | None, toward: Mapping[str, Link], evidence: Mapping[str, Evidence]
) -> Evidence | None:
    """The first record with which what a revert took back landed again; None where there is none, or where it is no revert."""
    if link is None or link.kind is not LinkKind.REVERTS:
        return None
    later = [
        found
        for src, one in toward.items()
        if ((one.dst == link.dst and one.reason.startswith(AGAIN)) or (one.dst == piece.id and one.kind is LinkKind.REVERTS))
        and (found := evidence.get(src))
        and found.recorded_at is not None
        and piece.recorded_at is not None
        and found.recorded_at >= piece.recorded_at
    ]
    return min(later, key=lambda found: (found.recorded_at, found.id), default=None)


def why(text: str) -> str | None:
    """The first sentence of a message that states a reason, on one line; None where none does."""
    prose = "\n".join(
        line for line in text.splitlines() if not re.match(r"^(?:[A-Z][\w-]+: |>|\s{4,}|[-*+] |```|#)", line)
    )
    for part in re.split(r"\n\s*\n", prose):
        for sentence in re.split(r"(?<=[a-z0-9)\"'`][.!?])\s+(?=[A-Z\"'`])", " ".join(part.split())):
            if len(sentence.split()) >= 6 and REASON.search(sentence):
                return sentence
    return None


# --------------------------------------------------------------------------------------------------------------
# Words


def _place(link: Link) -> int:
    order = (
        LinkKind.REVERTS,
        LinkKind.FIXES,
        LinkKind.IMPLEMENTS,
        LinkKind.MITIGATES,
        LinkKind.CITES,
        LinkKind.BUILDS_ON,
    )
    return order.index(link.kind) if link.kind in order else len(order)


def _who(piece: Evidence, people: Mapping[str, Person], outside: Mapping[str, str]) -> str:
    person = people.get(piece.actor)
    name = person.name if person and person.name else piece.actor
    return f"{name} ({outside[piece.id]})" if piece.id in outside else name


def _name(person: str, people: Mapping[str, Person]) -> str:
    """Somebody's name; as a document has it where they are not known."""
    known = people.get(person)
    return known.name if known and known.name else person


def _done(link: Link) -> str:
    if link.kind is LinkKind.BUILDS_ON:
        if link.reason.startswith("changes "):
            return "changed lines that it wrote" if link.reason.endswith(", written there") else DONE[link.kind]
        if link.reason.startswith("imports "):
            return "imported a module that it added"
        if " follows the structure of " in link.reason:
            return "wrote a document that is built like its own"
        return "landed it again" if link.reason.startswith("re-landed") else "picked it"
    return DONE[link.kind]


def _day(when: datetime) -> str:
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def _date(piece: Evidence) -> str:
    when = piece.happened_at or piece.recorded_at
    return _day(when) if when else "no date"


def _on(piece: Evidence) -> str:
    return f"on {_date(piece)}" if piece.happened_at or piece.recorded_at else "at an unknown date"


def _dates(piece: Evidence) -> str:
    """From when it is, and when it landed where that was two weeks later or more."""
    if piece.happened_at is None:
        return "has no date that can be read"
    landed = f" and landed on {_day(piece.recorded_at)}" if piece.recorded_at and piece.lag and piece.lag.days >= LANDED_LATE else ""
    return f"dates from {_day(piece.happened_at)}{landed}"


def _days(days: float | None) -> str:
    return _count(round(days or 0), "day")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _rest(number: int) -> str:
    return f" and {number} more" if number > 0 else ""


def _cut(text: str, most: int = QUOTED) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _escaped(text: str) -> str:
    """Prose that Markdown shows as it is, and in which no brace can be taken for a number of the claim."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split())).replace("{", "&#123;")


def _target(id_: str, evidence: Mapping[str, Evidence]) -> str:
    """Where a link to an evidence leads, from the `claims/` folder."""
    piece = evidence.get(id_)
    if piece is not None and piece.url:
        return piece.url
    source, _, key = id_.partition(":")
    return f"../{key}" if source == "book" else key.split("#", 1)[0]
