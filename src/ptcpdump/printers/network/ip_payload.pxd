from ptcpdump.printers.base.core cimport Dissection, uint8_t, uint32_t

# What a network header carries: for IPv4 and IPv6, and for AH, which says by itself what follows.
cdef void print_ip_payload(Dissection *d, uint8_t protocol, const uint8_t *p, uint32_t length) noexcept nogil
cdef const char *ip_protocol_name(uint8_t protocol) noexcept nogil   # "TCP", "unknown": as shown with -v
cdef void say_ip_protocol(Dissection *d, uint8_t protocol) noexcept nogil   # " gre" or " ip-proto-47" with -n
