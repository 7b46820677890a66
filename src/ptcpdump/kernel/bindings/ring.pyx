"""Reader of a BPF ring buffer."""

import mmap
import os

from posix.mman cimport MAP_FAILED, MAP_SHARED, PROT_READ, PROT_WRITE, munmap
from posix.mman cimport mmap as map_memory

from ptcpdump.kernel.bindings.atomics cimport __ATOMIC_ACQUIRE, __ATOMIC_RELEASE, load_32, load_64, store_64


cdef enum:
    HEADER = 8
    BUSY = 1 << 31          # reserved but not yet written
    DISCARDED = 1 << 30
    LENGTH = (1 << 30) - 1


cdef class Ring:
    """One BPF_MAP_TYPE_RINGBUF of `size` bytes, mapped for reading. Raises OSError.

    longest: bytes of its longest record; 0: as long as the ring. The kernel puts the ring's pages twice in a row, so
    that no record is split; the second time only as many are mapped as such a record needs.
    """

    def __cinit__(self, int fd, uint64_t size, uint64_t longest=0):
        self.page = mmap.PAGESIZE
        self.fd = fd
        self.mask = size - 1
        cdef void *memory = map_memory(NULL, self.page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
        if memory == MAP_FAILED:
            raise OSError("can't map the ring buffer's consumer page")
        self.consumer = <uint64_t *>memory
        longest = (HEADER + longest + self.page - 1) // self.page * self.page if longest else size
        self.mapped = self.page + size + min(longest, size)
        memory = map_memory(NULL, self.mapped, PROT_READ, MAP_SHARED, fd, self.page)
        if memory == MAP_FAILED:
            raise OSError(f"can't map a ring buffer of {size} bytes: give a smaller one with -B")
        self.producer = <uint64_t *>memory
        self.data = <const uint8_t *>memory + self.page
        self.position = load_64(self.consumer, __ATOMIC_ACQUIRE)

    def __dealloc__(self):
        if self.producer != NULL:
            munmap(self.producer, self.mapped)
        if self.consumer != NULL:
            munmap(self.consumer, self.page)

    def fileno(self) -> int:
        """For poll(2): readable when the kernel has woken its reader."""
        return self.fd

    def read(self) -> list:
        """Copies of all records that are there now: for rings in which few come."""
        cdef uint32_t length = 0
        cdef uint64_t end = self.end()
        cdef const uint8_t *record
        found = []
        while True:
            record = self.next(end, &length)
            if record == NULL:
                break
            found.append(record[:length])
        self.release()
        return found

    cdef uint64_t size(self) noexcept nogil:
        return self.mask + 1

    cdef uint64_t end(self) noexcept nogil:
        return load_64(self.producer, __ATOMIC_ACQUIRE)

    cdef const uint8_t *next(self, uint64_t limit, uint32_t *size) noexcept nogil:
        cdef uint32_t header
        cdef const uint8_t *record
        while self.position < limit:
            record = self.data + (self.position & self.mask)
            header = load_32(<const uint32_t *>record, __ATOMIC_ACQUIRE)
            if header & <uint32_t>BUSY:
                return NULL
            size[0] = header & LENGTH
            self.position += (size[0] + HEADER + 7) & ~<uint64_t>7
            if not header & DISCARDED:
                return record + HEADER
        return NULL

    cdef void release(self) noexcept nogil:
        store_64(self.consumer, self.position, __ATOMIC_RELEASE)

    cdef void skip(self) noexcept nogil:
        self.position = self.end()
        self.release()
