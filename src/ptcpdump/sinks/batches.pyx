"""A sink that gathers packets as columns, and hands over a batch of them at a time: what Parquet and Arrow are made of."""

from libc.stdlib cimport calloc, free

from ptcpdump.data.columns cimport ROWS
from ptcpdump.data.owner_index cimport MOST_OWNERS
from ptcpdump.data.bounds cimport Weight, weight_of
from ptcpdump.sinks.clock cimport is_over


cdef enum:
    MAX_BYTES = 25165824        # of a batch's texts
    MAX_SPELLED = 33554432      # of what its owners' take, of which lists are spelled out with each packet

cdef int64_t DAY = 86400 * <int64_t>1000000000


cdef inline int64_t day_of(int64_t moment) noexcept nogil:
    return moment // DAY - (1 if moment % DAY < 0 else 0)


cdef class BatchSink(RecordSink):
    """Calls give(taken, owners, first) for each batch; see Columns.take() for `taken`.

    owners: contexts by their numbers, None for none; first: the time of its first packet, ns since the epoch. A batch ends
    after ROWS packets, when its packets' time covers `span` ns, at midnight UTC, and when what it keeps is too much, or what
    is made of it would be.
    give() returns the time, of rotation.now(), at which the next packet has to find a new batch; begin() the first such
    time, infinite for none, once packets can come. finish() is called at the end. lent: give() is done with `taken` when it
    returns. options, chosen: see RecordSink.set_up().
    """

    def __cinit__(self, options not None, chosen not None, give not None, finish not None, *, int64_t span, begin=None,
                  bint lent=False):
        self.set_up(options, chosen)
        self.columns = Columns()
        self.give = give
        self.finish = finish
        self.contexts = [None]
        self.span = span
        self.begin = begin
        self.lent = lent
        self.deadline = float("inf")
        self.weights = <uint32_t *>calloc(MOST_OWNERS + 1, sizeof(uint32_t))
        if self.weights == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.weights)

    cdef int start(self) except -1:
        if self.begin is not None:
            self.deadline = self.begin()
        return 0

    cdef int packet(self, const Packet *p) except -1 nogil:
        cdef int owner = 0
        if not self.sampled():
            return 0
        if self.columns.rows and self.due(p):
            with gil:
                self.deliver()
        self.fill(p)
        if p.context != NULL:
            owner = self.owner_of(p.context.context)
        if self.columns.rows == 0:
            self.first = p.time
        self.columns.append(&self.recorder.record, <uint32_t>owner)
        self.spelled += self.weights[owner]
        return 0

    cdef bint due(self, const Packet *p) noexcept nogil:
        """Whether this packet belongs to another batch."""
        return (self.columns.rows == ROWS or self.columns.bytes > MAX_BYTES or self.spelled > MAX_SPELLED or
                self.owners.count + 1 >= MOST_OWNERS or p.time - self.first >= self.span or
                p.time < self.first - self.span or
                day_of(p.time) != day_of(self.first) or is_over(self.deadline))

    cdef int deliver(self) except -1:
        contexts, self.contexts = self.contexts, [None]
        self.owners.clear()
        self.spelled = 0
        try:
            self.deadline = self.give(self.columns.take(self.lent), contexts, self.first)
        finally:
            self.columns.clear()
        return 0

    cdef int owner_of(self, void *context) except -1 nogil:
        cdef int row = self.owners.find(context)
        if row >= 0:
            return row + 1
        with gil:
            return self.learn(context)

    cdef int learn(self, void *context) except -1:
        cdef Weight weight
        cdef int owner
        known = <object>context
        told = None if known is None else self.chosen(known)
        weight = weight_of(told)
        self.contexts.append(told)
        owner = <int>self.owners.add(context) + 1
        self.weights[owner] = weight.each
        self.spelled += weight.once
        return owner

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
