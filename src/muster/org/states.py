"""The ownership files of a repository as they were at every one of its commits.

A commit's state is its first parent's with the commit's own rows put in. States are trees whose nodes are shared:
equal trees are the same number, so tens of thousands of commits cost what their few ownership changes cost.

A merge has no rows. Its state is its first parent's, unless another parent brings a commit with ownership rows that the
first parent's history does not have; then git is asked what the merge holds. A merge that rewrites an ownership file
although no parent brings anything new is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from muster.org.codeowners import PLACES
from muster.sources.git import Repository

#: Names that are ownership files in any directory; CODEOWNERS only in its places.
NAMES = frozenset({"OWNERS", "OWNERS_ALIASES"})
EMPTY = 0
DEEPEST = 100

Row = tuple[str, str | None]  # path, blob (None: gone)


def is_ownership(path: str | None) -> bool:
    """Whether a path is a file that says who owns what; one that lies deeper than DEEPEST is left alone."""
    return path is not None and (path.rsplit("/", 1)[-1] in NAMES or path in PLACES) and path.count("/") <= DEEPEST


@dataclass(slots=True)
class Forest:
    """Directory trees that hold ownership files only. Equal trees have one number; 0 is the empty tree."""

    nodes: list[tuple[Mapping[str, str], Mapping[str, int]]] = field(default_factory=lambda: [({}, {})])
    known: dict[tuple[object, object], int] = field(default_factory=dict)

    def put(self, root: int, path: str, blob: str | None) -> int:
        """The tree that differs from `root` by one file; None takes the file away."""
        return self._put(root, path.split("/"), 0, blob)

    def _put(self, at: int, parts: list[str], depth: int, blob: str | None) -> int:
        files, folders = self.nodes[at]
        name = parts[depth]
        if depth == len(parts) - 1:
            if files.get(name) == blob:
                return at
            files = {key: value for key, value in files.items() if key != name}
            if blob is not None:
                files[name] = blob
        else:
            child = self._put(folders.get(name, EMPTY), parts, depth + 1, blob)
            if folders.get(name, EMPTY) == child:
                return at
            folders = {key: value for key, value in folders.items() if key != name}
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
    """The ownership state after each commit of one repository, by its number (`seq`), and how they came about.

    `asked` counts the merges that git was asked about; `changed` the commits with ownership rows.
    """

    after: Sequence[int]
    parents: Sequence[Sequence[int]]
    changed: int = 0
    asked: int = 0

    def before(self, seq: int) -> int:
        """The state at the first parent; the empty one for a first commit."""
        if not self.after:
            return EMPTY
        parents = self.parents[seq]
        return self.after[parents[0]] if parents else EMPTY


def parents_of(commits: pa.Table) -> list[list[int]]:
    """The numbers of each commit's parents, by the commit's number; a parent that is not here is left out."""
    column = commits.column("parents").combine_chunks()
    shas = commits.column("sha").combine_chunks()
    flat = pc.index_in(column.flatten(), value_set=shas).to_pylist()
    offsets = column.offsets.to_pylist()
    return [
        [parent for parent in flat[start:end] if parent is not None]
        for start, end in pairwise(offsets)
    ]


def walk(
    forest: Forest, commits: pa.Table, rows: Mapping[int, Sequence[Row]], repository: Repository
) -> tuple[States, Mapping[int, Sequence[Row]]]:
    """The states of a repository, and the rows of the merges that git was asked about.

    `commits` are in topological order, `rows` are the ownership rows by commit.
    """
    parents = parents_of(commits)
    shas = commits.column("sha").to_pylist()
    answers: dict[int, list[Row]] = {}
    odd: set[int] = set()
    while True:
        asked = _to_ask(parents, rows, odd)
        answers.update(_ask(repository, shas, parents, [seq for seq in asked if seq not in answers]))
        after: list[int] = []
        for seq, before in enumerate(parents):
            state = after[before[0]] if before else EMPTY
            for path, blob in rows.get(seq, ()) or (answers[seq] if seq in asked else ()):
                state = forest.put(state, path, blob)
            after.append(state)
        # A merge that holds what no parent holds is a change of its own, which later merges have to know about.
        found = {
            seq
            for seq in asked
            for path, blob in answers[seq]
            if all(forest.get(after[parent], path) != blob for parent in parents[seq])
        }
        if found <= odd:
            return States(after, parents, len(rows), len(answers)), answers
        odd |= found


def _to_ask(parents: Sequence[Sequence[int]], rows: Mapping[int, Sequence[Row]], odd: set[int]) -> set[int]:
    """Merges to which another parent brings ownership changes that the first parent's history does not have.

    Every such change is a bit; a commit's set of bits is what its history holds. Most commits share the object.
    """
    seen: list[int] = []
    asked: set[int] = set()
    bits = 0
    for seq, before in enumerate(parents):
        mine = seen[before[0]] if before else 0
        for other in before[1:]:
            theirs = seen[other]
            if theirs is not mine and theirs | mine != mine:
                mine |= theirs
                asked.add(seq)
        if seq in rows or seq in odd:
            mine |= 1 << bits
            bits += 1
        seen.append(mine)
    return asked


def _ask(
    repository: Repository, shas: Sequence[str], parents: Sequence[Sequence[int]], merges: Sequence[int]
) -> dict[int, list[Row]]:
    """Ownership rows of merges against their first parents, as git sees them, by one process."""
    if not merges:
        return {}
    number = {shas[seq]: seq for seq in merges}
    pairs = "".join(f"{shas[seq]} {shas[parents[seq][0]]}\n" for seq in sorted(merges))
    out = repository.run("diff-tree", "--stdin", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", input=pairs.encode())
    found: dict[int, list[Row]] = {seq: [] for seq in merges}
    fields = iter(out.split(b"\0"))
    current = -1
    for item in fields:
        if not item.startswith(b":"):
            current = number.get(item.decode("ascii", "replace"), current)
            continue
        path = next(fields, b"").decode("utf-8", "backslashreplace")
        if is_ownership(path) and current in found:
            blob = item.split()[3].decode("ascii")
            found[current].append((path, None if set(blob) == {"0"} else blob))
    return found
