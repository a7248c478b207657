"""Gerrit: what a sync brings from a server that searches and pages as Gerrit does, and what it makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from muster.model import Evidence, MusterError, Participant, Role
from muster.sources import gather, gerrit
from tests.loopback import (
    NOW,
    Answered,
    Asked,
    Loopback,
    stopped_everywhere,
    sync,
    token_kept_out,
    with_token,
)
from tests.sources.gerrit import ABANDONED, COMMENTS, MERGED, ONE, TWO, change


class Server:
    """A Gerrit with one project: the newest change first, by lists of at most four."""

    def __init__(self) -> None:
        self.changes: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, Any] = {}
        #: Called before each search.
        self.before: Callable[[], None] = lambda: None

    def put(self, *changes: dict[str, Any]) -> None:
        self.changes.update((one["_number"], one) for one in changes)

    def __call__(self, asked: Asked) -> Answered | None:
        path = asked.path.removeprefix("/a")
        if path == "/changes/":
            self.before()
            return self.search(asked)
        made = re.fullmatch(r"/changes/orchard%2Fdeploy~([0-9]+)/comments", path)
        return Answered(self.comments.get(int(made[1]), {}), prefix=b")]}'\n") if made and int(made[1]) in self.changes else None

    def search(self, asked: Asked) -> Answered:
        said = re.fullmatch(r'project:"([\w/]+)"(?: since:"([^"]+)")?(?: until:"([^"]+)")?', asked.query["q"])
        assert said, asked.query["q"]
        if said[1] != "orchard/deploy":
            return Answered(b"invalid query", 400)
        since, until = (datetime.strptime(value, "%Y-%m-%d %H:%M:%S %z") if value else None for value in said.groups()[1:])
        rows = sorted(((datetime.fromisoformat(f"{one['updated']}+00:00"), number) for number, one in self.changes.items()), reverse=True)
        rows = [(at, number) for at, number in rows if (since is None or at >= since) and (until is None or at <= until)]
        begun, most = int(asked.query.get("S", "0")), min(int(asked.query["n"]), 4)
        page = [dict(self.changes[number]) for _, number in rows[begun : begun + most]]
        if begun + most < len(rows):
            page[-1]["_more_changes"] = True
        return Answered(page, prefix=b")]}'\n")


@pytest.fixture
def review(monkeypatch: pytest.MonkeyPatch) -> Server:
    with_token(monkeypatch)
    return Server()


@pytest.fixture
def server(review: Server) -> Iterator[Loopback]:
    with Loopback(review) as made:
        yield made


def table(server: Loopback, **more: object) -> dict[str, object]:
    return {"base": server.base, "projects": ["orchard/deploy"], **more}


def found(root: Path, server: Loopback) -> dict[str, Evidence]:
    gathered = gather("gerrit", table(server), root)
    assert not gathered.skipped, gathered.skipped
    return {piece.id: piece for piece in gathered.evidence}


def small(number: int, day: float, **more: Any) -> dict[str, Any]:
    at = datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=day)
    return change(number, f"Change {number}", "2026-01-01 09:00:00", at.strftime("%Y-%m-%d %H:%M:%S"), **more)


def numbers(root: Path, server: Loopback) -> set[int]:
    return {int(id_.rpartition("/")[2]) for id_, piece in found(root, server).items() if piece.kind == "pull-request"}


def test_a_change_with_all_that_was_said(review: Server, server: Loopback, tmp_path: Path) -> None:
    review.put(MERGED, ABANDONED)
    review.comments[12345] = COMMENTS
    assert sync(gerrit, table(server, user="ann"), tmp_path) == ()
    seen = found(tmp_path, server)
    host = server.base.partition("//")[2]
    one = seen[f"gerrit:{host}/12345"]
    assert (one.kind, one.title, one.actor, one.text) == ("pull-request", "Queue deploys", "gerrit:1000002", "Two wait for each other.")
    assert one.url == f"https://{host}/c/orchard/deploy/+/12345"
    assert one.facts == (
        ("state", "merged"), ("merged", "2026-02-06T09:00:00Z"), ("merged-by", "gerrit:1000001"), ("commit", TWO), ("head", TWO), ("base", "main"),
        ("change-id", f"I{12345:040x}"), ("label", "queue"), ("label", "runner"), ("related", f"gerrit:{host}/12000 is picked from"))
    assert one.participants == (Participant("gerrit:1000001", Role.REQUESTED),)
    below = sorted((piece for piece in seen.values() if piece.about == one.id), key=lambda piece: (piece.happened_at or NOW, piece.id))
    assert [(piece.fact("event"), piece.fact("to") or piece.fact("commit")) for piece in below if piece.kind == "event"] == [
        ("pushed", ONE), ("review-requested", "gerrit:1000001"), ("review-request-removed", "gerrit:1000003"), ("pushed", TWO), ("merged", None)]
    assert [(piece.actor, piece.fact("verdict"), piece.text) for piece in below if piece.kind == "review"] == [
        ("gerrit:1000001", "changes-requested", "What if the lock is lost?"), ("gerrit:1000003", "commented", ""),
        ("gerrit:1000001", "approved", "Good."), ("gerrit:1000001", "dismissed", "")]
    assert [(piece.actor, piece.text, piece.fact("path"), piece.fact("line")) for piece in below if piece.kind == "comment"] == [
        ("gerrit:1000001", "What if the lock is lost?", None, None), ("gerrit:1000001", "Here.", "runner/queue.py", "18"),
        ("gerrit:1000002", "Done", "runner/queue.py", "18"), ("gerrit:1000002", "", None, None), ("gerrit:1000002", "Handled now.", None, None)]
    assert seen[f"{one.id}/comment/cc_1"].fact("answers") == f"{one.id}/comment/bb_1"
    two = seen[f"gerrit:{host}/12346"]
    assert two.facts[:4] == (("state", "closed"), ("closed", "2026-02-12T09:00:00Z"), ("closed-by", "gerrit:1000001"), ("reason", "The queue does it."))
    assert ("related", f"{one.id} reverts") in two.facts
    events = sorted((piece.happened_at or NOW, piece.fact("event"), piece.fact("reason")) for piece in seen.values() if piece.about == two.id and piece.fact("event") != "pushed")
    assert [row[1:] for row in events] == [("closed", "Not this year."), ("reopened", None), ("closed", "The queue does it.")]
    accounts = {account.id: account for account in gather("gerrit", table(server), tmp_path).accounts}
    assert accounts["gerrit:1000001"].email == "ann@example.org" and "gerrit:1000009" not in accounts
    assert all(asked.path.startswith("/a/") and asked.headers["authorization"].startswith("Basic ") for asked in server.asked)
    token_kept_out(tmp_path)


def test_what_everybody_may_see(review: Server, server: Loopback, tmp_path: Path) -> None:
    review.put(small(1, 1))
    sync(gerrit, table(server), tmp_path)
    assert numbers(tmp_path, server) == {1}
    assert not any("authorization" in asked.headers or asked.path.startswith("/a/") for asked in server.asked)


def test_crowds_and_what_changes_while_it_is_read(review: Server, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More change in one second than a list holds, and one that is changed meanwhile goes to the top."""
    monkeypatch.setattr(gerrit, "AGAIN", 2)
    review.put(*(small(number, 9 if 5 < number < 20 else number / 2) for number in range(1, 30)))
    changed = iter(enumerate((29, 7, 14, 2)))

    def meddle() -> None:
        if (one := next(changed, None)) is not None:
            review.put(small(one[1], 179 + one[0] / 1000))

    review.before = meddle
    sync(gerrit, table(server), tmp_path)
    review.before = lambda: None
    # What was changed while it was read, before it was read, is brought by the next sync.
    sync(gerrit, table(server), tmp_path, NOW + timedelta(hours=1))
    assert numbers(tmp_path, server) == set(range(1, 30))


def test_what_is_new(review: Server, server: Loopback, tmp_path: Path) -> None:
    review.put(*(small(number, number) for number in range(1, 15)))
    sync(gerrit, table(server), tmp_path)
    begun = len(server.asked)
    review.put(small(3, 100, total_comment_count=1), small(20, 101))
    review.comments[3] = COMMENTS
    sync(gerrit, table(server), tmp_path, NOW + timedelta(hours=1))
    assert len(server.asked) - begun == 2
    assert numbers(tmp_path, server) == {*range(1, 15), 20} and sum(piece.kind == "comment" for piece in found(tmp_path, server).values()) == 3


def test_stopped_anywhere_and_resumed(review: Server, server: Loopback, tmp_path: Path) -> None:
    review.put(MERGED, ABANDONED, *(small(number, number, total_comment_count=number % 2) for number in range(1, 15)))
    review.comments[12345] = COMMENTS
    # The change that ends a list says so in its own bytes.
    stopped_everywhere(gerrit, server, table(server), tmp_path, same=False)


def test_new_changes_after_a_stop_are_found(review: Server, server: Loopback, tmp_path: Path) -> None:
    review.put(*(small(number, number) for number in range(1, 20)))
    server.stop = 3
    with pytest.raises(MusterError):
        sync(gerrit, table(server), tmp_path)
    server.stop = None
    review.put(small(30, 100), small(18, 101))
    sync(gerrit, table(server), tmp_path)
    assert numbers(tmp_path, server) == {*range(1, 20), 30}


def test_a_project_that_is_none_stops_no_other(review: Server, server: Loopback, tmp_path: Path) -> None:
    review.put(small(1, 1))
    assert sync(gerrit, table(server, projects=["orchard/none", "orchard/deploy"]), tmp_path) == ("Gerrit: orchard/none: answers 400",)
    assert [piece.kind for piece in gather("gerrit", table(server), tmp_path).evidence] == ["pull-request", "event"]
    assert not gather("gerrit", table(server, projects=["orchard"]), tmp_path).evidence


@pytest.mark.parametrize("wrong", [{"projects": ['a" OR x']}, {"projects": ["a/../b"]}, {"since": "soon"}, {"base": "review"}, {"user": "a:b"}])
def test_settings_that_are_none(wrong: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(MusterError):
        sync(gerrit, {"base": "https://review.example.org", "projects": ["a/b"], **wrong}, tmp_path)


def test_the_environment_is_for_the_host_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("muster.sources._secret.of_keyring", lambda *_: None)
    monkeypatch.setenv("GERRIT_PASSWORD", "blossom-73-key")
    monkeypatch.delenv("GERRIT_HOST", raising=False)
    assert gerrit.token("review.example.org") is None
    monkeypatch.setenv("GERRIT_HOST", "review.example.org")
    assert gerrit.token("review.example.org") is not None


def test_a_list_that_never_ends(review: Server, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "search", lambda asked: Answered([{**small(1, 1), "_more_changes": True}], prefix=b")]}'"))
    sync(gerrit, table(server), tmp_path)
    assert numbers(tmp_path, server) == {1} and len(server.asked) < 9


def test_votes() -> None:
    best = {"Code-Review": 2, "Verified": 1}
    assert [gerrit.verdict_of(f" {votes}", best) for votes in ("Code-Review+2", "Verified+1 Code-Review-2", "Code-Review+1", "Verified-1", "-Code-Review", "")] == [
        "approved", "changes-requested", "commented", "", "dismissed", ""]
    assert gerrit.verdict_of(" Code-Review+1", {"Code-Review": 1}) == "approved"
