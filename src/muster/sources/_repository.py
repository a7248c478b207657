"""Git over a repository that nobody vouches for: nothing that the repository's own settings name is ever run.

Every call goes through `Repository.command` and `environment`. What they shut: hooks, `core.fsmonitor`, external diffs,
text conversion, signature programs, pagers, lazy fetching, every transport, replace refs and grafts, and whatever the
caller's shell had set for git. `safe.directory` stays in force: a repository that belongs to another user is read only
when the user's own settings trust it.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from muster.model import MusterError

#: Settings that a repository may carry and that would run a program, read a file elsewhere, or change what is printed.
OVERRIDES = (
    "core.fsmonitor=false", f"core.hooksPath={os.devnull}", f"core.attributesFile={os.devnull}", "core.pager=cat",
    "core.askPass=false", "core.sshCommand=false", "core.gitProxy=", "core.alternateRefsCommand=false",
    "core.quotePath=false", "diff.external=", "diff.renames=false", "diff.ignoreSubmodules=none", "diff.relative=false",
    "diff.wsErrorHighlight=none", "log.showSignature=false", "log.mailmap=false", "log.showRoot=true", "log.follow=false",
    "gpg.program=false", "gpg.ssh.program=false", "gpg.x509.program=false", "protocol.allow=never",
    "protocol.file.allow=never", "protocol.ext.allow=never", "uploadpack.packObjectsHook=", "credential.helper=",
    "color.ui=false", "mailmap.file=", "gc.auto=0", "maintenance.auto=false", "submodule.recurse=false",
    "advice.graftFileDeprecated=false", "core.warnAmbiguousRefs=false",
)

#: No document is larger than this many bytes; what is, is not read into memory.
LARGEST = 32 << 20


def environment(**more: str) -> dict[str, str]:
    """The caller's environment without any of git's own variables, and with git's doors shut."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(("GIT_", "SSH_ASKPASS"))}
    shut = {
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull,
        "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "false", "GIT_OPTIONAL_LOCKS": "0", "GIT_FLUSH": "0",
        # No transport has this name, and this variable beats every `protocol.*.allow` that a repository sets.
        "GIT_ALLOW_PROTOCOL": "none", "GIT_PAGER": "cat", "LC_ALL": "C", "TZ": "UTC",
    }
    return {**kept, **shut, **more}


class Repository:
    """A git repository, bare or not, or any folder inside one; read, never written.

    Raises MusterError where there is no repository or where git does not trust its owner.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path).expanduser()
        self._trust: dict[str, str] = {}
        if not self.path.exists():
            raise MusterError(str(path), "there is no such folder", "Give the path of a git repository.")
        if not self.path.is_dir():
            raise MusterError(str(path), "this is a file, not a folder", "Give the folder of a git repository.")
        try:
            found = self.ask("rev-parse", "--is-bare-repository", "--absolute-git-dir", "--git-common-dir",
                             "--is-shallow-repository")
        except FileNotFoundError:
            raise MusterError("git", "it was not found", "Install git, then run the same command again.") from None
        if found.returncode and (named := re.search(rb"repository (?:at )?'(.+?)'", found.stderr)) and (
            b"dubious ownership" in found.stderr or b"unsafe repository" in found.stderr
        ):
            owned = os.fsdecode(named[1])
            self._trust = trusted(owned)
            found = self.ask("rev-parse", "--is-bare-repository", "--absolute-git-dir", "--git-common-dir",
                             "--is-shallow-repository")
            if found.returncode:
                raise MusterError(
                    str(path), "this repository belongs to another user, and git does not trust it",
                    f"If you trust it, type: git config --global --add safe.directory '{owned}'",
                )
        if found.returncode:
            seen = found.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ").splitlines() or ["?"]
            if "not a git repository" in seen[0]:
                raise MusterError(str(path), "this is not a git repository",
                                  "Give a folder that has a .git in it, or make one with: git clone URL")
            raise MusterError(str(path), f"git cannot open it: {seen[0]}", f"Look at: git -C '{path}' status")
        bare, folder, common, shallow = found.stdout.decode("utf-8", "surrogateescape").splitlines()
        self.bare, self.shallow = bare == "true", shallow == "true"
        self.folder = Path(folder)
        self.common = (self.path / common).resolve()

    def command(self, *args: str) -> list[str]:
        """The hardened command line for a git command."""
        line = ["git", "-C", str(self.path), "--no-pager", "--literal-pathspecs", "--no-replace-objects"]
        for setting in OVERRIDES:
            line += ["-c", setting]
        return [*line, *args]

    def ask(self, *args: str, stdin: IO[bytes] | None = None) -> subprocess.CompletedProcess[bytes]:
        """What git answered, whether or not it failed."""
        return subprocess.run(
            self.command(*args), stdin=stdin or subprocess.DEVNULL, capture_output=True, check=False,
            env=environment(**self._trust),
        )

    def start(self, *args: str, stdin: IO[bytes] | None, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        """A running git whose output is read as it comes; the caller ends it."""
        return subprocess.Popen(
            self.command(*args), stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, bufsize=0,
            env=environment(**self._trust),
        )

    def run(self, *args: str, input: bytes = b"") -> bytes:  # noqa: A002
        """What a git command printed. Raises MusterError with git's own words when it fails."""
        with tempfile.TemporaryFile() as stdin:
            stdin.write(input)
            stdin.seek(0)
            done = self.ask(*args, stdin=stdin)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit {done.returncode}"]
            raise MusterError(str(self.path), f"git {args[0]} failed: {said[-1].removeprefix('fatal: ')}",
                              f"Look for damage with: git -C '{self.path}' fsck")
        return done.stdout

    def resolve(self, ref: str) -> str:
        """The full hash of the commit that `ref` names. Raises MusterError where there is none."""
        done = None if ref.startswith("-") else self.ask("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        if done and done.returncode == 0:
            return done.stdout.decode("ascii", "replace").strip()
        some = self.ask("for-each-ref", "--count=5", "--format=%(refname:short)", "refs/heads").stdout
        names = some.decode("utf-8", "replace").split("\n")[:-1]
        if names and ref == "HEAD":
            raise MusterError(str(self.path), "HEAD names a branch that is not there",
                              f"Give one of its branches; it has {', '.join(names)}")
        if names:
            raise MusterError(str(self.path), f"there is no commit called {ref!r}",
                              f"Give one of its branches; it has {', '.join(names)}")
        if self.ask("for-each-ref", "--count=1").stdout:
            raise MusterError(str(self.path), f"there is no commit called {ref!r}",
                              f"See what is there with: git -C '{self.path}' for-each-ref")
        raise MusterError(str(self.path), "this repository has no commits yet",
                          f"Fill it first: git -C '{self.path}' pull, or commit something to it.")

    @cached_property
    def settings(self) -> dict[str, str]:
        """The repository's own git settings by lower-case name, each with its last value."""
        out = self.ask("config", "--local", "-z", "--list").stdout.decode("utf-8", "replace")
        rows = (row.partition("\n") for row in out.split("\0") if row)
        return {name.lower(): value for name, _, value in rows}

    @property
    def partial(self) -> bool:
        """Whether objects were left at a remote on purpose when this was cloned."""
        return any(name == "extensions.partialclone" or re.fullmatch(r"remote\..*\.promisor", name) for name in self.settings)

    def has(self, commit: str) -> bool:
        """Whether a commit is here."""
        return self.ask("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0

    @cached_property
    def name(self) -> str:
        """`owner/name` of the remote called origin; without one the folder's name.

        A mirror's folder `owner+name` counts as `owner/name`; `repo` and `.git` are passed over for what holds them.
        """
        steps = self._remote[1]
        if len(steps) >= 2:
            return "/".join(steps[-2:])
        place = self.common
        while place.name in (".git", "repo", "repo.git", ".bare") and place.parent != place:
            place = place.parent
        stem = place.name.removesuffix(".git") or "repository"
        owner, plus, rest = stem.partition("+")
        return f"{owner}/{rest}" if plus and owner and rest and "+" not in rest else stem

    @cached_property
    def web(self) -> str | None:
        """Where the repository can be looked at, if its remote is on a host that has a page per commit."""
        host, steps = self._remote
        known = re.search(r"(?:^|\.)(?:github|gitlab|codeberg|gitea|forgejo)\b", host)
        return f"https://{host}/{'/'.join(steps)}" if known and len(steps) >= 2 else None

    @cached_property
    def _remote(self) -> tuple[str, tuple[str, ...]]:
        """(host, steps of the path) of the remote; a user name and a password in it are left out."""
        remote = self.settings.get("remote.origin.url", "")
        scp = re.fullmatch(r"(?:[^@/]+@)?([\w.-]+):(?!//)(.+)", remote)
        try:
            parts = urlsplit(remote) if "://" in remote else None
            host, path = (scp[1], scp[2]) if scp else (parts.hostname or "", parts.path) if parts else ("", "")
        except ValueError:
            host, path = "", ""
        steps = tuple(step for step in path.rstrip("/").removesuffix(".git").split("/") if step)
        return (host.lower(), steps) if host and all(re.fullmatch(r"[\w.~+-]+", step) for step in steps) else ("", ())

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes | None]:
        """The content of each blob, by id as given (a hash, or `COMMIT:PATH`); None where it is not here.

        Nothing is fetched: in a partial clone a blob that was never downloaded is None. So is one above LARGEST.
        """
        wanted = list(dict.fromkeys(ids))
        found: dict[str, bytes | None] = dict.fromkeys(wanted)
        left = [id_ for id_ in wanted if id_ and "\n" not in id_ and not id_.startswith("-")]
        while left:
            done = 0
            for id_, content in self._cat(left):
                found[id_] = content
                done += 1
            # An older git ends at a missing blob of a partial clone in place of saying so: step over it and go on.
            left = left[done + 1 :]
        return found

    def _cat(self, ids: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stderr:
            stdin.write("".join(f"{id_}\n" for id_ in ids).encode("utf-8", "surrogateescape"))
            stdin.seek(0)
            process = self.start("cat-file", "--batch", "--buffer", stdin=stdin, stderr=stderr)
            assert process.stdout is not None
            try:
                with open(process.stdout.fileno(), "rb", buffering=1 << 18, closefd=False) as out:
                    for id_ in ids:
                        head = out.readline()
                        if not head.endswith(b"\n"):
                            return
                        size = re.fullmatch(rb"[0-9a-f]{40,64} (\w+) (\d+)\n", head)
                        if size is None:  # "NAME missing", "NAME ambiguous"
                            yield id_, None
                            continue
                        left = int(size[2]) + 1
                        if size[1] == b"blob" and left <= LARGEST:
                            content = out.read(left)
                            if len(content) < left:
                                return
                            yield id_, content[:-1]
                            continue
                        while left and (step := out.read(min(left, 1 << 18))):
                            left -= len(step)
                        yield id_, None
            finally:
                process.kill()
                process.stdout.close()
                process.wait()

    def tree(self, commit: str, *paths: str) -> dict[str, str]:
        """Blob ids by path at a commit, below `paths` (all of it without any); submodules are left out."""
        out = self.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
        rows = (row.partition(b"\t") for row in out.split(b"\0") if row)
        return {text(path): str(meta.split()[2], "ascii") for meta, _, path in rows if meta.split()[1] == b"blob"}

    def mailmap(self, identities: Sequence[tuple[str, str]], commit: str = "HEAD") -> list[tuple[str, str]]:
        """(name, e-mail) of each identity as the repository's mailmap has it, through git's own reader.

        An identity that git cannot parse comes back as it was.
        """
        found = list(identities)
        asked = [
            (index, f"{name} <{email}>") for index, (name, email) in enumerate(identities)
            if not re.search(r"[<>\n\r\0]", name + email)
        ]
        if not asked:
            return found
        with tempfile.TemporaryFile() as stdin:
            stdin.write("".join(f"{line}\n" for _, line in asked).encode("utf-8", "replace"))
            stdin.seek(0)
            done = self.ask("-c", f"mailmap.blob={commit}:.mailmap", "check-mailmap", "--stdin", stdin=stdin)
        lines = done.stdout.split(b"\n")[:-1]
        if len(lines) != len(asked):
            return found
        for (index, _), line in zip(asked, lines, strict=True):
            name, _, email = line.decode("utf-8", "replace").rpartition("<")
            found[index] = (name.strip(), email.removesuffix(">"))
        return found


def trusted(owned: str) -> dict[str, str]:
    """Environment that hands on the user's own `safe.directory` list to git, and nothing else of their settings.

    A `*` there is narrowed to the one repository at hand.
    """
    values: list[str] = []
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith("GIT_CONFIG")}
    for scope in ("--system", "--global"):
        done = subprocess.run(
            ["git", "config", scope, "--type=path", "-z", "--get-all", "safe.directory"],
            capture_output=True, check=False, cwd=Path.home() if Path.home().exists() else "/", env=plain,
        )
        values += [os.fsdecode(value) for value in done.stdout.split(b"\0")[:-1]]
    values = [owned if value == "*" else value for value in values]
    named = {"GIT_CONFIG_COUNT": str(len(values))} if values else {}
    for index, value in enumerate(values):
        named |= {f"GIT_CONFIG_KEY_{index}": "safe.directory", f"GIT_CONFIG_VALUE_{index}": value}
    return named


def text(raw: bytes) -> str:
    """A path as text: UTF-8, and `\\xNN` for each byte that is not, so that two paths never become one."""
    return raw.decode("utf-8", "backslashreplace")
