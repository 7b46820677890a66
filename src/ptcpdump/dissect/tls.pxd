from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.dissect.cursor cimport Cursor
from ptcpdump.dissect.packet_fields cimport PacketFields

# Note the Client or Server Hello whose TLS record begins at the cursor, if there is one.
cdef void find_hello(Cursor *c, PacketFields *f) noexcept nogil

# Note the hello that is the handshake message at p: n bytes of it, of which those before c.end may be read.
cdef void read_hello(Cursor *c, PacketFields *f, const uint8_t *p, uint32_t n) noexcept nogil
