"""What other sources record beside a title and a date: it goes through the lake and comes back as it was."""

from __future__ import annotations

from datetime import UTC, datetime

from muster.lake import Lake
from muster.model import FACTS, Evidence, Grade, Participant, Role
from muster.people import People

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def piece(**changes: object) -> Evidence:
    """An event on an issue."""
    values: dict[str, object] = {
        "id": "desk:7/closed", "source": "desk", "kind": "event", "origin": "desk", "ref": "7", "title": "Closed",
        "actor": "@ann", "happened_at": AT, "recorded_at": AT, "grade": Grade.HOSTED,
    }
    return Evidence(**{**values, **changes})  # type: ignore[arg-type]


def test_facts_come_back_in_their_order_with_what_they_are_about() -> None:
    one = piece(about="desk:7", facts=(("event", "closed"), ("label", "b"), ("label", "a")),
                participants=(Participant("@bob", Role.ASSIGNEE),))
    found = Lake.build((), People({}), evidence=(one,)).evidence([one.id])[one.id]
    assert found.about == "desk:7" and found.facts == one.facts and found.fact("label") == "b" and found.fact("state") is None
    assert Participant("@bob", Role.ASSIGNEE) in found.participants and Participant("@ann", Role.AUTHOR) in found.participants
    assert {name for name, _ in one.facts} <= FACTS.keys()


def test_a_person_in_a_fact_is_the_same_person_as_everywhere() -> None:
    people = People({}, handles={"@ann": "ann@example.org", "@bob": "bob@example.org"}, emails={"cyd@example.org": "cyd@example.org"})
    given = (
        piece(id="desk:1", facts=(("event", "assigned"), ("to", "@bob"))),
        piece(id="desk:2", facts=(("event", "renamed"), ("to", "@bob"))),
        piece(id="desk:3", facts=(("closed-by", "@ann"), ("answer", "CYD@example.org declined"))),
    )
    lake = Lake.build((), people, evidence=given)
    found = lake.evidence(["desk:1", "desk:2", "desk:3"])
    assert found["desk:1"].actor == "ann@example.org" and found["desk:1"].fact("to") == "bob@example.org"
    assert found["desk:2"].fact("to") == "@bob", "the new title of something is no person"
    assert found["desk:3"].facts == (("closed-by", "ann@example.org"), ("answer", "cyd@example.org declined"))


def test_the_table_says_what_the_records_say() -> None:
    rows = Lake.build((), People({}), evidence=(piece(about="desk:7", facts=(("event", "closed"),)),)).db.execute(
        "SELECT id, name, value FROM fact ORDER BY ALL"
    ).fetchall()
    assert rows == [("desk:7/closed", "about", "desk:7"), ("desk:7/closed", "event", "closed")]
