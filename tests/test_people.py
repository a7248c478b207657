from __future__ import annotations

from pathlib import Path

import pytest

from muster import people
from muster.model import MusterError, Role
from muster.people import People, named, resolve, robot
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, Repo


def resolved(*repos: Repo, org: Path | None = None, me: tuple[str, ...] = ()) -> People:
    return resolve([harvest(Settings(repo.path)) for repo in repos], org, me)


def test_the_mailmap_decides(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("One", {".mailmap": "Ann A. <ann@example.org> <ann@OLD.example>\nCyd <cyd@x.org> Shared <root@host>\n"})
    repo.commit("Two", author="annie <Ann@old.example>")
    repo.commit("Three", author="Shared <root@host>")
    repo.commit("Four", author="Other <root@host>")
    who = resolved(repo)
    assert who.of("annie", "Ann@old.example") == "ann@example.org"
    assert who.of("Ann Arbor", "ANN@example.org") == "ann@example.org"
    assert who.of("Shared", "root@host") == "cyd@x.org"
    assert who.of("Other", "root@host") == "root@host", "the mailmap gives that address away for one name only"
    assert who.person("ann@example.org").emails == ("ann@example.org", "ann@old.example")
    assert who.of("Nobody", "Unseen@Example.org") == "unseen@example.org"
    assert who.person("unseen@example.org").name == "unseen@example.org"


def test_a_mailmap_counts_in_the_other_repository_too(tmp_path: Path) -> None:
    one, two = Repo(tmp_path / "one"), Repo(tmp_path / "two")
    one.commit("One", {".mailmap": "Ann Arbor <ann@example.org> <ann@old.example>\n"}, author="A <ann@old.example>")
    two.commit("Two", author="Ann <ann@old.example>")
    for repos in ((one, two), (two, one)):
        assert resolved(*repos).of("Ann", "ann@old.example") == "ann@example.org"


def test_two_mailmaps_that_disagree_on_the_name_mean_one_person(tmp_path: Path) -> None:
    one, two = Repo(tmp_path / "one"), Repo(tmp_path / "two")
    one.commit("One", {".mailmap": "Ann <ann@one.example> <ann@old.example>\n"}, author="Ann <ann@one.example>")
    two.commit("Two", {".mailmap": "Ann <ann@two.example> <ann@old.example>\n"}, author="Ann <ann@two.example>")
    two.commit("Three", author="Ann <ann@old.example>")
    for repos, id_ in (((one, two), "ann@one.example"), ((two, one), "ann@two.example")):
        who = resolved(*repos)
        assert {who.of("Ann", f"ann@{host}.example") for host in ("one", "two", "old")} == {id_}


def test_a_shared_name_merges_nobody(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("One", author="Sam Lee <sam@one.example>")
    repo.commit("Two", author="Sam Lee <sam@two.example>")
    who = resolved(repo)
    assert who.of("Sam Lee", "sam@one.example") != who.of("Sam Lee", "sam@two.example")
    with pytest.raises(MusterError, match=r"'Sam Lee' is the name of several people: sam@one.example, sam@two.example"):
        who.find(["Sam Lee"])
    assert resolved(repo, me=("sam@one.example",)).notes == (
        "the same name also stands with sam@two.example: counted as somebody else; if that is you, add --me sam@two.example",)


def test_several_me_are_one_person(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("One", author=BOB)
    repo.commit("Two", author="bob <7+bobbly@users.noreply.github.com>")
    repo.commit("Three", author="Robert <bob@home.example>")
    apart = resolved(repo)
    assert len({apart.of(*who) for who in (("Bob Brink", "bob@example.org"), ("Robert", "bob@home.example"))}) == 2
    for me in (("bob@example.org", "@bobbly", "Robert"), ("BOB@example.org", "7+bobbly@users.noreply.github.com", "bob@home.example")):
        who = resolved(repo, me=me)
        found = who.find(me)
        assert found.id == "bob@example.org" and found == who.me
        assert found.emails == ("bob@example.org", "bob@home.example", "7+bobbly@users.noreply.github.com")
        assert found.handles == ("bobbly",)
        assert {who.of("bob", "7+bobbly@users.noreply.github.com"), who.of("", "@bobbly"), who.of("x", "bob@home.example")} == {found.id}
        assert "bob@home.example" not in who.all
    who = resolved(repo, me=("bob@example.org", "typo@example.org"))
    assert who.find(("bob@example.org", "typo@example.org")).id == "bob@example.org"
    assert who.notes == ("--me typo@example.org: nothing in these repositories carries it",)


def test_an_old_address_of_the_mailmap_is_me(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("One", {".mailmap": "Ann Arbor <ann@example.org> <never-used@example.org>\n"})
    who = resolved(repo, me=("never-used@example.org",))
    assert who.find(["never-used@example.org"]).id == "ann@example.org"


def test_nobody_found_says_who_is_near(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("Old", author="Old Hand <old@example.org>", date="2020-01-01T00:00:00+00:00")
    for number in range(3):
        repo.commit(f"No. {number}", author=BOB)
    repo.commit("One", author=ANN)
    repo.commit("Robot", author="renovate[bot] <r@bots.example>")
    with pytest.raises(MusterError) as caught:
        resolved(repo, me=("bob.brink@example.org",)).find(["bob.brink@example.org"])
    assert str(caught.value) == (
        "--me: no commit here is by bob.brink@example.org; nearest: Bob Brink <bob@example.org>. "
        "Most commits in the last year here: Bob Brink <bob@example.org> (3 commits), Ann Arbor <ann@example.org> (1 commit)\n"
        "  Give the e-mail that you commit with, as in: --me bob@example.org"
    )
    with pytest.raises(MusterError, match=r"no commit here is by @none.*\n.*git config user.email"):
        resolved(repo).find(["@none"])


def test_a_program_is_nobody_to_review_unless_the_organisation_says_so(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("Bump", author="dependabot[bot] <1+dependabot[bot]@users.noreply.github.com>")
    repo.commit("Work", author="Deploy Bot <deploy-bot@example.org>")
    for me in ("1+dependabot[bot]@users.noreply.github.com", "deploy-bot@example.org"):
        with pytest.raises(MusterError, match="is a program"):
            resolved(repo, me=(me,)).find((me,))
    (tmp_path / "people.csv").write_text("person,email,handle,name\ndeploy-bot@example.org,deploy-bot@example.org,,Deploy Bot\n")
    found = resolved(repo, org=tmp_path, me=("deploy-bot@example.org",)).find(("deploy-bot@example.org",))
    assert (found.name, found.bot) == ("Deploy Bot", False)


def test_people_csv(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("One", author="B <7+bobbly@users.noreply.github.com>")
    repo.commit("Two\n\nReviewed-by: @Bobbly", author="Bob <bob@home.example>")
    org = tmp_path / "org"
    org.mkdir()
    (org / "people.csv").write_text("person,email,handle,name\nbob@example.org,BOB@home.example,Bobbly,Bob Brink\n,,,lost\n@cyd,,,\n")
    who = resolved(repo, org=org)
    assert {who.of("B", "7+bobbly@users.noreply.github.com"), who.of("Bob", "bob@home.example"), who.of("", "@bobbly")} == {"bob@example.org"}
    assert who.person("bob@example.org").name == "Bob Brink"
    assert who.notes == ("people.csv:3: a row without person, email and handle was left out",)
    assert resolved(repo, org=org, me=("@bobbly",)).find(["@bobbly"]).id == "bob@example.org"
    (org / "people.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MusterError, match="its first line names the columns a, b\n  Make it: person,email,handle,name"):
        resolved(repo, org=org)


@pytest.mark.parametrize(("name", "email"), [
    ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"), ("GitHub", "noreply@github.com"),
    ("Larkspur Automation", "automation@larkspur.example"), ("Kubernetes Prow Robot", "k8s.ci.robot@gmail.com"), ("acme-bot", "x@acme.example"), ("Renovate Bot", "bot@renovateapp.com"),
    ("", "ci-bot@acme.example"), ("bors", "b@rust.example"), ("github-actions", "actions@github.com"),
])
def test_robots(name: str, email: str) -> None:
    assert robot(name, email)


@pytest.mark.parametrize(("name", "email"), [
    ("Jan Bot", "jan.bot@example.nl"), ("Ann Abbot", "abbot@example.org"), ("Talbot", "t@talbot.example"), ("Bo T", "bo@t.example"),
    ("Rob Otis", "rob@github.com"), ("Copi Lotte", "c@x.example"), ("Github Fan", "fan@x.example"), ("", "talbot@example.org"),
])
def test_people_who_are_no_robots(name: str, email: str) -> None:
    assert not robot(name, email)


@pytest.mark.parametrize(("value", "found"), [
    ("Ann Arbor <ann@example.org>", [("Ann Arbor", "ann@example.org")]),
    ("Ann Arbor <ann@example.org> # all of it", [("Ann Arbor", "ann@example.org")]),
    ('"Arbor, Ann" <ann@example.org>', [("Arbor, Ann", "ann@example.org")]),
    ("ann@example.org", [("", "ann@example.org")]),
    ("Ann Arbor (ann@example.org)", [("Ann Arbor", "ann@example.org")]),
    ("@ann, @bob-b", [("", "@ann"), ("", "@bob-b")]),
    ("Ann Arbor", [("Ann Arbor", "")]),
    ("", []),
    ("<>", []),
])
def test_the_value_of_a_trailer(value: str, found: list[tuple[str, str]]) -> None:
    assert list(named(value)) == found


def test_trailers(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("Squash (#1)\n\n* one\n\nco-authored-by: Bob Brink <bob@example.org>\n\n* two\n\nCo-Authored-By: Cyd <cyd@example.org>\r\n"
                "Signed-off-by: D <d@d.d>\n> Reviewed-by: E <e@e.e>\n    Acked-by: F <f@f.f>\n  Tested-by: G <g@g.g>\n"
                "I was Reported-by: nobody\nReported-by: Bob Brink\nTested-by: G <g@g.g>")
    found = people.trailers(harvest(Settings(repo.path)).commits).to_pylist()
    assert [(row["role"], row["name"], row["email"]) for row in found] == [
        (Role.CO_AUTHOR, "Bob Brink", "bob@example.org"), (Role.CO_AUTHOR, "Cyd", "cyd@example.org"), (Role.TESTER, "G", "g@g.g"),
        (Role.REPORTER, "Bob Brink", ""),
    ]
    assert resolved(repo).of("Bob Brink", "") == "bob@example.org", "the only one of that name"


def test_a_long_line_is_parsed_at_once() -> None:
    assert named("a " * 50_000 + "<") is not None
    assert named("a" * 100_000 + "@") == ()


def parts(repo: Repo) -> list[tuple[str, str]]:
    found = people.trailers(harvest(Settings(repo.path)).commits).to_pylist()
    return [(row["role"], row["email"] or row["name"]) for row in found]


def test_whoever_signs_after_the_author_passed_the_change_on(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("One\n\nSigned-off-by: Ann Arbor <ann@example.org>\nReviewed-by: Bob Brink <bob@example.org>\n"
                "Signed-off-by: Cyd Chase <cyd@example.org>")
    assert parts(repo) == [(Role.REVIEWER, "bob@example.org"), (Role.LANDER, "cyd@example.org")]
    heard = {(word, what): count for word, what, count in resolved(repo).heard}
    assert heard == {("signed-off-by", "the author's own"): 1, ("signed-off-by", "lander"): 1, ("reviewed-by", "reviewer"): 1}


@pytest.mark.parametrize("message", [
    "One\n\nSigned-off-by: Bob Brink <bob@example.org>\nSigned-off-by: Ann Arbor <ann@example.org>",  # before the author
    "One\n\nSigned-off-by: Bob Brink <bob@example.org>",  # without the author
    "One\n\nSigned-off-by: Ann Arbor <ann@example.org>\nSigned-off-by: Bob Brink <bob@example.org>\n\nMore is to come.",  # in mid-message
    "One\n\nSigned-off-by: Ann Arbor <ann@example.org>",
    "One\n\nSigned-off-by: Ann A. <ann@example.org>\nSigned-off-by: Ann Arbor <ann@other.example>",  # the author twice
])
def test_signatures_that_tell_nothing(tmp_path: Path, message: str) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit(message)
    assert parts(repo) == []


def test_what_github_squashed_was_handed_on_by_nobody(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("One (#1)\n\nSigned-off-by: Ann Arbor <ann@example.org>\nSigned-off-by: Bob Brink <bob@example.org>",
                committer="GitHub <noreply@github.com>")
    assert parts(repo) == []


def test_a_co_authors_signature_is_part_of_that(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("One\n\nSigned-off-by: Ann Arbor <ann@example.org>\nCo-developed-by: Bob Brink <bob@example.org>\n"
                "Signed-off-by: Bob Brink <bob@example.org>")
    assert parts(repo) == [(Role.CO_AUTHOR, "bob@example.org")]


def test_words_of_all_kinds(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("One\n\nReported-and-tested-by: B <b@example.org>\nHelped-by: C <c@example.org>\nSuggested-by: D\n  <d@example.org>\n"
                "Reviewed-by : E <e@example.org>\nReviewed by: F <f@example.org>\nOriginal-Reviewed-by: G <g@example.org>\nReviewed-by:\n"
                "Cc: H <h@example.org>")
    assert parts(repo) == [
        (Role.TESTER, "b@example.org"), (Role.REPORTER, "b@example.org"), (Role.HELPER, "c@example.org"), (Role.HELPER, "d@example.org"),
        (Role.REVIEWER, "e@example.org"), (Role.REVIEWER, "f@example.org"),
    ]
    found = resolved(repo)
    assert [(one.where, one.count) for one in found.skipped] == [("r: trailers Reviewed-by", 1), ("r: trailers Original-reviewed-by", 1)]
    assert any(note.startswith("of 5 people in trailers 5 made no commit here (6 of 6 mentions)") for note in found.notes)
