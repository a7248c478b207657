"""The sample: its repository is the same everywhere, its book cites what is there, and its planted mistakes are found."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from muster.demo import load_maker

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "examples" / "sample-book"
TODAY = date(2026, 7, 3)
#: The one reference that leads nowhere on purpose (A410).
DEAD = "7be13f0a92"

maker = load_maker()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the repository `shop` and the book `book`."""
    folder = tmp_path_factory.mktemp("sample")
    maker.make_book(folder)
    return folder


def log(repository: Path, form: str) -> list[str]:
    done = subprocess.run(["git", "log", f"--format={form}"], cwd=repository, capture_output=True, check=True)
    return done.stdout.decode().splitlines()


def landed(subjects: list[str]) -> set[str]:
    """Numbers of what landed, squashed or merged."""
    return {number for line in subjects for number in re.findall(r"(?:\(|^Merge pull request )#(\d+)(?:\)$| )", line)}


def test_the_repository_is_the_same_everywhere(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert log(made / "shop", "%H")[0] == maker.HEAD, "the history changed: pin HEAD anew in make_repository.py"
    config = tmp_path / "gitconfig"
    config.write_text(
        "[core]\n autocrlf = true\n[commit]\n gpgsign = true\n[user]\n name = Somebody\n[init]\n"
        f" defaultBranch = trunk\n templateDir = {tmp_path}\n[i18n]\n commitEncoding = ISO-8859-1\n"
    )
    for name, value in {
        "GIT_CONFIG_GLOBAL": str(config), "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z", "GIT_DIR": "/nowhere",
        "GIT_COMMITTER_NAME": "Somebody", "GIT_DEFAULT_HASH": "sha256", "TZ": "Asia/Kathmandu", "LC_ALL": "C",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert maker.make(tmp_path / "again") == maker.HEAD


def test_a_full_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        maker.make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_repository_has_what_real_ones_have(made: Path) -> None:
    rows = log(made / "shop", "%an|%aI|%P|%cn")
    assert 120 <= len(rows) <= 180
    authors = {row.split("|")[0] for row in rows}
    assert "larkspur-bot[bot]" in authors
    assert len(authors) >= 11
    assert any(row.split("|")[1].startswith("1970") for row in rows), "an odd date"
    assert any(len(row.split("|")[2].split()) == 2 for row in rows), "a merge"
    assert any(row.split("|")[0] == "Wen Adeyemi" and row.split("|")[3] == "Noor Halabi" for row in rows)
    subprocess.run(["git", "fsck", "--strict"], cwd=made / "shop", check=True, capture_output=True)


def test_every_commit_and_number_that_the_book_cites_exists(made: Path) -> None:
    numbers = landed(log(made / "shop", "%s"))
    hashes = log(made / "shop", "%H")
    for path in sorted(SAMPLE.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        for number in re.findall(r"larkspur/shop#(\d+)", text):
            assert number in numbers, f"{path.name} cites #{number}"
        for typed in re.findall(r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}\b", text):
            assert typed == DEAD or any(full.startswith(typed) for full in hashes), f"{path.name} cites {typed}"


def test_every_message_refers_to_what_is_there(made: Path) -> None:
    text = "\n".join(log(made / "shop", "%s%n%b"))
    assert set(re.findall(r"#(\d+)", text)) <= landed(log(made / "shop", "%s"))
    files = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=made / "shop", capture_output=True, check=True
    ).stdout.decode().split()
    assert set(re.findall(r"docs/\S+?\.md", text)) <= set(files)


def test_the_data_is_what_the_script_makes(tmp_path: Path) -> None:
    script = ROOT / "examples" / "make_deploy_times.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    for path in sorted((SAMPLE / "data").glob("*.csv")):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_everything_says_that_it_is_fiction() -> None:
    for path in sorted(SAMPLE.rglob("*")):
        if path.suffix in (".md", ".toml", ".eml") or path.name == "CODEOWNERS":
            assert "fiction" in path.read_text(encoding="utf-8").lower(), path.name
    for path in sorted((ROOT / "examples" / "larkspur").glob("*.history")):
        assert path.read_text(encoding="utf-8").startswith("Fiction."), path.name


def test_addresses_are_nobodys() -> None:
    for path in sorted((ROOT / "examples").rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            for host in re.findall(r"[\w.+-]+@([\w.-]+\w)", path.read_text(encoding="utf-8")):
                assert host.endswith("example.org"), f"{path.name}: {host}"


def planted() -> set[tuple[str, str]]:
    """(code, place) of each row of the table in examples/README.md; the place of the whole case is "case"."""
    rows = re.findall(r"^\| ([A-Z]\d{3}) \| `?([^|`]+?)`? \|", (ROOT / "examples/README.md").read_text(), re.MULTILINE)
    return set(rows)


@cache
def found(book: Path) -> frozenset[tuple[str, str]]:
    """(code, place) of each finding in the sample book: its file, else the title of its thread, else "case"."""
    from muster import book as books
    from muster import project

    work = project.open_book(books.read(book), today=TODAY)
    threads = {thread.id: thread.title for thread in work.case.threads}
    assert not work.case.skipped
    return frozenset(
        (
            finding.code,
            finding.where.path or threads.get(finding.where.thread or "") or finding.where.evidence or "case",
        )
        for one in work.checked
        for finding in one.findings
    )


def test_the_planted_mistakes_are_found_and_nothing_else(made: Path) -> None:
    seen = found(made / "book")
    assert planted() - seen == set(), "planted, not found"
    assert seen - planted() == set(), "found, not planted"


def test_the_book_reads_clean(made: Path) -> None:
    from muster import book as books

    book = books.read(made / "book")
    assert not book.skipped
    assert not book.problems, book.problems
    assert len(book.claims) == 4
    assert all(entry.recorded_at for entry in book.entries)
