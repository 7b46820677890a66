"""The two ends of a connection as text: addresses and ports. Every TCP and UDP line starts with them, so it is fast."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.buffer cimport write_dec


cdef inline char *write_end(char *to, const uint8_t *address, bint wide, uint16_t port) noexcept nogil:
    """Write "10.0.0.1.80" or "2001:db8::1.80" in up to 54 bytes."""
    to = write_ip6(to, address) if wide else write_ip4(to, address)
    to[0] = b'.'
    return write_dec(to + 1, port)


cdef inline void say_port(Dissection *d, uint8_t protocol, uint16_t port) noexcept nogil:
    if protocol == 6:
        say_tcp_port(d, port)
    else:
        say_udp_port(d, port)


cdef void say_ends(Dissection *d, uint8_t protocol, uint16_t sport, uint16_t dport) noexcept nogil:
    cdef char *to
    cdef bint addresses = ((d.network_version == 4 and d.network[9] == protocol) or
                           (d.network_version == 6 and d.network[6] == protocol))
    cdef bint wide = d.network_version == 6
    if addresses and d.opt.numeric and (not wide or has(d, d.network + 8, 32)):
        to = write_end(buffer_room(d.out, 112), d.network + (8 if wide else 12), wide, sport)
        memcpy(to, b" > ", 3)
        to = write_end(to + 3, d.network + (24 if wide else 16), wide, dport)
        memcpy(to, b": ", 2)
        d.out.len = to + 2 - d.out.data
        return
    if addresses:
        say_source(d)
        say_char(d, b'.')
    say_port(d, protocol, sport)
    say(d, b" > ")
    if addresses:
        say_destination(d)
        say_char(d, b'.')
    say_port(d, protocol, dport)
    say(d, b": ")


cdef void say_addresses(Dissection *d) noexcept nogil:
    if d.network_version:
        say_source(d)
        say(d, b" > ")
        say_destination(d)
        say_char(d, b':')


cdef void say_source(Dissection *d) noexcept nogil:
    if d.network_version == 4:
        say_ip4(d, d.network + 12)
    elif d.network_version == 6:
        say_ip6(d, d.network + 8)


cdef void say_destination(Dissection *d) noexcept nogil:
    if d.network_version == 4:
        say_ip4(d, d.network + 16)
    elif d.network_version == 6:
        say_ip6(d, d.network + 24)


cdef void end_in_header(Dissection *d, const uint8_t *p, uint32_t header) noexcept nogil:
    say(d, b" [remaining caplen(")
    say_dec(d, left(d, p))
    say(d, b") < header length(")
    say_dec(d, header)
    say(d, b")]")
    truncated(d)
