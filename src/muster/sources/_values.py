"""What a remote source's answers are read with: JSON as records, times in UTC, texts of one line, addresses of one host.

Everything raises ValueError alone, in words that a person can read, and leaves nothing that cannot be written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from muster.model import Skipped
from muster.sources._kept import Kept, Raw

#: Texts and titles longer than this many letters are cut.
LONGEST, LONGEST_TITLE = 20_000, 300
#: Labels, links and people that are taken of one item; wrong records after which no more are looked at.
MOST, WORST = 200, 1000

T = TypeVar("T")


def decoded(raw: Raw, type_: type[T]) -> T:
    """The body as that record; ValueError where it is not one."""
    try:
        return msgspec.json.decode(raw.body, type=type_)
    except RecursionError:
        raise ValueError("nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)[:160]) from None


def look(body: bytes, type_: type[T]) -> T | None:
    """What a `fetch` looks at of an item before it keeps it as it is; None where it has not that shape, which `parse` then says."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (ValueError, RecursionError):
        return None


def some(bodies: Iterable[msgspec.Raw] | None, type_: type[T]) -> tuple[list[T], Counter[str]]:
    """Those of the bodies that are such records, in their order, and what is wrong with how many others.

    So one bad comment takes no issue away. After WORST bad ones the rest is not looked at.
    """
    found: list[T] = []
    wrong: Counter[str] = Counter()
    bad = 0
    for body in bodies or ():
        if bad >= WORST:
            wrong["not read, after so many that are wrong"] += 1
            continue
        try:
            found.append(msgspec.json.decode(body, type=type_))
            continue
        except RecursionError:
            reason = "nested too deep"
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            reason = line(str(error), 160)
        bad += 1
        wrong[reason] += 1
    return found, wrong


def left_out(where: str, wrong: Counter[str]) -> Iterator[Skipped]:
    """What `some` could not read, as it is told."""
    for reason, count in wrong.items():
        yield Skipped(where, reason, count)


def gone(kept: Kept, prefix: str, seen: Iterable[str]) -> Iterator[Raw]:
    """What was below a prefix and is no more among the keys that were seen, as items without a body."""
    there = set(seen)
    for raw in kept.items(prefix):
        if raw.key not in there and raw.body:
            yield Raw(raw.key, raw.kind, b"", kept.clock())


def clock(at: datetime) -> datetime:
    """The time in UTC; ValueError where it has no zone, or lies outside of what a calendar holds."""
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: {at}")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"a time outside of the calendar: {at}") from None


def instant(said: str) -> datetime:
    """A time as text, with its zone in whatever spelling of ISO 8601, in UTC; ValueError where it is none."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise ValueError(f"no time: {said[:40]!r}") from None
    return clock(at)


def when(at: datetime | None) -> str:
    """The time as a fact has it; empty for none."""
    return clock(at).isoformat().replace("+00:00", "Z") if at else ""


def stamp(at: datetime) -> str:
    """An instant to the second, as servers take it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def earlier(said: str, by: timedelta) -> str:
    """A stamp that lies that much before another; the same where there is nothing before it."""
    at = datetime.fromisoformat(said)
    return stamp(at - by if at.year > 1970 else at)


def line(said: str | None, most: int = 1000) -> str:
    """A text on one line, cut where it is longer."""
    plain = " ".join(written(said or "").split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def text(said: str | None) -> str:
    """A body with plain line ends, cut where it is longer than LONGEST."""
    plain = written(said or "").replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return plain if len(plain) <= LONGEST else plain[:LONGEST] + "\n[cut here]"


def written(said: str) -> str:
    """A text without what none can hold."""
    return said.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def words(said: str | None) -> str:
    """A word of an API as it is read: not_planned is "not planned"."""
    return line(said, 60).lower().replace("_", " ")


def hashed(said: str | None) -> str:
    """A commit's full hash; empty where it is none."""
    low = (said or "").lower()
    return low if len(low) in (40, 64) and all(letter in "0123456789abcdef" for letter in low) else ""


def account(source: str, id_: str | int | None) -> str:
    """An account as evidence names it, `SOURCE:ACCOUNT`; empty where there is none, or it has odd letters in it."""
    plain = str(id_ if id_ is not None else "")
    known = plain.isprintable() and plain.isascii() and not set(plain) & set(" \"'<>\\/#")
    return f"{source}:{plain}" if plain and len(plain) <= 160 and known else ""


def email(said: str | None) -> str:
    """An e-mail in lower case; empty where it is none."""
    low = (said or "").strip().lower()
    name, at, host = low.rpartition("@")
    plain = low.isprintable() and not set(low) & set(" \"'<>\\,;()[]")
    return low if at and name and host and "@" not in name and plain and len(low) <= 254 and low.isascii() else ""


def address(said: str | None, host: str = "") -> str | None:
    """An address over http or https that a person can open, of that host where one is given; None where it is none."""
    try:
        parts = urlsplit(said or "")
        found = parts.netloc.lower()
    except ValueError:
        return None
    whole = parts.scheme in ("http", "https") and found and "@" not in found and (not host or found == host)
    return said if whole and said and len(said) <= 2000 and said.isascii() and said.isprintable() and not set(said) & set(" \"'<>\\") else None


def facts(*pairs: tuple[str, str | None]) -> tuple[tuple[str, str], ...]:
    """Those of the pairs that say something, each once."""
    return tuple(dict.fromkeys((name, value) for name, value in pairs if value))


# Settings

def host_of(base: str, example: str) -> str:
    """The host of an API's address; ValueError where it is none."""
    try:
        found = urlsplit(base)
        host, _ = found.netloc.lower(), found.port
    except ValueError:
        host = ""
    if not host or found.scheme not in ("http", "https") or "@" in host or found.query or found.fragment or not base.isascii():
        raise ValueError(f"`base`: {base!r} is no address; write {example}")
    return host


def first_instant(day: date | None) -> str:
    """The first instant of a day as a stamp; empty for none."""
    return f"{day.isoformat()}T00:00:00Z" if day else ""
