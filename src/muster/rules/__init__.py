"""Findings: what a sceptical room would say about a case, said first and kindly.

Each rule is one file, `CODE_NAME.py`, with a docstring (What, Why, Bad, Good, When to ignore) and one function:

    @rule("C201", "lone-advocate", since="0.1", needs=("git",))
    def check(case: Case) -> Iterator[Finding | CannotTell]:
        for claim in case.claims:
            if not case.outside_witnesses(claim):
                yield finding(claim.where, "nobody outside the team backs it", "send it to one person outside it")

The decorator turns the function into a `Rule`; the package walk finds the module by that name, `check`. A new rule is
one new file and one test book, `tests/rules/CODE.md`. What a rule promises:

- It reads the case and nothing else: no files, no clock, no lake.
- `needs` are the sources that must all be connected. Where one is not, the rule is not run and *cannot tell*: a rule
  never passes for want of evidence. A rule that finds in the case itself that a fact is unknown yields `CannotTell`.
- A rule about claims (`claims=True`) cannot tell where no claim is written: nothing was looked at, so nothing passed.
- It never scores a person. A finding says what was seen, with numbers, names and dates, and one small move.
- Where a finding rests on inferred teams it says so and is at most a note (`finding(…, basis=…)`).
- A rule that crashes is a bug and shows its traceback; it is not hidden behind the other rules' findings.

`<!-- muster: allow CODE because … -->` in an entry silences that code's findings in that entry; for a finding about the
whole case, which lies in no entry, such a comment in any entry of the book does. What was silenced is kept, with its
reason, in `Checked.allowed`.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType

from muster import registry
from muster.model import Allow, Basis, Case, Checked, Finding, MusterError, Severity, State, Where
from muster.rules.catalog import FAMILIES, MEANINGS

__all__ = [
    "CATALOG", "CannotTell", "Code", "Rule", "check", "codes", "document", "explain", "finding", "rule", "rules",
    "thresholds",
]

#: What is missing when a source that a rule needs is not connected.
UNCONNECTED = MappingProxyType({
    "book": "no book is connected, so what you wrote down yourself is not seen",
    "git": "no repository is connected",
    "org": "no organisation files are connected, so nobody's team is known",
    "managers": "no file of the organisation says who reports to whom (teams.csv with a column manager)",
    "functions": "no file of the organisation says who is there for what (teams.csv with a column function)",
})

#: The headings that every rule's docstring has, in this order.
HEADINGS = ("What", "Why", "Bad", "Good", "When to ignore")


@dataclass(frozen=True, slots=True)
class Code:
    """A code that a rule has or is kept for: its name, its meaning in a line, and the family it belongs to."""

    code: str
    name: str
    meaning: str
    family: str

    @property
    def ready(self) -> bool:
        """Whether there is a rule; a code without one is reported as *not yet*, never as passed."""
        return self.code in rules()


#: Every code of the design, in the order that it is shown in.
CATALOG: tuple[Code, ...] = tuple(Code(code, name, meaning, FAMILIES[code[0]]) for code, name, meaning in MEANINGS)


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Yielded by a check in place of findings: a fact that it needs is unknown, for this reason."""

    reason: str


Look = Callable[[Case], Iterable[Finding | CannotTell]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its code and name, what it needs, its documentation, and the function that looks at a case."""

    code: str
    name: str
    since: str
    severity: Severity
    needs: tuple[str, ...]
    look: Look
    doc: str
    thresholds: Mapping[str, float] = field(default_factory=dict)
    claims: bool = False

    def __call__(self, case: Case) -> Checked:
        """What comes of putting this rule to a case: found, clear, or cannot tell and why."""
        for source in self.needs:
            if source not in case.sources:
                reason = UNCONNECTED.get(source, f"{source} is not connected")
                return Checked(self.code, self.name, State.CANNOT_TELL, reason=reason)
        if self.claims and not case.claims:
            return Checked(self.code, self.name, State.CANNOT_TELL, reason="no claim is written yet")
        seen = tuple(self.look(replace(case, thresholds={**self.thresholds, **case.thresholds})))
        reason = "; ".join(dict.fromkeys(one.reason for one in seen if isinstance(one, CannotTell)))
        findings = sorted(
            (self.signed(one) for one in seen if isinstance(one, Finding)), key=lambda one: place(one.where)
        )
        kept, allowed = sift(findings, case)
        if kept:
            state = State.FOUND
        elif reason and not allowed:
            state = State.CANNOT_TELL
        else:
            state = State.CLEAR
        return Checked(self.code, self.name, state, kept, allowed, reason)

    def signed(self, found: Finding) -> Finding:
        """The finding under this rule's code, name and severity (a finding that is already milder stays so)."""
        severity = Severity.NOTE if found.severity is Severity.NOTE else self.severity
        return replace(found, code=self.code, name=self.name, severity=severity)


def rule(
    code: str,
    name: str,
    *,
    since: str = "0.1",
    severity: Severity = Severity.WARNING,
    needs: tuple[str, ...] = (),
    thresholds: Mapping[str, float] | None = None,
    claims: bool = False,
) -> Callable[[Look], Rule]:
    """A decorator that makes a `Rule` of a function from a case to findings.

    `needs` are the sources that must all be connected. `thresholds` are the rule's limits by name with their defaults;
    the book's settings may differ, and the function reads the one that counts as `case.thresholds[NAME]`. With `claims`, the
    rule looks at claims alone, and cannot tell where there is none.
    """

    def make(look: Look) -> Rule:
        doc = inspect.cleandoc(str(look.__globals__.get("__doc__") or ""))
        return Rule(code, name, since, severity, needs, look, doc, dict(thresholds or {}), claims)

    return make


def finding(
    where: Where,
    seen: str,
    move: str,
    evidence: Iterable[str] = (),
    *,
    basis: Basis = Basis.KNOWN,
    severity: Severity = Severity.WARNING,
) -> Finding:
    """A finding, still without code and name: the rule that yields it signs it.

    With `basis` inferred, it says so and is a note, because nobody told muster who owns what. `severity` may be NOTE to
    make it milder than its rule.
    """
    if basis is Basis.INFERRED:
        seen, severity = f"{seen} (teams and areas are inferred)", Severity.NOTE
    return Finding("", "", severity, where, seen, move, tuple(dict.fromkeys(evidence)))


def place(where: Where) -> tuple[str, int]:
    """A sort key for places: by path and line; what lies in no file comes first, in the order that it was found in."""
    return (where.path or "", where.line or 0)


def sift(
    findings: Iterable[Finding], case: Case
) -> tuple[tuple[Finding, ...], tuple[tuple[Finding, Allow], ...]]:
    """The findings that stand, and those that an entry's `allow` comment silences."""
    kept: list[Finding] = []
    allowed: list[tuple[Finding, Allow]] = []
    for found in findings:
        everywhere = found.where == Where()
        allow = next(
            (
                allow
                for entry in case.entries
                if everywhere or entry.path == found.where.path
                for allow in entry.allows
                if allow.code == found.code
            ),
            None,
        )
        if allow is None:
            kept.append(found)
        else:
            allowed.append((found, allow))
    return tuple(kept), tuple(allowed)


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its code, in order of code; raises MusterError where two rules claim one code."""
    found: dict[str, Rule] = {}
    for module in registry.modules("rules", "check"):
        one = module.check
        if not isinstance(one, Rule):
            continue
        if one.code in found:
            raise MusterError(
                module.__name__, f"the code {one.code} is already the rule {found[one.code].name}'s",
                "Give the rule a code of its own; a code is never used twice.",
            )
        found[one.code] = one
    return MappingProxyType(dict(sorted(found.items())))


def check(case: Case) -> tuple[Checked, ...]:
    """What comes of putting every rule to a case, in order of code; codes without a rule are *not yet*."""
    known = rules()
    return tuple(
        known[code](case) if code in known else Checked(code, about.name, State.NOT_YET, reason="not yet built")
        for code, about in sorted(codes().items())
    )


def thresholds() -> Mapping[str, float]:
    """Every limit that a book's settings may change, with its default."""
    return {name: value for one in rules().values() for name, value in one.thresholds.items()}


# --------------------------------------------------------------------------------------------------------------
# What the rules say about themselves


def explain(word: str) -> str:
    """The documentation of a rule, by its code or name in any case, as Markdown.

    Raises MusterError with the nearest codes and names where there is no such rule.
    """
    wanted = word.strip().casefold()
    for code, known in codes().items():
        if wanted in (code.casefold(), known.name.casefold()):
            return _page(code, "#")
    words = [*codes(), *(known.name for known in codes().values())]
    near = difflib.get_close_matches(word.strip(), words, 3, 0.5) or difflib.get_close_matches(wanted, words, 3, 0.5)
    raise MusterError(
        word, "no rule has that code or name",
        f"Nearest: {', '.join(near)}." if near else "Type a code such as C201 or a name such as lone-advocate.",
    )


def document() -> str:
    """The whole catalogue as Markdown, for the documentation: a table for each family, then a section for each rule."""
    lines = [
        "# Rules", "",
        "A finding is something that a sceptical room would say. Each has a code that is never reused, a place, what was",
        "seen, and one small move. None of them scores a person. A rule whose sources are not connected, or whose facts",
        "are unknown, *cannot tell*; it never passes for want of evidence. Codes marked *not yet* are planned and",
        "reported as such.", "",
        "`muster explain CODE` prints a rule's section. `<!-- muster: allow CODE because … -->` in an entry silences",
        "that code's findings in that entry, and the reason is kept; for a finding about the whole case, the comment",
        "may stand in any entry. In the examples, a block `yaml case` stands for what the connected sources gave.",
    ]
    known = rules()
    for family in dict.fromkeys(code.family for code in codes().values()):
        lines += ["", f"## {family.capitalize()}", "", "| code | name | meaning | since |", "|---|---|---|---|"]
        for code, one in codes().items():
            if one.family == family:
                since = known[code].since if code in known else "not yet"
                name = f"[`{one.name}`](#{code.lower()}-{one.name})" if code in known else f"`{one.name}`"
                lines.append(f"| {code} | {name} | {one.meaning} | {since} |")
        for code, one in codes().items():
            if one.family == family and code in known:
                lines += ["", _page(code, "###").rstrip()]
    return "\n".join(lines) + "\n"


@cache
def codes() -> Mapping[str, Code]:
    """Every code with what is known of it: the catalogue's, and then those of rules in other installed packages."""
    listed = {about.code: about for about in CATALOG}
    for one in rules().values():
        meaning = one.doc.partition("\n")[0].partition(": ")[2].rstrip(".")
        listed.setdefault(one.code, Code(one.code, one.name, meaning, "others"))
    return MappingProxyType(listed)


def _page(code: str, mark: str) -> str:
    """One rule's documentation under a heading of that level."""
    known = rules().get(code)
    about = codes()[code]
    lines = [f"{mark} {code} {about.name}", "", f"{about.meaning[:1].upper()}{about.meaning[1:]}.", ""]
    if known is None:
        lines += ["Not yet: the code is kept for this rule, and no version of muster checks it so far."]
        return "\n".join(lines) + "\n"
    facts = [known.severity.value.capitalize(), f"since {known.since}"]
    if known.needs:
        facts.append("needs " + " and ".join(known.needs))
    lines += [", ".join(facts) + "."]
    if known.thresholds:
        lines += ["", "Limits, which the book's settings may change:", ""]
        lines += [f"- `{name}`: {value:g}" for name, value in known.thresholds.items()]
    text = known.doc.partition("\n")[2].strip()
    for heading in HEADINGS:
        text = text.replace(f"## {heading}\n", f"{mark}# {heading}\n")
    return "\n".join([*lines, "", text]) + "\n"

