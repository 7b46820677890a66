"""MACsec, IEEE 802.1AE-2006 section 9: the tag is printed with -e, or when the payload is encrypted."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, bits

cdef enum:
    VERSION = 0x80
    END_STATION = 0x40
    HAS_SCI = 0x20
    BROADCAST = 0x10
    ENCRYPTED = 0x08
    CHANGED = 0x04
    ICV_LENGTH = 16         # of the default cipher suite


cdef Bits FLAGS = bits({ENCRYPTED: b"E", CHANGED: b"C", END_STATION: b"S", BROADCAST: b"B", HAS_SCI: b"I"})


cdef void say_tag(Dissection *d, const uint8_t *p) noexcept nogil:
    cdef uint32_t flags = p[0]
    say(d, b"an ")
    say_dec(d, flags & 3)
    say(d, b", pn ")
    say_dec(d, u32(d, p + 2))
    say(d, b", flags ")
    say_bits(d, &FLAGS, flags, b"", b"none")
    if p[1]:
        say(d, b", sl ")
        say_dec(d, p[1])
    if flags & HAS_SCI:
        say(d, b", sci ")
        say_hex(d, u64(d, p + 6), 16)
    say(d, b", ")


cdef int give_up(Dissection *d, const uint8_t **p) noexcept nogil:
    say_mark(d)
    p[0] += left(d, p[0])
    return MACSEC_BAD


cdef int print_macsec(Dissection *d, const uint8_t **p, uint32_t *length) noexcept nogil:
    cdef const uint8_t *tag = p[0]
    cdef const char *outer = d.protocol
    cdef uint32_t size, short_length, there
    d.protocol = b"macsec"
    if not has(d, tag, 6) or length[0] < 6:
        return give_up(d, p)
    size = 14 if tag[0] & HAS_SCI else 6
    if not has(d, tag, size) or length[0] < size:
        return give_up(d, p)
    short_length = tag[1]
    if short_length > 63 or tag[0] & VERSION:
        say_invalid(d)
        p[0] += left(d, tag)
        return MACSEC_BAD
    if d.opt.link_header:
        say_tag(d, tag)
    p[0] += size
    length[0] -= size
    if tag[0] & (ENCRYPTED | CHANGED):
        if not d.opt.link_header:
            say_mac(d, tag - 8)     # the tag stands behind two addresses and the EtherType
            say(d, b" > ")
            say_mac(d, tag - 14)
            say(d, b" 802.1AE MACsec, ")
            say_tag(d, tag)
        d.protocol = outer
        return MACSEC_ENCRYPTED
    there = left(d, p[0])
    if there < ICV_LENGTH or length[0] < ICV_LENGTH:
        return give_up(d, p)
    narrow(d, p[0], there - ICV_LENGTH)
    there -= ICV_LENGTH
    length[0] -= ICV_LENGTH
    if short_length:
        if short_length > length[0] or short_length > there:
            return give_up(d, p)
        length[0] = short_length
    d.protocol = outer
    return MACSEC_CLEAR
