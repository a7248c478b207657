"""Who a sentence says did it, and what it hedges: read off the words alone, for prose in which a claim is told.

Each look means little in one sentence and something in a whole beat: engineers write "we" and the passive all day, rightly.
So the rules ask it of a beat that says nothing else, and `benchmarks/language.py` counts how often plain engineering prose
would raise each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from muster.rules.prose import unquoted


class Doer(StrEnum):
    """Whom a sentence says did it."""

    OWNER = "owner"  # "I", "my", or a verb with its subject left out: "Moved the lock."
    GROUP = "group"  # "we", "our team"
    NOBODY = "nobody"  # "the lock was moved", and not by whom
    OTHER = "other"  # somebody or something else, or no deed at all


_OWNER = re.compile(r"(?<![\w.])(?:I|I['’](?:ve|d|m|ll)|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself)(?![\w.)/])")
_IRREGULAR = (
    "wrote|built|made|led|ran|took|gave|found|chose|brought|set|put|cut|split|kept|held|drew|sent|spoke|taught|told|got|began|read|rewrote|"
    "rebuilt|redid|did|drove|went|came|met|saw|showed|shot|fed|fought|laid|lent|left|let|lost|paid|rode|rose|said|sold|spent|stood|swept|"
    "threw|thought|understood|undertook|withdrew|wound|won|wove|broke|bound|caught|dealt|dug|fell|flew|froze|grew|hid|hit|hung|knew|shut|"
    "slept|stuck|struck|swung|tore|wore|undid|overcame|forked"
)
_PARTICIPLES = (
    "written|built|made|led|run|taken|given|found|chosen|brought|set|put|cut|split|kept|held|drawn|sent|taught|told|gotten|begun|read|"
    "rewritten|rebuilt|redone|done|driven|met|seen|shown|fed|fought|laid|lent|left|let|lost|paid|said|sold|spent|thrown|thought|"
    "understood|undertaken|withdrawn|wound|won|woven|broken|bound|caught|dealt|dug|frozen|grown|hidden|hit|hung|shut|stuck|struck|undone|overcome"
)
_ADVERBS = r"(?:(?:then|also|later|since|now|just|first|finally|never|only|already|all|both|together|eventually|quickly|\w+ly)\s+)*"
#: A deed of a group: what "we" will, can, need or propose is a plan.
_GROUP = re.compile(
    rf"(?<![\w/.-])(?:[Ww]e|(?:[Oo]ur|[Tt]he)\s+(?:whole\s+|entire\s+)?(?:team|group|squad|crew))(?:['’]ve|\s+have|\s+had)?\s+{_ADVERBS}"
    rf"(?:{_IRREGULAR}|{_PARTICIPLES}|\w{{2,}}ed)\b(?!\s+(?:to|that)\b)"
)
#: What may stand before a verb whose subject is left out: "Then, in March, moved …", "After the incident, wrote …".
_LEAD = r"(?:(?:then|first|next|later|also|finally|and|so|instead|meanwhile|together|quietly|afterwards)\b[,:]?\s+|(?:in|on|at|after|before|with|from|for|by|over|during|within|until|since)\b[^,.;]{1,60},\s+)*"
_SUBJECTLESS = re.compile(rf"^\W*{_LEAD}(?:{_IRREGULAR}|[a-z]{{2,}}ed)\b(?!\s+by\b)", re.IGNORECASE)
#: Words in -ed that begin a sentence without being its verb.
_NOT_VERBS = re.compile(r"^\W*(?:based|given|compared|provided|need|speed|feed|seed|red|bed|embed|shed|indeed|related|limited|advanced|nested|shared|detailed|associated|named|unused|expected|affected|distributed)\b", re.IGNORECASE)
#: Deeds; what is "considered", "required" or "known" is nobody's.
_DEEDS = (
    "moved|built|written|added|removed|fixed|changed|introduced|created|implemented|deployed|migrated|replaced|rewritten|refactored|merged|shipped|"
    "rolled out|rolled back|released|designed|redesigned|decided|chosen|set up|cut|split|tested|documented|automated|improved|reduced|launched|"
    "delivered|done|made|completed|achieved|started|upgraded|cleaned up|extracted|extended|reworked|resolved|solved|updated|enabled|switched|"
    "turned on|turned off|converted|consolidated|simplified|optimi[sz]ed|rebuilt|redone|drafted|held|organi[sz]ed|taught|measured|investigated|debugged"
)
_PASSIVE = re.compile(rf"\b(?:was|were|has been|have been|had been|got)\s+{_ADVERBS}(?:{_DEEDS})\b", re.IGNORECASE)
_AGENT = re.compile(r"\bby\s+(?!(?:\w+ing|default|hand|design|accident|then|now|itself|themselves|means|\d)\b)\w", re.IGNORECASE)
#: Somebody or something that did it, beside a passive: "… was moved, and Dana wrote the queue".
_ACTIVE = re.compile(rf"(?:^|[,;:–—]\s*|\b(?:and|but|so|while|when|because|which|that|who)\s+)[A-Z@][\w.@-]*(?:\s+(?!(?:was|were|has|have|had|been|got|is|are)\b)[\w-]+)?\s+(?:{_IRREGULAR}|\w{{2,}}ed)\b")

#: Words that keep a result from being one. None is "probably" or "should": a plan says those rightly.
_HEDGE = re.compile(
    r"\b(?:hopefully|arguably|in some ways|to a certain extent|so to speak|"
    r"should (?:by now |now |already )?have (?:helped|improved|reduced|made|led|resulted|become|saved|prevented|contributed)|"
    r"(?:seems?|appears?|believed|thought|felt) to have (?:helped|improved|reduced|made|led|resulted|become|saved|prevented|contributed)|"
    r"(?:i|we) (?:think|believe|feel|like to think|would say|would argue) (?:that )?(?:it|this|these|they|we|i)\b[^.;]{0,40}\b(?:helped|improved|reduced|saved|prevented|contributed|better|faster|easier)|"
    r"(?:was|were|been) (?:heavily |closely |deeply |actively |directly |also )?involved in|played (?:an? )?(?:\w+ )?(?:role|part) in|"
    r"(?:tried|attempted|aimed|strove|worked hard) to (?:help|improve|drive|push|influence|support|promote|foster|ensure)|"
    r"helped (?:to )?(?:drive|shape|push|foster|enable|facilitate|support|promote)|"
    r"contributed to (?:the )?(?:\w+ )?(?:success|improvement|culture|effort|efforts|direction|growth)|"
    r"(?:somewhat|kind of|sort of|more or less|pretty much|basically) (?:better|faster|easier|improved|reduced|helped|solved|fixed|done|works?|worked))\b",
    re.IGNORECASE,
)


_PLAN = re.compile(r"\b(?:will|would|could|can|may|might|should|shall|to|if|and|but)\s+(?:be\s+)?\W?$", re.IGNORECASE)
_PLANNED = re.compile(r"[^.;:]{0,50}\b(?:will|would|could|can|may|might|should|shall|won['’]t)\b", re.IGNORECASE)


def doer(sentence: str) -> Doer:
    """Whom a sentence says did what it tells."""
    text = unquoted(sentence)
    if _OWNER.search(text) or (_SUBJECTLESS.match(text) and not _NOT_VERBS.match(text)):
        return Doer.OWNER
    if _GROUP.search(text):
        return Doer.GROUP
    if _PASSIVE.search(text) and not _AGENT.search(text) and not _ACTIVE.search(text):
        return Doer.NOBODY
    return Doer.OTHER


def first_person(sentence: str) -> bool:
    """Whether a sentence says "I" did something, in so many words."""
    return re.search(r"(?<![\w.])I(?:['’](?:ve|d))?\s+(?!think\b|believe\b|know\b|agree\b|thank\b|owe\b)\w", unquoted(sentence)) is not None


def nobody_in(sentences: Sequence[str]) -> str:
    """The first sentence of a beat in which nobody does anything; empty where somebody does, or a sentence is of another kind."""
    return sentences[0] if sentences and all(doer(one) is Doer.NOBODY for one in sentences) else ""


def group_in(sentences: Sequence[str]) -> str:
    """The first sentence of a beat in which only a group acts; empty where the owner does too, or a sentence says neither."""
    doers = [doer(one) for one in sentences]
    return sentences[doers.index(Doer.GROUP)] if Doer.GROUP in doers and set(doers) <= {Doer.GROUP, Doer.NOBODY} else ""


def hedges(text: str) -> Iterator[tuple[int, str]]:
    """(place, words as typed) of each hedge in a text; what stands in quotation marks is somebody else's."""
    plain = unquoted(text)
    for match in _HEDGE.finditer(plain):
        # "Will hopefully", "arguably could": a plan, which may say so.
        if match[0].casefold() in ("hopefully", "arguably") and (_PLAN.search(plain[: match.start()]) or _PLANNED.match(plain, match.end())):
            continue
        yield match.start(), " ".join(match[0].split())
