"""Links: who cites, fixes, reviews, builds on and reverts what, with the reason each tie is believed.

One file for each way to find links: it has `LINK = "kind"` and `find(view) -> Iterator[Link]`, and is found by being here;
several may give the same kind. A link reads from the later record to the earlier one, has the subject's evidence on at
least one side, and quotes what it was read off. Nothing is tied by likeness of words: only by what a message, a trailer, a
path, an import or an entry says, by whose lines were changed, and by a form that documents share and had not before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from muster import registry
from muster.lake import Lake
from muster.links import _documents, _entries, _hosted, _proposals, _record, _trackers
from muster.model import Entry, Link, LinkKind, Skipped, Unresolved

if TYPE_CHECKING:
    from muster.org import Organisation
    from muster.sources._proposals import Paper

#: Which kind is kept where one message ties the same two records in several ways.
STRONGER = (
    LinkKind.REVERTS,
    LinkKind.FIXES,
    LinkKind.MITIGATES,
    LinkKind.IMPLEMENTS,
    LinkKind.BACKS,
    LinkKind.BUILDS_ON,
)


@dataclass(frozen=True)
class View:
    """Everything recorded, as it concerns one person: what links and threads are found in.

    `root` is the book's folder; without it a reference to a file of the book that is no entry cannot be called dead.
    `hotfix_days` is how soon after a change a fix of what it wrote counts as one that followed it.
    """

    lake: Lake
    org: Organisation
    subject: str
    entries: tuple[Entry, ...] = ()
    root: Path | None = None
    hotfix_days: float = 7

    @cached_property
    def record(self) -> _record.Record:
        """The commits, as messages refer to them; read at first use."""
        return _record.read(self.lake, self.subject)

    @cached_property
    def said(self) -> tuple[_record.Said, ...]:
        """What commit messages say of other commits, where one of the two is the subject's; read at first use."""
        return tuple(self.record.said())

    @cached_property
    def tracked(self) -> _trackers.Tracked:
        """Issues and pull requests of the connected trackers; read at first use."""
        return _trackers.read(self.lake, self.record)

    @cached_property
    def documents(self) -> tuple[dict[_record.Said, int], dict[_record.Said, int], frozenset[_record.Said]]:
        """Which of `said` implement, cite and edit a document; the first two with the commit that first added it."""
        return _documents.split(self)

    @cached_property
    def built(self) -> _proposals.Built:
        """The changes that implement each proposal, where the proposal or the change is the subject's; read at first use."""
        return _proposals.built(self)

    @cached_property
    def builders(self) -> dict[int, list[Paper]]:
        """The proposals that each commit implements, by its position; read at first use."""
        papers = {_proposals.key(paper): paper for paper in self.lake.papers}
        found: dict[int, list[Paper]] = {}
        for name, changes in self.built.items():
            for src in changes:
                found.setdefault(src, []).append(papers[name])
        return found

    @cached_property
    def reverts(self) -> tuple[Link, ...]:
        """The links of `reverts`, which re-landings are told from as well; read at first use."""
        from muster.links import reverts

        return tuple(reverts.read(self))

    @cached_property
    def strayed(self) -> frozenset[_record.Said]:
        """Which of `said` name a bare number that most likely means another project's."""
        return _documents.strayed(self)

    @cached_property
    def unread(self) -> Counter[tuple[str, str]]:
        """What links could not read, by (where, reason): filled while they are found."""
        return Counter()

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What links could not read, counted, in order; complete once `find` came back."""
        return tuple(Skipped(where, reason, count) for (where, reason), count in sorted(self.unread.items()))

    @cached_property
    def referred(self) -> tuple[_entries.Referred, ...]:
        """What the book's entries refer to, resolved; read at first use."""
        return tuple(_entries.referred(self.record, self.entries, self.root, self.tracked))


def find(view: View) -> tuple[tuple[Link, ...], tuple[Unresolved, ...]]:
    """All links with the subject's evidence on a side, sorted; and the entries' references that led nowhere.

    A pair of records has each kind at most once, with the first reason in the order of history, and is not said to
    be cited where the same message says more. Source of the method: DESIGN, *Links*; near-linear in the evidence.
    """
    found: dict[tuple[str, str, LinkKind], Link] = {}
    for module in registry.modules("links", "LINK"):
        made: Iterator[Link] = module.find(view)
        for link in made:
            if link.src != link.dst:
                found.setdefault((link.src, link.dst, link.kind), link)
    kept = [
        link
        for (src, dst, kind), link in found.items()
        if kind is not LinkKind.CITES or not any((src, dst, other) in found for other in STRONGER)
    ]
    return tuple(sorted(_hosted.once(view, kept))), tuple(_entries.unresolved(view.referred))
