"""A404 unobserved-number: a quantity in a claim that is bound to no data.

## What
A beat of a claim states a quantity (a percentage, a duration, "3x", an amount of money, a rate, a count of things)
that no data backs. A quantity is bound by writing `{name.before}` or the like in its place and naming its data under
`numbers:` in the front matter, or by a link to that data: `[12 minutes](../data/deploy-times.csv)`. Behind a number's
name may stand before, after, change, percent, interval, before_interval, after_interval and trend. Dates, versions,
names, issue numbers and ordinals are no quantities; a count of people, teams, changes or the like is none either where
the same beat links what is counted.

## Why
"Is that number observed?" One that is not, once found, takes the others down with it.

## Bad
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What changed
Deploys are 40 % faster.
```

## Good
```markdown claims/deploys.md
---
numbers:
  deploy_p95: {data: data/deploy-times.csv, time: finished_at, value: minutes, event: 2026-05-04, statistic: p95}
---
# Three teams deploy without waiting for us
## What changed
p95 went from {deploy_p95.before} to {deploy_p95.after} minutes.
```

## When to ignore
When the quantity is part of what was decided ("a limit of 5 seconds"), not something that is said to have been
observed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from muster.model import Case, Claim, Finding, Observed, Severity, Where
from muster.quantities import PLACEHOLDER, quantities
from muster.quantities.figures import PARTS, value_of, why_not
from muster.rules import finding, rule
from muster.rules.observed import seen as observed_of
from muster.rules.observed import unlinked
from muster.rules.prose import Passage, listed, passages


@rule("A404", "unobserved-number", since="0.1", severity=Severity.ERROR, needs=("book",), claims=True)
def check(case: Case) -> Iterator[Finding]:
    """A finding for each line of a written claim's beats that states a quantity bound to nothing."""
    for claim in case.claims:
        if claim.drafted or claim.entry is None:
            continue
        observed = observed_of(case, claim)
        yield from without_data(case, claim)
        linked = links_by_beat(claim)
        seen: dict[int, list[str]] = {}
        for passage in passages(claim.entry):
            if not passage.beat:
                continue
            yield from placeholders(claim, passage, observed)
            text = unlinked(passage.text, claim, passage.line, passage.line_at(len(passage.text)))
            for offset, quantity in quantities(text, linked.get(passage.beat, 0)):
                seen.setdefault(passage.line_at(offset), []).append(quantity)
        for line, found in sorted(seen.items()):
            said = listed((f"“{one}”" for one in dict.fromkeys(found)), 4)
            yield finding(
                Where(path=claim.where.path, line=line),
                f"{said} {'is' if len(set(found)) == 1 else 'are'} bound to no data",
                "Put what was measured into a file under data/, name it under `numbers:`, and write {name.before} and "
                "{name.after}; or take the number out.",
            )


def placeholders(claim: Claim, passage: Passage, observed: Mapping[str, Observed]) -> Iterator[Finding]:
    """A finding for each `{name.part}` of a passage that stands for nothing, with the names and parts that there are."""
    names = [number.name for number in claim.numbers]
    for match in PLACEHOLDER.finditer(passage.text):
        where = Where(path=claim.where.path, line=passage.line_at(match.start()))
        name, part = match[1], match[2]
        one = observed.get(name)
        if name not in names:
            close = get_close_matches(name, names, 1)
            yield finding(
                where,
                f"{match[0]} stands for no number of this claim" + (f"; it has {listed(names, 6)}" if names else ", which has none"),
                f"Write {{{close[0]}.{part}}}." if close
                else f"Name its data under `numbers:` in the front matter: {name}: {{data: data/….csv}}",
            )  # fmt: skip
        elif part not in PARTS:
            close = get_close_matches(part, PARTS, 1)
            yield finding(
                where,
                f"{match[0]} stands for nothing; behind a number’s name may stand {listed(PARTS, len(PARTS))}",
                f"Write {{{name}.{close[0]}}}." if close else "Write one of these, or take it out.",
            )
        elif one is not None and not one.problem and value_of(one, part) is None:
            yield finding(
                where,
                f"{match[0]} cannot be shown: {why_not(one, part)}",
                f"Take it out, or add what is missing to {one.data}.",
            )


def without_data(case: Case, claim: Claim) -> Iterator[Finding]:
    """A finding for each number in the front matter whose data is not named or cannot be read."""
    problems = {(one.path, one.name): one.problem for one in case.observed}
    for number in claim.numbers:
        problem = problems.get((claim.where.path or "", number.name), "")
        if not number.data:
            problem = problem or "it names no data; write `data: data/FILE.csv` under it"
        if problem:
            yield finding(
                Where(path=claim.where.path, line=number.line),
                f"the number {number.name} is bound to no data: {problem.partition('; ')[0]}",
                sentence(problem.partition("; ")[2]) or "Mend the file or its name under `numbers:`, or take the number out.",
            )


def sentence(text: str) -> str:
    """The text as a sentence; empty where there is none."""
    return f"{text[0].upper()}{text[1:]}." if text else ""


def links_by_beat(claim: Claim) -> dict[str, int]:
    """How many references each beat has: typed ones, and evidence tied to it."""
    assert claim.entry is not None
    found: dict[str, int] = {}
    for passage in passages(claim.entry):
        if passage.beat:
            last = passage.line_at(len(passage.text))
            typed = sum(passage.line <= reference.line <= last for reference in claim.entry.references)
            found[passage.beat] = found.get(passage.beat, 0) + typed
    for name, beat in claim.beats:
        ids = {id_ for statement in beat.statements for id_ in statement.evidence}
        found[name] = max(found.get(name, 0), len(ids))
    return found
