from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from muster.drafts import UPKEEP, draft, draft_markdown, strongest, telling, why
from muster.model import Basis, Evidence, Grade, Link, LinkKind, Period, Person, Thread, Touch

PEOPLE = {
    "ann@example.org": Person("ann@example.org", "Ann Arbor"),
    "bob@example.org": Person("bob@example.org", "Bob Brink"),
    "cyd@example.org": Person("cyd@example.org", "Cyd Chase"),
}
BODY = "Three teams wait for each other because nothing queues their deploys."


def piece(
    id_: str,
    kind: str,
    title: str,
    day: int,
    actor: str = "ann@example.org",
    text: str = "",
    url: str | None = None,
) -> Evidence:
    when = datetime(2026, 3, day, 10, tzinfo=UTC)
    return Evidence(
        id_, id_.split(":")[0], kind, "acme/deploy", "r", title, actor, when, when, Grade.KEPT, url, text
    )


EVIDENCE = {
    one.id: one
    for one in (
        piece("book:entries/lock.md", "proposal", "Three teams, one lock", 1),
        piece(
            "git:" + "a" * 40,
            "change",
            "Queue deploys",
            3,
            text=BODY,
            url="https://github.com/acme/deploy/commit/aaaa",
        ),
        piece("git:" + "b" * 40, "change", "queue: keep [order] of {deploys}", 5),
        piece(
            "git:" + "a" * 40 + "#reviewed-by:cyd@example.org",
            "review",
            "Review of: Queue deploys",
            4,
            "cyd@example.org",
        ),
        piece("git:" + "c" * 40, "change", "Let teams choose", 20, "bob@example.org"),
        piece("git:" + "d" * 40, "change", 'Revert "Queue deploys"', 22, "cyd@example.org"),
    )
}
IDS = tuple(EVIDENCE)
THREAD = Thread(
    "t-1",
    "Three teams, one lock",
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 3, 5, tzinfo=UTC),
    IDS,
    problem=(IDS[0], IDS[1]),
    did=(IDS[1], IDS[2]),
    changed=(IDS[4],),
    artifacts=(IDS[0],),
    counter=(IDS[5],),
    areas=("queue", "web"),
    teams=("deploy", "web"),
    others=("bob@example.org", "cyd@example.org"),
    outside=("bob@example.org",),
    foresight=2.0,
)
LINKS = (
    Link(IDS[4], IDS[1], LinkKind.BUILDS_ON, "changes q.py, added there"),
    Link(IDS[5], IDS[1], LinkKind.REVERTS, 'Revert "Queue deploys"'),
    Link(IDS[3], IDS[1], LinkKind.REVIEWS, "Review of: Queue deploys"),
)


def test_every_sentence_cites_evidence_of_the_thread() -> None:
    claim = draft(THREAD, EVIDENCE, LINKS, PEOPLE, {IDS[4]: "payments"})
    assert (
        claim.drafted and claim.thread == "t-1" and claim.period == Period(date(2026, 3, 1), date(2026, 3, 5))
    )
    assert [statement.text for statement in claim.problem.statements] == [
        "A proposal, “Three teams, one lock”, was written on 1 March 2026, 2 days before the first change that implements it.",
        "“Queue deploys” (3 March 2026) says why: “Three teams wait for each other because nothing queues their deploys.”",
    ]
    assert [statement.text for statement in claim.did.statements] == [
        "2 changes in queue and web, between 1 March 2026 and 5 March 2026.",
        "“Queue deploys” (3 March 2026).",
        "“queue: keep [order] of {deploys}” (5 March 2026).",
        "Reviewed by Cyd Chase.",
    ]
    assert [statement.text for statement in claim.changed.statements] == [
        "Bob Brink (payments) changed a file that it added on 20 March 2026: “Let teams choose”.",
        'Against it: Cyd Chase took it back, wholly or in part, on 22 March 2026: “Revert "Queue deploys"”.',
    ]
    for _, beat in claim.beats:
        for statement in beat.statements:
            assert statement.evidence and set(statement.evidence) <= set(THREAD.evidence)


def test_gaps_stay_visible() -> None:
    bare = replace(
        THREAD, problem=(), changed=(), counter=(), evidence=(IDS[2],), did=(IDS[2],), artifacts=(), areas=()
    )
    claim = draft(bare, EVIDENCE, (), PEOPLE)
    assert not claim.problem and not claim.changed and claim.did
    page = draft_markdown(claim, EVIDENCE)
    assert "<!-- gap: nothing recorded shows what was wrong before, or who said so -->" in page
    assert "<!-- gap: nothing recorded by anybody else shows what came of it -->" in page


def test_markdown_links_every_sentence_and_escapes_what_it_quotes() -> None:
    page = draft_markdown(draft(THREAD, EVIDENCE, LINKS, PEOPLE), EVIDENCE)
    head = page.splitlines()
    assert head[:5] == [
        "---",
        "type: claim",
        "period: 2026-03-01..2026-03-05",
        "---",
        "# Three teams, one lock",
    ]
    assert [line for line in head if line.startswith("## ")] == [
        "## Problem",
        "## What I did",
        "## What changed",
    ]
    assert "([1](../entries/lock.md))" in page and "[1](https://github.com/acme/deploy/commit/aaaa)" in page
    assert f"[1]({'c' * 40})" in page
    assert "\\[order\\] of &#123;deploys}" in page
    for line in head[5:]:
        assert not line or line.startswith(("##", "<!--")) or "](" in line


def test_the_strongest_are_not_the_largest() -> None:
    large = replace(
        THREAD,
        id="t-2",
        did=IDS * 20,
        changed=(),
        outside=(),
        others=(),
        artifacts=(),
        problem=(),
        teams=("deploy",),
        foresight=None,
    )
    old = replace(
        THREAD, id="t-3", since=datetime(2024, 1, 1, tzinfo=UTC), until=datetime(2024, 2, 1, tzinfo=UTC)
    )
    none = replace(THREAD, id="t-4", did=())
    assert [
        thread.id
        for thread in strongest((large, old, none, THREAD), Period(date(2026, 1, 1), date(2026, 6, 30)))
    ] == ["t-1", "t-2"]
    assert len(strongest((large, old, THREAD), n=2)) == 2


def test_a_reason_is_a_sentence_of_the_message() -> None:
    assert why(f"Add a queue.\n\n{BODY} More.\n\nSigned-off-by: A <a@example.org>") == BODY
    assert why("- because of this list item that is long enough") is None
    assert why("") is None


@pytest.mark.parametrize("title", [
    "Update CHANGELOG.md", "Bump some dependencies", "etcdserver: wip", "Procfile", "David Goodger writes:", "Fix typo", "cleanup",
    "Upgrade etcd to v3.5", "Address review comments", "fixup! address comments", "Update some urls", "Prepare release 1.2",
])  # fmt: skip
def test_upkeep_names_no_work(title: str) -> None:
    assert UPKEEP.search(title)


@pytest.mark.parametrize("title", [
    "Queue deploys", "Add a release note bot", "Update etcd to use the new raft module", "Fix the data inconsistency issue",
    "Three teams, one lock", "Remove generic entry point",
])  # fmt: skip
def test_work_is_no_upkeep(title: str) -> None:
    assert not UPKEEP.search(title)


def test_upkeep_and_neutral_paths_are_not_told_first() -> None:
    def made(id_: str, path: str, basis: Basis = Basis.INFERRED) -> Evidence:
        return replace(piece(id_, "change", id_, 3), touches=(Touch(path, "a", (), None, basis),))

    ids = ("git:code", "git:test", "git:config", "git:owned")
    evidence = dict(zip(ids, (made("git:code", "q.py"), made("git:test", "tests/test_q.py"), made("git:config", "ci.yaml"),
                              made("git:owned", "ci.yaml", Basis.KNOWN)), strict=True))  # fmt: skip
    threads = {id_: replace(THREAD, id=id_, evidence=(id_,), did=(id_,)) for id_ in ids}
    assert [telling(thread, evidence) for thread in threads.values()] == [True, False, False, True]
    assert not telling(replace(threads["git:code"], title="Update CHANGELOG.md"), evidence)
    assert {thread.id for thread in strongest(tuple(threads.values()), evidence=evidence)} == {"git:code", "git:owned"}
    assert [thread.id for thread in strongest((threads["git:test"],), evidence=evidence)] == ["git:test"]
