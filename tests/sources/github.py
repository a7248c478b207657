"""What the contract test gives to `github`: an invented issue and pull request in GitHub's own shapes."""

import json
from collections.abc import Mapping

from tests.test_github import commented, graph, happened, issue, of_pull, pull, remark, reviewed, user

SETTINGS: Mapping[str, object] = {"repositories": ["Octo/Hello"]}

HOME = "octo/hello"
REFERENCE = {"event": "cross-referenced", "actor": user("dee"), "created_at": "2026-01-03T09:00:00Z", "updated_at": "2026-01-03T09:00:00Z",
             "source": {"type": "issue", "issue": {"id": 9, "number": 3, "title": "Use it", "repository": {"full_name": "Acme/Site"}}}}
SAID: tuple[tuple[str, str, object], ...] = (
    (f"{HOME}/issues/7", "issue", issue(state="closed", state_reason="completed", closed_at="2026-01-05T09:00:00Z", closed_by=user("bob"))),
    (f"{HOME}/issues/7/comments/31", "timeline", commented(updated_at="2026-01-04T09:00:00Z")),
    (f"{HOME}/issues/7/events/61", "timeline", happened("assigned", 61, assignee=user("cyd"))),
    (f"{HOME}/issues/7/events/62", "timeline", happened("renamed", 62, rename={"from": "Wait", "to": "Deploys wait"})),
    (f"{HOME}/issues/7/events/63", "timeline", happened("subscribed", 63)),
    (f"{HOME}/issues/7/node", "node", graph("", {"ids": ["I_7"]})["data"]["nodes"][0]),
    (f"{HOME}/issues/7/references/9-20260103T090000Z", "timeline", REFERENCE),
    (f"{HOME}/issues/8", "issue", of_pull()),
    (f"{HOME}/issues/8/events/64", "timeline", happened("review_requested", 64, requested_reviewer=user("cyd"), review_requester=user("ann"))),
    (f"{HOME}/issues/8/events/65", "timeline", happened("head_ref_force_pushed", 65, None, commit_id="f" * 40)),
    (f"{HOME}/issues/8/node", "node", graph("", {"ids": ["PR_8"]})["data"]["nodes"][0]),
    (f"{HOME}/issues/8/reviews/41", "timeline", reviewed()),
    (f"{HOME}/pulls/8", "pull", pull()),
    (f"{HOME}/pulls/8/review-comments/51", "review-comment", remark()),
    (f"{HOME}/pulls/8/review-comments/52", "review-comment", remark(52, line=4, in_reply_to_id=51)),
    (f"{HOME}/pulls/8/versions/review-comment-51", "edits", graph("", {"ids": ["PRRC_51"]})["data"]["nodes"][0]),
    (f"{HOME}/discussions/9", "discussion", graph("discussions", {})["data"]["repository"]["discussions"]["nodes"][0]),
)

RAWS = tuple((key, kind, json.dumps(body).encode()) for key, kind, body in SAID)
