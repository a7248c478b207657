"""The book is the test: Markdown files with named cases, each a small book, some evidence, and the findings expected.

A test book `tests/rules/CODE.md` is prose with cases. A heading begins a case; its fenced blocks make it:

- ```` ```markdown claims/x.md ```` is an entry. `recorded=2026-03-04` says when it was first recorded (the day it
  happened unless said; `recorded=never` for unknown) and `grade=said` how far it is trusted (kept unless said).
- ```` ```yaml case ```` is the rest of the case. Every key may be left out:

      person: ann · team: platform (null: unknown) · basis: known · period: 2026-01-01..2026-06-30 · today: 2026-07-10
      sources: [git, book] · bots: [ci] · thresholds: {log-gap-weeks: 3}
      evidence:                     # `git:a{1..3}` stands for git:a1, git:a2, git:a3
        git:a1: {by: ann, at: 2026-02-03, title: …, kind: change, recorded: …, grade: kept, team: payments,
                 with: {bob: reviewer}, about: git:a2, facts: {path: a.py}, function: product, touches: {api/x.go: own, web/y.ts: payments, z.go: unknown}}
      links: [git:b1 builds-on git:a1]
      threads: {t1: {title: …, evidence: [git:a1], began: self, missing: [changed], …}}
      drafts: [t1]                  # claims that muster drafted from threads
      signals: {reach.people: 3, reach.people@2026H1: {value: 1, evidence: [git:b1]}}
      unresolved: [claims/x.md:12 https://example.org/1 dead]
      confidential: [Project Zephyr] · proofs: {keep/x.eml: same} (changed, gone, not recorded)
      managers: [mo] · skip_level: sky · function: engineering
      breaks: [{where: "journal.jsonl:4", how: …, certain: true}] · sentence: …
      observed: {claims/x.md deploy_p95: {problem: …}}   # or before: [40, 36, 45], after: …, unit: min

  A link in an entry to an id's key, to an `https://example.org/KEY` or to another entry's path refers to that evidence.
- ```` ```expect ```` lists findings of the file's code, one a line, as `CODE WHERE` and perhaps `~ words that it says`;
  or `clear`, or `cannot tell` and perhaps `~ words of the reason`; and `allowed CODE WHERE`.

The same blocks under *Bad* and *Good* of a rule's docstring are read by the same functions.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from muster import rules
from muster.book import attach, claim_of, read_entry
from muster.model import (
    Basis,
    Beat,
    Began,
    Break,
    Case,
    Checked,
    Claim,
    Entry,
    Estimate,
    Evidence,
    Grade,
    Held,
    Link,
    LinkKind,
    Marked,
    Observed,
    Participant,
    Period,
    Person,
    Proof,
    Reference,
    Role,
    Signal,
    SourceState,
    Spread,
    State,
    Statement,
    Thread,
    Touch,
    Trend,
    Unresolved,
    Where,
)

BOOKS = Path(__file__).parent / "rules"


@dataclass(frozen=True)
class File:
    """An entry as it stands in a test book."""

    path: str
    text: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """One case of a test book: its name, the line it begins in, its files, its YAML, and what is expected."""

    name: str
    line: int
    files: tuple[File, ...]
    yaml: str
    expect: tuple[str, ...]


class BookError(AssertionError):
    """A test book that cannot be read: says where and what."""


def samples(text: str, name: str = "") -> list[Sample]:
    """The cases of a test book, in order; headings without blocks are prose."""
    found: list[Sample] = []
    title, line = name, 1
    files: list[File] = []
    yaml: list[str] = []
    expect: list[str] = []

    def end() -> None:
        if files or yaml or expect:
            found.append(Sample(title, line, tuple(files), "\n".join(yaml), tuple(expect)))
        for blocks in (files, yaml, expect):
            blocks.clear()

    tokens = MarkdownIt("commonmark").parse(text)
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0:
            end()
            title, line = tokens[at + 1].content, (token.map or [0])[0] + 1
        elif token.type == "fence":
            kind, *rest = token.info.split()
            if kind == "markdown" and rest:
                files.append(File(rest[0], token.content, dict(option.split("=", 1) for option in rest[1:])))
            elif kind == "yaml" and rest == ["case"]:
                yaml.append(token.content)
            elif kind == "expect":
                expect += [row.strip() for row in token.content.splitlines() if row.strip()]
            else:
                where = (token.map or [0])[0] + 1
                raise BookError(f"{name}:{where}: a block `{token.info}`; known are `markdown PATH`, `yaml case`, `expect`")
    end()
    return found


def spelt(id_: str) -> list[str]:
    """`git:a{1..3}` as its ids."""
    match = re.fullmatch(r"(.*)\{(\d+)\.\.(\d+)\}(.*)", id_)
    return [f"{match[1]}{n}{match[4]}" for n in range(int(match[2]), int(match[3]) + 1)] if match else [id_]


def every(ids: Sequence[str] | None) -> tuple[str, ...]:
    """Ids with those that stand for several spelt out."""
    return tuple(one for id_ in ids or () for one in spelt(str(id_)))


def moment(value: Any) -> datetime | None:
    """A date (at nine in the morning) or time of the YAML, in UTC."""
    if value is None or value == "unknown":
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    day = value if isinstance(value, date) else date.fromisoformat(str(value))
    return datetime.combine(day, time(9), UTC)


def person_of(name: str) -> str:
    """The id of somebody by their short name."""
    return name if "@" in name else f"{name}@example.org"


KNOWN = {
    "person", "team", "basis", "period", "today", "sources", "bots", "thresholds", "evidence", "links", "threads",
    "drafts", "signals", "unresolved", "observed", "confidential", "proofs", "breaks", "sentence",
    "managers", "skip_level", "function",
}  # fmt: skip


def case_of(sample: Sample) -> Case:
    """The case that a sample describes."""
    raw: dict[str, Any] = YAML(typ="safe", pure=True).load(sample.yaml) or {}
    if unknown := sorted(set(raw) - KNOWN):
        raise BookError(f"{sample.name}: unknown keys {unknown}; known are {sorted(KNOWN)}")
    me = person_of(raw.get("person", "ann"))
    team = raw.get("team", "platform")
    basis = Basis(raw.get("basis", "known"))
    since, until = (date.fromisoformat(day) for day in raw.get("period", "2026-01-01..2026-06-30").split(".."))
    today = raw.get("today", date(2026, 7, 10))

    entries = tuple(entry_of(file) for file in sample.files)
    evidence, outside = evidence_of(raw.get("evidence") or {}, me, team, basis, since)
    for entry in entries:
        evidence[entry.id] = Evidence(
            entry.id, "book", entry.type, "book", entry.path, entry.title, me,
            moment(entry.happened_at), entry.recorded_at, entry.grade, text=entry.body,
        )
    links = [link_of(row) for row in raw.get("links") or ()]
    resolved = {entry.path: resolve(entry, evidence) for entry in entries}
    for entry in entries:
        for reference, ids in resolved[entry.path].items():
            links += [Link(entry.id, id_, LinkKind.CITES, reference.text) for id_ in ids if id_ != entry.id]
    threads = tuple(
        thread_of(id_, settings, evidence, basis) for id_, settings in (raw.get("threads") or {}).items()
    )
    claims = [attach(claim_of(entry), resolved[entry.path]) for entry in entries if entry.type == "claim"]
    claims += [drafted(thread, evidence) for thread in threads if thread.id in (raw.get("drafts") or ())]
    names = {me, *(piece.actor for piece in evidence.values()), *map(person_of, raw.get("managers") or ())}
    names |= {person_of(raw["skip_level"])} if "skip_level" in raw else set()
    bots = {person_of(name) for name in raw.get("bots") or ()}
    return Case(
        person=Person(me, "Ann Arbor"),
        period=Period(since, until),
        today=today,
        team=team,
        team_basis=basis,
        claims=tuple(claims),
        entries=entries,
        evidence=evidence,
        links=tuple(links),
        threads=threads,
        signals=tuple(signal_of(key, value) for key, value in (raw.get("signals") or {}).items()),
        unresolved=tuple(unresolved_of(row) for row in raw.get("unresolved") or ()),
        people={id_: Person(id_, id_.partition("@")[0].capitalize(), bot=id_ in bots) for id_ in sorted(names | bots)},
        outside=outside,
        connected=tuple(SourceState(name, name, 1, None) for name in raw.get("sources", ["git", "book"])),
        thresholds=raw.get("thresholds") or {},
        sentence=raw.get("sentence", ""),
        managers=tuple(person_of(name) for name in raw.get("managers") or ()),
        skip_level=person_of(raw["skip_level"]) if "skip_level" in raw else None,
        function=raw.get("function"),
        functions={
            id_: settings["function"] for key, settings in (raw.get("evidence") or {}).items() if settings and "function" in settings for id_ in spelt(key)
        },
        confidential=tuple(Marked(str(text), f"confidential.txt:{n}") for n, text in enumerate(raw.get("confidential") or (), 1)),
        proofs=tuple(Proof(path, Held(held), "journal.jsonl:7") for path, held in (raw.get("proofs") or {}).items()),
        breaks=tuple(Break(**row) for row in raw.get("breaks") or ()),
        observed=tuple(
            observed_of(key, value) for key, value in (raw.get("observed") or {}).items()
        ),
    )


def entry_of(file: File) -> Entry:
    """An entry, recorded on the day that it happened unless its options say otherwise."""
    grade = Grade[file.options.get("grade", "kept").upper()]
    bare = read_entry(file.path, file.text, None, grade)
    recorded = file.options.get("recorded")
    if recorded == "never":
        return bare
    return read_entry(file.path, file.text, moment(recorded) if recorded else moment(bare.happened_at), grade)


def evidence_of(
    rows: Mapping[str, Any], me: str, team: str | None, basis: Basis, since: date
) -> tuple[dict[str, Evidence], dict[str, str]]:
    """Evidence by id, and the teams of those outside."""
    found: dict[str, Evidence] = {}
    outside: dict[str, str] = {}
    for key, settings in rows.items():
        settings = settings or {}
        for id_ in spelt(key):
            unknown = set(settings) - {"by", "at", "title", "kind", "recorded", "grade", "team", "with", "touches", "text", "url", "about", "facts", "function"}
            if unknown:
                raise BookError(f"{id_}: unknown keys {sorted(unknown)}")
            at = moment(settings.get("at", since))
            found[id_] = Evidence(
                id_,
                id_.partition(":")[0],
                settings.get("kind", "change"),
                "example/repo",
                id_.partition(":")[2],
                settings.get("title", f"Change {id_}"),
                person_of(settings.get("by", "ann")) if "by" in settings else me,
                at,
                moment(settings["recorded"]) if "recorded" in settings else at,
                Grade[settings.get("grade", "kept").upper()],
                settings.get("url", f"https://example.org/{id_.partition(':')[2]}"),
                settings.get("text", ""),
                tuple(Participant(person_of(name), Role(role)) for name, role in (settings.get("with") or {}).items()),
                tuple(touch_of(path, owner, team, basis) for path, owner in (settings.get("touches") or {}).items()),
                settings.get("about"),
                tuple((name, str(value)) for name, value in (settings.get("facts") or {}).items()),
            )
            if "team" in settings:
                outside[id_] = settings["team"]
    return found, outside


def touch_of(path: str, owner: str, team: str | None, basis: Basis) -> Touch:
    """A path with its owner: `own`, `unknown`, or a team's name."""
    own = {"own": True, "unknown": None}.get(owner, False)
    teams = () if own is None else (team or "own",) if own else (owner,)
    return Touch(path, posixpath.dirname(path) or path, teams, own, basis)


def resolve(entry: Entry, evidence: Mapping[str, Evidence]) -> dict[Reference, tuple[str, ...]]:
    """What an entry's references are: by key, address, or path of another entry."""
    found: dict[Reference, tuple[str, ...]] = {}
    for reference in entry.references:
        target = reference.target
        path = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), target))
        found[reference] = tuple(
            piece.id
            for piece in evidence.values()
            if target in (piece.id, piece.ref, piece.url) or piece.id == f"book:{path}"
        )
    return found


def link_of(row: str) -> Link:
    """`SRC KIND DST`."""
    src, kind, dst = row.split()
    return Link(src, dst, LinkKind(kind), f"{src} says so")


def thread_of(id_: str, settings: Mapping[str, Any], evidence: Mapping[str, Evidence], basis: Basis) -> Thread:
    """A thread over evidence; its span and areas are those of the evidence."""
    ids = every(settings.get("evidence"))
    lists: dict[str, Any] = {
        name: every(settings.get(name))
        for name in ("problem", "did", "changed", "artifacts", "counter", "missing", "areas", "teams", "others", "outside")
    }
    unknown = set(settings) - {*lists, "title", "evidence", "began", "foresight"}
    if unknown:
        raise BookError(f"{id_}: unknown keys {sorted(unknown)}")
    times = sorted(at for one in ids if one in evidence and (at := evidence[one].happened_at))
    when = times or [datetime(2026, 1, 1, tzinfo=UTC)]
    lists["others"] = tuple(person_of(name) for name in lists["others"])
    lists["outside"] = tuple(person_of(name) for name in lists["outside"])
    return Thread(
        id_, settings.get("title", id_), when[0], when[-1], ids,
        **lists, began=Began(settings.get("began", "unknown")), foresight=settings.get("foresight"), basis=basis,
    )


def drafted(thread: Thread, evidence: Mapping[str, Evidence]) -> Claim:
    """The claim that stands in for a thread: each beat is what the thread has for it."""

    def beat(ids: Sequence[str]) -> Beat:
        return Beat(tuple(Statement(evidence[id_].title, (id_,)) for id_ in ids if id_ in evidence))

    return Claim(
        Where(thread=thread.id), thread.title, beat(thread.problem), beat(thread.did or thread.evidence),
        beat(thread.changed), evidence=thread.evidence, thread=thread.id, drafted=True,
    )


def signal_of(key: str, value: Any) -> Signal:
    """`name.measure@label` with a value, or with `value:` and `evidence:`."""
    name, _, rest = key.partition(".")
    measure, _, label = rest.partition("@")
    settings = value if isinstance(value, dict) else {"value": value}
    number = settings["value"]
    return Signal(
        name, measure, "", label or "case", None if number is None else float(number), every(settings.get("evidence"))
    )


def observed_of(key: str, settings: Mapping[str, Any]) -> Observed:
    """`PATH NAME` with `problem: …`, or with `before:` and `after:` as [value, low, high], and perhaps `unit:`, `change:` and
    `ratio:` (as before) and `trend:` (why there is none)."""
    path, name = key.split()

    def side(row: Sequence[float | None] | None) -> Spread | None:
        return Spread(row[0] or 0.0, row[1], row[2], 40) if row else None

    def estimate(row: Sequence[float | None] | None) -> Estimate | None:
        return Estimate(row[0] or 0.0, row[1], row[2]) if row else None

    trend = Trend("week", 3, 3, problem=settings["trend"]) if "trend" in settings else None
    return Observed(
        path, name, "data/x.csv", "median", settings.get("unit", ""), None, side(settings.get("before")), side(settings.get("after")),
        settings.get("problem", ""), estimate(settings.get("change")), estimate(settings.get("ratio")), trend,
    )


def unresolved_of(row: str) -> Unresolved:
    """`PATH:LINE TARGET dead` or `PATH:LINE TARGET unknown`."""
    where, target, state = row.split()
    path, _, line = where.partition(":")
    dead = state == "dead"
    return Unresolved(path, Reference(target, target, int(line)), dead, "no such commit" if dead else "not connected")


# --------------------------------------------------------------------------------------------------------------
# What came of it, beside what was expected


def outcome(code: str, sample: Sample) -> Checked:
    """What the rule of that code says of a sample."""
    return rules.rules()[code](case_of(sample))


def mismatches(code: str, sample: Sample) -> Iterator[str]:
    """Each way in which what a rule said differs from what the sample expects."""
    checked = outcome(code, sample)
    got = [(f"{one.code} {one.where}", f"{one.seen} | {one.move}") for one in checked.findings]
    allowed = [(f"allowed {one.code} {one.where}", allow.reason) for one, allow in checked.allowed]
    if not sample.expect:
        yield "it expects nothing; write `clear` where nothing is to be found"
    if not got:
        got = [(checked.state.value, checked.reason)]
    elif checked.state is not State.FOUND:
        yield f"it has findings and is {checked.state.value}"
    left = [*got, *allowed]
    for row in sample.expect:
        head, _, says = (part.strip() for part in row.partition("~"))
        match = next((one for one in left if one[0] == head or one[0].rpartition(":")[0] == head), None)
        if match is None:
            yield f"expected {head}"
        else:
            left.remove(match)
            if says and says.casefold() not in match[1].casefold():
                yield f"{head} does not say {says!r}: {match[1]}"
    if "clear" in [row[0] for row in left] and any(row.startswith("allowed") for row in sample.expect):
        left.remove(next(row for row in left if row[0] == "clear"))
    for head, said in left:
        yield f"not expected: {head}: {said}"
