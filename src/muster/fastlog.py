"""`muster log "…"` from the first instruction to the line on disk, without importing anything but os, sys and time.

Whoever has to wait for a log stops keeping one, so this path costs hardly more than starting Python does. It knows
only the plain cases; `run` gives None for anything else, before anything was written, and the whole command line takes
over. `muster.book.log` and `muster.book.journal` use the same functions, so that there is one way to write a line.

The order of events: take the lock (on `journal.jsonl`, which is never replaced), append the line in one write, sync
it, and only then load the hash function and append the journal's record. Killed in between, the line is there and the
journal's next record covers it. An existing line is never rewritten, unless a day is filled in before later days: then
the whole file is written beside itself, synced and renamed.
"""

import os
import sys
import time

JOURNAL = "journal.jsonl"
#: A longer text is an entry of its own, not a line of a log.
MOST_CHARACTERS = 4000

_HEX = frozenset("0123456789abcdef")
_sync = getattr(os, "fdatasync", os.fsync)


def run(arguments: list[str]) -> int | None:
    """Exit code of `muster log ARGUMENTS`; None, with nothing done, where the whole command line has to look at it."""
    book = at = None
    words: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            words += rest
        elif argument in ("--book", "--at"):
            value = next(rest, None)
            if value is None:
                return None
            book, at = (value, at) if argument == "--book" else (book, value)
        elif argument.startswith("--book="):
            book = argument[7:]
        elif argument.startswith("--at="):
            at = argument[5:]
        elif argument.startswith("-") and argument != "-" and " " not in argument:
            return None
        else:
            words.append(argument)
    try:
        root = find(book)
        text = sys.stdin.buffer.read(16 * MOST_CHARACTERS).decode("utf-8", "replace") if words == ["-"] else " ".join(words)
        day, week = day_and_week(at, time.time())
        path = write(root, text, day, week)
    except OSError as error:
        problem = failure("muster log", f"{error.strerror or error} {error.filename or ''}".rstrip(), "Nothing was lost.")
    except Exception as error:  # only those that say where and what next; anything else is a bug
        if type(error).__name__ != "MusterError":
            raise
        problem = error
    else:
        say(sys.stdout, f"{path}: written under {day}\n")
        return 0
    said = str(problem)
    say(sys.stderr, f"{said}\n" if said.startswith("muster") else f"muster: {said}\n")
    return 2


def say(stream: object, text: str) -> None:
    """Write text to a stream; a reader that has gone away does not undo what is on disk."""
    try:
        stream.write(text)  # type: ignore[attr-defined]
        stream.flush()  # type: ignore[attr-defined]
    except (OSError, ValueError, AttributeError):
        pass


def failure(where: str, seen: str, next_: str) -> Exception:
    """A MusterError. Its module is only loaded here, since a log that works needs no errors."""
    from muster.model import MusterError

    return MusterError(where, seen, next_)


def find(start: str | None = None) -> str:
    """The folder of the nearest muster.toml: of `start` itself where it is given, else upward from here."""
    folder = os.path.abspath(start) if start is not None else os.getcwd()  # noqa: PTH100, PTH109 - pathlib costs 8 ms
    where = folder
    while True:
        try:
            os.stat(where + "/muster.toml")  # noqa: PTH116
            return where
        except OSError:
            parent = os.path.dirname(where)  # noqa: PTH120
        if parent == where:
            raise failure(folder, "no book here or above", "Make one: muster init, or name one: --book DIR")
        where = parent


def day_and_week(at: str | None, now: float) -> tuple[str, str]:
    """(`2026-11-10`, `2026-W46`) of a typed day, or of today in local time."""
    if at is None:
        today = time.localtime(now)
        return time.strftime("%Y-%m-%d", today), time.strftime("%G-W%V", today)
    from datetime import date

    try:
        day = date.fromisoformat(at)
        if at != day.isoformat():
            raise ValueError
    except ValueError:
        raise failure("--at", f"{at[:80]!a} is no day", "Write it as 2026-03-02.") from None
    if day.isoformat() > time.strftime("%Y-%m-%d", time.localtime(now)):
        raise failure("--at", f"{day} has not happened yet", "A log holds what happened; leave --at out for today.")
    year, week, _ = day.isocalendar()
    return day.isoformat(), f"{year:04d}-W{week:02d}"


def fold(text: str) -> str:
    """A text as one line that Markdown reads as text: white space folded, undecodable bytes and NUL replaced.

    What would begin a heading, quotation, list, code block, HTML, table or link definition is escaped by one backslash,
    which `unfold` takes off again. Links, emphasis and inline code stay what they are.
    """
    text = text.encode("utf-8", "surrogateescape" if not _lone(text) else "replace").decode("utf-8", "replace")
    text = " ".join(text.replace("\x00", "\ufffd").split())
    return _guard(text)


def _lone(text: str) -> bool:
    """Whether a text has surrogates that are no undecodable byte of the command line."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return True
    return False


def _guard(text: str) -> str:
    first = text[:1]
    if first in "#>+-=|<\\" and first:
        return "\\" + text
    if first == "*" and (text[1:2] in (" ", "*", "") or text[1:2] == "-"):
        return "\\" + text
    if first == "_" and not text.strip("_ "):
        return "\\" + text
    if text.startswith(("```", "~~~")) or (first == "[" and "]:" in text):
        return "\\" + text
    digits = _digits(text)
    mark = digits
    while digits and text[mark : mark + 1] == "\\":
        mark += 1
    if digits and text[mark : mark + 1] in (".", ")") and text[mark + 1 : mark + 2] in (" ", ""):
        return text[:digits] + "\\" + text[digits:]
    return text


def unfold(text: str) -> str:
    """What `fold` was given, white space apart."""
    if text.startswith("\\"):
        return text[1:]
    digits = _digits(text)
    if digits and text[digits : digits + 1] == "\\":
        rest = text[digits:].lstrip("\\")
        if rest[:1] in (".", ")") and rest[1:2] in (" ", ""):
            return text[:digits] + text[digits + 1 :]
    return text


def _digits(text: str) -> int:
    """How many ASCII digits a text begins with, where they can be a list's number (at most nine)."""
    count = 0
    while count < 10 and text[count : count + 1] in "0123456789" and count < len(text):
        count += 1
    return count if count < 10 else 0


def write(root: str, text: str, day: str, week: str, now: float | None = None) -> str:
    """Path (within the book) of the log that now has the line, synced to disk, and recorded in the journal.

    `now` is for tests; the journal's clock is the machine's, read once the lock is held so that records stay in order.

    Safe beside other writers of this kind, and against being killed at any instant: lines that are there stay there.
    Raises MusterError for an empty or overlong text, OSError where the disk refuses; then nothing was added.
    """
    line = fold(text)
    if not line:
        raise failure("muster log", "nothing to log: the text is empty", 'Say what happened: muster log "Agreed the rollout with Payments"')
    if len(line) > MOST_CHARACTERS:
        next_ = "Make it an entry of its own: muster new note \"…\""
        raise failure("muster log", f"a text of {len(line):,} characters; a log line has at most {MOST_CHARACTERS:,}", next_)
    path = f"log/{week}.md"
    journal = open_journal(root)
    try:
        content = None
        while content is None:
            content = _add(f"{root}/{path}", line.encode(), day.encode(), week)
        # From here on the line is safe; what follows only dates it.
        record(root, journal, path, digest(content), time.time() if now is None else now)
    finally:
        os.close(journal)
    return path


def _add(path: str, line: bytes, day: bytes, week: str) -> bytes | None:
    """Put a line under its day, synced; the file's whole new content. None where it has to be done again: an editor
    put another file in this one's place meanwhile, and the line went into the one that is gone.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        file = os.open(path, flags, 0o644)
    except FileNotFoundError:
        os.mkdir(os.path.dirname(path))  # noqa: PTH102, PTH120
        file = os.open(path, flags, 0o644)
    try:
        old = read_all(file)
        if not old:
            title = f"---\ntype: log\n---\n# Week {int(week[6:])} of {week[:4]}\n\n## ".encode()
            added = title + day + b"\n\n- " + line + b"\n"
        else:
            whole = _placed(old, line, day)
            if not whole.startswith(old):
                _replace(path, file, old, whole)
                return whole
            added = whole[len(old) :]
        _append(file, added, len(old))
        if not old:
            sync_folder(os.path.dirname(path))  # noqa: PTH120
        return old + added if _same(path, file) else None
    finally:
        os.close(file)


def _same(path: str, file: int) -> bool:
    """Whether a path still names an open file."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))  # noqa: PTH116
    except FileNotFoundError:
        return False


def _placed(old: bytes, line: bytes, day: bytes) -> bytes:
    """A log's content with the line added under its day, and days in order."""
    last = max(old.rfind(b"\n## "), 0 if old.startswith(b"## ") else -1)
    heading = old[last:].lstrip(b"\n")[3:13] if last >= 0 else b""
    if heading == day:
        return _end(old) + b"- " + line + b"\n"
    lines = old.split(b"\n")
    later = here = after = None
    for at, text in enumerate(lines):
        if not text.startswith((b"## ", b"# ")):
            continue
        if here is not None and after is None:
            after = at
        if text[3:13] == day and text.startswith(b"## "):
            here, after = at, None
        elif later is None and text.startswith(b"## ") and _is_day(text[3:13]) and text[3:13] > day:
            later = at
    if here is not None:
        before = b"\n".join(lines[:after]).rstrip() + b"\n"
        return _end(before) + b"- " + line + b"\n" + b"\n" + b"\n".join(lines[after:])
    if later is not None:
        before = b"\n".join(lines[:later]).rstrip(b"\n")
        return before + b"\n\n## " + day + b"\n\n- " + line + b"\n\n" + b"\n".join(lines[later:])
    gap = b"" if old.endswith(b"\n\n") else b"\n" if old.endswith(b"\n") else b"\n\n"
    return old + gap + b"## " + day + b"\n\n- " + line + b"\n"


def _end(text: bytes) -> bytes:
    """A section's text, ready for one more list item: after anything but an item comes an empty line."""
    if not text.endswith(b"\n"):
        text += b"\n"
    item = text[text.rfind(b"\n", 0, -1) + 1 :].startswith(b"- ")
    return text if item or text.endswith(b"\n\n") else text + b"\n"


def _is_day(text: bytes) -> bool:
    return len(text) == 10 and text[4:5] == text[7:8] == b"-" and text.replace(b"-", b"").isdigit()


def _append(file: int, added: bytes, size: int) -> None:
    """Append in one write and sync; on a full disk take the part back that did fit."""
    try:
        done = os.write(file, added)
        while done < len(added):
            done += os.write(file, added[done:])
        _sync(file)
    except OSError:
        os.ftruncate(file, size)
        raise


def _replace(path: str, file: int, old: bytes, new: bytes) -> None:
    """Replace a file by its new content, all or nothing; refuses when somebody else changed it meanwhile."""
    # Always the same name: the lock keeps others away, and what a killed writer left is written over.
    beside = f"{os.path.dirname(path)}/.{os.path.basename(path)}.new"  # noqa: PTH119, PTH120
    temporary = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o644)
    try:
        try:
            os.chmod(beside, os.fstat(file).st_mode & 0o777)  # noqa: PTH101
            _append(temporary, new, 0)
        finally:
            os.close(temporary)
        if read_all(file) != old or not _same(path, file):
            raise failure(path, "it was being edited just now", "Run the command again.")
        os.replace(beside, path)  # noqa: PTH105
    except BaseException:
        try:  # noqa: SIM105 - contextlib would have to be loaded
            os.unlink(beside)  # noqa: PTH108
        except OSError:
            pass
        raise
    sync_folder(os.path.dirname(path))  # noqa: PTH120


def read_all(file: int) -> bytes:
    """A file's whole content, from its start."""
    os.lseek(file, 0, os.SEEK_SET)
    parts = []
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def sync_folder(path: str) -> None:
    """Make a new name in a folder survive a power cut, where the system can do that."""
    try:
        folder = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(folder)
    except OSError:
        pass
    finally:
        os.close(folder)


# --------------------------------------------------------------------------------------------------------------
# The journal's end: what it takes to add one record (muster.book.journal reads and verifies it)


def open_journal(root: str) -> int:
    """The journal, made where it is missing, locked against other writers until it is closed."""
    path = f"{root}/{JOURNAL}"
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    journal = os.open(path, flags, 0o644)
    try:
        import fcntl
    except ImportError:  # no such lock on this system: two writers at once may then repeat a number, never lose a line
        return journal
    fcntl.flock(journal, fcntl.LOCK_EX)
    return journal


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    # hashlib loads OpenSSL, which takes longer than hashing a year of logs.
    try:
        from _sha256 import sha256  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            from _sha2 import sha256  # type: ignore[import-not-found,unused-ignore]  # since Python 3.12
        except ImportError:
            from hashlib import sha256
    return str(sha256(content).hexdigest())


def record(root: str, journal: int, path: str, content: str, now: float) -> None:
    """Append one record to the locked journal, synced. `content` is the SHA-256 of the file's content."""
    size = os.fstat(journal).st_size
    n, prev, gap = tail(root, journal, size)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    body = [f'"n":{n + 1}', f'"path":{quote(path)}', f'"prev":"{prev}"', f'"sha256":"{content}"']
    own = digest(("{" + ",".join([f'"at":"{at}"', *body]) + "}").encode())
    line = "{" + ",".join([f'"at":"{at}"', f'"hash":"{own}"', *body]) + "}\n"
    _append(journal, gap + line.encode(), size)
    if not size:
        sync_folder(root)


def quote(path: str) -> str:
    """A path as JSON writes it."""
    if path.isascii() and path.isprintable() and '"' not in path and "\\" not in path:
        return f'"{path}"'
    from json import dumps

    return dumps(path)


def tail(root: str, journal: int, size: int) -> tuple[int, str, bytes]:
    """(number, hash) of the journal's last sound record, and the line end that an interrupted write left out."""
    if not size:
        return 0, "", b""
    start = max(0, size - 8192)
    os.lseek(journal, start, os.SEEK_SET)
    end = os.read(journal, 8192)
    gap = b"" if end.endswith(b"\n") else b"\n"
    lines = end.split(b"\n")
    found = sound(lines[-1] if gap else lines[-2] if len(lines) > 1 else b"")
    if found is None:  # torn, foreign or overlong: read it all
        for line in read_all(journal).split(b"\n"):
            found = sound(line) or found
    return (*found, gap) if found else (0, "", gap)


def sound(line: bytes) -> tuple[int, str] | None:
    """(number, hash) of a record that carries its own right hash; None for any other line."""
    at, number = line.find(b',"hash":"'), line.find(b'","n":')
    own = line[at + 9 : number].decode("ascii", "replace")
    if at < 0 or number - at != 73 or not _HEX.issuperset(own):
        return None
    if digest(line[:at] + line[number + 1 :]) != own:
        return None
    n = line[number + 6 : line.find(b",", number + 6)]
    return (int(n), own) if n.isdigit() and len(n) < 16 else None
