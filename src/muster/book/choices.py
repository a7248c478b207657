"""`choices.txt`: what the owner decided about evidence and undertakings, one choice a line, to be read and edited by hand.

    seen 2026-11-13
    keep 4c029a3acb97 5f544d092ef7   # seen, and to be used
    drop 9b1f0c2d3e4a                # none of my undertakings
    tie 77aa01bc23de to 4c029a3acb97 # belongs where that is; or: to claims/deploys.md
    merge 4c029a3acb97 e1d2c3b4a596  # the undertakings that hold these are one
    split 0a1b2c3d4e5f 1b2c3d4e5f60  # these make one of their own
    name 4c029a3acb97 One lock a team

Ids are those of evidence, which stay as they are: the first characters of a commit's hash, or an entry's path. Each line
stands for itself, so two histories of a book merge line by line, in any order, and a line that cannot be read costs only
itself. Of two lines about one thing the later one counts.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from muster import fastlog
from muster.book import dates
from muster.book.templates import clean
from muster.model import Choice, Choices, MusterError, Skipped, Verb

FILE = "choices.txt"
MOST_BYTES = 4 * 1024 * 1024

HEADER = """\
# What you decided about your evidence: one choice a line, in any order; of two about one thing the later one counts.
# Edit it as you like. An id is the beginning of a commit's hash, or an entry's path; what follows a # is for you.
#   keep ID …            seen, and to be used
#   drop ID …            in none of your undertakings
#   tie ID to ID         belongs where that is; or to a claim: tie ID to claims/deploys.md
#   merge ID ID …        the undertakings that hold these are one
#   split ID …           these make one of their own
#   name ID Its title    what the undertaking that holds it is called

"""

_TOKEN = re.compile(r'"([^"]*)"|(\S+)')
#: Choices about one piece, of which a later one takes the place of an earlier.
_ABOUT = (Verb.KEEP, Verb.DROP, Verb.TIE)
#: An id is shown with so many letters at most.
LONG = 30
#: The repository and number of an issue or pull request, and what is below it.
_ITEM = re.compile(r"[/:]([\w.-]+[#!]\d+(?:/\S+)?)$")
_HEX = re.compile(r"[0-9a-f]{7,64}(?:#.*)?")


def read_choices(root: Path) -> tuple[Choices, tuple[Skipped, ...]]:
    """The book's choices, and the lines that could not be read, each with its number; both empty without the file."""
    path = root / FILE
    try:
        if path.stat().st_size > MOST_BYTES:
            return Choices(), (Skipped(FILE, f"more than {MOST_BYTES >> 20} MiB: not read"),)
        content = path.read_bytes()
    except FileNotFoundError:
        return Choices(), ()
    except OSError as error:
        return Choices(), (Skipped(FILE, f"cannot be read: {error.strerror}"),)
    return parse_choices(content)


def parse_choices(content: bytes) -> tuple[Choices, tuple[Skipped, ...]]:
    """The choices that a file's bytes are, and the lines that are none. Never raises, whatever the bytes."""
    made: list[Choice] = []
    problems: list[Skipped] = []
    seen: date | None = None
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            words = _words(raw.decode("utf-8"))
        except UnicodeDecodeError:
            problems.append(Skipped(f"{FILE}:{number}", "not UTF-8 text"))
            continue
        if not words:
            continue
        if words[0].casefold() == "seen":
            day = dates.day(words[1]) if len(words) == 2 else None
            if day is None:
                problems.append(Skipped(f"{FILE}:{number}", "`seen` takes one day, as in: seen 2026-11-13"))
            else:
                seen = max(day, seen or day)
            continue
        choice = _choice(words, number)
        if isinstance(choice, Choice):
            made.append(choice)
        else:
            problems.append(Skipped(f"{FILE}:{number}", choice))
    return Choices(tuple(made), seen), tuple(problems)


def _words(line: str) -> list[str]:
    """The words of a line up to its comment; quotation marks hold several together."""
    found: list[str] = []
    for word in _TOKEN.finditer(line):
        if word[2] and word[2].startswith("#"):
            break
        found.append(word[1] if word[1] is not None else word[2])
    return found


def _choice(words: Sequence[str], line: int) -> Choice | str:
    """The choice that a line's words are, or what is wrong with them."""
    first, *rest = words
    try:
        verb = Verb(first.casefold().rstrip(":"))
    except ValueError:
        known = ", ".join(verb.value for verb in Verb)
        return f"{_shown(first)} is no choice; a line begins with one of: {known}, seen"
    if not all(rest) or not rest:
        return f"`{verb}` names no evidence; write the beginning of a commit's hash, or an entry's path"
    if verb is Verb.TIE:
        if "to" not in rest[1:-1] or rest.count("to") > 1 or rest[-2] != "to":
            return "`tie` takes one place to tie to, as in: tie 4c029a3acb97 to claims/deploys.md"
        return Choice(verb, tuple(rest[:-2]), rest[-1], line)
    if verb is Verb.NAME:
        title = clean(" ".join(rest[1:]))
        return Choice(verb, (rest[0],), title, line) if title else "`name` has no title after the id"
    if verb is Verb.MERGE and len(set(rest)) < 2:
        return "`merge` takes two or more, one of each undertaking"
    return Choice(verb, tuple(dict.fromkeys(rest)), "", line)


def short(id_: str) -> str:
    """An evidence id as a choice names it: twelve characters of a commit's hash, an entry's path, else the id itself."""
    source, _, key = id_.partition(":")
    if source == "git" and _HEX.fullmatch(key):
        hash_, mark, rest = key.partition("#")
        return hash_[:12] + mark + rest
    return key if source == "book" and key.endswith(".md") else id_


def label(id_: str) -> str:
    """An evidence id as it is shown and may be typed: `shop#12` for a platform's, the beginning of any other that is long.

    A review that a trailer records goes by its commit. What is written down as a choice is `short`, which stays what it is.
    """
    name = short(id_)
    if id_.startswith(("git:", "book:")):
        return name.partition("#")[0]
    if found := _ITEM.search(name):
        return found[1]
    return name if len(name) <= LONG else name[: LONG - 1] + "…"


def matches(typed: str, id_: str) -> bool:
    """Whether an id as it was typed means that evidence."""
    if typed == id_:
        return True
    if not id_.startswith(("git:", "book:")):
        return id_.endswith(f"/{typed}") if _ITEM.fullmatch(f"/{typed}") else typed.endswith("…") and id_.startswith(typed[:-1])
    bare = typed.removeprefix("git:")
    if _HEX.fullmatch(bare) and id_.startswith("git:"):
        hash_, _, rest = bare.partition("#")
        whole, _, part = id_[4:].partition("#")
        return whole.startswith(hash_) and part == rest
    return id_.startswith("book:") and id_[5:].removesuffix(".md") == typed.removeprefix("book:").removesuffix(".md")


def choose(
    root: Path,
    made: Iterable[Choice],
    notes: Mapping[str, str] | None = None,
    seen: date | None = None,
    now: datetime | None = None,
) -> int:
    """How many choices were written to choices.txt, synced and recorded in the journal; none when there is nothing new.

    An id of `made` is an evidence id in full; `notes` are words to stand behind a line, by its first id. What was said of
    the same evidence before (kept, dropped, tied; a name by the same id) makes way; every other line stays as it is, those
    that cannot be read included. `seen` moves the day up to which the inbox was looked through. `now` is for tests.
    Raises MusterError where the file cannot be written; nothing was changed then.
    """
    wanted = list(made)
    path = root / FILE
    try:
        journal = fastlog.open_journal(str(root))
        try:
            old = path.read_bytes() if path.exists() else b""
            new = _with(old or HEADER.encode(), wanted, notes or {}, seen)
            if new == (old or HEADER.encode()):
                return 0
            _write(path, new)
            fastlog.record(str(root), journal, FILE, fastlog.digest(new), time.time() if now is None else now.timestamp())
        finally:
            os.close(journal)
    except OSError as error:
        raise MusterError(
            str(path), f"cannot be written: {error.strerror}", "See who may write there, and whether the disk is full."
        ) from None
    return len(wanted)


def _with(old: bytes, made: Sequence[Choice], notes: Mapping[str, str], seen: date | None) -> bytes:
    """The file's new content."""
    lines = old.decode("utf-8", "surrogateescape").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    for choice in made:
        same = (Verb.NAME,) if choice.verb is Verb.NAME else _ABOUT if choice.verb in _ABOUT else ()
        lines = [text for line in lines if (text := _without(line, same, choice.ids)) is not None]
        line = _line(choice, notes)
        if line not in lines:
            lines.append(line)
    if seen is not None:
        days = [line for line in lines if _words(line)[:1] == ["seen"]]
        newest = max([seen, *(day for line in days if (day := dates.day(" ".join(_words(line)[1:]))))])
        place = lines.index(days[0]) if days else len(lines)
        lines = [line for line in lines if line not in days]
        lines.insert(place, f"seen {newest}")
    return "\n".join([*lines, ""]).encode("utf-8", "surrogateescape")


def _without(line: str, verbs: Sequence[Verb], ids: Sequence[str]) -> str | None:
    """A line without these ids where it is a choice of one of these kinds; None where nothing of it is left."""
    words = _words(line)
    choice = _choice(words, 0) if words and verbs else ""
    if not isinstance(choice, Choice) or choice.verb not in verbs:
        return line
    left = [typed for typed in choice.ids if not any(matches(typed, id_) for id_ in ids)]
    if len(left) == len(choice.ids):
        return line
    if not left:
        return None
    comment = re.search(r"\s+#.*$", line)
    return _told(Choice(choice.verb, tuple(left), choice.to)) + (comment[0] if comment else "")


def _line(choice: Choice, notes: Mapping[str, str]) -> str:
    """A choice as its line."""
    note = clean(notes.get(choice.ids[0], ""))[:80].strip()
    line = _told(Choice(choice.verb, tuple(short(id_) for id_ in choice.ids), short(choice.to) if choice.verb is Verb.TIE else choice.to))
    return f"{line}  # {note}" if note else line


def _told(choice: Choice) -> str:
    ids = " ".join(_quoted(one) for one in choice.ids)
    if choice.verb is Verb.TIE:
        return f"{choice.verb} {ids} to {_quoted(choice.to)}"
    if choice.verb is Verb.NAME:
        title = clean(choice.to).replace('"', "'")
        return f"{choice.verb} {ids} " + (f'"{title}"' if "#" in title else title)
    return f"{choice.verb} {ids}"


def _quoted(word: str) -> str:
    return f'"{word}"' if re.search(r"\s|^#|^to$", word) or not word else word


def _write(path: Path, content: bytes) -> None:
    """Replace the file by its new content, all or nothing."""
    beside = path.with_name(f".{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    file = os.open(beside, flags, 0o644)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    fastlog.sync_folder(str(path.parent))


def _shown(word: str) -> str:
    return f"“{clean(word)[:40]}”"
