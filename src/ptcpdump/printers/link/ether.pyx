"""Ethernet: addresses, VLAN tags, and the split between EtherType and 802.3 length (IEEE 802.3, 802.1Q, 802.1AE)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.ethertypes cimport ETHERTYPES
from ptcpdump.printers.base.tables cimport name_of
from ptcpdump.printers.link.llc cimport print_llc
from ptcpdump.printers.link.macsec cimport MACSEC_BAD, MACSEC_ENCRYPTED, print_macsec

cdef enum:
    MAX_LENGTH = 1500       # a larger value is a type, IEEE 802.3 3.2.6
    TYPE_MACSEC = 0x88e5
    TYPE_JUMBO = 0x8870


cdef inline void say_addresses(Dissection *d, const uint8_t *frame) noexcept nogil:
    say_mac(d, frame + 6)
    say(d, b" > ")
    say_mac(d, frame)
    say(d, b", ")


cdef void say_type(Dissection *d, uint32_t type) noexcept nogil:
    if d.opt.quiet:
        say_named_hex(d, &ETHERTYPES, type, b"Unknown Ethertype (0x", 4, b")")
        return
    say(d, b"ethertype ")
    say_name_hex(d, name_of(&ETHERTYPES, type, b"Unknown"), type, 4)


cdef void say_length(Dissection *d, uint32_t length) noexcept nogil:
    say(d, b", length ")
    say_dec(d, length)
    say(d, b": ")


cdef void say_type_length(Dissection *d, uint32_t type, uint32_t length, bint *length_said) noexcept nogil:
    """The type of what follows, and behind the first one of a frame the frame's length."""
    say_type(d, type)
    if length_said[0]:
        say(d, b", ")
    else:
        say_length(d, length)
    length_said[0] = True


cdef void say_tag(Dissection *d, uint32_t tci) noexcept nogil:
    """The tag control information of IEEE 802.1Q 9.6."""
    say(d, b"vlan ")
    say_dec(d, tci & 0xfff)
    say(d, b", p ")
    say_dec(d, tci >> 13)
    if tci & 0x1000:
        say(d, b", DEI")
    say(d, b", ")


cdef inline bint is_vlan(uint32_t type) noexcept nogil:
    return type == 0x8100 or type == 0x88a8 or type == 0x9100 or type == 0x9200


cdef uint32_t print_ether(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"ether"
    cdef const uint8_t *frame = p
    cdef uint32_t whole = length
    if length < left(d, p):
        say(d, b"[length ")
        say_dec(d, length)
        say(d, b" < caplen ")
        say_dec(d, left(d, p))
        say_char(d, b']')
        say_invalid(d)
        return length
    if not has(d, p, 14):
        say_mark(d)
        return left(d, p)
    if d.opt.link_header:
        say_addresses(d, frame)
    cdef uint32_t type = u16(d, p + 12)
    p += 14
    length -= 14

    cdef bint length_said = False
    cdef int status
    if type == TYPE_MACSEC:
        if d.opt.link_header:
            say_type_length(d, type, whole, &length_said)
        status = print_macsec(d, &p, &length)
        if status == MACSEC_BAD:
            return <uint32_t>(p - frame)
        if status == MACSEC_ENCRYPTED:
            say_default(d, p, left(d, p))
            return <uint32_t>(p - frame)
        type = u16(d, p)
        if length < 2:
            say_invalid(d)
            return <uint32_t>(p - frame)
        p += 2
        length -= 2

    while is_vlan(type):
        if not has(d, p, 4) or length < 4:
            d.protocol = b"vlan"
            say_mark(d)
            return <uint32_t>(p - frame) + min(left(d, p), length)
        if d.opt.link_header:
            say_type_length(d, type, whole, &length_said)
            say_tag(d, u16(d, p))
        type = u16(d, p + 2)
        p += 4
        length -= 4

    if type <= MAX_LENGTH:
        return <uint32_t>(p - frame) + print_8023(d, p, min(type, length), frame, length_said)
    if type == TYPE_JUMBO:
        return <uint32_t>(p - frame) + print_payload_llc(d, p, length, frame)
    if d.opt.link_header:
        say_type_length(d, type, whole, &length_said)
    if not dispatch(LAYER_ETHERTYPE, type, d, p, length):
        if not d.opt.link_header:
            say_addresses(d, frame)
            say_type(d, type)
            say_length(d, whole)
        say_default(d, p, left(d, p))
    return <uint32_t>(p - frame)


cdef uint32_t print_8023(
    Dissection *d, const uint8_t *p, uint32_t length, const uint8_t *frame, bint length_said,
) noexcept nogil:
    """A frame whose type field is a length: what is behind `length` bytes is padding."""
    cdef const uint8_t *end = narrow(d, p, length)
    if d.opt.link_header:
        say(d, b"802.3")
        if not length_said:
            say_length(d, length)
    cdef uint32_t header = print_payload_llc(d, p, length, frame)
    d.end = end
    return header


cdef uint32_t print_payload_llc(Dissection *d, const uint8_t *p, uint32_t length, const uint8_t *frame) noexcept nogil:
    """The LLC payload; returns the bytes of the headers that were understood."""
    cdef int header = print_llc(d, p, length, frame + 6, frame)
    if header < 0:
        say_default(d, p, left(d, p))
        header = -header
    return <uint32_t>header


cdef void print_link_ether(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef bint outermost = d.network == NULL     # or a frame inside a tunnel
    cdef uint32_t header = print_ether(d, p, length)
    if outermost:
        d.link_header += header


export_printer(__name__, "print_link_ether", print_link_ether)
