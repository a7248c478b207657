"""The derived tables that the signals' SQL reads, made from a view, its links and its threads.

`SCHEMA` names every table and column; the package's docstring says what each means.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from muster import paths
from muster.model import MOST_CO_AUTHORS, Claim, Entry, Link, Observed, Period, Thread
from muster.quantities import quantities
from muster.signals import life

if TYPE_CHECKING:
    from muster.links import View
    from muster.sources.git import Harvest

#: Every derived table and its columns. Times are naive UTC.
SCHEMA: Mapping[str, str] = {
    "subject": "person VARCHAR",
    "period": "label VARCHAR, since TIMESTAMP, until TIMESTAMP",
    "mine": "id VARCHAR, source VARCHAR, kind VARCHAR, origin VARCHAR, title VARCHAR, happened_at TIMESTAMP, "
    "recorded_at TIMESTAMP, tz_minutes INTEGER, paths BIGINT, merge BOOLEAN, bulk BOOLEAN",
    "touch": "id VARCHAR, path VARCHAR, kind VARCHAR, area VARCHAR, team VARCHAR, own BOOLEAN, basis VARCHAR",
    "link": "src VARCHAR, dst VARCHAR, kind VARCHAR, reason VARCHAR, happened_at TIMESTAMP, actor VARCHAR, dst_actor VARCHAR, "
    "own BOOLEAN, bot BOOLEAN, outside BOOLEAN, team VARCHAR",
    "standing": "id VARCHAR, person VARCHAR, manages BOOLEAN, function VARCHAR, seat VARCHAR",
    "thread": "id VARCHAR, title VARCHAR, since TIMESTAMP, until TIMESTAMP, began VARCHAR, foresight DOUBLE, "
    "has_artifact BOOLEAN, basis VARCHAR",
    "member": "thread VARCHAR, id VARCHAR, beat VARCHAR",
    "active": "period VARCHAR, thread VARCHAR, id VARCHAR",
    "helped": "id VARCHAR, person VARCHAR, role VARCHAR, happened_at TIMESTAMP, outside BOOLEAN, team VARCHAR",
    "worked_with": "person VARCHAR, id VARCHAR, happened_at TIMESTAMP",
    "life": "life BIGINT, id VARCHAR, origin VARCHAR, path VARCHAR, kind VARCHAR, actor VARCHAR, mine BOOLEAN, "
    "born TIMESTAMP, ended TIMESTAMP, ended_id VARCHAR, last TIMESTAMP, lost BOOLEAN",
    "built_on": "life BIGINT, id VARCHAR, actor VARCHAR, happened_at TIMESTAMP, linked BOOLEAN",
    "written": "id VARCHAR, origin VARCHAR, path VARCHAR, kind VARCHAR, mine BOOLEAN, born TIMESTAMP, ended TIMESTAMP, "
    "last TIMESTAMP, lines INTEGER",
    "rewritten": "id VARCHAR, kind VARCHAR, happened_at TIMESTAMP, own BOOLEAN, lines BIGINT",
    "entry": "id VARCHAR, type VARCHAR, happened_at TIMESTAMP, recorded_at TIMESTAMP, outcome VARCHAR, "
    "numbers BIGINT, bound BIGINT, reproduced BIGINT",
    "refused": "id VARCHAR, words VARCHAR, kind VARCHAR, happened_at TIMESTAMP",
    "meeting": "id VARCHAR, happened_at TIMESTAMP, minutes DOUBLE, answer VARCHAR",
    "page": "id VARCHAR, happened_at TIMESTAMP",
}

#: The two functions that the engines spell differently; every signal may use these and no other.
PRELUDE = (
    "CREATE OR REPLACE MACRO days_between(a, b) AS (epoch_us(b) - epoch_us(a)) / 86400000000.0::DOUBLE",
    "CREATE OR REPLACE MACRO local_hour(ts, tz_minutes) AS "
    "CAST(date_part('hour', ts + to_minutes(CAST(tz_minutes AS BIGINT))) AS INTEGER)",
)

# An undertaking counts in a period when the person did something for it in the period, as in `Case.period_threads`.
_ACTIVE = """
INSERT INTO active
SELECT DISTINCT p.label, b.thread, b.id
FROM member b JOIN mine m ON m.id = b.id JOIN period p ON m.happened_at >= p.since AND m.happened_at < p.until
ORDER BY ALL
"""

# What many co-authors share is a branch of many people's work, and no one co-author's: as in `Case.mine`.
_MINE = f"""
INSERT INTO mine
WITH co_authored AS (
  SELECT id FROM participant WHERE role = 'co-author' GROUP BY id
  HAVING bool_or(person IN (SELECT person FROM subject)) AND count(*) <= {MOST_CO_AUTHORS})
SELECT e.id, e.source, e.kind, e.origin, e.title, e.happened_at, e.recorded_at, e.tz_minutes,
       COALESCE(n.paths, 0), COALESCE(e.merge, FALSE), COALESCE(e.bulk, FALSE)
FROM evidence e
LEFT JOIN (SELECT id, COUNT(DISTINCT path) AS paths FROM change
           WHERE id IN (SELECT id FROM evidence WHERE actor IN (SELECT person FROM subject)
                        UNION SELECT id FROM co_authored)
           GROUP BY id) n ON n.id = e.id
WHERE e.actor IN (SELECT person FROM subject) OR e.id IN (SELECT id FROM co_authored)
ORDER BY e.id
"""

_HELPED = """
SELECT DISTINCT e.id, e.actor AS person, h.role, COALESCE(e.recorded_at, e.happened_at) AS happened_at
FROM (SELECT id, role FROM participant
      WHERE person IN (SELECT person FROM subject) AND role IN ('reviewer', 'acker', 'tester', 'lander', 'co-author', 'helper')
      UNION ALL SELECT l.id, 'lander' FROM landing l JOIN evidence m ON m.id = l.merge
      WHERE m.actor IN (SELECT person FROM subject)
      UNION ALL SELECT l.dst, 'reviewer' FROM link l WHERE l.kind = 'reviews' AND l.own
      UNION ALL SELECT q.id, 'lander' FROM pulled q JOIN fact f ON f.id = q.pull AND f.name = 'merged-by'
      WHERE f.value IN (SELECT person FROM subject)) h
JOIN evidence e ON e.id = h.id
WHERE (e.kind IN ('change', 'document') OR e.id IN (SELECT pull FROM pulled WHERE pull = id))
  AND NOT e.merge AND NOT e.bot AND e.actor NOT IN (SELECT person FROM subject)
  AND COALESCE(e.recorded_at, e.happened_at) IS NOT NULL
ORDER BY ALL
"""

# Merges of a pull request; one that only pulls the main branch into a work branch lands nothing.
_PULLS = """
SELECT substr(id, 5) FROM evidence WHERE merge AND NOT bot AND id LIKE 'git:%'
  AND (title LIKE 'Merge pull request #%' OR title LIKE 'Merge PR #%' OR title LIKE 'Merge MR %' OR text LIKE '%See merge request %')
"""

_WORKED_WITH = """
INSERT INTO worked_with
SELECT w.person, w.id, MIN(w.happened_at) FROM (
  SELECT person, id, happened_at FROM helped
  UNION ALL SELECT m.actor, m.id, COALESCE(m.happened_at, m.recorded_at)
  FROM landing l JOIN mine o ON o.id = l.id JOIN evidence m ON m.id = l.merge
  UNION ALL SELECT l.actor, l.src, l.happened_at FROM link l JOIN mine o ON o.id = l.dst
  WHERE l.kind IN ('reviews', 'changes-after-review') AND NOT l.own AND NOT l.bot
  UNION ALL SELECT p.person, p.id, COALESCE(o.happened_at, o.recorded_at)
  FROM participant p JOIN mine o ON o.id = p.id WHERE p.role <> 'reporter') w
JOIN person q ON q.person = w.person
WHERE NOT q.bot AND w.person NOT IN (SELECT person FROM subject) AND w.happened_at IS NOT NULL
GROUP BY w.person, w.id
ORDER BY ALL
"""

# A bot is nobody who builds on a file; a bulk commit that sweeps over every file does not build on any, nor does a move.
_BUILT_ON = """
INSERT INTO built_on
SELECT DISTINCT s.life, e.id, e.actor, e.happened_at, l.src IS NOT NULL
FROM stay s
JOIN life f ON f.life = s.life
JOIN change c ON c.origin = s.origin AND c.path = s.path AND c.seq > s.since AND c.seq <= s.until
JOIN evidence e ON e.id = c.id
LEFT JOIN (SELECT DISTINCT src, dst FROM link WHERE kind = 'builds-on') l ON l.src = e.id AND l.dst = f.id
WHERE c.status = 'M' AND NOT e.bot AND NOT e.bulk AND NOT e.merge AND e.happened_at IS NOT NULL
  AND e.id NOT IN (SELECT id FROM mine)
ORDER BY ALL
"""

# What a sweep wrote is nobody's; a line that one took away is no longer seen from then on, and was not removed. The mark
# does not say which of the two it was: of a commit that marked lines in many files still stand, it is the first.
_WRITTEN = """
INSERT INTO written
WITH sweeper AS (SELECT id FROM line WHERE sweep AND ended IS NULL GROUP BY id HAVING COUNT(DISTINCT path) >= 20)
SELECT l.id, l.origin, l.path, l.kind, m.id IS NOT NULL, l.arrived,
       CASE WHEN NOT l.sweep THEN l.ended END, CASE WHEN l.sweep THEN l.ended ELSE n.last END, l.lines
FROM line l
JOIN evidence e ON e.id = l.id
JOIN (SELECT origin, MAX(COALESCE(recorded_at, happened_at)) AS last FROM evidence GROUP BY origin) n ON n.origin = l.origin
LEFT JOIN mine m ON m.id = l.id
WHERE l.kind IN ('code', 'doc', 'proposal') AND NOT e.bulk AND NOT e.bot AND l.arrived IS NOT NULL
  AND NOT (l.sweep AND (l.ended IS NULL OR l.id IN (SELECT id FROM sweeper)))
ORDER BY ALL
"""

# Mending a branch before it lands rewrites nothing that was there. A bulk commit may be a sweep: it tells of nobody.
_REWRITTEN = """
INSERT INTO rewritten
SELECT m.id, c.kind, COALESCE(e.recorded_at, e.happened_at), o.id IS NOT NULL, CAST(SUM(r.changed + r.deleted) AS BIGINT)
FROM rewrite r
JOIN mine m ON m.id = r.of
JOIN evidence e ON e.id = r.id
JOIN (SELECT id, MIN(arrived) AS arrived FROM line GROUP BY id) a ON a.id = r.of
JOIN (SELECT DISTINCT id, path, kind FROM change) c ON c.id = r.id AND c.path = r.path
LEFT JOIN mine o ON o.id = r.id
WHERE NOT e.bulk AND NOT m.bulk AND COALESCE(e.recorded_at, e.happened_at) > a.arrived
GROUP BY m.id, c.kind, COALESCE(e.recorded_at, e.happened_at), o.id IS NOT NULL
ORDER BY ALL
"""


# Somebody else's issue that the person closed as not planned, or somebody else's pull request that they closed unmerged,
# beside words of theirs: of 290 unmerged changes of one project 189 were closed by their own author, and a tidied-up
# duplicate is no refusal. Before 2022 the largest platform had no "not planned": there, issues say nothing.
_REFUSED = """
INSERT INTO refused
WITH said AS (
  SELECT e.id, e.kind, e.actor, e.bot,
    MAX(CASE WHEN f.name = 'state' THEN f.value END) AS state,
    MAX(CASE WHEN f.name = 'closed-by' THEN f.value END) AS closer,
    MAX(CASE WHEN f.name = 'reason' THEN REPLACE(LOWER(f.value), '_', ' ') END) AS reason,
    MAX(CASE WHEN f.name = 'closed' THEN TRY_CAST(f.value AS TIMESTAMPTZ) END) AT TIME ZONE 'UTC' AS closed
  FROM evidence e JOIN fact f ON f.id = e.id
  WHERE e.kind IN ('issue', 'pull-request') AND e.source NOT IN ('git', 'book')
  GROUP BY e.id, e.kind, e.actor, e.bot),
shut AS (
  SELECT a.value AS id, arg_max(e.actor, (e.happened_at, e.id)) AS closer
  FROM evidence e JOIN fact v ON v.id = e.id AND v.name = 'event' AND v.value = 'closed'
  JOIN fact a ON a.id = e.id AND a.name = 'about' GROUP BY a.value)
SELECT s.id, MIN(c.id), s.kind, s.closed
FROM (SELECT s.* REPLACE (COALESCE(s.closer, x.closer) AS closer) FROM said s LEFT JOIN shut x USING (id)) s
JOIN fact a ON a.name = 'about' AND a.value = s.id
JOIN evidence c ON c.id = a.id AND c.kind IN ('comment', 'review') AND c.actor = s.closer
WHERE s.state = 'closed' AND s.closed IS NOT NULL AND s.closer IN (SELECT person FROM subject) AND s.actor <> s.closer AND NOT s.bot
  AND (s.kind = 'pull-request' OR s.reason IN ('not planned', 'wontfix', 'declined', 'rejected'))
  AND COALESCE(s.reason, '') <> 'duplicate'
  AND c.happened_at BETWEEN s.closed - INTERVAL 7 DAY AND s.closed + INTERVAL 1 DAY
  AND len(string_split(trim(c.text), ' ')) >= 8
GROUP BY s.id, s.kind, s.closed
ORDER BY ALL
"""

# A meeting counts by the person's own answer; whose it is has come. What takes all day is no meeting.
_MEETINGS = """
INSERT INTO meeting
WITH answered AS (
  SELECT f.id, MAX(CASE WHEN f.name = 'minutes' THEN TRY_CAST(f.value AS DOUBLE) END) AS minutes,
    MAX(CASE WHEN f.name = 'answer' AND split_part(f.value, ' ', 1) IN (SELECT person FROM subject)
             THEN split_part(f.value, ' ', 2) END) AS answer
  FROM fact f JOIN evidence e ON e.id = f.id WHERE e.kind = 'meeting' GROUP BY f.id)
SELECT e.id, e.happened_at, a.minutes,
  COALESCE(a.answer, CASE WHEN e.actor IN (SELECT person FROM subject) THEN 'accepted' ELSE 'unanswered' END)
FROM evidence e JOIN answered a ON a.id = e.id
LEFT JOIN (SELECT DISTINCT id FROM participant WHERE person IN (SELECT person FROM subject)) p ON p.id = e.id
WHERE e.happened_at IS NOT NULL AND a.minutes > 0 AND a.minutes < 600 AND (p.id IS NOT NULL OR a.answer IS NOT NULL)
ORDER BY e.happened_at, e.id
"""

# Whoever is paged is called by push, message and phone at once: of one incident, an hour's are one.
_PAGES = """
INSERT INTO page
SELECT MIN(e.id), MIN(e.happened_at)
FROM evidence e LEFT JOIN fact a ON a.id = e.id AND a.name = 'about' JOIN fact f ON f.id = e.id AND f.name = 'event' AND f.value IN ('paged', 'escalated')
JOIN fact t ON t.id = e.id AND t.name = 'to'
WHERE e.kind = 'event' AND t.value IN (SELECT person FROM subject) AND e.happened_at IS NOT NULL
GROUP BY COALESCE(a.value, e.id), date_trunc('hour', e.happened_at)
ORDER BY ALL
"""


def create(db: duckdb.DuckDBPyConnection) -> None:
    """Make every derived table, empty, and the prelude's two functions."""
    for name, columns in SCHEMA.items():
        db.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")
    for macro in PRELUDE:
        db.execute(macro)


def load(
    view: View,
    links: Iterable[Link],
    threads: Iterable[Thread],
    periods: Iterable[tuple[str, Period]],
    claims: Iterable[Claim] = (),
    observed: Iterable[Observed] = (),
) -> None:
    """Fill the derived tables in the view's lake; earlier contents are replaced.

    `periods` are labelled; the one labelled "case" bounds the others, because a period that looks past the case's end
    would let its outcome into the record (DESIGN, *What is known about the signals' worth*).
    """
    db = view.lake.db
    create(db)
    db.execute("INSERT INTO subject VALUES (?)", [view.subject])
    fill(db, "period", [(label, _naive(p.start), _naive(p.end)) for label, p in bounded(periods)])
    db.execute(_MINE)
    threads = tuple(threads)
    fill(db, "thread", [
        (t.id, t.title, _naive(t.since), _naive(t.until), t.began.value, t.foresight, bool(t.artifacts), t.basis.value)
        for t in threads
    ])
    fill(db, "member", [
        (t.id, id_, beat)
        for t in threads
        for id_ in t.evidence
        for beat in ([b for b in ("problem", "did", "changed") if id_ in getattr(t, b)] or [""])
    ])
    db.execute(_ACTIVE)
    told = {claim.where.path: claim.period for claim in claims if claim.period}
    sure = Counter(number.path for number in observed if not number.problem)
    fill(db, "entry", [_entry(entry, told.get(entry.path), sure[entry.path]) for entry in view.entries])
    for made in (_REFUSED, _MEETINGS, _PAGES):
        db.execute(made)
    outside = _Outside(view)
    _touches(view, db)
    _links(view, db, links, outside)
    _standing(view, db)
    _helped(view, db, outside)
    _lives(db, view.lake.harvests)
    _lines(db)


def bounded(periods: Iterable[tuple[str, Period]]) -> tuple[tuple[str, Period], ...]:
    """The periods, none of them later than the one labelled "case"; what lies wholly after it is dropped."""
    periods = tuple(periods)
    last = max((p.until for label, p in periods if label == "case"), default=max(p.until for _, p in periods))
    return tuple((label, Period(p.since, min(p.until, last))) for label, p in periods if p.since <= last)


def fill(db: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> None:
    """Put rows into one of the derived tables, column by column in the order of `SCHEMA`."""
    if not rows:
        return
    kinds = {
        "VARCHAR": pa.string(), "TIMESTAMP": pa.timestamp("us"), "BOOLEAN": pa.bool_(), "BIGINT": pa.int64(),
        "INTEGER": pa.int32(), "DOUBLE": pa.float64(),
    }
    names, types = zip(*(column.split() for column in SCHEMA[table].split(", ")), strict=True)
    columns = [pa.array(list(values), kinds[kind]) for values, kind in zip(zip(*rows, strict=True), types, strict=True)]
    db.register("incoming", pa.table(columns, names=list(names)))
    db.execute(f"INSERT INTO {table} SELECT * FROM incoming")
    db.unregister("incoming")


def _naive(when: datetime | None) -> datetime | None:
    """The same instant as the lake keeps it: UTC without a zone."""
    return when.astimezone(UTC).replace(tzinfo=None) if when is not None and when.tzinfo else when


class _Outside:
    """Whether somebody was outside the subject's team on a day, and in which team; asked once per person and month.

    Team files change on a day, but a question per record would cost more than all signals; a month is what a reader can
    check. `None` where either one's team is unknown.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: dict[tuple[str, int, int], tuple[bool | None, str | None]] = {}

    def __call__(self, person: str, at: datetime) -> tuple[bool | None, str | None]:
        key = (person, at.year, at.month)
        if key not in self._known:
            aware, org = at.replace(tzinfo=UTC), self._view.org
            team = org.outside(person, self._view.subject, aware)
            if team is not None:
                self._known[key] = (True, team)
            else:
                both = org.team(person, aware)[0], org.team(self._view.subject, aware)[0]
                self._known[key] = (None, None) if None in both else (False, both[0])
        return self._known[key]


def _touches(view: View, db: duckdb.DuckDBPyConnection) -> None:
    """Areas of the subject's own changes in the periods."""
    rows = db.execute(
        "SELECT DISTINCT m.id FROM mine m JOIN period p ON m.happened_at >= p.since AND m.happened_at < p.until "
        "WHERE m.kind IN ('change', 'document') AND NOT m.merge AND NOT m.bulk ORDER BY m.id"
    ).fetchall()
    ids = [id_ for (id_,) in rows]
    view.org.prefetch(ids)
    fill(db, "touch", [
        (id_, touch.path, paths.kind(touch.path), touch.area, team, touch.own, touch.basis.value)
        for id_ in ids
        for touch in view.org.touches(id_)
        for team in (touch.teams or ("",))
    ])


def _links(view: View, db: duckdb.DuckDBPyConnection, links: Iterable[Link], outside: _Outside) -> None:
    """Links with the date and people of both ends; a link whose later record has no readable date is left out."""
    links = tuple(links)
    if not links:
        return
    db.register("incoming", pa.table({
        "src": pa.array([link.src for link in links], pa.string()),
        "dst": pa.array([link.dst for link in links], pa.string()),
        "kind": pa.array([link.kind.value for link in links], pa.string()),
        "reason": pa.array([link.reason for link in links], pa.string()),
    }))
    rows = db.execute(
        "SELECT i.src, i.dst, i.kind, i.reason, COALESCE(s.happened_at, s.recorded_at), s.actor, d.actor, "
        "       i.src IN (SELECT id FROM mine), s.bot "
        "FROM incoming i JOIN evidence s ON s.id = i.src JOIN evidence d ON d.id = i.dst "
        "WHERE COALESCE(s.happened_at, s.recorded_at) IS NOT NULL ORDER BY ALL"
    ).fetchall()
    db.unregister("incoming")
    found: list[tuple[object, ...]] = []
    for src, dst, kind, reason, at, actor, dst_actor, own, bot in rows:
        other = dst_actor if own else actor
        known = (None, None) if other == view.subject else outside(other, at)
        found.append((src, dst, kind, reason, at, actor, dst_actor, own, bot, *known))
    fill(db, "link", found)


def _standing(view: View, db: duckdb.DuckDBPyConnection) -> None:
    """How whoever recorded something that refers to the subject's work stood to the subject that day, by the organisation's files."""
    org = view.org
    rows = db.execute("SELECT DISTINCT src, actor, happened_at FROM link WHERE NOT own AND NOT bot ORDER BY ALL").fetchall()
    found: list[tuple[object, ...]] = []
    for id_, person, at in rows if org.reporting.rows else ():
        aware = at.replace(tzinfo=UTC)
        function, own, manages = org.function(person, aware), org.function(view.subject, aware), org.reporting.manages(person, aware)
        seat = (
            "manager" if person == org.manager(view.subject, aware)
            else "skip-level" if person == org.skip_level(view.subject, aware)
            else "cross-functional" if function and own and function != own
            else "managers" if manages
            else ""
        )
        found.append((id_, person, manages, function or "", seat))
    fill(db, "standing", found)


def _helped(view: View, db: duckdb.DuckDBPyConnection, outside: _Outside) -> None:
    """Others' changes that the subject had a part in, pull requests that they merged included; and who did the same."""
    db.execute("CREATE OR REPLACE TEMP TABLE landing (id VARCHAR, merge VARCHAR)")
    merges = {sha for (sha,) in db.execute(_PULLS).fetchall()}
    landed = sorted(pair for harvest in view.lake.harvests for pair in landings(harvest, merges).items())
    if landed:
        db.register("incoming", pa.table({
            "id": pa.array([f"git:{sha}" for sha, _ in landed], pa.string()),
            "merge": pa.array([f"git:{merge}" for _, merge in landed], pa.string()),
        }))
        db.execute("INSERT INTO landing SELECT id, merge FROM incoming")
        db.unregister("incoming")
    # A pull request stands for itself where what it became is not here.
    record, tracked = view.record, view.tracked
    pulled = [
        (item.id, record.ids[record.stands(tracked.lands[item.id])] if item.id in tracked.lands else item.id)
        for item in tracked.items.values() if item.pull
    ]
    db.execute("CREATE OR REPLACE TEMP TABLE pulled (pull VARCHAR, id VARCHAR)")
    if pulled:
        db.register("incoming", pa.table({"pull": [pull for pull, _ in pulled], "id": [id_ for _, id_ in pulled]}))
        db.execute("INSERT INTO pulled SELECT pull, id FROM incoming")
        db.unregister("incoming")
    rows = db.execute(_HELPED).fetchall()
    fill(db, "helped", [(id_, person, role, at, *outside(person, at)) for id_, person, role, at in rows])
    db.execute(_WORKED_WITH)
    db.execute("DROP TABLE landing")
    db.execute("DROP TABLE pulled")


def landings(harvest: Harvest, merges: set[str]) -> dict[str, str]:
    """Commit → merge (hashes), for the commits that came to the main line of history through one of `merges`.

    The main line is the chain of first parents from the head; each commit belongs to the first commit of that line that
    reaches it.
    """
    if merges.isdisjoint(harvest.commits.column("sha").to_pylist()):
        return {}
    return {sha: merge for sha, merge in life.landings(harvest).items() if merge in merges}


def _lives(db: duckdb.DuckDBPyConnection, harvests: Sequence[Harvest] = ()) -> None:
    """Lifetimes of files, and others' changes to the files that the subject added."""
    lives, stay = life.lifetimes(db, harvests)
    db.register("incoming", lives)
    db.execute(
        "INSERT INTO life SELECT i.life, i.id, i.origin, i.path, i.kind, i.actor, i.mine, i.born, i.ended, i.ended_id, "
        "n.last, i.lost FROM incoming i JOIN (SELECT origin, MAX(COALESCE(recorded_at, happened_at)) AS last FROM evidence "
        "GROUP BY origin) n ON n.origin = i.origin ORDER BY i.life"
    )
    db.unregister("incoming")
    db.register("stay", stay)
    db.execute(_BUILT_ON)
    db.unregister("stay")


def _lines(db: duckdb.DuckDBPyConnection) -> None:
    """Lifetimes of lines, and what later commits did to the subject's; nothing where they were not computed."""
    db.execute(_WRITTEN)
    db.execute(_REWRITTEN)


def _entry(entry: Entry, period: Period | None = None, reproduced: int = 0) -> tuple[object, ...]:
    """An entry as a row; a claim stands at the end of its own period, which is what it tells of.

    A claim's numbers are those that its front matter binds, and quantities typed into its prose.
    """
    section = entry.section("Outcome", "What came of it")
    outcome = str(entry.meta.get("outcome") or (section.text if section else "") or "").strip()
    declared = entry.meta.get("numbers")
    bound = len(declared) if isinstance(declared, Mapping) else 0
    typed = len(quantities(re.sub(r"`[^`]*`|\]\([^)]*\)|https?://\S+", " ", entry.body)))
    day = entry.happened_at or (period.until if period else None)
    happened = datetime.combine(day, time()) if day else None
    return entry.id, entry.type, happened, _naive(entry.recorded_at), outcome, bound + typed, bound, reproduced
