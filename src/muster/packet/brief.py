"""The manager's brief: what to say of a case in two minutes, with names, and the two hardest questions with replies.

It is made from the packet, sentence by sentence, and says nothing that the packet does not. What has no reply on record
is said to have none: a manager who is caught out once is not asked again.

How long it takes is measured: words to be said aloud, at 150 a minute (Tauroza & Allison 1990: lectures in British
English, 125 to 160 words a minute). Where it is too long, claims are clipped at the ends of clauses, never dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from muster.model import Answer, LinkKind, Packet, PacketClaim, Verdict
from muster.packet import ladder as ladders
from muster.packet import sheet as ask
from muster.room.words import count, day, listed, sentence, short, visible

#: Words that somebody says in a minute, and for how long they may speak.
PACE, MINUTES = 150, 2
#: At most this many claims are spoken of; whoever brings more has not chosen.
CLAIMS = 3
#: Characters of a line, from roomy to tight: the first that keeps to the time is taken.
WIDTHS = (150, 120, 95, 75, 60)
#: Whose questions are the hardest, where several stand open: doubt first, then those who never worked with the person.
HARDEST = ("skeptic", "peers", "managers", "skip-level", "cross-functional", "you", "manager")


@dataclass(frozen=True, slots=True)
class Said:
    """A claim as it is said: its title, three lines, who else says so, the evidence behind each line, and the ladder's criteria
    that it shows."""

    title: str
    lines: tuple[tuple[str, str], ...]
    backed: str
    evidence: tuple[str, ...]
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A hard question, what the record answers (empty where it answers nothing), what to say or do then, and
    the ladder's criteria that it is about."""

    question: str
    answer: str
    otherwise: str
    evidence: tuple[str, ...]
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """What is said of a person: the sentence, the claims, the questions; `left` counts claims that are not spoken of."""

    name: str
    who: str
    sentence: str
    claims: tuple[Said, ...]
    questions: tuple[Reply, ...]
    left: int
    withheld: str = ""

    @property
    def words(self) -> int:
        """How many words are to be said aloud."""
        spoken = [self.sentence]
        for one in self.claims:
            spoken += [one.title, *(text for _, text in one.lines), one.backed]
        for reply in self.questions:
            spoken += [reply.question, reply.answer or reply.otherwise]
        return sum(len(text.split()) for text in spoken)

    @property
    def seconds(self) -> int:
        """How long it takes to say, at PACE."""
        return round(self.words * 60 / PACE)


def brief(packet: Packet) -> Brief:
    """The brief of a packet: as roomy as two minutes allow."""
    made = [of_width(packet, width) for width in WIDTHS]
    return next((one for one in made if one.seconds <= MINUTES * 60), made[-1])


def of_width(packet: Packet, width: int) -> Brief:
    """The brief with lines of at most that many characters."""
    case = packet.case
    said = "".join(part.text for part in ask.lede(packet))
    return Brief(
        visible(case.person.name),
        f"{visible(case.level_from)} to {visible(case.level_to)} · {ask.who(packet)}",
        ask.clipped(visible(said), max(width, 110)),
        tuple(spoken(packet, one, width) for one in packet.claims[:CLAIMS]),
        tuple(replies(packet, width))[:2],
        max(0, len(packet.claims) - CLAIMS),
        sentence(packet.blind_spots[0]) if packet.withheld else "",
    )


def spoken(packet: Packet, one: PacketClaim, width: int) -> Said:
    """One claim in three lines, with the names of those outside who say so."""
    lines: list[tuple[str, str]] = []
    ids: list[str] = []
    for name, beat in one.claim.beats:
        if beat:
            line = ask.told(packet, one, beat.statements[0])
            lines.append((name, sentence(ask.clipped(visible(line.text), width))))
            ids += line.evidence
        else:
            lines.append((name, "Not on record."))
    voices = ask.witnesses(packet, one)
    if voices:
        backed = f"{listed([f'{name} ({team})' for name, team, _ in voices], 3)} can say so: it is in their own records."
        ids += [id_ for _, _, found in voices for id_ in found]
    elif names := ask.named(packet, one):
        backed = f"{listed(names, 2)} {'is' if len(names) == 1 else 'are'} named as a witness; nothing of theirs is on record yet."
    else:
        backed = "Nobody known to be outside the team is on record."
    shows = ladders.criteria_of(packet.case.ladder, one.claim) if packet.case.ladder else ()
    return Said(short(one.claim.title, 70), tuple(lines), backed, tuple(dict.fromkeys(ids)), shows)


def replies(packet: Packet, width: int) -> Iterator[Reply]:
    """The hardest questions, hardest first, each with what the record answers."""
    case = packet.case
    for one in packet.claims[:CLAIMS]:
        against = [(id_, answer) for id_, answer in ask.against(packet, one) if not answered(packet, id_)]
        # Somebody else's word weighs more than the person's own repair, and what the claim is silent on most of all.
        against.sort(key=lambda row: (bool(row[1]), case.mine(case.evidence[row[0]])))
        for id_, answer in against[:1]:
            piece = case.evidence[id_]
            question = f"{case.name_of(piece.actor)} made “{short(piece.title, 60)}” on {day(piece.happened_at)}: what went wrong?"
            reply = sentence(ask.clipped(visible(answer), width)) if answer else ""
            later = [link.src for link in case.links_to([id_], LinkKind.REVERTS) if link.src in case.evidence]
            if not reply and later:
                again = case.evidence[later[-1]]
                reply = f"It landed again on {day(again.happened_at)}: “{short(again.title, 60)}”."
            yield Reply(question, reply, "" if answer else "The claim does not mention it: ask before the meeting.", (id_, *later[-1:]))
    open_ = [a for a in packet.rehearsal.answers if a.verdict in (Verdict.OPEN, Verdict.THIN) and "went wrong" not in a.question]
    open_.sort(key=lambda a: (a.verdict is not Verdict.OPEN, HARDEST.index(a.seat) if a.seat in HARDEST else len(HARDEST)))
    seen: set[str] = set()
    for hard in open_:
        if hard.seat not in seen and hard.seat != "manager":
            seen.add(hard.seat)
            ids = tuple(id_ for line in hard.says for id_ in line.evidence)
            yield Reply(hard.question, reply_to(hard, width), lacking(hard), ids, ladders.criteria_asking(case.ladder, hard.name))


def answered(packet: Packet, id_: str) -> bool:
    """Whether a record is itself the landing again of what was taken back: that is a reply, no objection."""
    case = packet.case
    return any(case.mine(case.evidence[link.dst]) is False for link in case.links_from([id_], LinkKind.REVERTS) if link.dst in case.evidence)


def reply_to(answer: Answer, width: int) -> str:
    """The first thing on record that goes towards an answer; empty where there is nothing."""
    return sentence(ask.clipped(visible(ask.dated(answer.says[0].text)), max(width, 95))) if answer.says else ""


def lacking(answer: Answer) -> str:
    """What to say where the record has too little: what is missing, and by when it could be there."""
    by = f" It could be there by {day(answer.closes_by)}." if answer.closes_by else ""
    missing = re.sub(r"^an answer to [A-Z]\d{3}: ", "a reply to this: ", visible(answer.missing))
    return f"Not yet on record: {missing}.{by}" if missing else f"Not yet on record.{by}"


def footer(made: Brief) -> str:
    """How long it takes to say, and what is left out."""
    minutes, seconds = divmod(made.seconds, 60)
    time = " ".join(part for part in (count(minutes, "minute") if minutes else "", count(seconds, "second") if seconds else "") if part)
    left = f" {count(made.left, 'further claim')} {'is' if made.left == 1 else 'are'} in the packet." if made.left else ""
    return f"{count(made.words, 'word')}: {time or '0 seconds'} to say aloud at {PACE} words a minute.{left}{f' {made.withheld}' if made.withheld else ''}"


def text(made: Brief, width: int = 80) -> str:
    """The brief for a terminal."""
    from muster.packet.text import wrapped

    lines = [made.name, wrapped(made.who, width), "", wrapped(made.sentence, width)]
    for place, one in enumerate(made.claims, 1):
        lines += ["", wrapped(one.title, width, f"{place} ")]
        lines += [wrapped(said, width, f"  {name:<9}") for name, said in one.lines]
        lines.append(wrapped(one.backed, width, "  backed   "))
        if one.shows:
            lines.append(wrapped(listed(one.shows, 4), width, "  shows    "))
    if not made.claims:
        lines += ["", "No claim is written yet, and nothing on record makes one."]
    if made.questions:
        lines += ["", "They will ask"]
    for reply in made.questions:
        lines.append(wrapped(reply.question + about(reply), width, "  · "))
        lines += [wrapped(said, width, "    ") for said in (reply.answer, reply.otherwise if reply.otherwise else "") if said]
    return "\n".join([*lines, "", wrapped(footer(made), width)])


def about(reply: Reply) -> str:
    """Which of the ladder's criteria a question is about, to stand after it."""
    return f" ({listed(reply.of, 3)})" if reply.of else ""


def markdown(made: Brief) -> str:
    """The brief as Markdown, for a mail or a page."""
    from muster.packet.md import safe

    parts = [f"# {safe(made.name)}", safe(made.who), safe(made.sentence)]
    for place, one in enumerate(made.claims, 1):
        rows = [f"- **{name}**: {safe(said)}" for name, said in one.lines]
        rows.append(f"- **backed by**: {safe(one.backed)}")
        rows += [f"- **shows**: {safe(listed(one.shows, 4))}"] if one.shows else []
        parts += [f"## {place}. {safe(one.title)}", "\n".join(rows)]
    if made.questions:
        parts.append("## They will ask")
    for reply in made.questions:
        parts.append("\n".join([f"**{safe(reply.question)}**{safe(about(reply))}", "", " ".join(safe(said) for said in (reply.answer, reply.otherwise) if said)]))
    return "\n\n".join([*parts, f"*{safe(footer(made))}*"]) + "\n"
