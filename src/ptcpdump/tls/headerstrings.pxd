from libc.stdint cimport uint32_t, uint64_t

from ptcpdump.tls.cursor cimport Cursor


# Each takes something from the cursor's place on, and raises ValueError where it makes no sense, or is cut off.

# An integer with a prefix of so many bits.
cdef uint64_t number(Cursor *c, int bits) except? 0xffffffff
# A string: its length and, if it is wanted, itself; else None.
cdef str string(Cursor *c, bint wanted, uint32_t *length)
# A name: its length, and which of NAMES it is, -1: none.
cdef int which(Cursor *c, uint32_t *length) except -2
