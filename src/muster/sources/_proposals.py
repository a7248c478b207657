"""Proposals of a history, followed through moves, and what each says of itself: authors, status, dates, tracking issue,
feature gates and the changes it names.

Read off the well-known places alone: front matter and `kep.yaml` or `metadata.yaml` (KEP, GEP, CAEP, MADR), a header of
mail-like fields (PEP), or the list of fields at the top (ADR, RFC, design documents). Only simple fields and lists of
them are read; whatever else stands there is passed over.

All of it is typed by whoever wrote the file, so a date of its own is *said*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

#: How much of a file is looked at for its own data, and how much for changes that it names, in characters.
HEAD, WHOLE = 6_000, 400_000

FIELD = re.compile(r"^([A-Za-z][A-Za-z _/()-]{1,30}?)\s*:(?:\s+(.*))?$")
ITEM = re.compile(r"^\s*[-*+]\s+(.*)$")
#: `* Owner: …`, `- **Status:** …`, `### Ticket: …`, `* Issue: [#12](…)`
LISTED = re.compile(r"^\s*(?:[-*+]|#{2,4})?\s*\**([A-Za-z][A-Za-z ()/-]{1,24}?)\**\s*:\**\s*(.*)$")
QUOTES = "\"'`"

AUTHORS = frozenset(("author", "authors", "owner", "owners", "author(s)", "owner(s)", "proposer", "proposers"))
STATUS, TITLE = frozenset(("status", "state")), frozenset(("title", "name"))
CREATED = frozenset(("created", "creation-date", "creation date", "date", "start date", "date created"))
ISSUE = frozenset(
    ("issue", "ticket", "tracking issue", "tracking-issue", "tracking link", "rust issue", "github issue")
)
RELATED = frozenset(("related ticket", "related tickets", "related issue", "related issues"))
LINKED = frozenset(("changelog", "references", "implementation", "implementations", "implemented by"))
DECIDED = frozenset(("deciders", "decider", "decision-makers", "decision makers", "decided by", "pep-delegate", "bdfl-delegate"))
EVERY = AUTHORS | STATUS | CREATED | ISSUE | RELATED | DECIDED

#: Headings and words of the place where a proposal names what was built from it.
HEADING = re.compile(r"^#{1,4}\s+(?:\d[\d.]*\s+)?(.*?)\s*#*$")
BUILT = re.compile(r"^implement|\bimplementation (?:history|status|notes|prs?)\b|^history$", re.IGNORECASE)
MAKES = re.compile(r"\bimplemented (?:in|by|with|via)\b|\bimplementations?(?: prs?| pull requests?)?\W{0,6}:|\breference implementation\b", re.IGNORECASE)
PULL = re.compile(
    r"https?://[^\s/]+/(?P<repo>[\w.-]+/[\w.-]+)/(?:-/)?(?:pulls?|merge_requests)/(?P<n>\d+)|(?<![\w/#&-])#(?P<bare>[1-9]\d{1,6})\b"
)
NUMBER = re.compile(
    r"https?://[^\s/]+/(?P<repo>[\w.-]+/[\w.-]+)/(?:-/)?(?:issues|pulls?)/(?P<n>\d+)|(?<![\w&])(?P<short>[\w.-]+/[\w.-]+)?#(?P<bare>[1-9]\d{0,6})\b"
)

GATE = re.compile(r"^[A-Z][a-z0-9]+(?:[A-Z]+[a-z0-9]*)+$")
DAY = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
WORDY = re.compile(r"\b(\d{1,2})[- ]([A-Z][a-z]{2})[a-z]*[- ,]+(\d{4})\b")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: What stands in a template, in place of a person.
NOBODY = re.compile(r"^(?:tbd|n/?a|none|jane\.?doe|todo|author|your name|@?<.*>|xxx+|\.\.\.)$", re.IGNORECASE)


PROSE = (".md", ".rst", ".txt", ".adoc")
NUMBERED = re.compile(
    r"^(?:(?P<word>kep|pep|rfc|adr|tep|gep|nep|jep)[-_]?)?0*(?P<n>[1-9]\d{0,4})(?=[-_.]|$)(?![-_]\d+[-_])", re.IGNORECASE
)
LAYOUT = (
    ("KEP", re.compile(r"(?:^|/)keps?/|(?:^|/)enhancements/", re.IGNORECASE)),
    ("PEP", re.compile(r"(?:^|/)peps?[-/]", re.IGNORECASE)),
    ("RFC", re.compile(r"(?:^|/)rfcs?/|(?:^|/)text/\d{4}-", re.IGNORECASE)),
    ("ADR", re.compile(r"(?:^|/)(?:adrs?|decisions)/", re.IGNORECASE)),
    ("TEP", re.compile(r"(?:^|/)teps?/", re.IGNORECASE)),
    ("GEP", re.compile(r"(?:^|/)geps?/", re.IGNORECASE)),
    ("NEP", re.compile(r"(?:^|/)neps?/", re.IGNORECASE)),
    ("JEP", re.compile(r"(?:^|/)jeps?/", re.IGNORECASE)),
)
#: A folder that is one proposal: `1145-additional-labels`, `gep-1145`.
FOLDER = re.compile(r"^(?:(?:kep|pep|rfc|adr|tep|gep|nep|jep)[-_]?)?\d{1,5}(?:[-_].+)?$", re.IGNORECASE)

#: What is no word of a proposal's own name.
WORDS = frozenset(("kep", "pep", "rfc", "adr", "tep", "gep", "nep", "jep"))
SUFFIX = re.compile(r"\.\w+$")

#: Families whose number is that of their tracking issue in the repository that holds them.
BY_ISSUE = ("KEP", "GEP")


def proposal_name(path: str) -> str | None:
    """The proposal that a path's own name carries, as `KEP-1287` or `PEP-8`; None where it carries none."""
    if not path.lower().endswith((*PROSE, "kep.yaml", "metadata.yaml")):
        return None
    parts = path.split("/")
    for part in (parts[-1], *parts[-2:-1]):
        if found := NUMBERED.match(part):
            word = found["word"]
            family = word.upper() if word else next((name for name, layout in LAYOUT if layout.search(path)), None)
            return f"{family}-{found['n']}" if family else None
    return None


def unit(path: str) -> str:
    """What one proposal is kept in: the numbered folder that holds the path, else the path itself."""
    folder = path.rpartition("/")[0]
    return folder if FOLDER.match(folder.rpartition("/")[2]) else path


@dataclass(frozen=True, slots=True)
class Edit:
    """One version of one file of a proposal: the commit, and the blob that it left (zeros where it deleted the file)."""

    id: str
    seq: int
    path: str
    status: str
    blob: str
    old: str = ""


@dataclass(slots=True)
class Paper:
    """A proposal through its history. `id` is the commit that first added it, wherever it has been moved since.

    `authors` are persons as far as they are known, else as typed, by its first version that names any; `first` and `last` are what its first and its
    latest version say of itself. `edits` are in the order of history.
    """

    origin: str
    id: str
    name: str | None
    edits: list[Edit] = field(default_factory=list)
    first: Facts = field(default_factory=lambda: Facts())
    last: Facts = field(default_factory=lambda: Facts())
    authors: tuple[str, ...] = ()
    known: bool = False

    @property
    def path(self) -> str:
        """Where it is now, or was last."""
        prose = [edit.path for edit in self.edits if edit.status != "D" and edit.path.lower().endswith(PROSE)]
        return prose[-1] if prose else self.edits[-1].path

    @property
    def paths(self) -> frozenset[str]:
        """Every path that it has had."""
        return frozenset(edit.path for edit in self.edits)

    def files(self, last: bool) -> list[tuple[str, str]]:
        """(path, blob) of its first version's files, or of its latest version's."""
        if not last:
            return [(edit.path, edit.blob) for edit in self.edits if edit.id == self.id and edit.status != "D"]
        here: dict[str, str] = {}
        for edit in self.edits:
            if edit.status == "D":
                here.pop(edit.path, None)
            else:
                here[edit.path] = edit.blob
        at = unit(self.path)
        return [(path, blob) for path, blob in here.items() if unit(path) == at] or [
            (edit.path, edit.blob) for edit in self.edits if edit.status != "D"
        ][-1:]


def papers(rows: Iterable[tuple[str, str, int, str, str, str | None, str, str]]) -> list[Paper]:
    """Every proposal, from rows (origin, id, seq, path, status, from path, old blob, blob) in the order of history.

    Of one commit's rows those that delete come first. A move keeps it the same one; so does being deleted as another
    with its number or its words is added, and being added again under the number that it had.
    """
    found: list[Paper] = []
    homes: dict[tuple[str, str], Paper] = {}
    names: dict[tuple[str, str], Paper] = {}
    gone: list[tuple[str, Paper]] = []
    last = ""
    for origin, id_, seq, path, state, before, old, blob in rows:
        gone, last = (gone if id_ == last else []), id_
        at, name = unit(path), proposal_name(path)
        paper = homes.get((origin, at))
        if state == "D":
            if paper is not None:
                gone.append((path, paper))
                paper.edits.append(Edit(id_, seq, path, state, blob, old))
            continue
        if paper is None and before:
            paper = homes.get((origin, unit(before)))
        if paper is None and name and (same := names.get((origin, name))) and _alike(at, unit(same.edits[-1].path)):
            paper = same
        if paper is None and gone:
            paper = _was(path, name, gone)
        if paper is None:
            paper = Paper(origin, id_, name)
            found.append(paper)
        homes[origin, at] = paper
        if name:
            paper.name = paper.name or name
            names.setdefault((origin, name), paper)
        paper.edits.append(Edit(id_, seq, path, state, blob, old))
    return found


def _words(path: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", path.rsplit(".", 1)[0].lower()))


def _alike(one: str, other: str) -> bool:
    """Whether two places of the same number may hold the same proposal: numbers are used twice, under other words."""
    first, second = (set(re.findall(r"[a-z]{3,}", SUFFIX.sub("", place.rpartition("/")[2].lower()))) - WORDS for place in (one, other))
    return not first or not second or len(first & second) >= 0.5 * min(len(first), len(second))


def _was(path: str, name: str | None, gone: Sequence[tuple[str, Paper]]) -> Paper | None:
    """Which of the deleted proposals an added one was: the one of its number, else of at least half of its words."""
    words = _words("/".join(path.split("/")[-2:]))
    best: tuple[float, str, Paper] | None = None
    for before, paper in gone:
        if name and paper.name and name != paper.name:
            continue
        theirs = _words("/".join(before.split("/")[-2:]))
        share = len(words & theirs) / max(1, min(len(words), len(theirs)))
        if share >= 0.5 and (best is None or (share, before) > best[:2]):
            best = (share, before, paper)
    return best[2] if best else None


@dataclass(frozen=True, slots=True)
class Pull:
    """A change that a proposal names as part of its making: `repo` is None where only a number is given."""

    repo: str | None
    number: str
    line: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What one version of a proposal's file says of itself; empty where it says nothing.

    `authors` are (name, e-mail or @handle), as typed. `issues` are (repository or None, number). `built` are the changes
    that it names under its implementation.
    """

    title: str = ""
    authors: tuple[tuple[str, str], ...] = ()
    status: str = ""
    created: date | None = None
    issues: tuple[tuple[str | None, str], ...] = ()
    gates: tuple[str, ...] = ()
    built: tuple[Pull, ...] = ()


def read(path: str, content: bytes) -> Facts:
    """What a proposal's file says of itself. Never fails: what cannot be read is left out."""
    text = content[:WHOLE].decode("utf-8", "replace").replace("\r", "")
    settings = path.lower().endswith((".yaml", ".yml"))
    fields = dict(_fields(text[:HEAD].split("\n"), settings, path))
    authors = tuple(dict.fromkeys(pair for name in sorted(AUTHORS & fields.keys()) for one in fields[name] for pair in people(one)))
    created = next((day for name in sorted(CREATED & fields.keys()) for one in fields[name] if (day := when(one))), None)
    issues = [found for name in sorted(ISSUE & fields.keys()) for one in fields[name] for found in _numbers(one)]
    related = [found for name in sorted(RELATED & fields.keys()) for one in fields[name] for found in _numbers(one)]
    if not issues and len(set(related)) == 1:
        issues = related
    return Facts(
        next((_bare(one) for name in sorted(TITLE & fields.keys()) for one in fields[name] if _bare(one)), ""),
        authors,
        next((found for name in sorted(STATUS & fields.keys()) for one in fields[name] if (found := status(one))), ""),
        created,
        tuple(dict.fromkeys(issues)),
        tuple(dict.fromkeys(_gates(text))) if settings else (),
        tuple(_pulls(text, settings)),
    )


def merged(parts: Iterable[Facts]) -> Facts:
    """One proposal's facts from those of its files, the first that says something first; lists are joined."""
    all_ = tuple(parts)

    def first(name: str) -> object:
        return next((found for one in all_ if (found := getattr(one, name))), getattr(Facts(), name))

    return Facts(
        str(first("title")),
        next((one.authors for one in all_ if one.authors), ()),
        str(first("status")),
        next((one.created for one in all_ if one.created), None),
        tuple(dict.fromkeys(found for one in all_ for found in one.issues)),
        tuple(dict.fromkeys(found for one in all_ for found in one.gates)),
        tuple(dict.fromkeys(found for one in all_ for found in one.built)),
    )


def header(path: str, text: str) -> dict[str, list[str]]:
    """The fields at the top of a document, by name in lower case; a list's items are values."""
    return dict(_fields(text[:HEAD].split("\n"), path.lower().endswith((".yaml", ".yml")), path))


def _fields(lines: list[str], settings: bool, path: str) -> Iterator[tuple[str, list[str]]]:
    """(name in lower case, values) of every field at the top; a list's items are values."""
    found: dict[str, list[str]] = {}
    while lines and not lines[0].strip():
        lines = lines[1:]
    if not lines:
        return
    front = lines[0].strip() == "---" and not settings
    mail = not front and not settings and bool(re.match(r"^[A-Z][A-Za-z-]+:\s", lines[0]))
    body = lines[1:] if front else lines
    name = ""
    rest: list[str] = []
    for place, line in enumerate(body):
        if (front and line.strip() in ("---", "...")) or (mail and not line.strip()):
            rest = body[place + 1 :]
            break
        if not (front or mail or settings):
            rest = body
            break
        if line.lstrip().startswith("#") and not mail:
            continue
        if (field := FIELD.match(line)) and not line[:1].isspace():
            name = field[1].strip().lower()
            found.setdefault(name, [])
            if field[2]:
                found[name].append(field[2].strip())
        elif name and (item := ITEM.match(line)) and not mail:
            found[name].append(item[1].strip())
        elif name and line[:1].isspace() and line.strip() and mail:
            found[name] = [" ".join([*found[name], line.strip()])]
    _listed(rest[:80], found)
    yield from found.items()


def _listed(lines: list[str], found: dict[str, list[str]]) -> None:
    """Fields that stand as list items or small headings at the top of a document, before its second section."""
    own: dict[str, list[str]] = {}
    name, indent, sections = "", 0, 0
    for line in lines:
        if line.startswith("## "):
            sections += 1
            heading = line[3:].strip().lower()
            if heading in STATUS | ISSUE | RELATED:
                name, indent = heading, -1
                own.setdefault(name, [])
                continue
            if sections > 1:
                break
        field = LISTED.match(line)
        key = field[1].strip().lower() if field else ""
        if field and key in EVERY and (line.lstrip()[:1] in "-*+#" or line.startswith("**") or line[:1].isupper()):
            name, indent = key, len(line) - len(line.lstrip())
            own.setdefault(name, [])
            if field[2].strip():
                own[name].append(field[2].strip())
        elif name and line.strip() and not line.startswith("#"):
            item = ITEM.match(line)
            if indent < 0 or (item and len(line) - len(line.lstrip()) > indent) or line.lstrip().startswith(("@", "http")):
                own[name].append(item[1].strip() if item else line.strip())
            else:
                name = ""
        elif name and line.startswith("#"):
            name = ""
    for key, values in own.items():
        if not found.get(key):
            found[key] = values


def people(value: str) -> Iterator[tuple[str, str]]:
    """(name, e-mail or @handle) of everybody whom a field's value names.

    >>> list(people('Guido van Rossum <guido@python.org>, Nick Coghlan <ncoghlan at gmail.com>'))
    [('Guido van Rossum', 'guido@python.org'), ('Nick Coghlan', 'ncoghlan@gmail.com')]
    >>> list(people('"@mwielgus"')), list(people('Nic Cope (@negz)'))
    ([('', '@mwielgus')], [('Nic Cope', '@negz')])
    """
    value = value.strip().strip("[]") if not value.startswith("[@") else value.strip()
    for part in re.split(r",(?![^<(]*[>)])|;|\s+and\s+|\s+&\s+", value):
        one = part.strip().strip(QUOTES).strip()
        if found := re.match(r"^\[([^\]]+)\]\((?:https?://github\.com/([\w-]+)/?|[^)]*)\)", one):
            handle = found[2] or (found[1][1:] if found[1].startswith("@") else "")
            if handle:
                yield ("" if found[1].startswith("@") else found[1].strip(), f"@{handle.lower()}")
                continue
            one = found[1]
        one = re.sub(r"\s+at\s+(?=[\w.-]+\.\w+)", "@", one)
        mail = re.search(r"[\w.+-]+@[\w-]+\.[\w.-]+\w", one)
        handle_ = None if mail else re.search(r"(?<![\w.])@([A-Za-z0-9][A-Za-z0-9-]{0,38})\b(?!\.)", one)
        name = re.sub(r"\s*[<(\[].*$", "", one).strip(" *_" + QUOTES)
        if mail:
            yield ("" if "@" in name else name, mail[0].lower())
        elif handle_:
            yield ("" if "@" in name else name, f"@{handle_[1].lower()}")
        elif re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{1,38}", one) and not NOBODY.match(one):
            yield (one, f"@{one.lower()}")
        elif 2 < len(name) <= 60 and not NOBODY.match(name) and "http" not in name:
            yield (name, "")


def when(value: str) -> date | None:
    """The first date in a field's value: 2020-05-06, 2020/5/6 or 13-Jul-2000; None where there is none."""
    numbers: tuple[int, int, int] | None = None
    if found := DAY.search(value):
        numbers = (int(found[1]), int(found[2]), int(found[3]))
    elif (found := WORDY.search(value)) and found[2] in MONTHS:
        numbers = (int(found[3]), MONTHS.index(found[2]) + 1, int(found[1]))
    try:
        return date(*numbers) if numbers and 1980 <= numbers[0] < 2100 else None
    except ValueError:
        return None


def status(value: str) -> str:
    """A status in one or two words, in lower case: "implementable", "accepted"; empty where it is none."""
    word = re.sub(r"[*_`\"']", "", re.split(r"[,;|(\[#<.]", value.strip(), maxsplit=1)[0]).strip().lower()
    return word if re.fullmatch(r"[a-z][a-z -]{2,24}", word) and len(word.split()) <= 3 else ""


def _bare(value: str) -> str:
    return value.strip().strip(QUOTES).strip()


def _numbers(value: str) -> Iterator[tuple[str | None, str]]:
    for found in NUMBER.finditer(value):
        yield found["repo"] or found["short"], found["n"] or found["bare"]


def _gates(text: str) -> Iterator[str]:
    """Names of feature gates: words of at least two humps, since `Foo` alone may be said of anything."""
    inside = ""
    for line in text[:HEAD].split("\n"):
        if line and not line[:1].isspace() and not line.startswith(("-", "#")):
            inside = line.partition(":")[0].strip().lower()
        elif inside in ("feature-gates", "featurenames"):
            word = re.sub(r"^\s*(?:-\s*)?(?:name:)?\s*", "", line).strip().strip(QUOTES)
            if (line.lstrip().startswith("- name:") or inside == "featurenames") and GATE.match(word):
                yield word


def _pulls(text: str, settings: bool) -> Iterator[Pull]:
    """Changes that stand under the document's implementation, or in a line that says so; one line is quoted."""
    heading = field = ""
    code = False
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            code = not code
        if settings:
            if line and not line[:1].isspace() and not line.startswith("-"):
                field = line.partition(":")[0].strip().lower()
        elif found := HEADING.match(line):
            heading = found[1]
        if ("#" not in line and "://" not in line) or code or len(line) > 2_000:
            continue
        under = field in LINKED if settings else bool(BUILT.search(heading))
        if not under and not MAKES.search(line):
            continue
        for found in PULL.finditer(line):
            if found["bare"] and not under:
                continue
            yield Pull(found["repo"], found["n"] or found["bare"], " ".join(line.strip(" -*").split())[:180])


def of(blobs: Mapping[str, bytes | None], files: Iterable[tuple[str, str]]) -> Facts:
    """The facts of a proposal from its files' (path, blob); settings beside it come before its prose."""
    order = sorted(files, key=lambda file: (not file[0].lower().endswith((".yaml", ".yml")), file[0]))
    return merged(read(path, content) for path, blob in order if (content := blobs.get(blob)) is not None)
