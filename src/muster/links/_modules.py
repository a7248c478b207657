"""Which commit introduced each module that a harvested tree holds: who first added the file, or the folder's first files.

One pass over the rows that add, move or delete a file that others can import. A moved file stays its maker's; a folder
that was moved stays its maker's, where most of it went; one that was split off another is nobody's, unless one person wrote all
of it and split it. What was deleted and came back within half a year is its first maker's; later it is a new thing under an
old name. What came as files of others beside it went may be those under a new name, and what came in a heap was brought from
elsewhere: nobody here introduced that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from muster.links._imports import ENDINGS, FOLDERS, language

if TYPE_CHECKING:
    from muster.links import View

Place = tuple[str, str]
Row = tuple[str, str, int, str, "str | None", str]

#: What comes back later than this after it was deleted is something else.
BACK = timedelta(days=180)
#: A commit that adds more files than this which can be imported brought in a code base.
HEAP = 60
#: The position of a maker that is nobody.
NOBODY = -1

_ROWS = f"""
SELECT c.id, c.origin, c.seq, c.path, c.from_path, c.status FROM change c
WHERE c.status IN ('A', 'D', 'R') AND c.kind IN ('code', 'test', 'config')
  AND (split_part(c.path, '.', -1) IN ({", ".join(f"'{one}'" for one in ENDINGS)})
       OR regexp_matches(c.path, '(^|/)([.]github/workflows/[^/]+|action)[.]ya?ml$'))
ORDER BY c.origin, c.seq, CASE c.status WHEN 'D' THEN 0 WHEN 'R' THEN 1 ELSE 2 END, c.path
"""


@dataclass(slots=True)
class Modules:
    """Makers of files and folders by place (origin, path), as positions in the record.

    `was` has the older paths of a place, `moves` for each path the (seq, older path) of each move that led to it.
    """

    files: dict[Place, int] = field(default_factory=dict)
    folders: dict[Place, int] = field(default_factory=dict)
    was: dict[Place, tuple[str, ...]] = field(default_factory=dict)
    moves: dict[Place, list[tuple[int, str]]] = field(default_factory=dict)

    def maker(self, place: Place) -> int | None:
        """Who introduced what an import means: a folder's maker, or a file's."""
        return self.folders.get(place, self.files.get(place))

    def names(self, place: Place) -> tuple[str, ...]:
        """Every path that a place ever had, today's first."""
        return (place[1], *self.was.get(place, ()))


def read(view: View) -> Modules:
    """The makers of everything that can be imported, of every harvest."""
    record = view.record
    found = Modules()
    living: Counter[Place] = Counter()
    gone: dict[Place, tuple[int, int]] = {}
    emptied: dict[Place, int] = {}
    rows: Iterator[Row] = iter(view.lake.db.execute(_ROWS).fetchall())
    for id_, group in groupby(rows, key=lambda row: row[0]):
        i = record.at.get(id_)
        if i is None:
            continue
        changes = list(group)
        heap = sum(status == "A" for *_, status in changes) > HEAP
        arrived: dict[Place, list[tuple[int, str | None]]] = defaultdict(list)
        kept: set[Place] = set()
        went: dict[tuple[str, str], set[str]] = defaultdict(set)
        for _, origin, seq, path, before, status in changes:
            place, home = (origin, path), _home(origin, path)
            if status == "D":
                if (made := found.files.pop(place, None)) is not None:
                    gone[place] = (made, i)
                    went[_beside(path)].add(record.actors[made] if made >= 0 else "")
                    _leave(living, emptied, home, i)
                continue
            maker = NOBODY if heap else i
            if status == "R" and before is not None:
                old = (origin, before)
                maker = NOBODY
                if (made := found.files.pop(old, None)) is not None:
                    maker = made
                    _leave(living, emptied, _home(origin, before), i)
                found.was[place] = tuple(dict.fromkeys((before, *found.was.get(old, ()))))
                found.moves.setdefault(place, []).append((seq, before))
            elif place in gone and _soon(record.times, gone[place][1], i):
                maker = gone[place][0]
                if home:
                    kept.add(home)
            else:
                found.was.pop(place, None)
                if went[_beside(path)] - {record.actors[i]}:
                    maker = NOBODY
            if home:
                # A folder that an earlier change emptied may hold something else from now on.
                if home not in found.folders or (living[home] <= 0 and emptied.get(home, i) != i) or home in arrived:
                    arrived[home].append((maker, before if status == "R" else None))
                living[home] += place not in found.files
            found.files.setdefault(place, maker)
        for home, came in arrived.items():
            if home not in found.folders or home not in kept:
                _settle(found, living, record.actors, home, came, i)
    return found


def _beside(path: str) -> tuple[str, str]:
    """The folder and the ending of a path."""
    return path.rpartition("/")[0], path.rpartition(".")[2]


def _leave(living: Counter[Place], emptied: dict[Place, int], home: Place | None, i: int) -> None:
    """Count a file out of its folder."""
    if home:
        living[home] -= 1
        if living[home] <= 0:
            emptied[home] = i


def _soon(times: list[datetime | None], first: int, second: int) -> bool:
    """Whether two changes are within `BACK` of each other, as far as their dates can be read."""
    one, other = times[first], times[second]
    return one is None or other is None or abs(other - one) <= BACK


def _home(origin: str, path: str) -> Place | None:
    """The folder that is a module by holding this file; None where the file itself is one."""
    how = language(path)
    if how not in FOLDERS or path.endswith("_test.go") or "/workflows/" in path:
        return None
    return origin, path.rpartition("/")[0]


def _settle(
    found: Modules, living: Counter[Place], actors: list[str], home: Place, came: list[tuple[int, str | None]], i: int
) -> None:
    """Say who introduced a folder, when the commit at `i` brings the first files into it."""
    origin = home[0]
    found.was.pop(home, None)
    homes = Counter((_home(origin, before) or (origin, ""))[1] for _, before in came if before is not None)
    makers = Counter(maker for maker, _ in came)
    found.folders[home] = min(makers, key=lambda maker: (-makers[maker], maker))
    if not homes or 2 * homes.total() < len(came):
        return
    before = (origin, min(homes, key=lambda path: (-homes[path], path)))
    if before in found.folders and living[before] < homes[before[1]]:
        found.folders[home] = found.folders[before]
        found.was[home] = (before[1], *found.was.get(before, ()))
    elif not all(maker >= 0 and actors[maker] == actors[i] for maker in makers):
        # Split off another by somebody who did not write it all: whose it is, nobody can say.
        found.folders[home] = NOBODY
