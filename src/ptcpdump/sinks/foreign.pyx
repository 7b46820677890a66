"""Sinks of other packages: what goes wrong in one is said of its package."""

from libc.stdint cimport uint32_t

from ptcpdump.packet cimport Packet
from ptcpdump.sinks.sink cimport Sink


cdef class ForeignSink(Sink):
    """Hands everything on to `sink`, and raises blame(error) for what that raises; the run ends then.

    A sink that has failed is still closed, for its file's sake, but what goes wrong in that would only hide its failure.
    Methods that Python sees are called as Python does, for one that is written in Python and returns nothing is well.
    """

    cdef Sink sink
    cdef object blame
    cdef bint failed
    cdef bint closed

    def __cinit__(self, Sink sink not None, blame not None):
        self.sink = sink
        self.blame = blame

    cdef object blamed(self, error):
        self.failed = True
        # the sink writes to our standard output, whose reader may leave as from any other of ours
        return error if isinstance(error, BrokenPipeError) else self.blame(error)

    cdef int start(self) except -1:
        try:
            self.sink.start()
        except BaseException as error:
            raise self.blamed(error)
        return 0

    cdef int packet(self, const Packet *p) except -1 nogil:
        with gil:
            try:
                self.sink.packet(p)
            except BaseException as error:
                raise self.blamed(error)
        return 0

    cdef int settle(self) except -1 nogil:
        with gil:
            try:
                self.sink.settle()
            except BaseException as error:
                raise self.blamed(error)
        return 0

    cdef int flush(self) except -1 nogil:
        with gil:
            try:
                self.sink.flush()
            except BaseException as error:
                raise self.blamed(error)
        return 0

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        try:
            (<object>self.sink).add_interface(row, interface)
        except BaseException as error:
            raise self.blamed(error)
        return 0

    cpdef int drop_interface(self, uint32_t row) except -1:
        try:
            (<object>self.sink).drop_interface(row)
        except BaseException as error:
            raise self.blamed(error)
        return 0

    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1:
        try:
            (<object>self.sink).write_secrets(kind, secrets)
        except BaseException as error:
            raise self.blamed(error)
        return 0

    cpdef int set_statistics(self, uint32_t row, statistics) except -1:
        try:
            (<object>self.sink).set_statistics(row, statistics)
        except BaseException as error:
            raise self.blamed(error)
        return 0

    cpdef int close(self) except -1:
        before = self.failed
        if self.closed:
            return 0
        self.closed = True
        try:
            (<object>self.sink).close()
        except BaseException as error:
            if not before or isinstance(error, KeyboardInterrupt):
                raise self.blamed(error)
        return 0
