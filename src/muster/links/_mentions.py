"""What a commit message mentions, read off its text alone: hashes, numbers, proposals, paths, and how they are said.

    "Fix the lock order. Regression introduced in #812."  ->  number 812, said as `fixes`
    'Revert "Queue deploys per team (#812)"'              ->  subject and number 812, said as `reverts`
    "See KEP-1287 and docs/queue.md."                     ->  proposal KEP-1287 and path docs/queue.md, said as `cites`

Nothing is looked up here: whether 812 is an issue or a change that landed, only the record knows (`_record`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class What(StrEnum):
    """What kind of name a mention uses for what it mentions."""

    HASH = "hash"
    NUMBER = "number"
    CHANGE_ID = "change-id"
    PROPOSAL = "proposal"
    PATH = "path"
    SUBJECT = "subject"


class Says(StrEnum):
    """What the sentence does with what it mentions."""

    CITES = "cites"
    FIXES = "fixes"
    CLOSES = "closes"
    REVERTS = "reverts"
    REAPPLIES = "reapplies"
    PICKS = "picks"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that a message uses for another record. `repo` is `owner/name`, `name`, or None where it is not said.

    `quote` is the sentence, on one line. `sure` is False for a hash-like word that nothing says is a hash,
    and for a bare number. `titled` is the subject that stands beside a hash, as in `1234abc ("Queue deploys")`.
    """

    what: What
    value: str
    says: Says
    quote: str
    repo: str | None = None
    sure: bool = True
    titled: str = ""


#: Messages without any of this mention nothing, and most have none of it: one search instead of twelve.
ANY = re.compile(
    r"#\d|[0-9a-f]{7}|\b(?:PR|[Pp]ull [Rr]equest|MR|GH-?|KEP|PEP|RFC|ADR|TEP|GEP|NEP|JEP)[ -]?\d|\b(?:kep|pep|rfc|adr)-?\d"
    r"|\.(?:md|rst|adoc|txt)\b|[Rr]evert |[Rr]eapply |[Rr]e-?land |/\d{2,5}-[a-z]|/(?:pulls?|issues|merge_requests)/\d",
    re.MULTILINE,
)

FAMILIES = "KEP|PEP|RFC|ADR|TEP|GEP|NEP|JEP"

#: One pass over a sentence. URLs come first, so that what looks like a hash inside one is not taken for one.
NAME = re.compile(
    r"https?://(?P<host>[^\s/<>()]+)/(?P<urepo>[\w.-]+/[\w.-]+)/(?:-/)?"
    r"(?:(?P<unum>(?:pull|pulls|issues|merge_requests)/(?P<un>\d+))[^\s<>()\]]*"
    r"|commits?/(?P<uhash>[0-9a-f]{7,40})[^\s<>()\]]*"
    r"|(?:blob|tree)/[^\s/<>()]+/(?P<upath>[^\s<>()\]#?]+)[^\s<>()\]]*)"
    r"|(?P<url>\b[a-z+]{2,10}://[^\s<>]+)"
    r"|(?P<range>\b[0-9a-f]{7,40}\.\.+[0-9a-f]{7,40}\b)"
    rf"|\b(?P<family>(?i:{FAMILIES}))(?:[- ]#?|#)?0*(?P<fn>[1-9]\d{{0,4}})\b(?!\.\d)"
    r"|(?<![\w&#/.-])(?P<nrepo>[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?)?#(?P<n>[1-9]\d{0,6})\b(?!\.\d|\])"
    r"|(?<!\w)\[#(?P<bn>[1-9]\d{0,6})\]"
    r"|\b(?:PR|[Pp]ull [Rr]equest|GH-)[ ]?(?P<pn>[1-9]\d{1,6})\b"
    r"|\b(?P<change>I[0-9a-f]{40})\b"
    r"|(?<![\w./@:+=%$#-])(?P<hash>[0-9a-f]{7,40})(?![\w/@-]|\.\w)"
    r"|(?<![\w/.-])(?P<path>(?:\./)?[\w@-][\w@.-]*(?:/[\w@.-]+)*\.(?:md|rst|adoc|txt))\b"
    r"|(?<![\w/.-])(?P<folder>(?:[\w.-]+/)+\d{2,5}-[a-z][\w-]+)/?",
)

FILLER = (
    r"(?:(?:the|this|that|these|earlier|previous|commits?|prs?|pull|requests?|changes?|from|in|of|made|by|merge|and|part|parts"
    r"|all|back|out|our|my|hash|sha|git|upstream|one|some|most|both|few|bits?|patch(?:es)?|series|fix|mr|merge requests?)\b[\s:]*|[`'\"(\[]|(?:[0-9a-f]{7,40}|#\d+)[`'\")\]]*\s*(?:,|and|&|\+)?\s*)*$"
)
REVERTS = re.compile(
    r"\b(?:reverts?|reverting|backs? out|backing out|revert of|rolls? back)\b\s*:?\s*" + FILLER, re.IGNORECASE
)
REAPPLIES = re.compile(
    r"\b(?:re-?land(?:s|ing)?|re-?appl(?:y|ies|ying)|un-?revert(?:s|ing)?)\b\s*:?\s*(?:of\s+)?" + FILLER,
    re.IGNORECASE,
)
RESTORES = re.compile(
    r"revers\w* (?:the )?changes? made (?:to|by|in)\s*$|\breverts? (?:back )?to\s*(?:commit\s*)?$",
    re.IGNORECASE,
)
PICKS = re.compile(
    r"(?:cherry[ -]?pick(?:ed|s|ing)?|backport(?:ed|s|ing)?)\b(?: of| from)?[\s:]*" + FILLER, re.IGNORECASE
)
FIXES = re.compile(
    r"(?:(?:^|[\s(\[*:-])(?:fixes|fixing|hotfix(?:es)?|fixup)"
    r"|(?:^|[:;,(]\s*|[-*+]\s|\b(?:to|and|also|should|will|would|must|that)\s)fix)\b\s*:?\s*(?:for\s+)?(?:issues?\s*)?"
    r"(?!in\b)" + FILLER,
    re.IGNORECASE,
)
#: "isn't an outright revert of #12", "instead of reverting #12", "we could revert #12".
DENIED = re.compile(
    r"(?:\bnot|n't|\bwithout|\bbefore|\bafter|\binstead of|\brather than|\bavoid\w*|\bif we|\bcould|\bshould|\bwould|\bmay|\bmight|\bplan to"
    r"|\bonce|\bwhen|\bneed to)\b[^.]{0,30}\b(?:revert|fix|re-?land|re-?appl)\w*[^.]{0,30}$",
    re.IGNORECASE,
)
#: "Revert the fix for #55": the number is what the undone change had mended.
UNDOES = re.compile(r"\b(?:revert\w*|undo\w*|without)\b[^.]{0,20}\bfix(?:es)?\b[^.]{0,12}$", re.IGNORECASE)
#: "the pack-reuse fixes from 1234abc", "unrelated fixes (1234abc) revealed": fixes as a thing, not what this change does.
FIXING = re.compile(
    r"\b(?:the|these|those|some|recent|earlier|previous|unrelated|other|same)\b(?: [\w-]+){0,2} fix(?:es)?\b\W{0,2}(?:from|in|of|by)?\W*"
    + FILLER,
    re.IGNORECASE,
)
CLOSES = re.compile(
    r"\b(?:clos(?:e|es|ed|ing)|resolv(?:e|es|ed|ing)|fixed|addresse?s?)\b[\s:]*(?:issues?\s*)?" + FILLER,
    re.IGNORECASE,
)
FAULT = (
    r"(?:regressions?|regressed|bugs?|breakage|breaks?|broke|broken|crash|panic|data race|leak|deadlock|mistake|typo|fail(?:ure|ing|s|ed)?"
    r"|issue|problem|error|oversight|omission|race)"
)
BROKE = re.compile(
    rf"\b{FAULT}\b[^.;]{{0,60}}?\b(?:introduced|caused|added|created)\b(?: (?:by|in|with|from|since|on|as part of))?\s*"
    + FILLER
    + r"|\b(?:regressions?|regressed|breakage|broken|broke|fail(?:ing|s|ed)?|bugs?|bug was|build failure)\b,?(?: \w+)?"
    r" (?:by|in|with|from|since|after|due to|because of|as of)\s+"
    + FILLER
    + r"|\b(?:introduced|caused|broken|regressed)\b (?:by|in|with|since|from)\s*"
    + FILLER,
    re.IGNORECASE,
)
BROKE_AFTER = re.compile(
    rf"^[)\]]?,? (?:\(\w+\) )?(?:has |have |had )?(?:introduced|caused|broke|regressed|created|added)\b[^.]{{0,80}}\b{FAULT}\b|^[)\]]? (?:broke|regressed)\b",
    re.IGNORECASE,
)
FAULTY = re.compile(rf"\b(?:fix\w*|hotfix|repair\w*|{FAULT})\b", re.IGNORECASE)
#: Said of a record that did the mending or was itself undone: mentioning it blames nobody.
MENDED = re.compile(
    r"\b(?:fixed|reverted|resolved|solved|addressed|backported)\b,?(?: \w+)? (?:in|by|with|via|as part of)\s*(?:the )?"
    + FILLER,
    re.IGNORECASE,
)

LISTED = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
TRAILER = re.compile(r"^[A-Z][A-Za-z-]+: ")
SIGNED = re.compile(
    r"^(?:Signed-off-by|Co-authored-by|Reviewed-by|Acked-by|Tested-by|Reported-by|Cc|Change-Id|Author): ?",
    re.IGNORECASE,
)
CHECKBOX = re.compile(r"^\s*[-*+]\s+\[[ xX]\]")
SENTENCE = re.compile(r"(?<=[a-z0-9)\"'`][.!?])\s+(?=[A-Z\"'(`#])")
QUOTED = re.compile(
    r'^(?:[\w./,*+ \[\]()-]{1,40}: ){0,2}(?P<lead>(?:(?:Partial(?:ly)? )?(?:Revert|Reapply|Re-?land|Un-?revert):?\s+["“]?)+)(?P<rest>.+)$',
    re.IGNORECASE,
)
#: The subject beside a hash; one that is wrapped has no closing quotation mark.
TITLED = re.compile(r"""^[`'\])]?[,:]? ?\(?[("'“‘`]+(?P<subject>[^"”]{8,}?)(?:["”'’`]\)?|\)|$)""")
OWN = re.compile(r"\s*\((?:GH-|#)(\d+)\)\s*$")
BUMP = re.compile(
    r"\b(?:bump|upgrade|update|autobump)\w*\b.*\b(?:from|to)\b \S*\d|\bautobump\b", re.IGNORECASE
)


#: Words that people write straight before a number, as in "issue#12": none of them names a repository.
PLAIN = frozenset(
    (
        "issue",
        "issues",
        "bug",
        "pr",
        "prs",
        "pull",
        "mr",
        "gh",
        "fix",
        "fixes",
        "closes",
        "ref",
        "refs",
        "see",
        "ticket",
    )
)
#: "bump the job to e3e3537": the name of an image or of a dependency's version, not of the commit's work.
ROLLED = re.compile(
    r"\b(?:bump|upgrade|update|pin|roll|switch)\w*\b.*\b(?:to|at|of|from)\s+(?:commit |version )?[`'\"(]?$",
    re.IGNORECASE,
)
#: A squashed commit's subject in the body, with the number under which that one landed before; this many are a branch.
SQUASHED = re.compile(r"^(\* .*?)\s*\((?:GH-|#)\d+\)\s*$", re.MULTILINE)
#: The same without its star counts as well, where it stands on a line of its own.
LANDED = re.compile(r"^(?:[*-] )?\S.{8,150}\((?:GH-|#)\d+\)\s*$", re.MULTILINE)
MANY = 5


def sentences(text: str) -> Iterator[str]:
    """Each sentence of a message on one line: wrapped lines are joined, list items and trailers stand alone.

    A template's check boxes are passed over.
    """
    held: list[str] = []
    for line in [*text.splitlines(), ""]:
        bare = line.strip()
        if held and (not bare or LISTED.match(line) or TRAILER.match(line) or TRAILER.match(held[-1])):
            yield from SENTENCE.split(" ".join(held))
            held = []
        if bare and not SIGNED.match(bare) and not CHECKBOX.match(line):
            held.append(bare)


#: Characters on either side of a name that are looked at for what is said of it.
NEAR = 300


def short(sentence: str, at: int = 0, most: int = 180) -> str:
    """A sentence on one line, at most `most` characters of it around position `at`, cut at spaces and marked with …."""
    if len(sentence) <= most:
        return " ".join(sentence.split())
    since = max(0, min(at - most // 2, len(sentence) - most))
    cut = sentence[since : since + most]
    if since:
        cut = "…" + cut[cut.find(" ") + 1 :]
    if since + most < len(sentence):
        cut = cut[: cut.rfind(" ")] + "…" if " " in cut else cut[: most - 1] + "…"
    return " ".join(cut.split())


def says(lead: str, tail: str, sentence: str, title: str, number: bool) -> Says | None:
    """What a sentence does with the name that stands between `lead` and `tail`; None where it only restores to it."""
    if RESTORES.search(lead):
        return None
    if DENIED.search(lead):
        return Says.CITES
    if MENDED.search(lead):
        return Says.CITES
    if REAPPLIES.search(lead):
        return Says.REAPPLIES
    if REVERTS.search(lead):
        return Says.REVERTS
    if PICKS.search(lead):
        return Says.PICKS
    if FIXING.search(lead):
        return Says.CITES
    if FIXES.search(lead):
        return Says.CITES if UNDOES.search(lead) else Says.FIXES
    if CLOSES.search(lead):
        return Says.CLOSES if number else Says.CITES
    if (BROKE.search(lead) or BROKE_AFTER.search(tail)) and (FAULTY.search(sentence) or FAULTY.search(title)):
        return Says.FIXES
    return Says.CITES


def titled(tail: str) -> str:
    """The subject that stands straight after a hash, in brackets and quotation marks; with "…" where it was cut short."""
    found = TITLED.match(tail)
    if not found:
        return ""
    subject = re.sub(r", \d{4}-\d\d-\d\d$", "", found["subject"].rstrip())
    return subject if found.end() > found.end("subject") or subject.endswith(("...", "…")) else f"{subject}…"


def unquoted(title: str) -> tuple[str, Says] | None:
    """The subject that a revert's or re-land's title quotes, and whether it is taken back or put back.

    Every "Revert" turns the meaning round, so `Revert "Revert "X""` puts X back. None where the title is of another
    kind; a quoted subject that was cut short keeps its "…" or "...".
    """
    if not (found := QUOTED.match(title)):
        return None
    lead = found["lead"].casefold()
    if '"' not in lead and "“" not in lead and "revert" in lead:
        return None
    back = lead.count("revert") - lead.count("unrevert") - lead.count("un-revert")
    rest = OWN.sub("", found["rest"].rstrip())
    depth = found["lead"].count('"') + found["lead"].count("“")
    if depth and not rest.rstrip().endswith(('"', "”")) and (closed := re.search(r'["”]+(?=\s)', rest)):
        rest = rest[: closed.end()]  # `Revert "Queue deploys" and mend the comments`
    for _ in range(depth):
        rest = rest.rstrip().removesuffix('"').removesuffix("”")
    return (rest.strip(), Says.REVERTS if back % 2 else Says.REAPPLIES) if rest.strip() else None


@lru_cache(maxsize=4096)
def mentions(title: str, body: str = "") -> tuple[Mention, ...]:
    """What a message mentions, in the order in which it does; each name once for each thing that is said of it.

    Of a message that updates a dependency, or lists the subjects of a whole branch that it squashed, only the title is
    read: the body quotes others. Trailers that name people are passed over.
    """
    if not ANY.search(title) and not ANY.search(body):
        return ()
    found: dict[tuple[What, str, str | None, Says], Mention] = {}

    def add(mention: Mention) -> None:
        key = (mention.what, mention.value, mention.repo, mention.says)
        if key not in found or (mention.sure and not found[key].sure):
            found[key] = mention

    quoted = unquoted(title)
    if quoted:
        subject, said = quoted
        add(Mention(What.SUBJECT, subject, said, short(title)))
        merged = re.match(r"Merge pull request #(\d+)", subject)
        own = merged or OWN.search(subject)
        if own:
            add(Mention(What.NUMBER, own[1], said, short(title)))
    lines = [] if quoted else [OWN.sub("", title)]
    if not BUMP.search(title) and len(LANDED.findall(body)) < MANY:
        lines += list(sentences(SQUASHED.sub(r"\1", body)))
    for line in lines:
        if ANY.search(line):
            for mention in _named(line, title):
                add(mention)
    return tuple(found.values())


def _named(sentence: str, title: str) -> Iterator[Mention]:
    """The mentions in one sentence."""
    for match in NAME.finditer(sentence):
        group = match.lastgroup
        if group in ("url", "range"):
            continue
        # What is said of a name stands near it; a sentence that lists thousands of names would take hours otherwise.
        lead = sentence[max(0, match.start() - NEAR) : match.start()]
        tail = sentence[match.end() : match.end() + NEAR]
        around = sentence[max(0, match.start() - NEAR) : match.end() + NEAR]
        quote = short(sentence, match.start())
        number = match["un"] or match["n"] or match["bn"] or match["pn"]
        said = says(lead, tail, around, title, bool(number))
        if said is None:
            continue
        if not (number or match["hash"] or match["uhash"] or match["change"]):
            said = Says.CITES  # "fix the links in queue.md" mends the file's text, not what added it
        if number:
            repo = match["urepo"] or match["nrepo"]
            repo = None if repo and repo.casefold() in PLAIN else repo
            worded = bool(
                match["unum"]
                or match["pn"]
                or re.search(r"(?:PRs?|pull request|pull)\s*$", lead, re.IGNORECASE)
            )
            yield Mention(What.NUMBER, number, said, quote, repo, worded or repo is not None)
        elif match["uhash"]:
            yield Mention(What.HASH, match["uhash"], said, quote, match["urepo"])
        elif match["upath"]:
            yield Mention(What.PATH, match["upath"].rstrip("/."), said, quote, match["urepo"])
        elif match["family"]:
            yield Mention(What.PROPOSAL, f"{match['family'].upper()}-{match['fn']}", said, quote)
        elif match["change"]:
            yield Mention(What.CHANGE_ID, match["change"], said, quote)
        elif match["hash"]:
            word = match["hash"]
            if ROLLED.search(lead):
                continue
            told = said is not Says.CITES or re.search(
                r"\b(?:commits?|revisions?|hash|sha)\b\W{0,3}(?:\S+ ){0,2}$", lead, re.IGNORECASE
            )
            sure = bool(told) or not (word.isdigit() or word.isalpha())
            yield Mention(What.HASH, word, said, quote, None, sure, titled(tail))
        else:
            path = match["path"] or match["folder"]
            yield Mention(What.PATH, path.removeprefix("./").rstrip("/."), said, quote)
