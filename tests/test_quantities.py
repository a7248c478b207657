"""What is a quantity in prose and what only looks like one; units of a kind; and observed numbers in words."""

from __future__ import annotations

import doctest
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model import Estimate, Observed, Spread, Trend
from muster.quantities import quantities, units
from muster.quantities.figures import PARTS, filled, trend_of, value_of
from muster.quantities.units import amount, converted, same, shown, signed, typed, unit_of

P95 = Observed(
    "c", "p95", "data/x.csv", "p95", "min", date(2026, 4, 13), Spread(42.0, 38.0, 47.5, 200), Spread(12.4, 11.0, 13.9, 180),
    change=Estimate(-29.6, -35.1, -24.6), ratio=Estimate(0.295, 0.25, 0.35),
    trend=Trend("week", 20, 18, pretrend=Estimate(-0.5, -0.8, -0.2), level=Estimate(-20, -25, -15), slope=Estimate(0.1, -0.1, 0.3),
                effect=Estimate(-18.0, -24.0, -12.0), expected=30.4, intercept=35.0),
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Story 2 and Phase 3: see GEP 709, PEP 302, Issue 346 and Risk 1.",
        "It was alpha in 1.14, beta in 1.15 and 1.16, and will be removed in 1.28 (1.18 or higher).",
        "Clients get 503s, then a 409 with an error; a 404 status; only 500 and 502 are retried on error.",
        "1) we could wait, 2) we could ask; Perl 6 and helm 3 do; the 2.5.x series; built on 20260504.",
        "In [^2] and §3.1, clause 4 says that \"500\" is a value; Tk 8.4 and glibc 2.14 differ.",
        "Upgrade from 1.25 to 1.26, and the emulation version is at 1.30 then.",
        "2. Move it\n3. Test it",
    ],
)
def test_names_labels_versions_and_statuses_are_no_quantities(text: str) -> None:
    assert quantities(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It scored 4.2 on average, up to 4.8.", ["4.2 on", "4.8"]),
        ("It fell to 0.7 of that.", ["0.7 of"]),
        ("There were 500 requests and 404 users.", ["500 requests", "404 users"]),
        ("Availability rose to 99.95%.", ["99.95%"]),
        ("The queue held 12 jobs.", ["12 jobs"]),
    ],
)
def test_quantities_stay_quantities(text: str, found: list[str]) -> None:
    assert [quantity for _, quantity in quantities(text)] == found


def test_units_of_a_kind_convert_and_others_do_not() -> None:
    assert doctest.testmod(units).failed == 0
    assert converted(90, "seconds", "min") == 1.5
    assert converted(2, "GiB", "MB") == pytest.approx(2147.483648)
    assert converted(7, "deploys a week", "deploys per day") == pytest.approx(1)
    assert converted(1, "MB/s", "kB/min") == pytest.approx(60_000)
    assert converted(5, "", "min") == 5
    assert [converted(1, *pair) for pair in (("min", "MB"), ("%", "pp"), ("deploys a week", "pages a week"), ("lemons", "min"), ("$", "€"))] == [None] * 5
    assert same("min", "minutes") and same("percent", "%") and same("Lemons", "lemons") and not same("m", "min")
    assert unit_of("months") is None and unit_of("M") is None


@given(st.floats(1e-6, 1e6), st.sampled_from([("ms", "s"), ("min", "h"), ("kB", "GiB"), ("a day", "a week")]))
def test_there_and_back_is_the_same(value: float, pair: tuple[str, str]) -> None:
    there = converted(value, *pair)
    assert there is not None and converted(there, pair[1], pair[0]) == pytest.approx(value)


def test_values_are_written_as_they_are_read() -> None:
    assert [amount(value) for value in (214.0, 22.44, 0.83, 35.25, 4.999, 0.0042, 99.97, 99.996, 1234.5, 1e16, -0.001, 0.0)] == [
        "214", "22.4", "0.83", "35.2", "5", "0.0042", "99.97", "99.996", "1,234", "1e+16", "-0.001", "0",
    ]  # fmt: skip
    assert [signed(value) for value in (-25.2, 3.0, 0.0)] == ["−25.2", "+3", "0"]
    assert [shown(1.0, "minutes"), shown(1.2, "s"), shown(-2, "%"), shown(3, "$"), shown(1, "ms"), shown(4, "")] == [
        "1 minute", "1.2 s", "−2 %", "$3", "1 ms", "4",
    ]  # fmt: skip
    assert all(float(amount(value).replace(",", "")) == pytest.approx(value, rel=0.06) for value in (0.1234, 7.77, 45.67, 99.4, 1e5, 3e-8))


def test_what_was_typed_is_read_with_its_slack() -> None:
    found = typed("$1.2M")
    assert found is not None and (found.values, found.slack, found.unit) == ((1_200_000,), (50_000,), "$")
    assert [typed(text).unit for text in ("40 ms per request", "20 deploys a week", "3x", "99.9%") if typed(text)] == ["ms", "deploys a week", "x", "%"]  # type: ignore[union-attr]
    assert typed("a third of") is None and typed("1.2.3") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It was {p95.before}.", "It was 42 min."),
        ("From {p95.before} to {p95.after} minutes.", "From 42 to 12.4 minutes."),
        ("From {p95.before} to {p95.after}.", "From 42 to 12.4 min."),
        ("{p95.after}min, {p95.after} (min) and {p95.after} a day.", "12.4min, 12.4 min (min) and 12.4 min a day."),
        ("A change of {p95.change} ({p95.percent}), {p95.interval}.", "A change of −29.6 min (−70 %), −35.1 to −24.6 min."),
        ("{p95.percent} percent, {p95.after_interval}", "−70 percent, 11 to 13.9 min"),
        ("It is {p95.trend}.", "It is 18 min below the trend before (95 % interval 12 to 24)."),
        ("{p50.after} and {p95.wrong} and {x}", "[p50 after: no data] and {p95.wrong} and {x}"),
    ],
)
def test_names_in_braces_are_filled_in_with_their_units(text: str, said: str) -> None:
    assert filled(text, [P95]) == said


def test_what_the_data_does_not_say_is_a_visible_gap() -> None:
    bare = Observed("c", "n", "d", "mean", "s", None, Spread(1.0, None, None, 3), Spread(2.0, None, None, 4), trend=Trend("week", 1, 2, problem="too short for a trend: 1 week"))
    assert filled("{n.trend}; {n.change}; {n.after_interval}; {n.percent}", [bare]) == (
        "[n trend: too short for a trend]; [n change: the two sides are not of one length]; [n after interval: too few rows]; "
        "[n percent: the two sides are not of one length]"
    )
    broken = Observed("c", "n", "d", "mean", "s", None, None, None, "d is not in the book")
    assert {filled(f"{{n.{part}}}", [broken]) for part in PARTS} == {f"[n {part.replace('_', ' ')}: no data]" for part in PARTS}
    assert all(value_of(P95, part) for part in PARTS)


def test_a_trend_is_said_without_a_cause() -> None:
    assert trend_of(P95) == (
        "The baseline was already moving: in the 20 weeks before it was falling by 0.5 min each week (95 % interval 0.2 to 0.8).",
        "Had that gone on, the 18 weeks after would have averaged 30.4 min; they averaged 12.4 min: 18 min less (95 % interval 12 to 24).",
    )


@given(st.text(max_size=200))
def test_any_text_is_looked_through(text: str) -> None:
    for place, quantity in quantities(text):
        assert 0 <= place <= len(text) and quantity
        typed(quantity)
    filled(text, [P95])
