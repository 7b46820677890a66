from ptcpdump.dissect.cursor cimport Cursor
from ptcpdump.dissect.packet_fields cimport PacketFields

cdef void read_ip4(Cursor *c, PacketFields *f) noexcept nogil
cdef void read_ip6(Cursor *c, PacketFields *f) noexcept nogil
cdef bint read_extension(Cursor *c, PacketFields *f) noexcept nogil     # False: key is no extension header
