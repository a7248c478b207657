"""What the contract test gives to `pagerduty`: an invented incident in the shapes of PagerDuty's own description."""

import json
from collections.abc import Mapping
from typing import Any

SETTINGS: Mapping[str, object] = {"since": "2026-01-01"}


def user(id_: str, name: str) -> dict[str, Any]:
    """A reference to a user."""
    return {"id": id_, "type": "user_reference", "summary": name, "self": f"https://api.pagerduty.com/users/{id_}",
            "html_url": f"https://orchard.pagerduty.com/users/{id_}"}


ANN, BOB = user("PANN001", "Ann Appleby"), user("PBOB002", "Bob Birch")
SERVICE = {"id": "PDEPLOY", "type": "service_reference", "summary": "Deploys", "self": "https://api.pagerduty.com/services/PDEPLOY",
           "html_url": "https://orchard.pagerduty.com/service-directory/PDEPLOY"}


def ref(id_: str, number: int, title: str) -> dict[str, Any]:
    """A reference to an incident."""
    return {"id": id_, "type": "incident_reference", "summary": f"[#{number}] {title}", "self": f"https://api.pagerduty.com/incidents/{id_}",
            "html_url": f"https://orchard.pagerduty.com/incidents/{id_}"}


def incident(id_: str, number: int, title: str, began: str, ended: str | None = None, **more: Any) -> dict[str, Any]:
    """An incident."""
    return {
        **ref(id_, number, title), "type": "incident", "incident_number": number, "title": title, "created_at": began,
        "updated_at": ended or began, "status": "resolved" if ended else "triggered", "incident_key": f"key-{number}", "service": SERVICE,
        "assignments": [] if ended else [{"at": began, "assignee": ANN}], "assigned_via": "escalation_policy",
        "last_status_change_at": ended or began, "resolved_at": ended, "acknowledgements": [], "teams": [], "pending_actions": [],
        "first_trigger_log_entry": entry(f"R{id_}0", "trigger_log_entry", began, id_, number, title, agent=SERVICE),
        "last_status_change_by": BOB if ended else SERVICE, "priority": {"id": "P1", "type": "priority", "summary": "P2"},
        "resolve_reason": None, "urgency": "high", **more,
    }


def entry(id_: str, type_: str, at: str, incident_id: str, number: int, title: str, **more: Any) -> dict[str, Any]:
    """An entry of an incident's log."""
    return {"id": id_, "type": type_, "summary": type_.replace("_", " "), "created_at": at, "channel": {"type": "website"}, "agent": ANN,
            "html_url": f"https://orchard.pagerduty.com/incidents/{incident_id}/log_entries/{id_}", "incident": ref(incident_id, number, title),
            "service": SERVICE, "teams": [], "contexts": [], **more}


def log(id_: str, number: int, title: str, day: str) -> list[dict[str, Any]]:
    """A log: paged, acknowledged, escalated, assigned, resolved."""
    def one(n: int, type_: str, time: str, **more: Any) -> dict[str, Any]:
        return entry(f"R{id_}{n}", f"{type_}_log_entry", f"{day}T{time}Z", id_, number, title, **more)

    return [
        one(0, "trigger", "02:00:00", agent=SERVICE, channel={"type": "api"}),
        one(1, "assign", "02:00:01", agent=SERVICE, assignees=[ANN], channel={"type": "auto"}),
        one(2, "notify", "02:00:02", agent=SERVICE, user=ANN, channel={"type": "auto", "notification": {"type": "push_notification", "status": "success"}}),
        one(3, "escalate", "02:10:00", agent=SERVICE, assignees=[BOB], channel={"type": "timeout"}),
        one(4, "acknowledge", "02:12:00", agent=BOB, acknowledgement_timeout=1800),
        one(5, "delegate", "02:15:00", agent=BOB, assignees=[ANN]),
        one(6, "annotate", "02:20:00", agent=ANN, channel={"type": "note", "summary": "Queue drained."}),
        one(7, "resolve", "02:45:00", agent=BOB),
    ]


NOTES = [
    {"id": "PNOTE01", "user": ANN, "channel": {"summary": "The PagerDuty website or APIs"}, "content": "Queue drained.\r\nDeploys move again.",
     "created_at": "2026-02-17T03:20:00+01:00", "updated_at": "2026-02-17T03:25:00+01:00"},
    {"id": "PNOTE02", "user": {**ANN, "type": "bot_user_reference", "summary": "A rule"}, "channel": {"summary": "A rule"},
     "content": "Deploys are slow.", "created_at": "2026-02-17T02:00:00Z"},
]
USERS = [{**ANN, "type": "user", "name": "Ann Appleby", "email": "Ann@Example.org", "role": "user"},
         {**BOB, "type": "user", "name": "Bob Birch", "email": "bob@example.org", "role": "user"}]
ONE = incident("PINC001", 41, "Deploys stand still", "2026-02-17T02:00:00Z", "2026-02-17T02:45:00Z")
OPEN = incident("PINC002", 42, "Disk nearly full", "2026-02-18T09:00:00Z", None, priority=None, resolve_reason=None, first_trigger_log_entry={"id": "R0", "type": "trigger_log_entry_reference"})
MERGED = incident("PINC003", 43, "Deploys stand still again", "2026-02-18T10:00:00Z", "2026-02-18T10:05:00Z",
                  resolve_reason={"type": "merge_resolve_reason", "incident": ref("PINC002", 42, "Disk nearly full")})


def encoded(value: object) -> bytes:
    """JSON."""
    return json.dumps(value).encode()


RAWS: tuple[tuple[str, str, bytes], ...] = (
    *((f"accounts/{one['id']}", "user", encoded(one)) for one in USERS),
    ("incidents/PINC001", "incident", encoded(ONE)),
    *((f"incidents/PINC001/log_entries/{one['id']}", "entry", encoded(one)) for one in log("PINC001", 41, "Deploys stand still", "2026-02-17")),
    *((f"incidents/PINC001/notes/{one['id']}", "note", encoded(one)) for one in NOTES),
    ("incidents/PINC002", "incident", encoded(OPEN)),
    ("incidents/PINC003", "incident", encoded(MERGED)),
)
