"""What the page says of longevity: sentences that bear what they say, and a picture that can be read without seeing it."""

from __future__ import annotations

import re
from dataclasses import replace

from muster import packet as packets
from muster import room
from muster.model import Case, Packet, Signal
from muster.packet import html, lasting, md
from muster.room import standing
from tests import cases

IDS = tuple(sorted(cases.review_case().evidence))[:3]
AGES = ("6m", "1y", "18m", "2y", "30m", "3y")


def share(measure: str, value: float | None, low: float | None = None, high: float | None = None) -> Signal:
    return Signal("longevity", measure, "ratio", "case", value, IDS, low, high)


def known(own: float = 0.71, others: float | None = 0.55) -> tuple[Signal, ...]:
    found = [Signal("longevity", "code_lines_old_2y", "lines", "case", 12400, IDS)]
    for place, age in enumerate(AGES):
        for rest, now in (("", own), ("_baseline", others)):
            value = None if now is None else 1 - (1 - now) * (place + 1) / 4
            bound = (None, None) if value is None else (value - 0.06, value + 0.06)
            found.append(share(f"code_lines_alive_{age}{rest}", value, *bound))
    return tuple(found)


def page(*signals: Signal) -> Packet:
    case: Case = replace(cases.review_case(), signals=signals)
    return packets.build("review", case, (), (), room.rehearse(case, ()), (), "0.1.0")


def told(*signals: Signal) -> list[str]:
    return [line.text for line in standing.sentences(page(*signals).case)]


def test_a_difference_beyond_chance() -> None:
    assert told(*known()) == [
        "Of 12,400 lines of code written two years or longer before the period’s end, an estimated 71 % (65 to 77 %) were still there "
        "after two years. Of what others wrote in the same half-years it is 55 % (49 to 61 %)."
    ]


def test_a_difference_that_may_be_chance_and_nothing_to_compare_with() -> None:
    assert told(*known(0.6))[0].endswith("it is 55 % (49 to 61 %); that may be chance.")
    assert told(*known(others=None))[0].endswith("Too little by others is of that age to compare it with.")


def test_what_the_person_replaced_is_said_apart() -> None:
    gone = Signal("longevity", "code_lines_rewritten", "lines", "case", 2083, IDS)
    own = told(*known(), gone, share("code_lines_rewritten_own", 0.46))[1]
    assert own == "2,083 of the lines of code were changed or removed after they had come in, 46 % of them by the person."
    none = told(*known(), gone, share("code_lines_rewritten_own", 0.0))[1]
    assert none.endswith("none of them by the person.")


def test_files_stand_in_where_lines_are_not_known_and_documents_stand_apart() -> None:
    assert told(share("code_alive_1y", 0.9, 0.8, 0.95), share("documents_alive_1y", 1.0, 0.6, 1.0)) == [
        "Of the code files added, an estimated 90 % (80 to 95 %) were still there after one year. Too little by others is of that age "
        "to compare it with.",
        "Of the documents added, an estimated 100 % (60 to 100 %) were still there after one year. Too little by others is of that age "
        "to compare it with.",
    ]
    assert told() == [] and lasting.picture(page()) == ""
    assert b'id="stays"' not in html.render(page())


def test_the_page_has_it_in_every_format_with_its_evidence() -> None:
    made = page(*known())
    text = html.render(made).decode()
    section = text[text.index('<section id="stays"') :].partition("</section>")[0]
    assert "12,400" in section and 'href="#n' in section and "Still there is not the same as good" in section
    assert "## What is still there" in md.render(made).decode()
    assert html.render(made) == html.render(page(*known()))


def test_the_picture_is_told_in_words_and_keeps_to_its_frame() -> None:
    for own, others in ((0.71, 0.55), (0.71, 0.70), (0.99, 0.4), (0.5, None)):
        drawn = lasting.picture(page(*known(own, others)))
        assert f"Lines of code still there, by age</title><desc id=\"stays-d\">After half a year: the person’s {100 - 25 * (1 - own):.0f} %" in drawn
        assert "<polygon" in drawn and (others is None) == ("dashed" not in drawn and "away" not in drawn)
        width, height = (float(one) for one in re.search(r'viewBox="0 0 (\S+) (\S+)"', drawn).groups())  # type: ignore[union-attr]
        for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", drawn.partition("</desc>")[2]):
            assert 0 <= float(x) <= width and 0 <= float(y) <= height
        names = [float(y) for y in re.findall(r'y="([\d.]+)" class="small (?:mine|theirs)"', drawn)]
        assert len(names) < 2 or abs(names[0] - names[1]) >= 13.9
    assert lasting.picture(page(*known()[:2])) == ""
