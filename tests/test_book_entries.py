"""Entries and claims out of Markdown."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.book import attach, claim_of, parse_entry, read_entry
from muster.book import dates as days
from muster.model import ENTRY_TYPES, Allow, Entry, MusterError, Period, Reference

CLAIM = """\
---
type: claim
period: 2026-03..2026-06
behaviors: [unassigned-problem, lifts-others]
witnesses: [dana@payments, "release-eng lead"]
numbers:
  deploy_p95: {data: data/deploy-times.csv, time: finished_at, value: minutes, event: 2026-05-04, statistic: p95}
---
# Three teams deploy without waiting for us
<!-- muster: allow C201 because Payments was dissolved in May -->
## Problem
Deploys of three teams [queued behind one lock](https://forge.example/issues/812) and
waited, see acme/api#12.
## What I built
Wrote [the proposal](../entries/2026-03-02-deploy-lock.md) before any code:

- the lease, in abc1234f
- its tests, in `deadbee`
### Aside
A paragraph below a deeper heading.
## What I decided
Against a queue.

```
#99 is code
```
## What changed
<!-- a prompt -->
p95 went from {deploy_p95.before} to {deploy_p95.after} minutes.

| team | moved |
|---|---|
| Payments | in May |
"""


def test_a_claim_has_three_beats_with_lines() -> None:
    claim = claim_of(read_entry("claims/deploys.md", CLAIM))
    assert claim.title == "Three teams deploy without waiting for us"
    assert str(claim.where) == "claims/deploys.md:9"
    assert [(one.text, one.line) for one in claim.problem.statements] == [
        ("Deploys of three teams queued behind one lock and waited, see acme/api#12.", 12)
    ]
    assert [(one.text, one.line) for one in claim.did.statements] == [
        ("Wrote the proposal before any code:", 15),
        ("the lease, in abc1234f", 17),
        ("its tests, in deadbee", 18),
        ("A paragraph below a deeper heading.", 20),
        ("Against a queue.", 22),
    ]
    assert [one.text for one in claim.changed.statements] == [
        "p95 went from {deploy_p95.before} to {deploy_p95.after} minutes.",
        "team, moved",
        "Payments, in May",
    ]
    assert (claim.problem.line, claim.did.line, claim.changed.line) == (11, 14, 27)
    assert claim.period == Period(date(2026, 3, 1), date(2026, 6, 30))
    assert claim.behaviors == ("unassigned-problem", "lifts-others")
    assert claim.witnesses == ("dana@payments", "release-eng lead")
    (number,) = claim.numbers
    assert (number.name, number.data, number.line) == ("deploy_p95", "data/deploy-times.csv", 7)
    assert number.settings["event"] == date(2026, 5, 4)


def test_references_carry_their_lines_and_code_is_not_scanned() -> None:
    entry = read_entry("claims/deploys.md", CLAIM)
    assert [(one.target, one.line) for one in entry.references] == [
        ("https://forge.example/issues/812", 12),
        ("acme/api#12", 13),
        ("../entries/2026-03-02-deploy-lock.md", 15),
        ("abc1234f", 17),
        ("deadbee", 18),
    ]
    assert entry.references[0].text == "queued behind one lock"
    assert entry.allows == (Allow("C201", "Payments was dissolved in May", 10),)


def test_links_attach_to_the_statement_that_they_stand_in() -> None:
    entry = read_entry("claims/deploys.md", CLAIM)
    claim = attach(claim_of(entry), {one: (f"git:{one.target}",) for one in entry.references})
    assert claim.problem.statements[0].evidence == ("git:https://forge.example/issues/812", "git:acme/api#12")
    assert [one.evidence for one in claim.did.statements] == [
        ("git:../entries/2026-03-02-deploy-lock.md",), ("git:abc1234f",), ("git:deadbee",), (), (),
    ]  # fmt: skip
    assert len(claim.evidence) == 5


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("See <https://a.example/b>.", ["https://a.example/b"]),
        ("(https://a.example/b_(c)), then", ["https://a.example/b_(c)"]),
        ("https://a.example/x?y=1#z, and more.", ["https://a.example/x?y=1#z"]),
        ("#12 and acme/api#3, not x#4 nor &#35; nor a/b/c#5", ["#12", "acme/api#3"]),
        ("abc1234 1234567 abcdefg defaced ABC1234 abc1234-x x-abc1234", ["abc1234"]),
        ("acme/api@abc1234, @abc1234 and x@abc1234.example", ["acme/api@abc1234"]),
        ("`abcdefa` and `1234567` and `see abc1234`", ["abcdefa"]),
        ("[x](<a b.md>) [y][z]\n\n[z]: ../y.md", ["a b.md", "../y.md"]),
        ("[mail](mailto:a@b.example) <c@d.example> [top](#top) ![shot](x.png)", []),
        ("[evil](javascript:alert(1))", []),
        ("<!-- #1 --> text <!-- https://a.example --> `#2`\n\n    #3\n", []),
        ("[in #5 a link](b.md)", ["b.md"]),
        ("# Fixes #7", ["#7"]),
        ("> quoted #8", ["#8"]),
    ],
)
def test_what_counts_as_a_reference(text: str, targets: list[str]) -> None:
    assert [one.target for one in read_entry("notes/x.md", text).references] == targets


def test_front_matter_links_are_references_too() -> None:
    entry = read_entry("x.md", "---\ntype: note\nlinks: [acme/api#12, abc1234]\n---\nText #3\n")
    assert [(one.target, one.line) for one in entry.references] == [("acme/api#12", 3), ("abc1234", 3), ("#3", 5)]


@pytest.mark.parametrize(
    ("path", "text", "type_", "title", "day"),
    [
        ("log/2026-W46.md", "", "log", "2026-W46", date(2026, 11, 9)),
        ("entries/2026-03-02-retry-budget.md", "# Retry budget\n", "note", "Retry budget", date(2026, 3, 2)),
        ("entries/x.md", "---\ntype: Risk\ndate: 2026-03-04\n---\n", "risk", "x", date(2026, 3, 4)),
        ("entries/2026-03-02-x.md", "---\ntype: risk\ndate: 2026-03-04T10:00:00Z\n---\n", "risk", "2026-03-02-x", date(2026, 3, 4)),
        ("claims/x.md", "# Problem\n\na\n\n# What I did\n\nb\n", "claim", "x", None),
        ("docs/adr/0001-x.md", "# Use x\n", "decision", "Use x", None),
        ("deep/decisions/y.md", "Title\n=====\n", "decision", "Title", None),
        ("entries/z.md", "# Z\n\n## Considered Options\n\n* a\n", "decision", "Z", None),
        ("entries/2026-02-31-z.md", "# *Z* and `code` [link](x.md)\n", "note", "Z and code link", None),
        ("entries/q.md", "---\ntitle: Another\n---\n# Q\n", "note", "Another", None),
    ],
)
def test_type_title_and_day(path: str, text: str, type_: str, title: str, day: date | None) -> None:
    entry = read_entry(path, text)
    assert (entry.type, entry.title, entry.happened_at) == (type_, title, day)


MADR_2 = """\
# Use a lease

* Status: accepted
* Deciders: Noor, Dana
* Date: 2026-02-03

Technical Story: #12

## Context and Problem Statement

Who waits?

## Considered Options

* a queue
* a lease

## Decision Outcome

Chosen option: "a lease", because it frees itself.

* Status: not this one
"""

MADR_3 = """\
---
status: "accepted"
date: 2026-02-03
deciders: [Noor, Dana]
---
# Use a lease

## Considered Options

* a queue
* a lease
"""

MADR_4 = MADR_3.replace("deciders", "decision-makers")

OLDER = """\
# 9. Use a lease

Date: 2026-02-03

## Status

Accepted.

## Context

Who waits?
"""


@pytest.mark.parametrize("text", [MADR_2, MADR_3, MADR_4])
def test_decision_records_read_as_they_stand(text: str) -> None:
    parsed = parse_entry("docs/decisions/0009-lease.md", text)
    assert parsed.entry is not None and parsed.problems == ()
    entry = parsed.entry
    assert (entry.type, entry.title, entry.happened_at) == ("decision", "Use a lease", date(2026, 2, 3))
    assert entry.meta["status"] == "accepted"
    assert entry.meta["deciders"] in ("Noor, Dana", ["Noor", "Dana"])
    options = entry.section("considered options")
    assert options is not None and options.text == "* a queue\n* a lease"


def test_older_decision_records_too() -> None:
    entry = read_entry("doc/adr/0009-lease.md", OLDER)
    assert (entry.type, entry.meta["status"], entry.happened_at) == ("decision", "accepted", date(2026, 2, 3))


def test_sections_reach_to_the_next_heading_of_their_level() -> None:
    entry = read_entry("x.md", "---\ntype: note\n---\n# T\n\n## A\na\n### B\nb\n\n## C\n")
    assert [(one.title, one.text, one.line) for one in entry.sections] == [
        ("A", "a\n### B\nb", 6), ("B", "b", 8), ("C", "", 11),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("---\na: 1\nb: 2\na: 3\n---\n", "x.md:4", "the key `a` is there twice (first in line 2)"),
        ("---\nnumbers:\n  n: {data: a, data: b}\n---\n", "x.md:3", "the key `data` is there twice (first in line 3)"),
        ("---\ntags: &t [a]\nlinks: *t\n---\n", "x.md:2", "anchors and aliases"),
        ("---\ntags: !!python/name:os.system x\n---\n", "x.md:2", "tags (`!name`) are not read"),
        ("---\ntags: " + "[" * 50 + "\n---\n", "x.md:2", "nested more than 12 deep"),
        ("---\ntype: note\n  bad: x\n---\n", "x.md:3", "front matter is not YAML"),
        ("---\n- a\n---\n", "x.md:2", "not a list of `key: value`"),
        ("---\ntags: " + "x" * 40_000 + "\n---\n", "x.md:2", "at most 32,768"),
        ("a\x00b", "x.md", "NUL"),
        ("a\n" * 30_000, "x.md", "more than 20,000 lines"),
    ],
)
def test_what_cannot_be_taken_is_skipped_with_its_place(text: str, where: str, reason: str) -> None:
    parsed = parse_entry("x.md", text)
    assert parsed.entry is None
    (skipped,) = parsed.skipped
    assert skipped.where == where and reason in skipped.reason
    with pytest.raises(MusterError) as error:
        read_entry("x.md", text)
    assert error.value.where == where


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("---\ntyp: risk\n---\n", "x.md:2", "unknown key `typ`; did you mean `type`?"),
        ("---\ntype: rsik\n---\n", "x.md:2", "unknown type `rsik`; did you mean `risk`? It is read as a note"),
        ("---\ntype: [a]\n---\n", "x.md:2", "It is read as a note"),
        ("---\ndate: next week\n---\n", "x.md:2", "is no day; write it as 2026-03-02"),
        ("---\ndate: 2026-02-31\n---\n", "x.md:2", "is no day"),
        ("---\nperiod: spring\n---\n", "x.md:2", "is no period"),
        ("---\nnumbers: 3\n---\n", "x.md:2", "`numbers` has no names"),
        ("---\nnumbers:\n  n:\n    dta: x\n---\n", "x.md:4", "did you mean `data`?"),
        ("---\ntype: note\n", "x.md:1", "front matter that never ends"),
        ("# T\n<!-- muster: allow C201 -->\n", "x.md:2", "gives no reason"),
        ("# T\n<!-- muster: allow C201 because … -->\n", "x.md:2", "gives no reason"),
        ("Text <!-- muster: alow C201 because x -->\n", "x.md:1", "a comment for muster that it does not know"),
        ("a " + "[" * 2000, "x.md:1", "read as plain text"),
    ],
)
def test_what_is_not_understood_is_kept_and_reported(text: str, where: str, reason: str) -> None:
    parsed = parse_entry("x.md", text)
    assert parsed.entry is not None and parsed.entry.type in ENTRY_TYPES
    assert any(one.where == where and reason in one.reason for one in parsed.problems), parsed.problems


def test_silencing_needs_a_reason_and_is_not_read_from_code() -> None:
    text = "```\n<!-- muster: allow C201 because code -->\n```\n\n<!-- muster:\nallow a410 because the\nserver is gone -->\n"
    parsed = parse_entry("x.md", text)
    assert parsed.entry is not None
    assert parsed.entry.allows == (Allow("A410", "the server is gone", 5),)


def test_a_number_without_data_says_so() -> None:
    claim = claim_of(read_entry("claims/x.md", "---\nnumbers: {p95: 12, p50: {value: x}, p10: }\n---\n"))
    assert [(one.name, one.data, dict(one.settings)) for one in claim.numbers] == [
        ("p95", "", {"claimed": 12}), ("p50", "", {"value": "x"}), ("p10", "", {}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("2026-03..2026-06", "2026-03-01", "2026-06-30"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2026H2", "2026-07-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026", "2026-01-01", "2026-12-31"),
        (2026, "2026-01-01", "2026-12-31"),
        ("2026-W01..2026-W02", "2025-12-29", "2026-01-11"),
        (date(2026, 3, 2), "2026-03-02", "2026-03-02"),
        ({"since": date(2026, 3, 2), "until": "2026-04"}, "2026-03-02", "2026-04-30"),
    ],
)
def test_periods(typed: object, since: str, until: str) -> None:
    assert days.period(typed) == Period(date.fromisoformat(since), date.fromisoformat(until))


@pytest.mark.parametrize("typed", ["spring", "2026-06..2026-03", "2026-13", "2026-W54", "", None, True, 3.5, [], ["a", "b"], "9999-12..x"])
def test_what_is_no_period(typed: object) -> None:
    assert days.period(typed) is None


YAMLISH = st.text(alphabet="abc: -[]{}\n#&*!|>'\"%@`,?0123456789.", max_size=200)


@given(st.one_of(st.text(max_size=300), YAMLISH.map(lambda text: f"---\n{text}\n---\n{text}")))
def test_reading_any_text_never_raises(text: str) -> None:
    for path in ("entries/x.md", "claims/x.md", "log/2026-W01.md", "docs/adr/1.md"):
        parsed = parse_entry(path, text)
        assert (parsed.entry is None) == bool(parsed.skipped)
        if parsed.entry is not None:
            assert isinstance(parsed.entry, Entry)
            last = text.count("\n") + text.count("\r") + 1
            assert all(1 <= one.line <= last for one in parsed.entry.references)
            claim = claim_of(parsed.entry)
            assert attach(claim, {}) == claim


HOSTILE = {
    "brackets": "[" * 900_000,
    "link starts": "\n\n".join(["![](" * 2000] * 110),
    "stars": "*a " * 300_000,
    "comments": "<!--" * 200_000,
    "headings": "# a\n" * 19_000,
    "columns": "|a" * 300_000 + "\n" + "|-" * 300_000,
    "quotations": "\n".join(">" * 200 for _ in range(4000)),
    "issues": "a/b#1 " * 150_000,
    "parentheses": "http://a.example/" + ")" * 400_000,
    "flow": "---\na: [" + "1," * 15_000 + "]\n---\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_seconds_not_minutes(name: str) -> None:
    began = time.process_time()
    parsed = parse_entry("claims/x.md", HOSTILE[name])
    assert parsed.entry is not None
    claim_of(parsed.entry)
    assert len(parsed.entry.references) <= 2000
    assert time.process_time() - began < 6


def test_references_are_found_where_the_text_was_too_much_to_mark_up() -> None:
    parsed = parse_entry("x.md", "one\n\n" + "[" * 2000 + "\nacme/api#12 [" )
    assert parsed.entry is not None
    assert parsed.entry.references == (Reference("acme/api#12", "acme/api#12", 4),)


def test_a_file_with_windows_line_ends_and_a_mark_reads_the_same() -> None:
    plain = read_entry("claims/x.md", CLAIM)
    assert read_entry("claims/x.md", "\ufeff" + CLAIM.replace("\n", "\r\n")) == plain


def test_every_entry_type_is_documented() -> None:
    page = (Path(__file__).parent.parent / "docs" / "book.md").read_text()
    for type_ in ENTRY_TYPES:
        assert f"`{type_}`" in page
