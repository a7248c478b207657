"""Raw `git log` records to Arrow columns, a batch at a time. Pure: bytes in, tables out.

A record is ten fields that end in NUL, then nothing or a newline and `:META NUL PATH NUL` for each change. META has the
same width for the whole repository, so it is read as a matrix and never line by line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

STAMP = pa.timestamp("us", tz="UTC")

COMMITS = pa.schema([
    ("seq", pa.int32()), ("sha", pa.string()), ("parents", pa.list_(pa.string())), ("author_name", pa.string()),
    ("author_email", pa.string()), ("authored_at", STAMP), ("authored_tz", pa.int16()), ("committer_name", pa.string()),
    ("committer_email", pa.string()), ("committed_at", STAMP), ("committed_tz", pa.int16()), ("subject", pa.string()),
    ("body", pa.string()),
])
CHANGES = pa.schema([
    ("seq", pa.int32()), ("status", pa.string()), ("path", pa.string()), ("from_path", pa.string()),
    ("old", pa.string()), ("new", pa.string()),
])

#: The last second of the year 9999, after which no calendar here goes.
LAST = 253_402_300_799
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

Counts = Counter[tuple[str, str]]

#: Bytes of a subject and of a message's rest that are read. A person writes no more; a generated list of a million names
#: would cost every later stage its time. The end is kept, because trailers stand there.
SUBJECT = 4 << 10
BODY = 128 << 10
ENDING = 16 << 10


def batch(records: Sequence[bytes], first: int, boundary: frozenset[str], counted: Counts) -> tuple[pa.Table, pa.Table]:
    """(commits, changes) of the records, numbered from `first`; what could not be taken is added to `counted`.

    A commit in `boundary` has lost its parents, so its diff would list every file: its changes are left out.
    """
    rows: list[list[bytes]] = []
    tails: list[bytes] = []
    for record in records:
        row = record.split(b"\0", 10)
        if len(row) < 11 or len(row[0]) not in (40, 64):
            counted["commits", "git printed a record that has too few fields"] += 1
            continue
        tail = row.pop()
        if tail and not tail.startswith(b"\n:"):
            counted["commits", "a NUL inside the message: its changes were not read"] += 1
            tail = b""
        if boundary and tail and row[0].decode("ascii") in boundary:
            counted["commits", "the clone is cut here, so what this commit changed is not known"] += 1
            tail = b""
        rows.append(row)
        tails.append(tail[1:])
    columns: list[Sequence[bytes]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(10)]
    sha, parents, author, email, authored, committer, by_email, committed, subject, body = columns
    seqs = np.arange(first, first + len(rows), dtype=np.int32)
    authored_at, authored_tz = times(authored, "author", counted)
    committed_at, committed_tz = times(committed, "committer", counted)
    commits = pa.Table.from_arrays(
        [
            pa.array(seqs), strings(sha), lists(parents), words(author, counted), words(email, counted), authored_at,
            authored_tz, words(committer, counted), words(by_email, counted), committed_at, committed_tz,
            words([within(part, SUBJECT, 0, counted) for part in subject], counted),
            words([within(part.rstrip(b"\n"), BODY, ENDING, counted) for part in body], counted),
        ],
        schema=COMMITS,
    )
    return commits, changes_of(tails, seqs, counted)


def words(values: Sequence[bytes], counted: Counts) -> pa.Array:
    """Text; bytes that are no UTF-8 become U+FFFD, and are counted."""
    try:
        return pa.array(values, pa.string())
    except pa.ArrowInvalid:
        texts = [value.decode("utf-8", "replace") for value in values]
        counted["text", "bytes that are no UTF-8, shown as U+FFFD"] += sum(map(broken, values))
        return pa.array(texts, pa.string())


def within(text: bytes, most: int, ending: int, counted: Counts) -> bytes:
    """At most so many bytes of a text: its beginning, and its last `ending` bytes from a line's start; a cut is counted."""
    if len(text) <= most:
        return text
    counted["text", f"messages longer than {BODY >> 10} KiB, or subjects than {SUBJECT >> 10} KiB, read in part"] += 1
    head = text[: most - ending].decode("utf-8", "ignore").encode()
    tail = text[len(text) - ending :].partition(b"\n")[2] if ending else b""
    return head + "\n\n…\n\n".encode() + tail if tail else head + "…".encode()


def strings(values: Sequence[bytes]) -> pa.Array:
    """Paths and hashes as text; a byte that is no UTF-8 becomes `\\xNN`, so that two paths never become one."""
    try:
        return pa.array(values, pa.string())
    except pa.ArrowInvalid:
        return pa.array([value.decode("utf-8", "backslashreplace") for value in values], pa.string())


def broken(value: bytes) -> bool:
    """Whether bytes are no UTF-8."""
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def lists(values: Sequence[bytes]) -> pa.Array:
    """Space-separated hashes as lists."""
    split = [value.split() for value in values]
    offsets = np.zeros(len(split) + 1, np.int32)
    np.cumsum([len(value) for value in split], out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), strings([sha for value in split for sha in value]))


def times(values: Sequence[bytes], who: str, counted: Counts) -> tuple[pa.Array, pa.Array]:
    """(instants, minutes east of Greenwich); an instant that cannot be read is null, and is counted.

    Git prints 0 for a date that it cannot hold, so 0 counts as unreadable too.
    """
    zones: dict[bytes, int] = {}
    instants = np.zeros(len(values), np.int64)
    missing = np.zeros(len(values), bool)
    minutes = np.zeros(len(values), np.int16)
    for index, value in enumerate(values):
        stamp, _, zone = value.partition(b" ")
        try:
            seconds = int(stamp)
        except ValueError:
            seconds = 0
        if 0 < seconds <= LAST:
            instants[index] = seconds
        else:
            missing[index] = True
        if zone not in zones:
            zones[zone] = offset(zone)
        minutes[index] = zones[zone]
    if missing.any():
        counted["dates", f"{who} dates that cannot be read, taken as unknown"] += int(missing.sum())
    return pa.array(instants * 1_000_000, mask=missing).cast(pa.timestamp("us")).cast(STAMP), pa.array(minutes)


def offset(zone: bytes) -> int:
    """Minutes east of Greenwich for `+0530`; 0 for what is no time zone."""
    try:
        value = int(zone)
    except ValueError:
        return 0
    hours, minutes = divmod(abs(value), 100)
    total = hours * 60 + minutes
    return 0 if total > 24 * 60 or minutes > 59 else total if value >= 0 else -total


def changes_of(tails: Sequence[bytes], seqs: np.ndarray, counted: Counts) -> pa.Table:
    """The rows of `changes` for raw diffs, one per commit, with moves put together."""
    tokens = b"".join(tails).split(b"\0")[:-1]
    metas, paths = tokens[0::2], tokens[1::2]
    if not metas:
        return CHANGES.empty_table()
    counts = np.fromiter((tail.count(b"\0") >> 1 for tail in tails), np.int64, len(tails))
    owner = np.repeat(seqs, counts)
    width = len(metas[0])
    laid = np.frombuffer(b"".join(metas), np.uint8)
    if laid.size != width * len(metas) or len(paths) != len(metas):
        raise ValueError("git printed a raw diff of uneven width")
    matrix = laid.reshape(-1, width)
    size = (width - 18) // 2
    old, new = matrix[:, 15 : 15 + size], matrix[:, 16 + size : 16 + 2 * size]
    status = matrix[:, width - 1]
    # Mode 160000 is a submodule: its hash names a commit of another repository, not a blob.
    gone = (old == ord("0")).all(axis=1) | (matrix[:, 1:3] == np.frombuffer(b"16", np.uint8)).all(axis=1)
    fresh = (new == ord("0")).all(axis=1) | (matrix[:, 8:10] == np.frombuffer(b"16", np.uint8)).all(axis=1)
    bad = sum(map(broken, paths)) if not b"".join(paths).isascii() else 0
    if bad:
        counted["paths", "bytes that are no UTF-8, written as \\xNN"] += bad
    table = pa.Table.from_arrays(
        [
            pa.array(owner), fixed(status.reshape(-1, 1), None), strings(paths),
            pa.nulls(len(metas), pa.string()), fixed(old, gone), fixed(new, fresh),
        ],
        schema=CHANGES,
    )
    return moved(table, owner, status, gone, fresh)


def fixed(matrix: np.ndarray, missing: np.ndarray | None) -> pa.Array:
    """A column of strings that all have the matrix's width, without a Python object each."""
    rows, width = matrix.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    data = np.ascontiguousarray(matrix)
    mask = None if missing is None or not missing.any() else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data), mask)


def moved(table: pa.Table, owner: np.ndarray, status: np.ndarray, gone: np.ndarray, fresh: np.ndarray) -> pa.Table:
    """The rows with each move as one row R in place of its D and A.

    A move is a deletion and an addition in the same commit with the same blob or, failing that, with the same file
    name when no other deletion or addition of the commit has it. No blob is read, so a move with an edit and a new
    name is not seen.
    """
    deleted, added = (status == ord("D")) & ~gone, (status == ord("A")) & ~fresh
    both = np.intersect1d(owner[deleted], owner[added])
    if not both.size:
        return table
    rows = np.flatnonzero((deleted | added) & np.isin(owner, both))
    part = table.take(pa.array(rows))
    paths, olds, news = (part[name].to_pylist() for name in ("path", "old", "new"))
    commits: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for index, row in enumerate(rows):
        commits[int(owner[row])][0 if deleted[row] else 1].append(index)
    pairs = [pair for out, came in commits.values() for pair in pairs_of(out, came, paths, olds, news)]
    if not pairs:
        return table
    kept = np.ones(len(owner), bool)
    kept[rows[[out for out, _ in pairs]]] = False
    from_paths: list[str | None] = [None] * len(owner)
    old = table["old"].to_pylist()
    letters = status.copy()
    for index, target in pairs:
        at = int(rows[target])
        letters[at], from_paths[at], old[at] = ord("R"), paths[index], olds[index]
    table = pa.Table.from_arrays(
        [
            table["seq"], fixed(letters.reshape(-1, 1), None), table["path"], pa.array(from_paths, pa.string()),
            pa.array(old, pa.string()), table["new"],
        ],
        schema=CHANGES,
    )
    return table.filter(pa.array(kept))


def pairs_of(
    out: list[int], came: list[int], paths: list[str], olds: list[str | None], news: list[str | None]
) -> list[tuple[int, int]]:
    """(deletion, addition) of each move among one commit's deletions and additions."""
    pairs: list[tuple[int, int]] = []
    by_blob: dict[str | None, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for index in out:
        by_blob[olds[index]][0].append(index)
    for index in came:
        by_blob[news[index]][1].append(index)
    for blob, (left, right) in by_blob.items():
        if not left or not right:
            continue
        if len(left) == len(right) and (blob not in EMPTY or len(left) == 1 == len({name(paths[i]) for i in left + right})):
            # As many went as came, all alike: in the order of their file names they pair off, as a moved folder does.
            left.sort(key=lambda index: (name(paths[index]), paths[index]))
            right.sort(key=lambda index: (name(paths[index]), paths[index]))
            pairs += zip(left, right, strict=True)
        else:
            pairs += by_name(left, right, paths)
    taken = {index for pair in pairs for index in pair}
    return pairs + by_name([i for i in out if i not in taken], [i for i in came if i not in taken], paths)


def by_name(out: list[int], came: list[int], paths: list[str]) -> list[tuple[int, int]]:
    """The pairs whose file name occurs once on either side; a common name needs its folder's name as well."""
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
