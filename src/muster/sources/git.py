"""The history of a git repository as three tables, commits, changes and merged, read from hardened `git log`s.

`harvest` streams: a record per commit begins with a boundary that is drawn at random for the run, so that no message
can forge one; every field ends in NUL; the raw diff that follows has a fixed width up to the path. No blob is read, so
partial clones and pruned mirrors are fine. A long history is read from both its ends at once. Rows go to Parquet parts as
they come, so memory does not grow with the history; with a `cache` they are kept, a harvest that was ended midway is gone
on with, and a later one reads only what is new.
"""

from __future__ import annotations

import hashlib
import queue
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from muster.model import MusterError, Skipped
from muster.sources import _cache, _ends
from muster.sources._ends import Shelf, cores
from muster.sources._log import WAITING, Events, Log, widen
from muster.sources._parts import Rows, Tables, is_whole
from muster.sources._repository import Repository

__all__ = ["SOURCE", "Harvest", "Repository", "Rows", "Settings", "cores", "harvest", "widen"]

SOURCE = "git"

Counts = Counter[tuple[str, str]]
Progress = Callable[[str, int, "int | None"], None]

#: After so many commits that cannot be read in full, the rest is read without its changes.
DAMAGED = 25
#: A history of more commits than this is read again rather than put into another order in memory.
ORDERED = 250_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Which history to read: the repository, and the commit whose ancestors are wanted."""

    path: Path
    ref: str = "HEAD"


@dataclass(frozen=True, slots=True)
class Harvest:
    """A repository's history.

    `commits` has a row per commit; `seq` counts from 0 in the order in which commits reached `head`: parents before
    children, along first parents, each merge just after what it brought. `changes` has a row per path that a commit
    changed against its parent; merges have none, as in `git log`. `merged` has the same columns, and a row per path by
    which a merge differs from its first parent. Names are raw: the mailmap is applied when they are read. `notes` say what
    the history cannot show; `skipped` counts what was left out.

    The tables are read from disk when they are asked for, and `changes` and `merged` again once nobody holds them any more;
    `rows` gives some columns, or a batch at a time.
    """

    name: str
    path: Path
    web: str | None
    head: str
    rows: Rows = field(repr=False)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def commits(self) -> pa.Table:
        """A row per commit."""
        return self.rows.table("commits")

    @property
    def changes(self) -> pa.Table:
        """A row per path that a commit other than a merge changed."""
        return self.rows.table("changes")

    @property
    def merged(self) -> pa.Table:
        """A row per path by which a merge differs from its first parent."""
        return self.rows.table("merged")

    @property
    def repository(self) -> Repository:
        """The repository itself, for what the tables do not hold."""
        return opened(self.path)

    def mailmap(self, identities: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """(name, e-mail) of each identity after the mailmap of `head`."""
        return self.repository.mailmap(identities, self.head)


@lru_cache(maxsize=64)
def opened(path: Path) -> Repository:
    """The repository at a path, opened once."""
    return Repository(path)


def harvest(settings: Settings, cache: Path | None = None, progress: Progress | None = None) -> Harvest:
    """The history of `settings.ref`, read in full or, from `cache`, completed by what is new.

    A history that was rewritten since, or that grew at its old end, is read again from the start, and a note says so.
    When git stops midway, what was read is given with a note that says why, and the cache is left as it was. Raises
    MusterError where there is nothing to read. Ending it at any time costs no more than the newest few thousand commits
    of what was read: the next run goes on from there.
    """
    repository = Repository(settings.path)
    head = repository.resolve(settings.ref)
    boundary = shallow_commits(repository)
    cut = hashlib.sha256("\n".join(sorted(boundary)).encode()).hexdigest() if boundary else ""
    with _cache.store(cache, repository.path, settings.ref, cut) as store:
        task = _Task(repository, boundary, store, progress)
        known = store.known()
        if known and known.head == head:
            return task.finish(head, store.rows(known.parts), known.skipped)
        notes: list[str] = []
        if known and not (ancestor := leads(repository, known.head, head)):
            if ancestor is False or not repository.has(known.head):
                notes.append(f"history was rewritten since the last harvest, which ended at {known.head[:12]}: it was read "
                             "again in full")
            known = None
        begun = store.begun()
        if begun and (begun.base != (known.head if known else None) or not leads(repository, begun.head, head)):
            begun = None
        if begun and begun.head != head and task.advance(known, begun.head, begun):
            # An earlier run was ended midway: what it was reading is now read to its end, and after it what came since.
            known, begun = store.known(), None
            if known and known.head == head:
                return task.finish(head, store.rows(known.parts), known.skipped, notes)
        found = task.advance(known, head, begun)
        if not found and known:
            found = task.advance(None, head)
        if found:
            return task.finish(head, *found, notes)
        rows, skipped, said = task.salvage(head)
        store.forget()
        if not rows.count:
            raise MusterError(str(settings.path), f"git could read no commit of {settings.ref}",
                              f"Look for damage with: git -C '{settings.path}' fsck")
        return task.finish(head, rows, skipped, [*notes, *said])


@dataclass(frozen=True, slots=True)
class _Task:
    """One harvest while it is made."""

    repository: Repository
    boundary: frozenset[str]
    store: _cache.Store
    progress: Progress | None

    def tell(self, taken: int) -> None:
        """Report how many commits were read."""
        if self.progress:
            self.progress(f"reading {self.repository.name}", taken, None)

    def advance(
        self, known: _cache.Known | None, head: str, begun: _cache.Begun | None = None
    ) -> tuple[Rows, Counts] | None:
        """All that leads to `head`, from what is known and what was begun; None where git cannot read all of it."""
        base = known.head if known else None
        revisions = [head, f"^{base}"] if base else [head]
        older = self.store.rows(known.parts) if known else None
        for alone in (False, True):
            shelf = self.store.shelf(base, head)
            if begun and not alone:
                shelf.begun(begun.front, begun.back, begun.skipped)
            try:
                if _ends.read(self.repository, revisions, shelf, self.boundary, self.tell, alone):
                    return None
            except _ends.Apart:
                continue
            new = shelf.rows()
            # What two gits or two runs have read is looked at before it is believed.
            if not (shelf.back or begun) or alone or is_whole(new, head, older):
                break
        if not new.count:
            return None
        if known is None:
            if self.store.writes:
                kept = self.store.keep(_cache.Known(head, shelf.parts(), shelf.skipped()))
                return self.store.rows(kept.parts), kept.skipped
            return new, shelf.skipped()
        skipped = known.skipped + shelf.skipped()
        if along_first_parents(new.columns("commits", ["sha", "parents"]), head, known.head):
            kept = self.store.keep(_cache.Known(head, (*known.parts, *shelf.parts()), skipped))
            return Rows(kept.parts, (self.store.held, shelf.kept)), skipped
        if known.commits + new.count > ORDERED:
            return self.advance(None, head)
        rows = Rows((*known.parts, *shelf.parts()), (self.store.held, shelf.kept))
        tables = reorder(self.repository, head, (rows.table("commits"), rows.table("changes"), rows.table("merged")))
        self.store.replace(head, tables, skipped)
        return Rows.of(*tables), skipped

    def salvage(self, head: str) -> tuple[Rows, Counts, list[str]]:
        """What there is of a history that git cannot read in full, and notes on what there is not.

        Where an object is missing, git ends there. Then the rest is asked for commit by commit, so that one damaged commit
        costs no more than itself.
        """
        shelf = Shelf(None)
        counted: Counts = Counter()
        notes: list[str] = []
        _, problem = self.take(shelf, ["--topo-order", "--reverse", head])
        if not problem:
            return shelf.rows(), shelf.skipped(), notes
        order, whole = listed(self.repository, head)
        if not whole:
            notes.append(f"git could not follow the history to its start ({problem}): only {len(order)} commits can be read")
        left = order[shelf.commits :]
        unread = lost = 0
        while left:
            count, trouble = self.take(shelf, ["--no-walk=unsorted", "--stdin"], stdin=left)
            left = left[count:]
            if not trouble or not left:
                break
            # Its diff cannot be made; the commit itself may be readable. After many such, the rest is taken as that.
            some = left[:1] if unread + lost < DAMAGED else left
            count, _ = self.take(shelf, ["--no-walk=unsorted", "--stdin"], raw=False, stdin=some)
            unread += count
            lost += len(some) - count
            left = left[len(some) :]
        if unread:
            notes.append(f"what {unread} commits changed is not here: git could not read it ({problem})")
        if lost:
            counted["commits", f"git could not read them ({problem})"] += lost
        return shelf.rows(), shelf.skipped() + counted, notes

    def take(self, shelf: Shelf, selection: Sequence[str], raw: bool = True, stdin: Sequence[str] = ()) -> tuple[int, str]:
        """(How many commits one git gave, why it ended early); they are put on the shelf."""
        before = shelf.commits
        events: Events = queue.Queue(maxsize=WAITING)
        log = Log(self.repository, selection, events, raw, stdin)
        try:
            ended = False
            while not ended:
                _, chunk = events.get()
                ended = not chunk
                log.keep(log.end() if ended else log.take(chunk))
                if log.size >= _ends.BATCH or (ended and log.size):
                    shelf.add(log.give(), log.mark, self.boundary)
                    self.tell(shelf.commits)
        finally:
            log.close()
        return shelf.commits - before, log.problem

    def finish(self, head: str, rows: Rows, counted: Counts, notes: Sequence[str] = ()) -> Harvest:
        """The harvest, with notes on what this clone cannot show."""
        said = list(notes)
        if self.boundary:
            commits = rows.columns("commits", ["sha", "committed_at"])
            cut = commits.filter(pc.is_in(commits["sha"], value_set=pa.array(sorted(self.boundary))))
            day = pc.max(cut["committed_at"]).as_py()
            said.append(f"shallow: history before {day.date()} is not here" if day else "shallow: older history is not here")
        if self.repository.partial:
            said.append("partial clone: file contents that were never downloaded are not here")
        name = self.repository.name
        skipped = tuple(Skipped(f"{name}: {where}", why, count) for (where, why), count in sorted(counted.items()))
        return Harvest(name, self.repository.path, self.repository.web, head, rows, skipped, tuple(said))


def leads(repository: Repository, old: str, new: str) -> bool | None:
    """Whether one commit is an ancestor of the other, or the same; None where git cannot tell."""
    if old == new:
        return True
    return {0: True, 1: False}.get(repository.ask("merge-base", "--is-ancestor", old, new).returncode)


def listed(repository: Repository, head: str) -> tuple[list[str], bool]:
    """(hashes with parents before children, whether that is all of them): as far as git can follow them."""
    done = repository.ask("rev-list", "--topo-order", "--reverse", head)
    if done.returncode == 0:
        return done.stdout.decode("ascii").split(), True
    # A walk from the newest commit gives what there is up to the gap, but no order that can be relied on.
    done = repository.ask("rev-list", "--parents", head)
    parents = {line[0]: line[1:] for row in done.stdout.decode("ascii").splitlines() if (line := row.split())}
    order: dict[str, None] = {}
    for sha in reversed(list(parents)):
        path = [sha]
        while path:
            behind = [parent for parent in parents[path[-1]] if parent in parents and parent not in order]
            if behind:
                path.append(behind[0])
            else:
                order[path.pop()] = None
    return list(order), False


def along_first_parents(grown: pa.Table, head: str, old: str) -> bool:
    """Whether first parents lead from the new head to the old one; only then do new rows come after all old ones."""
    first = {sha: parents[0] if parents else None
             for sha, parents in zip(grown["sha"].to_pylist(), grown["parents"].to_pylist(), strict=True)}
    here: str | None = head
    while here in first:
        here = first[here]
    return here == old


def reorder(repository: Repository, head: str, tables: Tables) -> Tables:
    """The tables in the order that a full harvest gives them."""
    order = repository.run("rev-list", "--topo-order", "--reverse", head).decode("ascii").split()
    commits, *rows = tables
    places = pc.index_in(commits["sha"], value_set=pa.array(order)).cast(pa.int32())
    changes, merged = (moved.set_column(0, "seq", pc.take(places, moved["seq"])) for moved in rows)
    return commits.set_column(0, "seq", places).sort_by("seq"), ranked(changes), ranked(merged)


def ranked(rows: pa.Table) -> pa.Table:
    """The rows by their commits; those of one commit stay in their order."""
    numbered = rows.append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    return numbered.sort_by([("seq", "ascending"), ("row", "ascending")]).drop_columns(["row"])


def shallow_commits(repository: Repository) -> frozenset[str]:
    """Commits whose parents are not here, because the clone was cut there."""
    if not repository.shallow:
        return frozenset()
    try:
        return frozenset((repository.common / "shallow").read_text("ascii").split())
    except OSError:
        return frozenset()
