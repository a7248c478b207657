"""GitHub's teams from files: what its API gives at `/orgs/ORG/teams`, and at `/orgs/ORG/teams/TEAM/members` for each.

In the folder `github-teams`, as `gh api --paginate` writes them: a list of teams under any name, and the members of the team
`payments` in `payments.json`. They are as of the day that they were fetched; nothing in them has a date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from muster.model import Skipped

FOLDER = "github-teams"
LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Teams:
    """Who is in which team (`@handle`, team), and the team above a team."""

    members: tuple[tuple[str, str], ...] = ()
    above: Mapping[str, str] = field(default_factory=dict)


def read(folder: Path, skipped: list[Skipped]) -> Teams | None:
    """The teams of a folder, None where there is none; what cannot be used is added to `skipped`."""
    if not folder.is_dir():
        return None
    members: dict[tuple[str, str], None] = {}
    above: dict[str, str] = {}
    for file in sorted(folder.glob("*.json")):
        where = f"{FOLDER}/{file.name}"
        try:
            found = msgspec.json.decode(file.read_bytes()) if file.stat().st_size <= LARGEST else None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            skipped.append(Skipped(where, "not JSON that can be read"))
            continue
        rows = list(flat(found))
        if not rows and found != []:
            skipped.append(Skipped(where, "neither a list of teams nor of members"))
        for row in rows:
            slug, login = row.get("slug"), row.get("login")
            if isinstance(slug, str) and slug:
                parent = row.get("parent")
                if isinstance(parent, Mapping) and isinstance(parent.get("slug"), str):
                    above[slug] = str(parent["slug"])
                inside = row.get("members")
                for one in flat(inside):
                    if isinstance(one.get("login"), str):
                        members[f"@{one['login']}".lower(), slug] = None
            elif isinstance(login, str) and login:
                members[f"@{login}".lower(), file.stem.removesuffix(".members")] = None
            else:
                skipped.append(Skipped(where, "an entry that is neither a team nor a member"))
    return Teams(tuple(members), above)


def flat(found: Any) -> list[Mapping[str, Any]]:
    """The objects of a document: of a list, of a list of pages, or itself."""
    if isinstance(found, Mapping):
        return [found]
    if not isinstance(found, list):
        return []
    return [row for one in found for row in (one if isinstance(one, list) else [one]) if isinstance(row, Mapping)]
