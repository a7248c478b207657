"""fixes: a later change mends what an earlier change introduced. It speaks against the earlier one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from muster.links._mentions import Says
from muster.links._mentions import short as cut
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "fixes"


def find(view: View) -> Iterator[Link]:
    """`Fixes: HASH`, "regression introduced in #812", "broken by HASH": where what is named is a change that landed.

    "Fixes #123" mostly closes an issue: it is a link only where 123 is a change that landed, of one person's work, and
    in the same folders; the reason says that it landed.
    """
    record = view.record
    for said in view.said:
        if said.mention.says is not Says.FIXES or said in view.strayed:
            continue
        if said.landed and len({record.actors[i] for i in said.dst}) > 1:
            continue  # several people's work landed under that number, and nothing says whose was at fault
        quote = said.mention.quote
        if said.landed:
            quote = f"{cut(quote, 0, 140)} (#{said.mention.value} is a change that landed)"
        yield Link(record.ids[said.src], record.ids[record.stands(said.dst)], LinkKind.FIXES, quote)
