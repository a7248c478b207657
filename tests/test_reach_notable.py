"""What is said of reach: what others took up, and in which way they used the work."""

from __future__ import annotations

import pytest

from muster.model import Link, LinkKind
from muster.notable.sight import look
from muster.notable.theirs import new_users, taken_up, used
from tests.test_notable import ANN, BOB, CAT, built, case, did

USED = 'imports "example.org/deploy/queue" in cmd/main.go:5, still there'


def took(src: str, dst: str, reason: str = USED) -> Link:
    return Link(src, dst, LinkKind.BUILDS_ON, reason)


def test_what_was_taken_up_in_the_period() -> None:
    found = taken_up(look(case(
        [did("a", "2023-03-01"), did("p", "2025-02-01", ANN), did("q", "2025-03-01", BOB), did("r", "2024-03-01", CAT)],
        [took("p", "a"), took("q", "a"), took("r", "a")],
    )))
    assert found is not None and found.evidence == ("a", "p", "q")
    assert found.text == (
        '"example.org/deploy/queue", which you introduced on 1 March 2023, was taken up by Ann Ito and Bob Aas in this period: each was '
        "the first import in a part of the tree, and is still there."
    )


def test_one_import_of_something_new_is_not_worth_a_sentence() -> None:
    assert taken_up(look(case([did("a", "2025-01-02"), did("p", "2025-02-01", ANN)], [took("p", "a")]))) is None
    old = taken_up(look(case([did("a", "2022-01-02"), did("p", "2025-02-01", ANN)], [took("p", "a")])))
    assert old is not None and "taken up by Ann Ito in this period: it was the first import" in old.text
    assert taken_up(look(case([did("a", "2022-01-02"), did("p", "2025-02-01", ANN)], [built("p", "a", "x.go")]))) is None


@pytest.mark.parametrize(("reasons", "words"), [
    (["changes x.go, added there"], "changed files that you added"),
    (["changes x.go and 2 more, added there, and 7 lines of its own"], "changed files that you added or changed lines that you wrote"),
    (["changes 7 lines of x.go, written there", USED], "changed lines that you wrote or imported what you introduced"),
    (["b.md follows the structure of a.md: 6 parts in the same order, such as “x”"], "wrote documents built like yours"),
    (["re-landed: Reapply it", USED], "imported what you introduced or carried your changes over"),
])
def test_use_is_said_as_the_links_show_it(reasons: list[str], words: str) -> None:
    assert used([took(f"p{n}", "a", reason) for n, reason in enumerate(reasons)]) == words


def test_a_name_and_a_change_are_both_said() -> None:
    links = [built("p", "a", "x.go"), Link("q", "a", LinkKind.CITES, "See #1")]
    found = new_users(look(case([did("a", "2023-03-01"), did("p", "2025-02-01", ANN), did("q", "2025-03-01", BOB)], links)))
    assert found is not None and found.text.startswith("2 people changed files that you added or named your work for the first time")
