"""New entries from templates: a page with the right headings, and under each a short prompt that readers never see."""

from __future__ import annotations

import difflib
import json
import os
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from muster import fastlog
from muster.book import journal, markdown
from muster.book.entries import BEATS, KEYS
from muster.book.proofs import unrecorded
from muster.model import ENTRY_TYPES, MusterError

#: Type → front matter that is there to be filled in, and (heading, prompt) of each section.
TEMPLATES: dict[str, tuple[Mapping[str, object], tuple[tuple[str, str], ...]]] = {
    "proposal": (
        {"status": "proposed"},
        (
            ("Problem", "Two or three sentences: who is held up today, how often, and how you know. Link the evidence."),
            ("Proposal", "What you would do, small enough to say yes to. One page in all."),
            ("Who is affected", "Name teams and people. Note who you sent this to, and when; send it before the work."),
            ("Alternatives", "A list: what else could be done, doing nothing included, and why not."),
            ("Outcome", "Later: what was decided, by whom, and what came of it."),
        ),
    ),
    "decision": (
        {"status": "proposed", "decision-makers": [], "consulted": [], "informed": []},
        (
            ("Context and Problem Statement", "What had to be decided, and what was not known then. As a question, if you can."),
            ("Decision Drivers", "A list: what mattered in choosing."),
            ("Considered Options", "A list: at least two that somebody would really have chosen."),
            ("Decision Outcome", "Chosen option: …, because … of the drivers above."),
            ("Consequences", "A list: good, because …; bad, because …."),
            ("Confirmation", "How you will know whether it was right, and when you will look."),
            ("Outcome", "Later: how it turned out, also if it was wrong."),
        ),
    ),
    "risk": (
        {"status": "open"},
        (
            ("What could happen", "What would break, for whom, and how badly."),
            ("How I know", "What you saw: a link, a number, a near miss."),
            ("Who was told", "Names and the day. Send it while it is still a risk."),
            ("Outcome", "Later: averted (how), happened (link the incident), or was never one."),
        ),
    ),
    "incident": (
        {"severity": None, "started": None, "ended": None},
        (
            ("What happened", "What people noticed, from when to when, and whom it hit."),
            ("Timeline", "A list of times and what was done. What was known at each moment, not what is known now."),
            ("Why it happened", "The conditions that let it happen. No names of people to blame."),
            ("What I did", "Your own part, and that of others by name."),
            ("What changed", "What keeps it from happening again, with links. What is still open."),
        ),
    ),
    "result": (
        {},
        (
            ("What was expected", "What you had said it would do, with the link to where you said it."),
            ("What happened", "What it does now. A number with the data that it comes from, if there is one."),
            ("Who uses it", "Teams and people outside your own, with a record of theirs."),
            ("What I would do differently", "One honest sentence."),
        ),
    ),
    "note": (
        {},
        (
            ("What was fixed", "What was wrong, where, and who was bitten by it. Link the change."),
            ("Why it was not obvious", "What everybody believed, and what was really so. Fifteen minutes are enough."),
            ("Who was told", "Where you posted it, so that the next person finds it."),
        ),
    ),
    "decline": (
        {"from": None},
        (
            ("What was asked", "By whom, when, and what it would have cost."),
            ("Why not", "What would have had to wait for it."),
            ("What instead", "What you offered, pointed to or did with the time."),
            ("What came of it", "Later: was it missed? By whom?"),
        ),
    ),
    "pushback": (
        {"to": None},
        (
            ("What I disagreed with", "The plan as its owners would put it themselves."),
            ("What I said", "To whom, when, and where it is on record. Quote yourself."),
            ("How it turned out", "Later: what was done, and who was right. Both count."),
        ),
    ),
    "endorsement": (
        {"from": None},
        (
            ("What they said", "Their own words, with the link or the file in keep/."),
            ("About what", "Link the claim or the work that it speaks of."),
        ),
    ),
    "claim": (
        {"period": None, "behaviors": [], "witnesses": []},
        (
            ("Problem", "Who was held up by what, before. One sentence that a stranger understands, with a link."),
            ("What I did", "What you proposed, decided or built, each with its link. Say who else did what."),
            ("What changed", "What is different now, for whom outside your team, by their own record. A number only with its data."),
        ),
    ),
}

#: Marks what was put in from the record: until something else is written on the page, nobody has said it.
FROM_RECORD = "From the record. Say it in your own words, and take this line away."

#: Which of them are dated by the day that they are about rather than by the days that they span.
_UNDATED = frozenset({"claim"})


def new(
    root: Path,
    type_: str,
    title: str,
    today: date,
    prefill: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> Path:
    """The path of a new entry, made from its type's template and recorded in the journal; no file is ever overwritten.

    The file is `entries/DATE-slug.md`, a claim's `claims/slug.md`; a name that is taken gets `-2`. `prefill` fills in
    front matter by key and sections by heading (text as Markdown). `now` is for tests. Raises MusterError for a type that
    there is none of or an empty title, ValueError for a `prefill` that the template has no place for.
    """
    if type_ not in TEMPLATES:
        raise _no_such_type(type_)
    title = clean(title)
    if not title:
        raise MusterError("muster new", "the title is empty", f'Say what it is about: muster new {type_} "Retry budget for search"')
    text = page(type_, title, today, prefill or {})
    folder = "claims" if type_ == "claim" else "entries"
    name = slug(title) or type_
    stem = name if type_ in _UNDATED else f"{today.isoformat()}-{name}"
    if stem == "readme":  # READMEs are no entries
        stem = f"{type_}-readme"
    try:
        (root / folder).mkdir(exist_ok=True)
        path = _create(root / folder, stem, text.encode())
    except OSError as error:
        raise MusterError(
            str(root / folder), f"cannot be written: {error.strerror}", "See who may write there, and whether the disk is full."
        ) from None
    journal.record(root, [f"{folder}/{path.name}", *unrecorded(root, journal.records(root)[0])], now)
    return path


def _no_such_type(type_: str) -> MusterError:
    if type_ == "log":
        return MusterError("muster new", "a log is written line by line", 'Type: muster log "Agreed the rollout with Payments"')
    near = difflib.get_close_matches(type_.casefold(), list(TEMPLATES), n=1, cutoff=0.5)
    hint = f"Did you mean `{near[0]}`? " if near else ""
    known = ", ".join(name for name in ENTRY_TYPES if name in TEMPLATES)
    return MusterError("muster new", f"there is no type {type_[:40]!a}", f"{hint}Known are {known}.")


def page(type_: str, title: str, today: date, prefill: Mapping[str, object]) -> str:
    """The text of a new entry."""
    front, sections = TEMPLATES[type_]
    headings = {heading.casefold(): heading for heading, _ in sections}
    values: dict[str, object] = {"type": type_}
    if type_ not in _UNDATED:
        values["date"] = today
    values |= front
    bodies: dict[str, str] = {}
    for key, value in prefill.items():
        if key.casefold() in headings:
            bodies[headings[key.casefold()]] = str(value).replace("\x00", "\ufffd").strip("\n")
        elif key in KEYS and key not in ("type", "title"):
            values[key] = value
        else:
            raise ValueError(f"a {type_} has no place for {key!r}")
    heading = markdown.parse(f"# {title}")
    found = markdown.headings(heading)
    if not found or found[0].title != title or (type_ == "claim" and title.casefold() in BEATS):
        # Markdown would read the title otherwise than it was typed; front matter says it exactly.
        values["title"] = title
    lines = ["---", *(f"{key}:{_yaml(value)}" for key, value in values.items()), "---", f"# {title}"]
    for heading_, prompt in sections:
        lines += ["", f"## {heading_}", f"<!-- {prompt} -->"]
        if heading_ in bodies:
            lines += ["", bodies[heading_]]
    return "\n".join(lines) + "\n"


def _yaml(value: object) -> str:
    """A value after `key:`, as one line of YAML that reads back as the same value."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return f" {json.dumps(value)}"
    if isinstance(value, date):
        return f" {value.isoformat()}"
    if isinstance(value, Mapping):
        return " {" + ", ".join(f"{_quoted(str(key))}:{_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " [" + ", ".join(_yaml(item).strip() or "null" for item in value) + "]"
    text = clean(str(value))
    plain = text.replace("-", "").replace(" ", "").replace("_", "")
    words = plain.isascii() and plain.isalpha() and plain.lower() not in ("true", "false", "null", "yes", "no", "on", "off")
    return f" {text}" if words and text[:1].isalpha() else f" {_quoted(text)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def clean(text: str) -> str:
    """A text as one line of characters that can be shown; the joiner within emoji stays."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace() or c == "\u200d").split())


def slug(title: str) -> str:
    """A title as part of a file name: lower-case letters and digits joined by dashes, at most 60 and 120 bytes; "" where
    it has none.
    """
    plain = unicodedata.normalize("NFKD", title.casefold())
    plain = unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    short = ""
    for word in words:
        longer = f"{short}-{word}" if short else word
        if len(longer) > 60 or len(longer.encode()) > 120:
            break
        short = longer
    return short or "".join(words[:1])[:30]


def _create(folder: Path, stem: str, content: bytes) -> Path:
    """A new file that appears under its name with its whole content at once; the first name that is free."""
    beside = folder / f".{os.getpid()}.new"
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o644)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        for count in range(1, 1000):
            path = folder / (f"{stem}.md" if count == 1 else f"{stem}-{count}.md")
            try:
                os.link(beside, path)  # unlike a rename, this never replaces a file
            except FileExistsError:
                continue
            except OSError:
                try:  # a file system without hard links
                    with path.open("xb") as stream:
                        stream.write(content)
                        stream.flush()
                        os.fsync(stream.fileno())
                except FileExistsError:
                    continue
            fastlog.sync_folder(str(folder))
            return path
    finally:
        beside.unlink(missing_ok=True)
    raise MusterError(str(folder / f"{stem}.md"), "a thousand entries of that name are there", "Give it a title of its own.")
