"""How remote sources are asked, against servers on loopback that do everything wrong."""

from __future__ import annotations

import gzip
import re
import ssl
import subprocess
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest

from muster.model import MusterError
from muster.sources import _client
from muster.sources._client import Client, RefusedError
from tests.hostile_servers import (
    NOON,
    TOKEN,
    Handler,
    Reply,
    Server,
    Time,
    asking,
    raw,
    refuses,
    said,
    serving,
)


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serving()


@pytest.fixture
def stranger() -> Iterator[Server]:
    yield from serving()


@pytest.fixture
def times() -> Time:
    return Time()


@pytest.fixture
def client(server: Server, times: Time) -> Iterator[Client]:
    with asking(server.url, times) as one:
        yield one


# Asking


def test_an_answer_is_as_sent(server: Server, client: Client) -> None:
    body = b'[ {"a":1.50,  "b":"\\u00e9"} ,\n{"c" : 1e2}]'
    server.replies["/items"] = lambda to: to.answer(body, X_Thing="yes")
    answer = client.get("/items", {"state": "all", "page": 2})
    assert answer.body == body and answer.status == 200 and answer.at == NOON and answer.headers["x-thing"] == "yes"
    assert answer.items() == (b'{"a":1.50,  "b":"\\u00e9"}', b'{"c" : 1e2}')
    method, path, headers = server.asked[0]
    assert (method, path) == ("GET", "/items?state=all&page=2")
    assert headers["authorization"] == f"Bearer {TOKEN}" and headers["user-agent"].startswith("muster/")


def test_items_deep_within(server: Server, client: Client) -> None:
    server.replies["/q"] = lambda to: to.answer(b'{"data": {"issues": [1, {"x" :2}], "none": null}}')
    answer = client.post("/q", {"query": "{ x }"})
    assert server.bodies[-1] == b'{"query":"{ x }"}' and server.asked[-1][2]["content-type"] == "application/json"
    assert answer.items("data", "issues") == (b"1", b'{"x" :2}')
    assert answer.items("data", "none") == () == answer.items("data", "gone") == answer.items("gone", "gone")
    refuses(lambda: answer.items("data"))


def test_a_base_with_a_path(server: Server, times: Time) -> None:
    server.replies["/api/v3/user"] = lambda to: to.answer(b"{}")
    with asking(f"{server.url}/api/v3/", times, header="PRIVATE-TOKEN", scheme="") as client:
        client.get("user")
        client.get("/user")
        client.get(f"{server.url}/api/v3/user")
    assert [headers["private-token"] for _, _, headers in server.asked] == [TOKEN] * 3


def test_gzip(server: Server, client: Client) -> None:
    body = msgspec.json.encode(list(range(1000)))
    packed = gzip.compress(body[:500]) + gzip.compress(body[500:])
    server.replies["/z"] = lambda to: to.answer(packed, Content_Encoding="gzip")
    assert client.get("/z").body == body
    assert server.asked[0][2]["accept-encoding"] == "gzip"


def test_pages(server: Server, client: Client) -> None:
    def reply(to: Handler) -> None:
        page = int(to.path.partition("page=")[2] or 1)
        more = {"Link": f'<{server.url}/p?page={page + 1}>; rel="next", </p?page=9>; rel="last"'} if page < 4 else {}
        to.answer(b"[%d]" % page, **more)

    server.replies["/p"] = reply
    assert [answer.items() for answer in client.pages("/p")] == [(b"1",), (b"2",), (b"3",), (b"4",)]


@pytest.mark.parametrize("link", ["</p>; rel=next", "</p?page=2>; rel=next", '<?>; rel="prev next"', "<p?page=1&x#y>; rel=next"])
def test_a_list_that_never_ends_ends(server: Server, client: Client, times: Time, link: str) -> None:
    server.replies["/p"] = lambda to: to.answer(b"[1]", Link=link)
    assert 1 <= len(list(client.pages("/p"))) <= 3
    assert "names a page again" in times.told[-1]


def test_a_list_without_end(server: Server, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_client, "PAGES", 20)
    server.replies["/p"] = lambda to: to.answer(b"[1]", Link=f"<p?page={len(server.asked)}>; rel=next")
    assert "more than 20 pages" in refuses(lambda: list(client.pages("/p"))).seen


@pytest.mark.parametrize("link", ["", "<", ">;rel=next", "<>; rel=next;;;,,,<", ";" * 500, "<" * 500, '<x>; rel="', "<x>; =next; rel", "\x01<x>"])
def test_links_that_are_none(server: Server, client: Client, link: str) -> None:
    server.replies["/p"] = lambda to: to.answer(b"[1]", Link=link)
    try:
        assert len(list(client.pages("/p"))) <= 2
    except MusterError as error:
        assert TOKEN not in said(error)


# Waiting


def once(reply: Reply, then: Reply = lambda to: to.answer(b"[1]")) -> Reply:
    """One reply the first time, and another from then on."""
    first = [True]

    def both(to: Handler) -> None:
        (reply if first and first.pop() else then)(to)

    return both


@pytest.mark.parametrize(
    ("status", "headers", "waits"),
    [
        (429, {"Retry-After": "42"}, 42),
        (403, {"Retry-After": "42"}, 42),
        (503, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": format_datetime(NOON + timedelta(seconds=41), usegmt=True)}, 42),
        (429, {"Retry-After": format_datetime(NOON - timedelta(days=1), usegmt=True)}, 1),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOON.timestamp()) + 41)}, 42),
        (429, {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOON.timestamp()) + 41)}, 42),
        (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-06-30T12:00:41Z"}, 42),
        (429, {}, 60),
        (429, {"Retry-After": "soon"}, 60),
        (429, {"Retry-After": "-5"}, 60),
        (429, {"Retry-After": "0"}, 1),
        (429, {"Retry-After": "9" * 400}, 60),
        (500, {}, 1),
        (502, {}, 1),
    ],
)
def test_a_server_that_asks_to_wait(server: Server, client: Client, times: Time, status: int, headers: dict[str, str], waits: int) -> None:
    server.replies["/p"] = once(lambda to: to.answer(b"{}", status, **headers))
    assert client.get("/p").body == b"[1]"
    assert times.slept == [waits]
    assert times.told == [f"GitHub asks to wait {waits} s" if status not in (500, 502) else f"GitHub answers {status}; asking again in 1 s"]


def test_a_limit_that_is_said_in_words(server: Server, client: Client, times: Time) -> None:
    server.replies["/p"] = once(lambda to: to.answer(b'{"message": "You have exceeded a secondary rate limit."}', 403))
    assert client.get("/p").body == b"[1]" and times.slept == [60]


@pytest.mark.parametrize("headers", [{"Retry-After": "86400"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"}, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}])
def test_no_wait_is_longer_than_it_may_be(server: Server, client: Client, times: Time, headers: dict[str, str]) -> None:
    server.replies["/p"] = lambda to: to.answer(b"{}", 429, **headers)
    error = refuses(lambda: client.get("/p"))
    assert "asks to wait" in error.seen and "it goes on from here" in error.next
    assert not times.slept and len(server.asked) == 1


def test_all_waits_have_an_end(server: Server, client: Client, times: Time) -> None:
    server.replies["/p"] = lambda to: to.answer(b"{}", 429, Retry_After="899")
    refuses(lambda: client.get("/p"))
    refuses(lambda: client.get("/p"))
    assert sum(times.slept) <= _client.ALL_WAITS


@pytest.mark.parametrize("status", [429, 500, 503])
def test_it_gives_up(server: Server, client: Client, times: Time, status: int) -> None:
    server.replies["/p"] = lambda to: to.answer(b'{"message": "no"}', status, **({"Retry_After": "1"} if status != 500 else {}))
    error = refuses(lambda: client.get("/p"))
    assert isinstance(error, RefusedError) and error.status == status
    assert len(server.asked) == _client.TRIES == len(times.slept) + 1
    assert times.slept == ([1, 2, 4, 8] if status == 500 else [1] * 4)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 451])
def test_no_is_no(server: Server, client: Client, times: Time, status: int) -> None:
    server.replies["/p"] = lambda to: to.answer(msgspec.json.encode({"message": f"Bad\x1b[31m\n credentials {TOKEN}"}), status)
    error = refuses(lambda: client.get("/p?secret=1"))
    assert "sends the token back" in error.seen
    server.replies["/p"] = lambda to: to.answer(b'{"message": "Bad credentials"}', status)
    error = refuses(lambda: client.get("/p?secret=1"))
    assert isinstance(error, RefusedError) and error.status == status
    assert str(status) in error.seen and "Bad credentials" in error.seen and "secret" not in str(error)
    assert len(server.asked) == 2 and not times.slept


# Servers that send rubbish


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"[1]" * 1000)[:-12],),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip at all",),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n[1]",),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(b"[1]")),),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\n[]",),
        (b"HTTP/9.9 9999 \xff\r\n\r\n",),
        (b"SSH-2.0-OpenSSH_9.6\r\n",),
        (b"",),
        (b"\x16\x03\x01\x02\x00",),
    ],
)
def test_answers_that_break_off(server: Server, client: Client, times: Time, pieces: tuple[bytes, ...]) -> None:
    server.replies["/p"] = once(raw(*pieces))
    assert client.get("/p").body == b"[1]" and times.slept == [1]
    server.replies["/p"] = raw(*pieces)
    assert "cannot be reached" in refuses(lambda: client.get("/p")).seen


def test_nobody_there(times: Time) -> None:
    with Server() as gone:
        url = gone.url
    with asking(url, times) as client:
        error = refuses(lambda: client.get("/p"))
    assert "cannot be reached" in error.seen and times.slept == [1, 2]


def test_a_certificate_that_nobody_trusts(server: Server, times: Time, tmp_path: Path) -> None:
    """It is not asked twice, and it never sees the token."""
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")], capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("no openssl")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.replies["/p"] = lambda to: to.answer(b"[1]")
    url = f"https://localhost:{server.server_port}"
    with asking(url, times) as client:
        error = refuses(lambda: client.get("/p"))
    assert "SSL_CERT_FILE" in error.next and not times.slept and not server.asked
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        with asking(url, times) as client:
            assert client.get("/p").body == b"[1]"


def test_a_bomb(server: Server, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are counted as they are inflated: no more than the limit is ever held."""
    monkeypatch.setattr(_client, "LARGEST", 4 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\x00" * (1 << 20)) for _ in range(1000)) + packer.flush()
    assert len(bomb) < 1 << 20
    server.replies["/p"] = lambda to: to.answer(bomb, Content_Encoding="gzip")
    import tracemalloc

    tracemalloc.start()
    try:
        assert "more than 4 MB" in refuses(lambda: client.get("/p")).seen
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()
    server.replies["/p"] = lambda to: to.answer(gzip.compress(b"") * 100_000, Content_Encoding="gzip")
    assert "damaged" in refuses(lambda: client.get("/p")).seen


def test_an_endless_answer(server: Server, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_client, "LARGEST", 1 << 20)

    def pour(to: Handler) -> None:
        to.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            to.wfile.write(b"[" * 65536)

    server.replies["/p"] = pour
    assert "more than 1 MB" in refuses(lambda: client.get("/p")).seen
    server.replies["/p"] = lambda to: to.answer(b"[2]")
    assert client.get("/p").body == b"[2]"  # on a connection of its own


@pytest.mark.parametrize("where", ["body", "headers", "start"])
def test_an_answer_that_drips(server: Server, times: Time, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setattr(_client, "LONGEST", 0.6)
    drops = [b" "] * 200
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n"
    server.replies["/p"] = {
        "body": raw(head + b"\r\n", *drops, pause=0.05),
        "headers": raw(head, *[b"X: y\r\n"] * 200, pause=0.05),
        "start": raw(*[bytes([one]) for one in head * 3], pause=0.05),
    }[where]
    with asking(server.url, times) as client:
        began = time.monotonic()
        assert "to answer" in refuses(lambda: client.get("/p")).seen
        assert time.monotonic() - began < 5
        server.replies["/p"] = lambda to: to.answer(b"[2]")
        assert client.get("/p").body == b"[2]"


def test_silence(server: Server, times: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_client, "SILENCE", 0.1)
    server.replies["/p"] = raw(b"HTTP/1.1 200 OK\r\n", b"", pause=0.3)
    with asking(server.url, times) as client:
        assert "no answer within" in refuses(lambda: client.get("/p")).seen


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!DOCTYPE html><title>Sign in</title>", "text/html"), (b"", "application/json"), (b'["\xff\xfe', "application/json"), (b"[" * 200_000, "application/json"),
        (b"[" * 200_000 + b"]" * 200_000, "application/json"), (b'{"a":' * 100_000, "x" * 5000), (b"\xef\xbb\xbf[]", ""), (b"[1,]", "application/json"), (b"NaN", "\x00"), (b"\x1f\x8b", "gzip"),
        (b'"\\ud800"', "text/json"), (b"1" * 100_000, "application/json"),
    ],
)  # fmt: skip
def test_what_is_no_json(server: Server, client: Client, body: bytes, kind: str) -> None:
    server.replies["/p"] = lambda to: to.answer(body, Content_Type=kind.replace("\x00", ""))
    answer = client.get("/p")
    assert answer.body == body
    if body != b"1" * 100_000:
        error = refuses(answer.json)
        assert "JSON" in error.seen and len(error.seen) < 500
    refuses(answer.items)
    refuses(lambda: answer.items("data"))


@pytest.mark.parametrize("small", [b"1", b"[]", b"{}", b'""', b"1.5", b'"\\ud800"'])
def test_many_small_values(server: Server, client: Client, small: bytes) -> None:
    """A small value takes many times its bytes in memory: those that would not fit are refused before they are read."""
    body = b"[" + (small + b",") * ((30 << 20) // (len(small) + 1)) + small + b"]"
    server.replies["/p"] = lambda to: to.answer(gzip.compress(body, 1), Content_Encoding="gzip")
    answer = client.get("/p")
    before = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0])
    assert "values" in refuses(answer.json).seen and "values" in refuses(answer.items).seen
    assert int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) - before < 50 << 10


def test_items_are_cut_without_reading_them(server: Server, client: Client) -> None:
    """What is within an item, however deep, is the parser's to judge."""
    deep = b"[" * 900 + b"]" * 900
    half = b'{"text": "\\ud800 half a pair", "\xff": 1e999}'
    items = (deep, half, b"[ ]", b"-1.50", b'{"b" : [1 ,2], "a":{}}', b"null")
    listed = b"[ " + b" ,\n".join(items) + b"\t]"
    for body, keys in (
        (listed, ()), (b' {"values":' + listed + b"}", ("values",)), (b'{"x": [{}, "]"], "a" :\n{"b":' + listed + b', "c": 1}, "z": {}}', ("a", "b")),
    ):  # fmt: skip
        server.replies["/p"] = lambda to, body=body: to.answer(body)  # type: ignore[misc]
        assert client.get("/p").items(*keys) == items
        assert client.get("/p").items("none") == () if keys else True
    for body in (b'["\\ud800"', b'["\\ud800",]', b'["\\ud800" 1]', b'{"a": ["\\ud800"}', b'{"a" ["\\ud800"]}', b'{1: "\\ud800"}', b'"\\ud800"', b'{"\\ud800": 1}'):
        server.replies["/p"] = lambda to, body=body: to.answer(body)  # type: ignore[misc]
        refuses(client.get("/p").items)
        refuses(lambda: client.get("/p").items("a")) if body != b'{"\\ud800": 1}' else None
