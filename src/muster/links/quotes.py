"""cites: a message that quotes the whole title of an earlier change, or gives the address of a file that one added."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from muster.links._mentions import OWN, PICKS, REAPPLIES, REVERTS, short
from muster.links._record import Record
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "cites"

#: A title in quotation marks; shorter ones, and those of few words, may be anybody's.
TITLE = re.compile(r"""(?<!\w)["“](?P<title>[^"“”]{20,150})["”](?!\w)""")
FEWEST_WORDS = 4
#: The address of a file on a host that names a repository by its owner.
ADDRESS = re.compile(r"https?://[^\s/<>()]+/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)/(?:-/)?blob/(?P<at>[^\s/<>()]+)/(?P<path>[^\s<>()\]#?\"'`]+)")
HASH = re.compile(r"[0-9a-f]{7,40}\W{0,3}$")
#: How much of what stands before a quotation is looked at for what is said of it.
NEAR = 120


def find(view: View) -> Iterator[Link]:
    """Quoted titles and addresses of files, where the person is on a side; the first of each pair in a message.

    A title counts whole, letter for letter but for the number it landed under, with `FEWEST_WORDS` words or more, where
    one earlier change alone has it; beside a hash, and after "revert" or "cherry-pick", it is no citation of its own. An
    address counts where its path was in a harvested repository of that name (an owner may have changed): it cites the
    change that first added the file, moves followed. Documents of a repository under its present owner are left to
    `cites`. Bots, merges and branches that were squashed name others' work only by listing it.
    """
    record = view.record
    titles: dict[str, list[int]] = defaultdict(list)
    for i, title in enumerate(record.titles):
        if not record.merges[i]:
            titles[OWN.sub("", title)].append(i)
    addresses: list[tuple[int, str, str, str]] = []
    for src, body in enumerate(record.bodies):
        if not body or record.bots[src] or record.merges[src]:
            continue
        if "/blob/" in body:
            addresses += [(src, *one) for one in _addresses(record, src, body)]
        if '"' not in body and "“" not in body:
            continue
        for whose, quote in _titles(record, titles, src, body):
            yield Link(record.ids[src], record.ids[whose], LinkKind.CITES, quote)
    makers = _makers(view, sorted({(origin, path) for _, origin, path, _ in addresses}))
    for src, origin, path, quote in addresses:
        dst = makers.get((origin, path))
        if dst is not None and _apart(record, src, dst):
            yield Link(record.ids[src], record.ids[dst], LinkKind.CITES, quote)


def _apart(record: Record, src: int, dst: int) -> bool:
    """Whether a commit can cite another one, and the person is on a side."""
    return (
        (record.mine[src] or record.mine[dst])
        and record.group[src] != record.group[dst]
        and not record.bulks[dst]
        and record.before(dst, src)
    )


def _titles(record: Record, titles: dict[str, list[int]], src: int, body: str) -> Iterator[tuple[int, str]]:
    """(position, quotation) of each earlier change whose title a message quotes."""
    if not TITLE.search(body):
        return
    text = " ".join(body.split())
    for match in TITLE.finditer(text):
        found = [
            i for i in titles.get(OWN.sub("", match["title"]).rstrip(" ."), ())
            if record.origins[i] == record.origins[src] and record.before(i, src)
        ]
        if len(found) != 1 or len(match["title"].split()) < FEWEST_WORDS or not _apart(record, src, found[0]):
            continue
        lead = text[max(0, match.start() - NEAR) : match.start()]
        if HASH.search(lead) or any(said.search(lead) for said in (REVERTS, REAPPLIES, PICKS)):
            continue
        yield found[0], short(text, match.start())


def _addresses(record: Record, src: int, body: str) -> Iterator[tuple[str, str, str]]:
    """(origin, path, quotation) of each address of a file in a repository that is harvested."""
    for match in ADDRESS.finditer(body):
        path = match["path"].rstrip(".,;:/")
        origin = record.origin(f"{match['owner']}/{match['name']}", None)
        if origin is not None and path.lower().endswith((".md", ".rst", ".txt", ".adoc")):
            continue
        origin = origin or record.origin(match["name"], None)
        if origin is not None:
            line = body[body.rfind("\n", 0, match.start()) + 1 :].partition("\n")[0]
            yield origin, path, short(line, max(0, match.start() - body.rfind("\n", 0, match.start()) - 1))


def _makers(view: View, places: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The position of the commit that first added each file, through its moves; none where that is not on record."""
    record, found = view.record, dict[tuple[str, str], int]()
    asked = {place: place for place in places}
    # Each round follows one move; no file of interest has moved more often.
    for _ in range(8):
        if not asked:
            break
        with view.lake.db.cursor() as cursor:
            wanted = sorted(set(asked.values()))
            cursor.register("wanted_places", pa.table({
                "origin": pa.array([origin for origin, _ in wanted], pa.string()),
                "path": pa.array([path for _, path in wanted], pa.string()),
            }))
            rows = cursor.execute(
                """SELECT c.origin, c.path, c.id, c.status, c.from_path FROM change c SEMI JOIN wanted_places w
                   ON c.origin = w.origin AND c.path = w.path WHERE c.status IN ('A', 'R') ORDER BY c.origin, c.path, c.seq"""
            ).fetchall()
        first: dict[tuple[str, str], tuple[str, str, str | None]] = {}
        for origin, path, id_, status, before in rows:
            first.setdefault((origin, path), (id_, status, before))
        left: dict[tuple[str, str], tuple[str, str]] = {}
        for place, now in asked.items():
            if now not in first:
                continue
            id_, status, before = first[now]
            if status == "R" and before is not None:
                left[place] = (now[0], before)
            elif id_ in record.at:
                found[place] = record.at[id_]
        asked = left
    return found
