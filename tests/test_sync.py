"""`muster sync`: one source failing keeps none of the others, what it prints, and being stopped or killed at any moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest

from muster import book as books
from muster import cli, printed, room, sources, syncing
from muster.model import MusterError
from muster.sources import gather
from muster.sources._kept import Kept, path_of
from muster.terminal import Status, columns
from tests.build import ANN, Repo
from tests.hostile_servers import Handler, Server, serving

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)

#: A source that lies elsewhere, as another package would bring it.
ORCHARD = '''
"""Issues of an orchard."""

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from muster.model import Account, Evidence, Grade, Skipped
from muster.sources._client import Client, Secret
from muster.sources._kept import Raw

SOURCE, KEPT, GIVES = "orchard", True, ("issues",)
SHOWS, BLIND = "which trees were planted", "which were thought of"
QUESTIONS = ("Who outside your team says so?", "Is this bigger than the team?")
EXAMPLE = '[sources.orchard]\\nbase = "https://orchard.example.org"'


@dataclass(frozen=True, slots=True)
class Settings:
    """`base` is where it is."""

    base: str


def fetch(settings, root, kept, tell):
    """Page after page, each with the next one's number."""
    with Client(settings.base, Secret("orchard-token-123456"), name="Orchard", clock=kept.clock, sleep=lambda _: None, tell=tell) as client:
        page = int(kept.cursor("page") or 1)
        while items := (answer := client.get("/items", {"page": page})).items():
            # Each page goes back by half of the one before, as it must where new ones come in front.
            kept.put([Raw(f"tree/{msgspec.json.decode(one)['n']:04}", "tree", one, answer.at) for one in items], {"page": str(page + 1)})
            tell("trees", kept.count(), None)
            page += 1
    yield Skipped("orchard: the old wall", "answers 404")


def parse(raw):
    """The tree."""
    tree = msgspec.json.decode(raw.body)
    if tree["n"] == 13:
        raise ValueError("a tree without a date")
    at = datetime(2026, 6, 1 + tree["n"] % 28, tzinfo=UTC)
    yield Account("orchard:ann", "Ann", "ann@example.org")
    yield Evidence(
        id=f"orchard:{raw.key}", source="orchard", kind="issue", origin="orchard", ref=raw.key, title=f"Tree {tree['n']}", actor="orchard:ann",
        happened_at=at, recorded_at=at, grade=Grade.HOSTED,
    )
'''

#: A source of this machine.
STONES = '''
"""Stones on the way."""

from dataclasses import dataclass
from datetime import UTC, datetime

from muster.model import Evidence, Grade, Skipped

SOURCE, GIVES = "stones", ("documents",)
SHOWS, BLIND = "where stones lie", "who put them there"
QUESTIONS = ("What went wrong since?",)
EXAMPLE = '[sources.stones]\\nfolder = "stones"'


@dataclass(frozen=True, slots=True)
class Settings:
    """`folder` is where they lie."""

    folder: str


def fetch(settings, root):
    """Each stone."""
    yield Skipped("stones: pebbles", "too small", 3)
    yield from sorted(path.name for path in (root / settings.folder).iterdir())


def parse(raw):
    """A stone."""
    return Evidence(
        id=f"stones:{raw}", source="stones", kind="document", origin="stones", ref=raw, title=raw, actor="ann@example.org",
        happened_at=datetime(2027, 1, 1, tzinfo=UTC), recorded_at=None, grade=Grade.SAID,
    )
'''


def module_of(name: str, text: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)
    return module


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sources are installed, and no others."""
    made = (module_of("orchard_source", ORCHARD), module_of("stones_source", STONES))
    monkeypatch.setattr(sources, "modules", lambda package, marker: made)


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serving()


def pages(count: int, pause: float = 0.0) -> object:
    """So many pages of ten trees, then an empty one; each goes back by half of the one before."""

    def reply(to: Handler) -> None:
        time.sleep(pause)
        page = int(to.path.partition("page=")[2])
        to.answer(json.dumps([{"n": n} for n in range(page * 5 - 5, page * 5 + 5)] if page <= count else []).encode())

    return reply


def book(root: Path, **tables: str) -> Path:
    """A book with these tables of sources."""
    root.mkdir(parents=True, exist_ok=True)
    lines = ['repositories = ["../shop", "../gone"]' if "git" in tables else "", "[owner]", 'emails = ["ann@example.org"]']
    lines += [f"[sources.{name}]\n{table}" for name, table in tables.items() if name != "git"]
    (root / "muster.toml").write_text("\n".join(lines) + "\n")
    return root


def bring(root: Path, *names: str, full: bool = False) -> syncing.Synced:
    return syncing.bring(books.read(root), names, clock=lambda: NOON, full=full)


def named(synced: syncing.Synced) -> dict[str, syncing.Connected]:
    return {one.origin: one for one in synced.connected}


def test_everything_is_brought_up_to_date(tmp_path: Path, two: None, server: Server) -> None:
    server.replies["/items"] = pages(3)  # type: ignore[assignment]
    repo = Repo(tmp_path / "shop")
    repo.commit("Hold the lock", {"lock.py": "1\n"}, author=ANN, date="2026-02-02T09:00:00+00:00")
    repo.commit("Wait", {"wait.py": "1\n"}, author=ANN, date="2036-02-02T09:00:00+00:00")
    root = book(tmp_path / "book", git="", orchard=f'base = "{server.url}"', stones='folder = "stones"')
    (root / "stones").mkdir()
    (root / "stones" / "big").touch()
    first = bring(root)
    found = named(first)
    assert list(found) == ["shop", "gone", "stones", "orchard"]
    assert (found["shop"].count, found["shop"].newest) == (2, datetime(2026, 2, 2, 9, tzinfo=UTC))
    assert "not on this machine" in found["gone"].failed
    trees = found["orchard"]
    assert (trees.count, trees.new, trees.synced, trees.failed) == (19, 20, NOON, "")
    assert trees.newest == datetime(2026, 6, 20, tzinfo=UTC)
    assert [(one.where, one.reason) for one in trees.skipped] == [("orchard: the old wall", "answers 404"), ("orchard: tree/0013", "a tree without a date")]
    # What lies in the future is no sign of freshness.
    assert (found["stones"].count, found["stones"].new, found["stones"].newest, found["stones"].skipped[0].count) == (1, None, None, 3)
    asked = len(server.asked)
    again = named(bring(root))["orchard"]
    assert again.new == 0 and again.count == 19 and len(server.asked) == asked + 1
    assert named(bring(root, full=True))["orchard"].new == 0 and len(server.asked) == asked + 5
    # Every other command reads what was kept, and says what could not be brought.
    gathered = gather("orchard", {"base": "https://nowhere.invalid"}, root)
    assert len(gathered.evidence) == 19 and gathered.synced == NOON and gathered.skipped == trees.skipped and gathered.accounts[0].email == "ann@example.org"


def test_one_that_fails_keeps_none_of_the_others(tmp_path: Path, two: None, server: Server) -> None:
    root = book(tmp_path / "book", orchard=f'base = "{server.url}"', stones='folder = "none"', nothing="x = 1", stone="")
    server.replies["/items"] = lambda to: to.answer(b"{}", 403)
    found = named(bring(root))
    assert {name: bool(one.failed) for name, one in found.items()} == {"nothing": True, "stone": True, "stones": True, "orchard": True}
    assert "answers 403" in found["orchard"].failed and found["orchard"].synced is None and found["orchard"].next
    assert "not brought to its end yet" in found["orchard"].notes[0]
    assert "cannot be read" in found["stones"].failed
    assert "no such source" in found["nothing"].failed
    server.replies["/items"] = pages(1)  # type: ignore[assignment]
    found = named(bring(root))
    assert found["orchard"].count == 10 and not found["orchard"].failed and found["stones"].failed
    # It fails later on: what was brought stands, with the day on which it was.
    server.replies["/items"] = lambda to: to.answer(b"{}", 500)
    found = named(bring(root))
    assert found["orchard"].count == 10 and found["orchard"].failed and found["orchard"].synced == NOON


def test_only_those_that_are_named(tmp_path: Path, two: None, server: Server) -> None:
    server.replies["/items"] = pages(1)  # type: ignore[assignment]
    root = book(tmp_path / "book", git="", orchard=f'base = "{server.url}"')
    synced = bring(root, "orchard")
    assert [one.name for one in synced.connected] == ["orchard"] and not synced.offered
    assert [one.origin for one in bring(root, "git").connected] == ["shop", "gone"]
    with pytest.raises(MusterError, match="not connected") as caught:
        bring(root, "stones")
    assert '[sources.stones]\nfolder = "stones"' in caught.value.next
    with pytest.raises(MusterError, match="no such source"):
        bring(root, "stnoes")
    assert [one.name for one in bring(root).offered] == ["stones"]


@pytest.mark.parametrize("key", ["token", "api-key", "password", "PRIVATE_TOKEN", "client_secret"])
def test_a_token_in_the_book_is_refused(tmp_path: Path, two: None, key: str) -> None:
    root = book(tmp_path / "book", orchard=f'base = "https://x.example.org"\n{key} = "ghp_verysecret"')
    one = bring(root).connected[0]
    assert "holds no tokens" in one.failed and "keyring" in one.next and "verysecret" not in repr(one)
    with pytest.raises(MusterError, match="holds no tokens"):
        gather("orchard", {"base": "https://x.example.org", key: "ghp_verysecret"}, root)
    assert not (root / ".muster" / "raw").exists()


def test_the_table(tmp_path: Path, two: None, server: Server) -> None:
    server.replies["/items"] = pages(3)  # type: ignore[assignment]
    root = book(tmp_path / "book", git="", orchard=f'base = "{server.url}"')
    text = syncing.text(bring(root), 80)
    lines = text.splitlines()
    assert all(columns(line) <= 80 for line in lines), text
    assert lines[0].split() == ["connected", "records", "new", "newest", "synced", "not", "taken"]
    assert [line.split() for line in lines[1:4]] == [
        ["git:", "shop", "0", "none", "not", "yet"], ["git:", "gone", "0", "none", "not", "yet"],
        ["orchard", "19", "20", "2026-06-20", "2026-06-30", "12:00", "2"],
    ]  # fmt: skip
    for said in ("git was not brought up to date", "a tree without a date", "which were thought of", "Who outside your team says so?", "Not connected", "where stones lie", "[sources.stones]", 'folder = "stones"'):
        assert said in text, said
    assert "https://orchard" not in text
    for wide in (40, 60, 100):
        text = syncing.text(bring(root, "orchard"), wide)
        assert all(columns(line) <= max(wide, 73) for line in text.splitlines()), text


def test_the_questions_are_the_room_s() -> None:
    assert set(syncing.OF_GIT[2]) <= {question.text for seat in room.seats() for question in seat.QUESTIONS}


def test_nothing_is_connected(tmp_path: Path, two: None) -> None:
    text = syncing.text(bring(book(tmp_path / "book")), 80)
    assert text.count("What went wrong since?") == 1 and "nothing but the book itself" in text and "[sources.orchard]" in text and "[sources.stones]" in text


def test_on_the_command_line(tmp_path: Path, two: None, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.replies["/items"] = pages(2)  # type: ignore[assignment]
    root = book(tmp_path / "book", orchard=f'base = "{server.url}"')
    assert cli.main(["sync", "--book", str(root)]) == 0
    shown = capsys.readouterr()
    assert "orchard" in shown.out and "orchard: asking what is new" in shown.err
    assert cli.main(["sync", "orchard", "--book", str(root), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, printed.schema("sync"))
    assert document["schema"] == "muster.sync/1" and document["synced"]["connected"][0]["count"] == 14
    server.replies["/items"] = lambda to: to.answer(b"no", 401)
    assert cli.main(["sync", "--book", str(root)]) == 1
    assert "does not take the token" in " ".join(capsys.readouterr().out.split())
    assert cli.main(["sync", "stones", "--book", str(root)]) == 2
    assert "[sources.stones]" in capsys.readouterr().err


def test_waits_are_told(tmp_path: Path, two: None, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    waits = [True]
    good = pages(1)

    def reply(to: Handler) -> None:
        if waits and waits.pop():
            to.answer(b"{}", 429, Retry_After="42")
        else:
            good(to)  # type: ignore[operator]

    server.replies["/items"] = reply
    assert cli.main(["sync", "--book", str(book(tmp_path / "book", orchard=f'base = "{server.url}"'))]) == 0
    assert "orchard: Orchard asks to wait 42 s" in capsys.readouterr().err


def test_progress_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Status(lines=True) as tell:
        for number in range(1000):
            tell("trees", number, 1000)
        tell("[bold]a\x1b[31m server[/] asks to wait 42 s", 0, None)
    with Status() as tell:
        tell("quiet", 0, None)
    said = capsys.readouterr().err.splitlines()
    assert len(said) < 6 and said[-1] == "[bold]a\\u001b[31m server[/] asks to wait 42 s"


READS = """
import sys
from pathlib import Path

def refuse(event, args):
    if event.startswith("socket.") and event != "socket.gethostname":
        raise SystemExit(f"the network was asked: {event} {args}")

sys.addaudithook(refuse)
from muster.sources import gather
found = gather("orchard", {"base": "https://orchard.example.org"}, Path(sys.argv[1]))
assert len(found.evidence) == 14 and not {"httpx", "keyring"} & sys.modules.keys()
"""


def test_reading_needs_no_network(tmp_path: Path, package: Path, two: None, server: Server) -> None:
    server.replies["/items"] = pages(2)  # type: ignore[assignment]
    root = book(tmp_path / "book", orchard=f'base = "{server.url}"')
    bring(root)
    done = subprocess.run([sys.executable, "-c", READS, str(root)], env={**os.environ, "PYTHONPATH": str(package)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# Stopped and killed


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder for PYTHONPATH in which another package brings the orchard, by an entry point."""
    folder = tmp_path / "packages"
    (folder / "orchard-1.dist-info").mkdir(parents=True)
    (folder / "orchard-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: orchard\nVersion: 1\n")
    (folder / "orchard-1.dist-info" / "entry_points.txt").write_text("[muster.sources]\norchard = orchard_source\n")
    (folder / "orchard_source.py").write_text(ORCHARD)
    return folder


def start(package: Path, root: Path, *words: str) -> subprocess.Popen[str]:
    """`muster sync` in a process of its own, that Ctrl-C reaches."""
    return subprocess.Popen(
        [sys.executable, "-c", "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from muster import cli; sys.exit(cli.main(sys.argv[1:]))",
         "sync", "orchard", "--book", str(root), *words],
        env={**os.environ, "PYTHONPATH": str(package), "XDG_CACHE_HOME": str(package / "cache")}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(server: Server, asked: int) -> None:
    """Until it was asked so often."""
    until = time.monotonic() + 60
    while len(server.asked) < asked:
        assert time.monotonic() < until
        time.sleep(0.002)


def read(root: Path) -> Sequence[tuple[str, str, bytes]]:
    with Kept(path_of(root, "orchard"), reading=True) as kept:
        return [(one.key, one.kind, one.body) for one in kept.items()]


def test_stopped(tmp_path: Path, package: Path, server: Server) -> None:
    server.replies["/items"] = pages(40, 0.02)  # type: ignore[assignment]
    root = book(tmp_path / "book", orchard=f'base = "{server.url}"')
    child = start(package, root)
    wait_for(server, 10)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=180)
    assert child.returncode == 130 and not out, err
    assert "Traceback" not in err and "to go on from there, type: muster sync orchard" in err and "kept" in err
    held = len(read(root))
    assert 20 <= held < 205
    first = int(server.asked[-1][1].partition("page=")[2])
    child = start(package, root)
    out, err = child.communicate(timeout=180)
    assert child.returncode == 0 and len(read(root)) == 205, err
    gone_on = [int(path.partition("page=")[2]) for _, path, _ in server.asked]
    assert gone_on[-1] == 41 and gone_on.count(1) == 1 and gone_on.count(first) <= 2


def test_killed_and_gone_on_with(tmp_path: Path, package: Path, server: Server) -> None:
    """The same items, and the same bytes of what is made of them, as a sync that nobody killed."""
    server.replies["/items"] = pages(60, 0.01)  # type: ignore[assignment]
    roots = [book(tmp_path / name, orchard=f'base = "{server.url}"') for name in ("alone", "killed")]
    child = start(package, roots[0])
    assert child.wait(180) == 0, child.communicate()
    child.communicate()
    for turn in range(4):
        asked = len(server.asked)
        child = start(package, roots[1])
        wait_for(server, asked + 2 + turn * 2)
        child.kill()
        child.communicate()
        assert child.returncode == -signal.SIGKILL
    child = start(package, roots[1])
    _, err = child.communicate(timeout=180)
    assert child.returncode == 0, err
    assert read(roots[0]) == read(roots[1]) and len(read(roots[0])) == 305
    ways = [subprocess.run(
        [sys.executable, "-c", "import sys; from pathlib import Path; from muster.sources import gather; print(gather('orchard', {'base': 'https://x.example.org'}, Path(sys.argv[1])).evidence)", str(root)],
        env={**os.environ, "PYTHONPATH": str(package)}, capture_output=True, check=True,
    ).stdout for root in roots]  # fmt: skip
    assert ways[0] == ways[1] and len(ways[0]) > 10_000
