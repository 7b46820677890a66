"""EIGRP (RFC 7868): the packet's kind, with -v its header and the IPv4 routes of version 2."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import flag_names, named

VERSION = 2
HEADER = 20
OPCODES = {1: "Update", 3: "Query", 4: "Reply", 5: "Hello", 6: "IPX SAP", 8: "Probe"}
FLAGS = {0x01: "Init", 0x02: "Conditional Receive"}
PARAMETERS, SOFTWARE, INTERNAL, EXTERNAL = 0x0001, 0x0004, 0x0102, 0x0103
TLVS = {
    PARAMETERS: "General Parameters",
    0x0002: "Authentication",
    0x0003: "Sequence",
    SOFTWARE: "Software Version",
    0x0005: "Next Multicast Sequence",
    INTERNAL: "IP Internal routes",
    EXTERNAL: "IP External routes",
    0x0202: "AppleTalk Internal routes",
    0x0203: "AppleTalk External routes",
    0x0204: "AppleTalk Cable setup",
    0x0302: "IPX Internal routes",
    0x0303: "IPX External routes",
}
ORIGINS = {
    1: "IGRP",
    2: "EIGRP",
    3: "Static",
    4: "RIP",
    5: "Hello",
    6: "OSPF",
    7: "IS-IS",
    8: "EGP",
    9: "BGP",
    10: "IDRP",
    11: "Connected",
}


def print_eigrp(view: View) -> None:
    """Print an EIGRP packet."""
    view.protocol = "eigrp"
    view.bytes(0, HEADER)
    if view.u8(0) != VERSION:
        view.say(f"EIGRP version {view.u8(0)} packet not supported")
        return
    opcode = view.u8(1)
    if not view.verbose:
        view.say(f"EIGRP {named(OPCODES, opcode, 'unknown ({})')}, length: {view.length}")
        return
    if view.length < HEADER:
        name = named(OPCODES, opcode, "unknown ({})")
        view.say(f"EIGRP {name}, length: {view.length} (too short, < {HEADER})")
        return
    view.say(
        f"\n\tEIGRP v{VERSION}, opcode: {named(OPCODES, opcode, 'unknown, type: {}')} ({opcode}), "
        f"chksum: 0x{view.u16(2):04x}, Flags: [{flag_names(FLAGS, view.u32(4))}]"
        f"\n\tseq: 0x{view.u32(8):08x}, ack: 0x{view.u32(12):08x}, "
        f"VRID: {view.u16(16)}, AS: {view.u16(18)}, length: {view.length - HEADER}"
    )
    at = HEADER
    while at < view.length:
        view.bytes(at, 4)
        kind, size = view.u16(at), view.u16(at + 2)
        left = view.length - at
        if size < 4 or size > left:
            view.unknown("\n\t    ", at + 4, left)
            return
        view.say(f"\n\t  {named(TLVS, kind, 'Unknown')} TLV (0x{kind:04x}), length: {size}")
        view.bytes(at, size)
        print_tlv(view, kind, at + 4, size - 4)
        at += size


def print_tlv(view: View, kind: int, at: int, size: int) -> None:
    """The value of one TLV of `size` bytes, all captured."""
    fixed = {PARAMETERS: 8, SOFTWARE: 4, INTERNAL: 22, EXTERNAL: 42}.get(kind)
    if fixed is None:
        if view.verbose <= 1:
            view.unknown("\n\t    ", at, size)
    elif size < fixed:
        view.say(f" (too short, < {4 + fixed})")
    elif kind == PARAMETERS:
        weights = ", ".join(f"k{number + 1} {view.u8(at + number)}" for number in range(5))
        view.say(f"\n\t    holdtime: {view.u16(at + 6)}s, {weights}")
    elif kind == SOFTWARE:
        ios = f"{view.u8(at)}.{view.u8(at + 1)}"
        view.say(f"\n\t    IOS version: {ios}, EIGRP version {view.u8(at + 2)}.{view.u8(at + 3)}")
    elif kind == INTERNAL:
        print_prefix(view, at, at + 20)
        print_metric(view, at + 4)
    else:
        print_prefix(view, at, at + 40)
        print_origin(view, at + 4)
        print_metric(view, at + 24)
    if view.verbose > 1:
        view.unknown("\n\t    ", at, size)


def print_prefix(view: View, hop: int, at: int) -> None:
    """The destination, given with as few bytes as its length needs, and the next hop."""
    bits = view.u8(at)
    if bits > 32:
        view.say(f"\n\t    illegal prefix length {bits}")
        return
    octets = view.bytes(at + 1, (bits + 7) // 8).ljust(4, b"\0")
    prefix = ".".join(map(str, octets))
    view.say(f"\n\t    IPv4 prefix: {prefix:>15}/{bits}, nexthop: ")
    if view.u32(hop):
        view.ip4(hop)
    else:
        view.say("self")


def print_origin(view: View, at: int) -> None:
    """Where an external route comes from."""
    view.say("\n\t      origin-router ")
    view.ip4(at)
    view.say(
        f", origin-as {view.u32(at + 4)}, origin-proto {named(ORIGINS, view.u8(at + 18), 'unknown')}"
        f", flags [0x{view.u8(at + 19):02x}], tag 0x{view.u32(at + 8):08x}, metric {view.u32(at + 12)}"
    )


def print_metric(view: View, at: int) -> None:
    """The vector of metrics, RFC 7868 section 5.6."""
    view.say(
        f"\n\t      delay {view.u32(at) // 100} ms, bandwidth {view.u32(at + 4)} Kbps, "
        f"mtu {view.u24(at + 8)}, hop {view.u8(at + 11)}, "
        f"reliability {view.u8(at + 12)}, load {view.u8(at + 13)}"
    )
