"""What is confidential leaves in no format: not in text, not in addresses, not in metadata; and nothing is written where it would."""

from __future__ import annotations

import io
import json as standard_json
import re
import zipfile
from dataclasses import replace
from html import unescape

import pytest
from pypdf import PdfReader

from muster import packet as packets
from muster import room
from muster.model import (
    Beat,
    Case,
    Finding,
    Link,
    LinkKind,
    Marked,
    Packet,
    RefusedError,
    Severity,
    Statement,
    Where,
)
from muster.packet import brief, docx, html, json, md, pdf, redact, text
from muster.rules.confidential import marks
from tests import cases

#: Names, terms and hosts of the list; each stands somewhere else in the case.
LIST = ("Project Zephyr", "git.larkspur.example", "Dana Ito", "quill-7", "search", "wiki.corp.example")
MARKED = tuple(Marked(text, f"confidential.txt:{n}") for n, text in enumerate(LIST, 1))
#: What must be found nowhere, in any case.
NEVER = re.compile(r"zephyr|git\.larkspur|dana|ito\b|quill|\bsearch\b|wiki\.corp|ghp_", re.IGNORECASE)


def case() -> Case:
    """The tests' case with something confidential in every kind of field."""
    made = cases.packet_case()
    first, second, third = made.claims
    first = replace(
        first, title="Three teams deploy without waiting for us, Project-Zephyr among them", witnesses=("dana@payments", "kofi"),
        did=Beat((*first.did.statements, Statement("It was the first use of quill-7 by us, see https://wiki.corp.example/x.", (cases.LOCK3.id,)))),
    )  # fmt: skip
    evidence = dict(made.evidence)
    evidence[cases.LOCK1.id] = replace(cases.LOCK1, title="Move every queue that we have, one after the other, over to project zephyr at last")
    evidence[cases.LOCK2.id] = replace(cases.LOCK2, url="https://git.larkspur.example/x/commit/1", origin="git.larkspur.example/platform")
    evidence[cases.LOCK3.id] = replace(cases.LOCK3, title="Remove the lock; token ghp_0000000000notarealtokenreally00000000000")
    threads = tuple(
        replace(one, title=evidence[cases.LOCK1.id].title) if one.id == "t:queue" else one for one in made.threads
    )
    links = (*made.links, Link(cases.LOCK3.id, cases.LOCK1.id, LinkKind.CITES, "goes on with Project Zephyr"))
    return replace(
        made, claims=(first, second, third), evidence=evidence, threads=threads, links=links, confidential=MARKED,
        sentence="Made deploys independent, for Project Zephyr too",
    )  # fmt: skip


def built(of: Case) -> Packet:
    long = replace(
        cases.FINDINGS[0], seen="“Move every queue that we have, one after…” was reverted; the claim does not say so",
    )
    secret = Finding("S602", "confidential-in-export", Severity.ERROR, Where(path="claims/zephyr.md", line=3), "the claim holds what", "Say")
    checked = (*cases.CHECKED, replace(cases.CHECKED[4], findings=(long,)), replace(cases.CHECKED[0], code="S602", findings=(secret,)))
    return packets.build("packet", of, (), checked, room.rehearse(of, cases.CHECKED), (*cases.BLIND, "git.larkspur.example: shallow"), "0.1.0")


FULL = built(case())
WANTED = marks(MARKED)
LEAN = redact.redacted(FULL, WANTED)


def words_of(name: str, content: bytes) -> str:
    """Everything that somebody could read out of a file: its text, addresses and metadata."""
    if name == "pdf":
        reader = PdfReader(io.BytesIO(content))
        links = [str(one.get_object()) for page in reader.pages for one in page.get("/Annots") or ()]
        outline = str(reader.outline)
        xmp = reader.xmp_metadata.stream.get_data().decode() if reader.xmp_metadata else ""
        return "\n".join([*(page.extract_text() for page in reader.pages), str(reader.metadata), outline, xmp, *links])
    if name == "docx":
        with zipfile.ZipFile(io.BytesIO(content)) as folder:
            parts = [folder.read(one).decode("utf-8", "replace") for one in folder.namelist()]
        return "\n".join(f"{part}\n{re.sub('<[^>]+>', '', unescape(part))}" for part in [*parts, *folder.namelist()])
    raw = content.decode()
    return "\n".join([raw, unescape(raw), re.sub(r"<[^>]+>", "", unescape(raw)), raw.replace("\\", "")])


FORMATS = {"md": md, "html": html, "json": json, "pdf": pdf, "docx": docx}


@pytest.mark.parametrize("name", FORMATS)
def test_the_case_would_leak_without(name: str) -> None:
    assert NEVER.search(words_of(name, FORMATS[name].render(FULL)))


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_confidential_is_left_in_any_format(name: str) -> None:
    found = NEVER.search(content := words_of(name, FORMATS[name].render(LEAN)))
    assert not found, content[max(0, found.start() - 80) : found.end() + 80]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_how_much_is_withheld_and_why(name: str) -> None:
    content = re.sub(r"\s+", " ", words_of(name, FORMATS[name].render(LEAN)).replace("\\", ""))
    said = redact.said(LEAN.withheld)
    total, *rest = re.findall(r"\d+", said)
    assert int(total) == sum(int(one) for one in rest) == sum(one.fields for one in LEAN.withheld)
    assert f"{total} fields are withheld" in content
    assert f"for {redact.LISTED}".replace("’", "'") in content.replace("’", "'").replace("\\u2019", "'")


def test_the_terminal_and_the_brief_have_nothing_either() -> None:
    made = brief.brief(LEAN)
    for shown in (text.review_text(LEAN), brief.text(made), brief.markdown(made)):
        assert not NEVER.search(shown)
        assert "withheld" in shown
    assert "fields are withheld" in brief.markdown(made)
    assert "fields are withheld" in brief.text(made).replace("\n", " ")


def test_whole_fields_never_parts() -> None:
    for leaf in redact.leaves(LEAN):
        if "withheld" in leaf.text and leaf.record != "Withheld":
            assert re.fullmatch(r"\[withheld\]|withheld-\d+|(?:name|team) withheld \(\d+\)", leaf.text) or leaf.text == redact.said(LEAN.withheld) or (
                leaf.record in ("Statement", "Answer", "Finding", "Move")
            ), leaf
    did = LEAN.case.claims[0].did if LEAN.case.claims[0].title == redact.GONE else LEAN.claims[0].claim.did
    assert [line.text for line in did.statements] == [redact.GONE], "the whole beat"


def test_what_is_withheld_still_leads_to_its_evidence() -> None:
    was, now = FULL.case, LEAN.case
    assert len(was.evidence) == len(now.evidence)
    assert len(was.links) == len(now.links)
    assert all(link.src in now.evidence and link.dst in now.evidence for link in now.links)
    assert {one.actor for one in now.evidence.values()} <= set(now.people)
    assert [one.verdict for one in FULL.rehearsal.answers] == [one.verdict for one in LEAN.rehearsal.answers]
    assert sum(len(one.witnesses) for one in FULL.claims) == sum(len(one.witnesses) for one in LEAN.claims)


def test_a_title_that_is_quoted_cut_short_is_withheld_with_its_sentence() -> None:
    seen = [one.seen for check in LEAN.checked for one in check.findings]
    assert not any("Move every queue" in one for one in seen)
    assert any(one.why == redact.QUOTES for one in LEAN.withheld)


def test_it_is_refused_with_places_and_the_next_thing_to_type() -> None:
    with pytest.raises(RefusedError) as caught:
        redact.export(FULL, MARKED, redact=False, what="packet.html", command="muster packet --redact -o packet.html")
    said = str(caught.value)
    assert "packet.html: not written" in said
    assert "claims/queues.md:1" in said
    assert "confidential.txt:1" in said
    assert said.endswith("muster packet --redact -o packet.html")
    assert not re.search(r"zephyr|quill|ghp_", re.sub(r"claims/zephyr.md", "", said), re.IGNORECASE)
    assert caught.value.code == 1


def test_with_redact_it_is_the_lean_packet_and_the_same_bytes_twice() -> None:
    made = redact.export(FULL, MARKED, redact=True, what="x", command="y")
    assert json.render(made) == json.render(LEAN)
    assert standard_json.loads(json.render(made))["packet"]["case"]["confidential"] == []


def test_a_packet_with_nothing_to_withhold_says_so_and_is_else_the_same() -> None:
    plain = built(replace(cases.packet_case(), confidential=()))
    plain = replace(plain, checked=cases.CHECKED)
    assert redact.export(plain, (), redact=False, what="x", command="y") is plain
    made = redact.export(plain, (), redact=True, what="x", command="y")
    assert made.blind_spots[0].startswith("No field is withheld")
    assert replace(made, blind_spots=plain.blind_spots) == plain
