"""The first screen of a packet, as `muster.rules.opening` settles it: the same words that C207 counts."""

from __future__ import annotations

from muster.model import Packet
from muster.packet import sheet as ask
from muster.rules import opening as first
from muster.rules.opening import Opening


def opening(packet: Packet) -> Opening:
    """The first screen of a packet: its claims in their order, below its one sentence."""
    unbound = {one.claim.where.path or "": ask.unbound(packet, one) for one in packet.claims}
    return first.opening(packet.case, [(one.claim, ask.witnesses(packet, one)) for one in packet.claims], ask.lede(packet), unbound)
