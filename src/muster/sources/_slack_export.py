"""The files of a Slack export, in a folder or a zip file that may be somebody's bomb."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from types import TracebackType

from muster.model import Skipped

#: The largest file that is read, in bytes once inflated.
LARGEST = 32 << 20
#: Text inflates ten- to thirtyfold. What inflates this much, beyond the first bytes, is no text.
RATIO, FIRST = 200, 4 << 20
#: All files together may inflate to this many times the zip file, and to these bytes in any case.
WHOLE, ANYWAY = 60, 64 << 20
#: Files in an export: a channel has one a day.
MANY = 300_000


class Export:
    """The JSON files of an export by name (`general/2026-03-02.json`), and what was not taken of it in `skipped`.

    Raises ValueError where it is neither a folder nor a zip file that can be read.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self.skipped: list[Skipped] = []
        self._zip: zipfile.ZipFile | None = None
        self._left = 0
        self._names: dict[str, str] = {}
        if path.is_dir():
            found = sorted(one.relative_to(path).as_posix() for one in path.rglob("*.json") if one.is_file())
        elif path.is_file():
            try:
                self._zip = zipfile.ZipFile(path)
                found = [one.filename for one in self._zip.infolist()]
            except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RecursionError) as error:
                self.close()
                raise ValueError(f"neither a folder nor a zip file: {error}") from None
            self._left = WHOLE * path.stat().st_size + ANYWAY
        else:
            raise ValueError("neither a folder nor a zip file")
        self._named(found)

    def __enter__(self) -> Export:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the zip file."""
        if self._zip is not None:
            self._zip.close()
            self._zip = None

    def _named(self, found: list[str]) -> None:
        """Sort out names; an export may stand in one folder of its own."""
        if len(found) > MANY:
            self._skip("files beyond the first", len(found) - MANY)
        good: list[str] = []
        for name in found[:MANY]:
            parts = PurePosixPath(name).parts
            if "\\" in name or "\x00" in name or ".." in parts or name.startswith("/") or not name.isprintable():
                self._skip("a file whose name leads elsewhere")
            elif name.endswith(".json") and not any(part.startswith((".", "__MACOSX")) for part in parts):
                good.append(name)
        tops = [PurePosixPath(name).parent for name in good if PurePosixPath(name).name in ("users.json", "channels.json", "groups.json", "dms.json")]
        top = min(tops, key=lambda one: (len(one.parts), str(one)), default=PurePosixPath("."))
        for name in sorted(good):
            with suppress(ValueError):
                self._names.setdefault(PurePosixPath(name).relative_to(top).as_posix(), name)

    def _skip(self, reason: str, count: int = 1) -> None:
        self.skipped.append(Skipped(f"slack: {self.name}", reason, count))

    def names(self) -> Iterator[str]:
        """The files' names, in their order."""
        yield from self._names

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None where there is none, or where it is not taken, which is said in `skipped`."""
        real = self._names.get(name)
        if real is None:
            return None
        try:
            body = self._read(real)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
            self.skipped.append(Skipped(f"slack: {self.name}/{name}", f"cannot be read: {' '.join(str(error).split())[:120]}"))
            return None
        if body is None:
            self.skipped.append(Skipped(f"slack: {self.name}/{name}", f"larger than {LARGEST >> 20} MB, or packed more than {RATIO} times"))
        return body

    def _read(self, real: str) -> bytes | None:
        """A file's bytes; None where it is too large."""
        if self._zip is None:
            path = self.path / real
            if not stat.S_ISREG(path.stat().st_mode):
                raise OSError("no file")
            return path.read_bytes() if path.stat().st_size <= LARGEST else None
        if self._left <= 0:
            raise ValueError("the zip file inflates to more than an export does")
        packed = max(self._zip.getinfo(real).compress_size, 1)
        # What the zip file says of its sizes may be a lie: what comes out is counted.
        most = min(LARGEST, max(FIRST, RATIO * packed), self._left)
        with self._zip.open(real) as file:
            body = file.read(most + 1)
        self._left -= len(body)
        return body if len(body) <= most else None
