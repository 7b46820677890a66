"""BSD loopback link types: LINKTYPE_NULL and LINKTYPE_LOOP, an address family before the packet."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names


# Address families as the systems number them that write such files
cdef Names FAMILIES = names({
    2: b"IPv4", 6: b"NS", 7: b"ISO", 16: b"Appletalk", 23: b"IPX",
    24: b"IPv6", 28: b"IPv6", 30: b"IPv6",      # NetBSD and OpenBSD; FreeBSD; Darwin
})


cdef void say_header(Dissection *d, uint32_t family, uint32_t length) noexcept nogil:
    if d.opt.quiet:
        say_named(d, &FAMILIES, family, b"Unknown AF ")
    else:
        say(d, b"AF ")
        say(d, name_of(&FAMILIES, family, b"Unknown"))
        say(d, b" (")
        say_dec(d, family)
        say_char(d, b')')
    say(d, b", length ")
    say_dec(d, length)
    say(d, b": ")


cdef uint32_t ethertype(uint32_t family) noexcept nogil:
    """The EtherType of what a family carries, 0 where nobody prints it."""
    if family == 2:
        return 0x0800
    if family == 24 or family == 28 or family == 30:
        return 0x86dd
    return 0


cdef void print_loopback(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"null"
    need(d, p, 4)
    d.link_header += 4
    # In the byte order of the capturing host (NULL) or of the network (LOOP); families are small, so the order shows.
    cdef uint32_t family = le32(d, p)
    if family & <uint32_t>0xffff0000:
        family = u32(d, p)
    if d.opt.link_header:
        say_header(d, family, length)
    p += 4
    length = length - 4 if length >= 4 else 0
    if not dispatch(LAYER_ETHERTYPE, ethertype(family), d, p, length):
        if not d.opt.link_header:
            say_header(d, family, length + 4)
        say_default(d, p, left(d, p))


export_printer(__name__, "print_loopback", print_loopback)
