"""A loopback server that answers as GitHub's REST API does, from records in its shapes: whole lists, real paging, `since`.

Records are given as JSON; what goes out are their own bytes. A backup of a whole project, one file an issue or pull request
(`issues/N.json`, `pulls/N.json`, each with its events and comments), can be served as well: see `backup`.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec


@dataclass
class Item:
    """An issue or pull request with all below it, each as the bytes that go out."""

    issue: bytes
    updated: str
    timeline: list[bytes] = field(default_factory=list)
    pull: bytes | None = None
    comments: list[bytes] = field(default_factory=list)


@dataclass
class Project:
    """One repository on the server."""

    name: str
    items: dict[int, Item] = field(default_factory=dict)

    def put(self, issue: dict[str, Any], timeline: list[Any] = [], pull: dict[str, Any] | None = None, comments: list[Any] = []) -> None:  # noqa: B006
        """Put an issue or pull request there, in the place of what was there under its number."""
        made = pull and {**pull, "review_comments": len(comments)}
        self.items[issue["number"]] = Item(encoded(issue), issue["updated_at"], [encoded(one) for one in timeline],
                                           encoded(made) if made else None, [encoded(one) for one in comments])


class Server:
    """Serves projects until it is closed; `asked` lists the paths that were asked for, `tokens` what came as authorization.

    `before` is called with the path before each answer: it can change the projects, or return a status to answer with.
    `graph` answers GraphQL; without it there is none (404).
    """

    def __init__(self, *projects: Project) -> None:
        self.projects = {project.name.lower(): project for project in projects}
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.before: Callable[[str], tuple[int, dict[str, str]] | None] = lambda path: None
        self.graph: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                outer.get(self)

            def do_POST(self) -> None:
                outer.post(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.host = urlsplit(self.base).netloc
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a GET."""
        parts = urlsplit(asked.path)
        self.asked.append(asked.path)
        self.tokens.add(asked.headers.get("Authorization"))
        if (other := self.before(asked.path)) is not None:
            send(asked, other[0], b'{"message": "no"}', other[1])
            return
        query = dict(parse_qsl(parts.query))
        steps = parts.path.removeprefix("/api/v3").strip("/").split("/")  # Enterprise has its API there
        project = self.projects.get("/".join(steps[1:3]).lower()) if steps[:1] == ["repos"] else None
        if project is None or len(steps) < 4:
            send(asked, 404, b'{"message": "Not Found"}')
            return
        item = project.items.get(int(steps[4])) if len(steps) > 4 else None
        listed: list[bytes] | None = None
        if steps[3:] == ["issues"]:
            rows = sorted((one.updated, number) for number, one in project.items.items() if one.updated >= query.get("since", ""))
            listed = [project.items[number].issue for _, number in rows]
        elif item is not None and steps[3] == "issues" and steps[5:] == ["timeline"]:
            listed = item.timeline
        elif item is not None and steps[3] == "pulls" and steps[5:] == ["comments"]:
            listed = item.comments
        elif item is not None and item.pull is not None and steps[3] == "pulls" and len(steps) == 5:
            send(asked, 200, item.pull)
            return
        if listed is None:
            send(asked, 404, b'{"message": "Not Found"}')
            return
        page, size = int(query.get("page", "1")), int(query.get("per_page", "30"))
        more = {}
        if page * size < len(listed):
            more["Link"] = f'<{self.base}{parts.path}?{urlencode({**query, "page": page + 1})}>; rel="next"'
        send(asked, 200, b"[" + b",".join(listed[(page - 1) * size : page * size]) + b"]", more)

    def post(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a question in GraphQL."""
        body = json.loads(asked.rfile.read(int(asked.headers["Content-Length"])))
        self.asked.append(f"{asked.path} {body['query'].split('(')[0]}")
        if self.graph is None:
            send(asked, 404, b'{"message": "Not Found"}')
        else:
            send(asked, 200, encoded(self.graph(body["query"], body["variables"])))


class Quiet(ThreadingHTTPServer):
    """Says nothing of a client that was killed."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def send(asked: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    """Send an answer."""
    asked.send_response(status)
    for name, value in {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body)), **(headers or {})}.items():
        asked.send_header(name, value)
    asked.end_headers()
    asked.wfile.write(body)


def encoded(value: object) -> bytes:
    """JSON as it goes out."""
    return json.dumps(value, separators=(",", ":")).encode()


# A backup of a whole project

class Whole(msgspec.Struct):
    """A file of a backup."""

    issue: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    pull: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    events: list[msgspec.Raw] = msgspec.field(default_factory=list)
    comments: list[msgspec.Raw] = msgspec.field(default_factory=list)


#: What the list of issues says of a pull request as well.
SHARED = ("url", "html_url", "id", "node_id", "number", "title", "user", "labels", "state", "locked", "assignees", "created_at", "updated_at",
          "closed_at", "author_association", "draft", "body")


def backup(path: Path, name: str) -> Project:
    """The project in a folder of such files, or in a bare repository of them; files that are not there are passed over."""
    project = Project(name)
    for body in files(path):
        whole = msgspec.json.decode(body, type=Whole)
        own, pull = bytes(whole.issue), bytes(whole.pull)
        said = msgspec.json.decode(pull or own or b"{}")
        if "number" not in said:
            continue
        issue = own or encoded({
            **{key: said[key] for key in SHARED if key in said}, "pull_request": {"url": said["url"], "merged_at": said.get("merged_at")}})
        project.items[said["number"]] = Item(issue, said["updated_at"], [bytes(one) for one in whole.events],
                                             pull or None, [bytes(one) for one in whole.comments])
    return project


def files(path: Path) -> Iterator[bytes]:
    """The files of a backup."""
    if (path / "issues").is_dir():
        for file in sorted([*path.glob("issues/*.json"), *path.glob("pulls/*.json")]):
            yield file.read_bytes()
        return
    git = ["git", "-C", str(path)]
    rows = subprocess.run([*git, "ls-tree", "-r", "HEAD", "issues", "pulls"], capture_output=True, text=True, check=True).stdout.splitlines()
    ids = [row.split()[2] for row in rows if row.endswith(".json")]
    out = subprocess.run([*git, "cat-file", "--batch"], input="\n".join(ids).encode(), capture_output=True, check=True).stdout
    at = 0
    while at < len(out):
        head, _, _ = out[at : at + 200].partition(b"\n")
        at += len(head) + 1
        if not head.endswith(b"missing"):
            size = int(head.split()[2])
            yield out[at : at + size]
            at += size + 1
