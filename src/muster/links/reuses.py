"""builds-on: somebody else's document that follows the structure of one which the person wrote, in their own words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from muster.links._structure import FEWEST, Structure, common, likeness, plain, structure
from muster.links.adopts import makers
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "builds-on"

#: A file that says of itself that it is there to be copied.
TEMPLATE = re.compile(r"(?:^|/)[^/]*template[^/]*(?:/README)?\.(?:md|markdown|mdx|rst|adoc)$", re.IGNORECASE)
#: Documents that everybody's work passes through, or whose form a tool or a custom gives.
NEVER = re.compile(
    r"(?:^|/)(?:changelog[^/]*|changes|history|news|release[-_]?notes?[^/]*|authors|contributors|code[-_]of[-_]conduct|license"
    r"|security|index|summary|_?toc|_index)\.\w+$|(?:^|/)v?\d+\.[\dx]+[^/]*/|(?:^|/)(?:versioned_docs|i18n|[a-z]{2}-[A-Z]{2})/|(?:^|/)(?:changelogs?|\.changes|release[-_]?notes|relnotes|releases?)/|(?:^|/)\.github/",
    re.IGNORECASE,
)
#: How much of the model's parts must come back in the same order, and how much of the follower they must make up.
#: A template's own first version is filled with parts that are later dropped, and followers add their own.
FOLLOWED, FILLED = 0.6, 0.4
FOLLOWED_TEMPLATE, FILLED_TEMPLATE = 0.5, 0.3
#: How many of the parts shared must have been new with a template; of another document, `FEWEST`.
NEW_TEMPLATE = 3
#: From this share of common four-word runs on, it is a copy of the text and not of the structure.
COPIED = 0.35

UNREAD = "documents whose first version is not here, so what they were modelled on is not known"

Document = tuple[int, str, str, str]

_ADDED = r"""
SELECT c.id, c.origin, c.path, c.new FROM change c
WHERE c.status = 'A' AND c.kind IN ('doc', 'proposal') AND c.new IS NOT NULL
  AND regexp_matches(c.path, '[.](md|markdown|mdx|rst|adoc)$', 'i')
ORDER BY c.origin, c.seq, c.path
"""

#: Changes that delete a document beside what they add: they put it into a new place or a new form.
_GONE = """
SELECT DISTINCT id FROM change WHERE status = 'D' AND kind IN ('doc', 'proposal')
AND regexp_matches(path, '[.](md|markdown|mdx|rst|adoc|txt)$', 'i') ORDER BY id
"""
_VERSIONS = """
SELECT id, path, coalesce(new, old) FROM change
WHERE origin = ? AND kind IN ('doc', 'proposal') AND coalesce(new, old) IS NOT NULL
  AND regexp_matches(path, '[.](md|markdown|mdx|rst|adoc|txt)$', 'i')
ORDER BY seq, path
"""


def find(view: View) -> Iterator[Link]:
    """One link for each change that added such documents, and the change that added the document they follow.

    Structure is the sequence of headings, tables' columns and keys of the front matter, in the first version of each
    document. A document follows the earliest one of those harvested with which it shares, in the same order, at least
    `FEWEST` parts that not every document has, and most of whose parts it has (`FOLLOWED`). As many of the parts
    shared must have been new with the model: a form that stood already is not credited to whoever used it next. Copies of the text (`COPIED`), but for
    templates, versions of the same document, bots, bulk imports and what a tool generated are left out. Whether the
    writer looked at the model cannot be seen; the shared structure can. Near-linear in the documents: each is compared
    with models only, through the parts that they share.
    """
    record = view.record
    own = makers(view)
    if not own:
        return
    rows = [
        (record.at[id_], origin, path, blob)
        for id_, origin, path, blob in view.lake.db.execute(_ADDED).fetchall()
        if id_ in record.at and not NEVER.search(path)
    ]
    mine = [row for row in rows if row[0] in own]
    if not any((content := _read(view, mine).get(blob)) is not None and structure(content) for *_, blob in mine):
        return
    contents = _read(view, rows)
    for harvest in view.lake.harvests:
        if missing := sum(contents.get(blob) is None for _, origin, _, blob in rows if origin == harvest.name):
            view.unread[harvest.name, UNREAD] += missing
    if len(view.lake.harvests) > 1:
        rows.sort(key=lambda row: (record.times[row[0]] or datetime.max, row))
    yield from _followed(view, rows, contents, own)


def _read(view: View, rows: list[Document]) -> dict[str, bytes | None]:
    """The texts of documents by blob; None, or no item at all, where one is not here."""
    found: dict[str, bytes | None] = {}
    for harvest in view.lake.harvests:
        found |= harvest.repository.blobs(blob for _, origin, _, blob in rows if origin == harvest.name)
    return found


def _followed(view: View, rows: list[Document], contents: dict[str, bytes | None], own: set[int]) -> Iterator[Link]:
    """The links among documents that come in the order of history."""
    record = view.record
    models: list[tuple[int, str, Structure]] = []
    having: dict[str, list[int]] = defaultdict(list)
    named: dict[str, list[Structure]] = defaultdict(list)
    rewritten = {record.at[id_] for (id_,) in view.lake.db.execute(_GONE).fetchall() if id_ in record.at}
    found: dict[tuple[int, int], list[tuple[str, str, list[str], int, int]]] = defaultdict(list)
    for i, origin, path, blob in rows:
        content = contents.get(blob)
        built = structure(content) if content is not None else None
        if built is None:
            continue
        # A document of the same name with the same text is another edition: a move, a translation, a released version.
        name = _title(path)
        again = any(likeness(built, other) >= COPIED for other in named[name][-3:])
        named[name].append(built)
        if again:
            continue
        shared = Counter(n for part in built.telling for n in having.get(part, ()))
        model = None
        for n in sorted(n for n, times in shared.items() if times >= FEWEST):
            parts = _follows(models[n], built)
            if parts:
                model = n
                break
        if model is None:
            for part in built.telling:
                having[part].append(len(models))
            models.append((i, path, built))
            continue
        dst, was, whose = models[model]
        # What was moved, or deleted here and written anew there, is no new document.
        new = dst in own and i not in rewritten and _title(path) != _title(was) and _others(view, i, dst) and record.documents.get((origin, path), i) == i
        if new and (TEMPLATE.search(was) or likeness(whose, built) < COPIED):
            found[i, dst].append((path, was, [part for part in parts if part in whose.telling], len(parts), model))
    known = _known(view, {n: models[n] for n in sorted({place[4] for places in found.values() for place in places})})
    for (src, dst), all_places in sorted(found.items()):
        places = []
        for path, was, shared_parts, number, n in all_places:
            own_parts = [part for part in shared_parts if part not in known[n]]
            if len(own_parts) >= (NEW_TEMPLATE if TEMPLATE.search(was) else FEWEST):
                places.append((path, was, own_parts, number))
        if not places:
            continue
        path, was, telling, number = min(places, key=lambda place: (-place[3], place[0]))
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        some = ", ".join(f"“{part.removeprefix('table:').removeprefix('key:')}”" for part in telling[:3])
        reason = f"{_tail(path)}{more} follows the structure of {_tail(was)}: {number} parts in the same order, such as {some}"
        yield Link(record.ids[src], record.ids[dst], LinkKind.BUILDS_ON, reason)


def _follows(model: tuple[int, str, Structure], built: Structure) -> list[str]:
    """The parts in the same order by which a document follows a model; empty where it does not."""
    _, was, whose = model
    followed, filled = (FOLLOWED_TEMPLATE, FILLED_TEMPLATE) if TEMPLATE.search(was) else (FOLLOWED, FILLED)
    parts = common(whose.parts, built.parts)
    enough = len(parts) >= followed * len(whose.parts) and len(parts) >= filled * len(built.parts)
    return parts if enough and sum(part in whose.telling for part in parts) >= FEWEST else []


def _known(view: View, models: dict[int, tuple[int, str, Structure]]) -> dict[int, set[str]]:
    """Which of each model's telling parts an earlier document had, in whatever version: those it did not introduce.

    Asked only of models that are followed, and leniently: a part counts wherever it stands alone on a line.
    """
    record = view.record
    found: dict[int, set[str]] = {n: set() for n in models}
    lines: dict[str, frozenset[str]] = {}
    for harvest in view.lake.harvests:
        here = {n: i for n, (i, _, _) in models.items() if record.origins[i] == harvest.name}
        if not here:
            continue
        # Positions of one repository are in the order of its history.
        last: dict[int, dict[str, str]] = {n: {} for n in here}
        for id_, path, blob in view.lake.db.execute(_VERSIONS, [harvest.name]).fetchall():
            at = record.at.get(id_, len(record.ids))
            for n, until in here.items():
                if at < until:
                    last[n][path] = blob
        contents = harvest.repository.blobs(sorted({blob for paths in last.values() for blob in paths.values()}))
        texts = {blob: content.decode("utf-8", "replace").lower() for blob, content in contents.items() if content is not None}
        for n, paths in sorted(last.items()):
            telling = {part.removeprefix("table:").partition("|")[0]: part for part in sorted(models[n][2].telling)}
            for blob in sorted(set(paths.values())):
                text = texts.get(blob, "")
                if not any(word in text for word, part in telling.items() if part not in found[n]):
                    continue
                if blob not in lines:
                    lines[blob] = frozenset(plain(line.strip("#=| \t").partition("|")[0]) for line in text.splitlines() if len(line) < 200)
                found[n] |= {part for word, part in telling.items() if word in lines[blob]}
    return found


def _title(path: str) -> str:
    """A document's name without endings; a README's is its folder's."""
    parts = path.lower().split("/")
    name = parts[-1].partition(".")[0]
    return parts[-2] if name in ("readme", "index") and len(parts) > 1 else name


def _others(view: View, src: int, dst: int) -> bool:
    """Whether a later change is somebody else's, and a piece of work of its own."""
    record = view.record
    return (
        not (record.mine[src] or record.bots[src] or record.bulks[src] or record.merges[src])
        and record.actors[src] != record.actors[dst]
        and record.group[src] != record.group[dst]
        and record.before(dst, src)
    )


def _tail(path: str, most: int = 60) -> str:
    """A path, or its last letters where it is long."""
    return path if len(path) <= most else "…" + path[1 - most :]
