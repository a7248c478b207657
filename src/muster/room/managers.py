"""Other managers, who have never worked with you and have cases of their own."""

from __future__ import annotations

from muster.model import Basis, Statement, Thread, Verdict
from muster.room.facts import Facts, Found, Question, Record, cannot_tell
from muster.room.words import count, listed, quoted

SEAT, ORDER = "managers", 2
WORDS = "other managers, who have never worked with you"


def who_outside(facts: Facts) -> Found:
    """Two or more people outside the team, by their own records; one is thin, and so is an inferred team."""
    people = {record.person for record in facts.outside}
    if not people:
        inside = [record for record in facts.records if record.team is None]
        return Found(Verdict.OPEN, facts.voices(inside, 2), "a record by somebody outside the team", "witness")
    says = facts.voices(facts.outside)
    if facts.inferred:
        missing = "the team is inferred: a CODEOWNERS, OWNERS or teams.csv would say who is outside"
        return Found(Verdict.THIN, says, missing, "witness")
    if len(people) == 1:
        return Found(Verdict.THIN, says, "a second person outside the team", "witness")
    return Found(Verdict.HOLDS, says)


def bigger(facts: Facts) -> Found:
    """An undertaking that changed another team's area and that people outside used, by owners' own files."""
    both: list[tuple[int, Thread, tuple[tuple[str, str], ...], tuple[Record, ...]]] = []
    either: list[tuple[int, Thread, tuple[tuple[str, str], ...], tuple[Record, ...]]] = []
    for thread in facts.threads:
        areas, uses = facts.others_areas(thread), facts.uses(thread)
        if areas or uses:
            (both if areas and uses else either).append((len({*areas, *uses}), thread, areas, uses))
    rows = sorted([*both, *either], key=lambda row: (not (row[2] and row[3]), -row[0], row[1].id))
    says = []
    for _, thread, areas, uses in rows[:3]:
        parts = []
        if areas:
            parts.append(f"changed areas of {listed(sorted({team for team, _ in areas}), 3)}")
        if uses:
            parts.append(f"was used by {facts.names(uses, 3)}")
        ids = tuple(dict.fromkeys([*(id_ for _, id_ in areas), *(record.id for record in uses)]))
        says.append(Statement(f"{quoted(thread.title)} {' and '.join(parts)}.", ids))
    known = any(touch.basis is Basis.KNOWN for _, thread, _, _ in rows for piece in facts.mine(thread.evidence) for touch in piece.touches)
    if both and known and not facts.inferred:
        return Found(Verdict.HOLDS, tuple(says))
    if rows:
        missing = (
            "the owners are inferred: a CODEOWNERS or OWNERS file would say whose areas these are"
            if both
            else "one undertaking that both changed another team's area and was used outside the team"
        )
        return Found(Verdict.THIN, tuple(says), missing, "cross")
    return Found(Verdict.OPEN, missing="an undertaking that reached past the team's own areas", move="cross")


def why_this(facts: Facts) -> Found:
    """Comparing needs the other cases, handed in by their owners; until then only what this one has can be said."""
    crossed = [thread for thread in facts.threads if facts.uses(thread)]
    says: tuple[Statement, ...] = ()
    if crossed:
        ids = tuple(dict.fromkeys(record.id for thread in crossed for record in facts.uses(thread)))
        people = {record.person for thread in crossed for record in facts.uses(thread)}
        says = (Statement(f"{count(len(crossed), 'undertaking')} of this case {'was' if len(crossed) == 1 else 'were'} used by "
                          f"{count(len(people), 'person', 'people')} outside the team.", ids),)  # fmt: skip
    found = cannot_tell("the other cases, each submitted by its owner")
    return Found(found.verdict, says, found.missing)


QUESTIONS = (
    Question("Who outside your team says so?", who_outside,
             "signal reach; others' records that refer to the work, with the team of each at that date", ("C201",)),
    Question("Is this bigger than the team?", bigger,
             "signal system_scope; owners of the areas changed, and outside records that use them",
             ("B102", "C205", "V301", "V304")),
    Question("Why this case and not the four others?", why_this, "other submitted cases"),
)  # fmt: skip
