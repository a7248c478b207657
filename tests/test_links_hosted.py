"""Reviews on a platform: whom they are of, which code changed after them, and references from elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from muster.lake import Lake
from muster.links import View, find
from muster.model import Account, Evidence, Grade, Link, LinkKind
from muster.org import Organisation
from muster.people import resolve
from muster.sources.git import Settings, harvest
from tests.build import ANN, BOB, Repo

ANN_ID, BOB_ID = "ann@example.org", "bob@example.org"
HOME = "github:acme/deploy"
BASE = "import time\nkeep = 1\n\n\ndef old():\n    pass\n"


def at(number: float) -> datetime:
    return datetime(2026, 1, 1, 10, tzinfo=UTC) + timedelta(days=number)


def piece(key: str, kind: str, who: str, day: float, *facts: tuple[str, str], about: str | None = None) -> Evidence:
    return Evidence(f"{HOME}#{key}", "github", kind, "acme/deploy", f"acme/deploy#{key}", f"{kind} {key}", who, at(day), at(day), Grade.HOSTED,
                    None, "", (), (), about and f"{HOME}#{about}", facts)


def comment(*facts: tuple[str, str], who: str = BOB_ID, day: float = 2, quote: str = "+    lock.hold(60)") -> Evidence:
    said = dict((("path", "lock.py"), ("line", "3"), ("outdated", "yes"), ("quote", quote), *facts))
    return piece("8/review-comment/51", "comment", who, day, *(one for one in said.items() if one[1]), about="8")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.git("config", "remote.origin.url", "https://github.com/Acme/deploy.git")
    made.commit("Start", {"lock.py": BASE, "other.py": "x = 1\n"}, author=BOB, date=at(-40).isoformat())
    return made


def landed(repo: Repo, files: dict[str, str | bytes | None], squash: bool = False) -> tuple[str, str]:
    """(the commit of Ann's that landed, the hash by which it did)."""
    if squash:
        own = repo.commit("Queue deploys (#8)", files, author=ANN, committer="GitHub <noreply@github.com>", date=at(4).isoformat())
        return own, own
    repo.branch("queue")
    own = repo.commit("Queue deploys", files, author=ANN, date=at(3).isoformat())
    repo.checkout("main")
    return own, repo.merge("queue", "Merge pull request #8 from ann/queue", author=BOB, date=at(4).isoformat())


def links(repo: Repo, *evidence: Evidence, subject: str = BOB_ID) -> tuple[Link, ...]:
    harvests = [harvest(Settings(repo.path))]
    lake = Lake.build(harvests, resolve(harvests, None, (subject,), accounts=(Account("@renovate[bot]", "renovate", bot=True),)), (), evidence)
    return find(View(lake, Organisation.read(lake, None), subject))[0]


def after(repo: Repo, merge: str, *evidence: Evidence, subject: str = BOB_ID) -> tuple[Link, ...]:
    pull = piece("8", "pull-request", ANN_ID, 1, ("state", "merged"), ("commit", merge), ("merged", at(4).isoformat()))
    return tuple(one for one in links(repo, pull, *evidence, subject=subject) if one.kind is LinkKind.CHANGES_AFTER_REVIEW)


@pytest.mark.parametrize("squash", [False, True])
@pytest.mark.parametrize("subject", [ANN_ID, BOB_ID])
def test_a_line_that_is_gone_from_what_was_merged(repo: Repo, subject: str, squash: bool) -> None:
    own, merge = landed(repo, {"lock.py": BASE + "with lock(5):\n    run()\n"}, squash)
    (link,) = after(repo, merge, comment(), subject=subject)
    assert (link.src, link.dst) == (f"git:{own}", f"{HOME}#8/review-comment/51")
    assert link.reason == "lock.py: “lock.hold(60)” stood at the comment, and is not in what was merged after it"
    assert "because" not in link.reason


@pytest.mark.parametrize(("quote", "files"), [
    ("+    lock.hold(60)", {"lock.py": BASE + "    lock.hold(60)\n"}),  # still there
    ("+lock.hold(60)", {"lock.py": BASE + "\t\tlock.hold( 60 )\r\n"}),  # indented anew
    ("+    lock.hold(60)", {"lock.py": BASE + "#\n", "held.py": "    lock.hold(60)\n"}),  # moved
    ("-    lock.hold(60)", {"lock.py": BASE + "#\n"}),  # taken away by the pull request itself
    ("+)", {"lock.py": BASE + "#\n"}),  # says nothing
    (" never = here", {"lock.py": BASE + "#\n"}),  # stood there, but not in what it was merged into
    ("+    lock.hold(60)", {"lock.py": None, "other.py": "y = 2\n"}),  # the file is gone
])  # fmt: skip
def test_what_does_not_show_that_code_changed(repo: Repo, quote: str, files: dict[str, str | bytes | None]) -> None:
    _, merge = landed(repo, files)
    assert after(repo, merge, comment(quote=quote)) == ()


def test_a_line_that_stood_there_before_and_was_changed(repo: Repo) -> None:
    _, merge = landed(repo, {"lock.py": BASE.replace("keep = 1", "keep = 2")})
    assert len(after(repo, merge, comment(quote=" keep = 1"))) == 1


@pytest.mark.parametrize("other", [
    comment(who=ANN_ID), comment(("outdated", "")), comment(("answers", f"{HOME}#8/review-comment/1")), comment(("quote", "")),
    comment(day=9), comment(who="@renovate[bot]"),
])  # fmt: skip
def test_comments_that_are_none_of_it(repo: Repo, other: Evidence) -> None:
    _, merge = landed(repo, {"lock.py": BASE + "#\n"})
    assert after(repo, merge, other, subject=ANN_ID) == ()


def test_what_landed_elsewhere_says_nothing(repo: Repo) -> None:
    landed(repo, {"lock.py": BASE + "#\n"})
    assert after(repo, "f" * 40, comment()) == ()


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("subject", [ANN_ID, BOB_ID])
def test_reviews_are_of_what_a_pull_request_became_else_of_itself(repo: Repo, subject: str, here: bool) -> None:
    own, merge = landed(repo, {"lock.py": BASE + "#\n"})
    pull = piece("8", "pull-request", ANN_ID, 1, *((("state", "merged"), ("commit", merge)) if here else (("state", "open"),)))
    review = piece("8/review/41", "review", BOB_ID, 2, ("verdict", "approved"), about="8")
    again = piece("8/review/42", "review", BOB_ID, 3, ("verdict", "commented"), about="8")
    loose = replace(comment(day=1), id=f"{HOME}#8/review-comment/50", actor="cyd@example.org")
    mine = piece("8/review/43", "review", ANN_ID, 2, ("verdict", "commented"), about="8")
    found = {(one.src.rpartition("#")[2], one.dst) for one in links(repo, pull, review, again, loose, mine, comment(), subject=subject)
             if one.kind is LinkKind.REVIEWS}
    # Whoever handed in no review is seen by their first comment at code.
    wanted = {"8/review/41", "8/review/42", *(["8/review-comment/50"] if subject == ANN_ID else [])}
    assert found == {(key, f"git:{own}" if here else f"{HOME}#8") for key in wanted}


def test_a_reference_from_a_repository_that_is_not_connected(repo: Repo) -> None:
    issue = piece("7", "issue", ANN_ID, 1)
    facts = (("event", "cross-referenced"), ("from", "github:acme/site#3"))
    reference = piece("7/reference/1", "event", "@dee", 2, *facts, about="7")
    found = links(repo, issue, reference, subject=ANN_ID)
    assert [(one.src, one.dst, one.kind) for one in found] == [(f"{HOME}#7/reference/1", f"{HOME}#7", LinkKind.CITES)]
    there = replace(piece("3", "issue", "@dee", 1), id="github:acme/site#3")
    assert links(repo, issue, reference, there, subject=ANN_ID) == ()


def test_what_git_and_a_platform_both_have_counts_once(repo: Repo) -> None:
    made = repo.commit("Say what a lock is\n\nReviewed-by: Bob <bob@example.org>", {"docs/lock.md": "1"}, author=ANN, date=at(1).isoformat())
    own = repo.commit("Use the lock (#8)\n\nAs docs/lock.md says.", {"lock.py": "1"}, author=BOB, date=at(4).isoformat())
    wrote = replace(piece("7", "pull-request", ANN_ID, 0.5, ("state", "merged"), ("commit", made)), text="Closes nothing.")
    used = replace(piece("8", "pull-request", BOB_ID, 3, ("state", "merged"), ("commit", own)), text="As docs/lock.md says.")
    review = piece("7/review/1", "review", BOB_ID, 0.8, ("verdict", "approved"), about="7")
    found = [(one.src, one.kind) for one in links(repo, wrote, used, review, subject=ANN_ID) if one.dst == f"git:{made}"]
    assert found == [(f"git:{own}", LinkKind.CITES), (review.id, LinkKind.REVIEWS)]
    other = replace(used, text="As docs/lock.md of commit says.", facts=(("state", "open"),))
    assert (used.id, LinkKind.CITES) in [(one.src, one.kind) for one in links(repo, wrote, other, subject=ANN_ID)], "it became nothing yet"
