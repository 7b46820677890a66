"""From an interface, as the kernel's records name it, to its row of the run's interface table."""

from libc.stdlib cimport calloc, free


cdef enum:
    FEWEST = 64             # slots


cdef class InterfaceRows:
    """Rows of interfaces by network namespace (inode) and ifindex.

    It grows with what is put into it: whoever does so bounds that.
    """

    def __cinit__(self):
        self.enlarge(FEWEST)

    def __dealloc__(self):
        free(self.places)

    def __len__(self):
        return self.count

    cdef int enlarge(self, uint32_t slots) except -1:
        """Move all to a larger table, or to one of the same size to close gaps."""
        cdef Place *before = self.places
        cdef uint32_t number = self.slots, i, to
        self.places = <Place *>calloc(slots, sizeof(Place))
        if self.places == NULL:
            self.places = before
            raise MemoryError
        self.slots = slots
        for i in range(number):
            if before[i].ifindex:
                to = slot_of(before[i].netns, before[i].ifindex) & (slots - 1)
                while self.places[to].ifindex:
                    to = (to + 1) & (slots - 1)
                self.places[to] = before[i]
        free(before)
        return 0

    def row(self, uint32_t netns, uint32_t ifindex) -> int | None:
        """The row of an interface; None when it has none."""
        cdef Place *place = self.find(netns, ifindex)
        return place.row if place != NULL else None

    def put(self, uint32_t netns, uint32_t ifindex, uint32_t row, uint32_t linktype) -> None:
        """Packets of this interface belong to a row from now on, and are counted anew."""
        cdef Place *place = self.find(netns, ifindex)
        cdef uint32_t i
        if place == NULL:
            if 2 * self.count >= self.slots:
                self.enlarge(2 * self.slots)
            i = slot_of(netns, ifindex) & (self.slots - 1)
            while self.places[i].ifindex:
                i = (i + 1) & (self.slots - 1)
            place = &self.places[i]
            self.count += 1
        place.netns = netns
        place.ifindex = ifindex
        place.row = row
        place.linktype = linktype
        place.packets = 0

    def drop(self, uint32_t netns, uint32_t ifindex) -> None:
        """Forget an interface; nothing happens for one that is not known."""
        cdef Place *place = self.find(netns, ifindex)
        if place != NULL:
            place.ifindex = 0
            self.count -= 1
            self.enlarge(self.slots)    # what stood behind it on its way has to be found still

    def packets(self, uint32_t netns, uint32_t ifindex) -> int:
        """Packets seen of this interface since put()."""
        cdef Place *place = self.find(netns, ifindex)
        return place.packets if place != NULL else 0
