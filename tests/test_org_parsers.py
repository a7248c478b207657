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
        ("docs/CODEOWNERS:1", "GitHub has no ranges in brackets: [ab"),
        ("docs/CODEOWNERS:2", "not an owner: nobody"),
        ("docs/CODEOWNERS:3", "GitHub has no exclusions: !/y"),
    ]
    assert rules.everyone == {"@d"}
    match = rules.of("x")
    assert match is not None and match.owners == ("@d",)


def test_a_line_with_a_mistake_is_left_out_on_github() -> None:
    text = "* @all\n/x @a nobody @b\n/y/[ab].py @c\n\\#z @d\n/***/w @e\n/v @f # @ghost\n"
    assert [owned(text, path) for path in ("x", "y/a.py", "#z", "q/w", "v")] == [("@all",)] * 4 + [("@f",)]
    assert [skip.where for skip in parse(text).skipped] == [f"CODEOWNERS:{number}" for number in (2, 3, 4, 5)]


#: GitLab's documentation, "Syntax of CODEOWNERS file" and "Advanced CODEOWNERS configuration", case by case.
NAMED = "[Docs] @writers\n"
ADMIN = "* @admin\n\n[README Owners]\nREADME.md @user1 @user2\ninternal/README.md @user4\n\n[README other owners]\nREADME.md @user3\n"
BASE = "[Documentation] @docs-team\ndocs/\nREADME.md\n\n[Database] @database-team @agarcia\nmodel/db/\nconfig/db/database-setup.md @docs-team\n"
OUT = "* @username\n!pom.xml\n[Ruby]\n*.rb @ruby-team\n!/config/**/*.rb\n"


@pytest.mark.parametrize(("text", "path", "expected"), [
    (ADMIN, "README.md", ("@admin", "@user1", "@user2", "@user3")),
    (ADMIN, "internal/README.md", ("@admin", "@user4", "@user3")),
    (ADMIN, "x", ("@admin",)),
    (BASE, "docs/a/b.md", ("@docs-team",)),
    (BASE, "model/db/x", ("@database-team", "@agarcia")),
    (BASE, "config/db/database-setup.md", ("@docs-team",)),
    (OUT, "pom.xml", None), ("* @u\n[Other]\n!pom.xml\n*.xml @x\n", "pom.xml", ("@u",)),
    (OUT, "config/a/b.rb", ("@username",)), (OUT, "lib/b.rb", ("@username", "@ruby-team")),
    ("[D]\n* @default-owner\n!*.rb\n/special/*.rb @ruby-owner\n", "special/a.rb", None),
    ("[D]\n* @o\n!**/generated/\n", "a/generated/b/c", None), ("[D]\n* @o\n!**/generated/\n", "a/generate/c", ("@o",)),
    ("[D]\n/README.md @r\n", "README.md", ("@r",)), ("[D]\n/README.md @r\n", "docs/README.md", None),
    ("[D]\nREADME.md @r\n", "app/lib/README.md", ("@r",)), ("[D]\ninternal/README.md @r\n", "docs/api/internal/README.md", ("@r",)),
    ("[D]\n/docs/ @r\n", "docs/a/b", ("@r",)), ("[D]\n/docs @r\n", "docs/a", None), ("[D]\n/docs @r\n", "docs", ("@r",)),
    ("[D]\n/docs/*.md @r\n", "docs/a.md", ("@r",)), ("[D]\n/docs/*.md @r\n", "docs/a/b.md", None),
    ("[D]\n/docs/*spec* @r\n", "docs/runtime.spec", ("@r",)), ("[D]\n/docs/index.* @r\n", "docs/index.html", ("@r",)),
    ("[D]\n/docs/*/README.md @r\n", "docs/api/README.md", ("@r",)), ("[D]\n/docs/*/README.md @r\n", "docs/README.md", None),
    ("[D]\n/docs/**/index.md @r\n", "docs/index.md", ("@r",)), ("[D]\n/docs/**/index.md @r\n", "docs/a/b/index.md", ("@r",)),
    ("[D]\n**/*.rb @r\n", "config/database.rb", ("@r",)), ("[D]\n* @r\n", ".gitignore", ("@r",)), ("[D]\n/* @r\n", "a/b", None),
    ("[D]\n/docs/** @r\n", "docs/a", ("@r",)), ("[D]\n/lib[12]/ @r\n", "lib2/a", ("@r",)),
    ("* @group\n\n[Section name\ndocs/ @docs_group\n[End]\n", "docs/a", ("@docs_group",)),
    ("[Docs]\ndocs/**/* @group\n\n[Section name\ndocs/x/ @docs_group\n", "docs/x/y", ("@docs_group",)),
    ("[D]\n/path/* @group user_without_at_symbol @user_with_at_symbol\n", "path/a", ("@group", "@user_with_at_symbol")),
    ("[D]\npath\\ with\\ spaces/*.md @owner\n", "path with spaces/a.md", ("@owner",)),
    ("[D]\n\\#file_with_pound.rb @owner\n", "#file_with_pound.rb", ("@owner",)),
    ("/config/ @@maintainer @ann\n", "config/a", ("@@maintainer", "@ann")),
    ("[D]\n/x @a # ask @b first\n", "x", ("@a", "@b")),
    (f"{NAMED}/x\n/x/old.md @old\n[docs]\n/x/new.md\n", "x/new.md", ()), (f"{NAMED}docs/\n", "docs/a", ("@writers",)),
    ("^[Optional][3] @a @team/sub words\n/x\n", "x", ("@a", "@team/sub")), ("[A][0] @a\n/x\n", "x", ("@a",)),
    ("[A] @a\nREADME @group @group/with-nested/subgroup\n", "README", ("@group", "@group/with-nested/subgroup")),
])
def test_gitlab(text: str, path: str, expected: tuple[str, ...] | None) -> None:
    assert owned(text, path) == expected


def test_whose_rules_hold() -> None:
    text = "/docs @a\n"
    assert [parse(text, where).of("docs/x") is None for where in ("CODEOWNERS", ".gitlab/CODEOWNERS")] == [False, True]
    assert parse(text, "CODEOWNERS", "https://gitlab.example.org/acme/app").of("docs/x") is None
    assert parse("[ab] @a\n", ".github/CODEOWNERS").skipped
    assert parse("[ab]\n/x @a\n", "CODEOWNERS", "https://github.com/acme/app").skipped
    assert parse("[D]\n/x @a word # and more\n").skipped[0].reason == "not an owner: word"
    assert not parse("[D]\n/x @a # and more\n").skipped


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


def test_filters_count_only_alone() -> None:
    file = owners.parse('approvers: [ann]\nfilters:\n  "\\\\.go$":\n    approvers: [gopher]\n')
    assert file.everyone == {"ann"} and file.reasons == ("filters beside lists of the whole directory are not used",)
    file = owners.parse('emeritus_approvers: [old]\nfilters:\n  ".*":\n    required_reviewers: [acme/deps, bob]\n')
    assert file.everyone == {"acme/deps", "bob"} and not file.filtered


@pytest.mark.parametrize("text", [
    "options:\n  no_parent_owners: true\napprovers:\n- ann\nemeritus_approvers: []\n",
    "approvers:\n  - ann\nreviewers: [] # none\noptions:\n  no_parent_owners: true # alone\n",
])
def test_the_option_is_read_without_yaml(text: str) -> None:
    assert owners._plain(text) is not None
    assert owners.parse(text) == owners.parse(text + "\nlabels: ['']\n") == owners.Owners((owners.Rule(("ann",)),), True)


@pytest.mark.parametrize("text", ["options:\n  other: true\napprovers:\n- ann\n", "options:\n- no_parent_owners\napprovers:\n- ann\n"])
def test_other_options_change_nothing(text: str) -> None:
    assert owners._plain(text) is None
    assert owners.parse(text) == owners.Owners((owners.Rule(("ann",)),))


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
