"""The codes of the design, each with its name and what it means in a line. A code is never reused."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: The family of a code, by its first letter, in the order that they are shown.
FAMILIES: Mapping[str, str] = MappingProxyType({
    "B": "behaviours",
    "C": "calibration",
    "V": "visibility",
    "A": "artifacts",
    "M": "mistakes",
    "S": "safety",
})

#: (code, name, meaning), in the order that they are shown in.
MEANINGS: tuple[tuple[str, str, str], ...] = (
    ("B101", "assigned-only", "every undertaking began with an assignment"),
    ("B102", "feature-scoped", "no undertaking spans more than the own team's areas"),
    ("B103", "nothing-outlasts", "nothing older than six months is still cited, reused or built on"),
    ("B104", "cannot-say-no", "nothing declined while small fixes or meetings grow"),
    ("B105", "lifts-nobody", "reviews change nothing, or stay within the team"),
    ("B106", "waits-for-permission", "nothing predates its ticket or its assignment"),
    ("C201", "lone-advocate", "a claim nobody outside the team backs by their own record"),
    ("C202", "skip-level-blind", "the skip-level has met none of this work"),
    ("C203", "no-judgment-on-record", "no decision with alternatives weighed, and its outcome; no disagreement that proved right"),
    ("C204", "no-cross-functional-voice", "no product, design, support or other function's voice"),
    ("C205", "senior-could-have", "a claim whose effect stays within the own team"),
    ("C206", "thin-stack", "a claim with fewer than two independent kinds of artifact"),
    ("C207", "fails-the-skim", "the three beats are not readable within thirty seconds"),
    ("C208", "overclaimed", '"led", "owned", "drove" where others wrote or decided most of it, or contributors go unnamed'),
    ("C209", "counter-evidence-unanswered", "a revert, incident or hotfix follows and the claim does not mention it"),
    ("V301", "depth-without-breadth", "known inside one area only"),
    ("V302", "mostly-reactive", "most undertakings answered somebody else's fire"),
    ("V303", "heroics-undocumented", "a burst around an incident, and no review written"),
    ("V304", "contained", "nothing crossed the team's boundary this half"),
    ("V305", "puffery", "adjectives where evidence should be"),
    ("V306", "uncirculated", "a proposal that nobody affected was shown"),
    ("V307", "no-cross-team-problem", "no cross-team problem explicitly owned this half"),
    ("V308", "silent-fix", "a fix in another team's area that nobody was told about, nor why it was not obvious"),
    ("A401", "broken-thread", "a beat is missing: problem, did or changed"),
    ("A402", "reconstructed", "recorded more than 30 days after it happened"),
    ("A403", "last-minute", "the record was mostly written in the final month"),
    ("A404", "unobserved-number", "a number bound to no data"),
    ("A405", "number-mismatch", "the claimed number lies outside what its data shows"),
    ("A406", "written-after", "a proposal dated after the first change that implements it"),
    ("A407", "no-outcome", "a proposal, decision or risk whose outcome was never recorded"),
    ("A408", "log-gap", "four weeks or more without a log"),
    ("A409", "closed-without-note", "an undertaking ended and no note followed within two weeks"),
    ("A410", "dead-reference", "a link that resolves to no evidence"),
    ("A411", "said-only", 'nothing behind a claim is graded above "said"'),
    ("M501", "harder-not-differently", "load grows, reach does not"),
    ("M502", "no-pushback-on-file", "the last calibration's specific objection was never asked for"),
    ("M503", "senior-habits", "every meeting, every small bug, every question"),
    ("M504", "unclaimed-non-incident", "a risk was flagged and averted, and no claim says so"),
    ("S601", "secret-in-book", "a credential in an entry or proof"),
    ("S602", "confidential-in-export", "a term or host marked confidential would leave with the packet"),
    ("S603", "tampered", "a proof no longer matches what it proves"),
    ("S604", "unverifiable-endorsement", "an endorsement that nothing but the owner's word carries"),
)
