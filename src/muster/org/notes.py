"""Plain sentences about where the owners, areas and teams of a repository come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from muster.org.handles import Names
from muster.org.owned import Ownership

#: benchmarks/ownership.py, over seven repositories with files; docs/organisation.md has the figures.
TRUST = (
    "Where files exist to compare with, such inference was right about 6 in 10 changes that it called another team's, "
    "and about 7 in 10 people."
)


def written(ownership: Ownership, state: int) -> bool:
    """Whether the files of a state say more than who answers for the whole."""
    return bool(
        ownership.special(state)
        or ownership.sections(state) & ~ownership.book.whole
        or ownership.catalogues(state)
        or any(path.endswith("/OWNERS") for path in ownership.files(state))
    )


def say(ownership: Ownership, state: int, here: str, names: Names) -> Iterator[str]:
    """The sentences about the newest state of a repository; `here` is " of NAME" where there are several."""
    paths = ownership.files(state)
    foreign = [path for path in paths if ownership.is_foreign(state, path)]
    sections = (ownership.sections(state) & ~ownership.book.whole).bit_count()
    lists = Counter(path.rpartition("/")[2] for path in paths)["OWNERS"]
    known = [
        count(lists, "OWNERS file"),
        "CODEOWNERS" if ownership.special(state) else "",
        count(len(ownership.catalogues(state)), "catalogue file"),
        count(sections, "section", " of MAINTAINERS"),
    ]
    read = list(filter(None, known))
    if not written(ownership, state):
        why = "it names the same owners for everything" if len(paths) > len(foreign) else "nobody wrote them down"
        yield f"Areas and teams{here} are inferred from who works where; {why}."
    else:
        alone = read == ["CODEOWNERS"]
        yield f"Owners are read from {' and '.join(read)}{here} as {'it was' if alone else 'they were'} at each commit."
        if not lists or "OWNERS" in paths:
            who = "CODEOWNERS" if alone else "MAINTAINERS" if read == known[3:] else ""
            names_ = f"{who}{here} names" if who else f"these{here} name"
            where = f"only those of the root{here} are named" if lists else f"{names_} nobody in particular"
            yield f"Where {where}, areas and teams are inferred."
        if sections:
            yield f"Each section of MAINTAINERS{here} counts as a team of its own, unless it names a tree that others share."
    if not written(ownership, state) or not lists or "OWNERS" in paths:
        yield TRUST
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        yield f"{foreign[0]}{more}{here} is a list for people to read; it is not used."
    listed = ownership.everybody(state)
    if listed:
        tied = sum(names.person(name) is not None for name in listed)
        yield f"{tied} of the {len(listed)} owners{here} named today could be tied to somebody's commits."


def count(number: int, what: str, more: str = "") -> str:
    """A number of things in words; nothing for none.

    >>> count(2, "section", " of MAINTAINERS"), count(1, "OWNERS file"), count(0, "section")
    ('2 sections of MAINTAINERS', '1 OWNERS file', '')
    """
    return f"{number} {what}{'' if number == 1 else 's'}{more}" if number else ""
