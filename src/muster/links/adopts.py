"""builds-on: somebody else's change that was the first of its part of the tree to import a module which the person
introduced, where the import is still there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from muster import paths
from muster.links import _imports, _modules
from muster.links._imports import FOLDERS, Import, Trees, imports, language, stem, teller
from muster.links._modules import Modules, Place
from muster.links._wording import ROUTINE
from muster.links.builds_on import FEW
from muster.model import Link, LinkKind, MusterError

if TYPE_CHECKING:
    from muster.links import View
    from muster.sources.git import Repository

LINK = "builds-on"

#: Kinds of files whose imports are somebody's own decision: no copies of others' work, nothing that a program wrote.
USERS = ("code", "test", "config")
#: Of a folder with more files than this, only this many are looked at for an earlier import.
MANY = 400


@dataclass(frozen=True, slots=True)
class Version:
    """A file as a commit left it: the position of the commit, its path then, and the blobs before and after."""

    seq: int
    at: int
    path: str
    old: str | None
    new: str | None


@dataclass(slots=True)
class Reader:
    """What the files of one repository import, by version; each blob is read once. `missing` counts those not here."""

    repository: Repository
    known: dict[tuple[str, str], tuple[Import, ...] | None] = field(default_factory=dict)
    missing: int = 0

    def read(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Take in these (path, blob), in one call."""
        left = {key: None for key in wanted if key not in self.known}
        contents = self.repository.blobs(blob for _, blob in left)
        for path, blob in left:
            content = contents[blob]
            self.missing += content is None
            self.known[path, blob] = None if content is None else imports(path, content)

    def of(self, path: str, blob: str | None) -> tuple[Import, ...] | None:
        """What a version imports; None where that is not known. `read` it before."""
        return () if blob is None else self.known.get((path, blob))


def find(view: View) -> Iterator[Link]:
    """One link for each change that brought the import, and the change that introduced what it imports.

    A part is a folder of one repository. What lies in the module's own folder is no other part, nor what lies below it
    where the folder is the module, nor are its tests, by their name. A part that had the import before in another file, also one since deleted or moved, adopts
    nothing again; nor does code that only moved. Left out are the person's own changes and their co-author's, bots, merges, bulk changes,
    reverts and upkeep, and files that are vendored, generated or lock files. Names of places that a module had before it
    was moved count as its own. The import stands in the tree of each harvest's head.

    Reads that tree's importing files once, and of a file that imports the person's work a handful of its versions.
    What cannot be read is counted in `View.unread`.
    """
    record = view.record
    if not any(record.mine):
        return
    modules = _modules.read(view)
    mine = makers(view)
    own = {
        place: maker
        for known in (modules.files, modules.folders)
        for place, maker in known.items()
        if maker in mine
    }
    if not own:
        return
    readers = {one.name: Reader(one.repository) for one in view.lake.harvests}
    used, roots = _used(view, own, readers)
    found: dict[tuple[int, int], list[tuple[str, Import]]] = defaultdict(list)
    for origin, wanted in sorted(used.items()):
        for src, place, path, one in _first(view, origin, wanted, modules, readers[origin], roots):
            found[src, own[place]].append((path, one))
    for (src, dst), places in sorted(found.items()):
        path, one = min(places, key=lambda found: (found[0], found[1].line))
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        reason = f"imports {_quoted(path, one.what)} in {path}:{one.line}{more}, still there"
        yield Link(record.ids[src], record.ids[dst], LinkKind.BUILDS_ON, reason)
    for origin, reader in sorted(readers.items()):
        if reader.missing:
            view.unread[origin, "versions of files that are not here, so what they imported is not known"] += reader.missing


def _quoted(path: str, what: str, most: int = 120) -> str:
    """An import as it is read: `"queue/lock.h"`; in Python `deploy.queue.Lock`."""
    if language(path) != "py":
        return f'"{what.removeprefix("<")[-most:]}"'
    of, _, name = what.partition(":")
    return (f"{of}{'.' * bool(of.strip('.'))}{name}" if name and name != "*" else of)[:most]


def makers(view: View) -> set[int]:
    """The person's own commits that can introduce something: their changes, and those of no more than `FEW` co-authors."""
    record = view.record
    rows = view.lake.db.execute(
        """SELECT e.id FROM evidence e
           WHERE e.source = 'git' AND NOT e.bulk AND NOT e.merge AND (e.actor = $me OR e.id IN (
             SELECT id FROM participant WHERE role = 'co-author' GROUP BY id
             HAVING bool_or(person = $me) AND count(*) <= $few)) ORDER BY e.id""",
        {"me": view.subject, "few": FEW},
    ).fetchall()
    return {record.at[id_] for (id_,) in rows if id_ in record.at}


Tells = Callable[[str, Import], bool]
#: (path of the importing file, its import) by (part, module).
Used = dict[tuple[str, Place], list[tuple[str, Import]]]


def _used(view: View, own: Mapping[Place, int], readers: Mapping[str, Reader]) -> tuple[dict[str, Used], Mapping[str, Sequence[str]]]:
    """Which files of the heads import which of the person's modules, by origin; and where Python's names begin."""
    trees = Trees()
    heads: dict[str, dict[str, str]] = {}
    languages = {how for _, path in own for how in ((language(path),) if language(path) else FOLDERS)}
    for harvest in view.lake.harvests:
        reader = readers[harvest.name]
        try:
            tree = reader.repository.tree(harvest.head)
        except MusterError:
            view.unread[harvest.name, "the tree of the newest commit is not here, so what it imports is not known"] += 1
            continue
        kept = {path: blob for path, blob in tree.items() if paths.kind(path) not in ("vendored", "generated", "lock")}
        manifests = [path for path in kept if _imports.MANIFEST.search(path)]
        contents = reader.repository.blobs(kept[path] for path in manifests)
        trees.add(harvest.name, frozenset(kept), {path: contents[kept[path]] for path in manifests})
        heads[harvest.name] = {
            path: blob for path, blob in kept.items() if language(path) in languages and paths.kind(path) in USERS
        }
    found: dict[str, Used] = {}
    for origin, head in heads.items():
        readers[origin].read(head.items())
        used: Used = defaultdict(list)
        for path, blob in head.items():
            for one in readers[origin].of(path, blob) or ():
                place = trees.place(origin, path, one)
                if place is not None and place in own and apart(origin, path, place):
                    used[path.rpartition("/")[0], place].append((path, one))
        found[origin] = used
    return found, trees.roots


def apart(origin: str, path: str, place: Place) -> bool:
    """Whether a file belongs to another part of the tree than the module that it imports, and is no test of it."""
    if place[0] != origin:
        return True
    folder = language(place[1]) == ""
    home = place[1] if folder else place[1].rpartition("/")[0]
    here = path.rpartition("/")[0]
    for main, test in (("src/main/", "src/test/"), ("src/", "tests/"), ("include/", "src/")):
        if here.replace(test, main) == home.replace(test, main):
            return False
    if here == home or (folder and here.startswith(f"{home}/")):
        return False
    name = (home if folder else stem(place[1])).rpartition("/")[2].casefold()
    mine = path.rpartition("/")[2].partition(".")[0].casefold()
    if paths.kind(path) == "test" and name in mine:
        return False
    # The body of a header is its other half.
    return not (language(path) == "c" and mine == name.partition(".")[0])


def _first(
    view: View, origin: str, used: Used, modules: Modules, reader: Reader, roots: Mapping[str, Sequence[str]]
) -> Iterator[tuple[int, Place, str, Import]]:
    """(position, module, path, import) for each part's first import of a module, where somebody else's change brought it."""
    record = view.record
    history = _history(view, origin, sorted({path for places in used.values() for path, _ in places}), modules)
    asked = {(path, place): one for (_, place), places in used.items() for path, one in places}
    brought = _brought(asked, history, modules, reader, roots)
    kept: list[tuple[Version, str, Place, str, Import]] = []
    for (part, place), places in sorted(used.items()):
        came = sorted(((brought[path, place], path, one) for path, one in places if (path, place) in brought),
                      key=lambda row: (row[0].seq, row[1]))
        if not came or len(came) < len({path for path, _ in places}):
            continue  # one of them could not be read: which was the first is not known
        version, path, one = came[0]
        src, dst = version.at, modules.maker(place)
        if dst is None or record.mine[src] or record.actors[src] == record.actors[dst] or record.bots[src] or record.merges[src] or record.bulks[src]:
            continue
        if ROUTINE.search(record.titles[src]) or record.group[src] == record.group[dst] or not record.before(dst, src):
            continue
        kept.append((version, part, place, path, one))
    yield from _unmoved(view, origin, kept, modules, reader, roots)


def _history(view: View, origin: str, wanted: Sequence[str], modules: Modules) -> dict[str, list[Version]]:
    """The versions of files, oldest first, through their moves."""
    trail: dict[str, list[tuple[str, int, int]]] = {}
    for path in wanted:
        steps, here, until, seen = [], path, 2**31 - 1, {path}
        while True:
            moved = [(seq, before) for seq, before in modules.moves.get((origin, here), ()) if seq < until]
            since, before = max(moved, default=(-1, ""))
            steps.append((here, since, until))
            if not before or before in seen:
                break
            seen.add(before)
            here, until = before, since
        trail[path] = steps
    rows = _rows(view, origin, sorted({here for steps in trail.values() for here, _, _ in steps}))
    return {
        path: sorted(
            (version for here, since, until in steps for version in rows.get(here, ()) if since <= version.seq < until),
            key=lambda version: version.seq,
        )
        for path, steps in trail.items()
    }


def _rows(view: View, origin: str, wanted: Sequence[str], folders: bool = False) -> dict[str, list[Version]]:
    """The versions of these paths (of all files straight in these folders) in the order of history."""
    found: dict[str, list[Version]] = defaultdict(list)
    if not wanted:
        return found
    key = "regexp_replace(c.path, '/?[^/]*$', '')" if folders else "c.path"
    with view.lake.db.cursor() as cursor:
        cursor.register("wanted_paths", pa.table({"place": pa.array(wanted, pa.string())}))
        rows = cursor.execute(
            f"""SELECT c.id, c.seq, c.path, c.old, c.new FROM change c SEMI JOIN wanted_paths w ON {key} = w.place
                WHERE c.origin = ? ORDER BY c.seq, c.path""",
            [origin],
        ).fetchall()
    for id_, seq, path, old, new in rows:
        if (at := view.record.at.get(id_)) is not None:
            found[path].append(Version(seq, at, path, old, new))
    return found


def _brought(
    asked: Mapping[tuple[str, Place], Import],
    history: Mapping[str, Sequence[Version]],
    modules: Modules,
    reader: Reader,
    roots: Mapping[str, Sequence[str]],
) -> dict[tuple[str, Place], Version]:
    """The version of each file with which the import of a module came into it, by halving its history.

    Halving finds a version with the import whose predecessor has none; that is the only one, unless it came and went.
    """
    tells = {key: _teller(key[0], one, key[1], modules, roots) for key, one in asked.items()}
    bounds = {key: (0, len(history[key[0]]) - 1) for key in sorted(asked) if history.get(key[0])}
    found: dict[tuple[str, Place], Version] = {}
    first = True
    while bounds:
        # The first version of all is asked for first: most imports came with their file.
        at = {key: low if first else (low + high) // 2 for key, (low, high) in bounds.items()}
        reader.read((version.path, version.new) for key, n in at.items() if (version := history[key[0]][n]).new)
        left: dict[tuple[str, Place], tuple[int, int]] = {}
        for key, n in at.items():
            version, (low, high) = history[key[0]][n], bounds[key]
            has = _has(reader, version.path, version.new, tells[key])
            if has is None:
                continue
            low, high = (low, n) if has else (n + 1, high)
            if low < high:
                left[key] = (low, high)
            elif low == high:
                found[key] = history[key[0]][low]
        bounds, first = left, False
    # Histories of branches lie side by side: a version counts only if its own predecessor lacked the import.
    reader.read((version.path, version.old) for version in found.values() if version.old)
    reader.read((version.path, version.new) for version in found.values() if version.new)
    return {
        key: version for key, version in found.items()
        if _has(reader, version.path, version.new, tells[key])
        and _has(reader, version.path, version.old, tells[key]) is False
    }


def _has(reader: Reader, path: str, blob: str | None, tells: Tells) -> bool | None:
    """Whether a version imports a module; None where that is not known."""
    found = reader.of(path, blob)
    return None if found is None else any(tells(path, one) for one in found)


def _teller(path: str, one: Import, place: Place, modules: Modules, roots: Mapping[str, Sequence[str]]) -> Tells:
    return teller(language(path), one.what, modules.names(place), roots.get(place[0], ("",)))


def _unmoved(
    view: View,
    origin: str,
    kept: Sequence[tuple[Version, str, Place, str, Import]],
    modules: Modules,
    reader: Reader,
    roots: Mapping[str, Sequence[str]],
) -> Iterator[tuple[int, Place, str, Import]]:
    """Those of which neither the part, nor a file that the same change took code from, imported the module before."""
    record = view.record
    homes = {version.path.rpartition("/")[0] for version, *_ in kept}
    beside: dict[str, list[Version]] = defaultdict(list)
    for path, versions in sorted(_rows(view, origin, sorted(homes), folders=True).items()):
        if language(path):
            beside[path.rpartition("/")[0]] += versions
    with view.lake.db.cursor() as cursor:
        cursor.register("wanted_ids", pa.table({"id": pa.array(sorted({record.ids[one[0].at] for one in kept}), pa.string())}))
        rows = cursor.execute(
            """SELECT c.id, coalesce(c.from_path, c.path), c.path, c.old, c.new FROM change c SEMI JOIN wanted_ids USING (id)
               WHERE c.status <> 'A' ORDER BY c.id, c.path"""
        ).fetchall()
    changed: dict[str, list[tuple[str, str, str | None, str | None]]] = defaultdict(list)
    for id_, before, path, old, new in rows:
        changed[id_].append((before, path, old, new))
    earlier: list[tuple[tuple[Version, str, Place, str, Import], list[tuple[str, str]]]] = []
    for one in kept:
        version, _, place, _, what = one
        how = language(version.path)
        was: dict[str, str | None] = {}
        for other in beside[version.path.rpartition("/")[0]]:
            if other.seq < version.seq:
                was[other.path] = other.new
        was |= {before: old for before, _, old, _ in changed[record.ids[version.at]]}
        asked = [(path, blob) for path, blob in was.items() if blob is not None and language(path) == how]
        earlier.append((one, sorted(asked)[:MANY]))
    reader.read(key for _, asked in earlier for key in asked)
    reader.read(
        (after, new) for version, *_ in kept for _, after, _, new in changed[record.ids[version.at]]
        if new is not None and language(after) == language(version.path)
    )
    for (version, _, place, path, what), asked in earlier:
        tells = _teller(version.path, what, place, modules, roots)
        home = version.path.rpartition("/")[0]
        here = any(_has(reader, *key, tells) for key in asked if key[0].rpartition("/")[0] == home)
        moved = any(
            _has(reader, before, old, tells) and not _has(reader, after, new, tells)
            for before, after, old, new in changed[record.ids[version.at]]
            if old is not None and (before, old) in reader.known and (new is None or (after, new) in reader.known)
        )
        if not here and not moved:
            yield version.at, place, path, what
