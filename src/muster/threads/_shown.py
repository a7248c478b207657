"""What an undertaking shows: its beats, people, areas, title, how it began, and what others' records add to it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from muster.links import View
from muster.links._proposals import key
from muster.links._record import WHOLE, Record
from muster.links._trackers import PAPERWORK
from muster.links._wording import DULL, URGENT, clean, explains, says_why
from muster.model import Basis, Began, Link, LinkKind, Proposal, Role, Thread
from muster.model.stories import FOLLOWED
from muster.paths import NEUTRAL
from muster.threads._nodes import Node
from muster.threads._proposed import Key, proposals

LAST = datetime.max.replace(tzinfo=UTC)

#: The share of urgent changes from which an undertaking that began with one is a fire.
FIERY = 0.25


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody's record that a link ties to the person's: who, and when."""

    actor: str
    at: datetime | None


def filled(
    view: View,
    links: Sequence[Link],
    undertakings: Sequence[Sequence[Node]],
    also: Mapping[int, Sequence[str]],
    dropped: Callable[[str], bool],
) -> Iterator[Thread]:
    """A thread of each undertaking, with what others' records add to it by links, and what the owner tied to it (`also`, by
    its place). What the owner dropped is left out, unless it speaks against the undertaking.
    """
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
        view,
        sorted({
            *(link.src for found in toward.values() for link in found if link.src not in own),
            *(id_ for ids in also.values() for id_ in ids),
        }),
    )
    view.org.prefetch(sorted(id_ for id_ in own if id_.startswith("git:")))
    parts = _participants(view, [node.id for nodes in undertakings for node in nodes])
    known = proposals(view)
    held = _held(view, known, undertakings)
    for place, nodes in enumerate(undertakings):
        yield _thread(view, record, nodes, toward, outward, others, parts, held.get(place, []), also.get(place, ()), dropped)


def _held(
    view: View, known: Mapping[Key, Proposal], undertakings: Sequence[Sequence[Node]]
) -> dict[int, list[tuple[Proposal, bool]]]:
    """The proposals of each undertaking, oldest first, with whether it is the one that the proposal is of.

    An own proposal is of the undertaking that has its first draft, else of the first that changes or builds it.
    """
    home = {node.id: place for place, nodes in enumerate(undertakings) for node in nodes}
    edits = {key(paper): [edit.id for edit in paper.edits] for paper in view.lake.papers if key(paper) in known}
    found: dict[int, list[tuple[Proposal, bool]]] = defaultdict(list)
    for name, proposal in sorted(known.items(), key=lambda row: (row[1].written or LAST, row[0])):
        own = [proposal.evidence, *edits[name]] if proposal.own else []
        places = list(dict.fromkeys(home[id_] for id_ in (*own, *proposal.built) if id_ in home))
        for place in places:
            found[place].append((proposal, proposal.own and place == places[0]))
    return found


def _thread(
    view: View,
    record: Record,
    nodes: Sequence[Node],
    toward: Mapping[str, Sequence[Link]],
    outward: Mapping[str, Sequence[Link]],
    others: Mapping[str, Other],
    parts: Mapping[str, Sequence[tuple[str, str]]],
    held: Sequence[tuple[Proposal, bool]],
    also: Sequence[str],
    dropped: Callable[[str], bool],
) -> Thread:
    ids = {node.id for node in nodes}
    since, until = nodes[0].at, nodes[-1].at
    changes = [node for node in nodes if node.position is not None]
    # A merged pull request whose commits are in no connected repository is all that shows what was done.
    did = changes + [node for node in nodes if node.kind == "pull-request" and node.landed is None and merged(view, node)]
    at = {node.id: node.at for node in nodes}
    after, along, counter = _from_others(view, nodes, toward, others)
    along += [id_ for id_ in also if id_ not in (*after, *along, *counter)]
    for id_ in (*after, *along, *counter):
        if id_ in others:
            at[id_] = others[id_].at or until
    theirs = list(dict.fromkeys(
        item.id for node in nodes for item in node.answers if item.id not in ids and not item.bot and item.at and item.at <= until))
    at |= {item.id: item.at for node in nodes for item in node.answers if item.at}
    for proposal, own in held:
        if proposal.evidence not in ids and (own or not proposal.own):
            theirs.append(proposal.evidence)
        told = [*proposal.built, *(status.evidence for status in proposal.statuses[1:])] if own else []
        for id_ in (proposal.evidence, *told):
            when = record.times[record.at[id_]]
            at.setdefault(id_, when.replace(tzinfo=UTC) if when else since)
        if own:
            mine = {id_ for id_ in told if record.mine[record.at[id_]]}
            after = list(dict.fromkeys((*after, *(id_ for id_ in proposal.built if id_ not in mine and id_ not in counter))))
            along = [id_ for id_ in dict.fromkeys((*along, *told)) if id_ not in after and id_ not in ids and id_ not in mine]

    after, along = ([id_ for id_ in found if not dropped(id_) or id_ in counter] for found in (after, along))

    def timed(found: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(dict.fromkeys(found), key=lambda id_: (at[id_], id_)))

    fixing = {
        node.id for node in did if any(names_fault(link) for link in outward.get(node.id, ()))
    }
    problem = [
        node.id
        for node in nodes
        if node.kind in ("proposal", "risk", "incident", "document", "issue")
        or node.asked
        or node.id in fixing
        or (node.entry is None and says_why(node.text))
    ] + theirs
    changed = [*after, *(node.id for node in nodes if node.kind in ("result", "note"))]
    artifacts = [
        node.id
        for node in nodes
        if node.kind in ("proposal", "decision", "note", "document")
        or (node.entry is None and explains(node.text))
    ]
    people = Counter(person for node in did for person, _ in parts.get(node.id, ()))
    people.update(record.actors[record.at[id_]] for id_ in dict.fromkeys((*after, *along, *counter)) if id_ in record.at)
    people.update(others[id_].actor for id_ in (*after, *along, *counter) if id_ in others and id_ not in record.at)
    known = sorted(
        person for person in people if person != view.subject and not view.lake.people.person(person).bot
    )
    areas, teams, basis = _areas(view, changes)
    beats = {"problem": problem, "did": did, "changed": changed}
    return Thread(
        id=f"t-{hashlib.sha256(nodes[0].id.encode()).hexdigest()[:8]}",
        title=_title(view, record, nodes, held),
        since=since,
        until=until,
        evidence=timed([*ids, *theirs, *after, *along, *counter]),
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
        began=_began(view, nodes, outward),
        foresight=_foresight(nodes, toward, at, others, held),
        basis=basis,
        proposals=tuple(proposal for proposal, _ in held),
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


def names_fault(link: Link) -> bool:
    """Whether a fix says what it mends; one that only came soon after says nothing of how the work began."""
    return link.kind is LinkKind.FIXES and not FOLLOWED.search(link.reason)


def merged(view: View, node: Node) -> bool:
    """Whether a platform says that a pull request was merged."""
    return view.tracked.items[node.id].fact("state") == "merged"


def _told(view: View, nodes: Sequence[Node]) -> Began | None:
    """What a tracker says of how it began; None where it says nothing.

    It was asked for where the first work answers somebody else's issue, or one that somebody else had assigned to the
    person before. It is the person's own where they opened the issue at least a day before their own first work on it and
    nobody had assigned it, in a project that assigns as a habit: elsewhere, that nobody assigned it says nothing
    (SOURCES, *Derivations*).
    """
    work = [node for node in nodes if node.position is not None or node.kind == "pull-request"]
    if not work:
        return None
    first = work[0].at
    own = [view.tracked.items[node.id] for node in nodes if node.kind == "issue" and node.at <= first]
    # A pull request stands beside the commits that it became: what either answers, both answer.
    answered = {item.id: item for node in work if (node.at - first).days < 1 for item in node.answers}
    answered.update((item.id, item) for item in own)
    before = [item for item in answered.values() if item.at and item.at <= first and not item.bot]
    if any(item.assigned(view.subject, first) for item in before) or any(item.actor != view.subject for item in before):
        return Began.ASKED
    seen = [item for item in before if item.repo in view.tracked.habits and item.at and first - item.at >= PAPERWORK]
    return Began.SELF if seen else None


def _began(view: View, nodes: Sequence[Node], outward: Mapping[str, Sequence[Link]]) -> Began:
    """How it began, from its first piece, and only where that shows it.

    An incident is a fire, and so is an urgent fix or a revert, unless it was only a small part; an entry that says who asked is asked. A proposal or risk of the
    person's own, with no issue or ticket named, is their own doing. A change that names an issue says nothing unless a
    tracker is connected: who opened that is not known from git. Neither does one that names none.
    """
    first = nodes[0]
    changes = [node for node in nodes if node.position is not None]
    urgent = [
        node
        for node in changes
        if URGENT.search(node.title)
        or any(link.kind is LinkKind.REVERTS or names_fault(link) for link in outward.get(node.id, ()))
    ]
    # A pull request stands before the change that it became, which says how urgent it was.
    opened = next((node for node in changes if node.position == first.landed), first) if first.kind == "pull-request" else first
    if first.kind == "incident" or (opened in urgent and len(urgent) >= FIERY * len(changes)):
        return Began.FIRE
    if first.entry is not None and first.asked:
        return Began.ASKED
    if (told := _told(view, nodes)) is not None:
        return told
    if first.kind in ("proposal", "risk", "document") and not first.asked:
        return Began.SELF
    return Began.UNKNOWN


def _foresight(
    nodes: Sequence[Node],
    toward: Mapping[str, Sequence[Link]],
    at: Mapping[str, datetime],
    others: Mapping[str, Other],
    held: Sequence[tuple[Proposal, bool]],
) -> float | None:
    """Days from the person's first proposal that was built to the first change, by anybody, that implements it; else None."""
    found = [(proposal.written, days) for proposal, own in held if own and proposal.written and (days := proposal.ahead(at)) is not None]
    for node in nodes:
        if node.kind != "proposal":
            continue
        made = [link.src for link in toward.get(node.id, ()) if link.kind is LinkKind.IMPLEMENTS]
        whens = [when for id_ in made if (when := at.get(id_) or (others[id_].at if id_ in others else None))]
        if whens:
            found.append((node.at, round((min(whens) - node.at) / timedelta(days=1), 2)))
    return min(found)[1] if found else None


def _title(view: View, record: Record, nodes: Sequence[Node], held: Sequence[tuple[Proposal, bool]]) -> str:
    """The most telling title: a proposal's, else that of the pull request or change that changed the most.

    Releases, reverts, version bumps and answers to feedback name an undertaking only where there is nothing else.
    """
    for kind in ("proposal", "incident", "decision"):
        if entry := next((node for node in nodes if node.kind == kind), None):
            return entry.title
    if proposed := next((one.title for one, home in held if home and one.evidence in {node.id for node in nodes}), None):
        return proposed
    landed: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.position is not None:
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
        pulls = dict.fromkeys(name for node in ones if node.position is not None and (name := view.tracked.landed.get(node.position)))
        title = view.tracked.items[next(iter(pulls))].title if len(pulls) == 1 else (
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
