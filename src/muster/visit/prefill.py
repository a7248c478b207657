"""An entry's page with what evidence already knows of an undertaking: sentences with their links, dates and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from muster import drafts
from muster.book.templates import FROM_RECORD
from muster.model import Case, Statement, Thread
from muster.visit.inbox import DOES, others

#: Type → heading → what is put there: the beats of a draft, and `people`, `against` and `dates`.
PLACES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "proposal": {"Problem": ("problem", "against"), "Who is affected": ("people",)},
    "decision": {"Context and Problem Statement": ("problem", "did"), "Consequences": ("changed",)},
    "risk": {"How I know": ("against", "problem")},
    "incident": {"Timeline": ("dates",), "What I did": ("did",), "What changed": ("changed",)},
    "result": {"What was expected": ("problem",), "What happened": ("did",), "Who uses it": ("changed",)},
    "note": {"What was fixed": ("problem", "did", "against"), "Who was told": ("people",)},
    "decline": {"What was asked": ("problem",)},
    "pushback": {"What I disagreed with": ("problem", "did")},
    "endorsement": {"About what": ("did", "people")},
    "claim": {"Problem": ("problem",), "What I did": ("did",), "What changed": ("changed",)},
}
#: How many dates a time line has, and how many people a list.
DATES, PEOPLE, LINKS = 12, 6, 4


def prefill(type_: str, thread: Thread, case: Case, title: str = "") -> dict[str, object]:
    """What `muster.book.new` puts into a page: text by heading, and values of front matter.

    Every line is read off evidence and links to it. What nothing on record shows stays the template's prompt.
    """
    claim = drafts.draft(thread, case.evidence, case.links, case.people, case.outside)
    known: dict[str, Sequence[Statement]] = {name: beat.statements for name, beat in claim.beats}
    known["against"] = [one for one in known["changed"] if one.text.startswith("Against it:")]
    met = people(thread, case)
    known["people"] = [statement for _, statement in met]
    known["dates"] = dates(thread, case)
    page: dict[str, object] = {}
    for heading, parts in PLACES.get(type_, {}).items():
        told = list(dict.fromkeys(statement for part in parts for statement in known[part]))
        if told:
            lines = [f"- {drafts.cited(statement, case.evidence, LINKS)}" for statement in told]
            page[heading] = "\n".join([f"<!-- {FROM_RECORD} -->", *lines])
    if type_ == "incident":
        page["started"] = thread.since.date()
    if type_ == "claim":
        page["period"] = f"{thread.since.date()}..{thread.until.date()}"
    if type_ == "endorsement" and met:
        names = [name for name, _ in met]
        page["from"] = next((name for name in names if title.startswith(name)), names[0])
    return page


def people(thread: Thread, case: Case) -> list[tuple[str, Statement]]:
    """(name, sentence) of those whose records refer to the undertaking, outsiders first, then those with more records."""
    found: dict[str, dict[str, str]] = {}
    own = {id_ for id_ in thread.evidence if (piece := case.evidence.get(id_)) and case.mine(piece)}
    for src, link in others(case).items():
        if link.dst in own:
            found.setdefault(case.evidence[src].actor, {})[src] = DOES[link.kind]
    rows = sorted(
        found.items(), key=lambda row: (not any(id_ in case.outside for id_ in row[1]), -len(row[1]), case.name_of(row[0]), row[0])
    )
    told = []
    for person, records in rows[:PEOPLE]:
        team = next((case.outside[id_] for id_ in records if id_ in case.outside), "")
        ids = sorted(records, key=lambda id_: (case.evidence[id_].happened_at or thread.until, id_))
        verbs = " and ".join(list(dict.fromkeys(records[id_] for id_ in ids))[:2])
        name = case.name_of(person)
        told.append((name, Statement(f"{name}{f' ({team})' if team else ''} {verbs} it.", tuple(ids))))
    return told


def dates(thread: Thread, case: Case) -> list[Statement]:
    """What happened on which day, oldest first; of a long undertaking its first and last days."""
    pieces = [case.evidence[id_] for id_ in thread.evidence if id_ in case.evidence]
    if len(pieces) > DATES:
        pieces = [*pieces[: DATES // 2], *pieces[-DATES // 2 :]]
    return [
        Statement(f"{piece.happened_at:%Y-%m-%d %H:%M}: “{piece.title}”, {case.name_of(piece.actor)}.", (piece.id,))
        for piece in pieces
        if piece.happened_at
    ]
