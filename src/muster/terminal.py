"""What the command line prints: lines of plain text that fit a width, with weight and colour only on a terminal.

Everything here takes records and gives back strings; nothing decides anything.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
import textwrap
import time
import unicodedata
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TextIO

from muster.model import Case, Checked, Finding, Severity, Signal, State, Statement, Thread

#: Shown for what is found, and for its weight: words first, so that nothing hangs on colour.
MARKS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


#: What stands for a character where a terminal's encoding has none.
ASCII = {
    "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "·": "-", "→": "->", "─": "-", "×": "x",
    "■": "#", "◪": "+", "□": "o", "≤": "<=", "≥": ">=", "\u00a0": " ", "\u2009": " ", "\u202f": " ",
}  # fmt: skip


def spell(error: UnicodeError) -> tuple[str | bytes, int]:
    """A codec's way out: what cannot be encoded in plain letters, or as its number."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    told = error.object[error.start : error.end]
    return "".join(ASCII.get(c) or f"\\u{ord(c):04x}" for c in told), error.end


codecs.register_error("muster", spell)


def forgiving(*streams: object) -> None:
    """Let the streams print any text, whatever their encoding: what it lacks is spelt out."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="muster")


def width(stream: TextIO | None = None) -> int:
    """Columns to fill: the terminal's behind the stream (standard output), 40 to 100, and 80 where there is none."""
    try:
        return max(40, min(os.get_terminal_size((stream or sys.stdout).fileno()).columns or 80, 100))
    except (OSError, ValueError, AttributeError):
        return 80


def plain(text: str) -> str:
    """The text on one line, with control characters and bidirectional overrides shown instead of obeyed."""
    out = []
    for character in text:
        kind = unicodedata.category(character)
        if kind in ("Cc", "Cf", "Cs", "Co", "Cn") and character not in "\u200d\u200c":
            out.append(" " if character in "\n\r\t" else f"\\u{ord(character):04x}")
        else:
            out.append(character)
    return re.sub(" +", " ", "".join(out)).strip()


def columns(text: str) -> int:
    """How many columns it takes: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def cut(text: str, room: int) -> str:
    """The text in at most `room` columns, with an ellipsis where it was longer."""
    text = plain(text)
    if columns(text) <= room:
        return text
    kept = ""
    for character in text:
        if columns(kept + character) > room - 1:
            break
        kept += character
    return kept.rstrip() + "…"


def pad(text: str, room: int) -> str:
    """The text cut or filled to exactly `room` columns."""
    text = cut(text, room)
    return text + " " * (room - columns(text))


def wrap(text: str, indent: str = "", first: str | None = None, room: int | None = None) -> str:
    """The text wrapped to the width, further lines indented."""
    return textwrap.fill(
        plain(text),
        room or width(),
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def finding_lines(finding: Finding) -> str:
    """A finding as it is listed: where, code and name, what was seen, the next move."""
    head = f"{plain(str(finding.where))}  {finding.code} {finding.name} ({MARKS[finding.severity]})"
    return "\n".join([head, wrap(finding.seen, "    "), wrap(finding.move, "      ", "    → ")])


def check_text(checked: Sequence[Checked], case: Case) -> str:
    """Every finding, then what is clear, what cannot be told and why, and what was not taken."""
    findings = [finding for one in checked for finding in one.findings]
    findings.sort(key=lambda finding: (finding.where.path or "~", finding.where.line or 0, finding.code))
    lines = [finding_lines(finding) + "\n" for finding in findings]
    clear = [one.code for one in checked if one.state is State.CLEAR]
    unsure = [one for one in checked if one.state is State.CANNOT_TELL]
    later = [one.code for one in checked if one.state is State.NOT_YET]
    allowed = [(finding, allow) for one in checked for finding, allow in one.allowed]
    lines.append(count(len(findings), "finding") + (f", {len(allowed)} allowed" if allowed else ""))
    for finding, allow in allowed:
        lines.append(wrap(f"{finding.code} at {finding.where}: {allow.reason}", "    ", "  allowed "))
    if clear:
        lines.append(wrap(", ".join(clear), "    ", "  clear: "))
    reasons: dict[str, list[str]] = {}
    for one in unsure:
        reasons.setdefault(one.reason, []).append(one.code)
    for reason, codes in reasons.items():
        lines.append(wrap(f"{', '.join(codes)}: {reason}", "    ", "  cannot tell "))
    if later:
        lines.append(wrap(", ".join(later), "    ", "  not yet looked at: "))
    return "\n".join([*lines, *skipped_lines(case, "  ")])


def skipped_lines(case: Case, indent: str = "", most: int = 20) -> list[str]:
    """What a repository cannot show, and what was read and not taken, each with why and how often."""
    noted = [f"{state.origin}: {note}" for state in case.connected if state.name == "git" for note in state.notes]
    lines = [wrap(note, indent + "  ", f"{indent}note: ") for note in noted]
    unique = case.not_taken
    if not unique:
        return lines
    lines.append(f"{indent}not taken:")
    lines += [wrap(f"{one.where}: {one.reason}" + times(one.count), indent + "    ", indent + "  ") for one in unique[:most]]
    if len(unique) > most:
        lines.append(f"{indent}  … and {len(unique) - most} more (--format json lists all)")
    return lines


def elsewhere(case: Case) -> str:
    """Where to look instead, when the person's records all lie outside of the period; nothing when one lies in it."""
    days = sorted(piece.happened_at.date() for piece in case.evidence.values() if case.mine(piece) and piece.happened_at)
    if not days or any(day in case.period for day in days):
        return ""
    return wrap(
        f"{case.person.name}'s records here are from {days[0]} to {days[-1]}. For another period, add --since and --until, "
        f"as in --until {days[-1]}."
    )


def threads_text(threads: Sequence[Thread], case: Case) -> str:
    """The undertakings of the period, one in two lines, oldest first."""
    from muster.drafts import strongest  # it loads the engine, which `muster log` and help do without

    if not threads:
        return f"No undertakings of {case.person.name} were found in {case.period}."
    room = width()
    lines = []
    for thread in threads:
        span = f"{thread.since:%d %b %Y} – {thread.until:%d %b %Y}"
        lines.append(f"{thread.id}  {cut(thread.title, room - 12)}")
        mine = sum(1 for id_ in thread.evidence if (piece := case.evidence.get(id_)) and case.mine(piece))
        facts = [span, count(mine, "record") + " of yours" if mine else ""]
        facts.append(f"{count(len(thread.outside), 'person', 'people')} outside the team" if thread.outside else "")
        facts.append(f"nothing shows: {', '.join(thread.missing)}" if thread.missing else "three beats")
        facts.append(f"{len(thread.counter)} against" if thread.counter else "")
        lines.append(wrap(" · ".join(fact for fact in facts if fact), "            "))
    lines.append("")
    best = next(iter(strongest(threads, case.period, 1, case.evidence)), threads[-1])
    lines.append(f"{count(len(threads), 'undertaking')}. Draft a claim from one: muster threads --draft {best.id}")
    return "\n".join(lines)


def signals_text(signals: Iterable[Signal], notable: Sequence[Statement], case: Case) -> str:
    """What is notable, then each measure beside the person's own earlier halves; what cannot be known says why."""
    rows: dict[tuple[str, str], dict[str, Signal]] = {}
    for signal in signals:
        rows.setdefault((signal.name, signal.measure), {})[signal.label] = signal
    halves = sorted({label for row in rows.values() for label in row if label != "case"})[-3:]
    lines = [f"{case.person.name}, {case.period}", ""]
    lines += [wrap(statement.text, "    ", "  · ") for statement in notable[:3]]
    lines += ["", (pad("", 44) + pad("this", 10) + "".join(pad(half, 8) for half in halves)).rstrip()]
    unknown: dict[str, list[str]] = {}
    shown = ""
    for (name, measure), row in rows.items():
        own = row.get("case")
        if own is None or own.value is None:
            # The first blind spot is the reason; the others are what the signal never sees.
            reason = own.blind_spots[0] if own and own.blind_spots else "not measured"
            unknown.setdefault(reason.partition(", so this is unknown")[0], []).append(said(measure))
            continue
        if name != shown:
            lines.append(said(name))
            shown = name
        label = f"  {said(measure)}" + ("" if own.unit in ("ratio", *measure.split("_")) else f", {own.unit}")
        values = "".join(pad(figure(row.get(half)), 8) for half in halves)
        lines.append((pad(label, 44) + pad(figure(own), 10) + values).rstrip())
    if unknown:
        lines += ["", "Cannot be known here"]
        lines += [wrap(f"{reason}: {', '.join(measures)}", "    ", "  ") for reason, measures in unknown.items()]
    lines += ["", "What a signal counts, and what it never sees: muster explain reach"]
    return "\n".join(lines)


def said(name: str) -> str:
    """A name of the code as words."""
    return name.replace("_", " ")


def figure(signal: Signal | None) -> str:
    """A measure's value as it is read: whole where it is whole, a percentage where it is a share."""
    if signal is None or signal.value is None:
        return "·"
    if signal.unit == "ratio":
        return f"{signal.value:.0%}"
    return f"{signal.value:.0f}" if signal.value == int(signal.value) else f"{signal.value:.1f}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number and its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def times(number: int) -> str:
    """How often, where it was more than once."""
    return f" ({number:,} times)" if number > 1 else ""


class Status:
    """One line on standard error that says what long work is doing.

    Where that is no terminal there is nothing; with `lines`, what is done is said there a line each, at most one a second,
    and all that is no counting (a wait, say). It draws after 0.3 seconds, so that quick work stays quiet, and wipes itself
    when the work is done.
    """

    def __init__(self, lines: bool = False) -> None:
        self.live = sys.stderr.isatty()
        self.lines = lines and not self.live
        self._said = ("", 0.0)
        self._console: object | None = None
        self._status: object | None = None

    def __enter__(self) -> Status:
        if self.live:
            from rich.console import Console

            self._console = Console(stderr=True)
            self._status = self._console.status("starting")
            self._status.start()
        return self

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Show it."""
        amount = f" {done:,}" if done else ""
        amount += f" of {total:,}" if total else ""
        if self._status is not None:
            from rich.markup import escape

            self._status.update(escape(plain(f"{what}{amount}")))  # type: ignore[attr-defined]
        elif self.lines:
            last, at = self._said
            now = time.monotonic()
            if what != last and (not done or now - at >= 1.0):
                self._said = (what, now)
                print(plain(f"{what}{amount}"), file=sys.stderr, flush=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()  # type: ignore[attr-defined]


def table_text(names: Sequence[str], rows: Sequence[Sequence[object]], most: int = 200) -> str:
    """Rows under their column names, cut to the width; a row a block where its columns do not fit beside each other.

    How many more rows there are is said.
    """
    # A cell is looked at only as far as it can be shown.
    shown = [[plain("" if value is None else str(value)[:2000]) for value in row] for row in rows[:most]]
    more = [f"… and {len(rows) - most:,} more (--format json gives all)"] if len(rows) > most else []
    if not rows:
        return "no rows"
    room = width() - 2 * (len(names) - 1)
    widths = [max([columns(name), *(columns(row[i]) for row in shown)], default=0) for i, name in enumerate(names)]
    if sum(min(size, max(columns(name), 8)) for name, size in zip(names, widths, strict=True)) > room:
        label = max(columns(name) for name in names)
        blocks = [
            "\n".join(
                wrap(cell, " " * (label + 2), pad(name, label + 2)) if cell else name
                for name, cell in zip(names, row, strict=True)
            )
            for row in shown
        ]
        return "\n\n".join([*blocks, *more])
    while sum(widths) > room:
        widest = widths.index(max(widths))
        widths[widest] -= 1
    lines = ["  ".join(pad(name, size) for name, size in zip(names, widths, strict=True)).rstrip()]
    lines.append("  ".join("─" * size for size in widths))
    lines += ["  ".join(pad(cell, size) for cell, size in zip(row, widths, strict=True)).rstrip() for row in shown]
    return "\n".join([*lines, *more])
