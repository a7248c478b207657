"""The raw proofs in keep/, compared with what first recorded them.

A proof is kept as it came and never edited. The journal has the SHA-256 of its bytes (`seal` and `new` record each file of
keep/ once), and the book's git history the id of the blob that was first committed under its path. Bytes that differ from
either are no longer what was kept. Both records are the owner's own: that they agree proves nothing to a stranger, that they
do not is worth knowing before somebody else sees it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from muster import fastlog
from muster.book.journal import FILE, Record
from muster.model import Held, Proof

FOLDER = "keep"
#: More bytes than this are not read: a proof is a mail, a token or a statement.
MOST_BYTES = 64 * 1024 * 1024
MOST_FILES = 5_000
_PLAIN = ("readme.md", "readme.markdown", "readme.txt", "readme")


def proofs(root: Path, records: Iterable[Record], blobs: Mapping[str, tuple[str, datetime | None]]) -> tuple[Proof, ...]:
    """Every file in keep/, and every one that was recorded there and is gone, in the order of their paths.

    `blobs` has the git id of what was first committed under a path, and when.
    """
    kept: dict[str, Record] = {}
    for one in records:
        if one.path.startswith(f"{FOLDER}/"):
            kept.setdefault(one.path, one)
    there = {path: root / path for path in files(root)}
    names = sorted({*there, *kept, *(path for path in blobs if path.startswith(f"{FOLDER}/") and not _plain(path))})
    return tuple(_proof(path, there.get(path), kept.get(path), blobs.get(path)) for path in names)


def unrecorded(root: Path, records: Iterable[Record]) -> tuple[str, ...]:
    """Files in keep/ that the journal has not seen. One that it has seen is never recorded anew: its change would be hidden."""
    kept = {one.path for one in records}
    return tuple(path for path in files(root) if path not in kept)


def files(root: Path) -> Iterator[str]:
    """Paths of the regular files in keep/ in order, hidden ones and READMEs left out, links not followed."""
    found: list[str] = []
    for folder, inner, names in os.walk(root / FOLDER):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in names:
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if not name.startswith(".") and not _plain(relative) and relative.isprintable() and path.is_file() and not path.is_symlink():
                found.append(relative)
        if len(found) > MOST_FILES:
            break
    yield from sorted(found)[:MOST_FILES]


def _plain(path: str) -> bool:
    return path.rpartition("/")[2].casefold() in _PLAIN


def _proof(path: str, there: Path | None, record: Record | None, blob: tuple[str, datetime | None] | None) -> Proof:
    first = f"{FILE}:{record.line}" if record else f"commit of {blob[1]:%Y-%m-%d}" if blob and blob[1] else "a commit" if blob else ""
    if there is None:
        return Proof(path, Held.GONE, first)
    content = _bytes(there)
    if content is None or not first:
        return Proof(path, Held.UNRECORDED, first)
    if record is not None and fastlog.digest(content) != record.sha256:
        return Proof(path, Held.CHANGED, f"{FILE}:{record.line}")
    if blob is not None and blob[0] not in _git_ids(content, len(blob[0])):
        return Proof(path, Held.CHANGED, f"commit of {blob[1]:%Y-%m-%d}" if blob[1] else "a commit")
    return Proof(path, Held.SAME, first)


def _bytes(path: Path) -> bytes | None:
    """A proof's bytes; None where they cannot be read or are too many."""
    try:
        return path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    except OSError:
        return None


def _git_ids(content: bytes, length: int) -> frozenset[str]:
    """The ids that git gives these bytes, as they are and with the line ends that a checkout may have changed."""
    make = hashlib.sha256 if length == 64 else hashlib.sha1
    bare = content.replace(b"\r\n", b"\n")
    forms = (content, bare, bare.replace(b"\n", b"\r\n"))
    return frozenset(make(b"blob %d\0" % len(form) + form).hexdigest() for form in forms)
