"""Proposals and decisions as pages outside of the connected repositories: ADR and MADR, RFC, KEP and PEP layouts.

Each page, or folder of a numbered proposal, is one piece of evidence under `documents:PATH`. Who wrote it, its status and its
dates are what it says of itself, so it is graded *said*; the dates of files say when somebody copied them and are not looked at.
Pages in a connected repository need no table here: git knows them, and when they were written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

from muster.model import Account, Evidence, Grade, Participant, Role, Skipped
from muster.sources import _papers, _proposals
from muster.sources._papers import File

SOURCE = "documents"
GIVES = ("documents",)
SHOWS = "proposals and decisions outside of the repositories: who wrote them, when by their own date, what became of them, who decided"
BLIND = "when a page was really written or changed, and by whom: it shows only what it says of itself"
QUESTIONS = (
    "Which decision was made under ambiguity, what was weighed, how did it turn out?",
    "Did you tell us before, or after?",
    "Was this written then, or now?",
)

EXAMPLE = """
[sources.documents]
folders = ["keep/decisions", "../handbook/rfcs"]
"""

ENDINGS = (*_proposals.PROSE, "kep.yaml", "metadata.yaml")
DATED = re.compile(r"(?:^|/)(\d{4}-\d{2}-\d{2})[-_ ]")
#: What a document says of its first day, and of a later one.
BEGUN = ("created", "creation-date", "creation date", "date created", "start date")
DATE = ("date", "decided", "decided on", "last-updated", "last updated")
#: Sections in which a document keeps what became of it.
HISTORY = re.compile(r"^(?:status(?: history)?|change ?log|implementation history|revision history|document history|history)$")
WORDS = (
    "draft|proposed|provisional|implementable|implemented|accepted|approved|rejected|declined|deferred|withdrawn|superseded|deprecated|final|active|"
    "replaced|abandoned"
)
#: A line of it, once its date is taken away: the status first, but for words that say that a status follows.
BECAME = re.compile(
    r"^(?:(?:this|the|kep|adr|rfc|pep|proposal|document|status|was|is|has been|now|moved? to|marked(?: as)?|changed to|set to|became|promoted to)\b[\s:]*)*"
    rf"[`'\"*]*({WORDS})\b(?!\s+(?:to|for|the|an?|in|at|with)\b)", re.IGNORECASE,
)  # fmt: skip
#: Headings that name a part and not the whole.
PART = re.compile(r"^(?:summary|abstract|introduction|motivation|overview|context|metadata|status|table of contents)$|\btemplate\b", re.IGNORECASE)
DECISIONS = re.compile(r"(?:^|[/_. -])(?:adrs?|decisions?|decision-records?)(?=[/_. -]|\d|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Settings:
    """The `folders` with the pages, seen from the book. What lies in them may have folders of its own."""

    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A document as it was found: its place and its files, which are several where a folder is one proposal."""

    at: str
    files: tuple[File, ...]


def fetch(settings: Settings, root: Path) -> Iterator[Page | Skipped]:
    """Each document, in the order of the settings and of the names; pages about a collection are counted and left out."""
    units: dict[str, list[File]] = {}
    about = 0
    files = list(_papers.walk(settings.folders, root, SOURCE, ENDINGS))
    pages = Counter(one.path.rpartition("/")[0] for one in files if isinstance(one, File))
    tops = min((path.count("/") for path in pages), default=0)
    for one in files:
        if isinstance(one, Skipped):
            yield one
            continue
        at = _proposals.unit(one.path)
        folder, _, name = one.path.rpartition("/")
        # A folder that holds a read-me and nothing else is how some keep one decision.
        alone = name.lower().startswith(("readme.", "index.")) and pages[folder] == 1 and folder.count("/") > tops
        if at == one.path and not alone and (_papers.ABOUT.search(name) or name.lower().endswith((".yaml", ".yml"))):
            about += 1
            continue
        units.setdefault(at, []).append(one)
    for at, held in units.items():
        if any(f"{at}{ending}" in units for ending in _proposals.PROSE):
            yield Skipped(f"{SOURCE}: {at}", "appendices of the document of that name", len(held))
            continue
        yield Page(at, tuple(held))
    if about:
        yield Skipped(f"{SOURCE}: pages about a collection", "a read-me, an index, a template or the like", about)


def parse(page: Page) -> Iterator[Evidence | Account]:
    """The document, and an account for each author and decider. ValueError where nothing at its top says what it is."""
    texts = {file.path: _papers.spread(_papers.decoded(file.body)) for file in page.files}
    order = sorted(texts, key=lambda path: (not path.lower().endswith((".yaml", ".yml")), not re.search(r"(?:^|/)(?:readme|index)\.", path, re.IGNORECASE), path))
    facts = _proposals.merged(_proposals.read(path, texts[path].encode("utf-8", "replace")) for path in order)
    fields: dict[str, list[str]] = {}
    for path in order:
        for field, found in _proposals.header(path, texts[path]).items():
            fields.setdefault(field, found)
    prose = next((path for path in order if path.lower().endswith(_proposals.PROSE)), order[0])
    name = _proposals.proposal_name(prose)
    dated = DATED.search(prose)
    begun = next((day for value in _papers.values(fields, BEGUN) if (day := _papers.day_of(value))), None)
    day = begun or next((first for value in _papers.values(fields, DATE) if (first := _papers.day_of(value))), None)
    day = day or (_papers.day_of(dated[1]) if dated else None)
    past = dict.fromkeys(sorted(history(texts[prose])))
    status = "" if _proposals.NOBODY.match(facts.status) else facts.status or (list(past)[-1][1] if past else "")
    if not (name or status or facts.authors or day or DECISIONS.search(prose)):
        raise ValueError(f"{prose}: no author, status or date at its top, and no number in its name")
    headings = (_papers.one_line(one) for one in (facts.title, _papers.titled(texts[prose])))
    title = next((one for one in headings if one and not PART.search(one)), _papers.one_line(spoken(page.at)))
    authors = _papers.people(SOURCE, _papers.values(fields, sorted(_proposals.AUTHORS)))
    deciders = _papers.people(SOURCE, _papers.values(fields, sorted(_proposals.DECIDED)))
    by = authors[0] if authors else _papers.nobody(SOURCE)
    yield from {one.id: one for one in (by, *authors, *deciders)}.values()
    became = dict.fromkeys(sorted((*past, *resolved(fields, status))))
    told = (
        *((("status", status),) if status else ()),
        *((("created", begun.isoformat()),) if begun else ()),
        *(("decided-by", one.id) for one in deciders),
        *(("became", f"{when} {word}") for when, word in became),
    )
    yield Evidence(
        id=f"{SOURCE}:{page.at}", source=SOURCE, kind=kind_of(prose, name), origin=page.at.partition("/")[0], ref=page.at, title=title,
        actor=by.id, happened_at=datetime.combine(day, time(), UTC) if day else None, recorded_at=None,
        grade=Grade.SAID, text=texts[prose][: _papers.TEXT].encode("utf-8", "replace").decode(),
        participants=tuple(Participant(one.id, Role.CO_AUTHOR) for one in authors[1:]), facts=told,
    )


def spoken(path: str) -> str:
    """The name of a file or folder as words: `text/0639-discriminant-intrinsic.md` is "discriminant intrinsic"."""
    name = re.sub(r"\.\w+$", "", path.rpartition("/")[2])
    return re.sub(r"^(?:[A-Za-z]{3,4}[-_])?\d+[-_]", "", name).replace("-", " ").replace("_", " ").strip() or name


def kind_of(path: str, name: str | None) -> str:
    """What a page is by where it lies and by its number: a decision, a proposal, or another document."""
    if name:
        return "decision" if name.startswith("ADR") else "proposal"
    return "decision" if DECISIONS.search(path) else "document"


def history(text: str) -> Iterator[tuple[str, str]]:
    """(day, status) of each line of a status history that says both."""
    for name, lines in _papers.sections(text):
        if not HISTORY.match(name):
            continue
        for line in lines[:200]:
            day = _papers.day_of(line) if len(line) < 400 else None
            if day and (word := BECAME.match(_papers.undated(line))):
                yield day.isoformat(), word[1].lower()


def resolved(fields: dict[str, list[str]], status: str) -> Iterator[tuple[str, str]]:
    """The day on which a PEP was decided, where its header has one."""
    for value in fields.get("resolution", ()):
        if (day := _papers.day_of(value)) and status:
            yield day.isoformat(), status if status in ("rejected", "withdrawn", "deferred") else "accepted"
