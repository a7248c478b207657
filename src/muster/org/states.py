"""The ownership files of a repository as they were at every one of its commits.

A commit's state is its first parent's with the commit's own rows put in; a merge has rows too, of what differs from its
first parent. States are trees whose nodes are shared: equal trees are the same number, so tens of thousands of commits
cost what their few ownership changes cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from muster import paths
from muster.org.codeowners import PLACES

#: Backstage's catalogue of what there is and who owns it.
CATALOGUES = ("catalog-info.yaml", "catalog-info.yml")
#: Names that are ownership files in any directory; CODEOWNERS only in its places.
NAMES = frozenset({"OWNERS", "OWNERS_ALIASES", "MAINTAINERS", *CATALOGUES})
#: Other names of a list of maintainers, in the root only.
LISTS = ("MAINTAINERS.md", "MAINTAINERS.txt")
EMPTY = 0
DEEPEST = 100

Row = tuple[str, str | None]  # path, blob (None: gone)


def is_ownership(path: str | None) -> bool:
    """Whether a path is a file that says who owns what; one that lies deeper than DEEPEST is left alone.

    Files in vendored code are about another project, but for one in the folder that holds it all.
    """
    if path is None or path.count("/") > DEEPEST:
        return False
    folder, _, name = path.rpartition("/")
    return (name in NAMES and not paths.VENDORED.search(folder)) or path in PLACES or path in LISTS


def is_list(path: str) -> bool:
    """Whether an ownership file is called like a list of maintainers."""
    return path.rsplit("/", 1)[-1] == "MAINTAINERS" or path in LISTS


def rows_of(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of changes whose path, old or new, may be an ownership file's; `is_ownership` decides."""
    wanted = _ends(batch["path"])
    if batch["from_path"].null_count < batch.num_rows:
        wanted = pc.or_(wanted, _ends(batch["from_path"]))
    return batch.filter(wanted).to_pylist()  # type: ignore[no-any-return]


def _ends(column: pa.Array) -> pa.Array:
    found = pc.ends_with(column, "OWNERS")
    for ending in ("OWNERS_ALIASES", "MAINTAINERS", *LISTS, *CATALOGUES):
        found = pc.or_(found, pc.ends_with(column, ending))
    return pc.fill_null(found, False)


@dataclass(slots=True)
class Forest:
    """Directory trees that hold ownership files only. Equal trees have one number; 0 is the empty tree."""

    nodes: list[tuple[Mapping[str, str], Mapping[str, int]]] = field(default_factory=lambda: [({}, {})])
    known: dict[tuple[object, object], int] = field(default_factory=dict)
    held: dict[int, frozenset[str]] = field(default_factory=dict)

    def names(self, root: int) -> frozenset[str]:
        """The names of all files of a tree, without their directories."""
        if root not in self.held:
            files, folders = self.nodes[root]
            self.held[root] = frozenset(files).union(*map(self.names, folders.values()))
        return self.held[root]

    def put(self, root: int, path: str, blob: str | None) -> int:
        """The tree that differs from `root` by one file; None takes the file away."""
        return self._put(root, path.split("/"), 0, blob)

    def _put(self, at: int, parts: list[str], depth: int, blob: str | None) -> int:
        files, folders = self.nodes[at]
        name = parts[depth]
        if depth == len(parts) - 1:
            if files.get(name) == blob:
                return at
            files = dict(files)
            files.pop(name, None)
            if blob is not None:
                files[name] = blob
        else:
            child = self._put(folders.get(name, EMPTY), parts, depth + 1, blob)
            if folders.get(name, EMPTY) == child:
                return at
            folders = dict(folders)
            folders.pop(name, None)
            if child != EMPTY:
                folders[name] = child
        if not files and not folders:
            return EMPTY
        key = (frozenset(files.items()), frozenset(folders.items()))
        if key not in self.known:
            self.nodes.append((files, folders))
            self.known[key] = len(self.nodes) - 1
        return self.known[key]

    def get(self, root: int, path: str) -> str | None:
        """The blob at a path; None where there is none."""
        *folders, name = path.split("/")
        for folder in folders:
            root = self.nodes[root][1].get(folder, EMPTY)
        return self.nodes[root][0].get(name)

    def chain(self, root: int, folder: str) -> tuple[tuple[str, str], ...]:
        """(directory, blob of its OWNERS) for `folder` and all above it that have one, the nearest first."""
        found = []
        here = ""
        files, folders = self.nodes[root]
        if "OWNERS" in files:
            found.append(("", files["OWNERS"]))
        for name in folder.split("/") if folder else ():
            child = folders.get(name)
            if child is None:
                break
            here = f"{here}/{name}" if here else name
            files, folders = self.nodes[child]
            if "OWNERS" in files:
                found.append((here, files["OWNERS"]))
        return tuple(reversed(found))

    def all(self, root: int, under: str = "") -> Iterable[Row]:
        """Every file of a tree with its blob, in order of path."""
        files, folders = self.nodes[root]
        for name in sorted({*files, *folders}):
            if name in files:
                yield f"{under}{name}", files[name]
            if name in folders:
                yield from self.all(folders[name], f"{under}{name}/")


@dataclass(frozen=True, slots=True)
class States:
    """The ownership state after each commit of one repository, by its number (`seq`).

    `parents` has the number of each one's first parent, -1 for none. `changed` counts the commits with ownership rows, merges included.
    """

    after: Sequence[int]
    parents: Sequence[int]
    changed: int = 0

    @property
    def last(self) -> int:
        """The state after the newest commit; the empty one where there is no ownership file."""
        return self.after[-1] if self.after else EMPTY

    def before(self, seq: int) -> int:
        """The state at the first parent; the empty one for a first commit."""
        if not self.after:
            return EMPTY
        parent = self.parents[seq]
        return self.after[parent] if parent >= 0 else EMPTY


def parents_of(commits: pa.Table) -> list[int]:
    """The number of each commit's first parent, by the commit's number; -1 for one that has none, or none that is here."""
    column = commits.column("parents").combine_chunks()
    starts, ends = column.offsets[:-1], column.offsets[1:]
    # The place of a commit without parents is another's; it is masked, and so comes out as none.
    places = pc.if_else(pc.less(starts, ends), starts, pa.scalar(None, starts.type))
    firsts = column.values.take(places)
    found = pc.index_in(firsts, value_set=commits.column("sha").combine_chunks(), skip_nulls=True)
    return pc.fill_null(found, -1).to_pylist()  # type: ignore[no-any-return]


def walk(forest: Forest, commits: pa.Table, rows: Mapping[int, Sequence[Row]]) -> States:
    """The states of a repository. `commits` are in topological order; `rows` are the ownership rows by commit."""
    parents = parents_of(commits)
    after: list[int] = []
    for seq, parent in enumerate(parents):
        state = after[parent] if parent >= 0 else EMPTY
        if seq in rows:
            for path, blob in rows[seq]:
                state = forest.put(state, path, blob)
        after.append(state)
    return States(after, parents, len(rows))
