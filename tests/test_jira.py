"""Jira: what a sync brings from servers that search and page as Cloud's and Data Center's do, and what it makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from muster.model import Evidence, MusterError, Participant, Role
from muster.sources import gather, jira
from muster.sources._jira_text import plain
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
from tests.sources.jira import ANN, BOB, FULL, OLD, REFUSED, WIKI, change, comment, document, issue

ZONE = "America/New_York"


class Server:
    """A site: searches by project and time as the asking account's zone has it, in the order of change; Cloud, or Data Center."""

    def __init__(self, cloud: bool) -> None:
        self.cloud = cloud
        self.issues: dict[str, dict[str, Any]] = {}
        self.zone: str | None = ZONE
        self.base = ""
        #: How many changes and comments come with an issue.
        self.most = 3
        #: Called before each search.
        self.before: Callable[[], None] = lambda: None

    def put(self, *issues: dict[str, Any]) -> None:
        self.issues.update((one["key"], one) for one in issues)

    def __call__(self, asked: Asked) -> Answered | None:
        api = "/rest/api/3" if self.cloud else "/rest/api/2"
        if asked.path == "/rest/api/2/serverInfo":
            return Answered({"baseUrl": self.base, "deploymentType": "Cloud" if self.cloud else "Server", "version": "9.12.0"})
        if asked.path == f"{api}/myself":
            return Answered({"timeZone": self.zone, "displayName": "Ann Appleby"}) if self.zone else None
        if asked.path == (f"{api}/search/jql" if self.cloud else f"{api}/search"):
            self.before()
            return self.search(asked)
        steps = asked.path.removeprefix(f"{api}/issue/").split("/")
        if steps[0] not in self.issues:
            return None
        one = self.issues[steps[0]]
        begun, most = int(asked.query.get("startAt", "0")), int(asked.query.get("maxResults", "50"))
        if len(steps) == 1:
            return Answered(one)
        rows = one["changelog"]["histories"][::-1] if steps[1] == "changelog" else one["fields"]["comment"]["comments"]
        if steps[1] == "changelog" and not self.cloud:
            return None
        name = "values" if steps[1] == "changelog" else "comments"
        last = {"isLast": begun + most >= len(rows)} if steps[1] == "changelog" else {}
        return Answered({"startAt": begun, "maxResults": most, "total": len(rows), name: rows[begun : begun + most], **last})

    def search(self, asked: Asked) -> Answered:
        said = re.fullmatch(r'project = "([A-Z]+)"(?: AND updated >= "([0-9/]+ [0-9:]+)")? ORDER BY updated ASC, key ASC', asked.query["jql"])
        assert said, asked.query["jql"]
        if said[1] not in {key.rpartition("-")[0] for key in self.issues}:
            return Answered({"errorMessages": [f"The value '{said[1]}' does not exist for the field 'project'."]}, 400)
        zone = ZoneInfo(self.zone or "Asia/Tokyo")
        since = datetime.strptime(said[2], "%Y/%m/%d %H:%M").replace(tzinfo=zone) if said[2] else datetime.min.replace(tzinfo=UTC)
        rows = sorted((datetime.fromisoformat(one["fields"]["updated"]), key) for key, one in self.issues.items()
                      if key.rpartition("-")[0] == said[1] and datetime.fromisoformat(one["fields"]["updated"]) >= since)
        most = min(int(asked.query["maxResults"]), 4)
        begun = int(asked.query.get("nextPageToken", "t0")[1:]) if self.cloud else int(asked.query.get("startAt", "0"))
        page = [self.shown(self.issues[key]) for _, key in rows[begun : begun + most]]
        assert ("startAt" in asked.query) <= (not self.cloud) and ("nextPageToken" in asked.query) <= self.cloud
        if self.cloud:
            over = begun + most >= len(rows)
            return Answered({"issues": page, "isLast": over, **({} if over else {"nextPageToken": f"t{begun + most}"})})
        return Answered({"issues": page, "startAt": begun, "maxResults": most, "total": len(rows)})

    def shown(self, one: dict[str, Any]) -> dict[str, Any]:
        """An issue as a search has it: not all of what is long."""
        log, said = one["changelog"], one["fields"]["comment"]
        cut = {"changelog": {**log, "histories": log["histories"][: self.most], "total": len(log["histories"])}} if self.cloud else {}
        return {**one, **cut, "fields": {**one["fields"], "comment": {**said, "comments": said["comments"][: self.most], "total": len(said["comments"])}}}


@pytest.fixture(params=["cloud", "data center"])
def site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Server:
    with_token(monkeypatch)
    return Server(request.param == "cloud")


@pytest.fixture
def server(site: Server) -> Iterator[Loopback]:
    with Loopback(site) as made:
        site.base = made.base
        yield made


def small(number: int, at: datetime, project: str = "DEPLOY", **more: Any) -> dict[str, Any]:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return issue(f"{project}-{number}", f"Issue {number}", stamp, stamp, **more)


def day(number: float) -> datetime:
    return datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=number)


def found(root: Path, server: Loopback, *projects: str) -> dict[str, Evidence]:
    gathered = gather("jira", {"base": server.base, "projects": list(projects or ("DEPLOY",))}, root)
    assert not gathered.skipped, gathered.skipped
    return {piece.id: piece for piece in gathered.evidence}


def here(one: dict[str, Any], server: Loopback) -> dict[str, Any]:
    """The issue as that server has it."""
    return {**one, "self": f"{server.base}/rest/api/2/issue/1"}


def test_an_issue_with_its_changes_and_comments(site: Server, server: Loopback, tmp_path: Path) -> None:
    site.put(here(FULL, server), REFUSED)
    table = {"base": server.base, "projects": ["DEPLOY"], "user": "ann@example.org"}
    assert sync(jira, table, tmp_path) == ()
    seen = found(tmp_path, server)
    one = seen["jira:DEPLOY-12"]
    ann, bob = f"jira:{ANN['accountId']}", f"jira:{BOB['accountId']}"
    assert (one.kind, one.ref, one.title, one.actor, one.url) == ("issue", "DEPLOY-12", "Deploys wait for each other", ann, f"{server.base}/browse/DEPLOY-12")
    assert one.text == "Why\nAs @Bob Birch found in the review (https://github.com/acme/deploy/pull/7)\ntwo wait.\n\n- queue them\n\n- https://example.org/x\n\nlock()"
    assert one.participants == (Participant(bob, Role.REPORTER), Participant(bob, Role.ASSIGNEE))
    closed_by = "" if site.cloud else bob  # of Cloud only three changes of four came with it
    assert dict(one.facts) | {"label": "", "related": ""} == {
        "state": "closed", "status": "Done", "reason": "completed", "closed": "2026-02-05T09:00:00Z", "label": "", "related": "", **({"closed-by": closed_by} if closed_by else {})}
    assert [value for name, value in one.facts if name in ("label", "related")] == [
        "queue", "runner", "jira:DEPLOY-1 is part of", "jira:OPS-7 is blocked by", "jira:DEPLOY-9 duplicates"]
    events = sorted((piece.happened_at, piece.id, piece.fact("event"), piece.actor, piece.fact("to"), piece.fact("reason"))
                    for piece in seen.values() if piece.kind == "event" and piece.about == one.id)
    assert [row[2:] for row in events] == [
        ("unassigned", ann, ann, None), ("assigned", ann, bob, None), ("renamed", ann, "Deploys wait for each other", None),
        ("status", "jira:557058:f58131cb-b67d-43c7-b30d-6b58d40bd077", "In Progress", None), ("status", bob, "Done", None), ("closed", bob, None, "completed")]
    assert [piece.fact("by-habit") for piece in seen.values() if piece.fact("to") == "In Progress"] == ["yes"]
    said = seen["jira:DEPLOY-12/comment/10200"]
    assert (said.actor, said.text, said.fact("edited"), said.about) == (bob, "Queued in DEPLOY-13.", "2026-02-04T11:05:00Z", one.id)
    hidden = seen["jira:DEPLOY-12/comment/10201"]
    assert (hidden.text, hidden.fact("left-out")) == ("", "private")
    refused = seen["jira:DEPLOY-14"]
    assert (refused.fact("reason"), refused.fact("closed-by"), refused.actor, refused.url) == ("not planned", ann, bob, None)
    accounts = {one.id: one for one in gather("jira", table, tmp_path).accounts}
    assert accounts[ann].email == "ann@example.org" and accounts[bob].email == "" and accounts["jira:557058:f58131cb-b67d-43c7-b30d-6b58d40bd077"].bot
    assert all(asked.headers["authorization"].startswith("Basic ") for asked in server.asked)
    token_kept_out(tmp_path)


def test_without_a_user_the_token_goes_as_it_is(site: Server, server: Loopback, tmp_path: Path) -> None:
    site.put(here(OLD, server))
    sync(jira, {"base": server.base, "projects": ["OPS"]}, tmp_path)
    one = found(tmp_path, server, "OPS")["jira:OPS-7"]
    assert one.actor == "jira:JIRAUSER10101" and one.participants == (Participant("jira:JIRAUSER10101", Role.ASSIGNEE),)
    assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer blossom-73-key"}


@pytest.mark.parametrize("zone", [ZONE, "Asia/Kolkata", "Pacific/Kiritimati", None, "Nowhere/None"])
def test_every_zone_and_a_crowded_minute(site: Server, server: Loopback, tmp_path: Path, zone: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Around the night when the clocks go back, and with more issues changed in one minute than a page holds."""
    monkeypatch.setattr(jira, "AGAIN", 1)
    night = datetime(2025, 11, 2, 4, 30, tzinfo=UTC)
    site.zone = zone if zone != "Nowhere/None" else None
    site.put(*(small(number, night + timedelta(minutes=17 * number)) for number in range(1, 20)),
             *(small(100 + number, night + timedelta(minutes=400, seconds=number)) for number in range(15)),
             *(small(200 + number, night + timedelta(days=number)) for number in range(1, 5)))
    table = {"base": server.base, "projects": ["DEPLOY"]}
    sync(jira, table, tmp_path)
    assert found(tmp_path, server).keys() == {f"jira:{key}" for key in site.issues}
    begun = len(server.asked)
    site.put(small(3, day(170)), small(300, day(171)))
    sync(jira, table, tmp_path, NOW + timedelta(hours=1))
    assert "jira:DEPLOY-300" in found(tmp_path, server) and b"2026-06-20" in items(jira, tmp_path)[f"{server.base.partition('//')[2]}/DEPLOY-3"][1]
    assert len(server.asked) - begun < 9


def test_what_changes_while_it_is_read(site: Server, server: Loopback, tmp_path: Path) -> None:
    """An issue that is changed meanwhile goes to the end of the list, and those behind it move up: none is passed over."""
    site.put(*(small(number, day(number / 10)) for number in range(1, 30)))
    changed = iter(range(1, 12))

    def meddle() -> None:
        if (number := next(changed, None)) is not None:
            site.put(small(number, NOW - timedelta(minutes=30 - number)))

    site.before = meddle
    sync(jira, {"base": server.base, "projects": ["DEPLOY"]}, tmp_path)
    assert len([piece for piece in found(tmp_path, server).values() if piece.kind == "issue"]) == 29


def test_long_changelogs_and_comments(site: Server, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jira, "MANY", 2)
    changes = [change(str(900 - n), f"2026-02-{28 - n:02}T09:00:00.000+0000", ANN, ("status", "1", f"S{n}", "2", f"S{n + 1}")) for n in range(9)]
    comments = [comment(str(700 + n), BOB, f"2026-02-{n + 1:02}T09:00:00.000+0000", document(f"{n}")) for n in range(7)]
    site.put(small(1, day(60), changes=changes, comments=comments))
    sync(jira, {"base": server.base, "projects": ["DEPLOY"]}, tmp_path)
    seen = found(tmp_path, server)
    assert sum(piece.kind == "event" for piece in seen.values()) == 9 and sum(piece.kind == "comment" for piece in seen.values()) == 7
    site.put(small(1, day(61), changes=changes, comments=comments[:6]))
    sync(jira, {"base": server.base, "projects": ["DEPLOY"]}, tmp_path)
    assert sum(piece.kind == "comment" for piece in found(tmp_path, server).values()) == 6
    site.put(small(1, day(62), changes=changes, comments=comments[:2]))
    sync(jira, {"base": server.base, "projects": ["DEPLOY"]}, tmp_path)
    assert sum(piece.kind == "comment" for piece in found(tmp_path, server).values()) == 2


def test_stopped_anywhere_and_resumed(site: Server, server: Loopback, tmp_path: Path) -> None:
    long = [comment(str(700 + n), BOB, "2026-02-01T09:00:00.000+0000", document(f"{n}")) for n in range(5)]
    site.put(*(small(number, day(number / 3), comments=long if number == 4 else []) for number in range(1, 12)), small(1, day(3), "OPS"))
    whole = stopped_everywhere(jira, server, {"base": server.base, "projects": ["DEPLOY", "OPS"]}, tmp_path)
    assert sum(piece.kind == "issue" for piece in whole.evidence) == 12


def test_a_project_that_is_none_stops_no_other(site: Server, server: Loopback, tmp_path: Path) -> None:
    site.put(small(1, day(1)))
    missed = sync(jira, {"base": server.base, "projects": ["NONE", "DEPLOY"]}, tmp_path)
    assert len(missed) == 1 and missed[0].startswith("Jira: NONE: answers 400")
    gathered = gather("jira", {"base": server.base, "projects": ["DEPLOY"]}, tmp_path)
    assert [piece.id for piece in gathered.evidence] == ["jira:DEPLOY-1"] and [one.where for one in gathered.skipped] == ["Jira: NONE"]


def test_what_is_no_longer_asked_for_is_left_out(site: Server, server: Loopback, tmp_path: Path) -> None:
    site.put(small(1, day(1)), small(1, day(1), "OPS"), small(2, day(2), "DEPLOY2"))
    sync(jira, {"base": server.base, "projects": ["OPS", "DEPLOY"]}, tmp_path)
    assert set(found(tmp_path, server, "OPS")) == {"jira:OPS-1"}


@pytest.mark.parametrize("table", [{"projects": ["deploy"]}, {"projects": ['A" OR 1=1']}, {"since": "soon"}, {"base": "ftp://x"}, {"user": "a:b"}])
def test_settings_that_are_none(table: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(MusterError):
        sync(jira, {"base": "https://orchard.atlassian.net", "projects": ["DEPLOY"], **table}, tmp_path)


def test_the_environment_is_for_atlassian_or_the_host_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("muster.sources._secret.of_keyring", lambda *_: None)
    monkeypatch.setenv("JIRA_API_TOKEN", "blossom-73-key")
    monkeypatch.delenv("JIRA_HOST", raising=False)
    assert jira.token("orchard.atlassian.net") is not None
    assert jira.token("jira.example.org") is None
    monkeypatch.setenv("JIRA_HOST", "jira.example.org")
    assert jira.token("jira.example.org") is not None


def test_a_list_that_never_ends(site: Server, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = small(1, day(1), comments=[comment("700", BOB, "2026-02-01T09:00:00.000+0000", document("So."))])
    one["fields"]["comment"]["total"] = 10**9
    site.put(one)
    numbers = iter(range(10**6))
    monkeypatch.setattr(site, "search", lambda asked: Answered({"issues": [one], "total": 10**9, "nextPageToken": str(next(numbers)), "isLast": False}))
    sync(jira, {"base": server.base, "projects": ["DEPLOY"]}, tmp_path)
    assert "jira:DEPLOY-1" in found(tmp_path, server) and len(server.asked) < 12


def test_wiki_markup() -> None:
    assert plain(WIKI) == "Why\n\nlock();\nSee the review (https://github.com/acme/deploy/pull/7), https://example.org/x and @cara.  bq. no\nslow"
    assert plain("[[[[" * 9) == "[[[[" * 9 and plain(7) == "" and plain({"content": [3]}) == ""
