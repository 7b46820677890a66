# Bodies of custom blocks.
from libc.stdint cimport uint8_t, uint32_t


# What is known of a process block before it is read.
cdef struct Outline:
    uint32_t pid
    uint32_t parent         # pid; 0: not told
    bint names_threads      # its comments may


# Whether such a body of n bytes is to describe a process. swapped: the section's byte order is not this machine's.
cdef bint is_process(const uint8_t *body, uint32_t n, bint swapped) noexcept nogil
# Whether it does.
cdef bint outline(const uint8_t *body, uint32_t n, bint swapped, Outline *about) noexcept nogil
