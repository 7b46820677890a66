from libc.stdint cimport uint32_t
from ptcpdump.kernel.bindings.libbpf cimport btf


cdef class Types:
    cdef btf *handle

    cdef object search(self, uint32_t number, bytes name, uint32_t base)
