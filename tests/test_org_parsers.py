from __future__ import annotations

import time

import pytest
from codeowners import CodeOwners
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.org import codeowners, owners
from muster.org.codeowners import parse


def owned(text: str, path: str) -> tuple[str, ...] | None:
    match = parse(text).of(path)
    return match.owners if match else None


@pytest.mark.parametrize(("text", "path", "expected"), [
    ("* @a", "any/where.py", ("@a",)),
    ("* @a\n*.js @b", "src/x.js", ("@b",)),
    ("*.js @b\n* @a", "src/x.js", ("@a",)),
    ("/build/logs/ @c", "build/logs/x/y.log", ("@c",)),
    ("/build/logs/ @c", "other/build/logs/x", None),
    ("docs/* d@example.org", "docs/a.md", ("d@example.org",)),
    ("docs/* d@example.org", "docs/a/b.md", None),
    ("apps/ @o", "x/apps/y/z", ("@o",)),
    ("apps/ @o", "apps", None),
    ("/docs/ @d", "docs/deep/er/x", ("@d",)),
    ("/apps/ @o\n/apps/github", "apps/github/x", ()),
    ("/apps/ @o\n/apps/github", "apps/other", ("@o",)),
    ("**/logs @l", "deep/er/logs/x", ("@l",)),
    ("/src/**/test_?.py @t", "src/a/b/test_1.py", ("@t",)),
    ("/src/**/test_?.py @t", "src/test_1.py", ("@t",)),
    ("/src/x.py @acme/core # the heart @ghost", "src/x.py", ("@acme/core",)),
    ("Makefile @m", "deep/Makefile", ("@m",)),
    ("path\\ with\\ space/ @s", "path with space/x", ("@s",)),
    ("# only a comment", "x", None),
    ("src/x @a\nsrc/x/y @b", "src/x/y/z", ("@b",)),
    ("src/x/y @b\nsrc/x @a", "src/x/y/z", ("@a",)),
    ("! @a\n!x @a", "x", None),
    ("/a/*/c/ @a", "a/b/c/d", ("@a",)),
    ("/a/*/c/ @a", "a/b/b/c/d", None),
])
def test_github(text: str, path: str, expected: tuple[str, ...] | None) -> None:
    assert owned(text, path) == expected


def test_lines_that_cannot_be_read_are_counted() -> None:
    rules = parse("[ab @a\n/x nobody @b\n!/y @c\n* @d\n", "docs/CODEOWNERS")
    assert [(skip.where, skip.reason) for skip in rules.skipped] == [
        ("docs/CODEOWNERS:1", "a pattern that cannot be read: [ab"),
        ("docs/CODEOWNERS:2", "not an owner: nobody"),
        ("docs/CODEOWNERS:3", "GitHub has no exclusions: !/y"),
    ]
    assert rules.everyone == {"@d"}
    match = rules.of("x")
    assert match is not None and match.owners == ("@d",)


def test_gitlab_sections() -> None:
    text = "* @all\n[Docs] @writers\n*.md\ndocs/ @ann\n^[Deep dive][2] @deep\n/core/\n!/core/gen/\n[docs]\nnotes.md @late\n"
    assert owned(text, "src/x.py") == ("@all",)
    assert owned(text, "src/x.md") == ("@all", "@writers")
    assert owned(text, "deep/docs/x.md") == ("@all", "@ann")
    assert owned(text, "core/x.py") == ("@all", "@deep")
    assert owned(text, "core/gen/x.py") == ("@all",)
    assert owned(text, "notes.md") == ("@all", "@late")
    match = parse(text).of("core/x.py")
    assert match is not None and (match.pattern, match.everything) == ("/core/", False)


PIECES = st.lists(st.sampled_from(["a", "ab", "b.py", "*", "**", "?", "*.py", "a*b", "*a*"]), min_size=1, max_size=4)
PATHS = st.lists(st.sampled_from(["a", "ab", "b.py", "b", "aab", "x.py"]), min_size=1, max_size=5).map("/".join)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.booleans(), st.booleans(), PATHS)
def test_as_the_library_has_it(pieces: list[str], front: bool, end: bool, path: str) -> None:
    pattern = ("/" if front else "") + "/".join(pieces) + ("/" if end else "")
    expected = CodeOwners(f"{pattern} @a").matching_line(path)[1] is not None
    match = parse(f"{pattern} @a").of(path)
    if match is not None and match.everything:
        return
    assert (match is not None) == expected, (pattern, path)


def test_a_pattern_made_to_be_slow() -> None:
    start = time.monotonic()
    text = "*a*a*a*a*a*a*a*a*a*b @x\n/**/a/**/a/**/a/**/a/**/b @y\n"
    assert owned(text, "a" * 3000) is None
    assert owned(text, "a/" * 1500 + "c") is None
    parse("[a]" + " @a@b" * 200 + " !")
    many = parse("".join(f"/x/*{number}\n" for number in range(5000)))
    assert [skip.reason for skip in many.skipped] == ["more than 2000 patterns with wildcards: the rest is not read"]
    assert time.monotonic() - start < 3


# --------------------------------------------------------------------------------------------------------------


def test_plain_and_yaml_agree() -> None:
    text = "# hello\napprovers:\n- Ann\n- sig-node-leads # why\nreviewers:\n  - bob\nlabels:\n- sig/node\nemeritus_approvers:\n- old\n"
    plain = owners.parse(text)
    same = owners.parse('approvers: ["Ann", sig-node-leads]\nreviewers: [bob]\nlabels: [sig/node]\nemeritus_approvers: [old]\n')
    assert plain == same
    assert plain.everyone == {"ann", "sig-node-leads", "bob"}
    assert plain.rules[0].labels == ("sig/node",)


def test_filters_and_options() -> None:
    file = owners.parse(
        'options:\n  no_parent_owners: true\nfilters:\n  ".*":\n    labels: [area/x]\n  "\\\\.go$":\n    approvers: [gopher]\n'
        '  "(a+)+$":\n    approvers: [slow]\n  "[":\n    approvers: [broken]\n'
    )
    assert file.no_parent_owners and file.filtered
    assert [rule.applies("x/y.go") for rule in file.rules] == [True, True]
    assert [rule.applies("x/y.py") for rule in file.rules] == [True, False]
    assert file.reasons == ("a filter that is not used: (a+)+$", "a filter that is not used: [")


@pytest.mark.parametrize("text", [
    "a: &x [1]\nb: *x\n", "- just\n- a list\n", "just words", "approvers:\n\t- tab: {\n", "x: " + "[" * 5000, "approvers: " + "a" * 300_000,
])
def test_what_is_no_owners_file(text: str) -> None:
    with pytest.raises(owners.UnreadableError):
        owners.parse(text)


def test_odd_but_readable() -> None:
    assert owners.parse("").rules == ()
    assert owners.parse("approvers: one\n").everyone == {"one"}
    assert owners.parse("approvers:\n- '@Quoted'\n- 12345\n").everyone == {"quoted", "12345"}
    assert owners.parse("reviwers:\n- typo\n").everyone == frozenset()


def test_aliases() -> None:
    plain = owners.parse_aliases("aliases:\n  Leads:\n  - Ann\n  - bob\n\n  others:\n    - cyd\n")
    assert plain == {"leads": {"ann", "bob"}, "others": {"cyd"}}
    assert owners.parse_aliases("aliases: {leads: [Ann]}\n") == {"leads": {"ann"}}
    assert owners.expand(frozenset({"leads", "dan"}), plain) == {"ann", "bob", "dan"}
    assert owners.parse_aliases("other: 1\n") == {}


@pytest.mark.parametrize(("pattern", "area"), [
    ("/a/b/", "a/b"), ("/a/**", "a"), ("*.tf", "*.tf"), ("**/x", "x"), ("/a/*", "a"),
])
def test_area(pattern: str, area: str) -> None:
    assert codeowners.area(pattern) == area
