"""PPP framing (RFC 1661, RFC 1662); the protocols inside are in the registry."""

from ptcpdump.printers.base.core cimport *

cdef enum:
    ALL_STATIONS = 0xff03   # address and control field of RFC 1662
    PPPD_IN = 0x0003        # the same as pppd writes them into its dumps
    PPPD_OUT = 0x0103


cdef const char *protocol_name(uint32_t protocol) noexcept nogil:
    """Names of PPP protocol numbers (IANA ppp-numbers) as tcpdump has them."""
    if protocol == 0x0021:
        return b"IP"
    elif protocol == 0x0023:
        return b"OSI"
    elif protocol == 0x0025:
        return b"NS"
    elif protocol == 0x0027:
        return b"DECNET"
    elif protocol == 0x0029:
        return b"APPLE"
    elif protocol == 0x002b:
        return b"IPX"
    elif protocol == 0x002d:
        return b"VJC IP"
    elif protocol == 0x002f:
        return b"VJNC IP"
    elif protocol == 0x0031:
        return b"BRPDU"
    elif protocol == 0x0033:
        return b"STII"
    elif protocol == 0x0035:
        return b"VINES"
    elif protocol == 0x003d:
        return b"MLPPP"
    elif protocol == 0x0057:
        return b"IP6"
    elif protocol == 0x00fd:
        return b"Compressed"
    elif protocol == 0x0201:
        return b"HELLO"
    elif protocol == 0x0231:
        return b"LUXCOM"
    elif protocol == 0x0233:
        return b"SNS"
    elif protocol == 0x0281:
        return b"MPLS"
    elif protocol == 0x0283:
        return b"MPLS"
    elif protocol == 0x8021:
        return b"IPCP"
    elif protocol == 0x8023:
        return b"OSICP"
    elif protocol == 0x8025:
        return b"NSCP"
    elif protocol == 0x8027:
        return b"DECNETCP"
    elif protocol == 0x8029:
        return b"APPLECP"
    elif protocol == 0x802b:
        return b"IPXCP"
    elif protocol == 0x8033:
        return b"STIICP"
    elif protocol == 0x8035:
        return b"VINESCP"
    elif protocol == 0x803d:
        return b"MLPPP-CP"
    elif protocol == 0x8057:
        return b"IP6CP"
    elif protocol == 0x80fd:
        return b"CCP"
    elif protocol == 0x8281:
        return b"MPLSCP"
    elif protocol == 0xc021:
        return b"LCP"
    elif protocol == 0xc023:
        return b"PAP"
    elif protocol == 0xc025:
        return b"LQM"
    elif protocol == 0xc027:
        return b"SPAP"
    elif protocol == 0xc02b:
        return b"BACP"
    elif protocol == 0xc02d:
        return b"BAP"
    elif protocol == 0xc123:
        return b"Old-SPAP"
    elif protocol == 0xc223:
        return b"CHAP"
    elif protocol == 0xc227:
        return b"EAP"
    return NULL


def name_of_protocol(number: int) -> str | None:
    """What tcpdump calls a PPP protocol number, None where it has no name."""
    cdef const char *name = protocol_name(number)
    return name.decode() if name != NULL else None


cdef void say_protocol(Dissection *d, uint32_t protocol) noexcept nogil:
    cdef const char *name = protocol_name(protocol)
    if name != NULL:
        say(d, name)
    else:
        say(d, b"unknown PPP protocol (0x")
        say_hex(d, protocol, 4)
        say_char(d, b')')


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
    if header & 0x8000:
        say(d, b"begin")
    if header & 0xc000 == 0xc000:
        say(d, b", ")
    if header & 0x4000:
        say(d, b"end")
    if not header & 0xc000:
        say(d, b"none")
    say(d, b"], length ")
    say_dec(d, length)


cdef uint32_t print_ppp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"ppp"
    cdef const uint8_t *frame = p
    cdef uint32_t whole = length, start, protocol
    cdef const char *name
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
        name = protocol_name(protocol)
        say_or(d, name, b"unknown")
        say(d, b" (0x")
        say_hex(d, protocol, 4)
        say(d, b"), length ")
        say_dec(d, whole)
        if name == NULL:
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
