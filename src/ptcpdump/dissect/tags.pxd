from ptcpdump.dissect.cursor cimport Cursor
from ptcpdump.dissect.packet_fields cimport PacketFields

cdef void read_tag(Cursor *c, PacketFields *f) noexcept nogil           # key: an EtherType other than those of IP
cdef void read_pppoe(Cursor *c, PacketFields *f) noexcept nogil
