"""GRE: version 0 (RFC 1701, 2784, 2890; key of RFC 7637 as a plain number) and version 1 of PPTP (RFC 2637)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.link.ether cimport print_ether
from ptcpdump.printers.base.ethertypes cimport ETHERTYPES
from ptcpdump.printers.base.tables cimport Bits, bits, name_of
from ptcpdump.printers.link.ppp cimport print_ppp

cdef enum:
    CHECKSUM = 0x8000
    ROUTING = 0x4000
    KEY = 0x2000
    SEQUENCE = 0x1000
    STRICT_ROUTE = 0x0800
    ACKNOWLEDGMENT = 0x0080
    VERSION = 0x0007
    SRE_IP = 0x0800             # families of source route entries, RFC 1701
    SRE_ASN = 0xfffe
    KEEPALIVE = 0x0000
    IP4 = 0x0800
    PPP = 0x880b
    WCCP = 0x883e
    TRANSPARENT_ETHERNET = 0x6558


cdef Bits FLAGS = bits({
    CHECKSUM: b"checksum present", ROUTING: b"routing present", KEY: b"key present", SEQUENCE: b"sequence# present",
    STRICT_ROUTE: b"source routing present", ACKNOWLEDGMENT: b"ack present",
})


ctypedef struct Rest:
    const uint8_t *p            # what is not printed yet
    uint32_t length


cdef bint short(Dissection *d, Rest *rest, uint32_t n) noexcept nogil:
    """Whether the header ends before n more bytes, and then says so."""
    if rest.length >= n:
        return False
    say_too_short(d, b"len", rest.length, n)
    return True


cdef void skip(Rest *rest, uint32_t n) noexcept nogil:
    rest.p += n
    rest.length -= n


cdef bint say_number(Dissection *d, Rest *rest, const char *text) noexcept nogil:
    """A field of four bytes in decimal; False when the header is too short for it."""
    if short(d, rest, 4):
        return False
    need(d, rest.p, 4)
    say(d, text)
    say_dec(d, u32(d, rest.p))
    skip(rest, 4)
    return True


cdef void say_tail(Dissection *d, uint32_t protocol, uint32_t length) noexcept nogil:
    if d.opt.link_header:
        say(d, b", proto ")
        say_name_hex(d, name_of(&ETHERTYPES, protocol, b"unknown"), protocol, 4)
    say(d, b", length ")
    say_dec(d, length)


# --------------------------------------------------------------------------- source routes (RFC 1701)

cdef bint print_route_entry(Dissection *d, Rest *rest, uint32_t family, uint32_t offset,
                            uint32_t size) noexcept nogil:
    """Addresses or AS numbers, the active one with a star; False when they can't be right."""
    cdef uint32_t step = 4 if family == SRE_IP else 2, at = 0
    if offset & (step - 1):
        say(d, b", badoffset=")
        say_dec(d, offset)
        return False
    if size & (step - 1):
        say(d, b", badlength=")
        say_dec(d, size)
        return False
    if offset >= size:
        say(d, b", badoff/len=")
        say_dec(d, offset)
        say_char(d, b'/')
        say_dec(d, size)
        return False
    while at < size:
        if rest.length < at + step:
            say_too_short(d, b"len", rest.length - at, step)
            return False
        need(d, rest.p + at, step)
        say(d, b" *" if at == offset else b" ")
        if family == SRE_IP:
            put_ip4_number(d.out, rest.p + at)
        else:
            say_hex(d, u16(d, rest.p + at), 0)
        at += step
    return True


cdef bint print_routes(Dissection *d, Rest *rest) noexcept nogil:
    cdef uint32_t family, offset, size
    cdef bint fine
    while True:
        if short(d, rest, 4):
            return False
        need(d, rest.p, 4)
        family = u16(d, rest.p)
        offset = rest.p[2]
        size = rest.p[3]
        skip(rest, 4)
        if family == 0 and size == 0:
            return True
        fine = True
        if family == SRE_IP or family == SRE_ASN:
            say(d, b", (rtaf=ip" if family == SRE_IP else b", (rtaf=asn")
            fine = print_route_entry(d, rest, family, offset, size)
        else:
            say(d, b", (rtaf=0x")
            say_hex(d, family, 0)
        say_char(d, b')')
        if not fine or short(d, rest, size):
            return False
        skip(rest, size)


# --------------------------------------------------------------------------- payload

cdef bint print_wccp(Dissection *d, Rest *rest) noexcept nogil:
    """WCCP version 2 puts a redirect header before the datagram, version 1 does not: the first bits tell."""
    say(d, b"wccp ")
    if short(d, rest, 1):
        return False
    if u8(d, rest.p) >> 4 == 4:
        return True
    if short(d, rest, 4):
        return False
    need(d, rest.p, 4)
    say(d, b"T:1 A:" if rest.p[0] & 0x80 else b"T:0 A:")
    say(d, b"1 U:" if rest.p[0] & 0x40 else b"0 U:")
    say(d, b"1 SId:" if rest.p[0] & 0x20 else b"0 SId:")
    say_dec(d, rest.p[1])
    say(d, b" Alt:")
    say_dec(d, rest.p[2])
    say(d, b" Pri:")
    say_dec(d, rest.p[3])
    say(d, b": ")
    skip(rest, 4)
    return True


cdef bint print_payload(Dissection *d, Rest *rest, uint32_t protocol) noexcept nogil:
    if protocol == KEEPALIVE:
        say(d, b"keep-alive")
        return True
    if protocol == WCCP:
        if not print_wccp(d, rest):
            return False
        protocol = IP4
    if not enter(d):
        return True
    if protocol == TRANSPARENT_ETHERNET:
        print_ether(d, rest.p, rest.length)
    elif not dispatch(LAYER_ETHERTYPE, protocol, d, rest.p, rest.length):
        say(d, b"gre-proto-0x")
        say_hex(d, protocol, 0)
    leave(d)
    return True


# --------------------------------------------------------------------------- headers

cdef bint start(Dissection *d, Rest *rest, uint32_t flags, uint32_t *protocol) noexcept nogil:
    """What both versions start with: flags, and the protocol type; False when the header is too short for them."""
    if d.opt.verbose:
        say(d, b", Flags [")
        say_bits(d, &FLAGS, flags, b", ", b"none")
        say_char(d, b']')
    skip(rest, 2)
    if short(d, rest, 2):
        return False
    protocol[0] = u16(d, rest.p)
    skip(rest, 2)
    return True


cdef bint print_version0(Dissection *d, Rest *rest, uint32_t flags, uint32_t length) noexcept nogil:
    """False when the header is not what its flags say."""
    cdef uint32_t protocol
    if not start(d, rest, flags, &protocol):
        return False
    if flags & (CHECKSUM | ROUTING):
        if short(d, rest, 2):
            return False
        need(d, rest.p, 2)
        if d.opt.verbose:
            say(d, b", sum 0x")
            say_hex(d, u16(d, rest.p), 0)
        skip(rest, 2)
        if short(d, rest, 2):
            return False
        need(d, rest.p, 2)
        say(d, b", off 0x")
        say_hex(d, u16(d, rest.p), 0)
        skip(rest, 2)
    if flags & KEY:
        if short(d, rest, 4):
            return False
        need(d, rest.p, 4)
        say(d, b", key=0x")
        say_hex(d, u32(d, rest.p), 0)
        skip(rest, 4)
    if flags & SEQUENCE and not say_number(d, rest, b", seq "):
        return False
    if flags & ROUTING and not print_routes(d, rest):
        return False
    say_tail(d, protocol, length)
    say(d, b"\n\t" if d.opt.verbose else b": ")
    return print_payload(d, rest, protocol)


cdef bint print_version1(Dissection *d, Rest *rest, uint32_t flags, uint32_t length) noexcept nogil:
    cdef uint32_t protocol
    if not start(d, rest, flags, &protocol):
        return False
    if flags & KEY:
        if short(d, rest, 4):
            return False
        need(d, rest.p, 4)
        say(d, b", call ")
        say_dec(d, u16(d, rest.p + 2))
        skip(rest, 4)
    if flags & SEQUENCE and not say_number(d, rest, b", seq "):
        return False
    if flags & ACKNOWLEDGMENT and not say_number(d, rest, b", ack "):
        return False
    if not flags & SEQUENCE:
        say(d, b", no-payload")
    say_tail(d, protocol, length)
    if not flags & SEQUENCE:
        return True
    say(d, b"\n\t" if d.opt.verbose else b": ")
    if protocol != PPP or not enter(d):
        say(d, b"gre-proto-0x")
        say_hex(d, protocol, 0)
        return True
    print_ppp(d, rest.p, rest.length)
    leave(d)
    return True


cdef void print_gre(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef Rest rest
    cdef uint32_t flags, version
    cdef bint fine = True
    d.protocol = b"gre"
    say(d, b"GRE")
    if length < 2:
        say_too_short(d, b"length", length, 2)
        say_invalid(d)
        return
    flags = u16(d, p)
    version = flags & VERSION
    rest.p = p
    rest.length = length
    say_char(d, b'v')
    say_dec(d, version)
    if version == 0:
        fine = print_version0(d, &rest, flags, length)
    elif version == 1:
        fine = print_version1(d, &rest, flags, length)
    else:
        say(d, b" ERROR: unknown-version")
    if not fine:
        say_invalid(d)


export_printer(__name__, "print_gre", print_gre)
