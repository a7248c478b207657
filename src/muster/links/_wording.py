"""What titles and messages say about the work: whether they name it, state a reason, explain it, or were urgent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from muster.book.templates import FROM_RECORD
from muster.sources._proposals import proposal_name

TICKET = re.compile(
    r"\b(?!(?:UTF|SHA|ISO|CVE|RFC|KEP|PEP|ADR|TEP|GEP|NEP|JEP|GH|HTTP|TLS|MD|AES|RSA|X|ES|PR|V|IPV|GO|CWE|BSD|GPL|LGPL|ARM|S)-)"
    r"[A-Z][A-Z0-9]{1,9}-[1-9]\d{0,5}\b"
)
URGENT = re.compile(
    r"\bhot-?fix|\bregression(?! tests?\b)|^revert\b|^roll ?back\b|\bCVE-\d|\burgent|\bemergency|\boutage|\bincident\b"
    r"|\b(?:fix|unbreak|repair)\w* (?:the )?(?:broken )?(?:build|master|main|ci|release)\b",
    re.IGNORECASE,
)
WHY = re.compile(
    r"\b(?:because|since|so that|currently|previously|when|fails?|failing|breaks?|broken|without|in order to|to avoid|prevents?|problems?"
    r"|issues?|bugs?|regression|needs?|needed|otherwise|instead|wrong|incorrect|slow|race|leak|crash|panic|allows?|lets?|would|cannot|can't)\b",
    re.IGNORECASE,
)
#: Titles that say what was done to the work, not what the work is.
DULL = re.compile(
    r"^(?:\[[^\]]*\]\s*)?(?:\w+: )?(?:(?:re)?prepar\w+|cut|creat\w+|start|begin)\b.*\b(?:release|v?\d+\.\d+)|^(?:auto)?bump|^revert|^reapply|^merg(?:e|ing)\b"
    r"|\bchangelog|\b(?:address|apply|resolve)\w* .*\b(?:comments?|feedback|review|suggestions?|nits?)|^(?:apply |more )?feedback|^wip\b|^fix ?up|^lint\b|\btypos?\b"
    r"|^update \S+\.\w+$|^automatic merge|^signed-off|^see merge|^(?:(?:style|code|minor|small|some) )?clean-?ups?\b|\bnaming (?:and \w+ )?improvements?\b|^(?:doc )?comments?\b|\bnormali[sz]e\b|^update (?:some )?(?:urls?|links?)\b|^update (?:generated|go\.mod|vendor|deps|dependencies)|^(?:few )?more\b|^go ?fmt|hack/update",
    re.IGNORECASE,
)

#: Work that passes over files without building on what they do.
ROUTINE = re.compile(
    r"^revert\b|^roll(?:ing)? ?back\b|^(?:\w+[:(]\s?)?(?:auto-?)?bump(?:ing|ed|s)?\b|^(?:build|chore|fix)\(deps[^)]*\)|^(?:Update|Upgrade) \S+ (?:from \S+ )?to v?\d"
    r"|\b(?:typos?|misspell\w*|spelling|gofmt|gofumpt|golint|lint(?:er|ing|s)?|whitespace|copyright|licen[cs]e headers?|boilerplate"
    r"|re-?format(?:ting)?|grammar|markup|dead links?|broken links?|normali[sz]e)\b",
    re.IGNORECASE,
)

#: What `muster new --from` put in from the record, as it was put in: a list below its mark.
PUT_IN = re.compile(rf"<!-- {re.escape(FROM_RECORD)} -->\n(?:- [^\n]*(?:\n|$))*")


def clean(title: str) -> str:
    """A change's title for reading: without its number or hash, its kind and the package before the colon, if words are left."""
    text = re.sub(r"\s*\((?:GH-|#)\d+\)\s*$|^[0-9a-f]{40}\s+(?=\S)", "", title).strip()
    text = re.sub(r"^(?:\[[^\]]{1,30}\]\s*)+", "", text) or text
    bare = re.sub(r"^(?:[\w./{},*-]+(?:\([^)]*\))?!?(?:, ?[\w./{},*-]+)*): +", "", text)
    if bare != text and not re.match(r"^[A-Z]{2,}-?\d|^(?:PEP|KEP|RFC)\b", text) and len(bare.split()) >= 3:
        text = bare[:1].upper() + bare[1:] if re.match(r"^[a-z]+(?:\s|$)", bare) else bare
    return text or title


def says_why(text: str) -> bool:
    """Whether a message has a paragraph of at least twelve words that states a reason."""
    return any(len(part.split()) >= 12 and WHY.search(part) for part in _prose(text))


def explains(text: str) -> bool:
    """Whether a message explains a change: at least sixty words of prose."""
    return sum(len(part.split()) for part in _prose(text)) >= 60


def unwritten(text: str) -> bool:
    """Whether a text is a template that nobody has written in yet: hints, lists that were put in from the record, and nothing
    else but headings.
    """
    text = PUT_IN.sub("<!-- -->", text)
    return "<!--" in text and not re.sub(r"<!--.*?-->|^#[^\n]*", "", text, flags=re.DOTALL | re.MULTILINE).strip()


def _prose(text: str) -> Iterator[str]:
    """The paragraphs of a message without trailers, quotations and code."""
    for part in re.split(r"\n\s*\n", text):
        lines = [
            line
            for line in part.splitlines()
            if not re.match(r"^(?:[A-Z][\w-]+: |>|\s{4,}|```|https?://)", line)
        ]
        if lines:
            yield " ".join(lines)


def proposal_title(paths: Sequence[tuple[str, str]]) -> str | None:
    """A numbered proposal's name from the first such of these (path, kind), as in "KEP-1287: In place update of pod resources"; None for others."""
    for path, kind in paths:
        if kind == "proposal" and (name := proposal_name(path)):
            for part in reversed(path.rsplit(".", 1)[0].split("/")):
                slug = (
                    re.sub(r"^(?:[A-Za-z]{3}-)?\d+[-_]?", "", part)
                    .replace("-", " ")
                    .replace("_", " ")
                    .strip()
                )
                if re.match(r"^(?:[A-Za-z]{3}-)?\d", part) and len(slug.split()) >= 2:
                    return f"{name}: {slug[:1].upper()}{slug[1:]}"
    return None
