"""The packet on paper: pdf and docx say what json, md and html say, the same bytes every time, and nothing of a title acts."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from muster.model import Packet, Person
from muster.packet import answers, docx, html, md, measures, pdf
from muster.packet import sheet as ask
from muster.packet.blocks import Picture
from muster.packet.opening import opening
from muster.packet.outline import outline, ranges
from muster.registry import modules
from muster.room import standing
from muster.room.words import count, day, sentence, short, span, visible
from tests import cases
from tests.test_packet import PACKETS, Page, made

pypdf = pytest.importorskip("pypdf")

SMALL = [name for name in PACKETS if name != "large"]
PDFS = {name: pdf.render(PACKETS[name]) for name in SMALL}
WORDS = {name: docx.render(PACKETS[name]) for name in SMALL}
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def bare(text: str) -> str:
    """Text without what a format does to it: spaces, places to break, curved apostrophes, escapes."""
    return re.sub(r"[\s\u00a0\u200a\u200b\u00ad]+", "", text.replace("’", "'").replace("`", ""))


def of_pdf(packet: Packet, content: bytes) -> str:
    """The words of a PDF, without what every page repeats."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    foot = re.escape(bare(pdf_title(packet)))
    pages = [re.sub(rf"{foot}\d+/\d+", "", bare(page.extract_text())) for page in reader.pages]
    return "".join(pages)


def pdf_title(packet: Packet) -> str:
    return f"{visible(packet.case.person.name)}, {span(packet.case.period.since, packet.case.period.until)}"


def of_docx(packet: Packet, content: bytes) -> str:
    """The words of a Word document, in order."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        root = ElementTree.fromstring(file.read("word/document.xml"))
    return bare("".join(part.text or "" for part in root.iter(f"{W}t")))


def of_html(packet: Packet, _: bytes) -> str:
    return bare(Page(html.render(packet)).text)


def of_md(packet: Packet, _: bytes) -> str:
    return bare(re.sub(r"\\(.)", r"\1", re.sub(r"\[\^\d+\]", "", md.render(packet).decode())).replace("**", ""))


READ: dict[str, Callable[[Packet, bytes], str]] = {"md": of_md, "html": of_html, "pdf": of_pdf, "docx": of_docx}


def content(name: str, format_: str) -> str:
    return READ[format_](PACKETS[name], {"pdf": PDFS, "docx": WORDS}.get(format_, {}).get(name, b""))


def said(packet: Packet) -> Iterator[str]:
    """Everything that the packet's records say and every format must show."""
    case = packet.case
    yield case.person.name
    for part in ask.lede(packet):
        yield part.text
    for one in packet.claims:
        yield one.claim.title
        for _, beat in one.claim.beats:
            yield from (ask.told(packet, one, line).text for line in beat.statements)
        for name, _, ids in ask.witnesses(packet, one):
            yield name
            yield count(len(ids), "record")
        for seen in ask.observed(packet, one):
            yield from (visible(seen.data), *ask.trend(seen), *ask.heed(seen))
    for answer in packet.rehearsal.answers:
        yield answer.question
        yield from (line.text for line in answer.says)
    for move in answers.moves(packet):
        yield move.text.partition("`")[0]
    for finding in ask.findings(packet):
        yield finding.code
        yield finding.seen
    yield from packet.blind_spots
    for line in standing.sentences(case):
        yield line.text
    for row in measures.valued(packet):
        yield row.words
        yield row.value
    for thread in ask.threads(packet):
        yield short(thread.title, 120)
    for id_ in case.evidence:
        yield short(case.evidence[id_].title, 110)
        yield case.name_of(case.evidence[id_].actor)
    yield day(case.today)


@pytest.mark.parametrize("format_", READ)
@pytest.mark.parametrize("name", SMALL)
def test_every_format_says_it(name: str, format_: str) -> None:
    text = content(name, format_)
    missing = [line for line in said(PACKETS[name]) if bare(visible(line)) not in text and bare(sentence(visible(line))) not in text]
    assert not missing


@pytest.mark.parametrize("name", SMALL)
def test_paper_has_the_first_screen_word_for_word(name: str) -> None:
    if PACKETS[name].kind != "packet":
        return
    first = opening(PACKETS[name])
    for format_ in ("html", "pdf", "docx"):
        text = content(name, format_)
        for card in first.cards:
            for _, line in card.lines:
                for piece in line:
                    assert bare(piece.text) in text


@pytest.mark.parametrize("name", SMALL)
def test_the_same_packet_gives_the_same_bytes(name: str) -> None:
    assert pdf.render(PACKETS[name]) == PDFS[name]
    assert docx.render(PACKETS[name]) == WORDS[name]


def test_another_process_gives_the_same_bytes() -> None:
    source = "import sys; from tests.test_packet import PACKETS; from muster.packet import {0}; sys.stdout.buffer.write({0}.render(PACKETS['packet']))"
    for name, expected in (("pdf", PDFS["packet"]), ("docx", WORDS["packet"])):
        got = subprocess.run([sys.executable, "-c", source.format(name)], capture_output=True, check=True)
        assert got.stdout == expected


@pytest.mark.parametrize("name", SMALL)
def test_the_pdf_is_tagged_named_and_dated(name: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(PDFS[name]))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert reader.metadata["/Title"] == pdf_title(PACKETS[name])
    today = PACKETS[name].case.today
    assert reader.metadata["/CreationDate"].startswith(f"D:{today:%Y%m%d}")
    told = list(figures(root["/StructTreeRoot"]))
    pictures = [block.told for block in outline(PACKETS[name]) if isinstance(block, Picture)]
    assert [bare(one) for one in told] == [bare(visible(one)) for one in pictures]


def figures(node: object) -> Iterator[str]:
    """The alternatives in words of a PDF's pictures, in the order of its structure."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, dict):
        if node.get("/S") == "/Figure" and node.get("/Alt"):
            yield str(node["/Alt"])
        if "/K" in node:
            yield from figures(node["/K"])
    elif isinstance(node, list):
        for one in node:
            yield from figures(one)


@pytest.mark.parametrize("name", SMALL)
def test_links_lead_to_the_page_or_to_the_web(name: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(PDFS[name]))
    urls = [note.get_object()["/A"]["/URI"] for page in reader.pages for note in page.get("/Annots", []) if "/A" in note.get_object() and "/URI" in note.get_object()["/A"]]
    expected = {ask.link(piece) for piece in PACKETS[name].case.evidence.values()} - {""}
    assert set(urls) == expected
    assert all(url.startswith("https://") for url in urls)
    with zipfile.ZipFile(io.BytesIO(WORDS[name])) as file:
        body = ElementTree.fromstring(file.read("word/document.xml"))
        rels = file.read("word/_rels/document.xml.rels").decode()
    marks = {one.get(f"{W}name") for one in body.iter(f"{W}bookmarkStart")}
    anchors = {one.get(f"{W}anchor") for one in body.iter(f"{W}hyperlink")} - {None}
    assert anchors <= marks
    assert set(re.findall(r'Target="(https?://[^"]+)"', rels)) == expected
    assert "javascript" not in rels


def test_the_document_has_real_headings_lists_and_tables() -> None:
    with zipfile.ZipFile(io.BytesIO(WORDS["packet"])) as file:
        body = ElementTree.fromstring(file.read("word/document.xml"))
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    styles = [one.get(f"{W}val") for one in body.iter(f"{W}pStyle")]
    assert {"Title", "Heading1", "Heading2", "Heading3", "ListBullet", "ListNumber"} <= set(styles)
    for table in body.iter(f"{W}tbl"):
        assert next(table.iter(f"{W}tr")).find(f"{W}trPr/{W}tblHeader") is not None
    for picture in body.iter("{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"):
        assert picture.get("descr")


TITLES = (
    "#panic(\"out\") #import \"@preview/x:1.0.0\": *", "$x^2$ */ // ``` `raw` [link](https://example.org) <n1> @n1 \\ #",
    "= Heading\n- item\r\n+ item / term: x", "\x00\x1b[31mred\u202eevil\u2066\ud800 \ufffe", "a" * 400, "山田 fixes the 🎉 parser", "{{ x }} %s {0} &amp; ]]> <w:t>",
)  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_text_and_nothing_else(title: str) -> None:
    case = cases.review_case()
    piece = replace(case.evidence[cases.ADOPT1.id], title=title)
    people = {**case.people, cases.DANA.id: Person(cases.DANA.id, title[:60] or "x")}
    packet = made("review", replace(case, evidence={**case.evidence, piece.id: piece}, people=people))
    shown = bare(visible(short(title, 100)).rstrip("…"))[:60]
    paper = of_pdf(packet, pdf.render(packet))
    assert shown in of_docx(packet, docx.render(packet))
    if title.startswith("山"):
        # No font of the PDF's has these: they are written out, as what cannot be shown is elsewhere.
        assert "⟨U+5C71⟩⟨U+7530⟩fixesthe⟨U+1F389⟩parser" in paper
    else:
        assert shown in paper


def test_letter_paper_is_there_for_who_asks() -> None:
    page = pypdf.PdfReader(io.BytesIO(pdf.render(PACKETS["quiet"], "us-letter"))).pages[0]
    assert [float(side) for side in page.mediabox[2:]] == [612, 792]


def test_nothing_heavy_is_imported_before_it_is_asked_for() -> None:
    source = "import sys; from muster.registry import modules; list(modules('packet', 'FORMAT')); print([name for name in ('typst', 'docx') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", source], capture_output=True, check=True, text=True).stdout.strip() == "[]"
    assert {"pdf", "docx"} <= {module.FORMAT for module in modules("packet", "FORMAT")}


def test_runs_of_numbers() -> None:
    assert list(ranges([1, 2, 3, 7, 9, 10])) == [(1, 3), (7, 7), (9, 10)]
    assert list(ranges([])) == []
