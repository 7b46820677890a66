"""Bidirectional Forwarding Detection (RFC 5880 to 5883, 7130)."""

from ptcpdump.printers.base.view import Truncated, View
from ptcpdump.printers.base.words import flag_names, named

HEADER = 24
PORTS = {3784: "Control", 4784: "Multihop", 6784: "LAG", 7784: "S-BFD"}
ECHO_PORT = 3785
SEAMLESS = 7784  # counts as a source port too
DIAGNOSTICS = dict(enumerate(
    ("No Diagnostic", "Control Detection Time Expired", "Echo Function Failed", "Neighbor Signaled Session Down",
     "Forwarding Plane Reset", "Path Down", "Concatenated Path Down", "Administratively Down",
     "Reverse Concatenated Path Down")
))  # fmt: skip
STATES = {0: "AdminDown", 1: "Down", 2: "Init", 3: "Up"}
FLAGS0 = {
    0x80: "I Hear You", 0x40: "Demand", 0x20: "Poll", 0x10: "Final", 0x08: "Control Plane Independent",
    0x04: "Authentication Present", 0x02: "Reserved", 0x01: "Reserved",
}  # fmt: skip
FLAGS1 = {
    0x20: "Poll", 0x10: "Final", 0x08: "Control Plane Independent", 0x04: "Authentication Present", 0x02: "Demand",
    0x01: "Multipoint",
}  # fmt: skip
AUTHENTICATION = 0x04
METHODS = {
    1: "Simple Password", 2: "Keyed MD5", 3: "Meticulous Keyed MD5", 4: "Keyed SHA1", 5: "Meticulous Keyed SHA1",
}  # fmt: skip
DIGESTS = {2: (24, "Digest"), 3: (24, "Digest"), 4: (28, "Hash"), 5: (28, "Hash")}


def print_bfd(view: View) -> None:
    """A packet to one of BFD's ports."""
    view.protocol = "bfd"
    if view.dport == ECHO_PORT:
        view.say(f"BFD, Echo, length: {view.length}")
    else:
        print_control(view, PORTS[view.dport if view.dport in PORTS else SEAMLESS])


def print_control(view: View, port: str) -> None:
    """A control packet of version 0 or 1."""
    if not view.has(0, HEADER):
        raise Truncated
    version, diagnostic, flags = view.u8(0) >> 5, view.u8(0) & 0x1F, view.u8(1)
    if version == 0:
        about = f"Control, Flags: [{flag_names(FLAGS0, flags)}]"
    elif version == 1:
        about = f"{port}, State {STATES[flags >> 6]}, Flags: [{flag_names(FLAGS1, flags & 0x3F)}]"
    else:
        view.say(f"BFDv{version}, Control, length: {view.length}")
        if view.verbose > 1:
            view.unknown("\n\t", 0, view.length)
        return
    if not view.verbose:
        view.say(f"BFDv{version}, {about}, length: {view.length}")
        return
    view.say(f"BFDv{version}, length: {view.length}\n\t{about}")
    view.say(f", Diagnostic: {named(DIAGNOSTICS, diagnostic, 'unknown')} (0x{diagnostic:02x})")
    multiplier, transmit = view.u8(2), view.u32(12)
    detection = (multiplier * transmit & 0xFFFFFFFF) // 1000
    view.say(f"\n\tDetection Timer Multiplier: {multiplier} ({detection} ms Detection time), BFD Length: {view.u8(3)}")
    view.say(f"\n\tMy Discriminator: 0x{view.u32(4):08x}, Your Discriminator: 0x{view.u32(8):08x}")
    view.say(f"\n\t  Desired min Tx Interval:    {transmit // 1000:4} ms")
    view.say(f"\n\t  Required min Rx Interval:   {view.u32(16) // 1000:4} ms")
    view.say(f"\n\t  Required min Echo Interval: {view.u32(20) // 1000:4} ms")
    if flags & AUTHENTICATION:
        print_authentication(view, HEADER)


def print_authentication(view: View, at: int) -> None:
    """The authentication section (RFC 5880, sections 4.2 to 4.4)."""
    view.u32(at)
    kind, length = view.u8(at), view.u8(at + 1)
    view.say(f"\n\tAuthentication: {named(METHODS, kind, 'Unknown')} ({kind}), length: {length}")
    view.say(f"\n\t  Auth Key ID: {view.u8(at + 2)}")
    if kind == 1:
        if 4 <= length <= 19:
            view.say(", Password: ")
            view.safe(at + 3, length - 3)
        else:
            view.say(f"[invalid length {length}]")
    elif kind in DIGESTS:
        expected, name = DIGESTS[kind]
        if length != expected:
            view.say(f"[invalid length {length}]")
            return
        view.say(f", Sequence Number: 0x{view.u32(at + 4):08x}")
        digest = view.bytes(at + 8, expected - 8)
        view.say(f"\n\t  {name}: {digest.hex()}")
