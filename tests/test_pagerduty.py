"""PagerDuty: what a sync brings from a server that pages and limits as PagerDuty's does, and what it makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from muster.model import Evidence, MusterError, Participant, Role
from muster.sources import gather, pagerduty
from tests.loopback import (
    NOW,
    Answered,
    Asked,
    Loopback,
    items,
    stopped_everywhere,
    sync,
    token_kept_out,
    with_token,
)
from tests.sources.pagerduty import NOTES, USERS, incident, log


class Server:
    """An account: incidents in the order of their beginning, each with a log; limits as PagerDuty documents them."""

    def __init__(self) -> None:
        self.incidents: list[dict[str, Any]] = []
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.notes: dict[str, list[dict[str, Any]]] = {}
        self.users: list[dict[str, Any]] | None = list(USERS)
        self.reach = 10_000

    def put(self, number: int, began: datetime, *, over: bool = True, noted: bool = False) -> str:
        id_, title = f"PI{number:05}", f"Deploys stand still, {number}"
        said = incident(id_, number, title, began.strftime("%Y-%m-%dT%H:%M:%SZ"),
                        (began + timedelta(minutes=45)).strftime("%Y-%m-%dT%H:%M:%SZ") if over else None)
        self.incidents = [one for one in self.incidents if one["id"] != id_] + [said]
        self.logs[id_] = log(id_, number, title, began.strftime("%Y-%m-%d"))[: None if over else 3]
        self.notes[id_] = NOTES if noted else []
        return id_

    def __call__(self, asked: Asked) -> Answered | None:
        steps = asked.path.strip("/").split("/")
        assert asked.headers["accept"] == "application/vnd.pagerduty+json;version=2"
        if asked.path == "/users":
            return self.paged(asked, "users", self.users) if self.users is not None else Answered({"error": {"message": "Forbidden"}}, 403)
        if asked.path == "/incidents":
            rows = sorted(self.incidents, key=lambda one: one["created_at"])
            if asked.query.get("date_range") != "all":
                since, until = (datetime.fromisoformat(asked.query[name]) for name in ("since", "until"))
                if until - since > timedelta(days=183):
                    return Answered({"error": {"message": "Invalid Input Provided", "errors": ["Date range too large"]}}, 400)
                rows = [one for one in rows if since <= datetime.fromisoformat(one["created_at"]) < until]
            return self.paged(asked, "incidents", rows)
        if steps[0] != "incidents" or steps[1] not in self.logs:
            return None
        if len(steps) == 2:
            return Answered({"incident": next(one for one in self.incidents if one["id"] == steps[1])})
        if steps[2] == "log_entries":
            return self.paged(asked, "log_entries", self.logs[steps[1]][::-1])
        return Answered({"notes": self.notes[steps[1]]})

    def paged(self, asked: Asked, name: str, rows: list[dict[str, Any]]) -> Answered:
        offset, limit = int(asked.query.get("offset", "0")), int(asked.query.get("limit", "25"))
        if offset + limit > self.reach:
            return Answered({"error": {"message": "Invalid Input Provided", "errors": ["Offset must be less than 10000"]}}, 400)
        return Answered({name: rows[offset : offset + limit], "limit": limit, "offset": offset, "more": offset + limit < len(rows), "total": None})


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Server:
    with_token(monkeypatch)
    monkeypatch.setattr(pagerduty, "PAGE", 3)
    return Server()


@pytest.fixture
def server(account: Server) -> Iterator[Loopback]:
    with Loopback(account) as made:
        yield made


def day(number: float) -> datetime:
    return datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=number)


def found(root: Path, server: Loopback, **table: object) -> dict[str, Evidence]:
    gathered = gather("pagerduty", {"base": server.base, **table}, root)
    assert not gathered.skipped
    return {piece.id: piece for piece in gathered.evidence}


def test_an_incident_with_its_log_and_notes(account: Server, server: Loopback, tmp_path: Path) -> None:
    account.put(41, day(47), noted=True)
    assert sync(pagerduty, {"base": server.base}, tmp_path) == ()
    seen = found(tmp_path, server)
    one = seen["pagerduty:PI00041"]
    assert (one.kind, one.ref, one.origin, one.title) == ("incident", "#41", "orchard.pagerduty.com", "Deploys stand still, 41")
    assert one.facts == (("began", "2026-02-17T09:00:00Z"), ("ended", "2026-02-17T09:45:00Z"), ("service", "Deploys"), ("urgency", "high"),
                         ("status", "resolved"), ("label", "P2"), ("closed-by", "pagerduty:PBOB002"))
    assert one.participants == (Participant("pagerduty:PBOB002", Role.RESPONDER), Participant("pagerduty:PANN001", Role.RESPONDER))
    events = sorted((piece.happened_at, piece.fact("event"), piece.actor, piece.fact("to"), piece.fact("by-habit"))
                    for piece in seen.values() if piece.kind == "event")
    assert [row[1:] for row in events] == [
        ("triggered", "pagerduty:PDEPLOY", None, "yes"), ("assigned", "pagerduty:PDEPLOY", "pagerduty:PANN001", "yes"),
        ("paged", "pagerduty:PDEPLOY", "pagerduty:PANN001", "yes"), ("escalated", "pagerduty:PDEPLOY", "pagerduty:PBOB002", "yes"),
        ("acknowledged", "pagerduty:PBOB002", None, None), ("assigned", "pagerduty:PBOB002", "pagerduty:PANN001", None),
        ("resolved", "pagerduty:PBOB002", None, None),
    ]
    assert all(piece.about == one.id for piece in seen.values() if piece is not one)
    written = seen["pagerduty:PI00041/note/PNOTE01"]
    assert (written.actor, written.text, written.fact("edited")) == ("pagerduty:PANN001", "Queue drained.\nDeploys move again.", "2026-02-17T02:25:00Z")
    assert seen["pagerduty:PI00041/note/PNOTE02"].actor == ""
    accounts = {one.id: one for one in gather("pagerduty", {"base": server.base}, tmp_path).accounts}
    assert accounts["pagerduty:PANN001"].email == "ann@example.org" and not accounts["pagerduty:PANN001"].bot
    assert accounts["pagerduty:PDEPLOY"].bot
    assert {asked.headers["authorization"] for asked in server.asked} == {"Token token=blossom-73-key"}
    token_kept_out(tmp_path)


def test_more_than_an_offset_reaches_and_longer_than_a_window(account: Server, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagerduty, "REACH", 9)
    account.reach = 9
    ids = {account.put(number, day(-400)) for number in range(1, 6)} | {account.put(number, day(number / 50)) for number in range(10, 50)}
    sync(pagerduty, {"base": server.base}, tmp_path)
    assert {id_.removeprefix("pagerduty:") for id_, piece in found(tmp_path, server).items() if piece.kind == "incident"} == ids


def test_what_is_new_and_what_was_not_over(account: Server, server: Loopback, tmp_path: Path) -> None:
    account.put(1, day(1))
    account.put(2, day(100), over=False)
    account.put(3, day(179))
    sync(pagerduty, {"base": server.base, "since": "2026-01-01"}, tmp_path)
    first = len(server.asked)
    sync(pagerduty, {"base": server.base, "since": "2026-01-01"}, tmp_path, NOW + timedelta(hours=2))
    again = [asked.path for asked in server.asked[first:]]
    assert not any("PI00001" in path for path in again), "it was settled"
    assert "/incidents/PI00002" in again and "/incidents/PI00003" in again
    account.put(2, day(100))
    account.put(4, day(180.2))
    account.notes["PI00003"] = NOTES[:1]
    sync(pagerduty, {"base": server.base, "since": "2026-01-01"}, tmp_path, NOW + timedelta(days=1))
    seen = found(tmp_path, server)
    assert seen["pagerduty:PI00002"].fact("status") == "resolved" and "pagerduty:PI00004" in seen and "pagerduty:PI00003/note/PNOTE01" in seen
    account.notes["PI00003"] = []
    sync(pagerduty, {"base": server.base, "since": "2026-01-01"}, tmp_path, NOW + timedelta(days=2))
    assert "pagerduty:PI00003/note/PNOTE01" not in found(tmp_path, server)


def test_stopped_anywhere_and_resumed(account: Server, server: Loopback, tmp_path: Path) -> None:
    for number in range(1, 9):
        account.put(number, day(number * 20), over=number != 7, noted=number == 3)
    whole = stopped_everywhere(pagerduty, server, {"base": server.base}, tmp_path)
    assert len([piece for piece in whole.evidence if piece.kind == "incident"]) == 8


def test_twice_changes_nothing(account: Server, server: Loopback, tmp_path: Path) -> None:
    account.put(1, day(1))
    account.put(2, day(179), over=False, noted=True)
    sync(pagerduty, {"base": server.base}, tmp_path)
    before = items(pagerduty, tmp_path)
    sync(pagerduty, {"base": server.base}, tmp_path)
    sync(pagerduty, {"base": server.base}, tmp_path, full=True)
    assert items(pagerduty, tmp_path) == before


def test_in_full_a_late_note_is_seen(account: Server, server: Loopback, tmp_path: Path) -> None:
    id_ = account.put(1, day(1))
    sync(pagerduty, {"base": server.base}, tmp_path)
    account.notes[id_] = NOTES[:1]
    sync(pagerduty, {"base": server.base}, tmp_path, NOW + timedelta(days=1))
    assert f"pagerduty:{id_}/note/PNOTE01" not in found(tmp_path, server), "it had been over for months"
    sync(pagerduty, {"base": server.base}, tmp_path, NOW + timedelta(days=1), full=True)
    assert f"pagerduty:{id_}/note/PNOTE01" in found(tmp_path, server)


def test_without_the_right_to_see_users(account: Server, server: Loopback, tmp_path: Path) -> None:
    account.put(1, day(1))
    account.users = None
    assert sync(pagerduty, {"base": server.base}, tmp_path) == ("PagerDuty: users: the token may not read them (403), so e-mails stay unknown",)
    assert {one.email for one in gather("pagerduty", {"base": server.base}, tmp_path).accounts} == {""}


def test_teams(account: Server, server: Loopback, tmp_path: Path) -> None:
    account.put(1, day(1))
    sync(pagerduty, {"base": server.base, "teams": ["PQ9K7I8", "PQ9K7I9"]}, tmp_path)
    assert {asked.query.get("team_ids[]") for asked in server.asked if asked.path == "/incidents"} == {"PQ9K7I8", "PQ9K7I9"}


def test_a_list_that_never_ends(account: Server, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account.put(1, day(179))
    monkeypatch.setattr(account, "paged", lambda asked, name, rows: Answered({name: rows[:1], "more": True}))
    sync(pagerduty, {"base": server.base, "since": "2026-06-01"}, tmp_path)
    assert "pagerduty:PI00001" in found(tmp_path, server) and len(server.asked) < 12


def test_an_empty_account(account: Server, server: Loopback, tmp_path: Path) -> None:
    sync(pagerduty, {"base": server.base}, tmp_path)
    assert found(tmp_path, server) == {}


@pytest.mark.parametrize("table", [{"since": "soon"}, {"teams": ["a b"]}, {"base": "ftp://x"}, {"base": "https://u:p@example.org"}])
def test_settings_that_are_none(table: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(MusterError):
        sync(pagerduty, table, tmp_path)


def test_the_environment_is_for_pagerduty_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("muster.sources._secret.of_keyring", lambda *_: None)
    monkeypatch.setenv("PAGERDUTY_TOKEN", "blossom-73-key")
    assert pagerduty.token("https://api.eu.pagerduty.com") is not None
    assert pagerduty.token("https://api.pagerduty.com.example.org") is None


