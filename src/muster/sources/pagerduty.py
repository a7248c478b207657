"""PagerDuty: incidents, who was paged, acknowledged, was assigned and resolved, what was noted; and who has which account.

`fetch` asks the REST API (version 2) for incidents in windows of time, the oldest first, and writes each with its log and its
notes in one go. An incident has no list of what changed since: those that were not over, or had been for less than LATE, are
asked for again. Shapes: PagerDuty's own OpenAPI description, https://github.com/PagerDuty/api-schema; the tests hold both
sides against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from muster.model import Account, Evidence, Grade, Participant, Role, Skipped
from muster.sources._client import Answer, Client, RefusedError, Tell
from muster.sources._kept import Kept, Raw, digest
from muster.sources._secret import Secret, secret
from muster.sources._values import (
    LONGEST_TITLE,
    account,
    address,
    clock,
    decoded,
    earlier,
    email,
    facts,
    first_instant,
    gone,
    host_of,
    line,
    look,
    stamp,
    text,
    when,
    words,
)

SOURCE = "pagerduty"
KEPT = True
GIVES = ("incidents",)
SHOWS = "incidents with when they began and ended, who was paged, acknowledged, was assigned and resolved, and notes"
BLIND = "what was said and done outside of PagerDuty; why it happened; what alerted nobody; who was on call and was not paged"
QUESTIONS = (
    "Who outside your team says so?",
    "What would the organisation have lost?",
    "What would have happened without you?",
    "What went wrong since?",
)
EXAMPLE = '[sources.pagerduty]\nsince = 2025-07-01'

#: The hosts that the token of the environment is for.
HOSTS = ("api.pagerduty.com", "api.eu.pagerduty.com")
HEADERS = {"Accept": "application/vnd.pagerduty+json;version=2", "Content-Type": "application/json"}
#: How long a window is (six months at most are answered), and how many of a list can be reached by an offset.
WINDOW, PAGE, REACH = timedelta(days=90), 100, 10_000
#: How long after an incident its log and notes are still asked for again.
LATE = timedelta(days=14)
#: How far a sync goes back behind where the last one ended.
OVERLAP = timedelta(hours=1)

#: What of a log becomes an event, and how `event` calls it. A note is taken from the notes.
EVENTS = {
    "trigger_log_entry": "triggered", "notify_log_entry": "paged", "acknowledge_log_entry": "acknowledged",
    "acknowledgement_log_entry": "acknowledged",  # the description has both
    "escalate_log_entry": "escalated", "assign_log_entry": "assigned", "delegate_log_entry": "assigned",
    "resolve_log_entry": "resolved", "unacknowledge_log_entry": "unacknowledged", "snooze_log_entry": "snoozed",
    "urgency_change_log_entry": "urgency-changed",
}

Piece = Evidence | Account


@dataclass(frozen=True, slots=True)
class Settings:
    """From which first day (2025-01-31; all without one), of which teams (their ids, PQ9K7I8; all without), and where the API is.

    `since` and `teams` are as said; `base` is https://api.eu.pagerduty.com for an account in the EU.
    """

    since: date | None = None
    teams: tuple[str, ...] = ()
    base: str = "https://api.pagerduty.com"

    def __post_init__(self) -> None:
        for team in self.teams:
            if not (team.isascii() and team.isalnum()):
                raise ValueError(f"`teams`: {team!r} is no id of a team; it stands at the end of the team's address, PQ9K7I8")
        host_of(self.base, "https://api.pagerduty.com")


# Shapes

class Ref(msgspec.Struct):
    """A reference to a user, a service, an integration or anything else."""

    id: str = ""
    type: str = ""
    summary: str | None = None
    html_url: str | None = None


class First(msgspec.Struct):
    """The log's first entry, where it was included."""

    agent: Ref | None = None


class Reason(msgspec.Struct):
    """Why it was resolved: merged into another."""

    type: str | None = None
    incident: Ref | None = None


class Assignment(msgspec.Struct):
    """Whom it is assigned to now."""

    assignee: Ref | None = None


class Incident(msgspec.Struct):
    """An incident."""

    id: str
    created_at: datetime
    title: str | None = None
    summary: str | None = None
    incident_number: int | None = None
    status: str = ""
    urgency: str | None = None
    html_url: str | None = None
    service: Ref | None = None
    resolved_at: datetime | None = None
    last_status_change_at: datetime | None = None
    last_status_change_by: Ref | None = None
    assignments: list[Assignment] | None = None
    priority: Ref | None = None
    resolve_reason: Reason | None = None
    first_trigger_log_entry: First | None = None
    updated_at: datetime | None = None


class Channel(msgspec.Struct):
    """By which way an entry came; of some, who was told."""

    type: str = ""
    user: Ref | None = None


class Entry(msgspec.Struct):
    """An entry of an incident's log."""

    id: str
    type: str
    created_at: datetime
    agent: Ref | None = None
    incident: Ref | None = None
    user: Ref | None = None
    assignees: list[Ref] | None = None
    html_url: str | None = None
    channel: Channel | None = None


class Note(msgspec.Struct):
    """A note."""

    id: str
    created_at: datetime
    user: Ref | None = None
    content: str | None = None
    updated_at: datetime | None = None


class User(msgspec.Struct):
    """A user, with the e-mail."""

    id: str
    name: str | None = None
    summary: str | None = None
    email: str | None = None


# Reading

def parse(raw: Raw) -> Iterator[Piece]:
    """The evidence of an item and the accounts in it; none of one that is gone. Raises ValueError where it has another shape."""
    if not raw.body:
        return
    steps = raw.key.split("/")
    if raw.kind == "user":
        yield from user(decoded(raw, User))
        return
    if raw.kind not in ("incident", "entry", "note") or len(steps) < 2 or not account(SOURCE, steps[1]):
        raise ValueError(f"of a kind that is not known: {raw.kind[:40]}")
    home = f"{SOURCE}:{steps[1]}"
    if raw.kind == "incident":
        yield from incident(home, decoded(raw, Incident))
    elif raw.kind == "entry":
        yield from entry(home, decoded(raw, Entry))
    else:
        yield from note(home, decoded(raw, Note))


def join(first: Evidence, later: Evidence) -> Evidence:
    """An incident with who responded by its log: that is in no list of the incident itself once it is over."""
    return replace(first, participants=tuple(dict.fromkeys((*first.participants, *later.participants))))


def incident(home: str, said: Incident) -> Iterator[Piece]:
    """An incident."""
    ended = said.resolved_at or (said.last_status_change_at if said.status == "resolved" else None)
    opener = said.first_trigger_log_entry.agent if said.first_trigger_log_entry else None
    opener = opener if opener and opener.id else said.service
    merged = said.resolve_reason.incident if said.resolve_reason else None
    closer = said.last_status_change_by if ended else None
    people = [Participant(who(one.assignee), Role.ASSIGNEE) for one in said.assignments or () if is_user(one.assignee)]
    people += [Participant(who(closer), Role.RESPONDER)] if is_user(closer) else []
    yield Evidence(
        id=home, source=SOURCE, kind="incident", origin=place(said.html_url), ref=f"#{said.incident_number}" if said.incident_number else said.id[:40] or home,
        title=line(said.title or said.summary, LONGEST_TITLE), actor=who(opener), happened_at=clock(said.created_at),
        recorded_at=clock(said.created_at), grade=Grade.HOSTED, url=address(said.html_url), participants=tuple(dict.fromkeys(people)),
        facts=facts(
            ("began", when(said.created_at)), ("ended", when(ended)), ("service", line(said.service.summary, 200) if said.service else ""),
            ("urgency", words(said.urgency)), ("status", words(said.status)),
            ("label", line(said.priority.summary, 100) if said.priority else ""),
            ("reason", words((said.resolve_reason.type or "").removesuffix("_resolve_reason")) if said.resolve_reason else ""),
            ("closer", account(SOURCE, merged.id) if merged else ""), ("closed-by", who(closer)),
        ),
    )
    yield from known(opener, said.service, closer, *(one.assignee for one in said.assignments or ()))


def entry(home: str, said: Entry) -> Iterator[Piece]:
    """An entry of a log as an event; and that whoever acknowledged or resolved it responded to the incident."""
    name = EVENTS.get(said.type)
    if name is None:
        return
    to = [said.user or (said.channel.user if said.channel else None)] if name == "paged" else list(said.assignees or ())
    people = [one for one in to if is_user(one)]
    role = Role.RECIPIENT if name == "paged" else Role.ASSIGNEE
    called = ", ".join(line(one.summary, 60) or one.id for one in people[:5] if one)
    number = line(said.incident.summary, LONGEST_TITLE) if said.incident else ""
    title = f"{name.replace('-', ' ').capitalize()}{': ' + called if called else ''}"
    yield Evidence(
        id=f"{home}/log/{part(said.id)}", source=SOURCE, kind="event", origin=place(said.html_url, said.incident), ref=number.partition("]")[0].strip("[") or home,
        title=line(f"{title} ({number})" if number else title, LONGEST_TITLE), actor=who(said.agent), happened_at=clock(said.created_at),
        recorded_at=clock(said.created_at), grade=Grade.HOSTED, url=address(said.html_url), about=home,
        participants=tuple(dict.fromkeys(Participant(who(one), role) for one in people)),
        facts=facts(("event", name), *(("to", who(one)) for one in people), ("by-habit", "" if is_user(said.agent) else "yes")),
    )
    if is_user(said.agent) and name in ("acknowledged", "resolved", "snoozed", "assigned", "escalated"):
        yield responded(home, said.incident, who(said.agent))
    yield from known(said.agent, *people)


def note(home: str, said: Note) -> Iterator[Piece]:
    """A note as a comment; and that whoever wrote it responded to the incident."""
    by_person = is_user(said.user)
    author = who(said.user) if by_person else ""
    edited = when(said.updated_at) if said.updated_at and said.updated_at != said.created_at else ""
    yield Evidence(
        id=f"{home}/note/{part(said.id)}", source=SOURCE, kind="comment", origin=SOURCE, ref=home.partition(":")[2], title="Note on the incident",
        actor=author, happened_at=clock(said.created_at), recorded_at=clock(said.created_at), grade=Grade.HOSTED, text=text(said.content),
        about=home, facts=facts(("edited", edited), ("by-habit", "" if by_person else "yes")),
    )
    if by_person:
        yield responded(home, None, author)
        yield from known(said.user)


def responded(home: str, said: Ref | None, person: str) -> Evidence:
    """What a log or a note adds to the incident itself: who responded (see `join`)."""
    title = line(said.summary if said else "", LONGEST_TITLE) or f"Incident {home.partition(':')[2]}"
    return Evidence(
        id=home, source=SOURCE, kind="incident", origin=place(said.html_url if said else None), ref=home.partition(":")[2], title=title, actor="",
        happened_at=None, recorded_at=None, grade=Grade.HOSTED, url=address(said.html_url) if said else None,
        participants=(Participant(person, Role.RESPONDER),),
    )


def user(said: User) -> Iterator[Account]:
    """An account with its e-mail."""
    if not account(SOURCE, said.id):
        raise ValueError("a user without an id")
    yield Account(account(SOURCE, said.id), line(said.name or said.summary, 100), email(said.email))


def is_user(said: Ref | None) -> bool:
    """Whether it is a person: not a service, an integration or a rule."""
    return said is not None and said.type in ("user", "user_reference") and bool(account(SOURCE, said.id))


def who(said: Ref | None) -> str:
    """A user or a service as evidence names it."""
    return account(SOURCE, said.id) if said and said.type.removesuffix("_reference") in ("user", "service", "integration") else ""


def known(*said: Ref | None) -> Iterator[Account]:
    """The accounts of these; what is no user is no person."""
    for one in said:
        if one is not None and who(one):
            yield Account(who(one), line(one.summary, 100), bot=not is_user(one))


def place(*said: str | Ref | None) -> str:
    """The account's own host, acme.pagerduty.com, by an address that was given; PagerDuty alone where there is none."""
    for one in said:
        url = address(one.html_url if isinstance(one, Ref) else one)
        if url:
            return url.split("/")[2].lower()
    return SOURCE


def part(id_: str) -> str:
    """An id as a part of another; ValueError where it is none."""
    if not account(SOURCE, id_):
        raise ValueError("an entry without an id")
    return id_


# Asking

class Listed(msgspec.Struct):
    """What is looked at of an incident before it is kept as it is."""

    id: str
    created_at: datetime
    status: str = ""
    updated_at: datetime | None = None
    last_status_change_at: datetime | None = None


class Page(msgspec.Struct):
    """What is looked at of a list."""

    more: bool | None = None


class Named(msgspec.Struct):
    """What is looked at of something below an incident."""

    id: str = ""


def token(base: str) -> Secret | None:
    """The token for an address: from the keyring, and from the environment for PagerDuty's own hosts alone."""
    host = host_of(base, "")
    return secret(SOURCE, host, ("MUSTER_PAGERDUTY_TOKEN", "PAGERDUTY_TOKEN", "PAGERDUTY_API_KEY") if host in HOSTS else ())


def fetch(settings: Settings, root: Path, kept: Kept, tell: Tell) -> tuple[Skipped, ...]:
    """What could not be brought, once all else that is new is in `kept`. Raises MusterError; what was brought until then is kept.

    Two requests for each incident that is new or changed, one for each hundred incidents and users.
    """
    with Client(settings.base, token(settings.base), scheme="Token token=", name="PagerDuty", headers=HEADERS, clock=kept.clock, tell=tell) as client:
        bringing = Bringing(client, kept, tell, first_instant(settings.since))
        bringing.users()
        bringing.again(settings.teams or ("",))
        for team in settings.teams or ("",):
            bringing.incidents(team)
        return tuple(bringing.missed)


class Bringing:
    """One sync."""

    def __init__(self, client: Client, kept: Kept, tell: Tell, first: str) -> None:
        self.client, self.kept, self.tell, self.first = client, kept, tell, first
        self.missed: list[Skipped] = []
        self.done = 0
        #: Whether everything is asked for, as if nothing were kept.
        self.full = False

    def users(self) -> None:
        """Bring all accounts. Without the right to see them, e-mails stay unknown."""
        try:
            for answer, _ in self.list("/users", {}):
                raws = []
                for body in answer.items("users"):
                    said = look(body, Named)
                    raws.append(Raw(f"accounts/{said.id if said and said.id else digest(body).hex()}", "user", body, answer.at))
                self.kept.put(raws)
        except RefusedError as error:
            if error.status not in (402, 403, 404):
                raise
            self.missed.append(Skipped("PagerDuty: users", f"the token may not read them ({error.status}), so e-mails stay unknown"))

    def incidents(self, team: str) -> None:
        """Bring the incidents of a team, or of all."""
        now = self.kept.clock()
        mark = self.mark(team)
        reached = self.kept.cursor(mark)
        self.full = reached is None
        start = earlier(reached, OVERLAP) if reached else self.first or self.oldest(team)
        if not start:
            return
        at = datetime.fromisoformat(start)
        while at < now:
            until = min(at + WINDOW, now + timedelta(minutes=5))
            at = self.window(team, at, until, mark)

    def window(self, team: str, since: datetime, until: datetime, mark: str) -> datetime:
        """Bring a window; gives from where on the next one begins: earlier than its end where an offset could not reach it."""
        newest = since
        for answer, whole in self.list("/incidents", self.asked(team, since, until), "incidents"):
            for body in answer.items("incidents"):
                said = look(body, Listed)
                if said is None or not account(SOURCE, said.id):
                    self.kept.put([Raw(f"incidents/odd-{digest(body).hex()}", "incident", body, answer.at)])
                    continue
                self.bring(said, body, answer, {mark: stamp(said.created_at)} if said.created_at > newest else {})
                newest = max(newest, said.created_at)
            if not whole:
                # Of those of one second as many as were reached are all that there is a way to.
                return newest if newest > since else since + timedelta(seconds=1)
        self.kept.put((), {mark: stamp(min(until, self.kept.clock()))})
        return until

    def mark(self, team: str) -> str:
        """The name of the cursor for a team, or for all."""
        return f"incidents {team or 'all'} {self.first or 'all'}"

    def again(self, teams: tuple[str, ...]) -> None:
        """Ask again for what had not been over for long when it was last asked for, and may be no longer in the windows to come."""
        reached = [mark for team in teams if (mark := self.kept.cursor(self.mark(team)))]
        if not reached:
            return
        behind = datetime.fromisoformat(min(reached)) - OVERLAP
        for raw in self.kept.items("incidents/"):
            said = look(raw.body, Listed) if raw.kind == "incident" else None
            if said is None or said.created_at >= behind or settled(said, raw.seen):
                continue
            try:
                answer = self.client.get(f"/incidents/{said.id}", {"include[]": "first_trigger_log_entries"})
            except RefusedError as error:
                if error.status != 404:
                    raise
                self.kept.put([Raw(raw.key, raw.kind, b"", self.kept.clock())])
                continue
            body = bytes(answer.json(dict[str, msgspec.Raw]).get("incident", b""))
            fresh = look(body, Listed)
            if fresh is not None and fresh.id == said.id:
                self.bring(fresh, body, answer, {})

    def oldest(self, team: str) -> str:
        """When the first incident of all began; empty where there is none."""
        params: dict[str, str | int] = {"date_range": "all", "sort_by": "created_at:asc", "limit": 1, **of(team)}
        answer = self.client.get("/incidents", params)
        for body in answer.items("incidents"):
            said = look(body, Listed)
            return stamp(said.created_at) if said else ""
        return ""

    def asked(self, team: str, since: datetime, until: datetime) -> dict[str, str | int]:
        """The parameters for a window."""
        return {"since": stamp(since), "until": stamp(until), "sort_by": "created_at:asc", "time_zone": "UTC",
                "include[]": "first_trigger_log_entries", **of(team)}

    def bring(self, said: Listed, body: bytes, answer: Answer, cursor: dict[str, str]) -> None:
        """Put an incident there with its log and notes, unless it is kept as it is and was settled then."""
        key = f"incidents/{said.id}"
        before = self.kept.get(key)
        if not self.full and before is not None and before.body == body and settled(said, before.seen):
            self.kept.put((), cursor)
            return
        raws = [Raw(key, "incident", body, answer.at), *self.below(key, "log_entries", "entry"), *self.below(key, "notes", "note")]
        self.kept.put(raws, cursor)
        self.done += 1
        self.tell(f"PagerDuty: incidents up to {said.created_at:%Y-%m-%d}", self.done, None)

    def below(self, key: str, sort: str, kind: str) -> Iterator[Raw]:
        """The log, or the notes, of an incident; what is no more there as items without a body."""
        seen = []
        try:
            for answer, _ in self.list(f"/{key}/{sort}", {"time_zone": "UTC"} if sort == "log_entries" else {}, sort):
                for body in answer.items(sort):
                    said = look(body, Named)
                    seen.append(f"{key}/{sort}/{said.id if said and account(SOURCE, said.id) else digest(body).hex()}")
                    yield Raw(seen[-1], kind, body, answer.at)
        except RefusedError as error:
            if error.status not in (403, 404):
                raise
            self.missed.append(Skipped(f"PagerDuty: {key}/{sort}", f"answers {error.status}"))
            return
        yield from gone(self.kept, f"{key}/{sort}/", seen)

    def list(self, path: str, params: dict[str, str | int], sort: str = "users") -> Iterator[tuple[Answer, bool]]:
        """The pages of a list, and whether what follows can be reached."""
        # Notes come all at once.
        paged = {} if sort == "notes" else {"limit": PAGE}
        offset, before = 0, b""
        while True:
            answer = self.client.get(path, {**params, **paged, **({"offset": offset} if offset else {})})
            bodies = answer.items(sort)
            if before and b"".join(bodies) == before:
                self.tell("PagerDuty gives a page again that was there before; the list ends here", self.done, None)
                return
            offset, before = offset + len(bodies), b"".join(bodies)
            more = bool(sort != "notes" and bodies and answer.json(Page).more)
            whole = not more or offset + PAGE <= REACH
            yield answer, whole
            if not more or not whole:
                return


def of(team: str) -> dict[str, str | int]:
    """The parameter for a team; none for all."""
    return {"team_ids[]": team} if team else {}


def settled(said: Listed, seen: datetime) -> bool:
    """Whether an incident had been over long enough when it was asked for that nothing more is to come."""
    return said.status == "resolved" and seen - (said.last_status_change_at or said.created_at) > LATE
