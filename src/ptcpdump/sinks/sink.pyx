"""The base of all sinks, and how several of them become one."""


cdef class Sink:
    """Takes packets. Each method may raise what the output raises: SavefileError, or BrokenPipeError on a closed pipe.

    Packets come by methods that only Cython sees; in Python, derive from ptcpdump.sinks.objects.PacketSink.
    """

    def __cinit__(self, *_of_subclasses, **_words_of_subclasses):
        kind = type(self)
        if "__pyx_vtable__" not in kind.__dict__ and not hasattr(kind, "handle"):     # made in Python
            raise TypeError(f"no packet would reach {kind.__name__}: a sink written in Python has to derive from "
                            "ptcpdump.sinks.objects.PacketSink")

    cdef int start(self) except -1:
        return 0

    cdef int packet(self, const Packet *p) except -1 nogil:
        return 0

    cdef int settle(self) except -1 nogil:
        return 0

    cdef int flush(self) except -1 nogil:
        return 0

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        return 0

    cpdef int drop_interface(self, uint32_t row) except -1:
        return 0

    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1:
        return 0

    cpdef int write_block(self, uint32_t kind, bytes body) except -1:
        return 0

    cpdef int set_statistics(self, uint32_t row, statistics) except -1:
        return 0

    cpdef int ask_statistics(self, ask) except -1:
        return 0

    cpdef int close(self) except -1:
        return 0


cdef class ForwardingSink(Sink):
    def __cinit__(self, Sink inner not None, *_of_subclasses, **_words_of_subclasses):
        self.inner = inner

    cdef int start(self) except -1:
        return self.inner.start()

    cdef int packet(self, const Packet *p) except -1 nogil:
        return self.inner.packet(p)

    cdef int settle(self) except -1 nogil:
        return self.inner.settle()

    cdef int flush(self) except -1 nogil:
        return self.inner.flush()

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        return self.inner.add_interface(row, interface)

    cpdef int drop_interface(self, uint32_t row) except -1:
        return self.inner.drop_interface(row)

    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1:
        return self.inner.write_secrets(kind, secrets)

    cpdef int write_block(self, uint32_t kind, bytes body) except -1:
        return self.inner.write_block(kind, body)

    cpdef int set_statistics(self, uint32_t row, statistics) except -1:
        return self.inner.set_statistics(row, statistics)

    cpdef int ask_statistics(self, ask) except -1:
        return self.inner.ask_statistics(ask)

    cpdef int close(self) except -1:
        return self.inner.close()


cdef class Tee(Sink):
    def __cinit__(self, Sink first not None, Sink second not None):
        self.first = first
        self.second = second

    cdef int start(self) except -1:
        self.first.start()
        return self.second.start()

    cdef int packet(self, const Packet *p) except -1 nogil:
        self.first.packet(p)
        return self.second.packet(p)

    cdef int settle(self) except -1 nogil:
        self.first.settle()
        return self.second.settle()

    cdef int flush(self) except -1 nogil:
        self.first.flush()
        return self.second.flush()

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        self.first.add_interface(row, interface)
        return self.second.add_interface(row, interface)

    cpdef int drop_interface(self, uint32_t row) except -1:
        self.first.drop_interface(row)
        return self.second.drop_interface(row)

    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1:
        self.first.write_secrets(kind, secrets)
        return self.second.write_secrets(kind, secrets)

    cpdef int write_block(self, uint32_t kind, bytes body) except -1:
        self.first.write_block(kind, body)
        return self.second.write_block(kind, body)

    cpdef int set_statistics(self, uint32_t row, statistics) except -1:
        self.first.set_statistics(row, statistics)
        return self.second.set_statistics(row, statistics)

    cpdef int ask_statistics(self, ask) except -1:
        self.first.ask_statistics(ask)
        return self.second.ask_statistics(ask)

    cpdef int close(self) except -1:
        try:
            self.first.close()
        finally:
            self.second.close()
        return 0


cpdef Sink tee(sinks):
    """One sink that stands for all of `sinks`, in that order; for none, one that takes everything and does nothing."""
    sinks = list(sinks)
    if not sinks:
        return Sink()
    cdef Sink all_of_them = sinks.pop()
    while sinks:
        all_of_them = Tee(sinks.pop(), all_of_them)
    return all_of_them
