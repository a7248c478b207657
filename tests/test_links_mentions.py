from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.links._mentions import mentions, sentences, short, unquoted
from muster.sources._proposals import proposal_name

HASH = "6c25f018fbe746a0620fb49a44251d9cd8f0bfac"
OTHER = "7654321abc"


def said(title: str, body: str = "") -> list[tuple[str, str, str]]:
    return [(mention.what.value, mention.value, mention.says.value) for mention in mentions(title, body)]


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Fix it", 'Fixes: 1234abc ("Queue deploys")', [("hash", "1234abc", "fixes")]),
        ("Fix it", f"This reverts commit {HASH}.", [("hash", HASH, "reverts")]),
        (
            "Undo",
            f"This reverts commit {HASH}, reversing\nchanges made to {OTHER}.",
            [("hash", HASH, "reverts")],
        ),
        (
            "Undo",
            "This partially reverts commits 1234abc and 2345abc.",
            [("hash", "1234abc", "reverts"), ("hash", "2345abc", "reverts")],
        ),
        ("Undo", "Reverts acme/deploy#12", [("number", "12", "reverts")]),
        ("fix: Revert #488 and #493", "", [("number", "488", "reverts"), ("number", "493", "reverts")]),
        (
            'Revert "Queue deploys (#12)" (#15)',
            "",
            [("subject", "Queue deploys (#12)", "reverts"), ("number", "12", "reverts")],
        ),
        ('Revert "Revert "Queue deploys""', "", [("subject", "Queue deploys", "reapplies")]),
        ('Reapply "Queue deploys"', "", [("subject", "Queue deploys", "reapplies")]),
        ("Try again", "Reland #812.", [("number", "812", "reapplies")]),
        ("Do it better", "This isn't an outright revert of #812.", [("number", "812", "cites")]),
        ("Do it better", "Instead of reverting #812 we wait.", [("number", "812", "cites")]),
        ("Restore", f"Revert to commit {HASH}.", []),
        ('queue: Revert "Queue deploys" and mend the comments', "", [("subject", "Queue deploys", "reverts")]),
        ("Undo", "This reverts one of the patches from 1234abc.", [("hash", "1234abc", "reverts")]),
        ("Sort names", "Recent unrelated fixes (1234abc) showed it.", [("hash", "1234abc", "cites")]),
        ("revert: add an option", "", []),
        ("Fix the crash", "Regression introduced in #812.", [("number", "812", "fixes")]),
        (
            "Fix the crash",
            "Change #704 introduced a regression that read the queue twice.",
            [("number", "704", "fixes")],
        ),
        ("Fix the crash", f"Broken since {HASH}.", [("hash", HASH, "fixes")]),
        ("Sort names", "Uses the helper introduced in #812.", [("number", "812", "cites")]),
        ("Sort names", "The bug was fixed in #812.", [("number", "812", "cites")]),
        ("Sort names", "The fix in PR #812 is kept.", [("number", "812", "cites")]),
        ("Sort names", "Same as Bob's fix in #812.", [("number", "812", "cites")]),
        ("fix nits of PR 812", "", [("number", "812", "cites")]),
        ("fix PR 812", "", [("number", "812", "fixes")]),
        ("Sort names", "This fixes #812 and more.", [("number", "812", "fixes")]),
        ("Sort names", "- [x] Written as PEP 8 says (#812)", []),
        ("Sort names", "Closes #812", [("number", "812", "closes")]),
        ("Take it", f"(cherry picked from commit {HASH})", [("hash", HASH, "picks")]),
        (
            "Write",
            "See KEP-1287, PEP 8 and docs/queue.md.",
            [
                ("proposal", "KEP-1287", "cites"),
                ("proposal", "PEP-8", "cites"),
                ("path", "docs/queue.md", "cites"),
            ],
        ),
        ("Write", "https://github.com/acme/deploy/pull/77#issuecomment-1", [("number", "77", "cites")]),
        ("Write", f"https://github.com/acme/deploy/commit/{HASH}", [("hash", HASH, "cites")]),
        (
            "Write",
            "https://github.com/acme/deploy/blob/main/docs/queue.md#why",
            [("path", "docs/queue.md", "cites")],
        ),
        ("Write", f"https://ci.example.org/logs/{HASH}/out.txt", []),
        ("Update the image to v20220126-8486f45aa8", "", []),
        ("bump the job to e3e3537", "", []),
        ("Write", "https://github.com/acme/deploy/compare/1234abc...2345abc", []),
        ("build(deps): bump left-pad from 1.2.0 to 1.3.0", "* Fix it (#99)\nSee #100.", []),
        ("Merge the branch", "\n".join(f"* Do thing {n} (#{n})" for n in range(100, 110)), []),
        ("Add queue (#812)", "", []),
        ("Write", "Co-authored-by: Bob #812 <bob@example.org>", []),
    ],
)
def test_what_a_message_says(title: str, body: str, expected: list[tuple[str, str, str]]) -> None:
    assert said(title, body) == expected


def test_words_that_look_like_hashes() -> None:
    found = {
        mention.value: mention.sure
        for mention in mentions("x", "The defaced page. Also 1234567, and 12ab34c; commit 7654321.")
    }
    assert found == {"defaced": False, "1234567": False, "12ab34c": True, "7654321": True}


def test_a_repository_before_a_number() -> None:
    found = [
        (mention.repo, mention.value)
        for mention in mentions("x", "See acme/deploy#12, deploy#13, issue#14 and #150.")
    ]
    assert found == [("acme/deploy", "12"), ("deploy", "13"), (None, "14"), (None, "150")]


def test_a_quote_is_one_short_line() -> None:
    long = "word " * 100 + "Regression introduced in #812 " + "word " * 100
    (mention,) = mentions("Fix", long)
    assert len(mention.quote) <= 200 and "#812" in mention.quote and "\n" not in mention.quote


def test_sentences_join_wrapped_lines_and_keep_lists_apart() -> None:
    text = "One that\nwraps. Two.\n- item a\n- item b\n\nFixes: 1234abc"
    assert list(sentences(text)) == ["One that wraps.", "Two.", "- item a", "- item b", "Fixes: 1234abc"]


def test_quoted_titles() -> None:
    assert unquoted('Revert "A" (#3)') == ("A", "reverts")
    assert unquoted('Revert "Revert "Revert "A"""') == ("A", "reverts")
    assert unquoted("Revert the lock") is None
    assert unquoted("Reland queue deploys") == ("queue deploys", "reapplies")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("keps/sig-node/1287-resize/README.md", "KEP-1287"),
        ("peps/pep-0008.rst", "PEP-8"),
        ("docs/adr/0012-queue.md", "ADR-12"),
        ("rfcs/0007-lock.md", "RFC-7"),
        ("docs/queue.md", None),
        ("src/0012-thing.py", None),
    ],
)
def test_the_number_that_a_path_carries(path: str, name: str | None) -> None:
    assert proposal_name(path) == name


@given(
    st.text(alphabet=st.sampled_from('abcdef0123456789#/-_. \n"():;RevrtfixsKEP…“”\x00\x1b'), max_size=300),
    st.text(max_size=300),
)
def test_no_message_breaks_it(title: str, body: str) -> None:
    for mention in mentions(title, body):
        assert mention.value and len(mention.quote) <= 200 and "\n" not in mention.quote


@given(st.text(max_size=600), st.integers(0, 600))
def test_short_is_short(text: str, at: int) -> None:
    assert len(short(text, at)) <= 182


@pytest.mark.parametrize(
    ("line", "titled"),
    [
        ('Fixes: 1234abc ("Queue deploys per team")', "Queue deploys per team"),
        ("Fixes: 1234abc (Queue deploys per team, 2026-01-05)", "Queue deploys per team"),
        ("Fixes: 1234abc: (“Queue deploys per team”)", "Queue deploys per team"),
        ('Fixes: 1234abc ("Queue deploys per', "Queue deploys per…"),
        ("Fixes: 1234abc", ""),
        ("Fixes: 1234abc and more", ""),
    ],
)
def test_the_subject_beside_a_hash(line: str, titled: str) -> None:
    (found,) = mentions("Keep order", line)
    assert found.titled == titled
