"""implements: a change makes a proposal real, and says which; never told from likeness of words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "implements"

#: Headings of a proposal or decision under which a reference names what was built from it.
BUILT = ("implementation", "implemented by", "implemented in", "built", "what was built")


def find(view: View) -> Iterator[Link]:
    """Changes of code that a proposal's ids or links tie to it (`_proposals`); `implements:` and `implemented-by:` of entries.

    A reference under the heading *Implementation* of a proposal or decision says the same as `implemented-by:`.
    """
    record = view.record
    for (draft, _), changes in view.built.items():
        for src, reason in changes.items():
            yield Link(record.ids[src], draft, LinkKind.IMPLEMENTS, reason)
    for one in view.referred:
        for id_ in one.ids:
            if one.key == "implements":
                yield Link(one.entry.id, id_, LinkKind.IMPLEMENTS, one.quote)
            elif one.key == "implemented-by" or (
                one.entry.type in ("proposal", "decision") and one.under(*BUILT)
            ):
                yield Link(id_, one.entry.id, LinkKind.IMPLEMENTS, one.quote)
