"""V308 silent-fix: a fix in another team's area that nobody was told about, nor why it was not obvious.

## What
A change of the period that calls itself a fix and touched an area that is not yours or your team's; nobody else has a
part in it by their own record (review, test, landing), it answers nobody's report, its message gives no reason (fewer
than fifteen words below the subject), and nothing in your book refers to it.

## Why
It was the hard kind of work: other people's code. Without a sentence on why it broke and who was told, the next one
there meets it again, and nobody will ever say your name for it.

## Bad
```yaml case
evidence:
  git:a1: {title: Fix the lock order, touches: {search/lock.go: search}}
```

## Good
```yaml case
evidence:
  git:a1: {title: Fix the lock order, touches: {search/lock.go: search}, with: {dana: reviewer}}
```

## When to ignore
When the two of you talked, and the fix is small. One line in this week's log is enough then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from muster.model import Case, Evidence, Finding, Role, Where
from muster.rules import finding, rule
from muster.rules.facts import basis_of, bot, crosses, done, touched
from muster.rules.prose import listed, many, quoted, words

FIX = re.compile(r"\b(?:fix(?:e[sd])?|fixing|hot-?fix|bug-?fix|repair(?:s|ed)?|regression)\b", re.IGNORECASE)
#: A repair of words or looks needs no explanation.
SLIGHT = re.compile(r"\b(?:typos?|spelling|grammar|lint\w*|comments?|docs?|whitespace|format(?:ting)?|links?|tests?|flak\w*)\b", re.IGNORECASE)
REPORT = re.compile(r"(?:#|/issues/|\b[A-Z][A-Z0-9]+-)\d+")
TRAILER = re.compile(r"^[A-Z][\w-]+: .*$|^\(cherry picked.*$", re.MULTILINE)


@rule("V308", "silent-fix", since="0.2", needs=("git",), thresholds={"silent-fix-words": 15})
def check(case: Case) -> Iterator[Finding]:
    """One finding for all such fixes together."""
    referred = {link.dst for link in case.links if link.src.startswith("book:")}
    heard = {link.dst for link in case.links if link.src in case.evidence and not case.mine(case.evidence[link.src])}
    silent = [
        piece
        for piece in done(case, "change")
        if crosses(piece) and FIX.search(piece.title) and not SLIGHT.search(piece.title)
        and piece.id not in referred and piece.id not in heard and not told(case, piece)
    ]
    if silent:
        teams = sorted({team for piece in silent for touch in touched(piece) if touch.own is False for team in touch.teams})
        yield finding(
            Where(evidence=silent[0].id),
            f"{many(len(silent), 'fix', 'fixes')} in {'an area' if len(silent) == 1 else 'areas'} of {listed(teams) or 'others'} "
            f"with no reason and nobody told, such as {quoted(silent[0].title)}",
            "Write three sentences: what broke, why it was not obvious, who should know; and send them to the owners.",
            [piece.id for piece in silent],
            basis=basis_of(silent),
        )


def told(case: Case, piece: Evidence) -> bool:
    """Whether somebody else had a part in it, reported it, or can read why it was needed."""
    others = [
        one for one in piece.participants
        if one.person != case.person.id and one.role is not Role.AUTHOR and not bot(case, one.person)
    ]
    body = TRAILER.sub("", piece.text)
    return bool(others) or bool(REPORT.search(f"{piece.title}\n{body}")) or words(body) >= case.thresholds["silent-fix-words"]
