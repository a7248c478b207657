"""The packet as blocks in reading order: what paper formats (pdf, docx) set, each in its own way, from one outline.

Every sentence carries the raised number of its note. Notes are numbered as they are met, and are listed before the evidence, as in Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import count as counter

from muster.model import Move, Packet, Statement, Verdict
from muster.packet import draw, lasting, plot
from muster.packet import ladder as ladders
from muster.packet import measures as measured
from muster.packet import sheet as ask
from muster.packet.answers import moves, spoken
from muster.packet.blocks import (
    Block,
    Card,
    Cards,
    Heading,
    Items,
    Line,
    Pairs,
    Para,
    Picture,
    Question,
    Run,
    Table,
    Tally,
)
from muster.packet.opening import opening
from muster.packet.sheet import CHANGED, Sheet, together
from muster.room import standing, words
from muster.room.words import MONTHS, count, day, listed, sentence, short, span, visible
from muster.rules import opening as first

#: Grades in one phrase each.
GRADES = (
    ("said", "typed, and no more"),
    ("kept", "in a git history, whose dates can be set by hand"),
    ("hosted", "with a platform’s own time"),
    ("anchored", "in a timestamp token"),
    ("witnessed", "signed by somebody else"),
)

#: At most this many links in one note; each costs bytes.
LINKED = 12
#: A claim with no more records than this and no plot may share a page with one like it.
FEW = 5


def outline(packet: Packet) -> tuple[Block, ...]:
    """All blocks of a packet, in the order of the page."""
    sheet = Sheet(packet)
    parts = [
        *_first(sheet),
        *_weeks(sheet),
        *_reach(sheet),
        *_blind(sheet),
        *_claims(sheet),
        *_room(sheet),
        *_ladder(sheet),
        *_findings(sheet),
        *_stays(sheet),
        *_signals(sheet),
        *_undertakings(sheet),
        *_method(sheet),
    ]
    # Evidence is listed last, but its notes are complete only now.
    return (*parts, *_notes(sheet), *_evidence(sheet))


# --- runs


def plain(text: str) -> Line:
    """Words as a reader sees them: what stands between backticks is set as code."""
    parts = re.split(r"`([^`]+)`", together(visible(text)))
    return tuple(Run(part, "code" if place % 2 else "") for place, part in enumerate(parts) if part)


def note(sheet: Sheet, ids: Iterable[str]) -> Line:
    """The raised number of the note that lists these; nothing where none of them is in the packet."""
    number = sheet.note(ids)
    return (Run(str(number), "note", f"#n{number}"),) if number else ()


def say(sheet: Sheet, line: Statement) -> Line:
    """A sentence with its note."""
    return (*plain(line.text), *note(sheet, line.evidence))


def quiet(text: str) -> Line:
    """Words that matter less."""
    return tuple(Run(run.text, run.look or "quiet", run.to) for run in plain(text))


def marked(look: str, text: str) -> Run:
    """Words with that look, on one line."""
    return Run(together(visible(text)), look)


def picture(svg: str, *, wide: bool = False, key: Sequence[tuple[str, str]] = ()) -> Iterator[Picture]:
    """The picture with its own words; nothing where there is none."""
    if svg:
        found = [unescape(part) for part in re.findall(r"<(?:title|desc) id=[^>]*>([^<]*)<", svg)[:2]]
        yield Picture(svg, ": ".join(found), wide, tuple(key))


def dated(piece_day: object) -> str:
    """A date as a list of many has it: `4 May 2026`."""
    when = piece_day
    return f"{when.day}\u00a0{MONTHS[when.month - 1][:3]}\u00a0{when.year}" if hasattr(when, "month") else "no date"  # type: ignore[attr-defined]


# --- sections, in the order of the page


def _first(sheet: Sheet) -> Iterator[Block]:
    packet = sheet.packet
    case = packet.case
    if packet.kind == "packet":
        made = opening(packet)
        yield Para(plain(made.levels), "run")
        yield Heading(1, plain(made.name), "top")
        yield Para(plain(made.who), "who")
        yield Para(tuple(run for part in made.lede for run in say(sheet, part)), "lede")
        yield Cards(tuple(tuple(_card(sheet, card) for card in row) for row in first.rows(made.cards)))
        if made.nothing:
            yield Para((Run(made.nothing, "gap"),))
        key = [Run("", "said"), *quiet(made.key)] if made.key else []
        if made.more:
            key += [Run(("   " if key else "") + made.more, "quiet")]
        if key:
            yield Para(tuple(key), "small")
        if packet.notable:
            yield Heading(2, plain("The record also shows"))
            yield Items(tuple((say(sheet, line),) for line in packet.notable), 1)
        return
    yield Para(plain("A review from the record alone"), "run")
    yield Heading(1, plain(case.person.name), "top")
    yield Para(plain(ask.who(packet)), "who")
    yield Para(tuple(run for part in ask.lede(packet) for run in say(sheet, part)), "lede")
    if packet.notable:
        yield Heading(2, plain("The record also shows"))
        yield Items(tuple((say(sheet, line),) for line in packet.notable[:3]), 1)
    if packet.rehearsal.moves:
        move = packet.rehearsal.moves[0]
        yield Heading(2, plain("One thing to do next week"))
        yield Para(plain(move.text))
        yield Para((*quiet(move.why), *note(sheet, move.evidence)), "small")


def _card(sheet: Sheet, card: first.Card) -> Card:
    """A claim of the first screen: a line's last record carries the note of all that it stands on."""
    lines = []
    for label, pieces in card.lines:
        runs: list[Run] = []
        for piece in pieces:
            glue = " " if runs and piece.look in ("figure", "footing", "gap") else ""
            look = {"figure": "figure", "footing": "quiet", "gap": "gap"}.get(piece.look, "")
            runs += [Run(glue + run.text, run.look or look) for run in plain(piece.text)]
            if piece.look == "said":
                runs.append(Run("", "said"))
            elif piece.look in ("", "name"):
                runs += note(sheet, piece.evidence)
        lines.append((label, tuple(runs)))
    title = tuple(Run(run.text, run.look, f"#c{card.place}") for run in plain(card.title))
    return Card(title, tuple(lines))


def _weeks(sheet: Sheet) -> Iterator[Block]:
    packet = sheet.packet
    yield Heading(2, plain("Week by week"), "year")
    key = [("own", ("the person’s records" if packet.kind == "review" else "own records") + ", written down within 30 days")]
    key += [("hollow", "written down later")] if any(week.later for week in packet.weeks) else []
    key += [("others", "others’ records on the work, below the line")] if any(week.others for week in packet.weeks) else []
    strips, _ = draw.strip(sheet)
    for place, svg in enumerate(strips, 1):
        yield from picture(svg, wide=True, key=key if place == len(strips) else ())
    quietly = ask.silence_words(packet)
    if quietly:
        yield Para(quiet(f"Longest silence: {quietly}."), "small")


def _reach(sheet: Sheet) -> Iterator[Block]:
    packet = sheet.packet
    yield Heading(2, plain("Reach"), "reach", page=packet.kind == "packet")
    away = [tie for tie in packet.ties if not tie.own]
    who = "the person" if packet.kind == "review" else packet.case.person.name
    drawn = draw.reach(sheet)
    if drawn:
        key = [("others-dot", "reach: what others recorded on the work"), ("hollow-dot", f"what {who} changed in areas of others: not reach")]
        yield from picture(drawn[0], wide=True, key=key)
        guessed = [tie for tie in away if tie.basis.value == "inferred"]
        if guessed:
            which = "All teams here are" if len(guessed) == len(away) else "Those in italics are"
            yield Para(quiet(f"{which} inferred from who works where, not read from an organisation’s own files."), "small")
    if not any(tie.people for tie in away):
        yield Para(plain("No record of anybody known to be outside the team refers to the work."))
    rows = [
        (
            plain(tie.team + (" (own)" if tie.own else "") + (", inferred" if tie.basis.value == "inferred" else "")),
            plain(listed([sheet.name(person) for person in tie.people], 4)),
            plain(", ".join(f"{verb} {times}" for verb, times in tie.kinds if verb != CHANGED)),
            (Run(str(len(sheet.theirs(tie)))), *note(sheet, sheet.theirs(tie))),
            (Run(str(len(sheet.done(tie)))), *note(sheet, sheet.done(tie))),
        )
        for tie in packet.ties
    ]
    if rows:
        head = ("Team", "Whose records", "What they did with the work", "Records", "Changes in areas of theirs")
        yield Table("reach", head, tuple(rows), (3, 4))


def _blind(sheet: Sheet) -> Iterator[Block]:
    yield Heading(2, plain("What this cannot show, and what it rests on"), "blind")
    spots = tuple((plain(sentence(spot)),) for spot in sheet.packet.blind_spots)
    yield Items(spots or ((plain("Nothing was named."),),), look="aside")


def _claims(sheet: Sheet) -> Iterator[Block]:
    packet = sheet.packet
    plots = counter(1)
    for place, one in enumerate(packet.claims, 1):
        claim = one.claim
        yield Heading(2, plain(f"{'Undertaking' if claim.drafted else 'Claim'} {place}"), f"c{place}", page=paged(sheet, place - 1))
        yield Heading(3, plain(short(claim.title, 140)))
        if claim.drafted and place == 1:
            yield Para(quiet("The strongest undertakings of the period, put together from evidence alone; nobody has claimed them."), "lead")
        key = [("own-dot", "own records"), ("others", "others’ records"), ("cross", "against it")] if place == 1 else []
        yield from picture(draw.timeline(sheet, one, place), key=key)
        yield Pairs(tuple(_beats(sheet, place - 1)))
        for number in ask.observed(packet, one):
            told = ask.trend(number)
            if told:
                svg = plot.plot(number, f"plot-{next(plots)}")
                yield from picture(svg, key=plot.key(number) if svg else ())
                yield Para(plain(" ".join(told)), "small")
                if heed := ask.heed(number):
                    yield Para(quiet(" ".join(heed)), "small")
        shown, rest = ask.telling(packet, one)
        if shown:
            yield _records(sheet, shown)
        if rest:
            head = f"And {count(len(rest), 'more record')}, in the list at the end."
            yield Para((*quiet(head), *note(sheet, rest)), "small")


def paged(sheet: Sheet, place: int) -> bool:
    """Whether a claim begins a page: each does, but for a small one after a small one, and in a review."""
    packet = sheet.packet
    near = packet.claims[max(0, place - 1) : place + 1]
    few = all(len(ask.telling(packet, one)[0]) <= FEW and not any(ask.trend(number) for number in ask.observed(packet, one)) for one in near)
    return packet.kind == "packet" and not (few and place)


def _beats(sheet: Sheet, place: int) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """A claim's labelled lines: beats, numbers, who backs it, what is lacking, what speaks against it."""
    packet = sheet.packet
    one = packet.claims[place]
    claim = one.claim
    for name, beat in claim.beats:
        if not beat and claim.drafted:
            continue
        lines: list[Line] = []
        for line in beat.statements:
            own = () if claim.drafted or any(id_ in sheet.numbers for id_ in line.evidence) else (Run("", "said"), Run(" the owner’s word", "quiet"))
            lines.append((*say(sheet, ask.told(packet, one, line)), *own))
        yield name, tuple(lines) if beat else ((Run("Not written yet.", "gap"),),)
    seen = ask.observed(packet, one)
    lines = []
    for number in seen:
        if ask.brief(number):
            lines.append((Run(ask.brief(number), "figure"), *plain(f" {ask.intervals(number)}")))
        else:
            lines.append((Run(f"{number.name.replace('_', ' ')}: {ask.change(number)}.", "gap"),))
        rows = f": {ask.rows_of(number)}" if ask.rows_of(number) else ""
        lines.append((Run("Computed from ", "quiet"), Run(visible(number.data), "code"), Run(f"{rows}.", "quiet")))
    if not seen:
        lines += [(Run(f"{number.name.replace('_', ' ')}: bound to "), Run(visible(number.data), "code"), Run(".")) for number in claim.numbers]
    if gap := ask.unbound(packet, one):
        lines.append((marked("gap", sentence(gap)),))
    if lines:
        yield "observed", tuple(lines)
    lines = [(*plain(f"{name} ({team}), {count(len(ids), 'record')}"), *note(sheet, ids)) for name, team, ids in ask.witnesses(packet, one)]
    if not lines:
        lines = [(Run("Nobody outside the team, on their own record.", "gap"),)]
    if named := ask.named(packet, one):
        lines.append((*quiet(f"The owner names {listed(named, 6)}: the owner’s word until they write it."),))
    yield "backed by", tuple(lines)
    if shows := ladders.criteria_of(packet.case.ladder, claim):
        yield "shows", (quiet(f"{listed(shows, 6)}, as the owner says."),)
    if claim.drafted and (lacks := ask.lacks(packet, one)):
        yield "no record", ((marked("gap", lacks),),)
    wrong = ask.against(packet, one)
    lines = []
    for id_, reply in wrong:
        piece = sheet.piece(id_)
        what = Run(f"“{short(piece.title, 90)}”", "", f"#e{sheet.numbers[id_]}")
        said = () if claim.drafted else plain(f" The answer: {reply}") if reply else (Run(" The claim does not mention it.", "gap"),)
        lines.append((what, *plain(f", {sheet.name(piece.actor)}, {day(piece.happened_at)}."), *said))
    if wrong or not claim.drafted:
        yield "against it", tuple(lines) or (plain("No revert or fix of it in the connected sources."),)


def _records(sheet: Sheet, ids: Iterable[str]) -> Table:
    """Some evidence as a table: number, date, title, by whom, grade."""
    rows = []
    for id_ in ids:
        piece = sheet.piece(id_)
        number = sheet.numbers[id_]
        rows.append((
            (Run(str(number), "quiet", f"#e{number}"),), (Run(dated(piece.happened_at), "quiet"),), plain(short(piece.title, 110)),
            quiet(sheet.name(piece.actor)), (Run(piece.grade.word, "quiet"),),
        ))  # fmt: skip
    return Table("records", ("No.", "Date", "Record", "By", "Grade"), tuple(rows), (0,))


def _room(sheet: Sheet) -> Iterator[Block]:
    rehearsal = sheet.packet.rehearsal
    yield Heading(2, plain("The room"), "room", page=True)
    tally = ", ".join(f"{rehearsal.count(verdict)} {'hold' if verdict is Verdict.HOLDS and rehearsal.count(verdict) != 1 else verdict.value}" for verdict in ask.VERDICTS)
    yield Para(plain(f"Those who decide, and what each asks. {count(len(rehearsal.answers), 'question')}: {tally}."))
    seats = dict.fromkeys(answer.seat for answer in rehearsal.answers)
    rows = []
    for seat in seats:
        link = tuple(Run(run.text, run.look, f"#seat-{seat}") for run in plain(words(seat).split(",")[0]))
        rows.append((link, tuple(answer.verdict for answer in rehearsal.answers if answer.seat == seat)))
    yield Tally(tuple(rows))
    every = moves(sheet.packet)
    chosen = len(rehearsal.moves)
    if chosen:
        yield Heading(3, plain("What would close most of it"))
        yield _moves(sheet, every[:chosen], 1)
        if sheet.packet.kind == "review":
            yield Para(quiet(ask.NO_BOOK), "small")
    told = spoken(sheet.packet)
    for seat in seats:
        head = words(seat)
        yield Heading(3, plain(head[:1].upper() + head[1:]), f"seat-{seat}")
        for one in told[seat]:
            says: list[Line] = [say(sheet, line) for line in one.says]
            if one.above:
                asked = Run(f"“{rehearsal.answers[one.above - 1].question}”", "quiet", f"#q{one.above}")
                says.append((Run("And as under " if one.says else "As under ", "quiet"), asked))
            if one.needs:
                lead = "needs" if one.answer.verdict is Verdict.CANNOT_TELL else "missing"
                says.append((Run(f"{lead} ", "em"), *plain(one.needs)))
            if one.move and one.answer.closes_by:
                says.append((Run("→ ", "quiet"), Run(f"move {one.move}", "quiet", f"#m{one.move}"), *quiet(f", could close by {day(one.answer.closes_by)}")))
            yield Question(f"q{one.place}", one.answer.verdict, plain(one.answer.question), tuple(says))
    if every[chosen:]:
        yield Heading(3, plain("Other moves"))
        yield _moves(sheet, every[chosen:], chosen + 1)


def _moves(sheet: Sheet, those: Sequence[Move], start: int) -> Items:
    """Moves by number, each with why and what to type."""
    items = []
    for move in those:
        lines: list[Line] = [plain(move.text)]
        if move.why:
            lines.append((*quiet(move.why), *note(sheet, move.evidence)))
        if move.command:
            lines.append((Run(visible(move.command), "code"),))
        items.append(tuple(lines))
    return Items(tuple(items), start, names=tuple(f"m{place}" for place in range(start, start + len(items))))


def _ladder(sheet: Sheet) -> Iterator[Block]:
    packet = sheet.packet
    ladder = packet.case.ladder
    if ladder is None:
        return
    yield Heading(2, plain(ladder.name), "ladder")
    address = (Run(" "), Run(visible(ladder.url), "link", ladder.url)) if ladder.url.startswith(("https://", "http://")) else ()
    yield Para((*plain(ladders.whose(ladder)), *address))
    for one in ladders.rungs(packet):
        yield Heading(3, plain(one.criterion.name))
        if one.criterion.says:
            yield Para(quiet(one.criterion.says), "small")
        lines: list[Line] = [(Run(f"{answer.verdict.value} ", "em"), *plain(answer.question)) for _, answer in one.asked]
        if one.measured:
            told = [(*plain(f"{'; ' if place else ''}{row.words} {row.value}"), *note(sheet, row.signal.evidence)) for place, row in enumerate(one.measured)]
            lines.append((Run("measured ", "em"), *(run for words_ in told for run in words_)))
        lines += [(Run(f"claim {place} ", "em"), *plain(title)) for place, title in one.claims]
        yield Items(tuple((line,) for line in lines)) if lines else Para(plain("Nothing in this case speaks to it."))
    if rest := ladders.unasked(ladder, packet.rehearsal):
        yield Para((Run("Asked by the room, and by no criterion: ", "em"), *quiet(" ".join(rest))), "small")


def _findings(sheet: Sheet) -> Iterator[Block]:
    packet = sheet.packet
    yield Heading(2, plain("Findings"), "findings")
    groups = ask.groups(packet)
    if not groups:
        yield Para(plain("No rule found anything."))
    for group in groups:
        yield Heading(3, (*plain(group.name), Run(f" {group.code}, {group.weight}", "quiet")), f"f-{group.code}")
        rows: list[tuple[Line, ...]] = []
        for said, those in ask.alike(group):
            if said:
                names = [plain(ask.titled(one)) + note(sheet, one.evidence) for one in those]
                glued: list[Run] = []
                for number, name in enumerate(names):
                    glued += [Run(", " if number < len(names) - 1 else " and ")] if number else []
                    glued += name
                rows.append(((*glued, *plain(f", each: {sentence_end(said)}")),))
                continue
            one = those[0]
            where = ask.place(packet, one)
            told = one.where.thread is not None or where == "the case as a whole" or where[:20] == one.seen[:20]
            line = (*plain(sentence(one.seen)), *note(sheet, one.evidence), *((Run(f" {where}", "quiet"),) if not told else ()))
            then = ask.next_of(group, one)
            rows.append((line, *(((Run("Next: ", "em"), *plain(sentence(then))),) if then else ())))
        yield Items(tuple(rows))
        if group.move:
            yield Para((Run("Next: ", "em"), *plain(sentence(group.move))), "small")
    for state, codes in ask.states(packet):
        yield Para((Run(f"{state}: ", "em"), *quiet(f"{codes}.")), "small")
    for check in packet.checked:
        for one, allow in check.allowed:
            text = f"{one.name.replace('-', ' ')} ({one.code}) at {ask.place(packet, one)}, because {allow.reason}"
            yield Para((Run("Allowed: ", "em"), *quiet(text)), "small")


def sentence_end(text: str) -> str:
    """The text with a full stop, its first letter as it is."""
    return text if text.endswith((".", "?")) else f"{text}."


def _stays(sheet: Sheet) -> Iterator[Block]:
    lines = standing.sentences(sheet.packet.case)
    if not lines:
        return
    yield Heading(2, plain("What is still there"), "stays")
    yield Items(tuple((say(sheet, line),) for line in lines))
    key = (("own-dot", "the person’s lines of code, by age, with the 95 % interval"), ("others", "others’, of the same half-years, with theirs"))
    yield from picture(lasting.picture(sheet.packet), key=key)
    yield Para(quiet("Still there is not the same as good: what is stable and what is forgotten look alike. A move is no removal, nor is a sweep over many files."), "small")


def _signals(sheet: Sheet) -> Iterator[Block]:
    found = measured.valued(sheet.packet)
    if not found:
        return
    yield Heading(2, plain("Measured"), "signals")
    intro = "Counted over the period, beside the person’s own half-years. No measure is a mark."
    if any(row.signal.basis.value == "inferred" for row in found):
        intro += " Whose areas they are, and who is outside, is inferred wherever a measure asks it."
    if any(value is None for row in found for _, value in row.halves):
        intro += " A dash stands where it is not known."
    if any(row.bounds for row in found):
        intro += " Small figures are 95 % intervals, and the same for what others made."
    yield Para(plain(intro))
    yield _measures(sheet, [row for row in found if not row.detail])
    if details := [row for row in found if row.detail]:
        yield Heading(3, plain("Further measures"), "further")
        yield _measures(sheet, details)
    if zero := measured.nothing(sheet.packet):
        yield Para((Run("None in this period or any half before it: ", "em"), *quiet(f"{', '.join(zero)}.")), "small")
    for reason, those in measured.unmeasured(sheet.packet).items():
        yield Para((Run(f"Not known, {together(visible(reason))}: ", "em"), *quiet(f"{', '.join(those)}.")), "small")


def _measures(sheet: Sheet, found: Sequence[measured.Row]) -> Table:
    """Measures with a column for each half-year."""
    labels = sorted({label for row in found for label, _ in row.halves})
    rows: list[tuple[Line, ...]] = []
    name = ""
    for row in found:
        if row.name != name:
            name = row.name
            rows.append((plain(measured.head(name)),))
        halves = dict(row.halves)
        beside = "; ".join(part for part in (row.bounds, f"others’ {row.beside}" if row.beside else "") if part)
        value = (Run(row.value), *note(sheet, row.signal.evidence), *((Run(f" {beside}", "quiet"),) if beside else ()))
        past = [quiet(measured.figure(halves[label], row.signal.unit) if halves.get(label) is not None else "–") for label in labels]
        rows.append((plain(row.words), value, *past))
    return Table("measures", ("Measure", "This period", *labels), tuple(rows), tuple(range(1, len(labels) + 2)))


def _undertakings(sheet: Sheet) -> Iterator[Block]:
    packet = sheet.packet
    yield Heading(2, plain("Undertakings"), "undertakings")
    rows = ask.threads(packet)
    if not rows:
        yield Para(plain("None was found in the period."))
        return
    yield Para(plain(f"Found by how changes, reviews and documents refer to each other; latest first. {ask.beginnings(packet)}".strip()))
    items = []
    for thread in rows:
        size = len([id_ for id_ in thread.evidence if id_ in packet.case.evidence])
        facts = ask.shown_threads(packet, thread)
        line = (*quiet(f"{span(thread.since, thread.until)} · {count(size, 'record')}"), *note(sheet, thread.evidence), *(quiet(f" · {facts}") if facts else ()))
        items.append((plain(short(thread.title, 120)), line))
    yield Items(tuple(items))


def _method(sheet: Sheet) -> Iterator[Block]:
    packet = sheet.packet
    yield Heading(2, plain("Sources"), "sources")
    items: list[tuple[Line, ...]] = []
    for state in packet.case.connected:
        text = f"{state.name}: {state.origin}, {count(state.count, 'record')}"
        lines = [plain(text + (f", the newest of {day(state.newest)}." if state.newest else "."))]
        lines += [quiet(f"Not taken: {ask.skipped(state)}.")] if state.skipped else []
        lines += [quiet(sentence(remark)) for remark in state.notes if remark not in packet.blind_spots]
        items.append(tuple(lines))
    yield Items(tuple(items))
    if packet.case.skipped:
        yield Para((Run("Not taken: ", "em"), *quiet("; ".join(ask.skip_words(one) for one in packet.case.skipped) + ".")), "small")
    yield Heading(2, plain("Method, and how to check it"), "verify")
    yield Para(plain(
        "Evidence is what sources recorded. A link ties a later record to an earlier one that it names, reviews, builds on or reverts. "
        "Linked evidence of one undertaking is a thread. A question of the room holds, is thin or is open by the evidence that answers it; "
        "a finding is a rule that the case breaks. Nothing here is a score, and no person is ranked."
    ))  # fmt: skip
    yield Para(plain("Every raised number leads to the note that lists the records it was read off. In a clone of the repository:"))
    yield Items(tuple((plain(what), (Run(visible(command), "code"),)) for what, command in ask.verify(packet)))
    grades: list[Run] = [Run("Grades say how far a date and an author can be trusted. ")]
    for place, (word, told) in enumerate(GRADES):
        grades += [Run(word, "em"), Run(f": {told}{'; ' if place < len(GRADES) - 1 else '.'}")]
    yield Para(tuple(grades))
    yield Para(quiet(f"Made by muster {packet.version} on {day(packet.case.today)} from the sources named above."), "small")


def _notes(sheet: Sheet) -> Iterator[Block]:
    rows, names = [], []
    for number, ids, more in sheet.listed_notes():
        runs: list[Run] = [Run(f"{number} ", "strong")]
        for place, (start, end) in enumerate(ranges(sorted(sheet.numbers[id_] for id_ in ids))):
            runs += [Run(", ")] if place else []
            text = str(start) if end == start else f"{start}, {end}" if end == start + 1 else f"{start}–{end}"
            # Evidence is in order: in a long note the first links lead close enough to the others.
            runs.append(Run(text, "", f"#e{start}" if place < LINKED else ""))
        runs += [Run(f" and {more} more")] if more else []
        rows.append((tuple(runs),))
        names.append(f"n{number}")
    if rows:
        yield Heading(2, plain("What each number and sentence stands on"), "notes", page=True)
        yield Para(quiet("The notes, each with the numbers of its records in the list below."), "small")
        yield Table("notes", ("Note and records",), tuple(rows), (), tuple(names))


def ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive numbers, by their first and last."""
    start = last = 0
    for number in numbers:
        if start and number == last + 1:
            last = number
            continue
        if start:
            yield start, last
        start = last = number
    if start:
        yield start, last


def _evidence(sheet: Sheet) -> Iterator[Block]:
    yield Heading(2, plain("Evidence"), "evidence")
    if not sheet.numbers:
        yield Para(plain("None."))
        return
    yield Para(quiet(f"{count(len(sheet.numbers), 'record')}, in order of time. An underlined hash opens the record where it is kept; any other is seen in a clone with `git show HASH`."), "small")
    many = len({piece.origin for piece in sheet.packet.case.evidence.values()}) > 1
    rows = []
    for id_, number in sheet.numbers.items():
        piece = sheet.piece(id_)
        address, hash_ = ask.link(piece), ask.hash_of(piece)
        kind = (Run(f" {piece.kind}", "quiet"),) if piece.kind != "change" else ()
        shown = hash_[:10] or ("open" if address else short(ask.proof(piece), 60))
        proof = Run(visible(shown), "link" if address else "code", address)
        rows.append((
            (Run(str(number), "quiet"),), (Run(dated(piece.happened_at), "quiet"),), (*plain(short(piece.title, 160)), *kind),
            quiet(sheet.name(piece.actor) + (f", {piece.origin}" if many else "")), (Run(f"{piece.grade.word} ", "quiet"), proof),
        ))  # fmt: skip
    yield Table("evidence", ("No.", "Date", "Record", "By", "Proof"), tuple(rows), (0,), tuple(f"e{number}" for number in sheet.numbers.values()))
