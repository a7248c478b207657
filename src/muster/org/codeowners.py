"""The owners of a path by a CODEOWNERS file: GitHub's rules, or GitLab's with its sections.

On GitHub the last line that matches a path wins, and a line without owners leaves the path unowned:

>>> rules = parse("* @acme/everyone\\n/docs/ @acme/writers @ann\\n/docs/old/\\n")
>>> rules.of("docs/intro.md")
Match(pattern='/docs/', owners=('@acme/writers', '@ann'), everything=False, line=2)
>>> rules.of("docs/old/intro.md").owners
()

On GitLab every section has a say: the last line of each that matches contributes its owners, or the section's own where
it names none; a line that begins with an exclamation mark takes a path out of its section. A file is GitLab's where it
has section headings or roles, or where it lies in `.gitlab/`.

Source: "About code owners" of GitHub's documentation; "Syntax of CODEOWNERS file" and "Advanced CODEOWNERS
configuration" of GitLab's. GitHub's patterns with wildcards are matched by the `codeowners` library; those that could
make its backtracking regular expressions slow are matched segment by segment instead.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
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

_SECTION = re.compile(r"\^?\[([^\[\]]*[^\s\[\]][^\[\]]*)\](?:\[\d+\])?((?:\s.*)?)")
_OWNER = re.compile(r"@[^\s@]+|[^\s@]+@[^\s@]+")
#: GitLab knows roles as well: all who have them own the path, so nobody in particular does.
_ROLE = re.compile(r"@@(?:developer|maintainer|owner)s?")
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

    matches: list[Match] = field(default_factory=list)
    anchored: dict[str, list[int]] = field(default_factory=dict)
    named: dict[str, list[int]] = field(default_factory=dict)
    wild: list[int] = field(default_factory=list)
    gitlab: bool = False
    excluded: list[str] = field(default_factory=list)

    def add(self, pattern: str, match: Match) -> None:
        if self.gitlab:
            self.matches.append(match)
            return
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
        if self.gitlab:
            if any(_on_gitlab(pattern, path) for pattern in self.excluded):
                return None
            return next((match for match in reversed(self.matches) if _on_gitlab(match.pattern, path)), None)
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
def parse(text: str, where: str = "CODEOWNERS", hosted: str = "") -> Rules:
    """The rules of a file's text. Lines that cannot be read are in `skipped`, with `where` and their number.

    `hosted` is the address of the repository, which may tell whose rules hold.
    """
    gitlab = is_gitlab(text, where, hosted)
    wild = 0
    sections: dict[str, _Section] = {"": _Section(gitlab=gitlab)}
    current = sections[""]
    defaults: tuple[str, ...] = ()
    skipped: list[Skipped] = []
    for number, line in _lines(text, gitlab):
        place = f"{where}:{number}"
        heading = _heading(line) if gitlab else None
        if heading is not None:
            current, defaults = sections.setdefault(heading[0], _Section(gitlab=True)), heading[1]
            continue
        pattern, *words = line.replace("\\ ", "\0").replace("\\\t", "\0").split()
        pattern = pattern.replace("\0", " ")
        excluded = pattern.startswith("!")
        pattern = pattern.removeprefix("!") if gitlab else pattern
        strange = [word for word in words if not _OWNER.fullmatch(word) and not (gitlab and _ROLE.fullmatch(word))]
        wrong = _wrong(pattern, strange, gitlab)
        if wrong:
            skipped.append(Skipped(place, wrong))
            continue
        # What follows a number sign is a comment that GitLab looks for owners in all the same.
        typed = strange[: strange.index("#")] if "#" in strange else strange
        if typed and not excluded:
            skipped.append(Skipped(place, f"not an owner: {typed[0][:80]}"))
        owners = tuple(word for word in words if word not in strange)
        wild += gitlab or _is_wild(pattern)
        if wild > MOST_WILD:
            skipped.append(Skipped(where, f"more than {MOST_WILD} patterns with wildcards: the rest is not read"))
            break
        if excluded:
            current.excluded.append(pattern)
        else:
            current.add(pattern, Match(pattern, owners or (defaults if gitlab else ()), pattern in _ALL, number))
    everyone = frozenset(
        owner
        for section in sections.values()
        for match in section.matches
        if match.everything
        for owner in match.owners
    )
    kept = tuple(section for section in sections.values() if section.matches)
    return Rules(kept, everyone, tuple(skipped))


def is_gitlab(text: str, where: str = "CODEOWNERS", hosted: str = "") -> bool:
    """Whether a file is written for GitLab: by its place or its host, or where it has section headings or roles."""
    if where.startswith((".gitlab/", ".github/")):
        return where.startswith(".gitlab/")
    host = hosted.partition("://")[2].partition("/")[0].lower()
    if host == "github.com" or "gitlab" in host:
        return host != "github.com"
    return any(_heading(line) or any(map(_ROLE.fullmatch, line.split()[1:])) for _, line in _lines(text, True))


def is_role(owner: str) -> bool:
    """Whether an owner is one of GitLab's roles."""
    return _ROLE.fullmatch(owner) is not None


def _wrong(pattern: str, strange: Sequence[str], gitlab: bool) -> str:
    """Why a line cannot be used; empty where it can. GitHub leaves out a line with any mistake in it."""
    if gitlab:
        return "" if pattern.strip("/") or pattern == "/" else f"a pattern that matches nothing: {pattern}"
    if pattern.startswith("!"):
        return f"GitHub has no exclusions: {pattern[:80]}"
    if not pattern.strip("/") and pattern != "/":
        return f"a pattern that matches nothing: {pattern}"
    if "[" in pattern or "]" in pattern:
        return f"GitHub has no ranges in brackets: {pattern[:80]}"
    if pattern.startswith("\\#") or "***" in pattern or len(pattern) > 1000:
        return f"a pattern that cannot be read: {pattern[:80]}"
    return f"not an owner: {strange[0][:80]}" if strange else ""


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
    if found is None:
        return None
    owners = (word for word in found[2].split() if _OWNER.fullmatch(word) or _ROLE.fullmatch(word))
    return found[1].strip().casefold(), tuple(owners)


def _lines(text: str, gitlab: bool) -> Iterator[tuple[int, str]]:
    """Each line that says something, with its number. GitLab has no comments behind a line."""
    for number, line in enumerate(text.splitlines(), 1):
        cleaned = line.replace("\0", "")
        cleaned = cleaned.strip() if gitlab else _COMMENT.sub("", cleaned).strip()
        if cleaned and not cleaned.startswith("#"):
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


def _on_gitlab(pattern: str, path: str) -> bool:
    """Whether a pattern of GitLab's means a path: it begins at the root after a slash, else anywhere; it means all below
    where it ends in one, else exactly this.
    """
    return _glob(_normal(pattern), path.split("/"))


@lru_cache(maxsize=8192)
def _normal(pattern: str) -> tuple[str, ...]:
    """The parts of a pattern, from the root to a file; `**` stands for any number of directories."""
    if pattern == "*":
        return "**", "*"
    wanted = pattern.strip("/").replace("\\#", "#", 1).split("/") if pattern.strip("/") else []
    # Two asterisks mean directories only as a part of their own with something behind; elsewhere they are one.
    wanted = [part if part == "**" and at < len(wanted) - 1 else re.sub(r"\*+", "*", part) for at, part in enumerate(wanted)]
    if not pattern.startswith("/"):
        wanted = ["**", *wanted]
    return (*wanted[:-1], wanted[-1], "**", "*") if pattern.endswith("/") and wanted else tuple(wanted or ("**", "*"))


def _glob(wanted: tuple[str, ...], path: Sequence[str]) -> bool:
    """Whether the parts of a pattern are those of a path, in time that grows with the product of both and no faster."""
    reached = {0}
    for part in path:
        after: set[int] = set()
        for at in _skip(reached, wanted):
            if at < len(wanted) and wanted[at] == "**":
                after.add(at)
            elif at < len(wanted) and (part == wanted[at] or wanted[at] == "*" or _fits(wanted[at], part)):
                after.add(at + 1)
        if not after:
            return False
        reached = after
    return len(wanted) in reached


@lru_cache(maxsize=8192)
def _part(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern.replace("[^", "[!")))


def _fits(pattern: str, part: str) -> bool:
    return _is_wild(pattern) and _part(pattern).match(part) is not None


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


def _skip(reached: set[int], wanted: Sequence[str]) -> set[int]:
    out = set(reached)
    for at in sorted(reached):
        while at < len(wanted) - 1 and wanted[at] == "**":
            at += 1
            out.add(at)
    return out
