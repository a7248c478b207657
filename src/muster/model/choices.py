"""What the owner decided about evidence and undertakings: as it was written down, and put to the evidence that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Verb(StrEnum):
    """What a choice does to what it names."""

    KEEP = "keep"  # seen, and to be used
    DROP = "drop"  # in none of the person's undertakings
    TIE = "tie"  # belongs where another piece is, or backs a claim
    MERGE = "merge"  # the undertakings that hold these are one
    SPLIT = "split"  # these make an undertaking of their own
    NAME = "name"  # the undertaking that holds this is called so


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of choices.txt: what it does, the ids as they were typed, and where to or what name."""

    verb: Verb
    ids: tuple[str, ...]
    to: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Choices:
    """All of them in the order of their lines, and the day up to which the inbox was looked through."""

    made: tuple[Choice, ...] = ()
    seen: date | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """The choices put to the evidence that is there: every id is one of evidence, in full.

    `states` holds what was decided about a piece (keep, drop or tie). `ties` lead from a piece to one of the undertaking
    that it belongs to; `claims` lead from a claim's path to what the owner tied to it. `names` lead from a piece to the
    title of its undertaking.
    """

    states: Mapping[str, Verb] = field(default_factory=dict)
    ties: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    merged: tuple[tuple[str, ...], ...] = ()
    split: tuple[tuple[str, ...], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    seen: date | None = None

    def dropped(self, id_: str) -> bool:
        """Whether the owner left that piece out."""
        return self.states.get(id_) is Verb.DROP
