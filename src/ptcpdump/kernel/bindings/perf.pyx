"""Perf buffers, for kernels without ring buffers."""

from ptcpdump.kernel.bindings.libbpf cimport perf_buffer__consume, perf_buffer__epoll_fd, perf_buffer__free, perf_buffer__new

from ptcpdump.errors import UnsupportedError


cdef class PerfBuffer:
    """A buffer a CPU, read through libbpf. Records lost in it are counted in `lost`."""

    def __dealloc__(self):
        perf_buffer__free(self.handle)

    def fileno(self) -> int:
        """For poll(2)."""
        return perf_buffer__epoll_fd(self.handle)

    cdef int consume(self) except -1:
        self.full = False
        perf_buffer__consume(self.handle)
        if self.failure is not None:
            raise self.failure
        return 0


cdef PerfBuffer open_perf_buffer(int fd, size_t pages, Receiver receiver, void *owner):
    """pages: memory of each CPU's buffer, a power of two."""
    cdef PerfBuffer opened = PerfBuffer.__new__(PerfBuffer)
    opened.receiver = receiver
    opened.owner = owner
    opened.handle = perf_buffer__new(fd, pages, on_sample, on_lost, <void *>opened, NULL)
    if opened.handle == NULL:
        raise UnsupportedError(f"can't open perf buffers of {pages} pages a CPU: give a smaller size with -B")
    return opened


cdef void on_sample(void *buffer, int cpu, void *data, uint32_t size) noexcept with gil:
    cdef PerfBuffer self = <PerfBuffer>buffer
    if self.failure is not None or self.full:
        return
    try:
        self.full = self.receiver(self.owner, <uint8_t *>data, size)
    except BaseException as error:      # raised by consume(), for it must not pass through libbpf
        self.failure = error


cdef void on_lost(void *buffer, int cpu, uint64_t count) noexcept with gil:
    (<PerfBuffer>buffer).lost += count
