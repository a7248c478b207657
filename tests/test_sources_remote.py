"""What GitLab, Gerrit, Jira and PagerDuty add to a git history: one person over all of them, and records that are tied to commits."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from muster.lake import Lake
from muster.links import View, mentioned
from muster.model import Account, Evidence
from muster.org import Organisation
from muster.people import resolve
from muster.sources import Gathered, gathered, module_of
from muster.sources._kept import Raw
from muster.sources.git import Settings, harvest
from tests.build import BOB, Repo
from tests.sources.gerrit import TWO
from tests.sources.gitlab import MERGE

ME = "ann@example.org"
SEEN = datetime(2026, 6, 30, 12, tzinfo=UTC)


def of(name: str, other: Mapping[str, str]) -> Gathered:
    """What a source makes of its examples, with the commits that are there in the place of invented ones."""
    example = importlib.import_module(f"tests.sources.{name}")
    raws = []
    for key, kind, body in example.RAWS:
        for before, after in other.items():
            body = body.replace(before.encode(), after.encode())
        raws.append((key, Raw(key, kind, body, SEEN)))
    return gathered(module_of(name), raws)


@pytest.fixture
def view(tmp_path: Path) -> View:
    repo = Repo(tmp_path / "deploy")
    repo.commit("Start", {"README": "1"}, author=BOB, date="2026-01-02T10:00:00+00:00")
    queue = repo.commit("Queue deploys\n\nPart of DEPLOY-12.", {"queue.py": "1"}, author=BOB, date="2026-02-06T08:00:00+00:00")
    picked = repo.commit("Queue deploys of the old runner", {"old.py": "1"}, author=BOB, date="2026-02-06T09:00:00+00:00")
    every = [of("gerrit", {TWO: picked}), of("gitlab", {MERGE: queue}), of("jira", {}), of("pagerduty", {})]
    evidence: list[Evidence] = [piece for one in every for piece in one.evidence]
    # GitLab shows no e-mail; whose account it is says org/people.csv, or what is asked by `muster people`.
    accounts: list[Account] = [account for one in every for account in one.accounts] + [Account("gitlab:ann", "Ann Appleby", ME)]
    harvests = [harvest(Settings(repo.path))]
    lake = Lake.build(harvests, resolve(harvests, None, (ME,), sorted(set(accounts), key=lambda one: (one.id, not one.email))), (), evidence)
    return View(lake, Organisation.read(lake, None), ME)


def test_one_person_over_all_of_them(view: View) -> None:
    rows = view.lake.db.execute("SELECT DISTINCT source FROM evidence WHERE actor = ? ORDER BY source", [ME]).fetchall()
    assert [source for (source,) in rows] == ["gerrit", "gitlab", "jira", "pagerduty"]
    assigned = view.lake.db.execute("SELECT count(*) FROM participant WHERE person = ? AND role = 'assignee' AND id LIKE 'pagerduty:%'", [ME]).fetchone()
    paged = view.lake.db.execute(
        "SELECT t.value FROM fact f JOIN fact t ON t.id = f.id AND t.name = 'to' WHERE f.name = 'event' AND f.value = 'paged'").fetchall()
    assert assigned and assigned[0] >= 2 and paged == [(ME,)]


def test_what_was_merged_is_the_commit(view: View) -> None:
    tracked = view.tracked
    merged = {id_: tuple(view.record.titles[i] for i in positions) for id_, positions in tracked.lands.items()}
    assert merged == {"gitlab:orchard/deploy!12": ("Queue deploys",), "gerrit:review.example.org/12345": ("Queue deploys of the old runner",)}
    # A merge request and an issue of one number are two things.
    assert tracked.closes["gitlab:orchard/deploy!12"] == ("gitlab:orchard/deploy#12",)
    assert tracked.name(tracked.items["jira:DEPLOY-12"]) == "DEPLOY-12"


def test_the_address_of_a_merge_request_is_no_issue(view: View) -> None:
    """Both have the number 12."""
    tracked, record = view.tracked, view.record
    home = "https://gitlab.com/orchard/deploy/-"
    commit = record.ids[tracked.lands["gitlab:orchard/deploy!12"][0]]
    for text, meant in ((f"See {home}/merge_requests/12.", {commit}), (f"See {home}/issues/12.", {"gitlab:orchard/deploy#12"}), (f"See {home}/merge_requests/13.", set())):
        assert {dst for dst, _ in mentioned.named(record, tracked, None, "", text)} == meant, text


def test_what_was_refused(view: View) -> None:
    tracked = view.tracked
    assert {id_: (item.fact("reason"), item.fact("closed-by")) for id_, item in tracked.items.items() if item.fact("closed-by") == ME} == {
        "jira:DEPLOY-14": ("not planned", ME), "gerrit:review.example.org/12346": ("The queue does it.", ME), "gitlab:orchard/deploy#12": (None, ME)}
    assert all(item.fact("closed-by") != item.actor for item in (tracked.items["jira:DEPLOY-14"], tracked.items["gerrit:review.example.org/12346"]))
