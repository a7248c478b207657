"""Where a path lies, and where somebody belongs, at a date: what an organisation works out of files and of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path lies: its area and teams, who is listed for it, and whether somebody wrote that down.

    `keys` are its teams as `_key` has them. `heads` are those who answer for everything, where no group of people is named as the team: it is not another's to
    them.
    """

    area: str
    teams: tuple[str, ...]
    names: frozenset[str]
    known: bool
    whole: bool = True
    mixed: bool = False
    heads: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody belongs at a date: their team by the organisation's files, the teams of areas they are listed
    for, and where they work; `sure` says that the listing does not hang on a guessed handle.
    """

    said: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    worked: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    sure: bool = True
    #: The teams as `_key` has them: of the areas that list them, of those where they work, and both.
    by_list: frozenset[str] = frozenset()
    by_work: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    #: Teams that files know by a name of their own, not as one part of the system.
    named: frozenset[str] = frozenset()
