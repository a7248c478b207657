"""What must not leave: the look at every field of a packet before it is written, and the packet without such fields.

A field is a text of the packet as a format would show it: a title, an address, a name, an id, a sentence. Whole fields are
withheld, never parts (DESIGN, *Grades*); of a claim the whole beat. Withheld is what holds a name, term or host on the
owner's list (S602), what has the form of a credential (S601), the ids of a person whose name is on the list, and whatever
would quote the beginning of one of those. Equal ids get equal stand-ins, so that everything still leads to its evidence.

Every format is made from the packet, so what is gone here is gone from each of them: from text, addresses, ids and metadata.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from muster.model import (
    Beat,
    Claim,
    Evidence,
    Finding,
    Marked,
    Packet,
    Person,
    RefusedError,
    State,
    Statement,
    Thread,
    Withheld,
)
from muster.phrases import count, listed
from muster.rules.confidential import Marks, marks, secret

T = TypeVar("T")

#: What stands for a withheld sentence or title.
GONE = "[withheld]"
LISTED, CREDENTIAL, QUOTES = (
    "a name, term or host on the owner’s list", "the form of a credential", "the words of a field that is withheld",
)  # fmt: skip

#: muster's own words, which are nobody's secret: by record and field.
_OWN = {
    "Allow": {"code"}, "Answer": {"seat", "question", "codes", "name"}, "Checked": {"code", "name"}, "Criterion": {"questions", "signals"},
    "Evidence": {"kind"}, "Finding": {"code", "name"}, "Move": {"code"}, "Packet": {"kind", "version"},
    "Signal": {"name", "measure", "unit", "label"}, "Thread": {"missing"}, "Withheld": {"why"},
}  # fmt: skip
#: Fields that are read and that nothing is looked up by.
_PROSE = {
    "Allow": {"reason"}, "Answer": {"missing"}, "Case": {"sentence"}, "Checked": {"reason"}, "Claim": {"title"}, "Evidence": {"title", "text"},
    "Finding": {"seen", "move"}, "Link": {"reason"}, "Move": {"text", "why", "command"}, "Observed": {"problem"}, "Packet": {"blind_spots"},
    "Proposal": {"title"}, "Reference": {"text"}, "Signal": {"blind_spots"}, "Skipped": {"where", "reason"}, "SourceState": {"notes"},
    "Statement": {"text"}, "Thread": {"title"}, "Trend": {"problem"}, "Unresolved": {"reason"},
}  # fmt: skip
#: Fields that hold a team's name.
_TEAM = {"Case": {"team", "outside"}, "Thread": {"teams"}, "Tie": {"team"}, "Touch": {"teams"}}
#: What a sentence quotes cut short: `“Move everything to…”`, or a whole line that ends so.
_CUT = re.compile(r"[“\"‘]([^“”\"‘…]{4,})…|^(.{4,})…$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text of a packet: the record and field that it stands in, and the nearest place that the owner can look up."""

    record: str
    field: str
    text: str
    place: str


def export(packet: Packet, marked: tuple[Marked, ...], redact: bool, what: str, command: str) -> Packet:
    """The packet as it may leave. Raises `RefusedError` where something in it must not, and nobody asked for it to be withheld.

    `what` is what would be written, `command` what withholds it.
    """
    wanted = marks(marked)
    if redact:
        packet = redacted(packet, wanted)
    if found := leaks(packet, wanted):
        places: dict[str, dict[str, None]] = {}
        for place, why in found:
            places.setdefault(why, {})[place] = None
        told = [f"{why}: {listed(list(those), 4)}" for why, those in places.items()]
        raise RefusedError(
            what, f"not written: {count(len(found), 'field')} in it must not leave",
            "\n".join([*told[:6], *([f"and {len(told) - 6} more"] if len(told) > 6 else []), f"Say it otherwise there, or withhold it: {command}"]),
        )  # fmt: skip
    return packet


def leaks(packet: Packet, wanted: Marks) -> tuple[tuple[str, str], ...]:
    """(place, why) of every text of a packet that must not leave, each once, in the packet's order. Why never quotes it."""
    found: dict[tuple[str, str], None] = {}
    for leaf in leaves(packet):
        if secret(leaf.text):
            found[leaf.place, "a credential"] = None
        for one in wanted.found(leaf.text):
            found[leaf.place, f"what {one.where} keeps confidential"] = None
    return tuple(found)


def leaves(value: object, record: str = "", name: str = "", place: str = "the packet") -> Iterator[Leaf]:
    """Every text in a record and in those that it is made of, ids that lead somewhere included, in order."""
    if isinstance(value, str):
        if not isinstance(value, Enum) and name not in _OWN.get(record, ()):
            yield Leaf(record, name, value, place)
    elif is_dataclass(value):
        here = type(value).__name__
        place = _place(value) or place
        for one in fields(value):
            yield from leaves(getattr(value, one.name), here, one.name, place)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(key, "", "key", place)
            yield from leaves(inner, record, name, place)
    elif isinstance(value, tuple | list | frozenset):
        for inner in value if not isinstance(value, frozenset) else sorted(value, key=str):
            yield from leaves(inner, record, name, place)


def _place(value: object) -> str:
    """Where the owner can look a record up; empty where its parent's place is as good."""
    if isinstance(value, Claim | Finding):
        return str(value.where)
    if isinstance(value, Evidence | Thread | Person):
        return value.id
    return ""


def redacted(packet: Packet, wanted: Marks) -> Packet:
    """The packet without what must not leave, and with how many fields that are, and why."""
    work = _Redaction(wanted)
    work.look(packet)
    made = work.without(packet)
    reasons = Counter(work.why[text] for text in work.used)
    withheld = tuple(Withheld(why, reasons[why]) for why in (LISTED, CREDENTIAL, QUOTES) if reasons[why])
    # What S602 found is withheld now, and its place would tell where to look.
    checked = tuple(replace(one, state=State.CLEAR, findings=()) if one.code == "S602" and one.findings else one for one in made.checked)
    return replace(made, withheld=withheld, checked=checked, blind_spots=(said(withheld), *made.blind_spots))


def said(withheld: tuple[Withheld, ...]) -> str:
    """How many fields are withheld and why, in a sentence that every format has."""
    if not withheld:
        return "No field is withheld: nothing in this packet is on the owner’s list of what must not leave"
    total = sum(one.fields for one in withheld)
    why = f", for {withheld[0].why}" if len(withheld) == 1 else f": {listed([f'{one.fields} for {one.why}' for one in withheld])}"
    return f"{count(total, 'field is', 'fields are')} withheld{why}. Whole fields are withheld, never parts; equal fields count once"


@dataclass(slots=True)
class _Redaction:
    """What is withheld from one packet: by its text, why, and what stands for it. Filled by `look`, used by `without`."""

    marks: Marks
    why: dict[str, str] = field(default_factory=dict)
    stands: dict[str, str] = field(default_factory=dict)
    begun: tuple[str, ...] = ()
    used: dict[str, None] = field(default_factory=dict)

    def look(self, packet: Packet) -> None:
        """Find what must go: marked people first, because their other names go with them."""
        people = [one for one in {packet.case.person.id: packet.case.person, **packet.case.people}.values() if self.marks.found(one.name)]
        names: set[str] = set()
        if people:
            own = [(one, self.marks.found(one.name)[0].where) for one in people]
            for person, _ in own:
                for text in (person.id, person.name, *person.emails, *person.handles):
                    self.why[text] = LISTED
                names.update((person.name.casefold(), person.name.casefold().partition(" ")[0], _local(person.id)))
            also = [Marked(part, where) for person, where in own for part in (person.id, _local(person.id)) if len(part) >= 4]
            self.marks = marks([*self.marks.marked, *also])
        prose: dict[str, None] = {}
        ids: dict[str, str] = {}
        for leaf in leaves(packet):
            if leaf.text not in self.why:
                if self.marks.found(leaf.text) or (leaf.field == "witnesses" and _local(leaf.text) in names):
                    self.why[leaf.text] = LISTED
                elif secret(leaf.text):
                    self.why[leaf.text] = CREDENTIAL
            if leaf.text in self.why:
                if leaf.field in _PROSE.get(leaf.record, ()):
                    prose[leaf.text] = None
                else:
                    kind = "team" if leaf.field in _TEAM.get(leaf.record, ()) else "name" if (leaf.record, leaf.field) == ("Person", "name") else ""
                    ids[leaf.text] = ids.get(leaf.text) or kind
        for claim in packet.case.claims:
            for _, beat in claim.beats:
                lines = [line.text for line in beat.statements]
                if any(text in self.why for text in lines):
                    worst = CREDENTIAL if any(self.why.get(text) == CREDENTIAL for text in lines) else LISTED
                    for text in lines:
                        self.why.setdefault(text, worst)
                        prose[text] = None
        numbers: Counter[str] = Counter()
        for text, kind in ids.items():
            numbers[kind] += 1
            self.stands[text] = f"{kind} withheld ({numbers[kind]})" if kind else f"withheld-{numbers[kind]}"
        self.stands.update((text, GONE) for text in prose if text not in ids)
        self.begun = tuple(_bare(text) for text in prose)

    def without(self, value: T, record: str = "", name: str = "") -> T:
        """The record with a stand-in for each text that must go; the very same where there is none in it."""
        return self._without(value, record, name)  # type: ignore[no-any-return]

    def _without(self, value: Any, record: str, name: str) -> Any:
        if isinstance(value, str):
            return value if isinstance(value, Enum) or name in _OWN.get(record, ()) else self._text(value, record, name)
        if isinstance(value, Beat) and any(line.text in self.why for line in value.statements):
            ids = tuple(dict.fromkeys(id_ for line in value.statements for id_ in line.evidence))
            self.used.update(dict.fromkeys(line.text for line in value.statements))
            return Beat((Statement(GONE, self._without(ids, "Statement", "evidence"), value.line),), value.line)
        if is_dataclass(value) and not isinstance(value, type):
            here = type(value).__name__
            made = {one.name: (getattr(value, one.name), self._without(getattr(value, one.name), here, one.name)) for one in fields(value)}
            changed = {key: new for key, (old, new) in made.items() if new is not old}
            return replace(value, **changed) if changed else value
        if isinstance(value, Mapping):
            rows = {self._without(key, "", "key"): self._without(inner, record, name) for key, inner in value.items()}
            same = all(a is b and value[a] is rows[b] for a, b in zip(value, rows, strict=True))
            return value if same else rows
        if isinstance(value, tuple | list):
            items = [self._without(inner, record, name) for inner in value]
            return value if all(a is b for a, b in zip(value, items, strict=True)) else type(value)(items)
        return value

    def _text(self, text: str, record: str, name: str) -> str | None:
        if text in self.why:
            self.used[text] = None
            return None if (record, name) == ("Evidence", "url") else self.stands[text]
        # A sentence may quote a title cut short, before the name that is marked in it.
        if "…" in text and name in _PROSE.get(record, ()):
            cut = [_bare(first or second) for first, second in _CUT.findall(text)]
            if any(whole.startswith(part) for part in cut if part for whole in self.begun):
                self.why[text], self.stands[text] = QUOTES, GONE
                self.used[text] = None
                return GONE
        return text


def _bare(text: str) -> str:
    """The text without quotation marks and case, as a cut one is compared with it."""
    return " ".join(re.sub(r"[“”\"‘’']", "", text).casefold().split())


def _local(typed: str) -> str:
    """The name in an address or in `name@team`."""
    return typed.casefold().lstrip("@").partition("@")[0]
