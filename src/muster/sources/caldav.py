"""Calendars on a server, over CalDAV (RFC 4791): what `muster sync caldav` has brought here, read as `calendar` reads files.

What changed is asked for by the calendar's sync-token (RFC 6578), else by the ETag of each entry, and brought in batches
(calendar-multiget). What is gone there is gone here. Nothing is ever changed on the server. The password comes from the
keyring or the environment, and goes to that server alone. Dates in a calendar are written by calendar programs, not by
the server, so the grade is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from muster.model import Account, Evidence, Grade, MusterError, Skipped
from muster.sources._calendar_read import Calendar, meetings, zone_of
from muster.sources._client import Answer, Client, RefusedError, Tell, basic, secret
from muster.sources._kept import Kept, Raw
from muster.sources.calendar import BLIND as BLIND
from muster.sources.calendar import QUESTIONS as QUESTIONS
from muster.sources.calendar import SHOWS as SHOWS

SOURCE = "caldav"
SAME_AS = "calendar"
KEPT = True
GIVES = ("calendar",)
EXAMPLE = """
[sources.caldav]
url = "https://dav.example.org/ann/meetings/"
user = "ann"
owner = "ann@example.org"
timezone = "Europe/Berlin"
"""

DAV, CAL = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
#: Entries that are asked for at once, and answers in a row that say there is more.
MANY, MOST_ANSWERS = 50, 1000
#: Elements of an answer; each takes more memory than its letters.
MOST_TAGS = 1_000_000

FIND = b"""<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:displayname/></d:prop></d:propfind>"""
LIST = b"""<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:getetag/></d:prop></d:propfind>"""
SYNC = """<?xml version="1.0" encoding="utf-8"?>
<d:sync-collection xmlns:d="DAV:"><d:sync-token>{}</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"""
GET = """<?xml version="1.0" encoding="utf-8"?>
<c:calendar-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><d:getetag/><c:calendar-data/></d:prop>{}</c:calendar-multiget>"""


@dataclass(frozen=True, slots=True)
class Settings:
    """Which calendars: `url` is that of one, or of a folder of which all calendars are taken; `user` is who signs in there.

    Meetings from the day `since` to the day `until` are taken; without `until`, those up to the last sync. `owner` is the e-mail of
    whose calendar it is: private entries count for them alone. `timezone` is that of times that name none.
    """

    url: str
    user: str
    since: date | None = None
    until: date | None = None
    owner: str = ""
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        zone_of(self.timezone)
        if self.since and self.until and self.since > self.until:
            raise ValueError("`until` is before `since`")


@dataclass(frozen=True, slots=True)
class Entry:
    """What an answer says of one address: its status, where it is not that of what was asked for, and the properties that it has."""

    href: str
    status: int
    found: Mapping[str, ElementTree.Element] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A property's text; empty where it has none."""
        there = self.found.get(name)
        return (there.text or "") if there is not None else ""


def fetch(settings: Settings, root: Path, kept: Kept, tell: Tell) -> None:
    """Bring what changed in each calendar into `kept`. Can be stopped at any moment, and goes on from there.

    Raises MusterError, in which the password never stands, where the server cannot be reached, does not take the password,
    or answers with something else.
    """
    host = urlsplit(settings.url).hostname or settings.url
    password = secret("caldav", host, ("MUSTER_CALDAV_PASSWORD",))
    if password is None:
        raise MusterError(f"caldav: {host}", "there is no password for it", "Store one in the keyring; docs/sources.md says how.")
    with Client(settings.url, basic(settings.user, password), scheme="Basic ", tell=tell, clock=kept.clock) as client:
        tell(f"opening {host}", 0, None)
        there = read(client.ask("PROPFIND", "", FIND, depth="1"))[0]
        calendars = sorted({entry.href for entry in there if is_calendar(entry)})
        if not calendars:
            raise MusterError(f"caldav: {host}", "there is no calendar at this address", "Set `url` in muster.toml to that of a calendar, or of the folder that it is in.")
        for calendar in calendars:
            bring(client, settings.url, calendar, kept, tell)


def bring(client: Client, url: str, calendar: str, kept: Kept, tell: Tell) -> None:
    """Bring what changed in one calendar. The token is kept with the last of it, so nothing is missed where this is stopped."""
    name = unquote(calendar.rstrip("/").rpartition("/")[2])
    there = changes(client, url, calendar, kept.cursor(calendar) or "")
    gone = there.gone
    if there.whole:
        gone = {raw.key for raw in kept.items(calendar) if raw.body and raw.key not in there.etags}
    wanted = [
        href for href, etag in sorted(there.etags.items())
        if not etag or kept.cursor(f"etag {href}") != etag or kept.get(href) is None
    ]
    for start in range(0, len(wanted), MANY):
        some = wanted[start : start + MANY]
        asked = GET.format("".join(f"<d:href>{escape(href)}</d:href>" for href in some))
        answer = client.ask("REPORT", urljoin(url, calendar), asked.encode(), depth="1")
        items, etags = [], {}
        for entry in read(answer)[0]:
            data = entry.text(f"{CAL}calendar-data")
            if entry.href in some and data:
                items.append(Raw(entry.href, "calendar", data.encode("utf-8", "replace"), answer.at))
                etags[f"etag {entry.href}"] = entry.text(f"{DAV}getetag")
        kept.put(items, etags)
        tell(f"calendar {name}", min(start + MANY, len(wanted)), len(wanted))
    ended = [Raw(href, "calendar", b"", kept.clock()) for href in sorted(gone)]
    kept.put(ended, {calendar: there.token, **{f"etag {href}": "" for href in sorted(gone)}})


@dataclass(slots=True)
class Changes:
    """What changed in a calendar: ETags by address, what is gone, and the token to ask with next time.

    With `whole`, everything that is there is listed, and what is not listed is gone.
    """

    etags: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    token: str = ""
    whole: bool = False


def changes(client: Client, url: str, calendar: str, token: str) -> Changes:
    """What changed since a token; everything where there is none, where it is too old, or where the server knows no tokens."""
    for begin in dict.fromkeys((token, "")):
        found = Changes(token=begin, whole=not begin)
        try:
            for _ in range(MOST_ANSWERS):
                asked = SYNC.format(escape(found.token)).encode()
                entries, next_ = read(client.ask("REPORT", urljoin(url, calendar), asked, depth="0"))
                if not next_:
                    break  # a server that answers without a token has not understood
                take(found, entries, calendar)
                again, found.token = next_ != found.token, next_
                if not again or not any(entry.status == 507 for entry in entries):
                    return found
        except RefusedError as error:
            if error.status in (401, 404):
                raise
    found = Changes(whole=True)
    take(found, read(client.ask("PROPFIND", urljoin(url, calendar), LIST, depth="1"))[0], calendar)
    return found


def take(found: Changes, entries: list[Entry], calendar: str) -> None:
    """Put what an answer says into what was found. Addresses outside of the calendar are none of it."""
    for entry in entries:
        if not entry.href.startswith(calendar) or entry.href == calendar or f"{DAV}collection" in kinds(entry):
            continue
        if entry.status in (404, 410):
            found.gone.add(entry.href)
            found.etags.pop(entry.href, None)
        elif entry.status < 300:
            found.etags[entry.href] = entry.text(f"{DAV}getetag")
            found.gone.discard(entry.href)


def read(answer: Answer) -> tuple[list[Entry], str]:
    """The entries of an answer (RFC 4918, 14.16), and its sync-token. MusterError where it is none."""
    body = answer.body
    try:
        if re.search(rb"<!(DOCTYPE|ENTITY)", body, re.IGNORECASE) or re.search(rb"<\x00?!\x00?[DE]", body):
            raise ValueError("it defines entities")
        if body.count(b"<") > MOST_TAGS:
            raise ValueError(f"it has more than {MOST_TAGS:,} elements")
        top = ElementTree.fromstring(body)  # noqa: S314 - what makes it dangerous is refused above
        if top.tag != f"{DAV}multistatus":
            raise ValueError(f"it is {top.tag[:60]}")
    except (ElementTree.ParseError, ValueError, RecursionError, LookupError) as error:
        raise MusterError(
            answer.url.partition("?")[0], f"answers with something else than CalDAV: {str(error)[:120]}",
            "See that `url` in muster.toml is the CalDAV address, and no page for reading.",
        ) from None
    entries = []
    for one in top.findall(f"{DAV}response"):
        # An address as a path of the same server, however the server writes it.
        href = urlsplit((one.findtext(f"{DAV}href") or "").strip()).path
        found = {
            there.tag: there
            for part in one.findall(f"{DAV}propstat") if code(part.findtext(f"{DAV}status")) < 300
            for prop in part.findall(f"{DAV}prop") for there in prop
        }
        entries.append(Entry(href, code(one.findtext(f"{DAV}status")), found))
    return entries, (top.findtext(f"{DAV}sync-token") or "").strip()


def code(status: str | None) -> int:
    """The number in “HTTP/1.1 404 Not Found”; 200 where nothing is said."""
    found = re.search(r"\s(\d{3})\b", status or "")
    return int(found[1]) if found else 200


def kinds(entry: Entry) -> set[str]:
    """What sorts of thing an entry is."""
    there = entry.found.get(f"{DAV}resourcetype")
    return {one.tag for one in there} if there is not None else set()


def is_calendar(entry: Entry) -> bool:
    """Whether it is a calendar."""
    return f"{CAL}calendar" in kinds(entry)


def replay(settings: Settings, kept: Kept) -> Iterator[Raw]:
    """What was kept of the calendars that are asked for, each with what is asked of it: series go on to the last sync."""
    path = urlsplit(settings.url).path
    until = settings.until or (kept.synced.date() if kept.synced else None)
    for raw in kept.items(path if path.endswith("/") else path + "/"):
        yield Calendar(raw.key, raw.kind, raw.body, raw.seen, settings.since, until, settings.owner, settings.timezone, name_of(raw.key))


def name_of(key: str) -> str:
    """The calendar that an entry is in, as it is shown."""
    return unquote(key.rpartition("/")[0].rpartition("/")[2]) or key


def parse(raw: Raw) -> Iterator[Evidence | Account | Skipped]:
    """The meetings of an entry; nothing of one that is gone. ValueError where it is no calendar."""
    return meetings(raw, Grade.KEPT) if raw.body else iter(())
