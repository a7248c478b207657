"""The language looks: what inflates, hides or hedges is seen, and what engineers write all day is not.

How rarely plain prose raises each is measured on real design documents by benchmarks/language.py; here are the sentences
that have to be on either side. All are invented.
"""

from __future__ import annotations

import pytest

from muster.rules.c208_overclaimed import lead
from muster.rules.v305_puffery import praise
from muster.rules.wording import Doer, doer, first_person, group_in, hedges, nobody_in

PUFFED = [
    "Deploys became significantly faster.",
    "Build times were dramatically reduced.",
    "Reduced build times drastically.",
    "This improved the developer experience tremendously.",
    "A massive improvement for everybody.",
    "Delivered a robust and scalable platform.",
    "Had a huge impact on the organisation.",
    "Made a significant contribution to reliability.",
    "Deploys are now vastly simpler.",
    "The migration was executed flawlessly.",
    "Search migrated seamlessly.",
    "It worked perfectly from the first day.",
    "Built a world-class cache.",
    "The rollout was a resounding success.",
    "Played a pivotal role in the launch.",
    "Went above and beyond for the on-call.",
    "An innovative, elegant solution.",
    "Tirelessly moved twelve services.",
    "The service is far more reliable, and the team is hugely grateful.",
    "On-call is considerably less painful.",
]
PLAIN = [
    "Deploys went from 35 to 10 minutes.",
    "A second lock would make deploys significantly slower.",
    "The change is not significantly faster on small inputs.",
    "The four most significant bits hold the shard.",
    "The parser is robust to truncated input.",
    "A robust solution needs fencing tokens.",
    "The job is massively parallel.",
    "Outstanding requests are drained before the restart.",
    "Use a perfect hash for the keywords.",
    "This may have a significant impact on memory.",
    "The two proposals differ substantially.",
    "It is crucial that the lease is renewed in time.",
    "A powerful machine is not required.",
    "Transparent huge pages are off.",
    "In exceptional cases the lock is held for a minute.",
    "The goal is a seamless migration.",
    "Nobody found a significant improvement.",
    'Dana wrote: "an amazing piece of work".',
]


@pytest.mark.parametrize("text", PUFFED)
def test_what_inflates_is_seen(text: str) -> None:
    assert praise(text), text


@pytest.mark.parametrize("text", PLAIN)
def test_engineering_is_not(text: str) -> None:
    assert not praise(text), praise(text)


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("I moved the lock.", Doer.OWNER),
        ("Moved the lock into the queue.", Doer.OWNER),
        ("After the incident, wrote the proposal.", Doer.OWNER),
        ("Then, in March, took the lock out.", Doer.OWNER),
        ("The lock was moved, and my proposal says why.", Doer.OWNER),
        ("We moved the lock.", Doer.GROUP),
        ("The whole team rebuilt the queue.", Doer.GROUP),
        ("We’ve since removed it.", Doer.GROUP),
        ("We can move it back.", Doer.OTHER),
        ("We need to keep it.", Doer.OTHER),
        ("The lock was moved.", Doer.NOBODY),
        ("Tests were added and the old path has been removed.", Doer.NOBODY),
        ("The lock was moved by Dana.", Doer.OTHER),
        ("The lock was moved, and Dana wrote the queue.", Doer.OTHER),
        ("The lock is known to be slow.", Doer.OTHER),
        ("Based on the lock, nothing moves.", Doer.OTHER),
        ('"We moved in an afternoon", she said.', Doer.OTHER),
        ("Payments and search moved onto it.", Doer.OTHER),
        ("See section I.1 for the lock.", Doer.OTHER),
    ],
)
def test_whom_a_sentence_says_did_it(text: str, who: Doer) -> None:
    assert doer(text) is who


def test_a_beat_is_looked_at_whole() -> None:
    assert group_in(["We moved the lock.", "The old one was removed."]) == "We moved the lock."
    assert not group_in(["We moved the lock.", "Wrote the proposal first."])
    assert not group_in(["The lock was moved."])
    assert nobody_in(["The lock was moved.", "Tests were added."]) == "The lock was moved."
    assert not nobody_in(["The lock was moved.", "Payments wait no more."])
    assert not nobody_in([]) and not group_in([])


@pytest.mark.parametrize(
    "text",
    ["Hopefully nobody waits.", "Was heavily involved in the move.", "Helped drive adoption.", "Deploys should have improved.",
     "It seems to have helped.", "Played a key role in the launch.", "Tried to improve the review culture.", "Contributed to the success of the launch.",
     "I think it is better.", "Deploys are somewhat faster."],
)  # fmt: skip
def test_hedges_are_seen(text: str) -> None:
    assert [word for _, word in hedges(text)]


@pytest.mark.parametrize(
    "text",
    ["One of the two probably leaks.", "Callers should retry.", "Tried two queues and kept the first.", "Helped two teams move: payments and search.",
     "The lease may expire.", 'Dana said it "arguably works".', "Contributed the parser.", "I think about leases as loans."],
)  # fmt: skip
def test_plain_doubt_is_no_hedge(text: str) -> None:
    assert not list(hedges(text))


@pytest.mark.parametrize("text", ["Led the move.", "I owned the rollout.", "In May, drove the migration.", "Spearheaded the effort."])
def test_words_that_take_the_whole_are_seen(text: str) -> None:
    assert lead(text)


@pytest.mark.parametrize("text", ["The incident led to a review.", "Files owned by root.", "The move was led by Dana.", "An event-driven, team-owned queue.",
                                  "Only owned resources are deleted.", "Dana’s owned queues."])  # fmt: skip
def test_causes_and_owners_are_not(text: str) -> None:
    assert not lead(text)


def test_first_person_is_in_so_many_words() -> None:
    assert first_person("I built the queue.") and first_person("Then I’ve moved it.")
    assert not first_person("Built the queue.") and not first_person("I think it holds.") and not first_person("Dana wrote: “I built it”.")
