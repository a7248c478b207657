"""What came onto the record: the owner's own evidence, and others' records that refer to it, by undertaking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from muster.model import Case, Decided, Evidence, Link, LinkKind, Period, Thread

#: What somebody else's record does to the owner's, as it is said before the title; of several ties the first counts.
DOES = {
    LinkKind.REVERTS: "reverted",
    LinkKind.FIXES: "mended",
    LinkKind.IMPLEMENTS: "implemented",
    LinkKind.CITES: "referred to",
    LinkKind.BACKS: "backed",
    LinkKind.MITIGATES: "acted on",
    LinkKind.BUILDS_ON: "built on",
    LinkKind.CHANGES_AFTER_REVIEW: "changed code after",
    LinkKind.REVIEWS: "reviewed",
}
#: What other sources have that is work by itself.
OPENED = ("issue", "pull-request", "document", "proposal", "decision", "incident")
REVIEWS, ALONE = "Reviews you gave", "On their own"


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of evidence to decide about. `does` says what somebody else's record does to the owner's, empty for the
    owner's own; `of` is the evidence it does that to. `state` is undecided, keep, drop or tie.
    """

    id: str
    title: str
    who: str
    own: bool
    on: date | None
    state: str
    new: bool
    does: str = ""
    of: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """An undertaking's items, newest first; `thread` is None for what belongs to none."""

    thread: str | None
    title: str
    items: tuple[Item, ...]

    @property
    def newest(self) -> date:
        """The day of the newest item."""
        return max((item.on for item in self.items if item.on), default=date.min)

    @property
    def undecided(self) -> tuple[Item, ...]:
        """The items that nothing was decided about."""
        return tuple(item for item in self.items if item.state == "undecided")


def inbox(case: Case, decided: Decided, days: Period | None = None, everything: bool = False) -> tuple[Group, ...]:
    """What was recorded in `days` (the case's period) and is undecided, by undertaking, the newest first.

    With `everything`, what was kept, dropped or tied as well. An item is new when it was recorded on or after the day up to
    which the inbox was looked through. Left out: the book's own entries, merges, programs, and of those who changed what
    the owner made each person's later changes to the same undertaking.
    """
    days = days or case.period
    of_id = {id_: thread for thread in case.threads for id_ in thread.evidence}
    groups: dict[str, list[Item]] = {}
    titles: dict[str, tuple[str | None, str]] = {}

    def put(piece: Evidence, thread: Thread | None, title: str, tie: Link | None) -> None:
        state = decided.states.get(piece.id)
        on = recorded(piece)
        if on not in days or (state is not None and not everything):
            return
        key = thread.id if thread else title
        titles[key] = (thread.id if thread else None, thread.title if thread else title)
        groups.setdefault(key, []).append(Item(
            piece.id, piece.title, case.name_of(piece.actor), case.mine(piece), on,
            state.value if state else "undecided",
            decided.seen is not None and on is not None and on >= decided.seen,
            DOES[tie.kind] if tie else "", tie.dst if tie else "", piece.url,
        ))  # fmt: skip

    ties = others(case)
    again = twice(case)
    for id_, piece in case.evidence.items():
        if piece.source == "book" or id_ in again:
            continue
        if case.mine(piece):
            if piece.kind == "review":
                put(piece, None, REVIEWS, None)
            elif id_ in of_id or piece.touches or piece.kind in OPENED:
                put(piece, of_id.get(id_), ALONE, None)
        elif id_ in ties:
            tie = ties[id_]
            thread = of_id.get(id_) or of_id.get(tie.dst)
            if tie.kind is not LinkKind.BUILDS_ON or id_ in of_id:
                put(piece, thread, ALONE, tie)
    made = [
        Group(*titles[key], tuple(sorted(items, key=lambda item: (-(item.on or date.min).toordinal(), not item.own, item.id))))
        for key, items in groups.items()
    ]
    return tuple(sorted(made, key=lambda group: (-group.newest.toordinal(), group.thread or "~", group.title)))


def twice(case: Case) -> frozenset[str]:
    """Ids of what another record says as well: the trailer of a review that a platform has, and a pull request whose one commit
    is here under its title.
    """
    landed = {f"git:{commit}": piece for piece in case.evidence.values() if piece.kind == "pull-request" and (commit := piece.fact("commit"))}
    given = {(piece.about, piece.actor) for piece in case.evidence.values() if piece.kind == "review" and piece.about}
    found: set[str] = set()
    for id_, piece in case.evidence.items():
        pull = landed.get(id_.partition("#")[0])
        if pull is not None and piece.kind == "review" and (pull.id, piece.actor) in given:
            found.add(id_)
        elif pull is not None and piece.kind in ("change", "document") and piece.title.startswith(pull.title) and piece.actor == pull.actor:
            found.add(pull.id)
    return frozenset(found)


def recorded(piece: Evidence) -> date | None:
    """The day on which a piece came onto the record; the day that it happened where that is not known."""
    when = piece.recorded_at or piece.happened_at
    return when.date() if when else None


def others(case: Case) -> Mapping[str, Link]:
    """Other people's records that refer to the owner's evidence, by id, each with what it does; programs are left out."""
    order = {kind: place for place, kind in enumerate(DOES)}
    found: dict[str, Link] = {}
    for link in case.links:
        src, dst = case.evidence.get(link.src), case.evidence.get(link.dst)
        if src is None or dst is None or link.kind not in order or case.mine(src) or not case.mine(dst):
            continue
        person = case.people.get(src.actor)
        if person is not None and person.bot:
            continue
        if src.id not in found or order[link.kind] < order[found[src.id].kind]:
            found[src.id] = link
    return found


def of_thread(thread: Thread, case: Case) -> tuple[str, ...]:
    """Everything of an undertaking that can be decided about, in order of time: the book's own entries are left out."""
    return tuple(id_ for id_ in thread.evidence if (piece := case.evidence.get(id_)) and piece.source != "book")


def undecided(ids: Iterable[str], decided: Decided) -> tuple[str, ...]:
    """Those of the ids that nothing was decided about; the book's own entries are the owner's word already."""
    return tuple(id_ for id_ in ids if id_ not in decided.states and not id_.startswith("book:"))
