"""Precision Time Protocol of version 2 (IEEE 1588-2008 and -2019)."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import flag_names, named

HEADER = 34
SYNC, DELAY_REQUEST, PEER_REQUEST, PEER_RESPONSE = 0x0, 0x1, 0x2, 0x3
FOLLOW_UP, DELAY_RESPONSE, PEER_FOLLOW_UP, ANNOUNCE, SIGNALING, MANAGEMENT = 0x8, 0x9, 0xA, 0xB, 0xC, 0xD

MESSAGES = {
    SYNC: "sync msg", DELAY_REQUEST: "delay req msg", PEER_REQUEST: "peer delay req msg",
    PEER_RESPONSE: "peer delay resp msg", FOLLOW_UP: "follow up msg", DELAY_RESPONSE: "delay resp msg",
    PEER_FOLLOW_UP: "pdelay resp fup msg", ANNOUNCE: "announce msg", SIGNALING: "signaling msg",
    MANAGEMENT: "management msg",
}  # fmt: skip
CONTROLS = {0: "Sync", 1: "Delay_Req", 2: "Follow_Up", 3: "Delay_Resp", 4: "Management", 5: "Other"}
FLAGS = {
    0x0001: "l1 61", 0x0002: "l1 59", 0x0004: "utc reasonable", 0x0008: "timescale", 0x0010: "time tracable",
    0x0020: "frequency tracable", 0x0100: "alternate master", 0x0200: "two step", 0x0400: "unicast",
    0x1000: "profile specific 1", 0x2000: "profile specific 2", 0x4000: "security mask", 0x18C0: "unknown",
}  # fmt: skip

# What the time in a message is called, and whether the identity of a port follows it
TIMES = {
    SYNC: ("originTimeStamp", False),
    DELAY_REQUEST: ("originTimeStamp", False),
    PEER_REQUEST: ("preciseOriginTimeStamp", True),
    PEER_RESPONSE: ("receiveTimeStamp", True),
    FOLLOW_UP: ("preciseOriginTimeStamp", False),
    DELAY_RESPONSE: ("receiveTimeStamp", True),
    PEER_FOLLOW_UP: ("preciseOriginTimeStamp", True),
}


def print_ptp(view: View) -> None:
    """A packet from or to port 319 or 320, or by -T ptp."""
    view.protocol = "ptp"
    if view.length < HEADER:
        view.say(f" [length {view.length} < {HEADER}] (invalid)")
        return
    view.u16(0)
    major, minor = view.u8(1) & 0xF, view.u8(1) >> 4
    view.say(f"PTPv{major}.{minor}" if minor else f"PTPv{major}")
    if major == 1:
        view.say(" (not implemented)")
    elif major == 2:
        print_message(view)


def print_message(view: View) -> None:
    """The common header and the message's own fields."""
    kind = view.u8(0) & 0xF
    view.say(f", majorSdoId: 0x{view.u8(0) >> 4:x}, msg type: {named(MESSAGES, kind, 'Reserved')}")
    view.say(f", length: {view.u16(2)}")
    view.u16(4)
    view.say(f", domain: {view.u8(4)}, reserved1: {view.u8(5)}")
    view.say(f", Flags [{flag_names(FLAGS, view.u16(6))}]")
    view.say(f", NS correction: {big(view, 8, 6)}")
    view.say(f", sub NS correction: {view.u16(14)}")
    view.say(f", reserved2: {view.u32(16)}")
    view.say(f", clock identity: 0x{view.u64(20):x}")
    view.say(f", port id: {view.u16(28)}")
    view.say(f", seq id: {view.u16(30)}")
    view.say(f", control: {view.u8(32)} ({named(CONTROLS, view.u8(32), 'Reserved')})")
    view.say(f", log message interval: {view.u16(32) & 0xFF}")
    if kind in TIMES:
        name, identity = TIMES[kind]
        print_time(view, name, HEADER)
        if identity:
            print_port(view, HEADER + 10)
    elif kind == ANNOUNCE:
        print_announce(view, HEADER)
    elif kind in (SIGNALING, MANAGEMENT):
        print_port(view, HEADER)
        if kind == MANAGEMENT:
            print_management(view, HEADER + 10)


def big(view: View, at: int, size: int) -> int:
    """A number of any size."""
    return int.from_bytes(view.bytes(at, size))


def print_time(view: View, name: str, at: int) -> None:
    """A time: 48 bits of seconds, 32 of nanoseconds."""
    view.say(f", {name}:")
    view.say(f" {big(view, at, 6)}")
    view.say(f".{view.u32(at + 6):09} seconds")


def print_port(view: View, at: int) -> None:
    """The identity of a port: its clock and its number."""
    view.say(f", port identity: 0x{view.u64(at):x}")
    view.say(f", port id: {view.u16(at + 8)}")


def print_announce(view: View, at: int) -> None:
    """What a grandmaster says of its clock."""
    print_time(view, "originTimeStamp", at)
    view.say(f", origin cur utc:{view.u16(at + 10)}")
    view.say(f", rsvd: {view.u8(at + 12)}")
    view.say(f", gm priority_1: {view.u8(at + 13)}")
    view.say(f", gm clock class: {view.u8(at + 14)}")
    view.say(f", gm clock accuracy: {view.u8(at + 15)}")
    view.say(f", gm clock variance: {view.u16(at + 16)}")
    view.say(f", gm priority_2: {view.u8(at + 18)}")
    view.say(f", gm clock id: 0x{view.u64(at + 19):x}")
    view.say(f", steps removed: {view.u16(at + 27)}")
    view.say(f", time source: 0x{view.u8(at + 29):x}")


def print_management(view: View, at: int) -> None:
    """Boundary hops and flags of a management message."""
    view.say(f", start boundary hops {view.u8(at)}")
    view.say(f", boundary hops {view.u8(at + 1)}")
    view.say(f", flags 0x{view.u8(at + 2):x}")
    view.say(f", reserved 0x{view.u8(at + 3):x}")
