"""Communities of a graph of dated things, none of them longer than what holds it together.

The method is that of Louvain (Blondel et al. 2008), with a fixed seed and in a fixed order: the same graph gives the same
communities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import networkx as nx

#: Days of silence that end a thread, and the longest that paths alone hold one together.
SILENCE, LONG = 45.0, 120.0
#: The share of all ties that a community may draw before it splits: larger gives larger threads. See `communities`.
ROOM = 14.0


def communities(graph: nx.Graph[int]) -> Iterator[list[int]]:
    """Communities of every connected part, each sorted.

    Modularity's resolution is set to (twice the weight of the part) / ROOM². With the usual resolution of 1 a community
    would grow with the length of the history; so, what two pieces need to be put together depends on them alone.
    """
    for part in sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda part: part[0]):
        if len(part) == 1:
            yield part
            continue
        piece: nx.Graph[int] = nx.Graph()
        piece.add_nodes_from(part)
        piece.add_edges_from(
            sorted((min(a, b), max(a, b), data) for a, b, data in graph.edges(part, data=True))
        )
        resolution = max(1.0, 2 * piece.size(weight="weight") / ROOM**2)
        found = nx.community.louvain_communities(piece, weight="weight", resolution=resolution, seed=7)
        yield from sorted(sorted(community) for community in found)


def parted(
    spans: Sequence[tuple[datetime, datetime]], community: Sequence[int], tied: Mapping[int, Sequence[int]]
) -> Iterator[list[int]]:
    """A community cut where it falls silent, and where it grows long, but never across what `tied` holds together.

    `spans` give each place's first and last time; `tied` maps a place to the later ones that something written ties to it.
    """
    places = sorted(community, key=lambda place: (spans[place][0], place))
    rank = {place: i for i, place in enumerate(places)}
    crossed = [0] * (len(places) + 1)
    for place in places:
        for other in (other for other in tied.get(place, ()) if other in rank):
            first, second = sorted((rank[place], rank[other]))
            crossed[first + 1] += 1
            crossed[second + 1] -= 1
    gaps: list[float] = []
    held, reached = 0, spans[places[0]][1]
    for i, place in enumerate(places):
        held += crossed[i]
        gaps.append(-1.0 if i == 0 or held else days(reached, spans[place][0]))
        reached = max(reached, spans[place][1])
    todo = [(0, len(places))]
    while todo:
        since, until = todo.pop()
        widest = max(range(since + 1, until), key=lambda i: (gaps[i], -i), default=since)
        span = days(spans[places[since]][0], max(spans[place][1] for place in places[since:until]))
        if widest > since and (gaps[widest] > SILENCE or (span > LONG and gaps[widest] > LONG / 20)):
            todo += [(widest, until), (since, widest)]
        else:
            yield places[since:until]


def days(since: datetime, until: datetime) -> float:
    """Days from one time to another, never less than none."""
    return max(0.0, (until - since) / timedelta(days=1))
