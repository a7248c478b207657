"""The packet: every format shows the same, every number opens its evidence, and the world's text stays text."""

from __future__ import annotations

import json as standard_json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise

import jsonschema
import pytest

from muster import packet as packets
from muster import room, signals
from muster.model import (
    Basis,
    Case,
    Checked,
    Finding,
    Packet,
    Severity,
    State,
    Statement,
    Verdict,
    Week,
    Where,
)
from muster.packet import answers, draw, html, json, md, measures, text
from muster.packet import sheet as ask
from muster.packet.sheet import Sheet
from muster.registry import modules
from muster.room.words import short, visible
from tests import cases


def made(kind: str, case: Case) -> Packet:
    return packets.build(
        kind, case, cases.NOTABLE, cases.CHECKED, room.rehearse(case, cases.CHECKED), cases.BLIND, "0.1.0"
    )


PACKETS = {
    "packet": made("packet", cases.packet_case()),
    "review": made("review", cases.review_case()),
    "quiet": made("review", cases.quiet_case()),
    "empty": made("review", cases.empty_case()),
    "hostile": made("review", cases.hostile_case()),
    "large": made("review", cases.large_case(200)),
}
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """A page's elements, ids, links and text; fails on one that is closed out of turn."""

    def __init__(self, source: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.words: list[str] = []
        self.loose: list[str] = []
        self._open: list[str] = []
        self.feed(source.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if id_ := found.get("id"):
            self.ids.append(id_)
        if tag == "a" and (href := found.get("href")):
            self.links.append(href)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script", "title", "desc"} & set(self._open):
            self.words.append(data)
            if "a" not in self._open and "code" not in self._open and "main" not in self._open:
                self.loose.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words).replace("\u00a0", " "))


PAGES = {name: Page(html.render(one)) for name, one in PACKETS.items()}


def flat(text_: str) -> str:
    """Text without what a format does to it: escapes, footnotes, marks, curved apostrophes."""
    text_ = re.sub(r"\[\^\d+\]", "", text_)
    text_ = re.sub(r"\\(.)", r"\1", text_).replace("’", "'").replace("**", "")
    return re.sub(r"[\s\u00a0]+", " ", text_)


@pytest.mark.parametrize("name", PACKETS)
def test_every_link_on_the_page_leads_somewhere_on_it(name: str) -> None:
    page = PAGES[name]
    ids = set(page.ids)
    inner = [link for link in page.links if link.startswith("#")]
    assert inner
    assert [link for link in inner if link[1:] not in ids] == []
    assert [link for link in page.links if not link.startswith(("#", "https://"))] == []


@pytest.mark.parametrize("name", PACKETS)
def test_no_id_is_given_twice(name: str) -> None:
    ids = PAGES[name].ids
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", PACKETS)
def test_the_page_asks_nothing_of_anybody(name: str) -> None:
    source = html.render(PACKETS[name]).decode()
    style = source[source.index("<style>") : source.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    for tag, attrs in PAGES[name].tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base"), tag
        assert "src" not in attrs
        assert not any(key.startswith("on") for key in attrs)
    assert sum(tag == "script" for tag, _ in PAGES[name].tags) == 1


@pytest.mark.parametrize("name", PACKETS)
def test_every_statement_keeps_its_sources(name: str) -> None:
    packet = PACKETS[name]
    page = PAGES[name]
    numbers = Sheet(packet).numbers
    lines = [line for answer in packet.rehearsal.answers for line in answer.says]
    lines += [line for one in packet.claims for _, beat in one.claim.beats for line in beat.statements]
    for line in lines:
        for id_ in line.evidence:
            if id_ in packet.case.evidence:
                assert f"e{numbers[id_]}" in page.ids


@pytest.mark.parametrize("name", PACKETS)
def test_numbers_of_the_first_screen_and_the_room_open_their_evidence(name: str) -> None:
    # Every count in a sentence that has sources is set as a link to the note that lists them.
    source = html.render(PACKETS[name]).decode()
    for answer in PACKETS[name].rehearsal.answers:
        for line in answer.says:
            if line.evidence:
                for piece, counted in ask.counts(line.text):
                    if counted:
                        assert re.search(rf'href="#n\d+">{re.escape(piece)}</a>', source), line.text
    for part in ask.lede(PACKETS[name]):
        for piece, counted in ask.counts(part.text):
            if counted and part.evidence:
                assert re.search(rf'href="#n\d+">{re.escape(piece)}</a>', source), part.text


@pytest.mark.parametrize("name", PACKETS)
def test_headings_are_in_order_and_landmarks_are_there(name: str) -> None:
    page = PAGES[name]
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    for before, after in pairwise(page.headings):
        assert after <= before + 1, page.headings
    tags = [tag for tag, _ in page.tags]
    assert all(tags.count(tag) == 1 for tag in ("main", "header", "footer"))
    assert all(attrs.get("scope") for tag, attrs in page.tags if tag == "th")
    for tag, attrs in page.tags:
        if tag == "svg":
            assert attrs.get("role") == "img" or attrs.get("aria-hidden") == "true"
        if tag == "section":
            assert attrs.get("aria-labelledby") in page.ids


@pytest.mark.parametrize("name", PACKETS)
def test_the_three_formats_hold_the_same(name: str) -> None:
    packet = PACKETS[name]
    page, prose = flat(PAGES[name].text), flat(md.render(packet).decode())
    data = standard_json.loads(json.render(packet))["packet"]
    for one in packet.claims:
        for line in [line for _, beat in one.claim.beats for line in beat.statements]:
            assert line.text in [said["text"] for beat in ("problem", "did", "changed") for held in data["claims"] for said in held["claim"][beat]["statements"]]
            shown = flat(visible(ask.told(packet, one, line).text))
            assert shown in prose
            if not line.evidence:
                assert shown in page
    for answer in packet.rehearsal.answers:
        assert flat(answer.question) in page
        assert f"{flat(answer.question)} {md.SHAPES[answer.verdict]} {answer.verdict.value}" in prose
    assert [one["question"] for one in data["rehearsal"]["answers"]] == [one.question for one in packet.rehearsal.answers]
    assert page.count("cannot tell") >= packet.rehearsal.count(Verdict.CANNOT_TELL)
    for finding in ask.findings(packet):
        assert finding.code in page
        assert finding.code in prose
        assert flat(visible(finding.move)).split("`")[0].strip() in page
        assert flat(visible(finding.move))[1:] in prose
    for spot in packet.blind_spots:
        assert flat(spot) in page
        assert flat(spot) in prose
    for thread in packet.case.threads:
        assert flat(visible(thread.title))[:50] in page
        assert flat(visible(thread.title))[:50] in prose


@pytest.mark.parametrize("name", PACKETS)
def test_the_same_packet_gives_the_same_bytes(name: str) -> None:
    for module in (html, md, json):
        assert module.render(PACKETS[name]) == module.render(PACKETS[name])


def test_the_order_of_evidence_never_matters() -> None:
    case = cases.packet_case()
    turned = replace(case, evidence=dict(reversed(list(case.evidence.items()))), links=tuple(reversed(case.links)))
    for module in (html, md, json):
        left, right = module.render(made("packet", case)), module.render(made("packet", turned))
        if module is not json:  # JSON keeps the case's own order of links
            assert left == right


def test_hostile_titles_stay_text() -> None:
    source = html.render(PACKETS["hostile"]).decode()
    assert "<script>alert" not in source
    assert "<img" not in source
    assert 'href="javascript' not in source
    assert "⟨U+001B⟩" in source
    assert "⟨U+202E⟩" in source
    assert "{{ 7*7 }}" in source
    for page in (source, md.render(PACKETS["hostile"]).decode(), text.review_text(PACKETS["hostile"])):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    prose = md.render(PACKETS["hostile"]).decode()
    assert "<script>" not in re.sub(r"\\<", "", prose)
    assert not re.search(r"(?<!\\)\]\(javascript", prose)


def test_json_follows_its_schema() -> None:
    for packet in PACKETS.values():
        document = standard_json.loads(json.render(packet))
        assert document["schema"] == "muster.packet/1"
        jsonschema.validate(document, json.schema())


def test_what_the_packet_does_not_cite_stays_out_of_it() -> None:
    case = cases.packet_case()
    secret = replace(cases.commit("Nobody refers to this", "2019-01-01"), text="a body that was never shown")
    packet = made("packet", replace(case, evidence={**case.evidence, secret.id: secret}))
    assert secret.id not in packet.case.evidence
    assert packet.case.entries == ()
    for module in (html, md, json):
        content = module.render(packet)
        assert b"never shown" not in content
        assert b"Two teams moved by May 2026" not in content, "an entry's own prose stays in the book"


def test_numbers_are_filled_in_from_their_data_and_gaps_stay_visible() -> None:
    packet = PACKETS["packet"]
    page, prose = PAGES["packet"].text, md.render(packet).decode()
    assert all("The slowest twentieth went from 35.2 to 10 minutes." in shown for shown in (page, prose))
    assert "p95 35.2 minutes (95 %: 28.8 to 36.8) before, 10 minutes (95 %: 9.7 to 10.3) after" in prose
    assert "The slowest twentieth: 35.2 → 10 minutes p95; 95 %: 9.7–10.3" in re.sub(r":\d ", ": ", page), "on the first screen"
    assert "p95; 95 % intervals: 28.8 to 36.8 before, 9.7 to 10.3 after" in page, "on the claim's page"
    bare = made("packet", replace(cases.packet_case(), observed=()))
    assert "went from [deploy_p95 before: no data] to" in Page(html.render(bare)).text


def test_weeks_cover_the_period_and_hold_each_record_once() -> None:
    packet = PACKETS["packet"]
    case = packet.case
    assert packet.weeks[0].monday <= case.period.since
    assert packet.weeks[-1].monday <= case.period.until
    assert len(packet.weeks) in (53, 54)
    held = [id_ for week in packet.weeks for id_ in (*week.then, *week.later)]
    assert len(held) == len(set(held))
    assert set(held) == {id_ for id_, piece in case.evidence.items() if case.mine(piece) and piece.happened_at in case.period}
    assert cases.BUDGET.id in [id_ for week in packet.weeks for id_ in week.later]
    assert cases.ADOPT1.id in [id_ for week in packet.weeks for id_ in week.others]


def test_the_longest_silence_is_said() -> None:
    assert ask.silence_words(PACKETS["packet"]) == "15 weeks without a record, 23 March – 30 June 2026"
    wide, narrow = draw.strip(Sheet(PACKETS["packet"]))
    assert "15 weeks silent" in "".join(wide)
    assert "15 weeks silent" in "".join(narrow)


@pytest.mark.parametrize(("weeks", "rows"), [(26, (1, 1)), (27, (1, 1)), (53, (1, 2)), (54, (1, 2)), (105, (2, 4))])
def test_a_year_is_one_row_or_two_halves(weeks: int, rows: tuple[int, int]) -> None:
    packet = PACKETS["packet"]
    first = packet.weeks[0].monday
    some = tuple(Week(first + timedelta(days=7 * place), (), (), ()) for place in range(weeks))
    wide, narrow = draw.strip(Sheet(replace(packet, weeks=some)))
    assert (len(wide), len(narrow)) == rows


def test_reach_draws_eight_teams_a_side_and_counts_the_rest() -> None:
    packet = made("review", cases.large_case(400, 18))
    sheet = Sheet(packet)
    ties = [tie for tie in packet.ties if not tie.own]
    for picture in draw.reach(sheet):
        for role, side in (("tie", [tie for tie in ties if sheet.theirs(tie)]), ("done", [tie for tie in ties if sheet.done(tie)])):
            drawn = picture.count(f'class="{role}"')
            assert drawn == (8 if len(side) > 9 else len(side))
            if drawn < len(side):
                assert f"and {len(side) - drawn} more" in picture


def test_only_records_of_others_are_reach() -> None:
    packet = PACKETS["packet"]
    sheet = Sheet(packet)
    release = next(tie for tie in packet.ties if tie.team == "release-engineering")
    assert cases.LOCK3.id in sheet.done(release)
    assert cases.LOCK3.id not in sheet.theirs(release)
    for tie in packet.ties:
        assert all(not packet.case.mine(packet.case.evidence[id_]) for id_ in sheet.theirs(tie))


def test_long_names_keep_their_end() -> None:
    assert draw.fitted("payments", 23) == "payments"
    assert draw.fitted("example-org/shop:server/storage", 23) == "…shop:server/storage"
    assert draw.fitted("@example/a-team-with-quite-a-long-name", 23) == short("@example/a-team-with-quite-a-long-name", 23)
    assert all(len(draw.fitted("x/" * 30 + "y" * size, 23)) <= 23 for size in range(40))


@pytest.mark.parametrize("teams", range(1, 14))
def test_labels_of_the_reach_map_never_overlap(teams: int) -> None:
    for picture in draw.reach(Sheet(made("review", cases.large_case(260, teams)))):
        spots = [(float(x), float(y)) for x, y in re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="name"', picture)]
        for side in {x for x, _ in spots}:
            rows = sorted(y for x, y in spots if x == side)
            assert all(after - before >= 30 for before, after in pairwise(rows)), rows


def test_inferred_teams_are_marked_in_every_format() -> None:
    packet = made("review", replace(cases.review_case(), team_basis=Basis.INFERRED))
    # Once, under the map, and not on every label.
    assert Page(html.render(packet)).text.count("inferred from who works where") == 1
    assert ", inferred" in md.render(packet).decode()
    assert "inferred" not in "".join(draw.reach(Sheet(packet)))


def test_a_page_of_a_thousand_changes_stays_under_two_megabytes() -> None:
    page = html.render(made("review", cases.large_case()))
    assert len(page) < 2_000_000


def test_a_note_lists_two_hundred_and_says_how_many_more() -> None:
    page = Page(html.render(made("review", cases.large_case(300))))
    assert "and 100 more" in page.text


@pytest.mark.parametrize("name", PACKETS)
def test_the_first_screen_is_short(name: str) -> None:
    source = html.render(PACKETS[name]).decode()
    head = Page(re.sub(r"<a class=\"skip\".*?</a>|<svg.*?</svg>|<style>.*?</style>|<p class=\"key\">.*?</p>|<sup.*?</sup>", "", source[: source.index("<main")], flags=re.S)
                .encode() + b"</body></html>")  # fmt: skip
    assert len(head.text.split()) <= 150, head.text


def test_no_score_no_rank_no_percentage_of_readiness() -> None:
    for page in PAGES.values():
        assert not re.search(r"\b(readiness|score of|ranked? \d|percentile)\b", page.text)


def test_counts_are_numbers_that_count() -> None:
    def numbers(text_: str) -> list[str]:
        return [piece for piece, counted in ask.counts(text_) if counted]

    assert numbers("14 changes in 3 areas by 4 May 2026") == ["14", "3"]
    assert numbers("“Fix 7 bugs” was cited 1,204 times in 2026") == ["1,204"]
    assert numbers("3 – 19 March 2026: 83 % of v1.2.3, #812, 5f6a, A401") == ["83 %"]
    assert "".join(piece for piece, _ in ask.counts("14 a, 15 b")) == "14 a, 15 b"


def test_renderers_are_found_by_their_marker() -> None:
    assert [module.FORMAT for module in modules("packet", "FORMAT")] == ["docx", "html", "json", "md", "pdf"]


def test_text_fits_its_width() -> None:
    packet = PACKETS["review"]
    for width in (60, 80, 100):
        for block in (text.room_text(packet.rehearsal, width), text.review_text(packet, width)):
            lines = [line for line in block.splitlines() if not line.startswith("    muster")]
            assert max(map(len, lines)) <= width
    assert len(text.room_text(packet.rehearsal).splitlines()) <= 45
    one = replace(packet.rehearsal, answers=tuple(a for a in packet.rehearsal.answers if a.seat == "skeptic"))
    assert "Missing: " in text.room_text(one)


def test_notable_keeps_its_order_and_its_sources() -> None:
    packet = PACKETS["packet"]
    assert [line.text for line in packet.notable] == [line.text for line in cases.NOTABLE]
    assert all(isinstance(line, Statement) and line.evidence for line in packet.notable)


def test_no_sentence_of_the_room_is_said_twice() -> None:
    for packet in PACKETS.values():
        rows = [row for rows in answers.spoken(packet).values() for row in rows]
        said = [line.text for row in rows for line in row.says]
        assert len(said) == len(set(said))
        assert set(said) == {line.text for answer in packet.rehearsal.answers for line in answer.says}
        for row in rows:
            assert row.above < row.place
            if row.answer.move and row.answer.closes_by:
                assert answers.moves(packet)[row.move - 1].text == row.answer.move.text
        assert answers.moves(packet)[: len(packet.rehearsal.moves)] == packet.rehearsal.moves


def test_few_records_of_a_claim_stand_open_and_none_is_lost() -> None:
    for packet in PACKETS.values():
        for one in packet.claims:
            shown, rest = ask.telling(packet, one)
            assert len(shown) <= 8
            assert sorted((*shown, *rest)) == sorted(one.evidence)
            assert not one.evidence or shown


def test_what_lacks_least_is_read_first() -> None:
    packet = PACKETS["packet"]
    assert [packets.gaps(one) for one in packet.claims] == sorted(packets.gaps(one) for one in packet.claims)


def test_findings_that_say_the_same_are_said_once() -> None:
    where = Where(thread="t")
    rows = tuple(Finding("C206", "thin-stack", Severity.NOTE, where, f"“{name}”: one kind of artifact stands behind it.", "Write why.") for name in "ab")
    packet = replace(PACKETS["packet"], checked=(Checked("C206", "thin-stack", State.FOUND, rows),))
    (group,) = ask.groups(packet)
    assert group.move == "Write why."
    assert ask.alike(group) == (("one kind of artifact stands behind it.", rows),)
    assert "“a” and “b”, each: one kind of artifact stands behind it." in Page(html.render(packet)).text


def test_dates_are_written_as_they_are_read() -> None:
    assert ask.dated("from 2024-05-08 on") == "from 8 May 2024 on"
    assert ask.dated("“Release 2024-05-08” in `log/2024-05-08` and entries/2024-05-08-a.md") == "“Release 2024-05-08” in `log/2024-05-08` and entries/2024-05-08-a.md"
    assert ask.dated("2024-13-40") == "2024-13-40"


def test_a_beat_is_cut_at_a_sentence_where_it_can_be() -> None:
    assert ask.clipped("One is done. Two is not, and goes on and on.", 30) == "One is done."
    assert ask.clipped("Wrote it down, chose one of two, and then built it.", 36) == "Wrote it down, chose one of two…"
    assert ask.clipped("short", 30) == "short"
    assert ask.clipped("One that never ends in time for it", 20).endswith("…")


def test_measures_are_called_as_their_signals_have_them() -> None:
    declared = {(name, one.name) for name in signals.names() for one in signals.header(name).measures}
    assert measures.WORDS.keys() <= declared
    assert measures.HEADS.keys() <= set(signals.names())
    words = [word for (name, _), word in measures.WORDS.items() if name == "reach"]
    assert len(words) == len(set(words))


def test_figures_carry_their_unit() -> None:
    assert measures.figure(0.944, "ratio") == "94 %"
    assert measures.figure(16.9, "days") == "17 days"
    assert measures.figure(1, "days") == "1 day"
    assert measures.figure(5.83, "areas") == "5.8"
    assert measures.figure(7.04, "areas") == "7"
    assert measures.figure(None, "areas") == "not known"


def test_a_time_of_day_is_no_number() -> None:
    from muster.packet.sheet import COUNT

    assert [found.strip() for found in COUNT.findall("22 % of 1,204 changes were made between 20:00 and 07:00")] == ["22 %", "1,204"]


def test_the_page_allows_no_script_but_its_own() -> None:
    import base64
    import hashlib
    import re

    page = html.render(made("packet", cases.packet_case())).decode()
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    mark = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{mark}'" in page
    assert "default-src 'none'" in page
