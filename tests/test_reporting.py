"""Who reported to whom and was there for what, from the organisation's files, at a date; and what rules and seats get of it."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster import project
from muster.book import read as read_book
from muster.lake import Lake
from muster.model import Skipped, State
from muster.org import Organisation, github
from muster.people import resolve
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, CYD, Repo

TEAMS = """\
person,team,manager,function,from,to
ann@example.org,platform,bob@example.org,Engineering,2025-01-01,2026-03-31
ann@example.org,search,cyd@example.org,Engineering,2026-04-01,
# the managers
bob@example.org,leads,eve@example.org,engineering,,
cyd@example.org,leads,flo@example.org,engineering,,
pia@example.org,,,Product,,
eve@example.org,,eve@example.org,,,
"""


def organisation(path: Path, **files: str) -> Organisation:
    repo = Repo(path / "r")
    for author in (ANN, BOB, CYD):
        repo.commit("One", author=author)
    org = path / "org"
    for name, text in files.items():
        target = org / name.replace("__", "/").replace("_csv", ".csv").replace("_json", ".json").replace("_ldif", ".ldif")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    harvests = [harvest(Settings(repo.path))]
    return Organisation.read(Lake.build(harvests, resolve(harvests, org)), org)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_reorganisation_has_a_date_and_both_histories_stay(tmp_path: Path) -> None:
    org = organisation(tmp_path, teams_csv=TEAMS)
    before, after = at("2026-03-31T23:00"), at("2026-04-01T01:00")
    ann = "ann@example.org"
    assert [org.team(ann, when)[0] for when in (before, after)] == ["platform", "search"]
    assert [org.manager(ann, when) for when in (before, after)] == ["bob@example.org", "cyd@example.org"]
    assert [org.skip_level(ann, when) for when in (before, after)] == ["eve@example.org", "flo@example.org"]
    assert org.reporting.managers(ann, at("2026-01-01"), at("2026-06-30")) == ("cyd@example.org", "bob@example.org")
    assert (org.manager(ann, at("2024-06-01")), org.function(ann, at("2024-06-01"))) == (None, None), "before the first row nobody knows"
    assert org.function(ann, before) == "engineering" and org.function("pia@example.org", before) == "product"
    assert org.team("pia@example.org", before)[0] is None, "a row may say no more than a function"
    assert org.manager("eve@example.org", before) is None, "nobody is their own manager"
    assert org.skip_level("bob@example.org", before) is None
    assert org.reporting.manages("bob@example.org", before) and not org.reporting.manages("bob@example.org", after)
    assert org.reporting.says == ("managers", "functions")
    assert not org.skipped


def test_a_circle_of_managers_ends(tmp_path: Path) -> None:
    org = organisation(tmp_path, teams_csv="person,team,manager\nann@example.org,a,bob@example.org\nbob@example.org,a,ann@example.org\n")
    assert org.skip_level("ann@example.org", at("2026-01-01")) is None
    assert org.reporting.says == ("managers",)


def test_github_teams(tmp_path: Path) -> None:
    teams = [[{"slug": "finders", "parent": {"slug": "search"}}, {"slug": "search", "parent": None}]]
    members = [{"login": "Ann"}, {"login": "bob"}, 7, {"id": 3}]
    org = organisation(
        tmp_path, **{"github-teams__all_json": json.dumps(teams), "github-teams__finders_json": json.dumps(members), "github-teams__bad_json": "{"},
        people_csv="person,email,handle\nann@example.org,,ann\nbob@example.org,,bob\n",
    )  # fmt: skip
    assert org.team("ann@example.org", at("2026-01-01"))[0] == "finders" == org.team("bob@example.org", at("2020-01-01"))[0]
    assert org.outside("bob@example.org", "ann@example.org", at("2026-01-01")) is None
    assert [(one.where, one.reason) for one in org.skipped] == [
        ("github-teams/bad.json", "not JSON that can be read"), ("github-teams/finders.json", "an entry that is neither a team nor a member")]
    assert any("2 memberships are read from github-teams" in note for note in org.notes)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["slug", "login", "parent", "members", "x"]), inner, max_size=3), max_leaves=8).map(lambda value: json.dumps(value).encode())))
def test_any_export_of_teams_is_read_or_counted(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x.json").write_bytes(content)
        skipped: list[Skipped] = []
        found = github.read(Path(folder), skipped)
    assert found is not None and all(one.reason for one in skipped)


def test_a_directory(tmp_path: Path) -> None:
    ldif = (
        "dn: uid=ann,o=x\nuid: ann\nmail: ann@example.org\nmanager: uid=bob,o=x\nou: platform\ntitle: Staff Engineer\n\n"
        "dn: uid=bob,o=x\nuid: bob\nmail: bob@example.org\nmanager: uid=cyd,o=x\nou: platform\ntitle: Engineering Manager\n\n"
        "dn: uid=cyd,o=x\nuid: cyd\nmail: cyd@example.org\nou: product\ntitle: Product Manager\n\nnonsense\n"
    )
    org = organisation(tmp_path, people_ldif=ldif)
    when = at("2026-01-01")
    assert (org.manager("ann@example.org", when), org.skip_level("ann@example.org", when)) == ("bob@example.org", "cyd@example.org")
    assert [org.function(f"{who}@example.org", when) for who in ("ann", "bob", "cyd")] == ["engineering", "engineering", "product"]
    assert org.team("ann@example.org", when)[0] == "platform"
    assert len(org.skipped) == 1


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    repo = Repo(tmp_path / "r")
    first = repo.commit("Lock for each team", {"lock/a.py": "a = 1\n", "lock/b.py": "b = 1\n"}, date="2026-01-05T10:00:00+00:00")
    repo.commit(f"Wait on it\n\nBuilds on {first}.", {"lock/a.py": "a = 2\n"}, author=BOB, date="2026-02-05T10:00:00+00:00")
    repo.commit(f"Say it in the shop\n\nSee {first}.", {"shop/x.py": "x = 2\n"}, author="Pia <pia@example.org>", date="2026-02-06T10:00:00+00:00")
    root = tmp_path / "book"
    (root / "org").mkdir(parents=True)
    (root / "muster.toml").write_text(f'repositories = ["{repo.path}"]\n[owner]\nname = "Ann Arbor"\nemails = ["ann@example.org"]\n')
    return root


def test_rules_signals_and_seats_take_it_from_the_case(book: Path) -> None:
    (book / "org/teams.csv").write_text(TEAMS.replace("flo@example.org", "eve@example.org"))
    work = project.open_book(read_book(book), today=date(2026, 6, 30), since=date(2026, 1, 1))
    case = work.case
    assert (case.managers, case.skip_level, case.function) == (("cyd@example.org", "bob@example.org"), "eve@example.org", "engineering")
    assert sorted(case.functions.values()) == ["engineering", "product"]
    states = {one.code: one.state for one in work.checked}
    assert (states["C202"], states["C204"]) == (State.FOUND, State.CLEAR)
    assert {"managers", "functions"} <= case.sources
    assert (case.value("corroboration", "managers"), case.value("corroboration", "seats")) == (1, 2)
    said = {answer.question: answer for answer in work.rehearsal.answers}
    assert said["Have I seen this work myself, before today?"].missing == "a record of eve@example.org’s that refers to the work"
    assert "Pia" in said["What could we ship because of it?"].says[0].text


def test_without_such_files_nobody_can_tell(book: Path) -> None:
    (book / "org/teams.csv").write_text("person,team\nann@example.org,platform\n")
    work = project.open_book(read_book(book), today=date(2026, 6, 30), since=date(2026, 1, 1))
    assert {one.code: one.state for one in work.checked if one.code in ("C202", "C204")} == {"C202": State.CANNOT_TELL, "C204": State.CANNOT_TELL}
    assert work.case.value("corroboration", "managers") is None is work.case.value("corroboration", "seats")
