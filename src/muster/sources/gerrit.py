"""Gerrit: changes, their patch sets, who was asked for a review, votes and what was said, comments at lines.

What became of a change stands in git too, in its trailers (`Change-Id`, `Reviewed-by`, `Reviewed-on`), which muster reads there;
this adds what never reached git: what was refused, when it was said, where. `fetch` asks the REST API for what changed since the
last time. Gerrit gives the newest first, so a sync goes downwards and remembers from where to where it went. Shapes: Gerrit's
REST documentation; there is no description to hold them against, only recorded shapes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from muster.model import Account, Evidence, Grade, Participant, Role, Skipped
from muster.sources._client import Answer, Client, RefusedError, Tell
from muster.sources._kept import Kept, Raw, digest
from muster.sources._secret import Secret, basic, secret
from muster.sources._values import (
    LONGEST_TITLE,
    MOST,
    account,
    address,
    decoded,
    email,
    facts,
    first_instant,
    hashed,
    host_of,
    instant,
    left_out,
    line,
    look,
    some,
    text,
    when,
)

SOURCE = "gerrit"
KEPT = True
GIVES = ("pull-requests",)
SHOWS = "changes with their patch sets, votes, comments at lines, who was asked, what was abandoned, by whom and with which words"
BLIND = "what was said elsewhere; drafts and private changes; what a robot wrote; why code changed after a comment"
QUESTIONS = (
    "Who outside your team says so?",
    "Is this bigger than the team?",
    "When did you push back, and were you right?",
    "Have I seen this work myself, before today?",
    "Was this written then, or now?",
)
EXAMPLE = '[sources.gerrit]\nbase = "https://review.example.org"\nprojects = ["orchard/deploy"]'

#: What comes with each change.
OPTIONS = ("DETAILED_ACCOUNTS", "MESSAGES", "ALL_REVISIONS", "CURRENT_COMMIT", "DETAILED_LABELS", "REVIEWER_UPDATES")
#: How many changes come at a time; how many a further page begins before the last one's end.
PAGE, AGAIN = 50, 10
#: How far a sync goes back behind where the last one began.
OVERLAP = timedelta(minutes=5)
#: What stands before every answer, against being run as a script.
GUARD = b")]}'"
STATES = {"NEW": "open", "MERGED": "merged", "ABANDONED": "closed"}

Piece = Evidence | Account | Skipped


@dataclass(frozen=True, slots=True)
class Settings:
    """Where Gerrit is, which projects, from which first day, and who the token belongs to.

    `base` is the address at which a person opens it. `projects` are their names. `since` is a day (2025-01-31; all without one).
    `user` is the name that an HTTP password belongs to; without one only what everybody may see is asked for.
    """

    base: str
    projects: tuple[str, ...]
    since: date | None = None
    user: str = ""

    def __post_init__(self) -> None:
        host_of(self.base, "https://review.example.org")
        for name in self.projects:
            if not re.fullmatch(r"[A-Za-z0-9_][\w.+-]*(?:/[A-Za-z0-9_][\w.+-]*)*", name, re.ASCII):
                raise ValueError(f"`projects`: {name!r} is no project's name")
        if self.user and (":" in self.user or not self.user.isprintable()):
            raise ValueError(f"`user`: {self.user!r} is no account")


def home_of(base: str) -> str:
    """What the keys of its items begin with: host and path."""
    return f"{host_of(base, '')}{urlsplit(base).path.rstrip('/')}"


def wants(settings: Settings, raw: Raw) -> bool:
    """Whether an item that was kept is of a project that is still connected."""
    home = home_of(settings.base)
    rest = raw.key.removeprefix(f"{home}/-/").removesuffix("/comments")
    return raw.key.startswith(f"{home}/-/") and rest.rpartition("/")[0] in settings.projects


# Shapes

class User(msgspec.Struct):
    """An account; `tags` tells those of services."""

    account_id: int | None = msgspec.field(name="_account_id", default=None)
    name: str | None = None
    username: str | None = None
    email: str | None = None
    tags: list[str] | None = None

    @property
    def id(self) -> str:
        """As evidence names it."""
        return account(SOURCE, self.account_id)


class Message(msgspec.Struct):
    """What was said on a change, or what Gerrit remarks that was done."""

    id: str
    date: str
    message: str = ""
    author: User | None = None
    tag: str | None = None


class Commit(msgspec.Struct):
    """A commit's message."""

    message: str | None = None


class Revision(msgspec.Struct):
    """A patch set."""

    created: str
    number: int = msgspec.field(name="_number", default=0)
    uploader: User | None = None
    commit: Commit | None = None


class Label(msgspec.Struct):
    """A label that is voted on: what each vote means."""

    values: dict[str, str] | None = None


class Update(msgspec.Struct):
    """Somebody who was asked for a review, or no longer is."""

    updated: str
    state: str = ""
    updated_by: User | None = None
    reviewer: User | None = None


class Change(msgspec.Struct):
    """A change."""

    number: int = msgspec.field(name="_number")
    project: str
    created: str
    subject: str = ""
    status: str = ""
    branch: str | None = None
    topic: str | None = None
    hashtags: list[str] | None = None
    change_id: str | None = None
    submitted: str | None = None
    submitter: User | None = None
    owner: User | None = None
    labels: dict[str, Label] | None = None
    reviewers: dict[str, list[User]] | None = None
    reviewer_updates: list[msgspec.Raw] | None = None
    current_revision: str | None = None
    revisions: dict[str, msgspec.Raw] | None = None
    messages: list[msgspec.Raw] | None = None
    revert_of: int | None = None
    cherry_pick_of_change: int | None = None
    is_private: bool | None = None


class Remark(msgspec.Struct):
    """A comment at a line, a file or a patch set."""

    id: str
    updated: str
    message: str | None = None
    author: User | None = None
    line: int | None = None
    in_reply_to: str | None = None
    commit_id: str | None = None
    tag: str | None = None


# Reading

@dataclass(frozen=True, slots=True)
class Place:
    """Where a change belongs: host with path, project, number."""

    home: str
    project: str
    number: str

    @property
    def host(self) -> str:
        """The host alone."""
        return self.home.partition("/")[0]

    @property
    def id(self) -> str:
        """The change's id."""
        return self.other(self.number)

    def other(self, number: str | int) -> str:
        """The id of another change there."""
        return f"{SOURCE}:{self.host}/{number}"

    def page(self, rest: str = "") -> str | None:
        """Its address, or that of something on its page."""
        return address(f"https://{self.home}/c/{quote(self.project)}/+/{self.number}{rest}", self.host)


def place(key: str) -> Place:
    """Where an item belongs, by its key, `HOST[/PATH]/-/PROJECT/12345[/comments]`; ValueError where it is no key of this source."""
    home, _, rest = key.partition("/-/")
    made = re.fullmatch(r"([A-Za-z0-9_][\w.+/-]{0,400})/([0-9]{1,12})(?:/comments)?", rest, re.ASCII)
    if not home or made is None or not account(SOURCE, home.replace("/", ".")):
        raise ValueError(f"no item of Gerrit: {key[:80]}")
    return Place(home, made[1], made[2])


def parse(raw: Raw) -> Iterator[Piece]:
    """The evidence of an item, and the accounts in it; none of one that is gone. Raises ValueError where it has another shape."""
    if not raw.body:
        return
    at = place(raw.key)
    if raw.kind == "change":
        yield from change(at, decoded(raw, Change))
    elif raw.kind == "comments":
        yield from remarks(at, decoded(raw, dict[str, list[msgspec.Raw]]))
    else:
        raise ValueError(f"of a kind that is not known: {raw.kind[:40]}")


def then(said: str) -> datetime:
    """A time as Gerrit writes it, without its zone, which is UTC."""
    return instant(f"{said[:40]}+00:00")


def change(at: Place, said: Change) -> Iterator[Piece]:
    """A change, with its patch sets, who was asked and what was said."""
    opened = then(said.created)
    messages, wrong = some(said.messages, Message)
    updates, worse = some(said.reviewer_updates, Update)
    left = next((one for one in reversed(messages) if done(one) == "closed"), None)
    left = left if said.status == "ABANDONED" else None
    revisions: dict[str, Revision] = {}
    for sha, revision in (said.revisions or {}).items():
        made, bad = some((revision,), Revision)
        revisions.update((sha, one) for one in made)
        wrong += bad
    newest = revisions.get(said.current_revision or "")
    body = newest.commit.message if newest and newest.commit and newest.commit.message else ""
    asked = [user for user in (said.reviewers or {}).get("REVIEWER", [])[:MOST] if user.id and user.id != (said.owner.id if said.owner else "")]
    hidden, merged = bool(said.is_private), said.status == "MERGED"
    yield Evidence(
        id=at.id, source=SOURCE, kind="pull-request", origin=f"{at.host}/{at.project}", ref=f"{at.project}/+/{at.number}", title=line(said.subject, LONGEST_TITLE),
        actor=said.owner.id if said.owner else "", happened_at=opened, recorded_at=opened, grade=Grade.HOSTED, url=at.page(),
        text="" if hidden else text(body.partition("\n")[2].lstrip("\n")), participants=tuple(dict.fromkeys(Participant(user.id, Role.REQUESTED) for user in asked)),
        facts=facts(
            ("state", STATES.get(said.status, "")), ("merged", when(then(said.submitted)) if merged and said.submitted else ""),
            ("merged-by", said.submitter.id if merged and said.submitter else ""), ("commit", hashed(said.current_revision) if merged else ""),
            ("closed", when(then(left.date)) if left else ""), ("closed-by", left.author.id if left and left.author else ""),
            ("reason", line(words_of(left), 300) if left else ""), ("head", hashed(said.current_revision)), ("base", line(said.branch, 200)),
            ("change-id", said.change_id if re.fullmatch(r"I[0-9a-f]{40}", said.change_id or "") else ""),
            *(("label", line(label, 100)) for label in [said.topic or "", *(said.hashtags or ())][:MOST]),
            ("related", f"{at.other(said.revert_of)} reverts" if said.revert_of and said.revert_of > 0 else ""),
            ("related", f"{at.other(said.cherry_pick_of_change)} is picked from" if said.cherry_pick_of_change and said.cherry_pick_of_change > 0 else ""),
            ("left-out", "private" if hidden else ""),
        ),
    )
    yield from accounts(said.owner, said.submitter, *asked)
    for sha, patch_set in revisions.items():
        yield from safely(at, "a patch set", pushed(at, sha, patch_set))
    for number, update in enumerate(updates):
        yield from safely(at, "a reviewer", requested(at, number, update))
    best = votes_of(said.labels or {})
    for message in messages:
        yield from safely(at, "a message", spoken(at, said, message, best))
    yield from left_out(f"{at.id}: a message, patch set or reviewer", wrong + worse)


def safely(at: Place, what: str, made: Iterator[Piece]) -> Iterator[Piece]:
    """What stands below a change, or that it could not be read: one bad message does not take the change away."""
    try:
        yield from list(made)
    except ValueError as error:
        yield Skipped(f"{at.id}: {what}", line(str(error), 200))


def below(at: Place, key: str, kind: str, title: str, actor: str, happened: datetime, url: str | None, body: str, *told: tuple[str, str],
          people: tuple[Participant, ...] = ()) -> Evidence:
    """Something below a change as evidence."""
    return Evidence(
        id=f"{at.id}/{key}", source=SOURCE, kind=kind, origin=f"{at.host}/{at.project}", ref=f"{at.project}/+/{at.number}", title=line(title, LONGEST_TITLE),
        actor=actor, happened_at=happened, recorded_at=happened, grade=Grade.HOSTED, url=url, text=body, participants=people, about=at.id, facts=facts(*told),
    )


def pushed(at: Place, sha: str, said: Revision) -> Iterator[Piece]:
    """A patch set as an event."""
    if not hashed(sha):
        raise ValueError(f"no hash: {sha[:60]!r}")
    yield below(at, f"patch-set/{hashed(sha)}", "event", f"Pushed patch set {said.number} of {at.number}", said.uploader.id if said.uploader else "",
                then(said.created), at.page(f"/{said.number}"), "", ("event", "pushed"), ("commit", hashed(sha)))
    yield from accounts(said.uploader)


def requested(at: Place, number: int, said: Update) -> Iterator[Piece]:
    """That somebody was asked for a review, or no longer is, by another; who comes by voting was not asked."""
    by, to = said.updated_by or User(), said.reviewer or User()
    if not to.id or said.state not in ("REVIEWER", "REMOVED") or by.id == to.id:
        return
    name = "review-requested" if said.state == "REVIEWER" else "review-request-removed"
    yield below(at, f"reviewer/{number}", "event", f"{name.replace('-', ' ').capitalize()}: {line(to.name, 60) or to.id} ({at.number})", by.id, then(said.updated),
                at.page(), "", ("event", name), ("to", to.id), people=(Participant(to.id, Role.REQUESTED),))
    yield from accounts(by, to)


#: A message that begins with votes: "Patch Set 3: Code-Review+2 -Verified".
VOTED = re.compile(r"Patch Set [0-9]{1,6}:(?P<votes>(?: -?[A-Za-z][\w-]{0,60}?(?:[+-][0-9]{1,2})?)*)(?=\n|$)", re.ASCII)
VOTE = re.compile(r" (?P<gone>-)?(?P<label>[A-Za-z][\w-]{0,60}?)(?P<value>[+-][0-9]{1,2})?(?= |$)", re.ASCII)
PATCH_SET = re.compile(r"^Patch Set [0-9]{1,6}:[^\n]{0,400}\n*(?:\([0-9]{1,5} comments?\)\n*)?")
#: Gerrit's own remarks → what was done. What patch sets, votes and reviewers say is not said twice.
REMARKS = {
    "autogenerated:gerrit:merged": "merged", "autogenerated:gerrit:abandon": "closed", "autogenerated:gerrit:restore": "reopened",
    "autogenerated:gerrit:setReadyForReview": "ready-for-review", "autogenerated:gerrit:setWorkInProgress": "converted-to-draft",
    "autogenerated:gerrit:move": "transferred",
}


#: The same as they were worded before they had tags.
OLD = re.compile(r"(?:Patch Set [0-9]{1,6}: )?(?P<what>Abandoned|Restored)(?=\n|$)", re.ASCII)


def done(said: Message) -> str:
    """What a message remarks that was done; empty where it is no remark of Gerrit's own."""
    if said.tag:
        return REMARKS.get(said.tag, "")
    made = OLD.match(said.message)
    return ("closed" if made["what"] == "Abandoned" else "reopened") if made else ""


def votes_of(labels: dict[str, Label]) -> dict[str, int]:
    """The highest vote of each label."""
    found: dict[str, int] = {}
    for name, label in labels.items():
        numbers = [int(value.strip()) for value in (label.values or {}) if re.fullmatch(r"\s*[+-]?[0-9]{1,3}", value, re.ASCII)]
        found[name] = max(numbers, default=2)
    return found


def verdict_of(votes: str, best: dict[str, int]) -> str:
    """What the votes of a message come to: the highest there is approves, one below nothing asks for changes, the rest comments.

    Only `Code-Review` is looked at where there is one: others are of builds and licences. A vote in between ("looks good, but
    somebody else must approve") approves of nothing.
    """
    found = [(made["label"], int(made["value"])) for made in VOTE.finditer(votes) if made["value"] and not made["gone"]]
    gone = [made["label"] for made in VOTE.finditer(votes) if made["gone"]]
    values = [value for label, value in found if label == "Code-Review"]
    if values:
        return "changes-requested" if values[0] < 0 else "approved" if values[0] >= best.get("Code-Review", 2) else "commented"
    return "dismissed" if "Code-Review" in gone else ""


def spoken(at: Place, of: Change, said: Message, best: dict[str, int]) -> Iterator[Piece]:
    """A message as a review, a comment, or what Gerrit remarks that was done; none of a robot's."""
    tag, author, day = said.tag or "", said.author or User(), then(said.date)
    key = f"message/{part(said.id)}"
    owner = of.owner.id if of.owner else ""
    name = done(said)
    if name:
        why = line(words_of(said), 300) if name == "closed" else ""
        yield below(at, key, "event", f"{'Abandoned' if name == 'closed' else name.replace('-', ' ').capitalize()} ({at.number})", author.id, day, at.page(), "",
                    ("event", name), ("reason", why))
        yield from accounts(author)
        return
    if tag.startswith("autogenerated:") or not author.id or "SERVICE_USER" in (author.tags or ()):
        return
    made = VOTED.match(said.message)
    votes = (made["votes"] if made else "").strip()
    body = text(PATCH_SET.sub("", said.message, count=1)) if said.message.startswith("Patch Set ") else text(said.message)
    placed = bool(re.match(r"Patch Set [0-9]{1,6}:[^\n]{0,400}\s+\([0-9]{1,5} comments?\)", said.message))
    verdict = verdict_of(f" {votes}", best) or ("commented" if placed else "")
    if said.message.startswith("Uploaded patch set") or (not body and not verdict):
        return
    if verdict and author.id != owner:
        yield below(at, key, "review", f"Review of {at.number}: {votes or 'commented'}", author.id, day, at.page(f"#message-{said.id}"), "" if of.is_private else body,
                    ("verdict", verdict))
    else:
        yield below(at, key, "comment", f"Comment on {at.number}", author.id, day, at.page(f"#message-{said.id}"), "" if of.is_private else body)
    yield from accounts(author)


def words_of(said: Message) -> str:
    """What somebody wrote below the first line of a remark of Gerrit's: why a change was abandoned."""
    return said.message.partition("\n")[2].strip()


def remarks(at: Place, said: dict[str, list[msgspec.Raw]]) -> Iterator[Piece]:
    """The comments of all files."""
    for path, bodies in said.items():
        found, wrong = some(bodies, Remark)
        for one in found:
            yield from safely(at, "a comment", remark(at, path, one))
        yield from left_out(f"{at.id}: a comment", wrong)


def remark(at: Place, path: str, said: Remark) -> Iterator[Piece]:
    """A comment."""
    if (said.tag or "").startswith("autogenerated:"):
        return
    author, of_file = said.author or User(), not path.startswith("/")
    told = [("path", line(path)), ("line", str(said.line) if said.line and said.line > 0 else "")] if of_file else []
    yield below(at, f"comment/{part(said.id)}", "comment", f"Comment on {at.number}{' at ' + line(path, 200) if of_file else ''}", author.id, then(said.updated),
                at.page(f"/comment/{part(said.id)}/"), text(said.message), *told, ("commit", hashed(said.commit_id)),
                ("answers", f"{at.id}/comment/{part(said.in_reply_to)}" if said.in_reply_to else ""))
    yield from accounts(author)


def accounts(*users: User | None) -> Iterator[Account]:
    """The accounts of these, with the e-mail where Gerrit shows it; services known as such."""
    for user in users:
        if user is not None and user.id:
            yield Account(user.id, line(user.name or user.username, 100), email(user.email), "SERVICE_USER" in (user.tags or ()))


def part(id_: str) -> str:
    """An id as a part of another; ValueError where it is none."""
    if not re.fullmatch(r"[\w-]{1,80}", id_, re.ASCII):
        raise ValueError("without an id")
    return id_


# Asking

class Listed(msgspec.Struct):
    """What is looked at of a change before it is kept as it is."""

    number: int = msgspec.field(name="_number")
    updated: str
    total_comment_count: int | None = None
    is_private: bool | None = None
    more: bool = msgspec.field(name="_more_changes", default=False)

    @property
    def at(self) -> datetime:
        """When it was changed; ValueError where that is no time."""
        return then(self.updated)


def token(host: str) -> Secret | None:
    """The HTTP password for a host: from the keyring; from the environment for the host that GERRIT_HOST names."""
    own = os.environ.get("GERRIT_HOST", "").lower() == host
    return secret(SOURCE, host, ("MUSTER_GERRIT_PASSWORD", "GERRIT_PASSWORD") if own else ())


def fetch(settings: Settings, root: Path, kept: Kept, tell: Tell) -> tuple[Skipped, ...]:
    """What could not be brought, once all else that is new is in `kept`. Raises MusterError; what was brought until then is kept.

    A request for each PAGE changes, and one for each that is new or changed and has comments.
    """
    host = host_of(settings.base, "")
    auth = token(host) if settings.user else None
    base = f"{settings.base.rstrip('/')}/a" if auth else settings.base
    with Client(base, basic(settings.user, auth) if auth else None, scheme="Basic ", name=host, clock=kept.clock, tell=tell) as client:
        bringing = Bringing(client, kept, tell, home_of(settings.base), first_instant(settings.since))
        for project in settings.projects:
            try:
                bringing.run(project)
            except RefusedError as error:
                if error.status not in (400, 403, 404):
                    raise
                bringing.missed.append(Skipped(f"Gerrit: {project}", line(error.seen, 200)))
        return tuple(bringing.missed)


class Bringing:
    """One sync."""

    def __init__(self, client: Client, kept: Kept, tell: Tell, home: str, first: str) -> None:
        self.client, self.kept, self.tell, self.home, self.first = client, kept, tell, home, first
        self.missed: list[Skipped] = []
        self.done = 0

    def run(self, project: str) -> None:
        """Bring all changes of a project that changed: what a sync that was stopped left first, then what is new."""
        mark = f"{self.home} {project} {self.first or 'all'}"
        top, _, at = (self.kept.cursor(f"{mark} going down") or "").partition(" ")
        if at:
            self.down(project, mark, datetime.fromisoformat(top), datetime.fromisoformat(at))
        self.down(project, mark, None, None)

    def down(self, project: str, mark: str, top: datetime | None, at: datetime | None) -> None:
        """Bring what changed since the last whole sync, the newest first, from `at` on downwards; `top` is the newest of all.

        Each list is asked for from the last change of the one before, and not by its number: a change that is changed meanwhile
        moves to the top, and what moved up into its place would be passed over.
        """
        reached = self.kept.cursor(mark)
        floor = stamp(datetime.fromisoformat(reached) - OVERLAP) if reached else stamp(datetime.fromisoformat(self.first)) if self.first else ""
        going, skip, before = f"{mark} going down", 0, b""
        while True:
            asked = [f'project:"{project}"', *([f'since:"{floor}"'] if floor else []), *([f'until:"{stamp(at)}"'] if at else [])]
            query = [("q", " ".join(asked)), *(("o", option) for option in OPTIONS), ("n", str(PAGE)), *([("S", str(skip))] if skip else [])]
            answer = unguarded(self.client.get(f"/changes/?{urlencode(query)}"))
            bodies, more = answer.items(), False
            again, before = bool(before) and b"".join(bodies) == before, b"".join(bodies)
            times: list[datetime] = []
            for body in bodies:
                said = look(body, Listed)
                more = more or (said is not None and said.more)
                try:
                    times.append(said.at if said is not None and said.number > 0 else instant(""))
                except ValueError:
                    said = None
                if said is None:
                    # Kept, so that it is counted where it cannot be read.
                    self.kept.put([Raw(f"{self.home}/-/{project}/odd-{digest(body).hex()}", "change", body, answer.at)])
                else:
                    self.bring(project, said, body, answer)
            top = top or max(times, default=None)
            # The second that the last one lies in has to be there as a whole.
            below = min(times).replace(microsecond=0) + timedelta(seconds=1) if times else None
            if not more or not bodies or top is None or again:  # a list that comes again goes on for ever
                break
            if below is not None and (at is None or below < at):
                at, skip = below, 0
                self.kept.put((), {going: f"{top.isoformat()} {at.isoformat()}"})
            else:
                skip += max(1, len(bodies) - AGAIN)
        self.kept.put((), {going: "", **({mark: top.isoformat()} if top else {})})

    def bring(self, project: str, said: Listed, body: bytes, answer: Answer) -> None:
        """Put a change there with its comments, unless it is kept as it is."""
        key = f"{self.home}/-/{project}/{said.number}"
        before = self.kept.get(key)
        known = look(before.body, Listed) if before is not None else None
        if known is not None and (known.updated, known.total_comment_count) == (said.updated, said.total_comment_count):
            return
        raws = []
        if said.total_comment_count != 0 and not said.is_private:
            try:
                found = unguarded(self.client.get(f"/changes/{quote(project, safe='')}~{said.number}/comments"))
                raws.append(Raw(f"{key}/comments", "comments", found.body, found.at))
            except RefusedError as error:
                if error.status not in (403, 404):
                    raise
                self.missed.append(Skipped(f"Gerrit: {project}, {said.number}, comments", f"answers {error.status}"))
        # A change that ends a list says that there are more; that is none of its own.
        self.kept.put([Raw(key, "change", body, answer.at), *raws])
        self.done += 1
        self.tell(f"{project}: what changed back to {said.at:%Y-%m-%d}", self.done, None)


def unguarded(answer: Answer) -> Answer:
    """The answer without what Gerrit puts before its JSON."""
    return replace(answer, body=answer.body.removeprefix(GUARD).lstrip())


def stamp(at: datetime) -> str:
    """An instant as Gerrit's search takes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
