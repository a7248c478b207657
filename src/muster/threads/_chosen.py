"""The owner's choices put to what was found: which evidence they mean, and the undertakings that they make of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from muster.book import matches, short
from muster.model import Choices, Decided, Link, LinkKind, Skipped, Verb
from muster.threads._nodes import Node

FILE = "choices.txt"


@dataclass(slots=True)
class Chosen:
    """Undertakings as the owner has them. `also` are other records that they tied in, `names` the titles that they gave,
    both by the undertaking's place.
    """

    undertakings: list[list[Node]]
    also: dict[int, list[str]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)


def decide(
    choices: Choices, ids: Iterable[str], claims: Collection[str] = ()
) -> tuple[Decided, tuple[Skipped, ...]]:
    """The choices with every id in full, and what they name that is not there (any more), each with its line.

    `ids` are those of all evidence, `claims` the paths of the book's claims. Of two choices about one piece the later
    line counts.
    """
    if not choices.made:
        return Decided(seen=choices.seen), ()
    known = sorted(set(ids))
    lost: list[Skipped] = []
    states: dict[str, Verb] = {}
    ties: dict[str, str] = {}
    names: dict[str, str] = {}
    backed: dict[str, list[str]] = {}
    merged: list[tuple[str, ...]] = []
    split: list[tuple[str, ...]] = []

    def meant(typed: str, line: int) -> str | None:
        found = _meant(typed, known)
        if len(found) == 1:
            return found[0]
        reason = (
            f"“{typed}” begins the ids of {len(found)} records: write more of it"
            if found
            else f"“{typed}” is not in what is connected now: its history was rewritten, or its repository is not here"
        )
        lost.append(Skipped(f"{FILE}:{line}", reason))
        return None

    for choice in choices.made:
        found = tuple(dict.fromkeys(id_ for typed in choice.ids if (id_ := meant(typed, choice.line)) is not None))
        if not found:
            continue
        if choice.verb in (Verb.KEEP, Verb.DROP):
            for id_ in found:
                _undo(id_, ties, backed)
                states[id_] = choice.verb
        elif choice.verb is Verb.TIE:
            path = next((one for one in claims if choice.to.removesuffix(".md") == one.removesuffix(".md")), None)
            to = None if path else meant(choice.to, choice.line)
            for id_ in found if path or to else ():
                _undo(id_, ties, backed)
                states[id_] = Verb.TIE
                if path:
                    backed.setdefault(path, []).append(id_)
                elif to and to != id_:
                    ties[id_] = to
        elif choice.verb is Verb.NAME:
            names[found[0]] = choice.to
        elif choice.verb is Verb.MERGE and len(found) > 1:
            merged.append(found)
        elif choice.verb is Verb.SPLIT:
            split.append(found)
    decided = Decided(
        states, ties, {path: tuple(pieces) for path, pieces in sorted(backed.items()) if pieces}, tuple(merged),
        tuple(split), names, choices.seen,
    )  # fmt: skip
    return decided, tuple(lost)


def _undo(id_: str, ties: dict[str, str], backed: Mapping[str, list[str]]) -> None:
    """Forget what an earlier line said of a piece."""
    ties.pop(id_, None)
    for pieces in backed.values():
        if id_ in pieces:
            pieces.remove(id_)


def _meant(typed: str, known: Sequence[str]) -> list[str]:
    """The evidence that an id as it was typed means, from the ids in order."""
    if typed in known[(place := bisect_left(known, typed)) : place + 1]:
        return [typed]
    found = []
    for begin in (f"git:{typed.removeprefix('git:').partition('#')[0]}", f"book:{typed.removeprefix('book:').removesuffix('.md')}"):
        place = bisect_left(known, begin)
        while place < len(known) and known[place].startswith(begin):
            if matches(typed, known[place]):
                found.append(known[place])
            place += 1
    return found


def apply(
    found: Sequence[Sequence[Node]], decided: Decided, links: Sequence[Link]
) -> tuple[Chosen, tuple[Skipped, ...]]:
    """The undertakings as the owner chose them, and the choices that could not be carried out, with why.

    Undertakings are put together first, then parted, then single pieces moved, and last what was dropped is taken out. A
    piece that a revert or a fix speaks against cannot be dropped from an undertaking that stays: what speaks against the
    work would go with it.
    """
    parts: list[dict[str, Node]] = [{node.id: node for node in nodes} for nodes in found]
    home = {id_: place for place, part in enumerate(parts) for id_ in part}

    def move(id_: str, to: int) -> None:
        parts[to][id_] = parts[home[id_]].pop(id_)
        home[id_] = to

    for ids in decided.merged:
        places = sorted({home[id_] for id_ in ids if id_ in home})
        for place in places[1:]:
            for id_ in list(parts[place]):
                move(id_, places[0])
    for ids in decided.split:
        own = [id_ for id_ in ids if id_ in home]
        if own:
            parts.append({})
            for id_ in own:
                move(id_, len(parts) - 1)
    also: dict[int, list[str]] = {}
    for id_, to in sorted(decided.ties.items()):
        if to in home and id_ in home:
            move(id_, home[to])
        elif to in home:
            also.setdefault(home[to], []).append(id_)
    against = {link.dst for link in links if link.kind in (LinkKind.REVERTS, LinkKind.FIXES)}
    refused: list[Skipped] = []
    for part in parts:
        out = [id_ for id_ in part if decided.dropped(id_)]
        whole = len(out) == len(part)
        for id_ in out:
            if whole or id_ not in against:
                part.pop(id_)
            else:
                refused.append(Skipped(
                    FILE, f"{short(id_)} stays: a later record speaks against it, and so against its undertaking; drop that as a whole"
                ))  # fmt: skip
    spots = {place: number for number, place in enumerate(place for place, part in enumerate(parts) if part)}
    chosen = Chosen(
        [sorted(parts[place].values(), key=lambda node: (node.at, node.id)) for place in spots],
        {spots[place]: ids for place, ids in sorted(also.items()) if place in spots},
        {spots[home[id_]]: title for id_, title in decided.names.items() if home.get(id_) in spots},
    )
    return chosen, tuple(refused)


def left_out(decided: Decided) -> tuple[Skipped, ...]:
    """How many records the owner left out, as it is said to whoever reads the case; nothing where there are none."""
    count = sum(verb is Verb.DROP for verb in decided.states.values())
    if not count:
        return ()
    return (Skipped(FILE, f"{count:,} record{'s' if count > 1 else ''} left out of every undertaking by the owner's choice"),)
