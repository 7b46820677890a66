# The records of bpf/record.h, as the kernel writes them.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from ptcpdump.packet cimport OwnerKey


cdef extern from "record.h" nogil:
    cdef struct record:
        uint64_t time
        uint32_t length
        uint32_t captured
        uint32_t ifindex
        uint32_t netns
        uint8_t direction
        uint8_t has_tag
        uint8_t has_other
        uint32_t tag
        OwnerKey owner
        OwnerKey other
    cdef struct lane:
        uint64_t produced
        uint64_t consumed
