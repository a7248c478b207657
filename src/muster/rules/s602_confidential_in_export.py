"""S602 confidential-in-export: a name, term or host that you marked confidential would leave with the packet.

## What
A claim, the packet's one sentence, or a record that stands behind the case holds something that `confidential` in
muster.toml or the book's list `confidential.txt` names. What was found is never printed; the finding says which line of
the list it is. `muster packet` writes nothing while one would leave.

## Why
A packet is handed on. What left once cannot be called back, and the first thing that a room learns from a leak is whom
not to trust with more.

## Bad
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What changed
Project Zephyr shipped a week early.
```
```yaml case
confidential: [Project Zephyr]
```

## Good
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What changed
An unannounced product shipped a week early.
```
```yaml case
confidential: [Project Zephyr]
```

## When to ignore
When everybody who reads the packet may know it. Then take it off the list; `--redact` withholds whatever is on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Claim, Finding, Marked, Severity, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.confidential import Marks, marks
from muster.rules.facts import in_order
from muster.rules.prose import listed, many

NEXT = "Say it without that name, or hand the packet out with --redact, which withholds the whole field."


@rule("S602", "confidential-in-export", since="0.3", severity=Severity.ERROR, needs=("book",))
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each line of a claim that holds a mark, one for the sentence, and one for the records that do."""
    if not case.confidential:
        yield CannotTell("nothing is marked confidential, in muster.toml or in confidential.txt")
        return
    wanted = marks(case.confidential)
    for claim in case.claims:
        yield from in_claim(wanted, claim)
    if found := wanted.found(case.sentence):
        yield finding(Where(path="muster.toml"), f"the packet's one sentence holds {which(found)}", NEXT)
    behind = dict.fromkeys(id_ for claim in case.claims for id_ in case.backing(claim))
    behind.update(dict.fromkeys(id_ for thread in case.period_threads() for id_ in thread.evidence))
    held: dict[str, tuple[Marked, ...]] = {}
    for id_ in in_order(case, behind):
        piece = case.evidence[id_]
        if piece.kind != "claim" and (found := wanted.found("\n".join((piece.title, piece.url or "", piece.origin, piece.ref)))):
            held[id_] = found
    if held:
        said = which(tuple(dict.fromkeys(one for found in held.values() for one in found)))
        yield finding(
            Where(), f"{many(len(held), 'record')} behind the case {'holds' if len(held) == 1 else 'hold'}, in title, address or place, {said}",
            "Hand the packet out with --redact, which withholds those fields and says how many.", held,
        )  # fmt: skip


def in_claim(wanted: Marks, claim: Claim) -> Iterator[Finding]:
    """A finding for each line of a claim with a mark."""
    texts = [(claim.where.line, claim.title), (claim.where.line, "\n".join((*claim.witnesses, *claim.behaviors)))]
    texts += [(line.line or beat.line, line.text) for _, beat in claim.beats for line in beat.statements]
    texts += [(number.line, f"{number.name}\n{number.data}") for number in claim.numbers]
    lines: dict[int, dict[Marked, None]] = {}
    for line, text in texts:
        lines.setdefault(line or 1, {}).update(dict.fromkeys(wanted.found(text)))
    for line, found in sorted(lines.items()):
        if found:
            where = Where(path=claim.where.path, line=line) if claim.where.path else claim.where
            yield finding(where, f"the claim holds {which(tuple(found))} here", NEXT)


def which(found: tuple[Marked, ...]) -> str:
    """How a finding names what it must not print: by its place in the list."""
    return f"what {listed(dict.fromkeys(one.where for one in found))} {'keeps' if len({one.where for one in found}) == 1 else 'keep'} confidential"
