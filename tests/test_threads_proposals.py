"""Proposals in threads: who wrote them, who built them, when, and what became of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from muster import drafts, threads
from muster.lake import Lake
from muster.links import View, find
from muster.model import LinkKind, Thread
from muster.org import Organisation
from muster.people import resolve
from muster.sources import _proposals
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, CYD, Repo

ANN_ID, BOB_ID = "ann@example.org", "bob@example.org"
YAML = """title: Queue of deploys
kep-number: 1145
authors:
  - "Ann Arbor <ann@example.org>"
status: {status}
creation-date: 2025-12-20
feature-gates:
  - name: DeployQueue
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.git("config", "remote.origin.url", "https://github.com/acme/deploy.git")
    for number in range(4):
        made.commit(f"Other {number}", {f"o/{number}.py": "1"}, author=CYD, date=day(-30 + number))
    return made


def day(number: int) -> str:
    return (datetime(2026, 1, 1, 10, tzinfo=UTC) + timedelta(days=number)).isoformat()


def view_of(repo: Repo, me: str = ANN_ID) -> View:
    harvests = [harvest(Settings(repo.path))]
    lake = Lake.build(harvests, resolve(harvests, None, (me,)))
    return View(lake, Organisation.read(lake, None), me)


def implementing(view: View) -> set[tuple[str, str]]:
    return {(link.src[4:12], link.dst[4:12]) for link in find(view)[0] if link.kind is LinkKind.IMPLEMENTS}


def thread_of(view: View, title: str = "KEP-1145") -> Thread:
    return next(one for one in threads.find(view, find(view)[0]) if one.title.startswith(title))


def sentences(view: View, thread: Thread) -> list[str]:
    evidence = view.lake.evidence(thread.evidence)
    claim = drafts.draft(thread, evidence, find(view)[0], view.lake.people.all)
    for _, beat in claim.beats:
        assert all(set(statement.evidence) <= set(thread.evidence) for statement in beat.statements)
    return [statement.text for _, beat in claim.beats for statement in beat.statements]


def propose(repo: Repo, status: str = "provisional", when: int = 1, author: str = ANN) -> str:
    files = {"keps/1145-queue/README.md": "# Queue", "keps/1145-queue/kep.yaml": YAML.format(status=status)}
    return repo.commit("Queue proposal (#1150)", files, author=author, date=day(when))


def test_ways_to_implement(repo: Repo) -> None:
    draft = propose(repo)
    issue = repo.commit("Queue\n\nPart of #1145", {"q/a.py": "1"}, author=BOB, date=day(11))
    gate = repo.commit("Add DeployQueue to the lock", {"q/b.py": "1"}, author=BOB, date=day(12))
    both = repo.commit(
        "Graduate", {"q/c.py": "1", "keps/1145-queue/kep.yaml": YAML.format(status="implemented")}, author=BOB, date=day(13)
    )
    listed = repo.commit("Let teams choose (#1200)", {"q/d.py": "1"}, author=BOB, date=day(14))
    text = "# Queue\n\n## Implementation History\n\n- 2026-01: teams choose (#1200)\n"
    repo.commit("Say what was built", {"keps/1145-queue/README.md": text}, date=day(20))
    spoken = repo.commit("Speak of #1145 and more", {"docs/x.md": "1"}, author=BOB, date=day(21))
    ended = repo.commit("Remove the DeployQueue gate", {"q/b.py": "2"}, author=BOB, date=day(22))
    found = implementing(view_of(repo))
    assert found == {(one[:8], draft[:8]) for one in (issue, gate, both, listed)}
    assert not {spoken[:8], ended[:8]} & {src for src, _ in found}


def test_built_by_somebody_else(repo: Repo) -> None:
    draft = propose(repo)
    built = repo.commit("KEP-1145: queue deploys", {"q/a.py": "1"}, author=BOB, date=day(31))
    done = repo.commit(
        "Graduate", {"q/a.py": "2", "keps/1145-queue/kep.yaml": YAML.format(status="implemented")}, author=BOB, date=day(40)
    )
    view = view_of(repo)
    thread = thread_of(view)
    assert thread.did == (f"git:{draft}",) and thread.changed == (f"git:{built}", f"git:{done}")
    assert thread.foresight == 30.0
    (proposal,) = thread.proposals
    assert proposal.own and proposal.built == (f"git:{built}", f"git:{done}") and proposal.created == date(2025, 12, 20)
    assert [(one.word, one.by) for one in proposal.statuses] == [("provisional", ANN_ID), ("implemented", BOB_ID)]
    said = sentences(view, thread)
    assert (
        "The proposal “KEP-1145: Queue of deploys” dates from 2 January 2026; the first change that an id or a link "
        "ties to it as building it came 30 days later." in said
    )
    assert "Others built “KEP-1145: Queue of deploys”: 2 changes on record, by Bob Brink." in said
    assert any("nothing but the file says so" in one for one in said)
    assert any(one.startswith("Its file's status became “implemented”") for one in said)


def test_the_builder_is_told_who_proposed(repo: Repo) -> None:
    draft = propose(repo)
    repo.commit("KEP-1145: queue deploys", {"q/a.py": "1"}, author=BOB, date=day(31))
    view = view_of(repo, BOB_ID)
    (thread,) = threads.find(view, find(view)[0])
    assert thread.foresight is None and f"git:{draft}" in thread.problem and f"git:{draft}" not in thread.did
    assert sentences(view, thread)[0] == (
        "It builds “KEP-1145: Queue of deploys”, which Ann Arbor proposed; it dates from 2 January 2026."
    )


def test_who_checks_a_proposal_in_did_not_write_it(repo: Repo) -> None:
    propose(repo, author=CYD)
    repo.commit("Small things", {"a.py": "1"}, date=day(2))
    view = view_of(repo)
    assert thread_of(view).proposals[0].own
    assert any("checked in by Cyd Chase" in one for one in sentences(view, thread_of(view)))
    editor = view_of(repo, "cyd@example.org")
    assert not any(proposal.own for thread in threads.find(editor, find(editor)[0]) for proposal in thread.proposals)


def test_written_after(repo: Repo) -> None:
    early = repo.commit("Queue deploys (#1100)", {"q/a.py": "1"}, date=day(-9))
    text = "# Queue\n\n## Implementation History\n\n- #1100: the first of it\n"
    repo.commit("Queue proposal", {"keps/1145-queue/README.md": text}, date=day(1))
    view = view_of(repo)
    thread = thread_of(view)
    assert thread.foresight == -10.0 and f"git:{early}" in thread.evidence
    assert any("had come 10 days before" in one for one in sentences(view, thread))


def test_a_move_keeps_the_first_draft(repo: Repo) -> None:
    draft = repo.commit("Queue", {"docs/proposals/queue-of-deploys.md": "---\ntitle: Queue of all deploys\n---\n"}, date=day(1))
    text = "---\ntitle: Queue of all deploys\nstatus: complete\n---\nDone.\n"
    moved = {"docs/proposals/queue-of-deploys.md": None, "docs/proposals-done/2026-queue-of-deploys.md": text}
    repo.commit("Move what is done", moved, author=BOB, date=day(300))
    (paper,) = view_of(repo).lake.papers
    assert paper.id == f"git:{draft}" and paper.path == "docs/proposals-done/2026-queue-of-deploys.md"


def test_a_number_used_twice_is_two_proposals(repo: Repo) -> None:
    repo.commit("One", {"keps/sig-a/0008-kustomize.md": "1"}, date=day(1))
    repo.commit("Two", {"keps/sig-b/0008-config-versioning.md": "2"}, author=BOB, date=day(2))
    view = view_of(repo)
    assert len(view.lake.papers) == 2 and "KEP-8" not in view.record.paper_named


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "pep-0123.rst",
            "PEP: 123\nTitle: Queue\nAuthor: Ann Arbor <ann@example.org>,\n        Bob Ross <bob at example.org>\nStatus: Final\n"
            "Created: 13-Jul-2000\n\nAbstract\n",
            (("Ann Arbor", "ann@example.org"), ("Bob Ross", "bob@example.org")),
        ),
        ("design/one-pager-queue.md", "# Queue\n* Owner: Ann Arbor (@ann)\n* Status: Accepted, revision 1.0\n", (("Ann Arbor", "@ann"),)),
        ("docs/proposals/queue.md", "---\ntitle: Queue\nauthors:\n  - \"@ann\"\n  - \"@bob\"\nstatus: implementable\n---\n", (("", "@ann"), ("", "@bob"))),
    ],
)
def test_own_data(path: str, text: str, expected: tuple[tuple[str, str], ...]) -> None:
    facts = _proposals.read(path, text.encode())
    assert facts.authors == expected and facts.status in ("final", "accepted", "implementable")


def test_strange_files_are_read_as_nothing() -> None:
    for content in (b"", b"---\n", b"\xff\xfe\x00", b"---\nauthors: [\n", b"Author:\n", b"title: " + b"x" * 100_000):
        _proposals.read("keps/1-x/kep.yaml", content)
        _proposals.read("docs/adr/0001-x.md", content)
