"""What nobody can know from the connected sources: each gap once, in plain words, with what would close it.

A gap is not a verdict. An engineer whose best work leaves no trace in git is told which record is missing, never that
they did nothing.
"""

from __future__ import annotations

#: A source that is not connected → what it alone would show. Order is that of how much it usually holds.
WOULD_SHOW: tuple[tuple[str, str], ...] = (
    (
        "pull-requests",
        "Pull requests and issues are not connected: who opened, assigned, requested or reviewed what, and what was "
        "discussed, is unknown unless a commit message says it.",
    ),
    (
        "book",
        "There is no book: proposals, decisions, disagreements, declined work and outcomes that are not in git are unknown.",
    ),
    (
        "org",
        "No organisation file says who is in which team or reports to whom: managers and other functions are unknown.",
    ),
    ("incidents", "No incident record is connected: pages, outages and their reviews are unknown."),
    ("calendar", "No calendar is connected: meetings, and those declined, are unknown."),
    ("messages", "No mail or chat is connected: who was told, asked or talked out of something is unknown."),
)

#: What git itself leaves out, whoever reads it.
OF_GIT = (
    "Git holds only what reached the branch that was read: work that was dropped or squashed away is not here, and commit "
    "dates can be set by hand."
)


def blind_spots(connected: frozenset[str]) -> tuple[str, ...]:
    """A sentence for each source that is not connected, then what git leaves out."""
    missing = tuple(sentence for source, sentence in WOULD_SHOW if source not in connected)
    return (*missing, OF_GIT) if "git" in connected else missing
