"""Adoption: who first imported, in a part of the tree that had not, what the person introduced."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from muster.links import adopts, find
from muster.links._imports import Import, Trees, imports, teller
from tests.build import ANN, BOB, CYD, Repo
from tests.test_links import view_of

Commit = Callable[..., str]
MOD = {"go.mod": "module example.org/deploy\n\ngo 1.22\n"}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.git("config", "remote.origin.url", "https://github.com/acme/deploy.git")
    return made


@pytest.fixture
def commit(repo: Repo) -> Commit:
    return dated(repo)


def dated(repo: Repo, month: int = 1) -> Commit:
    """Commits a day apart."""
    days = itertools.count(1)

    def commit(message: str, files: Mapping[str, str | None] | None = None, author: str = ANN) -> str:
        return repo.commit(message, files, author=author, date=f"2026-{month:02d}-{next(days):02d}T10:00:00+00:00")

    return commit


def adopted(*repos: Repo) -> list[tuple[str, str, str]]:
    """(src, dst, reason) of the links, with the first eight digits of hashes."""
    view = view_of(*repos)
    return [(link.src[4:12], link.dst[4:12], link.reason) for link in adopts.find(view)]


def go(*names: str, package: str = "x") -> str:
    lines = "\n".join(f'\t"{name}"' for name in names)
    return f"package {package}\n\nimport (\n{lines}\n)\n\nfunc f() {{}}\n"


def test_the_first_import_in_another_folder_adopts(repo: Repo, commit: Commit) -> None:
    made = commit("Add queue", {**MOD, "queue/q.go": "package queue\n", "cmd/main.go": "package main\n"})
    took = commit("Use it", {"cmd/main.go": go("fmt", "example.org/deploy/queue", package="main")}, BOB)
    commit("Use it twice", {"cmd/other.go": go("example.org/deploy/queue", package="main")}, CYD)
    assert adopted(repo) == [(took[:8], made[:8], 'imports "example.org/deploy/queue" in cmd/main.go:5, still there')]
    assert [link.reason for link in find(view_of(repo))[0]] == [adopted(repo)[0][2]]


def test_an_import_that_is_gone_is_none(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, "queue/q.go": "package queue\n"})
    commit("Use it", {"cmd/main.go": go("example.org/deploy/queue")}, BOB)
    commit("Use it no more", {"cmd/main.go": go("fmt")}, CYD)
    assert adopted(repo) == []


def test_the_persons_own_use_comes_first_where_it_did(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, "queue/q.go": "package queue\n"})
    commit("Use it", {"cmd/main.go": go("example.org/deploy/queue")})
    commit("Use it too", {"cmd/other.go": go("example.org/deploy/queue")}, BOB)
    assert adopted(repo) == []


def test_a_use_that_was_deleted_since_still_came_first(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, "queue/q.go": "package queue\n"})
    commit("Use it", {"cmd/old.go": go("example.org/deploy/queue")})
    commit("Split", {"cmd/old.go": None, "cmd/new.go": go("example.org/deploy/queue", "fmt", "os", "io", "log")}, BOB)
    assert adopted(repo) == []


def test_code_that_moved_between_folders_adopts_nothing(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, "queue/q.go": "package queue\n"})
    commit("Use it", {"cmd/a.go": go("example.org/deploy/queue"), "cmd/b.go": go("fmt")})
    commit("Move it", {"cmd/a.go": go("fmt"), "run/b.go": go("example.org/deploy/queue")}, BOB)
    assert adopted(repo) == []


def test_a_module_that_moves_keeps_its_maker_and_is_not_adopted_again(repo: Repo, commit: Commit) -> None:
    made = commit("Add queue", {**MOD, "queue/q.go": "package queue\n\nfunc a() {}\n", "queue/r.go": "package queue\n\nfunc b() {}\n"})
    took = commit("Use it", {"cmd/main.go": go("example.org/deploy/queue")}, BOB)
    repo.move("queue", "internal/queue")
    commit("Move it", {"cmd/main.go": go("example.org/deploy/internal/queue")}, CYD)
    later = commit("Use it elsewhere", {"web/w.go": go("example.org/deploy/internal/queue")}, CYD)
    assert [(src, dst) for src, dst, _ in adopted(repo)] == [(took[:8], made[:8]), (later[:8], made[:8])]


def test_a_folder_belongs_to_whoever_began_it(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, "queue/q.go": "package queue\n"}, BOB)
    commit("Add to it", {"queue/r.go": "package queue\n"})
    commit("Use it", {"cmd/main.go": go("example.org/deploy/queue")}, CYD)
    assert adopted(repo) == []


def test_a_name_that_died_and_came_back_is_a_new_module(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, "queue/q.go": "package queue\n"})
    commit("Drop it", {"queue/q.go": None}, BOB)
    repo.commit("Add another", {"queue/new.go": "package queue\n"}, author=BOB, date="2027-01-01T10:00:00+00:00")
    repo.commit("Use it", {"cmd/main.go": go("example.org/deploy/queue")}, author=CYD, date="2027-01-02T10:00:00+00:00")
    assert adopted(repo) == []


def test_what_somebody_else_split_off_is_nobodys(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, **{f"queue/{name}.go": f"package queue\n\nfunc {name}() {{}}\n" for name in "abcd"}})
    repo.move("queue/a.go", "lock/a.go")
    commit("Split it", {}, BOB)
    commit("Use both", {"cmd/main.go": go("example.org/deploy/lock", "example.org/deploy/queue")}, CYD)
    assert [reason for _, _, reason in adopted(repo)] == ['imports "example.org/deploy/queue" in cmd/main.go:5, still there']


def test_a_file_under_a_new_name_is_not_its_renamers(repo: Repo, commit: Commit) -> None:
    commit("Add array", {"array.h": "int a;\n"}, BOB)
    commit("Rename it", {"array.h": None, "vector.h": "int a, and_more;\n"})
    commit("Use it", {"cmd/x.c": '#include "vector.h"\n'}, CYD)
    assert adopted(repo) == []


def test_a_heap_was_brought_from_elsewhere(repo: Repo, commit: Commit) -> None:
    commit("Add all", {**MOD, **{f"m{n}/q.go": f"package m{n}\n" for n in range(61)}})
    commit("Use it", {"cmd/main.go": go("example.org/deploy/m1")}, BOB)
    assert adopted(repo) == []


def test_its_own_folder_and_its_tests_are_no_adopters(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, "queue/q.go": "package queue\n", "lib/lock.py": "x = 1\n", "lib/__init__.py": ""})
    commit("Test it", {"queue/q_test.go": go("example.org/deploy/queue", package="queue_test"),
                       "queue/sub/s.go": go("example.org/deploy/queue"),
                       "tests/test_lock.py": "from lib.lock import x\n",
                       "lib/other.py": "from lib import lock\n"}, BOB)
    assert adopted(repo) == []


def test_bots_reverts_upkeep_and_copies_are_no_adopters(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, "queue/q.go": "package queue\n"})
    use = go("example.org/deploy/queue")
    commit("Bump", {"a/a.go": use}, "dependabot[bot] <dependabot[bot]@users.noreply.github.com>")
    commit('Revert "Drop b"', {"b/b.go": use}, BOB)
    commit("Vendor it", {"vendor/c/c.go": use, "d/zz_generated.d.go": use}, BOB)
    commit("gofmt everything", {"e/e.go": use}, BOB)
    assert adopted(repo) == []


def test_python_by_package_and_by_dots(repo: Repo, commit: Commit) -> None:
    made = commit("Add lock", {"src/app/__init__.py": "", "src/app/core/__init__.py": "", "src/app/core/lock.py": "class Lock: ...\n",
                               "pyproject.toml": "[project]\nname = 'app'\n"})
    whole = commit("Use it", {"src/app/web/__init__.py": "", "src/app/web/page.py": "import os\nfrom app.core.lock import (\n    Lock,\n)\n"}, BOB)
    dots = commit("Use it by dots", {"src/app/cli/__init__.py": "", "src/app/cli/run.py": "from ..core import lock\n"}, CYD)
    commit("Something else of that name", {"tools/x.py": "import lock\n"}, CYD)
    assert adopted(repo) == [
        (whole[:8], made[:8], "imports app.core.lock.Lock in src/app/web/page.py:2, still there"),
        (dots[:8], made[:8], "imports ..core.lock in src/app/cli/run.py:1, still there"),
    ]


def test_other_languages(repo: Repo, commit: Commit) -> None:
    made = commit("Add them", {
        "ui/lock.ts": "export const lock = 1\n", "include/lock/lock.h": "int lock;\n", "jlib/src/main/java/org/acme/Lock.java": "class Lock {}\n",
        "core/src/lock.rs": "pub fn lock() {}\n", "core/Cargo.toml": '[package]\nname = "acme-core"\n', "modules/lock/main.tf": "\n",
        ".github/actions/lock/action.yml": "name: lock\n", "kit/package.json": '{"name": "@acme/kit"}', "kit/index.js": "exports.a = 1\n",
        "core/src/lib.rs": "pub mod lock;\n",
    })
    took = commit("Use them", {
        "app/page.ts": "import {\n  lock,\n} from '../ui/lock'\nconst a = require('@acme/kit')\n",
        "drivers/d.c": '#include <stdio.h>\n#include "lock/lock.h"\n',
        "jlib/src/main/java/org/web/Page.java": "package org.web;\nimport org.acme.Lock;\n",
        "cli/src/main.rs": "use acme_core::lock;\n",
        "live/main.tf": 'module "lock" {\n  source = "../modules/lock"\n}\n',
        ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n      - uses: ./.github/actions/lock\n      - uses: actions/checkout@v4\n",
    }, BOB)
    (link,) = adopted(repo)
    assert link == (took[:8], made[:8], 'imports "./.github/actions/lock" in .github/workflows/ci.yml:4 and 6 more, still there')


@pytest.mark.parametrize(("module", "path", "text", "said"), [
    ("ui/lock.ts", "app/page.ts", "import {\n  lock,\n} from '../ui/lock'\n", '"../ui/lock" in app/page.ts:3'),
    ("include/lock/lock.h", "drivers/d.c", '#include <stdio.h>\n#include "lock/lock.h"\n', '"lock/lock.h" in drivers/d.c:2'),
    ("src/main/java/org/acme/Lock.java", "src/main/java/org/web/P.java", "package org.web;\nimport org.acme.Lock;\n",
     '"org/acme/Lock" in src/main/java/org/web/P.java:2'),
    ("core/src/lock.rs", "core/src/web/page.rs", "use crate::lock::{Lock, Key};\n", '"crate::lock::Lock" in core/src/web/page.rs:1'),
    ("proto/lock/lock.proto", "proto/web/page.proto", 'import "lock/lock.proto";\n', '"lock/lock.proto" in proto/web/page.proto:1'),
    ("lib/lock.libsonnet", "dash/page.jsonnet", "local l = import '../lib/lock.libsonnet';\n", '"../lib/lock.libsonnet" in dash/page.jsonnet:1'),
    ("modules/lock/main.tf", "live/main.tf", 'module "lock" {\n  source = "../modules/lock"\n}\n', '"../modules/lock" in live/main.tf:2'),
])
def test_each_language(repo: Repo, commit: Commit, module: str, path: str, text: str, said: str) -> None:
    made = commit("Add it", {module: "1\n"})
    commit("Something else", {path: "2\n"}, CYD)
    took = commit("Use it", {path: text}, BOB)
    commit("And more", {path: f"{text}\n// 3\n"}, CYD)
    assert adopted(repo) == [(took[:8], made[:8], f"imports {said}, still there")]


def test_across_repositories(tmp_path: Path, repo: Repo, commit: Commit) -> None:
    made = commit("Add queue", {**MOD, "queue/q.go": "package queue\n", ".github/workflows/call.yml": "on: workflow_call\n"})
    other = Repo(tmp_path / "other")
    other.git("config", "remote.origin.url", "https://github.com/acme/shop.git")
    took = dated(other, 2)("Use it", {"go.mod": "module example.org/shop\n", "main.go": go("example.org/deploy/queue", package="main"),
                                      ".github/workflows/ci.yml": "jobs:\n  a:\n    uses: acme/deploy/.github/workflows/call.yml@v1\n"}, BOB)
    assert adopted(repo, other) == [
        (took[:8], made[:8], 'imports "acme/deploy/.github/workflows/call.yml@v1" in .github/workflows/ci.yml:3 and 1 more, still there')
    ]


def test_what_landed_together_adopts_nothing(repo: Repo, commit: Commit) -> None:
    commit("Start", MOD)
    repo.branch("side")
    commit("Add queue", {"queue/q.go": "package queue\n"})
    commit("Use it", {"cmd/main.go": go("example.org/deploy/queue")}, BOB)
    repo.checkout("main")
    repo.merge("side", "Merge pull request #3 from acme/side", date="2026-01-20T10:00:00+00:00")
    assert adopted(repo) == []


def test_blobs_that_are_not_here_are_counted(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, "queue/q.go": "package queue\n"})
    commit("Use it", {"cmd/main.go": go("example.org/deploy/queue")}, BOB)
    blob = repo.git("rev-parse", "HEAD:cmd/main.go")
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    view = view_of(repo)
    assert list(adopts.find(view)) == []
    assert [(one.where, one.count) for one in view.skipped] == [("acme/deploy", 1)]


def test_nothing_is_read_for_somebody_who_introduced_nothing(repo: Repo, commit: Commit) -> None:
    commit("Add queue", {**MOD, "queue/q.go": "package queue\n"}, BOB)
    commit("Write", {"README.md": "# x\n"})
    assert adopted(repo) == []


@pytest.mark.parametrize(("path", "text", "found"), [
    ("a.go", 'package a\nimport "fmt"\nimport x "example.org/x"\nimport (\n\t_ "example.org/y" // why\n)\n', {"fmt": 2, "example.org/x": 3, "example.org/y": 5}),
    ("a.go", 'package a\nfunc f() { s := `\nimport "no"\n` }\n', {}),
    ("a.py", "import a.b as c, d\nfrom x import (y,\n  z as w)  # why\nfrom . import q\n", {"a.b": 1, "d": 1, "x:y": 2, "x:z": 2, ".:q": 4}),
    ("a.ts", "// import x from 'no'\nimport a from \"./a\"\nexport * from './b'\nconst c = await import('./c')\n", {"./a": 2, "./b": 3, "./c": 4}),
    ("a.rs", "use crate::a::{b, c::D};\npub use std::io;\n", {"crate::a::b": 1, "crate::a::c::D": 1, "std::io": 2}),
    ("a.c", "#include <a/b.h>\n  #  include \"c.h\"\n", {"<a/b.h": 1, "c.h": 2}),
    ("a.proto", 'syntax = "proto3";\nimport "a/b.proto";\n', {"a/b.proto": 2}),
    ("a.jsonnet", "local x = import 'b.libsonnet';\n", {"b.libsonnet": 1}),
    ("a.kt", "import org.acme.Lock\nimport static org.acme.Util.f;\n", {"org/acme/Lock": 1, "org/acme/Util": 2}),
    ("a.txt", "import a\n", {}),
])
def test_imports_are_read_off_text(path: str, text: str, found: dict[str, int]) -> None:
    assert {one.what: one.line for one in imports(path, text.encode())} == found


def test_a_name_of_two_headers_means_neither() -> None:
    trees = Trees()
    trees.add("o", frozenset({"a/lock.h", "b/lock.h", "include/sys/page.h", "d/d.c"}), {})
    assert trees.place("o", "d/d.c", Import("lock.h", 1)) is None
    assert trees.place("o", "d/d.c", Import("<sys/page.h", 1)) == ("o", "include/sys/page.h")
    assert trees.place("o", "d/d.c", Import("../a/lock.h", 1)) == ("o", "a/lock.h")


def test_a_standard_name_is_not_taken_for_the_module() -> None:
    tells = teller("go", "example.org/x/pkg/fmt", ("pkg/fmt",))
    assert not tells("a.go", Import("fmt", 1)) and tells("a.go", Import("old.org/x/pkg/fmt", 1))
    tells = teller("py", "app.logging:Log", ("src/app/logging.py",), ("", "src"))
    assert not tells("src/app/x.py", Import("logging", 1)) and tells("src/app/x.py", Import("app.logging", 1))
