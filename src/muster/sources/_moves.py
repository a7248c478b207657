"""Which of a commit's deletions and additions are one file that moved. No blob is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

#: Names that stand in so many folders that one gone and one come is no move, unless their folder's name stayed too.
COMMON = frozenset({
    "readme.md", "readme", "owners", "__init__.py", "build", "build.bazel", "makefile", "dockerfile", "doc.go",
    "index.html", "index.md", "index.rst", "index.js", "index.ts", "main.go", "main.py", "main.tf", "go.mod", "go.sum",
    ".gitignore", "package.json", "kustomization.yaml", "kep.yaml", "license", "conftest.py", "mod.rs", "lib.rs",
    "types.go", "utils.go", "util.go", "register.go", "variables.tf", "outputs.tf", "values.yaml", "chart.yaml",
})
EMPTY = frozenset({
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
})


def moves(
    owner: np.ndarray,
    deleted: np.ndarray,
    added: np.ndarray,
    old: np.ndarray,
    new: np.ndarray,
    paths: Callable[[np.ndarray], Sequence[str]],
) -> list[tuple[int, int]]:
    """(row of the deletion, row of the addition) of each move in a batch of changes.

    `owner` tells which commit a row is of, `deleted` and `added` what it is; `old` and `new` are the hashes, a row each;
    `paths` gives the paths of some rows. A move is a deletion and an addition in the same commit with the same blob or,
    failing that, with the same file name when no other deletion or addition of the commit has it. A move with an edit and
    a new name is not seen.
    """
    both = np.zeros(int(owner.max(initial=-1)) + 1, np.int8)
    both[owner[deleted]] = 1
    both[owner[added]] |= 2
    rows = np.flatnonzero((deleted | added) & (both[owner] == 3))
    if not rows.size:
        return []
    names = paths(rows)
    blobs = texts(np.where(deleted[rows][:, None], old[rows], new[rows]))
    commits: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for index, (commit, out) in enumerate(zip(owner[rows].tolist(), deleted[rows].tolist(), strict=True)):
        commits[commit][0 if out else 1].append(index)
    pairs = [pair for out, came in commits.values() for pair in pairs_of(out, came, names, blobs)]
    at: list[int] = rows.tolist()
    return [(at[out], at[came]) for out, came in pairs]


def texts(matrix: np.ndarray) -> list[str]:
    """Each row of ASCII bytes as text."""
    width = matrix.shape[1]
    whole = np.ascontiguousarray(matrix).tobytes().decode("ascii")
    return [whole[start : start + width] for start in range(0, len(whole), width)]


def pairs_of(out: list[int], came: list[int], paths: Sequence[str], blobs: Sequence[str]) -> list[tuple[int, int]]:
    """(deletion, addition) of each move among one commit's deletions and additions."""
    pairs: list[tuple[int, int]] = []
    left_of: dict[str, list[int]] = defaultdict(list)
    for index in out:
        left_of[blobs[index]].append(index)
    right_of: dict[str, list[int]] = defaultdict(list)
    for index in came:
        if blobs[index] in left_of:
            right_of[blobs[index]].append(index)
    if right_of:
        for blob, left in left_of.items():
            right = right_of.get(blob)
            if right is None:
                continue
            if len(left) == len(right) and (
                blob not in EMPTY or len(left) == 1 == len({name(paths[i]) for i in left + right})
            ):
                # As many went as came, all alike: in the order of their file names they pair off, as a moved folder does.
                left.sort(key=lambda index: (name(paths[index]), paths[index]))
                right.sort(key=lambda index: (name(paths[index]), paths[index]))
                pairs += zip(left, right, strict=True)
            else:
                pairs += by_name(left, right, paths)
        gone, here = {out for out, _ in pairs}, {came for _, came in pairs}
        out, came = [i for i in out if i not in gone], [i for i in came if i not in here]
    return pairs + by_name(out, came, paths)


def by_name(out: list[int], came: list[int], paths: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs whose file name occurs once on either side; a common name needs its folder's name as well."""
    if not out or not came:
        return []
    left: dict[str, list[int]] = defaultdict(list)
    right: dict[str, list[int]] = defaultdict(list)
    for index in out:
        left[key(paths[index])].append(index)
    for index in came:
        right[key(paths[index])].append(index)
    return [(left[k][0], right[k][0]) for k in left if len(left[k]) == 1 == len(right.get(k, ()))]


def name(path: str) -> str:
    """The file's name."""
    return path.rpartition("/")[2]


def key(path: str) -> str:
    """What two paths must share to be one file that moved."""
    folder, _, last = path.rpartition("/")
    return f"{name(folder)}/{last}" if last.lower() in COMMON else last
