# A file descriptor with a buffer in front: what every sink writes to.
from libc.stdint cimport uint64_t
from posix.uio cimport iovec
from ptcpdump.buffer cimport Buffer, put_bytes


cdef class Output:
    cdef Buffer buffer          # append here, then call written()
    cdef readonly str name      # for messages
    cdef readonly int fd        # -1 once closed
    cdef bint owned             # close() closes the descriptor
    cdef bint savefile          # who reads it wants it whole
    cdef bint stream            # it may end anywhere: a compressed one
    cdef bint immediate         # each record leaves at once
    cdef bint interrupted       # a signal's handler has ended the wait for who reads a pipe, and he reads no more yet
    cdef uint64_t sent          # bytes that left
    cdef uint64_t borrowed      # bytes that leave from where they lie, not from the buffer
    cdef Buffer parts           # struct iovec, in turns of the buffer (only lengths are known) and of borrowed memory
    cdef size_t divided         # bytes of the buffer that are in parts

    cdef inline uint64_t size(self) noexcept nogil:
        """Bytes appended since the file was opened."""
        return self.sent + self.buffer.len + self.borrowed

    cdef inline int written(self) except -1 nogil:
        """To be called after each record: sends when there is enough of it."""
        if self.buffer.len + self.borrowed >= 131072 or self.immediate:
            return self.send()
        return 0

    # Append a packet's bytes; those that stay until settle() are not copied if there are many.
    cdef inline void put_data(self, const void *data, size_t n, bint stays) noexcept nogil:
        if stays and n >= 512:
            self.borrow(data, n)
        else:
            put_bytes(&self.buffer, data, n)

    # Append n bytes without a copy: they have to stay until send().
    cdef void borrow(self, const void *data, size_t n) noexcept nogil
    cdef int send(self) except -1 nogil
    cdef iovec *locate(self, size_t *count) noexcept nogil
    cdef int hindered(self, int failure, const iovec *part, size_t count) except -1 nogil
    cdef bint is_read(self, int patience) noexcept nogil
    cdef void keep(self, const iovec *part, size_t count) noexcept nogil
    cdef int fail(self, int failure, uint64_t whole) except -1
    cpdef int close(self) except -1
