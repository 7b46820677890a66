# A file descriptor with a buffer in front: what every sink writes to.
from libc.stdint cimport uint64_t
from ptcpdump.sinks.buffer cimport Buffer


cdef class Output:
    cdef Buffer buffer          # append here, then call written()
    cdef readonly str name      # for messages
    cdef readonly int fd        # -1 once closed
    cdef readonly bint terminal
    cdef bint owned             # close() closes the descriptor
    cdef bint immediate         # each record leaves at once
    cdef uint64_t sent          # bytes that left

    cdef inline uint64_t size(self) noexcept nogil:
        """Bytes appended since the file was opened."""
        return self.sent + self.buffer.len

    cdef inline int written(self) except -1 nogil:
        """To be called after each record: sends when there is enough of it."""
        if self.buffer.len >= 131072 or self.immediate:
            return self.send()
        return 0

    cdef int send(self) except -1 nogil
    cdef int fail(self, int failure, uint64_t whole) except -1
    cpdef int close(self) except -1
