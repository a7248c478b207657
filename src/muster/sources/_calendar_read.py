"""Meetings of a calendar as evidence: who asked whom, who answered what, when and for how long."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from muster.model import Account, Evidence, Grade, Participant, Role, Skipped
from muster.sources import _calendar_expand as expand
from muster.sources._kept import Raw

#: Every meeting's id begins with this, whichever way its calendar came.
SOURCE = "calendar"

#: Calendars without any date are read from here on; what is dated before it is no date.
FIRST = datetime(1990, 1, 1, tzinfo=UTC)
#: How far ahead of a calendar's newest stamp a series is followed, where a single event stands there.
AHEAD = timedelta(days=366)
MOST_TEXT = 2000

ALONE = "entries that nobody is invited to"
ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
#: How to dial in is no part of what a meeting is about, and often holds a password.
DIAL = re.compile(r"^.*(zoom\.us|teams\.microsoft|meet\.google|webex\.|join .{0,40}meeting|pass(code|word)|dial[- ]?in|meeting id|_{20,}|-::~).*$", re.IGNORECASE | re.MULTILINE)
WRONG = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Calendar(Raw):
    """A calendar as it came, and what is asked of it: from which day to which, for whom, in which time zone."""

    since: date | None = None
    until: date | None = None
    owner: str = ""
    zone: str = "UTC"
    name: str = ""


def zone_of(name: str) -> str:
    """The name of a time zone, as it stands; ValueError where there is none of that name."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; one is “Europe/Berlin”") from None


def meetings(raw: Raw, grade: Grade) -> Iterator[Evidence | Account | Skipped]:
    """Every meeting in a calendar, an account for each address that shows a name, and what was not taken.

    ValueError where it is no calendar.
    """
    asked = raw if isinstance(raw, Calendar) else Calendar(raw.key, raw.kind, raw.body, raw.seen)
    where = f"{SOURCE}: {asked.name or asked.key}"
    parts = expand.apart(raw.body)
    zone = own_zone(parts.head, asked.zone)
    since, until = window(asked)
    cancelled = bool((method := expand.METHOD.search(parts.head)) and method[1].upper() == b"CANCEL")
    left: Counter[str] = Counter()
    for what, count in (("entries that are no events, or do not end", parts.others), (f"events larger than {expand.LARGEST >> 10} KB", parts.large),
                        (f"events beyond the first {expand.EVENTS:,}", parts.more), (ALONE, parts.alone)):
        left[what] += count
    accounts: dict[str, Account] = {}
    for one in (*expand.singles(parts, zone), *expand.repeated(parts, zone, since, until)):
        if reason := left_out(one):
            left[reason] += 1
            continue
        start = datetime.fromisoformat(one["start"]["at"])
        if (asked.since and start < since) or (asked.until and start >= until):
            left["occurrences outside of the days that are asked for"] += 1
            continue
        piece = meeting(one, start, grade, asked, cancelled, accounts)
        if piece is None:
            left[ALONE] += 1
        else:
            yield piece
    yield from accounts.values()
    yield from (Skipped(where, reason, count) for reason, count in left.items() if count)


def left_out(one: Mapping[str, Any]) -> str:
    """Why an answer of the child is no occurrence; empty where it is one."""
    if "over" in one:
        return {
            "time": "a series that takes too long to read", "memory": "a series that takes too much memory to read",
        }.get(str(one["over"]), "a series that was not tried, after others that took too long")
    if "cut" in one:
        return f"occurrences of a series beyond the first {expand.SERIES:,}"
    if "none" in one:
        return "series that do not take place in the days that are read"
    if "wrong" in one:
        return "an event that cannot be read: " + " ".join(WRONG.sub("", str(one["wrong"])).split())[:120]
    return "" if one["start"] else "an event without a beginning that can be read"


def own_zone(head: bytes, fallback: str) -> str:
    """The time zone of times that name none: the calendar's own, else the one of the settings."""
    found = expand.ZONE.search(head)
    if found:
        try:
            return zone_of(found[1].decode())
        except ValueError:
            pass
    try:
        return zone_of(fallback)
    except ValueError:
        return "UTC"


def window(asked: Calendar) -> tuple[datetime, datetime]:
    """From when to when series are followed.

    Without `until` a series goes on to the calendar's newest stamp, when it was alive last, or to an event that stands a
    year at most after that: further nobody knows whether it took place.
    """
    since = datetime.combine(asked.since, time(), UTC) if asked.since else FIRST
    if asked.until:
        return since, datetime.combine(asked.until + timedelta(days=1), time(), UTC)
    stamps = [at for found in expand.STAMPS.findall(asked.body) if (at := day(found))]
    starts = [at for found in expand.STARTS.findall(asked.body) if (at := day(found))]
    newest = max(stamps, default=max(starts, default=FIRST))
    newest = max([newest, *(at for at in starts if at <= newest + AHEAD)])
    return since, newest + timedelta(days=1)


def day(digits: bytes) -> datetime | None:
    """A day of eight digits; None where it is none that can be believed."""
    try:
        at = datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:]), tzinfo=UTC)
    except ValueError:
        return None
    return at if at >= FIRST and at.year < 2100 else None


def meeting(
    one: Mapping[str, Any], start: datetime, grade: Grade, asked: Calendar, cancelled: bool, accounts: dict[str, Account]
) -> Evidence | None:
    """An occurrence as evidence; None where nobody is invited."""
    private = one["class"].strip().upper() in ("PRIVATE", "CONFIDENTIAL")
    organiser = next((who for person in one["organiser"] if (who := address(person))), "")
    people: dict[str, str] = {}
    for person in one["asked"]:
        who = address(person)
        if who and person["CUTYPE"].upper() not in ("ROOM", "RESOURCE"):
            people.setdefault(who, ANSWERS.get(person["PARTSTAT"].upper(), ""))
    if not people and not organiser:
        return None
    owner = asked.owner.strip().lower()
    if private:
        people = {owner: people.get(owner, "")} if owner else {}
        organiser = owner if organiser == owner else ""
    else:
        for person in (*one["organiser"], *one["asked"]):
            who, name = address(person), plain(person["CN"])
            if who and name and name.lower() != who and person["CUTYPE"].upper() not in ("ROOM", "RESOURCE"):
                accounts.setdefault(who, Account(who, name[:200], who))
    status = "cancelled" if cancelled or one["status"].strip().upper() == "CANCELLED" else ""
    facts: list[tuple[str, str]] = []
    minutes = one["minutes"]
    if minutes is not None and minutes > 0 and not one["start"]["day"] and not status:
        facts.append(("minutes", f"{minutes:g}"))
    if one["repeats"]:
        facts.append(("recurring", "yes"))
    facts += [("answer", f"{who} {answer}") for who, answer in people.items() if answer]
    facts += [("status", status)] if status else []
    facts += [("left-out", "private")] if private else []
    uid = plain(one["uid"])
    if not uid or len(uid) > 250:
        uid = "sha256-" + hashlib.sha256(repr((uid, one["start"], one["summary"])).encode("utf-8", "replace")).hexdigest()[:32]
    key = uid
    if one["repeats"] or one["instance"]:
        key = f"{uid}/{datetime.fromisoformat((one['instance'] or one['start'])['at']):%Y%m%dT%H%M%SZ}"
    parts = [Participant(organiser, Role.AUTHOR)] if organiser else []
    parts += [Participant(who, Role.ATTENDEE) for who in people if who != organiser]
    title = plain(one["summary"])[:300]
    url = one["url"].strip()
    return Evidence(
        id=f"{SOURCE}:{key}", source=SOURCE, kind="meeting", origin=SOURCE, ref=uid,
        title="(private)" if private else title or "(no title)", actor=organiser, happened_at=start,
        recorded_at=recorded(one, start), grade=grade,
        url=url if not private and re.fullmatch(r"https?://[^\s<>\"\x00-\x1f]{1,500}", url) else None,
        text="" if private else about(one["description"]), participants=tuple(parts), facts=tuple(facts),
    )


def recorded(one: Mapping[str, Any], start: datetime) -> datetime | None:
    """When it was put into the calendar: `CREATED`, else its last change, else its stamp where that is not of after it.

    A stamp is also made by each export, and says then when that was.
    """
    for name in ("created", "last-modified", "dtstamp"):
        at = datetime.fromisoformat(one[name]) if one[name] else None
        if at and at >= FIRST and at.year < 2100 and (name != "dtstamp" or at <= start):
            return at
    return None


def about(description: str) -> str:
    """What the invitation says, up to how to dial in."""
    text = WRONG.sub("", description)
    if "<" in text and re.search(r"</?(p|br|div|a|html|b|span)\b", text, re.IGNORECASE):
        text = re.sub(r"<[^<>]{0,2000}>", " ", text)
    if found := DIAL.search(text[: 2 * MOST_TEXT]):
        text = text[: found.start()]
    return text[:MOST_TEXT].strip()


def plain(text: str) -> str:
    """The text on one line, without control characters."""
    return " ".join(WRONG.sub("", text).split())


def address(person: Mapping[str, str]) -> str:
    """The e-mail of whom a calendar names; empty where it gives none."""
    return mailed(person["at"], person["EMAIL"])


@lru_cache(maxsize=4096)
def mailed(*values: str) -> str:
    """The first of these that is an e-mail, in lower case."""
    for value in values:
        low = value.strip().lower().removeprefix("mailto:").strip()
        if re.fullmatch(r"[^\s@<>\"(),:;\\\x00-\x1f]{1,64}@[^\s@<>\"(),:;\\\x00-\x1f]{1,190}", low) and not WRONG.search(low):
            return low
    return ""
