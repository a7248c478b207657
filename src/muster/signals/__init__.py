"""Signals: what is measured over a person's evidence, each signal one SQL file in this folder, run as it stands.

`load` makes the derived tables in the lake's engine, `measure` runs every file, `describe` gives a file's header for
reading. A new signal is one new file `NAME.sql`; its header says:

    -- question: what somebody wants to know
    -- counts: what is counted
    -- excludes: what is left out, and why
    -- measure: NAME, UNIT[, from areas|from teams][, needs SOURCE]: what it is        (one line each; SOURCE of `NEEDS`)
    -- empty: why there may be nothing to measure                                      (optional)
    -- cannot see: what the connected sources cannot show
    -- source: the paper, standard or section of the design that it follows

Its rows are (period, measure, unit, value, low, high, ids), one for every period and measure; `value` is NULL where it
cannot be known, and `ids = array_sort(array_agg(DISTINCT id))` are the pieces of evidence that it was computed from.
A measure that needs a source which is not connected is unknown whatever the SQL says, never 0.

The SQL is the subset that DuckDB and Spark read alike: `e0` on float literals, `CAST(SUM(...) AS BIGINT)` for whole
numbers, UTC, no QUALIFY, no lambdas, no joins of two small tables on an inequality. Two functions come from the prelude:
`days_between(a, b)` (days as a double, below zero where b is earlier) and `local_hour(ts, tz_minutes)` (0 to 23).

Tables of the lake: `evidence`, `change`, `participant`, `person` (see lake.py). Derived tables:

- subject(person): whose evidence it is.
- period(label, since, until): "case" and half-years such as "2026H1", which end with the case where it cuts them off;
  `until` is excluded.
- mine(id, source, kind, origin, title, happened_at, recorded_at, tz_minutes, paths, merge, bulk): the subject's own
  evidence of every date, as actor or co-author; `paths` counts the distinct paths that it touched.
- touch(id, path, kind, area, team, own, basis): areas of the subject's changes in the periods, a row for each path and
  owning team ('' where none is known); `own` is NULL where unknown; `kind` as in paths.py.
- link(src, dst, kind, reason, happened_at, actor, dst_actor, own, bot, outside, team): `happened_at`, `actor` and `bot`
  are of the later record `src`; `own` says that it is the subject's; `outside` and `team` are of whoever is not the
  subject at either end, at that date, and NULL where a team is unknown.
- standing(id, person, manages, function, seat): of the records `src` of others in link, whether their actor managed anybody that
  day, what they were there for, and which seat they would sit in ("manager", "skip-level", "managers", "cross-functional", or
  ''), by the organisation's own files; empty where these tell neither managers nor functions.
- thread(id, title, since, until, began, foresight, has_artifact, basis), member(thread, id, beat): undertakings and
  their evidence, `beat` one of problem, did, changed and ''.
- active(period, thread, id): what the subject did for which undertaking in which period.
- helped(id, person, role, happened_at, outside, team): others' changes that the subject reviewed, acknowledged, tested,
  landed (also by merging the pull request) or co-authored; `outside` and `team` are of `person`, whose change it is.
- worked_with(person, id, happened_at): whoever reviewed, landed, merged or co-wrote the subject's changes, or the other
  way round, with each record that shows it.
- life(life, id, origin, path, kind, actor, mine, born, ended, ended_id, last, lost): lifetimes of files on the main line of
  history (see life.py), `id` the commit that added it, `path` its last one, `last` the newest record of that origin; `lost`
  says that it went on after `ended` where it is not known.
- written(id, origin, path, kind, mine, born, ended, last, lines): lines of code and documents that came to the main line, in
  groups; `id` the commit that wrote them, `ended` NULL where they still stood when they were `last` seen. Bulk commits',
  sweeps' and bots' are left out. Empty where line histories were not computed, as is the next one.
- rewritten(id, kind, happened_at, own, lines): how many lines of the subject's commit `id`, come to the main line by then, a
  later commit changed or removed; `own` says that the later commit is the subject's too.
- built_on(life, id, actor, happened_at, linked): others' later changes to the files that the subject added; `linked` says
  that a builds-on link has it too, which a typo, a version bump or a sweep over many files has not.
- refused(id, words, kind, happened_at): others' issues that the subject closed as not planned and others' pull requests that
  they closed unmerged, `words` a comment of theirs beside it.
- meeting(id, happened_at, minutes, answer): meetings that the subject was asked to or called; `answer` one of accepted,
  declined, tentative and unanswered.
- page(id, happened_at): times that the subject was paged.
- entry(id, type, happened_at, recorded_at, outcome, numbers, bound, reproduced): the book's entries; `numbers`, `bound`
  and `reproduced` count the quantities of a claim, those bound to data, and those that the data could be read for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from muster.model import Basis, Signal

if TYPE_CHECKING:
    import duckdb

    from muster.links import View
    from muster.signals.tables import load

__all__ = ["Header", "Measure", "describe", "header", "load", "measure", "names", "run", "signals", "sql"]



def __getattr__(name: str) -> Any:
    """`load`, once it is asked for: what explains a signal needs no engine, and loading one takes half a second."""
    if name == "load":
        from muster.signals import tables

        return tables.load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_MEASURE = re.compile(r"(?P<name>\w+), (?P<unit>[^,:]+)(?P<flags>(?:, [^,:]+)*): (?P<text>.+)")


#: What a measure can need, and what is said where it is not there.
NEEDS: Mapping[str, str] = {
    "book": "no book is connected",
    "calendar": "no calendar is connected",
    "pull-requests": "pull requests are not connected",
    "history": "a repository is a shallow clone, so who came first is not on record",
    "incidents": "no incident record is connected",
    "managers": "no connected file says who manages whom",
    "teams": "no file of the organisation says who owns what",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a signal as its file's header declares it.

    `rests_on` is "areas", "teams" or "" (whose basis the measure takes on), `needs` a source without which it is unknown.
    """

    name: str
    unit: str
    text: str
    rests_on: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """What a signal's file says about itself."""

    name: str
    question: str
    counts: str
    excludes: str
    measures: tuple[Measure, ...]
    cannot_see: tuple[str, ...]
    empty: str
    source: str


@cache
def names() -> tuple[str, ...]:
    """Names of all signals, in alphabetical order."""
    folder = resources.files("muster.signals")
    return tuple(sorted(file.name[:-4] for file in folder.iterdir() if file.name.endswith(".sql")))


@cache
def sql(name: str) -> str:
    """A signal's file, as it is run."""
    return resources.files("muster.signals").joinpath(f"{name}.sql").read_text(encoding="utf-8")


@cache
def header(name: str) -> Header:
    """What the comments at the top of a signal's file say; ValueError where a line does not follow the form."""
    found: dict[str, list[str]] = {}
    for line in sql(name).splitlines():
        if not line.startswith("--"):
            break
        key, colon, text = line[2:].strip().partition(": ")
        if not colon:
            raise ValueError(f"signals/{name}.sql: no 'key: text' in {line!r}")
        found.setdefault(key, []).append(text.strip())
    return Header(
        name=name,
        question=" ".join(found["question"]),
        counts=" ".join(found["counts"]),
        excludes=" ".join(found["excludes"]),
        measures=tuple(_declared(name, text) for text in found["measure"]),
        cannot_see=tuple(part.strip() for text in found["cannot see"] for part in text.split(";")),
        empty=" ".join(found.get("empty", [])),
        source="; ".join(found["source"]),
    )


def _declared(name: str, text: str) -> Measure:
    match = _MEASURE.fullmatch(text)
    if match is None:
        raise ValueError(f"signals/{name}.sql: no 'NAME, UNIT: text' in {text!r}")
    flags = [flag.strip() for flag in match["flags"].split(",") if flag.strip()]
    rests_on = next((flag[5:] for flag in flags if flag.startswith("from ")), "")
    needs = next((flag[6:] for flag in flags if flag.startswith("needs ")), "")
    return Measure(match["name"], match["unit"], match["text"], rests_on, needs)


def describe(name: str) -> str:
    """What a signal measures, as text to read; KeyError for a name that is none."""
    if name not in names():
        raise KeyError(name)
    found = header(name)
    lines = [f"{name}: {found.question}", "", f"Counts: {found.counts}", f"Excludes: {found.excludes}", "", "Measures"]
    for one in found.measures:
        needs = f"; needs {one.needs}" if one.needs else ""
        lines.append(f"  {one.name} ({one.unit}{needs}): {one.text}")
    lines += ["", "Cannot see"]
    lines += [f"  {text}" for text in found.cannot_see]
    lines += ["", f"Source: {found.source}"]
    return "\n".join(lines)


def run(
    db: duckdb.DuckDBPyConnection, name: str
) -> list[tuple[str, str, str, float | None, float | None, float | None, list[str] | None]]:
    """One signal's rows over the derived tables, by measure and period."""
    rows: list[tuple[str, str, str, float | None, float | None, float | None, list[str] | None]]
    rows = db.execute(sql(name)).fetchall()
    return sorted(rows, key=lambda row: (row[1], row[0]))


def measure(view: View, connected: Collection[str]) -> tuple[Signal, ...]:
    """Every measure of every signal in every period, by name, measure and label. Needs `load` before.

    `connected` names the sources that are connected ("git", "book", "org", …). A measure that rests on areas or teams
    takes the basis that these have; one that is unknown says why in `blind_spots`, before what the signal never sees.
    """
    return signals(view.lake.db, connected, view.org.basis)


def signals(db: duckdb.DuckDBPyConnection, connected: Collection[str], basis: Basis) -> tuple[Signal, ...]:
    """The same over any connection that has the derived tables; `basis` is that of areas and teams."""
    found: list[Signal] = []
    for name in names():
        about = header(name)
        declared: Mapping[str, Measure] = {one.name: one for one in about.measures}
        for label, which, unit, value, low, high, ids in run(db, name):
            one = declared[which]
            missing = bool(one.needs) and not _has(one.needs, connected, basis)
            blind = list(about.cannot_see)
            if missing:
                blind.insert(0, f"{NEEDS[one.needs]}, so this is unknown: {one.text}")
                value = low = high = None
                ids = None
            elif value is None:
                blind.insert(0, _why(one, about))
            found.append(Signal(
                name=name, measure=which, unit=unit, label=label, value=value, low=low, high=high,
                evidence=tuple(ids or ()), basis=basis if one.rests_on else Basis.KNOWN, blind_spots=tuple(blind),
            ))
    return tuple(sorted(found, key=lambda signal: (signal.name, signal.measure, signal.label)))


def _has(needs: str, connected: Collection[str], basis: Basis) -> bool:
    """Whether what a measure needs is there; "teams" are there when the organisation's own files gave them."""
    if needs == "teams":
        return basis is Basis.KNOWN
    return needs.lower() in {name.lower() for name in connected}


def _why(one: Measure, about: Header) -> str:
    """Why a measure has no value though its sources are connected."""
    if one.rests_on == "teams":
        return "nothing to measure: no such evidence in the period, or nobody's team is known there"
    return f"nothing to measure: {about.empty or 'no such evidence in the period'}"
