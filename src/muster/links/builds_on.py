"""builds-on: others' later work on what the subject made: their changes to files that the subject first added
(moves followed) and to lines that the subject wrote in any file, their cherry-picks, and work that was put back after a
revert.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from muster.links import _relands, _split
from muster.links._mentions import Says
from muster.links._mentions import short as cut
from muster.links._wording import ROUTINE
from muster.model import Link, LinkKind
from muster.paths import kind as kind_of
from muster.sources._proposals import proposal_name

if TYPE_CHECKING:
    from muster.links import View
    from muster.links._record import Record

LINK = "builds-on"

KINDS = ("code", "doc", "proposal", "config")

#: Files that everybody's work passes through, whoever added them: changing one builds on nobody.
EVERYBODYS = re.compile(
    r"(?:^|/)(?:changelog[^/]*|changes|history|news|release[-_]?notes[^/]*|authors|contributors|adopters|users|emeritus|version)"
    r"(?:\.\w+)?$|(?:^|/)(?:changelogs?|\.changes)/|(?:^|/)(?:go\.mod|package\.json|generated[-_][^/]*|requirements[^/]*\.txt|version\.\w+|\.gitignore|\.[\w-]+-versions?|\.tool-versions|\.nvmrc)$",
    re.IGNORECASE,
)

#: A commit that changes more files than this, few of them the subject's, sweeps over everything.
SWEEP, SHARE = 25, 0.2
#: One change is tied to the few changes whose lines it changed most; fewer lines than this tie it to none.
MOST, LEAST = 3, 3
#: A branch that was brought over as one commit: its changes are others'.
SQUASHED = re.compile(r"^merge(?:d|s)? (?:branch|release|remote|upstream|master|main|v?\d)", re.IGNORECASE)
#: A commit of more co-authors than this is a branch of many people's work: none of its files is any one's.
FEW = 2


def find(view: View) -> Iterator[Link]:
    """One link for each later change and the change that added the files, or wrote the lines; then cherry-picks and
    re-lands.

    Later changes are others' (no bots, no bulk, no merges, nothing that landed together with what it changes), and
    modify the file: deleting or moving one, and only deleting lines, builds on nothing. By lines, a change is tied to the
    `MOST` of the subject's changes of which it changed most lines, `LEAST` or more. Changelogs and the like, version
    bumps, typos and sweeps over many files are passed over. A new file of a proposal that somebody else began is theirs.
    """
    yield from _files(view)
    record = view.record
    undone: dict[int, int] = {}
    for said in view.said:
        if said.mention.says is Says.REVERTS:
            undone.setdefault(said.src, record.stands(said.dst))
    for said in view.said:
        src, dst = said.src, record.stands(said.dst)
        if said.mention.says is Says.REAPPLIES:
            yield Link(
                record.ids[src], record.ids[dst], LinkKind.BUILDS_ON, f"re-landed: {said.mention.quote}"
            )
        elif said.mention.says is Says.REVERTS and dst in undone and record.before(undone[dst], dst):
            yield Link(
                record.ids[src],
                record.ids[undone[dst]],
                LinkKind.BUILDS_ON,
                f"re-landed: {said.mention.quote}",
            )
    yield from _relands.find(view)
    yield from _picked(view)


def _files(view: View) -> Iterator[Link]:
    """Others' changes to files that the subject added, from the history of just those files and what they became."""
    record = view.record
    with view.lake.db.cursor() as cursor:
        cursor.execute(
            """CREATE OR REPLACE TEMP TABLE built_by AS
               SELECT e.id FROM evidence e
               WHERE e.source = 'git' AND NOT e.bulk AND NOT e.merge AND (e.actor = $me OR e.id IN (
                 SELECT id FROM participant WHERE role = 'co-author' GROUP BY id
                 HAVING bool_or(person = $me) AND count(*) <= $few))""",
            {"me": view.subject, "few": FEW},
        )
        cursor.execute(
            """CREATE OR REPLACE TEMP TABLE built_path AS
               WITH RECURSIVE reached AS (
                 SELECT DISTINCT c.origin, c.path FROM change c SEMI JOIN built_by USING (id)
                 WHERE c.status = 'A' AND c.kind IN ('code', 'doc', 'proposal', 'config')
                 UNION
                 SELECT c.origin, c.path FROM change c JOIN reached r ON c.origin = r.origin AND c.from_path = r.path
                 WHERE c.status = 'R')
               SELECT origin, path FROM reached"""
        )
        makers = {id_ for (id_,) in cursor.execute("SELECT id FROM built_by ORDER BY id").fetchall()}
        rows = cursor.execute(
            """SELECT c.id, c.origin, c.path, c.from_path, c.status, c.kind FROM change c
               SEMI JOIN built_path b ON c.origin = b.origin AND c.path = b.path
               ORDER BY c.origin, c.seq, c.status, c.path"""
        ).fetchall()
        cursor.execute("DROP TABLE built_path")
        cursor.execute("DROP TABLE built_by")
    maker: dict[tuple[str, str], int | None] = {}
    born: dict[tuple[str, str], tuple[str, str]] = {}
    grown: dict[tuple[int, int], dict[str, tuple[str, str]]] = defaultdict(dict)
    built: dict[tuple[int, int], list[str]] = defaultdict(list)
    for id_, origin, path, before, status, kind in rows:
        i = record.at.get(id_)
        if i is None:
            continue
        key = (origin, path)
        if status == "A":
            # A file that two branches both added keeps its first maker.
            if maker.get(key) is None:
                first = record.proposals.get(proposal_name(path) or "", i)
                new = record.mine[first] or record.group[first] == record.group[i]
                maker[key] = i if id_ in makers and new and kind in KINDS else None
                born[key] = (id_, path)
        elif status == "R":
            maker[key] = maker.pop((origin, before), None)
            born[key] = born.pop((origin, before), (id_, path))
        elif status == "D":
            maker.pop(key, None)
        elif (
            (dst := maker.get(key)) is not None
            and _builds(record, i, dst)
            and kind in KINDS
            and not EVERYBODYS.search(path)
        ):
            built[i, dst].append(path)
            grown[i, dst][path] = born[key]
    # Whoever splits a file adds none of what they took out of it.
    split = _split.taken(view, {
        one: f"{record.ids[i][4:]}:{path}" for (i, _), paths in sorted(grown.items()) for path, one in paths.items()
    })
    for pair, paths in list(built.items()):
        built[pair] = [path for path in paths if grown[pair][path] not in split]
        if not built[pair]:
            del built[pair]
    written = _lines(view, makers, split)
    kept: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (src, dst), lines in written.items():
        if (src, dst) not in built and sum(lines.values()) >= LEAST and not _sweeps(record, src, len(lines)):
            kept[src].append((-sum(lines.values()), dst))
    for (src, dst), paths in built.items():
        if record.before(dst, src) and not _sweeps(record, src, len(paths)):
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            reason = f"changes {_tail(paths[0])}{more}, added there"
            if number := sum(written.get((src, dst), {}).values()):
                reason += f", and {_count(number)} of its own"
            yield Link(record.ids[src], record.ids[dst], LinkKind.BUILDS_ON, reason)
    for src, found in kept.items():
        for _, dst in sorted(found)[:MOST]:
            lines = written[src, dst]
            path = min(lines, key=lambda one: (-lines[one], one))
            rest = sum(lines.values()) - lines[path]
            more = f" and {rest} in {len(lines) - 1} more file{'s' * (len(lines) > 2)}" if rest else ""
            reason = f"changes {_count(lines[path])} of {_tail(path)}{more}, written there"
            yield Link(record.ids[src], record.ids[dst], LinkKind.BUILDS_ON, reason)


def _sweeps(record: Record, src: int, files: int) -> bool:
    """Whether a change of many files has so few of the subject's that it passes over them with all others."""
    weight = record.weights.get(record.ids[src], 0)
    return weight > SWEEP and files < SHARE * weight


def _builds(record: Record, src: int, dst: int) -> bool:
    """Whether a change is somebody else's later piece of work, and no upkeep."""
    return (
        not (record.mine[src] or record.bots[src] or record.bulks[src] or record.merges[src])
        # What the subject helped to write is its author's own as well.
        and record.actors[src] != record.actors[dst]
        and record.group[src] != record.group[dst]
        and not ROUTINE.search(record.titles[src])
        and not SQUASHED.search(record.titles[src])
    )


def _lines(view: View, makers: set[str], split: frozenset[tuple[str, str]]) -> dict[tuple[int, int], dict[str, int]]:
    """How many lines of which paths others' later work changed, by it and the change that had written them.

    Lines that it only deleted are none, and so are those of files that were `split` from others. Empty where the survival
    of lines was not worked out.
    """
    record = view.record
    found: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    with view.lake.db.cursor() as cursor:
        cursor.register("line_makers", pa.table({"id": pa.array(sorted(makers), pa.string())}))
        rows = cursor.execute(
            """SELECT r.id, r.of, r.path, r.changed FROM rewrite r JOIN line_makers m ON m.id = r.of
               WHERE r.changed > 0 ORDER BY r.id, r.of, r.path"""
        ).fetchall()
    for id_, of, path, changed in rows:
        src, dst = record.at.get(id_), record.at.get(of)
        if src is None or dst is None or not _builds(record, src, dst) or not record.before(dst, src):
            continue
        if kind_of(path) in KINDS and not EVERYBODYS.search(path) and (of, path) not in split:
            found[src, dst][path] = changed
    return found


def _count(lines: int) -> str:
    return "1 line" if lines == 1 else f"{lines} lines"


def _tail(path: str, most: int = 140) -> str:
    """A path, or its last parts where it is long."""
    return path if len(path) <= most else "…" + path[1 - most :]


def _picked(view: View) -> Iterator[Link]:
    """Cherry-picks and backports by somebody else: another author, or the same one landed by another."""
    record = view.record
    picks = [said for said in view.said if said.mention.says is Says.PICKS]
    if not picks:
        return
    with view.lake.db.cursor() as cursor:
        cursor.register(
            "picked",
            pa.table({"id": pa.array(sorted({record.ids[said.src] for said in picks}), pa.string())}),
        )
        landers = dict(
            cursor.execute(
                "SELECT p.id, p.person FROM participant p SEMI JOIN picked USING (id) WHERE p.role = 'lander' ORDER BY p.id, p.person"
            ).fetchall()
        )
    for said in picks:
        src, dst = said.src, record.stands(said.dst)
        lander = landers.get(record.ids[src])
        if record.actors[src] != record.actors[dst]:
            yield Link(record.ids[src], record.ids[dst], LinkKind.BUILDS_ON, said.mention.quote)
        elif lander is not None and lander != record.actors[dst]:
            reason = f"{cut(said.mention.quote, 0, 120)}, landed by {lander}"
            yield Link(record.ids[src], record.ids[dst], LinkKind.BUILDS_ON, reason[:200])
