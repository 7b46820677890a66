# Distinct byte strings and their numbers, in the order in which they were met.
from libc.stdint cimport uint32_t

from ptcpdump.buffer cimport Buffer


cdef struct Dictionary:
    Buffer bytes            # all strings, one after the other
    Buffer offsets          # a uint32_t for each string: where it ends
    uint32_t count
    uint32_t *slots         # open addressing: number + 1 of a string; 0: free
    uint32_t size           # of slots, a power of two
    const void *last        # where the bytes of the last one that was asked for lay, with their number
    uint32_t last_size
    uint32_t last_number


# The number of a string, given now if it is new.
cdef uint32_t number_of(Dictionary *d, const void *data, uint32_t n) noexcept nogil
cdef void forget_strings(Dictionary *d) noexcept nogil
cdef void free_dictionary(Dictionary *d) noexcept nogil
