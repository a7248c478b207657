"""SQL over what the stages gave: `muster query`. Reading only; nothing outside the book can be reached from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from muster.model import MusterError

if TYPE_CHECKING:
    from muster.project import Work

#: The tables a query can use.
TABLES = (
    "evidence", "change", "participant", "person", "touch", "link", "thread", "member", "signal", "finding",
)


def ask(work: Work, sql: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """Column names and rows of one SELECT.

    The statement runs with file and network access switched off for good, and anything but a single SELECT is refused.
    """
    database = work.lake.db
    rows(work)
    # One way: after this, the connection can be locked but not unlocked.
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    try:
        statements = database.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise MusterError("query", "only one SELECT is run", f"Tables: {', '.join(TABLES)}.")
        found = database.execute(statements[0])
        return [column[0] for column in found.description], found.fetchall()
    except duckdb.Error as error:
        seen = str(error).strip().splitlines()
        raise MusterError("query", seen[0] if seen else "it failed", f"Tables: {', '.join(TABLES)}.") from None


def rows(work: Work) -> None:
    """Lay out signals and findings as tables beside those of the stages before them."""
    signal = pa.table(
        {
            "name": pa.array([s.name for s in work.case.signals], pa.string()),
            "measure": pa.array([s.measure for s in work.case.signals], pa.string()),
            "period": pa.array([s.label for s in work.case.signals], pa.string()),
            "value": pa.array([s.value for s in work.case.signals], pa.float64()),
            "unit": pa.array([s.unit for s in work.case.signals], pa.string()),
            "low": pa.array([s.low for s in work.case.signals], pa.float64()),
            "high": pa.array([s.high for s in work.case.signals], pa.float64()),
            "basis": pa.array([str(s.basis) for s in work.case.signals], pa.string()),
            "ids": pa.array([list(s.evidence) for s in work.case.signals], pa.list_(pa.string())),
        }
    )
    findings = [finding for one in work.checked for finding in one.findings]
    finding = pa.table(
        {
            "code": pa.array([f.code for f in findings], pa.string()),
            "name": pa.array([f.name for f in findings], pa.string()),
            "severity": pa.array([str(f.severity) for f in findings], pa.string()),
            "place": pa.array([str(f.where) for f in findings], pa.string()),
            "seen": pa.array([f.seen for f in findings], pa.string()),
            "move": pa.array([f.move for f in findings], pa.string()),
        }
    )
    for name, table in (("signal", signal), ("finding", finding)):
        work.lake.db.register(f"{name}_rows", table)
        work.lake.db.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM {name}_rows")
        work.lake.db.unregister(f"{name}_rows")
