"""GitLab: what a sync brings from a server that pages as GitLab does, and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from muster.model import Evidence, MusterError, Participant, Role
from muster.sources import gather, gitlab
from tests.loopback import (
    NOW,
    Answered,
    Asked,
    Loopback,
    items,
    stopped_everywhere,
    sync,
    token_kept_out,
    with_token,
)
from tests.sources.gitlab import (
    APPROVALS,
    HEAD,
    ISSUE,
    ISSUE_DISCUSSIONS,
    LABELS,
    MERGE,
    MERGE_DISCUSSIONS,
    MERGED,
    SECRET,
    SQUASH,
    STATES,
    VERSIONS,
    discussion,
    issue,
    merge,
    note,
)

PROJECT = "Orchard%2Fdeploy"


class Server:
    """A GitLab with one project: lists in the order of change, by pages of at most three."""

    def __init__(self) -> None:
        self.lists: dict[str, dict[int, dict[str, Any]]] = {"issues": {}, "merge_requests": {}}
        #: What stands below "issues/12" and so on, by path.
        self.below: dict[str, Any] = {}
        self.base = ""
        #: Called before each list of items.
        self.before: Callable[[], None] = lambda: None

    def put(self, sort: str, one: dict[str, Any], **below: Any) -> None:
        self.lists[sort][one["iid"]] = one
        self.below.update({f"{sort}/{one['iid']}/{path}": rows for path, rows in below.items()})

    def __call__(self, asked: Asked) -> Answered | None:
        if not asked.path.startswith(f"/api/v4/projects/{PROJECT}/"):
            return None
        path = asked.path.removeprefix(f"/api/v4/projects/{PROJECT}/")
        sort, _, rest = path.partition("/")
        if not rest:
            self.before()
            assert (asked.query["order_by"], asked.query["sort"], asked.query["state"]) == ("updated_at", "asc", "all")
            after = asked.query.get("updated_after", "")
            return self.paged(asked, [one for one in sorted(self.lists[sort].values(), key=lambda one: (one["updated_at"], one["iid"])) if one["updated_at"] >= after])
        if int(rest.partition("/")[0]) not in self.lists[sort]:
            return None
        if path.endswith("/approvals"):
            return Answered(self.below.get(path, {"approved_by": []})) if self.below.get(path, {}) is not None else Answered({"message": "403 Forbidden"}, 403)
        return self.paged(asked, self.below.get(path, []))

    def paged(self, asked: Asked, rows: list[Any]) -> Answered:
        page, size = int(asked.query.get("page", "1")), min(int(asked.query.get("per_page", "20")), 3)
        more = {"Link": f'<{self.base}{asked.path}?{urlencode({**asked.query, "page": page + 1})}>; rel="next"'} if page * size < len(rows) else {}
        return Answered(rows[(page - 1) * size : page * size], headers=more)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Server:
    with_token(monkeypatch)
    return Server()


@pytest.fixture
def server(lab: Server) -> Iterator[Loopback]:
    with Loopback(lab) as made:
        lab.base = made.base
        yield made


def day(number: float) -> str:
    return (datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def table(server: Loopback, **more: object) -> dict[str, object]:
    return {"base": server.base, "projects": more.get("projects", ["Orchard/deploy"])}


def found(root: Path, server: Loopback) -> dict[str, Evidence]:
    gathered = gather("gitlab", table(server), root)
    assert not gathered.skipped, gathered.skipped
    return {piece.id: piece for piece in gathered.evidence}


def whole(lab: Server) -> None:
    lab.put("issues", ISSUE, discussions=ISSUE_DISCUSSIONS, resource_state_events=STATES[1:], resource_label_events=LABELS)
    lab.put("issues", SECRET)
    lab.put("merge_requests", MERGED, discussions=MERGE_DISCUSSIONS, resource_state_events=STATES[:1], versions=VERSIONS, closes_issues=[ISSUE, SECRET], approvals=APPROVALS)


def test_an_issue_and_a_merge_request_with_all_below(lab: Server, server: Loopback, tmp_path: Path) -> None:
    whole(lab)
    assert sync(gitlab, table(server), tmp_path) == ()
    seen = found(tmp_path, server)
    one, two = seen["gitlab:orchard/deploy#12"], seen["gitlab:orchard/deploy!12"]
    assert (one.kind, one.ref, one.actor, one.title) == ("issue", "orchard/deploy#12", "gitlab:ann", "Deploys wait for each other")
    assert one.facts == (("state", "closed"), ("closed", "2026-02-06T08:59:59Z"), ("closed-by", "gitlab:ann"), ("label", "runner"),
                         ("edited", "2026-02-04T09:30:00Z"), ("closer", two.id))
    assert (two.kind, two.actor) == ("pull-request", "gitlab:bob.birch")
    assert two.facts == (("state", "merged"), ("merged", "2026-02-06T08:59:58Z"), ("merged-by", "gitlab:ann"), ("commit", MERGE), ("commit", SQUASH),
                         ("head", HEAD), ("base", "main"), ("closes", one.id))
    assert two.participants == (Participant("gitlab:bob.birch", Role.ASSIGNEE), Participant("gitlab:ann", Role.REQUESTED), Participant("gitlab:cara", Role.REVIEWER))
    events = [(piece.fact("event"), piece.actor, piece.fact("to") or piece.fact("from")) for piece in sorted(seen.values(), key=lambda piece: (piece.happened_at or NOW, piece.id))
              if piece.kind == "event" and piece.about == one.id]
    assert events == [
        ("labelled", "gitlab:project_7_bot_0a1b2c", "runner"), ("unassigned", "gitlab:ann", "gitlab:ann"), ("assigned", "gitlab:ann", "gitlab:bob.birch"),
        ("assigned", "gitlab:ann", "gitlab:cara"), ("unassigned", "gitlab:cara", "gitlab:cara"), ("renamed", "gitlab:ann", "Deploys wait for each other"),
        ("cross-referenced", "gitlab:bob.birch", two.id), ("marked-as-duplicate", "gitlab:ann", "gitlab:orchard/ops#4"),
        ("transferred", "gitlab:ann", "gitlab:orchard/ops#5"), ("closed", "gitlab:ann", None)]
    pulled = [(piece.fact("event"), piece.fact("to") or piece.fact("commit")) for piece in sorted(seen.values(), key=lambda piece: (piece.happened_at or NOW, piece.id))
              if piece.kind == "event" and piece.about == two.id]
    assert pulled == [("review-requested", "gitlab:ann"), ("review-requested", "gitlab:cara"), ("review-request-removed", "gitlab:cara"),
                      ("converted-to-draft", None), ("ready-for-review", None), ("pushed", HEAD), ("merged", None)]
    assert [(piece.fact("verdict"), piece.actor) for piece in seen.values() if piece.kind == "review"] == [
        ("changes-requested", "gitlab:ann"), ("approved", "gitlab:ann"), ("dismissed", "gitlab:ann")]
    at_line = seen["gitlab:orchard/deploy!12/note/605"]
    assert at_line.facts == (("path", "runner/queue.py"), ("commit", HEAD), ("line", "18"), ("outdated", "yes"))
    assert seen["gitlab:orchard/deploy!12/note/606"].fact("answers") == at_line.id
    assert seen["gitlab:orchard/deploy#12/note/501"].fact("edited") == "2026-02-03T10:09:00Z"
    assert (seen["gitlab:orchard/deploy#12/note/510"].text, seen["gitlab:orchard/deploy#13"].text) == ("", "")
    assert seen["gitlab:orchard/deploy#13"].fact("reason") == "moved"
    bots = {account.id for account in gather("gitlab", table(server), tmp_path).accounts if account.bot}
    assert bots == {"gitlab:project_7_bot_0a1b2c"}
    assert {asked.headers.get("private-token") for asked in server.asked} == {"blossom-73-key"}
    assert not any("authorization" in asked.headers for asked in server.asked)
    token_kept_out(tmp_path)


def test_what_is_new_and_what_is_gone(lab: Server, server: Loopback, tmp_path: Path) -> None:
    for number in range(1, 9):
        lab.put("issues", issue(number, f"Issue {number}", day(number), day(number * 10)), discussions=[discussion("a", note(500 + number, ISSUE["author"], day(number), "So."))])
    sync(gitlab, table(server), tmp_path)
    begun = len(server.asked)
    lab.put("issues", issue(3, "Issue 3, again", day(3), day(100)), discussions=[])
    sync(gitlab, table(server), tmp_path, NOW + timedelta(hours=1))
    assert len(server.asked) - begun == 5  # a list of issues, one of merge requests, three below the one that changed
    seen = found(tmp_path, server)
    assert seen["gitlab:orchard/deploy#3"].title == "Issue 3, again" and "gitlab:orchard/deploy#3/note/503" not in seen and "gitlab:orchard/deploy#4/note/504" in seen


def test_what_changes_while_it_is_read_and_crowds(lab: Server, server: Loopback, tmp_path: Path) -> None:
    """One that is changed meanwhile goes to the end of the list; more are changed in one instant than a page holds."""
    for number in range(1, 30):
        lab.put("issues", issue(number, f"Issue {number}", day(1), day(2 if number < 12 else number / 5)))
    changed = iter(range(12, 22))

    def meddle() -> None:
        if (number := next(changed, None)) is not None:
            lab.put("issues", issue(number, f"Issue {number}", day(1), day(179 + number / 100)))

    lab.before = meddle
    sync(gitlab, table(server), tmp_path)
    assert len(found(tmp_path, server)) == 29


def test_stopped_anywhere_and_resumed(lab: Server, server: Loopback, tmp_path: Path) -> None:
    whole(lab)
    for number in range(20, 25):
        lab.put("merge_requests", merge(number, f"Change {number}", day(number), day(number)))
    stopped_everywhere(gitlab, server, table(server), tmp_path, 3)


def test_twice_changes_nothing(lab: Server, server: Loopback, tmp_path: Path) -> None:
    whole(lab)
    sync(gitlab, table(server), tmp_path)
    before = items(gitlab, tmp_path)
    sync(gitlab, table(server), tmp_path)
    sync(gitlab, table(server), tmp_path, full=True)
    assert items(gitlab, tmp_path) == before


def test_what_may_not_be_read_stops_nothing(lab: Server, server: Loopback, tmp_path: Path) -> None:
    lab.put("merge_requests", merge(1, "Queue", day(1), day(1)), approvals=None)
    missed = sync(gitlab, table(server, projects=["orchard/none", "Orchard/deploy"]), tmp_path)
    assert [one.partition(": answers")[0] for one in missed] == ["GitLab: orchard/none, issues", "GitLab: orchard/none, merge requests"]
    assert "gitlab:orchard/deploy!1" in {piece.id for piece in gather("gitlab", table(server), tmp_path).evidence}


@pytest.mark.parametrize("wrong", [{"projects": ["deploy"]}, {"projects": ["a/../b"]}, {"since": "soon"}, {"base": "gitlab.com"}, {"base": "https://example.org/lab"}])
def test_settings_that_are_none(wrong: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(MusterError):
        sync(gitlab, {"projects": ["a/b"], **wrong}, tmp_path)


def test_the_environment_is_for_the_host_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("muster.sources._secret.of_keyring", lambda *_: None)
    monkeypatch.setenv("GITLAB_TOKEN", "blossom-73-key")
    monkeypatch.delenv("GITLAB_HOST", raising=False)
    assert gitlab.token("gitlab.com") is not None and gitlab.token("gitlab.example.org") is None
    monkeypatch.setenv("GITLAB_HOST", "https://gitlab.example.org/")
    assert gitlab.token("gitlab.com") is None and gitlab.token("gitlab.example.org") is not None
