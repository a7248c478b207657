"""What must not leave with a packet: `confidential = […]` in muster.toml, and the list `confidential.txt` in the book.

    # one name, term or host a line
    Project Zephyr
    git.corp.example.org        # also every host below it
    zeph*                       # every word that begins so

A list that cannot be read is an error and not an empty list: what it was to keep in would otherwise leave.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from muster.model import Marked, MusterError

FILE = "confidential.txt"
_LARGEST = 1024 * 1024


def read_confidential(root: Path, settings: Iterable[str], where: str = "muster.toml") -> tuple[Marked, ...]:
    """What muster.toml names and then what the book's list names, each once. Raises MusterError where either cannot be used."""
    found = [_marked(text, f"{where}: confidential") for text in settings]
    if (root / FILE).exists() or (root / FILE).is_symlink():
        found += read_list(root / FILE, FILE)
    once: dict[str, Marked] = {}
    for one in found:
        once.setdefault(one.text.casefold(), one)
    return tuple(once.values())


def read_list(path: Path, name: str = "") -> tuple[Marked, ...]:
    """The names, terms and hosts of a list, in its order. Raises MusterError where it cannot be read or a line cannot be used."""
    name = name or str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MusterError(name, f"cannot be read: {error.strerror}", "Mend that first: without it nothing says what must not leave.") from None
    if len(content) > _LARGEST:
        raise MusterError(name, "more than 1 MiB", "Keep one name or host a line, and nothing else.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MusterError(f"{name}:{line}", "not UTF-8 text", "Save the file as UTF-8.") from None
    return tuple(_lines(text, name))


def _lines(text: str, name: str) -> Iterator[Marked]:
    for number, line in enumerate(text.splitlines(), 1):
        typed = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
        if typed:
            yield _marked(typed, f"{name}:{number}")


def _marked(text: str, where: str) -> Marked:
    bare = " ".join(text.split())
    if sum(character.isalnum() for character in bare) < 2:
        raise MusterError(where, "a name of fewer than two letters would withhold nearly everything", "Write the whole word, name or host.")
    return Marked(bare, where)
