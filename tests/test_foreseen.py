"""What was written before an incident that its record names: asked about, and said once the owner says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from muster import room
from muster.model import Basis, Case, Evidence, Flagged, Grade, Link, LinkKind, Signal, Statement, Verdict
from muster.room import moves
from muster.room.facts import Facts
from tests import cases

ASKED = "What would have happened without you?"
AT = datetime(2025, 9, 1, 9, tzinfo=UTC)
WARNED = Evidence("github:larkspur/deploy#7", "github", "issue", "larkspur/deploy", "7", "The lock has no timeout", cases.MIRA.id, AT, AT, Grade.HOSTED)
FELL = Evidence("reviews:jan", "reviews", "incident", "reviews", "jan", "Deploys stood still", cases.KOFI.id,
                datetime(2026, 1, 8, 9, tzinfo=UTC), None, Grade.SAID)
FLAG = Flagged(WARNED.id, FELL.id, 129, "The lock had no timeout, as #7 said.")
RISK = cases.entry("entries/2026-01-20-lock.md", "risk", "2026-01-20", "The lock had no timeout")


def case(flag: Flagged = FLAG, confirmed: bool = False) -> Case:
    whole = cases.packet_case()
    # What else answers the question is taken out.
    links = tuple(link for link in whole.links if link.kind is not LinkKind.MITIGATES)
    tie = (Link(RISK.id, WARNED.id, LinkKind.CITES, "the issue"),) if confirmed else ()
    return replace(whole, links=(*links, *tie), threads=(), entries=(*whole.entries, *((RISK,) if confirmed else ())),
                   evidence={**whole.evidence, WARNED.id: WARNED, FELL.id: FELL}, flagged=(flag,))


def answered(one: Case) -> tuple[Verdict, tuple[Statement, ...]]:
    found = next(answer for answer in room.rehearse(one, ()).answers if answer.question == ASKED)
    return found.verdict, found.says


def test_it_is_a_question_to_the_owner_and_no_answer_to_the_room() -> None:
    assert answered(case())[0] is Verdict.OPEN
    move = moves.make(Facts(case(), ()), "risk")
    assert move.text == "Say whether “The lock has no timeout” foresaw “Deploys stood still”: only you know if it was the same thing."
    assert "129 days before" in move.why and "“The lock had no timeout, as #7 said.”" in move.why
    assert move.evidence == (WARNED.id, FELL.id)


def test_once_the_owner_says_so_it_holds_by_the_platforms_clock() -> None:
    verdict, says = answered(case(confirmed=True))
    assert verdict is Verdict.HOLDS and says[0].evidence == (WARNED.id, FELL.id)
    assert says[0].text.startswith("“The lock has no timeout” was written 129 days before “Deploys stood still” began; ")
    assert moves.foreseen(Facts(case(confirmed=True), ())) is None


def test_a_text_that_was_changed_afterwards_is_thin_and_says_so() -> None:
    late = replace(FLAG, edited=datetime(2026, 1, 9, 9, tzinfo=UTC))
    verdict, says = answered(case(late, confirmed=True))
    assert verdict is Verdict.THIN and "(changed on 9 January 2026)" in says[0].text
    assert "after the incident began" in moves.make(Facts(case(late), ()), "risk").why


def test_what_was_closed_with_a_reason_is_a_pushback_and_not_yet_shown_right() -> None:
    asked = "When did you push back, and were you right?"
    whole = cases.packet_case()
    issue = Evidence("github:larkspur/deploy#40", "github", "issue", "larkspur/deploy", "40", "A second queue", cases.KOFI.id, AT, AT, Grade.HOSTED,
                     facts=(("closed", "2025-10-02T08:00:00Z"),))
    words = Evidence("github:larkspur/deploy#40/comment/1", "github", "comment", "larkspur/deploy", "1", "Comment", cases.MIRA.id, AT, AT, Grade.HOSTED,
                     about=issue.id)
    signal = Signal(name="focus", measure="refused", unit="records", label="case", value=1, evidence=(issue.id,), basis=Basis.KNOWN)
    one = replace(whole, entries=(), links=(), signals=(signal,), evidence={**whole.evidence, issue.id: issue, words.id: words})
    found = next(answer for answer in room.rehearse(one, ()).answers if answer.question == asked)
    assert found.verdict is Verdict.THIN and found.sources == ("github",)
    assert found.says == (Statement("Closed “A second queue” of Kofi Brandt on 2 October 2025, with a reason.", (issue.id, words.id)),)
