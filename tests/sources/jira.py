"""What the contract test gives to `jira`: invented issues in the shapes of Jira Cloud (document format) and Data Center (wiki markup)."""

import json
from collections.abc import Mapping
from typing import Any

SETTINGS: Mapping[str, object] = {"base": "https://orchard.atlassian.net", "projects": ["DEPLOY", "OPS"], "user": "ann@example.org"}


def user(id_: str, name: str, mail: str | None = None, kind: str = "atlassian") -> dict[str, Any]:
    """An account of Cloud."""
    return {"self": f"https://orchard.atlassian.net/rest/api/3/user?accountId={id_}", "accountId": id_, "displayName": name, "active": True,
            "timeZone": "Europe/Berlin", "accountType": kind, **({"emailAddress": mail} if mail else {})}


ANN, BOB = user("5b10a2844c20165700ede21a", "Ann Appleby", "Ann@Example.org"), user("5b10a2844c20165700ede21b", "Bob Birch")
BOT = user("557058:f58131cb-b67d-43c7-b30d-6b58d40bd077", "Automation for Jira", kind="app")


def document(*lines: str) -> dict[str, Any]:
    """Lines as a document."""
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in lines]}


def change(id_: str, created: str, author: dict[str, Any], *items: tuple[str, Any, Any, Any, Any]) -> dict[str, Any]:
    """What was changed at one time: (field, from, fromString, to, toString)."""
    return {"id": id_, "author": author, "created": created, "items": [
        {"field": field, "fieldtype": "jira", "fieldId": field, "from": from_, "fromString": from_string, "to": to, "toString": to_string}
        for field, from_, from_string, to, to_string in items]}


def comment(id_: str, author: dict[str, Any], created: str, body: Any, **more: Any) -> dict[str, Any]:
    """A comment."""
    return {"id": id_, "self": f"https://orchard.atlassian.net/rest/api/3/issue/1/comment/{id_}", "author": author, "updateAuthor": author,
            "body": body, "created": created, "updated": created, "jsdPublic": True, **more}


def issue(
    key: str, summary: str, created: str, updated: str, base: str = "https://orchard.atlassian.net", description: Any = None,
    changes: list[dict[str, Any]] | None = None, comments: list[dict[str, Any]] | None = None, api: str = "3", total: int | None = None, **fields: Any,
) -> dict[str, Any]:
    """An issue."""
    changes, comments, number = changes or [], comments or [], key.rpartition("-")[2]
    return {
        "expand": "operations,versionedRepresentations", "id": f"1{number:0>5}", "self": f"{base}/rest/api/{api}/issue/1{number:0>5}", "key": key,
        "fields": {
            "summary": summary, "description": description, "project": {"key": key.rpartition("-")[0]}, "issuetype": {"name": "Task"},
            "status": {"name": "To Do", "statusCategory": {"id": 2, "key": "new"}}, "statuscategorychangedate": created, "resolution": None,
            "resolutiondate": None, "created": created, "updated": updated, "creator": ANN, "reporter": ANN, "assignee": None,
            "priority": {"name": "Medium"}, "labels": [], "components": [], "issuelinks": [],
            "comment": {"comments": comments, "maxResults": 50, "total": len(comments), "startAt": 0}, **fields,
        },
        "changelog": {"startAt": 0, "maxResults": 100, "total": len(changes) if total is None else total, "histories": changes},
    }


CLOSED = change("10102", "2026-02-05T10:00:00.000+0100", BOB, ("status", "3", "In Progress", "10001", "Done"), ("resolution", None, None, "10000", "Done"))
FULL = issue(
    "DEPLOY-12", "Deploys wait for each other", "2026-02-03T10:11:12.000+0100", "2026-02-05T10:00:00.000+0100",
    description={"type": "doc", "version": 1, "content": [
        {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Why"}]},
        {"type": "paragraph", "content": [
            {"type": "text", "text": "As "}, {"type": "mention", "attrs": {"id": "5b10a2844c20165700ede21b", "text": "@Bob Birch"}},
            {"type": "text", "text": " found in "},
            {"type": "text", "text": "the review", "marks": [{"type": "link", "attrs": {"href": "https://github.com/acme/deploy/pull/7"}}]},
            {"type": "hardBreak"}, {"type": "text", "text": "two wait."}]},
        {"type": "bulletList", "content": [
            {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "queue them"}]}]},
            {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "inlineCard", "attrs": {"url": "https://example.org/x"}}]}]}]},
        {"type": "codeBlock", "content": [{"type": "text", "text": "lock()"}]},
    ]},
    changes=[
        CLOSED,
        change("10101", "2026-02-04T09:00:00.000+0100", BOT, ("status", "10000", "To Do", "3", "In Progress")),
        change("10100", "2026-02-03T11:00:00.000+0100", ANN, ("assignee", None, None, BOB["accountId"], "Bob Birch"), ("summary", None, "Deploys", None, "Deploys wait for each other")),
        change("10099", "2026-02-03T10:30:00.000+0100", ANN, ("assignee", ANN["accountId"], "Ann Appleby", None, None), ("Rank", "", "", "", "Ranked higher")),
    ],
    comments=[comment("10200", BOB, "2026-02-04T12:00:00.000+0100", document("Queued in DEPLOY-13."), updated="2026-02-04T12:05:00.000+0100"),
              comment("10201", ANN, "2026-02-04T13:00:00.000+0100", document("Not for everybody."), visibility={"type": "role", "value": "Admins"})],
    status={"name": "Done", "statusCategory": {"id": 3, "key": "done"}}, resolution={"name": "Done"}, resolutiondate="2026-02-05T10:00:00.000+0100",
    reporter=BOB, assignee=BOB, labels=["queue"], components=[{"name": "runner"}], parent={"key": "DEPLOY-1"},
    issuelinks=[{"id": "1", "type": {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}, "inwardIssue": {"key": "OPS-7"}},
                {"id": "2", "type": {"name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"}, "outwardIssue": {"key": "DEPLOY-9"}}],
)
REFUSED = issue("DEPLOY-14", "Rewrite the runner", "2026-02-10T09:00:00.000+0000", "2026-02-11T09:00:00.000+0000",
                changes=[change("10110", "2026-02-11T09:00:00.000+0000", ANN, ("resolution", None, None, "10005", "Won't Do"), ("status", "1", "To Do", "10001", "Done"))],
                status={"name": "Done", "statusCategory": {"key": "done"}}, resolution={"name": "Won't Do"}, resolutiondate="2026-02-11T09:00:00.000+0000",
                creator=BOB, reporter=BOB)

#: Accounts of Data Center.
CARA = {"self": "https://jira.example.org/rest/api/2/user?username=cara", "name": "cara", "key": "JIRAUSER10101", "emailAddress": "cara@example.org",
        "displayName": "Cara Cherry", "active": True}
WIKI = ("h2. Why\r\n\r\n{code:java}lock();{code}\r\nSee [the review|https://github.com/acme/deploy/pull/7], [https://example.org/x] and [~cara]. "
        "!shot.png|thumbnail! bq. no\r\n{quote}slow{quote}")
OLD = issue("OPS-7", "Disk nearly full", "2026-03-01T08:00:00.000+0000", "2026-03-01T09:00:00.000+0000", description=WIKI, api="2", creator=CARA, reporter=CARA,
            assignee=CARA, changes=[change("900", "2026-03-01T09:00:00.000+0000", CARA, ("assignee", None, None, "JIRAUSER10101", "Cara Cherry"))],
            comments=[comment("901", CARA, "2026-03-01T08:30:00.000+0000", "Freed {{/var}}.")])


def encoded(value: object) -> bytes:
    """JSON."""
    return json.dumps(value).encode()


RAWS: tuple[tuple[str, str, bytes], ...] = (
    ("orchard.atlassian.net/DEPLOY-12", "issue", encoded(FULL)),
    ("orchard.atlassian.net/DEPLOY-14", "issue", encoded(REFUSED)),
    ("orchard.atlassian.net/DEPLOY-14/changelog/10111", "history", encoded(change("10111", "2026-02-11T09:01:00.000+0000", BOB, ("resolution", "10005", "Won't Do", None, None)))),
    ("orchard.atlassian.net/DEPLOY-14/comment/10210", "comment", encoded(comment("10210", ANN, "2026-02-11T09:00:30.000+0000", document("Not this year.")))),
    ("orchard.atlassian.net/OPS-7", "issue", encoded(OLD)),
)
