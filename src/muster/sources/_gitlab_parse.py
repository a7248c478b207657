"""GitLab's answers as evidence: pure, one kept item at a time, nothing asked of anybody.

An item is told apart by its key, `HOST/GROUP/PROJECT/-/issues/12[/SORT/ID]`, which `gitlab.fetch` makes from what it asked for.
What was assigned, asked, approved, renamed and referred to stands in GitLab's own remarks in a discussion alone ("assigned to
@ann"), which it writes in English: `REMARKS` reads them. Shapes: GitLab's REST documentation; there is no official description
to hold them against, only recorded shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from muster.model import Account, Evidence, Grade, Participant, Role, Skipped
from muster.sources._kept import Raw
from muster.sources._values import (
    LONGEST_TITLE,
    MOST,
    account,
    address,
    clock,
    decoded,
    facts,
    hashed,
    left_out,
    line,
    some,
    text,
    when,
)

SOURCE = "gitlab"
#: The two sorts of items, as the API calls them → the sign of their numbers, the kind of evidence.
SORTS = {"issues": ("#", "issue"), "merge_requests": ("!", "pull-request")}
#: Accounts that GitLab makes for itself, projects and groups.
BOT = re.compile(r"(?:project|group)_\d+_bot(?:_?[0-9a-f]*)?|ghost\d*|alert-bot|support-bot|service_account_\w+|gitlab-(?:bot|security-bot|duo\w*)", re.ASCII)

Piece = Evidence | Account | Skipped


class User(msgspec.Struct):
    """An account."""

    username: str = ""
    name: str | None = None

    @property
    def id(self) -> str:
        """As evidence names it."""
        return account(SOURCE, self.username.lower())


class References(msgspec.Struct):
    """How an item is called."""

    full: str = ""


class Item(msgspec.Struct):
    """An issue or a merge request: what both have, and what either has."""

    iid: int
    title: str
    created_at: datetime
    description: str | None = None
    state: str = ""
    author: User | None = None
    assignees: list[User] | None = None
    reviewers: list[User] | None = None
    labels: list[str] | None = None
    closed_at: datetime | None = None
    closed_by: User | None = None
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_user: User | None = None
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None
    sha: str | None = None
    target_branch: str | None = None
    web_url: str | None = None
    confidential: bool | None = None
    moved_to_id: int | None = None
    references: References | None = None


class Position(msgspec.Struct):
    """Where a note stands in a difference."""

    head_sha: str | None = None
    new_path: str | None = None
    old_path: str | None = None
    new_line: int | None = None
    old_line: int | None = None


class Note(msgspec.Struct):
    """A note, by a person or, with `system`, by GitLab itself."""

    id: int
    created_at: datetime
    body: str | None = None
    author: User | None = None
    system: bool = False
    updated_at: datetime | None = None
    resolved: bool | None = None
    position: Position | None = None
    internal: bool | None = None
    confidential: bool | None = None


class Discussion(msgspec.Struct):
    """A note and those that answer it."""

    id: str
    notes: list[msgspec.Raw]


class State(msgspec.Struct):
    """A change of state."""

    id: int
    created_at: datetime
    state: str
    user: User | None = None


class Label(msgspec.Struct):
    """A label."""

    name: str = ""


class Labelled(msgspec.Struct):
    """A label that was put there or taken away."""

    id: int
    created_at: datetime
    action: str
    user: User | None = None
    label: Label | None = None


class Version(msgspec.Struct):
    """What a branch was after a push."""

    id: int
    created_at: datetime
    head_commit_sha: str | None = None


class Approval(msgspec.Struct):
    """One who approved."""

    user: User | None = None


class Approvals(msgspec.Struct):
    """Who approves of a merge request as it is."""

    approved_by: list[Approval] | None = None


class Closed(msgspec.Struct):
    """An issue that a merge request closes."""

    iid: int
    state: str = ""
    references: References | None = None
    web_url: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item belongs: host, project in lower case, its sort and number, and what it is of that."""

    host: str
    project: str
    sort: str
    number: str
    below: str = ""

    @property
    def ref(self) -> str:
        """How it is called: acme/deploy!12."""
        return f"{self.project}{SORTS[self.sort][0]}{self.number}"

    @property
    def id(self) -> str:
        """The id of the issue or merge request."""
        return f"{SOURCE}:{self.ref}"

    @property
    def kind(self) -> str:
        """What sort of evidence it is."""
        return SORTS[self.sort][1]

    def page(self, anchor: str = "") -> str | None:
        """Its address, or that of something on its page."""
        return address(f"https://{self.host}/{self.project}/-/{self.sort}/{self.number}{anchor}", self.host)


def place(key: str) -> Place:
    """Where the item of that key belongs; ValueError where it is no key of this source."""
    home, _, rest = key.partition("/-/")
    host, _, project = home.partition("/")
    steps = [*rest.split("/"), "", ""]
    if not host or not account(SOURCE, project.replace("/", ".")) or steps[0] not in SORTS or not (steps[1].isdecimal() and steps[1].isascii()):
        raise ValueError(f"no item of GitLab: {key[:80]}")
    return Place(host.lower(), project.lower(), steps[0], steps[1], steps[2])


def parse(raw: Raw) -> Iterator[Piece]:
    """The evidence of an item, and the accounts in it; none of one that is gone. Raises ValueError where it has another shape."""
    if not raw.body:
        return
    at = place(raw.key)
    if raw.kind in ("issue", "merge-request"):
        yield from item(at, decoded(raw, Item))
    elif raw.kind == "discussion":
        yield from discussion(at, decoded(raw, Discussion))
    elif raw.kind == "state":
        yield from state(at, decoded(raw, State))
    elif raw.kind == "label":
        yield from labelled(at, decoded(raw, Labelled))
    elif raw.kind == "version":
        said = decoded(raw, Version)
        yield below(at, "version", said.id, "event", f"Pushed to {at.ref}", "", said.created_at, at.page("/diffs"),
                    told=(("event", "pushed"), ("commit", hashed(said.head_commit_sha))))
    elif raw.kind == "approvals":
        people = [one.user for one in decoded(raw, Approvals).approved_by or () if one.user and one.user.id][:MOST]
        if people:
            yield more(at, parts((Role.REVIEWER, people)))
            yield from accounts(*people)
    elif raw.kind == "closes":
        yield from closes(at, decoded(raw, Closed))
    else:
        raise ValueError(f"of a kind that is not known: {raw.kind[:40]}")


def item(at: Place, said: Item) -> Iterator[Piece]:
    """An issue or merge request."""
    merged = said.state == "merged"
    merger = said.merge_user or said.merged_by
    hidden = bool(said.confidential)
    yield Evidence(
        id=at.id, source=SOURCE, kind=at.kind, origin=at.project, ref=at.ref, title=line(said.title, LONGEST_TITLE),
        actor=said.author.id if said.author else "", happened_at=clock(said.created_at), recorded_at=clock(said.created_at), grade=Grade.HOSTED,
        url=address(said.web_url, at.host) or at.page(), text="" if hidden else text(said.description),
        participants=parts((Role.ASSIGNEE, said.assignees), (Role.REQUESTED, said.reviewers)),
        facts=facts(
            ("state", "merged" if merged else "open" if said.state in ("opened", "reopened", "locked") else "closed" if said.state == "closed" else ""),
            ("reason", "moved" if said.moved_to_id else ""), ("closed", when(said.closed_at)), ("closed-by", said.closed_by.id if said.closed_by else ""),
            *((("merged", when(said.merged_at)), ("merged-by", merger.id if merger else ""),
               # Which of them the target branch has depends on how it was merged: a merge has the first, a squash that was
               # put on top has the second alone, one that was put on top as it is has the branch's newest.
               ("commit", hashed(said.merge_commit_sha)), ("commit", hashed(said.squash_commit_sha)),
               ("commit", "" if said.merge_commit_sha or said.squash_commit_sha else hashed(said.sha))) if merged else ()),
            ("head", hashed(said.sha)), ("base", line(said.target_branch, 200)),
            *(("label", line(label, 100)) for label in (said.labels or ())[:MOST]), ("left-out", "private" if hidden else ""),
        ),
    )
    yield from accounts(said.author, said.closed_by, merger, *(said.assignees or ())[:MOST], *(said.reviewers or ())[:MOST])


def below(
    at: Place, sort: str, id_: int | str, kind: str, title: str, actor: str, happened: datetime, url: str | None, body: str = "",
    people: Sequence[Participant] = (), told: Sequence[tuple[str, str]] = (),
) -> Evidence:
    """Something below an issue or merge request as evidence."""
    return Evidence(
        id=f"{at.id}/{sort}/{id_}", source=SOURCE, kind=kind, origin=at.project, ref=at.ref, title=line(title, LONGEST_TITLE), actor=actor,
        happened_at=clock(happened), recorded_at=clock(happened), grade=Grade.HOSTED, url=url, text=body, participants=tuple(people),
        about=at.id, facts=facts(*told),
    )


def more(at: Place, people: tuple[Participant, ...] = (), *told: tuple[str, str]) -> Evidence:
    """What something below an issue or merge request adds to it (see `gitlab.join`)."""
    return Evidence(
        id=at.id, source=SOURCE, kind=at.kind, origin=at.project, ref=at.ref, title=at.ref, actor="", happened_at=None, recorded_at=None,
        grade=Grade.HOSTED, url=at.page(), participants=people, facts=facts(*told),
    )


def state(at: Place, said: State) -> Iterator[Piece]:
    """A change of state as an event."""
    if said.state not in ("closed", "reopened", "merged"):
        return
    yield below(at, "state", said.id, "event", f"{said.state.capitalize()} ({at.ref})", said.user.id if said.user else "", said.created_at, at.page(),
                told=(("event", said.state),))
    yield from accounts(said.user)


def labelled(at: Place, said: Labelled) -> Iterator[Piece]:
    """A label that was put there or taken away, as an event."""
    if said.action not in ("add", "remove") or said.label is None:
        return  # a label that was deleted since
    name, label = ("labelled" if said.action == "add" else "unlabelled"), line(said.label.name, 100)
    yield below(at, "label", said.id, "event", f"{name.capitalize()}: {label} ({at.ref})", said.user.id if said.user else "", said.created_at, at.page(),
                told=(("event", name), ("to", label)))
    yield from accounts(said.user)


def closes(at: Place, said: Closed) -> Iterator[Piece]:
    """That a merged merge request closed an issue, where that is closed."""
    full = (said.references.full if said.references else "").lower()
    if said.state == "closed" and re.fullmatch(r"[\w./-]{1,400}#[0-9]{1,12}", full, re.ASCII):
        yield more(at, (), ("closes", f"{SOURCE}:{full}"))


# Discussions

def discussion(at: Place, said: Discussion) -> Iterator[Piece]:
    """The notes of a discussion, those by people as comments, those by GitLab as what they say was done."""
    notes, wrong = some(said.notes, Note)
    yield from left_out(f"{at.id}: a note", wrong)
    root = next((note for note in notes if not note.system), None)
    changed = any(note.system and (note.body or "").startswith("changed this line in") for note in notes)
    for note in notes:
        try:
            if note.system:
                yield from list(remark(at, note))
            else:
                yield from list(comment(at, note, root, changed))
        except ValueError as error:
            yield Skipped(f"{at.id}: note {note.id}", line(str(error), 160))


def comment(at: Place, said: Note, root: Note | None, changed: bool) -> Iterator[Piece]:
    """A comment; of one that only some may see, that it was made."""
    told: list[tuple[str, str]] = []
    title = f"Comment on {at.ref}"
    if said.position is not None and (path := line(said.position.new_path or said.position.old_path)):
        title = f"{title} at {line(path, 200)}"
        number = said.position.new_line or said.position.old_line
        told += [("path", path), ("commit", hashed(said.position.head_sha))]
        if number:
            told += [("line", str(number)), ("outdated", "yes" if changed else "")]
    if root is not None and root.id != said.id:
        told.append(("answers", f"{at.id}/note/{root.id}"))
    # Settling a thread moves `updated_at` too.
    late = said.updated_at is not None and said.updated_at != said.created_at and not said.resolved
    hidden = bool(said.internal or said.confidential)
    told += [("edited", when(said.updated_at) if late else ""), ("left-out", "private" if hidden else "")]
    yield below(at, "note", said.id, "comment", title, said.author.id if said.author else "", said.created_at, at.page(f"#note_{said.id}"),
                "" if hidden else text(said.body), told=told)
    yield from accounts(said.author)


#: Whom a remark names.
NAMES = re.compile(r"@([A-Za-z0-9_][\w.-]{0,254}(?<![.]))", re.ASCII)
#: The items that it names.
NUMBERS = re.compile(r"(?<![\w./-])(?P<project>[A-Za-z0-9_][\w.-]*(?:/[\w.-]+)*)?(?P<sign>[#!])(?P<number>[0-9]{1,12})\b", re.ASCII)

#: A remark that GitLab writes → what was done. "a and unassigned b" has two.
REMARKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(?:re)?assigned to (?P<to>@[^\n]{1,2000}?)(?: and unassigned (?P<off>@[^\n]{1,2000}))?$"), "assigned"),
    (re.compile(r"^unassigned (?P<off>@[^\n]{1,2000})$"), "assigned"),
    (re.compile(r"^requested review from (?P<to>@[^\n]{1,2000}?)(?: and removed review request for (?P<off>@[^\n]{1,2000}))?$"), "review-requested"),
    (re.compile(r"^removed review request for (?P<off>@[^\n]{1,2000})$"), "review-requested"),
    (re.compile(r"^changed title from \*\*(?P<was>[^\n]{1,1000}?)\*\* to \*\*(?P<is>[^\n]{1,1000})\*\*$"), "renamed"),
    (re.compile(r"^(?:marked this merge request as \*\*ready\*\*|unmarked (?:this merge request )?as a \*\*(?:Work In Progress|draft)\*\*)"), "ready-for-review"),
    (re.compile(r"^marked (?:this merge request )?as a? ?\*\*(?:Work In Progress|draft)\*\*", re.IGNORECASE), "converted-to-draft"),
    (re.compile(r"^mentioned in (?:issue|merge request|incident|task|epic) (?P<by>[^\n]{1,400})$"), "cross-referenced"),
    (re.compile(r"^marked this (?:issue|incident|task) as a duplicate of (?P<by>[^\n]{1,400})$"), "marked-as-duplicate"),
    (re.compile(r"^moved to (?P<by>[^\n]{1,400})$"), "transferred"),
    (re.compile(r"^approved this merge request$"), "approved"),
    (re.compile(r"^unapproved this merge request$"), "dismissed"),
    (re.compile(r"^requested changes$"), "changes-requested"),
    (re.compile(r"^changed the description"), "edited"),
    (re.compile(r"^closed via (?:merge request (?P<by>[^\n]{1,400})|commit (?P<hash>[0-9a-f]{40}))"), "closer"),
)
#: What took it back.
BACK = {"assigned": "unassigned", "review-requested": "review-request-removed"}


def remark(at: Place, said: Note) -> Iterator[Piece]:
    """What GitLab remarks that somebody did; nothing of remarks that say nothing here."""
    body = (said.body or "").strip()
    found = next(((made, name) for pattern, name in REMARKS if (made := pattern.match(body))), None)
    if found is None:
        return
    made, name = found
    actor = said.author.id if said.author else ""
    url = at.page(f"#note_{said.id}")
    if name in BACK:
        role = Role.ASSIGNEE if name == "assigned" else Role.REQUESTED
        for group, event in (("to", name), ("off", BACK[name])):
            names = [account(SOURCE, one.lower()) for one in NAMES.findall(made.groupdict().get(group) or "")][:MOST]
            for number, to in enumerate(dict.fromkeys(names)):
                yield below(at, "note", f"{said.id}-{group}-{number}", "event", f"{event.replace('-', ' ').capitalize()}: {to.partition(':')[2]} ({at.ref})",
                            actor, said.created_at, url, people=(Participant(to, role),), told=(("event", event), ("to", to)))
    elif name in ("approved", "dismissed", "changes-requested"):
        yield below(at, "review", said.id, "review", f"Review of {at.ref}: {name.replace('-', ' ')}", actor, said.created_at, url, told=(("verdict", name),))
    elif name == "edited":
        yield more(at, (), ("edited", when(said.created_at)))
    elif name == "closer":
        by = other(at, made["by"] or "")
        yield more(at, (), ("closer", by or (f"git:{made['hash']}" if made["hash"] else "")))
    elif name == "renamed":
        was, is_ = (re.sub(r"\{[-+]|[-+]\}", "", line(made[group], LONGEST_TITLE)) for group in ("was", "is"))
        yield below(at, "note", said.id, "event", f"Renamed ({at.ref})", actor, said.created_at, url, told=(("event", name), ("from", was), ("to", is_)))
    else:
        by = other(at, made.groupdict().get("by") or "")
        title = f"{name.replace('-', ' ').capitalize()}{': ' + by.partition(':')[2] if by else ''} ({at.ref})"
        # Whence a reference comes; whither something was moved, or of what it is a duplicate.
        yield below(at, "note", said.id, "event", title, actor, said.created_at, url,
                    told=(("event", name), ("from" if name == "cross-referenced" else "to", by)))
    yield from accounts(said.author)


def other(at: Place, said: str) -> str:
    """The id of the item that a remark names; empty where it names none.

    Without a project it is in the same one; a project without a group is in the same group.
    """
    found = NUMBERS.search(said)
    if found is None:
        return ""
    project = found["project"] or at.project
    if "/" not in project:
        project = f"{at.project.rpartition('/')[0]}/{project}"
    return f"{SOURCE}:{project.lower()}{found['sign']}{found['number']}"


def accounts(*users: User | None) -> Iterator[Account]:
    """The accounts of these; bots known as such."""
    for user in users:
        if user is not None and user.id:
            yield Account(user.id, line(user.name or user.username, 100), bot=bool(BOT.fullmatch(user.username.lower())))


def parts(*roles: tuple[Role, Sequence[User] | None]) -> tuple[Participant, ...]:
    """Who has which part."""
    return tuple(dict.fromkeys(Participant(user.id, role) for role, users in roles for user in (users or ())[:MOST] if user.id))

