from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.lake import Lake
from muster.model import Basis, Touch
from muster.org import Organisation, maintainers, notes
from muster.people import resolve
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, CYD, Repo

KNOWN = Basis.KNOWN
HEAD = """Descriptions of section entries:

\tM: Mail patches to: FullName <address@domain>
\tF: Files and directories with wildcard patterns.
\t   F:\tdrivers/net/\tall files in and below drivers/net

Maintainers List (try to look for most precise areas first)

\t\t-----------------------------------
"""
LIST = HEAD + """NETWORK
M:\tBob Brink <bob@example.org>
L:\tnet@lists.example.org
S:\tMaintained
T:\tgit https://git.example.org/custodians/boot-net.git
F:\tdrivers/net/
F:\tinclude/net*.h
X:\tdrivers/net/old/

NETWORK PHY
M:\tDan Doe <dan@example.org>
R:\tCyd Chase <Cyd@Example.org>
T:\tgit https://git.example.org/custodians/boot-net.git master
F:\tdrivers/net/phy/

RADIO
M:\tCyd Chase <cyd@example.org>
S:\tMaintained
N:\tradio

GONE
M:\tEve Ek <eve@example.org>
S:\tOrphan (since 2025-01)
F:\tdrivers/gone/

THE REST
M:\tAnn Arbor <ann@example.org>
T:\tgit https://git.example.org/boot/boot.git
F:\t*
F:\t*/
"""
FILES = {
    "MAINTAINERS": LIST, "drivers/net/a.c": "1", "drivers/net/phy/p.c": "1", "drivers/net/old/o.c": "1", "drivers/gone/g.c": "1",
    "arch/radio/r.c": "1", "include/net_x.h": "1", "lib/x.c": "1",
}


def read(repo: Repo) -> Organisation:
    harvests = [harvest(Settings(repo.path))]
    return Organisation.read(Lake.build(harvests, resolve(harvests)))


def one(organisation: Organisation, sha: str) -> Touch:
    (touch,) = organisation.touches(f"git:{sha}")
    return touch


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "r")


#: The head of Linux's file: what it says of each form of pattern.
@pytest.mark.parametrize(("pattern", "path", "expected"), [
    ("drivers/net/", "drivers/net/a.c", True), ("drivers/net/", "drivers/net/phy/p.c", True), ("drivers/net/", "drivers/net", False),
    ("drivers/net/", "x/drivers/net/a.c", False), ("drivers/net/", "drivers/netx/a.c", False),
    ("drivers/net/*", "drivers/net/a.c", True), ("drivers/net/*", "drivers/net/phy/p.c", False),
    ("*/net/*", "drivers/net/a.c", True), ("*/net/*", "a/drivers/net/a.c", False), ("*/net/*", "net/a.c", False),
    ("fs/**/*foo*.c", "fs/a/b/xfoo1.c", True), ("fs/**/*foo*.c", "fs/foo.c", True), ("fs/**/*foo*.c", "fs/a/foo.h", False),
    ("lib/x.c", "lib/x.c", True), ("lib/x.c", "lib/x.cc", False), ("lib", "lib/a/x.c", True), ("lib", "libs/x.c", False),
    ("include/net*.h", "include/net_x.h", True), ("include/net*.h", "include/net/x.h", False),
    ("arch/arm/mach-*/", "arch/arm/mach-k3/a/b.c", True), ("arch/arm/mach-*/", "arch/arm/mach-k3", False),
    ("drivers/i2c/ast.[ch]", "drivers/i2c/ast.h", True), ("drivers/i2c/ast.[ch]", "drivers/i2c/ast.o", False),
    ("drivers/*/pm8???-*", "drivers/gpio/pm8916-x.c", True), ("*", "Makefile", True), ("*", "lib/x.c", False),
    ("*/", "lib/x.c", True), ("*/", "Makefile", False), ("Documentation/**", "Documentation/a/b.txt", True),
])
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert maintainers.matches(pattern, path) is expected
    found = maintainers.Book()
    version = found.read(f"A\nM: a@example.org\nF: {pattern}\n")
    assert version is not None
    if not found.sections[0].whole:
        assert bool(found.of(version[0], path)) is expected


def test_the_most_precise_section_first() -> None:
    book = maintainers.Book()
    found = book.read(LIST)
    assert found is not None and found[1] == ()
    version = found[0]
    assert [section.title for section in book.sections] == ["NETWORK", "NETWORK PHY", "RADIO", "GONE", "THE REST"]
    assert [book.sections[number].title for number in book.of(version, "drivers/net/phy/radio.c")] == [
        "NETWORK PHY", "NETWORK", "RADIO",
    ]
    assert book.of(version, "drivers/net/old/o.c") == () == book.of(version, "lib/x.c")
    assert book.everyone(version) == {"ann@example.org"}
    assert [section.title for section in book.of_person(version, "cyd@example.org")] == ["NETWORK PHY", "RADIO"]
    assert book.sections[3].people == () and book.sections[3].orphaned


def test_forms_of_other_projects() -> None:
    text = """General Project Administration
------------------------------
M: Ann Arbor <ann@example.org>

All patches CC here
L: devel@example.org
F: *
F: */

Guest CPU cores
---------------------
Overall
M: Bob Brink <bob@example.org>
#M: Not Any More <not@example.org>
S: Odd Fixes
F: cpu/
NEXT WITHOUT A GAP
R: Cyd Chase (work) <cyd@example.org>, <also@example.org>
F: next/

Title apart from its lines

M: Dan Doe <dan@example.org>
F: apart/
"""
    found = maintainers.sections(text)
    assert [(one.title, one.people, one.files) for one in found] == [
        ("All patches CC here", (), ("*", "*/")),
        ("Overall", ("bob@example.org",), ("cpu/",)),
        ("NEXT WITHOUT A GAP", ("cyd@example.org",), ("next/",)),
        ("Title apart from its lines", ("dan@example.org",), ("apart/",)),
    ]


@pytest.mark.parametrize("text", [
    "# Maintainers\n\n* Ann Arbor (<ann@example.org> / @ann): `cmd`\n", "[people]\n  [people.ann]\n  Name = \"Ann\"\n",
    "Ann Arbor <ann@example.org> (@ann)\nBob Brink <bob@example.org> (@bob)\n", "", "M: ann@example.org\n", HEAD,
    "people:\n- ann\n", "Old form:\n\nP: Person\nM: Mail patches to\nF: Files and directories\n",
])
def test_what_is_another_format(text: str) -> None:
    assert maintainers.Book().read(text) is None
    assert maintainers.sections(text) == ()


def test_patterns_made_to_be_slow() -> None:
    start = time.monotonic()
    text = "A\nM: a@example.org\nF: " + "*a" * 200 + "b\nF: " + "**/a/" * 50 + "b\nN: (a+)+$\nN: [\nF: x*y*z*/w\n" + "F: q/\n" * 5000
    book = maintainers.Book()
    found = book.read(text)
    assert found is not None
    assert [reason.partition(":")[0] for reason in found[1]] == [
        "only the first 2000 lines of a section are read", "a pattern of names that is not used", "a pattern of names that is not used",
    ]
    assert book.of(found[0], "a" * 3000) == ()
    assert book.of(found[0], "a/" * 1500 + "c") == ()
    assert time.monotonic() - start < 3


PIECES = st.lists(st.sampled_from(["a", "ab", "b.c", "*", "?", "*.c", "a*b", "*a*"]), min_size=1, max_size=4)
PATHS = st.lists(st.sampled_from(["a", "ab", "b.c", "b", "aab", "x.c"]), min_size=1, max_size=5).map("/".join)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.booleans(), PATHS)
def test_both_ways_to_match_agree(pieces: list[str], end: bool, path: str) -> None:
    pattern = "/".join(pieces) + ("/" if end else "")
    long = f"{'deep/' * 300}{path}"  # Long paths take the other way.
    if maintainers.is_wild(pattern):
        assert maintainers.matches(pattern, path) == maintainers.matches(f"{'deep/' * 300}{pattern}", long), (pattern, path)


def test_sections_are_areas_and_trees_are_teams(repo: Repo) -> None:
    repo.commit("Start", FILES, date="2025-12-01T10:00:00+00:00")
    work = {
        path: repo.commit("Work", {path: "2"}, author=CYD)
        for path in ("drivers/net/a.c", "drivers/net/phy/p.c", "arch/radio/r.c", "drivers/gone/g.c", "lib/x.c")
    }
    org = read(repo)
    found = {path: one(org, sha) for path, sha in work.items()}
    assert found["drivers/net/phy/p.c"] == Touch("drivers/net/phy/p.c", "NETWORK PHY", ("boot-net",), True, KNOWN)
    # Listed for one part of a tree, they are of its team.
    assert found["drivers/net/a.c"] == Touch("drivers/net/a.c", "NETWORK", ("boot-net",), True, KNOWN)
    assert found["arch/radio/r.c"] == Touch("arch/radio/r.c", "RADIO", ("RADIO",), True, KNOWN)
    assert found["drivers/gone/g.c"] == Touch("drivers/gone/g.c", "GONE", (), None, KNOWN)
    assert found["lib/x.c"].area == "lib" and found["lib/x.c"].own is None
    assert org.basis is KNOWN
    assert org.notes[:3] == (
        "Owners are read from 4 sections of MAINTAINERS as they were at each commit.",
        "Where MAINTAINERS names nobody in particular, areas and teams are inferred.",
        "Each section of MAINTAINERS counts as a team of its own, unless it names a tree that others share.",
    )


def test_maintainers_are_those_before_the_commit(repo: Repo) -> None:
    repo.commit("Start", FILES, date="2025-12-01T10:00:00+00:00")
    before = repo.commit("Work", {"arch/radio/r.c": "2"}, author=BOB)
    repo.commit("Hand over", {"MAINTAINERS": LIST.replace("Cyd Chase <cyd@example.org>", "Bob Brink <bob@example.org>")})
    after = repo.commit("Work", {"arch/radio/r.c": "3"}, author=BOB)
    org = read(repo)
    assert one(org, before) == Touch("arch/radio/r.c", "RADIO", ("RADIO",), False, KNOWN)
    assert one(org, after) == Touch("arch/radio/r.c", "RADIO", ("RADIO",), True, KNOWN)


def test_lists_all_over_the_tree_speak_from_the_root(repo: Repo) -> None:
    board = "BOARD X\nM:\tBob Brink <bob@example.org>\nS:\tMaintained\nF:\tboard/x/\nF:\tconfigs/x_defconfig\n"
    repo.commit("Start", {**FILES, "board/x/MAINTAINERS": board, "board/x/b.c": "", "configs/x_defconfig": "", "vendor/y/MAINTAINERS": LIST})
    mine = repo.commit("Work", {"configs/x_defconfig": "2"}, author=BOB)
    repo.commit("Away", {"board/x/MAINTAINERS": None})
    later = repo.commit("Work", {"configs/x_defconfig": "3"}, author=BOB)
    org = read(repo)
    assert one(org, mine) == Touch("configs/x_defconfig", "BOARD X", ("BOARD X",), True, KNOWN)
    assert one(org, later).area != "BOARD X"


def test_who_answers_for_the_whole_is_outside_of_nothing(repo: Repo) -> None:
    repo.commit("Start", {**FILES, "MAINTAINERS": LIST + "\nDOCS\nM:\tAnn Arbor <ann@example.org>\nF:\tdoc/\n"},
                date="2025-12-01T10:00:00+00:00")
    anns = repo.commit("Work", {"arch/radio/r.c": "2"}, author=ANN)
    bobs = repo.commit("Work", {"arch/radio/r.c": "3"}, author=BOB)
    org = read(repo)
    assert (one(org, anns).own, one(org, bobs).own) == (None, False)


def test_a_list_for_people_is_left_alone_and_said(repo: Repo) -> None:
    repo.commit("Start", {"MAINTAINERS.md": "# Who\n\n* Ann: everything\n", "lib/MAINTAINERS": "Bob <bob@example.org>\n", "lib/x.c": ""})
    mine = repo.commit("Work", {"lib/x.c": "2"}, author=BOB)
    org = read(repo)
    assert one(org, mine).own is None and org.basis is Basis.INFERRED
    assert org.notes == (
        "Areas and teams are inferred from who works where; nobody wrote them down.", notes.TRUST,
        "MAINTAINERS.md and 1 more is a list for people to read; it is not used.",
    )


def test_a_version_that_is_not_here_is_counted(repo: Repo) -> None:
    repo.commit("Start", FILES)
    blob = repo.git("rev-parse", "HEAD:MAINTAINERS")
    mine = repo.commit("A", {"drivers/net/a.c": "2"}, author=BOB)
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    org = read(repo)
    assert one(org, mine).own is None
    assert [(skip.where, skip.count) for skip in org.skipped] == [("MAINTAINERS", 1)]
