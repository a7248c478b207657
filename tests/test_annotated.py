"""Findings for other people's tools: SARIF 2.1.0 and GitHub's annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from muster import annotated
from muster.cli import main
from muster.model import Checked, Finding, Severity, State, Where

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}}, "additionalProperties": False}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
LOCATION = {
    "type": "object", "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": -1},
        "physicalLocation": {
            "type": "object", "required": ["artifactLocation"], "additionalProperties": False,
            "properties": {
                "artifactLocation": {
                    "type": "object", "additionalProperties": False,
                    "properties": {"uri": {"type": "string", "pattern": r"^[!#$%&'()*+,\-./0-9:;=?@A-Za-z_~]+$"}, "uriBaseId": {"const": "BOOK"}},
                },
                "region": {"type": "object", "properties": {"startLine": {"type": "integer", "minimum": 1}}, "additionalProperties": False},
            },
        },
        "logicalLocations": {"type": "array", "uniqueItems": True, "items": {
            "type": "object", "additionalProperties": False,
            "properties": {name: {"type": "string"} for name in ("fullyQualifiedName", "name", "kind")},
        }},
    },
}
#: What we use of the standard, written from its prose (OASIS SARIF 2.1.0, sections 3.13 to 3.58): nothing else may appear.
SARIF: dict[str, Any] = {
    "type": "object", "required": ["version", "runs", "$schema"], "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string"}, "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["tool", "results"], "additionalProperties": False,
            "properties": {
                "tool": {"type": "object", "required": ["driver"], "additionalProperties": False, "properties": {"driver": {
                    "type": "object", "required": ["name"], "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"}, "semanticVersion": {"type": "string"},
                        "rules": {"type": "array", "uniqueItems": True, "items": {
                            "type": "object", "required": ["id"], "additionalProperties": False,
                            "properties": {
                                "id": {"type": "string"}, "name": {"type": "string"}, "shortDescription": TEXT, "help": TEXT,
                                "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}, "additionalProperties": False},
                            },
                        }},
                    },
                }}},
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "originalUriBaseIds": {"type": "object", "additionalProperties": {
                    "type": "object", "properties": {"description": TEXT}, "additionalProperties": False}},
                "invocations": {"type": "array", "items": {
                    "type": "object", "required": ["executionSuccessful"], "additionalProperties": False,
                    "properties": {"executionSuccessful": {"type": "boolean"}, "toolExecutionNotifications": {"type": "array", "items": {
                        "type": "object", "required": ["message"], "additionalProperties": False,
                        "properties": {"level": LEVEL, "message": TEXT, "associatedRule": {
                            "type": "object", "properties": {"id": {"type": "string"}, "index": {"type": "integer", "minimum": 0}},
                            "additionalProperties": False}},
                    }}},
                }},
                "results": {"type": "array", "items": {
                    "type": "object", "required": ["message", "ruleId"], "additionalProperties": False,
                    "properties": {
                        "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0}, "level": LEVEL, "message": TEXT,
                        "locations": {"type": "array", "items": LOCATION}, "relatedLocations": {"type": "array", "items": LOCATION},
                        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                        "suppressions": {"type": "array", "items": {
                            "type": "object", "required": ["kind"], "additionalProperties": False,
                            "properties": {"kind": {"enum": ["inSource", "external"]}, "justification": {"type": "string"}}}},
                    },
                }},
            },
        }},
    },
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book with a claim that lacks a beat, one allowed finding and a file that cannot be read."""
    (tmp_path / "muster.toml").write_text('[owner]\nname = "Ann"\nemails = ["ann@example.org"]\n')
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims/one lock.md").write_text("# One lock a team\n\n## Problem\n\nThree teams waited.\n")
    (tmp_path / "claims/two.md").write_text(
        "# Two\n\n<!-- muster: allow A401 because it is under way -->\n\n## Problem\n\nThree teams waited.\n"
    )
    (tmp_path / "claims/bad.md").write_bytes(b"# \xff\xfe\n")
    return tmp_path


def sarif_of(book: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["check", "--book", str(book), "--format", "sarif", "--today", "2026-07-01"]) == 1
    made: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(made, SARIF)
    return made


def test_sarif_has_a_result_for_each_finding_with_its_place(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = sarif_of(book, capsys)["runs"]
    listed = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    broken = [one for one in run["results"] if one["ruleId"] == "A401" and "suppressions" not in one]
    assert broken
    assert all(listed[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    places = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in broken}
    assert places == {"claims/one%20lock.md"}


def test_sarif_keeps_what_was_allowed_with_its_reason(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = sarif_of(book, capsys)["runs"]
    allowed = [one for one in run["results"] if "suppressions" in one]
    assert {one["suppressions"][0]["justification"] for one in allowed} == {"it is under way"}
    assert {one["ruleId"] for one in allowed} == {"A401"}


def test_sarif_says_what_cannot_be_told_and_what_was_not_taken(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = sarif_of(book, capsys)["runs"]
    said = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert any("cannot tell" in one and one.startswith("C201") for one in said)
    assert any("claims/bad.md" in one for one in said)


def test_a_fingerprint_stays_when_the_line_moves() -> None:
    first = Finding("A401", "broken-thread", Severity.ERROR, Where("claims/a.md", 3), "it is missing", "write it")
    later = Finding("A401", "broken-thread", Severity.ERROR, Where("claims/a.md", 9), "it is missing", "write it")
    other = Finding("A401", "broken-thread", Severity.ERROR, Where("claims/b.md", 3), "it is missing", "write it")
    assert annotated.fingerprint(first) == annotated.fingerprint(later) != annotated.fingerprint(other)


def test_github_annotates_the_line_below_the_folder_it_runs_in(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(book.parent)
    assert main(["check", "--book", str(book), "--format", "github", "--today", "2026-07-01"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"::error file={book.name}/claims/one lock.md,line=") for line in out)
    assert out[-1].endswith("findings")


def test_nothing_in_a_finding_begins_another_command() -> None:
    sly = Finding("A401", "broken-thread", Severity.NOTE, Where("claims/a,b.md", 1), "x\n::set-output name=a::b", "100 %")
    first, _ = annotated.github([Checked("A401", "broken-thread", State.FOUND, (sly,))]).splitlines()
    assert first == "::notice file=claims/a%2Cb.md,line=1,title=A401 broken-thread::X%0A::set-output name=a::b. 100 %25"
