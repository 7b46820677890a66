"""OSPF versions 2 and 3 (RFC 2328, RFC 5340): the packet's kind, with -v its header and hellos."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import flag_names, named

TYPES = {
    1: "Hello",
    2: "Database Description",
    3: "LS-Request",
    4: "LS-Update",
    5: "LS-Ack",
}
HELLO = 1
AUTHENTICATION = {0: "none", 1: "simple", 2: "MD5"}
PASSWORD = 1
OPTIONS = {
    0x01: "MultiTopology",
    0x02: "External",
    0x04: "Multicast",
    0x08: "NSSA",
    0x10: "LLS",
    0x20: "Demand Circuit",
    0x40: "Opaque",
    0x80: "Up/Down",
}
OPTIONS3 = {
    0x01: "V6",
    0x02: "External",
    0x04: "Deprecated",
    0x08: "NSSA",
    0x10: "Router",
    0x20: "Demand Circuit",
    0x0100: "AF-capable",
    0x0200: "L-bit",
}
HEADER = {2: 24, 3: 16}


def print_ospf(view: View) -> None:
    """Print an OSPF packet."""
    view.protocol = "ospf3" if view.ip_version == 6 else "ospf2"
    version, kind = view.u8(0), view.u8(1)
    view.bytes(0, 16 if version in HEADER else 2)  # all but the authentication data
    view.say(f"OSPFv{version}, {named(TYPES, kind, 'unknown LS-type {}')}, length {view.length}")
    if not view.verbose or version not in HEADER or kind not in TYPES:
        return
    if view.length != view.u16(2):
        view.say(f" [len {view.u16(2)}]")
    view.say("\n\tRouter-ID ")
    view.ip4(4)
    if view.u32(8):
        view.say(", Area ")
        view.ip4(8)
    else:
        view.say(", Backbone Area")
    if version == 2:
        method = named(AUTHENTICATION, view.u16(14), "unknown type {}")
        view.say(f", Authentication Type: {method} ({view.u16(14)})")
        if view.u16(14) == PASSWORD:
            view.say("\n\tSimple text password: ")
            view.safe(16, len(view.bytes(16, 8).partition(b"\0")[0]))
    elif view.u8(14):
        view.say(f", Instance {view.u8(14)}")
    if kind == HELLO:
        hello = print_hello if version == 2 else print_hello3
        hello(view, HEADER[version])


def print_hello(view: View, at: int) -> None:
    """A hello of version 2, RFC 2328 section A.3.2."""
    view.bytes(at, 20)
    view.say(f"\n\tOptions [{flag_names(OPTIONS, view.u8(at + 6))}]")
    view.say(f"\n\t  Hello Timer {view.u16(at + 4)}s, Dead Timer {view.u32(at + 8)}s, Mask ")
    view.ip4(at)
    view.say(f", Priority {view.u8(at + 7)}")
    print_routers(view, at + 12, view.u16(2))


def print_hello3(view: View, at: int) -> None:
    """A hello of version 3, RFC 5340 section A.3.2."""
    view.bytes(at, 20)
    view.say(f"\n\tOptions [{flag_names(OPTIONS3, view.u24(at + 5))}]")
    view.say(f"\n\t  Hello Timer {view.u16(at + 8)}s, Dead Timer {view.u16(at + 10)}s, ")
    view.say("Interface-ID ")
    view.ip4(at)
    view.say(f", Priority {view.u8(at + 4)}")
    print_routers(view, at + 12, view.u16(2) if view.verbose > 1 else 0)


def print_routers(view: View, at: int, end: int) -> None:
    """Designated router, its backup, and up to `end` the neighbors heard of."""
    for title in ("\n\t  Designated Router ", ", Backup Designated Router "):
        if view.u32(at):
            view.say(title)
            view.ip4(at)
        at += 4
    if at + 4 > end:
        return
    view.say("\n\t  Neighbor List:")
    while at + 4 <= end:
        view.bytes(at, 4)
        view.say("\n\t    ")
        view.ip4(at)
        at += 4
