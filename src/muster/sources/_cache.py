"""Harvests on disk: Parquet parts that are never changed, and small files that say which of them count.

`state.json` names the parts of a whole harvest. `begun.json` names those of a stretch that is being read, from its old
end and from its new end, so that a run that was killed is gone on with. A part is synced before either is replaced in one
step, so ending the program at any time leaves the state of before or of after. Anything unreadable, or of another format,
counts for nothing. Two locks: `lock` is held by the one who writes, `use` is shared by all who read, and parts that count
no more are removed only by a writer whom nobody else reads beside.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from muster.sources._ends import Shelf
from muster.sources._parts import Part, Rows, Tables, failing, write

#: Rises with every change of columns or of what a row means.
FORMAT = 2
#: With more small parts at its end than this, a harvest gets one in their place; a small part has fewer commits than that.
PARTS = 12
SMALL = 5000

Counts = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Known:
    """A whole harvest: up to which commit, in which parts, and what of it could not be taken."""

    head: str
    parts: tuple[Part, ...]
    skipped: Counts

    @property
    def commits(self) -> int:
        """How many commits it has."""
        return sum(part.commits for part in self.parts)


@dataclass(frozen=True, slots=True)
class Begun:
    """A stretch that is being read: all that leads to `head` and not to `base` (None: all); what there is of it."""

    base: str | None
    head: str
    front: tuple[Part, ...]
    back: tuple[Part, ...]
    skipped: Counts


class _Held:
    """The shared lock, as long as somebody has it. (A bare descriptor: a file object complains when it is not closed.)"""

    def __init__(self, file: int | None) -> None:
        self.file = file

    def __del__(self) -> None:
        if self.file is not None:
            os.close(self.file)


class Store:
    """One repository's harvest in a cache; without a folder it keeps nothing.

    `cut` tells where a shallow clone ends: what was kept of another cut is of another history.
    """

    def __init__(self, folder: Path | None, cut: str, writes: bool, use: int | None) -> None:
        self.folder = folder
        self._cut = cut
        self.writes = writes
        #: Held as long as anybody reads what is here.
        self.held = _Held(use)
        if use is not None:
            locked(use, shared=True, wait=True)

    def known(self) -> Known | None:
        """The whole harvest that is here."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            state = self._load("state.json")
            parts = self._parts(state["parts"])
            return Known(str(state["head"]), parts, counts(state["skipped"])) if parts else None
        return None

    def begun(self) -> Begun | None:
        """The stretch that an earlier run has not read to its end; None where this run may not go on with it."""
        if not self.writes:
            return None
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            state = self._load("begun.json")
            base = state["base"]
            if base is None or isinstance(base, str):
                front, back = self._parts(state["front"]), self._parts(state["back"])
                return Begun(base, str(state["head"]), front, back, counts(state["skipped"]))
        return None

    def rows(self, parts: Sequence[Part]) -> Rows:
        """The tables in these parts, safe from being tidied away while they are in use."""
        return Rows(tuple(parts), self.held)

    def shelf(self, base: str | None, head: str) -> Shelf:
        """Where to put a stretch; each of its parts is noted, so that a later run can go on from there."""
        if not self.writes:
            return Shelf(None)

        def save(shelf: Shelf) -> None:
            self._save("begun.json", {
                "base": base, "head": head, "front": listed(shelf.front), "back": listed(shelf.back),
                "skipped": [[where, why, count] for (where, why), count in sorted(shelf.counted.items())],
            })

        return Shelf(self.folder, save)

    def keep(self, known: Known) -> Known:
        """Note a whole harvest, and remove what it does not need; many small parts at its end become one."""
        if not self.writes:
            return known
        parts = list(known.parts)
        small = next((number for number, part in enumerate(reversed(parts)) if part.commits >= SMALL), len(parts))
        if small >= PARTS:
            rows = self.rows(parts[-small:])
            assert self.folder is not None
            merged = write(self.folder, [(rows.table("commits"), rows.table("changes"), rows.table("merged"))])
            known = Known(known.head, (*parts[:-small], merged), known.skipped)
        self._save("state.json", {
            "head": known.head, "parts": listed(known.parts),
            "skipped": [[where, why, count] for (where, why), count in sorted(known.skipped.items())],
        })
        self.tidy(known.parts)
        return known

    def replace(self, head: str, tables: Tables, skipped: Counts) -> None:
        """Keep these tables in place of all that is here."""
        if self.writes and self.folder:
            self.keep(Known(head, (write(self.folder, [tables]),), skipped))

    def forget(self) -> None:
        """Remove what was begun; a whole harvest stays."""
        known = self.known()
        self.tidy(known.parts if known else ())

    def tidy(self, parts: Sequence[Part]) -> None:
        """Remove all but these parts, unless somebody else may be reading them."""
        if not self.writes or self.folder is None:
            return
        use = self.held.file
        if use is not None and not locked(use):
            locked(use, shared=True, wait=True)
            (self.folder / "begun.json").unlink(missing_ok=True)
            return
        names = {part.name for part in parts}
        for file in sorted(self.folder.iterdir()):
            if file.name not in ("state.json", "lock", "use") and file.name.split(".")[0] not in names:
                file.unlink(missing_ok=True)
        if use is not None:
            locked(use, shared=True, wait=True)

    def _parts(self, listing: object) -> tuple[Part, ...]:
        if not isinstance(listing, list) or self.folder is None:
            raise TypeError("no list of parts")
        parts = tuple(Part(self.folder, str(name), int(commits), tuple(map(int, sizes))) for name, commits, sizes in listing)
        if not all(part.whole() for part in parts):
            raise ValueError("a part is damaged")
        return parts

    def _load(self, name: str) -> dict[str, object]:
        if self.folder is None:
            raise FileNotFoundError(name)
        state = json.loads((self.folder / name).read_text("utf-8"))
        if not isinstance(state, dict) or state["format"] != FORMAT or state["cut"] != self._cut:
            raise ValueError("of another format or another cut")
        return state

    def _save(self, name: str, state: dict[str, object]) -> None:
        assert self.folder is not None
        temporary = self.folder / f"{name}.{secrets.token_hex(6)}.tmp"
        with failing(self.folder), open(temporary, "w", encoding="utf-8") as out:  # noqa: PTH123
            json.dump({"format": FORMAT, "cut": self._cut, **state}, out)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(self.folder / name)


def listed(parts: Sequence[Part]) -> list[list[object]]:
    """Parts as they stand in a file."""
    return [[part.name, part.commits, list(part.sizes)] for part in parts]


def counts(listing: object) -> Counts:
    """Counts as they stand in a file, read back."""
    if not isinstance(listing, list):
        raise TypeError("no list of counts")
    return Counter({(str(where), str(why)): int(count) for where, why, count in listing})


def place(cache: Path, path: Path, ref: str) -> Path:
    """The folder of one repository's harvest in a cache."""
    key = hashlib.sha256(f"{path.resolve()}\0{ref}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return cache / key


@contextlib.contextmanager
def store(cache: Path | None, path: Path, ref: str, cut: str) -> Iterator[Store]:
    """A repository's place in the cache. One run at a time writes there; a second one is none the worse for it."""
    if cache is None:
        yield Store(None, cut, False, None)
        return
    folder = place(cache, path, ref)
    with failing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "ab")  # noqa: PTH123, SIM115
        use = os.open(folder / "use", os.O_RDWR | os.O_CREAT, 0o666)
    with lock:
        yield Store(folder, cut, locked(lock.fileno()), use)


def locked(file: int, shared: bool = False, wait: bool = False) -> bool:
    """Whether this run has the lock now; where the system knows no locks it is taken to."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
