"""Reads calendars in a process of its own, with an end to its time and memory: some repetitions that exist never end.

Run by `_calendar_expand` as a file, so it imports nothing of muster. Each request on standard input is a line of JSON
(`length`, `seconds`, `since`, `until`, `zone`, `most`) and so many bytes of iCalendar; each answer is a line of JSON.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]

#: Bytes of memory that this process may have.
MEMORY = 640 << 20


class Over(BaseException):
    """The time is over. No Exception, so that nothing below takes it for its own."""


def main() -> None:
    """Answer until nothing more is asked."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    timed = hasattr(signal, "ITIMER_VIRTUAL")
    if timed:
        signal.signal(signal.SIGVTALRM, over)
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        body = sys.stdin.buffer.read(asked["length"])
        try:
            try:
                if timed:
                    signal.setitimer(signal.ITIMER_VIRTUAL, asked["seconds"])
                answer = answered(asked, body)
            finally:
                if timed:
                    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        except Over:
            answer = {"over": "time"}
        except MemoryError:
            answer = {"over": "memory"}
        except RecursionError:
            answer = {"wrong": "nested too deeply"}
        except Exception as error:  # a calendar's mistakes raise anything in the library
            answer = {"wrong": f"{type(error).__name__}: {error}"[:200]}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def over(*_: object) -> None:
    """Raises Over."""
    raise Over


def answered(asked: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The occurrences between two instants, or of what does not repeat all; `cut` where there are more than `most`."""
    calendar = icalendar.Calendar.from_ical(body)
    zone = ZoneInfo(asked["zone"])
    if asked["since"] is None:
        return told(calendar.walk("VEVENT"), zone)
    since, until = datetime.fromisoformat(asked["since"]), datetime.fromisoformat(asked["until"])
    events = recurring_ical_events.of(calendar, components=["VEVENT"], skip_bad_series=False).between(since, until)
    return {**told(events[: asked["most"]], zone), "cut": len(events) > asked["most"]}


def told(events: list[Any], zone: ZoneInfo) -> dict[str, Any]:
    """What is kept of each event, and apart from them who is asked: occurrences of a series share those."""
    people = People([], {})
    return {"found": list(each(events, zone, people)), "people": people.lists}


@dataclass
class People:
    """Lists of those who are asked, each once; `places` by the identity of what holds them, which it keeps alive."""

    lists: list[list[dict[str, str]]]
    places: dict[int, tuple[int, Any]]

    def place(self, value: Any) -> int:
        """Which of the lists it is."""
        if id(value) not in self.places:
            self.places[id(value)] = (len(self.lists), value)
            self.lists.append([person(one) for one in several(value)[:2000]])
        return self.places[id(value)][0]


def each(events: list[Any], zone: ZoneInfo, people: People) -> Iterator[dict[str, Any]]:
    """What is kept of each event; what is wrong with one alone stands in its place."""
    for event in events:
        try:
            yield read(event, zone, people)
        except Exception as error:
            yield {"wrong": f"{type(error).__name__}: {error}"[:200], "uid": str(event.get("UID", ""))[:250]}


def read(event: Any, zone: ZoneInfo, people: People) -> dict[str, Any]:
    """An event in plain values."""
    start = instant(event.get("DTSTART"), zone)
    end = instant(event.get("DTEND"), zone)
    length = getattr(event.get("DURATION"), "dt", None)
    minutes = None
    if start and end:
        minutes = (datetime.fromisoformat(end["at"]) - datetime.fromisoformat(start["at"])).total_seconds() / 60
    elif start and isinstance(length, timedelta):
        minutes = length.total_seconds() / 60
    return {
        "uid": text(event.get("UID")), "start": start, "minutes": minutes, "instance": instant(event.get("RECURRENCE-ID"), zone),
        **{name.lower(): stamp(event.get(name)) for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED")},
        **{name.lower(): text(event.get(name)) for name in ("SUMMARY", "STATUS", "CLASS", "URL", "DESCRIPTION")},
        "repeats": bool(event.get("RRULE") or event.get("RDATE")),
        "organiser": [person(one) for one in several(event.get("ORGANIZER"))][:1],
        "asked": people.place(event.get("ATTENDEE")),
    }


def several(value: Any) -> list[Any]:
    """The values of a property that may stand once, often or not."""
    return value if isinstance(value, list) else [] if value is None else [value]


def text(value: Any) -> str:
    """A property as text; the first where it stands more than once."""
    first = several(value)[:1]
    return str(first[0])[:20_000] if first else ""


def person(value: Any) -> dict[str, str]:
    """Who is named, and with what parameters."""
    known = getattr(value, "params", {})
    return {"at": str(value)[:400], **{name: str(known.get(name, ""))[:200] for name in ("CN", "PARTSTAT", "CUTYPE", "EMAIL")}}


def instant(value: Any, zone: ZoneInfo) -> dict[str, Any] | None:
    """An instant in UTC, whether it is a whole day, and whether its own time zone was said."""
    at = None
    with suppress(Exception):  # what cannot be read raises when it is looked at
        at = several(value)[0].dt
    if isinstance(at, datetime):
        floating = at.tzinfo is None
        with suppress(OverflowError, ValueError):
            return {"at": (at.replace(tzinfo=zone) if floating else at).astimezone(UTC).isoformat(), "day": False, "floating": floating}
    elif isinstance(at, date):
        with suppress(OverflowError, ValueError):
            return {"at": datetime(at.year, at.month, at.day, tzinfo=zone).astimezone(UTC).isoformat(), "day": True, "floating": True}
    return None


def stamp(value: Any) -> str | None:
    """A time stamp in UTC."""
    found = instant(value, ZoneInfo("UTC"))
    return found["at"] if found else None


if __name__ == "__main__":
    main()
