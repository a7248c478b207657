"""The packet as JSON, for programs: one object whose `schema` says what it is, in a versioned shape.

Within `muster.packet/1` fields are only ever added. Keys and arrays are in a stated order; the same packet gives the
same bytes.

A case that its owner hands in carries a mark: `submitted` says by whom and when, and has the SHA-256 of all the rest, of
the mark's own name and day too, as canonical JSON (keys in order, no spaces, ASCII). Whoever edits the case breaks the mark.
It is no signature: it shows that the case was meant to be handed in and is unchanged since, not who did it.
"""

from __future__ import annotations

import hashlib
import json as standard
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import msgspec

from muster.model import Packet

FORMAT = "json"
SCHEMA: Literal["muster.packet/1"] = "muster.packet/1"


@dataclass(frozen=True, slots=True)
class Submission:
    """The mark of a case that its owner handed in: by whom (a person's id), on what day, and the digest of all the rest."""

    by: str
    at: date
    digest: str


@dataclass(frozen=True, slots=True)
class Document:
    """A packet, with the name of the schema that it follows; `submitted` where its owner handed it in."""

    packet: Packet
    schema: Literal["muster.packet/1"] = SCHEMA
    submitted: Submission | None = None


def render(packet: Packet) -> bytes:
    """The packet's JSON in UTF-8, indented, without a trailing newline."""
    return _rendered({"schema": SCHEMA, "packet": packet})


def submitted(packet: Packet, at: date) -> bytes:
    """The packet's JSON with the mark of its owner, who hands it in on that day."""
    by = packet.case.person.id
    bare = msgspec.json.decode(render(packet))
    mark = digest({**bare, "submitted": {"by": by, "at": at.isoformat()}})
    return _rendered({"schema": SCHEMA, "submitted": Submission(by, at, mark), "packet": packet})


def digest(document: dict[str, Any]) -> str:
    """The SHA-256 of a document as canonical JSON, whatever digest it has left out."""
    mark = {key: value for key, value in document.get("submitted", {}).items() if key != "digest"}
    text = standard.dumps({**document, "submitted": mark}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) that every rendered packet follows."""
    made = msgspec.json.schema(Document, schema_hook=lambda _: {"description": "any value"})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **made}


def _rendered(body: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(body, enc_hook=_plain), indent=1)


def _plain(value: object) -> object:
    """Values of front matter that JSON has no word for, as text."""
    return str(value)
