"""GitHub's answers as evidence: pure, one kept item at a time, nothing asked of anybody.

An item is told apart by its key, `[HOST/]OWNER/REPO/issues/12[/SORT/ID]`, which `github.fetch` makes from what it asked for
and never from what a server says. Two answers can speak of one record (an issue and its GraphQL node): both give a piece
of evidence with the record's id, and `sources.gather` puts the facts of the later ones to those of the first.

Shapes: GitHub's REST description and GraphQL schema, of which the tests hold samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from muster.model import Account, Evidence, Grade, Participant, Role, Skipped
from muster.sources._kept import Raw
from muster.sources._values import LONGEST_TITLE, clock, hashed, line, text, when, words

SOURCE = "github"
#: The host that is not named in ids.
PUBLIC = "github.com"
#: The account that GitHub shows where one was deleted.
GHOST = "@ghost"

#: What of a timeline becomes evidence, and how `event` calls it. The rest (subscribed, mentioned, labeled, what a push
#: brought, …) says nothing that the issue, git or a comment does not say as well.
EVENTS = {
    "assigned": "assigned", "unassigned": "unassigned",
    "review_requested": "review-requested", "review_request_removed": "review-request-removed",
    "review_dismissed": "review-dismissed",
    "closed": "closed", "reopened": "reopened", "merged": "merged",
    "head_ref_force_pushed": "force-pushed", "ready_for_review": "ready-for-review",
    "convert_to_draft": "converted-to-draft", "renamed": "renamed", "cross-referenced": "cross-referenced",
    "marked_as_duplicate": "marked-as-duplicate", "transferred": "transferred",
    "converted_to_discussion": "converted-to-discussion",
}
VERDICTS = {"approved": "approved", "changes_requested": "changes-requested", "commented": "commented", "dismissed": "dismissed"}

Piece = Evidence | Account | Skipped
T = TypeVar("T")


class User(msgspec.Struct):
    """Whoever did something; `type` tells bots."""

    login: str = ""
    type: str = ""


class Named(msgspec.Struct):
    """Something with a name: a label."""

    name: str = ""


class Team(msgspec.Struct):
    """A team that was asked for a review."""

    slug: str = ""


class Merged(msgspec.Struct):
    """What an issue of the list says of the pull request that it is."""

    merged_at: datetime | None = None


class Issue(msgspec.Struct):
    """An issue, or a pull request as the list of issues has it."""

    number: int
    title: str
    created_at: datetime
    html_url: str = ""
    state: str = ""
    state_reason: str | None = None
    user: User | None = None
    body: str | None = None
    labels: list[Named | str] = msgspec.field(default_factory=list)
    assignees: list[User] | None = None
    closed_at: datetime | None = None
    closed_by: User | None = None
    pull_request: Merged | None = None


class Branch(msgspec.Struct):
    """An end of a pull request."""

    ref: str = ""
    sha: str = ""


class Pull(msgspec.Struct):
    """A pull request."""

    number: int
    title: str
    created_at: datetime
    html_url: str = ""
    state: str = ""
    user: User | None = None
    body: str | None = None
    labels: list[Named] = msgspec.field(default_factory=list)
    assignees: list[User] | None = None
    requested_reviewers: list[User] | None = None
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    head: Branch | None = None
    base: Branch | None = None


class Renamed(msgspec.Struct):
    """What a title was, and became."""

    from_: str = msgspec.field(name="from", default="")
    to: str = ""


class From(msgspec.Struct):
    """The repository that a reference came from."""

    full_name: str = ""


class Referrer(msgspec.Struct):
    """The issue or pull request that refers to this one."""

    number: int = 0
    id: int = 0
    title: str = ""
    repository: From | None = None
    repository_url: str = ""
    pull_request: Merged | None = None


class Reference(msgspec.Struct):
    """Where a cross-reference stands."""

    issue: Referrer | None = None


class Dismissed(msgspec.Struct):
    """Which review was dismissed."""

    review_id: int = 0


class Event(msgspec.Struct):
    """Something of a timeline. Which fields it has depends on `event`."""

    event: str
    id: int | None = None
    node_id: str | None = None
    actor: User | None = None
    user: User | None = None
    created_at: datetime | None = None
    submitted_at: datetime | None = None
    updated_at: datetime | None = None
    commit_id: str | None = None
    state: str | None = None
    state_reason: str | None = None
    body: str | None = None
    html_url: str | None = None
    assignee: User | None = None
    assigner: User | None = None
    requested_reviewer: User | None = None
    requested_team: Team | None = None
    review_requester: User | None = None
    rename: Renamed | None = None
    source: Reference | None = None
    dismissed_review: Dismissed | None = None


class Remark(msgspec.Struct):
    """A comment at a line of a pull request."""

    id: int
    created_at: datetime
    path: str
    html_url: str = ""
    user: User | None = None
    body: str | None = None
    diff_hunk: str = ""
    line: int | None = None
    original_line: int | None = None
    original_commit_id: str = ""
    side: str | None = None
    subject_type: str | None = None
    in_reply_to_id: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item belongs, read off its key: web host, `owner/repo` in lower case, its number, and what it is of that."""

    host: str
    repository: str
    number: str
    sort: str = ""
    id: str = ""

    @property
    def origin(self) -> str:
        """The repository as evidence names it: with its host where that is not github.com."""
        return self.repository if self.host == PUBLIC else f"{self.host}/{self.repository}"

    @property
    def item(self) -> str:
        """The id of the issue, pull request or discussion."""
        return f"{SOURCE}:{self.origin}#{self.number}"

    def page(self, anchor: str) -> str:
        """The address of something below the issue; GitHub leads from there to the pull request, where it is one."""
        return f"https://{self.host}/{quote(self.repository)}/issues/{self.number}#{anchor}"

    def url(self, said: str | None) -> str | None:
        """The address that an answer gives, where it is one of this host."""
        try:
            parts = urlsplit(said or "")
        except ValueError:
            return None
        whole = parts.scheme in ("http", "https") and parts.netloc.lower() == self.host
        return said if whole and said and said.isprintable() and not set(said) & set(" \"'<>\\") else None


def place(key: str) -> Place:
    """Where the item of that key belongs; ValueError where it is no key of this source."""
    parts = key.split("/")
    at = next((at for at in (3, 2) if len(parts) > at + 1 and parts[at] in ("issues", "pulls", "discussions")
               and len(parts) - at in (2, 3, 4) and parts[at + 1].isdecimal()), None)
    if at is None:
        raise ValueError(f"no item of GitHub: {key[:80]}")
    owner, name = parts[at - 2 : at]
    rest = [*parts[at + 2 :], "", ""]
    return Place((parts[0] if at == 3 else PUBLIC).lower(), f"{owner}/{name}".lower(), parts[at + 1], rest[0], rest[1])


def parse(raw: Raw) -> Iterator[Piece]:
    """The evidence of an item, and the accounts in it; none of one that is gone or that says nothing new.

    Raises ValueError where it has not the shape that GitHub describes.
    """
    if not raw.body:
        return
    at = place(raw.key)
    if raw.kind == "issue":
        yield from issue(at, decoded(raw, Issue))
    elif raw.kind == "pull":
        yield from pull(at, decoded(raw, Pull))
    elif raw.kind == "timeline":
        yield from event(at, decoded(raw, Event))
    elif raw.kind == "review-comment":
        yield from remark(at, decoded(raw, Remark))
    elif raw.kind in ("node", "edits", "discussion"):
        from muster.sources._github_graph import node

        yield from node(at, raw)
    else:
        raise ValueError(f"of a kind that is not known: {raw.kind[:40]}")


def decoded(raw: Raw, type_: type[T]) -> T:
    """The body as that record; ValueError where it is not one."""
    try:
        return msgspec.json.decode(raw.body, type=type_)
    except RecursionError:
        raise ValueError(f"{raw.key}: nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{raw.key}: {str(error)[:160]}") from None


# Records

def issue(at: Place, said: Issue) -> Iterator[Piece]:
    """An issue, or what the list of issues says of a pull request."""
    of_pull = said.pull_request is not None
    merged = said.pull_request.merged_at if said.pull_request else None
    facts = [("state", "merged" if merged else said.state), ("reason", words(said.state_reason)), ("closed", when(said.closed_at))]
    if said.closed_at and said.closed_by is not None:
        facts.append(("closed-by", who(said.closed_by)))
    facts += labels(said.labels)
    people = parts((Role.ASSIGNEE, said.assignees))
    yield record(at, "pull-request" if of_pull else "issue", said.title, said.user, said.created_at, at.url(said.html_url),
                 said.body, people, facts)
    yield from accounts(said.user or User(), said.closed_by, *(said.assignees or ()))


def pull(at: Place, said: Pull) -> Iterator[Piece]:
    """A pull request."""
    facts = [("state", "merged" if said.merged_at else said.state), ("closed", when(said.closed_at)), ("merged", when(said.merged_at))]
    if said.merged_at:
        # Of one that is not merged, the hash is that of GitHub's own trial, which nobody keeps.
        facts += [("merged-by", who(said.merged_by) if said.merged_by else ""), ("commit", hashed(said.merge_commit_sha))]
    facts += [("head", hashed(said.head.sha) if said.head else ""), ("base", line(said.base.ref) if said.base else "")]
    facts += labels(said.labels)
    people = parts((Role.ASSIGNEE, said.assignees), (Role.REQUESTED, said.requested_reviewers))
    yield record(at, "pull-request", said.title, said.user, said.created_at, at.url(said.html_url), said.body, people, facts)
    yield from accounts(said.user or User(), said.merged_by, *(said.assignees or ()), *(said.requested_reviewers or ()))


def record(
    at: Place, kind: str, title: str, author: User | None, created: datetime, url: str | None, body: str | None,
    people: Sequence[Participant], facts: Sequence[tuple[str, str]],
) -> Evidence:
    """An issue, pull request or discussion as evidence."""
    return Evidence(
        id=at.item, source=SOURCE, kind=kind, origin=at.origin, ref=f"{at.origin}#{at.number}", title=line(title, LONGEST_TITLE),
        actor=who(author), happened_at=clock(created), recorded_at=clock(created), grade=Grade.HOSTED, url=url, text=text(body),
        participants=tuple(people), facts=tuple((name, value) for name, value in facts if value),
    )


def below(
    at: Place, sort: str, id_: str, kind: str, title: str, actor: str, happened: datetime, url: str | None, body: str | None = None,
    people: Sequence[Participant] = (), facts: Sequence[tuple[str, str]] = (),
) -> Evidence:
    """Something below an issue or pull request as evidence."""
    return Evidence(
        id=f"{at.item}/{sort}/{id_}", source=SOURCE, kind=kind, origin=at.origin, ref=f"{at.origin}#{at.number}",
        title=line(title, LONGEST_TITLE), actor=actor, happened_at=clock(happened), recorded_at=clock(happened),
        grade=Grade.HOSTED, url=url, text=text(body), participants=tuple(people), about=at.item,
        facts=tuple((name, value) for name, value in facts if value),
    )


# What stands below them

def event(at: Place, said: Event) -> Iterator[Piece]:
    """What a timeline's event says: a comment, a review, or something that was done."""
    if said.event == "commented":
        if said.created_at is None:
            raise ValueError("a comment without a time")
        author = said.user or said.actor
        edited = when(said.updated_at) if said.updated_at and said.updated_at != said.created_at else ""
        yield below(at, "comment", at.id, "comment", f"Comment on #{at.number}", who(author), said.created_at,
                    at.url(said.html_url), said.body, facts=[("edited", edited)])
        yield from accounts(author or User())
    elif said.event == "reviewed":
        verdict = VERDICTS.get((said.state or "").lower())
        if said.submitted_at is None or verdict is None:
            return  # one that is not handed in yet is seen by its author alone
        author = said.user or said.actor
        yield below(at, "review", at.id, "review", f"Review of #{at.number}: {verdict.replace('-', ' ')}", who(author), said.submitted_at,
                    at.url(said.html_url), said.body, facts=[("verdict", verdict), ("commit", hashed(said.commit_id))])
        yield from accounts(author or User())
    elif said.event in EVENTS:
        yield from done(at, said)


def done(at: Place, said: Event) -> Iterator[Piece]:
    """Something that was done to an issue or pull request."""
    name = EVENTS[said.event]
    if said.created_at is None:
        raise ValueError(f"an event without a time: {name}")
    actor = said.assigner or said.review_requester or said.actor
    facts, people, title = [("event", name)], [], name.replace("-", " ").capitalize()
    if name in ("assigned", "unassigned") and said.assignee is not None:
        facts.append(("to", who(said.assignee)))
        people = parts((Role.ASSIGNEE, [said.assignee]))
        title = f"{title}: {who(said.assignee)}"
    elif name.startswith("review-request"):
        if said.requested_reviewer is not None:
            facts.append(("to", who(said.requested_reviewer)))
            people = parts((Role.REQUESTED, [said.requested_reviewer]))
            title = f"{title}: {who(said.requested_reviewer)}"
        elif said.requested_team is not None:
            # A team is nobody: only its members could be told by name.
            title = f"{title}: team {line(said.requested_team.slug, 80)}"
    elif name == "renamed" and said.rename is not None:
        facts += [("from", line(said.rename.from_, LONGEST_TITLE)), ("to", line(said.rename.to, LONGEST_TITLE))]
    elif name == "closed":
        reason = words(said.state_reason)
        facts.append(("reason", reason))
        title = f"Closed as {reason}" if reason else "Closed"
    elif name == "review-dismissed" and said.dismissed_review is not None and said.dismissed_review.review_id:
        facts.append(("from", f"{at.item}/review/{said.dismissed_review.review_id}"))
    elif name == "cross-referenced":
        origin = referrer(at, said.source.issue if said.source else None)
        if not origin:
            return
        facts.append(("from", origin))
        title = f"Referred to from {origin.removeprefix(SOURCE + ':')}"
    facts.append(("commit", hashed(said.commit_id)))
    sort = "event" if said.id else "reference"
    url = at.page(f"event-{said.id}") if said.id else at.page("")[:-1]
    yield below(at, sort, at.id, "event", f"{title} (#{at.number})", who(actor), said.created_at, url, None, people, facts)
    yield from accounts(actor or User(), said.assignee, said.requested_reviewer)


def referrer(at: Place, said: Referrer | None) -> str:
    """The id of the issue or pull request that a reference stands in, on the same host; empty where it cannot be told."""
    if said is None or said.number <= 0:
        return ""
    name = (said.repository.full_name if said.repository else "") or "/".join(said.repository_url.rstrip("/").split("/")[-2:])
    if name.count("/") != 1 or not all(part.replace("-", "").replace("_", "").replace(".", "").isalnum() for part in name.split("/")):
        return ""
    host = "" if at.host == PUBLIC else f"{at.host}/"
    return f"{SOURCE}:{host}{name.lower()}#{said.number}"


def remark(at: Place, said: Remark) -> Iterator[Piece]:
    """A comment at a line, or at a whole file, of a pull request."""
    at_line = said.subject_type != "file" and (said.original_line or said.line) is not None
    facts = [("path", line(said.path, 1000)), ("commit", hashed(said.original_commit_id))]
    if at_line:
        facts += [("line", str(said.line or said.original_line)), ("outdated", "yes" if said.line is None else ""),
                  ("quote", quoted(said.diff_hunk))]
    if said.in_reply_to_id:
        facts.append(("answers", f"{at.item}/review-comment/{said.in_reply_to_id}"))
    yield below(at, "review-comment", at.id, "comment", f"Comment on #{at.number} at {line(said.path, 200)}", who(said.user),
                said.created_at, at.url(said.html_url), said.body, facts=facts)
    yield from accounts(said.user or User())


def quoted(hunk: str) -> str:
    """The line of code that a comment stands at: the hunk's last, with the sign of the diff before it."""
    last = hunk.rstrip("\r\n").rsplit("\n", 1)[-1].rstrip("\r")
    return "" if not last or last[0] not in "+- " or len(last) > 1000 else last.replace("\0", "")


# Values

def who(user: User | None) -> str:
    """The account as evidence names it: `@login` in lower case; GitHub's own stand-in for one that was deleted."""
    login = line(user.login, 100).lower() if user else ""
    return f"@{login}" if login and not set(login) & set(" @/") else GHOST


def accounts(*users: User | None) -> Iterator[Account]:
    """The accounts of these; bots known as such. What GitHub shows in a deleted one's place is no person either."""
    for user in users:
        if user is not None and (id_ := who(user)) != GHOST:
            yield Account(id_, line(user.login, 100), bot=user.type == "Bot" or id_.endswith("[bot]"))
        elif user is not None:
            yield Account(GHOST, "a deleted account", bot=True)


def parts(*roles: tuple[Role, Sequence[User] | None]) -> list[Participant]:
    """Who has which part; deleted accounts have none."""
    return [Participant(who(user), role) for role, users in roles for user in users or () if who(user) != GHOST]


def labels(said: Sequence[Named | str]) -> list[tuple[str, str]]:
    """Labels as facts."""
    return [("label", line(one if isinstance(one, str) else one.name, 100)) for one in said[:100]]
