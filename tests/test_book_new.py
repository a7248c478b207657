"""New entries and new books."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.book import (
    TEMPLATES,
    Answers,
    claim_of,
    detect,
    find_book,
    init,
    new,
    parse_settings,
    read,
    read_entry,
    records,
    verify,
)
from muster.book.start import settings_text
from muster.book.templates import clean, page, slug
from muster.model import ENTRY_TYPES, Grade, MusterError
from tests.build import Repo

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "muster.toml").touch()
    return tmp_path


def test_there_is_a_template_for_every_type_but_the_log() -> None:
    assert set(TEMPLATES) == set(ENTRY_TYPES) - {"log"}


@pytest.mark.parametrize("type_", TEMPLATES)
def test_a_template_reads_back_as_what_it_is(root: Path, type_: str) -> None:
    path = new(root, type_, "Retry budget: for Ümläut & co", TODAY, now=NOW)
    found = read(root)
    assert (found.skipped, found.problems) == ((), ())
    (entry,) = found.entries
    assert root / entry.path == path
    assert (entry.type, entry.title, entry.grade, entry.recorded_at) == (type_, "Retry budget: for Ümläut & co", Grade.KEPT, NOW)
    assert [section.title for section in entry.sections] == [heading for heading, _ in TEMPLATES[type_][1]]
    assert all(section.text.startswith("<!-- ") for section in entry.sections)
    assert entry.references == ()
    if type_ == "claim":
        assert entry.path == "claims/retry-budget-for-umlaut-co.md"
        assert not any(beat for _, beat in claim_of(entry).beats)
    else:
        assert (entry.path, entry.happened_at) == ("entries/2026-03-02-retry-budget-for-umlaut-co.md", TODAY)
    assert [one.path for one in records(root)[0]] == [entry.path] and verify(root) == ()


def test_nothing_is_overwritten(root: Path) -> None:
    names = [new(root, "note", "Same title", TODAY).name for _ in range(3)]
    assert names == ["2026-03-02-same-title.md", "2026-03-02-same-title-2.md", "2026-03-02-same-title-3.md"]
    assert new(root, "claim", "README", TODAY).name == "claim-readme.md"
    assert sorted(path.name for path in (root / "entries").iterdir()) == sorted(names)


def test_what_is_known_is_filled_in(root: Path) -> None:
    known = {
        "period": "2026-03..2026-06", "witnesses": ["dana@example.org", 'the "lead", really'], "links": ["acme/api#12"],
        "Problem": "Deploys waited, see #7.", "numbers": {"p95": {"data": "data/x.csv", "event": TODAY}},
    }  # fmt: skip
    new(root, "claim", "Deploys", TODAY, known)
    found = read(root)
    assert (found.skipped, found.problems) == ((), ())
    (claim,) = found.claims
    assert str(claim.period) == "2026-03-01..2026-06-30"
    assert claim.witnesses == ("dana@example.org", 'the "lead", really')
    assert claim.problem.text == "Deploys waited, see #7."
    assert claim.numbers[0].settings == {"event": TODAY}
    assert [one.target for one in found.entries[0].references] == ["acme/api#12", "#7"]
    with pytest.raises(ValueError, match="no place for 'Colour'"):
        page("claim", "x", TODAY, {"Colour": "red"})


PREFILLED = st.fixed_dictionaries(
    {}, optional={"status": st.text(max_size=30), "outcome": st.text(max_size=30), "tags": st.lists(st.text(max_size=20), max_size=3)}
)


@given(st.sampled_from(sorted(TEMPLATES)), st.text(max_size=80), PREFILLED)
def test_any_title_and_front_matter_read_back(type_: str, title: str, known: dict[str, object]) -> None:
    title = clean(title)
    if not title:
        return
    entry = read_entry("entries/x.md", page(type_, title, TODAY, known))
    assert (entry.type, entry.title) == (type_, title)
    assert entry.meta.get("status", "") == clean(str(known.get("status", entry.meta.get("status", ""))))
    if "tags" in known:
        tags = known["tags"]
        assert isinstance(tags, list)
        assert entry.meta["tags"] == [clean(tag) for tag in tags]
    assert [section.title for section in entry.sections] == [heading for heading, _ in TEMPLATES[type_][1]]


@given(st.text(max_size=200))
def test_a_slug_is_a_file_name(title: str) -> None:
    name = slug(title)
    assert len(name) <= 60 and len(name.encode()) <= 120 and not set(name) & set("/\\.: \n\x00") and name == name.strip("-")


@pytest.mark.parametrize(
    ("type_", "title", "seen", "next_"),
    [
        ("decison", "x", "there is no type 'decison'", "Did you mean `decision`? Known are proposal, decision,"),
        ("log", "x", "a log is written line by line", 'Type: muster log "'),
        ("note", " \n ", "the title is empty", 'muster new note "'),
    ],
)
def test_mistakes_say_what_to_type_next(root: Path, type_: str, title: str, seen: str, next_: str) -> None:
    with pytest.raises(MusterError) as error:
        new(root, type_, title, TODAY)
    assert error.value.seen == seen and next_ in error.value.next
    assert [path.name for path in root.iterdir()] == ["muster.toml"]


# --------------------------------------------------------------------------------------------------------------
# A new book


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Noor Haddad\n\temail = Noor@Example.org\n[safe]\n\tdirectory = *\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    work = tmp_path / "work"
    Repo(work / "api").commit("one", {".github/CODEOWNERS": "* @acme/api\n"})
    Repo(work / "group" / "web").commit("one", {"OWNERS": "approvers: [noor]\n"})
    Repo(work / "group" / "deeper" / "far").commit("one")
    Repo(work / "book" / "vendor" / "inner").commit("one")
    return work


def test_a_book_begins_with_what_is_found(home: Path) -> None:
    root = home / "book"
    found = detect(root)
    assert (found.name, found.emails) == ("Noor Haddad", ("noor@example.org",))
    assert found.repositories == ("vendor/inner", "../api", "../group/web")
    assert found.found == ("../api/.github/CODEOWNERS", "../group/web/OWNERS")
    report = init(root, found)
    assert report.git and (root / ".git").is_dir()
    assert set(report.made) == {"muster.toml", "org/", "log/", "entries/", "claims/", "data/", "keep/", ".gitignore"}
    assert (root / ".gitignore").read_text() == ".muster/\n"
    text = (root / "muster.toml").read_text()
    assert "# found: ../api/.github/CODEOWNERS" in text
    settings_ = read(root).settings
    assert (settings_.name, settings_.emails, settings_.repositories) == ("Noor Haddad", ("noor@example.org",), found.repositories)
    assert "owner: Noor Haddad, noor@example.org" in report.text() and 'muster log "…"' in report.text()


def test_a_book_that_is_there_is_never_overwritten(home: Path) -> None:
    root = home / "book"
    init(root)
    before = (root / "muster.toml").read_bytes()
    with pytest.raises(MusterError) as error:
        init(root)
    assert error.value.seen == "there is a book here already"
    assert (root / "muster.toml").read_bytes() == before


def test_a_book_within_a_repository_begins_no_other(home: Path) -> None:
    root = home / "api" / "notes"
    found = detect(root)
    assert found.repositories[0] == ".."
    report = init(root, found)
    assert not report.git and not (root / ".git").exists()
    assert find_book(root / "log") == root


def test_a_file_where_the_book_should_go_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(MusterError, match="cannot be written"):
        init(tmp_path / "file", Answers())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40), st.text(max_size=40), st.lists(st.text(max_size=20), max_size=3), st.dates(), st.text(max_size=20))
def test_any_answers_make_settings_that_can_be_read(name: str, sentence: str, repositories: list[str], since: date, level: str) -> None:
    answers = Answers(name=name, sentence=sentence, repositories=tuple(repositories), since=since, level_to=level, found=tuple(repositories))
    found = parse_settings(settings_text(answers))
    assert (found.name, found.sentence, found.since) == (clean(name), clean(sentence), since)
    assert found.level_to == (clean(level) or "Staff")


def test_no_book_anywhere_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(MusterError) as error:
        find_book(tmp_path)
    assert "muster init" in error.value.next
