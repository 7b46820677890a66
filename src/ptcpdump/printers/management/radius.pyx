"""RADIUS (RFC 2865, 2866): the packet and the walk through its attributes."""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.management.radius_values cimport print_value

from ptcpdump.printers.management import radius_tables as tables

cdef enum:
    HEADER = 20

cdef Names CODES = names(tables.CODES)
cdef Names ATTRIBUTES = names({kind: name for kind, (name, _) in tables.ATTRIBUTES.items()})


cdef void print_radius(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A packet from or to one of RADIUS's ports, or by -T radius."""
    cdef uint32_t at = HEADER, size = length
    cdef uint8_t code
    d.protocol = b"radius"
    need(d, p, HEADER)
    code, length = u8(d, p), u16(d, p + 2)
    if length < HEADER:
        truncated(d)
    length = min(length, size)
    say(d, b"RADIUS, ")
    if d.opt.verbose:
        say_value(d, b"length: ", length)
        say(d, b"\n\t")
    say(d, name_of(&CODES, code, b"Unknown Command"))
    say_value(d, b" (", code)
    say(d, b"), id: 0x")
    say_hex(d, u8(d, p + 1), 2)
    if not d.opt.verbose:
        say_value(d, b" length: ", length)
        return
    say(d, b", Authenticator: ")
    put_hex_bytes(d.out, p + 4, 16)
    while at < length:
        if length - at < 2:
            truncated(d)
        size = print_attribute(d, p + at, length - at)
        if size == 0:
            return
        at += size


cdef uint32_t print_attribute(Dissection *d, const uint8_t *p, uint32_t rest) noexcept nogil:
    """One attribute; returns its length, 0 when that can't be."""
    cdef uint32_t length = u16(d, p) & 0xFF
    cdef uint8_t kind = u8(d, p)
    say(d, b"\n\t  ")
    say(d, name_of(&ATTRIBUTES, kind, b"Unknown"))
    say_value(d, b" Attribute (", kind)
    say_value(d, b"), length: ", length)
    if length < 2:
        say(d, b" (bogus, must be >= 2)")
        return 0
    if length > rest:
        say(d, b" (bogus, goes past end of packet)")
        return 0
    say(d, b", Value: ")
    if length > 2 and not print_value(d, kind, p + 2, length - 2):
        say_mark(d)             # and the next attribute is tried, as tcpdump does
    if d.opt.verbose > 1:
        say_unknown(d, b"\n\t    ", p + 2, length - 2)
    return length


export_printer(__name__, "print_radius", print_radius)
