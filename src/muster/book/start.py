"""A new book: what can be found out about its owner and surroundings, and the folder made from it.

`detect` looks and changes nothing; the command line may ask about what it found; `init` writes.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from muster import fastlog
from muster.book.settings import FILE, parse_settings
from muster.book.templates import clean
from muster.model import MusterError

#: Files of an organisation that say who owns what, where repositories keep them.
ORGANISATION_FILES = (
    "CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS", "OWNERS", "OWNERS_ALIASES", "catalog-info.yaml",
)  # fmt: skip
FOLDERS = ("org", "log", "entries", "claims", "data", "keep")
_MOST_FOLDERS = 400
_MOST_REPOSITORIES = 20


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new book's settings say. `found` are organisation files of the repositories, as paths from the book."""

    name: str = ""
    emails: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    team: str = ""
    level_from: str = "Senior"
    level_to: str = "Staff"
    sentence: str = ""
    since: date | None = None
    until: date | None = None
    repositories: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InitReport:
    """What was made: paths from the book's folder, whether git was begun there, and what to look at next."""

    root: Path
    made: tuple[str, ...]
    git: bool
    answers: Answers
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """The report for the screen."""
        who = ", ".join(part for part in (self.answers.name, *self.answers.emails) if part)
        here = self.root == Path.cwd()
        lines = [f"A book in {self.root}", *_listed("made", self.made)]
        lines += _listed("owner", [who or "nobody yet: say who under [owner] in muster.toml"])
        lines += _listed("repositories", self.answers.repositories or ["none found nearby: list them in muster.toml"])
        if self.answers.found:
            lines += _listed("who owns what", self.answers.found)
        lines += [f"  {note}" for note in self.notes]
        lines += ["Next: look over muster.toml, then write the first line:"]
        lines += [*([] if here else [f"  cd {shlex.quote(_near(self.root))}"]), '  muster log "…"', "  muster check"]
        return "\n".join(lines)


def _listed(name: str, values: Sequence[str]) -> list[str]:
    """`name: a, b, c`, wrapped between values."""
    return textwrap.wrap(
        f"{name}: {', '.join(values)}", 80, initial_indent="  ", subsequent_indent="    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _near(folder: Path) -> str:
    """A folder as it is typed from here: relative where it lies below."""
    return str(folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder)


def detect(folder: Path) -> Answers:
    """What is known without asking: git's name and address, repositories nearby, their organisation files.

    Looks at the folder itself, what is in it and beside it, two levels deep and at most 400 folders. Writes nothing.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - the folder may not be there yet, and links stay links
    where = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    email = clean(_git(where, "config", "--get", "user.email")).lower()
    repositories = list(_repositories(folder))
    found = [
        f"{path}/{name}" for path in repositories for name in ORGANISATION_FILES if (folder / path / name).is_file()
    ]
    return Answers(
        name=clean(_git(where, "config", "--get", "user.name")),
        emails=(email,) if "@" in email.strip("@") else (),
        repositories=tuple(repositories),
        found=tuple(found),
    )


def _repositories(folder: Path) -> Iterator[str]:
    """Git repositories at, below and beside a folder, as paths from it: the one that it lies in first, then by name."""
    count = 0
    for parent in folder.parents:
        if (parent / ".git").exists():
            yield os.path.relpath(parent, folder).replace(os.sep, "/")
            count += 1
            break
    looked = 0
    for start in (folder, folder.parent):
        level = [start]
        for _ in range(2):
            below: list[Path] = []
            for parent in level:
                for child in _folders(parent):
                    looked += 1
                    if looked > _MOST_FOLDERS or count == _MOST_REPOSITORIES:
                        return
                    if child == folder:
                        continue
                    if (child / FILE).exists():
                        continue  # another book
                    if (child / ".git").exists():
                        yield os.path.relpath(child, folder).replace(os.sep, "/")
                        count += 1
                    elif start == folder or parent == start:
                        below.append(child)
            level = below


def _folders(parent: Path) -> Sequence[Path]:
    """Folders of a folder by name, hidden and linked ones left out."""
    try:
        with os.scandir(parent) as found:
            names = sorted(child.name for child in found if child.is_dir(follow_symlinks=False))
    except OSError:
        return ()
    return [parent / name for name in names if not name.startswith((".", "node_modules"))]


def init(folder: Path, answers: Answers | None = None) -> InitReport:
    """The report of a book made in a folder: settings, folders, .gitignore, and git where it is in no repository.

    Files that are there stay as they are. Raises MusterError where there is a muster.toml already, or where the folder
    cannot be written.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100
    answers = detect(folder) if answers is None else answers
    settings = settings_text(answers)
    parse_settings(settings, str(folder / FILE))  # what was answered must be what a book can say
    made: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with (folder / FILE).open("x", encoding="utf-8", newline="\n") as file:
                file.write(settings)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            raise MusterError(
                str(folder / FILE), "there is a book here already", "Edit that file, or choose another folder: muster init DIR"
            ) from None
        made.append(FILE)
        for name in FOLDERS:
            if not (folder / name).is_dir():
                (folder / name).mkdir()
                made.append(f"{name}/")
        ignored = folder / ".gitignore"
        if not ignored.exists():
            ignored.write_text(".muster/\n", encoding="utf-8")
            made.append(".gitignore")
        fastlog.sync_folder(str(folder))
    except OSError as error:
        where = str(error.filename or folder)
        raise MusterError(where, f"cannot be written: {error.strerror}", "Choose a folder that you may write to.") from None
    git, notes = _begin_git(folder)
    return InitReport(folder, tuple(made), git, answers, notes)


def _begin_git(folder: Path) -> tuple[bool, tuple[str, ...]]:
    """Whether a repository was begun, and what to say of it."""
    if any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return False, ()
    try:
        done = subprocess.run(["git", "init", "--quiet", str(folder)], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False, ("git was not found: without it, nothing in the book rises above `said` but by its journal.",)
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:160]
        return False, (f"`git init` failed ({said}); begin a repository yourself.",)
    return True, ("git begun here; commit the book now and then: git add -A && git commit -m book",)


def _git(where: Path, *arguments: str) -> str:
    """What git says; empty where it is missing or says nothing. Only ever asks for the owner's own settings."""
    try:
        done = subprocess.run(
            ["git", "-C", str(where), *arguments], capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def settings_text(answers: Answers) -> str:
    """A muster.toml that says what was answered, with a comment on every key that was not."""
    since, until = answers.since, answers.until
    parts = [
        "# Settings of this book. Every key may be left out; docs/configuration.md lists them with their defaults.",
        "",
        "# The case in one sentence: what is different because of you.",
        _line("sentence", answers.sentence, "Three teams deploy without waiting for each other"),
        "# Your team, as your organisation's own files call it.",
        _line("team", answers.team, "release-eng"),
        "# Git repositories to read, as paths from this folder.",
        _line("repositories", answers.repositories, ("../api",)),
        "# The folder with CODEOWNERS, OWNERS, catalog-info.yaml, teams.csv (person,team,since,until) and people.csv.",
        '# organisation = "org"',
        *(f"# found: {_comment(path)}" for path in answers.found),
        "# Words and host names that must not leave with a packet.",
        "# confidential = []",
        "",
        "[owner]",
        _line("name", answers.name, "Your Name"),
        "# Every address that you have committed with.",
        _line("emails", answers.emails, ("you@example.org",)),
        "# Your names on hosting platforms, without the @.",
        _line("handles", answers.handles, ("you",)),
        "",
        "[period]",
        "# Both days are included. Default: the year up to today.",
        f"since = {since}" if since else "# since = 2026-01-01",
        f"until = {until}" if until else "# until = 2026-06-30",
        "",
        "[level]",
        _line("from", answers.level_from, "Senior"),
        _line("to", answers.level_to, "Staff"),
        "",
        "[thresholds]",
        "# Limits of rules that you want otherwise; `muster explain CODE` names them.",
        "# log-gap-weeks = 4",
        "",
        "# Where else your work leaves traces, a table each; `muster sync` lists them all, with the lines that connect them.",
        "# [sources.github]",
        '# repositories = ["octo/orchard"]',
    ]
    return "\n".join(parts) + "\n"


def _line(key: str, value: str | tuple[str, ...], example: str | tuple[str, ...]) -> str:
    """`key = value`, or the example as a comment where nothing was answered."""
    given = clean(value) if isinstance(value, str) else [text for one in value if (text := clean(one))]
    shown = given or (example if isinstance(example, str) else list(example))
    return f"{'' if given else '# '}{key} = {json.dumps(shown, ensure_ascii=False)}"


def _comment(text: str) -> str:
    return clean(text)
