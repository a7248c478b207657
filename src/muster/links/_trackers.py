"""Issues and pull requests as a platform recorded them, and which commits they became in the connected repositories.

Who opened an issue, who was assigned to it before whom, and what closed it is not in git; a tracker says it. What it says is
read once, as it concerns any person; nothing is judged here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from muster.lake import Lake
from muster.links._mentions import Says, What, mentions
from muster.links._record import Record

#: A repository assigns as a habit where this share of at least so many closed issues had an assignee. One real project
#: assigned 10 of 517 ever: there, that somebody was not assigned says nothing (SOURCES, *Derivations*).
HABIT, HABIT_ISSUES = 0.25, 20
#: An issue opened less than this before its own fix is paperwork for it: 10 of 24 self-fixed ones were, in that project.
PAPERWORK = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody did to an item: assigned, closed, … `to` is whom or what it set."""

    id: str
    what: str
    actor: str
    to: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Item:
    """An issue or a pull request. `repo` is its project as the platform calls it, `number` its number there."""

    id: str
    kind: str
    repo: str
    number: str
    actor: str
    bot: bool
    at: datetime | None
    title: str
    text: str
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    assignees: tuple[str, ...] = ()

    def fact(self, name: str) -> str | None:
        """The first value of that name; None where the platform recorded none."""
        return next(iter(self.facts.get(name, ())), None)

    @property
    def pull(self) -> bool:
        """Whether it is a pull request."""
        return self.kind == "pull-request"

    def assigned(self, person: str, before: datetime) -> Event | None:
        """The first time that somebody else assigned it to the person before that; None where nobody did.

        Whoever takes an issue by assigning it to themselves was not given it.
        """
        found = [event for event in self.events
                 if event.what == "assigned" and event.to == person and event.actor != person and event.at and event.at < before]
        return min(found, key=lambda event: (event.at or before, event.id), default=None)


@dataclass(frozen=True)
class Tracked:
    """Every item of the connected trackers, by id; what it was called; and which commits it became.

    `here` finds an item by (repository as connected, else the platform's name of it; number). `lands` are positions in
    the record. `closes` are the issues that a pull request closed, by the platform's record or its own words, and `by` the
    other way round. `urls` finds any other source's evidence by its link.
    """

    items: Mapping[str, Item] = field(default_factory=dict)
    here: Mapping[tuple[str, str], str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    lands: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    landed: Mapping[int, str] = field(default_factory=dict)
    closes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    habits: frozenset[str] = frozenset()
    urls: Mapping[str, str] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()

    def name(self, item: Item) -> str:
        """What ties everything that names the item: `repository#12`."""
        if item.number.startswith(f"{item.repo}-"):
            return item.number  # a ticket's key, DEPLOY-12, is what everybody calls it
        return f"{self.names.get(item.repo, item.repo)}{'' if item.number.startswith('!') else '#'}{item.number}"

    def find(self, repo: str, number: str) -> Item | None:
        """The item of that number in a repository, by its connected name or the platform's; None where there is none."""
        id_ = self.here.get((repo, number))
        return self.items[id_] if id_ else None

    def other(self, item: Item, repo: str | None, text: str) -> bool:
        """Whether a text that names a number means not this issue but the merge request of that number, by its address."""
        return not item.pull and repo is not None and re.search(rf"{re.escape(repo)}/-/merge_requests/{item.number}(?!\d)", text) is not None


def read(lake: Lake, record: Record) -> Tracked:
    """What the connected trackers hold; empty without any. The same for the same lake."""
    rows = lake.db.execute(
        """SELECT id, kind, actor, bot, happened_at, title, text FROM evidence
           WHERE kind IN ('issue', 'pull-request') AND source NOT IN ('git', 'book') ORDER BY id"""
    ).fetchall()
    others = lake.db.execute(
        "SELECT id, url FROM evidence WHERE source NOT IN ('git', 'book') ORDER BY happened_at, id"
    ).fetchall()
    urls: dict[str, str] = {}
    for id_, url in others:
        if url:
            urls.setdefault(plain(url), id_)
    ids = frozenset(id_ for id_, _ in others)
    if not rows:
        return Tracked(urls=urls, ids=ids)
    facts = _facts(lake)
    events = _events(lake, facts)
    assignees: dict[str, list[str]] = defaultdict(list)
    for id_, person in lake.db.execute("SELECT id, person FROM participant WHERE role = 'assignee' ORDER BY ALL").fetchall():
        assignees[id_].append(person)
    items: dict[str, Item] = {}
    for id_, kind, actor, bot, at, title, text in rows:
        repo, number = called(id_)
        items[id_] = Item(id_, kind, repo, number, actor, bot, _aware(at), title, text, facts.get(id_, {}),
                          tuple(events.get(id_, ())), tuple(assignees.get(id_, ())))
    names = {repo: origin for repo in sorted({item.repo for item in items.values()}) if (origin := _origin(record, repo))}
    here: dict[tuple[str, str], str] = {}
    for item in items.values():
        for name in dict.fromkeys((names.get(item.repo, item.repo), item.repo)):
            here.setdefault((name, item.number), item.id)
    lands, landed = _lands(record, items, names)
    closes = {item.id: found for item in items.values() if item.pull and (found := tuple(_closes(item, items, here, names)))}
    by: dict[str, list[str]] = defaultdict(list)
    for pull, issues in closes.items():
        for issue in issues:
            by[issue].append(pull)
    return Tracked(items, here, names, lands, landed, closes, {id_: tuple(found) for id_, found in sorted(by.items())},
                   _habits(items), urls, ids)


def called(id_: str) -> tuple[str, str]:
    """The project and the number in an item's id: `acme/deploy#12`; `acme/deploy!12`, whose number keeps the sign, because GitLab
    counts merge requests and issues apart; `DEPLOY-12`, which is its own number; `review.example.org/12`.
    """
    source, _, key = id_.partition(":")
    cut = max(key.rfind("#"), key.rfind("!"))
    if cut >= 0:
        return key[:cut] or source, key[cut:].removeprefix("#")
    if "/" in key:
        return key.rpartition("/")[0] or source, key.rpartition("/")[2]
    return key.rpartition("-")[0] or source, key


def plain(url: str) -> str:
    """A link as two writings of it are alike: no scheme, no `www.`, no slash at its end; a fragment stays."""
    text = url.strip().split("://", 1)[-1].removeprefix("www.")
    host, slash, rest = text.partition("/")
    return (host.casefold() + slash + rest).rstrip("/")


def _facts(lake: Lake) -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for id_, name, value in lake.db.execute("SELECT id, name, value FROM fact ORDER BY rowid").fetchall():
        found[id_][name] = (*found[id_].get(name, ()), value)
    return found


def _events(lake: Lake, facts: Mapping[str, Mapping[str, tuple[str, ...]]]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    rows = lake.db.execute(
        "SELECT id, actor, happened_at FROM evidence WHERE kind = 'event' ORDER BY happened_at NULLS LAST, id"
    ).fetchall()
    for id_, actor, at in rows:
        said = facts.get(id_, {})
        for about in said.get("about", ()):
            found[about].append(Event(id_, next(iter(said.get("event", ())), ""), actor, next(iter(said.get("to", ())), ""), _aware(at)))
    return found


def _origin(record: Record, repo: str) -> str | None:
    """The connected repository that a platform's name means: `owner/name`, else `name` where nothing else is called so."""
    parts = repo.split("/")
    for name in dict.fromkeys(("/".join(parts[-2:]), parts[-1])):
        if (origin := record.origin(name, None)) is not None:
            return origin
    return None


def _lands(
    record: Record, items: Mapping[str, Item], names: Mapping[str, str]
) -> tuple[dict[str, tuple[int, ...]], dict[int, str]]:
    """The commits that each merged pull request became, by the platform's hash, else by the number that it landed under."""
    lands: dict[str, tuple[int, ...]] = {}
    landed: dict[int, str] = {}
    for item in items.values():
        if not item.pull or (item.fact("state") not in (None, "merged")):
            continue
        made = record.at.get(f"git:{item.fact('commit')}")
        found = record.whole(made) if made is not None else ()
        if not found and item.repo in names:
            found = record.landed(None, item.number.removeprefix("!"), names[item.repo])
        if found:
            lands[item.id] = tuple(found)
            for i in found:
                landed.setdefault(i, item.id)
    return lands, landed


def _closes(
    item: Item, items: Mapping[str, Item], here: Mapping[tuple[str, str], str], names: Mapping[str, str]
) -> Iterator[str]:
    """The issues that a pull request closed: by the platform's own record, else, once it was merged, by its own words."""
    said = [id_ for id_ in item.facts.get("closes", ()) if id_ in items]
    yield from dict.fromkeys(said)
    if said or item.fact("state") not in (None, "merged"):
        return
    seen: dict[str, None] = {}
    for mention in mentions(item.title, item.text):
        if mention.what is What.NUMBER and mention.says in (Says.CLOSES, Says.FIXES):
            repo = names.get(item.repo, item.repo) if mention.repo is None else mention.repo
            id_ = here.get((names.get(repo, repo), mention.value))
            if id_ and not items[id_].pull:
                seen[id_] = None
    yield from seen


def _habits(items: Mapping[str, Item]) -> frozenset[str]:
    """The projects that assign issues as a habit."""
    closed: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for item in items.values():
        if not item.pull and item.fact("state") == "closed":
            closed[item.repo] += 1
            given[item.repo] += bool(item.assignees or any(event.what == "assigned" for event in item.events))
    return frozenset(repo for repo, count in closed.items() if count >= HABIT_ISSUES and given[repo] >= HABIT * count)


def _aware(when: datetime | None) -> datetime | None:
    return when.replace(tzinfo=UTC) if when else None
