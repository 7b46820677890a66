# What is known of processes by their pid: a table for the paths that every packet takes.
from libc.stdint cimport uint32_t, uint64_t


cdef struct PidPlace:
    uint32_t pid            # 0: the slot is free
    uint32_t found          # for whoever uses the table
    uint64_t whole          # likewise: what is known of the process; 0: nothing
    uint64_t basic          # likewise


cdef class PidTable:
    cdef PidPlace *places   # open addressing, linear probing
    cdef uint32_t slots     # a power of two
    cdef readonly uint32_t count

    # The place of a process; NULL where there is none. Valid until add() or clear().
    cdef inline PidPlace *find(self, uint32_t pid) noexcept nogil:
        cdef uint32_t i = pid * <uint32_t>2654435761 & (self.slots - 1)
        while self.places[i].pid:
            if self.places[i].pid == pid:
                return &self.places[i]
            i = (i + 1) & (self.slots - 1)
        return NULL

    # The same, with a place of its own for one that has none. All others may be gone then, see PidTable.
    cdef PidPlace *add(self, uint32_t pid) noexcept nogil
    cdef void clear(self) noexcept nogil
