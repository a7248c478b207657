"""Messages in files: one in an .eml file, many in an mbox file, one a file in a Maildir."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from muster.model import Skipped
from muster.sources._mail_read import LARGEST

#: A line that begins a message in an mbox file; what looks like it may also stand in a message.
BEGINS = re.compile(rb"From ([^\n]{0,300})\n")
DATED = re.compile(rb"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .*\d{1,2}:\d{2}.* \d{4}\b|\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
#: What `git format-patch` writes; a patch inside a message begins so as well.
PATCH = re.compile(rb"[0-9a-f]{40} Mon Sep 17 00:00:00 2001")
FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]*:|>From |From ")
BOUNDARY = re.compile(rb"boundary\s*=\s*\"?([^\";\r\n]{1,100})", re.IGNORECASE)
LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
HEAD = 64 << 10


@dataclass(frozen=True, slots=True)
class Held:
    """A message in a file: where (`keep/mail/list.mbox#3`), in what sort of file (eml, mbox, maildir), and its bytes."""

    key: str
    kind: str
    body: bytes


def messages(path: Path, name: str) -> Iterator[Held | Skipped]:
    """Every message below a file or folder, in the order of the names; `name` is what the path is called."""
    if path.is_file():
        yield from in_file(path, name)
        return
    others = 0
    for folder, folders, files in os.walk(path):
        folders.sort()
        here = Path(folder)
        below = here.relative_to(path).as_posix()
        called = name if below == "." else f"{name}/{below}"
        maildir = here.name in ("cur", "new") and (here.parent / "cur").is_dir() and (here.parent / "new").is_dir()
        if here.name == "tmp" and (here.parent / "cur").is_dir():
            continue
        for file in sorted(files):
            one = here / file
            if not one.is_file() or file.startswith("."):
                continue
            # The flags at the end of a Maildir's file names change whenever somebody reads or files the message.
            key = f"{called}/{file.partition(':2,')[0] if maildir else file}"
            if maildir:
                yield from whole(one, key, "maildir")
            elif file.lower().endswith(".eml") or begins_mbox(one):
                yield from in_file(one, key)
            else:
                others += 1
    if others:
        yield Skipped(f"mail: {name}", "files that are neither .eml nor mbox", others)


def in_file(path: Path, key: str) -> Iterator[Held | Skipped]:
    """The messages of one file: many where it begins as an mbox does."""
    if begins_mbox(path):
        yield from mbox(path, key)
    else:
        yield from whole(path, key, "eml")


def whole(path: Path, key: str, kind: str) -> Iterator[Held | Skipped]:
    """A file that is one message."""
    try:
        if path.stat().st_size > LARGEST:
            yield Skipped(f"mail: {key}", f"larger than {LARGEST >> 20} MB")
        else:
            yield Held(key, kind, path.read_bytes())
    except OSError as error:
        yield Skipped(f"mail: {key}", f"cannot be read: {error.strerror}")


def begins_mbox(path: Path) -> bool:
    """Whether a file begins as an mbox does."""
    try:
        with path.open("rb") as file:
            return file.read(5) == b"From "
    except OSError:
        return False


def mbox(path: Path, key: str) -> Iterator[Held | Skipped]:
    """Each message of an mbox file, without the line that leads it."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            number = 0
            for number, (start, end) in enumerate(spans(data), 1):
                if end - start > LARGEST:
                    yield Skipped(f"mail: {key}#{number}", f"larger than {LARGEST >> 20} MB")
                else:
                    yield Held(f"{key}#{number}", "mbox", data[start:end])
            if not number:
                yield Skipped(f"mail: {key}", "begins as an mbox does, and holds no message")
    except (OSError, ValueError) as error:
        yield Skipped(f"mail: {key}", f"cannot be read: {error}")


def spans(data: mmap.mmap | bytes) -> Iterator[tuple[int, int]]:
    """Where each message of an mbox begins and ends.

    A line that begins with “From ” begins a message only where it stands after a blank line, has a date and is followed by
    a field of a head; and not inside the length that a message says it has, nor inside its parts, nor where a patch
    begins so in a file of other messages.
    """
    start = -1
    patches = False
    inside = 0
    closing = b""
    for found in candidates(data):
        line, after = found[1], found.end()
        if not FIELD.match(data[after : after + 120]) or not (DATED.search(line) or start < 0):
            continue
        if start < 0:
            patches = bool(PATCH.match(line))
        else:
            if found.start() < inside or (PATCH.match(line) and not patches):
                continue
            if closing and data.find(closing, start, found.start()) < 0 <= data.find(closing, found.end(), found.end() + LARGEST):
                continue
            yield start, ended(data, found.start())
        start = after
        head = data[start : start + HEAD]
        blank = re.search(rb"\n\r?\n", head)
        head = head[: blank.end()] if blank else head
        bounded = BOUNDARY.search(head)
        closing = b"\n--" + bounded[1].strip() + b"--" if bounded else b""
        inside = length(data, start, head) if blank else 0
    if start >= 0:
        yield start, ended(data, len(data))


def candidates(data: mmap.mmap | bytes) -> Iterator[re.Match[bytes]]:
    """Each line that begins with “From ”, at the very beginning or below a blank line."""
    place = 0
    while place >= 0:
        if (place == 0 or data[place - 2 : place] == b"\n\n" or data[place - 3 : place] == b"\n\r\n") and (
            found := BEGINS.match(data, place)
        ):
            yield found
        place = data.find(b"\nFrom ", max(place, 1) - 1 if place == 0 else place)
        place = place + 1 if place >= 0 else -1


def length(data: mmap.mmap | bytes, start: int, head: bytes) -> int:
    """Where a message ends by the length that it gives; 0 where it gives none, or one that ends nowhere."""
    said = LENGTH.search(head)
    if not said:
        return 0
    end = start + len(head) + int(said[1])
    near = data[end : end + 8]
    return end if end <= len(data) and (not near.strip() or near.lstrip(b"\r\n").startswith(b"From ")) else 0


def ended(data: mmap.mmap | bytes, end: int) -> int:
    """The end without the blank line that parts two messages."""
    for blank in (b"\r\n\r\n", b"\n\n"):
        if data[max(0, end - len(blank)) : end] == blank:
            return end - len(blank) // 2
    return end
