"""One file per source: read raw, parse to evidence. A source knows no other source and no book.

A source's module has `SOURCE` (its name, without a colon), a frozen dataclass `Settings`, `fetch` and a pure `parse(raw)` that
gives one `Evidence`, or several pieces of `Evidence`, `Account` and `Skipped`, or raises `ValueError`. A book connects it by a
table `[sources.NAME]` in muster.toml.

- A source whose record lies on this machine is read anew each time: `fetch(settings, root)` yields its raw records, and
  `Skipped` for what it could not take.
- A source whose record lies elsewhere says `KEPT = True`: `fetch(settings, root, kept, tell)` brings what is new into `kept`
  and is called by `muster sync` alone; everything else reads what was kept, and needs no network. What was kept and is
  no longer asked for (another project's) is left out where `wants(settings, raw)` says so. Where parsing needs settings
  (a calendar's days), `replay(settings, kept)` gives the records in place of that, with what is asked of each.
- A source that reaches the same records another way (a mailbox on a server, files of one) says `SAME_AS = "mail"`: its
  evidence is of that source and under its ids, so that what both have is one.

Of two raw records that speak of one piece of evidence the first stands; a source that has `join(first, later)` makes one of
both with it, and one that has `settle(evidence)` gives those pieces anew that others complete.

`GIVES` names what sorts of record it connects (of `SORTS`). `SHOWS` and `BLIND` say in a line what it shows and what it cannot,
`QUESTIONS` the questions of the room that it helps to answer. git alone gives columns instead, because histories are long
(see `git.harvest`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from muster.model import Account, Evidence, MusterError, Skipped
from muster.registry import modules
from muster.sources._kept import Kept, clean, path_of

#: Reasons for skipping that are listed one by one; the rest are counted together.
LISTED = 50

#: What sorts of record a source can connect.
SORTS = ("pull-requests", "issues", "messages", "calendar", "incidents", "documents", "org")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a source gave: evidence in its order, each id once; the accounts that it knows; what was not taken, and why.

    `synced` is when it was last brought up to date; None for a source that is read anew each time. `blind` is what it cannot show.
    """

    evidence: tuple[Evidence, ...] = ()
    accounts: tuple[Account, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    synced: datetime | None = None
    blind: str = ""


def names() -> tuple[str, ...]:
    """Names of the sources that a book can connect by a table of settings."""
    return tuple(module.SOURCE for module in modules("sources", "SOURCE") if hasattr(module, "parse"))


def gather(name: str, settings: Mapping[str, object], root: Path) -> Gathered:
    """What a source gives, from what is on this machine alone: nothing here asks anybody anything.

    `settings` is its table in muster.toml, and `root` the book's folder, from which its paths are seen. A record that
    cannot be parsed stops no other. Raises MusterError where there is no such source, a setting is wrong, or the source
    cannot be read.
    """
    module = module_of(name)
    chosen = settings_of(module, settings)
    if not kept(module):
        try:
            return gathered(module, ((f"{name}: record {number}", raw) for number, raw in enumerate(module.fetch(chosen, root), 1)))
        except OSError as error:
            raise MusterError(place_of(name), f"cannot be read: {error}", "Mend the path there, or take the table out.") from None
    with Kept(path_of(root, name), reading=True) as store:
        wants = getattr(module, "wants", lambda *_: True)
        replay = getattr(module, "replay", None)
        raws = replay(chosen, store) if replay else (raw for raw in store.items() if wants(chosen, raw))
        found = gathered(module, ((f"{name}: {raw.key}", raw) for raw in raws if raw.body))  # none: it is gone there
        synced, missed = store.synced, store.missed
    notes = () if synced else (f"not brought to its end yet; type: muster sync {name}",)
    return replace(found, skipped=(*missed, *found.skipped), notes=(*found.notes, *notes), synced=synced)


def gathered(module: ModuleType, raws: Iterable[tuple[str, object]]) -> Gathered:
    """What `parse` makes of (place, raw record); what it cannot make anything of is counted, with its reason."""
    evidence: dict[str, Evidence] = {}
    accounts: dict[str, Account] = {}
    wrong: Counter[tuple[str, str]] = Counter()
    join = getattr(module, "join", None)

    def skip(where: str, reason: str, count: int = 1) -> None:
        where, reason = clean(where), clean(" ".join(reason.split())[:200]) or "cannot be read"
        listed = len(wrong) < LISTED or (where, reason) in wrong
        wrong[(where, reason) if listed else (f"{module.SOURCE}: more records", "not read")] += count

    for where, raw in raws:
        if isinstance(raw, Skipped):
            skip(raw.where, raw.reason, raw.count)
            continue
        try:
            made = list(pieces(module.parse(raw)))
        except ValueError as error:
            skip(where, str(error))
            continue
        except RecursionError:
            skip(where, "nested too deep")
            continue
        for piece in made:
            if isinstance(piece, Skipped):
                skip(piece.where, piece.reason, piece.count)
            elif isinstance(piece, Account):
                accounts.setdefault(piece.id, piece)
            elif piece.id in evidence:
                # Of two records that speak of one thing the first stands, unless the source can make one of both.
                evidence[piece.id] = join(evidence[piece.id], piece) if join else evidence[piece.id]
            else:
                evidence[piece.id] = piece
    if settle := getattr(module, "settle", None):
        evidence.update((piece.id, piece) for piece in list(settle(evidence.values())))
    skipped = tuple(Skipped(where, reason, count) for (where, reason), count in wrong.items())
    return Gathered(tuple(evidence.values()), tuple(accounts.values()), skipped, gives=tuple(getattr(module, "GIVES", ())), blind=getattr(module, "BLIND", ""))


def kept(module: ModuleType) -> bool:
    """Whether a source's record lies elsewhere, so that it is brought here by `muster sync` and kept."""
    return bool(getattr(module, "KEPT", False))


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
    """A source's settings as its own record; MusterError where one is wrong, missing or unknown, or a token."""
    place, fields = place_of(module.SOURCE), tuple(module.Settings.__dataclass_fields__)
    given = {key.replace("-", "_"): value for key, value in settings.items()}
    known = ", ".join(field.replace("_", "-") for field in fields)
    for key in sorted(given.keys() - set(fields)):
        if re.search(r"token|password|passwd|secret|api_?key|credential", key, re.IGNORECASE):
            raise MusterError(
                place, f"`{key}`: a book holds no tokens or passwords, because books are shared",
                "Take it out, make a new one, and store that in the keyring: docs/sources.md says how.",
            )
        raise MusterError(place, f"unknown key `{key}`", f"Settings of this source: {known}.")
    try:
        return msgspec.convert(given, module.Settings)
    except ValueError as error:  # msgspec's own is one too
        raise MusterError(place, str(error), f"Settings of this source: {known}.") from None


def pieces(parsed: object) -> Iterator[Evidence | Account | Skipped]:
    """What `parse` gave, piece by piece."""
    if isinstance(parsed, Evidence | Account | Skipped):
        yield parsed
    elif parsed is not None:
        yield from parsed  # type: ignore[misc]
