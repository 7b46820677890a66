# IEEE 802.2 logical link control.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.core cimport Dissection

# Print an LLC frame; source and target are 6-byte addresses or NULL. Returns the bytes of its headers, negated when
# nobody knows the payload.
cdef int print_llc(
    Dissection *d, const uint8_t *p, uint32_t length, const uint8_t *source, const uint8_t *target) noexcept nogil
