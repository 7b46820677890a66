# What organisations put into LLDP.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.dissection cimport Dissection

# An element of at least 4 bytes, which have been captured; False when nobody knows what is in it.
cdef bint print_private(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
