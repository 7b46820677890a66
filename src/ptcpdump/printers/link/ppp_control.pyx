"""PPP's control and authentication protocols (RFC 1661 section 5; RFC 1334, RFC 1994)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.oui cimport OUIS
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.link.ppp cimport PROTOCOLS
from ptcpdump.printers.link.ppp_options cimport has_options, print_options

from ptcpdump.printers.link import ppp_tables as tables

cdef enum:
    VENDOR = 0              # codes
    CONFIGURE = 1           # the first of four
    PROTOCOL_REJECT = 8
    ECHO = 9                # the first of three
    IDENTIFICATION = 12
    TIME = 13

cdef Names CODES = names(tables.CODES)
cdef Names PAP_CODES = names({1: b"Auth-Req", 2: b"Auth-ACK", 3: b"Auth-NACK"})
cdef Names CHAP_CODES = names({1: b"Challenge", 2: b"Response", 3: b"Success", 4: b"Fail"})


cdef void print_lcp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Link control."""
    print_control(d, p, length, 0xC021, b"LCP")


cdef void print_ipcp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """IPv4 control (RFC 1332)."""
    print_control(d, p, length, 0x8021, b"IPCP")


cdef void print_osicp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """OSI control (RFC 1377)."""
    print_control(d, p, length, 0x8023, b"OSICP")


cdef void print_mplscp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """MPLS control (RFC 3032 section 4)."""
    print_control(d, p, length, 0x8281, b"MPLSCP")


cdef void print_ip6cp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """IPv6 control (RFC 5072)."""
    print_control(d, p, length, 0x8057, b"IP6CP")


cdef void print_ccp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Compression control (RFC 1962)."""
    print_control(d, p, length, 0x80FD, b"CCP")


cdef void print_bacp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Bandwidth allocation control (RFC 2125)."""
    print_control(d, p, length, 0xC02B, b"BACP")


cdef void print_control(Dissection *d, const uint8_t *p, uint32_t size, uint16_t protocol,
                        const char *name) noexcept nogil:
    """A packet of a protocol with LCP's form: code, identifier, length, data."""
    cdef uint32_t length
    cdef uint8_t code
    say(d, name)
    say(d, b", ")
    if size < 4 or not has(d, p, 2):
        say(d, b"[|")
        say(d, name)
        say_char(d, b']')
        return
    d.protocol = b"ppp"
    code = p[0]
    say(d, name_of(&CODES, code, b"Unknown Opcode"))
    say(d, b" (0x")
    say_hex(d, code, 2)
    say_value(d, b"), id ", p[1])
    say_value(d, b", length ", size + 2)
    if not d.opt.verbose:
        return
    length = u16(d, p + 2)
    say_value(d, b"\n\tencoded length ", length)
    if length < 4:
        say(d, b" (< 4))")
        return
    if length > size:
        say_value(d, b" (> packet length ", size)
        say(d, b"))")
        return
    say_value(d, b" (=Option(s) length ", length - 4)
    say_char(d, b')')
    if length == 4:
        return
    if d.opt.verbose > 1:
        say_with_protocol(d, b"\n\t", protocol, p, 4)
    if CONFIGURE <= code < CONFIGURE + 4 and has_options(protocol):
        print_options(d, protocol, p + 4, length - 4)
    elif code <= TIME:
        print_data(d, code, p, length)
    elif d.opt.verbose == 1:
        say_with_protocol(d, b"\n\t  ", protocol, p, min(left(d, p), length))


cdef void say_with_protocol(Dissection *d, const char *indent, uint16_t protocol, const uint8_t *p,
                            uint32_t n) noexcept nogil:
    """The number of the protocol and n bytes of the packet, which need not stand together in it, in the form of -x."""
    cdef uint32_t i
    for i in range(n + 2):
        if i % 16 == 0:
            say(d, indent)
            say(d, b"0x")
            say_hex(d, i, 4)
            say(d, b": ")
        if i % 2 == 0:
            say_char(d, b' ')
        say_hex(d, protocol >> 8 if i == 0 else protocol & 0xFF if i == 1 else u8(d, p + i - 2), 2)


cdef inline void say_magic(Dissection *d, uint32_t value) noexcept nogil:
    say(d, b"\n\t  Magic-Num 0x")
    say_hex(d, value, 8)


cdef void print_data(Dissection *d, uint8_t code, const uint8_t *p, uint32_t length) noexcept nogil:
    """What packets other than those of configuration carry."""
    if code == PROTOCOL_REJECT and length >= 6:
        need(d, p + 4, 2)
        say(d, b"\n\t  Rejected ")
        say(d, name_of(&PROTOCOLS, u16(d, p + 4), b"unknown"))
        say(d, b" Protocol (0x")
        say_hex(d, u16(d, p + 4), 4)
        say_char(d, b')')
        if length > 6:
            say(d, b"\n\t  Rejected Packet")
            say_unknown(d, b"\n\t    ", p + 6, length - 6)
    elif code == VENDOR and length >= 11:
        need(d, p + 4, 7)
        say_magic(d, u32(d, p + 4))
        say(d, b" Vendor: ")
        say(d, name_of(&OUIS, u24(d, p + 8), b"Unknown"))
        say_value(d, b" (", u24(d, p + 8))
        say_char(d, b')')
    elif (ECHO <= code < ECHO + 3 or code == IDENTIFICATION) and length >= 8:
        say_magic(d, u32(d, p + 4))
        if length > 8 and code == IDENTIFICATION:
            say(d, b"\n\t  Message\n\t    ")
            say_safe(d, p + 8, length - 8)
        elif length > 8:
            say(d, b"\n\t  -----trailing data-----")
            need(d, p + 8, length - 8)
            say_unknown(d, b"\n\t  ", p + 8, length - 8)
    elif code == TIME and length >= 12:
        need(d, p + 4, 8)
        say_magic(d, u32(d, p + 4))
        say_value(d, b", Seconds-Remaining ", u32(d, p + 8))
        say_char(d, b's')


cdef void print_pap(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """Password authentication (RFC 1334 section 2)."""
    cdef uint32_t length, at
    cdef uint8_t code
    d.protocol = b"pap"
    if not print_authentication(d, p, size, b"PAP", &PAP_CODES):
        return
    code, length = u8(d, p), u16(d, p + 2)
    if length > size:
        say_value(d, b", length ", length)
        say(d, b" > packet size")
    elif length < 4:
        say_value(d, b", length ", length)
        say(d, b" < PAP header length")
    elif code == 1:
        if length < 6:
            say_mark(d)
            return
        at = print_counted(d, b", Peer ", p, 4, length)
        if at:
            print_counted(d, b", Name ", p, at, length)
    elif code == 2 or code == 3:
        if length < 5:
            say_mark(d)
            return
        print_counted(d, b", Msg ", p, 4, length)


cdef void print_chap(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Challenge handshake (RFC 1994); the parts that all of its algorithms share."""
    cdef uint32_t size
    cdef uint8_t code
    d.protocol = b"chap"
    if not print_authentication(d, p, length, b"CHAP", &CHAP_CODES):
        return
    code, length = u8(d, p), min(<uint32_t>u16(d, p + 2), length)
    if (code == 1 or code == 2) and length > 4:
        size = u8(d, p + 4)
        if length - 5 < size:
            return
        need(d, p + 5, size)
        say(d, b", Value ")
        put_hex_bytes(d.out, p + 5, size)
        say(d, b", Name ")
        say_safe(d, p + 5 + size, length - 5 - size)
    elif code == 3 or code == 4:
        say(d, b", Msg ")
        say_safe(d, p + 4, length - 4 if length > 4 else 0)


cdef bint print_authentication(Dissection *d, const uint8_t *p, uint32_t length, const char *name,
                               const Names *codes) noexcept nogil:
    """The header of an authentication packet; False if there is not even that."""
    if length < 4:
        if length:
            need(d, p, 1)
        say(d, b"[|")
        say(d, d.protocol)
        if length:
            say(d, b" 0x")
            say_hex(d, p[0], 2)
        say_char(d, b']')
        return False
    need(d, p, 2)
    say(d, name)
    say(d, b", ")
    say(d, name_of(codes, p[0], b"unknown"))
    say(d, b" (0x")
    say_hex(d, p[0], 2)
    say_value(d, b"), id ", p[1])
    return True


cdef uint32_t print_counted(Dissection *d, const char *title, const uint8_t *p, uint32_t at,
                            uint32_t length) noexcept nogil:
    """A text behind its length; returns where it ends, 0 when it does not fit."""
    cdef uint32_t size
    if length - at < 1 or length - at - 1 < u8(d, p + at):
        return 0
    size = p[at]
    say(d, title)
    say_safe(d, p + at + 1, size)
    return at + 1 + size


export_printer(__name__, "print_lcp", print_lcp)
export_printer(__name__, "print_ipcp", print_ipcp)
export_printer(__name__, "print_osicp", print_osicp)
export_printer(__name__, "print_mplscp", print_mplscp)
export_printer(__name__, "print_ip6cp", print_ip6cp)
export_printer(__name__, "print_ccp", print_ccp)
export_printer(__name__, "print_bacp", print_bacp)
export_printer(__name__, "print_pap", print_pap)
export_printer(__name__, "print_chap", print_chap)
