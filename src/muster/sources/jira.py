"""Jira: issues, who was assigned when and by whom, how their status went, why they were closed, what was said; Cloud and Data Center.

`fetch` asks for what changed since the last time, the oldest change first: Cloud's `/rest/api/3/search/jql` with its page
token, Data Center's `/rest/api/2/search`; each issue comes with its changelog and comments, and the rest of them is asked for
where they are long. Cloud's `/search` of old is gone, so the two differ. Shapes: Atlassian's REST documentation; the tests hold
both sides against a description of `/search/jql` in their own words.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

import msgspec

from muster.model import Skipped
from muster.sources._client import Answer, Client, RefusedError, Tell
from muster.sources._jira_parse import SOURCE, named, parse
from muster.sources._kept import Kept, Raw, digest
from muster.sources._secret import Secret, basic, secret
from muster.sources._values import (
    first_instant,
    gone,
    host_of,
    instant,
    line,
    look,
)

__all__ = ["BLIND", "EXAMPLE", "GIVES", "KEPT", "QUESTIONS", "SHOWS", "SOURCE", "Settings", "fetch", "parse", "wants"]

KEPT = True
GIVES = ("issues",)
SHOWS = "issues, who opened, was assigned, moved and closed them and as what, how they are tied, comments"
BLIND = "what was said elsewhere, deleted or restricted; which commits an issue became, unless they name it; e-mails that Atlassian hides"
QUESTIONS = (
    "Who outside your team says so?",
    "When did you push back, and were you right?",
    "What would have happened without you?",
    "Could a strong Senior have done this with the right support?",
    "Was this written then, or now?",
)
EXAMPLE = '[sources.jira]\nbase = "https://orchard.atlassian.net"\nuser = "ann@example.org"\nprojects = ["DEPLOY"]'

#: What of an issue is asked for.
FIELDS = ("summary,description,project,issuetype,status,statuscategorychangedate,resolution,resolutiondate,created,updated,creator,"
          "reporter,assignee,priority,labels,components,issuelinks,parent,comment")
#: How many issues come at a time, and how many changes or comments of one.
PAGE, MANY = 50, 100
#: How far a sync goes back behind where the last one ended, and how many issues a further page begins before the last one's end:
#: one that is changed meanwhile moves to the end of the list, and the others move up.
OVERLAP, AGAIN = timedelta(minutes=5), 10
#: Where nobody says in which zone the server reads a time: the latest there is, which never asks for too little.
LATEST = timezone(timedelta(hours=-12))


@dataclass(frozen=True, slots=True)
class Settings:
    """Which projects (their keys), from which first day, where Jira is, and who the token belongs to.

    `projects` are keys (DEPLOY). `since` is a day (2025-01-31; all without one). `base` is the site's address, with the path
    before /rest where there is one. `user` is the e-mail that a token of Cloud belongs to; without one the token is sent as it
    is (Data Center's personal access tokens).
    """

    base: str
    projects: tuple[str, ...]
    since: date | None = None
    user: str = ""

    def __post_init__(self) -> None:
        host_of(self.base, "https://orchard.atlassian.net")
        for key in self.projects:
            if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,254}", key, re.ASCII):
                raise ValueError(f"`projects`: {key!r} is no key of a project; it stands before an issue's number, DEPLOY in DEPLOY-12")
        if self.user and (":" in self.user or not self.user.isprintable()):
            raise ValueError(f"`user`: {self.user!r} is no account")


def wants(settings: Settings, raw: Raw) -> bool:
    """Whether an item that was kept is of a project that is still connected."""
    host, _, rest = raw.key.partition("/")
    return host == host_of(settings.base, "") and rest.partition("/")[0].rpartition("-")[0] in settings.projects


# Asking

class Dated(msgspec.Struct):
    """When an issue was changed, and how much came with it."""

    updated: str
    comment: Counted | None = None


class Counted(msgspec.Struct):
    """How many there are, and those that came."""

    total: int | None = None
    histories: list[msgspec.Raw] | None = None
    comments: list[msgspec.Raw] | None = None

    @property
    def short(self) -> bool:
        """Whether there are more than came."""
        return self.total is not None and self.total > len(self.histories or self.comments or ())


class Listed(msgspec.Struct):
    """What is looked at of an issue before it is kept as it is."""

    key: str
    fields: Dated
    changelog: Counted | None = None

    @property
    def at(self) -> datetime:
        """When it was changed; ValueError where that is no time."""
        return instant(self.fields.updated)


class Page(msgspec.Struct):
    """What is looked at of a list."""

    nextPageToken: str | None = None  # noqa: N815
    isLast: bool | None = None  # noqa: N815
    total: int | None = None


class Entry(msgspec.Struct):
    """What is looked at of a change or comment."""

    id: str = ""


def token(host: str) -> Secret | None:
    """The token for a host: from the keyring; from the environment for Atlassian's own hosts, or for the one that JIRA_HOST names."""
    own = host.endswith(".atlassian.net") or host == "api.atlassian.com" or os.environ.get("JIRA_HOST", "").lower() == host
    return secret(SOURCE, host, ("MUSTER_JIRA_TOKEN", "JIRA_API_TOKEN", "JIRA_TOKEN") if own else ())


def fetch(settings: Settings, root: Path, kept: Kept, tell: Tell) -> tuple[Skipped, ...]:
    """What could not be brought, once all else that is new is in `kept`. Raises MusterError; what was brought until then is kept.

    A request for each PAGE issues, and one or more for an issue with more than a few dozen changes or comments.
    """
    host = host_of(settings.base, "")
    auth, scheme = token(host), "Bearer "
    if auth is not None and settings.user:
        auth, scheme = basic(settings.user, auth), "Basic "
    with Client(settings.base, auth, scheme=scheme, name=host, clock=kept.clock, tell=tell) as client:
        info = client.get("/rest/api/2/serverInfo").json(dict[str, Any])
        bringing = Bringing(client, kept, tell, host, info.get("deploymentType") == "Cloud", first_instant(settings.since))
        for project in settings.projects:
            try:
                bringing.run(project)
            except RefusedError as error:
                if error.status not in (400, 403, 404):
                    raise
                bringing.missed.append(Skipped(f"Jira: {project}", line(error.seen, 200)))
        return tuple(bringing.missed)


class Bringing:
    """One sync."""

    def __init__(self, client: Client, kept: Kept, tell: Tell, host: str, cloud: bool, first: str) -> None:
        self.client, self.kept, self.tell, self.host, self.cloud, self.first = client, kept, tell, host, cloud, first
        self.api = "/rest/api/3" if cloud else "/rest/api/2"
        self.zone = self.zone_of()
        self.missed: list[Skipped] = []
        self.done = 0

    def zone_of(self) -> tzinfo:
        """The zone in which the server reads times in a search: that of the account that asks."""
        from zoneinfo import ZoneInfo

        try:
            said = self.client.get(f"{self.api}/myself").json(dict[str, Any]).get("timeZone")
            return ZoneInfo(str(said))
        except RefusedError as error:
            if error.status not in (401, 403, 404):
                raise
        except (ValueError, OSError):  # no such zone here
            pass
        return LATEST

    def run(self, project: str) -> None:
        """Bring all of a project that changed.

        Each list is asked for from the minute of the last change of the one before, not by its number: one that is changed
        meanwhile moves to the end. Where a minute holds more than a list, its further pages are asked for.
        """
        mark = f"{self.host} {project} {self.first or 'all'}"
        reached = self.kept.cursor(mark)
        bound = datetime.fromisoformat(reached) - OVERLAP if reached else datetime.fromisoformat(self.first) if self.first else None
        while True:
            step: dict[str, str | int] = {}
            before = b""
            while True:
                answer, following = self.search(project, bound, step)
                newest = self.page(project, answer, mark)
                here = b"".join(answer.items("issues"))
                if not following or here == before:  # a list that comes again goes on for ever
                    return
                before = here
                rolls = newest is not None and self.zone is not LATEST and (bound is None or minute(newest) > minute(bound))
                if rolls:
                    break
                step = following
            bound = newest

    def search(self, project: str, bound: datetime | None, step: dict[str, str | int]) -> tuple[Answer, dict[str, str | int]]:
        """A list of issues, and how the one after it is asked for; empty where there is none."""
        since = f' AND updated >= "{self.local(bound):%Y/%m/%d %H:%M}"' if bound else ""
        params: dict[str, str | int] = {
            "jql": f'project = "{project}"{since} ORDER BY updated ASC, key ASC', "fields": FIELDS, "expand": "changelog", "maxResults": PAGE, **step}
        answer = self.client.get(f"{self.api}/search/jql" if self.cloud else f"{self.api}/search", params)
        page, count = answer.json(Page), len(answer.items("issues"))
        if self.cloud:
            over = page.isLast or not page.nextPageToken or page.nextPageToken == step.get("nextPageToken")
            return answer, {} if over else {"nextPageToken": page.nextPageToken or ""}
        begun = int(step.get("startAt", 0))
        if not count or begun + count >= (page.total or 0):
            return answer, {}
        return answer, {"startAt": begun + max(1, count - AGAIN)}

    def local(self, at: datetime) -> datetime:
        """A time as the server reads it; of an hour that the clocks go through twice, the first time."""
        here = at.astimezone(self.zone)
        return here - timedelta(hours=1) if here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset() else here

    def page(self, project: str, answer: Answer, mark: str) -> datetime | None:
        """Bring the issues of a list; gives when the last of them was changed."""
        newest: datetime | None = None
        for body in answer.items("issues"):
            said = look(body, Listed)
            try:
                changed = said.at if said is not None and named(said.key) and said.key.rpartition("-")[0] == project else None
            except ValueError:
                changed = None
            if said is None or changed is None:
                # Kept, so that it is counted where it cannot be read.
                self.kept.put([Raw(f"{self.host}/{project}-0/odd/{digest(body).hex()}", "issue", body, answer.at)])
                continue
            newest = max(newest or changed, changed)
            self.bring(said, body, answer, {mark: newest.astimezone(UTC).isoformat()})
        return newest

    def bring(self, said: Listed, body: bytes, answer: Answer, cursor: dict[str, str]) -> None:
        """Put an issue there, with what of its changes and comments did not come with it; not where it is kept as it is."""
        key = f"{self.host}/{said.key}"
        before = self.kept.get(key)
        known = look(before.body, Listed) if before is not None else None
        if known is not None and known.fields.updated == said.fields.updated:
            self.kept.put((), cursor)
            return
        raws = [Raw(key, "issue", body, answer.at)]
        if said.changelog is not None and said.changelog.short:
            raws += self.rest(said, "changelog", ("values",) if self.cloud else ("changelog", "histories"), "history")
        if said.fields.comment is not None and said.fields.comment.short:
            raws += self.rest(said, "comment", ("comments",), "comment")
        elif said.fields.comment is not None:
            raws += gone(self.kept, f"{key}/comment/", ())
        self.kept.put(raws, cursor)
        self.done += 1
        self.tell(f"{self.host}: what changed up to {said.at:%Y-%m-%d}", self.done, None)

    def rest(self, said: Listed, sort: str, keys: tuple[str, ...], kind: str) -> Iterator[Raw]:
        """All changes, or comments, of an issue that has more than come with it."""
        home = f"{self.host}/{said.key}"
        seen: list[str] = []
        begun, before = 0, b""
        while True:
            # Data Center has the whole changelog with the issue alone.
            path = f"{self.api}/issue/{said.key}" + ("" if keys[0] == "changelog" else f"/{sort}")
            params: dict[str, str | int] = {"expand": "changelog", "fields": "updated"} if keys[0] == "changelog" else {"startAt": begun, "maxResults": MANY}
            try:
                answer = self.client.get(path, params)
            except RefusedError as error:
                if error.status not in (403, 404):
                    raise
                self.missed.append(Skipped(f"Jira: {said.key}, {sort}", f"answers {error.status}"))
                return
            bodies = answer.items(*keys)
            for body in bodies:
                entry = look(body, Entry)
                seen.append(f"{home}/{sort}/{entry.id if entry and entry.id.isalnum() else digest(body).hex()}")
                yield Raw(seen[-1], kind, body, answer.at)
            again, before = b"".join(bodies) == before, b"".join(bodies)
            begun += len(bodies)
            page = answer.json(Page)
            if keys[0] == "changelog" or not bodies or again or page.isLast or begun >= (page.total or 0):
                break
        yield from gone(self.kept, f"{home}/{sort}/", seen)


def minute(at: datetime) -> datetime:
    """The minute that a time lies in, which is how exactly a search asks."""
    return at.astimezone(UTC).replace(second=0, microsecond=0)
