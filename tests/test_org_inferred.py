from __future__ import annotations

from collections.abc import Mapping

import pytest

from muster.model import Person
from muster.org import handles, inferred


def areas(changes: Mapping[str, float], moved: Mapping[str, str] | None = None) -> inferred.Areas:
    rows = [
        (path, 2025, weight, "doc" if path.endswith(".md") else "test" if "test" in path else "code")
        for path, weight in changes.items()
    ]
    return inferred.partition(rows, moved or {}, "top level")


def test_a_monorepo_is_split_where_it_is_busy() -> None:
    found = areas({
        **{f"src/services/{name}/x.go": 100 for name in ("pay", "search", "ship", "stock", "mail")},
        "src/services/tiny/x.go": 1, "docs/deep/er/x.md": 40, "docs/wide/x.md": 300, "main.go": 5,
    })
    assert set(found.names) - {"src", "src/services"} == {
        "docs", "src/services/pay", "src/services/search", "src/services/ship", "src/services/stock", "src/services/mail",
    }
    assert found.of("src/services/pay/deep/y.go") == "src/services/pay"
    assert found.of("src/services/tiny/x.go") == "src/services"
    assert found.of("docs/deep/new.md") == "docs"
    assert found.of("main.go") == "top level"
    assert {"src/services", "top level"} <= found.mixed


def test_a_flat_library_is_split_into_its_files() -> None:
    found = areas({**{f"lib/{name}.py": 100 for name in "abcdef"}, "lib/g.py": 1, "tests/test_a.py": 50})
    assert (found.of("lib/a.py"), found.of("lib/g.py"), found.of("tests/test_a.py")) == ("lib/a", "lib", "tests")
    assert found.of("lib/test_a.py") == "lib/a"


def test_numbered_documents_are_no_areas() -> None:
    found = areas({f"keps/sig-{name}/{number}-idea/README.md": 50 for name in "ab" for number in (1234, 5678)})
    assert {found.of(f"keps/sig-{name}/1234-idea/README.md") for name in "ab"} == {"keps"}
    found = areas({f"keps/sig-{name}/{number}-idea/kep.go": 50 for name in "abc" for number in (1234, 5678)})
    assert {found.of(f"keps/sig-{name}/1234-idea/kep.go") for name in "abc"} == {f"keps/sig-{name}" for name in "abc"}


def test_never_more_than_the_most() -> None:
    found = areas({f"d{number:03}/x.go": 1 + number for number in range(300)})
    assert 4 <= len(set(found.names.values())) <= inferred.MOST


def test_what_keeps_changing_together_is_joined() -> None:
    found = areas({"api/x.go": 100, "rpc/x.go": 60, **{f"d{number}/x.go": 200 for number in range(6)}})
    joined = inferred.join(
        found, {("api", "rpc"): 50, ("api", "d0"): 3},
        {"api": 100, "rpc": 60, **{f"d{number}": 200 for number in range(6)}},
    )
    assert joined.of("rpc/x.go") == joined.of("api/x.go") == "api"
    assert joined.of("d0/x.go") == "d0"


def test_moves_are_followed_to_the_end() -> None:
    rows = [("a", "b", 10, 100, 50), ("b", "c", 10, 200, 150), ("c", "d", 2, 300, 900), ("e", "f", 3, 10, 5), ("e", "g", 3, 10, 5)]
    assert inferred.moves(rows, [("root.go", "a")]) == {"a": "c", "b": "c", "root.go": "a"}


@pytest.mark.parametrize(("year", "half", "expected"), [
    ({"a": 9.0, "b": 1.0}, {}, ("a",)),
    ({"a": 6.0, "b": 4.0}, {}, ("a", "b")),
    ({"a": 9.0, "b": 1.0}, {"b": 1.0, "a": 1.0}, ("a", "b")),
    (dict.fromkeys("abcdefghij", 1.0), {}, ("a", "b", "c", "d", "e")),
    ({}, {}, ()),
])
def test_home(year: dict[str, float], half: dict[str, float], expected: tuple[str, ...]) -> None:
    assert inferred.home(year, half) == expected


def test_handles() -> None:
    people = [
        Person("ann@example.org", "Ann", ("ann@example.org",), ("annie",)),
        Person("bob@example.org", "bobby", ("bob@example.org", "info@example.org")),
        Person("bob@example.com", "Bob Two", ("bob@example.com",)),
        Person("ci@example.org", "ci", ("ci@example.org",), ("cibot",), bot=True),
    ]
    merges = [("Captain", "bob@example.com")] * 4 + [("Captain", "ann@example.org")] + [("once", "ann@example.org")]
    merges += [("annie", "bob@example.com")] * 9
    names = handles.tie(people, merges)
    assert names.person("@Annie") == "ann@example.org"
    assert names.person("captain") == "bob@example.com"
    assert names.person("bobby") == "bob@example.org"
    assert [names.person(name) for name in ("bob", "once", "info", "cibot")] == [None] * 4
    assert names.guessed["bob@example.org"] == {"bobby"}
    assert names.of("@new") == {"new"}
