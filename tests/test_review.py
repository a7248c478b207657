"""From a repository to a case, whole: who did what, whose area it was at that commit, and who is outside."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from muster import project, rules
from muster.model import Case, LinkKind
from tests.build import BOB, CYD, Repo

TODAY = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def case_of(*repositories: Repo, me: str = "ann@example.org", org: Path | None = None) -> Case:
    return project.review([repo.path for repo in repositories], [me], today=TODAY, org=org).case


def mine(case: Case) -> set[str]:
    return {piece.title for piece in case.evidence.values() if case.mine(piece) and piece.kind != "review"}


def test_one_person_under_two_addresses_with_a_co_author_and_a_bot(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("Map", {".mailmap": "Ann Arbor <ann@example.org> <ann@old.example>\n"}, author=CYD)
    repo.commit("By the old address", {"a.py": "1"}, author="Ann A. <ann@old.example>", date="2026-02-01T09:00:00+00:00")
    repo.commit("By Bob\n\nCo-authored-by: Ann <ann@old.example>", {"b.py": "1"}, author=BOB, date="2026-02-02T09:00:00+00:00")
    repo.commit("Bump", {"go.sum": "1"}, author="acme-bot[bot] <bot@example.org>", date="2026-02-03T09:00:00+00:00")
    repo.commit("By Bob alone", {"c.py": "1"}, author=BOB, date="2026-02-04T09:00:00+00:00")
    assert mine(case_of(repo)) == {"By the old address", "By Bob"}


def test_an_area_is_judged_by_its_owner_before_the_commit(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    org = tmp_path / "org"
    org.mkdir()
    (org / "teams.csv").write_text(
        "person,team,since,until\nann@example.org,platform,2025-01-01,\nbob@example.org,payments,2025-01-01,\n"
    )
    repo.commit("Begin", {"CODEOWNERS": "/lock/ @acme/platform\n/pay/ @acme/payments\n", "lock/a.py": "1", "pay/p.py": "1"}, author=CYD)
    before = repo.commit("While it is theirs", {"pay/p.py": "2"}, date="2026-02-01T09:00:00+00:00")
    taking = repo.commit(
        "Take it over", {"CODEOWNERS": "/lock/ @acme/platform\n/pay/ @acme/platform\n", "pay/p.py": "3"}, date="2026-02-02T09:00:00+00:00"
    )
    after = repo.commit("Now it is ours", {"pay/p.py": "4"}, date="2026-02-03T09:00:00+00:00")
    case = case_of(repo, org=org)
    own = {
        sha: next(touch.own for touch in case.evidence[f"git:{sha}"].touches if touch.path == "pay/p.py")
        for sha in (before, taking, after)
    }
    assert own == {before: False, taking: False, after: True}, "the parent decides, not the commit that changes the owner"


def test_somebody_who_stayed_in_one_area_comes_out_so(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit(
        "Begin", {"CODEOWNERS": "/lock/ @ann\n/pay/ @bob\n", "lock/a.py": "0", "pay/p.py": "0", "docs/x.md": "0"}, author=CYD
    )
    for week in range(1, 13):
        day = date(2026, 1, 1).toordinal() + 7 * week
        when = f"{date.fromordinal(day)}T10:00:00+00:00"
        repo.commit(f"lock: step {week}", {"lock/a.py": str(week), "lock/test_a.py": str(week), "docs/x.md": str(week)}, date=when)
        repo.commit(f"pay: step {week}", {"pay/p.py": str(week)}, author=BOB, date=when)
    case = case_of(repo)
    assert case.value("system_scope", "areas") == 1
    assert case.value("system_scope", "effective_areas") == pytest.approx(1)
    assert {finding.code for one in rules.check(case) for finding in one.findings} >= {"V301"}


def test_a_revert_and_its_reland_are_told_with_who_and_when(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("Begin", {"a.py": "0", "b.py": "0"}, author=CYD)
    first = repo.commit("Cache the answer", {"a.py": "1"}, date="2026-02-01T09:00:00+00:00")
    undone = repo.commit(
        f'Revert "Cache the answer"\n\nThis reverts commit {first}.', {"a.py": "0"}, author=BOB, date="2026-02-03T09:00:00+00:00"
    )
    again = repo.commit(
        f'Reapply "Cache the answer"\n\nThis reverts commit {undone}.', {"a.py": "2"}, date="2026-02-09T09:00:00+00:00"
    )
    case = case_of(repo)
    kinds = {(link.src, link.dst): link.kind for link in case.links}
    assert kinds[(f"git:{undone}", f"git:{first}")] is LinkKind.REVERTS
    assert kinds[(f"git:{again}", f"git:{first}")] is LinkKind.BUILDS_ON
    assert case.value("counter", "reverted_by_others") == 1
    assert case.value("counter", "relanded") == 1


def test_the_same_commit_in_two_clones_counts_once(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "one")
    repo.commit("Begin", {"a.py": "0"}, date="2026-02-01T09:00:00+00:00")
    other = Repo(tmp_path / "two")
    other.git("pull", "--quiet", str(repo.path), "main")
    assert len([id_ for id_ in case_of(repo, other).evidence if id_.startswith("git:")]) == 1


def test_the_second_run_reads_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repo(tmp_path / "r")
    first = repo.commit("Begin", {"a.py": "0"}, date="2026-02-01T09:00:00+00:00")
    case_of(repo)
    repo.commit("Go on", {"a.py": "1"}, date="2026-02-02T09:00:00+00:00")
    asked: list[list[str]] = []
    run = subprocess.Popen

    def watched(command: list[str], *rest: object, **options: object) -> subprocess.Popen[bytes]:
        asked.append(command)
        return run(command, *rest, **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(subprocess, "Popen", watched)
    assert mine(case_of(repo)) == {"Begin", "Go on"}
    (log,) = [command for command in asked if "log" in command]
    assert f"^{first}" in log, "the log is asked for what the last harvest had not seen"

