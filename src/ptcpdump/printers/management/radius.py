"""RADIUS (RFC 2865, 2866): the packet and the walk through its attributes."""

from ptcpdump.printers.base.view import Truncated, View
from ptcpdump.printers.base.words import named
from ptcpdump.printers.link.eap import ShortValue
from ptcpdump.printers.management import radius_tables as tables
from ptcpdump.printers.management.radius_values import FORMS, WrongLength

HEADER = 20


def print_radius(view: View) -> None:
    """A packet from or to one of RADIUS's ports, or by -T radius."""
    view.protocol = "radius"
    if not view.has(0, HEADER):
        raise Truncated
    length = view.u16(2)
    if length < HEADER:
        raise Truncated
    length = min(length, view.length)
    code = view.u8(0)
    name = f"{named(tables.CODES, code, 'Unknown Command')} ({code}), id: 0x{view.u8(1):02x}"
    if view.verbose < 1:
        view.say(f"RADIUS, {name} length: {length}")
        return
    view.say(f"RADIUS, length: {length}\n\t{name}, Authenticator: {view.bytes(4, 16).hex()}")
    at = HEADER
    while at < length:
        if length - at < 2:
            raise Truncated
        size = print_attribute(view, at, length - at)
        if not size:
            return
        at += size


def print_attribute(view: View, at: int, rest: int) -> int:
    """One attribute; returns its length, 0 when that can't be."""
    view.u16(at)
    kind, length = view.u8(at), view.u8(at + 1)
    name, form = tables.ATTRIBUTES.get(kind, ("Unknown", "-"))
    view.say(f"\n\t  {name} Attribute ({kind}), length: {length}")
    if length < 2:
        view.say(" (bogus, must be >= 2)")
        return 0
    if length > rest:
        view.say(" (bogus, goes past end of packet)")
        return 0
    view.say(", Value: ")
    if length > 2 and form != "-":
        try:
            FORMS[form](view, kind, at + 2, length - 2)
        except WrongLength as error:
            view.say(f"ERROR: length {length - 2} {error}")
        except ShortValue:
            view.mark()  # and the next attribute is tried, as tcpdump does
    if view.verbose > 1:
        view.unknown("\n\t    ", at + 2, length - 2)
    return length
