# From the owner of a packet to the number of its row in a table of a sink.
from libc.stdint cimport uint32_t


cdef enum:
    MOST_OWNERS = 8192          # that have a row at the same time


cdef struct Slot:
    void *context               # a context.model.Context, kept alive; NULL: the slot is free
    uint32_t row


cdef class OwnerIndex:
    cdef Slot *slots            # open addressing, linear probing
    cdef uint32_t last_row      # of `last`: packets of the same owner often follow each other
    cdef void *last
    cdef readonly uint32_t count

    # The row of an owner, -1 if it has none yet.
    cdef inline int find(self, void *context) noexcept nogil:
        if context == self.last and context != NULL:
            return <int>self.last_row
        return self.look_up(context)

    cdef int look_up(self, void *context) noexcept nogil
    # Give an owner that has none the next row, which is returned.
    cdef uint32_t add(self, void *context) noexcept
    cdef void clear(self) noexcept
