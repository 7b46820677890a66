# One pass over a packet: from its bytes, link type and lengths to typed fields. Nothing is allocated, no GIL is needed,
# and any bytes may come: what can't be read leaves its fields empty.
from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.dissect.packet_fields cimport PacketFields

# captured: bytes at data; length: on the wire (LINKTYPE_ values: https://www.tcpdump.org/linktypes.html).
cdef void dissect(PacketFields *f, const uint8_t *data, uint32_t captured, uint32_t length, uint32_t linktype) noexcept nogil
