# What a capture tells of the names of addresses, for the files that it is written to.
from libc.stdint cimport uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.packet cimport Packet

cdef enum:
    SLOTS = 4096            # hashes of messages that are remembered; a power of two


cdef class KnownNames:
    cdef Buffer messages            # answers of name servers: uint32_t size, then the message; over and over
    cdef uint64_t seen[SLOTS]       # which ones: a hash of each, at its place
    cdef object looked_up           # gives the names that our resolver has found: a dict by address

    # Keep what a packet answers, if it is one of a name server.
    cdef void look(self, const Packet *p) noexcept nogil
    # The body of a name resolution block; empty where nothing is known.
    cdef bytes block(self)
