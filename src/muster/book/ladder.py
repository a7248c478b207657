"""A ladder as a TOML file in the book, which `ladder = "ladders/NAME.toml"` in muster.toml names.

    name = "Engineering ladder of Larkspur"
    source = "Larkspur's handbook"
    url = "https://example.org/ladder"

    [[criterion]]
    name = "Multiplies others"
    says = "Others do better work because of them."
    questions = ["managers/who_outside", "peers/pattern"]
    signals = ["lift", "reach.people_outside"]
    behaviors = ["lifts-others"]

`muster explain SEAT` has the names of a seat's questions, `muster signals` those of what is measured. A name that is none
is an error that says its line and the nearest one: a criterion that nothing answers must not look answered.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from muster.model import Criterion, Ladder, MusterError

_LARGEST = 256 * 1024
_TOP = {"name", "source", "url", "criterion"}
_KEYS = {"name", "says", "questions", "signals", "behaviors"}


def read_ladder(path: Path, shown: str, questions: Collection[str], signals: Collection[str]) -> Ladder:
    """The ladder of a file; `shown` is how errors name it. Raises MusterError, with the line, where it cannot be used.

    `questions` and `signals` are the names that it may use.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise MusterError(shown, "more than 256 KiB", "A ladder is a page of criteria; leave its prose where it is.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise MusterError(shown, "not UTF-8 text", "Save the file as UTF-8.") from None
    except OSError as error:
        raise MusterError(shown, f"cannot be read: {error.strerror}", 'See `ladder = "…"` in muster.toml; the path is seen from there.') from None
    return parse_ladder(text, shown, questions, signals)


def parse_ladder(text: str, shown: str, questions: Collection[str], signals: Collection[str]) -> Ladder:
    """The ladder of a TOML text; see `read_ladder`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise MusterError(f"{shown}:{line[1]}" if line else shown, f"not TOML: {str(error)[:160]}", "Mend that line; texts need quotes.") from None
    except RecursionError:
        raise MusterError(shown, "nested too deep", "A ladder is a list of [[criterion]] tables; see docs/ladders.md") from None
    place = _Places(text, shown)
    _known(raw, _TOP, place, 0, "at the top")
    rows = raw.get("criterion")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise MusterError(shown, "it has no criteria", "Write [[criterion]] and below it name = \"…\" and questions = [\"…\"].")
    criteria: list[Criterion] = []
    for number, row in enumerate(rows, 1):
        _known(row, _KEYS, place, number, "in [[criterion]]")
        name = _one(row, "name", place, number)
        if not name:
            raise MusterError(place.of("name", number), f"criterion {number} has no name", 'Write name = "…" in the ladder\'s own words.')
        if any(name.casefold() == other.name.casefold() for other in criteria):
            raise MusterError(place.of(name, number), f"two criteria are called “{name}”", "Put them together, or name them apart.")
        asked, seen = _many(row, "questions", place, number), _many(row, "signals", place, number)
        for word, among, what, where in (
            *((word, questions, "question", "`muster explain SEAT` lists them") for word in asked),
            *((word, signals, "signal", "`muster signals` lists them") for word in seen),
        ):
            if word not in among:
                raise _no_such(word, among, what, where, place.of(word, number), name)
        if not asked and not seen:
            raise MusterError(
                place.of(name, number), f"nothing speaks to “{name}”: it has neither questions nor signals",
                'Name at least one: questions = ["skeptic/impact"]; or leave the criterion out.',
            )  # fmt: skip
        criteria.append(Criterion(name, _one(row, "says", place, number), asked, seen, _many(row, "behaviors", place, number)))
    title = _one(raw, "name", place, 0)
    if not title:
        raise MusterError(shown, "the ladder has no name", 'Write name = "…" at the top.')
    return Ladder(title, _one(raw, "source", place, 0), _one(raw, "url", place, 0), tuple(criteria))


class _Places:
    """Lines of a ladder, as far as a plain look finds them."""

    def __init__(self, text: str, shown: str) -> None:
        self.shown = shown
        self.blocks: list[list[tuple[int, str]]] = [[]]
        for number, line in enumerate(text.splitlines(), 1):
            if re.match(r"\s*\[\[\s*criterion\s*\]\]", line):
                self.blocks.append([])
            self.blocks[-1].append((number, line))

    def of(self, word: str, block: int) -> str:
        """`FILE:LINE` of a word in a criterion, by its number; 0 is what stands before the first."""
        rows = self.blocks[block] if block < len(self.blocks) else []
        form = re.compile(rf"(?<![\w/.]){re.escape(word)}(?![\w/.])")
        found = next((number for number, line in rows if form.search(line.partition("#")[0] if '"' not in line else line)), rows[0][0] if rows else 0)
        return f"{self.shown}:{found}" if found else self.shown


def _known(row: dict[str, Any], keys: set[str], place: _Places, block: int, where: str) -> None:
    for key in row:
        if key not in keys:
            near = difflib.get_close_matches(key, sorted(keys), 1, 0.5)
            hint = f"Did you mean `{near[0]}`? " if near else ""
            raise MusterError(place.of(key, block), f"unknown key `{key}`", f"{hint}Allowed {where}: {', '.join(sorted(keys))}.")


def _one(row: dict[str, Any], key: str, place: _Places, block: int) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise MusterError(place.of(key, block), f"`{key}` takes a text", f'Write for example: {key} = "…"')
    return " ".join(value.split())


def _many(row: dict[str, Any], key: str, place: _Places, block: int) -> tuple[str, ...]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise MusterError(place.of(key, block), f"`{key}` takes a list of texts", f'Write for example: {key} = ["…", "…"]')
    return tuple(dict.fromkeys(" ".join(one.split()) for one in value))


def _no_such(word: str, among: Collection[str], what: str, where: str, place: str, criterion: str) -> MusterError:
    near = difflib.get_close_matches(word, sorted(among), 3, 0.5)
    tails = [one for one in sorted(among) if one.rpartition("/")[2] == word.rpartition("/")[2]] if "/" in word or what == "question" else []
    found = list(dict.fromkeys([*tails, *near]))[:3]
    hint = f"Did you mean {' or '.join(f'`{one}`' for one in found)}? " if found else ""
    return MusterError(place, f"“{criterion}”: there is no {what} `{word}`", f"{hint}{where[0].upper() if where[0] != '`' else where[0]}{where[1:]}.")
