"""What five signals cost over synthetic evidence: CPU seconds and peak memory, the derived tables' apart.

    python benchmarks/signals.py                      # 1,000,000 rows of evidence
    python benchmarks/signals.py --rows 10_000_000 --share 0.001

The evidence is that of 1,000 invented people over ten years; one of them, with `--share` of it, is measured in ten
half-years. All numbers are made by arithmetic on row numbers, so every run measures the same.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time

import duckdb

from muster import signals
from muster.signals import tables

FIVE = ("system_scope", "reach", "contemporaneity", "lift", "load")

# One change in `every` is the subject's; multiplying by a prime keeps the rows from coming in order of time.
LAKE = """
CREATE TABLE evidence AS
SELECT 'git:' || lpad(CAST(i AS VARCHAR), 40, '0') AS id, 'git' AS source, 'change' AS kind, 'bench/r' || (i % 8) AS origin,
       CASE WHEN i % 7 = 0 THEN 'Fix the queue ' ELSE 'Add a queue ' END || (i % 1000) AS title, '' AS text,
       CASE WHEN i % {every} = 0 THEN 'p0@example.org' ELSE 'p' || (1 + (i * 7919) % 999) || '@example.org' END AS actor,
       TIMESTAMP '2016-01-01' + to_seconds(CAST((i * 15485863) % 315360000 AS BIGINT)) AS happened_at,
       TIMESTAMP '2016-01-01' + to_seconds(CAST((i * 15485863) % 315360000 + (i * 31) % 900000 AS BIGINT)) AS recorded_at,
       CAST(60 * (i % 5) AS SMALLINT) AS tz_minutes, FALSE AS bot, i % 11 = 0 AS merge, i % 11 = 0 AS bulk,
       CAST(i AS INTEGER) AS seq
FROM range({rows}) t(i);
CREATE TABLE change AS
SELECT id, origin, seq, 'pkg/a' || (seq % 40) || '/f' || (seq % 5000) || '.go' AS path, 'M' AS status,
       CAST(NULL AS VARCHAR) AS from_path, 'code' AS kind
FROM evidence WHERE NOT merge;
CREATE TABLE participant AS
SELECT id, actor AS person, 'author' AS role FROM evidence
UNION ALL SELECT id, 'p0@example.org', 'reviewer' FROM evidence WHERE seq % {every} = 1 AND NOT merge;
CREATE TABLE person AS SELECT DISTINCT actor AS person, actor AS name, FALSE AS bot FROM evidence ORDER BY ALL;
"""

DERIVED = """
INSERT INTO subject VALUES ('p0@example.org');
INSERT INTO period SELECT y || 'H' || h, make_timestamp(y, 6 * h - 5, 1, 0, 0, 0.0),
    make_timestamp(y, 6 * h - 5, 1, 0, 0, 0.0) + INTERVAL 6 MONTH FROM range(2021, 2026) a(y), range(1, 3) b(h);
INSERT INTO touch SELECT c.id, c.path, c.kind, 'a' || (c.seq % 40), 'team' || (c.seq % 12), c.seq % 12 < 3, 'known'
    FROM change c JOIN mine m ON m.id = c.id;
INSERT INTO thread SELECT 't' || i, 'undertaking', TIMESTAMP '2016-01-01', TIMESTAMP '2026-01-01', 'self', 3.0, i % 2 = 0, 'known'
    FROM range(100) t(i);
INSERT INTO member SELECT 't' || (hash(id) % 100), id, 'did' FROM mine;
INSERT INTO link
SELECT s.id, 'git:' || lpad(CAST(s.seq - 1 AS VARCHAR), 40, '0'), 'builds-on', 'changes a file, added there', s.happened_at,
       s.actor, 'p0@example.org', FALSE, FALSE, s.seq % 3 <> 0, 'team' || (s.seq % 12)
FROM evidence s WHERE s.seq % {every} = 1;
"""


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of evidence (1_000_000)")
    parser.add_argument("--share", type=float, default=0.01, help="how much of it is the measured person's (0.01)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="", help="what the engine may hold, as in 400MiB; the rest goes to a temporary folder")
    parser.add_argument("--disk", action="store_true", help="with the tables in a file of that folder instead of in memory")
    given = parser.parse_args()
    every = max(2, round(1 / given.share))
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder:
        config: dict[str, str | int] = {"threads": given.threads, "temp_directory": folder}
        if given.memory:
            config["memory_limit"] = given.memory
        # Text columns are compressed in a file, and not in memory.
        with duckdb.connect(f"{folder}/lake.db" if given.disk else ":memory:", config=config) as db:
            measured(db, given.rows, every)


def measured(db: duckdb.DuckDBPyConnection, rows_: int, every: int) -> None:
    """Make the tables, and say what each step costs."""
    db.execute("SET TimeZone = 'UTC'")
    db.execute(LAKE.format(rows=rows_, every=every))
    print(f"{rows_:,} rows of evidence, {rows_ // every:,} of them the person's; made with {peak():.0f} MiB")
    start = cpu()
    tables.create(db)
    first, _, rest = DERIVED.format(every=every).strip().partition("\n")
    db.execute(first)
    db.execute(tables._MINE)
    db.execute(rest)
    db.execute(tables._ACTIVE)
    db.execute("CREATE TEMP TABLE landing (id VARCHAR, merge VARCHAR)")
    db.execute(f"INSERT INTO helped SELECT h.*, TRUE, 'team1' FROM ({tables._HELPED}) h")
    print(f"{'derived tables':16} {cpu() - start:7.2f} CPU s")
    total, clock = cpu(), time.perf_counter()
    for name in FIVE:
        start = cpu()
        rows = signals.run(db, name)
        print(f"{name:16} {cpu() - start:7.2f} CPU s  {len(rows):4} rows  {sum(len(row[-1] or ()) for row in rows):,} ids")
    print(f"{'five signals':16} {cpu() - total:7.2f} CPU s, {time.perf_counter() - clock:.2f} s by the clock, peak {peak():.0f} MiB")


if __name__ == "__main__":
    main()
