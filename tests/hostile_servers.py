"""Servers on loopback for tests, that answer whatever they are told to and note what they were asked."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from muster.model import MusterError
from muster.sources._client import Client, Secret

TOKEN = "ghp_Xq3vPz81LmN0aBcDeFgHiJkLmNoPqRsTuVw"
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)

Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's replies say, and notes what it was sent."""

    protocol_version = "HTTP/1.1"
    server: Server

    def answer(self, body: bytes = b"[]", status: int = 200, /, **headers: str) -> None:
        """A whole answer; underscores of names are hyphens."""
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
        length = int(self.headers.get("content-length") or 0)
        self.server.bodies.append(self.rfile.read(length))
        reply = self.server.replies.get(self.path.partition("?")[0])
        try:
            if reply is None:
                self.answer(b'{"message": "Not Found"}', 404)
            else:
                reply(self)
        except OSError:  # the client has gone
            self.close_connection = True

    do_POST = do_GET  # noqa: N815 - the name in the library

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the library
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server on loopback: path → reply, and everything that it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


def serving() -> Iterator[Server]:
    """A server that runs until the test ends; it answers every path of its own that nobody set with a 404."""
    with Server() as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


class Time:
    """A clock that goes on by sleeping alone, and what was told."""

    def __init__(self) -> None:
        self.at = NOON
        self.slept: list[float] = []
        self.told: list[str] = []

    def clock(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)

    def tell(self, what: str, done: int, total: int | None) -> None:
        self.told.append(what)


def asking(base: str, times: Time, **other: Any) -> Client:
    return Client(base, Secret(TOKEN), name="GitHub", clock=times.clock, sleep=times.sleep, tell=times.tell, **other)


def said(error: BaseException) -> str:
    """Everything that can be seen of an error, its traceback and what it came of included."""
    return "".join(traceback.format_exception(error)) + repr(error) + str(error.args) + repr(error.__cause__) + repr(error.__context__)


def refuses(call: Callable[[], Any]) -> MusterError:
    """The error that a call ends in; the token is nowhere in it."""
    with pytest.raises(MusterError) as caught:
        call()
    assert TOKEN.lower() not in said(caught.value).lower()
    assert caught.value.where and caught.value.seen and caught.value.next
    return caught.value


def raw(*pieces: bytes, pause: float = 0.0) -> Reply:
    """What goes over the wire, byte for byte, and then the end."""

    def reply(to: Handler) -> None:
        for piece in pieces:
            to.wfile.write(piece)
            to.wfile.flush()
            time.sleep(pause)
        to.close_connection = True

    return reply
