"""What there is to put together: the person's changes, issues, documents and entries, and which of them landed together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

import pyarrow as pa

from muster.links import View
from muster.links._communities import days
from muster.links._mentions import Says, What, mentions
from muster.links._record import Record
from muster.links._trackers import Item, Tracked
from muster.links._wording import TICKET, unwritten
from muster.model import Entry
from muster.threads._proposed import label, labels

#: Entries that are part of an undertaking. A log speaks of several, a claim is about one, an endorsement backs a claim.
OF_THREADS = ("proposal", "decision", "risk", "incident", "result", "note", "decline", "pushback")

#: Records of other sources that are part of an undertaking, where they are the person's own. What is said about them
#: (comments, reviews, events) and to others (messages, meetings) is tied to them, and is no undertaking.
OF_SOURCES = ("document", "proposal", "decision", "risk", "incident", "result", "note")

#: Merges of more of the person's commits, or of a longer time, land several undertakings at once.
ONE_MERGE, ONE_MERGE_DAYS = 40, 90.0


@dataclass(slots=True)
class Node:
    """One piece of the person's own evidence. `ids` are the names that tie it to others: issues, tickets, proposals.

    `proposal` is the id of the one proposal that it adds, changes or builds, else of the only one that it names. `answers`
    are the issues that it closes, as a tracker has them. `landed` is the place of a commit that it became.
    """

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
    proposal: str | None = None
    answers: tuple[Item, ...] = ()
    landed: int | None = None


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

    @property
    def proposal(self) -> str | None:
        """The proposal that most of its nodes are of; of as many, the first by name."""
        counts = Counter(node.proposal for node in self.nodes if node.proposal)
        return min(counts, key=lambda name: (-counts[name], name), default=None)


def nodes_of(view: View) -> list[Node]:
    """The person's changes and documents (no merges, no bulk), what they opened, and the book's entries, by (time, id)."""
    record = view.record
    mine = [
        i
        for i, yes in enumerate(record.mine)
        if yes and not (record.merges[i] or record.bulks[i]) and record.times[i]
    ]
    paths = _paths(view, [record.ids[i] for i in mine])
    names = {label(paper) for paper in view.lake.papers}
    nodes = []
    for i in mine:
        id_, here = record.ids[i], paths.get(record.ids[i], ())
        when = record.times[i]
        if when is None:
            continue
        issues, asked, answers = _issues(record, view.tracked, i)
        drafts = labels(view, i, here)
        nodes.append(
            Node(
                id_,
                when.replace(tzinfo=UTC),
                "document" if any(record.wrote(paper) for paper in record.papers.get(i, ())) else "change",
                record.titles[i],
                record.bodies[i],
                i,
                None,
                here,
                frozenset(issues | drafts),
                asked,
                _only({label(paper) for paper in record.papers.get(i, ()) if record.wrote(paper)})
                or _only(drafts)
                or _only(issues & names),
                answers,
            )
        )
    nodes += _opened(view)
    nodes += _written(view)
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


def _opened(view: View) -> Iterator[Node]:
    """The issues and pull requests that the person opened."""
    tracked = view.tracked
    for item in tracked.items.values():
        if item.actor != view.subject or item.bot or item.at is None:
            continue
        answers = tuple(tracked.items[id_] for id_ in tracked.closes.get(item.id, ()))
        ids = {tracked.name(item)} if not item.pull else {tracked.name(one) for one in answers}
        landed = tracked.lands.get(item.id, ())
        yield Node(
            item.id, item.at, item.kind, item.title, item.text, ids=frozenset(ids | {*TICKET.findall(f"{item.title}\n{item.text}")}),
            asked=any(one.actor != view.subject for one in answers), answers=answers,
            landed=view.record.stands(landed) if landed else None,
        )


def _written(view: View) -> Iterator[Node]:
    """What other sources have of the person's own documents, decisions and incidents."""
    rows = view.lake.db.execute(
        f"""SELECT id, kind, title, text, happened_at FROM evidence WHERE source NOT IN ('git', 'book') AND actor = $me
            AND kind IN {OF_SOURCES!r} AND happened_at IS NOT NULL ORDER BY happened_at, id""",
        {"me": view.subject},
    ).fetchall()
    for id_, kind, title, text, at in rows:
        yield Node(id_, at.replace(tzinfo=UTC), kind, title, text, ids=frozenset(TICKET.findall(f"{title}\n{text}")))


def _only(ids: set[str]) -> str | None:
    """The one id of a set; None where there are none or several."""
    return next(iter(ids)) if len(ids) == 1 else None


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


def _issues(record: Record, tracked: Tracked, i: int) -> tuple[set[str], bool, tuple[Item, ...]]:
    """(ids, whether an issue or ticket is among them, the issues that it closes): what a commit names.

    A number that landed a change is that change, not an issue; the number under which the commit itself landed is none.
    An issue that a tracker knows to be the person's own asked for nothing.
    """
    pull = tracked.landed.get(i, "")
    answers = {id_: tracked.items[id_] for id_ in tracked.closes.get(pull, ())}
    found: set[str] = {tracked.name(one) for one in answers.values()}
    asked = any(one.actor != record.subject for one in answers.values())
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
            repo = record.origin(mention.repo, record.origins[i]) or mention.repo or record.origins[i]
            item = tracked.find(repo, mention.value)
            if item and (item.pull or tracked.other(item, mention.repo, f"{record.titles[i]}\n{record.bodies[i]}")):
                continue
            found.add(f"{repo}#{mention.value}")
            asked = asked or item is None or item.actor != record.subject
            if item and mention.says in (Says.CLOSES, Says.FIXES):
                answers.setdefault(item.id, item)
    tickets = TICKET.findall(f"{record.titles[i]}\n{record.bodies[i]}")
    return found | set(tickets), asked or bool(tickets), tuple(answers.values())


def atoms_of(record: Record, nodes: Sequence[Node]) -> list[Atom]:
    """Nodes by what landed them: a merge, a number, a Change-Id; and an issue of the person's own with the change that closed
    it. A merge of a long branch keeps none together.
    """
    landed: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        i = node.position if node.position is not None else node.landed
        landed[node.id if i is None else f"{record.origins[i]} {record.ids[record.group[i]]}"].append(node)
    parent = {node.id: node.id for node in nodes}

    def root(id_: str) -> str:
        while parent[id_] != id_:
            parent[id_] = id_ = parent[parent[id_]]
        return id_

    def tie(ones: Sequence[Node]) -> None:
        if ones and len(ones) <= ONE_MERGE and days(ones[0].at, ones[-1].at) <= ONE_MERGE_DAYS:
            for one in ones[1:]:
                first, second = sorted((root(ones[0].id), root(one.id)))
                parent[second] = first

    for ones in landed.values():
        # What a merge brings of several proposals is not one undertaking for it.
        of = {node.proposal for node in ones} - {None}
        for name in sorted(str(one) for one in of) if len(of) > 1 else ():
            tie([node for node in ones if node.proposal == name])
        tie([node for node in ones if len(of) < 2 or node.proposal is None])
    here = {node.position: node for node in nodes if node.position is not None}
    for positions in record.change_ids.values():
        if together := [here[i] for i in positions if i in here]:
            tie(together)
    issues = {node.id: node for node in nodes if node.kind == "issue"}
    for node in nodes:
        for one in node.answers:
            if one.id in issues:
                tie([issues[one.id], node])
    grouped: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        grouped[root(node.id)].append(node)
    return sorted((Atom(ones) for ones in grouped.values()), key=lambda atom: (atom.since, atom.nodes[0].id))
