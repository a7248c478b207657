"""Calendars on a server: a real Radicale on loopback, in a process and an environment of its own."""

from __future__ import annotations

import http.server
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from muster.model import Grade, MusterError
from muster.sources import caldav, gather
from muster.sources._client import Client
from muster.sources._kept import Kept, Raw, path_of
from tests.real_servers import PASSWORD, USER, CalendarServer, radicale
from tests.sources.calendar import END, HEAD, PEOPLE, PRIVATE, SERIES, WHOLE, ZONE

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[CalendarServer]:
    with radicale() as one:
        yield one


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_CALDAV_PASSWORD", PASSWORD)


def send(server: CalendarServer, method: str, path: str, body: bytes = b"") -> httpx.Response:
    """What a calendar program would send."""
    answer = httpx.request(method, server.url + path, content=body, auth=(USER, PASSWORD), headers={"Content-Type": "text/calendar"}, trust_env=False)
    assert answer.status_code < 300, answer.text
    return answer


def made(server: CalendarServer, name: str) -> None:
    """Make a calendar."""
    body = (b'<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop><d:displayname>%s</d:displayname>'
            b"</d:prop></d:set></c:mkcalendar>" % name.encode())
    send(server, "MKCALENDAR", f"{name}/", body)


def sync(root: Path, url: str, now: datetime = NOW, tell: Any = None) -> None:
    with Kept(path_of(root, "caldav"), clock=lambda: now) as kept:
        caldav.fetch(caldav.Settings(url, USER), root, kept, tell or (lambda *_: None))
        kept.ended()


def raws(root: Path) -> dict[str, Raw]:
    with Kept(path_of(root, "caldav"), reading=True) as kept:
        return {raw.key.rpartition("/")[2]: raw for raw in kept.items()}


def table(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "user": USER, "owner": "ann@example.org", "timezone": "Europe/Berlin", **more}


def single(number: int) -> bytes:
    """An entry that stands once."""
    return HEAD + (b"BEGIN:VEVENT\r\nUID:one-%d@example.org\r\nDTSTAMP:20260301T000000Z\r\nDTSTART:202603%02dT090000Z\r\nDURATION:PT30M\r\nSUMMARY:Talk %d\r\n"
                   % (number, number % 28 + 1, number)) + PEOPLE % b"ACCEPTED" + b"END:VEVENT\r\n" + END


def test_what_is_there_then_what_changed_then_what_is_gone(server: CalendarServer, tmp_path: Path) -> None:
    made(server, "work")
    url = server.url + "work/"
    send(server, "PUT", "work/weekly.ics", HEAD + ZONE + SERIES + END)
    send(server, "PUT", "work/day.ics", HEAD + WHOLE + END)
    sync(tmp_path, url)
    first = raws(tmp_path)
    assert sorted(first) == ["day.ics", "weekly.ics"] and b"TZID=Office" in first["weekly.ics"].body
    found = gather("caldav", table(url), tmp_path)
    assert len(found.evidence) == 6 and not found.skipped and found.synced == NOW
    assert {piece.source for piece in found.evidence} == {"calendar"} and {piece.grade for piece in found.evidence} == {Grade.KEPT}

    asked: list[str] = []
    original = Client.ask

    def counted(self: Client, method: str, path: str, xml: bytes, depth: str) -> Any:
        asked.append(f"{method} {b'multiget' in xml and xml.count(b'<d:href>')}")
        return original(self, method, path, xml, depth)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "ask", counted)
        sync(tmp_path, url)
        assert asked == ["PROPFIND False", "REPORT False"], "nothing changed, and something was brought"
        asked.clear()
        send(server, "PUT", "work/day.ics", HEAD + WHOLE.replace(b"STATUS:CANCELLED", b"STATUS:CONFIRMED") + END)
        send(server, "DELETE", "work/weekly.ics")
        sync(tmp_path, url)
        assert asked == ["PROPFIND False", "REPORT False", "REPORT 1"]
    assert raws(tmp_path)["weekly.ics"].body == b""
    found = gather("caldav", table(url), tmp_path)
    assert [piece.title for piece in found.evidence] == ["Offsite"] and found.evidence[0].fact("status") is None


def test_all_calendars_of_a_folder(server: CalendarServer, tmp_path: Path) -> None:
    made(server, "team")
    send(server, "PUT", "team/own.ics", HEAD + PRIVATE + END)
    sync(tmp_path, server.url)
    assert "own.ics" in raws(tmp_path)
    one = next(piece for piece in gather("caldav", table(server.url), tmp_path).evidence if piece.ref == "own@example.org")
    assert one.title == "(private)" and one.text == "" and [part.person for part in one.participants] == ["ann@example.org"]
    assert one.fact("minutes") == "30" and one.fact("left-out") == "private"


def test_a_series_goes_on_to_the_last_sync(server: CalendarServer, tmp_path: Path) -> None:
    made(server, "endless")
    url = server.url + "endless/"
    send(server, "PUT", "endless/weekly.ics", HEAD + ZONE + SERIES.replace(b";COUNT=5", b"") + END)
    sync(tmp_path, url)
    days = [piece.happened_at for piece in gather("caldav", table(url), tmp_path).evidence if piece.happened_at]
    assert max(days) == datetime(2026, 6, 29, 8, tzinfo=UTC)
    sync(tmp_path, url, NOW + timedelta(days=7))
    days = [piece.happened_at for piece in gather("caldav", table(url), tmp_path).evidence if piece.happened_at]
    assert max(days) == datetime(2026, 7, 6, 8, tzinfo=UTC)
    asked = gather("caldav", table(url, since="2026-03-10", until="2026-03-20"), tmp_path).evidence
    assert [piece.title for piece in asked] == ["Deploys, moved"]


def test_many_and_stopped_at_any_moment(server: CalendarServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(server, "many")
    url = server.url + "many/"
    for number in range(12):
        send(server, "PUT", f"many/{number:02d}.ics", single(number))
    monkeypatch.setattr(caldav, "MANY", 5)
    sync(tmp_path / "whole", url)
    for _ in range(2):

        def tell(what: str, done: int, total: int | None) -> None:
            if done:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sync(tmp_path / "part", url, tell=tell)
    sync(tmp_path / "part", url)
    whole, part = raws(tmp_path / "whole"), raws(tmp_path / "part")
    assert [(raw.key, raw.body) for raw in part.values()] == [(raw.key, raw.body) for raw in whole.values()] and len(part) == 12
    assert gather("caldav", table(url), tmp_path / "part").evidence == gather("caldav", table(url), tmp_path / "whole").evidence


def test_a_token_that_is_no_more_taken_and_a_server_without(server: CalendarServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(server, "tokens")
    url = server.url + "tokens/"
    for number in range(3):
        send(server, "PUT", f"tokens/{number}.ics", single(number))
    sync(tmp_path, url)
    with Kept(path_of(tmp_path, "caldav")) as kept:
        kept.put((), {f"/{USER}/tokens/": "http://radicale.org/ns/sync/" + "0" * 64})
    send(server, "DELETE", "tokens/1.ics")
    sync(tmp_path, url)
    assert [bool(raw.body) for raw in raws(tmp_path).values()] == [True, False, True]
    monkeypatch.setattr(caldav, "SYNC", "<d:nothing xmlns:d='DAV:'>{}</d:nothing>")
    send(server, "PUT", "tokens/3.ics", single(3))
    send(server, "DELETE", "tokens/0.ics")
    sync(tmp_path, url)
    assert [bool(raw.body) for raw in raws(tmp_path).values()] == [False, False, True, True]


def test_the_password_and_what_is_no_calendar(server: CalendarServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(server, "lonely")
    send(server, "PUT", "lonely/one.ics", single(1))
    with pytest.raises(MusterError, match="no calendar at this address"):
        sync(tmp_path, server.url + "lonely/one.ics")
    monkeypatch.setenv("MUSTER_CALDAV_PASSWORD", "wrong-guess-0815")
    with pytest.raises(MusterError, match="401") as caught:
        sync(tmp_path, server.url)
    for said in ("wrong-guess", b64encode(f"{USER}:wrong-guess-0815".encode()).decode()):
        assert said not in str(caught.value)
    with pytest.raises(MusterError, match="unencrypted"):
        sync(tmp_path, "http://dav.example.org/ann/")
    monkeypatch.delenv("MUSTER_CALDAV_PASSWORD")
    with pytest.raises(MusterError, match="no password"):
        sync(tmp_path, server.url)


# A server that means harm


@contextmanager
def hostile(answer: bytes, status: int = 207, location: str = "") -> Iterator[tuple[str, list[str]]]:
    """The address of a server that says the same to everybody, and what it was sent."""
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PROPFIND(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append(self.headers.get("Authorization", ""))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_REPORT = do_PROPFIND  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{one.server_port}/ann/", seen
        finally:
            one.shutdown()


CALENDAR = (b'<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response><d:href>%s</d:href><d:propstat><d:prop>'
            b"<d:resourcetype><d:collection/><c:calendar/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
            b"%s</d:multistatus>")


@pytest.mark.parametrize("answer", [
    b"", b"<html/>", b"{}", b"<d:multistatus xmlns:d='DAV:'>", b"<a>" * 200_000,
    b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><x>&b;</x>", "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x/>".encode("utf-16"),
    b"<d:multistatus xmlns:d='DAV:'>" + b"<d:x/>" * 1_100_000 + b"</d:multistatus>", b"<?xml version='1.0' encoding='nonsense'?><x/>", b"\x00" * 1000,
], ids=range(10))  # fmt: skip
def test_answers_that_are_none(answer: bytes, tmp_path: Path) -> None:
    with hostile(answer) as (url, _), pytest.raises(MusterError, match=r"something else than CalDAV|no calendar"):
        sync(tmp_path, url)


def test_another_origin_gets_nothing(tmp_path: Path) -> None:
    with hostile(b"") as (other, stolen):
        with hostile(b"", 302, other) as (url, _), pytest.raises(MusterError, match="leads to another place"):
            sync(tmp_path, url)
        # An address of another server in an answer is read as a path of this one.
        with hostile(CALENDAR % (other.encode() + b"meetings/", b"")) as (url, seen):
            sync(tmp_path, url)
            assert len(seen) >= 2
        assert stolen == []
    assert not raws(tmp_path)


def test_a_token_that_turns_in_circles(tmp_path: Path) -> None:
    more = b"<d:response><d:href>/ann/meetings/</d:href><d:status>HTTP/1.1 507 More</d:status></d:response><d:sync-token>same</d:sync-token>"
    with hostile(CALENDAR % (b"/ann/meetings/", more)) as (url, seen):
        sync(tmp_path, url)
        assert len(seen) < 10
