"""A repository and a book that somebody made to break what reads them: no crash, no long wait, nothing runs, all counted."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from muster.cli import main
from muster.links._mentions import mentions
from tests.build import Repo

SCRIPT = "<script>document.title='x'</script><img src=x onerror=alert(1)>"
STEER = "\x1b[2J\x1b]0;owned\x07\u202egnp.exe\u2066"


def stream(commits: list[tuple[bytes, bytes, bytes, list[bytes]]]) -> bytes:
    """Input for `git fast-import`: (person, date, message, paths) each."""
    out = bytearray()
    for at, (who, date, message, paths) in enumerate(commits, 1):
        out += b"commit refs/heads/main\nmark :%d\nauthor %s %s\ncommitter %s %s\n" % (at, who, date, who, date)
        out += b"data %d\n%s\n" % (len(message), message) + (b"from :%d\n" % (at - 1) if at > 1 else b"")
        for path in paths:
            quoted = b"".join(b"\\%03o" % byte for byte in path)
            out += b'M 100644 inline "%s"\ndata 2\n%d\n\n' % (quoted, at % 10)
    return bytes(out)


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Escapes, scripts, huge messages, odd paths, dates and people."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ann, day = b"Ann Arbor <ann@example.org>", b"1770000000 +0000"
    commits = [
        (ann, day, b"Begin", [b"lock/a.py", b"pay/p.py"]),
        (ann, day, f"{STEER} {SCRIPT}\n\n[x](javascript:alert(1)) {SCRIPT}".encode(), [b"lock/b.py", b"docs/rfcs/0001-x.md"]),
        (ann, day, b"huge " + b"A" * 3_000_000, [b"lock/c.py"]),
        (ann, day, b"names\n\n" + b" ".join(b"#%d" % i for i in range(60_000)), [b"lock/c.py"]),
        (ann, day, b"helpers\n\n" + b"".join(b"Co-authored-by: P%d <p%d@x.org>\n" % (i, i) for i in range(3_000)), [b"lock/d.py"]),
        (ann, day, b'Revert "' * 20_000, [b"lock/e.py"]),
        (ann, day, b"bytes \xff\xfe", [b"lock/bad\xff.py", b"lock/new\nline.py", b'lock/quo"te.py', b"lock/\x1b[31m.py"]),
        *((ann, date, b"odd date", [b"lock/o%d.py" % at]) for at, date in enumerate(
            (b"-2208988800 +0000", b"7258118400 +0000", b"0 +0000", b"1770000000 +2400")
        )),
        (b" <>", day, b"nobody", [b"pay/n.py"]),
        (b"Ann Arbor <>", day, b"no address", [b"pay/n.py"]),
        (b" <bob@example.org>", b"1771000000 +0000", b"no name", [b"lock/a.py"]),
        (b'(script) \x1b[31m <"onload=alert(1)@example.org>', b"1772000000 +0000",
         f"evil\n\nReviewed-by: {SCRIPT} <ann@example.org>".encode(), [b"lock/b.py"]),
    ]  # fmt: skip
    folder = tmp_path / "r"
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    subprocess.run(
        ["git", "-C", str(folder), "fast-import", "--quiet", "--date-format=raw-permissive"], input=stream(commits), check=True
    )
    return folder


def test_a_hostile_repository_is_read_in_seconds_and_runs_nothing(
    hostile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    began = time.process_time()
    code = main(["review", str(hostile), "--me", "ann@example.org", "--today", "2026-06-30", "-o", str(page)])
    out, err = capsys.readouterr()
    assert code == 0, err
    assert time.process_time() - began < 20
    html = page.read_text()
    for text in (out, html):
        assert "\x1b" not in text and "\u202e" not in text and "\x07" not in text
        assert "read in part" in " ".join(text.split()) and "dates that cannot be read" in " ".join(text.split())
    bare = re.sub(r'"[^"]*"', '""', html)
    assert "<img" not in bare and "<script>document" not in html and "javascript:" not in re.sub(r">[^<]*<", "><", html)
    assert not re.search(r"<[^>]*\son\w+\s*=", bare)


def test_a_sentence_of_sixty_thousand_names_takes_no_hour() -> None:
    began = time.process_time()
    found = mentions("Long", "Fixes " + ", ".join(f"#{i}" for i in range(1, 20_001)))
    assert len(found) == 20_000
    assert time.process_time() - began < 15


def test_a_hostile_book_opens_and_says_what_it_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Repo(tmp_path / "unused")
    book = tmp_path / "book"
    for name in ("entries", "org/a"):
        (book / name).mkdir(parents=True)
    (book / "muster.toml").write_text('[owner]\nemails = ["ann@example.org"]\n')
    (book / "entries" / "loop").symlink_to("loop")
    (book / "entries" / "loop.md").symlink_to("loop.md")
    (book / "entries" / "self").symlink_to("../entries")
    (book / "org" / "a" / "up").symlink_to("..")
    (book / "entries" / "junk.md").write_bytes(bytes(range(256)) * 20)
    (book / "entries" / "big.md").write_bytes(b"# t\n" + b"[a](b) **x** " * 200_000)
    (book / "entries" / "front.md").write_text("---\ntype: [\n---\n# x\n")
    os.mkfifo(book / "entries" / "pipe.md")
    code = main(["check", "--book", str(book), "--today", "2026-07-01"])
    out, err = capsys.readouterr()
    assert code in (0, 1), err
    for name in ("junk.md", "big.md", "front.md", "pipe.md", "self"):
        assert f"entries/{name}" in out
