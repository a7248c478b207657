"""The packet as Markdown: the page's content in the page's order, its notes as footnotes, its evidence as a list.

Text of the world is escaped, so that a title is never taken for markup; control characters are written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from muster.model import Packet, PacketClaim, Statement, Verdict
from muster.packet import ladder as ladders
from muster.packet import measures as measured
from muster.packet import sheet as ask
from muster.packet.sheet import CHANGED, Sheet
from muster.room import standing, words
from muster.room.words import count, day, listed, sentence, short, span, visible

FORMAT = "md"
#: Verdicts as characters that differ in black and white.
SHAPES = {Verdict.HOLDS: "■", Verdict.THIN: "◪", Verdict.OPEN: "□", Verdict.CANNOT_TELL: "–"}
_MARKUP = re.compile(r"([\\`*_\[\]<>|#~&])")


def render(packet: Packet) -> bytes:
    """The packet's Markdown in UTF-8, without a trailing newline; the same packet gives the same bytes."""
    sheet = Sheet(packet)
    parts = [
        *_first(sheet),
        *_weeks(sheet),
        *_reach(sheet),
        *_blind(sheet),
        *(line for place, one in enumerate(packet.claims, 1) for line in _claim(sheet, one, place)),
        *_room(sheet),
        *_ladder(sheet),
        *_findings(sheet),
        *_stays(sheet),
        *_signals(sheet),
        *_undertakings(sheet),
        *_method(sheet),
        *_evidence(sheet),
    ]
    return "\n\n".join(part for part in parts if part).encode()


def safe(text: str) -> str:
    """Text in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", visible(text).strip())


def ref(sheet: Sheet, ids: Iterable[str]) -> str:
    """The footnote that lists these; nothing where none of them is in the packet."""
    note = sheet.note(ids)
    return f"[^{note}]" if note else ""


def say(sheet: Sheet, line: Statement) -> str:
    """A sentence with its footnote."""
    return safe(line.text) + ref(sheet, line.evidence)


def code(text: str) -> str:
    """Text as code, whatever backticks it holds."""
    text = visible(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; its cells are Markdown already."""
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def items(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {line}" for line in lines)


def _first(sheet: Sheet) -> list[str]:
    packet = sheet.packet
    case = packet.case
    parts = [f"# {safe(case.person.name)}"]
    levels = f"{safe(case.level_from)} to {safe(case.level_to)} · " if packet.kind == "packet" else "A review from the record alone · "
    parts.append(levels + safe(ask.who(packet)))
    # Parts of one sentence keep the spaces between them.
    parts.append("".join(_MARKUP.sub(r"\\\1", visible(part.text)) + ref(sheet, part.evidence) for part in ask.lede(packet)))
    if packet.kind == "packet":
        for one in packet.claims[:4]:
            voices = ask.witnesses(packet, one)
            rows = [f"{name}: {say(sheet, ask.told(packet, one, beat.statements[0])) if beat else 'not written yet'}" for name, beat in one.claim.beats]
            said = listed([f"{safe(name)}, {safe(team)}" for name, team, _ in voices], 3)
            rows.append(f"backed by: {said or 'nobody outside yet'}")
            parts += [f"**{safe(one.claim.title)}**", items(rows)]
    if packet.notable:
        parts += ["The record also shows:", items(say(sheet, line) for line in packet.notable)]
    if packet.rehearsal.moves and packet.kind == "review":
        move = packet.rehearsal.moves[0]
        parts.append(f"One thing to do next week: {safe(move.text)} {safe(move.why)}")
    return parts


def _weeks(sheet: Sheet) -> list[str]:
    packet = sheet.packet
    rows = [
        (str(week.monday), str(len(week.then)), str(len(week.later)), str(len(week.others)) + ref(sheet, (*week.then, *week.later, *week.others)))
        for week in packet.weeks
        if week.then or week.later or week.others
    ]
    quiet = ask.silence_words(packet)
    return [
        "## Week by week",
        f"Longest silence: {quiet}." if quiet else "",
        table(("Week of", "Recorded then", "More than 30 days later", "By others"), rows) if rows else "No week of the period has a record.",
    ]


def _reach(sheet: Sheet) -> list[str]:
    packet = sheet.packet
    if not packet.ties:
        return ["## Reach", "No other person’s record refers to the work, and no area of another team was changed."]
    rows = [
        (
            safe(tie.team) + (" (own)" if tie.own else "") + (", inferred" if tie.basis.value == "inferred" else ""),
            safe(listed([sheet.name(person) for person in tie.people], 4)),
            ", ".join(f"{verb} {times}" for verb, times in tie.kinds if verb != CHANGED),
            str(len(sheet.theirs(tie))) + ref(sheet, sheet.theirs(tie)),
            str(len(sheet.done(tie))) + ref(sheet, sheet.done(tie)),
        )
        for tie in packet.ties
    ]
    head = ("Team", "Whose records", "What they did with the work", "Their records", "Changes in areas of theirs")
    return ["## Reach", "Their records are reach; changes in areas of theirs are the person’s own doing.", table(head, rows)]


def _claim(sheet: Sheet, one: PacketClaim, place: int) -> list[str]:
    packet, claim = sheet.packet, one.claim
    parts = [f"## {'Undertaking' if claim.drafted else 'Claim'} {place}: {safe(claim.title)}"]
    if claim.drafted:
        parts.append("Put together from evidence; nobody has claimed it.")
    for name, beat in claim.beats:
        said = []
        for line in beat.statements:
            own = "" if sheet.note(line.evidence) or claim.drafted else " (the owner’s word)"
            said.append(say(sheet, ask.told(packet, one, line)) + own)
        parts.append(f"**{name}**: {' '.join(said) if beat else 'nothing on record shows it.'}")
    voices = [f"{safe(name)} ({safe(team)}), {count(len(ids), 'record')}{ref(sheet, ids)}" for name, team, ids in ask.witnesses(packet, one)]
    parts.append(f"**backed by**: {'; '.join(voices) or 'nobody outside the team, on their own record.'}")
    if ask.named(packet, one):
        parts.append(f"The owner names {safe(listed(ask.named(packet, one), 6))}: the owner’s word until they write it.")
    wrong = []
    for id_, reply in ask.against(packet, one):
        piece = sheet.piece(id_)
        wrong.append(f"“{safe(short(piece.title, 90))}”, {safe(sheet.name(piece.actor))}, {day(piece.happened_at)}{ref(sheet, [id_])}. "
                     + (f"The claim’s answer: {safe(reply)}" if reply else "The claim does not mention it."))  # fmt: skip
    parts.append(f"**against it**: {' '.join(wrong) or 'no revert or fix of it in the connected sources.'}")
    read = ask.observed(packet, one)
    parts += [f"**number** {safe(number.name)}: {safe(ask.change(number))}. {ask.rows_of(number)} Computed from {code(number.data)}." for number in read]
    parts += [safe(" ".join((*ask.trend(number), *ask.heed(number)))) for number in read if ask.trend(number)]
    parts += [f"**number** {safe(number.name)}: bound to {code(number.data)}." for number in claim.numbers if not read]
    if shows := ladders.criteria_of(packet.case.ladder, claim):
        parts.append(f"**shows**: {safe(listed(shows, 6))}, as the owner says.")
    parts.append(f"Stands on {count(len(one.evidence), 'record')}{ref(sheet, one.evidence)}.")
    return parts


def _room(sheet: Sheet) -> list[str]:
    rehearsal = sheet.packet.rehearsal
    tally = ", ".join(f"{SHAPES[verdict]} {rehearsal.count(verdict)} {verdict.value}" for verdict in ask.VERDICTS)
    parts = ["## The room", f"{count(len(rehearsal.answers), 'question')}: {tally}."]
    if rehearsal.moves:
        parts += ["### What would close most of it",
                  "\n".join(f"{place}. {safe(move.text)}{ref(sheet, move.evidence)} {safe(move.why)}" + (f" {code(move.command)}" if move.command else "")
                            for place, move in enumerate(rehearsal.moves, 1))]  # fmt: skip
        if sheet.packet.kind == "review":
            parts.append(ask.NO_BOOK)
    seat = ""
    for answer in rehearsal.answers:
        if answer.seat != seat:
            seat = answer.seat
            parts.append(f"### {safe(sentence(words(seat)).rstrip('.'))}")
        parts.append(f"**{safe(answer.question)}** {SHAPES[answer.verdict]} {answer.verdict.value}")
        lines = [say(sheet, line) for line in answer.says]
        if answer.missing:
            lines.append(f"{'Missing: ' if answer.verdict is not Verdict.CANNOT_TELL else ''}{safe(answer.missing)}.")
        if answer.move and answer.closes_by:
            lines.append(f"{safe(answer.move.text)} Could close by {day(answer.closes_by)}.")
        parts.append(items(lines))
    return parts


def _ladder(sheet: Sheet) -> list[str]:
    packet = sheet.packet
    ladder = packet.case.ladder
    if ladder is None:
        return []
    address = f" <{ladder.url}>" if re.fullmatch(r"https?://[^\s<>]+", ladder.url) else ""
    parts = [f"## {safe(ladder.name)}", safe(ladders.whose(ladder)) + address]
    for one in ladders.rungs(packet):
        parts += [f"### {safe(one.criterion.name)}", safe(one.criterion.says)]
        lines = [f"{SHAPES[answer.verdict]} {answer.verdict.value}: {safe(answer.question)}" for _, answer in one.asked]
        if one.measured:
            lines.append("measured: " + "; ".join(f"{safe(row.words)} {row.value}{ref(sheet, row.signal.evidence)}" for row in one.measured))
        lines += [f"claim {place}: {safe(title)}" for place, title in one.claims]
        parts.append(items(lines) or "Nothing in this case speaks to it.")
    if rest := ladders.unasked(ladder, packet.rehearsal):
        parts.append(f"Asked by the room, and by no criterion: {safe(' '.join(rest))}")
    return parts


def _findings(sheet: Sheet) -> list[str]:
    packet = sheet.packet
    lines = [
        f"**{one.code}** {one.name.replace('-', ' ')} ({one.severity.value}), {safe(ask.place(packet, one))}: {safe(sentence(one.seen))}{ref(sheet, one.evidence)} Next: {safe(sentence(one.move))}"
        for one in ask.findings(packet)
    ]
    lines += [f"{state}: {safe(codes)}." for state, codes in ask.states(packet)]
    lines += [f"Allowed: {one.code} at {safe(ask.place(packet, one))}, because {safe(allow.reason)}"
              for check in packet.checked for one, allow in check.allowed]  # fmt: skip
    return ["## Findings", items(lines) or "No rule found anything."]


def _stays(sheet: Sheet) -> list[str]:
    lines = [f"{safe(line.text)}{ref(sheet, line.evidence)}" for line in standing.sentences(sheet.packet.case)]
    return ["## What is still there", items(lines)] if lines else []


def _signals(sheet: Sheet) -> list[str]:
    rows, name = [], ""
    for row in measured.valued(sheet.packet):
        if row.name != name:
            name = row.name
            rows.append((f"**{safe(measured.head(name))}**", "", "", "", ""))
        halves = ", ".join(f"{label} {measured.figure(value, row.signal.unit)}" for label, value in row.halves)
        words = row.words + (", inferred" if row.signal.basis.value == "inferred" else "")
        rows.append((safe(words), row.value + ref(sheet, row.signal.evidence), row.bounds, row.beside, safe(halves)))
    if not rows:
        return []
    unknown = [f"Not known, {safe(reason)}: {safe(', '.join(those))}." for reason, those in measured.unmeasured(sheet.packet).items()]
    zero = measured.nothing(sheet.packet)
    if zero:
        unknown.insert(0, f"None in this period or any half before it: {safe(', '.join(zero))}.")
    return ["## Measured", table(("Measure", "This period", "95 %", "Others’", "Half-years"), rows), *unknown]


def _undertakings(sheet: Sheet) -> list[str]:
    packet = sheet.packet
    lines = []
    for thread in ask.threads(packet):
        size = len([id_ for id_ in thread.evidence if id_ in packet.case.evidence])
        facts = ask.shown_threads(packet, thread)
        lines.append(f"{safe(short(thread.title, 120))}: {span(thread.since, thread.until)}, {count(size, 'record')}"
                     f"{ref(sheet, thread.evidence)}{f'; {safe(facts)}' if facts else ''}.")  # fmt: skip
    return ["## Undertakings", ask.beginnings(packet), items(lines) or "None was found in the period."]


def _blind(sheet: Sheet) -> list[str]:
    spots = items(safe(sentence(spot)) for spot in sheet.packet.blind_spots)
    return ["## What this cannot show", spots or "Nothing was named."]


def _method(sheet: Sheet) -> list[str]:
    packet = sheet.packet
    sources = []
    for state in packet.case.connected:
        line = f"{safe(state.name)}: {safe(state.origin)}, {count(state.count, 'record')}"
        line += f", the newest of {day(state.newest)}" if state.newest else ""
        line += f"; among them {', '.join(f'{number:,} {sort}' for sort, number in state.among)}" if state.among else ""
        line += f"; not taken: {safe(ask.skipped(state))}" if state.skipped else ""
        sources.append(f"{line}.{''.join(f' {safe(sentence(note))}' for note in state.notes if note not in packet.blind_spots)}")
    sources += [f"Not taken: {safe(ask.skip_words(one))}." for one in packet.case.skipped]
    return [
        "## Sources",
        items(sources),
        "## Method, and how to check it",
        "Evidence is what sources recorded. A link ties a later record to an earlier one; linked evidence of one undertaking is a thread. "
        "Nothing here is a score, and no person is ranked. In a clone of the repository:",
        items(f"{what}: {code(command)}" for what, command in ask.verify(packet)),
        f"Made by muster {packet.version} on {day(packet.case.today)}.",
    ]


def _evidence(sheet: Sheet) -> list[str]:
    lines = []
    for id_, number in sheet.numbers.items():
        piece = sheet.piece(id_)
        address = ask.link(piece)
        shown = f"<{address}>" if address and not re.search(r"[\s<>]", address) else code(ask.proof(piece))
        lines.append(f"{number}. {day(piece.happened_at)}, {safe(sheet.name(piece.actor))}: {safe(short(piece.title, 160))} "
                     f"({piece.kind}, {piece.grade.word}) {shown}")  # fmt: skip
    notes = []
    for note, ids, more in sheet.listed_notes():
        rest = f" and {more} more" if more else ""
        notes.append(f"[^{note}]: evidence {', '.join(str(sheet.numbers[id_]) for id_ in ids)}{rest}.")
    return ["## Evidence", "\n".join(lines) or "None.", "\n".join(notes)]
