"""The packet as JSON, for programs: one object whose `schema` says what it is, in a versioned shape.

Within `muster.packet/1` fields are only ever added. Keys and arrays are in a stated order; the same packet gives the
same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from muster.model import Packet

FORMAT = "json"
SCHEMA: Literal["muster.packet/1"] = "muster.packet/1"


@dataclass(frozen=True, slots=True)
class Document:
    """A packet, with the name of the schema that it follows."""

    packet: Packet
    schema: Literal["muster.packet/1"] = SCHEMA


def render(packet: Packet) -> bytes:
    """The packet's JSON in UTF-8, indented, without a trailing newline."""
    body = {"schema": SCHEMA, "packet": packet}
    return msgspec.json.format(msgspec.json.encode(body, enc_hook=_plain), indent=1)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) that every rendered packet follows."""
    made = msgspec.json.schema(Document, schema_hook=lambda _: {"description": "any value"})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **made}


def _plain(value: object) -> object:
    """Values of front matter that JSON has no word for, as text."""
    return str(value)
