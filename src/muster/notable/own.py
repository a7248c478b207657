"""What the person did themselves: how long it stays, where they went, when, and what was left unsaid."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

from muster import paths
from muster.drafts import UPKEEP, telling
from muster.model import Basis, Case, Period
from muster.notable.sight import (
    ALONE,
    NOWHERE,
    OWN,
    Found,
    Sight,
    areas_of,
    day,
    days_of,
    earlier_of,
    half,
    inside,
    labels,
    listed,
    percent,
    preceding,
    recorded,
    shift_of,
    short,
    titled,
    together,
    unusual,
    when,
    where,
)


def outlived(sight: Sight) -> Found | None:
    """How long the person's lines of code stay, where that is surely more, or less, than others' of the same age.

    Whole files where line histories are not known, or say nothing for sure.
    """
    for unit in ("code_lines", "code"):
        for years in (2, 1, 3):
            if (found := _outlived(sight.case, unit, years)) is not None:
                return found
    return None


def _outlived(case: Case, unit: str, years: int) -> Found | None:
    own, all_ = (case.measure("longevity", f"{unit}_alive_{years}y{rest}") for rest in ("", "_baseline"))
    if own is None or all_ is None or None in (own.value, own.low, own.high, all_.value, all_.low, all_.high):
        return None
    assert own.value is not None and own.low is not None and own.high is not None
    assert all_.value is not None and all_.low is not None and all_.high is not None
    # Intervals that do not meet, and a difference that a reader would call one.
    if not (own.low > all_.high or own.high < all_.low) or abs(own.value - all_.value) < 0.1:
        return None
    after = "a year" if years == 1 else f"{'two' if years == 2 else 'three'} years"
    share = f"{percent(own.value)} ({percent(own.low).removesuffix(' %')} to {percent(own.high)})"
    if unit == "code_lines":
        old = case.value("longevity", f"code_lines_old_{years}y") or 0
        text = (
            f"Of the {int(old):,} lines of code that you had written here {after} or longer before the period’s end, an estimated "
            f"{share} were still there after {after}; of what others wrote in the same half-years it is {percent(all_.value)}."
        )
    else:
        text = (
            f"An estimated {share} of the code files that you add here stay for {after} or longer; of those that others added in "
            f"the same half-years it is {percent(all_.value)}."
        )
    values = earlier_of(case, "longevity", f"{unit}_alive_{years}y")
    return Found(text, own.evidence, ALONE * unusual(abs(own.value - all_.value), [abs(one - all_.value) for one in values]))


def only_regular(sight: Sight) -> Found | None:
    """Files of theirs that nobody else has changed for a year or more."""
    case = sight.case
    only, files = case.measure("longevity", "only_mine"), case.measure("longevity", "code_files")
    if only is None or not only.value or only.value < 3 or files is None or not files.value:
        return None
    pieces = [case.evidence[id_] for id_ in only.evidence if id_ in case.evidence]
    areas = Counter(area for piece in pieces for area in {touch.area for touch in piece.touches if paths.kind(touch.path) == "code"})
    where = [area for area, _ in sorted(areas.items(), key=lambda pair: (-pair[1], pair[0]))[:2] if area not in NOWHERE]
    place = f"mostly in {listed([f'`{area}`' for area in where])}, " if where else ""
    text = (
        f"At the period's end {int(only.value)} of the code files that you added here, {place}were a year old or older, still "
        f"there, and never changed by anybody else."
    )
    return Found(text, only.evidence, OWN * unusual(only.value, earlier_of(case, "longevity", "only_mine")))


def silence(sight: Sight) -> Found | None:
    """The longest time in which nothing of theirs was recorded, and what came first after it."""
    case = sight.case
    records = sorted({(recorded(piece), piece.id) for piece in sight.mine})
    gaps = [((after - before).days, before, after, first, last) for (before, first), (after, last) in pairwise(records)]
    now = [gap for gap in gaps if gap[1] in case.period and gap[2] in case.period]
    if not now:
        return None
    days, before, after, first, last = max(now, key=lambda gap: (gap[0], gap[1]))
    if days < 42:
        return None
    text = (
        f"Between {day(before)} and {day(after)}, {days_of(days)}, nothing of yours was recorded here; the first thing after it "
        f"is “{short(case.evidence[last].title)}”."
    )
    longest: dict[int, int] = {}
    for gap in gaps:
        if gap[2] < case.period.start:
            longest[gap[2].year] = max(longest.get(gap[2].year, 0), gap[0])
    return Found(text, (first, last), OWN * unusual(days, list(longest.values())))


def drift(sight: Sight) -> Found | None:
    """The area whose share of their changes grew or shrank most against the time just before, of the same length."""
    case = sight.case
    then = preceding(case.period)
    now, before = areas_of(sight, case.period), areas_of(sight, then)
    shift = shift_of(now, before)
    if shift is None:
        return _within(sight)
    if shift[0] < 0.15:
        return None
    most, area = shift
    (ids, total), (ids_before, total_before) = ((found.get(area, []), len(together(found))) for found in (now, before))
    text = (
        f"The area `{area}` was in {len(ids)} of your {total} changes to code or proposals in this period ({percent(len(ids) / total)}), and "
        f"in {len(ids_before)} of {total_before} in the {then.days} days before it ({percent(len(ids_before) / total_before)})."
    )
    earlier: list[float] = []
    while then.since > when(sight.mine[0]).date():
        then, later = preceding(then), before
        before = areas_of(sight, then)
        if (found := shift_of(later, before)) is not None:
            earlier.append(found[0])
    return Found(text, tuple(ids or ids_before), OWN * unusual(most, earlier))


def _within(sight: Sight) -> Found | None:
    """The same between the halves of the period, where the time before it has too few changes to compare with."""
    period = sight.case.period
    middle = period.since + timedelta(days=period.days // 2)
    now, before = areas_of(sight, Period(middle, period.until)), areas_of(sight, Period(period.since, middle - timedelta(days=1)))
    shift = shift_of(now, before)
    if shift is None or shift[0] < 0.2:
        return None
    area = shift[1]
    (ids, total), (ids_before, total_before) = ((found.get(area, []), len(together(found))) for found in (now, before))
    text = (
        f"The area `{area}` was in {len(ids_before)} of your {total_before} changes to code or proposals in the first half of this period "
        f"({percent(len(ids_before) / total_before)}), and in {len(ids)} of {total} in the second ({percent(len(ids) / total)})."
    )
    return Found(text, (*ids_before, *ids), OWN * unusual(shift[0], []))


def beyond_own(sight: Sight) -> Found | None:
    """How much of the person's work went to areas that are written down as others', and whose."""
    case = sight.case
    at_work = together(areas_of(sight, case.period))
    whose: dict[str, set[str]] = defaultdict(set)
    for piece in sight.changes:
        if piece.id in at_work:
            for touch in piece.touches:
                if touch.own is False and touch.basis is Basis.KNOWN and paths.kind(touch.path) not in paths.NEUTRAL:
                    for team in touch.teams:
                        whose[team].add(piece.id)
    ids = set().union(*whose.values())
    if len(ids) < 8 or len(ids) < 0.2 * len(at_work):
        return None
    first = sorted(whose, key=lambda team: (-len(whose[team]), team))[:2]
    text = (
        f"{len(ids)} of your {len(at_work)} changes to code or proposals in this period ({percent(len(ids) / len(at_work))}) went to areas "
        f"whose owners on file were others, most often {listed([f'`{team}` ({len(whose[team])})' for team in first])}."
    )
    earlier = earlier_of(case, "system_scope", "others_area_share")
    ordered = tuple(piece.id for piece in sight.changes if piece.id in ids)
    return Found(text, ordered, OWN * unusual(len(ids) / len(at_work), earlier))


def off_hours(sight: Sight) -> Found | None:
    """A change in the share of changes made in the evening, at night or on a weekend, against the half before."""
    case = sight.case
    rows: list[tuple[str, float, int, tuple[str, ...]]] = []
    for label in labels(case):
        share, number = case.measure("load", "off_hours_share", label), case.value("load", "changes", label)
        if share is not None and share.value is not None and number is not None and number >= 30:
            rows.append((label, share.value, int(number), share.evidence))
    if len(rows) < 2 or rows[-1][0] not in inside(case):
        return None
    (before_label, before, before_n, _), (label, now, now_n, ids) = rows[-2:]
    pooled = (now * now_n + before * before_n) / (now_n + before_n)
    error = (pooled * (1 - pooled) * (1 / now_n + 1 / before_n)) ** 0.5
    # Two standard errors: a smaller difference comes up by chance one time in twenty.
    if abs(now - before) < max(0.1, 1.96 * error):
        return None
    text = (
        f"{percent(now)} of your changes of {half(label)} were made between 20:00 and 07:00 or on a weekend, by your "
        f"machine's clock; in {half(before_label)} it was {percent(before)}."
    )
    earlier = [abs(later[1] - one[1]) for one, later in pairwise(rows[:-1])]
    return Found(text, ids, OWN * unusual(abs(now - before), earlier))


def landed_late(sight: Sight) -> Found | None:
    """The change that took longest from being written to reaching the repository."""
    case = sight.case
    lags = [(lag.total_seconds() / 86400, piece) for piece in sight.changes if piece.source == "git" and (lag := piece.lag) is not None]
    now = [(lag, piece) for lag, piece in lags if recorded(piece) in case.period]
    if len(now) < 10:
        return None
    longest, piece = max(now, key=lambda pair: (pair[0], pair[1].id))
    if longest < 60 or UPKEEP.search(piece.title) or all(paths.kind(touch.path) in paths.NEUTRAL for touch in piece.touches):
        return None
    middle = sorted(lag for lag, _ in now)[len(now) // 2]
    usual = "a day" if middle < 1.5 else f"{middle:.0f} days"
    text = (
        f"Your {titled(piece)}{where(case, piece.id)} was written on {day(when(piece))} and recorded {days_of(int(longest))} later, "
        f"on {day(recorded(piece))}; half of your changes of this period took {usual} or less."
    )
    return Found(text, (piece.id,), OWN * unusual(longest, [lag for lag, one in lags if recorded(one) < case.period.start]))


def ended_without_note(sight: Sight) -> Found | None:
    """The undertaking with most of their changes that ended in the period with nothing written about it."""
    case = sight.case
    own = {one.id for one in sight.changes if any(paths.kind(touch.path) not in paths.NEUTRAL for touch in one.touches)}
    bare = [
        (size, thread.id, thread) for thread in case.threads
        if not thread.artifacts
        and (size := sum(id_ in own for id_ in thread.evidence)) >= 5
        and (thread.until - thread.since).days >= 7
        and telling(thread, case.evidence)
        and not any(paths.kind(touch.path) == "proposal" for id_ in thread.did if id_ in case.evidence
                    for touch in case.evidence[id_].touches)
    ]
    now = [row for row in bare if row[2].until in case.period and row[2].until.date() + timedelta(days=14) <= case.today]
    if not now:
        return None
    size, _, thread = max(now, key=lambda row: (row[0], row[1]))
    text = (
        f"“{short(thread.title)}” took {size} changes of yours from {day(thread.since)} to {day(thread.until)} and ended with no "
        f"proposal, decision or note that a stranger could read."
    )
    earlier = [row[0] for row in bare if row[2].until < case.period.start]
    return Found(text, tuple(one for one in thread.evidence if one in own), OWN * unusual(size, earlier))


def proposed_before(sight: Sight) -> Found | None:
    """The undertaking of the period whose proposal preceded its first change by most days."""
    case = sight.case
    in_period = {thread.id for thread in case.period_threads()}
    days = [(thread.foresight, thread.id, thread) for thread in case.threads if thread.foresight is not None and thread.foresight >= 1]
    now = [row for row in days if row[1] in in_period]
    if not now:
        return None
    most, _, thread = max(now, key=lambda row: (row[0], row[1]))
    text = f"The proposal of “{short(thread.title)}” was on record {days_of(int(most))} before the first change that an id or a link ties to it as building it."
    evidence = tuple(dict.fromkeys((*thread.artifacts, *thread.did)))
    return Found(text, evidence, OWN * unusual(most, [row[0] for row in days if row not in now]))
