"""MPLS label stacks (RFC 3032, RFC 5462) and what can be guessed of the packet below them."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names


cdef Names LABELS = names({
    0: b"IPv4 explicit NULL", 1: b"router alert", 2: b"IPv6 explicit NULL", 3: b"implicit NULL",
})


cdef void say_rest_of_entry(Dissection *d, uint32_t entry) noexcept nogil:
    say(d, b", tc ")
    say_dec(d, entry >> 9 & 7)
    if entry & 0x100:
        say(d, b", [S]")
    say(d, b", ttl ")
    say_dec(d, entry & 0xff)


cdef void say_entry(Dissection *d, uint32_t entry) noexcept nogil:
    cdef uint32_t label = entry >> 12
    say(d, b"(label ")
    say_dec(d, label)
    if d.opt.verbose and label < 16:
        say(d, b" (")
        say(d, name_of(&LABELS, label, b"rsvd"))
        say_char(d, b')')
    say_rest_of_entry(d, entry)
    say_char(d, b')')


cdef uint32_t payload_type(uint32_t label, uint32_t first) noexcept nogil:
    """The EtherType that a bottom label or the first byte behind it tells, 0 for none."""
    if label == 0 or label == 3 or (label != 2 and 0x45 <= first <= 0x4f):
        return 0x0800
    if label == 2 or 0x60 <= first <= 0x6f:
        return 0x86dd
    return 0


cdef void print_mpls(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"mpls"
    cdef uint32_t entry = 0, type
    cdef bint top = True
    say(d, b"MPLS")
    while not entry & 0x100:
        if length < 4:
            say_invalid(d)
            return
        entry = u32(d, p)
        say_either(d, top or not d.opt.verbose, b" ", b"\n\t")
        say_entry(d, entry)
        top = False
        p += 4
        length -= 4
    type = payload_type(entry >> 12, 0)
    if type == 0:
        if length == 0:
            return
        type = payload_type(entry >> 12, u8(d, p))
    if type == 0 or not enter(d):
        say_default(d, p, length)
        return
    say_either(d, d.opt.verbose, b"\n\t", b" ")
    dispatch(LAYER_ETHERTYPE, type, d, p, length)
    leave(d)


export_printer(__name__, "print_mpls", print_mpls)
