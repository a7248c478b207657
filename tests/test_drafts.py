from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from muster.drafts import draft, draft_markdown, strongest, why
from muster.model import Evidence, Grade, Link, LinkKind, Period, Person, Thread

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
        "A proposal, “Three teams, one lock”, was written on 2026-03-01, 2 days before the first change that implements it.",
        "“Queue deploys” (2026-03-03) says why: “Three teams wait for each other because nothing queues their deploys.”",
    ]
    assert [statement.text for statement in claim.did.statements] == [
        "2 changes in queue and web, between 2026-03-01 and 2026-03-05.",
        "“Queue deploys” (2026-03-03).",
        "“queue: keep [order] of {deploys}” (2026-03-05).",
        "Reviewed by Cyd Chase.",
    ]
    assert [statement.text for statement in claim.changed.statements] == [
        "Bob Brink (payments) worked further on what it made on 2026-03-20: “Let teams choose”.",
        'Against it: Cyd Chase took it back, wholly or in part, on 2026-03-22: “Revert "Queue deploys"”.',
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
