"""GitHub's records of the fictional shop, in the shapes of its API: nobody can sync a repository that is nowhere.

What landed is told by the repository's history: each number in it is a pull request with that title, author, date and
commit, reviewed by whom its trailers name. What git does not have is told in `*.tracker`, a block an issue or pull request:

    # NUMBER issue DATE TIME WHO [fixed=NUMBER]     the pull request that closed it
    # NUMBER pull DATE TIME [WHO]                   of one that landed nothing more is said; WHO opened one that did not
    TITLE, a blank line and a text
    = DATE TIME WHO assigns WHOM | says | closes [REASON] | reviews VERDICT | at PATH:LINE | answers
    and its text; below `at` first the lines of the diff down to the one that the comment stands at, each after a `>`

Times are UTC. `answers` is to the last comment at a line. `keep` puts all of it where `muster sync` would have put it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HOST, REPOSITORY = "git.example.org", "larkspur/shop"
API, WEB = f"https://{HOST}/api/v3", f"https://{HOST}"
#: When the records were fetched, as the sample tells it.
SYNCED = datetime(2026, 7, 2, 6, 0, tzinfo=UTC)
#: Accounts whose name is not the first part of the address.
LOGINS = {"noor@laptop.example.org": "noor", "larkspur-bot[bot]@example.org": "larkspur-bot[bot]"}

Json = dict[str, Any]


@dataclass
class Event:
    """Something that was said or done: `words` are what stands after the verb."""

    at: datetime
    who: str
    verb: str
    words: list[str]
    hunk: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


@dataclass
class Item:
    """An issue or a pull request. `commit` is what it became, empty for what did not land."""

    number: int
    pull: bool
    at: datetime | None
    who: str
    title: str = ""
    body: str = ""
    fixed: int = 0
    commit: str = ""
    closed: datetime | None = None
    closer: str = ""
    reason: str = ""
    branch: str = ""
    events: list[Event] = field(default_factory=list)

    @property
    def opened(self) -> datetime:
        """When it was opened."""
        assert self.at is not None
        return self.at


def keep(book: Path, shop: Path) -> Path:
    """The file with GitHub's records of `shop` in the book's folder, as a sync would have left it."""
    from muster.sources._kept import Kept, Raw, path_of

    path = path_of(book, "github")
    with Kept(path, clock=lambda: SYNCED) as kept:
        kept.put([Raw(key, kind, json.dumps(body, ensure_ascii=False).encode(), SYNCED) for key, kind, body in records(shop)])
        kept.ended()
    return path


def records(shop: Path) -> Iterator[tuple[str, str, Json]]:
    """(key, kind, body) of everything, in the order of its numbers."""
    items = read(shop)
    for item in items.values():
        yield from told(item, items)


def read(shop: Path) -> dict[int, Item]:
    """Every issue and pull request by its number, with what landed put together with what the tracker says of it."""
    said = {item.number: item for path in sorted(HERE.glob("*.tracker")) for item in blocks(path)}
    found = {item.number: item for item in landed(shop)}
    for number, item in said.items():
        if number in found:
            found[number].at = item.at
            found[number].events += item.events
        else:
            found[number] = item
    for item in found.values():
        if item.fixed:
            pull = found[item.fixed]
            item.closed, item.closer, item.reason = pull.closed, pull.closer, "completed"
            pull.body = f"{pull.body}\n\nCloses #{item.number}.".strip()
        for event in item.events:
            if event.verb == "closes":
                item.closed, item.closer, item.reason = event.at, event.who, " ".join(event.words)
    last = SYNCED
    for number in sorted(found, reverse=True):
        # A number is given when something is opened: what has a smaller one was opened before.
        item = found[number]
        item.at = item.at or min(before(item), last - timedelta(minutes=7))
        if not item.at < min(last, item.closed or SYNCED):
            raise ValueError(f"#{number} was opened at {item.at}, after #{number + 1} or its own end")
        last = item.at
        if item.commit:
            reviewed(item)
    return dict(sorted(found.items()))


def blocks(path: Path) -> Iterator[Item]:
    """The blocks of a tracker file, in their order."""
    item: Item | None = None
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if head := re.fullmatch(r"# (\d+) (issue|pull) (\d{4}-\d\d-\d\d \d\d:\d\d)(?: (\w+))?(?: fixed=(\d+))?", line):
            if item:
                yield whole(item, lines)
            item, lines = Item(int(head[1]), head[2] == "pull", clock(head[3]), head[4] or "", fixed=int(head[5] or 0)), []
        elif item and (done := re.fullmatch(r"= (\d{4}-\d\d-\d\d \d\d:\d\d) (\w+) (\w+) ?(.*)", line)):
            item.events.append(Event(clock(done[1]), done[2], done[3], done[4].split()))
        elif item and item.events and line.startswith(">"):
            item.events[-1].hunk.append(line[1:])
        elif item and item.events:
            item.events[-1].text.append(line)
        elif item:
            lines.append(line)
    if item:
        yield whole(item, lines)


def whole(item: Item, lines: list[str]) -> Item:
    """The item with its title and text."""
    title, _, body = "\n".join(lines).strip().partition("\n")
    item.title, item.body = title, wrapped(body)
    return item


def landed(shop: Path) -> Iterator[Item]:
    """The pull requests that the history tells of, oldest first."""
    form = "%H%x1f%ae%x1f%ce%x1f%cI%x1f%P%x1f%B%x1e"
    done = subprocess.run(["git", "log", "--reverse", f"--format={form}"], cwd=shop, check=True, capture_output=True, env=environment())
    for row in done.stdout.decode().split("\x1e"):
        if not row.strip():
            continue
        commit, author, committer, at, _, message = row.strip("\n").split("\x1f")
        subject, _, body = message.strip().partition("\n")
        merge = re.match(r"Merge pull request #(\d+) from larkspur/(\S+)$", subject)
        number = merge or re.search(r" \(#(\d+)\)$", subject)
        if number is None:
            continue
        reviewers = re.findall(r"^Reviewed-by: .*<(.+)>$", body, re.MULTILINE)
        text = re.sub(r"^[A-Z][a-z-]+-by: .*$", "", body, flags=re.MULTILINE).strip()
        if merge:
            subject, _, text = text.partition("\n")
        else:
            subject = subject.removesuffix(f" (#{number[1]})")
        # Whoever merged a branch did not open it.
        who = login(author) if not merge else login(branch_author(shop, commit))
        item = Item(int(number[1]), True, None, who, subject, wrapped(text), commit=commit, closed=datetime.fromisoformat(at).astimezone(UTC),
                    closer=login(committer), branch=merge[2] if merge else re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")[:40])
        item.events += [Event(item.closed or SYNCED, login(one), "reviews", ["approved"]) for one in reviewers]
        yield item


def branch_author(shop: Path, merge: str) -> str:
    """The address of whoever wrote the last commit of a branch that was merged."""
    done = subprocess.run(["git", "log", "-1", "--format=%ae", f"{merge}^2"], cwd=shop, check=True, capture_output=True, env=environment())
    return done.stdout.decode().strip()


def reviewed(item: Item) -> None:
    """Put the reviews that trailers name shortly before the end, unless the tracker has them."""
    assert item.closed is not None
    told_of = {event.who for event in item.events if event.verb == "reviews" and event.at < item.closed}
    wanted = [event for event in item.events if event.verb == "reviews" and event.at == item.closed]
    item.events = [event for event in item.events if event not in wanted]
    for place, event in enumerate(wanted):
        if event.who not in told_of:
            event.at = max(item.opened + timedelta(minutes=10), item.closed - timedelta(minutes=90 + 25 * place))
            item.events.append(event)
    item.events.sort(key=lambda event: event.at)


def before(item: Item) -> datetime:
    """When a pull request of which nothing more is told was opened: the working day before it landed, or the same night."""
    assert item.closed is not None
    if not 6 <= item.closed.hour < 18:
        return item.closed - timedelta(minutes=25)
    day = item.closed - timedelta(days=1)
    while day.isoweekday() > 5:
        day -= timedelta(days=1)
    return day.replace(hour=8 + item.number % 6, minute=item.number * 13 % 60, second=0)


# The shapes of the API

def told(item: Item, items: dict[int, Item]) -> Iterator[tuple[str, str, Json]]:
    """Everything that the API says of one item."""
    home = f"{HOST}/{REPOSITORY}/issues/{item.number}".lower()
    yield home, "issue", issue(item)
    timeline: list[tuple[str, Json]] = []
    remarks: list[Json] = []
    if item.pull and not item.who.endswith("[bot]"):
        for who in dict.fromkeys(event.who for event in item.events if event.verb == "reviews"):
            timeline.append(("events", done(item, "review_requested", item.who, item.opened + timedelta(minutes=2), len(timeline),
                                            requested_reviewer=user(who), review_requester=user(item.who))))
    root = 0
    for place, event in enumerate(item.events):
        id_ = item.number * 1000 + place * 10
        if event.verb == "says":
            timeline.append(("comments", comment(item, event, id_)))
        elif event.verb == "reviews":
            timeline.append(("reviews", review(item, event, id_)))
        elif event.verb in ("at", "answers"):
            root = id_ if event.verb == "at" else root
            root_of = next(one for one in reversed(item.events[: place + 1]) if one.verb == "at")
            remarks.append(remark(item, event, root_of, id_, root))
        elif event.verb == "assigns":
            for number, who in enumerate(event.words):
                timeline.append(("events", done(item, "assigned", event.who, event.at, 100 + place + number, assignee=user(who), assigner=user(event.who))))
        elif event.verb != "closes":
            raise ValueError(f"#{item.number}: what is “{event.verb}”?")
    if item.closed:
        if item.commit:
            timeline.append(("events", done(item, "merged", item.closer, item.closed, 198, commit_id=item.commit)))
        reason = {"state_reason": None if item.pull else item.reason}
        timeline.append(("events", done(item, "closed", item.closer, item.closed, 199, **reason)))
    for other, at, who in references(item, items):
        timeline.append((f"references:{other.number * 11}-{re.sub(r'[^0-9TZ]', '', stamp(at))}", {
            "actor": user(who), "created_at": stamp(at), "updated_at": stamp(at), "event": "cross-referenced",
            "source": {"type": "issue", "issue": issue(other) | {"repository": {"id": 7, "name": "shop", "full_name": REPOSITORY}}},
        }))
    for sort, body in timeline:
        folder, _, key = sort.partition(":")
        yield f"{home}/{folder}/{key or body['id']}", "timeline", body
    if item.pull:
        home = home.replace("/issues/", "/pulls/")
        yield home, "pull", pull(item, len(remarks))
        for body in remarks:
            yield f"{home}/review-comments/{body['id']}", "review-comment", body


def issue(item: Item) -> Json:
    """An issue, or a pull request as the list of issues has it."""
    assigned = [user(who) for who in dict.fromkeys(who for event in item.events if event.verb == "assigns" for who in event.words)]
    url = f"{API}/repos/{REPOSITORY}/issues/{item.number}"
    page = f"{WEB}/{REPOSITORY}/{'pull' if item.pull else 'issues'}/{item.number}"
    body: Json = {
        "url": url, "repository_url": f"{API}/repos/{REPOSITORY}", "labels_url": f"{url}/labels{{/name}}", "comments_url": f"{url}/comments",
        "events_url": f"{url}/events", "html_url": page, "id": item.number * 11, "node_id": f"I_shop{item.number}", "number": item.number,
        "title": item.title, "user": user(item.who), "labels": [], "state": "closed" if item.closed else "open", "locked": False,
        "assignee": assigned[0] if assigned else None, "assignees": assigned, "milestone": None,
        "comments": sum(event.verb == "says" for event in item.events), "created_at": stamp(item.opened), "updated_at": stamp(latest(item)),
        "closed_at": stamp(item.closed) if item.closed else None, "author_association": "MEMBER", "active_lock_reason": None,
        "body": item.body or None, "closed_by": user(item.closer) if item.closed else None, "reactions": {"url": f"{url}/reactions", "total_count": 0},
        "timeline_url": f"{url}/timeline", "performed_via_github_app": None, "state_reason": item.reason if item.closed and not item.pull else None,
    }
    if item.pull:
        body |= {"draft": False, "pull_request": {
            "url": f"{API}/repos/{REPOSITORY}/pulls/{item.number}", "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch",
            "merged_at": stamp(item.closed) if item.closed and item.commit else None,
        }}
    return body


def pull(item: Item, remarks: int) -> Json:
    """A pull request."""
    merged = bool(item.commit)
    return issue(item) | {
        "merged": merged, "merged_at": stamp(item.closed) if item.closed and merged else None, "merged_by": user(item.closer) if merged else None,
        "merge_commit_sha": item.commit or made(item, "trial"), "requested_reviewers": [], "requested_teams": [],
        "head": {"label": f"larkspur:{item.branch or 'branch'}", "ref": item.branch or "branch", "sha": made(item, "head"), "user": user("larkspur")},
        "base": {"label": "larkspur:main", "ref": "main", "sha": made(item, "base"), "user": user("larkspur")},
        "review_comments": remarks, "commits": 1, "auto_merge": None, "mergeable": None, "mergeable_state": "unknown", "rebaseable": None,
    }


def comment(item: Item, event: Event, id_: int) -> Json:
    """A comment, as the timeline has it."""
    url = f"{API}/repos/{REPOSITORY}/issues/{item.number}"
    return {
        "url": f"{API}/repos/{REPOSITORY}/issues/comments/{id_}", "html_url": f"{WEB}/{REPOSITORY}/issues/{item.number}#issuecomment-{id_}",
        "issue_url": url, "id": id_, "node_id": f"IC_shop{id_}", "user": user(event.who), "created_at": stamp(event.at), "updated_at": stamp(event.at),
        "author_association": "MEMBER", "body": wrapped("\n".join(event.text)), "event": "commented", "actor": user(event.who),
    }


def review(item: Item, event: Event, id_: int) -> Json:
    """A review, as the timeline has it."""
    return {
        "id": id_, "node_id": f"PRR_shop{id_}", "user": user(event.who), "body": wrapped("\n".join(event.text)) or None, "commit_id": made(item, "head"),
        "submitted_at": stamp(event.at), "updated_at": stamp(event.at), "state": event.words[0], "event": "reviewed", "author_association": "MEMBER",
        "html_url": f"{WEB}/{REPOSITORY}/pull/{item.number}#pullrequestreview-{id_}",
        "pull_request_url": f"{API}/repos/{REPOSITORY}/pulls/{item.number}",
    }


def remark(item: Item, event: Event, at: Event, id_: int, root: int) -> Json:
    """A comment at a line that was changed afterwards, or an answer to one."""
    path, _, line = at.words[0].rpartition(":")
    body: Json = {
        "url": f"{API}/repos/{REPOSITORY}/pulls/comments/{id_}", "pull_request_review_id": id_ + 1, "id": id_, "node_id": f"PRRC_shop{id_}",
        "diff_hunk": "\n".join(at.hunk), "path": path, "commit_id": made(item, "head"), "original_commit_id": made(item, "first"),
        "user": user(event.who), "body": wrapped("\n".join(event.text)), "created_at": stamp(event.at), "updated_at": stamp(event.at),
        "html_url": f"{WEB}/{REPOSITORY}/pull/{item.number}#discussion_r{id_}", "author_association": "MEMBER",
        "pull_request_url": f"{API}/repos/{REPOSITORY}/pulls/{item.number}",
        "start_line": None, "original_start_line": None, "start_side": None, "line": None, "original_line": int(line), "side": "RIGHT",
        "position": None, "original_position": len(at.hunk) - 1, "subject_type": "line",
    }
    return body | ({"in_reply_to_id": root} if event.verb == "answers" else {})


def done(item: Item, event: str, who: str, at: datetime, place: int, **more: Any) -> Json:
    """Something that was done, as the timeline has it."""
    id_ = item.number * 1000 + 500 + place
    return {
        "id": id_, "node_id": f"E_shop{id_}", "url": f"{API}/repos/{REPOSITORY}/issues/events/{id_}", "actor": user(who), "event": event,
        "commit_id": None, "commit_url": None, "created_at": stamp(at), "performed_via_github_app": None,
    } | more


def references(item: Item, items: dict[int, Item]) -> Iterator[tuple[Item, datetime, str]]:
    """(what names the item, when, who), the first time each."""
    names = re.compile(rf"(?<![\w/])#{item.number}\b")
    for other in items.values():
        said = [(other.opened, other.who, f"{other.title}\n{other.body}")]
        said += [(event.at, event.who, "\n".join(event.text)) for event in other.events if event.verb == "says"]
        found = [(at, who) for at, who, text in said if names.search(text)]
        if found and other.number != item.number:
            yield other, *min(found)


def user(name: str) -> Json:
    """An account."""
    number = int(hashlib.sha256(name.encode()).hexdigest()[:6], 16)
    sort = "Bot" if name.endswith("[bot]") else "User"
    return {"login": name, "id": number, "node_id": f"U_{number}", "url": f"{API}/users/{name}", "html_url": f"{WEB}/{name}", "type": sort, "site_admin": False}


def login(email: str) -> str:
    """The account of an address."""
    return LOGINS.get(email) or email.partition("@")[0].partition(".")[0]


def latest(item: Item) -> datetime:
    """When something last happened to it."""
    return max([item.opened, *(event.at for event in item.events), *([item.closed] if item.closed else [])])


def made(item: Item, what: str) -> str:
    """A hash of a commit that is nowhere any more: squash merging loses a branch's own."""
    return hashlib.sha1(f"larkspur {what} {item.number}".encode(), usedforsecurity=False).hexdigest()


def wrapped(text: str) -> str:
    """A text with its lines joined where they only wrap, as people type into a form."""
    return re.sub(r"(?<!\n)\n(?![\n-])", " ", text.strip())


def clock(text: str) -> datetime:
    """A time of a tracker file."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stamp(at: datetime) -> str:
    """A time as the API has it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def environment() -> dict[str, str]:
    """The surroundings of git, with nothing of the machine's own settings in them."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC", "LC_ALL": "C"}


def counts(found: dict[int, Item]) -> dict[str, int]:
    """How many issues are closed, and how many of those were given to somebody: what a project's habit is told from."""
    closed = [item for item in found.values() if not item.pull and item.closed]
    numbers: dict[str, int] = defaultdict(int)
    numbers["closed"] = len(closed)
    numbers["assigned"] = sum(any(event.verb == "assigns" for event in item.events) for item in closed)
    return dict(numbers)
