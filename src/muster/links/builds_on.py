"""builds-on: others' later work on what the subject made: their changes to files that the subject first added
(moves followed), their cherry-picks, and work that was put back after a revert.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from muster.links._mentions import Says
from muster.links._mentions import short as cut
from muster.links._record import proposal_name
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "builds-on"

KINDS = ("code", "doc", "proposal", "config")

#: Files that everybody's work passes through, whoever added them: changing one builds on nobody.
EVERYBODYS = re.compile(
    r"(?:^|/)(?:changelog[^/]*|changes|history|news|release[-_]?notes[^/]*|authors|contributors|adopters|users|emeritus|version)"
    r"(?:\.\w+)?$|(?:^|/)(?:changelogs?|\.changes)/|(?:^|/)(?:go\.mod|package\.json|generated[-_][^/]*|requirements[^/]*\.txt|version\.\w+|\.gitignore|\.[\w-]+-versions?|\.tool-versions|\.nvmrc)$",
    re.IGNORECASE,
)

#: Work that passes over files without building on what they do.
ROUTINE = re.compile(
    r"^revert\b|^roll(?:ing)? ?back\b|^(?:\w+[:(]\s?)?(?:auto-?)?bump(?:ing|ed|s)?\b|^(?:build|chore|fix)\(deps[^)]*\)|^(?:Update|Upgrade) \S+ (?:from \S+ )?to v?\d"
    r"|\b(?:typos?|misspell\w*|spelling|gofmt|gofumpt|golint|lint(?:er|ing|s)?|whitespace|copyright|licen[cs]e headers?|boilerplate"
    r"|re-?format(?:ting)?|grammar|markup|dead links?|broken links?|normali[sz]e)\b",
    re.IGNORECASE,
)
#: A commit that changes more files than this, few of them the subject's, sweeps over everything.
SWEEP, SHARE = 25, 0.2
#: A commit of more co-authors than this is a branch of many people's work: none of its files is any one's.
FEW = 2


def find(view: View) -> Iterator[Link]:
    """One link for each later change and the change that added the files; then cherry-picks and re-lands.

    Later changes are others' (no bots, no bulk, no merges, nothing that landed together with what it changes), and
    modify the file: deleting or moving one builds on nothing. Changelogs and the like, version bumps, typos and sweeps
    over many files are passed over. A new file of a proposal that somebody else began is theirs.
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
        elif status == "R":
            maker[key] = maker.pop((origin, before), None)
        elif status == "D":
            maker.pop(key, None)
        elif (dst := maker.get(key)) is not None:
            other = not (
                record.mine[i]
                or record.bots[i]
                or record.bulks[i]
                or record.merges[i]
                or ROUTINE.search(record.titles[i])
            )
            if (
                other
                and record.group[i] != record.group[dst]
                and kind in KINDS
                and not EVERYBODYS.search(path)
            ):
                built[i, dst].append(path)
    for (src, dst), paths in built.items():
        sweep = (
            record.weights.get(record.ids[src], 0) > SWEEP
            and len(paths) < SHARE * record.weights[record.ids[src]]
        )
        if record.before(dst, src) and not sweep:
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            yield Link(
                record.ids[src],
                record.ids[dst],
                LinkKind.BUILDS_ON,
                f"changes {_tail(paths[0])}{more}, added there",
            )


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
