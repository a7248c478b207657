"""Cases side by side: only those that were handed in and are unchanged, question by question, with no sum and no rank."""

from __future__ import annotations

import json as standard
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from muster import packet as packets
from muster import room
from muster.model import (
    Answer,
    Case,
    MusterError,
    Packet,
    Person,
    RefusedError,
    Rehearsal,
    Statement,
    Verdict,
)
from muster.packet import against, json
from muster.packet.against import Read, Stand
from tests import cases

TODAY = date(2026, 7, 3)


def built(case: Case) -> Packet:
    return packets.build("packet", case, (), cases.CHECKED, room.rehearse(case, cases.CHECKED), cases.BLIND, "0.1.0")


def as_person(packet: Packet, name: str) -> Packet:
    """The same packet of somebody else, as far as a comparison looks."""
    return replace(packet, case=replace(packet.case, person=Person(f"{name.lower()}@larkspur.example", name)))


MIRA = built(cases.packet_case())
BARE = as_person(built(replace(cases.packet_case(), claims=(), evidence={}, links=(), threads=(), entries=(), observed=())), "Bo")


@pytest.fixture
def handed(tmp_path: Path) -> dict[str, Path]:
    found = {"mira": tmp_path / "mira.json", "bo": tmp_path / "bo.json"}
    found["mira"].write_bytes(json.submitted(MIRA, TODAY))
    found["bo"].write_bytes(json.submitted(BARE, TODAY))
    return found


# ------------------------------------------------------------------------------------------------ the mark


def test_a_case_that_was_handed_in_is_read(handed: dict[str, Path]) -> None:
    one = against.read(handed["mira"])
    assert (one.name, one.at, len(one.answers)) == ("Mira Okafor", TODAY, len(MIRA.rehearsal.answers))
    assert json.submitted(MIRA, TODAY) == json.submitted(MIRA, TODAY)


def test_the_mark_survives_another_layout_and_nothing_else(handed: dict[str, Path]) -> None:
    raw = standard.loads(handed["mira"].read_text())
    handed["mira"].write_text(standard.dumps(raw, sort_keys=True, indent=7))
    assert against.read(handed["mira"]).name == "Mira Okafor"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.pop("submitted"), "has not handed it in"),
        (lambda raw: raw.update(submitted=None), "has not handed it in"),
        (lambda raw: raw["packet"]["rehearsal"]["answers"][0].update(verdict="holds", missing="x"), "was changed after"),
        (lambda raw: raw["packet"]["case"].update(level_to="Principal"), "was changed after"),
        (lambda raw: raw["submitted"].update(at="2026-01-01"), "was changed after"),
        (lambda raw: raw["submitted"].update(by="bo@larkspur.example"), "was changed after"),
        (lambda raw: raw["submitted"].update(digest="0" * 64), "was changed after"),
        (lambda raw: raw.update(extra=1), "was changed after"),
    ],
)
def test_without_an_unbroken_mark_it_is_refused(handed: dict[str, Path], change, said: str) -> None:  # type: ignore[no-untyped-def]
    raw = standard.loads(handed["mira"].read_text())
    change(raw)
    handed["mira"].write_text(standard.dumps(raw))
    with pytest.raises(RefusedError, match=said) as caught:
        against.read(handed["mira"])
    assert "muster packet --submit" in str(caught.value)
    assert caught.value.code == 1


def test_somebody_elses_mark_is_refused_even_where_it_fits(handed: dict[str, Path]) -> None:
    raw = standard.loads(handed["mira"].read_text())
    raw["submitted"]["by"] = "bo@larkspur.example"
    raw["submitted"]["digest"] = json.digest(raw)
    handed["mira"].write_text(standard.dumps(raw))
    with pytest.raises(RefusedError, match="somebody else than its owner"):
        against.read(handed["mira"])


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": "muster.room/1"}', "[" * 100_000])
def test_what_is_no_case_is_said(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(MusterError, match=r"is not JSON|is no muster.packet/1"):
        against.read(path)


def test_a_marked_document_that_is_no_packet_is_said(tmp_path: Path) -> None:
    raw = {"schema": json.SCHEMA, "submitted": {"by": "x", "at": "2026-07-03"}, "packet": {"case": {"person": {"id": "x"}}}}
    raw["submitted"]["digest"] = json.digest(raw)  # type: ignore[index]
    path = tmp_path / "x.json"
    path.write_text(standard.dumps(raw))
    with pytest.raises(MusterError, match=r"is no muster.packet/1"):
        against.read(path)


# ------------------------------------------------------------------------------------------------ the comparison


def test_each_question_says_how_it_stands_in_each_case_and_what_that_tells(handed: dict[str, Path]) -> None:
    made = against.compare([against.read(handed["mira"]), against.read(handed["bo"])], 1)
    assert [one.letter for one in made.cases] == ["A", "B"]
    assert [one.name for one in made.questions] == [name for name in room.questions() if name != "managers/why_this"]
    outside = next(one for one in made.questions if one.name == "managers/who_outside")
    assert [one.verdict for one in outside.stands] == [Verdict.HOLDS, Verdict.OPEN]
    assert outside.stands[0].records >= 4
    assert outside.stands[0].people >= 2
    assert outside.apart
    assert outside.difference == "It holds for A, and is open for B."


def test_the_same_case_twice_tells_nothing_apart_and_says_exactly_that(handed: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "eve.json"
    other.write_bytes(json.submitted(as_person(MIRA, "Eve"), TODAY))
    made = against.compare([against.read(handed["mira"]), against.read(other)], 1)
    assert not any(one.apart for one in made.questions)
    assert made.alike == (("A", "B"),)
    told = " ".join(against.text(made).split())
    assert "None of the 20 questions tells the cases apart: the room’s information does not decide between them." in told


def reading(name: str, *verdicts: Verdict) -> Read:
    answers = tuple(
        Answer("skeptic", f"Question {n}?", verdict, (Statement("So.", (f"git:{n}",)),), "more" if verdict is Verdict.THIN else "", name=f"skeptic/q{n}")
        for n, verdict in enumerate(verdicts)
    )
    return Read(name, f"{name}@x", "Senior", "Staff", date(2026, 1, 1), date(2026, 6, 30), TODAY, answers, {"git:0": f"{name}@x"}, {"git:0": 1})


H, T, N, U = Verdict.HOLDS, Verdict.THIN, Verdict.OPEN, Verdict.CANNOT_TELL


@pytest.mark.parametrize(
    ("verdicts", "slots", "apart", "said"),
    [
        ((H, H, T), 2, True, "It holds for A and B, and is thin for C."),
        ((H, H, T), 1, True, "That is 2 for 1 slot: it does not choose among those 2."),
        ((T, N, N), 1, True, "It holds for none: it is thin for A, and is open for B and C."),
        ((H, H, H), 1, False, "It holds for A, B and C alike, so it does not tell them apart."),
        ((N, N, N), 1, False, "It is open for A, B and C alike"),
        ((U, U, U), 1, False, "It can be told of none of them"),
        ((H, U, U), 1, False, "It can be told of A alone, so it does not tell them apart. Of B and C it cannot be told"),
        ((H, U, N), 1, True, "It holds for A, and is open for C. Of B it cannot be told, which says nothing against it."),
    ],
)
def test_what_a_question_tells(verdicts: tuple[Verdict, ...], slots: int, apart: bool, said: str) -> None:
    stands = [Stand(letter, verdict, 1, 0, "kept", "", "") for letter, verdict in zip("ABC", verdicts, strict=True)]
    found = against.told_apart(stands, slots)
    assert found[0] is apart
    assert said in found[1]


def test_what_cannot_be_told_never_tells_two_cases_apart() -> None:
    made = against.compare([reading("ann", H, U), reading("bo", U, H)], 1)
    assert made.alike == (("A", "B"),)


def test_more_records_are_no_better_answer() -> None:
    stands = [Stand("A", H, 40, 9, "kept", "", ""), Stand("B", H, 2, 2, "hosted", "", "")]
    apart, said = against.told_apart(stands, 1)
    assert not apart
    assert "More records do not answer it more. Their records are graded differently" in said


def test_nothing_is_added_up_or_ranked(handed: dict[str, Path]) -> None:
    made = against.compare([against.read(handed["mira"]), against.read(handed["bo"])], 1)
    told = against.text(made)
    assert max(len(line) for line in told.splitlines()) <= 80
    assert "no case is ranked" in " ".join(told.split())
    for word in ("score", "points", "better", "best case", "winner", "first place", "%"):
        assert word not in re.sub(r"\d+ %|at best", "", told)
    swapped = against.compare([against.read(handed["bo"]), against.read(handed["mira"])], 1)
    assert [one.name for one in swapped.questions] == [one.name for one in made.questions], "the order of cases changes no question's place"


def test_what_makes_cases_hard_to_compare_is_said() -> None:
    one, other = reading("ann", H), replace(reading("bo", T), level_to="Principal", since=date(2025, 7, 1))
    said = " ".join(against.compare([one, other, replace(against.own(MIRA), answers=one.answers)], 2).notes)
    assert "different levels" in said
    assert "different periods" in said
    assert "C is the reader's own book" in said


@pytest.mark.parametrize(("given", "slots"), [([reading("ann", H)], 1), ([reading("ann", H), reading("ann", H)], 1), ([reading("ann", H), reading("bo", H)], 0)])
def test_what_cannot_be_compared_is_said(given: list[Read], slots: int) -> None:
    with pytest.raises(MusterError):
        against.compare(given, slots)


def test_answers_without_names_are_matched_by_their_words() -> None:
    old = replace(reading("bo", T), answers=(replace(reading("bo", T).answers[0], name=""),))
    new = replace(reading("ann", H), answers=(replace(reading("ann", H).answers[0], name=""),))
    assert len(against.compare([new, old], 1).questions) == 1


def test_the_rehearsal_of_a_packet_comes_back_as_it_was(handed: dict[str, Path]) -> None:
    assert Rehearsal(against.read(handed["mira"]).answers, MIRA.rehearsal.moves) == MIRA.rehearsal
