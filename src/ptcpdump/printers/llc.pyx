"""Logical link control (IEEE 802.2) with SNAP."""

from ptcpdump.printers.core cimport *


cdef int print_llc(
    Dissection *d, const uint8_t *p, uint32_t length, const uint8_t *source, const uint8_t *target) noexcept nogil:
    d.protocol = b"llc"
    return 0
