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
    rf"(?<![\w.])(?:from\s+)?[$€£¥]?{AMOUNT}\s?(?:{UNIT})?\s*(?:→|->|to)\s*[$€£¥]?{AMOUNT}(?:\s?(?:{UNIT}))?(?!\w)"
)
MONEY = re.compile(rf"[$€£¥]\s?{AMOUNT}(?:\s?(?:k|M|bn|million|billion|thousand))?\b|\b(?:USD|EUR|GBP)\s?{AMOUNT}\b")
MEASURED = re.compile(
    rf"(?<![\w.,])[~<>≈+−-]?{AMOUNT}[ -]?(?:{UNIT})(?!\w)(?:\s?(?:/|per|a|an)\s?(?:s|sec|second|minute|hour|day|week|month|year|request|call|user)\b)?"
)
BARE = re.compile(rf"(?<![\w.,/#@:+-])[~<>≈]?{AMOUNT}(?: (?:(?:out )?of(?: the| our)?|in) {AMOUNT})?(?![\w/]|[.,:-]?\d|-\w)")

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
    | \b\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s?(?:am|pm|UTC|CET|CEST|Z))?\b | \b24/7\b
    | (?<![\w,.$€£])(?:19|20)\d{{2}}(?:\s*(?:-|–|/|to|and)\s*(?:19|20)?\d{{2}})?\b(?!\s?(?:{UNIT})(?!\w)|[,.]\d)  # 2026
    | \bv\d+(?:\.\d+)*\w*\b | \b\d+\.\d+\.\d+[\w.+-]*\b | \b\d+\.x\b                                  # v2, 1.4.2
    | \b\d+(?:st|nd|rd|th)\b
    | [\w./-]*\#\d+\b | \b[A-Z][A-Z0-9]+-\d+\b | \b0x[0-9a-fA-F]+\b
    | \b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{{7,40}}\b                                           # a hash
    | \b(?:versions?|releases?|steps?|phases?|parts?|sections?|options?|chapters?|levels?|tiers?|ports?|lines?|pages?|
        tables?|figures?|weeks?|sprints?|quarters?|milestones?|stages?|rounds?|generations?|priority|severity|sev|
        issues?|tickets?|bugs?|PRs?|MRs?|CLs?|pull\ requests?|merge\ requests?|changes?et|commits?|numbers?|no\.|items?|points?|
        rules?|exit\ code|status|error|code|type|class|layer|raid|zone|region|building|room|group|team|squad|day|
        nodes?|HTTPS?|RFCs?|KEPs?|PEPs?|ADRs?|ISO|IEEE|CVE|TLS|SSL|IPv|SHA|MD|UTF|ASCII|USB|base|top|p|P)[\s-]?\#?\d+(?:[./]\d+)*(?:s|xx)?
        (?:(?:,|\sand|\sor|,\sand|\s?[–-]|\sto)\s?\#?\d+(?:\.\d+)*)*\b(?!\s?(?:%|ms\b|x\b))
    """,
    re.VERBOSE,
)
#: "Postgres 14", "Go 1.22": a capitalised word with a number behind it, not at the start of a sentence.
PRODUCT = re.compile(r"(?:(?<=[\w,;:)] )|(?<=\())[A-Z][\w.+]*\s\d+(?:\.\d+)*\b(?!\s?(?:%|ms\b|x\b))")
KNOWN = re.compile(
    r"\b(?:Python|Go|Node|Java|Ruby|Rust|Postgres(?:QL)?|MySQL|Redis|Kafka|Kubernetes|Debian|Ubuntu|Linux|Windows|macOS|iOS|"
    r"Android|Terraform|Spark|React|Angular|Vue|Django|Rails|Spring|Angular|Bazel|Gradle|OpenSSL|gRPC|HTTP)(?: |/)\d+(?:\.\d+)*\b"
)
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
    for pattern in (NAMES, KNOWN, PRODUCT):
        take(pattern, keep=False)
    take(RANGE, keep=True)
    relative = re.compile(rf"(?<![\w.,]){AMOUNT} {TIME} (?:later|earlier|ago|before|after|in advance)\b")
    take(relative, keep=False)
    take(MEASURED, keep=True)
    take(WORDED, keep=True)
    for match in BARE.finditer(text):
        counted = COUNTED.match(text, match.end())
        if counted and linked:
            amount = float(re.sub(r"[^\d]", "", match[0].split()[-1]) or 0)
            if amount <= max(linked, SMALL):
                continue
        if enumerates(text, match):
            continue
        noun = counted or NOUN.match(text, match.end())
        found.append((match.start(), " ".join((match[0] + (noun[0] if noun else "")).split())))
    return sorted(found)


def enumerates(text: str, match: re.Match[str]) -> bool:
    """Whether a bare number only numbers something: "(1)", "1)", "2."."""
    before, after = text[: match.start()].rstrip(" "), text[match.end() :]
    opened = before.endswith(("(", "[")) and after.startswith((")", "]"))
    return opened or (after.startswith(")") and (not before or before.endswith((",", ";", ":", "\n", "and"))))
