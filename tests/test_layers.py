"""Data goes one way: each module imports only what stands to its left, and only `project` joins the stages.

Imports are read from the source, so one that is only for type checkers, or inside a function, counts as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import muster

HOME = Path(muster.__file__).parent

#: Left to right. Modules of one group may import each other, unless STRANGERS says that they may not.
ORDER: tuple[tuple[str, ...], ...] = (
    ("model", "registry", "paths", "quantities", "phrases", "fastlog"),
    ("trailers",),
    ("people",),
    ("book", "sources"),
    ("survival",),
    ("lake",),
    ("org",),
    ("links",),
    ("threads", "drafts"),
    ("signals",),
    ("notable", "numbers", "blindspots"),
    ("rules",),
    ("room",),
    ("packet",),
    ("project",),
    ("cli",),
)

#: Pairs that never meet.
STRANGERS = (("book", "sources"), ("sources", "book"), ("book", "people"))

#: What takes a `Case` may know these and itself; the book's readers are there for its Markdown.
ONLY = {
    "rules": {"model", "registry", "paths", "quantities", "phrases", "book"},
    "room": {"model", "registry", "paths", "quantities", "phrases", "drafts", "rules"},
    "packet": {"model", "registry", "paths", "quantities", "phrases", "rules", "room"},
    "notable": {"model", "registry", "paths", "drafts"},
    "drafts": {"model", "registry", "paths", "threads"},
    "model": set[str](),
    "registry": set[str](),
    "fastlog": {"model"},
    "blindspots": set[str](),
}

#: Files of a face: they are where `cli` is, whatever they are called.
FACES = {"__main__", "annotated", "demo", "explain", "helping", "options", "printed", "query", "syncing", "terminal", "visit"}

PLACE = {name: place for place, group in enumerate(ORDER) for name in group} | dict.fromkeys(FACES, len(ORDER) - 1)


def imports(source: str, module: str) -> Iterator[tuple[str, int]]:
    """Our own modules that a source imports, as the first name below `muster`, each with its line."""
    package = module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
            names = [f"{base}.{alias.name}" for alias in node.names] if base == "muster" else [base]
        elif isinstance(node, ast.Call) and called(node.func) in ("import_module", "__import__") and node.args:
            names = [str(node.args[0].value)] if isinstance(node.args[0], ast.Constant) else []
        for name in names:
            parts = name.split(".")
            if parts[0] == "muster" and len(parts) > 1 and not parts[1].startswith("__version"):
                yield parts[1], getattr(node, "lineno", 0)


def called(function: ast.expr) -> str:
    """The last name of what is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def wrong(source: str, module: str) -> list[str]:
    """What a module imports and must not; empty when all is well."""
    me = module.split(".")[1]
    found = []
    for name, line in imports(source, module):
        if name == me:
            continue
        if name not in PLACE:
            found.append(f"{module}:{line} imports {name}, which has no place in ORDER (tests/test_layers.py)")
        elif PLACE[name] > PLACE[me]:
            found.append(f"{module}:{line} imports {name}, which stands to its right")
        elif (me, name) in STRANGERS:
            found.append(f"{module}:{line} imports {name}: {me} and {name} are strangers")
        elif me in ONLY and name not in ONLY[me]:
            found.append(f"{module}:{line} imports {name}; {me} may know only {', '.join(sorted(ONLY[me])) or 'nothing'}")
    return found


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package with its file."""
    for path in sorted(HOME.rglob("*.py")):
        parts = path.relative_to(HOME.parent).with_suffix("").parts
        if "examples" not in parts:
            yield ".".join(parts), path


def test_every_module_imports_leftward() -> None:
    found = [
        text
        for module, path in modules()
        if module != "muster.__init__"
        for text in wrong(path.read_text(encoding="utf-8"), module)
    ]
    assert not found, "\n".join(found)


def test_every_module_has_a_place() -> None:
    names = {module.split(".")[1] for module, _ in modules()} - {"__init__"}
    assert names <= PLACE.keys(), f"say where they stand: {sorted(names - PLACE.keys())}"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("muster.model", "import muster.paths"),
        ("muster.book.entries", "from muster.sources import git"),
        ("muster.sources.git", "from muster.book import read"),
        ("muster.links.cites", "from muster import threads"),
        ("muster.rules.c201_lone_advocate", "from muster.lake import Lake"),
        ("muster.rules.c201_lone_advocate", "from ..lake import Lake"),
        ("muster.room.skeptic", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from muster.org import Organisation"),
        ("muster.packet.html", "def render(packet):\n    from muster.signals import measure\n    return measure"),
        ("muster.packet.html", "import importlib\nimportlib.import_module('muster.links')"),
        ("muster.signals.reach", "from muster.project import review"),
        ("muster.lake", "from muster.cli import app"),
        ("muster.links.cites", "import muster.something_new"),
    ],
)
def test_a_planted_import_is_seen(module: str, source: str) -> None:
    assert wrong(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("muster.links.cites", "from muster.lake import Lake\nfrom muster.model import Link"),
        ("muster.rules.c201_lone_advocate", "from muster.model import Case\nfrom muster.rules import finding, rule"),
        ("muster.rules.c201_lone_advocate", "from . import finding"),
        ("muster.project", "from muster import book, links, sources, threads"),
        ("muster.cli", "from muster import __version__"),
    ],
)
def test_a_good_import_passes(module: str, source: str) -> None:
    assert not wrong(source, module)
