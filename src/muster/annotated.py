"""Findings for other people's tools: SARIF 2.1.0 for code scanning, and the annotations of GitHub's workflows.

Both say what `muster check` says as text, finding by finding. What an entry's `allow` comment silenced is in SARIF too,
as a suppression with its reason; what cannot be told is a notification, so that silence is never read as a pass.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from muster import __version__, rules
from muster.model import Case, Checked, Finding, Severity, State, Where

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: A finding's weight in the words of either format.
LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def sarif(checked: Sequence[Checked], case: Case) -> str:
    """The findings as one SARIF 2.1.0 log (OASIS, 2020), indented; paths are relative to the book."""
    known = rules.rules()
    codes = [one.code for one in checked if one.state is not State.NOT_YET]
    place = {code: at for at, code in enumerate(codes)}
    results = [
        result(finding, place[finding.code], case) for one in checked for finding in one.findings
    ] + [
        {**result(finding, place[finding.code], case), "suppressions": [{"kind": "inSource", "justification": allow.reason}]}
        for one in checked for finding, allow in one.allowed
    ]
    notifications = [
        {"level": "note", "message": {"text": f"{one.code} {one.name}: cannot tell: {one.reason}"},
         "associatedRule": {"id": one.code, "index": place[one.code]}}
        for one in checked if one.state is State.CANNOT_TELL
    ] + [
        {"level": "warning", "message": {"text": f"not taken: {one.where}: {one.reason}" + (f" ({one.count} times)" if one.count > 1 else "")}}
        for one in case.not_taken
    ]
    run: dict[str, Any] = {
        "tool": {"driver": {
            "name": "muster",
            "semanticVersion": __version__,
            "rules": [described(code, known[code].doc if code in known else "", severity_of(code)) for code in codes],
        }},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"BOOK": {"description": {"text": "The folder of the book."}}},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
        "results": results,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode()


def severity_of(code: str) -> Severity:
    """The weight that a rule's findings have by default."""
    known = rules.rules().get(code)
    return known.severity if known else Severity.WARNING


def described(code: str, doc: str, severity: Severity) -> dict[str, Any]:
    """A rule as SARIF describes one."""
    about = rules.codes()[code]
    described: dict[str, Any] = {
        "id": code,
        "name": about.name,
        "shortDescription": {"text": sentence(about.meaning)},
        "defaultConfiguration": {"level": LEVEL[severity]},
    }
    if doc:
        text = doc.partition("\n")[2].strip()
        described["help"] = {"text": text, "markdown": text}
    return described


def result(finding: Finding, index: int, case: Case) -> dict[str, Any]:
    """One finding as a SARIF result, its place in the book or the evidence that it is about."""
    made: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": LEVEL[finding.severity],
        "message": {"text": f"{sentence(finding.seen)} {finding.move}"},
        "locations": [location(finding.where, case)],
        "partialFingerprints": {"finding/v1": fingerprint(finding)},
    }
    related = [location(Where(evidence=id_), case) for id_ in finding.evidence if id_ in case.evidence]
    if related:
        made["relatedLocations"] = [{"id": at, **one} for at, one in enumerate(related, 1)]
    return made


def fingerprint(finding: Finding) -> str:
    """What stays the same while the finding does, wherever in the file it moves to."""
    place = finding.where.path or finding.where.evidence or finding.where.thread or ""
    return hashlib.sha256("\0".join((finding.code, place, finding.seen)).encode()).hexdigest()[:32]


def location(where: Where, case: Case) -> dict[str, Any]:
    """A place as SARIF has it: a file and line, else the name of what it is about."""
    if where.path is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": uri(where.path), "uriBaseId": "BOOK"}}
        if where.line:
            physical["region"] = {"startLine": where.line}
        return {"physicalLocation": physical}
    if where.evidence is not None and (piece := case.evidence.get(where.evidence)):
        made: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": piece.id, "name": piece.title, "kind": "evidence"}]}
        if piece.url:
            made["physicalLocation"] = {"artifactLocation": {"uri": uri(piece.url)}}
        return made
    return {"logicalLocations": [{"fullyQualifiedName": str(where), "kind": "undertaking" if where.thread else "case"}]}


def uri(path: str) -> str:
    """A path or address with what may not stand in a URI escaped."""
    from urllib.parse import quote

    return quote(path, safe="/:#?&=%@+,;!$'()*~-._")


def github(checked: Iterable[Checked], root: str = "") -> str:
    """A workflow command a finding, as GitHub shows beside the line (`::warning file=…`), and a line that counts them.

    `root` is the book's folder as seen from where the workflow runs; empty where it runs in the book.
    """
    lines = []
    findings = [finding for one in checked for finding in one.findings]
    for finding in findings:
        place = {"file": posixpath.join(root, finding.where.path), "line": finding.where.line} if finding.where.path else {}
        given = {**place, "title": f"{finding.code} {finding.name}"}
        options = ",".join(f"{key}={escaped(str(value), True)}" for key, value in given.items() if value is not None)
        about = "" if finding.where.path or finding.where == Where() else f"{finding.where}: "
        lines.append(f"::{COMMAND[finding.severity]} {options}::{escaped(f'{about}{sentence(finding.seen)} {finding.move}')}")
    lines.append(f"{len(findings)} finding{'' if len(findings) == 1 else 's'}")
    return "\n".join(lines)


def escaped(text: str, option: bool = False) -> str:
    """The text as a workflow command carries it, so that nothing in it begins another command."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if option else text


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "…")) else ".")
