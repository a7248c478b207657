"""True, specific things about a period that the person probably does not know, each read off evidence.

Each kind of thing is one function in `theirs.py` or `own.py`, gives at most one sentence, and gives none where the evidence is too thin to say
it without a doubt. What is most surprising comes first: how unusual its size is among the person's own earlier values
of the same thing (the share of those that are smaller, where none at all counts as half), times how little of it they
could have known: 1 for what others did without them, 0.8 for what others did with them, 0.6 for what they did
themselves. Nobody else's values are looked at, so nobody is compared with anybody. What the person could have told
anybody (a holiday, one slow change, a thread without a note: `QUIET`) is said only where little else can be. Of several
kinds that tell of the same thing (`ALIKE`) one stands before the others of another.
"""

from __future__ import annotations

from collections.abc import Callable

from muster.model import Case, Statement
from muster.notable.own import (
    beyond_own,
    drift,
    ended_without_note,
    landed_late,
    off_hours,
    only_regular,
    outlived,
    proposed_before,
    silence,
)
from muster.notable.sight import Found, Sight, look
from muster.notable.theirs import (
    built_by_somebody_else,
    landed_for_others,
    most_cited,
    new_users,
    newcomers,
    oldest_repaired,
    oldest_still_built_on,
    reverted,
    stranger_who_builds,
    taken_up,
)

__all__ = ["KINDS", "notable"]

#: Every kind of thing: of two that surprise the same, the one that stands first here comes first.
KINDS: tuple[Callable[[Sight], Found | None], ...] = (
    built_by_somebody_else, reverted, new_users, taken_up, most_cited, oldest_still_built_on, outlived, oldest_repaired, newcomers, drift,
    beyond_own, stranger_who_builds, only_regular, landed_for_others, off_hours, proposed_before, ended_without_note, silence, landed_late,
)
#: What the person could have said themselves.
QUIET = frozenset({ended_without_note, silence, landed_late})
#: Kinds that tell of the same thing, by a word for that.
ALIKE = {
    "new_users": "use", "oldest_still_built_on": "use", "stranger_who_builds": "use", "taken_up": "use", "newcomers": "others' work",
    "landed_for_others": "others' work", "only_regular": "files", "outlived": "files",
}


def notable(case: Case) -> tuple[Statement, ...]:
    """Sentences about the period in the second person, each with its evidence, most surprising first.

    The same case gives the same sentences in the same order. There may be none.
    """
    sight = look(case)
    found = [
        (-one.weight, place, kind, one)
        for place, kind in enumerate(KINDS)
        # What the case holds no evidence of cannot be opened, so it is not said.
        if (one := kind(sight)) is not None and any(id_ in case.evidence for id_ in one.evidence)
    ]
    loud = [row for row in sorted(found, key=lambda row: row[:2]) if row[2] not in QUIET]
    first: dict[str, int] = {}
    for place, (_, _, kind, _) in enumerate(loud):
        first.setdefault(ALIKE.get(kind.__name__, kind.__name__), place)
    order = [loud[place] for place in sorted(first.values())]
    order += [row for row in loud if row not in order]
    # One of the quiet kinds, two where there is nothing else: fewer than three sentences are better than dull ones.
    quiet = [row for row in sorted(found, key=lambda row: row[:2]) if row[2] in QUIET]
    order += quiet[: 0 if len(loud) >= 3 else 1 if loud else 2]
    return tuple(
        Statement(one.text, tuple(id_ for id_ in dict.fromkeys(one.evidence) if id_ in case.evidence)) for *_, one in order
    )
