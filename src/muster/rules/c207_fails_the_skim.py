"""C207 fails-the-skim: the three beats cannot be read within thirty seconds.

## What
The three beats of a claim have more than 120 words together, or a beat opens with a sentence of more than 25 words; or
the packet's first screen has more than 150 words, although its lines were cut at the ends of clauses. Thirty seconds are
about 120 words. The first screen is counted as it is shown at 1280×800, with every label, name and number; a sentence
that muster puts where you have written none is not counted. (A missing beat is A401.)

## Why
The packet is skimmed by people with forty others on the table. What does not fit is not read, and the first sentence
of each beat is often all that is.

## Bad
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## Problem
Because the deploy lock had been introduced at a time when there was only one team that would ever deploy on any given
day, three teams were by then queued behind one lock.
## What I did
Moved the lock into the queue.
## What changed
Payments and Search moved onto it in May.
```

## Good
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## Problem
Deploys of three teams queued behind one lock.
## What I did
Moved the lock into the queue.
## What changed
Payments and Search moved onto it in May.
```

## When to ignore
When the long part is a quotation that has to stand as it is: put it into a block quote, which is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model import Case, Claim, Finding, Where
from muster.rules import finding, rule
from muster.rules.a404_unobserved_number import check as a404
from muster.rules.facts import TITLES, named
from muster.rules.opening import SKIM, of_case
from muster.rules.prose import many, passages, quoted, sentences, words


@rule(
    "C207", "fails-the-skim", since="0.1", needs=("book",),
    thresholds={"skim-words": 120, "skim-screen-words": 150, "skim-sentence-words": 25}, claims=True,
)
def check(case: Case) -> Iterator[Finding]:
    """A finding for each written claim that is too long, one for each opening sentence that is, and one for the first screen."""
    for claim in case.claims:
        if claim.drafted or claim.entry is None:
            continue
        total, openings = measured(claim)
        if total > case.thresholds["skim-words"]:
            yield finding(
                claim.where,
                f"{named(claim)}: the three beats have {total} words, and thirty seconds read about "
                f"{int(case.thresholds['skim-words'])}",
                "Keep one or two sentences for each beat, and move the rest into the entries that they link.",
            )
        for name, line, opening in openings:
            if words(opening) > case.thresholds["skim-sentence-words"]:
                yield finding(
                    Where(path=claim.where.path, line=line),
                    f"“{TITLES[name]}” opens with a sentence of {words(opening)} words: {quoted(opening, 50)}",
                    f"Cut it in two; the first says the one thing, in {int(case.thresholds['skim-sentence-words'])} "
                    "words or fewer.",
                )


    unbound: dict[str, str] = {}
    for found in a404(case).findings:
        unbound.setdefault(found.where.path or "", found.seen)
    screen = of_case(case, unbound)
    if screen.words > case.thresholds["skim-screen-words"] and any(claim.entry and not claim.drafted for claim in case.claims):
        longest = max(screen.cards, key=lambda card: card.words)
        yield finding(
            Where(),
            f"the first screen has {screen.words} words with {many(len(screen.cards), 'claim')}, and thirty seconds read about "
            f"{SKIM}; most are in “{longest.title}” ({longest.words})",
            "Bring three claims, or open each beat with one short sentence: what the first screen cannot show stands on the claim's page.",
        )


def measured(claim: Claim) -> tuple[int, list[tuple[str, int, str]]]:
    """Words in the three beats, and (beat, line, sentence) that each opens with."""
    assert claim.entry is not None
    total = 0
    openings: dict[str, tuple[str, int, str]] = {}
    for passage in passages(claim.entry):
        if not passage.beat:
            continue
        total += words(passage.text)
        for sentence in sentences(passage.text)[:1]:
            openings.setdefault(passage.beat, (passage.beat, passage.line, sentence))
    return total, list(openings.values())
