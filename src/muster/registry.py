"""One new thing, one new file: find the sources, links, signals, rules, seats and renderers by walking a package.

A module takes part by having the marker that its package asks for (`SOURCE`, `CHECK`, `SEAT`, …). Other installed
packages take part through the entry-point group `muster.PACKAGE` (`muster.rules`, …), each entry point naming a module.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType


@cache
def modules(package: str, marker: str) -> tuple[ModuleType, ...]:
    """Modules of `muster.PACKAGE` and of its entry-point group that have the attribute `marker`, by name.

    The result is frozen: a module that appears later takes part in the next run.
    """
    home = importlib.import_module(f"muster.{package}")
    found = {
        f"{home.__name__}.{info.name}": importlib.import_module(f"{home.__name__}.{info.name}")
        for info in pkgutil.iter_modules(home.__path__)
        if not info.name.startswith("_")
    }
    for point in entry_points(group=f"muster.{package}"):
        found[point.value] = importlib.import_module(point.module)
    return tuple(found[name] for name in sorted(found) if hasattr(found[name], marker))
