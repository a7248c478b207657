"""cites: an issue or pull request of a repository that is not connected refers to this one, by the platform's own note."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from muster.links import _hosted
from muster.model import Link

if TYPE_CHECKING:
    from muster.links import View

LINK = "cites"


def find(view: View) -> Iterator[Link]:
    """The subject's references to others' work, and others' to the subject's."""
    yield from _hosted.references(view)
