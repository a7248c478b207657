"""Threads: the person's evidence put together into undertakings, each with its beats as far as evidence shows them.

What belongs together is told from: what landed together (one merge, one number, one Change-Id), links, issues, tickets
and proposals that several changes name, and paths: two changes are close when they share rare paths within weeks, and
words of their subjects weigh a little more in. Communities of that graph, found by the Louvain method with a fixed
seed, are threads. Silence ends a thread unless an id ties what comes after it, so that a file that lives for years does
not make one undertaking of them.

Who else appears in a thread appears by a link: their reviews, what they built on it later, their reverts of it.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import networkx as nx
import pyarrow as pa

from muster.links import View
from muster.links._communities import communities, days, parted
from muster.links._mentions import Says, What, mentions
from muster.links._record import WHOLE, Record, proposal_name
from muster.links._wording import DULL, TICKET, URGENT, clean, explains, proposal_title, says_why, unwritten
from muster.links.builds_on import EVERYBODYS
from muster.model import Basis, Began, Entry, Link, LinkKind, Role, Thread
from muster.paths import NEUTRAL

#: Entries that are part of an undertaking. A log speaks of several, a claim is about one, an endorsement backs a claim.
OF_THREADS = ("proposal", "decision", "risk", "incident", "result", "note", "decline", "pushback")

#: Days in which closeness by paths falls to 1/e, and after which a shared path says nothing.
FADE, FAR = 30.0, 75.0
#: How many earlier changes a path ties one to, and how many of its paths a change is known by.
NEAR, KNOWN_BY = 3, 60
#: The least weight of a tie; the weight of a link, and of an id that just two share.
LEAST, LINKED, SHARED = 0.06, 3.0, 2.0
#: Days for which a shared issue or ticket ties; a proposal ties for good.
ISSUE_DAYS = 270.0
#: Merges of more of the person's commits, or of a longer time, land several undertakings at once.
ONE_MERGE, ONE_MERGE_DAYS = 40, 90.0

#: The share of urgent changes from which an undertaking that began with one is a fire.
FIERY = 0.25

WORD = re.compile(r"[A-Za-z][A-Za-z0-9]{2,}")


@dataclass(slots=True)
class Node:
    """One piece of the person's own evidence. `ids` are the names that tie it to others: issues, tickets, proposals."""

    id: str
    at: datetime
    kind: str
    title: str
    text: str
    position: int | None = None
    entry: Entry | None = None
    paths: tuple[tuple[str, str], ...] = ()
    ids: frozenset[str] = frozenset()
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody's record that a link ties to the person's: who, and when."""

    actor: str
    at: datetime | None


@dataclass(slots=True)
class Atom:
    """Nodes that nothing may part: they landed together."""

    nodes: list[Node]
    features: dict[str, float] = field(default_factory=dict)
    words: frozenset[str] = frozenset()

    @property
    def since(self) -> datetime:
        """When its first node happened."""
        return self.nodes[0].at

    @property
    def until(self) -> datetime:
        """When its last node happened."""
        return self.nodes[-1].at

    @property
    def ids(self) -> frozenset[str]:
        """The ids that any of its nodes names."""
        return frozenset().union(*(node.ids for node in self.nodes))


def find(view: View, links: Sequence[Link]) -> tuple[Thread, ...]:
    """The person's threads of all dates, by (since, id). The same for the same evidence, whatever its order.

    Near-linear in the evidence. Evidence without a date that can be read is in no thread. Source of the method:
    DESIGN, *Threads*; Louvain communities (Blondel et al. 2008) with a resolution that does not grow with the history.
    """
    nodes = _nodes(view)
    atoms = _atoms(view.record, nodes)
    home = {node.id: place for place, atom in enumerate(atoms) for node in atom.nodes}
    ties = _ties(atoms, home, links)
    graph = _graph(atoms, ties)
    tied: dict[int, list[int]] = defaultdict(list)
    for first, second in sorted(ties):
        tied[first].append(second)
    spans = [(atom.since, atom.until) for atom in atoms]
    parts = [part for community in communities(graph) for part in parted(spans, community, tied)]
    undertakings = [
        sorted((node for i in part for node in atoms[i].nodes), key=lambda node: (node.at, node.id))
        for part in parts
    ]
    found = sorted(_filled(view, links, undertakings), key=_order)
    seen: Counter[str] = Counter()
    for place, thread in enumerate(found):
        seen[thread.id] += 1
        if seen[thread.id] > 1:
            found[place] = replace(thread, id=f"{thread.id}-{seen[thread.id]}")
    return tuple(found)


def _order(thread: Thread) -> tuple[datetime, str]:
    return thread.since, thread.id


# --------------------------------------------------------------------------------------------------------------
# What there is


def _nodes(view: View) -> list[Node]:
    """The person's changes and documents (no merges, no bulk) and the book's entries, by (time, id)."""
    record = view.record
    mine = [
        i
        for i, yes in enumerate(record.mine)
        if yes and not (record.merges[i] or record.bulks[i]) and record.times[i]
    ]
    paths = _paths(view, [record.ids[i] for i in mine])
    nodes = []
    for i in mine:
        id_, here = record.ids[i], paths.get(record.ids[i], ())
        when = record.times[i]
        if when is None:
            continue
        issues, asked = _issues(record, i)
        drafts = {name for path, kind in here if kind == "proposal" and (name := proposal_name(path))}
        nodes.append(
            Node(
                id_,
                when.replace(tzinfo=UTC),
                "document" if i in record.drafts else "change",
                record.titles[i],
                record.bodies[i],
                i,
                None,
                here,
                frozenset(issues | drafts),
                asked,
            )
        )
    for entry in view.entries:
        if entry.type not in OF_THREADS or unwritten(entry.body):
            continue
        stamp = datetime.combine(entry.happened_at, time(), UTC) if entry.happened_at else entry.recorded_at
        if stamp is not None:
            tickets = frozenset(TICKET.findall(f"{entry.title}\n{entry.body}"))
            asked = bool(entry.meta.get("asked-by") or entry.meta.get("assigned-by"))
            nodes.append(
                Node(entry.id, stamp, entry.type, entry.title, entry.body, None, entry, (), tickets, asked)
            )
    return sorted(nodes, key=lambda node: (node.at, node.id))


def _paths(view: View, ids: Sequence[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """(path, kind) of what each commit changed; what it moved counts under the new path."""
    with view.lake.db.cursor() as cursor:
        cursor.register("wanted_threads", pa.table({"id": pa.array(ids, pa.string())}))
        rows = cursor.execute(
            """SELECT c.id, list(struct_pack(path := c.path, kind := c.kind) ORDER BY c.path) FROM change c
               SEMI JOIN wanted_threads USING (id) WHERE c.kind NOT IN ('vendored', 'generated', 'lock')
               GROUP BY c.id ORDER BY c.id"""
        ).fetchall()
    return {id_: tuple((row["path"], row["kind"]) for row in found) for id_, found in rows}


def _issues(record: Record, i: int) -> tuple[set[str], bool]:
    """(ids, whether an issue or ticket is among them): the issues, tickets and proposals that a commit names.

    A number that landed a change is that change, not an issue; the number under which the commit itself landed is none.
    """
    found: set[str] = set()
    asked = False
    for mention in mentions(record.titles[i], record.bodies[i]):
        if mention.what is What.PROPOSAL:
            found.add(mention.value)
        elif (
            mention.what is What.NUMBER
            and mention.says not in (Says.REVERTS, Says.REAPPLIES)
            and record.believes(mention, record.origins[i])
        ):
            if mention.value == record.own.get(i) or record.landed(
                mention.repo, mention.value, record.origins[i]
            ):
                continue
            found.add(f"{record.origin(mention.repo, record.origins[i]) or mention.repo}#{mention.value}")
            asked = True
    tickets = TICKET.findall(f"{record.titles[i]}\n{record.bodies[i]}")
    return found | set(tickets), asked or bool(tickets)


def _atoms(record: Record, nodes: Sequence[Node]) -> list[Atom]:
    """Nodes by what landed them: a merge, a number, a Change-Id. A merge of a long branch keeps none together."""
    landed: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        i = node.position
        landed[node.id if i is None else f"{record.origins[i]} {record.ids[record.group[i]]}"].append(node)
    parent = {node.id: node.id for node in nodes}

    def root(id_: str) -> str:
        while parent[id_] != id_:
            parent[id_] = id_ = parent[parent[id_]]
        return id_

    def tie(ones: Sequence[Node]) -> None:
        if len(ones) <= ONE_MERGE and days(ones[0].at, ones[-1].at) <= ONE_MERGE_DAYS:
            for one in ones[1:]:
                first, second = sorted((root(ones[0].id), root(one.id)))
                parent[second] = first

    for ones in landed.values():
        tie(ones)
    here = {node.position: node for node in nodes if node.position is not None}
    for positions in record.change_ids.values():
        if together := [here[i] for i in positions if i in here]:
            tie(together)
    grouped: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        grouped[root(node.id)].append(node)
    return sorted((Atom(ones) for ones in grouped.values()), key=lambda atom: (atom.since, atom.nodes[0].id))


# --------------------------------------------------------------------------------------------------------------
# What ties it


def _ties(
    atoms: Sequence[Atom], home: Mapping[str, int], links: Sequence[Link]
) -> dict[tuple[int, int], float]:
    """Ties that somebody wrote down, by pairs of atoms: links between them, and ids that both name.

    An id ties each atom to the next that names it, and the less the more of them do.
    """
    ties: dict[tuple[int, int], float] = defaultdict(float)
    for link in links:
        first, second = home.get(link.src), home.get(link.dst)
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


def _graph(atoms: Sequence[Atom], ties: Mapping[tuple[int, int], float]) -> nx.Graph[int]:
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


# --------------------------------------------------------------------------------------------------------------
# What it shows


def _filled(view: View, links: Sequence[Link], undertakings: Sequence[Sequence[Node]]) -> Iterator[Thread]:
    """A thread of each undertaking, with what others' records add to it by links."""
    record = view.record
    own = {node.id for nodes in undertakings for node in nodes}
    toward: dict[str, list[Link]] = defaultdict(list)
    outward: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        if link.dst in own:
            toward[link.dst].append(link)
        if link.src in own:
            outward[link.src].append(link)
    others = _others(
        view, sorted({link.src for found in toward.values() for link in found if link.src not in own})
    )
    view.org.prefetch(sorted(id_ for id_ in own if not id_.startswith("book:")))
    parts = _participants(view, [node.id for nodes in undertakings for node in nodes])
    for nodes in undertakings:
        yield _thread(view, record, nodes, toward, outward, others, parts)


def _thread(
    view: View,
    record: Record,
    nodes: Sequence[Node],
    toward: Mapping[str, Sequence[Link]],
    outward: Mapping[str, Sequence[Link]],
    others: Mapping[str, Other],
    parts: Mapping[str, Sequence[tuple[str, str]]],
) -> Thread:
    ids = {node.id for node in nodes}
    since, until = nodes[0].at, nodes[-1].at
    did = [node for node in nodes if node.position is not None]
    at = {node.id: node.at for node in nodes}
    after, along, counter = _from_others(view, nodes, toward, others)
    for id_ in (*after, *along, *counter):
        if id_ in others:
            at[id_] = others[id_].at or until

    def timed(found: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(dict.fromkeys(found), key=lambda id_: (at[id_], id_)))

    fixing = {
        node.id for node in did if any(link.kind is LinkKind.FIXES for link in outward.get(node.id, ()))
    }
    problem = [
        node.id
        for node in nodes
        if node.kind in ("proposal", "risk", "incident", "document")
        or node.asked
        or node.id in fixing
        or (node.entry is None and says_why(node.text))
    ]
    changed = [*after, *(node.id for node in nodes if node.kind in ("result", "note"))]
    artifacts = [
        node.id
        for node in nodes
        if node.kind in ("proposal", "decision", "note", "document")
        or (node.entry is None and explains(node.text))
    ]
    people = Counter(person for node in did for person, _ in parts.get(node.id, ()))
    people.update(others[id_].actor for id_ in (*after, *along, *counter) if id_ in others)
    known = sorted(
        person for person in people if person != view.subject and not view.lake.people.person(person).bot
    )
    areas, teams, basis = _areas(view, did)
    beats = {"problem": problem, "did": did, "changed": changed}
    return Thread(
        id=f"t-{hashlib.sha256(nodes[0].id.encode()).hexdigest()[:8]}",
        title=_title(record, nodes),
        since=since,
        until=until,
        evidence=timed([*ids, *after, *along, *counter]),
        problem=timed(problem),
        did=timed(node.id for node in did),
        changed=timed(changed),
        artifacts=timed(artifacts),
        counter=timed(counter),
        missing=tuple(name for name, found in beats.items() if not found),
        areas=areas,
        teams=teams,
        others=tuple(known),
        outside=tuple(
            person for person in known if view.org.outside(person, view.subject, until) is not None
        ),
        began=_began(nodes, outward),
        foresight=_foresight(nodes, toward, at, others),
        basis=basis,
    )


def _from_others(
    view: View, nodes: Sequence[Node], toward: Mapping[str, Sequence[Link]], others: Mapping[str, Other]
) -> tuple[list[str], list[str], list[str]]:
    """(after, along, counter): others' records that a link ties to the undertaking, by what they do to it.

    After it ended, each other person's first change of what it made shows that it is used; while it ran, such a change
    and a review show who worked along. A revert by anybody, and a fix by another person, speak against it.
    """
    until = nodes[-1].at
    ids = {node.id for node in nodes}
    after: dict[str, None] = {}
    along: dict[str, None] = {}
    counter: dict[str, None] = {}
    builders: dict[tuple[bool, str], tuple[datetime, str]] = {}
    for node in nodes:
        for link in toward.get(node.id, ()):
            # To take back a revert is to put back what somebody else did; it speaks for nobody and against nobody.
            if link.kind is LinkKind.REVERTS and not node.title.lower().startswith("revert "):
                counter[link.src] = None
            piece = others.get(link.src)
            if (
                piece is None
                or link.src in ids
                or piece.actor == view.subject
                or view.lake.people.person(piece.actor).bot
            ):
                continue
            when = piece.at or until
            if link.kind is LinkKind.FIXES:
                counter[link.src] = None
            elif link.kind is LinkKind.BUILDS_ON:
                builder = (when > until, piece.actor)
                builders[builder] = min(builders.get(builder, (when, link.src)), (when, link.src))
            elif link.kind is LinkKind.REVIEWS:
                along[link.src] = None
            elif link.kind in (LinkKind.CITES, LinkKind.IMPLEMENTS, LinkKind.MITIGATES):
                after[link.src] = None
    for (later, _), (_, src) in sorted(builders.items()):
        if src not in counter:
            (after if later else along).setdefault(src, None)
    return list(after), [id_ for id_ in along if id_ not in after], list(counter)


def _others(view: View, ids: Sequence[str]) -> dict[str, Other]:
    """Who recorded each of these, and when."""
    with view.lake.db.cursor() as cursor:
        cursor.register("wanted_others", pa.table({"id": pa.array(ids, pa.string())}))
        rows = cursor.execute(
            """SELECT e.id, e.actor, coalesce(e.happened_at, e.recorded_at) FROM evidence e SEMI JOIN wanted_others USING (id)
               ORDER BY e.id"""
        ).fetchall()
    return {id_: Other(actor, at.replace(tzinfo=UTC) if at else None) for id_, actor, at in rows}


def _participants(view: View, ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """(person, role) of everybody with a part in these, besides as their author."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with view.lake.db.cursor() as cursor:
        cursor.register("wanted_parts", pa.table({"id": pa.array(ids, pa.string())}))
        for id_, person, role in cursor.execute(
            "SELECT p.id, p.person, p.role FROM participant p SEMI JOIN wanted_parts USING (id) ORDER BY ALL"
        ).fetchall():
            if role != Role.AUTHOR or person != view.subject:
                found[id_].append((person, role))
    return found


def _areas(view: View, did: Sequence[Node]) -> tuple[tuple[str, ...], tuple[str, ...], Basis]:
    """(areas, teams, basis) of what was changed, most touched first; tests, notes and settings only where all are."""
    areas: Counter[str] = Counter()
    teams: Counter[str] = Counter()
    basis = Basis.INFERRED
    for node in did:
        kinds = dict(node.paths)
        touches = view.org.touches(node.id)
        telling = [touch for touch in touches if kinds.get(touch.path, "code") not in NEUTRAL] or list(
            touches
        )
        areas.update({touch.area for touch in telling if touch.area})
        teams.update({team for touch in telling for team in touch.teams})
        if any(touch.basis is Basis.KNOWN for touch in telling):
            basis = Basis.KNOWN
    return _most(areas), _most(teams), basis


def _most(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _began(nodes: Sequence[Node], outward: Mapping[str, Sequence[Link]]) -> Began:
    """How it began, from its first piece, and only where that shows it.

    An incident is a fire, and so is an urgent fix or a revert, unless it was only a small part; an entry that says who asked is asked. A proposal or risk of the
    person's own, with no issue or ticket named, is their own doing. A change that names an issue says nothing: who
    opened that is not known from git. Neither does one that names none.
    """
    first = nodes[0]
    changes = [node for node in nodes if node.position is not None]
    urgent = [
        node
        for node in changes
        if URGENT.search(node.title)
        or any(link.kind in (LinkKind.REVERTS, LinkKind.FIXES) for link in outward.get(node.id, ()))
    ]
    if first.kind == "incident" or (first in urgent and len(urgent) >= FIERY * len(changes)):
        return Began.FIRE
    if first.entry is not None and first.asked:
        return Began.ASKED
    if first.kind in ("proposal", "risk", "document") and not first.asked:
        return Began.SELF
    return Began.UNKNOWN


def _foresight(
    nodes: Sequence[Node],
    toward: Mapping[str, Sequence[Link]],
    at: Mapping[str, datetime],
    others: Mapping[str, Other],
) -> float | None:
    """Days from the person's first proposal to the first change, by anybody, that says it implements it; else None."""
    for node in nodes:
        if node.kind not in ("proposal", "document"):
            continue
        made = [link.src for link in toward.get(node.id, ()) if link.kind is LinkKind.IMPLEMENTS]
        whens = [when for id_ in made if (when := at.get(id_) or (others[id_].at if id_ in others else None))]
        if whens:
            return round((min(whens) - node.at) / timedelta(days=1), 2)
    return None


def _title(record: Record, nodes: Sequence[Node]) -> str:
    """The most telling title: a proposal's, else that of the pull request or change that changed the most.

    Releases, reverts, version bumps and answers to feedback name an undertaking only where there is nothing else.
    """
    for kind in ("proposal", "incident", "decision"):
        if entry := next((node for node in nodes if node.kind == kind), None):
            return entry.title
    landed: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.position is not None:
            if node.kind == "document" and (name := proposal_title(node.paths)):
                return name
            landed[record.group[node.position]].append(node)
    if not landed:
        return nodes[0].title
    titles: list[tuple[bool, int, str]] = []
    for group, ones in sorted(landed.items()):
        # What changed the most names it; more than 25 files of one change weigh no more, or moves would win.
        size = sum(1 + 3 * min(25, sum(kind not in NEUTRAL for _, kind in node.paths)) for node in ones)
        largest = max(
            ones,
            key=lambda node: (
                not DULL.search(node.title),
                len([1 for _, kind in node.paths if kind not in NEUTRAL]),
                len(node.text),
            ),
        )
        title = (
            record.bodies[group].strip().partition("\n")[0].strip()
            if record.merges[group] and len(record.members[group]) <= WHOLE
            else ""
        )
        if len(title.split()) < 3 or DULL.search(title):
            title = largest.title
        own = any(
            record.actors[node.position] == record.subject for node in ones if node.position is not None
        )
        titles.append((own and not DULL.search(title), size, title))
    return clean(max(titles, key=lambda row: row[:2])[2])
