"""How much of two texts is the same, as `git log -M` counts it: the share of the larger one's bytes that both have."""

from __future__ import annotations

from collections import Counter

#: The least share of bytes of one file that moved.
LEAST = 0.5
#: Text is compared in lines, long ones in pieces of so many bytes.
PIECE = 64
#: With more bytes in long lines than this nobody wrote a text, and it is compared by whole lines only.
LONGEST = 1 << 18


class Told:
    """A text by its pieces, taken apart when first asked for."""

    __slots__ = ("_lines", "_long", "_pieces", "content", "size")

    def __init__(self, content: bytes) -> None:
        """Only the size is looked at here."""
        self.content, self.size = content, len(content)
        self._lines: Pieces | None = None
        self._pieces: Pieces | None = None
        self._long = -1

    @property
    def lines(self) -> Pieces:
        """How often each line occurs."""
        if self._lines is None:
            self._lines = Pieces(Counter(self.content.split(b"\n")))
            self.content = b""
        return self._lines

    @property
    def long(self) -> int:
        """The bytes of lines that are longer than a piece."""
        if self._long < 0:
            self._long = sum(len(line) * count for line, count in self.lines.counts.items() if len(line) > PIECE)
        return self._long

    @property
    def pieces(self) -> Pieces:
        """How often each line occurs, long ones in pieces."""
        if self._pieces is None:
            found: list[bytes] = []
            for line, count in self.lines.counts.items():
                found += [line[at : at + PIECE] for at in range(0, len(line) + 1, PIECE)] * count
            self._pieces = Pieces(Counter(found))
        return self._pieces


class Pieces:
    """How often pieces occur in a text, and which do more than once."""

    __slots__ = ("counts", "often", "total")

    def __init__(self, counts: Counter[bytes]) -> None:
        """Given how often each occurs."""
        self.counts = counts
        self.often = {piece: count for piece, count in counts.items() if count > 1}
        self.total = counts.total()

    def shared(self, other: Pieces, ends: int) -> int:
        """The bytes of the pieces that both have; one that is shorter than `ends` counts a byte more."""
        both = self.counts.keys() & other.counts.keys()
        found = sum(map(len, both)) + (len(both) if ends > 1 << 30 else sum(len(piece) < ends for piece in both))
        few, many = (self.often, other.often) if len(self.often) < len(other.often) else (other.often, self.often)
        for piece, count in few.items():
            if piece in many:
                found += (len(piece) + (len(piece) < ends)) * (min(count, many[piece]) - 1)
        return found


def told(content: bytes | None) -> Told | None:
    """A text; None where it is not here or empty."""
    return Told(content) if content else None


def alike(one: Told | None, two: Told | None) -> float:
    """The share of the larger text's bytes that both have."""
    if one is None or two is None:
        return 0.0
    size = max(one.size, two.size)
    if min(one.size, two.size) * 2 < size:
        return 0.0
    shared = one.lines.shared(two.lines, 1 << 31)
    if shared * 2 < size <= (shared + min(one.long, two.long)) * 2 and max(one.long, two.long) < LONGEST and one.size > PIECE * one.lines.total // 2 \
            and two.size > PIECE * two.lines.total // 2:
        shared = one.pieces.shared(two.pieces, PIECE)
    return shared / size
