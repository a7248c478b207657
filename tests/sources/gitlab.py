"""What the contract test gives to `gitlab`: an invented issue and merge request with all below them, in recorded shapes."""

import json
from collections.abc import Mapping
from typing import Any

SETTINGS: Mapping[str, object] = {"projects": ["Orchard/deploy"]}
HOME = "gitlab.com/orchard/deploy/-"
HEAD, MERGE, SQUASH = "1" * 40, "2" * 40, "3" * 40


def user(id_: int, username: str, name: str) -> dict[str, Any]:
    """An account."""
    return {"id": id_, "username": username, "name": name, "state": "active", "locked": False, "avatar_url": None, "web_url": f"https://gitlab.com/{username}"}


ANN, BOB, CARA = user(1, "ann", "Ann Appleby"), user(2, "bob.birch", "Bob Birch"), user(3, "cara", "Cara Cherry")
BOT = user(9, "project_7_bot_0a1b2c", "deploy-bot")


def issue(number: int, title: str, created: str, updated: str, **more: Any) -> dict[str, Any]:
    """An issue."""
    return {
        "id": 1000 + number, "iid": number, "project_id": 7, "title": title, "description": "Two wait for each other.", "state": "opened",
        "created_at": created, "updated_at": updated, "closed_at": None, "closed_by": None, "labels": ["runner"], "milestone": None,
        "assignees": [BOB], "author": ANN, "type": "ISSUE", "user_notes_count": 1, "merge_requests_count": 1, "confidential": False,
        "issue_type": "issue", "web_url": f"https://gitlab.com/orchard/deploy/-/issues/{number}", "moved_to_id": None,
        "references": {"short": f"#{number}", "relative": f"#{number}", "full": f"orchard/deploy#{number}"}, **more,
    }


def merge(number: int, title: str, created: str, updated: str, **more: Any) -> dict[str, Any]:
    """A merge request."""
    return {
        "id": 2000 + number, "iid": number, "project_id": 7, "title": title, "description": "Queues them.", "state": "opened", "created_at": created,
        "updated_at": updated, "merged_by": None, "merge_user": None, "merged_at": None, "closed_by": None, "closed_at": None,
        "target_branch": "main", "source_branch": "queue", "author": BOB, "assignees": [BOB], "reviewers": [ANN], "labels": [], "draft": False,
        "sha": HEAD, "merge_commit_sha": None, "squash_commit_sha": None, "web_url": f"https://gitlab.com/orchard/deploy/-/merge_requests/{number}",
        "references": {"short": f"!{number}", "relative": f"!{number}", "full": f"orchard/deploy!{number}"}, **more,
    }


def note(id_: int, author: dict[str, Any], at: str, body: str, system: bool = False, **more: Any) -> dict[str, Any]:
    """A note."""
    return {"id": id_, "type": None, "body": body, "author": author, "created_at": at, "updated_at": at, "system": system, "noteable_type": "MergeRequest",
            "resolvable": False, "confidential": False, "internal": False, **more}


def discussion(id_: str, *notes: dict[str, Any]) -> dict[str, Any]:
    """A discussion."""
    return {"id": id_ * 40, "individual_note": len(notes) == 1, "notes": list(notes)}


def remark(id_: int, author: dict[str, Any], at: str, body: str) -> dict[str, Any]:
    """A discussion of one remark of GitLab's own."""
    return {"id": f"{id_:040}", "individual_note": True, "notes": [note(id_, author, at, body, True)]}


POSITION = {"base_sha": "4" * 40, "start_sha": "4" * 40, "head_sha": HEAD, "old_path": "runner/queue.py", "new_path": "runner/queue.py",
            "position_type": "text", "old_line": None, "new_line": 18, "line_range": None}

ISSUE = issue(12, "Deploys wait for each other", "2026-02-03T09:11:12.345Z", "2026-02-06T09:00:00.000Z", state="closed",
              closed_at="2026-02-06T08:59:59.000Z", closed_by=ANN)
MERGED = merge(12, "Queue deploys", "2026-02-04T09:00:00.000Z", "2026-02-06T09:00:00.000Z", state="merged", merged_at="2026-02-06T08:59:58.000Z",
               merged_by=ANN, merge_user=ANN, merge_commit_sha=MERGE, squash_commit_sha=SQUASH)
SECRET = issue(13, "A hole", "2026-02-07T09:00:00.000Z", "2026-02-07T09:00:00.000Z", confidential=True, moved_to_id=77, assignees=[])

ISSUE_DISCUSSIONS = [
    discussion("a", note(501, BOB, "2026-02-03T10:00:00.000Z", "Seen here too.\r\n", updated_at="2026-02-03T10:09:00.000Z")),
    remark(502, ANN, "2026-02-03T10:10:00.000Z", "assigned to @bob.birch and @cara and unassigned @ann"),
    remark(503, CARA, "2026-02-03T10:20:00.000Z", "unassigned @cara"),
    remark(504, ANN, "2026-02-03T10:30:00.000Z", "changed title from **Deploys{- hang-}** to **Deploys{+ wait for each other+}**"),
    remark(505, BOB, "2026-02-04T09:00:01.000Z", "mentioned in merge request !12"),
    remark(506, ANN, "2026-02-04T09:30:00.000Z", "changed the description"),
    remark(507, ANN, "2026-02-05T09:30:00.000Z", "marked this issue as a duplicate of ops#4"),
    remark(508, ANN, "2026-02-05T09:40:00.000Z", "moved to orchard/ops#5"),
    remark(509, ANN, "2026-02-06T08:59:59.000Z", "closed via merge request !12"),
    discussion("b", note(510, ANN, "2026-02-05T10:00:00.000Z", "Between us.", internal=True)),
]
MERGE_DISCUSSIONS = [
    remark(601, BOB, "2026-02-04T09:00:02.000Z", "requested review from @ann and @cara"),
    remark(602, BOB, "2026-02-04T09:00:03.000Z", "removed review request for @cara"),
    remark(603, BOB, "2026-02-04T09:00:04.000Z", "marked this merge request as **draft**"),
    remark(604, BOB, "2026-02-04T09:00:05.000Z", "marked this merge request as **ready**"),
    discussion("c", note(605, ANN, "2026-02-05T09:00:00.000Z", "What if the lock is lost?", type="DiffNote", position=POSITION, resolvable=True, resolved=True,
                         updated_at="2026-02-05T12:00:00.000Z"),
               note(606, BOB, "2026-02-05T10:00:00.000Z", "Handled now.", type="DiffNote", position=POSITION),
               note(607, BOB, "2026-02-05T11:00:00.000Z", "changed this line in [version 2 of the diff](/orchard/deploy/-/merge_requests/12/diffs)", True)),
    remark(608, ANN, "2026-02-05T13:00:00.000Z", "requested changes"),
    remark(609, ANN, "2026-02-06T08:00:00.000Z", "approved this merge request"),
    remark(610, ANN, "2026-02-06T08:10:00.000Z", "unapproved this merge request"),
    remark(611, BOT, "2026-02-06T08:20:00.000Z", "added 1 commit\n\n* 1234 - Handle it"),
]
STATES = [{"id": 701, "user": ANN, "created_at": "2026-02-06T08:59:58.000Z", "resource_type": "MergeRequest", "resource_id": 2012, "state": "merged"},
          {"id": 702, "user": ANN, "created_at": "2026-02-06T08:59:59.000Z", "resource_type": "Issue", "resource_id": 1012, "state": "closed"}]
LABELS = [{"id": 801, "user": BOT, "created_at": "2026-02-03T09:12:00.000Z", "resource_type": "Issue", "resource_id": 1012,
           "label": {"id": 5, "name": "runner", "color": "#fff"}, "action": "add"},
          {"id": 802, "user": ANN, "created_at": "2026-02-03T09:13:00.000Z", "resource_type": "Issue", "resource_id": 1012, "label": None, "action": "remove"}]
VERSIONS = [{"id": 901, "head_commit_sha": HEAD, "base_commit_sha": "4" * 40, "start_commit_sha": "4" * 40, "created_at": "2026-02-05T11:00:00.000Z",
             "merge_request_id": 2012, "state": "collected", "real_size": "1"}]
APPROVALS = {"user_has_approved": False, "user_can_approve": False, "approved": True, "approved_by": [{"user": CARA}]}


def encoded(value: object) -> bytes:
    """JSON."""
    return json.dumps(value).encode()


RAWS: tuple[tuple[str, str, bytes], ...] = (
    (f"{HOME}/issues/12", "issue", encoded(ISSUE)),
    (f"{HOME}/issues/13", "issue", encoded(SECRET)),
    (f"{HOME}/merge_requests/12", "merge-request", encoded(MERGED)),
    *((f"{HOME}/issues/12/discussions/{one['id']}", "discussion", encoded(one)) for one in ISSUE_DISCUSSIONS),
    *((f"{HOME}/merge_requests/12/discussions/{one['id']}", "discussion", encoded(one)) for one in MERGE_DISCUSSIONS),
    (f"{HOME}/merge_requests/12/resource_state_events/701", "state", encoded(STATES[0])),
    (f"{HOME}/issues/12/resource_state_events/702", "state", encoded(STATES[1])),
    (f"{HOME}/issues/12/resource_label_events/801", "label", encoded(LABELS[0])),
    (f"{HOME}/merge_requests/12/versions/901", "version", encoded(VERSIONS[0])),
    (f"{HOME}/merge_requests/12/approvals", "approvals", encoded(APPROVALS)),
    (f"{HOME}/merge_requests/12/closes/1012", "closes", encoded(ISSUE)),
)
