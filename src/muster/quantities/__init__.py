"""Quantities in prose, told from dates, versions, names, labels and ordinals, by their form alone.

>>> [typed for _, typed in quantities("Cut p95 from 40 to 12 minutes in 3 of 14 services (v2.1, 4 May 2026).")]
['from 40 to 12 minutes', '3 of 14 services']
"""

from __future__ import annotations

import re

#: `{name.before}` stands for a number that is bound to data.
PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w-]*)\.(\w+)\}")
AMOUNT = r"\d+(?:[.,]\d+)*"
SPELT = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|hundred|a dozen|a hundred|a thousand"
UNIT = (
    r"%|percent(?:age points?)?|per ?cent|pp|bps|ns|µs|us|ms|s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|days?|weeks?|"
    r"months?|quarters?|years?|person-days?|[KMGTP]i?B|bytes?|[kKMG]bit/s|[kmMG]?bps|rps|qps|tps|Hz|[kMG]Hz|cores?|"
    r"vCPUs?|m|x|×|-?fold|times|bn|million|billion|thousand|k|M"
)
TIME = r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?)"
#: A percentage or the like that is spelt out, or a factor that is a word.
WORDED = re.compile(
    rf"\b(?:(?:{SPELT})[ -](?:percent|per ?cent|times|fold)|(?:two|three|four|five|six|seven|eight|nine|ten)fold|"
    rf"(?:{SPELT})(?: to (?:{SPELT}))? (?:milliseconds?|{TIME})(?! (?:later|earlier|ago|before|after|in advance|notice))|"
    r"halv(?:ed|es|ing)|doubl(?:ed|es|ing)(?! (?:back|down|check|as|click|quot))|tripl(?:ed|es|ing)|quadrupl(?:ed|es|ing)|twice as|half as|two[ -]thirds|three[ -]quarters|"
    r"a (?:third|quarter) of|half of (?:all|the|our)|(?:dozens|hundreds|thousands|millions) of)\b",
    re.IGNORECASE,
)
RANGE = re.compile(
    rf"(?<![\w.])(?:[Ff]rom\s+)?[$€£¥]?{AMOUNT}\s?(?:{UNIT})?\s*(?:→|->|to)\s*[$€£¥]?{AMOUNT}(?:\s?(?:{UNIT}))?(?!\w)"
)
MONEY = re.compile(rf"[$€£¥]\s?{AMOUNT}(?:\s?(?:k|M|bn|million|billion|thousand))?\b|\b(?:USD|EUR|GBP)\s?{AMOUNT}\b")
MEASURED = re.compile(
    rf"(?<![\w.,])[~<>≈+−-]?{AMOUNT}[ -]?(?:{UNIT})(?!\w)(?:\s?(?:/|per|a|an)\s?(?:s|sec|second|minute|hour|day|week|month|year|request|call|user)\b)?"
)
BARE = re.compile(rf"(?<![\w.,/#@:=^+-])[~<>≈]?{AMOUNT}(?: (?:(?:out )?of(?: the| our)?|in) {AMOUNT})?(?![\w/]|[.,:-]?\d|-\w)")

MONTHS = (
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|"
    "Nov(?:ember)?|Dec(?:ember)?"
)
#: What looks like a number and is a name, a date or a label.
NAMES = re.compile(
    rf"""
      \d{{4}}-\d{{2}}(?:-\d{{2}})?(?:[T ]\d{{2}}:\d{{2}}(?::\d{{2}})?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?   # 2026-05-04, 2026-05
    | \b\d{{4}}-?(?:W\d{{2}}|[HQ]\d)\b | \b[HQ][1-4](?:[ /-]?\d{{2,4}})?\b | \bFY\d{{2,4}}\b
    | \b\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?:{MONTHS})\b\.?(?:,?\s+\d{{4}})?                  # 4 May 2026
    | \b(?:{MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:\s*(?:-|–|to|and)\s*\d{{1,2}})?\b(?:,?\s+\d{{4}})?
    | \b(?:{MONTHS})\.?,?\s+\d{{4}}\b
    | \b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b
    | \b(?:19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\b(?!\s?(?:{UNIT})(?!\w))               # 20260504
    | \b\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s?(?:am|pm|UTC|CET|CEST|Z))?\b | \b24/7\b
    | (?<![\w,.$€£])(?:19|20)\d{{2}}(?:\s*(?:-|–|/|to|and)\s*(?:19|20)?\d{{2}})?\b(?!\s?(?:{UNIT})(?!\w)|[,.]\d)  # 2026
    | \bv\d+(?:\.\d+)*\w*\b | \b\d+\.\d+\.\d+[\w.+-]*\b | \b\d+(?:\.\d+)*\.x\b                                  # v2, 1.4.2
    | \b\d+(?:st|nd|rd|th)\b
    | [\w./-]*\#\d+\b | \b[A-Z][A-Z0-9]+-\d+\b | \b0x[0-9a-fA-F]+\b
    | \b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{{7,40}}\b                                           # a hash
    | \b(?i:versions?|releases?|steps?|phases?|parts?|sections?|options?|chapters?|levels?|tiers?|ports?|lines?|pages?|
        tables?|figures?|fig\.|weeks?|sprints?|quarters?|milestones?|stages?|rounds?|generations?|priority|severity|sev|
        issues?|tickets?|bugs?|PRs?|MRs?|CLs?|pull\ requests?|merge\ requests?|changes?et|commits?|numbers?|no\.|items?|points?|
        rules?|exit\ code|status|error|code|type|class|layer|raid|zone|region|building|room|group|team|squad|day|
        stor(?:y|ies)|examples?|cases?|scenarios?|goals?|(?:pre)?requisites?|requirements?|appendix|appendices|alternatives?|approach|
        questions?|notes?|footnotes?|candidates?|alpha|beta|iterations?|revisions?|drafts?|discussions?|proposals?|attempts?|
        variants?|solutions?|arguments?|principles?|assumptions?|constraints?|conditions?|columns?|rows?|exhibits?|annex|articles?|
        act|volumes?|vol\.|books?|lemmas?|theorems?|definitions?|equations?|listings?|bullets?|bits?\ (?=\d+\ (?:is|of))|slots?|pin|id|IDs?|images?|clauses?|reasons?|usage|see|patterns?|risks?|slides?|model|index|choosing|choice|threats?|concerns?|problems?|
        nodes?|HTTPS?|RFCs?|KEPs?|PEPs?|GEPs?|ADRs?|ISO|IEEE|CVE|TLS|SSL|IPv|SHA|MD|UTF|ASCII|USB|base|top)[\s-]?\#?\d+(?:[./]\d+)*(?:s|xx|[a-z]\b)?
        (?:(?:,|\sand|\sor|,\sand|\s?[–&+/-]|\sto|\sthrough)\s?\#?\d+(?:[./]\d+)*[a-z]?\b)*(?!\w)(?!\s?(?:%|ms\b|x\b))
    | \b[pP][\s-]?\d+(?:\.\d+)?\b(?!\s?(?:%|ms\b|x\b))
    | §+\s?\d+(?:\.\d+)* | \[\^?\d+\]:? | \^\d+
    | (?<![\w.])(?:4(?:0[0-9]|1[0-8]|2[1-9]|31|51|99)|50[0-8]|511)s\b(?!\s*(?:→|->|to\b))                # 503s
    | (?<![\w.,$])[1-5]\d\d(?=\s(?:\([A-Z]|(?:status|error|response|return|HTTP|Forbidden|Unauthorized|Conflict|Not\ Found|OK)))
    | (?:\b(?i:alpha|beta|GA|stable|deprecated|removed|introduced|landed|shipped|targets?|targeting)\b:?(?:\ (?:in|since|by|for))?\ )\d+\.\d+\b(?!\s?(?:%|x\b|ms\b|s\b))
    | (?<![\w.,])\d+\.\d+(?=\s(?:releases?|milestones?|branch|cycle|series|line|licen[cs]e|kernels?|update|upgrade|clusters?|APIs?|clients?|
        servers?|(?:or|and|to)\s(?:higher|later|newer|above|up|below|older|earlier|greater|\d+\.\d+\sreleases?))\b|\+)
    """,
    re.VERBOSE,
)
#: "Postgres 14", "Go 1.22": a capitalised word with a number behind it, not at the start of a sentence.
PRODUCT = re.compile(r"(?:(?<=[\w,;:)] )|(?<=\())[A-Z][\w.+]*\s\d+(?:\.\d+)*\b(?!\s?(?:%|ms\b|x\b))")
KNOWN = re.compile(
    r"\b(?:Go|Node|Java|C|HTTP|(?i:Python|Ruby|Rust|Perl|PHP|Helm|Postgres(?:QL)?|MySQL|Redis|Kafka|Kubernetes|k8s|Debian|Ubuntu|"
    r"RHEL|CentOS|Fedora|Alpine|Linux|Windows|macOS|iOS|Android|Terraform|Spark|React|Angular|Vue|Django|Rails|Elasticsearch|"
    r"Cassandra|Scala|Bazel|Gradle|OpenSSL|gRPC|glibc))(?: |/)\d+(?:\.\d+)*\b(?!\s(?:times|days|weeks|months|hours|minutes))"
)
#: In a sentence that speaks of these, a bare number with a decimal point is a version, and a status code is one.
VERSIONS = re.compile(r"\b(?:versions?|versioned|releas\w+|upgrad\w+|downgrad\w+|deprecat\w+|skew|compatib\w+|backport\w*)\b", re.IGNORECASE)
HTTP = re.compile(r"\b(?:HTTP|status|codes?|errors?|respon\w+|retr(?:y|ies|ied|ying)|returns?|served|404)\b", re.IGNORECASE)
STATUS = re.compile(r"20[0-46]|30[1-478]|40[0-9]|41[0-8]|42[1-9]|431|499|50[0-578]|511")
#: A bare number with a decimal point is a version unless a word before it says that it is measured.
DECIMAL = re.compile(
    r"(?<![\w.,/#@:=$€£¥~<>≈≥≤+−-])(?!0\.)(?<!\bby )(?<!\bto )(?<!\bof )(?<!\bat )(?<!\bthan )(?<!\babout )(?<!\bis )(?<!\bwas )(?<!\bwere )"
    r"(?<!\bare )(?<!\bbe )(?<!\bover )(?<!\bunder )(?<!\baround )(?<!\bnearly )(?<!\bonly )(?<!\bjust )(?<!\balmost )(?<!\baveraged )"
    r"(?<!\breached )(?<!\bhit )(?<!\bscored )(?<!\broughly )(?<!\bbelow )(?<!\babove )(?<!\bup )(?<!\bdown )(?<!\bfrom )"
    r"(?<!\bbetween )(?<!\bapproximately )(?<!\ban additional )(?<!\bfactor of )\d{1,2}\.\d{1,2}(?:(?:, | and | or |/|, and )\d{1,2}\.\d{1,2})*"
    rf"(?![\w/%]|[.,]\d|[ -]?(?:{UNIT})(?!\w))"
)
#: Upgraded to a version.
MOVED = re.compile(r"\b(?:upgrad|updat|bump|migrat|backport|downgrad|roll(?:ed|ing)? (?:back|out)|releas|ship|mov)\w*(?: \w+){0,4}? (?:from|to|in|with|as|of) (\d{1,2}\.\d{1,2}(?: to \d{1,2}\.\d{1,2})?)(?![\w%]|[.,]\d| ?(?:ms|s|%|x|times|min)\b)", re.IGNORECASE)
COUNTED = re.compile(
    r"\s+(?:[a-z][\w-]*\s+){0,2}?(?:teams?|people|persons?|engineers?|colleagues?|developers?|reviewers?|contributors?|"
    r"authors?|maintainers?|approvers?|managers?|newcomers?|repositor(?:y|ies)|repos?|services?|components?|packages?|"
    r"modules?|areas?|changes?|commits?|pull requests?|PRs?|merge requests?|patch(?:es)?|reviews?|reverts?|issues?|bugs?|"
    r"tickets?|proposals?|documents?|docs?|pages?|decisions?|designs?|RFCs?|KEPs?|ADRs?|incidents?|outages?|releases?|"
    r"endorsements?|talks?|workshops?|files?|tests?|steps?|options?|alternatives?)\b",
    re.IGNORECASE,
)
NOUN = re.compile(r"\s+[A-Za-z][\w-]*")
#: A count of things up to this needs one link, not a link for each.
SMALL = 12


def quantities(prose: str, linked: int = 0) -> list[tuple[int, str]]:
    """(place in the text, quantity as typed) of each quantity in a piece of prose, in order.

    `linked` is how many things the beat refers to: a count of such things up to that number is backed by them, and so
    is any small one where there is at least one link.
    """
    text = PLACEHOLDER.sub(lambda match: "_" * len(match[0]), prose)
    found: list[tuple[int, str]] = []

    def take(pattern: re.Pattern[str], *, keep: bool) -> None:
        nonlocal text
        if keep:
            found.extend((match.start(), " ".join(match[0].split())) for match in pattern.finditer(text))
        text = pattern.sub(lambda match: re.sub(r"[^\n]", "_", match[0]), text)

    take(MONEY, keep=True)
    for pattern in (MOVED, NAMES, KNOWN, PRODUCT):
        take(pattern, keep=False)
    take(RANGE, keep=True)
    relative = re.compile(rf"(?<![\w.,]){AMOUNT} {TIME} (?:later|earlier|ago|before|after|in advance)\b")
    take(relative, keep=False)
    take(MEASURED, keep=True)
    take(WORDED, keep=True)
    take(DECIMAL, keep=False)
    for match in BARE.finditer(text):
        counted = COUNTED.match(text, match.end())
        if counted and linked:
            amount = float(re.sub(r"[^\d]", "", match[0].split()[-1]) or 0)
            if amount <= max(linked, SMALL):
                continue
        if enumerates(text, match) or labels(text, match):
            continue
        noun = counted or NOUN.match(text, match.end())
        found.append((match.start(), " ".join((match[0] + (noun[0] if noun else "")).split())))
    return sorted(found)


def enumerates(text: str, match: re.Match[str]) -> bool:
    """Whether a bare number only numbers something: "(1)", "or 1) …", "2. Move it"."""
    before, after = text[: match.start()].rstrip(" "), text[match.end() :]
    if before.endswith(("(", "[")) and after.startswith((")", "]")):
        return True
    if after.startswith(")"):
        return before.count("(") <= before.count(")")
    return (not before or before.endswith("\n")) and re.match(r"\.\s+\S", after) is not None


def labels(text: str, match: re.Match[str]) -> bool:
    """Whether a bare number is a version or a status by what its sentence speaks of, or stands in quotation marks."""
    figure = match[0]
    before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    if before and after and before in "\"'“‘" and after in "\"'”’":
        return True
    start = max(text.rfind(mark, 0, match.start()) for mark in (". ", ".\n", "? ", "; "))
    ends = [end for mark in (". ", ".\n", "? ", "; ") if (end := text.find(mark, match.end())) >= 0]
    around = text[max(start, 0) : min(ends, default=len(text))]
    if re.fullmatch(r"\d{1,2}\.\d{1,2}", figure) and VERSIONS.search(around):
        return True
    return STATUS.fullmatch(figure) is not None and HTTP.search(around) is not None and not re.match(r"\s(?!(?:and|or|will|is|are|was|were|as|for|in|on|to|if|when|with|from|by|then|until|status|errors?|responses?)\b)[a-z]", text[match.end() :])
