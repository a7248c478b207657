"""Mail on a server, over IMAP (RFC 3501): what `muster sync imap` has brought here, read as `mail` reads files.

Folders are opened for reading alone (EXAMINE) and messages with BODY.PEEK, so nothing there is marked as read. What is
new is told by UIDVALIDITY and UID. The password comes from the keyring or the environment and goes over TLS alone.

A message has the same id as in a file, so one that is in both is one. `recorded_at` is the server's INTERNALDATE. Whoever
puts a message into a folder may choose that date, so the grade is hosted only where a `Received` line agrees with it.
"""

from __future__ import annotations

import base64
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from muster.model import Account, Evidence, Grade, MusterError
from muster.sources._client import Secret, Tell, cut, local, secret
from muster.sources._kept import Kept, Raw
from muster.sources._mail_read import LARGEST, Letter, pieces
from muster.sources.mail import BLIND as BLIND
from muster.sources.mail import QUESTIONS as QUESTIONS
from muster.sources.mail import SHOWS as SHOWS

SOURCE = "imap"
SAME_AS = "mail"
KEPT = True
GIVES = ("messages",)
EXAMPLE = """
[sources.imap]
host = "imap.example.org"
user = "ann@example.org"
folders = ["INBOX", "Sent"]
since = 2025-01-01
"""

#: How many messages, and bytes of them, are asked for at once.
MANY, MUCH = 100, 8 << 20
#: UIDs that are searched at once: an answer is one line, and lines have an end.
SPAN = 100_000
#: Seconds that nothing may come for.
SILENCE = 60.0

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LITERAL = re.compile(rb"[^\r\n]{0,2000}BODY\[\] ?\{(\d{1,10})\}\r\n")
STAMP = re.compile(rb'INTERNALDATE "\s?(\d{1,2})-([A-Z][a-z]{2})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})"')
UID = re.compile(rb"\bUID (\d{1,10})\b")
SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,12})\b")


@dataclass(frozen=True, slots=True)
class Settings:
    """Which mailbox: `host`, who signs in there (`user`), and which `folders`. `security` is tls, starttls, or none, which this
    machine itself alone may have; `port` is 993, 143 for the other two, where it is not said.

    `since` leaves out what the server received before that day. `certificate` is a file, seen from the book, with the
    certificate that the server's must be signed by, where the system does not know it.
    """

    host: str
    user: str
    folders: tuple[str, ...] = ("INBOX",)
    since: date | None = None
    security: Literal["tls", "starttls", "none"] = "tls"
    port: int = 0
    certificate: str = ""


def fetch(settings: Settings, root: Path, kept: Kept, tell: Tell) -> None:
    """Bring the messages that are new in each folder into `kept`. Can be stopped at any moment, and goes on from there.

    Raises MusterError, in which the password never stands, where the server cannot be reached, does not take the password,
    or has no such folder.
    """
    where = f"imap: {settings.host}"
    password = secret("imap", settings.host, ("MUSTER_IMAP_PASSWORD",))
    if password is None:
        raise MusterError(where, "there is no password for it", "Store one in the keyring; docs/sources.md says how.")
    server: imaplib.IMAP4 | None = None
    try:
        tell(f"opening {settings.host}", 0, None)
        server = opened(settings, root)
        signed_in(server, settings, password)
        for folder in settings.folders:
            bring(server, settings, folder, kept, tell)
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        said = cut(password.hide(str(error) or type(error).__name__))
        raise MusterError(where, said, "See the settings in muster.toml, and sync again: it goes on from here.") from None
    finally:
        if server is not None:
            leave(server)


class Server(imaplib.IMAP4):
    """A connection that takes no more than a message's worth at once."""

    def read(self, size: int) -> bytes:
        """What follows, of that size; an error where it is more than a message may have."""
        return super().read(bounded(size))


class SecureServer(imaplib.IMAP4_SSL):
    """The same, encrypted from its first byte."""

    def read(self, size: int) -> bytes:
        """What follows, of that size; an error where it is more than a message may have."""
        return super().read(bounded(size))


def bounded(size: int) -> int:
    """The size; an error where it is more than a message may have."""
    if size > LARGEST + 4096:
        raise imaplib.IMAP4.error(f"sends {size >> 20} MB at once, more than the {LARGEST >> 20} MB that are taken")
    return size


def leave(server: imaplib.IMAP4) -> None:
    """End the connection, whatever state it is in."""
    try:
        server.logout()
    except (imaplib.IMAP4.error, OSError, ValueError):
        server.shutdown()


def opened(settings: Settings, root: Path) -> imaplib.IMAP4:
    """A connection to the server, not signed in yet, encrypted unless the server is this machine."""
    if settings.security == "none" and not local(settings.host):
        raise MusterError(f"imap: {settings.host}", "would get the password unencrypted", "Set security to tls or starttls in muster.toml.")
    port = settings.port or (993 if settings.security == "tls" else 143)
    context = ssl.create_default_context(cafile=str(root / settings.certificate) if settings.certificate else None)
    if settings.security == "tls":
        return SecureServer(settings.host, port, ssl_context=context, timeout=SILENCE)
    server = Server(settings.host, port, timeout=SILENCE)
    if settings.security == "starttls":
        if "STARTTLS" not in server.capabilities:
            server.shutdown()
            raise MusterError(f"imap: {settings.host}", "does not offer STARTTLS", 'Set security to "tls" in muster.toml, or ask who runs it.')
        server.starttls(context)
    return server


def signed_in(server: imaplib.IMAP4, settings: Settings, password: Secret) -> None:
    """Sign in; MusterError where the server does not take it."""
    try:
        server.login(settings.user, password.reveal())
    except imaplib.IMAP4.error as error:
        raise MusterError(
            f"imap: {settings.host}", f"does not take the password: {cut(password.hide(str(error)))}",
            "Many servers want a password made for one program (app password). docs/sources.md says how to store it.",
        ) from None


def bring(server: imaplib.IMAP4, settings: Settings, folder: str, kept: Kept, tell: Tell) -> None:
    """Bring what is new in one folder. UIDs only rise while UIDVALIDITY stays; where it changed, all are asked for again."""
    found, data = server.select(quoted(folder), readonly=True)
    if found != "OK":
        raise MusterError(
            f"imap: {settings.host}", f"has no folder {folder!r}: {cut(str(data[0] or b'', 'utf-8', 'replace'))}",
            f"Folders there: {', '.join(folders(server)) or 'none that can be listed'}.",
        )
    validity, end = number(server, "UIDVALIDITY"), number(server, "UIDNEXT")
    before = (kept.cursor(folder) or "").split(" ")
    since = settings.since.isoformat() if settings.since else "-"
    last = int(before[1]) if len(before) == 3 and before[0] == str(validity) and before[2] <= since else 0
    wanted = uids(server, last + 1, end, settings.since)
    done = 0
    for batch in batches(server, wanted):
        items = []
        for uid, size, body in received(server, batch):
            kind = "message" if size <= LARGEST else "too-large"
            items.append(Raw(f"{folder}/{validity}/{uid:010d}", kind, body, kept.clock()))
        done += len(batch)
        kept.put(items, {folder: f"{validity} {max(batch)} {since}"})
        tell(f"mail in {folder}", done, len(wanted))
    if end and not wanted:
        kept.put((), {folder: f"{validity} {max(last, end - 1)} {since}"})


def number(server: imaplib.IMAP4, name: str) -> int:
    """What the server said of an opened folder under that name; 0 where it said nothing."""
    values = server.response(name)[1] or [None]
    return int(values[-1]) if isinstance(values[-1], bytes) and values[-1].isdigit() else 0


def uids(server: imaplib.IMAP4, first: int, end: int, since: date | None) -> list[int]:
    """UIDs of the messages from `first` on, oldest first."""
    if end and first >= end:
        return []
    step = SPAN if end and end - first < 100 * SPAN else 0
    ranges = [f"{start}:{min(start + step, end) - 1}" for start in range(first, end, step)] if step else [f"{first}:*"]
    asked = f" SINCE {since.day:02d}-{MONTHS[since.month - 1]}-{since.year}" if since else ""
    found: set[int] = set()
    for one in ranges:
        kind, data = server.uid("SEARCH", f"UID {one}{asked}")
        if kind != "OK":
            raise server.error(f"does not search: {data!r}"[:200])
        # With `*` the last message is always in the answer, however old.
        found.update(int(word) for line in data if isinstance(line, bytes) for word in line.split() if word.isdigit() and int(word) >= first)
    return sorted(found)


def batches(server: imaplib.IMAP4, wanted: Sequence[int]) -> Iterator[dict[int, int]]:
    """UID → size of messages that are asked for together."""
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        kind, data = server.uid("FETCH", ",".join(map(str, some)), "(UID RFC822.SIZE)")
        if kind != "OK":
            raise server.error(f"does not tell sizes: {data!r}"[:200])
        sizes = {int(who[1]): int(much[1]) for line in data if isinstance(line, bytes) and (who := UID.search(line)) and (much := SIZE.search(line))}
        batch: dict[int, int] = {}
        for uid in some:
            # One that the server has no size for has gone meanwhile.
            size = sizes.get(uid, 0)
            if batch and (len(batch) >= MANY or sum(batch.values()) + size > MUCH):
                yield batch
                batch = {}
            batch[uid] = size
        if batch:
            yield batch


def received(server: imaplib.IMAP4, batch: dict[int, int]) -> Iterator[tuple[int, int, bytes]]:
    """(UID, size, the server's answer as it came) of each message; of one that is too large the size is the answer."""
    for uid, size in batch.items():
        if size > LARGEST:
            yield uid, size, f"UID {uid} RFC822.SIZE {size}".encode()
    small = [uid for uid, size in batch.items() if size <= LARGEST]
    if not small:
        return
    kind, data = server.uid("FETCH", ",".join(map(str, small)), "(UID INTERNALDATE BODY.PEEK[])")
    if kind != "OK":
        raise server.error(f"does not give messages: {data!r}"[:200])
    for place, one in enumerate(data):
        if not isinstance(one, tuple):
            continue
        after = data[place + 1] if place + 1 < len(data) else b""
        body = one[0] + b"\r\n" + one[1] + (after if isinstance(after, bytes) else b"")
        named = UID.search(one[0]) or UID.search(after if isinstance(after, bytes) else b"")
        if named and int(named[1]) in batch and len(one[1]) <= LARGEST:
            yield int(named[1]), len(one[1]), body


def folders(server: imaplib.IMAP4) -> list[str]:
    """Names of the server's folders, as many as fit into a sentence."""
    kind, data = server.list()
    names = []
    for line in data if kind == "OK" else []:
        # A name with something odd in it may come as a literal.
        if isinstance(line, tuple):
            names.append(line[1])
        elif isinstance(line, bytes) and (found := re.search(rb'\) (?:"(?:[^"\\]|\\.)*"|NIL) "?(.+?)"?$', line)):
            names.append(re.sub(rb"\\(.)", rb"\1", found[1]))
    return [cut(decoded(name)) for name in sorted(names)[:12]]


def quoted(folder: str) -> str:
    """A folder's name as IMAP has it: in modified UTF-7 (RFC 3501, 5.1.3), in quotes."""
    def packed(found: re.Match[str]) -> str:
        return "&" + base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"

    if re.search(r"[\x00-\x1f\x7f]", folder):
        raise ValueError("a folder's name has no control characters")
    name = re.sub(r"[^\x20-\x7e]+", packed, folder.replace("&", "&-"))
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def decoded(name: bytes) -> str:
    """The name of a folder from modified UTF-7; as it stands where it is none."""
    def unpacked(found: re.Match[str]) -> str:
        packed = found[1].replace(",", "/")
        return base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-16-be") if packed else "&"

    text = name.decode("ascii", "replace")
    try:
        return re.sub(r"&([^-]*)-", unpacked, text)
    except ValueError:
        return text


def wants(settings: Settings, raw: Raw) -> bool:
    """Whether a message is of a folder that is still asked for."""
    return raw.key.rsplit("/", 2)[0] in settings.folders


def parse(raw: Raw) -> Iterator[Evidence | Account]:
    """The message, and an account for each address that shows a name. ValueError where it is no message."""
    if raw.kind == "too-large":
        raise ValueError(f"larger than {LARGEST >> 20} MB")
    found = LITERAL.match(raw.body)
    if not found:
        raise ValueError("no answer of an IMAP server")
    start, size = found.end(), int(found[1])
    if start + size > len(raw.body):
        raise ValueError("an answer that ends early")
    stamp = STAMP.search(raw.body, 0, start) or STAMP.search(raw.body, start + size)
    folder = raw.key.rsplit("/", 2)[0]
    return pieces(Letter(raw.body[start : start + size], folder, Grade.HOSTED, at(stamp) if stamp else None))


def at(stamp: re.Match[bytes]) -> datetime | None:
    """INTERNALDATE in UTC; None where it is no date."""
    day, month, year, hour, minute, second, sign, hours, minutes = (part.decode() for part in stamp.groups())
    try:
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
        return datetime(int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC) - offset
    except (ValueError, OverflowError):
        return None
