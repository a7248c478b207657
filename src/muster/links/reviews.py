"""reviews: somebody's review, as a trailer or a platform records it, of a change or a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from muster.links import _hosted
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "reviews"


def find(view: View) -> Iterator[Link]:
    """The subject's reviews of others' changes, and others' reviews of the subject's. Nobody reviews their own."""
    rows = view.lake.db.execute(
        """SELECT r.id, e.id, r.title FROM evidence r JOIN evidence e ON e.id = split_part(r.id, '#', 1)
           WHERE r.kind = 'review' AND r.source = 'git' AND NOT r.bot AND r.actor <> e.actor
           ORDER BY r.id"""
    ).fetchall()
    record = view.record
    for review, change, title in rows:
        i = record.at.get(change)
        if i is not None and (record.mine[i] or review.rpartition(":")[2] == view.subject):
            yield Link(review, change, LinkKind.REVIEWS, title[:200])
    yield from _hosted.reviews(view)
