# Reading bytes of packets, always checked: what printers and the dissection into fields have in common.
#
# A range of bytes is given by `start`, its first byte, and `end`, the first byte that may not be read. inside() is the
# one place that decides whether bytes may be read; get_*() make numbers of bytes for which it said yes.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef inline bint inside(const uint8_t *start, const uint8_t *end, const uint8_t *p, uint64_t n) noexcept nogil:
    """Whether the n bytes from p on may be read; p may be any pointer."""
    return start <= p <= end and n <= <uint64_t>(end - p)


cdef inline uint32_t remaining(const uint8_t *start, const uint8_t *end, const uint8_t *p) noexcept nogil:
    """How many bytes from p on may be read; 0 when p is outside."""
    return <uint32_t>(end - p) if start <= p < end else 0


# --------------------------------------------------------------------------- numbers, of bytes that inside() allowed

cdef inline uint16_t get_be16(const uint8_t *p) noexcept nogil:
    return <uint16_t>(p[0] << 8 | p[1])


cdef inline uint32_t get_be24(const uint8_t *p) noexcept nogil:
    return <uint32_t>p[0] << 16 | <uint32_t>p[1] << 8 | p[2]


cdef inline uint32_t get_be32(const uint8_t *p) noexcept nogil:
    return <uint32_t>p[0] << 24 | <uint32_t>p[1] << 16 | <uint32_t>p[2] << 8 | p[3]


cdef inline uint64_t get_be64(const uint8_t *p) noexcept nogil:
    return <uint64_t>get_be32(p) << 32 | get_be32(p + 4)


cdef inline uint16_t get_le16(const uint8_t *p) noexcept nogil:
    return <uint16_t>(p[1] << 8 | p[0])


cdef inline uint32_t get_le32(const uint8_t *p) noexcept nogil:
    return <uint32_t>p[3] << 24 | <uint32_t>p[2] << 16 | <uint32_t>p[1] << 8 | p[0]
