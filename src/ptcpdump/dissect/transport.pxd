from ptcpdump.dissect.cursor cimport Cursor
from ptcpdump.dissect.packet_fields cimport PacketFields

cdef void read_transport(Cursor *c, PacketFields *f) noexcept nogil     # key: IP protocol
