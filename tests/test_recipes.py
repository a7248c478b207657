"""The recipes of CONTRIBUTING.md work as they stand: each file is dropped into a copy of the package and takes part."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import muster
from tests.build import ANN, BOB, Repo

ROOT = Path(__file__).resolve().parents[1]
RECIPE = re.compile(r"^(`{3,})(\w+) (src/muster/\S+)\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)


def recipes() -> dict[str, str]:
    """File → its whole text, for each recipe."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return {found[3]: found[4] + "\n" for found in RECIPE.finditer(text)}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH with a copy of the package and every recipe's file in it."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(Path(muster.__file__).parent, folder / "muster", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in recipes().items():
        path = folder / name.removeprefix("src/")
        assert not path.exists(), f"{name} is there already"
        path.write_text(text, encoding="utf-8")
    return folder


def run(copy: Path, *words: str, code: str = "") -> str:
    """What the copy's Python printed; fails when it fails."""
    done = subprocess.run(
        [sys.executable, *(["-c", code] if code else ["-m", "muster"]), *words],
        env={**os.environ, "PYTHONPATH": str(copy), "XDG_CACHE_HOME": str(copy / "cache"), "COLUMNS": "100"},
        cwd=copy, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits of one ticket, by two people."""
    path = tmp_path_factory.mktemp("recipes") / "shop"
    repo = Repo(path)
    repo.commit("Hold the lock\n\nIt was never held.\n\nTicket: LARK-7", {"lock.py": "1\n"}, author=ANN, date="2026-02-02T09:00:00+00:00")
    repo.commit("Log it", {"log.py": "1\n"}, author=ANN, date="2026-02-03T09:00:00+00:00")
    repo.commit("Wait for it\n\nTicket: LARK-7", {"wait.py": "1\n"}, author=BOB, date="2026-02-09T09:00:00+00:00")
    return path


OPEN = """
import sys
from datetime import date
from pathlib import Path
from muster import project
work = project.review([Path(sys.argv[1])], ["ann@example.org"], today=date(2026, 7, 1))
"""


def test_there_is_a_recipe_for_each_kind() -> None:
    folders = {Path(name).parent.name for name in recipes()}
    assert folders == {"rules", "links", "signals", "room", "packet", "sources"}


def test_a_rule(copy: Path) -> None:
    assert "exclamation mark" in run(copy, "explain", "A498")
    assert "shouted-title" in run(copy, "explain")
    code = """
from datetime import date
from muster import rules
from muster.book import claim_of, read_entry
from muster.model import Case, Period, Person
for title in ("Three teams deploy without us!", "Three teams deploy without us"):
    entry = read_entry("claims/deploys.md", "# " + title + "\\n")
    case = Case(Person("ann@example.org", "Ann"), Period(date(2026, 1, 1), date(2026, 6, 30)), date(2026, 7, 1),
                claims=(claim_of(entry),), entries=(entry,))
    found = next(one for one in rules.check(case) if one.code == "A498")
    print(found.state, [str(finding.where) for finding in found.findings])
"""
    assert run(copy, code=code).splitlines() == ["found ['claims/deploys.md:1']", "clear []"]


def test_a_link(copy: Path, repository: Path) -> None:
    printed = run(copy, str(repository), code=OPEN + "print([(l.kind.value, l.reason) for l in work.case.links])")
    assert "('cites', 'Ticket: LARK-7')" in printed


def test_a_signal(copy: Path, repository: Path) -> None:
    assert "Do the changes say why?" in run(copy, "explain", "explained")
    printed = run(
        copy, str(repository),
        code=OPEN + "s = work.case.measure('explained', 'explained'); print(s.value, s.unit, len(s.evidence))",
    )  # fmt: skip
    assert printed.split() == ["1.0", "changes", "1"]


def test_a_seat(copy: Path, repository: Path) -> None:
    assert "Do customers ask less because of it?" in run(copy, "explain", "support")
    printed = run(copy, str(repository), code=OPEN + "print([a.verdict.value for a in work.rehearsal.answers if a.seat == 'support'])")
    assert printed.strip() == "['open']"


def test_a_renderer(copy: Path, repository: Path) -> None:
    page = copy / "review.txt"
    run(copy, "review", str(repository), "--me", "ann@example.org", "--today", "2026-07-01", "-o", str(page))
    assert page.read_text().startswith("Ann Arbor: Senior to Staff\n")


def test_a_source(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "dead-lock.md").write_text("# A dead lock\n\nAuthor: ann@example.org\nDate: 2026-02-17\n\nIt was held.\n")
    (tmp_path / "nobody.md").write_text("# No author\n")
    book = tmp_path / "book"
    book.mkdir()
    (book / "muster.toml").write_text(
        '[owner]\nemails = ["ann@example.org"]\n\n[sources.postmortems]\nfolder = ".."\n'
    )
    asked = "SELECT id, kind, title, CAST(happened_at AS DATE) AS day, actor FROM evidence WHERE source = 'postmortems'"
    printed = run(copy, "query", asked, "--book", str(book), "--format", "json", "--today", "2026-07-01")
    assert json.loads(printed)["rows"] == [
        ["postmortems:dead-lock.md", "incident", "A dead lock", "2026-02-17", "ann@example.org"]
    ]
    printed = run(copy, "room", "--book", str(book), "--format", "json", "--today", "2026-07-01")
    skipped = [skip for state in json.loads(printed)["connected"] for skip in state["skipped"]]
    assert [skip["reason"] for skip in skipped] == ["no title, author or date"]
