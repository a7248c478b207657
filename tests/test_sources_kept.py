"""What is kept of remote sources: versions, one transaction for items and cursor, and a sync that is killed at any moment."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.model import MusterError, Skipped
from muster.sources import _kept
from muster.sources._kept import Kept, Raw, path_of

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def raw(key: str, body: bytes = b"{}", kind: str = "issue", seen: datetime = NOON) -> Raw:
    return Raw(key, kind, body, seen)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return path_of(tmp_path, "github")


def test_what_was_put_is_there(path: Path) -> None:
    with Kept(path, clock=lambda: NOON) as kept:
        assert kept.cursor("since") is None and kept.synced is None and kept.count() == 0 and not list(kept.items())
        assert kept.put([raw("b/2", b"two"), raw("a/1", b"one")], {"since": "2026"}) == 2
        assert kept.put([raw("b/2", b"two", seen=NOON + timedelta(days=1))]) == 0
        assert kept.put([raw("b/2", b"two, changed")], {"since": "2027"}) == 1
        assert kept.put([raw("b/2", b"two")]) == 1
        assert kept.put([raw("b/2", b"two", kind="pull")]) == 1
        assert kept.changed == 5
        kept.ended([Skipped("octo/gone", "answers 404"), Skipped("octo/gone", "answers 404", 3)])
    with Kept(path, reading=True) as kept:
        assert [(one.key, one.kind, one.body, one.seen) for one in kept.items()] == [("a/1", "issue", b"one", NOON), ("b/2", "pull", b"two", NOON)]
        assert [one.body for one in kept.versions("b/2")] == [b"two", b"two, changed", b"two", b"two"]
        assert [one.key for one in kept.items("b/")] == ["b/2"] and not list(kept.items("c")) and not list(kept.items("b/22"))
        assert kept.get("a/1") == raw("a/1", b"one") and kept.get("z") is None and kept.versions("z") == ()
        assert kept.cursor("since") == "2027" and kept.synced == NOON and kept.count() == 2
        assert kept.missed == (Skipped("octo/gone", "answers 404"), Skipped("octo/gone", "answers 404", 3))
        with pytest.raises(ValueError, match="reading"):
            kept.put([raw("c")])
    with Kept(path) as kept:
        kept.forget()
        kept.ended()
        assert kept.cursor("since") is None and kept.count() == 2 and kept.missed == ()


def test_nothing_there(path: Path) -> None:
    with Kept(path, reading=True) as kept:
        assert kept.count() == 0 and not list(kept.items()) and kept.get("a") is None and kept.versions("a") == () and kept.synced is None
        assert kept.cursor("x") is None and kept.missed == ()
    assert not path.parent.exists()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    with Kept(path, reading=True) as kept:
        assert kept.count() == 0


def test_all_or_nothing(path: Path) -> None:
    """An item that cannot be taken, or a source that fails midway, leaves neither items nor cursor of that step."""
    with Kept(path) as kept:
        kept.put([raw("a")], {"page": "1"})

        def half() -> object:
            yield raw("b")
            raise MusterError("here", "broke", "mend it")

        with pytest.raises(MusterError):
            kept.put(half(), {"page": "2"})  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="more than"):
            kept.put([raw("b"), raw("c", b"x" * (_kept.LARGEST + 1))], {"page": "2"})
        assert [one.key for one in kept.items()] == ["a"] and kept.cursor("page") == "1"
        assert kept.put([raw("b")], {"page": "2"}) == 1


def test_items_are_read_while_more_are_put(path: Path) -> None:
    with Kept(path) as kept:
        kept.put(raw(f"{number:03}") for number in range(100))
        for number, one in enumerate(kept.items()):
            kept.put([raw(f"{one.key}/more"), raw(one.key, b"changed")], {"at": str(number)})
        assert kept.count() == 200 and kept.cursor("at") == "99"


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(steps=st.lists(st.lists(st.tuples(st.text(max_size=4), st.binary(max_size=8)), max_size=6), max_size=6))
def test_it_is_a_dictionary_with_history(steps: list[list[tuple[str, bytes]]], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("kept") / "x.sqlite"
    wanted: dict[str, list[bytes]] = {}
    with Kept(path) as kept:
        for step in steps:
            changed = 0
            for key, body in step:
                versions = wanted.setdefault(key, [])
                if versions[-1:] != [body]:
                    versions.append(body)
                    changed += 1
            assert kept.put(raw(key, body) for key, body in step) == changed
        assert [(one.key, one.body) for one in kept.items()] == [(key, wanted[key][-1]) for key in sorted(wanted, key=lambda key: key.encode())]
        for key, bodies in wanted.items():
            assert [one.body for one in kept.versions(key)] == bodies


def test_keys_that_no_text_can_hold(path: Path) -> None:
    with Kept(path) as kept:
        kept.put([raw("\ud800/1"), raw("a\x00b"), raw("x'; DROP TABLE item; --"), raw("%_*")])
        assert kept.get("\ud800/1") is not None and kept.get("a\x00b") is not None and kept.count() == 4
        assert [one.key for one in kept.items("%_")] == ["%_*"]


def test_only_the_owner_may_read_it(path: Path) -> None:
    with Kept(path) as kept:
        kept.put([raw("a")])
        for file in path.parent.iterdir():
            if file.name != ".gitignore":
                assert file.stat().st_mode & 0o077 == 0, file.name
    assert path.parent.stat().st_mode & 0o077 == 0
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_one_sync_at_a_time(path: Path) -> None:
    with Kept(path) as kept:
        kept.put([raw("a")])
        with pytest.raises(MusterError, match="another sync"):
            Kept(path)
        with Kept(path, reading=True) as reader:
            assert reader.count() == 1
            kept.put([raw("b")])
            assert reader.count() == 2
    Kept(path).close()


@pytest.mark.parametrize("how", ["noise", "cut", "half", "other", "format", "body", "folder", "bomb"])
def test_a_damaged_file_is_said(path: Path, how: str) -> None:
    with Kept(path) as kept:
        kept.put([raw(f"k{number}", os.urandom(500)) for number in range(200)], {"page": "1"})
    for log in path.parent.glob("*-*"):
        log.unlink()
    content = path.read_bytes()
    if how == "noise":
        path.write_bytes(b"no database at all" * 500)
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "half":
        path.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))
    elif how == "folder":
        path.unlink()
        path.mkdir()
    else:
        with sqlite3.connect(path) as db:
            db.execute({"other": "DROP TABLE newest", "format": "PRAGMA user_version=99", "body": "UPDATE item SET body = x'00'", "bomb": "SELECT 1"}[how])
            if how == "bomb":
                db.execute("UPDATE item SET body = ?", (zlib.compress(b"\x00" * (_kept.LARGEST + 10)),))
        db.close()
    for reading in (True, False):
        with pytest.raises(MusterError) as caught, Kept(path, reading=reading) as kept:
            assert list(kept.items())
        assert str(path) in caught.value.where and caught.value.next


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / ".muster").write_text("a file")
    with pytest.raises(MusterError, match=r"\.muster"):
        Kept(path_of(tmp_path, "github"))


CHILD = textwrap.dedent("""
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from muster.sources._kept import Kept, Raw

    pages = int(sys.argv[2])
    with Kept(Path(sys.argv[1]), clock=lambda: datetime(2026, 6, 30, tzinfo=UTC)) as kept:
        page = int(kept.cursor("page") or 0)
        print("ready", page, flush=True)
        while page < pages:
            # An overlap of one page, as sources have: what is there already is not written again.
            items = [Raw(f"p{max(0, page - 1 + i // 10):03}/{i % 10}", "issue", f"{page + i // 10}:{i}".encode() * 50, kept.clock()) for i in range(10, 20)]
            items += [Raw("meta", "list", b"pages up to %d" % page, kept.clock())]
            page += 1
            kept.put(items, {"page": str(page)})
        kept.ended()
""")


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Killed a dozen times on its way, it ends with the same items, versions and cursor as one that was left alone."""
    pages = 300

    def start(path: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", CHILD, str(path), str(pages)], stdout=subprocess.PIPE)

    alone, killed = path_of(tmp_path / "alone", "x"), path_of(tmp_path / "killed", "x")
    began = time.monotonic()
    with start(alone) as child:
        assert child.wait(60) == 0
    took = time.monotonic() - began
    kills, reached = 0, []
    for turn in range(40):
        with start(killed) as child:
            assert child.stdout is not None
            # From before the file is there to the middle of a transaction.
            if turn % 4:
                reached.append(int(child.stdout.readline().split()[1]))
                time.sleep(0.001 + took * 0.01 * (turn % 7))
            else:
                time.sleep(took * 0.1 * (turn % 5) / 4)
            child.send_signal(signal.SIGKILL)
            kills += child.wait() == -signal.SIGKILL
        if killed.exists():
            with Kept(killed, reading=True) as kept:
                page, count = int(kept.cursor("page") or 0), kept.count()
                assert count == (page * 10 + 1 if page else 0), "items and cursor are of different steps"
                if page == pages:
                    break
    with start(killed) as child:
        assert child.wait(60) == 0
    assert kills >= 5 and len(set(reached)) >= 3, (kills, reached)
    with Kept(alone, reading=True) as one, Kept(killed, reading=True) as two:
        assert list(one.items()) == list(two.items()) and one.cursor("page") == two.cursor("page") == str(pages)
        assert one.versions("meta") == two.versions("meta") and one.synced == two.synced
