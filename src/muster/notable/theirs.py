"""What others did, without the person or with them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from muster import paths
from muster.model import Link, LinkKind
from muster.model.stories import FOLLOWED, PART
from muster.notable.sight import (
    ALONE,
    INDEX,
    OWN,
    TOGETHER,
    Found,
    Sight,
    acquainted,
    at_path,
    day,
    days_of,
    earlier_of,
    landed_again,
    listed,
    marks,
    path_of,
    preceding,
    recorded,
    short,
    times_of,
    titled,
    unusual,
    where,
)

FOLLOWS = " follows the structure of "
TAKEN = re.compile(r"imports (?P<what>.+) in \S+:\d+(?: and \d+ more)?, still there$")
#: Links by which others use what the person made.
USES = (LinkKind.BUILDS_ON, LinkKind.IMPLEMENTS, LinkKind.CITES)


def used(links: Iterable[Link]) -> str:
    """What these records did with the person's work, in the words of their links: "changed files that you added"."""
    links = tuple(links)
    built = [link.reason for link in links if link.kind is LinkKind.BUILDS_ON]
    found = {
        "changed files that you added": any(reason.startswith("changes ") and ", added there" in reason for reason in built),
        "changed lines that you wrote": any(reason.startswith("changes ") and reason.endswith((", written there", " of its own")) for reason in built),
        "imported what you introduced": any(reason.startswith("imports ") for reason in built),
        "wrote documents built like yours": any(FOLLOWS in reason for reason in built),
        "carried your changes over": any(not reason.startswith(("changes ", "imports ")) and FOLLOWS not in reason for reason in built),
        "named your work": any(link.kind is not LinkKind.BUILDS_ON for link in links),
    }
    words = [word for word, seen in found.items() if seen]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


# --------------------------------------------------------------------------------------------------------------
# What others did without the person


def oldest_still_built_on(sight: Sight) -> Found | None:
    """The oldest file of theirs that others built on in the period: of those with three such people, else with fewer."""
    case = sight.case
    links = sight.received.get(LinkKind.BUILDS_ON, ())
    users: dict[str, set[str]] = defaultdict(set)
    added: dict[str, set[str]] = defaultdict(set)
    for link in links:
        path = path_of(link)
        if path is not None and paths.kind(path) != "config" and case.evidence[link.src].happened_at in case.period:
            users[link.dst].add(link.src)
            added[link.dst].add(path)
    rows = []
    for dst, srcs in users.items():
        # A reason quotes one path; that another change has it too is known from what that one touched.
        touched = {src: {touch.path for touch in case.evidence[src].touches} for src in srcs}
        for path in added[dst]:
            changes = [src for src in srcs if path in touched[src]]
            people = len({case.name_of(case.evidence[src].actor).casefold() for src in changes})
            # One change of one person may be a sweep; two people, or three changes, are use.
            used = people >= 2 or len(changes) >= 3
            if used and not INDEX.search(path) and (case.period.end - sight.at(dst)).days >= 365:
                rows.append((-min(people, 3), sight.at(dst), path, dst, sorted(changes, key=lambda id_: (sight.at(id_), id_))))
    if not rows:
        return None
    _, born, path, dst, changes = min(rows)
    # By name: somebody with two addresses is one person to a reader.
    who = Counter(case.name_of(case.evidence[id_].actor).casefold() for id_ in changes)
    most, times = min(who.items(), key=lambda pair: (-pair[1], pair[0]))
    name = sight.who(next(id_ for id_ in reversed(changes) if case.name_of(case.evidence[id_].actor).casefold() == most))
    text = f"`{path}`{where(case, dst)}, which you added on {day(born)}, was built on by "
    if len(who) == 1:
        text += f"{name} {times_of(times)} in this period."
    else:
        text += f"{len(who)} other people in this period" + (f"; {name} most, {times_of(times)}." if times > 1 else ", once each.")
    earlier = [(sight.at(link.src) - sight.at(link.dst)).days for link in links if sight.at(link.src) < case.period.start]
    return Found(text, (dst, *changes), ALONE * unusual((case.period.end - born).days, earlier))


def taken_up(sight: Sight) -> Found | None:
    """What they introduced and most other people began to import in the period; the oldest, where several are alike."""
    case = sight.case
    now: dict[tuple[str, str], set[str]] = defaultdict(set)
    before: dict[tuple[str, str], set[str]] = defaultdict(set)
    for link in sight.received.get(LinkKind.BUILDS_ON, ()):
        if match := TAKEN.match(link.reason):
            if case.evidence[link.src].happened_at in case.period:
                now[link.dst, match["what"]].add(link.src)
            elif sight.at(link.src) < case.period.start:
                before[link.dst, match["what"]].add(link.src)
    if not now:
        return None

    def names(srcs: set[str]) -> list[str]:
        return list(dict.fromkeys(case.name_of(case.evidence[id_].actor) for id_ in sorted(srcs, key=lambda id_: (sight.at(id_), id_))))

    dst, what = min(now, key=lambda key: (-len(names(now[key])), sight.at(key[0]), key))
    srcs = sorted(now[dst, what], key=lambda id_: (sight.at(id_), id_))
    who = names(now[dst, what])
    if len(who) < 2 and (case.period.end - sight.at(dst)).days < 365:
        return None
    many = listed(who if len(who) <= 3 else [*who[:2], f"{len(who) - 2} more"])
    text = (
        f"{short(what)}{where(case, dst)}, which you introduced on {day(sight.at(dst))}, was taken up by {many} in this period: "
        f"{'it' if len(who) == 1 else 'each'} was the first import in a part of the tree, and is still there."
    )
    return Found(text, (dst, *srcs), ALONE * unusual(len(who), [len(names(found)) for found in before.values()]))


def most_cited(sight: Sight) -> Found | None:
    """Their change or document that most records of others named in the period."""
    case = sight.case
    links = [
        link for kind in (LinkKind.CITES, LinkKind.IMPLEMENTS) for link in sight.received.get(kind, ())
        if case.evidence[link.dst].kind != "review"
    ]
    now: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if case.evidence[link.src].happened_at in case.period:
            now[link.dst].add(link.src)
        elif sight.at(link.src) < case.period.start:
            before[link.dst].add(link.src)
    if not now:
        return None
    dst = min(now, key=lambda id_: (-len(now[id_]), sight.at(id_), id_))
    srcs = sorted(now[dst], key=lambda id_: (sight.at(id_), id_))
    people = {case.evidence[id_].actor for id_ in srcs}
    age = (sight.at(srcs[-1]) - sight.at(dst)).days
    # Named once is worth saying of what is years old.
    if len(srcs) < 2 and (age < 730 or case.evidence[dst].kind != "document"):
        return None
    who = f"{len(people)} people" if len(people) > 1 else sight.who(srcs[0])
    text = f"Your {titled(case.evidence[dst])}{where(case, dst)} of {day(sight.at(dst))} was named by "
    if len(srcs) == 1:
        text += f"a change of {who} on {day(sight.at(srcs[0]))}, {age // 365} years later."
    else:
        text += f"{len(srcs)} later changes of {who} in this period, last on {day(sight.at(srcs[-1]))}."
    return Found(text, (dst, *srcs), ALONE * unusual(len(srcs), [len(found) for found in before.values()]))


def stranger_who_builds(sight: Sight) -> Found | None:
    """Somebody whose changes built on theirs most, while no record shows the two of them together."""
    case = sight.case
    beside = case.measure("reach", "worked_with")
    if beside is None or not all(id_ in case.evidence for id_ in beside.evidence):
        return None  # who worked with them is not in the case, so nobody can be called a stranger
    together = acquainted(sight)
    now: dict[str, set[str]] = defaultdict(set)
    before: dict[tuple[str, int], set[str]] = defaultdict(set)
    for kind in USES:
        for link in sight.received.get(kind, ()):
            src = case.evidence[link.src]
            if not together.isdisjoint(marks(case, src.actor)):
                continue
            if src.happened_at in case.period:
                now[src.actor].add(link.src)
            elif sight.at(link.src) < case.period.start:
                before[(src.actor, sight.at(link.src).year)].add(link.src)
    if not now:
        return None
    who = min(now, key=lambda person: (not any(id_ in case.outside for id_ in now[person]), -len(now[person]), person))
    srcs = sorted(now[who], key=lambda id_: (sight.at(id_), id_))
    if len(srcs) < 3:
        return None
    named = next((id_ for id_ in reversed(srcs) if id_ in case.outside), srcs[-1])
    links_of = [link for kind in USES for link in sight.received.get(kind, ()) if link.src in now[who]]
    what = Counter(path_of(link) or "" for links in sight.received.values() for link in links if link.src in now[who])
    path, times = min(what.items(), key=lambda pair: (not pair[0], -pair[1], pair[0]))
    text = (
        f"{sight.who(named)} {used(links_of)} in {len(srcs)} changes in this period"
        f"{at_path(path, times, len(srcs))}; no record here under that name shows the two of you reviewing, landing or writing "
        f"anything together."
    )
    return Found(text, tuple(srcs), ALONE * unusual(len(srcs), [len(found) for found in before.values()]))


def new_users(sight: Sight) -> Found | None:
    """People whose changes touched or used what the person had made, or named it, for the first time in the period."""
    case = sight.case
    first: dict[str, str] = {}
    uses: Counter[str] = Counter()
    links = [link for kind in USES for link in sight.received.get(kind, ())]
    for link in sorted(links, key=lambda link: (sight.at(link.src), link.src)):
        # By name: somebody with two addresses is one person to a reader.
        name = case.name_of(case.evidence[link.src].actor).casefold()
        first.setdefault(name, link.src)
    for src in {link.src for link in links}:
        if case.evidence[src].happened_at in case.period:
            uses[case.name_of(case.evidence[src].actor).casefold()] += 1
    now = {name: src for name, src in first.items() if case.evidence[src].happened_at in case.period}
    if len(now) < 2:
        return None
    order = sorted(now, key=lambda name: (now[name] not in case.outside, -uses[name], sight.at(now[name]), name))
    away = sum(src in case.outside for src in now.values())
    who = [sight.who(now[name]) for name in order[:3]] + ([f"{len(order) - 3} more"] if len(order) > 3 else [])
    before = preceding(case.period)
    text = (
        f"{len(now)} people {used([link for link in links if link.src in now.values()])} for the first time in this period: {listed(who)}"
        f"{f'; {away} of them outside your team' if 0 < away < len(now) and len(order) > 3 else ''}."
    )
    earlier: list[float] = []
    start = min((sight.at(src) for src in first.values()), default=case.period.start)
    while before.end > start:
        earlier.append(sum(case.evidence[src].happened_at in before for src in first.values()))
        before = preceding(before)
    ids = tuple(now[name] for name in sorted(now, key=lambda name: (sight.at(now[name]), now[name])))
    return Found(text, ids, ALONE * unusual(len(now), earlier))


def built_by_somebody_else(sight: Sight) -> Found | None:
    """A document of theirs that somebody else's change implemented in the period, for the first time."""
    case = sight.case
    first: dict[str, Link] = {}
    for link in sorted(
        (link for link in case.links if link.kind is LinkKind.IMPLEMENTS and link.src in case.evidence
         and case.evidence[link.src].happened_at is not None),
        key=lambda link: (sight.at(link.src), link.src),
    ):
        first.setdefault(link.dst, link)
    received = set(sight.received.get(LinkKind.IMPLEMENTS, ()))
    days = [
        ((sight.at(link.src) - sight.at(dst)).days, dst, link.src) for dst, link in sorted(first.items()) if link in received
    ]
    now = [row for row in days if case.evidence[row[2]].happened_at in case.period and row[0] >= 1]
    if not now:
        return None
    most, dst, src = max(now, key=lambda row: (row[0], row[1]))
    text = (
        f"Your {titled(case.evidence[dst])}{where(case, dst)} of {day(sight.at(dst))} was first implemented by {sight.who(src)}, "
        f"{days_of(most)} later, in “{short(case.evidence[src].title)}”."
    )
    return Found(text, (dst, src), ALONE * unusual(most, [row[0] for row in days if row not in now]))


def oldest_repaired(sight: Sight) -> Found | None:
    """The oldest change of theirs that somebody else's later change names as what it repairs."""
    case = sight.case
    # What a fix only changed, without naming it, it does not say to have repaired.
    links = [link for link in sight.received.get(LinkKind.FIXES, ()) if not FOLLOWED.match(link.reason)]
    now = [link for link in links if case.evidence[link.src].happened_at in case.period]
    if not now:
        return None
    oldest = min(now, key=lambda link: (sight.at(link.dst), link.dst, link.src))
    days = (sight.at(oldest.src) - sight.at(oldest.dst)).days
    text = (
        f"{sight.who(oldest.src)} repaired something on {day(sight.at(oldest.src))} and named your "
        f"{titled(case.evidence[oldest.dst])}{where(case, oldest.dst)} of {day(sight.at(oldest.dst))} as where it came in, "
        f"{days_of(days)} before."
    )
    earlier = [(sight.at(link.src) - sight.at(link.dst)).days for link in links if link not in now]
    return Found(text, (oldest.dst, oldest.src), ALONE * unusual(days, earlier))


def reverted(sight: Sight) -> Found | None:
    """The change of theirs that stood longest before somebody else took it back in the period, and what came after."""
    case = sight.case
    links = [
        link for link in sight.received.get(LinkKind.REVERTS, ())
        if not case.evidence[link.dst].title.lower().startswith("revert ")
        # Under the very same name it may be the person themselves with another address: not "others".
        and case.name_of(case.evidence[link.src].actor).casefold() != case.person.name.casefold()
    ]
    now = [link for link in links if case.evidence[link.src].happened_at in case.period]
    if not now:
        return None
    taken = {link.dst: link for link in reversed(now)}
    if len(taken) >= 3:
        gone = [dst for dst, link in sorted(taken.items()) if landed_again(sight, link) is None]
        people = Counter(case.name_of(case.evidence[link.src].actor) for link in taken.values())
        who = listed([name for name, _ in sorted(people.items(), key=lambda row: (-row[1], row[0]))[:3]])
        text = f"{len(taken)} of your changes were reverted by others in this period ({who}); "
        text += "every one landed again." if not gone else (
            "no record here shows any of them landing again." if len(gone) == len(taken)
            else f"no record here shows {len(gone)} of them landing again."
        )
        ids = tuple(dict.fromkeys(id_ for dst, link in sorted(taken.items(), key=lambda row: sight.at(row[1].src)) for id_ in (dst, link.src)))
        # So many at once are an event, whatever other years were like.
        return Found(text, ids, ALONE)
    link = max(now, key=lambda one: (sight.at(one.src) - sight.at(one.dst), one.dst, one.src))
    stood = (sight.at(link.src) - sight.at(link.dst)).days
    # Files that went back as they were are told as that, where nobody called it a revert.
    silent = link.reason.endswith("without saying so")
    part = " in part" if PART.search(link.reason) and not silent else ""
    text = (
        f"{sight.who(link.src)} {'put back the files of' if silent else 'reverted'} your {titled(case.evidence[link.dst])}"
        f"{where(case, link.dst)}{part} on {day(sight.at(link.src))}, {days_of(stood)} after you made it; "
    )
    again = landed_again(sight, link)
    if again is None:
        text += "no record here shows it landing again."
    else:
        who = case.evidence[again].actor
        what = "what had been reverted" if part else "it"
        text += f"{what} landed again" if who == case.person.id else f"{sight.who(again)} landed {what} again"
        text += f" on {day(recorded(case.evidence[again]))}, {days_of((recorded(case.evidence[again]) - recorded(case.evidence[link.src])).days)} after that."
    evidence = (link.dst, link.src, *([again] if again else []))
    return Found(text, evidence, ALONE * unusual(stood, [(sight.at(one.src) - sight.at(one.dst)).days for one in links if one not in now]))


# --------------------------------------------------------------------------------------------------------------
# What others did with the person


def newcomers(sight: Sight) -> Found | None:
    """People whose first change the person brought in, and how many of them came back by themselves."""
    case = sight.case
    first, back = case.measure("lift", "newcomers"), case.measure("lift", "newcomers_back")
    if first is None or not first.value:
        return None
    number, again = int(first.value), int(back.value or 0) if back is not None else 0
    if number < 2 and not again:
        return None
    people = "one person" if number == 1 else f"{number} people"
    text = f"In this period you reviewed, landed, merged or co-authored the first change that {people} ever made here; "
    ids = first.evidence
    if back is not None and again:
        names = list(dict.fromkeys(case.name_of(case.evidence[id_].actor) for id_ in back.evidence if id_ in case.evidence))
        names = names if len(names) <= 4 else [*names[:3], f"{again - 3} more"]
        who = f" ({listed(names)})" if names and (len(names) == again or again > 4) else ""
        them = "that person" if number == 1 else f"{'one' if again == 1 else again} of them"
        text += f"by its end {them}{who} had made another that you had no part in."
        ids = (*ids, *back.evidence)
    else:
        text += f"by its end {'that person' if number == 1 else 'none of them'} had {'not ' * (number == 1)}made another without you."
    # A half-year's count is no match for a whole year's: both are taken a day.
    earlier = [value / 182.5 for value in earlier_of(case, "lift", "newcomers")]
    return Found(text, ids, TOGETHER * unusual(number / case.period.days, earlier))


def landed_for_others(sight: Sight) -> Found | None:
    """How much of others' work the person brought in, beside their own, and how that was in the half before."""
    case = sight.case
    landed, people = case.measure("lift", "landed"), case.measure("lift", "people_landed")
    if landed is None or people is None or (landed.value or 0) < 20 or (people.value or 0) < 5:
        return None
    own = sum(one.happened_at in case.period and one.actor == case.person.id for one in sight.changes)
    if (landed.value or 0) < own / 2:
        return None
    text = (
        f"You landed or merged {int(landed.value or 0)} changes of {int(people.value or 0)} other people in this period, and wrote "
        f"{own} of your own."
    )
    earlier = [value / 182.5 for value in earlier_of(case, "lift", "landed")]
    return Found(text, landed.evidence, OWN * unusual((landed.value or 0) / case.period.days, earlier))
