"""An invented engineer's half-year as records, for tests of the room and the packet: no person or project in it exists."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha1

from muster.model import (
    Basis,
    Beat,
    Began,
    Case,
    Checked,
    Claim,
    Entry,
    Evidence,
    Finding,
    Grade,
    Link,
    LinkKind,
    Number,
    Observed,
    Participant,
    Period,
    Person,
    Role,
    Section,
    Severity,
    Signal,
    Skipped,
    SourceState,
    Spread,
    State,
    Statement,
    Thread,
    Touch,
    Where,
)

MIRA = Person("mira@larkspur.example", "Mira Okafor", ("mira@larkspur.example",))
DANA = Person("dana@larkspur.example", "Dana Ito")
KOFI = Person("kofi@larkspur.example", "Kofi Brandt")
LENE = Person("lene@larkspur.example", "Lene Aas")
RUI = Person("rui@larkspur.example", "Rui Teixeira")
SUNE = Person("sune@larkspur.example", "Sune Lindqvist")
PEOPLE = {person.id: person for person in (MIRA, DANA, KOFI, LENE, RUI, SUNE)}
TEAM = {DANA.id: "payments", KOFI.id: "search", LENE.id: "mobile", RUI.id: "release-engineering"}
PERIOD = Period(date(2025, 7, 1), date(2026, 6, 30))
TODAY = date(2026, 7, 6)


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def sha(name: str) -> str:
    return sha1(name.encode(), usedforsecurity=False).hexdigest()


def commit(
    name: str,
    day: str,
    who: Person = MIRA,
    *,
    kind: str = "change",
    title: str = "",
    recorded: str = "",
    area: str = "deploy",
    teams: tuple[str, ...] = ("deploy",),
    own: bool | None = True,
    also: tuple[Participant, ...] = (),
    url: bool = True,
) -> Evidence:
    hash_ = sha(name)
    return Evidence(
        id=f"git:{hash_}",
        source="git",
        kind=kind,
        origin="larkspur/platform",
        ref=hash_,
        title=title or name,
        actor=who.id,
        happened_at=at(day),
        recorded_at=at(recorded or day, 11),
        grade=Grade.KEPT,
        url=f"https://code.larkspur.example/platform/commit/{hash_}" if url else None,
        participants=(Participant(who.id, Role.AUTHOR), *also),
        touches=(Touch(f"{area}/queue.go", area, teams, own, Basis.KNOWN),),
    )


def written(path: str, kind: str, day: str, title: str, grade: Grade = Grade.KEPT) -> Evidence:
    return Evidence(
        f"book:{path}", "book", kind, "book", path, title, MIRA.id, at(day), at(day, 18), grade
    )


def entry(path: str, kind: str, day: str, title: str, *sections: tuple[str, str], **meta: object) -> Entry:
    return Entry(
        path,
        kind,
        title,
        date.fromisoformat(day),
        at(day, 18),
        Grade.KEPT,
        meta,
        sections=tuple(Section(name, text, 5 + 4 * place) for place, (name, text) in enumerate(sections)),
    )


PROPOSAL = commit("Propose one deploy queue per service", "2025-11-03", kind="document", area="docs/proposals")
LOCK1 = commit("Split the deploy lock by service", "2025-12-01")
LOCK2 = commit("Let a service opt in to its own queue", "2026-01-19")
LOCK3 = commit("Remove the global deploy lock", "2026-03-09", area="release", teams=("release-engineering",), own=False)
ISSUE = commit("Record the hour that search waited for payments", "2025-10-20", KOFI, area="search", teams=("search",))
ADOPT1 = commit("Move payments onto its own deploy queue", "2026-05-04", DANA, area="payments", teams=("payments",))
ADOPT2 = commit("Move search onto its own deploy queue", "2026-04-13", KOFI, area="search", teams=("search",))
REVIEW = replace(
    commit("Reviewed: Remove the global deploy lock", "2026-03-08", RUI, kind="review"),
    id=f"{LOCK3.id}#reviewed-by:{RUI.id}",
)
REVERT = commit('Revert "Let a service opt in to its own queue"', "2026-01-22", SUNE)
RETRY1 = commit("Cap retries with one budget for the fleet", "2025-08-11", area="client", teams=("mobile",), own=False)
RETRY2 = commit("Warn when a retry budget is spent", "2025-09-02", area="client", teams=("mobile",), own=False)
BUDGET = commit("Document the retry budget", "2025-09-15", kind="document", area="docs", recorded="2025-11-20")
LATER = commit("Use the retry budget in checkout", "2026-02-16", DANA, area="payments", teams=("payments",))
CITED = commit("Follow the retry budget's numbers in the mobile client", "2026-06-08", LENE, area="mobile")
FIRE = commit("Fix the queue that never drained after a restart", "2026-02-24")
TOOLS = tuple(
    commit(f"Tidy the deploy tooling, part {n}", f"2025-{7 + n // 4:02d}-{3 + 7 * (n % 4):02d}", url=n % 2 == 0)
    for n in range(16)
)
DECISION = written("entries/2025-11-17-queue-per-service.md", "decision", "2025-11-17", "One queue per service, not per team")
RISK = written("entries/2025-07-28-retry-storm.md", "risk", "2025-07-28", "A retry storm would take payments down")
NOTE = written("entries/2026-03-20-lock-removed.md", "note", "2026-03-20", "The global lock is gone", Grade.SAID)

PUSHBACK = written("entries/2026-01-12-calibration.md", "pushback", "2026-01-12", "Too much of it stays in the team")

EVIDENCE = {
    piece.id: piece
    for piece in (
        PROPOSAL, LOCK1, LOCK2, LOCK3, ISSUE, ADOPT1, ADOPT2, REVIEW, REVERT, RETRY1, RETRY2, BUDGET, LATER, CITED,
        FIRE, *TOOLS, DECISION, RISK, NOTE, PUSHBACK,
    )
}
LINKS = (
    Link(ADOPT1.id, LOCK2.id, LinkKind.BUILDS_ON, "payments/deploy.toml sets queue = own"),
    Link(ADOPT2.id, LOCK2.id, LinkKind.BUILDS_ON, "search/deploy.toml sets queue = own"),
    Link(CITED.id, BUDGET.id, LinkKind.CITES, "see docs/retry-budget.md"),
    Link(LATER.id, RETRY1.id, LinkKind.BUILDS_ON, "checkout imports client/budget"),
    Link(REVIEW.id, LOCK3.id, LinkKind.REVIEWS, "Reviewed-by: Rui Teixeira"),
    Link(REVERT.id, LOCK2.id, LinkKind.REVERTS, 'This reverts commit "Let a service opt in"'),
    Link(LOCK1.id, PROPOSAL.id, LinkKind.IMPLEMENTS, "Implements docs/proposals/queues.md"),
    Link(PROPOSAL.id, ISSUE.id, LinkKind.CITES, "see the hour of 20 October"),
    Link(RETRY1.id, RISK.id, LinkKind.MITIGATES, "caps the retries that the risk names"),
)
QUEUE = Thread(
    "t:queue", "Deploy queues, one per service", at("2025-10-20"), at("2026-05-04"),
    (ISSUE.id, PROPOSAL.id, DECISION.id, LOCK1.id, LOCK2.id, REVERT.id, REVIEW.id, LOCK3.id, NOTE.id, ADOPT2.id, ADOPT1.id),
    problem=(ISSUE.id, PROPOSAL.id), did=(LOCK1.id, LOCK2.id, LOCK3.id), changed=(ADOPT2.id, ADOPT1.id),
    artifacts=(PROPOSAL.id, DECISION.id, NOTE.id), counter=(REVERT.id,), areas=("deploy", "release", "docs/proposals"),
    teams=("deploy", "release-engineering"), others=(DANA.id, KOFI.id, RUI.id, SUNE.id), outside=(DANA.id, KOFI.id, RUI.id),
    began=Began.SELF, foresight=28.0, basis=Basis.KNOWN,
)  # fmt: skip
RETRY = Thread(
    "t:retry", "One retry budget for the fleet", at("2025-07-28"), at("2026-06-08"),
    (RISK.id, RETRY1.id, RETRY2.id, BUDGET.id, LATER.id, CITED.id),
    problem=(RISK.id,), did=(RETRY1.id, RETRY2.id), changed=(LATER.id, CITED.id), artifacts=(BUDGET.id, RISK.id),
    areas=("client", "docs"), teams=("mobile",), others=(DANA.id, LENE.id), outside=(DANA.id, LENE.id),
    began=Began.SELF, foresight=14.0, basis=Basis.KNOWN,
)  # fmt: skip
DRAIN = Thread(
    "t:drain", "The queue that never drained", at("2026-02-24"), at("2026-02-24"), (FIRE.id,), did=(FIRE.id,),
    missing=("problem", "changed"), areas=("deploy",), teams=("deploy",), began=Began.FIRE, basis=Basis.KNOWN,
)  # fmt: skip
TIDY = Thread(
    "t:tidy", "Deploy tooling, tidied", TOOLS[0].happened_at or at("2025-07-03"), TOOLS[-1].happened_at or at("2025-10-24"),
    tuple(piece.id for piece in TOOLS), did=tuple(piece.id for piece in TOOLS), missing=("problem", "changed"),
    areas=("deploy",), teams=("deploy",), basis=Basis.KNOWN,
)  # fmt: skip


def beat(*lines: tuple[str, tuple[Evidence, ...]]) -> Beat:
    return Beat(tuple(Statement(text, tuple(piece.id for piece in pieces)) for text, pieces in lines), 5)


CLAIMS = (
    Claim(
        Where(path="claims/queues.md", line=1), "Three teams deploy without waiting for us",
        beat(("Deploys of three teams queued behind one lock.", (ISSUE,))),
        beat(
            ("Proposed one queue per service 28 days before any code.", (PROPOSAL, LOCK1)),
            ("Removed the lock on 9 March 2026.", (LOCK3,)),
        ),
        beat(("Payments and search deploy from queues of their own.", (ADOPT1, ADOPT2)),
             ("The slowest twentieth went from {deploy_p95.before} to {deploy_p95.after} minutes.", (ADOPT1,)), ("Nobody waits for us any more.", ())),
        Period(date(2025, 11, 1), date(2026, 5, 31)), ("unassigned-problem",), ("dana@payments",),
        (Number("deploy_p95", "data/deploy-times.csv", {"statistic": "p95"}, 8),),
        (ISSUE.id, PROPOSAL.id, LOCK1.id, LOCK2.id, LOCK3.id, ADOPT2.id, ADOPT1.id), "t:queue",
    ),
    Claim(
        Where(path="claims/retries.md", line=1), "A retry storm can no longer take payments down",
        beat(("Every client retried without a limit.", (RISK,))),
        beat(("Flagged it on 28 July 2025, then capped retries for the fleet.", (RISK, RETRY1, RETRY2))),
        beat(("Checkout and the mobile client follow the budget.", (LATER, CITED))),
        evidence=(RISK.id, RETRY1.id, RETRY2.id, BUDGET.id, LATER.id, CITED.id), thread="t:retry",
    ),
    Claim(
        Where(path="claims/drain.md", line=1), "A restart no longer strands a queue",
        Beat(), beat(("Fixed the queue that never drained after a restart.", (FIRE,))), Beat(),
        evidence=(FIRE.id,), thread="t:drain",
    ),
)  # fmt: skip
ENTRIES = (
    entry(
        DECISION.ref, "decision", "2025-11-17", DECISION.title,
        ("Considered options", "A queue per team; per service; a bigger lock."),
        ("Outcome", "Two teams moved by May 2026."),
    ),
    entry(RISK.ref, "risk", "2025-07-28", RISK.title, ("Outcome", "Capped in August 2025.")),
    entry(NOTE.ref, "note", "2026-03-20", NOTE.title, to=["dana", "kofi"]),
    entry("entries/2026-01-12-calibration.md", "pushback", "2026-01-12", "Too much of it stays in the team"),
)  # fmt: skip
OBSERVED = (
    Observed("claims/queues.md", "deploy_p95", "data/deploy-times.csv", "p95", "minutes", date(2026, 5, 4),
             Spread(35.25, 28.8, 36.8, 214), Spread(10.0, 9.7, 10.3, 180)),
)  # fmt: skip
HALVES = ("2023H2", "2024H1", "2024H2", "2025H1", "2025H2", "2026H1")


def measured(name: str, measure: str, unit: str, value: float | None, ids: tuple[Evidence, ...], *halves: float | None,
             low: float | None = None, high: float | None = None, blind: tuple[str, ...] = ()) -> tuple[Signal, ...]:  # fmt: skip
    picked = tuple(piece.id for piece in ids)
    rows = [Signal(name, measure, unit, "case", value, picked, low, high, Basis.KNOWN, blind)]
    rows += [Signal(name, measure, unit, half, past, picked[:1]) for half, past in zip(HALVES, halves, strict=False)]
    return tuple(rows)


SIGNALS = (
    *measured("reach", "people outside", "people", 4, (ADOPT1, ADOPT2, LATER, CITED, REVIEW), 0, 1, 1, 2, 2, 4),
    *measured("reach", "teams outside", "teams", 4, (ADOPT1, ADOPT2, CITED, REVIEW), 0, 1, 1, 1, 2, 4),
    *measured("foresight", "median days before the first change", "days", 21, (PROPOSAL, RISK), None, None, 3, 5, 14, 28),
    *measured("longevity", "alive after 1 year", "ratio", 0.83, TOOLS, 0.7, 0.74, 0.78, 0.8, 0.82, 0.83, low=0.71, high=0.92),
    *measured("counter", "reverts", "count", 1, (REVERT,), 2, 0, 1, 0, 0, 1),
    *measured("load", "off-hours share", "share", None, (), blind=("no time zone in these records",)),
)  # fmt: skip
CONNECTED = (
    SourceState("git", "larkspur/platform", 24107, at("2026-07-03"), (Skipped("larkspur/platform", "date cannot be read", 3),),
                ("shallow: history before 2019-01-01 is not here",)),
    SourceState("book", "my-book", 31, at("2026-07-05")),
)  # fmt: skip
FINDINGS = (
    Finding("C209", "counter-evidence-unanswered", Severity.WARNING, Where(path="claims/queues.md", line=1),
            "“Let a service opt in to its own queue” was reverted on 22 January 2026; the claim does not say so",
            "say in the claim what the revert was about and what was done", (REVERT.id,)),
    Finding("A401", "broken-thread", Severity.ERROR, Where(path="claims/drain.md", line=1),
            "two beats are missing: problem and changed", "write one line for each, with its link", (FIRE.id,)),
    Finding("A409", "closed-without-note", Severity.NOTE, Where(thread="t:drain"),
            "ended on 24 February 2026; no note within two weeks", "write the note (15 minutes)", (FIRE.id,)),
)  # fmt: skip
CHECKED = (
    Checked("A401", "broken-thread", State.FOUND, (FINDINGS[1],)),
    Checked("A409", "closed-without-note", State.FOUND, (FINDINGS[2],)),
    Checked("C201", "lone-advocate", State.CLEAR),
    Checked("C202", "skip-level-blind", State.NOT_YET),
    Checked("C209", "counter-evidence-unanswered", State.FOUND, (FINDINGS[0],)),
    Checked("V302", "mostly-reactive", State.CANNOT_TELL, reason="no issue tracker connected"),
)
NOTABLE = (
    Statement("Two teams moved onto the deploy queue within eight weeks of the lock's removal.", (LOCK3.id, ADOPT1.id, ADOPT2.id)),
    Statement("The retry budget of August 2025 was still built on 10 months later.", (RETRY1.id, CITED.id)),
    Statement("Nothing was recorded for 12 weeks, from 20 March to 12 June 2026.", (NOTE.id, LOCK3.id)),
)  # fmt: skip
BLIND = (
    "Git shows no meetings, no messages and no reviews that left no trailer.",
    "Who assigned what is not known: no issue tracker is connected.",
)


def outside() -> dict[str, str]:
    return {id_: TEAM[piece.actor] for id_, piece in EVIDENCE.items() if piece.actor in TEAM}


def packet_case() -> Case:
    """A case from a book: three claims, entries, a revert that a claim does not answer."""
    return Case(
        person=MIRA, period=PERIOD, today=TODAY, team="deploy", team_basis=Basis.KNOWN,
        sentence="Made deploys independent of one another, and retries safe, for four teams.",
        claims=CLAIMS, entries=ENTRIES, evidence=EVIDENCE, links=LINKS, threads=(RETRY, TIDY, QUEUE, DRAIN),
        signals=SIGNALS, people=PEOPLE, outside=outside(), connected=CONNECTED, observed=OBSERVED,
    )  # fmt: skip


def drafted(thread: Thread, evidence: dict[str, Evidence]) -> Claim:
    """The thread as a claim with a sentence a piece of evidence, as a draft has it."""

    def read(ids: tuple[str, ...]) -> Beat:
        lines = [(evidence[id_].title + ".", (evidence[id_],)) for id_ in ids if id_ in evidence]
        return beat(*lines[:2])

    return Claim(
        Where(thread=thread.id), thread.title, read(thread.problem), read(thread.did), read(thread.changed),
        evidence=thread.evidence, thread=thread.id, drafted=True,
    )  # fmt: skip


def review_case() -> Case:
    """The same year with no book: what git alone has."""
    case = packet_case()
    kept = {id_: piece for id_, piece in case.evidence.items() if piece.source == "git"}

    def strip(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(id_ for id_ in ids if id_ in kept)

    threads = tuple(
        replace(
            thread, evidence=strip(thread.evidence), problem=strip(thread.problem), artifacts=strip(thread.artifacts)
        )
        for thread in case.threads
    )
    return replace(
        case, claims=tuple(drafted(thread, kept) for thread in threads if thread.id != "t:tidy"), entries=(), evidence=kept, observed=(),
        threads=threads, sentence="", connected=CONNECTED[:1],
        links=tuple(link for link in case.links if link.src in kept and link.dst in kept),
    )  # fmt: skip


def quiet_case() -> Case:
    """Somebody who stayed in one area with nobody else's record: sixteen changes, and no more."""
    case = review_case()
    kept = {piece.id: piece for piece in TOOLS}
    return replace(case, evidence=kept, threads=(TIDY,), links=(), signals=(), outside={})


def empty_case() -> Case:
    """A person with nothing on record in the period."""
    return replace(quiet_case(), evidence={}, threads=())


def hostile_case() -> Case:
    """Names and titles that try to leave their place: markup, terminal escapes, text that runs backwards."""
    case = review_case()
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\x1b[31mred\u202eevil\u2066 {{ 7*7 }} | `x` [a](javascript:b)'
    bad = replace(ADOPT1, title=evil, url="javascript:alert(3)")
    people = {**PEOPLE, DANA.id: replace(DANA, name='Dana "<b>"\x07 Ito & \u202eCo')}
    threads = tuple(replace(thread, title=evil) if thread.id == "t:queue" else thread for thread in case.threads)
    return replace(case, evidence={**case.evidence, bad.id: bad}, people=people, threads=threads)


def large_case(changes: int = 1000, teams: int = 18) -> Case:
    """A year of many changes, with others of many teams who build on them."""
    start = datetime(2025, 7, 1, 9, tzinfo=UTC)
    evidence: dict[str, Evidence] = {}
    links: list[Link] = []
    away: dict[str, str] = {}
    people = {MIRA.id: MIRA}
    for n in range(changes):
        moment = start + timedelta(hours=8 * n)
        piece = replace(commit(f"Change number {n} of a long year, in words enough to fill a line of the list", "2025-07-01"),
                        happened_at=moment, recorded_at=moment + timedelta(days=n % 40))  # fmt: skip
        evidence[piece.id] = piece
        if n % 5 == 0:
            who = Person(f"p{n % 90}@larkspur.example", f"Person {n % 90} of Elsewhere")
            people[who.id] = who
            other = replace(commit(f"Build on change {n}", "2025-07-01", who), happened_at=moment + timedelta(days=3))
            evidence[other.id] = other
            away[other.id] = f"team-number-{n % teams:02d}"
            links.append(Link(other.id, piece.id, LinkKind.BUILDS_ON, "imports it"))
    ids = tuple(evidence)
    size = max(1, len(ids) // 20)
    threads = tuple(
        Thread(f"t:{place}", f"Undertaking {place}", at("2025-07-01"), at("2026-06-01"), ids[place : place + size],
               did=ids[place : place + size], missing=("problem",), areas=("deploy",), teams=("deploy",))
        for place in range(0, len(ids), size)
    )  # fmt: skip
    mine = tuple(piece for piece in evidence.values() if piece.actor == MIRA.id)
    signals = tuple(row for k in range(25) for row in measured(f"signal{k}", "something", "count", 12 + k, mine[k:], 1, 2, 3, 4))
    return replace(review_case(), evidence=evidence, links=tuple(links), outside=away, threads=threads, people=people, signals=signals)


def without(case: Case, id_: str) -> Case:
    """The case as it would be had that piece of evidence never been: gone from the evidence, links, threads, entries and claims."""

    def drop(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(other for other in ids if other != id_)

    threads = tuple(
        replace(
            thread, evidence=drop(thread.evidence), problem=drop(thread.problem), did=drop(thread.did),
            changed=drop(thread.changed), artifacts=drop(thread.artifacts), counter=drop(thread.counter),
        )
        for thread in case.threads
    )  # fmt: skip
    return replace(
        case,
        evidence={key: piece for key, piece in case.evidence.items() if key != id_},
        links=tuple(link for link in case.links if id_ not in (link.src, link.dst)),
        threads=tuple(thread for thread in threads if thread.evidence),
        entries=tuple(item for item in case.entries if item.id != id_),
    )
