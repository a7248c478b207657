from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster import paths

KINDS = {
    "code": "main.go pkg/server/history.go internal/plans/changes.go rbe/install.sh docs/conf.py design/tool.py "
            "pkg/support.go internal/vendored.go app/owners.py contest/x.c latest/x.c keps/NEXT_KEP_NUMBER "
            "web/src/App.tsx tools/benchmark/main.go docs/example/main.go",
    "test": "pkg/a_test.go tests/test_x.py src/app.spec.ts src/x.test.tsx FooTest.java pkg/testdata/x.yaml conftest.py "
            "terraform/test-fixtures/main.tf spec/models/user_spec.rb e2e/run.go testdata/keps/1-x/README.md",
    "doc": "README.md docs/guide/index.html CHANGELOG-3.6.md LICENSE docs/a.png .changes/v1.2/fix.yaml keps/README.md "
           "docs/rfcs/README.md HISTORY.rst keps/NNNN-kep-template/README.md docs/adr/template.md",
    "proposal": "keps/sig-node/1287-resize/README.md keps/sig-node/1287-resize/kep.yaml peps/pep-0484.rst pep-0008.txt "
                "docs/adr/0001-use-x.md text/rfcs/0042-y.md docs/proposals/queue.md docs/design/locks.md rfc-12-z.md",
    "owners": "OWNERS pkg/OWNERS .github/CODEOWNERS OWNERS_ALIASES MAINTAINERS.md catalog-info.yaml",
    "config": "Makefile .github/workflows/ci.yml go.mod pyproject.toml deploy/app.yaml .gitignore Dockerfile package.json",
    "generated": "api/x.pb.go pkg/zz_generated.deepcopy.go dist/app.js web/a.min.js proto/a_pb2.py kind_string.go",
    "vendored": "vendor/a/b.go third_party/x.c web/node_modules/a/index.js Godeps/_workspace/a.go vendor/OWNERS",
    "lock": "go.sum yarn.lock web/package-lock.json Cargo.lock poetry.lock uv.lock",
}


@pytest.mark.parametrize(("path", "kind"), [(path, kind) for kind, row in KINDS.items() for path in row.split()])
def test_kind(path: str, kind: str) -> None:
    assert paths.kind(path) == kind


@given(st.text())
def test_any_path_has_a_kind(path: str) -> None:
    assert paths.kind(path) in paths.KINDS


def test_a_long_path_is_told_at_once() -> None:
    assert paths.kind("a/" * 20_000 + "b.go") == "code"
    assert paths.kind("-" * 40_000) == "code"


def test_examples() -> None:
    assert doctest.testmod(paths).failed == 0


def test_neutral_kinds_are_kinds() -> None:
    assert set(paths.KINDS) > paths.NEUTRAL
