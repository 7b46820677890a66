from ptcpdump.dissect.cursor cimport Cursor
from ptcpdump.dissect.packet_fields cimport PacketFields

# Look for names in what a TCP segment or a UDP datagram carries; the cursor is there and stays there.
cdef void find_in_segment(Cursor *c, PacketFields *f) noexcept nogil
cdef void find_in_datagram(Cursor *c, PacketFields *f) noexcept nogil
