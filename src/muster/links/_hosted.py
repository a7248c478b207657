"""What a platform recorded of others' doing on the person's pull requests and issues, and the person's on others'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from muster.links._mentions import short
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

#: Reviews that were handed in, and first comments at code of whoever handed in none there; the earliest of these alone.
REVIEWS = """
WITH spoken AS (
    SELECT e.id, e.actor, e.title, e.kind, e.happened_at, a.value AS about
    FROM evidence e JOIN fact a ON a.id = e.id AND a.name = 'about'
    WHERE e.source NOT IN ('git', 'book') AND NOT e.bot
      AND (e.kind = 'review' OR (e.kind = 'comment' AND e.id IN (SELECT id FROM fact WHERE name = 'path')
           AND e.id NOT IN (SELECT id FROM fact WHERE name = 'answers')))),
ranked AS (
    SELECT s.*, row_number() OVER (PARTITION BY about, actor ORDER BY kind = 'review' DESC, happened_at, id) AS place,
        bool_or(kind = 'review') OVER (PARTITION BY about, actor) AS handed_in
    FROM spoken s)
SELECT r.id, r.actor, r.title, p.id, p.actor
FROM ranked r JOIN evidence p ON p.id = r.about AND p.kind = 'pull-request'
WHERE r.actor <> p.actor AND (r.kind = 'review' OR (NOT r.handed_in AND r.place = 1))
ORDER BY r.happened_at, r.id
"""

#: References from what is not connected itself: of what is, its own words are read.
REFERENCES = """
SELECT e.id, e.actor, e.title, i.id, i.actor
FROM evidence e JOIN fact v ON v.id = e.id AND v.name = 'event' AND v.value = 'cross-referenced'
JOIN fact o ON o.id = e.id AND o.name = 'from' JOIN fact a ON a.id = e.id AND a.name = 'about'
JOIN evidence i ON i.id = a.value
WHERE NOT e.bot AND e.actor <> i.actor AND o.value NOT IN (SELECT id FROM evidence)
ORDER BY e.happened_at, e.id
"""


def reviews(view: View) -> Iterator[Link]:
    """From each review to the commit that the pull request became, where that is here, else to the pull request itself.

    Where it became several commits, the link goes to the one that stands for them. Each review has one link, so that
    nothing counts twice.
    """
    record, lands = view.record, view.tracked.lands
    for id_, who, title, pull, author in view.lake.db.execute(REVIEWS).fetchall():
        stands = record.stands(positions) if (positions := lands.get(pull, ())) else None
        if stands is None or record.actors[stands] == who or record.bots[stands]:
            dst, of = pull, author
        else:
            dst, of = record.ids[stands], record.actors[stands]
        if view.subject in (who, of, author):
            yield Link(id_, dst, LinkKind.REVIEWS, short(title))


def references(view: View) -> Iterator[Link]:
    """From what the platform noted of a reference elsewhere to the issue or pull request, and not what it landed as."""
    for id_, who, title, item, author in view.lake.db.execute(REFERENCES).fetchall():
        if view.subject in (who, author):
            yield Link(id_, item, LinkKind.CITES, short(title))


def once(view: View, links: Sequence[Link]) -> Iterator[Link]:
    """The links without those by which one doing of somebody else's would count twice, because git and a platform both have it:
    what a pull request's text says, where the commit that it became says it as well; and a review that a trailer names, where
    the platform has one by the same person of the same change.
    """
    if not view.tracked.items:
        yield from links
        return
    there = {(link.src, link.dst, link.kind) for link in links}
    became = {
        id_: view.record.ids[view.record.stands(positions)]
        for id_, positions in view.tracked.lands.items() if view.tracked.items[id_].actor != view.subject
    }  # fmt: skip
    who = dict(view.lake.db.execute(
        "SELECT id, actor FROM evidence WHERE kind IN ('review', 'comment') AND source NOT IN ('git', 'book') ORDER BY id"
    ).fetchall())  # fmt: skip
    handed_in = {(who[link.src], link.dst) for link in links if link.kind is LinkKind.REVIEWS and link.src in who}
    for link in links:
        said = link.src in became and (became[link.src], link.dst, link.kind) in there
        trailer = link.kind is LinkKind.REVIEWS and link.src not in who and (link.src.rpartition(":")[2], link.dst) in handed_in
        if not said and not trailer:
            yield link
