# Bytes of a savefile in order, through one buffer: a regular file, a pipe, a FIFO, plain or compressed.
from libc.stdint cimport uint8_t, uint64_t


# Whether a read may wait for bytes that have yet to be written.
cdef enum Patience:
    NEVER_WAIT                  # be `short` instead
    WAIT_ONCE                   # the next read
    WAIT_ALWAYS


cdef class Stream:
    cdef readonly str name
    cdef int fd
    cdef bint owned
    cdef object inflater        # file object that gives the plain bytes of a compressed file; None for a plain one
    cdef str packed             # how it is compressed
    cdef uint8_t *buffer
    cdef size_t capacity
    cdef size_t start           # the unread bytes are buffer[start:end]
    cdef size_t end
    cdef uint64_t dropped       # bytes that left the buffer: buffer[0] stands at this offset of the file
    cdef bint at_end            # the file has nothing more
    cdef bint stopped
    cdef Patience patience
    cdef readonly bint short    # need() said no because the bytes have yet to be written
    cdef str damage             # why the plain bytes end early, for a damaged compressed file

    cdef inline const uint8_t *here(self) noexcept nogil:
        return self.buffer + self.start

    cdef inline size_t ready(self) noexcept nogil:
        return self.end - self.start

    cdef inline void skip(self, size_t n) noexcept nogil:
        """Step over n bytes, which must be ready."""
        self.start += n

    cdef inline uint64_t offset(self) noexcept nogil:
        return self.dropped + self.start

    cdef inline bint need(self, size_t n) except -1 nogil:
        """Whether the next n bytes are ready, after reading on as far as necessary: False at the end of the file, and
        when they have yet to be written (`short`)."""
        return True if self.end - self.start >= n else self.fill(n)

    cdef bint fill(self, size_t n) except -1 nogil
    # need() for callers that hold the GIL and want to wait: other threads go on while a pipe is silent
    cdef bint wait(self, size_t n) except -1
    cdef ssize_t take(self) except -1 nogil
    cdef ssize_t inflate(self) except -1
    cdef int grow(self) except -1
