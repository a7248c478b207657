"""The first screen, settled once for rules and formats: who, one sentence, each claim in short lines; and how many words it has.

Thirty seconds read about 120 words. Where the claims say more, their lines are cut at the ends of clauses, in steps, and of
several who back a claim the first is named and the others are counted. A gap is never left out, nor is a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from muster.model import Basis, Case, Claim, Observed, Period, Statement
from muster.phrases import MONTHS, amount, count, filled, sentence, short, span, visible
from muster.quantities import figures
from muster.quantities.units import minus, shown

#: Words that thirty seconds read.
SKIM = 120
#: At most this many claims stand on the first screen.
CLAIMS = 4
#: (characters of a line, names of those who back a claim), from roomy to tight: the first that keeps to the time is taken.
STEPS = ((90, 2), (70, 1), (50, 1))
#: Where a sentence may be cut: before what a comma, a colon or a dash sets off.
_CLAUSE = re.compile(r"(?:[,;:]| [–—])(?=\s)")
_VERBS = "went|gone|goes|fell|fallen|rose|risen|dropped|grew|grown|came|come|moved|changed|shrank|shrunk"
#: What an observed number's sentence says before its two values, so that it can be shown as `what: 35.2 → 10.1 minutes`.
FROM = re.compile(
    rf"^(?!(?i:{_VERBS}|it|this|that|they|these|those|which)\b)(?P<what>.{{3,}}?\w)(?:\s+(?:has|have))?(?:\s+(?:{_VERBS})(?:\s+(?:down|up))?)?\s+from\s*$"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a line: what they stand on, and how they are meant.

    `look` is "" for prose, "figure" for an observed number, "footing" for how sure it is, "name" for somebody who backs
    a claim, "gap" for what is missing, and "said" for the owner's word, which stands on no record.
    """

    text: str
    evidence: tuple[str, ...] = ()
    look: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A claim on the first screen: its place among the claims, its title, and its lines by label."""

    place: int
    title: str
    lines: tuple[tuple[str, tuple[Piece, ...]], ...]

    @property
    def words(self) -> int:
        """How many words it has, without its labels."""
        return words([self.title, *(piece.text for _, line in self.lines for piece in line)])


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first screen of a packet shows, in order. `left` counts claims that it does not show."""

    name: str
    levels: str
    who: str
    lede: tuple[Statement, ...]
    cards: tuple[Card, ...]
    left: int

    @property
    def key(self) -> str:
        """What the mark of the owner's word means, where the mark is there."""
        marked = any(piece.look == "said" for card in self.cards for _, line in card.lines for piece in line)
        return "the owner’s word, no record" if marked else ""

    @property
    def more(self) -> str:
        """How many claims stand further down only."""
        return f"{count(self.left, 'more claim')} below" if self.left else ""

    @property
    def nothing(self) -> str:
        """What is said where there is no claim."""
        return "" if self.cards else "No claim is written yet."

    @property
    def words(self) -> int:
        """How many words the first screen has, its labels once for each row of claims; a mark, an arrow or a dash is none."""
        texts = [self.name, self.levels, self.who, "".join(part.text for part in self.lede), self.key, self.more, self.nothing]
        for row in rows(self.cards):
            texts += [label for label, _ in row[0].lines]
        return words(texts) + sum(card.words for card in self.cards)


def words(texts: Iterable[str]) -> int:
    """How many words they have together: what stands between spaces and has a letter or a digit in it."""
    return sum(any(character.isalnum() for character in word) for text in texts for word in text.split())


def rows(cards: tuple[Card, ...]) -> Iterator[tuple[Card, ...]]:
    """The claims as they stand beside each other: up to three in a row, four as two and two."""
    size = 3 if len(cards) <= 3 else 2
    for start in range(0, len(cards), size):
        yield cards[start : start + size]


#: Who backs a claim: (name, team, evidence ids), most records first.
Voices = tuple[tuple[str, str, tuple[str, ...]], ...]


def opening(case: Case, claims: Sequence[tuple[Claim, Voices]], lede: Sequence[Statement], unbound: Mapping[str, str]) -> Opening:
    """The first screen, as roomy as thirty seconds allow: of these claims, in their order, below that sentence.

    `unbound` says, by a claim's path, which number in it no data backs.
    """
    made = [of_size(case, claims, lede, unbound, *step) for step in STEPS]
    return next((one for one in made if one.words <= SKIM), made[-1])


def of_size(
    case: Case, claims: Sequence[tuple[Claim, Voices]], lede: Sequence[Statement], unbound: Mapping[str, str], width: int, names: int
) -> Opening:
    """The first screen with lines of at most that many characters, and that many names for each claim."""
    return Opening(
        visible(case.person.name),
        f"{visible(case.level_from)} to {visible(case.level_to)}",
        " · ".join(part for part in (months(case.period), team(case)) if part),
        tuple(Statement(visible(part.text), part.evidence) for part in lede),
        tuple(card(case, one, heard, unbound, place, width, names) for place, (one, heard) in enumerate(claims[:CLAIMS], 1)),
        max(0, len(claims) - CLAIMS),
    )


def written(case: Case) -> tuple[Statement, ...]:
    """The owner's one sentence; nothing where none is written."""
    return (Statement(sentence(case.sentence)),) if case.sentence else ()


def team(case: Case) -> str:
    """The person's team and how it is known: `deploy team`, `client (inferred)`; empty where it is not."""
    if not case.team:
        return ""
    return f"{case.team} (inferred)" if case.team_basis is Basis.INFERRED else f"{case.team} team"


def gaps(case: Case, claim: Claim) -> int:
    """How much a claim still lacks: a beat, a record behind it, a voice from outside. What lacks least is read first."""
    missing = sum(not beat for _, beat in claim.beats)
    return missing + (not any(id_ in case.evidence for id_ in case.backing(claim))) + (not case.outside_witnesses(claim))


def of_case(case: Case, unbound: Mapping[str, str]) -> Opening:
    """The first screen that a case's packet would have, but for a sentence that the owner has not written."""
    claims = sorted(case.claims, key=lambda claim: gaps(case, claim))
    return opening(case, [(claim, by_person(case, case.outside_witnesses(claim))) for claim in claims], written(case), unbound)


def by_person(case: Case, records: Iterable[tuple[str, str, str]]) -> Voices:
    """(person, team, evidence id) of many records as (name, team, evidence ids), most records first."""
    found: dict[str, list[str]] = {}
    teams: dict[str, str] = {}
    for person, away, id_ in records:
        found.setdefault(person, []).append(id_)
        teams.setdefault(person, away)
    rows_ = [(case.name_of(person), teams[person], tuple(dict.fromkeys(ids))) for person, ids in found.items()]
    return tuple(sorted(rows_, key=lambda row: (-len(row[2]), row[0])))


def observed(case: Case, claim: Claim) -> tuple[Observed, ...]:
    """What the data behind a claim's numbers says, in the claim's order."""
    return tuple(seen for seen in case.observed if seen.path == claim.where.path)


def brief(one: Observed) -> str:
    """A number's change in as few words as carry it: `35.2 → 10.1 minutes`."""
    if one.before is None or one.after is None:
        return ""
    return f"{minus(amount(one.before.value))} → {shown(one.after.value, one.unit)}"


def months(period: Period) -> str:
    """The period as it is read, in months where it is whole ones: `January – June 2026`."""
    first, last = period.since, period.until
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        return span(first, last)
    until = f"{MONTHS[last.month - 1]} {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return until
    return f"{MONTHS[first.month - 1]}{'' if first.year == last.year else f' {first.year}'} – {until}"


def card(case: Case, one: Claim, heard: Voices, unbound: Mapping[str, str], place: int, width: int, names: int) -> Card:
    """One claim in four lines: its beats, and who backs it."""
    lines = [(name, beat_line(case, one, unbound, name, width)) for name, _ in one.beats]
    return Card(place, short(one.title, 70), (*lines, ("backed by", backers(heard, names))))


def beat_line(case: Case, one: Claim, unbound: Mapping[str, str], name: str, width: int) -> tuple[Piece, ...]:
    """A beat's first sentence; of what changed the one that has the observed number, which is set as such, with its interval."""
    beat = dict(one.beats)[name]
    seen = next((row for row in observed(case, one) if row.before and row.after), None) if name == "changed" else None
    found: list[Piece] = []
    if beat:
        line = next((line for line in beat.statements if seen and holds(line.text, seen)), beat.statements[0])
        found += measured(case, one, line, seen, width) if seen else [piece(case, one, line, width)]
    else:
        found.append(Piece("not written yet", look="gap"))
    if seen and not any(part.look == "figure" for part in found):
        found.append(Piece(brief(seen), look="figure"))
    if seen:
        found.append(Piece(footing(seen), look="footing"))
    elif name == "changed" and (gap := unbound.get(one.where.path or "", "")):
        found.append(Piece(gap, look="gap"))
    return tuple(found)


def piece(case: Case, one: Claim, line: Statement, width: int) -> Piece:
    """A sentence of a claim, cut to that many characters, and whether anything but the owner's word is behind it."""
    text = clause(visible(filled(line.text, observed(case, one))), width)
    return Piece(text, line.evidence, "" if any(id_ in case.evidence for id_ in line.evidence) else "said")


def clause(text: str, most: int) -> str:
    """The text's first sentence, or as many of its clauses as fit into that many characters, and an ellipsis.

    A clause is never cut, unless it alone is longer than the roomiest line.
    """
    first = re.split(r"(?<=[.?])\s", text, maxsplit=1)[0]
    if len(first) <= most:
        return first
    ends = [found.start() for found in _CLAUSE.finditer(first) if found.start() >= 30]
    fitting = [end for end in ends if end <= most] or ends[:1]
    if fitting and fitting[-1] <= STEPS[0][0]:
        return f"{first[: fitting[-1]]}…"
    return first if len(first) <= STEPS[0][0] else short(first, STEPS[0][0])


def holds(text: str, seen: Observed) -> bool:
    """Whether a sentence names a number's value before and after its event."""
    return f"{{{seen.name}.before}}" in text and f"{{{seen.name}.after}}" in text


def measured(case: Case, one: Claim, line: Statement, seen: Observed, width: int) -> list[Piece]:
    """The sentence of an observed number, as `what it is of: 35.2 → 10.1 minutes` where it can be read so; else as it is."""
    what, _, _ = line.text.partition(f"{{{seen.name}.before}}")
    found = FROM.match(what) if holds(line.text, seen) and "{" not in what else None
    if found is None or len(found["what"]) > width:
        return [piece(case, one, line, width)]
    return [Piece(f"{visible(found['what'])}:", line.evidence), Piece(brief(seen), look="figure")]


def footing(seen: Observed) -> str:
    """What a number's change is of, and how sure its later value is, in as few words as carry it: `p95; 95 %: 9.7–10.3`."""
    if seen.after is None or seen.after.low is None or seen.after.high is None:
        return seen.statistic
    bounds = figures.bounds(seen.after)
    return f"{seen.statistic}; 95 %: {bounds if '−' in bounds else bounds.replace(' to ', '–')}"


def backers(heard: Voices, names: int) -> tuple[Piece, ...]:
    """Those outside the team who back a claim by their own record: the first by name and team, the others counted."""
    if not heard:
        return (Piece("nobody outside yet", look="gap"),)
    first = heard[:names]
    # The first two of one team tell less than one of each.
    if names == 2 and (away := [voice for voice in heard[1:] if voice[1] != heard[0][1]]):
        first = (heard[0], away[0])
    found: list[Piece] = []
    for place, (name, away_team, ids) in enumerate(first):
        found += [Piece("; ")] if place else []
        found += [Piece(visible(name), ids, "name"), Piece(f", {visible(away_team)}")]
    if len(heard) > len(first):
        rest = tuple(id_ for voice in heard if voice not in first for id_ in voice[2])
        found += [Piece("; "), Piece(str(len(heard) - len(first)), rest, "name"), Piece(" more")]
    return tuple(found)
