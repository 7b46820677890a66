# Options that PPP's control protocols negotiate.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.dissection cimport Dissection

cdef bint has_options(uint32_t protocol) noexcept nogil
cdef void print_options(Dissection *d, uint32_t protocol, const uint8_t *p, uint32_t length) noexcept nogil
