"""The manager's brief: two minutes, names, and two hard questions that are not talked away."""

from __future__ import annotations

from dataclasses import replace

from muster import packet as packets
from muster import room
from muster.model import Case, Packet
from muster.packet import brief as briefs
from tests import cases


def packet(case: Case) -> Packet:
    return packets.build("packet", case, (), cases.CHECKED, room.rehearse(case, cases.CHECKED), cases.BLIND, "0.1.0")


def test_three_lines_a_claim_and_the_names_behind_it() -> None:
    made = briefs.brief(packet(cases.packet_case()))
    assert made.claims
    assert all([name for name, _ in one.lines] == ["problem", "did", "changed"] for one in made.claims)
    known = {person.name for person in cases.PEOPLE.values()}
    backed = [one.backed for one in made.claims if "own records" in one.backed]
    assert backed
    assert all(any(name in text for name in known) for text in backed)


def test_it_can_be_said_in_two_minutes_however_long_the_claims_are() -> None:
    case = cases.packet_case()
    claim = case.claims[0]
    line = replace(claim.did.statements[0], text="Wrote it down, and then again, " * 60)
    many = tuple(replace(claim, title=f"{claim.title} {place}", did=replace(claim.did, statements=(line,))) for place in range(7))
    made = briefs.brief(packet(replace(case, claims=many)))
    assert made.seconds <= 120
    assert len(made.claims) == briefs.CLAIMS
    assert made.left == 7 - briefs.CLAIMS
    assert "4 further claims are in the packet" in " ".join(briefs.text(made).split())


def test_two_hard_questions_each_with_a_reply_or_the_lack_of_one() -> None:
    made = briefs.brief(packet(cases.packet_case()))
    assert len(made.questions) == 2
    assert all(reply.answer or reply.otherwise for reply in made.questions)
    assert all(reply.question.endswith("?") for reply in made.questions)


def test_every_line_leads_to_evidence_of_the_packet() -> None:
    made = packet(cases.packet_case())
    for one in briefs.brief(made).claims:
        assert set(one.evidence) <= set(made.case.evidence)


def test_a_claim_without_a_beat_says_so() -> None:
    case = cases.packet_case()
    bare = replace(case.claims[0], changed=replace(case.claims[0].changed, statements=()))
    made = briefs.brief(packet(replace(case, claims=(bare,))))
    assert ("changed", "Not on record.") in made.claims[0].lines


def test_nothing_on_record_is_said_plainly() -> None:
    made = briefs.brief(packet(replace(cases.empty_case(), claims=())))
    assert not made.claims
    assert "No claim is written yet" in briefs.text(made)


def test_lines_fit_and_hostile_titles_stay_text() -> None:
    made = briefs.brief(packet(cases.hostile_case()))
    for line in briefs.text(made, 80).splitlines():
        assert len(line) <= 80 or " " not in line.strip()
    assert "\x1b" not in briefs.text(made)
    assert "<script" not in briefs.markdown(made).replace("\\<script", "")


def test_the_same_packet_gives_the_same_words() -> None:
    case = cases.packet_case()
    assert briefs.markdown(briefs.brief(packet(case))) == briefs.markdown(briefs.brief(packet(case)))
