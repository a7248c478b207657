from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from muster.lake import Lake, later
from muster.model import Entry, Grade, Participant, Role
from muster.people import resolve
from muster.sources.git import Harvest, Settings, harvest
from muster.survival import survive
from tests.build import ANN, BOB, CYD, Repo

WEB = "GitHub <noreply@github.com>"


def lake_of(*repos: Repo, me: tuple[str, ...] = (), entries: tuple[Entry, ...] = (), today: date | None = None) -> Lake:
    harvests: list[Harvest] = [harvest(Settings(repo.path)) for repo in repos]
    return Lake.build(harvests, resolve(harvests, None, me), entries, today=today)


def rows(lake: Lake, sql: str) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = lake.db.execute(sql).fetchall()
    return found


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "r")


def test_a_commit(repo: Repo) -> None:
    repo.git("config", "remote.origin.url", "https://github.com/acme/app.git")
    sha = repo.commit("Add x\n\nThe body.\n\nReviewed-by: Cyd Chase <cyd@example.org>\nAcked-by: @dan\nReviewed-by: Bob Brink <bob@example.org>",
                      {"x.py": "x"}, author=BOB, date="2026-01-05T10:00:00+02:00", committer=ANN,
                      committed="2026-01-07T00:00:00+00:00")
    lake = lake_of(repo)
    found = lake.evidence([f"git:{sha}", "git:none"])
    assert list(found) == [f"git:{sha}"]
    piece = found[f"git:{sha}"]
    assert piece.participants == (
        Participant("bob@example.org", Role.AUTHOR), Participant("bob@example.org", Role.REVIEWER),
        Participant("cyd@example.org", Role.REVIEWER), Participant("@dan", Role.ACKER), Participant("ann@example.org", Role.LANDER),
    )
    assert (piece.kind, piece.origin, piece.ref, piece.title, piece.actor) == ("change", "acme/app", sha, "Add x", "bob@example.org")
    assert piece.happened_at == datetime(2026, 1, 5, 8, tzinfo=UTC) and piece.recorded_at == datetime(2026, 1, 7, tzinfo=UTC)
    assert piece.url == f"https://github.com/acme/app/commit/{sha}" and piece.grade is Grade.KEPT
    reviews = rows(lake, "SELECT id, actor, happened_at, grade, ref FROM evidence WHERE kind = 'review' ORDER BY id")
    assert [row[:2] for row in reviews] == [(f"git:{sha}#reviewed-by:{who}", who) for who in ("@dan", "cyd@example.org")]
    assert reviews[0][2] == datetime(2026, 1, 7) and reviews[0][4] == sha
    assert rows(lake, "SELECT id, origin, seq, path, status, kind FROM change") == [(f"git:{sha}", "acme/app", 0, "x.py", "A", "code")]
    assert ("cyd@example.org", "Cyd Chase", False) in rows(lake, "SELECT * FROM person ORDER BY person")


@pytest.mark.parametrize("committer", [WEB, "k8s-ci-robot <robot@k.example>", BOB])
def test_no_lander(repo: Repo, committer: str) -> None:
    repo.commit("One", {"x": "x"}, author=BOB, committer=committer)
    assert rows(lake_of(repo), "SELECT person, role FROM participant") == [("bob@example.org", "author")]


def test_kinds_and_bulk(repo: Repo) -> None:
    for title, files in {
        "code": {"a.py": "a"},
        "proposal": {"docs/adr/0001-x.md": "x"},
        "code and new proposal": {"docs/adr/0002-y.md": "y", "a.py": "aa"},
        "code and old proposal": {"docs/adr/0002-y.md": "yy", "a.py": "aaa"},
        "old proposal and its index": {"docs/adr/0002-y.md": "yyy", "README.md": "r"},
        "readme": {"README.md": "rr"},
        "vendored": {"vendor/a.go": "a", "go.sum": "s"},
        "vendored and code": {"vendor/a.go": "aa", "a.py": "4"},
        "sweep": {f"many/{number}.py": "" for number in range(201)},
        "empty": {},
    }.items():
        repo.commit(title, files)
    repo.branch("side", "HEAD~1")
    repo.commit("on the side", {"s.py": "s"})
    repo.checkout("main")
    repo.merge("side", "merge")
    found = {row[0]: row[1:] for row in rows(lake_of(repo), "SELECT title, kind, bulk, merge FROM evidence")}
    assert {title for title, row in found.items() if row[0] == "document"} == {
        "proposal", "code and new proposal", "old proposal and its index"}
    assert {title for title, row in found.items() if row[1]} == {"vendored", "sweep", "merge"}
    assert {title for title, row in found.items() if row[2]} == {"merge"}


def test_dates_nobody_believes(repo: Repo) -> None:
    repo.commit("early", date="1985-01-01T00:00:00+00:00", committed="2026-01-01T00:00:00+00:00")
    repo.commit("late", date="2026-03-03T00:00:00+00:00")
    repo.commit("far", date="@13540000000 +0000")
    query = "SELECT title FROM evidence WHERE happened_at IS NULL ORDER BY seq"
    assert rows(lake_of(repo), query) == [("early",), ("far",)]
    repo.commit("last", date="2026-03-02T00:00:00+00:00")
    assert rows(lake_of(repo, today=date(2026, 3, 2)), query) == [("early",), ("far",)]
    assert rows(lake_of(repo, today=date(2026, 3, 1)), query) == [("early",), ("late",), ("far",)]
    assert rows(lake_of(repo), "SELECT recorded_at FROM evidence WHERE title = 'early'") == [(datetime(2026, 1, 1),)]


def test_a_commit_in_two_repositories_counts_once(repo: Repo, tmp_path: Path) -> None:
    repo.commit("Shared", {"x.py": "x"})
    fork = Repo(tmp_path / "copies" / "r")
    fork.git("pull", "--quiet", str(repo.path), "main")
    fork.commit("Fork's own", {"y.py": "y"}, author=CYD)
    lake = lake_of(repo, fork)
    assert rows(lake, "SELECT origin, title FROM evidence ORDER BY origin") == [("r", "Shared"), ("r-2", "Fork's own")]
    assert rows(lake, "SELECT origin, path FROM change ORDER BY origin") == [("r", "x.py"), ("r-2", "y.py")]
    assert lake.repository("r-2").path == fork.path and lake.harvest("r").path == repo.path
    with pytest.raises(KeyError):
        lake.repository("none")


def test_the_book(repo: Repo) -> None:
    repo.commit("One", author=BOB)
    entry = Entry("log/2026-W02.md", "log", "A week", date(2026, 1, 8), datetime(2026, 1, 9, 12, tzinfo=UTC), Grade.KEPT, body="Text.")
    lake = lake_of(repo, me=("bob@example.org",), entries=(entry, Entry("n.md", "note", "N", None, None, Grade.SAID)))
    piece = lake.evidence([entry.id])[entry.id]
    assert (piece.source, piece.kind, piece.origin, piece.actor, piece.text) == ("book", "log", "book", "bob@example.org", "Text.")
    assert piece.happened_at == datetime(2026, 1, 8, tzinfo=UTC) and piece.recorded_at == entry.recorded_at
    assert lake.evidence(["book:n.md"])["book:n.md"].lag is None


def test_the_same_input_gives_the_same_lake(repo: Repo) -> None:
    for number in range(30):
        repo.commit(f"No. {number}\n\nReviewed-by: C <c{number % 3}@x.example>", {f"{number % 7}.py": str(number)}, author=(ANN, BOB)[number % 2])
    one, two = lake_of(repo), lake_of(repo)
    for table in ("evidence", "change", "participant", "person"):
        assert rows(one, f"SELECT * FROM {table}") == rows(two, f"SELECT * FROM {table}")
    ids = [str(row[0]) for row in rows(one, "SELECT id FROM evidence ORDER BY random()")]
    assert list(one.evidence(ids)) == ids


def test_nothing_at_all() -> None:
    lake = Lake.build((), resolve(()))
    assert lake.evidence(["x"]) == {} and rows(lake, "SELECT count(*) FROM evidence") == [(0,)]


def test_what_sorts_of_commits_there_are_is_counted(repo: Repo) -> None:
    repo.commit("Start", {"a.py": "a"})
    repo.branch("side")
    repo.commit("On the side (#12)\n\nChange-Id: I1\nSigned-off-by: Ann Arbor <ann@example.org>", {"s.py": "s"})
    repo.checkout("main")
    repo.commit("Picked\n\nCo-authored-by: Bob Brink <bob@example.org>\n(cherry picked from commit " + "1" * 40 + ")", {"b.py": "b"})
    repo.merge("side", "Merge side")
    repo.commit("Bump\n\nTested-by: Cyd Chase <cyd@example.org>", {"go.sum": "1"}, author="acme-bot[bot] <bot@example.org>")
    lake = lake_of(repo)
    assert dict(lake.among("r")) == {
        "merges": 1, "squash merges by their titles": 1, "cherry-picks that say so": 1, "bulk changes": 1,
        "by automation accounts": 1, "with a co-author": 1, "tested by name": 1, "with a Change-Id": 1, "signed off": 1,
    }
    assert lake.among("none") == ()


def test_what_was_recorded_after_today_at_the_end_is_no_evidence_yet(repo: Repo) -> None:
    first = repo.commit("One", {"x": "x"}, author=BOB, date="2026-01-05T10:00:00+00:00")
    odd = repo.commit("Odd clock", {"x": "y"}, author=BOB, date="2031-01-05T10:00:00+00:00")
    last = repo.commit("Two", {"x": "z"}, author=BOB, date="2026-02-05T10:00:00+00:00")
    repo.commit("Later", {"x": "later", "new": "n"}, author=BOB, date="2026-06-05T10:00:00+00:00")
    lake = lake_of(repo, today=date(2026, 3, 1))
    assert rows(lake, "SELECT id, happened_at IS NULL FROM evidence ORDER BY seq") == [
        (f"git:{first}", False), (f"git:{odd}", True), (f"git:{last}", False),
    ]
    assert ("new",) not in rows(lake, "SELECT path FROM change")
    assert len(rows(lake_of(repo, today=date(2026, 7, 1)), "SELECT id FROM evidence")) == 4


def test_what_was_recorded_after_the_day_is_left_out_wherever_it_stands(repo: Repo) -> None:
    repo.commit("start", {"a.py": "1\n2\n"}, date="2026-01-01T00:00:00+00:00")
    repo.commit("edit", {"a.py": "1\n3\n"}, date="2026-05-01T00:00:00+00:00")
    repo.commit("old clock", {"b.py": "1\n"}, date="2026-02-01T00:00:00+00:00")
    repo.commit("newest", {"c.py": "1\n"}, date="2026-06-01T00:00:00+00:00")
    harvested = harvest(Settings(repo.path))
    lake = Lake.build([harvested], resolve([harvested]), today=date(2026, 3, 1), survivals={harvested.name: survive(harvested)})
    assert rows(lake, "SELECT title FROM evidence ORDER BY seq") == [("start",), ("old clock",)]
    assert rows(lake, "SELECT DISTINCT path FROM change ORDER BY path") == [("a.py",), ("b.py",)]
    # The second line was changed in May: in March it still stood.
    assert rows(lake, "SELECT path, sum(lines), count(ended) FROM line GROUP BY path ORDER BY path") == [("a.py", 2, 0), ("b.py", 1, 0)]
    assert later(harvested, date(2026, 3, 1)) == 2
