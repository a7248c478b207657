"""GitHub: issues, pull requests, what was done to them, reviews, comments, edits and discussions; github.com or Enterprise.

`fetch` asks REST for what changed since the last time, the oldest change first, and writes each item with all that stands
below it in one go: killed at any moment, the next sync goes on from there. GraphQL, which wants a token, adds what REST
does not say. `parse` is in `_github_parse` and `_github_graph`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from muster.model import Evidence, MusterError
from muster.sources import _github_graph
from muster.sources._client import Answer, Client, RefusedError, Secret, Tell, secret
from muster.sources._github_parse import GHOST, PUBLIC, SOURCE, parse
from muster.sources._kept import Kept, Raw, digest

__all__ = ["BLIND", "EXAMPLE", "GIVES", "KEPT", "QUESTIONS", "SHOWS", "SOURCE", "Settings", "fetch", "join", "parse", "settle", "wants"]

KEPT = True
GIVES = ("pull-requests", "issues")
SHOWS = "issues, pull requests, reviews, comments at lines, who was assigned, asked, closed and merged, when texts were edited"
BLIND = "what was said elsewhere or deleted; pushes before a review; why code changed after one; before 2022 why an issue was closed"
QUESTIONS = (
    "Who outside your team says so?",
    "Is this bigger than the team?",
    "When did you push back, and were you right?",
    "Have I seen this work myself, before today?",
    "What would have happened without you?",
    "Was this written then, or now?",
)
EXAMPLE = '[sources.github]\nrepositories = ["octo/hello", "octo/site"]'

#: The REST version whose shapes are parsed.
HEADERS = {"Accept": "application/vnd.github+json, application/json;q=0.9", "X-GitHub-Api-Version": "2022-11-28"}
#: How far a sync goes back behind where the last one ended: servers' copies lag, and clocks differ.
OVERLAP = timedelta(minutes=5)
#: Changes are dated by the second. What was read this soon after its last change may have changed within it.
SETTLED = timedelta(minutes=1)
#: Items asked for in one GraphQL question, and comments.
TOGETHER, MANY = 10, 100
#: What below an item comes from one list each, so that what is missing there is gone.
LISTS = ("comments", "reviews", "events", "references", "commits", "others")

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Settings:
    """`repositories` are named OWNER/NAME; `since` is the first day that counts (2025-01-31), all without it; `base` is where
    the API begins, of GitHub Enterprise https://HOST/api/v3.
    """

    repositories: tuple[str, ...]
    since: date | None = None
    base: str = "https://api.github.com"

    def __post_init__(self) -> None:
        for name in self.repositories:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*/(?!\.{1,2}$)[\w.-]+", name, re.ASCII):
                raise ValueError(f"`repositories`: {name!r} is no repository; write OWNER/NAME")
        host_of(self.base)


def host_of(base: str) -> str:
    """The host that pages are on, for an API's address; ValueError where it is none."""
    try:
        found = urlsplit(base)
        host = found.netloc.lower()
    except ValueError:
        host = ""
    if not host or found.scheme not in ("http", "https") or "@" in host:
        raise ValueError(f"`base`: {base!r} is no address; write https://HOST/api/v3")
    return host.removeprefix("api.") if host == "api.github.com" or host.endswith(".ghe.com") else host


def prefix_of(host: str, name: str) -> str:
    """What the keys of a repository's items begin with."""
    return (name if host == PUBLIC else f"{host}/{name}").lower()


def wants(settings: Settings, raw: Raw) -> bool:
    """Whether an item that was kept is of a repository that is still connected."""
    host = host_of(settings.base)
    return any(raw.key.startswith(prefix_of(host, name) + "/") for name in settings.repositories)


def join(first: Evidence, later: Evidence) -> Evidence:
    """One piece of two that speak of the same record: the first, with what the later one adds of people and facts."""
    people = dict.fromkeys((*first.participants, *later.participants))
    facts = dict.fromkeys((*first.facts, *later.facts))
    return replace(first, participants=tuple(people), facts=tuple(facts), text=first.text or later.text, url=first.url or later.url)


def settle(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    """What is closed, with who closed it by the last event of that, where the lists that it came from do not say so."""
    found = list(evidence)
    closings: dict[str, Evidence] = {}
    for piece in sorted((one for one in found if one.fact("event") == "closed" and one.about and one.happened_at), key=moment):
        closings[str(piece.about)] = piece
    for piece in found:
        last = closings.get(piece.id)
        if last is not None and last.actor != GHOST and piece.fact("closed") and not piece.fact("closed-by"):
            yield replace(piece, facts=(*piece.facts, ("closed-by", last.actor)))


def moment(piece: Evidence) -> tuple[datetime, str]:
    """What sorts pieces by time."""
    return piece.happened_at or datetime.max.replace(tzinfo=UTC), piece.id


# Asking

def token(host: str) -> Secret | None:
    """The token for a host. Those in the environment are for github.com, or for the host that GH_HOST names: a book that
    names another host must not draw them there. `gh` is not asked where it would hand out one of them.
    """
    command = ("gh", "auth", "token", "--hostname", host)
    if host == PUBLIC:
        return secret(SOURCE, host, ("MUSTER_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"), command)
    enterprise = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
    if os.environ.get("GH_HOST", "").lower() == host:
        return secret(SOURCE, host, enterprise, command)
    shared = (*enterprise, "GH_TOKEN", "GITHUB_TOKEN")
    return secret(SOURCE, host, (), None if any(os.environ.get(name) for name in shared) else command)


def fetch(settings: Settings, root: Path, kept: Kept, tell: Tell) -> None:
    """Bring what changed since the last time into `kept`. Raises MusterError; what was brought until then is kept.

    Asks, for each changed item, for its timeline, and of a pull request for itself and its comments at lines: two to four
    requests. Without a token GitHub grants 60 an hour, with one 5,000.
    """
    host = host_of(settings.base)
    auth = token(host)
    with Client(settings.base, auth, name=host, headers=HEADERS, clock=kept.clock, tell=tell) as client:
        graph = Graph(client, settings.base, tell, "" if auth else "there is no token")
        for name in settings.repositories:
            first = f"{settings.since}T00:00:00Z" if settings.since else ""
            Bringing(client, graph, kept, tell, name, prefix_of(host, name), first).run()


@dataclass(slots=True)
class Graph:
    """Asks in GraphQL, as long as that is there; `off` says why it is not."""

    client: Client
    base: str
    tell: Tell
    off: str = ""
    told: bool = False

    def ask(self, query: str, variables: Mapping[str, object]) -> Answer | None:
        """The answer; None where GraphQL is not to be had, which is told once."""
        if not self.off:
            parts = urlsplit(self.base)
            path = f"{parts.scheme}://{parts.netloc}/api/graphql" if parts.path.rstrip("/").endswith("/api/v3") else "/graphql"
            try:
                answer = self.client.post(path, {"query": query, "variables": variables})
            except RefusedError as error:
                if error.status not in (401, 403, 404, 405, 422):
                    raise
                self.off = f"it answers {error.status}"
            else:
                return self.read(answer)
        if not self.told:
            self.told = True
            self.tell(f"GitHub's GraphQL is not asked, because {self.off}: edits, what closed an issue and discussions stay unknown", 0, None)
        return None

    def read(self, answer: Answer) -> Answer | None:
        """The answer where it has data; None where it has none for a reason of this question alone."""
        said: dict[str, Any] = answer.json(dict[str, Any])
        if said.get("data"):
            return answer
        errors = [one for one in said.get("errors") or () if isinstance(one, dict)]
        reason = " ".join(str(errors[0].get("message") or "").split())[:120] if errors else "no data"
        if any(one.get("type") == "RATE_LIMITED" for one in errors):
            raise MusterError(self.client.name, f"its limit for GraphQL is used up: {reason}", "Sync again in an hour; it goes on from here.")
        self.tell(f"GitHub's GraphQL cannot answer a question: {reason}", 0, None)
        return None


class Listed(msgspec.Struct):
    """What is looked at of an item of a list before it is kept as it is."""

    number: int
    updated_at: datetime
    node_id: str = ""
    pull_request: dict[str, Any] | None = None


class Below(msgspec.Struct):
    """What is looked at of something below an item."""

    event: str = ""
    id: int | None = None
    node_id: str | None = None
    sha: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    submitted_at: str | None = None
    source: dict[str, Any] | None = None


class Node(msgspec.Struct):
    """What is looked at of a node."""

    id: str = ""


class Talk(msgspec.Struct, rename="camel"):
    """What is looked at of a discussion."""

    number: int
    updated_at: datetime


class Page(msgspec.Struct, rename="camel"):
    """Whether there is more of a list, and where."""

    has_next_page: bool = False
    end_cursor: str | None = None


class Talks(msgspec.Struct, rename="camel"):
    """A list of discussions."""

    page_info: Page = msgspec.field(default_factory=Page)


class Repository(msgspec.Struct):
    """A repository with its discussions."""

    discussions: Talks = msgspec.field(default_factory=Talks)


class Data(msgspec.Struct):
    """What was asked for."""

    repository: Repository = msgspec.field(default_factory=Repository)


class Pages(msgspec.Struct):
    """An answer with a list of discussions."""

    data: Data = msgspec.field(default_factory=Data)


class Counted(msgspec.Struct):
    """How many comments at lines a pull request has."""

    review_comments: int = 0


@dataclass(slots=True)
class Bringing:
    """One repository's sync."""

    client: Client
    graph: Graph
    kept: Kept
    tell: Tell
    name: str
    prefix: str
    first: str
    again: datetime | None = None
    done: int = 0

    def run(self) -> None:
        """Bring all that changed."""
        whole = self.kept.cursor(f"{self.prefix} graph") != "off" or bool(self.graph.off)
        if self.kept.cursor(self.prefix) is None or not whole:
            # Everything is asked for: at first, where that is wished, and where until now GraphQL was not to be had.
            marks = {self.prefix: "", "again": self.kept.clock().isoformat(), "graph": "off" if self.graph.off else "on", "since": self.first}
            self.kept.put((), {name if name == self.prefix else f"{self.prefix} {name}": value for name, value in marks.items()})
        elif self.first < (self.kept.cursor(f"{self.prefix} since") or ""):
            self.kept.put((), {self.prefix: "", f"{self.prefix} since": self.first})
        again = self.kept.cursor(f"{self.prefix} again")
        self.again = datetime.fromisoformat(again) if again else None
        reached = self.kept.cursor(self.prefix)
        since = stamp(datetime.fromisoformat(reached) - OVERLAP) if reached else self.first
        for answer in self.changed(since):
            entries: list[tuple[bytes, Listed]] = []
            odd: list[Raw] = []
            for one in answer.items():
                if (listed := look(one, Listed)) is not None and listed.number > 0:
                    entries.append((one, listed))
                else:  # kept, so that it is counted where it cannot be parsed
                    odd.append(Raw(f"{self.prefix}/issues/0/odd/{digest(one).hex()}", "issue", one, answer.at))
            self.kept.put(odd)
            fresh = [(one, listed) for one, listed in entries if not self.has(listed)]
            for start in range(0, len(fresh), TOGETHER):
                self.bring(answer, fresh[start : start + TOGETHER])
            if entries:
                self.kept.put((), {self.prefix: stamp(entries[-1][1].updated_at)})
        self.discussions()
        self.kept.put((), {f"{self.prefix} again": ""})

    def changed(self, since: str) -> Iterator[Answer]:
        """Lists of items that changed since then, the oldest change first.

        Each list is asked for from the last change of the one before, not by its number: an item that changes meanwhile
        moves to the end, and by number what moved up into its place would be passed over.
        """
        last = since
        while True:
            params: dict[str, str | int] = {"state": "all", "sort": "updated", "direction": "asc", "per_page": 100}
            if last:
                params["since"] = stamp(datetime.fromisoformat(last) - timedelta(seconds=1)) if last != since else last
            for answer in self.client.pages(f"/repos/{self.name}/issues", params):
                yield answer
                found = [stamp(listed.updated_at) for one in answer.items() if (listed := look(one, Listed)) is not None]
                newest = max(found, default="")
                if answer.next is not None and newest > last:
                    last = newest
                    break
            else:
                return

    def has(self, listed: Listed) -> bool:
        """Whether an item is kept as it is now, with all below it."""
        before = self.kept.get(f"{self.prefix}/issues/{listed.number}")
        if before is None or not before.body or (self.again is not None and before.seen < self.again):
            return False
        known = look(before.body, Listed)
        return known is not None and known.updated_at == listed.updated_at and before.seen - listed.updated_at > SETTLED

    def bring(self, answer: Answer, items: Sequence[tuple[bytes, Listed]]) -> None:
        """Bring these items with all below them, each in one transaction."""
        nodes = self.nodes(_github_graph.ITEMS, [listed.node_id for _, listed in items])
        brought: list[tuple[Listed, list[Raw]]] = []
        changed: dict[str, str] = {}
        for body, listed in items:
            key = f"{self.prefix}/issues/{listed.number}"
            raws = [Raw(key, "issue", body, answer.at)]
            if (node := nodes.get(listed.node_id)) is not None:
                raws.append(Raw(f"{key}/node", "node", node[0], node[1]))
            raws += self.timeline(listed, changed)
            if listed.pull_request is not None:
                raws += self.pull(listed, changed)
            brought.append((listed, raws))
        edits: dict[str, list[Raw]] = {}
        for start in range(0, len(changed), MANY):
            for id_, (node_body, at) in self.nodes(_github_graph.CHANGED, list(changed)[start : start + MANY]).items():
                edits.setdefault(changed[id_].partition("/versions/")[0].rpartition("/")[2], []).append(Raw(changed[id_], "edits", node_body, at))
        for listed, raws in brought:
            marks = {self.prefix: stamp(listed.updated_at), **({f"{self.prefix} graph": "off"} if self.graph.off else {})}
            self.kept.put([*raws, *edits.get(str(listed.number), ())], marks)
            self.done += 1
            self.tell(f"{self.name}: what changed up to {listed.updated_at:%Y-%m-%d}", self.done, None)

    def nodes(self, query: str, ids: Sequence[str]) -> dict[str, tuple[bytes, datetime]]:
        """What GraphQL says of these nodes, by id, each with its own bytes."""
        wanted = [id_ for id_ in ids if id_]
        answer = self.graph.ask(query, {"ids": wanted}) if wanted else None
        if answer is None:
            return {}
        found: dict[str, tuple[bytes, datetime]] = {}
        for one in answer.items("data", "nodes"):
            if (said := look(one, Node)) is not None and said.id in wanted:
                found[said.id] = (one, answer.at)
        return found

    def timeline(self, listed: Listed, changed: dict[str, str]) -> Iterator[Raw]:
        """The timeline of an item: comments, reviews and events. What was changed since it was written goes into `changed`."""
        home = f"{self.prefix}/issues/{listed.number}"
        seen: set[str] = set()
        for answer in self.below(f"/repos/{self.name}/issues/{listed.number}/timeline"):
            for body in answer.items():
                said = look(body, Below) or Below()
                sort, id_ = sorted_(said, body)
                seen.add(key := f"{home}/{sort}/{id_}")
                yield Raw(key, "timeline", body, answer.at)
                written = said.submitted_at or said.created_at
                if sort in ("comments", "reviews") and said.node_id and said.updated_at and said.updated_at != written:
                    changed[said.node_id] = f"{home}/versions/{sort[:-1]}-{id_}"
        yield from self.gone(home, LISTS, seen)

    def pull(self, listed: Listed, changed: dict[str, str]) -> Iterator[Raw]:
        """A pull request and the comments at its lines."""
        home = f"{self.prefix}/pulls/{listed.number}"
        seen: set[str] = set()
        for whole in self.below(f"/repos/{self.name}/pulls/{listed.number}", one=True):
            yield Raw(home, "pull", whole.body, whole.at)
            if (count := look(whole.body, Counted)) is not None and not count.review_comments:
                continue
            for answer in self.below(f"/repos/{self.name}/pulls/{listed.number}/comments"):
                for body in answer.items():
                    said = look(body, Below) or Below()
                    id_ = str(said.id or digest(body).hex())
                    seen.add(key := f"{home}/review-comments/{id_}")
                    yield Raw(key, "review-comment", body, answer.at)
                    if said.node_id and said.updated_at != said.created_at:
                        changed[said.node_id] = f"{home}/versions/review-comment-{id_}"
        yield from self.gone(home, ("review-comments",), seen)

    def below(self, path: str, *, one: bool = False) -> Iterator[Answer]:
        """The answers to a path of an item; none where it is no more there."""
        try:
            if one:
                yield self.client.get(path)
            else:
                yield from self.client.pages(path, {"per_page": 100})
        except RefusedError as error:
            if error.status not in (404, 410, 451):
                raise
            self.tell(f"{self.name}: {path.removeprefix(f'/repos/{self.name}/')} is not to be had ({error.status})", self.done, None)

    def gone(self, home: str, sorts: Sequence[str], seen: set[str]) -> Iterator[Raw]:
        """What was below an item and is no more, as items without a body."""
        if self.kept.get(f"{home.replace('/pulls/', '/issues/')}") is None:
            return
        for sort in sorts:
            for raw in self.kept.items(f"{home}/{sort}/"):
                if raw.key not in seen and raw.body:
                    yield Raw(raw.key, raw.kind, b"", self.kept.clock())

    def discussions(self) -> None:
        """Bring the discussions that changed, where there are any."""
        owner, _, name = self.name.partition("/")
        mark = f"{self.prefix} discussions"
        reached = self.kept.cursor(mark) or self.first
        newest, after = reached, None
        while (answer := self.graph.ask(_github_graph.DISCUSSIONS, {"owner": owner, "name": name, "after": after})) is not None:
            raws: list[Raw] = []
            for body in answer.items("data", "repository", "discussions", "nodes"):
                if (said := look(body, Talk)) is not None and (at := stamp(said.updated_at)) >= reached:
                    raws.append(Raw(f"{self.prefix}/discussions/{said.number}", "discussion", body, answer.at))
                    newest = max(newest, at)
            self.kept.put(raws)
            page = look(answer.body, Pages)
            following = page.data.repository.discussions.page_info if page else Page()
            if not raws or not following.has_next_page or following.end_cursor in (None, after):
                self.kept.put((), {mark: newest})
                return
            after = following.end_cursor


def sorted_(said: Below, body: bytes) -> tuple[str, str]:
    """Where something of a timeline belongs below its item, and its id there."""
    if said.event in ("commented", "reviewed") and said.id:
        return ("comments" if said.event == "commented" else "reviews"), str(said.id)
    if said.event == "committed" and said.sha:
        return "commits", "".join(letter for letter in said.sha if letter.isalnum())
    if said.event == "cross-referenced" and said.created_at:
        issue = (said.source or {}).get("issue")
        number = issue.get("id") if isinstance(issue, dict) else None
        return "references", f"{number if isinstance(number, int) else 0}-{re.sub(r'[^0-9TZ]', '', said.created_at)}"
    return ("events", str(said.id)) if said.id else ("others", digest(body).hex())


def look(body: bytes, type_: type[S]) -> S | None:
    """What is looked at of an item; None where it has not that shape, which `parse` then says."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (ValueError, RecursionError):
        return None


def stamp(at: datetime) -> str:
    """An instant as GitHub writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
