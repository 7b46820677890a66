from ptcpdump.printers.base.core cimport Dissection, Printer, enter, leave, uint8_t, uint32_t

# What a network header carries: for IPv4 and IPv6, and for AH, which says by itself what follows.
cdef void print_ip_payload(Dissection *d, uint8_t protocol, const uint8_t *p, uint32_t length) noexcept nogil
cdef const char *ip_protocol_name(uint8_t protocol) noexcept nogil   # "TCP", "unknown": as shown with -v
cdef void say_ip_protocol(Dissection *d, uint8_t protocol) noexcept nogil   # " gre" or " ip-proto-47" with -n


cdef inline void print_nested(Dissection *d, const uint8_t *p, uint32_t length, Printer datagram) noexcept nogil:
    """Print a datagram. What it lies in (a tunnel, an ICMP error) finds its own network header again afterwards."""
    if not enter(d):
        return
    cdef const uint8_t *network = d.network
    cdef const uint8_t *destination = d.destination
    cdef int version = d.network_version
    cdef uint32_t plen = d.network_plen
    cdef bint fragmented = d.fragmented
    cdef uint8_t ttl = d.ttl
    cdef const uint8_t *end = d.end
    datagram(d, p, length)
    d.network = network
    d.destination = destination
    d.network_version = version
    d.network_plen = plen
    d.fragmented = fragmented
    d.ttl = ttl
    d.end = end
    leave(d)
