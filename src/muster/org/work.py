"""Who worked where, month by month, from the lake: what areas and homes are inferred from.

Work is what somebody's commits are about: their paths of code and proposals, or, where a commit has none of these, its
tests, documents and settings. Bulk commits, bots, and vendored, generated and lock files are no work. A commit weighs
the same whatever the number of its paths.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from duckdb import DuckDBPyConnection

from muster.org import inferred
from muster.paths import NEUTRAL

#: A commit's weight; divisible by every small number of paths, so that sums are exact.
WEIGHT = 27720
#: Fewer changes than this in a year say nothing about where somebody is at home.
ENOUGH = 5

_TABLE = f"""
CREATE OR REPLACE TEMP TABLE org_work AS
WITH touched AS (
    SELECT e.id, e.origin, e.actor, c.path, c.kind IN ({", ".join(f"'{kind}'" for kind in sorted(NEUTRAL))}) AS neutral,
        coalesce(e.happened_at, e.recorded_at) AS at
    FROM evidence e JOIN change c ON c.id = e.id AND c.origin = e.origin
    WHERE e.source = 'git' AND e.kind IN ('change', 'document') AND NOT e.bulk AND NOT e.bot
        AND c.kind NOT IN ('vendored', 'generated', 'lock') AND coalesce(e.happened_at, e.recorded_at) IS NOT NULL),
shape AS (SELECT id, count(*) FILTER (NOT neutral) AS real, count(*) AS every FROM touched GROUP BY id)
SELECT t.id, t.origin, t.actor, t.path, t.neutral, CAST(year(t.at) * 12 + month(t.at) - 1 AS INTEGER) AS month,
    CAST({WEIGHT} // CASE WHEN s.real > 0 THEN s.real ELSE s.every END AS INTEGER) AS weight
FROM touched t JOIN shape s ON s.id = t.id
WHERE s.real = 0 OR NOT t.neutral
ORDER BY month, t.id, t.path
"""

_MOVES = """
WITH moved AS (
    SELECT regexp_replace(from_path, '/?[^/]*$', '') AS old, regexp_replace(path, '/?[^/]*$', '') AS new,
        count(*) AS files, max(seq) AS last
    FROM change WHERE origin = $origin AND status = 'R' GROUP BY ALL),
quiet AS (
    SELECT folder, quantile_disc(seq, 0.98) AS quiet FROM (
        SELECT regexp_replace(path, '/?[^/]*$', '') AS folder, seq FROM change
        WHERE origin = $origin AND status IN ('A', 'M'))
    WHERE folder IN (SELECT old FROM moved) GROUP BY folder)
SELECT old, new, files, last, coalesce(quiet, 0) FROM moved LEFT JOIN quiet ON folder = old ORDER BY ALL
"""


def month_of(at: datetime) -> int:
    """The number of a month: years since the year 0 times twelve, and the months since."""
    at = at.astimezone(UTC)
    return at.year * 12 + at.month - 1


def prepare(db: DuckDBPyConnection) -> None:
    """Make the table of work, once for a lake."""
    db.execute(_TABLE)


def areas(db: DuckDBPyConnection, origin: str, root: str) -> inferred.Areas:
    """The areas of one repository; `root` is the name for what lies outside of every area's directory."""
    moved = inferred.moves(db.execute(_MOVES, {"origin": origin}).fetchall())
    rows = db.execute(
        f"SELECT path, month // 12, sum(weight) / {WEIGHT}.0, bool_and(neutral) FROM org_work WHERE origin = ? GROUP BY ALL ORDER BY ALL",
        [origin],
    ).fetchall()
    found = inferred.partition(rows, moved, root)
    names = {path: found.of(path) for path, *_ in rows}
    table = pa.table({"path": pa.array(list(names), pa.string()), "area": pa.array(list(names.values()), pa.string())})
    db.register("org_areas", table)
    try:
        db.execute(
            "CREATE OR REPLACE TEMP TABLE org_pairs AS SELECT DISTINCT w.id, a.area FROM org_work w "
            f"JOIN org_areas a ON a.path = w.path WHERE w.origin = ? AND w.weight >= {WEIGHT // 20}",
            [origin],
        )
        counts = dict(db.execute("SELECT area, count(*) FROM org_pairs GROUP BY area ORDER BY area").fetchall())
        pairs = db.execute(
            "SELECT a.area, b.area, count(*) FROM org_pairs a JOIN org_pairs b ON a.id = b.id AND a.area < b.area "
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    finally:
        db.execute("DROP TABLE IF EXISTS org_pairs")
        db.unregister("org_areas")
    return inferred.join(found, {(one, other): count for one, other, count in pairs}, counts)


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody worked in the year before a month, by team: weights, those that are home, how many changes.

    `regular` are teams in whose areas they made at least ENOUGH changes and a tenth of all.
    """

    weights: dict[str, float]
    home: tuple[str, ...]
    regular: frozenset[str]
    changes: int


@dataclass(slots=True)
class Homes:
    """Everybody's home by month. `teams` gives the teams of a path of an origin at the start of a month."""

    db: DuckDBPyConnection
    teams: Callable[[str, str, int], Sequence[str]]
    known: dict[int, dict[str, Home]] = field(default_factory=dict)

    def of(self, person: str, at: datetime) -> Home | None:
        """A person's home at a date; None where they did too little in the year before that month."""
        month = month_of(at)
        if month not in self.known:
            self.known[month] = self._month(month)
        return self.known[month].get(person)

    def _month(self, month: int) -> dict[str, Home]:
        rows = self.db.execute(
            "SELECT origin, actor, path, sum(weight), sum(CASE WHEN month >= ? THEN weight ELSE 0 END) FROM org_work "
            "WHERE month BETWEEN ? AND ? GROUP BY ALL",
            [month - 6, month - 12, month - 1],
        ).fetchall()
        counts = dict(
            self.db.execute(
                "SELECT actor, count(DISTINCT id) FROM org_work WHERE month BETWEEN ? AND ? GROUP BY actor",
                [month - 12, month - 1],
            ).fetchall()
        )
        year: dict[str, dict[str, float]] = {}
        half: dict[str, dict[str, float]] = {}
        whole: dict[str, float] = {}
        teams: dict[tuple[str, str], Sequence[str]] = {}
        for origin, actor, path, weight, recent in rows:
            names = teams.get((origin, path))
            if names is None:
                names = teams[(origin, path)] = self.teams(origin, path, month)
            if not names:
                continue
            mine = year.setdefault(actor, {})
            lately = half.setdefault(actor, {}) if recent else {}
            for name in names:
                part = weight // len(names)
                mine[name] = mine.get(name, 0) + part
                whole[name] = whole.get(name, 0) + part
                if recent:
                    lately[name] = lately.get(name, 0) + recent // len(names)
        return {
            actor: Home(
                weights,
                inferred.home(weights, half.get(actor)),
                frozenset(
                    name
                    for name, weight in weights.items()
                    if weight >= ENOUGH * WEIGHT and weight >= whole[name] / 10
                ),
                counts[actor],
            )
            for actor, weights in year.items()
            if counts[actor] >= ENOUGH
        }


@dataclass(frozen=True, slots=True)
class Mainline:
    """The commits along first parents by the time at which they were recorded, to find a state by date."""

    times: Sequence[datetime]
    seqs: Sequence[int]

    def at(self, when: datetime) -> int | None:
        """The number of the last commit recorded before `when`; None where there is none yet."""
        place = bisect_left(self.times, when)
        return self.seqs[place - 1] if place else None


def mainline(commits: pa.Table, parents: Sequence[Sequence[int]]) -> Mainline:
    """The main line of a harvest. A commit with an earlier date than the one before it counts as of that one's."""
    seqs: list[int] = []
    at = len(parents) - 1
    while at >= 0:
        seqs.append(at)
        at = parents[at][0] if parents[at] else -1
    seqs.reverse()
    column = commits.column("committed_at").to_pylist()
    times: list[datetime] = []
    latest = datetime(1970, 1, 1, tzinfo=UTC)
    for seq in seqs:
        when = column[seq]
        if when is not None and when.year < 2100:
            latest = max(latest, when)
        times.append(latest)
    return Mainline(times, seqs)
