"""The owners of a path by a CODEOWNERS file: GitHub's rules, and GitLab's sections.

On GitHub the last line that matches a path wins, and a line without owners leaves the path unowned:

>>> rules = parse("* @acme/everyone\\n/docs/ @acme/writers @ann\\n/docs/old/\\n")
>>> rules.of("docs/intro.md")
Match(pattern='/docs/', owners=('@acme/writers', '@ann'), everything=False, line=2)
>>> rules.of("docs/old/intro.md").owners
()

A file with section headings is GitLab's: the last matching line of every section contributes, and a line without
owners takes its section's. Patterns with wildcards are matched by the `codeowners` library; those that could make
its backtracking regular expressions slow are matched segment by segment instead.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from codeowners import CodeOwners

from muster.model import Skipped

#: Where a repository may keep the file, the first that exists wins (GitHub's order, then GitLab's own place).
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")

#: GitHub ignores a larger file.
LARGEST = 3 * 1024 * 1024

#: More patterns with wildcards than this are no list that people keep.
MOST_WILD = 2000

_SECTION = re.compile(r"\^?\[([^\[\]]+)\](?:\[\d+\])?((?:\s.*)?)")
_OWNER = re.compile(r"@[^\s@]+|[^\s@]+@[^\s@]+")
_COMMENT = re.compile(r"(?:^|(?<!\\)\s)#.*$")
_ALL = frozenset({"*", "**", "/**", "/*/**", "**/*", "/**/*", "/", "*.*"})


@dataclass(frozen=True, slots=True)
class Match:
    """The line that decides about a path. `everything` says that its pattern matches every path there is."""

    pattern: str
    owners: tuple[str, ...]
    everything: bool
    line: int


@dataclass(slots=True)
class _Section:
    """The lines under one heading (or the whole file), indexed so that few patterns are tried for a path."""

    defaults: tuple[str, ...] = ()
    matches: list[Match] = field(default_factory=list)
    anchored: dict[str, list[int]] = field(default_factory=dict)
    named: dict[str, list[int]] = field(default_factory=dict)
    wild: list[int] = field(default_factory=list)

    def add(self, pattern: str, match: Match) -> None:
        number = len(self.matches)
        self.matches.append(match)
        bare = pattern.strip("/")
        if match.everything or _is_wild(pattern):
            self.wild.append(number)
        elif "/" in pattern[:-1]:
            self.anchored.setdefault(bare, []).append(number)
        else:
            self.named.setdefault(bare, []).append(number)

    def of(self, path: str) -> Match | None:
        best = -1
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            last = end == len(parts)
            for number in (
                *self.named.get(parts[end - 1], ()),
                *(self.anchored.get("/".join(parts[:end]), ()) if self.anchored else ()),
            ):
                if number > best and not (last and self.matches[number].pattern.endswith("/")):
                    best = number
        for number in reversed(self.wild):
            if number < best:
                break
            match = self.matches[number]
            if match.everything or _matches(match.pattern, path):
                best = number
                break
        return self.matches[best] if best >= 0 else None


@dataclass(frozen=True, slots=True)
class Rules:
    """A CODEOWNERS file, read. `everyone` are the owners that its catch-all lines name."""

    sections: tuple[_Section, ...]
    everyone: frozenset[str]
    skipped: tuple[Skipped, ...] = ()

    def of(self, path: str) -> Match | None:
        """The line that decides about `path`; None where no line matches.

        With several sections that match, the owners of all are joined, in the order of the file, and the pattern is
        the one of the last section that does not match everything.
        """
        found = [match for section in self.sections if (match := section.of(path)) is not None]
        if len(found) < 2:
            return found[0] if found else None
        special = [match for match in found if not match.everything] or found
        owners = tuple(dict.fromkeys(owner for match in found for owner in match.owners))
        return Match(special[-1].pattern, owners, special[-1].everything, special[-1].line)


@lru_cache(maxsize=512)
def parse(text: str, where: str = "CODEOWNERS") -> Rules:
    """The rules of a file's text. Lines that cannot be read are in `skipped`, with `where` and their number."""
    lines = list(_lines(text))
    gitlab = any(_heading(line) for _, line in lines)
    wild = 0
    sections: dict[str, _Section] = {"": _Section()}
    current = sections[""]
    skipped: list[Skipped] = []
    for number, line in lines:
        heading = _heading(line) if gitlab else None
        if heading is not None:
            current = sections.setdefault(heading[0], _Section())
            current.defaults = heading[1] or current.defaults
            continue
        pattern, *words = line.replace("\\ ", "\0").split()
        pattern = pattern.replace("\0", " ")
        if not pattern.strip("/") and pattern != "/":
            skipped.append(Skipped(f"{where}:{number}", f"a pattern that matches nothing: {pattern}"))
            continue
        if pattern.startswith("!"):
            if not gitlab:
                skipped.append(Skipped(f"{where}:{number}", f"GitHub has no exclusions: {pattern}"))
                continue
            pattern, words = pattern[1:], []
        strange = [word for word in words if not _OWNER.fullmatch(word)]
        if strange:
            skipped.append(Skipped(f"{where}:{number}", f"not an owner: {strange[0][:80]}"))
        owners = tuple(word for word in words if word not in strange)
        if gitlab:
            excluded = line.startswith("!")
            owners = () if excluded else owners or current.defaults
            if not pattern.startswith("/"):
                pattern = pattern if "/" not in pattern.rstrip("/") else f"**/{pattern}"
        if not _readable(pattern):
            skipped.append(Skipped(f"{where}:{number}", f"a pattern that cannot be read: {pattern[:80]}"))
            continue
        wild += _is_wild(pattern)
        if wild > MOST_WILD:
            skipped.append(Skipped(where, f"more than {MOST_WILD} patterns with wildcards: the rest is not read"))
            break
        current.add(pattern, Match(pattern, owners, pattern in _ALL, number))
    everyone = frozenset(
        owner
        for section in sections.values()
        for match in section.matches
        if match.everything
        for owner in match.owners
    )
    kept = tuple(section for section in sections.values() if section.matches)
    return Rules(kept, everyone, tuple(skipped))


def area(pattern: str) -> str:
    """The area that a pattern stands for: its path without slashes at the ends and without trailing wildcards.

    >>> area("/internal/cloud/**"), area("*.tf"), area("/docs/")
    ('internal/cloud', '*.tf', 'docs')
    """
    bare = pattern.strip("/")
    while bare.endswith(("/**", "/*")):
        bare = bare.rsplit("/", 1)[0]
    return bare.removeprefix("**/") or pattern


def _heading(line: str) -> tuple[str, tuple[str, ...]] | None:
    """(name, default owners) of a section's heading; None where a line is none."""
    found = _SECTION.fullmatch(line)
    owners = tuple(found[2].split()) if found else ()
    return (found[1].strip().casefold(), owners) if found and all(map(_OWNER.fullmatch, owners)) else None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        cleaned = _COMMENT.sub("", line.replace("\0", "")).strip()
        if cleaned:
            yield number, cleaned


def _is_wild(pattern: str) -> bool:
    return any(sign in pattern for sign in "*?[\\")


def _matches(pattern: str, path: str) -> bool:
    """Whether a pattern with wildcards matches, by the library where its regular expression is sure to be fast."""
    if pattern.count("*") - pattern.count("**") > 2 or pattern.count("**") > 1:
        return _by_segment(pattern, path)
    return _by_library(pattern).matching_line(path)[1] is not None


@lru_cache(maxsize=4096)
def _by_library(pattern: str) -> CodeOwners:
    return CodeOwners(pattern.replace(" ", "\\ "))


@lru_cache(maxsize=4096)
def _readable(pattern: str) -> bool:
    """Whether the library can read it: a bracket that never closes cannot be."""
    if len(pattern) > 1000 or pattern.startswith("#"):
        return False
    if "[" not in pattern:
        return True
    try:
        return bool(_by_library(pattern).paths)
    except (ValueError, re.error, IndexError):
        return False


def _by_segment(pattern: str, path: str) -> bool:
    """Whether the pattern matches, in time that grows with the product of both lengths and no faster."""
    bare = pattern.strip("/")
    anchored = "/" in pattern[:-1]
    wanted = bare.split("/")
    if not anchored:
        wanted = ["**", *wanted]
    reached = {0}
    # `reached` holds how many of `wanted` may have been consumed; each part of the path moves it on.
    for part in path.split("/"):
        reached = _skip(reached, wanted)
        if len(wanted) in reached and not pattern.endswith("/*"):
            return True
        after: set[int] = set()
        for at in reached:
            if at < len(wanted):
                if wanted[at] == "**":
                    after.update((at, len(wanted)) if at == len(wanted) - 1 else (at,))
                elif fnmatch.fnmatchcase(part, wanted[at]):
                    after.add(at + 1)
        reached = after
        if not reached:
            return False
    return len(wanted) in reached and not pattern.endswith("/")


def _skip(reached: set[int], wanted: list[str]) -> set[int]:
    out = set(reached)
    for at in sorted(reached):
        while at < len(wanted) - 1 and wanted[at] == "**":
            at += 1
            out.add(at)
    return out
