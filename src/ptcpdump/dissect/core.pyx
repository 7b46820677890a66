"""One pass over a packet: header by header, each read by the module of its layer."""

from libc.string cimport memset

from ptcpdump.dissect.cursor cimport *
from ptcpdump.dissect.link cimport read_ethernet, read_link, read_llc, read_ppp
from ptcpdump.dissect.network cimport read_extension, read_ip4, read_ip6
from ptcpdump.dissect.tags cimport read_tag
from ptcpdump.dissect.transport cimport read_transport
from ptcpdump.dissect.tunnels cimport read_ip_tunnel

cdef enum:
    HEADERS_MAX = 64            # of one packet: no real one has as many, and a forged one costs no more than that


cdef void dissect(PacketFields *f, const uint8_t *data, uint32_t captured, uint32_t length, uint32_t linktype) noexcept nogil:
    cdef Cursor c
    cdef int headers = 0
    memset(f, 0, sizeof(f[0]))
    f.linktype = linktype
    c.start = c.p = data
    c.end = data + captured
    c.length = max(length, captured)
    c.layer = LAYER_LINK
    c.key = linktype
    while c.layer != LAYER_NONE:
        headers += 1
        if headers > HEADERS_MAX:
            malformed(&c, f)
            break
        read_header(&c, f)
    f.payload = slice_of(&c, c.p, c.length)
    f.payload_length = c.length


cdef inline void read_header(Cursor *c, PacketFields *f) noexcept nogil:
    """The most common ones first."""
    if c.layer == LAYER_IP_PROTOCOL:
        if c.key == 6 or c.key == 17:
            read_transport(c, f)
        elif not read_extension(c, f) and not read_ip_tunnel(c, f):
            read_transport(c, f)
    elif c.layer == LAYER_ETHERTYPE:
        if c.key == TYPE_IP4:
            read_ip4(c, f)
        elif c.key == TYPE_IP6:
            read_ip6(c, f)
        else:
            read_tag(c, f)
    elif c.layer == LAYER_LINK:
        read_link(c, f)
    elif c.layer == LAYER_ETHERNET:
        read_ethernet(c, f)
    elif c.layer == LAYER_PPP:
        read_ppp(c, f)
    else:
        read_llc(c, f)


# --------------------------------------------------------------------------- over a whole capture, for measuring

def tally(const uint8_t[::1] capture not None) -> dict[str, int]:
    """Dissect every packet of a pcap file in memory, of this machine's byte order, and count what was found.

    Returns the number of packets, of payload bytes on the wire, and of packets by what they hold. What follows a damaged
    record is left out. Raises ValueError when these are not the bytes of such a file.
    """
    cdef const uint8_t *p = &capture[0] if len(capture) else NULL
    cdef size_t size = len(capture), at = 24
    cdef uint32_t header[6]
    cdef uint32_t record[4]
    cdef uint64_t packets = 0, payload = 0, addressed = 0, tcp = 0, udp = 0, icmp = 0, dns = 0, hellos = 0, http = 0
    cdef uint64_t quic = 0, fragments = 0, tunnels = 0, broken = 0
    cdef PacketFields f
    if size < 24:
        raise ValueError("not a pcap file: shorter than its header")
    memcpy(header, p, 24)
    if header[0] != 0xa1b2c3d4 and header[0] != 0xa1b23c4d:
        raise ValueError("not a pcap file of this machine's byte order")
    with nogil:
        while at + 16 <= size:
            memcpy(record, p + at, 16)
            at += 16
            if record[2] > size - at:
                break
            dissect(&f, p + at, record[2], record[3], header[5] & 0xffff)
            at += record[2]
            packets += 1
            payload += f.payload_length
            addressed += f.found & FOUND_IP != 0
            tcp += f.found & FOUND_TCP != 0
            udp += f.found & FOUND_UDP != 0
            icmp += f.found & FOUND_ICMP != 0
            dns += f.found & FOUND_DNS != 0
            hellos += f.found & (FOUND_CLIENT_HELLO | FOUND_SERVER_HELLO) != 0
            http += f.found & (FOUND_HTTP_REQUEST | FOUND_HTTP_RESPONSE) != 0
            quic += f.found & FOUND_QUIC_INITIAL != 0
            fragments += f.found & FOUND_FRAGMENT != 0
            tunnels += f.tunnels != 0
            broken += f.found & (FOUND_TRUNCATED | FOUND_MALFORMED) != 0
    return {
        "packets": packets, "payload": payload, "ip": addressed, "tcp": tcp, "udp": udp, "icmp": icmp, "dns": dns,
        "hellos": hellos, "http": http, "quic": quic, "fragments": fragments, "tunnels": tunnels, "broken": broken,
    }
