"""The one way that packets take through a run: source → filter → context → sink.

Live capture, a savefile, a list of them and several sources merged by time differ in the source; text and savefiles
differ in the sink. Stages written in Python stand at either end: see sources.objects and sinks.objects.
"""

from libc.stdint cimport UINT64_MAX

from ptcpdump.errors import OutputFinished, SavefileError


cdef class Driver:
    """Pulls packets from a source and hands those that are wanted to a sink.

    table: the run's InterfaceTable. filter: only packets that match. directions: only packets that come in (1) or go out
    (2), of which it is the sum; 0: all. by_owner: only packets whose owner the context stage's `wanted` lets pass. skip:
    leave out so many of those. limit: end after so many more; 0: never.
    """

    def __cinit__(self, Source source not None, Sink sink not None, ContextStage contexts not None, table, *,
                  PacketFilter filter=None, uint8_t directions=0, bint by_owner=False, uint64_t skip=0, uint64_t limit=0):
        self.source = source
        self.sink = sink
        self.contexts = contexts
        self.table = table
        self.filter = filter
        self.directions = directions
        self.by_owner = by_owner
        self.blind = not by_owner and type(sink) is Sink    # which does nothing: packets are counted
        self.skip = skip
        self.limit = limit

    cdef int one(self, Packet *p) except -1 nogil:
        """The way of one packet."""
        if self.filter is not None and not self.filter.matches(p):
            return 0
        if self.directions and not p.direction & self.directions:
            self.undirected += p.direction == 0
            return 0
        if not self.blind:
            self.contexts.look_up(p)
        if self.by_owner and (p.context == NULL or not p.context.wanted):
            return 0
        self.matched += 1
        if self.matched <= self.skip:
            return 0
        self.passed += 1
        self.refused = True     # until the sink comes back: when it raises, it takes no more
        self.sink.packet(p)
        self.refused = False
        return 0

    cdef uint64_t batch(self, uint64_t last) except? 0xffffffffffffffff nogil:
        """A batch of the source, until `last` packets have been handed over; returns how many were read."""
        cdef Packet packet
        cdef uint64_t before = self.read
        while self.passed < last and not self.leaving and self.source.next(&packet):
            self.read += 1
            self.one(&packet)
        return self.read - before

    @property
    def full(self) -> bool:
        """Whether as many packets as wanted have been handed over."""
        return self.limit != 0 and self.passed >= self.limit

    @property
    def done(self) -> bool:
        """Whether no packet will be handed over any more: the limit is reached, the source has ended, or the sink has
        raised."""
        return self.full or self.source.finished or self.refused

    def step(self, uint64_t most=0) -> int:
        """Hand over what is there now; returns how many packets.

        most: end after so many; 0: no limit. Raises what source and sink raise; what came before has then been handed
        over.
        """
        cdef uint64_t before = self.passed
        cdef uint64_t last = self.limit if self.limit else UINT64_MAX
        cdef uint64_t found = 1
        if most and last - before > most:
            last = before + most
        if self.refused:
            return 0
        self.leaving = False
        if not self.started:
            self.started = self.refused = True
            self.sink.start()
            self.refused = False
        try:
            self.source.look()
            while found and self.passed < last and not self.leaving:
                try:
                    with nogil:
                        found = self.batch(last)
                finally:
                    self.leaving = self.leaving and not self.refused    # whoever raises does not go on
                    with nogil:
                        self.sink.settle()
                        self.source.release()
        except OutputFinished:
            self.passed -= self.refused     # a packet that came behind the last file's time is nowhere
            raise
        except SavefileError:
            if not self.refused:
                with nogil:
                    self.sink.flush()   # what came before the damage is shown before anybody speaks of it
            raise
        with nogil:
            self.sink.flush()
        self.table.passed()
        return self.passed - before

    def leave(self) -> None:
        """End the step that is going on behind the packet that it is at; what is left is for the next step.

        For signal handlers: they run inside of printers and sinks that are written in Python.
        """
        self.leaving = True

    @property
    def held(self) -> bool:
        """Whether leave() was called, and the sink has not come back yet from the packet that it was at."""
        return self.leaving and self.refused

    def wait(self, stopped=None, seconds=None) -> None:
        """Wait until another step is worth it, `stopped` says so, or the time is over."""
        while not (self.done or (stopped is not None and stopped()) or self.source.wait(seconds) or seconds is not None):
            pass

    def run(self, stopped=None) -> None:
        """Hand over packets until the source ends, the limit is reached, or `stopped` says so."""
        while not self.done and not (stopped is not None and stopped()):
            self.step()
            self.wait(stopped)
