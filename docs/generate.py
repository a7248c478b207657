#!/usr/bin/env python3
"""Write the pages of this folder that come from the code, or with `--check` compare them and write nothing.

    python3 dev.py docs            write them anew
    python3 dev.py docs --check    exit 1 and say what to type when one is out of date

Each page is made whole by one function below, so a page is either written by a person or by this script, never both.
"""

from __future__ import annotations

import difflib
import inspect
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
SAID = "<!-- Written by docs/generate.py from the code; change that and run `python3 dev.py docs`. -->\n\n"


def cli() -> str:
    """Every command's help, as the terminal shows it."""
    from typer.main import get_command
    from typer.testing import CliRunner

    from muster.cli import app

    os.environ["COLUMNS"] = "96"

    def help_of(*words: str) -> str:
        shown = CliRunner().invoke(app, [*words, "--help"], prog_name="muster", terminal_width=96, color=False)
        if shown.exit_code:
            raise SystemExit(f"muster {' '.join(words)} --help failed: {shown.output}")
        return f"```text\n{trimmed(shown.output)}\n```\n"

    parts = [
        "# Command line\n\nExit codes: 0 is fine, 1 is findings or a failed check, 2 could not run.\n",
        help_of(),
    ]
    for name in sorted(getattr(get_command(app), "commands", {})):
        parts += [f"## muster {name}\n", help_of(name)]
    return "\n".join(parts)


def rules() -> str:
    """The catalogue of rules, as it documents itself."""
    from muster import rules as catalog

    return catalog.document()


def signals() -> str:
    """The definition of every signal, out of its own file's header."""
    from muster import signals as measured

    parts = [
        "# Signals\n\nWhat is measured over a person's evidence in a period. Each signal lists its evidence and says what "
        "it cannot see; none is a score, and none is compared with a colleague. `muster explain NAME` prints the same.\n"
    ]
    return "\n".join([*parts, *(section(name, measured.describe(name)) for name in sorted(measured.names()))])


def room() -> str:
    """Every seat and what it asks."""
    from muster import room as seats

    parts = [
        "# The room\n\nThose who decide, and what each asks. A question *holds* (evidence answers it), is *thin* (some, and "
        "what is missing), is *open* (none, and the move that would close it), or *cannot be told* from the connected "
        "sources. `muster explain SEAT` prints the same.\n"
    ]
    return "\n".join([*parts, *(section(name, seats.described(name) or "") for name in seats.names())])


def configuration() -> str:
    """What may stand in muster.toml."""
    from muster.book import SETTINGS_HELP

    rows = [f"| `{key}` | {cell(kind)} | {cell(default)} | {cell(meaning)} |" for key, kind, default, meaning in SETTINGS_HELP]
    return "\n".join([
        "# Configuration: muster.toml\n",
        "The settings of a book. Every key has a default, and an unknown key is an error that names the nearest one. A key "
        "with a dot stands in a table: `owner.name` is `name` below `[owner]`.\n",
        "| key | takes | default | meaning |", "|---|---|---|---|", *rows, "",
        "## Thresholds\n",
        "Limits of rules that a book may set differently, below `[thresholds]`:\n",
        "| key | default |", "|---|---|", *thresholds(),
    ])


def thresholds() -> list[str]:
    """A table row for each limit of a rule."""
    from muster import rules as catalog

    return [f"| `{name}` | {value:g} |" for name, value in sorted(catalog.thresholds().items())]


def cell(text: str) -> str:
    """One cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def schema(name: str) -> str:
    """The JSON schema of a packet, or of what a command prints with `--format json`."""
    import json

    from muster import printed
    from muster.packet import json as packet

    made = packet.schema() if name == "packet" else printed.schema(name)
    return json.dumps(unindented(made), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def unindented(value: object) -> object:
    """The schema with descriptions as Python 3.13 keeps docstrings, so that every version writes the same page."""
    if isinstance(value, dict):
        return {key: inspect.cleandoc(one) if key == "description" and isinstance(one, str) else unindented(one) for key, one in value.items()}
    return [unindented(one) for one in value] if isinstance(value, list) else value


def section(name: str, text: str) -> str:
    """A heading and below it what the terminal shows."""
    return f"## {name}\n\n```text\n{trimmed(text)}\n```\n"


def trimmed(text: str) -> str:
    """Without blanks at line ends and around the whole."""
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


#: Page, relative to this folder → what makes it.
PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "configuration.md": configuration,
    "room.md": room,
    "rules.md": rules,
    "signals.md": signals,
    **{f"schema/{name}.json": partial(schema, name) for name in ("packet", "check", "threads", "signals", "room", "against", "query", "inbox", "week", "people", "sync")},
}


def text_of(name: str) -> str:
    """The whole page as it should be on disk."""
    made = PAGES[name]()
    return made if name.endswith(".json") else SAID + made.strip("\n") + "\n"


def main(arguments: list[str]) -> int:
    """Exit code: 1 when a page is out of date and `--check` is given."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    stale = []
    for name in PAGES:
        path, wanted = HERE / name, text_of(name)
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        if there == wanted:
            continue
        stale.append(name)
        if arguments:
            changes = difflib.unified_diff(there.splitlines(), wanted.splitlines(), f"docs/{name}", "from the code", "", "", 1)
            print("\n".join([line.rstrip("\n") for line in changes][:20]))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
            print(f"docs/{name}")
    if stale and arguments:
        print(f"\nOut of date: {', '.join('docs/' + name for name in stale)}. Type: python3 dev.py docs")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
