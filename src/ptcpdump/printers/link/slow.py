"""Slow protocols: link aggregation control, markers, and operations (IEEE 802.1AX, 802.3 section 57)."""

from ptcpdump.printers.base.oui import name_of_oui
from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import flag_names, named

LACP, MARKER, OAM = 1, 2, 3
PROTOCOLS = {LACP: "LACP", MARKER: "MARKER", OAM: "OAM"}
TLVS = {
    LACP: {0: "Terminator", 1: "Actor Information", 2: "Partner Information", 3: "Collector Information"},
    MARKER: {0: "Terminator", 1: "Marker Information"},
}
SIZES = {(LACP, 1): 20, (LACP, 2): 20, (LACP, 3): 16, (MARKER, 1): 16}
STATES = {
    0x01: "Activity", 0x02: "Timeout", 0x04: "Aggregation", 0x08: "Synchronization", 0x10: "Collecting",
    0x20: "Distributing", 0x40: "Default", 0x80: "Expired",
}  # fmt: skip
OAM_CODES = {
    0x00: "Information", 0x01: "Event Notification", 0x02: "Variable Request", 0x03: "Variable Response",
    0x04: "Loopback Control", 0xFE: "Vendor Private",
}  # fmt: skip
OAM_FLAGS = {
    0x01: "Link Fault", 0x02: "Dying Gasp", 0x04: "Critical Event", 0x08: "Local Evaluating", 0x10: "Local Stable",
    0x20: "Remote Evaluating", 0x40: "Remote Stable",
}  # fmt: skip
OAM_INFORMATION = {0: "End of TLV marker", 1: "Local", 2: "Remote", 0xFE: "Organization specific"}
OAM_PARSER = {0: "forwarding", 1: "looping back", 2: "discarding", 3: "reserved"}
OAM_CONFIGURATION = {
    0x01: "Active", 0x02: "Unidirectional", 0x04: "Remote-Loopback", 0x08: "Link-Events", 0x10: "Variable-Retrieval",
}  # fmt: skip
LOOPBACK_COMMANDS = {1: "Enable OAM Remote Loopback", 2: "Disable OAM Remote Loopback"}


def print_slow(view: View) -> None:
    """The subtype, and with -v what it carries."""
    view.protocol = "slow"
    kind = view.u8(0) if view.length else 0
    if view.length < (2 if kind in TLVS else 1):
        view.say("\n\t\t packet is too short" if view.verbose else " (packet is too short)")
        return
    name = named(PROTOCOLS, kind, "unknown ({})")
    if kind in TLVS:
        version = view.u8(1)
        if version != 1:
            view.say(f"{name} version {version} packet not supported")
            return
        name += f"v{version}"
    view.say(f"{name}, length {view.length}")
    if kind not in PROTOCOLS:
        view.unknown("\n\t", 0, view.length)
    elif view.verbose and kind == OAM:
        print_oam(view)
    elif view.verbose:
        print_tlvs(view, kind)


def print_tlvs(view: View, kind: int) -> None:
    """The information that LACP and markers carry, up to the terminator."""
    at = 2
    while at < view.length:
        if view.length - at < 2:
            view.say("\n\t\t packet is too short")
            return
        tlv, size = view.u8(at), view.u8(at + 1)
        view.say(f"\n\t{named(TLVS[kind], tlv, 'Unknown')} TLV (0x{tlv:02x}), length {size}")
        if tlv == 0:
            return
        if size < 2:
            view.say("\n\t    ERROR: illegal length - should be >= 2")
            return
        if view.length - at < size:
            view.say("\n\t\t packet is too short")
            return
        view.bytes(at, size)
        wanted = SIZES.get((kind, tlv))
        if wanted is not None and size != wanted:
            view.say(f"\n\t    ERROR: illegal length - should be {wanted}")
        elif wanted is not None:
            print_information(view, kind, tlv, at + 2)
        if view.verbose > 1 or wanted is None:
            view.unknown("\n\t  ", at + 2, size - 2)
        at += size


def print_information(view: View, kind: int, tlv: int, at: int) -> None:
    """One piece of information of the right size."""
    if kind == MARKER:
        view.say("\n\t  Request System ")
        view.mac(at + 2)
        view.say(f", Request Port {view.u16(at)}, Request Transaction ID 0x{view.u32(at + 8):08x}")
    elif tlv == 3:
        view.say(f"\n\t  Max Delay {view.u16(at)}")
    else:
        view.say("\n\t  System ")
        view.mac(at + 2)
        view.say(f", System Priority {view.u16(at)}, Key {view.u16(at + 8)}, Port {view.u16(at + 12)}, ")
        view.say(f"Port Priority {view.u16(at + 10)}\n\t  State Flags [{flag_names(STATES, view.u8(at + 14))}]")


def print_oam(view: View) -> None:
    """Operations, administration and maintenance."""
    if view.length < 4:
        view.say("\n\t\t packet is too short")
        return
    flags, code = view.u16(1), view.u8(3)
    view.say(f"\n\tCode {named(OAM_CODES, code, 'Unknown ({})')} OAM PDU, Flags [{flag_names(OAM_FLAGS, flags)}]")
    rest = view.length - 4
    if code == 0:
        print_oam_information(view)
    elif code == 1 and rest >= 2:
        view.say(f"\n\t  Sequence Number {view.u16(4)}")
        if rest > 2:
            view.unknown("\n\t  ", 6, rest - 2)
    elif code == 4 and rest:
        view.say(f"\n\t  Command {named(LOOPBACK_COMMANDS, view.u8(4), 'Unknown')} ({view.u8(4)})")
    elif view.verbose == 1 or code in OAM_CODES:
        view.unknown("\n\t  ", 4, rest)


def print_oam_information(view: View) -> None:
    """What both ends can do."""
    at = 4
    while at + 2 <= view.length:
        kind, size = view.u8(at), view.u8(at + 1)
        view.say(f"\n\t  {named(OAM_INFORMATION, kind, 'Reserved')} Information Type ({kind}), length {size}")
        if kind == 0:
            return
        if size < 2 or at + size > view.length:
            view.say("\n\t\t packet is too short")
            return
        if kind in (1, 2) and size == 16:
            state, maximum, oui = view.u8(at + 5), view.u16(at + 7) & 0x7FF, view.u24(at + 9)
            view.say(f"\n\t    OAM-Version {view.u8(at + 2)}, Revision {view.u16(at + 3)}")
            view.say(f"\n\t    State-Parser-Action {OAM_PARSER[state & 3]}, ")
            view.say(f"State-MUX-Action {'discarding' if state & 4 else 'forwarding'}")
            view.say(f"\n\t    OAM-Config Flags [{flag_names(OAM_CONFIGURATION, view.u8(at + 6))}], ")
            view.say(f"OAM-PDU-Config max-PDU size {maximum}\n\t    OUI {name_of_oui(oui) or 'Unknown'} ")
            view.say(f"(0x{oui:06x}), Vendor-Private 0x{view.u32(at + 12):08x}")
            if view.verbose > 1:
                view.unknown("\n\t  ", at, size)
        else:
            view.unknown("\n\t  ", at, size)
        at += size
