"""The packet as one HTML page that asks for nothing from anywhere: style, pictures and all evidence are inside.

Every number opens the note that lists what it was computed from; every note's lines lead to the one list of evidence.
The page needs no script. All text is escaped, and control characters in it are shown, not obeyed.
"""

from __future__ import annotations

import itertools
import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from muster.model import Evidence, Finding, Grade, Packet, Statement, Verdict, Where
from muster.packet import draw, known, lasting, measures, opening, plot
from muster.packet import ladder as ladders
from muster.packet import sheet as shared
from muster.packet.answers import moves, seats, spoken
from muster.packet.sheet import Sheet, together
from muster.room import standing, words
from muster.room.words import MONTHS, count, day, listed, sentence, short, span, visible
from muster.rules.opening import Piece, rows

FORMAT = "html"

#: Verdicts as shapes that differ in black and white: full, half, empty, broken.
SHAPES = {
    Verdict.HOLDS: Markup('<rect x="1" y="1" width="10" height="10" fill="currentColor"/>'),
    Verdict.THIN: Markup('<path d="M1.2 1.2h9.6v9.6H1.2z" fill="none" stroke="currentColor" stroke-width="1.4"/>'
    '<path d="M1 1v10h10z" fill="currentColor"/>'),
    Verdict.OPEN: Markup('<rect x="1.2" y="1.2" width="9.6" height="9.6" fill="none" stroke="currentColor" stroke-width="1.4"/>'),
    Verdict.CANNOT_TELL: Markup('<rect x="1.2" y="1.2" width="9.6" height="9.6" fill="none" stroke="currentColor" '
    'stroke-width="1.2" stroke-dasharray="2 1.9"/>'),
}


def render(packet: Packet) -> bytes:
    """The page's bytes, in UTF-8; the same packet gives the same bytes."""
    sheet = Sheet(packet)
    marks = _Marks(sheet)
    page = _environment().get_template("page.html")
    text = page.render(
        packet=packet,
        case=packet.case,
        sheet=sheet,
        draw=draw,
        ask=shared,
        marks=marks,
        lasting=lasting,
        standing=standing,
        measured=measures,
        ladders=ladders,
        seats=[(seat, words(seat), [a for a in packet.rehearsal.answers if a.seat == seat]) for seat in seats(packet)],
        spoken=spoken(packet),
        verdicts=shared.VERDICTS,
        **_helpers(sheet, marks),
    )
    return text.encode()


def _helpers(sheet: Sheet, marks: _Marks) -> dict[str, object]:
    """What the templates call beside the records: small looks into the packet, each a line."""
    packet = sheet.packet
    sparks, plots = itertools.count(1), itertools.count(1)
    halves = sorted({signal.label for signal in packet.case.signals if signal.label != "case"})
    return {
        "brief": lambda moment: f"{moment.day} {MONTHS[moment.month - 1][:3]} {moment.year}" if moment else "no date",
        "dated": shared.dated,
        "card_rows": lambda cards: list(rows(cards)),
        "grade": _grade,
        "used_grades": sorted({(int(piece.grade), piece.grade.word) for piece in packet.case.evidence.values()}),
        "grades": [(int(grade), grade.word) for grade in Grade],
        "moves": moves(packet),
        "opening": opening.opening(packet) if packet.kind == "packet" else None,
        "tally_mark": lambda verdict: _tally_mark(packet, verdict),
        "halves_label": f"{halves[0]} to {halves[-1]}" if halves else "Earlier",
        "known": lambda ids: known(packet.case, ids),
        "many_origins": len({piece.origin for piece in packet.case.evidence.values()}) > 1,
        "names_of": lambda people: [sheet.name(person) for person in people],
        # A page of many records lists each with a shorter title, so that it stays small.
        "note_cut": 72 if len(packet.case.evidence) < 400 else 54,
        "placed": lambda finding: _placed(packet, finding),
        "seen": lambda finding: Statement(sentence(finding.seen), finding.evidence),
        "plot": lambda number: plot.plot(number, f"plot-{next(plots)}"),
        "plot_key": plot.key,
        "spark": lambda row: draw.spark(row, next(sparks)),
        "tally_words": _tally,
        "why": lambda move: Statement(move.why, move.evidence),
    }


def _placed(packet: Packet, finding: Finding) -> str:
    """Where a finding is, unless what was seen begins with that, or it is the whole case."""
    place = shared.place(packet, finding)
    told = finding.where.thread is not None or finding.where == Where()
    return "" if told or place[:20] == finding.seen[:20] else place


def _grade(level: int, word: str) -> Markup:
    """A grade's mark, which is read aloud as its word."""
    return Markup('<svg class="g" role="img" aria-label="{}"><title>{}</title><use href="#g{}"/></svg>').format(word, word, level)


def _tally_mark(packet: Packet, verdict: Verdict) -> Markup | int:
    """How many questions came to that, leading to the first of them."""
    places = [place for place, answer in enumerate(packet.rehearsal.answers, 1) if answer.verdict is verdict]
    return Markup('<a class="n" href="#q{}">{}</a>').format(places[0], len(places)) if places else 0


def _tally(verdict: Verdict, number: int) -> str:
    """A verdict as the verb of a sentence with that many questions."""
    one = number == 1
    return {
        Verdict.HOLDS: "holds" if one else "hold",
        Verdict.THIN: "is thin" if one else "are thin",
        Verdict.OPEN: "is open" if one else "are open",
        Verdict.CANNOT_TELL: "cannot be told",
    }[verdict]


class _Marks:
    """What a template sets a number, a sentence or a verdict with; keeps where each note was first pointed to."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.first: set[int] = set()

    def number(self, text: object, ids: tuple[str, ...], role: str = "n") -> Markup:
        """The text as a number that opens its evidence; plain where there is none."""
        note = self.sheet.note(ids)
        if not note:
            return escape(visible(str(text)))
        anchor = "" if note in self.first else Markup(' id="r{}"').format(note)
        self.first.add(note)
        return Markup('<a class="{}"{} href="#n{}">{}</a>').format(role, anchor, note, visible(str(text)))

    def say(self, line: Statement | Piece, cut: int = 0) -> Markup:
        """A sentence: its counts open its evidence; where it has none, a small mark after it does."""
        text = visible(line.text)
        text = short(text, cut) if cut else text
        if not self.sheet.note(line.evidence):
            return prose(text)
        parts = [self.number(piece, line.evidence) if counted else prose(piece) for piece, counted in shared.counts(text)]
        note = self.sheet.note(line.evidence)
        told = f"evidence: {count(len(line.evidence), 'record')}"
        mark = self.number(note, line.evidence, "s")
        mark = Markup('<sup aria-label="{}">{}</sup>').format(told, mark)
        return Markup("").join([*parts, mark])

    def shape(self, verdict: Verdict) -> Markup:
        """A verdict's shape; its word always stands beside it."""
        return Markup('<svg class="shape" viewBox="0 0 12 12" aria-hidden="true">{}</svg>').format(SHAPES[verdict])

    def drawn(self, text: str) -> Markup:
        """A picture that `draw` made, in which all text is escaped."""
        return Markup(text)  # noqa: S704

    def back(self, note: int) -> str:
        """Where closing a note leads: to the number that opened it first."""
        return f"#r{note}" if note in self.first else "#year"

    def proof(self, piece: Evidence, whole: bool = True) -> Markup:
        """The link or the command that shows the evidence to a sceptic; not `whole`, where it is named in full elsewhere, a
        message's own long name gives way to that of its source.
        """
        address = shared.link(piece)
        hash_ = shared.hash_of(piece)
        if address:
            return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(address, hash_[:10] or "open")
        if not (whole or hash_ or piece.source == "book"):
            return Markup('<span class="by">{}</span>').format(visible(piece.source))
        return Markup('<code class="{}">{}</code>').format("h" if hash_ else "p", hash_[:10] or visible(shared.proof(piece)))


def _shown(value: Any) -> Any:
    """Text with control characters written out, and dates kept on one line; everything else as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return together(visible(value))


def prose(text: str) -> Markup:
    """Text as a reader sees it: what stands between backticks is set as code."""
    parts = re.split(r"`([^`]+)`", together(visible(text)))
    return Markup("").join(Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts))


@cache
def _environment() -> Environment:
    """The templates, escaping everything."""
    made = Environment(
        loader=PackageLoader("muster.packet"), autoescape=True, finalize=_shown, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["prose"] = prose
    made.globals.update(day=day, span=span, count=count, listed=listed, short=short, sentence=sentence)
    style = (made.loader.get_source(made, "page.css")[0]) if made.loader else ""
    made.globals["style"] = Markup(" ".join(style.split()))  # noqa: S704
    return made
