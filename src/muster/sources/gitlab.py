"""GitLab: issues, merge requests, what was done to them, approvals, discussions with their places, pushes; gitlab.com or one's own.

`fetch` asks the REST API (version 4) for what changed since the last time, the oldest change first, and writes each item with
all that stands below it in one go. `parse` is in `_gitlab_parse`. GitLab publishes no description that is whole, so the tests
hold this against recorded shapes alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from muster.model import Evidence, Skipped
from muster.sources._client import Answer, Client, RefusedError, Tell
from muster.sources._gitlab_parse import SORTS, SOURCE, parse
from muster.sources._kept import Kept, Raw, digest
from muster.sources._secret import Secret, secret
from muster.sources._values import first_instant, gone, host_of, line, look

__all__ = ["BLIND", "EXAMPLE", "GIVES", "KEPT", "QUESTIONS", "SHOWS", "SOURCE", "Settings", "fetch", "join", "parse", "wants"]

KEPT = True
GIVES = ("pull-requests", "issues")
SHOWS = "issues, merge requests, approvals, comments at lines, pushes, who was assigned, asked, closed and merged, what closed what"
BLIND = "what was said elsewhere, deleted, confidential or internal; why code changed after a comment; why an issue was closed; reviews without a word"
QUESTIONS = (
    "Who outside your team says so?",
    "Is this bigger than the team?",
    "When did you push back, and were you right?",
    "Have I seen this work myself, before today?",
    "What would have happened without you?",
    "Was this written then, or now?",
)
EXAMPLE = '[sources.gitlab]\nprojects = ["orchard/deploy"]'

#: The host that the token of the environment is for, unless another is named there.
PUBLIC = "gitlab.com"
#: How many of a list come at a time.
PAGE = 100
#: How far a sync goes back behind where the last one ended, and how soon after its last change an item may have changed again.
OVERLAP, SETTLED = timedelta(minutes=5), timedelta(minutes=1)
#: What stands below an issue, and below a merge request: the path, the kind that `parse` knows it by.
BELOW = {
    "issues": (("discussions", "discussion"), ("resource_state_events", "state"), ("resource_label_events", "label")),
    "merge_requests": (("discussions", "discussion"), ("resource_state_events", "state"), ("resource_label_events", "label"), ("versions", "version")),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Which projects (`group/project`), from which first day, and where GitLab is.

    `projects` are paths as they stand in an address. `since` is a day (2025-01-31; all without one). `base` is the address of
    one's own GitLab, https://gitlab.example.org.
    """

    projects: tuple[str, ...]
    since: date | None = None
    base: str = "https://gitlab.com"

    def __post_init__(self) -> None:
        for name in self.projects:
            if not re.fullmatch(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)+", name, re.ASCII):
                raise ValueError(f"`projects`: {name!r} is no project; write GROUP/PROJECT")
        host_of(self.base, "https://gitlab.example.org")
        if urlsplit(self.base).path.rstrip("/") not in ("", "/api/v4"):
            raise ValueError(f"`base`: {self.base!r} has a path; a GitLab below one cannot be read")


def wants(settings: Settings, raw: Raw) -> bool:
    """Whether an item that was kept is of a project that is still connected."""
    host = host_of(settings.base, "")
    return any(raw.key.startswith(f"{host}/{name.lower()}/-/") for name in settings.projects)


def join(first: Evidence, later: Evidence) -> Evidence:
    """An item with what stands below it adds: who approved, what it closed, when its text was changed."""
    people = tuple(dict.fromkeys((*first.participants, *later.participants)))
    return replace(first, participants=people, facts=tuple(dict.fromkeys((*first.facts, *later.facts))))


# Asking

class Listed(msgspec.Struct):
    """What is looked at of an item before it is kept as it is."""

    iid: int
    updated_at: datetime
    state: str = ""


class Entry(msgspec.Struct):
    """What is looked at of something below an item."""

    id: int | str = ""


def token(host: str) -> Secret | None:
    """The token for a host: from the keyring; from the environment for gitlab.com, or for the host that GITLAB_HOST names."""
    named = os.environ.get("GITLAB_HOST", "").lower().rpartition("//")[2].rstrip("/") or PUBLIC
    return secret(SOURCE, host, ("MUSTER_GITLAB_TOKEN", "GITLAB_TOKEN", "GITLAB_PRIVATE_TOKEN") if host == named else ())


def fetch(settings: Settings, root: Path, kept: Kept, tell: Tell) -> tuple[Skipped, ...]:
    """What could not be brought, once all else that is new is in `kept`. Raises MusterError; what was brought until then is kept.

    Three requests for each issue that is new or changed, five or six for each merge request, one for each hundred of a list.
    """
    host = host_of(settings.base, "")
    base = f"{settings.base.rstrip('/').removesuffix('/api/v4')}/api/v4"
    with Client(base, token(host), header="PRIVATE-TOKEN", scheme="", name=host, clock=kept.clock, tell=tell) as client:
        bringing = Bringing(client, kept, tell, host, first_instant(settings.since))
        for name in settings.projects:
            for sort in SORTS:
                bringing.run(name, sort)
        return tuple(bringing.missed)


class Bringing:
    """One sync."""

    def __init__(self, client: Client, kept: Kept, tell: Tell, host: str, first: str) -> None:
        self.client, self.kept, self.tell, self.host, self.first = client, kept, tell, host, first
        self.missed: list[Skipped] = []
        self.done = 0

    def run(self, name: str, sort: str) -> None:
        """Bring all issues, or merge requests, of a project that changed."""
        home, mark = f"{self.host}/{name.lower()}/-/{sort}", f"{self.host} {name.lower()} {sort} {self.first or 'all'}"
        reached = self.kept.cursor(mark)
        since = stamp(datetime.fromisoformat(reached) - OVERLAP) if reached else self.first
        try:
            for answer in self.changed(f"/projects/{quote(name, safe='')}/{sort}", since):
                newest: datetime | None = None
                for body in answer.items():
                    said = look(body, Listed)
                    if said is None or said.iid <= 0 or said.updated_at.tzinfo is None:
                        # Kept, so that it is counted where it cannot be read.
                        self.kept.put([Raw(f"{home}/0/odd/{digest(body).hex()}", "issue", body, answer.at)])
                        continue
                    newest = max(newest or said.updated_at, said.updated_at)
                    self.bring(name, sort, home, said, body, answer, {mark: stamp(newest)})
        except RefusedError as error:
            if error.status not in (403, 404):
                raise
            self.missed.append(Skipped(f"GitLab: {name}, {sort.replace('_', ' ')}", line(error.seen, 200)))

    def changed(self, path: str, since: str) -> Iterator[Answer]:
        """Lists of items that changed since then, the oldest change first.

        Each list is asked for from the last change of the one before, and not by its number: an item that changes meanwhile
        moves to the end, and what moved up into its place would be passed over.
        """
        last = since
        while True:
            params: dict[str, str | int] = {"scope": "all", "state": "all", "order_by": "updated_at", "sort": "asc", "per_page": PAGE}
            if last:
                params["updated_after"] = last
            for answer in self.client.pages(path, params):
                yield answer
                found = [stamp(said.updated_at) for body in answer.items() if (said := look(body, Listed)) is not None and said.updated_at.tzinfo]
                newest = max(found, default="")
                if answer.next is not None and newest > last:
                    last = newest
                    break
            else:
                return

    def bring(self, name: str, sort: str, home: str, said: Listed, body: bytes, answer: Answer, cursor: dict[str, str]) -> None:
        """Put an item there with all below it, unless it is kept as it is."""
        key = f"{home}/{said.iid}"
        before = self.kept.get(key)
        known = look(before.body, Listed) if before is not None else None
        if before is not None and known is not None and known.updated_at == said.updated_at and before.seen - said.updated_at > SETTLED:
            self.kept.put((), cursor)
            return
        api = f"/projects/{quote(name, safe='')}/{sort}/{said.iid}"
        raws = [Raw(key, "issue" if sort == "issues" else "merge-request", body, answer.at)]
        for path, kind in BELOW[sort]:
            raws += self.below(f"{api}/{path}", f"{key}/{path}", kind)
        if sort == "merge_requests":
            raws += self.one(f"{api}/approvals", f"{key}/approvals", "approvals")
            if said.state == "merged":
                raws += self.below(f"{api}/closes_issues", f"{key}/closes", "closes")
        self.kept.put(raws, cursor)
        self.done += 1
        self.tell(f"{name}: what changed up to {said.updated_at:%Y-%m-%d}", self.done, None)

    def below(self, path: str, home: str, kind: str) -> list[Raw]:
        """What a list below an item holds; what is no more there as items without a body. None where there is no such list."""
        raws: list[Raw] = []
        try:
            for answer in self.client.pages(path, {"per_page": PAGE}):
                for body in answer.items():
                    said = look(body, Entry)
                    id_ = str(said.id) if said is not None else ""
                    raws.append(Raw(f"{home}/{id_ if id_.isascii() and id_.isalnum() else digest(body).hex()}", kind, body, answer.at))
        except RefusedError as error:
            if error.status not in (403, 404):
                raise
            return []
        return [*raws, *gone(self.kept, f"{home}/", [raw.key for raw in raws])]

    def one(self, path: str, key: str, kind: str) -> list[Raw]:
        """What stands at one path below an item; nothing where it is not to be had."""
        try:
            answer = self.client.get(path)
        except RefusedError as error:
            if error.status not in (403, 404):
                raise
            return []
        return [Raw(key, kind, answer.body, answer.at)]


def stamp(at: datetime) -> str:
    """An instant to the millisecond, as GitLab writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
