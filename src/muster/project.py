"""Opens a book or plain repositories and runs the stages in order: the one module that joins them, and the Python API.

>>> from muster.project import review            # doctest: +SKIP
>>> work = review([Path("api")], ["ann@example.org"], today=date(2026, 7, 1))
>>> packet_of(work).notable[0].text

Each stage is a plain function over what the stages before it gave: harvest, people, lake, organisation, links,
threads, signals, case, rules, room, packet. Nothing here measures, judges or renders.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from muster import __version__, drafts, links, packet, room, rules, signals, threads
from muster import book as books
from muster.blindspots import blind_spots
from muster.book import Book
from muster.lake import Lake, distinct, later
from muster.links import _told
from muster.model import (
    Case,
    Checked,
    Choices,
    Claim,
    Decided,
    Evidence,
    Ladder,
    Link,
    MusterError,
    Packet,
    Period,
    Person,
    Rehearsal,
    Signal,
    Skipped,
    SourceState,
    Thread,
)
from muster.notable import notable
from muster.numbers import observe_all
from muster.org import Organisation
from muster.people import People, resolve
from muster.sources import Gathered, gather, module_of, settings_of
from muster.sources.git import Harvest, Settings, cores, harvest
from muster.survival import Survival, survive

#: Called with what is being done, how much of it is done, and of how much (None where that is not known).
Progress = Callable[[str, int, int | None], None]


#: How soon after a change a fix of what it wrote counts as one that followed it, where the book's settings say nothing.
HOTFIX_DAYS = 7.0



@dataclass(frozen=True, slots=True)
class Work:
    """What the stages gave for one person and period. `book` is None for a review of repositories alone.

    `decided` are the owner's choices, put to the evidence that is there.
    """

    lake: Lake
    organisation: Organisation
    case: Case
    checked: tuple[Checked, ...]
    rehearsal: Rehearsal
    book: Book | None = None
    decided: Decided = field(default_factory=Decided)


@dataclass(frozen=True, slots=True)
class Brought:
    """What a book's settings name: the histories, the other sources by name, everybody in them, the organisation's folder
    where there is one, and what is not there.
    """

    harvests: tuple[Harvest, ...]
    others: Mapping[str, Gathered]
    people: People
    org: Path | None
    missing: tuple[Skipped, ...]


def review(
    repositories: Sequence[Path],
    me: Sequence[str],
    *,
    today: date,
    since: date | None = None,
    until: date | None = None,
    org: Path | None = None,
    ref: str = "HEAD",
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Work:
    """A person's year as repositories alone show it; their strongest undertakings stand in for claims.

    Without dates it is the year up to `today`. Raises `MusterError` where a repository cannot be read or nobody in it
    answers to `me`.
    """
    harvests = harvest_all(repositories, ref, cache, progress)
    people = resolve(harvests, org, me)
    return run(
        harvests,
        people,
        people.find(me),
        period_of(since, until, today),
        today=today,
        org=org,
        cache=cache or default_cache(),
        progress=progress,
    )


def open_book(
    book: Book,
    *,
    today: date,
    since: date | None = None,
    until: date | None = None,
    progress: Progress | None = None,
) -> Work:
    """The case that a book makes: its entries and claims, and the repositories that its settings name.

    A repository that is not there is counted as skipped and said, because a book must open on another machine too.
    """
    settings = book.settings
    brought = bring(book, progress)
    harvests, people = brought.harvests, brought.people
    missing = [*brought.missing]
    me = owner_of(book)
    try:
        person = people.find(me)
    except MusterError as error:
        # A book may be begun before the first commit: its owner is who muster.toml says, and that nobody was found is said.
        if harvests:
            missing.append(Skipped("muster.toml: owner", f"{error.seen}. Nothing in git counts as yours until owner.emails says which address does"))
        person = Person(me[0] if me else "owner", settings.name or "the owner", tuple(settings.emails), tuple(settings.handles))
    if settings.name:
        person = replace(person, name=settings.name)
    return run(
        harvests,
        people,
        person,
        period_of(since or settings.since, until or settings.until, today),
        others=brought.others,
        today=today,
        org=brought.org,
        book=book,
        cache=book.root / ".muster",
        skipped=missing,
        progress=progress,
    )


def bring(book: Book, progress: Progress | None = None) -> Brought:
    """What a book's settings name, read from this machine alone; what is not there is counted, and keeps nothing else out."""
    settings = book.settings
    found: list[Path] = []
    missing: list[Skipped] = []
    for target in books.repository_paths(book.root, settings.repositories):
        if target.exists():
            found.append(target)
        else:
            missing.append(Skipped(f"muster.toml: repositories: {target}", "not on this machine; its evidence is left out"))
    harvests: tuple[Harvest, ...] = ()
    for target, one in harvest_each(found, "HEAD", book.root / ".muster", progress):
        if isinstance(one, Harvest):
            harvests += (one,)
            continue
        # One repository that cannot be read, empty or none, does not keep the rest of a book from opening.
        if not one.where.startswith(str(target)):
            raise one
        missing.append(Skipped(f"muster.toml: repositories: {target}", f"{one.seen}; its evidence is left out"))
    folder = book.root / settings.organisation
    try:
        org = folder if folder.is_dir() and any(folder.iterdir()) else None
    except OSError as error:
        org = None
        missing.append(Skipped(f"muster.toml: organisation: {folder}", f"cannot be opened: {error.strerror}"))
    me = owner_of(book)
    others: dict[str, Gathered] = {}
    for name, table in settings.sources.items():
        # A setting that is wrong is mended; a folder that is not on this machine keeps nothing else from opening.
        settings_of(module_of(name), table)
        try:
            others[name] = gather(name, table, book.root)
        except MusterError as error:
            missing.append(Skipped(error.where, f"{error.seen}; its evidence is left out"))
    people = resolve(harvests, org, me, [account for one in others.values() for account in one.accounts])
    return Brought(harvests, others, people, org, tuple(missing))


def owner_of(book: Book) -> list[str]:
    """How the book's owner is known: addresses, then accounts (`@ann`, `gitlab:ann`)."""
    return [*book.settings.emails, *(handle if ":" in handle else f"@{handle}" for handle in book.settings.handles)]


def harvest_all(
    repositories: Sequence[Path], ref: str = "HEAD", cache: Path | None = None, progress: Progress | None = None
) -> tuple[Harvest, ...]:
    """Every repository's history, in the order given; the same repository given twice is taken once.

    Several are read at the same time, as many as there are cores. Raises the MusterError of the first, in that order,
    that cannot be read.
    """
    found: list[Harvest] = []
    for _, one in harvest_each(repositories, ref, cache, progress):
        if isinstance(one, MusterError):
            raise one
        found.append(one)
    return tuple(found)


def harvest_each(
    repositories: Sequence[Path], ref: str = "HEAD", cache: Path | None = None, progress: Progress | None = None
) -> tuple[tuple[Path, Harvest | MusterError], ...]:
    """(repository, its history or why it cannot be read), in the order given, each repository once."""
    targets: dict[Path, Path] = {}
    for path in repositories:
        targets.setdefault(path.resolve(), path)
    ended = threading.Event()
    writing = threading.Lock()
    taken: dict[Path, int] = {}

    def read(path: Path) -> Harvest | MusterError:
        def tell(what: str, done: int, total: int | None) -> None:
            if ended.is_set():
                raise KeyboardInterrupt
            if progress:
                with writing:
                    taken[path] = done
                    progress(what if len(targets) == 1 else f"reading {len(targets)} repositories", sum(taken.values()), None)

        tell(f"opening {path}", 0, None)
        try:
            return harvest(Settings(path, ref), cache or default_cache(), tell)
        except MusterError as error:
            return error

    if min(cores(), len(targets)) <= 1:
        return tuple((path, read(path)) for path in targets.values())
    with ThreadPoolExecutor(cores(), "harvest") as pool:
        futures = {path: pool.submit(read, path) for path in targets.values()}
        try:
            return tuple((path, future.result()) for path, future in futures.items())
        except BaseException:
            # Those that are being read put what they have into the cache, and end.
            ended.set()
            pool.shutdown(cancel_futures=True)
            raise


def default_cache() -> Path:
    """Where harvests are kept between runs: `$XDG_CACHE_HOME/muster`; deleting it costs only time."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "muster"


def period_of(since: date | None, until: date | None, today: date) -> Period:
    """The period meant: the year up to `until`, or up to today, where it is not said."""
    until = until or today
    if since is None:
        try:
            since = until.replace(year=until.year - 1) + timedelta(days=1)
        except ValueError:  # 29 February
            since = until.replace(year=until.year - 1, day=28) + timedelta(days=1)
    if since > until:
        raise MusterError(
            "--since/--until",
            f"the period ends ({until}) before it begins ({since})",
            "Give --since a date before --until, as in --since 2026-01-01 --until 2026-06-30.",
        )
    return Period(since, until)


def run(
    harvests: tuple[Harvest, ...],
    people: People,
    person: Person,
    period: Period,
    *,
    today: date,
    org: Path | None = None,
    book: Book | None = None,
    others: Mapping[str, Gathered] = MappingProxyType({}),
    cache: Path | None = None,
    skipped: Sequence[Skipped] = (),
    progress: Progress | None = None,
) -> Work:
    """All stages from the lake to the room, in the order of the design."""
    tell = progress or (lambda *_: None)
    entries = book.entries if book else ()
    harvests = distinct(harvests)
    survivals = {one.name: survive(one, cache, progress) for one in harvests}
    tell("laying out the evidence", 0, None)
    gathered = each_once(others.values())
    lake = Lake.build(harvests, people, entries, gathered, today=today, survivals=survivals)
    tell("reading who owned what", 0, None)
    organisation = Organisation.read(lake, org)
    limits = book.settings.thresholds if book else {}
    view = links.View(
        lake, organisation, person.id, entries, book.root if book else None, limits.get("hotfix-days", HOTFIX_DAYS)
    )
    tell("finding links", 0, None)
    found, unresolved = links.find(view)
    tell("finding undertakings", 0, None)
    decided, lost = decide(lake, book)
    undertakings, refused = threads.chosen(view, found, decided)
    tell("measuring", 0, None)
    connected = sources_of(lake, survivals, others, book, org, organisation, today)
    names = frozenset(name for state in connected for name in (state.name, *state.gives))
    observed = observe_all(book.root, book.claims) if book else ()
    signals.load(view, found, undertakings, periods_of(period), book.claims if book else (), observed)
    # What is said of somebody's first change needs the beginning of the history.
    whole = not any(one.repository.shallow for one in lake.harvests)
    measured = signals.measure(view, names | {"history"} if whole else names)
    evidence = relevant(lake, organisation, person, found, undertakings, measured, decided)
    team, basis = organisation.team(person.id, period.end)
    last = period.end - timedelta(microseconds=1)
    settings = book.settings if book else None
    case = Case(
        person=person,
        period=period,
        today=today,
        team=(settings.team if settings and settings.team else None) or team,
        team_basis=basis,
        level_from=settings.level_from if settings else "Senior",
        level_to=settings.level_to if settings else "Staff",
        sentence=settings.sentence if settings else "",
        entries=entries,
        evidence=evidence,
        links=found,
        threads=undertakings,
        signals=measured,
        unresolved=unresolved,
        people=lake.people.all,
        outside=outsiders(organisation, person, evidence),
        connected=connected,
        # What a connected source did not take stands with that source.
        skipped=(
            *skipped,
            *(book.problems if book else ()),
            *threads.left_out(decided),
            *lost,
            *refused,
            *(organisation.skipped if org is None else ()),
            *people.skipped,
            *view.skipped,
        ),
        thresholds=settings.thresholds if settings else {},
        managers=organisation.reporting.managers(person.id, period.start, last),
        skip_level=organisation.skip_level(person.id, last),
        function=organisation.function(person.id, last),
        functions=functions_of(organisation, person, evidence),
        told=_told.told(view, found),
        flagged=_told.flagged(view, found),
        confidential=book.confidential if book else (),
        proofs=book.proofs if book else (),
        breaks=book.breaks if book else (),
        ladder=ladder_of(book) if book else None,
    )
    if book:
        case = replace(case, claims=backed(book.claims, view, case, decided), observed=observed)
    else:
        strongest = drafts.strongest(case.period_threads(), period, evidence=evidence)
        case = replace(case, claims=tuple(draft(thread, case) for thread in strongest))
    tell("asking the room", 0, None)
    checked = rules.check(case)
    return Work(lake, organisation, case, checked, room.rehearse(case, checked), book, decided)


def ladder_of(book: Book) -> Ladder | None:
    """The ladder that the book's settings name; raises MusterError where it cannot be used."""
    if not book.settings.ladder:
        return None
    measures = {f"{name}.{one.name}" for name in signals.names() for one in signals.header(name).measures}
    return books.read_ladder(book.root / book.settings.ladder, book.settings.ladder, room.questions().keys(), {*signals.names(), *measures})


def each_once(others: Iterable[Gathered]) -> tuple[Evidence, ...]:
    """What the sources gave, each id once: a message that is in a file and on a server counts as the better proved of the two."""
    found: dict[str, Evidence] = {}
    for one in others:
        for piece in one.evidence:
            if piece.id not in found or piece.grade > found[piece.id].grade:
                found[piece.id] = piece
    return tuple(found.values())


def decide(lake: Lake, book: Book | None) -> tuple[Decided, tuple[Skipped, ...]]:
    """The book's choices with the evidence that they mean, and those that mean none."""
    choices = book.choices if book else Choices()
    rows = lake.db.execute("SELECT id FROM evidence ORDER BY id").fetchall() if choices.made else []
    return threads.decide(choices, [id_ for (id_,) in rows], [claim.where.path or "" for claim in book.claims] if book else ())


def packet_of(work: Work) -> Packet:
    """The packet of what the stages gave: a "packet" where there is a book, else a "review".

    What is notable is said to the person, so it stands in a review and not in a packet, which others read.
    """
    return packet.build(
        "packet" if work.book else "review",
        work.case,
        () if work.book else notable(work.case),
        work.checked,
        work.rehearsal,
        unseen(work),
        __version__,
    )


def periods_of(period: Period) -> tuple[tuple[str, Period], ...]:
    """The case's own period, and the half-years of the three years up to its end, oldest first."""
    halves: list[tuple[str, Period]] = []
    year, half = period.until.year, 1 if period.until.month <= 6 else 2
    for _ in range(6):
        since, until = (date(year, 1, 1), date(year, 6, 30)) if half == 1 else (date(year, 7, 1), date(year, 12, 31))
        halves.append((f"{year}H{half}", Period(since, until)))
        year, half = (year, 1) if half == 2 else (year - 1, 2)
    return (("case", period), *reversed(halves))


def relevant(
    lake: Lake,
    organisation: Organisation,
    person: Person,
    found: Sequence[Link],
    undertakings: Sequence[Thread],
    measured: Sequence[Signal],
    decided: Decided,
) -> Mapping[str, Evidence]:
    """The person's evidence of every date, and others' that a link, thread, signal or the owner ties to it, with owners as
    they were then."""
    own = "SELECT id FROM evidence WHERE actor = $1 UNION SELECT id FROM participant WHERE person = $1 ORDER BY id"
    ids = dict.fromkeys(id_ for (id_,) in lake.db.execute(own, [person.id]).fetchall())
    # What they spoke to says whose work it was.
    about = (
        "SELECT f.value FROM fact f JOIN evidence e ON e.id = f.id SEMI JOIN evidence o ON o.id = f.value "
        "WHERE f.name = 'about' AND e.actor = $1 ORDER BY f.value"
    )
    ids.update(dict.fromkeys(id_ for (id_,) in lake.db.execute(about, [person.id]).fetchall()))
    for link in found:
        ids[link.src] = ids[link.dst] = None
    for thread in undertakings:
        ids.update(dict.fromkeys(thread.evidence))
    for signal in measured:
        ids.update(dict.fromkeys(signal.evidence))
    for tied in decided.claims.values():
        ids.update(dict.fromkeys(tied))
    records = lake.evidence(ids)
    organisation.prefetch(id_ for id_, piece in records.items() if has_paths(piece))
    return {
        id_: replace(piece, touches=organisation.touches(id_)) if has_paths(piece) else piece
        for id_, piece in records.items()
    }


def has_paths(piece: Evidence) -> bool:
    """Whether it can have touched a path."""
    return piece.source == "git" and piece.kind != "review"


def outsiders(organisation: Organisation, person: Person, evidence: Mapping[str, Evidence]) -> dict[str, str]:
    """Evidence id → team, for what people outside the person's team recorded, judged at its date."""
    found: dict[str, str] = {}
    for id_, piece in evidence.items():
        at = piece.happened_at or piece.recorded_at
        if piece.actor != person.id and at is not None:
            team = organisation.outside(piece.actor, person.id, at)
            if team is not None:
                found[id_] = team
    return found


def functions_of(organisation: Organisation, person: Person, evidence: Mapping[str, Evidence]) -> dict[str, str]:
    """Evidence id → what its actor was there for at its date, as the organisation's files say; the person's own is left out."""
    found: dict[str, str] = {}
    for id_, piece in evidence.items():
        at = piece.happened_at or piece.recorded_at
        if piece.actor != person.id and at is not None and (function := organisation.function(piece.actor, at)):
            found[id_] = function
    return found


def backed(claims: Sequence[Claim], view: links.View, case: Case, decided: Decided) -> tuple[Claim, ...]:
    """The claims with what their references resolve to, sentence by sentence, what the owner tied to them, and the thread
    that holds most of that.
    """
    found: list[Claim] = []
    for claim in claims:
        resolved = {one.reference: one.ids for one in view.referred if one.entry.path == claim.where.path}
        tied = books.attach(claim, resolved)
        tied = replace(tied, evidence=(*tied.evidence, *decided.claims.get(claim.where.path or "", ())))
        held = {thread.id: len(set(tied.evidence) & set(thread.evidence)) for thread in case.threads}
        best = max(sorted(held), key=lambda id_: held[id_], default=None)
        found.append(
            replace(
                tied,
                evidence=tuple(sorted(set(tied.evidence) & case.evidence.keys(), key=lambda id_: (when(case, id_), id_))),
                thread=best if best is not None and held[best] else None,
            )
        )
    return tuple(found)


def draft(thread: Thread, case: Case) -> Claim:
    """A claim put together from a thread's evidence alone."""
    return drafts.draft(thread, case.evidence, case.links, case.people, case.outside)


def when(case: Case, id_: str) -> datetime:
    """When a piece of the case's evidence happened; the end of time where that is unknown."""
    return case.evidence[id_].happened_at or datetime.max.replace(tzinfo=UTC)


def sources_of(
    lake: Lake,
    survivals: Mapping[str, Survival],
    others: Mapping[str, Gathered],
    book: Book | None,
    org: Path | None,
    organisation: Organisation,
    today: date,
) -> tuple[SourceState, ...]:
    """What is connected, how much it gave, how fresh it is, and what was skipped."""
    states: list[SourceState] = []
    for history in lake.harvests:
        row = lake.db.execute("SELECT max(happened_at) FROM evidence WHERE origin = ?", [history.name]).fetchone()
        newest = row[0].replace(tzinfo=UTC) if row and row[0] else None
        survival = survivals[history.name]
        ahead = later(history, today)
        notes = (f"{ahead} commits were recorded after {today}: they are left out",) if ahead else ()
        states.append(SourceState(
            "git", history.name, history.rows.count, newest, (*history.skipped, *survival.skipped), (*history.notes, *survival.notes, *notes),
            lake.among(history.name),
        ))
    if book is not None:
        recorded = [entry.recorded_at for entry in book.entries if entry.recorded_at]
        states.append(
            SourceState("book", book.root.name, len(book.entries), max(recorded, default=None), book.skipped)
        )
    for name, one in others.items():
        newest = max((piece.happened_at for piece in one.evidence if piece.happened_at), default=None)
        states.append(SourceState(name, name, len(one.evidence), newest, one.skipped, one.notes, gives=one.gives, blind=one.blind))
    if org is not None:
        states.append(SourceState("org", org.name, 1, None, organisation.skipped, organisation.notes, gives=organisation.reporting.says))
    return tuple(states)


def unseen(work: Work) -> tuple[str, ...]:
    """What the connected sources cannot show, and what rests on inference, each said once, in plain words."""
    said = dict.fromkeys(blind_spots(work.case.sources))
    said.update(dict.fromkeys(f"Not seen through {state.name}: {state.blind}." for state in work.case.connected if state.blind))
    said.update(dict.fromkeys(work.organisation.notes))
    said.update(dict.fromkeys(work.lake.people.notes))
    for state in work.case.connected:
        said.update(dict.fromkeys(f"{state.origin}: {note}" for note in state.notes if state.name == "git" or (state.gives and state.name != "org")))
    return tuple(said)


__all__ = ["Work", "open_book", "packet_of", "review"]
