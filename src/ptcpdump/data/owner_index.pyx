"""From the owner of a packet to the number of its row: contexts are shared by all packets of an owner, so their addresses
tell owners apart for as long as the contexts are kept alive here."""

from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

cdef enum:
    SLOTS = 2 * MOST_OWNERS     # a power of two


cdef inline uint32_t slot_of(void *context) noexcept nogil:
    cdef uint64_t h = (<uint64_t><uintptr_t>context >> 4) * <uint64_t>0x9e3779b97f4a7c15
    return <uint32_t>(h >> 40) & (SLOTS - 1)


cdef class OwnerIndex:
    """Who has added MOST_OWNERS of them has to clear() it."""

    def __cinit__(self):
        self.slots = <Slot *>calloc(SLOTS, sizeof(Slot))
        if self.slots == NULL:
            raise MemoryError

    def __dealloc__(self):
        if self.slots != NULL:
            self.clear()
            free(self.slots)

    cdef int look_up(self, void *context) noexcept nogil:
        cdef uint32_t i = slot_of(context)
        while self.slots[i].context != NULL:
            if self.slots[i].context == context:
                self.last = context
                self.last_row = self.slots[i].row
                return <int>self.last_row
            i = (i + 1) & (SLOTS - 1)
        return -1

    cdef uint32_t add(self, void *context) noexcept:
        cdef uint32_t i = slot_of(context)
        while self.slots[i].context != NULL:
            i = (i + 1) & (SLOTS - 1)
        Py_INCREF(<object>context)
        self.slots[i].context = context
        self.slots[i].row = self.count
        self.count += 1
        return self.slots[i].row

    cdef void clear(self) noexcept:
        cdef uint32_t i
        for i in range(SLOTS):
            if self.slots[i].context != NULL:
                Py_DECREF(<object>self.slots[i].context)
        memset(self.slots, 0, SLOTS * sizeof(Slot))
        self.last = NULL
        self.count = 0
