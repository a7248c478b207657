"""Jira's answers as evidence: pure, one kept item at a time, nothing asked of anybody.

An item is told apart by its key, `HOST/DEPLOY-12[/SORT/ID]`, which `jira.fetch` makes. An issue brings its changes and comments with
it; where they are many, the rest are items of their own and give the same ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from muster.model import Account, Evidence, Grade, Participant, Role, Skipped
from muster.sources._jira_text import plain
from muster.sources._kept import Raw
from muster.sources._values import (
    LONGEST_TITLE,
    MOST,
    account,
    address,
    decoded,
    email,
    facts,
    instant,
    left_out,
    line,
    some,
    text,
    when,
    words,
)

SOURCE = "jira"

#: Resolutions, in plain words: those that say that it will not be done, and those that say that it is.
REFUSED = frozenset(("won't do", "won't fix", "wont do", "wont fix", "will not do", "will not fix", "not planned", "declined", "rejected", "not doing"))
DONE = frozenset(("done", "fixed", "completed", "complete", "resolved", "implemented", "delivered"))

Piece = Evidence | Account | Skipped


# Shapes

class User(msgspec.Struct):
    """An account: Cloud has `accountId`, Data Center `key` and `name`."""

    accountId: str | None = None  # noqa: N815 - as the server writes it
    key: str | None = None
    name: str | None = None
    displayName: str | None = None  # noqa: N815
    emailAddress: str | None = None  # noqa: N815
    accountType: str | None = None  # noqa: N815

    @property
    def id(self) -> str:
        """As evidence names it."""
        return account(SOURCE, self.accountId or self.key or self.name)


class Category(msgspec.Struct):
    """To do, in progress or done."""

    key: str | None = None


class Named(msgspec.Struct):
    """Something with a name: a component, a resolution, a priority, a status."""

    name: str | None = None
    statusCategory: Category | None = None  # noqa: N815


class Other(msgspec.Struct):
    """An issue that is named in another."""

    key: str = ""


class Way(msgspec.Struct):
    """How two issues are tied, seen from either."""

    inward: str | None = None
    outward: str | None = None


class IssueLink(msgspec.Struct):
    """A tie to another issue."""

    type: Way | None = None
    inwardIssue: Other | None = None  # noqa: N815
    outwardIssue: Other | None = None  # noqa: N815


class Change(msgspec.Struct, rename={"from_": "from", "from_string": "fromString", "to_string": "toString"}):
    """A field that was changed: by id and as it was shown."""

    field: str | None = None
    from_: str | None = None
    from_string: str | None = None
    to: str | None = None
    to_string: str | None = None


class History(msgspec.Struct):
    """What one person changed at one time."""

    id: str
    created: str
    author: User | None = None
    items: list[Change] | None = None


class Comment(msgspec.Struct):
    """A comment."""

    id: str
    created: str
    author: User | None = None
    body: Any = None
    updated: str | None = None
    visibility: dict[str, Any] | None = None
    jsdPublic: bool | None = None  # noqa: N815


class Histories(msgspec.Struct):
    """A changelog, or the first part of one."""

    histories: list[msgspec.Raw] | None = None
    total: int | None = None


class Comments(msgspec.Struct):
    """An issue's comments, or the first of them."""

    comments: list[msgspec.Raw] | None = None
    total: int | None = None


class Fields(msgspec.Struct):
    """The fields that were asked for."""

    created: str
    summary: str | None = None
    description: Any = None
    status: Named | None = None
    statuscategorychangedate: str | None = None
    resolution: Named | None = None
    resolutiondate: str | None = None
    creator: User | None = None
    reporter: User | None = None
    assignee: User | None = None
    labels: list[str] | None = None
    components: list[Named] | None = None
    issuelinks: list[IssueLink] | None = None
    parent: Other | None = None
    comment: Comments | None = None


class Issue(msgspec.Struct):
    """An issue."""

    key: str
    fields: Fields
    self: str | None = None
    changelog: Histories | None = None


# Reading

@dataclass(frozen=True, slots=True)
class Place:
    """Where an item belongs: the host, the issue's key, and where a person opens it."""

    host: str
    key: str
    url: str | None = None

    @property
    def id(self) -> str:
        """The issue's id."""
        return f"{SOURCE}:{self.key}"

    def page(self, query: str = "") -> str | None:
        """Its address, or that of something on its page."""
        return f"{self.url}{query}" if self.url else None


def place(raw: Raw) -> Place:
    """Where an item belongs, by its key, `HOST[/PATH]/DEPLOY-12[/SORT/ID]`; ValueError where it is no key of this source."""
    host, _, rest = raw.key.partition("/")
    key = rest.partition("/")[0]
    if not host or not re.fullmatch(r"[A-Z][A-Z0-9_]{0,254}-[0-9]{1,12}", key, re.ASCII):
        raise ValueError(f"no item of Jira: {raw.key[:80]}")
    return Place(host, key)


def parse(raw: Raw) -> Iterator[Piece]:
    """The evidence of an item, and the accounts in it; none of one that is gone. Raises ValueError where it has another shape."""
    if not raw.body:
        return
    at = place(raw)
    if raw.kind == "issue":
        said = decoded(raw, Issue)
        at = Place(at.host, at.key, browse(said.self, at))
        yield from issue(at, said)
    elif raw.kind == "history":
        yield from history(at, decoded(raw, History))
    elif raw.kind == "comment":
        yield from comment(at, decoded(raw, Comment))
    else:
        raise ValueError(f"of a kind that is not known: {raw.kind[:40]}")


def browse(said: str | None, at: Place) -> str | None:
    """The page of an issue, by the address that it gives itself: what stands before /rest. None where that is another host's."""
    found = address(said, at.host)
    return f"{found.partition('/rest/')[0]}/browse/{at.key}" if found and "/rest/" in found else None


def issue(at: Place, said: Issue) -> Iterator[Piece]:
    """An issue with the changes and comments that came with it."""
    of = said.fields
    opened = instant(of.created)
    histories, wrong = some(said.changelog.histories if said.changelog else None, History)
    comments, worse = some(of.comment.comments if of.comment else None, Comment)
    short = said.changelog is None or (said.changelog.total or 0) > len(histories)
    done = of.resolution is not None or bool(of.status and of.status.statusCategory and of.status.statusCategory.key == "done")
    closed = of.resolutiondate or of.statuscategorychangedate if done else None
    author = of.creator or of.reporter
    people = [Participant(of.reporter.id, Role.REPORTER)] if of.reporter and of.reporter.id and of.reporter != author else []
    people += [Participant(of.assignee.id, Role.ASSIGNEE)] if of.assignee and of.assignee.id else []
    labels = [*(of.labels or ()), *(one.name for one in of.components or ())]
    yield Evidence(
        id=at.id, source=SOURCE, kind="issue", origin=at.host, ref=at.key, title=line(of.summary, LONGEST_TITLE), actor=author.id if author else "",
        happened_at=opened, recorded_at=opened, grade=Grade.HOSTED, url=at.page(), text=text(plain(of.description)), participants=tuple(people),
        facts=facts(
            ("state", "closed" if done else "open"), ("status", line(of.status.name, 100) if of.status else ""),
            ("reason", reason(of.resolution.name) if of.resolution else ""), ("closed", when(instant(closed)) if closed else ""),
            ("closed-by", closer(histories, of) if done and not short else ""), *(("label", line(label, 100)) for label in labels[:MOST]),
            *related(of),
        ),
    )
    yield from accounts(author, of.reporter, of.assignee)
    for one in histories:
        yield from safely(at, f"change {one.id}", history(at, one))
    for other in comments:
        yield from safely(at, f"comment {other.id}", comment(at, other))
    yield from left_out(f"{at.id}: a change or comment", wrong + worse)


def safely(at: Place, what: str, made: Iterator[Piece]) -> Iterator[Piece]:
    """What stands below an issue, or that it could not be read: one bad comment does not take the issue away."""
    try:
        yield from list(made)
    except ValueError as error:
        yield Skipped(f"{at.id}: {line(what, 60)}", line(str(error), 200))


def reason(name: str | None) -> str:
    """A resolution as it is read everywhere: what will not be done is "not planned", what was done "completed"."""
    low = words((name or "").replace("’", "'"))
    return "not planned" if low in REFUSED else "completed" if low in DONE else low


def closer(histories: list[History], of: Fields) -> str:
    """Who closed it, by the whole changelog: who set the resolution that it has, else who last moved it to where it is."""
    found: dict[str, tuple[datetime, str]] = {}
    for one in histories:
        try:
            at = instant(one.created)
        except ValueError:
            continue
        for change in one.items or ():
            field = change.field or ""
            meant = bool(change.to) if field == "resolution" else field == "status" and of.status is not None and change.to_string == of.status.name
            if field in ("resolution", "status") and at >= found.get(field, (at, ""))[0]:
                found[field] = (at, one.author.id if meant and one.author else "")
    return found["resolution"][1] if of.resolution is not None and "resolution" in found else found.get("status", (None, ""))[1]


def related(of: Fields) -> Iterator[tuple[str, str]]:
    """The issues that it is tied to."""
    if of.parent is not None and (id_ := named(of.parent.key)):
        yield "related", f"{id_} is part of"
    for link in (of.issuelinks or ())[:MOST]:
        for other, way in ((link.outwardIssue, link.type.outward if link.type else ""), (link.inwardIssue, link.type.inward if link.type else "")):
            if other is not None and (id_ := named(other.key)):
                yield "related", f"{id_} {words(way) or 'relates to'}"


def named(key: str) -> str:
    """The id of an issue by its key; empty where it is none."""
    return f"{SOURCE}:{key}" if re.fullmatch(r"[A-Z][A-Z0-9_]{0,254}-[0-9]{1,12}", key, re.ASCII) else ""


def history(at: Place, said: History) -> Iterator[Piece]:
    """What was changed at one time, as events: assigned, unassigned, status, closed, reopened, renamed."""
    then, author = instant(said.created), said.author or User()
    for number, change in enumerate(said.items or ()):
        made = done(change)
        if made is None:
            continue
        name, title, told = made
        people = [Participant(value, Role.ASSIGNEE) for fact, value in told if fact == "to"] if name in ("assigned", "unassigned") else []
        yield Evidence(
            id=f"{at.id}/event/{part(said.id)}-{number}", source=SOURCE, kind="event", origin=at.host, ref=at.key, title=line(f"{title} ({at.key})", LONGEST_TITLE),
            actor=author.id, happened_at=then, recorded_at=then, grade=Grade.HOSTED, url=at.page(), about=at.id, participants=tuple(people),
            facts=facts(("event", name), *told, ("by-habit", "yes" if author.accountType == "app" else "")),
        )
        if people:
            yield Account(people[0].person, line(change.to_string or change.from_string, 100))
    yield from accounts(author)


def done(change: Change) -> tuple[str, str, list[tuple[str, str]]] | None:
    """What a change of a field was: an event's name, title and facts; None for fields that say nothing here."""
    field = change.field or ""
    before, after = line(change.from_string, LONGEST_TITLE), line(change.to_string, LONGEST_TITLE)
    if field == "assignee":
        to = account(SOURCE, change.to)
        left = account(SOURCE, change.from_)
        if to:
            return "assigned", f"Assigned: {after or to}", [("to", to)]
        return ("unassigned", f"Unassigned: {before or left}", [("to", left)]) if left else None
    if field == "status":
        return "status", f"Moved from {before or 'nothing'} to {after or 'nothing'}", [("from", before), ("to", after)]
    if field == "resolution":
        why = reason(change.to_string)
        return ("closed", f"Closed as {why or 'resolved'}", [("reason", why)]) if change.to else ("reopened", "Reopened", [])
    if field == "summary":
        return "renamed", f"Renamed to {after}", [("from", before), ("to", after)]
    return None


def comment(at: Place, said: Comment) -> Iterator[Piece]:
    """A comment; of one that only some may see, that it was made."""
    then = instant(said.created)
    edited = when(instant(said.updated)) if said.updated and said.updated != said.created else ""
    hidden = said.visibility is not None or said.jsdPublic is False
    yield Evidence(
        id=f"{at.id}/comment/{part(said.id)}", source=SOURCE, kind="comment", origin=at.host, ref=at.key, title=f"Comment on {at.key}",
        actor=said.author.id if said.author else "", happened_at=then, recorded_at=then, grade=Grade.HOSTED,
        url=at.page(f"?focusedCommentId={said.id}"), text="" if hidden else text(plain(said.body)), about=at.id,
        facts=facts(("edited", edited), ("left-out", "private" if hidden else "")),
    )
    yield from accounts(said.author)


def accounts(*users: User | None) -> Iterator[Account]:
    """The accounts of these, with the e-mail where Jira shows it."""
    for user in users:
        if user is not None and user.id:
            yield Account(user.id, line(user.displayName or user.name, 100), email(user.emailAddress), user.accountType == "app")


def part(id_: str) -> str:
    """An id as a part of another; ValueError where it is none."""
    if not (id_.isascii() and id_.isalnum() and len(id_) <= 40):
        raise ValueError("without an id")
    return id_
