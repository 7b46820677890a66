from ptcpdump.dissect.cursor cimport Cursor
from ptcpdump.dissect.packet_fields cimport PacketFields

cdef bint read_ip_tunnel(Cursor *c, PacketFields *f) noexcept nogil     # key: IP protocol; False: it is no tunnel's
# The cursor is behind the UDP header. False: the ports are no tunnel's, or what they carry isn't one
cdef bint read_udp_tunnel(Cursor *c, PacketFields *f) noexcept nogil
