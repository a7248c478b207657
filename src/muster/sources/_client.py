"""How remote sources are asked: politely, one request at a time, and with a token that leaves for its own origin alone.

An origin is scheme, host and port. Redirects and further pages are followed within it and nowhere else. Waits that a
server asks for are bounded and told; sizes and times are bounded too, after inflating. Nothing that is said, logged or
kept holds the token: not even when the server sends it back.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from muster import __version__
from muster.model import MusterError
from muster.sources._kept import now
from muster.sources._secret import Secret, basic, secret

if TYPE_CHECKING:
    import httpx  # it takes a third of a second to load, which only a sync can spare

__all__ = ["Answer", "Client", "RefusedError", "Secret", "Tell", "basic", "secret"]

#: Called with what is being done, how much of it is done, and of how much (None where that is not known).
Tell = Callable[[str, int, int | None], None]

#: The largest answer that is taken, in bytes, as sent and inflated.
LARGEST = 32 << 20
#: How many values a JSON answer may have; a small one takes forty times its bytes in memory.
MOST_VALUES = 1_500_000
#: Seconds that one answer may take from the first byte sent to the last received, and that nothing may come for.
LONGEST, SILENCE = 120.0, 30.0
#: Seconds that one wait may last, and all waits of one sync; a server that asks for more is left, and asked next time.
MOST_WAIT, ALL_WAITS = 900.0, 3600.0
#: How often one thing is asked for, before giving up.
TRIES = 5
#: What OpenSSL says of a server that shows no certificate that is trusted.
UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
#: How many redirects are followed, and pages.
HOPS, PAGES = 5, 20_000

#: Where libraries below log what they send and receive.
LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")


class RefusedError(MusterError):
    """An answer that says no: `status` is its code (404, 410, 403, …)."""

    def __init__(self, where: str, seen: str, next_: str, status: int) -> None:
        super().__init__(where, seen, next_)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: `body` inflated and otherwise as sent, `at` when it was there, `url` where from, `next` the page
    after it as the server names it.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    next: str | None = None

    def json(self, type_: Any = Any) -> Any:
        """The body as JSON, of that type where one is given; MusterError where it is none, or one of too many values."""
        self._few()
        try:
            return msgspec.json.decode(self.body, type=type_)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            kind = self.headers.get("content-type", "").partition(";")[0][:60] or "nothing said"
            said = "nested too deep" if isinstance(error, RecursionError) else str(error)[:160]
            raise MusterError(
                shown(self.url), f"answers with something else than the JSON that was asked for ({kind}): {said}",
                "See that the address in muster.toml is that of the API, and no sign-in page.",
            ) from None

    def _few(self) -> None:
        """Raises MusterError where there are more values than MOST_VALUES."""
        if sum(self.body.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
            raise MusterError(shown(self.url), f"answers with more than {MOST_VALUES:,} values", "Give the source less to bring: fewer projects, or a later first day.")

    def items(self, *keys: str) -> tuple[bytes, ...]:
        """The elements of the list in it, each with its own bytes as sent; `keys` lead to the list (`data`, `issues`).

        A list that is null or not there has none. MusterError where something else stands there.
        """
        self._few()
        try:
            return msgspec_items(self.body, keys)
        except (msgspec.DecodeError, RecursionError):
            # msgspec takes no half of a surrogate pair, which some servers send: it is one item's matter, not the list's.
            with suppress(ValueError, IndexError, RecursionError):
                return plain_items(self.body, keys)
        inner: Any = dict[str, msgspec.Raw] if keys else list[msgspec.Raw]
        self.json(inner)  # says what is wrong
        raise MusterError(shown(self.url), f"answers without a list where {'.'.join(keys) or 'one'} was looked for", "See that the address in muster.toml is that of the API.")


def msgspec_items(body: bytes, keys: Sequence[str]) -> tuple[bytes, ...]:
    """The elements of the list that the keys lead to, as they stand there."""
    for key in keys:
        there = msgspec.json.decode(body, type=dict[str, msgspec.Raw] | None) or {}
        body = bytes(there.get(key, b"null"))
    return tuple(bytes(one) for one in msgspec.json.decode(body, type=list[msgspec.Raw] | None) or ())


def plain_items(body: bytes, keys: Sequence[str]) -> tuple[bytes, ...]:
    """The same, by a reader that takes more, and more time; ValueError or IndexError where there is no such list."""
    import json

    read = json.JSONDecoder().raw_decode
    # A letter for each byte, so that places are the same in both: the structure of JSON is ASCII.
    text = body.decode("latin-1")

    def blank(at: int) -> int:
        while text[at] in " \t\r\n":
            at += 1
        return at

    def spans(at: int, end: str) -> Iterator[tuple[str, int, int]]:
        """(key, where its value begins, where that ends) of an object, or the same without keys of a list."""
        at = blank(at + 1)
        while text[at] != end:
            name = ""
            if end == "}":
                name, at = read(text, at)
                if text[blank(at)] != ":" or not isinstance(name, str):
                    raise ValueError("no colon")
                at = blank(blank(at) + 1)
            _, after = read(text, at)
            yield name, at, after
            at = blank(after)
            if text[at] not in f",{end}":
                raise ValueError("no comma")
            if text[at] == ",":
                at = blank(at + 1)
                if text[at] == end:
                    raise ValueError("a comma at the end")

    start = blank(0)
    for key in keys:
        if text[start] != "{":
            raise ValueError("no object")
        found = [begin for name, begin, _ in spans(start, "}") if name == key]
        if not found:
            return ()
        start = found[-1]
    if text.startswith("null", start):
        return ()
    if text[start] != "[":
        raise ValueError("no list")
    return tuple(body[begin:after] for _, begin, after in spans(start, "]"))


class Client:
    """Asks one origin. Raises MusterError, in which the token never stands, for all that goes wrong.

    `base` is where the API begins (https://api.github.com); paths are put behind it. `auth` goes, behind `scheme`, into
    `header`, over https or to this machine alone. `name` is how the other side is called on screen. `clock` gives the time,
    `sleep` waits, `tell` is told of both.
    """

    def __init__(
        self,
        base: str,
        auth: Secret | None,
        *,
        header: str = "Authorization",
        scheme: str = "Bearer ",
        name: str = "",
        headers: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = now,
        sleep: Callable[[float], None] = time.sleep,
        tell: Tell | None = None,
    ) -> None:
        import httpx

        self._base = url_of(base, base)
        self._prefix = base.rstrip("/")
        if self._base.query or self._base.fragment:
            raise MusterError(shown(base), "is no address of an API: it has a question mark or a number sign", "Write it as https://git.example.org/api/v4")
        self.name = name or self._base.host
        self._auth, self._header, self._scheme = auth, header, scheme
        if auth is not None and self._base.scheme != "https" and not local(self._base.host):
            raise MusterError(self._origin, "would get the token unencrypted", "Write the address with https:// in muster.toml.")
        self._clock, self._sleep, self._tell = clock, sleep, tell or (lambda *_: None)
        self._waited = 0.0
        self._stream: Any = None
        self._hide = Hide(auth)
        for place in LOGGERS:
            logging.getLogger(place).addFilter(self._hide)
        self._http = httpx.Client(
            headers={"User-Agent": f"muster/{__version__}", "Accept": "application/json", "Accept-Encoding": "gzip", **(headers or {})},
            timeout=httpx.Timeout(SILENCE, connect=15.0),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            follow_redirects=False,
            # A proxy of the environment sees nothing of https; of http it would see the token.
            trust_env=self._base.scheme == "https",
        )

    def __repr__(self) -> str:
        return f"Client({self._origin})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()
        for place in LOGGERS:
            logging.getLogger(place).removeFilter(self._hide)

    @property
    def _origin(self) -> str:
        return origin(self._base)

    def get(self, path: str, params: Mapping[str, str | int] | None = None, accept: str | None = None) -> Answer:
        """The answer to a path behind the base, or to a whole address of the same origin.

        Raises RefusedError where the answer is no (4xx).
        """
        return self._ask("GET", path, params, accept, None)

    def pages(self, path: str, params: Mapping[str, str | int] | None = None, accept: str | None = None) -> Iterator[Answer]:
        """The answer and those that follow it by `Link: rel=next`; ends where a page comes again.

        Raises MusterError where the next page is said to be at another origin: nothing is asked there.
        """
        answer = self.get(path, params, accept)
        seen = {answer.url}
        for _ in range(PAGES):
            yield answer
            if answer.next is None:
                return
            address = url_of(self._joined(answer.url, answer.next), self._origin)
            self._same(address, "the next page of its list")
            if str(address) in seen:
                self._tell(f"{self.name} names a page again that was there before; the list ends here", 0, None)
                return
            seen.add(str(address))
            answer = self.get(str(address), accept=accept)
            seen.add(answer.url)
        self._fail(shown(answer.url), f"the list has more than {PAGES:,} pages", "Give the source less to bring: fewer projects, or a later first day.")

    def post(self, path: str, json: object, accept: str | None = None) -> Answer:
        """The answer to a question that is sent as JSON (GraphQL, a search). It must change nothing there: it may be sent again."""
        return self._ask("POST", path, None, accept, msgspec.json.encode(json))

    def ask(self, method: str, path: str, xml: bytes, depth: str) -> Answer:
        """The answer to a question of WebDAV (PROPFIND, REPORT) that is sent as XML. It must change nothing there."""
        return self._ask(method, path, None, "application/xml, text/xml", xml, {"Content-Type": "application/xml; charset=utf-8", "Depth": depth})

    # -----------------------------------------------------------------------------------------------------------

    def _ask(
        self, method: str, path: str, params: Mapping[str, str | int] | None, accept: str | None, body: bytes | None,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        whole = path if "://" in path.partition("?")[0] else f"{self._prefix}/{path.lstrip('/')}" if path else self._prefix
        address = url_of(whole, self._origin)
        self._same(address, "what is asked for")
        if params:
            address = address.copy_merge_params({key: str(value) for key, value in params.items()})
        headers = {"Accept": accept} if accept else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        headers.update(more or {})
        for _ in range(HOPS + 1):
            answer = self._tried(method, address, headers, body)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            if "location" not in answer.headers or (method == "POST" and answer.status < 307):
                self._fail(shown(answer.url), f"answers {answer.status} without a place to go on to", "See that the address in muster.toml is that of the API.")
            address = url_of(self._joined(answer.url, answer.headers["location"]), self._origin)
            self._same(address, f"a redirect ({answer.status})")
        return self._fail(shown(str(address)), f"redirects more than {HOPS} times", "See that the address in muster.toml is that of the API.")

    def _same(self, address: httpx.URL, what: str) -> None:
        """Raises MusterError where an address is not of this origin, or has a name and password in it."""
        if address.userinfo or origin(address) != self._origin:
            self._fail(
                self._origin, f"{what} leads to another place, {origin(address)}: nothing was sent there",
                "The token is for the first alone. If the second is right, write its address in muster.toml.",
            )

    def _joined(self, at: str, reference: str) -> str:
        """A reference as seen from an address; MusterError where it is none."""
        import httpx

        try:
            return str(httpx.URL(at).join(reference))
        except (httpx.InvalidURL, ValueError, UnicodeError):
            self._fail(shown(at), "names a further address that is none", "See that the address in muster.toml is that of the API.")

    def _tried(self, method: str, address: httpx.URL, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """The answer, asked for again where the server is busy or the connection broke."""
        import httpx

        for attempt in range(1, TRIES + 1):
            last = attempt == TRIES
            answer, trouble = None, ""
            try:
                answer = self._once(method, address, headers, body)
            except (httpx.TransportError, BrokenError) as error:
                trouble = self._said(error)
                # Where nobody is there at all, or it is somebody else, asking on does not help.
                gone = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and attempt == 3
                last = last or gone or isinstance(error, httpx.UnsupportedProtocol | httpx.ProxyError) or UNTRUSTED in trouble
            except httpx.InvalidURL:
                last = True
            # What went wrong below may hold what the server sent: it is let go of before anything is raised.
            if answer is None:
                if last:
                    self._fail(
                        shown(str(address)), f"cannot be reached: {trouble or 'it is no address'}",
                        "If your organisation has certificates of its own, point SSL_CERT_FILE at them." if UNTRUSTED in trouble
                        else "See that you are connected, and sync again: it goes on from here.",
                    )
                self._wait(2.0 ** (attempt - 1), f"{self.name} cannot be reached; asking again")
                continue
            wait = self._asked_to_wait(answer)
            if wait is None and answer.status < 400:
                return answer
            if wait is None and answer.status < 500:
                self._refuse(answer)
            if last:
                self._refuse(answer)
            if wait is None:
                wait = 2.0 ** (attempt - 1)
                self._wait(wait, f"{self.name} answers {answer.status}; asking again in {lasting(wait)}")
            else:
                self._wait(wait, f"{self.name} asks to wait {lasting(wait)}")
        raise AssertionError("unreachable")

    def _asked_to_wait(self, answer: Answer) -> float | None:
        """Seconds that the answer asks to wait before asking again; None where it does not."""
        if answer.status not in (403, 429, 503):
            return None
        said = answer.headers
        if "retry-after" in said:
            return self._until(said["retry-after"])
        for mark in ("x-ratelimit", "ratelimit"):
            if said.get(f"{mark}-remaining", "").strip() == "0" and f"{mark}-reset" in said:
                return self._until(said[f"{mark}-reset"])
        # GitHub's second limit is said in words alone, and a minute is what it wants then.
        return 60.0 if answer.status == 429 or (answer.status == 403 and b"rate limit" in answer.body[:4096].lower()) else None

    def _until(self, said: str) -> float:
        """Seconds from now to what a header says: seconds, seconds since 1970, or a date. A minute where it says none of them."""
        said, here = said.strip(), self._clock()
        try:
            if said.replace(".", "", 1).isdecimal() and said.isascii() and len(said) < 16:
                number = float(said)
                wait = number - here.timestamp() if number > 1e8 else number
            else:
                try:
                    at = datetime.fromisoformat(said)
                except ValueError:
                    at = parsedate_to_datetime(said)
                wait = (at.replace(tzinfo=at.tzinfo or UTC) - here).total_seconds()
        except (ValueError, TypeError, OverflowError, IndexError):
            return 60.0
        # A second more: clocks differ.
        return max(1.0, wait + (1.0 if not said.isdecimal() or float(said) > 1e8 else 0.0))

    def _wait(self, seconds: float, why: str) -> None:
        """Wait, and say so. Raises MusterError where that would be too long."""
        if seconds > MOST_WAIT or self._waited + seconds > ALL_WAITS:
            until = self._clock() + timedelta(seconds=min(seconds, 366 * 86400.0))
            self._fail(self.name, f"asks to wait {lasting(seconds)}", f"Sync again after {until.astimezone():%Y-%m-%d %H:%M}; it goes on from here.")
        self._waited += seconds
        self._tell(why, 0, None)
        self._sleep(seconds)

    def _refuse(self, answer: Answer) -> NoReturn:
        """Raise what an answer of 4xx or 5xx means."""
        message = ""
        with suppress(Exception):
            found = msgspec.json.decode(answer.body[:65536], type=dict[str, Any])
            text = found.get("message") or found.get("error_description") or found.get("error") or ""
            message = f": {cut(str(text))}" if text else ""
        code, where = answer.status, shown(answer.url)
        if code == 401:
            next_ = "Store one that is valid; docs/sources.md says how." if self._auth else "Store a token; docs/sources.md says how."
            raise RefusedError(self._plain(where), self._plain(f"does not take the token (401){message}" if self._auth else f"asks for a token (401){message}"), next_, code)
        next_ = {
            403: "See that the token may read this; docs/sources.md lists what it needs.",
            404: "See that the name in muster.toml is right, and that the token may read it.",
            410: "It is no more there; take it out of muster.toml.",
        }.get(code, "Try again later; it goes on from here." if code >= 500 or code == 429 else "See that the settings in muster.toml are right.")
        raise RefusedError(self._plain(where), self._plain(f"answers {code}{message}"), next_, code)

    def _fail(self, where: str, seen: str, next_: str) -> NoReturn:
        """Raise a MusterError without the token in it."""
        raise MusterError(self._plain(where), self._plain(seen), next_) from None

    def _plain(self, text: str) -> str:
        return self._auth.hide(text) if self._auth else text

    def _said(self, error: Exception) -> str:
        """What went wrong below, in words."""
        import httpx

        if isinstance(error, BrokenError):
            return str(error)
        if isinstance(error, httpx.TimeoutException):
            return f"no answer within {lasting(SILENCE)}"
        return cut(self._plain(re.sub(r"\[Errno -?\d+\] ", "", str(error)) or type(error).__name__))

    def _once(self, method: str, address: httpx.URL, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """One answer. BrokenError where it ends early, is too large or takes too long."""
        import httpx

        self._same(address, "what is asked for")
        sent = dict(headers)
        if self._auth is not None:
            sent[self._header] = f"{self._scheme}{self._auth.reveal()}"
        over = threading.Event()

        def end() -> None:
            """Takes the connection away under a server that lets its answer drip."""
            over.set()
            with suppress(Exception):
                connection = self._stream.get_extra_info("socket")
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

        timer = threading.Timer(LONGEST, end)
        timer.daemon = True
        timer.start()
        self._http.cookies.clear()
        response = None
        try:
            request = self._http.build_request(method, address, headers=sent, content=body, extensions={"trace": self._trace})
            response = self._http.send(request, stream=True)
            try:
                received = inflated(response)
            finally:
                response.close()
        except (httpx.TransportError, BrokenError, httpx.StreamError):
            if not over.is_set():
                raise
            response = None
        finally:
            timer.cancel()
        if response is None:
            self._fail(shown(str(address)), f"took more than {lasting(LONGEST)} to answer", "Try again later; it goes on from here.")
        said = {key.lower(): self._plain(value) for key, value in response.headers.items()}
        more = following(response)
        if self._auth is not None and (self._auth.within(received) or self._auth.within((more or "").encode("utf-8", "replace"))):
            self._fail(shown(str(address)), "sends the token back in its answer; nothing of it is kept", "Take this address out of muster.toml, and make a new token.")
        return Answer(str(address), response.status_code, said, received, self._clock(), more)

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remembers the connection."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._stream = info.get("return_value")


class BrokenError(Exception):
    """An answer that cannot be taken whole, and may be asked for again."""


class Hide(logging.Filter):
    """Takes a token out of what libraries log."""

    def __init__(self, auth: Secret | None) -> None:
        super().__init__()
        self._auth = auth

    def filter(self, record: logging.LogRecord) -> bool:
        """True, once the token is out of the record."""
        if self._auth is not None:
            said = record.getMessage()
            if (hidden := self._auth.hide(said)) != said:
                record.msg, record.args = hidden, ()
        return True


def inflated(response: httpx.Response) -> bytes:
    """The body, inflated, at most LARGEST bytes of it on either side; MusterError where it is more."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise BrokenError(f"an encoding that was not asked for ({cut(coding)})")
    packed = coding in ("gzip", "x-gzip")
    inflate = zlib.decompressobj(31)
    taken, out, ended, members = 0, bytearray(), True, 0
    for piece in response.iter_raw(1 << 16):
        taken += len(piece)
        if not packed:
            out += piece
        else:
            try:
                while piece and len(out) <= LARGEST:
                    out += inflate.decompress(piece, LARGEST + 1 - len(out))
                    ended, piece = inflate.eof, inflate.unconsumed_tail
                    if ended:  # another member may follow; thousands are no honest server's
                        piece, inflate, members = inflate.unused_data, zlib.decompressobj(31), members + 1
                        if members > 1000:
                            raise BrokenError("an answer that is damaged")
            except zlib.error:
                raise BrokenError("an answer that is damaged") from None
        if taken > LARGEST or len(out) > LARGEST:
            raise MusterError(
                shown(str(response.request.url)), f"answers with more than {LARGEST >> 20} MB", "Give the source less to bring: fewer projects, or a later first day."
            )
    if not ended:
        raise BrokenError("an answer that ends early")
    return bytes(out)


def following(response: httpx.Response) -> str | None:
    """The address of the next page, by `Link: rel=next`, as it stands there."""
    with suppress(Exception):
        for link in response.links.values():
            if "next" in link.get("rel", "").lower().split():
                return link.get("url")
    return None


def url_of(text: str, where: str) -> httpx.URL:
    """An address over http or https to a host; MusterError where it is none."""
    import httpx

    try:
        found = httpx.URL(text)
        host = found.raw_host.decode("ascii")
        named = re.fullmatch(r"[A-Za-z0-9._-]{1,253}", host) or ipaddress.IPv6Address(host)
        if found.scheme in ("http", "https") and named and not found.userinfo and 0 < (found.port or 1) < 65536:
            return found
    except (httpx.InvalidURL, ValueError, UnicodeError):
        pass
    raise MusterError(shown(where), "is no address, or names one that is none", "Write it as https://git.example.org, without a name or password in it.")


def origin(address: httpx.URL) -> str:
    """Scheme, host and port of an address."""
    host = address.raw_host.decode("ascii").lower().rstrip(".")
    port = address.port or {"http": 80, "https": 443}.get(address.scheme, 0)
    plain = port == {"http": 80, "https": 443}.get(address.scheme)
    shown_host = f"[{host}]" if ":" in host else host
    return f"{address.scheme}://{shown_host}" + ("" if plain else f":{port}")


def local(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def shown(address: str) -> str:
    """An address as errors show it: without what follows a question mark, and without a name and password."""
    return cut(re.sub(r"//[^/]*@", "//", address.partition("?")[0].partition("#")[0]))


def cut(text: str) -> str:
    """A text on one line, 160 letters at most."""
    text = " ".join(text.split())
    return text if len(text) <= 160 else text[:159] + "…"


def lasting(seconds: float) -> str:
    """A time to wait, as it is said."""
    whole = max(1, round(min(seconds, 1e9)))
    return f"{whole} s" if whole < 120 else f"{round(whole / 60)} min" if whole < 7200 else f"{round(whole / 3600)} h"
