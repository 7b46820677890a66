"""Linux cooked captures: LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2 (https://www.tcpdump.org/linktypes.html)."""

from libc.string cimport strlen

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.ethertypes cimport ETHERTYPES
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.link.llc cimport print_llc


cdef extern from "<net/if.h>" nogil:
    enum: IF_NAMESIZE
    char *if_indextoname(unsigned int index, char *name)


cdef enum:
    NOVELL_802_3 = 0x0001   # values of the protocol field that are no EtherTypes (linux/if_ether.h)
    LLC_802_2 = 0x0004

# What both headers hold.
cdef struct Cooked:
    uint32_t length         # of the header
    uint32_t kind
    uint32_t address_length
    const uint8_t *address
    uint32_t protocol
    uint32_t interface      # 0: not in this header


# Three characters; where they stand in them differs between the two headers.
cdef Names PACKET_TYPES = names({0: b"In", 1: b"B", 2: b"M", 3: b"P", 4: b"Out"})


cdef void say_padded(Dissection *d, const char *text, uint32_t width, bint left_aligned) noexcept nogil:
    cdef size_t start = d.out.len, n
    if left_aligned:
        say(d, text)
    n = d.out.len - start if left_aligned else strlen(text)
    while n < width:
        say_char(d, b' ')
        n += 1
    if not left_aligned:
        say(d, text)
    say_char(d, b' ')


cdef void say_header(Dissection *d, Cooked *h, uint32_t length) noexcept nogil:
    """What -e shows, or what stands before the dump of an unknown protocol."""
    cdef const char *name
    if h.interface:
        say(d, b"ifindex ")
        say_dec(d, h.interface)
        say_char(d, b' ')
    else:
        say_padded(d, name_of(&PACKET_TYPES, h.kind, b"?"), 3, False)
    if h.address_length == 6:
        say_mac(d, h.address)
        say_char(d, b' ')
    if d.opt.quiet:
        return
    if h.protocol == NOVELL_802_3:
        say(d, b"802.3")
    elif h.protocol == LLC_802_2:
        say(d, b"802.2")
    else:
        say(d, b"ethertype ")
        name = name_of(&ETHERTYPES, h.protocol if h.protocol > 1500 else 0, b"Unknown")
        say_name_hex(d, name, h.protocol, 4)
    say(d, b", length ")
    say_dec(d, length)
    say(d, b": ")


cdef void print_payload(Dissection *d, Cooked *h, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t type = h.protocol, header = h.length, tag
    cdef int inner
    while type == 0x8100:
        if not has(d, p, 4) or length < 4:
            d.protocol = b"vlan"
            say_mark(d)
            d.link_header += header + min(left(d, p), length)
            return
        tag = u16(d, p)
        if d.opt.link_header:
            say(d, b"vlan ")
            say_dec(d, tag & 0xfff)
            say(d, b", p ")
            say_dec(d, tag >> 13)
            say_either(d, tag & 0x1000, b", DEI, ", b", ")
        type = u16(d, p + 2)
        if type <= 1500:
            type = LLC_802_2
        if not d.opt.quiet:
            say(d, b"ethertype ")
            say(d, name_of(&ETHERTYPES, type, b"Unknown"))
            say(d, b", ")
        p += 4
        length -= 4
        header += 4
    if type == LLC_802_2:
        inner = print_llc(d, p, length, NULL, NULL)
        if inner < 0:
            say_default(d, p, left(d, p))
        else:
            header += inner
    elif type <= 1500:
        if not (type == NOVELL_802_3 and dispatch(LAYER_LLC, 0xff, d, p, length)):
            say_default(d, p, left(d, p))
    elif not dispatch(LAYER_ETHERTYPE, type, d, p, length):
        if not d.opt.link_header:
            say_header(d, h, length + h.length)
        say_default(d, p, left(d, p))
    d.link_header += header


cdef void print_sll(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"sll"
    if not has(d, p, 16) or length < 16:
        say_mark(d)
        return
    cdef Cooked h
    h.length = 16
    h.kind = u16(d, p)
    h.address_length = u16(d, p + 4)
    h.address = p + 6
    h.protocol = u16(d, p + 14)
    h.interface = 0
    if d.opt.link_header:
        say_header(d, &h, length)
    print_payload(d, &h, p + 16, length - 16)


cdef void print_sll2(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"sll2"
    if not has(d, p, 20) or length < 20:
        say_mark(d)
        return
    cdef char name[IF_NAMESIZE]
    cdef Cooked h
    h.length = 20
    h.protocol = u16(d, p)
    h.interface = u32(d, p + 4)
    h.kind = p[10]
    h.address_length = p[11]
    h.address = p + 12
    if if_indextoname(h.interface, name) == NULL:
        name[0] = b'?'
        name[1] = 0
    say_padded(d, name, 5, True)
    say_padded(d, name_of(&PACKET_TYPES, h.kind, b"?"), 3, True)
    if d.opt.link_header:
        say_header(d, &h, length)
    print_payload(d, &h, p + 20, length - 20)


export_printer(__name__, "print_sll", print_sll)
export_printer(__name__, "print_sll2", print_sll2)
