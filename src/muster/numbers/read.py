"""Reading a data pull: CSV, Parquet or JSON in the book, as moments and values.

A row without a moment or a number is no measurement: it is left out, counted by its reason, and the first of each kind is
named. What could be read in two ways is refused, with what to write instead: `1,234` is a thousand to one reader and a
little over one to another.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import numpy.typing as npt

#: Bounds on what is read at all, so that a hostile file costs seconds and not the machine.
LARGEST = 64 * 1024 * 1024
MOST_ROWS = 2_000_000
#: A value beyond this is no measurement: sums of squares of such still fit a float.
BEYOND = 1e15

CSV = (".csv", ".tsv", ".txt")
PARQUET = (".parquet", ".pq")
JSON = (".json", ".jsonl", ".ndjson")

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_SEPARATED = re.compile(r"[+-]?\d[\d \u00a0\u202f,.'’_]*\d", re.ASCII)
_EMPTY = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
_EPOCH = {"seconds": 1_000_000, "milliseconds": 1_000}
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

Micros = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
Cell = object


class PullError(Exception):
    """A data pull that cannot be used: what it is that is wrong, and behind a semicolon what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read of a data pull: its columns, which rows, and how its moments are written."""

    time: str
    value: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    epoch: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are needed, each once."""
        return tuple(dict.fromkeys([self.time, *([self.value] if self.value else []), *self.where]))


@dataclass(frozen=True, slots=True)
class Pull:
    """Measurements in order of time (then of value, so that the order of rows does not matter).

    `at` is in microseconds since 1970 in UTC; `values` is 1 a row where no column of values was asked for. `read` counts
    the rows that were looked at, and `unread` says of those that are none: why, how many, and where the first is.
    """

    at: Micros
    values: Values
    read: int
    unread: tuple[str, ...]
    notes: tuple[str, ...] = ()


def pull(path: Path, name: str, wanted: Wanted) -> Pull:
    """The measurements of a file; `name` is what the reader knows it by. Raises `PullError` with what to mend."""
    if path.stat().st_size > LARGEST:
        raise PullError(f"{name} is over 64 MiB; keep only the columns and the time that are needed")
    kind = path.suffix.casefold()
    notes: list[str] = []
    if kind in CSV:
        rows = _csv(path, name, wanted, notes)
    elif kind in PARQUET:
        rows = _parquet(path, name, wanted)
    elif kind in JSON:
        rows = _json(path, name, wanted)
    else:
        raise PullError(f"{name} is no data that can be read; save it as CSV, Parquet or JSON")
    return _taken(rows, name, wanted, notes)


def _taken(rows: Iterable[tuple[int, Sequence[Cell] | None]], name: str, wanted: Wanted, notes: list[str]) -> Pull:
    """The rows that are measurements, and what became of the others."""
    moments: list[int] = []
    values: list[float] = []
    unread: dict[str, tuple[int, int]] = {}
    seen: dict[str, dict[str, None]] = {column: {} for column in wanted.where}
    columns = wanted.columns
    at_value = columns.index(wanted.value) if wanted.value else -1
    places = [(columns.index(column), column, frozenset(allowed)) for column, allowed in wanted.where.items()]
    read = digits = 0
    for line, cells in rows:
        read += 1
        if read > MOST_ROWS:
            raise PullError(f"{name} has more than {MOST_ROWS:,} rows; add up what belongs together, or keep less time")
        if cells is None:
            _count(unread, "are no rows of this table", line)
            continue
        if places and not _kept(cells, places, seen):
            continue
        when = moment(cells[0], wanted.epoch)
        if when is None:
            digits += bool(re.fullmatch(r"\d{9,13}(?:\.\d+)?", str(cells[0]).strip(), re.ASCII))
            _count(unread, f"have no time in {wanted.time!r}", line)
            continue
        value: float | None = 1.0
        if wanted.value:
            cell = cells[at_value]
            value = number(cell)
            if value is None:
                if isinstance(cell, str) and separated(cell):
                    typed = " ".join(cell.split())[:24]
                    raise PullError(
                        f"{name}, line {line}: `{typed}` can be read in two ways; write numbers with a point for decimals "
                        "and nothing between thousands"
                    )
                _count(unread, f"have no number in {wanted.value!r}", line)
                continue
        moments.append(when)
        values.append(value if value is not None else 1.0)
    if not moments:
        raise PullError(_nothing(name, wanted, read, digits, seen, unread))
    at, found = np.array(moments, dtype=np.int64), np.array(values, dtype=np.float64)
    order = np.lexsort((found, at))
    told = tuple(
        f"{count:,} of {read:,} rows {reason} (the first is line {line})" for reason, (count, line) in sorted(unread.items(), key=lambda row: (-row[1][0], row[0]))
    )
    return Pull(at[order], found[order], read, told, tuple(notes))


def _count(unread: dict[str, tuple[int, int]], reason: str, line: int) -> None:
    """One more row that cannot be read for that reason."""
    count, first = unread.get(reason, (0, line))
    unread[reason] = count + 1, first


def _kept(cells: Sequence[Cell], places: Sequence[tuple[int, str, frozenset[str]]], seen: dict[str, dict[str, None]]) -> bool:
    """Whether a row is one of those asked for."""
    keep = True
    for place, column, allowed in places:
        text = plain(cells[place])
        if len(seen[column]) < 6:
            seen[column][text[:40]] = None
        keep = keep and text in allowed
    return keep


def _nothing(
    name: str, wanted: Wanted, read: int, digits: int, seen: Mapping[str, Mapping[str, None]], unread: Mapping[str, object]
) -> str:
    """Why there is no measurement at all, and what to do."""
    if not read:
        return f"{name} has no rows; put what was measured into it"
    if digits and not wanted.epoch:
        return f"{name} has times like seconds since 1970; say `epoch: seconds` or `epoch: milliseconds`"
    if unread:
        return f"{name} has no row that can be read: they {' and '.join(sorted(unread))}; write times as 2026-05-04 or 2026-05-04T10:30:00Z"
    asked = ", ".join(f"{column} {' or '.join(allowed)}" for column, allowed in wanted.where.items())
    there = "; ".join(f"{column} has {', '.join(sorted(found)[:5])}" for column, found in seen.items())
    return f"{name} has no row where {asked}; {there}"


def plain(cell: Cell) -> str:
    """A cell as `where` compares it: its text without blanks around it, truth as `true` and `false`."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < BEYOND:
        return str(int(cell))
    return str(cell).strip() if cell is not None else ""


def number(cell: Cell) -> float | None:
    """A cell as a finite number; None where it is none."""
    if isinstance(cell, str):
        text = cell.strip()
        if len(text) > 64 or not _NUMBER.fullmatch(text):
            return None
        value = float(text)
    elif isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        try:
            value = float(cell)
        except (OverflowError, ValueError):
            return None
    elif isinstance(cell, timedelta):
        value = cell.total_seconds()
    else:
        return None
    return value if math.isfinite(value) and abs(value) <= BEYOND else None


def separated(cell: str) -> bool:
    """Whether a cell is figures with something between them: `1,234`, `12,5`, `1 234`."""
    text = cell.strip()
    return len(text) <= 64 and _SEPARATED.fullmatch(text) is not None and not _NUMBER.fullmatch(text)


def moment(cell: Cell, epoch: str = "") -> int | None:
    """A cell as microseconds since 1970 in UTC; None where it is no moment between 1900 and 2200.

    ISO 8601 with or without a zone (UTC where there is none), a date (its first moment) or a month (its first day); with
    `epoch` seconds or milliseconds since 1970.
    """
    if epoch:
        value = number(cell)
        when = round(value * _EPOCH[epoch]) if value is not None else None
        return when if when is not None and _micros(_FIRST) <= when < _micros(_LAST) else None
    found = cell if isinstance(cell, (datetime, date)) else _moment(cell) if isinstance(cell, str) else None
    if found is None:
        return None
    if not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day)
    try:
        exact = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:
        return None
    return _micros(exact) if _FIRST <= exact < _LAST else None


def _micros(when: datetime) -> int:
    """Microseconds since 1970."""
    return (when - _ZERO) // timedelta(microseconds=1)


def _moment(text: str) -> datetime | None:
    """ISO 8601 text as a moment."""
    text = text.strip()
    if len(text) > 40 or (text.isdigit() and len(text) != 8):
        return None
    if re.fullmatch(r"\d{4}-\d{2}", text, re.ASCII):
        text += "-01"
    if text[-3:].upper() in ("UTC", "GMT"):
        text = f"{text[:-3].rstrip()}+00:00"
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def instant(text: str) -> datetime | None:
    """The moment that the text names, in UTC; a date is its first moment."""
    when = moment(text)
    return None if when is None else _ZERO + timedelta(microseconds=when)


def _places(header: Sequence[str], name: str, wanted: Wanted) -> list[int]:
    """Where the wanted columns are; a name that is there twice could mean either."""
    places = []
    for column in wanted.columns:
        found = [place for place, other in enumerate(header) if other == column]
        if not found:
            known = ", ".join(repr(other) for other in header[:8] if other)
            raise PullError(f"{name} has no column {column!r}; it has {known or 'none'}")
        if len(found) > 1:
            raise PullError(f"{name} has more than one column {column!r}; give each its own name")
        places.append(found[0])
    return places


def _text(path: Path, notes: list[str]) -> str:
    """The file's text: UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252, and then that is said."""
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise PullError("it is no UTF-16 though it begins so; save it as UTF-8") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.append("the file is not UTF-8; it was read as Windows-1252")
        return data.decode("cp1252", errors="replace")


def _csv(path: Path, name: str, wanted: Wanted, notes: list[str]) -> Iterator[tuple[int, Sequence[Cell] | None]]:
    """The wanted cells of each line; a comma, semicolon or tab stands between cells, as the header shows."""
    text = _text(path, notes)
    head = next((line for line in io.StringIO(text) if line.strip()), "")
    marks = (",", ";", "\t")
    mark = max(marks, key=lambda one: (sum(column in _cells(head, one) for column in wanted.columns), head.count(one), -marks.index(one)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        header = [cell.strip() for cell in next((row for row in reader if any(row)), [])]
        places = _places(header, name, wanted)
        last = max(places)
        for row in reader:
            if any(row):
                yield reader.line_num, [row[place] for place in places] if len(row) > last else None
    except csv.Error as error:
        raise PullError(f"{name}, line {reader.line_num} cannot be read: {error}; save it as CSV again") from error


def _cells(head: str, mark: str) -> list[str]:
    """A header line's cells, were that the mark between them."""
    try:
        return [cell.strip() for cell in next(csv.reader([head], delimiter=mark), [])]
    except csv.Error:
        return []


def _parquet(path: Path, name: str, wanted: Wanted) -> Iterator[tuple[int, Sequence[Cell] | None]]:
    """The wanted cells of each row; nothing is read before its size is known."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _places(file.schema_arrow.names, name, wanted)
            meta = file.metadata
            if meta.num_rows > MOST_ROWS:
                raise PullError(f"{name} has more than {MOST_ROWS:,} rows; add up what belongs together, or keep less time")
            if sum(meta.row_group(place).total_byte_size for place in range(meta.num_row_groups)) > 16 * LARGEST:
                raise PullError(f"{name} unfolds to over 1 GiB; keep only the columns that are needed")
            line = 0
            for batch in file.iter_batches(batch_size=65_536, columns=list(wanted.columns)):
                taken = [batch.column(column).to_pylist() for column in wanted.columns]
                for cells in zip(*taken, strict=True):
                    line += 1
                    yield line, cells
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        seen = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise PullError(f"{name} cannot be read as Parquet: {seen}; write it again") from error


def _json(path: Path, name: str, wanted: Wanted) -> Iterator[tuple[int, Sequence[Cell] | None]]:
    """The wanted cells of each record: of an array of records, or of one record a line."""
    text = _text(path, [])
    columns = wanted.columns
    known: dict[str, None] = {}
    there: set[str] = set()
    for line, record in _records(text, name):
        if not isinstance(record, dict):
            yield line, None
            continue
        there.update(column for column in columns if column in record)
        if len(known) < 8:
            known.update(dict.fromkeys(str(key)[:40] for key in record))
        yield line, [record.get(column) for column in columns]
    missing = [column for column in columns if column not in there]
    if known and missing:
        raise PullError(f"{name} has no column {missing[0]!r}; it has {', '.join(repr(key) for key in list(known)[:8])}")


def _records(text: str, name: str) -> Iterator[tuple[int, object]]:
    """Each record with its line (or its place in the array)."""
    if text.lstrip()[:1] == "[":
        found = _decoded(text)
        if not isinstance(found, list):
            raise PullError(f"{name} is no JSON; write an array of records, or one record a line")
        yield from enumerate(found, 1)
        return
    for line, row in enumerate(text.split("\n"), 1):
        if row.strip():
            record = _decoded(row)
            if line == 1 and record is None:
                raise PullError(f"{name} is no JSON of records; write an array of records, or one record a line")
            yield line, record


def _decoded(text: str) -> object:
    """What JSON text says; None where it is none. Figures beyond all measure are left as text, and are no numbers."""
    whole: Callable[[str], object] = lambda digits: int(digits) if len(digits) < 20 else digits  # noqa: E731
    try:
        found: object = json.loads(text, parse_int=whole)
        return found
    except (ValueError, RecursionError):
        return None
