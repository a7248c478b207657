"""Who worked where, month by month, from the lake: what areas and homes are inferred from.

Work is what somebody's commits are about: their paths of code and proposals, or, where a commit has none of these, its
tests, documents and settings outside of the root. Bulk commits, bots, logs of changes, and vendored, generated and lock files are no work. A commit weighs
the same whatever the number of its paths.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection

from muster.org import inferred
from muster.paths import NEUTRAL

#: A commit's weight; divisible by every small number of paths, so that sums are exact.
WEIGHT = 27720
#: A date after the year 2100, in microseconds since 1970, is none.
_FAR = 4_102_444_800_000_000
#: Fewer changes than this in a year say nothing about where somebody is at home.
ENOUGH = 5

#: Logs of changes follow every part; they are no part themselves.
_LOG = r"(?i)(^|/)\.?(changelogs?|changes|history|news|release[_-]?notes)([/.-]|$)"

_TABLE = f"""
CREATE OR REPLACE TEMP TABLE org_work AS
WITH touched AS (
    SELECT e.id, e.origin, e.actor, c.path, c.kind, c.kind IN ({", ".join(f"'{kind}'" for kind in sorted(NEUTRAL))}) AS neutral,
        coalesce(e.happened_at, e.recorded_at) AS at
    FROM evidence e JOIN change c ON c.id = e.id AND c.origin = e.origin
    WHERE e.source = 'git' AND e.kind IN ('change', 'document') AND NOT e.bulk AND NOT e.bot
        AND c.kind NOT IN ('vendored', 'generated', 'lock')
        AND NOT (c.kind = 'doc' AND regexp_matches(c.path, '{_LOG}')) AND coalesce(e.happened_at, e.recorded_at) IS NOT NULL),
shape AS (SELECT id, count(*) FILTER (NOT neutral) AS real, count(*) AS every FROM touched GROUP BY id)
SELECT t.id, t.origin, t.actor, t.path, t.kind, CAST(year(t.at) * 12 + month(t.at) - 1 AS INTEGER) AS month,
    CAST({WEIGHT} // CASE WHEN s.real > 0 THEN s.real ELSE s.every END AS INTEGER) AS weight
FROM touched t JOIN shape s ON s.id = t.id
WHERE NOT t.neutral OR (s.real = 0 AND contains(t.path, '/'))
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

_LOOSE = """
WITH loose AS (
    SELECT from_path AS name, regexp_replace(last(path ORDER BY seq, path), '/?[^/]*$', '') AS folder, max(seq) AS last
    FROM change WHERE origin = $origin AND status = 'R' AND NOT contains(from_path, '/') AND contains(path, '/')
    GROUP BY from_path)
SELECT name, folder FROM loose
WHERE name NOT IN (SELECT path FROM change JOIN loose ON path = name WHERE origin = $origin AND status <> 'D' AND seq > last)
ORDER BY name
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
    loose = db.execute(_LOOSE, {"origin": origin}).fetchall()
    moved = inferred.moves(db.execute(_MOVES, {"origin": origin}).fetchall(), loose)
    rows = db.execute(
        f"SELECT path, month // 12, sum(weight) / {WEIGHT}.0, any_value(kind) FROM org_work WHERE origin = ? GROUP BY ALL ORDER BY ALL",
        [origin],
    ).fetchall()
    found = inferred.partition(rows, moved, root)
    names = {path: found.of(path) for path, *_ in rows}
    table = pa.table({"path": pa.array(list(names), pa.string()), "area": pa.array(list(names.values()), pa.string())})
    db.register("org_areas", table)
    try:
        db.execute(
            "CREATE OR REPLACE TEMP TABLE org_pairs AS SELECT DISTINCT w.id, a.area FROM org_work w "
            f"JOIN org_areas a ON a.path = w.path WHERE w.origin = ? AND w.weight >= {WEIGHT // 20} "
            "AND w.kind IN ('code', 'proposal')",
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
    """Where somebody worked in the year before a month, by team: weights, and the teams that are home."""

    weights: Mapping[str, float]
    home: tuple[str, ...]


Work = tuple[int, str, str, int]  # month, origin, path, weight


@dataclass(slots=True)
class Homes:
    """Everybody's home by month. `teams` gives the teams of a path of an origin at the start of a month.

    One person's work is read whole; when many people are asked about, everybody's is read year by year.
    """

    db: DuckDBPyConnection
    teams: Callable[[str, str, int], Sequence[str]]
    people: dict[str, dict[int, list[Work]]] = field(default_factory=dict)
    years: dict[int, dict[str, dict[int, list[Work]]]] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    known: dict[tuple[str, int], Home | None] = field(default_factory=dict)

    def read(self, person: str) -> None:
        """Read all work of one person, for questions about many months."""
        if person not in self.people:
            rows = self.db.execute(
                "SELECT month, origin, path, sum(weight) FROM org_work WHERE actor = ? GROUP BY ALL ORDER BY ALL", [person]
            ).fetchall()
            months: dict[int, list[Work]] = {}
            for row in rows:
                months.setdefault(row[0], []).append(row)
            self.people[person] = months

    def of(self, person: str, at: datetime) -> Home | None:
        """A person's home at a date; None where they did too little in the year before that month."""
        month = month_of(at)
        key = (person, month)
        if key not in self.known:
            self.known[key] = self._find(person, month)
        return self.known[key]

    def _find(self, person: str, month: int) -> Home | None:
        if not self.counts:
            for actor, when, count in self.db.execute(
                "SELECT actor, month, count(DISTINCT id) FROM org_work GROUP BY ALL ORDER BY ALL"
            ).fetchall():
                self.counts.setdefault(actor, {})[when] = count
        mine = self.counts.get(person, {})
        if sum(mine.get(when, 0) for when in range(month - 12, month)) < ENOUGH:
            return None
        year: dict[str, float] = {}
        half: dict[str, float] = {}
        for when in range(month - 12, month):
            for _, origin, path, weight in self._work(person, when):
                names = self.teams(origin, path, month)
                for name in names:
                    year[name] = year.get(name, 0) + weight // len(names)
                    if when >= month - 6:
                        half[name] = half.get(name, 0) + weight // len(names)
        return Home(year, inferred.home(year, half)) if year else None

    def _work(self, person: str, month: int) -> Sequence[Work]:
        if person in self.people:
            return self.people[person].get(month, ())
        year = month // 12
        if year not in self.years:
            everybody = self.years[year] = {}
            for actor, *row in self.db.execute(
                "SELECT actor, month, origin, path, sum(weight) FROM org_work WHERE month BETWEEN ? AND ? "
                "GROUP BY ALL ORDER BY ALL",
                [year * 12, year * 12 + 11],
            ).fetchall():
                everybody.setdefault(actor, {}).setdefault(row[0], []).append(tuple(row))
        return self.years[year].get(person, {}).get(month, ())


@dataclass(slots=True)
class Shares:
    """How much of an inferred area's work is whose, month by month, to tell its regulars."""

    weights: dict[tuple[str, str, str], dict[int, int]]
    totals: dict[tuple[str, str], dict[int, int]]

    def regular(self, person: str, origin: str, area: str, month: int) -> bool:
        """Whether in the year before that month they made at least ENOUGH of its changes, and a tenth of them all."""
        mine = self.weights.get((person, origin, area))
        if not mine:
            return False
        months = range(month - 12, month)
        weight = sum(mine.get(when, 0) for when in months)
        total = self.totals[(origin, area)]
        return weight >= ENOUGH * WEIGHT and 10 * weight >= sum(total.get(when, 0) for when in months)

    def held(self, person: str, origin: str, area: str, month: int) -> bool:
        """Whether in the year before that month others made at least ENOUGH of its changes: new ground is nobody's."""
        months = range(month - 12, month)
        mine = self.weights.get((person, origin, area), {})
        total = self.totals.get((origin, area), {})
        return sum(total.get(when, 0) - mine.get(when, 0) for when in months) >= ENOUGH * WEIGHT


def shares(db: DuckDBPyConnection, areas: Mapping[str, inferred.Areas]) -> Shares:
    """Everybody's share in the inferred areas of these repositories."""
    rows = db.execute("SELECT DISTINCT origin, path FROM org_work ORDER BY ALL").fetchall()
    names = [areas[origin].of(path) if origin in areas else "" for origin, path in rows]
    table = pa.table({
        "origin": pa.array([origin for origin, _ in rows], pa.string()),
        "path": pa.array([path for _, path in rows], pa.string()),
        "area": pa.array(names, pa.string()),
    })
    found = Shares({}, {})
    db.register("org_areas", table)
    try:
        sums = db.execute(
            "SELECT w.actor, w.origin, a.area, w.month, sum(w.weight) FROM org_work w "
            "JOIN org_areas a ON a.path = w.path AND a.origin = w.origin GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    finally:
        db.unregister("org_areas")
    for actor, origin, area, month, weight in sums:
        found.weights.setdefault((actor, origin, area), {})[month] = weight
        total = found.totals.setdefault((origin, area), {})
        total[month] = total.get(month, 0) + weight
    return found


@dataclass(frozen=True, slots=True)
class Mainline:
    """The commits along first parents by the time at which they were recorded, to find a state by date.

    `times` are microseconds since 1970.
    """

    times: Sequence[int]
    seqs: Sequence[int]

    def at(self, when: datetime) -> int | None:
        """The number of the last commit recorded before `when`; None where there is none yet."""
        place = bisect_left(self.times, round(when.timestamp() * 1_000_000))
        return self.seqs[place - 1] if place else None


def mainline(commits: pa.Table, parents: Sequence[int]) -> Mainline:
    """The main line of a harvest, by the first parent of each commit. A commit with an earlier date than the one before it counts as of that one's."""
    seqs: list[int] = []
    at = len(parents) - 1
    while at >= 0:
        seqs.append(at)
        at = parents[at]
    seqs.reverse()
    column = pc.fill_null(pc.cast(commits.column("committed_at"), pa.int64()), 0).to_pylist()
    times: list[int] = []
    latest = 0
    for seq in seqs:
        if column[seq] < _FAR:
            latest = max(latest, column[seq])
        times.append(latest)
    return Mainline(times, seqs)
