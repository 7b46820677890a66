"""ICMPv6 (RFC 4443): errors, echo, and the way to neighbor discovery, MLD, mobility and the rare message types.

Types that are not printed here can be had from LAYER_ICMP6_TYPE: their printer gets the whole message, its name is
written already.
"""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, names
from ptcpdump.printers.network.icmp_ext cimport print_probe_request, print_probe_reply
from ptcpdump.printers.network.mld cimport print_mld_query, print_mld_report, print_mld2_report
from ptcpdump.printers.network.nd cimport print_nd_options, print_router_advertisement

cdef enum:
    UNREACHABLE = 1
    TOO_BIG = 2
    TIME_EXCEEDED = 3
    PARAMETER_PROBLEM = 4
    ECHO_REQUEST = 128
    ECHO_REPLY = 129
    LISTENER_QUERY = 130
    LISTENER_REPORT = 131
    LISTENER_DONE = 132
    ROUTER_SOLICIT = 133
    ROUTER_ADVERT = 134
    NEIGHBOR_SOLICIT = 135
    NEIGHBOR_ADVERT = 136
    REDIRECT = 137
    INVERSE_SOLICIT = 141
    INVERSE_ADVERT = 142
    LISTENER_REPORT2 = 143
    AGENT_REQUEST = 144
    AGENT_REPLY = 145
    PREFIX_SOLICIT = 146
    PREFIX_ADVERT = 147
    PROBE_REQUEST = 160
    PROBE_REPLY = 161
    QUOTE = 8                   # where the quoted datagram starts


cdef Names TYPES = names({
    UNREACHABLE: b"destination unreachable", TOO_BIG: b"packet too big", TIME_EXCEEDED: b"time exceeded in-transit",
    PARAMETER_PROBLEM: b"parameter problem", ECHO_REQUEST: b"echo request", ECHO_REPLY: b"echo reply",
    LISTENER_QUERY: b"multicast listener query", LISTENER_REPORT: b"multicast listener report",
    LISTENER_DONE: b"multicast listener done", ROUTER_SOLICIT: b"router solicitation",
    ROUTER_ADVERT: b"router advertisement", NEIGHBOR_SOLICIT: b"neighbor solicitation",
    NEIGHBOR_ADVERT: b"neighbor advertisement", REDIRECT: b"redirect", 138: b"router renumbering",
    139: b"node information query", 140: b"node information reply", INVERSE_SOLICIT: b"inverse neighbor solicitation",
    INVERSE_ADVERT: b"inverse neighbor advertisement", LISTENER_REPORT2: b"multicast listener report v2",
    AGENT_REQUEST: b"ha discovery request", AGENT_REPLY: b"ha discovery reply",
    PREFIX_SOLICIT: b"mobile router solicitation", PREFIX_ADVERT: b"mobile router advertisement", 155: b"RPL",
    PROBE_REQUEST: b"extended echo request", PROBE_REPLY: b"extended echo reply", 200: b"mtrace response",
    201: b"mtrace message",
})


cdef Names REASONS = names({
    0: b"unreachable route", 1: b" unreachable prohibited", 2: b"beyond scope", 3: b"unreachable address",
    4: b"unreachable port",
})

# RFC 4443 section 3.4, RFC 7112 section 6
cdef Names PROBLEMS = names({0: b", erroneous", 1: b", next header", 2: b", option", 3: b", incomplete header chain"})

cdef Bits NEIGHBOR_FLAGS = bits({0x80: b"router", 0x40: b"solicited", 0x20: b"override"})
cdef Bits PREFIX_FLAGS = bits({0x8000: b"M", 0x4000: b"O"})


# --------------------------------------------------------------------------- errors

cdef const uint8_t *quoted_transport(Dissection *d, const uint8_t *p, uint32_t *protocol) noexcept nogil:
    """The TCP or UDP header of the quoted datagram at p, behind its extension headers; NULL if there is none."""
    cdef uint32_t step = 40
    if not has(d, p, 7):
        return NULL
    protocol[0] = p[6]
    while p < d.end:
        p += step
        if protocol[0] == 6 or protocol[0] == 17:
            return p if has(d, p, 4) else NULL
        elif protocol[0] == 0 or protocol[0] == 43 or protocol[0] == 60:
            if not has(d, p, 2):
                return NULL
            step = (p[1] + 1) * 8
        elif protocol[0] == 44:
            if not has(d, p, 4) or u16(d, p + 2) & 0xfff8:
                return NULL     # only a first fragment has the ports
            step = 8
        elif protocol[0] == 51:
            if not has(d, p, 2):
                return NULL
            step = (p[1] + 2) * 4
        else:
            return NULL
        protocol[0] = p[0]
    return NULL


cdef bint print_unreachable(Dissection *d, const uint8_t *p, uint32_t code, uint32_t length) noexcept nogil:
    """False when the line ends here."""
    cdef uint32_t protocol = 0
    cdef const uint8_t *ports
    say(d, b", ")
    say_named_or(d, &REASONS, code, b"unknown unreach code (", b")")
    if code == 4:
        ports = quoted_transport(d, p + QUOTE, &protocol)
        if ports == NULL:
            say_mark(d)
            return False
        say(d, b", ")
        say_ip6(d, p + QUOTE + 24)
        if protocol == 6:
            say(d, b" tcp port ")
            say_tcp_port(d, u16(d, ports + 2))
        else:
            say(d, b" udp port ")
            say_udp_port(d, u16(d, ports + 2))
        return True
    if code > 4:
        if d.opt.verbose <= 1:
            say_unknown(d, b"\n\t", p, length)
            return False
        return True
    need(d, p + QUOTE + 24, 16)
    say_char(d, b' ')
    say_ip6(d, p + QUOTE + 24)
    if code == 2:
        say(d, b", source address ")
        say_ip6(d, p + QUOTE + 8)
    return True


cdef void print_parameter_problem(Dissection *d, const uint8_t *p, uint32_t code) noexcept nogil:
    need(d, p + QUOTE + 24, 16)
    say_named(d, &PROBLEMS, code, b", code-#")
    if code < 4:
        say(d, b" - octet ")
        say_dec(d, u32(d, p + 4))


cdef void print_time_exceeded(Dissection *d, const uint8_t *p, uint32_t code) noexcept nogil:
    if code == 0:
        need(d, p + QUOTE + 24, 16)
        say(d, b" for ")
        say_ip6(d, p + QUOTE + 24)
    elif code == 1:
        say(d, b" (reassembly)")
    else:
        say(d, b", unknown code (")
        say_dec(d, code)
        say_char(d, b')')


# --------------------------------------------------------------------------- neighbor discovery and mobility

cdef void print_neighbor(Dissection *d, const uint8_t *p, uint32_t kind, uint32_t length) noexcept nogil:
    need(d, p + 8, 16)
    say(d, b", who has " if kind == NEIGHBOR_SOLICIT else b", tgt is ")
    say_ip6(d, p + 8)
    if d.opt.verbose == 0:
        return
    if kind == NEIGHBOR_ADVERT:
        say(d, b", Flags [")
        say_bits(d, &NEIGHBOR_FLAGS, p[4], b", ", b"none")
        say_char(d, b']')
    print_nd_options(d, p + 24, <int64_t>length - 24)


cdef void print_redirect(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    need(d, p + 24, 16)
    say(d, b", ")
    say_ip6(d, p + 24)
    say(d, b" to ")
    say_ip6(d, p + 8)
    if d.opt.verbose:
        print_nd_options(d, p + 40, <int64_t>length - 40)


cdef void say_identifier(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p + 4, 2)
    say(d, b", id 0x")
    say_hex(d, u16(d, p + 4), 4)


cdef void print_agent_reply(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Home agent addresses (RFC 6275 section 6.6)."""
    cdef uint32_t at = 8
    say_identifier(d, p)
    while at < length:
        need(d, p + at, 16)
        say(d, b", ")
        say_ip6(d, p + at)
        at += 16


cdef void print_prefix_advert(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 6275 section 6.8."""
    cdef uint16_t flags
    say_identifier(d, p)
    flags = u16(d, p + 6)
    if flags & 0xc000:
        say_char(d, b' ')
    say_bits(d, &PREFIX_FLAGS, flags, b"", b"")
    print_nd_options(d, p + 8, <int64_t>length - 8)


# --------------------------------------------------------------------------- the message

cdef void say_id_seq(Dissection *d, const uint8_t *p, bint probe) noexcept nogil:
    need(d, p + 4, 4)
    say(d, b", id ")
    say_dec(d, u16(d, p + 4))
    say(d, b", seq ")
    say_dec(d, p[6] if probe else u16(d, p + 6))


cdef bint print_message(Dissection *d, const uint8_t *p, uint32_t kind, uint32_t code, uint32_t length) noexcept nogil:
    """What follows the name; False when the line ends here."""
    if kind == ECHO_REQUEST or kind == ECHO_REPLY:
        say_id_seq(d, p, False)
    elif kind == NEIGHBOR_SOLICIT or kind == NEIGHBOR_ADVERT:
        print_neighbor(d, p, kind, length)
    elif kind == UNREACHABLE:
        return print_unreachable(d, p, code, length)
    elif kind == TOO_BIG:
        need(d, p + 4, 4)
        say(d, b", mtu ")
        say_dec(d, u32(d, p + 4))
    elif kind == TIME_EXCEEDED:
        print_time_exceeded(d, p, code)
    elif kind == PARAMETER_PROBLEM:
        print_parameter_problem(d, p, code)
    elif kind == LISTENER_QUERY:
        print_mld_query(d, p, length)
    elif kind == LISTENER_REPORT or kind == LISTENER_DONE:
        print_mld_report(d, p)
    elif kind == LISTENER_REPORT2:
        print_mld2_report(d, p, length)
    elif kind == ROUTER_SOLICIT:
        if d.opt.verbose:
            print_nd_options(d, p + 8, <int64_t>length - 8)
    elif kind == ROUTER_ADVERT:
        if d.opt.verbose:
            print_router_advertisement(d, p)
            print_nd_options(d, p + 16, <int64_t>length - 16)
    elif kind == REDIRECT:
        print_redirect(d, p, length)
    elif kind == INVERSE_SOLICIT or kind == INVERSE_ADVERT:
        pass
    elif kind == AGENT_REQUEST or kind == PREFIX_SOLICIT:
        say_identifier(d, p)
    elif kind == AGENT_REPLY:
        if d.opt.verbose:
            print_agent_reply(d, p, length)
    elif kind == PREFIX_ADVERT:
        if d.opt.verbose:
            print_prefix_advert(d, p, length)
    elif kind == PROBE_REQUEST or kind == PROBE_REPLY:
        say_id_seq(d, p, True)
        if d.opt.verbose and kind == PROBE_REQUEST:
            print_probe_request(d, p, length)
        elif d.opt.verbose:
            print_probe_reply(d, p)
    elif not dispatch(LAYER_ICMP6_TYPE, kind, d, p, length):
        say(d, b", length ")
        say_dec(d, length)
        if d.opt.verbose <= 1:
            say_unknown(d, b"\n\t", p, length)
        return False
    return True


cdef void verify(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint16_t verified, field
    if d.fragmented or d.network_version != 6 or not has(d, p, length):
        return
    field = u16(d, p + 2)
    verified = checksum(p, length, pseudo_sum(d, 58, length))
    if verified:
        say(d, b"[bad icmp6 cksum 0x")
        say_hex(d, field, 4)
        say(d, b" -> 0x")
        say_hex(d, should_be(field, verified), 4)
        say(d, b"!] ")
    else:
        say(d, b"[icmp6 sum ok] ")


cdef bint says_length_early(uint32_t kind) noexcept nogil:
    """With -v these have more lines, so their length stands in the first one."""
    return ROUTER_SOLICIT <= kind <= REDIRECT or kind == AGENT_REPLY or kind == PREFIX_ADVERT


cdef void print_icmp6(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t kind
    d.protocol = b"icmp6"
    if length == 0:
        say(d, b"ICMP6, length 0")
        say_invalid(d)
        return
    if d.opt.verbose:
        verify(d, p, length)
    kind = u8(d, p)
    say(d, b"ICMP6, ")
    say_named_or(d, &TYPES, kind, b"unknown icmp6 type (", b")")
    if d.opt.verbose and says_length_early(kind):
        say(d, b", length ")
        say_dec(d, length)
    if print_message(d, p, kind, u8(d, p + 1), length) and d.opt.verbose == 0:
        say(d, b", length ")
        say_dec(d, length)


export_printer(__name__, "print_icmp6", print_icmp6)
