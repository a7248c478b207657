"""What was said in Slack, from the export that a workspace's owner can make: its folder or its zip file.

Each message is evidence under its channel and time (`slack:C024BE91L/1767225600.000100`). Slack's server set that time, but
the export is a file that anybody can change, so it is graded kept in the book and said elsewhere. Messages of programs,
and notices of who joined, are left out and counted. Direct messages are read where `private = true` alone.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from muster.model import Account, Evidence, Grade, Participant, Role, Skipped
from muster.sources._kept import Raw
from muster.sources._slack_export import Export

SOURCE = "slack"
GIVES = ("messages",)
SHOWS = "what was said in which channel, what answers what, who was named, and how many reacted"
BLIND = "channels that the export leaves out; what was deleted; who read it; direct messages, unless the book's settings take them"
QUESTIONS = (
    "Who outside your team says so?",
    "Did you tell us before, or after?",
    "Have I seen this work myself, before today?",
    "When did you push back, and were you right?",
)
EXAMPLE = """
[sources.slack]
path = "../slack-export.zip"
workspace = "https://example.slack.com"
private = false
"""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MOST_TEXT, MOST_NAMED = 20_000, 200
NOTHING: Mapping[str, str] = MappingProxyType({})

#: Subtypes of messages that people write; the others are notices.
WRITTEN = frozenset({"", "me_message", "thread_broadcast", "reply_broadcast", "file_share", "file_comment", "file_mention"})
PROGRAMS = frozenset({"bot_message", "slackbot_response", "bot_add", "bot_remove", "reminder_add"})

STAMP = re.compile(r"\d{9,10}\.\d{6}")
MARK = re.compile(r"<([^<>\n]{1,3000})>")
WRONG = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
#: Folders of conversations that only their members can read: direct messages, with one or several others.
DIRECT = re.compile(r"D[A-Z0-9]{6,}|mpdm-.*")


@dataclass(frozen=True, slots=True)
class Settings:
    """The export's `path`, a folder or zip file seen from the book. `workspace` is the address of the workspace, for links.

    Direct messages are read where `private` is true alone.
    """

    path: str
    workspace: str = ""
    private: bool = False

    def __post_init__(self) -> None:
        if self.workspace and not re.fullmatch(r"https://[A-Za-z0-9.-]+/?", self.workspace):
            raise ValueError("`workspace` is an address like https://example.slack.com")


@dataclass(frozen=True, slots=True)
class Day(Raw):
    """What was said in a channel on a day: the file's bytes, and what the export says elsewhere that it takes to read it.

    `names` are shown names by id of people and channels, `programs` the ids of those that are none, `members` the
    people of a direct conversation.
    """

    channel: str = ""
    called: str = ""
    names: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    programs: frozenset[str] = frozenset()
    members: tuple[str, ...] = ()
    workspace: str = ""


def fetch(settings: Settings, root: Path) -> Iterator[Raw | Skipped]:
    """The people, then each channel's days in the order of their names."""
    path = root / settings.path
    if not path.exists():
        yield Skipped(f"slack: {settings.path}", "there is no such file or folder")
        return
    try:
        home, real = root.resolve(), path.resolve()
        name = real.relative_to(home).as_posix() if real.is_relative_to(home) else f"../{path.name}"
        export = Export(path, name)
    except (ValueError, OSError, RuntimeError) as error:
        yield Skipped(f"slack: {path.name}", " ".join(str(error).split())[:200])
        return
    with export:
        people = export.read("users.json")
        names, programs = known(people or b"[]")
        if people is not None:
            yield Raw(f"{name}/users.json", "users", people, NEVER)
        rooms: dict[str, tuple[str, str, tuple[str, ...]]] = {}
        direct: set[str] = set()
        for file in ("channels.json", "groups.json", "mpims.json", "dms.json"):
            body = export.read(file)
            for folder, room in listed(body or b"[]").items():
                if file in ("mpims.json", "dms.json"):
                    direct.add(folder)
                else:
                    names.setdefault(room[0], room[1])
                rooms.setdefault(folder, room)
            if body is not None and not is_list(body):
                yield Skipped(f"slack: {name}/{file}", "is no list that can be read; channels are known by their folders' names")
        private: set[str] = set()
        for file in export.names():
            folder, _, day = file.rpartition("/")
            if not folder or "/" in folder or not re.fullmatch(r"\d{4}-\d{2}-\d{2}\.json", day):
                continue
            channel, called, members = rooms.get(folder, (folder, folder, ()))
            if (folder in direct or DIRECT.fullmatch(folder)) and not settings.private:
                private.add(folder)
                continue
            body = export.read(file)
            if body is not None:
                secret = folder in direct
                yield Day(f"{name}/{file}", "day", body, NEVER, channel, called, names, programs, members if secret else (), settings.workspace.rstrip("/"))
        if private:
            yield Skipped(f"slack: {name}", "direct conversations, which `private = true` takes", len(private))
        yield from export.skipped


def items(body: bytes) -> Iterator[dict[str, Any]]:
    """The objects of a list; an empty one for each that cannot be read. ValueError where it is no list."""
    try:
        raws = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"no list of JSON: {' '.join(str(error).split())[:120]}") from None
    for raw in raws:
        try:
            one = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            one = None
        yield one if isinstance(one, dict) else {}


def is_list(body: bytes) -> bool:
    """Whether it is a list of JSON."""
    try:
        next(items(body), None)
    except ValueError:
        return False
    return True


def known(body: bytes) -> tuple[dict[str, str], frozenset[str]]:
    """Shown names by id, and the ids of programs; none where the list cannot be read."""
    try:
        people = [one for one in items(body) if word(one.get("id"))]
    except ValueError:
        return {}, frozenset({"USLACKBOT"})
    return {word(one["id"]): name_of(one) for one in people}, frozenset({"USLACKBOT", *(word(one["id"]) for one in people if robotic(one))})


def listed(body: bytes) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """(id, name, members) of each conversation by the name of its folder; none where the list cannot be read."""
    found: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    try:
        for one in items(body):
            id_, name, members = word(one.get("id")), plain(one.get("name")), one.get("members")
            people = tuple(sorted({word(who) for who in members} - {""})) if isinstance(members, list) else ()
            if id_:
                found.setdefault(name or id_, (id_, name or id_, people))
    except ValueError:
        return found
    return found


def parse(raw: Raw) -> Iterator[Evidence | Account | Skipped]:
    """The messages of a day, or the accounts of the people; what was left out of it is counted. ValueError where it is no list."""
    if raw.kind == "users":
        yield from accounts(raw)
        return
    day = raw if isinstance(raw, Day) else Day(raw.key, raw.kind, raw.body, raw.seen)
    left: Counter[str] = Counter()
    for one in items(raw.body):
        reason = left_out(one, day)
        if reason:
            left[reason] += 1
        else:
            yield message(one, day)
    yield from (Skipped(f"slack: #{day.called}" if day.called else f"slack: {day.key}", reason, count) for reason, count in sorted(left.items()))


def accounts(raw: Raw) -> Iterator[Account | Skipped]:
    """An account for each person of an export."""
    wrong = 0
    for one in items(raw.body):
        id_ = word(one.get("id"))
        if not id_:
            wrong += 1
            continue
        profile = one.get("profile")
        mail = plain(profile.get("email") if isinstance(profile, dict) else "").lower()
        good = re.fullmatch(r"[^\s@<>]{1,64}@[^\s@<>]{1,190}", mail)
        yield Account(f"{SOURCE}:{id_}", name_of(one), mail if good else "", robotic(one))
    if wrong:
        yield Skipped(f"slack: {raw.key}", "people without an id", wrong)


def left_out(one: Mapping[str, Any], day: Day) -> str:
    """Why a message is not taken; empty where it is."""
    kind = one.get("subtype") or ""
    if not one or not isinstance(kind, str):
        return "messages that cannot be read"
    if kind in PROGRAMS or (kind in WRITTEN and (one.get("user") in day.programs if isinstance(one.get("user"), str) else bool(one.get("bot_id")))):
        return "messages of programs"
    if kind not in WRITTEN or one.get("hidden") is True:
        return "notices: who joined, new topics, deleted messages and the like"
    if not word(one.get("user")) or not isinstance(one.get("ts"), str) or not STAMP.fullmatch(one["ts"]):
        return "messages without a writer or a time"
    return ""


def message(one: Mapping[str, Any], day: Day) -> Evidence:
    """A message as evidence."""
    stamp, who = one["ts"], f"{SOURCE}:{word(one['user'])}"
    at = datetime.fromtimestamp(int(stamp.partition(".")[0]), UTC)
    channel = day.channel or day.key
    key = f"{channel}/{stamp}"
    above = one.get("thread_ts")
    root = above if isinstance(above, str) and STAMP.fullmatch(above) else ""
    text, named = readable(plain(one.get("text"), lines=True), day.names)
    facts: list[tuple[str, str]] = []
    answers = f"{SOURCE}:{channel}/{root}" if root and root != stamp else None
    if answers:
        facts.append(("answers", answers))
    if root:
        facts.append(("thread", f"{channel}/{root}"))
    facts.append(("channel", day.called or channel))
    edited = one.get("edited")
    changed = edited.get("ts") if isinstance(edited, dict) else None
    if isinstance(changed, str) and STAMP.fullmatch(changed):
        facts.append(("edited", datetime.fromtimestamp(int(changed.partition(".")[0]), UTC).isoformat()))
    if reacted := reactions(one.get("reactions")):
        facts.append(("reactions", str(reacted)))
    files = [name for file in one["files"][:50] if isinstance(file, dict) and (name := plain(file.get("name"))[:200])] if isinstance(one.get("files"), list) else []
    facts += [("attachment", name) for name in files]
    if len(text) > MOST_TEXT:
        text = text[:MOST_TEXT]
        facts.append(("left-out", "long"))
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    told = dict.fromkeys(f"{SOURCE}:{id_}" for id_ in (*named, *day.members))
    link = day.workspace and f"{day.workspace}/archives/{channel}/p{stamp.replace('.', '')}"
    if link and answers:
        link += f"?thread_ts={root}&cid={channel}"
    return Evidence(
        id=f"{SOURCE}:{key}", source=SOURCE, kind="message", origin=SOURCE, ref=key,
        title=first[:120] or (f"shared {files[0]}" if files else "(no text)"), actor=who, happened_at=at, recorded_at=at,
        grade=Grade.SAID if day.key.startswith("../") else Grade.KEPT,
        url=link if link and re.fullmatch(r"[A-Z0-9]{3,30}", channel) else None, text=text,
        participants=(Participant(who, Role.AUTHOR), *(Participant(other, Role.RECIPIENT) for other in list(told)[:MOST_NAMED] if other != who)),
        about=answers, facts=tuple(facts),
    )


def readable(text: str, names: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Slack's marks as they are read there (`<@U012AB3CD>` as `@Ann`), and the ids of those who are named."""
    named: dict[str, None] = {}

    def read(found: re.Match[str]) -> str:
        mark, _, label = found[1].partition("|")
        if mark.startswith("@") and word(mark[1:]):
            named[mark[1:]] = None
            return "@" + (names.get(mark[1:]) or label or mark[1:])
        if mark.startswith("#"):
            return "#" + (label or names.get(mark[1:]) or mark[1:])
        if mark.startswith("!"):
            return label or "@" + mark[1:].partition("^")[0]
        address = mark.removeprefix("mailto:")
        return f"{label} ({mark})" if label and label not in (mark, address) and not mark.startswith("mailto:") else address

    return html.unescape(MARK.sub(read, text)), tuple(named)


def reactions(value: object) -> int:
    """How many people reacted."""
    if not isinstance(value, list):
        return 0
    people = {who for one in value if isinstance(one, dict) and isinstance(one.get("users"), list) for who in one["users"] if isinstance(who, str)}
    return len(people) or sum(one["count"] for one in value if isinstance(one, dict) and type(one.get("count")) is int and 0 < one["count"] < 10**6)


def name_of(one: Mapping[str, Any]) -> str:
    """How a person is called: the name in full, else the one that is shown, else the account's."""
    profile = one.get("profile") if isinstance(one.get("profile"), dict) else {}
    assert isinstance(profile, dict)
    for value in (profile.get("real_name"), one.get("real_name"), profile.get("display_name"), one.get("name")):
        if name := plain(value)[:200]:
            return name
    return word(one.get("id"))


def robotic(one: Mapping[str, Any]) -> bool:
    """Whether an account is a program's."""
    return one.get("is_bot") is True or one.get("id") == "USLACKBOT" or one.get("is_workflow_bot") is True


def word(value: object) -> str:
    """An id of Slack; empty where it is none."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,60}", value) else ""


def plain(value: object, *, lines: bool = False) -> str:
    """A text without control characters, on one line unless `lines`; empty where it is none."""
    text = WRONG.sub("", value) if isinstance(value, str) else ""
    return text if lines else " ".join(text.split())
