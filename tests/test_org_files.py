from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from muster.lake import Lake
from muster.model import Basis, MusterError, Touch
from muster.org import Organisation, Relation, Side, files
from muster.people import resolve
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, CYD, Repo

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


def test_a_reorganisation_and_a_new_name(repo: Repo, org: Path) -> None:
    repo.commit("Owners", {"CODEOWNERS": "/pay/ @acme/billing\n/web/ @acme/web\n"}, date="2025-01-01T10:00:00+00:00")
    (org / "teams.csv").write_text(
        "person,team,since,until,manager,function\n"
        "ann@example.org,billing,2025-01-01,2025-12-31,mia@example.org,engineering\n"
        "ann@example.org,payments,2026-01-01,,mia@example.org,engineering\n"
        "bob@example.org,billing,2025-01-01,2025-12-31,,\nbob@example.org,payments,2026-01-01,,,\n"
        "bob@example.org,web,2026-03-01,,,\n"
        "cyd@example.org,web,2025-01-01,2026-01-31,,\ncyd@example.org,payments,2026-02-01,,,\n"
    )
    def work(path: str, who: str, day: str) -> str:
        return repo.commit("Work", {path: f"{who}{day}"}, author=who, date=f"{day}T10:00:00+00:00")

    old, new = work("pay/a.py", ANN, "2025-12-31"), work("pay/a.py", ANN, "2026-01-01")
    late, moved = work("web/a.py", CYD, "2026-01-31"), work("web/a.py", CYD, "2026-02-01")
    both = work("web/a.py", BOB, "2026-03-01"), work("pay/a.py", BOB, "2026-03-02")
    found = read(repo, org)
    own = {sha: found.touches(f"git:{sha}")[0].own for sha in (old, new, late, moved, *both)}
    assert own == {old: True, new: True, late: True, moved: False, both[0]: True, both[1]: True}
    assert found.relation("bob@example.org", "cyd@example.org", at("2026-01-15")).side is Side.OUTSIDE
    assert found.relation("bob@example.org", "cyd@example.org", at("2026-02-15")) == Relation(Side.INSIDE, None, Basis.KNOWN)
    assert found.team("ann@example.org", at("2025-06-01")) == ("billing", Basis.KNOWN)


@pytest.mark.parametrize(("rows", "expected"), [
    ("a,old,2025-01-01,2025-06-30\na,new,2025-07-01,\n", {"old": [(date(2025, 7, 1), "new")]}),
    ("a,old,,2025-06-30\nb,old,,2025-06-30\na,new,2025-07-01,\n", {}),  # Only a part went.
    ("a,old,,2025-06-30\na,new,2025-07-02,\n", {}), ("a,old,,\na,new,2025-07-01,\n", {}),
    ("a,old,,2025-06-30\na,new,2025-07-01,\nb,new,2020-01-01,\n", {}),  # There was such a team before.
])
def test_which_teams_go_on_under_another_name(rows: str, expected: dict[str, object]) -> None:
    made = [row.split(",") for row in rows.splitlines()]
    day = date.fromisoformat
    members = [files.Membership(who, team, day(since) if since else None, day(until) if until else None)
               for who, team, since, until in made]
    assert files.successors(members) == expected


PARTS = """\
kind: Component
metadata: {name: search}
spec: {owner: "group:default/finders", system: site}
---
kind: API
metadata: {name: search-api}
spec: {owner: api-people}
"""
GROUPS = """\
kind: Group
metadata: {name: finders}
spec: {type: team, parent: platform, children: [crawlers], members: [bob]}
---
kind: User
metadata: {name: bob}
spec: {profile: {email: bob@example.org}, memberOf: []}
---
kind: User
metadata: {name: ann}
spec: {profile: {email: ann@example.org}, memberOf: [shoppers]}
---
kind: User
metadata: {name: cyd}
spec: {profile: {email: cyd@example.org}, memberOf: [crawlers]}
---
kind: System
metadata: {name: shop}
spec: {owner: shoppers, domain: commerce}
"""


def test_a_catalogue_in_the_tree_as_it_was(repo: Repo) -> None:
    repo.commit("Catalogue", {
        "catalog-info.yaml": GROUPS, "services/search/catalog-info.yaml": PARTS, "shop/a.py": "", "shop/cart/a.py": "",
        "shop/catalog-info.yml": "kind: Component\nmetadata: {name: cart}\nspec: {system: shop}\n",
        "tool/catalog-info.yaml": "kind: Component\nmetadata: {name: tool}\nspec: {owner: 'user:default/ann'}\n", "tool/a.py": "",
        "bad/catalog-info.yaml": "kind: Component\nmetadata: {name: bad}\n",
    })
    def work(path: str, who: str) -> str:
        return repo.commit("Work", {path: f"{who}{path}"}, author=who, date="2026-02-05T10:00:00+00:00")

    shas = {(path, who): work(path, who) for path in ("services/search/a.py", "shop/cart/a.py", "tool/a.py") for who in (ANN, BOB, CYD)}
    repo.commit("Hand over", {"shop/catalog-info.yml": "kind: Component\nmetadata: {name: cart}\nspec: {owner: finders}\n"},
                date="2026-02-05T10:00:00+00:00")
    later = work("shop/a.py", BOB)
    found = read(repo, None)
    touches = {key: found.touches(f"git:{sha}")[0] for key, sha in shas.items()}
    assert touches["services/search/a.py", BOB] == Touch("services/search/a.py", "search", ("finders",), True, Basis.KNOWN)
    assert touches["services/search/a.py", ANN].own is False
    # A group below the owner's is the owner's.
    assert touches["services/search/a.py", CYD].own is True
    assert touches["shop/cart/a.py", ANN] == Touch("shop/cart/a.py", "cart", ("shoppers",), True, Basis.KNOWN)
    assert touches["tool/a.py", ANN].own is True
    assert found.touches(f"git:{later}")[0].own is True
    assert found.team("bob@example.org", at("2026-02-15")) == ("finders", Basis.KNOWN)
    assert found.relation("bob@example.org", "ann@example.org", at("2026-02-15")) == Relation(Side.OUTSIDE, "finders", Basis.KNOWN)
    assert [(skip.where, skip.reason) for skip in found.skipped] == [("bad/catalog-info.yaml:1", "this Component has no spec.owner")]


def test_a_part_at_the_root_names_a_team_and_no_area(repo: Repo) -> None:
    repo.commit("Catalogue", {"CODEOWNERS": None, "catalog-info.yaml": "kind: Component\nmetadata: {name: app}\nspec: {owner: core}\n"})
    mine = repo.commit("Work", {"web/a.py": "1"}, author=BOB)
    (touch,) = read(repo, None).touches(f"git:{mine}")
    assert (touch.area, touch.teams, touch.own, touch.basis) == ("web", ("core",), None, Basis.KNOWN)


def test_gitlab_groups_are_told_by_the_teams_table(repo: Repo, org: Path) -> None:
    (org / "teams.csv").write_text("person,team\nbob@example.org,writers\nann@example.org,other\n")
    repo.commit("Owners", {"CODEOWNERS": "[Docs] @writers\n/pay/\n"})
    mine, theirs = repo.commit("A", {"pay/a.py": "1"}, author=BOB), repo.commit("B", {"pay/a.py": "2"}, author=ANN)
    found = read(repo, org)
    assert [found.touches(f"git:{sha}")[0].own for sha in (mine, theirs)] == [True, False]
    assert found.touches(f"git:{mine}")[0].teams == ("writers",)
