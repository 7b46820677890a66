# EAP packets.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.dissection cimport Dissection

# False: the packet ends before what must stand in it.
cdef bint print_eap(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
