# A place in bytes that are read from one end to the other, and what is read so in more than one format.
from libc.stdint cimport uint8_t, uint64_t

cdef enum:
    MOST_NUMBER = 5     # bytes of an integer behind its first one


cdef struct Cursor:
    const uint8_t *at
    const uint8_t *end


cdef inline int prefixed(Cursor *c, int bits, uint64_t *value) noexcept nogil:
    """Take an integer with a prefix of so many bits (RFC 7541, 5.1; RFC 9204, 4.1.1): 1; 0: it is cut off, -1: too long."""
    cdef uint64_t mask = (1 << bits) - 1
    cdef uint8_t byte
    cdef int i
    if c.at >= c.end:
        return 0
    value[0] = c.at[0] & mask
    c.at += 1
    if value[0] < mask:
        return 1
    for i in range(MOST_NUMBER):
        if c.at >= c.end:
            return 0
        byte = c.at[0]
        value[0] += <uint64_t>(byte & 0x7f) << 7 * i
        c.at += 1
        if not byte & 0x80:
            return 1
    return -1
