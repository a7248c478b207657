"""The documentation is true: its commands run, its links and names lead somewhere, its generated pages are up to date."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import muster
from muster.cli import app
from muster.demo import load_maker

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md", "examples/README.md", "book/README.md")
FENCE = re.compile(r"^(`{3,})([\w-]*)[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
COMMANDS: dict[str, Any] = getattr(get_command(app), "commands", {})


def pages() -> list[Path]:
    """Every page that a person reads."""
    return [ROOT / name for name in WRITTEN] + sorted((ROOT / "docs").rglob("*.md"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def shell(path: Path) -> Iterator[str]:
    """The shell blocks of a page, each as one text."""
    for found in FENCE.finditer(path.read_text(encoding="utf-8")):
        if found[2] in ("sh", "console", "bash", "shell"):
            yield found[3]


def commands(block: str) -> Iterator[list[str]]:
    """The words of each command of a block; continued lines are one command, and `$ ` before one is a prompt."""
    prompted = re.search(r"^\$ ", block, re.MULTILINE)
    for line in block.replace("\\\n", " ").splitlines():
        if prompted and not line.startswith("$ "):
            continue
        words = shlex.split(line.removeprefix("$ "), comments=True)
        if words:
            yield words


def muster_words(words: list[str]) -> list[str] | None:
    """What follows `muster`, however it is started; None where it is something else."""
    for start in (["muster"], ["python3", "dev.py", "run"]):
        if words[: len(start)] == start:
            return words[len(start) :]
    return None


SHELL = [pytest.param(page, id=named(page)) for page in pages() if list(shell(page))]


@pytest.mark.parametrize("page", SHELL)
def test_every_command_is_one(page: Path) -> None:
    """Known commands, known options, files that are there: for what a test cannot run as well."""
    for block in shell(page):
        for words in commands(block):
            rest = muster_words(words)
            if rest is not None:
                assert rest[0] in COMMANDS, f"{named(page)}: muster {rest[0]}"
                known = {name for option in COMMANDS[rest[0]].params for name in (*option.opts, *option.secondary_opts)}
                for word in rest[1:]:
                    if word.startswith("-") and len(word) > 1:
                        assert word.partition("=")[0] in {*known, "-h", "--help"}, f"{named(page)}: muster {rest[0]} {word}"
            elif words[:2] == ["python3", "dev.py"]:
                assert re.search(rf"^    python3 dev\.py {re.escape(words[2])}\b", (ROOT / "dev.py").read_text(), re.MULTILINE)
            elif words[0] == "python3":
                assert (ROOT / words[1]).exists(), f"{named(page)}: {words[1]}"
            else:
                assert words[0] in ("git", "cd", "ls", "less"), f"{named(page)}: {words}"


@pytest.mark.parametrize("page", [case for case in SHELL if case.id in ("README.md", "docs/index.md", "docs/book.md")])
def test_every_command_runs(page: Path, tmp_path: Path) -> None:
    """In order, in a folder that has what a page speaks of: the sample's repository and a book made by `muster init`."""
    maker = load_maker()
    maker.make(tmp_path / "path" / "to" / "repository")
    place = {"you@example.org": "noor.halabi@example.org"}
    environment = {
        **os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "GIT_CONFIG_GLOBAL": str(tmp_path / "none"),
        "PYTHONPATH": str(Path(muster.__file__).parents[1]),
    }  # fmt: skip
    here = tmp_path
    for block in shell(page):
        for words in commands(block):
            rest = muster_words(words)
            if words[0] == "cd":
                here = here / words[1]
            if rest is None:
                continue  # dev.py runs this very test
            if rest[0] == "demo":
                continue  # tests/test_cli.py runs it
            rest = [place.get(word, word) for word in rest]
            done = subprocess.run(
                [sys.executable, "-m", "muster", *rest], cwd=here, env=environment, capture_output=True, text=True,
                check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            allowed = (0, 1) if rest[0] == "check" else (0,)
            assert done.returncode in allowed, f"{named(page)}: muster {shlex.join(rest)}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", [pytest.param(page, id=named(page)) for page in pages()])
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    text = re.sub(r"`[^`\n]*`", "", text)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.is_relative_to(ROOT), f"{named(page)}: {target} leaves the repository"
        if page.name == "rules.md" and not path.endswith(".md") and path:
            continue
        assert there.exists(), f"{named(page)}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{named(page)}: {target}"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#{1,6} (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


NAME = re.compile(r"[A-Za-z_][\w.]*(?:\(\))?")


def architecture_names() -> list[str]:
    return re.findall(r"`([^`\n]+)`", FENCE.sub("", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))


def exists(word: str) -> bool:
    """Whether a word in backticks is a path, a suffix of one, a name in the code, or a command."""
    if word.startswith("muster "):
        return word.split()[1] in COMMANDS
    if word.startswith("python3 dev.py "):
        return f"    {word}" in (ROOT / "dev.py").read_text(encoding="utf-8")
    if word in (".sql", ".muster/"):
        return True
    if "/" in word or re.search(r"\.(py|md|toml)$", word):
        return (ROOT / word).exists() or (ROOT / "src/muster" / word).exists()
    return word in code_names()


def code_names() -> set[str]:
    """Every class, function, constant and field of the package, and its modules."""
    found: set[str] = set()
    for path in sorted((ROOT / "src/muster").rglob("*.py")):
        found.add(path.stem if path.stem != "__init__" else path.parent.name)
        text = path.read_text(encoding="utf-8")
        found.update(re.findall(r"^\s*(?:def|class) (\w+)", text, re.MULTILINE))
        found.update(re.findall(r"^\s*(\w+)\s*(?::[^=\n]+)?(?:=|$)", text, re.MULTILINE))
        found.update(re.findall(r"^\s+(\w+): ", text, re.MULTILINE))
    return found


def test_architecture_is_short_and_every_name_in_it_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    missing = [word for word in architecture_names() if not exists(word)]
    assert not missing
    assert not exists("src/muster/utils.py")
    assert not exists("NoSuchThing")


def test_every_module_is_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "src/muster").iterdir()):
        if path.is_dir() and (path / "__init__.py").exists():
            assert f"src/muster/{path.name}/" in text, path.name
        elif path.suffix == ".py" and path.name != "__init__.py":
            assert f"{path.name}" in text, path.name


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs/generate.py"), "--check"], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stale_page_is_seen(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    with (tmp_path / "docs/configuration.md").open("a") as page:
        page.write("stale\n")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "docs/generate.py"), "--check"], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert done.returncode == 1
    assert "docs/configuration.md. Type: python3 dev.py docs" in done.stdout


#: Put together here, so that this file does not hold them itself.
FORBIDDEN = [
    "/ho" + "me/", "/wo" + "rk/", "/ro" + "ot/", "/Us" + "ers/", "pypi" + ".org", "files.python" + "hosted", "index" + "-url =",
    "registry" + ".npmjs",
]  # fmt: skip


def test_no_address_of_a_machine_or_registry() -> None:
    done = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    for name in done.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and path.suffix in (".md", ".py", ".toml", ".sql", ".csv", ".history", ".txt", ".json", ".yml", ""):
            text = path.read_text(encoding="utf-8", errors="replace")
            for word in FORBIDDEN:
                assert word not in text, f"{name}: {word}"


def test_the_readme_promises_what_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 dev.py demo" in text
    assert "python3 dev.py test" in text
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").lstrip().startswith("Apache License")
    run = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert run.splitlines()[0] == "#!/usr/bin/env bash"
    assert run.rstrip().endswith("python3 dev.py test")
    assert os.access(ROOT / ".ci/run", os.X_OK)
