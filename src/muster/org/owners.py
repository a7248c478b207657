"""Kubernetes OWNERS and OWNERS_ALIASES files: who approves and reviews a directory, and under which label.

>>> sorted(parse("approvers: [Ann, sig-node-leads]\\nlabels:\\n- sig/node\\n").everyone)
['ann', 'sig-node-leads']

Names are handles, aliases or e-mail addresses, in lower case. Nearly every such file is a few plain lists, and a
history holds thousands of versions; those are read directly, everything else by the YAML parser. Nothing here runs
or expands what a file says: anchors are refused, sizes are limited, and a regular expression that could take long
is left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

LARGEST = 256 * 1024

#: What a file without filters says.
_SIMPLE = ("approvers", "reviewers", "required_reviewers", "labels")
_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*):\s*(\[\])?\s*(?:#.*)?$")
_OPTION = re.compile(r" +no_parent_owners: *(true|false)\s*(?:#.*)?$")
_ITEM = re.compile(r"(?P<indent> *)- *(?P<value>[A-Za-z0-9@_.+/-]+)\s*(?:#.*)?$")
_ALIAS = re.compile(r"( +)([A-Za-z0-9_.-]+):\s*(?:#.*)?$")
_ANCHOR = re.compile(r"(?m)(?:^|[\s\[{,])[&*][A-Za-z0-9_]")


class UnreadableError(ValueError):
    """A file that is no OWNERS file; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a file says about the paths below it that `pattern` finds (None: all of them)."""

    approvers: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None

    def applies(self, path: str) -> bool:
        """Whether it speaks about `path`, which is relative to the file's own directory."""
        return self.pattern is None or self.pattern.search(path[:400]) is not None


@dataclass(frozen=True, slots=True)
class Owners:
    """One OWNERS file. `reasons` are parts of it that were left out, and why."""

    rules: tuple[Rule, ...] = ()
    no_parent_owners: bool = False
    reasons: tuple[str, ...] = ()

    @property
    def filtered(self) -> bool:
        """Whether what it says depends on the path and not only on the directory."""
        return any(rule.pattern is not None for rule in self.rules)

    @property
    def everyone(self) -> frozenset[str]:
        """Every name that it lists as an approver or a reviewer, aliases unexpanded."""
        return frozenset(name for rule in self.rules for name in (*rule.approvers, *rule.reviewers))


@lru_cache(maxsize=8192)
def parse(text: str) -> Owners:
    """The file's rules; raises `UnreadableError` where it is none.

    `emeritus_approvers` own nothing any more; `required_reviewers` are reviewers. Filters count only in a file that
    lists nobody outside of them. Source: "OWNERS Files" of the Kubernetes contributor guide.
    """
    plain = _plain(text)
    if plain is not None:
        return Owners((_rule(plain),), plain.get("options") == ["true"])
    content = _yaml(text)
    reasons: list[str] = []
    rules = [_rule(content)] if any(content.get(key) for key in _SIMPLE) else []
    filters = content.get("filters")
    if rules and filters:
        reasons.append("filters beside lists of the whole directory are not used")
    elif isinstance(filters, Mapping):
        for key, value in list(filters.items())[:100]:
            pattern = _pattern(str(key))
            if pattern is None:
                reasons.append(f"a filter that is not used: {str(key)[:80]}")
            elif isinstance(value, Mapping):
                rules.append(_rule(value, None if pattern.pattern in ("", ".*") else pattern))
    options = content.get("options")
    alone = isinstance(options, Mapping) and options.get("no_parent_owners") is True
    return Owners(tuple(rules), alone, tuple(reasons))


@lru_cache(maxsize=2048)
def parse_aliases(text: str) -> Mapping[str, frozenset[str]]:
    """Alias to the names that it stands for, both in lower case; raises `UnreadableError`."""
    plain = _plain_aliases(text)
    if plain is not None:
        return plain
    found = _yaml(text).get("aliases")
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise UnreadableError("aliases is not a mapping")
    return {str(alias).lower(): frozenset(_names(names)) for alias, names in found.items()}


def expand(names: frozenset[str], aliases: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The people behind `names`: an alias gives its members, anybody else themselves."""
    if not aliases or not (names & aliases.keys()):
        return names
    return frozenset(person for name in names for person in aliases.get(name, (name,)))


def team_of_alias(alias: str) -> str:
    """The team that an alias of approvers or leads stands for.

    >>> team_of_alias("sig-node-tech-leads"), team_of_alias("build-admins")
    ('sig/node', 'build-admins')
    """
    match = re.fullmatch(r"(sig|wg)-(.+?)-(?:tech-|subproject-|emeritus-|test-)?(?:leads|chairs|approvers|reviewers|owners|maintainers|admins)", alias)
    return f"{match[1]}/{match[2]}" if match else alias


def _plain(text: str) -> dict[str, list[str]] | None:
    """A file that is nothing but top-level lists of plain words, and the one option; None for anything else.

    The option stands under `options` as a word of its own.
    """
    if len(text) > LARGEST:
        return None
    out: dict[str, list[str]] = {}
    items: list[str] | None = None
    indent = -1
    for line in text.splitlines():
        if not line or line.isspace() or line.lstrip()[0] == "#" or (line == "---" and not out):
            continue
        if items is not None and items is out.get("options"):
            option = _OPTION.match(line)
            if option is not None and not items:
                items.append(option[1])
                continue
            if line[0] in " \t" or not items:
                return None
        item = _ITEM.match(line)
        if item is not None and items is not None:
            if indent not in (-1, len(item["indent"])) or item["value"][0] in "@-":
                return None
            indent = len(item["indent"])
            items.append(item["value"])
            continue
        key = _KEY.match(line)
        if key is None or key[1] in out or key[1] in ("filters", "aliases"):
            return None
        items = out.setdefault(key[1], [])
        if key[2]:
            items = None
        indent = -1
    return out or None


def _plain_aliases(text: str) -> dict[str, frozenset[str]] | None:
    """The same for OWNERS_ALIASES: `aliases:`, then names at one indent with lists of plain words below."""
    if len(text) > LARGEST:
        return None
    out: dict[str, list[str]] = {}
    items: list[str] | None = None
    indent = item_indent = -1
    started = False
    for line in text.splitlines():
        if not line or line.isspace() or line.lstrip()[0] == "#" or (line == "---" and not started):
            continue
        if not started:
            key = _KEY.match(line)
            if key is None or key[1] != "aliases":
                return None
            started = True
            continue
        item = _ITEM.match(line)
        if item is not None and items is not None and item["value"][0] not in "@-":
            if len(item["indent"]) < indent or item_indent not in (-1, len(item["indent"])):
                return None
            item_indent = len(item["indent"])
            items.append(item["value"])
            continue
        alias = _ALIAS.match(line)
        if alias is None or alias[2].lower() in out or indent not in (-1, len(alias[1])):
            return None
        indent, item_indent = len(alias[1]), -1
        items = out.setdefault(alias[2].lower(), [])
    return {alias: frozenset(name.lower() for name in names) for alias, names in out.items()} if started else None


def _rule(content: Mapping[str, object], pattern: re.Pattern[str] | None = None) -> Rule:
    return Rule(
        _names(content.get("approvers")),
        tuple(dict.fromkeys((*_names(content.get("reviewers")), *_names(content.get("required_reviewers"))))),
        tuple(_names(content.get("labels"))),
        pattern,
    )


def _names(value: object) -> tuple[str, ...]:
    """Names in lower case and without an at sign in front; a single word counts as a list of one."""
    values = value if isinstance(value, list | tuple) else [value] if isinstance(value, str) else []
    names = (str(item).strip().lower().removeprefix("@") for item in values if isinstance(item, str | int))
    return tuple(dict.fromkeys(name for name in names if name))


def _pattern(text: str) -> re.Pattern[str] | None:
    """A filter's regular expression; None where it is none, or where matching it could take long."""
    bare = re.sub(r"\\.|\[[^\]]*\]", "x", text)
    if len(text) > 300 or bare.count("*") + bare.count("+") + bare.count("{") > 2 or re.search(r"\)[*+{]", bare):
        return None
    try:
        return re.compile("" if text in (".*", "^.*$", "^.*", ".*$") else text)
    except re.error:
        return None


def _yaml(text: str) -> Mapping[str, object]:
    if len(text) > LARGEST:
        raise UnreadableError("larger than 256 KiB")
    if _ANCHOR.search(re.sub(r"(?m)#.*$|\"[^\"\n]*\"|'[^'\n]*'", "", text)):
        raise UnreadableError("anchors are not read")
    # Imported here because it takes a tenth of a second and most histories never need it.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    parser = YAML(typ="safe", pure=True)
    parser.allow_duplicate_keys = True
    try:
        content = parser.load(text)
    except (YAMLError, ValueError, RecursionError, TypeError, AttributeError, KeyError) as error:
        raise UnreadableError(str(error).strip().splitlines()[0][:120] if str(error).strip() else "not YAML") from None
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise UnreadableError("not a mapping")
    return content
