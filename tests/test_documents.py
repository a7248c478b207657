"""Documents and incident reviews in folders: what is read of each layout, what is left out, and which dates are believed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from muster.model import Evidence, MusterError, Role
from muster.sources import Gathered, gather
from muster.sources._papers import day_of, instant
from tests.sources import documents, incidents


def put(root: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def read(root: Path, source: str, settings: dict[str, object], files: dict[str, bytes]) -> Gathered:
    put(root, files)
    return gather(source, settings, root)


def one(found: Gathered, part: str) -> Evidence:
    return next(piece for piece in found.evidence if part in piece.id)


def became(piece: Evidence) -> list[str]:
    return [value for name, value in piece.facts if name == "became"]


@pytest.fixture
def papers(tmp_path: Path) -> Gathered:
    return read(tmp_path, "documents", dict(documents.SETTINGS), documents.FILES)


def test_a_madr(papers: Gathered) -> None:
    page = one(papers, "0001-one-queue")
    assert (page.kind, page.title, page.actor, str(page.happened_at)[:10]) == ("decision", "One queue for each service", "documents:nobody", "2026-02-03")
    assert page.facts == (("status", "accepted"), ("decided-by", "documents:Ann_Arbor"), ("decided-by", "@bob"))
    assert [account.bot for account in papers.accounts if account.id == page.actor] == [True], "nobody is counted for what nobody signed"
    assert page.recorded_at is None and page.grade.word == "said"


def test_an_adr_keeps_its_history(papers: Gathered) -> None:
    page = one(papers, "0002-old-form")
    assert page.fact("status") == "superseded", "the last of those that have a date"
    assert became(page) == ["2025-11-10 accepted", "2026-01-05 superseded"]


def test_an_rfc(papers: Gathered) -> None:
    page = one(papers, "0007-retry")
    assert (page.kind, page.title, page.actor, page.fact("created")) == ("proposal", "retry budget", "ann@example.org", "2025-08-11")


def test_a_kep_is_its_folder(papers: Gathered) -> None:
    page = one(papers, "1287-drain")
    assert page.id == "documents:keep/keps/1287-drain" and page.title == "Drain before a restart"
    assert (page.actor, [(part.person, part.role) for part in page.participants]) == ("@annar", [("@bob", Role.CO_AUTHOR)])
    assert became(page) == ["2026-03-02 proposed", "2026-03-20 implementable"], "what was implemented of it is no status of the whole"


def test_a_pep(papers: Gathered) -> None:
    page = one(papers, "pep-0008")
    assert (page.title, page.actor, page.fact("status"), page.fact("created")) == ("Style", "cyd@example.org", "rejected", "2025-07-05")
    assert became(page) == ["2025-09-14 rejected"]
    assert {account.id: account.name for account in papers.accounts}["dee@example.org"] == "Dee Dorn"


def test_dates_of_files_are_not_looked_at(tmp_path: Path) -> None:
    settings: dict[str, object] = dict(documents.SETTINGS)
    first = read(tmp_path, "documents", settings, documents.FILES)
    for path in tmp_path.rglob("*"):
        os.utime(path, (0, 0))
    assert gather("documents", settings, tmp_path) == first


def test_what_is_no_document_is_counted_with_why(tmp_path: Path) -> None:
    found = read(tmp_path, "documents", {"folders": ["d", "gone"]}, {
        "d/README.md": b"# All of them\n", "d/template.md": b"# X\nStatus: accepted\n", "d/notes.md": b"# Notes\n\nNothing.\n",
        "d/0001-a.md": b"# A\n", "d/0003-b.md": b"\0\0", "d/x/pep-0639.rst": b"PEP: 639\nTitle: T\n\nx\n", "d/x/pep-0639/appendix-a.rst": b"x\n",
        "d/node_modules/y/0001-z.md": b"# Z\nStatus: accepted\n", "d/adr/choose/README.md": b"# Choose\n\nStatus: accepted\n", "d/adr/other/README.md": b"# Other\n",
    })  # fmt: skip
    assert [piece.id.removeprefix("documents:") for piece in found.evidence] == ["d/adr/choose/README.md", "d/adr/other/README.md", "d/x/pep-0639.rst"]
    assert sorted((one.reason, one.count) for one in found.skipped) == [
        ("a read-me, an index, a template or the like", 2), ("appendices of the document of that name", 1),
        ("d/0001-a.md: no author, status or date at its top, and no number in its name", 1),
        ("d/notes.md: no author, status or date at its top, and no number in its name", 1), ("not a text", 1), ("there is no such file or folder", 1),
    ]  # fmt: skip


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, {"secret/0001-x.md": b"# X\nStatus: accepted\n", "d/adr/0002-y.md": b"# Y\n\nStatus: accepted\n"})
    (tmp_path / "d/adr/0001-x.md").symlink_to(tmp_path / "secret/0001-x.md")
    (tmp_path / "d/all").symlink_to(tmp_path / "secret")
    assert [piece.ref for piece in gather("documents", {"folders": ["d"]}, tmp_path).evidence] == ["d/adr/0002-y.md"]


def test_no_machines_folder_is_in_an_id(tmp_path: Path) -> None:
    put(tmp_path, {"handbook/adr/0001-x.md": b"# X\n\nStatus: accepted\n", "book/adr/0001-x.md": b"# X\n\nStatus: accepted\n"})
    found = gather("documents", {"folders": [str(tmp_path / "handbook"), "adr", "../handbook/adr"]}, tmp_path / "book")
    assert [piece.id for piece in found.evidence] == ["documents:handbook/adr/0001-x.md", "documents:adr/0001-x.md", "documents:adr+/0001-x.md"]


@pytest.mark.parametrize(("text", "day"), [
    ("2020-05-06", "2020-05-06"), ("2016-08-18T19:00:00Z", "2016-08-18"), ("May 6, 2020", "2020-05-06"), ("Sep 5th, 2023", "2023-09-05"),
    ("4th of March 2026", "2026-03-04"), ("28-Feb-2018", "2018-02-28"), ("2023-14-05", None), ("05/06/2020", None), ("YYYY-MM-DD", None), ("12020-05-061", None),
])  # fmt: skip
def test_days(text: str, day: str | None) -> None:
    assert str(day_of(text)) == str(day)


def test_an_hour_is_believed_only_with_its_zone() -> None:
    def of(text: str) -> tuple[str, bool]:
        found = instant(text)
        assert found is not None
        return found[0].isoformat(), found[1]

    assert of("2026-02-17 09:10 UTC") == ("2026-02-17T09:10:00+00:00", True)
    assert of("2025-10-19T23:48:00-0700") == ("2025-10-20T06:48:00+00:00", True)
    assert of("2026-02-17 09:10") == ("2026-02-17T00:00:00+00:00", False)
    assert of("2026-02-17T00:00:00Z") == ("2026-02-17T00:00:00+00:00", False)
    assert of("2026-02-17 29:10 UTC") == ("2026-02-17T00:00:00+00:00", False)


def test_incidents(tmp_path: Path) -> None:
    found = read(tmp_path, "incidents", dict(incidents.SETTINGS), incidents.FILES)
    page = one(found, "locks")
    assert (page.title, page.actor, page.kind) == ("Deploys stopped", "ann@example.org", "incident")
    assert page.facts == (
        ("service", "deploy"), ("began", "2026-02-17T09:10:00+00:00"), ("ended", "2026-02-17T10:00:00+00:00"), ("urgency", "high"))
    assert [(part.person, part.role) for part in page.participants] == [("@bob", Role.RESPONDER), ("incidents:Cyd_Chase", Role.RESPONDER)]
    queue = one(found, "queue")
    assert (str(queue.happened_at)[:10], queue.fact("began"), [value for name, value in queue.facts if name == "service"]) == ("2026-03-01", None, ["queue", "search"])
    assert (str(one(found, "pages").happened_at)[:10], one(found, "pages").fact("began")) == ("2026-04-02", None), "its first line need not be its beginning"
    row = one(found, "INC-7")
    assert row.id == "incidents:keep/incidents.csv#INC-7" and row.fact("began") == "2026-05-01T08:00:00+00:00", "in the zone of the settings"
    assert [part.person for part in row.participants] == ["@ann", "bob@example.org"]


def test_incidents_that_cannot_be_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, "incidents", {"paths": ["i"]}, {
        "i/a.md": b"# No day\n", "i/b.md": b"# B\n\nStarted: 2026-02-02 10:00 UTC\nResolved: 2026-02-01 10:00 UTC\n", "i/c.csv": b"name,colour\nx,red\n",
        "i/d.csv": b"id,date\n1,2026-01-01\n2,soon\n", "i/template.md": b"# T\n",
    })  # fmt: skip
    assert [piece.ref for piece in found.evidence] == ["i/d.csv#1"]
    assert [one.reason for one in found.skipped] == [
        "i/a.md: no day on which it began", "i/b.md: it ends before it begins", "no column says when an incident began (id,title,started,resolved,service,responders)",
        "i/d.csv: no day on which it began", "a read-me, an index, a template or the like",
    ]  # fmt: skip
    with pytest.raises(MusterError, match="no time zone"):
        gather("incidents", {"paths": ["i"], "zone": "../../etc/passwd"}, tmp_path)
