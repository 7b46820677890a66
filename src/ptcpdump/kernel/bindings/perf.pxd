# Perf buffers, for kernels without ring buffers (before 5.8).
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.kernel.bindings.libbpf cimport perf_buffer


# Where a record that was taken out lies in the queue.
cdef struct Queued:
    uint64_t time           # its first field: CLOCK_MONOTONIC, ns
    size_t offset
    uint32_t size


cdef struct Queue:
    Buffer records
    Buffer order            # struct Queued of each
    size_t position         # of the next one in `order`
    uint64_t lost           # records that found no room in the kernel's buffers


cdef class PerfBuffer:
    cdef perf_buffer *handle
    cdef int map                    # a descriptor of our own
    cdef Queue queue

    # Take out what is there, of all CPUs in the order of time. What next() has not given yet comes first.
    cdef int fill(self) except -1
    # The next record, or NULL; its bytes stay until fill().
    cdef const uint8_t *next(self, uint32_t *size) noexcept nogil


cdef PerfBuffer open_perf_buffer(int fd, size_t pages)
