"""What a code, rule, signal, seat or word of the glossary means: the text behind `muster explain`."""

from __future__ import annotations

import difflib

from muster import room, rules, signals
from muster.model import MusterError
from muster.terminal import wrap

#: One word per thing, everywhere the same (DESIGN, *The words*).
GLOSSARY: dict[str, str] = {
    "book": "The folder of Markdown that you keep, in git; the only thing that must be backed up.",
    "entry": "One Markdown file in the book: a log, proposal, decision, risk, incident, result, note, decline, pushback, "
    "endorsement or claim.",
    "evidence": "One thing that somebody did at some time, as a source recorded it: with a stable id, a link that a "
    "sceptic can open, and two clocks.",
    "two clocks": "When it was done (happened_at) and when that was written down (recorded_at); their difference is the lag.",
    "grade": "How far a date and an author can be trusted: said, kept, hosted, anchored, witnessed. Computed, never typed.",
    "source": "Where evidence comes from: git, the book, the organisation's files.",
    "area": "A part of the system with an owner: a path, a service, a set of documents.",
    "team": "The people who own areas; from the organisation's own files, or inferred and then marked so.",
    "link": "A typed tie between two pieces of evidence, with the reason it is believed: cites, fixes, implements, "
    "reviews, changes-after-review, reverts, builds-on, mitigates, backs.",
    "thread": "Evidence that belongs to one undertaking: its problem, what was built or decided, and what changed.",
    "claim": "Your words for a thread, in three beats: problem, did, changed.",
    "number": "A quantity in a claim, bound to the data that it was observed in.",
    "witness": "A person who can speak to a claim; strongest when outside the team and recorded by themselves.",
    "signal": "Something measured over a person's evidence in a period, with its unit, the records behind it, and what it "
    "cannot see.",
    "finding": "A rule that a case breaks: a code, a place, what was seen, and the next move.",
    "case": "A person, a period, a target level, its claims, and everything that backs or contradicts them.",
    "seat": "One of those who decide; each has questions.",
    "room": "All seats put to a case: each question holds, is thin, is open, or cannot be told.",
    "packet": "The case as it is handed in.",
    "ladder": "A company's criteria in its own words, mapped to questions and signals: a file that muster.toml names. A criterion "
    "has no mark of its own.",
    "withheld": "A field that a packet leaves out whole because something in it must not leave; how many, and why, is said.",
    "submitted": "A case that its owner handed in: its JSON carries who, when, and the digest of all the rest. Only such cases "
    "are compared.",
    "move": "The one next thing to do, small enough for this week.",
}


def explain(word: str | None = None) -> str:
    """The text for a code (`C201`), rule (`lone-advocate`), signal (`reach`), seat or word; without one, a list of all.

    Raises `MusterError` with the nearest known words where nothing goes by that name.
    """
    if word is None:
        return everything()
    wanted = word.strip()
    codes = rules.codes().values()
    rule = next((r for r in codes if wanted.casefold() in (r.code.casefold(), r.name.casefold())), None)
    if rule is not None:
        return rules.explain(rule.code)
    if wanted.casefold() in signals.names():
        return signals.describe(wanted.casefold())
    seat = room.described(wanted)
    if seat is not None:
        return seat
    if wanted.casefold() in GLOSSARY:
        return f"{wanted.casefold()}\n\n{GLOSSARY[wanted.casefold()]}"
    known = [*(r.code for r in codes), *(r.name for r in codes), *signals.names(), *room.names(), *GLOSSARY]
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
    raise MusterError(
        f"explain {word}",
        "no code, signal, seat or word goes by that name",
        f"Did you mean {' or '.join(near)}?" if near else "`muster explain` lists them all.",
    )


def everything() -> str:
    """Every word that `explain` knows, by kind."""
    lines = ["Rules (* is not looked at yet)"]
    ready = rules.rules()
    for rule in rules.codes().values():
        mark = " " if rule.code in ready else "*"
        lines.append(wrap(rule.meaning, " " * 38, f"  {rule.code}{mark} {rule.name:<29} "))
    lines += ["", "Signals", *(f"  {name}" for name in signals.names())]
    lines += ["", "Seats", *(f"  {name}" for name in room.names())]
    lines += ["", "Words", *(f"  {word}" for word in GLOSSARY)]
    return "\n".join(lines)
