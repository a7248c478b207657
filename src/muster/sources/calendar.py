"""Meetings in calendar files (.ics) of this machine. Calendars on a server are read by `caldav`.

Each occurrence of a meeting is evidence under the UID of its event and the time that it was first set for. `happened_at` is
when it begins; `recorded_at` when it was put into the calendar, as the calendar says. Repetitions are worked out in a
process of their own that is stopped after a second of work, because some that exist never end. Private events keep their
times alone. A file in the book is graded kept, one elsewhere said: calendar programs write every date in it.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from muster.model import Account, Evidence, Grade, Skipped
from muster.sources._calendar_read import Calendar, meetings, zone_of
from muster.sources._kept import Raw

SOURCE = "calendar"
GIVES = ("calendar",)
SHOWS = "meetings with their length, who called them, who was asked, and who declined"
BLIND = "who came, and what was said; entries that nobody is invited to; what was never put into the calendar"
QUESTIONS = ("When did you push back, and were you right?", "Did you tell us before, or after?", "Have I seen this work myself, before today?")
EXAMPLE = """
[sources.calendar]
paths = ["keep/work.ics"]
since = 2024-01-01
owner = "you@example.org"
timezone = "Europe/Berlin"
"""

#: The largest calendar that is read, in bytes.
LARGEST = 32 << 20
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Settings:
    """Which files: `paths`, seen from the book, of .ics files or of folders with such; `*` stands for any name.

    Meetings from the day `since` to the day `until` are taken; without `until`, those up to the newest stamp in the file. `owner` is
    whose calendar it is: private entries count for them alone. `timezone` is that of times that name none.
    """

    paths: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    owner: str = ""
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        zone_of(self.timezone)
        if self.since and self.until and self.since > self.until:
            raise ValueError("`until` is before `since`")


def fetch(settings: Settings, root: Path) -> Iterator[Raw | Skipped]:
    """Each calendar file, in the order of the settings and of their names."""
    home = root.resolve()
    seen: set[Path] = set()
    for pattern in settings.paths:
        whole = root / pattern
        found = [whole] if whole.exists() else sorted(Path(name) for name in glob.glob(str(whole), recursive=True))  # noqa: PTH207 - Path.glob takes no ".."
        files = [file for path in found for file in (sorted(path.rglob("*.ics")) if path.is_dir() else [path])]
        if not found:
            yield Skipped(f"calendar: {pattern}", "there is no such file or folder")
        for file in files:
            try:
                real = file.resolve()
                if real in seen:
                    continue
                seen.add(real)
                name = real.relative_to(home).as_posix() if real.is_relative_to(home) else f"../{file.name}"
                if not file.is_file():
                    yield Skipped(f"calendar: {name}", "is no file")
                elif file.stat().st_size > LARGEST:
                    yield Skipped(f"calendar: {name}", f"larger than {LARGEST >> 20} MB")
                else:
                    yield Calendar(name, "ics", file.read_bytes(), NEVER, settings.since, settings.until, settings.owner, settings.timezone)
            except (OSError, RuntimeError) as error:
                yield Skipped(f"calendar: {file.name}", f"cannot be read: {error}")


def parse(raw: Raw) -> Iterator[Evidence | Account | Skipped]:
    """The meetings in a calendar, and the accounts of those who are named. ValueError where it is no calendar."""
    return meetings(raw, Grade.SAID if raw.key.startswith("../") else Grade.KEPT)
