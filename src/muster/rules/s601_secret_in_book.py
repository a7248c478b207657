"""S601 secret-in-book: a credential in an entry.

## What
An entry has something in it with the exact form of a private key or of an access token of a well-known service, or an
address with a password in it. What was found is never printed.

## Why
The book is made to be shown. What was committed once is in its history, too.

## Bad
```markdown entries/2026-02-10-access.md
# How to reach the old database
`postgres://admin:hunter22-not-real@db.example.org/main`
```

## Good
```markdown entries/2026-02-10-access.md
# How to reach the old database
`postgres://admin:$PASSWORD@db.example.org/main`
```

## When to ignore
When it is an example that never opened anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from muster.model import Case, Finding, Severity, Where
from muster.rules import finding, rule

#: What is looked for, by the name that the finding gives it.
FORMS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "an AWS key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a Slack token or webhook": r"\bxox[abprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}",
    "a Google key": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "a Stripe key": r"\b[sr]k_live_[A-Za-z0-9]{20,}",
    "a PyPI or npm token": r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}|\bnpm_[A-Za-z0-9]{36}\b",
    "a signed token (JWT)": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}",
    "an address with a password": r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:(?![$<{*%]|x{3,}|\.{3}|…|(?i:password|secret|token|pass)\b)[^\s/:@]{6,}@[\w.-]+",
}
SECRET = re.compile("|".join(f"(?P<f{at}>{form})" for at, form in enumerate(FORMS.values())))


@rule("S601", "secret-in-book", since="0.1", severity=Severity.ERROR, needs=("book",))
def check(case: Case) -> Iterator[Finding]:
    """A finding for each line of an entry that has one, front matter's values included."""
    for entry in case.entries:
        for offset, line in enumerate(entry.body.splitlines()):
            yield from found(entry.path, entry.line_of_body + offset, line)
        yield from found(entry.path, 1, " ".join(str(value) for value in entry.meta.values()))


def found(path: str, line: int, text: str) -> Iterator[Finding]:
    """A finding for each form that a text has."""
    names = tuple(FORMS)
    for match in SECRET.finditer(text):
        at = next(int(name[1:]) for name, value in match.groupdict().items() if value is not None)
        yield finding(
            Where(path=path, line=line),
            f"{names[at]} stands here ({len(match[0])} characters)",
            "Revoke it first, then take it out; it stays in the book's git history until that is rewritten.",
        )
