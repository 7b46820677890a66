from ptcpdump.dissect.cursor cimport Cursor
from ptcpdump.dissect.packet_fields cimport PacketFields

# Note the head of an HTTP/1 request or response, if one begins at the cursor.
cdef void find_http(Cursor *c, PacketFields *f) noexcept nogil
