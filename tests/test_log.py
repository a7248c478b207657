"""`muster log`: fast, exact, and safe against other writers and being killed."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster import fastlog
from muster.book import head, lines, log, read, read_entry, record, records, verify
from muster.model import Grade, MusterError

NOW = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    book = tmp_path / "book"
    book.mkdir()
    (book / "muster.toml").touch()
    return book


def command(root: Path, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "muster", "log", *arguments], cwd=root, text=True, capture_output=True, input=stdin, check=False
    )


def logged(root: Path) -> list[tuple[date | None, str]]:
    book = read(root)
    assert book.skipped == ()
    return [(line.day, line.text) for entry in book.entries for line in lines(entry)]


def test_a_line_goes_under_its_day_in_its_week(root: Path) -> None:
    assert log(root, "Agreed the rollout with Payments", now=NOW) == "log/2026-W46.md: written under 2026-11-10"
    log(root, "Said no to a second queue", now=NOW)
    assert (root / "log/2026-W46.md").read_text() == (
        "---\ntype: log\n---\n# Week 46 of 2026\n\n## 2026-11-10\n\n"
        "- Agreed the rollout with Payments\n- Said no to a second queue\n"
    )
    (entry,) = read(root).entries
    assert (entry.type, entry.happened_at, entry.grade, entry.recorded_at) == ("log", date(2026, 11, 9), Grade.KEPT, NOW)


def test_a_day_that_is_past_is_put_in_order_and_the_journal_shows_the_lag(root: Path) -> None:
    for day in (10, 12, 9, 11, 10):
        log(root, f"happened on {day}", at=date(2026, 11, day), now=datetime(2026, 11, 20, 8, tzinfo=UTC))
    days = [(day.day if day else 0, text) for day, text in logged(root)]
    assert days == [(9, "happened on 9"), (10, "happened on 10"), (10, "happened on 10"), (11, "happened on 11"), (12, "happened on 12")]
    assert {one.at.day for one in records(root)[0]} == {20}
    text = (root / "log/2026-W46.md").read_text()
    assert text.count("\n\n\n") == 0 and text.endswith("- happened on 12\n")


def test_what_the_owner_wrote_in_the_file_stays(root: Path) -> None:
    week = root / "log/2026-W46.md"
    week.parent.mkdir()
    week.write_bytes(b"---\r\ntype: log\r\n---\r\n# My week\r\n\r\nSome prose.\r\n\r\n## 2026-11-10\r\n- one\r\n\r\n## Plans\r\n- later")
    log(root, "two", at=date(2026, 11, 10), now=NOW)
    text = week.read_bytes()
    assert text.count(b"Some prose.\r\n") == 1 and text.endswith(b"## Plans\r\n- later")
    assert text.index(b"- one") < text.index(b"- two") < text.index(b"## Plans")
    log(root, "three", at=date(2026, 11, 12), now=datetime(2026, 11, 20, tzinfo=UTC))
    assert week.read_bytes().endswith(b"- later\n\n## 2026-11-12\n\n- three\n")


def test_the_modes_and_the_name_of_a_rewritten_file_stay(root: Path) -> None:
    log(root, "a", at=date(2026, 11, 10), now=NOW)
    week = root / "log/2026-W46.md"
    week.chmod(0o600)
    log(root, "b", at=date(2026, 11, 9), now=NOW)
    assert week.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in week.parent.iterdir()] == ["2026-W46.md"]


TEXTS = st.one_of(
    st.text(min_size=1, max_size=120),
    st.builds(
        lambda start, rest: start + rest,
        st.sampled_from([
            "# ", "> ", "- ", "+ ", "* ", "*", "**", "1. ", "12) ", "1\\. ", "\\", "\\\\", "```", "~~~", "    ", "<!-- ", "<div>", "---",
            "===", "___", "|", "[a]: ", "[x](y.md)", "`", "\ufeff", "\x1b[31m", "\u202e", "\r\n## 2026-11-01\n- ", "\x00", "\ud800", "\udcff",
        ]),
        st.text(max_size=20),
    ),
)  # fmt: skip


def folded(text: str) -> str:
    """What the log promises to keep: every character but white space, which is folded, and what UTF-8 or text cannot hold."""
    try:
        readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        readable = text.encode("utf-8", "replace").decode()
    return " ".join(readable.replace("\x00", "\ufffd").split())


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_any_text_is_found_again_as_it_was_given(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    root = tmp_path_factory.mktemp("book")
    (root / "muster.toml").touch()
    wanted = []
    for text in texts:
        if folded(text):
            log(root, text, now=NOW)
            wanted.append((date(2026, 11, 10), folded(text)))
        else:
            with pytest.raises(MusterError):
                log(root, text, now=NOW)
    assert logged(root) == wanted
    assert verify(root) == ()
    shutil.rmtree(root)


@given(TEXTS)
def test_markdown_reads_a_line_as_a_list_item_and_nothing_else(text: str) -> None:
    line = fastlog.fold(text)
    if line:
        entry = read_entry("log/2026-W46.md", f"# Week\n\n- {line}\n- after\n")
        assert entry.sections == ()
        assert [one.text for one in lines(entry)] == [folded(text), "after"]


def test_the_command_says_what_it_wrote_where(root: Path) -> None:
    done = command(root, "Three words only")
    today = time.strftime("%Y-%m-%d")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"log/{time.strftime('%G-W%V')}.md: written under {today}\n"
    assert command(root, "words", "without", "quotes").returncode == 0
    assert command(root, "-", stdin="from\nstandard input\n").returncode == 0
    assert command(root, "--", "--text that looks like an option").returncode == 0
    assert command(root.parent, "--book", str(root), "from elsewhere").returncode == 0
    assert command(root.parent, f"--book={root}", "--at=2026-03-02", "long ago").returncode == 0
    assert [text for _, text in logged(root)] == [
        "long ago", "Three words only", "words without quotes", "from standard input", "--text that looks like an option", "from elsewhere",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([""], "muster log: nothing to log: the text is empty\n  Say what happened: "),
        ([], "muster log: nothing to log"),
        ([" \n\t"], "nothing to log"),
        (["x" * 4001], "a text of 4,001 characters"),
        (["--at", "yesterday", "x"], "--at: 'yesterday' is no day\n  Write it as 2026-03-02."),
        (["--at", "20260302", "x"], "is no day"),
        (["--at", "2999-01-01", "x"], "2999-01-01 has not happened yet"),
        (["--book", "/nonexistent", "x"], "no book here or above\n  Make one: muster init"),
    ],
)
def test_mistakes_say_what_to_type_next_and_write_nothing(root: Path, arguments: list[str], said: str) -> None:
    done = command(root, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert [path.name for path in root.iterdir()] == ["muster.toml"]


def test_unusual_arguments_are_left_to_the_whole_command_line(root: Path) -> None:
    for arguments in (["--help"], ["--format", "json", "x"], ["-v", "x"], ["x", "--book"]):
        assert fastlog.run(arguments) is None
    assert [path.name for path in root.iterdir()] == ["muster.toml"]


def test_bytes_that_are_no_text_are_kept_readable(root: Path) -> None:
    done = subprocess.run([sys.executable.encode(), b"-m", b"muster", b"log", b"caf\xe9 closed"], cwd=root, check=True, capture_output=True)
    assert done.returncode == 0
    assert [text for _, text in logged(root)] == ["caf\ufffd closed"]


def test_a_reader_that_went_away_does_not_undo_the_line(root: Path) -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    fastlog.say(Gone(), "text")
    log(root, "x", now=NOW)
    assert len(logged(root)) == 1


def test_a_log_that_is_a_link_out_of_the_book_is_refused(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.md"
    elsewhere.write_text("mine\n")
    (root / "log").mkdir()
    (root / "log/2026-W46.md").symlink_to(elsewhere)
    with pytest.raises(MusterError, match="cannot be written"):
        log(root, "x", now=NOW)
    assert elsewhere.read_text() == "mine\n"


def test_a_book_that_cannot_be_written_says_so(root: Path) -> None:
    (root / "log").write_text("a file where a folder belongs")
    done = command(root, "x")
    assert done.returncode == 2 and "muster log: Not a directory" in done.stderr


def test_an_editor_that_saves_meanwhile_does_not_lose_the_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log(root, "one", now=NOW)
    week = root / "log/2026-W46.md"
    saved: list[Path] = []

    def slow(file: int) -> None:
        if not saved:  # as editors do: a new file takes the place of the old one
            beside = week.with_suffix(".swp")
            beside.write_text(week.read_text().replace("- two\n", "").replace("one", "one, edited"))
            saved.append(beside.replace(week))
        os.fsync(file)

    monkeypatch.setattr(fastlog, "_sync", slow)
    log(root, "two", now=NOW)
    assert [text for _, text in logged(root)] == ["one, edited", "two"]


def test_a_full_disk_loses_nothing_and_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log(root, "kept", now=NOW)
    before = (root / "log/2026-W46.md").read_bytes()

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fastlog, "_sync", full)
    with pytest.raises(MusterError, match="No space left"):
        log(root, "lost", now=NOW)
    assert (root / "log/2026-W46.md").read_bytes() == before
    monkeypatch.undo()
    assert verify(root) == ()


def test_eight_writers_at_once_lose_no_line(root: Path) -> None:
    writer = (
        "import sys\nfrom pathlib import Path\nfrom muster.book import log\nfrom datetime import date\n"
        "for i in range(20):\n    log(Path(sys.argv[1]), f'{sys.argv[2]}.{i}', at=date(2026, 3, 2 + i % 3))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", writer, str(root), str(one)]) for one in range(8)]
    assert [one.wait(120) for one in running] == [0] * 8
    assert sorted(text for _, text in logged(root)) == sorted(f"{one}.{i}" for one in range(8) for i in range(20))
    assert verify(root) == ()
    assert head(root)[0] == 160


def test_killed_at_any_moment_every_line_that_was_there_stays(root: Path) -> None:
    writer = (
        "import os, sys\nfrom muster import fastlog\n"
        "i = 0\nwhile True:\n"
        "    fastlog.write(sys.argv[1], f'line {i} ' + 'x' * (i % 700), '2026-03-0%d' % (2 + i % 3), '2026-W10')\n"
        "    os.write(1, b'%d\\n' % i)\n    i += 1\n"
    )
    for round_ in range(6):
        process = subprocess.Popen([sys.executable, "-c", writer, str(root)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.03 + 0.017 * round_)
        process.send_signal(signal.SIGKILL)
        said = [b"0", *process.stdout.read().split()]
        process.wait()
        process.stdout.close()
        texts = [text.split(" x")[0] for _, text in logged(root)]
        numbers = [int(found[1]) for text in texts if (found := re.fullmatch(r"line (\d+)", text))]
        assert len(numbers) == len(texts), "no line is torn"
        assert set(range(int(said[-1]) + 1)) <= set(numbers), "every line that was reported is there"
        assert all("torn" in one.reason for one in verify(root))
        log(root, f"after {round_}", at=date(2026, 3, 3))
        assert f"after {round_}" in [text for _, text in logged(root)]
        (root / "log/2026-W10.md").unlink()


# --------------------------------------------------------------------------------------------------------------
# The journal


def test_the_chain_shows_what_was_changed(root: Path) -> None:
    for one in range(4):
        log(root, f"line {one}", now=NOW)
    journal = root / "journal.jsonl"
    whole = journal.read_text().splitlines(keepends=True)
    assert verify(root) == () and len(records(root)[0]) == 4

    journal.write_text("".join([whole[0], whole[1].replace("2026-11-10", "2026-01-10"), *whole[2:]]))
    assert [(one.where, one.reason.split(":")[0]) for one in verify(root)] == [
        ("journal.jsonl:2", "no record, or one that was changed"), ("journal.jsonl:3", "does not follow line 1"),
    ]  # fmt: skip
    journal.write_text("".join([whole[0], *whole[2:]]))
    assert [one.where for one in verify(root)] == ["journal.jsonl:2"]
    journal.write_text("".join(whole[1:]))
    assert "does not follow an empty journal" in verify(root)[0].reason
    journal.write_text("".join([whole[0], whole[2], whole[1], whole[3]]))
    assert len(verify(root)) >= 2
    journal.write_text("".join(whole[:3]))
    assert verify(root) == (), "what is cut off at the end only shows to somebody who holds a later hash"


@pytest.mark.parametrize("end", ['{"at":"2026', "\x00\x00\x00", "garbage\n", '{"n":1}\n', "{}"])
def test_a_torn_end_is_reported_and_the_chain_goes_on(root: Path, end: str) -> None:
    log(root, "one", now=NOW)
    with (root / "journal.jsonl").open("a") as journal:
        journal.write(end)
    log(root, "two", now=NOW)
    assert [one.n for one in records(root)[0]] == [1, 2]
    assert [one.where for one in verify(root)] == ["journal.jsonl:2"]
    assert [one.where for one in read(root).problems] == ["journal.jsonl:2"]


def test_a_sound_record_without_its_line_end_still_counts(root: Path) -> None:
    log(root, "one", now=NOW)
    journal = root / "journal.jsonl"
    journal.write_text(journal.read_text().rstrip("\n"))
    log(root, "two", now=NOW)
    assert verify(root) == () and head(root)[0] == 2


def test_only_what_changed_is_recorded(root: Path) -> None:
    (root / "a.md").write_text("a")
    (root / "b \"ü\\.md").write_text("b")
    paths = ["a.md", "b \"ü\\.md", "gone.md", "a.md"]
    assert record(root, paths, NOW) == 2
    assert record(root, paths, NOW) == 0
    (root / "a.md").write_text("A")
    assert record(root, paths, NOW) == 1
    assert [one.path for one in records(root)[0]] == ["a.md", "b \"ü\\.md", "a.md"]
    assert verify(root) == ()


def test_a_clock_set_back_is_said(root: Path) -> None:
    log(root, "one", now=NOW)
    log(root, "two", now=datetime(2026, 11, 1, tzinfo=UTC))
    assert "a clock was set back" in verify(root)[0].reason


@given(st.binary(max_size=300))
def test_reading_any_journal_never_raises(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    root = tmp_path_factory.getbasetemp() / "any"
    root.mkdir(exist_ok=True)
    (root / "journal.jsonl").write_bytes(content)
    (root / "x.md").write_text("x")
    verify(root)
    record(root, ["x.md"], NOW)
    assert records(root)[0][-1].path == "x.md"


def test_the_fast_path_loads_next_to_nothing(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "from muster.__main__ import main; main()", "log", "x"],
        cwd=root, text=True, capture_output=True, check=True,
    )  # fmt: skip
    loaded = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    after = loaded[loaded.index("muster") :]
    assert set(after) <= {"muster", "muster.__main__", "muster.fastlog", "fcntl", "_sha256", "_sha2", "_hashlib", "hashlib"}, after
