"""Several sources as one: one after the other, or merged by time."""

from libc.stdint cimport int64_t
from libc.string cimport memset

from ptcpdump.buffer cimport buffer_free, put_bytes


cdef class SequenceSource(Source):
    """Sources one after the other; each is taken from the iterable when the one before it has ended, and closed then."""

    def __cinit__(self, sources):
        self.rest = iter(sources)

    cdef int look(self) except -1:
        while not self.finished and (self.current is None or self.current.finished):
            self.close_current()
            self.current = None if self.stopped else next(self.rest, None)
            self.finished = self.current is None
        return self.current.look() if self.current is not None else 0

    cdef int next(self, Packet *p) except -1 nogil:
        # one that has ended, within a packet perhaps because somebody stopped it, is not asked again
        return self.current.next(p) if self.current is not None and not self.current.finished else 0

    cdef int release(self) except -1 nogil:
        return self.current.release() if self.current is not None else 0

    cdef int64_t reached(self) noexcept nogil:
        return self.current.reached() if self.current is not None else Source.reached(self)

    def wait(self, seconds=None) -> bool:
        """Wait for the present source; the next one is opened at once."""
        return self.current is None or self.current.finished or self.current.wait(seconds)

    def stop(self) -> None:
        """End quietly at the next packet; meant for signal handlers."""
        self.stopped = True
        if self.current is not None:
            self.current.stop()

    def close_current(self) -> None:
        if self.current is not None:
            self.current.close()
            self.current = None

    def close(self) -> None:
        """Close the present source; a second call does nothing."""
        self.finished = True
        self.close_current()


cdef int64_t certain(Source source) noexcept nogil:
    """Up to which time all packets of a source that has none at the moment have been seen."""
    return 0x7fffffffffffffff if source.finished else source.reached()


cdef int pull(Source source, Head *head) except -1 nogil:
    if not head.there and not head.empty:
        head.there = source.next(&head.packet)
        head.empty = not head.there
    return 0


cdef void keep(Head *head) noexcept nogil:
    """Copy a packet that has to wait longer than its source lets it stay."""
    cdef Packet *p = &head.packet
    if not head.there or (not p.stays and p.owner == NULL):
        return
    if p.data != <const unsigned char *>head.bytes.data:
        head.bytes.len = 0
        put_bytes(&head.bytes, p.data, p.captured)
        p.data = <const unsigned char *>head.bytes.data
        p.stays = False
    if p.owner != NULL and p.owner != &head.owner:
        head.owner = p.owner[0]
        p.owner = &head.owner
    if p.other != NULL and p.other != &head.far:
        head.far = p.other[0]
        p.other = &head.far


cdef class MergedSource(Source):
    """Two sources as one, their packets in the order of time; of equal times those of the first come first.

    A packet is handed out when the other source has a later one, has ended, or has seen all up to that time.
    """

    def __cinit__(self, Source first not None, Source second not None):
        memset(&self.one, 0, sizeof(Head))
        memset(&self.other, 0, sizeof(Head))
        self.first = first
        self.second = second

    def __dealloc__(self):
        buffer_free(&self.one.bytes)
        buffer_free(&self.other.bytes)

    cdef int look(self) except -1:
        self.first.look()
        self.second.look()
        self.one.empty = self.other.empty = False
        return 0

    cdef int next(self, Packet *p) except -1 nogil:
        cdef Head *one = &self.one
        cdef Head *other = &self.other
        self.done_with()
        pull(self.first, one)
        pull(self.second, other)
        if one.there and one.packet.time <= (other.packet.time if other.there else certain(self.second)):
            self.taken = one
        elif other.there and other.packet.time <= (one.packet.time if one.there else certain(self.first)):
            self.taken = other
        else:
            self.finished = (not one.there and not other.there and self.first.finished and self.second.finished)
            return 0
        p[0] = self.taken.packet
        return 1

    cdef void done_with(self) noexcept nogil:
        """What was handed out has been dealt with."""
        if self.taken != NULL:
            self.taken.there = False
            self.taken = NULL

    cdef int release(self) except -1 nogil:
        self.done_with()
        keep(&self.one)
        keep(&self.other)
        self.first.release()
        self.second.release()
        self.one.empty = self.other.empty = False
        return 0

    cdef int64_t reached(self) noexcept nogil:
        return min(self.one.packet.time - 1 if self.one.there else certain(self.first),
                   self.other.packet.time - 1 if self.other.there else certain(self.second))

    def wait(self, seconds=None) -> bool:
        """Wait for the sources that have no packet ready."""
        lacking = [source for source, there in ((self.first, self.one.there), (self.second, self.other.there))
                   if not there and not source.finished]
        if len(lacking) == 1:
            return lacking[0].wait(seconds)
        for source in lacking:      # either may go on first
            source.wait(0.02)
        return True

    def stop(self) -> None:
        """End quietly at the next packet; meant for signal handlers."""
        self.stopped = True
        self.first.stop()
        self.second.stop()

    def close(self) -> None:
        """Close both; a second call does nothing."""
        self.finished = True
        self.first.close()
        self.second.close()


cpdef Source merged(sources):
    """All sources as one, their packets in the order of time; of equal times the earlier source's comes first."""
    row = list(sources)
    while len(row) > 1:     # in pairs, so that a packet is compared log2(n) times
        row = [MergedSource(*row[i:i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
    return row[0] if row else Source()
