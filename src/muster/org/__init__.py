"""People, teams and areas, at a date: who owned what a commit touched, just before it.

`Organisation.read(lake, folder)` gives an `Organisation`. What it says comes, in this order, from the organisation's own
files (`folder`), from the ownership files of the repository as they were at the commit's first parent, and, where
nobody wrote anything down, from who works where. Only the first two are known; the rest is marked as inferred.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from muster.lake import WANTED, Lake, listed
from muster.model import Basis, MusterError, Skipped, Touch
from muster.org import catalogue, files, handles, inferred, notes, owned, states, work
from muster.org.owned import Owned
from muster.org.places import Home as _Home
from muster.org.places import Place as _Place
from muster.org.reporting import Reporting
from muster.org.states import EMPTY
from muster.paths import NEUTRAL
from muster.sources.git import Harvest

__all__ = ["Organisation", "Relation", "Side"]

#: Files of these kinds are nobody's work; they say nothing about whose area a change is in.
_MADE = frozenset({"vendored", "generated", "lock"})


class Side(StrEnum):
    """On which side of a team's boundary somebody stands, seen from somebody else in it."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Relation:
    """How somebody stood to another's team at a date: on which side, in which team, and whether files say so."""

    side: Side
    team: str | None
    basis: Basis


@dataclass(slots=True)
class _Repository:
    """What is known of one repository: its states, its main line, and its areas once they are asked for."""

    harvest: Harvest
    states: states.States
    mainline: work.Mainline | None = None
    areas: inferred.Areas | None = None


class Organisation:
    """Owners, teams and areas over a lake. Made by `read`; answers are computed when asked for and kept."""

    def __init__(self, lake: Lake, folder: files.Folder, ownership: owned.Ownership, written: bool) -> None:
        self._lake = lake
        self._folder = folder
        self._ownership = ownership
        self._from_files = written
        self._repositories: dict[str, _Repository] = {}
        self._names = handles.Names()
        self._notes: tuple[str, ...] = ()
        self._members: dict[str, list[files.Membership]] = {}
        self.reporting = Reporting(self._person)
        self._spoken: dict[str, str] = {}
        self._successors = files.successors(row for row in folder.memberships if row.team)
        self._groups: dict[int, tuple[Mapping[str, tuple[str, ...]], frozenset[str], Mapping[str, str]]] = {}
        self._homes: work.Homes | None = None
        self._shares: work.Shares | None = None
        self._heads: dict[tuple[str, int], int] = {}
        self._places: dict[tuple[str, int, str], _Place] = {}
        self._alike: dict[tuple[object, ...], tuple[_Place, Owned]] = {}
        self._home: dict[tuple[str, int, int], _Home] = {}
        self._touches: dict[str, tuple[Touch, ...]] = {}

    @classmethod
    def read(cls, lake: Lake, org: Path | None = None, *, written: bool = True) -> Organisation:
        """The organisation as its own files in the folder `org` and the repositories of the lake have it.

        Raises MusterError where `org` is no folder. Ownership files that cannot be read are counted in `skipped`. With
        `written` false no ownership file of a repository is looked at, to see what would be inferred without.
        """
        ownership = owned.Ownership(states.Forest())
        folder = files.read(org, ownership) if org is not None else files.Folder()
        made = cls(lake, folder, ownership, written)
        for harvest in lake.harvests:
            made._repositories[harvest.name] = made._walk(harvest)
        made._tie()
        made._notes = (*folder.notes, *made._say())
        return made

    # -- what it answers ---------------------------------------------------------------------------------------

    @property
    def basis(self) -> Basis:
        """KNOWN where somebody wrote down owners or teams below the level of the whole; else INFERRED."""
        written = bool(self._members or self._folder.components or self._folder.state)
        return Basis.KNOWN if written or any(map(self._written, self._repositories.values())) else Basis.INFERRED

    @property
    def notes(self) -> tuple[str, ...]:
        """Plain sentences about where owners, areas and teams come from."""
        return self._notes

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What could not be read so far."""
        return (*self._folder.skipped, *self._ownership.left_out())

    def touches(self, id: str) -> tuple[Touch, ...]:  # noqa: A002
        """The paths of a piece of evidence in order, with who owned each at the commit's first parent.

        Nothing for what touches no path. A review touches what its commit does, and `own` is the reviewer's. Tests,
        documents and settings lie in the area of the code that they were changed with; alone, they are never marked as
        somebody else's. A file that was moved is also touched where it was, if that is another area.
        """
        if id not in self._touches:
            self.prefetch((id,))
        return self._touches[id]

    def prefetch(self, ids: Iterable[str]) -> None:
        """Work out the touches of many pieces of evidence at once; of one alone, also those of its actor's others."""
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_ not in self._touches]
        if not wanted:
            return
        if len(wanted) == 1:
            wanted += [
                id_
                for (id_,) in self._lake.db.execute(
                    "SELECT id FROM evidence WHERE source = 'git' AND actor IN (SELECT actor FROM evidence WHERE id = ?)"
                    " ORDER BY id",
                    wanted,
                ).fetchall()
                if id_ not in self._touches and id_ != wanted[0]
            ]
        for id_ in wanted:
            self._touches[id_] = ()
        rows = self._lake.db.execute(
            "SELECT e.id, e.origin, e.seq, e.actor, coalesce(e.happened_at, e.recorded_at), c.path, c.from_path, c.kind "
            "FROM evidence e JOIN change c ON c.id = split_part(e.id, '#', 1) WHERE e.source = 'git' "
            f"AND e.id IN ({WANTED}) "
            "ORDER BY e.seq, e.id, c.path, c.from_path",
            {"ids": listed(wanted)},
        ).fetchall()
        for actor in sorted({row[3] for row in rows})[:3]:
            self._work().read(actor)
        here = {(row[1], row[2], row[4]) for row in rows}
        self._ownership.need(sorted({self._repositories[origin].states.before(seq) for origin, seq, _ in here}))
        months = {work.month_of(at.replace(tzinfo=UTC)) for _, _, at in here if at}
        self._ownership.need(sorted({self._state_then(origin, month) for origin in self._repositories for month in months}))
        start = 0
        for end in range(1, len(rows) + 1):
            if end == len(rows) or rows[end][0] != rows[start][0]:
                id_, origin, seq, actor, at = rows[start][:5]
                when = at.replace(tzinfo=UTC) if at else datetime(1970, 1, 1, tzinfo=UTC)
                changes = [row[5:] for row in rows[start:end]]
                self._touches[id_] = tuple(self._touch(origin, seq, actor, when, changes))
                start = end

    def team(self, person: str, at: datetime) -> tuple[str | None, Basis]:
        """The team of a person at a date and whether it is known; None where there is too little to say."""
        home = self._home_of(person, at)
        if home.said:
            return home.said[0], Basis.KNOWN
        if home.listed:
            at_work = set(map(_key, home.worked))
            both = [team for team in home.listed if _key(team) in at_work]
            named = [team for team in home.worked if team.startswith(owned.TEAM_LABELS)]
            if named and not both:
                # An alias that approves everywhere is no home: the team whose areas somebody works in says more.
                return named[0], Basis.INFERRED
            among = both or home.listed
            among = tuple(team for team in among if team in home.named) or among
            return inferred.top(home.weights, among), Basis.KNOWN if home.sure else Basis.INFERRED
        return (home.worked[0] if home.worked else None), Basis.INFERRED

    def outside(self, person: str, of: str, at: datetime) -> str | None:
        """The team of `person` where, at that date, it is another than that of `of`; None when inside or unknown.

        `relation` tells these two apart.
        """
        return self.relation(person, of, at).team

    def relation(self, person: str, of: str, at: datetime) -> Relation:
        """On which side of the team of `of` somebody stood at a date; `team` is set where it is another.

        Somebody who shares any team or home area with `of` is inside. Unknown where one of them has no team that
        anybody could tell, and for bots. It is known only where files name the teams of both.
        """
        if person == of:
            return Relation(Side.INSIDE, None, Basis.KNOWN)
        theirs, mine = self._home_of(person, at), self._home_of(of, at)
        if self._lake.people.person(person).bot:
            return Relation(Side.UNKNOWN, None, Basis.INFERRED)
        if theirs.said and mine.said:
            if set(map(_key, theirs.said)) & set(map(_key, mine.said)):
                return Relation(Side.INSIDE, None, Basis.KNOWN)
            return Relation(Side.OUTSIDE, theirs.said[0], Basis.KNOWN)
        sure = all(home.said or (home.listed and home.sure) for home in (theirs, mine))
        basis = Basis.KNOWN if sure else Basis.INFERRED
        if not theirs.teams or not mine.teams:
            return Relation(Side.UNKNOWN, None, Basis.INFERRED)
        if theirs.teams & mine.teams:
            return Relation(Side.INSIDE, None, basis if theirs.by_list & mine.by_list else Basis.INFERRED)
        team, said = self.team(person, at)
        return Relation(Side.OUTSIDE, team, said if basis is Basis.KNOWN else basis)

    def manager(self, person: str, at: datetime) -> str | None:
        """Whom somebody reported to at a date, as the organisation's files say; None where they do not."""
        return self.reporting.manager(person, at)

    def skip_level(self, person: str, at: datetime) -> str | None:
        """The manager of somebody's manager at a date; None where the files do not say."""
        return self.reporting.skip_level(person, at)

    def function(self, person: str, at: datetime) -> str | None:
        """What somebody was there for at a date (product, design, support, …); None where the files do not say."""
        return self.reporting.function(person, at)

    # -- reading -----------------------------------------------------------------------------------------------

    def _walk(self, harvest: Harvest) -> _Repository:
        rows: dict[int, list[states.Row]] = {}
        for kind in ("changes", "merged") if self._from_files else ():
            for batch in harvest.rows.batches(kind, ["seq", "path", "from_path", "status", "new"]):
                for row in states.rows_of(batch):
                    self._take(row, rows)
        rows = {seq: here for seq, here in rows.items() if here}
        if not rows:
            return _Repository(harvest, states.States((), ()))
        found = states.walk(self._ownership.forest, harvest.commits, rows)
        places = {blob: path for here in rows.values() for path, blob in here if blob}
        now: list[str] = []
        for blob, path in places.items():
            if states.is_list(path):
                self._ownership.expect(blob, path, harvest.repository)
            elif blob not in self._ownership.texts:
                now.append(blob)
                self._ownership.hosts[blob] = harvest.web or ""
        contents: Mapping[str, bytes | None]
        try:
            contents = harvest.repository.blobs(sorted(now))
        except MusterError:
            contents = {}
        for blob in sorted(now):
            self._ownership.add(blob, places[blob], contents.get(blob))
        return _Repository(harvest, found, work.mainline(harvest.commits, found.parents))

    @staticmethod
    def _take(row: Mapping[str, Any], rows: dict[int, list[states.Row]]) -> None:
        here = rows.setdefault(row["seq"], [])
        if states.is_ownership(row["from_path"]):
            here.insert(0, (row["from_path"], None))
        if states.is_ownership(row["path"]):
            here.append((row["path"], None if row["status"] == "D" else row["new"]))

    def _tie(self) -> None:
        """Tie handles to people, and the organisation's memberships to them."""
        merges: list[tuple[str, str]] = []
        for repository in self._repositories.values():
            merges += handles.merges(repository.harvest, self._lake.people)
        self._names = handles.tie(self._lake.people.all.values(), merges)
        for membership in self._folder.memberships:
            if membership.team:
                self._members.setdefault(self._person(membership.person), []).append(membership)
                self._spoken.setdefault(_key(membership.team), membership.team)
        self.reporting = Reporting.read(self._folder.memberships, self._person)
        for component in self._folder.components:
            self._spoken.setdefault(_key(component.team), component.team)

    def _person(self, typed: str) -> str:
        """The person that a name in the organisation's files means; a name that nobody has stands for itself."""
        people = self._lake.people
        found = people.matches(typed) or people.matches(f"@{typed.removeprefix('@')}")
        if len(found) == 1:
            return found[0]
        return self._names.person(typed) or typed.lower()

    def _written(self, repository: _Repository) -> bool:
        """Whether the repository's newest state says more than who answers for the whole."""
        return notes.written(self._ownership, repository.states.last)

    def _say(self) -> Iterable[str]:
        several = len(self._repositories) > 1
        for name, repository in self._repositories.items():
            yield from notes.say(self._ownership, repository.states.last, f" of {name}" if several else "", self._names)

    # -- where a path lies -------------------------------------------------------------------------------------

    def _place(self, origin: str, state: int, path: str) -> _Place:
        key = (origin, state, path)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = self._find(origin, state, path)
        return found

    def _find(self, origin: str, state: int, path: str) -> _Place:
        component = self._component(origin, path)
        if component is not None:
            team = self._team(component.team)
            return _Place(component.name, (team,), component.names, True, keys=frozenset((_key(team),)))
        whose = self._folder.state
        said = self._ownership.of(whose, path)
        if said is None or said.area is None:
            whose, said = state, self._ownership.of(state, path) or said
        heads = frozenset[str]() if said is None or said.grouped else self._ownership.everyone(whose)
        if said is not None and said.area is not None:
            return self._known(origin, said, said.area, heads)
        area = self._area(origin, path)
        if said is not None and said.teams:
            return self._known(origin, said, area, heads)
        areas = self._repositories[origin].areas
        mixed = areas is not None and area.removeprefix(f"{origin}:") in areas.mixed
        listed = said.names if said else frozenset[str]()
        return _Place(area, (area,), listed, False, said is None or said.whole, mixed, keys=frozenset((_key(area),)))

    def _known(self, origin: str, said: Owned, area: str, heads: frozenset[str] = frozenset()) -> _Place:
        # Most paths of most states are said the same about, by the same record.
        key = (origin, id(said), area, id(heads))
        if key not in self._alike:
            self._alike[key] = self._make_known(origin, said, area, heads), said
        return self._alike[key][0]

    def _make_known(self, origin: str, said: Owned, area: str, heads: frozenset[str]) -> _Place:
        if len(self._repositories) > 1 and area == said.area:
            area = f"{origin}:{area}"
        teams = [area if team == said.area else self._team(team) for team in said.teams]
        if not said.grouped:
            # Where handles look alike, one that the organisation's files know as a team is one.
            teams = [self._spoken[name] for name in sorted(said.names) if name in self._spoken] or teams
        keys = frozenset(map(_key, teams))
        return _Place(area, tuple(dict.fromkeys(teams)), said.names, True, said.whole, heads=heads, keys=keys)

    def _team(self, team: str) -> str:
        """A team's name as the organisation's own files have it, where they have it."""
        return self._spoken.get(_key(team), team)

    def _component(self, origin: str, path: str) -> files.Component | None:
        best: files.Component | None = None
        for component in self._folder.components:
            if component.origin is not None and component.origin.lower() != origin.lower():
                continue
            if component.origin is None and not component.under:
                continue
            under = component.under
            inside = not under or path == under or path.startswith(f"{under}/")
            if inside and (best is None or len(under) > len(best.under)):
                best = component
        return best

    def _area(self, origin: str, path: str) -> str:
        repository = self._repositories[origin]
        if repository.areas is None:
            self._work()
            repository.areas = work.areas(self._lake.db, origin, "top level")
        area = repository.areas.of(path)
        return f"{origin}:{area}" if len(self._repositories) > 1 else area

    # -- where a person belongs --------------------------------------------------------------------------------

    def _work(self) -> work.Homes:
        if self._homes is None:
            work.prepare(self._lake.db)
            self._homes = work.Homes(self._lake.db, self._teams_then)
        return self._homes

    def _teams_then(self, origin: str, path: str, month: int) -> Sequence[str]:
        return self._place(origin, self._state_then(origin, month), path).teams

    def _regular(self, person: str, area: str, at: datetime) -> bool:
        """Whether somebody is one of those who do much of the work in an inferred area."""
        shares, origin, name = self._shared(area)
        return shares.regular(person, origin, name, work.month_of(at))

    def _held(self, person: str, area: str, at: datetime) -> bool:
        """Whether an inferred area was others' work before: one that somebody just began is not somebody else's."""
        shares, origin, name = self._shared(area)
        return shares.held(person, origin, name, work.month_of(at))

    def _shared(self, area: str) -> tuple[work.Shares, str, str]:
        """Everybody's shares in inferred areas, and the repository and name of this one."""
        if self._shares is None:
            known = {origin: repository.areas for origin, repository in self._repositories.items() if repository.areas}
            self._shares = work.shares(self._lake.db, known)
        origin, name = (area.split(":", 1)) if len(self._repositories) > 1 and ":" in area else (self._only, area)
        return self._shares, origin, name

    @property
    def _only(self) -> str:
        return next(iter(self._repositories), "")

    def _state_then(self, origin: str, month: int) -> int:
        """The ownership state of a repository's main line when a month began."""
        found = self._heads.get((origin, month))
        if found is None:
            repository = self._repositories[origin]
            seq = None
            if repository.mainline is not None:
                seq = repository.mainline.at(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC))
            found = self._heads[(origin, month)] = EMPTY if seq is None else repository.states.after[seq]
        return found

    def _home_of(self, person: str, at: datetime) -> _Home:
        month = work.month_of(at)
        said = self._said(person, at)
        key = (person, month, hash(said))
        found = self._home.get(key)
        if found is None:
            found = self._home[key] = self._find_home(person, at, said)
        return found

    def _said(self, person: str, at: datetime) -> tuple[str, ...]:
        """The person's teams by the organisation's files; those with dates come before those without, and before those
        of a catalogue in a repository.
        """
        holding = [row for row in self._members.get(person, ()) if row.at(at.date())]
        dated = [row for row in holding if row.since or row.until]
        if holding:
            return tuple(dict.fromkeys(self._team(row.team) for row in dated or holding))
        members = self._groups_then(at)[0]
        names = sorted(self._names.of(person)) if members else ()
        return tuple(dict.fromkeys(group for name in names for group in members.get(name, ())))

    def _groups_then(self, at: datetime) -> tuple[Mapping[str, tuple[str, ...]], frozenset[str], Mapping[str, str]]:
        """(groups of each member, every team that files name, the group above each) when the month of a date began."""
        month = work.month_of(at)
        if month not in self._groups:
            members: dict[str, tuple[str, ...]] = {}
            above = dict(self._folder.above)
            for origin in self._repositories:
                state = self._state_then(origin, month)
                if self._ownership.catalogues(state):
                    members.update(self._ownership.groups(state))
                    above.update(self._ownership.above(state))
            named = {_key(group) for groups in members.values() for group in groups}
            self._groups[month] = members, frozenset(named | self._spoken.keys()), above
        return self._groups[month]

    def _renamed(self, keys: frozenset[str], day: date) -> frozenset[str]:
        """The teams and those that they were called before or are called since, as far as the same people are meant."""
        if not self._successors:
            return keys
        out = set(keys)
        for old, later in self._successors.items():
            for first, new in later:
                pair = {_key(old), _key(new)}
                # The name that is not in use on that day stands for the one that is.
                stale = _key(old) if day >= first else _key(new)
                if stale in out:
                    out |= pair
        return frozenset(out)

    def _find_home(self, person: str, at: datetime, said: tuple[str, ...]) -> _Home:
        month = work.month_of(at)
        teams: Counter[str] = Counter()
        named: set[str] = set()
        sure = True
        names = self._names.of(person)
        certain = names - self._names.guessed.get(person, frozenset())
        for origin in self._repositories:
            for state in (self._state_then(origin, month), self._folder.state):
                if state == EMPTY:
                    continue
                for name in sorted(names):
                    for said_of in self._ownership.listed(state, name):
                        sure = sure and name in certain
                        place = self._make_known(origin, said_of, said_of.area or "", frozenset())
                        teams.update(place.teams)
                        named.update(team for team in place.teams if team != place.area)
        worked = self._work().of(person, at)
        listed = tuple(sorted(teams, key=lambda team: (-teams[team], team)))
        home = worked.home if worked else ()
        weights = {**teams, **{team: weight + 1e6 for team, weight in worked.weights.items()}} if worked else dict(teams)
        by_list, by_work = frozenset(map(_key, listed)), frozenset(map(_key, home))
        return _Home(said, listed, home, weights, sure, by_list, by_work, by_list | by_work, frozenset(named))

    # -- touches -----------------------------------------------------------------------------------------------

    def _touch(
        self, origin: str, seq: int, actor: str, at: datetime, changes: Sequence[tuple[str, str | None, str]]
    ) -> Iterable[Touch]:
        state = self._repositories[origin].states.before(seq)
        real = [self._place(origin, state, path) for path, _, kind in changes if kind not in NEUTRAL]
        home = self._home_of(actor, at)
        counts = Counter(place.area for place in real)
        main = min(real, key=lambda place: (-counts[place.area], place.area), default=None)
        for path, before, kind in changes:
            place = self._place(origin, state, path)
            if kind in NEUTRAL and main is not None and place.area not in counts:
                place = main
            alone = main is None and (kind in _MADE or (kind != "config" or not place.known))
            if main is None:
                place = self._beside(origin, place, path, kind)
            yield self._judge(actor, at, home, place, path, alone, self._then(origin, place, path, at))
            if before is not None and (kind not in NEUTRAL or main is None):
                left = self._place(origin, state, before)
                if left.area != place.area:
                    then = self._then(origin, left, before, at)
                    yield self._judge(actor, at, home, left, before, alone, then)

    def _beside(self, origin: str, place: _Place, path: str, kind: str) -> _Place:
        """Where a test or document lies that changed with no code: at the area that its path names, if one is."""
        if not place.mixed or kind not in ("test", "doc"):
            return place
        areas = self._repositories[origin].areas
        named = areas.by_last_name() if areas else {}
        for part in reversed(path.split("/")[:-1]):
            if part in named:
                area = f"{origin}:{named[part]}" if len(self._repositories) > 1 else named[part]
                return _Place(area, (area,), place.names, False, place.whole, keys=frozenset((_key(area),)))
        if areas is not None and place.area.endswith(areas.rest):
            return _Place("tests" if kind == "test" else "docs", (), frozenset(), False, place.whole)
        return place

    def _then(self, origin: str, place: _Place, path: str, at: datetime) -> tuple[str, ...]:
        """The inferred teams that a path had when the month began, where somebody has written them down since.

        Homes are of the month's beginning; without this, naming an area would make it somebody else's for a month.
        """
        if not place.known:
            return ()
        then = self._place(origin, self._state_then(origin, work.month_of(at)), path)
        return () if then.known else then.teams

    def _judge(
        self, actor: str, at: datetime, home: _Home, place: _Place, path: str, alone: bool, then: tuple[str, ...]
    ) -> Touch:
        """The touch of a path, with whether its area was the actor's own. `alone`: never to be called another's."""
        basis = Basis.KNOWN if place.known else Basis.INFERRED
        names = self._names.of(actor) & place.names
        if names:
            basis = Basis.KNOWN if names - self._names.guessed.get(actor, frozenset()) else Basis.INFERRED
            return Touch(path, place.area, place.teams, True, basis)
        _, named, above = self._groups_then(at)
        keys = self._renamed(place.keys, at.date())
        if home.said and keys & named:
            mine = {_key(name) for team in home.said for name in (team, *catalogue.chain(team, above))}
            own: bool | None = bool(keys & mine)
        elif keys & home.by_list:
            own, basis = True, basis if home.sure else Basis.INFERRED
        elif (
            keys & home.by_work
            or (then and not home.by_work.isdisjoint(map(_key, then)))
            or (not place.known and self._regular(actor, place.area, at))
        ):
            own, basis = True, Basis.INFERRED
        elif (
            place.mixed or not place.whole or not home.teams or not keys
            or (not place.known and not self._held(actor, place.area, at))
        ):
            own = None
        else:
            own = None if self._names.of(actor) & place.heads else False
            if not (home.listed and home.sure and place.known):
                basis = Basis.INFERRED
        return Touch(path, place.area, place.teams, None if alone and own is False else own, basis)


@lru_cache(maxsize=1 << 16)
def _key(team: str) -> str:
    """What two spellings of one team have in common: `@acme/Payments` and `payments` are one."""
    low = team.casefold().removeprefix("@")
    if low.startswith((*owned.TEAM_LABELS, "area/")) or low.count("/") != 1:
        return low
    return low.partition("/")[2] if team.startswith("@") else low
