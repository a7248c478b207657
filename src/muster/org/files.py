"""The organisation's own files, from a folder that the owner keeps: these say more than what a repository says.

Any of CODEOWNERS, a tree of OWNERS with OWNERS_ALIASES, MAINTAINERS, Backstage's catalog-info.yaml, GitHub's teams as its API
gives them (`github-teams/*.json`), a directory's export (`people.ldif`), and teams.csv with the columns person, team, from, until
(both dates included, either may be empty; `since` and `to` are read as well), and manager and function if they are kept. A person
in two teams has two rows. A row that cannot be used is counted, with its file and line; a folder that is not there is an error.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from muster.model import MusterError, Skipped
from muster.org import catalogue, codeowners, github
from muster.org.owned import Ownership
from muster.org.states import CATALOGUES, EMPTY, is_ownership
from muster.people import _ldif
from muster.people._files import LDIF

#: Functions by the words of a job title, the first that fits.
FUNCTIONS = (
    ("security", "security|infosec"),
    ("product", "product (?:manager|owner|lead|director|management)|head of product|chief product officer"),
    ("design", "designer|design|ux|user experience"),
    ("support", "support|customer success"),
    ("sales", "sales|account executive|presales"),
    ("legal", "legal|counsel|lawyer"),
    ("finance", "finance|accountant|controller"),
    ("marketing", "marketing"),
    ("engineering", "engineer|engineering|developer|programmer|sre|architect"),
)


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody's being in a team, from and to a date (both included, None: open).

    `manager` and `function` are as typed; a row may say only these, and then `team` is empty.
    """

    person: str
    team: str
    since: date | None = None
    until: date | None = None
    manager: str = ""
    function: str = ""

    def at(self, day: date) -> bool:
        """Whether it holds on that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the system that the catalogue knows: its name, its owner, and where it lives.

    `names` is the person where the owner is one.
    """

    name: str
    team: str
    origin: str | None
    under: str
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Folder:
    """What the organisation's files say. `state` is the ownership state of its CODEOWNERS, OWNERS and MAINTAINERS files;
    `above` has the group above a group.
    """

    state: int = EMPTY
    memberships: tuple[Membership, ...] = ()
    components: tuple[Component, ...] = ()
    above: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


def read(folder: Path, ownership: Ownership) -> Folder:
    """The folder's files; their texts are added to `ownership`. Raises MusterError where there is no such folder."""
    if not folder.is_dir():
        raise MusterError(
            str(folder),
            "there is no such folder of organisation files",
            "Give --org a folder with CODEOWNERS, OWNERS, catalog-info.yaml or teams.csv, or leave --org out.",
        )
    skipped: list[Skipped] = []
    notes: list[str] = []
    state = EMPTY
    found = 0
    for file in sorted(folder.rglob("*")):
        relative = file.relative_to(folder).as_posix()
        if is_ownership(relative) and file.name not in CATALOGUES and file.is_file():
            blob = f"org:{relative}"
            ownership.add(blob, relative, file.read_bytes() if file.stat().st_size <= codeowners.LARGEST else b"\0")
            state = ownership.forest.put(state, relative, blob)
            found += 1
    if found:
        notes.append(f"Owners are read from {found} file{'s' if found > 1 else ''} of the organisation's folder.")
    memberships: list[Membership] = []
    components: list[Component] = []
    above: dict[str, str] = {}
    teams = folder / "teams.csv"
    if teams.is_file():
        memberships += _teams(teams, skipped)
        notes.append(f"Teams are read from teams.csv ({len(memberships)} rows).")
    exported = github.read(folder / github.FOLDER, skipped)
    if exported is not None:
        memberships += [Membership(person, team) for person, team in exported.members]
        above.update(exported.above)
        notes.append(f"{len(exported.members)} memberships are read from {github.FOLDER}, as they are today.")
    directory, lost = _ldif.read(folder / LDIF)
    skipped += lost
    if directory:
        memberships += _directory(directory)
        notes.append(f"Teams, managers and functions of {len(directory)} people are read from {LDIF}, as they are today.")
    known = catalogue.Catalogue()
    listed = next((folder / name for name in CATALOGUES if (folder / name).is_file()), None)
    if listed is not None:
        known = catalogue.read(listed.read_text(encoding="utf-8-sig", errors="replace"), listed.name)
        skipped += known.skipped
        memberships += [Membership(person, group) for person, group in known.members]
        above.update(known.above)
        components = [made for part in known.parts if (made := _component(part, known.parts)) is not None]
        notes.append(f"{len(components)} parts of the system are read from {listed.name}.")
    if not (found or memberships or teams.is_file() or listed is not None or (folder / "people.csv").is_file()):
        what = f"CODEOWNERS, OWNERS, MAINTAINERS, catalog-info.yaml, teams.csv, people.csv, {LDIF} or {github.FOLDER}"
        skipped.append(Skipped(folder.name, f"it holds no {what}"))
    return Folder(state, tuple(memberships), tuple(components), above, tuple(skipped), tuple(notes))


def _teams(file: Path, skipped: list[Skipped]) -> Iterator[Membership]:
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    rows = csv.reader(text.splitlines())
    header = [name.strip().lower() for name in next(rows, [])]
    header = [{"from": "since", "to": "until"}.get(name, name) for name in header]
    lacking = [name for name in ("person", "team") if name not in header]
    if lacking:
        skipped.append(Skipped(f"{file.name}:1", f"no column called {lacking[0]}; it needs person, team, from, until"))
        return
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            skipped.append(Skipped(f"{file.name}:{rows.line_num}", str(error)))
            continue
        where = f"{file.name}:{rows.line_num}"
        if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
            continue
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=False)}
        if not cells.get("person") or not any(cells.get(name) for name in ("team", "manager", "function")):
            skipped.append(Skipped(where, "a row needs a person and a team"))
            continue
        try:
            since, until = _day(cells.get("since", "")), _day(cells.get("until", ""))
        except ValueError:
            skipped.append(Skipped(where, "a date is not of the form 2026-03-31"))
            continue
        if since and until and until < since:
            skipped.append(Skipped(where, "until is before since"))
            continue
        manager, function = cells.get("manager", ""), cells.get("function", "")
        yield Membership(cells["person"], cells["team"], since, until, manager, function)


def _directory(directory: Sequence[_ldif.Entry]) -> Iterator[Membership]:
    """What a directory says of everybody in it: their team, manager and function, as of its export."""
    known = {one.dn: one for one in directory}
    for one in directory:
        above = known.get(one.manager)
        manager = _called(above) if above and above is not one else ""
        function = function_of(one.title)
        if one.team or manager or function:
            yield Membership(_called(one), one.team, manager=manager, function=function)


def _called(one: _ldif.Entry) -> str:
    return one.mails[0] if one.mails else one.uid


def function_of(title: str) -> str:
    """The function that a job title names by one of a few plain words; empty where it names none of them.

    >>> function_of("Senior Product Manager"), function_of("Head of Design"), function_of("Staff Engineer"), function_of("Security Engineer")
    ('product', 'design', 'engineering', 'security')
    """
    low = title.casefold()
    return next((function for function, words in FUNCTIONS if re.search(rf"\b(?:{words})\b", low)), "")


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _component(part: catalogue.Part, parts: Sequence[catalogue.Part]) -> Component | None:
    """What the catalogue of the folder says of a part; None where it does not say who owns it, or where it lives."""
    owner, personal = catalogue.owner_of(part, parts)
    if not owner or not part.location:
        return None
    names = frozenset((owner.lower(),)) if personal else frozenset()
    return Component(part.name, part.name if personal else owner, part.origin, part.under, names)


def successors(memberships: Iterable[Membership]) -> dict[str, list[tuple[date, str]]]:
    """For each team that went on under another name: (first day of that, the other name), by the name in small letters.

    A team goes on as another when its last members, all of them and on one day, become the other's first members: of
    ownership files that still have the old name, or already the new one, the same people are meant.
    """
    rows: dict[str, list[Membership]] = {}
    for row in memberships:
        rows.setdefault(row.team.casefold(), []).append(row)
    begun = {
        team: (min(row.since for row in here if row.since), here)
        for team, here in rows.items()
        if all(row.since for row in here)
    }
    found: dict[str, list[tuple[date, str]]] = {}
    for team, here in sorted(rows.items()):
        if any(row.until is None for row in here):
            continue
        last = max(row.until for row in here if row.until)
        gone = {row.person.casefold() for row in here if row.until == last}
        for other, (first, theirs) in sorted(begun.items()):
            came = {row.person.casefold() for row in theirs if row.since == first}
            if other != team and first == last + timedelta(days=1) and gone == came:
                found.setdefault(team, []).append((first, theirs[0].team))
    return found
