"""ICMPv6 (RFC 4443): echo, and the way to errors, neighbor discovery, MLD, mobility and the rare message types.

Types that are not printed here can be had from LAYER_ICMP6_TYPE: their printer gets the whole message, its name is
written already.
"""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, names
from ptcpdump.printers.network.icmp6_errors cimport (
    print_parameter_problem, print_time_exceeded, print_unreachable)
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


cdef Bits NEIGHBOR_FLAGS = bits({0x80: b"router", 0x40: b"solicited", 0x20: b"override"})
cdef Bits PREFIX_FLAGS = bits({0x8000: b"M", 0x4000: b"O"})


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
