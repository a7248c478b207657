"""Every rule keeps the promises of `muster.rules`, and its test book and its own documentation come out as they say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster import rules
from muster.model import Case, MusterError, Severity, State
from muster.rules import CATALOG, HEADINGS, codes
from tests.books import BOOKS, Sample, case_of, mismatches, outcome, samples

RULES = rules.rules()
FILES = sorted(p for p in Path(rules.__file__).parent.glob("*.py") if re.match(r"[a-z]\d{3}_", p.name))
CASES = [
    pytest.param(path.stem, sample, id=f"{path.stem}: {sample.name}")
    for path in sorted(BOOKS.glob("*.md"))
    for sample in samples(path.read_text(encoding="utf-8"), path.name)
]


def example(code: str, heading: str) -> Sample:
    """The blocks under a heading of a rule's docstring."""
    (found,) = (one for one in samples(RULES[code].doc) if one.name == heading)
    return found


# ------------------------------------------------------------------------------------------------ books and docs


@pytest.mark.parametrize(("code", "sample"), CASES)
def test_book(code: str, sample: Sample) -> None:
    problems = list(mismatches(code, sample))
    assert not problems, f"tests/rules/{code}.md:{sample.line} {sample.name}: " + "; ".join(problems)


@pytest.mark.parametrize("code", RULES)
def test_bad_gives_exactly_that_code(code: str) -> None:
    checked = outcome(code, example(code, "Bad"))
    assert checked.state is State.FOUND
    assert {one.code for one in checked.findings} == {code}


@pytest.mark.parametrize("code", RULES)
def test_good_gives_nothing(code: str) -> None:
    checked = outcome(code, example(code, "Good"))
    assert (checked.state, checked.findings, checked.reason) == (State.CLEAR, (), "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_holds_one_rule_with_the_name_of_the_design(path: Path) -> None:
    code, _, name = path.stem.partition("_")
    one = RULES[code.upper()]
    assert one.name == name.replace("_", "-") == codes()[one.code].name
    assert one.look.__module__ == f"muster.rules.{path.stem}"


@pytest.mark.parametrize("code", RULES)
def test_documentation_has_its_headings_and_no_others(code: str) -> None:
    headings = tuple(re.findall(r"^## (.+)$", RULES[code].doc, re.MULTILINE))
    blocks = re.sub(r"^```.*?^```$", "", RULES[code].doc, flags=re.MULTILINE | re.DOTALL)
    assert tuple(h for h in headings if f"## {h}" in blocks) == HEADINGS
    assert RULES[code].doc.startswith(f"{code} {RULES[code].name}: ")


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_a_test_book_that_shows_both_sides(code: str) -> None:
    found = samples((BOOKS / f"{code}.md").read_text(encoding="utf-8"), code)
    expected = [row for sample in found for row in sample.expect]
    assert any(row.startswith(code) for row in expected)
    assert "clear" in expected


def test_every_test_book_belongs_to_a_rule() -> None:
    assert {path.stem for path in BOOKS.glob("*.md")} == set(RULES)


def test_files_and_rules_are_the_same() -> None:
    assert {path.stem[:4].upper() for path in FILES} == set(RULES)


def test_thresholds_have_names_of_their_own() -> None:
    names = [name for one in RULES.values() for name in one.thresholds]
    assert len(names) == len(set(names)) == len(rules.thresholds())


# ------------------------------------------------------------------------------------------------ the catalogue


def empty() -> Case:
    """A case with nothing connected."""
    return case_of(Sample("", 1, (), "sources: []", ()))


def test_every_code_is_reported_once_in_order() -> None:
    checked = rules.check(empty())
    assert [one.code for one in checked] == sorted(one.code for one in CATALOG)
    assert all((one.state is State.NOT_YET) == (one.code not in RULES) for one in checked)


@pytest.mark.parametrize("code", [code for code, one in RULES.items() if one.needs])
def test_a_rule_never_passes_for_want_of_a_source(code: str) -> None:
    checked = RULES[code](empty())
    assert checked.state is State.CANNOT_TELL
    assert checked.reason


def test_explain_takes_codes_and_names() -> None:
    assert rules.explain("c201") == rules.explain("Lone-Advocate")
    assert rules.explain("C201").startswith("# C201 lone-advocate")
    assert all("not yet" in rules.explain(one.code).casefold() for one in CATALOG if one.code not in RULES)


def test_explain_names_the_nearest_words() -> None:
    with pytest.raises(MusterError) as caught:
        rules.explain("lone-advocat")
    assert "lone-advocate" in str(caught.value)


def test_document_has_every_code_and_each_rule_once() -> None:
    text = rules.document()
    for one in CATALOG:
        assert f"| {one.code} |" in text
        assert text.count(f"### {one.code} {one.name}\n") == (one.code in RULES)


# ------------------------------------------------------------------------------------------------ allow


CLAIM = """```markdown claims/deploys.md
# Deploys
## What changed
Deploys are 40 % faster.
{comment}
```
"""
ALLOW = "<!-- muster: allow A404 because the data is under embargo until August -->"


def test_allow_moves_a_finding_aside_with_its_reason() -> None:
    (sample,) = samples(CLAIM.format(comment=ALLOW), "allow")
    checked = outcome("A404", sample)
    assert (checked.state, checked.findings) == (State.CLEAR, ())
    ((found, allow),) = checked.allowed
    assert found.code == allow.code == "A404"
    assert allow.reason == "the data is under embargo until August"


def test_allow_of_one_code_silences_no_other() -> None:
    (sample,) = samples(CLAIM.format(comment=ALLOW.replace("A404", "A401")), "allow")
    assert outcome("A404", sample).state is State.FOUND


def test_allow_in_one_entry_silences_no_other() -> None:
    text = CLAIM.format(comment="") + CLAIM.replace("deploys.md", "other.md").format(comment=ALLOW)
    (sample,) = samples(text, "allow")
    checked = outcome("A404", sample)
    assert [str(one.where) for one in checked.findings] == ["claims/deploys.md:3"]
    assert len(checked.allowed) == 1


def test_a_finding_about_the_whole_case_is_allowed_from_any_entry() -> None:
    text = "```markdown entries/2026-01-02-x.md\n# X\n<!-- muster: allow M502 because it was my first half year -->\n```\n"
    (sample,) = samples(text, "allow")
    assert [allow.reason for _, allow in outcome("M502", sample).allowed] == ["it was my first half year"]


# ------------------------------------------------------------------------------------------------ properties


PILE = """```yaml case
basis: known
threads:
  t1: {title: Lock, evidence: [git:a1, git:a2, git:b1, git:b2, git:c1], counter: [git:c1], began: self}
  t2: {title: Queue, evidence: ["git:a{3..6}", git:b3], began: fire}
  t3: {title: Alone, evidence: [git:a7, git:a8], began: asked}
drafts: [t1, t2, t3]
evidence:
  git:a{1..4}: {at: 2026-02-03, touches: {deploy/x.go: own}}
  git:a{5..8}: {at: 2025-05-03, touches: {search/x.go: search}}
  git:b1: {by: dana, team: search, at: 2026-03-03}
  git:b2: {by: bob, at: 2026-03-04}
  git:b3: {by: eve, team: payments, at: 2026-03-05}
  git:c1: {by: dana, team: search, at: 2026-04-01, title: Revert the lock}
links:
  - git:b1 builds-on git:a1
  - git:b2 cites git:a2
  - git:b3 cites git:a5
  - git:c1 reverts git:a1
```
```markdown claims/lock.md
# The lock is gone
## What I did
[Moved it](a1) with [Dana](b1) and [Bob](b2), after [a note](../entries/2026-02-01-lock.md).
```
```markdown entries/2026-02-01-lock.md grade=said
# The lock
```
"""


def found(case: Case, code: str) -> set[str]:
    """Where the findings of a rule lie."""
    return {str(one.where) for one in RULES[code](case).findings}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_removing_evidence_never_clears_a_finding_that_nothing_backs_a_claim(data: st.DataObject) -> None:
    (sample,) = samples(PILE, "pile")
    case = case_of(sample)
    gone = data.draw(st.sets(st.sampled_from(sorted(case.evidence))))
    less = replace(
        case,
        evidence={id_: piece for id_, piece in case.evidence.items() if id_ not in gone},
        outside={id_: team for id_, team in case.outside.items() if id_ not in gone},
    )
    for code in ("C201", "C206", "A411"):
        assert found(case, code) <= found(less, code)


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(15)), st.permutations(range(8)))
def test_the_order_of_evidence_and_links_never_matters(order: list[int], links: list[int]) -> None:
    (sample,) = samples(PILE, "pile")
    case = case_of(sample)
    ids = sorted(case.evidence)
    shuffled = replace(
        case,
        evidence={ids[at]: case.evidence[ids[at]] for at in order if at < len(ids)},
        links=tuple(case.links[at] for at in links),
    )
    assert len(shuffled.evidence) == len(case.evidence)
    assert rules.check(shuffled) == rules.check(case)


@pytest.mark.parametrize("code", RULES)
def test_findings_are_short_and_plain(code: str) -> None:
    for one in outcome(code, example(code, "Bad")).findings:
        assert len(one.seen) <= 240, one.seen
        assert len(one.move) <= 240, one.move
        assert "!" not in one.seen + one.move
        assert not one.seen.endswith(".")
        assert one.severity is RULES[code].severity or one.severity is Severity.NOTE


@pytest.mark.parametrize("code", ["B102", "C201", "C205", "V301", "V304"])
def test_inferred_teams_make_a_note_that_says_so(code: str) -> None:
    bad = example(code, "Bad")
    checked = outcome(code, replace(bad, yaml=bad.yaml + "\nbasis: inferred\n"))
    assert checked.findings
    assert all(one.severity is Severity.NOTE and "inferred" in one.seen for one in checked.findings)
