"""A whole project's real history from GitHub, served on loopback and imported: how long it takes, and whether it holds.

    python benchmarks/github_replay.py BACKUP OWNER/NAME [--kills N]

BACKUP is a folder, or a bare git repository, of `issues/N.json` and `pulls/N.json` in GitHub's own JSON, each with its
events and comments. Prints seconds and requests of a first sync and of one with nothing new, of parsing, and whether the
evidence is the same to the byte when imported twice, and when killed at N random moments and gone on with.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.github_server import Server, backup

from muster import sources
from muster.sources import github
from muster.sources._kept import Kept, path_of


def main() -> int:
    """0 where the bytes were the same each time."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("backup", type=Path)
    given.add_argument("name")
    given.add_argument("--kills", type=int, default=5)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--import-into", type=Path, help=argparse.SUPPRESS)
    given.add_argument("--base", default="", help=argparse.SUPPRESS)
    said = given.parse_args()
    settings = {"repositories": [said.name], "base": said.base}
    if said.import_into:
        sync(settings, said.import_into)
        return 0
    project = backup(said.backup, said.name)
    events, comments = (sum(len(getattr(item, what)) for item in project.items.values()) for what in ("timeline", "comments"))
    pulls = sum(item.pull is not None for item in project.items.values())
    print(f"{len(project.items) - pulls} issues, {pulls} pull requests, {events} events, {comments} comments at lines")
    with Server(project) as server, tempfile.TemporaryDirectory() as folder:
        settings["base"] = server.base
        found = []
        for turn in ("first", "second"):
            root = Path(folder, turn)
            print(f"{turn} import: {timed(said, server.base, root)}, {len(server.asked)} requests")
            server.asked.clear()
            found.append(evidence(settings, root))
        print(f"nothing new: {timed(said, server.base, root)}, {len(server.asked)} requests")
        cut = Path(folder, "cut")
        dice, kills = random.Random(said.seed), 0
        while kills < said.kills:
            process = subprocess.Popen(command(said, server.base, cut))
            time.sleep(dice.uniform(0.4, 4))
            if process.poll() is not None:
                break
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        print(f"killed {kills} times, then: {timed(said, server.base, cut)}")
        found.append(evidence(settings, cut))
    same = len(set(found)) == 1
    print(f"evidence: {'the same bytes each time' if same else 'DIFFERS'}: {found[0][:16]}")
    return 0 if same else 1


def command(said: argparse.Namespace, base: str, root: Path) -> list[str]:
    """What imports in a process of its own."""
    return [sys.executable, __file__, str(said.backup), said.name, "--base", base, "--import-into", str(root)]


def timed(said: argparse.Namespace, base: str, root: Path) -> str:
    """How long an import took."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command(said, base, root), check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return f"{wall:.1f} s wall, {after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.1f} s CPU"


def sync(settings: dict[str, object], root: Path) -> None:
    """Bring what is new."""
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    with Kept(path_of(root, "github")) as kept:
        github.fetch(sources.settings_of(github, settings), root, kept, lambda *_: None)
        kept.ended()


def evidence(settings: dict[str, object], root: Path) -> str:
    """The hash of all evidence, printed with what it is."""
    start = time.process_time()
    found = sources.gather("github", settings, root)
    spent = time.process_time() - start
    kinds = Counter(piece.kind for piece in found.evidence)
    size = path_of(root, "github").stat().st_size >> 20
    print(f"  parsed in {spent:.1f} s CPU: {dict(sorted(kinds.items()))}, {len(found.accounts)} accounts, "
          f"{sum(one.count for one in found.skipped)} skipped; {size} MB kept")
    for one in found.skipped[:5]:
        print(f"  {one.where}: {one.reason} ({one.count})")
    return hashlib.sha256(msgspec.json.encode((found.evidence, found.accounts, found.skipped))).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
