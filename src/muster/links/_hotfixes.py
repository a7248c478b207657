"""Fixes within days: a change that soon after another changes what that one wrote, and calls itself a fix.

Nothing says that the second is there because of the first, so the reason never does: it says what was changed, how many
days later, and what the change calls itself. Where survival was computed, the lines are known (`rewrite`); elsewhere only
files that the earlier change added count, changed exactly as it had left them, which their contents' hashes show: in a file
that many work on, a fix of the day after is most often of something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from muster.links._mentions import Says, mentions, short
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

#: What a title calls a fix of something that went wrong.
FIX = re.compile(
    r"\b(?:hot-?fix(?:es)?|bug-?fix(?:es)?|fix(?:es|ed|ing)?|regress\w*|broken|breakage|unbreak\w*|panic\w*|crash\w*|segfault\w*|deadlock\w*"
    r"|nil[- ]pointer|null[- ]pointer|npe|data race|race condition|overflow|use[- ]after[- ]free|corrupt\w*)\b",
    re.IGNORECASE,
)
#: Fixes of how something is written, or of what only those who work on it see.
SMALL = re.compile(
    r"\b(?:typos?|misspell\w*|spell\w*|lint\w*|golint|gofmt|vet|format\w*|style|nits?|comments?|docs?|documentation|doc-?strings?|readme|changelog"
    r"|flak\w*|tests?|unit ?tests?|e2e|ci|build(?:s|ing)?|compil\w*|warnings?|whitespace|indent\w*|links?|grammar|wording|typing|imports?"
    r"|merge|conflicts?|rebase|review|feedback|licen[cs]e|copyright|versions?|deps?|dependenc\w*|bump|cleanup|naming|names?|labels?)\b",
    re.IGNORECASE,
)
#: A change into a release branch.
PICKED = re.compile(r"^\[(?:release[-/ ]?)?v?\d+\.\d+(?:\.x)?\]", re.IGNORECASE)
#: What a fix is never of: reverts have a link of their own, and releases and updates hold others' work.
NEVER = re.compile(r"^revert\b|\breleas(?:e|es|ing)\b|\bprepare\b|\b(?:auto-?)?bump|\bupgrade|\bv?\d+\.\d+\.\d+|^merge\b|^squashed\b", re.IGNORECASE)
#: A fix changes few files, and of what it changes at least this share is what the earlier change wrote.
FEW, SHARE = 5, 0.5

BY_LINES = """
WITH total AS (SELECT id, sum(changed + deleted) AS n FROM rewrite GROUP BY id)
SELECT r.id, r.of, CAST(sum(r.changed + r.deleted) AS BIGINT), CAST(any_value(t.n) AS BIGINT)
FROM rewrite r SEMI JOIN own ON r.of = own.id JOIN total t ON t.id = r.id
JOIN change c ON c.id = r.id AND c.path = r.path AND c.kind IN ('code', 'config')
WHERE r.id <> r.of GROUP BY r.id, r.of ORDER BY r.id, r.of
"""

BY_FILES = """
WITH of AS (SELECT c.id, c.origin, c.path, c.new FROM change c SEMI JOIN own USING (id)
            WHERE c.kind IN ('code', 'config') AND c.status = 'A' AND c.origin NOT IN (SELECT DISTINCT origin FROM rewrite)),
     met AS (SELECT v.id, o.id AS of, count(DISTINCT v.path) AS n FROM change v JOIN of o ON o.origin = v.origin AND o.path = v.path
             AND o.new = v.old WHERE v.status = 'M' GROUP BY ALL),
     size AS (SELECT c.id, count(*) AS n FROM change c SEMI JOIN met USING (id) WHERE c.kind IN ('code', 'config') GROUP BY c.id)
SELECT m.id, m.of, CAST(m.n AS BIGINT), CAST(s.n AS BIGINT) FROM met m JOIN size s USING (id) ORDER BY m.id, m.of
"""


def find(view: View) -> Iterator[Link]:
    """A link for each fix within `view.hotfix_days` of when the subject's change landed.

    Left out are bots, merges and sweeps, what landed together, and fixes of spelling, tests, builds and the like.
    """
    record = view.record
    own = sorted(id_ for i, id_ in enumerate(record.ids) if record.mine[i] and not record.bulks[i] and not record.merges[i])
    with view.lake.db.cursor() as cursor:
        cursor.register("own", pa.table({"id": pa.array(own, pa.string())}))
        rows: list[tuple[Any, ...]] = [(*row, True) for row in cursor.execute(BY_LINES).fetchall()]
        rows += [(*row, False) for row in cursor.execute(BY_FILES).fetchall()]
        landed: dict[str, datetime | None] = dict(cursor.execute(
            "SELECT id, coalesce(recorded_at, happened_at) FROM evidence WHERE source = 'git' AND kind <> 'review' ORDER BY id"
        ).fetchall()) if rows else {}
    for later, of, count, total, lines in rows:
        src, dst = record.at.get(later), record.at.get(of)
        if src is None or dst is None or record.bots[src] or record.bulks[src] or record.merges[src]:
            continue
        if record.group[src] == record.group[dst]:
            continue  # they landed together
        first, second = (landed.get(record.ids[record.group[i]]) for i in (dst, src))
        if first is None or second is None or count < SHARE * total or (not lines and total > FEW):
            continue
        days = (second - first).total_seconds() / 86400
        if not 0 <= days <= view.hotfix_days or not record.earlier(dst, src):
            continue
        title = record.titles[src]
        fix = FIX.search(title) and not SMALL.search(title)
        if not (fix or _picked(record.titles[src], record.bodies[src])) or NEVER.search(title):
            continue
        if NEVER.search(record.titles[dst]) or title == record.titles[dst]:
            continue
        what = f"{count} of its lines" if lines and count > 1 else "a line of it" if lines else (
            "a file that it added" if count == 1 else f"{count} files that it added")
        when = "on the same day" if days < 1 else "a day later" if days < 2 else f"{int(days)} days later"
        calls = "calls itself a fix" if fix else "was picked for a release branch"
        yield Link(later, of, LinkKind.FIXES, f"changes {what} {when} and {calls}: “{short(title, 0, 90)}”")


def _picked(title: str, body: str) -> bool:
    """Whether a change was picked for a release branch: its title says so, or its message names where it was picked from."""
    return bool(PICKED.search(title)) or any(one.says is Says.PICKS for one in mentions(title, body))
