"""UDP (RFC 768): the header, and who prints what it carries."""

from ptcpdump.printers.base import core

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.ends cimport say_addresses, say_ends

# Where both ports belong to known protocols, the one that stands first here is believed, as tcpdump does it.
PORTS = (
    53, 67, 68, 69, 88, 123, 137, 138, 161, 162, 319, 320, 496, 500, 514, 520, 521, 525, 546, 547, 646, 654, 698, 701,
    750, 921, 5353, 4500, 7500, 7501, 1701, 3456, 2103, 2104, *range(7000, 7010), 5359, 6697, 6696, 8231, 4567, 1812,
    1645, 1813, 1646, 1700, 3799, 1985, 3503, 3784, 4784, 6784, 3785, 1589, 6343, 12223, 12222, 5060, 8472, 4789, 6081,
    4342, 4341, 4790, 17754, 6635, 30490, 49152,
)
# Of these only the destination port counts.
TARGETS = (3456, 4567, 1985, 3784, 4784, 6784, 3785, 6081)
cdef uint8_t ranks[65536]       # of a port: the lower, the sooner; 0 for ports that are not in the list
cdef uint8_t target_only[65536]


cdef void fill_ranks() noexcept:
    cdef int rank, port
    for rank, port in enumerate(PORTS, 1):
        ranks[port] = rank
    for port in TARGETS:
        target_only[port] = 1


fill_ranks()
# Types of -T that are for TCP alone.
cdef int FORCED_ZMTP = core.forced_key("zmtp1")
cdef int FORCED_RESP = core.forced_key("resp")


cdef void print_udp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t size
    d.protocol = b"udp"
    if not has(d, p, 4):
        if d.network != NULL and d.network[9 if d.network_version == 4 else 6] == 17:
            say_addresses(d)
            say_char(d, b' ')
        say_mark(d)
        return
    d.sport = u16(d, p)
    d.dport = u16(d, p + 2)
    d.over_tcp = False
    say_ends(d, 17, d.sport, d.dport)
    if length < 8:
        say(d, b"truncated-udp ")
        say_dec(d, length)
        return
    size = u16(d, p + 4)
    if size == 0 and length > 65535:
        size = length       # a jumbogram (RFC 2675, section 4)
    if size < 8:
        say(d, b"truncated-udplength ")
        say_dec(d, size)
        return
    size -= 8
    length = min(length - 8, size)
    need(d, p, 8)
    if d.opt.force and d.opt.force != FORCED_ZMTP and d.opt.force != FORCED_RESP:
        if dispatch(LAYER_FORCED, d.opt.force, d, p + 8, length):
            return
    if d.opt.verbose and not d.opt.no_checksums and not d.fragmented:
        print_checksum(d, p, length)
    if d.opt.quiet or not print_payload(d, p + 8, length):
        say(d, b"UDP, ")
        if size > length and not d.fragmented:
            say(d, b"bad length ")
            say_dec(d, size)
            say(d, b" > ")
            say_dec(d, length)
        else:
            say(d, b"length ")
            say_dec(d, size)


cdef void print_checksum(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Whether the checksum is right: over IPv4 with -vv only, over IPv6, where it must be there, with -v.

    length: of the payload.
    """
    cdef uint16_t found = u16(d, p + 6)
    cdef uint16_t sum
    if d.network_version == 4:
        if d.opt.verbose < 2:
            return
        if found == 0:
            say(d, b"[no cksum] ")
            return
    if d.network_version == 0 or not has(d, p, length + 8):
        return
    sum = checksum(p, length + 8, pseudo_sum(d, 17, length + 8))
    if sum == 0:
        say(d, b"[udp sum ok] ")
        return
    say(d, b"[bad udp cksum 0x")
    say_hex(d, found, 4)
    say(d, b" -> 0x")
    say_hex(d, should_be(found, sum), 4)
    say(d, b"!] ")


cdef bint print_payload(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Hand the payload to whoever prints one of the ports; False when nobody does."""
    cdef bint source = known(LAYER_UDP_PORT, d.sport) and not target_only[d.sport]
    cdef bint target = known(LAYER_UDP_PORT, d.dport)
    if source and target:
        target = <uint8_t>(ranks[d.dport] - 1) <= <uint8_t>(ranks[d.sport] - 1)
    if target:
        return dispatch(LAYER_UDP_PORT, d.dport, d, p, length)
    return source and dispatch(LAYER_UDP_PORT, d.sport, d, p, length)


register_native(LAYER_IP_PROTOCOL, 17, print_udp)
