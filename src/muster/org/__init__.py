"""People, teams and areas, at a date: who owned what a commit touched, just before it.

`Organisation.read(lake, folder)` gives an `Organisation`. What it says comes, in this order, from the organisation's own
files (`folder`), from the ownership files of the repository as they were at the commit's first parent, and, where
nobody wrote anything down, from who works where. Only the first two are known; the rest is marked as inferred.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from muster.lake import WANTED, Lake, listed
from muster.model import Basis, MusterError, Skipped, Touch
from muster.org import files, handles, inferred, owned, states, work
from muster.org.owned import Owned
from muster.org.states import EMPTY
from muster.paths import NEUTRAL
from muster.sources.git import Harvest

__all__ = ["Organisation"]

_OWNERSHIP = r"(?:^|/)(?:OWNERS|OWNERS_ALIASES|CODEOWNERS)$"
#: Files of these kinds are nobody's work; they say nothing about whose area a change is in.
_MADE = frozenset({"vendored", "generated", "lock"})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path lies: its area and teams, who is listed for it, and whether somebody wrote that down."""

    area: str
    teams: tuple[str, ...]
    names: frozenset[str]
    known: bool
    whole: bool = True
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class _Home:
    """Where somebody belongs at a date: their team by the organisation's files, the teams of areas they are listed
    for, and where they work; `sure` says that the listing does not hang on a guessed handle.
    """

    said: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    worked: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    sure: bool = True

    @property
    def teams(self) -> frozenset[str]:
        return frozenset(map(_key, (*self.listed, *self.worked)))


@dataclass(slots=True)
class _Repository:
    """What is known of one repository: its states, its main line, and its areas once they are asked for."""

    harvest: Harvest
    states: states.States
    mainline: work.Mainline | None = None
    areas: inferred.Areas | None = None


class Organisation:
    """Owners, teams and areas over a lake. Made by `read`; answers are computed when asked for and kept."""

    def __init__(self, lake: Lake, folder: files.Folder, ownership: owned.Ownership) -> None:
        self._lake = lake
        self._folder = folder
        self._ownership = ownership
        self._repositories: dict[str, _Repository] = {}
        self._names = handles.Names()
        self._notes: tuple[str, ...] = ()
        self._members: dict[str, list[files.Membership]] = {}
        self._spoken: dict[str, str] = {}
        self._homes: work.Homes | None = None
        self._shares: work.Shares | None = None
        self._heads: dict[tuple[str, int], int] = {}
        self._places: dict[tuple[str, int, str], _Place] = {}
        self._home: dict[tuple[str, int, int], _Home] = {}
        self._touches: dict[str, tuple[Touch, ...]] = {}

    @classmethod
    def read(cls, lake: Lake, org: Path | None = None) -> Organisation:
        """The organisation as its own files in the folder `org` and the repositories of the lake have it.

        Raises MusterError where `org` is no folder. Ownership files that cannot be read are counted in `skipped`.
        """
        ownership = owned.Ownership(states.Forest())
        folder = files.read(org, ownership) if org is not None else files.Folder()
        made = cls(lake, folder, ownership)
        for harvest in lake.harvests:
            made._repositories[harvest.name] = made._walk(harvest)
        made._tie()
        made._notes = (*folder.notes, *made._say())
        return made

    # -- what it answers ---------------------------------------------------------------------------------------

    @property
    def basis(self) -> Basis:
        """KNOWN where somebody wrote down owners or teams below the level of the whole; else INFERRED."""
        written = bool(self._folder.memberships or self._folder.components or self._folder.state)
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
            return inferred.top(home.weights, both or home.listed), Basis.KNOWN if home.sure else Basis.INFERRED
        return (home.worked[0] if home.worked else None), Basis.INFERRED

    def outside(self, person: str, of: str, at: datetime) -> str | None:
        """The team of `person` where, at that date, it is another than that of `of`; None when inside or unknown.

        Somebody who shares any team or home area with `of` is inside.
        """
        if person == of or self._lake.people.person(person).bot:
            return None
        theirs, mine = self._home_of(person, at), self._home_of(of, at)
        if theirs.said and mine.said:
            if set(map(_key, theirs.said)) & set(map(_key, mine.said)):
                return None
            return theirs.said[0]
        if not theirs.teams or not mine.teams or theirs.teams & mine.teams:
            return None
        return self.team(person, at)[0]

    # -- reading -----------------------------------------------------------------------------------------------

    def _walk(self, harvest: Harvest) -> _Repository:
        changes = harvest.changes
        wanted = pc.fill_null(pc.match_substring_regex(changes["path"], _OWNERSHIP), False)
        moved = pc.fill_null(pc.match_substring_regex(changes["from_path"], _OWNERSHIP), False)
        rows: dict[int, list[states.Row]] = {}
        for row in changes.filter(pc.or_(wanted, moved)).to_pylist():
            here = rows.setdefault(row["seq"], [])
            if states.is_ownership(row["from_path"]):
                here.insert(0, (row["from_path"], None))
            if states.is_ownership(row["path"]):
                here.append((row["path"], None if row["status"] == "D" else row["new"]))
        rows = {seq: here for seq, here in rows.items() if here}
        if not rows:
            return _Repository(harvest, states.States((), ()))
        found, asked = states.walk(self._ownership.forest, harvest.commits, rows, harvest.repository)
        places = {blob: path for here in (*rows.values(), *asked.values()) for path, blob in here if blob}
        wanted_blobs = sorted(set(places) - self._ownership.texts.keys())
        contents: Mapping[str, bytes | None]
        try:
            contents = harvest.repository.blobs(wanted_blobs)
        except MusterError:
            contents = {}
        for blob in wanted_blobs:
            self._ownership.add(blob, places[blob], contents.get(blob))
        return _Repository(harvest, found, work.mainline(harvest.commits, found.parents))

    def _tie(self) -> None:
        """Tie handles to people, and the organisation's memberships to them."""
        merges: list[tuple[str, str]] = []
        for repository in self._repositories.values():
            merges += _merges(repository.harvest, self._lake)
        self._names = handles.tie(self._lake.people.all.values(), merges)
        for membership in self._folder.memberships:
            self._members.setdefault(self._person(membership.person), []).append(membership)
            self._spoken.setdefault(_key(membership.team), membership.team)
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
        state = repository.states.after[-1] if repository.states.after else EMPTY
        rules = self._ownership.rules(state)
        special = rules is not None and any(
            set(match.owners) - rules.everyone for section in rules.sections for match in section.matches
        )
        return special or any(path.endswith("/OWNERS") for path in self._ownership.files(state))

    def _say(self) -> list[str]:
        out = []
        for name, repository in self._repositories.items():
            state = repository.states.after[-1] if repository.states.after else EMPTY
            here = f" of {name}" if len(self._repositories) > 1 else ""
            paths = self._ownership.files(state)
            lists = sum(path.rpartition("/")[2] == "OWNERS" for path in paths)
            if lists:
                files_ = f"{lists} OWNERS file{'s' if lists > 1 else ''}"
                out.append(f"Owners are read from {files_}{here} as they were at each commit.")
            elif self._written(repository):
                out.append(f"Owners are read from CODEOWNERS{here} as it was at each commit.")
            if not self._written(repository):
                why = "it names the same owners for everything" if paths else "nobody wrote them down"
                out.append(f"Areas and teams{here} are inferred from who works where; {why}.")
            elif not lists:
                out.append(f"Where CODEOWNERS{here} names nobody in particular, areas and teams are inferred.")
            listed = self._ownership.everybody(state)
            if listed:
                tied = sum(self._names.person(name) is not None for name in listed)
                out.append(f"{tied} of the {len(listed)} owners{here} named today could be tied to somebody's commits.")
        return out

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
            return _Place(component.name, (self._team(component.team),), frozenset(), True)
        said = self._ownership.of(self._folder.state, path)
        if said is None or said.area is None:
            said = self._ownership.of(state, path) or said
        if said is not None and said.area is not None:
            return self._known(origin, said, said.area)
        area = self._area(origin, path)
        if said is not None and said.teams:
            return self._known(origin, said, area)
        areas = self._repositories[origin].areas
        mixed = areas is not None and area.removeprefix(f"{origin}:") in areas.mixed
        return _Place(area, (area,), said.names if said else frozenset(), False, said is None or said.whole, mixed)

    def _known(self, origin: str, said: Owned, area: str) -> _Place:
        if len(self._repositories) > 1 and area == said.area:
            area = f"{origin}:{area}"
        teams = tuple(dict.fromkeys(area if team == said.area else self._team(team) for team in said.teams))
        return _Place(area, teams, said.names, True, said.whole)

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
        """The person's teams by the organisation's files; those with dates come before those without."""
        holding = [row for row in self._members.get(person, ()) if row.at(at.date())]
        dated = [row for row in holding if row.since or row.until]
        return tuple(dict.fromkeys(self._team(row.team) for row in dated or holding))

    def _find_home(self, person: str, at: datetime, said: tuple[str, ...]) -> _Home:
        month = work.month_of(at)
        teams: Counter[str] = Counter()
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
                        teams.update(self._known(origin, said_of, said_of.area or "").teams)
        worked = self._work().of(person, at)
        return _Home(
            said,
            tuple(sorted(teams, key=lambda team: (-teams[team], team))),
            worked.home if worked else (),
            {**teams, **{team: weight + 1e6 for team, weight in worked.weights.items()}} if worked else dict(teams),
            sure,
        )

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
                return _Place(area, (area,), place.names, False, place.whole)
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
        keys = set(map(_key, place.teams))
        if home.said and keys & self._spoken.keys():
            own: bool | None = bool(keys & set(map(_key, home.said)))
        elif keys & set(map(_key, home.listed)):
            own, basis = True, basis if home.sure else Basis.INFERRED
        elif {*keys, *map(_key, then)} & set(map(_key, home.worked)) or (not place.known and self._regular(actor, place.area, at)):
            own, basis = True, Basis.INFERRED
        elif (
            place.mixed or not place.whole or not home.teams or not keys
            or (not place.known and not self._held(actor, place.area, at))
        ):
            own = None
        else:
            own = False
            if not (home.listed and home.sure and place.known):
                basis = Basis.INFERRED
        return Touch(path, place.area, place.teams, None if alone and own is False else own, basis)


def _key(team: str) -> str:
    """What two spellings of one team have in common: `@acme/Payments` and `payments` are one."""
    low = team.casefold().removeprefix("@")
    if low.startswith((*owned.TEAM_LABELS, "area/")) or low.count("/") != 1:
        return low
    return low.partition("/")[2] if team.startswith("@") else low


def _merges(harvest: Harvest, lake: Lake) -> Iterable[tuple[str, str]]:
    """(handle, author of the merged side) of each merge that says whose branch it merged."""
    commits = harvest.commits
    chosen = commits.select(["subject", "parents"]).filter(pc.match_substring_regex(commits["subject"], handles.FROM))
    if not chosen.num_rows:
        return []
    said = pc.extract_regex(chosen["subject"], handles.FROM.replace("([A", "(?P<handle>[A")).to_pylist()
    sides = [parents[1] if len(parents) == 2 else "" for parents in chosen["parents"].to_pylist()]
    place = pc.index_in(pa.array(sides, pa.string()), value_set=commits["sha"].combine_chunks())
    authors = commits.select(["author_name", "author_email"]).take(pc.fill_null(place, 0))
    names, emails = authors["author_name"].to_pylist(), authors["author_email"].to_pylist()
    return [
        (row["handle"], lake.people.of(name, email))
        for row, found, name, email in zip(said, place.to_pylist(), names, emails, strict=True)
        if row is not None and found is not None
    ]
