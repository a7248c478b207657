"""The whole job, shown once: the sample book (fiction) and, in a checkout, this project's own book and history."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType

from muster import book as books
from muster import project
from muster.model import MusterError
from muster.packet import html
from muster.packet.text import room_text
from muster.terminal import count, width

#: The sample's clock: three days after the half-year that it tells of.
SAMPLE_TODAY = date(2026, 7, 3)

#: Left in what the demo writes, so that a later demo knows the folder as its own and may write it anew.
MARK = ".made-by-muster-demo"


def run(into: Path, tell: Callable[[str, int, int | None], None]) -> str:
    """What the demo says: for each book, what the room says and where the packet is.

    Writes everything below `into`, which must be new, empty, or an earlier demo's. Nothing elsewhere is touched.
    """
    if into.exists() and any(into.iterdir()):
        if not (into / MARK).exists():
            raise MusterError(str(into), "is there already and is no demo's", "Give a new folder: muster demo --into DIR")
        shutil.rmtree(into)
    into.mkdir(parents=True, exist_ok=True)
    (into / MARK).write_text("This folder was made by `muster demo`, which writes it anew each time.\n")
    tell("making the sample book and its repository", 0, None)
    sample = load_maker().make_book(into.resolve() / "sample")
    lines = ["The sample book: one engineer's half-year. The people, the company and the work are invented.", ""]
    lines += told(sample, SAMPLE_TODAY, into / "sample.html", tell)
    own = own_book()
    if own is not None:
        lines += ["", "", "This project's own book and history.", ""]
        lines += told(own, date.today(), into / "muster.html", tell)
    return "\n".join(lines)


def told(root: Path, today: date, page: Path, tell: Callable[[str, int, int | None], None]) -> list[str]:
    """The lines for one book; its packet is written to `page`."""
    work = project.open_book(books.read(root), today=today, progress=tell)
    tell("writing the packet", 0, None)
    page.write_bytes(html.render(project.packet_of(work)))
    found = sum(len(one.findings) for one in work.checked)
    return [
        room_text(work.rehearsal, width()),
        "",
        f"What is typed above is typed in the book: cd {shown(root)}",
        f"{count(found, 'finding')}: muster check --book {shown(root)} --today {today}",
        f"The packet: {shown(page)}",
    ]


def shown(path: Path) -> str:
    """A path as a person would type it from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def own_book() -> Path | None:
    """This project's own book, when muster runs from a checkout of it."""
    root = Path(__file__).resolve().parents[2]
    return root / "book" if (root / "book" / "muster.toml").exists() and (root / ".git").exists() else None


def load_maker() -> ModuleType:
    """The script that makes the sample: beside the package when installed, in `examples/` of a checkout."""
    here = Path(__file__).resolve()
    for folder in (here.parent / "examples", here.parents[2] / "examples"):
        script = folder / "make_repository.py"
        if script.exists():
            spec = importlib.util.spec_from_file_location("muster_sample", script)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules["muster_sample"] = module
            spec.loader.exec_module(module)
            return module
    raise MusterError("muster demo", "the sample book is not installed here", "Reinstall muster, or run it from a checkout.")
