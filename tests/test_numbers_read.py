"""A data pull is read whatever it was written by, and refused with what to mend where it could mean two things."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.numbers import read
from muster.numbers.read import Pull, PullError, Wanted, moment, number, pull

WANTED = Wanted("at", "ms")
ROWS = [("2026-03-01T10:00:00Z", 5.0), ("2026-03-02T10:00:00Z", 7.5), ("2026-03-03T10:00:00Z", 6.0)]


def taken(tmp_path: Path, data: str | bytes, name: str = "x.csv", wanted: Wanted = WANTED) -> Pull:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return pull(path, f"data/{name}", wanted)


def csv(rows: list[tuple[str, float]] = ROWS, mark: str = ",") -> str:
    return "".join(mark.join(str(cell) for cell in row) + "\n" for row in [("at", "ms"), *rows])


def refused(tmp_path: Path, data: str | bytes, name: str = "x.csv", wanted: Wanted = WANTED) -> str:
    with pytest.raises(PullError) as error:
        taken(tmp_path, data, name, wanted)
    return str(error.value)


def parquet(path: Path, columns: dict[str, object]) -> bytes:
    pq.write_table(pa.table(columns), path)
    return path.read_bytes()


def test_every_format_gives_the_same(tmp_path: Path) -> None:
    first = taken(tmp_path, csv())
    assert first.values.tolist() == [5, 7.5, 6]
    assert first.at[0] == int(datetime(2026, 3, 1, 10, tzinfo=UTC).timestamp() * 1e6)
    records = [{"at": when, "ms": value, "more": [1, {"x": None}]} for when, value in ROWS]
    moments = [datetime.fromisoformat(when) for when, _ in ROWS]
    table = parquet(tmp_path / "made.parquet", {"ms": [value for _, value in ROWS], "at": moments, "deep": [[1], [2], []]})
    others = [
        taken(tmp_path, csv(mark=";")),
        taken(tmp_path, csv(mark="\t"), "x.tsv"),
        taken(tmp_path, b"\xef\xbb\xbf" + csv().encode()),
        taken(tmp_path, csv().encode("utf-16")),
        taken(tmp_path, csv().replace("\n", "\r\n")),
        taken(tmp_path, "\n\n" + csv()),
        taken(tmp_path, json.dumps(records), "x.json"),
        taken(tmp_path, "\n".join(json.dumps(record) for record in records), "x.jsonl"),
        taken(tmp_path, "\n".join(json.dumps(record) for record in records), "x.json"),
        taken(tmp_path, table, "x.parquet"),
    ]
    for other in others:
        assert (other.at == first.at).all() and (other.values == first.values).all()
        assert (other.read, other.unread, other.notes) == (3, (), ())


def test_another_encoding_is_read_and_said(tmp_path: Path) -> None:
    found = taken(tmp_path, "at,ms,wer\n2026-03-01,5,Jürgen\n".encode("cp1252"), wanted=Wanted("at", "ms", {"wer": ("Jürgen",)}))
    assert found.values.tolist() == [5]
    assert found.notes == ("the file is not UTF-8; it was read as Windows-1252",)


@pytest.mark.parametrize("typed", ["1,234", "12,5", "1 234", "1\u202f234", "1'234", "1_234", "1.234.567", "1,234.5"])
def test_what_can_be_read_in_two_ways_is_refused(tmp_path: Path, typed: str) -> None:
    said = refused(tmp_path, f'at,ms\n2026-03-01,5\n2026-03-02,"{typed}"\n')
    assert "data/x.csv, line 3" in said and "can be read in two ways" in said and "a point for decimals" in said


def test_rows_that_cannot_be_read_are_counted_by_reason(tmp_path: Path) -> None:
    found = taken(tmp_path, "at,ms\n2026-03-01,5\n,5\n2026-03-02\n2026-03-03,12 ms\n2026-03-03,\n2026-03-03,1e999\n2026-03-03,1e16\n4 May,5\n")
    assert found.values.tolist() == [5]
    assert found.unread == (
        "4 of 8 rows have no number in 'ms' (the first is line 5)",
        "2 of 8 rows have no time in 'at' (the first is line 3)",
        "1 of 8 rows are no rows of this table (the first is line 4)",
    )


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        ("", "x.csv", "has no column 'at'; it has none"),
        ("at,ms\n", "x.csv", "has no rows"),
        ("at,ms,ms\n2026-03-01,1,2\n", "x.csv", "more than one column 'ms'"),
        ("when,ms\n2026-03-01,1\n", "x.csv", "has no column 'at'; it has 'when', 'ms'"),
        ("at,ms\nyesterday,1\n", "x.csv", "has no row that can be read"),
        ("at,ms\n1772323200,1\n", "x.csv", "say `epoch: seconds`"),
        (csv(), "x.xlsx", "save it as CSV, Parquet or JSON"),
        ("{}", "x.json", "has no row that can be read"),
        ("[1, 2", "x.json", "is no JSON"),
        ("hello", "x.json", "is no JSON of records"),
        ('{"data": [{"at": "2026-03-01", "ms": 1}]}', "x.json", "has no column 'at'; it has 'data'"),
        ("[" * 100_000, "x.json", "is no JSON"),
        ('[{"at": "2026-03-01"}]', "x.json", "has no column 'ms'; it has 'at'"),
        ("PAR1 and then nothing", "x.parquet", "cannot be read as Parquet"),
        ('at,ms\n2026-03-01,"' + "x" * 200_000 + '"\n', "x.csv", "field larger than field limit"),
        (b"\xff\xfea", "x.csv", "save it as UTF-8"),
    ],
)
def test_what_cannot_be_used_says_what_to_mend(tmp_path: Path, data: str | bytes, name: str, said: str) -> None:
    assert said in refused(tmp_path, data, name)


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MOST_ROWS", 2)
    table = parquet(tmp_path / "made.parquet", {"at": [when for when, _ in ROWS], "ms": [1.0, 2.0, 3.0]})
    for data, name in ((csv(), "x.csv"), (table, "x.parquet"), (json.dumps([{"at": "2026-03-01", "ms": 1}] * 3), "x.json")):
        assert "more than 2 rows" in refused(tmp_path, data, name)
    monkeypatch.setattr(read, "LARGEST", 10)
    assert "is over 64 MiB" in refused(tmp_path, csv())
    monkeypatch.undo()
    monkeypatch.setattr(read, "LARGEST", 4096)
    packed = parquet(tmp_path / "made.parquet", {"at": ["2026-03-01"] * 20_000, "ms": np.arange(20_000.0)})[:10]
    assert "Parquet" in refused(tmp_path, packed, "x.parquet")


def test_moments_are_in_utc_and_epochs_only_when_told() -> None:
    noon = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
    same = ["2026-03-01T12:00:00Z", "2026-03-01T13:00+01:00", "2026-03-01 12:00", "2026-03-01T12:00:00.000000Z", "20260301T120000"]
    assert {moment(text) for text in same} == {noon * 1_000_000}
    assert moment(datetime(2026, 3, 1, 13, tzinfo=None)) == (noon + 3600) * 1_000_000
    assert moment(noon) is None and moment(str(noon)) is None
    assert moment(noon, "seconds") == moment(str(noon * 1000), "milliseconds") == noon * 1_000_000
    assert moment(noon * 1000, "seconds") is None, "milliseconds read as seconds lead out of all time"


def test_numbers_are_finite_and_plain() -> None:
    assert [number(cell) for cell in (" 5 ", "-.5", "1e3", "+2.", 3, Decimal("2.5"), timedelta(minutes=1))] == [5, -0.5, 1000, 2, 3, 2.5, 60]
    none: list[object] = ["", "nan", "inf", "0x10", "٣", "1e999", True, None, [], 10**400, float("nan"), "9" * 100]
    assert [number(cell) for cell in none] == [None] * 12


def test_lists_of_values_truth_and_whole_numbers_are_compared_as_text(tmp_path: Path) -> None:
    data = json.dumps([{"at": "2026-03-01", "ms": n, "ok": n % 2 == 0, "shard": float(n)} for n in range(6)])
    assert taken(tmp_path, data, "x.json", Wanted("at", "ms", {"ok": ("true",)})).values.tolist() == [0, 2, 4]
    assert taken(tmp_path, data, "x.json", Wanted("at", "ms", {"shard": ("1", "3")})).values.tolist() == [1, 3]


@given(st.binary(max_size=300), st.sampled_from(["x.csv", "x.json", "x.parquet"]))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    tmp_path = tmp_path_factory.mktemp("any")
    try:
        taken(tmp_path, data, name)
    except PullError as error:
        assert "; " in str(error)
