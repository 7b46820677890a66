# What a run pulls its packets from. Sources know no sink and no filter.
from libc.stdint cimport int64_t
from ptcpdump.packet cimport Packet


cdef class Source:
    cdef readonly bint finished     # no packet will ever come again
    cdef bint stopped               # somebody wants no more packets

    # Note what is there now: next() ends with that.
    cdef int look(self) except -1
    # The next packet into *p; 0 at the end of a batch. Its bytes are valid until the next call, and those of packets
    # that stay (packet.pxd) until release(), which is called after each batch.
    cdef int next(self, Packet *p) except -1 nogil
    cdef int release(self) except -1 nogil
    # No packet from before this time (as Packet.time) will come any more, as of the last look().
    cdef int64_t reached(self) noexcept nogil
