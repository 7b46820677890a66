"""The live source: records of the kernel's buffers become packets with their owner's text.

Process events are read before packets: a pass first notes how far the packet ring is filled, then takes in all process
events, then the packets up to that mark. So whatever happened to a process before a packet is known when the packet is
looked at.
"""

from libc.stdint cimport INT64_MAX, UINT64_MAX, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset
from posix.time cimport CLOCK_MONOTONIC, CLOCK_REALTIME, clock_gettime, timespec

from ptcpdump.context.text_cache cimport ContextCache
from ptcpdump.kernel.bindings.lanes cimport Lanes
from ptcpdump.kernel.bindings.perf cimport PerfBuffer, open_perf_buffer
from ptcpdump.kernel.bindings.record cimport owner, process_event, record
from ptcpdump.kernel.bindings.ring cimport Ring
from ptcpdump.packet cimport ContextText, Packet
from ptcpdump.sinks.sink cimport Sink



cdef enum:
    OWNERS = 65536          # slots, a power of two; at half of it the table starts anew
    ROWS = 4096             # likewise for interfaces
    FLYING = 1000000        # ns that a record may need to get into its lane after its time was taken
    BATCH = 98304           # bytes of records after which their place is given back, at most
    JITTER = 1000           # ns by which two readings of the clocks may differ without the clock having been set


cdef struct Known:
    owner key
    const ContextText *text
    uint64_t since          # CLOCK_MONOTONIC ns between which the text holds
    uint64_t until


cdef struct Row:
    uint32_t netns
    uint32_t ifindex        # 0: free
    uint32_t number         # in the interface table
    uint32_t linktype
    uint64_t packets


cdef inline uint64_t hash_owner(const owner *o) noexcept nogil:
    cdef uint64_t h = (o.start ^ <uint64_t>o.pid << 32 ^ o.tid ^ o.cgroup << 7 ^ o.found) * <uint64_t>0x9e3779b97f4a7c15
    return h ^ h >> 32


cdef int64_t clock_ns(int clock) noexcept nogil:
    cdef timespec t
    clock_gettime(<int>clock, &t)
    return t.tv_sec * <int64_t>1000000000 + t.tv_nsec


cdef class LiveSource:
    """Reads packets and process events of one run and hands the packets to a sink.

    processes: context.processes.ProcessTable; resolve(pid, tid, host_pid, start, uid, cgroup, found, comm, thread_name, time) gives
    (Context, since, until) in CLOCK_MONOTONIC ns. limit: stop after so many packets, 0 for none.
    """

    cdef Sink sink
    cdef ContextCache cache
    cdef object processes
    cdef object resolve
    cdef object unknown_interface
    cdef Ring packets               # or, with lanes, what wakes us when there is much in them
    cdef Lanes lanes
    cdef Ring events
    cdef PerfBuffer packets_perf
    cdef PerfBuffer events_perf
    cdef Known *known
    cdef uint32_t known_count
    cdef dict by_process
    cdef Row *rows
    cdef int64_t wall               # CLOCK_REALTIME - CLOCK_MONOTONIC
    cdef readonly uint64_t captured
    cdef uint64_t limit
    cdef uint64_t batch             # bytes of records after which their place is given back
    cdef bytearray tagged           # perf transport: a packet with its VLAN tag put back

    def __cinit__(self, Sink sink not None, ContextCache cache not None, processes, resolve, unknown_interface,
                  uint64_t limit=0):
        self.sink = sink
        self.cache = cache
        self.processes = processes
        self.resolve = resolve
        self.unknown_interface = unknown_interface
        self.limit = limit
        self.by_process = {}
        self.known = <Known *>calloc(OWNERS, sizeof(Known))
        self.rows = <Row *>calloc(ROWS, sizeof(Row))
        if self.known == NULL or self.rows == NULL:
            raise MemoryError
        self.read_clocks()

    def __dealloc__(self):
        free(self.known)
        free(self.rows)

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
        self.events_perf = open_perf_buffer(events_fd, 64, on_perf_event, <void *>self)
        self.packets_perf = open_perf_buffer(packets_fd, pages, on_perf_packet, <void *>self)

    @property
    def lost_perf(self) -> int:
        """Packets lost in perf buffers."""
        return self.packets_perf.lost if self.packets_perf is not None else 0

    def filenos(self) -> list[int]:
        """Descriptors to poll(2): readable when there is something to consume."""
        if self.packets is not None:
            return [self.packets.fileno(), self.events.fileno()]
        return [self.packets_perf.fileno()]

    @property
    def done(self) -> bool:
        """Whether the limit is reached."""
        return self.limit != 0 and self.captured >= self.limit

    def consume(self, *, bint ended=False) -> int:
        """Hand over the packets that are there; returns how many (call again until 0, there may be new ones by then).

        ended: no new ones will come; without it the last millisecond may be left for the next call, so that packets of
        several CPUs come in the order of time. Errors of sinks pass through.
        """
        cdef uint64_t before = self.captured
        cdef uint64_t mark
        self.read_clocks()
        if self.packets is None:
            self.events_perf.consume()
            self.packets_perf.consume()
        else:
            if self.lanes is not None:
                mark = UINT64_MAX if ended else <uint64_t>clock_ns(CLOCK_MONOTONIC) - FLYING
                self.packets.skip()
                self.lanes.mark()
            else:
                mark = self.packets.end()
            self.consume_events()
            try:
                with nogil:
                    self.consume_records(mark)
            finally:
                with nogil:
                    self.give_back()
        with nogil:
            self.sink.flush()
        return self.captured - before

    cdef int consume_events(self) except -1:
        cdef uint32_t size = 0
        cdef const uint8_t *data
        cdef uint64_t end = self.events.end()
        while True:
            data = self.events.next(end, &size)
            if data == NULL:
                break
            self.process_event(data, size)
        self.events.release()
        return 0

    cdef int process_event(self, const uint8_t *data, uint32_t size) except -1:
        key = self.processes.feed((<const char *>data)[:size])
        cdef uint64_t time = (<const process_event *>data).time
        if key[0] and self.by_process:
            for slot in self.by_process.pop(key, ()):
                self.known[<uint32_t>slot].until = min(self.known[<uint32_t>slot].until, time)
        return 0

    cdef int consume_records(self, uint64_t mark) except -1 nogil:
        """Hand over what the ring holds before the position `mark`, or lanes before that time."""
        cdef const record *r
        cdef uint32_t size = 0
        cdef uint64_t came = 0
        while not (self.limit and self.captured >= self.limit):
            r = self.next(mark, &size)
            if r == NULL:
                break
            self.one(r, <const uint8_t *>(r + 1), size, True)
            came += sizeof(record) + size
            if came >= self.batch:
                came = 0
                self.give_back()
        return 0

    cdef const record *next(self, uint64_t mark, uint32_t *size) noexcept nogil:
        """The next record with `size` bytes of its packet behind it; NULL when there is none."""
        cdef const record *r
        if self.lanes is not None:
            r = self.lanes.next(mark)
            if r != NULL:
                size[0] = r.captured
        else:
            r = <const record *>self.packets.next(mark, size)
            if r != NULL:
                size[0] -= sizeof(record)
        return r

    cdef int give_back(self) except -1 nogil:
        """Let the kernel have the place of all records that were read."""
        self.sink.settle()
        if self.lanes is not None:
            self.lanes.release()
        else:
            self.packets.release()
        return 0

    cdef int one(self, const record *r, const uint8_t *data, uint32_t size, bint stays) except -1 nogil:
        cdef Packet p
        cdef Row *row = self.row(r.netns, r.ifindex)
        p.time = <int64_t>r.time + self.wall
        p.data = data
        p.captured = min(r.captured, size)
        p.length = r.length
        p.interface = row.number
        p.linktype = row.linktype
        p.direction = r.direction
        p.stays = stays
        p.context = self.text(&r.owner, r.time) if r.owner.pid else NULL
        row.packets += 1
        self.captured += 1
        return self.sink.packet(&p)

    # ------------------------------------------------------------------ clocks

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

    # ------------------------------------------------------------------ interfaces

    def add_interface(self, uint32_t netns, uint32_t ifindex, uint32_t number, uint32_t linktype) -> None:
        """Packets of this interface belong to row `number` of the run's interface table from now on."""
        cdef Row *row = self.slot(netns, ifindex)
        row.netns = netns
        row.ifindex = ifindex
        row.number = number
        row.linktype = linktype
        row.packets = 0

    def interface_packets(self, uint32_t netns, uint32_t ifindex) -> int:
        """Packets handed over of this interface."""
        return self.slot(netns, ifindex).packets

    cdef Row *slot(self, uint32_t netns, uint32_t ifindex) noexcept nogil:
        cdef uint32_t i = (ifindex * <uint32_t>2654435761 ^ netns * <uint32_t>40503) & (ROWS - 1)
        cdef uint32_t tries
        for tries in range(ROWS):
            if self.rows[i].ifindex == 0 or (self.rows[i].ifindex == ifindex and self.rows[i].netns == netns):
                break
            i = (i + 1) & (ROWS - 1)
        return &self.rows[i]

    cdef Row *row(self, uint32_t netns, uint32_t ifindex) except NULL nogil:
        cdef Row *row = self.slot(netns, ifindex)
        if row.ifindex != ifindex or row.netns != netns:
            with gil:
                self.unknown_interface(netns, ifindex)      # adds it by add_interface()
            row = self.slot(netns, ifindex)
        return row

    # ------------------------------------------------------------------ owners

    cdef const ContextText *text(self, const owner *o, uint64_t time) except NULL nogil:
        cdef uint32_t i = <uint32_t>(hash_owner(o) & (OWNERS - 1))
        cdef Known *known
        while True:
            known = &self.known[i]
            if known.text == NULL:
                with gil:
                    return self.learn(o, time)
            if known.since <= time < known.until and memcmp(&known.key, o, sizeof(owner)) == 0:
                return known.text
            i = (i + 1) & (OWNERS - 1)

    cdef const ContextText *learn(self, const owner *o, uint64_t time) except NULL:
        cdef uint32_t i
        if self.known_count >= OWNERS // 2:
            self.forget_all()
        context, since, until, key = self.resolve(
            o.pid, o.tid, o.host_pid[0] | o.host_pid[1] << 8 | o.host_pid[2] << 16, o.start, o.uid, o.cgroup, o.found, name(o.process_comm), name(o.comm), time)
        i = <uint32_t>(hash_owner(o) & (OWNERS - 1))
        while self.known[i].text != NULL:
            i = (i + 1) & (OWNERS - 1)
        memcpy(&self.known[i].key, o, sizeof(owner))
        self.known[i].since = since
        self.known[i].until = until
        self.known[i].text = self.cache.intern(context)
        self.known_count += 1
        self.by_process.setdefault(key, []).append(i)
        return self.known[i].text

    def forget_all(self) -> None:
        """Look all owners up anew: more is known of some, or the table is full."""
        cdef uint32_t i
        for i in range(OWNERS):
            if self.known[i].text != NULL:
                self.cache.release(self.known[i].text)
        memset(self.known, 0, OWNERS * sizeof(Known))
        self.known_count = 0
        self.by_process.clear()


cdef str name(const char *comm):
    """A task's name as the kernel has it, bytes that are no UTF-8 as PEP 383 says."""
    return comm[:16].split(b"\0", 1)[0].decode(errors="surrogateescape")


# --------------------------------------------------------------------------- perf buffers, where there is no ring buffer

cdef int on_perf_packet(void *source, uint8_t *data, uint32_t size) except -1:
    cdef LiveSource self = <LiveSource>source
    cdef const record *r = <const record *>data
    cdef uint8_t *packet = data + sizeof(record)
    cdef uint32_t n = min(r.captured, size - <uint32_t>sizeof(record))
    cdef record copy
    cdef uint8_t *moved
    if r.has_tag and n >= 12:
        # the kernel could not put the tag in: room is made for it behind the two MAC addresses
        self.tagged = bytearray(n + 4)
        moved = self.tagged
        memcpy(moved, packet, 12)
        moved[12] = <uint8_t>(r.tag >> 24)
        moved[13] = <uint8_t>(r.tag >> 16)
        moved[14] = <uint8_t>(r.tag >> 8)
        moved[15] = <uint8_t>r.tag
        memcpy(moved + 16, packet + 12, n - 12)
        copy = r[0]
        copy.captured = n + 4
        self.one(&copy, moved, n + 4, False)
    else:
        self.one(r, packet, n, False)
    return self.done


cdef int on_perf_event(void *source, uint8_t *data, uint32_t size) except -1:
    (<LiveSource>source).process_event(data, size)
    return 0
