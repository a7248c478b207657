"""What GitHub says in GraphQL alone: what closed an issue, edits, outdated threads, who was asked by a rule, discussions.

The tests validate each query against GitHub's published schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from muster.model import Evidence, Role, Skipped
from muster.sources._github_parse import (
    Piece,
    Place,
    User,
    accounts,
    below,
    decoded,
    parts,
    record,
    who,
)
from muster.sources._kept import Raw
from muster.sources._values import LONGEST_TITLE, hashed, line, when

WHO = "fragment who on Actor { __typename login }"
EDITS = """fragment edits on Comment {
  createdAt author { ...who } userContentEdits(first: 10) { nodes { editedAt editor { ...who } } }
}"""

#: Issues and pull requests by their node ids.
ITEMS = f"""query Items($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    __typename id
    ... on Issue {{
      number title url ...edits
      timelineItems(last: 5, itemTypes: [CLOSED_EVENT]) {{ nodes {{ ... on ClosedEvent {{
        createdAt closer {{ __typename ... on PullRequest {{ number repository {{ nameWithOwner }} }} ... on Commit {{ oid }} }}
      }} }} }}
    }}
    ... on PullRequest {{
      number title url ...edits
      closingIssuesReferences(first: 25) {{ nodes {{
        number repository {{ nameWithOwner }}
        timelineItems(last: 5, itemTypes: [CLOSED_EVENT]) {{ nodes {{ ... on ClosedEvent {{
          createdAt closer {{ __typename ... on PullRequest {{ number repository {{ nameWithOwner }} }} ... on Commit {{ oid }} }}
        }} }} }}
      }} }}
      reviewRequests(first: 50) {{ nodes {{ asCodeOwner requestedReviewer {{
        __typename ... on User {{ login }} ... on Mannequin {{ login }} ... on Bot {{ login }}
      }} }} }}
      reviewThreads(first: 100) {{ nodes {{ isOutdated comments(first: 1) {{ nodes {{
        fullDatabaseId createdAt url path author {{ ...who }}
      }} }} }} }}
    }}
  }}
}}
{WHO}
{EDITS}"""

#: Comments and reviews that were changed after they were written, by their node ids.
CHANGED = f"""query Changed($ids: [ID!]!) {{
  nodes(ids: $ids) {{ __typename id ... on Comment {{ ...edits }} }}
}}
{WHO}
{EDITS}"""

#: Discussions, the newest changes first. GitHub answers nothing in which half a million nodes could be.
DISCUSSIONS = f"""query Discussions($owner: String!, $name: String!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    discussions(first: 10, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        __typename id number title url body updatedAt closedAt ...edits
        category {{ name }}
        comments(first: 50) {{ totalCount nodes {{
          databaseId url body isAnswer ...edits
          replies(first: 30) {{ totalCount nodes {{ databaseId url body ...edits }} }}
        }} }}
      }}
    }}
  }}
}}
{WHO}
{EDITS}"""


class Actor(msgspec.Struct):
    """Whoever did something."""

    login: str = ""
    type: str = msgspec.field(name="__typename", default="")

    @property
    def user(self) -> User:
        """As REST has it."""
        return User(self.login, self.type)


class Edit(msgspec.Struct, rename="camel"):
    """A change of a text."""

    edited_at: datetime


class Edits(msgspec.Struct):
    """Changes of a text, newest first."""

    nodes: list[Edit | None] | None = None


class Where(msgspec.Struct, rename="camel"):
    """A repository's full name."""

    name_with_owner: str = ""


class Closer(msgspec.Struct):
    """What closed an issue."""

    type: str = msgspec.field(name="__typename", default="")
    number: int = 0
    oid: str = ""
    repository: Where = msgspec.field(default_factory=Where)


class Closed(msgspec.Struct):
    """That an issue was closed."""

    closer: Closer | None = None


class Closings(msgspec.Struct):
    """How often an issue was closed, oldest first."""

    nodes: list[Closed | None] | None = None


class Closes(msgspec.Struct, rename="camel"):
    """An issue that a pull request is said to close."""

    number: int
    repository: Where
    timeline_items: Closings = msgspec.field(default_factory=Closings)


class ClosesAll(msgspec.Struct):
    """The issues that a pull request is said to close."""

    nodes: list[Closes | None] | None = None


class Asked(msgspec.Struct, rename="camel"):
    """A review that was asked for and not given yet."""

    as_code_owner: bool = False
    requested_reviewer: Actor | None = None


class AskedAll(msgspec.Struct):
    """The reviews that are asked for."""

    nodes: list[Asked | None] | None = None


class Root(msgspec.Struct, rename="camel"):
    """The first comment of a thread at a line."""

    full_database_id: str | int | None = None
    created_at: datetime | None = None
    url: str = ""
    path: str = ""
    author: Actor | None = None


class Roots(msgspec.Struct):
    """The comments of a thread that were asked for."""

    nodes: list[Root | None] | None = None


class Threads(msgspec.Struct):
    """The threads at lines of a pull request."""

    nodes: list[Thread | None] | None = None


class Thread(msgspec.Struct, rename="camel"):
    """A thread at a line."""

    is_outdated: bool = False
    comments: Roots = msgspec.field(default_factory=Roots)


class Node(msgspec.Struct, rename="camel"):
    """An issue, a pull request, a comment or a review."""

    created_at: datetime
    type: str = msgspec.field(name="__typename", default="")
    number: int = 0
    title: str = ""
    url: str = ""
    author: Actor | None = None
    user_content_edits: Edits | None = None
    timeline_items: Closings = msgspec.field(default_factory=Closings)
    closing_issues_references: ClosesAll | None = None
    review_requests: AskedAll | None = None
    review_threads: Threads = msgspec.field(default_factory=Threads)


class Reply(msgspec.Struct, rename="camel"):
    """A comment of a discussion."""

    created_at: datetime
    database_id: int | None = None
    url: str = ""
    body: str = ""
    author: Actor | None = None
    user_content_edits: Edits | None = None
    is_answer: bool = False
    replies: Replies | None = None


class Replies(msgspec.Struct, rename="camel"):
    """Comments of a discussion, and how many there are."""

    nodes: list[Reply | None] | None = None
    total_count: int = 0


class Named(msgspec.Struct):
    """A category."""

    name: str = ""


class Discussion(msgspec.Struct, rename="camel"):
    """A discussion with its comments."""

    created_at: datetime
    number: int
    title: str
    url: str = ""
    body: str = ""
    author: Actor | None = None
    closed_at: datetime | None = None
    category: Named | None = None
    user_content_edits: Edits | None = None
    comments: Replies = msgspec.field(default_factory=Replies)


def node(at: Place, raw: Raw) -> Iterator[Piece]:
    """What an answer in GraphQL adds to a record, or the discussion that it is."""
    if raw.kind == "discussion":
        yield from discussion(at, decoded(raw, Discussion))
        return
    said = decoded(raw, Node)
    author = said.author.user if said.author else None
    facts = edited(said.user_content_edits, said.created_at)
    if raw.kind == "edits":
        sort, _, id_ = at.id.rpartition("-")
        kind, title = ("review", "Review") if sort == "review" else ("comment", "Comment")
        yield below(at, sort, id_, kind, f"{title} on #{at.number}", who(author), said.created_at, None, facts=facts)
        return
    if said.type == "Issue":
        closed = [one.closer for one in said.timeline_items.nodes or () if one]
        if closed and closed[-1] is not None:
            facts.append(("closer", closer(at, closed[-1])))
        yield record(at, "issue", said.title, author, said.created_at, at.url(said.url), None, (), facts)
    elif said.type == "PullRequest":
        facts += [("closes", id_) for id_ in closes(at, said)]
        asked = [one for one in (said.review_requests.nodes if said.review_requests else None) or () if one and one.requested_reviewer]
        facts += [("by-habit", who(one.requested_reviewer.user)) for one in asked if one.as_code_owner and one.requested_reviewer]
        people = parts((Role.REQUESTED, [one.requested_reviewer.user for one in asked if one.requested_reviewer and one.requested_reviewer.login]))
        yield record(at, "pull-request", said.title, author, said.created_at, at.url(said.url), None, people, facts)
        yield from outdated(at, said)


def edited(edits: Edits | None, created: datetime) -> list[tuple[str, str]]:
    """When a text was changed after it was written, oldest first."""
    times = sorted({one.edited_at for one in (edits.nodes if edits else None) or () if one and one.edited_at > created})
    return [("edited", when(time)) for time in times]


def named(at: Place, repository: str, number: int) -> str:
    """The id of an issue or pull request of the same host."""
    host, _, _ = at.origin.rpartition(at.repository)
    return f"github:{host}{line(repository, 200).lower()}#{number}"


def closer(at: Place, said: Closer) -> str:
    """The id of what closed an issue; empty where it is neither a pull request nor a commit."""
    if said.type == "PullRequest" and said.number:
        return named(at, said.repository.name_with_owner, said.number)
    return f"git:{hashed(said.oid)}" if hashed(said.oid) else ""


def closes(at: Place, said: Node) -> Iterator[str]:
    """The issues that a pull request closed, by what GitHub says closed them last."""
    for one in (said.closing_issues_references.nodes if said.closing_issues_references else None) or ():
        last = [event.closer for event in one.timeline_items.nodes or () if event] if one else []
        if one and last and last[-1] is not None and closer(at, last[-1]) == at.item:
            yield named(at, one.repository.name_with_owner, one.number)


def outdated(at: Place, said: Node) -> Iterator[Evidence]:
    """What is known of the first comment of each thread whose line changed since."""
    for thread in said.review_threads.nodes or ():
        root = next(iter(thread.comments.nodes or ()), None) if thread and thread.is_outdated else None
        if root is not None and root.created_at is not None and str(root.full_database_id or "").isdecimal():
            yield below(at, "review-comment", str(root.full_database_id), "comment", f"Comment on #{at.number} at {line(root.path, 200)}",
                        who(root.author.user if root.author else None), root.created_at, at.url(root.url),
                        facts=[("path", line(root.path)), ("outdated", "yes")])


def discussion(at: Place, said: Discussion) -> Iterator[Piece]:
    """A discussion, its comments and their answers."""
    author = said.author.user if said.author else User()
    facts = [("state", "closed" if said.closed_at else "open"), ("closed", when(said.closed_at)),
             ("label", line(said.category.name, 100) if said.category else ""), *edited(said.user_content_edits, said.created_at)]
    yield record(at, "message", said.title[:LONGEST_TITLE], author, said.created_at, at.url(said.url), said.body, (), facts)
    yield from accounts(author)
    lists = [said.comments, *(one.replies for one in said.comments.nodes or () if one and one.replies)]
    if left := sum(max(0, one.total_count - len(one.nodes or ())) for one in lists):
        yield Skipped(f"{at.item}", "comments of a discussion beyond the first 50, and answers beyond the first 30 of one", left)
    for one in said.comments.nodes or ():
        if one is None:
            continue
        yield from reply(at, one, "")
        for other in (one.replies.nodes if one.replies else None) or ():
            if other is not None and one.database_id:
                yield from reply(at, other, f"{at.item}/discussion-comment/{one.database_id}")


def reply(at: Place, said: Reply, answers: str) -> Iterator[Piece]:
    """A comment of a discussion."""
    if not said.database_id:
        return
    author = said.author.user if said.author else User()
    facts = [("answers", answers), *edited(said.user_content_edits, said.created_at)]
    title = f"Answer to #{at.number}" if said.is_answer else f"Comment on #{at.number}"
    yield below(at, "discussion-comment", str(said.database_id), "comment", title, who(author), said.created_at, at.url(said.url), said.body, facts=facts)
    yield from accounts(author)
