from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from muster import threads
from muster.lake import Lake
from muster.links import View, find
from muster.links._wording import clean, explains, says_why
from muster.model import Began, Entry, Grade, Reference, Thread
from muster.org import Organisation
from muster.people import resolve
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, CYD, Repo

ANN_ID = "ann@example.org"
WHY = "The lock is taken per service, so three teams that deploy at the same time wait for each other because nothing queues them."


def threads_of(*repos: Repo, entries: tuple[Entry, ...] = ()) -> tuple[Thread, ...]:
    harvests = [harvest(Settings(repo.path)) for repo in repos]
    lake = Lake.build(harvests, resolve(harvests, None, (ANN_ID,)), entries)
    view = View(lake, Organisation.read(lake, None), ANN_ID, entries)
    return threads.find(view, find(view)[0])


def day(number: int, hour: int = 10) -> str:
    return (datetime(2026, 1, 1, hour, tzinfo=UTC) + timedelta(days=number)).isoformat()


def entry(
    path: str, type_: str, title: str, when: date, *targets: str, meta: Mapping[str, object] | None = None
) -> Entry:
    references = tuple(Reference(target, target, line) for line, target in enumerate(targets, 5))
    return Entry(
        path,
        type_,
        title,
        when,
        datetime.combine(when, datetime.min.time(), UTC),
        Grade.KEPT,
        meta or {},
        "",
        1,
        (),
        references,
    )


def did(found: tuple[Thread, ...]) -> list[list[str]]:
    return [[id_.removeprefix("git:")[:8] for id_ in thread.did] for thread in found]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.git("config", "remote.origin.url", "https://github.com/acme/deploy.git")
    return made


def test_what_landed_together_is_one_thread(repo: Repo) -> None:
    repo.commit("Start", {"README": "1"}, author=CYD, date=day(0))
    repo.branch("queue")
    one = repo.commit("Queue", {"q/a.py": "1"}, date=day(1))
    two = repo.commit("Docs of something", {"web/b.py": "1"}, date=day(2))
    repo.checkout("main")
    repo.merge(
        "queue", "Merge pull request #12 from ann/queue\n\nQueue deploys per team", author=CYD, date=day(3)
    )
    three = repo.commit("Colours", {"ui/c.py": "1"}, date=day(4))
    found = threads_of(repo)
    assert did(found) == [[one[:8], two[:8]], [three[:8]]]
    assert found[0].title == "Queue deploys per team"


def test_paths_close_in_time_are_one_thread_and_far_ones_are_not(repo: Repo) -> None:
    for number in range(8):
        repo.commit(f"Other {number}", {f"other{number}/x.py": "1"}, date=day(number))
    first = repo.commit("Queue", {"q/lock.py": "1", "q/queue.py": "1"}, date=day(10))
    second = repo.commit("Queue on", {"q/lock.py": "2", "q/queue.py": "2"}, date=day(14))
    later = repo.commit("Queue again", {"q/lock.py": "3", "q/queue.py": "3"}, date=day(150))
    found = [one for one in did(threads_of(repo)) if {first[:8], second[:8], later[:8]} & set(one)]
    assert found == [[first[:8], second[:8]], [later[:8]]]


def test_an_issue_ties_over_months(repo: Repo) -> None:
    first = repo.commit("Queue\n\nPart of #91", {"q/a.py": "1"}, date=day(1))
    second = repo.commit("Show\n\nPart of #91", {"web/b.py": "1"}, date=day(80))
    repo.commit("Else\n\nPart of #95", {"c.py": "1"}, date=day(81))
    assert did(threads_of(repo))[0] == [first[:8], second[:8]]


def test_a_proposal_ties_years_and_began_by_oneself(repo: Repo) -> None:
    draft = repo.commit("Flesh out", {"keps/sig-deploy/1287-queue-of-deploys/README.md": "1"}, date=day(1))
    made = repo.commit("KEP-1287: queue deploys", {"q.py": "1"}, date=day(31))
    later = repo.commit(
        "KEP-1287: to beta", {"keps/sig-deploy/1287-queue-of-deploys/README.md": "2"}, date=day(600)
    )
    theirs = repo.commit("KEP-1287: let teams choose", {"r.py": "1"}, author=BOB, date=day(20))
    (thread,) = threads_of(repo)
    assert thread.did == (f"git:{draft}", f"git:{made}", f"git:{later}")
    assert thread.title == "KEP-1287: Queue of deploys"
    assert thread.began is Began.SELF and thread.foresight == 19.0
    assert thread.artifacts == (f"git:{draft}",) and f"git:{theirs}" in thread.changed


def test_others_come_in_by_links(repo: Repo) -> None:
    made = repo.commit(
        f"Queue deploys (#12)\n\n{WHY}\n\nReviewed-by: Cyd Chase <cyd@example.org>",
        {"q/queue.py": "1"},
        date=day(1),
    )
    built = repo.commit("Let teams choose", {"q/queue.py": "2"}, author=BOB, date=day(30))
    again = repo.commit("Let teams choose more", {"q/queue.py": "3"}, author=BOB, date=day(31))
    undone = repo.commit('Revert "Queue deploys (#12)"', {"q/queue.py": "4"}, author=CYD, date=day(40))
    (thread,) = threads_of(repo)
    assert thread.problem == (f"git:{made}",) and thread.did == (f"git:{made}",)
    assert thread.changed == (f"git:{built}",), "one later change of each other person is enough"
    assert thread.counter == (f"git:{undone}",)
    assert thread.others == ("bob@example.org", "cyd@example.org") and thread.missing == ()
    assert thread.evidence == (
        f"git:{made}",
        f"git:{made}#reviewed-by:cyd@example.org",
        f"git:{built}",
        f"git:{undone}",
    )
    assert f"git:{again}" not in thread.evidence
    assert (thread.since, thread.until) == (
        datetime(2026, 1, 2, 10, tzinfo=UTC),
        datetime(2026, 1, 2, 10, tzinfo=UTC),
    )


def test_putting_back_what_was_reverted_speaks_against_nobody(repo: Repo) -> None:
    theirs = repo.commit("Queue deploys", {"q/queue.py": "1"}, author=BOB, date=day(1))
    mine = repo.commit(f'Revert "Queue deploys"\n\nThis reverts commit {theirs}.', {"q/queue.py": "0"}, date=day(2))
    repo.commit(f'Revert "Revert "Queue deploys""\n\nThis reverts commit {mine}.', {"q/queue.py": "1"}, author=BOB, date=day(3))
    (thread,) = threads_of(repo)
    assert thread.did == (f"git:{mine}",) and thread.counter == ()


def test_a_branch_of_many_peoples_work_is_no_co_authors_undertaking(repo: Repo) -> None:
    def co(number: int) -> str:
        return "\n".join(["Co-authored-by: Ann Arbor <ann@example.org>", *(f"Co-authored-by: P{n} <p{n}@example.org>" for n in range(number))])

    few = repo.commit(f"Pair on it\n\n{co(1)}", {"q/a.py": "1"}, author=BOB, date=day(1))
    repo.commit(f"Merge the branch\n\n{co(8)}", {"q/b.py": "1"}, author=BOB, date=day(90))
    assert [thread.did for thread in threads_of(repo)] == [(f"git:{few}",)]


def test_one_that_was_re_landed_keeps_the_revert(repo: Repo) -> None:
    made = repo.commit("Queue deploys", {"q.py": "1"}, date=day(1))
    undone = repo.commit(
        f'Revert "Queue deploys"\n\nThis reverts commit {made}.', {"q.py": None}, author=BOB, date=day(2)
    )
    again = repo.commit(
        f'Reapply "Queue deploys"\n\nThis reverts commit {undone}.', {"q.py": "2"}, date=day(3)
    )
    (thread,) = threads_of(repo)
    assert thread.did == (f"git:{made}", f"git:{again}") and thread.counter == (f"git:{undone}",)


@pytest.mark.parametrize(
    ("message", "began"),
    [
        ("Hotfix: unlock deploys", Began.FIRE),
        ("Fix regression in the lock", Began.FIRE),
        ("Add regression test for the lock", Began.UNKNOWN),
        ("Queue deploys\n\nFixes #91", Began.UNKNOWN),
        ("Queue deploys", Began.UNKNOWN),
        ("Queue deploys\n\nDEP-12", Began.UNKNOWN),
    ],
)
def test_how_it_began(repo: Repo, message: str, began: Began) -> None:
    repo.commit(message, {"q.py": "1"}, date=day(1))
    assert threads_of(repo)[0].began is began


def test_a_fix_of_what_another_change_broke_is_a_fire(repo: Repo) -> None:
    first = repo.commit("Lock", {"l.py": "1"}, author=BOB, date=day(0))
    fixed = repo.commit(f'Unlock\n\nFixes: {first[:12]} ("Lock")', {"q.py": "1"}, date=day(1))
    (thread,) = threads_of(repo)
    assert thread.began is Began.FIRE and thread.problem == (f"git:{fixed}",)


def test_entries_join_what_they_refer_to(repo: Repo) -> None:
    made = repo.commit("Queue deploys (#12)", {"q.py": "1"}, date=day(40))
    repo.commit("Else", {"e.py": "1"}, date=day(41))
    proposal = entry(
        "entries/lock.md",
        "proposal",
        "Three teams wait for one lock",
        date(2026, 1, 5),
        meta={"implemented-by": "#12"},
    )
    result = entry("entries/result.md", "result", "Deploys no longer wait", date(2026, 3, 5), "lock", "#12")
    log = entry("log/2026-W07.md", "log", "Week 7", date(2026, 2, 12), "#12")
    thread, other = threads_of(repo, entries=(log, proposal, result))
    assert thread.evidence == ("book:entries/lock.md", f"git:{made}", "book:entries/result.md")
    assert thread.title == "Three teams wait for one lock" and thread.began is Began.SELF
    assert thread.problem == ("book:entries/lock.md",) and thread.changed == ("book:entries/result.md",)
    assert thread.artifacts == ("book:entries/lock.md",) and thread.foresight == pytest.approx(
        36.42, abs=0.01
    )
    assert other.missing == ("problem", "changed")


def test_an_entry_may_say_who_asked(repo: Repo) -> None:
    repo.commit("Else", {"e.py": "1"}, author=BOB, date=day(1))
    (thread,) = threads_of(
        repo,
        entries=(entry("entries/x.md", "decision", "Queue", date(2026, 1, 5), meta={"asked-by": "dana"}),),
    )
    assert thread.began is Began.ASKED and thread.did == () and thread.missing == ("did", "changed")


def test_neither_merges_nor_bulk_nor_undated_evidence_make_threads(repo: Repo) -> None:
    repo.commit("Sweep", {f"x/{number}.py": "1" for number in range(201)}, date=day(1))
    repo.commit("When", {"y.py": "1"}, date="@99999999999 +0000")
    assert threads_of(repo) == ()


def test_the_same_whatever_the_order(repo: Repo) -> None:
    for number in range(40):
        repo.commit(f"Change {number}", {f"m{number % 4}/f{number % 7}.py": str(number)}, date=day(number))
    first = threads_of(repo)
    assert first == threads_of(repo)
    assert [thread.id for thread in first] == [
        thread.id for thread in sorted(first, key=lambda thread: (thread.since, thread.id))
    ]
    assert sorted(id_ for thread in first for id_ in thread.did) == sorted(
        {id_ for thread in first for id_ in thread.did}
    )
    assert sum(len(thread.did) for thread in first) == 40


def test_a_file_that_lives_for_years_does_not_glue_them(repo: Repo) -> None:
    for number in range(60):
        repo.commit(f"Change {number}", {"q/queue.py": str(number)}, date=day(number * 10))
    assert max((thread.until - thread.since).days for thread in threads_of(repo)) <= 130


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("pkg/queue: let teams choose a lock (#12)", "Let teams choose a lock"),
        ("queue: fix lock", "queue: fix lock"),
        ("feat(queue)!: let every team choose", "Let every team choose"),
        ("[release-1.2] let every team choose", "let every team choose"),
        ("PEP 8: Say what a line is", "PEP 8: Say what a line is"),
        ("core: TestLock needs a schema", "TestLock needs a schema"),
    ],
)
def test_titles_for_reading(title: str, shown: str) -> None:
    assert clean(title) == shown


def test_what_counts_as_a_reason_and_as_an_explanation() -> None:
    assert (
        says_why(WHY)
        and not says_why("Add a queue.")
        and not says_why("Signed-off-by: Because Of <x@example.org>")
    )
    assert explains(WHY * 3) and not explains(WHY)
    assert ANN.endswith("<ann@example.org>")


def test_a_template_that_nobody_filled_in_is_no_undertaking(tmp_path: Path) -> None:
    from datetime import date

    from muster import book, project

    (tmp_path / "muster.toml").write_text('[owner]\nemails = ["ann@example.org"]\n')
    book.new(tmp_path, "proposal", "One lock a team", date(2026, 3, 2))
    work = project.open_book(book.read(tmp_path), today=date(2026, 7, 1))
    assert not work.case.threads
    (tmp_path / "entries/2026-03-02-one-lock-a-team.md").write_text(
        "---\ntype: proposal\ndate: 2026-03-02\n---\n# One lock a team\n\n## Problem\n\nThree teams wait.\n"
    )
    work = project.open_book(book.read(tmp_path), today=date(2026, 7, 1))
    assert [thread.title for thread in work.case.threads] == ["One lock a team"]
