"""Reader of packets that each CPU has put into a buffer of its own."""

import mmap

from libc.stdint cimport UINT64_MAX
from libc.stdlib cimport calloc, free
from posix.mman cimport MAP_FAILED, MAP_SHARED, PROT_READ, PROT_WRITE, munmap
from posix.mman cimport mmap as map_memory

from ptcpdump.kernel.bindings.atomics cimport __ATOMIC_ACQUIRE, __ATOMIC_RELEASE, load_64, store_64


cdef class Lanes:
    """The map `lanes`: `count` lanes of `size` bytes of records (a power of two), `stride` bytes from one to the next.

    Raises OSError.
    """

    def __cinit__(self, int fd, uint32_t count, uint64_t size, uint64_t stride):
        cdef uint32_t i
        cdef void *memory
        self.mask = size - 1
        self.count = count
        self.heads = <Head *>calloc(count, sizeof(Head))
        if self.heads == NULL:
            raise MemoryError
        self.length = count * stride
        memory = map_memory(NULL, self.length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
        if memory == MAP_FAILED:
            raise OSError(f"can't map {count} buffers of {size} bytes: give a smaller size with -B")
        self.memory = <char *>memory
        for i in range(count):
            self.heads[i].shared = <lane *>(self.memory + i * stride)
            self.heads[i].records = <const uint8_t *>(self.heads[i].shared + 1)

    def __dealloc__(self):
        if self.memory != NULL:
            munmap(self.memory, self.length)
        free(self.heads)

    cdef const record *first(self, Head *head) noexcept nogil:
        """The next record of one lane."""
        return <const record *>(head.records + (head.position & self.mask))

    cdef void look(self, Head *head) noexcept nogil:
        """Note how old the next record of one lane is."""
        head.time = UINT64_MAX if head.position == head.end else self.first(head).time

    cdef void mark(self) noexcept nogil:
        cdef uint32_t i
        for i in range(self.count):
            self.heads[i].end = load_64(&self.heads[i].shared.produced, __ATOMIC_ACQUIRE)
            self.look(&self.heads[i])
        self.current = NULL

    cdef bint choose(self) noexcept nogil:
        """Turn to the lane with the oldest record; False when all are empty."""
        cdef uint64_t oldest = UINT64_MAX, time
        cdef uint32_t i
        self.current = NULL
        self.bound = UINT64_MAX
        for i in range(self.count):
            time = self.heads[i].time
            if time < oldest:
                self.bound = oldest
                oldest = time
                self.current = &self.heads[i]
            elif time < self.bound:
                self.bound = time
        return self.current != NULL

    cdef const record *next(self, uint64_t until) noexcept nogil:
        cdef const record *r
        if (self.current == NULL or self.current.time >= self.bound) and not self.choose():
            return NULL
        if self.current.time > until:
            return NULL
        r = self.first(self.current)
        self.current.position += (sizeof(record) + r.captured + 7) & ~<uint64_t>7
        self.look(self.current)
        return r

    cdef void release(self) noexcept nogil:
        cdef Head *head
        cdef uint32_t i
        for i in range(self.count):
            head = &self.heads[i]
            if head.position != head.released:
                head.released = head.position
                store_64(&head.shared.consumed, head.position, __ATOMIC_RELEASE)
