"""A ladder: read with its lines, refused with the nearest name, and spoken by the room, the packet and the brief."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from muster import packet as packets
from muster import room, signals
from muster.book import parse_ladder, read_ladder
from muster.model import Criterion, Ladder, MusterError, Packet
from muster.packet import brief, docx, html, json, ladder, md, pdf, text
from tests import cases

EXAMPLES = sorted((Path(__file__).parents[1] / "examples/ladders").glob("*.toml"))
MEASURES = {f"{name}.{one.name}" for name in signals.names() for one in signals.header(name).measures} | set(signals.names())
QUESTIONS = room.questions()

GOOD = """
name = "Larkspur's ladder"   # invented
url = "https://larkspur.example/ladder"
[[criterion]]
name = "Multiplies others"
says = "Others do better work because of them."
questions = ["managers/who_outside", "skeptic/impact"]
signals = ["reach.people_outside", "longevity"]
behaviors = ["lifts-others"]

[[criterion]]
name = "Keeps promises"
questions = ["skeptic/went_wrong"]
"""


def parsed(text_: str) -> Ladder:
    return parse_ladder(text_, "ladders/x.toml", QUESTIONS.keys(), MEASURES)


def test_a_ladder_is_its_criteria_in_its_words() -> None:
    made = parsed(GOOD)
    assert (made.name, made.url) == ("Larkspur's ladder", "https://larkspur.example/ladder")
    assert made.criteria[0] == Criterion(
        "Multiplies others", "Others do better work because of them.", ("managers/who_outside", "skeptic/impact"),
        ("reach.people_outside", "longevity"), ("lifts-others",),
    )  # fmt: skip
    assert made.criteria[0].named("multiplies-others")
    assert made.criteria[0].named("Lifts others")
    assert not made.criteria[1].named("lifts-others")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("skeptic/impact", "skeptic/impakt", r"x.toml:7: “Multiplies others”: there is no question `skeptic/impakt`\n  Did you mean `skeptic/impact`"),
        ("skeptic/impact", "skeptic", r"x.toml:7: .* no question `skeptic`"),
        ("skeptic/went_wrong", "went_wrong", r"x.toml:13: “Keeps promises”: .*Did you mean `skeptic/went_wrong`"),
        ("reach.people_outside", "reach.people outside", r"x.toml:8: .* no signal `reach.people outside`\n  Did you mean .*`reach.people_outside`"),
        ("says =", "say =", r"x.toml:6: unknown key `say`\n  Did you mean `says`"),
        ('name = "Keeps promises"', "", r"x.toml:11: criterion 2 has no name"),
        ('"Keeps promises"', '"multiplies others"', r"x.toml:12: two criteria are called"),
        ('questions = ["skeptic/went_wrong"]', "", r"x.toml:12: nothing speaks to “Keeps promises”"),
        ('questions = ["skeptic/went_wrong"]', 'questions = "skeptic/went_wrong"', r"x.toml:13: `questions` takes a list"),
        ("[[criterion]]", "[[criteria]]", r"unknown key `criteria`"),
        ('name = "Larkspur\'s ladder"', "", r"the ladder has no name"),
        ('"Multiplies others"', '"Multiplies', r"x.toml:5: not TOML"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line_and_the_nearest_name(old: str, new: str, said: str) -> None:
    with pytest.raises(MusterError) as caught:
        parsed(GOOD.replace(old, new))
    assert re.search(said, str(caught.value), re.DOTALL), str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MusterError, match=r"ladders/gone.toml: cannot be read"):
        read_ladder(tmp_path / "gone.toml", "ladders/gone.toml", QUESTIONS.keys(), MEASURES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_sound(path: Path) -> None:
    made = read_ladder(path, path.name, QUESTIONS.keys(), MEASURES)
    assert made.source
    assert path.stem == "muster" or made.url.startswith("https://")
    assert all(one.says and one.questions and one.behaviors for one in made.criteria)


def test_there_are_two_of_other_companies() -> None:
    assert {path.stem for path in EXAMPLES} >= {"muster", "dropbox-ic5", "rent-the-runway"}


def test_the_names_of_questions_stay() -> None:
    """Ladders in people's books name these: one that is renamed needs its old name kept."""
    assert set(QUESTIONS) >= {
        "manager/three_lines", "manager/backers", "manager/objections", "managers/who_outside", "managers/bigger", "managers/why_this",
        "skip-level/seen", "skip-level/lost", "peers/decision", "peers/pushed_back", "peers/pattern", "cross-functional/shipped",
        "cross-functional/told", "skeptic/impact", "skeptic/senior", "skeptic/without_you", "skeptic/observed", "skeptic/written_then",
        "skeptic/went_wrong", "you/on_the_table", "you/thirty_seconds",
    }  # fmt: skip


def built(of: Ladder | None) -> Packet:
    case = replace(cases.packet_case(), ladder=of)
    first, *rest = case.claims
    case = replace(case, claims=(replace(first, behaviors=("lifts-others",)), *rest))
    return packets.build("packet", case, (), cases.CHECKED, room.rehearse(case, cases.CHECKED), cases.BLIND, "0.1.0")


MADE = built(parsed(GOOD))


def pages() -> dict[str, str]:
    pdf_text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.render(MADE))).pages)
    with zipfile.ZipFile(io.BytesIO(docx.render(MADE))) as folder:
        word = re.sub(r"<[^>]+>", "", folder.read("word/document.xml").decode())
    web = re.sub(r"<[^>]+>", " ", html.render(MADE).decode())
    found = {"md": md.render(MADE).decode(), "html": web, "pdf": pdf_text, "docx": word, "json": json.render(MADE).decode()}
    return {name: re.sub(r"[\s\u00a0]+", " ", page).replace("’", "'").replace("\\", "") for name, page in found.items()}


@pytest.mark.parametrize("name", ["md", "html", "pdf", "docx", "json"])
def test_every_format_speaks_the_ladders_words(name: str) -> None:
    page = pages()[name]
    for words in ("Larkspur's ladder", "Multiplies others", "Others do better work because of them.", "Keeps promises"):
        assert words in page, words


def test_each_criterion_has_its_questions_measures_and_claims_and_no_verdict_of_its_own() -> None:
    first, second = ladder.rungs(MADE)
    assert [answer.name for _, answer in first.asked] == ["managers/who_outside", "skeptic/impact"]
    assert {(row.name, row.signal.measure) for row in first.measured} <= {("reach", "people_outside"), ("longevity", "alive after 1 year")}
    assert [title for _, title in first.claims] == ["Three teams deploy without waiting for us"]
    assert second.claims == ()
    assert MADE.case.ladder is not None
    rest = ladder.unasked(MADE.case.ladder, MADE.rehearsal)
    assert len(rest) == len(MADE.rehearsal.answers) - 3


def test_the_brief_and_the_room_speak_them_too() -> None:
    made = brief.brief(MADE)
    assert made.claims[0].shows == ("Multiplies others",) or any(one.shows == ("Multiplies others",) for one in made.claims)
    assert "shows    Multiplies others" in brief.text(made)
    assert "**shows**: Multiplies others" in brief.markdown(made)
    assert MADE.case.ladder is not None
    told = text.ladder_text(MADE.case.ladder, MADE.rehearsal)
    assert max(len(line) for line in told.splitlines()) <= 80
    assert "Multiplies others\n  Others do better work" in told


def test_without_a_ladder_nothing_changes() -> None:
    plain = built(None)
    assert ladder.rungs(plain) == ()
    assert 'id="ladder"' not in html.render(plain).decode()
    assert "lifts-others" not in brief.text(brief.brief(plain))
