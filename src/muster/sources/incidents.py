"""Incident reviews on this machine: pages with a header (postmortems), and tables with a row for each incident.

An incident is evidence of kind `incident` under `incidents:PATH`, of a table `incidents:PATH#ID`. When it began and ended, and who
answered, is what the page or row says of itself, so it is graded *said*. A time without a zone counts in the `zone` of the settings;
without one only its day is believed, because an hour too early or late turns a warning into hindsight.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from muster.model import Account, Evidence, Grade, MusterError, Participant, Role, Skipped
from muster.sources import _papers, _proposals

SOURCE = "incidents"
GIVES = ("incidents",)
SHOWS = "what broke, from when to when, in which service, who answered and who wrote it up, as reviews and lists of incidents say"
BLIND = "incidents that nobody wrote up; pages and acknowledgements; when a review was really written"
QUESTIONS = ("What would the organisation have lost?", "What went wrong since?", "What would have happened without you?")

EXAMPLE = """
[sources.incidents]
paths = ["keep/postmortems", "keep/incidents.csv"]
zone = "Europe/Oslo"
"""

ENDINGS = (".md", ".rst", ".txt", ".adoc", ".csv")
#: Names of fields and columns, the first that is there counts.
BEGAN = ("began", "started", "start_time", "start time", "started at", "start", "incident start", "incident began", "outage start", "from")
ENDED = ("ended", "resolved", "end_time", "end time", "resolved at", "ended at", "end", "incident end", "outage end", "mitigated", "until")
DAY = ("date", "incident date", "date of incident", "date of the incident", "occurred", "happened", "event date", "detected")
SERVICE = ("service", "services", "affected services", "affected service", "product", "component", "components", "system", "systems", "affected systems")
RESPONDERS = ("responders", "responder", "incident commander", "commander", "on-call", "on call", "oncall", "responding", "participants", "incident lead")
AUTHORS = ("author", "authors", "author(s)", "written by", "prepared by", "reporter", "owner", "owners")
URGENCY = ("severity", "urgency", "priority", "impact level")
STATUS = ("status", "state")
TITLE = ("title", "summary", "name", "incident")
ID = ("id", "incident id", "number", "key")
ALL = frozenset((*BEGAN, *ENDED, *DAY, *SERVICE, *RESPONDERS, *AUTHORS, *URGENCY, *STATUS, *TITLE, *ID))
DATED = re.compile(r"(?:^|/|[-_ ])(\d{4}-\d{2}-\d{2})(?=[-_ .]|$)")
#: `Date: …`, `- **Started:** …`, `**Date**: …`, `* Incident date – …`
FIELD = re.compile(r"^\s*(?:[-*+]\s+)?\**\s*([A-Za-z][A-Za-z _()-]{1,28}?)\s*\**\s*:\s*\**\s*(\S.*)$")
MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Settings:
    """The `paths` of pages, of folders with pages and of tables, seen from the book; `zone` is the time zone of times without one."""

    paths: tuple[str, ...]
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A page or row as it was found: its place, its text (empty for a row), a row's cells, and the zone."""

    at: str
    text: str
    cells: tuple[tuple[str, str], ...] = ()
    zone: str = ""


def fetch(settings: Settings, root: Path) -> Iterator[Item | Skipped]:
    """Each page and each row, in the order of the settings and of the names; pages about a collection are counted and left out."""
    if settings.zone:
        zone_of(settings.zone)
    about = 0
    for one in _papers.walk(settings.paths, root, SOURCE, ENDINGS):
        if isinstance(one, Skipped):
            yield one
        elif one.path.lower().endswith(".csv"):
            yield from rows(one.path, one.body, settings.zone)
        elif _papers.ABOUT.search(one.path.rpartition("/")[2]):
            about += 1
        else:
            try:
                yield Item(one.path, _papers.decoded(one.body), zone=settings.zone)
            except ValueError as error:
                yield Skipped(f"{SOURCE}: {one.path}", str(error))
    if about:
        yield Skipped(f"{SOURCE}: pages about a collection", "a read-me, an index, a template or the like", about)


def rows(path: str, body: bytes, zone: str) -> Iterator[Item | Skipped]:
    """Each row of a table; Skipped where its first line names no column that is known here."""
    reader = csv.reader(io.StringIO(body.decode("utf-8-sig", "replace").replace("\0", ""), newline=""))
    columns: list[str] = []
    for number in range(MOST_ROWS + 1):
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Skipped(f"{SOURCE}: {path}:{reader.line_num}", str(error))
            continue
        if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
            continue
        if not columns:
            columns = [cell.strip().lower().replace("_", " ") if cell.strip().lower() not in ALL else cell.strip().lower() for cell in row]
            if not set(columns) & {*BEGAN, *DAY}:
                yield Skipped(f"{SOURCE}: {path}:1", "no column says when an incident began (id,title,started,resolved,service,responders)")
                return
            continue
        cells = tuple((name, cell.strip()) for name, cell in zip(columns, row, strict=False) if cell.strip())
        key = next((cell for wanted in ID for name, cell in cells if name == wanted), f"row-{number}")
        yield Item(f"{path}#{re.sub(r'[^!-~]+', '-', key)[:80]}", "", cells, zone)
    yield Skipped(f"{SOURCE}: {path}", f"more than {MOST_ROWS:,} rows; the rest was not read")


def parse(item: Item) -> Iterator[Evidence | Account]:
    """The incident that a page or row tells of, and an account for each who wrote or answered. ValueError where it says no day."""
    zone = zone_of(item.zone) if item.zone else None
    fields: Mapping[str, list[str]] = {name: [value] for name, value in item.cells} if item.cells else header(item.at, item.text)
    page = item.at.partition("#")[0]
    began = moment(fields, BEGAN, zone)
    ended = moment(fields, ENDED, zone)
    titles = (_papers.one_line(one.strip(_proposals.QUOTES + " ")) for one in (*_papers.values(fields, TITLE), "" if item.cells else _papers.titled(item.text)))
    title = next(filter(None, titles), _papers.one_line(item.at.rpartition("/")[2]))
    day = began or moment(fields, DAY, zone) or _papers.instant(title) or (None if item.cells else named(page) or timeline(item.text))
    if day is None:
        raise ValueError(f"{page}: no day on which it began")
    if began and ended and ended[0] < began[0]:
        raise ValueError(f"{page}: it ends before it begins")
    authors = _papers.people(SOURCE, _papers.values(fields, AUTHORS))
    responders = _papers.people(SOURCE, _papers.values(fields, RESPONDERS))
    by = authors[0] if authors else _papers.nobody(SOURCE)
    yield from {one.id: one for one in (by, *authors, *responders)}.values()
    told = (
        *(("service", _papers.one_line(part)) for value in _papers.values(fields, SERVICE) for part in re.split(r"[,;]", value)[:20] if _papers.one_line(part)),
        *((("began", began[0].isoformat()),) if began and began[1] else ()),
        *((("ended", ended[0].isoformat()),) if ended and ended[1] else ()),
        *(("urgency", _papers.one_line(value, 60)) for value in _papers.values(fields, URGENCY)[:1]),
        *(("status", _papers.one_line(value, 60).lower()) for value in _papers.values(fields, STATUS)[:1]),
    )
    text = item.text[: _papers.TEXT] or "\n".join(f"{name}: {value}" for name, value in item.cells)[: _papers.TEXT]
    yield Evidence(
        id=f"{SOURCE}:{item.at}", source=SOURCE, kind="incident", origin=item.at.partition("/")[0].partition("#")[0], ref=item.at, title=title,
        actor=by.id, happened_at=day[0], recorded_at=None, grade=Grade.SAID,
        text=text.encode("utf-8", "replace").decode(), facts=told,
        participants=(
            *(Participant(one.id, Role.CO_AUTHOR) for one in authors[1:]), *(Participant(one.id, Role.RESPONDER) for one in responders),
        ),
    )  # fmt: skip


def header(path: str, text: str) -> dict[str, list[str]]:
    """The fields at the top of a page: front matter, lines, lists, a table, or small sections of their own."""
    spread = _papers.spread(text)
    found = {name: values for name, values in _proposals.header(path, spread).items() if name in ALL}
    for name, lines in _papers.sections(spread[: _proposals.HEAD]):
        for line in lines:
            field = FIELD.match(line) if len(line) < 500 else None
            if field and field[1].strip().lower() in ALL and name not in ("timeline", "action items"):
                found.setdefault(field[1].strip().lower(), [field[2].replace("**", "").strip()])
        if name in ALL - {*TITLE, *ID, *STATUS} and (said := [line.strip() for line in lines if line.strip()][:1]):
            found.setdefault(name, said)
    return found


def moment(fields: Mapping[str, list[str]], names: tuple[str, ...], zone: tzinfo | None) -> tuple[datetime, bool] | None:
    """(instant, whether its time of day is known) of the first field of these names that has a day."""
    return next((found for value in _papers.values(fields, names) if (found := _papers.instant(value, zone))), None)


def named(path: str) -> tuple[datetime, bool] | None:
    """The day in a page's name."""
    found = DATED.search(path)
    return _papers.instant(found[1]) if found else None


def timeline(text: str) -> tuple[datetime, bool] | None:
    """The first day in a page's timeline."""
    for name, lines in _papers.sections(text[:100_000]):
        if name.startswith("timeline") and (day := next((found for line in lines[:20] if (found := _papers.instant(line[:200]))), None)):
            return day[0], False
    return None


def zone_of(name: str) -> tzinfo:
    """The time zone of that name; MusterError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MusterError("muster.toml: [sources.incidents] zone", f"{name[:60]!r} is no time zone", 'Write it as "Europe/Oslo" or "UTC".') from None
