"""cites: what somebody wrote on an issue, in a message or in a document names another's work, by a number, a link or a hash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from muster.links._mentions import Mention, What, mentions, short
from muster.links._trackers import Item, Tracked, plain
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View
    from muster.links._record import Record

LINK = "cites"

#: Records that people write in. A meeting's invitation and an event have no words of their own.
WRITTEN = ("issue", "pull-request", "comment", "review", "message", "document", "proposal", "decision", "incident")
#: Texts without any of this name nothing.
TELLING = re.compile(r"#\d|https?://|[0-9a-f]{7}|/\d{2,5}-[a-z]|\.(?:md|rst|adoc|txt)\b|\b(?i:KEP|PEP|RFC|ADR|TEP|GEP)[- ]?\d")
ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"'`]+[^\s<>()\[\]\"'`.,;:!?]")


def find(view: View) -> Iterator[Link]:
    """Where one of the two is the subject's and the other is not, or a message of the subject's names their own work; and
    neither only answers in the other's conversation.

    What a number means is looked up where it was written: `#12` is of the same project. Mail and chat have no project, so
    there a number counts only with one. What lies behind a link counts when it is evidence. A pull request that landed is
    tied to the commit that it became.
    """
    tracked, record = view.tracked, view.record
    rows = view.lake.db.execute(
        f"""SELECT e.id, e.kind, e.actor, e.title, e.text, e.happened_at, a.value
            FROM evidence e LEFT JOIN fact a ON a.id = e.id AND a.name = 'about'
            WHERE e.source NOT IN ('git', 'book') AND NOT e.bot AND e.kind IN {WRITTEN!r} AND e.happened_at IS NOT NULL
            ORDER BY e.happened_at, e.id"""
    ).fetchall()
    whose = Whose(view, tracked, record)
    for id_, kind, actor, title, text, at, about in rows:
        if not (TELLING.search(text) or TELLING.search(title)):
            continue
        own = tracked.items.get(about or id_)
        seen: set[str] = set()
        for dst, quote in named(record, tracked, own, title if id_ in tracked.items else "", text):
            if dst in (id_, about) or dst in seen or whose.together(dst, about or id_):
                continue
            author, when = whose(dst)
            # To name one's own work is to tell somebody of it, where it is sent to somebody.
            if view.subject in (author, actor) and (author != actor or kind == "message") and when is not None and when < at:
                seen.add(dst)
                yield Link(id_, dst, LinkKind.CITES, quote)


class Whose:
    """Who did what a mention names, and when; each asked once."""

    def __init__(self, view: View, tracked: Tracked, record: Record) -> None:
        self._view, self._tracked, self._record = view, tracked, record
        rows = view.lake.db.execute(
            "SELECT e.id, e.actor, e.happened_at, e.bot, a.value FROM evidence e LEFT JOIN fact a ON a.id = e.id AND a.name = 'about' "
            "WHERE e.source NOT IN ('git', 'book') ORDER BY e.id"
        ).fetchall()
        self._others = {id_: ("" if bot else actor, at, about) for id_, actor, at, bot, about in rows}

    def __call__(self, id_: str) -> tuple[str, datetime | None]:
        """(person, time in UTC, without its zone); a program is nobody."""
        i = self._record.at.get(id_)
        if i is not None:
            return ("" if self._record.bots[i] else self._record.actors[i]), self._record.times[i]
        actor, at, _ = self._others.get(id_, ("", None, None))
        return actor, at

    def together(self, dst: str, src: str) -> bool:
        """Whether one is a part of the other's conversation, or landed as it."""
        other = self._others.get(dst, ("", None, None))[2]
        i = self._record.at.get(dst)
        return (other is not None and other == src) or (i is not None and self._tracked.landed.get(i) == src)


def named(record: Record, tracked: Tracked, own: Item | None, title: str, text: str) -> Iterator[tuple[str, str]]:
    """(evidence, the words) of everything that a text names and that is there, in its order."""
    home = (tracked.names.get(own.repo, own.repo)) if own else None
    for address in dict.fromkeys(ADDRESS.findall(text)):
        there = tracked.urls.get(plain(address))
        if there is not None and (there not in tracked.items or tracked.items[there].number.startswith("!")):
            landed = tracked.lands.get(there, ())
            yield (record.ids[record.stands(landed)] if landed else there), short(sentence(text, address))
    for mention in mentions(title, text):
        if (found := meant(record, tracked, home, mention, text)) is not None:
            yield found, short(mention.quote)


def meant(record: Record, tracked: Tracked, home: str | None, mention: Mention, text: str) -> str | None:
    """The evidence that one mention in a text names; None where that is not there or not said."""
    positions: tuple[int, ...] = ()
    if mention.what is What.NUMBER:
        origin = home if mention.repo is None else record.origin(mention.repo, None) or mention.repo.casefold()
        if origin is None:
            return None
        if (item := tracked.find(origin, mention.value)) and not tracked.other(item, mention.repo, text):
            positions = tracked.lands.get(item.id, ())
            if not positions:
                return item.id
        else:
            positions = record.landed(None, mention.value, origin) if mention.sure else ()
    elif mention.what is What.HASH and mention.sure and len(mention.value) >= 10:
        positions = record.commits(mention.value)
    elif mention.what is What.PROPOSAL:
        positions = (record.proposals[mention.value],) if mention.value in record.proposals else ()
    elif mention.what is What.PATH and (mention.repo is not None or home is not None) and "/" in mention.value:
        positions = record.document(mention.repo, mention.value, home)
    return record.ids[record.stands(positions)] if positions else None


def sentence(text: str, part: str) -> str:
    """The line of a text in which something stands."""
    at = text.find(part)
    return text[text.rfind("\n", 0, at) + 1 : (text.find("\n", at) + 1 or len(text) + 1) - 1].strip()
