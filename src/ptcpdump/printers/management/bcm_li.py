"""Broadcom's shim of lawful interception: a word before a packet, from port 49152."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named

SOURCE_PORT = 49152
DIRECTIONS = {1: "unused", 2: "egress", 3: "ingress"}
UNDECIDED, IPV4, IPV6, ETHERNET = 4, 5, 6, 7
KINDS = {UNDECIDED: "undecided", IPV4: "ipv4", IPV6: "ipv6", ETHERNET: "ethernet"}
SUBTYPES = {1: "single VLAN tag", 2: "double VLAN tag", 3: "untagged"}
LINKTYPES = {IPV4: 228, IPV6: 229, ETHERNET: 1}


def print_bcm_li(view: View) -> None:
    """A packet from port 49152; as a destination it is just an ephemeral port."""
    if view.sport != SOURCE_PORT:
        view.say(f"UDP, length {view.length}")
        return
    view.protocol = "bcm_li"
    if view.length < 4:
        view.say(f" (length {view.length} < 4) (invalid)")
        return
    shim = view.u32(0)
    kind = shim >> 25 & 0xF
    view.say("\n    " if view.verbose else "")
    view.say(f"BCM-LI-SHIM: direction {named(DIRECTIONS, shim >> 29, 'unknown')}")
    view.say(f", pkt-type {named(KINDS, kind, 'unknown')}")
    view.say(f", pkt-subtype {named(SUBTYPES, shim >> 22 & 7, 'unknown')}, li-id {shim & 0x3FFFFF}")
    if not view.verbose:
        return
    view.say("\n    ")
    if kind == UNDECIDED:
        kind = {4: IPV4, 6: IPV6}.get(view.u8(4) >> 4, UNDECIDED)
    if kind in LINKTYPES:
        view.dispatch("linktype", LINKTYPES[kind], 4, view.length - 4)
    else:
        view.say("unknown payload" if kind == UNDECIDED else " (invalid)")
