"""Kept proofs, the journal's chain and the list of what is confidential, as a book on disk has them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from muster.book import log, new, read, seal
from muster.model import Held, Marked, MusterError, Proof
from muster.rules.confidential import marks
from tests.build import Repo

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MAIL = b"From: Dana\n\nwe moved in an afternoon\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "muster.toml").write_text("")
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep/dana.eml").write_bytes(MAIL)
    (tmp_path / "keep/README.md").write_text("what is here")
    return tmp_path


def held(root: Path) -> dict[str, Held]:
    return {one.path: one.held for one in read(root).proofs}


def test_a_proof_is_recorded_once_and_compared_from_then_on(root: Path) -> None:
    assert read(root).proofs == (Proof("keep/dana.eml", Held.UNRECORDED),)
    assert seal(root, NOW) == 1
    assert read(root).proofs == (Proof("keep/dana.eml", Held.SAME, "journal.jsonl:1"),)
    (root / "keep/dana.eml").write_bytes(MAIL + b"and it was brilliant\n")
    assert seal(root, NOW) == 0, "a change is never recorded over what was kept"
    assert held(root) == {"keep/dana.eml": Held.CHANGED}
    (root / "keep/dana.eml").unlink()
    assert held(root) == {"keep/dana.eml": Held.GONE}


def test_a_new_entry_records_the_proofs_that_came_with_it(root: Path) -> None:
    new(root, "endorsement", "Dana on the locks", NOW.date(), now=NOW)
    assert held(root) == {"keep/dana.eml": Held.SAME}


def test_the_first_commit_counts_where_the_journal_has_nothing(root: Path) -> None:
    repo = Repo(root)
    repo.commit("keep it", {"muster.toml": "", "keep/dana.eml": MAIL.decode()})
    assert held(root) == {"keep/dana.eml": Held.SAME}
    (root / "keep/dana.eml").write_bytes(MAIL.replace(b"\n", b"\r\n"))
    assert held(root) == {"keep/dana.eml": Held.SAME}, "a checkout's line ends change nothing"
    repo.commit("better words", {"keep/dana.eml": "From: Dana\n\nbrilliant\n"})
    (found,) = read(root).proofs
    assert (found.held, found.first.startswith("commit of ")) == (Held.CHANGED, True)


def test_a_changed_line_of_the_journal_breaks_the_chain_and_a_torn_one_does_not(root: Path) -> None:
    log(root, "One")
    log(root, "Two")
    assert read(root).breaks == ()
    journal = root / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"at":"2026')
    assert read(root).breaks == ()
    journal.write_bytes(whole.replace(b'"n":1', b'"n":7', 1))
    assert [one.where for one in read(root).breaks] == ["journal.jsonl:1", "journal.jsonl:2"]


def test_what_is_confidential_comes_from_both_places(root: Path) -> None:
    (root / "muster.toml").write_text('confidential = ["Project Zephyr", "corp.example.org"]')
    (root / "confidential.txt").write_text("# people\n\nDana  Ito   # left\nproject zephyr\n")
    assert read(root).confidential == (
        Marked("Project Zephyr", "muster.toml: confidential"),
        Marked("corp.example.org", "muster.toml: confidential"),
        Marked("Dana Ito", "confidential.txt:3"),
    )


@pytest.mark.parametrize(("content", "said"), [(b"a\n\xff\n", "confidential.txt:2: not UTF-8"), (b"x\n", "confidential.txt:1: a name of fewer")])
def test_a_list_that_cannot_be_used_is_an_error_and_not_an_empty_list(root: Path, content: bytes, said: str) -> None:
    (root / "confidential.txt").write_bytes(content)
    with pytest.raises(MusterError, match=said):
        read(root)


def test_a_list_that_is_no_file_is_an_error(root: Path) -> None:
    (root / "confidential.txt").symlink_to("nowhere")
    with pytest.raises(MusterError, match="cannot be read"):
        read(root)


@pytest.mark.parametrize(
    ("mark", "text", "there"),
    [
        ("Project Zephyr", "the PROJECT_ZEPHYR queue", True),
        ("Project Zephyr", "see https://x.example/project%20zephyr/1", True),
        ("Project Zephyr", "Project\u200bZeph\u00adyr’s plan", True),
        ("Project Zephyr", "startProjectZephyrQueue()", True),
        ("Project Zephyr", "Projects of Zephyr", False),
        ("corp.example", "ssh://git@git.corp.example:22/x", True),
        ("corp.example", "mycorp.example", False),
        ("corp.example", "incorporate example", False),
        ("Dana Ito", "dana.ito@example.org", True),
        ("Dana Ito", "Dana, Ito", False),
        ("rust", "trust", False),
        ("rust", "rust2rust", True),
        ("ß-Projekt", "SS-Projekt ß-projekt", True),
        ("zeph*", "Zephyrs", True),
        ("zeph*", "azeph", False),
        ("C++", "in C++ and C", True),
    ],
)
def test_a_mark_is_met_however_it_is_written(mark: str, text: str, there: bool) -> None:
    assert bool(marks([Marked(mark, "")]).found(text)) is there
