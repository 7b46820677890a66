# The options of packets in a pcapng file, and the processes that they lean on.
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.packet cimport MOST_FURTHER, Further, Packet
from ptcpdump.sources.processes cimport Processes


cdef class PacketOptions:
    cdef readonly Processes processes
    cdef Buffer apple                   # uint64_t: the numbers of Apple's process blocks of this section, in turn
    cdef Further further[MOST_FURTHER]  # processes of the last packet beside the first
    cdef Buffer others                  # options of the last packet that are handed on as they are
    cdef bint swapped                   # the section's byte order is not ours

    cdef int begin_section(self, bint swapped) except -1
    # Whether a custom block describes a process.
    cdef bint process_block(self, const uint8_t *body, uint32_t n) except -1
    cdef int apple_block(self, const uint8_t *body, uint32_t n) except -1
    # Direction, comments, process and all other options into p; drops: packets lost before it, UINT64_MAX: not told.
    cdef void read(self, Packet *p, const uint8_t *o, const uint8_t *end, uint64_t drops=*) noexcept nogil
    cdef void keep(self, uint32_t code, const uint8_t *value, uint32_t n) noexcept nogil
    cdef void keep_drops(self, uint64_t drops) noexcept nogil
    cdef void name(self, Packet *p, uint64_t number, uint32_t tid) noexcept nogil
