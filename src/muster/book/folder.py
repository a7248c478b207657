"""A book's folder as records: its settings, entries and claims, what was skipped, and what was not understood.

Every Markdown file is an entry, but READMEs, hidden folders, and the folders that hold something else (`org/`, `data/`,
`keep/`). A file that cannot be taken is skipped with its place and the reason; nothing in a book can stop the others.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from muster import fastlog
from muster.book import journal
from muster.book.choices import read_choices
from muster.book.claims import claim_of
from muster.book.confidential import read_confidential
from muster.book.entries import Parsed, parse_entry
from muster.book.history import history
from muster.book.proofs import proofs, unrecorded
from muster.book.settings import Settings, read_settings
from muster.model import Break, Choices, Claim, Entry, Grade, Marked, Proof, Skipped

MOST_BYTES = 1024 * 1024
MOST_FILES = 20_000
_SUFFIXES = (".md", ".markdown")
_NOT_ENTRIES = frozenset({"org", "data", "keep"})


@dataclass(frozen=True, slots=True)
class Book:
    """What a book's folder holds. Entries are in the order of their paths, and claims in that of their entries.

    `skipped` is input that was not taken; `problems` are things in what was taken that nothing could understand (an
    unknown key, a date that is none, a silenced finding without a reason, a torn journal, a line of choices.txt).
    `confidential` is what must not leave with a packet; `proofs` are the files in keep/, and `breaks` where the journal's
    chain does not hold.
    """

    root: Path
    settings: Settings
    entries: tuple[Entry, ...] = ()
    claims: tuple[Claim, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    problems: tuple[Skipped, ...] = ()
    choices: Choices = field(default_factory=Choices)
    confidential: tuple[Marked, ...] = ()
    proofs: tuple[Proof, ...] = ()
    breaks: tuple[Break, ...] = ()


def read(root: Path) -> Book:
    """The book in a folder that has a muster.toml. Raises MusterError only where the settings, or the list of what is
    confidential, cannot be taken.

    An entry is *kept* when the journal or the book's git history has it; its `recorded_at` is then the earliest of the
    journal's first record of that path, its first record of that very content, and the commit that first added it.
    """
    settings = read_settings(root)
    confidential = read_confidential(root, settings.confidential)
    records, wrong = journal.records(root)
    kept, problems, breaks = _kept(records), list(wrong), journal.breaks(wrong)
    committed = history(root)
    problems += [Skipped(".git", note) for note in committed.notes]
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    for path, refused in files(root, settings.organisation):
        if refused:
            skipped.append(Skipped(path, refused))
            continue
        content = _content(root, path)
        if isinstance(content, Skipped):
            skipped.append(content)
            continue
        seen = [kept.get(path), kept.get(fastlog.digest(content)), committed.first.get(path)]
        known = path in committed.first or any(seen)
        recorded_at = min((when for when in seen if when is not None), default=None)
        parsed = _parsed(path, content, recorded_at, Grade.KEPT if known else Grade.SAID)
        skipped += parsed.skipped
        problems += parsed.problems
        if parsed.entry is not None:
            entries.append(parsed.entry)
    claims = tuple(claim_of(entry) for entry in entries if entry.type == "claim")
    choices, unread = read_choices(root)
    found = proofs(root, records, committed.blobs)
    return Book(
        root, settings, tuple(entries), claims, tuple(skipped), (*problems, *unread), choices, confidential, found, breaks
    )  # fmt: skip


def seal(root: Path, now: datetime | None = None) -> int:
    """How many files were recorded in the journal: entries whose content it does not have yet, and proofs that it has not seen."""
    settings = read_settings(root)
    entries = [path for path, refused in files(root, settings.organisation) if not refused]
    return journal.record(root, [*entries, *unrecorded(root, journal.records(root)[0])], now)


def _kept(records: Iterable[journal.Record]) -> dict[str, datetime]:
    """When each path, and each content by its hash, was first recorded."""
    kept: dict[str, datetime] = {}
    for one in records:
        for key in (one.path, one.sha256):
            kept[key] = min(one.at, kept.get(key, one.at))
    return kept


def files(root: Path, organisation: str = "org") -> Iterator[tuple[str, str]]:
    """(path, why it is refused or "") of every file that could be an entry, in the order of their paths."""
    home = os.path.realpath(root)
    apart = _NOT_ENTRIES | {organisation.strip("/").removeprefix("./")}
    for count, path in enumerate(sorted(_walk(str(root), "", apart), key=lambda path: path.split("/"))):
        if count == MOST_FILES:
            yield ".", f"more than {MOST_FILES:,} Markdown files: the rest is not read"
            return
        yield _shown(path), _refused(root, home, path)


def _walk(root: str, folder: str, apart: frozenset[str] | set[str]) -> Iterator[str]:
    """Paths of Markdown files, and of linked folders, which are named but never entered."""
    try:
        with os.scandir(os.path.join(root, folder)) as found:  # noqa: PTH118
            children = sorted(found, key=lambda child: child.name)
    except OSError:
        yield folder + "/"
        return
    for child in children:
        path = f"{folder}/{child.name}" if folder else child.name
        name = child.name.casefold()
        if name.startswith(".") or (not folder and name in apart):
            continue
        if child.is_dir(follow_symlinks=False):
            # One level of Python's stack for each folder: a chain of thousands of them is no book.
            if path.count("/") < 40:
                yield from _walk(root, path, apart)
            else:
                yield path + "/"
        elif name.endswith(_SUFFIXES) and name not in ("readme.md", "readme.markdown"):
            yield path
        elif child.is_symlink() and os.path.isdir(child.path):  # noqa: PTH112 - False for a link that leads in a circle
            yield path + "/"


def _refused(root: Path, home: str, path: str) -> str:
    """Why a path is not read; empty when it is."""
    if path.endswith("/"):
        return "a folder that is a link, too deep, or cannot be opened: not entered"
    if not path.isprintable():
        return "a file name with characters that cannot be shown"
    full = os.path.join(root, path)  # noqa: PTH118
    try:
        if os.path.islink(full):  # noqa: PTH114
            real = os.path.realpath(full)
            if os.path.commonpath([home, real]) != home:
                return "a symbolic link that leaves the book"
        if not stat.S_ISREG(os.stat(full).st_mode):  # noqa: PTH116
            return "not a regular file"
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return ""


def _shown(path: str) -> str:
    """A path that can be printed; one with strange characters is shown with them spelt out."""
    return path if path.isprintable() else ascii(path)[1:-1]


def _content(root: Path, path: str) -> bytes | Skipped:
    """A file's bytes, or why not."""
    try:
        with (root / path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        return Skipped(path, f"cannot be read: {error.strerror}")
    if len(content) > MOST_BYTES:
        return Skipped(path, "more than 1 MiB: not an entry that a person wrote")
    return content


def _parsed(path: str, content: bytes, recorded_at: datetime | None, grade: Grade) -> Parsed:
    """What a file's bytes come to."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Parsed(None, (Skipped(f"{path}:1", "UTF-16 text; save it as UTF-8"),))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Parsed(None, (Skipped(f"{path}:{line}", "not UTF-8 text; save it as UTF-8"),))
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        return Parsed(None, (Skipped(f"{path}:{line}", "it holds NUL bytes: not a text file"),))
    return parse_entry(path, text, recorded_at, grade)


def repository_paths(root: Path, repositories: Iterable[str]) -> tuple[Path, ...]:
    """Paths from settings, seen from the book's folder; `~` is the owner's home."""
    return tuple((root / Path(path).expanduser()).resolve() for path in repositories)
