"""What `git log` printed, to Arrow columns, a batch at a time. Pure: bytes in, tables out.

All that git prints ends in NUL, so a batch is a row of tokens: for each commit the mark of the run, ten fields, and then
`:META` and `PATH` for each change, the first of them after a newline. Tokens are found and copied column by column, never
one by one. META has the same width for the whole repository, so it is read as a matrix.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from muster.sources import _arrow  # noqa: F401  (before any array is made)
from muster.sources._moves import moves

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
#: What git is asked to print of a commit, in the order of `Batch.field`; each ends in NUL.
FIELDS = ("%H", "%P", "%an", "%ae", "%ad", "%cn", "%ce", "%cd", "%s", "%b")

#: The last second of the year 9999, after which no calendar here goes.
LAST = 253_402_300_799
#: A date as git prints nearly all of them: ten digits, a blank, a sign, four digits.
USUAL = 16

Counts = Counter[tuple[str, str]]

#: Bytes of a subject and of a message's rest that are read. A person writes no more; a generated list of a million names
#: would cost every later stage its time. The end is kept, because trailers stand there.
SUBJECT = 4 << 10
BODY = 128 << 10
ENDING = 16 << 10

def batch(
    data: bytes, mark: bytes, first: int, boundary: frozenset[str], counted: Counts, backwards: bool = False
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """(commits, changes, merged) of what git printed, whole records that each begin with `mark`, numbered from `first`.

    `merged` has the rows of merges, against their first parents; `changes` those of all other commits. What could not be
    taken is added to `counted`. A commit in `boundary` has lost its parents, so its diff would list every file: its
    changes are left out. Where git printed the newest commit first (`backwards`), the last of the records is `first`.
    """
    buffer = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(buffer == 0)
    starts = np.zeros(len(ends), np.int64)
    starts[1:] = ends[:-1] + 1
    lengths = ends - starts
    heads = np.flatnonzero(lengths == len(mark))
    heads = heads[(windows(buffer, starts[heads], len(mark)) == np.frombuffer(mark, np.uint8)).all(axis=1)]
    # Tokens that belong to each record, its mark among them.
    sizes = np.diff(heads, append=len(ends))
    good = sizes > len(FIELDS)
    good[good] = np.isin(lengths[heads[good] + 1], (40, 64))
    if not good.all():
        counted["commits", "git printed a record that has too few fields"] += int((~good).sum())
        heads, sizes = heads[good], sizes[good]
    tails = sizes - len(FIELDS) - 1
    odd = tails % 2 == 1
    some = np.flatnonzero(tails > 0)
    after = starts[heads[some] + len(FIELDS) + 1]
    odd[some] |= (buffer[after] != ord("\n")) | (buffer[after + 1] != ord(":"))
    if odd.any():
        counted["commits", "a NUL inside the message: its changes were not read"] += int(odd.sum())
        tails[odd] = 0
    if backwards:
        heads, tails = heads[::-1], tails[::-1]
    tokens = pa.Array.from_buffers(pa.binary(), len(ends), [
        None, pa.py_buffer(np.append(starts - np.arange(len(ends)), len(data) - len(ends)).astype(np.int32)),
        pa.py_buffer(data.replace(b"\0", b"")),
    ])

    def column(number: int) -> pa.Array:
        return tokens.take(numbers(heads + number, pa.int64()))

    shas = strings(column(1))
    if boundary:
        cut = np.fromiter((sha in boundary for sha in shas.to_pylist()), bool, len(shas)) & (tails > 0)
        if cut.any():
            counted["commits", "the clone is cut here, so what this commit changed is not known"] += int(cut.sum())
            tails[cut] = 0
    seqs = np.arange(first, first + len(heads), dtype=np.int32)
    parents = lists(column(2))
    authored_at, authored_tz = times(buffer, starts, lengths, heads + 5, "author", counted)
    committed_at, committed_tz = times(buffer, starts, lengths, heads + 8, "committer", counted)
    commits = pa.Table.from_arrays(
        [
            numbers(seqs, pa.int32()), shas, parents, words(column(3), counted), words(column(4), counted), authored_at,
            authored_tz, words(column(6), counted), words(column(7), counted), committed_at, committed_tz,
            words(within(column(9), SUBJECT, 0, counted), counted),
            words(within(pc.ascii_rtrim(column(10).view(pa.string()), "\n").view(pa.binary()), BODY, ENDING, counted), counted),
        ],
        schema=COMMITS,
    )
    merges = np.diff(np.frombuffer(parents.buffers()[1], np.int32)[: len(heads) + 1]) > 1
    changes, merged = (
        changes_of(buffer, starts, lengths, tokens, heads[rows] + len(FIELDS) + 1, tails[rows] // 2, seqs[rows], counted)
        for rows in (~merges, merges)
    )
    return commits, changes, merged


def numbers(values: np.ndarray, type_: pa.DataType, known: np.ndarray | None = None) -> pa.Array:
    """A column of numbers, null where `known` is given and does not hold; the array's own type must be `type_`."""
    return pa.Array.from_buffers(type_, len(values), [bits(known), pa.py_buffer(np.ascontiguousarray(values))])


def bits(known: np.ndarray | None) -> pa.Buffer | None:
    """Which values are there, as Arrow has it; None where all are."""
    return None if known is None or known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))


def windows(buffer: np.ndarray, starts: np.ndarray, width: int) -> np.ndarray:
    """The `width` bytes at each start, as a matrix; every start leaves room for them."""
    if len(buffer) < width or not len(starts):
        return np.zeros((0, width), np.uint8)
    found: np.ndarray = np.lib.stride_tricks.sliding_window_view(buffer, width)[starts]
    return found


def words(values: pa.Array, counted: Counts) -> pa.Array:
    """Text; bytes that are no UTF-8 become U+FFFD, and are counted."""
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        raw = values.to_pylist()
        counted["text", "bytes that are no UTF-8, shown as U+FFFD"] += sum(map(broken, raw))
        return pa.array([value.decode("utf-8", "replace") for value in raw], pa.string())


def within(values: pa.Array, most: int, ending: int, counted: Counts) -> pa.Array:
    """At most so many bytes of each text: its beginning, and its last `ending` bytes from a line's start; cuts are counted."""
    long = np.flatnonzero(np.diff(np.frombuffer(values.buffers()[1], np.int32)[: len(values) + 1]) > most)
    if not long.size:
        return values
    counted["text", f"messages longer than {BODY >> 10} KiB, or subjects than {SUBJECT >> 10} KiB, read in part"] += len(long)
    texts: list[bytes] = values.to_pylist()
    for index in long.tolist():
        text = texts[index]
        head = text[: most - ending].decode("utf-8", "ignore").encode()
        tail = text[len(text) - ending :].partition(b"\n")[2] if ending else b""
        texts[index] = head + "\n\n…\n\n".encode() + tail if tail else head + "…".encode()
    return pa.array(texts, pa.binary())


def strings(values: pa.Array) -> pa.Array:
    """Paths and hashes as text; a byte that is no UTF-8 becomes `\\xNN`, so that two paths never become one."""
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([value.decode("utf-8", "backslashreplace") for value in values.to_pylist()], pa.string())


def broken(value: bytes) -> bool:
    """Whether bytes are no UTF-8."""
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def lists(values: pa.Array) -> pa.Array:
    """Space-separated hashes as lists."""
    ends = np.frombuffer(values.buffers()[1], np.int32)[: len(values) + 1].astype(np.int64)
    data = values.buffers()[2].to_pybytes() if values.buffers()[2] else b""
    sizes = np.diff(ends)
    width = next((size for size in (40, 64) if (sizes[sizes > 0] % (size + 1) == size).all()), 0)
    if not width:
        raise ValueError("git printed parents of uneven width")
    counts = (sizes + 1) // (width + 1)
    offsets = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    hashes = np.frombuffer(data, np.uint8, int(ends[-1] - ends[0]), int(ends[0]))
    flat = hashes[hashes != ord(" ")].reshape(-1, width)
    return pa.ListArray.from_arrays(numbers(offsets, pa.int32()), fixed(flat, None))


def times(
    buffer: np.ndarray, starts: np.ndarray, lengths: np.ndarray, at: np.ndarray, who: str, counted: Counts
) -> tuple[pa.Array, pa.Array]:
    """(instants, minutes east of Greenwich) of the tokens `at`; an instant that cannot be read is null, and is counted.

    Git prints 0 for a date that it cannot hold, so 0 counts as unreadable too.
    """
    instants, minutes = np.zeros(len(at), np.int64), np.zeros(len(at), np.int16)
    usual = np.flatnonzero(lengths[at] == USUAL)
    letters = windows(buffer, starts[at[usual]], USUAL)
    digits = letters[:, [*range(10), *range(12, USUAL)]] - ord("0")
    plain = (digits < 10).all(axis=1) & (letters[:, 10] == ord(" ")) & np.isin(letters[:, 11], (ord("+"), ord("-")))
    usual, digits, letters = usual[plain], digits[plain].astype(np.int64), letters[plain]
    instants[usual] = digits[:, :10] @ (10 ** np.arange(9, -1, -1))
    east = (digits[:, 10] * 10 + digits[:, 11]) * 60 + digits[:, 12] * 10 + digits[:, 13]
    east[(east > 24 * 60) | (digits[:, 12] > 5)] = 0
    minutes[usual] = np.where(letters[:, 11] == ord("-"), -east, east)
    odd = np.ones(len(at), bool)
    odd[usual] = False
    for index in np.flatnonzero(odd).tolist():
        start = int(starts[at[index]])
        stamp, _, zone = buffer[start : start + int(lengths[at[index]])].tobytes().partition(b" ")
        try:
            seconds = int(stamp)
        except ValueError:
            seconds = 0
        instants[index] = seconds if 0 < seconds <= LAST else 0
        minutes[index] = offset(zone)
    missing = instants == 0
    if missing.any():
        counted["dates", f"{who} dates that cannot be read, taken as unknown"] += int(missing.sum())
    return numbers(instants * 1_000_000, STAMP, ~missing), numbers(minutes, pa.int16())


def offset(zone: bytes) -> int:
    """Minutes east of Greenwich for `+0530`; 0 for what is no time zone."""
    try:
        value = int(zone)
    except ValueError:
        return 0
    hours, minutes = divmod(abs(value), 100)
    total = hours * 60 + minutes
    return 0 if total > 24 * 60 or minutes > 59 else total if value >= 0 else -total


def changes_of(
    buffer: np.ndarray, starts: np.ndarray, lengths: np.ndarray, tokens: pa.Array, tails: np.ndarray, counts: np.ndarray,
    seqs: np.ndarray, counted: Counts,
) -> pa.Table:
    """The rows of the raw diffs, with moves put together: `counts` pairs of META and path from each token of `tails`."""
    total = int(counts.sum())
    if not total:
        return CHANGES.empty_table()
    owner = np.repeat(seqs, counts)
    # The token of each META: its commit's first, and two further for each row of that commit before it.
    before = np.repeat(np.cumsum(counts) - counts, counts)
    metas = np.repeat(tails, counts) + 2 * (np.arange(total) - before)
    opening = before == np.arange(total)
    width = int(lengths[metas[0]]) - 1
    if (lengths[metas] - opening != width).any():
        raise ValueError("git printed a raw diff of uneven width")
    matrix = windows(buffer, starts[metas] + opening, width)
    size = (width - 18) // 2
    old, new, status = matrix[:, 15 : 15 + size], matrix[:, 16 + size : 16 + 2 * size], matrix[:, width - 1]
    # Mode 160000 is a submodule: its hash names a commit of another repository, not a blob. All zeros is no blob at all.
    gone = ((matrix[:, 1] == ord("1")) & (matrix[:, 2] == ord("6"))) | (old == ord("0")).all(axis=1)
    fresh = ((matrix[:, 8] == ord("1")) & (matrix[:, 9] == ord("6"))) | (new == ord("0")).all(axis=1)

    def paths(rows: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
        named = tokens.take(numbers(metas[rows] + 1, pa.int64(), known))
        try:
            return named.cast(pa.string())
        except pa.ArrowInvalid:
            counted["paths", "bytes that are no UTF-8, written as \\xNN"] += sum(map(broken, named.to_pylist()))
            return strings(named)

    pairs = moves(owner, (status == ord("D")) & ~gone, (status == ord("A")) & ~fresh, old, new,
                  lambda rows: strings(tokens.take(numbers(metas[rows] + 1, pa.int64()))).to_pylist())
    if not pairs:
        return pa.Table.from_arrays(
            [numbers(owner, pa.int32()), fixed(status.reshape(-1, 1), None), paths(np.arange(total)),
             pa.nulls(total, pa.string()), fixed(old, gone), fixed(new, fresh)],
            schema=CHANGES,
        )
    out, came = np.array(pairs, np.int64).T
    status, gone, source = status.copy(), gone.copy(), np.full(total, -1)
    status[came], gone[came], source[came] = ord("R"), False, out
    old = old.copy()
    old[came] = old[out]
    kept = np.ones(total, bool)
    kept[out] = False
    left = np.flatnonzero(kept)
    return pa.Table.from_arrays(
        [numbers(owner[left], pa.int32()), fixed(status[left].reshape(-1, 1), None), paths(left),
         paths(np.maximum(source[left], 0), source[left] >= 0), fixed(old[left], gone[left]), fixed(new[left], fresh[left])],
        schema=CHANGES,
    )


def fixed(matrix: np.ndarray, missing: np.ndarray | None) -> pa.Array:
    """A column of strings that all have the matrix's width, without a Python object each."""
    rows, width = matrix.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    data = np.ascontiguousarray(matrix)
    known = None if missing is None else bits(~missing)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data), known)
