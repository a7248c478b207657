"""What `--format json` prints follows the schema that is published for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from muster import printed
from muster.cli import main

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book with a claim that lacks a beat, and nothing else connected."""
    (tmp_path / "muster.toml").write_text('[owner]\nname = "Ann"\nemails = ["ann@example.org"]\n')
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims/lock.md").write_text("# One lock a team\n\n## Problem\n\nThree teams waited.\n")
    return tmp_path


def handed(book: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Two cases that two people handed in from books like this one."""
    for name in ("ann", "bo"):
        settings = (book / "muster.toml").read_text()
        (book / "muster.toml").write_text(settings.replace("ann@", f"{name}@"))
        assert main(["packet", "--book", str(book), "--submit", "-o", str(book / f"{name}.json"), "--today", "2026-07-01"]) == 0
    capsys.readouterr()
    return [str(book / "ann.json"), str(book / "bo.json")]


@pytest.mark.parametrize("name", sorted(printed.DOCUMENTS))
def test_printed_json_follows_its_schema(name: str, book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extra = ["SELECT id, kind, happened_at FROM evidence ORDER BY id"] if name == "query" else []
    dated = [] if name in ("people", "sync") else ["--today", "2026-07-01"]
    given = ["room", "--against", *handed(book, capsys)] if name == "against" else [name, *extra, "--book", str(book)]
    code = main([*given, "--format", "json", *dated])
    made = json.loads(capsys.readouterr().out)
    assert code == (1 if name == "check" else 0)
    assert made["schema"] == f"muster.{name}/1"
    published: dict[str, Any] = json.loads((ROOT / f"docs/schema/{name}.json").read_text())
    jsonschema.validate(made, published)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": made["schema"]}, published)
