"""Threads: the person's evidence put together into undertakings, each with its beats as far as evidence shows them.

What belongs together is told from: what landed together (one merge, one number, one Change-Id), links, issues, tickets
and proposals that several changes name, and paths: two changes are close when they share rare paths within weeks, and
words of their subjects weigh a little more in. Communities of that graph, found by the Louvain method with a fixed
seed, are threads. Silence ends a thread unless an id ties what comes after it, so that a file that lives for years does
not make one undertaking of them.

Who else appears in a thread appears by a link: their reviews, what they built on it later, their reverts of it, their
changes that implement its proposal. What the owner chose in the book (`Decided`) is done to the threads that were found,
so that new evidence changes nothing that was chosen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from muster.links import View
from muster.links._communities import communities, parted
from muster.model import Decided, Link, Skipped, Thread
from muster.threads._chosen import apply, decide, left_out
from muster.threads._nodes import Atom, Node, atoms_of, nodes_of
from muster.threads._proposed import label, papers_of
from muster.threads._shown import filled
from muster.threads._ties import graph_of, ties_of

__all__ = ["Atom", "Node", "chosen", "decide", "find", "left_out"]


def find(view: View, links: Sequence[Link]) -> tuple[Thread, ...]:
    """The person's threads of all dates, by (since, id), as evidence alone shows them; see `chosen`."""
    return chosen(view, links, Decided())[0]


def chosen(view: View, links: Sequence[Link], decided: Decided) -> tuple[tuple[Thread, ...], tuple[Skipped, ...]]:
    """The person's threads of all dates, by (since, id), as the owner chose them, and choices that could not be carried out.

    The same for the same evidence and choices, whatever their order. Near-linear in the evidence. Evidence without a date that can be read is in no thread. Source of the method:
    DESIGN, *Threads*; Louvain communities (Blondel et al. 2008) with a resolution that does not grow with the history.
    """
    nodes = nodes_of(view)
    atoms = atoms_of(view.record, nodes)
    home = {node.id: place for place, atom in enumerate(atoms) for node in atom.nodes}
    ties = ties_of(atoms, home, links)
    graph = graph_of(atoms, ties)
    tied: dict[int, list[int]] = defaultdict(list)
    for first, second in sorted(ties):
        tied[first].append(second)
    spans = [(atom.since, atom.until) for atom in atoms]
    parts = [part for community in communities(graph) for part in parted(spans, community, tied)]
    wrote = {label(paper): view.record.wrote(paper) for paper in papers_of(view).values()}
    parts = _gathered(atoms, parts, wrote)
    undertakings = [
        sorted((node for i in part for node in atoms[i].nodes), key=lambda node: (node.at, node.id))
        for part in parts
    ]
    made, refused = apply(undertakings, decided, links)
    shown = list(filled(view, links, made.undertakings, made.also, decided.dropped))
    for place, title in made.names.items():
        shown[place] = replace(shown[place], title=title)
    # To have opened an issue, or a pull request that came to nothing, is no undertaking until somebody's work follows.
    tracked = view.tracked.items
    found = sorted((one for one in shown if one.did or one.changed or not tracked.keys() >= set(one.evidence)), key=_order)
    seen: Counter[str] = Counter()
    for place, thread in enumerate(found):
        seen[thread.id] += 1
        if seen[thread.id] > 1:
            found[place] = replace(thread, id=f"{thread.id}-{seen[thread.id]}")
    return tuple(found), refused


def _gathered(atoms: Sequence[Atom], parts: Sequence[list[int]], wrote: Mapping[str, bool]) -> list[list[int]]:
    """The parts, with everything that is of one proposal where the first of it is: it stays one undertaking for years.

    `wrote` says of each proposal's id whether the person wrote it; of two such in one part the later one is parted from
    it. What is of no proposal, or of several, stays where it is.
    """
    home: dict[str, int] = {}
    taken: set[int] = set()
    place = {i: number for number, part in enumerate(parts) for i in part}
    gathered: dict[int, list[int]] = defaultdict(list)
    for i in sorted(place):
        name, at = atoms[i].proposal, place[i]
        if name is not None and name in wrote:
            if name not in home:
                home[name] = len(parts) + len(home) if wrote[name] and at in taken else at
                taken.update((at,) if wrote[name] else ())
            at = home[name]
        gathered[at].append(i)
    return [sorted(part) for _, part in sorted(gathered.items())]


def _order(thread: Thread) -> tuple[datetime, str]:
    return thread.since, thread.id
