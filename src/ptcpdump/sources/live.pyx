"""The live source: records of the kernel's buffers become packets.

Process events are read before packets: look() first notes how far the packet buffer is filled, then takes in all process
events; then come the packets up to that mark. So whatever happened to a process before a packet is known when the
packet is looked at.
"""

from libc.stdint cimport INT64_MAX, UINT64_MAX, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy
from posix.time cimport CLOCK_MONOTONIC, CLOCK_REALTIME, clock_gettime, timespec

from ptcpdump.buffer cimport Buffer, buffer_free, buffer_room
from ptcpdump.kernel.bindings.lanes cimport Lanes
from ptcpdump.kernel.bindings.perf cimport PerfBuffer, open_perf_buffer
from ptcpdump.kernel.bindings.record cimport record
from ptcpdump.kernel.bindings.ring cimport Ring
from ptcpdump.packet cimport DIRECTION_OUT, OwnerKey, Packet, no_owner
from ptcpdump.sources.interface_rows cimport InterfaceRows, Place
from ptcpdump.sources.source cimport Source


cdef enum:
    FLYING = 1000000        # ns that a record may need to get into its lane after its time was taken
    BATCH = 98304           # bytes of records after which their place is given back, at most
    JITTER = 1000           # ns by which two readings of the clocks may differ without the clock having been set
    HEADERS = 128           # bytes of a packet that tell its ends
    ETHERNET = 1            # LINKTYPE_ETHERNET
    EVENT_PAGES = 64        # of each CPU's perf buffer of process events


cdef int64_t clock_ns(int clock) noexcept nogil:
    cdef timespec t
    clock_gettime(<int>clock, &t)
    return t.tv_sec * <int64_t>1000000000 + t.tv_nsec


cdef class LiveSource(Source):
    """Packets of one run, as the kernel's programs have recorded them.

    rows: where the interfaces stand; for a packet of one that it lacks, unknown(netns, ifindex) has to put it there.
    process_event(bytes) is called with each event of a process (struct process_event of kernel/bpf/record.h).
    """

    cdef InterfaceRows rows
    cdef object unknown
    cdef object process_event
    cdef Ring packets               # or, with lanes, what wakes us when there is much in them
    cdef Lanes lanes
    cdef Ring events
    cdef PerfBuffer packets_perf
    cdef PerfBuffer events_perf
    cdef uint64_t mark              # look() has seen what is before it: a position of the ring, or a time of lanes
    cdef int64_t seen               # up to this time (CLOCK_MONOTONIC) all records have been handed out
    cdef int64_t looked             # when look() took its mark
    cdef uint64_t batch             # bytes of records after which their place is given back
    cdef uint64_t came              # bytes of records of this batch
    cdef uint64_t found             # records since look()
    cdef bint ended
    cdef int64_t wall               # CLOCK_REALTIME - CLOCK_MONOTONIC
    cdef Buffer tagged              # perf transport: a packet with its VLAN tag put back
    cdef public object waiting      # how wait() waits
    cdef public object find_owner   # where the kernel does not know owners: asked for a packet's, see next()
    cdef OwnerKey late              # what it has found for this packet

    def __cinit__(self, InterfaceRows rows not None, unknown, process_event):
        self.rows = rows
        self.unknown = unknown
        self.process_event = process_event
        self.batch = BATCH
        self.read_clocks()

    def __dealloc__(self):
        buffer_free(&self.tagged)

    def read_rings(self, Ring packets not None, Ring events not None) -> None:
        """Take records from ring buffers."""
        self.packets = packets
        self.events = events
        self.batch = min(<uint64_t>BATCH, packets.size() // 4)

    def read_lanes(self, Lanes lanes not None) -> None:
        """Take packets from each CPU's own buffer; their ring, which read_rings() was told of, only wakes us."""
        self.lanes = lanes
        self.batch = BATCH

    def read_perf(self, int packets_fd, int events_fd, size_t pages) -> None:
        """Take records from perf buffers of `pages` pages a CPU (a power of two)."""
        self.events_perf = open_perf_buffer(events_fd, EVENT_PAGES)
        self.packets_perf = open_perf_buffer(packets_fd, pages)

    @property
    def lost_perf(self) -> int:
        """Packets lost in perf buffers."""
        return self.packets_perf.queue.lost if self.packets_perf is not None else 0

    @property
    def busy(self) -> bool:
        """Whether the last look has found packets."""
        return self.found != 0

    @property
    def drained(self) -> int:
        """All packets that were recorded before this time (CLOCK_MONOTONIC ns) have been handed out."""
        return self.seen

    def filenos(self) -> list[int]:
        """Descriptors to poll(2): readable when there is something to take."""
        if self.packets is not None:
            return [self.packets.fileno(), self.events.fileno()]
        return [self.packets_perf.fileno()]

    def wait(self, seconds=None) -> bool:
        """Wait for packets as the run does it, for so long at most; False when it is better not to look yet."""
        return self.waiting(seconds) if self.waiting is not None else True

    def end(self) -> None:
        """No new records will come: what is there is handed out to the last, then it is finished."""
        self.ended = True

    def stop(self) -> None:
        """End quietly: what has not been handed out yet is lost."""
        self.stopped = self.finished = True

    cdef int look(self) except -1:
        self.read_clocks()
        self.found = 0
        self.looked = clock_ns(CLOCK_MONOTONIC) - FLYING
        if self.packets is None:
            self.packets_perf.fill()
            self.events_perf.fill()
        elif self.lanes is not None:
            # without `ended` the last moment is left for the next time: other CPUs may be writing what is older
            self.mark = UINT64_MAX if self.ended else <uint64_t>self.looked
            self.packets.skip()
            self.lanes.mark()
        else:
            self.mark = self.packets.end()
        return self.read_events()

    cdef int read_events(self) except -1:
        cdef uint32_t size = 0
        cdef uint64_t end = self.events.end() if self.events is not None else 0
        cdef const uint8_t *data
        while True:
            data = self.events.next(end, &size) if self.events is not None else self.events_perf.next(&size)
            if data == NULL:
                break
            self.process_event((<const char *>data)[:size])
        if self.events is not None:
            self.events.release()
        return 0

    cdef int next(self, Packet *p) except -1 nogil:
        cdef const record *r
        cdef const uint8_t *data
        cdef uint32_t size = 0
        cdef Place *place
        if self.came >= self.batch or self.stopped:
            return 0
        r = self.next_record(&size)
        if r == NULL:
            self.seen = self.looked
            self.finished = self.ended and self.found == 0
            return 0
        self.found += 1
        self.came += sizeof(record) + size
        self.seen = <int64_t>r.time - 1
        place = self.rows.find(r.netns, r.ifindex)
        if place == NULL:
            place = self.add(r.netns, r.ifindex)
        place.packets += 1
        data = <const uint8_t *>(r + 1)
        p.time = <int64_t>r.time + self.wall
        p.captured = min(r.captured, size)
        p.length = r.length
        p.interface = place.row
        p.linktype = place.linktype
        p.direction = r.direction
        p.stays = self.packets_perf is None
        p.data = self.with_tag(r, data, &p.captured) if r.has_tag and self.packets_perf is not None else data
        no_owner(p)
        if r.owner.found:
            p.owner = &r.owner
        elif self.find_owner is not None:
            p.owner = self.ask_owner(data, min(r.captured, size), p)
        p.other = &r.other if r.has_other else NULL
        p.monotonic = r.time
        return 1

    cdef const record *next_record(self, uint32_t *size) noexcept nogil:
        """The next record with `size` bytes of its packet behind it; NULL when there is none before the mark."""
        cdef const record *r
        if self.lanes is not None:
            r = self.lanes.next(self.mark)
            if r != NULL:
                size[0] = r.captured
            return r
        if self.packets is not None:
            r = <const record *>self.packets.next(self.mark, size)
        else:
            r = <const record *>self.packets_perf.next(size)
        if r != NULL:
            size[0] -= sizeof(record)
        return r

    cdef Place *add(self, uint32_t netns, uint32_t ifindex) except NULL nogil:
        """Ask for an interface that has no place yet."""
        cdef Place *place
        with gil:
            self.unknown(netns, ifindex)
            place = self.rows.find(netns, ifindex)
            if place == NULL:
                raise KeyError((netns, ifindex))
        return place

    cdef const OwnerKey *ask_owner(self, const uint8_t *data, uint32_t size, const Packet *p) except? NULL nogil:
        """The owner of a packet that the kernel knew none for; NULL: there is none."""
        with gil:
            found = self.find_owner((<const char *>data)[:min(size, <uint32_t>HEADERS)], p.linktype == ETHERNET,
                                    p.direction == DIRECTION_OUT)
            if found is None:
                return NULL
            memcpy(&self.late, <const char *><bytes>found, sizeof(self.late))
        return &self.late

    cdef const uint8_t *with_tag(self, const record *r, const uint8_t *data, uint32_t *captured) noexcept nogil:
        """The packet with the VLAN tag that the kernel keeps beside it behind the two MAC addresses."""
        cdef uint32_t n = captured[0]
        cdef uint8_t *to
        if n < 12:
            return data
        self.tagged.len = 0
        to = <uint8_t *>buffer_room(&self.tagged, n + 4)
        memcpy(to, data, 12)
        to[12] = <uint8_t>(r.tag >> 24)
        to[13] = <uint8_t>(r.tag >> 16)
        to[14] = <uint8_t>(r.tag >> 8)
        to[15] = <uint8_t>r.tag
        memcpy(to + 16, data + 12, n - 12)
        captured[0] = n + 4
        return to

    cdef int release(self) except -1 nogil:
        """Let the kernel have the place of all records that were read."""
        self.came = 0
        if self.lanes is not None:
            self.lanes.release()
        elif self.packets is not None:
            self.packets.release()
        return 0

    cdef int64_t reached(self) noexcept nogil:
        return self.seen + self.wall

    cdef void read_clocks(self) noexcept nogil:
        """Offset from monotonic to wall clock time, read anew for each pass so that it follows a clock that is slewed
        or set. Small differences are noise of the reading and would only make time stamps jitter."""
        cdef int64_t before, wall, after, offset, width, best = INT64_MAX, chosen = 0
        cdef int i
        for i in range(3):
            before = clock_ns(CLOCK_MONOTONIC)
            wall = clock_ns(CLOCK_REALTIME)
            after = clock_ns(CLOCK_MONOTONIC)
            width = after - before
            if width < best:
                best = width
                chosen = wall - before - width // 2
        offset = chosen - self.wall
        if offset > JITTER or offset < -JITTER:
            self.wall = chosen
