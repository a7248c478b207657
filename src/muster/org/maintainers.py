"""Who looks after a path by MAINTAINERS files, in the format of Linux, U-Boot, coreboot and QEMU.

A file is a list of sections: a title, then lines of one letter each. The rules are those that the head of such a file
states: `F:` paths with wildcards, `X:` paths that are not meant (tried first), `N:` regular expressions on the path,
`M:` maintainers, `R:` reviewers, `L:` list, `T:` tree, `S:` status.

>>> (section,) = sections("NET\\nM:\\tAnn <ann@example.org>\\nS:\\tMaintained\\nF:\\tdrivers/net/\\nX:\\tdrivers/net/old/\\n")
>>> section.title, section.people, section.depth("drivers/net/a/b.c"), section.depth("drivers/net/old/c.c")
('NET', ('ann@example.org',), 2, 0)

Every such file of a tree speaks about paths from the root. A history holds thousands of versions of a long file that
differ by a few lines, so a section is read once, however many versions have it; a version is a set of sections.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

#: A larger file is none that people keep (that of Linux has 0.8 MiB).
LARGEST = 4 * 1024 * 1024
#: More sections than this are never read, over all versions together.
MOST = 200_000
#: A section with more lines than this is not read.
LONGEST = 2000

_FIELD = re.compile(r"([A-Z]):[ \t]*(.*)")
_UNDERLINE = re.compile(r"\s*[-=~*_#]{3,}\s*")
_ADDRESS = re.compile(r"[^\s<>@,;\"]+@[^\s<>@,;\"]+")
_WHOLE = frozenset({"*/", "**", "**/", "**/*", "*/**", "/", "./"})
#: Statuses that say that nobody looks after it now.
_NOBODY = ("orphan", "obsolete")


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the system as a MAINTAINERS file has it.

    `people` are the addresses of its maintainers and reviewers in lower case, `tree` the repository that its changes go
    through, by name. `orphaned` says that nobody looks after it. `reasons` are lines that were left out, and why.
    """

    title: str
    people: tuple[str, ...]
    lists: tuple[str, ...]
    tree: str
    orphaned: bool
    files: tuple[str, ...]
    excluded: tuple[str, ...]
    names: tuple[re.Pattern[str], ...]
    reasons: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it stands for everything there is."""
        return not _WHOLE.isdisjoint(self.files)

    def depth(self, path: str) -> int:
        """How precisely it means a path: the number of parts of the pattern that does, 0 where none does.

        An `N:` line counts as one part. An `X:` line that matches rules the section out.
        """
        if any(matches(pattern, path) for pattern in self.excluded):
            return 0
        found = [parts(pattern) for pattern in self.files if matches(pattern, path)]
        return max(found, default=int(any(name.search(path[:400]) for name in self.names)))


def parts(pattern: str) -> int:
    """How many parts of a path a pattern names."""
    return max(1, pattern.strip("/").count("/") + 1)


def matches(pattern: str, path: str) -> bool:
    """Whether an `F:` or `X:` pattern means a path.

    A slash at the end means all below; a wildcard stays within one part of the path, `**` does not. A name without
    wildcards is a file, or a directory with all below.

    >>> matches("net/", "net/a/b.c"), matches("net/*", "net/a/b.c"), matches("*/net/*", "x/net/y.c"), matches("net", "net/a")
    (True, False, True, True)
    """
    bare = pattern.removesuffix("/")
    if not is_wild(pattern):
        return path.startswith(f"{bare}/") or (path == bare and bare == pattern)
    quick = _compiled(pattern)
    if quick is not None and len(path) <= 1000:
        return quick.match(path) is not None
    wanted, have = bare.split("/"), path.split("/")
    if pattern.endswith("/"):
        wanted = [*wanted, "**", "*"]
    reached = {0}
    for part in have:
        after: set[int] = set()
        for at in _over(reached, wanted):
            if at < len(wanted) and wanted[at] == "**":
                after.add(at)
            elif at < len(wanted) and _fits(wanted[at], part):
                after.add(at + 1)
        reached = after
    return len(wanted) in _over(reached, wanted)


@lru_cache(maxsize=1 << 14)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern with few wildcards as one regular expression; None where matching that could take long."""
    if "[" in pattern or "**" in pattern or any(part.count("*") > 2 for part in pattern.split("/")):
        return None
    text = "".join("[^/]*" if sign == "*" else "[^/]" if sign == "?" else re.escape(sign) for sign in pattern)
    return re.compile(f"{text}." if pattern.endswith("/") else rf"{text}\Z", re.DOTALL)


def _over(reached: set[int], wanted: list[str]) -> set[int]:
    """`reached` and what follows by taking `**` for nothing."""
    out = set(reached)
    for at in sorted(reached):
        while at < len(wanted) and wanted[at] == "**":
            at += 1
            out.add(at)
    return out


@lru_cache(maxsize=1 << 14)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))


def _fits(pattern: str, part: str) -> bool:
    return part == pattern if not is_wild(pattern) else _glob(pattern).match(part[:255]) is not None


def is_wild(pattern: str) -> bool:
    """Whether it has a wildcard."""
    return any(sign in pattern for sign in "*?[")


def texts(text: str) -> Iterator[str]:
    """The text of each section of a file: its title and its lines, without empty lines and comments around them."""
    title = ""
    lines: list[str] = []
    for line in text.splitlines():
        if _FIELD.match(line):
            if title:
                lines.append(line.rstrip())
        elif not line.strip():
            # An empty line may stand between a title and its lines; words with a colon only lead up to something.
            if lines:
                yield "\n".join((title, *lines))
            title, lines = "" if lines or title.endswith(":") else title, []
        elif line[0] not in " \t#" and not _UNDERLINE.fullmatch(line):
            # A new title ends the section before it, also without an empty line.
            if lines:
                yield "\n".join((title, *lines))
            title, lines = line.strip(), []
    if lines:
        yield "\n".join((title, *lines))


def is_list(text: str) -> bool:
    """Whether a file is in this format: at least one section that names a path or a pattern of names."""
    return len(text) <= LARGEST and any(re.search(r"(?m)^[FN]:[ \t]*\S", one) for one in texts(text))


def sections(text: str) -> tuple[Section, ...]:
    """The sections of a file that say which paths they mean, in its order."""
    found = (section(one) for one in texts(text))
    return tuple(one for one in found if one.files or one.names)


def section(text: str) -> Section:
    """The section of a text that `texts` gave."""
    title, *lines = text.split("\n")
    fields: dict[str, list[str]] = {}
    reasons: list[str] = []
    if len(lines) > LONGEST:
        reasons.append(f"only the first {LONGEST} lines of a section are read: {title[:80]}")
    for line in lines[:LONGEST]:
        found = _FIELD.match(line)
        if found and found[2].strip():
            fields.setdefault(found[1], []).append(found[2].strip())
    names = []
    for value in fields.get("N", ()):
        pattern = expression(value)
        if pattern is None:
            reasons.append(f"a pattern of names that is not used: {value[:80]}")
        else:
            names.append(pattern)
    status = fields.get("S", [""])[0].casefold()
    people = [found[0].lower() for key in "MR" for value in fields.get(key, ()) if (found := _ADDRESS.search(value))]
    orphaned = status.startswith(_NOBODY)
    return Section(
        title.removesuffix(":"),
        () if orphaned else tuple(dict.fromkeys(people)),
        tuple(found[0].lower() for value in fields.get("L", ()) if (found := _ADDRESS.search(value))),
        tree(fields["T"][0]) if "T" in fields else "",
        orphaned,
        tuple(value.removeprefix("./") for value in fields.get("F", ())),
        tuple(value.removeprefix("./") for value in fields.get("X", ())),
        tuple(names),
        tuple(reasons),
    )


def expression(text: str) -> re.Pattern[str] | None:
    """An `N:` line's regular expression; None where it is none, or where matching it could take long."""
    bare = re.sub(r"\\.|\[[^\]]*\]", "x", text)
    if len(text) > 300 or bare.count("*") + bare.count("+") + bare.count("{") > 2 or re.search(r"\)[*+{]", bare):
        return None
    try:
        return re.compile(text)
    except (re.error, OverflowError):
        return None


def tree(location: str) -> str:
    """The name of the tree in a `T:` line; with its keeper's where the tree has the name of many.

    >>> tree("git https://git.example.org/custodians/boot-dfu.git next"), tree("git git://git.example.org/ann/linux.git")
    ('boot-dfu', 'ann/linux')
    """
    words = location.split()
    if len(words) > 1 and re.fullmatch(r"git|hg|quilt|stgit|topgit|svn|bk", words[0]):
        words = words[1:]
    *above, name = words[0].removesuffix("/").removesuffix(".git").split("/")
    return f"{above[-1]}/{name}" if name in ("linux", "u-boot", "linux-2.6", "qemu", "tree") and len(above) > 1 else name


@dataclass(slots=True)
class Book:
    """All sections that were ever read, under numbers of their own, with what finds those that mean a path.

    A version of a file is a set of numbers, kept as the bits of one integer.
    """

    sections: list[Section] = field(default_factory=list)
    numbers: dict[str, int | None] = field(default_factory=dict)
    whole: int = 0
    people: dict[str, list[int]] = field(default_factory=dict)
    _literal: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    _wild: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    _named: dict[re.Pattern[str], list[int]] = field(default_factory=dict)
    _candidates: dict[str, tuple[int, tuple[int, ...]]] = field(default_factory=dict)

    def read(self, text: str) -> tuple[int, tuple[str, ...]] | None:
        """(set of sections, what was left out and why); None where a file is not in this format."""
        if len(text) > LARGEST:
            return None
        found: set[int] = set()
        reasons: list[str] = []
        for one in texts(text):
            if one not in self.numbers:
                self.numbers[one] = self._add(one)
            number = self.numbers[one]
            if number is not None:
                found.add(number)
                reasons += self.sections[number].reasons
        if not found:
            return None
        bits = bytearray(max(found) // 8 + 1)
        for number in found:
            bits[number // 8] |= 1 << number % 8
        return int.from_bytes(bits, "little"), tuple(reasons)

    def _add(self, text: str) -> int | None:
        made = section(text)
        if not (made.files or made.names) or len(self.sections) >= MOST:
            return None
        number = len(self.sections)
        self.sections.append(made)
        if made.whole:
            self.whole |= 1 << number
        for person in made.people:
            self.people.setdefault(person, []).append(number)
        for pattern in dict.fromkeys(made.files):
            if is_wild(pattern):
                fixed = re.split(r"[*?\[]", pattern, maxsplit=1)[0].rpartition("/")[0]
                self._wild.setdefault(fixed, {}).setdefault(pattern, []).append(number)
            else:
                self._literal.setdefault(pattern.rstrip("/"), {}).setdefault(pattern, []).append(number)
        for name in made.names:
            self._named.setdefault(name, []).append(number)
        return number

    def of(self, version: int, path: str) -> tuple[int, ...]:
        """The numbers of the sections of a version that mean a path, those for the whole left out, the most precise first.

        Of equally precise ones the order is that in which they were first read.
        """
        size, candidates = self._candidates.get(path, (-1, ()))
        if size != len(self.sections):
            candidates = self._all(path)
            self._candidates[path] = len(self.sections), candidates
        return tuple(number for number in candidates if version >> number & 1)

    def _all(self, path: str) -> tuple[int, ...]:
        deep: dict[int, int] = {}
        for name, numbers in self._named.items():
            if name.search(path[:400]):
                deep.update(dict.fromkeys(numbers, 1))
        at = 0
        found = list(self._wild.get("", {}).items())
        while at >= 0:
            at = path.find("/", at + 1)
            head = path[:at] if at >= 0 else path
            found += self._literal.get(head, {}).items()
            if at >= 0:
                found += self._wild.get(head, {}).items()
        for pattern, numbers in found:
            if matches(pattern, path):
                for number in numbers:
                    deep[number] = max(deep.get(number, 0), parts(pattern))
        kept = (
            (number, depth)
            for number, depth in deep.items()
            if not self.whole >> number & 1
            and not any(matches(pattern, path) for pattern in self.sections[number].excluded)
        )
        return tuple(number for number, _ in sorted(kept, key=lambda item: (-item[1], item[0])))

    def everyone(self, version: int) -> frozenset[str]:
        """Those whom a version names for the whole."""
        return frozenset(person for one in self.listed(version & self.whole) for person in one.people)

    def listed(self, version: int) -> list[Section]:
        """The sections of a version, in the order in which they were first read."""
        return [self.sections[number] for number in _bits(version)]

    def of_person(self, version: int, person: str) -> list[Section]:
        """The sections of a version that name somebody, those for the whole left out."""
        chosen = version & ~self.whole
        return [self.sections[number] for number in self.people.get(person, ()) if chosen >> number & 1]


def _bits(version: int) -> Iterator[int]:
    """The numbers in a set of them, in order."""
    while version:
        lowest = version & -version
        yield lowest.bit_length() - 1
        version ^= lowest


def union(versions: Iterable[int]) -> int:
    """The sections of several versions together."""
    out = 0
    for version in versions:
        out |= version
    return out
