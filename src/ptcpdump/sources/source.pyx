"""What a run pulls its packets from."""

from libc.stdint cimport INT64_MIN


cdef class Source:
    """The base of all sources: one that is at its end.

    Packets are given by methods that only Cython sees; in Python, derive from ptcpdump.sources.objects.PacketSource.
    """

    def __cinit__(self, *_of_subclasses, **_words_of_subclasses):
        kind = type(self)
        if "__pyx_vtable__" not in kind.__dict__:       # made in Python
            raise TypeError(f"no packet would come from {kind.__name__}: pass an iterable of packets to "
                            "ptcpdump.sources.objects.PacketSource")

    cdef int look(self) except -1:
        return 0

    cdef int next(self, Packet *p) except -1 nogil:
        self.finished = True
        return 0

    cdef int release(self) except -1 nogil:
        return 0

    cdef int64_t reached(self) noexcept nogil:
        return INT64_MIN

    def wait(self, seconds=None) -> bool:
        """Wait until there may be packets, for so long at most; False when it is better not to look yet."""
        return True

    def stop(self) -> None:
        """End quietly at the next packet; meant for signal handlers."""
        self.stopped = True

    def close(self) -> None:
        """Let go of files and buffers; a second call does nothing."""

    def __enter__(self):
        return self

    def __exit__(self, *_error) -> None:
        self.close()
