"""What `documents` and `incidents` share: finding files, reading the fields at the top, days and times as people write them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from pathlib import Path

from muster.model import Account, Skipped
from muster.sources import _proposals

#: A file that is larger is no page that somebody wrote; a folder with more files is no collection of such pages.
LARGEST, MOST = 4 * 1024 * 1024, 50_000
#: How much of a page is kept as its text, and of a line as a title, in characters.
TEXT, TITLE = 20_000, 200
#: Names of people that are taken of one field.
NAMED = 50

#: Folders that hold programs and their packages.
NOT_HERE = frozenset(("node_modules", "vendor", "__pycache__", "venv"))
#: Pages that speak of a collection, not of one thing.
ABOUT = re.compile(r"^(?:readme|index|summary|contributing|code[-_]of[-_]conduct|license|changelog|authors|security|maintainers|template)\b"
                   r"|template|^(?:0{3,5}|n{3,5}|x{3,5})[-_.]", re.IGNORECASE)  # fmt: skip
TABLE = re.compile(r"^\|\s*\**([A-Za-z][A-Za-z ()/-]{1,28}?)\**:?\**\s*\|\s*([^|]*?)\s*\|?\s*$")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
MONTHS = tuple(month.lower() for month in _proposals.MONTHS)
AMERICAN = re.compile(r"\b([A-Z][a-z]{2})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b")
SPOKEN = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th) (?:of )?([A-Z][a-z]{2})[a-z]*,? (\d{4})\b")
CLOCK = re.compile(r"[T ,@]+(?:at )?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z\b|UTC|GMT|[+-]\d{2}:?\d{2})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a collection: where it lies, as it is shown (never with a machine's folders), and its bytes."""

    path: str
    body: bytes


def walk(folders: Iterable[str], root: Path, source: str, endings: tuple[str, ...]) -> Iterator[File | Skipped]:
    """Every file with one of these endings below the folders, in the order of their names; what is a link is not followed."""
    taken: set[str] = set()
    count = 0
    for folder in folders:
        base = root / folder
        if not base.exists():
            yield Skipped(f"{source}: {folder}", "there is no such file or folder")
            continue
        name = shown(base, root)
        while name in taken:
            name += "+"
        taken.add(name)
        for path in found(base, endings):
            count += 1
            if count > MOST:
                yield Skipped(f"{source}: {folder}", f"more than {MOST:,} files; the rest was not read")
                return
            at = name if path == base else f"{name}/{path.relative_to(base).as_posix()}"
            try:
                if not path.is_file():
                    yield Skipped(f"{source}: {at}", "not a file")
                elif path.stat().st_size > LARGEST:
                    yield Skipped(f"{source}: {at}", "larger than 4 MiB")
                else:
                    yield File(at.encode("utf-8", "replace").decode(), path.read_bytes())
            except OSError as error:
                yield Skipped(f"{source}: {at}", f"cannot be read: {error.strerror}")


def found(base: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """The files at or below a path, sorted by name folder by folder."""
    if not base.is_dir():
        yield base
        return
    for here, folders, names in os.walk(base, followlinks=False):
        folders[:] = sorted(one for one in folders if one not in NOT_HERE and not one.startswith("."))
        for name in sorted(names):
            path = Path(here) / name
            if name.lower().endswith(endings) and not path.is_symlink():
                yield path


def shown(base: Path, root: Path) -> str:
    """What a folder is called: seen from the book where it is in it, else by its own name alone."""
    real, home = base.resolve(), root.resolve()
    return (real.relative_to(home).as_posix() if real.is_relative_to(home) else real.name) or "."


def decoded(body: bytes) -> str:
    """A page's text; ValueError where it is none."""
    if b"\0" in body[:8_000]:
        raise ValueError("not a text")
    return body.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def spread(text: str) -> str:
    """The text with what stands in a table at its top, or several fields to a line, as a list of fields.

    >>> spread("# T\\n| Date | 2026-07-20 |\\n**Status:** Accepted | **Date:** 2025-03-26\\n")
    '# T\\n- Date: 2026-07-20\\n- Status: Accepted\\n- Date: 2025-03-26\\n'
    """
    lines: list[str] = []
    for line in text[: _proposals.HEAD].split("\n"):
        if len(line) < 500 and (row := TABLE.match(line)):
            lines.append(f"- {row[1]}: {row[2]}")
        elif line.startswith("**") and " | **" in line and len(line) < 500:
            lines += [f"- {part.replace('**', '').strip()}" for part in line.split(" | ")]
        else:
            lines.append(line)
    return "\n".join(lines) + text[_proposals.HEAD :]


def titled(text: str) -> str:
    """The first heading of a page, as it stands; empty where there is none."""
    lines = text[: _proposals.HEAD].split("\n")
    for place, line in enumerate(lines):
        if (heading := HEADING.match(line)) and len(line) < 1_000:
            return re.sub(r"[*_`]", "", heading[2])
        if re.fullmatch(r"=+|-{4,}", line.strip()) and place and lines[place - 1].strip() and not lines[place - 1].startswith(("-", ":")):
            return lines[place - 1].strip()
    return ""


def one_line(text: str, most: int = TITLE) -> str:
    """The text on one line, no longer than that, with nothing in it that cannot be written or would move a cursor."""
    plain = "".join(" " if ord(char) < 32 or 0x7F <= ord(char) < 0xA0 else char for char in text.encode("utf-8", "replace").decode())
    return " ".join(plain.split())[:most]


def sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """(heading in lower case, lines below it up to the next heading) of each section."""
    name = ""
    lines: list[str] = []
    code = False
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            code = not code
        if not code and len(line) < 500 and (heading := HEADING.match(line)):
            yield name, lines
            name, lines = re.sub(r"[*_`:]", "", heading[2]).strip().lower(), []
        else:
            lines.append(line)
    yield name, lines


def day_of(value: str) -> date | None:
    """The first day in a text: 2026-03-04, 4-Mar-2026, 4th of March 2026, March 4, 2026; None where there is none.

    >>> str(day_of("on May 6th, 2020")), str(day_of("2020/5/6")), day_of("05/06/2020")
    ('2020-05-06', '2020-05-06', None)
    """
    if when := _proposals.when(value[:400]):
        return when
    for form, day, month in ((AMERICAN, 2, 1), (SPOKEN, 1, 2)):
        if (hit := form.search(value[:400])) and hit[month].lower() in MONTHS:
            try:
                return date(int(hit[3]), MONTHS.index(hit[month].lower()) + 1, int(hit[day]))
            except ValueError:
                continue
    return None


def undated(line: str) -> str:
    """A line of a list or table without its dates, and without what stands between them and the words."""
    for form in (_proposals.DAY, _proposals.WORDY, AMERICAN, SPOKEN):
        line = form.sub(" ", line)
    return re.sub(r"^[\s|*+:,;.()\[\]–—-]+|\s*\|.*$", "", line.strip().lstrip("|"))


def instant(value: str, zone: tzinfo | None = None) -> tuple[datetime, bool] | None:
    """(an instant in UTC, whether its time of day is known) of the first day in a text; None where there is none.

    A time without a zone counts in `zone`; without one only its day is believed. Midnight to the second is how programs write a day.
    """
    day = day_of(value)
    if day is None:
        return None
    midnight = datetime.combine(day, time(), UTC)
    hit = CLOCK.search(value[:400])
    if hit is None or not (hit[4] or zone) or (int(hit[1]), int(hit[2]), int(hit[3] or 0)) == (0, 0, 0):
        return midnight, False
    try:
        clock = datetime.combine(day, time(int(hit[1]), int(hit[2]), int(hit[3] or 0)))
        if hit[4]:
            offset = "+00:00" if hit[4].upper() in ("Z", "UTC", "GMT") else hit[4] if ":" in hit[4] else f"{hit[4][:3]}:{hit[4][3:]}"
            return datetime.fromisoformat(f"{clock.isoformat()}{offset}").astimezone(UTC), True
        return clock.replace(tzinfo=zone).astimezone(UTC), True
    except (ValueError, OverflowError):
        return midnight, False


def people(source: str, values: Iterable[str]) -> tuple[Account, ...]:
    """Whoever fields name, each once, in order: by e-mail, by `@handle` where one is written, else by name alone (`SOURCE:Ann_Arbor`)."""
    accounts: dict[str, Account] = {}
    for value in values:
        for name, address in _proposals.people(value[:2_000]):
            if len(accounts) >= NAMED:
                break
            name = one_line(name, 80)
            if address.startswith("@") and name.lower() == address[1:] and f"@{name}" not in value:
                # A single word may be a handle or a first name: only who has that name alone can be meant.
                address = ""
            word = re.sub(r"\s+", "_", name)
            id_ = address.lower() or (f"{source}:{word}" if word else "")
            if id_ and not re.search(r"\s", id_) and id_.isprintable():
                accounts.setdefault(id_.lower() if ":" not in id_ else id_, Account(id_, name, id_ if "@" in id_[1:] and ":" not in id_ else ""))
    return tuple(accounts.values())


def nobody(source: str) -> Account:
    """Who a page without an author is by: no person, so that nobody is counted for it."""
    return Account(f"{source}:nobody", "nobody named", bot=True)


def values(fields: Mapping[str, list[str]], names: Iterable[str]) -> list[str]:
    """The values of all fields of these names, in the order of the names."""
    return [value for name in names for value in fields.get(name, ()) if value.strip(" '\"`*")]
