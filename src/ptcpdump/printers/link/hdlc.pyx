"""Serial links: PPP in HDLC-like framing (RFC 1662) and Cisco's HDLC (LINKTYPE_PPP_HDLC, LINKTYPE_C_HDLC)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.ethertypes cimport ETHERTYPES
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.link.ppp cimport print_payload, say_protocol

cdef enum:
    HDLC_UNICAST = 0x0f
    HDLC_BROADCAST = 0x8f
    SLARP = 0x8035


cdef Names ADDRESSES = names({HDLC_UNICAST: b"unicast", HDLC_BROADCAST: b"bcast"})


cdef void print_serial(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """LINKTYPE_PPP_HDLC: PPP in HDLC-like framing, or Cisco's HDLC."""
    d.protocol = b"ppp_hdlc"
    if not has(d, p, 2):
        say_mark(d)
        d.link_header += left(d, p)
        return
    cdef uint32_t protocol
    if p[0] == HDLC_UNICAST or p[0] == HDLC_BROADCAST:
        print_cisco(d, p, length)
        return
    if not has(d, p, 4):
        say_mark(d)
        d.link_header += left(d, p)
        return
    d.link_header += 4
    if d.opt.link_header:
        say_hex(d, p[0], 2)
        say_char(d, b' ')
        say_hex(d, p[1], 2)
        say_char(d, b' ')
        say_dec(d, length)
        say_char(d, b' ')
    if p[0] != 0xff or p[1] != 0x03:
        say(d, b"unknown addr ")
        say_hex(d, p[2], 2)
        say(d, b"; ctrl ")
        say_hex(d, p[3], 2)
        return
    protocol = u16(d, p + 2)
    say_protocol(d, protocol)
    say(d, b": ")
    print_payload(d, protocol, p + 4, length - 4 if length > 4 else 0)


cdef void print_cisco(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Cisco HDLC: one byte of address, one of control, and an EtherType (LINKTYPE_C_HDLC)."""
    d.protocol = b"chdlc"
    if not has(d, p, 4) or length < 4:
        say_mark(d)
        d.link_header += left(d, p)
        return
    cdef uint32_t type = u16(d, p + 2)
    d.link_header += 4
    if d.opt.link_header:
        say_named_hex(d, &ADDRESSES, p[0], b"0x", 2, b"")
        say(d, b", ethertype ")
        say_name_hex(d, name_of(&ETHERTYPES, type, b"Unknown"), type, 4)
        say(d, b", length ")
        say_dec(d, length)
        say(d, b": ")
    p += 4
    length -= 4
    if type == SLARP:
        print_slarp(d, p, length)
    elif type == 0x0800 or type == 0x86dd:
        dispatch(LAYER_ETHERTYPE, type, d, p, length)
    elif not d.opt.link_header:
        say(d, b"unknown CHDLC protocol (0x")
        say_hex(d, type, 4)
        say_char(d, b')')


cdef void print_slarp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Cisco's serial line address resolution: keepalives, and requests for an address."""
    d.protocol = b"chdlc_slarp"
    say(d, b"SLARP (length: ")
    say_dec(d, length)
    say(d, b"), ")
    if length < 14:
        say_mark(d)
        return
    cdef uint32_t code = u32(d, p), seconds
    if code == 0:
        say(d, b"request")
    elif code == 1:
        say(d, b"reply ")
        say_ip4(d, p + 4)
        say_char(d, b'/')
        say_ip4(d, p + 8)
    elif code == 2:
        say(d, b"keepalive: mineseen=0x")
        say_hex(d, u32(d, p + 4), 8)
        say(d, b", yourseen=0x")
        say_hex(d, u32(d, p + 8), 8)
        say(d, b", reliability=0x")
        say_hex(d, u16(d, p + 12), 4)
        if length >= 18:
            seconds = u32(d, p + 14) // 1000
            say(d, b", link uptime=")
            say_dec(d, seconds // 86400)
            say_char(d, b'd')
            say_dec(d, seconds // 3600 % 24)
            say_char(d, b'h')
            say_dec(d, seconds // 60 % 60)
            say_char(d, b'm')
            say_dec(d, seconds % 60)
            say_char(d, b's')
    else:
        say(d, b"0x")
        say_hex(d, code, 2)
        say(d, b" unknown")


export_printer(__name__, "print_serial", print_serial)
export_printer(__name__, "print_cisco", print_cisco)
