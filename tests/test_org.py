from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from muster.lake import Lake
from muster.model import Basis, Touch
from muster.org import Organisation, Relation, Side, notes
from muster.people import resolve
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, CYD, Repo

KNOWN, INFERRED = Basis.KNOWN, Basis.INFERRED
NODE = "approvers: [bob]\nlabels: [sig/node]\n"
NET = "approvers: [cyd]\nlabels: [sig/net]\n"
START = {"OWNERS": "approvers: [root]\n", "node/OWNERS": NODE, "net/OWNERS": NET, "node/a.go": "1", "net/a.go": "1"}


def read(*repos: Repo, org: Path | None = None) -> Organisation:
    harvests = [harvest(Settings(repo.path)) for repo in repos]
    return Organisation.read(Lake.build(harvests, resolve(harvests, org)), org)


def one(organisation: Organisation, sha: str) -> Touch:
    (touch,) = organisation.touches(f"git:{sha}")
    return touch


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "r")


def test_owners_are_those_before_the_commit(repo: Repo) -> None:
    first = repo.commit("Start", START)
    before = repo.commit("Work", {"node/a.go": "2"}, author=BOB)
    handed = repo.commit("Hand over", {"node/OWNERS": "approvers: [cyd]\nlabels: [sig/node]\n", "node/a.go": "3"}, author=BOB)
    after = repo.commit("Work", {"node/a.go": "4"}, author=BOB)
    theirs = repo.commit("Work", {"node/a.go": "5"}, author=CYD)
    org = read(repo)
    assert all(not touch.own for touch in org.touches(f"git:{first}"))
    assert one(org, before) == Touch("node/a.go", "node", ("sig/node",), True, INFERRED)
    assert {touch.own for touch in org.touches(f"git:{handed}")} == {True}
    assert one(org, after).own is None
    assert one(org, theirs).own is True
    assert org.basis is KNOWN and org.skipped == ()
    assert "Owners are read from 3 OWNERS files as they were at each commit." in org.notes


def test_an_owner_with_a_known_handle_is_known(repo: Repo) -> None:
    dan = "Dan Doe <7+danthedev@users.noreply.github.com>"
    repo.commit("Start", {**START, "node/OWNERS": "approvers: [DanTheDev]\nlabels: [sig/node]\n"})
    mine = repo.commit("Work", {"node/a.go": "2"}, author=dan)
    other = repo.commit("Help", {"net/a.go": "2"}, author=dan, date="2026-02-05T10:00:00+00:00")
    org = read(repo)
    assert one(org, mine) == Touch("node/a.go", "node", ("sig/node",), True, KNOWN)
    assert one(org, other) == Touch("net/a.go", "net", ("sig/net",), False, KNOWN)
    assert org.team("7+danthedev@users.noreply.github.com", at("2026-02-05")) == ("sig/node", KNOWN)


def test_inherited_owners_and_no_parent(repo: Repo) -> None:
    repo.commit("Start", {
        **START, "node/deep/OWNERS": "approvers: [cyd]\n", "node/deep/x.go": "", "node/alone/x.go": "",
        "node/alone/OWNERS": "options:\n  no_parent_owners: true\napprovers: [cyd]\n",
    })
    inherited = repo.commit("A", {"node/deep/x.go": "2"}, author=BOB)
    alone = repo.commit("B", {"node/alone/x.go": "2"}, author=BOB)
    org = read(repo)
    assert one(org, inherited) == Touch("node/deep/x.go", "node/deep", ("sig/node",), True, INFERRED)
    assert one(org, alone).own is None
    assert (one(org, alone).area, one(org, alone).teams) == ("node/alone", ("node/alone",))


def test_aliases_and_filters_as_they_were(repo: Repo) -> None:
    repo.commit("Start", {
        "OWNERS": "approvers: [root]\n", "OWNERS_ALIASES": "aliases:\n  sig-node-leads:\n  - bob\n", "node/a.go": "", "node/a.sh": "",
        "node/OWNERS": 'filters:\n  "\\\\.go$":\n    approvers: [sig-node-leads]\n  "\\\\.sh$":\n    approvers: [cyd]\n',
    })
    go = repo.commit("A", {"node/a.go": "2"}, author=BOB)
    shell = repo.commit("B", {"node/a.sh": "2"}, author=BOB)
    repo.commit("Bob leaves", {"OWNERS_ALIASES": "aliases:\n  sig-node-leads:\n  - cyd\n"})
    gone = repo.commit("C", {"node/a.go": "3"}, author=BOB)
    org = read(repo)
    assert one(org, go) == Touch("node/a.go", "node", ("sig/node",), True, INFERRED)
    assert one(org, shell).own is not True
    assert one(org, gone).own is None


def test_the_root_makes_nothing_theirs(repo: Repo) -> None:
    repo.commit("Start", {**START, "OWNERS": "approvers: [bob]\nlabels: [sig/all]\n", "node/OWNERS": NET, "lib/x.go": ""})
    inside = repo.commit("A", {"lib/x.go": "2"}, author=BOB, date="2026-02-05T10:00:00+00:00")
    outside = repo.commit("B", {"net/a.go": "2"}, author=BOB, date="2026-02-05T10:00:00+00:00")
    org = read(repo)
    assert one(org, inside) == Touch("lib/x.go", "lib", ("sig/all",), True, INFERRED)
    assert one(org, outside).own is False


def test_merges_with_diverging_owners(repo: Repo) -> None:
    repo.commit("Start", START)
    repo.branch("side")
    repo.commit("Cyd comes", {"node/OWNERS": "approvers: [bob, cyd]\nlabels: [sig/node]\n"})
    repo.checkout("main")
    repo.commit("Bob leaves net", {"net/OWNERS": "approvers: [dan]\n"})
    before = repo.commit("Before", {"node/a.go": "2"}, author=CYD)
    repo.merge("side", "Merge side")
    after = repo.commit("After", {"node/a.go": "3"}, author=CYD)
    org = read(repo)
    assert (one(org, before).own, one(org, after).own) == (None, True)


def test_a_merge_that_writes_its_own_owners(repo: Repo) -> None:
    repo.commit("Start", START)
    repo.branch("side")
    repo.commit("Side", {"node/OWNERS": "approvers: [dan]\n"})
    repo.branch("late", "main")
    repo.commit("Late", {"x": "1"})
    repo.checkout("main")
    repo.commit("Main", {"node/OWNERS": "approvers: [eve]\n"})
    repo.git("merge", "--quiet", "--no-commit", "-s", "ours", "side")
    repo.commit("Merge by hand", {"node/OWNERS": "approvers: [cyd]\n"})
    repo.merge("late", "Merge late")
    mine = repo.commit("Work", {"node/a.go": "2"}, author=CYD)
    assert one(read(repo), mine).own is True


def test_a_merge_that_changes_what_no_side_did(repo: Repo) -> None:
    repo.commit("Start", START)
    repo.branch("side")
    repo.commit("Side", {"x": "1"})
    repo.checkout("main")
    repo.commit("Main", {"y": "1"})
    repo.git("merge", "--quiet", "--no-commit", "--no-ff", "side")
    repo.move("node/OWNERS", "lib/OWNERS")
    repo.commit("Merge by hand", {"net/OWNERS": "approvers: [bob]\nlabels: [sig/net]\n", "lib/a.go": ""})
    mine = repo.commit("Work", {"net/a.go": "2", "node/a.go": "2", "lib/a.go": "1"}, author=BOB)
    touches = read(repo).touches(f"git:{mine}")
    assert [(touch.path, touch.teams, touch.own) for touch in touches] == [
        ("lib/a.go", ("sig/node",), True), ("net/a.go", ("sig/net",), True), ("node/a.go", ("node",), None),
    ]


def test_merges_that_a_side_branch_merged(repo: Repo) -> None:
    repo.commit("Start", START)
    repo.branch("side")
    repo.commit("Side", {"x": "1"})
    repo.checkout("main")
    repo.commit("Cyd for node", {"node/OWNERS": "approvers: [cyd]\n"})
    repo.checkout("side")
    before = repo.commit("Before", {"node/a.go": "2"}, author=CYD)
    repo.merge("main", "Catch up")
    after = repo.commit("After", {"node/a.go": "3"}, author=CYD)
    repo.checkout("main")
    repo.merge("side", "Merge side")
    org = read(repo)
    assert (one(org, before).own, one(org, after).own) == (None, True)


def test_codeowners_move_and_change(repo: Repo) -> None:
    files = {"CODEOWNERS": "* @acme/all\n/api/ @acme/api @bob\n", "api/a.py": "1", "web/a.py": "1"}
    repo.commit("Start", files)
    mine = repo.commit("A", {"api/a.py": "2"}, author=BOB)
    repo.move("CODEOWNERS", ".github/CODEOWNERS")
    repo.commit("Move")
    still = repo.commit("B", {"api/a.py": "3"}, author=BOB)
    repo.commit("Another wins", {".github/CODEOWNERS": "* @acme/all\n/api/ @acme/api @cyd\n", "docs/CODEOWNERS": "/api/ @bob\n"})
    gone = repo.commit("C", {"api/a.py": "4"}, author=BOB)
    rest = repo.commit("D", {"web/a.py": "2"}, author=BOB)
    org = read(repo)
    assert one(org, mine) == one(org, still).__class__("api/a.py", "api", ("@acme/api",), True, INFERRED)
    assert one(org, still).own is True
    assert one(org, gone).own is None
    assert one(org, rest) == Touch("web/a.py", "web", ("web",), None, INFERRED)
    assert "Where CODEOWNERS names nobody in particular, areas and teams are inferred." in org.notes


def test_a_missing_blob_is_unknown_and_counted(repo: Repo) -> None:
    repo.commit("Start", START)
    blob = repo.git("rev-parse", "HEAD:node/OWNERS")
    mine = repo.commit("A", {"node/a.go": "2"}, author=BOB)
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    org = read(repo)
    assert one(org, mine).own is None
    assert [(skip.where, skip.count) for skip in org.skipped] == [("node/OWNERS", 1)]


def test_broken_owners_files_are_counted(repo: Repo) -> None:
    repo.commit("Start", {**START, "node/OWNERS": "a: &x 1\nb: *x\n"})
    mine = repo.commit("A", {"node/a.go": "2"}, author=BOB)
    org = read(repo)
    assert one(org, mine).own is None
    assert [(skip.where, skip.reason) for skip in org.skipped] == [("node/OWNERS", "anchors are not read")]


def test_tests_and_documents_lie_with_the_code_they_came_with(repo: Repo) -> None:
    dan = "Dan Doe <dan@users.noreply.github.com>"
    repo.commit("Start", {**START, "node/OWNERS": "approvers: [dan]\nlabels: [sig/node]\n", "docs/x.md": "", "net/a_test.go": ""})
    mixed = repo.commit("A", {"node/a.go": "2", "net/a_test.go": "2", "docs/x.md": "2"}, author=dan)
    alone = repo.commit("B", {"net/a_test.go": "3", "go.sum": ""}, author=dan)
    org = read(repo)
    assert [(touch.path, touch.area, touch.own) for touch in org.touches(f"git:{mixed}")] == [
        ("docs/x.md", "node", True), ("net/a_test.go", "node", True), ("node/a.go", "node", True),
    ]
    assert [touch.own for touch in org.touches(f"git:{alone}")] == [None, None]


def test_a_move_out_of_an_area_touches_both(repo: Repo) -> None:
    repo.commit("Start", START)
    repo.move("net/a.go", "node/b.go")
    sha = repo.commit("Move", author=BOB)
    org = read(repo)
    assert [(touch.path, touch.area, touch.own) for touch in org.touches(f"git:{sha}")] == [
        ("node/b.go", "node", True), ("net/a.go", "net", None),
    ]


def test_reviews_are_the_reviewers(repo: Repo) -> None:
    repo.commit("Start", START)
    sha = repo.commit("A\n\nReviewed-by: Bob Brink <bob@example.org>", {"node/a.go": "2"}, author=CYD)
    org = read(repo)
    assert one(org, sha).own is None
    (touch,) = org.touches(f"git:{sha}#reviewed-by:bob@example.org")
    assert (touch.path, touch.own) == ("node/a.go", True)
    assert org.touches("book:log/2026-W01.md") == () and org.touches("git:none") == ()


def test_handles_from_merges(repo: Repo) -> None:
    repo.commit("Start", {**START, "node/OWNERS": "approvers: [captain-b]\nlabels: [sig/node]\n"})
    for number in range(3):
        repo.branch(f"b{number}", "main")
        repo.commit("Work", {f"lib/{number}.go": "x"}, author=BOB)
        repo.checkout("main")
        repo.merge(f"b{number}", f"Merge pull request #{number} from Captain-B/topic")
    mine = repo.commit("A", {"node/a.go": "2"}, author=BOB)
    org = read(repo)
    assert one(org, mine) == Touch("node/a.go", "node", ("sig/node",), True, KNOWN)
    assert "1 of the 3 owners named today could be tied to somebody's commits." in org.notes


def busy(repo: Repo, who: str, folder: str, months: range, each: int = 1) -> list[str]:
    return [
        repo.commit(f"{folder} {month} {number}", {f"{folder}/f{number}.py": f"{who}{month}{number}"}, author=who,
                    date=f"2025-{month:02}-{number + 1:02}T10:00:00+00:00")
        for month in months for number in range(each)
    ]


def test_inferred_home_and_somebody_elses_area(repo: Repo) -> None:
    stayed = busy(repo, ANN, "api", range(1, 13))
    busy(repo, BOB, "web", range(1, 13))
    went = repo.commit("Help", {"web/f0.py": "help"}, author=ANN, date="2025-12-20T10:00:00+00:00")
    new = repo.commit("Hello", {"web/f1.py": "new"}, author=CYD, date="2025-12-21T10:00:00+00:00")
    org = read(repo)
    assert org.basis is INFERRED
    owns = [one(org, sha).own for sha in stayed]
    assert set(owns[6:]) == {True} and False not in owns
    assert {one(org, sha).area for sha in stayed} == {"api"}
    assert one(org, went) == Touch("web/f0.py", "web", ("web",), False, INFERRED)
    assert one(org, new).own is None
    assert org.team("ann@example.org", at("2025-12-20")) == ("api", INFERRED)
    assert org.team("cyd@example.org", at("2025-12-21")) == (None, INFERRED)
    assert org.outside("bob@example.org", "ann@example.org", at("2025-12-20")) == "web"
    assert org.outside("cyd@example.org", "ann@example.org", at("2025-12-20")) is None
    assert org.outside("ann@example.org", "ann@example.org", at("2025-12-20")) is None
    assert org.notes == ("Areas and teams are inferred from who works where; nobody wrote them down.", notes.TRUST)


def test_ground_that_nobody_worked_before_is_nobody_elses(repo: Repo) -> None:
    busy(repo, ANN, "api", range(1, 13))
    busy(repo, BOB, "web", range(1, 13))
    begun = [repo.commit("Begin", {f"cli/f{n}.py": str(n)}, author=ANN, date=f"2026-01-{n + 1:02d}T10:00:00+00:00") for n in range(12)]
    org = read(repo)
    assert {one(org, sha).own for sha in begun} == {None}


def test_an_alias_that_approves_everywhere_is_no_home(repo: Repo) -> None:
    repo.commit("Start", {
        **START, "OWNERS_ALIASES": "aliases:\n  all-readiness:\n  - bob\n", "node/OWNERS": "approvers: [x]\nlabels: [sig/node]\n",
        "ready/OWNERS": "approvers: [all-readiness]\n", "ready/a.go": "1",
    }, date="2025-01-01T10:00:00+00:00")  # fmt: skip
    for n in range(12):
        repo.commit("Work", {"node/a.go": f"n{n}"}, author=BOB, date=f"2025-{n + 1:02d}-05T10:00:00+00:00")
    org = read(repo)
    assert org.team("bob@example.org", at("2025-12-20")) == ("sig/node", INFERRED)


def test_several_repositories_keep_their_areas_apart(tmp_path: Path) -> None:
    one_, two = Repo(tmp_path / "one"), Repo(tmp_path / "two")
    mine = busy(one_, ANN, "lib", range(1, 13))
    busy(two, BOB, "lib", range(1, 13))
    org = read(one_, two)
    assert one(org, mine[-1]) == Touch("lib/f0.py", "one:lib", ("one:lib",), True, INFERRED)
    assert org.outside("bob@example.org", "ann@example.org", at("2025-12-20")) == "two:lib"


def test_inside_outside_and_unknown_are_told_apart(repo: Repo) -> None:
    busy(repo, ANN, "api", range(1, 13))
    busy(repo, BOB, "web", range(1, 13))
    busy(repo, "Dan Doe <dan@example.org>", "api", range(1, 13))
    repo.commit("Hello", {"web/f1.py": "new"}, author=CYD, date="2025-12-21T10:00:00+00:00")
    repo.commit("Bump", {"web/f2.py": "new"}, author="dependabot[bot] <1+dependabot[bot]@users.noreply.github.com>")
    org = read(repo)
    when = at("2025-12-20")
    seen = {who: org.relation(f"{who}@example.org", "ann@example.org", when) for who in ("bob", "dan", "cyd", "ann")}
    assert seen == {
        "bob": Relation(Side.OUTSIDE, "web", INFERRED), "dan": Relation(Side.INSIDE, None, INFERRED),
        "cyd": Relation(Side.UNKNOWN, None, INFERRED), "ann": Relation(Side.INSIDE, None, KNOWN),
    }
    bot = "1+dependabot[bot]@users.noreply.github.com"
    assert org.relation(bot, "ann@example.org", when).side is Side.UNKNOWN


def test_a_relation_is_known_where_files_name_both(repo: Repo) -> None:
    dan, eve = "Dan Doe <dan@users.noreply.github.com>", "Eve Ek <eve@users.noreply.github.com>"
    repo.commit("Start", {**START, "node/OWNERS": "approvers: [dan]\nlabels: [sig/node]\n",
                          "net/OWNERS": "approvers: [eve]\nlabels: [sig/net]\n"})
    repo.commit("A", {"node/a.go": "2"}, author=dan)
    repo.commit("B", {"net/a.go": "2"}, author=eve)
    org = read(repo)
    found = org.relation("eve@users.noreply.github.com", "dan@users.noreply.github.com", at("2026-02-05"))
    assert found == Relation(Side.OUTSIDE, "sig/net", KNOWN)


def test_those_who_answer_for_everything_are_outside_of_nothing(repo: Repo) -> None:
    repo.commit("Start", {"OWNERS": "approvers: [bob]\n", "node/OWNERS": "approvers: [cyd]\n", "net/OWNERS": NET,
                          "lib/OWNERS": "approvers: [bob]\n", "node/a.go": "1", "net/a.go": "1", "lib/a.go": "1"})
    part = repo.commit("A", {"node/a.go": "2"}, author=BOB, date="2026-02-05T10:00:00+00:00")
    team = repo.commit("B", {"net/a.go": "2"}, author=BOB, date="2026-02-05T10:00:00+00:00")
    org = read(repo)
    assert one(org, part) == Touch("node/a.go", "node", ("node",), None, INFERRED)
    assert one(org, team).own is False


def test_what_would_be_inferred_without_the_files(repo: Repo) -> None:
    repo.commit("Start", START)
    mine = repo.commit("Work", {"node/a.go": "2"}, author=BOB)
    harvests = [harvest(Settings(repo.path))]
    org = Organisation.read(Lake.build(harvests, resolve(harvests)), written=False)
    assert one(org, mine) == Touch("node/a.go", "node", ("node",), None, INFERRED)
    assert org.basis is INFERRED


def test_vendored_owners_are_another_projects(repo: Repo) -> None:
    repo.commit("Start", {**START, "vendor/lib/OWNERS": "approvers: [bob]\n", "vendor/lib/a.go": "1"})
    mine = repo.commit("Work", {"vendor/lib/a.go": "2"}, author=BOB)
    org = read(repo)
    assert one(org, mine).own is None
    assert "Owners are read from 3 OWNERS files as they were at each commit." in org.notes


def test_the_same_answers_twice_and_in_any_order(repo: Repo) -> None:
    shas = [*busy(repo, ANN, "api", range(1, 13)), *busy(repo, BOB, "web", range(1, 13))]
    forward, backward = read(repo), read(repo)
    there = [forward.touches(f"git:{sha}") for sha in shas]
    backward.prefetch(f"git:{sha}" for sha in reversed(shas[5:]))
    assert [backward.touches(f"git:{sha}") for sha in reversed(shas)][::-1] == there


def test_a_part_that_moved_keeps_its_area(repo: Repo) -> None:
    before = busy(repo, ANN, "api", range(1, 9))
    busy(repo, BOB, "web", range(1, 9))
    repo.move("api/f0.py", "internal/api/f0.py")
    repo.commit("Move", author=BOB, date="2025-08-20T10:00:00+00:00")
    after = busy(repo, ANN, "internal/api", range(9, 13))
    org = read(repo)
    areas = {one(org, sha).area for sha in (*before, *after)}
    assert len(areas) == 1
    assert {one(org, sha).own for sha in after} == {True}


def test_very_deep_paths(repo: Repo) -> None:
    deep = "/".join("d" * 1200)
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"approvers: [bob]\n")
    repo.commit("Start", {"x.py": ""})
    sha = ""
    for name in ("OWNERS", "a.py"):
        repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{deep}/{name}")
        repo.git("commit", "--quiet", "-m", f"Deep {name}")
        sha = repo.git("rev-parse", "HEAD")
    assert one(read(repo), sha).own is None


def test_an_empty_history_has_no_owners(repo: Repo) -> None:
    sha = repo.commit("Nothing")
    org = read(repo)
    assert org.touches(f"git:{sha}") == ()
    assert org.team("ann@example.org", at("2026-01-06")) == (None, INFERRED)
