# The records of bpf/record.h, as the kernel writes them.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "record.h" nogil:
    cdef struct owner:
        uint64_t start
        uint64_t cgroup
        uint32_t pid
        uint32_t tid
        uint32_t uid
        uint8_t found
        uint8_t host_pid[3]
        char comm[16]
        char process_comm[16]
    cdef struct record:
        uint64_t time
        uint32_t length
        uint32_t captured
        uint32_t ifindex
        uint32_t netns
        uint8_t direction
        uint8_t has_tag
        uint32_t tag
        owner owner
    cdef struct process_event:
        uint64_t time
        uint64_t start
        uint64_t parent_start
        uint64_t cgroup
        uint32_t pid
        uint32_t parent
        uint32_t uid
        uint32_t mntns
        uint32_t netns
        uint16_t kind
        uint16_t path_len
        uint16_t args_len
        uint16_t args_truncated
        char comm[16]
    cdef struct lane:
        uint64_t produced
        uint64_t consumed
    enum:
        EVENT_EXEC
        EVENT_FORK
        EVENT_EXIT
