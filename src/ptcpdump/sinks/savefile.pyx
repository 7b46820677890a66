"""Savefiles of any format: opening, turning to the next one, closing."""

from ptcpdump.sinks.clock cimport is_over
from ptcpdump.lazy import lazy_modules
from ptcpdump.sinks.output import create
from ptcpdump.sinks.packed cimport packed

with lazy_modules:
    from ptcpdump.sinks import packing


cdef class SavefileSink(Sink):
    """Base of the writers.

    path: the file, "-" for standard output. rotation: a Rotation, whose path is then used. immediate: every packet
    leaves at once (-U). compress: "gzip", "zstd" or none. The file is created now; SavefileError if that fails.
    """

    def __cinit__(self, path, *, rotation=None, bint immediate=False, str compress="", **_of_subclasses):
        self.rotation = rotation
        self.immediate = immediate
        self.compress = compress
        self.interfaces = {}
        self.deadline = float("inf")
        if rotation is not None:
            path = rotation.first()
            self.size_limit = rotation.size
            self.deadline = rotation.deadline
        self.open(path)

    cdef int start(self) except -1:
        if self.rotation is not None:
            self.rotation.start()
            self.deadline = self.rotation.deadline
        return 0

    cdef int turn_if_due(self) except -1 nogil:
        if (self.size_limit and self.output.size() > self.size_limit and self.is_full()) or is_over(self.deadline):
            with gil:
                self.change_file()
        return 0

    cdef bint is_full(self) noexcept nogil:
        return True

    cdef int change_file(self) except -1:
        """Finish this file and begin the next."""
        self.finish()
        size = self.output.size()
        self.output.close()
        path = self.rotation.next(size)
        self.deadline = self.rotation.deadline
        self.open(path)
        return self.begin()

    cdef int open(self, path) except -1:
        """Create the file that is written from now on."""
        if not self.compress:
            self.output = create(path, immediate=self.immediate)
            return 0
        packer = packing.packer(self.compress, path)        # before the file is there
        self.output = packed(create(path), packer, self.immediate)
        return 0

    cdef int end_file(self) except -1:
        self.finish()
        self.output.close()
        self.rotation.finished()
        return 0

    cdef int begin(self) except -1:
        return 0

    cdef int finish(self) except -1:
        return 0

    cdef int settle(self) except -1 nogil:
        return self.output.send() if self.output.borrowed else 0

    cdef int flush(self) except -1 nogil:
        return self.output.send()

    cpdef int close(self) except -1:
        if self.closed:
            return 0
        self.closed = True
        try:
            if self.output.fd >= 0:
                self.finish()
        finally:
            self.output.close()
        return 0
