"""Who is who: every name and e-mail that a history holds, resolved to one person each, and the one that `--me` means.

A person's id is the lower-case e-mail that the mailmap gives. Two e-mails become one person only where somebody says so:
a repository's mailmap, `--me` given several times, `org/people.csv` or `people.ldif`, or a platform that states the e-mail of an
account. A shared name or a similar address never does: those are proposed (`muster.people.pairs`), and the owner confirms.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from muster.model import Account, MusterError, Person, Skipped
from muster.people._files import Row, key_of
from muster.people._files import read as read_files
from muster.trailers import BEFORE, NO_PART, NOBODY, WEB_FLOW, Read, named, read, trailers

__all__ = ["Harvested", "Identity", "People", "named", "resolve", "robot", "trailers"]

Identity = tuple[str, str]

NOREPLY = re.compile(r"(?:\d+\+)?([a-z0-9][a-z0-9-]*(?:\[bot\])?)@users\.noreply\.github\.com", re.IGNORECASE)

#: Accounts that are programs, by name or by the part of the e-mail before the @.
BOTS = frozenset({
    "dependabot", "dependabot-preview", "renovate", "renovate-bot", "renovatebot", "greenkeeper", "github-actions", "github action",
    "github actions", "bors", "mergify", "k8s-ci-robot", "k8s-merge-robot", "kubernetes prow robot", "prow",
    "kubernetes submit queue", "kubernetes prow bot", "travis-ci", "travis ci", "circleci", "snyk-bot", "pyup-bot",
    "imgbot", "allcontributors", "semantic-release-bot", "pre-commit-ci", "codecov", "copybara-service", "googlebot",
    "web-flow", "github", "gitlab bot", "weblate", "bedevere-bot", "miss-islington", "blurb-it", "homu", "rust-timer",
    "netlify", "sonatype-lift", "crowdin", "transifex", "hashicorp-copywrite", "k8s-bot", "jenkins", "jenkins-bot",
    "autoroll", "google-oss-robot", "openshift-merge-robot", "openshift-ci", "copilot", "github-merge-queue", "lgtm-com",
})
BOT_NAME = re.compile(r"\[bot\]$|[-_](?:ro)?bot\d*$|[-_.]robot$|^(?:ro)?bot[-_]|\bro?bot \(|\bci bot$|\bprow robot$|(?:^|[-_ ])automation$", re.IGNORECASE)
BOT_LOCAL = re.compile(r"\[bot\]$|[-_](?:ro)?bot$|^bot$|^(?:no-?reply-)?ci-?bot", re.IGNORECASE)

#: Below this likeness nobody is suggested.
NEAR = 0.6


class Harvested(Protocol):
    """What a harvest must have for its people to be resolved."""

    @property
    def name(self) -> str:
        """The repository's name."""

    @property
    def commits(self) -> pa.Table:
        """Its commits."""

    def mailmap(self, identities: Sequence[Identity]) -> list[Identity]:
        """The identities as its mailmap has them."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody in the harvests, by id; `me` is the person that `--me` means, where that is known.

    `recent` counts each person's commits in the last year that the harvests cover, most first. `heard` counts the lines
    of trailers, by word and what they became.
    """

    all: Mapping[str, Person]
    me: Person | None = None
    recent: tuple[tuple[str, int], ...] = ()
    heard: tuple[tuple[str, str, int], ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    identities: Mapping[Identity, str] = field(default_factory=dict, repr=False)
    emails: Mapping[str, str] = field(default_factory=dict, repr=False)
    handles: Mapping[str, str] = field(default_factory=dict, repr=False)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def of(self, name: str, email: str) -> str:
        """The id of the person behind a name and an e-mail (or `@handle`), as they stand in a record."""
        known = self.identities.get((name, email))
        if known is not None:
            return known
        low = email.strip().lower()
        if low.startswith("@"):
            return self.handles.get(low, low)
        if low:
            return self.emails.get(low) or self.handles.get(low, low)
        same = self.names.get(name.strip().casefold(), ())
        return same[0] if len(same) == 1 else plain(name, email)

    def named(self, name: str, email: str, accounts: Mapping[str, str] | None = None) -> str | None:
        """The id of the person whom a document names, by an e-mail, a `@handle` or a name of their own alone; else None.

        `accounts` are persons by further handles. A handle is also whose display name it is, letter for letter.
        """
        low = email.strip().lower()
        found = self.handles.get(low) or (accounts or {}).get(low) or self.emails.get(low) or (low if low in self.all else None)
        if found is None or found not in self.all:
            calls = [name.strip().casefold(), low.removeprefix("@") if low.startswith("@") else ""]
            same = [self.names[call] for call in calls if call and call in self.names]
            found = same[0][0] if same and len(same[0]) == 1 else None
        return found

    def person(self, id: str) -> Person:  # noqa: A002
        """The person of that id; one that no harvest holds is made up of the id alone."""
        return self.all.get(id) or Person(id, id, (id,) if "@" in id[1:] else (), (id[1:],) if id.startswith("@") else ())

    def find(self, me: Sequence[str]) -> Person:
        """The person that these e-mails, `@handles` or exact names mean: several stand for one person.

        Raises MusterError where none of them is in the harvests, or where a name is shared, and says who is near.
        """
        ids = [id_ for value in me for id_ in self.matches(value)]
        shared = next((value for value in me if len(self.matches(value)) > 1 and self.me is None), None)
        if shared is not None:
            raise MusterError("--me", f"{shared!r} is the name of several people: {', '.join(self.matches(shared))}",
                              f"Say which by e-mail; if all are you, type: {' '.join(f'--me {i}' for i in self.matches(shared))}")
        if ids:
            found = self.person(ids[0])
            if found.bot:
                raise MusterError("--me", f"{', '.join(me)} is a program ({found.name}), and muster reviews what a person did",
                                  "Give the e-mail that a person commits with; git knows yours: git config user.email. If this is "
                                  "a person, say so with a name in org/people.csv (person,email,handle,name) and --org org")
            return found
        wanted = ", ".join(me) or "nobody"
        near = self.near(me[0]) if me else []
        authors = [
            f"{self.person(id_).name} <{id_}> ({count} commit{'s' * (count > 1)})" for id_, count in self.recent[:5]
        ]
        seen = f"no commit here is by {wanted}"
        if near:
            seen += "; nearest: " + ", ".join(f"{self.person(id_).name} <{id_}>" for id_ in near)
        if authors:
            seen += ". Most commits in the last year here: " + ", ".join(authors)
        move = f"Give the e-mail that you commit with, as in: --me {near[0]}" if near else (
            "Give the e-mail that you commit with; git knows it: git config user.email")
        raise MusterError("--me", seen, move)

    def matches(self, value: str) -> tuple[str, ...]:
        """Ids that an e-mail, a `@handle`, an account (`gitlab:ann`) or an exact display name stands for; bots are left out of names."""
        low = value.strip().lower()
        if low.startswith("@") or low in self.handles:
            return (self.handles[low],) if low in self.handles else ()
        if low in self.emails:
            return (self.emails[low],)
        return (low,) if low in self.all else self.names.get(value.strip().casefold(), ())

    def near(self, value: str) -> list[str]:
        """At most three ids whose e-mail or name looks like the value, nearest first."""
        low = value.strip().casefold().removeprefix("@")
        local = low.partition("@")[0]
        scores: list[tuple[float, str]] = []
        for person in self.all.values():
            if person.bot:
                continue
            locals_ = {email.partition("@")[0].partition("+")[2] or email.partition("@")[0] for email in (person.id, *person.emails)}
            score = max(likeness(local, word) for word in {*locals_, *person.handles, person.name.casefold()})
            if low == local:
                score = max(score, likeness(low, person.name.casefold()))
            if score >= NEAR:
                scores.append((-score, person.id))
        return [id_ for _, id_ in sorted(scores)[:3]]


def likeness(one: str, other: str) -> float:
    """How alike two words are, from 0 to 1, whatever stands between their parts."""
    one, other = (re.sub(r"[\W_]+", "", word) for word in (one, other))
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if one and matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR else 0.0


def resolve(
    harvests: Sequence[Harvested], org: Path | None = None, me: Sequence[str] = (), accounts: Iterable[Account] = ()
) -> People:
    """Everybody whom the harvests name, as authors, committers or in trailers, and everybody behind the sources' accounts.

    Every repository's mailmap counts for all of them: the same e-mail is the same person wherever it stands, and so is the
    account whose e-mail its platform states. What `org/people.csv` (person, email, handle, name) and `me` say comes last and wins.
    """
    counts: Counter[Identity] = Counter()
    heard: Counter[tuple[str, str]] = Counter()
    skipped: list[Skipped] = []
    trailing: list[pa.Table] = []
    for harvest in harvests:
        said = read(harvest.commits)
        trailing.append(said.named)
        counts.update(identities(harvest, said.named))
        heard.update({(word, what): count for word, what, count in said.heard})
        skipped += unread(harvest.name, said)
    asked = [("", value.strip()) for value in me if "@" in value.strip()[1:]]
    mapped: dict[Identity, Identity] = {}
    also: dict[str, str] = {}
    found = [pair for pair in dict.fromkeys([*sorted(counts), *asked]) if not pair[1].startswith("@")]
    for harvest in harvests:
        for raw, real in zip(found, harvest.mailmap(found), strict=True):
            if real == raw:
                continue
            # The first mailmap that knows somebody names them; one that names them otherwise means the same person.
            first, second = followed(also, plain(*mapped.setdefault(raw, real))), followed(also, plain(*real))
            if first != second:
                also[second] = first
    ids = {raw: followed(also, plain(*mapped.get(raw, raw))) for raw in counts}
    asked_ids = {low: followed(also, plain(*mapped.get(("", low), ("", low)))) for _, low in asked}
    table, notes = read_files(org)
    told = {row.email: row.person for row in table if row.email}
    handles: dict[str, str] = {row.key: row.person for row in table if row.key}
    for raw in ids:
        own = handle_of(raw[1])
        if raw[1].lower() in told or ids[raw] in told:
            ids[raw] = told.get(raw[1].lower()) or told[ids[raw]]
        elif own and own in handles:
            ids[raw] = handles[own]
    for raw in sorted(ids, key=lambda raw: (-counts[raw], raw)):
        own = handle_of(raw[1])
        if own:
            handles.setdefault(own, ids[raw])
    for raw, id_ in ids.items():
        if id_.startswith("@"):
            ids[raw] = handles.get(id_, id_)
        elif not raw[1]:
            same = {other for (name, email), other in ids.items() if email and name.casefold() == raw[0].casefold()}
            if len(same) == 1:
                ids[raw] = next(iter(same))
    whose, doubts = connect(accounts, ids, handles, table, {raw[1].strip().lower(): plain(*real) for raw, real in sorted(mapped.items())})
    notes += doubts
    people = gather(ids, counts, table, handles, whose)
    mine: list[str] = []
    for value in me:
        hits = people.matches(asked_ids.get(value.strip(), value)) or people.matches(value)
        if len(hits) == 1:
            mine += hits
    if len(set(mine)) > 1:
        ids = {raw: mine[0] if id_ in mine else id_ for raw, id_ in ids.items()}
        table = [replace(row, person=mine[0]) if row.person in mine else row for row in table]
        handles = {handle: mine[0] if id_ in mine else id_ for handle, id_ in handles.items()}
        whose = [(mine[0] if id_ in mine else id_, raw, bot) for id_, raw, bot in whose]
        people = gather(ids, counts, table, handles, whose)
    unknown = [value for value in me if mine and not people.matches(value) and not people.matches(asked_ids.get(value.strip(), value))]
    notes += [f"--me {value}: nothing in these repositories carries it" for value in unknown]
    if mine:
        calls = {raw[0].strip().casefold() for raw, id_ in ids.items() if id_ == mine[0]} - {""}
        others = sorted({id_ for call in calls for id_ in people.names.get(call, ())} - {mine[0]})
        if others:
            notes.append(f"the same name also stands with {', '.join(others)}: counted as somebody else; if that is you, add "
                         + " ".join(f"--me {id_}" for id_ in others))
    if away := strangers(harvests, trailing, people):
        notes.append(away)
    emails = {**people.emails, **{raw.lower(): mine[0] for raw, id_ in asked_ids.items() if id_ in mine}}
    # What nobody carries here, a record of another source may: the owner says that it is theirs.
    emails.update({value.strip().lower(): mine[0] for value in unknown if "@" in value.strip()[1:]})
    own_keys = {key_of(value): mine[0] for value in unknown if value.strip().startswith("@") or ":" in value}
    return People(
        people.all, people.all.get(mine[0]) if mine else None, recent(harvests, ids, people.all),
        tuple((word, what, count) for (word, what), count in sorted(heard.items(), key=lambda one: (-one[1], one[0]))),
        tuple(skipped), tuple(notes), people.identities, emails, {**people.handles, **own_keys}, people.names,
    )


def unread(name: str, said: Read) -> Iterator[Skipped]:
    """The trailers of a harvest that made nobody a participant, by why; an author's own signature is no loss."""
    why = {
        NOBODY: "name nobody",
        NO_PART: "have words that no part in a change is known for",
        BEFORE: "stand before the author’s own, without one, or on what GitHub squashed: who passed the change on cannot be told",
    }
    for what, reason in why.items():
        lines = [(word[:1].upper() + word[1:], count) for word, became, count in said.heard if became == what]
        words = ", ".join(word for word, _ in lines[:3]) + (", …" if len(lines) > 3 else "")
        if lines:
            yield Skipped(f"{name}: trailers {words}", reason, sum(count for _, count in lines))


def strangers(harvests: Sequence[Harvested], named_: Sequence[pa.Table], people: People) -> str:
    """How many whom trailers name made no commit here, in a sentence; empty where everybody did."""
    made = {
        people.identities.get(pair, "")
        for harvest in harvests
        for who in ("author", "committer")
        for pair in distinct(harvest.commits, f"{who}_name", f"{who}_email")
    }
    lines = Counter(
        people.identities.get(pair, "") for table in named_
        for pair in zip(table["name"].to_pylist(), table["email"].to_pylist(), strict=True)
    )
    lines = Counter({id_: count for id_, count in lines.items() if not people.person(id_).bot})
    away = {id_: count for id_, count in lines.items() if id_ not in made}
    if not away:
        return ""
    return (f"of {len(lines)} people in trailers {len(away)} made no commit here ({sum(away.values())} of {lines.total()} mentions): "
            "only these lines tell who they are")


def distinct(table: pa.Table, *columns: str) -> Iterator[Identity]:
    """Each distinct pair of these columns."""
    rows = table.group_by(list(columns)).aggregate([])
    yield from zip(*(rows[column].to_pylist() for column in columns), strict=True)


def identities(harvest: Harvested, trailing: pa.Table) -> dict[Identity, int]:
    """Every (name, e-mail) of a harvest with how often it authored; committers and trailers count little."""
    found: Counter[Identity] = Counter()
    for who, weight in (("author", 1000), ("committer", 1)):
        table = harvest.commits.group_by([f"{who}_name", f"{who}_email"]).aggregate([([], "count_all")])
        for name, email, count in zip(*(table[c].to_pylist() for c in (f"{who}_name", f"{who}_email", "count_all")), strict=True):
            found[name, email] += weight * count
    for name, email in zip(trailing["name"].to_pylist(), trailing["email"].to_pylist(), strict=True):
        found[name, email] += 1
    return {pair: found[pair] for pair in sorted(found)}


def followed(also: Mapping[str, str], id_: str) -> str:
    """The id that an id was joined to."""
    while id_ in also:
        id_ = also[id_]
    return id_


def connect(
    accounts: Iterable[Account], ids: dict[Identity, str], handles: dict[str, str], table: Sequence[Row], mapped: Mapping[str, str]
) -> tuple[list[tuple[str, Identity, bool]], list[str]]:
    """(person, name and address, whether it is a program) of each account, and what was not believed.

    `ids` and `handles` are changed in place: an account joins whoever has its e-mail, and two persons become one where an account
    has the handle of one and the e-mail of the other. Not so where people.csv tells them apart, where several accounts of a
    platform state that e-mail, and for programs. An account that is but a name is whoever alone has that name and an address.
    """
    known = sorted(set(accounts))
    told = {row.person for row in table}
    stated = Counter((where, email) for where, email, _ in {(platform(one), one.email.strip().lower(), key_of(one.id)) for one in known if one.email})
    by_email: dict[str, str] = {}
    for raw in sorted(ids):
        by_email.setdefault(raw[1].strip().lower(), ids[raw])
    by_email.update((row.email, row.person) for row in table if row.email)
    calls: dict[str, set[str]] = defaultdict(set)
    for (name, address), id_ in ids.items():
        if "@" in address[1:]:
            calls[name.strip().casefold()].add(id_)
    notes: dict[str, None] = {}
    joined: dict[str, str] = {}
    whose: list[tuple[Account, str, str]] = []
    for one in known:
        key, email, called = key_of(one.id), one.email.strip().lower(), one.name.strip().casefold()
        if ":" not in one.id and "@" in one.id[1:]:
            # The source knows people by their addresses.
            email = one.id.strip().lower()
            whose.append((one, email, by_email.get(email) or mapped.get(email, email)))
            continue
        if email and stated[platform(one), email] > 1:
            notes[f"{email} is the address of {stated[platform(one), email]} accounts of {platform(one)}: it ties none of them to a person"] = None
            email = ""
        if not email or one.bot:
            same = calls[called] if key.partition(":")[2].replace("_", " ") == " ".join(called.split()) and called in calls else set[str]()
            whose.append((one, key, handles.setdefault(key, min(same) if len(same) == 1 else key)))
            continue
        own = handle_of(email)
        person = by_email.get(email) or by_email.get(mapped.get(email, "")) or (handles.get(own) if own else None) or mapped.get(email, email)
        person, held = followed(joined, person), followed(joined, handles.setdefault(key, person))
        if held in told and person in told and held != person:
            notes[f"{one.id} is {held} by people.csv, and its own platform gives it the e-mail of {person}: people.csv counts"] = None
            whose.append((one, key, held))
            continue
        kept, gone = (person, held) if person in told or held not in told else (held, person)
        if kept != gone:
            joined[gone] = kept
        by_email[email] = kept
        whose.append((one, email, kept))
    ids.update({raw: followed(joined, id_) for raw, id_ in ids.items()})
    handles.update({handle: followed(joined, id_) for handle, id_ in handles.items()})
    return [(followed(joined, id_), (one.name, address), one.bot) for one, address, id_ in whose], list(notes)


def platform(account: Account) -> str:
    """Whose account it is: `gitlab` of `gitlab:ann`, and `github` of `@ann`."""
    return account.id.partition(":")[0] if ":" in account.id else "github"


def gather(
    ids: Mapping[Identity, str], counts: Mapping[Identity, int], table: Sequence[Row], handles: Mapping[str, str],
    accounts: Sequence[tuple[str, Identity, bool]] = (),
) -> People:
    """People of these identities and accounts."""
    raws: dict[str, list[Identity]] = defaultdict(list)
    for raw in sorted(ids, key=lambda raw: (-counts[raw], raw)):
        raws[ids[raw]].append(raw)
    for row in table:
        raws[row.person].append((row.name, row.email))
    given = {row.person: row.name for row in table if row.name}
    programs = {id_ for id_, _, bot in accounts if bot}
    alone = {id_ for id_, _, _ in accounts} - raws.keys()
    for id_, raw, _ in accounts:
        raws[id_].append(raw)
    tags: dict[str, list[str]] = defaultdict(list)
    for handle, id_ in sorted(handles.items()):
        tags[id_].append(handle.removeprefix("@"))
    everybody: dict[str, Person] = {}
    emails: dict[str, str] = {}
    names: dict[str, list[str]] = defaultdict(list)
    for id_ in sorted(raws):
        own = raws[id_]
        addresses = dict.fromkeys([id_] if "@" in id_[1:] else [])
        addresses.update(dict.fromkeys(raw[1].lower() for raw in own if "@" in raw[1][1:]))
        calls = [raw[0] for raw in own if raw[0].strip()]
        # Whom the organisation's own file names is a person, whatever they are called.
        bot = id_ not in given and (
            id_ in programs or robot(calls[0] if calls else "", id_) or robot(calls[0] if calls else "", own[0][1]))
        everybody[id_] = Person(id_, given.get(id_) or (calls[0] if calls else id_), tuple(addresses),
                                tuple(dict.fromkeys(tags[id_])), bot)
        for address in addresses:
            # The id's own address is its own, whoever else once used it.
            if address == id_ or address not in emails:
                emails[address] = id_
        # Whom only an account knows takes no name from somebody whom a history knows.
        if not bot and id_ not in alone:
            for call in dict.fromkeys(name.strip().casefold() for name in (everybody[id_].name, *calls)):
                names[call].append(id_)
    taken = names.keys() | set[str]()
    for id_ in sorted(alone):
        call = everybody[id_].name.strip().casefold()
        if call not in taken and not everybody[id_].bot:
            names[call].append(id_)
    tidy = dict(sorted(handles.items()))
    return People(everybody, identities=dict(ids), emails=emails, handles=tidy,
                  names={name: tuple(found) for name, found in names.items()})


def plain(name: str, email: str) -> str:
    """The id of an identity on its own."""
    return email.strip().lower() or " ".join(name.casefold().split()) or "unknown"


def handle_of(email: str) -> str | None:
    """`@handle` where an e-mail is GitHub's stand-in for an account."""
    found = NOREPLY.fullmatch(email.strip())
    return f"@{found[1].lower()}" if found else None


def robot(name: str, email: str) -> bool:
    """Whether a name and an e-mail are a program's."""
    return bool(program(name, email))


def program(name: str, email: str) -> str:
    """Why a name and an e-mail are taken for a program's; empty where they are somebody's."""
    low, local = name.strip().casefold(), email.strip().lower().partition("@")[0]
    account = handle_of(email)
    local = account[1:] if account else local.partition("+")[2] or local
    if email.strip().lower() == WEB_FLOW or low in BOTS or local in BOTS - {"github", "prow", "jenkins", "web-flow"}:
        return "it is an account that is known to be a program"
    if BOT_NAME.search(low.strip()) or local.endswith("[bot]"):
        return "its name says so"
    # "Bot" is a family name too: it takes a telling address with it.
    if BOT_LOCAL.search(local) and (re.search(r"\b(?:ro)?bot\b", low) or low == local or not low):
        return "its name and its address say so"
    return ""


def recent(harvests: Sequence[Harvested], ids: Mapping[Identity, str], everybody: Mapping[str, Person]) -> tuple[tuple[str, int], ...]:
    """Commits per person in the last year that the harvests cover, most first; bots and merges are left out."""
    newest = [day for harvest in harvests if (day := pc.max(harvest.commits["committed_at"]).as_py())]
    if not newest:
        return ()
    since = max(newest) - timedelta(days=365)
    found: Counter[str] = Counter()
    for pair in year(harvests, since):
        id_ = ids[pair]
        if not everybody[id_].bot:
            found[id_] += 1
    return tuple(sorted(found.items(), key=lambda row: (-row[1], row[0])))


def year(harvests: Sequence[Harvested], since: object) -> Iterator[Identity]:
    """(name, e-mail) of the author of each commit from `since` on that is no merge."""
    for harvest in harvests:
        table = harvest.commits
        late = pc.fill_null(pc.greater_equal(table["committed_at"], pa.scalar(since, table["committed_at"].type)), False)
        table = table.filter(pc.and_(late, pc.less(pc.list_value_length(table["parents"]), 2)))
        yield from zip(table["author_name"].to_pylist(), table["author_email"].to_pylist(), strict=True)
