"""YAML front matter as plain values, with the line of every key; nothing that YAML can do beyond plain data.

Aliases, anchors, tags, merge keys and depth are refused before anything is built: a few hundred bytes of YAML can
otherwise ask for gigabytes. A key that is there twice is refused too, since one of the two would be lost silently.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

# The parser is loaded where it is used: `muster new` and `muster init` read no front matter, and it takes 0.1 s.
if TYPE_CHECKING:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.nodes import MappingNode, Node

#: Front matter is a few lines; this much is either a mistake or an attack.
MOST_CHARACTERS = 32 * 1024
DEEPEST = 12

_CORE = "tag:yaml.org,2002:"


class Front(dict[str, object]):
    """Front matter as plain values (text, numbers, truth, dates, lists, mappings), and where each key is.

    `lines` has the line of each key by its dotted path (`numbers.deploy_p95`), counted in the file.
    """

    def __init__(self, values: dict[str, object] | None = None, lines: dict[str, int] | None = None) -> None:
        super().__init__(values or {})
        self.lines = lines or {}


class FrontError(ValueError):
    """Front matter that cannot be taken: why, and the line of the file."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


@cache
def _yaml() -> YAML:
    from ruamel.yaml import YAML

    # The pure parser: the one in C accepts other input, and which of the two is installed is a matter of luck.
    return YAML(typ="safe", pure=True)


def split(text: str) -> tuple[str | None, str, int]:
    """(front matter or None, body, line that the body begins in). `text` has `\\n` line ends and no BOM.

    Front matter begins with `---` in the first line and ends with the next line that is `---` or `...`. Without an
    end there is none, and everything is the body.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, text, 1
    for at, line in enumerate(lines[1:], 1):
        if line.rstrip() in ("---", "..."):
            return "\n".join(lines[1:at]), "\n".join(lines[at + 1 :]), at + 2
    return None, text, 1


def load(text: str, first_line: int = 2) -> Front:
    """Front matter as plain values; raises FrontError with the line where it cannot be taken."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.nodes import MappingNode

    if len(text) > MOST_CHARACTERS:
        raise FrontError(f"front matter of {len(text):,} characters; at most {MOST_CHARACTERS:,} are read", first_line)
    try:
        _inspect(text, first_line)
        node = _yaml().compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FrontError(_reason(error), first_line + (mark.line if mark else 0)) from None
    except (YAMLError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, FrontError):
            raise
        raise FrontError(f"front matter is not YAML: {str(error).splitlines()[0] or 'unreadable'}", first_line) from None
    if node is None:
        return Front()
    if not isinstance(node, MappingNode):
        raise FrontError("front matter is not a list of `key: value` lines", first_line)
    lines: dict[str, int] = {}
    return Front(_mapping(node, first_line, "", lines), lines)


def _reason(error: MarkedYAMLError) -> str:
    problem = " ".join(str(error.problem or error.context or "unreadable").split())
    return f"front matter is not YAML: {problem[:160]}"


def _inspect(text: str, first_line: int) -> None:
    """Refuse, from the event stream alone, what could grow or nest without end."""
    from ruamel.yaml.events import (
        AliasEvent,
        CollectionEndEvent,
        CollectionStartEvent,
        NodeEvent,
        ScalarEvent,
    )

    depth = 0
    for event in _events(text):
        line = first_line + event.start_mark.line
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise FrontError("YAML anchors and aliases (`&name`, `*name`) are not read: write the value out", line)
        if isinstance(event, CollectionStartEvent | ScalarEvent) and event.tag:
            raise FrontError("YAML tags (`!name`) are not read: write the value plainly", line)
        if isinstance(event, CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise FrontError(f"nested more than {DEEPEST} deep", line)
        elif isinstance(event, CollectionEndEvent):
            depth -= 1


def _events(text: str) -> Iterator[Any]:
    yield from _yaml().parse(text)


def _mapping(node: MappingNode, first_line: int, path: str, lines: dict[str, int]) -> dict[str, object]:
    from ruamel.yaml.nodes import ScalarNode

    result: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = first_line + key_node.start_mark.line
        if not isinstance(key_node, ScalarNode):
            raise FrontError("a key that is a list or mapping", line)
        key = str(key_node.value)
        if key in result:
            raise FrontError(f"the key `{key}` is there twice (first in line {lines[path + key]})", line)
        lines[path + key] = line
        result[key] = _value(value_node, first_line, f"{path}{key}.", lines)
    return result


def _value(node: Node, first_line: int, path: str, lines: dict[str, int]) -> object:
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    if isinstance(node, MappingNode):
        return _mapping(node, first_line, path, lines)
    if isinstance(node, SequenceNode):
        return [_value(item, first_line, path, lines) for item in node.value]
    return _scalar(str(node.value), str(node.tag))


def _scalar(text: str, tag: str) -> object:
    """A scalar by YAML 1.2's rules; what does not hold what its tag promises (2026-02-31) stays text."""
    kind = tag.removeprefix(_CORE)
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int":
            plain = text.replace("_", "")
            return int(plain, 0) if plain.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else int(plain)
        if kind == "float":
            number = float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
            return number if math.isfinite(number) else text
        if kind == "timestamp":
            return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return text
    return text
