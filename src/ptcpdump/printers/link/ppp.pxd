# PPP frames (RFC 1661), on serial links and in PPPoE, GRE and L2TP.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.core cimport Dissection
from ptcpdump.printers.base.tables cimport Names

cdef Names PROTOCOLS        # their names, as tcpdump has them

# Print a frame from its address field on (which may be left out). Returns the bytes of its header.
cdef uint32_t print_ppp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil

# What stands behind the protocol field, and the name of a protocol.
cdef void print_payload(Dissection *d, uint32_t protocol, const uint8_t *p, uint32_t length) noexcept nogil
cdef void say_protocol(Dissection *d, uint32_t protocol) noexcept nogil
