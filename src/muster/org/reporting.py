"""Who reported to whom, and what somebody was there for, at a date: as the organisation's own files say, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from muster.org.files import Membership


@dataclass(slots=True)
class Reporting:
    """The rows of everybody, by person; `person_of` gives the person that a name in them means."""

    person_of: Callable[[str], str]
    rows: dict[str, list[Membership]] = field(default_factory=dict)
    under: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, memberships: Iterable[Membership], person_of: Callable[[str], str]) -> Reporting:
        """The reporting that these rows tell of."""
        made = cls(person_of)
        for row in memberships:
            person = person_of(row.person)
            made.rows.setdefault(person, []).append(row)
            if row.manager:
                made.under.setdefault(person_of(row.manager), set()).add(person)
        return made

    def holding(self, person: str, at: datetime) -> list[Membership]:
        """The rows of somebody that hold at a date, those with dates first."""
        rows = [row for row in self.rows.get(person, ()) if row.at(at.date())]
        return sorted(rows, key=lambda row: not (row.since or row.until))

    def manager(self, person: str, at: datetime) -> str | None:
        """Whom somebody reported to at a date; of several rows that hold, the first that names somebody speaks."""
        found = next((row.manager for row in self.holding(person, at) if row.manager), "")
        boss = self.person_of(found) if found else None
        return boss if boss != person else None

    def managers(self, person: str, since: datetime, until: datetime) -> tuple[str, ...]:
        """Whom somebody reported to between two instants, the last first."""
        days = {day for row in self.rows.get(person, ()) for day in (row.since, row.until and row.until + timedelta(days=1)) if day}
        starts = (datetime.combine(day, time(), UTC) for day in sorted(days))
        whens = [since, *(when for when in starts if since < when < until), until]
        return tuple(dict.fromkeys(boss for when in reversed(whens) if (boss := self.manager(person, when))))

    def skip_level(self, person: str, at: datetime) -> str | None:
        """The manager of somebody's manager at a date."""
        boss = self.manager(person, at)
        above = self.manager(boss, at) if boss else None
        return above if above != person else None

    def function(self, person: str, at: datetime) -> str | None:
        """What somebody was there for at a date, in small letters."""
        return next((row.function.casefold() for row in self.holding(person, at) if row.function), None)

    def manages(self, person: str, at: datetime) -> bool:
        """Whether anybody reported to somebody at a date."""
        return any(self.manager(other, at) == person for other in sorted(self.under.get(person, ())))

    @property
    def says(self) -> tuple[str, ...]:
        """What the rows tell of at all: "managers", "functions"."""
        rows = [row for here in self.rows.values() for row in here]
        return tuple(word for word, told in (("managers", any(row.manager for row in rows)), ("functions", any(row.function for row in rows))) if told)
