"""Claims: the owner's words for an undertaking, in three beats, read off an entry; and their references tied on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from muster.book import dates, markdown
from muster.book.entries import BEATS
from muster.model import Beat, Claim, Entry, Number, Period, Reference, Statement, Where


def claim_of(entry: Entry) -> Claim:
    """The claim that an entry makes; beats that it lacks are empty.

    Each paragraph, list item or table row under a beat's heading is a statement in plain text with its line, and with
    no evidence yet: `attach` ties it on. `## What I built` and `## What I decided` both belong to the second beat.
    """
    page = markdown.parse(entry.body, entry.line_of_body)
    headings = markdown.headings(page)
    beats: dict[str, Beat] = {}
    for at, heading in enumerate(headings):
        name = BEATS.get(heading.title.casefold())
        if name is None:
            continue
        after = next((h for h in headings[at + 1 :] if h.level <= heading.level), None)
        said = markdown.statements(page, heading.token + 3, after.token if after else len(page.tokens))
        known = beats.get(name, Beat((), heading.line))
        beats[name] = replace(known, statements=known.statements + said)
    line = getattr(entry.meta, "lines", {}).get
    return Claim(
        where=Where(path=entry.path, line=_title_line(headings) or entry.line_of_body),
        title=entry.title,
        problem=beats.get("problem", Beat()),
        did=beats.get("did", Beat()),
        changed=beats.get("changed", Beat()),
        period=_period(entry.meta),
        behaviors=_list(entry.meta.get("behaviors")),
        witnesses=_list(entry.meta.get("witnesses")),
        numbers=tuple(
            _number(name, settings, line(f"numbers.{name}", 1))
            for name, settings in _items(entry.meta.get("numbers"))
        ),
        thread=str(entry.meta["thread"]) if isinstance(entry.meta.get("thread"), str) else None,
        entry=entry,
    )


def attach(claim: Claim, resolved: Mapping[Reference, Sequence[str]]) -> Claim:
    """The claim with evidence tied to its statements: ids by the entry's references.

    A reference belongs to the statement that begins in its line or is the last one before it, within the same beat.
    The claim's own `evidence` gets every id, in the order of the references; what it had already stays in front.
    """
    if claim.entry is None:
        return claim
    starts = sorted(
        {statement.line for _, beat in claim.beats for statement in beat.statements if statement.line is not None}
        | {section.line for section in claim.entry.sections}
    )
    at_line: dict[int, list[str]] = {}
    for reference in claim.entry.references:
        ids = resolved.get(reference, ())
        before = bisect_right(starts, reference.line)
        if ids and before:
            at_line.setdefault(starts[before - 1], []).extend(ids)

    def tie(beat: Beat) -> Beat:
        return replace(
            beat,
            statements=tuple(
                Statement(one.text, tuple(dict.fromkeys([*one.evidence, *at_line.get(one.line or 0, ())])), one.line)
                for one in beat.statements
            ),
        )

    every = [id_ for reference in claim.entry.references for id_ in resolved.get(reference, ())]
    return replace(
        claim,
        problem=tie(claim.problem),
        did=tie(claim.did),
        changed=tie(claim.changed),
        evidence=tuple(dict.fromkeys([*claim.evidence, *every])),
    )


def _title_line(headings: Sequence[markdown.Heading]) -> int | None:
    return next((h.line for h in headings if h.level == 1 and h.title.casefold() not in BEATS), None)


def _period(meta: Mapping[str, object]) -> Period | None:
    """The claim's period: `period`, else `since` and `until`, else none."""
    if meta.get("period") is not None:
        return dates.period(meta["period"])
    since, until = dates.day(meta.get("since")), dates.day(meta.get("until"))
    if isinstance(since, date) and isinstance(until, date) and since <= until:
        return Period(since, until)
    return None


def _list(value: object) -> tuple[str, ...]:
    """A front matter value as a list of words: a list, or one text with commas."""
    if value is None:
        return ()
    items = value if isinstance(value, list) else str(value).split(",")
    return tuple(text for item in items if (text := " ".join(str(item).split())))


def _items(value: object) -> Sequence[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _number(name: str, settings: object, line: int) -> Number:
    """A number; one that was typed as a bare value is bound to no data, and says the value."""
    if not isinstance(settings, dict):
        return Number(name, "", {} if settings is None else {"claimed": settings}, line)
    data = settings.get("data")
    rest = {key: value for key, value in settings.items() if key != "data"}
    return Number(name, data if isinstance(data, str) else "", rest, line)
