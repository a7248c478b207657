"""GitHub as a source: what its answers become, and that nothing of a repository is missed, kept twice or asked in vain."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from muster import sources
from muster.model import Account, Evidence, Grade, MusterError, Participant, Role, Skipped
from muster.sources import _secret, github
from muster.sources._kept import Kept, Raw, path_of
from tests.github_server import Project, Server

SEEN = datetime(2026, 6, 1, tzinfo=UTC)
SHA, HEAD = "c" * 40, "d" * 40
TOKEN = "ghp_" + "x1" * 18
#: What the tests' server keeps silent about: where a token could come from on this machine.
VARIABLES = ("MUSTER_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_HOST")


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token of whoever runs the tests is found."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_secret, "of_keyring", lambda *_: None)
    monkeypatch.setattr(_secret, "of_command", lambda *_: None)


def user(login: str, type_: str = "User") -> dict[str, Any]:
    return {"login": login, "id": 1, "node_id": f"U_{login}", "type": type_, "html_url": f"https://github.com/{login}", "site_admin": False}


def day(number: float) -> str:
    return (datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def issue(number: int = 7, **more: Any) -> dict[str, Any]:
    return {
        "id": 1000 + number, "node_id": f"I_{number}", "number": number, "title": "Deploys wait", "state": "open", "state_reason": None,
        "user": user("Ann"), "labels": [{"id": 1, "name": "bug"}], "assignees": [user("Bob")], "comments": 1, "body": "They queue.\r\nAll of them.",
        "created_at": day(0), "updated_at": day(1), "closed_at": None, "closed_by": None, "html_url": f"https://github.com/Octo/Hello/issues/{number}",
        "url": f"https://api.github.com/repos/Octo/Hello/issues/{number}", "author_association": "MEMBER", **more,
    }


def pull(number: int = 8, **more: Any) -> dict[str, Any]:
    return {
        "id": 2000 + number, "node_id": f"PR_{number}", "number": number, "title": "Queue deploys", "state": "closed", "user": user("ann"),
        "labels": [], "assignees": [], "requested_reviewers": [user("cyd")], "requested_teams": [], "body": "Fixes #7", "draft": False,
        "created_at": day(1), "updated_at": day(5), "closed_at": day(4), "merged_at": day(4), "merged": True, "merged_by": user("bob"),
        "merge_commit_sha": SHA, "html_url": f"https://github.com/octo/hello/pull/{number}", "review_comments": 1,
        "head": {"label": "ann:queue", "ref": "queue", "sha": HEAD, "user": user("ann"), "repo": None},
        "base": {"label": "octo:main", "ref": "main", "sha": "e" * 40, "user": user("octo"), "repo": None}, **more,
    }


def of_pull(number: int = 8, **more: Any) -> dict[str, Any]:
    """A pull request as the list of issues has it."""
    return issue(number, node_id=f"PR_{number}", title="Queue deploys", state="closed", user=user("ann"), labels=[], assignees=[],
                 created_at=day(1), updated_at=day(5), closed_at=day(4), closed_by=user("bob"), body="Fixes #7",
                 html_url=f"https://github.com/octo/hello/pull/{number}", pull_request={"url": "x", "merged_at": day(4)}, **more)


def happened(event: str, id_: int, who: str | None = "bob", at: float = 2, **more: Any) -> dict[str, Any]:
    return {"id": id_, "node_id": f"E_{id_}", "url": "x", "actor": user(who) if who else None, "event": event, "commit_id": None,
            "commit_url": None, "created_at": day(at), "performed_via_github_app": None, **more}


def commented(id_: int = 31, who: str = "bob", at: float = 2, body: str = "Which lock?", **more: Any) -> dict[str, Any]:
    return {"event": "commented", "id": id_, "node_id": f"IC_{id_}", "user": user(who), "actor": user(who), "body": body, "created_at": day(at),
            "updated_at": day(at), "html_url": f"https://github.com/octo/hello/issues/7#issuecomment-{id_}", "author_association": "NONE", **more}


def reviewed(id_: int = 41, state: str = "changes_requested", **more: Any) -> dict[str, Any]:
    return {"event": "reviewed", "id": id_, "node_id": f"PRR_{id_}", "user": user("cyd"), "body": "Please hold the lock shorter.", "state": state,
            "commit_id": HEAD, "submitted_at": day(3), "updated_at": day(3), "html_url": f"https://github.com/octo/hello/pull/8#pullrequestreview-{id_}", **more}


def remark(id_: int = 51, **more: Any) -> dict[str, Any]:
    return {
        "id": id_, "node_id": f"PRRC_{id_}", "pull_request_review_id": 41, "user": user("cyd"), "body": "Shorter?", "path": "deploy/lock.py",
        "diff_hunk": "@@ -1,2 +1,3 @@\n import time\n+    lock.hold(seconds=60)", "commit_id": SHA, "original_commit_id": HEAD, "created_at": day(3),
        "updated_at": day(3), "line": None, "original_line": 3, "position": 1, "original_position": 3, "side": "RIGHT", "subject_type": "line",
        "html_url": f"https://github.com/octo/hello/pull/8#discussion_r{id_}", **more,
    }


def parsed(key: str, kind: str, body: object) -> list[Evidence | Account | Skipped]:
    return list(github.parse(Raw(key, kind, json.dumps(body).encode(), SEEN)))


def only(key: str, kind: str, body: object) -> Evidence:
    (found,) = [piece for piece in parsed(key, kind, body) if isinstance(piece, Evidence)]
    return found


def of_timeline(body: dict[str, Any], number: int = 7) -> Evidence:
    return only(f"octo/hello/issues/{number}/events/{body.get('id')}", "timeline", body)


# What answers become

def test_an_issue() -> None:
    found = only("octo/hello/issues/7", "issue", issue(state="closed", state_reason="not_planned", closed_at=day(3), closed_by=user("Bob")))
    assert found == Evidence(
        "github:octo/hello#7", "github", "issue", "octo/hello", "octo/hello#7", "Deploys wait", "@ann",
        datetime(2026, 1, 1, 9, tzinfo=UTC), datetime(2026, 1, 1, 9, tzinfo=UTC), Grade.HOSTED, "https://github.com/Octo/Hello/issues/7",
        "They queue.\nAll of them.", (Participant("@bob", Role.ASSIGNEE),), (), None,
        (("state", "closed"), ("reason", "not planned"), ("closed", day(3)), ("closed-by", "@bob"), ("label", "bug")),
    )


def test_a_pull_request_is_one_piece_of_what_two_answers_say() -> None:
    first, later = only("octo/hello/issues/8", "issue", of_pull()), only("octo/hello/pulls/8", "pull", pull())
    assert first.id == later.id == "github:octo/hello#8"
    found = github.join(first, later)
    assert found.kind == "pull-request"
    assert dict(found.facts) == {"state": "merged", "closed": day(4), "closed-by": "@bob", "merged": day(4), "merged-by": "@bob",
                                 "commit": SHA, "head": HEAD, "base": "main"}
    assert found.participants == (Participant("@cyd", Role.REQUESTED),)


def test_a_hash_of_what_was_never_merged_is_no_commit() -> None:
    found = only("octo/hello/pulls/8", "pull", pull(merged_at=None, merged=False, merged_by=None))
    assert (found.fact("state"), found.fact("commit"), found.fact("merged-by")) == ("closed", None, None)


@pytest.mark.parametrize(("event", "more", "facts", "title"), [
    ("assigned", {"assignee": user("Cyd"), "assigner": user("dee")}, {"event": "assigned", "to": "@cyd"}, "Assigned: @cyd (#7)"),
    ("unassigned", {"assignee": user("cyd")}, {"event": "unassigned", "to": "@cyd"}, "Unassigned: @cyd (#7)"),
    ("review_requested", {"requested_reviewer": user("cyd"), "review_requester": user("ann")},
     {"event": "review-requested", "to": "@cyd"}, "Review requested: @cyd (#7)"),
    ("review_requested", {"requested_team": {"slug": "payments", "name": "Payments"}}, {"event": "review-requested"},
     "Review requested: team payments (#7)"),
    ("closed", {"state_reason": "not_planned", "commit_id": SHA}, {"event": "closed", "reason": "not planned", "commit": SHA},
     "Closed as not planned (#7)"),
    ("merged", {"commit_id": SHA}, {"event": "merged", "commit": SHA}, "Merged (#7)"),
    ("head_ref_force_pushed", {"commit_id": HEAD}, {"event": "force-pushed", "commit": HEAD}, "Force pushed (#7)"),
    ("renamed", {"rename": {"from": "Wait", "to": "Deploys wait"}}, {"event": "renamed", "from": "Wait", "to": "Deploys wait"}, "Renamed (#7)"),
    ("ready_for_review", {}, {"event": "ready-for-review"}, "Ready for review (#7)"),
    ("reopened", {}, {"event": "reopened"}, "Reopened (#7)"),
    ("review_dismissed", {"dismissed_review": {"review_id": 41, "state": "approved"}},
     {"event": "review-dismissed", "from": "github:octo/hello#7/review/41"}, "Review dismissed (#7)"),
])  # fmt: skip
def test_events(event: str, more: dict[str, Any], facts: dict[str, str], title: str) -> None:
    found = of_timeline(happened(event, 61, **more))
    assert (found.id, found.kind, found.about) == ("github:octo/hello#7/event/61", "event", "github:octo/hello#7")
    assert (dict(found.facts), found.title) == (facts, title)
    assert found.actor == {"assigned": "@dee"}.get(event, "@ann" if "review_requester" in more else "@bob")
    assert found.url == "https://github.com/octo/hello/issues/7#event-61"


def test_a_reference_from_elsewhere() -> None:
    body = {"event": "cross-referenced", "actor": user("dee"), "created_at": day(2), "updated_at": day(2), "source": {
        "type": "issue", "issue": {"id": 9, "number": 3, "title": "Use it", "repository": {"full_name": "Acme/Site"}}}}
    sort, id_ = github.sorted_(github.look(json.dumps(body).encode(), github.Below) or github.Below(), b"")
    found = only(f"octo/hello/issues/7/{sort}/{id_}", "timeline", body)
    assert (found.id, found.fact("from"), found.actor) == (f"github:octo/hello#7/reference/{id_}", "github:acme/site#3", "@dee")


@pytest.mark.parametrize("event", ["subscribed", "mentioned", "labeled", "committed", "line-commented", "pinned", "something_new"])
def test_noise_says_nothing(event: str) -> None:
    assert not [one for one in parsed("octo/hello/issues/7/events/61", "timeline", happened(event, 61, None)) if isinstance(one, Evidence)]


def test_comments_and_reviews() -> None:
    comment = only("octo/hello/issues/7/comments/31", "timeline", commented(updated_at=day(2.5)))
    assert (comment.id, comment.kind, comment.text, comment.about) == ("github:octo/hello#7/comment/31", "comment", "Which lock?", "github:octo/hello#7")
    assert comment.fact("edited") == day(2.5)
    for state in ("changes_requested", "CHANGES_REQUESTED"):
        review = only("octo/hello/issues/8/reviews/41", "timeline", reviewed(state=state))
        assert (review.kind, review.fact("verdict"), review.fact("commit"), review.actor) == ("review", "changes-requested", HEAD, "@cyd")
    assert not parsed("octo/hello/issues/8/reviews/41", "timeline", reviewed(state="pending", submitted_at=None))


def test_comments_at_lines() -> None:
    found = only("octo/hello/pulls/8/review-comments/51", "review-comment", remark())
    assert (found.id, found.kind) == ("github:octo/hello#8/review-comment/51", "comment")
    assert dict(found.facts) == {"path": "deploy/lock.py", "commit": HEAD, "line": "3", "outdated": "yes", "quote": "+    lock.hold(seconds=60)"}
    fresh = only("octo/hello/pulls/8/review-comments/52", "review-comment", remark(52, line=4, in_reply_to_id=51))
    assert (fresh.fact("outdated"), fresh.fact("line"), fresh.fact("answers")) == (None, "4", "github:octo/hello#8/review-comment/51")
    whole = only("octo/hello/pulls/8/review-comments/53", "review-comment", remark(53, subject_type="file", original_line=None))
    assert dict(whole.facts) == {"path": "deploy/lock.py", "commit": HEAD}


def test_bots_and_deleted_accounts_are_nobody() -> None:
    accounts = [one for one in parsed("octo/hello/issues/7", "issue", issue(user=user("renovate[bot]", "Bot"))) if isinstance(one, Account)]
    assert Account("@renovate[bot]", "renovate[bot]", bot=True) in accounts
    gone = parsed("octo/hello/issues/7/comments/31", "timeline", {**commented(), "user": None, "actor": None})
    assert [one.actor for one in gone if isinstance(one, Evidence)] == ["@ghost"]
    assert Account("@ghost", "a deleted account", bot=True) in gone


def test_enterprise_is_named_by_its_host() -> None:
    said = issue(html_url="https://git.acme.example/octo/hello/issues/7")
    found = only("git.acme.example/octo/hello/issues/7", "issue", said)
    assert (found.id, found.origin, found.url) == ("github:git.acme.example/octo/hello#7", "git.acme.example/octo/hello", said["html_url"])


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://evil.example/x", "http://github.com.evil.example/x", "https://github.com@evil.example/",
                                 "//github.com/x", "https://github.com/\"onclick=x", "https://[github.com/", "ftp://github.com/x", None, "x" * 5000])  # fmt: skip
def test_an_address_of_another_place_is_no_link(url: str | None) -> None:
    body = issue(html_url=url) if url is not None else {key: value for key, value in issue().items() if key != "html_url"}
    assert only("octo/hello/issues/7", "issue", body).url is None


@pytest.mark.parametrize(("key", "kind", "body"), [
    ("octo/hello/issues/7", "issue", b"{"), ("octo/hello/issues/7", "issue", b"[" * 100_000), ("octo/hello/issues/7", "issue", b"null"),
    ("octo/hello/issues/7", "issue", b'{"number": "7"}'), ("octo/hello/issues/7", "issue", b"\xff\xfe{}"),
    ("octo/hello/issues/7", "issue", json.dumps(issue(created_at="0001-01-01T00:00:00+23:00")).encode()),
    ("octo/hello/issues/7", "issue", json.dumps(issue(created_at="2026-01-01T00:00:00")).encode()),
    ("octo/hello/issues/7", "issue", json.dumps(issue(title="\ud800")).encode()),
    ("octo/hello", "issue", b"{}"), ("", "issue", b"{}"), ("octo/hello/issues/7", "what", b"{}"), ("a/b/c/d/e/f/g/h", "issue", b"{}"),
    ("octo/hello/issues/7/comments/1", "timeline", json.dumps({**commented(), "created_at": None}).encode()),
    ("octo/hello/issues/7/node", "node", b'{"__typename": "Issue"}'),
])  # fmt: skip
def test_what_is_none_of_it_is_refused_and_stops_nothing(key: str, kind: str, body: bytes) -> None:
    with pytest.raises(ValueError):
        list(github.parse(Raw(key, kind, body, SEEN)))


def test_long_texts_are_cut_and_what_is_gone_is_nothing() -> None:
    found = only("octo/hello/issues/7", "issue", issue(title="a\n" * 5000, body="b\0" * 50_000))
    assert (len(found.title), found.text[-10:], "\0" in found.text) == (300, "[cut here]", False)
    assert list(github.parse(Raw("octo/hello/issues/7/comments/31", "timeline", b"", SEEN))) == []


# Settings and tokens

@pytest.mark.parametrize("wrong", [
    {"repositories": ["octo"]}, {"repositories": ["octo/.."]}, {"repositories": ["octo/hello/x"]}, {"repositories": ["octo/hello?x"]},
    {"repositories": ["octo/hello"], "base": "git.acme.example"}, {"repositories": ["octo/hello"], "base": "https://user:pass@x/api"},
    {"repositories": ["octo/hello"], "since": "soon"}, {"repositories": ["octo/hello"], "token": TOKEN}, {},
])  # fmt: skip
def test_wrong_settings_are_said(wrong: dict[str, object]) -> None:
    with pytest.raises(MusterError) as error:
        sources.settings_of(github, wrong)
    assert TOKEN not in str(error.value)


def test_a_token_of_the_environment_is_for_its_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GH_ENTERPRISE_TOKEN", TOKEN)
    monkeypatch.setattr(_secret, "of_command", lambda command: TOKEN)  # as `gh` does for any host then
    assert github.token("github.com") is not None
    assert github.token("evil.example") is None
    monkeypatch.setenv("GH_HOST", "git.acme.example")
    assert github.token("git.acme.example") is not None
    assert github.token("evil.example") is None


# Bringing it

def brought(server: Server, root: Path, *names: str, **more: str) -> tuple[dict[str, Evidence], list[str]]:
    """What a sync leaves in a book, and what it said."""
    settings = {"repositories": list(names or ("Octo/Hello",)), "base": server.base, **more}
    told: list[str] = []
    server.asked.clear()
    with Kept(path_of(root, "github")) as kept:
        github.fetch(sources.settings_of(github, settings), root, kept, lambda what, done, of: told.append(what))
        kept.ended()
    return evidence(server, root, *names), told


def evidence(server: Server, root: Path, *names: str) -> dict[str, Evidence]:
    found = sources.gather("github", {"repositories": list(names or ("Octo/Hello",)), "base": server.base}, root)
    assert found.skipped == ()
    return {piece.id.replace(f"{server.host}/", ""): piece for piece in found.evidence}


def hello() -> Project:
    project = Project("octo/hello")
    project.put(issue(), [happened("assigned", 61, "dee", assignee=user("bob")), commented()])
    project.put(of_pull(), [reviewed(), happened("merged", 62, commit_id=SHA, at=4), {"event": "committed", "sha": HEAD, "node_id": "C", "message": "x"}],
                pull(), [remark()])
    return project


def test_everything_is_brought_once(tmp_path: Path) -> None:
    with Server(hello()) as server:
        found, told = brought(server, tmp_path)
        assert sorted(found) == [
            "github:octo/hello#7", "github:octo/hello#7/comment/31", "github:octo/hello#7/event/61",
            "github:octo/hello#8", "github:octo/hello#8/event/62", "github:octo/hello#8/review-comment/51", "github:octo/hello#8/review/41",
        ]  # fmt: skip
        assert found["github:octo/hello#8"].fact("closed-by") == "@bob"
        assert found["github:octo/hello#8"].fact("head") == HEAD
        assert len(server.asked) == 5  # the list, two timelines, the pull request, its comments
        assert any("no token" in line for line in told)
        again, _ = brought(server, tmp_path)
        assert (again, len(server.asked)) == (found, 1)


def test_the_bodies_are_kept_as_they_came(tmp_path: Path) -> None:
    project = hello()
    with Server(project) as server:
        brought(server, tmp_path)
        with Kept(path_of(tmp_path, "github"), reading=True) as kept:
            assert kept.get(f"{server.host}/octo/hello/issues/7").body == project.items[7].issue  # type: ignore[union-attr]
            assert kept.get(f"{server.host}/octo/hello/pulls/8/review-comments/51").body == project.items[8].comments[0]  # type: ignore[union-attr]


def test_who_closed_it_is_known_where_the_list_does_not_say(tmp_path: Path) -> None:
    project = Project("octo/hello")
    shut = issue(state="closed", state_reason="not_planned", closed_at=day(6))
    project.put(shut, [happened("closed", 71, "dee", at=2), happened("reopened", 72, "dee", at=3), happened("closed", 700, "bob", at=6)])
    project.put(issue(9, state="closed", closed_at=day(6)), [happened("closed", 73, None, at=6)])
    project.put(issue(10), [happened("closed", 74, "dee", at=2), happened("reopened", 75, "dee", at=3)])
    with Server(project) as server:
        found, _ = brought(server, tmp_path)
    assert [found[f"github:octo/hello#{number}"].fact("closed-by") for number in (7, 9, 10)] == ["@bob", None, None]


def test_what_changed_is_brought_anew_and_what_was_deleted_goes(tmp_path: Path) -> None:
    project = hello()
    with Server(project) as server:
        brought(server, tmp_path)
        project.put(issue(updated_at=day(30), state="closed", closed_at=day(30), closed_by=user("bob")), [commented(32, body="Another.")])
        found, _ = brought(server, tmp_path)
        assert found["github:octo/hello#7"].fact("state") == "closed"
        assert "github:octo/hello#7/comment/31" not in found
        assert "github:octo/hello#7/event/61" not in found
        assert found["github:octo/hello#7/comment/32"].text == "Another."
        assert len(server.asked) == 2


def test_an_item_that_changes_meanwhile_makes_nothing_be_passed_over(tmp_path: Path) -> None:
    project = Project("octo/hello")
    for number in range(1, 231):
        project.put(issue(number, updated_at=day(number / 10)))
    with Server(project) as server:
        def before(path: str) -> None:
            if "/issues?" in path and sum("/issues?" in asked for asked in server.asked) == 2:
                project.put(issue(5, title="Later", updated_at=day(90)))
        server.before = before
        found, _ = brought(server, tmp_path)
        assert len(found) == 230
        assert found["github:octo/hello#5"].title == "Later"


def test_many_that_changed_in_one_second(tmp_path: Path) -> None:
    project = Project("octo/hello")
    for number in range(1, 251):
        project.put(issue(number, updated_at=day(1) if number < 240 else day(2)))
    with Server(project) as server:
        assert len(brought(server, tmp_path)[0]) == 250


@pytest.mark.parametrize("stop", range(1, 9))
def test_stopped_anywhere_and_gone_on_with_it_is_the_same(tmp_path: Path, stop: int) -> None:
    project = hello()
    for number in range(20, 40):
        project.put(issue(number, updated_at=day(number)), [commented(number * 10)])
    with Server(project) as server:
        whole, _ = brought(server, tmp_path / "whole")
        server.before = lambda path: (401, {}) if len(server.asked) > stop * 3 else None
        with pytest.raises(MusterError):
            brought(server, tmp_path / "cut")
        server.before = lambda path: None
        assert brought(server, tmp_path / "cut")[0] == whole


SYNC = """
import sys
from pathlib import Path
from muster import sources
from muster.sources import _secret, github
from muster.sources._kept import Kept, path_of
_secret.of_keyring = _secret.of_command = lambda *_: None
root = Path(sys.argv[1])
with Kept(path_of(root, "github")) as kept:
    github.fetch(sources.settings_of(github, {"repositories": ["octo/hello"], "base": sys.argv[2]}), root, kept, lambda *_: None)
"""


def test_killed_at_any_moment_and_gone_on_with_it_is_the_same(tmp_path: Path) -> None:
    project = hello()
    for number in range(20, 60):
        project.put(issue(number, updated_at=day(number)), [commented(number * 10)])
    with Server(project) as server:
        whole, _ = brought(server, tmp_path / "whole")
        running: list[subprocess.Popen[bytes]] = []
        for after in (3, 17, 29):
            server.asked.clear()
            server.before = lambda path, after=after: running[-1].kill() if len(server.asked) == after else None  # type: ignore[misc]
            running.append(subprocess.Popen([sys.executable, "-c", SYNC, str(tmp_path / "cut"), server.base]))
            assert running[-1].wait(60) == -signal.SIGKILL
        server.before = lambda path: None
        assert brought(server, tmp_path / "cut")[0] == whole
        assert len(server.asked) < 43  # it went on where it was


def test_an_item_that_is_no_more_there_stops_nothing(tmp_path: Path) -> None:
    with Server(hello()) as server:
        server.before = lambda path: (410, {}) if "/7/timeline" in path else None
        found, told = brought(server, tmp_path)
        assert "github:octo/hello#7" in found
        assert "github:octo/hello#8/review/41" in found
        assert any("410" in line for line in told)


def test_only_from_a_day_on(tmp_path: Path) -> None:
    with Server(hello()) as server:
        assert "github:octo/hello#7" not in brought(server, tmp_path, since="2026-01-04")[0]
        assert "github:octo/hello#7" in brought(server, tmp_path, since="2026-01-01")[0]  # asked to go further back


def test_a_repository_that_is_connected_no_more_is_left_out(tmp_path: Path) -> None:
    other = Project("octo/other")
    other.put(issue(1))
    with Server(hello(), other) as server:
        assert "github:octo/other#1" in brought(server, tmp_path, "octo/hello", "octo/other")[0]
        assert "github:octo/other#1" not in evidence(server, tmp_path, "octo/hello")


def test_a_next_page_elsewhere_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(hello()) as server, Server() as hostile:
        monkeypatch.setenv("GH_HOST", server.host)
        monkeypatch.setenv("GH_ENTERPRISE_TOKEN", TOKEN)
        server.before = lambda path: (302, {"Location": f"{hostile.base}/x"}) if "timeline" in path else None
        with pytest.raises(MusterError):
            brought(server, tmp_path)
        assert (hostile.asked, hostile.tokens) == ([], set())
        assert server.tokens == {f"Bearer {TOKEN}"}


def test_asked_for_in_full_everything_is_brought_again(tmp_path: Path) -> None:
    with Server(hello()) as server:
        whole, _ = brought(server, tmp_path)
        with Kept(path_of(tmp_path, "github")) as kept:
            kept.forget()
        assert brought(server, tmp_path)[0] == whole
        assert len(server.asked) == 5


# What GraphQL adds

def who(login: str) -> dict[str, str]:
    return {"__typename": "User", "login": login}


def graph(query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Answers as GitHub's GraphQL does."""
    edits = {"nodes": [{"editedAt": day(9), "editor": who("ann")}, {"editedAt": day(0), "editor": who("ann")}]}
    closer = {"nodes": [{"createdAt": day(4), "closer": {"__typename": "PullRequest", "number": 8, "repository": {"nameWithOwner": "Octo/Hello"}}}]}
    all_ = {
        "I_7": {"__typename": "Issue", "id": "I_7", "number": 7, "title": "Deploys wait", "url": "https://github.com/x", "createdAt": day(0),
                "author": who("ann"), "userContentEdits": edits, "timelineItems": closer},
        "PR_8": {"__typename": "PullRequest", "id": "PR_8", "number": 8, "title": "Queue deploys", "url": "", "createdAt": day(1), "author": who("ann"),
                 "userContentEdits": {"nodes": []}, "closingIssuesReferences": {"nodes": [
                     {"number": 7, "repository": {"nameWithOwner": "Octo/Hello"}, "timelineItems": closer},
                     {"number": 9, "repository": {"nameWithOwner": "Octo/Hello"}, "timelineItems": {"nodes": []}}]},
                 "reviewRequests": {"nodes": [{"asCodeOwner": True, "requestedReviewer": who("eve")}, {"asCodeOwner": True, "requestedReviewer": {"__typename": "Team"}}]},
                 "reviewThreads": {"nodes": [{"isOutdated": True, "comments": {"nodes": [
                     {"fullDatabaseId": "51", "createdAt": day(3), "url": "", "path": "deploy/lock.py", "author": who("cyd")}]}}]}},
        "PRRC_51": {"__typename": "PullRequestReviewComment", "id": "PRRC_51", "createdAt": day(3), "author": who("cyd"), "userContentEdits": edits},
    }  # fmt: skip
    if "discussions" in query:
        reply = {"databaseId": 72, "url": "https://github.com/octo/hello/discussions/9#x", "body": "Yes.", "createdAt": day(7), "author": who("bob"), "userContentEdits": None}
        return {"data": {"repository": {"discussions": {"pageInfo": {"hasNextPage": False, "endCursor": "x"}, "nodes": [
            {"__typename": "Discussion", "id": "D", "number": 9, "title": "Shall we?", "url": "", "body": "Or not?", "createdAt": day(6), "updatedAt": day(7),
             "closedAt": None, "author": who("ann"), "userContentEdits": None, "category": {"name": "Ideas"},
             "comments": {"nodes": [{**reply, "databaseId": 71, "isAnswer": True, "replies": {"totalCount": 1, "nodes": [reply]}}], "totalCount": 1}}]}}}}  # fmt: skip
    return {"data": {"nodes": [all_.get(id_) for id_ in variables["ids"]]}, "errors": [{"message": "one is missing"}]}


def test_what_graphql_adds_is_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = hello()
    project.put(of_pull(), [reviewed()], pull(), [remark(updated_at=day(9), line=3)])
    with Server(project) as server:
        plain, _ = brought(server, tmp_path)
        assert plain["github:octo/hello#8/review-comment/51"].fact("outdated") is None
        monkeypatch.setenv("GH_HOST", server.host)
        monkeypatch.setenv("GH_ENTERPRISE_TOKEN", TOKEN)
        server.graph = graph
        found, _ = brought(server, tmp_path)  # brings all once more, now that it can be whole
        host = f"github:{server.host}/octo/hello"
        assert found["github:octo/hello#7"].fact("closer") == f"{host}#8"
        assert [value for name, value in found["github:octo/hello#7"].facts if name == "edited"] == [day(9)]
        assert found["github:octo/hello#7"].text == "They queue.\nAll of them."
        assert [value for name, value in found["github:octo/hello#8"].facts if name == "closes"] == [f"{host}#7"]
        assert found["github:octo/hello#8"].fact("by-habit") == "@eve"
        assert found["github:octo/hello#8/review-comment/51"].fact("outdated") == "yes"
        assert found["github:octo/hello#8/review-comment/51"].fact("edited") == day(9)
        assert (found["github:octo/hello#9"].kind, found["github:octo/hello#9"].text) == ("message", "Or not?")
        assert found["github:octo/hello#9/discussion-comment/72"].fact("answers") == f"{host}#9/discussion-comment/71"
        again, _ = brought(server, tmp_path)
        assert (again, len(server.asked)) == (found, 2)
    assert TOKEN.encode() not in b"".join(file.read_bytes() for file in tmp_path.rglob("*.sqlite*"))


def test_enterprise_has_its_graphql_beside_its_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(hello()) as server:
        monkeypatch.setenv("GH_HOST", server.host)
        monkeypatch.setenv("GH_ENTERPRISE_TOKEN", TOKEN)
        server.graph = graph
        found, _ = brought(server, tmp_path, base=f"{server.base}/api/v3")
        assert "github:octo/hello#9" in found
        assert {path.partition(" ")[0].split("?")[0] for path in server.asked} == {
            "/api/v3/repos/Octo/Hello/issues", "/api/graphql", "/api/v3/repos/Octo/Hello/issues/7/timeline",
            "/api/v3/repos/Octo/Hello/issues/8/timeline", "/api/v3/repos/Octo/Hello/pulls/8", "/api/v3/repos/Octo/Hello/pulls/8/comments",
        }  # fmt: skip


def test_what_of_a_discussion_was_not_brought_is_counted() -> None:
    said = graph("discussions", {})["data"]["repository"]["discussions"]["nodes"][0]
    said["comments"]["totalCount"] = 60
    (left,) = [one for one in github.parse(Raw("octo/hello/discussions/9", "discussion", json.dumps(said).encode(), SEEN)) if isinstance(one, Skipped)]
    assert (left.where, left.count) == ("github:octo/hello#9", 59)


def test_a_limit_of_graphql_ends_the_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(hello()) as server:
        monkeypatch.setenv("GH_HOST", server.host)
        monkeypatch.setenv("GH_ENTERPRISE_TOKEN", TOKEN)
        server.graph = lambda query, variables: {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
        with pytest.raises(MusterError, match="limit"):
            brought(server, tmp_path)
