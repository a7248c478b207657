"""An export of three people and two channels, in the shape that Slack writes."""

import json
from typing import Any

SETTINGS = {"path": "export", "workspace": "https://example.slack.com"}


def packed(value: Any) -> bytes:
    """JSON as Slack writes it."""
    return json.dumps(value, indent=4).encode()


USERS = [
    {"id": "U0ANN", "team_id": "T01", "name": "ann", "deleted": False, "real_name": "Ann Arbor", "is_bot": False,
     "profile": {"real_name": "Ann Arbor", "display_name": "ann", "email": "Ann@example.org"}},
    {"id": "U0BOB", "team_id": "T01", "name": "bob", "deleted": True, "profile": {"real_name": "Bob Brink", "display_name": ""}},
    {"id": "U0BOT", "team_id": "T01", "name": "deployer", "is_bot": True, "profile": {"real_name": "Deployer"}},
]
CHANNELS = [{"id": "C024BE91L", "name": "deploys", "created": 1767225600, "creator": "U0ANN", "is_archived": False, "is_general": False,
             "members": ["U0ANN", "U0BOB"], "topic": {"value": "", "creator": "", "last_set": 0}}]
DAY = [
    {"user": "U0ANN", "type": "message", "ts": "1772438400.000100", "client_msg_id": "1", "team": "T01", "thread_ts": "1772438400.000100", "reply_count": 1,
     "text": "<@U0BOB> the lock goes on <!date^1772438400^{date}|Monday>: see <https://example.org/812|the issue> &amp; <#C024BE91L|deploys>",
     "reactions": [{"name": "tada", "users": ["U0BOB", "U0BOT"], "count": 2}, {"name": "eyes", "users": ["U0BOB"], "count": 1}],
     "edited": {"user": "U0ANN", "ts": "1772438460.000000"}, "files": [{"id": "F1", "name": "waits.png"}]},
    {"user": "U0BOB", "type": "message", "ts": "1772438500.000200", "thread_ts": "1772438400.000100", "parent_user_id": "U0ANN", "text": "That frees us"},
]

FILES = {
    "export/users.json": packed(USERS),
    "export/channels.json": packed(CHANNELS),
    "export/groups.json": b"[]",
    "export/deploys/2026-03-02.json": packed(DAY),
}
