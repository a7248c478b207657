"""The organisation's own files, from a folder that the owner keeps: these say more than what a repository says.

Any of CODEOWNERS, a tree of OWNERS with OWNERS_ALIASES, Backstage's catalog-info.yaml, and teams.csv with the columns
person, team, since, until (both dates included, either may be empty). A row that cannot be used is counted, with its
file and line; a folder that is not there is an error.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from muster.model import MusterError, Skipped
from muster.org import codeowners
from muster.org.owned import Ownership
from muster.org.states import EMPTY, NAMES

LARGEST_CATALOG = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody's being in a team, from and to a date (both included, None: open). `manager` is as typed."""

    person: str
    team: str
    since: date | None = None
    until: date | None = None
    manager: str = ""

    def at(self, day: date) -> bool:
        """Whether it holds on that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the system that the catalogue knows: its name, its owner, and where it lives."""

    name: str
    team: str
    origin: str | None
    under: str


@dataclass(frozen=True, slots=True)
class Folder:
    """What the organisation's files say. `state` is the ownership state of its CODEOWNERS and OWNERS files."""

    state: int = EMPTY
    memberships: tuple[Membership, ...] = ()
    components: tuple[Component, ...] = ()
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
        if (file.name in NAMES or relative in codeowners.PLACES) and file.is_file():
            blob = f"org:{relative}"
            ownership.add(blob, relative, file.read_bytes() if file.stat().st_size <= codeowners.LARGEST else b"\0")
            state = ownership.forest.put(state, relative, blob)
            found += 1
    if found:
        notes.append(f"Owners are read from {found} file{'s' if found > 1 else ''} of the organisation's folder.")
    memberships: list[Membership] = []
    components: list[Component] = []
    teams = folder / "teams.csv"
    if teams.is_file():
        memberships += _teams(teams, skipped)
        notes.append(f"Teams are read from teams.csv ({len(memberships)} rows).")
    catalogue = folder / "catalog-info.yaml"
    if catalogue.is_file():
        for entity in _catalogue(catalogue, skipped):
            _take(entity, memberships, components)
        notes.append(f"{len(components)} parts of the system are read from catalog-info.yaml.")
    if not found and not teams.is_file() and not catalogue.is_file() and not (folder / "people.csv").is_file():
        skipped.append(Skipped(folder.name, "it holds no CODEOWNERS, OWNERS, catalog-info.yaml, teams.csv or people.csv"))
    return Folder(state, tuple(memberships), tuple(components), tuple(skipped), tuple(notes))


def _teams(file: Path, skipped: list[Skipped]) -> Iterator[Membership]:
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    rows = csv.reader(text.splitlines())
    header = [name.strip().lower() for name in next(rows, [])]
    lacking = [name for name in ("person", "team") if name not in header]
    if lacking:
        skipped.append(Skipped(f"{file.name}:1", f"no column called {lacking[0]}; it needs person, team, since, until"))
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
        if not cells.get("person") or not cells.get("team"):
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
        yield Membership(cells["person"], cells["team"], since, until, cells.get("manager", ""))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _catalogue(file: Path, skipped: list[Skipped]) -> Iterator[Mapping[str, object]]:
    """The entities of a Backstage catalogue, document by document."""
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    if len(text) > LARGEST_CATALOG:
        skipped.append(Skipped(file.name, "larger than 4 MiB"))
        return
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    line = 1
    for part in re.split(r"(?m)^---[ \t]*(?:#.*)?$", text):
        blank = len(part) - len(part.lstrip())
        where, line = f"{file.name}:{line + part[:blank].count(chr(10))}", line + part.count("\n")
        if not part.strip():
            continue
        if re.search(r"(?m)(?:^|[\s\[{,])[&*][A-Za-z0-9_]", re.sub(r"(?m)#.*$|\"[^\"\n]*\"|'[^'\n]*'", "", part)):
            skipped.append(Skipped(where, "anchors are not read"))
            continue
        try:
            entity = YAML(typ="safe", pure=True).load(part)
        except (YAMLError, ValueError, RecursionError, TypeError, AttributeError, KeyError) as error:
            skipped.append(Skipped(where, str(error).strip().splitlines()[0][:120] if str(error).strip() else "not YAML"))
            continue
        if entity is None:
            continue
        if not isinstance(entity, Mapping) or not isinstance(entity.get("kind"), str):
            skipped.append(Skipped(where, "no entity: it has no kind"))
            continue
        if not str(_inside(entity, "metadata").get("name") or ""):
            skipped.append(Skipped(where, f"this {entity['kind']} has no metadata.name"))
            continue
        if entity["kind"] in ("Component", "System", "Resource", "API") and not _inside(entity, "spec").get("owner"):
            skipped.append(Skipped(where, f"this {entity['kind']} has no spec.owner"))
            continue
        yield entity


def _take(entity: Mapping[str, object], memberships: list[Membership], components: list[Component]) -> None:
    metadata, spec = _inside(entity, "metadata"), _inside(entity, "spec")
    name = str(metadata["name"])
    if entity["kind"] == "Group":
        memberships += [Membership(plain(member), name) for member in _words(spec.get("members"))]
    elif entity["kind"] == "User":
        memberships += [Membership(name, plain(group)) for group in _words(spec.get("memberOf"))]
    elif entity["kind"] in ("Component", "System", "Resource", "API"):
        notes = _inside(metadata, "annotations")
        location = str(notes.get("backstage.io/source-location") or notes.get("backstage.io/managed-by-location") or "")
        origin, under = _place(location)
        slug = str(notes.get("github.com/project-slug") or notes.get("gitlab.com/project-slug") or "")
        if slug or origin or under:
            components.append(Component(name, plain(str(spec["owner"])), slug or origin, under))


def _place(location: str) -> tuple[str | None, str]:
    """(owner/name, path) of a Backstage location such as `url:https://HOST/owner/name/tree/main/services/search/`."""
    bare = location.removeprefix("url:").removeprefix("file:").removeprefix("dir:")
    found = re.match(r"https?://[^/]+/([^/]+/[^/]+?)(?:\.git)?(?:/(?:-/)?(?:tree|blob|src)/[^/]+(?:/(.*))?)?/?$", bare)
    if found:
        under = found[2] or ""
        return found[1], re.sub(r"(?:^|/)catalog-info\.ya?ml$", "", under).strip("/")
    if re.match(r"[a-z]+://", bare):
        return None, ""
    return None, re.sub(r"(?:^|/)catalog-info\.ya?ml$", "", bare.removeprefix("./")).strip("/")


def plain(reference: str) -> str:
    """The name in a Backstage reference.

    >>> plain("group:default/payments"), plain("payments")
    ('payments', 'payments')
    """
    return reference.rpartition("/")[2].rpartition(":")[2].strip()


def _inside(entity: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = entity.get(key)
    return value if isinstance(value, Mapping) else {}


def _words(value: object) -> list[str]:
    return [str(item) for item in value if str(item).strip()] if isinstance(value, list) else []
