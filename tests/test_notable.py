"""Notable things: each kind says what its evidence says, with exact counts and dates, and nothing when it is thin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from muster import notable as module
from muster.model import (
    Basis,
    Case,
    Evidence,
    Grade,
    Link,
    LinkKind,
    Participant,
    Period,
    Person,
    Role,
    Signal,
    SourceState,
    Thread,
    Touch,
)
from muster.notable import notable
from muster.notable.sight import look, unusual

ME = Person("me@example.org", "Mira Okafor")
ANN, BOB, CAT = Person("ann@example.org", "Ann Ito"), Person("bob@example.org", "Bob Aas"), Person("cat@example.org", "Cat Lind")
BOT = Person("bot@example.org", "a bot", bot=True)
PEOPLE = {person.id: person for person in (ME, ANN, BOB, CAT, BOT)}


def did(
    id_: str, day: str, who: Person = ME, *paths: str, title: str = "", recorded: str = "", kind: str = "change", area: str = "core",
    also: tuple[Participant, ...] = (),
) -> Evidence:
    when = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Evidence(
        id_, "git", kind, "acme/app", id_, title or id_, who.id, when,
        datetime.fromisoformat(recorded).replace(tzinfo=UTC) if recorded else when, Grade.KEPT,
        participants=(Participant(who.id, Role.AUTHOR), *also),
        touches=tuple(Touch(path, area, (), None, Basis.INFERRED) for path in paths),
    )


def built(src: str, dst: str, path: str) -> Link:
    return Link(src, dst, LinkKind.BUILDS_ON, f"changes {path}, added there")


def case(
    evidence: Iterable[Evidence], links: Iterable[Link] = (), signals: tuple[Signal, ...] = (), threads: tuple[Thread, ...] = (),
    outside: Mapping[str, str] | None = None,
) -> Case:
    return Case(
        ME, Period(date(2025, 1, 1), date(2025, 12, 31)), date(2026, 2, 1), evidence={one.id: one for one in evidence},
        links=tuple(links), signals=signals, threads=threads, people=PEOPLE, outside=outside or {},
        connected=(SourceState("git", "acme/app", 9, None),),
    )


def says(the_case: Case, kind: str) -> tuple[str, tuple[str, ...]] | None:
    found = getattr(module, kind)(look(the_case))
    return (found.text, found.evidence) if found else None


def test_nothing_recorded_gives_nothing() -> None:
    assert notable(case([])) == ()
    assert notable(case([did("a", "2025-03-01", ME, "x.go")])) == ()


def test_the_oldest_file_that_others_still_build_on() -> None:
    evidence = [
        did("old", "2021-03-02", ME, "lessor.go"), did("older", "2020-03-02", ME, "once.go"), did("young", "2024-06-01", ME, "y.go"),
        did("p", "2025-02-01", ANN, "lessor.go"), did("q", "2025-03-01", ANN, "lessor.go", "y.go"),
        did("r", "2025-04-01", BOB, "lessor.go"), did("s", "2025-05-01", CAT, "lessor.go"), did("t", "2025-05-02", CAT, "once.go"),
        did("before", "2024-05-02", CAT, "lessor.go"), did("bot", "2025-05-02", BOT, "lessor.go"),
    ]
    links = [built(src, "old", "lessor.go") for src in ("p", "q", "r", "s", "before", "bot")]
    links += [built("t", "older", "once.go"), built("q", "young", "y.go")]
    # Three people beat one, though `once.go` is older: p and q are Ann's, r is Bob's, s is Cat's.
    assert says(case(evidence, links, outside={"q": "search"}), "oldest_still_built_on") == (
        "`lessor.go`, which you added on 2 March 2021, was built on by 3 other people in this period; Ann Ito (search) most, twice.",
        ("old", "p", "q", "r", "s"),
    )


def test_most_cited_counts_records_of_others_in_the_period() -> None:
    evidence = [
        did("doc", "2022-05-03", ME, kind="document", title="Lease checkpoints"), did("x", "2025-02-01", ANN), did("y", "2025-06-01", BOB),
        did("z", "2024-06-01", BOB), did("mine", "2025-07-01"),
    ]
    links = [Link(src, "doc", LinkKind.CITES, "see") for src in ("x", "y", "z", "mine")]
    assert says(case(evidence, links), "most_cited") == (
        "Your document “Lease checkpoints” of 3 May 2022 was named by 2 later changes of 2 people in this period, last on 1 June 2025.",
        ("doc", "x", "y"),
    )


def test_a_stranger_is_somebody_no_record_shows_beside_the_person() -> None:
    evidence = [
        did("a", "2022-01-01", ME, "x.go"), did("p", "2025-02-01", ANN, "x.go"), did("q", "2025-03-01", ANN, "x.go"),
        did("r", "2025-03-02", BOB, "x.go"), did("s", "2025-03-03", BOB, "x.go"), did("t", "2025-03-04", BOB, "x.go"),
        did("together", "2023-01-01", BOB, also=(Participant(ME.id, Role.REVIEWER),)),
    ]
    evidence.append(did("n", "2025-01-20", ANN, "x.go"))
    links = [built(src, "a", "x.go") for src in "npqrst"]
    nobody = Signal("reach", "worked_with", "people", "case", 0.0)
    assert says(case(evidence, links, (nobody,)), "stranger_who_builds") == (
        "Ann Ito changed files that you added in 3 changes in this period, all at `x.go`; no record here under that name "
        "shows the two of you reviewing, landing or writing anything together.",
        ("n", "p", "q"),
    )
    merged = Signal("reach", "worked_with", "people", "case", 1.0, ("p",))
    assert says(case(evidence, links, (merged,)), "stranger_who_builds") is None
    assert says(case(evidence, links, (replace(merged, evidence=("elsewhere",)),)), "stranger_who_builds") is None
    assert says(case(evidence, links), "stranger_who_builds") is None


def test_a_document_that_somebody_else_implemented() -> None:
    evidence = [did("doc", "2024-12-02", ME, kind="document", title="One queue"), did("x", "2025-01-11", ANN, title="Add queue")]
    assert says(case(evidence, [Link("x", "doc", LinkKind.IMPLEMENTS, "implements")]), "built_by_somebody_else") == (
        "Your document “One queue” of 2 December 2024 was first implemented by Ann Ito, 40 days later, in “Add queue”.", ("doc", "x"),
    )
    # Their own change came first: nobody else was the first to implement it.
    own = did("own", "2025-01-01", ME)
    links = [Link(src, "doc", LinkKind.IMPLEMENTS, "implements") for src in ("x", "own")]
    assert says(case([*evidence, own], links), "built_by_somebody_else") is None


def test_a_repair_names_the_oldest() -> None:
    evidence = [did("a", "2023-01-01", title="Cache"), did("b", "2024-12-31"), did("x", "2025-01-01", ANN)]
    links = [Link("x", "a", LinkKind.FIXES, "Fixes"), Link("x", "b", LinkKind.FIXES, "Fixes")]
    assert says(case(evidence, links), "oldest_repaired") == (
        "Ann Ito repaired something on 1 January 2025 and named your change “Cache” of 1 January 2023 as where it came in, 731 days before.",
        ("a", "x"),
    )


def test_a_revert_and_whether_it_landed_again() -> None:
    evidence = [did("a", "2025-01-01", title="Cache"), did("r", "2025-01-11", ANN, title='Revert "Cache"')]
    links = [Link("r", "a", LinkKind.REVERTS, "reverts")]
    text = "Ann Ito reverted your change “Cache” on 11 January 2025, 10 days after you made it; "
    assert says(case(evidence, links), "reverted") == (text + "no record here shows it landing again.", ("a", "r"))
    again = did("b", "2025-02-01", title="Cache")
    links.append(Link("b", "a", LinkKind.BUILDS_ON, "re-landed: the same subject after its revert: Cache"))
    assert says(case([*evidence, again], links), "reverted") == (text + "it landed again on 1 February 2025, 21 days after that.", ("a", "r", "b"))


def test_newcomers() -> None:
    signals = (
        Signal("lift", "newcomers", "people", "case", 3.0, ("x", "y", "z")), Signal("lift", "newcomers_back", "people", "case", 1.0, ("x2",)),
    )
    assert says(case([did("x2", "2025-05-01", ANN)], signals=signals), "newcomers") == (
        "In this period you reviewed, landed, merged or co-authored the first change that 3 people ever made here; "
        "by its end one of them (Ann Ito) had made another that you had no part in.",
        ("x", "y", "z", "x2"),
    )
    found = says(case([], signals=signals[:1]), "newcomers")
    assert found is not None and found[0].endswith("none of them had made another without you.")


def test_files_that_nobody_else_changed() -> None:
    signals = (
        Signal("longevity", "only_mine", "files", "case", 4.0, ("a", "b")), Signal("longevity", "code_files", "files", "case", 9.0, ("a", "b")),
    )
    evidence = [did("a", "2023-01-01", ME, "x/1.go", area="x"), did("b", "2023-01-02", ME, "x/2.go", area="x")]
    assert says(case(evidence, signals=signals), "only_regular") == (
        "At the period's end 4 of the code files that you added here, mostly in `x`, were a year old or older, still there, and never "
        "changed by anybody else.",
        ("a", "b"),
    )


def test_the_longest_silence_and_what_came_after() -> None:
    evidence = [did("a", "2025-02-01"), did("b", "2025-03-25", title="Back to work"), did("c", "2025-03-27")]
    assert says(case(evidence), "silence") == (
        "Between 1 February 2025 and 25 March 2025, 52 days, nothing of yours was recorded here; the first thing after it is “Back to work”.",
        ("a", "b"),
    )


def test_drift_compares_with_the_time_just_before() -> None:
    def some(year: int, number: int, area: str) -> list[Evidence]:
        start = datetime(year, 2, 1)
        return [
            did(f"{year}{area}{n}", str((start + timedelta(days=n)).date()), ME, f"{area}/f.go", area=area) for n in range(number)
        ]

    found = says(case([*some(2024, 18, "api"), *some(2024, 2, "ui"), *some(2025, 4, "api"), *some(2025, 16, "ui")]), "drift")
    assert found is not None
    assert found[0] == (
        "The area `ui` was in 16 of your 20 changes to code or proposals in this period (80 %), and in 2 of 20 in the 365 days before "
        "it (10 %)."
    )
    assert says(case([*some(2024, 18, "api"), *some(2025, 16, "api")]), "drift") is None


def test_off_hours_needs_more_than_chance() -> None:
    def load(label: str, share: float, number: float) -> tuple[Signal, Signal]:
        return Signal("load", "off_hours_share", "ratio", label, share, ("a",)), Signal("load", "changes", "changes", label, number)

    found = says(case([], signals=(*load("2025H1", 0.2, 100), *load("2025H2", 0.4, 100))), "off_hours")
    assert found is not None and found[0] == (
        "40 % of your changes of the second half of 2025 were made between 20:00 and 07:00 or on a weekend, by your machine's clock; "
        "in the first half of 2025 it was 20 %."
    )
    # 20 % against 32 % of 30 each: 1.96 standard errors are 22 points.
    assert says(case([], signals=(*load("2025H1", 0.2, 30), *load("2025H2", 0.32, 30))), "off_hours") is None


def test_what_landed_late() -> None:
    evidence = [did(f"n{n}", f"2025-03-{n + 1:02d}") for n in range(9)]
    late = did("late", "2025-01-01", ME, "a.go", recorded="2025-04-11", title="Slow one")
    assert says(case([*evidence, late]), "landed_late") == (
        "Your change “Slow one” was written on 1 January 2025 and recorded 100 days later, on 11 April 2025; half of your changes of this "
        "period took a day or less.",
        ("late",),
    )
    assert says(case(evidence), "landed_late") is None


def thread(ids: tuple[str, ...], **more: object) -> Thread:
    base = Thread("t", "Move the queue", datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 20, tzinfo=UTC), ids)
    return replace(base, **more)  # type: ignore[arg-type]


def test_what_ended_without_a_note() -> None:
    evidence = [did(f"n{n}", f"2025-03-{n + 1:02d}", ME, "core/queue.go") for n in range(5)]
    ids = tuple(one.id for one in evidence)
    assert says(case(evidence, threads=(thread(ids, did=ids),)), "ended_without_note") == (
        "“Move the queue” took 5 changes of yours from 1 March 2025 to 20 March 2025 and ended with no proposal, decision or note that a "
        "stranger could read.", ids,
    )
    assert says(case(evidence, threads=(thread(ids, artifacts=("n0",)),)), "ended_without_note") is None


def test_what_was_proposed_before() -> None:
    evidence = [did("p", "2025-02-01"), did("c", "2025-03-03")]
    found = says(case(evidence, threads=(thread(("p", "c"), artifacts=("p",), did=("c",), foresight=30.0),)), "proposed_before")
    assert found == ("The proposal of “Move the queue” was on record 30 days before the first change that an id or a link ties to it as building it.", ("p", "c"))


@pytest.mark.parametrize(("value", "earlier", "expected"), [(5, [], 0.5), (5, [1, 2, 3], 3.5 / 4), (1, [2, 3], 0.5 / 3), (2, [2], 0.5)])
def test_unusual_is_the_share_of_earlier_values_below(value: float, earlier: list[float], expected: float) -> None:
    assert unusual(value, earlier) == pytest.approx(expected)


def test_the_order_of_evidence_does_not_matter_and_every_sentence_has_some() -> None:
    evidence = [
        did("old", "2021-03-02", ME, "lessor.go"), did("p", "2025-02-01", ANN, "lessor.go"), did("q", "2025-03-01", ANN, "lessor.go"),
        did("a", "2025-02-01"), did("b", "2025-03-05", title="Back to work"), did("r", "2025-03-07", BOB, title='Revert "a"'),
    ]
    links = [built("p", "old", "lessor.go"), built("q", "old", "lessor.go"), Link("r", "a", LinkKind.REVERTS, "x")]
    links.append(built("q", "a", "lessor.go"))
    found = notable(case(evidence, links))
    assert len(found) == 1 and all(one.evidence for one in found)
    assert notable(case(reversed(evidence), reversed(links))) == found


def some(number: int, first: str, area: str, prefix: str) -> list[Evidence]:
    start = datetime.fromisoformat(first)
    return [did(f"{prefix}{n}", str((start + timedelta(days=n)).date()), ME, f"{area}/f.go", area=area) for n in range(number)]


def test_drift_within_the_period_where_nothing_came_before() -> None:
    found = says(case([*some(20, "2025-02-01", "api", "a"), *some(18, "2025-08-01", "ui", "u")]), "drift")
    assert found is not None and found[0] == (
        "The area `ui` was in 0 of your 20 changes to code or proposals in the first half of this period (0 %), and in 18 of 18 in the second "
        "(100 %)."
    )
    assert says(case([*some(20, "2025-02-01", "docs", "a"), *some(18, "2025-08-01", "top level", "u")]), "drift") is None


def test_who_used_the_work_for_the_first_time() -> None:
    evidence = [
        did("a", "2022-01-01", ME, "x.go"), did("old", "2024-02-01", CAT, "x.go"), did("p", "2025-02-01", ANN, "x.go"),
        did("q", "2025-03-01", BOB, "x.go"), did("c", "2025-04-01", CAT, "x.go"),
    ]
    links = [built(src, "a", "x.go") for src in ("old", "p", "q", "c")]
    assert says(case(evidence, links, outside={"q": "search"}), "new_users") == (
        "2 people changed files that you added for the first time in this period: Bob Aas (search) and Ann Ito.",
        ("p", "q"),
    )


def test_several_reverts_are_one_sentence() -> None:
    evidence = [did(id_, "2025-01-01", title=f"Work {id_}") for id_ in "abc"]
    evidence += [did(f"r{id_}", "2025-02-01", ANN, title=f'Revert "Work {id_}"') for id_ in "abc"]
    links = [Link(f"r{id_}", id_, LinkKind.REVERTS, "reverts") for id_ in "abc"]
    found = says(case(evidence, links), "reverted")
    assert found is not None
    assert found[0] == "3 of your changes were reverted by others in this period (Ann Ito); no record here shows any of them landing again."
    links.append(Link("a2", "a", LinkKind.BUILDS_ON, "re-landed: the same subject after its revert: Work a"))
    found = says(case([*evidence, did("a2", "2025-03-01", title="Work a")], links), "reverted")
    assert found is not None and found[0].endswith("no record here shows 2 of them landing again.")


def test_one_newcomer_who_never_came_back_is_not_worth_a_sentence() -> None:
    one = (Signal("lift", "newcomers", "people", "case", 1.0, ("x",)),)
    assert says(case([], signals=one), "newcomers") is None
    back = (*one, Signal("lift", "newcomers_back", "people", "case", 1.0, ("x2",)))
    found = says(case([did("x2", "2025-05-01", ANN)], signals=back), "newcomers")
    assert found is not None and "by its end that person (Ann Ito) had made another" in found[0]


def test_files_that_outlive_the_repositorys_own() -> None:
    def alive(measure: str, value: float, low: float, high: float) -> Signal:
        return Signal("longevity", measure, "ratio", "case", value, ("a",), low, high)

    sure = (alive("code_alive_1y", 0.8, 0.7, 0.9), alive("code_alive_1y_baseline", 0.4, 0.35, 0.45))
    found = says(case([did("a", "2022-01-01", ME, "x.go")], signals=sure), "outlived")
    assert found is not None and found[0] == (
        "An estimated 80 % (70 to 90 %) of the code files that you add here stay for a year or longer; of those that others added "
        "in the same half-years it is 40 %."
    )
    lines = (
        Signal("longevity", "code_lines_old_2y", "lines", "case", 12400, ("a",)),
        alive("code_lines_alive_2y", 0.71, 0.62, 0.79), alive("code_lines_alive_2y_baseline", 0.55, 0.5, 0.6),
    )
    found = says(case([did("a", "2022-01-01", ME, "x.go")], signals=sure + lines), "outlived")
    assert found is not None and found[0] == (
        "Of the 12,400 lines of code that you had written here two years or longer before the period’s end, an estimated 71 % "
        "(62 to 79 %) were still there after two years; of what others wrote in the same half-years it is 55 %."
    )
    wide = (alive("code_alive_1y", 0.8, 0.4, 0.9), sure[1])
    assert says(case([did("a", "2022-01-01", ME, "x.go")], signals=wide), "outlived") is None


def test_what_the_person_knows_is_said_only_where_little_else_can_be() -> None:
    quiet = [did("a", "2025-02-01"), did("b", "2025-05-05", title="Back to work")]
    assert ["nothing of yours" in one.text for one in notable(case(quiet))] == [True]
    evidence = [
        *quiet, did("old", "2020-01-01", ME, "x.go", kind="document"), did("p", "2025-02-02", ANN, "x.go"), did("q", "2025-02-03", BOB, "x.go"),
        did("r", "2025-02-04", BOB, title='Revert "a"'),
    ]
    links = [built("p", "old", "x.go"), built("q", "old", "x.go"), Link("r", "a", LinkKind.REVERTS, "x"), Link("q", "old", LinkKind.CITES, "x")]
    assert not any("nothing of yours" in one.text for one in notable(case(evidence, links)))


def test_another_kind_stands_before_a_second_of_the_same() -> None:
    evidence = [
        did("old", "2020-01-01", ME, "x.go"), did("p", "2025-02-02", ANN, "x.go"), did("q", "2025-02-03", BOB, "x.go"),
        did("r", "2025-02-04", BOB, title='Revert "old"'),
    ]
    links = [built("p", "old", "x.go"), built("q", "old", "x.go"), Link("r", "old", LinkKind.REVERTS, "x")]
    words = [one.text for one in notable(case(evidence, links))]
    assert ["reverted" in words[0], "for the first time" in words[1], "was built on by" in words[2]] == [True, True, True]
