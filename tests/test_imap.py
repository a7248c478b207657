"""Mail on a server: a real Dovecot on loopback, with TLS and without."""

from __future__ import annotations

import imaplib
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.model import Evidence, Grade, MusterError
from muster.sources import gather, imap
from muster.sources._kept import Kept, Raw, path_of
from tests.real_servers import PASSWORD, USER, Mailbox, dovecot, owned
from tests.sources.mail import LETTER

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with dovecot() as one:
        yield one


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_IMAP_PASSWORD", PASSWORD)


def settings(box: Mailbox, **more: Any) -> imap.Settings:
    return replace(imap.Settings("127.0.0.1", USER, security="starttls", port=box.port, certificate=str(box.certificate)), **more)


def put(box: Mailbox, folder: str, number: int, letter: bytes = b"", stamp: str = "02-Mar-2026 09:00:10 +0100") -> None:
    """Put a letter into a folder, as a mail program would."""
    letter = letter or LETTER.replace(b"<two@", b"<%s-%d@" % (folder.encode("ascii", "ignore").replace(b" ", b""), number))
    with imaplib.IMAP4("127.0.0.1", box.port) as connection:
        connection.login(USER, PASSWORD)
        connection.create(imap.quoted(folder))
        connection.append(imap.quoted(folder), "", f'"{stamp}"', letter.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


def sync(root: Path, asked: imap.Settings) -> list[tuple[str, int, int | None]]:
    """What was told while it was brought."""
    told: list[tuple[str, int, int | None]] = []
    with Kept(path_of(root, "imap"), clock=lambda: NOW) as kept:
        imap.fetch(asked, root, kept, lambda *what: told.append(what))
        kept.ended()
    return told


def raws(root: Path) -> list[Raw]:
    with Kept(path_of(root, "imap"), reading=True) as kept:
        return list(kept.items())


def test_what_is_there_and_then_what_is_new(box: Mailbox, tmp_path: Path) -> None:
    for number in range(3):
        put(box, "First", number)
    asked = settings(box, folders=("First",))
    told = sync(tmp_path, asked)
    assert told[-1] == ("mail in First", 3, 3)
    kept = raws(tmp_path)
    assert len(kept) == 3 and all(LETTER.replace(b"\r\n", b"\n").split(b"\n")[0] in raw.body for raw in kept)
    assert [raw.key.rpartition("/")[2] for raw in kept] == ["0000000001", "0000000002", "0000000003"]
    put(box, "First", 3)
    assert sync(tmp_path, asked)[-1] == ("mail in First", 1, 1)
    assert raws(tmp_path)[:3] == kept, "what was there was asked for again"
    assert [what for what in sync(tmp_path, asked) if what[0].startswith("mail")] == []
    found = gather("imap", {"host": "127.0.0.1", "user": USER, "folders": ["First"]}, tmp_path)
    assert [piece.id for piece in found.evidence] == [f"mail:First-{number}@mail.example.org" for number in range(4)]
    assert not found.skipped and found.synced == NOW
    one = found.evidence[0]
    assert isinstance(one, Evidence)
    assert one.grade == Grade.HOSTED and one.recorded_at == datetime(2026, 3, 2, 8, 0, 10, tzinfo=UTC)
    assert one.happened_at == datetime(2026, 3, 2, 8, 0, 3, tzinfo=UTC) and one.fact("channel") == "First"


def test_nothing_is_marked_as_read(box: Mailbox, tmp_path: Path) -> None:
    put(box, "Unread", 0)
    sync(tmp_path, settings(box, folders=("Unread",)))
    assert len(raws(tmp_path)) == 1
    with imaplib.IMAP4("127.0.0.1", box.port) as connection:
        connection.login(USER, PASSWORD)
        connection.select("Unread", readonly=True)
        assert connection.search(None, "UNSEEN")[1] == [b"1"]


def test_tls_from_the_first_byte(box: Mailbox, tmp_path: Path) -> None:
    put(box, "Secure", 0)
    sync(tmp_path, settings(box, folders=("Secure",), security="tls", port=box.secure))
    assert len(raws(tmp_path)) == 1


def test_names_of_folders(box: Mailbox, tmp_path: Path) -> None:
    folder = 'Büro & "Rest" 日本'
    put(box, folder, 0)
    sync(tmp_path, settings(box, folders=(folder,)))
    assert [raw.key.partition("/")[0] for raw in raws(tmp_path)] == [folder]
    with pytest.raises(MusterError, match="has no folder") as caught:
        sync(tmp_path, settings(box, folders=("Nowhere",)))
    assert "Büro" in caught.value.next


def test_from_a_day_on(box: Mailbox, tmp_path: Path) -> None:
    put(box, "Days", 0, stamp="02-Mar-2025 09:00:10 +0100")
    put(box, "Days", 1)
    asked = settings(box, folders=("Days",), since=date(2026, 1, 1))
    sync(tmp_path, asked)
    assert len(raws(tmp_path)) == 1
    sync(tmp_path, replace(asked, since=date(2025, 1, 1)))
    assert len(raws(tmp_path)) == 2, "an earlier day brings what is older"
    sync(tmp_path, replace(asked, since=None))
    assert len(raws(tmp_path)) == 2


def test_a_folder_that_was_made_anew(box: Mailbox, tmp_path: Path) -> None:
    put(box, "Anew", 0)
    asked = settings(box, folders=("Anew",))
    sync(tmp_path, asked)
    with imaplib.IMAP4("127.0.0.1", box.port) as connection:
        connection.login(USER, PASSWORD)
        connection.delete("Anew")
    time.sleep(1.1)  # UIDVALIDITY is a time in seconds
    put(box, "Anew", 0)
    put(box, "Anew", 1)
    sync(tmp_path, asked)
    assert len({raw.key.split("/")[1] for raw in raws(tmp_path)}) == 2
    found = gather("imap", {"host": "127.0.0.1", "user": USER, "folders": ["Anew"]}, tmp_path)
    assert [piece.id for piece in found.evidence] == ["mail:Anew-0@mail.example.org", "mail:Anew-1@mail.example.org"]


def test_stopped_at_any_moment(box: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        put(box, "Stopped", number)
    monkeypatch.setattr(imap, "MANY", 2)
    asked = settings(box, folders=("Stopped",))
    sync(tmp_path / "whole", asked)
    for stop in range(1, 4):
        calls = 0

        def tell(what: str, done: int, total: int | None, stop: int = stop) -> None:
            nonlocal calls
            calls += 1
            if calls == stop:
                raise KeyboardInterrupt

        with Kept(path_of(tmp_path / "part", "imap"), clock=lambda: NOW) as kept, pytest.raises(KeyboardInterrupt):
            imap.fetch(asked, tmp_path, kept, tell)
    sync(tmp_path / "part", asked)
    # The server numbers what it says anew each time; the letters are the same.
    assert [bodies(raw) for raw in raws(tmp_path / "part")] == [bodies(raw) for raw in raws(tmp_path / "whole")]


def bodies(raw: Raw) -> tuple[str, bytes]:
    return raw.key, raw.body.partition(b"}\r\n")[2]


def test_mail_that_stands_in_a_maildir_already(box: Mailbox, tmp_path: Path) -> None:
    folder = box.maildir / ".Old"
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "cur" / "1772438400.M1P1.host:2,").write_bytes(LETTER)
    os.utime(folder / "cur" / "1772438400.M1P1.host:2,", (1772438500, 1772438500))
    owned(box.maildir)
    sync(tmp_path, settings(box, folders=("Old",)))
    found = gather("imap", {"host": "127.0.0.1", "user": USER, "folders": ["Old"]}, tmp_path)
    assert [piece.title for piece in found.evidence] == ["Re: The deploy lock"]


def test_a_date_that_somebody_chose_is_no_servers(box: Mailbox, tmp_path: Path) -> None:
    """APPEND takes any date: without a delivery that agrees with it the server vouches for nothing."""
    put(box, "Chosen", 0, stamp="02-Mar-2024 09:00:10 +0100")
    own = LETTER[LETTER.index(b"Date:") :].replace(b"<two@", b"<own@")
    put(box, "Chosen", 1, own)
    sync(tmp_path, settings(box, folders=("Chosen",)))
    found = gather("imap", {"host": "127.0.0.1", "user": USER, "folders": ["Chosen"]}, tmp_path).evidence
    assert [piece.grade for piece in found] == [Grade.KEPT, Grade.KEPT]
    assert found[0].fact("doubt") == "its own date is 729 days later than that of the server"


def test_the_password_goes_over_tls_alone_and_shows_nowhere(box: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MusterError, match="unencrypted"):
        sync(tmp_path, imap.Settings("mail.example.org", USER, security="none"))
    with pytest.raises(MusterError, match="certificate"):
        sync(tmp_path, settings(box, certificate=""))
    monkeypatch.setenv("MUSTER_IMAP_PASSWORD", "wrong-guess-0815")
    with pytest.raises(MusterError, match="does not take the password") as caught:
        sync(tmp_path, settings(box))
    assert "wrong-guess" not in str(caught.value)
    monkeypatch.delenv("MUSTER_IMAP_PASSWORD")
    with pytest.raises(MusterError, match="no password"):
        sync(tmp_path, settings(box))
    assert PASSWORD.encode() not in b"".join(raw.body for raw in raws(tmp_path))


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MusterError, match=r"imap: 127\.0\.0\.1"):
        sync(tmp_path, imap.Settings("127.0.0.1", USER, security="none", port=9))
