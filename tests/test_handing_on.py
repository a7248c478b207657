"""Handing on from the command line: refused, withheld, handed in, compared; on the sample's book, which is made up."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster import packet as packets
from muster import room
from muster.cli import main
from muster.demo import load_maker
from muster.model import Marked
from muster.packet import html, md, redact
from muster.packet import json as document
from muster.rules.confidential import marks
from tests import cases

DAY = ("--today", "2026-07-03")
maker = load_maker()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the repository `shop` and the book `book`."""
    folder = tmp_path_factory.mktemp("handing")
    maker.make_book(folder)
    return folder


@pytest.fixture
def book(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made / "book")
    (made / "book/confidential.txt").write_text("Dana Okonjo\nretry budget\n")
    return made / "book"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("ending", ["html", "docx"])
def test_nothing_is_written_where_something_would_leave(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str) -> None:
    target = tmp_path / f"packet.{ending}"
    code, out, err = run(capsys, "packet", *DAY, "-o", str(target))
    assert (code, out, target.exists()) == (1, "", False)
    assert "must not leave" in err
    assert "claims/deploys-do-not-wait.md:" in err
    assert f"muster packet --redact -o {target}" in err
    assert "Okonjo" not in err


def test_it_goes_for_the_brief_and_for_what_is_only_printed(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("packet", "brief"):
        code, out, _ = run(capsys, command, *DAY)
        assert (code, out) == (1, "")
    code, out, _ = run(capsys, "brief", "--redact", *DAY)
    assert code == 0
    assert "fields are withheld" in " ".join(out.split())
    assert not re.search(r"okonjo|retry[\s-]budget", out, re.IGNORECASE)


def test_with_redact_it_is_written_and_says_so(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "packet.html"
    code, _, err = run(capsys, "packet", *DAY, "--redact", "-o", str(target))
    assert code == 0, err
    page = target.read_text()
    assert "fields are withheld" in page
    assert not re.search(r"okonjo|retry[\s_-]budget", page, re.IGNORECASE)


def test_a_list_from_elsewhere_counts_as_well(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (book / "confidential.txt").unlink()
    (tmp_path / "list.txt").write_text("Petr Havlik\n")
    code, _, err = run(capsys, "packet", *DAY, "--confidential", str(tmp_path / "list.txt"), "-o", str(tmp_path / "x.md"))
    assert code == 1
    assert f"--redact --confidential {tmp_path / 'list.txt'} -o" in err
    code, _, err = run(capsys, "packet", *DAY, "--confidential", str(tmp_path / "gone.txt"), "-o", str(tmp_path / "x.md"))
    assert code == 2
    assert "cannot be read" in err


def test_a_review_keeps_in_what_it_is_told_to(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list.txt").write_text("Noor Halabi\nshop\n")
    review = ("review", str(made / "shop"), "--me", "noor.halabi@example.org", "--since", "2026-01-01", "--until", "2026-06-30", *DAY)
    code, _, err = run(capsys, *review, "--confidential", str(tmp_path / "list.txt"), "-o", str(tmp_path / "r.html"))
    assert code == 1, err
    code, out, err = run(capsys, *review, "--redact", "--confidential", str(tmp_path / "list.txt"), "-o", str(tmp_path / "r.html"))
    assert code == 0, err
    for text in (out.partition("The page:")[0], (tmp_path / "r.html").read_text()):
        assert not re.search(r"halabi|\bshop\b", text, re.IGNORECASE)


def test_a_case_is_handed_in_as_json_and_compared(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (book / "confidential.txt").unlink()
    target = tmp_path / "noor.json"
    code, _, err = run(capsys, "packet", *DAY, "--submit", "-o", str(tmp_path / "noor.html"))
    assert (code, "handed in as JSON" in err) == (2, True)
    assert run(capsys, "packet", *DAY, "--submit", "-o", str(target))[0] == 0
    raw = json.loads(target.read_text())
    assert raw["submitted"]["by"] == "noor.halabi@example.org"
    assert raw["submitted"]["at"] == "2026-07-03"
    code, _, err = run(capsys, "room", "--against", str(target), *DAY)
    assert (code, "two of the cases are of noor" in err) == (2, True), err
    other = json.loads(target.read_text())
    other["packet"]["case"]["person"].update(id="eve@example.org", name="Eve Invented")
    other["submitted"]["by"] = "eve@example.org"
    (tmp_path / "eve.json").write_text(json.dumps(other))
    code, _, err = run(capsys, "room", "--against", str(target), str(tmp_path / "eve.json"))
    assert (code, "was changed after it was handed in" in err) == (1, True)
    other["submitted"]["digest"] = document.digest(other)
    (tmp_path / "eve.json").write_text(json.dumps(other))
    code, out, err = run(capsys, "room", "--against", str(target), str(tmp_path / "eve.json"), "--slots", "1")
    assert code == 0, err
    assert "Noor Halabi" in out and "Eve Invented" in out
    assert "tells the cases apart" in " ".join(out.split())
    code, out, _ = run(capsys, "room", "--against", str(target), str(tmp_path / "eve.json"), "--format", "json", "--seat", "skeptic")
    comparison = json.loads(out)["comparison"]
    assert {row["seat"] for row in comparison["questions"]} == {"skeptic"}
    assert not {"score", "rank", "sum", "total"} & set(re.findall(r'"(\w+)":', out))
    code, _, err = run(capsys, "room", str(target))
    assert (code, "is one argument too many" in err) == (2, True)


def test_a_ladder_is_spoken_and_a_wrong_one_is_refused(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (book / "confidential.txt").unlink()
    toml = (book / "muster.toml").read_text()
    ladder = Path(__file__).parents[1] / "examples/ladders/rent-the-runway.toml"
    try:
        (book / "ladder.toml").write_text(ladder.read_text())
        (book / "muster.toml").write_text('ladder = "ladder.toml"\n' + toml)
        code, out, err = run(capsys, "room", *DAY)
        assert code == 0, err
        assert "Get Stuff Done\n  Takes large and unclear work" in out
        (book / "ladder.toml").write_text(ladder.read_text().replace("peers/pattern", "peers/patern"))
        code, _, err = run(capsys, "room", *DAY)
        assert code == 2
        assert re.search(r"ladder.toml:\d+: “Get Stuff Done”: there is no question `peers/patern`", err)
        assert "`peers/pattern`" in err
    finally:
        (book / "muster.toml").write_text(toml)


# ------------------------------------------------------------------------------------------------ whatever is marked


FULL = packets.build("packet", cases.packet_case(), (), cases.CHECKED, room.rehearse(cases.packet_case(), cases.CHECKED), cases.BLIND, "0.1.0")
WORDS = sorted({word for leaf in redact.leaves(FULL) for word in re.findall(r"[^\W_]{4,}(?:[ .@-][^\W_]{3,})?", leaf.text)})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_whatever_is_marked_is_in_no_field_afterwards(words: list[str]) -> None:
    wanted = marks(Marked(word, f"confidential.txt:{n}") for n, word in enumerate(words, 1))
    lean = redact.redacted(FULL, wanted)
    left = [leaf for leaf in redact.leaves(lean) if wanted.found(leaf.text)]
    # Only muster's own words for what was withheld may say the same by chance ("withheld", "name", "team", "fields").
    assert [leaf for leaf in left if "withheld" not in leaf.text] == []
    for renderer in (md, html, document):
        renderer.render(lean)
    assert [one.verdict for one in lean.rehearsal.answers] == [one.verdict for one in FULL.rehearsal.answers]
