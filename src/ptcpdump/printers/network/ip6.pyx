"""IPv6 (RFC 8200) and its chain of extension headers."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.network.ip6_options cimport print_destination_options, print_hop_by_hop
from ptcpdump.printers.network.ip6_routing cimport print_routing
from ptcpdump.printers.network.ip_payload cimport ip_protocol_name, print_ip_payload, print_nested
from ptcpdump.printers.network.mobility cimport print_mobility


cdef void print_ip6(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    print_nested(d, p, length, print_datagram)


cdef void print_datagram(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t plen, total
    cdef uint8_t next
    d.protocol = b"ip6"
    if not d.opt.link_header:
        say(d, b"IP6 ")
    if length < 40:
        say(d, b" [length ")
        say_dec(d, length)
        say(d, b" < 40] (invalid)")
        return
    if u8(d, p) >> 4 != 6:
        say(d, b" [version ")
        say_dec(d, p[0] >> 4)
        say(d, b" != 6] (invalid)")
        return
    plen = u16(d, p + 4)
    next = u8(d, p + 6)
    total = plen + 40
    check_length(d, total, length)
    if d.opt.verbose:
        print_header(d, p, plen)
    if plen == 0 and (next == 6 or next == 17):
        # The kernel leaves 0 here for what the network card will cut into segments. Before other headers, 0 may stand
        # for a jumbogram, whose length is in an option.
        total = length
        if d.opt.verbose:
            say(d, b"[real length ")
            say_dec(d, total)
            say(d, b", presumed BIG TCP] " if total > 65535 else b", presumed TSO] ")
    need(d, p, 40)
    if plen:
        narrow(d, p, total)
    d.network = p
    d.network_version = 6
    d.destination = p + 24
    d.fragmented = False
    d.ttl = p[7]
    if not (next == 6 or next == 17 or next == 132 or next == 33):
        say_ip6(d, p + 8)
        say(d, b" > ")
        say_ip6(d, p + 24)
        say(d, b": ")
    print_chain(d, p, next, total, plen, length)


cdef void check_length(Dissection *d, uint64_t total, uint32_t length) noexcept nogil:
    if total > length:
        say(d, b"[header+payload length ")
        say_dec(d, total)
        say(d, b" > length ")
        say_dec(d, length)
        say(d, b"] (invalid) ")


cdef void print_header(Dissection *d, const uint8_t *p, uint32_t plen) noexcept nogil:
    cdef uint32_t flow = u32(d, p)
    cdef uint32_t hop_limit
    say_char(d, b'(')
    if flow & 0x0ff00000:
        say(d, b"class 0x")
        say_hex(d, (flow & 0x0ff00000) >> 20, 2)
        say(d, b", ")
    if flow & 0xfffff:
        say(d, b"flowlabel 0x")
        say_hex(d, flow & 0xfffff, 5)
        say(d, b", ")
    hop_limit = u8(d, p + 7)
    say(d, b"hlim ")
    say_dec(d, hop_limit)
    say(d, b", next-header ")
    say(d, ip_protocol_name(p[6]))
    say(d, b" (")
    say_dec(d, p[6])
    say(d, b"), payload length ")
    say_dec(d, plen)
    say(d, b") ")


cdef void print_chain(Dissection *d, const uint8_t *ip6, uint8_t next, uint32_t total, uint32_t plen,
                      uint32_t length) noexcept nogil:
    """Extension headers, one after the other, then what they carry.

    total: bytes from the IPv6 header on, by that header; plen: its payload length; length: bytes by the layer below.
    """
    cdef const uint8_t *p = ip6 + 40
    cdef int64_t advance
    cdef uint32_t jumbo = plen
    cdef bint seen_hop_by_hop = False
    while True:
        if next == 0:
            if seen_hop_by_hop:
                say(d, b"[The Hop-by-Hop Options header was already found]")
                say_invalid(d)
                return
            if p != ip6 + 40:
                say(d, b"[The Hop-by-Hop Options header don't follow the IPv6 header]")
                say_invalid(d)
                return
            seen_hop_by_hop = True
            advance = print_hop_by_hop(d, p, &jumbo)
            if jumbo == 0:
                say(d, b"[No valid Jumbo Payload Hop-by-Hop option found]")
                say_invalid(d)
                return
            if plen == 0 and advance >= 0:      # a jumbogram (RFC 2675)
                total = min(jumbo, <uint32_t>0xffffffff - 40) + 40
                check_length(d, total, length)
                narrow(d, ip6, total)
        elif next == 60:
            advance = print_destination_options(d, p)
        elif next == 43:
            need(d, p, 1)
            advance = print_routing(d, p)
        elif next == 44:
            advance = print_fragment(d, ip6, p)
            if p + 8 >= d.end:
                return
        elif next == 135 or next == 62:
            print_mobility(d, p)
            return
        else:
            d.network_plen = total - <uint32_t>(p - ip6)
            print_ip_payload(d, next, p, d.network_plen)
            return
        if advance < 0:
            return
        next = u8(d, p)
        p += advance
        d.protocol = b"ip6"
        if <uint32_t>(p - ip6) > total:
            truncated(d)


cdef int64_t print_fragment(Dissection *d, const uint8_t *ip6, const uint8_t *p) noexcept nogil:
    """The fragment header (RFC 8200, section 4.5); -1 when what follows is not the start of a payload."""
    cdef uint32_t offset, size
    d.protocol = b"frag6"
    need(d, p, 8)
    say(d, b"frag (")
    if d.opt.verbose:
        say(d, b"0x")
        say_hex(d, u32(d, p + 4), 8)
        say_char(d, b':')
    offset = u16(d, p + 2) & <uint32_t>0xfff8
    say_dec(d, offset)
    say_char(d, b'|')
    size = u16(d, ip6 + 4) + 40
    if <uint32_t>(p - ip6) + 8 > size:
        say(d, b"[length < 0]")
        say_invalid(d)
    else:
        say_dec(d, size - <uint32_t>(p - ip6) - 8)
    say_char(d, b')')
    if offset:
        return -1
    say_char(d, b' ')
    d.fragmented = True
    return 8


export_printer(__name__, "print_ip6", print_ip6)
