"""Who was told of the person's work, and when; and what they wrote before an incident that its review names.

Both are read off records that name others: a message has those it was sent to, a pull request those whose review was asked
for. Nobody is told by being in a channel, and no risk was foreseen because it resembles what happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from muster.model import Flagged, Link, LinkKind, Told

if TYPE_CHECKING:
    from muster.links import View

#: Parts of a record that say that somebody was sent it.
SENT = ("recipient", "requested", "attendee")


def told(view: View, links: Iterable[Link]) -> tuple[Told, ...]:
    """Each person whom the subject told of a piece of their own evidence, at the first time, by (of, time, person).

    A message tells its recipients of the subject's own evidence that it names or that names it; a pull request tells those
    whose review was asked for of what it became. `answered` is the first record of theirs about that message.
    """
    db = view.lake.db
    rows = db.execute(
        f"""SELECT e.id, e.kind, e.happened_at, p.person FROM evidence e JOIN participant p ON p.id = e.id
            JOIN person q ON q.person = p.person
            WHERE e.actor = $me AND e.source NOT IN ('git', 'book') AND p.role IN {SENT!r} AND p.person <> $me AND NOT q.bot
              AND e.happened_at IS NOT NULL ORDER BY ALL""",
        {"me": view.subject},
    ).fetchall()
    # Whose review was asked for stands in the pull request only until they gave it; the event of asking stays.
    asked = db.execute(
        """SELECT e.id, e.happened_at, t.value, a.value FROM evidence e
           JOIN fact v ON v.id = e.id AND v.name = 'event' AND v.value = 'review-requested'
           JOIN fact t ON t.id = e.id AND t.name = 'to' JOIN fact a ON a.id = e.id AND a.name = 'about'
           JOIN evidence p ON p.id = a.value AND p.actor = $me AND p.kind = 'pull-request' JOIN person q ON q.person = t.value
           WHERE t.value <> $me AND NOT q.bot AND e.happened_at IS NOT NULL ORDER BY ALL""",
        {"me": view.subject},
    ).fetchall()
    if not rows and not asked:
        return ()
    sent: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    kinds: dict[str, str] = {}
    for id_, kind, at, person in rows:
        sent[id_].append((person, at.replace(tzinfo=UTC)))
        kinds[id_] = kind
    of: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.src in sent:
            of[link.src].add(link.dst)
        if link.dst in sent:
            of[link.dst].add(link.src)
    for id_, kind in kinds.items():
        if kind == "pull-request":
            of[id_].update((id_, *(view.record.ids[i] for i in view.tracked.lands.get(id_, ()))))
    for id_, at, person, pull in asked:
        sent[id_].append((person, at.replace(tzinfo=UTC)))
        of[id_].update((pull, *(view.record.ids[i] for i in view.tracked.lands.get(pull, ()))))
    own = _own(view, {dst for found in of.values() for dst in found})
    answers = _answers(view)
    first: dict[tuple[str, str], Told] = {}
    for by, people in sent.items():
        for dst in sorted(of[by] & own):
            for person, at in people:
                one = Told(dst, person, view.org.outside(person, view.subject, at), at, by, answers.get((by, person)))
                held = first.get((dst, person))
                if held is None or (at, by) < (held.at, held.by):
                    first[dst, person] = one
    return tuple(sorted(first.values(), key=lambda one: (one.of, one.at, one.person)))


def flagged(view: View, links: Iterable[Link]) -> tuple[Flagged, ...]:
    """What the subject wrote before an incident began and its review names, by incident and time: the owner says whether it
    was the same thing.

    The text may have been changed since: where the platform says so, `edited` is when.
    """
    named = [link for link in links if link.kind is LinkKind.CITES or link.kind is LinkKind.MITIGATES]
    began = _incidents(view, sorted({link.src for link in named}))
    if not began:
        return ()
    rows = {
        id_: (actor, at.replace(tzinfo=UTC))
        for id_, actor, at in view.lake.db.execute(
            "SELECT id, actor, coalesce(recorded_at, happened_at) FROM evidence WHERE actor = $me AND source <> 'git' "
            "AND kind NOT IN ('event', 'meeting', 'incident') AND coalesce(recorded_at, happened_at) IS NOT NULL ORDER BY id",
            {"me": view.subject},
        ).fetchall()
    }
    edits: dict[str, datetime] = {}
    for id_, value in view.lake.db.execute("SELECT id, value FROM fact WHERE name = 'edited' ORDER BY id, value").fetchall():
        try:
            when = datetime.fromisoformat(value)
        except ValueError:
            continue
        edits[id_] = when if when.tzinfo else when.replace(tzinfo=UTC)
    found = {}
    for link in named:
        if link.src in began and link.dst in rows and rows[link.dst][1] < began[link.src]:
            changed = edits.get(link.dst)
            late = changed if changed is not None and changed >= began[link.src] else None
            found[link.src, link.dst] = Flagged(
                link.dst, link.src, (began[link.src] - rows[link.dst][1]).days, link.reason, late)
    return tuple(found[key] for key in sorted(found))


def _incidents(view: View, ids: Sequence[str]) -> Mapping[str, datetime]:
    """When each of these that is an incident, or the record of one, began."""
    if not ids:
        return {}
    rows = view.lake.db.execute(
        """SELECT e.id, coalesce(TRY_CAST(f.value AS TIMESTAMPTZ) AT TIME ZONE 'UTC', e.happened_at)
           FROM evidence e LEFT JOIN fact f ON f.id = e.id AND f.name = 'began'
           WHERE e.kind = 'incident' AND e.id IN (SELECT unnest($ids)) ORDER BY e.id""",
        {"ids": list(ids)},
    ).fetchall()
    return {id_: at.replace(tzinfo=UTC) for id_, at in rows if at is not None}


def _own(view: View, ids: Iterable[str]) -> set[str]:
    """Those of the ids that are the subject's own."""
    rows = view.lake.db.execute(
        "SELECT id FROM evidence WHERE actor = $me AND id IN (SELECT unnest($ids)) ORDER BY id",
        {"me": view.subject, "ids": sorted(ids) or [""]},
    ).fetchall()
    return {id_ for (id_,) in rows}


def _answers(view: View) -> Mapping[tuple[str, str], str]:
    """(message, person) → the first record of theirs about it."""
    rows = view.lake.db.execute(
        """SELECT a.value, e.actor, e.id FROM fact a JOIN evidence e ON e.id = a.id
           WHERE a.name IN ('about', 'answers') AND NOT e.bot AND e.kind <> 'event' ORDER BY e.happened_at DESC NULLS FIRST, e.id DESC"""
    ).fetchall()
    return {(about, actor): id_ for about, actor, id_ in rows}
