"""What `--format json` prints: one document a command, with the name and version of its schema in `schema`.

A version changes when something that was there is gone or means something else; a new field leaves it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from muster.model import Checked, Ladder, Period, Rehearsal, Signal, Skipped, SourceState, Thread
from muster.packet.against import Comparison
from muster.people.pairs import Pair
from muster.syncing import Synced
from muster.visit.inbox import Group
from muster.visit.people import Program
from muster.visit.week import Visit


@dataclass(frozen=True, slots=True)
class Check:
    """`muster check`: what came of each rule, and what was not taken."""

    schema: str
    period: Period
    checked: tuple[Checked, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Threads:
    """`muster threads`: the undertakings of the period."""

    schema: str
    period: Period
    threads: tuple[Thread, ...]


@dataclass(frozen=True, slots=True)
class Signals:
    """`muster signals`: every measure in every period."""

    schema: str
    period: Period
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """`muster room`: every question with its answer, what is connected, and the ladder whose criteria map to the questions."""

    schema: str
    period: Period
    rehearsal: Rehearsal
    connected: tuple[SourceState, ...]
    ladder: Ladder | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """`muster query`: the names of the columns, and the rows."""

    schema: str
    columns: list[str]
    rows: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Inbox:
    """`muster inbox`: what came onto the record in the period, by undertaking; `seen` is the day of the last look."""

    schema: str
    period: Period
    seen: date | None
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """`muster week`: a week's lines, moves and open items."""

    schema: str
    week: Visit


@dataclass(frozen=True, slots=True)
class People:
    """`muster people`: how many people there are, the pairs of ids that may be one person, and who is taken for a program."""

    schema: str
    people: int
    pairs: tuple[Pair, ...]
    programs: tuple[Program, ...]


@dataclass(frozen=True, slots=True)
class Sync:
    """`muster sync`: what is connected, how fresh, what it cannot show, and what could be connected."""

    schema: str
    synced: Synced


@dataclass(frozen=True, slots=True)
class Against:
    """`muster room --against`: submitted cases side by side, question by question."""

    schema: str
    comparison: Comparison


#: Each printed document under the name of its command; `packet` has a schema of its own in `packet.json`.
DOCUMENTS: dict[str, type] = {
    "check": Check, "threads": Threads, "signals": Signals, "room": Room, "query": Query, "inbox": Inbox, "week": Week,
    "against": Against, "sync": Sync, "people": People,
}  # fmt: skip


def document(name: str, **content: object) -> str:
    """The document of a command as indented JSON, keys in a stable order."""
    made = DOCUMENTS[name](schema=f"muster.{name}/1", **content)
    return msgspec.json.format(msgspec.json.encode(made, order="deterministic"), indent=2).decode()


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a command's document."""
    found = msgspec.json.schema(DOCUMENTS[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"muster.{name}/1", **found}
