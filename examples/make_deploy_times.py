#!/usr/bin/env python3
"""Make the sample book's data: how long each of the fictional company's deploys took, and how often the bank was retried.

    python3 examples/make_deploy_times.py [FOLDER]

Invented, seeded, the same bytes on every run. Standard library only.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

MOVED = {"payments": date(2026, 4, 2), "search": date(2026, 4, 8), "platform": date(2026, 4, 13)}


def deploys(seed: int = 7) -> Iterator[str]:
    """A line a deploy: when it finished, which service, minutes from the request to the last machine."""
    dice = random.Random(seed).random  # noqa: S311 - not for secrets, but for the same data every time
    yield "finished_at,service,minutes"
    for day in weekdays(date(2026, 1, 8), date(2026, 6, 26)):
        clock = datetime(day.year, day.month, day.day, 8, 30)
        for _ in range(4 + int(dice() * 5)):
            clock += timedelta(minutes=10 + int(dice() * 80))
            service = ("payments", "search", "platform")[int(dice() * 3)]
            minutes = 4 + 5 * dice() + 3 * dice() * dice()
            if day < MOVED[service] and dice() < 0.72:
                # Waiting for other teams: usually a few minutes, now and then a whole reindex.
                minutes += 4 + 14 * dice() + (26 * dice() if dice() < 0.22 else 0)
            yield f"{clock:%Y-%m-%d %H:%M},{service},{minutes:.1f}"


def retries(seed: int = 11) -> Iterator[str]:
    """A line a week: calls to the bank, and how many of them were second tries."""
    dice = random.Random(seed).random  # noqa: S311 - not for secrets, but for the same data every time
    yield "week_of,calls,second_tries"
    for day in weekdays(date(2026, 1, 5), date(2026, 6, 26)):
        if day.isoweekday() == 1:
            calls = 41000 + int(dice() * 9000)
            share = 0.016 + 0.03 * dice() * dice() if day < date(2026, 3, 16) else 0.006 + 0.004 * dice()
            yield f"{day},{calls},{int(calls * share)}"


def weekdays(since: date, until: date) -> Iterator[date]:
    """Monday to Friday, both ends included."""
    while since <= until:
        if since.isoweekday() < 6:
            yield since
        since += timedelta(days=1)


def main(arguments: list[str]) -> int:
    """Exit code."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent / "sample-book" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("deploy-times.csv", deploys()), ("bank-retries.csv", retries())):
        (folder / name).write_bytes("".join(f"{line}\n" for line in lines).encode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
