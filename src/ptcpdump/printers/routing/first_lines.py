"""The first lines of routing and measuring protocols over UDP; what follows them is not decoded.

OLSR (RFC 3626), LDP (RFC 5036), LSP ping (RFC 4379), Babel (RFC 8966), sFlow (sflow.org, version 5).
"""

from ptcpdump.printers.base.view import Truncated, View
from ptcpdump.printers.base.words import named

OLSR_HEADER = 4
LDP_HEADER = 10
LDP_MESSAGE_HEADER = 8
LSP_HEADER = 32
LSP_MESSAGES = {1: "MPLS Echo Request", 2: "MPLS Echo Reply"}
BABEL_MAGIC = 42
BABEL_PAD1 = 0
BABEL_TLVS = (
    "pad1", "padN", "ack-req", "ack", "hello", "ihu", "router-id", "nh", "update", "route-request", "seqno-request",
    "tspc", "hmac", "ss-update", "ss-request", "ss-mh-request", "mac", "pc", "challenge_request", "challenge_reply",
)  # fmt: skip
SFLOW_IPV4 = 1
SFLOW_HEADER = 28  # with an IPv4 address


def print_olsr(view: View) -> None:
    """A packet from or to port 698."""
    view.protocol = "olsr"
    view.say(f"OLSRv{view.ip_version}")
    if not view.has(0, OLSR_HEADER):
        raise Truncated
    view.say(f", seq 0x{view.u16(2):04x}, length {min(view.u16(0), view.length)}")


def print_ldp(view: View) -> None:
    """A packet from or to port 646: the header of the first PDU, with -v of each that has room for a message."""
    view.protocol = "ldp"
    lead = "\n\t" if view.verbose else ""
    at = 0
    while view.length - at > LDP_HEADER + LDP_MESSAGE_HEADER:
        view.bytes(at, LDP_HEADER)
        version, length = view.u16(at), view.u16(at + 2)
        if version != 1:
            view.say(f"{lead}LDP version {version} packet not supported")
            return
        view.say(f"{lead}LDP, Label-Space-ID: ")
        view.ip4(at + 4)
        view.say(f":{view.u16(at + 8)}, pdu-length: {length}")
        if not view.verbose:
            return
        at += 4 + length


def print_lsp_ping(view: View) -> None:
    """A packet from or to port 3503."""
    view.protocol = "lspping"
    if view.length < LSP_HEADER:
        view.say("\n\t\t packet is too short")
        return
    view.bytes(0, LSP_HEADER)
    version = view.u16(0)
    if version != 1:
        view.say(f"LSP-PING version {version} packet not supported")
        return
    kind = named(LSP_MESSAGES, view.u8(4), "unknown ({})")
    if view.verbose:
        view.say(f"LSP-PINGv1, msg-type: {kind} ({view.u8(4)}), length: {view.length}")
    else:
        view.say(f"LSP-PINGv1, {kind}, seq {view.u32(12)}, length: {view.length}")


def print_babel(view: View) -> None:
    """A packet from or to port 6696 or 6697."""
    view.protocol = "babel"
    view.say("babel")
    view.u32(0)
    if view.u8(0) != BABEL_MAGIC:
        view.say(" invalid header")
        return
    version, length = view.u8(1), view.u16(2)
    view.say(f" {version}")
    if version != 2:
        view.say(" unknown version")
        return
    view.say(f" ({length})")
    if length > view.length - 4:
        view.say(" (invalid)")
        return
    print_babel_tlvs(view, 4, 4 + length)


def print_babel_tlvs(view: View, at: int, end: int) -> None:
    """The names of the parts."""
    while at < end:
        kind = view.u8(at)
        size = 1
        if kind != BABEL_PAD1:
            if end - at < 2 or end - at - 2 < view.u8(at + 1):
                view.say(" (invalid)")
                return
            size = 2 + view.u8(at + 1)
            view.bytes(at, size)
        view.say(f" {BABEL_TLVS[kind]}" if kind < len(BABEL_TLVS) else " unknown")
        at += size


def print_sflow(view: View) -> None:
    """A packet from or to port 6343."""
    view.protocol = "sflow"
    view.bytes(0, SFLOW_HEADER)
    version = view.u32(0)
    if version != 5:
        view.say(f"sFlow version {version} packet not supported")
        return
    if view.u32(4) == SFLOW_IPV4:
        view.say("sFlowv5, IPv4 agent ")
        view.ip4(8)
        view.say(f", agent-id {view.u32(12)}, length {view.length}")
    else:
        view.say("sFlowv5, IPv6 agent ")
        view.ip6(8)
        view.say(f", agent-id {view.u32(24)}, length {view.length}")
