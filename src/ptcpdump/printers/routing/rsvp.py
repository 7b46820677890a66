"""RSVP (RFC 2205): the message's kind, with -v its header."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named

VERSION = 1
HEADER = 8
TYPES = {
    1: "Path",
    2: "Resv",
    3: "PathErr",
    4: "ResvErr",
    5: "PathTear",
    6: "ResvTear",
    7: "ResvConf",
    12: "Bundle",
    13: "ACK",
    14: "Hello (Old)",
    15: "Summary Refresh",
    20: "Hello",
}
REFRESH_REDUCTION = 0x1  # RFC 2961 section 2


def print_rsvp(view: View) -> None:
    """Print an RSVP message."""
    view.protocol = "rsvp"
    view.bytes(0, HEADER)
    version, flags, kind = view.u8(0) >> 4, view.u8(0) & 15, view.u8(1)
    if version != VERSION:
        view.say(f"ERROR: RSVP version {version} packet not supported")
        return
    if not view.verbose:
        view.say(f"RSVPv1 {named(TYPES, kind, 'unknown ({})')} Message, length: {view.length}")
        return
    reduction = "Refresh reduction capable" if flags & REFRESH_REDUCTION else "none"
    view.say(
        f"\n\tRSVPv1 {named(TYPES, kind, 'unknown, type: {}')} Message ({kind}), "
        f"Flags: [{reduction}], length: {view.u16(6)}, ttl: {view.u8(4)}, "
        f"checksum: 0x{view.u16(2):04x}"
    )
