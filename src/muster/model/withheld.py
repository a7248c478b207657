"""What must not leave with a packet, what was withheld from one, and the proofs that a book keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Marked:
    """A name, term or host that the owner marked confidential, and where: `confidential.txt:3`, `muster.toml:12`.

    What is said of it names the place, never the text.
    """

    text: str
    where: str


@dataclass(frozen=True, slots=True, order=True)
class Withheld:
    """How many fields a packet withholds for one reason. Equal fields count once, however often the packet has them."""

    why: str
    fields: int


class Held(StrEnum):
    """How a kept proof compares with what was first recorded of it."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    UNRECORDED = "not recorded"  # neither the journal nor a commit has seen it, so nothing can be compared


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """A file in keep/: what became of it, and what first recorded it (`journal.jsonl:12`, `commit of 2026-06-17`, or "")."""

    path: str
    held: Held
    first: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Break:
    """A place where the journal's chain does not hold, and how. `certain` is false where a clock that was set back would do."""

    where: str
    how: str
    certain: bool = True
