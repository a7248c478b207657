"""One file per source: read raw, parse to evidence. A source knows no other source and no book.

A source's module has `SOURCE` (its name, without a colon), a dataclass `Settings`, `fetch` and a pure `parse(raw)` that
gives one `Evidence`, or several pieces of `Evidence` and `Account`, or raises `ValueError`. A book connects it by a table
`[sources.NAME]` in muster.toml.

- A source whose record lies on this machine is read anew each time: `fetch(settings, root)` yields its raw records.
- A source whose record lies elsewhere says `KEPT = True`: `fetch(settings, root, kept, tell)` brings what is new into `kept`
  and is called by `muster sync` alone; everything else reads what was kept, and needs no network.

`GIVES` names what sorts of record it connects (of `SORTS`). git alone gives columns instead, because histories are long
(see `git.harvest`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from muster.model import Account, Evidence, MusterError, Skipped
from muster.registry import modules

#: Reasons for skipping that are listed one by one; the rest are counted together.
LISTED = 50

#: What sorts of record a source can connect.
SORTS = ("pull-requests", "issues", "messages", "calendar", "incidents", "documents", "org")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a source gave: evidence in its order, each id once; the accounts that it knows; what was not taken, and why.

    `synced` is when it was last brought up to date; None for a source that is read anew each time.
    """

    evidence: tuple[Evidence, ...] = ()
    accounts: tuple[Account, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    synced: datetime | None = None


def names() -> tuple[str, ...]:
    """Names of the sources that a book can connect by a table of settings."""
    return tuple(module.SOURCE for module in modules("sources", "SOURCE") if hasattr(module, "parse"))


def gather(name: str, settings: Mapping[str, object], root: Path) -> Gathered:
    """What a source gives, from what is on this machine alone.

    `settings` is its table in muster.toml, and `root` the book's folder, from which its paths are seen. A record that
    cannot be parsed stops no other. Raises MusterError where there is no such source, a setting is wrong, or the source
    cannot be reached.
    """
    module = module_of(name)
    chosen = settings_of(module, settings)
    evidence: dict[str, Evidence] = {}
    accounts: dict[str, Account] = {}
    wrong: Counter[tuple[str, str]] = Counter()
    try:
        for number, raw in enumerate(module.fetch(chosen, root), 1):
            try:
                for piece in pieces(module.parse(raw)):
                    if isinstance(piece, Account):
                        accounts.setdefault(piece.id, piece)
                    else:
                        evidence.setdefault(piece.id, piece)
            except ValueError as error:
                listed = sum(wrong.values()) < LISTED
                wrong[(f"{name}: record {number}" if listed else f"{name}: more records", str(error) if listed else "not read")] += 1
    except OSError as error:
        raise MusterError(place_of(name), f"cannot be read: {error}", "Mend the path there, or take the table out.") from None
    skipped = tuple(Skipped(where, reason, count) for (where, reason), count in wrong.items())
    return Gathered(tuple(evidence.values()), tuple(accounts.values()), skipped, gives=tuple(getattr(module, "GIVES", ())))


def place_of(name: str) -> str:
    """Where a source is connected, as errors name it."""
    return f"muster.toml: [sources.{name}]"


def module_of(name: str) -> ModuleType:
    """The module of a source; MusterError where there is none of that name."""
    module = next((one for one in modules("sources", "SOURCE") if name == one.SOURCE and hasattr(one, "parse")), None)
    if module is None:
        known = ", ".join(names()) or "none is installed but git, which `repositories` connects"
        raise MusterError(place_of(name), "there is no such source", f"Sources: {known}.")
    return module


def settings_of(module: ModuleType, settings: Mapping[str, object]) -> Any:
    """A source's settings as its own record; MusterError where one is wrong or missing."""
    try:
        return msgspec.convert(dict(settings), module.Settings)
    except msgspec.ValidationError as error:
        wanted = ", ".join(field.name for field in msgspec.structs.fields(module.Settings)) if issubclass(
            module.Settings, msgspec.Struct
        ) else ", ".join(module.Settings.__dataclass_fields__)
        raise MusterError(place_of(module.SOURCE), str(error), f"Settings of this source: {wanted}.") from None


def pieces(parsed: object) -> Iterator[Evidence | Account]:
    """What `parse` gave, piece by piece."""
    if isinstance(parsed, Evidence | Account):
        yield parsed
    elif parsed is not None:
        yield from parsed  # type: ignore[misc]
