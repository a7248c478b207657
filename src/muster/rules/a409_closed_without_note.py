"""A409 closed-without-note: an undertaking ended and no note followed within two weeks.

## What
The last change of an undertaking is more than two weeks old, it had at least three changes of yours, and nothing that
explains it (a note, result, decision, document) was written on that day or in the two weeks after. The three largest
are named.

## Why
Fifteen minutes when a thing closes are all it takes: what was wrong, why the fix was not obvious, what is different
now. In half a year nobody remembers, you included.

## Bad
```yaml case
threads:
  deploy-lock: {title: Move the lock into the queue, evidence: [git:a1, git:a2, git:a3]}
evidence:
  git:a1: {at: 2026-03-02, title: Find who holds the lock}
  git:a2: {at: 2026-03-20, title: Queue before the lock}
  git:a3: {at: 2026-04-02, title: Drop the lock}
```

## Good
```yaml case
threads:
  deploy-lock:
    title: Move the lock into the queue
    evidence: [git:a1, git:a2, git:a3, book:entries/2026-04-07-lock.md]
    artifacts: [book:entries/2026-04-07-lock.md]
evidence:
  git:a1: {at: 2026-03-02, title: Find who holds the lock}
  git:a2: {at: 2026-03-20, title: Queue before the lock}
  git:a3: {at: 2026-04-02, title: Drop the lock}
```
```markdown entries/2026-04-07-lock.md
# The lock is gone: what it was for, and why the queue is enough
```

## When to ignore
When the undertaking goes on under another name, or its note is kept where muster does not look.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from muster.model import Case, Evidence, Finding, Severity, Thread, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import done_in
from muster.rules.prose import day, many, quoted

SHOWN = 3
NOTES = ("document", "proposal", "decision", "risk", "incident", "result", "note")


@rule(
    "A409", "closed-without-note", since="0.1", needs=("git",),
    thresholds={"note-days": 14, "closed-without-note-changes": 3},
)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each of the largest undertakings that ended in the period without a note."""
    patience = timedelta(days=case.thresholds["note-days"])
    found: list[tuple[Thread, tuple[Evidence, ...], Evidence]] = []
    ended = 0
    for thread in case.period_threads():
        changes = done_in(case, thread, "change", "document")
        dated = [piece for piece in changes if piece.happened_at is not None]
        if len(dated) < case.thresholds["closed-without-note-changes"]:
            continue
        last = dated[-1]
        assert last.happened_at is not None
        if last.happened_at not in case.period or last.happened_at.date() + patience >= case.today:
            continue
        ended += 1
        if not any(follows(case.evidence.get(id_), last, patience) for id_ in (*thread.artifacts, *thread.evidence)):
            found.append((thread, changes, last))
    found.sort(key=lambda row: (-len(row[1]), row[0].since, row[0].id))
    more = len(found) - SHOWN
    for at, (thread, changes, last) in enumerate(found[:SHOWN]):
        others = f"; {many(more, 'smaller undertaking')} like it" if more > 0 and at == SHOWN - 1 else ""
        yield finding(
            Where(thread=thread.id),
            f"{quoted(thread.title)}: {many(len(changes), 'change')}, the last on {day(last.happened_at)}, and no note in "
            f"the {int(case.thresholds['note-days'])} days after{others}",
            f'Fifteen minutes: what was wrong, why the fix was not obvious, what is different now. '
            f'`muster new note "{title(thread.title)}"`',
            (piece.id for piece in changes),
            severity=Severity.WARNING if "book" in case.sources else Severity.NOTE,
        )
    if not ended:
        yield CannotTell("no undertaking of three changes or more ended in the period")


def follows(note: Evidence | None, last: Evidence, patience: timedelta) -> bool:
    """Whether that explains the undertaking and came on the day of its last change or soon after."""
    if note is None or note.kind not in NOTES or note.happened_at is None or last.happened_at is None:
        return False
    return last.happened_at.date() <= note.happened_at.date() <= last.happened_at.date() + patience


def title(text: str) -> str:
    """A title that can stand between double quotes in a shell."""
    return "".join(letter for letter in " ".join(text.split())[:60] if letter not in '"`$\\!').strip()
