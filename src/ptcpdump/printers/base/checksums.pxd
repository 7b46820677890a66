# Checksums as RFC 1071 has them.
from ptcpdump.printers.base.dissection cimport *


cdef uint32_t sum16(const uint8_t *p, uint32_t n, uint32_t start) noexcept nogil   # unfolded; p must be checked
cdef uint16_t checksum(const uint8_t *p, uint32_t n, uint32_t start) noexcept nogil  # RFC 1071, host order
cdef inline uint16_t should_be(uint16_t found, uint16_t sum) noexcept nogil:
    """What a checksum field should hold that holds `found`, when checksum() over all gives `sum`, not 0."""
    cdef uint32_t total = <uint32_t>found + sum
    return <uint16_t>((total & 0xffff) + (total >> 16))


cdef uint32_t pseudo_sum(Dissection *d, uint8_t protocol, uint32_t length) noexcept nogil  # over d.network
