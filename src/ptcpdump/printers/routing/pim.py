"""PIM version 2 (RFC 7761, RFC 3973): the message's kind, with -v its checksum and the options of a hello."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import flag_names, named, span

PROTOCOL = 103
TYPES = {
    0: "Hello",
    1: "Register",
    2: "Register Stop",
    3: "Join / Prune",
    4: "Bootstrap",
    5: "Assert",
    6: "Graft",
    7: "Graft Acknowledgement",
    8: "Candidate RP Advertisement",
    9: "Prune Refresh",
    10: "DF Election",
    11: "ECMP Redirect",
}
HELLO, REGISTER = 0, 1
HOLD_TIME, PRUNE_DELAY, PRIORITY_OLD, PRIORITY, GENERATION, STATE_REFRESH = 1, 2, 18, 19, 20, 21
OPTIONS = {
    HOLD_TIME: "Hold Time",
    PRUNE_DELAY: "LAN Prune Delay",
    PRIORITY_OLD: "DR Priority (Old)",
    PRIORITY: "DR Priority",
    GENERATION: "Generation ID",
    STATE_REFRESH: "State Refresh Capability",
    22: "Bi-Directional Capability",
    24: "Address List",
    65001: "Address List (Old)",
}
REGISTER_HEADER = 8
REGISTER_FLAGS = {0x80000000: "Border", 0x40000000: "Null"}


def print_pim(view: View) -> None:
    """Print a PIM message."""
    view.protocol = "pim"
    version, kind = view.u8(0) >> 4, view.u8(0) & 15
    if version != 2:
        view.say(f"PIMv{version}, length {view.length}")
        return
    name = named(TYPES, kind, "Unknown Type")
    if not view.verbose:
        view.say(f"PIMv2, {name}, length {view.length}")
        return
    view.say(f"PIMv2, length {view.length}\n\t{name}")
    print_checksum(view, kind)
    if kind == HELLO:
        print_hello(view)
    elif kind == REGISTER:
        print_register(view)
    elif kind not in TYPES:
        view.say(f" [type {kind}]")


def print_checksum(view: View, kind: int) -> None:
    """The checksum field and whether it is right."""
    field = view.u16(2)
    view.say(f", cksum 0x{field:04x} ")
    if field == 0:
        view.say("(unverified)")
        return
    # a register's covers the header alone, but some senders count in all of it (RFC 7761 section 4.9)
    sizes = [view.length, REGISTER_HEADER] if kind == REGISTER else [view.length]
    pseudo = PROTOCOL if view.ip_version == 6 else 0
    if view.has(0, max(sizes)):
        right = any(view.checksum(0, size, pseudo) == 0 for size in sizes)
        view.say("(correct)" if right else "(incorrect)")


def print_register(view: View) -> None:
    """The datagram that a register carries to the rendezvous point."""
    view.say(f", Flags [ {flag_names(REGISTER_FLAGS, view.u32(4))} ]\n\t")
    version = view.u8(REGISTER_HEADER) >> 4
    if version == 0:
        view.say("(null register)")
    else:
        layer_type = 0x86DD if version == 6 else 0x0800
        view.dispatch("ethertype", layer_type, REGISTER_HEADER, view.length - REGISTER_HEADER)


def print_hello(view: View) -> None:
    """The options of a hello, RFC 7761 section 4.9.2."""
    at = 4
    while at < view.length:
        kind, size = view.u16(at), view.u16(at + 2)
        view.bytes(at, 4 + size)
        name = named(OPTIONS, kind, "Unknown")
        view.say(f"\n\t  {name} Option ({kind}), length {size}, Value: ")
        at += 4
        if kind == HOLD_TIME and size == 2:
            view.say(span(view.u16(at)))
        elif kind == PRUNE_DELAY and size == 4:
            tracking = view.u16(at) >> 15
            delay = view.u16(at) & 0x7FFF
            view.say(f"\n\t    T-bit={tracking}, LAN delay {delay}ms, ")
            view.say(f"Override interval {view.u16(at + 2)}ms")
        elif kind in (PRIORITY, PRIORITY_OLD) and size == 4:
            view.say(str(view.u32(at)))
        elif kind == PRIORITY and size == 0:
            view.say("Bi-Directional Capability (Old)")
        elif kind == GENERATION and size == 4:
            view.say(f"0x{view.u32(at):08x}")
        elif kind == STATE_REFRESH and size == 4:
            view.say(f"v{view.u8(at)}")
            if view.u8(at + 1):
                view.say(f", interval {span(view.u8(at + 1))}")
        elif view.verbose <= 1:
            view.unknown("\n\t    ", at, size)
        if view.verbose > 1:
            view.unknown("\n\t    ", at, size)
        at += size
