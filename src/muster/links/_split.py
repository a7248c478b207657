"""Added files whose text is not that of whoever added them: taken out of other files, or written by a program."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from muster.links import View

#: A file is taken out of others where this share of its lines stood in files that the same commit took them from.
SHARE = 0.5
#: Files of fewer lines that say something say nothing by likeness; lines of fewer letters stand everywhere.
LINES, LETTERS = 10, 4
#: A commit that changes more files than this beside it is not looked at: each would be read.
FILES = 60


#: How a program says, in a file's first lines, that it wrote the file.
GENERATED = re.compile(
    rb"\b(?:code|file|documentation|page|document) (?:is |was |has been )?(?:auto[- ]?|automatically |machine[- ])?generated\b"
    rb"|\b(?:auto[- ]?|automatically |machine[- ])generated\b|\bgenerated (?:by|from|documentation|code|file)\b|\bdo not edit\b",
    re.IGNORECASE,
)
HEAD = 600


def taken(view: View, added: Mapping[tuple[str, str], str]) -> frozenset[tuple[str, str]]:
    """Those of the (commit, added path) whose text came out of other files in the same commit, or says that it is generated.

    `added` names a later version of each (`COMMIT:PATH`), in which a program may first have said so. Only lines count that the commit took away there, by changing or deleting a file of the same ending. What cannot be
    read is not taken to be.
    """
    wanted = sorted(set(added))
    if not wanted:
        return frozenset()
    with view.lake.db.cursor() as cursor:
        cursor.register("split_of", pa.table({"id": pa.array(sorted({id_ for id_, _ in wanted}), pa.string())}))
        rows = cursor.execute(
            """SELECT c.id, c.origin, c.path, c.status, c.old, c.new FROM change c SEMI JOIN split_of USING (id)
               WHERE c.status IN ('A', 'M', 'D') ORDER BY c.id, c.path"""
        ).fetchall()
    here: dict[str, list[tuple[str, str, str, str | None, str | None]]] = defaultdict(list)
    for id_, origin, path, status, old, new in rows:
        here[id_].append((origin, path, status, old, new))
    sides: dict[tuple[str, str], tuple[str, str, list[tuple[str, str | None]]]] = {}
    blobs: dict[str, set[str]] = defaultdict(set)
    for id_, path in wanted:
        ending = path.rpartition(".")[2]
        found = next(((origin, new) for origin, at, status, _, new in here[id_] if at == path and status == "A" and new), None)
        others = [(old, new if status == "M" else None) for _, at, status, old, new in here[id_]
                  if status != "A" and at.rpartition(".")[2] == ending and old]
        if found is None:
            continue
        others = others if len(others) <= FILES else []
        sides[id_, path] = (*found, others)
        blobs[found[0]].update({found[1], added[id_, path], *(blob for pair in others for blob in pair if blob)})
    read = {origin: view.lake.repository(origin).blobs(sorted(names)) for origin, names in sorted(blobs.items())}
    return frozenset(key for key, (origin, blob, others) in sides.items() if _came(read[origin], blob, added[key], others))


def _came(texts: Mapping[str, bytes | None], blob: str, later: str, others: Sequence[tuple[str, str | None]]) -> bool:
    text = texts.get(blob) or b""
    if GENERATED.search(text[:HEAD]) or GENERATED.search((texts.get(later) or b"")[:HEAD]):
        return True
    lines = _telling(text)
    if lines.total() < LINES:
        return False
    gone: Counter[bytes] = Counter()
    for old, new in others:
        before = _telling(texts.get(old))
        if new is not None and texts.get(new) is None:
            continue
        gone += before - _telling(texts.get(new or ""))
    return (lines & gone).total() >= SHARE * lines.total()


def _telling(text: bytes | None) -> Counter[bytes]:
    """The lines of a text that say something, without the space around them."""
    return Counter(line for raw in (text or b"").split(b"\n") if len(line := raw.strip()) >= LETTERS)
