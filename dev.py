#!/usr/bin/env python3
"""Set up this checkout and run something in it, with nothing but git, python3 (3.11 or newer) and pip.

    python3 dev.py demo          the whole job: sample book and this repository's own book, ends in a packet
    python3 dev.py test          everything that continuous integration checks
    python3 dev.py run ARG…      `muster ARG…` from this checkout
    python3 dev.py python ARG…   the checkout's own Python
    python3 dev.py docs          write the generated documentation anew
    python3 dev.py lock          resolve the dependencies anew into requirements/

Standard library only. uv is used where it is found and otherwise installed into `.dev/` of the checkout; nothing
outside the checkout is touched.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
DEV = ROOT / ".dev"
VENV = DEV / "venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
LOCKED = ROOT / "requirements" / "dev.txt"


def main(arguments: list[str]) -> int:
    """Exit code of the command that was asked for."""
    if sys.version_info < (3, 11):  # noqa: UP036 - people run this with whatever python3 they have
        print(f"muster needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if command == "lock":
        return lock()
    commands = {"demo": demo, "test": test, "run": run, "python": python, "docs": docs}
    if command not in commands:
        print(__doc__)
        return 0 if command in ("help", "-h", "--help") else 2
    set_up()
    return commands[command](rest)


def uv() -> list[str]:
    """The command that runs uv: from the path, or from `.dev/uv`, installed there on first use."""
    found = shutil.which("uv")
    if found:
        return [found]
    here = DEV / "uv" / "bin" / ("uv.exe" if os.name == "nt" else "uv")
    if not here.exists():
        say("fetching uv into .dev/ (once)")
        # A plain `pip install` is refused on Debian (PEP 668); a target folder of our own is not.
        result = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--root-user-action=ignore", "--target", str(DEV / "uv"), "uv>=0.5"],
            check=False,
        )
        if result.returncode != 0 or not here.exists():
            raise SystemExit("Could not install uv with pip. Is pip there (`python3 -m pip --version`) and the network up?")
    return [str(here)]


def set_up() -> None:
    """Make `.dev/venv` hold exactly the locked requirements; does nothing when it already does."""
    stamp = DEV / "stamp"
    wanted = hashlib.sha256(
        LOCKED.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + sys.version.encode() + str(ROOT).encode()
    ).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    DEV.mkdir(exist_ok=True)
    tool = uv()
    say("installing the locked requirements into .dev/venv (once)")
    # uv does not read pip's settings; somebody whose pip is pointed at a mirror or a certificate means it for this too.
    environment = {"UV_SYSTEM_CERTS": "1", **os.environ, "VIRTUAL_ENV": str(VENV), "UV_LINK_MODE": "copy"}
    for option, variable in (("index-url", "UV_DEFAULT_INDEX"), ("cert", "SSL_CERT_FILE")):
        asked = subprocess.run([sys.executable, "-m", "pip", "config", "get", f"global.{option}"],
                               check=False, capture_output=True, text=True)
        if asked.returncode == 0 and asked.stdout.strip():
            environment.setdefault(variable, asked.stdout.strip())
    for step in (
        ["venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)],
        ["pip", "install", "--quiet", "--require-hashes", "-r", str(LOCKED)],
        ["pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ):
        if subprocess.run([*tool, *step], env=environment, check=False).returncode != 0:
            raise SystemExit(f"`uv {' '.join(step[:2])}` failed; what it said is above. `rm -r .dev` starts afresh.")
    stamp.write_text(wanted)


def lock() -> int:
    """Resolve pyproject.toml for every supported Python into hashed files that name no address."""
    for name, groups in (("run", []), ("dev", ["--group", "dev"])):
        result = subprocess.run(
            [*uv(), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes",
             "--no-emit-index-url", "--custom-compile-command", "python3 dev.py lock", "--upgrade", *groups,
             "pyproject.toml", "-o", f"requirements/{name}.txt"],
            cwd=ROOT, check=False,
        )
        if result.returncode:
            return result.returncode
    return 0


def demo(arguments: list[str]) -> int:
    """The demo's exit code."""
    return in_venv(["muster", "demo", *arguments])


def run(arguments: list[str]) -> int:
    """muster's own exit code."""
    return in_venv(["muster", *arguments])


def python(arguments: list[str]) -> int:
    """Python's exit code."""
    return in_venv(["python", *arguments])


def docs(arguments: list[str]) -> int:
    """Write the generated parts of the documentation anew (`docs --check` only compares)."""
    return in_venv(["python", "docs/generate.py", *arguments])


def test(arguments: list[str]) -> int:
    """Lint, formatting, types, generated docs, tests; the first failure ends it. Arguments go to pytest alone."""
    if not arguments:
        for title, command in (
            ("lint", ["ruff", "check", "."]),
            ("types", ["mypy"]),
            ("docs", ["python", "docs/generate.py", "--check"]),
        ):
            say(title)
            code = in_venv(command)
            if code:
                return code
    say("tests")
    return in_venv(["python", "-m", "pytest", *(arguments or ["-n", "auto"])])


def in_venv(command: list[str]) -> int:
    """Exit code of a program of the checkout's environment, run from the checkout."""
    program = BIN / (command[0] + (".exe" if os.name == "nt" else ""))
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        return subprocess.run([str(program), *command[1:]], cwd=ROOT, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 130


def say(text: str) -> None:
    """A line on standard error, so that what a command prints stays clean."""
    print(f"· {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
