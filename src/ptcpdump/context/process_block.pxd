# Bodies of custom blocks.
from libc.stdint cimport uint8_t, uint32_t


# Whether such a body of n bytes is to describe a process. swapped: the section's byte order is not this machine's.
cdef bint is_process(const uint8_t *body, uint32_t n, bint swapped) noexcept nogil
