"""A405 number-mismatch: the claimed number lies outside what its data shows.

## What
A number in a claim's front matter states a value (`before:`, `after:`, or `claimed:` for after), or a link to its data
does (`[12 minutes](../data/deploy-times.csv)`), that lies outside the 95 % interval of the statistic, as recomputed from
that data. A value in another unit of the same kind is converted first (720 s are 12 min), and one that is the observed
value but for rounding is right. Words behind `{name.after}` that are another unit than the number's are a mismatch too.
With too few rows for an interval, it cannot tell.

## Why
A sceptic recomputes one number. If that one is off, no other one is believed.

## Bad
```markdown claims/deploys.md
---
numbers:
  deploy_p95: {data: data/deploy-times.csv, time: at, value: minutes, event: 2026-05-04, claimed: 8}
---
# Three teams deploy without waiting for us
## What changed
The slowest deploys take {deploy_p95.after} minutes.
```
```yaml case
observed:
  claims/deploys.md deploy_p95: {before: [40, 36, 45], after: [12, 10.5, 14]}
```

## Good
```markdown claims/deploys.md
---
numbers:
  deploy_p95: {data: data/deploy-times.csv, time: at, value: minutes, event: 2026-05-04, claimed: 12}
---
# Three teams deploy without waiting for us
## What changed
The slowest deploys take {deploy_p95.after} minutes.
```
```yaml case
observed:
  claims/deploys.md deploy_p95: {before: [40, 36, 45], after: [12, 10.5, 14]}
```

## When to ignore
When the claim is about another slice than the data; better to bind it to that slice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from muster.model import Case, Claim, Estimate, Finding, Number, Observed, Severity, Spread, Where
from muster.quantities import PLACEHOLDER, quantities
from muster.quantities.figures import bounds
from muster.quantities.units import converted, same, shown, typed, unit_of
from muster.rules import CannotTell, finding, rule
from muster.rules.observed import linked, seen
from muster.rules.prose import passages


@rule("A405", "number-mismatch", since="0.1", severity=Severity.ERROR, needs=("book",), claims=True)
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each value that its data does not bear out."""
    for claim in case.claims:
        observed = seen(case, claim)
        for number in claim.numbers:
            one = observed.get(number.name)
            if one is not None and not one.problem:
                yield from stated(claim, number, one)
        yield from in_links(claim, observed)
        yield from in_other_units(claim, observed)


def stated(claim: Claim, number: Number, one: Observed) -> Iterator[Finding | CannotTell]:
    """What the front matter states of a number, beside what its data shows."""
    for key, spread in (("before", one.before), ("after", one.after), ("claimed", one.after)):
        written = number.settings.get(key)
        if written is None or spread is None:
            continue
        said = typed(str(written))
        value = converted(said.values[0], said.unit, one.unit) if said else None
        if said is None or value is None:
            other = f"; its unit is {one.unit}" if one.unit and said else ""
            yield CannotTell(f"{number.name}: `{key}: {written}` is no value that can be compared{other}")
            continue
        slack = converted(said.slack[0], said.unit, one.unit) or 0.0
        fits = within(value, slack, spread)
        when = "before" if key == "before" else "after"
        if fits is None:
            yield CannotTell(f"{number.name} has too few measurements for an interval ({spread.rows})")
        elif not fits:
            yield finding(
                Where(path=claim.where.path, line=number.line),
                f"{number.name} is said to be {written} {'before' if when == 'before' else 'afterwards'}; its data shows {shows(spread, one.unit)}",
                f"Take the {key} value out and let {{{number.name}.{when}}} say it.",
            )


def in_links(claim: Claim, observed: dict[str, Observed]) -> Iterator[Finding | CannotTell]:
    """Quantities in the words of a link to a number's data, beside what that data shows."""
    for reference, numbers in linked(claim):
        known = [observed[number.name] for number in numbers if number.name in observed and not observed[number.name].problem]
        for _, quantity in quantities(reference.text):
            said = typed(quantity)
            if said is None or not known:
                continue
            where = Where(path=claim.where.path, line=reference.line)
            told = [[fit(value, slack, said.unit, one) for one in known] for value, slack in zip(said.values, said.slack, strict=True)]
            if all(any(answer is True for answer in row) for row in told):
                continue
            if any(all(answer is None for answer in row) for row in told):
                yield CannotTell(f"“{quantity}” cannot be compared with {known[0].data}: it is of another kind, or there are too few rows")
                continue
            one = known[0]
            yield finding(
                where,
                f"“{quantity}” is not what {one.data} shows of {one.name}: {shows(one.before, one.unit)} before, "
                f"{shows(one.after, one.unit)} after",
                f"Write {{{one.name}.before}} and {{{one.name}.after}} in its place.",
            )


def in_other_units(claim: Claim, observed: dict[str, Observed]) -> Iterator[Finding]:
    """`{name.after} ms` of a number in minutes."""
    if claim.entry is None or claim.drafted:
        return
    for passage in passages(claim.entry):
        for match in PLACEHOLDER.finditer(passage.text) if passage.beat else ():
            one = observed.get(match[1])
            word = re.match(r"[\s\u00a0-]?(%|[^\W\d_]+)", passage.text[match.end() :])
            if one is None or not one.unit or word is None or match[2] not in ("before", "after", "change"):
                continue
            said, its = unit_of(word[1]), unit_of(one.unit)
            # "s" and the like are units beyond doubt only where they are of the number's own kind.
            if said and its and said.kind == its.kind and not same(word[1], one.unit):
                yield finding(
                    Where(path=claim.where.path, line=passage.line_at(match.start())),
                    f"{match[0]} is in {one.unit}, and the sentence says {word[1]}",
                    f"Write {match[0]} without a unit; it brings its own.",
                )


def fit(value: float, slack: float, unit: str, one: Observed) -> bool | None:
    """Whether a value of a link's words is what the data shows before, after or as a change; None where it cannot be told."""
    answers: list[bool | None] = []
    own = converted(value, unit, one.unit) if unit or not one.unit else None
    if own is not None and one.before and one.after:
        wide = converted(slack, unit, one.unit) or 0.0
        answers += [within(own, wide, one.before), within(own, wide, one.after)]
        if one.change:
            answers.append(within(abs(own), wide, turned(one.change)))
    kind = unit_of(unit)
    if kind and kind.kind == "share" and one.ratio and not same(unit, one.unit):
        share = Estimate(100 * (one.ratio.value - 1), *(100 * (end - 1) if end is not None else None for end in (one.ratio.low, one.ratio.high)))
        answers.append(within(abs(value), slack, turned(share)))
    if any(answer is True for answer in answers):
        return True
    return False if any(answer is False for answer in answers) else None


def turned(one: Estimate) -> Estimate:
    """A change as a size: "28 minutes less" is said without a sign."""
    if one.value >= 0 or one.low is None or one.high is None:
        return Estimate(abs(one.value), one.low, one.high)
    return Estimate(-one.value, -one.high, -one.low)


def within(value: float, slack: float, one: Spread | Estimate) -> bool | None:
    """Whether a typed value is in the interval, or is the observed value rounded; None where there is no interval."""
    if abs(value - one.value) <= slack * (1 + 1e-9):
        return True
    if one.low is None or one.high is None:
        return None
    return one.low <= value <= one.high


def shows(one: Spread | None, unit: str) -> str:
    """What the data shows on one side: `10.1 minutes (9.7 to 10.3, 330 measurements)`."""
    if one is None:
        return "nothing"
    ends = f"{bounds(one)}, " if one.low is not None else ""
    return f"{shown(one.value, unit)} ({ends}{one.rows:,} measurements)"
