# Conversion to LINKTYPE_LINUX_SLL2, the link header of captures on several kinds of interfaces.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.packet cimport Packet


cdef enum:
    LINKTYPE_SLL2 = 276
    SLL2_HEADER = 20

# Write the 20 bytes at `to`; returns how many bytes of the packet's own link header they replace, -1 for a link type
# that can't be converted. Of a header that is cut short nothing is replaced, and the protocol is 0.
cdef int cook(uint8_t *to, const Packet *p, uint32_t ifindex, bint loopback) noexcept nogil
cdef bint cookable(uint32_t linktype) noexcept nogil
