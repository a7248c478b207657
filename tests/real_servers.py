"""Real servers on this machine for the tests, on loopback, each in a folder of its own that is gone afterwards.

What is not installed is brought once into `.dev/servers/` with the ordinary package clients (`apt-get download`, `pip`); no
root is needed, and nothing is installed outside of it. Where that cannot be had, the test is skipped on a person's machine
and fails in continuous integration.
"""

from __future__ import annotations

import fcntl
import grp
import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

HOME = Path(__file__).resolve().parents[1] / ".dev" / "servers"
#: Who signs in everywhere, and with what.
USER, PASSWORD = "ann", "lark-spur-4711"
NOBODY = 65534
#: Seconds that a server may take to answer.
PATIENCE = 30.0

DOVECOT = ("dovecot-imapd", "dovecot-core", "libexttextcat-2.0-0", "libstemmer0d", "libsodium23", "libunwind8", "libwrap0", "liblua5.4-0", "libtirpc3")
#: Where Dovecot looks for its modules, in its libraries; a link of at most this length takes its place.
MODULES = b"/usr/lib/dovecot/modules"


class NotHereError(Exception):
    """A server that cannot be had on this machine."""


def needed(what: str, error: Exception) -> NoReturn:
    """Skip the test, or fail it in continuous integration."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} cannot be had: {error}")
    pytest.skip(f"{what} cannot be had: {error}")


@contextmanager
def alone(name: str) -> Iterator[Path]:
    """A folder below `.dev/servers` that no other process makes at the same time."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield HOME / name


def run(command: Sequence[str], cwd: Path | None = None) -> None:
    """Run it; NotHereError with what it said where it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, cwd=cwd)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHereError(str(error)) from None
    if done.returncode:
        raise NotHereError((done.stderr or done.stdout).strip()[-300:])


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Come back once somebody listens there; NotHereError with the log where nobody does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise NotHereError(log.read_text(errors="replace")[-500:] if log.exists() else "it does not answer")


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short name, which others may enter: sockets have short names, and servers give up root."""
    folder = Path(tempfile.mkdtemp(prefix="mu", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(command: Sequence[str], port: int, log: Path, env: dict[str, str] | None = None) -> Iterator[None]:
    """The process of a server that listens on a port; ended afterwards."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
    try:
        answers(port, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# Dovecot


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A Dovecot: `port` for STARTTLS, `secure` for TLS from the first byte, its `certificate`, its `maildir`, its `log`."""

    port: int
    secure: int
    certificate: Path
    maildir: Path
    log: Path


def dovecot_files() -> Path:
    """The root below which Dovecot's files are, brought here where they are not yet."""
    with alone("dovecot") as home:
        root = home / "root"
        if (home / "done").exists():
            return root
        shutil.rmtree(home, ignore_errors=True)
        root.mkdir(parents=True)
        try:
            run(["apt-get", "download", *DOVECOT], cwd=home)
        except NotHereError:
            run(["apt-get", "update"])
            run(["apt-get", "download", *DOVECOT], cwd=home)
        for package in sorted(home.glob("*.deb")):
            run(["dpkg", "-x", str(package), str(root)])
            package.unlink()
        # Its libraries know one place for modules; it runs from here once that is a link to here.
        for file in sorted((root / "usr/lib/dovecot").rglob("*")):
            if file.is_file() and not file.is_symlink() and MODULES + b"\0" in (body := file.read_bytes()):
                file.write_bytes(body.replace(MODULES + b"\0", modules_link(root).encode().ljust(len(MODULES) + 1, b"\0")))
        (home / "done").touch()
        return root


def modules_link(root: Path) -> str:
    """The link that stands for the folder of modules; short enough to take that one's place."""
    return f"/tmp/mu-{hashlib.sha256(str(root).encode()).hexdigest()[:12]}"


@contextmanager
def dovecot() -> Iterator[Mailbox]:
    """A Dovecot with one user and an empty mailbox."""
    try:
        root = dovecot_files()
        with short_folder() as folder:
            link, modules = Path(modules_link(root)), root / "usr/lib/dovecot/modules"
            if not link.is_symlink() or link.readlink() != modules:
                link.unlink(missing_ok=True)
                link.symlink_to(modules)
            run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
                 "-days", "3650", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
            box = Mailbox(free_port(), free_port(), folder / "cert.pem", folder / "mail", folder / "log")
            for name in ("mail/cur", "mail/new", "mail/tmp", "run", "state"):
                (folder / name).mkdir(parents=True)
            libraries = ":".join(map(str, (root / "usr/lib/dovecot", *sorted((root / "usr/lib").glob("*-linux-gnu")), modules / "old-stats")))
            (folder / "conf").write_text(configured(folder, root, box, libraries), encoding="utf-8")
            owned(box.maildir)
            command = [str(root / "usr/bin/doveconf"), "-c", str(folder / "conf"), "-e", str(root / "usr/sbin/dovecot"), "-F"]
            with started(command, box.port, box.log, {"LD_LIBRARY_PATH": libraries}):
                yield box
    except NotHereError as error:
        needed("Dovecot", error)


def owned(folder: Path) -> None:
    """Give a mailbox to whom Dovecot reads it as: it never does so as root."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def configured(folder: Path, root: Path, box: Mailbox, libraries: str) -> str:
    """Dovecot's settings for one user, with everything of it below two folders."""
    uid, gid = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    user, group = pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name
    return f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {box.log}
libexec_dir = {root}/usr/lib/dovecot
login_plugin_dir = {root}/usr/lib/dovecot/modules/login
mail_plugin_dir = {root}/usr/lib/dovecot/modules
import_environment = TZ LD_LIBRARY_PATH={libraries}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{box.certificate}
ssl_key = <{folder}/key.pem
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{box.maildir}
passdb {{
  driver = static
  args = user={USER} password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={box.maildir}
}}
service config {{
  executable = config -c {folder}/conf
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {box.port}
  }}
  inet_listener imaps {{
    port = {box.secure}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


# Radicale


@dataclass(frozen=True, slots=True)
class CalendarServer:
    """A Radicale: its address, and the folder that it keeps its calendars in."""

    url: str
    folder: Path


def radicale_python() -> Path:
    """The Python of an environment with Radicale in it, made where there is none yet. It never meets the project's own."""
    with alone("radicale") as home:
        python = home / "bin" / "python"
        if (home / "done").exists():
            return python
        shutil.rmtree(home, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(home)])
        run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "radicale>=3.3,<4"])
        (home / "done").touch()
        return python


@contextmanager
def radicale() -> Iterator[CalendarServer]:
    """A Radicale with one user and no calendar."""
    try:
        python = radicale_python()
        with short_folder() as folder:
            port = free_port()
            (folder / "users").write_text(f"{USER}:{PASSWORD}\n", encoding="utf-8")
            (folder / "config").write_text(
                f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {folder}/users\nhtpasswd_encryption = plain\n"
                f"delay = 0\n[storage]\nfilesystem_folder = {folder}/calendars\n", encoding="utf-8",
            )
            with started([str(python), "-m", "radicale", "--config", str(folder / "config")], port, folder / "log"):
                yield CalendarServer(f"http://127.0.0.1:{port}/{USER}/", folder / "calendars")
    except NotHereError as error:
        needed("Radicale", error)
