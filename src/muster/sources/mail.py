"""Mail in files of this machine: .eml, mbox and Maildir. Mail on a server is read by `imap`.

A message is evidence of kind `message` under its Message-ID, so the same message in two folders, or in a file and on a
server, is one. `happened_at` is its own `Date`, which is claimed; `recorded_at` is the newest `Received`, which the last
server wrote; where they are far apart the fact `doubt` says so. A file in the book is graded kept, one elsewhere said.
Signatures (DKIM) are not verified.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from muster.model import Account, Evidence, Grade, Skipped
from muster.sources._kept import Raw
from muster.sources._mail_boxes import messages
from muster.sources._mail_read import Letter, pieces

SOURCE = "mail"
GIVES = ("messages",)
SHOWS = "what was written to whom and when, what answers what, and to which lists"
BLIND = "mail that was deleted or never kept; whether anybody read it; that the sender is who it says (signatures are not verified)"
QUESTIONS = (
    "Who outside your team says so?",
    "Did you tell us before, or after?",
    "Have I seen this work myself, before today?",
    "When did you push back, and were you right?",
)

EXAMPLE = """
[sources.mail]
paths = ["keep/mail", "archive/*.mbox"]
"""

#: Files are there anew each time: when they were looked at says nothing.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Settings:
    """The `paths` of files and folders, seen from the book; `*` and `**` in them stand for any name and any folders."""

    paths: tuple[str, ...]


def fetch(settings: Settings, root: Path) -> Iterator[Raw | Skipped]:
    """Each message, in the order of the settings and of the files' names. A file that two paths name is read once."""
    seen: set[Path] = set()
    for pattern in settings.paths:
        found = [root / pattern] if (root / pattern).exists() else sorted(Path(name) for name in glob.glob(str(root / pattern), recursive=True))  # noqa: PTH207 - Path.glob takes no "..", nor a whole path
        if not found:
            yield Skipped(f"mail: {pattern}", "there is no such file or folder")
        for path in found:
            try:
                real = path.resolve()
            except (OSError, RuntimeError):  # a link to itself
                yield Skipped(f"mail: {pattern}", "cannot be read")
                continue
            if real in seen:
                continue
            seen.add(real)
            for one in messages(path, named(path, real, root)):
                yield one if isinstance(one, Skipped) else Raw(one.key, one.kind, one.body, NEVER)


def named(path: Path, real: Path, root: Path) -> str:
    """What a path is called: seen from the book where it is in it, else beginning with `..`, without the machine's folders."""
    home = root.resolve()
    return real.relative_to(home).as_posix() if real.is_relative_to(home) else f"../{path.name}"


def parse(raw: Raw) -> Iterator[Evidence | Account]:
    """The message, and an account for each address that shows a name. ValueError where it is no message."""
    file = raw.key.partition("#")[0] if raw.kind == "mbox" else raw.key.rpartition("/")[0]
    folder = file.removesuffix("/cur").removesuffix("/new") if raw.kind == "maildir" else file
    grade = Grade.SAID if raw.key.startswith("../") else Grade.KEPT
    return pieces(Letter(raw.body, folder or raw.key, grade, mangled=raw.kind == "mbox"))
