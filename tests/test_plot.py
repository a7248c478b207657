"""A number's plot: the same bytes every time, all said in words, nothing by colour alone, nothing outside the picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model import Estimate, Observed, Point, Spread, Trend
from muster.packet import plot

EVENT = date(2026, 4, 13)


def observed(values: dict[int, float | None], **changes: object) -> Observed:
    points = tuple(Point(at, EVENT + timedelta(weeks=at), value, 3) for at, value in sorted(values.items()))
    trend = Trend(
        "week", sum(at < 0 for at in values), sum(at >= 0 for at in values), intercept=30.0, pretrend=Estimate(-0.4, -0.9, 0.1),
        level=Estimate(-18, -21, -15), slope=Estimate(0.4, 0.1, 0.7), effect=Estimate(-16, -20, -11), expected=26.0, points=points,
    )  # fmt: skip
    made = Observed(
        "c", "p95", "data/x.csv", "p95", "minutes", EVENT, Spread(35.0, 29.0, 37.0, 40), Spread(10.0, 9.5, 10.5, 30),
        change=Estimate(-25, -27, -19), ratio=Estimate(0.28, 0.26, 0.34), trend=trend,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


ONE = observed({at: 33.0 + at % 5 if at < 0 else 9.0 + at % 3 for at in range(-14, 11)})


def test_the_picture_says_in_words_what_it_shows() -> None:
    picture = plot.plot(ONE, "plot-1")
    assert picture == plot.plot(ONE, "plot-1")
    assert 'role="img" aria-labelledby="plot-1-t plot-1-d"' in picture
    told = re.search(r"<desc[^>]*>([^<]*)", picture)
    assert told is not None
    for words in ("14 before 13 April 2026 and 11 after", "Before: 35 minutes (95 % interval 29 to 37), of 40 rows.",
                  "After: 10 minutes (95 % interval 9.5 to 10.5)", "no trend can be told from noise", "16 minutes less"):  # fmt: skip
        assert words in told[1]
    assert "because" not in picture
    assert picture.count("<circle") == 25 and picture.count('class="hollow"') == 14
    assert 'class="pre on"' in picture, "the trend that did not go on is dashed"
    assert len(re.findall(r'class="lane"', picture)) <= 8
    assert [words for _, words in plot.key(ONE)] == [
        "a week before", "a week after", "all rows of a side, with its 95 % interval", "the trend before, had it gone on",
    ]  # fmt: skip


def test_too_little_is_not_drawn_and_no_trend_is_no_dashed_line() -> None:
    assert plot.plot(replace(ONE, trend=None), "p") == ""
    assert plot.plot(replace(ONE, before=None, after=None, problem="gone"), "p") == ""
    assert plot.plot(observed({-1: 5.0, 0: 4.0, 1: None}), "p") == ""
    bare = replace(ONE, trend=Trend("week", 14, 11, problem="too short", points=ONE.trend.points if ONE.trend else ()))
    assert "pre" not in re.findall(r'class="([^"]*)"', plot.plot(bare, "p"))
    assert 'class="level"' not in plot.plot(replace(ONE, statistic="count"), "p"), "a side's total is no week's"


def test_hostile_units_are_text() -> None:
    picture = plot.plot(replace(ONE, unit='<b>"x"</b>\u202e'), "p")
    assert "<b>" not in picture and "\u202e" not in picture


@pytest.mark.parametrize(("low", "high"), [(0, 42), (-3, 3), (0.001, 0.0013), (1e6, 9e6), (99, 99.99), (-1e14, 1e14)])
def test_ticks_are_few_and_round(low: float, high: float) -> None:
    ticks = plot.rounded(low, high)
    assert 3 <= len(ticks) <= 8 and ticks[0] <= low and ticks[-1] >= high * (1 - 1e-9)
    labels = [plot.label(tick, ticks) for tick in ticks]
    assert len(set(labels)) == len(labels) and all(len(label) <= 12 for label in labels)


@given(st.dictionaries(st.integers(-60, 60), st.floats(-1e15, 1e15), min_size=4, max_size=80))
def test_nothing_is_drawn_outside(values: dict[int, float]) -> None:
    if not any(at < 0 for at in values) or not any(at >= 0 for at in values):
        return
    first, second = ([value for at, value in values.items() if (at < 0) == before] for before in (True, False))
    one = observed(dict(values), before=Spread(min(first), min(first), max(first), 9), after=Spread(max(second), min(second), max(second), 9))
    root = ET.fromstring(plot.plot(one, "p"))
    for mark in root.iter():
        for name, most in (("cx", plot.WIDTH), ("x1", plot.WIDTH), ("x2", plot.WIDTH), ("x", plot.WIDTH), ("cy", plot.HEIGHT), ("y1", plot.HEIGHT), ("y2", plot.HEIGHT), ("y", plot.HEIGHT)):
            if name in mark.attrib:
                assert -1 <= float(mark.attrib[name]) <= most + 1
