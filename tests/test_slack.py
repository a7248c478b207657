"""Slack exports: who said what where, what is left out, and zip files that are bombs."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.model import Account, Evidence, Grade, MusterError, Participant, Role
from muster.sources import Gathered, gather
from muster.sources._slack_export import FIRST, LARGEST
from muster.sources.slack import readable
from tests.sources.slack import CHANNELS, DAY, FILES, USERS


def lay(root: Path, files: dict[str, Any]) -> Path:
    for name, value in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return root


def said(*messages: Any, **files: Any) -> dict[str, Any]:
    return {"export/users.json": USERS, "export/channels.json": CHANNELS, "export/deploys/2026-03-02.json": list(messages), **files}


def gathered(root: Path, files: dict[str, Any], **settings: Any) -> Gathered:
    return gather("slack", {"path": "export", **settings}, lay(root, files))


def zipped(files: dict[str, bytes], folder: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(folder + name.removeprefix("export/"), body)
    return made.getvalue()


def reasons(found: Gathered) -> dict[str, int]:
    return {skipped.reason: skipped.count for skipped in found.skipped}


def test_a_thread(tmp_path: Path) -> None:
    found = gathered(tmp_path, dict(FILES), workspace="https://example.slack.com/")
    first, second = found.evidence
    assert first == Evidence(
        id="slack:C024BE91L/1772438400.000100", source="slack", kind="message", origin="slack", ref="C024BE91L/1772438400.000100",
        title="@Bob Brink the lock goes on Monday: see the issue (https://example.org/812) & #deploys", actor="slack:U0ANN",
        happened_at=datetime(2026, 3, 2, 8, 0, tzinfo=UTC), recorded_at=datetime(2026, 3, 2, 8, 0, tzinfo=UTC), grade=Grade.KEPT,
        url="https://example.slack.com/archives/C024BE91L/p1772438400000100",
        text="@Bob Brink the lock goes on Monday: see the issue (https://example.org/812) & #deploys",
        participants=(Participant("slack:U0ANN", Role.AUTHOR), Participant("slack:U0BOB", Role.RECIPIENT)),
        facts=(("thread", "C024BE91L/1772438400.000100"), ("channel", "deploys"), ("edited", "2026-03-02T08:01:00+00:00"), ("reactions", "2"), ("attachment", "waits.png")),
    )
    assert second.about == second.fact("answers") == first.id and second.fact("thread") == first.fact("thread")
    assert second.url == "https://example.slack.com/archives/C024BE91L/p1772438500000200?thread_ts=1772438400.000100&cid=C024BE91L"
    assert found.accounts == (
        Account("slack:U0ANN", "Ann Arbor", "ann@example.org"), Account("slack:U0BOB", "Bob Brink"), Account("slack:U0BOT", "Deployer", bot=True),
    )
    assert not found.skipped


def test_folder_and_zip_file_are_one(tmp_path: Path) -> None:
    folder = gathered(tmp_path / "a", dict(FILES))
    for number, top in enumerate(("", "Example Slack export Jan 1 2026/")):
        root = tmp_path / f"zip-{number}"
        (root / "keep").mkdir(parents=True)
        (root / "keep" / "export.zip").write_bytes(zipped(dict(FILES), top))
        found = gather("slack", {"path": "keep/export.zip"}, root)
        assert found.evidence == folder.evidence and found.accounts == folder.accounts and not found.skipped
    (tmp_path / "away.zip").write_bytes(zipped(dict(FILES)))
    assert {piece.grade for piece in gather("slack", {"path": "../away.zip"}, tmp_path / "a").evidence} == {Grade.SAID}


def test_what_programs_say_and_who_joined_is_left_out_and_counted(tmp_path: Path) -> None:
    def one(number: int, **more: Any) -> dict[str, Any]:
        return {"type": "message", "user": "U0ANN", "ts": f"17724384{number:02d}.000000", "text": "x", **more}

    found = gathered(tmp_path, said(
        one(1), one(2, subtype="me_message"), one(3, subtype="thread_broadcast"), one(4, subtype="file_share"),
        one(5, subtype="channel_join"), one(6, subtype="channel_topic"), one(7, subtype="tombstone"), one(8, hidden=True),
        one(9, subtype="bot_message"), one(10, user="U0BOT"), one(11, user="USLACKBOT"), {"type": "message", "bot_id": "B1", "ts": "1772438412.000000"},
        one(13, user=None), one(14, ts="yesterday"), one(15, ts=1772438415.0), [], "x", 3,
    ))
    assert len(found.evidence) == 4
    assert reasons(found) == {
        "notices: who joined, new topics, deleted messages and the like": 4, "messages of programs": 4, "messages without a writer or a time": 3, "messages that cannot be read": 3,
    }
    assert {skipped.where for skipped in found.skipped} == {"slack: #deploys"}


def test_direct_messages_are_read_only_where_that_is_said(tmp_path: Path) -> None:
    more = {
        "export/dms.json": [{"id": "D0ANNBOB", "members": ["U0ANN", "U0BOB"]}], "export/mpims.json": [{"id": "G1", "name": "mpdm-ann--bob-1", "members": ["U0ANN", "U0BOB"]}],
        "export/groups.json": [{"id": "G2", "name": "leads", "members": []}], "export/D0ANNBOB/2026-03-02.json": DAY, "export/mpdm-ann--bob-1/2026-03-02.json": DAY,
        "export/leads/2026-03-02.json": DAY[1:], "export/D0UNLISTED/2026-03-02.json": DAY,
    }
    found = gathered(tmp_path, said(*DAY, **more))
    assert {piece.ref.partition("/")[0] for piece in found.evidence} == {"C024BE91L", "G2"}
    assert reasons(found) == {"direct conversations, which `private = true` takes": 3}
    found = gathered(tmp_path, said(*DAY, **more), private=True)
    assert {piece.ref.partition("/")[0] for piece in found.evidence} == {"C024BE91L", "G2", "D0ANNBOB", "G1", "D0UNLISTED"} and not found.skipped
    told = next(piece for piece in found.evidence if piece.ref == "D0ANNBOB/1772438500.000200")
    assert [part.person for part in told.participants] == ["slack:U0BOB", "slack:U0ANN"]


def test_an_export_without_its_lists(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"export/deploys/2026-03-02.json": DAY, "export/deploys/canvas.json": {}, "export/integration_logs.json": []})
    assert [piece.id for piece in found.evidence] == ["slack:deploys/1772438400.000100", "slack:deploys/1772438500.000200"]
    assert found.evidence[0].text.startswith("@U0BOB ") and found.evidence[0].url is None


@pytest.mark.parametrize(("marked", "read"), [
    ("<@U0BOB|bob> and <@U9>", "@Bob and @U9"), ("<#C1|deploys> <#C2>", "#deploys #C2"), ("<!here> <!subteam^S1|@leads> <!subteam^S2>", "@here @leads @subteam"),
    ("<https://example.org/a?b=1&amp;c=2>", "https://example.org/a?b=1&c=2"), ("<https://example.org|https://example.org>", "https://example.org"),
    ("<mailto:ann@example.org|ann@example.org>", "ann@example.org"), ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"), ("&lt;@U0BOB&gt;", "<@U0BOB>"), ("<", "<"), ("<<<>>>", "<<<>>>"),
])  # fmt: skip
def test_marks(marked: str, read: str) -> None:
    assert readable(marked, {"U0BOB": "Bob"})[0] == read


def test_settings(tmp_path: Path) -> None:
    with pytest.raises(MusterError, match="workspace"):
        gathered(tmp_path, dict(FILES), workspace="javascript:x")
    assert reasons(gather("slack", {"path": "nowhere"}, tmp_path)) == {"there is no such file or folder": 1}


# Zip files that mean harm


def opened(root: Path, body: bytes) -> Gathered:
    (root / "export.zip").write_bytes(body)
    return gather("slack", {"path": "export.zip"}, root)


def test_names_that_lead_elsewhere(tmp_path: Path) -> None:
    files = {**FILES, "../../evil/2026-03-02.json": b"[]", "/etc/2026-03-02.json": b"[]", "deploys\\2026-03-03.json": b"[]",
             "deploys/../../2026-03-02.json": b"[]"}
    found = opened(tmp_path, zipped(files))
    assert len(found.evidence) == 2 and reasons(found) == {"a file whose name leads elsewhere": 4}


def test_bombs(tmp_path: Path) -> None:
    good = dict(FILES)
    found = opened(tmp_path, zipped({**good, "export/deploys/2026-03-03.json": b"[" + b" " * (LARGEST + 1) + b"]"}))
    assert len(found.evidence) == 2 and [skipped.where for skipped in found.skipped] == ["slack: export.zip/deploys/2026-03-03.json"]
    found = opened(tmp_path, zipped({**good, "export/deploys/2026-03-03.json": b"[" + b" " * 2 * FIRST + b"]"}))
    assert len(found.evidence) == 2 and "packed more than" in found.skipped[0].reason
    many = {f"export/deploys/2026-04-{day:02d}.json": b"[" + b" " * (FIRST - 2) + b"]" for day in range(1, 29)}
    found = opened(tmp_path, zipped({**good, **many}))
    assert len(found.evidence) == 2 and any("inflates to more than an export does" in skipped.reason for skipped in found.skipped)


def test_sizes_that_lie(tmp_path: Path) -> None:
    body = bytearray(zipped({**FILES, "export/deploys/2026-03-03.json": b"[" + b" " * 3 * FIRST + b"]"}))
    real, lie = struct.pack("<I", 3 * FIRST + 2), struct.pack("<I", 10)
    assert body.count(real) == 2
    found = opened(tmp_path, bytes(body).replace(real, lie))
    assert len(found.evidence) == 2 and len(found.skipped) == 1


def test_one_file_behind_many_names(tmp_path: Path) -> None:
    """Names that share one packed file (D. Fifield, A better zip bomb, 2019)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deploys/2026-01-01.json", b"[" + b" " * (FIRST - 2) + b"]")
        first = archive.infolist()[0]
        for number in range(2, 2000):
            other = zipfile.ZipInfo(f"deploys{number}/2026-01-01.json")
            other.compress_type, other.CRC, other.compress_size, other.file_size, other.header_offset = 8, first.CRC, first.compress_size, first.file_size, first.header_offset
            archive.filelist.append(other)
            archive.NameToInfo[other.filename] = other
        archive._didModify = True  # type: ignore[attr-defined]
    found = opened(tmp_path, made.getvalue())
    assert not found.evidence and sum(skipped.count for skipped in found.skipped) >= 1000


@pytest.mark.parametrize("body", [b"", b"PK", b"PK\x05\x06" + b"\x00" * 18, zipped(dict(FILES))[:-40], b"\x00" * 5000, zipped(dict(FILES)).replace(b"PK\x03\x04", b"PK\x03\x05")], ids=range(6))
def test_zip_files_that_are_none(body: bytes, tmp_path: Path) -> None:
    found = opened(tmp_path, body)
    assert not found.evidence and (found.skipped or body.startswith(b"PK\x05"))


def test_a_packed_file_that_is_encrypted_or_of_a_strange_sort(tmp_path: Path) -> None:
    for flag in (b"\x01\x00\x08\x00", b"\x00\x00\x63\x00"):
        body = zipped(dict(FILES)).replace(b"\x00\x00\x08\x00", flag)
        found = opened(tmp_path, body)
        assert not found.evidence and found.skipped
