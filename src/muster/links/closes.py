"""implements: a pull request closed an issue that somebody else had opened: it did what was asked for there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from muster.links._mentions import short
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "implements"


def find(view: View) -> Iterator[Link]:
    """From what landed, else from the pull request, to the issue; where one of the two is the subject's and none is a program's.

    To close an issue is not to fix what its author did: nothing is said against whoever opened it.
    """
    tracked, record = view.tracked, view.record
    for pull_id, issues in sorted(tracked.closes.items()):
        pull, positions = tracked.items[pull_id], tracked.lands.get(pull_id, ())
        for issue_id in issues:
            issue = tracked.items[issue_id]
            if pull.bot or issue.bot or pull.actor == issue.actor or view.subject not in (pull.actor, issue.actor):
                continue
            src = record.ids[record.stands(positions)] if positions else pull.id
            yield Link(src, issue.id, LinkKind.IMPLEMENTS, short(f"closes #{issue.number}: {issue.title}"))
