"""The mobility header of Mobile IPv6 (RFC 6275, section 6.1): nothing follows it."""

from ptcpdump.printers.core cimport *


cdef void print_mobility(Dissection *d, const uint8_t *p) noexcept nogil:
    d.protocol = b"mobility"
    need(d, p, 6)
    say(d, b"mobility")
