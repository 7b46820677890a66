"""The first lines of routing and measuring protocols over UDP; what follows them is not decoded.

OLSR (RFC 3626), LSP ping (RFC 4379), sFlow (sflow.org, version 5).
"""

from ptcpdump.printers.base.view import Truncated, View
from ptcpdump.printers.base.words import named

OLSR_HEADER = 4
LSP_HEADER = 32
LSP_MESSAGES = {1: "MPLS Echo Request", 2: "MPLS Echo Reply"}
SFLOW_IPV4 = 1
SFLOW_HEADER = 28  # with an IPv4 address


def print_olsr(view: View) -> None:
    """A packet from or to port 698."""
    view.protocol = "olsr"
    view.say(f"OLSRv{view.ip_version}")
    if not view.has(0, OLSR_HEADER):
        raise Truncated
    view.say(f", seq 0x{view.u16(2):04x}, length {min(view.u16(0), view.length)}")


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
