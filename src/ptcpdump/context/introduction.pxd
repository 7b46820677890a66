# What a pcapng file says of an owner before the first packet.
from libc.stdint cimport uint32_t, uint64_t


# For the members of ContextText (packet.pxd) with the same names.
cdef class Introduction:
    cdef uint64_t process
    cdef uint64_t basic
    cdef uint64_t parent
    cdef uint64_t thread_key
    cdef uint32_t parent_pid
    cdef uint32_t found
    cdef bytes process_block
    cdef bytes parent_block
    cdef bytes found_option
    cdef bytes thread_option


# What is told of a context's parts that are wanted. owner: its process, whose pid is told in any case.
cdef Introduction introduction(seen, owner)
