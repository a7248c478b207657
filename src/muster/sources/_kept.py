"""What a remote source gave, verbatim, in one SQLite file a source: `.muster/raw/SOURCE.sqlite`.

Items and the cursor that was reached with them are written in one transaction, so a sync that is killed at any moment
leaves the state of before or of after, and the next one goes on from there. Every version of an item is kept; the newest
is read. Bodies are compressed. The files hold other people's words: only their owner may read them, and git ignores them.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from muster.model import MusterError, Skipped

#: Where the files are, below the book's folder.
FOLDER = ".muster/raw"
#: Rises with every change of the tables.
FORMAT = 1
#: The largest body that is taken, in bytes.
LARGEST = 32 << 20

TABLES = """
CREATE TABLE item (id INTEGER PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL, seen TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX item_key ON item (key, id);
CREATE TABLE newest (key TEXT PRIMARY KEY, id INTEGER NOT NULL, kind TEXT NOT NULL, hash BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE cursor (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE synced (one INTEGER PRIMARY KEY CHECK (one = 1), at TEXT NOT NULL);
CREATE TABLE missed (place TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Raw:
    """One item, verbatim as received.

    `key` is stable within the source (octo/repo/issues/12). `kind` is what `parse` tells items apart by. `body` are the
    item's own bytes: a list that was received is cut into them (`Answer.items`), never encoded anew; an item that is no
    more at the source is put again with an empty body. `seen` is when it was fetched, and no part of any evidence.
    """

    key: str
    kind: str
    body: bytes
    seen: datetime


class Kept:
    """The items and cursors of one source. Raises MusterError where the file is damaged, locked or of another format.

    `clock` gives the time for `Raw.seen` and for the client; a face passes it. With `reading` nothing can be written and a
    file that is not there is as an empty one.
    """

    def __init__(self, path: Path, *, clock: Callable[[], datetime] | None = None, reading: bool = False) -> None:
        self.path = path
        self.clock = clock or now
        #: How many items were new or changed since this was opened.
        self.changed = 0
        self._lock: int | None = None
        self._db: sqlite3.Connection | None = None
        if reading:
            if path.exists():
                try:
                    with self._told():
                        self._db = self._open()
                        if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                            self.close()  # a first sync was killed before anything was there
                        else:
                            self._check(self._db)
                except MusterError:
                    self.close()
                    raise
            return
        from muster.sources._cache import locked  # it loads pyarrow, which reading does without

        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.parent.name == "raw":
                path.parent.chmod(0o700)
                if not (ignored := path.parent / ".gitignore").exists():
                    ignored.write_text("*\n", encoding="utf-8")
            self._lock = os.open(path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
            if not locked(self._lock):
                os.close(self._lock)
                self._lock = None
                raise MusterError(str(path), "another sync of this source is under way", "Wait for it, or stop it, and sync again.")
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            self.close()
            raise MusterError(str(path), f"cannot be written: {error.strerror}", "See who may write to the book's .muster folder.") from None
        try:
            with self._told():
                self._db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
                if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                    # One transaction: a file with some of the tables is never there.
                    self._db.executescript(f"BEGIN IMMEDIATE;{TABLES}PRAGMA user_version={FORMAT};COMMIT;")
                self._check(self._db)
        except MusterError:
            self.close()
            raise

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def put(self, items: Iterable[Raw], cursor: Mapping[str, str] | None = None) -> int:
        """How many of the items were new or changed, once they and the cursor are written, in one transaction.

        An item whose kind and bytes are those of its newest version is not written again; of two items with one key the
        later is the newer. ValueError where a body is larger than LARGEST: nothing is written then.
        """
        db = self._writing()
        changed = 0
        with self._told():
            db.execute("BEGIN IMMEDIATE")
            try:
                for item in items:
                    changed += self._put(db, item)
                for name, value in (cursor or {}).items():
                    db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (name, value))
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        self.changed += changed
        return changed

    def _put(self, db: sqlite3.Connection, item: Raw) -> bool:
        """Whether it was written: not where its newest version is the same."""
        if len(item.body) > LARGEST:
            raise ValueError(f"{item.key}: {len(item.body):,} bytes, more than the {LARGEST:,} that are taken")
        key, hashed = clean(item.key), digest(item.body)
        before = db.execute("SELECT kind, hash FROM newest WHERE key = ?", (key,)).fetchone()
        if before == (item.kind, hashed):
            return False
        row = (key, item.kind, item.seen.astimezone(UTC).isoformat(), zlib.compress(item.body, 6))
        id_ = db.execute("INSERT INTO item (key, kind, seen, body) VALUES (?, ?, ?, ?)", row).lastrowid
        db.execute("INSERT OR REPLACE INTO newest VALUES (?, ?, ?, ?)", (key, id_, item.kind, hashed))
        return True

    def cursor(self, name: str) -> str | None:
        """How far the source came, under a name of its own; None before the first time."""
        row = self._one("SELECT value FROM cursor WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    def forget(self) -> None:
        """Forget the cursors, so that the next sync asks for everything again. The items stay."""
        with self._told():
            self._writing().execute("DELETE FROM cursor")

    def items(self, prefix: str = "") -> Iterator[Raw]:
        """The newest version of each item, by key, as they stand now: what is put meanwhile is not among them.

        With `prefix`, those alone whose key begins with it.
        """
        if self._db is None:
            return
        with self._told():
            db = self._open()
            try:
                rows = db.execute(
                    "SELECT i.key, i.kind, i.seen, i.body FROM newest n JOIN item i ON i.id = n.id "
                    "WHERE n.key >= ? AND substr(n.key, 1, ?) = ? ORDER BY n.key",
                    (clean(prefix), len(clean(prefix)), clean(prefix)),
                )
                for row in rows:
                    yield made(*row)
            finally:
                db.close()

    def get(self, key: str) -> Raw | None:
        """The newest version of an item; None where there is none."""
        row = self._one(
            "SELECT i.key, i.kind, i.seen, i.body FROM newest n JOIN item i ON i.id = n.id WHERE n.key = ?", (clean(key),)
        )
        with self._told():
            return None if row is None else made(*row)

    def versions(self, key: str) -> tuple[Raw, ...]:
        """Every version of an item, oldest first."""
        if self._db is None:
            return ()
        with self._told():
            rows = self._db.execute("SELECT key, kind, seen, body FROM item WHERE key = ? ORDER BY id", (clean(key),))
            return tuple(made(*row) for row in rows.fetchall())

    def count(self) -> int:
        """How many items there are."""
        row = self._one("SELECT count(*) FROM newest")
        return int(str(row[0])) if row else 0

    @property
    def synced(self) -> datetime | None:
        """When a sync last came to its end."""
        row = self._one("SELECT at FROM synced")
        with self._told():
            return None if row is None else datetime.fromisoformat(str(row[0]))

    @property
    def missed(self) -> tuple[Skipped, ...]:
        """What the last sync that came to its end could not bring."""
        if self._db is None:
            return ()
        with self._told():
            rows = self._db.execute("SELECT place, reason, count FROM missed ORDER BY rowid").fetchall()
        return tuple(Skipped(str(where), str(reason), int(count)) for where, reason, count in rows)

    def ended(self, missed: Iterable[Skipped] = ()) -> None:
        """Note that a sync came to its end now, and what it could not bring."""
        db = self._writing()
        with self._told():
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM missed")
            db.executemany("INSERT INTO missed VALUES (?, ?, ?)", [(clean(one.where), clean(one.reason), one.count) for one in missed])
            db.execute("INSERT OR REPLACE INTO synced VALUES (1, ?)", (self.clock().astimezone(UTC).isoformat(),))
            db.execute("COMMIT")

    def _one(self, sql: str, values: tuple[object, ...] = ()) -> tuple[object, ...] | None:
        """The first row; None where there is none, or no file."""
        if self._db is None:
            return None
        with self._told():
            row: tuple[object, ...] | None = self._db.execute(sql, values).fetchone()
            return row

    def _writing(self) -> sqlite3.Connection:
        """The connection; ValueError where this only reads."""
        if self._db is None or self._lock is None:
            raise ValueError(f"{self.path} is open for reading alone")
        return self._db

    def _open(self) -> sqlite3.Connection:
        """A connection that reads and never writes."""
        place = self.path.resolve().as_uri()
        db = sqlite3.connect(f"{place}?mode=ro", uri=True, isolation_level=None, timeout=30, check_same_thread=False)
        try:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            db.close()
            # Nothing can be made beside a file in a folder that cannot be written to. What a log beside it holds would be missed.
            log = self.path.with_name(self.path.name + "-wal")
            if os.access(self.path.parent, os.W_OK) or (log.exists() and log.stat().st_size):
                raise
            db = sqlite3.connect(f"{place}?immutable=1", uri=True, isolation_level=None, check_same_thread=False)
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    def _check(self, db: sqlite3.Connection) -> None:
        """Raises MusterError where the file is of another format."""
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version != FORMAT:
            raise MusterError(
                str(self.path), f"is of format {version}, and this muster reads {FORMAT}", "Delete that file and sync again."
            )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What SQLite and zlib say, as an error that says what to do."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise MusterError(str(self.path), f"cannot be used: {error}", "See that no other sync is under way, and that the disk has room.") from None
        except (sqlite3.DatabaseError, zlib.error, DamagedError) as error:
            raise MusterError(str(self.path), f"is damaged: {error}", "Delete that file and sync again.") from None


class DamagedError(Exception):
    """A row that this module cannot have written."""


def made(key: object, kind: object, seen: object, body: object) -> Raw:
    """A row of the table as an item."""
    try:
        if not isinstance(body, bytes):
            raise TypeError("a body that is none")
        inflate = zlib.decompressobj()
        inflated = inflate.decompress(body, LARGEST + 1)
        if len(inflated) > LARGEST or not inflate.eof:
            raise ValueError("a body that does not end")
        return Raw(str(key), str(kind), inflated, datetime.fromisoformat(str(seen)))
    except (TypeError, ValueError) as error:
        raise DamagedError(f"{str(key)[:80]}: {error}") from None


def path_of(root: Path, source: str) -> Path:
    """The file of a source, for the book in that folder."""
    return root / FOLDER / f"{source}.sqlite"


def digest(body: bytes) -> bytes:
    """What tells two bodies apart."""
    import hashlib

    return hashlib.blake2b(body, digest_size=20).digest()


def clean(key: str) -> str:
    """The key with what no text can hold (lone surrogates) spelt out."""
    return key.encode("utf-8", "backslashreplace").decode("utf-8")


def now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)
