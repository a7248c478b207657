"""What messages say of documents: a later change that names one cites it, implements it, or merely edits it."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from muster.links._mentions import Says, What
from muster.links._record import Said
from muster.sources._proposals import proposal_name

if TYPE_CHECKING:
    from muster.links import View

MAKES = re.compile(
    r"\b(?:implement\w*|per|according to|accepted|specified|proposed|defined|designed|part of|follow\w*|adopt\w*|as in)\b",
    re.IGNORECASE,
)
FAULT = re.compile(
    r"\b(?:introduced|broke\w*|regress(?!ion tests?\b)\w*|caused|nits?|follow)\b", re.IGNORECASE
)
#: Kinds of paths in which a proposal becomes real.
MADE = ("code", "config")


def split(view: View) -> tuple[dict[Said, int], dict[Said, int], frozenset[Said]]:
    """(implementing, citing, editing): sayings about documents by what their commit does, with the document's commit.

    A commit that changes the very document edits it. One that names a proposal and changes code or settings, and no
    proposal, implements it, where its title names it or its sentence says so. Every other one cites it. A change's
    number means a proposal where it landed no code.
    """
    record = view.record
    about: dict[Said, int] = {}
    for said in view.said:
        if said.mention.says not in (Says.CITES, Says.CLOSES, Says.FIXES):
            continue
        if said.mention.what in (What.PROPOSAL, What.PATH):
            about[said] = said.dst[0]
        elif draft := next((i for i in said.dst if i in record.drafts), None):
            about[said] = draft
    paths = _paths(view, sorted({record.ids[i] for said, draft in about.items() for i in (said.src, draft)}))
    implementing, citing, editing = {}, {}, set()
    for said, draft in about.items():
        src, dst = paths[record.ids[said.src]], paths[record.ids[draft]]
        origin = record.origins[said.src]
        if said.mention.what is What.NUMBER and any(kind in MADE for _, kind in dst):
            continue
        if any(
            record.documents.get((origin, path)) == draft
            or proposal_name(path) == said.mention.value
            or _numbered(path, said.mention.value)
            or f"/{path}".endswith(f"/{said.mention.value}")
            or f"/{path}".find(f"/{said.mention.value}/") >= 0
            for path, _ in src
        ):
            editing.add(said)
        elif draft in record.drafts and _makes(
            said, record.titles[said.src], src, [] if record.origins[draft] != origin else dst
        ):
            implementing[said] = draft
        else:
            citing[said] = draft
    return implementing, citing, frozenset(editing)


def _makes(said: Said, title: str, changed: list[tuple[str, str]], drafted: list[tuple[str, str]]) -> bool:
    """Whether a saying about a proposal, by a commit that changed these paths, says that it makes it real.

    Code beside the proposal, in its own folder, belongs to the document: a schema, a script that draws a figure.
    """
    told = said.mention.quote in title or title in said.mention.quote or MAKES.search(said.mention.quote)
    folders = {path.rpartition("/")[0] for path, kind in drafted if kind == "proposal"}
    outside = [
        path
        for path, kind in changed
        if kind in MADE and not any(not folder or path.startswith(f"{folder}/") for folder in folders)
    ]
    return bool(told and outside) and not any(kind == "proposal" for _, kind in changed)


def _numbered(path: str, name: str) -> bool:
    """Whether a path carries a proposal's number elsewhere than in the proposal, as a review's record of it does."""
    number = name.rpartition("-")[2]
    return name[:1].isupper() and bool(re.search(rf"(?:^|[/_-])0*{re.escape(number)}(?:[-_./]|$)", path))


def strayed(view: View) -> frozenset[Said]:
    """Bare numbers that most likely mean something else: the change that landed under it is in other folders than the
    one that says it, and more than a year older (another project's number), or all that is said is "Fixes #12" (an
    issue's number, mistyped or another project's).
    """
    record = view.record
    old = []
    for said in view.said:
        src, dst = record.times[said.src], record.times[said.dst[0]]
        mistyped = (
            said.mention.says is Says.FIXES and not said.mention.sure and not FAULT.search(said.mention.quote)
        )
        if (
            said.landed
            and said.mention.repo is None
            and src
            and dst
            and (mistyped or src - dst > timedelta(days=365))
        ):
            old.append(said)
    paths = _paths(view, sorted({record.ids[i] for said in old for i in (said.src, *said.dst)}))

    def folders(positions: tuple[int, ...]) -> set[str]:
        return {path.rsplit("/", 1)[0] for i in positions for path, _ in paths[record.ids[i]]}

    return frozenset(said for said in old if not folders((said.src,)) & folders(said.dst))


def _paths(view: View, ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    """(path, kind) of what each of these commits changed."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    if ids:
        wanted = pa.table({"id": pa.array(ids, pa.string())})
        with view.lake.db.cursor() as cursor:
            cursor.register("wanted_documents", wanted)
            for id_, path, kind in cursor.execute(
                "SELECT c.id, c.path, c.kind FROM change c SEMI JOIN wanted_documents USING (id) ORDER BY c.id, c.path"
            ).fetchall():
                found[id_].append((path, kind))
    return found
