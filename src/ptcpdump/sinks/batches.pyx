"""A sink that gathers packets as columns, and hands over a batch of them at a time: what Parquet and Arrow are made of."""

from libc.string cimport memset
from libc.time cimport time

from ptcpdump.buffer cimport buffer_free, put_bytes
from ptcpdump.data.columns cimport ROWS
from ptcpdump.data.owner_index cimport MOST_OWNERS
from ptcpdump.data.record cimport F_OUR_INTERFACE, F_OUR_SUMMARY, set_span
from ptcpdump.sinks.output import Output


cdef enum:
    MAX_BYTES = 67108864        # of a batch's texts

cdef int64_t DAY = 86400 * <int64_t>1000000000


cdef inline int64_t day_of(int64_t moment) noexcept nogil:
    return moment // DAY - (1 if moment % DAY < 0 else 0)


cdef class BatchSink(Sink):
    """Calls give(taken, owners, first) for each batch; see Columns.take() for `taken`.

    owners: contexts by their numbers, None for none; first: the time of its first packet, ns since the epoch. A batch ends
    after ROWS packets, when its packets' time covers `span` ns, at midnight UTC, and when what it keeps is too much.
    give() returns the time, seconds since the epoch, at which the next packet has to find a new batch. finish() is called
    at the end. options, chosen: as for JsonSink.
    """

    def __cinit__(self, options not None, chosen not None, give not None, finish not None, *, int64_t span, double deadline=0):
        self.recorder = Recorder()
        self.columns = Columns()
        self.text = TextSink(Output(-1, "lines"), options)
        self.chosen = chosen
        self.give = give
        self.finish = finish
        self.owners = OwnerIndex()
        self.contexts = [None]
        self.labels = {}
        self.span = span
        self.deadline = deadline or float("inf")

    def __dealloc__(self):
        buffer_free(&self.line)
        buffer_free(&self.interfaces)

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        cdef Span none
        cdef bytes label = interface.shown.encode(errors="surrogateescape")
        memset(&none, 0, sizeof(none))
        while self.interfaces.len // sizeof(Span) <= row:
            put_bytes(&self.interfaces, &none, sizeof(none))
        (<Span *>self.interfaces.data)[row].data = label
        (<Span *>self.interfaces.data)[row].len = <uint32_t>len(label)
        self.labels[row] = label
        return self.text.add_interface(row, interface)

    cdef int packet(self, const Packet *p) except -1 nogil:
        cdef Span *label
        cdef int owner = 0
        self.text.seen += 1
        if self.text.sampling and self.text.seen % self.text.sampling:
            return 0
        if self.columns.rows and self.due(p):
            with gil:
                self.deliver()
        self.line.len = 0
        self.text.line(&self.line, p)
        if p.context != NULL:
            owner = self.owner_of(p.context.context)
        if self.columns.rows == 0:
            self.first = p.time
        self.recorder.fill(p)
        set_span(&self.recorder.record, F_OUR_SUMMARY, self.line.data, self.line.len - 1)
        if p.interface < self.interfaces.len // sizeof(Span):
            label = &(<Span *>self.interfaces.data)[p.interface]
            if label.len:
                set_span(&self.recorder.record, F_OUR_INTERFACE, label.data, label.len)
        self.columns.append(&self.recorder.record, <uint32_t>owner)
        return 0

    cdef bint due(self, const Packet *p) noexcept nogil:
        """Whether this packet belongs to another batch."""
        return (self.columns.rows == ROWS or self.columns.bytes > MAX_BYTES or self.owners.count + 1 >= MOST_OWNERS or
                p.time - self.first >= self.span or p.time < self.first - self.span or
                day_of(p.time) != day_of(self.first) or time(NULL) >= self.deadline)

    cdef int deliver(self) except -1:
        contexts, self.contexts = self.contexts, [None]
        self.owners.clear()
        self.deadline = self.give(self.columns.take(), contexts, self.first)
        return 0

    cdef int owner_of(self, void *context) except -1 nogil:
        cdef int row = self.owners.find(context)
        if row >= 0:
            return row + 1
        with gil:
            return self.learn(context)

    cdef int learn(self, void *context) except -1:
        known = <object>context
        self.contexts.append(None if known is None else self.chosen(known))
        return <int>self.owners.add(context) + 1

    cpdef int close(self) except -1:
        """Hand over what is left; a second call does nothing."""
        if self.closed:
            return 0
        self.closed = True
        try:
            if self.columns.rows:
                self.deliver()
        finally:
            self.finish()
        return 0
