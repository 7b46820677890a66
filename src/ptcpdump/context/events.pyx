"""What the kernel tells of processes (struct process_event of kernel/bpf/record.h), as an object."""

from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy


cdef extern from "record.h" nogil:
    cdef struct process_event:
        uint64_t time
        uint64_t start
        uint64_t parent_start
        uint64_t creator_start
        uint32_t pid
        uint32_t parent
        uint32_t creator
        uint32_t host_pid
        uint32_t parent_host_pid
        uint32_t mntns
        uint32_t netns
        uint16_t kind
        uint16_t name_len
        uint16_t path_len
        uint16_t args_len
        uint16_t args_truncated
        uint16_t resolved
        char comm[16]
        char creator_comm[16]


cdef class ProcessEvent:
    """One event; its texts are made when they are asked for. Raises ValueError for bytes that are none."""

    cdef bytes data
    cdef process_event e

    def __cinit__(self, bytes data not None):
        cdef Py_ssize_t size = len(data)
        if size < <Py_ssize_t>sizeof(process_event):
            raise ValueError(f"a process event of {size} bytes")
        memcpy(&self.e, <const char *>data, sizeof(process_event))
        if <Py_ssize_t>sizeof(process_event) + self.e.name_len + self.e.path_len + self.e.args_len > size:
            raise ValueError(f"a process event of {size} bytes whose texts reach over its end")
        self.data = data

    @property
    def kind(self):
        return self.e.kind

    @property
    def time(self):
        return self.e.time

    @property
    def pid(self):
        return self.e.pid

    @property
    def start(self):
        return self.e.start

    @property
    def parent(self):
        return self.e.parent

    @property
    def parent_start(self):
        return self.e.parent_start

    @property
    def creator(self):
        return self.e.creator

    @property
    def creator_start(self):
        return self.e.creator_start

    @property
    def host_pid(self):
        return self.e.host_pid

    @property
    def parent_host_pid(self):
        return self.e.parent_host_pid

    @property
    def mntns(self):
        return self.e.mntns

    @property
    def netns(self):
        return self.e.netns

    @property
    def comm(self):
        return text(self.e.comm[:16])

    @property
    def creator_comm(self):
        return text(self.e.creator_comm[:16])

    @property
    def name(self):
        return text(self.part(0, self.e.name_len))

    @property
    def path(self):
        return text(self.part(self.e.name_len, self.e.path_len))

    @property
    def args(self):
        return self.part(self.e.name_len + self.e.path_len, self.e.args_len)

    @property
    def args_truncated(self):
        return self.e.args_truncated != 0

    @property
    def resolved(self):
        return self.e.resolved != 0

    cdef bytes part(self, uint32_t offset, uint32_t size):
        """Bytes behind the struct."""
        cdef const char *texts = <const char *>self.data + sizeof(process_event)
        return texts[offset:offset + size]


cdef str text(bytes raw):
    """Up to the first NUL; bytes that are no UTF-8 as PEP 383 says."""
    return raw.split(b"\0", 1)[0].decode(errors="surrogateescape")
