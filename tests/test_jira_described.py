"""Jira Cloud as described: its search, changelogs and comments, in our own words, answered by Prism; and the tests' answers held against it.

Atlassian's own description is in no package, so what is used of it stands here. `JIRA_DESCRIPTION` names a file of theirs
(swagger-v3.v3.json, from https://developer.atlassian.com/cloud/jira/platform/): then all that is said here is looked up in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from muster.sources import gather, jira
from tests.described import prism
from tests.loopback import sync, with_token
from tests.sources.jira import ANN, FULL, REFUSED, change, comment, document

THEIRS = os.environ.get("JIRA_DESCRIPTION")


def record(required: str, **properties: Any) -> dict[str, Any]:
    """An object; `required` are names with spaces between."""
    return {"type": "object", "properties": {name: {"type": said} if isinstance(said, str) else said for name, said in properties.items()},
            **({"required": required.split()} if required else {})}


def of(name: str) -> dict[str, Any]:
    """A reference to one of SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


def many(name: str) -> dict[str, Any]:
    """A list of them."""
    return {"type": "array", "items": of(name)}


NULL: dict[str, Any] = {"type": "string", "nullable": True}
#: Under the names that Atlassian gives them. `IssueBean.fields` is any object there; what is asked for of it is in FIELDS.
SCHEMAS: dict[str, Any] = {
    "SearchAndReconcileResults": record("issues", issues=many("IssueBean"), nextPageToken="string", isLast="boolean"),
    "IssueBean": record("id key fields", id="string", key="string", self="string", expand="string", fields={"type": "object"}, changelog=of("PageOfChangelogs")),
    "PageOfChangelogs": record("", startAt="integer", maxResults="integer", total="integer", histories=many("Changelog")),
    "PageBeanChangelog": record("values", self="string", nextPage="string", startAt="integer", maxResults="integer", total="integer", isLast="boolean", values=many("Changelog")),
    "Changelog": record("id created", id="string", created="string", author=of("UserDetails"), items=many("ChangeDetails")),
    "ChangeDetails": record("", field="string", fieldtype="string", fieldId="string", **{"from": NULL, "fromString": NULL, "to": NULL, "toString": NULL}),
    "UserDetails": record("", self="string", accountId="string", displayName="string", emailAddress="string", accountType="string", active="boolean", timeZone="string"),
    "PageOfComments": record("comments", startAt="integer", maxResults="integer", total="integer", comments=many("Comment")),
    "Comment": record("id created", self="string", id="string", author=of("UserDetails"), updateAuthor=of("UserDetails"), body={}, created="string",
                      updated="string", visibility={"type": "object"}, jsdPublic="boolean"),
    "ServerInformation": record("deploymentType", baseUrl="string", deploymentType="string", version="string"),
    "User": record("", accountId="string", displayName="string", timeZone="string"),
}
NAMED = {**record("name", name="string"), "nullable": True}
USER = {"allOf": [of("UserDetails")], "nullable": True}
FIELDS = record(
    "created updated", summary="string", description={}, created="string", updated="string", creator=USER, reporter=USER, assignee=USER,
    status=record("name", name="string", statusCategory=record("key", key="string")), statuscategorychangedate=NULL, resolution=NAMED, resolutiondate=NULL,
    labels={"type": "array", "items": {"type": "string"}}, components={"type": "array", "items": NAMED}, comment=of("PageOfComments"), parent=record("key", key="string"),
    issuelinks={"type": "array", "items": record("", type=record("", inward="string", outward="string"), inwardIssue=record("key", key="string"), outwardIssue=record("key", key="string"))},
)


def get(schema: str, example: object, path: str = "", **query: str) -> dict[str, Any]:
    """What is asked for with GET, and its answer."""
    said: list[dict[str, Any]] = [{"name": name, "in": "query", "schema": {"type": "array", "items": {"type": "string"}} if kind == "array" else {"type": kind}} for name, kind in query.items()]
    said += [{"name": path, "in": "path", "required": True, "schema": {"type": "string"}}] if path else []
    return {"get": {"parameters": said, "responses": {"200": {"description": "", "content": {"application/json": {"schema": of(schema), "example": example}}},
                                                      "400": {"description": ""}}}}


LONG = {**FULL, "changelog": {**FULL["changelog"], "total": 5}, "fields": {**FULL["fields"], "comment": {**FULL["fields"]["comment"], "total": 3}}}
HISTORIES = [change("10103", "2026-02-06T10:00:00.000+0100", ANN, ("assignee", None, None, ANN["accountId"], "Ann Appleby"))]
COMMENTS = [comment("10202", ANN, "2026-02-06T10:00:00.000+0100", document("Thank you."))]
ANSWERS = {
    "SearchAndReconcileResults": {"issues": [LONG, REFUSED], "isLast": True},
    "PageBeanChangelog": {"startAt": 0, "maxResults": 100, "total": 1, "isLast": True, "values": HISTORIES},
    "PageOfComments": {"startAt": 0, "maxResults": 100, "total": 1, "comments": COMMENTS},
    "ServerInformation": {"baseUrl": "https://orchard.atlassian.net", "version": "1001.0.0-SNAPSHOT", "deploymentType": "Cloud"},
    "User": {"accountId": ANN["accountId"], "displayName": "Ann Appleby", "timeZone": "Europe/Berlin"},
}
SEARCH = "/rest/api/3/search/jql"
OURS: dict[str, Any] = {
    "openapi": "3.0.1", "info": {"title": "What is used of Jira Cloud", "version": "1"}, "servers": [{"url": "https://orchard.atlassian.net"}],
    "paths": {
        "/rest/api/2/serverInfo": get("ServerInformation", ANSWERS["ServerInformation"]),
        "/rest/api/3/myself": get("User", ANSWERS["User"]),
        SEARCH: get("SearchAndReconcileResults", ANSWERS["SearchAndReconcileResults"], jql="string", nextPageToken="string", maxResults="integer", fields="array", expand="string"),
        "/rest/api/3/issue/{issueIdOrKey}/changelog": get("PageBeanChangelog", ANSWERS["PageBeanChangelog"], "issueIdOrKey", startAt="integer", maxResults="integer"),
        "/rest/api/3/issue/{issueIdOrKey}/comment": get("PageOfComments", ANSWERS["PageOfComments"], "issueIdOrKey", startAt="integer", maxResults="integer"),
    },
    "components": {"schemas": SCHEMAS, "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}}}, "security": [{"basic": []}],
}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """A server that answers as described here, and refuses what is asked otherwise."""
    with prism(OURS, tmp_path) as address:
        yield address


def test_what_is_asked_and_answered_is_as_described(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert httpx.get(f"{base}{SEARCH}", params={"maxResults": "many"}, auth=("ann", "x")).status_code == 400  # it looks at what is asked
    assert httpx.get(f"{base}{SEARCH}").status_code == 401
    with_token(monkeypatch)
    table = {"base": base, "projects": ["DEPLOY"], "user": "ann@example.org", "since": "2026-01-01"}
    assert sync(jira, table, tmp_path) == ()
    found = gather("jira", table, tmp_path)
    ids = {piece.id for piece in found.evidence}
    assert not found.skipped and {"jira:DEPLOY-12", "jira:DEPLOY-14", "jira:DEPLOY-12/event/10103-0", "jira:DEPLOY-12/comment/10202", "jira:DEPLOY-12/event/10102-1"} <= ids


@pytest.mark.parametrize("name", ANSWERS)
def test_the_tests_answers_are_as_described(name: str) -> None:
    assert [error.message[:200] for error in validator(of(name)).iter_errors(ANSWERS[name])] == []


@pytest.mark.parametrize("one", [FULL, REFUSED], ids=["full", "refused"])
def test_the_fields_are_as_described(one: dict[str, Any]) -> None:
    assert [error.message[:200] for error in validator(FIELDS).iter_errors(one["fields"])] == []
    assert set(jira.FIELDS.split(",")) == {*FIELDS["properties"], "project", "issuetype", "priority"}


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """Looks at an answer."""
    return jsonschema.Draft202012Validator(plain({**schema, "components": {"schemas": SCHEMAS}}))


def plain(part: Any) -> Any:
    """OpenAPI 3.0 as JSON schema: null where it may be."""
    if isinstance(part, list):
        return [plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {key: plain(value) for key, value in part.items() if key != "nullable"}
    return {"anyOf": [{"type": "null"}, made]} if part.get("nullable") is True else made


if THEIRS:  # somebody has Atlassian's own file at hand

    def test_it_is_all_in_atlassians_own() -> None:
        theirs = json.loads(Path(THEIRS or "").read_text(encoding="utf-8"))
        for path, said in OURS["paths"].items():
            other = theirs["paths"][path.replace("/api/2/", "/api/3/")]["get"]
            known = {one["name"]: one["schema"]["type"] for one in other.get("parameters", [])}
            assert {one["name"]: one["schema"]["type"] for one in said["get"]["parameters"]}.items() <= known.items(), path
            answer = other["responses"]["200"]["content"]["application/json"]["schema"]
            assert answer == said["get"]["responses"]["200"]["content"]["application/json"]["schema"], path
        for name, schema in SCHEMAS.items():
            for key, one in schema["properties"].items():
                other = theirs["components"]["schemas"][name]["properties"][key]
                other = other["allOf"][0] if "allOf" in other else other
                reference = other.get("$ref")
                assert reference == one["$ref"] if "$ref" in one else reference or other.get("type") == one.get("type"), (name, key)
                if "items" in one:
                    assert one["items"] == {key: value for key, value in other["items"].items() if key == "$ref"}, (name, key)
