"""Who is behind a name in an ownership file: git has e-mails, ownership files have handles.

Sure ties are those that somebody's record makes: an address that holds the handle, `org/people.csv`, or merges "from
HANDLE/branch" whose commits are nearly always one person's. A handle that merely equals one person's e-mail name or
display name, and nobody else's, is a guess.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from muster.model import Person
from muster.people import People
from muster.sources.git import Harvest

FROM = r"^Merge pull request #\d+ from ([A-Za-z0-9][A-Za-z0-9_-]*)/"

#: Mailbox names that many people have; they are nobody's handle.
COMMON = frozenset({
    "admin", "contact", "dev", "developer", "email", "github", "git", "hello", "home", "info", "mail", "noreply",
    "no-reply", "office", "opensource", "root", "test", "user", "users", "work",
})


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a person goes by in ownership files, in lower case, without an at sign in front."""

    sure: Mapping[str, frozenset[str]] = field(default_factory=dict)
    guessed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    owner: Mapping[str, str] = field(default_factory=dict)

    def of(self, person: str) -> frozenset[str]:
        """Every name of a person."""
        return self.sure.get(person, frozenset((person.removeprefix("@"),))) | self.guessed.get(person, frozenset())

    def person(self, name: str) -> str | None:
        """The person who goes by that name; None where nobody or nobody alone does."""
        return self.owner.get(name.lower().removeprefix("@"))


def tie(people: Iterable[Person], merges: Iterable[tuple[str, str]]) -> Names:
    """The names of everybody. `merges` are (handle, author of the merged side), one for each merge commit.

    A handle is its author's when at least two merges and four in five of them say so, and nobody is known to have it.
    """
    humans = [person for person in people if not person.bot]
    known: dict[str, str] = {}
    for person in humans:
        for handle in person.handles:
            known.setdefault(handle.lower(), person.id)
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for handle, author in merges:
        seen[handle.lower()][author] += 1
    for handle, authors in seen.items():
        author, count = min(authors.items(), key=lambda item: (-item[1], item[0]))
        if count >= 2 and count >= 0.8 * sum(authors.values()):
            known.setdefault(handle, author)
    sure: dict[str, set[str]] = {
        person.id: {person.id.removeprefix("@"), *(email.lower() for email in person.emails)} for person in humans
    }
    for handle, owner in known.items():
        if owner in sure:
            sure[owner].add(handle)
    candidates: dict[str, set[str]] = defaultdict(set)
    for person in humans:
        candidates[person.name.casefold()].add(person.id)
        for email in (person.id, *person.emails):
            local = email.partition("@")[0].lower()
            if re.fullmatch(r"[a-z0-9][a-z0-9-]{2,38}", local) and local not in COMMON:
                candidates[local].add(person.id)
    guessed: dict[str, set[str]] = defaultdict(set)
    for name, ids in candidates.items():
        if len(ids) == 1 and name not in known and " " not in name:
            guessed[min(ids)].add(name)
    by_name = dict(known)
    for id_, names in guessed.items():
        by_name.update(dict.fromkeys(names, id_))
    for id_, names in sure.items():
        by_name.update(dict.fromkeys(names, id_))
    return Names(
        {id_: frozenset(names) for id_, names in sure.items()},
        {id_: frozenset(names) for id_, names in guessed.items()},
        by_name,
    )


def merges(harvest: Harvest, people: People) -> Sequence[tuple[str, str]]:
    """(handle, author of the merged side) of each merge that says whose branch it merged."""
    commits = harvest.commits
    chosen = commits.select(["subject", "parents"]).filter(pc.match_substring_regex(commits["subject"], FROM))
    if not chosen.num_rows:
        return []
    said = pc.extract_regex(chosen["subject"], FROM.replace("([A", "(?P<handle>[A")).to_pylist()
    sides = [parents[1] if len(parents) == 2 else "" for parents in chosen["parents"].to_pylist()]
    place = pc.index_in(pa.array(sides, pa.string()), value_set=commits["sha"].combine_chunks())
    authors = commits.select(["author_name", "author_email"]).take(pc.fill_null(place, 0))
    names, emails = authors["author_name"].to_pylist(), authors["author_email"].to_pylist()
    return [
        (row["handle"], people.of(name, email))
        for row, found, name, email in zip(said, place.to_pylist(), names, emails, strict=True)
        if row is not None and found is not None
    ]
