"""The skip-level: your manager's manager."""

from __future__ import annotations

from muster.model import LinkKind, Statement, Verdict
from muster.room import standing
from muster.room.facts import Facts, Found, Question, cannot_tell
from muster.room.words import count, day, quoted

SEAT, ORDER = "skip-level", 3
WORDS = "skip-level"


def seen(facts: Facts) -> Found:
    """A record of theirs that refers to the work; what was sent to them is thin, and what the owner says was sent as well."""
    case, who = facts.case, facts.case.skip_level
    met = case.met().get(who, ()) if who else ()
    if who and met:
        first = f"{case.name_of(who)} met the work on {day(case.evidence[met[0]].happened_at)}: {facts.title(met[0])}"
        more = f", and {count(len(met) - 1, 'later record')}" if len(met) > 1 else ""
        return Found(Verdict.HOLDS, (Statement(f"{first}{more}.", met[:1] if len(met) == 1 else (met[0], met[-1])),))
    sent_ = sorted((one for one in case.told if one.person == who and one.by in case.evidence), key=lambda one: (one.at, one.by))
    if who and sent_:
        says = tuple(Statement(f"{facts.title(one.by)} went to {case.name_of(who)} on {day(one.at)}.", (one.by, one.of)) for one in sent_[-3:])
        return Found(Verdict.THIN, says, "a record of theirs", "share")
    sent = [
        entry
        for entry in facts.entries("proposal", "decision", "risk", "result", "note", "incident")
        if any("skip" in str(entry.meta.get(key, "")).casefold() for key in ("to", "sent", "audience"))
    ]
    if sent:
        says = tuple(Statement(f"{quoted(entry.title)} was sent on {day(entry.happened_at)}, the owner says.", (entry.id,)) for entry in sent[-3:])
        return Found(Verdict.THIN, says, "a record of theirs", "share")
    if who:
        return Found(Verdict.OPEN, missing=f"a record of {case.name_of(who)}’s that refers to the work", move="share")
    found = cannot_tell("who your skip-level is (teams.csv with a manager column), and mail or chat with them")
    return Found(found.verdict, missing=found.missing, move="share")


def lost(facts: Facts) -> Found:
    """What others outside built on it since, or a risk written down before it was averted and tied to evidence."""
    rows = sorted(((thread, facts.uses(thread)) for thread in facts.threads), key=lambda row: (-len(row[1]), row[0].id))
    used = [(thread, uses) for thread, uses in rows if uses]
    says = []
    for thread, uses in used[:3]:
        ids = tuple(dict.fromkeys(record.id for record in uses))
        text = f"{facts.names(uses, 3)} used {quoted(thread.title)} in {count(len(ids), 'record')}, the last of {day(max(r.at for r in uses))}."
        says.append(Statement(text, ids))
    averted = [
        (link, risk)
        for link in facts.case.links
        if link.kind is LinkKind.MITIGATES
        and (risk := facts.case.evidence.get(link.dst))
        and facts.solid([link.src])
        and facts.case.mine(risk)
        # What was answered before it was written down was not averted by writing it down.
        and (answer := facts.case.evidence[link.src].happened_at)
        and risk.happened_at
        and answer > risk.happened_at
    ]
    for link, piece in averted[:2]:
        says.append(Statement(f"The risk {quoted(piece.title)} was written down on {day(piece.happened_at)}; "
                              f"{facts.title(link.src)} answered it on {day(facts.case.evidence[link.src].happened_at)}.",
                              (piece.id, link.src)))  # fmt: skip
    # What is still there is no use of it: it is said, and carries no verdict.
    if code := standing.lines(facts.case):
        says.append(code)
    people = {record.person for _, uses in used for record in uses}
    if len(people) >= 2 or (people and averted):
        return Found(Verdict.HOLDS, tuple(says))
    if people or averted or facts.entries("result", "risk"):
        return Found(Verdict.THIN, tuple(says), "use of it by two people outside the team, on their own record", "risk")
    return Found(Verdict.OPEN, tuple(says), "anything that others would now be without", "risk")


QUESTIONS = (
    Question("Have I seen this work myself, before today?", seen, "their own records that refer to the work; what was sent to them", ("C202",)),
    Question("What would the organisation have lost?", lost,
             "signals reach and longevity; outside records that use the work; risks written down and averted", ("B103",)),
)  # fmt: skip
