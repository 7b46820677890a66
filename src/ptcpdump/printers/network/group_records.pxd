# What IGMP version 3 and MLD version 2 have in common: lists of sources, records of groups, floating point numbers.
from ptcpdump.printers.base.core cimport *

cdef void say_source_count(Dissection *d, uint32_t count) noexcept nogil
cdef void say_sources(Dissection *d, const uint8_t *p, uint32_t count, uint32_t size) noexcept nogil
cdef void say_group(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil
# p: the report; size: bytes of an address; version: the report's, as a character
cdef void print_group_records(
    Dissection *d, const uint8_t *p, uint32_t length, uint32_t size, char version) noexcept nogil


cdef inline uint32_t float8(uint8_t code) noexcept nogil:
    """A number of 8 bits, from 128 on 3 bits of exponent and 4 of mantissa (RFC 3376 4.1.1, RFC 3810 5.1.9)."""
    return code if code < 128 else <uint32_t>(code & 0x0f | 0x10) << ((code >> 4 & 7) + 3)
