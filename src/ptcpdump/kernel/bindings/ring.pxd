# Reader of a BPF ring buffer (Documentation/bpf/ringbuf.rst): our own, so that a pass can stop at a given position
# and two rings can be read in a fixed order.
from libc.stdint cimport uint8_t, uint32_t, uint64_t


cdef class Ring:
    cdef readonly int fd
    cdef uint64_t mask
    cdef uint64_t *consumer         # shared with the kernel, ours to write
    cdef uint64_t *producer         # shared with the kernel, its to write
    cdef const uint8_t *data        # its first pages follow its last ones again, so no record is ever split
    cdef size_t page, mapped        # bytes: of a page, from `producer` on
    cdef uint64_t position          # of the next record

    # Bytes that it holds.
    cdef uint64_t size(self) noexcept nogil
    # Where the kernel will write next: everything before it was reserved earlier.
    cdef uint64_t end(self) noexcept nogil
    # The next finished record before `limit`, or NULL; its bytes stay until release().
    cdef const uint8_t *next(self, uint64_t limit, uint32_t *size) noexcept nogil
    # Give all that was read back to the kernel.
    cdef void release(self) noexcept nogil
    # Give all that is there back unread.
    cdef void skip(self) noexcept nogil
