# Reader of the lanes of bpf/lanes.h: a buffer for each CPU in shared memory, read as one stream in the order of time.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from ptcpdump.kernel.bindings.record cimport lane, record


cdef struct Head:
    lane *shared
    const uint8_t *records
    uint64_t position           # of the next record
    uint64_t released           # before this, all was given back
    uint64_t end                # what the kernel had finished at the mark
    uint64_t time               # of the next record; UINT64_MAX when there is none


cdef class Lanes:
    cdef char *memory
    cdef size_t length
    cdef uint64_t mask
    cdef Head *heads
    cdef uint32_t count
    cdef Head *current          # the lane that is read, as long as its records are the oldest
    cdef uint64_t bound         # time of the oldest record of the others; UINT64_MAX when there is none

    # From now on next() ends with what is there at this moment.
    cdef void mark(self) noexcept nogil
    # The oldest record, or NULL when there is none up to that time (CLOCK_MONOTONIC ns); its bytes stay until release().
    cdef const record *next(self, uint64_t until) noexcept nogil
    # Give all that was read back to the kernel.
    cdef void release(self) noexcept nogil

    cdef const record *first(self, Head *head) noexcept nogil
    cdef void look(self, Head *head) noexcept nogil
    cdef bint choose(self) noexcept nogil
