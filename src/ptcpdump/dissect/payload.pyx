"""What a segment or datagram carries: by its first bytes (TLS, HTTP, QUIC) or by its ports (DNS)."""

from ptcpdump.dissect.cursor cimport *
from ptcpdump.dissect.dns cimport find_dns
from ptcpdump.dissect.http cimport find_http
from ptcpdump.dissect.tls cimport find_hello

cdef enum:
    PORT_DNS = 53
    PORT_MDNS = 5353            # RFC 6762
    PORT_LLMNR = 5355           # RFC 4795
    TLS_HANDSHAKE = 22          # the record's content type
    QUIC_1 = 0x00000001
    QUIC_2 = 0x6b3343cf         # RFC 9369


cdef inline bint has_port(const PacketFields *f, uint32_t port) noexcept nogil:
    return f.ends.source_port == port or f.ends.destination_port == port


cdef void find_in_segment(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t size, here = captured(c)
    if here < 2:
        return
    if has_port(f, PORT_DNS):
        size = get_be16(c.p)            # RFC 1035, 4.2.2
        if size <= c.length - 2:
            find_dns(c, f, c.p + 2, size)
    elif c.p[0] == TLS_HANDSHAKE and c.p[1] == 3:
        find_hello(c, f)
    elif b'A' <= c.p[0] <= b'Z':
        find_http(c, f)


cdef void find_in_datagram(Cursor *c, PacketFields *f) noexcept nogil:
    if has_port(f, PORT_DNS) or has_port(f, PORT_MDNS) or has_port(f, PORT_LLMNR):
        find_dns(c, f, c.p, c.length)
    elif have(c, 7) and c.p[0] & 0xc0 == 0xc0:
        find_quic_initial(c, f)


cdef void find_quic_initial(Cursor *c, PacketFields *f) noexcept nogil:
    """A long header whose version and type say so (RFC 9000, 17.2.2; RFC 9369, 3.2), whatever the ports."""
    cdef uint32_t version = get_be32(c.p + 1), kind = c.p[0] >> 4 & 3, id = c.p[5]
    if not (version == QUIC_1 and kind == 0 or version == QUIC_2 and kind == 1):
        return
    if id <= 20 and have(c, 7 + id) and c.p[6 + id] <= 20:
        f.found |= FOUND_QUIC_INITIAL
        f.quic_initial = slice_of(c, c.p, c.length)
