"""One file per source: read raw, parse to evidence. A source knows no other source and no book.

A source's module has `SOURCE` (its name, without a colon), a dataclass `Settings`, `fetch(settings, root)` that yields
raw records, and a pure `parse(raw)` that gives one `Evidence` or raises `ValueError`. A book connects it by a table
`[sources.NAME]` in muster.toml. git alone gives columns instead, because histories are long (see `git.harvest`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec

from muster.model import Evidence, MusterError, Skipped
from muster.registry import modules

#: Reasons for skipping that are listed one by one; the rest are counted together.
LISTED = 50


def names() -> tuple[str, ...]:
    """Names of the sources that a book can connect by a table of settings."""
    return tuple(module.SOURCE for module in modules("sources", "SOURCE") if hasattr(module, "parse"))


def gather(name: str, settings: Mapping[str, object], root: Path) -> tuple[tuple[Evidence, ...], tuple[Skipped, ...]]:
    """What a source gives, in the order in which it gives it, each id once; and what was not taken, with the reason.

    `settings` is its table in muster.toml, and `root` the book's folder, from which its paths are seen. A record that
    cannot be parsed stops no other. Raises MusterError where there is no such source, a setting is wrong, or the source
    cannot be reached.
    """
    module = next((one for one in modules("sources", "SOURCE") if name == one.SOURCE and hasattr(one, "parse")), None)
    place = f"muster.toml: [sources.{name}]"
    if module is None:
        known = ", ".join(names()) or "none is installed but git, which `repositories` connects"
        raise MusterError(place, "there is no such source", f"Sources: {known}.")
    try:
        chosen = msgspec.convert(dict(settings), module.Settings)
    except msgspec.ValidationError as error:
        wanted = ", ".join(field.name for field in msgspec.structs.fields(module.Settings)) if issubclass(
            module.Settings, msgspec.Struct
        ) else ", ".join(module.Settings.__dataclass_fields__)
        raise MusterError(place, str(error), f"Settings of this source: {wanted}.") from None
    found: dict[str, Evidence] = {}
    wrong: Counter[tuple[str, str]] = Counter()
    try:
        for number, raw in enumerate(module.fetch(chosen, root), 1):
            try:
                piece = module.parse(raw)
            except ValueError as error:
                listed = sum(wrong.values()) < LISTED
                wrong[(f"{name}: record {number}" if listed else f"{name}: more records", str(error) if listed else "not read")] += 1
            else:
                found.setdefault(piece.id, piece)
    except OSError as error:
        raise MusterError(place, f"cannot be read: {error}", "Mend the path there, or take the table out.") from None
    return tuple(found.values()), tuple(Skipped(where, reason, count) for (where, reason), count in wrong.items())
