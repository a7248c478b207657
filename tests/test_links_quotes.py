"""cites by a quoted title and by the address of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from muster.links import find, quotes
from tests.build import ANN, BOB, CYD, Repo
from tests.test_links import view_of

TITLE = "Queue deploys for each team alone"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.git("config", "remote.origin.url", "https://github.com/acme/deploy.git")
    return made


def on(day: int) -> str:
    return f"2026-01-{day:02d}T10:00:00+00:00"


def cited(*repos: Repo) -> list[tuple[str, str, str]]:
    return [(link.src[4:12], link.dst[4:12], link.reason) for link in quotes.find(view_of(*repos))]


@pytest.mark.parametrize("said", [
    f'This goes on from "{TITLE}", which left out the pages.', f'In the commit "{TITLE}" the lock\nwas left.',
    f"See “{TITLE} (#12)”.", 'It was wrong since "Queue deploys\nfor each team alone".',
])
def test_a_whole_title_in_quotation_marks(repo: Repo, said: str) -> None:
    made = repo.commit(f"{TITLE} (#12)", {"q.py": "1"}, date=on(1))
    later = repo.commit(f"Page the owner\n\n{said}", {"p.py": "1"}, author=BOB, date=on(2))
    ((src, dst, reason),) = cited(repo)
    assert (src, dst) == (later[:8], made[:8]) and TITLE.split()[-1] in reason


@pytest.mark.parametrize("said", [
    'See "Queue deploys".', f"See {TITLE}.", f'See 1234abc ("{TITLE}").', f'This reverts "{TITLE}".', f'Cherry-picked from "{TITLE}".',
])
def test_what_is_no_citation_of_its_own(repo: Repo, said: str) -> None:
    repo.commit("Queue deploys", {"o.py": "1"}, date=on(1))
    repo.commit(TITLE, {"q.py": "1"}, date=on(1))
    repo.commit(f"Page the owner\n\n{said}", {"p.py": "1"}, author=BOB, date=on(2))
    assert cited(repo) == []


def test_a_title_that_two_changes_have_means_neither(repo: Repo) -> None:
    repo.commit(TITLE, {"q.py": "1"}, date=on(1))
    repo.commit(TITLE, {"q.py": "2"}, date=on(2))
    repo.commit(f'Page\n\nSee "{TITLE}".', {"p.py": "1"}, author=BOB, date=on(3))
    assert cited(repo) == []


def test_an_address_of_a_file_cites_what_added_it(repo: Repo) -> None:
    made = repo.commit("Add queue", {"deploy/q.py": "1"}, date=on(1))
    repo.move("deploy/q.py", "core/q.py")
    repo.commit("Move it", {}, author=CYD, date=on(2))
    later = repo.commit("Page\n\nAs in https://github.com/acme/deploy/blob/main/core/q.py#L10-L20, but later.\n",
                        {"p.py": "1"}, author=BOB, date=on(3))
    old = repo.commit("Mail\n\nFrom https://github.com/oldname/deploy/blob/v1.2/deploy/q.py.", {"m.py": "1"}, author=BOB, date=on(4))
    repo.commit("Other\n\nFrom https://github.com/acme/other/blob/main/core/q.py.", {"x.py": "1"}, author=BOB, date=on(5))
    repo.commit("None\n\nFrom https://github.com/acme/deploy/blob/main/core/none.py.", {"y.py": "1"}, author=BOB, date=on(6))
    assert cited(repo) == [
        (later[:8], made[:8], "As in https://github.com/acme/deploy/blob/main/core/q.py#L10-L20, but later."),
        (old[:8], made[:8], "From https://github.com/oldname/deploy/blob/v1.2/deploy/q.py."),
    ]


def test_across_repositories(tmp_path: Path, repo: Repo) -> None:
    made = repo.commit("Add queue", {"deploy/q.py": "1"}, date=on(1))
    other = Repo(tmp_path / "o")
    later = other.commit("Copy\n\nhttps://github.com/acme/deploy/blob/abc/deploy/q.py", {"q.py": "1"}, author=BOB, date=on(2))
    assert cited(repo, other) == [(later[:8], made[:8], "https://github.com/acme/deploy/blob/abc/deploy/q.py")]


def test_it_takes_part(repo: Repo) -> None:
    repo.commit(TITLE, {"q.py": "1"}, author=ANN, date=on(1))
    repo.commit(f'Page the owner\n\nSee "{TITLE}".', {"p.py": "1"}, author=BOB, date=on(2))
    assert [link.kind.value for link in find(view_of(repo))[0]] == ["cites"]


def test_the_subjects_of_a_squashed_branch_are_no_citations(repo: Repo) -> None:
    titles = [f"Change the queue in place {n} (#{n})" for n in range(11, 17)]
    for n, title in enumerate(titles):
        repo.commit(title, {f"q{n}.py": "1"}, date=on(n + 1))
    many = "\n\n".join(titles)
    repo.commit(f"Bring it all over\n\n{many}\n", {"all.py": "1"}, author=BOB, date=on(20))
    assert find(view_of(repo))[0] == ()
    few = repo.commit(f"Bring some\n\nGoes on from {titles[0]}\n", {"some.py": "1"}, author=BOB, date=on(21))
    assert [link.src[4:] for link in find(view_of(repo))[0]] == [few]
