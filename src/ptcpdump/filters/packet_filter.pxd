# A filter over packets of any link type; the filters package makes real ones.
from ptcpdump.packet cimport Packet


cdef class PacketFilter:
    cdef bint matches(self, const Packet *p) noexcept nogil
