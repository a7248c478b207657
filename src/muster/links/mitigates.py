"""mitigates: what was done about a risk or an incident, where an entry says so itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "mitigates"

#: Headings of a risk or incident under which a reference names what was done about it.
DONE = ("mitigation", "mitigations", "outcome", "remediation")


def find(view: View) -> Iterator[Link]:
    """`mitigates:` of any entry, `mitigated-by:` of a risk or incident, and references under *Mitigation* or *Outcome*."""
    for one in view.referred:
        for id_ in one.ids:
            if one.key == "mitigates":
                yield Link(one.entry.id, id_, LinkKind.MITIGATES, one.quote)
            elif one.entry.type in ("risk", "incident") and (one.key == "mitigated-by" or one.under(*DONE)):
                yield Link(id_, one.entry.id, LinkKind.MITIGATES, one.quote)
