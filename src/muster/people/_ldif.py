"""People from an LDIF export of a directory: content records only, as RFC 2849 has them. No server is asked.

Folded lines are joined, `::` values are base64, and what points elsewhere (`:<`) or tells of a change is passed over.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from muster.model import Skipped

LARGEST = 64 * 1024 * 1024
#: A record with more lines, or a value with more characters, is not somebody.
MOST_LINES, LONGEST = 2_000, 4_000


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody in a directory: their own name there (`dn`), their addresses, and the `dn` of their manager."""

    dn: str
    uid: str
    name: str
    mails: tuple[str, ...]
    manager: str = ""
    team: str = ""
    title: str = ""


def read(file: Path) -> tuple[tuple[Entry, ...], tuple[Skipped, ...]]:
    """Everybody in an LDIF file in its order, and what was not taken; nothing where there is no such file."""
    try:
        if not file.is_file():
            return (), ()
        if file.stat().st_size > LARGEST:
            return (), (Skipped(file.name, "larger than 64 MiB"),)
        text = file.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        return (), (Skipped(file.name, f"cannot be read: {error.strerror}"),)
    return parse(text, file.name)


def parse(text: str, where: str = "people.ldif") -> tuple[tuple[Entry, ...], tuple[Skipped, ...]]:
    """Everybody in an LDIF text in its order, and what was not taken.

    >>> parse("dn: uid=ann,o=x\\nuid: ann\\nmail: Ann@x.org\\nmanager: uid=bo,\\n o=x\\nou: Search\\n")[0][0].manager
    'uid=bo,o=x'
    """
    found: list[Entry] = []
    skipped: list[Skipped] = []
    for line, record in records(text):
        at = f"{where}:{line}"
        if isinstance(record, str):
            skipped.append(Skipped(at, record))
        elif "changetype" in record:
            skipped.append(Skipped(at, "a record of a change, not of somebody"))
        elif "mail" in record or "uid" in record:
            first = {name: values[0] for name, values in record.items() if values}
            mails = dict.fromkeys(mail.strip().lower() for name in ("mail", "mailalternateaddress", "mailalias") for mail in record.get(name, ()) if "@" in mail)
            found.append(Entry(
                normal(first.get("dn", "")), first.get("uid", "").strip(), first.get("displayname") or first.get("cn", ""), tuple(mails),
                normal(first.get("manager", "")), first.get("departmentnumber") or first.get("department") or first.get("ou", ""), first.get("title", ""),
            ))  # fmt: skip
    return tuple(found), tuple(skipped)


def normal(dn: str) -> str:
    """A distinguished name, so that two spellings of one compare equal: no space beside a comma, small letters."""
    return ",".join(part.strip() for part in dn.lower().split(","))


def records(text: str) -> Iterator[tuple[int, Mapping[str, list[str]] | str]]:
    """(line number, values by attribute in lower case, or why the record is not taken) of each record."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate([*text.replace("\r\n", "\n").split("\n"), ""], 1):
        if line.startswith(" ") and lines:
            lines[-1] = (lines[-1][0], lines[-1][1] + line[1:] if len(lines[-1][1]) <= LONGEST else lines[-1][1])
        elif line.strip():
            lines.append((number, line))
        elif lines:
            if any(not one.startswith(("#", "version:")) for _, one in lines):
                yield lines[0][0], _values([one for _, one in lines])
            lines = []


def _values(lines: list[str]) -> Mapping[str, list[str]] | str:
    found: dict[str, list[str]] = {}
    if len(lines) > MOST_LINES:
        return "more lines than somebody has"
    for line in lines:
        if line.startswith(("#", "version:")):
            continue
        name, colon, value = line.partition(":")
        if not colon:
            return "a line without a colon"
        # `cn;lang-de` is a spelling of cn; the first one counts.
        name = name.partition(";")[0].strip().lower()
        if value.startswith("<"):
            continue
        if value.startswith(":"):
            try:
                value = base64.b64decode(value[1:].strip(), validate=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                return f"{name[:40]} is not base64"
        value = value.strip()
        if len(value) <= LONGEST:
            found.setdefault(name, []).append(value)
    return found
