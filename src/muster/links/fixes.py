"""fixes: a later change mends what an earlier change introduced, and says so; or soon after changes what that one wrote, and
calls itself a fix. It speaks against the earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from muster.links import _hotfixes
from muster.links._mentions import OWN, Says
from muster.links._mentions import short as cut
from muster.links.reverts import paths_of
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "fixes"

#: Words of a sentence that say that what it names was at fault; "Fixes #123" alone mostly means an issue, or a slip.
BLAMES = re.compile(r"\b(?:regress\w*|introduc\w*|caus\w*|br[eo]ke\w*|break\w*|follow-?up|bug\w*|since|after|from|by|PR|pull)\b", re.IGNORECASE)


def find(view: View) -> Iterator[Link]:
    """`Fixes: HASH`, "regression introduced in #812", "broken by HASH": where what is named is a change that landed.

    "Fixes #123" mostly closes an issue: it is a link only where 123 is a change that landed, of one person's work, and
    in the same folders; where it blames nothing in words, a file of both is wanted as well. The reason says that it landed. What names nothing is in `_hotfixes`.
    """
    record = view.record
    bare = [said for said in view.said if said.landed and said.mention.says is Says.FIXES and not BLAMES.search(said.mention.quote)]
    paths = paths_of(view, {record.ids[i] for said in bare for i in (said.src, *said.dst)})
    apart = {
        said for said in bare
        if paths.get(record.ids[said.src], {}).keys().isdisjoint({path for i in said.dst for path in paths.get(record.ids[i], {})})
    }  # fmt: skip
    for said in view.said:
        if said.mention.says is not Says.FIXES or said in view.strayed or said in apart:
            continue
        if said.landed and len({record.actors[i] for i in said.dst}) > 1:
            continue  # several people's work landed under that number, and nothing says whose was at fault
        if _twins(record.titles[said.src], [record.titles[i] for i in said.dst]):
            continue  # the same change, landed twice: on the main line and on a release branch
        quote = said.mention.quote
        if said.landed:
            quote = f"{cut(quote, 0, 140)} (#{said.mention.value} is a change that landed)"
        yield Link(record.ids[said.src], record.ids[record.stands(said.dst)], LinkKind.FIXES, quote)
    yield from _hotfixes.find(view)


def _twins(title: str, others: Iterable[str]) -> bool:
    """Whether a title is one of the others, whatever number it landed under."""
    return OWN.sub("", title) in {OWN.sub("", other) for other in others}
