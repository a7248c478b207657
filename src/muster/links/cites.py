"""cites: a later message or entry names an earlier change, document or proposal and does nothing more with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from muster.links._mentions import Says
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "cites"


def find(view: View) -> Iterator[Link]:
    """Mentions of commits, of numbers that landed, of proposals and documents, and the references of entries.

    A message that names a document which the same commit changes does not cite it.
    """
    record = view.record
    implementing, citing, editing = view.documents
    for said in view.said:
        if said in implementing or said in editing or said in view.strayed:
            continue
        if said.mention.says in (Says.CITES, Says.CLOSES):
            dst = citing.get(said, record.stands(said.dst))
            yield Link(record.ids[said.src], record.ids[dst], LinkKind.CITES, said.mention.quote)
    for one in view.referred:
        for id_ in one.ids:
            yield Link(one.entry.id, id_, LinkKind.CITES, one.quote)
