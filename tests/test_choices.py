"""choices.txt: what the owner decided is read line by line, written without harm, and outlives the next harvest."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster import book as books
from muster.book import choose, parse_choices, read, read_choices, records, short, verify
from muster.model import Choice, MusterError, Thread, Verb
from muster.threads import decide
from tests.build import Repo
from tests.years import Year

NOW = datetime(2026, 11, 13, 16, tzinfo=UTC)
LOCK, PAY = "a" * 40, "ab" * 20


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "muster.toml").touch()
    return tmp_path


def test_every_line_is_read_by_itself() -> None:
    text = (
        "# what I decided\n\nseen 2026-11-13\nseen 2026-11-06\nkeep 1a2b3c4d5e6f 2b3c4d5e6f7a  # the lock\r\n"
        'Drop: 9f8e7d6c5b4a\ntie 5e6f7a8b9c0d to "claims/my deploys.md"\nname 1a2b3c4 One lock: a team "# 7"\n'
        "merge 1a2b3c4 9f8e7d6\nsplit book:entries/x.md\n"
    )
    choices, problems = parse_choices(text.encode())
    assert not problems
    assert choices.seen == date(2026, 11, 13)
    assert [(one.verb.value, one.ids, one.to, one.line) for one in choices.made] == [
        ("keep", ("1a2b3c4d5e6f", "2b3c4d5e6f7a"), "", 5),
        ("drop", ("9f8e7d6c5b4a",), "", 6),
        ("tie", ("5e6f7a8b9c0d",), "claims/my deploys.md", 7),
        ("name", ("1a2b3c4",), "One lock: a team # 7", 8),
        ("merge", ("1a2b3c4", "9f8e7d6"), "", 9),
        ("split", ("book:entries/x.md",), "", 10),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kepe 1a2b3c4", "keep, drop, tie"),
        ("keep", "names no evidence"),
        ("keep # 1a2b3c4", "names no evidence"),
        ("tie 1a2b3c4", "one place"),
        ("tie to claims/x.md", "one place"),
        ("merge 1a2b3c4", "two or more"),
        ("merge 1a2b3c4 1a2b3c4", "two or more"),
        ("name 1a2b3c4", "no title"),
        ("seen friday", "seen 2026-11-13"),
        ("<<<<<<< HEAD", "no choice"),
        ("keep \udcff", "not UTF-8"),
    ],
)
def test_a_bad_line_is_said_with_its_number_and_costs_only_itself(root: Path, line: str, said: str) -> None:
    (root / "choices.txt").write_bytes(f"keep 1a2b3c4\n{line}\ndrop 9f8e7d6\n".encode("utf-8", "surrogateescape"))
    found = read(root)
    assert [one.where for one in found.problems] == ["choices.txt:2"]
    assert said in found.problems[0].reason
    assert [one.verb for one in found.choices.made] == [Verb.KEEP, Verb.DROP]


@given(st.binary(max_size=300))
def test_no_bytes_raise(content: bytes) -> None:
    choices, problems = parse_choices(content)
    assert len(choices.made) + len(problems) <= content.count(b"\n") + 1


def test_a_choice_takes_the_place_of_an_earlier_one_and_nothing_else_moves(root: Path) -> None:
    path = root / "choices.txt"
    path.write_bytes(b"# mine\nkeep aaaaaaaaaaaa abababababab  # both\n\xff odd\nname aaaaaaa A lock\n")
    assert choose(root, [Choice(Verb.DROP, (f"git:{LOCK}",))], {f"git:{LOCK}": "lock: one\na team"}, now=NOW) == 1
    assert path.read_bytes().splitlines() == [
        b"# mine", b"keep abababababab  # both", b"\xff odd", b"name aaaaaaa A lock", b"drop aaaaaaaaaaaa  # lock: one a team",
    ]  # fmt: skip
    choose(root, [Choice(Verb.TIE, (f"git:{LOCK}", f"git:{PAY}"), "claims/x.md"), Choice(Verb.NAME, (f"git:{LOCK}",), "No. 7 # x")], now=NOW)
    assert path.read_text("latin-1").splitlines()[2:] == ["tie aaaaaaaaaaaa abababababab to claims/x.md", 'name aaaaaaaaaaaa "No. 7 # x"']
    before = path.read_bytes()
    assert choose(root, [Choice(Verb.NAME, (f"git:{LOCK}",), "No. 7 # x")], now=NOW) == 0 and path.read_bytes() == before


def test_writing_is_journalled_and_the_day_of_the_last_look_only_moves_on(root: Path) -> None:
    choose(root, [Choice(Verb.KEEP, (f"git:{LOCK}",))], seen=date(2026, 11, 13), now=NOW)
    choose(root, [], seen=date(2026, 11, 6), now=NOW)
    assert read_choices(root)[0].seen == date(2026, 11, 13)
    assert [one.path for one in records(root)[0]] == ["choices.txt"] and not verify(root)
    text = (root / "choices.txt").read_text()
    assert text.startswith("# What you decided") and "seen 2026-11-13\n" in text
    assert not read_choices(root)[1], "its own header is no line that it cannot read"


def test_a_file_that_cannot_be_written_says_so(root: Path) -> None:
    (root / "choices.txt").mkdir()
    with pytest.raises(MusterError, match=r"choices\.txt"):
        choose(root, [Choice(Verb.KEEP, (f"git:{LOCK}",))])
    assert read(root).problems


def test_two_histories_of_it_merge_line_by_line(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "book")
    repo.commit("A book", {"muster.toml": "", "choices.txt": "# mine\n", ".gitattributes": "choices.txt merge=union\n"})
    repo.branch("laptop")
    choose(repo.path, [Choice(Verb.KEEP, (f"git:{LOCK}",))], now=NOW)
    (repo.path / "journal.jsonl").unlink()
    repo.commit("Keep")
    repo.checkout("main")
    choose(repo.path, [Choice(Verb.DROP, (f"git:{PAY}",))], now=NOW)
    (repo.path / "journal.jsonl").unlink()
    repo.commit("Drop")
    repo.merge("laptop", "Both")
    choices, problems = read_choices(repo.path)
    assert not problems and {(one.verb.value, one.ids) for one in choices.made} == {
        ("keep", ("aaaaaaaaaaaa",)), ("drop", ("abababababab",)),
    }  # fmt: skip


def test_ids_are_put_in_full_and_what_is_not_there_is_said() -> None:
    ids = [f"git:{LOCK}", f"git:{PAY}", f"git:{PAY}#reviewed-by:bob@example.org", "book:entries/my note.md", "git:" + "aaaaaaaa" + "b" * 32]
    choices, _ = parse_choices(
        b'keep ab\nkeep abababab#reviewed-by:bob@example.org\ndrop "entries/my note.md" aaaaaaa\ndrop ccccccc\ntie abababa to claims/x\n'
    )
    decided, lost = decide(choices, ids, ["claims/x.md"])
    assert decided.states == {
        ids[2]: Verb.KEEP, ids[3]: Verb.DROP, ids[1]: Verb.TIE,
    }  # fmt: skip
    assert decided.claims == {"claims/x.md": (ids[1],)}
    said = {one.where: one.reason for one in lost}
    assert "2 records" in said["choices.txt:3"]
    assert "not in what is connected now" in said["choices.txt:4"] and "choices.txt:1" in said


@given(st.text(max_size=60))
@settings(max_examples=50)
def test_any_title_reads_back_as_one_line(tmp_path_factory: pytest.TempPathFactory, title: str) -> None:
    root = tmp_path_factory.mktemp("book")
    choose(root, [Choice(Verb.NAME, (f"git:{LOCK}",), title), Choice(Verb.KEEP, ("x:an id # with blanks",))], {f"git:{LOCK}": title})
    choices, problems = read_choices(root)
    assert [one.ids for one in choices.made][-1] == ("x:an id # with blanks",)
    assert len(choices.made) + len(problems) == 2


def test_short_names_are_matched_by_what_they_shorten() -> None:
    for id_ in (f"git:{LOCK}", f"git:{LOCK}#reviewed-by:bob@example.org", "book:entries/a.md", "github:acme/x#1"):
        assert books.matches(short(id_), id_)
    assert not books.matches(short(f"git:{LOCK}"), f"git:{LOCK}#reviewed-by:bob@example.org")
    assert not books.matches("aaaaaaa", f"git:{PAY}")


# --- done to threads

@pytest.fixture
def year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Year:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Year(tmp_path)


def did(thread: Thread) -> set[str]:
    return {id_[4:] for id_ in thread.did}


def test_undertakings_are_merged_split_named_and_dropped(year: Year) -> None:
    before = year.case()
    assert [did(thread) for thread in before.threads] == [set(year.lock), set(year.pay), set(year.search)]
    case = year.case(
        f"merge {year.lock[0][:12]} {year.search[1][:12]}", f"name {year.lock[2][:12]} One lock a team", f"split {year.lock[1][:12]}",
        f"drop {year.pay[0]} {year.pay[1]}",
    )  # fmt: skip
    threads = {thread.title: did(thread) for thread in case.threads}
    assert threads["One lock a team"] == {year.lock[0], year.lock[2], *year.search}
    assert threads["Lease on the lock"] == {year.lock[1]}
    assert len(threads) == 2
    assert any("2 records left out" in one.reason for one in case.skipped), "what was dropped is said"
    assert f"git:{year.pay[0]}" in case.evidence, "dropping takes nothing from the record"


def test_choices_outlive_the_next_harvest(year: Year) -> None:
    lines = (f"name {year.lock[0][:12]} One lock a team", f"drop {year.search[0][:12]} {year.search[1][:12]}")
    year.case(*lines)
    # An older change comes in with a branch, and a newer one: the thread has another id now, and keeps its name.
    first = year.case().threads[0].id
    year.repo.commit("Lock begun", {"lock/a.py": "a = 5\n", "lock/team.py": "t = 5\n"}, date="2026-01-04T10:00:00+00:00")
    new = year.repo.commit("Search is fast", {"search/index.py": "i = 3\n"}, date="2026-05-08T10:00:00+00:00")
    case = year.case()
    lock = year.holds(case, year.lock[0])
    assert lock.id != first and lock.title == "One lock a team"
    assert did(year.holds(case, new)) == {new}, "what is new was not dropped; what was dropped does not come back"


def test_a_record_is_tied_to_an_undertaking_or_a_claim(year: Year) -> None:
    (year.root / "claims").mkdir()
    (year.root / "claims/pay.md").write_text(f"# Cents\n## Problem\nFloats ({year.pay[0][:12]}).\n")
    case = year.case(
        f"tie {year.search[1][:12]} {year.reverted[:12]} to {year.lock[0][:12]}", f"tie {year.built[:12]} to claims/pay.md",
    )  # fmt: skip
    lock = year.holds(case, year.lock[0])
    assert {year.search[1], *year.lock} <= did(lock)
    assert f"git:{year.reverted}" in lock.evidence and f"git:{year.reverted}" not in lock.changed
    assert f"git:{year.built}" in case.claims[0].evidence


def test_what_somebody_else_did_can_be_dropped_but_not_what_speaks_against_the_work(year: Year) -> None:
    case = year.case(f"drop {year.built[:12]} {year.reverted[:12]} {year.pay[1][:12]}")
    assert f"git:{year.built}" not in year.holds(case, year.lock[0]).evidence
    pay = year.holds(case, year.pay[0])
    assert pay.counter == (f"git:{year.reverted}",) and f"git:{year.reverted}" in pay.evidence
    assert did(pay) == set(year.pay), "a reverted change stays in an undertaking that stays"
    assert any(year.pay[1][:12] in one.reason and "speaks against" in one.reason for one in case.skipped)


def test_what_vanished_from_the_history_is_said(year: Year) -> None:
    case = year.case("keep 123456789abc", f"merge {year.lock[0][:12]} 123456789abd", f"tie {year.pay[0][:12]} to 123456789abe")
    assert [did(thread) for thread in case.threads] == [set(year.lock), set(year.pay), set(year.search)]
    assert [one.where for one in case.skipped if one.where.startswith("choices")] == ["choices.txt:1", "choices.txt:2", "choices.txt:3"]


def test_no_choices_change_nothing(year: Year) -> None:
    before = year.case()
    after = year.case("# nothing", f"keep {year.lock[0][:12]}", "seen 2026-06-01")
    assert before.threads == after.threads and before.claims == after.claims
