"""Entries from Markdown: front matter, or a decision record (MADR) as it stands, or just a note.

Example: `read_entry("entries/2026-03-02-retry-budget.md", text)` gives an Entry whose type is in the front matter, whose
date is in the front matter or the file's name, whose title is the first heading, and whose references carry lines.

Nothing is guessed silently: an unknown key or type is kept and reported with the nearest known word; a file whose front
matter cannot be taken is skipped with its line and the reason.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath

from muster.book import dates, markdown
from muster.book.frontmatter import Front, FrontError, load, split
from muster.model import ENTRY_TYPES, Allow, Entry, Grade, MusterError, Reference, Skipped

#: Every front matter key that an entry may have, with what it means (docs/book.md shows this table).
KEYS: dict[str, str] = {
    "type": "what the entry is: one of " + ", ".join(ENTRY_TYPES),
    "date": "the day that it happened",
    "title": "its title, where the first heading is not it",
    "period": "the days that it spans: `2026-03..2026-06`",
    "since": "the first day that it spans",
    "until": "the last day that it spans",
    "status": "where it stands: proposed, accepted, rejected, superseded, open, closed",
    "outcome": "what came of it, in a few words",
    "closed": "the day that it ended",
    "links": "what it refers to, beside the links in its text",
    "about": "what it is about: an entry, change or path",
    "claim": "the claim that it backs",
    "backs": "what it speaks for",
    "implements": "the proposal or decision that it carries out",
    "implemented-by": "the change that carried it out",
    "mitigates": "the risk that it averts",
    "mitigated-by": "the change that averted it",
    "supersedes": "the entry that it takes the place of",
    "tags": "words of your own",
    "areas": "the areas that it touches",
    "teams": "the teams that it touches",
    "shown": "who was shown it, and when",
    "told": "who was told, and when",
    "from": "who asked, said or signed it",
    "to": "who it was said to",
    "function": "whose function that person speaks for: product, design, support",
    "severity": "how bad an incident was, in your organisation's words",
    "started": "when an incident began",
    "ended": "when an incident ended",
    "deciders": "who decided",
    "decision-makers": "who decided (MADR 4)",
    "consulted": "who was asked before deciding",
    "informed": "who was told of the decision",
    "behaviors": "which behaviours a claim shows",
    "witnesses": "who can speak to a claim",
    "numbers": "a claim's quantities, each bound to data",
    "thread": "the undertaking that it belongs to",
}

MOST_REFERENCES = 2000

#: Settings of a number in a claim.
NUMBER_KEYS = (
    "data", "time", "value", "event", "statistic", "unit", "where", "since", "until", "every", "per", "epoch",
    "before", "after", "claimed", "better",
)  # fmt: skip

_FOLDERS = {"log": "log", "claims": "claim", "decisions": "decision", "adr": "decision", "adrs": "decision"}
_MADR_HEADINGS = frozenset({"considered options", "decision outcome", "context and problem statement"})
_MADR_LINE = re.compile(
    r"^\s{0,3}(?:[*-]\s+)?\**(status|date|deciders|decision-makers|consulted|informed)\**\s*:\**\s*(.+?)\s*$", re.IGNORECASE
)
_DIRECTIVE = re.compile(r"muster\s*:\s*(.*)", re.DOTALL | re.IGNORECASE)
_ALLOW = re.compile(r"allow\s+([A-Za-z]\d{3})(?:\s+because\b\s*[:,]?\s*(.*))?", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file came to: an entry, or why it is skipped; and what in the entry was not understood."""

    entry: Entry | None
    skipped: tuple[Skipped, ...] = ()
    problems: tuple[Skipped, ...] = ()


def read_entry(path: str, text: str, recorded_at: datetime | None = None, grade: Grade = Grade.SAID) -> Entry:
    """The entry that a file's text is; raises MusterError where `parse_entry` would skip it.

    `path` is relative to the book, with forward slashes.
    """
    parsed = parse_entry(path, text, recorded_at, grade)
    if parsed.entry is None:
        skipped = parsed.skipped[0]
        raise MusterError(skipped.where, skipped.reason, "Mend that line, or take the front matter out.")
    return parsed.entry


def parse_entry(path: str, text: str, recorded_at: datetime | None = None, grade: Grade = Grade.SAID) -> Parsed:
    """The entry that a file's text is, or why it is skipped. Never raises, whatever the text.

    `recorded_at` and `grade` are what the journal or git know about the file; see `muster.book.read`.
    """
    if "\x00" in text:
        return Parsed(None, (Skipped(path, "it holds NUL bytes: not a text file"),))
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    raw, body, first_line = split(text)
    problems: list[Skipped] = []
    front = Front()
    if raw is not None:
        try:
            front = load(raw)
        except FrontError as error:
            return Parsed(None, (Skipped(f"{path}:{error.line}", error.reason),))
    elif body.split("\n", 1)[0].rstrip() == "---":
        problems.append(Skipped(f"{path}:1", "front matter that never ends: a line with only `---` is missing after it"))
    try:
        page = markdown.parse(body, first_line)
    except (RecursionError, ValueError, IndexError) as error:
        return Parsed(None, (Skipped(path, f"not readable as Markdown: {str(error) or type(error).__name__}"),))
    problems += [Skipped(f"{path}:{line}", "so many marks that it was read as plain text") for line in page.plain[:1]]

    headings = markdown.headings(page)
    madr = {heading.title.casefold() for heading in headings} & _MADR_HEADINGS
    type_, complaints = _type(path, front, bool(madr))
    problems += complaints
    if type_ == "decision":
        _madr_lines(front, body, first_line)
    titled = next((h for h in headings if h.level == 1 and not (type_ == "claim" and _is_beat(h.title))), None)
    title = _words(front.get("title")) or (titled.title if titled else "") or PurePosixPath(path).stem
    happened_at, complaints = _day(path, front)
    problems += complaints
    problems += _unknown(path, front)
    problems += _claim_problems(path, front)
    references = (*_listed(front), *markdown.references(page))
    if len(references) > MOST_REFERENCES:
        problems.append(Skipped(path, f"{len(references):,} references; only the first {MOST_REFERENCES:,} are followed"))
    allows, complaints = _allows(path, markdown.comments(page))
    problems += complaints
    entry = Entry(
        path=path,
        type=type_,
        title=title,
        happened_at=happened_at,
        recorded_at=recorded_at,
        grade=grade,
        meta=front,
        body=body,
        line_of_body=first_line,
        sections=markdown.sections(page, [heading for heading in headings if heading is not titled]),
        references=references[:MOST_REFERENCES],
        allows=allows,
    )
    return Parsed(entry, (), tuple(problems))


def _type(path: str, front: Front, madr: bool) -> tuple[str, list[Skipped]]:
    """The entry's type, and a complaint where the front matter has one that does not exist."""
    parents = [part.casefold() for part in PurePosixPath(path).parts[:-1]]
    placed = next((_FOLDERS[part] for part in reversed(parents) if part in _FOLDERS), None)
    fallback = placed or ("decision" if madr else "note")
    if "type" not in front:
        return fallback, []
    typed = front["type"]
    word = typed.strip().casefold() if isinstance(typed, str) else ""
    if word in ENTRY_TYPES:
        return word, []
    where = f"{path}:{front.lines.get('type', 1)}"
    hint = nearest(word, ENTRY_TYPES)
    return fallback, [Skipped(where, f"unknown type `{_words(typed)}`{hint} It is read as {_a(fallback)}.")]


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` with the nearest known word, or all of them where none is near and they are few."""
    known = list(known)
    close = difflib.get_close_matches(word.casefold(), known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; known are {', '.join(known)}." if len(known) <= 12 else ""


def _day(path: str, front: Front) -> tuple[date | None, list[Skipped]]:
    """The day that the entry claims: the front matter's, else the one in the file's name."""
    named = dates.day_of_name(PurePosixPath(path).stem)
    typed = front.get("date")
    if typed is None:
        return named, []
    found = dates.day(typed)
    if found is not None:
        return found, []
    reason = f"`date: {_words(typed)}` is no day; write it as 2026-03-02"
    return named, [Skipped(f"{path}:{front.lines.get('date', 1)}", reason)]


def _unknown(path: str, front: Front) -> Iterator[Skipped]:
    for key in front:
        if key not in KEYS:
            where = f"{path}:{front.lines.get(key, 1)}"
            hint = nearest(key, KEYS)
            yield Skipped(where, f"unknown key `{_words(key)}`{hint or '; it is kept, and nothing reads it'}")


def _claim_problems(path: str, front: Front) -> Iterator[Skipped]:
    """What `claim_of` will not be able to use."""
    for key in ("period", "since", "until", "closed"):
        value = front.get(key)
        if value is not None and (dates.period(value) if key == "period" else dates.day(value)) is None:
            what = "no period; write it as 2026-03..2026-06" if key == "period" else "no day; write it as 2026-03-02"
            yield Skipped(f"{path}:{front.lines.get(key, 1)}", f"`{key}: {_words(value)}` is {what}")
    numbers = front.get("numbers")
    if numbers is None:
        return
    if not isinstance(numbers, dict):
        reason = "`numbers` has no names; write `numbers:` and below it `deploy_p95: {data: data/deploy-times.csv}`"
        yield Skipped(f"{path}:{front.lines.get('numbers', 1)}", reason)
        return
    for name, settings in numbers.items():
        for key in settings if isinstance(settings, dict) else ():
            if key not in NUMBER_KEYS:
                where = f"{path}:{front.lines.get(f'numbers.{name}.{key}', 1)}"
                yield Skipped(where, f"unknown setting `{key}` of the number `{name}`{nearest(key, NUMBER_KEYS)}")


def _allows(path: str, comments: Iterable[markdown.Comment]) -> tuple[tuple[Allow, ...], list[Skipped]]:
    """Findings that the owner silenced, each with its reason; a comment that does not say so properly is reported."""
    allows: list[Allow] = []
    problems: list[Skipped] = []
    for comment in comments:
        directive = _DIRECTIVE.fullmatch(comment.text)
        if directive is None:
            continue
        found = _ALLOW.fullmatch(directive[1].strip())
        reason = " ".join((found[2] or "").split()) if found else ""
        if found and any(character.isalnum() for character in reason):
            allows.append(Allow(found[1].upper(), reason, comment.line))
        elif found:
            what = f"`allow {found[1].upper()}` gives no reason; write <!-- muster: allow {found[1].upper()} because … -->"
            problems.append(Skipped(f"{path}:{comment.line}", what))
        else:
            what = "a comment for muster that it does not know; write <!-- muster: allow CODE because … -->"
            problems.append(Skipped(f"{path}:{comment.line}", what))
    return tuple(allows), problems


def _madr_lines(front: Front, body: str, first_line: int) -> None:
    """Add what a decision record says of itself in its text where its front matter does not.

    MADR 2 has `* Status: accepted` lines under the title, MADR 3 and 4 have front matter (`deciders`, since 4
    `decision-makers`), older records a `Date:` line and a `## Status` heading.
    """
    lines = body.split("\n")
    head = 0
    for at, line in enumerate(lines[:60]):
        if line.startswith("## "):
            if line[3:].strip().casefold() == "status":
                said = next((text.strip() for text in lines[at + 1 :] if text.strip()), "")
                if said and not said.startswith("#"):
                    front.setdefault("status", said.rstrip(".").lower())
                    front.lines.setdefault("status", first_line + at)
                continue
            head += 1
            if head > 1:
                break
        found = _MADR_LINE.match(line)
        if found and head == 0:
            key = found[1].lower()
            front.setdefault(key, found[2].strip("* "))
            front.lines.setdefault(key, first_line + at)
    if "decision-makers" in front and "deciders" not in front:
        front["deciders"] = front["decision-makers"]
        front.lines["deciders"] = front.lines.get("decision-makers", 1)


def _listed(front: Front) -> Iterator[Reference]:
    """References of the front matter's `links`."""
    links = front.get("links")
    line = front.lines.get("links", 1)
    for item in links if isinstance(links, list) else [links]:
        if isinstance(item, str) and item.strip():
            yield Reference(item.strip(), item.strip(), line)


#: Headings that begin each of a claim's beats, in lower case.
BEATS = {
    "problem": "problem", "the problem": "problem",
    "what i did": "did", "did": "did", "what i built": "did", "what i decided": "did",
    "what changed": "changed", "changed": "changed", "outcome": "changed", "result": "changed", "results": "changed",
}  # fmt: skip


def _is_beat(title: str) -> bool:
    return title.casefold() in BEATS


def _words(value: object) -> str:
    """A value in one line, at most 80 characters, for a title or a message."""
    if value is None:
        return ""
    text = " ".join(str(value).split())
    return text if len(text) <= 80 else text[:79] + "…"
