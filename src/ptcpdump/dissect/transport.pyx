"""Transport headers: TCP, UDP, UDP-Lite, SCTP, DCCP, ICMP. Behind them, the names that their payload holds are looked for."""

from ptcpdump.dissect.cursor cimport *
from ptcpdump.dissect.payload cimport find_in_datagram, find_in_segment
from ptcpdump.dissect.tunnels cimport read_udp_tunnel

cdef enum:
    ICMP = 1
    TCP = 6
    UDP = 17
    DCCP = 33
    ICMP6 = 58
    SCTP = 132
    UDP_LITE = 136


cdef void read_transport(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t protocol = c.key
    if protocol == TCP:
        read_tcp(c, f)
    elif protocol == UDP:
        read_udp(c, f)
    elif protocol == ICMP and f.ends.version == 4 or protocol == ICMP6 and f.ends.version == 6:
        read_icmp(c, f)
    elif protocol == SCTP:
        read_ports(c, f)
        go_payload(c, f, 12)
    elif protocol == DCCP:
        read_ports(c, f)
        go_payload(c, f, c.p[4] * 4 if have(c, 12) else 12)
    elif protocol == UDP_LITE:
        read_ports(c, f)
        go_payload(c, f, 8)
    else:
        stop(c)


cdef inline bint read_ports(Cursor *c, PacketFields *f) noexcept nogil:
    """The first four bytes of all transport headers that have ports."""
    if not have(c, 4):
        return False
    f.ends.source_port = get_be16(c.p)
    f.ends.destination_port = get_be16(c.p + 2)
    f.found |= FOUND_PORTS
    return True


cdef inline bint go_payload(Cursor *c, PacketFields *f, uint32_t header) noexcept nogil:
    """Go on behind a transport header; False when it isn't there as a whole. Then the rest of it is no payload."""
    if have(c, header):
        go(c, header, LAYER_NONE, 0)
        return True
    give_up(c, f, header)
    return False


cdef void give_up(Cursor *c, PacketFields *f, uint32_t header) noexcept nogil:
    cut(c, f)
    c.p = c.end
    c.length = c.length - header if c.length > header else 0


cdef void read_tcp(Cursor *c, PacketFields *f) noexcept nogil:
    cdef const uint8_t *p = c.p
    cdef uint32_t header
    if not read_ports(c, f) or not have(c, 20):
        give_up(c, f, c.length)     # how long the header is was cut off
        return
    header = (p[12] >> 4) * 4
    if header < 20:
        give_up(c, f, c.length)
        f.found |= FOUND_MALFORMED
        return
    f.seq = get_be32(p + 4)
    f.ack = get_be32(p + 8)
    f.tcp_flags = get_be16(p + 12) & 0x1ff
    f.window = get_be16(p + 14)
    f.found |= FOUND_TCP
    if header > 20:
        f.tcp_options = slice_of(c, p + 20, header - 20)
    if go_payload(c, f, header) and c.length:
        find_in_segment(c, f)


cdef void read_udp(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t size
    if not read_ports(c, f) or not have(c, 8):
        give_up(c, f, 8)
        return
    f.udp_length = size = get_be16(c.p + 4)
    f.found |= FOUND_UDP
    if size:                # else a jumbogram (RFC 2675, 4), or what the network card will cut into datagrams
        narrow(c, size)
    if go_payload(c, f, 8) and c.length and not read_udp_tunnel(c, f):
        find_in_datagram(c, f)


cdef void read_icmp(Cursor *c, PacketFields *f) noexcept nogil:
    if not have(c, 2):
        cut(c, f)
        return
    f.icmp_type = c.p[0]
    f.icmp_code = c.p[1]
    f.found |= FOUND_ICMP
    go_payload(c, f, 8 if c.length >= 8 else 4)
