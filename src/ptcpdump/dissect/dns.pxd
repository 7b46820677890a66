from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.dissect.cursor cimport Cursor
from ptcpdump.dissect.packet_fields cimport PacketFields

# Note the DNS message of n bytes at p, if it can be one.
cdef void find_dns(Cursor *c, PacketFields *f, const uint8_t *p, uint32_t n) noexcept nogil
