"""reverts: a later change takes back an earlier one, wholly or in part: it says so, or it puts files back as they were.

A change that says that it reverts is believed, whatever it did to the files. One that names nothing is believed where the
hashes of the files' contents show it: a file that went from A to B by the earlier change goes from B to A by the later
one. Contents are never read. What goes back and forth by itself (versions, settings, generated files, releases), what
one person tries and takes back before it lands, and what was meant for a while only, is passed over.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from muster.links._mentions import Says, short, unquoted
from muster.links.builds_on import EVERYBODYS
from muster.model import Link, LinkKind

if TYPE_CHECKING:
    from muster.links import View

LINK = "reverts"

#: Kinds of files whose going back tells something.
TELLING = ("code", "doc", "proposal", "test")
#: Files of settings and data, whatever their kind: their values go back and forth.
DATA = re.compile(
    r"(?:^|/)(?:version[^/]*|[^/]*_?defconfig|go\.(?:mod|sum)|[^/]*\.(?:lock|snap|golden|ya?ml|json|toml|cfg|ini|properties|svg))$"
    r"|(?:^|/)(?:testdata|fixtures|configs)/",
    re.IGNORECASE,
)
#: A later change that says in any words that it takes something back.
TAKES_BACK = re.compile(
    r"\b(?:revert\w*|un-?do(?:es|ing)?|undid|back(?:s|ed|ing)?[- ]?out|roll(?:s|ed|ing)?[- ]?back|put(?:s|ting)? back|takes? back)\b",
    re.IGNORECASE,
)
#: Changes that take files back and forth in the course of things.
ROUTINE = re.compile(
    r"\b(?:releas(?:e|es|ed|ing)|versions?|re-?sync\w*|sync\w*|changelog|cut|prepare|merge|import|upstream)\b|\bv?\d+\.\d+\.\d+"
    r"|\b(?:auto-?)?bump|\bupgrade|\bupdate\b.*\bto\b|\b(?:re-?format|gofmt|lint|licen[cs]e|copyright)",
    re.IGNORECASE,
)
#: What was meant for a while: taking it back is what was planned.
FOR_A_WHILE = re.compile(
    r"\b(?:temporar\w*|for now|disabl\w*|skip\w*|work-?around|pin(?:ned|s|ning)?|quarantin\w*|flak\w*|until|debug\w*|hold|wip"
    r"|experiment\w*|prototype|hack|try|attempt|test(?:ing)? (?:only|ci))\b",
    re.IGNORECASE,
)
#: What a silent change does instead of taking back: the same content stands elsewhere now, or is not needed any more.
ELSEWHERE = re.compile(
    r"\b(?:mov(?:e|es|ed|ing)|convert\w*|migrat\w*|kconfig|refactor\w*|rework\w*|clean\w*|simplif\w*|unused|outdated|obsolete"
    r"|common|generic|rename\w*|split\w*|introduc\w*)\b",
    re.IGNORECASE,
)
#: Silent reverts must put back all that a change did, within so many days, with little beside it.
DAYS, BESIDE = 365, 5
#: Of what says in its title, or only further down, that it takes something back: at least this share of the earlier
#: change's files is back as it was.
SHARE, SHARE_BELOW = 0.25, 0.5

SWAPPED = """
WITH mine AS (SELECT id FROM own),
     touched AS (SELECT DISTINCT c.origin, c.path FROM change c SEMI JOIN mine USING (id)),
     row AS (SELECT c.id, c.origin, c.seq, c.path, c.kind, c.old, c.new FROM change c SEMI JOIN touched USING (origin, path)
             WHERE c.status = 'M' AND c.old <> c.new)
SELECT v.id, arg_max(u.id, u.seq), v.path, v.kind
FROM row v JOIN row u ON u.origin = v.origin AND u.path = v.path AND u.new = v.old AND u.old = v.new AND u.seq < v.seq
GROUP BY v.id, v.path, v.kind, v.seq
ORDER BY v.seq, v.id, v.path
"""

NAMES = r"""
SELECT id, regexp_extract(text, '(?i)\breverts? commit:? ([0-9a-f]{7,40})\b', 1), regexp_extract(text, '(?m)^Fixes: ([0-9a-f]{7,40})\b', 1),
    regexp_extract(text, '(?m)^Fixes: [0-9a-f]{7,40} \(["''“]?([^"”]+)', 1)
FROM evidence WHERE source = 'git' AND kind <> 'review' AND NOT merge
    AND (contains(text, 'everts commit') OR contains(text, 'evert commit') OR contains(text, 'Fixes: ')) ORDER BY origin, seq, id
"""

FILES = """
SELECT id, path, kind FROM change SEMI JOIN wanted USING (id) ORDER BY id, path
"""


def find(view: View) -> Iterator[Link]:
    """Every revert of the subject's work and by the subject, read once for all who ask."""
    yield from view.reverts
    _count_unknown(view)


def _count_unknown(view: View) -> None:
    """Count the reverts and fixes, by anybody, whose hash is of no commit here and whose subject is none either."""
    record = view.record
    rows = view.lake.db.execute(NAMES).fetchall()
    for id_, reverted, fixed, beside in rows:
        i = record.at.get(id_)
        for prefix, word in ((reverted, "reverts"), (fixed, "fixes")):
            if i is None or not prefix or record.prefixes.get(prefix[:7]):
                continue
            quoted = unquoted(record.titles[i])
            if (beside and record.only(i, beside)) or (quoted and record.quoted(i, quoted[0])):
                continue
            view.unread[f"{record.origins[i]}: {word}", "name a commit that is not here: whose work it was cannot be told"] += 1


def read(view: View) -> Iterator[Link]:
    """ "This reverts commit HASH", `Revert "subject"`, "Reverts owner/repo#12", and files put back as they were.

    A re-land reverts the revert. A quoted subject means the nearest commit before that has it. Where a revert touches only
    some of the files, the reason says how many. What a message says wins over what its files show.
    """
    record = view.record
    told: dict[int, dict[int, str]] = defaultdict(dict)
    for said in view.said:
        if said.mention.says is Says.REVERTS:
            told[said.src].setdefault(record.stands(said.dst), said.mention.quote)
    paths = paths_of(view, {record.ids[i] for src, ones in told.items() for i in (src, *ones)})
    for src, ones in told.items():
        for dst, quote in ones.items():
            part = _part(paths.get(record.ids[src], {}), paths.get(record.ids[dst], {}))
            yield Link(record.ids[src], record.ids[dst], LinkKind.REVERTS, f"{short(quote, 0, 150)}{part}" if part else quote)
    yield from _by_content(view, told)


def _part(later: Collection[str], earlier: Collection[str]) -> str:
    """How many of a change's files a revert of it touches, where these are only some; empty where it is all or none."""
    both = sum(path in later for path in earlier)
    return f" (touches {both} of its {len(earlier)} files)" if 0 < both < len(earlier) else ""


def paths_of(view: View, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Each commit's paths with their kinds; those that everybody's work passes through are left out."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    with view.lake.db.cursor() as cursor:
        cursor.register("wanted", pa.table({"id": pa.array(sorted(ids), pa.string())}))
        for id_, path, kind in cursor.execute(FILES).fetchall():
            if kind not in ("vendored", "generated", "lock") and not EVERYBODYS.search(path):
                found[id_][path] = kind
    return found


def swaps(view: View) -> dict[tuple[int, int], dict[str, str]]:
    """(later, earlier) → path → kind: files whose content the later change takes back to what it was before the earlier.

    Of several earlier changes that did the same to a file, the nearest is meant. Near-linear in the rows of the files that
    the subject ever changed.
    """
    record = view.record
    found: dict[tuple[int, int], dict[str, str]] = defaultdict(dict)
    with view.lake.db.cursor() as cursor:
        own = sorted(id_ for id_, mine in zip(record.ids, record.mine, strict=True) if mine)
        cursor.register("own", pa.table({"id": pa.array(own, pa.string())}))
        for later, earlier, path, kind in cursor.execute(SWAPPED).fetchall():
            i, j = record.at.get(later), record.at.get(earlier)
            if i is not None and j is not None:
                found[i, j][path] = kind
    return found


def _by_content(view: View, told: dict[int, dict[int, str]]) -> Iterator[Link]:
    """Reverts that only the files show, and those that say so without a name that could be resolved."""
    record = view.record
    found = {
        (src, dst): [path for path, kind in files.items() if kind in TELLING and not DATA.search(path) and not EVERYBODYS.search(path)]
        for (src, dst), files in swaps(view).items()
        if (record.mine[src] or record.mine[dst]) and src not in told
    }
    kept = [(src, dst) for (src, dst), files in sorted(found.items()) if files and _may(view, src, dst)]
    paths = paths_of(view, {record.ids[i] for pair in kept for i in pair})
    for src, dst in kept:
        files, of = found[src, dst], paths.get(record.ids[dst], {})
        title, body = record.titles[src], record.bodies[src]
        count = sum(path in of for path in files)
        if not count or (all(of[path] == "test" for path in files if path in of) and count < len(of)):
            continue
        says = TAKES_BACK.search(title) or TAKES_BACK.search(body)
        if says:
            if count < (SHARE if TAKES_BACK.search(title) else SHARE_BELOW) * len(of):
                continue
        elif not _silent(view, src, dst, count == len(of), len(paths.get(record.ids[src], {})), count):
            continue
        how = f"; it says “{short(_line(title, body), 0, 80)}”" if says else ", without saying so"
        yield Link(record.ids[src], record.ids[dst], LinkKind.REVERTS, f"puts {_so_many(count, len(of))} back as before it{how}")


def _so_many(count: int, of: int) -> str:
    """How many of a change's files, in words."""
    if count < of:
        return f"{count} of its {of} files"
    return "its file" if of == 1 else "both its files" if of == 2 else f"all its {of} files"


def _may(view: View, src: int, dst: int) -> bool:
    """Whether a change can be a revert of another at all: both somebody's own work, not one pull request's, not routine."""
    record = view.record
    return not (
        record.bots[src] or record.bots[dst] or record.bulks[src] or record.bulks[dst] or record.merges[src] or record.merges[dst]
        or record.together(src, dst)
        or ROUTINE.search(record.titles[src]) or ROUTINE.search(record.titles[dst])
    )  # fmt: skip


def _silent(view: View, src: int, dst: int, whole: bool, touched: int, count: int) -> bool:
    """Whether files alone are enough: somebody else put all of it back, soon, with little beside it, and it was meant to stay."""
    record = view.record
    first, second = record.times[dst], record.times[src]
    if not whole or first is None or second is None or not 0 <= (second - first).days <= DAYS:
        return False
    return (
        record.actors[src] != record.actors[dst]
        and touched <= count + BESIDE
        and not FOR_A_WHILE.search(record.titles[dst])
        and not ELSEWHERE.search(record.titles[src])
        and not record.titles[dst].lower().startswith("revert")
    )


def _line(title: str, body: str) -> str:
    """The line of a message that says that it takes something back."""
    return next((line.strip() for line in (title, *body.splitlines()) if TAKES_BACK.search(line)), title)
