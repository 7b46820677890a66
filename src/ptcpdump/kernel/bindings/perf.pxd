# Perf buffers, for kernels without ring buffers (before 5.8).
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from ptcpdump.kernel.bindings.libbpf cimport perf_buffer

# Takes one record; 1 when no more are wanted.
ctypedef int (*Receiver)(void *owner, uint8_t *data, uint32_t size) except -1


cdef class PerfBuffer:
    cdef perf_buffer *handle
    cdef Receiver receiver
    cdef void *owner            # not a reference: the owner holds us
    cdef object failure
    cdef bint full
    cdef readonly uint64_t lost

    cdef int consume(self) except -1


cdef PerfBuffer open_perf_buffer(int fd, size_t pages, Receiver receiver, void *owner)
