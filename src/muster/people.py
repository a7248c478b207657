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

from muster.model import MusterError, Person, Role, Skipped

Identity = tuple[str, str]

#: GitHub's own name on what its web pages commit; it is nobody.
WEB_FLOW = "noreply@github.com"
NOREPLY = re.compile(r"(?:\d+\+)?([a-z0-9][a-z0-9-]*(?:\[bot\])?)@users\.noreply\.github\.com", re.IGNORECASE)
HANDLE = re.compile(r"@?([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))")

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

ROLES = {
    "co-authored": Role.CO_AUTHOR, "co-developed": Role.CO_AUTHOR, "reviewed": Role.REVIEWER, "acked": Role.ACKER,
    "tested": Role.TESTER, "reported": Role.REPORTER,
}
ANY_TRAILER = "(?i)(co-authored|co-developed|reviewed|acked|tested|reported)-by:"
#: At most three spaces before it: four make code, and `>` makes a quotation of somebody else's message.
TRAILER = re.compile(r"^ {0,3}(co-authored|co-developed|reviewed|acked|tested|reported)-by:[ \t]*(.*?)[ \t]*$",
                     re.IGNORECASE | re.MULTILINE)
NAMED = re.compile(r"^(.*?)[ \t]*<[ \t]*([^<>\s@]+@[^<>\s]+?)[ \t]*>")
BARE = re.compile(r"^([^<>@\s][^<>@]*?)??[ \t]*[(<\[]?([^<>()\[\]\s@]+@[^<>()\[\]\s@]+\.[^<>()\[\]\s@]+?)[)>\].,;]*$")
#: A trailer's value is read up to here: no name and e-mail is longer.
LONGEST = 400
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

    `recent` counts each person's commits in the last year that the harvests cover, most first.
    """

    all: Mapping[str, Person]
    me: Person | None = None
    recent: tuple[tuple[str, int], ...] = ()
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


def trailers(commits: pa.Table) -> pa.Table:
    """(seq, role, name, email) of everybody whom a trailer of a commit names, in order.

    A trailer counts wherever a line starts with it, because a squash merge leaves them in mid-message; quoted and
    indented lines do not count. `email` is `@handle` where that is all there is, and empty where only a name is given.
    """
    rows: list[tuple[int, str, str, str]] = []
    holding = commits.filter(pc.match_substring_regex(commits["body"], ANY_TRAILER))
    for seq, body in zip(holding["seq"].to_pylist(), holding["body"].to_pylist(), strict=True):
        for word, value in TRAILER.findall(body.replace("\r", "")):
            rows += [(seq, ROLES[word.lower()].value, name, email) for name, email in named(value)]
    schema = pa.schema([("seq", pa.int32()), ("role", pa.string()), ("name", pa.string()), ("email", pa.string())])
    columns: Sequence[Sequence[object]] = list(zip(*dict.fromkeys(rows), strict=True)) or [(), (), (), ()]
    return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema)


def named(value: str) -> list[Identity]:
    """The (name, e-mail) that a trailer's value gives; none where it is empty or no name at all."""
    value = value[:LONGEST]
    if found := NAMED.match(value):
        return [(found[1].strip(' "\''), found[2])]
    if found := BARE.match(value):
        return [((found[1] or "").strip(' "\'(<['), found[2])]
    if value.startswith("@"):
        return [("", f"@{handle[1].lower()}") for part in re.split(r"[,\s]+", value) if (handle := HANDLE.fullmatch(part))]
    name = re.sub(r"\s*[<(].*$", "", value).strip()
    return [(name, "")] if name and len(name) <= 80 else []


def resolve(harvests: Sequence[Harvested], org: Path | None = None, me: Sequence[str] = ()) -> People:
    """Everybody whom the harvests name, as authors, committers or in trailers.

    Every repository's mailmap counts for all of them: the same e-mail is the same person wherever it stands. What `org/people.csv`
    (person, email, handle, name) and `me` say comes last and wins.
    """
    counts: Counter[Identity] = Counter()
    for harvest in harvests:
        counts.update(identities(harvest))
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
    said = {email: person for person, email, _, _ in table if email}
    handles: dict[str, str] = {handle: person for person, _, handle, _ in table if handle}
    for raw in ids:
        own = handle_of(raw[1])
        if raw[1].lower() in said or ids[raw] in said:
            ids[raw] = said.get(raw[1].lower()) or said[ids[raw]]
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
    emails = {**people.emails, **{raw.lower(): mine[0] for raw, id_ in asked_ids.items() if id_ in mine}}
    return People(
        people.all, people.all.get(mine[0]) if mine else None, recent(harvests, ids, people.all), people.skipped,
        tuple(notes), people.identities, emails, people.handles, people.names,
    )


def identities(harvest: Harvested) -> dict[Identity, int]:
    """Every (name, e-mail) of a harvest with how often it authored; committers and trailers count little."""
    found: Counter[Identity] = Counter()
    for who, weight in (("author", 1000), ("committer", 1)):
        table = harvest.commits.group_by([f"{who}_name", f"{who}_email"]).aggregate([([], "count_all")])
        for name, email, count in zip(*(table[c].to_pylist() for c in (f"{who}_name", f"{who}_email", "count_all")), strict=True):
            found[name, email] += weight * count
    table = trailers(harvest.commits)
    for name, email in zip(table["name"].to_pylist(), table["email"].to_pylist(), strict=True):
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
