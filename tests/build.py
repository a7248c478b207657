"""Real git repositories with fixed dates, made by the tests: `Repo(tmp_path).commit("message", {"path": "text"})`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ANN = "Ann Arbor <ann@example.org>"
BOB = "Bob Brink <bob@example.org>"
CYD = "Cyd Chase <cyd@example.org>"


class Repo:
    """A repository under `path`, made with the real git. Dates are ISO 8601 with an offset, or `@seconds +0000`."""

    def __init__(self, path: Path, *, bare: bool = False) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", *(["--bare"] if bare else []))

    def git(self, *arguments: str, stdin: bytes | None = None, **environment: str) -> str:
        """What git printed, stripped; raises when git fails."""
        quiet = {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_AUTHOR_NAME": "Ann Arbor",
            "GIT_AUTHOR_EMAIL": "ann@example.org",
            "GIT_COMMITTER_NAME": "Ann Arbor",
            "GIT_COMMITTER_EMAIL": "ann@example.org",
            "GIT_AUTHOR_DATE": "2026-01-05T10:00:00+00:00",
            "GIT_COMMITTER_DATE": "2026-01-05T10:00:00+00:00",
            "TZ": "UTC",
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, input=stdin, capture_output=True, check=True,
            env={**os.environ, **quiet, **environment},
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def commit(
        self,
        message: str,
        files: Mapping[str, str | bytes | None] | None = None,
        *,
        author: str = ANN,
        date: str = "2026-01-05T10:00:00+00:00",
        committer: str | None = None,
        committed: str | None = None,
    ) -> str:
        """Write `files` (None deletes one), commit everything, and give back the full hash."""
        for name, content in (files or {}).items():
            target = self.path / name
            if content is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", message, stdin=None,
                 **who(author, committer, date, committed))
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, at: str = "HEAD") -> None:
        """Make and check out a branch."""
        self.git("checkout", "--quiet", "-b", name, at)

    def checkout(self, name: str) -> None:
        """Check out a branch."""
        self.git("checkout", "--quiet", name)

    def merge(
        self, name: str, message: str, *, author: str = ANN, date: str = "2026-01-05T10:00:00+00:00"
    ) -> str:
        """Merge a branch with a merge commit, and give back its full hash."""
        self.git("merge", "--quiet", "--no-ff", "--no-edit", "-m", message, name, stdin=None,
                 **who(author, None, date, None))
        return self.git("rev-parse", "HEAD")

    def move(self, old: str, new: str) -> None:
        """`git mv`, without committing."""
        (self.path / new).parent.mkdir(parents=True, exist_ok=True)
        self.git("mv", old, new)


def who(author: str, committer: str | None, date: str, committed: str | None) -> dict[str, str]:
    """Git's environment for these people and dates."""
    name, _, email = author.rstrip(">").partition(" <")
    by_name, _, by_email = (committer or author).rstrip(">").partition(" <")
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_NAME": by_name,
        "GIT_COMMITTER_EMAIL": by_email,
        "GIT_COMMITTER_DATE": committed or date,
    }
