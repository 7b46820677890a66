"""PPP framing (RFC 1661, RFC 1662); the protocols inside are in the registry."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

cdef enum:
    ALL_STATIONS = 0xff03   # address and control field of RFC 1662
    PPPD_IN = 0x0003        # the same as pppd writes them into its dumps
    PPPD_OUT = 0x0103


# Names of PPP protocol numbers (IANA ppp-numbers) as tcpdump has them.
PROTOCOLS = names({
    0x0021: b"IP", 0x0023: b"OSI", 0x0025: b"NS", 0x0027: b"DECNET", 0x0029: b"APPLE", 0x002b: b"IPX",
    0x002d: b"VJC IP", 0x002f: b"VJNC IP", 0x0031: b"BRPDU", 0x0033: b"STII", 0x0035: b"VINES", 0x003d: b"MLPPP",
    0x0057: b"IP6", 0x00fd: b"Compressed", 0x0201: b"HELLO", 0x0231: b"LUXCOM", 0x0233: b"SNS", 0x0281: b"MPLS",
    0x0283: b"MPLS", 0x8021: b"IPCP", 0x8023: b"OSICP", 0x8025: b"NSCP", 0x8027: b"DECNETCP", 0x8029: b"APPLECP",
    0x802b: b"IPXCP", 0x8033: b"STIICP", 0x8035: b"VINESCP", 0x803d: b"MLPPP-CP", 0x8057: b"IP6CP", 0x80fd: b"CCP",
    0x8281: b"MPLSCP", 0xc021: b"LCP", 0xc023: b"PAP", 0xc025: b"LQM", 0xc027: b"SPAP", 0xc02b: b"BACP", 0xc02d: b"BAP",
    0xc123: b"Old-SPAP", 0xc223: b"CHAP", 0xc227: b"EAP",
})


cdef Bits FRAGMENT_FLAGS = bits({0x8000: b"begin", 0x4000: b"end"})      # RFC 1990, section 3


cdef void say_protocol(Dissection *d, uint32_t protocol) noexcept nogil:
    say_named_hex(d, &PROTOCOLS, protocol, b"unknown PPP protocol (0x", 4, b")")


cdef void print_payload(Dissection *d, uint32_t protocol, const uint8_t *p, uint32_t length) noexcept nogil:
    if protocol == 0x0021 or protocol == 0x0800 or protocol == 0x002f:
        dispatch(LAYER_ETHERTYPE, 0x0800, d, p, length)
    elif protocol == 0x0057 or protocol == 0x86dd:
        dispatch(LAYER_ETHERTYPE, 0x86dd, d, p, length)
    elif protocol == 0x003d:
        print_multilink(d, p, length)
    elif protocol == 0x00fd:
        say(d, b"compressed PPP data")
    elif not dispatch(LAYER_PPP_PROTOCOL, protocol, d, p, length):
        say_protocol(d, protocol)
        say_char(d, b' ')
        say_unknown(d, b"\n\t", p, length)


cdef void print_multilink(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 1990 with short sequence numbers."""
    d.protocol = b"mlppp"
    if not d.opt.link_header:
        say(d, b"MLPPP, ")
    if length < 2:
        say_mark(d)
        return
    cdef uint32_t header = u16(d, p)
    say(d, b"seq 0x")
    say_hex(d, header & 0xfff, 3)
    say(d, b", Flags [")
    say_bits(d, &FRAGMENT_FLAGS, header, b", ", b"none")
    say(d, b"], length ")
    say_dec(d, length)


cdef uint32_t print_ppp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"ppp"
    cdef const uint8_t *frame = p
    cdef uint32_t whole = length, start, protocol
    if length < 2:
        say_mark(d)
        return 0
    start = u16(d, p)
    if start == ALL_STATIONS or start == PPPD_IN or start == PPPD_OUT:
        if d.opt.link_header and start != ALL_STATIONS:
            say_either(d, start == PPPD_IN, b"In  ", b"Out ")
        p += 2
        length -= 2
    if length < 2:
        say_mark(d)
        return 0
    if u8(d, p) & 1:        # protocol field compression, RFC 1661 6.5
        protocol = p[0]
        p += 1
        length -= 1
    else:
        protocol = u16(d, p)
        p += 2
        length -= 2
    if d.opt.link_header:
        say_name_hex(d, name_of(&PROTOCOLS, protocol, b"unknown"), protocol, 4)
        say(d, b", length ")
        say_dec(d, whole)
        if name_of(&PROTOCOLS, protocol, NULL) == NULL:
            return <uint32_t>(p - frame)
        say(d, b": ")
    print_payload(d, protocol, p, length)
    return <uint32_t>(p - frame)


cdef void print_link_ppp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"ppp"
    if not has(d, p, 4):
        say_mark(d)
        d.link_header += left(d, p)
        return
    d.link_header += 4
    print_ppp(d, p, length)


cdef void print_ether_ppp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """EtherType 0x880b."""
    if length and enter(d):
        say(d, b": ")
        print_ppp(d, p, length)
        leave(d)


export_printer(__name__, "print_link_ppp", print_link_ppp)
export_printer(__name__, "print_ether_ppp", print_ether_ppp)
