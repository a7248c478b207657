"""What every source keeps to, whatever it reads: a new one is tried here with nothing but its examples.

They stand in `tests/sources/SOURCE.py`: SETTINGS (its table in muster.toml), and RAWS (key, kind, body) of what would be kept,
or FILES (path below the book → content). CONTRIBUTING.md, *A source*, is one of those that are tried.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import sys
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster import room, sources
from muster.book.settings import parse_settings
from muster.model import FACTS, KINDS, Account, Evidence, Grade, Participant, Role, Skipped
from muster.sources import Gathered, gather, gathered
from muster.sources._kept import Kept, Raw, path_of
from tests.test_recipes import recipes

SEEN = datetime(2026, 6, 30, 12, tzinfo=UTC)
#: Limits for one hostile input (SOURCES.md).
SECONDS, MEGABYTES = 6.0, 500

RECIPE = "src/muster/sources/postmortems.py"


@dataclass(frozen=True, slots=True)
class Tried:
    """A source with its examples."""

    module: ModuleType
    settings: Mapping[str, object]
    raws: tuple[tuple[str, str, bytes], ...] = ()
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.module.SOURCE)

    def gather(self, root: Path, raws: Iterable[tuple[str, str, bytes]] | None = None, files: Mapping[str, bytes] | None = None) -> Gathered:
        """What it makes of its examples, or of others, as `sources.gather` would."""
        chosen = sources.settings_of(self.module, self.settings)
        if sources.kept(self.module):
            given = self.raws if raws is None else raws
            return gathered(self.module, ((key, Raw(key, kind, body, SEEN)) for key, kind, body in given))
        if files is not None or not any(root.iterdir()):
            lay(root, self.files if files is None else files)
        return gathered(self.module, (("record", raw) for raw in self.module.fetch(chosen, root)))


def lay(root: Path, files: Mapping[str, bytes]) -> None:
    """Put files there."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def tried(name: str) -> Tried:
    """The source of that name; the recipe of CONTRIBUTING.md is one."""
    if name == "postmortems":
        module = ModuleType("muster.sources.postmortems")
        sys.modules[module.__name__] = module
        exec(compile(recipes()[RECIPE], RECIPE, "exec"), module.__dict__)
        return Tried(module, {"folder": "reviews"}, files={
            "reviews/locks.md": b"# Deploys stopped\n\nAuthor: ann@example.org\nDate: 2026-02-17\n\nThe lock was never let go.\n",
        })
    made = importlib.import_module(f"tests.sources.{name.replace('-', '_')}")
    return Tried(sources.module_of(name), made.SETTINGS, getattr(made, "RAWS", ()), getattr(made, "FILES", {}))


NAMES = (*sources.names(), "postmortems")
each = pytest.mark.parametrize("name", NAMES)
elsewhere = pytest.mark.parametrize("name", [name for name in NAMES if name != "postmortems" and sources.kept(sources.module_of(name))])
here = pytest.mark.parametrize("name", [name for name in NAMES if name == "postmortems" or not sources.kept(sources.module_of(name))])


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading needs none."""

    def refuse(*_: object, **__: object) -> Any:
        raise AssertionError("a source asked the network while it was read")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


# What a source says of itself


@each
def test_it_says_what_it_is(name: str) -> None:
    module = tried(name).module
    assert re.fullmatch(r"[a-z][a-z0-9-]*", module.SOURCE)
    assert (module.__doc__ or "").strip()
    assert module.GIVES and set(module.GIVES) <= set(sources.SORTS)
    for said in (module.SHOWS, module.BLIND):
        assert said and "\n" not in said and len(said) <= 240
    asked = {question.text for seat in room.seats() for question in seat.QUESTIONS}
    assert module.QUESTIONS and set(module.QUESTIONS) <= asked, sorted(set(module.QUESTIONS) - asked)
    for function in (module.fetch, module.parse):
        assert (function.__doc__ or "").strip()
    assert len(inspect.signature(module.parse).parameters) == 1
    assert len(inspect.signature(module.fetch).parameters) == (4 if sources.kept(module) else 2)


@each
def test_its_settings_say_what_they_are(name: str) -> None:
    module = tried(name).module
    record: Any = module.Settings
    assert dataclasses.is_dataclass(record)
    assert getattr(record, "__dataclass_params__").frozen  # noqa: B009 - mypy knows no such attribute
    documented = record.__doc__ or ""
    assert documented.strip() and not documented.startswith("Settings(")
    text = recipes()[RECIPE] if name == "postmortems" else inspect.getsource(module.Settings)
    for field in dataclasses.fields(record):
        word = rf"\b{field.name.replace('_', '[-_ ]')}\b"
        assert re.search(word, documented) or re.search(rf"#.*\n\s+{field.name}:|\n\s+{field.name}:.*#", text), field.name
        assert not re.search(r"token|password|secret", field.name), "a book holds no tokens"
    shown = tomllib.loads(module.EXAMPLE)
    sources.settings_of(module, shown["sources"][module.SOURCE])
    parse_settings(module.EXAMPLE)


@each
def test_its_page(name: str) -> None:
    """docs/sources.md has a section on it, with the lines that connect it."""
    if name != "postmortems":
        page = (Path(__file__).resolve().parents[1] / "docs" / "sources.md").read_text(encoding="utf-8")
        assert f"[sources.{name}]" in page.partition("# Source by source")[2]


# What it makes of its examples


@each
def test_its_examples_are_read(name: str, tmp_path: Path) -> None:
    one = tried(name)
    found = one.gather(tmp_path)
    assert found.evidence
    assert not found.skipped, found.skipped
    sound(one, found)


@each
def test_the_same_twice(name: str, tmp_path: Path) -> None:
    one = tried(name)
    assert one.gather(tmp_path) == one.gather(tmp_path)


@elsewhere
def test_through_the_book(name: str, tmp_path: Path) -> None:
    """By `gather`, from what was kept in whatever order, and whenever it was fetched."""
    one = tried(name)
    given = []
    for turn, seen in enumerate((SEEN, SEEN.replace(year=2027))):
        root = tmp_path / str(turn)
        with Kept(path_of(root, name), clock=lambda seen=seen: seen) as kept:  # type: ignore[misc]
            kept.put(Raw(*raw, seen) for raw in (one.raws if turn else reversed(one.raws)))
            kept.put([Raw(f"{one.raws[0][0]}-gone", one.raws[0][1], b"", seen)])  # what is no more there
            kept.ended()
        given.append(gather(name, one.settings, root))
    assert given[0].evidence and given[0].evidence == given[1].evidence and given[0].accounts == given[1].accounts
    assert given[0].synced == SEEN and not given[0].notes and not given[0].skipped
    ids = {piece.id for piece in given[0].evidence}
    assert ids == {piece.id for piece in one.gather(tmp_path).evidence}, "`wants` leaves some of the examples out"


def sound(one: Tried, found: Gathered) -> None:
    """Fails where a piece is not what the lake can take."""
    for piece in found.evidence:
        assert type(piece) is Evidence
        name = getattr(one.module, "SAME_AS", one.name)
        assert piece.id.startswith(f"{name}:") and piece.id != f"{name}:" and piece.source == name, piece.id
        assert piece.kind in KINDS, piece.kind
        assert isinstance(piece.grade, Grade)
        for text in (piece.id, piece.origin, piece.ref, piece.title, piece.actor, piece.text):
            writable(text)
        assert piece.origin and "\n" not in piece.title
        assert piece.url is None or re.match(r"https?://", piece.url), piece.url
        assert piece.actor == "" or is_person(piece.actor), piece.actor
        for when in (piece.happened_at, piece.recorded_at):
            assert when is None or (isinstance(when, datetime) and when.utcoffset() is not None)
            assert when is None or when.astimezone(UTC)
        for part in piece.participants:
            assert type(part) is Participant and isinstance(part.role, Role) and is_person(part.person), part
        assert piece.about is None or ":" in piece.about
        for fact, value in piece.facts:
            assert fact in FACTS, fact
            writable(value)
            if fact in ("closed", "merged", "edited", "began", "ended"):
                assert datetime.fromisoformat(value).utcoffset() is not None, (fact, value)
            if fact in ("closed-by", "merged-by", "decided-by"):
                assert is_person(value), (fact, value)
    for account in found.accounts:
        assert type(account) is Account and is_person(account.id), account
        for text in (account.id, account.name, account.email):
            writable(text)
        assert account.email == "" or ("@" in account.email.strip("@") and account.email == account.email.lower())
    for skipped in found.skipped:
        assert type(skipped) is Skipped and skipped.where and skipped.reason and skipped.count > 0
        assert len(skipped.reason) <= 2500
        writable(skipped.where)
        writable(skipped.reason)
    assert len({piece.id for piece in found.evidence}) == len(found.evidence)


def is_person(text: str) -> bool:
    """Whether it names somebody: `ann@example.org`, `@ann`, `slack:U012AB3CD`."""
    writable(text)
    if re.search(r"\s", text):
        return False
    if re.match(r"[a-z][a-z0-9-]*:.", text):
        return True
    return text == text.lower() and ("@" in text.strip("@") or bool(re.fullmatch(r"@[^@]+", text)))


def writable(text: str) -> None:
    """Fails where it is no text that can be written."""
    assert isinstance(text, str)
    text.encode("utf-8")


# Hostile input


DEEP = 100_000
BOMB = io.BytesIO()
with zipfile.ZipFile(BOMB, "w", zipfile.ZIP_DEFLATED) as packed:
    packed.writestr("channels.json", b"[" + b" " * 300_000_000 + b"]", compresslevel=1)

#: Whole bodies and files, of every kind that somebody might send instead of what was asked for.
BODIES: tuple[bytes, ...] = (
    b"", b"null", b"true", b"0", b"-0", b"1e999", b"1" * 5000, b'""', b"[]", b"{}", b"[null]", b"[[]]", b"[{}]", b'{"":null}', b"{", b'{"a"', b"NaN",
    b"\xff\xfe\x00\x00", b"\xef\xbb\xbf{}", b"\x00" * 1000, b"\xc3\x28", b'"\\ud800"', b'{"\\ud800": "\\udfff"}', b"\x1b[2J\x1b]0;x\x07", "\u202eevil\u2066".encode(),
    b"[" * DEEP, b"{\"a\":" * DEEP, b"[" * DEEP + b"]" * DEEP, b'{"a":' * 900 + b"1" + b"}" * 900,
    b"<html><body>Sign in</body></html>", b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><x>&b;</x>",
    b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % ((98 + i, 98 + i) + (97 + i,) * 9) for i in range(9)),
    b"---\na: *a\n---\n", b"---\nstatus: !!python/object/apply:os.system ['true']\n---\n# x\n", b"---\n" + b"- " * DEEP + b"\n---\n# x\n", b"---\ntitle: x",
    b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n" + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 20_000,
    b"From: a\nContent-Type: message/rfc822\n\n" * 5_000, b"Subject: " + b"=?utf-8?q?x?= " * 50_000 + b"\n\nx", b"Date: Thu, 99 Foo 99999 99:99:99 +9999\nFrom: <>\n\n",
    b"References: " + b"<a@b> " * 100_000 + b"\n\n", b"From x\n" * 50_000,
    b"BEGIN:VCALENDAR\n" * 5_000, b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY\nEND:VEVENT\nEND:VCALENDAR\n",
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=Nowhere/None:99991231T235959\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\nDURATION:P999999999D\nEND:VEVENT\nEND:VCALENDAR\n",
    b"| " * 200_000, b"# " * 100_000, b"> " * 50_000, b"x\n" * 300_000, b"*" * 100_000, b"[](" * 50_000, b"# x\n\n- Status: " + b"a" * 1_000_000 + b"\n",
    b"person,team\n" + b'"' * 100_001, b"a," * 200_000 + b"\n", b"=cmd|' /C calc'!A0,@x,+1,-1\n",
    b"[" + b"[]," * 1_500_000 + b"[]]", b'{"a":[' + b"{}," * 1_500_000 + b"{}]}",
    BOMB.getvalue(), BOMB.getvalue()[:-30], b"PK\x05\x06" + b"\x00" * 18, zlib.compress(b"\x00" * 50_000_000),
)  # fmt: skip

#: What stands where something else was meant, in otherwise right shapes.
WRONG: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**40, 1.5, 1e308, "", " ", "\x00", "\ud800", "\u202ex\u2066", "\x1b[31mx\x1b[0m", "a\nb\r\nc", "x" * 300_000, "0", "@", "a@b@c", ":", "//", "../../x",
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00Z", "2026-01-01", "1e400", "1767225600.000100", "javascript:alert(1)", "-9" * 30,
    [], {}, [None], [[]], [{}], {"": None}, ["x"], [1], {"id": {}}, [["a", "b"]],
)  # fmt: skip


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place of a JSON value, outermost first."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value[:3]):
            yield from places(inner, (*path, number))


def put(value: Any, path: tuple[str | int, ...], other: Any) -> Any:
    """The value with something else at a place; taken out where that is Ellipsis."""
    if not path:
        return other
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and other is ...:
        del copied[path[0]]
    else:
        copied[path[0]] = put(copied[path[0]], path[1:], other)
    return copied


def spoilt_json(body: bytes) -> Iterator[bytes]:
    """The body with each of its values replaced by what is wrong there, or gone; nothing where it is no JSON."""
    try:
        value = json.loads(body)
    except ValueError:
        return
    for path in places(value):
        for other in (..., *WRONG) if path else WRONG:
            yield json.dumps(put(value, path, other)).encode("ascii")


def spoilt_text(body: bytes) -> Iterator[bytes]:
    """The bytes cut, flipped, line by line gone, twice there, or with something else behind the colon."""
    dice = random.Random(len(body))
    for _ in range(30):
        at = dice.randrange(len(body) + 1)
        yield body[:at]
        yield body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :]
        yield body[:at] + dice.randbytes(20) + body[at:]
    lines = body.split(b"\n")
    if len(body) < 1 << 20 and b"\x00" not in body:
        for number, line in enumerate(lines[:80]):
            yield b"\n".join([*lines[:number], *lines[number + 1 :]])
            yield b"\n".join([*lines[: number + 1], *lines[number:]])
            head, colon, _ = line.partition(b":")
            if colon:
                for other in WRONG:
                    text = other if isinstance(other, str) else json.dumps(other)
                    spoilt = head + b": " + text.encode("utf-8", "surrogatepass")
                    yield b"\n".join([*lines[:number], spoilt, *lines[number + 1 :]])


def spoilt(body: bytes, most: int) -> list[bytes]:
    """At most so many of all that, always the same ones."""
    found = [*spoilt_json(body), *spoilt_text(body)]
    return found if len(found) <= most else random.Random(1).sample(found, most)


class TooSlow(BaseException):
    """A limit of time was reached; no OSError, which a source may catch."""


@contextmanager
def limited(what: str) -> Iterator[None]:
    """Fails where it takes longer than SECONDS of this machine's work, or hangs for ten times that."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {SECONDS} s: {what}")

    clocks = ((signal.SIGPROF, signal.ITIMER_PROF, SECONDS), (signal.SIGALRM, signal.ITIMER_REAL, 10 * SECONDS))
    before = [signal.signal(number, ring) for number, _, _ in clocks]
    for _, clock, seconds in clocks:
        signal.setitimer(clock, seconds)
    try:
        yield
    finally:
        for (number, clock, _), handler in zip(clocks, before, strict=True):
            signal.setitimer(clock, 0)
            signal.signal(number, handler)


def peak() -> float:
    """The most memory that was held since `forget`, in megabytes."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        return int(found[1]) / 1024 if found else 0.0
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget() -> float:
    """Memory now, from where `peak` counts."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def hold(one: Tried, found: Callable[[], Gathered], what: str) -> Gathered:
    """What came of a hostile input, within the limits, and sound."""
    before = forget()
    with limited(what):
        made = found()
    assert peak() - before < MEGABYTES, what
    sound(one, made)
    return made


def shown(body: bytes) -> str:
    """The beginning of a body, for messages."""
    return repr(body[:200]) + (f" and {len(body) - 200:,} more" if len(body) > 200 else "")


@each
def test_whole_bodies(name: str, tmp_path: Path) -> None:
    one = tried(name)
    for body in BODIES:
        for where, raws, files in instead(one, body):
            hold(one, lambda raws=raws, files=files: fresh(one, tmp_path, raws, files), f"{where}: {shown(body)}")  # type: ignore[misc]


@each
def test_spoilt_examples(name: str, tmp_path: Path) -> None:
    one = tried(name)
    if sources.kept(one.module):
        most = max(200, 5000 // len(one.raws))
        for key, kind, body in one.raws:
            before = forget()
            for other in spoilt(body, most):
                with limited(shown(other)):
                    made = one.gather(tmp_path, [(key, kind, other)])
                sound(one, made)
            assert peak() - before < MEGABYTES
        return
    most = max(30, 600 // len(one.files))
    for path, body in one.files.items():
        lay(tmp_path, one.files)
        for other in spoilt(body, most):
            (tmp_path / path).write_bytes(other)
            hold(one, lambda: one.gather(tmp_path), f"{path}: {shown(other)}")


@each
def test_one_bad_record_stops_no_other(name: str, tmp_path: Path) -> None:
    one = tried(name)
    (tmp_path / "good").mkdir()
    good = {piece.id for piece in one.gather(tmp_path / "good").evidence}
    if sources.kept(one.module):
        bad = [(f"{key}-bad", kind, b"\xff{") for key, kind, _ in one.raws]
        found = one.gather(tmp_path, [*bad, *one.raws])
        assert sum(skipped.count for skipped in found.skipped)
    else:
        first = sorted(one.files)[0]
        stem = Path(first)
        found = fresh(one, tmp_path / "bad", None, {**one.files, str(stem.with_name("zz-bad" + stem.suffix)): b"\xff\x00{"})
    assert good <= {piece.id for piece in found.evidence}


#: What makes something else than a file at a place.
ODD: tuple[Callable[[Path], Any], ...] = (
    lambda place: place.mkdir(), lambda place: place.symlink_to("nowhere"), lambda place: place.symlink_to(place.name), lambda place: os.mkfifo(place),
)  # fmt: skip


@here
def test_odd_files(name: str, tmp_path: Path) -> None:
    """A folder, a link to nowhere, a link to itself and a pipe where a file is looked for."""
    one = tried(name)
    for number, path in enumerate(one.files):
        for turn, make in enumerate(ODD):
            root = tmp_path / f"{number}-{turn}"
            root.mkdir()
            lay(root, one.files)
            (root / path).unlink()
            make(root / path)
            with suppress(OSError):  # `gather` says which file, where none is to be had
                hold(one, lambda root=root: one.gather(root), path)  # type: ignore[misc]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@each
@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_comes(name: str, tmp_path: Path, data: st.DataObject) -> None:
    """Random values at random places of the examples, and random bytes."""
    one = tried(name)
    if sources.kept(one.module):
        key, kind, body = data.draw(st.sampled_from(one.raws))
        found = one.gather(tmp_path, [(key, kind, changed(body, data))])
    else:
        path, body = data.draw(st.sampled_from(sorted(one.files.items())))
        found = fresh(one, tmp_path, None, {**one.files, path: changed(body, data)})
    sound(one, found)


def changed(body: bytes, data: st.DataObject) -> bytes:
    """The body with something else somewhere."""
    try:
        value = json.loads(body)
    except ValueError:
        at = data.draw(st.integers(0, len(body)))
        return body[:at] + data.draw(st.binary(max_size=40)) + body[at + data.draw(st.integers(0, 10)) :]
    path = data.draw(st.sampled_from(list(places(value))))
    return json.dumps(put(value, path, data.draw(JSON))).encode("ascii")


def instead(one: Tried, body: bytes) -> Iterator[tuple[str, list[tuple[str, str, bytes]] | None, dict[str, bytes] | None]]:
    """The body in place of an example of each kind (KEPT), or of each kind of file."""
    if sources.kept(one.module):
        for kind, key in {kind: key for key, kind, _ in reversed(one.raws)}.items():
            yield kind, [(key, kind, body)], None
        return
    for path in {Path(path).suffix: path for path in reversed(list(one.files))}.values():
        yield path, None, {**one.files, path: body}


def fresh(one: Tried, folder: Path, raws: list[tuple[str, str, bytes]] | None, files: Mapping[str, bytes] | None) -> Gathered:
    """What it makes of these, in a folder that has nothing else in it."""
    if files is None:
        return one.gather(folder, raws)
    root = folder / "fresh"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    return one.gather(root, raws, files)
