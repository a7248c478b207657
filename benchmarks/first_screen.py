"""The thirty-second test: the first screen's words are counted from the packet, and Chromium shows that many above the fold.

    python3 dev.py python -m pytest benchmarks/first_screen.py

Chromium is needed, so this stands beside the benchmarks; the tests check the count itself.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from tests import cases
from tests.test_packet import PACKETS, made

from muster.model import Beat, Packet, Period, Statement
from muster.packet import html
from muster.packet.opening import opening
from muster.rules import opening as first

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
#: What is read off the page: the words of the first screen as they are shown, without raised numbers; where it ends; where the rest begins.
SCRIPT = """<script>
for (const one of document.querySelectorAll("sup, title, .skip")) one.remove();
for (const one of [...document.querySelectorAll("header *")]) if (getComputedStyle(one).clipPath !== "none") one.remove();
const header = document.querySelector("header"), last = header.lastElementChild.getBoundingClientRect();
const found = {words: header.innerText, end: last.bottom, rest: document.querySelector("main section").getBoundingClientRect().top,
               fold: Math.min(innerHeight, 800), wide: document.documentElement.scrollWidth};
document.body.replaceChildren(Object.assign(document.createElement("pre"), {id: "found", textContent: JSON.stringify(found)}));
</script>"""


def claims(number: int) -> Packet:
    """A packet with that many claims."""
    case = cases.packet_case()
    more = replace(case.claims[1], title="Search answers in half the time since the index moved")
    return made("packet", replace(case, claims=(*case.claims, more)[:number]))


LONG = replace(
    cases.CLAIMS[1],
    problem=Beat((Statement("Every client retried without a limit, whatever the server said, and nobody had ever counted how often that was, so that a slow day became a lost one.", ()),), 5),
)
SCREENS = {
    "three": PACKETS["packet"],
    "one": claims(1),
    "two": claims(2),
    "four": claims(4),
    "none": made("packet", replace(cases.packet_case(), claims=())),
    "long": made("packet", replace(cases.packet_case(), claims=(cases.CLAIMS[0], LONG, LONG))),
    "no sentence": made("packet", replace(cases.packet_case(), sentence="")),
}


def shown(packet: Packet, folder: Path, width: int, height: int) -> dict[str, object]:
    """What Chromium shows of a packet's first screen, in a window of that size; its frame takes 143 of the height."""
    page = folder / "page.html"
    source = html.render(packet).decode()
    # The page itself allows no script but its own; the copy that is measured does.
    source = source.replace("Content-Security-Policy", "x-not-a-policy").replace("</body>", f"{SCRIPT}</body>")
    page.write_text(source, encoding="utf-8")
    assert CHROMIUM
    made = subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{height}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    text = made.stdout.partition('<pre id="found">')[2].partition("</pre>")[0]
    return dict(json.loads(unescape(text)))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
@pytest.mark.parametrize("name", SCREENS)
def test_chromium_shows_as_many_words_as_are_counted(name: str, tmp_path: Path) -> None:
    found = shown(SCREENS[name], tmp_path, 1280, 943)
    assert first.words([str(found["words"])]) == opening(SCREENS[name]).words, found["words"]
    assert float(str(found["end"])) <= 800, "the first screen ends above the fold"
    if SCREENS[name].claims:
        assert float(str(found["rest"])) >= float(str(found["fold"])), "nothing else stands above it"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_nothing_is_wider_than_a_phone(tmp_path: Path) -> None:
    found = shown(SCREENS["three"], tmp_path, 500, 900)
    assert float(str(found["wide"])) <= 500


def test_three_claims_are_near_what_thirty_seconds_read() -> None:
    assert opening(SCREENS["three"]).words <= first.SKIM * 1.15
    assert opening(SCREENS["one"]).words <= first.SKIM


def test_no_gap_and_no_claim_is_left_out() -> None:
    made_ = opening(SCREENS["three"])
    told = [(label, piece.text) for card in made_.cards for label, line in card.lines for piece in line if piece.look == "gap"]
    assert told == [("problem", "not written yet"), ("changed", "not written yet"), ("backed by", "nobody outside yet")]
    five = made("packet", replace(cases.packet_case(), claims=(*cases.CLAIMS, *cases.CLAIMS[:2])))
    assert len(opening(five).cards) == 4
    assert opening(five).more == "1 more claim below"


@pytest.mark.parametrize(
    ("text", "most", "shown_"),
    [
        ("Every client retried without a limit.", 50, "Every client retried without a limit."),
        ("Every client retried without a limit. Nobody counted.", 50, "Every client retried without a limit."),
        ("Payments and search queued behind one lock, and nobody owned that.", 50, "Payments and search queued behind one lock…"),
        ("Tests whose inputs had not changed ran again on every push.", 50, "Tests whose inputs had not changed ran again on every push."),
        ("Paid, and then waited a little longer for nothing at all to happen.", 50, "Paid, and then waited a little longer for nothing at all to happen."),
        ("", 50, ""),
    ],
)
def test_a_line_is_cut_at_the_end_of_a_clause(text: str, most: int, shown_: str) -> None:
    assert first.clause(text, most) == shown_


@pytest.mark.parametrize(
    ("what", "of"),
    [
        ("The slowest twentieth of deploys went from ", "The slowest twentieth of deploys"),
        ("Deploys fell from ", "Deploys"),
        ("Memory has come down from ", "Memory"),
        ("Waiting from ", "Waiting"),
        ("Went from ", None),
        ("It now takes ", None),
    ],
)
def test_an_observed_number_is_set_apart_where_the_sentence_allows_it(what: str, of: str | None) -> None:
    found = first.FROM.match(what)
    assert (found["what"] if found else None) == of


def test_a_period_of_whole_months_is_named_by_them() -> None:
    days = [date(2026, 1, 1), date(2026, 6, 30)]
    assert first.months(Period(*days)) == "January – June 2026"
    assert first.months(Period(days[0].replace(day=2), days[1])) == "2 January – 30 June 2026"
    assert first.months(Period(date(2025, 7, 1), days[1])) == "July 2025 – June 2026"
    assert first.months(Period(date(2026, 6, 1), days[1])) == "June 2026"
