"""VXLAN (RFC 7348) and its generic protocol extension (draft-ietf-nvo3-vxlan-gpe-12)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, bits
from ptcpdump.printers.link.ether cimport print_ether

cdef enum:
    HEADER = 8
    INSTANCE = 0x08             # flag bits of the first byte; the others are the extension's
    NEXT_PROTOCOL = 0x04
    BUM = 0x02
    OAM = 0x01
    VERSION = 0x30


cdef Bits GPE_FLAGS = bits({INSTANCE: b"I", NEXT_PROTOCOL: b"P", BUM: b"B", OAM: b"O"})


cdef void print_vxlan(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint8_t flags
    d.protocol = b"vxlan"
    say(d, b"VXLAN")
    if length < HEADER:
        say_too_short(d, b"length", length, HEADER)
        say_invalid(d)
        return
    flags = u8(d, p)
    say(d, b", flags [I] (0x" if flags & INSTANCE else b", flags [invalid] (0x")
    say_hex(d, flags, 2)
    say(d, b"), ")
    if flags & INSTANCE:
        need(d, p + 4, 3)
        say(d, b"vni ")
        say_dec(d, u24(d, p + 4))
        say_char(d, b'\n')
    else:
        say(d, b"ERROR: I flag not set\n")
    need(d, p, HEADER)
    if not enter(d):
        return
    print_ether(d, p + HEADER, length - HEADER)
    leave(d)


cdef bint print_gpe_payload(Dissection *d, uint8_t protocol, const uint8_t *p, uint32_t length) noexcept nogil:
    """False when nobody knows the next protocol."""
    if protocol == 1:
        return dispatch(LAYER_ETHERTYPE, 0x0800, d, p, length)
    if protocol == 2:
        return dispatch(LAYER_ETHERTYPE, 0x86dd, d, p, length)
    if protocol == 3:
        print_ether(d, p, length)
        return True
    if protocol == 4:
        return dispatch(LAYER_ETHERTYPE, 0x894f, d, p, length)
    return False


cdef void print_vxlan_gpe(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint8_t flags, protocol
    d.protocol = b"vxlan_gpe"
    say(d, b"VXLAN-GPE, ")
    if length < HEADER:
        say(d, b" (len ")
        say_dec(d, length)
        say(d, b" < 8)")
        say_invalid(d)
        return
    flags = u8(d, p)
    if flags & VERSION:
        say(d, b"unknown version ")
        say_dec(d, (flags & VERSION) >> 4)
        say_invalid(d)
        return
    say(d, b"flags [")
    say_bits(d, &GPE_FLAGS, flags, b"", b"none")
    say(d, b"], ")
    # without its flag the byte of the next protocol means nothing: a plain VXLAN packet
    protocol = u8(d, p + 3) if flags & NEXT_PROTOCOL else 3
    if flags & INSTANCE:
        need(d, p + 4, 3)
        say(d, b"vni ")
        say_dec(d, u24(d, p + 4))
    else:
        say(d, b"ERROR: I flag not set")
    if flags & BUM:
        say(d, b", BUM")
    if flags & OAM:
        say(d, b", OAM (proto 0x")
        say_hex(d, protocol, 0)
        say(d, b", len ")
        say_dec(d, length - 7)
        say_char(d, b')')
        return
    need(d, p, HEADER)
    say(d, b"\n    " if d.opt.verbose else b": ")
    if not enter(d):
        return
    if not print_gpe_payload(d, protocol, p + HEADER, length - HEADER):
        say(d, b"ERROR: unknown-next-protocol")
        say_invalid(d)
    leave(d)


export_printer(__name__, "print_vxlan", print_vxlan)
export_printer(__name__, "print_vxlan_gpe", print_vxlan_gpe)
