"""M502 no-pushback-on-file: the last calibration's specific objection was never asked for.

## What
The book has no entry of type `pushback` that is `from: calibration` (or from a named one, such as
`from: calibration 2025H2`) and says what the objection was.

## Why
"Not yet" is no objection. The specific one can be worked on; the vague one comes back. One question to your manager
turns the one into the other: what was the specific pushback in the last calibration?

## Bad
```markdown entries/2026-02-03-timeouts.md
---
type: pushback
---
# Against longer timeouts
I said that it would hide the cause.
```

## Good
```markdown entries/2026-01-20-calibration.md
---
type: pushback
from: calibration 2025H2
---
# What the calibration asked
Two managers had not heard of the queue work and asked who outside the team uses it.
```

## When to ignore
When there was no calibration yet. Say so in such an entry: "first time".
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Entry, Finding, Where
from muster.rules import finding, rule
from muster.rules.facts import calibration
from muster.rules.prose import blank, passages


@rule("M502", "no-pushback-on-file", since="0.1", needs=("book",))
def check(case: Case) -> Iterator[Finding]:
    """One finding about the case where no such entry exists, or one for the newest where it names no objection."""
    found = [entry for entry in case.entries if entry.type == "pushback" and calibration(entry)]
    if not found:
        yield finding(
            Where(),
            "no entry says what the last calibration objected to",
            "Ask your manager: “What was the specific pushback in the last calibration?” Write the answer down: "
            '`muster new pushback "what the calibration asked"`, with `from: calibration`.',
        )
    elif not any(says_something(entry) for entry in found):
        entry = found[-1]
        yield finding(
            Where(path=entry.path, line=entry.line_of_body),
            "the entry about the last calibration names no objection",
            "Ask for the one sentence that was said against you, and write it here.",
            (entry.id,),
        )


def says_something(entry: Entry) -> bool:
    """Whether there is prose in it."""
    return any(not blank(passage.text) for passage in passages(entry))
