"""Trailers: lines of a message such as `Reviewed-by: Ann Arbor <ann@example.org>`, and what each makes of whom it names.

A line counts wherever it starts with a known word, because a squash merge leaves trailers in mid-message; quoted and
indented lines do not count. `Signed-off-by` says only that somebody passed a change on (Developer Certificate of Origin):
the author's own says nothing, one after it in the last paragraph is of somebody who took the change and handed it on, and
none of them says that it was reviewed. On what GitHub squashed it says nothing at all. Nothing is dropped silently: `Read.heard` counts every line and what it became.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from muster.model import Role

Identity = tuple[str, str]

#: What a word makes of whom it names. Words that carry no part in this change (`Cc`, `Original-Reviewed-by`) stand in none.
ROLES = {
    Role.CO_AUTHOR: "co-authored co-developed co-develop coauthored co-author also",
    Role.REVIEWER: "reviewed reported-and-reviewed reviewed-and-tested tested-and-reviewed reviewed-and-acked acked-and-reviewed",
    Role.ACKER: "acked ack trivially-acked reviewed-and-acked acked-and-reviewed acked-and-tested tested-and-acked",
    Role.TESTER: "tested reviewed-and-tested tested-and-reviewed reported-and-tested tested-and-reported acked-and-tested tested-and-acked",
    Role.REPORTER: "reported noticed found spotted discovered pointed-out requested reported-and-tested tested-and-reported "
    "reported-and-reviewed reported-and-suggested reported-and-helped",
    Role.HELPER: "helped suggested reported-and-suggested reported-and-helped mentored co-mentored improved based-on-patch "
    "based-on-a-patch original-patch initial-patch inspired diagnosed debugged analyzed explained contributions proposed",
}
PARTS: dict[str, tuple[Role, ...]] = {}
for _role, _words in ROLES.items():
    for _word in _words.split():
        PARTS[f"{_word}-by"] = (*PARTS.get(f"{_word}-by", ()), _role)
PARTS["thanks-to"] = (Role.HELPER,)
SIGNED = "signed-off-by"

#: At most three spaces before it: four make code, and `>` makes a quotation of somebody else's message. A space for a
#: hyphen is a slip that people make in the most common words only.
LINE = (
    r"^ {0,3}(?P<word>[A-Za-z]+(?:-[A-Za-z]+){0,5}-[Bb][Yy]|(?i:thanks-to)"
    r"|(?i:signed[- ]off|reviewed|acked|tested|reported|suggested|co-authored) (?i:by))[ \t]*:[ \t]*(?P<value>.*?)[ \t\r]*$"
)
ANY = r"(?i)(?:[- ]by|thanks-to)[ \t]*:"
NAMED = re.compile(r"^(.*?)[ \t]*<[ \t]*([^<>\s@]+@[^<>\s]+?)[ \t]*>")
BARE = re.compile(r"^([^<>@\s][^<>@]*?)??[ \t]*[(<\[]?([^<>()\[\]\s@]+@[^<>()\[\]\s@]+\.[^<>()\[\]\s@]+?)[)>\].,;]*$")
HANDLE = re.compile(r"@?([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))")
#: A trailer's value is read up to here: no name and e-mail is longer.
LONGEST = 400
#: GitHub's own name as a committer: what it squashes carries everybody's signatures, and nobody handed it on.
WEB_FLOW = "noreply@github.com"
NEVER = np.iinfo(np.int64).max

#: What became of a line that made nobody a participant.
OWN, BEFORE, NOBODY, NO_PART = (
    "the author's own", "signed, but who passed it on cannot be told", "names nobody", "no part in the change"
)


@dataclass(frozen=True, slots=True)
class Read:
    """What the trailers of some commits say.

    `named` is (seq, role, name, email) of everybody whom they name, in order; `email` is `@handle` where that is all there
    is, and empty where only a name is given. `heard` counts the lines: (word, what it became, how many), most first; what
    it became is a role or one of OWN, BEFORE, NOBODY and NO_PART.
    """

    named: pa.Table
    heard: tuple[tuple[str, str, int], ...]


SCHEMA = pa.schema([("seq", pa.int32()), ("role", pa.string()), ("name", pa.string()), ("email", pa.string())])


def lines(commits: pa.Table) -> pa.Table:
    """(seq, word, value, place, final) of each line of a message that reads as a trailer, in order.

    `word` is in lower case with hyphens, `place` counts the lines, and `final` says that it stands in the last paragraph,
    where alone git itself reads trailers.
    """
    holding = commits.select(["seq", "body"]).filter(pc.match_substring_regex(commits["body"], ANY)).combine_chunks()
    split = pc.split_pattern(holding["body"].combine_chunks(), "\n") if holding.num_rows else pa.array([], pa.list_(pa.string()))
    text, row = pc.list_flatten(split), pc.list_parent_indices(split).to_numpy()
    places = pc.indices_nonzero(pc.match_substring_regex(text, LINE)).to_numpy()
    parts = pc.extract_regex(text.take(pa.array(places)), LINE)
    owner = row[places]
    return pa.table({
        "seq": holding["seq"].take(pa.array(owner)).cast(pa.int32()),
        "word": pc.replace_substring(pc.utf8_lower(parts.field("word")), " ", "-"),
        "value": pa.array(_unfolded(parts.field("value").to_pylist(), places, text, row), pa.string()),
        "place": pa.array(places, pa.int64()),
        "final": pa.array(places > _last(text, row, holding.num_rows)[owner], pa.bool_()),
    })


def read(commits: pa.Table) -> Read:
    """Everybody whom a trailer names, and what every such line became. One pass over the lines, near-linear in their bytes."""
    found = lines(commits)
    if not found.num_rows:
        return Read(SCHEMA.empty_table(), ())
    words, values = found["word"].to_pylist(), found["value"].to_pylist()
    places, final = found["place"].to_numpy(), found["final"].to_numpy()
    authors = commits.take(pc.index_in(found["seq"], value_set=commits["seq"].combine_chunks()))
    owner = found["seq"].to_numpy()
    heard: Counter[tuple[str, str]] = Counter()
    # Most lines of many histories are an author's own signature, which says nothing: known at once, without reading it.
    whole = pc.binary_join_element_wise(authors["author_name"], " <", authors["author_email"], ">", "")
    is_own = pc.equal(found["value"], whole).to_numpy() & pc.equal(found["word"], SIGNED).to_numpy()
    heard[SIGNED, OWN] += int(is_own.sum())
    since = np.full(int(owner.max()) + 1, NEVER)
    by_hand = pc.not_equal(authors["committer_email"], WEB_FLOW).to_numpy()
    np.minimum.at(since, owner[is_own & final & by_hand], places[is_own & final & by_hand])
    left = np.flatnonzero(~is_own)
    seqs = owner[left].tolist()
    names, emails = (authors[f"author_{one}"].take(pa.array(left)).to_pylist() for one in ("name", "email"))
    signed_before = (places[left] > since[owner[left]]).tolist()

    rows: dict[tuple[int, str, str, str], None] = {}
    signed: list[tuple[int, str, str]] = []
    at, own = -1, False
    wrote: set[str] = set()

    def passed_on() -> None:
        for seq, name, email in signed:
            if email.casefold() in wrote or (name and name.casefold() in wrote):
                heard[SIGNED, Role.CO_AUTHOR.value] += 1
            else:
                rows[seq, Role.LANDER.value, name, email] = None
                heard[SIGNED, Role.LANDER.value] += 1
        signed.clear()

    read_ = zip(seqs, [words[i] for i in left], [values[i] for i in left], names, emails, (final & by_hand)[left].tolist(), signed_before, strict=True)
    for seq, word, value, name, email, tail, after in read_:
        if seq != at:
            passed_on()
            at, own = seq, False
            wrote.clear()
        people = named(value)
        if word == SIGNED:
            if not people:
                heard[word, NOBODY] += 1
            for who, address in people:
                if address.casefold() == email.casefold() or who.casefold() == name.casefold():
                    own = own or tail
                    heard[word, OWN] += 1
                elif (own or after) and tail and address:
                    signed.append((seq, who, address))
                else:
                    heard[word, BEFORE] += 1
            continue
        roles = PARTS.get(word, ())
        if not roles:
            # A line of prose may end in "by:" as well; with an address it was meant as a trailer.
            if "@" in value:
                heard[word, NO_PART] += 1
            continue
        if not people:
            heard[word, NOBODY] += 1
        for role in roles:
            for who, address in people:
                rows.setdefault((seq, role.value, who, address))
                heard[word, role.value] += 1
                if role is Role.CO_AUTHOR:
                    wrote |= {one.casefold() for one in (who, address) if one}
    passed_on()
    columns: Sequence[Sequence[object]] = list(zip(*sorted(rows, key=lambda one: one[0]), strict=True)) or [(), (), (), ()]
    table = pa.table([pa.array(column, kind.type) for column, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)
    return Read(table, tuple((word, what, count) for (word, what), count in sorted(heard.items(), key=lambda one: (-one[1], one[0]))))


def trailers(commits: pa.Table) -> pa.Table:
    """(seq, role, name, email) of everybody whom a trailer of a commit names, in order: `Read.named`."""
    return read(commits).named


def _last(text: pa.Array, row: np.ndarray, rows: int) -> np.ndarray:
    """For each message, the place of the blank line before its last paragraph; below its first line where it has one only."""
    if not rows:
        return np.array([], np.int64)
    blank = pc.match_substring_regex(text, r"^\s*$").to_numpy(zero_copy_only=False)
    place = np.arange(len(row))
    first = np.searchsorted(row, np.arange(rows))
    end = np.maximum.reduceat(np.where(blank, -1, place), first)
    # A blank line counts where text of the same message follows it.
    before = np.where(blank & (place < end[row]), place, -1)
    return np.asarray(np.maximum.reduceat(before, first))


def _unfolded(values: list[str], places: np.ndarray, text: pa.Array, row: np.ndarray) -> list[str]:
    """The values, with the next line added where a name stands alone and its address follows, indented."""
    found = []
    for value, place in zip(values, places.tolist(), strict=True):
        if "@" not in value and place + 1 < len(row) and row[place + 1] == row[place]:
            more = text[place + 1].as_py()
            if more[:1] in " \t" and "<" in more and "@" in more and ":" not in more:
                value = f"{value} {more.strip()}".strip()
        found.append(value)
    return found


@lru_cache(maxsize=65536)
def named(value: str) -> tuple[Identity, ...]:
    """The (name, e-mail) that a trailer's value gives; none where it is empty or no name at all."""
    value = value[:LONGEST]
    if found := NAMED.match(value):
        return ((found[1].strip(' "\''), found[2]),)
    if found := BARE.match(value):
        return (((found[1] or "").strip(' "\'(<['), found[2]),)
    if value.startswith("@"):
        return tuple(("", f"@{handle[1].lower()}") for part in re.split(r"[,\s]+", value) if (handle := HANDLE.fullmatch(part)))
    name = re.sub(r"\s*[<(].*$", "", value).strip()
    return ((name, ""),) if name and len(name) <= 80 else ()
