"""S603 tampered: a kept proof or a record of the journal is no longer what it was.

## What
A file in keep/ differs from what the journal or the book's git history first recorded of it, or is gone; or a line of the
journal does not carry its own hash, or does not follow the line above it. A line that a crash has torn is not counted; a
clock that was set back is a note.

## Why
A proof that was edited proves the edit. Whoever finds it first decides what is made of it, so let that be you.

## Bad
```yaml case
proofs: {keep/2026-06-17-dana.eml: changed}
```

## Good
```yaml case
proofs: {keep/2026-06-17-dana.eml: same}
```

## When to ignore
When a program has changed the line ends or the coding of a mail on the way. Keep the original beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Held, Severity, Where
from muster.rules import finding, rule


@rule("S603", "tampered", since="0.3", severity=Severity.ERROR, needs=("book",))
def check(case: Case) -> Iterator[Finding]:
    """A finding for each proof that changed or is gone, and for each place where the journal's chain breaks."""
    for proof in case.proofs:
        if proof.held is Held.CHANGED:
            yield finding(
                Where(path=proof.path),
                f"this proof is no longer the file that was kept (first recorded by: {proof.first})",
                "Put the original back, from git or from where it came; if this one is right, keep it under a name of its own.",
            )
        elif proof.held is Held.GONE:
            yield finding(
                Where(path=proof.path), f"this proof was kept (first recorded by: {proof.first}) and is gone",
                "Put it back from git or a backup, or say in the entry that leaned on it why it is gone.",
            )  # fmt: skip
    for one in case.breaks:
        path, _, line = one.where.partition(":")
        yield finding(
            Where(path=path, line=int(line) if line.isdecimal() else None), f"the journal's chain does not hold here: {one.how}",
            "Put journal.jsonl back from git; what was recorded after that can be recorded again.",
            severity=Severity.WARNING if one.certain else Severity.NOTE,
        )  # fmt: skip
