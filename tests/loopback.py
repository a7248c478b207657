"""A server on this machine that answers as a test says, and what is kept of it however often a sync is stopped."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from muster.model import MusterError
from muster.sources import Gathered, _secret, gather, settings_of
from muster.sources._kept import Kept, path_of
from muster.sources._secret import Secret

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
TOKEN = "blossom-73-key"


@dataclass(frozen=True)
class Asked:
    """A request: its path without the host, its parameters (the last of each name), its headers in lower case, its body."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def whole(self) -> str:
        """Path and parameters, for reading."""
        return f"{self.path}?{'&'.join(f'{key}={value}' for key, value in self.query.items())}"


@dataclass
class Answered:
    """What goes out: JSON of `said` (bytes go as they are), with `prefix` before it."""

    said: object = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    prefix: bytes = b""

    @property
    def body(self) -> bytes:
        return self.said if isinstance(self.said, bytes) else self.prefix + json.dumps(self.said, separators=(",", ":")).encode()


class Loopback:
    """Serves what `answer` gives for each request, None for 404; `asked` lists them. With `stop`, that many are answered and no more."""

    def __init__(self, answer: Callable[[Asked], Answered | None]) -> None:
        self.asked: list[Asked] = []
        self.stop: int | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                asked = Asked(self.command, unquote(parts.path) if "%2F" not in parts.path else parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)),
                              {name.lower(): value for name, value in self.headers.items()}, body)
                over = outer.stop is not None and len(outer.asked) >= outer.stop
                outer.asked.append(asked)
                made = Answered({"message": "stopped"}, 418) if over else answer(asked) or Answered({"message": "404 Not Found"}, 404)
                self.send_response(made.status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(made.body)), **made.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(made.body)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self) -> Loopback:
        return self

    def __exit__(self, *error: object) -> None:
        self.http.shutdown()
        self.http.server_close()


def with_token(monkeypatch: pytest.MonkeyPatch, token: str = TOKEN) -> None:
    """Gives every service that token, as a keyring would."""
    monkeypatch.setattr(_secret, "of_keyring", lambda service, host: token)


def sync(module: ModuleType, table: Mapping[str, object], root: Path, at: datetime = NOW, full: bool = False) -> tuple[str, ...]:
    """What a sync says that it could not bring; raises what it raises."""
    with Kept(path_of(root, module.SOURCE), clock=lambda: at) as kept:
        if full:
            kept.forget()
        missed = tuple(module.fetch(settings_of(module, table), root, kept, lambda *_: None) or ())
        kept.ended(missed)
    return tuple(f"{one.where}: {one.reason}" for one in missed)


def items(module: ModuleType, root: Path) -> dict[str, tuple[str, bytes]]:
    """What is kept, by key."""
    with Kept(path_of(root, module.SOURCE), reading=True) as kept:
        return {raw.key: (raw.kind, raw.body) for raw in kept.items()}


def stopped_everywhere(module: ModuleType, server: Loopback, table: Mapping[str, object], folder: Path, every: int = 1, same: bool = True) -> Gathered:
    """What a sync gives that came to its end at once; fails where one that was stopped after any request, and resumed, gives another.

    With `same`, what is kept is the same as well, to the byte.
    """
    begun = len(server.asked)
    sync(module, table, folder / "whole")
    count = len(server.asked) - begun
    whole = gather(module.SOURCE, table, folder / "whole")
    for stop in range(0, count, every):
        root = folder / f"stopped-{stop}"
        server.stop = len(server.asked) + stop
        with pytest.raises(MusterError):
            sync(module, table, root)
        server.stop = None
        sync(module, table, root)
        assert not same or items(module, root) == items(module, folder / "whole"), stop
        found = gather(module.SOURCE, table, root)
        assert (found.evidence, found.accounts, found.skipped) == (whole.evidence, whole.accounts, whole.skipped), stop
    return whole


def token_kept_out(root: Path, token: str = TOKEN) -> None:
    """Fails where a token, or what it was sent as, stands in what was kept."""
    secret = Secret(token)
    for path in sorted(root.rglob("*")):
        assert not path.is_file() or not secret.within(path.read_bytes()), path
