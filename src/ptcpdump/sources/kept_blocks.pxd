# Blocks that are kept when a file is copied.
from libc.stdint cimport uint8_t, uint32_t


# The body of such a block of n bytes in this machine's byte order; None for one that is damaged, or of another kind.
# swapped: its byte order is not this machine's.
cdef bytes kept(uint32_t kind, const uint8_t *body, uint32_t n, bint swapped)
