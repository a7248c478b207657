"""What the person made that is still there, in sentences, each beside what others made in the same half-years.

Read off the signal longevity, whose file says how the shares are estimated. Still there is not the same as good: no verdict
rests on these.
"""

from __future__ import annotations

from muster.model import Case, Signal, Statement

#: Ages that a sentence tells of, the most telling first.
TOLD = (("2y", "two years"), ("1y", "one year"), ("3y", "three years"))


def sentences(case: Case) -> tuple[Statement, ...]:
    """What is still there of the person's code and documents; empty where nothing is known.

    Whole files stand in for lines of code where those are not known. What the person replaced themselves is said apart.
    """
    found = (lines(case) or _files(case, "code", "code files"), _own(case), _files(case, "documents", "documents"))
    return tuple(line for line in found if line)


def lines(case: Case) -> Statement | None:
    """The person's lines of code; None where they are not known."""
    row = _share(case, "code_lines")
    if row is None:
        return None
    words, own, others = row
    old = case.value("longevity", f"code_lines_old_{own.measure.rpartition('_')[2]}") or 0
    text = f"Of {int(old):,} lines of code written {words} or longer before the period’s end, an estimated {share(own)} were still there after {words}."
    return Statement(text + _beside(own, others), own.evidence)


def share(signal: Signal) -> str:
    """A share with its 95 % interval: `71 % (62 to 79 %)`."""
    if signal.value is None:
        return "not known"
    text = f"{signal.value * 100:.0f} %"
    return text if signal.low is None or signal.high is None else f"{text} ({signal.low * 100:.0f} to {signal.high * 100:.0f} %)"


def _files(case: Case, unit: str, what: str) -> Statement | None:
    row = _share(case, unit)
    if row is None:
        return None
    words, own, others = row
    return Statement(f"Of the {what} added, an estimated {share(own)} were still there after {words}." + _beside(own, others), own.evidence)


def _own(case: Case) -> Statement | None:
    gone, own = (case.measure("longevity", f"code_lines_rewritten{rest}") for rest in ("", "_own"))
    if gone is None or own is None or not gone.value or own.value is None:
        return None
    by = f"{share(own)} of them by the person" if own.value else "none of them by the person"
    return Statement(f"{int(gone.value):,} of the lines of code were changed or removed after they had come in, {by}.", own.evidence)


def _share(case: Case, unit: str) -> tuple[str, Signal, Signal | None] | None:
    """(age in words, the person's share, others') at the most telling age for which both are known, else the person's is."""
    known: list[tuple[str, Signal, Signal | None]] = []
    for age, words in TOLD:
        own, others = (case.measure("longevity", f"{unit}_alive_{age}{rest}") for rest in ("", "_baseline"))
        if own is not None and own.value is not None:
            known.append((words, own, others if others is not None and others.value is not None else None))
    return next((row for row in known if row[2] is not None), known[0] if known else None)


def _beside(own: Signal, others: Signal | None) -> str:
    """What the same comes to for others, and whether that is a difference."""
    if others is None:
        return " Too little by others is of that age to compare it with."
    apart = None not in (own.low, own.high, others.low, others.high) and (
        (own.low or 0.0) > (others.high or 0.0) or (own.high or 0.0) < (others.low or 0.0)
    )
    return f" Of what others wrote in the same half-years it is {share(others)}{'.' if apart else '; that may be chance.'}"
