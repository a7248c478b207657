"""Letters, calendars and exports that mean harm: none crashes, each is done with soon and in little memory, and what is not taken is counted.

What every source is given whatever it reads stands in `tests/test_sources_contract.py`; these are made for what these three read.
"""

from __future__ import annotations

import json
import random
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.sources.calendar import END, HEAD, PEOPLE
from tests.sources.slack import CHANNELS, DAY, USERS
from tests.test_sources_contract import fresh, hold, tried

DICE = random.Random(20260630)
WHO = b"From: Ann <ann@example.org>\nDate: Mon, 2 Mar 2026 09:00:00 +0100\n"


def letters() -> Iterator[tuple[str, bytes]]:
    """(what it is, a message)."""
    for depth in (10, 99, 101, 5000):
        nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (one, one) for one in range(depth))
        yield f"{depth} parts in parts", WHO + nested + b"Content-Type: text/plain\n\nx\n"
        yield f"{depth} letters in letters", WHO + b"Content-Type: message/rfc822\n\n" * depth + b"x\n"
        yield f"{depth} parts side by side", WHO + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: text/plain\n\nx\n" * depth
        yield f"{depth} digests", WHO + b"Content-Type: multipart/digest; boundary=b\n\n" + b"--b\n\nFrom: x@example.org\n\nx\n" * depth
    yield "a part in itself", WHO + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 300
    yield "boundaries of one letter", WHO + b'Content-Type: multipart/mixed; boundary="-"\n\n' + b"--\n---\n" * 50_000
    yield "a boundary without end", WHO + b'Content-Type: multipart/mixed; boundary="' + b"x" * 100_000 + b"\n\nx"
    yield "lines of dashes", WHO + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"-" * 3_000_000
    for name in (b"To", b"Cc", b"Received", b"References", b"Subject", b"X", b"Message-ID", b"Date", b"From", b"List-Id", b"Content-Type"):
        yield f"{name!r} a thousand times", WHO + (name + b": a@b.example\n") * 1000 + b"\nx"
        yield f"{name!r} of 200 KB", WHO + name + b": " + b"a" * 200_000 + b"\n\nx"
        yield f"{name!r} folded", WHO + name + b": a" + b"\n b" * 50_000 + b"\n\nx"
        for text in (b"(" * 400, b"<" * 60_000, b"<a@b>," * 10_000, b"\"" * 60_001, b"\\" * 1999 + b"\"", b"a@" * 30_000, b"=?" * 30_000, b"=?a?q?" * 10_000, b"; " * 30_000,
                     b"=?utf-8?b?" + b"A" * 60_000 + b"?=", b"=?utf-8?q?=?= " * 4000, b",,," * 20_000, b" " * 60_000, b"a\x00b\x1b[2J", "\u202eevil".encode(), b"\xff\xfe" * 999,
                     b"[" * 30_000, b"a (b (c " * 300, b": ; " * 10_000, b"''=%%%" * 5000, b"*0*=x; " * 8000):
            yield f"{name!r}: {text[:12]!r}…", WHO + name + b": " + text + b"\n\nx"
    for charset in ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "utf-16", "utf-32", "hz", "iso-2022-jp", "zlib", "base64", "undefined", "a" * 5000, "\x00", "é", "ANSI_X3.4-1968//IGNORE", "../x", "=?"):
        for body in (b"+" * 50_000, b"\x1b$B" * 20_000, b"\\N{" * 20_000, b"xn--" + b"a" * 100_000, b"\x00\xd8" * 50_000):
            yield f"charset {charset[:12]!r} {body[:4]!r}", WHO + b"Content-Type: text/plain; charset=\"" + charset.encode() + b"\"\n\n" + body
    for kind in (b"base64", b"quoted-printable", b"x-uuencode", b"7bit", b"x" * 1000, b"base64\x00"):
        for body in (b"=" * 100_000, b"A" * 3_000_000, b"=\n" * 100_000, b"begin 644 x\n" + b"M" * 100_000, b"\xff" * 100_000, b"=3D" * 100_000):
            yield f"{kind[:12]!r} {body[:4]!r}", WHO + b"Content-Transfer-Encoding: " + kind + b"\n\n" + body
    for piece in (b"<div>", b"<b>", b"<p><table>", b"<a href='", b"<!--", b"<![CDATA[", b"&#", b"&#x10ffff;", b"<svg><math>", b"<blockquote>", b"</div>", b"<", b"<x ", b"<script>", b"<font><p>"):
        for times in (3000, 30_000):
            yield f"{times} {piece!r}", WHO + b"Content-Type: text/html\n\n" + piece * times
    for piece in (b"> " * 5, b">" * 2000 + b"\n", b"On Monday 1 wrote:\n", b"On 1 " * 100 + b"\n", b"-----Original Message-----\n", b"From: x\nSent: x\n", b"_" * 25 + b"\n", b"-- \n", b"wrote " * 200 + b"\n"):
        yield f"text of {piece[:12]!r}", WHO + b"\n" + piece * (400_000 // len(piece))
    yield "an mbox of beginnings", b"From a@b Mon Mar  2 09:00:00 2026\nFrom: a@b.example\n\n" * 2000
    yield "an mbox that never ends", b"From a@b Mon Mar  2 09:00:00 2026\nContent-Type: multipart/mixed; boundary=b\nContent-Length: 999999999999\n\n" + b"\nFrom a@b Mon Mar  2 09:00:00 2026\nX: y\n" * 20_000
    yield "an mbox of one line", b"From " + b"a" * 5_000_000


def calendars() -> Iterator[tuple[str, bytes]]:
    """(what it is, a calendar)."""
    def event(*lines: str) -> bytes:
        return b"BEGIN:VEVENT\r\nUID:one\r\n" + "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogatepass") + PEOPLE % b"ACCEPTED" + b"END:VEVENT\r\n"

    def one(*lines: str) -> bytes:
        return HEAD + event(*lines) + END

    start, stamp = "DTSTART:20260302T090000Z", "DTSTAMP:20260401T000000Z"
    for freq in ("SECONDLY", "DAILY", "YEARLY"):
        for rest in ("", ";INTERVAL=0", ";INTERVAL=-1", ";INTERVAL=" + "9" * 30, ";COUNT=" + "9" * 18, ";COUNT=-5", ";UNTIL=00010101T000000Z", ";UNTIL=99991231T235959Z", ";BYMONTHDAY=31;BYMONTH=2",
                     ";BYDAY=99XX", ";BYSETPOS=" + ",".join(str(number) for number in range(1, 367)), ";BYSECOND=" + ",".join(map(str, range(60))), ";BYWEEKNO=60", ";BYEASTER=0"):
            yield f"{freq}{rest[:30]}", one(start, stamp, f"RRULE:FREQ={freq}{rest}")
    for line in ("DTSTART:00000000T000000Z", "DTSTART:99999999T999999Z", "DTSTART:99991231T235959Z", "DTSTART;TZID=Nowhere/None:20260302T090000", "DTSTART;TZID=../../etc/passwd:20260302T090000",
                 "DTSTART;VALUE=DATE:20260302T090000Z", "DTSTART;VALUE=PERIOD:20260302T090000Z/P9999999D", "DTSTART:", "DTSTART;TZID=" + "x" * 10_000 + ":20260302T090000",
                 start + "\r\nDTSTART:20260303T090000Z", start + "\r\nDURATION:P999999999999D", start + "\r\nDURATION:-PT1H", start + "\r\nDTEND:00010101T000000Z", start + "\r\nDURATION:PT" + "9" * 4000 + "S"):
        yield line[:60], one(line, stamp)
        yield f"{line[:60]} weekly", one(line, stamp, "RRULE:FREQ=WEEKLY")
    for name in ("SUMMARY", "DESCRIPTION", "UID", "ATTENDEE", "ORGANIZER", "RDATE", "EXDATE", "URL", "CLASS", "STATUS", "CREATED", "RECURRENCE-ID", "X-NONE", "ATTACH", "CATEGORIES", "GEO", "SEQUENCE"):
        for text in ("x" * 200_000, "\x00\x1b[2J", "\u202eevil\u2066", "mailto:" + "a" * 5000 + "@example.org", "," * 50_000, "\\" * 50_001, '";:,' * 1000, ";".join(f"A{number}=b" for number in range(3000)) + ":x"):
            yield f"{name}:{text[:12]!r}…", one(start, stamp, f"{name}:{text}")
    yield "ten thousand exceptions", HEAD + event(start, stamp, "RRULE:FREQ=DAILY") + b"".join(event(f"RECURRENCE-ID:2026{m:02d}{d:02d}T090000Z", start) for m in range(1, 13) for d in range(1, 29)) * 5 + END
    yield "twenty thousand dates", one(start, stamp, "RDATE:" + ",".join(["20260302T090000Z"] * 20_000))
    yield "calendars in calendars", b"BEGIN:VCALENDAR\r\n" * 5000 + event(start) + b"END:VCALENDAR\r\n" * 5000
    yield "events in events", HEAD + b"BEGIN:VEVENT\r\n" * 5000 + END
    yield "alarms in alarms", one(start, *["BEGIN:VALARM"] * 15, *["END:VALARM"] * 15)
    yield "a time zone that never ends", HEAD + b"BEGIN:VTIMEZONE\r\nTZID:Z\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" + \
        event("DTSTART;TZID=Z:20260302T090000", stamp, "RRULE:FREQ=DAILY") + END
    yield "time zones without number", HEAD + b"".join(b"BEGIN:VTIMEZONE\r\nTZID:Z%d\r\nEND:VTIMEZONE\r\n" % number for number in range(5000)) + event("DTSTART;TZID=Z7:20260302T090000") + END
    yield "a zone of odd offsets", HEAD + b"BEGIN:VTIMEZONE\r\nTZID:Z\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+9999\r\nTZOFFSETTO:-9999\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" + event("DTSTART;TZID=Z:20260302T090000") + END
    yield "lines folded at every letter", one(start).replace(b"SUMMARY", b"S\r\n U").replace(b"A", b"A\r\n ")
    yield "a line without end", HEAD + b"BEGIN:VEVENT\r\nUID:" + b"x\r\n " * 500_000
    yield "endings that were never begun", HEAD + b"END:VEVENT\r\n" * 5000 + event(start) + END
    yield "thirty series that never end", HEAD + b"".join(event(f"X-N:{number}", start, stamp, "RRULE:FREQ=SECONDLY;BYSECOND=1").replace(b"UID:one", b"UID:%d" % number) for number in range(30)) + END
    yield "as UTF-16", one(start).decode().encode("utf-16")


def exports() -> Iterator[tuple[str, str, bytes]]:
    """(what it is, a file of an export, its bytes)."""
    def packed(value: object) -> bytes:
        return json.dumps(value).encode("utf-8", "surrogatepass")

    day, people, rooms = "export/deploys/2026-03-02.json", "export/users.json", "export/channels.json"
    for depth in (100, 1000, 100_000, 1_000_000):
        for name in (day, people, rooms):
            yield f"{depth} lists in lists", name, b"[" * depth
            yield f"{depth} objects in objects", name, b'[{"user":' * depth + b"1" + b"}]" * depth
            yield f"a message with {depth} blocks in blocks", name, b'[{"user":"U0ANN","ts":"1772438400.000100","text":"x","blocks":' + b"[" * depth + b"]" * depth + b"}]"
    base: dict[str, Any] = {**DAY[0]}  # type: ignore[dict-item]
    values: tuple[Any, ...]
    for key in ("user", "ts", "thread_ts", "text", "subtype", "reactions", "files", "edited", "hidden", "bot_id", "type"):
        values = (None, True, -1, 10**30, 1e308, "", "\x00", "\ud800", "\u202ex", "x" * 500_000, [], {}, [None], [[]], [{}], {"users": [1], "count": "x"}, [{"users": {}, "count": -1}], [{"name": 1}], "<@" * 20_000, "<" * 50_000, "&" * 50_000, "<@U0BOB>" * 20_000,
                      "9" * 400 + ".000000", "0000000000.000000", "9999999999.999999", "1772438400.0001000", "../../x")
        for value in values:
            yield f"{key}: {str(value)[:20]}", day, packed([{**base, key: value}, DAY[1]])
    values = (None, 1, "x", [], {}, {"profile": []}, {"id": 1}, {"id": "U0ANN", "profile": {"email": 1, "real_name": []}}, {"id": "U0ANN\n"}, {"id": "x" * 500}, {"id": "U1", "name": "x" * 500_000}, {"id": "U0ANN", "profile": {"email": "a@b@c\n"}})
    for value in values:
        yield f"a person {str(value)[:30]}", people, packed([value, *USERS])
        yield f"a channel {str(value)[:30]}", rooms, packed([value, *CHANNELS])
    yield "a day of many", day, packed([{"user": "U0ANN", "type": "message", "ts": f"17724{number:05d}.000000", "text": "x"} for number in range(50_000)])
    yield "a day of nothing", day, b"[" + b"{}," * 500_000 + b"{}]"
    yield "numbers without end", day, b"[" + b"1" * 1_000_000 + b"]"
    yield "half letters", day, b'[{"user":"U0ANN","ts":"1772438400.000100","text":"\\ud800"},{"user":"U0ANN","ts":"1772438401.000100","text":"x"}]'
    yield "a byte order mark", day, b"\xef\xbb\xbf[]"
    yield "packed text", people, b64encode(DICE.randbytes(100_000))


def test_letters(tmp_path: Path) -> None:
    """Each as a file of its own, below a folder with good mail."""
    one = tried("mail")
    good = len(fresh(one, tmp_path, None, dict(one.files)).evidence)
    total = 0
    for what, body in letters():
        found = hold(one, lambda body=body: fresh(one, tmp_path, None, {**one.files, "keep/mail/zz.eml": body}), what)  # type: ignore[misc]
        assert len(found.evidence) > good or found.skipped, f"{what}: neither taken nor counted"
        total += 1
    assert total > 300


def test_calendars(tmp_path: Path) -> None:
    one = tried("calendar")
    total = 0
    for what, body in calendars():
        found = hold(one, lambda body=body: fresh(one, tmp_path, None, {"keep/work.ics": body}), what)  # type: ignore[misc]
        assert found.evidence or found.skipped, f"{what}: neither taken nor counted"
        total += 1
    assert total > 200


def test_exports(tmp_path: Path) -> None:
    one = tried("slack")
    total = 0
    for what, name, body in exports():
        found = hold(one, lambda name=name, body=body: fresh(one, tmp_path, None, {**one.files, name: body}), what)  # type: ignore[misc]
        assert found.evidence or found.skipped or body in (b"[]", b"\xef\xbb\xbf[]"), f"{what}: neither taken nor counted"
        total += 1
    assert total > 300


