"""C204 no-cross-functional-voice: no product, design, support or other function's voice.

## What
The organisation's files say who is there for what, and up to the end of the period nobody of another function than yours has a
record that refers to your work, nor is there an endorsement that somebody of another function signed.

## Why
Leads of other functions ask what they could ship because of it. When nobody of theirs ever said a word about the work, the
answer is taken to be: nothing.

## Bad
```yaml case
sources: [git, book, org, functions]
function: engineering
evidence:
  git:a1: {title: Move the lock into the queue}
  git:b1: {by: dana, team: search, function: engineering, title: Search deploys through the queue}
links: [git:b1 builds-on git:a1]
```

## Good
```yaml case
sources: [git, book, org, functions]
function: engineering
evidence:
  git:a1: {title: Move the lock into the queue}
  jira:10: {by: pia, function: product, kind: comment, title: Checkout can ship on Fridays now}
links: [jira:10 cites git:a1]
```

## When to ignore
When the work is for engineers alone, such as a build system. Then say in the claim who its users are.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Finding, Grade, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import done
from muster.rules.prose import listed, many


@rule("C204", "no-cross-functional-voice", since="0.2", needs=("functions",))
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """One finding about the case, with whose voices there are."""
    if case.function is None:
        yield CannotTell(f"the organisation's files do not say what you are there for on {case.period.until}, so nobody's function is another")
        return
    met = case.met()
    voices = [person for person, ids in met.items() if any(case.functions.get(id_, case.function) != case.function for id_ in ids)]
    signed = [entry for entry in case.entries if entry.type == "endorsement" and entry.meta.get("function") and entry.grade >= Grade.WITNESSED]
    if voices or signed:
        return
    if not any(done(case)):
        yield CannotTell("nothing of yours is on record in the period, so there was nothing to speak of")
        return
    unknown = [person for person in met if not any(id_ in case.functions for id_ in met[person])]
    if met and len(unknown) == len(met):
        yield CannotTell("the organisation's files do not say what those who met the work are there for")
        return
    said = [entry for entry in case.entries if entry.type in ("endorsement", "result") and entry.meta.get("function")]
    seen = f"nobody of another function than {case.function} has a record that refers to the work"
    if said:
        seen += f"; you report a voice of {listed(dict.fromkeys(str(entry.meta['function']) for entry in said))}, which is your word until they write it"
    if unknown:
        seen += f" ({many(len(unknown), 'person', 'people')} who met it: the files do not say what they are there for)"
    yield finding(
        Where(), seen,
        "Ask one person of product, design or support whom it lets ship sooner for two sentences, where they can be linked.",
    )  # fmt: skip
