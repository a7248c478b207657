from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from muster.lake import Lake
from muster.model import Basis, MusterError, Touch
from muster.org import Organisation
from muster.people import resolve
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, Repo

CATALOGUE = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: search
  annotations:
    backstage.io/source-location: url:https://git.example/acme/app/tree/main/services/search/
spec: {owner: group:default/finders}
---
kind: Group
metadata: {name: finders}
spec:
  members: [bob@example.org]
---
kind: User
metadata: {name: ann@example.org}
spec: {memberOf: [payments]}
---
kind: Component
metadata: {name: nameless}
spec: {}
---
kind: Component
metadata: {name: &bomb x}
spec: {owner: *bomb}
---
- not an entity
---
"never closed
"""


def read(repo: Repo, org: Path | None) -> Organisation:
    harvests = [harvest(Settings(repo.path))]
    return Organisation.read(Lake.build(harvests, resolve(harvests, org)), org)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.git("config", "remote.origin.url", "https://git.example/acme/app.git")
    made.commit("Start", {"CODEOWNERS": "/pay/ @acme/old\n", "pay/a.py": "", "services/search/a.py": "", "web/a.py": ""})
    return made


@pytest.fixture
def org(tmp_path: Path) -> Path:
    folder = tmp_path / "org"
    folder.mkdir()
    return folder


def test_a_folder_that_is_not_there(repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(MusterError, match="there is no such folder of organisation files"):
        read(repo, tmp_path / "nowhere")


def test_an_empty_folder_is_said_to_be_empty(repo: Repo, org: Path) -> None:
    assert [skip.where for skip in read(repo, org).skipped] == ["org"]


def test_teams_have_dates(repo: Repo, org: Path) -> None:
    (org / "CODEOWNERS").write_text("/pay/ @acme/payments\n/web/ @acme/web\n")
    (org / "teams.csv").write_text(
        "person,team,since,until\n"
        "ann@example.org,web,,2026-01-31\nann@example.org,Payments,2026-02-01,\n"
        "bob@example.org,Payments,2026-01-01,2026-06-30\n"
        "\n,web,,\nann@example.org,web,soon,\nann@example.org,web,2026-02-01,2026-01-01\nann@example.org\n"
    )
    early = repo.commit("Early", {"pay/a.py": "1"}, date="2026-01-31T23:00:00+00:00")
    late = repo.commit("Late", {"pay/a.py": "2"}, date="2026-02-01T01:00:00+00:00")
    found = read(repo, org)
    assert found.touches(f"git:{early}") == (Touch("pay/a.py", "pay", ("Payments",), False, Basis.KNOWN),)
    assert found.touches(f"git:{late}") == (Touch("pay/a.py", "pay", ("Payments",), True, Basis.KNOWN),)
    assert found.team("ann@example.org", at("2026-01-15")) == ("web", Basis.KNOWN)
    assert found.team("ann@example.org", at("2026-02-01")) == ("Payments", Basis.KNOWN)
    assert found.team("bob@example.org", at("2026-07-01")) == (None, Basis.INFERRED)
    assert found.outside("bob@example.org", "ann@example.org", at("2026-01-15")) == "Payments"
    assert found.outside("bob@example.org", "ann@example.org", at("2026-02-15")) is None
    assert [(skip.where, skip.reason) for skip in found.skipped] == [
        ("teams.csv:6", "a row needs a person and a team"),
        ("teams.csv:7", "a date is not of the form 2026-03-31"),
        ("teams.csv:8", "until is before since"),
        ("teams.csv:9", "a row needs a person and a team"),
    ]
    assert found.basis is Basis.KNOWN


def test_teams_without_their_columns(repo: Repo, org: Path) -> None:
    (org / "teams.csv").write_text("who,team\nann,web\n")
    assert [skip.where for skip in read(repo, org).skipped] == ["teams.csv:1"]


def test_a_catalogue(repo: Repo, org: Path) -> None:
    (org / "catalog-info.yaml").write_text(CATALOGUE)
    theirs = repo.commit("Help", {"services/search/a.py": "1"}, author=ANN)
    own = repo.commit("Work", {"services/search/a.py": "2"}, author=BOB)
    found = read(repo, org)
    assert found.touches(f"git:{theirs}") == (
        Touch("services/search/a.py", "search", ("finders",), False, Basis.KNOWN),)
    assert found.touches(f"git:{own}") == (
        Touch("services/search/a.py", "search", ("finders",), True, Basis.KNOWN),)
    assert found.team("ann@example.org", at("2026-01-15")) == ("payments", Basis.KNOWN)
    assert found.outside("bob@example.org", "ann@example.org", at("2026-01-15")) == "finders"
    assert [(skip.where, skip.reason[:30]) for skip in found.skipped] == [
        ("catalog-info.yaml:18", "this Component has no spec.own"),
        ("catalog-info.yaml:22", "anchors are not read"),
        ("catalog-info.yaml:26", "no entity: it has no kind"),
        ("catalog-info.yaml:28", "while scanning a quoted scalar"),
    ]


def test_an_owners_tree_of_the_organisation(repo: Repo, org: Path) -> None:
    (org / "services").mkdir()
    (org / "services" / "OWNERS").write_text("approvers: [services-leads]\n")
    (org / "OWNERS_ALIASES").write_text("aliases:\n  services-leads: [bob@example.org]\n")
    own = repo.commit("Work", {"services/search/a.py": "2"}, author=BOB)
    assert read(repo, org).touches(f"git:{own}") == (
        Touch("services/search/a.py", "services", ("services-leads",), True, Basis.KNOWN),)
