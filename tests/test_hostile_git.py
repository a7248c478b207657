"""A repository that its owner made to run code in whoever reads it: nothing of it may run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from muster.model import MusterError
from muster.sources.git import Repository, Settings, harvest
from tests.build import Repo


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A script; the file `sprung` beside it tells that it ran."""
    script = tmp_path / "trap.sh"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/sprung\ncat 2>/dev/null\nexit 0\n')
    script.chmod(0o755)
    return script


@pytest.fixture
def hostile(tmp_path: Path, trap: Path) -> Repo:
    repo = Repo(tmp_path / "r")
    repo.commit("One", {"a.bin": "1\n", "sub/b.txt": "b\n", ".gitattributes": "* diff=evil filter=evil merge=evil\n",
                        ".mailmap": "Ann <real@example.org> <ann@example.org>\n"})
    repo.commit("Two", {"a.bin": "2\n", "sub/b.txt": None})
    run = str(trap)
    for name in (
        "core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command", "filter.evil.clean", "filter.evil.smudge",
        "filter.evil.process", "core.pager", "pager.log", "core.sshCommand", "core.askPass", "core.editor", "gpg.program",
        "gpg.ssh.program", "gpg.x509.program", "uploadpack.packObjectsHook", "credential.helper", "core.alternateRefsCommand",
        "sequence.editor", "interactive.diffFilter", "core.gitProxy", "alias.log", "alias.rev-parse", "alias.cat-file",
        "gpg.ssh.defaultKeyCommand", "trailer.x.command", "trailer.x.cmd", "log.showSignature",
    ):
        repo.git("config", name, f"!{run}" if name.startswith("alias") else "true" if name == "log.showSignature" else run)
    for name, value in (
        ("log.mailmap", "true"), ("format.pretty", "%ae"), ("log.showRoot", "false"), ("diff.renames", "copies"),
        ("log.date", "relative"), ("color.ui", "always"), ("core.quotePath", "true"), ("diff.orderFile", "/nowhere"),
        ("i18n.logOutputEncoding", "latin-1"), ("log.follow", "true"), ("diff.noprefix", "true"), ("core.abbrev", "4"),
        ("mailmap.file", "/etc/passwd"), ("protocol.ext.allow", "always"), ("protocol.file.allow", "always"),
        ("log.decorate", "full"), ("notes.displayRef", "refs/notes/*"), ("log.diffMerges", "separate"),
        ("diff.relative", "true"), ("diff.ignoreSubmodules", "all"), ("log.excludeDecoration", "*"),
    ):
        repo.git("config", name, value)
    hooks = repo.path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman"):
        (hooks / name).write_text(trap.read_text())
        (hooks / name).chmod(0o755)
    return repo


def test_no_setting_changes_what_is_read(hostile: Repo, tmp_path: Path) -> None:
    found = harvest(Settings(hostile.path), tmp_path / "cache")
    repository = Repository(hostile.path)
    assert [row["status"] for row in found.changes.to_pylist()] == ["A", "A", "A", "A", "M", "D"]
    assert [row["authored_tz"] for row in found.commits.to_pylist()] == [0, 0]
    assert found.mailmap([("Ann Arbor", "ann@example.org")]) == [("Ann", "real@example.org")]
    assert repository.blobs(["HEAD:a.bin"]) == {"HEAD:a.bin": b"2\n"}
    assert "a.bin" in repository.tree("HEAD")


def test_reading_springs_no_trap_at_all(hostile: Repo, tmp_path: Path) -> None:
    (tmp_path / "sprung").unlink(missing_ok=True)
    found = harvest(Settings(hostile.path), tmp_path / "cache")
    found.mailmap([("Ann Arbor", "ann@example.org")])
    found.repository.blobs(["HEAD:a.bin", "1" * 40])
    found.repository.tree("HEAD")
    harvest(Settings(hostile.path), tmp_path / "cache")
    assert not (tmp_path / "sprung").exists()


def test_the_trap_is_a_real_one(hostile: Repo, tmp_path: Path) -> None:
    (tmp_path / "sprung").unlink(missing_ok=True)
    subprocess.run(["git", "-C", str(hostile.path), "status"], capture_output=True, check=False)
    subprocess.run(["git", "-C", str(hostile.path), "log", "-p", "--ext-diff"], capture_output=True, check=False)
    assert (tmp_path / "sprung").exists(), "a careless git runs what the settings name"


def test_the_callers_git_variables_do_not_count(hostile: Repo, tmp_path: Path, trap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sprung").unlink(missing_ok=True)
    for name, value in (
        ("GIT_DIR", "/nowhere"), ("GIT_WORK_TREE", "/nowhere"), ("GIT_INDEX_FILE", "/nowhere"), ("GIT_PAGER", str(trap)),
        ("GIT_EXTERNAL_DIFF", str(trap)), ("GIT_TRACE", str(tmp_path / "traced")), ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.fsmonitor"), ("GIT_CONFIG_VALUE_0", str(trap)), ("GIT_OBJECT_DIRECTORY", "/nowhere"),
        ("GIT_CONFIG_PARAMETERS", "'log.showroot=false'"), ("GIT_NAMESPACE", "x"), ("GIT_LITERAL_PATHSPECS", "0"),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", "/nowhere"), ("GIT_SSH_COMMAND", str(trap)), ("GIT_CEILING_DIRECTORIES", "/"),
    ):
        monkeypatch.setenv(name, value)
    assert harvest(Settings(hostile.path)).changes.num_rows == 6
    assert not (tmp_path / "sprung").exists() and not (tmp_path / "traced").exists()


def test_a_partial_clone_with_a_hostile_remote_runs_nothing(hostile: Repo, tmp_path: Path, trap: Path) -> None:
    hostile.git("config", "uploadpack.allowFilter", "true")
    hostile.git("config", "--unset", "uploadpack.packObjectsHook")
    target = tmp_path / "partial"
    hostile.git("clone", "--quiet", "--bare", "--filter=blob:none", f"file://{hostile.path}", str(target))
    for name, value in (("remote.origin.url", f"ext::{trap}"), ("protocol.ext.allow", "always"), ("protocol.allow", "always"),
                        ("remote.origin.uploadpack", str(trap)), ("core.sshCommand", str(trap))):
        subprocess.run(["git", "-C", str(target), "config", name, value], check=True)
    (tmp_path / "sprung").unlink(missing_ok=True)
    found = harvest(Settings(target))
    assert found.commits.num_rows == 2 and found.name == "partial" and found.web is None
    assert found.repository.blobs(["HEAD:a.bin"]) == {"HEAD:a.bin": None}
    assert found.mailmap([("Ann Arbor", "ann@example.org")]) == [("Ann Arbor", "ann@example.org")]
    assert not (tmp_path / "sprung").exists()


def test_broken_settings_say_so(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit("One", {"a": "a"})
    (repo.path / ".git" / "config").write_text("[core\n")
    with pytest.raises(MusterError, match=r"git cannot open it: bad config line 1.*\n  Look at: git -C"):
        harvest(Settings(repo.path))
