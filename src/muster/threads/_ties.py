"""What ties it: links, ids that several name, and closeness by rare paths, time and words."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

import networkx as nx

from muster.links._communities import days
from muster.links._wording import TICKET
from muster.links.builds_on import EVERYBODYS
from muster.model import Link
from muster.threads._nodes import Atom

#: Days in which closeness by paths falls to 1/e, and after which a shared path says nothing.
FADE, FAR = 30.0, 75.0
#: How many earlier changes a path ties one to, and how many of its paths a change is known by.
NEAR, KNOWN_BY = 3, 60
#: The least weight of a tie; the weight of a link, and of an id that just two share.
LEAST, LINKED, SHARED = 0.06, 3.0, 2.0
#: Days for which a shared issue or ticket ties; a proposal ties for good.
ISSUE_DAYS = 270.0

WORD = re.compile(r"[A-Za-z][A-Za-z0-9]{2,}")


def ties_of(
    atoms: Sequence[Atom], home: Mapping[str, int], links: Sequence[Link]
) -> dict[tuple[int, int], float]:
    """Ties that somebody wrote down, by pairs of atoms: links between them, and ids that both name.

    An id ties each atom to the next that names it, and the less the more of them do. What is said of a pull request and of the
    change that it became is said once.
    """
    ties: dict[tuple[int, int], float] = defaultdict(float)
    became = {
        node.id: next((one.id for one in atom.nodes if one.position == node.landed), node.id)
        for atom in atoms for node in atom.nodes if node.landed is not None
    }  # fmt: skip
    for src, dst, _ in dict.fromkeys((became.get(link.src, link.src), became.get(link.dst, link.dst), link.kind) for link in links):
        first, second = home.get(src), home.get(dst)
        if first is not None and second is not None and first != second:
            ties[min(first, second), max(first, second)] += LINKED
    named: dict[str, list[int]] = defaultdict(list)
    for place, atom in enumerate(atoms):
        for name in sorted(atom.ids):
            named[name].append(place)
    for name, places in sorted(named.items()):
        for first, second in pairwise(places):
            lasting = "#" not in name and not TICKET.fullmatch(name)
            if lasting or days(atoms[first].until, atoms[second].since) <= ISSUE_DAYS:
                ties[first, second] += SHARED / (1 + math.log2(len(places) / 2) if len(places) > 2 else 1)
    return ties


def graph_of(atoms: Sequence[Atom], ties: Mapping[tuple[int, int], float]) -> nx.Graph[int]:
    """Atoms and the weights between them: what was written down, and closeness by rare paths, time and words.

    Only pairs that share a path or folder within FAR days are looked at, and for each path only the NEAR nearest.
    """
    carrying: Counter[str] = Counter()
    worded: Counter[str] = Counter()
    raw: list[set[str]] = []
    for atom in atoms:
        paths = [(path, kind) for node in atom.nodes for path, kind in node.paths]
        # Everybody's files tie nothing to anything else, but keep changes of nothing else together.
        telling = [(path, kind) for path, kind in paths if not EVERYBODYS.search(path)] or paths
        here = {path for path, _ in telling}
        here.update(
            path.rpartition("/")[0] + "/" for path, kind in telling if "/" in path and kind != "owners"
        )
        raw.append(here)
        carrying.update(here)
        atom.words = frozenset(word.casefold() for node in atom.nodes for word in WORD.findall(node.title))
        worded.update(atom.words)
    total = len(atoms) + 1

    def rarity(feature: str) -> float:
        return math.log(total / carrying[feature]) * (0.45 if feature.endswith("/") else 1.0)

    postings: dict[str, list[int]] = defaultdict(list)
    near: dict[tuple[int, int], float] = {}
    for place, atom in enumerate(atoms):
        rare = sorted(raw[place], key=lambda feature: (-rarity(feature), feature))[:KNOWN_BY]
        size = math.sqrt(sum(rarity(feature) ** 2 for feature in rare)) or 1.0
        atom.features = {feature: rarity(feature) / size for feature in rare}
        partners: set[int] = set()
        for feature in rare:
            partners.update(postings[feature][-NEAR:])
            postings[feature].append(place)
        for other in partners:
            apart = days(atoms[other].until, atom.since)
            if apart > FAR:
                continue
            shared = sum(
                weight * atoms[other].features.get(feature, 0.0) for feature, weight in atom.features.items()
            )
            common = atom.words & atoms[other].words
            words = sum(math.log(total / worded[word]) for word in common) / (
                1 + sum(math.log(total / worded[word]) for word in atom.words | atoms[other].words)
            )
            weight = (shared + 0.3 * words) * math.exp(-apart / FADE)
            if weight >= LEAST:
                near[other, place] = weight
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(atoms)))
    for pair in sorted({*near, *ties}):
        graph.add_edge(*pair, weight=round(near.get(pair, 0.0) + ties.get(pair, 0.0), 6))
    return graph
