"""The files that say who is who: `people.csv`, `not-the-same.csv` and `people.ldif` in the organisation's folder, read and added to.

Whatever already stands in a file stays as it is, byte for byte: comments, order, columns that nobody here knows. A row is
put at its end, and the file is replaced at once or not at all.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from muster.model import MusterError
from muster.people import _ldif

PEOPLE, APART, LDIF = "people.csv", "not-the-same.csv", "people.ldif"
COLUMNS = ("person", "email", "handle", "name")

#: The files are written by hand: one larger than this is something else.
LARGEST = 16 * 1024 * 1024
#: What a spreadsheet takes for the beginning of a formula; `@` is how accounts are written here.
FORMULA = ("=", "+", "-")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of people.csv: the person's id, and an e-mail, a key of an account (`@ann`, `gitlab:ann`) or a name of theirs."""

    person: str
    email: str = ""
    key: str = ""
    name: str = ""


def key_of(handle: str) -> str:
    """The key that an account goes by here: `@ann` on GitHub, `gitlab:ann` elsewhere; empty for none.

    >>> key_of("Ann"), key_of("@ann"), key_of("github:ann"), key_of("slack:U012AB"), key_of(" ")
    ('@ann', '@ann', '@ann', 'slack:u012ab', '')
    """
    low = handle.strip().lower()
    if low.startswith("github:"):
        low = low.removeprefix("github:").removeprefix("@")
    if ":" in low:
        low = low.removeprefix("@")
    if not low or low == "@":
        return ""
    return low if ":" in low or low.startswith("@") else f"@{low}"


def read(org: Path | None) -> tuple[list[Row], list[str]]:
    """What people.csv says, then people.ldif; none where there is neither. The second is what was left out, in sentences."""
    if org is None:
        return [], []
    rows, notes = read_csv(org / PEOPLE)
    for entry in _ldif.read(org / LDIF)[0]:
        if entry.mails:
            rows += [Row(entry.mails[0], mail, "", entry.name if mail == entry.mails[0] else "") for mail in entry.mails]
    return settled(rows), notes


def settled(rows: Sequence[Row]) -> list[Row]:
    """The rows with one id a person: where an id is another row's address, both rows are of whoever has that."""
    above = {row.email or row.key: row.person for row in reversed(rows) if (row.email or row.key) not in ("", row.person)}
    found: list[Row] = []
    for row in rows:
        person, seen = row.person, {row.person}
        while (person_ := above.get(person)) and person_ not in seen:
            person = person_
            seen.add(person)
        # Rows that go round in a circle are one person all the same: the first of them by name.
        found.append(replace(row, person=min(seen) if above.get(person) in seen else person))
    return found


def read_csv(file: Path) -> tuple[list[Row], list[str]]:
    """The rows of a people.csv, and what was left out; MusterError where its first line names neither person nor email."""
    rows: list[Row] = []
    notes: list[str] = []
    table = lines(file)
    if table is None:
        return rows, notes
    columns, found = table
    if "person" not in columns and "email" not in columns:
        raise MusterError(str(file), f"its first line names the columns {', '.join(columns) or '(none)'}", "Make it: person,email,handle,name")
    for number, cells in found:
        email, key = cells.get("email", "").lower(), key_of(cells.get("handle", ""))
        person = cells.get("person", "").lower() or email or key
        if person:
            rows.append(Row(person, email, key, cells.get("name", "")))
        else:
            notes.append(f"{file.name}:{number}: a row without person, email and handle was left out")
    return rows, notes


def read_apart(org: Path | None) -> frozenset[frozenset[str]]:
    """Pairs of ids that the owner said are two people."""
    table = lines(org / APART) if org else None
    pairs = (frozenset((cells.get("one", "").lower(), cells.get("other", "").lower())) for _, cells in (table or ((), ()))[1])
    return frozenset(pair for pair in pairs if len(pair) == 2 and "" not in pair)


def lines(file: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]] | None:
    """(columns, (line number, cells by column) of each row) of a CSV file with a first line; None where there is no file.

    Empty rows and those that begin with # are passed over.
    """
    try:
        if not file.is_file():
            return None
        if file.stat().st_size > LARGEST:
            raise MusterError(str(file), "larger than 16 MiB", "Keep one row an address in it, and nothing else.")
        return parsed(file.read_bytes().decode("utf-8-sig", "replace"))
    except OSError as error:
        raise MusterError(str(file), f"cannot be read: {error.strerror}", "Mend it, or move it out of the folder.") from None


def parsed(text: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The same of a text."""
    columns: list[str] | None = None
    rows: list[tuple[int, dict[str, str]]] = []
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""))
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return columns or [], rows
        except csv.Error:
            rows.append((reader.line_num, {}))
            continue
        if not any(cell.strip() for cell in row) and columns is not None:
            # A row of commas is a row that says nothing; an empty line is none.
            if len(row) > 1:
                rows.append((reader.line_num, {}))
        elif row and not row[0].lstrip().startswith("#"):
            if columns is None:
                columns = [cell.strip().lower() for cell in row]
            else:
                rows.append((reader.line_num, {name: _read(cell) for name, cell in zip(columns, row, strict=False)}))


def write_rows(org: Path, rows: Sequence[Row]) -> Path:
    """The people.csv with these rows at its end; made where there was none."""
    return append(org / PEOPLE, COLUMNS, [{"person": row.person, "email": row.email, "handle": row.key, "name": row.name} for row in rows])


def write_apart(org: Path, pairs: Iterable[tuple[str, str]]) -> Path:
    """The not-the-same.csv with these pairs at its end; made where there was none."""
    return append(org / APART, ("one", "other"), [dict(zip(("one", "other"), sorted(pair), strict=True)) for pair in pairs])


def append(file: Path, wanted: Sequence[str], rows: Sequence[dict[str, str]]) -> Path:
    """The file with rows at its end, in the order of its own columns; a column that it lacks is put last in its first line.

    It is replaced in one step, so that a crash leaves the old one or the new one. Raises MusterError where it cannot be.
    """
    # What is written to is the file that a link means.
    file = file.resolve()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        old = file.read_bytes() if file.exists() else b""
        content = added(old, wanted, rows)
        if len(parsed(content.decode("utf-8-sig", "replace"))[1]) != len(parsed(old.decode("utf-8-sig", "replace"))[1]) + len(rows):
            raise MusterError(str(file), "a quotation mark in it is never closed, so nothing can be put at its end", "Close it, then say it again.")
        handle, beside = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            Path(beside).chmod(file.stat().st_mode & 0o777 if file.exists() else 0o644)
            Path(beside).replace(file)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise MusterError(str(file), f"cannot be written: {error.strerror}", "Look at the folder's permissions and the space left.") from None
    return file


def added(old: bytes, wanted: Sequence[str], rows: Sequence[dict[str, str]]) -> bytes:
    """The content of a CSV file with rows at its end.

    >>> added(b"# who is who\\r\\nname,person\\r\\nAnn,a@x\\r\\n", ("person", "email"), [{"person": "b@x", "email": "c@x"}])
    b'# who is who\\r\\nname,person,email\\r\\nAnn,a@x\\r\\n,b@x,c@x\\r\\n'
    """
    end = b"\r\n" if b"\r\n" in old else b"\n"
    parts = old.split(b"\n") if old.strip() else []
    place = next((n for n, line in enumerate(parts) if line.strip(b"\xef\xbb\xbf \t\r") and not line.lstrip(b"\xef\xbb\xbf \t").startswith(b"#")), None)
    if place is None:
        columns = list(wanted)
        head = b"" if not old or old.endswith(b"\n") else end
        content = old + head + ",".join(columns).encode() + end
    else:
        columns = parsed(parts[place].decode("utf-8-sig", "replace").replace("\r", " "))[0]
        lacking = [name for name in wanted if name not in columns and any(row.get(name) for row in rows)]
        if lacking:
            bare = parts[place].rstrip(b"\r")
            parts[place] = bare + b"," + ",".join(lacking).encode() + parts[place][len(bare):]
            columns += lacking
        content = b"\n".join(parts)
        content += b"" if content.endswith(b"\n") else end
    return content + b"".join(_line(columns, row) + end for row in rows)


def _line(columns: Sequence[str], row: dict[str, str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([_plain(row.get(name, "")) for name in columns])
    return out.getvalue().encode()


def _plain(cell: str) -> str:
    """A cell on one line; what a spreadsheet would take for a formula gets a quote in front of it, which is read away again."""
    cell = "".join(" " if ord(char) < 32 else char for char in cell)
    return f"'{cell}" if cell[:1] in FORMULA else cell


def _read(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell
