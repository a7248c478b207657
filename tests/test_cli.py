"""The command line as a person meets it: what it prints, its exit codes, and what it says when something is off."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from muster.book import Answers
from muster.cli import ask, main
from muster.terminal import forgiving, table_text
from tests.build import BOB, CYD, Repo

CODEOWNERS = "/lock/ @ann\n/pay/ @bob\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Three people, two owned areas, one proposal, a revert and a later commit that cites."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Repo(tmp_path / "ledger")
    made.commit("Begin", {"CODEOWNERS": CODEOWNERS, "lock/a.py": "a = 1\n"}, date="2025-09-01T10:00:00+00:00")
    made.commit("Begin payments", {"pay/p.py": "p = 1\n"}, author=BOB, date="2025-09-02T10:00:00+00:00")
    made.commit(
        "Propose one lock a team\n\nDeploys of three teams wait behind one lock, and nobody owns the wait.",
        {"docs/proposals/0007-lock.md": "# One lock a team\n\n## Alternatives\n"},
        date="2026-02-02T10:00:00+00:00",
    )
    first = made.commit(
        "lock: one lock a team\n\nImplements docs/proposals/0007-lock.md, so that a slow team holds up only itself.",
        {"lock/a.py": "a = 2\n", "lock/team.py": "t = 1\n"},
        date="2026-03-02T10:00:00+00:00",
    )
    made.commit(
        f"pay: move onto the team lock\n\nBuilds on {first}.",
        {"pay/p.py": "p = 2\n", "lock/team.py": "t = 2\n"},
        author=BOB,
        date="2026-04-02T10:00:00+00:00",
    )
    made.commit("docs: say how", {"docs/how.md": "how\n"}, author=CYD, date="2026-04-03T10:00:00+00:00")
    return made


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_review_writes_a_page_that_needs_nothing_else(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "year.html"
    code, out, err = run(
        capsys, "review", str(repo.path), "--me", "ann@example.org", "--today", "2026-06-30", "-o", str(page)
    )
    assert code == 0, err
    html = page.read_text()
    assert "Ann Arbor" in html and "Bob Brink" in html
    assert 'src="http' not in html and "<link" not in html.lower().split("<body")[0].replace('rel="icon"', "")
    # A command is left whole, so that it can be copied; a path is as long as it is.
    wide = [line for line in out.splitlines() if len(line) > 80 and not line.startswith(("    muster ", "The page: "))]
    assert not wide


def test_review_twice_gives_the_same_bytes(repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages = []
    for name in ("one.html", "two.html"):
        page = tmp_path / name
        assert run(
            capsys, "review", str(repo.path), "--me", "ann@example.org", "--today", "2026-06-30", "-o", str(page)
        )[0] == 0
        pages.append(page.read_bytes())
    assert pages[0] == pages[1]


def test_review_says_json(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "review", str(repo.path), "--me", "ann@example.org", "--today", "2026-06-30", "--format", "json"
    )
    assert code == 0
    assert json.loads(out)["schema"].startswith("muster.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["review", "{repo}", "--me", "anne@example.org"], ["anne@example.org", "ann@example.org"]),
        (["review", "{tmp}/nowhere", "--me", "ann@example.org"], ["nowhere"]),
        (["review", "{tmp}", "--me", "ann@example.org"], ["git"]),
        (["review", "{repo}", "--me", "ann@example.org", "--since", "2026-13-01"], ["2026-13-01", "2026-06-30"]),
        (["review", "{repo}", "--me", "ann@example.org", "--since", "2026-06-01", "--until", "2026-01-01"], ["before"]),
        (["review", "{repo}", "--me", "ann@example.org", "-o", "{tmp}/x.exe"], [".html"]),
        (["review", "{repo}", "--me", "ann@example.org", "--org", "{tmp}/no-org"], ["no-org"]),
        (["review", "{repo}", "--me", "ann@example.org", "--ref", "no-such-branch"], ["no-such-branch"]),
        (["explain", "C2O1"], ["C201"]),
        (["check", "--book", "{tmp}/no-book"], ["muster init"]),
        (["frobnicate"], ["frobnicate"]),
    ],
)
def test_what_is_wrong_is_said_with_what_to_type_next(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: list[str]
) -> None:
    code, _, err = run(capsys, *(a.format(repo=repo.path, tmp=tmp_path) for a in arguments))
    assert code == 2
    for word in said:
        assert word in err
    assert "Traceback" not in err


def test_a_period_without_records_says_where_they_are(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "review", str(repo.path), "--me", "ann@example.org", "--until", "2020-12-31")
    assert code == 0
    assert "from 2025-09-01 to 2026-03-02" in " ".join(out.split())
    code, out, _ = run(capsys, "review", str(repo.path), "--me", "ann@example.org", "--today", "2026-06-30")
    assert "records here are from" not in out


def test_check_as_json_lists_all_that_was_not_taken(repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo.commit("An odd date", {"odd.py": "1"}, date="@0 +0000", committed="2026-04-05T10:00:00+00:00")
    book = tmp_path / "book"
    (book / "org").mkdir(parents=True)
    (book / "muster.toml").write_text(f'repositories = ["{repo.path}"]\n[owner]\nemails = ["ann@example.org"]\n')
    (book / "org/teams.csv").write_text("person,team,since,until\nann@example.org,lock,soon,\n")
    (book / "junk.md").write_bytes(b"\xff\x00" * 9)
    _, out, _ = run(capsys, "check", "--book", str(book), "--format", "json", "--today", "2026-07-01")
    listed = [skip["where"] for skip in json.loads(out)["skipped"]]
    for place in ("ledger: dates", "teams.csv", "junk.md"):
        assert sum(place in where for where in listed) == 1, (place, listed)


def test_an_empty_repository_is_said_to_be_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Repo(tmp_path / "empty")
    code, _, err = run(capsys, "review", str(tmp_path / "empty"), "--me", "ann@example.org")
    assert code == 2
    assert "no commit" in err or "empty" in err


def test_the_book_from_init_to_packet(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "book"
    assert run(capsys, "init", str(book), "--yes")[0] == 0
    settings = book / "muster.toml"
    assert settings.exists()
    assert run(capsys, "init", str(book), "--yes")[0] == 2, "a book is never written over"
    settings.write_text(
        '[owner]\nname = "Ann Arbor"\nemails = ["ann@example.org"]\n\n'
        '[period]\nsince = 2026-01-01\nuntil = 2026-06-30\n\nrepositories = []\n'.replace("\nrepositories = []\n", "")
    )
    text = settings.read_text()
    settings.write_text(f'repositories = ["{repo.path}"]\n' + text)
    assert run(capsys, "log", "--book", str(book), "--at", "2026-04-02", "Payments moved onto the lock")[0] == 0
    code, out, err = run(capsys, "new", "claim", "One lock a team", "--book", str(book), "--today", "2026-06-01")
    assert code == 0, err
    for command in (["threads"], ["signals"], ["room"], ["packet"]):
        code, out, err = run(capsys, *command, "--book", str(book), "--today", "2026-07-01")
        assert code == 0, (command, err)
        assert out.strip()
    code, out, err = run(capsys, "check", "--book", str(book), "--today", "2026-07-01")
    assert code == 1, err
    assert "A401" in out
    code, out, err = run(
        capsys, "query", "SELECT count(*) AS n FROM evidence", "--book", str(book), "--today", "2026-07-01"
    )
    assert code == 0, err
    assert int(out.splitlines()[-1]) > 3
    for refused in ("COPY evidence TO '/tmp/x.csv'", "SELECT * FROM read_text('/etc/passwd')", "DROP TABLE evidence"):
        code, _, err = run(capsys, "query", refused, "--book", str(book), "--today", "2026-07-01")
        assert code == 2, refused


def test_every_command_shows_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for command in (
        "demo", "review", "init", "log", "new", "check", "explain", "threads", "signals", "room", "packet", "query",
    ):
        assert command in out
        code, text, _ = run(capsys, command, "--help")
        assert code == 0
        assert "Example" in text, command


def test_the_period_is_the_year_up_to_today() -> None:
    from muster.project import period_of

    assert period_of(None, None, date(2026, 6, 30)).since == date(2025, 7, 1)
    assert period_of(None, date(2024, 2, 29), date(2026, 6, 30)).since == date(2023, 3, 1)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--version")
    assert code == 0 and out.startswith("muster ")


def test_help_keeps_examples_line_by_line_and_within_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run(capsys)
    assert code == 0 and "\n  muster demo\n" in out, "muster alone shows what there is"
    assert "..." not in out, "no sentence is cut off"
    for command in ("review", "log", "new", "threads", "query"):
        _, text, _ = run(capsys, command, "--help")
        assert f"Usage: muster {command} [OPTIONS]" in text and "\nExamples:\n  " in text
        assert max(map(len, text.splitlines())) <= 80
        assert "<str>" not in text and "{" not in text


def test_ctrl_c_is_one_line_and_130(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("muster.project.harvest", stop)
    code, _, err = run(capsys, "review", str(repo.path), "--me", "ann@example.org")
    assert code == 130
    assert err.strip() == "muster: stopped; what was finished before is kept."


def test_a_terminal_without_unicode_gets_plain_letters() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    forgiving(stream)
    stream.write("“a” – ■ holds → é…")
    stream.flush()
    assert stream.buffer.getvalue() == b'"a" - # holds -> \\u00e9...'


def test_what_an_error_quotes_cannot_drive_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "review", f"{tmp_path}/\x1b[2J\u202enowhere", "--me", "ann@example.org")
    assert code == 2 and "nowhere" in err
    assert "\x1b" not in err and "\u202e" not in err


def test_rows_that_do_not_fit_beside_each_other_stand_below() -> None:
    text = table_text([f"column{i}" for i in range(12)], [tuple(range(12)), (None, *range(11))])
    assert "column11  11" in text and max(map(len, text.splitlines())) <= 80
    assert table_text(["n"], []) == "no rows"
    assert len(table_text(["n"], [("x" * 10_000_000,)])) < 400


@pytest.mark.parametrize(
    ("target", "said"), [("gone", "not on this machine"), ("plain", "not a git repository"), ("empty", "no commits yet")]
)
def test_a_book_opens_beside_a_repository_that_cannot_be_read(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str, said: str
) -> None:
    (tmp_path / "plain").mkdir()
    Repo(tmp_path / "empty")
    book = tmp_path / "book"
    book.mkdir()
    (book / "muster.toml").write_text(
        f'repositories = ["../{target}", "../{repo.path.name}"]\n[owner]\nemails = ["ann@example.org"]\n'
    )
    code, out, err = run(capsys, "check", "--book", str(book), "--today", "2026-07-01")
    assert code in (0, 1), err
    assert said in " ".join(out.split()) and "Their" not in out


def test_an_owner_whom_no_repository_knows_is_said(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book"
    book.mkdir()
    (book / "muster.toml").write_text(
        f'repositories = ["../{repo.path.name}"]\n[owner]\nemails = ["anne@example.org"]\n'
    )
    code, out, err = run(capsys, "check", "--book", str(book), "--today", "2026-07-01")
    assert code in (0, 1), err
    assert "ann@example.org" in out and "owner.emails" in out


def test_questions_are_asked_again_and_take_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter(["", "nonsense", "ann@example.org, a@example.com", "", "Principal"])
    monkeypatch.setattr("builtins.input", lambda _: next(given))
    found = ask(Answers(name="Ann Arbor", emails=("old@example.org",)))
    assert found.name == "Ann Arbor" and found.emails == ("ann@example.org", "a@example.com")
    assert found.team == "" and found.level_to == "Principal"


@pytest.mark.parametrize("words", [["explain", "C201"], ["explain", "reach"], ["new", "note", "x"], ["init", "new"], ["--help"]])
def test_what_needs_no_engine_loads_none(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "muster.toml").touch()
    code = (
        "import sys; from muster.cli import main; main(sys.argv[1:]);"
        "print(*sorted({'duckdb', 'pyarrow', 'numpy', 'networkx', 'jinja2'} & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "", done.stderr


def test_a_reader_that_leaves_early_is_no_error(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "muster.toml").write_text(f'repositories = ["{repo.path.name}"]\n')
    sql = "SELECT repeat('x', 100) FROM range(5000)"
    command = f"{sys.executable} -m muster query --format json \"{sql}\" | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["{", "0"] and not done.stderr
