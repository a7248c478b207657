"""V305 puffery: an adjective, or a hedge, stands where evidence should be.

## What
A claim's title or beats, or the outcome of a proposal, use a word that praises instead of showing: "world-class" always,
"significantly" only beside what it blows up ("significantly faster", "a massive improvement"), and only of what was done.
"Robust to restarts", "significant digits" and "would be much simpler" are engineering. Or what was done and what changed
are hedged: "hopefully", "should have helped", "was involved in". Quotations are somebody else's words and are not looked at.

## Why
A sceptic subtracts every adjective from what they read, and then some more. What is left had better be a fact. A hedge
subtracts itself: who was "involved in" it did, as far as anybody can tell, nothing of it.

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
from muster.rules.wording import hedges

#: Words that praise, whatever stands beside them.
ALWAYS = (
    r"world[- ]class|best[- ]in[- ]class|best[- ]of[- ]breed|game[- ]chang(?:er|ers|ing)|"
    r"cutting[- ]edge|ground[- ]?breaking|path[- ]?breaking|revolution(?:ary|is(?:ed|es|ing)|iz(?:ed|es|ing))|"
    r"unparalleled|unrivall?ed|phenomenal(?:ly)?|amazing(?:ly)?|awesome|"
    r"astonishing(?:ly)?|stellar|superb(?:ly)?|brilliant(?:ly)?|fantastic(?:ally)?|spectacular(?:ly)?|"
    r"transformative|transformational|visionary|"
    r"synerg(?:y|ies|istic)|paradigm[- ]shift(?:s|ing)?|"
    r"tireless(?:ly)?|relentless(?:ly)?|heroic(?:ally)?|effortless(?:ly)?|flawless(?:ly)?|"
    r"blazing(?:ly)?[- ]fast|lightning[- ]fast|blazingly|rock[- ]solid|bullet-?proof|battle[- ]hardened|"
    r"enterprise[- ]grade|industry[- ]leading|market[- ]leading|next[- ]gen(?:eration)? (?:platform|solution|architecture)|"
    r"instrumental in|high[- ]impact|single-?handed(?:ly)?|"
    r"delight(?:ed|ful|fully)|(?:went|go|goes|going|gone) above and beyond|10x (?:engineer|developer)|rockstar|"
    r"(?:huge|great|resounding|massive) success"
)
#: What somebody says changed for the better, which a word of degree before or after it blows up.
_BETTER = (
    r"(?:better|faster|easier|simpler|cheaper|safer|smoother|quicker|happier|cleaner|stronger|smaller|lower|higher|fewer|shorter|improved|reduced|increased|"
    r"accelerated|sped up|simplified|boosted|cut|enhanced|lowered|shortened|raised|streamlined|decreased|strengthened|"
    r"more (?:reliable|stable|efficient|productive|robust|scalable|maintainable|resilient|secure|confident)|"
    r"less (?:error[- ]prone|painful|toil|fragile|flaky|work)|fewer|successful|popular|valuable|well|positive|productive|reliable|efficient|helpful|proud|stable)"
)
_DEGREE = (
    r"(?:significantly|substantially|considerably|greatly|massively|vastly|extremely|exceedingly|exceptionally|radically|profoundly|enormously|"
    r"dramatically|drastically|markedly|noticeably)"
)
_SIZE = r"(?:significant|massive|huge|tremendous|enormous|immense|substantial|profound|outstanding|exceptional|excellent|superior|dramatic|drastic)"
_GAIN = (
    r"(?:improvements?|impact|success(?:es)?|wins?|gains?|boost|achievements?|contributions?|milestones?|savings?|speed-?ups?|progress|"
    r"breakthroughs?|step forward|leap(?: forward)?|results?|uplift|reductions?|job|feedback|outcomes?)"
)
_FINE = r"(?:robust|powerful|elegant|seamless|innovative|holistic|beautiful|perfect|comprehensive|sophisticated|stunning|pivotal|crucial|vital|excellent|outstanding|world-leading)"
_MADE = (
    r"(?:solution|platform|system|architecture|framework|design|experience|foundation|pipeline|process|strategy|vision|"
    r"role|contribution|piece of (?:work|engineering)|execution|migration|rollout|launch|transition|service)"
)
#: Words that praise what they stand beside. They have a plain meaning too ("significant digits", "robust to restarts",
#: "a powerful machine"), so only the pair counts; and only of what is done: see NOT_DONE.
BESIDE = (
    r"unprecedented|incredibl[ey](?! (?:complicated|hard|difficult|slow|strong|bad|annoying|rare))|extraordinar(?:y|ily)|remarkabl[ey](?! (?:easy|hard|difficult|complicated|slow|bad))|impressive(?:ly)?|tremendous(?:ly)?|immense(?:ly)?|hugely|invaluable|impactful|countless",
    rf"{_DEGREE}\s+(?:{_BETTER})|(?:improved|reduced|increased|accelerated|simplified|boosted|enhanced|grew|grown|dropped|fell|rose)(?:\s+[\w'’-]+){{0,4}}\s+{_DEGREE}",
    rf"{_SIZE}\s+(?:positive\s+|business\s+|performance\s+|quality\s+)?(?:{_GAIN})",
    rf"{_FINE}(?:,?\s+(?:and\s+)?[\w-]+){{0,2}}\s+(?:{_MADE})",
    r"(?:dramatic|drastic)(?:ally)?\s+(?:slow|bad|late|wrong|so|worse)|extremely\s+(?:slow|so)|"
    r"(?:went|worked|ran|migrated|moved|integrated|rolled out|switched|transitioned|landed)\s+(?:\w+\s+){0,2}(?:perfectly|beautifully|seamlessly|superbly)",
    r"(?:seamless(?:ly)?|perfectly|beautifully|elegantly)\s+(?:integrated|migrated|moved|executed|delivered|solved|solves|handled|transitioned|rolled out|blended)",
)  # fmt: skip
PRAISE = re.compile("|".join([rf"\b(?:{ALWAYS})\b", *(rf"(?P<b{at}>\b(?:{pair})\b)" for at, pair in enumerate(BESIDE))]), re.IGNORECASE)
#: Before a pair: what is planned, feared, asked, compared or denied is praised by nobody.
NOT_DONE = re.compile(
    r"\b(?:would|could|can|may|might|will|should|must|shall|to|not|no|never|nobody|none|nothing|neither|little|few|cannot|without|if|unless|whether|any|need|needs|expected?|"
    r"potentially|possibly|likely|unlikely|hopefully|aims?|goals?|wants?|allows?|lets?|require[sd]?|where|when|until|statistically)\b"
    r"[^.;:!?]{0,60}$|n['’]t\b[^.;:!?]{0,60}$|\b(?:least|more|less|than|towards?|for|of)\s+(?:[\w’'-]+\s+){0,3}$",
    re.IGNORECASE,
)
#: After a pair: what is asked for is not there yet, and what is compared with something named is compared.
NEEDED = re.compile(r"\s+(?:than (?!before|ever|it was|they were|previously)|needs?|requires?|would|should|must|could|has to|have to|is needed|are needed|is required)", re.IGNORECASE)


@rule("V305", "puffery", since="0.1", needs=("book",))
def check(case: Case) -> Iterator[Finding]:
    """A finding for each line of a claim, or of a proposal's outcome, that praises, and for each that hedges what was done."""
    for claim in case.claims:
        if claim.drafted or claim.entry is None:
            continue
        seen = {claim.where.line or 1: list(praise(claim.title))} if praise(claim.title) else {}
        hedged: dict[int, list[str]] = {}
        for passage in passages(claim.entry):
            if passage.beat:
                for offset, word in found_in(passage.text):
                    seen.setdefault(passage.line_at(offset), []).append(word)
            if passage.beat in ("did", "changed"):
                for offset, word in hedges(passage.text):
                    hedged.setdefault(passage.line_at(offset), []).append(word)
        yield from reported(claim.entry, seen)
        for line, said in sorted(hedged.items()):
            yield finding(
                Where(path=claim.entry.path, line=line),
                f"{listed((f'“{word}”' for word in dict.fromkeys(said)), 3)} {'hedges' if len(set(said)) == 1 else 'hedge'} where a fact should stand",
                "Say what you did or what is different now, with its link; where you do not know, say that and how it could be known.",
            )
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
        if any(match.groupdict().values()) and (NOT_DONE.search(text[: match.start()]) or NEEDED.match(text, match.end())):
            continue
        yield match.start(), " ".join(match[0].split())
