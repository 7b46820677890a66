from libc.stdint cimport int64_t, uint64_t

from ptcpdump.tls.cursor cimport Cursor


cdef class Crypto:
    cdef readonly int64_t offset
    cdef readonly bytes data


cdef class StreamData:
    cdef readonly int64_t stream, offset
    cdef readonly bytes data
    cdef readonly bint last


cdef class Reset:
    cdef readonly int64_t stream


cdef class NewId:
    cdef readonly bytes id


cdef class Datagram:
    cdef readonly bytes data


cdef class Close:
    pass


cdef inline bint number(Cursor *c, uint64_t *value) noexcept nogil:
    """Take a variable-length integer (RFC 9000, 16); False where there is no whole one."""
    cdef int size, i
    if c.at >= c.end:
        return False
    size = 1 << (c.at[0] >> 6)
    if c.end - c.at < size:
        return False
    value[0] = c.at[0] & 0x3f
    for i in range(1, size):
        value[0] = value[0] << 8 | c.at[i]
    c.at += size
    return True
