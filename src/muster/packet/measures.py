"""The signals' measures as a reader meets them: in words, with their unit, the telling ones first.

A measure that has no words here is shown under its own name, so that a new signal needs nothing but its file.
"""

from __future__ import annotations

from dataclasses import dataclass

from muster.model import Packet, Signal

#: What a signal is about, in words, in the order in which they are read.
HEADS = {
    "reach": "Reach: others’ records that refer to the work",
    "lift": "Lift: others’ work made possible",
    "system_scope": "Scope",
    "initiative": "How the undertakings began",
    "reactivity": "Answering fires",
    "foresight": "Written down before it was built",
    "documentation": "Something to read about it",
    "longevity": "What outlasts",
    "counter": "What went wrong since",
    "corroboration": "Backed from outside, for each undertaking",
    "observation": "Numbers in the claims",
    "focus": "Focus",
    "contemporaneity": "Recorded then, or later",
    "load": "Load",
}

#: Measures in words; those that start with a stop are details, and stand folded.
WORDS = {
    ("reach", "people_outside"): "people outside the team",
    ("reach", "teams_outside"): "teams outside",
    ("reach", "records_outside"): "records by people outside",
    ("reach", "people"): "people, team or not",
    ("reach", "people_team_unknown"): ".people whose team is not known",
    ("reach", "records"): ".records, team or not",
    ("reach", "people_citing"): ".people who cited the work",
    ("reach", "people_building_on"): ".people whose changes build on it",
    ("reach", "people_implementing"): ".people who implemented a proposal",
    ("reach", "people_reviewing"): ".people who reviewed it",
    ("reach", "people_adopting"): "people who took up a module",
    ("reach", "people_adopting_outside"): ".people outside the team who took up a module",
    ("reach", "teams_adopting"): ".teams outside that took up a module",
    ("reach", "adoptions"): ".parts of the tree that took up a module, by change",
    ("reach", "people_reusing"): "people who built a document like one",
    ("reach", "people_reusing_outside"): ".people outside the team who built a document like one",
    ("reach", "teams_reusing"): ".teams outside that built a document like one",
    ("reach", "documents_reused"): ".documents that others’ are built like",
    ("reach", "people_changing_lines"): ".people who changed lines that were written",
    ("reach", "people_changing_lines_outside"): ".people outside the team who changed lines that were written",
    ("reach", "teams_changing_lines"): ".teams outside that changed lines that were written",
    ("reach", "worked_with"): ".people worked with, ever",
    ("lift", "reviews"): "changes of others reviewed",
    ("lift", "people_reviewed"): "people whose changes were reviewed",
    ("lift", "people_reviewed_outside"): "people outside the team whose changes were reviewed",
    ("lift", "landed"): "changes of others landed or merged",
    ("lift", "people_landed"): "people whose changes were landed",
    ("lift", "newcomers"): "people helped with their first change ever",
    ("lift", "newcomers_back"): "newcomers who made another without help",
    ("lift", "reviews_changed_code"): "reviews after which the code changed",
    ("system_scope", "areas"): "areas changed",
    ("system_scope", "effective_areas"): "areas, weighted by how evenly they were changed",
    ("system_scope", "others_area_changes"): "changes in areas of other teams",
    ("system_scope", "others_area_share"): "share of changes in areas of other teams",
    ("system_scope", "beyond_team"): "undertakings beyond the team’s areas",
    ("system_scope", "beyond_team_share"): ".share of undertakings beyond the team’s areas",
    ("system_scope", "areas_max"): ".most areas in one undertaking",
    ("system_scope", "areas_mean"): ".areas in an undertaking, on average",
    ("system_scope", "teams_max"): ".most teams in one undertaking",
    ("system_scope", "teams_mean"): ".teams in an undertaking, on average",
    ("initiative", "undertakings"): "undertakings",
    ("initiative", "self_begun"): "begun by the person",
    ("initiative", "self_begun_known"): ".begun by the person, with areas and teams known",
    ("initiative", "self_begun_share"): ".share begun by the person",
    ("initiative", "asked_share"): "share that was asked for",
    ("initiative", "began_unknown_share"): "share whose beginning no record shows",
    ("reactivity", "fires"): "undertakings that answered a fire",
    ("reactivity", "fire_share"): ".share of undertakings that answered a fire",
    ("foresight", "days_median"): "days from proposal to first change, median",
    ("foresight", "days_max"): ".days from proposal to first change, most",
    ("foresight", "proposed_before"): "undertakings proposed before their first change",
    ("foresight", "proposed_after"): "undertakings proposed with it or after",
    ("documentation", "explained"): "undertakings that a document explains",
    ("documentation", "explained_share"): ".share of undertakings that a document explains",
    ("documentation", "bursts"): "off-hours bursts around a fire",
    ("documentation", "bursts_unexplained"): "off-hours bursts that nothing explains",
    ("longevity", "code_lines"): ".lines of code written, ever",
    ("longevity", "code_lines_old_1y"): ".lines of code a year old or older",
    ("longevity", "code_lines_old_2y"): ".lines of code two years old or older",
    ("longevity", "code_lines_old_3y"): ".lines of code three years old or older",
    ("longevity", "code_lines_alive_6m"): ".lines of code still there after half a year",
    ("longevity", "code_lines_alive_1y"): "lines of code still there after 1 year",
    ("longevity", "code_lines_alive_18m"): ".lines of code still there after a year and a half",
    ("longevity", "code_lines_alive_2y"): "lines of code still there after 2 years",
    ("longevity", "code_lines_alive_30m"): ".lines of code still there after two years and a half",
    ("longevity", "code_lines_alive_3y"): "lines of code still there after 3 years",
    ("longevity", "code_lines_rewritten"): ".lines of code changed or removed since",
    ("longevity", "code_lines_rewritten_own"): "lines of code changed or removed since: share by the person",
    ("longevity", "document_lines"): ".lines of documents written, ever",
    ("longevity", "document_lines_alive_1y"): ".lines of documents still there after 1 year",
    ("longevity", "document_lines_alive_2y"): ".lines of documents still there after 2 years",
    ("longevity", "document_lines_alive_3y"): ".lines of documents still there after 3 years",
    ("longevity", "code_files"): ".code files added, ever",
    ("longevity", "code_alive_1y"): "code files still there after 1 year",
    ("longevity", "code_alive_2y"): ".code files still there after 2 years",
    ("longevity", "code_alive_3y"): "code files still there after 3 years",
    ("longevity", "documents"): ".documents added, ever",
    ("longevity", "documents_alive_1y"): "documents still there after 1 year",
    ("longevity", "documents_alive_2y"): ".documents still there after 2 years",
    ("longevity", "documents_alive_3y"): ".documents still there after 3 years",
    ("longevity", "late_citations"): "citations of work half a year old or older",
    ("longevity", "late_citing_people"): ".people who cited such work",
    ("longevity", "old_files_built_on"): "files half a year old or older that others built on",
    ("longevity", "old_files_people"): "people who built on such files",
    ("longevity", "only_mine"): ".living code files that nobody else has changed",
    ("counter", "reverted"): "changes reverted",
    ("counter", "reverted_by_others"): "changes reverted by somebody else",
    ("counter", "relanded"): "reverted changes that landed again",
    ("counter", "fixed"): "changes that a later change names as what it fixes",
    ("counter", "fixed_by_others"): "changes fixed by somebody else",
    ("counter", "followed_by_fix"): "changes that somebody else’s fix changed within days",
    ("counter", "answered"): "of all of these by others, answered on record",
    ("counter", "own_care"): "changes taken back or fixed by oneself within a day",
    ("counter", "incidents"): "incidents that followed",
    ("corroboration", "backed_share"): "share of undertakings that somebody outside backs",
    ("corroboration", "people_outside_mean"): ".people outside who back one, on average",
    ("corroboration", "people_outside_max"): "most people outside who back one",
    ("corroboration", "people_mean"): ".people who back one, team or not, on average",
    ("corroboration", "managers"): "managers who back one",
    ("corroboration", "seats"): "seats with a record of their own on the work",
    ("observation", "numbers"): "numbers in the claims",
    ("observation", "bound_share"): "share of numbers bound to data",
    ("observation", "reproduced_share"): "share of numbers computed anew",
    ("focus", "changes"): "changes",
    ("focus", "small_fixes"): "small fixes",
    ("focus", "small_fix_share"): ".small fixes as a share of changes",
    ("focus", "declined"): "things declined",
    ("focus", "declined_with_outcome"): "things declined, with what came of it",
    ("focus", "refused"): "others’ issues and pull requests closed with a reason",
    ("focus", "meeting_hours"): "hours of meetings a week",
    ("focus", "meetings_declined"): "meetings declined",
    ("contemporaneity", "records"): "records of the person’s, merges included",
    ("contemporaneity", "lag_median"): ".from doing to recording, median",
    ("contemporaneity", "lag_p90"): "from doing to recording, nine in ten within",
    ("contemporaneity", "book_lag_median"): ".from doing to writing it in the book, median",
    ("contemporaneity", "book_lag_p90"): "from doing to writing it in the book, nine in ten within",
    ("contemporaneity", "longest_silence"): "longest silence",
    ("contemporaneity", "weeks_share"): "weeks with a record",
    ("contemporaneity", "last_month_share"): "records written in the last thirty days",
    ("load", "changes"): ".changes with a known local time",
    ("load", "off_hours_share"): "changes at night or on a weekend, by their own clock",
    ("load", "weekend_share"): ".changes on a weekend",
    ("load", "pages"): "times paged",
}
BASELINE = "_baseline"


def figure(value: float | None, unit: str) -> str:
    """A measure's value as it is read: whole where it is whole, a percentage where it is a share, days with their unit."""
    if value is None:
        return "not known"
    if unit in ("share", "ratio"):
        return f"{value * 100:.0f} %"
    digits = f"{round(value):,}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}".removesuffix(".0")
    return f"{digits} day{'' if digits == '1' else 's'}" if unit == "days" else digits


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of a signal: the period's own value, earlier halves by label, and the same measure of what others made."""

    name: str
    signal: Signal
    halves: tuple[tuple[str, float | None], ...]
    baseline: Signal | None = None

    @property
    def words(self) -> str:
        """The measure in words."""
        return WORDS.get((self.name, self.signal.measure), self.signal.measure.replace("_", " ")).lstrip(".")

    @property
    def detail(self) -> bool:
        """Whether it is one that a reader only wants after the others."""
        return WORDS.get((self.name, self.signal.measure), "").startswith(".")

    @property
    def value(self) -> str:
        """The period's value."""
        return figure(self.signal.value, self.signal.unit)

    @property
    def bounds(self) -> str:
        """Its 95 % interval; empty where it is no estimate."""
        return bounds(self.signal)

    @property
    def beside(self) -> str:
        """What the same comes to for what others made; empty where that is not measured."""
        if self.baseline is None or self.baseline.value is None:
            return ""
        return figure(self.baseline.value, self.baseline.unit)


def bounds(signal: Signal) -> str:
    """A measure's 95 % interval as it is read: `88 to 100 %`; empty where it is no estimate."""
    if signal.low is None or signal.high is None:
        return ""
    low, high = figure(signal.low, signal.unit), figure(signal.high, signal.unit)
    return f"{low.removesuffix(' %')} to {high}"


def measures(packet: Packet) -> tuple[Row, ...]:
    """The signals' measures over the period, in the order in which they are read, each beside the person's own halves."""
    case = packet.case
    halves: dict[tuple[str, str], list[tuple[str, float | None]]] = {}
    now = {(one.name, one.measure): one for one in case.signals if one.label == "case"}
    for signal in case.signals:
        if signal.label != "case":
            halves.setdefault((signal.name, signal.measure), []).append((signal.label, signal.value))
    heads, words = list(HEADS), list(WORDS)
    rows = [
        Row(signal.name, signal, tuple(sorted(halves.get(key, ()))), now.get((key[0], key[1] + BASELINE)))
        for key, signal in now.items()
        if not (key[1].endswith(BASELINE) and (key[0], key[1].removesuffix(BASELINE)) in now)
    ]

    def place(row: Row) -> tuple[int, int]:
        key = (row.name, row.signal.measure)
        return (heads.index(row.name) if row.name in HEADS else len(heads), words.index(key) if key in WORDS else len(words))

    return tuple(sorted(rows, key=place))


def head(name: str) -> str:
    """What a signal is about, in words."""
    return HEADS.get(name, name.replace("_", " ").capitalize())


def valued(packet: Packet) -> tuple[Row, ...]:
    """The rows that have something to show."""
    return tuple(row for row in measures(packet) if row.signal.value is not None and not none_ever(row))


def none_ever(row: Row) -> bool:
    """Whether a measure is zero in the period and in every half before it."""
    return row.signal.value == 0 and not any(value for _, value in row.halves)


def nothing(packet: Packet) -> tuple[str, ...]:
    """Measures that are zero in the period and in every half before it, each signal's in one phrase."""
    found: dict[str, list[str]] = {}
    for row in measures(packet):
        if none_ever(row) and not row.detail:
            found.setdefault(row.name, []).append(row.words)
    return tuple(words for those in found.values() for words in those)


def unmeasured(packet: Packet) -> dict[str, list[str]]:
    """Why some measures have no value, each reason once, with what is therefore not known."""
    found: dict[str, list[Row]] = {}
    for row in measures(packet):
        if row.signal.value is None:
            # The first blind spot is the reason: "no book is connected, so this is unknown: share of …".
            reason = next(iter(row.signal.blind_spots), "not measured")
            found.setdefault(reason.partition(", so this is unknown: ")[0], []).append(row)
    # A detail of what is named is not known either, and need not be said.
    told = {why: {row.name for row in rows if not row.detail} for why, rows in found.items()}
    return {
        why: list(dict.fromkeys(row.words for row in rows if not row.detail or row.name not in told[why]))
        for why, rows in found.items()
    }
