# From an interface, as the kernel's records name it, to its row of the run's interface table.
from libc.stdint cimport uint32_t, uint64_t


cdef struct Place:
    uint32_t netns          # inode of its network namespace
    uint32_t ifindex        # 0: the slot is free
    uint32_t row
    uint32_t linktype
    uint64_t packets


cdef class InterfaceRows:
    cdef Place *places      # open addressing, linear probing
    cdef uint32_t slots     # a power of two
    cdef uint32_t count

    # The place of an interface; NULL when it has none. Valid until put() or drop().
    cdef inline Place *find(self, uint32_t netns, uint32_t ifindex) noexcept nogil:
        cdef uint32_t i = slot_of(netns, ifindex) & (self.slots - 1)
        while self.places[i].ifindex:
            if self.places[i].ifindex == ifindex and self.places[i].netns == netns:
                return &self.places[i]
            i = (i + 1) & (self.slots - 1)
        return NULL

    cdef int enlarge(self, uint32_t slots) except -1


cdef inline uint32_t slot_of(uint32_t netns, uint32_t ifindex) noexcept nogil:
    return ifindex * <uint32_t>2654435761 ^ netns * <uint32_t>40503
