"""Where tokens come from, that they leave for their own origin alone, and where they must never stand."""

from __future__ import annotations

import copy
import logging
import pickle
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import msgspec
import pytest

from muster.model import MusterError
from muster.sources import _client
from muster.sources._client import Client, RefusedError, Secret, basic, secret
from muster.sources._kept import Kept, Raw, path_of
from tests.hostile_servers import TOKEN, Server, Time, asking, raw, refuses, said, serving


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


# Where the token goes


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_within(server: Server, client: Client, status: int) -> None:
    server.replies["/old"] = lambda to: to.answer(b"", status, Location="/new?x=1")
    server.replies["/new"] = lambda to: to.answer(b"[3]")
    assert client.get("/old").body == b"[3]"
    assert [path for _, path, _ in server.asked] == ["/old", "/new?x=1"]
    if status in (307, 308):
        assert client.post("/old", [1]).body == b"[3]" and server.asked[-1][0] == "POST"
    else:
        refuses(lambda: client.post("/old", [1]))


def test_redirects_in_a_ring(server: Server, client: Client) -> None:
    server.replies["/a"] = lambda to: to.answer(b"", 302, Location="/b")
    server.replies["/b"] = lambda to: to.answer(b"", 302, Location="/a")
    assert "redirects more than" in refuses(lambda: client.get("/a")).seen
    server.replies["/c"] = lambda to: to.answer(b"", 302)
    refuses(lambda: client.get("/c"))


def ways_out(server: Server, stranger: Server) -> list[str]:
    """Addresses that lead to the stranger, or that a careless reader takes for the server's."""
    host, port = "127.0.0.1", stranger.server_port
    return [
        f"http://{host}:{port}/steal", f"//{host}:{port}/steal", f"http://localhost:{port}/steal", f"HTTP://{host}:{port}/steal", f"\\\\{host}:{port}\\steal", f"http:\\\\{host}:{port}/steal",
        f"http://127.0.0.1:{server.server_port}@{host}:{port}/steal", f"http://user:pass@{host}:{port}/steal", f"http://user@127.0.0.1:{server.server_port}/steal",
        f"http://{host}:{port}#@127.0.0.1:{server.server_port}/", f"http://{host}:{port}?@127.0.0.1:{server.server_port}/", f"http://2130706433:{port}/steal", f"http://127.1:{port}/", f"http://[::1]:{port}/",
        f"http://localhost:{server.server_port}/steal", f"https://127.0.0.1:{server.server_port}/steal", f"http://127.0.0.1:{server.server_port}1/", "http://127.0.0.1/steal", "ftp://127.0.0.1/x", "file:///etc/passwd",
        "javascript:alert(1)", "http://", "http://:80", "http://[", "https://例え.テスト/", f"http://{TOKEN}.example.org/", f"http://{host}:{port}/{TOKEN}", f"http://{host}:{port}/?t={TOKEN}", "http://x" + "y" * 5000, "http://a b/", "http://\x7f/",
    ]  # fmt: skip


def test_no_redirect_leads_out(server: Server, stranger: Server, times: Time) -> None:
    for status in (302, 308):
        for target in ways_out(server, stranger):
            with asking(server.url, times) as client:
                encoded = target.encode("utf-8").decode("latin-1")
                server.replies["/p"] = lambda to, encoded=encoded, status=status: to.answer(b"", status, Location=encoded)  # type: ignore[misc]
                server.replies.pop("/steal", None)
                refuses(lambda client=client: client.get("/p"))  # type: ignore[misc]
                refuses(lambda client=client: client.post("/p", {}))  # type: ignore[misc]
    assert stranger.asked == []


def test_no_page_leads_out(server: Server, stranger: Server, times: Time) -> None:
    for target in ways_out(server, stranger):
        with asking(server.url, times) as client:
            encoded = target.encode("utf-8").decode("latin-1")
            server.replies["/p"] = lambda to, encoded=encoded: to.answer(b"[1]", Link=f"<{encoded}>; rel=next")  # type: ignore[misc]
            if target in ("http://", "http://:80"):  # that is the same page once more
                assert len(list(client.pages("/p"))) == 1
                continue
            refuses(lambda client=client: list(client.pages("/p")))  # type: ignore[misc]
    assert stranger.asked == []


def test_nothing_that_is_asked_for_leads_out(server: Server, stranger: Server, times: Time) -> None:
    """Not even where a source builds a path from what a server said."""
    stranger.replies["/steal"] = lambda to: to.answer(b"[1]")
    with asking(server.url, times) as client:
        for target in ways_out(server, stranger):
            with pytest.raises(MusterError):
                client.get(target)
        for path in (f"@127.0.0.1:{stranger.server_port}/steal", f":{stranger.server_port}/steal", f".127.0.0.1:{stranger.server_port}/", "../../x", "a?b=://x"):
            with pytest.raises(RefusedError):
                client.get(path)
    assert stranger.asked == []


def test_pages_that_are_posted_and_hosts_in_capitals(server: Server, times: Time) -> None:
    server.replies["/p"] = lambda to: to.answer(b"[1]", Link=f"<HTTP://LOCALHOST:{server.server_port}/p?page=2>; rel=next")
    with asking(f"http://localhost:{server.server_port}", times) as client:
        assert len(list(client.pages("/p"))) == 2


@pytest.mark.parametrize("base", ["http://git.example.org", "http://192.0.2.7:8080/api", "http://localhost.example.org", "http://127.0.0.1.example.org", "http://0.0.0.0"])
def test_never_unencrypted(base: str) -> None:
    assert "unencrypted" in refuses(lambda: Client(base, Secret(TOKEN))).seen
    Client(base, None).close()


@pytest.mark.parametrize("base", ["", "git.example.org", "ftp://x", "https://", f"https://ann:{TOKEN}@git.example.org", "https://x?token=1", "https://x#y", "https://a b", "https://[", "https://x:99999"])
def test_a_base_that_is_none(base: str) -> None:
    with pytest.raises(MusterError) as caught:
        Client(base, Secret("another-token"))
    assert "muster.toml" in str(caught.value) or "Write it" in str(caught.value)
    assert TOKEN not in said(caught.value)


def test_a_proxy_of_the_environment_sees_no_token(server: Server, stranger: Server, times: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, stranger.url)
    server.replies["/p"] = lambda to: to.answer(b"[1]")
    with asking(server.url, times) as client:
        assert client.get("/p").body == b"[1]"
    assert stranger.asked == []


# Where the token never stands


def test_a_secret_is_not_shown() -> None:
    one = Secret(TOKEN)
    assert one.reveal() == TOKEN
    for text in (repr(one), str(one), f"{one}", f"{one!r:>80}", "%s" % one, repr([one]), repr({"a": one}), "{}".format(one)):  # noqa: UP031, UP032 - all of them
        assert TOKEN not in text
    for away in (pickle.dumps, copy.copy, copy.deepcopy, msgspec.json.encode, vars, lambda one: one.__getstate__()):
        with pytest.raises((TypeError, AttributeError)) as caught:
            away(one)
        assert TOKEN not in said(caught.value)
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize("value", ["", " ", "a b", "a\nb", "tök", "a\r\nX-Evil: 1", "\x00"])
def test_what_is_no_token(value: str) -> None:
    with pytest.raises(ValueError, match="one word"):
        Secret(value)


def test_basic() -> None:
    import base64

    one = basic("ann@example.org", Secret(TOKEN))
    assert base64.b64decode(one.reveal()) == f"ann@example.org:{TOKEN}".encode()
    assert one.within(TOKEN.encode()) and one.hide(f"x {TOKEN} {one.reveal()}") == "x … …"


def test_the_token_is_nowhere(
    server: Server, stranger: Server, times: Time, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that sends it back wherever it can, everything logged, everything kept: none of it has the token."""
    caplog.set_level(logging.DEBUG)
    for name in (*_client.LOGGERS, "httpcore", "h11"):
        caplog.set_level(logging.DEBUG, logger=name)
    server.replies["/good"] = lambda to: to.answer(b'[{"id": 1}]', X_Echo=TOKEN, Set_Cookie=f"t={TOKEN}")
    server.replies["/next"] = lambda to: to.answer(b"[]", Link=f"</more?t={TOKEN}>; rel=next")
    server.replies["/echo"] = lambda to: to.answer(msgspec.json.encode({"you": to.headers["Authorization"]}))
    server.replies["/bad"] = lambda to: to.answer(b"{}", 403, X_Reason=TOKEN)
    server.replies["/away"] = lambda to: to.answer(b"", 302, Location=f"{stranger.url}/{TOKEN}")
    server.replies["/broken"] = raw(f"HTTP/1.1 200 {TOKEN}\r\nContent-Length: 99\r\nX: {TOKEN}\r\n\r\n{TOKEN}".encode())
    server.replies["/line"] = raw(f"{TOKEN}\r\n\r\n".encode())
    path = path_of(tmp_path, "github")
    with Kept(path, clock=times.clock) as kept, asking(server.url, times) as client:
        answer = client.get("/good")
        kept.put([Raw("x/1", "issue", body, answer.at) for body in answer.items()], {"page": "2"})
        for trouble in ("/echo", "/next", "/bad", "/away", "/broken", "/line", "/none"):
            refuses(lambda trouble=trouble: client.get(trouble))  # type: ignore[misc]
        assert TOKEN not in repr(client) + repr(answer)
        client.get("/good")
        assert "cookie" not in server.asked[-1][2]
        found = list(path.parent.iterdir())
        assert len(found) >= 3
        for file in found:
            assert TOKEN.encode() not in file.read_bytes()
    assert caplog.records and any(record.name.startswith("httpcore") for record in caplog.records)
    for record in caplog.records:
        assert TOKEN.lower() not in (record.getMessage() + repr(record.args)).lower()
    assert TOKEN.lower() not in caplog.text.lower() and TOKEN not in "".join(times.told)
    assert stranger.asked == []
    # Nothing that hides it is left behind.
    assert not any(isinstance(one, _client.Hide) for name in _client.LOGGERS for one in logging.getLogger(name).filters)


# Where a token comes from


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self, held: dict[tuple[str, str], str] | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held = held

    def get_password(self, service: str, username: str) -> str | None:
        if self.held is None:
            raise RuntimeError("locked")
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture
def ring() -> Iterator[Callable[[dict[tuple[str, str], str] | None], None]]:
    before = keyring.get_keyring()
    yield lambda held: keyring.set_keyring(Ring(held))
    keyring.set_keyring(before)


def test_the_order_of_places(ring: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    ring({("muster:github", "github.com"): f"{TOKEN}\n"})
    monkeypatch.setenv("GITHUB_TOKEN", "of-environment")
    found = secret("github", "github.com", ["GITHUB_TOKEN"], ["echo", "of-command"])
    assert found and found.reveal() == TOKEN
    found = secret("github", "git.example.org", ["GH_TOKEN", "GITHUB_TOKEN"], ["echo", "of-command"])
    assert found and found.reveal() == "of-environment"
    monkeypatch.setenv("GITHUB_TOKEN", "  ")
    found = secret("github", "git.example.org", ["GITHUB_TOKEN"], ["echo", "of-command"])
    assert found and found.reveal() == "of-command"
    assert secret("github", "git.example.org", ["GITHUB_TOKEN"], ["false"]) is None
    assert secret("github", "git.example.org", [], ["muster-has-no-such-command"]) is None
    ring(None)
    assert secret("github", "github.com", []) is None


def test_a_token_that_is_none_is_not_shown(ring: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    ring({})
    monkeypatch.setenv("GITHUB_TOKEN", f"{TOKEN} {TOKEN}")
    error = refuses(lambda: secret("github", "github.com", ["GITHUB_TOKEN"]))
    assert error.where == "GITHUB_TOKEN"


def test_a_command_that_hangs(ring: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    ring({})

    def slow(*words: Any, **options: Any) -> Any:
        assert options["timeout"] <= 15
        raise subprocess.TimeoutExpired("gh", 15)

    monkeypatch.setattr(subprocess, "run", slow)
    assert secret("github", "github.com", [], ["gh", "auth", "token"]) is None
