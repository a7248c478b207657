"""Calendars taken apart and read in another process, which is stopped where one takes too long or too much memory."""

from __future__ import annotations

import atexit
import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

#: Seconds of work that one series may take at first, and of waiting for it.
SECONDS, PATIENCE = 0.25, 4.0
#: So many series of one calendar may take longer; after these no other is tried.
STALLS = 3
#: Seconds of work that all of these may take together, in a second try.
AGAIN = 0.6
#: Events without repetition that are read together.
TOGETHER = 100
#: Occurrences of one series, and of one calendar, that are taken.
SERIES, ALL = 5000, 50_000
#: Events that are taken of one calendar, and the bytes of one.
EVENTS, LARGEST = 50_000, 256 << 10

CHILD = Path(__file__).with_name("_calendar_child.py")
REPEATS = re.compile(rb"^(RRULE|RDATE|RECURRENCE-ID|EXRULE)[;:]", re.IGNORECASE | re.MULTILINE)
PEOPLE = re.compile(rb"^(ATTENDEE|ORGANIZER)[;:]", re.IGNORECASE | re.MULTILINE)
UID = re.compile(rb"^UID(?:;[^:\r\n]*)?:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
ZONE = re.compile(rb"^X-WR-TIMEZONE:([A-Za-z0-9_+/-]{1,60})\r?$", re.IGNORECASE | re.MULTILINE)
METHOD = re.compile(rb"^METHOD:([A-Za-z]{1,20})\r?$", re.IGNORECASE | re.MULTILINE)
STAMPS = re.compile(rb"^(?:DTSTAMP|LAST-MODIFIED|CREATED)(?:;[^:\r\n]*)?:(\d{8})", re.IGNORECASE | re.MULTILINE)
STARTS = re.compile(rb"^DTSTART(?:;[^:\r\n]*)?:(\d{8})", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Parts:
    """A calendar taken apart: what stands above its events, the events by UID, and what was left.

    `single` are events that stand once and alone, `series` the others of one UID together, `alone` those that nobody is
    invited to, which are not read.
    """

    head: bytes
    zones: bytes
    single: tuple[bytes, ...]
    series: tuple[bytes, ...]
    alone: int
    large: int
    others: int
    more: int


def apart(body: bytes) -> Parts:
    """A calendar's parts, without reading what is in them. ValueError where it is no calendar."""
    if not re.match(rb"(\xef\xbb\xbf)?\s*BEGIN:VCALENDAR", body, re.IGNORECASE):
        raise ValueError("no calendar: it does not begin with BEGIN:VCALENDAR")
    head: list[bytes] = []
    zones: list[bytes] = []
    events: dict[bytes, list[bytes]] = {}
    block: list[bytes] = []
    open_: list[bytes] = []
    large = others = more = count = 0
    # Folded lines are one line: RFC 5545, 3.1.
    for line in re.sub(rb"\r?\n[ \t]", b"", body).splitlines():
        word = line[:24].strip().upper()
        if word.startswith(b"BEGIN:"):
            if word != b"BEGIN:VCALENDAR":
                open_.append(word[6:])
                if len(open_) > 20:
                    raise ValueError("nested too deeply")
            if len(open_) == 1 and word != b"BEGIN:VCALENDAR":
                block = []
        if not open_:
            if word.partition(b":")[0].partition(b";")[0] not in (b"BEGIN", b"END", b""):
                head.append(line)
            continue
        block.append(line)
        if word.startswith(b"END:") and open_ and word[4:] == open_[-1]:
            kind = open_.pop()
            if open_:
                continue
            text = b"\r\n".join(block) + b"\r\n"
            block = []
            if kind == b"VTIMEZONE":
                zones.append(text)
            elif kind != b"VEVENT":
                others += 1
            elif len(text) > LARGEST:
                large += 1
            elif count >= EVENTS:
                more += 1
            else:
                count += 1
                found = UID.search(text)
                events.setdefault(found[1].strip() if found else b"\x00%d" % count, []).append(text)
    others += bool(open_)
    met = {uid: ones for uid, ones in events.items() if any(PEOPLE.search(one) for one in ones)}
    single = tuple(ones[0] for ones in met.values() if len(ones) == 1 and not REPEATS.search(ones[0]))
    series = tuple(b"".join(ones) for ones in met.values() if len(ones) > 1 or REPEATS.search(ones[0]))
    alone = sum(len(ones) for uid, ones in events.items() if uid not in met)
    return Parts(b"\r\n".join(head[:200]), b"".join(zones)[: 1 << 20], single, series, alone, large, others, more)


class Child:
    """The other process; started when it is first asked, and anew after it had to be stopped."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = 0

    def ask(self, body: bytes, zone: str, seconds: float, since: datetime | None, until: datetime | None) -> dict[str, Any]:
        """What it answers; `over` where it took too long or too much memory."""
        asked = {"length": len(body), "seconds": seconds, "zone": zone, "most": SERIES,
                 "since": since and since.isoformat(), "until": until and until.isoformat()}
        line: bytes | None = b""
        for _ in range(2):
            process = self.started()
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(json.dumps(asked).encode() + b"\n" + body)
                process.stdin.flush()
                line = self.line(process.stdout.fileno(), PATIENCE + seconds)
            except OSError:
                line = b""
            if line:
                break
            self.stop()
            if line is None:
                return {"over": "time"}
            # It had ended before it was asked, or ended over this: asked once more, that tells which.
        if not line:
            return {"wrong": "the process that reads calendars ended over it"}
        answer: dict[str, Any] = json.loads(line)
        if answer.get("over") == "memory":
            self.stop()
        return answer

    def line(self, file: int, patience: float) -> bytes | None:
        """The next line that it writes; empty where it ended instead, None where nothing comes in time."""
        got = bytearray()
        while not got.endswith(b"\n"):
            if os.name != "nt" and not select.select([file], [], [], patience)[0]:
                return None
            piece = os.read(file, 1 << 20)
            if not piece:
                return b""
            got += piece
        return bytes(got)

    def started(self) -> subprocess.Popen[bytes]:
        """The process, running."""
        if self.process is None or self.process.poll() is not None or self.owner != os.getpid():
            self.stop()
            # -P: nothing from beside the file, where a `calendar` is that is not Python's.
            self.process = subprocess.Popen(
                [sys.executable, "-P", str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self.owner = os.getpid()
        return self.process

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self.process is not None and self.owner == os.getpid():
            self.process.kill()
            for pipe in (self.process.stdin, self.process.stdout):
                with suppress(OSError):
                    if pipe:
                        pipe.close()
            self.process.wait()
        self.process = None


CHILDREN = Child()
atexit.register(CHILDREN.stop)


def singles(parts: Parts, zone: str) -> Iterator[dict[str, Any]]:
    """Every event that stands alone, read; what cannot be is `{"wrong": why}` or `{"over": what}`."""
    stalls = 0
    waiting: list[Sequence[bytes]] = [parts.single[start : start + TOGETHER] for start in range(0, len(parts.single), TOGETHER)]
    waiting.reverse()
    while waiting:
        some = waiting.pop()
        if stalls >= STALLS:
            yield from ({"over": "others"} for _ in some)
            continue
        answer = CHILDREN.ask(wrapped(parts, b"".join(some)), zone, 2 * SECONDS, None, None)
        if "found" in answer:
            yield from found(answer)
        elif len(some) > 1:
            stalls += "over" in answer
            waiting += [some[len(some) // 2 :], some[: len(some) // 2]]
        else:
            stalls += "over" in answer
            yield answer


def repeated(parts: Parts, zone: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """Every occurrence of the series in it between two instants; `{"cut": True}` where there are more than are taken.

    A series that takes long is tried again once the others are through, for its share of the time that is left.
    """
    taken = 0
    slow: list[bytes] = []
    for text in parts.series:
        if taken >= ALL or len(slow) >= STALLS:
            yield {"cut": True} if taken >= ALL else {"over": "others"}
            continue
        answer = CHILDREN.ask(wrapped(parts, text), zone, SECONDS, since, until)
        if answer.get("over") == "time":
            slow.append(text)
            continue
        taken += len(answer.get("found", ()))
        yield from occurrences(answer)
    for text in slow:
        yield from occurrences(CHILDREN.ask(wrapped(parts, text), zone, AGAIN / len(slow), since, until))


def occurrences(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The occurrences of a series in their order, or why there are none."""
    if "found" not in answer:
        yield answer
        return
    yield from ({**one, "repeats": True} for one in sorted(found(answer), key=began))
    if not answer["found"]:
        yield {"none": True}
    if answer["cut"]:
        yield {"cut": True}


def found(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What was found, each with those who are asked."""
    for one in answer["found"]:
        yield {**one, "asked": answer["people"][one["asked"]]} if "asked" in one else one


def began(one: dict[str, Any]) -> str:
    """When an occurrence begins; what cannot be read comes first."""
    return str(one["start"]["at"]) if one.get("start") else ""


def wrapped(parts: Parts, events: bytes) -> bytes:
    """Events as a calendar of their own, with the time zones that they name."""
    zones = parts.zones if b"TZID" in events.upper() else b""
    return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//muster//\r\n" + zones + events + b"END:VCALENDAR\r\n"
