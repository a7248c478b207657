"""Drafted claims: a thread put into the three beats, from facts alone, every sentence with the evidence it was read off.

Nothing is added to what records say: dates, counts, quoted subjects, names of people and teams. Where evidence shows
nothing, the beat stays empty, for the owner to fill: a gap that can be seen is worth more than a sentence that cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from muster.model import Beat, Claim, Evidence, Link, LinkKind, Period, Person, Statement, Thread, Where

#: How many sentences of one sort a beat has: the claim is to be read in thirty seconds.
FEW = 3
#: How many links a sentence shows; a sentence about more evidence says how many more there are.
SHOWN = 12
QUOTED = 140

#: Words that a sentence which gives a reason for a change has.
REASON = re.compile(
    r"\b(?:because|since|so that|currently|previously|when|fail(?:s|ing)?|breaks?|broken|without|in order to|to avoid|prevents?|problems?|issues?"
    r"|bugs?|regression|needs?|needed|otherwise|instead|wrong|incorrect|slow|race|leak|crash|panic|cannot|can't)\b",
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
    LinkKind.BUILDS_ON: "worked further on what it made",
    LinkKind.IMPLEMENTS: "implemented it",
    LinkKind.MITIGATES: "acted on it",
}


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
        problem=Beat(tuple(_problem(thread, evidence))),
        did=Beat(tuple(_did(thread, evidence, people, outside))),
        changed=Beat(tuple(_changed(thread, evidence, toward, people, outside))),
        period=Period(thread.since.date(), thread.until.date()),
        evidence=thread.evidence,
        thread=thread.id,
        drafted=True,
    )


def draft_markdown(claim: Claim, evidence: Mapping[str, Evidence] | None = None) -> str:
    """The claim as a file for the book's `claims/` folder; a gap is a comment that names what is not shown.

    Links are the evidence's URLs where `evidence` knows them, else hashes, else paths of entries from that folder.
    """
    lines = ["---", "type: claim"]
    if claim.period:
        lines.append(f"period: {claim.period}")
    lines += ["---", f"# {_escaped(claim.title)}", ""]
    for name, beat in claim.beats:
        lines.append(f"## {HEADINGS[name]}")
        for statement in beat.statements:
            marks = [
                f"[{i}]({_target(id_, evidence or {})})"
                for i, id_ in enumerate(statement.evidence[:SHOWN], 1)
            ]
            more = len(statement.evidence) - SHOWN
            lines.append(
                f"{_escaped(statement.text)} ({', '.join(marks)}{f' and {more} more' if more > 0 else ''})"
            )
        if not beat:
            lines.append(f"<!-- gap: {GAPS[name]} -->")
        lines.append("")
    return "\n".join(lines)


def strongest(threads: Sequence[Thread], period: Period | None = None, n: int = 4) -> tuple[Thread, ...]:
    """Which threads to draft first, at most `n`: those that others' records reach, then those that explain themselves.

    What counts is bounded: people outside the team, teams, what came after, an artifact, a problem on record, foresight.
    How many changes a thread has never counts. Only threads that were worked on in `period`; equals by time, then id.
    """
    wanted = [
        thread
        for thread in threads
        if thread.did
        and (period is None or (thread.since.date() <= period.until and thread.until.date() >= period.since))
    ]
    return tuple(sorted(wanted, key=lambda thread: (-_worth(thread), thread.since, thread.id))[:n])


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


def _problem(thread: Thread, evidence: Mapping[str, Evidence]) -> Iterable[Statement]:
    found = [evidence[id_] for id_ in thread.problem if id_ in evidence]
    entries = [
        piece
        for piece in found
        if piece.kind in ("proposal", "risk", "incident")
        or (piece.kind == "document" and piece.id in thread.artifacts)
    ]
    for piece in entries[:FEW]:
        word = "proposal" if piece.kind == "document" else piece.kind
        article = "An" if word == "incident" else "A"
        ahead = (
            f", {_days(thread.foresight)} before the first change that implements it"
            if thread.foresight and thread.foresight >= 1 and piece is entries[0]
            else ""
        )
        yield Statement(
            f"{article} {word}, “{_cut(piece.title)}”, was written {_on(piece)}{ahead}.", (piece.id,)
        )
    told = [(piece, reason) for piece in found if piece not in entries and (reason := why(piece.text))]
    for piece, reason in told[: max(1, FEW - len(entries))]:
        yield Statement(
            f"“{_cut(piece.title, 80)}” ({_date(piece)}) says why: “{_cut(reason, 200)}”", (piece.id,)
        )
    if not entries and not told and found:
        yield Statement(
            f"{_count(len(found), 'change')} named the issue that it answers, first {_on(found[0])}.",
            tuple(piece.id for piece in found),
        )


def _did(
    thread: Thread, evidence: Mapping[str, Evidence], people: Mapping[str, Person], outside: Mapping[str, str]
) -> Iterable[Statement]:
    found = [evidence[id_] for id_ in thread.did if id_ in evidence]
    if not found:
        return
    span = (
        f"between {thread.since.date()} and {thread.until.date()}"
        if thread.since.date() != thread.until.date()
        else f"on {thread.since.date()}"
    )
    areas = f" in {_and(thread.areas[:FEW])}{_rest(len(thread.areas) - FEW)}" if thread.areas else ""
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
    for piece in [piece for piece in found if piece.kind in ("result", "note")][:FEW]:
        yield Statement(f"The {piece.kind} “{_cut(piece.title)}” was written {_on(piece)}.", (piece.id,))
    theirs = [piece for piece in found if piece.id in toward and toward[piece.id].kind in DONE]
    theirs.sort(
        key=lambda piece: (
            piece.id not in outside,
            _place(toward[piece.id]),
            piece.happened_at or thread.until,
            piece.id,
        )
    )
    for piece in theirs[:FEW]:
        did = DONE[toward[piece.id].kind]
        yield Statement(
            f"{_who(piece, people, outside)} {did} {_on(piece)}: “{_cut(piece.title)}”.", (piece.id,)
        )
    if len(theirs) > FEW:
        rest = theirs[FEW:]
        count = len({piece.actor for piece in rest})
        yield Statement(
            f"Of {_count(count, 'other person', 'other people')}, {_count(len(rest), 'later record')} also refer to it or work on what it made.",
            tuple(piece.id for piece in rest),
        )
    for piece in [evidence[id_] for id_ in thread.counter if id_ in evidence][:FEW]:
        link = toward.get(piece.id)
        did = (
            "took it back, wholly or in part,"
            if link is None or link.kind is LinkKind.REVERTS
            else "mended something that it introduced"
        )
        who = "Its author" if piece.id in thread.did else _who(piece, people, outside)
        yield Statement(f"Against it: {who} {did} {_on(piece)}: “{_cut(piece.title)}”.", (piece.id,))


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


def _date(piece: Evidence) -> str:
    when = piece.happened_at or piece.recorded_at
    return str(when.date()) if when else "no date"


def _on(piece: Evidence) -> str:
    return f"on {_date(piece)}" if piece.happened_at or piece.recorded_at else "at an unknown date"


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
