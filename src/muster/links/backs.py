"""backs: somebody's endorsement, or a record by a witness that the claim names, stands behind a claim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "backs"


def find(view: View) -> Iterator[Link]:
    """What endorsements refer to, or name as `claim:` or `backs:`; and what a claim refers to of its own witnesses'.

    A witness is the owner's word until a record of theirs says it: only evidence whose actor is that person counts.
    """
    record = view.record
    people = view.lake.people.all
    for one in view.referred:
        if one.entry.type == "endorsement":
            for id_ in one.ids:
                yield Link(one.entry.id, id_, LinkKind.BACKS, one.quote)
        elif one.entry.type == "claim" and not one.key:
            typed = one.entry.meta.get("witnesses")
            witnesses = {_name(str(one)) for one in typed} if isinstance(typed, list | tuple) else set()
            for id_ in one.ids:
                i = record.at.get(id_)
                if i is None or record.mine[i] or not (person := people.get(record.actors[i])):
                    continue
                known = {
                    person.id,
                    person.name.casefold(),
                    *(handle.casefold().lstrip("@") for handle in person.handles),
                }
                if witnesses & known:
                    yield Link(
                        id_,
                        one.entry.id,
                        LinkKind.BACKS,
                        f"{person.name}, a witness of the claim, recorded this: {one.quote}"[:200],
                    )


def _name(typed: str) -> str:
    """A witness as typed, without the team: `dana@payments` is dana, while `dana@example.org` is an address."""
    name, _, home = typed.strip().casefold().lstrip("@").partition("@")
    return f"{name}@{home}" if "." in home else name
