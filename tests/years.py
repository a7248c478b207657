"""A repository of one person's half-year with three undertakings, and a book over it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from muster import project
from muster.book import read
from muster.model import Case, Thread
from tests.build import BOB, Repo

SEARCH = {"search/index.py": "i = 1\n", "search/rank.py": "r = 1\n"}


class Year:
    """A book over a repository in which Ann did three things, and Bob built on one, and reverted a part of another."""

    def __init__(self, path: Path) -> None:
        self.repo = Repo(path / "ledger")
        commit = self.repo.commit
        self.repo.commit("Begin", {"README": "x"}, author=BOB, date="2025-09-01T10:00:00+00:00")
        self.lock = [
            commit("Lock for each team", {"lock/a.py": "a = 1\n", "lock/team.py": "t = 1\n"}, date="2026-01-05T10:00:00+00:00"),
            commit("Lease on the lock", {"lock/a.py": "a = 2\n", "lock/team.py": "t = 2\n"}, date="2026-01-06T10:00:00+00:00"),
            commit("Lock with a holder", {"lock/a.py": "a = 3\n", "lock/team.py": "t = 3\n"}, date="2026-01-07T10:00:00+00:00"),
        ]
        self.pay = [
            commit("Payments in cents", {"pay/cents.py": "c = 1\n"}, date="2026-03-02T10:00:00+00:00"),
            commit("Payments with a currency", {"pay/cents.py": "c = 2\n"}, date="2026-03-03T10:00:00+00:00"),
        ]
        self.search = [
            commit("Search by rank", SEARCH, date="2026-05-04T10:00:00+00:00"),
            commit("Search in two indices", {"search/index.py": "i = 2\n"}, date="2026-05-05T10:00:00+00:00"),
        ]
        self.built = commit(f"Wait on the lock\n\nBuilds on {self.lock[1]}.", {"lock/a.py": "a = 4\n"}, author=BOB, date="2026-05-06T10:00:00+00:00")
        self.reverted = commit(
            f'Revert "Payments with a currency"\n\nThis reverts commit {self.pay[1]}.', {"pay/cents.py": "c = 1\n"}, author=BOB,
            date="2026-05-07T10:00:00+00:00",
        )  # fmt: skip
        self.root = path / "book"
        self.root.mkdir()
        (self.root / "muster.toml").write_text(f'repositories = ["{self.repo.path}"]\n[owner]\nname = "Ann Arbor"\nemails = ["ann@example.org"]\n')

    def case(self, *lines: str) -> Case:
        """The case with these lines of choices.txt."""
        if lines:
            (self.root / "choices.txt").write_text("\n".join(lines) + "\n")
        return project.open_book(read(self.root), today=date(2026, 6, 30)).case

    def holds(self, case: Case, sha: str) -> Thread:
        """The thread that has a commit."""
        return next(thread for thread in case.threads if f"git:{sha}" in thread.evidence)
