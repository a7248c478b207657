"""Who was told of somebody's work, by a record that says so; and what they wrote before an incident."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from muster.lake import Lake
from muster.links import View, _told, find
from muster.model import Evidence, Flagged, Grade, Participant, Role, Told
from muster.org import Organisation
from muster.people import resolve
from muster.sources.git import Settings, harvest
from tests.build import BOB, Repo
from tests.test_trackers import ANN_ID, BOB_ID, at, issue, piece, pull


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.git("config", "remote.origin.url", "https://github.com/acme/deploy.git")
    made.commit("Start", {"README": "1"}, author=BOB, date=at(-40).isoformat())
    return made


def view_of(repo: Repo, *evidence: Evidence) -> View:
    harvests = [harvest(Settings(repo.path))]
    lake = Lake.build(harvests, resolve(harvests, None, (ANN_ID,)), (), evidence)
    return View(lake, Organisation.read(lake, None), ANN_ID)


def mail(key: str, who: str, when: datetime, text: str, to: str | None = None, answers: str | None = None) -> Evidence:
    return Evidence(f"mail:{key}", "mail", "message", "mail", key, "Deploys", who, when, when, Grade.HOSTED, None, text,
                    (Participant(to, Role.RECIPIENT),) if to else (), (), answers)


def told(repo: Repo, *evidence: Evidence) -> tuple[Told, ...]:
    view = view_of(repo, *evidence)
    return _told.told(view, find(view)[0])


def test_a_message_that_names_the_work_tells_those_it_was_sent_to(repo: Repo) -> None:
    commit = "git:" + repo.commit("Queue deploys (#12)", {"q.py": "1"}, date=at(9).isoformat())
    made = pull(12, ANN_ID, at(8), facts=(("state", "merged"),))
    sent = mail("m1", ANN_ID, at(20), "It is in: https://github.com/acme/deploy/pull/12", BOB_ID)
    again = mail("m2", ANN_ID, at(21), "As said: https://github.com/acme/deploy/pull/12", BOB_ID)
    answer = mail("m3", BOB_ID, at(22), "Thank you.", ANN_ID, "mail:m1")
    other = mail("m4", ANN_ID, at(20), "Lunch?", BOB_ID)
    theirs = mail("m5", BOB_ID, at(20), "See https://github.com/acme/deploy/pull/12", ANN_ID)
    assert told(repo, made, sent, again, answer, other, theirs) == (Told(commit, BOB_ID, None, at(20), "mail:m1", "mail:m3"),)


def test_a_pull_request_tells_those_whose_review_was_asked_for(repo: Repo) -> None:
    commit = "git:" + repo.commit("Queue deploys (#12)", {"q.py": "1"}, date=at(9).isoformat())
    made = piece("acme/deploy#12", "pull-request", ANN_ID, at(8), "Queue", facts=(("state", "merged"),))
    made = Evidence(**{**{name: getattr(made, name) for name in made.__dataclass_fields__}, "participants": (Participant(BOB_ID, Role.REQUESTED),)})
    assert told(repo, made) == (Told(commit, BOB_ID, None, at(8), made.id), Told(made.id, BOB_ID, None, at(8), made.id))


def flags(repo: Repo, *evidence: Evidence) -> tuple[Flagged, ...]:
    view = view_of(repo, *evidence)
    return _told.flagged(view, find(view)[0])


def incident(text: str, when: datetime, began: datetime) -> Evidence:
    return Evidence("reviews:jul", "reviews", "incident", "reviews", "jul", "Deploys stood still", BOB_ID, when, when, Grade.SAID, None, text,
                    facts=(("began", began.isoformat()),))


def test_what_an_incidents_review_names_and_was_written_before_it_began_is_proposed(repo: Repo) -> None:
    risk = issue(7, ANN_ID, at(10), "The lock has no timeout")
    review = incident("The lock had no timeout, as https://github.com/acme/deploy/issues/7 says.", at(62), at(60))
    assert flags(repo, risk, review) == (
        Flagged(risk.id, review.id, 50, "The lock had no timeout, as https://github.com/acme/deploy/issues/7 says."),)


def test_nothing_is_proposed_for_likeness_for_hindsight_or_for_others(repo: Repo) -> None:
    named = incident("See https://github.com/acme/deploy/issues/7.", at(62), at(60))
    assert not flags(repo, issue(7, ANN_ID, at(10), "The lock has no timeout"), incident("The lock has no timeout", at(62), at(60)))
    assert not flags(repo, issue(7, ANN_ID, at(61)), named), "written after it began"
    assert not flags(repo, issue(7, BOB_ID, at(10)), named)


def test_a_text_that_was_changed_after_the_incident_says_so(repo: Repo) -> None:
    changed = at(60) + timedelta(hours=2)
    risk = issue(7, ANN_ID, at(10), facts=(("edited", at(11).isoformat()), ("edited", changed.isoformat())))
    (found,) = flags(repo, risk, incident("See https://github.com/acme/deploy/issues/7.", at(62), at(60)))
    assert found.edited == changed
