"""A table of processes by pid, for C. Bounded: when it would get too large, all begins anew."""

from libc.stdio cimport fputs, stderr
from libc.stdlib cimport abort, calloc, free
from libc.string cimport memset


cdef enum:
    FEWEST = 256            # slots
    MOST = 262144           # at half of them the table begins anew


cdef class PidTable:
    """What is known of processes, by pid (not 0)."""

    def __cinit__(self):
        self.slots = FEWEST
        self.places = <PidPlace *>calloc(FEWEST, sizeof(PidPlace))
        if self.places == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.places)

    cdef PidPlace *add(self, uint32_t pid) noexcept nogil:
        cdef PidPlace *place = self.find(pid)
        cdef uint32_t i
        if place != NULL:
            return place
        if 2 * self.count >= self.slots:
            if self.slots >= MOST:
                self.clear()
            else:
                enlarge(self)
        i = pid * <uint32_t>2654435761 & (self.slots - 1)
        while self.places[i].pid:
            i = (i + 1) & (self.slots - 1)
        self.places[i].pid = pid
        self.count += 1
        return &self.places[i]

    cdef void clear(self) noexcept nogil:
        memset(self.places, 0, self.slots * sizeof(PidPlace))
        self.count = 0


cdef void enlarge(PidTable table) noexcept nogil:
    cdef PidPlace *before = table.places
    cdef uint32_t slots = table.slots, i, to
    table.slots = 2 * slots
    table.places = <PidPlace *>calloc(table.slots, sizeof(PidPlace))
    if table.places == NULL:        # as in buffer.pxd: a packet's path has no way on without memory
        fputs(b"ptcpdump: out of memory for processes\n", stderr)
        abort()
    for i in range(slots):
        if before[i].pid:
            to = before[i].pid * <uint32_t>2654435761 & (table.slots - 1)
            while table.places[to].pid:
                to = (to + 1) & (table.slots - 1)
            table.places[to] = before[i]
    free(before)
