"""`muster.toml` as one record, and where the book is.

    sentence = "Made deploys independent of each other"
    team = "release-eng"
    repositories = ["../api"]
    [owner]
    name = "Noor Haddad"
    emails = ["noor@example.org"]
    [period]
    since = 2026-01-01
    until = 2026-06-30

Every key has a default, so an empty file is a valid one. A key that nothing reads is an error and not a shrug: a
misspelt `emials` would otherwise hide half a year of work.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from muster import fastlog
from muster.book import dates
from muster.model import MusterError

FILE = "muster.toml"
_LARGEST = 256 * 1024


class _SettingError(ValueError):
    """A value that its key does not take; says what was seen."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _SettingError(_shown(value))
    return " ".join(value.split())


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _SettingError(_shown(value))
    return tuple(dict.fromkeys(text for item in value if (text := " ".join(item.split()))))


def _emails(value: object) -> tuple[str, ...]:
    emails = tuple(text.lower() for text in _texts(value))
    for email in emails:
        if "@" not in email.strip("@"):
            raise _SettingError(f"{_shown(email)}, which has no @ in it")
    return emails


def _handles(value: object) -> tuple[str, ...]:
    return tuple(text.lstrip("@") for text in _texts(value))


def _since(value: object) -> date:
    return _day(value, 0)


def _until(value: object) -> date:
    return _day(value, 1)


def _day(value: object, end: int) -> date:
    """A day, or the first or last one of what a text names (`2026-03`, `2026H1`)."""
    found = dates.period(value) if isinstance(value, str | date) and not isinstance(value, datetime) else None
    if found is None:
        raise _SettingError(_shown(value))
    return found.until if end else found.since


def _folder(value: object) -> str:
    text = _text(value)
    if not text:
        raise _SettingError("an empty text")
    return text


def _numbers(value: object) -> Mapping[str, float]:
    if not isinstance(value, dict):
        raise _SettingError(_shown(value))
    for key, number in value.items():
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise _SettingError(f"{key} = {_shown(number)}")
    return MappingProxyType({str(key): float(value[key]) for key in sorted(value)})


def _sources(value: object) -> Mapping[str, Mapping[str, object]]:
    if not isinstance(value, dict):
        raise _SettingError(_shown(value))
    for key, table in value.items():
        if not isinstance(table, dict):
            raise _SettingError(f"{key} = {_shown(table)}")
    return MappingProxyType({str(key): MappingProxyType(dict(value[key])) for key in sorted(value)})


_TYPES: dict[Callable[[object], Any], tuple[str, str]] = {
    _text: ("text", '"…"'),
    _texts: ("list of texts", '["…", "…"]'),
    _emails: ("list of e-mail addresses", '["you@example.org"]'),
    _handles: ("list of handles", '["you"]'),
    _since: ("date", "2026-01-01"),
    _until: ("date", "2026-06-30"),
    _folder: ("folder", '"org"'),
    _numbers: ("table of numbers", "log-gap-weeks = 6"),
    _sources: ("table of a source's settings", "NAME = {folder = \"../reviews\"}"),
}


def _setting(key: str, read: Callable[[object], Any], default: Any, meaning: str, shown: str = "") -> Any:
    metadata = {"key": key, "read": read, "meaning": meaning, "shown": shown}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: MappingProxyType({}), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """What muster.toml says; each key's meaning and default is in SETTINGS_HELP."""

    name: str = _setting("owner.name", _text, "", "your name, as the packet shows it", "none; `muster init` takes git's user.name")
    emails: tuple[str, ...] = _setting(
        "owner.emails", _emails, (), "every address that you have committed with; one person", "none; `muster init` takes git's user.email"
    )
    handles: tuple[str, ...] = _setting(
        "owner.handles", _handles, (), "your names on hosting platforms, without the @", "none"
    )
    since: date | None = _setting("period.since", _since, None, "first day of the period", "a year before `until`")  # noqa: RUF009 - it is a field()
    until: date | None = _setting("period.until", _until, None, "last day of the period", "today")  # noqa: RUF009 - it is a field()
    level_from: str = _setting("level.from", _text, "Senior", "the level that you have")
    level_to: str = _setting("level.to", _text, "Staff", "the level that the case is for")
    team: str = _setting("team", _text, "", "your team, as the organisation's files call it", "found from them")
    organisation: str = _setting(
        "organisation", _folder, "org", "the folder with CODEOWNERS, OWNERS, catalog-info.yaml, teams.csv, people.csv"
    )
    repositories: tuple[str, ...] = _setting(
        "repositories", _texts, (), "git repositories to read, as paths from the book's folder", "none"
    )
    sources: Mapping[str, Mapping[str, object]] = _setting(
        "sources", _sources, {}, "settings of other connected sources, a table each: [sources.NAME]", "none"
    )
    sentence: str = _setting("sentence", _text, "", "the case in one sentence: the packet's first line", "none")
    ladder: str = _setting(
        "ladder", _text, "", "the ladder in whose words the case is read: a TOML file, as a path from the book's folder (docs/ladders.md)", "none"
    )
    confidential: tuple[str, ...] = _setting(
        "confidential", _texts, (), "words and host names that must not leave with a packet", "none"
    )
    thresholds: Mapping[str, float] = _setting(
        "thresholds", _numbers, {}, "numbers of rules that differ from their defaults; `muster explain CODE` names them", "none"
    )


def _help() -> Iterator[tuple[str, str, str, str]]:
    for one in fields(Settings):
        default = one.metadata["shown"] or (one.default if isinstance(one.default, str) else "none")
        yield one.metadata["key"], _TYPES[one.metadata["read"]][0], default, one.metadata["meaning"]


#: (key, type, default, meaning) of every setting, in the order in which muster.toml has them.
SETTINGS_HELP: tuple[tuple[str, str, str, str], ...] = tuple(_help())

_BY_KEY = {one.metadata["key"]: one for one in fields(Settings)}
_TABLES = sorted({key.partition(".")[0] for key in _BY_KEY if "." in key})


def find_book(start: Path | None = None) -> Path:
    """The folder of the nearest muster.toml, from `start` (default: here) upward; raises MusterError without one."""
    return Path(fastlog.find(None if start is None else str(start)))


def read_settings(root: Path) -> Settings:
    """The settings of a book; raises MusterError with line, key and what is allowed where one cannot be taken."""
    path = root / FILE
    try:
        if path.stat().st_size > _LARGEST:
            raise MusterError(str(path), "more than 256 KiB of settings", "Put lists of people and teams into org/ instead.")
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise MusterError(str(path), "no book here", "Make one: muster init") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise MusterError(f"{path}:{line}", "not UTF-8 text", "Save the file as UTF-8.") from None
    except OSError as error:
        raise MusterError(str(path), f"cannot be read: {error.strerror}", "See who may read the file: ls -l muster.toml") from None
    return parse_settings(text, str(path))


def parse_settings(text: str, where: str = FILE) -> Settings:
    """The settings that a TOML text gives; `where` names the file in errors."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        line = re.search(r"at line (\d+)", said)
        place = f"{where}:{line[1]}" if line else where
        raise MusterError(place, f"not TOML: {said[:160]}", "Mend that line; texts need quotes, dates do not.") from None
    except RecursionError:
        raise MusterError(where, "nested too deep", "Settings are a table of plain values; see docs/configuration.md") from None
    values: dict[str, Any] = {}
    for key, value in _flat(raw, text, where):
        one = _BY_KEY.get(key)
        if one is None:
            raise _unknown(key, text, where)
        kind, example = _TYPES[one.metadata["read"]]
        try:
            values[one.name] = one.metadata["read"](value)
        except _SettingError as wrong:
            typed = f"[{key}] {example}" if kind.startswith("table") else f"{key.rpartition('.')[2]} = {example}"
            raise MusterError(
                _place(where, text, key), f"`{key}` is {wrong}; it takes a {kind}", f"Write for example: {typed}"
            ) from None
    settings = Settings(**values)
    if settings.since and settings.until and settings.until < settings.since:
        raise MusterError(
            _place(where, text, "period.until"),
            f"the period ends ({settings.until}) before it begins ({settings.since})",
            "Swap `since` and `until`; both days are included.",
        )
    return settings


def _flat(raw: Mapping[str, object], text: str, where: str) -> Iterator[tuple[str, object]]:
    """Dotted keys and values; tables stay whole where one setting takes a table."""
    for key, value in raw.items():
        if key not in _TABLES:
            yield key, value
        elif not isinstance(value, dict):
            raise MusterError(
                _place(where, text, key), f"`{key}` is {_shown(value)}; it takes a table", f"Write [{key}] on a line of its own."
            )
        else:
            for inner, deep in value.items():
                yield f"{key}.{inner}", deep


def _unknown(key: str, text: str, where: str) -> MusterError:
    """The error for a key that nothing reads, with the nearest one and all that are allowed there."""
    table, _, last = key.rpartition(".")
    here = [known for known in _BY_KEY if known.rpartition(".")[0] == table] + ([] if table else _TABLES)
    elsewhere = [known for known in _BY_KEY if known.rpartition(".")[2] == last]
    near = elsewhere or difflib.get_close_matches(key, [*_BY_KEY, *_TABLES], n=1, cutoff=0.6)
    if not near:
        ends = {known.rpartition(".")[2]: known for known in _BY_KEY}
        near = [ends[end] for end in difflib.get_close_matches(last, list(ends), n=1, cutoff=0.6)]
    hint = f"Did you mean `{near[0]}`? " if near else ""
    allowed = ", ".join(known.rpartition(".")[2] for known in here)
    inside = f"in [{table}]" if table else "at the top"
    return MusterError(_place(where, text, key), f"unknown key `{key}`", f"{hint}Allowed {inside}: {allowed}.")


def _place(where: str, text: str, key: str) -> str:
    """`FILE:LINE` of a key, as far as a plain look at the lines finds it."""
    table, _, last = key.rpartition(".")
    current = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\s*\[+\s*([\w.\"'-]+)\s*\]+", line):
            current = header[1].strip("\"'")
            if current == key:
                return f"{where}:{number}"
        elif found := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            typed = found[1].replace('"', "").replace("'", "")
            if (current == table and typed == last) or (not current and typed == key):
                return f"{where}:{number}"
    return where


def _shown(value: object) -> str:
    """A value as a message shows it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    text = " ".join(str(value).split())
    text = text if len(text) <= 60 else text[:59] + "…"
    return f'"{text}"' if isinstance(value, str) else text
