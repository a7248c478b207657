"""changes-after-review: the line below a review's comment is gone from what was merged. It changed after; why is not said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from muster.lake import WANTED, listed
from muster.links._mentions import short
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "changes-after-review"

#: A line with fewer letters and digits than this (a bracket, "else {") comes and goes for any reason.
TELLING = 4
#: In a pull request of more files than this, a line that moved is looked for in its own file alone.
FILES = 100

#: First comments of others at lines that changed since, on pull requests that were merged later.
COMMENTS = """
WITH said AS (
    SELECT f.id, max(value) FILTER (name = 'about') AS about, max(value) FILTER (name = 'path') AS path,
        max(value) FILTER (name = 'quote') AS quote, bool_or(name = 'outdated' AND value = 'yes') AS outdated,
        bool_or(name = 'answers') AS answers
    FROM fact f JOIN evidence e ON e.id = f.id AND e.kind = 'comment' GROUP BY f.id)
SELECT c.id, c.actor, p.id, p.actor, s.path, s.quote, m.value
FROM said s JOIN evidence c ON c.id = s.id JOIN evidence p ON p.id = s.about AND p.kind = 'pull-request'
JOIN fact m ON m.id = p.id AND m.name = 'commit'
JOIN fact t ON t.id = p.id AND t.name = 'merged'
WHERE s.outdated AND NOT s.answers AND s.quote IS NOT NULL AND s.path IS NOT NULL AND c.actor <> p.actor AND NOT c.bot
    AND c.happened_at < TRY_CAST(t.value AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
ORDER BY c.happened_at, c.id
"""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment at a line: `src` is the commit that landed. `files` are where the line is looked for, as git names them;
    `before` is its file before the pull request, where the line was not of its making. `shown` is the line as it is read.
    """

    id: str
    path: str
    line: str
    shown: str
    src: str
    origin: str
    files: tuple[str, ...]
    before: str


def find(view: View) -> Iterator[Link]:
    """From the commit that landed to the comment, where the line that it stands at is in nothing that was merged.

    The line was added by the pull request, or stood there before; it is looked for whole, spaces apart, in the file at the
    merge and in all others that the pull request changed: what was moved, renamed or indented anew is still there. Nothing
    is said of a line that the pull request itself took away, that the base had lost already, or whose file is gone.
    Source of the method: SOURCES, *Derivations*.
    """
    found = list(comments(view))
    wanted: dict[str, dict[str, None]] = defaultdict(dict)
    for one in found:
        wanted[one.origin].update(dict.fromkeys((*one.files, one.before) if one.before else one.files))
    texts = {
        (origin, name): content if content is None else lines(content)
        for origin, names in wanted.items()
        for name, content in view.lake.repository(origin).blobs(names).items()
    }
    for one in found:
        there = [texts[one.origin, name] for name in one.files]
        before = texts[one.origin, one.before] if one.before else frozenset((one.line,))
        if there[0] is None or any(one.line in text for text in there if text is not None) or before is None or one.line not in before:
            continue
        yield Link(one.src, one.id, LinkKind.CHANGES_AFTER_REVIEW, reason(one))


def comments(view: View) -> Iterator[Comment]:
    """The comments that can be looked at: on what landed in a connected repository, the subject's on a side."""
    record, lands = view.record, view.tracked.lands
    rows = [row for row in view.lake.db.execute(COMMENTS).fetchall() if f"git:{row[6]}" in record.at and row[2] in lands]
    changed = paths(view, sorted({record.ids[i] for row in rows for i in lands[row[2]]}))
    for id_, who, pull, author, path, quote, commit in rows:
        sign, line = quote[:1], plain(quote[1:])
        if sign not in ("+", " ") or sum(letter.isalnum() for letter in line) < TELLING:
            continue
        src = landed(view, lands[pull], changed, path, author, who)
        if src is None or view.subject not in (who, author, record.actors[src]):
            continue
        others = dict.fromkeys(name for i in lands[pull] for name in changed.get(record.ids[i], ()))
        names = (path, *others) if len(others) <= FILES else (path,)
        yield Comment(id_, path, line, " ".join(quote[1:].split()), record.ids[src], record.origins[src], tuple(dict.fromkeys(f"{commit}:{name}" for name in names)),
                      f"{commit}^1:{path}" if sign == " " else "")


def paths(view: View, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The files that each of these commits changed and left there."""
    found: dict[str, list[str]] = defaultdict(list)
    rows = view.lake.db.execute(
        f"SELECT id, path FROM change WHERE status <> 'D' AND id IN ({WANTED}) ORDER BY id, path", {"ids": listed(ids)}
    ).fetchall()
    for id_, path in rows:
        found[id_].append(path)
    return {id_: tuple(names) for id_, names in found.items()}


def landed(view: View, positions: Sequence[int], changed: Mapping[str, tuple[str, ...]], path: str, author: str, who: str) -> int | None:
    """Which commit of what landed took the comment up: the newest that changed its file, of whoever opened the pull request
    where one is theirs; never the commenter's own, nor a program's. None where there is none.
    """
    record = view.record
    own = [i for i in positions if record.actors[i] != who and not record.bots[i]]
    near = [i for i in own if path in changed.get(record.ids[i], ())] or own
    return max([i for i in near if record.actors[i] == author] or near, default=None)


def plain(line: str) -> str:
    """A line without its spaces."""
    return "".join(line.split())


def lines(content: bytes) -> frozenset[str]:
    """The lines of a file, without their spaces."""
    return frozenset(plain(line) for line in content.decode("utf-8", "replace").split("\n"))


def reason(one: Comment) -> str:
    """What is said of it: the place, and the line as it was."""
    return f"{short(one.path, 0, 60)}: “{short(one.shown, 0, 70)}” stood at the comment, and is not in what was merged after it"
