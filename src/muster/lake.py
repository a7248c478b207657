"""All evidence in one place: DuckDB in memory over what the sources gave and what the book holds.

Tables, all with naive UTC timestamps:

- `evidence(id, source, kind, origin, ref, title, text, actor, happened_at, recorded_at, tz_minutes, grade, url, bot,
  merge, bulk, seq)`: a row per commit, per review that a trailer records, and per entry of the book;
- `change(id, origin, seq, path, status, from_path, old, new, kind)`: a row per path that a commit changed;
- `participant(id, person, role)`: who had which part in it;
- `person(person, name, bot)`.

Everything here is derived: it is built anew in each run and never written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from muster import paths
from muster.model import Entry, Evidence, Grade, Participant, Role
from muster.people import People, trailers
from muster.sources.git import Harvest, Repository

#: A commit that touches more paths than this is bulk work: a sweep, an import, a reformatting.
BULK = 200
#: Dates outside of these are no dates of a git commit; git itself is of 2005, imported histories are older.
FIRST, LAST = date(1990, 1, 1), date(2100, 1, 1)
#: How many ids go into one query.
CHUNK = 5000

#: The ids of one query, from a parameter that `listed` makes. A list as a parameter is looked at item by item for
#: types of other packages, which costs more than the query.
WANTED = """SELECT unnest(from_json(CAST($ids AS JSON), '["VARCHAR"]'))"""

SCHEMA = """
CREATE TABLE evidence (
    id VARCHAR, source VARCHAR, kind VARCHAR, origin VARCHAR, ref VARCHAR, title VARCHAR, text VARCHAR, actor VARCHAR,
    happened_at TIMESTAMP, recorded_at TIMESTAMP, tz_minutes SMALLINT, grade TINYINT, url VARCHAR, bot BOOLEAN,
    merge BOOLEAN, bulk BOOLEAN, seq INTEGER);
CREATE TABLE change (
    id VARCHAR, origin VARCHAR, seq INTEGER, path VARCHAR, status VARCHAR, from_path VARCHAR, old VARCHAR, new VARCHAR,
    kind VARCHAR);
CREATE TABLE participant (id VARCHAR, person VARCHAR, role VARCHAR);
CREATE TABLE person (person VARCHAR, name VARCHAR, bot BOOLEAN);
"""

CHANGES = """
INSERT INTO change
SELECT 'git:' || c.sha, $origin, h.seq, h.path, h.status, h.from_path, h.old, h.new, k.kind
FROM changes h JOIN commits c ON c.seq = h.seq JOIN kinds k ON k.path = h.path
ORDER BY h.seq, h.path, h.from_path
"""

COMMITS = """
INSERT INTO evidence
WITH shape AS (
    SELECT h.seq, count(*) AS paths, bool_and(k.kind IN ('vendored', 'generated', 'lock')) AS made,
        bool_or(k.kind = 'proposal') AND NOT bool_or(k.kind = 'code')
            OR bool_or(k.kind = 'proposal' AND h.status = 'A') AS document
    FROM changes h JOIN kinds k ON k.path = h.path GROUP BY h.seq)
SELECT 'git:' || c.sha, 'git', CASE WHEN s.document THEN 'document' ELSE 'change' END, $origin, c.sha, c.subject,
    c.body, a.person,
    CASE WHEN c.authored_at >= $first AND c.authored_at < $last THEN c.authored_at END,
    CASE WHEN c.committed_at >= $first AND c.committed_at < $last THEN c.committed_at END,
    c.authored_tz, $grade, $web || '/commit/' || c.sha, a.bot, len(c.parents) > 1,
    len(c.parents) > 1 OR coalesce(s.paths > $bulk OR s.made, FALSE), c.seq
FROM commits c
JOIN who a ON a.name = c.author_name AND a.email = c.author_email
LEFT JOIN shape s ON s.seq = c.seq
ORDER BY c.seq
"""

PARTICIPANTS = """
INSERT INTO participant
SELECT id, person, role FROM (
    SELECT 'git:' || c.sha AS id, a.person, 'author' AS role, c.seq, 0 AS place
    FROM commits c JOIN who a ON a.name = c.author_name AND a.email = c.author_email
    UNION ALL
    SELECT 'git:' || c.sha, l.person, 'lander', c.seq, 1
    FROM commits c
    JOIN who a ON a.name = c.author_name AND a.email = c.author_email
    JOIN who l ON l.name = c.committer_name AND l.email = c.committer_email
    WHERE l.person <> a.person AND NOT l.bot
    UNION ALL
    SELECT 'git:' || c.sha, t.person, t.role, c.seq, min(t.place) + 2
    FROM trailers t JOIN commits c ON c.seq = t.seq
    JOIN who a ON a.name = c.author_name AND a.email = c.author_email
    WHERE NOT (t.role = 'co-author' AND t.person = a.person)
    GROUP BY ALL)
ORDER BY seq, place, role, person
"""

REVIEWS = """
INSERT INTO evidence
SELECT 'git:' || c.sha || '#reviewed-by:' || t.person, 'git', 'review', $origin, c.sha, 'Review of: ' || c.subject, '',
    t.person, any_value(x.recorded_at), any_value(x.recorded_at), any_value(c.committed_tz), $grade,
    any_value(x.url), bool_or(t.bot), FALSE, FALSE, c.seq
FROM trailers t JOIN commits c ON c.seq = t.seq JOIN evidence x ON x.id = 'git:' || c.sha
JOIN who a ON a.name = c.author_name AND a.email = c.author_email
WHERE t.role IN ('reviewer', 'acker') AND t.person <> a.person
GROUP BY c.sha, c.seq, c.subject, t.person
ORDER BY c.seq, t.person
"""


@dataclass(frozen=True, slots=True)
class Lake:
    """The tables, and what they were built from."""

    db: duckdb.DuckDBPyConnection
    people: People
    harvests: tuple[Harvest, ...]
    entries: tuple[Entry, ...]

    @classmethod
    def build(
        cls,
        harvests: Sequence[Harvest],
        people: People,
        entries: Sequence[Entry] = (),
        evidence: Sequence[Evidence] = (),
        threads: int = 2,
        today: date | None = None,
    ) -> Lake:
        """A lake over these harvests, entries and other sources' evidence, the same for the same input.

        A date before 1990, or more than a day after `today` (2100 without it), is taken as unknown.
        """
        harvests = distinct(harvests)
        db = duckdb.connect(":memory:", config={"threads": threads, "preserve_insertion_order": True})
        db.execute("SET TimeZone = 'UTC'")
        db.execute(SCHEMA)
        last = datetime.combine(today + timedelta(days=2) if today else LAST, time())
        seen: set[str] = set()
        for harvest in harvests:
            add(db, harvest, people, last, seen)
        owner = people.me.id if people.me else "me"
        rows = [entry_row(entry, owner) for entry in entries]
        if rows:
            db.executemany(f"INSERT INTO evidence VALUES ({', '.join('?' * 17)})", rows)
            db.executemany("INSERT INTO participant VALUES (?, ?, 'author')", [(row[0], owner) for row in rows])
        rows = [evidence_row(piece, people) for piece in evidence]
        if rows:
            db.executemany(f"INSERT INTO evidence VALUES ({', '.join('?' * 17)})", rows)
            parts = [(piece.id, people.of("", part.person), part.role.value) for piece in evidence for part in piece.participants]
            authors = [(row[0], row[7], Role.AUTHOR.value) for row in rows]
            db.executemany("INSERT INTO participant VALUES (?, ?, ?)", sorted({*parts, *authors}, key=str))
        everybody = pa.table({
            "person": pa.array([person.id for person in people.all.values()], pa.string()),
            "name": pa.array([person.name for person in people.all.values()], pa.string()),
            "bot": pa.array([person.bot for person in people.all.values()], pa.bool_()),
        })
        db.register("everybody", everybody)
        db.execute("INSERT INTO person SELECT person, name, bot FROM everybody ORDER BY person")
        db.unregister("everybody")
        return cls(db, people, tuple(harvests), tuple(entries))

    def evidence(self, ids: Iterable[str]) -> dict[str, Evidence]:
        """The evidence of each id that the lake has, in the order of `ids`, without touches."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Evidence] = {}
        for start in range(0, len(wanted), CHUNK):
            found.update((piece.id, piece) for piece in self._some(wanted[start : start + CHUNK]))
        return {id_: found[id_] for id_ in wanted if id_ in found}

    def _some(self, ids: Sequence[str]) -> Iterator[Evidence]:
        parts: dict[str, list[Participant]] = {}
        cursor = self.db.cursor()
        rows = cursor.execute(
            f"SELECT id, person, role FROM participant WHERE id IN ({WANTED}) ORDER BY ALL", {"ids": listed(ids)}
        ).fetchall()
        for id_, person, role in rows:
            parts.setdefault(id_, []).append(Participant(person, Role(role)))
        order = {role: place for place, role in enumerate(Role)}
        rows = cursor.execute(
            "SELECT id, source, kind, origin, ref, title, actor, happened_at, recorded_at, grade, url, text "
            f"FROM evidence WHERE id IN ({WANTED}) ORDER BY id", {"ids": listed(ids)},
        ).fetchall()
        for id_, source, kind, origin, ref, title, actor, happened, recorded, grade, url, text in rows:
            who = sorted(parts.get(id_, ()), key=lambda part: (order[part.role], part.person))
            yield Evidence(id_, source, kind, origin, ref, title, actor, aware(happened), aware(recorded), Grade(grade),
                           url, text, tuple(who))

    def harvest(self, origin: str) -> Harvest:
        """The harvest of that name. Raises KeyError where there is none."""
        return next((harvest for harvest in self.harvests if harvest.name == origin), None) or missing(origin)

    def repository(self, origin: str) -> Repository:
        """The repository behind an origin. Raises KeyError where there is none."""
        return self.harvest(origin).repository


def listed(ids: Iterable[str]) -> str:
    """The ids as the parameter that `WANTED` reads."""
    return json.dumps(list(ids))


def distinct(harvests: Sequence[Harvest]) -> tuple[Harvest, ...]:
    """The harvests under names of their own: of two that share one, the later takes a number."""
    taken: set[str] = set()
    found: list[Harvest] = []
    for harvest in harvests:
        name = next(name for n in range(1, len(harvests) + 2)
                    if (name := harvest.name if n == 1 else f"{harvest.name}-{n}") not in taken)
        taken.add(name)
        found.append(harvest if name == harvest.name else replace(harvest, name=name))
    return tuple(found)


def missing(origin: str) -> Harvest:
    """Never comes back: there is no such origin."""
    raise KeyError(origin)


def add(db: duckdb.DuckDBPyConnection, harvest: Harvest, people: People, last: datetime, seen: set[str]) -> None:
    """Put a harvest into the tables; a commit that an earlier harvest has is left to that one."""
    commits, changes = harvest.commits, harvest.changes
    if seen:
        shared = pc.is_in(commits["sha"], value_set=pa.array(sorted(seen), pa.string()))
        known = commits.filter(shared)["seq"]
        commits = commits.filter(pc.invert(shared))
        changes = changes.filter(pc.invert(pc.is_in(changes["seq"], value_set=known.combine_chunks())))
    seen.update(commits["sha"].to_pylist())
    who = {
        (name, email): people.of(name, email)
        for side in ("author", "committer")
        for name, email in pairs(commits, f"{side}_name", f"{side}_email")
    }
    named = trailers(commits)
    thanked = [people.of(name, email) for name, email in pairs(named, "name", "email", distinct=False)]
    paths_here = pc.unique(changes["path"]).to_pylist()
    views = {
        "commits": commits,
        "changes": changes,
        "kinds": pa.table({"path": pa.array(paths_here, pa.string()),
                           "kind": pa.array([paths.kind(path) for path in paths_here], pa.string())}),
        "who": pa.table({"name": pa.array([name for name, _ in who], pa.string()),
                         "email": pa.array([email for _, email in who], pa.string()),
                         "person": pa.array(list(who.values()), pa.string()),
                         "bot": pa.array([people.person(id_).bot for id_ in who.values()], pa.bool_())}),
        "trailers": pa.table({"seq": named["seq"], "role": named["role"],
                              "place": pa.array(range(named.num_rows), pa.int32()),
                              "person": pa.array(thanked, pa.string()),
                              "bot": pa.array([people.person(id_).bot for id_ in thanked], pa.bool_())}),
    }
    for name, table in views.items():
        db.register(name, table)
    grade = int(Grade.KEPT)
    db.execute(CHANGES, {"origin": harvest.name})
    db.execute(COMMITS, {"origin": harvest.name, "first": datetime.combine(FIRST, time()), "last": last, "grade": grade,
                         "web": harvest.web, "bulk": BULK})
    db.execute(PARTICIPANTS)
    db.execute(REVIEWS, {"origin": harvest.name, "grade": grade})
    for name in views:
        db.unregister(name)


def pairs(table: pa.Table, name: str, email: str, distinct: bool = True) -> Iterator[tuple[str, str]]:
    """(name, e-mail) of each row, or of each distinct pair, in the order of the table."""
    rows = zip(table[name].to_pylist(), table[email].to_pylist(), strict=True)
    yield from dict.fromkeys(rows) if distinct else rows


def entry_row(entry: Entry, owner: str) -> tuple[object, ...]:
    """The row of `evidence` for an entry of the book; its owner's word, whoever it speaks of."""
    happened = datetime.combine(entry.happened_at, time()) if entry.happened_at else None
    return (entry.id, "book", entry.type, "book", entry.path, entry.title, entry.body, owner, happened, naive(entry.recorded_at), 0,
            int(entry.grade), None, False, False, False, None)


def evidence_row(piece: Evidence, people: People) -> tuple[object, ...]:
    """The row of another source's evidence, its actor known by the same id as everywhere."""
    actor = people.of("", piece.actor)
    return (piece.id, piece.source, piece.kind, piece.origin, piece.ref, piece.title, piece.text, actor,
            naive(piece.happened_at), naive(piece.recorded_at), 0, int(piece.grade), piece.url,
            people.person(actor).bot, False, False, None)


def naive(when: datetime | None) -> datetime | None:
    """An aware datetime as a timestamp of the tables."""
    return when.astimezone(UTC).replace(tzinfo=None) if when else None


def aware(when: datetime | None) -> datetime | None:
    """A timestamp of the tables as an aware datetime."""
    return when.replace(tzinfo=UTC) if when else None
