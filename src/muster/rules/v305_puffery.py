"""V305 puffery: an adjective stands where evidence should be.

## What
A claim's title or beats, or the outcome of a proposal, use a word that praises instead of showing. The list is short
and means the praise only: "robust to restarts", "significant digits" and "massively parallel" are engineering.
Quotations are somebody else's words and are not looked at.

## Why
A sceptic subtracts every adjective from what they read, and then some more. What is left had better be a fact.

## Bad
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What changed
Deploys became significantly faster.
```

## Good
```markdown claims/deploys.md
# Three teams deploy without waiting for us
## What changed
[Payments](https://example.org/1) and [Search](https://example.org/2) no longer wait for us.
```

## When to ignore
When the word is a term of your trade that the list does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from muster.model import Case, Entry, Finding, Where
from muster.rules import finding, rule
from muster.rules.facts import OUTCOME
from muster.rules.prose import listed, passages, unquoted

#: Words that praise, whatever stands beside them.
ALWAYS = (
    r"world[- ]class|best[- ]in[- ]class|best[- ]of[- ]breed|game[- ]chang(?:er|ers|ing)|"
    r"cutting[- ]edge|bleeding[- ]edge|ground[- ]?breaking|path[- ]?breaking|revolution(?:ary|is(?:ed|es|ing)|iz(?:ed|es|ing))|"
    r"unprecedented|unparalleled|unrivall?ed|phenomenal(?:ly)?|incredibl[ey]|amazing(?:ly)?|awesome|extraordinar(?:y|ily)|"
    r"astonishing(?:ly)?|stellar|superb(?:ly)?|brilliant(?:ly)?|fantastic(?:ally)?|spectacular(?:ly)?|"
    r"remarkabl[ey]|impressive(?:ly)?|tremendous(?:ly)?|immense(?:ly)?|enormous(?:ly)?|dramatic(?:ally)?|drastic(?:ally)?|"
    r"vastly|hugely|profound(?:ly)?|transformative|transformational|visionary|synerg(?:y|ies|istic)|paradigm[- ]shift(?:s|ing)?|"
    r"tireless(?:ly)?|relentless(?:ly)?|heroic(?:ally)?|effortless(?:ly)?|flawless(?:ly)?|seamless(?:ly)?|"
    r"blazing(?:ly)?[- ]fast|lightning[- ]fast|blazingly|rock[- ]solid|bullet-?proof|battle[- ]hardened|"
    r"enterprise[- ]grade|industry[- ]leading|market[- ]leading|next[- ]gen(?:eration)? (?:platform|solution|architecture)|"
    r"invaluable|instrumental in|pivotal|high[- ]impact|impactful|single-?handed(?:ly)?|"
    r"delight(?:ed|ful|fully)|innovative|above and beyond|10x (?:engineer|developer)|rockstar|"
    r"holistic(?:ally)?|countless|huge success|great success|resounding success"
)
#: Words that also have a plain meaning: (word, not after this, not before that).
BESIDE = (
    (r"significantly", r"(?:\b(?:not|statistically)\s)", r"(?!)"),
    (r"significant", r"(?:\b(?:not|no|statistically|least|most|first|last|any)\s|-)",
     r"\s(?:digits?|bits?|bytes?|figures?|places?|octets?|whitespace|white\s?space|newlines?|spaces?|at\b|order|word|characters?|difference)"),
    (r"massive(?:ly)?", r"(?:\bnot\s)", r"\s(?:parallel|multi|open online|mimo)"),
    (r"huge", r"(?:\b(?:not|transparent)\s)", r"\s?(?:pages?\b|tlb|pagetables?)"),
    (r"robust", r"(?:\b(?:not|more|less)\s)", r"(?:ness|\s(?:to|against|under|in the face|statistics?|regression|estimat\w+|mean|median|scal\w+|mutex\w*|futex\w*|z))"),
    (r"exceptional(?:ly)?", r"(?!)", r"\s(?:case|cases|condition|conditions|path|paths|flow|exit|control|state|situation|situations|circumstances)"),
    (r"outstanding", r"(?!)",
     r"\s(?:requests?|calls?|rpcs?|writes?|reads?|ios?|i/o|operations?|ops|work|items?|tasks?|issues?|bugs?|questions?|tickets?|"
     r"comments?|reviews?|changes?|transactions?|acks?|messages?|jobs?|promises?|futures?|debt|todos?|pull|connections?|locks?|leases?|balance|invoices?)"),
    (r"perfect(?:ly)?", r"(?:\b(?:not|less than|near-?|minimal)\s)", r"\s(?:hash\w*|forward|shuffle|square|matching|elision|secrecy|numbers?)"),
    (r"powerful", r"(?:\b(?:more|less|too)\s)", r"\s(?:machines?|nodes?|hardware|instances?|enough)"),
    (r"crucial(?:ly)?|vital(?:ly)?", r"(?!)", r"\s(?:signs?|path)"),
    (r"excellent(?:ly)?|superior", r"(?!)", r"\s(?:angle|limit)"),
    (r"greatly|substantially|considerably|extremely|exceedingly", r"(?:\bnot\s)", r"\s(?:large (?:files?|numbers?|inputs?))"),
    (r"elegant(?:ly)?|beautiful(?:ly)?", r"(?!)", r"\s(?:soup)"),
)  # fmt: skip
PRAISE = re.compile(
    "|".join([
        rf"\b(?:{ALWAYS})\b",
        *(rf"(?P<w{at}>\b(?:{word})\b)" for at, (word, _, _) in enumerate(BESIDE)),
    ]),
    re.IGNORECASE,
)
BEFORE = tuple(re.compile(rf"{before}$", re.IGNORECASE) for _, before, _ in BESIDE)
AFTER = tuple(re.compile(after, re.IGNORECASE) for _, _, after in BESIDE)


@rule("V305", "puffery", since="0.1", needs=("book",))
def check(case: Case) -> Iterator[Finding]:
    """A finding for each line of a claim, or of a proposal's outcome, that praises."""
    for claim in case.claims:
        if claim.drafted or claim.entry is None:
            continue
        seen = {claim.where.line or 1: list(praise(claim.title))} if praise(claim.title) else {}
        for passage in passages(claim.entry):
            if passage.beat:
                for offset, word in found_in(passage.text):
                    seen.setdefault(passage.line_at(offset), []).append(word)
        yield from reported(claim.entry, seen)
    for entry in case.entries:
        if entry.type == "proposal":
            seen = {}
            if words := praise(str(entry.meta.get("outcome") or "")):
                seen[1] = list(words)
            for passage in passages(entry):
                if passage.heading in OUTCOME:
                    for offset, word in found_in(passage.text):
                        seen.setdefault(passage.line_at(offset), []).append(word)
            yield from reported(entry, seen)


def reported(entry: Entry, seen: dict[int, list[str]]) -> Iterator[Finding]:
    """A finding for each line."""
    for line, words in sorted(seen.items()):
        said = listed((f"“{word}”" for word in dict.fromkeys(words)), 4)
        yield finding(
            Where(path=entry.path, line=line),
            f"{said} {'praises' if len(set(words)) == 1 else 'praise'} where a fact should stand",
            f"Cut {'it' if len(set(words)) == 1 else 'them'}, or say what somebody else could see: a number, a name, a date.",
        )


def praise(text: str) -> tuple[str, ...]:
    """The words of a text that praise, as typed, in order."""
    return tuple(word for _, word in found_in(text))


def found_in(text: str) -> Iterator[tuple[int, str]]:
    """(place, word as typed) of each word that praises."""
    text = unquoted(text)
    for match in PRAISE.finditer(text):
        at = next((int(name[1:]) for name, value in match.groupdict().items() if value), None)
        if at is not None and (BEFORE[at].search(text[: match.start()]) or AFTER[at].match(text, match.end())):
            continue
        yield match.start(), " ".join(match[0].split())
