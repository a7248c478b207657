"""What made a proposal real: told by ids and links alone, of whoever did it.

A change of code implements a proposal where

- its message names the proposal (`KEP-1287`, its path, its folder) or its tracking issue, and its title does so or says that it makes it;
- it changes the proposal's own file as well, and no other proposal's;
- its title has the name of a feature gate that this proposal alone declares;
- the proposal's file names the change, by its number, under its implementation.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from muster.links._mentions import Says, What, mentions, short
from muster.links._wording import ROUTINE
from muster.paths import NEUTRAL
from muster.sources._proposals import Edit, Paper

if TYPE_CHECKING:
    from muster.links import View
    from muster.links._record import Record

#: Where there are more proposals than FEW, a tree that builds them has this many files of code for each.
CODE_EACH, FEW = 10, 5
#: A message that names more proposals than this lists them; a commit that changes more of them sweeps over them.
LIST = 3
WORD = re.compile(r"\b[A-Z][a-z0-9]+(?:[A-Z]+[a-z0-9]*)+\b")
HASHED = re.compile(r"#([1-9]\d{0,6})\b|/issues/([1-9]\d{0,6})\b")
#: Sentences that do more with a tracking issue than speak of it.
PART = re.compile(
    r"\b(?:part of|implement\w*|towards?|for|fix(?:e[sd])?|close[sd]?|resolve[sd]?|addresse?[sd]?|tracked (?:in|by)|issue|ref(?:s|erences)?)\b\W{0,3}(?:issues?\W{0,2})?$",
    re.IGNORECASE,
)
MENDING = re.compile(r"^(?:revert\w*|re-?apply|(?:auto)?bump|merge|cherry[- ]?pick|backport|release|update main)\b", re.IGNORECASE)

#: Titles of changes that speak of code, and do not make it.
TALK = re.compile(r"\b(?:typos?|docs?|documentation|links?|examples?|readme|comments?|log(?:s|ging)? conventions?)\b|:book:|\U0001f4d6", re.IGNORECASE)
#: Titles of changes that end or merely test what a feature gate guards.
ENDING = re.compile(
    r"\b(?:remov\w*|clean(?:s|ed|ing)?[ -]?ups?|deprecat\w*|drop\w*|delet\w*|tests?|e2e|jobs?|exclude|reserve|typos?|docs?|documentation|comments?)\b",
    re.IGNORECASE,
)
TEMPLATE = re.compile(r"\btemplate\s*$", re.IGNORECASE)
#: A commit of more paths, or of more documents besides proposals, than this passes over them.
SWEEP, DOCUMENTS = 100, 8

#: Proposals by the id of the commit that first added them and their path, with the commits that implement them and why.
Built = dict[tuple[str, str], dict[int, str]]


def key(paper: Paper) -> tuple[str, str]:
    """What a proposal is known by: the commit that first added it, and its first path."""
    return paper.id, paper.edits[0].path


def built(view: View) -> Built:
    """The changes that implement each proposal, with what says so, where the proposal or the change is the subject's."""
    record = view.record
    found: Built = defaultdict(dict)
    concerns = {key(paper): record.wrote(paper) for paper in view.lake.papers}
    papers = {key(paper): paper for paper in view.lake.papers if not TEMPLATE.search(paper.last.title)}
    if not papers:
        return {}
    for paper, src, reason in (*_together(view), *_said(view), *_tracked(record), *_edited(view), *_gated(record), *_listed(record)):
        if key(paper) not in papers or record.bots[src] or record.merges[src] or record.bulks[src]:
            continue
        if concerns[key(paper)] or record.mine[src]:
            found[key(paper)].setdefault(src, reason)
    coded = _coded(view, sorted({record.ids[src] for ones in found.values() for src in ones}))
    kept: Built = {}
    for name, ones in sorted(found.items()):
        makes = {src: reason for src, reason in sorted(ones.items()) if _makes(coded.get(record.ids[src], []), papers[name])}
        if makes:
            kept[name] = makes
    return kept


def _makes(changed: list[str], paper: Paper) -> bool:
    """Whether a commit changes code that is not the proposal's own: what lies beside it belongs to the document."""
    folders = {path.rpartition("/")[0] for path in paper.paths}
    return any(not any(folder and path.startswith(f"{folder}/") for folder in folders) for path in changed)


def _together(view: View) -> Iterator[tuple[Paper, int, str]]:
    """Commits that add one proposal and change code in the same breath."""
    record = view.record
    added = Counter(paper.id for paper in view.lake.papers)
    alone = [paper for paper in view.lake.papers if added[paper.id] == 1 and paper.id in record.at]
    sizes = _sizes(view, [paper.id for paper in alone])
    built = _in_tree(view)
    for paper in alone:
        paths, documents = sizes.get(paper.id, (0, 0))
        if paths <= SWEEP and documents <= DOCUMENTS and paper.origin in built:
            yield paper, record.at[paper.id], f"adds {paper.edits[0].path} together with code"[:200]


def _in_tree(view: View) -> frozenset[str]:
    """Origins whose proposals are built in the same tree: there is much more code than there are proposals."""
    papers = Counter(paper.origin for paper in view.lake.papers)
    rows = view.lake.db.execute(
        "SELECT origin, count(DISTINCT path) FROM change WHERE kind = 'code' GROUP BY origin ORDER BY origin"
    ).fetchall()
    return frozenset(origin for origin, paths in rows if paths >= CODE_EACH * papers[origin] or papers[origin] < FEW)


def _said(view: View) -> Iterator[tuple[Paper, int, str]]:
    """Messages that name a proposal by its number or path, as `_documents` reads them."""
    record = view.record
    named: Counter[int] = Counter(said.src for said in view.documents[0])
    for said, draft in view.documents[0].items():
        origin = record.origin(said.mention.repo, record.origins[said.src])
        paper = (
            record.paper_named.get(said.mention.value)
            if said.mention.what is What.PROPOSAL
            else record.paper_at.get((origin or "", said.mention.value))
        )
        if paper is None or record.at.get(paper.id) != draft:
            papers = record.papers.get(draft, ())
            paper = papers[0] if len(papers) == 1 else None
        if paper is not None and named[said.src] <= LIST:
            yield paper, said.src, said.mention.quote


def _tracked(record: Record) -> Iterator[tuple[Paper, int, str]]:
    """Messages that name a proposal's tracking issue: closing it, being part of it, or in their title."""
    if not record.issues:
        return
    numbers = {number for _, number in record.issues}
    mine = {number for (_, number), paper in record.issues.items() if record.wrote(paper)}
    for src, title in enumerate(record.titles):
        body = record.bodies[src]
        if "#" not in title and "#" not in body and "/issues/" not in body:
            continue
        wanted = numbers if record.mine[src] else mine
        if not any((a or b) in wanted for a, b in HASHED.findall(f"{title}\n{body}")) or MENDING.match(title):
            continue
        told = [
            (paper, mention)
            for mention in mentions(title, body)
            if mention.what is What.NUMBER
            and mention.value != record.own.get(src)
            and mention.says in (Says.CITES, Says.CLOSES, Says.FIXES)
            and (origin := record.origin(mention.repo, record.origins[src])) is not None
            and (paper := record.issues.get((origin, mention.value))) is not None
            and not record.landed(mention.repo, mention.value, record.origins[src])
            and (mention.sure or len(mention.value) > 2)
        ]
        if len({key(paper) for paper, _ in told}) > LIST:
            continue
        for paper, mention in told:
            lead = mention.quote.partition(mention.value)[0].rstrip("#/").removesuffix("issues").rstrip("/")
            lead = re.sub(r"\S*://\S*$|[\w.-]+/[\w.-]+$", "", lead)
            if mention.says is not Says.CITES or mention.quote in short(title) or PART.search(lead.rstrip()):
                issue = f"#{mention.value} is the issue of {paper.name or paper.path}"
                yield paper, src, f"{short(mention.quote, 0, 110)} ({issue})"[:200]


def _edited(view: View) -> Iterator[tuple[Paper, int, str]]:
    """Commits that change a proposal's file, by more than a line or naming it in their title, together with code; what adds or moves it does not count.

    Sweeps over many files or documents, mended links and examples are passed over; so are proposals that are built
    elsewhere than in the tree that holds them.
    """
    record = view.record
    touched: dict[str, dict[tuple[str, str], list[tuple[Paper, Edit]]]] = defaultdict(dict)
    here = _in_tree(view)
    for paper in view.lake.papers:
        if paper.origin not in here:
            continue
        mine = record.wrote(paper)
        for edit in paper.edits:
            src = record.at.get(edit.id)
            if src is not None and edit.id != paper.id and edit.status == "M" and (mine or record.mine[src]):
                touched[edit.id].setdefault(key(paper), []).append((paper, edit))
    wanted = []
    sizes = _sizes(view, sorted(touched))
    for id_, ones in touched.items():
        src = record.at[id_]
        paths, documents = sizes.get(id_, (0, 0))
        told = {mention.value for mention in mentions(record.titles[src]) if mention.what is What.PROPOSAL}
        named = {name: edits for name, edits in ones.items() if edits[0][0].name in told}
        ones = named or ones
        if len(ones) > 1 or ((paths > SWEEP or documents > DOCUMENTS) and not named):
            continue
        if MENDING.match(record.titles[src]) or ROUTINE.search(record.titles[src]) or TALK.search(record.titles[src]):
            continue
        wanted += [(src, paper, edit, bool(named)) for edits in ones.values() for paper, edit in edits]
    blobs: dict[str, bytes | None] = {}
    for origin in dict.fromkeys(paper.origin for _, paper, *_ in wanted):
        ids = [blob for _, paper, edit, _ in wanted if paper.origin == origin for blob in (edit.old, edit.blob)]
        blobs.update(view.lake.repository(origin).blobs(ids))
    for src, paper, edit, sure in wanted:
        if sure or edit.path.lower().endswith(".yaml") or _changed(blobs.get(edit.old), blobs.get(edit.blob)) >= 2:
            yield paper, src, f"changes {edit.path} together with code"[:200]


def _changed(old: bytes | None, new: bytes | None) -> int:
    """How many lines differ, but for white space and addresses; many where one of the two is not here."""
    if old is None or new is None:
        return 2
    sides = [
        Counter(line for raw in text.splitlines() if (line := re.sub(rb"https?://[^\s)\]>]+|\s+|\W+$", b"", raw))) for text in (old, new)
    ]
    return max((sides[0] - sides[1]).total(), (sides[1] - sides[0]).total())


def _sizes(view: View, ids: list[str]) -> dict[str, tuple[int, int]]:
    """(paths, documents besides proposals) that each of these commits changed."""
    with view.lake.db.cursor() as cursor:
        cursor.register("wanted_sizes", pa.table({"id": pa.array(ids, pa.string())}))
        rows = cursor.execute(
            """SELECT c.id, count(*) FILTER (WHERE c.kind NOT IN ('generated', 'vendored', 'lock')),
                   count(*) FILTER (WHERE c.kind = 'doc') FROM change c SEMI JOIN wanted_sizes USING (id)
               GROUP BY c.id ORDER BY c.id"""
        ).fetchall()
    return {id_: (paths, documents) for id_, paths, documents in rows}


def _gated(record: Record) -> Iterator[tuple[Paper, int, str]]:
    """Titles that have the name of a feature gate which one proposal alone declares."""
    gates: dict[str, list[Paper]] = defaultdict(list)
    for paper in record.lake.papers:
        for gate in dict.fromkeys((*paper.first.gates, *paper.last.gates)):
            gates[gate].append(paper)
    if not gates:
        return
    for src, title in enumerate(record.titles):
        if MENDING.match(title) or ENDING.search(title) or ROUTINE.search(title):
            continue
        words = [word for word in WORD.findall(title) if word in gates]
        if 0 < len(words) <= LIST:
            for word in words:
                papers = gates[word]
                if len(papers) == 1:
                    paper = papers[0]
                    yield paper, src, f"{short(title, 0, 110)} ({word} is a feature gate of {paper.name or paper.path})"[:200]


def _listed(record: Record) -> Iterator[tuple[Paper, int, str]]:
    """Changes that a proposal's file names by their numbers under its implementation."""
    for paper in record.lake.papers:
        for pull in dict.fromkeys((*paper.first.built, *paper.last.built)):
            landed = record.landed(pull.repo, pull.number, paper.origin)
            if landed and len(landed) <= 40:
                yield paper, record.stands(landed), f"{paper.name or paper.path} names it: {pull.line}"[:200]


def _coded(view: View, ids: list[str]) -> dict[str, list[str]]:
    """The paths of code that each of these commits changed."""
    found: dict[str, list[str]] = defaultdict(list)
    with view.lake.db.cursor() as cursor:
        cursor.register("wanted_coded", pa.table({"id": pa.array(ids, pa.string())}))
        for id_, path, kind in cursor.execute(
            "SELECT c.id, c.path, c.kind FROM change c SEMI JOIN wanted_coded USING (id) ORDER BY c.id, c.path"
        ).fetchall():
            if kind not in NEUTRAL and kind != "proposal":
                found[id_].append(path)
    return found
