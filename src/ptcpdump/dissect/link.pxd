from ptcpdump.dissect.cursor cimport Cursor
from ptcpdump.dissect.packet_fields cimport PacketFields

cdef void read_link(Cursor *c, PacketFields *f) noexcept nogil          # key: LINKTYPE_ value
cdef void read_ethernet(Cursor *c, PacketFields *f) noexcept nogil
cdef void read_llc(Cursor *c, PacketFields *f) noexcept nogil
cdef void read_ppp(Cursor *c, PacketFields *f) noexcept nogil
