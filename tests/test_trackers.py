"""Issues, pull requests, meetings and pages of other sources: what they add to undertakings, links and signals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from muster import signals, threads
from muster.lake import Lake
from muster.links import View, _trackers, find
from muster.model import Began, Evidence, Grade, Link, LinkKind, Participant, Period, Role, Thread
from muster.org import Organisation
from muster.people import resolve
from muster.sources.git import Settings, harvest
from muster.threads import _nodes, _ties
from tests.build import BOB, Repo

ANN_ID, BOB_ID = "ann@example.org", "bob@example.org"
CASE = (("case", Period(date(2026, 1, 1), date(2026, 6, 30))),)


def at(number: float) -> datetime:
    return datetime(2026, 1, 1, 10, tzinfo=UTC) + timedelta(days=number)


def piece(key: str, kind: str, who: str, when: datetime, title: str = "", text: str = "", about: str | None = None,
          facts: tuple[tuple[str, str], ...] = (), assignee: str | None = None, source: str = "github") -> Evidence:
    return Evidence(
        f"{source}:{key}", source, kind, source, key, title, who, when, when, Grade.HOSTED, f"https://github.com/{key.replace('#', '/issues/')}",
        text, (Participant(assignee, Role.ASSIGNEE),) if assignee else (), (), about, facts,
    )


def issue(number: int, who: str, when: datetime, title: str = "Deploys wait", **more: object) -> Evidence:
    return piece(f"acme/deploy#{number}", "issue", who, when, title, **more)  # type: ignore[arg-type]


def pull(number: int, who: str, when: datetime, title: str = "Queue deploys", **more: object) -> Evidence:
    return piece(f"acme/deploy#{number}", "pull-request", who, when, title, **more)  # type: ignore[arg-type]


def assigned(number: int, by: str, to: str, when: datetime) -> Evidence:
    return piece(f"acme/deploy#{number}/event/{when:%j}", "event", by, when, "assigned", about=f"github:acme/deploy#{number}",
                 facts=(("event", "assigned"), ("to", to)))


#: Closed issues of a project that assigns as a habit.
HABIT = tuple(issue(900 + n, BOB_ID, at(-30), facts=(("state", "closed"),), assignee=BOB_ID if n % 2 else None) for n in range(24))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.git("config", "remote.origin.url", "https://github.com/acme/deploy.git")
    made.commit("Start", {"README": "1"}, author=BOB, date=at(-40).isoformat())
    return made


def seen(repo: Repo, *evidence: Evidence) -> tuple[View, tuple[Link, ...], tuple[Thread, ...]]:
    harvests = [harvest(Settings(repo.path))]
    lake = Lake.build(harvests, resolve(harvests, None, (ANN_ID,)), (), evidence)
    view = View(lake, Organisation.read(lake, None), ANN_ID)
    links = find(view)[0]
    return view, links, threads.find(view, links)


def value(view: View, links: tuple[Link, ...], found: tuple[Thread, ...], name: str, measure: str) -> tuple[float | None, tuple[str, ...]]:
    signals.load(view, links, found, CASE)
    gives = {"git", "pull-requests", "calendar", "incidents", "book"}
    one = next(one for one in signals.measure(view, gives) if (one.name, one.measure, one.label) == (name, measure, "case"))
    return one.value, one.evidence


def landed(repo: Repo, number: int, when: datetime) -> str:
    return "git:" + repo.commit(f"Queue deploys (#{number})", {"q.py": str(number)}, date=when.isoformat())


def test_a_pull_request_its_issue_and_its_commit_are_one_undertaking(repo: Repo) -> None:
    commit = landed(repo, 12, at(9))
    made = pull(12, ANN_ID, at(8), facts=(("state", "merged"), ("closes", "github:acme/deploy#7")))
    _, _, (thread,) = seen(repo, issue(7, BOB_ID, at(1)), made, *HABIT)
    assert thread.evidence == ("github:acme/deploy#7", "github:acme/deploy#12", commit)
    assert thread.problem == ("github:acme/deploy#7", "github:acme/deploy#12", commit) and thread.did == (commit,)


def test_somebody_elses_issue_is_asked_for_and_ones_own_is_not(repo: Repo) -> None:
    landed(repo, 12, at(9))
    made = pull(12, ANN_ID, at(8), facts=(("state", "merged"), ("closes", "github:acme/deploy#7")))
    assert seen(repo, issue(7, BOB_ID, at(1)), made, *HABIT)[2][0].began is Began.ASKED
    assert seen(repo, issue(7, ANN_ID, at(1)), made, *HABIT)[2][0].began is Began.SELF


def test_an_own_issue_says_nothing_where_it_is_paperwork_or_nobody_is_ever_assigned(repo: Repo) -> None:
    landed(repo, 12, at(9))
    made = pull(12, ANN_ID, at(8), facts=(("state", "merged"), ("closes", "github:acme/deploy#7")))
    assert seen(repo, issue(7, ANN_ID, at(7.5)), made, *HABIT)[2][0].began is Began.UNKNOWN, "opened twelve hours before its own fix"
    loose = tuple(issue(900 + n, BOB_ID, at(-30), facts=(("state", "closed"),)) for n in range(24))
    assert seen(repo, issue(7, ANN_ID, at(1)), made, *loose)[2][0].began is Began.UNKNOWN


def test_an_own_issue_that_somebody_else_assigned_was_asked_for_and_taking_it_is_not(repo: Repo) -> None:
    landed(repo, 12, at(9))
    made = pull(12, ANN_ID, at(8), facts=(("state", "merged"), ("closes", "github:acme/deploy#7")))
    own = issue(7, ANN_ID, at(1))
    assert seen(repo, own, made, assigned(7, BOB_ID, ANN_ID, at(2)), *HABIT)[2][0].began is Began.ASKED
    assert seen(repo, own, made, assigned(7, ANN_ID, ANN_ID, at(2)), *HABIT)[2][0].began is Began.SELF
    assert seen(repo, own, made, assigned(7, BOB_ID, ANN_ID, at(20)), *HABIT)[2][0].began is Began.SELF, "assigned once it was done"


def test_a_commit_that_names_an_own_issue_is_not_asked_for(repo: Repo) -> None:
    repo.commit("Queue deploys\n\nFixes #7", {"q.py": "1"}, date=at(9).isoformat())
    assert seen(repo, issue(7, ANN_ID, at(1)), *HABIT)[2][0].began is Began.SELF
    assert seen(repo, issue(7, BOB_ID, at(1)), *HABIT)[2][0].began is Began.ASKED
    assert seen(repo)[2][0].began is Began.UNKNOWN


def test_a_pull_request_of_an_unconnected_repository_is_what_was_done(repo: Repo) -> None:
    made = piece("acme/other#3", "pull-request", ANN_ID, at(3), "Split the pool", facts=(("state", "merged"),))
    left = piece("acme/other#4", "pull-request", ANN_ID, at(90), "Drop the pool", facts=(("state", "closed"),))
    (thread,) = seen(repo, made, left)[2]
    assert (thread.title, thread.did) == ("Split the pool", (made.id,))


def test_words_that_name_ones_work_cite_it(repo: Repo) -> None:
    commit = landed(repo, 12, at(9))
    made = pull(12, ANN_ID, at(8), facts=(("state", "merged"),))
    theirs = issue(30, BOB_ID, at(40), "Use the queue", text="We can build this on the queue of #12.")
    mail = piece("m1@example.org", "message", BOB_ID, at(50), "Deploys", "See https://github.com/acme/deploy/pull/12 for how.", source="mail")
    answer = piece("acme/deploy#12/comment/1", "comment", BOB_ID, at(9), "", "As #12 says.", about=made.id)
    bare = piece("m2@example.org", "message", BOB_ID, at(50), "Deploys", "Point #12 of the list.", source="mail")
    links = [link for link in seen(repo, made, theirs, mail, answer, bare)[1] if link.kind is LinkKind.CITES]
    assert [(link.src, link.dst) for link in links] == [(theirs.id, commit), (mail.id, commit)]
    assert links[0].reason == "We can build this on the queue of #12."


def test_what_was_refused_needs_words_and_somebody_elses_work(repo: Repo) -> None:
    closed = (("state", "closed"), ("closed-by", ANN_ID), ("closed", at(20).isoformat()))
    why = "No: a second queue would need its own locks, and the first is enough."

    def words(number: int, text: str = why) -> Evidence:
        return piece(f"acme/deploy#{number}/comment/1", "comment", ANN_ID, at(19), "", text, about=f"github:acme/deploy#{number}")

    evidence = (
        issue(40, BOB_ID, at(10), facts=(*closed, ("reason", "not planned"))), words(40),
        pull(41, BOB_ID, at(10), facts=closed), words(41),
        issue(42, BOB_ID, at(10), facts=(*closed, ("reason", "completed"))), words(42),
        issue(43, BOB_ID, at(10), facts=(*closed, ("reason", "not planned"))), words(43, "No."),
        pull(44, ANN_ID, at(10), facts=closed), words(44),
        issue(45, BOB_ID, at(10), facts=(*closed, ("reason", "duplicate"))), words(45),
        pull(46, BOB_ID, at(10), facts=(*closed[1:], ("state", "merged"))), words(46),
        # Who closed it may stand in the event alone.
        pull(47, BOB_ID, at(10), facts=(closed[0], closed[2])), words(47),
        piece("acme/deploy#47/event/1", "event", ANN_ID, at(20), "closed", about="github:acme/deploy#47", facts=(("event", "closed"),)),
    )
    assert value(*seen(repo, *evidence), "focus", "refused") == (3, ("github:acme/deploy#40", "github:acme/deploy#41", "github:acme/deploy#47"))


def test_meetings_count_by_ones_own_answer(repo: Repo) -> None:
    def meeting(key: str, who: str, minutes: str, *answers: str) -> Evidence:
        facts = (("minutes", minutes), *(("answer", answer) for answer in answers))
        return piece(key, "meeting", who, at(20), "Weekly", facts=facts, source="calendar")

    evidence = (
        meeting("a", BOB_ID, "60", f"{ANN_ID} accepted"), meeting("b", BOB_ID, "30", f"{ANN_ID} declined"),
        meeting("c", ANN_ID, "30"), meeting("d", BOB_ID, "1440", f"{ANN_ID} accepted"), meeting("e", BOB_ID, "60", f"{BOB_ID} accepted"),
    )
    given = seen(repo, *evidence)
    hours, ids = value(*given, "focus", "meeting_hours")
    assert hours == pytest.approx(1.5 * 7 / 181) and ids == ("calendar:a", "calendar:c")
    assert value(*given, "focus", "meetings_declined") == (1, ("calendar:b",))


def test_pages_are_those_of_the_person(repo: Repo) -> None:
    def paged(key: str, who: str) -> Evidence:
        return piece(key, "event", "pagerduty:service", at(20), "paged", facts=(("event", "paged"), ("to", who)), source="pagerduty")

    assert value(*seen(repo, paged("1", ANN_ID), paged("2", BOB_ID)), "load", "pages") == (1, ("pagerduty:1",))


def review(number: int, who: str, when: datetime, key: int = 1) -> Evidence:
    return piece(f"acme/deploy#{number}/review/{key}", "review", who, when, f"Review of #{number}", about=f"github:acme/deploy#{number}",
                 facts=(("verdict", "approved"),))


def test_reviews_and_merges_on_a_platform_lift_like_those_of_trailers(repo: Repo) -> None:
    repo.commit("Retry (#50)", {"r.py": "1"}, author=BOB, date=at(9).isoformat())
    landed_here = pull(50, BOB_ID, at(8), "Retry", facts=(("state", "merged"), ("merged-by", ANN_ID)))
    elsewhere = piece("acme/other#3", "pull-request", "cyd@example.org", at(8), "Pool", facts=(("state", "merged"),))
    evidence = (landed_here, review(50, ANN_ID, at(8.2)), review(50, ANN_ID, at(8.4), 2), elsewhere,
                piece("acme/other#3/review/1", "review", ANN_ID, at(8.5), "Review of #3", about=elsewhere.id))
    given = seen(repo, *evidence)
    assert value(*given, "lift", "reviews")[0] == 2 and value(*given, "lift", "people_reviewed")[0] == 2
    assert value(*given, "lift", "landed")[0] == 1


def test_an_issue_that_another_built_is_implemented_and_says_nothing_against_it(repo: Repo) -> None:
    commit = "git:" + repo.commit("Queue (#12)", {"q.py": "1"}, author=BOB, date=at(9).isoformat())
    made = pull(12, BOB_ID, at(8), facts=(("state", "merged"), ("closes", "github:acme/deploy#7")))
    given = seen(repo, issue(7, ANN_ID, at(1)), made)
    assert [(link.src, link.dst, link.kind, link.reason) for link in given[1]] == [
        (commit, "github:acme/deploy#7", LinkKind.IMPLEMENTS, "closes #7: Deploys wait")]
    (thread,) = given[2]
    assert thread.changed == (commit,) and not thread.counter and thread.others == (BOB_ID,)
    assert value(*given, "reach", "people_implementing")[0] == 1 and value(*given, "counter", "fixed")[0] == 0


def test_a_fire_is_one_though_its_pull_request_stands_before_it(repo: Repo) -> None:
    repo.commit("hotfix: deploys stand still (#12)", {"q.py": "12"}, date=at(9).isoformat())
    made = pull(12, ANN_ID, at(8.98), "hotfix: deploys stand still", facts=(("state", "merged"),))
    _, _, (thread,) = seen(repo, made)
    assert thread.evidence[0] == made.id and thread.began is Began.FIRE


def test_an_own_issue_is_not_parted_from_what_closed_it(repo: Repo) -> None:
    commit = landed(repo, 12, at(9))
    made = pull(12, ANN_ID, at(8), facts=(("state", "merged"), ("closes", "github:acme/deploy#7"), ("closes", "github:acme/deploy#8")))
    view, _, _ = seen(repo, issue(7, ANN_ID, at(1)), issue(8, BOB_ID, at(1)), issue(9, ANN_ID, at(1)), made)
    atoms = [[node.id for node in atom.nodes] for atom in _nodes.atoms_of(view.record, _nodes.nodes_of(view))]
    assert sorted(atoms) == [["github:acme/deploy#7", made.id, commit], ["github:acme/deploy#9"]]


def test_what_names_a_pull_request_and_its_commit_ties_them_once(repo: Repo) -> None:
    commit = landed(repo, 12, at(9))
    other = "git:" + repo.commit("Write it down", {"docs/q.md": "1"}, date=at(20).isoformat())
    made = pull(12, ANN_ID, at(8), facts=(("state", "merged"),))
    view, _, _ = seen(repo, made)
    atoms = _nodes.atoms_of(view.record, _nodes.nodes_of(view))
    home = {node.id: place for place, atom in enumerate(atoms) for node in atom.nodes}
    once = (Link(other, commit, LinkKind.CITES, "#12"),)
    both = (*once, Link(other, made.id, LinkKind.CITES, "#12"))
    assert _ties.ties_of(atoms, home, both) == _ties.ties_of(atoms, home, once) == {(home[commit], home[other]): _ties.LINKED}


def test_the_pull_requests_title_names_what_it_became(repo: Repo) -> None:
    repo.branch("queue")
    repo.commit("wip", {"q.py": "1"}, date=at(8).isoformat())
    repo.commit("more", {"q.py": "2"}, date=at(8.5).isoformat())
    repo.checkout("main")
    repo.merge("queue", "Merge pull request #12 from ann/queue\n\n" + "a" * 40 + " wip (Ann)", author=BOB, date=at(9).isoformat())
    made = pull(12, ANN_ID, at(8), "Deploys queue per team", facts=(("state", "merged"),))
    assert [thread.title for thread in seen(repo, made)[2]] == ["Deploys queue per team"]
    assert [thread.title for thread in seen(repo)[2]] == ["wip (Ann)"]


def test_what_was_only_opened_is_no_undertaking_until_work_follows(repo: Repo) -> None:
    assert not seen(repo, issue(7, ANN_ID, at(1)), pull(8, ANN_ID, at(2), facts=(("state", "closed"),)))[2]
    built = pull(9, BOB_ID, at(8), facts=(("state", "merged"), ("closes", "github:acme/deploy#7")))
    assert [thread.title for thread in seen(repo, issue(7, ANN_ID, at(1)), built)[2]] == ["Deploys wait"]


@pytest.mark.parametrize(("id_", "called", "named"), [
    ("github:acme/deploy#12", ("acme/deploy", "12"), "acme/deploy#12"),
    ("gitlab:acme/tools/deploy!12", ("acme/tools/deploy", "!12"), "acme/tools/deploy!12"),
    ("gitlab:acme/tools/deploy#12", ("acme/tools/deploy", "12"), "acme/tools/deploy#12"),
    ("jira:DEPLOY-12", ("DEPLOY", "DEPLOY-12"), "DEPLOY-12"),
    ("gerrit:review.example.org/12345", ("review.example.org", "12345"), "review.example.org#12345"),
])
def test_what_items_are_called(id_: str, called: tuple[str, str], named: str) -> None:
    """A merge request and an issue of one number are two things; a ticket is called by its key."""
    assert _trackers.called(id_) == called
    item = _trackers.Item(id_, "issue", *called, BOB_ID, False, at(0), "", "")
    assert _trackers.Tracked().name(item) == named
