"""Peer staff and principal engineers, who look for judgment."""

from __future__ import annotations

from datetime import date

from muster.model import Entry, LinkKind, Statement, Verdict
from muster.room.facts import Facts, Found, Question, cannot_tell
from muster.room.words import count, day, listed, quoted, span

SEAT, ORDER = "peers", 4
WORDS = "peer staff and principal engineers"

OPTIONS = ("considered options", "options", "alternatives", "alternatives considered", "pros and cons of the options")
OUTCOME = ("outcome", "consequences", "how it turned out", "what came of it", "result")


def weighed(entry: Entry) -> tuple[bool, bool]:
    """Whether the entry says what was weighed, and how it turned out."""
    options, outcome = (bool((part := entry.section(*titles)) and part.text.strip()) for titles in (OPTIONS, OUTCOME))
    return options, outcome or bool(str(entry.meta.get("outcome") or "").strip())


def decision(facts: Facts) -> Found:
    """A decision with its options and its outcome, in an undertaking that solid evidence shows was carried out."""
    full: list[tuple[Statement, list[str]]] = []
    some: list[tuple[Statement, list[str]]] = []
    for entry in facts.entries("decision"):
        options, outcome = weighed(entry)
        carried = any(
            entry.id in thread.evidence and facts.solid(thread.did) for thread in facts.case.threads
        ) or bool(facts.tied(entry.id))
        lacks = [word for word, there in (("what was weighed", options), ("its outcome", outcome),
                                          ("evidence that it was carried out", carried)) if not there]  # fmt: skip
        text = f"{quoted(entry.title)} was decided on {day(entry.happened_at)}"
        says = Statement(f"{text}{'; it names what was weighed and how it turned out' if not lacks else ''}.", (entry.id,))
        (some if lacks else full).append((says, lacks))
    if full:
        return Found(Verdict.HOLDS, tuple(says for says, _ in full[:3]))
    papers = list(dict.fromkeys(piece.id for thread in facts.threads for piece in facts.mine(thread.artifacts) if piece.source != "book"))
    if some or papers:
        lines = [says for says, _ in some[:2]]
        lines += [
            Statement(f"{facts.title(id_)} of {day(facts.case.evidence[id_].happened_at)} explains an undertaking.", (id_,)) for id_ in papers[:2]
        ]
        lacks = some[0][1] if some else ["what was weighed", "how it turned out"]
        return Found(Verdict.THIN, tuple(lines), listed(lacks), "decision")
    if not facts.book:
        found = cannot_tell("decision records, in a repository or a book")
        return Found(found.verdict, missing=found.missing, move="decision")
    return Found(Verdict.OPEN, missing="a decision with its alternatives and its outcome", move="decision")


def pushed_back(facts: Facts) -> Found:
    """Something declined, with what came of it and evidence of that; a revert of another's work shows the act, not the argument."""
    case = facts.case
    declined = [(entry, weighed(entry)[1], facts.tied(entry.id)) for entry in facts.entries("decline")]
    says = [Statement(f"Declined on {day(entry.happened_at)}: {quoted(entry.title)}.", (entry.id, *(piece.id for piece in tied[:3])))
            for entry, _, tied in declined[:3]]  # fmt: skip
    if any(outcome and tied for _, outcome, tied in declined):
        return Found(Verdict.HOLDS, tuple(says))
    reverts = [
        (src, dst)
        for link in case.links
        if link.kind is LinkKind.REVERTS
        and (src := case.evidence.get(link.src))
        and (dst := case.evidence.get(link.dst))
        and case.mine(src)
        and not case.mine(dst)
        # To take back a revert is to land something again; nobody was told no.
        and not dst.title.lower().startswith("revert")
        and src.happened_at in case.period
    ]
    says += [Statement(f"Reverted {quoted(dst.title, 60)} of {case.name_of(dst.actor)} on {day(src.happened_at)}.", (src.id, dst.id))
             for src, dst in reverts[:2]]  # fmt: skip
    says += refused(facts)
    if says:
        return Found(Verdict.THIN, tuple(says), "what was argued, and what came of it", "decline")
    if not facts.book:
        found = cannot_tell("review comments, mail or a book (what was declined)")
        return Found(found.verdict, missing=found.missing, move="decline")
    return Found(Verdict.OPEN, missing="something declined or argued against, and what came of it", move="decline")


def refused(facts: Facts) -> list[Statement]:
    """Others' issues and pull requests that the person closed with a reason of their own, the last two first."""
    signal = facts.case.measure("focus", "refused")
    pieces = sorted(facts.known(signal.evidence if signal else ()), key=lambda piece: (piece.fact("closed") or "", piece.id), reverse=True)
    said = []
    for piece in pieces[:2]:
        words = [one.id for one in facts.case.evidence.values() if one.about == piece.id and one.kind in ("comment", "review") and facts.case.mine(one)]
        when = day(date.fromisoformat((piece.fact("closed") or "")[:10]))
        said.append(Statement(f"Closed {quoted(piece.title, 60)} of {facts.case.name_of(piece.actor)} on {when}, with a reason.", (piece.id, *words)))
    return said


def pattern(facts: Facts) -> Found:
    """Three undertakings or more that were explained or used outside, begun in two quarters or more."""
    good = [thread for thread in facts.threads if facts.solid(thread.did) and (facts.uses(thread) or facts.solid(thread.artifacts))]
    good.sort(key=lambda thread: (thread.since, thread.id))
    says = []
    for thread in good[:4]:
        used = facts.names(facts.uses(thread), 2)
        how = f"used by {used}" if used else "explained in a document"
        says.append(Statement(f"{quoted(thread.title)}, {span(thread.since, thread.until)}: {how}.",
                              tuple(dict.fromkeys([*(p.id for p in facts.mine(thread.did)), *(r.id for r in facts.uses(thread))]))))  # fmt: skip
    if len(good) > 4:
        says.append(Statement(f"{count(len(good) - 4, 'more undertaking')} of that kind.", tuple(i for t in good[4:] for i in t.did)))
    quarters = {(thread.since.year, (thread.since.month - 1) // 3) for thread in good}
    if len(good) >= 3 and len(quarters) >= 2:
        return Found(Verdict.HOLDS, tuple(says))
    if good:
        return Found(Verdict.THIN, tuple(says), "three undertakings, in two quarters, each explained or used outside", "note")
    return Found(Verdict.OPEN, missing="an undertaking that is explained, or used outside the team", move="note")


QUESTIONS = (
    Question("Which decision was made under ambiguity, what was weighed, how did it turn out?", decision,
             "decision entries and documents, and what carried them out", ("C203", "A407")),
    Question("When did you push back, and were you right?", pushed_back,
             "decline entries with what came of them; signal focus; reverts of others' work", ("B104",)),
    Question("Is it a pattern, or once?", pattern, "undertakings of the period; documents; outside records", ("B103",)),
)  # fmt: skip
