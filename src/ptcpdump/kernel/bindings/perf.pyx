"""Perf buffers, for kernels without ring buffers."""

import os

from libc.stdlib cimport qsort
from libc.string cimport memcpy

from ptcpdump.buffer cimport buffer_free, put_bytes
from ptcpdump.kernel.bindings.libbpf cimport perf_buffer__consume, perf_buffer__epoll_fd, perf_buffer__free, perf_buffer__new

from ptcpdump.errors import UnsupportedError


cdef class PerfBuffer:
    """A buffer a CPU, read through libbpf. Records lost in it are counted.

    libbpf hands records to a callback, one CPU after the other; here they are copied, so that they can be pulled one by
    one in the order of time. So much memory is needed as the buffers have.
    """

    def __dealloc__(self):
        if self.handle != NULL:
            perf_buffer__free(self.handle)
            os.close(self.map)
        buffer_free(&self.queue.records)
        buffer_free(&self.queue.order)

    def fileno(self) -> int:
        """For poll(2)."""
        return perf_buffer__epoll_fd(self.handle)

    cdef int fill(self) except -1:
        cdef Queue *q = &self.queue
        cdef size_t before
        if q.position == q.order.len // sizeof(Queued):
            q.position = q.records.len = q.order.len = 0
        before = q.order.len
        with nogil:
            perf_buffer__consume(self.handle)
            if q.order.len > before:
                qsort(q.order.data + before, (q.order.len - before) // sizeof(Queued), sizeof(Queued), older)
        return 0

    cdef const uint8_t *next(self, uint32_t *size) noexcept nogil:
        cdef Queue *q = &self.queue
        cdef const Queued *queued
        if q.position == q.order.len // sizeof(Queued):
            return NULL
        queued = &(<const Queued *>q.order.data)[q.position]
        q.position += 1
        size[0] = queued.size
        return <const uint8_t *>q.records.data + queued.offset


cdef PerfBuffer open_perf_buffer(int fd, size_t pages):
    """pages: memory of each CPU's buffer, a power of two."""
    cdef PerfBuffer opened = PerfBuffer.__new__(PerfBuffer)
    # At its end libbpf takes the buffers out of the map, which must not be another one that has got its number by then.
    opened.map = os.dup(fd)
    opened.handle = perf_buffer__new(opened.map, pages, on_sample, on_lost, &opened.queue, NULL)
    if opened.handle == NULL:
        os.close(opened.map)
        raise UnsupportedError(f"can't open perf buffers of {pages} pages a CPU: give a smaller size with -B")
    return opened


cdef int older(const void *one, const void *other) noexcept nogil:
    """For qsort(3): by time, and by the order in which they came where that is the same."""
    cdef const Queued *a = <const Queued *>one
    cdef const Queued *b = <const Queued *>other
    if a.time != b.time:
        return -1 if a.time < b.time else 1
    return -1 if a.offset < b.offset else 1


cdef void on_sample(void *queue, int cpu, void *data, uint32_t size) noexcept nogil:
    cdef Queue *q = <Queue *>queue
    cdef Queued queued
    if size < sizeof(queued.time):
        return
    memcpy(&queued.time, data, sizeof(queued.time))
    queued.offset = q.records.len
    queued.size = size
    put_bytes(&q.records, data, size)
    put_bytes(&q.records, b"\0\0\0\0\0\0\0", -size & 7)    # the next one is aligned
    put_bytes(&q.order, &queued, sizeof(queued))


cdef void on_lost(void *queue, int cpu, unsigned long long count) noexcept nogil:
    (<Queue *>queue).lost += count
