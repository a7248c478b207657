"""The room: every question of the design is asked, and verdicts go only one way when evidence goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster import room
from muster.model import Answer, Basis, Began, Case, Grade, Link, LinkKind, Statement, Told, Verdict
from muster.room import moves
from muster.room.facts import Facts
from muster.room.words import count, day, listed, quoted, short, span, typed, visible
from tests import cases

SEATS = {
    "manager": (
        "Can I say this in three lines?",
        "Who else in the room will back it?",
        "What do I answer to the two hardest objections?",
    ),
    "managers": (
        "Who outside your team says so?",
        "Is this bigger than the team?",
        "Why this case and not the four others?",
    ),
    "skip-level": ("Have I seen this work myself, before today?", "What would the organisation have lost?"),
    "peers": (
        "Which decision was made under ambiguity, what was weighed, how did it turn out?",
        "When did you push back, and were you right?",
        "Is it a pattern, or once?",
    ),
    "cross-functional": ("What could we ship because of it?", "Did you tell us before, or after?"),
    "skeptic": (
        "What is the system-level impact?",
        "Could a strong Senior have done this with the right support?",
        "What would have happened without you?",
        "Is that number observed?",
        "Was this written then, or now?",
        "What went wrong since?",
    ),
    "you": ("If nobody says your name, what is on the table?", "Does it carry the three beats in thirty seconds?"),
}
CASES = {
    "packet": cases.packet_case(),
    "review": cases.review_case(),
    "quiet": cases.quiet_case(),
    "empty": cases.empty_case(),
    "hostile": cases.hostile_case(),
}
COUNTERS = Facts(cases.packet_case(), ()).counters


def verdicts(case: Case) -> dict[str, Verdict]:
    return {answer.question: answer.verdict for answer in room.rehearse(case, ()).answers}


def answer(case: Case, question: str) -> Answer:
    return next(one for one in room.rehearse(case, ()).answers if one.question == question)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_seat_asks_every_question_in_the_designs_order(case: Case) -> None:
    asked = [(one.seat, one.question) for one in room.rehearse(case, cases.CHECKED).answers]
    assert asked == [(seat, question) for seat, questions in SEATS.items() for question in questions]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_answers_cite_only_evidence_that_is_there(case: Case) -> None:
    for one in room.rehearse(case, cases.CHECKED).answers:
        for line in one.says:
            assert set(line.evidence) <= set(case.evidence), line
            assert line.text.rstrip()[-1] in ".?:", line.text


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_does_not_hold_says_what_is_missing_and_what_is_open_by_when(case: Case) -> None:
    for one in room.rehearse(case, cases.CHECKED).answers:
        if one.verdict is Verdict.HOLDS:
            assert one.says
            assert not one.missing
        else:
            assert one.missing, one.question
        if one.verdict is Verdict.OPEN:
            assert one.move is not None
            assert one.move.text
            assert one.closes_by is not None
            assert one.closes_by >= case.today
        if one.verdict is Verdict.CANNOT_TELL:
            assert one.missing.startswith("no source connected that would show it: ")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_at_most_three_moves_the_weeks_ones_first(case: Case) -> None:
    found = room.rehearse(case, cases.CHECKED).moves
    assert 1 <= len(found) <= 3
    assert len({move.text for move in found}) == len(found)
    assert all(move.why and move.command for move in found)


def worse_or_equal(before: dict[str, Verdict], after: dict[str, Verdict]) -> list[str]:
    return [question for question in before if room.RANK[after[question]] > room.RANK[before[question]]]


@pytest.mark.parametrize("name", ["packet", "review"])
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_removing_what_speaks_for_the_case_never_betters_a_verdict(name: str, data: st.DataObject) -> None:
    # What speaks against it is left out of the draw: taking away a revert may of course help.
    case = CASES[name]
    before = verdicts(case)
    ids = data.draw(st.lists(st.sampled_from(sorted(set(case.evidence) - COUNTERS)), min_size=1, max_size=12, unique=True))
    for id_ in ids:
        case = cases.without(case, id_)
        after = verdicts(case)
        assert worse_or_equal(before, after) == []
        before = after


@pytest.mark.parametrize("name", list(CASES))
@given(number=st.integers(1, 30), mine=st.booleans())
@settings(max_examples=25, deadline=None)
def test_adding_what_has_nothing_to_do_with_it_never_betters_a_verdict(name: str, number: int, mine: bool) -> None:
    case = CASES[name]
    before = verdicts(case)
    more = {
        piece.id: piece
        for n in range(number)
        for piece in [cases.commit(f"Unrelated {n}", "2025-10-10", cases.MIRA if mine else cases.LENE)]
    }
    after = verdicts(replace(case, evidence={**case.evidence, **more}))
    assert worse_or_equal(before, after) == []


def test_what_is_merely_typed_never_makes_a_question_hold() -> None:
    case = cases.packet_case()
    said = {id_: replace(piece, grade=Grade.SAID) for id_, piece in case.evidence.items() if piece.source == "book"}
    alone = replace(
        case, evidence=said, threads=(), links=(), outside={}, claims=tuple(replace(claim, thread=None) for claim in case.claims)
    )
    assert Verdict.HOLDS not in verdicts(alone).values()


def test_a_finding_keeps_its_question_from_holding_and_is_named() -> None:
    case = cases.packet_case()
    assert answer(case, "Can I say this in three lines?").verdict is Verdict.HOLDS
    capped = room.rehearse(case, cases.CHECKED).answers[0]
    assert capped.verdict is Verdict.THIN
    assert capped.codes == ("A401",)
    assert "A401" in capped.missing


def test_inferred_teams_are_marked_and_thin() -> None:
    case = replace(cases.review_case(), team_basis=Basis.INFERRED)
    one = answer(case, "Who outside your team says so?")
    assert one.verdict is Verdict.THIN
    assert all("inferred" in line.text for line in one.says)


def test_voices_name_the_person_the_team_what_they_did_and_when() -> None:
    said = [line.text for line in answer(cases.packet_case(), "Who outside your team says so?").says]
    assert "Kofi Brandt (search) built on “Let a service opt in to its own queue” on 13 April 2026." in said


def test_a_number_holds_when_its_data_gives_an_interval_on_both_sides() -> None:
    case = cases.packet_case()
    one = answer(case, "Is that number observed?")
    assert one.verdict is Verdict.HOLDS
    assert one.says[0].text == "deploy_p95 in “Three teams deploy without waiting for us”: p95 35.2 minutes before, 10 minutes after, from 394 rows of data/deploy-times.csv."
    few = replace(case.observed[0], after=replace(case.observed[0].after, low=None, high=None))  # type: ignore[type-var]
    assert answer(replace(case, observed=(few,)), "Is that number observed?").verdict is Verdict.THIN
    unread = replace(few, before=None, after=None, problem="data/deploy-times.csv is not there")
    thin = answer(replace(case, observed=(unread,)), "Is that number observed?")
    assert (thin.verdict, thin.missing) == (Verdict.THIN, "data/deploy-times.csv is not there")


def test_bots_and_the_persons_own_records_are_nobodys_voice() -> None:
    case = cases.review_case()
    bots = {id_: replace(person, bot=id_ != cases.MIRA.id) for id_, person in case.people.items()}
    assert Facts(replace(case, people=bots), ()).records == ()


def test_a_revert_by_another_is_an_open_question_and_a_fix_of_it_the_first_move() -> None:
    case = cases.packet_case()
    assert answer(case, "What went wrong since?").verdict is Verdict.OPEN
    assert "Revert" in room.rehearse(case, ()).moves[0].text


def test_a_revert_that_the_claim_cites_is_answered() -> None:
    case = cases.packet_case()
    claim = case.claims[0]
    line = Statement("It was reverted once, for two days, and came back.", (cases.REVERT.id,))
    told = replace(claim, changed=replace(claim.changed, statements=(*claim.changed.statements, line)))
    case = replace(case, claims=(told, *case.claims[1:]))
    assert answer(case, "What went wrong since?").verdict is Verdict.HOLDS


def test_links_to_evidence_that_is_not_there_are_passed_over() -> None:
    case = cases.review_case()
    loose = Link("git:" + "0" * 40, cases.LOCK2.id, LinkKind.BUILDS_ON, "")
    assert verdicts(replace(case, links=(*case.links, loose))) == verdicts(case)


@pytest.mark.parametrize("days", range(7))
def test_days_by_which_a_move_could_close_a_question(days: int) -> None:
    today = date(2026, 7, 6) + timedelta(days=days)
    assert moves.friday(today).weekday() == 4
    assert 0 <= (moves.friday(today) - today).days < 7
    assert moves.fortnight(today) == today + timedelta(days=14)
    assert moves.next_half(today) == date(2027, 6, 30)
    assert moves.next_half(date(2026, 6, 30)) == date(2026, 12, 31)


def test_seats_are_described_and_named() -> None:
    assert room.names() == tuple(SEATS)
    for seat, questions in SEATS.items():
        told = room.described(seat)
        assert told is not None
        assert all(question in told for question in questions)
    assert room.described("chairman") is None


def test_words() -> None:
    assert day(date(2026, 5, 4)) == "4 May 2026"
    assert span(date(2026, 5, 4), date(2026, 5, 9)) == "4 – 9 May 2026"
    assert span(date(2026, 5, 4), date(2026, 6, 9)) == "4 May – 9 June 2026"
    assert span(date(2025, 5, 4), date(2026, 6, 9)) == "4 May 2025 – 9 June 2026"
    assert count(1, "person", "people") == "1 person"
    assert count(2041, "change") == "2,041 changes"
    assert listed(["a", "b", "c", "d", "e"], 3) == "a, b and 3 more"
    assert short("one two three four", 12) == "one two…"
    assert visible("a\x1b[31m\u202eb\nc") == "a⟨U+001B⟩[31m⟨U+202E⟩b c"
    assert quoted('Revert "x"') == "“Revert ‘x’”"
    assert typed("it's; rm -rf $HOME `x`\n") == "'it’s; rm -rf $HOME `x`'"


def test_without_a_book_the_first_move_names_somebody_or_a_piece_of_work_in_one_short_command() -> None:
    case = cases.review_case()
    first, *rest = room.rehearse(case, cases.CHECKED).moves
    assert first.evidence and "“" in first.text
    for move in (first, *rest):
        assert "&&" not in move.command and len(move.command) < 90


def test_a_risk_is_asked_for_only_where_the_record_shows_one() -> None:
    case = cases.review_case()
    calm = replace(case, threads=tuple(replace(thread, counter=(), began=Began.UNKNOWN) for thread in case.threads))
    assert moves.risk(Facts(calm, ())) == moves.onepager(Facts(calm, ()))
    thread = case.threads[0]
    fiery = replace(calm, threads=(replace(thread, began=Began.FIRE), *calm.threads[1:]))
    assert "could still go wrong" in moves.risk(Facts(fiery, ())).text


def test_commands_survive_a_hostile_title() -> None:
    import shlex

    for move in room.rehearse(cases.hostile_case(), cases.CHECKED).moves:
        parts = shlex.split(move.command)
        assert parts[0] == "muster"
        assert not any(part in (";", "|", "&", "`x`", "$(x)") for part in parts)


def test_a_proposal_is_before_what_implements_it_not_before_what_was_measured_for_it() -> None:
    asked, case = "Did you tell us before, or after?", cases.packet_case()
    counted = cases.commit("Count how long each deploy waits", "2025-10-01")
    threads = tuple(
        replace(thread, evidence=(counted.id, *thread.evidence), did=(counted.id, *thread.did)) if cases.LOCK1.id in thread.did else thread
        for thread in case.threads
    )
    longer = replace(case, threads=threads, evidence={**case.evidence, counted.id: counted})
    assert threads != case.threads
    assert answer(longer, asked).says[:2] == answer(case, asked).says[:2]
    assert "28 days before the first change" in answer(longer, asked).says[1].text


def test_whom_a_proposal_went_to_before_the_work_is_said() -> None:
    asked, case = "Did you tell us before, or after?", cases.packet_case()
    mail = replace(cases.commit("Queues: what would they break for you?", "2025-11-04", kind="message"), id="mail:1@example.org", source="mail")
    sent = Told(cases.PROPOSAL.id, cases.DANA.id, "payments", cases.at("2025-11-04"), mail.id)
    known = {**case.evidence, mail.id: mail}
    text = " ".join(line.text for line in answer(replace(case, evidence=known, told=(sent,)), asked).says)
    assert "“Queues: what would they break for you?” went to Dana Ito (payments) on 4 November 2025." in text
    late = replace(sent, at=cases.at("2025-12-02"))
    assert answer(replace(case, evidence=known, told=(late,)), asked).says == answer(case, asked).says
