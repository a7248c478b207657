from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from muster import registry
from muster.lake import Lake
from muster.links import View, find
from muster.model import Entry, Grade, Link, LinkKind, Reference, Section, Unresolved
from muster.org import Organisation
from muster.people import resolve
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, CYD, Repo

ANN_ID = "ann@example.org"


def view_of(
    *repos: Repo, entries: tuple[Entry, ...] = (), root: Path | None = None, subject: str = ANN_ID
) -> View:
    harvests = [harvest(Settings(repo.path)) for repo in repos]
    lake = Lake.build(harvests, resolve(harvests, None, (subject,)), entries)
    return View(lake, Organisation.read(lake, None), subject, entries, root)


def ties(view: View) -> set[tuple[str, str, str]]:
    """(kind, src, dst) with the first eight digits of hashes."""
    return {(link.kind.value, near(link.src), near(link.dst)) for link in find(view)[0]}


def near(id_: str) -> str:
    return id_.split(":", 1)[1][:8] if id_.startswith("git:") and "#" not in id_ else id_.split(":", 1)[1]


def entry(
    path: str,
    type_: str,
    *references: tuple[str, str],
    meta: Mapping[str, object] | None = None,
    body: str = "",
    sections: tuple[Section, ...] = (),
    day: date | None = date(2026, 3, 1),
) -> Entry:
    told = tuple(Reference(text, target, line) for line, (text, target) in enumerate(references, 10))
    return Entry(
        path,
        type_,
        path.rsplit("/", 1)[-1],
        day,
        datetime(2026, 3, 2, tzinfo=UTC),
        Grade.KEPT,
        meta or {},
        body,
        1,
        sections,
        told,
    )


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.git("config", "remote.origin.url", "https://github.com/acme/deploy.git")
    return made


def only(view: View, kind: LinkKind) -> Link:
    (link,) = [link for link in find(view)[0] if link.kind is kind]
    return link


def test_every_kind_is_a_file_that_is_found_by_being_there() -> None:
    kinds = {module.LINK for module in registry.modules("links", "LINK")}
    assert kinds == {kind.value for kind in LinkKind}


def test_a_message_that_names_a_hash_or_a_number_cites_it(repo: Repo) -> None:
    first = repo.commit("Queue deploys per team (#12)", {"q.py": "1"}, date="2026-01-05T10:00:00+00:00")
    by_hash = repo.commit(
        f"Sort the queue\n\nAs in {first[:9]}.", {"s.py": "1"}, author=BOB, date="2026-01-06T10:00:00+00:00"
    )
    by_number = repo.commit(
        "Log the queue\n\nFollows acme/deploy#12.",
        {"l.py": "1"},
        author=CYD,
        date="2026-01-07T10:00:00+00:00",
    )
    repo.commit(
        "Unrelated\n\nSee other/place#12 and #77.",
        {"u.py": "1"},
        author=CYD,
        date="2026-01-08T10:00:00+00:00",
    )
    view = view_of(repo)
    assert ties(view) == {("cites", by_hash[:8], first[:8]), ("cites", by_number[:8], first[:8])}
    assert {link.reason for link in find(view)[0]} == {f"As in {first[:9]}.", "Follows acme/deploy#12."}


def test_only_links_with_the_subject_on_a_side(repo: Repo) -> None:
    first = repo.commit("One (#12)", {"a.py": "1"}, author=BOB, date="2026-01-05T10:00:00+00:00")
    repo.commit(
        "Two\n\nSee #12 and the rest.\n\nPR #12", {"b.py": "1"}, author=CYD, date="2026-01-06T10:00:00+00:00"
    )
    mine = repo.commit("Three\n\nSee PR #12.", {"c.py": "1"}, date="2026-01-07T10:00:00+00:00")
    assert ties(view_of(repo)) == {("cites", mine[:8], first[:8])}


def test_a_co_author_is_on_the_side(repo: Repo) -> None:
    first = repo.commit(
        "One\n\nCo-authored-by: Ann Arbor <ann@example.org>",
        {"a.py": "1"},
        author=BOB,
        date="2026-01-05T10:00:00+00:00",
    )
    later = repo.commit(
        f"Two\n\nSee commit {first}.", {"b.py": "1"}, author=CYD, date="2026-01-06T10:00:00+00:00"
    )
    assert ties(view_of(repo)) == {("cites", later[:8], first[:8])}


def test_a_number_means_what_its_merge_landed(repo: Repo) -> None:
    repo.commit("Start", {"README": "1"}, author=CYD, date="2026-01-01T10:00:00+00:00")
    repo.branch("queue")
    small = repo.commit("Note", {"notes/q.txt": "1"}, date="2026-01-02T10:00:00+00:00")
    large = repo.commit("Queue", {"q.py": "1", "r.py": "1"}, date="2026-01-03T10:00:00+00:00")
    repo.checkout("main")
    repo.commit("Else", {"e.py": "1"}, author=CYD, date="2026-01-03T11:00:00+00:00")
    repo.merge(
        "queue",
        "Merge pull request #12 from ann/queue\n\nQueue deploys",
        author=CYD,
        date="2026-01-04T10:00:00+00:00",
    )
    later = repo.commit(
        "Sort\n\nRegression from #12.", {"s.py": "1"}, author=BOB, date="2026-01-05T10:00:00+00:00"
    )
    view = view_of(repo)
    link = only(view, LinkKind.FIXES)
    assert (link.src, link.dst) == (f"git:{later}", f"git:{large}")
    assert link.reason == "Regression from #12. (#12 is a change that landed)"
    merge = view.record.numbers["acme/deploy", "12"]
    assert [view.record.ids[i] for i in view.record.members[merge]] == [f"git:{small}", f"git:{large}"]


def test_an_issue_is_no_change(repo: Repo) -> None:
    repo.commit("One (#12)", {"a.py": "1"}, date="2026-01-05T10:00:00+00:00")
    repo.commit("Two\n\nFixes #11", {"b.py": "1"}, date="2026-01-06T10:00:00+00:00")
    assert ties(view_of(repo)) == set()


def test_fixes_by_trailer(repo: Repo) -> None:
    first = repo.commit("Queue deploys", {"a.py": "1"}, date="2026-01-05T10:00:00+00:00")
    later = repo.commit(
        f'Unlock\n\nFixes: {first[:12]} ("Queue deploys")',
        {"b.py": "1"},
        author=BOB,
        date="2026-01-06T10:00:00+00:00",
    )
    assert ties(view_of(repo)) == {("fixes", later[:8], first[:8])}


def test_reverts_and_re_lands(repo: Repo) -> None:
    first = repo.commit("Queue deploys", {"a.py": "1"}, date="2026-01-05T10:00:00+00:00")
    undone = repo.commit(
        f'Revert "Queue deploys"\n\nThis reverts commit {first}.',
        {"a.py": None},
        author=BOB,
        date="2026-01-06T10:00:00+00:00",
    )
    again = repo.commit(
        f'Reapply "Queue deploys"\n\nThis reverts commit {undone}.',
        {"a.py": "2"},
        date="2026-01-07T10:00:00+00:00",
    )
    view = view_of(repo)
    assert ties(view) == {
        ("reverts", undone[:8], first[:8]),
        ("reverts", again[:8], undone[:8]),
        ("builds-on", again[:8], first[:8]),
    }
    assert only(view, LinkKind.BUILDS_ON).reason == 're-landed: Reapply "Queue deploys"'


def test_a_quoted_subject_means_the_nearest_before(repo: Repo) -> None:
    repo.commit(
        "Queue deploys of every team that shares the lock", {"a.py": "1"}, date="2026-01-05T10:00:00+00:00"
    )
    second = repo.commit(
        "Queue deploys of every team that shares the lock", {"a.py": "2"}, date="2026-01-06T10:00:00+00:00"
    )
    undone = repo.commit(
        'Revert "Queue deploys of every team that shares…"',
        {"a.py": "1"},
        author=BOB,
        date="2026-01-07T10:00:00+00:00",
    )
    assert ("reverts", undone[:8], second[:8]) in ties(view_of(repo))


def test_a_revert_of_a_merge_by_its_branch_name(repo: Repo) -> None:
    repo.commit("Start", {"README": "1"}, author=CYD, date="2026-01-01T10:00:00+00:00")
    repo.branch("queue")
    queue = repo.commit("Queue", {"q.py": "1"}, date="2026-01-02T10:00:00+00:00")
    repo.checkout("main")
    repo.merge("queue", "Merge pull request #12 from ann/queue", author=CYD, date="2026-01-03T10:00:00+00:00")
    repo.branch("undo")
    undo = repo.commit("Take it back", {"q.py": None}, author=BOB, date="2026-01-04T10:00:00+00:00")
    repo.checkout("main")
    repo.merge(
        "undo",
        "Merge pull request #13 from acme/revert-12-queue",
        author=CYD,
        date="2026-01-05T10:00:00+00:00",
    )
    assert ties(view_of(repo)) == {("reverts", undo[:8], queue[:8])}


def test_reviews_go_both_ways(repo: Repo) -> None:
    mine = repo.commit(
        "One\n\nReviewed-by: Bob Brink <bob@example.org>", {"a.py": "1"}, date="2026-01-05T10:00:00+00:00"
    )
    theirs = repo.commit(
        "Two\n\nAcked-by: Ann Arbor <ann@example.org>",
        {"b.py": "1"},
        author=BOB,
        date="2026-01-06T10:00:00+00:00",
    )
    repo.commit(
        "Three\n\nReviewed-by: Cyd Chase <cyd@example.org>",
        {"c.py": "1"},
        author=BOB,
        date="2026-01-07T10:00:00+00:00",
    )
    found = {(link.src, link.dst) for link in find(view_of(repo))[0] if link.kind is LinkKind.REVIEWS}
    assert found == {
        (f"git:{mine}#reviewed-by:bob@example.org", f"git:{mine}"),
        (f"git:{theirs}#reviewed-by:ann@example.org", f"git:{theirs}"),
    }


def test_building_on_a_file_that_was_moved(repo: Repo) -> None:
    first = repo.commit("Queue", {"q.py": "1\n", "lock.py": "1"}, date="2026-01-05T10:00:00+00:00")
    repo.move("q.py", "deploy/queue.py")
    repo.commit("Move", author=CYD, date="2026-01-06T10:00:00+00:00")
    later = repo.commit(
        "Let teams choose", {"deploy/queue.py": "2\n"}, author=BOB, date="2026-01-07T10:00:00+00:00"
    )
    repo.commit("Fix typos", {"deploy/queue.py": "3\n"}, author=BOB, date="2026-01-08T10:00:00+00:00")
    repo.commit(
        "Bump queue",
        {"deploy/queue.py": "4\n"},
        author="dependabot[bot] <bot@example.org>",
        date="2026-01-09T10:00:00+00:00",
    )
    repo.commit("Mine again", {"deploy/queue.py": "5\n"}, date="2026-01-10T10:00:00+00:00")
    repo.commit("Drop it", {"deploy/queue.py": None}, author=CYD, date="2026-01-11T10:00:00+00:00")
    view = view_of(repo)
    assert ties(view) == {("builds-on", later[:8], first[:8])}
    assert only(view, LinkKind.BUILDS_ON).reason == "changes deploy/queue.py, added there"


def test_a_branch_of_many_people_makes_no_ones_files(repo: Repo) -> None:
    crowd = "".join(f"\nCo-authored-by: P{n} <p{n}@example.org>" for n in range(3))
    repo.commit(
        f"Land it all\n{crowd}\nCo-authored-by: {ANN}",
        {"q.py": "1"},
        author=BOB,
        date="2026-01-05T10:00:00+00:00",
    )
    repo.commit("On", {"q.py": "2"}, author=CYD, date="2026-01-06T10:00:00+00:00")
    assert ties(view_of(repo)) == set()


def test_a_changelog_is_everybodys(repo: Repo) -> None:
    repo.commit("Start", {"CHANGELOG.md": "1", "go.mod": "1"}, date="2026-01-05T10:00:00+00:00")
    repo.commit("Tell", {"CHANGELOG.md": "2", "go.mod": "2"}, author=BOB, date="2026-01-06T10:00:00+00:00")
    assert ties(view_of(repo)) == set()


def test_a_file_made_anew_is_its_new_makers(repo: Repo) -> None:
    repo.commit("Mine", {"a.py": "1"}, date="2026-01-05T10:00:00+00:00")
    repo.commit("Drop", {"a.py": None}, author=BOB, date="2026-01-06T10:00:00+00:00")
    repo.commit("Anew", {"a.py": "other"}, author=BOB, date="2026-01-07T10:00:00+00:00")
    repo.commit("On", {"a.py": "others"}, author=CYD, date="2026-01-08T10:00:00+00:00")
    assert ties(view_of(repo)) == set()


def test_a_cherry_pick_landed_by_somebody_else(repo: Repo) -> None:
    first = repo.commit("Queue", {"a.py": "1"}, date="2026-01-05T10:00:00+00:00")
    picked = repo.commit(
        f"Queue\n\n(cherry picked from commit {first})",
        {"b.py": "1"},
        date="2026-01-05T10:00:00+00:00",
        committer=BOB,
        committed="2026-01-09T10:00:00+00:00",
    )
    link = only(view_of(repo), LinkKind.BUILDS_ON)
    assert (near(link.src), near(link.dst)) == (picked[:8], first[:8]) and link.reason.endswith(
        "landed by bob@example.org"
    )


def test_a_proposal_that_is_moved_to_another_template_stays_its_makers(repo: Repo) -> None:
    text = "\n".join(f"line {n}" for n in range(40))
    repo.commit("Quotas for storage", {"keps/sig-node/20180906-storage-quotas.md": text}, author=BOB, date="2024-01-05T10:00:00+00:00")
    repo.commit(
        "Migrate some KEPs to new template",
        {"keps/sig-node/20180906-storage-quotas.md": None, "keps/sig-node/1029-storage-quotas/README.md": f"# New\n{text}",
         "keps/sig-node/1029-storage-quotas/kep.yaml": "title: quotas\n"},
        date="2025-01-05T10:00:00+00:00",
    )  # fmt: skip
    repo.commit("Retarget quotas", {"keps/sig-node/1029-storage-quotas/kep.yaml": "title: quotas\nbeta: 1\n"}, author=BOB,
                date="2025-06-05T10:00:00+00:00")  # fmt: skip
    assert [link for link in ties(view_of(repo)) if "builds-on" in str(link)] == []


def test_a_proposal_is_implemented_cited_or_edited(repo: Repo) -> None:
    draft = repo.commit(
        "Propose a queue", {"keps/sig-deploy/1287-queue/README.md": "1"}, date="2026-01-05T10:00:00+00:00"
    )
    made = repo.commit("KEP-1287: queue deploys", {"q.py": "1"}, author=BOB, date="2026-01-06T10:00:00+00:00")
    told = repo.commit(
        "Tell\n\nSee KEP-1287.", {"docs/news.txt": "1"}, author=BOB, date="2026-01-07T10:00:00+00:00"
    )
    edited = repo.commit(
        "KEP-1287: answer questions",
        {"keps/sig-deploy/1287-queue/README.md": "2"},
        author=BOB,
        date="2026-01-08T10:00:00+00:00",
    )
    assert ties(view_of(repo)) == {
        ("implements", made[:8], draft[:8]),
        ("cites", told[:8], draft[:8]),
        ("builds-on", edited[:8], draft[:8]),
    }


def test_a_document_cited_by_its_path(repo: Repo) -> None:
    draft = repo.commit(
        "Write", {"docs/locks/queue.md": "1", "README.md": "1"}, date="2026-01-05T10:00:00+00:00"
    )
    told = repo.commit(
        "Do\n\nAs locks/queue.md says; also README.md.",
        {"q.py": "1"},
        author=BOB,
        date="2026-01-06T10:00:00+00:00",
    )
    assert ties(view_of(repo)) == {("cites", told[:8], draft[:8])}


def test_what_the_book_refers_to(repo: Repo, tmp_path: Path) -> None:
    first = repo.commit("Queue deploys (#12)", {"docs/queue.md": "1"}, date="2026-01-05T10:00:00+00:00")
    root = tmp_path / "book"
    (root / "data").mkdir(parents=True)
    (root / "data/times.csv").write_text("a")
    proposal = entry("entries/lock.md", "proposal")
    note = entry(
        "entries/note.md",
        "note",
        ("url", "https://github.com/acme/deploy/pull/12"),
        ("hash", first[:10]),
        ("number", "acme/deploy#12"),
        ("entry", "lock.md"),
        ("stem", "lock"),
        ("path", "docs/queue.md"),
        ("data", "../data/times.csv"),
        ("elsewhere", "https://wiki.example.org/x"),
        ("issue", "#11"),
        ("gone", "deadbeef12"),
        ("no file", "../data/none.csv"),
        ("no change", "https://github.com/acme/deploy/pull/99"),
        ("foreign", "other/place#3"),
        ("anchor", "#why"),
    )
    view = view_of(repo, entries=(note, proposal), root=root)
    links, unresolved = find(view)
    assert {(link.kind, near(link.src), near(link.dst)) for link in links} == {
        (LinkKind.CITES, "entries/note.md", first[:8]),
        (LinkKind.CITES, "entries/note.md", "entries/lock.md"),
    }
    assert [(one.reference.text, one.dead, one.reason) for one in unresolved] == [
        ("elsewhere", False, "not connected: wiki.example.org"),
        (
            "issue",
            False,
            "not connected: #11 of acme/deploy is no change that landed; issues are not connected",
        ),
        ("gone", True, "no commit deadbeef12 in the connected repositories"),
        ("no file", True, "no such file: ../data/none.csv"),
        ("no change", True, "no change of acme/deploy landed as #99"),
        ("foreign", False, "not connected: other/place"),
    ]
    assert all(isinstance(one, Unresolved) for one in unresolved)


def test_front_matter_and_headings(repo: Repo) -> None:
    made = repo.commit("Queue deploys (#12)", {"q.py": "1"}, author=BOB, date="2026-04-05T10:00:00+00:00")
    proposal = entry("entries/lock.md", "proposal", meta={"implemented-by": ["acme/deploy#12"]})
    risk = entry("entries/risk.md", "risk", ("then", "#12"), sections=(Section("Mitigation", "x\n" * 4, 8),))
    result = entry("entries/result.md", "result", meta={"implements": "lock", "mitigates": "[risk](risk.md)"})
    found = ties(view_of(repo, entries=(proposal, risk, result)))
    assert found == {
        ("implements", made[:8], "entries/lock.md"),
        ("mitigates", made[:8], "entries/risk.md"),
        ("implements", "entries/result.md", "entries/lock.md"),
        ("mitigates", "entries/result.md", "entries/risk.md"),
        ("cites", "entries/lock.md", made[:8]),
        ("cites", "entries/risk.md", made[:8]),
    }


def test_what_backs_a_claim(repo: Repo) -> None:
    theirs = repo.commit(
        "Move payments onto the queue (#13)", {"p.py": "1"}, author=BOB, date="2026-02-05T10:00:00+00:00"
    )
    other = repo.commit("Other (#14)", {"o.py": "1"}, author=CYD, date="2026-02-06T10:00:00+00:00")
    claim = entry(
        "claims/lock.md",
        "claim",
        ("payments", "#13"),
        ("other", "#14"),
        meta={"witnesses": ["Bob Brink@payments"]},
    )
    word = entry("entries/dana.md", "endorsement", meta={"claim": "../claims/lock.md"})
    found = ties(view_of(repo, entries=(claim, word)))
    assert {row for row in found if row[0] == "backs"} == {
        ("backs", theirs[:8], "claims/lock.md"),
        ("backs", "entries/dana.md", "claims/lock.md"),
    }
    assert ("cites", "claims/lock.md", other[:8]) in found


def test_two_repositories_in_one_lake(tmp_path: Path) -> None:
    plans, code = Repo(tmp_path / "plans"), Repo(tmp_path / "code")
    plans.git("config", "remote.origin.url", "https://github.com/acme/plans.git")
    code.git("config", "remote.origin.url", "https://github.com/acme/code.git")
    draft = plans.commit("Propose (#5)", {"rfcs/0007-queue.md": "1"}, date="2026-01-05T10:00:00+00:00")
    made = code.commit(
        "Queue\n\nPart of acme/plans#5.", {"q.py": "1"}, author=BOB, date="2026-01-06T10:00:00+00:00"
    )
    code.commit("Other\n\nPart of #5.", {"o.py": "1"}, author=BOB, date="2026-01-07T10:00:00+00:00")
    assert ties(view_of(plans, code)) == {("implements", made[:8], draft[:8])}


def test_an_empty_lake(repo: Repo) -> None:
    repo.commit("Start", author=BOB)
    assert find(view_of(repo)) == ((), ())
