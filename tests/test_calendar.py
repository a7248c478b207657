"""Meetings in calendar files: occurrences, answers, time zones, what is private, and repetitions that never end."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from muster.model import Account, Evidence, Grade, MusterError, Participant, Role
from muster.sources import Gathered, _calendar_expand, gather
from muster.sources._calendar_expand import CHILDREN
from tests.sources.calendar import END, FILES, HEAD, PEOPLE, PRIVATE, SERIES, WHOLE, ZONE


def gathered(root: Path, body: bytes, **settings: object) -> Gathered:
    (root / "keep").mkdir(exist_ok=True)
    (root / "keep" / "work.ics").write_bytes(body)
    return gather("calendar", {"paths": ["keep/work.ics"], **settings}, root)


def event(*lines: str, people: bytes = PEOPLE % b"ACCEPTED") -> bytes:
    """An entry of these lines, with the people of the example."""
    given = "".join(f"{line}\r\n" for line in lines)
    uid = "" if "UID" in given else "UID:one@example.org\r\n"
    return b"BEGIN:VEVENT\r\n" + (uid + given).encode() + people + b"END:VEVENT\r\n"


def calendar(*events: bytes, head: bytes = b"") -> bytes:
    return HEAD + head + b"".join(events) + END


def starts(found: Gathered) -> list[str]:
    return [f"{piece.happened_at:%Y-%m-%dT%H:%M}" for piece in found.evidence if piece.happened_at]


# What a meeting comes to


def test_a_series_with_an_exception(tmp_path: Path) -> None:
    found = gathered(tmp_path, calendar(ZONE, SERIES))
    assert not found.skipped
    by_id = {piece.id: piece for piece in found.evidence}
    # Summer time begins on 29 March: ten o'clock stays ten o'clock there.
    assert sorted(by_id) == [f"calendar:weekly@example.org/2026{stamp}Z" for stamp in ("0302T090000", "0309T090000", "0316T090000", "0323T090000", "0330T080000")]
    assert by_id["calendar:weekly@example.org/20260309T090000Z"] == Evidence(
        id="calendar:weekly@example.org/20260309T090000Z", source="calendar", kind="meeting", origin="calendar", ref="weekly@example.org",
        title="Deploys, weekly", actor="bob@example.org", happened_at=datetime(2026, 3, 9, 9, tzinfo=UTC),
        recorded_at=datetime(2026, 2, 20, 10, tzinfo=UTC), grade=Grade.KEPT, text="What queues up.",
        participants=(
            Participant("bob@example.org", Role.AUTHOR), Participant("ann@example.org", Role.ATTENDEE), Participant("cyd@example.org", Role.ATTENDEE),
        ),
        facts=(("minutes", "45"), ("recurring", "yes"), ("answer", "ann@example.org accepted"), ("answer", "cyd@example.org tentative")),
    )
    moved = by_id["calendar:weekly@example.org/20260316T090000Z"]
    assert moved.title == "Deploys, moved" and moved.happened_at == datetime(2026, 3, 16, 13, tzinfo=UTC)
    assert ("answer", "ann@example.org declined") in moved.facts and moved.fact("minutes") == "60"
    assert found.accounts == (
        Account("bob@example.org", "Bob Brink", "bob@example.org"), Account("ann@example.org", "Ann Arbor", "ann@example.org"),
        Account("cyd@example.org", "Cyd Chase", "cyd@example.org"),
    )


def test_days_that_are_left_out_and_added(tmp_path: Path) -> None:
    body = event("DTSTAMP:20260401T000000Z", "DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260303T090000Z",
                 "RDATE:20260310T090000Z")
    assert starts(gathered(tmp_path, calendar(body))) == ["2026-03-02T09:00", "2026-03-04T09:00", "2026-03-10T09:00"]


def test_private_entries_keep_their_times_alone(tmp_path: Path) -> None:
    for settings, people in (({}, []), ({"owner": "Ann@example.org"}, ["ann@example.org"])):
        found = gathered(tmp_path, calendar(PRIVATE.replace(b"090000\r\n", b"090000Z\r\n")), **settings)
        (one,) = found.evidence
        assert (one.title, one.text, one.url, one.actor) == ("(private)", "", None, "") and not found.accounts
        assert [part.person for part in one.participants] == people and one.happened_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
        assert [value for name, value in one.facts if name == "answer"] == [f"{who} accepted" for who in people]
        assert one.fact("minutes") == "30" and one.fact("left-out") == "private"
    assert b"Not for you" in PRIVATE and "Not for you" not in repr(found)


def test_whole_days_and_what_was_cancelled(tmp_path: Path) -> None:
    (one,) = gathered(tmp_path, calendar(WHOLE), timezone="Europe/Berlin").evidence
    assert one.happened_at == datetime(2026, 3, 3, 23, tzinfo=UTC) and one.fact("minutes") is None and one.fact("status") == "cancelled"
    timed = event("DTSTART:20260303T090000Z", "DTEND:20260303T100000Z", "STATUS:CANCELLED")
    assert gathered(tmp_path, calendar(timed)).evidence[0].fact("minutes") is None, "what did not take place took no time"
    (one,) = gathered(tmp_path, calendar(timed.replace(b"STATUS:CANCELLED\r\n", b""), head=b"METHOD:CANCEL\r\n")).evidence
    assert one.fact("status") == "cancelled"


def test_time_zones(tmp_path: Path) -> None:
    def start(line: str, head: bytes = b"", zone: bytes = b"") -> str:
        return starts(gathered(tmp_path, calendar(zone, event(line, "DURATION:PT1H"), head=head), timezone="Europe/Berlin"))[0]

    assert start("DTSTART:20260302T090000Z") == "2026-03-02T09:00"
    assert start("DTSTART;TZID=America/New_York:20260302T090000") == "2026-03-02T14:00"
    assert start("DTSTART;TZID=W. Europe Standard Time:20260302T090000") == "2026-03-02T08:00"
    assert start("DTSTART;TZID=Office:20260702T090000", zone=ZONE) == "2026-07-02T07:00"
    assert start("DTSTART:20260302T090000") == "2026-03-02T08:00", "a time without a zone is that of the settings"
    assert start("DTSTART:20260302T090000", head=b"X-WR-TIMEZONE:America/New_York\r\n") == "2026-03-02T14:00", "or the calendar's own"
    with pytest.raises(MusterError, match="no time zone"):
        gathered(tmp_path, calendar(), timezone="Nowhere/None")


@pytest.mark.parametrize(("stamps", "recorded"), [
    (("CREATED:20260201T000000Z", "LAST-MODIFIED:20260220T000000Z", "DTSTAMP:20260225T000000Z"), datetime(2026, 2, 1, tzinfo=UTC)),
    (("LAST-MODIFIED:20260220T000000Z", "DTSTAMP:20260225T000000Z"), datetime(2026, 2, 20, tzinfo=UTC)),
    (("DTSTAMP:20260225T000000Z",), datetime(2026, 2, 25, tzinfo=UTC)),
    (("DTSTAMP:20260601T000000Z",), None),
    (("CREATED:00001231T000000Z", "DTSTAMP:20260601T000000Z"), None),
    (("CREATED:19000101T120000Z", "LAST-MODIFIED:20260220T000000Z"), datetime(2026, 2, 20, tzinfo=UTC)),
])  # fmt: skip
def test_when_it_was_written_down(stamps: tuple[str, ...], recorded: datetime | None, tmp_path: Path) -> None:
    """A stamp that an export made after the meeting says nothing of that."""
    (one,) = gathered(tmp_path, calendar(event("DTSTART:20260302T090000Z", "DURATION:PT1H", *stamps))).evidence
    assert one.recorded_at == recorded


def test_who_is_named(tmp_path: Path) -> None:
    people = (b"ORGANIZER;CN=Bob;EMAIL=bob@example.org:invalid:nomail\r\nATTENDEE;CN=Ann:MAILTO:Ann@Example.org\r\nATTENDEE;CN=Nobody:urn:uuid:1\r\n"
              b"ATTENDEE;CUTYPE=RESOURCE:mailto:beamer@example.org\r\nATTENDEE;CUTYPE=GROUP;CN=Team:mailto:team@example.org\r\n")
    (one,) = gathered(tmp_path, calendar(event("DTSTART:20260302T090000Z", people=people))).evidence
    assert one.actor == "bob@example.org" and [part.person for part in one.participants] == ["bob@example.org", "ann@example.org", "team@example.org"]
    assert one.fact("minutes") is None


def test_what_is_no_meeting_is_counted(tmp_path: Path) -> None:
    todo = b"BEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\n"
    bad = event("UID:bad@example.org", "DTSTART:tomorrow", "SUMMARY:x")
    found = gathered(tmp_path, calendar(todo, event("UID:alone", "DTSTART:20260302T090000Z", people=b""), bad, WHOLE))
    assert [piece.title for piece in found.evidence] == ["Offsite"]
    assert {skipped.reason: skipped.count for skipped in found.skipped} == {
        "entries that are no events, or do not end": 1, "entries that nobody is invited to": 1, "an event without a beginning that can be read": 1,
    }


def test_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "book" / "keep").mkdir(parents=True)
    (tmp_path / "book" / "keep" / "a.ics").write_bytes(calendar(WHOLE))
    (tmp_path / "book" / "keep" / "b.ics").write_bytes(b"\xef\xbb\xbf" + calendar(SERIES, ZONE).replace(b"\r\n", b"\n"))
    (tmp_path / "book" / "keep" / "c.txt").write_bytes(b"x")
    (tmp_path / "outside.ics").write_bytes(calendar(event("UID:away", "DTSTART:20260302T090000Z")))
    found = gather("calendar", {"paths": ["keep", "keep/a.ics", "../outside.ics", "nowhere"]}, tmp_path / "book")
    assert len(found.evidence) == 7 and {piece.ref: piece.grade for piece in found.evidence}["away"] == Grade.SAID
    assert [skipped.reason for skipped in found.skipped] == ["there is no such file or folder"]
    with pytest.raises(MusterError, match="before"):
        gather("calendar", {"paths": ["keep"], "since": date(2026, 2, 1), "until": date(2026, 1, 1)}, tmp_path / "book")


# How far a series goes


def test_a_series_goes_on_to_the_newest_stamp(tmp_path: Path) -> None:
    endless = event("UID:w", "DTSTAMP:20260420T000000Z", "DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
    assert starts(gathered(tmp_path, calendar(endless)))[-1] == "2026-04-20T09:00"
    later = event("UID:x", "DTSTAMP:20260301T000000Z", "DTSTART:20260504T120000Z", "DURATION:PT1H")
    assert max(starts(gathered(tmp_path, calendar(endless, later)))) == "2026-05-04T12:00"
    far = later.replace(b"20260504", b"20990504")
    assert starts(gathered(tmp_path, calendar(endless, far)))[-1] == "2026-04-20T09:00", "one entry of far away drags no series along"
    found = gathered(tmp_path, calendar(endless, later), since=date(2026, 3, 10), until=date(2026, 3, 24))
    assert starts(found) == ["2026-03-16T09:00", "2026-03-23T09:00"]
    assert [skipped.reason for skipped in found.skipped] == ["occurrences outside of the days that are asked for"]


def test_a_series_of_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_calendar_expand, "SERIES", 10)
    body = event("DTSTAMP:20260420T000000Z", "DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY")
    found = gathered(tmp_path, calendar(body))
    assert len(found.evidence) == 10 and found.skipped[0].reason.startswith("occurrences of a series beyond")


def test_a_thousand_events(tmp_path: Path) -> None:
    body = calendar(*(event(f"UID:{number}", "DTSTART:20260302T090000Z", "DURATION:PT1H") for number in range(1000)))
    before = time.process_time()
    assert len(gathered(tmp_path, body).evidence) == 1000
    assert time.process_time() - before < 3


ENDLESS = (
    "FREQ=SECONDLY", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;BYHOUR=25", "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31", "FREQ=SECONDLY;INTERVAL=7;BYSECOND=3",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=0", "FREQ=MINUTELY;BYSETPOS=400;BYSECOND=0", "FREQ=SECONDLY;COUNT=999999999",
)


@pytest.mark.parametrize("rule", ENDLESS)
def test_repetitions_that_never_end(rule: str, tmp_path: Path) -> None:
    bad = event("UID:bad", "DTSTAMP:20260420T000000Z", "DTSTART:19970302T090000Z", f"RRULE:{rule}")
    good = event("UID:good", "DTSTAMP:20260420T000000Z", "DTSTART:20260302T090000Z", "RRULE:FREQ=WEEKLY;COUNT=2")
    before = time.monotonic()
    found = gathered(tmp_path, calendar(bad, good))
    assert time.monotonic() - before < 6
    assert {"calendar:good/20260302T090000Z", "calendar:good/20260309T090000Z"} <= {piece.id for piece in found.evidence}, "one bad series stops no other"
    assert found.skipped or len([piece for piece in found.evidence if piece.ref == "bad"]) <= 1


def test_many_repetitions_that_never_end(tmp_path: Path) -> None:
    body = calendar(*(event(f"UID:{number}", "DTSTAMP:20260420T000000Z", "DTSTART:19970302T090000Z", "RRULE:FREQ=SECONDLY;BYSECOND=1") for number in range(40)), WHOLE)
    before = time.monotonic()
    found = gathered(tmp_path, body)
    assert time.monotonic() - before < 6
    assert [piece.title for piece in found.evidence] == ["Offsite"]
    assert {skipped.reason: skipped.count for skipped in found.skipped} == {
        "a series that takes too long to read": 3, "a series that was not tried, after others that took too long": 37,
    }


def test_a_series_that_is_long_and_ends(tmp_path: Path) -> None:
    people = b"".join(b"ATTENDEE;CN=P%d;PARTSTAT=ACCEPTED:mailto:p%d@example.org\r\n" % (one, one) for one in range(60))
    body = event("DTSTAMP:20260420T000000Z", "DTSTART;TZID=Europe/Berlin:20130102T090000", "DURATION:PT15M", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", people=people)
    assert len(gathered(tmp_path, calendar(body)).evidence) > 3000


def test_the_other_process_is_started_anew(tmp_path: Path) -> None:
    body = calendar(WHOLE)
    first = gathered(tmp_path, body)
    assert CHILDREN.process is not None
    os.kill(CHILDREN.process.pid, signal.SIGKILL)
    assert gathered(tmp_path, body) == first
    CHILDREN.stop()
    assert gathered(tmp_path, body) == first == gathered(tmp_path, FILES["keep/work.ics"].replace(ZONE + SERIES + PRIVATE, b""))
