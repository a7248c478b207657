"""When each file of a book was first committed, out of one call of `git log` that a hostile repository cannot use.

A commit's date is what the committer's clock said, or what they set it to: this dates nothing for a sceptic (grade
*kept*). The book may be a part of a larger repository; only its own folder is looked at.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_SECONDS = 120


@dataclass(frozen=True, slots=True)
class History:
    """Committed files with the time of the commit that first added them (None where it cannot be read).

    Paths are relative to the book. `blobs` has the id of what was first committed under each path of keep/, and when.
    `notes` say what could not be read, and why.
    """

    first: dict[str, datetime | None] = field(default_factory=dict)
    blobs: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def history(root: Path) -> History:
    """What git knows about a book's files; empty where the folder is in no repository, or git is not there.

    Renames are followed, also those that change some of the text. A file that was deleted and made anew counts from when
    it was made anew.
    """
    inside = any((folder / ".git").exists() for folder in (root.resolve(), *root.resolve().parents))
    if not inside:
        return History()
    for renames in ("-M50%", "--no-renames"):
        # The second try reads no file contents: a partial clone may lack what comparing them needs.
        code, out, said = _log(root, renames)
        if code == 0:
            return History(*_first(out))
        if "bad revision 'HEAD'" in said or "does not have any commits" in said:  # nothing was committed yet
            return History()
    reason = " ".join(said.split())[:200] or f"git log ended with {code}"
    if "dubious ownership" in said:
        reason = "git refuses a repository that belongs to another user"
    return History(notes=(f"the book's git history was not read: {reason}",))


def _log(root: Path, renames: str) -> tuple[int, bytes, str]:
    """Exit code, output and error text of the one call."""
    command = [
        "git", "--no-pager", "--literal-pathspecs", "-C", str(root),
        # Whatever of a repository's own settings could run a program or change the output.
        "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.attributesFile=/dev/null",
        "-c", "core.pager=cat", "-c", "diff.external=", "-c", "diff.renames=false", "-c", "diff.relative=false",
        "-c", "diff.orderFile=/dev/null", "-c", "log.showSignature=false", "-c", "log.showRoot=true", "-c", "log.mailmap=false",
        "-c", "protocol.allow=never",
        "log", "--topo-order", "--reverse", "--diff-merges=first-parent", "--raw", "-z", renames, "-l1000", "--no-ext-diff",
        "--no-textconv", "--no-color", "--no-show-signature", "--ignore-submodules=all", "--relative", "--no-abbrev",
        # A commit begins with a byte that no path of git's output can begin with after a NUL.
        "--format=%x00commit %H %ct", "HEAD", "--", ".",
    ]  # fmt: skip
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "TMPDIR") if key in os.environ}
    environment = {
        **kept,
        "LC_ALL": "C",
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=_SECONDS, check=False
        )
    except FileNotFoundError:
        return 127, b"", "git is not installed"
    except subprocess.TimeoutExpired:
        return 124, b"", f"it took more than {_SECONDS} seconds"
    except OSError as error:
        return 126, b"", str(error.strerror)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def _first(out: bytes) -> tuple[dict[str, datetime | None], dict[str, tuple[str, datetime | None]]]:
    """File → time of the commit that first added it, for files that are still there at the last commit; and the first blobs
    of keep/, of files that are gone too.
    """
    first: dict[str, datetime | None] = {}
    blobs: dict[str, tuple[str, datetime | None]] = {}
    when: datetime | None = None
    tokens = iter(out.split(b"\x00"))
    for token in tokens:
        token = token.lstrip(b"\n")
        if token.startswith(b"commit "):
            when = _time(token.rsplit(b" ", 1)[-1])
        elif token.startswith(b":"):
            status = token.rsplit(b" ", 1)[-1][:1]
            path = os.fsdecode(next(tokens, b""))
            if path.startswith("keep/") and status in (b"A", b"M", b"T"):
                blobs.setdefault(path, (token.split(b" ")[3].decode("ascii", "replace"), when))
            if status == b"A":
                first.setdefault(path, when)
            elif status == b"D":
                first.pop(path, None)
            elif status in (b"R", b"C"):
                target = os.fsdecode(next(tokens, b""))
                began = first.get(path, when)
                if status == b"R":
                    first.pop(path, None)
                first.setdefault(target, began)
                if path in blobs:
                    # A proof that was moved is the same proof; what was copied from it is another.
                    blobs[target] = blobs.pop(path) if status == b"R" else blobs[path]
            else:
                first.setdefault(path, when)
    return first, blobs


def _time(seconds: bytes) -> datetime | None:
    """A commit's time; None where it is none that can be believed or shown."""
    try:
        found = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year >= 1990 else None
