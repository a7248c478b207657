"""The Friday visit: what a week shows, what is kept of it, what the inbox asks, and pages filled in from the record."""

from __future__ import annotations

import io
import json
import re
import shlex
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from typer.main import get_command

from muster import printed, project
from muster.book import TEMPLATES, read, read_choices, records, verify
from muster.cli import app, main
from muster.links._wording import unwritten
from muster.model import Case, Decided, Move, Verb
from muster.room.facts import Facts
from muster.room.moves import MOVES, make
from muster.visit import keys
from muster.visit.inbox import inbox
from muster.visit.prefill import PLACES, prefill
from muster.visit.week import title_of, week_of
from tests.years import Year

#: The week of Ann's change to payments, and its Friday.
WEEK, FRIDAY = "2026-W10", "2026-03-06"


@pytest.fixture
def year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Year:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Year(tmp_path)


def run(year: Year, capsys: pytest.CaptureFixture[str], *words: str, today: str = FRIDAY) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of a command on the book."""
    code = main([*words, "--book", str(year.root), "--today", today])
    out, err = capsys.readouterr()
    return code, out, err


class Terminal(io.StringIO):
    """Somebody who types these lines; a stop is Ctrl-C."""

    def isatty(self) -> bool:
        return True

    def readline(self, *_: object) -> str:  # type: ignore[override]
        line = super().readline()
        if line.startswith("^C"):
            raise KeyboardInterrupt
        return line


def answering(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """Have a terminal there that these lines are typed into."""
    import sys

    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)


# --- muster week


def test_a_week_shows_what_would_be_kept_and_the_command_that_keeps_it(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(year, capsys, "week")
    assert code == 0, err
    assert "2 – 8 March 2026 (week 10)" in out
    assert "*  1   Payments in cents; Payments with a currency" in out
    assert year.pay[1][:12] in out
    assert not (year.root / "log").exists(), "nothing is written unasked"
    told = next(line.strip() for line in out.splitlines() if "--yes" in line)
    assert main([*shlex.split(told)[1:], "--today", FRIDAY]) == 0
    log = (year.root / f"log/{WEEK}.md").read_text()
    assert "## 2026-03-03" in log and year.pay[0][:12] in log and year.pay[1][:12] in log
    assert [one.path for one in records(year.root)[0]] == [f"log/{WEEK}.md", "choices.txt"] and not verify(year.root)
    assert read_choices(year.root)[0].made[0].verb is Verb.KEEP
    wide = [line for line in out.splitlines() if len(line) > 80 and not line.lstrip().startswith("muster ")]
    assert not wide


def test_a_log_that_refers_to_a_record_is_resolved_and_not_suggested_again(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(year, capsys, "week", "--yes")[0] == 0
    work = project.open_book(read(year.root), today=date(2026, 6, 30))
    assert not work.case.unresolved
    code, out, _ = run(year, capsys, "week", "--yes")
    assert code == 0 and "has 1 line already" in out
    assert len((year.root / f"log/{WEEK}.md").read_text().splitlines()) == 8


def test_others_records_of_the_week_are_lines_and_what_speaks_against_it_comes_first(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(year, capsys, "week", "--week", "2026-W19", today="2026-05-10")
    flat = " ".join(out.split())
    assert code == 0
    assert "Bob Brink reverted “Payments with a currency” with “Revert ‘Payments with a currency’”" in flat
    assert "one of 2 records on my work" in flat
    assert run(year, capsys, "week", "--week", "2026-05-06", "--keep", "2", today="2026-05-10")[0] == 0
    log = (year.root / "log/2026-W19.md").read_text()
    assert "## 2026-05-07" in log and "reverted" in log and "Search" not in log


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("\n", ["Payments in cents"]),
        ("-\n", []),
        ("1\n\n", ["Payments in cents"]),
        ("7\n1\n", ["Payments in cents"]),
        ("Told search why\n\n", ["Told search why", "Payments in cents"]),
        ("", []),
    ],
)
def test_a_terminal_is_asked_once(
    year: Year, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str, written: list[str]
) -> None:
    answering(monkeypatch, typed)
    code, out, err = run(year, capsys, "week")
    assert code == 0, err
    log = year.root / f"log/{WEEK}.md"
    text = log.read_text() if log.exists() else ""
    assert [words for words in ("Told search why", "Payments in cents") if words in text] == sorted(written, reverse=True)
    if typed.startswith("7"):
        assert "there is no line 7" in out


def test_ctrl_c_loses_nothing_that_was_answered(
    year: Year, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, "Told search why\n^C\n")
    code, _, err = run(year, capsys, "week")
    assert code == 130 and "what was finished before is kept" in err
    assert "Told search why" in (year.root / f"log/{WEEK}.md").read_text()
    answering(monkeypatch, "k\n^C\n")
    assert run(year, capsys, "inbox", today="2026-06-30")[0] == 130
    assert [choice.verb for choice in read_choices(year.root)[0].made] == [Verb.KEEP]
    assert not verify(year.root)


def test_a_move_becomes_a_page_with_one_key(
    year: Year, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, "-\n1\n\n")
    code, out, err = run(year, capsys, "week", "--week", "2026-W19", today="2026-05-10")
    assert code == 0, err
    (page,) = (year.root / "entries").iterdir()
    assert page.name in out
    (entry,) = (entry for entry in read(year.root).entries if entry.path.startswith("entries/"))
    assert entry.references, "it is filled in from the record"
    # Until somebody writes in it, it is no note: it is open, and the move is not made twice.
    code, out, _ = run(year, capsys, "week", "--week", "2026-W19", today="2026-05-11")
    assert "begun, nothing written yet" in out
    assert f"'{entry.title}'" not in out


def test_an_empty_week_is_kind_and_a_week_to_come_is_refused(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(year, capsys, "week", "--week", "2026-W08")
    assert code == 0 and "Nothing of yours is on record" in out and "muster log" in out
    for week in ("2026-W46", "friday", "2026-W99"):
        code, _, err = run(year, capsys, "week", "--week", week)
        assert code == 2 and "--week" in err
    assert run(year, capsys, "week", "--keep", "9")[0] == 2


def test_open_items_have_dates_and_files(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    (year.root / "entries").mkdir()
    pages = {
        "2026-01-19-lock.md": "---\ntype: proposal\n---\n# One lock a team\n## Problem\nThree teams wait.\n",
        "2026-01-20-done.md": "---\ntype: proposal\nstatus: accepted\noutcome: built in March\n---\n# Done\n## Problem\nIt was.\n",
        "2026-02-24-dana.md": "---\ntype: endorsement\n---\n# Dana on the lock\n## What they said\n<!-- Their own words. -->\n",
        "2026-03-05-new.md": "---\ntype: risk\n---\n# Too new to ask about\n## What could happen\nMuch.\n",
    }
    for name, text in pages.items():
        (year.root / "entries" / name).write_text(text)
    _, out, _ = run(year, capsys, "week")
    flat = " ".join(out.partition("Still open")[2].split())
    assert "“One lock a team”: proposal, no outcome yet, 46 days (entries/2026-01-19-lock.md)" in flat
    assert "“Dana on the lock”: endorsement asked, no answer yet, 10 days" in flat
    assert "Done" not in flat and "Too new" not in flat


def test_a_week_is_the_same_twice_and_follows_its_schema(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("week", "inbox"):
        first, second = (run(year, capsys, name, "--format", "json", today="2026-05-10")[1] for _ in range(2))
        assert first == second
        jsonschema.validate(json.loads(first), printed.schema(name))
    assert json.loads(first)["groups"][0]["items"][0]["id"].startswith("git:")


# --- muster inbox


def test_the_inbox_holds_what_is_undecided_newest_first_with_others_records(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    groups = inbox(year.case(), Decided())
    assert [group.newest for group in groups] == sorted((group.newest for group in groups), reverse=True)
    does = {item.id[4:]: item.does for group in groups for item in group.items if not item.own}
    assert does == {year.built: "referred to", year.reverted: "reverted"}
    own = {item.id[4:] for group in groups for item in group.items if item.own}
    assert own == {*year.lock, *year.pay, *year.search}
    code, out, _ = run(year, capsys, "inbox", today="2026-06-30")
    assert code == 0 and "9 records to decide about" in out
    assert all(len(line) <= 80 or line.startswith("  muster ") for line in out.splitlines())


def test_keeping_dropping_and_tying_by_arguments(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    today = "2026-06-30"
    lock, pay, _search = (thread.id for thread in year.case().threads)
    code, out, err = run(
        year, capsys, "inbox", "--keep", lock, "--drop", f"{pay},{year.search[1][:9]}", "--tie", f"{year.search[0][:12]}={lock}", today=today
    )
    assert code == 0, err
    assert "choices.txt: 4 choices written" in out
    case = year.case()
    assert [len(thread.did) for thread in case.threads] == [4]
    _, out, _ = run(year, capsys, "inbox", today=today)
    assert "Nothing to decide" in out
    _, out, _ = run(year, capsys, "inbox", "--all", today=today)
    assert "(drop)" in out and "(keep)" in out and "(tie)" in out
    assert run(year, capsys, "inbox", "--name", f"{lock}=One lock a team", "--split", year.lock[2][:12], today=today)[0] == 0
    titles = {thread.title for thread in year.case().threads}
    assert titles == {"One lock a team", "Lock with a holder"}
    assert "says so already" in run(year, capsys, "inbox", "--name", f"{lock}=One lock a team", today=today)[1]


@pytest.mark.parametrize(
    "words",
    [
        ["--keep", "t-nowhere"], ["--keep", "123456789abc"], ["--drop", "a"], ["--tie", "123"], ["--tie", "x=y"], ["--merge", "t-"],
        ["--name", "t-1="],
    ],
)  # fmt: skip
def test_what_names_nothing_is_said_and_nothing_is_written(year: Year, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, _, err = run(year, capsys, "inbox", *words, today="2026-06-30")
    assert code == 2 and err.startswith("muster: ")
    assert not (year.root / "choices.txt").exists()


def test_keys_go_through_it_an_undertaking_at_a_time(
    year: Year, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, _pay, search = year.case().threads
    # Newest first: payments (a revert), search with what was built on the lock, …
    answering(monkeypatch, "d\nx\no\nk\nb\nb\n\n\n\n\n\n\n")
    code, out, err = run(year, capsys, "inbox", today="2026-06-30")
    assert code == 0, err
    assert "Enter leaves it undecided" in out and "decided; choices.txt has it" in out
    choices, _ = read_choices(year.root)
    assert choices.seen == date(2026, 6, 30), "gone through to the end"
    assert {one.verb for one in choices.made} == {Verb.DROP, Verb.KEEP}
    assert [thread.title for thread in year.case().threads] == [lock.title, search.title]


def test_tying_by_keys_asks_where_to(year: Year, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (year.root / "claims").mkdir()
    (year.root / "claims/cents.md").write_text("# Cents\n## Problem\nFloats.\n")
    answering(monkeypatch, "t\nnowhere\n1\nq\n")
    code, out, err = run(year, capsys, "inbox", today="2026-06-30")
    assert code == 0, err
    assert "there is no such undertaking" in out
    (choice,) = read_choices(year.root)[0].made
    assert (choice.verb, choice.to) == (Verb.TIE, "claims/cents.md")
    assert year.case().claims[0].evidence
    assert read_choices(year.root)[0].seen is None, "what was not passed was not seen"


def test_new_is_what_came_after_the_last_look(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    (year.root / "choices.txt").write_text("seen 2026-05-05\n")
    _, out, _ = run(year, capsys, "inbox", today="2026-06-30")
    assert "3 new since 5 May" in out
    assert len([line for line in out.splitlines() if line.startswith("* ")]) == 3


def test_a_draft_uses_nothing_that_was_dropped_and_says_what_is_undecided(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    lock = year.case().threads[0].id
    _, out, _ = run(year, capsys, "threads", "--draft", lock, today="2026-06-30")
    assert "<!-- 4 of the 4 records behind this are neither kept nor dropped: muster inbox -->" in out
    (year.root / "choices.txt").write_text(f"drop {year.lock[1]}\nkeep {year.lock[0]} {year.lock[2]}\n")
    _, out, _ = run(year, capsys, "threads", "--draft", lock, today="2026-06-30")
    assert year.lock[1] not in out and year.lock[2] in out
    assert "<!-- 1 of the 3 records" in out, "what Bob built on it"


# --- pages filled in from the record


@pytest.mark.parametrize("type_", TEMPLATES)
def test_every_type_is_filled_in_from_an_undertaking(year: Year, capsys: pytest.CaptureFixture[str], type_: str) -> None:
    assert set(PLACES) == set(TEMPLATES)
    code, _out, err = run(year, capsys, "new", type_, "--from", year.lock[1][:12], today="2026-06-30")
    assert code == 0, err
    book = read(year.root)
    assert not book.problems and not book.skipped
    (entry,) = book.entries
    assert entry.type == type_ and entry.title == year.case().threads[0].title
    assert set(PLACES[type_]) <= {section.title for section in entry.sections}
    assert entry.references or type_ in ("risk", "decline"), "nothing on record says what was asked, or what could happen"
    assert unwritten(entry.body), "what was put in is not yet what somebody wrote"
    assert not unwritten(entry.body + "\nIt was the proxy's timeout.\n")
    assert not project.open_book(book, today=date(2026, 6, 30)).case.unresolved


def test_a_page_knows_who_and_when(year: Year) -> None:
    case = year.case()
    lock = year.holds(case, year.lock[0])
    assert prefill("endorsement", lock, case, "Bob Brink on the lock")["from"] == "Bob Brink"
    assert "2026-01-06 10:00" in str(prefill("incident", lock, case)["Timeline"])
    assert prefill("claim", lock, case)["period"] == "2026-01-05..2026-01-07"
    pay = year.holds(case, year.pay[0])
    assert "took it back" in str(prefill("risk", pay, case)["How I know"])


def test_new_without_a_title_or_with_a_wrong_thread_says_what_to_type(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no title" in run(year, capsys, "new", "note")[2]
    assert "muster threads" in run(year, capsys, "new", "note", "--from", "t-nowhere")[2]
    assert "there is no type" in run(year, capsys, "new", "nota", "--from", "t-nowhere")[2]


# --- moves


def parses(text: str) -> bool:
    """Whether a command can be pasted: its words are a command of muster's with arguments that it takes."""
    program, name, *rest = shlex.split(text)
    command = get_command(app).commands[name]  # type: ignore[attr-defined]
    command.make_context(name, rest, resilient_parsing=False)
    return program == "muster"


def offered(case: Case) -> list[Move]:
    work = [make(Facts(case, ()), name) for name in MOVES]
    return [move for move in work if move.command]


def test_every_move_and_every_command_that_is_printed_can_be_pasted(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    titles = ["It's $HOME `x` \"quoted\"", "--help", "Ünïcode … “so”"]
    for title in titles:
        year.repo.commit(title, {"pay/cents.py": f"c = {len(title)}\n"}, date="2026-05-20T10:00:00+00:00")
    case = year.case()
    assert all(parses(move.command) for move in offered(case))
    said = []
    for words in (["week", "--week", "2026-W21"], ["week", "--week", "2026-W19"], ["inbox"], ["room"]):
        _, out, _ = run(year, capsys, *words, today="2026-06-30")
        said += [line.strip() for line in out.splitlines() if re.match(r"\s+muster \w", line)]
    assert len(said) > 8
    assert all(parses(line) for line in said)
    pages = [line for line in said if " new " in line and " --from " in line]
    assert pages, "they are filled in from the record"
    assert main([*shlex.split(pages[0])[1:], "--today", "2026-06-30", *([] if "--book" in pages[0] else ["--book", str(year.root)])]) == 0
    capsys.readouterr()


def test_never_more_than_three_moves_and_not_two_of_a_sort_while_there_are_others(year: Year) -> None:
    work = project.open_book(read(year.root), today=date(2026, 5, 10))
    visit = week_of(work.case, work.checked, work.rehearsal.moves, work.decided, date(2026, 5, 4))
    assert 1 <= len(visit.moves) <= 3 and len({move.text for move in visit.moves}) == len(visit.moves)
    assert len(visit.lines) <= 7 and sum(line.suggested for line in visit.lines) <= 3
    assert title_of(Move("x", "y", "muster new note 'A b' --from t-1")) == "A b"


def test_a_key_is_one_key_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import os
    import pty
    import sys
    import threading

    main_end, other = pty.openpty()
    try:
        with os.fdopen(os.dup(other), "r") as terminal:
            monkeypatch.setattr(sys, "stdin", terminal)
            pressed = []
            for typed in (b"K", b"\n", b"\x1b[A", b"\x04"):
                later = threading.Timer(0.2, os.write, (main_end, typed))
                later.start()
                pressed.append(keys.key("?"))
                later.join()
    finally:
        os.close(main_end)
        os.close(other)
    assert pressed == ["k", "", "?", "q"]
    assert capsys.readouterr().out.startswith("? K\n")
