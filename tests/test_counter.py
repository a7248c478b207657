"""Counter-evidence from real histories: reverts by word and by content, re-landings, fixes that follow, and answers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from muster.lake import Lake
from muster.links import View, find
from muster.model import Case, Link, LinkKind, Period
from muster.model.stories import What, answers, careful, story, told
from muster.org import Organisation
from muster.people import resolve
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, CYD, Repo

ONE, TWO = "one\n" * 5, "two\n" * 5


def view_of(repo: Repo, rewrites: list[tuple[str, str, int]] | None = None) -> View:
    harvests = [harvest(Settings(repo.path))]
    lake = Lake.build(harvests, resolve(harvests, None, ("ann@example.org",)))
    if rewrites:
        rows = pa.table({
            "id": [f"git:{later}" for later, _, _ in rewrites], "of": [f"git:{of}" for _, of, _ in rewrites],
            "origin": [harvests[0].name] * len(rewrites), "path": ["a.py"] * len(rewrites),
            "changed": pa.array([lines for _, _, lines in rewrites], pa.int32()), "deleted": pa.array([0] * len(rewrites), pa.int32()),
        })  # fmt: skip
        lake.db.register("rows", rows)
        lake.db.execute("INSERT INTO rewrite SELECT * FROM rows")
    return View(lake, Organisation.read(lake, None), "ann@example.org")


def ties(view: View, *kinds: LinkKind) -> list[tuple[str, str, str]]:
    return [(link.src[4:], link.dst[4:], link.reason) for link in find(view)[0] if link.kind in kinds]


def case_of(view: View) -> Case:
    links = find(view)[0]
    ids = dict.fromkeys(id_ for link in links for id_ in (link.src, link.dst))
    people = view.lake.people
    return Case(
        people.person("ann@example.org"), Period(date(2026, 1, 1), date(2026, 6, 30)), date(2026, 7, 1),
        evidence=view.lake.evidence(ids), links=links, people=people.all,
    )  # fmt: skip


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = Repo(tmp_path / "acme")
    repo.commit("Begin", {"a.py": ONE, "b.py": ONE, "c.py": ONE, "values.yaml": ONE}, author=CYD, date="2026-01-01T10:00:00Z")
    return repo


def test_files_put_back_by_somebody_else_are_a_revert_that_does_not_say_so(repo: Repo) -> None:
    made = repo.commit("Queue deploys", {"a.py": TWO, "b.py": TWO}, date="2026-01-05T10:00:00Z")
    back = repo.commit("Deploy at once", {"a.py": ONE, "b.py": ONE}, author=BOB, date="2026-01-09T10:00:00Z")
    assert ties(view_of(repo), LinkKind.REVERTS) == [(back, made, "puts both its files back as before it, without saying so")]


@pytest.mark.parametrize(
    ("title", "files", "back", "author"),
    [
        ("Queue deploys", {"values.yaml": TWO}, "Deploy at once", BOB),  # settings go back and forth
        ("Bump the version", {"a.py": TWO}, "Deploy at once", BOB),  # and so do versions
        ("Queue deploys", {"a.py": TWO}, "Cleanup after 1.2.0 release", BOB),
        ("Disable the queue for now", {"a.py": TWO}, "Queue again", BOB),  # it was meant for a while
        ("Queue deploys", {"a.py": TWO}, "Try the other way", ANN),  # what one tries oneself
        ("Queue deploys", {"a.py": TWO, "b.py": TWO}, "Deploy at once", BOB),  # only a part of it, in silence
    ],
)
def test_what_goes_back_in_silence_and_is_no_revert(repo: Repo, title: str, files: dict[str, str], back: str, author: str) -> None:
    repo.commit(title, files, date="2026-01-05T10:00:00Z")
    first = next(iter(files))
    repo.commit(back, {first: ONE}, author=author, date="2026-01-09T10:00:00Z")
    assert ties(view_of(repo), LinkKind.REVERTS) == []


def test_a_part_that_is_taken_back_in_a_bigger_change_that_says_so(repo: Repo) -> None:
    made = repo.commit("Queue deploys", {"a.py": TWO, "b.py": TWO}, date="2026-01-05T10:00:00Z")
    back = repo.commit("Speed up\n\nThis also backs out the queue of last week.", {"a.py": ONE, "c.py": TWO}, author=BOB, date="2026-01-09T10:00:00Z")
    assert ties(view_of(repo), LinkKind.REVERTS) == [
        (back, made, "puts 1 of its 2 files back as before it; it says “This also backs out the queue of last week.”")
    ]


def test_a_revert_by_word_of_some_of_the_files_says_how_many(repo: Repo) -> None:
    made = repo.commit("Queue deploys", {"a.py": TWO, "b.py": TWO}, date="2026-01-05T10:00:00Z")
    repo.commit(f"Undo\n\nThis reverts commit {made}.", {"a.py": ONE}, author=BOB, date="2026-01-09T10:00:00Z")
    (link,) = ties(view_of(repo), LinkKind.REVERTS)
    assert link[2] == f"This reverts commit {made}. (touches 1 of its 2 files)"


def test_nothing_within_one_pull_request_is_taken_back(repo: Repo) -> None:
    repo.branch("work")
    repo.commit("Queue deploys", {"a.py": TWO}, date="2026-01-05T10:00:00Z")
    repo.commit('Revert "Queue deploys"', {"a.py": ONE}, author=BOB, date="2026-01-06T10:00:00Z")
    repo.checkout("main")
    repo.merge("work", "Merge pull request #7 from ann/work\n\nTry a queue", date="2026-01-07T10:00:00Z")
    assert ties(view_of(repo), LinkKind.REVERTS) == []


def test_a_hash_that_never_landed_is_resolved_by_the_title_that_it_stands_with(repo: Repo) -> None:
    made = repo.commit("Queue deploys per team (#12)", {"a.py": TWO}, date="2026-01-05T10:00:00Z")
    back = repo.commit(f'Revert "Queue deploys per team"\n\nThis reverts commit {"9" * 40}.', {"b.py": TWO}, author=BOB, date="2026-01-09T10:00:00Z")
    mends = repo.commit('Keep order\n\nFixes: 1234567abcde ("Queue deploys per team")', {"c.py": TWO}, author=CYD, date="2026-01-10T10:00:00Z")
    view = view_of(repo)
    assert [row[:2] for row in ties(view, LinkKind.REVERTS)] == [(back, made)]
    assert [row[:2] for row in ties(view, LinkKind.FIXES)] == [(mends, made)]


def test_a_hash_of_no_commit_here_is_counted(repo: Repo) -> None:
    repo.commit(f"Undo the queue\n\nThis reverts commit {'9' * 40}.", {"b.py": TWO}, author=BOB, date="2026-01-09T10:00:00Z")
    repo.commit('Keep order\n\nFixes: 1234567abcde ("Queue deploys per team")', {"c.py": TWO}, author=CYD, date="2026-01-10T10:00:00Z")
    view = view_of(repo)
    find(view)
    assert [(one.where, one.count) for one in view.skipped] == [("acme: fixes", 1), ("acme: reverts", 1)]


def test_the_story_of_what_was_reverted_and_landed_again(repo: Repo) -> None:
    made = repo.commit("Queue deploys per team", {"a.py": TWO, "b.py": TWO}, date="2026-01-05T10:00:00Z")
    back = repo.commit('Revert "Queue deploys per team"', {"a.py": ONE, "b.py": ONE}, author=BOB, date="2026-01-08T10:00:00Z")
    again = repo.commit("Queue deploys per team (take 2)", {"a.py": TWO, "b.py": TWO, "c.py": TWO}, date="2026-01-20T10:00:00Z")
    view = view_of(repo)
    assert ties(view, LinkKind.BUILDS_ON) == [(again, made, "re-landed: both its files are again as it had made them")]
    case = case_of(view)
    found = story(case, f"git:{made}")
    assert [(step.what, step.own, step.days) for step in found.steps] == [(What.REVERTED, False, 3), (What.AGAIN, True, 12)]
    assert found.standing
    assert told(case, f"git:{made}") == "reverted after 3 days by Bob Brink, landed again after 12 days by its author, standing since"
    assert answers(case, f"git:{back}") == (f"git:{again}",)


def test_a_revert_that_nothing_answers(repo: Repo) -> None:
    made = repo.commit("Queue deploys per team", {"a.py": TWO}, date="2026-01-05T10:00:00Z")
    back = repo.commit('Revert "Queue deploys per team"', {"a.py": ONE}, author=BOB, date="2026-01-08T10:00:00Z")
    case = case_of(view_of(repo))
    assert told(case, f"git:{made}") == "reverted after 3 days by Bob Brink, and no record here shows it landing again"
    assert answers(case, f"git:{back}") == () and not story(case, f"git:{made}").standing


def test_a_subject_that_is_used_again_and_again_is_no_re_landing(repo: Repo) -> None:
    first = repo.commit("Update the notes page", {"a.py": TWO}, date="2026-01-05T10:00:00Z")
    repo.commit(f"Undo\n\nThis reverts commit {first}.", {"a.py": ONE}, author=BOB, date="2026-01-06T10:00:00Z")
    for day in range(7, 12):
        repo.commit("Update the notes page", {"b.py": f"{day}\n"}, date=f"2026-01-{day:02}T10:00:00Z")
    assert ties(view_of(repo), LinkKind.BUILDS_ON) == []


def test_what_one_takes_back_oneself_within_a_day_is_ordinary_care(repo: Repo) -> None:
    made = repo.commit("Queue deploys per team", {"a.py": TWO}, date="2026-01-05T10:00:00Z")
    repo.commit('Revert "Queue deploys per team"', {"a.py": ONE}, date="2026-01-05T14:00:00Z")
    case = case_of(view_of(repo))
    (link,) = case.links_to([f"git:{made}"], LinkKind.REVERTS)
    assert careful(case, link)


def test_a_fix_that_follows_on_the_same_lines(repo: Repo) -> None:
    made = repo.commit("Queue deploys", {"a.py": ONE + TWO}, date="2026-01-05T10:00:00Z")
    soon = repo.commit("Fix a panic in the queue", {"a.py": ONE + "three\n" * 5}, author=BOB, date="2026-01-07T12:00:00Z")
    spelled = repo.commit("Fix a typo", {"a.py": ONE + "four\n" * 5}, author=BOB, date="2026-01-08T10:00:00Z")
    late = repo.commit("Fix a crash", {"a.py": ONE + "five\n" * 5}, author=BOB, date="2026-01-20T10:00:00Z")
    found = ties(view_of(repo, [(soon, made, 5), (spelled, made, 5), (late, made, 5)]), LinkKind.FIXES)
    assert found == [(soon, made, "changes 5 of its lines 2 days later and calls itself a fix: “Fix a panic in the queue”")]


def test_a_fix_that_follows_on_a_new_file_where_lines_are_not_known(repo: Repo) -> None:
    made = repo.commit("Add the queue", {"queue.py": ONE, "a.py": TWO}, date="2026-01-05T10:00:00Z")
    soon = repo.commit("Fix a deadlock", {"queue.py": TWO}, author=BOB, date="2026-01-05T20:00:00Z")
    repo.commit("Fix a crash", {"a.py": "six\n"}, author=BOB, date="2026-01-06T20:00:00Z")
    found = ties(view_of(repo), LinkKind.FIXES)
    assert found == [(soon, made, "changes a file that it added on the same day and calls itself a fix: “Fix a deadlock”")]


def test_a_link_of_another_kind_tells_no_story(repo: Repo) -> None:
    made = repo.commit("Queue deploys", {"a.py": TWO}, date="2026-01-05T10:00:00Z")
    later = repo.commit(f"Go on\n\nSee {made}.", {"b.py": TWO}, author=BOB, date="2026-01-06T10:00:00Z")
    case = case_of(view_of(repo))
    assert case.links_to([f"git:{made}"]) == (Link(f"git:{later}", f"git:{made}", LinkKind.CITES, f"See {made}."),)
    assert story(case, f"git:{made}").steps == () and told(case, f"git:{made}") == ""
