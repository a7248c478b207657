"""The proposals that the person wrote or built: who else had a part in them, when, and what became of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from muster.links import View
from muster.links._proposals import key
from muster.links._record import Record
from muster.links._wording import proposal_title
from muster.model import Proposal, Status
from muster.sources import _proposals
from muster.sources._proposals import Paper

#: A commit that changes more proposals than this passes over them.
SEVERAL = 3

Key = tuple[str, str]


def label(paper: Paper) -> str:
    """The id by which changes are of the same proposal."""
    return paper.name or f"proposal {paper.edits[0].path}"


def labels(view: View, i: int, paths: tuple[tuple[str, str], ...]) -> set[str]:
    """The ids of the proposals that a commit changes or builds.

    One that the person neither wrote nor builds ties as an issue does, for some months: its id ends with `#`.
    """
    record = view.record
    builds = {label(paper): paper for paper in built_by(view, i)}
    edited = edited_by(record, i, paths)
    if len(edited) > SEVERAL:
        return set(builds)
    return {*builds, *(one if record.wrote(paper) or one in builds else f"{one}#" for one, paper in edited.items())}


def built_by(view: View, i: int) -> list[Paper]:
    """The proposals that the commit at a position implements, in order of their keys."""
    return view.builders.get(i, [])


def edited_by(record: Record, i: int, paths: tuple[tuple[str, str], ...]) -> dict[str, Paper]:
    """The proposals whose files a commit changes, by their labels."""
    origin = record.origins[i]
    found = (record.paper_at.get((origin, path)) for path, kind in paths if kind == "proposal")
    return {label(paper): paper for paper in found if paper is not None}


def titled(paper: Paper) -> str:
    """A proposal's name for reading: "KEP-1145: Additional labels", "Proposal: Conditions"."""
    title = paper.last.title or paper.first.title
    title = "" if re.search(r"template|your .*title", title, re.IGNORECASE) else " ".join(title.split())
    if paper.name:
        bare = re.sub(rf"^{re.escape(paper.name)}\s*[:.-]\s*", "", title, flags=re.IGNORECASE)
        return f"{paper.name}: {bare}" if bare else proposal_title([(paper.path, "proposal")]) or paper.name
    if not title:
        stem = paper.path.rpartition("/")[2].rsplit(".", 1)[0]
        title = re.sub(r"^\d{4,8}[-_]", "", stem).replace("-", " ").replace("_", " ").strip()
        title = title[:1].upper() + title[1:]
    return title if len(title.split()) > 2 else f"Proposal: {title}"


def papers_of(view: View) -> dict[Key, Paper]:
    """The proposals that the person wrote or built."""
    record = view.record
    return {
        name: paper
        for paper in view.lake.papers
        for name in (key(paper),)
        if record.wrote(paper) or any(record.mine[src] for src in view.built.get(name, ()))
    }


def proposals(view: View) -> dict[Key, Proposal]:
    """Every proposal that the person wrote or built, by its key. Reads the versions of their own ones in one batch."""
    record = view.record
    wanted = papers_of(view)
    statuses = _statuses(view, {name: paper for name, paper in wanted.items() if record.wrote(paper)})
    found: dict[Key, Proposal] = {}
    for name, paper in sorted(wanted.items()):
        made = record.at.get(paper.id)
        if made is None:
            continue
        own = record.wrote(paper)
        built = [src for src in view.built.get(name, ()) if record.times[src] and (own or record.mine[src])]
        built.sort(key=lambda src: (record.times[src] or datetime.max, src))
        found[name] = Proposal(
            paper.id, titled(paper), paper.path, paper.name, own, _aware(record.times[made]),
            paper.first.created or paper.last.created, paper.authors, paper.known,
            tuple(record.ids[src] for src in built), statuses.get(name, ()),
        )
    return found


def _statuses(view: View, papers: Mapping[Key, Paper]) -> dict[Key, tuple[Status, ...]]:
    """What each proposal's file said of its status, whenever that changed."""
    record = view.record
    versions: dict[Key, list[_proposals.Edit]] = {}
    for name, paper in papers.items():
        edits = [edit for edit in paper.edits if edit.status != "D"]
        settings = [edit for edit in edits if edit.path.lower().endswith(".yaml")]
        versions[name] = settings or edits
    blobs: dict[str, bytes | None] = {}
    for origin in sorted({paper.origin for paper in papers.values()}):
        ids = [edit.blob for name, edits in versions.items() if papers[name].origin == origin for edit in edits]
        blobs.update(view.lake.repository(origin).blobs(ids))
    found: dict[Key, tuple[Status, ...]] = {}
    for name, edits in versions.items():
        changes: list[Status] = []
        for edit in edits:
            i, content = record.at.get(edit.id), blobs.get(edit.blob)
            if i is None or content is None or (when := _aware(record.times[i])) is None:
                continue
            word = _proposals.read(edit.path, content[: _proposals.HEAD]).status
            if word and (not changes or changes[-1].word != word):
                changes.append(Status(word, when, record.actors[i], edit.id))
        found[name] = tuple(changes)
    return found


def _aware(when: datetime | None) -> datetime | None:
    return when.replace(tzinfo=UTC) if when else None
