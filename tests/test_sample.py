"""The sample: its repository is the same everywhere, its book cites what is there, and its planted mistakes are found."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from muster import room
from muster.demo import load_maker
from muster.model import Answer, Verdict
from muster.packet.text import room_text
from muster.project import Work, open_book, review
from muster.sources import gather

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "examples" / "sample-book"
TODAY = date(2026, 7, 3)
#: The one reference that leads nowhere on purpose (A410).
DEAD = "7be13f0a92"

maker = load_maker()
github = maker.load("make_github")


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
    items = github.read(made / "shop")
    pulls, issues = ({str(item.number) for item in items.values() if item.pull is pull} for pull in (True, False))
    assert landed(log(made / "shop", "%s")) <= pulls
    hashes = log(made / "shop", "%H")
    for path in sorted(path for path in SAMPLE.rglob("*") if path.suffix in (".md", ".eml", ".json", ".ics")):
        text = path.read_text(encoding="utf-8")
        for number in re.findall(r"larkspur/shop#(\d+)", text):
            assert number in pulls | issues, f"{path.name} cites #{number}"
        for sort, number in re.findall(r"larkspur/shop/(pull|issues)/(\d+)", text):
            assert number in (pulls if sort == "pull" else issues), f"{path.name} cites {sort} {number}"
        if path.suffix != ".md":
            continue
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
        if path.suffix in (".md", ".toml", ".eml", ".ics", ".json") or path.name == "CODEOWNERS":
            assert "fiction" in path.read_text(encoding="utf-8").lower(), path.name
    for path in sorted(path for path in (ROOT / "examples" / "larkspur").iterdir() if path.suffix in (".history", ".tracker")):
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
def opened(book: Path) -> Work:
    """The case that a copy of the sample book makes."""
    from muster import book as books

    return open_book(books.read(book), today=TODAY)


def found(book: Path) -> frozenset[tuple[str, str]]:
    """(code, place) of each finding in the sample book: its file, else the title of its thread, else "case"."""
    work = opened(book)
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


# What the other sources have


def test_what_landed_is_a_pull_request(made: Path) -> None:
    items = github.read(made / "shop")
    rows = [row.split("\t") for row in log(made / "shop", "%H%x09%ae%x09%ct%x09%s")]
    for commit, author, at, subject in rows:
        squashed = re.search(r"^(.*) \(#(\d+)\)$", subject)
        if squashed:
            item = items[int(squashed[2])]
            assert (item.title, item.who, item.commit) == (squashed[1], github.login(author), commit)
            assert item.closed is not None and item.closed.timestamp() == int(at) and item.opened < item.closed
    assert items[147].commit and items[147].who == "noor" and items[147].closer == "ivo", "merged by somebody else"
    opened_at = [item.opened for _, item in sorted(items.items())]
    assert opened_at == sorted(opened_at), "a number is given when something is opened"


def test_the_tracker_tells_what_it_is_there_to_tell(made: Path) -> None:
    items = github.read(made / "shop")
    counts = github.counts(items)
    assert counts["closed"] >= 20 and counts["assigned"] >= 0.25 * counts["closed"], "a project that assigns as a habit"
    fixed = [item for item in items.values() if item.fixed and items[item.fixed].who == "noor"]
    assert any(item.who == "noor" and (items[item.fixed].opened - item.opened).days >= 1 for item in fixed)
    assert any(event.verb == "assigns" and event.who != "noor" and "noor" in event.words for item in fixed for event in item.events)
    refused = [item for item in items.values() if item.closer == "noor" and not item.commit and item.who != "noor" and not item.fixed]
    assert {item.pull for item in refused} == {True, False} and all(any(e.text for e in item.events if e.who == "noor") for item in refused)


def test_githubs_records_are_whole_and_the_same_each_time(made: Path, tmp_path: Path) -> None:
    settings = opened(made / "book").book
    assert settings is not None
    table = settings.settings.sources["github"]
    gathered = gather("github", table, made / "book")
    assert not gathered.skipped and not gathered.notes and gathered.synced == github.SYNCED
    kinds = Counter(piece.kind for piece in gathered.evidence)
    assert {"issue", "pull-request", "comment", "review", "event"} == set(kinds)
    github.keep(tmp_path, made / "shop")
    assert gather("github", table, tmp_path) == gathered


@pytest.mark.parametrize(("name", "least"), [("mail", 7), ("calendar", 60), ("slack", 6), ("incidents", 2)])
def test_the_other_sources_are_read_whole(made: Path, name: str, least: int) -> None:
    book = opened(made / "book").book
    assert book is not None
    gathered = gather(name, book.settings.sources[name], made / "book")
    assert len(gathered.evidence) >= least and not gathered.skipped


def test_a_review_of_hers_changed_lines(made: Path) -> None:
    case = opened(made / "book").case
    changed = [link for link in case.links if link.kind == "changes-after-review"]
    both = {case.mine(case.evidence[link.dst]) for link in changed}
    assert len(changed) >= 6 and both == {True, False}, "hers on others' work, and others' on hers"


def test_the_issue_that_foresaw_the_incident_is_confirmed(made: Path) -> None:
    work = opened(made / "book")
    flag = next(one for one in work.case.flagged if one.incident.startswith("incidents:"))
    assert flag.risk.endswith("larkspur/shop#135") and flag.days == 11 and flag.edited is None
    assert any(link.dst == flag.risk and link.src.startswith("book:entries/2026-02-06") for link in work.case.links)


def git_alone(made: Path, folder: Path) -> Path:
    """The sample book with git as its only source, and an organisation that says no more than who is in which team."""
    book = folder / "book"
    shutil.copytree(made / "book", book, ignore=shutil.ignore_patterns(".muster"))
    (folder / "shop").symlink_to(made / "shop")
    settings = book / "muster.toml"
    settings.write_text(settings.read_text().split("\n# GitHub's records")[0] + "\n")
    with (book / "org/teams.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (book / "org/teams.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["person", "team", "since", "until"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return book


def held(answers: tuple[Answer, ...]) -> int:
    """How many of the room's questions hold."""
    return sum(answer.verdict is Verdict.HOLDS for answer in answers)


def test_everything_connected_answers_twice_what_git_alone_does(made: Path, tmp_path: Path) -> None:
    whole, git = opened(made / "book"), opened(git_alone(made, tmp_path))
    alone = review([made / "shop"], ["noor.halabi@example.org"], today=TODAY, since=date(2026, 1, 1), until=date(2026, 6, 30), cache=tmp_path / "cache")
    assert held(whole.rehearsal.answers) >= 2 * held(git.rehearsal.answers) > 0
    # The planted mistakes weigh on most questions. By evidence alone, before what the rules found is put to it:
    by_evidence = [held(room.rehearse(work.case, ()).answers) for work in (alone, git, whole)]
    assert by_evidence[2] >= 2 * by_evidence[0] and by_evidence[2] > by_evidence[1]


def test_every_answer_says_which_sources_it_is_from(made: Path) -> None:
    work = opened(made / "book")
    known = {state.name for state in work.case.connected}
    for answer in work.rehearsal.answers:
        pieces = [work.case.evidence[id_] for line in answer.says for id_ in line.evidence]
        assert set(answer.sources) == {piece.source for piece in pieces}
        assert answer.sources or answer.verdict is not Verdict.HOLDS, answer.question
    named = {source for answer in work.rehearsal.answers if answer.verdict is Verdict.HOLDS for source in answer.sources}
    assert {"git", "github", "mail", "slack", "incidents", "book"} <= named <= known | {"book"}
    assert re.search(r"^Answered from \w+ \(\d+\)", room_text(work.rehearsal, 80), re.MULTILINE)
