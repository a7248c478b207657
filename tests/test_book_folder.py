"""A book's folder: what is read, what is skipped, and when it was recorded."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.book import Book, log, parse_settings, read, repository_paths, seal
from muster.book.history import history
from muster.model import Grade, MusterError, Skipped
from tests.build import Repo

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def book(root: Path, **files: str | bytes) -> Path:
    """A folder with these files; `__` in a name stands for `/`."""
    root.mkdir(exist_ok=True)
    (root / "muster.toml").touch()
    for name, content in files.items():
        path = root / (name.replace("__", "/") + ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def paths(found: Book) -> list[str]:
    return [entry.path for entry in found.entries]


def test_entries_come_in_path_order_without_what_is_none(tmp_path: Path) -> None:
    root = book(
        tmp_path, README="x", claims__a="# A", entries__b="x", entries__a="x", log__README="x", deep__er__still="x", org__teams="x",
        data__x="x", keep__x="x", **{".muster__x": "x", ".git__x": "x", ".hidden": "x"},
    )  # fmt: skip
    (root / "entries/c.txt").write_text("x")
    (root / "entries/d.markdown").write_text("x")
    found = read(root)
    assert paths(found) == ["claims/a.md", "deep/er/still.md", "entries/a.md", "entries/b.md", "entries/d.markdown"]
    assert [claim.title for claim in found.claims] == ["A"]
    assert (found.skipped, found.root) == ((), root)


def test_every_broken_file_is_named_with_its_place_and_stops_no_other(tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("secret")
    root = book(
        tmp_path / "book", good="x", utf8=b"a\nb\n\xff\n", nul=b"a\n\x00", utf16="x".encode("utf-16"), front="---\na: 1\na: 2\n---\n",
        huge=b"x" * (1024 * 1024 + 1), key="---\ntyp: note\n---\n",
    )  # fmt: skip
    (root / "leaves.md").symlink_to(outside)
    (root / "stays.md").symlink_to("good.md")
    (root / "gone.md").symlink_to("nothing.md")
    (root / "linked").symlink_to(tmp_path, target_is_directory=True)
    (root / "folder.md").mkdir()
    (root / "line\nbreak.md").write_text("x")
    os.mkfifo(root / "pipe.md")
    found = read(root)
    assert paths(found) == ["good.md", "key.md", "stays.md"]
    assert {one.where: one.reason for one in found.skipped} == {
        "front.md:3": "the key `a` is there twice (first in line 2)",
        "gone.md": "cannot be read: No such file or directory",
        "huge.md": "more than 1 MiB: not an entry that a person wrote",
        "leaves.md": "a symbolic link that leaves the book",
        "line\\nbreak.md": "a file name with characters that cannot be shown",
        "linked/": "a folder that is a link, too deep, or cannot be opened: not entered",
        "nul.md:2": "it holds NUL bytes: not a text file",
        "pipe.md": "not a regular file",
        "utf16.md:1": "UTF-16 text; save it as UTF-8",
        "utf8.md:3": "not UTF-8 text; save it as UTF-8",
    }
    assert [one.where for one in found.problems] == ["key.md:2"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda content: b"---\n" + content + b"\n---\n" + content)))
def test_reading_any_bytes_never_raises(tmp_path: Path, content: bytes) -> None:
    root = book(tmp_path, claims__x=content)
    found = read(root)
    assert len(found.entries) + len(found.skipped) == 1


def test_a_folder_without_settings_is_no_book(tmp_path: Path) -> None:
    with pytest.raises(MusterError) as error:
        read(tmp_path)
    assert (error.value.seen, error.value.next) == ("no book here", "Make one: muster init")


def test_an_organisation_folder_of_another_name_is_no_entry(tmp_path: Path) -> None:
    root = book(tmp_path, who__owns="x", entries__a="x")
    (root / "muster.toml").write_text('organisation = "who"\n')
    assert paths(read(root)) == ["entries/a.md"]


# --------------------------------------------------------------------------------------------------------------
# Recorded when


def recorded(root: Path) -> dict[str, tuple[Grade, str | None]]:
    return {
        entry.path: (entry.grade, entry.recorded_at.isoformat()[:16] if entry.recorded_at else None) for entry in read(root).entries
    }


def test_what_was_never_recorded_is_only_said(tmp_path: Path) -> None:
    assert recorded(book(tmp_path, a="x")) == {"a.md": (Grade.SAID, None)}


def test_git_dates_a_file_by_the_commit_that_first_added_it(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    text = "\n".join(f"line {number}" for number in range(20))
    toml: dict[str, str | bytes | None] = {"muster.toml": ""}
    repo.commit("one", {**toml, "entries/a.md": text}, date="2026-01-02T10:00:00+00:00", committed="2026-01-05T10:00:00+00:00")
    repo.move("entries/a.md", "claims/ä b.md")
    repo.commit("moved and edited", {"claims/ä b.md": text + "\nmore"}, date="2026-02-01T10:00:00+00:00")
    repo.commit("edit", {"claims/ä b.md": text + "\nmore\nand more", "entries/new.md": "n"}, date="2026-03-01T10:00:00+00:00")
    (repo.path / "entries" / "draft.md").write_text("not committed")
    assert recorded(repo.path) == {
        "claims/ä b.md": (Grade.KEPT, "2026-01-05T10:00"),
        "entries/draft.md": (Grade.SAID, None),
        "entries/new.md": (Grade.KEPT, "2026-03-01T10:00"),
    }


def test_a_file_made_anew_counts_from_then_and_merges_count_once(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("one", {"muster.toml": "", "a.md": "first text"}, date="2026-01-01T00:00:00+00:00")
    repo.commit("gone", {"a.md": None}, date="2026-01-02T00:00:00+00:00")
    repo.commit("anew", {"a.md": "another text"}, date="2026-01-03T00:00:00+00:00")
    repo.branch("side")
    repo.commit("side", {"b.md": "side"}, date="2026-01-04T00:00:00+00:00")
    repo.checkout("main")
    repo.commit("main", {"c.md": "main"}, date="2026-01-05T00:00:00+00:00")
    repo.merge("side", "merge", date="2026-01-06T00:00:00+00:00")
    assert {path: when for path, (_, when) in recorded(repo.path).items()} == {
        "a.md": "2026-01-03T00:00", "b.md": "2026-01-04T00:00", "c.md": "2026-01-05T00:00",
    }  # fmt: skip


def test_a_book_within_a_larger_repository(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("one", {"src/x.md": "no", "my/book/muster.toml": "", "my/book/a.md": "x"}, date="2026-01-01T00:00:00+00:00")
    assert recorded(repo.path / "my" / "book") == {"a.md": (Grade.KEPT, "2026-01-01T00:00")}


def test_a_repository_without_commits_and_one_that_is_broken(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    book(repo.path, a="x")
    found = read(repo.path)
    assert (found.problems, found.entries[0].grade) == ((), Grade.SAID)
    shutil.rmtree(repo.path / ".git" / "objects")
    (repo.path / ".git" / "HEAD").write_text("rubbish\n")
    found = read(repo.path)
    assert [one.where for one in found.problems] == [".git"] and len(found.entries) == 1


def test_commits_with_dates_that_nobody_can_mean(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("old", {"muster.toml": "", "a.md": "x"}, date="@1 +0000")
    assert recorded(repo.path) == {"a.md": (Grade.KEPT, None)}


def test_a_hostile_repository_runs_nothing(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("one", {"muster.toml": "", "a.md": "x\n", ".gitattributes": "*.md diff=evil filter=evil\n"})
    repo.commit("two", {"a.md": None, "b.md": "x\ny\n"})
    trace = tmp_path / "ran"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {trace}\ncat\n")
    evil.chmod(0o755)
    for key in (
        "core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean",
        "filter.evil.smudge", "gpg.program", "core.editor", "core.alternateRefsCommand", "core.askPass",
    ):  # fmt: skip
        repo.git("config", key, str(evil))
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "core.hooksPath", str(tmp_path))
    assert sorted(history(repo.path).first) == [".gitattributes", "b.md", "muster.toml"]
    assert not trace.exists()


def test_the_journal_dates_what_git_does_not_know_and_the_earlier_one_counts(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    root = book(repo.path, entries__a="a", entries__b="b")
    assert seal(root, NOW) == 2
    assert seal(root, NOW) == 0
    log(root, "line", now=NOW)
    repo.commit("all", {"entries/c.md": "c"}, date="2026-06-01T00:00:00+00:00")
    (root / "entries/b.md").rename(root / "entries/moved.md")
    assert recorded(root) == {
        "entries/a.md": (Grade.KEPT, "2026-05-01T12:00"),
        "entries/c.md": (Grade.KEPT, "2026-06-01T00:00"),
        "entries/moved.md": (Grade.KEPT, "2026-05-01T12:00"),
        "log/2026-W18.md": (Grade.KEPT, "2026-05-01T12:00"),
    }


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("one", {"muster.toml": "", "claims/a.md": "# A\n## Problem\nx #1\n", "b.md": "---\ntyp: x\n---\n"})
    assert read(repo.path) == read(repo.path)


def test_repositories_are_seen_from_the_book(tmp_path: Path) -> None:
    assert repository_paths(tmp_path / "book", ["../api", "/srv/x"]) == ((tmp_path / "api").resolve(), Path("/srv/x").resolve())


# --------------------------------------------------------------------------------------------------------------
# Settings


def test_settings_say_what_they_take(tmp_path: Path) -> None:
    found = parse_settings(
        'sentence = "Made  deploys\\nindependent"\nteam = "release"\nrepositories = ["../api", "../api"]\n[owner]\nname = "Noor"\n'
        'emails = ["Noor@Example.org"]\nhandles = ["@noor"]\n[period]\nsince = 2026-01-01\nuntil = "2026-06"\n[level]\nto = "Principal"\n'
        "[thresholds]\nlog-gap-weeks = 6\n"
    )
    assert (found.sentence, found.team, found.repositories) == ("Made deploys independent", "release", ("../api",))
    assert (found.name, found.emails, found.handles) == ("Noor", ("noor@example.org",), ("noor",))
    assert (str(found.since), str(found.until)) == ("2026-01-01", "2026-06-30")
    assert (found.level_from, found.level_to, found.organisation) == ("Senior", "Principal", "org")
    assert dict(found.thresholds) == {"log-gap-weeks": 6.0}


@pytest.mark.parametrize(
    ("text", "where", "seen", "next_"),
    [
        ('emials = ["a@b"]', ":1", "unknown key `emials`", "Did you mean `owner.emails`? Allowed at the top: team,"),
        ('[owner]\nemials = ["a@b"]', ":2", "unknown key `owner.emials`", "Did you mean `owner.emails`? Allowed in [owner]: name, emails, handles."),
        ('name = "Noor"', ":1", "unknown key `name`", "Did you mean `owner.name`?"),
        ('x = 1\n[a]\nname = "Noor"', ":1", "unknown key `x`", "Allowed at the top"),
        ('[owner]\n\nname = 3', ":3", "`owner.name` is 3; it takes a text", 'Write for example: name = "…"'),
        ('[owner]\nemails = "a@b"', ":2", '`owner.emails` is "a@b"; it takes a list of e-mail addresses', 'emails = ["you@example.org"]'),
        ('[owner]\nemails = ["noor"]', ":2", '"noor", which has no @ in it', 'emails = ["you@example.org"]'),
        ('period.since = "spring"', ":1", '`period.since` is "spring"; it takes a date', "since = 2026-01-01"),
        ("[period]\nsince = 2026-02-01\nuntil = 2026-01-01", ":3", "ends (2026-01-01) before it begins", "Swap"),
        ("owner = true", ":1", "`owner` is true; it takes a table", "Write [owner]"),
        ('[thresholds]\ngap = "x"', ":1", "it takes a table of numbers", "log-gap-weeks = 6"),
        ('organisation = ""', ":1", "an empty text", 'organisation = "org"'),
        ("a = 1\nb =", ":2", "not TOML", "Mend that line"),
        ("team = 1 = 2", ":1", "not TOML", "Mend that line"),
    ],
)
def test_a_setting_that_cannot_be_taken_says_where_and_what_to_type(text: str, where: str, seen: str, next_: str) -> None:
    with pytest.raises(MusterError) as error:
        parse_settings(text)
    if not text.endswith("="):  # the parser names the end of the file, not a line
        assert error.value.where == f"muster.toml{where}"
    assert seen in error.value.seen and next_ in error.value.next


def test_settings_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "muster.toml").write_bytes(b"# x\nteam = '\xff'\n")
    with pytest.raises(MusterError) as error:
        read(tmp_path)
    assert error.value.where.endswith("muster.toml:2")
    assert Skipped("x", "y").count == 1


@given(st.text(alphabet='abc=[]"\n.,0123456789-#{}', max_size=80))
def test_any_settings_give_settings_or_a_kind_error(text: str) -> None:
    try:
        parse_settings(text)
    except MusterError as error:
        assert error.next
