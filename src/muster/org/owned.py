"""Who owns a path by the ownership files of one state of a repository.

OWNERS files come first, then the CODEOWNERS line that decides, then the catalogue, then MAINTAINERS, then the label of
the root. What only the root or a catch-all line speaks for belongs to no area that somebody wrote down: those who answer
for everything are not thereby at home everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from muster.model import MusterError, Skipped
from muster.org import catalogue, codeowners, maintainers, owners
from muster.org.states import CATALOGUES, EMPTY, LISTS, Forest
from muster.sources.git import Repository

#: How many lists of maintainers are held as text at a time.
CHUNK = 64
TEAM_LABELS = ("sig/", "wg/", "committee/", "ug/")
_GROUP = re.compile(r"(?:^|/)(sig|wg)-([a-z0-9][a-z0-9-]*)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Owned:
    """What the files say about a path.

    `area` is None where they name a team and no area; `names` are those listed for it, below the root; `whole` is
    False where a file that should have a say could not be read. `grouped` says that the files name a group of people as
    its team: by a label, an alias, or a team's handle.
    """

    area: str | None
    teams: tuple[str, ...]
    names: frozenset[str] = frozenset()
    whole: bool = True
    grouped: bool = False


@dataclass(slots=True)
class Ownership:
    """Ownership files by the id of their content, read when they are needed, and what comes of them."""

    forest: Forest
    book: maintainers.Book = field(default_factory=maintainers.Book)
    texts: dict[str, str | None] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    skipped: dict[tuple[str, str], int] = field(default_factory=dict)
    waiting: dict[str, Repository] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    _kinds: dict[int, tuple[bool, str | None, bool, int]] = field(default_factory=dict)
    _together: dict[tuple[tuple[int, ...], int], Owned] = field(default_factory=dict)
    _trees: dict[int, frozenset[str]] = field(default_factory=dict)
    _read: set[int] = field(default_factory=set)
    _versions: dict[str, int] = field(default_factory=dict)
    _sections: dict[int, int] = field(default_factory=dict)
    _catalogues: dict[str, catalogue.Catalogue] = field(default_factory=dict)
    _entries: dict[int, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    _parts: dict[int, Mapping[str, Owned]] = field(default_factory=dict)
    _members: dict[int, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    _owners: dict[str, owners.Owners | None] = field(default_factory=dict)
    _aliases: dict[str | None, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    _rules: dict[str, codeowners.Rules | None] = field(default_factory=dict)
    _whole: dict[int, frozenset[str]] = field(default_factory=dict)
    _chains: dict[tuple[int, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    _governed: dict[tuple[object, ...], Owned | None] = field(default_factory=dict)
    _listings: dict[int, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    _lines: dict[tuple[int, int], Owned | None] = field(default_factory=dict)
    _matched: dict[tuple[str, str], Owned | None] = field(default_factory=dict)

    def add(self, blob: str, where: str, content: bytes | None) -> None:
        """Take in a file's content; None says that it is not here, which is counted."""
        self.places[blob] = where
        if content is None:
            self._skip(where, "this version is not in the repository's copy")
            self.texts[blob] = None
        elif len(content) > codeowners.LARGEST or b"\0" in content:
            self._skip(where, "too large, or not text")
            self.texts[blob] = None
        else:
            self.texts[blob] = content.decode("utf-8", "replace").removeprefix("﻿")

    def of(self, state: int, path: str) -> Owned | None:
        """What the files of a state say about a path; None where they name nobody in particular."""
        if state == EMPTY:
            return None
        listed, ruled, catalogued, sections = self._holds(state)
        by_owners = self._by_owners(state, path) if listed else None
        if by_owners is not None and by_owners.area is not None:
            return by_owners
        return (
            (self._by_codeowners(ruled, path) if ruled is not None else None)
            or (self._by_catalogue(state, path) if catalogued else None)
            or (self._by_maintainers(sections, path) if sections else None)
            or by_owners
            or (self._by_group(state, path) if listed else None)
        )

    def _holds(self, state: int) -> tuple[bool, str | None, bool, int]:
        """What kinds of files a state has: OWNERS, the CODEOWNERS in force, catalogues, and sections of MAINTAINERS."""
        if state not in self._kinds:
            catalogued = bool(self.catalogues(state))
            listed = "OWNERS" in self.forest.names(state)
            self._kinds[state] = listed, self._codeowners(state), catalogued, self.sections(state)
        return self._kinds[state]

    def everyone(self, state: int) -> frozenset[str]:
        """The names of those who answer for the whole in a state: in the root's OWNERS, a catch-all line or section."""
        if state not in self._whole:
            found = set(self.book.everyone(self.sections(state)))
            rules = self.rules(state)
            if rules is not None:
                found.update(owner.removeprefix("@").lower() for owner in rules.everyone if "/" not in owner)
            blob = self.forest.get(state, "OWNERS")
            file = self.owners(blob) if blob is not None else None
            if file is not None:
                found |= owners.expand(file.everyone, self.aliases(state))
            self._whole[state] = frozenset(found)
        return self._whole[state]

    def listings(self, state: int) -> Mapping[str, Sequence[str]]:
        """For each name, a path of each part for which the files of a state list it, in order."""
        if state not in self._listings:
            out: dict[str, list[str]] = {}
            aliases = self.aliases(state)
            for path, blob in self.forest.all(state):
                folder, _, name = path.rpartition("/")
                file = self.owners(blob) if name == "OWNERS" and blob is not None else None
                if file is not None:
                    for person in owners.expand(file.everyone, aliases):
                        out.setdefault(person, []).append(f"{folder}/OWNERS" if folder else "OWNERS")
            rules = self.rules(state)
            for match in [match for section in rules.sections for match in section.matches] if rules else ():
                said = self._of_match(rules, match) if rules else None
                for person in sorted(said.names) if said else ():
                    out.setdefault(person, []).append(f"line {match.line}")
                    self._lines[(state, match.line)] = said
            self._listings[state] = out
        return self._listings[state]

    def listed(self, state: int, name: str) -> list[Owned]:
        """What a name is listed for in a state, part by part. The root counts where its label names a team."""
        out = []
        for place in self.listings(state).get(name, ()):
            if place.startswith("line "):
                said = self._lines.get((state, int(place[5:])))
            else:
                said = self._by_owners(state, place.removesuffix("OWNERS") + "-")
            if said is not None and said.teams:
                out.append(said)
        version = self.sections(state)
        out += [self._of_section(version, section) for section in self.book.of_person(version, name)]
        out += [said for said in self._by_folder(state).values() if name in said.names]
        return out

    def everybody(self, state: int) -> frozenset[str]:
        """The names of all people whom the files of a state name as owners, at the root too; teams are left out."""
        found: set[str] = set()
        aliases = self.aliases(state)
        for path, blob in self.forest.all(state):
            file = self.owners(blob) if path.rpartition("/")[2] == "OWNERS" and blob is not None else None
            if file is not None:
                found |= owners.expand(file.everyone, aliases)
        rules = self.rules(state)
        for section in rules.sections if rules else ():
            for match in section.matches:
                found.update(
                    owner.removeprefix("@").lower()
                    for owner in match.owners
                    if "/" not in owner and not codeowners.is_role(owner)
                )
        for part in self.book.listed(self.sections(state)):
            found.update(part.people)
        return frozenset(found)

    def files(self, state: int) -> list[str]:
        """Paths of the ownership files of a state."""
        return [path for path, _ in self.forest.all(state)]

    # -- OWNERS ------------------------------------------------------------------------------------------------

    def owners(self, blob: str) -> owners.Owners | None:
        """The OWNERS file of that content; None where it cannot be read."""
        if blob not in self._owners:
            self._owners[blob] = None
            text = self.texts.get(blob)
            if text is not None:
                try:
                    self._owners[blob] = file = owners.parse(text)
                except owners.UnreadableError as error:
                    self._skip(self.places[blob], str(error))
                else:
                    for reason in file.reasons:
                        self._skip(self.places[blob], reason)
        return self._owners[blob]

    def aliases(self, state: int) -> Mapping[str, frozenset[str]]:
        """The aliases of a state."""
        blob = self.forest.get(state, "OWNERS_ALIASES")
        if blob not in self._aliases:
            self._aliases[blob] = {}
            text = self.texts.get(blob) if blob else None
            if blob and text is not None:
                try:
                    self._aliases[blob] = owners.parse_aliases(text)
                except owners.UnreadableError as error:
                    self._skip(self.places[blob], str(error))
        return self._aliases[blob]

    def _by_owners(self, state: int, path: str) -> Owned | None:
        folder = path.rpartition("/")[0]
        chain = self._chains.get((state, folder))
        if chain is None:
            chain = self._chains[(state, folder)] = self.forest.chain(state, folder)
        if not chain:
            return None
        filtered = any((file := self.owners(blob)) is not None and file.filtered for _, blob in chain)
        group = _GROUP.search(folder)
        key = (chain, self.forest.get(state, "OWNERS_ALIASES"), path if filtered else group and group[0])
        if key not in self._governed:
            self._governed[key] = self._govern(chain, self.aliases(state), path)
        return self._governed[key]

    def _govern(
        self, chain: tuple[tuple[str, str], ...], aliases: Mapping[str, frozenset[str]], path: str
    ) -> Owned | None:
        names: set[str] = set()
        labels: list[tuple[str, ...]] = []
        area: str | None = None
        nearest: tuple[str, ...] = ()
        root_labels: tuple[str, ...] = ()
        whole = True
        for folder, blob in chain:
            file = self.owners(blob)
            if file is None:
                whole = False
                continue
            relative = path[len(folder) + 1 :] if folder else path
            rules = [rule for rule in file.rules if rule.applies(relative)]
            label = tuple(label for rule in rules for label in rule.labels)
            if not folder:
                root_labels = label
                break
            listed = tuple(name for rule in rules for name in (*rule.approvers, *rule.reviewers))
            names.update(listed)
            if area is None and (listed or any(_team_labels((label,)))):
                area = folder
            if not nearest and listed:
                approvers = tuple(name for rule in rules for name in rule.approvers)
                nearest = tuple(name for name in (approvers or listed) if name in aliases)
            # The label of a group holds for all below it; that of an area only where nobody nearer is listed.
            if area is not None and area != folder:
                label = tuple(word for word in label if word.startswith(TEAM_LABELS))
            if label:
                labels.append(label)
            if file.no_parent_owners:
                break
        if area is None and not root_labels:
            return None if whole else Owned(None, (), whole=False)
        teams = next(_team_labels(labels), ()) if area is not None else ()
        if not teams and (found := _GROUP.findall(path.rpartition("/")[0])):
            teams = (f"{found[-1][0]}/{found[-1][1]}",)
        if not teams and area is None:
            teams = next(_team_labels((root_labels,)), ())
            return Owned(None, teams, whole=whole, grouped=bool(teams)) if teams or not whole else None
        if not teams:
            teams = tuple(dict.fromkeys(sorted(owners.team_of_alias(alias) for alias in nearest)))
        listed_here = owners.expand(frozenset(names), aliases)
        return Owned(area, teams or ((area,) if area else ()), listed_here, whole, bool(teams))

    def _by_group(self, state: int, path: str) -> Owned | None:
        """The team that a `sig-NAME` directory names, in a repository with OWNERS files."""
        found = _GROUP.findall(path.rpartition("/")[0])
        if not found or self.forest.get(state, "OWNERS") is None:
            return None
        return Owned(None, (f"{found[-1][0]}/{found[-1][1]}",), grouped=True)

    # -- CODEOWNERS --------------------------------------------------------------------------------------------

    def rules(self, state: int) -> codeowners.Rules | None:
        """The CODEOWNERS file that is in force in a state."""
        blob = self._codeowners(state)
        return None if blob is None else self._rules_of(blob)

    def _rules_of(self, blob: str) -> codeowners.Rules | None:
        if blob not in self._rules:
            text = self.texts.get(blob)
            self._rules[blob] = rules = (
                None if text is None else codeowners.parse(text, self.places[blob], self.hosts.get(blob, ""))
            )
            for skip in rules.skipped if rules else ():
                self._skip(skip.where, skip.reason)
        return self._rules[blob]

    def special(self, state: int) -> bool:
        """Whether the CODEOWNERS file of a state names anybody beside those who answer for everything."""
        rules = self.rules(state)
        return rules is not None and any(
            set(match.owners) - rules.everyone for section in rules.sections for match in section.matches
        )

    def _codeowners(self, state: int) -> str | None:
        return next((blob for place in codeowners.PLACES if (blob := self.forest.get(state, place))), None)

    def _by_codeowners(self, blob: str, path: str) -> Owned | None:
        key = (blob, path)
        if key not in self._matched:
            rules = self._rules_of(blob)
            if rules is None:
                self._matched[key] = Owned(None, (), whole=False)
            else:
                match = rules.of(path)
                self._matched[key] = self._of_match(rules, match) if match else None
        return self._matched[key]

    def _of_match(self, rules: codeowners.Rules, match: codeowners.Match) -> Owned | None:
        """What a line says; None where it adds nobody to those who answer for everything."""
        special = [owner for owner in match.owners if owner not in rules.everyone and not codeowners.is_role(owner)]
        if match.everything or not special:
            return None
        area = codeowners.area(match.pattern)
        teams = tuple(dict.fromkeys(owner for owner in special if owner.startswith("@") and "/" in owner))
        names = frozenset(owner.removeprefix("@").lower() for owner in special if "/" not in owner)
        if not teams and "." in area.rpartition("/")[2].lstrip("."):
            return Owned(None, (), names)  # People who look after one file are no team.
        return Owned(area, teams or (area,), names, grouped=bool(teams))

    # -- MAINTAINERS -------------------------------------------------------------------------------------------

    def expect(self, blob: str, where: str, repository: Repository) -> None:
        """Remember a list of maintainers, which is long and has many versions: it is read when a state needs it."""
        if blob not in self._versions:
            self.places.setdefault(blob, where)
            self.waiting[blob] = repository

    def need(self, states: Iterable[int]) -> None:
        """Read the lists of maintainers of these states, those of many states at once."""
        wanted: dict[Repository, list[str]] = {}
        for state in dict.fromkeys(states):
            for blob in self._unread(state):
                wanted.setdefault(self.waiting.pop(blob), []).append(blob)
        for repository, blobs in wanted.items():
            for start in range(0, len(blobs), CHUNK):
                some = blobs[start : start + CHUNK]
                try:
                    contents = repository.blobs(some)
                except MusterError:
                    contents = {}
                for blob in some:
                    self._read_list(blob, contents.get(blob))

    def _unread(self, node: int) -> Iterator[str]:
        if node in self._read or not self.waiting:
            return
        self._read.add(node)
        files, folders = self.forest.nodes[node]
        for name in ("MAINTAINERS", *LISTS):
            if files.get(name) in self.waiting:
                yield files[name]
        for child in folders.values():
            yield from self._unread(child)

    def _read_list(self, blob: str, content: bytes | None) -> None:
        where = self.places[blob]
        self._versions[blob] = 0
        if content is None:
            self._skip(where, "this version is not in the repository's copy")
            return
        found = self.book.read(content.decode("utf-8", "replace").removeprefix("\ufeff"))
        if found is None:
            self.others.add(blob)
            return
        self._versions[blob], reasons = found
        for reason in reasons:
            self._skip(where, reason)

    def sections(self, state: int) -> int:
        """The sections of all lists of maintainers of a state, as a version of the book of sections."""
        if state not in self._sections:
            self.need((state,))
            files, folders = self.forest.nodes[state]
            own = (self._versions.get(files[name], 0) for name in ("MAINTAINERS", *LISTS) if name in files)
            self._sections[state] = maintainers.union((*own, *map(self.sections, folders.values())))
        return self._sections[state]

    def _by_maintainers(self, version: int, path: str) -> Owned | None:
        numbers = self.book.of(version, path)
        if not numbers:
            return None
        key = numbers, version & self.book.whole
        if key not in self._together:
            said = self._of_section(version, self.book.sections[numbers[0]])
            people = frozenset(name for number in numbers for name in self.book.sections[number].people)
            self._together[key] = Owned(said.area, said.teams, people)
        return self._together[key]

    def _of_section(self, version: int, section: maintainers.Section) -> Owned:
        """What a section says by itself. Sections of one tree have one team, but that of the whole is nobody's own.

        A part that nobody looks after any more has no team.
        """
        whole = version & self.book.whole
        if whole not in self._trees:
            self._trees[whole] = frozenset(one.tree for one in self.book.listed(whole))
        shared = section.tree if section.tree not in self._trees[whole] else ""
        teams = (shared or section.title,) if section.people or section.lists else ()
        return Owned(section.title, () if section.orphaned else teams, frozenset(section.people))

    def is_foreign(self, state: int, path: str) -> bool:
        """Whether a file of a state is called like a list of maintainers and is in another format."""
        self.need((state,))
        return self.forest.get(state, path) in self.others

    # -- the catalogue -----------------------------------------------------------------------------------------

    def catalogue(self, blob: str) -> catalogue.Catalogue:
        """What a catalogue's file says; an empty one where it cannot be read."""
        if blob not in self._catalogues:
            text = self.texts.get(blob)
            made = catalogue.Catalogue() if text is None else catalogue.read(text, self.places[blob])
            self._catalogues[blob] = made
            for skip in made.skipped:
                self._skip(skip.where, skip.reason)
        return self._catalogues[blob]

    def catalogues(self, state: int) -> tuple[tuple[str, str], ...]:
        """(directory, blob) of each catalogue's file of a state."""
        if state not in self._entries:
            files, folders = self.forest.nodes[state]
            own = [("", files[name]) for name in CATALOGUES if name in files]
            for name in sorted(folders):
                own += [(f"{name}/{below}".rstrip("/"), blob) for below, blob in self.catalogues(folders[name])]
            self._entries[state] = tuple(own)
        return self._entries[state]

    def groups(self, state: int) -> Mapping[str, tuple[str, ...]]:
        """The groups of each member by the catalogues of a state; members in lower case."""
        if state not in self._members:
            found: dict[str, dict[str, None]] = {}
            for _, blob in self.catalogues(state):
                for member, group in self.catalogue(blob).members:
                    found.setdefault(member.lower(), {})[group] = None
            self._members[state] = {member: tuple(groups) for member, groups in found.items()}
        return self._members[state]

    def above(self, state: int) -> Mapping[str, str]:
        """The group above each group by the catalogues of a state."""
        return {
            group: over for _, blob in self.catalogues(state) for group, over in self.catalogue(blob).above.items()
        }

    def _by_catalogue(self, state: int, path: str) -> Owned | None:
        parts = self._by_folder(state) if self.catalogues(state) else {}
        at = len(path) if parts else -1
        while at >= 0:
            at = path.rfind("/", 0, at)
            found = parts.get(path[:at] if at >= 0 else "")
            if found is not None:
                return found
        return None

    def _by_folder(self, state: int) -> Mapping[str, Owned]:
        """What the catalogues of a state say, by directory. A part at the root names a team, and no area of its own."""
        if state not in self._parts:
            every = [part for _, blob in self.catalogues(state) for part in self.catalogue(blob).parts]
            best: dict[str, tuple[int, catalogue.Part]] = {}
            for folder, blob in self.catalogues(state):
                for part in self.catalogue(blob).parts:
                    under = part.under if part.location and part.origin else f"{folder}/{part.under}".strip("/")
                    rank = catalogue.PARTS.index(part.kind)
                    if under not in best or rank < best[under][0]:
                        best[under] = rank, part
            out: dict[str, Owned] = {}
            for under, (_, part) in sorted(best.items()):
                owner, personal = catalogue.owner_of(part, every)
                if owner and not (personal and not under):
                    names = frozenset((owner.lower(),)) if personal else frozenset()
                    team = part.name if personal else owner
                    out[under] = Owned(part.name if under else None, (team,), names, grouped=not personal)
            self._parts[state] = out
        return self._parts[state]

    def _skip(self, where: str, reason: str) -> None:
        self.skipped[(where, reason)] = self.skipped.get((where, reason), 0) + 1

    def left_out(self) -> tuple[Skipped, ...]:
        """What could not be read so far."""
        return tuple(Skipped(where, reason, count) for (where, reason), count in sorted(self.skipped.items()))


def _team_labels(labels: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The labels that name teams, file by file from the nearest: first those of groups, then those of areas."""
    files = list(labels)
    for prefixes in (TEAM_LABELS, ("area/",)):
        for file in files:
            found = tuple(label for label in file if label.startswith(prefixes))
            if found:
                yield found
