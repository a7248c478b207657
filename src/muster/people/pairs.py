"""Who may be one person under two ids: proposed with the reason, for the owner to confirm or refuse; nothing is merged here.

A false merge is far worse than a missed one, so only reasons that held when they were measured propose anything (`REASONS`), and
one that is often wrong comes last, with a warning. Measured with `benchmarks/identity.py` on histories whose `.mailmap` says who
is who, hidden from muster; docs/organisation.md has the figures. A mailbox name at two hosts under different names (right in
14 of 24 pairs that the files speak of), and a single word as a name (26 of 42), were not good enough and propose nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from muster.model import Evidence, Person
from muster.people import NOREPLY, Harvested, People, program

#: Why two ids may be one person, most certain first, in words that end the sentence "proposed because …".
REASONS: Mapping[str, str] = MappingProxyType({
    "account-number": "GitHub gave both addresses the same account number",
    "name-and-mailbox": "both have the same name and the same mailbox name",
    "pull-requests": "the pull requests of that account end in commits of this person",
    "branches": "merges of branches of that account bring this person’s work",
    "name-and-account": "the same full name, held by nobody else on the platform of either",
    "name": "the same full name, held by these two alone",
    "name-of-several": "the same full name, but several hold it",
})
#: What is often wrong: said with a warning.
DOUBTFUL = frozenset(("name-of-several",))
WARNING = "Names like this are often those of two people: say yes only where you know both."

#: More ids than this under one name are a name like "root" or a very common one: nothing follows from it.
MOST = 6
#: Mailbox names that say nothing of who reads them.
COMMON = frozenset({
    "admin", "code", "contact", "dev", "developer", "email", "git", "github", "hello", "home", "info", "junk", "linux", "mail", "me", "none",
    "noreply", "no-reply", "office", "opensource", "post", "root", "spam", "support", "test", "user", "users", "web", "webmaster", "work",
})  # fmt: skip
#: Names that nobody has.
NOBODY = frozenset({"unknown", "root", "user", "admin", "administrator", "your name", "no name", "anonymous", "firstname lastname", "john doe", "jane doe"})


@dataclass(frozen=True, slots=True)
class Side:
    """One of two ids: its name, addresses and accounts, and how many records are under it, from when to when."""

    id: str
    name: str
    emails: tuple[str, ...]
    handles: tuple[str, ...]
    records: int
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ids that may be one person; `one` has more records. `reason` is of REASONS, and `why` says it with its facts."""

    one: Side
    other: Side
    reason: str
    why: str

    @property
    def doubtful(self) -> bool:
        """Whether this reason is often wrong."""
        return self.reason in DOUBTFUL


def pairs(
    people: People, harvests: Sequence[Harvested], evidence: Iterable[Evidence] = (),
    apart: frozenset[frozenset[str]] = frozenset(), branches: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Pair, ...]:
    """Everybody who may be one person under two ids, the most certain first, and of equals those with most records.

    `apart` are the pairs that were refused: addresses or ids. `branches` are persons by the `@handle` whose merged branches were theirs.
    """
    evidence = tuple(evidence)
    spans = counted(people, harvests, evidence)
    refused = {pair for one in apart for pair in (tuple(sorted(one)),)}
    found: dict[tuple[str, str], Pair] = {}
    for first, second, reason, why in (*opened(people, harvests, evidence), *proposed(people, branches)):
        key = (min(first, second), max(first, second))
        if first == second or key in found or apart_(people, key, refused):
            continue
        one, other = sorted((side(people.person(id_), spans) for id_ in key), key=weight)
        found[key] = Pair(one, other, reason, why)
    order = {reason: place for place, reason in enumerate(REASONS)}
    mine = people.me.id if people.me else ""
    return tuple(sorted(found.values(), key=lambda pair: (
        pair.doubtful, mine not in (pair.one.id, pair.other.id), -pair.other.records, order[pair.reason], pair.one.id, pair.other.id,
    )))  # fmt: skip


def proposed(people: People, branches: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """(id, id, reason, why), the most certain reason for two ids first."""
    humans = {id_: person for id_, person in sorted(people.all.items()) if not person.bot and reachable(person)}
    called: dict[str, set[str]] = defaultdict(set)
    spelt: dict[str, str] = {}
    for id_, person in humans.items():
        called[id_].add(person.name)
    for (name, _), id_ in people.identities.items():
        if id_ in humans:
            called[id_].add(name)
    by_name: dict[str, set[str]] = defaultdict(set)
    plain: dict[str, set[str]] = {}
    for id_ in humans:
        plain[id_] = set()
        for name in sorted(called[id_]):
            word = bare(name)
            if len(word) >= 3 and word not in NOBODY and "@" not in name:
                plain[id_].add(word)
                by_name[word].add(id_)
                spelt.setdefault(word, " ".join(name.split()))
    numbers: dict[str, set[str]] = defaultdict(set)
    mailboxes = {id_: set(boxes(person)) for id_, person in humans.items()}
    for id_, person in humans.items():
        for email in person.emails:
            if NOREPLY.fullmatch(email) and "+" in email:
                numbers[email.partition("+")[0]].add(id_)
    for number, ids in sorted(numbers.items()):
        for first, second in combinations(sorted(ids), 2):
            yield first, second, "account-number", f"GitHub gave both addresses the account number {number}"
    sorts = {id_: kinds(person) for id_, person in humans.items()}
    unlike = {word: all(count == 1 for count in Counter(kind for id_ in ids for kind in sorts[id_]).values()) for word, ids in by_name.items()}
    names = [(word, sorted(ids)) for word, ids in sorted(by_name.items()) if len(ids) >= 2 and (len(ids) <= MOST or unlike[word])]
    for word, held in sorted(names, key=lambda one: (-len(one[0]), one[0])):
        for first, second in combinations(held, 2):
            if box := min(mailboxes[first] & mailboxes[second], default=""):
                yield first, second, "name-and-mailbox", f"both are called {spelt[word]} and have the mailbox or account name {box}"
    for handle, id_ in sorted(branches.items()):
        account = people.handles.get(handle, handle)
        if account in humans and id_ in humans:
            yield account, id_, "branches", f"nearly all merged branches of {handle} hold work of {humans[id_].name}"
    for word, held in names:
        if " " not in word or len(word) < 6:
            continue
        for first, second in combinations(held, 2):
            if unlike[word]:
                yield first, second, "name-and-account", f"both are called {spelt[word]}, and nobody else is on either one’s platform"
            elif len(held) > 2:
                yield first, second, "name-of-several", f"both are called {spelt[word]}, and so are {len(held) - 2} more"
            else:
                yield first, second, "name", f"both are called {spelt[word]}, and nobody else is"


def opened(people: People, harvests: Sequence[Harvested], evidence: Sequence[Evidence]) -> Iterator[tuple[str, str, str, str]]:
    """(account, person, reason, why) where at least two, and four in five, of an account's pull requests end in a person's commits.

    Somebody with several addresses counts as one by their name. Merges are left out: they are whoever's who merged.
    """
    ends = {(sha, people.of("", piece.actor)) for piece in evidence if piece.kind == "pull-request" and piece.actor
            for name, sha in piece.facts if name in ("head", "commit")}
    authors: dict[str, tuple[str, str]] = {}
    wanted = pa.array(sorted({sha for sha, _ in ends}), pa.string())
    for harvest in harvests if ends else ():
        table = harvest.commits.filter(pc.is_in(harvest.commits["sha"], value_set=wanted))
        table = table.filter(pc.less(pc.list_value_length(table["parents"]), 2))
        rows = zip(*(table[column].to_pylist() for column in ("sha", "author_name", "author_email")), strict=True)
        authors.update((sha, (name, email)) for sha, name, email in rows)
    by_account: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for sha, account in sorted(ends):
        if sha in authors:
            id_ = people.of(*authors[sha])
            by_account[account][bare(people.person(id_).name), id_] += 1
    for account, seen in sorted(by_account.items()):
        names: Counter[str] = Counter()
        for (name, _), count in seen.items():
            names[name] += count
        name, most = min(names.items(), key=lambda row: (-row[1], row[0]))
        id_ = min((-count, id_) for (of, id_), count in seen.items() if of == name)[1]
        person = people.person(id_)
        if id_ != account and most >= 2 and most >= 0.8 * names.total() and not person.bot and not people.person(account).bot and reachable(person):
            yield account, id_, "pull-requests", f"{most} of {names.total()} pull requests of {account} that are in a history here end in a commit of {person.name}"


def counted(people: People, harvests: Sequence[Harvested], evidence: Iterable[Evidence]) -> dict[str, tuple[int, date | None, date | None]]:
    """(records, day of the first, day of the last) by id: commits as their author, and other sources' records as their actor."""
    counts: Counter[str] = Counter()
    days: dict[str, list[date]] = defaultdict(list)
    for harvest in harvests:
        table = harvest.commits.group_by(["author_name", "author_email"]).aggregate([([], "count_all"), ("authored_at", "min"), ("authored_at", "max")])
        for row in table.to_pylist():
            id_ = people.of(row["author_name"], row["author_email"])
            counts[id_] += row["count_all"]
            days[id_] += [when.date() for when in (row["authored_at_min"], row["authored_at_max"]) if when is not None]
    for piece in evidence:
        id_ = people.of("", piece.actor)
        counts[id_] += 1
        when = piece.happened_at or piece.recorded_at
        if when is not None:
            days[id_] = [min(days[id_] + [when.date()]), max(days[id_] + [when.date()])]
    return {id_: (count, min(days[id_], default=None), max(days[id_], default=None)) for id_, count in counts.items()}


def side(person: Person, spans: Mapping[str, tuple[int, date | None, date | None]]) -> Side:
    """A person as one of two."""
    return Side(person.id, person.name, person.emails, person.handles, *spans.get(person.id, (0, None, None)))


def weight(one: Side) -> tuple[int, bool, str]:
    """What sorts the side with more records first, and of equals a person's own address before an account's."""
    return -one.records, one.id.startswith("@") or ":" in one.id or bool(NOREPLY.fullmatch(one.id)), one.id


def apart_(people: People, key: tuple[str, str], refused: Iterable[tuple[str, ...]]) -> bool:
    """Whether somebody said that these two are not one: of any of their addresses."""
    first, second = ({id_, *person.emails, *(handle if ":" in handle else f"@{handle}" for handle in person.handles)}
                     for id_ in key for person in (people.person(id_),))
    return any((a in first and b in second) or (b in first and a in second) for a, b in refused)


def programs(people: People) -> tuple[tuple[Person, str], ...]:
    """Everybody who is a program, with why it is taken for one, by id."""
    called: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for raw, id_ in sorted(people.identities.items()):
        called[id_].append(raw)
    return tuple(
        (person, program(person.name, id_) or next((why for raw in called[id_] if (why := program(*raw))), "") or "its platform says that it is one")
        for id_, person in sorted(people.all.items()) if person.bot and not id_.endswith(":nobody")
    )


def reachable(person: Person) -> bool:
    """Whether people.csv could name them: by an address or an account."""
    return "@" in person.id or ":" in person.id


def kinds(person: Person) -> frozenset[str]:
    """Where somebody is known: by "mail", and by the name of each platform that they have an account of."""
    found = {handle.partition(":")[0] if ":" in handle else "github" for handle in person.handles}
    found |= {"github" if NOREPLY.fullmatch(email) else "mail" for email in person.emails}
    return frozenset(found or {person.id.partition(":")[0]})


def boxes(person: Person) -> Iterator[str]:
    """Mailbox and account names that are somebody's own, in lower case."""
    for email in person.emails:
        found = NOREPLY.fullmatch(email)
        local = (found[1] if found else email.partition("@")[0].partition("+")[0]).lower()
        if len(local) >= 3 and local not in COMMON:
            yield local
    for handle in person.handles:
        local = handle.rpartition(":")[2].lower()
        if len(local) >= 3 and local not in COMMON:
            yield local


def bare(name: str) -> str:
    """A name without what spellings differ in: accents, case, what stands between its words.

    >>> bare("Søren  K. Aas"), bare("Vázquez, Ana")
    ('søren k aas', 'vazquez ana')
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W\d_]+", plain))
