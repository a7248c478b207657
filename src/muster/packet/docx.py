"""The packet as a Word document: real headings, lists, tables with heading rows, links and bookmarks, pictures with words.

The file is put together in a stated order and with the packet's own date, so that the same packet gives the same bytes.
Pictures are drawn by Typst, with no font but its own; whoever does not see them reads the same in their description.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from muster.model import Packet, Verdict
from muster.packet.blocks import (
    Block,
    Cards,
    Heading,
    Items,
    Line,
    Pairs,
    Para,
    Picture,
    Question,
    Run,
    Table,
    Tally,
)
from muster.packet.outline import outline
from muster.packet.pdf import shown, styled
from muster.room.words import span, visible

FORMAT = "docx"
FACE, FIXED = "Georgia", "Consolas"
INK, SOFT = "1C1A17", "565149"
#: Verdicts as characters that differ in black and white, and the mark of the owner's word.
SHAPES = {Verdict.HOLDS: "■", Verdict.THIN: "◪", Verdict.OPEN: "□", Verdict.CANNOT_TELL: "–"}
SAID = "○"
#: Marks of a picture's key that differ in shape or fill; the others are told by their words alone.
MARKS = {"own": "■", "hollow": "□", "others": "■", "own-dot": "●", "after": "●", "others-dot": "●", "hollow-dot": "○", "before": "○", "cross": "×",
         "level": "—", "pre": "- -"}  # fmt: skip
#: Widths of columns in hundredths of the text's width; a renderer gives what is left to the one of zero.
WIDTHS = {
    "reach": (18, 26, 0, 11, 13),
    "records": (6, 15, 0, 19, 11),
    "evidence": (6, 14, 0, 18, 20),
}
#: The text's width on A4 with its margins, in twentieths of a point; and in inches.
WIDE, INCHES = 9400, 6.52
#: What the XML of a document may not hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Dots an inch of the pictures.
DENSITY = 200.0


def render(packet: Packet) -> bytes:
    """The document's bytes; the same packet gives the same."""
    case = packet.case
    made = _Document(packet)
    for block in outline(packet):
        made.put(block)
    core = made.file.core_properties
    core.title = f"{visible(case.person.name)}, {span(case.period.since, case.period.until)}"
    core.author = core.last_modified_by = visible(case.person.name)
    core.comments = f"Made by muster {packet.version}"
    core.language, core.revision = "en", 1
    core.created = core.modified = datetime(case.today.year, case.today.month, case.today.day)
    buffer = io.BytesIO()
    made.file.save(buffer)
    return repacked(buffer.getvalue())


def repacked(content: bytes) -> bytes:
    """The same archive with no clock in it: every file dated as ZIP begins, in order of name, the types first."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as new:
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            new.writestr(info, old.read(name))
    return buffer.getvalue()


def drawn(svg: str, wide: bool) -> bytes:
    """A picture as PNG."""
    import typst

    source = b'#set page(width: auto, height: auto, margin: 2pt)\n#image(bytes(sys.inputs.svg), format: "svg", width: float(sys.inputs.width) * 1in)'
    inputs = {"svg": shown(styled(svg)), "width": str(INCHES if wide else 4.4)}
    made: bytes = typst.compile(source, sys_inputs=inputs, ignore_system_fonts=True, format="png", ppi=DENSITY, timestamp=0)
    return made


class _Document:
    """A Word document while it is being set, block by block; bookmarks and lists are numbered as they come."""

    def __init__(self, packet: Packet) -> None:
        import docx
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        self.packet = packet
        self.element, self.qn = OxmlElement, qn
        self.file: Any = docx.Document()
        self.body: Any = self.file.element.body
        self.end: Any = self.body.sectPr
        self.marks = 0
        self.links: dict[str, str] = {}
        self._styles()

    # --- how it looks

    def _styles(self) -> None:
        """A4, one face, headings in ink; lists and headings keep Word's own names, so that they are known as such."""
        from docx.shared import Cm, Pt, RGBColor

        section = self.file.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.2)
        section.top_margin, section.bottom_margin = Cm(2), Cm(2.2)
        sizes = {"Normal": 10.5, "Title": 26, "Heading 1": 15, "Heading 2": 12.5, "Heading 3": 10.5, "List Bullet": 10.5, "List Number": 10.5}
        for name, size in sizes.items():
            style = self.file.styles[name]
            style.font.name, style.font.size = FACE, Pt(size)
            style.font.color.rgb = RGBColor.from_string(INK)
            style.font.bold = name == "Heading 3"
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for key in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
                fonts.attrib.pop(self.qn(key), None)
            for key in ("w:ascii", "w:hAnsi", "w:cs"):
                fonts.set(self.qn(key), FACE)
            style.paragraph_format.space_after = Pt(4 if name != "Title" else 2)
            if name.startswith("Heading"):
                style.paragraph_format.space_before = Pt(14 if name == "Heading 1" else 10)
        title = self.file.styles["Title"].element
        for border in title.iter(self.qn("w:pBdr")):
            border.getparent().remove(border)
            break

    # --- words

    def put(self, block: Block) -> None:
        """Set one block."""
        if isinstance(block, Heading):
            style = ("Title", "Heading1", "Heading2")[block.level - 1]
            self.paragraph(block.text, style, name=block.name, page=block.page)
        elif isinstance(block, Para):
            size = {"lede": 28, "small": 18, "lead": 18}.get(block.look, 0)
            self.paragraph(block.text, name=block.name, size=size)
        elif isinstance(block, Items):
            self.items(block)
        elif isinstance(block, Pairs):
            self.pairs(block)
        elif isinstance(block, Cards):
            self.cards(block)
        elif isinstance(block, Tally):
            rows = [(name, tuple(SHAPES[verdict] for verdict in verdicts)) for name, verdicts in block.rows]
            for name, shapes in rows:
                self.paragraph((*name,), extra=f"  {' '.join(shapes)}")
            self.paragraph((), extra=", ".join(f"{SHAPES[one]} {one.value}" for one in Verdict), size=18)
        elif isinstance(block, Question):
            self.paragraph(block.text, "Heading3", name=block.name, extra=f"  {SHAPES[block.verdict]} {block.verdict.value}")
            for line in block.says:
                self.paragraph(line, "ListBullet")
        elif isinstance(block, Table):
            self.table(block)
        elif isinstance(block, Picture):
            self.picture(block)

    def paragraph(self, line: Line, style: str = "", *, name: str = "", page: bool = False, size: int = 0, extra: str = "", into: Any = None) -> Any:
        """A paragraph at the end, or in a cell; `size` is in half points."""
        made = self.element("w:p")
        if style or page:
            properties = self.element("w:pPr")
            if style:
                properties.append(self.value("w:pStyle", style))
            if page:
                properties.append(self.element("w:pageBreakBefore"))
            made.append(properties)
        self.words(made, line, size, name)
        if extra:
            made.append(self.run(extra, "", size))
        if into is not None:
            into.append(made)
        else:
            self.end.addprevious(made)
        return made

    def words(self, paragraph: Any, line: Line, size: int = 0, name: str = "") -> None:
        """The runs of a line, under a bookmark where the line has a name."""
        if name:
            self.marks += 1
            start = self.value("w:bookmarkStart", name, "w:name")
            start.set(self.qn("w:id"), str(self.marks))
            paragraph.append(start)
            paragraph.append(self.value("w:bookmarkEnd", str(self.marks), "w:id"))
        for run in line:
            made = self.run(SAID if run.look == "said" else run.text, run.look, size)
            if not run.to:
                paragraph.append(made)
                continue
            link = self.element("w:hyperlink")
            if run.to.startswith("#"):
                link.set(self.qn("w:anchor"), run.to[1:])
            else:
                link.set(self.qn("r:id"), self.address(run.to))
            link.append(made)
            paragraph.append(link)

    def run(self, text: str, look: str, size: int = 0) -> Any:
        """One run of text with its look."""
        made = self.element("w:r")
        properties = self.element("w:rPr")
        if look in ("code", "link"):
            fonts = self.element("w:rFonts")
            for key in ("w:ascii", "w:hAnsi", "w:cs"):
                fonts.set(self.qn(key), FIXED)
            properties.append(fonts)
        if look in ("strong", "figure"):
            properties.append(self.element("w:b"))
        if look in ("em", "gap"):
            properties.append(self.element("w:i"))
        if look in ("em", "gap", "quiet", "note"):
            properties.append(self.value("w:color", SOFT))
        if look in ("code", "link") or size:
            properties.append(self.value("w:sz", str(min(size or 99, 17) if look in ("code", "link") else size)))
        if look == "link":
            properties.append(self.value("w:u", "single"))
        if look == "note":
            properties.append(self.value("w:vertAlign", "superscript"))
        if len(properties):
            made.append(properties)
        words = self.element("w:t")
        words.text = _FORBIDDEN.sub("", text)
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        made.append(words)
        return made

    def value(self, tag: str, value: str, key: str = "w:val") -> Any:
        """An element with one attribute."""
        made = self.element(tag)
        made.set(self.qn(key), value)
        return made

    def address(self, url: str) -> str:
        """The id under which the document keeps a web address."""
        from docx.opc.constants import RELATIONSHIP_TYPE

        if url not in self.links:
            self.links[url] = self.file.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        return self.links[url]

    # --- blocks of several lines

    def items(self, block: Items) -> None:
        """A list; a numbered one begins where it says, and an item's further lines stand below it."""
        number = self.numbering(block.start) if block.start else 0
        for place, lines in enumerate(block.rows):
            name = block.names[place] if block.names else ""
            size = 18 if block.look == "aside" else 0
            made = self.paragraph(lines[0], "ListNumber" if number else "ListBullet", name=name, size=size)
            if number:
                properties = self.element("w:numPr")
                properties.append(self.value("w:ilvl", "0"))
                properties.append(self.value("w:numId", str(number)))
                made.pPr.append(properties)
            for line in lines[1:]:
                made.append(self.newline())
                self.words(made, line, size)

    def newline(self) -> Any:
        """A line's end within a paragraph."""
        made = self.element("w:r")
        made.append(self.element("w:br"))
        return made

    def numbering(self, start: int) -> int:
        """A numbering of its own for a list that begins at that number."""
        numbering = self.file.part.numbering_part.element
        style = self.file.styles["List Number"].element
        origin = style.pPr.numPr.numId.val
        abstract = numbering.num_having_numId(origin).abstractNumId.val
        made = numbering.add_num(abstract)
        made.add_lvlOverride(ilvl=0).add_startOverride(start)
        return int(made.numId)

    def pairs(self, block: Pairs) -> None:
        """Labelled lines: the label in front of the first of them."""
        for label, lines in block.rows:
            for place, line in enumerate(lines):
                made = self.paragraph((*((Run(f"{label}: ", "em"),) if place == 0 else ()), *line))
                if place:
                    made.get_or_add_pPr().append(self.value("w:ind", "360", "w:left"))

    def cards(self, block: Cards) -> None:
        """The claims of the first screen: a table a row of claims, a column a claim, a row a beat."""
        for row in block.rows:
            labels = [label for label, _ in row[0].lines]
            lines: list[tuple[Line, ...]] = [tuple(dict(card.lines)[label] for card in row) for label in labels]
            width = (WIDE - 1500) // len(row)
            self.grid(("", *(card.title for card in row)), [((_label(label),), *cells) for label, cells in zip(labels, lines, strict=True)],
                      (1500, *(width for _ in row)), ruled=False, size=20)  # fmt: skip

    def table(self, block: Table) -> None:
        """A table; notes are paragraphs, for they have one column."""
        if block.name == "notes":
            for place, row in enumerate(block.rows):
                self.paragraph(row[0], name=block.anchors[place], size=16)
            return
        count = len(block.head)
        shares = WIDTHS.get(block.name) or (0, 22, *(8 for _ in range(count - 2)))
        widths = [WIDE * (share or 100 - sum(shares)) // 100 for share in shares]
        self.grid(block.head, block.rows, widths, right=block.right, anchors=block.anchors, size=16)

    def grid(self, head: Sequence[Any], rows: Iterable[Sequence[Line]], widths: Sequence[int], *, right: Sequence[int] = (), anchors: Sequence[str] = (),
             ruled: bool = True, size: int = 18) -> None:  # fmt: skip
        """A table with a heading row that is repeated on every page."""
        table = self.element("w:tbl")
        properties = self.element("w:tblPr")
        properties.append(self.value("w:tblStyle", "TableNormal"))
        wide = self.value("w:tblW", str(sum(widths)), "w:w")
        wide.set(self.qn("w:type"), "dxa")
        properties.append(wide)
        if ruled:
            borders = self.element("w:tblBorders")
            for side in ("w:bottom", "w:insideH"):
                border = self.value(side, "single")
                for key, value in (("w:sz", "4"), ("w:space", "0"), ("w:color", "CFC9BF")):
                    border.set(self.qn(key), value)
                borders.append(border)
            properties.append(borders)
        properties.append(self.value("w:tblLayout", "fixed", "w:type"))
        look = self.value("w:tblLook", "0620")
        look.set(self.qn("w:firstRow"), "1")
        properties.append(look)
        table.append(properties)
        columns = self.element("w:tblGrid")
        for width in widths:
            columns.append(self.value("w:gridCol", str(width), "w:w"))
        table.append(columns)
        cells = [(_label(cell),) if isinstance(cell, str) else cell for cell in head]
        table.append(self.row(cells, widths, right, size if ruled else size + 2, head=True))
        for place, row in enumerate(rows):
            table.append(self.row(row, widths, right, size, name=anchors[place] if anchors else ""))
        self.end.addprevious(table)
        self.paragraph((), size=8)

    def row(self, cells: Sequence[Line], widths: Sequence[int], right: Sequence[int], size: int, *, head: bool = False, name: str = "") -> Any:
        """A row; one of a single cell is a heading over those that follow it, and goes across."""
        made = self.element("w:tr")
        properties = self.element("w:trPr")
        properties.append(self.element("w:cantSplit"))
        if head:
            properties.append(self.element("w:tblHeader"))
        made.append(properties)
        for place, line in enumerate(cells):
            cell = self.element("w:tc")
            settings = self.element("w:tcPr")
            across = len(cells) == 1 and len(widths) > 1
            width = self.value("w:tcW", str(sum(widths) if across else widths[place]), "w:w")
            width.set(self.qn("w:type"), "dxa")
            settings.append(width)
            if across:
                settings.append(self.value("w:gridSpan", str(len(widths))))
            cell.append(settings)
            paragraph = self.paragraph(line, size=size, name=name if place == 0 else "", into=cell)
            layout = paragraph.get_or_add_pPr()
            if across or head:
                layout.append(self.element("w:keepNext"))
            spacing = self.value("w:spacing", "20", "w:before")
            spacing.set(self.qn("w:after"), "20")
            layout.append(spacing)
            if place in right:
                layout.append(self.value("w:jc", "right"))
            made.append(cell)
        return made

    def picture(self, block: Picture) -> None:
        """A picture with its description, and what its marks mean."""
        from docx.shared import Inches

        paragraph = self.file.add_paragraph()
        shape = paragraph.add_run().add_picture(io.BytesIO(drawn(block.svg, block.wide)), width=Inches(INCHES if block.wide else 4.4))
        about = shape._inline.docPr
        about.set("descr", _FORBIDDEN.sub("", block.told))
        about.set("name", f"Picture {about.id}")
        paragraph.paragraph_format.keep_with_next = bool(block.key)
        if block.key:
            made = self.paragraph((), size=18)
            for place, (mark, words) in enumerate(block.key):
                made.append(self.run(f"{'    ' if place else ''}{MARKS.get(mark, '')} {words}", "", 18))


def _label(text: str) -> Run:
    """A label's words."""
    return Run(text, "em")
