"""reverts: a later change takes back an earlier one, wholly or in part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from muster.links._mentions import Says
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "reverts"


def find(view: View) -> Iterator[Link]:
    """ "This reverts commit HASH", `Revert "subject"`, "Reverts owner/repo#12". A re-land reverts the revert.

    A quoted subject means the nearest commit before that has it.
    """
    record = view.record
    for said in view.said:
        if said.mention.says is Says.REVERTS:
            yield Link(
                record.ids[said.src],
                record.ids[record.stands(said.dst)],
                LinkKind.REVERTS,
                said.mention.quote,
            )
