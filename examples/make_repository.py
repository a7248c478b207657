#!/usr/bin/env python3
"""Make the fictional company's git repository, with the same hashes on every run and every machine.

    python3 examples/make_repository.py TARGET            the repository alone
    python3 examples/make_repository.py --book TARGET     TARGET/shop (the repository) and TARGET/book (the sample book)

The sample book also gets GitHub's records, where this Python has muster: see `larkspur/make_github.py`.

Larkspur, its people and everything that they did are invented. The history is told in `larkspur/*.history`, a block a
commit, in a format that `read` explains; this script only feeds it to `git fast-import`. Standard library and git only.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import IO

HERE = Path(__file__).resolve().parent

#: What `make` gives back, whatever the machine. A changed history changes it, and then every hash that the book cites.
HEAD = "8b3709c37ebc638091dd0f49ef42dc61b82c11dd"

PEOPLE = {
    "noor": "Noor Halabi <noor.halabi@example.org>",
    "noor-laptop": "nhalabi <noor@laptop.example.org>",
    "ivo": "Ivo Marten <ivo.marten@example.org>",
    "sunniva": "Sunniva Dahl <sunniva.dahl@example.org>",
    "teo": "Teo Quist <teo.quist@example.org>",
    "dana": "Dana Okonjo <dana.okonjo@example.org>",
    "luca": "Luca Ferrin <luca.ferrin@example.org>",
    "mirela": "Mirela Stan <mirela.stan@example.org>",
    "yusra": "Yusra Benali <yusra.benali@example.org>",
    "petr": "Petr Havlik <petr.havlik@example.org>",
    "wen": "Wen Adeyemi <wen.adeyemi@example.org>",
    "bot": "larkspur-bot[bot] <larkspur-bot[bot]@example.org>",
}

#: When a file of the sample book was written down, where that was not on the day that it tells of.
WRITTEN = {
    "muster.toml": "2026-01-05",
    "README.md": "2026-01-05",
    "org/": "2026-01-05",
    "data/": "2026-06-29",
    "keep/slack/": "2026-06-29",
    "keep/calendar.ics": "2026-06-29",
    "entries/2026-03-31-no-preview-environments.md": "2026-06-12",
}


@dataclass
class Commit:
    """One block of a history: `files` are the steps that change the tree, in order."""

    when: datetime
    who: str
    message: str
    landed: str = ""
    committed: datetime | None = None
    on: str = "main"
    merge: str = ""
    label: str = ""
    files: list[tuple[str, str, list[str]]] = field(default_factory=list)


def make(target: Path) -> str:
    """The full hash of HEAD of a new repository at `target`, which must not exist or be empty.

    Raises `FileExistsError` when something is there already, and `CalledProcessError` when git fails.
    """
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty")
    target.mkdir(parents=True, exist_ok=True)
    git(target, "init", "--quiet", "--initial-branch=main", "--template=")
    git(target, "config", "core.autocrlf", "false")
    git(target, "config", "commit.gpgsign", "false")
    git(target, "config", "remote.origin.url", "https://git.example.org/larkspur/shop.git")
    commits = [commit for path in sorted((HERE / "larkspur").glob("*.history")) for commit in read(path)]
    write(target, commits)
    git(target, "reset", "--quiet", "--hard", "main")
    return git(target, "rev-parse", "HEAD")


def make_book(target: Path) -> Path:
    """`target/book`, a copy of the sample book with a git history of its own, beside the repository `target/shop`.

    The history is what a book gets when its owner commits once a week: each file was recorded on the day that it tells
    of, but for those in WRITTEN. Existing folders of these names are replaced.
    """
    for name in ("book", "shop"):
        if (target / name).exists():
            shutil.rmtree(target / name)
    make(target / "shop")
    book = target / "book"
    shutil.copytree(HERE / "sample-book", book, ignore=shutil.ignore_patterns(".muster", ".git"))
    git(book, "init", "--quiet", "--initial-branch=main", "--template=")
    git(book, "config", "core.autocrlf", "false")
    git(book, "config", "commit.gpgsign", "false")
    days: dict[str, list[str]] = {}
    for path in sorted(path for path in book.rglob("*") if path.is_file() and ".git" not in path.parts):
        name = path.relative_to(book).as_posix()
        days.setdefault(recorded(name, path), []).append(name)
    for day, names in sorted(days.items()):
        git(book, "add", "--force", "--", *names)
        git(book, "commit", "--quiet", "--message", f"Book of {day}", who=PEOPLE["noor"], when=f"{day}T16:30:00+00:00")
    if importlib.util.find_spec("muster"):
        load("make_github").keep(book, target / "shop")
    else:
        print("GitHub's records are left out: this Python has no muster to keep them.", file=sys.stderr)
    return book


def load(name: str) -> ModuleType:
    """A script of `larkspur/`."""
    spec = importlib.util.spec_from_file_location(f"muster_sample_{name}", HERE / "larkspur" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"muster_sample_{name}"] = module
    spec.loader.exec_module(module)
    return module


def recorded(name: str, path: Path) -> str:
    """The day on which a file of the book was first committed."""
    for start, day in WRITTEN.items():
        if name.startswith(start):
            return day
    week = re.fullmatch(r"log/(\d{4})-W(\d\d)\.md", name)
    if week:
        return date.fromisocalendar(int(week[1]), int(week[2]), 5).isoformat()
    told = re.match(r"keep/(?:\w+/)?(\d{4}-\d\d-\d\d)-", name)
    if told:
        return told[1]
    dated = re.search(r"^date: *(\d{4}-\d\d-\d\d)", path.read_text(encoding="utf-8"), re.MULTILINE)
    if dated:
        return dated[1]
    return "2026-06-29"


def read(path: Path) -> Iterator[Commit]:
    """The commits of one history file.

    A block starts with `@ DATE TIME WHO` and, if needed, `#NUMBER`, `landed=WHO`, `authored=SECONDS`, `on=BRANCH`,
    `merge=BRANCH`, `label=NAME`. Then comes the message, in which `{NAME}` is the hash of the commit of that label and
    a trailer names a person by key. Then come the steps: `%write PATH`, `%append PATH` (lines with a leading `|`),
    `%edit PATH` (a block of `-` lines that is there once, and the `+` lines that take its place), `%delete PATH` and
    `%move OLD NEW`. Lines before the first block are for the reader.
    """
    commit: Commit | None = None
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("@ "):
            if commit:
                yield finish(commit, lines)
            _, day, clock, who, *rest = line.split()
            commit, lines = Commit(local(day, clock), who, ""), []
            for word in rest:
                key, _, value = word.partition("=")
                if key.startswith("#"):
                    commit.message = f" ({key})"
                elif key == "authored":
                    commit.committed = commit.when
                    commit.when = datetime.fromtimestamp(int(value), UTC)
                else:
                    setattr(commit, key, value)
        elif commit and line.startswith("%"):
            step, *paths = line[1:].split()
            commit.files.append((step, " ".join(paths), []))
        elif commit and commit.files:
            if line:
                commit.files[-1][2].append(line)
        elif commit:
            lines.append(line)
    if commit:
        yield finish(commit, lines)


def finish(commit: Commit, lines: list[str]) -> Commit:
    """The commit with its whole message."""
    subject, *body = "\n".join(lines).strip().split("\n")
    text = "\n".join([subject + commit.message, *body]) + "\n"
    commit.message = re.sub(r"^([A-Z][a-z-]+-by): (\w+)$", lambda m: f"{m[1]}: {PEOPLE[m[2]]}", text, flags=re.MULTILINE)
    return commit


def local(day: str, clock: str) -> datetime:
    """A Central European wall-clock time. Worked out here, since not every machine has a time-zone database."""
    naive = datetime.fromisoformat(f"{day}T{clock}:00")
    starts, ends = (
        datetime(naive.year, month, 31, 2) - timedelta(days=datetime(naive.year, month, 31).isoweekday() % 7)
        for month in (3, 10)
    )
    hours = 2 if starts <= naive < ends else 1
    return naive.replace(tzinfo=timezone(timedelta(hours=hours)))


def write(target: Path, commits: list[Commit]) -> None:
    """Send the commits to `git fast-import`; each branch holds its whole tree, so that a merge is a difference."""
    process = subprocess.Popen(
        ["git", "fast-import", "--quiet", "--date-format=raw"],
        cwd=target, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    trees: dict[str, dict[str, str]] = {"main": {}}
    bases: dict[str, dict[str, str]] = {}
    marks: dict[str, int] = {}
    tips: dict[str, int] = {}
    for mark, commit in enumerate(commits, 1):
        if commit.on not in trees:
            trees[commit.on], bases[commit.on] = dict(trees["main"]), dict(trees["main"])
            tips[commit.on] = tips["main"]
        before = trees[commit.on]
        after = apply(before, commit)
        if commit.merge:
            theirs, base = trees[commit.merge], bases[commit.merge]
            for path in sorted(theirs.keys() | base.keys()):
                if theirs.get(path) != base.get(path):
                    if path in theirs:
                        after[path] = theirs[path]
                    else:
                        after.pop(path, None)
        message = refer(commit.message, marks, process.stdin, process.stdout)
        body = [f"commit refs/heads/{commit.on}", f"mark :{mark}", f"author {PEOPLE[commit.who]} {stamp(commit.when)}",
                f"committer {PEOPLE[commit.landed or commit.who]} {stamp(commit.committed or commit.when)}",
                f"data {len(message.encode())}", message.rstrip("\n")]
        body += [f"from :{tips[commit.on]}"] if commit.on in tips else []
        body += [f"merge :{tips[commit.merge]}"] if commit.merge else []
        body += [f"D {path}" for path in sorted(before.keys() - after.keys())]
        for path in sorted(after):
            if before.get(path) != after[path]:
                body += [f"M 100644 inline {path}", f"data {len(after[path].encode())}", after[path]]
        process.stdin.write(("\n".join(body) + "\n").encode())
        trees[commit.on], tips[commit.on] = after, mark
        if commit.label:
            marks[commit.label] = mark
    process.stdin.close()
    process.stdout.close()
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, "git fast-import")
    for branch in sorted(trees.keys() - {"main"}):
        git(target, "update-ref", "-d", f"refs/heads/{branch}")


def apply(tree: dict[str, str], commit: Commit) -> dict[str, str]:
    """The tree after the commit's steps."""
    after = dict(tree)
    for step, path, lines in commit.files:
        text = "".join(line[1:] + "\n" for line in lines if line[0] == "|")
        if step == "write":
            after[path] = text
        elif step == "append":
            after[path] = after[path] + text
        elif step == "delete":
            del after[path]
        elif step == "move":
            old, new = path.split()
            after[new] = after.pop(old)
        elif step == "edit":
            old, new = ("".join(line[1:] + "\n" for line in lines if line[0] == sign) for sign in "-+")
            if not old or after[path].count(old) != 1:
                raise ValueError(f"{path}: expected once in {commit.message.splitlines()[0]!r}:\n{old}")
            after[path] = after[path].replace(old, new)
        else:
            raise ValueError(f"unknown step: %{step} {path}")
    return after


def refer(message: str, marks: dict[str, int], stdin: IO[bytes], stdout: IO[bytes]) -> str:
    """The message with the hash in place of each `{LABEL}`, cut to N digits for `{LABEL:N}`."""

    def hash_of(found: re.Match[str]) -> str:
        stdin.write(f"get-mark :{marks[found[1]]}\n".encode())
        stdin.flush()
        return stdout.readline().decode().strip()[: int(found[2] or 40)]

    return re.sub(r"\{([a-z-]+)(?::(\d+))?\}", hash_of, message)


def stamp(when: datetime) -> str:
    """Git's raw date."""
    return f"{int(when.timestamp())} {when.strftime('%z')}"


def environment(who: str = PEOPLE["sunniva"], when: str = "2025-01-06T09:00:00+01:00") -> dict[str, str]:
    """The surroundings of every git call, with nothing of the machine's own settings in them."""
    name, _, email = who.rstrip(">").partition(" <")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email, "GIT_COMMITTER_DATE": when,
        "GIT_DEFAULT_HASH": "sha1", "TZ": "UTC", "LC_ALL": "C",
    }


def git(where: Path, *arguments: str, who: str = PEOPLE["sunniva"], when: str = "2025-01-06T09:00:00+01:00") -> str:
    """What git printed."""
    done = subprocess.run(["git", *arguments], cwd=where, env=environment(who, when), check=True, capture_output=True)
    return done.stdout.decode().strip()


def main(arguments: list[str]) -> int:
    """Exit code."""
    match arguments:
        case ["--book", target]:
            print(make_book(Path(target)))
        case [target] if not target.startswith("-"):
            print(make(Path(target)))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
