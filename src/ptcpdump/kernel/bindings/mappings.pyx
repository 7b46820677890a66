"""Which files processes map as code: the kernel's own record of it (perf_event_open(2), PERF_RECORD_MMAP2).

It tells of executables, and of libraries however they are loaded, in all processes, and costs nobody anything but a record
for each mapping.
"""

import errno
import os

from libc.errno cimport errno as last_error
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memset
from posix.mman cimport MAP_FAILED, MAP_SHARED, PROT_READ, PROT_WRITE, munmap
from posix.mman cimport mmap as map_memory
from posix.unistd cimport close

from ptcpdump.errors import PrivilegeError, UnsupportedError
from ptcpdump.kernel.bindings.atomics cimport __ATOMIC_ACQUIRE, __ATOMIC_RELEASE, load_64, store_64


cdef extern from *:
    """
    #include <sys/syscall.h>
    #include <unistd.h>
    #include <linux/perf_event.h>

    /* glibc has no function for it; cpu: of all processes there */
    static int open_mappings(struct perf_event_attr *attr, int cpu)
    {
        attr->type = PERF_TYPE_SOFTWARE;
        attr->size = sizeof(*attr);
        attr->config = PERF_COUNT_SW_DUMMY;
        attr->mmap = attr->mmap2 = 1;
        attr->exclude_kernel = 1;
        attr->watermark = 1;
        attr->wakeup_watermark = 1;
        return syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    }

    /* the fixed part of a record, linux/perf_event.h; the path follows */
    struct mapped {
        struct perf_event_header header;
        uint32_t pid, tid;
        uint64_t address, length, offset;
        uint32_t major, minor;
        uint64_t inode, generation;
        uint32_t protection, flags;
    };
    """
    cdef struct perf_event_attr:
        pass
    cdef struct perf_event_header:
        uint32_t type
        uint16_t size
    cdef struct perf_event_mmap_page:
        uint64_t data_head
        uint64_t data_tail
    cdef struct mapped:
        uint32_t pid
        uint64_t address
        uint64_t length
        uint64_t inode
    int open_mappings(perf_event_attr *attr, int cpu)
    enum:
        PERF_RECORD_LOST
        PERF_RECORD_MMAP2

cdef enum:
    PAGES = 32          # of each CPU's buffer: more than 1000 mappings
    MOST = 65536        # bytes of a record, by the width of its size


cdef class Mappings:
    """What is mapped as code on one CPU from now on.

    Raises PrivilegeError where the kernel keeps that from us (CAP_PERFMON), UnsupportedError where it can't tell.
    """

    cdef int fd
    cdef void *memory
    cdef size_t page
    cdef uint8_t[65536] whole       # a record that reaches over the end of the buffer
    cdef readonly uint64_t lost

    def __cinit__(self, int cpu):
        cdef perf_event_attr attr
        memset(&attr, 0, sizeof(attr))
        self.memory = MAP_FAILED
        self.page = os.sysconf("SC_PAGESIZE")
        self.fd = open_mappings(&attr, cpu)
        if self.fd < 0:
            self.refuse(last_error, cpu)
        self.memory = map_memory(NULL, (1 + PAGES) * self.page, PROT_READ | PROT_WRITE, MAP_SHARED, self.fd, 0)
        if self.memory == MAP_FAILED:
            raise UnsupportedError(f"can't map the buffer of CPU {cpu}'s mappings: {os.strerror(last_error)}")

    def refuse(self, int code, int cpu):
        """Say why the kernel tells nothing."""
        if code in (errno.EACCES, errno.EPERM):
            raise PrivilegeError("the kernel does not tell us which programs and libraries start: run it as root, or "
                                 "with CAP_PERFMON")
        raise UnsupportedError(f"the kernel does not tell of mappings on CPU {cpu}: {os.strerror(code)}")

    def fileno(self) -> int:
        """Readable when something was mapped."""
        return self.fd

    def read(self) -> list:
        """All that was mapped since the last time: (pid, start, end, inode, path as the process has it)."""
        cdef perf_event_mmap_page *head = <perf_event_mmap_page *>self.memory
        cdef const uint8_t *data = <const uint8_t *>self.memory + self.page
        cdef size_t size = PAGES * self.page
        cdef uint64_t at = head.data_tail
        cdef uint64_t end = load_64(&head.data_head, __ATOMIC_ACQUIRE)
        cdef perf_event_header *header
        cdef size_t first
        found = []
        while at < end:
            # records are aligned to 8 bytes, so their heads are never cut
            header = <perf_event_header *>(data + at % size)
            if header.size < sizeof(perf_event_header):
                break
            first = size - at % size
            if header.size > first:
                memcpy(self.whole, header, first)
                memcpy(self.whole + first, data, header.size - first)
                at += header.size
                header = <perf_event_header *>self.whole
            else:
                at += header.size
            if header.type == PERF_RECORD_MMAP2 and header.size > sizeof(mapped):
                found.append(described(<mapped *>header, header.size))
            elif header.type == PERF_RECORD_LOST:
                self.lost += 1
        store_64(&head.data_tail, end, __ATOMIC_RELEASE)
        return found

    def close(self) -> None:
        """Be told no more; a second call does nothing."""
        if self.memory != MAP_FAILED:
            munmap(self.memory, (1 + PAGES) * self.page)
            self.memory = MAP_FAILED
        if self.fd >= 0:
            close(self.fd)
            self.fd = -1

    def __dealloc__(self):
        self.close()


cdef tuple described(mapped *record, size_t size):
    cdef const char *path = <const char *>(record + 1)
    cdef size_t room = size - sizeof(mapped)
    cdef const char *end = <const char *>memchr(path, 0, room)
    return (record.pid, record.address, record.address + record.length, record.inode,
            os.fsdecode(path[:(end - path if end != NULL else room)]))
