"""Who owns a path by the ownership files of one state of a repository.

OWNERS files come first, then the CODEOWNERS line that decides, then the label of the root. What only the root or a
catch-all line speaks for belongs to no area that somebody wrote down: those who answer for everything are not thereby
at home everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from muster.model import Skipped
from muster.org import codeowners, owners
from muster.org.states import EMPTY, Forest

TEAM_LABELS = ("sig/", "wg/", "committee/", "ug/")
_GROUP = re.compile(r"(?:^|/)(sig|wg)-([a-z0-9][a-z0-9-]*)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Owned:
    """What the files say about a path.

    `area` is None where they name a team and no area; `names` are those listed for it, below the root; `whole` is
    False where a file that should have a say could not be read.
    """

    area: str | None
    teams: tuple[str, ...]
    names: frozenset[str] = frozenset()
    whole: bool = True


@dataclass(slots=True)
class Ownership:
    """Ownership files by the id of their content, read when they are needed, and what comes of them."""

    forest: Forest
    texts: dict[str, str | None] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    skipped: dict[tuple[str, str], int] = field(default_factory=dict)
    _owners: dict[str, owners.Owners | None] = field(default_factory=dict)
    _aliases: dict[str | None, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    _rules: dict[str, codeowners.Rules | None] = field(default_factory=dict)
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
        listed = self._by_owners(state, path)
        if listed is not None and listed.area is not None:
            return listed
        return self._by_codeowners(state, path) or listed or self._by_group(state, path)

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
                found.update(owner.removeprefix("@").lower() for owner in match.owners if "/" not in owner)
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
            return Owned(None, teams, whole=whole) if teams or not whole else None
        if not teams:
            teams = tuple(dict.fromkeys(sorted(owners.team_of_alias(alias) for alias in nearest)))
        return Owned(area, teams or ((area,) if area else ()), owners.expand(frozenset(names), aliases), whole)

    def _by_group(self, state: int, path: str) -> Owned | None:
        """The team that a `sig-NAME` directory names, in a repository with OWNERS files."""
        found = _GROUP.findall(path.rpartition("/")[0])
        if not found or self.forest.get(state, "OWNERS") is None:
            return None
        return Owned(None, (f"{found[-1][0]}/{found[-1][1]}",))

    # -- CODEOWNERS --------------------------------------------------------------------------------------------

    def rules(self, state: int) -> codeowners.Rules | None:
        """The CODEOWNERS file that is in force in a state."""
        blob = self._codeowners(state)
        if blob is None:
            return None
        if blob not in self._rules:
            text = self.texts.get(blob)
            self._rules[blob] = rules = None if text is None else codeowners.parse(text, self.places[blob])
            for skip in rules.skipped if rules else ():
                self._skip(skip.where, skip.reason)
        return self._rules[blob]

    def _codeowners(self, state: int) -> str | None:
        return next((blob for place in codeowners.PLACES if (blob := self.forest.get(state, place))), None)

    def _by_codeowners(self, state: int, path: str) -> Owned | None:
        blob = self._codeowners(state)
        if blob is None:
            return None
        key = (blob, path)
        if key not in self._matched:
            rules = self.rules(state)
            if rules is None:
                self._matched[key] = Owned(None, (), whole=False)
            else:
                match = rules.of(path)
                self._matched[key] = self._of_match(rules, match) if match else None
        return self._matched[key]

    def _of_match(self, rules: codeowners.Rules, match: codeowners.Match) -> Owned | None:
        """What a line says; None where it adds nobody to those who answer for everything."""
        special = [owner for owner in match.owners if owner not in rules.everyone]
        if match.everything or not special:
            return None
        area = codeowners.area(match.pattern)
        teams = tuple(dict.fromkeys(owner for owner in special if owner.startswith("@") and "/" in owner))
        names = frozenset(owner.removeprefix("@").lower() for owner in special if "/" not in owner)
        if not teams and "." in area.rpartition("/")[2].lstrip("."):
            return Owned(None, (), names)  # People who look after one file are no team.
        return Owned(area, teams or (area,), names)

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
