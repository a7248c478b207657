"""A message as evidence: who wrote what to whom, when by their own clock and when by the server's."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache

from muster.model import Account, Evidence, Grade, Participant, Role
from muster.people import robot
from muster.sources._mail_text import MOST_READ, of_html, own_words

#: Every message's id begins with this, whichever way it came.
SOURCE = "mail"

#: The largest message that is read, in bytes.
LARGEST = 32 << 20
#: A longer head is no head of a letter.
MOST_HEAD = 256 << 10
#: How much of a message is searched for its text.
MOST_BODY = 8 << 20
#: Parts of parts: beyond these a message's text is not looked for.
MOST_PARTS, MOST_DEPTH = 100, 20
MOST_NAMED = 500

#: A message cannot be received before it is written; clocks that are this far apart are no more than wrong clocks.
EARLY, LATE = timedelta(hours=1), timedelta(days=2)

#: Codecs of Python that are no character sets of mail; some take quadratic time.
NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "mbcs", "oem"})

#: Senders that are programs, by the part before the @.
PROGRAMS = re.compile(r"(no|do[-_.]?not|donot)[-_.]?reply|mailer-daemon|postmaster|notifications?|bounces?|auto(mat(ed|ic))?", re.IGNORECASE)

NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
MARKED = re.compile(rb"boundary\s*=|message/rfc822|multipart/|message/global", re.IGNORECASE)
HEAD_ENDS = re.compile(rb"\r?\n\r?\n|\r\r")
#: An address as nearly all are written; a field with anything else in it is read by the rules of RFC 5322.
SIMPLE = re.compile(
    r"(?:^|(?<=,))\s*(?:(?:\"([^\"\\]{0,200})\"|([^\",<>()\[\]:;@\\]{0,200}?))\s*<([^<>\s,;:()\"\\]+@[^<>\s,;:()\"\\@]+)>"
    r"|([^<>\s,;:()\"\\@]+@[^<>\s,;:()\"\\@]+))\s*(?=,|$)"
)
APART = re.compile(r"(?<![^\s<(,;])([^\s<>(),;]{1,64}) at ([^\s<>(),;.]{1,63}(?:\.[^\s<>(),;.]{1,63}){1,8})(?![^\s>),;])")
LEFT = re.compile(r"[^\s,]")
IDS = re.compile(r"<([^<>\s]{1,250})>")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it came: its bytes, the folder that held it, and what its holder knows.

    `received` is the server's own time for it. `mangled` says that `From ` at the beginning of a line was written `>From `.
    """

    body: bytes
    folder: str
    grade: Grade
    received: datetime | None = None
    mangled: bool = False


@dataclass(slots=True)
class Body:
    """What a message says: its own words, the names of what was attached, and what was not taken."""

    text: str = ""
    attached: list[str] = field(default_factory=list)
    left: tuple[str, ...] = ()
    invitation: bool = False


def pieces(letter: Letter) -> Iterator[Evidence | Account]:
    """The message, and an account for each address that shows a name. ValueError where it is no message that can be read."""
    try:
        yield from _pieces(letter)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _pieces(letter: Letter) -> Iterator[Evidence | Account]:
    message, heads = opened(letter.body)
    senders = sender(heads)
    if not senders:
        raise ValueError("no sender's address")
    name, who = senders
    to = [pair for word in ("to", "cc") for value in heads.get(word, ())[:20] for pair in addresses(value)][:MOST_NAMED]
    own = first_id(heads.get("message-id", ()))
    key = own or "sha256-" + hashlib.sha256(letter.body).hexdigest()[:32]
    answered = [*ids(heads.get("in-reply-to", ())), *reversed(ids(heads.get("references", ())))]
    answers = next((id_ for id_ in answered if id_ != own), None)
    root = next(iter(ids(heads.get("references", ()))), None) or answers or key
    said = when(last(heads.get("date", ())))
    stamps = [stamp for value in heads.get("received", ())[:1] if (stamp := when(value.rpartition(";")[2]))]
    delivered = next(iter(stamps), None)
    recorded = letter.received or delivered
    grade = letter.grade
    if grade > Grade.KEPT and (letter.received is None or delivered is None or abs(letter.received - delivered) > LATE):
        # Whoever puts a message into a folder may choose that date: only a delivery that agrees with it makes it the server's.
        grade = Grade.KEPT
    body = read(letter, message)
    list_ = listed(heads)
    facts = [("answers", f"{SOURCE}:{answers}")] if answers else []
    facts += [("thread", root), ("channel", list_ or letter.folder)]
    if by_habit(heads, who, bool(list_)) or body.invitation:
        facts.append(("by-habit", "yes"))
    if odd := doubt(said, recorded):
        facts.append(("doubt", odd))
    facts += [("attachment", name) for name in body.attached]
    facts += [("left-out", what) for what in body.left]
    subject = shown(last(heads.get("subject", ())))[:300]
    about = f"{SOURCE}:{answers}" if answers else None
    parts = dict.fromkeys([Participant(who, Role.AUTHOR), *(Participant(other, Role.RECIPIENT) for _, other in to if other != who)])
    yield Evidence(
        id=f"{SOURCE}:{key}", source=SOURCE, kind="message", origin=SOURCE, ref=key, title=subject or "(no subject)", actor=who,
        happened_at=said, recorded_at=recorded, grade=grade, url=archived(heads), text=body.text,
        participants=tuple(parts), about=about, facts=tuple(facts),
    )
    for shown_as, address in dict.fromkeys([(name, who), *to]):
        if shown_as:
            yield Account(address, shown_as, address, robot(shown_as, address) or bool(PROGRAMS.fullmatch(address.partition("@")[0])))


def opened(raw: bytes) -> tuple[Message, Mapping[str, list[str]]]:
    """A message without its body; and the values of each field of its head by name in lower case, unfolded, in their order."""
    found = HEAD_ENDS.search(raw, 0, MOST_HEAD)
    if found is None and len(raw) > MOST_HEAD:
        raise ValueError(f"a head of more than {MOST_HEAD >> 10} KB")
    end = found.end() if found else len(raw)
    message = BytesHeaderParser(policy=compat32).parsebytes(raw[:end])
    fields: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        text = str(value)
        fields.setdefault(name.lower(), []).append(re.sub(r"\r?\n[ \t]?", " ", readable(text)) if "\n" in text else readable(text))
    if not fields:
        raise ValueError("no message: it has no head")
    message.set_payload(raw[end:MOST_BODY].decode("ascii", "surrogateescape"))
    return message, fields


def readable(text: str) -> str:
    """The text with raw bytes in it read as UTF-8, else as Latin-1, and without what no text has."""
    if not text.isascii():
        raw = text.encode("ascii", "surrogateescape") if not re.search(r"[^\x00-\x7f\udc80-\udcff]", text) else text.encode("utf-8", "replace")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
    return plain(text)


def plain(text: str) -> str:
    """The text without NULs, other control characters and half characters."""
    return NO_TEXT.sub("", text)


def last(values: Sequence[str]) -> str:
    """The value of a field that should stand once; the first, as mail programs show it."""
    return values[0] if values else ""


def shown(value: str) -> str:
    """A field's value as it is read: encoded words decoded, blanks collapsed."""
    value = value[:4000]
    if "=?" in value:
        with suppress(HeaderParseError, ValueError, LookupError):
            value = "".join(
                decoded(chunk, charset or "ascii") if isinstance(chunk, bytes) else chunk for chunk, charset in decode_header(value)
            )
    return " ".join(plain(value).split())


def decoded(raw: bytes, charset: str) -> str:
    """Bytes as text: by the character set that is named, else as UTF-8, else as Latin-1."""
    for name in (charset.strip("\"' "), "utf-8"):
        try:
            known = codecs.lookup(name).name
            if known.replace("-", "_") not in {one.replace("-", "_") for one in NO_CHARSETS}:
                return raw.decode(known)
        except (LookupError, ValueError, UnicodeError):
            continue
    return raw.decode("latin-1")


@lru_cache(maxsize=2048)
def addresses(value: str) -> tuple[tuple[str, str], ...]:
    """(display name, address in lower case) of each address in a field; what is none is left out."""
    value = " ".join(value[: 64 << 10].split())
    if value.count("(") > 500 or value.count("\\") > 2000:
        return ()
    pairs = [(quoted or bare, angled or alone) for quoted, bare, angled, alone in SIMPLE.findall(value)]
    if LEFT.search(SIMPLE.sub("", value)):
        try:
            pairs = getaddresses([value])
        except (RecursionError, ValueError, IndexError):
            return ()
    if not any("@" in address for _, address in pairs) and (apart := APART.search(value)):
        # Public archives write “ann at example.org (Ann Arbor)”.
        comment = re.search(r"\(([^()]*)\)", value)
        pairs = [(comment[1] if comment else value[: apart.start()], f"{apart[1]}@{apart[2]}")]
    elif not any("@" in address for _, address in pairs) or len(pairs) == 1:
        # Others leave the brackets out: “Ann Arbor ann@example.org”.
        bare = re.fullmatch(r"([^<>@,;:()]{1,200}) ([^\s<>@,;:()]{1,64}@[^\s<>@,;:()]{1,190})", value)
        pairs = [(bare[1], bare[2])] if bare else pairs
    found = []
    for name, address in pairs:
        low = address.strip().strip("<>'\"").lower()
        if re.fullmatch(r"[^\s@<>\"(),:;\\]{1,64}@[^\s@<>\"(),:;\\]{1,190}", low):
            called = shown(name).strip("\"' ")
            found.append(("" if called.lower() == low else called[:200], low))
    return tuple(found)


def sender(heads: Mapping[str, list[str]]) -> tuple[str, str] | None:
    """(name, address) of who wrote it, behind a list that writes its own address there; None where nobody is named."""
    pair = next((pair for word in ("from", "sender") for value in heads.get(word, ())[:3] for pair in addresses(value)), None)
    if pair is None:
        return None
    posted = {address for word in ("list-post", "to", "cc") for value in heads.get(word, ()) for _, address in addresses(value.replace("mailto:", ""))}
    via = re.match(r"(.+?)['\"]? via .+$", pair[0])
    if via and (pair[1] in posted or "list-id" in heads):
        behind = [other for word in ("x-original-from", "reply-to") for value in heads.get(word, ())[:1] for other in addresses(value)]
        real = next((other for other in behind if other[1] != pair[1]), None)
        if real:
            return (real[0] or via[1].strip("'\""), real[1])
    return pair


def ids(values: Sequence[str]) -> list[str]:
    """The message ids in these fields, in their order."""
    return [found for value in values[:5] for found in IDS.findall(value[: 64 << 10])][:1000]


def first_id(values: Sequence[str]) -> str | None:
    """The message's own id; None where it has none that can be used."""
    found = ids(values)
    if found:
        return found[0]
    bare = last(values).strip()
    return bare if re.fullmatch(r"[^\s<>]{3,250}", bare) else None


def when(value: str) -> datetime | None:
    """A date of a message in UTC; None where it is none."""
    value = value.strip()[:200]
    try:
        at = parsedate_to_datetime(value)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
    return at if 1970 < at.year < 2100 else None


def doubt(said: datetime | None, recorded: datetime | None) -> str:
    """Why the date that a message gives is to be doubted; empty where it is not."""
    if said is None or recorded is None or -EARLY <= recorded - said <= LATE:
        return ""
    apart = abs(recorded - said)
    words = f"{apart.days} days" if apart >= timedelta(days=2) else f"{int(apart.total_seconds() // 3600)} hours"
    return f"its own date is {words} {'later' if said > recorded else 'earlier'} than that of the server"


def listed(heads: Mapping[str, list[str]]) -> str:
    """The id of the mailing list that passed it on; empty where none did."""
    value = shown(last(heads.get("list-id", ())))
    found = re.search(r"<([^<>\s]{1,200})>", value)
    return (found[1] if found else value.split()[-1][:200] if value.strip() else "").lower()


def by_habit(heads: Mapping[str, list[str]], who: str, passed_on: bool) -> bool:
    """Whether a program sent it: an automatic answer, a newsletter, a report. What a person wrote to a list is theirs."""
    auto = last(heads.get("auto-submitted", ())).strip().lower()
    precedence = last(heads.get("precedence", ())).strip().lower()
    return (
        (bool(auto) and not auto.startswith("no"))
        or precedence in ("auto_reply", "junk")
        or (precedence == "bulk" and not passed_on)
        or any(word in heads for word in ("x-autoreply", "x-autorespond", "x-github-reason", "x-gitlab-project", "feedback-id"))
        or ("list-unsubscribe" in heads and not passed_on)
        or last(heads.get("return-path", ())).strip() == "<>"
        or "multipart/report" in last(heads.get("content-type", ())).lower()
        or bool(PROGRAMS.fullmatch(who.partition("@")[0]))
    )


def archived(heads: Mapping[str, list[str]]) -> str | None:
    """Where a public archive holds it (RFC 5064); None where none says so."""
    found = re.fullmatch(r"\s*<?(https://[^\s<>\"]{1,500})>?\s*", last(heads.get("archived-at", ())))
    return found[1] if found else None


def read(letter: Letter, message: Message) -> Body:
    """What a message says. What is too deep, too many or too long is left out, and that is said."""
    raw = letter.body
    body = Body()
    if message.get_content_maintype() in ("multipart", "message"):
        if sum(1 for _ in MARKED.finditer(raw)) > MOST_PARTS:
            body.left = ("parts",)
            return body
        message = message_from_bytes(raw[:MOST_BODY], policy=compat32)
    found: list[tuple[str, str]] = []
    walk(message, 0, found, body)
    left: dict[str, None] = {}
    texts: list[str] = []
    for sort, text in found:
        if sort == "html":
            try:
                text, cut = of_html(text)
            except ValueError:
                left["html"] = None
                continue
            if cut:
                left["quoted"] = None
            left["html"] = None
        elif letter.mangled:
            text = re.sub(r"^>(>*From )", r"\1", text, flags=re.MULTILINE)
        texts.append(text)
    body.text, cuts = own_words("\n\n".join(texts))
    if "html" in left and body.text:
        del left["html"]
    if len(raw) > MOST_BODY:
        left["long"] = None
    body.left = tuple(dict.fromkeys([*left, *cuts]))
    return body


def walk(part: Message, depth: int, found: list[tuple[str, str]], body: Body) -> None:
    """Gather the texts and the names of attachments of a part and what is in it."""
    kind = part.get_content_type()
    if depth > MOST_DEPTH or len(found) >= 10:
        return
    if part.is_multipart() and kind.startswith("multipart/"):
        held = part.get_payload()
        inner = [one for one in held if isinstance(one, Message)] if isinstance(held, list) else []
        if kind == "multipart/alternative":
            # The plainest comes first; an HTML one is read where the plain one says nothing.
            for one in inner:
                before = len(found)
                walk(one, depth + 1, found, body)
                if any(text.strip() for _, text in found[before:]):
                    body.invitation |= any(other.get_content_type() == "text/calendar" for other in inner)
                    return
            return
        for one in inner:
            walk(one, depth + 1, found, body)
        return
    name = shown(readable(str(part.get_filename("") or "")))[:200]
    if kind == "text/calendar":
        body.invitation = True
    disposed = str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")
    if kind in ("text/plain", "text/html") and not disposed and not name:
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            charset = part.get_param("charset", "utf-8")
            text = decoded(payload[: 4 * MOST_READ], charset if isinstance(charset, str) else "utf-8")
            found.append(("html" if kind == "text/html" else "plain", plain(text.replace("\r\n", "\n"))))
    elif (name or disposed or kind.startswith("message/")) and len(body.attached) < MOST_PARTS:
        body.attached.append(name or kind)
