"""Work of the subject's that landed again after a revert, without naming it: the same files' contents, or the same subject.

What names it ("Reapply", "Re-land", a revert of the revert) is read with the other mentions, in `builds_on`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from muster.links._mentions import OWN
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

#: What people put at the end or the beginning of a subject that they try again.
ONCE_MORE = re.compile(
    r"\s*[(\[]?\b(?:take|try|attempt|round|part|version) (?:#?\d|two|three|ii+)\b[)\]]?|\s*[(\[,:-]*\s*\b(?:v[2-9]|again|second attempt|2nd attempt"
    r"|retry|redux|once more)\b[)\]]?|^(?:re-?land|re-?apply|re-?try|re-?introduce|re-?do)\b[: ]*|[\"“”]",
    re.IGNORECASE,
)
#: Of a change's files, at least this share holds again what it had made of them.
SHARE = 0.5
#: A person's changes under one subject; more than so many are a habit, not another try.
OFTEN = 4

AGAIN = """
WITH back AS (SELECT t.id, r.seq FROM taken t JOIN evidence r ON r.id = t.revert),
     of AS (SELECT c.id, c.origin, c.seq, c.path, c.old, c.new FROM change c SEMI JOIN taken t ON t.id = c.id WHERE c.old <> c.new),
     size AS (SELECT id, count(*) AS n FROM of GROUP BY id)
SELECT x.id, o.id, CAST(count(DISTINCT x.path) AS BIGINT), CAST(any_value(s.n) AS BIGINT)
FROM change x JOIN of o ON o.origin = x.origin AND o.path = x.path AND o.new = x.new AND o.old = x.old
JOIN back t ON t.id = o.id AND x.seq > t.seq JOIN size s ON s.id = o.id
GROUP BY x.id, o.id ORDER BY x.id, o.id
"""


def find(view: View) -> Iterator[Link]:
    """A link from what landed again to what had been reverted: the same contents by anybody, or the same subject by its author."""
    record = view.record
    first: dict[int, int] = {}
    for link in view.reverts:
        src, dst = record.at[link.src], record.at[link.dst]
        if record.mine[dst] and not record.titles[dst].lower().startswith("revert"):
            first[dst] = min(first.get(dst, src), src)
    if not first:
        return
    with view.lake.db.cursor() as cursor:
        dsts = sorted(first)
        cursor.register("taken", pa.table({
            "id": pa.array([record.ids[dst] for dst in dsts], pa.string()),
            "revert": pa.array([record.ids[first[dst]] for dst in dsts], pa.string()),
        }))
        rows = cursor.execute(AGAIN).fetchall()
    reverting = {record.at[link.src] for link in view.reverts}
    for later, of, count, total in rows:
        again, made = record.at.get(later), record.at.get(of)
        if again is None or made is None or again in (first[made], made) or record.merges[again] or record.bulks[again]:
            continue
        if count < SHARE * total:
            continue
        what = "its file is" if total == 1 else f"{count} of its {total} files are" if count < total else (
            "both its files are" if total == 2 else f"all its {total} files are")
        yield Link(later, of, LinkKind.BUILDS_ON, f"re-landed: {what} again as it had made {'it' if total == 1 else 'them'}")
    subjects: dict[str, list[int]] = defaultdict(list)
    for dst in first:
        subjects[plain(record.titles[dst])].append(dst)
    used = Counter(subject for i, title in enumerate(record.titles) if record.mine[i] and (subject := plain(title)) in subjects)
    for src, title in enumerate(record.titles):
        if record.mine[src] and not record.merges[src] and src not in reverting:
            for dst in subjects.get(plain(title), ()):
                # A subject that is used again and again, as for every entry of a changelog, tells of no change in particular.
                if used[plain(title)] > OFTEN:
                    continue
                if src != dst and record.earlier(first[dst], src) and record.actors[src] == record.actors[dst]:
                    yield Link(record.ids[src], record.ids[dst], LinkKind.BUILDS_ON, f"re-landed: the same subject after its revert: {title[:120]}")


def plain(title: str) -> str:
    """A subject without its number and what says that it is another try; empty where too little is left to tell by."""
    said = " ".join(ONCE_MORE.sub(" ", OWN.sub("", title)).casefold().split()).rstrip(" .:-")
    return said if len(said.split()) >= 3 else title
