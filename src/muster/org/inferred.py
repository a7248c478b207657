"""Areas that nobody wrote down: the parts of a repository, told by where its changes go and which go together.

The tree of directories is cut where it is busy: a directory that holds too large a share of the changes is split into
its children, and what is too small for an area of its own stays with its parent. Shares are also taken year by year,
so that a part that has since moved or ended is still seen. Then areas that keep changing in the same commits are
joined. A directory that moved is followed to where it is now, so the part keeps one name through its history.

The result depends on the history alone: no clock, no chance, ties by name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

#: A directory with a larger share of the changes than this is split.
LARGE = 0.22
#: A directory with a smaller share than this is no area of its own.
SMALL = 0.012
MOST = 40
#: Areas lie no deeper than this.
DEEPEST = 30
#: A directory whose own files have fewer changes than this is never split into files.
FLAT = 200
#: Areas are joined where this share of the commits that touch either touches both.
TOGETHER = 0.14
#: A folder or file that stands for one numbered proposal is a document, not a part of the system.
NUMBERED = re.compile(r"(?:[A-Za-z]+-)?\d{3,}(?:[-.]|$)")
#: A year counts by itself when it has at least this many changes.
YEAR = 150


@dataclass(slots=True)
class Areas:
    """The parts of one repository: directories (or files of a flat one), each with the name of its area.

    `moves` leads from a directory that is gone to where its files went, and from a file of the root that moved to its
    new directory. `mixed` are areas that are what is left of a directory that was split: small parts with nothing in
    common, which nobody would call theirs or another's.
    """

    names: Mapping[str, str]
    rest: str
    moves: Mapping[str, str] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    mixed: frozenset[str] = frozenset()
    known: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    def by_last_name(self) -> Mapping[str, str]:
        """The area by the last part of its name, for names that only one area has."""
        if not self.last:
            ends = [name.rpartition("/")[2] for name in sorted(set(self.names.values()))]
            self.last.update(
                (name.rpartition("/")[2], name)
                for name in sorted(set(self.names.values()))
                if ends.count(name.rpartition("/")[2]) == 1
            )
        return self.last

    def of(self, path: str) -> str:
        """The area of a path, by the nearest directory that is an area."""
        folder, _, name = path.rpartition("/")
        folder = folder or self.moves.get(path, "")
        if self.files:
            stem = f"{self.moves.get(folder, folder)}/{stem_of(name)}".lstrip("/")
            if stem in self.files:
                return self.names[stem]
        found = self.known.get(folder)
        if found is None:
            at = self.moves.get(folder, folder)
            while at and at not in self.names:
                at = at.rpartition("/")[0]
            found = self.known[folder] = self.names.get(at, self.rest)
        return found


def stem_of(name: str) -> str:
    """A file's name without its endings and without what marks a test.

    >>> stem_of("models_test.go"), stem_of("test_models.py"), stem_of("models.py")
    ('models', 'models', 'models')
    """
    stem = name.lstrip(".").split(".", 1)[0]
    return stem.removeprefix("test_").removesuffix("_test").removesuffix("-test") or name


def moves(
    rows: Iterable[tuple[str, str, int, int, int]], loose: Iterable[tuple[str, str]] = ()
) -> dict[str, str]:
    """Where each directory that is gone went, and each file of the root (`loose`: name and new directory).

    `rows` are (from, to, files moved, number of the last such commit, number of the commit by which nearly all other
    work in the old directory was done). A directory is gone when no work in it follows the move.
    """
    best: dict[str, tuple[int, str, int]] = {}
    total: Counter[str] = Counter()
    for old, new, count, last, quiet in rows:
        total[old] += count
        if old and quiet <= last and new != old:
            best[old] = max(best.get(old, (0, "", 0)), (count, new, last))
    direct = {old: (new, at) for old, (count, new, at) in best.items() if 2 * count > total[old]}
    out = dict(loose)
    for old in direct:
        new, at = direct[old]
        while new in direct and direct[new][1] > at:
            new, at = direct[new]
        out[old] = new
    return out


def partition(
    changes: Iterable[tuple[str, int, float, str]], moved: Mapping[str, str], root: str, most: int = MOST
) -> Areas:
    """The areas of a repository before any are joined.

    `changes` are (path, year, weight, kind); `root` is the name for what lies in no area's directory.
    """
    own: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    stems: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    totals: dict[int, float] = defaultdict(float)
    prose: dict[str, float] = defaultdict(float)
    for path, year, weight, kind in changes:
        folder, _, name = path.rpartition("/")
        folder = moved.get(folder, folder) if folder else moved.get(path, "")
        folder = "/".join(folder.split("/", DEEPEST)[:DEEPEST])
        for key in (year, 0):
            own[folder][key] += weight
            if kind in ("code", "proposal"):
                stems[f"{folder}/{stem_of(name)}".lstrip("/")][key] += weight
            totals[key] += weight
        if kind == "doc":
            prose[folder] += weight
    years = {year: total for year, total in totals.items() if year == 0 or total >= YEAR}
    whole: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    children: dict[str, set[str]] = defaultdict(set)
    texts: dict[str, float] = defaultdict(float)
    for folder, weights in own.items():
        at = folder
        while True:
            for year, weight in weights.items():
                whole[at][year] += weight
            texts[at] += prose.get(folder, 0.0)
            if not at:
                break
            above = at.rpartition("/")[0]
            children[above].add(at)
            at = above

    def share(weights: Mapping[int, float]) -> float:
        return max((weights.get(year, 0.0) / total for year, total in years.items() if total), default=0.0)

    small = SMALL
    while True:
        found: list[str] = []
        files: list[str] = []
        mixed: list[str] = []

        def split(at: str, small: float, found: list[str], files: list[str], mixed: list[str]) -> None:
            parts = [child for child in sorted(children.get(at, ())) if not NUMBERED.match(child.rpartition("/")[2])]
            below = [child for child in parts if share(whole[child]) >= small]
            if len(parts) > MOST and share(whole[at]) >= 2 * LARGE and all(share(whole[child]) < SMALL for child in parts):
                # Very many small parts side by side: the heaviest stand for themselves, the others stay together.
                below = sorted(sorted(parts, key=lambda child: (-whole[child][0], child))[: MOST - 10])
            # A tree of documents is one area, however much is written there.
            if at and (share(whole[at]) < LARGE or not below or texts[at] > 0.9 * whole[at][0]):
                found.append(at)
            else:
                for child in below:
                    split(child, small, found, files, mixed)
                # What is left over stays together under the directory's own name.
                if at:
                    found.append(at)
                if 2 * own.get(at, {}).get(0, 0.0) < whole[at][0] - sum(whole[child][0] for child in below):
                    mixed.append(at)
            if at in own and own[at][0] >= FLAT and share(own[at]) >= 2 * LARGE:
                here = [name for name in stems if name.rpartition("/")[0] == at and share(stems[name]) >= 3 * small]
                if len(here) > 3 and sum(stems[name][0] for name in here) >= own[at][0] / 2:
                    files.extend(sorted(here))

        split("", small, found, files, mixed)
        if len(found) + len(files) <= most or small > 0.5:
            break
        small *= 1.25
    names = {name: name for name in (*found, *files)}
    return Areas(names, root, dict(moved), frozenset(files), frozenset((root, *filter(None, mixed))))


def join(areas: Areas, pairs: Mapping[tuple[str, str], int], counts: Mapping[str, int]) -> Areas:
    """The areas with those joined that keep changing together, under the name of the heaviest.

    `pairs` count the commits that touch both areas of a pair (in order of name), `counts` those that touch one.
    """
    total = sum(counts.values()) or 1
    size = {name: float(count) for name, count in counts.items()}
    alike: dict[tuple[str, str], float] = {
        pair: count / (size[pair[0]] + size[pair[1]] - count)
        for pair, count in pairs.items()
        if min(size[pair[0]], size[pair[1]]) >= 5
    }
    into: dict[str, str] = {}
    while True:
        close = [
            (likeness, pair)
            for pair, likeness in alike.items()
            if likeness >= TOGETHER and (size[pair[0]] + size[pair[1]]) / total <= LARGE
        ]
        if not close:
            break
        _, (one, other) = min(close, key=lambda item: (-item[0], item[1]))
        kept, gone = sorted((one, other), key=lambda name: (-size[name], name))
        into[gone] = kept
        # The likeness of what was joined to a third is the mean of both, by size.
        for third in sorted({name for pair in alike if gone in pair or kept in pair for name in pair} - {kept, gone}):
            mine = alike.pop((min(kept, third), max(kept, third)), 0.0)
            theirs = alike.pop((min(gone, third), max(gone, third)), 0.0)
            mean = (mine * size[kept] + theirs * size[gone]) / (size[kept] + size[gone])
            alike[(min(kept, third), max(kept, third))] = mean
        alike.pop((one, other))
        size[kept] += size.pop(gone)

    def final(name: str) -> str:
        while name in into:
            name = into[name]
        return name

    names = {place: final(name) for place, name in areas.names.items()}
    mixed = frozenset(name for name in areas.mixed if name not in into and name not in into.values())
    return Areas(names, final(areas.rest), areas.moves, areas.files, mixed)


def home(weights: Mapping[str, float], recent: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """Where somebody is at home, the strongest first: given the weight of their work by area (or team).

    All that hold a fifth of the year's work or of the last half-year's (`recent`), and as many more as it takes to
    cover half of the year's.

    >>> home({"api": 6.0, "web": 3.0, "docs": 1.0})
    ('api', 'web')
    """
    ordered = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    total = sum(weights.values())
    out: list[str] = []
    covered = 0.0
    for name, weight in ordered:
        if covered >= total / 2 and weight < total / 5:
            break
        out.append(name)
        covered += weight
    if recent:
        whole = sum(recent.values())
        out += [name for name, weight in sorted(recent.items()) if weight >= whole / 5 and name not in out]
    return tuple(out)


def top(weights: Mapping[str, float], among: Sequence[str] = ()) -> str | None:
    """The name with the most weight, of `among` where given; ties by name."""
    names = among or tuple(weights)
    return min(names, key=lambda name: (-weights.get(name, 0.0), name), default=None)
