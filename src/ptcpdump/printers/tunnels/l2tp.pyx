"""Layer Two Tunneling Protocol of version 2 (RFC 2661)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, bits
from ptcpdump.printers.tunnels.l2tp_values cimport print_value

cdef enum:
    CONTROL = 0x8000        # flags of a packet
    LENGTH = 0x4000
    SEQUENCE = 0x0800
    OFFSET = 0x0200
    PRIORITY = 0x0100
    MANDATORY = 0x8000      # of an attribute-value pair, beside its length
    HIDDEN = 0x4000
    AVP_LENGTH = 0x03FF
    AVP_HEADER = 6
    LINKTYPE_PPP = 9

cdef Bits FLAGS = bits({CONTROL: b"T", LENGTH: b"L", SEQUENCE: b"S", OFFSET: b"O", PRIORITY: b"P"})


cdef void print_l2tp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A packet from or to port 1701."""
    cdef uint32_t first, at = 2, claimed = 0
    d.protocol = b"l2tp"
    first = u16(d, p)
    if first & 0xF != 2:
        say_either(d, first & 0xF == 1, b" l2f:", b" Unknown Version, neither L2F(1) nor L2TP(2)")
        return
    say(d, b" l2tp:[")
    say_bits(d, &FLAGS, first, b"", b"")
    say_char(d, b']')
    if first & LENGTH:
        claimed = u16(d, p + at)
        at += 2
    say_value(d, b"(", u16(d, p + at))
    say_char(d, b'/')
    say_dec(d, u16(d, p + at + 2))
    say_char(d, b')')
    at += 4
    if first & SEQUENCE:
        say_value(d, b"Ns=", u16(d, p + at))
        say_char(d, b',')
        say_value(d, b"Nr=", u16(d, p + at + 2))
        at += 4
    if first & OFFSET:
        if not has(d, p + at + 2, u16(d, p + at)):
            say_mark(d)
            return
        at += 2 + u16(d, p + at)
    if first & LENGTH:
        if length < claimed:
            say_value(d, b" Length ", claimed)
            say(d, b" larger than packet")
            return
        length = claimed
    print_rest(d, p, first, at, length)


cdef void print_rest(Dissection *d, const uint8_t *p, uint32_t first, uint32_t at, uint32_t length) noexcept nogil:
    """What is behind the header."""
    if length < at:
        say_value(d, b" Length ", length)
        say(d, b" smaller than header length")
    elif not first & CONTROL:
        say(d, b" {")
        if enter(d):
            dispatch(LAYER_LINKTYPE, LINKTYPE_PPP, d, p + at, length - at)
        leave(d)
        say_char(d, b'}')
    elif not first & LENGTH:
        say(d, b" No length")
    elif length == at:
        say(d, b" ZLB")
    else:
        print_avps(d, p + at, length - at)


cdef void print_avps(Dissection *d, const uint8_t *p, uint32_t rest) noexcept nogil:
    """The attribute-value pairs of a control message."""
    cdef uint32_t first, size
    cdef uint16_t vendor, kind
    while rest:
        say_char(d, b' ')
        first = u16(d, p)
        size = first & AVP_LENGTH
        if size < AVP_HEADER or size > rest or not has(d, p, size):
            say_mark(d)
            return
        if first & MANDATORY:
            say_char(d, b'*')
        if first & HIDDEN:
            say_char(d, b'?')
        vendor, kind = u16(d, p + 2), u16(d, p + 4)
        if vendor:
            say(d, b"VENDOR")
            say_hex(d, vendor, 4)
            say(d, b":ATTR")
            say_hex(d, kind, 4)
            say_char(d, b'(')
            put_hex_bytes(d.out, p + AVP_HEADER, size - AVP_HEADER)
            say_char(d, b')')
        else:
            print_value(d, kind, first & HIDDEN, p + AVP_HEADER, size - AVP_HEADER)
        p += size
        rest -= size


export_printer(__name__, "print_l2tp", print_l2tp)
