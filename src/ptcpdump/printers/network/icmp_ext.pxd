from ptcpdump.printers.base.core cimport Dissection
from libc.stdint cimport uint8_t, uint32_t

# RFC 4884 extension structure of `length` bytes at p
cdef void print_extensions(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
# RFC 8335, what -v adds to an extended echo request and reply; p: the ICMP or ICMPv6 header
cdef void print_probe_request(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
cdef void print_probe_reply(Dissection *d, const uint8_t *p) noexcept nogil
