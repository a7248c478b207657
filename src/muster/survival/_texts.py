"""Blobs by the thousand, streamed out of one git at the speed of its packs."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence

from muster.sources._repository import LARGEST, Repository

#: A NUL in so many first bytes makes a blob binary, as git has it.
LOOKED_AT = 8000
#: Bytes of texts that git keeps to make others of; by default it forgets what it needs again soon.
BASES = 192 << 20


def stream(repository: Repository, ids: Sequence[str]) -> Iterator[bytes | None]:
    """The content of each blob in the order asked for; None where it is not here, or is too large to be read.

    Nothing is fetched. An older git ends at a missing blob of a partial clone; then the rest is asked for anew.
    """
    done = 0
    while done < len(ids):
        for content in cat(repository, ids[done:]):
            done += 1
            yield content
        if done < len(ids):
            done += 1
            yield None


def cat(repository: Repository, ids: Sequence[str]) -> Iterator[bytes | None]:
    """As `stream`, as far as one git gets."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stderr:
        stdin.write("\n".join(ids).encode("ascii") + b"\n")
        stdin.seek(0)
        process = repository.start("-c", f"core.deltaBaseCacheLimit={BASES}", "cat-file", "--batch", "--buffer", stdin=stdin, stderr=stderr)
        assert process.stdout is not None
        widen(process.stdout.fileno())
        try:
            with open(process.stdout.fileno(), "rb", buffering=1 << 16, closefd=False) as out:
                for _ in ids:
                    head = out.readline()
                    if head == b"\n":
                        head = out.readline()
                    parts = head.split()
                    if not head.endswith(b"\n"):
                        return
                    if len(parts) != 3 or not parts[2].isdigit():
                        yield None
                        continue
                    size = int(parts[2])
                    if parts[1] == b"blob" and size <= LARGEST:
                        content = out.read(size)
                        if len(content) < size:
                            return
                        yield content
                        continue
                    while size and (step := out.read(min(size, 1 << 18))):
                        size -= len(step)
                    yield None
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


def widen(pipe: int) -> None:
    """Let a pipe hold a megabyte where the system can, so that git seldom waits. (That of the harvest comes with tables.)"""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)


def binary(content: bytes) -> bool:
    """Whether a blob is no text."""
    return content.find(b"\0", 0, LOOKED_AT) >= 0
