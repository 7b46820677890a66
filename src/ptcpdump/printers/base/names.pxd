# Names of addresses and ports where -n does not forbid them: what the hot path asks, without the GIL.
from libc.stdint cimport uint8_t, uint16_t
from ptcpdump.buffer cimport Buffer

cdef enum NameKind:
    NAME_IP4 = 4            # the values are the lengths of the addresses
    NAME_IP6 = 16
    NAME_MAC = 6

# Append the name and return True, or return False where there is none (yet).
cdef bint put_name(Buffer *out, NameKind kind, const uint8_t *address) noexcept nogil
cdef bint put_tcp_port(Buffer *out, uint16_t port) noexcept nogil
cdef bint put_udp_port(Buffer *out, uint16_t port) noexcept nogil
