"""All evidence in one place: DuckDB in memory over what the sources gave and what the book holds.

Tables, all with naive UTC timestamps:

- `evidence(id, source, kind, origin, ref, title, text, actor, happened_at, recorded_at, tz_minutes, grade, url, bot,
  merge, bulk, seq)`: a row per commit, per review that a trailer records, and per entry of the book;
- `change(id, origin, seq, path, status, from_path, old, new, kind)`: a row per path that a commit changed;
- `participant(id, person, role)`: who had which part in it;
- `person(person, name, bot)`;
- `line(origin, id, path, kind, arrived_id, arrived, ended_id, ended, lines, sweep)`: groups of lines, the commit `id` that
  wrote them, and when they came to the main line and went from it (null: alive); from `survival`;
- `fact(id, name, value)`: what else a source recorded (`Evidence.facts`); `about` among them is the evidence that it speaks to;
- `rewrite(id, of, origin, path, changed, deleted)`: how many lines of the commit `of` a later one changed or deleted.

Everything here is derived: it is built anew in each run and never written.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from muster import paths
from muster.model import Entry, Evidence, Grade, Participant, Role
from muster.people import People, trailers
from muster.sources import _proposals
from muster.sources.git import Harvest, Repository
from muster.survival import Survival

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
CREATE TABLE line (
    origin VARCHAR, id VARCHAR, path VARCHAR, kind VARCHAR, arrived_id VARCHAR, arrived TIMESTAMP, ended_id VARCHAR,
    ended TIMESTAMP, lines INTEGER, sweep BOOLEAN);
CREATE TABLE fact (id VARCHAR, name VARCHAR, value VARCHAR);
CREATE TABLE rewrite (id VARCHAR, of VARCHAR, origin VARCHAR, path VARCHAR, changed INTEGER, deleted INTEGER);
"""

#: Facts that name a person; "to" and "from" do in these events.
OF_PEOPLE: Mapping[str, tuple[str, ...]] = {
    "closed-by": (), "merged-by": (), "decided-by": (),
    "to": ("assigned", "unassigned", "review-requested", "review-request-removed", "paged", "escalated"),
}

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
  SELECT id, person, role, seq, min(place) AS place FROM (
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
    WHERE NOT (t.role IN ('co-author', 'lander') AND t.person = a.person) AND NOT (t.role = 'lander' AND t.bot)
    GROUP BY ALL)
  GROUP BY id, person, role, seq)
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


#: Dates along the main line only go forward: a commit with an earlier one, or with none, takes that of those before it.
SURVIVED = """
INSERT INTO line
WITH main AS (SELECT arrived AS seq FROM groups UNION SELECT ended FROM groups WHERE ended IS NOT NULL),
dated AS (
    SELECT m.seq, 'git:' || c.sha AS id,
        max(CASE WHEN c.committed_at >= $first AND c.committed_at < $last THEN c.committed_at END) OVER (ORDER BY m.seq) AS at
    FROM main m JOIN commits c ON c.seq = m.seq),
known AS (SELECT id FROM evidence WHERE source = 'git'),
-- What a commit that was recorded after the day of the review took away still stands on that day.
gone AS (SELECT d.seq, d.id, d.at FROM dated d SEMI JOIN known k ON k.id = d.id)
SELECT $origin, e.id, g.path, g.kind, a.id, a.at, z.id, z.at, g.lines, g.sweep
FROM groups g JOIN commits c ON c.seq = g.seq JOIN evidence e ON e.id = 'git:' || c.sha AND e.origin = $origin
JOIN dated a ON a.seq = g.arrived SEMI JOIN known k ON k.id = a.id LEFT JOIN gone z ON z.seq = g.ended
ORDER BY g.seq, g.path, g.arrived, g.ended NULLS LAST, g.sweep
"""

REWRITES = """
INSERT INTO rewrite
SELECT e.id, 'git:' || b.sha, $origin, r.path, r.changed, r.deleted
FROM rewrites r JOIN commits c ON c.seq = r.seq JOIN evidence e ON e.id = 'git:' || c.sha AND e.origin = $origin
JOIN commits b ON b.seq = r.of
ORDER BY r.seq, r.of, r.path
"""

#: Changes of proposals in the order of history; of one commit's, what it deletes comes first.
PROPOSALS = """
SELECT origin, id, seq, path, status, from_path, old, new FROM change WHERE kind = 'proposal'
ORDER BY origin, seq, status = 'D' DESC, path
"""

#: Commits that add a proposal and change code as well.
CODED = """
SELECT DISTINCT c.id FROM change c SEMI JOIN (SELECT id FROM change WHERE kind = 'proposal' AND status = 'A') p USING (id)
WHERE c.kind IN ('code', 'test') ORDER BY c.id
"""

#: A merge's title that names the account whose branch it merged.
FROM_BRANCH = r"^Merge pull request #\d+ from ([A-Za-z0-9][A-Za-z0-9_-]*)/"

#: A commit that adds more proposals than this brought in a collection, or moved one.
FEW_PROPOSALS = 5


#: What the columns of `SORTS` are called.
SORT_WORDS = (
    "merges", "squash merges by their titles", "cherry-picks that say so", "bulk changes", "by automation accounts",
    "with a co-author", "reviewed or acknowledged by name", "tested by name", "reported by name", "with a Change-Id",
    "signed off", "of unknown date",
)

SORTS = r"""
WITH mine AS (SELECT * FROM evidence WHERE origin = $origin AND source = 'git' AND kind <> 'review'),
parts AS (
    SELECT id, bool_or(role = 'co-author') AS together, bool_or(role IN ('reviewer', 'acker')) AS reviewed,
        bool_or(role = 'tester') AS tested, bool_or(role = 'reporter') AS reported
    FROM participant SEMI JOIN mine USING (id) WHERE role IN ('co-author', 'reviewer', 'acker', 'tester', 'reporter')
    GROUP BY id)
SELECT count(*) FILTER (merge), count(*) FILTER (NOT merge AND regexp_matches(title, '\(#\d+\)$')),
    count(*) FILTER (contains(text, '(cherry picked from commit ')), count(*) FILTER (bulk AND NOT merge), count(*) FILTER (bot),
    count(*) FILTER (together), count(*) FILTER (reviewed), count(*) FILTER (tested), count(*) FILTER (reported),
    count(*) FILTER (regexp_matches(text, '(?m)^Change-Id: \S')), count(*) FILTER (regexp_matches(text, '(?mi)^Signed-off-by: \S')),
    count(*) FILTER (happened_at IS NULL)
FROM mine LEFT JOIN parts USING (id)
"""


@dataclass(frozen=True, slots=True)
class Lake:
    """The tables, and what they were built from."""

    db: duckdb.DuckDBPyConnection
    people: People
    harvests: tuple[Harvest, ...]
    entries: tuple[Entry, ...]
    papers: tuple[_proposals.Paper, ...] = ()

    @classmethod
    def build(
        cls,
        harvests: Sequence[Harvest],
        people: People,
        entries: Sequence[Entry] = (),
        evidence: Sequence[Evidence] = (),
        threads: int = 2,
        today: date | None = None,
        survivals: Mapping[str, Survival] | None = None,
    ) -> Lake:
        """A lake over these harvests, entries and other sources' evidence, the same for the same input.

        `survivals` has the lines of a harvest under its name; without any, `line` and `rewrite` are empty.

        A date before 1990, or more than a day after `today` (2100 without it), is taken as unknown.
        """
        harvests = distinct(harvests)
        db = duckdb.connect(":memory:", config={"threads": threads, "preserve_insertion_order": True})
        db.execute("SET TimeZone = 'UTC'")
        db.execute(SCHEMA)
        last = end_of(today)
        seen: set[str] = set()
        for harvest in harvests:
            add(db, harvest, people, last, seen)
        for harvest in harvests:
            if survivals and harvest.name in survivals:
                survived(db, harvest, survivals[harvest.name], last)
        papers = proposed(db, harvests, people)
        owner = people.me.id if people.me else "me"
        rows = [entry_row(entry, owner) for entry in entries]
        if rows:
            db.executemany(f"INSERT INTO evidence VALUES ({', '.join('?' * 17)})", rows)
            db.executemany("INSERT INTO participant VALUES (?, ?, 'author')", [(row[0], owner) for row in rows])
        told(db, evidence, people)
        everybody = pa.table({
            "person": pa.array([person.id for person in people.all.values()], pa.string()),
            "name": pa.array([person.name for person in people.all.values()], pa.string()),
            "bot": pa.array([person.bot for person in people.all.values()], pa.bool_()),
        })
        db.register("everybody", everybody)
        db.execute("INSERT INTO person SELECT person, name, bot FROM everybody ORDER BY person")
        db.unregister("everybody")
        return cls(db, people, tuple(harvests), tuple(entries), papers)

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
        about: dict[str, str] = {}
        facts: dict[str, list[tuple[str, str]]] = {}
        rows = cursor.execute(
            f"SELECT id, name, value FROM fact WHERE id IN ({WANTED}) ORDER BY rowid", {"ids": listed(ids)}
        ).fetchall()
        for id_, name, value in rows:
            if name == "about":
                about[id_] = value
            else:
                facts.setdefault(id_, []).append((name, value))
        order = {role: place for place, role in enumerate(Role)}
        rows = cursor.execute(
            "SELECT id, source, kind, origin, ref, title, actor, happened_at, recorded_at, grade, url, text "
            f"FROM evidence WHERE id IN ({WANTED}) ORDER BY id", {"ids": listed(ids)},
        ).fetchall()
        for id_, source, kind, origin, ref, title, actor, happened, recorded, grade, url, text in rows:
            who = sorted(parts.get(id_, ()), key=lambda part: (order[part.role], part.person))
            yield Evidence(id_, source, kind, origin, ref, title, actor, aware(happened), aware(recorded), Grade(grade),
                           url, text, tuple(who), (), about.get(id_), tuple(facts.get(id_, ())))

    def harvest(self, origin: str) -> Harvest:
        """The harvest of that name. Raises KeyError where there is none."""
        return next((harvest for harvest in self.harvests if harvest.name == origin), None) or missing(origin)

    def among(self, origin: str) -> tuple[tuple[str, int], ...]:
        """What sorts of commits are among those of an origin, and how many of each there are; none of which there is none."""
        row = self.db.execute(SORTS, {"origin": origin}).fetchone() or ()
        return tuple((sort, count) for sort, count in zip(SORT_WORDS, row, strict=False) if count)

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
    """Put a harvest into the tables; a commit that an earlier harvest has is left to that one.

    What was recorded after `last` is not evidence yet, and is left out.
    """
    commits, changes = harvest.commits, harvest.changes
    if (ahead := recorded_later(harvest, last)).any():
        changes = changes.filter(pc.invert(pc.is_in(changes["seq"], value_set=commits.filter(pa.array(ahead))["seq"].combine_chunks())))
        commits = commits.filter(pa.array(~ahead))
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


def proposed(db: duckdb.DuckDBPyConnection, harvests: Sequence[Harvest], people: People) -> tuple[_proposals.Paper, ...]:
    """Every proposal with what it says of itself; whoever it names as its author has a part in the commit that added it.

    That commit must add few proposals and no code: what a document says of its authors says nothing of the rest.
    """
    rows = db.execute(PROPOSALS).fetchall()
    papers = _proposals.papers(rows)
    if not papers:
        return ()
    merges: dict[str, str] | None = None
    for harvest in harvests:
        own = [paper for paper in papers if paper.origin == harvest.name]
        blobs = harvest.repository.blobs([blob for paper in own for last in (False, True) for _, blob in paper.files(last)]) if own else {}
        for paper in own:
            paper.first = _proposals.of(blobs, paper.files(False))
            paper.last = paper.first if paper.files(True) == paper.files(False) else _proposals.of(blobs, paper.files(True))
            named_ = paper.first.authors or paper.last.authors
            if named_ and merges is None:
                merges = accounts(harvests, people)
            ids = [people.named(name, email, merges or {}) for name, email in named_]
            paper.authors = tuple(dict.fromkeys(id_ or name or email for id_, (name, email) in zip(ids, named_, strict=True)))
            paper.known = bool(ids) and all(ids)
    added: dict[str, list[_proposals.Paper]] = {}
    for paper in papers:
        added.setdefault(paper.id, []).append(paper)
    known = {*db.execute("SELECT id, person FROM participant WHERE role IN ('author', 'co-author')").fetchall()}
    coded = {row[0] for row in db.execute(CODED).fetchall()}
    parts = [
        (id_, person, Role.CO_AUTHOR.value)
        for id_, ones in added.items()
        if len(ones) <= FEW_PROPOSALS and id_ not in coded
        for person in dict.fromkeys(person for paper in ones if paper.first.authors for person in paper.authors)
        if person in people.all and not people.all[person].bot and (id_, person) not in known
    ]
    if parts:
        db.executemany("INSERT INTO participant VALUES (?, ?, ?)", parts)
    return tuple(papers)


def accounts(harvests: Sequence[Harvest], people: People) -> dict[str, str]:
    """Persons by `@handle`: whose work nearly all merges "from HANDLE/branch" brought, of at least two."""
    seen: dict[str, Counter[str]] = {}
    for harvest in harvests:
        chosen = harvest.commits.filter(pc.match_substring_regex(harvest.commits["subject"], FROM_BRANCH))
        sides = [(subject, ones[1]) for subject, ones in zip(
            chosen["subject"].to_pylist(), chosen["parents"].to_pylist(), strict=True) if len(ones) > 1]
        heads = harvest.commits.filter(pc.is_in(harvest.commits["sha"], pa.array([side for _, side in sides], pa.string())))
        who = dict(zip(heads["sha"].to_pylist(), pairs(heads, "author_name", "author_email", distinct=False), strict=True))
        for subject, side in sides:
            if side in who and (found := re.match(FROM_BRANCH, subject)):
                seen.setdefault(f"@{found[1].lower()}", Counter())[people.of(*who[side])] += 1
    best = {handle: min(counts.items(), key=lambda row: (-row[1], row[0])) for handle, counts in sorted(seen.items())}
    return {handle: id_ for handle, (id_, count) in best.items() if count >= 2 and count >= 0.8 * seen[handle].total()}


def survived(db: duckdb.DuckDBPyConnection, harvest: Harvest, survival: Survival, last: datetime) -> None:
    """Put the lines of a harvest into the tables; those of a commit that an earlier harvest has are left to that one."""
    for name, table in (("commits", harvest.commits), ("groups", survival.lines), ("rewrites", survival.rewrites)):
        db.register(name, table)
    db.execute(SURVIVED, {"origin": harvest.name, "first": datetime.combine(FIRST, time()), "last": last})
    db.execute(REWRITES, {"origin": harvest.name})
    for name in ("commits", "groups", "rewrites"):
        db.unregister(name)


def end_of(today: date | None) -> datetime:
    """The first instant at which nothing can have been recorded by `today`, with a day to spare for time zones."""
    return datetime.combine(today + timedelta(days=2) if today else LAST, time())


def later(harvest: Harvest, today: date) -> int:
    """How many commits of a harvest were recorded after `today`."""
    return int(recorded_later(harvest, end_of(today)).sum())


def recorded_later(harvest: Harvest, last: datetime) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which commits were recorded from `last` on, up to the newest one; none where that is before `last`.

    A date after the newest commit's own is no date but a clock that was wrong: such a commit stays, its date unknown.
    """
    commits = harvest.commits
    at = commits["committed_at"]
    believed = pc.less(at, pa.scalar(end_of(None).replace(tzinfo=UTC), at.type)).fill_null(False)
    newest = at.filter(pc.and_(believed, pc.equal(commits["sha"], harvest.head)))
    end = newest[0].as_py() if len(newest) else pc.max(at.filter(believed)).as_py()
    if end is None or end < last.replace(tzinfo=UTC):
        return np.zeros(commits.num_rows, bool)
    begin = pc.greater_equal(at, pa.scalar(last.replace(tzinfo=UTC), at.type))
    found = pc.and_(begin, pc.less_equal(at, pa.scalar(end, at.type))).fill_null(False)
    return np.asarray(found.combine_chunks().to_numpy(zero_copy_only=False), bool)


def pairs(table: pa.Table, name: str, email: str, distinct: bool = True) -> Iterator[tuple[str, str]]:
    """(name, e-mail) of each row, or of each distinct pair, in the order of the table."""
    rows = zip(table[name].to_pylist(), table[email].to_pylist(), strict=True)
    yield from dict.fromkeys(rows) if distinct else rows


def entry_row(entry: Entry, owner: str) -> tuple[object, ...]:
    """The row of `evidence` for an entry of the book; its owner's word, whoever it speaks of."""
    happened = datetime.combine(entry.happened_at, time()) if entry.happened_at else None
    return (entry.id, "book", entry.type, "book", entry.path, entry.title, entry.body, owner, happened, naive(entry.recorded_at), 0,
            int(entry.grade), None, False, False, False, None)


def told(db: duckdb.DuckDBPyConnection, evidence: Sequence[Evidence], people: People) -> None:
    """Put other sources' evidence into the tables, everybody in it known by the same id as everywhere."""
    if not evidence:
        return
    # "Comment on #12" says nothing of what it is about.
    titles = {piece.id: piece.title for piece in evidence if piece.kind in ("issue", "pull-request")}
    rows = [
        evidence_row(replace(piece, title=f"{piece.title} ({titles[piece.about]})"), people)
        if piece.kind in ("comment", "review") and piece.about in titles else evidence_row(piece, people)
        for piece in evidence
    ]
    parts = {(piece.id, people.of("", part.person), part.role.value) for piece in evidence for part in piece.participants}
    parts |= {(str(row[0]), str(row[7]), Role.AUTHOR.value) for row in rows}
    facts = [(piece.id, name, known(name, value, piece, people)) for piece in evidence
             for name, value in ((("about", piece.about),) if piece.about else ()) + piece.facts]
    columns = db.execute("DESCRIBE evidence").fetchall()
    for table, names, given in (
        ("evidence", [name for name, *_ in columns], rows),
        ("participant", ["id", "person", "role"], sorted(parts)),
        ("fact", ["id", "name", "value"], facts),
    ):
        if given:
            db.register("told", pa.table({name: list(values) for name, values in zip(names, zip(*given, strict=True), strict=True)}))
            db.execute(f"INSERT INTO {table} SELECT * FROM told")
            db.unregister("told")


def known(name: str, value: str, piece: Evidence, people: People) -> str:
    """The value of a fact, with a person in it by their id."""
    if name == "answer":
        who, _, answer = value.rpartition(" ")
        return f"{people.of('', who)} {answer}"
    if name in ("to", "from"):
        return people.of("", value) if piece.fact("event") in OF_PEOPLE["to"] else value
    if name in OF_PEOPLE:
        return people.of("", value)
    return value


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
