"""Who is who: every name and e-mail that a history holds, resolved to one person each, and the one that `--me` means.

A person's id is the lower-case e-mail that the mailmap gives. Two e-mails become one person only where somebody says so:
a repository's mailmap, `--me` given several times, or `org/people.csv`. A shared name or a similar address never does.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from muster.model import MusterError, Person, Skipped
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
            return self.emails.get(low, low)
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
        """Ids that an e-mail, a `@handle` or an exact display name stands for; bots are left out of names."""
        low = value.strip().lower()
        if low.startswith("@"):
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


def resolve(harvests: Sequence[Harvested], org: Path | None = None, me: Sequence[str] = ()) -> People:
    """Everybody whom the harvests name, as authors, committers or in trailers.

    Every repository's mailmap counts for all of them: the same e-mail is the same person wherever it stands. What `org/people.csv`
    (person, email, handle, name) and `me` say comes last and wins.
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
    table, notes = read_csv(org)
    told = {email: person for person, email, _, _ in table if email}
    handles: dict[str, str] = {handle: person for person, _, handle, _ in table if handle}
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
    people = gather(ids, counts, table, handles)
    mine: list[str] = []
    for value in me:
        hits = people.matches(asked_ids.get(value.strip(), value)) or people.matches(value)
        if len(hits) == 1:
            mine += hits
    if len(set(mine)) > 1:
        ids = {raw: mine[0] if id_ in mine else id_ for raw, id_ in ids.items()}
        table = [(mine[0] if person in mine else person, email, handle, name) for person, email, handle, name in table]
        handles = {handle: mine[0] if id_ in mine else id_ for handle, id_ in handles.items()}
        people = gather(ids, counts, table, handles)
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
    return People(
        people.all, people.all.get(mine[0]) if mine else None, recent(harvests, ids, people.all),
        tuple((word, what, count) for (word, what), count in sorted(heard.items(), key=lambda one: (-one[1], one[0]))),
        tuple(skipped), tuple(notes), people.identities, emails, people.handles, people.names,
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


def gather(
    ids: Mapping[Identity, str], counts: Mapping[Identity, int], table: Sequence[tuple[str, str, str, str]],
    handles: Mapping[str, str],
) -> People:
    """People of these identities."""
    raws: dict[str, list[Identity]] = defaultdict(list)
    for raw in sorted(ids, key=lambda raw: (-counts[raw], raw)):
        raws[ids[raw]].append(raw)
    for person, email, _, name in table:
        raws[person].append((name, email))
    given = {person: name for person, _, _, name in table if name}
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
        bot = id_ not in given and (robot(calls[0] if calls else "", id_) or robot(calls[0] if calls else "", own[0][1]))
        everybody[id_] = Person(id_, given.get(id_) or (calls[0] if calls else id_), tuple(addresses),
                                tuple(dict.fromkeys(tags[id_])), bot)
        for address in addresses:
            # The id's own address is its own, whoever else once used it.
            if address == id_ or address not in emails:
                emails[address] = id_
        if not bot:
            for call in dict.fromkeys(name.strip().casefold() for name in (everybody[id_].name, *calls)):
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
    low, local = name.strip().casefold(), email.strip().lower().partition("@")[0]
    account = handle_of(email)
    local = account[1:] if account else local.partition("+")[2] or local
    if email.strip().lower() == WEB_FLOW or low in BOTS or local in BOTS - {"github", "prow", "jenkins", "web-flow"}:
        return True
    if BOT_NAME.search(low.strip()) or local.endswith("[bot]"):
        return True
    # "Bot" is a family name too: it takes a telling address with it.
    return bool(BOT_LOCAL.search(local)) and bool(re.search(r"\b(?:ro)?bot\b", low) or low == local or not low)


def read_csv(org: Path | None) -> tuple[list[tuple[str, str, str, str]], list[str]]:
    """Rows (person, email, @handle, name) of the organisation's people.csv; none where there is no such file."""
    file = org / "people.csv" if org else None
    if file is None or not file.is_file():
        return [], []
    rows: list[tuple[str, str, str, str]] = []
    notes: list[str] = []
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        reader = csv.DictReader(lines)
        columns = [(column or "").strip().lower() for column in reader.fieldnames or ()]
        if "person" not in columns and "email" not in columns:
            raise MusterError(str(file), f"its first line names the columns {', '.join(columns) or '(none)'}",
                              "Make it: person,email,handle,name")
        for raw in reader:
            row = {(key or "").strip().lower(): (value or "").strip() for key, value in raw.items() if isinstance(value, str)}
            email, handle = row.get("email", "").lower(), row.get("handle", "").lower().removeprefix("@")
            person = row.get("person", "").lower() or email or (f"@{handle}" if handle else "")
            if person:
                rows.append((person, email, f"@{handle}" if handle else "", row.get("name", "")))
            else:
                notes.append(f"{file.name}:{reader.line_num}: a row without person, email and handle was left out")
    return rows, notes


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
